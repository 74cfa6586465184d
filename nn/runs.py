"""Runs: what training many nets has found, in plain lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, nan
from typing import Any

from .checks import counted


class Outcome:
    """What became of one net: its parameters, the last epoch's loss, and the share of examples that are right."""

    def __init__(self, parameters: list[float], loss: float, right: float) -> None:
        self.parameters = parameters
        self.loss = loss
        self.right = right


class Runs:
    """What ``fit_many`` found, in plain lists: a row for each learning rate, a column for each seed.

    Attributes
    ----------
    seeds : list of int
        Where the nets started; after ctrl-C those that were finished.
    learning_rates : list of float
    loss : list of list of float
        The mean loss over the last epoch; nan where a loss became inf or nan, which ended that net's training.
    right : list of list of float
        The share of the examples that are right in the end, from 0 to 1; nan as above, and everywhere where the
        targets are numbers to be met (see ``evaluate``): then only the loss tells, and smaller is better.
    classes : bool
        Whether the targets are classes.
    parameters : list of list of list of float
        The numbers that each net has learned.
    stopped : str
        Why training ended: "all epochs" or "interrupted".

    Examples
    --------
    >>> from nn import MLP, fit_many, truth_table
    >>> runs = fit_many(MLP(2, [2, 1]), *truth_table("and"), seeds=range(4), epochs=300, progress=False)
    >>> print(runs)
    learning rate 0.1: 4 of 4 seeds learn it
    >>> runs.model(seed=3)
    MLP(2-2-1, tanh, linear, 9 parameters)
    """

    def __init__(self, make: Callable[[int], Any], learning_rates: Sequence[float], classes: bool = True) -> None:
        self.make = make
        self.classes = classes
        self.seeds: list[int] = []
        self.learning_rates = list(learning_rates)
        self.loss: list[list[float]] = [[] for _ in learning_rates]
        self.right: list[list[float]] = [[] for _ in learning_rates]
        self.parameters: list[list[list[float]]] = [[] for _ in learning_rates]
        self.stopped = ""

    def add(self, seed: int, outcomes: Sequence[Outcome]) -> None:
        """Take in what became of the nets of one seed."""
        for row, outcome in enumerate(outcomes):
            self.loss[row].append(outcome.loss)
            self.right[row].append(outcome.right if outcome.loss == outcome.loss else nan)
            self.parameters[row].append(outcome.parameters)
        self.seeds.append(seed)

    def cut(self) -> None:
        """Leave out what was not taken in as a whole when ctrl-C came."""
        for rows in (self.loss, self.right, self.parameters):
            for row in rows:
                del row[len(self.seeds) :]

    @property
    def learned(self) -> list[list[bool]]:
        """Which nets have all examples right; none where the targets are no classes."""
        return [[share == 1.0 for share in row] for row in self.right]

    @property
    def rates_of_success(self) -> list[float]:
        """For each learning rate the share of the seeds that learn it; nan where the targets are no classes."""
        return [sum(row) / len(row) if self.classes else nan for row in self.learned]

    def model(self, seed: int, learning_rate: float | None = None) -> Any:
        """The net that was trained from this seed (and at this rate, where there were several)."""
        if learning_rate is None and len(self.learning_rates) > 1:
            raise ValueError(f"give the learning rate too, one of {self.learning_rates}")
        rate = self.learning_rates[0] if learning_rate is None else learning_rate
        if seed not in self.seeds or rate not in self.learning_rates:
            raise ValueError(f"there was no run from seed {seed} at learning rate {rate:g}")
        found = self.parameters[self.learning_rates.index(rate)][self.seeds.index(seed)]
        net = with_numbers(self.make(seed), found)
        net.predicts_numbers = not self.classes
        return net

    def __str__(self) -> str:
        if self.classes:
            found = [f"{sum(row)} of {counted(len(row), 'seed')} learn it" for row in self.learned]
        else:
            found = list(map(losses_in_words, self.loss))
        return "\n".join([f"learning rate {rate:g}: {words}" for rate, words in zip(self.learning_rates, found)])

    __repr__ = __str__


def losses_in_words(losses: Sequence[float]) -> str:
    """The mean of the losses that are finite, from where to where they lie, and how many are not."""
    finite = [loss for loss in losses if isfinite(loss)]
    if not finite:
        return f"{counted(len(losses), 'seed')}, every one diverged"
    mean, diverged = sum(finite) / len(finite), len(losses) - len(finite)
    words = f"mean loss {mean:.3g} ({min(finite):.3g} to {max(finite):.3g}) over {counted(len(finite), 'seed')}"
    return words + f", {diverged} more diverged" * bool(diverged)


def numbers(net: Any) -> list[float]:
    """The numbers of a net's parameters."""
    return [parameter.data for parameter in net.parameters()]


def with_numbers(net: Any, numbers: Sequence[float]) -> Any:
    """The net, its parameters set to these numbers."""
    for parameter, number in zip(net.parameters(), numbers):
        parameter.data = number
    return net
