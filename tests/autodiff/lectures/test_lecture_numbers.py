"""The numbers of the lectures' examples: as published, and from their formulas without the engine.

A name is a gate or an input, ``d_name`` the gradient of the output in it; the table of examples has each of them.
"""

import math

import pytest

from autodiff import parse
from autodiff.graph import history
from autodiff.lectures import EXAMPLES, read_numbers
from tests.support.by_hand import close, dot, gradients, logistic, value

# --- As published: computed elsewhere, in double precision, and checked twice -----------------------------------------

PUBLISHED = {
    "A2": "d_x1=1 d_x2=-1",
    "A3a": "d_x3=-1 d_x4=-1",
    "A3b": "d_x3=-1 d_x4=-1 d_x5=-1",
    "A5": "f=1.4378234991142018 d_x1=1 d_x3=-0.12306704136879917 d_x4=-0.06153352068439959 "
    "d_w3=-0.24613408273759835 d_w4=0.24613408273759835",
    "A6": "f=2.437823499114202 d_x3=0.8769329586312008 d_x5=1",
    "A8": "f=-0.45659707674036265 L=0.4575389836141036 d_w1=-0.3389641416257863 d_w2=-0.8425679099950955 "
    "d_u11=-0.15319803493757178 d_u12=-0.30639606987514356 d_u13=0.15319803493757178 "
    "d_u21=0.08034924549878723 d_u22=0.16069849099757446 d_u23=-0.08034924549878723",
    "B2": "L=0.2828185623161689 d_theta1=0.26049886157830493 d_theta2=0.8697744968537368 d_c=-1.0636137688393639 "
    "d_b1=-0.49990636805195826 d_b2=0.2114112762735992 d_w11=-0.49990636805195826 d_w12=0.9998127361039165 "
    "d_w21=0.2114112762735992 d_w22=-0.4228225525471984",
    "B3": "L=0.6681449137575236 d_theta1=0.10639893852320965 d_theta2=0.31372002190654374 d_c=-1.6348026348859652 "
    "d_b2_1=-0.8139389012842102 d_b2_2=0.9447596968417945 d_b1_1=-0.28145116321996394 d_b1_2=0.12085753374780066",
    "B4a": "L=1.4076059644443806 d_h1=0.09003057317038043 d_h2=-0.7552715289452024 d_h3=0.6652409557748217",
    "B4b": "L=1.4076059644443806 d_h1=0.09003057317038043 d_h2=-0.7552715289452024 d_h3=0.6652409557748217",
    "B8a": "d_x1=2 d_x2=3",
    "B8b": "d_x1=4 d_x2=7",
    "B8c": "f00=0.5 f01=0.5 f10=0.5 f11=0.5 L=0.25",
    "C1a": "phi=0.5",
    "C1d": "phi=0.75",
    "C2a": "L=0.49",
    "C2b": "L=0.7",
    "C2c": "L=1.2039728043259361 d_p=-3.3333333333333335",
    "C3": "C=0.13385676576501607 d_w1=-0.08488333926919278 d_w2=0.25465001780757834 d_b=-0.16976667853838556",
    "C7": "C=0.2207733058788292 d_z2_1=-0.23407922485212357 d_z1_1=-0.029095931391043578 d_z1_2=0.034058161353315616",
    "C8": "d_w=0.012032514870644767",
    "C9a": "d_w1=0 d_w2=0 d_b=0.26183446191435983",
    "C9b": "d_w1=0 d_w2=0.2369176184714241 d_b=0.2369176184714241",
    "C9c": "d_w1=0.28768228736973767 d_w2=0 d_b=0.28768228736973767",
    "C9d": "d_w1=-0.2228470922732268 d_w2=-0.2228470922732268 d_b=-0.2228470922732268",
    "C9e": "d_w1=0.016208798774127717 d_w2=0.003517631549549323 d_b=0.1408968188705737",
    "D1": "q=3 f=-12 d_q=-4 d_x=-4 d_y=-4 d_z=3",
    "D2": "s0=-2 s1=6 s2=4 s3=1 s4=-1 f=0.7310585786300049 d_w0=-0.19661193324148188 d_x0=0.39322386648296376 "
    "d_w1=-0.39322386648296376 d_x1=-0.5898357997244457 d_w2=0.19661193324148188",
    "D3": "f=0.7310585786300049 d_w0=-0.19661193324148188 d_x0=0.39322386648296376 "
    "d_w1=-0.39322386648296376 d_x1=-0.5898357997244457 d_w2=0.19661193324148188",
    "D7": "L=1.6692670547279125 d_w11=0.024951070520461978 d_w12=0.3742660578069296",
    "D8a": "d_x=512",
    "D8b": "d_x1=39 d_x2=58",
    "D8c": "d_t=-0.3029856444869218",
    "D8d": "f=1.1150238234749623 d_t=0.7062888605145928",
    "D11a": "L=2.9 d_s1=-1 d_s2=1 d_s3=0",
    "D12g": "f=-0.6321205588285577 d_x=0.36787944117144233",
    "D13b": "d_x=0.25",
    "D15a": "d_x=2.837498137307049",
    "D15b": "d_x=0.059900354000425766",
    "D15d": "d_s=38 d_t=26",
    "E1": "z2_1=2 z2_2=2 z2_3=5 a2_1=1 a2_2=1 a2_3=1 z3=2 h=1",
    "E2a": "h=9.357622968839299e-14",
    "E2b": "h=4.5397868702434395e-05",
    "E2d": "h=0.9999546021312976",
    "E3a": "h=0.9999545608951235",
    "E3b": "h=4.5480378505112356e-05",
    "E6": "s=-0.008800669194729438 d_u1=0.6570104626734988 d_u2=0.5621765008857981 d_b1=0.11267385730552691 "
    "d_b2=-0.147680449642559 d_x1=0.05557152062332039 d_x2=-0.036537408395918215 d_x3=-0.040803475659064496",
    "E7": "a=3 b=2 f=6 d_x=2 d_y=5 d_z=0",
    "E11": "z2_1=2 z2_2=2 z2_3=5 h=4 d_x0=1 d_x1=-1 d_x2=1 d_x3=1",
}


