"""The role of each axis of a statement in machine code, and which statements share loops."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ...ir import SHORT
from ...loops.statements import Axis, Index, Repeat, Span, Statement, extents, indices
from .core import LIST_PARTS, cost

WIDTH = 8  # numbers in a vector, for estimates


class Nest(NamedTuple):
    """A statement with the roles of its axes; loops over the first ``given`` of them run outside.

    The ``way`` is one of

    - "lanes": the numbers of a vector are neighbors in the target, and sums are in registers. Without a ``vector``
      axis the vector has one number.
    - "totals": the numbers of a vector are terms of one sum, and are added up at its end.
    - "memory": each term is added to the target in memory, in the order of the axes, because two points that are not
      summed share a target, or because the target's extent depends on a summed axis.
    """

    statement: Statement
    given: int
    least: tuple[int, ...]  # the smallest and
    most: tuple[int, ...]  # the largest extent of each axis
    parallel: tuple[int, ...]  # the axes along which the target moves, and
    reduced: tuple[int, ...]  # the others
    way: str = "lanes"
    vector: int = -1  # none
    tiles: tuple[int, ...] = ()  # parallel axes with several points at a time

    @property
    def strict(self) -> bool:
        """Whether a sum may be so short that all runners round it alike: in order, with nothing fused."""
        return math.prod([self.least[axis] for axis in self.reduced]) < SHORT

    def is_fixed(self, axis: int) -> bool:
        """Whether the axis has the same extent at every length and point."""
        return self.least[axis] == self.most[axis]

    def lanes(self, widest: int) -> int:
        """Numbers in a vector: a power of 2 that the vector axis fills, or with a mask one that holds it."""
        if self.vector < 0:
            return 1
        count = self.most[self.vector]
        return min(widest, 1 << (count // 2 if self.is_fixed(self.vector) else count - 1).bit_length())


def nest_of(statement: Statement, given: int, lengths: Span) -> Nest:
    """The cheapest nest of a statement that runs with these ``lengths``, the least and the largest."""
    statement = join_axes(turn_triangle(fill_strides(statement), given), given)
    axes, target = statement.axes, statement.target
    least, most = extents(axes, lengths)
    parallel = tuple([k for k in range(given, len(axes)) if moves(target, k)])
    reduced = tuple([k for k in range(given, len(axes)) if not moves(target, k)])
    nest = Nest(statement, given, least, most, parallel, reduced)
    free = set(range(given, len(axes))) - {outer for axis in axes for outer, _ in axis.slopes}
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
        """The nest with tiles: axes along which the most numbers are loaded once for several points."""
        tiled = [k for k in wide if nest.is_fixed(k) and k != nest.vector]
        stay = {k: (sum(not moves(x, k) for x in leaves), most[k]) for k in tiled}
        tiles = sorted(stay, key=lambda k: stay[k], reverse=True) if reduced else []
        if nest.way == "totals":  # the first tile becomes the lanes of the result
            rows = sorted([k for k in tiles if target.strides[k] == 1], key=lambda k: most[k])[-1:]
            return nest._replace(tiles=(*rows, *[k for k in tiles if k not in rows][:1]))
        return nest._replace(tiles=tuple(tiles[1::-1]))

    def price(nest: Nest) -> float:
        """Approximate number of instructions of a term."""
        k, lanes = nest.vector, nest.lanes(WIDTH)
        count, vectors = (1.0, 1) if k < 0 else ((least[k] + most[k]) / 2.0, -(-most[k] // lanes))

        def access(x: Index) -> float:
            """The cost of a vector: one instruction, or about three for each number if they are apart."""
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


def groups(statements: Iterable[Any], given: int, lengths: Span) -> list[list[Nest] | Repeat]:
    """The statements as nests, in lists of those that share their loops."""
    found: list[list[Nest] | Repeat] = []
    for statement in statements:
        if type(statement) is Repeat:
            found.append(statement)
            continue
        for each in expand_reduction(statement, given, lengths):
            for nest in in_memory(nest_of(each, given, lengths)):
                if 0 in [nest.most[k] for k in nest.parallel]:
                    continue
                last = found[-1] if found else None
                if isinstance(last, list) and all(goes_with(nest, other) for other in last):
                    last.append(nest)
                else:
                    found.append([nest])
    return found


def in_memory(nest: Nest) -> list[Nest]:
    """The nest; if it sums in memory, two: one starts the sum, one adds a term at every point of the axes."""
    statement = nest.statement
    if nest.way != "memory" or not (statement.reduce or statement.adds):
        return [nest]
    if statement.reduce == "largest" and not statement.adds:
        raise ValueError(f"cannot write {statement}: the extent of its target depends on a reduced axis")
    nest = nest._replace(parallel=tuple(range(nest.given, len(nest.most))), reduced=())
    begin = statement._replace(expression=statement.start, reduce="")
    plus = nest._replace(statement=statement._replace(adds=True))
    return [plus] if statement.adds else [nest._replace(statement=begin), plus]


def goes_with(nest: Nest, before: Nest) -> bool:
    """Whether a nest can share the loops of the one before: what one writes, the other uses at that point only."""
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
    """Whether two indices may visit the same element, judged by their first and last elements."""

    def ends(x: Index) -> tuple[int, int]:
        spans = [stride * (n - 1) for stride, n in zip(x.strides, most)]
        return x.start + sum([min(span, 0) for span in spans]), x.start + sum([max(span, 0) for span in spans])

    (low, high), (lower, higher) = ends(x), ends(y)
    return bool(x.by or y.by) or (low <= higher and lower <= high)


def collides(nest: Nest) -> bool:
    """Whether two points of the parallel axes may share a target, judged by the strides."""
    target = nest.statement.target
    by = [k for k in nest.parallel if target.by and moves(target.by, k)]
    span = 0
    for stride, most in sorted((abs(target.strides[k]), nest.most[k]) for k in nest.parallel if target.strides[k]):
        if stride <= span:
            return True
        span += stride * (most - 1)
    # rows gathered by numbers follow one another; within a row any order will do
    return bool(by) and (
        span >= abs(target.wide) or any(target.strides[k] for k in by) or max(by) > min(nest.reduced, default=max(by))
    )


# --- The same statement over other axes -----------------------------------------------------------


def moves(index: Index, axis: int) -> bool:
    return index.strides[axis] != 0 or (index.by is not None and moves(index.by, axis))


def side_by_side(index: Index, axis: int) -> bool:
    """Whether the index visits neighbors in memory, or one number, along the axis."""
    return index.strides[axis] in (0, 1) and not (index.by and moves(index.by, axis))


def fill_strides(statement: Statement) -> Statement:
    """The statement with a stride for each axis in all its indices."""
    count = len(statement.axes)
    return statement.change_indices(lambda x: x._replace(strides=(*x.strides, *[0] * count)[:count]))


def turn_triangle(statement: Statement, given: int) -> Statement:
    """Turn a triangle ``i<n, k<1+i`` with a sum over i to ``k<n, i<n-k``: only the summed axis is ragged."""
    axes = statement.axes
    for k in range(given, len(axes)):
        (i, slope), *others = axes[k].slopes or [(0, 0)]
        behind = 1 - axes[k].extent  # the sum starts at i = k + behind
        others += [other for n, axis in enumerate(axes) for other in axis.slopes if n != k and other[0] in (i, k)]
        if slope != 1 or others or axes[i].slopes or axes[k].grows or i < given or behind < 0:
            continue
        if all(moves(statement.target, n) == (n != i) for n in range(i, k + 1)):
            return swap_triangle(statement, i, k, behind)
    return statement


def swap_triangle(statement: Statement, i: int, k: int, behind: int) -> Statement:
    """The statement with axes i and k swapped, of which i starts at k + behind."""
    axes = [*statement.axes]
    axes[i] = axes[i]._replace(extent=axes[i].extent - behind)
    axes[k] = axes[i]._replace(slopes=((i, -1),))

    def change(x: Index) -> Index:
        strides = [*x.strides]
        strides[i], strides[k] = x.strides[i] + x.strides[k], x.strides[i]
        return x._replace(start=x.start + behind * x.strides[i], strides=tuple(strides))

    return statement.change_indices(change, axes=tuple(axes))


def join_axes(statement: Statement, given: int) -> Statement:
    """Drop axes of one point, and join neighboring axes that count as one."""
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
            if all(x.strides[k] == x.strides[k + 1] * length for x in everything):  # k continues where k + 1 ends
                wider = axes[: k + 1] + (Axis(axes[k].extent * length),) + axes[k + 2 :]
                statement = drop_axis(statement._replace(axes=wider), k)
                continue
        k += 1
    return statement


def drop_axis(statement: Statement, k: int) -> Statement:
    axes = [axis.renumber(lambda outer: outer - (outer > k)) for n, axis in enumerate(statement.axes) if n != k]
    return statement.change_indices(lambda x: x._replace(strides=x.strides[:k] + x.strides[k + 1 :]), axes=tuple(axes))


def expand_reduction(statement: Statement, given: int, lengths: Span) -> list[Statement]:
    """logsumexp and norm as three statements: in "scratch" the largest term and a sum scaled by it, then the result."""
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
    measure, part, answer = LIST_PARTS[reduce]
    once = [Axis(1) if k >= given and not moves(target, k) else axis for k, axis in enumerate(axes)]
    first = statement._replace(target=largest, expression=measure(term), reduce="largest")
    second = statement._replace(target=total, expression=part(term, largest), reduce="sum")
    return [first, second, Statement(tuple(once), target, answer(largest, total))]
