"""Which mistake in a gate's rule gives a student's numbers: computed from the rules, as in the quiz."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..primitives import Primitive, div, exp, power
from ..quiz.mistakes import EDGES, Gate, Mistake, typical
from .probes import same


class Point(NamedTuple):
    """What a student's gate gives at some inputs, for one operand or (``place`` None) for its value."""

    gate: Gate
    given: float

    @property
    def right(self) -> float:
        return float(self.gate.upstream * self.gate.local)


def gate_at(primitive: Primitive, numbers: Sequence[float], place: int = 0, upstream: float = 1.0) -> Gate:
    """A gate with its numbers at one of its edges."""
    operands = tuple(map(float, numbers))
    out = primitive(*operands)
    local = primitive.slopes(out, *operands)[place]
    return Gate(primitive, operands, out, place, upstream, float(local), type(local) is bool)


FIRST = [  # said before the quiz's words for the same number
    Mistake("open", "the whole gradient passes everywhere: it passes only where the output follows this input",
        lambda e: [e.upstream] if e.closes else []),
    Mistake("square", "in the rule of a fraction the divisor is squared: -a / b**2",
        lambda e: [e.upstream * e.local * e.operands[1]] if (e.primitive, e.place) == (div, 1) else []),
    Mistake("numerator", "in the rule of a fraction the numerator is missing",
        lambda e: [-e.upstream / e.operands[1] ** 2] if (e.primitive, e.place) == (div, 1) else []),
    Mistake("precedence", "n * x**n - 1 is (n * x**n) - 1: the 1 belongs to the exponent",
        lambda e: [e.upstream * (e.operands[1] * e.out - 1.0)] if (e.primitive, e.place) == (power, 0) else []),
    Mistake("power", "that is the rule of a power, and exp is none",
        lambda e: [e.upstream * e.operands[0] * exp(e.operands[0] - 1.0)] if e.primitive is exp else []),
]  # fmt: skip
INSTEAD = [  # of a local gradient
    Mistake("value", "the gate's value stands in place of its local gradient", lambda e: [e.upstream * e.out]),
    Mistake("input", "the gate's input stands in place of its local gradient",
        lambda e: [e.upstream * e.operands[e.place]]),
]  # fmt: skip
MORE = [  # mistakes of an engine, which nobody makes in a quiz
    Mistake("nothing", "nothing arrives there", lambda e: [0.0]),
    Mistake("other", "that is the local gradient of the gate's other input",
        lambda e: [e.upstream * e.rule(e.out, *e.operands, place=1 - e.place)] if len(e.operands) == 2 else []),
    Mistake("local squared", "the local gradient is multiplied twice", lambda e: [e.upstream * e.local * e.local]),
    Mistake("upstream squared", "the upstream gradient is multiplied twice",
        lambda e: [e.upstream * e.upstream * e.local]),
    Mistake("doubled", "it arrives twice", lambda e: [2.0 * e.upstream * e.local]),
    Mistake("added", "upstream and local gradient are added: multiply them", lambda e: [e.upstream + e.local]),
    Mistake("mask upstream", "the gate looks at the sign of the upstream gradient, not at its input",
        lambda e: [e.upstream * (e.upstream > 0)] if e.closes else []),
    *INSTEAD,
    Mistake("value sent", "the gate's value goes back in place of a gradient", lambda e: [e.out]),
]  # fmt: skip


def explain(points: Sequence[Point], rows: Sequence[Mistake] = (*FIRST, *EDGES, *MORE)) -> str:
    """The sentence of the first mistake that gives all these numbers, or ""."""
    for row in rows:
        if points and all(any(same(getattr(x, "data", x), p.given) for _, x in typical([row], p.gate)) for p in points):
            return row.sentence
    return ""
