"""Notebook C: what its text says of its numbers."""

from itertools import pairwise
from math import log

import pytest

from nn import MLP, fit, predict, squared_error
from nn.lectures.learning import runs_by_batch_size
from tests.support.course_notebooks import Run


@pytest.fixture(scope="module")
def after():
    return Run("C")


def near(numbers, rel=1e-12):
    return pytest.approx(numbers, rel=rel, abs=1e-15)


def test_C1_piecewise_linear_and_unit_step(after):
    places = (-1.0, -0.5, 0.0, 0.25, 0.5, 2.0)
    six = after["C1"]["six"]

    assert [six["piece-wise linear"](z) for z in places] == [0, 0, 0.5, 0.75, 1, 1]
    assert [six["unit step"](z) for z in places] == [0, 0, 0.5, 1, 1, 1]


def test_C3_factors_give_the_gradient(after):
    s, w1, w2, b = (after["C3"][name] for name in ("s", "w1", "w2", "b"))

    assert [w1.grad, w2.grad, b.grad] == near([2 * (s.data - 1) * (1 - s.data) * s.data * x for x in (0.5, -1.5, 1)])


def test_C4_stands_still_jumps_creeps_and_zigzags(after):
    path, jumping, creeping, valley = (after["C4"][name] for name in ("path", "jumping", "creeping", "valley"))

    assert (len(path) - 1, path[-1]) == (159, 2.999999999999999)
    assert (jumping[:4], len(jumping) - 1) == ([1, -1, 1, -1], 10_000)
    assert 0.01 < creeping[-1] < creeping[-2]
    assert all(b * following < 0 for (_, b), (_, following) in pairwise(valley))


def test_C5_batch_runner_learns_the_same_in_less_time():
    eager, batch = runs_by_batch_size("eager", epochs=60), runs_by_batch_size("batch", epochs=60)
    seconds = {size: min(run.seconds) for size, run in batch.items()}

    assert batch[20].loss[-1] == near(eager[20].loss[-1], rel=1e-9)
    assert seconds[20] < seconds[5] < seconds[1]


def test_C5_more_updates_get_further(after):
    last = [run[-1] for run in after["C5"]["losses"].values()]

    assert last == sorted(last)


def test_C6_layer_by_hand_is_the_net_of_the_library(after):
    found = after["C6"]
    net = MLP.from_matrices([[[0.05, 0.1, 0.2], [-0.05, -0.3, 0.4]], [0.1, 0.5, -0.6]], "sigmoid", "sigmoid")
    layers = [[v.data for v in part] for layer in net.activations([1, 0]) for part in layer]

    assert [found[name] for name in ("z1", "a1", "z2", "a2")] == [near(layer) for layer in layers]


def test_C7_delta_is_the_gradient_of_z(after):
    net = MLP.from_matrices([[[0.05, 0.1, 0.2], [-0.05, -0.3, 0.4]], [0.1, 0.5, -0.6]], "sigmoid", "sigmoid")
    (z1, a1), (z2, a2) = net.activations([1, 0])
    C = squared_error(a2, 1)
    C.backward()

    assert C.data == near(0.2207733058788292)
    assert [v.grad for v in (*z2, *z1)] == near([*after["C7"]["delta2"], *after["C7"]["delta1"]])
    assert [v.grad for v in (after["C7"]["z_2"], *after["C7"]["z_1"])] == near([v.grad for v in (*z2, *z1)])
    assert [w.grad for w in net.layers[1].neurons[0].w] == near([z2[0].grad * a.data for a in a1])


def test_C8_chain_is_below_a_64th(after):
    assert after["C8"]["w"].grad == near(0.012032514870644767)


def test_C9_gradient_of_the_mean_is_the_mean(after):
    gradients, whole = after["C9"]["gradients"], after["C9"]["whole"]
    mean = [sum(column) / 4 for column in zip(*gradients)]

    assert mean == near([0.016208798774127717, 0.003517631549549323, 0.1408968188705737])
    assert mean == near(whole(0.3, -0.2, 0.1))
    assert [max(gradient) < 0 for gradient in gradients] == [False, False, False, True]


def test_C10_four_ways_find_the_same_minimum(after):
    found = [after["C10"][name] for name in ("brute", "lucky", "calculus", "theta")]

    assert found == pytest.approx([3, 3, 3, 3], abs=0.02)
    assert after["C10"]["looks"] == 67


def test_C12_one_pass_back_gives_what_ten_runs_give(after):
    backward, nudged = after["C12"]["backward"], after["C12"]["nudged"]

    assert nudged == pytest.approx(backward, abs=1e-5)
    assert (after["C12"]["runs"], after["C12"]["parameters"]) == (1, 118_282)


def test_C13_three_reviews_are_learned(after):
    net, run, bag, reviews = (after["C13"][name] for name in ("net", "run", "bag", "reviews"))

    assert run.loss[0] == near(log(3))
    assert [predict(net, bag(review), "cross_entropy") for review in reviews] == [0, 1, 2]
    assert predict(net, bag("I love it too much"), "cross_entropy") == 1


def test_C14_neuron_without_bias_says_a_half_at_the_origin(after):
    neurons = after["C14"]["neurons"]

    assert neurons["without a bias"]([0, 0]).data == 0.5
    assert neurons["with a bias"]([0, 0]).data > 0.9


def test_C14_bias_learns_how_often_a_class_occurs():
    neuron = MLP(1, [1], output="sigmoid", seed=0)
    fit(neuron, [[0.0]] * 10, [1] * 9 + [0], "binary_cross_entropy", epochs=2000, progress=False)

    assert neuron.layers[0].neurons[0].b.data == pytest.approx(log(9), rel=1e-6)


def test_C15_median_without_squares_and_mean_with_them(after):
    grid, unsquared, squared = (after["C15"][name] for name in ("grid", "unsquared", "squared"))

    assert (min(grid, key=unsquared), max(grid, key=lambda theta: -unsquared(theta))) == (2, 2)
    assert min(grid, key=squared) == 4


def test_C16_large_rate_wins_for_one_example(after):
    last = [curve[-1] for curve in after["C16"]["curves"].values()]

    assert last == sorted(last, reverse=True)


def test_C17_SGD_arrives_in_one_epoch_and_jumps_on(after):
    paths, loss = after["C17"]["paths"], after["C17"]["mean_loss"]
    gradient_descent, SGD = paths.values()

    assert (len(gradient_descent), len(SGD)) == (11, 201)
    assert loss(*SGD[20]) < 0.1 * loss(*gradient_descent[1])
    late = [loss(*point) for point in SGD[100:]]
    assert max(late) > 1.5 * min(late)


def test_C18_old_methods_separate_two_clouds(after):
    assert (after["C18"]["mistakes"], after["C18"]["right"]) == (0, 40)
