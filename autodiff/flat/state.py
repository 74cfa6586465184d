"""What a training step goes from and to: numbers, gradients, moments and steps; and the mini-batches it takes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple, Self


class State(NamedTuple):
    """All that a step changes, as plain lists or arrays; a step makes a new one and leaves the old as it was.

    Attributes
    ----------
    numbers, gradients : sequence of float, shape (parameters,)
        Those of the parameters.
    moments : sequence of such, shape (states, parameters)
        What the optimizer remembers of each parameter.
    steps : int
        How many steps the optimizer has made.
    """

    numbers: Any
    gradients: Any
    moments: Any
    steps: int

    @classmethod
    def of(cls, optimizer: Any) -> Self:
        """The state that an optimizer and its parameters are in."""
        parameters = optimizer.parameters
        numbers, gradients = [x.data for x in parameters], [x.grad for x in parameters]
        return cls(numbers, gradients, list(optimizer.state.values()), optimizer.steps)

    @classmethod
    def at(cls, arrays: Any, shape: tuple[int, ...], steps: int) -> Self:
        """The state in arrays "w", "gw", and "m0", "m1", ... by name, whose first numbers have that shape."""
        numbers, gradients, *moments = [x.copy() for x in places(arrays, shape)]
        return cls(numbers, gradients, moments, steps)

    def put(self, arrays: Any, shape: tuple[int, ...]) -> None:
        """Write it there."""
        for place, numbers in zip(places(arrays, shape), (self.numbers, self.gradients, *self.moments)):
            place[:] = numbers

    def into(self, optimizer: Any) -> None:
        """Put them into this state."""
        numbers, gradients, *moments = map(listed, (self.numbers, self.gradients, *self.moments))
        for parameter, number, gradient in zip(optimizer.parameters, numbers, gradients):
            parameter.data = number
            parameter.grad = gradient
        optimizer.state.update(zip(optimizer.state, moments))
        optimizer.steps = self.steps


def places(arrays: Any, shape: tuple[int, ...]) -> list[Any]:
    """The parameters, gradients and moments in arrays."""
    names = ["w", "gw", *[name for name in arrays if name[0] == "m"]]
    return [arrays[name][: prod(shape)].reshape(shape) for name in names]


def listed(numbers: Any) -> list[float]:
    """A list of floats of its own."""
    return numbers.tolist() if hasattr(numbers, "tolist") else [*map(float, numbers)]


class Epoch(NamedTuple):
    """``rows`` are taken ``size`` at a time; the last step of an epoch may have fewer.

    ``fresh`` says that rows are not the same in every epoch: random numbers are drawn for them.
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
        """Whether every step takes as many rows."""
        return self.rows % self.size == 0

    @property
    def steps(self) -> int:
        """Steps for each epoch."""
        return -(-self.rows // self.size)

    def indices(self, step: int, order: Sequence[int]) -> Sequence[int]:
        """The indices of the rows of a step; ``order`` holds those of all rows, epoch after epoch."""
        if self.whole:
            return range(self.rows)
        epoch, inside = divmod(step, self.steps)
        start, first = epoch * self.rows, inside * self.size
        return order[start + first : start + min(first + self.size, self.rows)]

    def means(self, losses: Any) -> Any:
        """The mean over the rows of every whole epoch, of the losses of the steps one after the other."""
        if self.steps == 1:
            return losses
        counts = [float(self.size)] * (self.steps - 1) + [float(self.rows - self.size * (self.steps - 1))]
        epochs = len(losses) // self.steps
        if hasattr(losses, "reshape"):  # an array, whose parts are added in the same order
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

    ``order`` holds the indices of the rows, epoch after epoch; none where every step takes all rows. ``drawn`` are
    the random numbers for each row of these steps, if there are any.
    """

    epoch: Epoch
    order: Sequence[int]
    first: int
    last: int
    drawn: Sequence[Sequence[float]] = ()

    def indices(self, step: int) -> Sequence[int]:
        """Those of the rows of a step."""
        return self.epoch.indices(step, self.order)

    def fresh(self, rows: Sequence[Sequence[float]]) -> tuple[list[list[float]], Self]:
        """The rows of these steps, one after the other with what was drawn for them, and the steps over those."""
        steps, (epoch, inside) = range(self.first, self.last), divmod(self.first, self.epoch.steps)
        taken = [[*rows[i], *numbers] for i, numbers in zip([i for k in steps for i in self.indices(k)], self.drawn)]
        order = range(-epoch * self.epoch.rows - inside * self.epoch.size, len(taken))
        return taken, self._replace(epoch=self.epoch._replace(fresh=True), order=order)
