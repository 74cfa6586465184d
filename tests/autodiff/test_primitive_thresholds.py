"""Primitives with a threshold: values and gradients at it, one float from it, and away from it."""

import math

import pytest

from autodiff import PRIMITIVES, Value, maximum, minimum, where

BESIDE = [5e-324, 1e-9, 0.25, 0.75, 1.0, 1.25, 2.0]


def near(expected):
    return pytest.approx(expected, rel=1e-12, abs=0.0)


def answers(name, *point):
    """The value, and the gradient of the first operand."""
    inputs = [Value(point[0]), *point[1:]]
    out = PRIMITIVES[name](*inputs)
    out.backward()
    return out.data, inputs[0].grad


@pytest.mark.parametrize("x", BESIDE)
def test_thresholds_at_0(x):
    assert answers("relu", x) == (x, 1.0)
    assert answers("relu", -x) == (0.0, 0.0)
    assert answers("abs", x) == (x, 1.0)
    assert answers("abs", -x) == (x, -1.0)
    assert answers("sign", x) == (1.0, 0.0)
    assert answers("sign", -x) == (-1.0, 0.0)
    assert answers("heaviside", x, 0.5) == (1.0, 0.0)
    assert answers("heaviside", -x, 0.5) == (0.0, 0.0)
    assert answers("leaky_relu", x, 0.25) == (x, 1.0)
    assert answers("leaky_relu", -x, 0.25) == (-0.25 * x, 0.25)
    assert answers("elu", x, 2.0) == (x, 1.0)
    assert answers("elu", -x, 2.0) == (near(2.0 * math.expm1(-x)), near(2.0 * math.exp(-x)))


@pytest.mark.parametrize("x", BESIDE)
def test_thresholds_gradients_to_constants(x):
    for name, negative_side in (("leaky_relu", -x), ("elu", math.expm1(-x)), ("heaviside", 0.0)):
        for a, expected in ((x, 0.0), (-x, negative_side)):
            constant = Value(0.25)
            PRIMITIVES[name](a, constant).backward()
            assert constant.grad == near(expected), (name, a)


@pytest.mark.parametrize("x", [1e-9, 0.25, 1.0])
def test_thresholds_between_two_operands(x):
    for b in (-1.5, 0.0, 0.5, 3.0):
        a = Value(b + x)
        for f, slope in ((maximum, 1.0), (minimum, 0.0)):
            f(a, b).backward()
            assert a.grad == slope
            a.grad = 0.0
            f(b, a).backward()
            assert a.grad == slope
            a.grad = 0.0
        assert [(a < b).data, (a <= b).data, (a > b).data, (a >= b).data, (a == b).data, (a != b).data] == [
            *(0.0, 0.0, 1.0, 1.0, 0.0, 1.0)
        ]


@pytest.mark.parametrize("x", [1e-9, 0.25, 0.5])
def test_clip_passes_what_is_inside(x):
    low, high = 0.5, 2.0
    assert answers("clip", low + x, low, high) == (low + x, 1.0)
    assert answers("clip", low - x, low, high) == (low, 0.0)
    assert answers("clip", high - x, low, high) == (high - x, 1.0)
    assert answers("clip", high + x, low, high) == (high, 0.0)


@pytest.mark.parametrize("condition", [5e-324, -0.5, 1.0, 2.0, math.nan, math.inf])
def test_where_takes_first_side_unless_0(condition):
    for chosen, expected in ((condition, (3.0, 1.0, 0.0)), (0.0, (4.0, 0.0, 1.0)), (-0.0, (4.0, 0.0, 1.0))):
        a, b = Value(3.0), Value(4.0)
        out = where(Value(chosen), a, b)
        out.backward()
        assert (out.data, a.grad, b.grad) == expected


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.5, 0.999, 1.0, 1.001, 30.0, 700.0])
def test_sigmoid_written_in_two_ways(x):
    assert answers("sigmoid", x)[0] + answers("sigmoid", -x)[0] == near(1.0)
    assert answers("sigmoid", x)[0] == near(0.5 * (1.0 + math.tanh(0.5 * x)))
