"""The lectures' hand-derived gradients of nets against the engine's: their numbers, and any sizes."""

import math
from itertools import pairwise
from random import Random

import pytest

import nn
from autodiff import Value, dot, sigmoid
from nn import MLP, Neuron, cross_entropy, half_squared_error, squared_error
from tests.support.by_hand import logistic


def near(number):
    return pytest.approx(number, rel=1e-12, abs=1e-14)


def product(matrix, vector):
    return [sum(w * x for w, x in zip(row, vector)) for row in matrix]


def transposed(matrix, vector):
    return [sum(row[j] * d for row, d in zip(matrix, vector)) for j in range(len(matrix[0]))]


def outer(a, b):
    return [[x * y for y in b] for x in a]


def grads_of_layer(layer):
    """(gradient of W as rows, gradient of b)."""
    return [[w.grad for w in neuron.w] for neuron in layer.neurons], [neuron.b.grad for neuron in layer.neurons]


def matrix(random, rows, columns):
    return [[random.uniform(-1, 1) for _ in range(columns)] for _ in range(rows)]


def with_bias(rows, b):
    return [[bias, *row] for bias, row in zip(b, rows)]


SIZES = [(1, 1), (2, 3), (5, 2), (4, 7)]

# --- A8: f(x) = w . sigmoid(U x), loss (f - y)^2 / 2 -----------------------------------------------


def test_A8_lecture_numbers():
    net = MLP.from_matrices([[[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]], [0.7, -0.8]], "sigmoid", bias=False)
    out = net([1, 2, -1])
    loss = half_squared_error(out, 0.5)
    loss.backward()

    assert out.data == near(-0.45659707674036265)
    assert loss.data == near(0.4575389836141036)
    assert [w.grad for w in net.layers[1].neurons[0].w] == near([-0.3389641416257863, -0.8425679099950955])
    a, b = -0.15319803493757178, 0.08034924549878723
    assert [[w.grad for w in n.w] for n in net.layers[0].neurons] == [near([a, 2 * a, -a]), near([b, 2 * b, -b])]


@pytest.mark.parametrize(("k", "d"), SIZES)
def test_A8_closed_forms_for_any_sizes(k, d):
    random = Random(k * 10 + d)
    U, w, x, y = matrix(random, k, d), matrix(random, 1, k)[0], matrix(random, 1, d)[0], random.random()
    net = MLP.from_matrices([U, w], "sigmoid", bias=False)
    half_squared_error(net(x), y).backward()

    h = [logistic(z) for z in product(U, x)]
    error = sum(a * b for a, b in zip(w, h)) - y
    assert [p.grad for p in net.layers[1].neurons[0].w] == near([error * v for v in h])
    d_U = outer([error * wi * v * (1 - v) for wi, v in zip(w, h)], x)
    assert [[p.grad for p in n.w] for n in net.layers[0].neurons] == [near(row) for row in d_U]


# --- B2, B3: regression with one and two hidden layers ---------------------------------------------

W, B, THETA, C = [[0.1, 0.2], [-0.3, 0.4]], [0.05, -0.05], [0.5, -0.6], 0.1


def test_B2_one_hidden_layer():
    net = MLP.from_matrices([with_bias(W, B), [C, *THETA]])
    loss = squared_error(net([1, -2]), 1)
    loss.backward()
    d_W, d_b = grads_of_layer(net.layers[0])
    d_theta, d_c = grads_of_layer(net.layers[1])

    assert loss.data == near(0.2828185623161689)
    assert d_theta == [near([0.26049886157830493, 0.8697744968537368])]
    assert d_c == near([-1.0636137688393639])
    assert d_b == near([-0.49990636805195826, 0.2114112762735992])
    assert d_W == [near(row) for row in outer(d_b, [1, -2])]


def test_B3_two_hidden_layers():
    second = with_bias([[0.6, -0.1], [0.2, 0.3]], [0, 0.1])
    net = MLP.from_matrices([with_bias(W, B), second, [C, *THETA]])
    loss = squared_error(net([1, -2]), 1)
    loss.backward()

    assert loss.data == near(0.6681449137575236)
    d_theta, d_c = grads_of_layer(net.layers[2])
    assert d_theta == [near([0.10639893852320965, 0.31372002190654374])]
    assert d_c == near([-1.6348026348859652])
    assert grads_of_layer(net.layers[1])[1] == near([-0.8139389012842102, 0.9447596968417945])
    assert grads_of_layer(net.layers[0])[1] == near([-0.28145116321996394, 0.12085753374780066])


