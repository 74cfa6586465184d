"""Graphs to try runners on: every primitive at ordinary and at edge points, and random expressions."""

import itertools
import math

import autodiff
from autodiff import PRIMITIVES, Value
from autodiff.flat import lower
from autodiff.flat.ir import row_mean
from autodiff.flat.recording import Recording

INF, NAN = math.inf, math.nan
POINTS = [-INF, -800.0, -2.5, -1.0, -0.3, -0.0, 0.0, 0.5, 1.0, 3.0, 710.0, INF, NAN]
ARITY = {
    "leaky_relu": 2,
    "elu": 2,
    "heaviside": 2,
    "clip": 3,
    "where": 3,
    "sum": 3,
    "dot": 5,
    "logsumexp": 3,
    "take": 3,
}
BINARY = ["add", "sub", "mul", "div", "power", "maximum", "minimum"]
BINARY += ["atan2", "hypot", "gaussian", "floor_div", "mod", "fmod"]
BINARY += ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"]


def arity(name):
    return ARITY.get(name, 2 if name in BINARY else 1)


def points(name):
    """Operands for a primitive: all pairs of points, and for more operands a window sliding over them."""
    n = arity(name)
    if name == "take":
        return list(itertools.product(POINTS, POINTS, [0.0, -0.0, 1.0]))
    if n <= 2:
        return list(itertools.product(POINTS, repeat=n))
    shifted = [POINTS[i:] + POINTS[:i] for i in (0, 1, 2, 4, 7)]
    return list(zip(*shifted[:n])) + [(2.0,) * n, (0.0,) * n, (-INF,) * n]


def graph(name):
    """A primitive applied to leaves, with something after it, so that its upstream gradient is not 1."""
    leaves = [Value(1.0, f"x{i}") for i in range(arity(name))]
    return PRIMITIVES[name](*leaves) * 3.0, leaves


def eager(output, leaves, numbers):
    """(value, gradients) by the engine."""
    for leaf, number in zip(leaves, numbers):
        leaf.data = number
        leaf.grad = 0.0
    value = output.forward()
    output.backward()
    return value, [leaf.grad for leaf in leaves]


def close(a, b, scale=0.0):
    """nan as nan, inf as inf, finite numbers to 1e-12 of the larger one or of the scale."""
    if a != a or b != b or math.isinf(a) or math.isinf(b):
        return (a != a and b != b) or a == b
    return abs(a - b) <= 1e-12 * max(abs(a), abs(b), scale) + 1e-300


def ulps(a, b, size=0.0):
    """The distance of two numbers in ulps of b, or of a larger size; nan equals nan."""
    if a == b or (a != a and b != b):
        return 0.0
    return abs(a - b) / math.ulp(max(abs(b), size)) if math.isfinite(a) and math.isfinite(b) else math.inf


def agree(a, b):
    """Whether two (value, gradients) are the same to 1e-12 of the largest gradient.

    Where a slope such as 1 - tanh^2 has lost digits, the last place of the value may show in it.
    """
    largest = max([abs(x) for x in a[1] if math.isfinite(x)], default=0.0)
    largest = max(largest, 1e-3 * abs(a[0])) if math.isfinite(a[0]) else largest
    return close(a[0], b[0]) and len(a[1]) == len(b[1]) and all(close(x, y, largest) for x, y in zip(a[1], b[1]))


def net(sizes, activation="tanh", seed=0):
    """A small fully connected net of plain Values: (inputs, target, parameters, loss)."""
    from random import Random

    draw = Random(seed).uniform
    inputs = [Value(draw(-1, 1), f"x{i}") for i in range(sizes[0])]
    parameters, signals = [], inputs
    for wide, size in itertools.pairwise(sizes):
        layer = []
        for _ in range(size):
            w, b = [Value(draw(-1, 1)) for _ in range(wide)], Value(draw(-1, 1))
            parameters += [*w, b]
            layer.append(autodiff.dot(w, signals, b))
        signals = [PRIMITIVES[activation](z) for z in layer] if size is not sizes[-1] else layer
    targets = [Value(float(i == 0), f"y{i}") for i in range(sizes[-1])]
    loss = autodiff.logsumexp(signals) - autodiff.dot(targets, signals)
    return inputs + targets, parameters, loss


def ready(kind, outputs, inputs=None, parameters=(), wrt=None):
    """A graph in a runner: loop nests are made of what is recorded, or lines are run."""
    if kind.name not in ("batch", "native"):
        return kind(lower(outputs, inputs, parameters, wrt, roll=False))
    recording = Recording([outputs] if type(outputs) is Value else list(outputs), inputs, parameters)
    return kind(recording, [*recording.inputs, *recording.parameters] if wrt is None else wrt)


def of_one_row(x, w):
    """A number that hangs on all rows, some of it on none of them; and what is the same in each."""
    means = [row_mean(autodiff.tanh(w[0] * x[0])), row_mean(w[1] * w[1]), row_mean(x[0] * x[1])]
    spread = [row_mean((x[i] - row_mean(x[i])) ** 2) for i in range(2)]
    return autodiff.sum([m * x[1] for m in means]) + spread[0] * w[1] / autodiff.sqrt(spread[1] + 0.1), means[0]


def of_all_rows(rows, w):
    """The same of each row, written down over all of them."""

    def mean(f):
        return autodiff.mean([f(x) for x in rows])

    means = [mean(lambda x: autodiff.tanh(w[0] * x[0])), w[1] * w[1], mean(lambda x: x[0] * x[1])]
    centers = [mean(lambda x, i=i: x[i]) for i in range(2)]
    spread = [mean(lambda x, i=i: (x[i] - centers[i]) ** 2) for i in range(2)]
    last = spread[0] * w[1] / autodiff.sqrt(spread[1] + 0.1)
    return [autodiff.sum([m * x[1] for m in means]) + last for x in rows], means[0]