def found(id, name):
    """The table's number: a gradient of the output, or a gate."""
    return EXAMPLES[id].gradients[name[2:]] if name.startswith("d_") else EXAMPLES[id].values[name]


@pytest.mark.parametrize("id", PUBLISHED)
def test_published_numbers(id):
    for name, published in read_numbers(PUBLISHED[id]).items():
        assert found(id, name) == close(published, abs=1e-15 if published == 0 else 0), name


@pytest.mark.parametrize("id", ["D13a", "D13c"])
def test_sigmoid_saturated_slope(id):
    assert EXAMPLES[id].gradients["x"] == pytest.approx(4.53958077359517e-05, rel=1e-11, abs=0)


def test_D2_chain_to_seven_digits():
    chain = [EXAMPLES["D2"].gradients[gate] for gate in ("s6", "s5", "s4", "s3")]

    assert chain == pytest.approx([-0.5344466, -0.5344466, -0.1966119, 0.1966119], abs=5e-8)
    assert EXAMPLES["D2"].values["s5"] == pytest.approx(0.36787944, abs=5e-9)


# --- By formula -------------------------------------------------------------------------------------------------------


def slope(z):
    """The derivative of the logistic function."""
    return logistic(z) * logistic(-z)


def outer(errors, x):
    """The gradient of a matrix, row by row: errors times x transposed."""
    return [error * x_j for error in errors for x_j in x]


def tanh_layer(W, x, b):
    return [math.tanh(dot(row, x) + bias) for row, bias in zip(W, b)]


def back(errors, W):
    """W transposed times the errors."""
    return [dot(column, errors) for column in zip(*W)]


def A5():
    s = logistic(0.25)
    return [2 - s, -(1 - s) * s, (1 - s) * s]


def A6():
    s = logistic(0.25)
    return [1 + 2 - s, 1 - (1 - s) * s * 0.5, 1]


def A8():
    U, w, x, y = [[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]], [0.7, -0.8], [1, 2, -1], 0.5
    h = [logistic(dot(row, x)) for row in U]
    error = dot(w, h) - y
    return [error**2 / 2, *outer([error], h), *outer([error * w_i * h_i * (1 - h_i) for w_i, h_i in zip(w, h)], x)]


