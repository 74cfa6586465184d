"""Fusion: what only one statement reads, and is cheap to compute, is computed there.

``a[i+9] = div(a[i], 16.0)`` and ``a[i+18] = sqrt(a[i+9])``, both for i<9, become ``a[i+18] = sqrt(div(a[i], 16.0))``.
Backward it is computed again, so no function is fused into its reader; nor is anything that would be computed more
often than before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...vocabulary import INFIX
from ..ir import ROWS, operations
from .statements import Axis, Expression, Index, Statement, indices, mapped, touched

FREE = {"neg", "stop_gradient"}  # may be computed again and again
HEAVY = 4  # what an operation weighs that has no sign: its local gradients may read what it reads several times
MOST = 8  # the weight of one statement


def fuse(statements: Sequence[Statement], size: int, outputs: Iterable[Any]) -> list[Statement]:
    """The statements, each with what it alone reads written into it. ``size`` is that of array "a"."""
    writer = np.full(size, -1)
    for n, statement in enumerate(statements):
        writer[touched(statement.target, statement.axes, size)] = n
    kept: list[Statement | None] = [*statements]
    for n, read in enumerate(fusable(statements, writer, outputs)):
        reader = kept[n]
        assert reader is not None
        for index in read:
            first = int(writer[index.start])
            made = kept[first]
            found = made and inside(made, reader, index)
            if found:
                kept[first], reader = None, found
        kept[n] = reader
    return [statement for statement in kept if statement]


def fusable(statements: Sequence[Statement], writer: Any, outputs: Iterable[Any]) -> list[list[Index]]:
    """For each statement the indices that read what one statement wrote and no other reads."""
    readers: dict[int, list[tuple[int, Index]]] = {}
    several = {int(writer[x.start]) for x in outputs if type(x) is Index and x.array == "a"}
    several |= {int(writer[x.target.start]) for x in statements if x.adds}
    for n, statement in enumerate(statements):
        for index in [*indices(statement.expression), *indices(statement.start)]:
            if index.array == "a":
                written = writer[touched(index, statement.axes, len(writer))]
                authors = {int(written[0])} if len(written) == 1 else {*np.unique(written[written >= 0]).tolist()}
                if len(authors) > 1 or index.by is not None or index is statement.start:
                    several |= authors
                for author in authors:
                    readers.setdefault(author, []).append((n, index))
    found: list[list[Index]] = [[] for _ in statements]
    for author, reads in readers.items():
        if len(reads) == 1 and author not in several:
            found[reads[0][0]].append(reads[0][1])
    return found


def inside(made: Statement, reader: Statement, index: Index) -> Statement | None:
    """The reader with the expression of ``made`` in the place of the index; None where that does not do."""
    axes, target, expression, reduce, *_ = made
    known = operations(expression)
    square = known[:1] == ["power"] and expression[2] == 2.0
    weight = sum([1 if x in INFIX or x in FREE else HEAVY for x in [*known, *operations(reader.expression)]])
    cheap = [
        x in FREE or x == "where" or (x in INFIX and x != "power") or (x in ROWS and x != "elu" and ROWS[x].kink)
        for x in known  # arithmetic, or what chooses between numbers
    ]
    if reduce or not (square or all(cheap)) or weight > MOST:
        return None
    found = [] if {*known} <= FREE else touched(index, reader.axes, sys.maxsize)
    stays = [not stride and axis != Axis(1) for stride, axis in zip(index.strides, reader.axes)]
    if not {*known} <= FREE and (any(stays) or len(np.unique(found)) < len(found)):  # it would be computed again
        return None
    rest = len(reader.axes) - len(axes)
    if axes == reader.axes[: len(axes)] and index == target._replace(strides=(*target.strides, *[0] * rest)):

        def moved(x: Index) -> Index:
            return x._replace(strides=(*x.strides, *[0] * rest), by=x.by and moved(x.by))

    elif len(axes) == 1 and target.strides == (1,) and not axes[0].slopes:

        def moved(x: Index) -> Index:
            (stride,) = x.strides
            at, strides = x.start + stride * (index.start - target.start), [stride * move for move in index.strides]
            return x._replace(start=at, strides=tuple(strides), by=x.by and moved(x.by))

    else:
        return None
    inlined: Expression = mapped(expression, moved)
    return reader._replace(expression=mapped(reader.expression, lambda x: inlined if x == index else x))
