"""The loop over epochs, one example after the other: what is trained, and the eager runner."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from time import perf_counter
from typing import Any

from autodiff import Value
from autodiff.flat import Recipe

from .._targets import listed
from ..data import mini_batches
from ..losses import Loss, total
from ..optim import Optimizer
from .changes import Reach
from .history import History


class NonfiniteLossError(ArithmeticError):
    """The loss, or its gradient to a parameter, became inf or nan. The model is as it was before that step.

    Attributes
    ----------
    loss : float
        inf or nan, or finite where only the gradient is not.
    origin : NonfiniteOrigin
        Where it began, and what to do.
    history : History
        What was learned before.

    Examples
    --------
    >>> from nn import MLP, SGD, NonfiniteLossError, fit, truth_table
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

    def __str__(self) -> str:
        when = f" in epoch {self.history.epochs + 1}" if self.history else ""
        if isfinite(self.loss):
            return f"the gradient became inf or nan{when}, where the loss is {self.loss:g}\n{self.origin}"
        return f"the loss became {self.loss}{when}\n{self.origin}"


class Task:
    """All that one step needs: model, examples, encoded targets, loss, penalty, optimizer.

    Every runner makes its step from ``example_loss`` (one row), ``penalty`` and ``optimizer.update``;
    ``batch_loss`` is their definition: the mean over the mini-batch plus the penalty.
    """

    def __init__(
        self,
        model: Any,
        examples: Sequence[Sequence[float]],
        targets: Sequence[Sequence[float]],
        loss: Loss,
        optimizer: Optimizer,
        penalty: Callable[[Any], Any] | None = None,
        epochs: int = 1,
    ) -> None:
        self.model = model
        self.examples = examples
        self.targets = targets
        self.loss = loss
        self.optimizer = optimizer
        self.penalty = penalty
        self.epochs = epochs  # how many are wanted
        self.recorded: Reach | None = None  # what the step was recorded from
        self.renewed = 0  # how often callbacks have changed that

    def example_loss(self, x: Sequence[Any], target: Sequence[Any]) -> Any:
        """The loss of one example, recorded."""
        loss = self.loss.cost(listed(self.model(x)), target)
        if type(loss) is not Value:
            raise TypeError(f"the loss has to be one Value that depends on the model's outputs, got {loss!r:.60}")
        return loss

    @property
    def recipe(self) -> Recipe:
        """What flat code records a step from."""
        penalty, model, optimizer = self.penalty, self.model, self.optimizer
        return Recipe(
            self.example_loss,
            (self.examples[0], self.targets[0]),
            optimizer.parameters,
            optimizer.recorded,
            (lambda: penalty(model)) if penalty else None,
            self.watched,
        )

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While the step is recorded, before which it is made eagerly: Unsupported if that changes what it reaches."""

        optimizer, rows = self.optimizer, [self.examples[0], self.targets[0], self.examples[-1], self.targets[-1]]
        reach = Reach([self.model, self.loss.cost, self.penalty, *rows], optimizer)
        try:
            self.batch_loss([0, -1])
            optimizer.decayed_update(*[1.0] * (4 + len(optimizer.states)))
            reach.refuse()
            yield
            reach.refuse()
        except BaseException:
            reach.restore()
            raise
        self.recorded = reach

    @property
    def rows(self) -> list[list[float]]:
        """Each example with its target."""
        return [[*x, *target] for x, target in zip(self.examples, self.targets)]

    def batch_loss(self, batch: Sequence[int]) -> Any:
        """The mean loss over the examples with these indices, plus the penalty."""
        mean = total([self.example_loss(self.examples[i], self.targets[i]) for i in batch]) / float(len(batch))
        return mean + self.penalty(self.model) if self.penalty else mean


class OneByOne(ABC):
    """A runner of single epochs.

    Every runner has a ``task``, a ``hint`` at what would be faster, and ``epochs``. It leaves the last mini-batch's
    gradients in the parameters' ``.grad``, and raises NonfiniteLossError before a loss or gradient that is inf or nan
    changes anything. This kind has ``epoch(batches)``, which keeps in ``before`` what ``back()`` goes back to.
    """

    hint = ""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.before: Any = None

    def epochs(self, history: History, batch_size: int, most: int, shown: Callable[[], None]) -> None:
        """Run one epoch of the ``most`` and write it into the history; after ctrl-C it never began."""
        start, rows = perf_counter(), len(self.task.examples)
        done, updates = history.epochs, history.updates
        shuffling = history.random.getstate() if batch_size < rows else None
        self.before = None
        try:
            batches = list(mini_batches(rows, batch_size, history.random))
            history.loss.append(self.epoch(batches))
            history.updates += len(batches)
            history.seconds.append(perf_counter() - start)
        except KeyboardInterrupt:
            if self.before:
                self.back()
            if shuffling:
                history.random.setstate(shuffling)
            history.updates = updates
            del history.loss[done:], history.seconds[done:]
            raise
        shown()

    @abstractmethod
    def epoch(self, batches: Sequence[Sequence[int]]) -> float:
        """One step for each mini-batch; returns the mean loss over the examples, each before its step."""

    @abstractmethod
    def back(self) -> None:
        """Go back to the numbers that the epoch began with."""


class Eager(OneByOne):
    """Records a new graph for every mini-batch: the living definition of what training does."""

    def epoch(self, batches: Sequence[Sequence[int]]) -> float:
        optimizer, mean = self.task.optimizer, 0.0
        numbers = [(parameter.data, parameter.grad) for parameter in optimizer.parameters]
        self.before = numbers, {name: [*state] for name, state in optimizer.state.items()}, optimizer.steps
        for batch in batches:
            mean += self.step(batch) * len(batch)
        return mean / sum(map(len, batches))

    def back(self) -> None:
        optimizer = self.task.optimizer
        numbers, states, optimizer.steps = self.before
        optimizer.state.update(states)
        for parameter, (number, gradient) in zip(optimizer.parameters, numbers):
            parameter.data, parameter.grad = number, gradient

    def step(self, batch: Sequence[int]) -> float:
        """Forward, backward, update; returns the loss. A loss or gradient that is inf or nan changes nothing."""
        task = self.task
        task.optimizer.zero_grad()
        loss = task.batch_loss(batch)
        refuse_nonfinite(loss, task.optimizer)
        loss.backward()
        refuse_nonfinite(loss, task.optimizer)
        task.optimizer.step()
        return loss.data  # type: ignore[no-any-return]


def refuse_nonfinite(loss: Any, optimizer: Optimizer) -> None:
    """Raise NonfiniteLossError, naming where it began, if the loss or a gradient is inf or nan."""
    if isfinite(loss.data) and all(map(isfinite, [parameter.grad for parameter in optimizer.parameters])):
        return
    from autodiff import nonfinite_origin

    optimizer.zero_grad()
    raise NonfiniteLossError(loss.data, nonfinite_origin(loss))
