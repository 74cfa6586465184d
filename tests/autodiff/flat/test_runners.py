"""Every runner equals the engine: at every primitive's sample points, on random expressions, over rows."""

import math

import pytest
from hypothesis import example, given, settings, strategies as st

import autodiff
from autodiff import PRIMITIVES, Value
from autodiff.flat.backends.array import Batch
from autodiff.flat.backends.llvm import Native
from autodiff.flat.backends.python import Source
from autodiff.graph import history as history_of
from tests.support.flat_samples import agree, close, eager, graph, net, of_all_rows, of_one_row, points, ready

RUNNERS = {"source": Source, "batch": Batch, "native": Native}


def made(runner, *arguments, **options):
    return ready(RUNNERS[runner], *arguments, **options)


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("name", PRIMITIVES)
def test_runners_at_every_point(name, runner):
    output, leaves = graph(name)
    calls = points(name)

    found = made(runner, output, inputs=leaves).rows(calls, [])

    wrong = [
        (call, eager(output, leaves, call), (value, slopes))
        for call, (value,), slopes in zip(calls, found.outputs, found.input_gradients)
        if not agree(eager(output, leaves, call), (value, slopes))
    ]
    assert wrong == []


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("backwards", [False, True])
def test_runners_sums_of_neighbors(runner, backwards):
    """w0 * h, w1 * h, ... without biases, and neighbors along a list with reversed weights."""
    x, w = [Value(0.1 * i, f"x{i}") for i in range(4)], [Value(0.3, "w0"), Value(-0.7, "w1"), Value(1.1, "w2")]
    h = autodiff.tanh(x[0])
    products = [autodiff.dot([v], [h], 0.0) for v in w]
    moved = [autodiff.dot(w[:2], x[i : i + 2], w[2]) for i in range(3)]
    loss = autodiff.sum([p * p for p in products + moved])
    parameters = w[::-1] if backwards else w
    call = [0.4, -1.2, 2.5, 0.6]

    found = made(runner, loss, inputs=x, parameters=parameters).row(call, [v.data for v in parameters])

    expected = eager(loss, [*x, *parameters], [*call, *[v.data for v in parameters]])
    assert agree(expected, (found.outputs[0], [*found.input_gradients, *found.parameter_gradients]))


@pytest.mark.parametrize("runner", RUNNERS)
def test_runners_one_row_and_many_rows(runner):
    inputs, parameters, loss = net([3, 4, 2])
    w = [p.data for p in parameters]
    ready = made(runner, loss, inputs=inputs, parameters=parameters)
    rows = [[0.1 * i + 0.3 * j for i in range(len(inputs))] for j in range(3)]

    many = ready.rows(rows, w)
    single = [ready.row(row, w) for row in rows]

    assert many.outputs == [pytest.approx(one.outputs, rel=1e-12) for one in single]
    assert many.input_gradients == [pytest.approx(one.input_gradients, rel=1e-12) for one in single]
    means = [sum(slopes) / 3.0 for slopes in zip(*[one.parameter_gradients for one in single])]
    assert all(close(x, y, 1.0) for x, y in zip(many.parameter_gradients, means))


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("activation", ["relu", "tanh", "softplus"])
def test_runners_parameter_gradients_are_means(activation, runner):
    inputs, parameters, loss = net([2, 5, 3, 2], activation)
    rows = [[0.5, -1.0, 1.0, 0.0], [0.1, 2.0, 0.0, 1.0], [-0.7, 0.3, 0.0, 1.0]]
    w = [p.data for p in parameters]
    slopes = [eager(loss, inputs + parameters, [*row, *w])[1][len(inputs) :] for row in rows]

    found = made(runner, loss, inputs=inputs, parameters=parameters, wrt=parameters).rows(rows, w)

    means = [sum(column) / len(rows) for column in zip(*slopes)]
    assert agree((0.0, means), (0.0, found.parameter_gradients))
    assert found.input_gradients == [[], [], []]


@pytest.mark.parametrize("runner", RUNNERS)
def test_runners_terms_independent_of_the_row(runner):
    x, w = Value(2.0, "x"), Value(3.0, "w")

    found = made(runner, w * w + x * 0.0, inputs=[x], parameters=[w]).rows([[1.0], [2.0], [4.0]], [3.0])

    assert found.parameter_gradients == [6.0]
    assert found.outputs == [[9.0], [9.0], [9.0]]


@pytest.mark.parametrize("runner", RUNNERS)
def test_runners_shared_weights_and_states(runner):
    """E10: a recurrent net and a convolution over the same inputs."""
    w = [Value(0.3), Value(-0.5), Value(0.2), Value(0.1)]
    x = [Value(0.1 * i, f"x{i}") for i in range(8)]
    state = 0.0 * x[0]
    for signal in x:
        state = autodiff.tanh(autodiff.dot([w[0], w[1]], [state, signal], w[2]))
    windows = [autodiff.relu(autodiff.dot(w[:3], x[i : i + 3], w[3])) for i in range(6)]
    loss = state + autodiff.sum(windows) * autodiff.logsumexp(windows)
    rows = [[0.2 * i - 0.5 for i in range(8)], [math.cos(i) for i in range(8)]]
    expected = [eager(loss, x + w, [*row, 0.3, -0.5, 0.2, 0.1]) for row in rows]

    found = made(runner, loss, inputs=x, parameters=w).rows(rows, [0.3, -0.5, 0.2, 0.1])

    for (value, slopes), (output,), to_inputs in zip(expected, found.outputs, found.input_gradients):
        assert agree((value, slopes[:8]), (output, to_inputs))
    means = [(a + b) / 2.0 for a, b in zip(expected[0][1][8:], expected[1][1][8:])]
    assert agree((0.0, means), (0.0, found.parameter_gradients))


