"""The lectures' examples of nets and training, by id."""

import math
import re
from itertools import pairwise

import numpy
import pytest

import nn
from autodiff import Value, jacobian, maxout
from nn import MLP, SGD, Adam, Convolution, Layer, Neuron, RecurrentCell, fit, initializers
from nn.lectures import WindowModel
from nn.lectures.by_hand import polygon
from nn.lectures.catalog import WATCH, watch
from nn.lectures.learning import capacity_runs, errors_by_size, fits_of_sin, runs_by_batch_size
from nn.lectures.vectors import SIGMOID_LAYER, run_listing, transpose_times
from nn.lectures.words import SENTENCE

XOR = nn.truth_table("xor")


def near(number, rel=1e-12):
    return pytest.approx(number, rel=rel, abs=1e-15)


# --- A, B ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["half_squared_error", "cross_entropy"])
def test_A9_descent_one_random_example_at_a_time(loss):
    classes = loss == "cross_entropy"
    net = MLP(2, [4, 2 if classes else 1], "sigmoid", "softmax" if classes else "linear", seed=0)
    history = fit(net, *XOR, loss, SGD(net.parameters(), 0.5), epochs=3000, batch_size=1, progress=False)

    assert nn.evaluate(net, *XOR, loss)[1] == 1.0
    assert history.updates == 12_000


@pytest.mark.slow
def test_A9_two_layer_net_learns_digits():
    pytest.importorskip("sklearn")
    lines = list(watch("A9"))
    (last,) = [line for line in lines if line.startswith("epoch 5: ")]

    assert "scikit-learn's 8 x 8 digits, in place of the lecture's MNIST" in lines[1]
    assert last.startswith("epoch 5: 6740 updates")
    assert float(last.split(", ")[-1].split(" %")[0]) >= 93.0


def test_B7_deep_sigmoid_net_dilutes_the_gradient():
    sigmoid, tanh = nn.lectures.norms_by_depth(8), nn.lectures.norms_by_depth(8, "tanh")

    assert all(before < after for before, after in pairwise(sigmoid))
    assert sigmoid[0] / sigmoid[-1] < 1e-4
    assert tanh[0] / tanh[-1] > 1e-2


def test_B7_some_starts_get_stuck():
    lines = "\n".join(watch("B7"))

    assert "28 of 30 seeds learn it, not [9, 25]" in lines
    assert re.search(r"seed 9: loss 0.192; after 5000 epochs 0.125 at rate 0.5, \d.*e-\d\d at rate 0.1", lines)
    assert "seed 25: loss 0.127; after 5000 epochs 0.125 at rate 0.5, 0.126 at rate 0.1" in lines
    assert "8 of 10 seeds end with a dead unit" in lines


def test_B7_plateau_has_no_point_with_gradient_0():
    """The weights of seed 25 grow as long as it trains, and its loss falls toward 1/8."""
    net, losses, sizes = MLP(2, [2, 1], seed=25), [], []
    for _ in range(3):
        run = fit(net, *XOR, optimizer=SGD(net.parameters(), 0.1), epochs=3000, progress=False)
        losses.append(run.loss[-1])
        sizes.append(max(abs(p.data) for p in net.parameters()))

    assert losses[0] > losses[1] > losses[2] > 0.125
    assert sizes[0] < sizes[1] < sizes[2]


def test_B9_transposed_jacobian_sends_the_gradient_on():
    W, upstream, x = [[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]], [0.5, -1.0, 0.25], [1.0, -2.0]
    layer = [[0.05, 0.1, 0.2], [-0.05, -0.3, 0.4], [0.1, 0.5, -0.6]]
    net, leaves = MLP.from_matrices([layer], output="tanh"), [Value(number) for number in x]
    h = net(leaves)
    sum(g * hi for g, hi in zip(upstream, h)).backward()
    J = [[slope.data for slope in row] for row in jacobian(lambda x: net(x))(x)]

    for row, weights, hi in zip(J, W, h):
        assert row == near([(1 - hi.data**2) * w for w in weights])
    assert transpose_times(J, upstream) == near([leaf.grad for leaf in leaves])
    with pytest.raises(ValueError, match="shorter"):
        transpose_times(J, [1.0])


