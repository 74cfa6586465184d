"""Columns: what gates that do the same read, as arrays of addresses.

An address is a place in memory: the number of a space, of parameters, inputs, results or numbers known beforehand,
times SPACE, plus the place in the array of that space.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .runs import SPACE

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


def pieces(lists: list[Any]) -> list[tuple[int, tuple[Any, ...], list[tuple[Any, ...]]]]:
    """Lists of addresses, (gates, members) each, cut to pieces with strides, which are cut at the same places.

    Of a piece: its first member, its lengths along one or more axes, outermost first, and for each list its strides.
    """
    steps = [np.diff(x, axis=1) for x in lists]
    count, width = lists[0].shape
    apart = np.any([(np.abs(x) > SPACE // 4).any(axis=0) for x in steps], axis=0).tolist()
    changes = np.any([(x[:, 1:] != x[:, :-1]).any(axis=0) for x in steps], axis=0).tolist() if width > 1 else []
    cuts, fresh = [0], True  # fresh: the piece has one member yet, to which any step may lead on
    for n in range(width - 1):
        if apart[n] or (not fresh and changes[n - 1]):
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
            for start, lengths, outer in pieces([x[:, cuts] for x in lists])
        ]
    lengths = [(np.full(count, size),) for size in sizes]
    return [(cut, lengths[n], [(x[n],) for x in strides]) for n, cut in enumerate(cuts)]
