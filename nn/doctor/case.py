"""A case in plain numbers: the net, its examples, its set-up and its run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

LEARNED = 0.95  # the accuracy (or 1 - the share of the loss, for numeric targets) of a healthy net


class LayerFacts(NamedTuple):
    """One layer in plain numbers: its weights, and a row of numbers per example."""

    place: int  # from 1
    activation: str
    weights: list[list[float]]  # a row per unit, its bias last
    inputs: list[list[float]]
    slopes: list[list[float]]  # the activations' derivatives
    deltas: list[list[float]]  # the gradients of the weighted sums

    def units(self, places: Sequence[int]) -> str:
        """ "layer 1, units 0 and 3 of 4": units count from 0, as in the weights' names."""
        return f"layer {self.place}, {enumerate_places('unit', places)} of {len(self.weights)}"

    def delta(self) -> float:
        """The root mean square of the deltas."""
        squares = [d * d for row in self.deltas for d in row]
        return float((sum(squares) / len(squares)) ** 0.5)


class Held(NamedTuple):
    """How the net does on examples that it was not trained on."""

    examples: int
    accuracy: float  # nan for numeric targets
    loss: float
    known: int = 0  # how many of them the net was trained on
    apart: tuple[int, float, float] | None = None  # the input that differs most, its mean in training, and here


class Case(NamedTuple):
    """Everything the rules know about a net, its examples and its run."""

    layers: list[LayerFacts]
    examples: Sequence[Sequence[float]]  # one row of numbers each; a sequence is written in a row
    targets: list[list[float]]  # as the loss takes them
    wanted: list[int]  # the class of each target
    answers: list[int]  # the class that the net answers
    classes: bool  # whether targets are classes, not numbers
    constant: float  # the loss of the best constant answer; 0 if unknown
    loss: float  # without penalty
    largest: float  # the largest absolute value of a parameter
    gradient: list[float]
    loss_after: Callable[[float], float]  # learning rate -> the loss after one step of gradient descent
    rate: float
    losses: list[float]  # per epoch of the run, empty without one
    plain: bool = True  # whether it was gradient descent without momentum
    broke: bool = False  # whether a non-finite loss ended it
    cost: str = ""  # the name of the loss
    output: str = ""  # the activation of the outputs
    usual: float = 0.1  # the usual learning rate of the optimizer
    momentum: float = 0.0
    updates: int = 0
    faded: bool = False  # whether the schedule was at 0 for half of the updates
    pull: float = 0.0  # how strongly penalty and weight decay pull a weight of 1 towards 0
    cancelled: float = 0.0  # the share of the loss's gradient that this pull cancels
    frozen: int = 0  # parameters with a gradient that the optimizer does not have
    clip: float = inf  # the longest gradient
    unbiased: bool = False  # whether no bias reaches the outputs
    sequences: bool = False  # whether examples are sequences
    ids: bool = False  # whether inputs are numbers of things, as for an Embedding
    chain: bool = True  # whether the net is nothing but these layers
    held: Held | None = None
    attempt: Callable[[Mapping[str, Any]], int] | None = None  # change -> epochs until a copy has learned, or 0

    def right(self) -> int:
        """The number of examples classified correctly."""
        return sum([answer == wanted for answer, wanted in zip(self.answers, self.wanted)])

    def has_learned(self) -> bool:
        """Whether the accuracy is high enough, or the loss small enough."""
        if self.classes:
            return self.right() >= LEARNED * len(self.examples)
        scale = self.constant or sum([t * t for row in self.targets for t in row]) / len(self.targets)
        return self.loss <= max((1.0 - LEARNED) * scale, 1e-12)

    def explained(self) -> float:
        """The accuracy, or the share of the variance of numeric targets that the net explains."""
        if self.classes:
            return self.right() / len(self.examples)
        return 1.0 - self.loss / self.constant if self.constant > 0.0 else 0.0

    def was_trained(self) -> bool:
        """Whether there was a run, or the net does better than a constant answer: a fresh one does worse."""
        return len(self.losses) > 0 or 0.0 < self.loss < 0.9 * self.constant

    def state(self) -> str:
        """What has been learned, in words."""
        n = len(self.examples)
        if not self.classes:
            mean = f"{self.constant:.3g} if the mean were always answered"
            return f"loss {self.loss:.6g} over {n} example{'s' * (n != 1)}, {mean}"
        return f"{self.right()} of {n} examples right ({100 * self.right() // n} %), loss {self.loss:.6g}"

    def columns(self) -> list[list[float]]:
        """The numbers of each input; none for sequences."""
        return [] if self.sequences or self.ids else [[*column] for column in zip(*self.examples)]

    def hidden(self) -> list[int]:
        """The numbers of hidden units."""
        return [len(layer.weights) for layer in self.layers[:-1]]

    def activations(self) -> list[str]:
        """The activation of each hidden layer."""
        return [layer.activation for layer in self.layers[:-1]]

    def epochs(self) -> int:
        return len(self.losses)

    def slower(self) -> float:
        """A tenth of the learning rate, or the usual one if that is lower."""
        return min(self.rate / 10.0, self.usual)


def enumerate_places(thing: str, places: Sequence[int]) -> str:
    """ "unit 3", "units 0, 1 and 3"."""
    shown = [str(place) for place in places[:6]] + ["more"] * (len(places) > 6)
    return f"{thing} {shown[0]}" if len(shown) == 1 else f"{thing}s {', '.join(shown[:-1])} and {shown[-1]}"
