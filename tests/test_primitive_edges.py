"""Primitives at the edges: zeros, infinities, nan, overflow and ties give IEEE 754's answers and never raise."""

import math
from itertools import product

import pytest
from primitive_samples import SAMPLES

from autodiff import PRIMITIVES, Value, where

INF, NAN = math.inf, math.nan
EXTREMES = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 1e3, -1e3, 1e308, -1e308, 5e-324, -5e-324, INF, -INF, NAN]


@pytest.fixture(params=PRIMITIVES, ids=str)
def name(request):
    """The name of each primitive in turn."""
    return request.param


def close(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-13, nan_ok=True)


def same(a, b):
    """The same number; nan is nan."""
    return a == b or (a != a and b != b)


def operand_counts(name):
    """How many operands the sample points have, at most three."""
    return {len(point) for point in SAMPLES[name][1] if len(point) <= 3}


def test_extreme_numbers_never_raise(name):
    """Value, rule and kink answer for zeros, infinities, nan, the largest and the smallest numbers."""
    primitive = PRIMITIVES[name]
    for count in operand_counts(name):
        for point in product(EXTREMES, repeat=count):
            out = primitive(*point)

            assert type(out) is float
            assert all(x is None or type(x) in (float, int, bool) for x in primitive.local_gradients(out, *point))
            assert primitive.kink is None or primitive.kink(out, *point) in (True, False, 2)


def test_recording_computes_what_the_primitive_computes(name):
    primitive = PRIMITIVES[name]
    for count in operand_counts(name):
        for point in product(EXTREMES[::2], repeat=count):
            recorded = primitive(Value(point[0]), *point[1:])

            assert same(recorded.data, primitive(*point))
            assert recorded.primitive is primitive
            assert recorded.operands[1:] == point[1:] or any(x != x for x in point)


