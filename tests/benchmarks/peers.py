"""The nets of the benchmarks in PyTorch and JAX: the same start, the same data, the same plain gradient descent."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

Rows = Sequence[Sequence[float]]


def weights(sizes: Sequence[int], seed: int = 0) -> list[tuple[list[list[float]], list[float]]]:
    """(matrix, biases) for each layer."""
    draw = random.Random(seed).uniform
    return [([[draw(-1, 1) for _ in range(m)] for _ in range(n)], [0.0] * n) for m, n in pairwise(sizes)]


def torch_steps(sizes: Sequence[int], activation: str, loss: str, rate: float) -> Callable[[Any, Any], float]:
    """One training step in PyTorch on the CPU, one thread, float64."""
    import torch

    torch.set_num_threads(1)
    layers: list[Any] = []
    for matrix, bias in weights(sizes):
        layer = torch.nn.Linear(len(matrix[0]), len(matrix)).double()
        layer.weight.data, layer.bias.data = torch.tensor(matrix).double(), torch.tensor(bias).double()
        layers += [layer, torch.nn.Tanh() if activation == "tanh" else torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    descent = torch.optim.SGD(net.parameters(), lr=rate)

    def cost(outputs: Any, targets: Any) -> Any:
        if loss == "cross_entropy":
            return torch.nn.functional.cross_entropy(outputs, targets)
        if loss == "hinge":
            return torch.relu(1.0 - targets * outputs[:, 0]).mean()
        return ((outputs[:, 0] - targets) ** 2).mean()

    def step(x: Any, y: Any) -> float:
        descent.zero_grad()
        value = cost(net(x), y)
        value.backward()
        descent.step()
        return float(value.detach())

    return step


def jax_steps(sizes: Sequence[int], activation: str, loss: str, rate: float, x: Rows, y: Sequence[float]) -> Any:
    """(run by a loop over jax.jit, run by jax.lax.scan): functions of the number of steps."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    start = [(jnp.array(matrix), jnp.array(bias)) for matrix, bias in weights(sizes)]
    inputs, targets = jnp.array(x), jnp.array(y)
    bend = jnp.tanh if activation == "tanh" else jax.nn.relu

    def cost(parameters: Any) -> Any:
        signals = inputs
        for matrix, bias in parameters[:-1]:
            signals = bend(signals @ matrix.T + bias)
        outputs = (signals @ parameters[-1][0].T + parameters[-1][1])[:, 0]
        return jnp.mean(jax.nn.relu(1.0 - targets * outputs) if loss == "hinge" else (outputs - targets) ** 2)

    def step(parameters: Any, _: Any = None) -> Any:
        value, slopes = jax.value_and_grad(cost)(parameters)
        return jax.tree.map(lambda p, g: p - rate * g, parameters, slopes), value

    jitted = jax.jit(step)
    scanned = jax.jit(lambda p, n: jax.lax.scan(step, p, length=n), static_argnums=1)

    def by_loop(steps: int) -> float:
        parameters, value = start, jnp.array(0.0)
        for _ in range(steps):
            parameters, value = jitted(parameters)
        return float(value)

    def by_scan(steps: int) -> float:
        return float(scanned(start, steps)[1][-1])

    return by_loop, by_scan
