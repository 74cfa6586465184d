"""What the notebook of lecture D shows: its numbers, and that it has the words and exercises of the course table."""

import math
from itertools import pairwise

import numpy as np
import pytest

import autodiff
from autodiff import Value, check_gradients, derivative, dot, grad, jacobian, norm, parse, relu, sigmoid, variables
from autodiff.lectures import EXAMPLES
from nn import MLP
from nn.lectures import cliff, repeated
from nn.lectures.learning import capacity_runs
from nn.optim import clip_by_norm
from tests.support.notebook_runner import NOTEBOOKS, read

NOTEBOOK = read(NOTEBOOKS / "D-csci-566.ipynb")
TEXT = "\n\n".join(cell.source for cell in NOTEBOOK.cells if cell.cell_type == "markdown")


def near(number, within=1e-12):
    return pytest.approx(number, rel=within, abs=1e-15)


def back(J, upstream):
    """The transposed Jacobian times the upstream gradient."""
    return [sum(row[j] * u for row, u in zip(J, upstream)) for j in range(len(J[0]))]


# --- Part 1: one gate at a time -------------------------------------------------------------------


def test_D2_slide_rounds_each_step():
    steps = EXAMPLES["D2"].build().steps()

    assert str(steps[-1]).split()[-1] == "0.393224"
    assert str(steps.rounded(2)[-1]).split()[-1] == "0.4"


def test_D3_one_gate_has_the_product_of_four():
    s6 = 1 + math.exp(-1)
    x = Value(1.0)
    sigmoid(x).backward()

    assert x.grad == near(-1 / s6**2 * 1 * math.exp(-1) * -1)


PATTERNS = {
    "D4a": "add distributes",
    "D4b": "mul swaps",
    "D4c": "x is copied: its two gradients add up: 2 + 4 = 6",
    "D4d": "max routes",
}


@pytest.mark.parametrize("id", PATTERNS)
def test_D4_step_names_the_pattern(id):
    last = EXAMPLES[id].build().steps()[-1]

    assert (last.copy or last.role).startswith(PATTERNS[id])


def test_D7_check_rejects_the_slides_gradients():
    x, target = [0.1, 1.5, 0.07, 2.32], [0, 1, 0]

    def loss(w11, w12):
        W = [[w11, w12, 0.15, 0.05], [0.25, 0.05, 0.2, -0.1], [0.25, 0.15, -0.15, 0.4]]
        return norm([dot(row, x) - t for row, t in zip(W, target)])

    right, slide = check_gradients(loss, -0.1, 0.2), check_gradients(loss, -0.1, 0.2, gradient=(0.5, 0.9))

    assert right
    assert not slide
    assert [row.forward for row in right.inputs] == near([0.0249538793, 0.3748979074], 1e-8)
    assert grad(loss)(-0.1, 0.2) == near((0.024951070520461978, 0.3742660578069296))


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (lambda x: (2 * x + 1) ** 4, 1.5, 512),
        (lambda t: autodiff.sin(t) ** 2 + 2 * autodiff.cos(t), 0.7, 2 * math.sin(0.7) * (math.cos(0.7) - 1)),
        (lambda t: autodiff.exp(t * autodiff.cos(t) * (t * autodiff.sin(t)) ** 2), 0.7, 0.7062888605145928),
        (lambda x: autodiff.sin(x) * autodiff.exp(x), 0.7, (math.cos(0.7) + math.sin(0.7)) * math.exp(0.7)),
        (lambda x: autodiff.sin(x) / autodiff.exp(x), 0.7, (math.cos(0.7) - math.sin(0.7)) / math.exp(0.7)),
        (lambda x: autodiff.sin(x) + autodiff.exp(x), 0.7, math.cos(0.7) + math.exp(0.7)),
        (sigmoid, -10.0, 4.53958077359517e-05),
        (sigmoid, 0.0, 0.25),
    ],
    ids=["D8a", "D8c", "D8d", "D15a", "D15b", "D15c", "D13a", "D13b"],
)
def test_derivative_of_a_function(function, at, expected):
    assert derivative(function)(at) == near(expected, 1e-11)


def test_gradient_of_two_variables():
    assert grad(lambda x1, x2: x1**2 * x2 + x1 * x2**3)(2.0, 3.0) == near((39, 58))  # D8b
    assert grad(lambda s, t: (s * t) ** 2 + 2 * (s + t))(2.0, 3.0) == near((38, 26))  # D15d


# --- Part 2: vectors ------------------------------------------------------------------------------


def test_D19_transposed_jacobian_times_upstream():
    x, y, upstream = [1.0, 2.0, -3.0], [4.0, 5.0], [2.0, -1.0]

    def gate(x, y):
        return [x[0] * y[0] + x[1], x[2] * y[1]]

    J_x, J_y = jacobian(lambda x: gate(x, y))(x), jacobian(lambda y: gate(x, y))(y)
    L = parse("z1 = x1*y1 + x2; z2 = x3*y2; L = 2*z1 - z2", x1=1, x2=2, x3=-3, y1=4, y2=5)

    assert (J_x, J_y) == ([[4, 1, 0], [0, 0, 5]], [[1, 0], [0, -3]])
    assert back(J_x, upstream) == [8, 2, -5] == [L.steps().gradients[leaf] for leaf in leaves(L, "x1", "x2", "x3")]
    assert back(J_y, upstream) == [2, 3] == [L.steps().gradients[leaf] for leaf in leaves(L, "y1", "y2")]


