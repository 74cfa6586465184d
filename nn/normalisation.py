"""Batch normalisation: each column of a mini-batch moved to mean 0 and scaled to variance 1 (D18)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff import Value, mean, reciprocal, sqrt

from .checks import at_least_0, several


def batch_norm(rows: Sequence[Sequence[Any]], epsilon: float = 1e-5) -> list[list[Any]]:
    """(x - mean) / sqrt(variance + epsilon) for each column, mean and variance being those of these rows.

    Parameters
    ----------
    rows : sequence of shape (examples, units)
        A layer's outputs for the examples of one mini-batch: the one thing here that sees several at once.
    epsilon : float
        Keeps a constant column from a division by 0; with 0 its numbers become nan.

    Raises
    ------
    ValueError
        If the rows differ in length, or if there are fewer than two: the mean of one row is that row.

    Examples
    --------
    >>> batch_norm([[1.0], [3.0]], epsilon=0.0)
    [[-1.0], [1.0]]
    """
    at_least_0("epsilon", epsilon)
    usage = "batch_norm([layer(x) for x in batch])"
    rows = [several("batch_norm", row, usage) for row in several("batch_norm", rows, usage)]
    if len(rows) < 2 or any(len(row) != len(rows[0]) for row in rows):
        raise ValueError(f"batch_norm takes two or more rows of one length, got lengths {[*map(len, rows)]!r:.60}")
    columns = [normalised(list(column), epsilon) for column in zip(*rows)]
    return [list(row) for row in zip(*columns)]


def normalised(column: Sequence[Any], epsilon: float) -> list[Any]:
    """The numbers of one unit with mean 0 and variance 1."""
    constant = Value not in map(type, column) and min(column) == max(column)
    centre = column[0] if constant else mean(column)  # the mean of equal numbers may be off by rounding
    distances = [x - centre for x in column]
    deviation = sqrt(mean([d * d for d in distances]) + epsilon)
    if type(deviation) is not Value and deviation == 0.0:
        return [d * reciprocal(0.0) for d in distances]  # nan, where a float would raise
    return [d / deviation for d in distances]
