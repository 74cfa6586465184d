"""The formulas of lectures D and E, worked out without the engine, against the table of examples."""

import math

from autodiff.graph import history
from autodiff.lectures import EXAMPLES
from tests.support.by_hand import close, dot, gradients, logistic, value

# --- D -------------------------------------------------------------------------------------------


def test_D1_has_its_numbers():
    assert EXAMPLES["D1"].values == {"q": 3, "f": -12}
    assert EXAMPLES["D1"].gradients == {"x": -4, "y": -4, "z": 3, "q": -4}


def test_D2_D3_and_D6_are_one_function():
    f, slope = logistic(1), (1 - logistic(1)) * logistic(1)

    for id in ("D2", "D3", "D6"):
        assert value(id) == close(f)
        assert gradients(id, "w0 x0 w1 x1 w2") == close([-slope, 2 * slope, -2 * slope, -3 * slope, slope])


def test_D2_has_the_gates_of_the_slide():
    gates = [node for node in history(EXAMPLES["D2"].build()) if node.primitive]
    constants = [x for node in gates for x in node.operands if isinstance(x, float)]

    assert [gate.primitive.name for gate in gates] == ["mul", "mul", "add", "add", "neg", "exp", "add", "reciprocal"]
    assert constants == [1.0]


def test_D2_gate_by_gate():
    at_plus_1 = -1 / (1 + 1 / math.e) ** 2

    assert list(EXAMPLES["D2"].values.values()) == close([-2, 6, 4, 1, -1, 1 / math.e, 1 + 1 / math.e, logistic(1)])
    assert gradients("D2", "s6 s5 s4 s3") == close([at_plus_1, at_plus_1, at_plus_1 / math.e, -at_plus_1 / math.e])


def test_D4_the_patterns():
    assert gradients("D4a", "q x y") == [2, 2, 2]  # add distributes
    assert gradients("D4b", "q x y") == [5, 5 * 3, 5 * 2]  # mul swaps
    assert gradients("D4c", "x") == [4 + 2]  # copy adds
    assert gradients("D4d", "q x y") == [9, 0, 9]  # max routes


def test_D7_the_gradient_is_the_error_times_x_over_the_length():
    W = [[-0.1, 0.2, 0.15, 0.05], [0.25, 0.05, 0.2, -0.1], [0.25, 0.15, -0.15, 0.4]]
    x = [0.1, 1.5, 0.07, 2.32]
    errors = [dot(row, x) - target for row, target in zip(W, (0, 1, 0))]
    length = math.sqrt(dot(errors, errors))

    assert value("D7") == close(length)
    for i, error in enumerate(errors, 1):
        assert gradients("D7", f"w{i}1 w{i}2 w{i}3 w{i}4") == close([error * x_j / length for x_j in x])
    assert gradients("D7", "x1 x2 x3 x4") == close([dot(column, errors) / length for column in zip(*W)])
    assert gradients("D7", "y1 y2 y3") == close([-error / length for error in errors])


def test_D8_the_derivatives_on_the_slides():
    t, sin, cos = 0.7, math.sin(0.7), math.cos(0.7)
    x1, x2 = t * cos, t * sin
    along = math.exp(x1 * x2**2) * (x2**2 * (cos - t * sin) + 2 * x1 * x2 * (sin + t * cos))

    assert gradients("D8a", "x") == [4 * (2 * 1.5 + 1) ** 3 * 2]
    assert gradients("D8b", "x1 x2") == [2 * 2 * 3 + 3**3, 2**2 + 3 * 2 * 3**2]
    assert gradients("D8c", "t") == close([2 * sin * (cos - 1)])
    assert value("D8d") == close(math.exp(x1 * x2**2))
    assert gradients("D8d", "t") == close([along])


def test_D9_the_rows_of_the_jacobian_are_those_of_A():
    assert [gradients("D9a", "x1 x2 x3"), gradients("D9b", "x1 x2 x3")] == [[1, 2, 3], [4, 5, 6]]


def test_D11_the_svm_loss_counts_the_classes_within_the_margin():
    assert value("D11a") == close(5.1 - 3.2 + 1)
    assert gradients("D11a", "s1 s2 s3") == [-1, 1, 0]


def test_D11_the_total_loss_adds_the_regularization():
    assert value("D11b") == close((-1.1 + 0.3 + 1) + (1.7 + 0.3 + 1) + 0.1 * 0.91)
    assert gradients("D11b", "w11 w12") == close([-2 * 1 + 0.2 * 0.1, -2 * -2 + 0.2 * 0.2])

    example_a, example_b = (0.14 - 0.42 + 1) + (-0.28 - 0.42 + 1), (-0.07 - 0.35 + 1) + (0.21 - 0.35 + 1)
    assert value("D11c") == close((example_a + example_b) / 2 + 0.1 * 0.51 + 0.1 * 0.91)
    assert gradients("D11c", "w2_11 w2_22") == close([-2 * 0.7 / 2 + 0.2 * 0.6, 0.7 / 2 + 0.2 * 0.3])


