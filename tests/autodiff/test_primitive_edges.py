"""Primitives at the edges: zeros, infinities, nan, overflow and ties give IEEE 754's answers and never raise."""

import math
from itertools import product

import mpmath
import pytest
from mpmath import mp

from autodiff import PRIMITIVES, Value, where
from tests.support.engine_programs import same
from tests.support.primitive_samples import SAMPLES

INF, NAN = math.inf, math.nan
EXTREMES = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 1e3, -1e3, 1e308, -1e308, 5e-324, -5e-324, INF, -INF, NAN]


@pytest.fixture(params=PRIMITIVES, ids=str)
def name(request):
    """The name of each primitive in turn."""
    return request.param


def close(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-13, nan_ok=True)


def operand_counts(name):
    """The number of operands of the sample points, at most three."""
    return {len(point) for point in SAMPLES[name][1] if len(point) <= 3}


def extremes(name, count, numbers):
    """Every choice of `count` of the numbers; take has indices."""
    points = product(numbers, repeat=count)
    return [point for point in points if name != "take" or point[-1] in range(count - 1)]


def test_extreme_numbers_never_raise(name):
    """Value, rule and kink work for zeros, infinities, nan, the largest and the smallest numbers."""
    primitive = PRIMITIVES[name]
    for count in operand_counts(name):
        for point in extremes(name, count, EXTREMES):
            out = primitive(*point)

            assert type(out) is float
            assert all(x is None or type(x) in (float, int, bool) for x in primitive.local_gradients(out, *point))
            assert primitive.kink is None or primitive.kink(out, *point) in (True, False, 2)


def test_recording_computes_what_the_primitive_computes(name):
    primitive = PRIMITIVES[name]
    for count in operand_counts(name):
        for point in extremes(name, count, EXTREMES[::2]):
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
    ("log2", (0.0,), -INF, (INF,)),
    ("log10", (-1.0,), NAN, (-1.0 / math.log(10.0),)),
    ("asin", (1.0,), math.pi / 2, (INF,)),
    ("asin", (-1.0,), -math.pi / 2, (INF,)),
    ("asin", (1.5,), NAN, (NAN,)),
    ("acos", (1.0,), 0.0, (-INF,)),
    ("acos", (-1.0,), math.pi, (-INF,)),
    ("atan", (-INF,), -math.pi / 2, (0.0,)),
    ("atan", (1e200,), math.pi / 2, (0.0,)),
    ("atan2", (0.0, -1.0), math.pi, (-1.0, 0.0)),
    ("atan2", (-0.0, -1.0), -math.pi, (-1.0, 0.0)),
    ("atan2", (-0.0, 1.0), 0.0, (1.0, 0.0)),
    ("atan2", (2.0, 0.0), math.pi / 2, (0.0, -0.5)),
    ("atan2", (-2.0, -0.0), -math.pi / 2, (0.0, 0.5)),
    ("atan2", (0.0, 0.0), 0.0, (NAN, NAN)),
    ("atan2", (0.0, -0.0), math.pi, (NAN, NAN)),
    ("atan2", (INF, INF), math.pi / 4, (NAN, NAN)),
    ("atan2", (INF, -INF), 0.75 * math.pi, (NAN, NAN)),
    ("atan2", (3e200, -4e200), math.atan2(3.0, -4.0), (0.0, 0.0)),
    ("atan2", (3e-200, 4e-200), math.atan2(3.0, 4.0), (1.6e199, -1.2e199)),
    ("hypot", (3e200, -4e200), 5e200, (0.6, -0.8)),
    ("hypot", (INF, NAN), INF, (NAN, NAN)),
    ("hypot", (0.0, 0.0), 0.0, (NAN, NAN)),
    ("sinh", (1000.0,), INF, (INF,)),
    ("sinh", (-1000.0,), -INF, (INF,)),
    ("cosh", (-1000.0,), INF, (-INF,)),
    ("asinh", (-1e300,), math.asinh(-1e300), (1e-300,)),
    ("acosh", (1.0,), 0.0, (INF,)),
    ("acosh", (0.5,), NAN, (NAN,)),
    ("acosh", (1e300,), math.acosh(1e300), (1e-300,)),
    ("atanh", (1.0,), INF, (INF,)),
    ("atanh", (-1.0,), -INF, (INF,)),
    ("erf", (INF,), 1.0, (0.0,)),
    ("erf", (-27.0,), -1.0, (5.240082797e-317,)),
    ("normal_cdf", (-INF,), 0.0, (0.0,)),
    ("gelu", (INF,), INF, (NAN,)),
    ("gelu", (-INF,), NAN, (NAN,)),
    ("gelu", (-1e300,), 0.0, (0.0,)),
    ("silu", (1000.0,), 1000.0, (1.0,)),
    ("silu", (-INF,), NAN, (NAN,)),
    ("gaussian", (1e200, 1.0), 0.0, (0.0, 0.0)),
    ("gaussian", (2.0, 0.0), 1.0, (0.0, -4.0)),
    ("floor", (-0.5,), -1.0, (0.0,)),
    ("floor", (INF,), INF, (0.0,)),
    ("floor", (-1e300,), -1e300, (0.0,)),
    ("floor_div", (-7.0, 0.0), -INF, (0.0, 0.0)),
    ("floor_div", (0.0, 0.0), NAN, (0.0, 0.0)),
    ("mod", (7.0, 0.0), NAN, (1.0, -INF)),
    ("mod", (-7.0, INF), INF, (1.0, 1.0)),
    ("mod", (-5e-324, 1.0), 1.0, (1.0, 1.0)),
    ("fmod", (-7.0, INF), -7.0, (1.0, 0.0)),
    ("fmod", (INF, 2.0), NAN, (1.0, NAN)),
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
def test_edge_values_and_gradients(name, point, value, local):
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