@pytest.mark.parametrize(("k", "d"), SIZES)
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_B2_B3_closed_forms_for_any_sizes_and_depths(k, d, depth):
    random = Random(k * 100 + d * 10 + depth)
    sizes = [d, *[k] * depth, 1]
    layers = [(matrix(random, m, n), matrix(random, 1, m)[0]) for n, m in pairwise(sizes)]
    net = MLP.from_matrices([with_bias(rows, b) for rows, b in layers])
    x, y = matrix(random, 1, d)[0], random.random()
    squared_error(net(x), y).backward()

    outputs = [x]
    for rows, b in layers[:-1]:
        outputs.append([math.tanh(z + c) for z, c in zip(product(rows, outputs[-1]), b)])
    (theta,), (c,) = layers[-1]
    delta = [2 * (product([theta], outputs[-1])[0] + c - y)]
    for i in reversed(range(len(layers))):
        d_W, d_b = grads_of_layer(net.layers[i])
        assert d_b == near(delta)
        assert d_W == [near(row) for row in outer(delta, outputs[i])]
        back = transposed(layers[i][0], delta)
        delta = [g * (1 - h * h) for g, h in zip(back, outputs[i])]


# --- B4: a softmax layer ---------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "d"), [(2, 1), (3, 4), (6, 2)])
def test_B4_closed_forms_for_any_sizes(k, d):
    random = Random(k * 10 + d)
    rows, b, x = matrix(random, k, d), matrix(random, 1, k)[0], matrix(random, 1, d)[0]
    net = MLP.from_matrices([with_bias(rows, b)], output="softmax")
    p = [out.data for out in net(x)]
    cross_entropy(net(x), k - 1).backward()
    d_W, d_b = grads_of_layer(net.layers[0])

    error = [p_j - y_j for p_j, y_j in zip(p, nn.losses.one_hot(k - 1, k))]
    assert d_b == near(error)
    assert d_W == [near(row) for row in outer(error, x)]


# --- B5: one layer of each kind --------------------------------------------------------------------

SLOPES = {
    "linear": lambda h: 1.0,
    "sigmoid": lambda h: h * (1 - h),
    "tanh": lambda h: 1 - h * h,
    "relu": lambda h: float(h > 0),
}


@pytest.mark.parametrize("activation", SLOPES)
@pytest.mark.parametrize(("k", "d"), SIZES)
def test_B5_gradients_to_parameters_and_input(activation, k, d):
    random = Random(k * 10 + d)
    rows, b, above = matrix(random, k, d), matrix(random, 1, k)[0], matrix(random, 1, k)[0]
    layer = MLP.from_matrices([with_bias(rows, b)], output=activation).layers[0]
    x = [Value(number) for number in matrix(random, 1, d)[0]]
    h = layer(x)
    dot(above, h).backward()  # so that ``above`` is the gradient at h
    d_W, d_b = grads_of_layer(layer)

    delta = [g * SLOPES[activation](out.data) for g, out in zip(above, h)]
    assert d_b == near(delta)
    assert d_W == [near(row) for row in outer(delta, [v.data for v in x])]
    assert [v.grad for v in x] == near(transposed(rows, delta))


# --- C3, C9: one neuron ----------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 3, 8])
def test_C3_closed_form_for_any_inputs(d):
    random = Random(d)
    neuron = Neuron(d, "sigmoid", seed=random)
    x, target = matrix(random, 1, d)[0], random.random()
    s = neuron(x).data
    squared_error(neuron(x), target).backward()

    common = 2 * (s - target) * (1 - s) * s
    assert [w.grad for w in neuron.w] == near([common * v for v in x])
    assert neuron.b.grad == near(common)


def test_C9_mean_gradient_is_gradient_of_the_mean():
    net = MLP.from_matrices([[0.1, 0.3, -0.2]], output="sigmoid")
    X, Y = nn.truth_table("and")
    each = []
    for x, y in zip(X, Y):
        net.zero_grad()
        squared_error(net(x), y).backward()
        each.append([p.grad for p in net.parameters()])
    g, k, m = 0.2369176184714241, 0.28768228736973767, -0.2228470922732268
    mean = [0.016208798774127717, 0.003517631549549323, 0.1408968188705737]

    assert [near(row) for row in ([0, 0, 0.26183446191435983], [0, g, g], [k, 0, k], [m, m, m])] == each
    assert [sum(column) / 4 for column in zip(*each)] == near(mean)
    net.zero_grad()
    (sum(squared_error(net(x), y) for x, y in zip(X, Y)) / 4).backward()
    assert [p.grad for p in net.parameters()] == near(mean)


# --- C6, C7: backpropagation as deltas -------------------------------------------------------------


def test_C7_lecture_numbers():
    net = MLP.from_matrices([with_bias(W, B), [0.1, *THETA]], "sigmoid", "sigmoid")
    (z1, _), (z2, a2) = net.activations([1, 0])
    loss = squared_error(a2, 1)
    loss.backward()

    assert loss.data == near(0.2207733058788292)
    assert [z.grad for z in z2] == near([-0.23407922485212357])
    assert [z.grad for z in z1] == near([-0.029095931391043578, 0.034058161353315616])


