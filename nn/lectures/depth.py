"""Examples of gradients that shrink or grow with depth (B7, C12, D13, D14)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from autodiff import Value, dot, sigmoid
from autodiff.formula import show
from autodiff.graph import history
from autodiff.lectures import EXAMPLES

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
    failed = [seed for seed in range(30) if xor_from(seed, 0.5, 500)[1] < 1.0]
    yield f"XOR, 2-2-1 tanh, rate 0.5, 500 epochs: {30 - len(failed)} of 30 seeds learn it, not {failed}"
    for seed in failed:
        losses = [f"{xor_from(seed, rate, 5000)[0]:.3g} at rate {rate:g}" for rate in (0.5, 0.1)]
        yield f"  seed {seed}: loss {xor_from(seed, 0.5, 500)[0]:.3f}; after 5000 epochs {', '.join(losses)}"
    yield "  The loss still creeps toward 1/8 while weights grow: a plateau, without a lowest point in sight."
    yield "  Whether a start gets stuck there depends on the learning rate, too: try others, and other seeds."
    dead = sum([xor_from(seed, 0.5, 500, "relu")[2] for seed in range(10)])
    yield f"XOR, 2-2-1 relu: {dead} of 10 seeds end with a dead unit, whose gradient is 0 for good"


def xor_from(seed: int, rate: float, epochs: int, activation: ActivationName = "tanh") -> tuple[float, float, bool]:
    """(last loss, accuracy, whether a unit is dead) of a 2-2-1 net trained on XOR from this seed (B7)."""
    net, (X, Y) = MLP(2, [2, 1], activation, seed=seed), truth_table("xor")
    run = fit(net, X, Y, optimizer=SGD(net.parameters(), rate), epochs=epochs, progress=False)
    return run.loss[-1], evaluate(net, X, Y)[1], "dead units" in diagnose(net, X, Y).kinds


def why_backward() -> Iterator[str]:
    """Why backward? One sweep gives all gradients; each component alone costs a run."""
    example = EXAMPLES["D7"]
    loss, inputs = example.build(), len(example.inputs)
    edges = sum([type(operand) is Value for node in history(loss) for operand in node.operands])
    yield f"D7: L = {loss.data!r} depends on {inputs} inputs (W, x and y*) by {edges} edges"
    yield f"  backward: one run forward, one sweep back: {edges} multiplications upstream * local for all {inputs}"
    yield f"  forward, one sweep for each input: up to {inputs} * {edges} = {inputs * edges} multiplications"
    yield f"  numerically: {inputs} + 1 = {inputs + 1} runs, and only about 4 digits"
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
    unit, points = MLP.from_matrices([[0.1, 0.5, 0.5]], output="relu"), truth_table("and")[0]
    yield "how a ReLU dies: relu(0.1 + 0.5 x1 + 0.5 x2) is to be 0 for all 0/1 inputs; a step at rate 2 is too large"
    for step in range(3):
        loss: Any = sum([squared_error(unit(x), 0.0) for x in points]) / 4.0
        unit.zero_grad()
        loss.backward()
        sums = [dot(unit.weights(), x) + unit.layers[0].neurons[0].b for x in points]
        gradient = show_all([p.grad for p in unit.parameters()])
        yield f"  step {step}: weighted sums {show_all(sums)}, gradient {gradient}"
        SGD(unit.parameters(), 2.0).step()
    yield "  every sum is negative, so every gradient is 0: the unit is dead, whatever is asked of it from now on"


def show_all(numbers: Iterable[Any], digits: int | None = None) -> str:
    """ "(1, 2.5, -3)" of numbers or Values."""
    return f"({', '.join([show(getattr(x, 'data', x), digits) for x in numbers])})"
