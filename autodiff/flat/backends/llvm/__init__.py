"""Machine code, compiled by llvmlite (extra ``fast``) without a compiler on the machine.

Modules, in reading order:

    builder      LLVM text, line by line, and vectors of doubles
    math         exp, log, tanh, sigmoid in every lane
    core         the core of operations for lanes
    nests        statements (of flat.loops) over fewer axes, and what each axis is for
    emitter      statements as text: loops, loads, registers, stores
    code         statements as one function over arrays; which gradients start from 0
    steps        the statements of a step; as one function, epochs for one net or many, or steps of one example each
    machine      this computer: text in, functions out
    runner       Native, the runner of a compiled function
    trainings    one training or many: run steps on a state
"""

from .runner import Native

__all__ = ["Native"]
