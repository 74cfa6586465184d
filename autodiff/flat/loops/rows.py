"""Rows: loop nests for one example as loop nests for a batch, which has one more axis.

Every number of a row stands beside its like of the other rows; parameters, their gradients and the table are shared.
"""

from __future__ import annotations

from typing import Any

from .adjoint import outer
from .nests import Nests
from .statements import Axis, Index, Repeat, Statement, mapped

SHARED = ("w", "gw", "t")


def for_rows(nests: Nests, rows: int) -> Nests:
    """The nests of a batch: element k of array "x", "a", "gx" or "ga" is, of row r, element ``rows * k + r``.

    Outputs have one axis, the rows; gradients of parameters are sums over them.
    """
    sizes = {array: size if array in SHARED else rows * size for array, size in nests.sizes.items()}
    outputs = tuple([widened(x, 0, rows) if type(x) is Index else x for x in nests.outputs])
    forward, backward = (tuple([batched(x, rows) for x in part]) for part in (nests.forward, nests.backward))
    return nests._replace(forward=forward, backward=backward, sizes=sizes, outputs=outputs)


def batched(statement: Any, rows: int, turn: int = 0) -> Any:
    """The statement with the axis of rows behind that of the turn and those not summed, in front of those that are."""
    if type(statement) is Repeat:
        return statement._replace(body=tuple([batched(x, rows, 1) for x in statement.body]))
    place = max(turn, outer(statement.target))
    axes = [shifted(axis, place) for axis in statement.axes]

    def moved(x: Index) -> Index:
        return widened(x, place, rows)

    target, expression, start = (mapped(x, moved) for x in (statement.target, statement.expression, statement.start))
    sums = statement.adds and target.array in SHARED
    return Statement(
        (*axes[:place], Axis(rows), *axes[place:]),
        target,
        expression,
        "sum" if sums else statement.reduce,
        start,
        statement.adds,
    )


def shifted(axis: Axis, place: int) -> Axis:
    """The axis after another one was put at the place."""
    return axis._replace(slopes=tuple([(outer + (outer >= place), slope) for outer, slope in axis.slopes]))


def widened(index: Index, place: int, rows: int) -> Index:
    """The index with a stride along the rows, at the place of their axis."""
    own = index.array not in SHARED
    factor = rows if own else 1
    strides = [factor * stride for stride in index.strides]
    strides += [0] * (place - len(strides))
    return index._replace(
        start=factor * index.start,
        strides=(*strides[:place], int(own), *strides[place:]),
        by=index.by and widened(index.by, place, rows),
        wide=factor * index.wide,
    )