def test_where_with_plain_condition():
    a, b = Value(1.0), Value(2.0)

    assert where(True, a, b) is a
    assert where(0.0, a, b) is b
    assert where(Value(1.0), a, b).operands[1] is a


def units(found, exact):
    """The error in ulps of the exact result."""
    return abs(mp.mpf(found) - exact) / mp.mpf(math.ulp(float(exact)))


def phi(x):
    return mpmath.erfc(-mp.mpf(x) / mpmath.sqrt(2)) / 2


TAIL = [-0.41, -0.75, -1.3, -3.0, *[-0.1 - k * 0.7 for k in range(7, 55)], -38.2, -38.4]
IN_THE_TAIL = {  # what would lose all its digits as 1 + erf, and hundreds of units where a square is rounded
    "gelu": (lambda x: x * phi(x), lambda x: phi(x) + x * mpmath.npdf(x)),
    "normal_cdf": (phi, mpmath.npdf),
    "silu": (lambda x: x / (1 + mpmath.exp(-x)), None),
    "erf": (mpmath.erf, lambda x: 2 / mpmath.sqrt(mp.pi) * mpmath.exp(-(mp.mpf(x) ** 2))),
    "gaussian": (lambda x: mpmath.exp(-(mp.mpf(x) ** 2) / 2), lambda x: -x * mpmath.exp(-(mp.mpf(x) ** 2) / 2)),
}


@pytest.mark.parametrize("name", IN_THE_TAIL)
def test_values_keep_their_digits_in_the_tail(name):
    value, slope = IN_THE_TAIL[name]
    more = (0.5,) * (name == "gaussian")
    with mp.workdps(60):
        for x in TAIL:
            out = PRIMITIVES[name](x, *more)
            assert units(out, value(x)) <= 2.0, x
            if slope and abs(x + 0.75) > 0.01:
                room = 4.0 if abs(slope(x)) > 1e-305 else 40.0  # x times a number that has lost digits near underflow
                assert units(PRIMITIVES[name].local_gradients(out, x, *more)[0], slope(x)) <= room, x


@pytest.mark.parametrize("name", ["gelu", "normal_cdf", "silu", "erf", "gaussian", "floor_div", "mod"])
def test_expansion_gives_the_value(name):
    """To 2 ulps from the smallest numbers to the tail; whole quotients and remainders exactly."""
    row = PRIMITIVES[name]
    xs = [0.0, 1e-300, 1e-9, 0.3, 0.39, 0.41, 0.5, 0.7, 1.0, 2.5, 6.0, 20.0, 36.0, 700.0, 744.0, 1e30, 1e300, INF]
    others = {"gaussian": [0.5, 1.0, 0.0, -0.3], "floor_div": [2.0, -0.1, 1e-3, INF], "mod": [2.0, -0.1, 1e-3, -INF]}
    for point in product([*xs, *[-x for x in xs], NAN], *[others[key] for key in others if key == name]):
        found, expected = float(row.expansion(*point)), row(*point)
        room = 0.0 if name in ("floor_div", "mod") else 2.0 * math.ulp(expected)
        assert same(found, expected) or abs(found - expected) <= room, point
