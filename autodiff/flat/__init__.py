"""A recorded graph as straight-line code in Python or JavaScript, or as loops, run by NumPy, JAX or machine code.

Modules, in reading order:

    ir           Program, Line: the plain data
    expansion    gates in terms of simpler gates, by calling them with Symbols
    recording    a recorded graph: gates in order, leaves by role, names
    state        the state of a training, and its mini-batches
    lowering     a recorded graph, and its backward pass, as a Program
    passes       fold, spread, drop_dead, share, inline: from lines to lines
    loops        the same as loop nests over axes, for batch and native
    backends     text (how programs are written), python, array (NumPy, JAX), devices (JAX), javascript, llvm
    sequences    one program for sequences of every length
    trainer      steps of one example each, with numbers kept in arrays
    compiled     autodiff.compile: a function traced, then run as flat code
    stepping     training steps: loss, penalty and update recorded once
    live         a graph that a page recomputes

What the package exports, and why:

    lower          a graph as a Program, to print or to run
    Program, Line  what it returns, as data
    javascript     the same program in JavaScript
    over_rows      the same program on arrays of rows, for NumPy or JAX
    Unsupported    raised if a gate cannot be written; "auto" takes a slower runner

Accuracy relative to the eager engine. nan and inf are the same everywhere; the sign of a zero (and of a number divided
by it) may differ::

    runner      gates       functions  short sums  long sums
    source      exact       exact      exact       exact
    batch       exact       4 ulp      exact       reordered
    native      exact       4 ulp      exact       reordered
    javascript  exact       4 ulp      exact       exact

Gates are + - * / // %, sqrt, abs, squares, comparisons, and those that choose between numbers (maximum, relu, where,
floor, ...): values and gradients. Functions are all others (exp, tanh, a ** b, ...): their values, from which gradients
such as 1 - out ** 2 are computed. For logsumexp an ulp is one of its largest term. Short sums are sum and dot of up to
three terms. A reordered sum, whose products and additions machine code may also fuse, is off by at most n units in the
last place of the sum of its terms' sizes. So are sums over the rows of a batch, a penalty's gradients among them, and
in loop nests gradients that arrive by three paths or more. Loop nests make equal gates one, so that the gradients of
these add up before they meet a local gradient, and a take by a constant sends no gradient to what it does not choose:
there a 0 * inf or an inf - inf may not arise. The gradient of 1 / x is a function, -x ** -2; that of sigmoid,
(1 - L) * L, is multiplied in another order: 4 ulp.
"""

from __future__ import annotations

from .._lazy import lazily
from ..tracing import Unsupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .backends import javascript
    from .backends.array import over_rows
    from .backends.text import lower
    from .ir import Line, Program

__all__ = ["Line", "Program", "Unsupported", "javascript", "lower", "over_rows"]

ROOMS = {  # modules that are imported when one of their names is first used
    "backends": "javascript", "backends.array": "over_rows", "backends.text": "Line Program lower",  # it prints them
}  # fmt: skip
__getattr__, __dir__ = lazily(__name__, ROOMS)
