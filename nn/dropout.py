"""Dropout: in training mode, random units are set to 0."""

from __future__ import annotations

from typing import Any

from ._checks import Example, Seed, below_1, example, generator
from .module import Module, recorder


class Dropout(Module):
    """In training mode, drops each number (times 0) or keeps it (times 1 / (1 - share)); otherwise keeps all.

    Scaling the kept numbers preserves the mean (inverted dropout). Each example draws its own random numbers from one
    stream, in the order of the mini-batch. Layers with the same seed drop the same units: give each its own seed.
    ``share``, >= 0 and < 1, is the probability of dropping a number, PyTorch's p. (Srivastava et al. 2014)

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
        """Draw a factor for each unit."""
        share, draw = self.share, self.random.random
        scale = 1.0 / (1.0 - share)
        return [scale if draw() >= share else 0.0 for _ in range(units)]

    def __repr__(self) -> str:
        return f"Dropout({self.share:g})"
