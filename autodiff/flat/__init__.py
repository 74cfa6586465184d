"""A recorded graph as straight-line code: printed, run as Python, over rows with NumPy, as machine code, in JavaScript.

program      Program, Line, Place: the plain data; how numbers are laid out in arrays
recording    what lies behind the outputs: gates in order, leaves by their part
lowering     a recorded graph, and its backward pass, written down as a Program
identifiers  names for generated code, from any label
simplify     fold, spread, alive: passes over lines; share: what occurs twice, computed once
roll         lines with constant strides rolled into vectors and loops; layout: in which arrays
code         how generated code is spelled; writer: the text of whole functions
source       the program as Python text, and that text run
batch        the program over rows with NumPy (batched: one run; strides: places in arrays; vectorized: the core)
javascript   the program as a JavaScript function; live: a graph as a page computes it
runners      which runner suits how much work; programs kept ready
compiled     autodiff.compile: a function traced (traces), then run as flat code
training     training steps: loss, penalty and update recorded once
native       the program, and whole epochs of training, as machine code by llvmlite

What is exact, beside the eager engine; nan and inf are nan and inf everywhere, the sign of a zero (and of what is
divided by it) may differ::

    runner      gates       functions  short sums  long sums
    source      exact       exact      exact       exact
    batch       exact       4 ulp      exact       reordered
    native      exact       4 ulp      exact       reordered
    javascript  exact       4 ulp      exact       exact

Gates are + - * / // %, sqrt, abs, squares, comparisons, and what chooses between numbers (maximum, relu, where, floor,
...), values and gradients; functions are the rest (exp, tanh, a ** b, ...): their values, of which gradients such as 1
- out ** 2 are made. For logsumexp an ulp is one of its largest term. Short are sum and dot of up to three terms. A
long one that is reordered may also fuse its products with its additions in machine code: it is off by at most n units
in the last place of the sum of its terms' sizes. So are sums over the rows of a batch, a penalty's gradients among
them, and gradients that arrive by four paths or more in a program rolled into loops. The gradient of 1 / x is a
function, -x ** -2; that of sigmoid, (1 - L) * L, is multiplied in another order: 4 ulp.
"""

from ..tracing import Unsupported
from .backends import javascript
from .backends.array import over_rows
from .expansion import recorded
from .ir import Line, Place, Program
from .live import Live
from .lowering import lower
from .recording import Recipe
from .stepping import Training, many_training, native_training

__all__ = [
    "Line",
    "Live",
    "Place",
    "Program",
    "Recipe",
    "Training",
    "Unsupported",
    "javascript",
    "lower",
    "many_training",
    "native_training",
    "over_rows",
    "recorded",
]
