"""Batch normalisation: each column of a mini-batch moved to mean 0 and scaled to variance 1 (D18)."""

from __future__ import annotations

from autodiff import mean, sqrt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def batch_norm(rows: Sequence[Sequence[Any]], epsilon: float = 1e-5) -> list[list[Any]]:
    """(x - mean) / sqrt(variance + epsilon) for each column, mean and variance being those of these rows.

    Parameters
    ----------
    rows : sequence of shape (examples, units)
        A layer's outputs for the examples of one mini-batch: the one thing here that sees several at once.
    epsilon : float
        Keeps a constant column from a division by 0.

    Examples
    --------
    >>> batch_norm([[1.0], [3.0]], epsilon=0.0)
    [[-1.0], [1.0]]
    """
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise ValueError(f"batch_norm takes rows of one length, got lengths {[len(row) for row in rows]!r:.60}")
    columns = [normalised(list(column), epsilon) for column in zip(*rows)]
    return [list(row) for row in zip(*columns)]


def normalised(column: Sequence[Any], epsilon: float) -> list[Any]:
    """The numbers of one unit with mean 0 and variance 1."""
    centre = mean(column)
    distances = [x - centre for x in column]
    deviation = sqrt(mean([d * d for d in distances]) + epsilon)
    return [d / deviation for d in distances]