def B2():
    W, b, theta, c, x, y = [[0.1, 0.2], [-0.3, 0.4]], [0.05, -0.05], [0.5, -0.6], 0.1, [1, -2], 1
    h = tanh_layer(W, x, b)
    error = 2 * (dot(theta, h) + c - y)
    to_b = [(1 - h_j**2) * theta_j * error for h_j, theta_j in zip(h, theta)]
    to_h = [theta_j * error for theta_j in theta]
    return [(error / 2) ** 2, error, *outer([error], h), error, *to_h, *to_b, *outer(to_b, x)]


def B3():
    W1, b1, x = [[0.1, 0.2], [-0.3, 0.4]], [0.05, -0.05], [1, -2]
    W2, b2, theta = [[0.6, -0.1], [0.2, 0.3]], [0, 0.1], [0.5, -0.6]
    h1 = tanh_layer(W1, x, b1)
    h2 = tanh_layer(W2, h1, b2)
    error = 2 * (dot(theta, h2) + 0.1 - 1)
    to_z2 = [(1 - h**2) * theta_j * error for h, theta_j in zip(h2, theta)]
    to_h1 = back(to_z2, W2)
    to_z1 = [(1 - h**2) * upstream for h, upstream in zip(h1, to_h1)]
    return [*outer([error], h2), error, *outer(to_z2, h1), *to_h1, *outer(to_z1, x), *to_z2, *to_z1]


def B4(scores=(1, 2, 3), right=1):
    """The loss of softmax and cross entropy, and its gradient in the scores: p - y."""
    total = sum(math.exp(h) for h in scores)
    errors = [math.exp(h) / total - (j == right) for j, h in enumerate(scores)]
    return [math.log(total) - scores[right], *errors]


def B4c():
    x = [1, -2]
    h = tanh_layer([[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]], x, [0.05, -0.05, 0.1])
    _, *errors = B4(h)
    return [*errors, *outer([(1 - h_j**2) * error for h_j, error in zip(h, errors)], x)]


def C3():
    s = logistic(0.3 * 0.5 + -0.2 * -1.5 + 0.1)
    error = 2 * (s - 1) * (1 - s) * s
    return [(s - 1) ** 2, *outer([error], [0.5, -1.5, 1])]


def C7():
    a1 = [logistic(0.1 + 0.05), logistic(-0.3 - 0.05)]
    y = logistic(0.5 * a1[0] - 0.6 * a1[1] + 0.1)
    delta2 = y * (1 - y) * 2 * (y - 1)
    delta1 = [a * (1 - a) * w * delta2 for a, w in zip(a1, (0.5, -0.6))]
    return [delta2, *delta1, *outer([delta2], [*a1, 1]), *outer(delta1, [1, 0])]


def C9(x1, x2):
    s = logistic(0.3 * x1 - 0.2 * x2 + 0.1)
    return outer([2 * (s - x1 * x2) * (1 - s) * s], [x1, x2, 1])


def C9_mean():
    return [sum(column) / 4 for column in zip(*[C9(x1, x2) for x1 in (0, 1) for x2 in (0, 1)])]


def D2():
    return [logistic(1), *outer([slope(1)], [-1, 2, -2, -3, 1])]


def D2_by_gates():
    at_plus_1 = -1 / (1 + 1 / math.e) ** 2
    gates = [-2, 6, 4, 1, -1, 1 / math.e, 1 + 1 / math.e, logistic(1)]
    return [*gates, at_plus_1, at_plus_1, at_plus_1 / math.e, -at_plus_1 / math.e]


def D7():
    W = [[-0.1, 0.2, 0.15, 0.05], [0.25, 0.05, 0.2, -0.1], [0.25, 0.15, -0.15, 0.4]]
    x = [0.1, 1.5, 0.07, 2.32]
    errors = [dot(row, x) - target for row, target in zip(W, (0, 1, 0))]
    length = math.sqrt(dot(errors, errors))
    units = [error / length for error in errors]
    return [length, *outer(units, x), *back(units, W), *[-unit for unit in units]]


def D8d():
    t, sin, cos = 0.7, math.sin(0.7), math.cos(0.7)
    x1, x2 = t * cos, t * sin
    f = math.exp(x1 * x2**2)
    return [f, f * (x2**2 * (cos - t * sin) + 2 * x1 * x2 * (sin + t * cos))]


