"""The runner that executes machine code, made by llvmlite (extra ``fast``): no compiler on the machine is needed.

Where things are, in the order to read:

    builder      LLVM text written line by line, and vectors of doubles
    math         exp, log, tanh, sigmoid in every lane
    core         the core of operations for lanes
    nests        the same statement (of flat.loops) over other axes, and what each axis is for
    emitter      statements as text: numbers in registers, what is read, where results are stored
    code         statements as one function over arrays; which gradients have to be 0 first
    steps        a step's statements; whole epochs of steps, of one net or many side by side, or of one example each, as
                 one function
    machine      this computer: text in, functions out
    runner       Native, the runner of a compiled function
    trainings    a training, or many: numbers in, steps made, numbers out
"""

from .runner import Native

__all__ = ["Native"]
