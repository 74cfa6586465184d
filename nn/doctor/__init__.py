"""The doctor: why a net does not learn, and what to try."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import hypot, isfinite
from typing import Any

from autodiff import Value

from .._checks import counted
from ..losses import loss_named
from ..metrics import are_classes, encoded, examples_in, numbers
from ..module import evaluating
from ..optim import SGD
from ..training.history import History
from ..training.loop import Task
from . import units
from .findings import Diagnosis, Finding

LEARNED = 0.95  # the share of examples (of the loss, where targets are numbers) for a net to count as healthy
FLAT = 1e-2  # a gradient shorter than this hardly moves anything
FADED, GROWN = 1e-3, 1e2  # the gradient that arrives at the first layer against the last one's
BLOWN_UP = 1e3  # a loss so many times the first one is no mere zig-zag
REASONS = {"saturated units", "no slope", "rate too large"}  # why a gradient may be gone
ENORMOUS = 1e6  # no weight starts or ends so large in a net that learns


def diagnose(
    model: Any, X: Sequence[Sequence[float]], Y: Sequence[Any],
    loss: str | Callable[[Any, Any], Any] = "squared_error", learning_rate: float = 0.1,
    history: History | None = None
) -> Diagnosis:  # fmt: skip
    """Findings on what keeps the model from learning these examples; printed, the doctor's sentences.

    Dead and identical units and a run that diverged are always named; the rest only while fewer than 95 % of the
    examples are right, or, where targets are numbers to be met (see ``evaluate``), while the loss is above 5 % of what
    always answering the mean target costs. The model is left as it is.

    Of a Sequential or an MLP the layers are looked into; of another model gradients and rate only. X, Y and loss are as
    given to ``fit``, the history is what it returned (or ``error.history`` of a run that diverged); its losses are
    judged, or else one step of plain gradient descent at the learning rate.

    >>> from nn import MLP, truth_table
    >>> X, Y = truth_table("xor")
    >>> print(diagnose(MLP(2, [2, 1], initializer="zeros"), X, Y, history=None)[0])
    identical units: layer 1, units 0 and 1 of 2: they have the same weights, so
      they get the same gradient and do the work of one unit for ever. Start from
      small random weights, not from equal ones.
    """
    X, row = examples_in(X), loss_named(loss)
    with evaluating(model):
        task = Task(model, X, encoded(model, X, Y, row), row, SGD(model.parameters(), learning_rate))
        case = Case(task, history)
        return Diagnosis(case.findings(), case.state())


class Case:
    """One net and its examples: outputs, losses, gradients and units, looked at once."""

    def __init__(self, task: Task, history: History | None) -> None:
        self.task, self.history = task, history
        self.losses = history.loss if history else []
        self.chosen = history.optimizer if history else task.optimizer
        self.everything = range(len(task.examples))
        self.classes, decide = are_classes(task.targets, task.loss), task.loss.decide
        answers = [decide(numbers(task.model(x))) for x in task.examples]
        self.right = sum([y == t for y, t in zip(answers, map(decide, task.targets))])
        self.constant = 0.0 if self.classes else self.loss_of_the_mean()
        parameters = task.optimizer.parameters
        before = [p.grad for p in parameters]
        self.layers = units.facts_of(task)
        task.optimizer.zero_grad()
        loss = task.batch_loss(self.everything)
        loss.backward()
        self.loss: float = loss.data
        self.gradient = [p.grad for p in parameters]
        for p, grad in zip(parameters, before):
            p.grad = grad

    def loss_of_the_mean(self) -> float:
        """The mean loss of always answering the mean target: what no net that learns should stay above."""
        targets = [numbers(target) for target in self.task.targets]
        mean = [Value(sum(column) / len(targets)) for column in zip(*targets)]
        return sum([numbers(self.task.loss.cost(mean, target))[0] for target in targets]) / len(targets)

    def has_learned(self) -> bool:
        """Whether enough is right, or the loss small enough."""
        if self.classes:
            return self.right >= LEARNED * len(self.task.examples)
        return self.loss <= max((1.0 - LEARNED) * self.constant, 1e-12)

    def loss_after(self, rate: float) -> float:
        """The loss after one step of gradient descent at that rate; the parameters are put back."""
        parameters = self.task.optimizer.parameters
        before = [p.data for p in parameters]
        try:
            for p, slope in zip(parameters, self.gradient):
                p.data -= rate * slope
            return float(self.task.batch_loss(self.everything).data)
        finally:
            for p, data in zip(parameters, before):
                p.data = data

    def state(self) -> str:
        """How much is learned."""
        n = len(self.task.examples)
        if not self.classes:
            mean = f"{self.constant:.3g} if the mean were always answered"
            return f"loss {self.loss:.6g} over {counted(n, 'example')}, {mean}"
        return f"{self.right} of {n} examples right ({100 * self.right // n} %), loss {self.loss:.6g}"

    def findings(self) -> list[Finding]:
        """Everything that is wrong, units first."""
        found = []
        for layer, after in zip(self.layers, [*self.layers[1:], None]):
            found += [*units.dead_units(layer), *units.twins(layer, after)]
        blown_up = list(self.diverged())
        found += blown_up
        if blown_up or self.has_learned():
            return found  # what else there is to see follows from it
        found += units.unscaled_inputs(self.task.examples)
        blocked = [f for layer in self.layers for f in (*units.without_slope(layer), *units.saturated_units(layer))]
        found += blocked or self.gradients_by_layer()
        found += self.rate()
        found += [f for f in self.stuck() if f.kind == "linear net" or not {g.kind for g in found} & REASONS]
        found += units.one_sign(self.layers if self.history else self.layers[:1])
        return found or list(self.unfinished())

    def gradients_by_layer(self) -> Iterator[Finding]:
        """The gradient that arrives at the first layer against the last one's: vanishing or exploding (B7, D14)."""
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

    def diverged(self) -> Iterator[Finding]:
        """A loss that has grown enormously; without a history, weights that are too large for any start."""
        advice = "Start again from a fresh net with a smaller learning rate"
        losses, rate = self.losses, self.chosen.learning_rate
        if losses and not losses[-1] <= BLOWN_UP * max(losses[0], self.constant, 1e-3):
            sentence = f"at rate {rate:g} the loss grew from {losses[0]:.3g} to {losses[-1]:.3g}."
            yield Finding("diverged", sentence, f"{advice}, such as {rate / 10:g}, or with clip_norm=1.0.")
        elif not losses:
            largest = max([abs(p.data) for p in self.task.optimizer.parameters], default=0.0)
            if not (isfinite(self.loss) and min(largest, self.loss) < ENORMOUS):
                sentence = f"the loss is {self.loss:.3g}, and a weight has grown to {largest:.3g}."
                yield Finding("diverged", sentence, f"{advice}, or with clip_norm=1.0.")

    def rate(self) -> Iterator[Finding]:
        """Whether steps are too long or too short, from the history's losses and from trial steps."""
        losses, rate = self.losses, self.chosen.learning_rate
        if rate == 0.0 and (not losses or abs(losses[-1] - losses[0]) <= 1e-9 * abs(losses[0])):
            yield Finding("learning rate 0", "no step changes anything.", "Try 0.1, or 0.01 for adam.")
            return
        if self.history and losses:
            yield from rate_from(self.history)
            if type(self.chosen) is not SGD or self.chosen.momentum:
                return  # a trial step of plain gradient descent says nothing about it
        else:
            rate = self.task.optimizer.learning_rate
        length = hypot(*self.gradient)
        expected, after = rate * length * length, self.loss_after(rate)
        slow = length > 3.0 * FLAT and expected < 1e-4 * self.loss
        if not self.history and not after <= self.loss:
            sentence = f"a step at rate {rate:g} takes the loss from {self.loss:.3g} to {after:.3g}."
            yield Finding("rate too large", sentence, f"Try {rate / 10:g}, or clip_norm=1.0.")
        elif slow and self.loss_after(100.0 * rate) < self.loss - 50.0 * expected:
            sentence = f"a step at rate {rate:g} lowers the loss by only {100 * expected / self.loss:.1g} %."
            yield Finding("rate too small", sentence, f"Try {100 * rate:g}.")

    def stuck(self) -> Iterator[Finding]:
        """No gradient left, and yet not all is right: a plateau or a local minimum (B7)."""
        length, losses = hypot(*self.gradient), [] if self.classes else self.losses
        falls = len(losses) > 1 and losses[-1] < 0.99 * losses[-1 - len(losses) // 4]  # however flat it is there
        if length >= FLAT or falls:
            return
        sentence = f"{self.state()}, and the whole gradient has a length of only {length:.2g}."
        if self.layers and all(layer.layer.activation_name == "linear" for layer in self.layers[:-1]):
            advice = "Without a bend between them, layers are one linear function: add hidden units with tanh."
            yield Finding("linear net", sentence, advice)
        else:
            advice = "This is a plateau or a local minimum: try another seed, more hidden units, or a larger rate."
            yield Finding("stuck", sentence, advice)

    def unfinished(self) -> Iterator[Finding]:
        """A run that ended too early, nothing else being wrong."""
        if epochs := len(self.losses):
            length = hypot(*self.gradient)
            sentence = f"nothing is broken, but after {epochs} epochs the gradient still has a length of {length:.2g}."
            yield Finding("unfinished", sentence, f"Train on, for {4 * epochs} epochs or so.")


def rate_from(history: History) -> Iterator[Finding]:
    """A loss that goes up again: the learning rate is too large."""
    losses, rate = history.loss, history.optimizer.learning_rate
    tenth = max(1, len(losses) // 10)
    late = sum(losses[-tenth:]) / tenth
    over = max(losses) if max(losses) > 100.0 * losses[0] else min(losses)
    if history.stopped == "non-finite loss" or late > losses[0] or late > 3.0 * min(losses) + 1e-3 or over > losses[0]:
        sentence = f"at rate {rate:g} the loss went from {losses[0]:.3g} over {over:.3g} to {losses[-1]:.3g}."
        yield Finding("rate too large", sentence, f"Try {rate / 10:g}, or clip_norm=1.0.")
