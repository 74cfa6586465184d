"""Dropout: in training some numbers are left out at random."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from ._checks import below_1, example, generator
from .module import Module


class Dropout(Module):
    """In training each number is dropped (times 0) or kept (times 1 / (1 - share)); else all stay as they are.

    What is kept is enlarged so that the mean stays the same (inverted dropout). Every example draws its own numbers,
    in the order of the mini-batch, from one stream that ``fit`` undoes after ctrl-C and goes on with. Give several
    layers different seeds, or they drop the same units. (Srivastava et al. 2014)

    Parameters
    ----------
    share : float
        How probable it is that a number is dropped: PyTorch's p.
    seed : int or random.Random, optional
        As for ``Neuron``.

    Returns
    -------
    Called with a list of shape (units,): another of that shape.

    Examples
    --------
    >>> from nn import Layer, Sequential
    >>> Sequential(Layer(2, 8, "tanh", seed=0), Dropout(0.2), Layer(8, 1, seed=1))
    Sequential(Layer(2 inputs, 8 neurons, tanh), Dropout(0.2), Layer(8 inputs, 1 neuron, linear))
    >>> half = Dropout(0.5, seed=1)
    >>> half.train()([1.0, 1.0, 1.0]), half.eval()([1.0, 1.0, 1.0])
    ([0.0, 2.0, 2.0], [1.0, 1.0, 1.0])
    """

    eager_only = "draws new random numbers for every example"

    def __init__(self, share: float, seed: int | Random | None = 0) -> None:
        self.share = below_1("share", share)
        self.random = generator(seed)

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        x = example(x)
        if not self.training:
            return list(x)
        share, draw = self.share, self.random.random
        return [x_j * (1.0 / (1.0 - share) if draw() >= share else 0.0) for x_j in x]

    def __repr__(self) -> str:
        return f"Dropout({self.share:g})"
