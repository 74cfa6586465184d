"""The doctor's findings: a kind, what is wrong, what to try, and a demonstration that this helps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from textwrap import fill
from typing import Any, NamedTuple

Change = Mapping[str, Any]  # what a cure changes, by the names in ``trials.Settings``: {"learning_rate": 0.1}


class Result(NamedTuple):
    """What a copy of the net has learned."""

    loss: float
    accuracy: float  # nan for numeric targets
    explained: float  # the accuracy, or the share of the targets' variance that is explained
    epochs: int
    found: float = 1.0  # the share of the examples of a class that is found, of the class with the smallest

    def __repr__(self) -> str:
        if not isfinite(self.loss):
            return "the loss becomes inf or nan"
        share = f"{100 * self.accuracy:.0f} % right" if self.accuracy == self.accuracy else (
            f"{100 * max(0.0, self.explained):.0f} % of the variance explained"
        )  # fmt: skip
        return f"loss {self.loss:.4g}, {share}"


class Demonstration(NamedTuple):
    """The net as it is beside the cured one, after the same number of epochs; what to look at if there is no cure."""

    sick: Result | None
    cured: Result | None
    code: str
    text: str

    def __repr__(self) -> str:
        return self.text


class Finding(NamedTuple):
    """One thing that is wrong: a kind, a sentence on what was observed, and advice on what to try.

    The kind is one of these:

    - data: "not a number", "contradictory rows", "shuffled labels", "rare class", "constant input", "duplicate input",
      "unscaled inputs", "one-sign gradients" (inputs far from 0), "unscaled targets", "targets out of reach"
    - set-up: "wrong loss", "learning rate 0", "rate too large", "rate too small", "momentum too large", "penalty too
      large", "frozen parameters", "no bias", "linear net", "too few units"
    - units: "dead units", "identical units", "no slope", "saturated units", "vanishing gradient", "exploding gradient"
    - the run: "diverged", "unfinished", "stuck", "overfitting"

    ``cure`` is a remedy as code to paste, with the names model, X and Y; "" if you have to look for yourself.
    """

    kind: str
    sentence: str
    advice: str
    changes: Sequence[Change] = ()  # remedies, the best one first
    experiment: Any = None  # the training that was examined

    @property
    def cure(self) -> str:
        """Lines of Python that end with a trained ``model``: a remedy that helps a copy; "" if there is none."""
        return self.experiment.code(self.experiment.prove(self)) if self.experiment and self.changes else ""

    def demo(self) -> Demonstration:
        """Train a cured copy beside a copy of the net as it is; print the result to compare them.

        The model does not change. Where there is no code to run, the result says what to look at instead.
        """
        if self.experiment is None:
            raise ValueError("this finding has no model to train: take one from nn.diagnose(model, X, Y)")
        found: Demonstration = self.experiment.demonstrate(self)
        return found

    def __repr__(self) -> str:
        return fill(f"{self.kind}: {self.sentence} {self.advice}", 80, subsequent_indent="  ")


class Diagnosis(list[Finding]):
    """A list of findings, the cause first, false if nothing is wrong; it prints as the doctor's report."""

    def __init__(self, findings: Iterable[Finding], state: str) -> None:
        super().__init__(findings)
        self.state = state

    @property
    def kinds(self) -> list[str]:
        """The kind of each finding."""
        return [finding.kind for finding in self]

    def __repr__(self) -> str:
        return "\n".join([self.state, *map(str, self)])
