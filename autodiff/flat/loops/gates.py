"""Recorded gates as plain rows: who reads whom by number, equal gates once.

An id is a whole number. Parameters come first, then inputs, then gates, oldest first; a number known beforehand has a
negative id, -1 - k for ``numbers[k]``, so that lists which end with the numbers find them at their ends.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from ... import primitives as p
from ...engine import Value
from ...graph import numbers as data_of
from ...primitives import BUILT_IN, Primitive
from ..recording import Recording

ZERO = -1  # the id of 0.0


class Gates(NamedTuple):
    """The gates behind some outputs."""

    first: int  # the id of the first gate
    heads: list[Primitive | None]  # what each does; None for one that became part of another
    operands: list[tuple[int, ...]]  # what each reads
    numbers: list[float]  # known beforehand
    outputs: list[int]
    samples: dict[Primitive, list[float]]  # result and operands of one gate of each primitive that is not built in


class Numbers:
    """The ids of numbers known beforehand."""

    def __init__(self) -> None:
        self.values = [0.0]  # ZERO
        self.places: dict[Any, int] = {"0.0": ZERO}

    def id(self, x: float) -> int:
        """The id of a number; 0.0 is not -0.0, and nan is nan."""
        key = x if x and x == x else repr(x)
        place = self.places.get(key)
        if place is None:
            self.values.append(x)
            place = self.places[key] = -len(self.values)
        return place


def collect(recording: Recording) -> Gates:
    """The gates of a recording as rows."""
    numbers = Numbers()
    number = numbers.id
    leaves = [*recording.parameters, *recording.inputs]
    first = len(leaves)
    ids: dict[Any, int] = {leaf: i for i, leaf in enumerate(leaves)}
    for leaf, constant in recording.constants.items():
        ids[leaf] = number(constant)
    heads: list[Primitive | None] = []
    operands: list[tuple[int, ...]] = []
    known: defaultdict[Any, dict[tuple[int, ...], int]] = defaultdict(dict)  # the gates of each primitive
    samples: dict[Primitive, list[float]] = {}
    for gate in recording.gates:
        primitive = gate.primitive
        reads = tuple([ids[x] if type(x) is Value else number(x) for x in gate.operands])
        equal = known[primitive]
        at = equal.get(reads)
        if at is None:
            if max(reads) < 0:
                at = number(gate._data)
            elif primitive is p.take and reads[-1] < 0:
                at = reads[int(numbers.values[-1 - reads[-1]])]
            elif primitive is p.dot and len(reads) == 1:
                at = reads[0]  # no products: the start alone
            else:
                at = first + len(heads)
                heads.append(primitive)
                operands.append(reads)
                if primitive not in BUILT_IN and primitive not in samples:
                    samples[primitive] = data_of([gate, *gate.operands])  # type: ignore[index]
            equal[reads] = at
        ids[gate] = at
    outputs = [ids[x] if type(x) is Value else number(x) for x in recording.outputs]  # type: ignore[arg-type]
    return Gates(first, heads, operands, numbers.values, outputs, samples)


def reached(gates: Gates, ends: list[int]) -> list[bool] | None:
    """Which gates a gradient comes to that starts at the ends; None for all of them.

    A comparison sends nothing back, nor does the choice in a where: what is read there alone gets no gradient, not
    even 0 (which, times an infinite slope, would be nan).
    """
    silent = {head: closed_edges(head, gates.samples.get(head)) for head in {*gates.heads} if head}
    if not any(silent.values()) and len(ends) == len(gates.outputs):
        return None
    first = gates.first
    found = [False] * (first + len(gates.heads) + len(gates.numbers))
    for end in ends:
        found[end] = True
    for i in range(len(gates.heads) - 1, -1, -1):
        head = gates.heads[i]
        if head and found[first + i]:
            reads = gates.operands[i]
            for place, x in enumerate(reads) if silent[head] else ():
                if place not in silent[head] and place - len(reads) not in silent[head]:
                    found[x] = True
            for x in () if silent[head] else reads:
                found[x] = True
    return found[first : first + len(gates.heads)]


def closed_edges(primitive: Primitive, sample: list[float] | None) -> set[int]:
    """The places of the operands to which a primitive never sends a gradient."""
    if sample:
        return {i for i, local in enumerate(primitive.slopes(*sample)) if local is None}
    if primitive.local_gradients is p.no_edges:
        return {0, 1}
    return {p.select: {0}, p.take: {-1}, p.stop_gradient: {0}}.get(primitive, set())
