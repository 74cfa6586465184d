"""Normalization over the rows of a mini-batch (D18) or over the numbers of one example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autodiff
from autodiff import Value, dot, mean, reciprocal, sqrt

from ._checks import Example, above_0, at_least_0, example, quantity, refuse_batch, several, size, within
from .module import Module, recorder


class Scaled(Module):
    """Base class: a learned scale and shift for each unit."""

    not_weights = "scale", "shift"

    def __init__(self, inputs: int, epsilon: float = 1e-5) -> None:
        self.scale = [Value(1.0, f"scale{j}") for j in range(size(inputs))]
        self.shift = [Value(0.0, f"shift{j}") for j in range(inputs)]
        self.epsilon = above_0("epsilon", epsilon)

    def row(self, x: Example) -> Sequence[Any]:
        """Return one example after checking its length."""
        if len(x := example(x)) != len(self.scale):
            refuse_batch(x)
            raise ValueError(f"{self!r} expected {quantity(len(self.scale), 'number')}, got {len(x)}")
        return x

    def tensors(self) -> dict[str, Any]:
        both = {"weight": self.scale, "bias": self.shift}
        return {name: units for name, units in both.items() if Value in map(type, units)}

    def scale_and_shift(self, x: Sequence[Any]) -> list[Any]:
        return [x_j * scale + shift for x_j, scale, shift in zip(x, self.scale, self.shift)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({quantity(len(self.scale), 'unit')})"


class LayerNorm(Scaled):
    """(x - mean) / sqrt(variance + epsilon) * scale + shift, with mean and variance over the numbers of one example.

    PyTorch's LayerNorm. (Ba, Kiros and Hinton 2016)

    >>> [round(y.data, 3) for y in LayerNorm(2)([1.0, 3.0])]
    [-1.0, 1.0]
    """

    def __call__(self, x: Example) -> list[Any]:
        return self.scale_and_shift(normalize(list(self.row(x)), self.epsilon))


class RMSNorm(Scaled):
    """x / sqrt(mean of squares + epsilon) * scale.

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

    In training mode, mean and variance are those of the mini-batch, and the running statistics move toward them; in
    evaluation mode they are the running statistics. (Ioffe and Szegedy 2015; PyTorch's BatchNorm1d)

    A call takes one example of shape (inputs,); ``batch`` takes and returns shape (examples, inputs), in training mode
    at least two examples. Your own model with a BatchNorm must define ``batch(rows)``, from the list of examples to the
    list of outputs: ``return [self.last(h) for h in self.norm.batch([self.first(x) for x in rows])]``. Sequential does.

    ``momentum`` is the weight of the mini-batch in the new running statistics (with its variance divided by n - 1);
    ``epsilon`` prevents division by 0 for a constant unit.

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
        self.momentum = within("momentum", momentum, "a number >= 0 and <= 1", lambda x: 0.0 <= x <= 1.0)

    def tensors(self) -> dict[str, Any]:
        return super().tensors() | {"running_mean": self.running_mean, "running_var": self.running_variance}

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        if self.training:
            notes = (found := recorder.get()) and found.notes
            return self.batch([x])[0] if notes is None else self.record(self.row(x), notes)
        deviations = [(variance + self.epsilon) ** 0.5 for variance in self.running_variance]
        return self.scale_and_shift([(x_j - m) / d for x_j, m, d in zip(self.row(x), self.running_mean, deviations)])

    def batch(self, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """The outputs for all rows of a mini-batch."""
        if not self.training:
            return [self(x) for x in rows]
        rows = [self.row(x) for x in rows]
        if (n := len(rows)) < 2:
            raise ValueError(
                f"{self!r} needs at least 2 rows in training, got {n}: choose a batch_size that leaves no single one, "
                "define batch(rows) in your own model, or call the model in evaluation mode, net.eval()"
            )
        outputs = [self.scale_and_shift(row) for row in batch_norm(rows, self.epsilon)]
        columns = [[getattr(x_j, "data", x_j) for x_j in column] for column in zip(*rows)]
        means = [sum(column) / n for column in columns]
        self.follow(means, [sum([(x - m) * (x - m) for x in column]) / n for column, m in zip(columns, means)], n)
        return outputs

    def follow(self, means: Sequence[float], variances: Sequence[float], n: int) -> None:
        """Move the running statistics toward those of a mini-batch of n rows."""
        share, rest = self.momentum, 1.0 - self.momentum
        self.running_mean = [rest * y + share * x for x, y in zip(means, self.running_mean)]
        self.running_variance = [rest * y + share * x * n / (n - 1) for x, y in zip(variances, self.running_variance)]

    def record(self, x: Sequence[Any], notes: list[Any]) -> list[Any]:
        """Record one example with the mini-batch's means and variances as gates, which are added to the notes."""
        means = [autodiff.flat.ir.row_mean(x_j) for x_j in x]
        distances = [x_j - m for x_j, m in zip(x, means)]
        variances = [autodiff.flat.ir.row_mean(d * d) for d in distances]
        notes.append((self, means, variances))
        return self.scale_and_shift([d / sqrt(variance + self.epsilon) for d, variance in zip(distances, variances)])


def batch_norm(rows: Sequence[Sequence[Any]], epsilon: float = 1e-5) -> list[list[Any]]:
    """(x - mean) / sqrt(variance + epsilon) for each column, with the column's mean and variance.

    The rows, of shape (examples, units), are a layer's outputs for one mini-batch; ValueError if they differ in length
    or are fewer than two. With epsilon 0 a constant column becomes nan.

    >>> batch_norm([[1.0], [3.0]], epsilon=0.0)
    [[-1.0], [1.0]]
    """
    at_least_0("epsilon", epsilon)
    usage = "batch_norm([layer(x) for x in batch])"
    rows = [several("rows", row, usage) for row in several("rows", rows, usage)]
    if len(rows) < 2 or any(len(row) != len(rows[0]) for row in rows):
        raise ValueError(f"batch_norm needs two or more rows of equal length, got lengths {[*map(len, rows)]!r:.60}")
    columns = [normalize(list(column), epsilon) for column in zip(*rows)]
    return [list(row) for row in zip(*columns)]


def normalize(column: Sequence[Any], epsilon: float) -> list[Any]:
    """Return the numbers of one unit with mean 0 and variance 1."""
    constant = Value not in map(type, column) and min(column) == max(column)
    center = column[0] if constant else mean(column)  # rounding may change the mean of equal numbers
    distances = [x - center for x in column]
    deviation = sqrt(mean([d * d for d in distances]) + epsilon)
    if type(deviation) is not Value and deviation == 0.0:
        return [d * reciprocal(0.0) for d in distances]  # nan, where a float would raise
    return [d / deviation for d in distances]
