"""Findings, what the doctor says: each a kind, a sentence about what is wrong, and what to try."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import fill


class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    kind : str
        What it is in two words: "dead units", "saturated units", "identical units", "no slope",
        "vanishing gradient", "exploding gradient", "one-sign gradients", "rate too large",
        "rate too small", "learning rate 0", "diverged", "unscaled inputs", "stuck", "linear net", "unfinished".
    sentence : str
        What was seen, with its numbers.
    advice : str
        What to try.

    Examples
    --------
    >>> from nn import Finding
    >>> from nn import MLP, diagnose, truth_table
    >>> X, Y = truth_table("xor")
    >>> finding = diagnose(MLP(2, [2, 1], initializer="zeros"), X, Y)[0]
    >>> finding.kind, finding.advice
    ('identical units', 'Start from small random weights, not from equal ones.')
    """

    __slots__ = ("advice", "kind", "sentence")

    def __init__(self, kind: str, sentence: str, advice: str) -> None:
        self.kind = kind
        self.sentence = sentence
        self.advice = advice

    def __str__(self) -> str:
        return fill(f"{self.kind}: {self.sentence} {self.advice}", 80, subsequent_indent="  ")

    __repr__ = __str__


class Diagnosis:
    """All findings, as a sequence; its text is what the doctor says. It is false where nothing is wrong.

    Examples
    --------
    >>> from nn import Diagnosis
    >>> from nn import MLP, diagnose, truth_table
    >>> X, Y = truth_table("xor")
    >>> found = diagnose(MLP(2, [2, 1], initializer="zeros"), X, Y)
    >>> bool(found), found.kinds
    (True, ['identical units'])
    """

    __slots__ = ("findings", "state")

    def __init__(self, findings: Sequence[Finding], state: str) -> None:
        self.findings = list(findings)
        self.state = state

    @property
    def kinds(self) -> list[str]:
        """What was found, in a word or two each."""
        return [finding.kind for finding in self.findings]

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __getitem__(self, place: int) -> Finding:
        return self.findings[place]

    def __str__(self) -> str:
        return "\n".join([self.state, *map(str, self.findings)])

    __repr__ = __str__
