"""Columns: what gates that do the same read, as arrays of addresses.

An address is a place in memory: the number of a space, of parameters, inputs, results or numbers known beforehand,
times SPACE, plus the place in the array of that space.

Rows of addresses in which the same differences come again and again are found to be loops: runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np

SPACE = 1 << 40  # how far apart the address spaces lie: nothing is linked across
FACTORS: Any = np.array([*map(Random(1).getrandbits, [62] * 4096)]) | 1


class Boxes(NamedTuple):
    """Rows as boxes over axes, innermost axis first."""

    strides: list[Any]  # by how much a row differs from the one before it along an axis: its columns, then extents
    coordinates: list[Any]  # where each row is along an axis
    box: Any  # the box of each row
    corners: Any  # the first row of each box, and behind it the extents of its axes


def hashed(rows: Any) -> Any:
    """A whole number for each row; equal for equal rows, and nearly always only for them."""
    with np.errstate(over="ignore"):
        return rows @ FACTORS[: rows.shape[1]]


def merge(rows: Any, lengths: int = 0, ragged: bool = True) -> Boxes:
    """The rows as boxes, by the commonest difference of neighbors, again and again.

    Whatever difference is commonest belongs to the innermost loop that is not found yet. The rows of each run become
    one, which gets the run's extent as one more column: so extents that grow from row to row need nothing else. Unless
    ``ragged``, only runs of one extent are linked. The last columns given are so many ``lengths``, extents too.
    """
    first = rows.shape[1] - lengths  # of the columns that are extents
    strides: list[Any] = []
    coordinates: list[Any] = []
    box = np.arange(len(rows))
    while len(rows) > 1:
        steps = rows[1:] - rows[:-1]
        apart = (np.abs(steps) > SPACE // 4).any(axis=1)
        if not ragged and strides:
            apart |= steps[:, -len(strides) :].any(axis=1)
        near = np.flatnonzero(~apart)
        if not len(near):
            break
        keys = hashed(steps)
        _, firsts, counts = np.unique(keys[near], return_index=True, return_counts=True)
        most = counts.max()
        if most == 1 and (len(rows) > 2 or (np.abs(steps[:, first:]) > 1).any()):
            break  # of two rows alone, nobody knows whether one is longer for a reason
        ties = near[firsts[counts == most]]
        if len(ties) > 1:  # of equally common ones the smallest
            size = np.abs(steps[ties]).sum(axis=1)
            ties = ties[size == size.min()]
        chosen = ties.min()
        follows = np.concatenate([[False], (keys == keys[chosen]) & ~apart])
        run = np.cumsum(~follows) - 1
        starts = np.flatnonzero(~follows)
        coordinates.append((np.arange(len(rows)) - starts[run])[box])
        box = run[box]
        strides.append(steps[chosen])
        rows = np.column_stack([rows[starts], np.bincount(run)])
    return Boxes(strides, coordinates, box, rows)


def progressions(addresses: Any, arrays: Any, begin: Any, lengths: Any) -> tuple[Any, Any]:
    """(Stride of each list of addresses, whether it has none). Lists of one take the commonest stride.

    Two members of different families lie where they do by chance: they have none.
    """
    if len(addresses) == len(lengths):
        return np.zeros(len(lengths), np.int64), np.zeros(len(lengths), bool)
    steps = np.diff(addresses, append=0)
    several = lengths > 1
    stride = np.where(several, steps[begin], 0)
    steps[begin + lengths - 1] = stride
    broken = np.minimum.reduceat(steps, begin) != np.maximum.reduceat(steps, begin)
    broken |= np.abs(stride) > SPACE // 4
    broken |= (lengths == 2) & (arrays[begin] != arrays[begin + lengths - 1])
    known = several & ~broken
    if known.any() and not several.all():
        values, counts = np.unique(stride[known], return_counts=True)
        stride[~several] = values[counts.argmax()]
    return stride, broken


SPACES = "wxat"  # parameters, inputs, results, numbers known beforehand
X, A, T = 1, 2, 3


class Column(NamedTuple):
    """An operand of a family: an address for each gate; of a list its first member's, and strides to the others."""

    addresses: Any
    arrays: Any
    strides: tuple[Any, ...] = ()


class Piece(NamedTuple):
    """What one statement of a family reads: columns, numbers, and the lengths of the axes of lists."""

    parts: Sequence[Any]  # Column, array of numbers, or float
    lengths: tuple[Any, ...] = ()


def rows_of(piece: Piece, rows: Any) -> Piece:
    """The piece of some of its gates."""

    def taken(part: Any) -> Any:
        if type(part) is Column:
            return Column(part.addresses[rows], part.arrays[rows], tuple([stride[rows] for stride in part.strides]))
        return part if type(part) is float else part[rows]

    return Piece([taken(part) for part in piece.parts], tuple([length[rows] for length in piece.lengths]))


def pieces(lists: list[Any], families: list[Any]) -> list[tuple[int, tuple[Any, ...], list[tuple[Any, ...]]]]:
    """Lists of addresses, (gates, members) each, cut to pieces with strides, which are cut at the same places.

    Two members alone are a piece if they are of one family. Of a piece: its first member, its lengths along one or more
    axes, outermost first, and for each list its strides.
    """
    steps = [np.diff(x, axis=1) for x in lists]
    count, width = lists[0].shape
    apart = np.any([(np.abs(x) > SPACE // 4).any(axis=0) for x in steps], axis=0).tolist()
    changes = np.any([(x[:, 1:] != x[:, :-1]).any(axis=0) for x in steps], axis=0).tolist() if width > 1 else []
    strange = np.any([(x[:, 1:] != x[:, :-1]).any(axis=0) for x in families], axis=0).tolist()
    cuts, fresh = [0], True  # fresh: the piece has one member yet, to which any step may lead on
    for n in range(width - 1):
        alone = strange[n] and (n + 2 == width or changes[n] or apart[n + 1])
        if apart[n] or (alone if fresh else changes[n - 1]):
            cuts.append(n + 1)
            fresh = True
        else:
            fresh = False
    sizes = np.diff([*cuts, width]).tolist()
    zero = np.zeros(count, np.int64)
    strides = [[x[:, cut] if size > 1 else zero for cut, size in zip(cuts, sizes)] for x in steps]
    alike = len(cuts) > 1 and sizes[0] > 1 and len({*sizes}) == 1
    if alike and all((y == x[0]).all() for x in strides for y in x):
        size = np.full(count, sizes[0])
        return [
            (cuts[start], (*lengths, size), [(*x, y[0]) for x, y in zip(outer, strides)])
            for start, lengths, outer in pieces([x[:, cuts] for x in lists], [x[:, cuts] for x in families])
        ]
    lengths = [(np.full(count, size),) for size in sizes]
    return [(cut, lengths[n], [(x[n],) for x in strides]) for n, cut in enumerate(cuts)]
