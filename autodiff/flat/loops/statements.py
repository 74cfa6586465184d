"""Statements over axes: loop nests as plain data, printed, compared, and run by ``interpret``, the oracle.

A statement is ``target = expression`` for every point of its axes, with affine indices::

    a[16i+j] = sum w[8j+k+32] * x[8i+k]        for i<4, j<16, k<8
    gw[8j+k+32] += ga[16i+j] * x[8i+k]         for i<4, j<16, k<8

The arrays: ``w`` parameters, ``x`` inputs, ``a`` intermediate results, ``t`` constants (among them tables of indices);
``gw``, ``gx`` and ``ga`` are gradients, at the same places. An expression is a float, an Index, or a tuple ``(primitive
name, expression, ...)``. Gradients start from 0 and are only added to; everything else is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...formula import Formula
from ..ir import ROWS, Expression, leaves_of, primitive_of, write

LETTERS = "ijklmnopqrsuvyz"
Span = tuple[int, int]  # the smallest and the largest length of a sequence


class Axis(NamedTuple):
    """An index from 0 to below ``extent`` plus the sum of slope times index over ``slopes``: pairs (outer axis, slope).

    ``grows`` is added to the extent for each element of a sequence whose length n is known only when the program runs.
    """

    extent: int
    slopes: tuple[tuple[int, int], ...] = ()
    grows: int = 0

    def __str__(self) -> str:
        terms = [length_text(self.extent, self.grows)]
        terms += [f"{slope:+d}{LETTERS[outer]}" for outer, slope in self.slopes]
        return "".join(terms)

    def renumber(self, place: Callable[[int], int]) -> Axis:
        """The axis after its outer axes have moved to other places."""
        return self._replace(slopes=tuple([(place(outer), slope) for outer, slope in self.slopes]))

    def at(self, point: Sequence[int], length: int = 0) -> int:
        """The extent at a point of the outer axes."""
        return self.extent + self.grows * length + sum([slope * point[axis] for axis, slope in self.slopes])


class Index(NamedTuple):
    """Element ``array[start + strides . point]``; a gather adds ``wide`` times the number at the index ``by``.

    That number, rounded toward 0, is below ``choices``. ``grows`` is added to the start for each element of the
    sequence.
    """

    array: str
    start: int
    strides: tuple[int, ...] = ()
    by: Index | None = None
    wide: int = 0
    choices: int = 0
    grows: int = 0

    def __str__(self) -> str:
        terms = [times(stride, name) for stride, name in zip(self.strides, LETTERS) if stride]
        if self.by:
            terms.append(times(self.wide, str(self.by)))
        if self.start or self.grows or not terms:
            terms.append(length_text(self.start, self.grows))
        return f"{self.array}[{'+'.join(terms).replace('+-', '-')}]"


class Statement(NamedTuple):
    """``target = expression`` for every point of the axes, the last one fastest.

    Axes along which the target does not move are reduced: by ``reduce``, "sum", "largest", "logsumexp" or "norm". A
    sum starts from ``start`` (a float or an Index that does not move along them). A statement that ``adds`` is ``+=``,
    a sum that starts from the target. Without a reduction no two points share a target, unless the statement adds.
    """

    axes: tuple[Axis, ...]
    target: Index
    expression: Expression
    reduce: str = ""
    start: Expression = 0.0
    adds: bool = False

    def change_indices(self, change: Callable[[Index], Index], **others: Any) -> Statement:
        """The statement with each Index changed, then the one that it gathers ``by``; and with ``others`` replaced."""

        def whole(x: Index) -> Index:
            return change(x)._replace(by=x.by and whole(x.by))

        parts = {name: map_indices(getattr(self, name), whole) for name in ("target", "expression", "start")}
        return self._replace(**parts, **others)

    def __str__(self) -> str:
        axes = [f"{name}<{axis}" for name, axis in zip(LETTERS, self.axes)]
        start = f"{self.start} + " if self.start != 0.0 else ""
        reduce = f"{self.reduce} " if self.reduce else ""
        text = write(self.expression, Formula, lambda x: Formula(str(x)))
        line = f"{self.target} {'+=' if self.adds else '='} {start}{reduce}{text}"
        return f"{line}  for {', '.join(axes)}" if axes else line


class Repeat(NamedTuple):
    """Turns of statements whose first axis is the turn; a turn may read what an earlier one writes."""

    turns: int
    body: tuple[Statement, ...]
    grows: int = 0

    def change_indices(self, change: Callable[[Index], Index]) -> Repeat:
        """Change each statement."""
        return self._replace(body=tuple([x.change_indices(change) for x in self.body]))

    def __str__(self) -> str:
        turns = length_text(self.turns, self.grows)
        return "\n".join([f"for {LETTERS[0]}<{turns}, one after the other:", *[f"    {x}" for x in self.body]])


def length_text(number: int, grows: int) -> str:
    """``number`` plus ``grows`` times the length n, as text."""
    if not grows:
        return str(number)
    return times(grows, "n") + (f"{number:+d}" if number else "")


def times(factor: int, name: str) -> str:
    return f"{'' if factor == 1 else '-' if factor == -1 else factor}{name}"


def indices(expression: Expression) -> Iterator[Index]:
    """All indices that an expression reads, including those it gathers by."""
    for x in leaves_of(expression):
        if type(x) is Index:
            yield x
            if x.by:
                yield x.by


def map_indices(expression: Expression, change: Callable[[Index], Expression]) -> Expression:
    """The expression with each Index changed."""
    if type(expression) is tuple:
        return (expression[0], *[map_indices(part, change) for part in expression[1:]])
    return change(expression) if type(expression) is Index else expression


def extents(axes: Sequence[Axis], lengths: Span = (0, 0)) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The smallest and the largest extents of the axes, for sequences of a length in this span."""
    least: list[int] = []
    most: list[int] = []
    for extent, slopes, grows in axes:
        ends = [grows * length for length in lengths] if grows else (0,)
        moved = [slope * (most[outer] - 1) for outer, slope in slopes]
        least.append(extent + min(ends) + sum([min(x, 0) for x in moved]))
        most.append(max(0, extent + max(ends) + sum([max(x, 0) for x in moved])))
    return tuple(least), tuple(most)


