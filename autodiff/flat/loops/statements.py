"""Statements over axes: loop nests as plain data, printed, compared, and run by ``interpret``, the oracle.

A statement is ``target = expression`` for every point of its axes, with affine indices::

    a[16i+j] = sum w[8j+k+32] * x[8i+k]        for i<4, j<16, k<8
    gw[8j+k+32] += ga[16i+j] * x[8i+k]         for i<4, j<16, k<8

The arrays: ``w`` parameters, ``x`` inputs, ``a`` intermediate results, ``t`` numbers known beforehand (tables of
indices among them); ``gw``, ``gx`` and ``ga`` are gradients, at the same places. An expression is a float, an Index,
or a tuple ``(primitive name, expression, ...)``. Gradients start from 0 and are only added to; all else is written
once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...formula import Formula
from ..ir import ROWS, primitive_of, written

LETTERS = "ijklmnopqrsuvyz"
Expression = Any  # float | Index | tuple[str, Expression, ...]
Span = tuple[int, int]  # the smallest and the largest length of a sequence


class Axis(NamedTuple):
    """An index that runs from 0 to below ``extent`` plus the sum of slope times index over ``slopes``: (axis, slope).

    Those axes lie further out. ``grows`` is how much longer the axis is for each further element of the one
    sequence whose length n is known only when the program runs.
    """

    extent: int
    slopes: tuple[tuple[int, int], ...] = ()
    grows: int = 0

    def __str__(self) -> str:
        terms = [grown(self.extent, self.grows)]
        terms += [f"{slope:+d}{LETTERS[outer]}" for outer, slope in self.slopes]
        return "".join(terms)

    def among(self, place: Callable[[int], int]) -> Axis:
        """The axis, where those that it depends on have other places."""
        return self._replace(slopes=tuple([(place(outer), slope) for outer, slope in self.slopes]))

    def at(self, point: Sequence[int], length: int = 0) -> int:
        """Its extent at a point of the axes further out."""
        return self.extent + self.grows * length + sum([slope * point[axis] for axis, slope in self.slopes])


class Index(NamedTuple):
    """Element ``array[start + strides . point]``; a gather moves on by ``wide`` times the number found at ``by``.

    That number, rounded toward 0, is below ``choices``. ``grows`` is how much further the index begins for each
    further element of the sequence.
    """

    array: str
    start: int
    strides: tuple[int, ...] = ()
    by: Index | None = None
    wide: int = 0
    choices: int = 0
    grows: int = 0

    def __str__(self) -> str:
        terms = [f"{'' if s == 1 else '-' if s == -1 else s}{name}" for s, name in zip(self.strides, LETTERS) if s]
        terms += [f"{'' if self.wide == 1 else self.wide}{self.by}"] * (self.by is not None)
        terms += [grown(self.start, self.grows)] * bool(self.start or self.grows or not terms)
        return f"{self.array}[{'+'.join(terms).replace('+-', '-')}]"


class Statement(NamedTuple):
    """``target = expression`` for every point of the axes, the last running fastest.

    Axes along which the target does not move are reduced: by ``reduce``, "sum", "largest", "logsumexp" or "norm". A
    sum starts from ``start`` (a float or an Index that does not move along them). A statement that ``adds`` is ``+=``:
    a sum over what is in the target already. Where axes are not reduced no two points share a target, unless it adds.
    """

    axes: tuple[Axis, ...]
    target: Index
    expression: Expression
    reduce: str = ""
    start: Expression = 0.0
    adds: bool = False

    def moved(self, change: Callable[[Index], Index], **others: Any) -> Statement:
        """The statement with each Index changed, first that of a gather, then what chooses in it; and ``others``."""

        def whole(x: Index) -> Index:
            return change(x)._replace(by=x.by and whole(x.by))

        parts = {name: mapped(getattr(self, name), whole) for name in ("target", "expression", "start")}
        return self._replace(**parts, **others)

    def __str__(self) -> str:
        axes = [f"{name}<{axis}" for name, axis in zip(LETTERS, self.axes)]
        start = f"{self.start} + " if self.start != 0.0 else ""
        reduce = f"{self.reduce} " if self.reduce else ""
        text = written(self.expression, Formula, lambda x: Formula(str(x)))
        line = f"{self.target} {'+=' if self.adds else '='} {start}{reduce}{text}"
        return f"{line}  for {', '.join(axes)}" if axes else line


class Repeat(NamedTuple):
    """So many turns of statements whose first axis is the turn: what a turn reads may be written by one before."""

    turns: int
    body: tuple[Statement, ...]
    grows: int = 0

    def moved(self, change: Callable[[Index], Index]) -> Repeat:
        """As of each statement."""
        return self._replace(body=tuple([x.moved(change) for x in self.body]))

    def __str__(self) -> str:
        turns = grown(self.turns, self.grows)
        return "\n".join([f"for {LETTERS[0]}<{turns}, one after the other:", *[f"    {x}" for x in self.body]])


def grown(number: int, grows: int) -> str:
    if not grows:
        return str(number)
    return f"{'' if grows == 1 else '-' if grows == -1 else grows}n{f'{number:+d}' if number else ''}"


def indices(expression: Expression) -> Iterator[Index]:
    """All that an expression reads, what chooses in a gather included."""
    if type(expression) is Index:
        yield expression
        if expression.by:
            yield expression.by
    elif type(expression) is tuple:
        for part in expression[1:]:
            yield from indices(part)


def mapped(expression: Expression, change: Callable[[Index], Expression]) -> Expression:
    """The expression, each Index in it changed."""
    if type(expression) is tuple:
        return (expression[0], *[mapped(part, change) for part in expression[1:]])
    return change(expression) if type(expression) is Index else expression


def extents(axes: Sequence[Axis], lengths: Span = (0, 0)) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The smallest and the largest extent of each axis, for sequences of these lengths at least and at most."""
    least: list[int] = []
    most: list[int] = []
    for extent, slopes, grows in axes:
        ends = [grows * length for length in lengths] if grows else (0,)
        moved = [slope * (most[outer] - 1) for outer, slope in slopes]
        least.append(extent + min(ends) + sum([min(x, 0) for x in moved]))
        most.append(max(0, extent + max(ends) + sum([max(x, 0) for x in moved])))
    return tuple(least), tuple(most)