def test_B12_gap_between_the_errors_closes():
    found = list(errors_by_size((8, 60)))

    gaps = [test - train for _, train, test in found]
    assert [size for size, _, _ in found] == [8, 60]
    assert gaps[0] > 0.3 > 0.15 > gaps[1]


# --- C -------------------------------------------------------------------------------------------


def test_C4_parabola_stands_still_after_159_updates():
    path = nn.lectures.descend(lambda t: (t - 3.0) * (t - 3.0), [0.0], 0.1)

    assert len(path) - 1 == 159
    assert path[-1] == (2.999999999999999,)


def test_C4_slides_rule_may_never_end():
    flips = nn.lectures.descend(lambda t: t * t, [1.0], 1.0, most=50)
    creeps = nn.lectures.descend(lambda t: t * t * t * t, [1.0], 0.1, most=5_000)

    assert flips == [(1.0,), (-1.0,)] * 25 + [(1.0,)]
    assert len(creeps) == 5_001


@pytest.mark.slow
def test_C4_theta_to_the_fourth_still_moves():
    assert len(nn.lectures.descend(lambda t: t * t * t * t, [1.0], 0.1, most=10**6)) == 10**6 + 1


def test_C4_descent_in_two_variables():
    path = nn.lectures.descend(lambda a, b: a * a + 10.0 * b * b, [1.0, 1.0], 0.08, 5)

    assert [a for a, _ in path] == near([0.84**i for i in range(6)])
    assert [b for _, b in path] == near([(-0.6) ** i for i in range(6)])


def test_C5_three_kinds_of_descent():
    runs = runs_by_batch_size(epochs=3)

    assert {size: run.updates for size, run in runs.items()} == {1: 60, 5: 12, 20: 3}
    assert all(len(run.seconds) == 3 and min(run.seconds) > 0.0 for run in runs.values())


def test_C10_one_loss_four_ways():
    def bowl(theta):
        return (theta - 3.0) * (theta - 3.0)

    force, calculus = nn.lectures.by_brute_force(bowl, -10, 10, 2001), nn.lectures.by_calculus(bowl, 0.0)
    chance, descent = nn.lectures.by_random_search(bowl, -10, 10, 2000), nn.lectures.by_descent(bowl, [0.0], 0.1)

    assert [point[0] for point, _, _ in (force, calculus, descent)] == near([3.0, 3.0, 3.0])
    assert abs(chance[0][0] - 3.0) < 0.05
    assert [cost for _, _, cost in (force, calculus, chance, descent)] == [2001, 1, 2000, 160]


def test_C11_hidden_units_fit_sin_better():
    found = list(fits_of_sin([[2], [8], [32], [20], [6, 6]]))

    losses = [loss for _, _, loss in found]
    assert losses[0] > 0.01 > losses[1] > losses[2]
    assert found[3][1] == found[4][1] == 61
    assert max(losses[3:]) < 0.01


def test_C13_softmax_neuron_learns_three_reviews():
    X, Y, known = nn.lectures.reviews()
    net = MLP(len(known), [3], output="softmax", initializer="zeros")
    history = fit(net, X, Y, "cross_entropy", epochs=200, progress=False)

    assert history.loss[0] == near(math.log(3))
    assert [nn.predict(net, x, "cross_entropy") for x in X] == Y == [0, 1, 2]
    assert [sum(x) for x in X] == [4, 4, 4]
    assert nn.lectures.words_of("It's a little expensive.") == ["its", "a", "little", "expensive"]


def test_C14_without_a_bias_the_origin_stays_at_a_half():
    neuron = MLP(2, [1], output="sigmoid", bias=False, seed=0)
    fit(neuron, *nn.truth_table("nor"), "bce", SGD(neuron.parameters(), 1.0), 100, progress=False)

    assert neuron([0.0, 0.0]).data == 0.5


def test_C14_bias_is_the_class_prior():
    prior = MLP.from_matrices([[0.0, 0.0]], output="sigmoid")
    fit(prior, [[0.0]] * 4, [1, 1, 1, 0], "bce", SGD(prior.parameters(), 1.0), 500, progress=False)

    assert prior.layers[0].neurons[0].b.data == near(math.log(3), rel=1e-9)


