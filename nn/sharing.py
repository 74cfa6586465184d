"""The same neurons used again and again: a recurrent cell over time, a convolution over places (E10)."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from autodiff.arrays import in_order

from .checks import example, generator, size
from .layers import Layer, Neuron
from .module import Module


class RecurrentCell(Module):
    """h <- activation(W [x, h] + b): one layer that takes its own last outputs as further inputs.

    Called with a sequence of examples it returns the last h; ``states`` gives them all. h starts at 0.

    Examples
    --------
    >>> cell = RecurrentCell(1, 2, seed=0)
    >>> len(cell.parameters()), len(cell([[1.0], [0.0], [1.0]]))
    (8, 2)
    """

    def __init__(self, inputs: int, hidden: int, activation: Any = "tanh", seed: int | Random | None = None) -> None:
        self.layer = Layer(size(inputs) + size(hidden), hidden, activation, seed=seed)

    def states(self, sequence: Sequence[Sequence[Any]], start: Sequence[Any] | None = None) -> list[list[Any]]:
        """[h1, h2, ...]: what the cell holds after each example of the sequence."""
        h, found = list(start or [0.0] * len(self.layer.neurons)), []
        for x in in_order("a sequence", sequence):
            h = self.layer([*example(x), *h])
            found.append(h)
        return found

    def __call__(self, sequence: Sequence[Sequence[Any]]) -> list[Any]:
        return self.states(sequence)[-1]


class Convolution(Module):
    """One neuron moved along a list, looking at ``width`` neighbours at a time.

    Examples
    --------
    >>> edges = Convolution(2, seed=0)
    >>> edges.load_state_dict({"neuron.w.0": -1.0, "neuron.w.1": 1.0, "neuron.b": 0.0})
    >>> [out.data for out in edges([0.0, 0.0, 1.0, 1.0])]
    [0.0, 1.0, 0.0]
    """

    def __init__(
        self, width: int, activation: Any = "linear", bias: bool = True, seed: int | Random | None = None
    ) -> None:
        self.neuron = Neuron(size(width, "width"), activation, bias, seed=generator(seed))

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        x, width = example(x), len(self.neuron.w)
        if len(x) < width:
            raise ValueError(f"a convolution of width {width} expected at least {width} numbers, got {len(x)}")
        return [self.neuron(x[i : i + width]) for i in range(len(x) - width + 1)]
