"""Lengths: one program for sequences of every length, from the programs of two lengths.

Recorded at length N and at N - 1, a loop over a sequence has the same statements. What differs are extents, by so much
for each further element; numbers such as N and 1 / N, which become entries of the table that are set at each length;
and strides and starts. Where all elements stand side by side these are those of the longest: a shorter sequence fills
a part of its arrays. Where time steps need each other, first and last ones are statements of their own: then arrays
are as long as the sequence, "packed", and what begins behind others moves on with the length.
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
from .statements import Axis, Expression, Index, Repeat, interpret, place, value

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
    """Nests whose axes grow with the length of a sequence of ``least`` to ``longest`` elements.

    Inputs lie where they do in the longest sequence; or one after the other, if ``packed``.
    """

    nests: Nests
    least: int
    longest: int
    numbers: tuple[Number, ...]
    packed: bool = False

    def table(self, length: int) -> list[float]:
        """The numbers of array "t" for a sequence of this length."""
        table = list(self.nests.table)
        for number in self.numbers:
            table[number.place] = number.at(length)
        return table


def for_all_lengths(trace: Trace, longest: int, wrt: Iterable[Value] | None = None) -> Lengths:
    """The nests of a function of a sequence, for up to ``longest`` elements, at least 5; ``wrt`` as of ``roll``.

    ``trace(length)`` gives the recording at a length, and the place of each of its inputs among those of the longest.
    Unsupported if the program does not only grow with the sequence: it is to be made anew for each length.
    """
    wrt = None if wrt is None else list(wrt)
    full, less = (roll(trace(length)[0], wrt) for length in (longest, longest - 1))
    errors = []
    for packed in (False, True):
        try:
            return checked(Growing(full, less, longest, packed).lengths(), trace, wrt)
        except Unsupported as error:
            errors.append(error)
    raise errors[0]


def checked(found: Lengths, trace: Trace, wrt: Sequence[Value] | None) -> Lengths:
    """The program, from the shortest sequence on that the function takes.

    Unsupported if those of two short lengths give other numbers.
    """
    while found.least < found.longest:
        try:
            trace(found.least)
            break
        except (ArithmeticError, LookupError, TypeError, ValueError):  # such as the mean of no numbers
            found = found._replace(least=found.least + 1)
    for length in {found.least, min(found.least + 2, found.longest)}:
        recording, places = trace(length)
        nests, own = roll(recording, wrt), [*range(len(recording.inputs))]
        expected = numbers(nests, recording, own, nests.table)
        given = numbers(found.nests, recording, own if found.packed else places, found.table(length), length)
        if not all(map(near, given, expected)):
            raise Unsupported(f"the program for {length} elements is no part of the one for {found.longest}")
    return found


def numbers(nests: Nests, recording: Recording, places: Sequence[int], table: Sequence[float], length: int = 0) -> Any:
    """Outputs and gradients for the numbers with which a function was recorded; inputs lie at the places given."""
    memory = {array: [0.0 if array[0] == "g" else NAN] * size for array, size in nests.sizes.items()}
    memory |= {"w": [x._data for x in recording.parameters], "t": list(table)}
    for where, leaf in zip(places, recording.inputs):
        memory["x"][where] = leaf._data
    interpret(nests.forward, memory, length)
    outputs = [value(x, (), memory, length) for x in nests.outputs]
    for index in nests.outputs:
        if nests.backward and type(index) is Index:
            memory[f"g{index.array}"][place(index, (), memory, length)] += 1.0
    interpret(nests.backward, memory, length)
    return [*outputs, *memory.get("gw", ()), *[memory["gx"][where] for where in places if "gx" in memory]]


def near(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) or (a != a and b != b)


class Growing:
    """Two programs compared, and the table of the new one."""

    def __init__(self, full: Nests, less: Nests, longest: int, packed: bool) -> None:
        self.full, self.less, self.longest, self.packed = full, less, longest, packed
        self.size, self.least = len(full.table), 1
        self.numbers: dict[tuple[float, float], Number] = {}

    def lengths(self) -> Lengths:
        """The program of both; Unsupported where there is none."""
        full, less = self.full, self.less
        table = [*full.table]
        if self.packed:
            self.same(len(full.table), len(less.table))
            for k, pair in enumerate(zip(full.table, less.table)):
                if repr(pair[0]) != repr(pair[1]):
                    table[k], found = NAN, self.fitted(*pair, k)  # what is never read may have no formula
                    self.numbers |= {pair: found} if found else {}
        forward, backward = self.all(full.forward, less.forward), self.all(full.backward, less.backward)
        table += [NAN] * len(self.numbers)
        sizes = {**self.full.sizes, "t": len(table)}
        outputs = tuple([self.number(*pair, 0) for pair in zip(full.outputs, less.outputs)])
        nests = Nests(forward, backward, sizes, tuple(table), outputs)
        return Lengths(nests, self.least, self.longest, tuple(self.numbers.values()), self.packed)

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
            turns, grows = self.count(full.turns, less.turns, 1)
            if grows and not self.packed:
                self.same(full.turns, less.turns)
            return Repeat(turns, self.all(full.body, less.body), grows)
        self.same(*[([axis.slopes for axis in x.axes], x.reduce, x.adds) for x in (full, less)])
        axes = []
        for axis, other in zip(full.axes, less.axes):
            extent, grows = self.count(axis.extent, other.extent, 0)
            axes.append(Axis(extent, axis.slopes, grows))
        both = zip((full.target, full.expression, full.start), (less.target, less.expression, less.start))
        target, expression, start = [self.number(*pair, len(axes)) for pair in both]
        return full._replace(axes=tuple(axes), target=target, expression=expression, start=start)

    def count(self, full: int, less: int, most: int) -> tuple[int, int]:
        """A count at length 0, and how much it grows; if it is to be ``most`` at least, lengths begin there."""
        grows = full - less
        if grows > 0:
            self.least = max(self.least, self.longest - (full - most) // grows)
        return full - grows * self.longest, grows

    def number(self, full: Expression, less: Expression, axes: int) -> Expression:
        """The expression with an entry of the table for each number that differs."""
        self.same(type(full), type(less))
        if type(full) is Index:
            moves = [x.strides if self.packed else [stride != 0 for stride in x.strides] for x in (full, less)]
            self.same((full.array, moves[0], full.by is None), (less.array, moves[1], less.by is None))
            grows = (full.start - less.start) * self.packed
            by = full.by and self.number(full.by, less.by, axes)
            return full._replace(start=full.start - grows * self.longest, by=by, grows=grows)
        if type(full) is tuple:
            self.same((full[0], len(full)), (less[0], len(less)))
            return (full[0], *[self.number(*pair, axes) for pair in zip(full[1:], less[1:])])
        if type(full) is not float or repr(full) == repr(less):
            return full
        if (full, less) not in self.numbers:
            found = self.fitted(full, less, self.size + len(self.numbers))
            if not found:
                raise Unsupported(f"the number {full!r} at length {self.longest} is {less!r} at one less")
            self.numbers[full, less] = found
        return Index("t", self.numbers[full, less].place, (0,) * axes)

    def fitted(self, full: float, less: float, place: int) -> Number | None:
        """The number that is one at the longest length and the other at one less."""
        for inverse in (False, True) if math.isfinite(full) and math.isfinite(less) else ():
            a, b = (1.0 / x if inverse and x else x for x in (full, less))
            slope, offset = round(a) - round(b), round(a) - (round(a) - round(b)) * self.longest
            found = Number(place, float(slope), float(offset), inverse)
            if (found.at(self.longest), found.at(self.longest - 1)) == (full, less):
                return found
        return None
