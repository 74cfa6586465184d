"""The runner that executes machine code, made by llvmlite (extra ``fast``): no compiler on the machine is needed.

text         LLVM text written line by line
lanes        vectors of doubles
functions    exp, log, tanh, sigmoid in every lane
elementwise  the table of primitives for lanes
storage      where numbers stand while a kernel runs
plan         which lines share a loop
loops        groups of lines over their elements and rows
totals       sums over the rows
kernel       a Program as one function over many rows
machine      this computer: text in, functions out
"""

from .runner import Native

__all__ = ["Native"]
