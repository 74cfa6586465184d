"""Runs: rows of whole numbers in which the same differences come again and again are found to be loops."""

from __future__ import annotations

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


def progressions(addresses: Any, begin: Any, lengths: Any) -> tuple[Any, Any]:
    """(Stride of each list of addresses, whether it has none). Lists of one take the commonest stride."""
    if len(addresses) == len(lengths):
        return np.zeros(len(lengths), np.int64), np.zeros(len(lengths), bool)
    steps = np.diff(addresses, append=0)
    several = lengths > 1
    stride = np.where(several, steps[begin], 0)
    steps[begin + lengths - 1] = stride
    broken = np.minimum.reduceat(steps, begin) != np.maximum.reduceat(steps, begin)
    broken |= np.abs(stride) > SPACE // 4
    known = several & ~broken
    if known.any() and not several.all():
        values, counts = np.unique(stride[known], return_counts=True)
        stride[~several] = values[counts.argmax()]
    return stride, broken