def test_C15_squares_lead_to_the_mean_and_distances_to_the_median():
    numbers = (1.0, 4.0, 10.0)
    squares = nn.lectures.descend(lambda t: sum((y - t) * (y - t) for y in numbers), [2.0], 0.1)
    distances = nn.lectures.descend(lambda t: sum(abs(y - t) for y in numbers), [2.0], 0.5)

    assert squares[-1] == near([5.0])
    assert distances[-1] == (4.0,)


def test_C16_update_step_of_C3():
    """theta - eta dC/dtheta, by C3's formula: 2 (sigma - y) sigma (1 - sigma) x."""
    s = 1 / (1 + math.exp(-0.55))
    g = 2 * (s - 1) * s * (1 - s)
    lines = list(watch("C16"))

    expected = [0.3 - g * 0.5, -0.2 - g * -1.5, 0.1 - g]
    assert f"step 1: (w1, w2, b) = ({', '.join(f'{number:.6g}' for number in expected)}), C = 0.0583479" in lines


def test_C17_paths_of_descent_and_SGD():
    paths = nn.lectures.paths_by_batch_size(epochs=6)
    full, single = paths["gradient descent"], paths["SGD"]

    assert (len(full), len(single)) == (1 + 6, 1 + 6 * 20)
    assert full[0] == single[0] == (-1.0, 1.5)
    goal = (2.0, -1.0)
    assert math.dist(single[-1], goal) < 0.4 < math.dist(full[-1], goal)
    assert nn.lectures.paths_by_batch_size(epochs=6) == paths


# --- D -------------------------------------------------------------------------------------------


def test_D12_maxout_of_neurons():
    pieces = [Neuron(2, seed=0), Neuron(2, seed=1)]
    x = [0.3, -0.7]
    out = maxout([neuron(x) for neuron in pieces])

    assert out.data == max(neuron(x).data for neuron in pieces)


def test_D13_positive_inputs_give_one_sign():
    neuron = Neuron(4, "sigmoid", seed=0)
    for x, one in (([0.1, 2.0, 0.5, 1.0], True), ([0.1, -2.0, 0.5, 1.0], False)):
        neuron.zero_grad()
        neuron(x).backward()
        assert (len({w.grad > 0 for w in neuron.w}) == 1) is one


def test_D14_recurrent_unit_forgets():
    cell = RecurrentCell(1, 1, "sigmoid", seed=0)
    start = Value(0.5)
    states = cell.states([[0.0]] * 10, [start])
    states[-1][0].backward()

    assert 0.0 < abs(start.grad) < 1e-6


def test_D14_clipping_prevents_blow_up():
    X, Y = [[100.0], [-100.0]], [1.0, -1.0]
    wild, tamed = MLP(1, [1], seed=1), MLP(1, [1], seed=1)
    with pytest.raises(nn.training.NonfiniteLossError):
        fit(wild, X, Y, optimizer=SGD(wild.parameters(), 0.1), progress=False)
    fit(tamed, X, Y, optimizer=SGD(tamed.parameters(), 0.01, clip_norm=0.1), progress=False)

    assert nn.evaluate(tamed, X, Y)[0] < 0.02


def test_D16_penalty_holds_weights_back():
    found = {name: max(abs(w.data) for w in net.weights()) for name, net, _, _ in capacity_runs(60)}

    penalized = [found[f"20 hidden units, lambda = {strength}"] for strength in ("0.001", "0.01", "0.1")]
    assert penalized == sorted(penalized, reverse=True)
    assert found["20 hidden units"] > penalized[0]


def test_D18_batch_norm_mean_and_variance():
    layer = Layer(3, 2, "tanh", seed=0)
    batch = [[0.1, 2.0, -1.0], [1.0, 0.3, 0.2], [-2.0, 0.7, 0.9], [0.4, -1.5, 1.1]]
    rows = nn.normalization.batch_norm([layer(x) for x in batch], epsilon=0.0)

    for column in zip(*rows):
        assert sum(v.data for v in column) / 4 == pytest.approx(0.0, abs=1e-15)
        assert sum(v.data**2 for v in column) / 4 == near(1.0)