def D11c():
    a, b = (0.14 - 0.42 + 1) + (-0.28 - 0.42 + 1), (-0.07 - 0.35 + 1) + (0.21 - 0.35 + 1)
    return [(a + b) / 2 + 0.1 * 0.51 + 0.1 * 0.91, -2 * 0.7 / 2 + 0.2 * 0.6, 0.7 / 2 + 0.2 * 0.3]


def E6():
    u, W, x = [0.5, -0.6], [[0.1, 0.2, -0.1], [-0.3, 0.4, 0.2]], [1, 2, -1]
    h = [logistic(dot(row, x) + bias) for row, bias in zip(W, [0.05, -0.05])]
    to_b = [u_i * h_i * (1 - h_i) for u_i, h_i in zip(u, h)]
    return [dot(u, h), *h, *to_b, *outer(to_b, x), *back(to_b, W)]


def E8(W):
    local = [slope(dot(row, [1, 2])) for row in W]
    return [*outer(local, [1, 2]), *back(local, W)]


def A10():
    h = [logistic(dot(row, [1, 2, -1])) for row in ([0.1, -0.2, 0.3], [0.4, 0.5, -0.6])]
    return [*h, *outer([w * h_i * (1 - h_i) for w, h_i in zip([0.7, -0.8], h)], [1, 2, -1])]


def B10():
    h = [logistic(0.1 - 0.4 + 0.05), logistic(-0.3 - 0.8 - 0.05), logistic(0.5 + 1.2 + 0.1)]
    y = logistic(dot([0.5, -0.6, 0.7], h) + 0.1)
    to_h = [y * (1 - y) * v for v in (0.5, -0.6, 0.7)]
    to_z = [g * h_i * (1 - h_i) for g, h_i in zip(to_h, h)]
    return [y, *to_h, *to_z, *[y * (1 - y) * h_i for h_i in h], *back(to_z, [[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]])]


def E15():
    """The likelihood of AND, and the derivatives of its logarithm: the sums of y - h."""
    h00, h01, h10, h11 = logistic(-2), logistic(-1), logistic(0), logistic(1)
    slopes = [1 - h00 - h01 - h10 - h11, 1 - h10 - h11, 1 - h01 - h11]
    return (1 - h00) * (1 - h01) * (1 - h10) * h11, slopes