@pytest.mark.parametrize("runner", ["source", "batch"])
def test_row_mean(runner):
    """Gradients are those of the sum over all rows, as the mean of a mini-batch needs them."""
    x, w = [Value(0.3, "x0"), Value(0.4, "x1")], [Value(0.7, "w0"), Value(-1.2, "w1")]
    table = [[0.5, -1.0], [0.1, 2.0], [-0.7, 0.3]]
    rows = [[*map(Value, row)] for row in table]
    each, first = of_all_rows(rows, w)
    autodiff.sum(each).backward()

    found = made(runner, [*of_one_row(x, w)], inputs=x, parameters=w).rows(table, [0.7, -1.2])

    assert [*zip(*found.outputs)] == [pytest.approx([y.data for y in each]), pytest.approx([first.data] * 3)]
    assert found.input_gradients == [pytest.approx([v.grad for v in row]) for row in rows]
    assert found.parameter_gradients == pytest.approx([v.grad / 3.0 for v in w])
    assert of_one_row(x, w)[1].data == math.tanh(0.21)  # of one row, its own number


# --- Random expressions --------------------------------------------------------------------------

UNARY = ["exp", "tanh", "sigmoid", "relu", "abs", "sqrt", "log", "sin", "neg", "reciprocal", "softplus", "sign"]
BINARY = ["add", "sub", "mul", "div", "power", "maximum", "minimum", "less", "equal"]
numbers = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 1e-300, 1e300, math.inf, -math.inf, math.nan]),
    st.floats(-5.0, 5.0),
)
steps = st.lists(
    st.tuples(st.sampled_from(UNARY + BINARY), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12
)


def expression(operations, merge=False):
    """A graph of three leaves and a constant, each gate on any earlier results; ``merge`` merges equal gates.

    Loop nests merge them, as the docstring of autodiff.flat says: gradients of opposite signs then add up before they
    meet an infinite slope.
    """
    leaves = [Value(1.0, name) for name in "xyz"]
    nodes, known = [*leaves, 1.5], {}
    for name, i, j in operations:
        operands = [nodes[i % len(nodes)], nodes[j % len(nodes)]][: 1 if name in UNARY else 2]
        key = name, *[repr(x) if type(x) is float else id(x) for x in operands]
        if not merge or key not in known:
            known[key] = PRIMITIVES[name](*operands)
        nodes.append(known[key])
    total = autodiff.sum(nodes[3:]) + leaves[0] * 0.25
    return total, leaves


rows_of_three = st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=3)


def check(operations, rows):
    output, leaves = expression(operations)

    for name in RUNNERS:
        total, inputs = (output, leaves) if name == "source" else expression(operations, merge=True)
        found = made(name, output, inputs=leaves).rows(rows, [])
        for row, (value,), slopes in zip(rows, found.outputs, found.input_gradients):
            assert near(eager(total, inputs, row), (value, slopes), carried(total)), name


def carried(output):
    """The largest number and gradient on any edge: 1e300 - 1e300 + 1 is 1 or 0, depending on the order."""
    data = [node.data for node in history_of(output)]
    gradients = [step.downstream for step in output.steps()]
    return [max([abs(x) for x in numbers if math.isfinite(x)], default=0.0) for numbers in (data, gradients)]


@settings(max_examples=40, deadline=None)
@given(steps, rows_of_three)
@example([("div", 0, 1), ("div", 0, 1), ("neg", 5, 0), ("sub", 6, 5)], [(0.0, 0.0, 0.0)])  # equal gates, slopes of inf
def test_runners_random_expressions(operations, rows):
    check(operations, rows)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(steps, rows_of_three)
def test_runners_many_random_expressions(operations, rows):
    check(operations, rows)


def near(a, b, scales):
    """Like ``agree``, with a tolerance relative to the terms: canceling sums keep few correct digits."""
    of_data, of_gradients = scales
    found = zip([a[0], *a[1]], [b[0], *b[1]], [of_data, *[of_gradients] * len(a[1])])
    return all(close(x, y, 1e3 * scale) or abs(x - y) <= 1e-9 * max(abs(x), abs(y)) for x, y, scale in found)


@pytest.mark.parametrize("runner", RUNNERS)
def test_runners_read_complete_gradients(runner):
    w = Value(0.5, "w")
    other = -w

    found = made(runner, autodiff.sum([-other, other, 0.0]), inputs=[], parameters=[w]).rows([[], []], [0.5])

    assert found.parameter_gradients == [0.0]


@pytest.mark.parametrize("runner", RUNNERS)
def test_runners_add_to_copied_gradient(runner):
    x, y = Value(2.0, "x"), Value(3.0, "y")
    s = x + y
    output = s + x * 5.0

    found = made(runner, output, inputs=[x, y]).rows([[2.0, 3.0], [4.0, 5.0]], [])

    assert found.input_gradients == [[6.0, 1.0], [6.0, 1.0]]
