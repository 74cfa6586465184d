"""The table of mistakes: typical wrong numbers, computed from the gates' own rules.

A row is a name, a sentence, and the wrong numbers that the mistake gives for a gate, an edge or all paths together.
EDGES and GATES take numbers or Values, so that a page can compute them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from math import isfinite, prod
from typing import Any, NamedTuple

from ..engine import Value
from ..ieee import ERRORS
from ..primitives import Primitive, add, div, maximum, minimum, mul, neg, no_edges, power, reciprocal, select, sub
from ..vocabulary import words

ALIKE = [(add, sub, mul, div), (maximum, minimum)]  # gates easily mistaken for one another
SLIPS: dict[Primitive, Callable[..., list[tuple[str, Any]]]] = {  # what one slip makes of a gate in a rule
    mul: lambda a, b: [("factor", a), ("factor", b)],
    neg: lambda a: [("minus", a)],
    div: lambda a, b: [("fraction", b / a)],
    reciprocal: lambda a: [("fraction", a)],
    power: lambda a, b: [("exponent", a ** (b + 1.0))],
}
MOST_SWAPPED = 9  # operands of a gate that are swapped with one another


class Gate(NamedTuple):
    """A gate with its numbers or, with ``place``, ``upstream`` and ``local``, one of its edges.

    ``closes`` says whether the local gradient is a test, which passes the upstream gradient or not.
    """

    primitive: Primitive
    operands: tuple[Any, ...]
    out: Any
    place: int = 0
    upstream: Any = 1.0
    local: Any = 1.0
    closes: bool = False

    def rule(self, out: Any, *operands: Any, place: int | None = None) -> Any:
        """The local gradient by the gate's rule at these numbers."""
        return self.primitive.slopes(out, *operands)[self.place if place is None else place]

    def alter(self, name: str) -> Iterator[Any]:
        """Yield the local gradients with one slip of that name in their rule."""
        known = [self.out, *self.operands] if type(self.out) is Value else [*map(Value, (self.out, *self.operands))]
        born = max(getattr(x, "born", 0) for x in known)
        yield from (x for slip, x in slips(self.rule(*known), born) if slip == name)

    def exchange(self) -> Iterator[Any]:
        """Yield the local gradients with two of the gate's operands swapped."""
        for other in range(len(self.operands) if len(self.operands) <= MOST_SWAPPED else 0):
            mixed = list(self.operands)
            mixed[self.place], mixed[other] = mixed[other], mixed[self.place]
            if other != self.place:
                yield self.rule(self.out, *mixed)

    def alike(self) -> list[Primitive]:
        """The gates easily mistaken for this one, and itself."""
        return [gate for group in ALIKE if self.primitive in group for gate in group]

    def reverse(self) -> Iterator[Any]:
        """Yield the local gradients of b / a instead of a / b."""
        if len(self.operands) == 2 and words(self.primitive).ordered:
            b, a = self.operands
            yield self.rule(self.primitive(a, b), a, b, place=1 - self.place)
        yield from self.alter("fraction")


def slips(made: Any, born: int) -> Iterator[tuple[str, Any]]:
    """Yield what a recorded rule becomes by one slip, with the slip's name."""
    gate = getattr(made, "primitive", None)
    if getattr(made, "born", 0) <= born or gate is None or gate.local_gradients is no_edges:
        return
    operands = made.operands
    yield from SLIPS[gate](*operands) if gate in SLIPS else ()
    for i in range(gate is select, len(operands)):
        for slip, x in slips(operands[i], born):
            yield slip, gate(*operands[:i], x, *operands[i + 1 :])


class Mistake(NamedTuple):
    """A row of the table."""

    name: str
    sentence: str
    numbers: Callable[[Any], Any]  # for EDGES in place of upstream * local, for GATES in place of the value


LOCALS = [  # wrong local gradients
    Mistake("lost factor", "a factor of the local gradient is missing", lambda e: e.alter("factor")),
    Mistake("lost minus", "the minus sign of this gate's rule is missing", lambda e: e.alter("minus")),
    Mistake("exponent", "in this gate's rule the exponent goes down by 1", lambda e: e.alter("exponent")),
    Mistake("wrong way around", "a fraction is upside down, or the gate's two inputs are swapped",
        Gate.reverse),
    Mistake("input for output", "the rule uses the gate's output, and you used its input",
        lambda e: [e.rule(e.operands[e.place], *e.operands)]),
    Mistake("output for input", "the rule uses the gate's input, and you used its output",
        lambda e: [e.rule(e.out, *e.operands[: e.place], e.out, *e.operands[e.place + 1 :])]),
    Mistake("swapped operand", "the local gradient is taken from the wrong input of the gate", Gate.exchange),
]  # fmt: skip


