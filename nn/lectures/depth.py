"""Examples of gradients that shrink or grow with depth (D14, E5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from autodiff import Value, norm, sigmoid
from autodiff.formula import show
from autodiff.graph import history

from ..activations import ActivationName
from ..data import truth_table
from ..doctor import diagnose
from ..losses import squared_error
from ..metrics import evaluate
from ..models import MLP
from ..optim import SGD
from ..training.fitting import fit
from ..training.history import gradient_norms


def repeated(function: Callable[[Any], Any], x: Any, times: int) -> Any:
    """function(function(...(x))), ``times`` times: a chain of gates, or a one-unit recurrent net.

    >>> repeated(lambda h: 1.5 * h, 1.0, 3)
    3.375
    """
    for _ in range(times):
        x = function(x)
    return x


def cliff(w: Any, b: Any, steps: int = 50) -> Any:
    """E = (sigmoid(x) - 0.7)^2 after x <- w sigmoid(x) + b, ``steps`` times from x = 0.5 (D14; Pascanu et al. 2013).

    Near w = 4.35, b = -2.21 the loss jumps: its gradient is a hundred times as large as elsewhere.

    >>> round(cliff(4.35, -2.21), 6)
    0.024476
    """
    x = repeated(lambda x: w * sigmoid(x) + b, 0.5, steps)
    difference = sigmoid(x) - 0.7
    return difference * difference


def norms_by_depth(depth: int, activation: ActivationName = "sigmoid", width: int = 4, seed: int = 0) -> list[float]:
    """The norm of each layer's gradient in a deep, untrained net (B7).

    >>> norms = norms_by_depth(8, "sigmoid")
    >>> norms[0] < 0.001 * norms[-1]
    True
    """
    net = MLP(2, [*[width] * depth, 1], activation, seed=seed)
    squared_error(net([0.5, -1.0]), 1.0).backward()
    return list(gradient_norms(net).values())


def diluted_gradients() -> Iterator[str]:
    """Diluted gradients in deep nets, and starts that get stuck."""
    for activation in ("sigmoid", "tanh"):
        norms = norms_by_depth(8, activation)
        yield f"{activation:<7} 8 hidden layers, gradient of each layer: {' '.join([f'{x:.0e}' for x in norms])}"
    X, Y = truth_table("xor")
    for seed in range(10):
        net = MLP(2, [2, 1], "relu", seed=seed)
        run = fit(net, X, Y, optimizer=SGD(net.parameters(), 0.5), epochs=500, progress=False)
        accuracy, found = evaluate(net, X, Y)[1], diagnose(net, X, Y, history=run).kinds
        yield f"XOR, 2-2-1 relu, seed {seed}: {4 * accuracy:g} of 4 right, loss {run.loss[-1]:.3f}  {', '.join(found)}"


def why_backward() -> Iterator[str]:
    """Why backward? One sweep gives all gradients; each component alone costs a run."""
    W = [[-0.1, 0.2, 0.15, 0.05], [0.25, 0.05, 0.2, -0.1], [0.25, 0.15, -0.15, 0.4]]
    x, target = [0.1, 1.5, 0.07, 2.32], [0.0, 1.0, 0.0]
    weights = [[Value(w) for w in row] for row in W]
    rows = [sum([w * xi for w, xi in zip(row, x)]) - t for row, t in zip(weights, target)]
    loss = norm(rows)
    edges = sum([type(operand) is Value for node in history(loss) for operand in node.operands])
    yield f"D7: L = {loss.data!r} depends on 12 weights by {edges} edges"
    yield f"  backward: one run forward, one sweep back: {edges} multiplications upstream * local for all 12"
    yield f"  forward, one sweep for each input: up to {12 * edges} multiplications"
    yield "  numerically: 12 + 1 = 13 runs, and only about 4 digits"
    sizes = [784, 128, 128, 10]
    count = sum([(n + 1) * m for n, m in pairwise(sizes)])
    yield f"784-128-128-10 has {count:,} parameters: {count + 1:,} runs for one gradient, or one sweep"


def saturation() -> Iterator[str]:
    """A saturated sigmoid, inputs all positive, a dying ReLU."""
    for z in (-10.0, 0.0, 10.0):
        x = Value(z)
        sigmoid(x).backward()
        yield f"sigmoid at {z:g}: slope {x.grad:.6g}"
    neuron = MLP.from_matrices([[0.0, 0.5, -0.5, 0.2]], output="sigmoid")
    for inputs in ([1.0, 2.0, 0.5], [1.0, -2.0, 0.5]):
        neuron.zero_grad()
        neuron(inputs).backward()
        yield f"inputs {show_all(inputs)}: gradients of w {show_all([w.grad for w in neuron.weights()])}"
    yield "  inputs all positive give gradients all of one sign: the steps can only zig-zag"
    dying = MLP.from_matrices([[-5.0, 1.0, 1.0]], output="relu")
    gradients = []
    for point in truth_table("and")[0]:
        dying.zero_grad()
        dying(point).backward()
        gradients += [p.grad for p in dying.parameters()]
    yield f"relu(x1 + x2 - 5) on 0/1 inputs: every gradient is {show(max(map(abs, gradients)))}: the unit is dead"


def show_all(numbers: Iterable[Any], digits: int | None = None) -> str:
    """ "(1, 2.5, -3)" of numbers or Values."""
    return f"({', '.join([show(getattr(x, 'data', x), digits) for x in numbers])})"
