"""The formulas of lectures A, B and C, worked out without the engine, against the table of examples."""

import math

from autodiff import parse
from autodiff.lectures import EXAMPLES
from tests.support.by_hand import close, dot, gradients, logistic, value

# --- A -------------------------------------------------------------------------------------------


def test_A1_the_slope_is_the_product_of_the_local_gradients():
    assert gradients("A1", "x u") == [3 * 2 * 2, 3]


def test_A3_every_term_behind_the_minus_has_gradient_minus_1():
    assert gradients("A3a", "x1 x3 x4") == [1, -1, -1]
    assert gradients("A3b", "x1 x3 x5 x4") == [1, -1, -1, -1]


def test_A4_the_gradient_of_a_weight_is_minus_its_input():
    inputs = EXAMPLES["A4"].inputs

    assert gradients("A4", "w3 w4") == [-inputs["x3"], -inputs["x4"]]


def test_A5_the_sigmoid_passes_on_its_slope():
    s = logistic(0.5 * 1 + 0.25 * -1)

    assert value("A5") == close(2 - s)
    assert gradients("A5", "w3 w4") == close([-(1 - s) * s * 1, -(1 - s) * s * -1])


def test_A6_two_paths_add_up():
    s = logistic(0.5 * 1 + 0.25 * -1)

    assert value("A6") == close(1 + 2 - s)
    assert gradients("A6", "x3 x5") == close([-(1 - s) * s * 0.5 + 1, 1])


def test_A8_equals_the_closed_forms():
    U, w, x, y = [[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]], [0.7, -0.8], [1, 2, -1], 0.5
    h = [logistic(dot(row, x)) for row in U]
    error = dot(w, h) - y

    assert value("A8") == close(error**2 / 2)
    assert gradients("A8", "w1 w2") == close([error * h_i for h_i in h])
    for i, row in enumerate(["u11 u12 u13", "u21 u22 u23"]):
        assert gradients("A8", row) == close([error * w[i] * h[i] * (1 - h[i]) * x_j for x_j in x])


# --- B -------------------------------------------------------------------------------------------


def test_B1_the_neurons_are_related_as_the_slides_say():
    softmax = parse("e1 = exp(z1); e2 = exp(z2); e3 = exp(z3); s = e1 + e2 + e3; e1/s + e2/s + e3/s", z1=1, z2=2, z3=3)

    assert value("B1f") == close(math.tanh(0.5))
    assert value("B1g") == value("B1h") == close(logistic(0.5))
    assert softmax.data == close(1)


def test_B1_the_largest_slopes_are_a_quarter_and_1():
    for id, largest in (("B1c", 0.25), ("B1d", 1.0)):
        slopes = []
        for bias in (-1.5, -1.25, -1.0, -0.75, -0.5):
            output = parse(EXAMPLES[id].text, **{**EXAMPLES[id].inputs, "b": bias})
            output.backward()
            slopes.append(output.operands[0].grad)

        assert max(slopes) == slopes[2] == largest  # z = 0 at b = -1


def test_B2_equals_the_slides_formulas():
    W, b, theta, c, x, y = [[0.1, 0.2], [-0.3, 0.4]], [0.05, -0.05], [0.5, -0.6], 0.1, [1, -2], 1
    h = [math.tanh(dot(row, x) + bias) for row, bias in zip(W, b)]
    to_y_hat = 2 * (dot(theta, h) + c - y)
    to_b = [(1 - h_j**2) * theta_j * to_y_hat for h_j, theta_j in zip(h, theta)]

    assert value("B2") == close((dot(theta, h) + c - y) ** 2)
    assert gradients("B2", "y_hat theta1 theta2 c") == close([to_y_hat, h[0] * to_y_hat, h[1] * to_y_hat, to_y_hat])
    assert gradients("B2", "h1 h2") == close([theta_j * to_y_hat for theta_j in theta])
    assert gradients("B2", "b1 b2") == close(to_b)
    assert gradients("B2", "w11 w12 w21 w22") == close([to_b_j * x_i for to_b_j in to_b for x_i in x])


def test_B3_equals_the_slides_formulas():
    W1, b1, x = [[0.1, 0.2], [-0.3, 0.4]], [0.05, -0.05], [1, -2]
    W2, b2, theta = [[0.6, -0.1], [0.2, 0.3]], [0, 0.1], [0.5, -0.6]
    h1 = [math.tanh(dot(row, x) + bias) for row, bias in zip(W1, b1)]
    h2 = [math.tanh(dot(row, h1) + bias) for row, bias in zip(W2, b2)]
    to_y_hat = 2 * (dot(theta, h2) + 0.1 - 1)
    to_z2 = [(1 - h**2) * theta_j * to_y_hat for h, theta_j in zip(h2, theta)]
    to_h1 = [dot(column, to_z2) for column in zip(*W2)]
    to_z1 = [(1 - h**2) * upstream for h, upstream in zip(h1, to_h1)]

    assert gradients("B3", "theta1 theta2 c") == close([h2[0] * to_y_hat, h2[1] * to_y_hat, to_y_hat])
    assert gradients("B3", "w2_11 w2_12 w2_21 w2_22") == close([to_z * h for to_z in to_z2 for h in h1])
    assert gradients("B3", "h1_1 h1_2") == close(to_h1)
    assert gradients("B3", "w1_11 w1_12 w1_21 w1_22") == close([to_z * x_k for to_z in to_z1 for x_k in x])
    assert gradients("B3", "b2_1 b2_2 b1_1 b1_2") == close([*to_z2, *to_z1])


