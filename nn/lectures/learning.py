"""Examples of training: loops, batch sizes, stopping, initial weights, and the capacity of nets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import exp, log, pi, sin
from typing import Any

from .. import data
from .._checks import quantity
from ..data import truth_table
from ..initializers import InitializerName, uniform
from ..losses import l2
from ..metrics import evaluate
from ..models import MLP
from ..optim import SGD, Adam
from ..training.fitting import fit
from ..training.history import History, loss_below
from ..training.runners import RunnerName


def one_example_at_a_time(epochs: int = 5) -> Iterator[str]:
    """Handwritten digits by a two-layer net: pick an example at random, update, repeat."""
    yield "scikit-learn's 8 x 8 digits, in place of the lecture's MNIST: no download, and 64 inputs instead of 784"
    (X, Y), (X_test, Y_test) = data.split(*data.digits())
    net = MLP(64, [32, 10], "tanh", "softmax", initializer="xavier", seed=0)
    run = None
    for epoch in range(1, epochs + 1):
        optimizer = SGD(net.parameters(), 0.05) if run is None else None
        run = fit(net, X, Y, "cross_entropy", optimizer, 1, 1, resume=run, progress=False)
        share = f"{100 * evaluate(net, X_test, Y_test, 'cross_entropy')[1]:.1f} % of the test digits right"
        yield f"epoch {epoch}: {run.updates} updates, loss {run.loss[-1]:.4f}, {share}"


def until_convergence() -> Iterator[str]:
    """The training loop with a stopping rule: mini-batch, forward, loss, backward, update."""
    X, Y = truth_table("xor")
    net = MLP(2, [4, 1], seed=0)
    run = fit(net, X, Y, batch_size=2, callbacks=[loss_below(0.001)], progress=False)
    for epoch in range(0, run.epochs, max(1, run.epochs // 8)):
        yield f"epoch {epoch + 1:>4}: loss {run.loss[epoch]:.6f}"
    yield f"stopped after {run.epochs} epochs and {run.updates} updates: {run.stopped}"


def runs_by_batch_size(
    runner: RunnerName = "eager", sizes: Sequence[int] = (1, 5, 20), epochs: int = 200
) -> dict[int, History]:
    """{batch size: run} of the same net on the same 20 examples."""
    X = [[i / 10.0 - 1.0] for i in range(20)]
    Y, found = [sin(pi * x[0]) for x in X], {}
    for batch_size in sizes:
        net = MLP(1, [6, 1], seed=0)
        found[batch_size] = fit(net, X, Y, epochs=epochs, batch_size=batch_size, runner=runner, progress=False)
    return found


def batch_sizes() -> Iterator[str]:
    """Stochastic, mini-batch and batch gradient descent: one setting, the batch size."""
    for runner in ("eager", "batch"):
        for batch_size, run in runs_by_batch_size(runner).items():
            each = 1000.0 * sorted(run.seconds)[run.epochs // 2]
            updates = f"{run.updates // run.epochs:>2} updates and {each:.2f} ms an epoch"
            yield f"{runner:<5} runner, batch size {batch_size:>2}: {updates}, loss {run.loss[-1]:.5f}"
    yield "The eager runner computes one example after the other, so an epoch takes about as long at"
    yield "any batch size; the batch runner computes all rows of a mini-batch at once, so fewer, larger"
    yield "batches are faster."


def fits_of_sin(shapes: Sequence[Sequence[int]], epochs: int = 600) -> Iterator[tuple[Sequence[int], int, float]]:
    """Yield (hidden layers, number of parameters, loss) of nets trained on sin from -3 to 3."""
    X = [[-3.0 + 6.0 * i / 19.0] for i in range(20)]
    Y = [sin(x[0]) for x in X]
    for hidden in shapes:
        net = MLP(1, [*hidden, 1], seed=0)
        fit(net, X, Y, optimizer=Adam(net.parameters(), 0.01), epochs=epochs, progress=False)
        yield hidden, len(net.parameters()), evaluate(net, X, Y)[0]


def universal_approximation() -> Iterator[str]:
    """Universal approximation: more and more hidden units fit sin; fat and shallow, thin and deep."""
    for hidden, count, loss in fits_of_sin([[2], [8], [32], [20], [6, 6]]):
        shape = "-".join(map(str, [1, *hidden, 1]))
        yield f"{shape:<8} {count:>3} parameters: loss {loss:.5f}"
    yield "1-20-1 and 1-6-6-1 have the same number of parameters: fat and shallow, thin and deep"


def capacity_runs(epochs: int = 150) -> Iterator[tuple[str, MLP, float, float]]:
    """Yield (name, net, training accuracy, test accuracy) for growing nets, then for growing penalties (D16)."""
    X, Y = data.moons(40, noise=0.35, seed=1)
    X_test, Y_test = data.moons(200, noise=0.35, seed=2)
    cases = [(quantity(hidden, "hidden unit"), hidden, 0.0) for hidden in (1, 3, 20)]
    cases += [(f"20 hidden units, lambda = {strength:g}", 20, strength) for strength in (0.001, 0.01, 0.1)]
    for name, hidden, strength in cases:
        net = MLP(2, [hidden, 1], seed=0)
        optimizer = Adam(net.parameters(), 0.05)
        fit(net, X, Y, "hinge", optimizer, epochs, 10, penalty=l2(strength) if strength else None, progress=False)
        train, test = evaluate(net, X, Y, "hinge")[1], evaluate(net, X_test, Y_test, "hinge")[1]
        yield name, net, train, test


def capacity() -> Iterator[str]:
    """Capacity and regularization: larger nets overfit, a penalty on the weights holds them back."""
    for name, net, train, test in capacity_runs():
        largest = max([abs(w.data) for w in net.weights()])
        yield f"{name:<31} train {100 * train:5.1f} %, test {100 * test:5.1f} %, largest weight {largest:.2f}"


def errors_by_size(sizes: Sequence[int] = (8, 20, 60, 200, 600)) -> Iterator[tuple[int, float, float]]:
    """Yield (number of examples, share of them wrong, share of 1000 new examples wrong) for the same net (B12)."""
    X_test, Y_test = data.moons(1000, noise=0.3, seed=99)
    for size in sizes:
        X, Y = data.moons(size, noise=0.3, seed=2)
        net = MLP(2, [16, 1], seed=0)
        fit(net, X, Y, "hinge", Adam(net.parameters(), 0.02), 12_000 // size, 4, progress=False)
        yield size, 1.0 - evaluate(net, X, Y, "hinge")[1], 1.0 - evaluate(net, X_test, Y_test, "hinge")[1]


def too_little_data() -> Iterator[str]:
    """One net, few or many examples: the training error says little, the test error falls."""
    for size, train, test in errors_by_size():
        yield f"{size:>4} examples: training error {100.0 * train:4.1f} %, test error {100.0 * test:4.1f} %"
    yield "few examples are learned by heart: the gap between the two errors is overfitting"


def why_a_bias() -> Iterator[str]:
    """The bias is a feature that is always on, and gives a class prior."""
    X, Y = truth_table("nor")
    for bias in (False, True):
        neuron = MLP(2, [1], output="sigmoid", bias=bias, seed=0)
        fit(neuron, X, Y, "binary_cross_entropy", SGD(neuron.parameters(), 1.0), 2000, progress=False)
        right = 4.0 * evaluate(neuron, X, Y, "binary_cross_entropy")[1]
        at_0: Any = neuron([0.0, 0.0])
        yield f"NOR {'with' if bias else 'without'} a bias: {right:g} of 4 right, {at_0.data:.6g} at (0, 0)"
    yield "  without one the weighted sum at (0, 0) is 0, and sigmoid(0) = 1/2, whatever the weights are"
    labels = [1, 1, 1, 0]
    prior = MLP.from_matrices([[0.0, 0.0]], output="sigmoid")
    fit(prior, [[0.0]] * 4, labels, "binary_cross_entropy", SGD(prior.parameters(), 1.0), 500, progress=False)
    b, share = prior.layers[0].neurons[0].b.data, sum(labels) / len(labels)
    yield f"3 of 4 labels are 1 and the input is always 0: b becomes {b:.6f} = ln 3 = {log(3.0):.6f},"
    yield f"  and sigmoid(b) = {1.0 / (1.0 + exp(-b)):.6f} is the share of the class, {share:g}: the class prior"


def gates_one_by_one() -> Iterator[str]:
    """Per-example gradient descent on the cross entropy learns AND, OR, XNOR and XOR."""
    for gate in ("and", "or", "xnor", "xor"):
        X, Y = truth_table(gate)
        net = MLP(2, [1] if gate in ("and", "or") else [4, 1], "tanh", "sigmoid", seed=0)
        run = fit(net, X, Y, "binary_cross_entropy", SGD(net.parameters(), 0.2), 500, 1, progress=False)
        accuracy = evaluate(net, X, Y, "binary_cross_entropy")[1]
        losses = f"loss {run.loss[0]:.3f} -> {run.loss[-1]:.4f}"
        yield f"{gate:<4} {net}: {run.updates} updates, {losses}, {4 * accuracy:g} of 4 right"


def small_random_weights() -> Iterator[str]:
    """Small random initial weights, and two optimizers."""
    X, Y = truth_table("xor")
    for name in ("SGD", "Adam"):
        for bound in (0.01, 0.5, 1.0):
            net = MLP(2, [4, 1], initializer=uniform(-bound, bound), seed=0)
            optimizer = SGD(net.parameters(), 0.1) if name == "SGD" else Adam(net.parameters(), 0.02)
            run = fit(net, X, Y, optimizer=optimizer, epochs=1000, progress=False)
            accuracy = evaluate(net, X, Y)[1]
            start = f"start uniform(-{bound:g}, {bound:g})"
            yield f"{name:<4} {start:<27} loss {run.loss[-1]:.2e} after 1000 epochs, {4 * accuracy:g} of 4 right"


def all_zero() -> Iterator[str]:
    """Theta <- 0: units that start identical stay identical."""
    X, Y = truth_table("xor")
    starts: list[tuple[InitializerName, int | None]] = [("zeros", None), ("zeros", 1), ("uniform", 1)]
    for activation in ("tanh", "sigmoid"):
        for start, batch_size in starts:
            net = MLP(2, [4, 1], activation, "sigmoid", initializer=start, seed=0)
            optimizer = SGD(net.parameters(), 0.2)
            run = fit(net, X, Y, "binary_cross_entropy", optimizer, 1000, batch_size, progress=False)
            units = {tuple([p.data for p in neuron.parameters()]) for neuron in net.layers[0].neurons}
            batch = "all at once" if batch_size is None else "one by one"
            case = f"{activation:<7} from {start:<7} {batch:<11}"
            yield f"{case} loss {run.loss[-1]:.6f}, different hidden units: {len(units)}"
    yield f"ln 2 = {log(2.0):.6f}: no better than guessing"