# PyTorch's answers; a * stands where another framework may differ and this one follows PyTorch.
EDGES = [
    ("power", (2.0, 3.0), 8.0, (12.0, 8.0 * math.log(2.0))),
    ("power", (-2.0, 3.0), -8.0, (12.0, NAN)),
    ("power", (0.0, 0.0), 1.0, (0.0, 0.0)),  # *
    ("power", (0.0, 0.5), 0.0, (INF, 0.0)),
    ("power", (0.0, -1.0), INF, (-INF, -INF)),  # *
    ("power", (-0.0, -1.0), -INF, (-INF, INF)),
    ("power", (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("power", (-8.0, 1.0 / 3.0), NAN, (NAN, NAN)),
    ("power", (10.0, 400.0), INF, (INF, INF)),
    ("power", (-10.0, 401.0), -INF, (INF, NAN)),
    ("power", (-1e-200, -3.0), -INF, (-INF, NAN)),
    ("power", (-10.0, 400.0), INF, (-INF, NAN)),
    ("power", (NAN, 0.0), 1.0, (0.0, NAN)),
    ("power", (INF, 0.0), 1.0, (0.0, INF)),
    ("div", (1.0, 0.0), INF, (INF, -INF)),
    ("div", (1.0, -0.0), -INF, (-INF, -INF)),
    ("div", (-1.0, 0.0), -INF, (INF, INF)),
    ("div", (0.0, 0.0), NAN, (INF, NAN)),
    ("div", (NAN, 0.0), NAN, (INF, NAN)),
    ("div", (1.0, INF), 0.0, (0.0, 0.0)),
    ("reciprocal", (0.0,), INF, (-INF,)),
    ("reciprocal", (-0.0,), -INF, (-INF,)),
    ("log", (0.0,), -INF, (INF,)),
    ("log", (-1.0,), NAN, (-1.0,)),
    ("log1p", (-1.0,), -INF, (INF,)),
    ("log1p", (-2.0,), NAN, (-1.0,)),
    ("exp", (1000.0,), INF, (INF,)),
    ("exp", (-1000.0,), 0.0, (0.0,)),
    ("expm1", (1000.0,), INF, (INF,)),
    ("expm1", (-1000.0,), -1.0, (0.0,)),
    ("sqrt", (0.0,), 0.0, (INF,)),
    ("sqrt", (-1.0,), NAN, (NAN,)),
    ("sin", (INF,), NAN, (NAN,)),
    ("cos", (INF,), NAN, (NAN,)),
    ("tan", (-INF,), NAN, (NAN,)),
    ("tanh", (1000.0,), 1.0, (0.0,)),
    ("tanh", (-1000.0,), -1.0, (0.0,)),
    ("sigmoid", (1000.0,), 1.0, (0.0,)),
    ("sigmoid", (-1000.0,), 0.0, (0.0,)),
    ("sigmoid", (NAN,), NAN, (NAN,)),
    ("softplus", (1000.0,), 1000.0, (1.0,)),
    ("softplus", (-1000.0,), 0.0, (0.0,)),
    ("softplus", (NAN,), NAN, (NAN,)),
    ("log_sigmoid", (-800.0,), -800.0, (1.0,)),
    ("log_sigmoid", (800.0,), 0.0, (0.0,)),
    ("relu", (0.0,), 0.0, (0.0,)),
    ("relu", (-0.0,), 0.0, (0.0,)),
    ("leaky_relu", (0.0, 0.01), 0.0, (0.01, 0.0)),  # *
    ("elu", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("elu", (-1.0, 1.0), math.expm1(-1.0), (math.exp(-1.0), math.expm1(-1.0))),
    ("elu", (-1000.0, 1.0), -1.0, (0.0, -1.0)),
    ("abs", (0.0,), 0.0, (0.0,)),  # *
    ("heaviside", (0.0, 0.5), 0.5, (0.0, 1.0)),
    ("heaviside", (-3.0, 0.5), 0.0, (0.0, 0.0)),
    ("maximum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("maximum", (INF, 1.0), INF, (1.0, 0.0)),
    ("minimum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("clip", (2.0, 3.0, 1.0), 1.0, (0.0, 0.0, 1.0)),  # the wrong way round: the upper bound wins
    ("logsumexp", (1000.0, 1000.0), 1000.0 + math.log(2.0), (0.5, 0.5)),
    ("logsumexp", (-INF, -INF), -INF, (0.0, 0.0)),
    ("logsumexp", (-INF, 3.0), 3.0, (0.0, 1.0)),
    ("logsumexp", (INF, 1.0), INF, (NAN, 0.0)),
    ("where", (NAN, 1.0, 2.0), 1.0, (None, 1.0, 0.0)),  # nan is not 0
]


@pytest.mark.parametrize(("name", "point", "value", "local"), EDGES, ids=[f"{row[0]}{row[1]}" for row in EDGES])
def test_edge(name, point, value, local):
    """IEEE 754's answer, forward and backward, with its sign."""
    primitive = PRIMITIVES[name]
    out = primitive(*point)

    assert out == close(value)
    for found, expected in zip(primitive.local_gradients(out, *point), local):
        assert found is expected is None or found == close(expected)


@pytest.mark.parametrize("point", [(NAN, 1.0), (1.0, NAN), (NAN, NAN), (NAN, INF), (-INF, NAN)])
@pytest.mark.parametrize("name", ["maximum", "minimum", "add", "mul", "div", "logsumexp", "sum"])
def test_nan_is_never_hidden(name, point):
    assert math.isnan(PRIMITIVES[name](*point))


@pytest.mark.parametrize("name", ["relu", "abs", "sign", "sigmoid", "tanh", "softplus", "exp", "log", "sqrt", "tan"])
def test_nan_is_never_hidden_by_one_operand(name):
    assert math.isnan(PRIMITIVES[name](NAN))


@pytest.mark.parametrize(("name", "constants"), [("leaky_relu", (0.1,)), ("elu", (1.0,)), ("heaviside", (0.5,))])
def test_nan_is_never_hidden_by_a_threshold(name, constants):
    assert math.isnan(PRIMITIVES[name](NAN, *constants))
    assert math.isnan(PRIMITIVES["clip"](NAN, -1.0, 1.0))


def test_sums_run_left_to_right():
    """The same rounding in every version of Python, and in every runner."""
    assert PRIMITIVES["sum"](1e16, 1.0, -1e16) == 0.0
    assert PRIMITIVES["dot"](1.0, 1.0, 1.0, -1e16, 1e16) == 0.0
    assert PRIMITIVES["dot"](1.0, 1.0, 1e16, 1.0, -1e16) == 1.0
    assert PRIMITIVES["dot"](1.0, 1.0, 1.0, 1e16, -1e16) == 0.0


def test_empty_sums():
    assert PRIMITIVES["sum"]() == 0.0
    assert PRIMITIVES["logsumexp"]() == -INF
    assert PRIMITIVES["dot"](2.5) == 2.5


def test_where_with_a_plain_condition_picks_its_side_at_once():
    a, b = Value(1.0), Value(2.0)

    assert where(True, a, b) is a
    assert where(0.0, a, b) is b
    assert where(Value(1.0), a, b).operands[1] is a
