"""The state of a training: numbers, gradients, moments and steps; and its mini-batches."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple, Self


class State(NamedTuple):
    """Everything that a step changes, as lists or arrays; a step makes a new state and leaves the old one alone."""

    numbers: Any  # of the parameters, shape (parameters,)
    gradients: Any
    moments: Any  # of the optimizer, shape (states, parameters)
    steps: int  # finished so far

    @classmethod
    def of(cls, optimizer: Any) -> Self:
        """The current state of an optimizer and its parameters."""
        parameters = optimizer.parameters
        numbers, gradients = [x.data for x in parameters], [x.grad for x in parameters]
        return cls(numbers, gradients, list(optimizer.state.values()), optimizer.steps)

    @classmethod
    def at(cls, arrays: Any, shape: tuple[int, ...], steps: int) -> Self:
        """The state in arrays named "w", "gw", "m0", "m1", ..., whose first numbers have this shape."""
        numbers, gradients, *moments = [x.copy() for x in views(arrays, shape)]
        return cls(numbers, gradients, moments, steps)

    def put(self, arrays: Any, shape: tuple[int, ...]) -> None:
        """Write the state into such arrays."""
        for place, numbers in zip(views(arrays, shape), (self.numbers, self.gradients, *self.moments)):
            place[:] = numbers

    def into(self, optimizer: Any) -> None:
        """Write the state into an optimizer and its parameters."""
        numbers, gradients, *moments = map(as_list, (self.numbers, self.gradients, *self.moments))
        for parameter, number, gradient in zip(optimizer.parameters, numbers, gradients):
            parameter.data = number
            parameter.grad = gradient
        optimizer.state.update(zip(optimizer.state, moments))
        optimizer.steps = self.steps


def views(arrays: Any, shape: tuple[int, ...]) -> list[Any]:
    """Views of the parameters, gradients and moments in arrays."""
    names = ["w", "gw", *[name for name in arrays if name[0] == "m"]]
    return [arrays[name][: prod(shape)].reshape(shape) for name in names]


def as_list(numbers: Any) -> list[float]:
    """The numbers as a new list of floats."""
    return numbers.tolist() if hasattr(numbers, "tolist") else [*map(float, numbers)]


class Epoch(NamedTuple):
    """An epoch over ``rows``, ``size`` at a time; its last step may have fewer.

    ``fresh`` if rows differ from epoch to epoch: random numbers are drawn for them.
    """

    rows: int
    size: int
    fresh: bool = False

    @property
    def whole(self) -> bool:
        """Whether every step takes the same rows."""
        return self.size == self.rows and not self.fresh

    @property
    def even(self) -> bool:
        """Whether all steps take equally many rows."""
        return self.rows % self.size == 0

    @property
    def steps(self) -> int:
        """Steps for each epoch."""
        return -(-self.rows // self.size)

    def means(self, losses: Any) -> Any:
        """The mean loss over the rows for every whole epoch, from the losses of the steps."""
        if self.steps == 1:
            return losses
        counts = [float(self.size)] * (self.steps - 1) + [float(self.rows - self.size * (self.steps - 1))]
        epochs = len(losses) // self.steps
        if hasattr(losses, "reshape"):  # an array: cumsum adds in the same order as the loop
            parts = losses[: epochs * self.steps].reshape(epochs, self.steps) * counts
            return parts.cumsum(axis=1)[:, -1] / self.rows
        return [self.mean(losses[k * self.steps : (k + 1) * self.steps], counts) for k in range(epochs)]

    def mean(self, losses: Sequence[float], counts: Sequence[float]) -> float:
        total = 0.0
        for loss, count in zip(losses, counts):
            total += loss * count
        return total / self.rows


class Batches(NamedTuple):
    """The mini-batches of the steps from ``first`` to before ``last`` of some epochs.

    ``order`` holds the indices of the rows, epoch after epoch; it is empty if every step takes all rows. ``drawn`` has
    the random numbers for each row of these steps, if any.
    """

    epoch: Epoch
    order: Sequence[int]
    first: int
    last: int
    drawn: Sequence[Sequence[float]] = ()

    def indices(self, step: int) -> Sequence[int]:
        """The indices of the rows of a step."""
        rows, size = self.epoch.rows, self.epoch.size
        if self.epoch.whole:
            return range(rows)
        epoch, inside = divmod(step, self.epoch.steps)
        start, first = epoch * rows, inside * size
        return self.order[start + first : start + min(first + size, rows)]

    def take_rows(self, rows: Sequence[Sequence[float]]) -> tuple[list[list[float]], Self]:
        """The rows of these steps, one after the other with their random numbers, and the batches over these rows."""
        steps, (epoch, inside) = range(self.first, self.last), divmod(self.first, self.epoch.steps)
        taken = [[*rows[i], *numbers] for i, numbers in zip([i for k in steps for i in self.indices(k)], self.drawn)]
        order = range(-epoch * self.epoch.rows - inside * self.epoch.size, len(taken))
        return taken, self._replace(epoch=self.epoch._replace(fresh=True), order=order)
