"""A case in plain numbers, the net, its examples and its run, and the doctor's rules about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import hypot, isfinite
from typing import NamedTuple

from . import units
from .findings import Finding

LEARNED = 0.95  # the accuracy (or 1 - the share of the loss, for numeric targets) of a healthy net
FLAT = 1e-2  # a gradient with a smaller norm hardly moves anything
FADED, GROWN = 1e-3, 1e2  # ratios of the first layer's gradient to the last layer's
BLOWN_UP = 1e3  # a loss this many times the first one is more than a zig-zag
REASONS = {"saturated units", "no slope", "rate too large"}  # findings that explain a vanished gradient
ENORMOUS = 1e6  # larger than any weight in a net that learns


class Case(NamedTuple):
    """Everything the rules know about a net, its examples and its run."""

    layers: list[units.LayerFacts]
    examples: Sequence[Sequence[float]]
    right: int  # the number of examples classified correctly
    classes: bool  # whether targets are classes, not numbers
    constant: float  # the loss of always answering the mean target, 0 for classes
    loss: float
    largest: float  # the largest absolute value of a parameter
    gradient: list[float]
    loss_after: Callable[[float], float]  # learning rate -> the loss after one step of gradient descent
    rate: float
    losses: list[float]  # per epoch of the run, empty without one
    plain: bool = True  # whether it was gradient descent without momentum
    broke: bool = False  # whether a non-finite loss ended it

    def has_learned(self) -> bool:
        """Whether the accuracy is high enough, or the loss small enough."""
        if self.classes:
            return self.right >= LEARNED * len(self.examples)
        return self.loss <= max((1.0 - LEARNED) * self.constant, 1e-12)

    def state(self) -> str:
        """What has been learned, in words."""
        n = len(self.examples)
        if not self.classes:
            mean = f"{self.constant:.3g} if the mean were always answered"
            return f"loss {self.loss:.6g} over {n} example{'s' * (n != 1)}, {mean}"
        return f"{self.right} of {n} examples right ({100 * self.right // n} %), loss {self.loss:.6g}"

    def findings(self) -> list[Finding]:
        """All findings, about units first."""
        found: list[Finding] = []
        for layer, after in zip(self.layers, [*self.layers[1:], None]):
            found += [*units.dead_units(layer), *units.twins(layer, after)]
        divergence = list(self.divergence())
        found += divergence
        if divergence or self.has_learned():
            return found  # anything else would follow from it
        found += units.unscaled_inputs(self.examples)
        blocked = [f for layer in self.layers for f in [*units.without_slope(layer), *units.saturated_units(layer)]]
        found += blocked or self.gradient_ratio()
        found += [*self.rate_in_the_run(), *self.rate_of_a_step()]
        kinds = {finding.kind for finding in found}
        found += [finding for finding in self.stagnation() if finding.kind == "linear net" or not kinds & REASONS]
        found += units.one_sign(self.layers if self.losses else self.layers[:1])
        return found or list(self.early_end())

    def gradient_ratio(self) -> Iterator[Finding]:
        """A gradient that vanishes or explodes from the last layer to the first (B7, D14)."""
        if len(self.layers) < 2 or not self.layers[-1].delta():
            return
        first, last = self.layers[0].delta(), self.layers[-1].delta()
        seen = f"a unit of the first layer gets a gradient of {first:.2g}, one of the last {last:.2g}"
        if 0.0 < first < FADED * last and len(self.layers) > 2:
            advice = "Try fewer layers, tanh or relu, or a start by xavier or he."
            yield Finding("vanishing gradient", f"{seen}: the first layers hardly learn.", advice)
        elif first > GROWN * last:
            advice = "Try a smaller start (xavier, he), or clip_norm=1.0."
            yield Finding("exploding gradient", f"{seen}: no rate suits both.", advice)

    def divergence(self) -> Iterator[Finding]:
        """A loss that has grown enormously; without a run, enormous weights."""
        advice = "Start again from a fresh net with a smaller learning rate"
        losses, rate = self.losses, self.rate
        if losses and not losses[-1] <= BLOWN_UP * max(losses[0], self.constant, 1e-3):
            sentence = f"at rate {rate:g} the loss grew from {losses[0]:.3g} to {losses[-1]:.3g}."
            yield Finding("diverged", sentence, f"{advice}, such as {rate / 10:g}, or with clip_norm=1.0.")
        elif not losses and not (isfinite(self.loss) and min(self.largest, self.loss) < ENORMOUS):
            sentence = f"the loss is {self.loss:.3g}, and a weight has grown to {self.largest:.3g}."
            yield Finding("diverged", sentence, f"{advice}, or with clip_norm=1.0.")

    def is_still(self) -> bool:
        """Whether a learning rate of 0 keeps everything in place."""
        losses = self.losses
        return self.rate == 0.0 and (not losses or abs(losses[-1] - losses[0]) <= 1e-9 * abs(losses[0]))

    def rate_in_the_run(self) -> Iterator[Finding]:
        """A learning rate of 0, or one at which the loss rises."""
        losses, rate = self.losses, self.rate
        if self.is_still():
            yield Finding("learning rate 0", "no step changes anything.", "Try 0.1, or 0.01 for adam.")
        elif losses:
            tenth = max(1, len(losses) // 10)
            late = sum(losses[-tenth:]) / tenth
            over = max(losses) if max(losses) > 100.0 * losses[0] else min(losses)
            if self.broke or late > losses[0] or late > 3.0 * min(losses) + 1e-3 or over > losses[0]:
                sentence = f"at rate {rate:g} the loss went from {losses[0]:.3g} via {over:.3g} to {losses[-1]:.3g}."
                yield Finding("rate too large", sentence, f"Try {rate / 10:g}, or clip_norm=1.0.")

    def rate_of_a_step(self) -> Iterator[Finding]:
        """A trial step of plain gradient descent that is too long or too short."""
        if self.is_still() or not self.plain:
            return  # it says nothing about other optimizers
        length, rate = hypot(*self.gradient), self.rate
        expected, after = rate * length * length, self.loss_after(rate)
        slow = length > 3.0 * FLAT and expected < 1e-4 * self.loss
        if not self.losses and not after <= self.loss:
            sentence = f"a step at rate {rate:g} takes the loss from {self.loss:.3g} to {after:.3g}."
            yield Finding("rate too large", sentence, f"Try {rate / 10:g}, or clip_norm=1.0.")
        elif slow and self.loss_after(100.0 * rate) < self.loss - 50.0 * expected:
            sentence = f"a step at rate {rate:g} lowers the loss by only {100 * expected / self.loss:.1g} %."
            yield Finding("rate too small", sentence, f"Try {100 * rate:g}.")

    def stagnation(self) -> Iterator[Finding]:
        """Almost no gradient before everything is learned: a plateau or a local minimum (B7)."""
        length, losses = hypot(*self.gradient), [] if self.classes else self.losses
        falls = len(losses) > 1 and losses[-1] < 0.99 * losses[-1 - len(losses) // 4]  # however flat
        if length >= FLAT or falls:
            return
        sentence = f"{self.state()}, and the whole gradient has a length of only {length:.2g}."
        if self.layers and all(layer.activation == "linear" for layer in self.layers[:-1]):
            advice = "Without a bend between them, layers are one linear function: add hidden units with tanh."
            yield Finding("linear net", sentence, advice)
        else:
            advice = "This is a plateau or a local minimum: try another seed, more hidden units, or a larger rate."
            yield Finding("stuck", sentence, advice)

    def early_end(self) -> Iterator[Finding]:
        """A run that ended too early, if nothing else is wrong."""
        if epochs := len(self.losses):
            length = hypot(*self.gradient)
            sentence = f"nothing is broken, but after {epochs} epochs the gradient still has a length of {length:.2g}."
            yield Finding("unfinished", sentence, f"Train on, for {4 * epochs} epochs or so.")
