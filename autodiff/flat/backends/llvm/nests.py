"""What each axis of a statement is for in machine code, which statements share loops, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ...ir import SHORT
from ...loops.statements import Axis, Index, Repeat, Span, Statement, extents, indices
from .core import LISTS, cost

WIDTH = 8  # numbers in a vector, roughly


class Nest(NamedTuple):
    """A statement ready to be written, whose first axes, ``given``, run outside.

    The ``way`` is one of

    - "lanes": the numbers of a vector lie side by side in the target; sums in registers. Without a ``vector`` axis
      the vector is one number wide.
    - "totals": the numbers of a vector are terms of one sum, which are added up across the vector in the end.
    - "memory": each term is added to the target in memory, in the order of the axes: where two points that are not
      summed share a target, or where the target's extent depends on an axis that is summed.
    """

    statement: Statement
    given: int
    least: tuple[int, ...]  # the smallest and
    most: tuple[int, ...]  # the largest extent of each axis
    parallel: tuple[int, ...]  # the axes along which the target moves, and
    reduced: tuple[int, ...]  # the others
    way: str = "lanes"
    vector: int = -1  # or none
    tiles: tuple[int, ...] = ()  # parallel axes of which several points are computed at a time

    @property
    def strict(self) -> bool:
        """Whether a sum may have so few terms that it is rounded as everywhere else: in order, nothing fused."""
        terms = 1
        for axis in self.reduced:
            terms *= self.least[axis]
        return terms < SHORT

    def is_fixed(self, axis: int) -> bool:
        """Whether its extent is always the same."""
        return self.least[axis] == self.most[axis]

    def lanes(self, widest: int) -> int:
        """How many numbers a vector has: a power of 2 that the vector axis fills, or one that holds it with a mask."""
        if self.vector < 0:
            return 1
        count = self.most[self.vector]
        return min(widest, 1 << (count // 2 if self.is_fixed(self.vector) else count - 1).bit_length())


def nest_of(statement: Statement, given: int, lengths: Span) -> Nest:
    """The nest of a statement; the ``lengths`` are the least and the largest that it is run with."""
    statement = join_axes(turn_triangle(fill_strides(statement), given), given)
    axes, target = statement.axes, statement.target
    least, most = extents(axes, lengths)
    parallel = tuple([k for k in range(given, len(axes)) if moves(target, k)])
    reduced = tuple([k for k in range(given, len(axes)) if not moves(target, k)])
    nest = Nest(statement, given, least, most, parallel, reduced)
    free = set(range(given, len(axes))) - {outer for axis in axes for outer, _ in axis.slopes}  # none depends on them
    leaves = [*dict.fromkeys(indices((None, statement.expression, statement.start)))]
    wide = [k for k in parallel if k in free and most[k] > 1 and not (target.by and moves(target.by, k))]
    neat = [k for k in wide if side_by_side(target, k) and all(side_by_side(x, k) for x in leaves)]
    if collides(nest) or any(outer in reduced for k in parallel for outer, _ in axes[k].slopes):
        neat = [k for k in neat if k == len(axes) - 1 or not collides(nest)]
        return nest._replace(way="memory", vector=max(neat, key=lambda k: most[k], default=-1))
    alone = len(reduced) == 1 and not statement.adds and statement.start == 0.0  # few terms are added in order, too
    exact = not nest.strict or alone or statement.reduce == "largest"
    deep = [k for k in reduced if k in free and exact and most[k] >= SHORT and all(side_by_side(x, k) for x in leaves)]

    def tile(nest: Nest) -> Nest:
        """The nest with the axes of its tiles: those along which the most is loaded once for several points."""
        tiled = [k for k in wide if nest.is_fixed(k) and k != nest.vector]
        stay = {k: (sum(not moves(x, k) for x in leaves), most[k]) for k in tiled}
        tiles = sorted(stay, key=lambda k: stay[k], reverse=True) if reduced else []
        if nest.way == "totals":  # the first tile becomes the lanes of the result
            rows = sorted([k for k in tiles if target.strides[k] == 1], key=lambda k: most[k])[-1:]
            return nest._replace(tiles=(*rows, *[k for k in tiles if k not in rows][:1]))
        return nest._replace(tiles=tuple(tiles[1::-1]))

    def price(nest: Nest) -> float:
        """About how many instructions a term takes."""
        k, lanes = nest.vector, nest.lanes(WIDTH)
        count, vectors = (1.0, 1) if k < 0 else ((least[k] + most[k]) / 2.0, -(-most[k] // lanes))

        def access(x: Index) -> float:
            """What a vector takes: one instruction, or as if three for each number that lies somewhere."""
            return 1.0 if k < 0 or side_by_side(x, k) else 3.0 * lanes

        points = [min(WIDTH, math.prod([most[n] for n in nest.tiles if not moves(x, n)])) for x in leaves]
        loads = sum([access(x) / n for x, n in zip(leaves, points)])
        terms = max(1.0, math.prod([(least[n] + most[n]) / 2.0 for n in reduced]))
        whole = (1.0 + cost(statement.expression) + loads) * vectors / max(count, 1.0)
        if nest.way == "totals":
            return whole + (4.0 if nest.tiles and target.strides[nest.tiles[0]] == 1 else 8.0) / terms
        return whole + access(target) * (1 + statement.adds) * vectors / max(count, 1.0) / terms

    ways = [nest, *[nest._replace(vector=k) for k in wide if k in neat or nest.is_fixed(k)]]
    ways += [nest._replace(way="totals", vector=k) for k in deep]
    return min(map(tile, ways), key=price)


def groups(statements: Iterable[Any], given: int, lengths: Span) -> Iterator[list[Nest] | Repeat]:
    """The statements as nests, those together that share their loops."""
    group: list[Nest] = []
    for statement in statements:
        if type(statement) is Repeat:
            yield from [group] * bool(group)
            yield statement
            group = []
            continue
        for each in expand_reduction(statement, given, lengths):
            for nest in in_memory(nest_of(each, given, lengths)):
                if 0 in [nest.most[k] for k in nest.parallel]:
                    continue
                if not (group and all(goes_with(nest, other) for other in group)):
                    yield from [group] * bool(group)
                    group = []
                group.append(nest)
    yield from [group] * bool(group)


def in_memory(nest: Nest) -> list[Nest]:
    """The nest; one that sums in memory as what begins the sum, and what adds to it, at every point of the axes."""
    statement = nest.statement
    if nest.way != "memory" or not (statement.reduce or statement.adds):
        return [nest]
    if statement.reduce == "largest" and not statement.adds:
        raise ValueError(f"cannot write {statement}: what its target is depends on an axis that is reduced")
    nest = nest._replace(parallel=tuple(range(nest.given, len(nest.most))), reduced=())
    begin = statement._replace(expression=statement.start, reduce="")
    plus = nest._replace(statement=statement._replace(adds=True))
    return [plus] if statement.adds else [nest._replace(statement=begin), plus]


def goes_with(nest: Nest, before: Nest) -> bool:
    """Whether it can run in the loops of the nest before, point by point: what one writes the other has just there."""
    axes, target, expression, *_ = nest.statement
    if len(axes) == nest.given or axes != before.statement.axes or nest.vector != before.vector:
        return False
    if nest.reduced or before.reduced or (nest.way, before.way) != ("lanes", "lanes"):
        return False
    earlier = before.statement.target
    pairs = [(x, earlier) for x in indices((None, target, expression))]
    pairs += [(x, target) for x in indices((None, before.statement.expression))]
    return all(x.array != y.array or (x == y and not x.by) or not meet(x, y, nest.most) for x, y in pairs)


def meet(x: Index, y: Index, most: Sequence[int]) -> bool:
    """Whether two indices may be in one place, as far as one can see from where each begins and ends."""

    def ends(x: Index) -> tuple[int, int]:
        spans = [stride * (n - 1) for stride, n in zip(x.strides, most)]
        return x.start + sum([min(span, 0) for span in spans]), x.start + sum([max(span, 0) for span in spans])

    (low, high), (lower, higher) = ends(x), ends(y)
    return bool(x.by or y.by) or (low <= higher and lower <= high)


def collides(nest: Nest) -> bool:
    """Whether two points of the parallel axes may share a target, as far as one can see from the strides."""
    target = nest.statement.target
    by = [k for k in nest.parallel if target.by and moves(target.by, k)]
    span = 0
    for stride, most in sorted((abs(target.strides[k]), nest.most[k]) for k in nest.parallel if target.strides[k]):
        if stride <= span:
            return True
        span += stride * (most - 1)
    # rows chosen by numbers: one after the other, each in any order as long as it ends before the next begins
    return bool(by) and (
        span >= abs(target.wide) or any(target.strides[k] for k in by) or max(by) > min(nest.reduced, default=max(by))
    )


# --- The same statement over other axes -----------------------------------------------------------


def moves(index: Index, axis: int) -> bool:
    return index.strides[axis] != 0 or (index.by is not None and moves(index.by, axis))


def side_by_side(index: Index, axis: int) -> bool:
    """Whether what is read along the axis is one number, or neighbours in memory."""
    return index.strides[axis] in (0, 1) and not (index.by and moves(index.by, axis))


def fill_strides(statement: Statement) -> Statement:
    """The statement, a stride for each axis in all of its indices."""
    count = len(statement.axes)
    return statement.change_indices(lambda x: x._replace(strides=(*x.strides, *[0] * count)[:count]))


def turn_triangle(statement: Statement, given: int) -> Statement:
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

            return statement.change_indices(change, axes=tuple(new))
    return statement


def join_axes(statement: Statement, given: int) -> Statement:
    """The statement with axes of one point left out, and neighbours joined that count as one."""
    k = given
    while k < len(statement.axes):
        axes, target = statement.axes, statement.target
        used = {outer for axis in axes for outer, _ in axis.slopes}
        whole = [n not in used and axes[n] == Axis(axes[n].extent) for n in range(k, min(k + 2, len(axes)))]
        if whole[0] and axes[k].extent == 1:
            statement = drop_axis(statement, k)
            continue
        if whole == [True, True] and moves(target, k) == moves(target, k + 1):
            length, everything = axes[k + 1].extent, indices((None, target, statement.expression, statement.start))
            if all(x.strides[k] == x.strides[k + 1] * length for x in everything):  # k goes on where the next one ends
                wider = axes[: k + 1] + (Axis(axes[k].extent * length),) + axes[k + 2 :]
                statement = drop_axis(statement._replace(axes=wider), k)
                continue
        k += 1
    return statement


def drop_axis(statement: Statement, k: int) -> Statement:
    axes = [axis.renumber(lambda outer: outer - (outer > k)) for n, axis in enumerate(statement.axes) if n != k]
    return statement.change_indices(lambda x: x._replace(strides=x.strides[:k] + x.strides[k + 1 :]), axes=tuple(axes))


def expand_reduction(statement: Statement, given: int, lengths: Span) -> list[Statement]:
    """logsumexp and norm as three statements: the largest term, and a sum in which it is the measure, in "scratch"."""
    if statement.reduce not in ("logsumexp", "norm") or statement.adds:
        return [statement]
    statement = fill_strides(statement)
    axes, target, term, reduce, _, _ = statement
    strides, size = [0] * len(axes), 1
    _, most = extents(axes, lengths)
    for k in reversed(range(given, len(axes))):
        if moves(target, k):
            strides[k] = size
            size *= most[k]
    largest, total = Index("scratch", 0, tuple(strides)), Index("scratch", size, tuple(strides))
    measure, part, answer = LISTS[reduce]
    once = [Axis(1) if k >= given and not moves(target, k) else axis for k, axis in enumerate(axes)]
    first = statement._replace(target=largest, expression=measure(term), reduce="largest")
    second = statement._replace(target=total, expression=part(term, largest), reduce="sum")
    return [first, second, Statement(tuple(once), target, answer(largest, total))]