def test_D18_batch_norm_gradients():
    """Shifting or scaling a whole mini-batch changes nothing: its gradients sum to 0."""
    xs = [Value(x) for x in (0.5, -1.0, 2.0)]
    rows = nn.normalization.batch_norm([[x] for x in xs], epsilon=0.0)
    (rows[0][0] * 2.0 + rows[1][0]).backward()

    assert sum(x.grad for x in xs) == pytest.approx(0.0, abs=1e-14)
    assert sum(x.grad * x.data for x in xs) == pytest.approx(0.0, abs=1e-14)
    with pytest.raises(ValueError, match=r"rows of equal length, got lengths \[1, 2\]"):
        nn.normalization.batch_norm([[1.0], [1.0, 2.0]])


@pytest.mark.parametrize("constant", [0.1, 1.0, -7.3, 0.0])
@pytest.mark.parametrize("epsilon", [0.0, 1e-5])
def test_D18_batch_norm_constant_column(constant, epsilon):
    rows = nn.normalization.batch_norm([[constant, 1.0], [constant, 2.0], [constant, 6.0]], epsilon)

    assert [row[0] for row in rows] == pytest.approx([math.nan if epsilon == 0.0 else 0.0] * 3, nan_ok=True)
    assert rows[0][1] < rows[1][1] < 0.0 < rows[2][1]


def test_D18_batch_norm_takes_arrays_and_iterators():
    rows = [[1.0, 4.0], [3.0, -2.0], [0.5, 0.0]]
    expected = nn.normalization.batch_norm(rows)

    assert nn.normalization.batch_norm(numpy.array(rows)) == pytest.approx(numpy.array(expected))
    assert nn.normalization.batch_norm(iter(rows)) == nn.normalization.batch_norm(map(tuple, rows)) == expected
    values = nn.normalization.batch_norm(numpy.array([[Value(x) for x in row] for row in rows], dtype=object))
    assert [[v.data for v in row] for row in values] == [pytest.approx(row) for row in expected]


def test_D13_relu_dies_after_one_large_step():
    lines = "\n".join(watch("D13"))

    assert "step 0: weighted sums (0.1, 0.6, 0.6, 1.1), gradient (0.85, 0.85, 1.2)" in lines
    assert lines.count("weighted sums (-2.3, -3.5, -3.5, -4.7), gradient (0, 0, 0)") == 2


def test_D19_vectors_by_the_table():
    lines = list(watch("D19"))

    assert "local dz/dx, D_z x D_x = 2 x 3: ((4, 1, 0), (0, 0, 5))" in lines
    for name, gradient in (("x", "(8, 2, -5)"), ("y", "(2, 3)")):
        (place,) = [i for i, line in enumerate(lines) if line.startswith(f"  downstream dL/d{name}")]
        assert lines[place].endswith(f": {gradient}")
        assert lines[place + 1] == f"  the engine's: {gradient}"


@pytest.mark.parametrize("name", ["A8", "A10", "B9", "B11", "D21"])
def test_closed_forms_are_the_engines(name):
    """A line that names the engine repeats the numbers of the line before it."""

    def numbers(line):
        return re.findall(r"-?\d+\.\d+", line)

    _, *lines = watch(name)
    beside = [i for i, line in enumerate(lines) if "engine" in line]
    for i in beside:
        before, _, after = lines[i].partition("engine")
        assert numbers(after) == (numbers(before) or numbers(lines[i - 1])), lines[i]
    assert beside


def test_D21_listings_run_as_printed():
    known = {"np": numpy, "x": numpy.array([1.0, 2.0]), "W": numpy.array([[0.5, -1.0]])}
    lines = run_listing("title", SIGMOID_LAYER, known)
    s = 1 / (1 + math.exp(1.5))

    assert [line.strip() for line in lines[1:]] == SIGMOID_LAYER.split("\n")
    assert known["dx"] == near([0.5 * s * (1 - s), -s * (1 - s)])


def test_D25_shapes_add_up():
    assert list(watch("D25"))[-1] == f"together {784 * 128 + 128 + 128 * 128 + 128:,} parameters"


def test_D26_rounded_beside_exact():
    lines = [line.split() for line in watch("D26") if line.startswith("df/d")]
    exact = {line[0]: float(line[-1]) for line in lines}
    rounded = {line[0]: float(line[-2]) for line in lines}

    assert (rounded["df/dx0"], exact["df/dx0"]) == (0.4, 0.393224)
    assert len(lines) == 12
    assert all(abs(rounded[name] - exact[name]) < 0.011 for name in exact)


