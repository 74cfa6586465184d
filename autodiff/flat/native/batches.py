"""Mini-batches of an epoch: how many steps it has, and which rows each of them takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .text import Text, Whole


class Batches(NamedTuple):
    """``rows`` are taken ``size`` at a time; the last step of an epoch may have fewer."""

    rows: int
    size: int

    @property
    def whole(self) -> bool:
        """Whether every step takes all rows."""
        return self.size == self.rows

    @property
    def even(self) -> bool:
        """Whether every step takes as many rows."""
        return self.rows % self.size == 0

    @property
    def steps(self) -> int:
        """Steps for each epoch."""
        return -(-self.rows // self.size)

    def indices(self, step: int, order: Sequence[int]) -> list[int]:
        """The indices of the rows of a step; ``order`` holds those of all rows, epoch after epoch."""
        if self.whole:
            return list(range(self.rows))
        epoch, inside = divmod(step, self.steps)
        start, first = epoch * self.rows, inside * self.size
        return [int(index) for index in order[start + first : start + min(first + self.size, self.rows)]]

    def taken(self, text: Text, start: Whole) -> Whole:
        """Writes how many rows the step takes whose first row is ``start`` in the epoch's order."""
        if self.even:
            return self.size
        remaining = text.let(f"sub i64 {self.rows}, {start}")
        fewer = text.let(f"icmp slt i64 {remaining}, {self.size}")
        return text.let(f"select i1 {fewer}, i64 {remaining}, i64 {self.size}")
