"""The steps of a forward and a backward pass in words: number and formula side by side.

steps        Steps: the whole pass, its table and its data
rows         one row of it: a gate computes, the output gets 1, an edge carries a gradient back
words        what each gate is said to do
"""

from __future__ import annotations

from .rows import Forward, Row, Start, Step
from .steps import Steps

__all__ = ["Forward", "Row", "Start", "Step", "Steps"]
