"""Lengths: one program for sequences of every length, from the programs of two lengths.

Recorded at length N and at N - 1, a loop over a sequence has the same statements. What differs are extents, by so much
for each further element; strides and starts, which are those of the longest: a shorter sequence fills a part of its
arrays; and numbers such as N and 1 / N, which become entries of the table that are set at each length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ...engine import Value
from ...ieee import NAN
from ...tracing import Unsupported
from ..recording import Recording
from .nests import Nests, roll
from .statements import Axis, Expression, Index, Repeat, Statement, interpret

Trace = Callable[[int], tuple[Recording, Sequence[int]]]  # length -> recording, its inputs among those of the longest


class Number(NamedTuple):
    """Entry ``place`` of the table is ``slope * length + offset``, or 1 / that."""

    place: int
    slope: float
    offset: float
    inverse: bool

    def at(self, length: int) -> float:
        number = self.slope * length + self.offset
        return 1.0 / number if self.inverse else number


class Lengths(NamedTuple):
    """Nests whose axes grow with the length of a sequence of up to ``longest`` elements.

    Inputs lie where they do in the longest sequence.
    """

    nests: Nests
    longest: int
    numbers: tuple[Number, ...]

    def table(self, length: int) -> list[float]:
        """The numbers of array "t" for a sequence of this length."""
        table = list(self.nests.table)
        for number in self.numbers:
            table[number.place] = number.at(length)
        return table


def for_all_lengths(trace: Trace, longest: int, wrt: Iterable[Value] | None = None) -> Lengths:
    """The nests of a function of a sequence, for sequences of 1 to ``longest`` elements.

    Parameters
    ----------
    trace : function of a length
        It returns the recording at that length, and the place of each of its inputs among those of the longest.
    longest : int
        At least 5.
    wrt : iterable of Value, optional
        As for ``roll``.

    Raises
    ------
    Unsupported
        If the program does not only grow with the sequence, as a loop over time steps does that need each other: it is
        to be made anew for each length.
    """
    wrt = None if wrt is None else list(wrt)
    full, less = (roll(trace(length)[0], wrt) for length in (longest, longest - 1))
    found = Growing(full, less, longest).lengths()
    for length in (1, 3):
        recording, places = trace(length)
        nests = roll(recording, wrt)
        expected = numbers(nests, recording, [*range(len(recording.inputs))], nests.table)
        given = numbers(found.nests, recording, places, found.table(length), length)
        if not all(map(near, given, expected)):
            raise Unsupported(f"the program for {length} elements is no part of the one for {longest}")
    return found


def numbers(nests: Nests, recording: Recording, places: Sequence[int], table: Sequence[float], length: int = 0) -> Any:
    """Outputs and gradients for the numbers with which a function was recorded; inputs lie at the places given."""
    memory = {array: [0.0 if array[0] == "g" else NAN] * size for array, size in nests.sizes.items()}
    memory |= {"w": [x._data for x in recording.parameters], "t": list(table)}
    for place, leaf in zip(places, recording.inputs):
        memory["x"][place] = leaf._data
    interpret(nests.forward, memory, length)
    outputs = [memory[x.array][x.start] if type(x) is Index else x for x in nests.outputs]
    for index in nests.outputs:
        if nests.backward and type(index) is Index:
            memory[f"g{index.array}"][index.start] += 1.0
    interpret(nests.backward, memory, length)
    return [*outputs, *memory.get("gw", ()), *[memory["gx"][place] for place in places if "gx" in memory]]


def near(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) or (a != a and b != b)


class Growing:
    """Two programs compared, and the table of the new one."""

    def __init__(self, full: Nests, less: Nests, longest: int) -> None:
        self.full, self.less, self.longest = full, less, longest
        self.size = len(full.table)
        self.numbers: dict[tuple[float, float], Number] = {}

    def lengths(self) -> Lengths:
        """The program of both; Unsupported where there is none."""
        full, less = self.full, self.less
        forward, backward = self.all(full.forward, less.forward), self.all(full.backward, less.backward)
        table = (*self.full.table, *[NAN] * len(self.numbers))
        sizes = {**self.full.sizes, "t": len(table)}
        nests = Nests(forward, backward, sizes, table, self.full.outputs)
        return Lengths(nests, self.longest, tuple(self.numbers.values()))

    def all(self, full: Sequence[Any], less: Sequence[Any]) -> tuple[Any, ...]:
        self.same(len(full), len(less))
        return tuple([self.grown(*pair) for pair in zip(full, less)])

    def same(self, a: Any, b: Any) -> None:
        if a != b:
            raise Unsupported(f"the program has another form at length {self.longest} than at {self.longest - 1}")

    def grown(self, full: Any, less: Any) -> Any:
        """A statement, or a loop of turns, that is the one at the longest length and the other at one less."""
        self.same(type(full), type(less))
        if type(full) is Repeat:
            self.same(full.turns, less.turns)
            return Repeat(full.turns, self.all(full.body, less.body))
        self.same(skeleton(full), skeleton(less))
        axes = []
        for axis, other in zip(full.axes, less.axes):
            grows = axis.extent - other.extent
            axes.append(Axis(axis.extent - grows * self.longest, axis.slopes, grows))
        expression = self.number(full.expression, less.expression, len(axes))
        start = self.number(full.start, less.start, len(axes))
        return full._replace(axes=tuple(axes), expression=expression, start=start)

    def number(self, full: Expression, less: Expression, axes: int) -> Expression:
        """The expression with an entry of the table for each number that differs."""
        if type(full) is tuple:
            return (full[0], *[self.number(*pair, axes) for pair in zip(full[1:], less[1:])])
        if type(full) is not float or repr(full) == repr(less):
            return full
        if (full, less) not in self.numbers:
            for inverse in (False, True):
                a, b = (1.0 / x if inverse else x for x in (full, less))
                slope, offset = round(a) - round(b), round(a) - (round(a) - round(b)) * self.longest
                found = Number(self.size + len(self.numbers), float(slope), float(offset), inverse)
                if (found.at(self.longest), found.at(self.longest - 1)) == (full, less):
                    self.numbers[full, less] = found
                    break
            else:
                raise Unsupported(f"the number {full!r} at length {self.longest} is {less!r} at one less")
        return Index("t", self.numbers[full, less].place, (0,) * axes)


def skeleton(x: Any) -> Any:
    """What statements of two lengths share: all but extents, strides, starts and numbers."""
    if type(x) is Statement:
        slopes = tuple([axis.slopes for axis in x.axes])
        return slopes, x.reduce, x.adds, *map(skeleton, (x.target, x.expression, x.start))
    if type(x) is Index:
        return x.array, [stride != 0 for stride in x.strides], x.by and skeleton(x.by)
    return (x[0], *map(skeleton, x[1:])) if type(x) is tuple else None