SIN, COS, EXP = math.sin(0.7), math.cos(0.7), math.exp(0.7)
G, X = [0.5, -0.6], [1, -2]  # B5: the upstream gradient, and the input
WEIGHTS = "d_w11 d_w12 d_w21 d_w22"
FORMULAS = [  # id, names, their numbers
    ("A1", "d_x d_u", [3 * 2 * 2, 3]),
    ("A3a", "d_x1 d_x3 d_x4", [1, -1, -1]),
    ("A3b", "d_x1 d_x3 d_x5 d_x4", [1, -1, -1, -1]),  # every term behind the minus
    ("A4", "d_w3 d_w4", [-1, 1]),  # minus its input
    ("A5", "f d_w3 d_w4", A5()),
    ("A6", "f d_x3 d_x5", A6()),  # two paths add up
    ("A8", "L d_w1 d_w2 d_u11 d_u12 d_u13 d_u21 d_u22 d_u23", A8()),
    ("A10", "d_w1 d_w2 d_u11 d_u12 d_u13 d_u21 d_u22 d_u23", A10()),
    ("B2", f"L d_y_hat d_theta1 d_theta2 d_c d_h1 d_h2 d_b1 d_b2 {WEIGHTS}", B2()),
    (
        "B3",
        "d_theta1 d_theta2 d_c d_w2_11 d_w2_12 d_w2_21 d_w2_22 d_h1_1 d_h1_2 d_w1_11 d_w1_12 d_w1_21 d_w1_22 "
        "d_b2_1 d_b2_2 d_b1_1 d_b1_2",
        B3(),
    ),
    ("B4a", "L d_h1 d_h2 d_h3", B4()),
    ("B4b", "L d_h1 d_h2 d_h3", B4()),
    ("B4c", f"d_h1 d_h2 d_h3 {WEIGHTS} d_w31 d_w32", B4c()),
    ("B5a", f"{WEIGHTS} d_x1 d_x2", [*outer(G, X), *back(G, [[0.1, 0.2], [-0.3, 0.4]])]),
    ("B5b", "d_x1 d_x2", [g * slope(x) for g, x in zip(G, X)]),
    ("B5c", "d_x1 d_x2", [g * (1 - math.tanh(x) ** 2) for g, x in zip(G, X)]),
    ("B5d", "d_x1 d_x2", [0.5, 0]),
    ("B8a", "d_x1 d_x2", [2, 3]),  # linear layers compose to the product of their matrices
    ("B8b", "d_x1 d_x2", [4, 7]),
    ("B8c", "L d_w1 d_w2 d_b", [0.25, 0, 0, 0]),
    ("B9", "L d_x1 d_x2", [3 - 8 + 9 / 4, *back([0.5, -1, 0.25], [[3, 2], [1, 2], [0, 6]])]),
    ("B10", "y d_h1 d_h2 d_h3 d_b1 d_b2 d_b3 d_v1 d_v2 d_v3 d_x1 d_x2", B10()),
    ("B11", "d_w1 d_w2 d_b", [1 * 1 - 2 * 0 + 0.5 * -1, 1 * -2 - 2 * 4 + 0.5 * 3, 1 - 2 + 0.5]),
    ("C2a", "L", [(1 - 0.3) ** 2]),
    ("C2b", "L", [1 - 1 * 0.3]),
    ("C2c", "L d_p", [-math.log(0.3), -1 / 0.3]),
    ("C2d", "L d_p2", [-math.log(0.3), -1 / 0.3]),
    ("C3", "C d_w1 d_w2 d_b", C3()),
    ("C7", "d_z2_1 d_z1_1 d_z1_2 d_w2_11 d_w2_12 d_b2_1 d_w1_11 d_w1_12 d_w1_21 d_w1_22", C7()),
    ("C8", "d_w", [math.prod(map(slope, (0.5, logistic(0.5), logistic(logistic(0.5)))))]),
    ("C9a", "d_w1 d_w2 d_b", C9(0, 0)),
    ("C9b", "d_w1 d_w2 d_b", C9(0, 1)),
    ("C9c", "d_w1 d_w2 d_b", C9(1, 0)),
    ("C9d", "d_w1 d_w2 d_b", C9(1, 1)),
    ("C9e", "d_w1 d_w2 d_b", C9_mean()),  # the mean of the gradients is the gradient of the mean
    ("C14a", "f d_w1 d_w2 d_b", [logistic(0.5), 0, 0, slope(0.5)]),  # at 0 only the bias learns
    ("C14b", "f d_w1 d_w2", [0.5, 0, 0]),
    ("C15a", "C d_theta", [1 + 2 + 8, 1 - 1 - 1]),  # only the signs count: the median has gradient 0
    ("C15b", "O d_theta", [-(1 + 4 + 64), 2 * (1 + 4 + 10 - 3 * 2)]),  # the mean has gradient 0
    ("D1", "q f d_x d_y d_z d_q", [3, -12, -4, -4, 3, -4]),
    *[(id, f"{f} d_w0 d_x0 d_w1 d_x1 d_w2", D2()) for id, f in (("D2", "f"), ("D3", "f"), ("D6", "L"))],  # one function
    ("D2", "s0 s1 s2 s3 s4 s5 s6 f d_s6 d_s5 d_s4 d_s3", D2_by_gates()),
    ("D4a", "d_q d_x d_y", [2, 2, 2]),  # add distributes
    ("D4b", "d_q d_x d_y", [5, 5 * 3, 5 * 2]),  # mul swaps
    ("D4c", "d_x", [4 + 2]),  # copy adds
    ("D4d", "d_q d_x d_y", [9, 0, 9]),  # max routes
    (
        "D7",
        f"L {' '.join(f'd_w{i}{j}' for i in (1, 2, 3) for j in (1, 2, 3, 4))} d_x1 d_x2 d_x3 d_x4 d_y1 d_y2 d_y3",
        D7(),
    ),
    ("D8a", "d_x", [4 * (2 * 1.5 + 1) ** 3 * 2]),
    ("D8b", "d_x1 d_x2", [2 * 2 * 3 + 3**3, 2**2 + 3 * 2 * 3**2]),
    ("D8c", "d_t", [2 * SIN * (COS - 1)]),
    ("D8d", "f d_t", D8d()),
    ("D9a", "d_x1 d_x2 d_x3", [1, 2, 3]),  # the rows of the Jacobian are those of A
    ("D9b", "d_x1 d_x2 d_x3", [4, 5, 6]),
    ("D11a", "L d_s1 d_s2 d_s3", [5.1 - 3.2 + 1, -1, 1, 0]),  # the classes within the margin count
    ("D11b", "L d_w11 d_w12", [0.2 + 3 + 0.1 * 0.91, -2 * 1 + 0.2 * 0.1, -2 * -2 + 0.2 * 0.2]),
    ("D11c", "L d_w2_11 d_w2_22", D11c()),
    ("D12a", "f d_x", [logistic(0.5), slope(0.5)]),
    ("D12b", "f d_x", [math.tanh(0.5), 1 - math.tanh(0.5) ** 2]),
    ("D12c", "f d_x", [0.5, 1]),
    ("D12d", "f d_x", [-0.2, 0.1]),
    ("D12e", "f d_x", [-0.02, 0.01]),
    ("D12f", "f d_w11 d_w12 d_b1 d_w21 d_w22 d_b2", [-0.25, 1, -2, 1, 0, 0, 0]),
    ("D12g", "f d_x", [math.expm1(-1), math.exp(-1)]),
    ("D12h", "f d_x d_alpha", [-0.5, 0.25, -2]),
    ("D13a", "d_x", [slope(10)]),
    ("D13b", "d_x", [0.25]),
    ("D13c", "d_x", [slope(10)]),
    ("D13d", "d_w1 d_w2", outer([-2 * slope(0.3 * 0.5 - 0.2 * 1.5 + 0.1)], [0.5, 1.5])),  # of one sign
    ("D13e", "d_x", [0]),
    ("D13f", "d_x", [0]),
    ("D13g", "d_x", [1]),
    ("D15a", "d_x", [COS * EXP + SIN * EXP]),
    ("D15b", "d_x", [(COS * EXP - SIN * EXP) / EXP**2]),
    ("D15c", "d_x", [COS + EXP]),
    ("D15d", "d_s d_t", [2 * 2 * 3 * 3 + 2, 2 * 2 * 3 * 2 + 2]),
    ("D19", "z1 z2 L d_x1 d_x2 d_x3 d_y1 d_y2", [6, -15, 27, 2 * 4, 2, -1 * 5, 2 * 1, -1 * -3]),
    ("D20a", "f d_x", [math.exp(-1), math.exp(-1)]),
    ("D20b", "f d_x d_a", [-1, -1, 1]),
    ("D20c", "f d_x", [1 / 1.37, -1 / 1.37**2]),
    ("D20d", "f d_x d_c", [1.37, 1, 1]),
    (
        "D24",
        "h s1 s2 L1 R1 R2 L d_w1 d_w2_1 d_w2_2 d_lam d_h",
        [1, 1, 0.75, 0.75, 0.25, 1.5625, 0.93125, -0.25 * 2 + 0.1, -1 + 0.2, 1 + 0.15, 1.8125, 0.75 - 1],
    ),
    ("E1", "z2_1 z2_2 z2_3 a2_1 a2_2 a2_3 z3 h", [2, 2, 5, 1, 1, 1, 2, 1]),
    ("E6", "s d_u1 d_u2 d_b1 d_b2 d_w11 d_w12 d_w13 d_w21 d_w22 d_w23 d_x1 d_x2 d_x3", E6()),
    ("E7", "a b f d_x d_y d_z", [3, 2, 6, 2, 3 + 2, 0]),  # y has two paths
    ("E8a", f"{WEIGHTS} d_x1 d_x2", E8([[0.1, 0.2], [-0.3, 0.4]])),
    ("E8b", f"{WEIGHTS} d_x1 d_x2", E8([[10, 5], [-9, -6]])),
    ("E11", "z2_1 z2_2 z2_3 h d_x0 d_x1 d_x2 d_x3", [2, 2, 5, 4, 1, -1, 1, 1]),  # without activation, linear
    ("E15a", "L d_b d_w1 d_w2", [E15()[0], *[E15()[0] * slope for slope in E15()[1]]]),
    ("E15b", "J d_b d_w1 d_w2", [-math.log(E15()[0]), *[-slope for slope in E15()[1]]]),
    ("E16a", "a1 a2 a3 h", [1, 1, 1, 1]),
    ("E16b", "a1 a2 h", [0, 1, 1]),
    ("E14", "d_x", [math.exp(math.sin(0.49)) * math.cos(0.49) * 1.4]),
]


