"""The table in the docstring of autodiff.flat is true: exact and nearly exact results of each runner."""

import math
import random
import re
import struct

import pytest
from hypothesis import assume, given, settings

import autodiff
from autodiff import PRIMITIVES, Value, dot, gradients, relu, sqrt, where
from autodiff.flat.backends.array import Batch
from autodiff.flat.backends.llvm import Native
from autodiff.flat.backends.python import Source
from autodiff.graph import history
from nn import MLP, fit
from tests.support.flat_samples import ready, ulps
from tests.support.node_runner import Node
from tests.support.random_graphs import FINITE, SPECIAL, gates

RUNNERS = {"source": Source, "batch": Batch, "native": Native, "javascript": Node}
ROWS = re.findall(
    r"^    (\w+) +(exact) +(exact|4 ulp) +(exact) +(exact|reordered)$", autodiff.flat.__doc__, re.MULTILINE
)
GATES = "add sub mul div neg reciprocal sqrt abs sign relu leaky_relu maximum minimum largest clip heaviside where"
GATES += " floor fmod mod floor_div take stop_gradient less less_equal greater greater_equal equal not_equal"
FUNCTIONS = "exp expm1 log log1p sin cos tan tanh sigmoid softplus log_sigmoid elu power logsumexp norm"
FUNCTIONS += " log2 log10 asin acos atan atan2 hypot sinh cosh asinh acosh atanh silu gaussian erf normal_cdf gelu"


def bits(x):
    """The bits of a number; every nan is one nan, and both zeros are one."""
    return "nan" if x != x else struct.pack("<d", x + 0.0)


def divisor(node):
    """The last operand. Where it is 0, its sign, which is unspecified, would decide."""
    return node.operands[-1] if type(node.operands[-1]) is float else node.operands[-1].data


@pytest.fixture(params=ROWS, ids=lambda row: row[0])
def row(request):
    return request.param


def test_table_has_every_runner():
    assert [name for name, *_ in ROWS] == list(RUNNERS)


def test_table_has_every_primitive():
    assert {*GATES.split(), *FUNCTIONS.split(), "sum", "dot"} == {*PRIMITIVES}


@settings(deadline=None, max_examples=60)
@given(gates(9, names=(*GATES.split(), "sum", "dot"), numbers=SPECIAL | FINITE))
def test_gates_and_short_sums_are_exact(graph):
    """One row alone, and among other rows."""
    leaves, nodes = graph
    slopes = [slope for slope in gradients(nodes[-1], leaves) if slope.primitive]
    if any(node.primitive.name == "power" for slope in slopes for node in history(slope) if node.primitive):
        slopes = []  # the gradient of 1 / x is a function
    behind = [node for output in (*nodes, *slopes) for node in history(output) if node.primitive]
    assume(
        not any(node.primitive.name in ("div", "reciprocal", "floor_div") and divisor(node) == 0.0 for node in behind)
    )
    expected = [bits(x.data) for x in (*nodes, *slopes)]
    numbers = [leaf.data for leaf in leaves]
    for name, gates_are, _, sums_are, _ in ROWS:
        assert gates_are == sums_are == "exact"
        runner = ready(RUNNERS[name], [*nodes, *slopes], leaves, wrt=())
        assert [bits(x) for x in runner.row(numbers, []).outputs] == expected, name
        many = runner.rows([numbers[::-1], *[numbers] * 8], []).outputs
        assert [bits(x) for x in many[2]] == expected, name


@pytest.mark.parametrize("function", FUNCTIONS.split())
def test_functions(row, function):
    name, _, functions_are, *_ = row
    draw, primitive = random.Random(function), PRIMITIVES[function]
    two = function in ("power", "logsumexp", "norm", "elu", "atan2", "hypot", "gaussian")
    points = [[draw.choice([0.01, 1.0, 30.0]) * draw.uniform(-1, 1) for _ in range(1 + two)] for _ in range(200)]
    leaves = [Value(0.5) for _ in range(1 + two)]
    found = ready(RUNNERS[name], primitive(*leaves), leaves, wrt=()).rows(points, []).outputs
    # a sum of e^ has the digits of its terms, e^x - 1 near 0 those of x
    sizes = [max(map(abs, point)) if function == "logsumexp" else 0.0 for point in points]  # its largest term counts
    apart = [ulps(x, primitive(*point), size) for (x,), point, size in zip(found, points, sizes)]

    assert max(apart) <= (0.0 if functions_are == "exact" else 4.0)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 16, 33])
