"""Training by flat code: the step recorded once from the same scalar code, and run by a runner of ``autodiff.flat``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autodiff.flat import Training, Unsupported

from .history import History
from .optimizers import Optimizer, clip_by_norm
from .runners import Eager, OneByOne, Task

LONG = 3_000_000  # epochs times rows times parameters, about half a second: from here on machine code pays
MOST_LINES = 10_000  # of one example's loss, up to which machine code is made: some seconds
OFTEN = 5  # times that callbacks may change what was recorded before it is recorded no more


class Flat(OneByOne):
    """Runs the epochs of a task as flat code, by a runner of ``autodiff.flat``; as ``Eager``, only faster."""

    def __init__(self, task: Task, runner: str, rows: int = 1) -> None:
        refuse_own_step(task.optimizer)
        super().__init__(task)
        self.eager = Eager(task)
        self.now: tuple[Any, Any, Sequence[Any], int] = [], [], [], 0  # numbers, gradients, states, steps
        self.training = Training(task.recipe, runner, rows)
        self.table = self.training.table(task.rows)

    def epoch(self, batches: Sequence[Sequence[int]]) -> float:
        mean = 0.0
        self.read()
        self.before = self.now
        try:
            for batch in batches:
                mean += self.step(batch) * len(batch)
        finally:  # after a loss that is inf or nan too: what was learned stays in the model
            self.write()
        return mean / sum(map(len, batches))

    def back(self) -> None:
        self.now = self.before
        self.write()

    def step(self, batch: Sequence[int]) -> float:
        """Forward, backward, update; returns the loss. What is inf or nan is done again eagerly.

        Eager code drops a term whose target is 0, and records only the side of a ``where`` that plain numbers choose.
        """
        optimizer, (numbers, _, states, steps) = self.task.optimizer, self.now
        loss, gradients = self.training.gradient(self.training.chosen(self.table, batch), numbers)
        if not self.training.finite(loss, gradients):
            self.write()
            try:
                return self.eager.step(batch)
            finally:
                self.read()
        clipped = gradients if optimizer.clip_norm is None else clip_by_norm(gradients, optimizer.clip_norm)
        numbers, states = self.training.updated(numbers, clipped, optimizer.learning_rate, steps + 1, states)
        self.now = numbers, gradients, states, steps + 1  # at once, so that ctrl-C cannot fall in between
        return loss

    def read(self) -> None:
        """Take numbers, gradients and states from the parameters and the optimizer."""
        optimizer = self.task.optimizer
        numbers = [parameter.data for parameter in optimizer.parameters]
        gradients = [parameter.grad for parameter in optimizer.parameters]
        self.now = numbers, gradients, [*optimizer.state.values()], optimizer.steps

    def write(self) -> None:
        """Give them back."""
        optimizer, (numbers, gradients, states, steps) = self.task.optimizer, self.now
        plain = [x.tolist() if hasattr(x, "tolist") else x for x in (numbers, gradients)]
        for parameter, number, gradient in zip(optimizer.parameters, *plain):
            parameter.data = number
            parameter.grad = gradient
        optimizer.state.update((name, [*map(float, state)]) for name, state in zip(optimizer.state, states))
        optimizer.steps = steps


def refuse_own_step(optimizer: Any) -> None:
    """Raise Unsupported if the optimizer does more in a step than its scalar ``update`` says."""
    for name in ("step", "zero_grad"):
        if getattr(getattr(optimizer, name), "__func__", None) is not getattr(Optimizer, name):
            raise Unsupported(f"{type(optimizer).__name__} has a {name} of its own: train with runner='eager'")
    for name in ("learning_rate", "clip_norm"):
        if name not in vars(optimizer):
            raise Unsupported(f"{type(optimizer).__name__} computes its {name}: train with runner='eager'")


class Auto:
    """Takes the fastest runner for the size of the mini-batches and the length of the run.

    What cannot be recorded runs eagerly. Machine code is made for long runs. The choice follows from the
    task alone, never from a clock, so the same run gives the same numbers to the last digit.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.runner: Any = None
        self.hint = ""

    def epochs(self, history: History, batch_size: int, most: int, shown: Callable[[], None]) -> None:
        """Run one epoch, or several in machine code, and write them into the history."""
        if self.runner is None:
            self.begin(batch_size)
        self.runner.epochs(history, batch_size, most, shown)

    def begin(self, batch_size: int) -> None:
        """Take a runner."""
        if self.task.renewed > OFTEN:
            self.runner = Eager(self.task)
        elif self.task.epochs * len(self.task.examples) * len(self.task.optimizer.parameters) >= LONG:
            self.compile(batch_size)
        self.runner = self.runner or fastest(self.task, min(batch_size, len(self.task.examples)))

    def compile(self, batch_size: int) -> None:
        """Go over to machine code, if it can be had."""
        try:
            from .native import Native

            native = Native(self.task, MOST_LINES)
            native.prepare(batch_size)
        except ImportError as error:
            self.hint = f"a long run: {error}"
        except Unsupported:
            self.hint = ""  # see ``fastest``
        else:
            self.runner = native


def fastest(task: Task, rows: int) -> Flat | Eager:
    """Flat code by the runner that suits so many rows for each step, or the eager loop."""
    try:
        return Flat(task, "auto", rows)
    except Unsupported:
        return Eager(task)
