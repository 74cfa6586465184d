"""Gradients that need not be 0 first: what is added to them first is assigned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from ...loops.statements import Axis, Index, Repeat, Statement, indices
from .axes import extents, filled, moves

APART = 64  # doubles between two ranges up to which they are cleared as one
Range = tuple[str, int, int]  # array, first, one behind the last


def assigned(
    statements: Sequence[Statement | Repeat], sizes: Mapping[str, int], cleared: Sequence[str], lengths: tuple[int, int]
) -> tuple[list[Statement | Repeat], list[Range]]:
    """The statements, some with = in place of +=, and the ranges of the cleared arrays that must be 0 before."""
    every = [x for each in statements for x in (each.body if type(each) is Repeat else [each])]
    if any(x.target.grows for x in every):  # type: ignore[union-attr]  # places move on with the length
        return [*statements], [(name, 0, sizes[name]) for name in cleared]
    touched = {name: numpy.zeros(sizes[name], bool) for name in cleared}  # by what has run so far
    fresh = {name: numpy.zeros(sizes[name], bool) for name in cleared}  # assigned before anything else
    found: list[Statement | Repeat] = []
    for each in statements:
        given = int(type(each) is Repeat)
        body = list(map(filled, each.body)) if type(each) is Repeat else [filled(each)]  # type: ignore[arg-type]
        reached: list[Any] = [
            reach(x, x.target, lengths, sizes[x.target.array]) if x.target.array in touched else None for x in body
        ]
        for k, (x, here) in enumerate(zip(body, reached)):
            array = x.target.array
            if here is None or not simple(x, given, lengths) or touched[array][here].any():
                continue
            others = [there for n, there in enumerate(reached) if n != k and body[n].target.array == array]
            once = type(here) is int or len(numpy.unique(here)) == here.size
            if once and not any(type(there) is slice or numpy.isin(here, there).any() for there in others):
                fresh[array][here] = True
                sums = [axis for n, axis in enumerate(x.axes) if n >= given and not moves(x.target, n)]
                alone = array in ("gw", "gx") and {*sums} <= {Axis(1)}
                more = ("add", x.expression, 0.0) if alone else x.expression  # 0 + -0 is 0, as in eager code
                body[k] = x._replace(adds=False, expression=more, reduce="sum" if sums else "", start=0.0)
        found.append(each._replace(body=tuple(body)) if type(each) is Repeat else body[0])
        for x, here in zip(body, reached):
            if here is not None:
                touched[x.target.array][here] = True
            for read in indices((None, x.expression)):
                if read.array in touched:
                    touched[read.array][reach(x, read, lengths, sizes[read.array])] = True
    return found, [part for name in cleared for part in ranges(name, ~fresh[name])]


def simple(statement: Statement, given: int, lengths: tuple[int, int]) -> bool:
    """Whether it adds at least one term at each of its targets, which are as many whatever the length is."""
    axes, target = statement.axes, statement.target
    least, _ = extents(axes, lengths)
    along = [axis for k, axis in enumerate(axes) if moves(target, k)]
    plain = all(axis.grows == 0 and all(moves(target, outer) for outer, _ in axis.slopes) for axis in along)
    return statement.adds and not target.by and plain and min(least, default=1) > 0 and (given == 0 or moves(target, 0))


def places(statement: Statement, index: Index, most: Sequence[int]) -> Any:
    """Where an index is, for every point of the axes along which it moves."""
    moving = [k for k, stride in enumerate(index.strides) if stride]
    at = dict(zip(moving, numpy.ix_(*[numpy.arange(most[k]) for k in moving])))
    where = numpy.asarray(index.start + sum([at[k] * index.strides[k] for k in moving]))
    inside = numpy.ones(where.shape, bool)
    for k in moving:
        extent, slopes, _ = statement.axes[k]
        if slopes and all(outer in at for outer, _ in slopes):
            inside &= at[k] < extent + sum([at[outer] * slope for outer, slope in slopes])
    return where[inside]


def reach(statement: Statement, index: Index, lengths: tuple[int, int], size: int) -> Any:
    """Where in an array of that size an index may be: a place, an array of places, or everywhere."""
    if index.by and not index.choices:
        return slice(None)
    if not statement.axes and not index.by:
        return index.start
    found = places(statement, index, extents(statement.axes, lengths)[1])
    found = numpy.add.outer(found, numpy.arange(index.choices) * index.wide) if index.by else found
    return found[(found >= 0) & (found < size)]  # of ragged axes more may be found than there are


def ranges(name: str, which: Any) -> list[Range]:
    """The ranges that hold all places that are True."""
    found: list[Range] = []
    edges = numpy.flatnonzero(numpy.diff(numpy.concatenate([[False], which, [False]])))
    for start, stop in edges.reshape(-1, 2).tolist():
        if found and start - found[-1][2] < APART:
            start = found.pop()[1]
        found.append((name, start, stop))
    return found
