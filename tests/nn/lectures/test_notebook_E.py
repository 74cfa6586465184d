"""Notebook E: what its text says of its numbers."""

from math import log

import pytest

from autodiff import check_gradients, maximum, sigmoid
from nn import binary_cross_entropy, hand_set, predict
from tests.support.course_notebooks import Run


@pytest.fixture(scope="module")
def after():
    return Run("E")


def near(numbers, rel=1e-12):
    return pytest.approx(numbers, rel=rel, abs=1e-15)


def test_E1_forward_as_on_the_slide(after):
    layer, step = after["E1"]["layer"], after["E1"]["step"]
    z2, a2 = layer(after["E1"]["Theta1"], [0, 2, 1], step)
    net = hand_set("step function").activations([0, 2, 1])

    assert (z2, a2, layer(after["E1"]["Theta2"], a2, step)) == ([2, 2, 5], [1, 1, 1], ([2], [1]))
    assert [[[v.data for v in part] for part in pair] for pair in net] == [[z2, a2], [[2], [1]]]
    assert after["E1"]["h"].data == 1


def test_E2_and_E3_gates(after):
    corners, units = after["E3"]["corners"], after["E3"]["units"]
    for gate, wanted in after["E3"]["wanted"].items():
        answers = [units[gate](x) for x in corners]
        answers = [x[0] if isinstance(x, list) else x for x in answers]
        assert [round(x) for x in answers] == wanted
        assert [predict(hand_set(gate.lower()), x) for x in corners] == wanted

    assert [units["XNOR"](x) for x in corners[:2]] == near([0.9999545608951235, 4.5480378505112356e-05])


def test_E4_rectangle_without_errors(after):
    rectangle, points, truth = (after["E4"][name] for name in ("rectangle", "points", "truth"))

    assert [rectangle(x) for x in points] == truth
    assert len(points) == 20_000


def test_E5_loop_learns_AND_but_not_XNOR(after):
    train, layer, corners, wanted = (after["E5"][name] for name in ("train", "layer", "corners", "wanted"))
    right = {}
    for gate in ("AND", "XNOR"):
        theta = train(list(zip(corners, wanted[gate])))
        right[gate] = sum(round(layer([theta], x, sigmoid)[1][0]) == y for x, y in zip(corners, wanted[gate]))

    assert right["AND"] == 4 > right["XNOR"]


def test_E5_net_learns_every_gate(after):
    assert predict(after["E5"]["net"], [0, 1]) == 1
    assert max(run[-1] for run in after["E5"]["losses"].values()) < 0.05


def test_E5_slips_fail_the_gradient_check(after):
    h, theta, loss_of, J, grad = (after["E5"][name] for name in ("h", "theta", "loss_of", "J", "grad"))

    def one(z):
        return binary_cross_entropy(sigmoid(z), 0)

    assert check_gradients(one, 0.5, gradient=sigmoid(0.5) - 0)
    assert not check_gradients(one, 0.5, gradient=sigmoid(0.5) - (-1))
    assert h == sigmoid(0.5)
    assert not check_gradients(lambda theta: loss_of(theta, [0, 0], 0), theta, gradient=grad(J)(theta))
    assert check_gradients(J, theta)


def test_E6_shared_delta_gives_all_gradients(after):
    s, delta, db, dW, dx, x = (after["E6"][name] for name in ("s", "delta", "db", "dW", "dx", "x"))

    assert s.data == near(-0.008800669194729438, rel=1e-11)
    assert delta == near(db)
    assert delta == near([v.grad for v in after["E6"]["z"]])
    assert [d for row in dW for d in row] == near([d * x_j for d in delta for x_j in x])
    assert dx == near([after["E6"][name].grad for name in ("x1", "x2", "x3")])


def test_E7_two_paths_and_a_tie(after):
    x, y, z = (after["E7"][name] for name in ("x", "y", "z"))

    assert [x.grad, y.grad, z.grad] == [2, 5, 0]
    assert not check_gradients(lambda t: maximum(t, t), 2.0, gradient=0.0)
    at_kink = check_gradients(lambda y, z: 3 * maximum(y, z), 2.0, 2.0)
    assert at_kink
    assert "on a kink" in str(at_kink)


def test_E8_large_weights_shrink_the_gradient(after):
    x, W, z, dW, dx = (after["E8"][name] for name in ("x", "W", "z", "dW", "dx"))
    local = [z_i * (1 - z_i) for z_i in z]

    assert max(local) < 1e-6
    assert [*dW.flat] == near([d * x_j for d in local for x_j in x])
    assert [*dx] == near([sum(w * d for w, d in zip(column, local)) for column in W.T])


def test_E9_small_start_is_too_small_for_SGD(after):
    last = {name: run[-1] for name, run in after["E9"]["losses"].items()}

    assert last.pop("SGD, start within 0.01") == pytest.approx(0.25, rel=0.01)
    assert max(last.values()) < 0.001


def test_E10_shared_weight_adds_up_its_uses(after):
    parts, w_h = after["E10"]["parts"], after["E10"]["w_h"]

    assert len(parts) == 4
    assert (sum(parts), parts[-1]) == (near(w_h.grad), 0)
    assert [p.data for p in after["E10"]["edges"].parameters()] == pytest.approx([-1, 1, 0], abs=1e-3)


def test_E11_net_without_bend_grows_evenly(after):
    assert after["E11"]["growth"] == [-1, 1, 1]
    assert after["E11"]["linear_net"]([0, 2, 1]) == 4


def test_E12_zeros_stay_alike(after):
    assert after["E12"]["run"].loss[-1] < 0.01  # the last run started at random
    assert len(after["E12"]["units"]) == 4


def test_E13_window_model_learns_its_sentence(after):
    model, run, windows, places = (after["E13"][name] for name in ("model", "run", "windows", "places"))

    assert run.loss[0] == near(log(10))
    assert [predict(model, x, "cross_entropy") for x in windows] == places[2:]


def test_E14_chain_of_three_factors(after):
    assert after["E14"]["x"].grad == near(1.9776558344802249)


def test_E15_likelihood_underflows_and_its_logarithm_does_not(after):
    assert after["E15"]["L"] == 0
    assert sum(-log(0.5) for _ in range(10_000)) == near(10_000 * log(2), rel=1e-9)


def test_E16_shape_is_a_house(after):
    shape = after["E16"]["shape"]

    assert [shape(x) for x in ([2, 1], [2, 2.5], [0.9, 1.6])] == [1, 1, 1]
    assert [shape(x) for x in ([0.9, 1], [1, 2.5], [2, 2.9], [2, -0.1])] == [0, 0, 0, 0]