@pytest.mark.parametrize(("id", "names", "expected"), FORMULAS, ids=[f"{id} {names[:20]}" for id, names, _ in FORMULAS])
def test_formulas(id, names, expected):
    assert [found(id, name) for name in names.split()] == close(expected)


# --- What a row cannot say --------------------------------------------------------------------------------------------


def test_B1_relations_of_neurons():
    softmax = parse("e1 = exp(z1); e2 = exp(z2); e3 = exp(z3); s = e1 + e2 + e3; e1/s + e2/s + e3/s", z1=1, z2=2, z3=3)

    assert value("B1f") == close(math.tanh(0.5))
    assert value("B1g") == value("B1h") == close(logistic(0.5))
    assert softmax.data == close(1)


@pytest.mark.parametrize(("id", "largest"), [("B1c", 0.25), ("B1d", 1.0)])
def test_B1_largest_slopes(id, largest):
    slopes = []
    for bias in (-1.5, -1.25, -1.0, -0.75, -0.5):
        output = parse(EXAMPLES[id].text, **{**EXAMPLES[id].inputs, "b": bias})
        output.backward()
        slopes.append(output.operands[0].grad)

    assert max(slopes) == slopes[2] == largest  # z = 0 at b = -1


def test_B8_linear_fit_to_XOR_is_a_half():
    example = EXAMPLES["B8c"]
    for name, number in example.inputs.items():
        for step in (-0.1, 0.1):
            assert parse(example.text, **{**example.inputs, name: number + step}).data > 0.25