def send_back(row: Mistake) -> Mistake:
    """The row for an edge, upstream * a wrong local gradient; only where the gate multiplies."""

    def sent(e: Gate) -> Iterator[Any]:
        for x in () if e.closes else row.numbers(e):
            if x is not None and x is not e.local and (type(x) is not float or x != getattr(e.local, "data", e.local)):
                yield e.upstream * x

    return row._replace(numbers=sent)


EDGES = [
    Mistake("max", "the gate passes the gradient only to the input that its value came from",
        lambda e: [e.upstream * (1.0 - e.local)] if e.closes else []),
    *map(send_back, LOCALS),
    Mistake("upstream alone", "that is the upstream gradient alone: multiply it by the local gradient",
        lambda e: [e.upstream]),
    Mistake("local alone", "that is the local gradient alone: multiply it by the upstream gradient",
        lambda e: [e.local]),
    Mistake("sign", "the sign is wrong", lambda e: [-(e.upstream * e.local)]),
]  # fmt: skip
RULES = [  # wrong rules to choose from, the most tempting first
    *LOCALS,
    Mistake("sign", "the sign is wrong", lambda e: [-e.local]),
    Mistake("another rule", "that is the rule of another gate",
        lambda e: [e._replace(primitive=gate).rule(e.out, *e.operands) for gate in e.alike()]),
    Mistake("value for slope", "that is a value, not how fast the gate grows with its input",
        lambda e: [e.out, *e.operands]),
]  # fmt: skip
GATES = [
    Mistake("wrong way around", "the gate's two inputs are swapped",
        lambda g: [g.primitive(*reversed(g.operands))] if g.primitive in (sub, div, power) else []),
    Mistake("another gate", "that is what another gate gives for these inputs",
        lambda g: [gate(*g.operands) for gate in g.alike()]),
    Mistake("gate forgotten", "that is the gate's input: apply the gate to it",
        lambda g: g.operands if len(g.operands) == 1 else []),
    Mistake("sign", "the sign is wrong", lambda g: [-g.out]),
]  # fmt: skip


def typical(rows: Sequence[Mistake], gate: Gate) -> Iterator[tuple[Mistake, Any]]:
    """The mistakes of GATES, or for an edge of EDGES or RULES, with what they give, as numbers or Values."""
    return ((row, x) for row in rows for x in wrong_numbers(row, gate))


class Paths(NamedTuple):
    """The parts that add up in one blank, one per path, and the numbers near it."""

    parts: Sequence[float]
    value: Sequence[float] = ()  # of the node, for a gradient; the gradient of the node, for a value
    nearby: Sequence[float] = ()

    def forgotten(self) -> Iterator[float]:
        """Yield the sums of some paths, with others forgotten."""
        n = len(self.parts)
        for size in range(1, n) if n <= 5 else (1, n - 1):
            yield from map(sum, combinations(self.parts, size))


SEVERAL = [
    Mistake("replaced", "only the last path is counted: several paths add up, += instead of =", lambda p: p.parts[-1:]),
    Mistake("forgotten path", "several paths lead here, and one is missing", Paths.forgotten),
    Mistake("product of paths", "several paths add up; you multiplied them", lambda p: [prod(p.parts)]),
    Mistake("sign", "the sign is wrong", lambda p: [-sum(p.parts)]),
]  # fmt: skip
ANY = [
    Mistake("value for gradient", "a value and a gradient are mixed up here", lambda p: p.value),
    Mistake("copied", "that is the number of a neighboring blank", lambda p: p.nearby),
]  # fmt: skip
SENTENCES = list(dict.fromkeys(row.sentence for row in (*EDGES, *GATES, *RULES)))
ROUNDED = "this is rounded too far: give more digits"
SAID = {row.name: row.sentence for row in (*SEVERAL, *ANY)} | {"rounded": ROUNDED}


def candidates(gates: Sequence[Gate], paths: Paths, backward: bool) -> Iterator[tuple[Mistake, float]]:
    """Yield every mistake with a number that it gives for a blank, a gate's value or a gradient."""
    total = sum(paths.parts)
    if len(gates) > 1:
        yield from ((row, x) for row in SEVERAL for x in row.numbers(paths))
    for row in EDGES if backward else GATES:
        made = [[getattr(x, "data", x) for x in wrong_numbers(row, gate)] for gate in gates]
        for part, others in zip(paths.parts, made):
            yield from ((row, total - part + x) for x in others)
        if len(made) > 1 and all(made):
            yield row, sum(others[0] for others in made)
    yield from ((row, x) for row in ANY for x in row.numbers(paths))


def wrong_numbers(row: Mistake, gate: Gate) -> Iterator[Any]:
    """Yield the finite numbers that a mistake gives for a gate or edge; none where its rule raises."""
    try:
        for x in row.numbers(gate):
            if isfinite(getattr(x, "data", x)):
                yield x
    except ERRORS:  # a user's rule may reject a slip's numbers
        return