def test_D12_the_activations():
    assert [value("D12a"), *gradients("D12a", "x")] == close([logistic(0.5), logistic(0.5) * logistic(-0.5)])
    assert [value("D12b"), *gradients("D12b", "x")] == close([math.tanh(0.5), 1 - math.tanh(0.5) ** 2])
    assert [value("D12c"), *gradients("D12c", "x")] == [0.5, 1]
    assert [value("D12d"), *gradients("D12d", "x")] == close([-0.2, 0.1])
    assert [value("D12e"), *gradients("D12e", "x")] == close([-0.02, 0.01])
    assert [value("D12f"), *gradients("D12f", "w11 w12 b1 w21 w22 b2")] == close([-0.25, 1, -2, 1, 0, 0, 0])
    assert [value("D12g"), *gradients("D12g", "x")] == close([math.expm1(-1), math.exp(-1)])
    assert [value("D12h"), *gradients("D12h", "x alpha")] == [-0.5, 0.25, -2]


def test_D13_a_saturated_sigmoid_and_a_dying_ReLU_pass_nothing_on():
    weak = logistic(-10) * logistic(10)

    assert [*gradients("D13a", "x"), *gradients("D13b", "x"), *gradients("D13c", "x")] == close([weak, 0.25, weak])
    assert [*gradients("D13e", "x"), *gradients("D13f", "x"), *gradients("D13g", "x")] == [0, 0, 1]


def test_D13_inputs_all_positive_give_gradients_of_one_sign():
    example = EXAMPLES["D13d"]
    s = logistic(0.3 * 0.5 - 0.2 * 1.5 + 0.1)

    assert gradients("D13d", "w1 w2") == close([-2 * s * (1 - s) * 0.5, -2 * s * (1 - s) * 1.5])
    assert min(example.inputs["x1"], example.inputs["x2"]) > 0 > max(gradients("D13d", "w1 w2"))


def test_D15_the_rules():
    sin, cos, exp = math.sin(0.7), math.cos(0.7), math.exp(0.7)
    s, t = 2, 3

    assert gradients("D15a", "x") == close([cos * exp + sin * exp])
    assert gradients("D15b", "x") == close([(cos * exp - sin * exp) / exp**2])
    assert gradients("D15c", "x") == close([cos + exp])
    assert gradients("D15d", "s t") == [2 * s * t * t + 2, 2 * s * t * s + 2]


# --- E -------------------------------------------------------------------------------------------


def test_E1_the_feed_forward_steps():
    steps = EXAMPLES["E1"].values

    assert [steps["z2_1"], steps["z2_2"], steps["z2_3"]] == [2, 2, 5]
    assert [steps["a2_1"], steps["a2_2"], steps["a2_3"]] == [1, 1, 1]
    assert [steps["z3"], steps["h"]] == [2, 1]
    assert set(EXAMPLES["E1"].gradients.values()) == {0}


def test_E2_and_E3_are_the_truth_tables_of_AND_and_XNOR():
    rows = [(0, 0), (0, 1), (1, 0), (1, 1)]

    for part, (x1, x2) in zip("abcd", rows):
        both, neither = logistic(-30 + 20 * x1 + 20 * x2), logistic(10 - 20 * x1 - 20 * x2)
        assert value("E2" + part) == close(both, abs=0)
        assert value("E3" + part) == close(logistic(-10 + 20 * both + 20 * neither))
    assert [round(value("E2" + part)) for part in "abcd"] == [0, 0, 0, 1]
    assert [round(value("E3" + part)) for part in "abcd"] == [1, 0, 0, 1]


def test_E6_everything_in_one_pass():
    u, W, b, x = [0.5, -0.6], [[0.1, 0.2, -0.1], [-0.3, 0.4, 0.2]], [0.05, -0.05], [1, 2, -1]
    h = [logistic(dot(row, x) + bias) for row, bias in zip(W, b)]
    to_b = [u_i * h_i * (1 - h_i) for u_i, h_i in zip(u, h)]

    assert value("E6") == close(dot(u, h))
    assert gradients("E6", "u1 u2 b1 b2") == close([*h, *to_b])
    assert gradients("E6", "w11 w12 w13 w21 w22 w23") == close([to_b_i * x_j for to_b_i in to_b for x_j in x])
    assert gradients("E6", "x1 x2 x3") == close([dot(column, to_b) for column in zip(*W)])


def test_E7_y_has_two_paths():
    assert EXAMPLES["E7"].values == {"a": 3, "b": 2, "f": 6}
    assert gradients("E7", "x y z") == [2, 3 + 2, 0]


def test_E8_equals_the_code_on_the_slide_and_vanishes_with_large_weights():
    for id, W in (("E8a", [[0.1, 0.2], [-0.3, 0.4]]), ("E8b", [[10, 5], [-9, -6]])):
        x = [1, 2]
        local = [logistic(dot(row, x)) * logistic(-dot(row, x)) for row in W]
        assert gradients(id, "w11 w12 w21 w22") == close([local_i * x_j for local_i in local for x_j in x])
        assert gradients(id, "x1 x2") == close([dot(column, local) for column in zip(*W)])
    assert max(map(abs, gradients("E8b", "w11 w12 w21 w22 x1 x2"))) < 2e-8


def test_E11_without_an_activation_the_net_is_linear():
    example = EXAMPLES["E11"]

    assert example.values == {"z2_1": 2, "z2_2": 2, "z2_3": 5, "h": 4}
    assert gradients("E11", "x0 x1 x2 x3") == [1, -1, 1, 1]
    assert dot([1, -1, 1, 1], [example.inputs[f"x{i}"] for i in range(4)]) == 4


def test_E14_is_the_product_of_three_derivatives():
    assert gradients("E14", "x") == close([math.exp(math.sin(0.49)) * math.cos(0.49) * 1.4])
