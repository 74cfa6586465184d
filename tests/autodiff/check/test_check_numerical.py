"""Numerical derivatives of gradient checks: within the stated error, precise, and cheap for inputs of every size."""

import math

import pytest

from autodiff import (
    Value,
    check_gradients,
    cos,
    exp,
    log,
    log_sigmoid,
    maximum,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    tanh,
    where,
)
from autodiff.primitives import expm1, heaviside, log1p

FUNCTIONS = {
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "sqrt": sqrt,
    "sin": sin,
    "cos": cos,
    "tanh": tanh,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "log_sigmoid": log_sigmoid,
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x * x,
    "cubic": lambda x: x**3 - 2.0 * x**2 + x - 1.0,
    "tenth power": lambda x: x**10,
    "twentieth power": lambda x: x**20,
    "flat at 1": lambda x: (x - 1.0) ** 9,
    "line": lambda x: 3.0 * x + 1.0,
    "constant": lambda x: x * 0.0 + 7.0,
    "above a great number": lambda x: 1e8 + x,
    "beside a number": lambda x: cos(x) + 5.0,
    "difference of squares": lambda x: (x + 1e6) ** 2 - x**2,
    "fast wave": lambda x: sin(1000.0 * x),
    "slow wave": lambda x: sin(0.001 * x),
    "steep": lambda x: exp(1e4 * x),
    "steeper": lambda x: exp(exp(x)),
    "large": lambda x: exp(x) * 1e250,
    "small": lambda x: x * 1e-200,
    "bell": lambda x: exp(-x * x),
    "narrow bell": lambda x: 1 / (1 + 1e6 * x * x),
    "near a pole": lambda x: log(x - 1.0),
    "near an end": lambda x: sqrt(1.0 - x),
    "near a kink": lambda x: maximum(x, 0.9999),
    "near another kink": lambda x: relu(x - 0.999),
    "near a jump": lambda x: where(x > 1.01, 1000.0 * x * x, x),
}
POINTS = (0.0, 1e-8, 1e-3, 0.5, 1 - 1e-6, 1.0, 1 + 1e-9, 3.0, 5.0, 40.0, 100.0, 709.7, 1e8, -1.0, -20.0)
UNDEFINED = {("sqrt", 0.0), ("near an end", 1.0)}  # the derivative is infinite there
WILD = {("fast wave", 1e8)}  # a wave between two floats
CASES = [
    (name, x)
    for name, f in FUNCTIONS.items()
    for x in POINTS
    if math.isfinite(f(Value(x)).data) and (name, x) not in UNDEFINED | WILD
]


def checked(f, *inputs):
    """(check, number of calls of the function)"""
    calls = []

    def counted(*xs):
        calls.append(xs)
        return f(*xs)

    return check_gradients(counted, *inputs), len(calls)


@pytest.fixture(scope="module")
def measured():
    """[(checked input, number of calls)] for all cases."""
    checks = [checked(FUNCTIONS[name], x) for name, x in CASES]
    return [(check.inputs[0], calls) for check, calls in checks]


def test_estimate_is_within_stated_error(measured):
    for case, (row, _) in zip(CASES, measured):
        assert row.verdict == "ok", case
        assert abs(row.numerical - row.analytical) <= 2.0 * row.error + 1e-15 * abs(row.analytical), case


def test_stated_error_is_small(measured):
    relative = [row.error / (abs(row.analytical) or 1.0) for row, _ in measured]

    assert max(relative) <= 1.2e-5
    assert sum(error <= 1e-10 for error in relative) >= 0.93 * len(CASES)
    assert sum(error <= 1e-12 for error in relative) >= 0.75 * len(CASES)


def test_number_of_calls_is_small(measured):
    calls = [calls for _, calls in measured]

    assert max(calls) <= 300
    assert sum(calls) <= 34 * len(CASES)


# --- The ends of the range of floats -------------------------------------------------------------


@pytest.mark.parametrize("f", [lambda x: x * x, lambda x: x**1.5, lambda x: x * 1e-200])
def test_vanishing_numbers_pass(f):
    assert checked(f, 1e-300)[0].inputs[0].verdict == "ok"


def test_nearly_overflowing_numbers_pass():
    rows = checked(lambda x, y: exp(x) + y, 709.7, 1.0)[0].inputs

    assert [row.verdict for row in rows] == ["ok", "ok"]
    assert checked(lambda x: x**3, 1e100)[0].inputs[0].verdict == "ok"


