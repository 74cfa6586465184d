"""The training step of micrograd's moons demo: 100 points, a 2-16-16-1 net, hinge loss and an L2 penalty.

The network is written with binary gates and runs on any Value class that knows + * - and relu.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

SIZES = (2, 16, 16, 1)
RATE, PENALTY = 0.05, 1e-4


def points(count: int = 100, seed: int = 1) -> tuple[list[tuple[float, float]], list[float]]:
    """Two half circles, each reaching into the other, and their classes -1 and 1."""
    generator = random.Random(seed)
    rows, classes = [], []
    for i in range(count):
        angle, upper = math.pi * generator.random(), i % 2 == 0
        x, y = (math.cos(angle), math.sin(angle)) if upper else (1.0 - math.cos(angle), 0.5 - math.sin(angle))
        rows.append((x + generator.gauss(0.0, 0.1), y + generator.gauss(0.0, 0.1)))
        classes.append(-1.0 if upper else 1.0)
    return rows, classes


class BinaryGateNet:
    """2-16-16-1 with relu inside and a linear output; each neuron adds one product after the other."""

    def __init__(self, value: type, seed: int = 0) -> None:
        generator = random.Random(seed)
        self.value = value
        self.layers = [
            [([value(generator.uniform(-1.0, 1.0)) for _ in range(n)], value(0.0)) for _ in range(m)]
            for n, m in pairwise(SIZES)
        ]

    def __call__(self, x: Any) -> Any:
        x = [self.value(xi) for xi in x]  # as the demo does
        for layer in self.layers:
            sums = [sum((w * xi for w, xi in zip(weights, x)), bias) for weights, bias in layer]
            x = sums if layer is self.layers[-1] else [s.relu() for s in sums]
        return x[0]

    def parameters(self) -> list[Any]:
        return [p for layer in self.layers for weights, bias in layer for p in [*weights, bias]]


def loss(model: Callable[[Any], Any], parameters: list[Any], rows: list[Any], classes: list[float]) -> Any:
    """The mean of max(0, 1 - class * score), plus the penalty."""
    hinges = [(1.0 + -c * model(row)).relu() for row, c in zip(rows, classes)]
    return sum(hinges) * (1.0 / len(hinges)) + PENALTY * sum(p * p for p in parameters)


def step(model: Callable[[Any], Any], parameters: list[Any], rows: list[Any], classes: list[float]) -> float:
    """Forward, backward, update; returns the loss before."""
    for p in parameters:
        p.grad = 0.0
    total = loss(model, parameters, rows, classes)
    total.backward()
    for p in parameters:
        p.data -= RATE * p.grad
    return float(total.data)