# --- E -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gate", ["and", "or", "xnor", "xor"])
def test_E5_per_example_descent_learns_every_gate(gate):
    X, Y = nn.truth_table(gate)
    net = MLP(2, [1] if gate in ("and", "or") else [4, 1], output="sigmoid", seed=0)
    fit(net, X, Y, "binary_cross_entropy", SGD(net.parameters(), 0.2), 500, 1, progress=False)

    assert nn.evaluate(net, X, Y, "binary_cross_entropy")[1] == 1.0


@pytest.mark.parametrize("make", [lambda p: SGD(p, 0.1), lambda p: Adam(p, 0.02)])
def test_E9_small_random_weights_and_two_optimizers(make):
    nets = [MLP(2, [4, 1], initializer=initializers.uniform(-0.5, 0.5), seed=3) for _ in range(2)]
    histories = [fit(net, *XOR, optimizer=make(net.parameters()), epochs=1000, progress=False) for net in nets]

    assert histories[0].loss == pytest.approx(histories[1].loss, rel=1e-9)  # with either runner
    assert nn.evaluate(nets[0], *XOR)[1] == 1.0


def test_E10_recurrent_gradient_sums_over_uses():
    sequence = [[1.0], [0.0], [-1.0]]
    shared = RecurrentCell(1, 2, seed=0)
    nn.squared_error(shared(sequence), [1.0, 0.0]).backward()

    steps, h = [RecurrentCell(1, 2, seed=0) for _ in sequence], [0.0, 0.0]
    for cell, x in zip(steps, sequence):
        h = cell.states([x], h)[0]
    nn.squared_error(h, [1.0, 0.0]).backward()

    together = zip(*[cell.parameters() for cell in steps])
    assert [p.grad for p in shared.parameters()] == near([sum(p.grad for p in uses) for uses in together])


def test_E10_convolution_is_one_neuron_everywhere():
    edges, x = Convolution(2, seed=0), [0.0, 0.0, 1.0, 1.0, 0.0]
    w0, w1, b = (p.data for p in edges.parameters())

    assert [out.data for out in edges(x)] == near([b + w0 * left + w1 * right for left, right in pairwise(x)])
    with pytest.raises(ValueError, match="width 2 needs at least 2 numbers, got 1"):
        edges([1.0])


def test_E10_convolution_learns_edges():
    X = [[0.0, 0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0, 1.0]]
    Y = [[b - a for a, b in pairwise(x)] for x in X]
    edges = Convolution(2, seed=0)
    fit(edges, X, Y, epochs=300, progress=False)

    assert [p.data for p in edges.parameters()] == pytest.approx([-1.0, 1.0, 0.0], abs=1e-6)


def test_E10_recurrent_cell_learns_parity():
    """Is the number of ones odd? The cell reads one bit after the other."""
    X = [[float(bit) for bit in f"{i:03b}"] for i in range(8)]
    Y = [sum(x) % 2 for x in X]

    class Parity(nn.Module):
        def __init__(self):
            self.cell, self.out = RecurrentCell(1, 6, seed=1), Layer(6, 1, "sigmoid", seed=2)

        def __call__(self, x):
            return self.out(self.cell([[bit] for bit in x]))

    model = Parity()
    fit(model, X, Y, "bce", Adam(model.parameters(), 0.05), epochs=300, progress=False)

    assert nn.evaluate(model, X, Y, "bce")[1] == 1.0


def test_E12_theta_0_stays_at_ln_2():
    for activation in ("tanh", "sigmoid"):
        net = MLP(2, [4, 1], activation, "sigmoid", initializer="zeros")
        history = fit(net, *XOR, "bce", epochs=300, progress=False)
        assert history.loss[-1] == near(math.log(2))


def test_E12_random_start_cures_identical_units():
    same, cured = (MLP(2, [4, 1], "sigmoid", "sigmoid", initializer=i, seed=0) for i in ("zeros", "uniform"))
    for net in (same, cured):
        fit(net, *XOR, "bce", SGD(net.parameters(), 0.2), 2000, 1, progress=False)
    units = [len({tuple(p.data for p in n.parameters()) for n in net.layers[0].neurons}) for net in (same, cured)]

    assert units == [1, 4]
    assert nn.evaluate(same, *XOR, "bce")[1] < 1.0
    assert nn.evaluate(cured, *XOR, "bce")[1] == 1.0


