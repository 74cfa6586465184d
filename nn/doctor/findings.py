"""The doctor's findings: a kind, what is wrong, and what to try."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill
from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that is wrong: a kind, a sentence on what was observed, and advice on what to try.

    The kind is "dead units", "saturated units", "identical units", "no slope", "vanishing gradient", "exploding
    gradient", "one-sign gradients", "rate too large", "rate too small", "learning rate 0", "diverged", "unscaled
    inputs", "stuck", "linear net" or "unfinished".
    """

    kind: str
    sentence: str
    advice: str

    def __repr__(self) -> str:
        return fill(f"{self.kind}: {self.sentence} {self.advice}", 80, subsequent_indent="  ")


class Diagnosis(list[Finding]):
    """A list of findings, false if nothing is wrong, that prints as the doctor's report."""

    def __init__(self, findings: Iterable[Finding], state: str) -> None:
        super().__init__(findings)
        self.state = state

    @property
    def kinds(self) -> list[str]:
        """The kind of each finding."""
        return [finding.kind for finding in self]

    def __repr__(self) -> str:
        return "\n".join([self.state, *map(str, self)])
