"""Examples with hand-set weights, and what the lectures derive for them."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, log, pi, sin, sqrt, tan
from random import Random
from typing import Any

from autodiff import Value, sigmoid
from autodiff.formula import show

from ..data import hand_set, truth_table
from ..losses import half_squared_error, squared_error
from ..metrics import predict
from ..models import MLP
from ..normalization import batch_norm
from .depth import show_all


def hidden_layer(behind_loss: bool) -> Iterator[str]:
    """f(x) = w . sigmoid(U x): gradients by formula and by the engine, of f (A10) or of the loss 1/2 (f - y)^2 (A8)."""
    U, w, x, y = [[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]], [0.7, -0.8], [1.0, 2.0, -1.0], 0.5
    net = MLP.from_matrices([U, w], "sigmoid", bias=False)
    f: Any = net(x)
    loss = half_squared_error(f, y)
    output, slope, d, factor = (loss, f.data - y, "dL", "(f - y) ") if behind_loss else (f, 1.0, "df", "")
    output.backward()
    h = [sigmoid(sum([u * xi for u, xi in zip(row, x)])) for row in U]
    yield f"f = w . sigmoid(U x) = {show(f.data)}, loss 1/2 (f - y)^2 = {show(loss.data)}"
    forms = [(f"{d}/dw = {factor}h", [slope * hi for hi in h], net.layers[1].neurons[0])]
    for i, (row, wi, hi) in enumerate(zip(net.layers[0].neurons, w, h), 1):
        form = [slope * wi * hi * (1.0 - hi) * xj for xj in x]
        forms.append((f"{d}/dU, row {i} = {factor}w{i} h{i} (1 - h{i}) x", form, row))
    for name, by_formula, neuron in forms:
        yield f"{name:<42} {show_all(by_formula)}"
        yield f"{'  the engine computes':<42} {show_all([p.grad for p in neuron.w])}"
    if not behind_loss:
        yield f"The gradient of any loss is l'(y, f) times these: here l' = f - y = {show(f.data - y)} (A8)."


def linear_layers() -> Iterator[str]:
    """Linear layers compose to a linear layer: no depth helps without a bend."""
    two = MLP.from_matrices([[[0, 1], [1, 1]], [[1, 2], [3, 4]]], "linear", bias=False)
    one = MLP.from_matrices([[[2, 3], [4, 7]]], bias=False)
    for x in ([1, 0], [0, 1], [3, -5]):
        yield f"x = {show_all(x)}: [[1,2],[3,4]] ([[0,1],[1,1]] x) = {show_all(two(x))}"
        yield f"{'':>{5 + len(show_all(x))}} [[2,3],[4,7]] x = {show_all(one(x))}"
    half = MLP.from_matrices([[0.5, 0.0, 0.0]])
    X, Y = truth_table("xor")
    loss: Any = sum([squared_error(half(x), y) for x, y in zip(X, Y)]) / 4.0
    loss.backward()
    grads = show_all([p.grad for p in half.parameters()])
    yield f"a linear net's best for XOR is 1/2 everywhere: squared error {show(loss.data)}, gradient {grads}"


def mean_of_gradients() -> Iterator[str]:
    """The gradient of the mean is the mean of the examples' gradients."""
    net, found = MLP.from_matrices([[0.1, 0.3, -0.2]], output="sigmoid"), []
    for x, y in zip(*truth_table("and")):
        net.zero_grad()
        squared_error(net(x), y).backward()
        found.append([p.grad for p in net.parameters()])
        yield f"AND at {show_all(x)}: gradient (w1, w2, b) = {show_all(found[-1])}"
    yield f"their mean: {show_all([sum(column) / 4.0 for column in zip(*found)])}"


def batch_normalization() -> Iterator[str]:
    """Batch normalization: a mini-batch shifted to mean 0 and scaled to variance 1."""
    random = Random(0)
    rows = [[Value(random.gauss(5.0, 3.0)), Value(random.gauss(-2.0, 0.1))] for _ in range(8)]
    for name, batch in (("before", rows), ("after", batch_norm(rows, epsilon=0.0))):
        for unit, column in enumerate(zip(*batch)):
            mean = sum([v.data for v in column]) / 8.0
            variance = sum([(v.data - mean) ** 2 for v in column]) / 8.0
            yield f"{name:<6}  unit {unit}: mean {show(mean, 6)}, variance {show(variance, 6)}"