@pytest.mark.parametrize(
    ("id", "grid", "expected"),
    [
        ("C1a", [-2, 0, 2], [0, 0.5, 1]),
        ("C1b", [-2, 0, 2], [-1, 0, 1]),
        ("C1c", [-2, 0, 2], [-2, 0, 2]),
        ("C1d", [-1, -0.5, 0, 0.25, 0.5, 2], [0, 0, 0.5, 0.75, 1, 1]),
        ("C1e", [-2, 0, 2], [logistic(-2), 0.5, logistic(2)]),
        ("C1f", [-2, 0, 2], [math.tanh(-2), 0, math.tanh(2)]),
    ],
)
def test_C1_activations_over_a_grid(id, grid, expected):
    assert [parse(EXAMPLES[id].text, z=z).data for z in grid] == close(expected)


def test_D2_has_the_gates_of_the_slide():
    gates = [node for node in history(EXAMPLES["D2"].build()) if node.primitive]
    constants = [x for node in gates for x in node.operands if isinstance(x, float)]

    assert [gate.primitive.name for gate in gates] == ["mul", "mul", "add", "add", "neg", "exp", "add", "reciprocal"]
    assert constants == [1.0]


def test_D13_positive_inputs_gradients_of_one_sign():
    inputs = EXAMPLES["D13d"].inputs

    assert min(inputs["x1"], inputs["x2"]) > 0 > max(gradients("D13d", "w1 w2"))


def test_E1_step_units_pass_no_gradient_on():
    assert set(EXAMPLES["E1"].gradients.values()) == {0}


def test_E2_and_E3_are_AND_and_XNOR():
    for part, (x1, x2) in zip("abcd", [(0, 0), (0, 1), (1, 0), (1, 1)]):
        both, neither = logistic(-30 + 20 * x1 + 20 * x2), logistic(10 - 20 * x1 - 20 * x2)
        assert value("E2" + part) == close(both, abs=0)
        assert value("E3" + part) == close(logistic(-10 + 20 * both + 20 * neither))
    assert [round(value("E2" + part)) for part in "abcd"] == [0, 0, 0, 1]
    assert [round(value("E3" + part)) for part in "abcd"] == [1, 0, 0, 1]


def test_E8_gradients_vanish_with_large_weights():
    assert max(map(abs, gradients("E8b", "w11 w12 w21 w22 x1 x2"))) < 2e-8


def test_E11_net_is_linear_in_its_gradients():
    assert dot(gradients("E11", "x0 x1 x2 x3"), [EXAMPLES["E11"].inputs[f"x{i}"] for i in range(4)]) == value("E11")
