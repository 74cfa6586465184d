"""A scalar reverse-mode autodiff engine to step through, draw and train with.

Where things are:

    primitives   every primitive, once: value, local gradients, kinks
    expression   any recorded node written out as text
    graph        the order by age, staleness, the backward sweep
    engine       Value, recording, backward()
    functions    softmax, mean, norm, maxout, ... composed from primitives
    functional   grad, value_and_grad, derivative, jacobian, hessian, hvp
    check        check_gradients, nonfinite_origin
    explain      the steps of a backward pass in words
    parser       "(x + y) * z" as text -> a recorded graph
    lectures     the lectures' examples, by id

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

from .engine import Value, gradients, label, variables
from .expression import Formula, SlideFormula, names, show, statements
from .functions import dot, logsumexp, maxout, mean, norm, prelu, softmax, sum  # noqa: F401
from .graph import StaleGraphError, history, stale, sweep
from .primitives import (
    PRIMITIVES,
    Primitive,
    absolute as abs,  # noqa: F401
    clip,
    cos,
    elu,
    exp,
    expm1,
    heaviside,
    leaky_relu,
    log,
    log1p,
    log_sigmoid,
    maximum,
    minimum,
    power,
    reciprocal,
    relu,
    sigmoid,
    sign,
    sin,
    softplus,
    sqrt,
    tan,
    tanh,
    where,
)

__version__ = "0.1.0"

__all__ = [
    "PRIMITIVES",
    "Formula",
    "Primitive",
    "SlideFormula",
    "StaleGraphError",
    "Value",
    "clip",
    "cos",
    "dot",
    "elu",
    "exp",
    "expm1",
    "gradients",
    "heaviside",
    "history",
    "label",
    "leaky_relu",
    "log",
    "log1p",
    "log_sigmoid",
    "logsumexp",
    "maximum",
    "maxout",
    "mean",
    "minimum",
    "names",
    "norm",
    "power",
    "prelu",
    "reciprocal",
    "relu",
    "show",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "softplus",
    "sqrt",
    "stale",
    "statements",
    "sweep",
    "tan",
    "tanh",
    "variables",
    "where",
]