@pytest.mark.parametrize(("k", "d"), SIZES)
def test_C7_deltas_of_any_net(k, d):
    random = Random(k * 10 + d)
    net = MLP(d, [k, k, 2], "sigmoid", "sigmoid", seed=random)
    x, y = matrix(random, 1, d)[0], [0.2, 0.9]
    found = net.activations(x)
    squared_error(found[-1][1], y).backward()

    inputs = [x, *[[a.data for a in a_l] for _, a_l in found]]
    delta = [2 * (a.data - t) * a.data * (1 - a.data) for a, t in zip(found[-1][1], y)]
    for i in reversed(range(3)):
        d_W, _ = grads_of_layer(net.layers[i])
        assert [z.grad for z in found[i][0]] == near(delta)
        assert d_W == [near(row) for row in outer(delta, inputs[i])]  # dC/dw_ij = delta_i a_j
        rows = [[w.data for w in neuron.w] for neuron in net.layers[i].neurons]
        delta = [g * a * (1 - a) for g, a in zip(transposed(rows, delta), inputs[i])]


def test_C6_activations_keep_no_state():
    net = MLP(2, [3, 1], seed=0)
    first = [[a.data for a in a_l] for _, a_l in net.activations([1.0, 2.0])]
    net.activations([5.0, 5.0])

    assert [[a.data for a in a_l] for _, a_l in net.activations([1.0, 2.0])] == first
    assert set(vars(net)) == {"layers", "seed", "make"}


# --- E6, E8 ----------------------------------------------------------------------------------------


def test_E6_scores_and_gradients_in_one_pass():
    net = MLP.from_matrices([with_bias([[0.1, 0.2, -0.1], [-0.3, 0.4, 0.2]], B), [0, 0.5, -0.6]], "sigmoid")
    x = [Value(1.0), Value(2.0), Value(-1.0)]
    s = net(x)
    s.backward()

    assert s.data == near(-0.008800669194729438)
    assert [w.grad for w in net.layers[1].neurons[0].w] == near([0.6570104626734988, 0.5621765008857981])
    assert grads_of_layer(net.layers[0])[1] == near([0.11267385730552691, -0.147680449642559])
    assert [v.grad for v in x] == near([0.05557152062332039, -0.036537408395918215, -0.040803475659064496])


def test_E8_sigmoid_layer_multiplies_by_a_quarter():
    random = Random(0)
    rows, x = matrix(random, 3, 3), [Value(v) for v in (0.5, -1.0, 2.0)]
    layer = MLP.from_matrices([rows], output="sigmoid", bias=False).layers[0]
    z = [logistic(v) for v in product(rows, [v.data for v in x])]
    for out in (outs := layer(x)):
        out.backward()
    factor = [v * (1 - v) for v in z]

    assert [v.grad for v in x] == near(transposed(rows, factor))
    assert [[w.grad for w in n.w] for n in layer.neurons] == [near(row) for row in outer(factor, [0.5, -1.0, 2.0])]
    assert max(factor) <= 0.25
    assert len(outs) == 3


# --- B8 and D14 ------------------------------------------------------------------------------------


def test_B8_linear_layers_compose():
    two = MLP.from_matrices([[[0, 1], [1, 1]], [[1, 2], [3, 4]]], "linear", bias=False)
    one = MLP.from_matrices([[[2, 3], [4, 7]]], bias=False)

    for x in ([1, 0], [0, 1], [3, -5]):
        assert [v.data for v in two(x)] == [v.data for v in one(x)]


@pytest.mark.parametrize("hidden", [[], [3], [3, 3]])
def test_B8_best_linear_fit_to_xor_is_a_half(hidden):
    X, Y = nn.truth_table("xor")
    net = MLP(2, [*hidden, 1], "linear", seed=0)
    history = nn.fit(net, X, Y, epochs=2000, progress=False)

    assert [net(x).data for x in X] == pytest.approx([0.5] * 4, abs=1e-6)
    assert history.loss[-1] == pytest.approx(0.25, abs=1e-9)


def test_D14_chain_of_ten_sigmoids():
    x = Value(0.5)
    nn.lectures.repeated(sigmoid, x, 10).backward()

    assert x.grad == pytest.approx(3.4831156e-07, rel=1e-7)
    assert nn.lectures.repeated(lambda h: 1.5 * h, 1.0, 50) == near(637621500.2140496)


def test_D14_cliff_and_clipping():
    w, b = Value(4.35), Value(-2.21)
    loss = nn.lectures.cliff(w, b)
    loss.backward()

    assert loss.data == pytest.approx(0.0244762, abs=1e-6)
    assert (w.grad, b.grad) == (pytest.approx(-9.938081, abs=1e-6), pytest.approx(-16.346736, abs=1e-6))
    free = nn.lectures.descend(nn.lectures.cliff, [4.35, -2.21], 0.1, most=1)
    clipped = nn.lectures.descend(nn.lectures.cliff, [4.35, -2.21], 0.1, most=1, clip_norm=1.0)
    assert math.dist(*free) == pytest.approx(0.1 * math.hypot(9.938081, 16.346736), abs=1e-6)
    assert math.dist(*clipped) == near(0.1)
