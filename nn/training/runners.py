"""Epochs by flat code and by machine code, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat
from time import perf_counter
from typing import Any

from autodiff.flat import Training, Unsupported, native_training

from .._checks import one_of
from ..data import AHEAD, whole_epochs
from ..optim import Optimizer, clip_by_norm
from .history import History
from .loop import Eager, OneByOne, Task

SECONDS = 0.05  # how long a call may last, so that ctrl-C and the progress bar work


class Native:
    """Runs the epochs of a task in machine code; as ``Eager``, only faster."""

    hint = ""

    def __init__(self, task: Task, most_lines: int | None = None) -> None:
        refuse_own_step(task.optimizer)
        self.task = task
        self.most_lines = most_lines  # above which nothing is compiled
        self.eager = Eager(task)
        self.training: Any = None
        self.pace = 0.0  # seconds for each step, as far as that is known
        self.counted = 0  # how many of the training's steps the optimizer has counted

    def epochs(self, history: History, batch_size: int, most: int, shown: Callable[[], None]) -> None:
        """Run so many epochs, write them into the history, and call ``shown`` now and then."""
        self.prepare(batch_size)
        rows, steps, end = len(self.task.examples), self.training.plan.batches.steps, history.epochs + most
        try:
            while history.epochs < end:
                some = int(SECONDS / (self.pace * steps)) if self.pace else 1
                self.turn(history, max(1, min(end - history.epochs, some, AHEAD // rows)))
                shown()
            self.write()
        except BaseException:  # ctrl-C, even while it was written: what was learned stays in the model
            self.write()
            raise

    def turn(self, history: History, epochs: int) -> None:
        """Run so many epochs and write into the history those that are finished."""
        turn = Turn(self, history, epochs)
        try:
            order = self.shuffled(history, epochs)
            self.begin(order, epochs)
            turn.order = order
            self.run(epochs * self.training.plan.batches.steps)
            turn.write()
        except BaseException as error:
            turn.end(isinstance(error, KeyboardInterrupt))
            raise

    def shuffled(self, history: History, epochs: int) -> list[int]:
        """The indices of the examples, epoch after epoch; none where every step takes them all."""
        return whole_epochs(len(self.task.examples), self.training.plan.batches.size, history.random, epochs)

    def prepare(self, batch_size: int) -> None:
        """Compile the step, unless that was done, and take the numbers it starts from."""
        task = self.task
        if self.training is None or self.training.plan.batches.size != min(batch_size, len(task.examples)):
            clips = task.optimizer.clip_norm is not None
            self.training = native_training(task.recipe, task.rows, batch_size, clips, self.most_lines)
        self.read()

    def begin(self, order: Sequence[int], epochs: int) -> None:
        """Get ready for epochs of steps on the examples in that order."""
        optimizer, made = self.task.optimizer, self.training.made
        optimizer.steps += made - self.counted
        self.counted = 0
        self.training.begin(order, epochs, optimizer.learning_rate, optimizer.clip_norm or 0.0, optimizer.steps)

    def run(self, steps: int) -> None:
        """Make so many steps, a call at a time. What is inf or nan is done again eagerly: see ``Flat.step``."""
        training = self.training
        while training.made < steps:
            before, start = training.made, perf_counter()
            fine = training.run(min(steps, before + max(1, int(SECONDS / self.pace) if self.pace else 1)))
            if made := training.made - before:
                self.pace = max((perf_counter() - start) / made, self.pace / 10.0)
            if not fine:
                self.step()

    def step(self) -> None:
        """Make the next step eagerly, which raises, or gets by."""
        training = self.training
        self.write()
        training.gradients[:] = 0.0
        loss = self.eager.step(training.batch)
        self.counted += 1
        self.read()
        training.skip(loss)

    def read(self) -> None:
        """Take numbers, gradients and states from the parameters and the optimizer."""
        optimizer, training = self.task.optimizer, self.training
        training.numbers[:] = [parameter.data for parameter in optimizer.parameters]
        training.gradients[:] = [parameter.grad for parameter in optimizer.parameters]
        for line, state in zip(training.states, optimizer.state.values()):
            line[:] = state

    def write(self) -> None:
        """Give them back."""
        optimizer, training = self.task.optimizer, self.training
        numbers, gradients = training.numbers.tolist(), training.gradients.tolist()
        for parameter, number, gradient in zip(optimizer.parameters, numbers, gradients):
            parameter.data = number
            parameter.grad = gradient
        for name, line in zip(optimizer.state, training.states):
            optimizer.state[name] = line.tolist()
        # one line, in which ctrl-C cannot fall: Python looks for it at calls and jumps
        optimizer.steps, self.counted = optimizer.steps + training.made - self.counted, training.made


class Turn:
    """Some epochs of machine code and what is to be written of them; written twice they are written once."""

    def __init__(self, native: Native, history: History, epochs: int) -> None:
        self.native, self.history, self.epochs = native, history, epochs
        self.start, self.random = perf_counter(), history.random.getstate()
        self.before, self.updates = history.epochs, history.updates
        training, optimizer = native.training, native.task.optimizer
        self.numbers = [array.copy() for array in (training.numbers, training.gradients, training.states)]
        self.steps = optimizer.steps + training.made - native.counted
        self.order: Sequence[int] | None = None  # of the rows, as soon as the steps may be run

    def end(self, interrupted: bool) -> None:
        """Write what is finished after an error; after ctrl-C as if no epoch had been begun besides."""
        native, made = self.native, self.native.training.made
        if self.order is None:
            self.history.random.setstate(self.random)
            native.task.optimizer.steps, native.counted = self.steps, made
            return
        if interrupted and (native.training.is_stuck or made % native.training.plan.batches.steps):
            self.repeat(made // native.training.plan.batches.steps, self.order)
        self.write(0 if interrupted else 1)

    def repeat(self, epochs: int, order: Sequence[int]) -> None:
        """Run so many of the epochs again, from the numbers they began with."""
        native, training = self.native, self.native.training
        for array, numbers in zip((training.numbers, training.gradients, training.states), self.numbers):
            array[:] = numbers
        native.task.optimizer.steps, native.counted = self.steps, training.made
        native.begin(order, self.epochs)
        native.run(epochs * training.plan.batches.steps)

    def write(self, begun: int = 0) -> None:
        """Write the finished epochs into the history; of the others so many have been shuffled."""
        native, history, training = self.native, self.history, self.native.training
        done = training.made // training.plan.batches.steps
        seconds = (perf_counter() - self.start) / max(1, done)
        del history.loss[self.before :], history.seconds[self.before :]
        history.loss.extend(memoryview(training.losses[:done]))
        history.seconds.extend(repeat(seconds, done))
        history.updates = self.updates + done * training.plan.batches.steps
        if done < self.epochs:
            history.random.setstate(self.random)
            native.shuffled(history, done + begun)


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


# --- By name --------------------------------------------------------------------------------------


RUNNERS: dict[str, Callable[[Task], Any]] = {
    "auto": Auto,
    "eager": Eager,
    "source": lambda task: Flat(task, "source"),
    "batch": lambda task: Flat(task, "batch"),
    "native": Native,
}


def runner_named(name: str) -> Any:
    """The runner of that name, or a ValueError that lists the known ones."""
    return one_of("runner", name, RUNNERS)