def test_sums_of_products(row, count):
    name, *_, short_are, long_are = row
    draw = random.Random(count)
    leaves = [Value(draw.uniform(-1, 1)) for _ in range(2 * count + 1)]
    points = [[draw.uniform(-1, 1) for _ in leaves] for _ in range(50)]
    eager = [PRIMITIVES["dot"](*point) for point in points]
    run = ready(RUNNERS[name], PRIMITIVES["dot"](*leaves), leaves, wrt=())
    found = [x for (x,) in run.rows(points, []).outputs]
    if (short_are if count < 4 else long_are) == "exact":
        assert found == eager
    else:
        sizes = [abs(p[-1]) + sum(abs(w * x) for w, x in zip(p[:count], p[count:-1])) for p in points]
        assert all(abs(a - b) <= count * math.ulp(size) for a, b, size in zip(found, eager, sizes))


# --- What the table is for -------------------------------------------------------------------------


DOUBLE_ROOTS = [(b / 20, b / 10, b / 20) for b in range(1, 10)]


@pytest.mark.parametrize("runner", ["source", "batch", "native"])
def test_discriminant_of_double_root_is_0(runner):
    def root(a, b, c):
        return sqrt(b * b - 4 * a * c)

    assert autodiff.compile(root, runner).map(DOUBLE_ROOTS) == [0.0] * 9
    taken = autodiff.compile(lambda a, b, c: where(b * b - 4 * a * c >= 0, 1.0, -1.0), runner)
    assert taken.map(DOUBLE_ROOTS) == [1.0] * 9
    for point in DOUBLE_ROOTS:
        leaves = [Value(x) for x in point]
        root(*leaves).backward()
        slopes = autodiff.compile(root, runner).value_and_grad(*point)[1]
        assert [*map(bits, slopes)] == [bits(leaf.grad) for leaf in leaves]


@pytest.mark.parametrize("runner", ["eager", "source", "batch", "native"])
def test_relu_at_0_stays_dead(runner):
    net = MLP(1, [1, 1], "relu", seed=0)
    neuron = net.layers[0].neurons[0]
    neuron.w[0].data, neuron.b.data = 0.1, -(0.1 * 0.3)
    fit(net, [[0.3]], [1.0], epochs=200, runner=runner, progress=False)

    assert (neuron.w[0].data, neuron.b.data) == (0.1, -(0.1 * 0.3))


CROSSED = [  # differences of products that cancel: a fused one leaves its rounding error
    (lambda a, b, c: a * b - b * a, 0.0),
    (lambda a, b, c: dot([a, b], [b, -a]), 0.0),
    (lambda a, b, c: dot([a, b, c], [b, -a, 0.0]), 0.0),
    (lambda a, b, c: a * b + c * c - b * a - c * c, None),
    (lambda a, b, c: relu(a * b - b * a), 0.0),
    (lambda a, b, c: (a * c) * b - a * (c * b), None),
    (lambda a, b, c: a * a - a**2, 0.0),
    (lambda a, b, c: (a + b) ** 2 - (a + b) * (a + b), 0.0),
]


@pytest.mark.parametrize("runner", ["source", "batch", "native"])
@pytest.mark.parametrize("place", range(len(CROSSED)))
def test_differences_of_products_equal_eager(runner, place):
    f, value = CROSSED[place]
    draw = random.Random(place)
    points = [tuple(draw.uniform(-2, 2) for _ in range(3)) for _ in range(40)]
    eager = [f(*map(Value, point)).data for point in points]

    assert autodiff.compile(f, runner).map(points) == eager
    assert value is None or eager == [value] * 40


@pytest.mark.parametrize("runner", ["source", "batch", "native", "auto"])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: (1 / (x * 0.0), 1 / (x * -0.0)),
        lambda x: (1 / (0.0 * x), 1 / (-0.0 * x)),
        lambda x: (1 / where(x > 0, 0.0, x), 1 / where(x > 0, -0.0, x)),
        lambda x: (autodiff.power(x * 0.0, -1.0), autodiff.power(x * -0.0, -1.0)),
        lambda x: (1 / autodiff.minimum(x, -0.0), 1 / autodiff.minimum(x, 0.0)),
        lambda x: (1 / autodiff.sum([0.0 * x, 0.0]), 1 / autodiff.sum([-0.0 * x, -0.0])),
        lambda x: (1 / autodiff.sum([0.0 * x]), 1 / autodiff.sum([-0.0 * x])),
    ],
)
def test_constants_0_and_minus_0_differ(runner, f):
    x = Value(2.0)
    assert autodiff.compile(f, runner)(2.0) == tuple(y.data for y in f(x))
    assert len({y.data for y in f(x)}) == 2
