"""Rolling: the neurons of a layer become one line, and the numbers stay the same over rows."""

import numpy as np
import pytest

import autodiff
from autodiff import Value
from autodiff.flat import lower, over_rows
from autodiff.flat.backends.array import Writer
from tests.benchmarks.alternating import held_seconds
from tests.support.clock import Clock
from tests.support.flat_samples import agree, eager, net

NET = """\
# inputs x[6], parameters w[59]
# forward
a[i] = w[4i+3] + sum w[4i+j] * x[j]  for i<8, j<3
a[i+8] = tanh(a[i])  for i<8
a[i+16] = w[9i+40] + sum w[9i+j+32] * a[j+8]  for i<3, j<8
a[19] = logsumexp a[i+16]  for i<3
a[20] = sum x[i+3] * a[i+16]  for i<3
a[21] = a[19] - a[20]
# backward
ga[19] += ga[21]
ga[20] += -ga[21]
gx[i+3] += ga[20] * a[i+16]  for i<3
ga[i+16] += ga[20] * x[i+3]  for i<3"""


def by_rows(loss, inputs, parameters, rows):
    """Whether loops over rows equal the engine: outputs, input gradients, mean parameter gradients."""
    w = [v.data for v in parameters]
    expected = [eager(loss, inputs + parameters, [*row, *w]) for row in rows]
    found = over_rows(lower(loss, inputs, parameters, roll=True))(np.array(rows), np.array(w))
    count = len(inputs)
    each = zip(expected, found.outputs, found.input_gradients.tolist())
    means = [sum(column) / len(rows) for column in zip(*[slopes[count:] for _, slopes in expected])]
    return all(agree((value, slopes[:count]), (output.item(), to)) for (value, slopes), output, to in each) and agree(
        (0.0, means), (0.0, found.parameter_gradients.tolist())
    )


def rows_for(inputs, count=5):
    return [[np.sin(3.0 * i + 7.0 * j) for i in range(len(inputs))] for j in range(count)]


@pytest.mark.parametrize("sizes", [[2, 1], [1, 3, 2], [2, 4, 1], [3, 5, 4, 2], [2, 2, 2, 2]])
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_roll_nets_equal_eager(sizes, activation):
    inputs, parameters, loss = net(sizes, activation)

    assert by_rows(loss, inputs, parameters, rows_for(inputs))


def test_roll_prints_loops_for_large_nets():
    inputs, parameters, loss = net([3, 8, 3])

    assert str(lower(loss, inputs, parameters, roll=True)).startswith(NET)
    assert str(lower(loss)).startswith("def f(v0, v1, v2, x0, x1, x2, v3,")
    assert str(lower(net([4, 16, 16, 3])[2])).startswith("# inputs x[")


@pytest.mark.timed
def test_roll_784_128_10_net_in_20_lines():
    inputs, parameters, loss = net([784, 128, 10])

    with Clock() as clock:
        program = lower(loss, inputs=inputs, parameters=parameters, wrt=parameters)

    held_seconds("lowering the loss of 784-128-10", clock.seconds, 0.5)
    assert len(str(program).splitlines()) <= 22
    assert by_rows(loss, inputs, parameters, rows_for(inputs, 1))


def test_roll_layers_as_matrix_products():
    inputs, parameters, loss = net([3, 8, 5])
    text = Writer(lower(loss, inputs, parameters, parameters, roll=True), np).text

    assert text.count("matmul(") == 4
    assert " = w[32:77].reshape(5, 9)[:, 0:8]\n" in text
    assert [line.split()[0] for line in text.splitlines() if "= xp.zeros" in line] == ["gw"]


def test_roll_binary_gates():
    w = [Value(0.1 * i - 0.3) for i in range(12)]
    x = [Value(0.7), Value(-0.2), Value(0.4)]
    hidden = [autodiff.tanh(w[3 * j] * x[0] + w[3 * j + 1] * x[1] + w[3 * j + 2] * x[2]) for j in range(4)]
    loss = hidden[0] * hidden[1] + hidden[2] * hidden[3]

    assert by_rows(loss, x, w, rows_for(x))
    assert len(str(lower(loss, x, w, roll=True)).splitlines()) < 0.7 * len(lower(loss, x, w).lines)


def test_roll_shared_weights():
    """E10: a recurrent net and a convolution."""
    w = [Value(0.3), Value(-0.5), Value(0.2)]
    x = [Value(0.1 * i) for i in range(8)]
    state = start = Value(0.0)
    for signal in x:
        state = autodiff.tanh(autodiff.dot([w[0], w[1]], [state, signal], w[2]))
    windows = [autodiff.dot(w, x[i : i + 3]) for i in range(6)]
    loss = state + autodiff.sum([window * window for window in windows])

    assert by_rows(loss, x, [*w, start], rows_for(x))


@pytest.mark.parametrize("order", [1, -1])
def test_roll_windows_and_images(order):
    """Overlapping gradients: forward and backward strides, rows, parameters."""
    w, image = [Value(0.1 * i - 0.4) for i in range(9)][::order], [Value(0.0) for _ in range(36)]
    pooled = [
        autodiff.relu(autodiff.dot(w, [image[6 * (i + a) + j + b] for a in range(3) for b in range(3)]))
        for i in range(4)
        for j in range(4)
    ]
    again = [autodiff.dot(w[:5][::-1], pooled[i : i + 5], w[8]) for i in range(12)]
    sums = [autodiff.sum(w[i : i + 4]) * autodiff.norm(pooled[i : i + 6]) for i in range(5)]
    loss = autodiff.sum([autodiff.tanh(a) for a in again]) + autodiff.sum(sums)

    assert by_rows(loss, image, w, rows_for(image))


def test_roll_attention_and_table_of_rows():
    w, x = [Value(0.2 * i - 0.7) for i in range(12)], [Value(0.0) for _ in range(8)]
    states = [[autodiff.dot(w[2 * k : 2 * k + 2], x[2 * i : 2 * i + 2], 0.0) for k in range(2)] for i in range(4)]
    seen = []
    for i in range(4):
        scores = [autodiff.exp(autodiff.dot(states[i], states[j], 0.0)) for j in range(i + 1)]
        total = autodiff.sum(scores)
        seen.append(autodiff.dot(scores, [states[j][0] for j in range(i + 1)], 0.0) / total)
        seen.append(autodiff.logsumexp(scores) + autodiff.maximum(scores[0], scores[-1]))
    index = Value(0.0)
    taken = [autodiff.take([w[4 + 2 * i + k] for i in range(4)], index) for k in range(2)]
    picked = autodiff.take([*seen[:4]], index)
    loss = autodiff.sum(seen) * taken[0] + taken[1] * picked
    rows = [[*row[:8], float(k % 4)] for k, row in enumerate(rows_for([*x, index], 6))]

    assert by_rows(loss, [*x, index], w, rows)


@pytest.mark.timed
def test_roll_long_chain_in_linear_time():
    def seconds(gates):
        (x,) = autodiff.variables(x=1)
        total = x
        for i in range(gates):
            total = total + x if i % 2 else total * 0.5
        with Clock() as clock:
            lower(total, roll=True)
        return clock.seconds

    small = min(seconds(2_000), seconds(2_000))
    assert seconds(20_000) < 40 * small