def touched(index: Index, axes: Sequence[Axis], size: int, lengths: Span = (0, 0)) -> Any:
    """The elements of an array of that size that an index comes to, each for every point of the axes where it moves.

    They are those and perhaps more where axes are ragged.
    """
    if not axes and index.by is None:
        return [index.start]
    most = extents(axes, lengths)[1]
    moving = [k for k, stride in enumerate(index.strides) if stride]
    found: Any = np.array(index.start)
    for k in moving:
        found = np.add.outer(found, index.strides[k] * np.arange(most[k]))
    if any(axes[k].slopes for k in moving):
        at = dict(zip(moving, np.ix_(*[np.arange(most[k]) for k in moving])))
        inside = np.ones(found.shape, bool)
        for k in moving:
            if axes[k].slopes and not axes[k].grows and all(outer in at for outer, _ in axes[k].slopes):
                inside &= at[k] < axes[k].extent + sum([at[outer] * slope for outer, slope in axes[k].slopes])
        found = found[inside]
    if index.by:
        found = np.add.outer(found, index.wide * np.arange(index.choices)) if index.choices else np.arange(size)
    found = found.ravel()
    return found[(found >= 0) & (found < size)]


def interpret(statements: Iterable[Statement | Repeat], memory: dict[str, list[float]], length: int = 0) -> None:
    """Run statements, one point after the other."""
    for statement in statements:
        if type(statement) is Repeat:
            for turn in range(statement.turns + statement.grows * length):
                for each in statement.body:
                    run(each, memory, length, [turn])
        else:
            run(statement, memory, length)  # type: ignore[arg-type]


def run(statement: Statement, memory: dict[str, list[float]], length: int, outer: Sequence[int] = ()) -> None:
    """Run one statement, whose first axes are at the indices ``outer``."""
    axes, target, expression, reduce, start, adds = statement
    terms: dict[int, list[float]] = {}
    starts: dict[int, float] = {}
    for point in points(axes, length, list(outer)):
        here, number = place(target, point, memory, length), value(expression, point, memory, length)
        if reduce and not adds:
            if here not in terms:
                terms[here], starts[here] = [], value(start, point, memory, length)
            terms[here].append(number)
        else:
            memory[target.array][here] = memory[target.array][here] + number if adds else number
    for here, numbers in terms.items():
        if reduce == "sum":
            total = starts[here]
            for number in numbers:
                total += number
            memory[target.array][here] = total
        else:
            memory[target.array][here] = ROWS[reduce].compute(numbers)


def points(axes: Sequence[Axis], length: int, point: list[int]) -> Iterator[list[int]]:
    """Every point of the axes after the given ones, the last running fastest."""
    if len(point) == len(axes):
        yield point
    else:
        for i in range(axes[len(point)].at(point, length)):
            yield from points(axes, length, [*point, i])


def place(index: Index, point: Sequence[int], memory: dict[str, list[float]], length: int = 0) -> int:
    """Where the index is at this point."""
    moved = index.wide * int(memory[index.by.array][place(index.by, point, memory, length)]) if index.by else 0
    return index.start + index.grows * length + moved + sum([stride * i for stride, i in zip(index.strides, point)])


def value(expression: Expression, point: Sequence[int], memory: dict[str, list[float]], length: int) -> float:
    if type(expression) is Index:
        return memory[expression.array][place(expression, point, memory, length)]
    if type(expression) is tuple:
        return primitive_of(expression[0]).compute([value(part, point, memory, length) for part in expression[1:]])
    return expression  # type: ignore[no-any-return]
