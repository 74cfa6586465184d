"""The table of primitives for whole arrays: the same values, element by element, in NumPy or an array library like it.

Sums take their terms along the last axis but one; the last axis is always the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from ..primitives import PRIMITIVES
from .roll import SHORT

SAME_NAME = ["log2", "log10", "hypot", "sinh", "cosh", "floor", "fmod"]
SAME_NAME += ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "tanh", "abs", "maximum", "minimum", "sign"]
SMALL, TINY = 2.0**-500, 2.0**-600  # numbers whose squares come near to vanishing, and what scales large ones down
RENAMED = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}
RENAMED |= {"asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh"}
COMPARISONS = ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"]


def functions(xp: Any) -> dict[str, Callable[..., Any]]:
    """The primitives by name, made of the functions of an array namespace (``numpy``, ``jax.numpy``)."""

    def comparison(compare: Callable[..., Any]) -> Callable[..., Any]:
        return lambda a, b: xp.where(compare(a, b), 1.0, 0.0)

    table = {name: getattr(xp, name) for name in SAME_NAME}
    table |= {name: getattr(xp, renamed) for name, renamed in RENAMED.items()}
    table |= {name: comparison(getattr(xp, name)) for name in COMPARISONS}
    return table | arithmetic(xp) | activations(xp) | sums(xp)


def arithmetic(xp: Any) -> dict[str, Callable[..., Any]]:
    """What Python has operators for."""

    def power(a: Any, b: Any) -> Any:
        if type(b) is float and b != 0.5:
            return a * a if b == 2.0 else xp.power(a, b)
        # NumPy takes the square root for an exponent of 0.5; C99's pow has other answers at -inf (inf) and -0 (0).
        root = xp.sqrt(xp.where(a == -xp.inf, xp.inf, a)) + 0.0
        return xp.where(b == 0.5, root, xp.where(b == 2.0, a * a, xp.power(a, b)))

    return {
        "add": xp.add,
        "sub": xp.subtract,
        "mul": xp.multiply,
        "div": xp.divide,
        "neg": xp.negative,
        "power": power,
        "reciprocal": lambda a: 1.0 / a,
        "stop_gradient": lambda a: a,
        "where": lambda condition, a, b: xp.where(condition != 0.0, a, b),
    }


def activations(xp: Any) -> dict[str, Callable[..., Any]]:
    """The activations and steps, written so that nan stays nan and e^ never overflows."""

    def sigmoid(x: Any) -> Any:
        e = xp.exp(-xp.abs(x))
        return xp.where(x >= 0.0, 1.0 / (1.0 + e), e / (1.0 + e))

    def relu(x: Any) -> Any:
        return xp.where(x <= 0.0, 0.0, x)

    def softplus(x: Any) -> Any:
        return relu(x) + xp.log1p(xp.exp(-xp.abs(x)))

    def heaviside(x: Any, at_zero: Any) -> Any:
        return xp.where(x > 0.0, 1.0, xp.where(x < 0.0, 0.0, xp.where(x == 0.0, at_zero, x)))

    return {
        "sigmoid": sigmoid,
        "relu": relu,
        "softplus": softplus,
        "log_sigmoid": lambda x: -softplus(-x),
        "leaky_relu": lambda x, slope: xp.where(x > 0.0, x, slope * x),
        "elu": lambda x, alpha: xp.where(x > 0.0, x, alpha * xp.expm1(xp.minimum(x, 0.0))),
        "clip": lambda x, low, high: xp.minimum(xp.maximum(x, low), high),
        "heaviside": heaviside,
    }


def sums(xp: Any) -> dict[str, Callable[..., Any]]:
    """The primitives of many operands, of one array or of two and a bias."""

    def logsumexp(terms: Any) -> Any:
        largest = xp.max(terms, axis=-2)
        finite = xp.isfinite(largest)
        shift = xp.where(finite, largest, 0.0)
        return xp.where(finite, shift + xp.log(xp.sum(xp.exp(terms - shift[..., None, :]), axis=-2)), largest)

    def norm(terms: Any) -> Any:
        size = xp.max(xp.abs(terms), axis=-2)
        scale = xp.where(size < SMALL, 1.0 / TINY, xp.where(size > 1.0 / SMALL, TINY, 1.0))
        return xp.sqrt(xp.sum((terms * scale[..., None, :]) ** 2, axis=-2)) / scale

    return {
        "sum": lambda terms: total(xp, terms),
        "logsumexp": logsumexp,
        "largest": lambda terms: xp.max(terms, axis=-2),
        "norm": norm,
        "dot": lambda weights, inputs, bias: biased_product(xp, weights, inputs, bias),
    }


def total(xp: Any, terms: Any) -> Any:
    """The sum along the last axis but one; of few terms one after the other, so that -0 stays -0."""
    count = terms.shape[-2]
    if not 0 < count < SHORT:
        return xp.sum(terms, axis=-2)
    return reduce(xp.add, [terms[..., k, :] for k in range(count)])


def biased_product(xp: Any, a: Any, b: Any, bias: Any) -> Any:
    """bias + the sum of a * b; of few products one after the other, so that it is rounded as everywhere else."""
    count = max(a.shape[-2], b.shape[-2])
    if count >= SHORT:
        return summed_product(xp, a, b) + bias
    for k in range(count):
        bias = bias + a[..., k, :] * b[..., k, :]
    return bias


def summed_product(xp: Any, a: Any, b: Any) -> Any:
    """The sum of a * b along the last axis but one; a matrix product where one of them is the same for all rows."""
    if b.shape[-1] == 1 and b.ndim <= a.ndim:
        a, b = b, a
    if a.shape[-1] == 1 and b.ndim == 2:
        return a[..., 0] @ b
    return xp.sum(a * b, axis=-2)


def spelled(table: dict[str, Callable[..., Any]], name: str, xp: Any) -> Callable[..., Any]:
    """The function of a primitive; one that a user has added is called element by element."""
    if name not in table:
        if xp.__name__ != "numpy":
            raise ValueError(f"the primitive {name!r} has no spelling in {xp.__name__}: known are {sorted(table)}")
        table[name] = xp.vectorize(PRIMITIVES[name].value, otypes=[float])
    return table[name]
