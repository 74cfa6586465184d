"""The runner that executes machine code, made by llvmlite (extra ``fast``): no compiler on the machine is needed.

text         LLVM text written line by line
lanes        vectors of doubles
functions    exp, log, tanh, sigmoid in every lane
elementwise  the core of operations for lanes, and what is made of it
storage      where numbers stand while a kernel runs
plan         which lines share a loop
loops        groups of lines over their elements and rows
totals       sums over the rows
runs         long sums taken run by run
kernel       a Program as one function over many rows
update       the optimizer's update, and clipping
batches      which rows each step of an epoch takes
steps        whole epochs as one function
nets         the same for many nets at once, one in each lane; many: those recorded, compiled, and run
training     a step recorded, compiled, and run for whole epochs
machine      this computer: text in, functions out
"""

from .runner import Native

__all__ = ["Native"]
