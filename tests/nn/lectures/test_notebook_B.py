"""The notebook of lecture B: its course table, and the numbers that its own cells compute."""

import pytest

from autodiff.lectures import EXAMPLES
from tests.support.by_hand import close, gradients
from tests.support.course_notebooks import Run


@pytest.fixture(scope="module")
def run():
    return Run("B")


def matrix(id, *rows):
    return [close(gradients(id, row)) for row in rows]


def test_B10_vector_of_outputs(run):
    names, values = run.after("from autodiff import Value, label, variables"), EXAMPLES["B10"].values

    assert [names[name].data for name in ("h1", "h2", "h3", "y_hat")] == close([*values.values()])


def test_B8_two_layers_are_their_product(run):
    names = run.after("def apply(W, x):")
    apply, x = names["apply"], [3, -5]

    assert names["product"] == [[2, 3], [4, 7]]
    assert apply(names["product"], x) == apply(names["W1"], apply(names["W2"], x))


def test_B8_linear_net_answers_a_half(run):
    names = run.after("linear_net = MLP")

    assert [names["linear_net"](x).data for x in names["X"]] == pytest.approx([0.5] * 4, rel=1e-5)
    assert names["history"].loss[-1] == pytest.approx(0.25, rel=1e-8)


def test_B9_transposed_jacobian_is_backward(run):
    names = run.after("L = 0.5 * h1 - h2 + 0.25 * h3")

    assert names["J"] == [[3, 2], [1, 2], [0, 6]]
    assert names["down"] == [names["x1"].grad, names["x2"].grad] == close(gradients("B9", "x1 x2"))


def test_B9_jacobian_in_the_weights_is_mostly_zero(run):
    J_W = run.after("def linear_layer(w):")["J_W"]

    assert J_W == [[2, 3, 0, 0, 0, 0], [0, 0, 2, 3, 0, 0], [0, 0, 0, 0, 2, 3]]


def test_B2_formulas_and_engine_agree(run):
    by_hand, engine = run.after("dy_hat = 2 * (y_hat - y)"), run.after("w1, w2 = variables(w11=0.1")

    assert by_hand["dW"] == matrix("B2", "w11 w12", "w21 w22")
    assert [[w.grad for w in engine[name]] for name in ("w1", "w2")] == by_hand["dW"]
    assert by_hand["db"] == close(gradients("B2", "b1 b2"))
    assert by_hand["dtheta"] == close(gradients("B2", "theta1 theta2"))
    assert by_hand["dc"] == close(EXAMPLES["B2"].gradients["c"])


def test_B3_loop_over_layers(run):
    names = run.after("layer1 = [[0.1, 0.2]")

    assert names["dW"] == matrix("B3", "w1_11 w1_12", "w1_21 w1_22")
    assert names["g"] == close(gradients("B3", "x1 x2"))


def test_B4_gradient_is_p_minus_y(run):
    names = run.after("L = log(exp(h1)")

    assert [names[name].grad for name in ("h1", "h2", "h3")] == close(gradients("B4a", "h1 h2 h3"))
    assert [p - y for p, y in zip(names["p"], (0, 1, 0))] == close(gradients("B4a", "h1 h2 h3"))


def test_B11_product_sums_over_examples(run):
    names, example = run.after("import numpy as np"), EXAMPLES["B11"]

    assert (names["G"].T @ names["X"]).tolist() == matrix("B11", "w1 w2")
    assert names["H"].ravel().tolist() == close([example.values[name] for name in ("ha", "hb", "hc")])
    assert names["G"].sum() == example.gradients["b"]


def test_B6_loop_stops_when_it_has_converged(run):
    names = run.after("while not losses")

    assert names["losses"][-1] < 0.01 <= min(names["losses"][:-1])
    assert [round(names["net"](x).data) for x in names["X"]] == names["Y"]


def test_B7_sigmoid_dilutes_more_than_tanh(run):
    sizes = run.after("def sizes_of(activation):")["sizes"]

    assert sizes["sigmoid"][0] < 1e-3 * sizes["sigmoid"][-1]
    assert sizes["tanh"][0] > 1e-2 * sizes["tanh"][-1]


def test_B7_plateaus_and_minima(run):
    names = run.after("more = train(nets[seed], 20_000)")
    stuck = [seed for seed in range(30) if not names["learned"][seed]]
    wrong = [seed for seed in stuck if [names["predict"](names["nets"][seed], x) for x in names["X"]] != names["Y"]]

    assert 0 < len(wrong) < len(stuck) < 10


def test_B12_gap_closes_with_more_data(run):
    names = run.after("counts, in_training, in_test")
    gaps = [train - test for train, test in zip(names["in_training"], names["in_test"])]

    assert gaps[0] > 10.0
    assert abs(gaps[-1]) < 3.0
    assert names["in_test"][-1] > names["in_test"][0]
