"""A scalar reverse-mode autodiff engine to step through, draw and train with.

Modules, in reading order:

    ieee         functions that return inf or nan where Python's raise
    primitives   every primitive, once: value, local gradients, kink, expansion
    vocabulary   every word about the primitives, once: signs, symbols, roles, remedies
    graph        the order by age, staleness, the backward sweep
    engine       Value, its operators, backward()
    functions    softmax, mean, norm, maxout, ... composed of primitives
    functional   grad, value_and_grad, derivative, jacobian, hessian, hvp, jvp
    notation     names as on slides, in Unicode, MathML and TeX
    formula      names for the nodes of a graph, and its gates as text
    steps        both passes as text: table, sentences, data
    adoption     graphs of other engines as Values
    check        check_gradients, nonfinite_origin
    parser       "(x + y) * z" as text -> a recorded graph
    lectures     the lectures' examples, by id
    quiz         questions with blanks; mistakes, by name
    workshop     "build your own engine", checked step by step
    flat         a graph as straight-line code: printed, run, compiled
    __main__     python -m autodiff; cli: shared by the command lines; console: the script scalar-autodiff

    refusals, tracing, arrays                  for engine: errors, recording, NumPy
    ufuncs, guards, descriptions, typed        for primitives: NumPy's names, rules that raise, help(), types
    _files                                     atomic file writes, packages that may be missing
    _lazy, _installation                       lazy imports; packages that other distributions overwrite

What the package exports, and why:

    Value, variables, label, gradients            build a graph, name its nodes, run it backward
    grad, value_and_grad, derivative, jacobian, hessian, hvp, jvp    functions in, derivatives out
    dot, mean, norm, maxout, take, softmax, log_softmax, logsumexp   of lists of Values
    exp, log, sqrt, power, reciprocal, sin, cos, tan, tanh, sigmoid, log_sigmoid, softplus, relu, leaky_relu, elu,
    gelu, silu, maximum, minimum, clip, where, sign, stop_gradient   gates of the lectures and of networks
    compile                                       a function as flat code: ``value_and_grad``, ``map``, ``trainer``
    parse, latex                                  text in, TeX out
    check_gradients, nonfinite_origin             is a gradient right, and where did inf or nan begin
    adopt                                         the graph of another engine, such as a student's own, as Values
    Primitive, PRIMITIVES                         gates of your own, and the table of all gates
    ExpressionError, StaleGraphError, TraceError  errors to catch

All other gates are attributes, too (``autodiff.atan2``; ``autodiff.primitives`` lists them), and so are ``abs`` and
``sum``, which a star import leaves to Python. Submodules to import from: ``graph`` (history, stale, sweep, on_kink),
``formula`` (names and text of gates), ``flat`` (programs), ``lectures`` (examples), ``quiz`` (questions).

>>> from autodiff import variables
>>> x, y, z = variables(x=-2, y=5, z=-4)
>>> q = x + y
>>> f = q * z
>>> f.backward()
>>> x.grad, y.grad, z.grad
(-4.0, -4.0, 3.0)
"""

from __future__ import annotations

from ._lazy import lazily
from .engine import Value, gradients, label, variables
from .functional import derivative, grad, hessian, hvp, jacobian, jvp, value_and_grad
from .functions import dot, log_softmax, logsumexp, maxout, mean, norm, softmax, sum as sum, take
from .graph import StaleGraphError
from .primitives import (
    PRIMITIVES, Primitive, absolute, clip, cos, elu, exp, gelu, leaky_relu, log, log_sigmoid, maximum, minimum, power,
    reciprocal, relu, sigmoid, sign, silu, sin, softplus, sqrt, stop_gradient, tan, tanh, where,
)  # fmt: skip
from .tracing import TraceError

abs = absolute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import check as check, flat as flat, lectures as lectures, parser as parser, quiz as quiz
    from . import workshop as workshop
    from .adoption import adopt
    from .check import check_gradients, nonfinite_origin
    from .flat.compiled import compile as compile
    from .formula import latex
    from .parser import ExpressionError, parse

    # The other gates, found by __getattr__:
    acos = acosh = add = asin = asinh = atan = atan2 = atanh = cosh = div = equal = erf = expm1 = floor = absolute
    floor_div = fmod = gaussian = greater = greater_equal = heaviside = hypot = largest = less = less_equal = absolute
    log10 = log1p = log2 = mod = mul = neg = normal_cdf = not_equal = sinh = sub = absolute

__version__ = "0.1.0"

__all__ = [
    "PRIMITIVES", "ExpressionError", "Primitive", "StaleGraphError", "TraceError", "Value", "adopt", "check_gradients",
    "clip", "cos", "derivative", "dot", "elu", "exp", "gelu", "grad", "gradients", "hessian", "hvp", "jacobian", "jvp",
    "label", "latex", "leaky_relu", "log", "log_sigmoid", "log_softmax", "logsumexp", "maximum", "maxout", "mean",
    "minimum", "nonfinite_origin", "norm", "parse", "power", "reciprocal", "relu", "sigmoid", "sign", "silu", "sin",
    "softmax", "softplus", "sqrt", "stop_gradient", "take", "tan", "tanh", "value_and_grad", "variables", "where",
]  # fmt: skip

ROOMS = {  # modules that are imported when they, or one of these names, are first used
    "adoption": "adopt", "check": "check_gradients nonfinite_origin", "flat": "", "flat.compiled": "compile",
    "formula": "latex", "lectures": "", "parser": "ExpressionError parse", "quiz": "", "workshop": "",
}  # fmt: skip


class Described:
    """An attribute that help() reads of a primitive, generated from its row; the class has its own."""

    def __init__(self, name: str, of_class: Any) -> None:
        self.name = name
        self.of_class = of_class

    def __get__(self, row: Primitive | None, owner: Any) -> Any:
        if row is None:
            return self.of_class
        from . import descriptions

        return getattr(descriptions, self.name)(row)


Primitive.__doc__ = Described("text", Primitive.__doc__)  # type: ignore[assignment]
Primitive.__signature__ = Described("signature", None)  # type: ignore[attr-defined]
if not TYPE_CHECKING:  # type checkers find a misspelled name
    __getattr__, __dir__ = lazily(__name__, ROOMS, PRIMITIVES)
