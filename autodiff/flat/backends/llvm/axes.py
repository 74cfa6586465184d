"""The same statement over other axes: neighbours joined, triangles turned, some reductions in three statements."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ...ir import SMALL, TINY
from ...loops.statements import Axis, Expression, Index, Statement, indices, mapped


def moves(index: Index, axis: int) -> bool:
    return index.strides[axis] != 0 or (index.by is not None and moves(index.by, axis))


def side_by_side(index: Index, axis: int) -> bool:
    """Whether what is read along the axis is one number, or neighbours in memory."""
    return index.strides[axis] in (0, 1) and not (index.by and moves(index.by, axis))


def extents(axes: Sequence[Axis], lengths: tuple[int, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The smallest and the largest extent of each axis."""
    least: list[int] = []
    most: list[int] = []
    for axis in axes:
        ends = [axis.grows * length for length in lengths]
        moved = [slope * (most[outer] - 1) for outer, slope in axis.slopes]
        least.append(axis.extent + min(ends) + sum([min(x, 0) for x in moved]))
        most.append(max(0, axis.extent + max(ends) + sum([max(x, 0) for x in moved])))
    return tuple(least), tuple(most)


def changed(statement: Statement, axes: Sequence[Axis], change: Callable[[Index], Index]) -> Statement:
    """The statement with other axes, each of its indices changed."""

    def whole(index: Index) -> Index:
        return change(index)._replace(by=change(index.by) if index.by else None)

    target, expression, start = (mapped(x, whole) for x in statement[1:3] + statement[4:5])
    return statement._replace(axes=tuple(axes), target=target, expression=expression, start=start)


def filled(statement: Statement) -> Statement:
    """The statement, a stride for each axis in all of its indices."""
    count = len(statement.axes)
    return changed(statement, statement.axes, lambda x: x._replace(strides=(*x.strides, *[0] * count)[:count]))


def turned(statement: Statement, given: int) -> Statement:
    """A triangle ``i<n, k<1+i`` with a sum over i, turned to ``k<n, i<n-k``: so its extent goes with the target's."""
    axes = statement.axes
    for k in range(given, len(axes)):
        (i, slope), *others = axes[k].slopes or [(0, 0)]
        behind = 1 - axes[k].extent  # the sum begins at i = k + behind
        others += [other for n, axis in enumerate(axes) for other in axis.slopes if n != k and other[0] in (i, k)]
        if slope != 1 or others or axes[i].slopes or axes[k].grows or i < given or behind < 0:
            continue
        if (
            moves(statement.target, k)
            and all(moves(statement.target, n) for n in range(i + 1, k))
            and not moves(statement.target, i)
        ):
            extent = axes[i]._replace(extent=axes[i].extent - behind)
            new = [*axes]
            new[i], new[k] = extent, extent._replace(slopes=((i, -1),))

            def change(x: Index, i: int = i, k: int = k, behind: int = behind) -> Index:
                strides = [*x.strides]
                strides[i], strides[k] = x.strides[i] + x.strides[k], x.strides[i]
                return x._replace(start=x.start + behind * x.strides[i], strides=tuple(strides))

            return changed(statement, new, change)
    return statement


def joined(statement: Statement, given: int) -> Statement:
    """The statement with axes of one point left out, and neighbours joined that count as one."""
    k = given
    while k < len(statement.axes):
        axes = statement.axes
        axis, following = axes[k], axes[k + 1] if k + 1 < len(axes) else None
        used = {outer for axis in axes for outer, _ in axis.slopes}
        whole = k not in used and axis == Axis(axis.extent)
        if whole and axis.extent == 1:
            statement = without(statement, k)
        elif (
            whole and following and following == Axis(following.extent) and k + 1 not in used and in_a_row(statement, k)
        ):
            wider = axes[: k + 1] + (Axis(axis.extent * following.extent),) + axes[k + 2 :]
            statement = without(statement._replace(axes=wider), k)
        else:
            k += 1
    return statement


def in_a_row(statement: Statement, k: int) -> bool:
    """Whether axis k goes on where the next axis ends, in all that is read and written."""
    target, length = statement.target, statement.axes[k + 1].extent
    both = moves(target, k) == moves(target, k + 1)
    everything = indices((None, target, statement.expression, statement.start))
    return both and all(x.strides[k] == x.strides[k + 1] * length for x in everything)


def without(statement: Statement, k: int) -> Statement:
    axes = [
        axis._replace(slopes=tuple([(outer - (outer > k), slope) for outer, slope in axis.slopes]))
        for n, axis in enumerate(statement.axes)
        if n != k
    ]
    return changed(statement, axes, lambda x: x._replace(strides=x.strides[:k] + x.strides[k + 1 :]))


def spelled(statement: Statement, given: int, lengths: tuple[int, int]) -> list[Statement]:
    """logsumexp and norm as three statements: the largest term, and a sum in which it is the measure, in "scratch"."""
    if statement.reduce not in ("logsumexp", "norm") or statement.adds:
        return [statement]
    statement = filled(statement)
    axes, target, term, reduce, _, _ = statement
    strides, size = [0] * len(axes), 1
    _, most = extents(axes, lengths)
    for k in reversed(range(given, len(axes))):
        if moves(target, k):
            strides[k] = size
            size *= most[k]
    largest, total = Index("scratch", 0, tuple(strides)), Index("scratch", size, tuple(strides))
    part: Expression
    answer: Expression
    if reduce == "norm":
        scale, back = scales(largest)
        scaled = ("mul", term, scale)
        term, part, answer = ("abs", term), ("mul", scaled, scaled), ("mul", ("sqrt", total), back)
    else:
        part = "exp", ("sub", term, largest)
        answer = ("where", ("less", ("abs", largest), math.inf), ("add", largest, ("log", total)), largest)
    once = [Axis(1) if k >= given and not moves(target, k) else axis for k, axis in enumerate(axes)]
    return [
        statement._replace(target=largest, expression=term, reduce="largest"),
        statement._replace(target=total, expression=part, reduce="sum"),
        Statement(tuple(once), target, answer),
    ]


def scales(size: Expression) -> tuple[Expression, Expression]:
    """A power of 2 that brings numbers of this size to where their squares neither overflow nor vanish; and 1 / it."""
    small, large = ("less", size, SMALL), ("less", 1.0 / SMALL, size)
    up, down = 1.0 / TINY, TINY
    return ("where", small, up, ("where", large, down, 1.0)), ("where", small, down, ("where", large, up, 1.0))
