"""Layers that normalize: over the rows of a mini-batch (D18), or over the numbers of one example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autodiff
from autodiff import Value, dot, mean, reciprocal, sqrt

from ._checks import Example, above_0, at_least_0, counted, example, one_example, several, size, within
from .module import Module, recorder


class Scaled(Module):
    """What the layers share: a learned scale, and a shift, for each unit."""

    not_weights = "scale", "shift"

    def __init__(self, inputs: int, epsilon: float = 1e-5) -> None:
        self.scale = [Value(1.0, f"scale{j}") for j in range(size(inputs))]
        self.shift = [Value(0.0, f"shift{j}") for j in range(inputs)]
        self.epsilon = above_0("epsilon", epsilon)

    def row(self, x: Example) -> Sequence[Any]:
        """One example, of the right length."""
        if len(x := example(x)) != len(self.scale):
            one_example(x)
            raise ValueError(f"{self!r} expected {counted(len(self.scale), 'number')}, got {len(x)}")
        return x

    def learned(self, x: Sequence[Any]) -> list[Any]:
        return [x_j * scale + shift for x_j, scale, shift in zip(x, self.scale, self.shift)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({counted(len(self.scale), 'unit')})"


class LayerNorm(Scaled):
    """(x - mean) / sqrt(variance + epsilon) * scale + shift, mean and variance over the numbers of one example.

    PyTorch's LayerNorm. (Ba, Kiros and Hinton 2016)

    >>> [round(y.data, 3) for y in LayerNorm(2)([1.0, 3.0])]
    [-1.0, 1.0]
    """

    def __call__(self, x: Example) -> list[Any]:
        return self.learned(normalized(list(self.row(x)), self.epsilon))


class RMSNorm(Scaled):
    """x / sqrt(mean of squares + epsilon) * scale: numbers of one length whatever they were.

    PyTorch's RMSNorm(inputs, eps=epsilon). With ``learned=False`` there is no scale, as in microgpt. (Zhang and
    Sennrich 2019)

    >>> RMSNorm(2, learned=False)([3.0, -3.0])
    [0.9999994444449074, -0.9999994444449074]
    """

    def __init__(self, inputs: int, epsilon: float = 1e-5, learned: bool = True) -> None:
        super().__init__(inputs, epsilon)
        self.shift = []
        self.scale = self.scale if learned else [1.0] * inputs  # type: ignore[list-item]

    def __call__(self, x: Example) -> list[Any]:
        x = self.row(x)
        factor = (dot(x, x) / len(x) + self.epsilon) ** -0.5
        return [x_j * factor * scale if type(scale) is Value else x_j * factor for x_j, scale in zip(x, self.scale)]


class BatchNorm(Scaled):
    """(x - mean) / sqrt(variance + epsilon) * scale + shift for each unit, with learned scale and shift.

    In training mean and variance are those of the mini-batch, and the running statistics move towards them; else
    they are the running ones, so that one example is enough. (Ioffe and Szegedy 2015; PyTorch's BatchNorm1d)

    Lists have shape (inputs,); ``batch`` takes and returns (examples, inputs), in training two examples or more. A
    model of your own that contains one defines ``batch(rows)``, from the list of examples to the list of outputs:
    ``return [self.last(h) for h in self.norm.batch([self.first(x) for x in rows])]``. Sequential has it.

    ``momentum`` is the share of the mini-batch in the new running statistics (its variance there divided by n - 1);
    ``epsilon`` keeps a constant unit from a division by 0.

    >>> norm = BatchNorm(1, momentum=1.0).train()
    >>> [round(y.data, 3) for [y] in norm.batch([[1.0], [3.0]])]
    [-1.0, 1.0]
    >>> norm.running_mean, norm.running_variance, norm.eval()([2.0])
    ([2.0], [2.0], [Value(0.0)])
    """

    in_training = "normalizes all rows of a mini-batch together"
    buffers = "running_mean", "running_variance"

    def __init__(self, inputs: int, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        super().__init__(inputs, epsilon)
        self.running_mean, self.running_variance = [0.0] * inputs, [1.0] * inputs
        self.momentum = within("momentum", momentum, "a share from 0 to 1", lambda x: 0.0 <= x <= 1.0)

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        if self.training:
            notes = (found := recorder.get()) and found.notes
            return self.batch([x])[0] if notes is None else self.recorded(self.row(x), notes)
        deviations = [(variance + self.epsilon) ** 0.5 for variance in self.running_variance]
        return self.learned([(x_j - m) / d for x_j, m, d in zip(self.row(x), self.running_mean, deviations)])

    def batch(self, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """The outputs for all rows of a mini-batch."""
        if not self.training:
            return [self(x) for x in rows]
        rows = [self.row(x) for x in rows]
        if (n := len(rows)) < 2:
            raise ValueError(
                f"{self!r} expected more than 1 row in training, got {n}: choose a batch_size that leaves none alone, "
                "give a model of your own a method batch(rows), or call the model in evaluation mode, net.eval()"
            )
        outputs = [self.learned(row) for row in batch_norm(rows, self.epsilon)]
        columns = [[getattr(x_j, "data", x_j) for x_j in column] for column in zip(*rows)]
        means = [sum(column) / n for column in columns]
        self.follow(means, [sum([(x - m) * (x - m) for x in column]) / n for column, m in zip(columns, means)], n)
        return outputs

    def follow(self, means: Sequence[float], variances: Sequence[float], n: int) -> None:
        """Move the running statistics towards those of a mini-batch of n rows."""
        share, rest = self.momentum, 1.0 - self.momentum
        self.running_mean = [rest * y + share * x for x, y in zip(means, self.running_mean)]
        self.running_variance = [rest * y + share * x * n / (n - 1) for x, y in zip(variances, self.running_variance)]

    def recorded(self, x: Sequence[Any], notes: list[Any]) -> list[Any]:
        """One example among all rows, whose means are gates; it is noted with the mini-batch's mean and variance."""
        means = [autodiff.flat.ir.row_mean(x_j) for x_j in x]
        distances = [x_j - m for x_j, m in zip(x, means)]
        variances = [autodiff.flat.ir.row_mean(d * d) for d in distances]
        notes.append((self, means, variances))
        return self.learned([d / sqrt(variance + self.epsilon) for d, variance in zip(distances, variances)])


def batch_norm(rows: Sequence[Sequence[Any]], epsilon: float = 1e-5) -> list[list[Any]]:
    """(x - mean) / sqrt(variance + epsilon) for each column, mean and variance being those of these rows.

    The rows, of shape (examples, units), are a layer's outputs for the examples of one mini-batch; ValueError if they
    differ in length or are fewer than two. With epsilon 0 a constant column becomes nan.

    >>> batch_norm([[1.0], [3.0]], epsilon=0.0)
    [[-1.0], [1.0]]
    """
    at_least_0("epsilon", epsilon)
    usage = "batch_norm([layer(x) for x in batch])"
    rows = [several("batch_norm", row, usage) for row in several("batch_norm", rows, usage)]
    if len(rows) < 2 or any(len(row) != len(rows[0]) for row in rows):
        raise ValueError(f"batch_norm takes two or more rows of one length, got lengths {[*map(len, rows)]!r:.60}")
    columns = [normalized(list(column), epsilon) for column in zip(*rows)]
    return [list(row) for row in zip(*columns)]


def normalized(column: Sequence[Any], epsilon: float) -> list[Any]:
    """The numbers of one unit with mean 0 and variance 1."""
    constant = Value not in map(type, column) and min(column) == max(column)
    center = column[0] if constant else mean(column)  # the mean of equal numbers may be off by rounding
    distances = [x - center for x in column]
    deviation = sqrt(mean([d * d for d in distances]) + epsilon)
    if type(deviation) is not Value and deviation == 0.0:
        return [d * reciprocal(0.0) for d in distances]  # nan, where a float would raise
    return [d / deviation for d in distances]
