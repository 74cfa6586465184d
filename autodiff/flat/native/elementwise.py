"""The table of primitives for lanes: the same values as in primitives.py, nan and inf included, a vector at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from ... import primitives
from ...primitives import PRIMITIVES, Primitive
from ...tracing import Unsupported
from ..code import LISTED
from ..roll import SHORT
from .functions import FUNCTIONS
from .lanes import LIBRARY, Lanes

INF = float("inf")
KNOWN = {row.name: row for row in vars(primitives).values() if isinstance(row, Primitive)}  # not what users add
CONDITIONS = {
    "less": "olt",
    "less_equal": "ole",
    "greater": "ogt",
    "greater_equal": "oge",
    "equal": "oeq",
    "not_equal": "une",
}


def value(v: Lanes, name: str, operands: Sequence[str]) -> str:
    """The primitive of that name, of operands that are names of vectors."""
    if name not in KNOWN or PRIMITIVES.get(name) is not KNOWN[name]:
        raise Unsupported(
            f"the primitive {name!r} has no spelling in machine code (runner='native'): use runner='source'"
        )
    if name in FUNCTIONS:
        return FUNCTIONS[name](v, *operands)
    if name in CONDITIONS:
        return v.select(v.compare(CONDITIONS[name], *operands), v.one, v.zero)
    if name in LIBRARY:
        return v.library(name, *operands)
    if name in LISTED:
        return of_list(v, name, lambda start, join: reduce(join, operands, v.constant(start)))
    return OTHERS[name](v, *operands)


def power(v: Lanes, a: str, b: str) -> str:
    """a ** b by the C library, but a square as the product it is."""
    square, two = v.mul(a, a), v.constant(2.0)
    return square if b == two else v.select(v.compare("oeq", b, two), square, v.library("pow", a, b))


def relu(v: Lanes, x: str) -> str:
    return v.at_least(x, v.zero)  # nan stays nan


def larger(v: Lanes, a: str, b: str) -> str:
    """a where a >= b or a is nan, else b."""
    chosen = v.select(v.compare("oge", a, b), a, b)
    return v.select(v.compare("uno", a, a), a, chosen)


def smaller(v: Lanes, a: str, b: str) -> str:
    """a where a <= b or a is nan, else b."""
    chosen = v.select(v.compare("ole", a, b), a, b)
    return v.select(v.compare("uno", a, a), a, chosen)


def heaviside(v: Lanes, x: str, at_zero: str) -> str:
    not_above = v.select(v.compare("olt", x, v.zero), v.zero, v.select(v.compare("oeq", x, v.zero), at_zero, x))
    return v.select(v.compare("ogt", x, v.zero), v.one, not_above)


def sign(v: Lanes, x: str) -> str:
    below = v.select(v.compare("olt", x, v.zero), v.constant(-1.0), x)  # 0 and nan answer themselves
    return v.select(v.compare("ogt", x, v.zero), v.one, below)


def softplus(v: Lanes, x: str) -> str:
    """log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)."""
    e = value(v, "exp", [v.neg(v.absolute(x))])
    return v.add(relu(v, x), v.library("log1p", e))


def leaky_relu(v: Lanes, x: str, slope: str) -> str:
    return v.select(v.compare("ogt", x, v.zero), x, v.mul(slope, x))


def elu(v: Lanes, x: str, alpha: str) -> str:
    return v.select(v.compare("ogt", x, v.zero), x, v.mul(alpha, v.library("expm1", x)))


def dot(v: Lanes, *operands: str) -> str:
    """b + w0 x0 + w1 x1 + ..., left to right, of (w0, w1, ..., x0, x1, ..., b)."""
    n = len(operands) // 2
    total = operands[-1]
    for w, x in zip(operands[:n], operands[n:]):
        total = plus_product(v, total, w, x, fuse=n >= SHORT)
    return total


def plus_product(v: Lanes, total: str, a: str, b: str, fuse: bool) -> str:
    """total + a * b, with one rounding or, as the other runners have it, with two."""
    return v.muladd(a, b, total) if fuse else v.add(total, v.mul(a, b))


def of_list(v: Lanes, name: str, folded: Callable[[float, Callable[[str, str], str]], str]) -> str:
    """logsumexp, largest or norm of terms; ``folded(start, join)`` is join(... join(start, term 0) ..., last term)."""
    if name == "norm":
        scale, back = scales(v, folded(0.0, lambda old, x: larger(v, old, v.absolute(x))))
        total = folded(0.0, lambda old, x: v.add(old, squared(v, x, scale)))
        return v.mul(v.intrinsic("sqrt", total), back)
    largest = folded(-INF, lambda old, x: larger(v, old, x))
    if name == "largest":
        return largest
    return from_largest(v, largest, folded(0.0, lambda old, x: v.add(old, value(v, "exp", [v.sub(x, largest)]))))


def scales(v: Lanes, size: str) -> tuple[str, str]:
    """A power of 2 that brings numbers of this size to where their squares neither overflow nor vanish; and 1 / it."""
    small, large = (v.compare(sign, size, v.constant(2.0**power)) for sign, power in (("olt", -500), ("ogt", 500)))
    up, down = v.constant(2.0**600), v.constant(2.0**-600)
    return v.select(small, up, v.select(large, down, v.one)), v.select(small, down, v.select(large, up, v.one))


def squared(v: Lanes, x: str, scale: str) -> str:
    scaled = v.mul(x, scale)
    return v.mul(scaled, scaled)


def from_largest(v: Lanes, largest: str, total: str) -> str:
    """largest + log total; the largest itself where it is infinite."""
    finite = v.compare("olt", v.absolute(largest), v.constant(INF))
    nan = v.compare("uno", largest, largest)
    sum_of_all = v.add(largest, value(v, "log", [total]))
    return v.select(nan, largest, v.select(finite, sum_of_all, largest))


OTHERS: dict[str, Callable[..., str]] = {
    "add": Lanes.add,
    "sub": Lanes.sub,
    "mul": Lanes.mul,
    "div": Lanes.div,
    "neg": Lanes.neg,
    "reciprocal": lambda v, a: v.div(v.one, a),
    "stop_gradient": lambda v, a: a,
    "power": power,
    "sqrt": lambda v, a: v.intrinsic("sqrt", a),
    "floor": lambda v, a: v.intrinsic("floor", a),
    "abs": Lanes.absolute,
    "maximum": larger,
    "minimum": smaller,
    "clip": lambda v, a, low, high: smaller(v, larger(v, a, low), high),
    "sign": sign,
    "heaviside": heaviside,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "softplus": softplus,
    "log_sigmoid": lambda v, a: v.neg(softplus(v, v.neg(a))),
    "where": lambda v, condition, a, b: v.select(v.compare("une", condition, v.zero), a, b),
    "sum": lambda v, *terms: reduce(v.add, terms) if terms else v.zero,
    "dot": dot,
}
COSTS = {"exp": 24, "log": 32, "tanh": 36, "sigmoid": 40, "softplus": 60, "logsumexp": 60, "norm": 30}


def cost(name: str) -> int:
    """About how many instructions the primitive takes."""
    return COSTS.get(name, 40 if name in LIBRARY else 1)
