"""To watch: what depth, flat slopes and one backward sweep do to gradients."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from autodiff import Value, history, norm, show, sigmoid

from ..depth import norms_by_depth
from ..diagnosis import diagnose
from ..gates import truth_table
from ..nets import MLP
from ..optimizers import SGD
from ..prediction import evaluate
from ..training import fit
from .text import several


def diluted_gradients() -> Iterator[str]:
    """Diluted gradients in deep nets, and starts that get stuck."""
    for activation in ("sigmoid", "tanh"):
        norms = norms_by_depth(8, activation)
        yield f"{activation:<7} 8 hidden layers, gradient of each layer: {' '.join([f'{x:.0e}' for x in norms])}"
    X, Y = truth_table("xor")
    for seed in range(10):
        net = MLP(2, [2, 1], "relu", seed=seed)
        run = fit(net, X, Y, optimizer=SGD(net.parameters(), 0.5), epochs=500, progress=False)
        right, found = evaluate(net, X, Y)[1], diagnose(net, X, Y, history=run).kinds
        yield f"XOR, 2-2-1 relu, seed {seed}: {right} of 4 right, loss {run.loss[-1]:.3f}  {', '.join(found)}"


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
        yield f"inputs {several(inputs)}: gradients of w {several([w.grad for w in neuron.weights()])}"
    yield "  inputs all positive give gradients all of one sign: the steps can only zig-zag"
    dying = MLP.from_matrices([[-5.0, 1.0, 1.0]], output="relu")
    gradients = []
    for point in truth_table("and")[0]:
        dying.zero_grad()
        dying(point).backward()
        gradients += [p.grad for p in dying.parameters()]
    yield f"relu(x1 + x2 - 5) on 0/1 inputs: every gradient is {show(max(map(abs, gradients)))}: the unit is dead"
