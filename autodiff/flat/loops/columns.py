"""Columns: operands of gates of one primitive, as arrays of addresses.

An address is the number of a space (parameters, inputs, results or constants) times SPACE, plus the place in its array.

Rows of addresses with repeating differences are loops.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np

SPACE = 1 << 40  # the distance of address spaces: no loop crosses it
FACTORS: Any = np.array([*map(Random(1).getrandbits, [62] * 4096)]) | 1


class Boxes(NamedTuple):
    """Rows as boxes over axes, innermost axis first."""

    strides: list[Any]  # for each axis, the difference of a row from the one before: of its columns, then of extents
    coordinates: list[Any]  # for each axis, the index of each row
    box: Any  # the box of each row
    corners: Any  # the first row of each box, followed by the extents of its axes


def hash_rows(rows: Any) -> Any:
    """An integer for each row, linear in it: equal for equal rows, and almost only for them."""
    with np.errstate(over="ignore"):
        return rows @ FACTORS[: rows.shape[1]]


def merge(rows: Any, lengths: int = 0, ragged: bool = True) -> Boxes:
    """The rows as boxes, by the most common difference of neighbors, repeatedly.

    The most common difference belongs to the innermost loop not found yet. The rows of each run become one row, with
    the run's extent as one more column, so that extents may grow from row to row. Unless ``ragged``, only runs of one
    extent are linked. The last ``lengths`` columns of ``rows`` are extents, too.
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
        keys = hash_rows(steps)
        _, firsts, counts = np.unique(keys[near], return_index=True, return_counts=True)
        most = counts.max()
        if most == 1 and (len(rows) > 2 or (np.abs(steps[:, first:]) > 1).any()):
            break  # two rows alone do not show whether their lengths differ by a rule
        ties = near[firsts[counts == most]]
        if len(ties) > 1:  # the smallest of equally common ones
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
    """(Stride of each list of addresses, whether it has none). Lists of one member take the most common stride.

    Two members of different families have none: their distance is arbitrary.
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


SPACES = "wxat"  # parameters, inputs, results, constants
X, A, T = 1, 2, 3


class Column(NamedTuple):
    """An operand of a family: an address for each gate; for a list, that of its first member, and strides."""

    addresses: Any
    arrays: Any
    strides: tuple[Any, ...] = ()


class Piece(NamedTuple):
    """The reads of one statement of a family: columns and numbers, and the lengths of the axes of lists."""

    parts: Sequence[Any]  # Column, array of numbers, or float
    lengths: tuple[Any, ...] = ()


def rows_of(piece: Piece, rows: Any) -> Piece:
    """The piece for some of its gates."""

    def pick(part: Any) -> Any:
        if type(part) is Column:
            return Column(part.addresses[rows], part.arrays[rows], tuple([stride[rows] for stride in part.strides]))
        return part if type(part) is float else part[rows]

    return Piece([pick(part) for part in piece.parts], tuple([length[rows] for length in piece.lengths]))


def pieces(lists: list[Any], families: list[Any]) -> list[tuple[int, tuple[Any, ...], list[tuple[Any, ...]]]]:
    """Lists of addresses, arrays of shape (gates, members), cut at common places into pieces with strides.

    Two members alone are a piece if they are of one family. Each piece is (its first member, its lengths along one or
    more axes, outermost first, the strides of each list).
    """
    steps = [np.diff(x, axis=1) for x in lists]
    count, width = lists[0].shape
    apart = np.any([(np.abs(x) > SPACE // 4).any(axis=0) for x in steps], axis=0).tolist()
    changes = np.any([(x[:, 1:] != x[:, :-1]).any(axis=0) for x in steps], axis=0).tolist() if width > 1 else []
    strange = np.any([(x[:, 1:] != x[:, :-1]).any(axis=0) for x in families], axis=0).tolist()
    cuts, fresh = [0], True  # fresh: the piece has one member so far, and may continue with any step
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