def leaves(output, *names):
    """The inputs of a graph with these names."""
    known = {node.label: node for node in autodiff.graph.history(output) if node.primitive is None}
    return [known[name] for name in names]


def test_D19_relu_passes_where_it_is_active():
    z, upstream = [1.0, -2.0, 3.0, -1.0], [4.0, -1.0, 5.0, 9.0]

    assert back(jacobian(lambda z: [relu(x) for x in z])(z), upstream) == [4, 0, 5, 0]


def test_D17_and_D25_count_weights():
    layer, net = MLP(784, [128], bias=False, seed=0), MLP(784, [128, 128], seed=0)

    assert len(layer.parameters()) == 784 * 128 == 100_352
    assert len(net.parameters()) == 116_992


# --- Part 3: nets and their loss ------------------------------------------------------------------


def test_D10_slides_net_has_41_parameters():
    assert len(MLP(3, [4, 4, 1], "sigmoid", seed=0).parameters()) == (3 + 1) * 4 + (4 + 1) * 4 + (4 + 1) == 41


def test_D21_listing_agrees_with_engine():
    rng = np.random.default_rng(0)
    W1, W2, W3 = rng.normal(size=(4, 3)), rng.normal(size=(4, 4)), rng.normal(size=(1, 4))
    b1, b2, b3, x = (rng.normal(size=shape) for shape in ((4, 1), (4, 1), (1, 1), (3, 1)))

    def f(x):
        return 1.0 / (1.0 + np.exp(-x))

    h1 = f(np.dot(W1, x) + b1)
    h2 = f(np.dot(W2, h1) + b2)
    out = np.dot(W3, h2) + b3
    net = MLP.from_matrices([np.hstack([b, W]) for b, W in ((b1, W1), (b2, W2), (b3, W3))], "sigmoid")

    assert (h1.shape, h2.shape, out.shape) == ((4, 1), (4, 1), (1, 1))
    assert net(list(x.flat)).data == near(out.item())


@pytest.mark.slow
def test_D16_penalty_closes_the_gap():
    shares = [(train, test) for _, _, train, test in capacity_runs()]
    gaps = [train - test for train, test in shares[2:]]  # 20 units without a penalty, then with growing ones

    assert shares[2][0] > max(shares[0][0], shares[1][0])
    assert shares[2][1] <= shares[0][1]
    assert gaps == sorted(gaps, reverse=True)


# --- Part 4: activations, and what goes wrong -----------------------------------------------------


def test_D13_steps_zig_zag():
    """With positive inputs a step raises both weights or lowers both."""
    examples, path = [((2.0, 1.0), 1.0), ((1.0, 2.0), -1.0)], [(-0.5, 1.0)]
    for step in range(24):
        (x1, x2), target = examples[step % 2]
        slopes = grad(lambda w1, w2: (w1 * x1 + w2 * x2 - target) ** 2)(*path[-1])  # noqa: B023
        path.append(tuple(w - 0.07 * slope for w, slope in zip(path[-1], slopes)))
    moves = [(after[0] - before[0]) * (after[1] - before[1]) for before, after in pairwise(path)]

    assert min(moves) > 0
    assert path[-1] == pytest.approx((1, -1), abs=0.2)


def test_D13_dead_unit_gets_no_gradient():
    w, b = variables(w=1, b=-5)
    for x in (-1.0, -0.6, -0.2, 0.2, 0.6, 1.0):
        relu(w * x + b).backward()

    assert (w.grad, b.grad) == (0, 0)


def test_D14_gradient_vanishes_explodes_and_is_clipped():
    h0, g0 = Value(0.5), Value(0.5)
    repeated(sigmoid, h0, 10).backward()
    repeated(lambda h: 1.5 * h, g0, 50).backward()

    assert h0.grad == near(3.4831156e-07, 1e-7)
    assert g0.grad == near(637621500.2140496)
    assert clip_by_norm([3.0, 4.0], 1.0) == near([0.6, 0.8])


def test_D14_clipping_tames_the_cliff():
    start, ends = (4.35, -2.21), []
    assert [cliff(*start), *grad(cliff)(*start)] == near([0.0244762, -9.938081, -16.346736], 1e-5)
    for threshold in (math.inf, 1.0):
        point = start
        for _ in range(12):
            g = clip_by_norm(list(grad(cliff)(*point)), threshold)
            point = tuple(theta - 0.1 * slope for theta, slope in zip(point, g))
        ends.append(cliff(*point))

    assert ends[0] > cliff(*start) > 100 * ends[1]


def test_D18_gradients_of_a_normalized_batch_cancel():
    batch = variables(a=5, b=7, c=9, d=11)
    mean = sum(batch) / 4
    variance = sum((z - mean) ** 2 for z in batch) / 4
    normal = [(z - mean) / variance**0.5 for z in batch]
    normal[0].backward()

    assert [z.data for z in normal] == near([x / math.sqrt(5) for x in (-3, -1, 1, 3)])
    assert sum(z.grad for z in batch) == pytest.approx(0, abs=1e-15)
