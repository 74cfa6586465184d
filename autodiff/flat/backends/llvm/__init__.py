"""The runner that executes machine code, made by llvmlite (extra ``fast``): no compiler on the machine is needed.

Where things are, in the order to read:

    builder      LLVM text written line by line
    vector       vectors of doubles
    math         exp, log, tanh, sigmoid in every lane
    core         the core of operations for lanes
    axes         the same statement (of flat.loops) over other axes
    nests        what each axis of a statement is for
    clearing     which gradients have to be 0 first
    registers    numbers in registers: expressions, what they read, where results are stored
    emitter      statements as text
    code         statements as one function over arrays
    updates      the update of one parameter as statements that update all
    steps        whole epochs as one function, for one net or many side by side
    machine      this computer: text in, functions out
    runner       Native, the runner of a compiled function
    trainings    a training, or many: numbers in, epochs run, numbers out
"""

from .runner import Native

__all__ = ["Native"]
