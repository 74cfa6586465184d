"""Lengths: one program for sequences of every length, from the programs of two lengths.

Recorded at lengths N and N - 1, a loop over a sequence has the same statements. They differ in extents, by some count
for each element; in numbers such as N and 1 / N, which become entries of the table that are set for each length; and in
strides and starts. If all elements are points of one axis, strides and starts are those of the longest sequence: a
shorter one fills a part of its arrays. If time steps depend on each other, the first and last ones are statements of
their own: then arrays are as long as the sequence, "packed", and arrays behind others move with the length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ...engine import Value
from ...ieee import NAN
from ...tracing import Unsupported
from ..expansion import is_near
from ..ir import Expression
from ..recording import Recording
from .nests import Nests, roll
from .statements import Axis, Index, Repeat, element_at, interpret, value_at

Recorder = Callable[[int], tuple[Recording, Sequence[int]]]  # length -> recording, places of its inputs


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

    Inputs have the places of the longest sequence or, if ``packed``, follow each other.
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


def for_all_lengths(trace: Recorder, longest: int, wrt: Iterable[Value] | None = None) -> Lengths:
    """The nests of a function of a sequence, for up to ``longest`` elements, at least 5; ``wrt`` as for ``roll``.

    ``trace(length)`` returns the recording at a length, and the places of its inputs among those of the longest.
    Unsupported if the program does more than grow with the sequence: then each length needs a program of its own.
    """
    wrt = None if wrt is None else list(wrt)
    full, less = (roll(trace(length)[0], wrt) for length in (longest, longest - 1))
    errors = []
    for packed in (False, True):
        try:
            return check(TwoLengths(full, less, longest, packed).lengths(), trace, wrt)
        except Unsupported as error:
            errors.append(error)
    raise errors[0]


def check(found: Lengths, trace: Recorder, wrt: Sequence[Value] | None) -> Lengths:
    """The program from the shortest length that the function takes; Unsupported if it is wrong at two short lengths."""
    while found.least < found.longest:
        try:
            trace(found.least)
            break
        except (ArithmeticError, LookupError, TypeError, ValueError):  # such as the mean of no numbers
            found = found._replace(least=found.least + 1)
    for length in {found.least, min(found.least + 2, found.longest)}:
        recording, places = trace(length)
        nests, own = roll(recording, wrt), [*range(len(recording.inputs))]
        expected = run_numbers(nests, recording, own, nests.table)
        given = run_numbers(found.nests, recording, own if found.packed else places, found.table(length), length)
        if not all(map(is_near, given, expected)):
            raise Unsupported(f"the program for {found.longest} elements is wrong for {length}")
    return found


def run_numbers(
    nests: Nests, recording: Recording, places: Sequence[int], table: Sequence[float], length: int = 0
) -> Any:
    """Interpret the nests with the recorded numbers, inputs at these places; return outputs and gradients."""
    memory = {array: [0.0 if array[0] == "g" else NAN] * size for array, size in nests.sizes.items()}
    memory |= {"w": [x._data for x in recording.parameters], "t": list(table)}
    for where, leaf in zip(places, recording.inputs):
        memory["x"][where] = leaf._data
    interpret(nests.forward, memory, length)
    outputs = [value_at(x, (), memory, length) for x in nests.outputs]
    for index in nests.outputs:
        if nests.backward and type(index) is Index:
            memory[f"g{index.array}"][element_at(index, (), memory, length)] += 1.0
    interpret(nests.backward, memory, length)
    return [*outputs, *memory.get("gw", ()), *[memory["gx"][where] for where in places if "gx" in memory]]


class TwoLengths:
    """Compares the programs of two lengths; ``numbers`` are the entries of the new table."""

    def __init__(self, full: Nests, less: Nests, longest: int, packed: bool) -> None:
        self.full, self.less, self.longest, self.packed = full, less, longest, packed
        self.size, self.least = len(full.table), 1
        self.numbers: dict[tuple[float, float], Number] = {}

    def lengths(self) -> Lengths:
        """The program of both; Unsupported if there is none."""
        full, less = self.full, self.less
        table = [*full.table]
        if self.packed:
            self.require_equal(len(full.table), len(less.table))
            for k, pair in enumerate(zip(full.table, less.table)):
                if repr(pair[0]) != repr(pair[1]):
                    table[k], found = NAN, self.fit(*pair, k)
                    if found:  # a number that is never read may have no formula
                        self.numbers[pair] = found
        forward, backward = self.statements(full.forward, less.forward), self.statements(full.backward, less.backward)
        table += [NAN] * len(self.numbers)
        sizes = {**self.full.sizes, "t": len(table)}
        outputs = tuple([self.expression(*pair, 0) for pair in zip(full.outputs, less.outputs)])
        nests = Nests(forward, backward, sizes, tuple(table), outputs)
        return Lengths(nests, self.least, self.longest, tuple(self.numbers.values()), self.packed)

    def statements(self, full: Sequence[Any], less: Sequence[Any]) -> tuple[Any, ...]:
        self.require_equal(len(full), len(less))
        return tuple([self.statement(*pair) for pair in zip(full, less)])

    def require_equal(self, a: Any, b: Any) -> None:
        if a != b:
            raise Unsupported(f"the program has another form at length {self.longest} than at {self.longest - 1}")

    def statement(self, full: Any, less: Any) -> Any:
        """A statement or Repeat that equals ``full`` at the longest length and ``less`` at one less."""
        self.require_equal(type(full), type(less))
        if type(full) is Repeat:
            turns, grows = self.count(full.turns, less.turns, 1)
            if grows and not self.packed:
                self.require_equal(full.turns, less.turns)
            return Repeat(turns, self.statements(full.body, less.body), grows)
        self.require_equal(*[([axis.slopes for axis in x.axes], x.reduce, x.adds) for x in (full, less)])
        axes = []
        for axis, other in zip(full.axes, less.axes):
            extent, grows = self.count(axis.extent, other.extent, 0)
            axes.append(Axis(extent, axis.slopes, grows))
        both = zip((full.target, full.expression, full.start), (less.target, less.expression, less.start))
        target, expression, start = [self.expression(*pair, len(axes)) for pair in both]
        return full._replace(axes=tuple(axes), target=target, expression=expression, start=start)

    def count(self, full: int, less: int, least: int) -> tuple[int, int]:
        """(The count at length 0, its growth); lengths start where the count is at least ``least``."""
        grows = full - less
        if grows > 0:
            self.least = max(self.least, self.longest - (full - least) // grows)
        return full - grows * self.longest, grows

    def expression(self, full: Expression, less: Expression, axes: int) -> Expression:
        """The expression with an entry of the table for each number that differs."""
        self.require_equal(type(full), type(less))
        if type(full) is Index:
            moves = [x.strides if self.packed else [stride != 0 for stride in x.strides] for x in (full, less)]
            self.require_equal((full.array, moves[0], full.by is None), (less.array, moves[1], less.by is None))
            grows = full.start - less.start if self.packed else 0
            by = full.by and self.expression(full.by, less.by, axes)
            return full._replace(start=full.start - grows * self.longest, by=by, grows=grows)
        if type(full) is tuple:
            self.require_equal((full[0], len(full)), (less[0], len(less)))
            return (full[0], *[self.expression(*pair, axes) for pair in zip(full[1:], less[1:])])
        if type(full) is not float or repr(full) == repr(less):
            return full
        if (full, less) not in self.numbers:
            found = self.fit(full, less, self.size + len(self.numbers))
            if not found:
                raise Unsupported(f"the number {full!r} at length {self.longest} is {less!r} at one less")
            self.numbers[full, less] = found
        return Index("t", self.numbers[full, less].place, (0,) * axes)

    def fit(self, full: float, less: float, place: int) -> Number | None:
        """The Number that is ``full`` at the longest length and ``less`` at one less, if any."""
        for inverse in (False, True) if math.isfinite(full) and math.isfinite(less) else ():
            a, b = (1.0 / x if inverse and x else x for x in (full, less))
            slope = round(a) - round(b)
            found = Number(place, float(slope), float(round(a) - slope * self.longest), inverse)
            if (found.at(self.longest), found.at(self.longest - 1)) == (full, less):
                return found
        return None
