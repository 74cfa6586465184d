"""To watch: what the start of the weights, and the optimizer, do to learning."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

from ..data import truth_table
from ..initializers import uniform
from ..metrics import evaluate
from ..models import MLP
from ..optim import SGD, Adam
from ..training.fitting import fit


def gates_one_by_one() -> Iterator[str]:
    """Per-example gradient descent on the cross entropy learns AND, OR, XNOR and XOR."""
    for gate in ("and", "or", "xnor", "xor"):
        X, Y = truth_table(gate)
        net = MLP(2, [1] if gate in ("and", "or") else [4, 1], "tanh", "sigmoid", seed=0)
        run = fit(net, X, Y, "binary_cross_entropy", SGD(net.parameters(), 0.2), 500, 1, progress=False)
        right = evaluate(net, X, Y, "binary_cross_entropy")[1]
        losses = f"loss {run.loss[0]:.3f} -> {run.loss[-1]:.4f}"
        yield f"{gate:<4} {net}: {run.updates} updates, {losses}, {right} of 4 right"


def small_random_weights() -> Iterator[str]:
    """Small random weights to start from, and two optimizers."""
    X, Y = truth_table("xor")
    for name in ("SGD", "Adam"):
        for bound in (0.01, 0.5, 1.0):
            net = MLP(2, [4, 1], initializer=uniform(-bound, bound), seed=0)
            optimizer = SGD(net.parameters(), 0.1) if name == "SGD" else Adam(net.parameters(), 0.02)
            run = fit(net, X, Y, optimizer=optimizer, epochs=1000, progress=False)
            right = evaluate(net, X, Y)[1]
            start = f"start uniform(-{bound:g}, {bound:g})"
            yield f"{name:<4} {start:<27} loss {run.loss[-1]:.2e} after 1000 epochs, {right} of 4 right"


def all_zero() -> Iterator[str]:
    """Theta <- 0: units that start identical stay identical."""
    X, Y = truth_table("xor")
    for activation in ("tanh", "sigmoid"):
        for start, batch_size in (("zeros", None), ("zeros", 1), ("uniform", 1)):
            net = MLP(2, [4, 1], activation, "sigmoid", initializer=start, seed=0)
            optimizer = SGD(net.parameters(), 0.2)
            run = fit(net, X, Y, "binary_cross_entropy", optimizer, 1000, batch_size, progress=False)
            units = {tuple([p.data for p in neuron.parameters()]) for neuron in net.layers[0].neurons}
            batch = "all at once" if batch_size is None else "one by one"
            case = f"{activation:<7} from {start:<7} {batch:<11}"
            yield f"{case} loss {run.loss[-1]:.6f}, different hidden units: {len(units)}"
    yield f"ln 2 = {log(2.0):.6f}: no better than guessing"
