"""The core of operations for lanes, a vector at a time: the values of primitives.py, nan and inf included.

Other primitives are expanded into them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Any

from ....tracing import Unsupported
from ...expansion import carry_out, instructions
from ...ir import LISTED, SMALL, TINY, Expression, primitive_of, row_mean
from .builder import LIBRARY, Lanes
from .math import FUNCTIONS

INF = float("inf")
RUNNER = "runner='native'"
CONDITIONS = {"less": "olt", "less_equal": "ole", "equal": "oeq"}


def write_primitive(v: Lanes, head: Any, operands: Sequence[str]) -> str:
    """Write a primitive whose operands are names of vectors."""
    if head in WRITERS:
        return WRITERS[head](v, *operands)
    if head is row_mean:
        raise Unsupported("machine code runs row after row: it cannot compute the mean over all")

    def compute(name: str, known: Sequence[Any]) -> Any:
        return write_primitive(v, name, [v.constant(x) if type(x) is float else x for x in known])

    found = carry_out(primitive_of(head), operands, CORE, RUNNER, compute)
    return v.constant(found) if type(found) is float else found


def comparison(condition: str, v: Lanes, a: str, b: str) -> str:
    """1 or 0, whose mask is remembered."""
    mask = v.compare(condition, a, b)
    answer = v.select(mask, v.one, v.zero)
    v.text.masks[answer] = mask
    return answer


def choice(v: Lanes, condition: str, a: str, b: str) -> str:
    """a where the condition is not 0, else b."""
    return v.select(v.text.masks.get(condition) or v.compare("une", condition, v.zero), a, b)


def power(v: Lanes, a: str, b: str) -> str:
    """a ** b by the C library; for some constants b by products, quotients and a root."""
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
    number = v.select(v.compare("oge", a, b), a, b)
    return v.select(v.compare("uno", a, a), a, number)


def write_list(head: str, v: Lanes, *terms: str) -> str:
    """logsumexp, largest or norm of terms."""

    def write(x: Any) -> str:
        if type(x) is tuple:
            return write_primitive(v, x[0], list(map(write, x[1:])))
        return x if type(x) is str else v.constant(x)

    if head == "largest":
        return reduce(lambda a, b: larger(v, a, b), terms, v.constant(-INF))
    measure, part, answer = LIST_PARTS[head]
    first = [v.zero] if head == "norm" else []
    largest = write_list("largest", v, *first, *[write(measure(x)) for x in terms])
    return write(answer(largest, reduce(v.add, [write(part(x, largest)) for x in terms], v.zero)))


def scale(size: Expression, back: bool = False) -> Expression:
    """A power of 2 that keeps squares of numbers of this size from over- and underflow; or its inverse (``back``)."""
    up, down = (TINY, 1.0 / TINY) if back else (1.0 / TINY, TINY)
    return "where", ("less", size, SMALL), up, ("where", ("less", 1.0 / SMALL, size), down, 1.0)


def square(x: Expression) -> Expression:
    return "mul", x, x


LIST_PARTS: dict[str, tuple[Callable[..., Expression], ...]] = {
    # measure of a term; the summand, by the largest measure; the result of largest and sum
    "norm": (
        lambda x: ("abs", x),
        lambda x, largest: square(("mul", x, scale(largest))),
        lambda largest, total: ("mul", ("sqrt", total), scale(largest, True)),
    ),
    "logsumexp": (
        lambda x: x,
        lambda x, largest: ("exp", ("sub", x, largest)),
        lambda largest, total: (
            "where", ("less", ("abs", largest), INF), ("add", largest, ("log", total)), largest
        ),
    ),
}  # fmt: skip


WRITERS: dict[Any, Callable[..., str]] = {
    **FUNCTIONS,
    **{name: partial(comparison, condition) for name, condition in CONDITIONS.items()},
    **{name: partial(lambda name, v, *operands: v.library(name, *operands), name) for name in LIBRARY},
    **{name: partial(write_list, name) for name in LISTED},
    "add": Lanes.add,
    "sub": Lanes.sub,
    "mul": Lanes.mul,
    "div": Lanes.div,
    "neg": Lanes.neg,
    "power": power,
    "sqrt": lambda v, a: v.intrinsic("sqrt", a),
    "floor": lambda v, a: v.intrinsic("floor", a),
    "abs": Lanes.absolute,
    "relu": lambda v, a: v.add(v.at_least(a, v.zero), v.zero),  # cheaper than comparison and choice; 0, not -0, for -0
    "where": choice,
    "sum": lambda v, *terms: reduce(v.add, terms) if terms else v.zero,
    "dot": lambda v, *x: reduce(v.add, map(v.mul, x[: len(x) // 2], x[len(x) // 2 : -1]), x[-1]),
}
CORE = frozenset(WRITERS)
COSTS = {"exp": 24, "log": 32, "tanh": 36, "sigmoid": 40, "logsumexp": 60, "norm": 30}


def cost(expression: Expression) -> int:
    """Approximate number of instructions of an expression."""
    if type(expression) is not tuple:
        return 0
    head, *operands = expression
    if head in CORE:
        own = COSTS.get(head, 40 if head in LIBRARY else 1)
    else:
        code, _ = instructions(primitive_of(head), len(operands), CORE, RUNNER)
        own = sum([cost((each.name, *places)) for each, places in code])
    return own + sum(map(cost, operands))
