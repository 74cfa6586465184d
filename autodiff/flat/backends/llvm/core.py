"""The core of operations for lanes: the same values as in primitives.py, nan and inf included, a vector at a time.

What is not in it is made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from ...expansion import carried_out, instructions
from ...ir import LISTED, SMALL, TINY, Expression, primitive_of
from ...nests import SHORT
from .math import FUNCTIONS
from .vector import LIBRARY, Lanes

INF = float("inf")
RUNNER = "runner='native'"
CONDITIONS = {"less": "olt", "less_equal": "ole", "equal": "oeq"}


def value(v: Lanes, head: Any, operands: Sequence[str]) -> str:
    """The primitive that stands first in an expression, of operands that are names of vectors."""
    if head in FUNCTIONS:
        return FUNCTIONS[head](v, *operands)
    if head in CONDITIONS:
        mask = v.compare(CONDITIONS[head], *operands)
        answer = v.select(mask, v.one, v.zero)
        v.text.masks[answer] = mask
        return answer
    if head in LIBRARY:
        return v.library(head, *operands)
    if head in LISTED:
        return of_list(v, head, lambda start, join: reduce(join, operands, v.constant(start)))
    if head in OTHERS:
        return OTHERS[head](v, *operands)

    def compute(name: str, known: Sequence[Any]) -> Any:
        return value(v, name, [v.constant(x) if type(x) is float else x for x in known])

    found = carried_out(primitive_of(head), operands, CORE, RUNNER, compute)
    return v.constant(found) if type(found) is float else found


def is_true(v: Lanes, condition: str) -> str:
    """Where a condition is not 0, as a mask: that of a comparison is known."""
    return v.text.masks.get(condition) or v.compare("une", condition, v.zero)


def power(v: Lanes, a: str, b: str) -> str:
    """a ** b by the C library, or by products, quotients and a root for some numbers b."""
    square = v.mul(a, a)
    if b == v.constant(2.0):
        return square
    for exponent, by_root in ROOTS.items():
        if b == v.constant(exponent):
            at_minus_inf = v.constant(INF if exponent > 0.0 else 0.0)
            positive = v.add(a, v.zero)  # 0 for -0, whose root would be -0
            root = by_root(v, positive, v.intrinsic("sqrt", positive))
            return v.select(v.compare("oeq", a, v.constant(-INF)), at_minus_inf, root)
    if b in (v.constant(-1.0), v.constant(-2.0)):
        inverse = v.div(v.one, a)
        return inverse if b == v.constant(-1.0) else v.mul(inverse, inverse)
    if b == v.constant(3.0):
        return v.mul(square, a)
    return v.select(v.compare("oeq", b, v.constant(2.0)), square, v.library("pow", a, b))


ROOTS: dict[float, Callable[[Lanes, str, str], str]] = {  # powers of x by the root of x
    0.5: lambda v, x, root: root,
    1.5: lambda v, x, root: v.mul(x, root),
    -0.5: lambda v, x, root: v.div(v.one, root),
    -1.5: lambda v, x, root: v.div(v.div(v.one, x), root),  # no product overflows
}


def larger(v: Lanes, a: str, b: str) -> str:
    """a where a >= b or a is nan, else b."""
    chosen = v.select(v.compare("oge", a, b), a, b)
    return v.select(v.compare("uno", a, a), a, chosen)


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
    small, large = v.compare("olt", size, v.constant(SMALL)), v.compare("ogt", size, v.constant(1.0 / SMALL))
    up, down = v.constant(1.0 / TINY), v.constant(TINY)
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
    "power": power,
    "sqrt": lambda v, a: v.intrinsic("sqrt", a),
    "floor": lambda v, a: v.intrinsic("floor", a),
    "abs": Lanes.absolute,
    "relu": lambda v, a: v.add(v.at_least(a, v.zero), v.zero),  # no comparison and choice; 0, not -0, of -0
    "where": lambda v, condition, a, b: v.select(is_true(v, condition), a, b),
    "sum": lambda v, *terms: reduce(v.add, terms) if terms else v.zero,
    "dot": dot,
}
CORE = frozenset({*FUNCTIONS, *CONDITIONS, *LIBRARY, *LISTED, *OTHERS})
COSTS = {"exp": 24, "log": 32, "tanh": 36, "sigmoid": 40, "logsumexp": 60, "norm": 30}


def costs(expression: Expression) -> list[int]:
    """About how many instructions each operation in an expression takes."""
    if type(expression) is not tuple:
        return []
    head, *operands = expression
    inner = [cost for operand in operands for cost in costs(operand)]
    if head in CORE:
        return [COSTS.get(head, 40 if head in LIBRARY else 1), *inner]
    code, _ = instructions(primitive_of(head), len(operands), CORE, RUNNER)
    return [cost for each, places in code for cost in costs((each.name, *places))] + inner
