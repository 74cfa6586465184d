"""A scalar reverse-mode autodiff engine to step through, draw and train with.

Where things are, in the order to read:

    ieee         numbers that answer inf or nan where Python raises
    primitives   every primitive, once: value, local gradients, kink, expansion
    vocabulary   every word about the primitives, once: signs, symbols, roles, remedies
    graph        the order by age, staleness, the backward sweep
    engine       Value, its operators, backward()
    functions    softmax, mean, norm, maxout, ... composed from primitives
    functional   grad, value_and_grad, derivative, jacobian, hessian, hvp, jvp
    notation     names as slides write them, in Unicode, MathML and TeX
    formula      names for the nodes of a graph, and its gates as text
    steps        both passes in words: table, sentences, data
    check        check_gradients, nonfinite_origin
    parser       "(x + y) * z" as text -> a recorded graph
    lectures     the lectures' examples, by id
    quiz         questions with blanks, mistakes named
    flat         a graph as straight-line code: printed, run, compiled
    __main__     python -m autodiff; cli: what the front doors share

    refusals, tracing, arrays                  beside engine: errors, recording, NumPy
    ufuncs, guards, descriptions, typed        beside primitives: NumPy's names, rules that raise, help(), types
    _files                                     atomic file writes, packages that may be missing
    _lazy                                      names whose module is imported when they are used

``abs`` and ``sum`` of Values are here too, as ``autodiff.abs`` and ``autodiff.sum``; a star import leaves
the builtins alone.

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
from .functions import centered, dot, log_softmax, logsumexp, maxout, mean, norm, prelu, softmax, sum as sum, take
from .graph import StaleGraphError, history, on_kink, stale, sweep
from .primitives import (
    PRIMITIVES, Primitive, absolute, acos, acosh, asin, asinh, atan, atan2, atanh, clip, cos, cosh, elu, erf, exp,
    expm1, floor, fmod, gaussian, gelu, heaviside, hypot, leaky_relu, log, log1p, log2, log10, log_sigmoid, maximum,
    minimum, normal_cdf, power, reciprocal, relu, sigmoid, sign, silu, sin, sinh, softplus, sqrt, stop_gradient, tan,
    tanh, where,
)  # fmt: skip
from .tracing import TraceError

abs = absolute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .check import GradientCheck, NonfiniteOrigin, check_gradients, nonfinite_origin
    from .flat.compiled import Compiled, compile as compile
    from .formula import Formula, SlideFormula, gate, latex, names, show, statements
    from .parser import ExpressionError, parse

__version__ = "0.1.0"

__all__ = [
    "PRIMITIVES", "Compiled", "ExpressionError", "Formula", "GradientCheck", "NonfiniteOrigin", "Primitive",
    "SlideFormula", "StaleGraphError", "TraceError", "Value", "acos", "acosh", "asin", "asinh", "atan", "atan2",
    "atanh", "centered", "check_gradients", "clip", "cos", "cosh", "derivative", "dot", "elu", "erf", "exp",
    "expm1", "floor", "fmod", "gate", "gaussian", "gelu", "grad", "gradients", "heaviside", "hessian", "history",
    "hvp", "hypot", "jacobian", "jvp", "label", "latex", "leaky_relu", "log", "log1p", "log2", "log10",
    "log_sigmoid", "log_softmax", "logsumexp", "maximum", "maxout", "mean", "minimum", "names", "nonfinite_origin",
    "norm", "normal_cdf", "on_kink", "parse", "power", "prelu", "reciprocal", "relu", "show", "sigmoid", "sign",
    "silu", "sin", "sinh", "softmax", "softplus", "sqrt", "stale", "statements", "stop_gradient", "sweep", "take",
    "tan", "tanh", "value_and_grad", "variables", "where",
]  # fmt: skip

ROOMS = {  # modules that are imported when one of their names is first used
    "check": "GradientCheck NonfiniteOrigin check_gradients nonfinite_origin", "flat.compiled": "Compiled compile",
    "formula": "Formula SlideFormula gate latex names show statements", "parser": "ExpressionError parse",
}  # fmt: skip


class Described:
    """A primitive's attribute, written from its row when help() reads it; the class has one of its own."""

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
__getattr__, __dir__ = lazily(__name__, ROOMS)
