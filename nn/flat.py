"""Training by flat code: the step recorded once from the same scalar code, and run by a runner of ``autodiff.flat``."""

from __future__ import annotations

from autodiff.flat import Training

from .optimizers import Optimizer, clip_by_norm
from .runners import Eager, Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class Flat:
    """Runs the epochs of a task as flat code, by a runner of ``autodiff.flat``; as ``Eager``, only faster."""

    def __init__(self, task: Task, runner: str, rows: int = 1) -> None:
        refuse_own_step(task.optimizer)
        self.task = task
        self.eager = Eager(task)
        self.now: tuple[Any, Any, Sequence[Any], int] = [], [], [], 0  # numbers, gradients, states, steps
        examples, targets = task.examples, task.targets
        penalty = task.penalty
        self.training = Training(
            task.example_loss,
            (examples[0], targets[0]),
            task.optimizer.parameters,
            task.optimizer.recorded,
            (lambda: penalty(task.model)) if penalty else None,
            runner,
            rows,
        )
        self.table = self.training.table(examples, targets)

    def epoch(self, batches: Sequence[Sequence[int]]) -> float:
        """One step for each mini-batch; returns the mean loss over the examples, each before its step."""
        mean = 0.0
        self.read()
        try:
            for batch in batches:
                mean += self.step(batch) * len(batch)
        finally:  # after ctrl-C too: what was learned stays in the model
            self.write()
        return mean / sum(map(len, batches))

    def step(self, batch: Sequence[int]) -> float:
        """Forward, backward, update; returns the loss. A loss that is inf or nan is looked into eagerly."""
        optimizer, (numbers, _, states, steps) = self.task.optimizer, self.now
        loss, slopes = self.training.gradient(self.training.chosen(self.table, batch), numbers)
        if loss - loss != 0.0:
            self.write()
            loss = self.eager.step(batch)  # raises, or gets by: a target of 0 drops an infinite term there
            self.read()
            return loss
        clipped = slopes if optimizer.clip_norm is None else clip_by_norm(slopes, optimizer.clip_norm)
        numbers, states = self.training.updated(numbers, clipped, optimizer.learning_rate, steps + 1, states)
        self.now = numbers, slopes, states, steps + 1  # at once, so that ctrl-C cannot fall in between
        return loss

    def read(self) -> None:
        """Take numbers, gradients and states from the parameters and the optimizer."""
        optimizer = self.task.optimizer
        numbers = [parameter.data for parameter in optimizer.parameters]
        slopes = [parameter.grad for parameter in optimizer.parameters]
        self.now = numbers, slopes, [*optimizer.state.values()], optimizer.steps

    def write(self) -> None:
        """Give them back."""
        optimizer, (numbers, slopes, states, steps) = self.task.optimizer, self.now
        for parameter, number, slope in zip(optimizer.parameters, map(float, numbers), map(float, slopes)):
            parameter.data = number
            parameter.grad = slope
        optimizer.state.update((name, [*map(float, state)]) for name, state in zip(optimizer.state, states))
        optimizer.steps = steps


def refuse_own_step(optimizer: Any) -> None:
    """Raise TypeError if the optimizer does more in ``step`` than its scalar ``update`` says."""
    if type(optimizer).step is not Optimizer.step:
        raise TypeError(f"{type(optimizer).__name__} has a step of its own: train with runner='eager'")


class Auto:
    """Takes the fastest runner when the size of the mini-batches is known; what cannot be recorded runs eagerly."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.runner: Any = None

    def epoch(self, batches: Sequence[Sequence[int]]) -> float:
        """One step for each mini-batch; returns the mean loss over the examples, each before its step."""
        if self.runner is None:
            self.runner = fastest(self.task, len(batches[0]))
        return self.runner.epoch(batches)  # type: ignore[no-any-return]


def fastest(task: Task, rows: int) -> Flat | Eager:
    """Flat code by the runner that suits so many rows for each step, or the eager loop."""
    try:
        return Flat(task, "auto", rows)
    except (TypeError, ValueError, LookupError):
        # The model or the loss does with a number what cannot be recorded. A mistake shows again when run.
        return Eager(task)