def test_step_search_ends():
    assert checked(lambda x: x**1.5, 1e-300)[1] <= 60
    assert checked(relu, -1.0)[1] <= 60
    assert checked(lambda x: log(x - 1.0), 1 + 1e-9)[1] <= 60


# --- What rounding does --------------------------------------------------------------------------


@pytest.mark.parametrize("x", [0.0, 1e-8, 0.7, 1.0, 3.0, 100.0])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: x / 3 + x / 3 + x / 3 - x,
        lambda x: 0.1 * x + 0.2 * x - 0.3 * x,
        lambda x: sin(x) ** 2 + cos(x) ** 2,
        lambda x: (x * 1.1 - x) * 10 - x,
    ],
)
def test_canceling_paths_pass(f, x):
    assert checked(f, x)[0].inputs[0].verdict == "ok"


# --- A kink elsewhere ----------------------------------------------------------------------------

SMOOTH = [
    (name, x)
    for name, x in CASES
    if not name.startswith(("near", "narrow", "flat", "steep"))
    and abs(FUNCTIONS[name](Value(x)).data) < 1e4
    and x < 1e8
]


@pytest.mark.parametrize("name", sorted({name for name, _ in SMOOTH}))
def test_kink_beside_input(name):
    """The square of a weight that is 0 is smooth, though some relu of the net may stand on its kink."""
    f = FUNCTIONS[name]
    for x in [x for other, x in SMOOTH if other == name]:
        rows = check_gradients(lambda x, y: f(x) + relu(y), x, 0.0).inputs

        assert [row.verdict for row in rows] == ["ok", "kink"], x


@pytest.mark.parametrize("x", [-1.0, 1e-8, 1e-3, 0.999999])
def test_rounding_is_no_kink(x):
    rows = check_gradients(lambda x, y: ((exp(x) + 1e6) - 1e6) + relu(y), x, 0.0).inputs

    assert [row.verdict for row in rows] == ["ok", "kink"]


@pytest.mark.parametrize(
    ("f", "x"), [(lambda x: relu(x) ** 2, 0.0), (lambda x: relu(-x) ** 2, 0.0), (lambda x: relu(x - 2.0) ** 2, 2.0)]
)
def test_relu_squared_is_smooth(f, x):
    assert check_gradients(f, x).inputs[0].verdict == "ok"


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: heaviside(x, 0.5) + 3.0 * x, 0.0),
        (lambda x: heaviside(x - 2.0, 0.0) + 1000.0 * x, 2.0),
        (lambda x: exp(x) + heaviside(x - 705.0, 0.0) * math.exp(705.0), 705.0),  # overflows not far away
    ],
)
def test_jump_between_equal_slopes_is_a_kink(f, x):
    assert check_gradients(f, x).inputs[0].verdict == "kink"


def test_lost_digits_are_no_failure():
    (row,) = check_gradients(lambda x: ((x + 1e9) - x) + 0.001 * x * x.data, 0.001).inputs

    assert row.difference != 0.0
    assert row.verdict == "undecided"


# --- One side only -------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [1.5, 2.5])
def test_power_at_domain_end(p):
    assert checked(lambda x: x**p, 0.0)[0].inputs[0].verdict == "ok"


def test_domain_edge_with_wrong_gradient():
    check = check_gradients(lambda x: x**1.5, 0.0, gradient=1.0)

    assert [row.verdict for row in check.inputs] == ["fail"]


def test_domain_edge_branch_fails():
    check = check_gradients(lambda x: 3.0 * x if x > 0 else 2.0 * x if x == 0 else sqrt(x), 0.0)
    (row,) = check.inputs

    assert row.verdict == "fail"
    assert math.isnan(row.left)
    assert row.right == pytest.approx(3.0, rel=1e-9)


def test_numerical_derivative_hidden_if_meaningless():
    assert math.isnan(check_gradients(sqrt, 0.0).inputs[0].numerical)


def test_numerical_derivative_beside_nan():
    (row,) = check_gradients(lambda x: x * x, 3.0, gradient=math.nan).inputs

    assert row.verdict == "not finite"
    assert row.numerical == pytest.approx(6.0, rel=1e-9)


def test_plain_numbers_returned_at_times():
    check = check_gradients(lambda x: x if x > 1 else 1, 1.0)

    assert check.value == 1.0
    assert check.inputs[0].forward == pytest.approx(1.0, rel=1e-9)
    assert check.inputs[0].verdict == "kink"
