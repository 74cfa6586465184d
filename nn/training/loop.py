"""The loop over epochs: the task of a step, the eager runner, and the turns that commit epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice, repeat
from math import isfinite
from random import Random, SystemRandom
from time import perf_counter
from typing import Any, NamedTuple

import autodiff
from autodiff import Value
from autodiff.flat import Unsupported
from autodiff.flat.recording import Recipe
from autodiff.flat.state import Batches, Epoch, State

from ..data import AHEAD, whole_epochs
from ..dropout import Dropout
from ..losses import Loss, as_list, total
from ..models import Sequential
from ..module import Module, Recorder, call_with_recorder, holders_in, in_mode, outputs_of, takes_rows
from ..normalization import BatchNorm
from ..optim import Optimizer
from .changes import Reach
from .history import History

SECONDS = 0.05  # duration of a call, so that ctrl-C and the progress bar work


class NonfiniteLossError(ArithmeticError):
    """The loss or a parameter's gradient became inf or nan. The model is as it was before that step.

    Attributes
    ----------
    loss : float
        inf or nan; finite if only the gradient is not.
    origin : NonfiniteOrigin
        Where it began, and what to do.
    history : History
        The run until then.

    Examples
    --------
    >>> from nn import MLP, SGD, fit, truth_table
    >>> from nn.training import NonfiniteLossError
    >>> X, Y = truth_table("xor")
    >>> net = MLP(2, [4, 1], "relu", seed=0)
    >>> try:
    ...     fit(net, X, Y, optimizer=SGD(net.parameters(), 8.0), progress=False)
    ... except NonfiniteLossError as error:
    ...     print(error.loss, error.history.stopped)
    inf non-finite loss
    """

    def __init__(self, loss: float, origin: Any) -> None:
        super().__init__(loss, origin)
        self.loss = loss
        self.origin = origin
        self.history: History | None = None
        self.before: list[float] = []  # losses of the steps before

    def __str__(self) -> str:
        when = f" in epoch {self.history.epochs + 1}" if self.history else ""
        if isfinite(self.loss):
            return f"the gradient became inf or nan{when}, where the loss is {self.loss:g}\n{self.origin}"
        return f"the loss became {self.loss}{when}\n{self.origin}"


class Task:
    """What a training step needs.

    Every runner makes its step from ``example_loss`` (one row), ``penalty`` and ``optimizer.update``;
    ``batch_loss`` defines it: the mean over the mini-batch plus the penalty.
    """

    def __init__(
        self, model: Any, examples: Sequence[Sequence[float]], targets: Sequence[Sequence[float]], loss: Loss,
        optimizer: Optimizer, penalty: Callable[[Any], Any] | None = None, epochs: int = 1,
        batch_size: int | None = None, gates: int = 0, devices: int | None = None
    ) -> None:  # fmt: skip
        self.model, self.loss, self.optimizer, self.penalty = model, loss, optimizer, penalty
        self.examples, self.targets = examples, targets  # targets are encoded
        self.epochs = epochs
        self.gates = gates  # in one example's loss
        self.devices = devices  # that share the rows of a step in JAX
        self.epoch = Epoch(len(examples), min(len(examples), batch_size or len(examples)))
        self.pace = Pace()
        self.recorded: Reach | None = None  # what the recorded step reaches
        self.done: Turn  # the last turn
        self.agreed: Turn | None = None  # the last turn after which the recorded step still held
        self.due = 1  # the epoch after which to check that again
        self.renewed = 0  # how often callbacks made a new recording necessary
        self.calls: list[tuple[Dropout, int]] = []  # of dropout in one example, with the number of units
        self.notes: list[Any] = []  # of batch normalization in one example
        self.by_layer = False  # whether dropout takes all rows layer by layer
        self.find_modules()

    def find_modules(self) -> None:
        """Find the model's modules, and the buffers and random generators that steps change."""
        holders = holders_in(self.model)
        self.modules = [x for x in holders if isinstance(x, Module)]
        random = [x for x in holders if isinstance(x, Random) and not isinstance(x, SystemRandom)]
        self.remembering: list[Any] = [*[module for module in self.modules if module.buffers], *random]

    def example_loss(self, x: Sequence[Any], target: Sequence[Any]) -> Any:
        """The loss of one example."""
        return self.cost(self.model(x), target)

    def cost(self, outputs: Any, target: Sequence[Any]) -> Any:
        """The loss of one example, given the model's outputs."""
        loss = self.loss.cost(as_list(outputs), target)
        if type(loss) is not Value:
            raise TypeError(f"the loss has to be one Value that depends on the model's outputs, got {loss!r:.60}")
        return loss

    @property
    def recipe(self) -> Any:
        """The functions from which flat code records a step."""
        penalty, model, optimizer = self.penalty, self.model, self.optimizer
        return Recipe(
            self.recorded_loss,
            (self.examples[0], self.targets[0]),
            optimizer.parameters,
            optimizer.recorded,
            (lambda: penalty(model)) if penalty else None,
            self.watch,
            lambda: sum([units for _, units in self.calls]),
            lambda: [x for _, *parts in self.notes for part in parts for x in part],
            self.keep,
        )

    def keep(self, numbers: Sequence[float], rows: int) -> None:
        """Update running statistics by the noted statistics of a mini-batch."""
        left = iter(numbers)
        for layer, means, variances in self.notes:
            layer.follow(list(islice(left, len(means))), list(islice(left, len(variances))), rows)

    def recorded_loss(self, x: Sequence[Any], target: Sequence[Any]) -> Any:
        """The loss of one example, in which dropout takes its factors from behind the target's numbers."""
        own = len(self.targets[0])
        factors = list(target[own:])

        def next_of(layer: Dropout, units: int) -> list[Any]:
            if units > len(factors):
                raise Unsupported(f"{layer!r} is not called as before: use runner='eager'")
            found, factors[:units] = factors[:units], []
            return found

        self.notes = []
        return call_with_recorder(Recorder(next_of, self.notes), self.example_loss, x, target[:own])

    def step_of_two_rows(self) -> None:
        """Run it and note the calls of dropout, without drawing."""
        calls: list[tuple[Dropout, int]] = []

        def note(layer: Dropout, units: int) -> list[float]:
            calls.append((layer, units))
            return [1.0] * units

        call_with_recorder(Recorder(note), self.batch_loss, [0, -1])
        found, calls = calls, []
        if found:
            call_with_recorder(Recorder(note, []), self.example_loss, self.examples[0], self.targets[0])
        self.calls, twice, by_layer = calls, calls * 2, [call for call in calls for _ in range(2)]
        self.by_layer = found == by_layer and (found != twice or takes_rows(self.model))
        shared = len({id(layer.random) for layer, _ in found}) < len(calls)
        if len(found) != len(twice) or (shared and found not in (by_layer, twice)):
            raise Unsupported(
                "the penalty calls dropout, or layers that share a random generator call it in an unusual order: "
                "use runner='eager'"
            )

    def draw(self, batches: Batches) -> list[list[float]]:
        """Dropout's factors for each row of these steps, drawn in the order of eager code."""
        rows: list[list[float]] = []
        for k in range(batches.first, batches.last):
            count = len(batches.indices(k))
            if self.by_layer:
                parts = [[layer.factors(units) for _ in range(count)] for layer, units in self.calls]
                rows += [[x for part in row for x in part] for row in zip(*parts)]
            else:
                rows += [[x for layer, units in self.calls for x in layer.factors(units)] for _ in range(count)]
        return rows

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Run a step eagerly, then let it be recorded; raise Unsupported if either changes anything it reaches."""
        self.find_modules()
        for module in self.modules:
            if not (module.in_training == "" or isinstance(module, Dropout) or self.takes_all_rows(module)):
                raise Unsupported(
                    f"{module!r:.60} {module.in_training} in training, which a recorded step cannot: use runner='eager'"
                )
            module.training = False  # as in callbacks
        memory = self.memory
        optimizer, rows = self.optimizer, [self.examples[0], self.targets[0], self.examples[-1], self.targets[-1]]
        reach = Reach([self.model, self.loss.cost, self.penalty, *rows], optimizer)
        try:
            try:
                with in_mode(self.modules, True):
                    self.step_of_two_rows()
            finally:
                restore_states([(thing, state) for thing, state in memory if isinstance(thing, Module)])
            optimizer.decayed_update(*[1.0] * (4 + len(optimizer.states)))
            reach.refuse()
            with in_mode(self.modules, True):
                yield
            reach.refuse()
        except BaseException:
            reach.restore()
            raise
        self.recorded = reach

    def takes_all_rows(self, module: Module) -> bool:
        """Whether it is a BatchNorm over at least two rows, in a model whose batch() treats rows as its call does."""
        smallest = min(self.epoch.size, self.epoch.rows % self.epoch.size or self.epoch.size)
        kinds = {vars(kind).get("batch") for x in self.modules if takes_rows(x) for kind in type(x).__mro__} - {None}
        return isinstance(module, BatchNorm) and smallest > 1 and kinds <= {Sequential.batch, BatchNorm.batch}

    @property
    def memory(self) -> list[tuple[Any, Any]]:
        """What steps change besides parameters, with its state."""
        return [(thing, thing.getstate()) for thing in self.remembering]

    @property
    def rows(self) -> list[list[float]]:
        """The numbers of each example and its target."""
        return [[*x, *target] for x, target in zip(self.examples, self.targets)]

    def batch_loss(self, batch: Sequence[int]) -> Any:
        """The mean loss over the examples with these indices, plus the penalty."""
        outputs = outputs_of(self.model, [self.examples[i] for i in batch])
        mean = total([self.cost(y, self.targets[i]) for y, i in zip(outputs, batch)]) / float(len(batch))
        return mean + self.penalty(self.model) if self.penalty else mean


class Eager:
    """The runner that records a new graph for every mini-batch: it defines what training does.

    A runner has a ``name``, the reason ``why`` "auto" chose it, and a ``hint`` at what would be faster. It may run many
    epochs ``ahead`` in a call.
    """

    name, hint, ahead = "eager", "", False

    def __init__(self, task: Task, why: str = "") -> None:
        self.task, self.why = task, why
        self.left: Any = None  # the state that the parameters hold
        self.recorded: Any = None  # the step that is run again and again

    def run(self, state: State, batches: Batches) -> tuple[State, Any]:
        """(state, losses) after the steps, or after those before the first non-finite loss."""
        optimizer = self.task.optimizer
        if state is not self.left:
            state.into(optimizer)
        self.left = None
        with in_mode(self.task.modules, True):
            losses = self.losses(batches)
        self.left = State.of(optimizer)
        return self.left, losses

    def losses(self, batches: Batches) -> list[float]:
        """Make the steps; a NonfiniteLossError carries the losses before it."""
        losses: list[float] = []
        for k in range(batches.first, batches.last):
            memory = self.task.memory
            try:
                losses.append(self.step(batches.indices(k)))
            except NonfiniteLossError as error:
                restore_states(memory)
                error.before = losses
                raise
        return losses

    def check(self) -> None:
        """Raise Unsupported if the step would be recorded differently now."""
        if self.recorded:
            with in_mode(self.task.modules, True):
                self.recorded.check()

    def step(self, batch: Sequence[int]) -> float:
        """Forward, backward, update; returns the loss. A non-finite loss or gradient changes nothing."""
        task = self.task
        task.optimizer.zero_grad()
        loss = task.batch_loss(batch)
        refuse_nonfinite(loss, task.optimizer)
        loss.backward()
        refuse_nonfinite(loss, task.optimizer)
        task.optimizer.step()
        return loss.data  # type: ignore[no-any-return]


def refuse_nonfinite(loss: Any, optimizer: Optimizer) -> None:
    """Raise NonfiniteLossError if the loss or a gradient is inf or nan."""
    if isfinite(loss.data) and all(map(isfinite, [parameter.grad for parameter in optimizer.parameters])):
        return
    optimizer.zero_grad()
    raise NonfiniteLossError(loss.data, autodiff.nonfinite_origin(loss))


def restore_states(states: list[tuple[Any, Any]]) -> None:
    for thing, state in states:
        thing.setstate(state)


class Turn(NamedTuple):
    """Finished epochs that are not in the history yet. Writing them twice has the same effect as once."""

    state: State
    since: int  # number of epochs before them
    updates: int  # number of steps until their end
    losses: Any
    seconds: float  # per epoch
    random: Any  # the state of the generator, if it is used
    memory: list[tuple[Any, Any]]  # what else the steps change in the model, with its state

    def write(self, history: History) -> None:
        """Make them the last epochs of the history."""
        del history.loss[self.since :], history.seconds[self.since :]
        history.loss.extend(memoryview(self.losses) if hasattr(self.losses, "dtype") else self.losses)
        history.seconds.extend(repeat(self.seconds, len(self.losses)))
        history.updates = self.updates
        if self.random is not None:
            history.random.setstate(self.random)
        restore_states(self.memory)


def run_epochs(runner: Eager, task: Task, history: History, most: int, show: Callable[[], None]) -> None:
    """Run ``most`` epochs, add them to the history, and call ``show`` after each turn.

    Nothing is written before a turn is over: after ctrl-C the model, the optimizer, the history and its generator are
    as the last whole turn left them. The last mini-batch's gradients stay in the parameters' ``.grad``.
    """
    pace, end = task.pace, history.epochs + most
    random = None if task.epoch.whole else history.random.getstate()
    task.done = Turn(State.of(task.optimizer), history.epochs, history.updates, [], 0.0, random, task.memory)
    try:
        while history.epochs < end:
            count = min(end - history.epochs, pace.steps() // task.epoch.steps, AHEAD // task.epoch.rows)
            task.agreed = task.agreed or task.done
            task.done = run_turn(runner, task, history, max(1, count) if runner.ahead else 1)
            task.done.write(history)
            if history.epochs >= task.due:
                check_agreement(runner, task, history.epochs)
            show()
        task.done.state.into(task.optimizer)
    except BaseException:
        task.done.write(history)  # again, because ctrl-C may have interrupted the first time
        task.done.state.into(task.optimizer)
        raise


def check_agreement(runner: Eager, task: Task, epochs: int) -> None:
    """Check after epochs 1, 2, 4, 8, ... that the recorded step still holds; otherwise return to where it did.

    This finds what does not show in the model, loss, penalty and optimizer: a clock, say, or a file.
    """
    try:
        runner.check()
    except Unsupported:
        task.done = task.agreed or task.done
        raise
    task.agreed, task.due = None, 2 * epochs


def run_turn(runner: Eager, task: Task, history: History, count: int) -> Turn:
    """Run ``count`` epochs without writing them. A step that the runner finds non-finite is repeated eagerly.

    Eager code drops a term whose target is 0, and records only the side of a ``where`` that plain numbers choose.
    """
    epoch, pace, start, since = task.epoch, task.pace, perf_counter(), history.epochs
    state, made = task.done.state, 0
    losses: list[Any] = []  # of each call

    def turn_at(state: State, count: int) -> Turn:
        means = epoch.means(losses[0] if len(losses) == 1 else [float(x) for part in losses for x in part])
        seconds = (perf_counter() - start) / max(1, count)
        random = None if epoch.whole else history.random.getstate()
        return Turn(state, since, history.updates + count * epoch.steps, means[:count], seconds, random, task.memory)

    order = whole_epochs(epoch.rows, epoch.size, history.random, count)
    try:
        while made < count * epoch.steps:
            last = min(count * epoch.steps, made + pace.steps()) if runner.ahead else count * epoch.steps
            with pace:
                state, found = runner.run(state, Batches(epoch, order, made, last))
                pace.made = len(found)
            losses.append(found)
            made += len(found)
            if made < last:
                state, found = Eager(task).run(state, Batches(epoch, order, made, made + 1))
                losses.append(found)
                made += 1
    except NonfiniteLossError as error:  # keep the whole epochs before it
        losses.append(error.before)
        whole = (made + len(error.before)) // epoch.steps
        if not epoch.whole:
            history.random.setstate(task.done.random)
            whole_epochs(epoch.rows, epoch.size, history.random, whole + 1)
        task.done = turn_at(State.of(task.optimizer), whole)
        raise
    return turn_at(state, count)


class Pace:
    """The number of steps in a call that lasts ``SECONDS``."""

    def __init__(self) -> None:
        self.seconds = 0.0  # per step, once measured
        self.made = 0

    def steps(self) -> int:
        return max(1, int(SECONDS / self.seconds)) if self.seconds else 1

    def __enter__(self) -> None:
        self.start = perf_counter()

    def __exit__(self, *error: object) -> None:
        if self.made:
            self.seconds = max((perf_counter() - self.start) / self.made, self.seconds / 10.0)
