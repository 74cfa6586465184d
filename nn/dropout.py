"""Dropout: in training some numbers are left out at random."""

from __future__ import annotations

from typing import Any

from ._checks import Example, Seed, below_1, example, generator
from .module import Module, recorder


class Dropout(Module):
    """In training each number of a list is dropped (times 0) or kept (times 1 / (1 - share)); else all stay.

    What is kept is enlarged so that the mean stays the same (inverted dropout). Every example draws its own numbers
    from one stream, in the order of the mini-batch. Give several layers different seeds, or they drop the same units.
    ``share`` is the probability that a number is dropped, PyTorch's p. (Srivastava et al. 2014)

    >>> from nn import Layer, Sequential
    >>> Sequential(Layer(2, 8, "tanh", seed=0), Dropout(0.2), Layer(8, 1, seed=1))
    Sequential(Layer(2 inputs, 8 neurons, tanh), Dropout(0.2), Layer(8 inputs, 1 neuron, linear))
    >>> half = Dropout(0.5, seed=1)
    >>> half.train()([1.0, 1.0, 1.0]), half.eval()([1.0, 1.0, 1.0])
    ([0.0, 2.0, 2.0], [1.0, 1.0, 1.0])
    """

    in_training = "draws new random numbers for every example"

    def __init__(self, share: float, seed: Seed = 0) -> None:
        self.share = below_1("share", share)
        self.random = generator(seed)

    def __call__(self, x: Example) -> list[Any]:
        x = example(x)
        if not self.training:
            return list(x)
        recording = recorder.get()
        factors = recording.factors(self, len(x)) if recording else self.factors(len(x))
        return [x_j * factor for x_j, factor in zip(x, factors)]

    def factors(self, units: int) -> list[float]:
        """Newly drawn factors for that many numbers."""
        share, draw = self.share, self.random.random
        kept = 1.0 / (1.0 - share)
        return [kept if draw() >= share else 0.0 for _ in range(units)]

    def __repr__(self) -> str:
        return f"Dropout({self.share:g})"