def test_E13_window_model_learns_a_sentence():
    known = nn.lectures.vocabulary([SENTENCE])
    X, Y = nn.lectures.windows(SENTENCE, known)
    model = WindowModel(len(known), seed=0)
    history = fit(model, X, Y, "cross_entropy", Adam(model.parameters(), 0.05), 100, progress=False)

    assert len(known) == 10
    assert history.loss[0] == near(2.302585092994046)
    assert [nn.predict(model, x, "cross_entropy") for x in X] == Y


def test_E15_product_of_probabilities_and_its_logarithm():
    h = [1 / (1 + math.exp(-z)) for z in (-2, -1, 0, 1)]
    product = (1 - h[0]) * (1 - h[1]) * (1 - h[2]) * h[3]
    lines = "\n".join(watch("E15"))

    assert f"L = the product = {product:.12f}, J = -log L = {-math.log(product):.12g}" in lines
    assert "J = -log L = 0.000136196697744" in lines  # E5's, for E2's weights
    assert "0.9^10000 = 0 in floating point" in lines


@pytest.mark.parametrize("sides", [3, 4, 8, 32])
def test_E16_polygon_is_an_AND_of_half_planes(sides):
    net, reach = polygon(sides), math.sqrt(math.pi / (sides * math.tan(math.pi / sides)))
    for i in range(sides):
        angle = 2 * math.pi * i / sides
        inside, outside = ([r * math.cos(angle), r * math.sin(angle)] for r in (0.99 * reach, 1.01 * reach))
        assert (nn.predict(net, inside), nn.predict(net, outside)) == (1, 0)


def test_E17_exercises_are_posed_without_answers():
    lines = "\n".join(watch("E17"))

    assert "What happens if g(z) = z?" in lines
    assert "What are Theta1 and Theta2?" in lines
    assert "[[" not in lines


# --- Watch ---------------------------------------------------------------------------------------

SLOW = {"A9", "B12", "C11", "D16", "C5"}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in WATCH])
def test_watch_has_titles_and_ascii_lines(name):
    title, *lines = watch(name)

    assert title.startswith(f"{name}  ")
    assert lines
    assert max(map(len, [title, *lines])) <= 120
    "\n".join([title, *lines]).encode("ascii")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("A8", "dL/dw = (f - y) h                          (-0.338964, -0.842568)"),
        ("B8", "squared error 0.25, gradient (0, 0, 0)"),
        ("C4", "at 2.999999999999999 after 159 updates and stands still"),
        ("C9", "their mean: (0.0162088, 0.00351763, 0.140897)"),
        ("C12", "depends on 19 inputs (W, x and y*) by 56 edges"),
        ("C12", "784-128-128-10 has 118,282 parameters"),
        ("D13", "sigmoid at -10: slope 4.53958e-05"),
        ("D14", "dh50/dh0 = 637621500.2140496"),
        ("D18", "after   unit 0: mean 0, variance 1"),
        ("A7", "   0      0     0    0.50000   0.25000   0.00000   1.00000"),
        ("A8", "dL/dU, row 2 = (f - y) w2 h2 (1 - h2) x    (0.0803492, 0.160698, -0.0803492)"),
        ("A10", "df/dw = h                                  (0.354344, 0.880797)"),
        ("B10", "another logistic regression, of h: y = 0.684671"),
        ("C4", "descent runs while theta(i+1) != theta(i). That may"),
        ("C6", "z^2 = W^2 a^1 + b^2 = (0.120685)"),
        ("C18", "Adaline, linear regression"),
        ("D10", "W2 W1 has the shape C x H. It is C x D"),
        ("D17", "W1 has 784 * 128 = 100,352 weights"),
        ("D20", "df/dx = -1 / x ** 2 at x = 1.37:        f = 0.729927, df/dx = -0.532793"),
        ("D22", "leaky_relu"),
        ("D23", "What is the dying ReLU problem, and what helps?"),
        ("E16", "an L, the left half of a square OR its lower half"),
        ("E1", "z2 = (2, 2, 5), a2 = (1, 1, 1), z3 = 2, h = 1"),
        ("E4", "wrong: 0 of 20000 points"),
        ("E13", "the next         -> one"),
    ],
)
def test_watch_shows_the_lectures_numbers(name, text):
    assert text in "\n".join(watch(name))