def test_B4_the_gradient_of_a_score_is_p_minus_y():
    total = math.exp(1) + math.exp(2) + math.exp(3)
    expected = [math.exp(1) / total, math.exp(2) / total - 1, math.exp(3) / total]

    assert value("B4a") == value("B4b") == close(math.log(total) - 2)
    assert gradients("B4a", "h1 h2 h3") == gradients("B4b", "h1 h2 h3") == close(expected)


def test_B4_the_gradient_of_a_weight_is_f_prime_times_x_times_p_minus_y():
    W, b, x = [[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]], [0.05, -0.05, 0.1], [1, -2]
    h = [math.tanh(dot(row, x) + bias) for row, bias in zip(W, b)]
    total = sum(math.exp(h_j) for h_j in h)
    errors = [math.exp(h_j) / total - y_j for h_j, y_j in zip(h, [0, 1, 0])]

    assert gradients("B4c", "h1 h2 h3") == close(errors)
    assert gradients("B4c", "w11 w12 w21 w22 w31 w32") == close(
        [(1 - h_j**2) * x_i * error for h_j, error in zip(h, errors) for x_i in x]
    )


def test_B5_the_layers_equal_the_slides_formulas():
    g, x = [0.5, -0.6], [1, -2]
    assert gradients("B5a", "w11 w12 w21 w22") == close([g_i * x_j for g_i in g for x_j in x])
    assert gradients("B5a", "x1 x2") == close([0.1 * 0.5 - 0.3 * -0.6, 0.2 * 0.5 + 0.4 * -0.6])

    for id, slopes in (
        ("B5b", [logistic(v) * (1 - logistic(v)) for v in x]),
        ("B5c", [1 - math.tanh(v) ** 2 for v in x]),
        ("B5d", [1, 0]),
    ):
        assert gradients(id, "x1 x2") == close([g_i * s for g_i, s in zip(g, slopes)])


def test_B8_linear_layers_compose_to_the_product_of_their_matrices():
    assert gradients("B8a", "x1 x2") == [2, 3]
    assert gradients("B8b", "x1 x2") == [4, 7]


def test_B8_no_linear_fit_to_XOR_is_better_than_a_half():
    example = EXAMPLES["B8c"]

    assert value("B8c") == 0.25
    assert gradients("B8c", "w1 w2 b") == [0, 0, 0]
    for name, number in example.inputs.items():
        for step in (-0.1, 0.1):
            assert parse(example.text, **{**example.inputs, name: number + step}).data > 0.25


# --- C -------------------------------------------------------------------------------------------


def test_C1_the_activations_over_their_grid():
    def over(id, *grid):
        return [parse(EXAMPLES[id].text, z=z).data for z in grid]

    assert over("C1a", -2, 0, 2) == [0, 0.5, 1]
    assert over("C1b", -2, 0, 2) == [-1, 0, 1]
    assert over("C1c", -2, 0, 2) == [-2, 0, 2]
    assert over("C1d", -1, -0.5, 0, 0.25, 0.5, 2) == [0, 0, 0.5, 0.75, 1, 1]
    assert over("C1e", -2, 0, 2) == close([logistic(-2), 0.5, logistic(2)])
    assert over("C1f", -2, 0, 2) == close([math.tanh(-2), 0, math.tanh(2)])


def test_C2_the_losses():
    assert value("C2a") == close((1 - 0.3) ** 2)
    assert value("C2b") == close(1 - 1 * 0.3)
    assert value("C2c") == value("C2d") == close(-math.log(0.3))
    assert gradients("C2c", "p") == gradients("C2d", "p2") == close([-1 / 0.3])


def test_C3_one_neuron():
    s = logistic(0.3 * 0.5 + -0.2 * -1.5 + 0.1)
    common = 2 * (s - 1) * (1 - s) * s

    assert value("C3") == close((s - 1) ** 2)
    assert gradients("C3", "w1 w2 b") == close([common * 0.5, common * -1.5, common])


def test_C7_the_gradients_of_z_are_the_deltas():
    a1 = [logistic(0.1 + 0.05), logistic(-0.3 - 0.05)]
    y = logistic(0.5 * a1[0] - 0.6 * a1[1] + 0.1)
    delta2 = y * (1 - y) * 2 * (y - 1)
    delta1 = [a * (1 - a) * w * delta2 for a, w in zip(a1, (0.5, -0.6))]

    assert gradients("C7", "z2_1 z1_1 z1_2") == close([delta2, *delta1])
    assert gradients("C7", "w2_11 w2_12 b2_1") == close([delta2 * a1[0], delta2 * a1[1], delta2])
    assert gradients("C7", "w1_11 w1_12 w1_21 w1_22") == close([delta1[0], 0, delta1[1], 0])


def test_C8_the_chain_through_one_function():
    x, y = logistic(0.5), logistic(logistic(0.5))

    assert gradients("C8", "w") == close([math.prod(logistic(v) * (1 - logistic(v)) for v in (0.5, x, y))])


def test_C9_the_mean_of_the_gradients_is_the_gradient_of_the_mean():
    rows = [gradients("C9" + part, "w1 w2 b") for part in "abcd"]

    assert gradients("C9e", "w1 w2 b") == close([sum(column) / 4 for column in zip(*rows)])
    for row, (x1, x2) in zip(rows, [(0, 0), (0, 1), (1, 0), (1, 1)]):
        s = logistic(0.3 * x1 - 0.2 * x2 + 0.1)
        common = 2 * (s - x1 * x2) * (1 - s) * s
        assert row == close([common * x1, common * x2, common])
