"""Initializers, functions (random, inputs, outputs) -> one weight, by name.

``inputs`` and ``outputs`` are the layer's numbers of inputs and neurons. A net draws its weights from one
``random.Random(seed)``, layer by layer, neuron by neuron; biases start at 0 and draw nothing. So the same seed gives
the same weights on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal

InitializerName = Literal[
    "uniform", "normal", "zeros", "ones", "xavier", "glorot", "xavier_normal", "he", "kaiming", "he_uniform"
]  # fmt: skip
Initializer = Callable[[Random, int, int], float]


def constant(number: float) -> Initializer:
    """The same number for every weight: units that start identical stay identical (E12)."""
    return lambda random, inputs, outputs: number


def uniform(low: float, high: float) -> Initializer:
    """Uniformly distributed between low and high."""
    return lambda random, inputs, outputs: random.uniform(low, high)


def normal(mean: float, deviation: float) -> Initializer:
    """Normally distributed, with this mean and standard deviation."""
    return lambda random, inputs, outputs: random.normalvariate(mean, deviation)


def xavier(random: Random, inputs: int, outputs: int) -> float:
    """Uniform with variance 2 / (inputs + outputs), for tanh (Glorot and Bengio 2010)."""
    bound = (6.0 / (inputs + outputs)) ** 0.5
    return random.uniform(-bound, bound)


def xavier_normal(random: Random, inputs: int, outputs: int) -> float:
    """Normal with variance 2 / (inputs + outputs), for tanh (Glorot and Bengio 2010)."""
    return random.normalvariate(0.0, (2.0 / (inputs + outputs)) ** 0.5)


def he(random: Random, inputs: int, outputs: int) -> float:
    """Normal with variance 2 / inputs, for ReLU (He et al. 2015)."""
    return random.normalvariate(0.0, (2.0 / inputs) ** 0.5)


def he_uniform(random: Random, inputs: int, outputs: int) -> float:
    """Uniform with variance 2 / inputs, for ReLU (He et al. 2015)."""
    bound = (6.0 / inputs) ** 0.5
    return random.uniform(-bound, bound)


INITIALIZERS: dict[str, Initializer] = {
    "uniform": uniform(-1.0, 1.0), "normal": normal(0.0, 1.0), "zeros": constant(0.0), "ones": constant(1.0),
    "xavier": xavier, "glorot": xavier, "xavier_normal": xavier_normal, "he": he, "kaiming": he,
    "he_uniform": he_uniform,
}  # fmt: skip
