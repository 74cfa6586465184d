"""Fusion: a cheap statement that only one other statement reads is computed there.

``a[i+9] = div(a[i], 16.0)`` and ``a[i+18] = sqrt(a[i+9])``, both for i<9, become ``a[i+18] = sqrt(div(a[i], 16.0))``.
The backward pass computes it again, so a function is never fused into its reader; nor is anything that fusion would
compute more often.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...vocabulary import INFIX
from ..ir import ROWS, Expression, operations
from .statements import Axis, Index, Statement, elements_of, indices, map_indices

FREE_GATES = {"neg", "stop_gradient"}  # may be computed repeatedly
FUNCTION_WEIGHT = 4  # of an operation without a sign: its local gradients may read its operands several times
MOST_WEIGHT = 8  # of one statement


def fuse(statements: Sequence[Statement], size: int, outputs: Iterable[Any]) -> list[Statement]:
    """The statements, with those fused that only one other reads. ``size`` is that of array "a"."""
    writer = np.full(size, -1)
    for n, statement in enumerate(statements):
        writer[elements_of(statement.target, statement.axes, size)] = n
    found: dict[int, Statement] = dict(enumerate(statements))
    for n, reads in enumerate(fusable_reads(statements, writer, outputs)):
        for index in reads:
            first = int(writer[index.start])
            fused = first in found and fuse_into(found[first], found[n], index)
            if fused:
                del found[first]
                found[n] = fused
    return [*found.values()]


def fusable_reads(statements: Sequence[Statement], writer: Any, outputs: Iterable[Any]) -> list[list[Index]]:
    """For each statement the indices by which it alone reads the results of one other statement."""
    readers: dict[int, list[tuple[int, Index]]] = {}
    several = {int(writer[x.start]) for x in outputs if type(x) is Index and x.array == "a"}
    several |= {int(writer[x.target.start]) for x in statements if x.adds}
    for n, statement in enumerate(statements):
        for index in [*indices(statement.expression), *indices(statement.start)]:
            if index.array == "a":
                written = writer[elements_of(index, statement.axes, len(writer))]
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


def fuse_into(first: Statement, reader: Statement, index: Index) -> Statement | None:
    """The reader with the first statement's expression in place of the index; None if they cannot be fused."""
    axes, target, expression, reduce, *_ = first
    known = operations(expression)
    square = known[:1] == ["power"] and expression[2] == 2.0
    both = known + operations(reader.expression)
    weight = sum([1 if x in INFIX or x in FREE_GATES else FUNCTION_WEIGHT for x in both])
    if reduce or not (square or all(map(is_cheap, known))) or weight > MOST_WEIGHT:
        return None
    if not {*known} <= FREE_GATES:  # fused, it must not be computed more often
        found = elements_of(index, reader.axes, sys.maxsize)
        stays = [not stride and axis != Axis(1) for stride, axis in zip(index.strides, reader.axes)]
        if any(stays) or len(np.unique(found)) < len(found):
            return None
    rest = len(reader.axes) - len(axes)
    if axes == reader.axes[: len(axes)] and index == target._replace(strides=(*target.strides, *[0] * rest)):

        def move(x: Index) -> Index:
            return x._replace(strides=(*x.strides, *[0] * rest), by=x.by and move(x.by))

    elif len(axes) == 1 and target.strides == (1,) and not axes[0].slopes:

        def move(x: Index) -> Index:
            (stride,) = x.strides
            at, strides = x.start + stride * (index.start - target.start), [stride * step for step in index.strides]
            return x._replace(start=at, strides=tuple(strides), by=x.by and move(x.by))

    else:
        return None
    inlined: Expression = map_indices(expression, move)
    return reader._replace(expression=map_indices(reader.expression, lambda x: inlined if x == index else x))


def is_cheap(name: Any) -> bool:
    """Whether a primitive is arithmetic, or chooses between numbers."""
    chooses = name == "where" or (name in ROWS and name != "elu" and bool(ROWS[name].kink))
    return name in FREE_GATES or (name in INFIX and name != "power") or chooses