def elements_of(index: Index, axes: Sequence[Axis], size: int, lengths: Span = (0, 0)) -> Any:
    """The elements of an array of this size that an index visits, one for each point of the axes along which it moves.

    With ragged axes there may be more.
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
                    run_statement(each, memory, length, [turn])
        else:
            run_statement(statement, memory, length)  # type: ignore[arg-type]


def run_statement(statement: Statement, memory: dict[str, list[float]], length: int, outer: Sequence[int] = ()) -> None:
    """Run one statement whose first axes are fixed at ``outer``."""
    axes, target, expression, reduce, start, adds = statement
    terms: dict[int, list[float]] = {}
    starts: dict[int, float] = {}
    for point in points(axes, length, list(outer)):
        here, number = element_at(target, point, memory, length), value_at(expression, point, memory, length)
        if reduce and not adds:
            if here not in terms:
                terms[here], starts[here] = [], value_at(start, point, memory, length)
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
    """Every point of the axes that begins with the given indices, the last one fastest."""
    if len(point) == len(axes):
        yield point
    else:
        for i in range(axes[len(point)].at(point, length)):
            yield from points(axes, length, [*point, i])


def element_at(index: Index, point: Sequence[int], memory: dict[str, list[float]], length: int = 0) -> int:
    """The element of an index at this point."""
    moved = index.wide * int(memory[index.by.array][element_at(index.by, point, memory, length)]) if index.by else 0
    return index.start + index.grows * length + moved + sum([stride * i for stride, i in zip(index.strides, point)])


def value_at(expression: Expression, point: Sequence[int], memory: dict[str, list[float]], length: int) -> float:
    if type(expression) is Index:
        return memory[expression.array][element_at(expression, point, memory, length)]
    if type(expression) is tuple:
        return primitive_of(expression[0]).compute([value_at(part, point, memory, length) for part in expression[1:]])
    return expression  # type: ignore[no-any-return]