def step_units() -> Iterator[str]:
    """A net of step units: feed-forward with weights set by hand."""
    (z2, a2), (z3, h) = hand_set("step function").activations([0, 2, 1])
    yield f"x = (0, 2, 1): z2 = {show_all(z2)}, a2 = {show_all(a2)}, z3 = {show(z3[0].data)}, h = {show(h[0].data)}"


def composition() -> Iterator[str]:
    """XNOR from AND, NOR and OR, with weights set by hand."""
    xnor = hand_set("xnor")
    yield "x1 x2   AND      NOR      OR of both"
    for x in truth_table("xnor")[0]:
        (_, hidden), (_, out) = xnor.activations(x)
        yield f"{x[0]:2g} {x[1]:2g}   {hidden[0].data:.5f}  {hidden[1].data:.5f}  {out[0].data:.5f}"


def inside_a_rectangle(points: int = 20_000) -> Iterator[str]:
    """Points inside a rectangle, recognized by five step units."""
    random, net = Random(0), hand_set("rectangle")
    drawn = [(random.uniform(0.0, 4.0), random.uniform(0.0, 3.0)) for _ in range(points)]
    wrong = sum([predict(net, p) != (1.0 <= p[0] <= 3.0 and 1.0 <= p[1] <= 2.0) for p in drawn])
    for x in ((2.0, 1.5), (2.0, 2.5)):
        (_, hidden), (_, out) = net.activations(x)
        yield f"x = {show_all(x)}: the four sides {show_all(hidden)}, all of them {show(out[0].data)}"
    yield f"wrong: {wrong} of {points} points"


def likelihood_product() -> Iterator[str]:
    """The likelihood of AND, a product over its rows; its logarithm is a sum, and J the negative of it."""
    for theta in ([-2.0, 2.0, 1.0], [-30.0, 20.0, 20.0]):
        net, likelihood, cost = MLP.from_matrices([theta], output="sigmoid"), 1.0, 0.0
        yield f"h(x) = g({theta[0]:g} + {theta[1]:g} x1 + {theta[2]:g} x2)"
        for x, y in zip(*truth_table("and")):
            h: Any = net(x)
            p = h.data if y else sigmoid(-h.operands[0].data)  # 1 - h, without losing digits
            likelihood *= p
            cost -= log(p)
            yield f"  x = {show_all(x)}, y = {y}: P(y | x) = {'h' if y else '1 - h'} = {p:.9f}"
        yield f"  L = the product = {likelihood:.12f}, J = -log L = {cost:.12g}"
    yield f"With many examples only the sum can be computed: 0.9^10000 = {0.9**10000:g} in floating point,"
    yield f"but 10000 log 0.9 = {10000 * log(0.9):.6g}."


def half_planes(points: int = 2000) -> Iterator[str]:
    """AND of half-planes is any convex shape, OR of such shapes is any shape."""
    random = Random(0)
    drawn = [(random.uniform(-1.5, 1.5), random.uniform(-1.5, 1.5)) for _ in range(points)]
    for sides in (3, 4, 8, 32):
        net = polygon(sides)
        inside = [x * x + y * y <= 1.0 for x, y in drawn]
        wrong = sum([predict(net, p) != wanted for p, wanted in zip(drawn, inside)])
        yield f"a disk as AND of {sides:>2} half-planes: {100.0 * wrong / points:4.1f} % of the points wrong"
    frame = [[1.0, 1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 0.0, -1.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]]
    both = [[-4.5, 1, 1, 1, 1, 1, 0], [-4.5, 1, 1, 1, 1, 0, 1]]  # AND with the left half, AND with the lower half
    shape = MLP.from_matrices([frame, both, [-0.5, 1, 1]], ["step", "step"], "step")
    wanted = [max(abs(x), abs(y)) <= 1.0 and (x <= 0.0 or y <= 0.0) for x, y in drawn]
    wrong = sum([predict(shape, p) != here for p, here in zip(drawn, wanted)])
    yield f"an L, the left half of a square OR its lower half, by {shape}: {wrong} of {points} wrong"


def polygon(sides: int) -> MLP:
    """A net of step units: is a point inside the regular polygon whose area is that of the unit disk?

    >>> predict(polygon(4), [0.5, 0.5]), predict(polygon(4), [1.0, 1.0])
    (1, 0)
    """
    reach = sqrt(pi / (sides * tan(pi / sides)))  # the distance of its sides from the center
    angles = [2.0 * pi * i / sides for i in range(sides)]
    lines = [[reach, -cos(angle), -sin(angle)] for angle in angles]
    return MLP.from_matrices([lines, [0.5 - sides, *[1.0] * sides]], "step", "step")
