"""A recorded graph as straight-line code: printed, run as Python, over rows with NumPy, and in JavaScript.

program      Program, Line, Place: the plain data; how numbers are laid out in arrays
lowering     a recorded graph, and its backward pass, written down as a Program
naming       identifiers from any label
simplify     fold, spread, share, alive: passes over lines
roll         lines with constant strides rolled into vectors and loops
code         what generated code has in common in every language
source       the program as Python text, and that text run
"""

from . import javascript
from .lowering import lower
from .program import Line, Place, Program
from .training import Training

__all__ = ["Line", "Place", "Program", "Training", "javascript", "lower"]
