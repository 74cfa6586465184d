"""Known traps of autodiff engines with numbers, by number."""

import math

import numpy as np
import pytest

import autodiff
from autodiff import (
    Value,
    exp,
    log,
    log_sigmoid,
    logsumexp,
    maximum,
    nonfinite_origin,
    relu,
    sigmoid,
    sqrt,
    tanh,
    variables,
    where,
)
from autodiff.graph import history
from nn import binary_cross_entropy
from tests.support.engine_programs import close, slopes

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("f", "inputs", "data", "grads"),
    [
        (lambda a, b: a**b, (2.0, 3.0), 8.0, (12.0, 8.0 * math.log(2.0))),
        (lambda b: 2**b, (3.0,), 8.0, (8.0 * math.log(2.0),)),
        (lambda a, b: a**b, (-2.0, 3.0), -8.0, (12.0, NAN)),
    ],
)
def test_trap_11_powers_of_values(f, inputs, data, grads):
    assert slopes(f, *inputs) == (close(data), close(grads))


@pytest.mark.parametrize(("exponent", "data", "grad"), [(0, 1.0, 0.0), (0.5, 0.0, INF), (-1, INF, -INF)])
def test_trap_12_powers_of_0(exponent, data, grad):
    assert slopes(lambda x: x**exponent, 0.0) == (data, (grad,))


def test_trap_12_0_over_0():
    assert slopes(lambda x: x / x, 0.0) == (close(NAN), close((NAN,)))


def test_trap_13_root_of_negative_is_nan():
    assert slopes(lambda x: x ** (1 / 3), -8.0) == (close(NAN), close((NAN,)))


def test_trap_14_division_is_one_gate():
    a, b = Value(49.0), Value(49.0)
    out = a / b

    assert len(history(out)) == 3
    assert out.data == 1.0 != 49.0 * 49.0**-1.0
    with pytest.raises(TypeError, match="/: 'Value' and 'str'"):
        a / "b"


def test_trap_15_relu_at_0_and_at_nan():
    assert slopes(relu, 0.0) == (0.0, (0.0,))
    assert slopes(relu, -0.0) == (0.0, (0.0,))
    assert math.isnan(relu(Value(NAN)).data)


def test_trap_16_tie_splits():
    assert slopes(maximum, 2.0, 2.0) == (2.0, (0.5, 0.5))
    steps = maximum(Value(2.0, "x"), Value(2.0, "y")).steps()
    assert [bool(step.kink) for step in steps] == [True, True]


def test_trap_17_builtin_max_makes_no_gate():
    x, y = variables(x=1, y=2)

    assert max(x, y) is y
    assert max(x, 0) is x
    assert min(y, x) is x


@pytest.mark.parametrize(
    ("f", "data"),
    [
        (lambda: sigmoid(Value(1000.0)), 1.0),
        (lambda: sigmoid(Value(-1000.0)), 0.0),
        (lambda: tanh(Value(1000.0)), 1.0),
        (lambda: tanh(Value(-1000.0)), -1.0),
        (lambda: 1 / (1 + exp(Value(1000.0))), 0.0),
    ],
)
def test_trap_18_nothing_overflows(f, data):
    out = f()
    out.backward()

    assert out.data == data


def test_trap_19_the_log_of_a_sigmoid():
    assert slopes(lambda x: -log_sigmoid(x), -800.0) == (800.0, (-1.0,))
    assert slopes(lambda x: binary_cross_entropy(sigmoid(x), 1.0), -800.0) == (800.0, (-1.0,))

    composite = -log(sigmoid(Value(-800.0)))
    assert composite.data == INF
    assert nonfinite_origin(composite).node.primitive is autodiff.log


@pytest.mark.parametrize(
    ("f", "x", "data", "grad"),
    [(log, 0.0, -INF, INF), (log, -1.0, NAN, -1.0), (exp, 1000.0, INF, INF), (sqrt, 0.0, 0.0, INF)],
)
def test_trap_20_inf_or_nan_and_no_exception(f, x, data, grad):
    assert slopes(f, x) == (close(data), (grad,))


def test_trap_21_logsumexp_of_large_numbers():
    data, grads = slopes(lambda *x: logsumexp(x), 1000.0, 1000.0)
    assert data == close(1000.0 + math.log(2.0))
    assert grads == close((0.5, 0.5))
    assert slopes(lambda *x: logsumexp(x), -INF, -INF) == (-INF, (0.0, 0.0))


def test_trap_22_where_sends_nan_from_other_side():
    x = Value(0.0, "x")
    out = where(x > 0, sqrt(x), 0.0)
    out.backward()

    assert (out.data, x.grad) == (0.0, close(NAN))
    origin = nonfinite_origin(out)
    assert origin.node.primitive is autodiff.sqrt
    assert "second where" in " ".join(origin.text.split())


def test_trap_22_the_ways_around_it():
    x = Value(0.0, "x")
    positive = x > 0

    assert slopes(lambda x: where(x > 0, sqrt(where(x > 0, x, 1.0)), 0.0), 0.0) == (0.0, (0.0,))
    assert (sqrt(x) if positive else Value(0.0)).data == 0.0


@pytest.mark.parametrize("converted", [math.exp, float, math.sqrt, complex])
def test_trap_23_conversion_is_refused(converted):
    with pytest.raises(TypeError, match=r"\.data.*autodiff\.exp"):
        converted(Value(1.0))


def test_trap_24_numpy_on_either_side():
    v, array = Value(3.0), np.array([1.0, 2.0])

    assert type(np.float64(2) * v) is Value
    for product in (array * v, v * array):
        assert product.shape == (2,)
        assert [type(x) for x in product] == [Value, Value]
        assert [x.data for x in product] == [3.0, 6.0]
    assert np.exp(v).primitive is autodiff.exp
    assert np.dot(np.array([v, v]), np.array([v, v])).data == 18.0
    assert (np.array([[v, v]]) @ array)[0].data == 9.0


def test_trap_25_numpy_scalars_and_bools():
    assert (Value(3.0) ** np.int64(2)).data == 9.0
    assert Value(np.float32(1.5)).data == 1.5
    assert Value(True).data == 1.0
    assert Value(np.True_).data == 1.0


@pytest.mark.parametrize("bad", ["3", None, 1 + 2j, [1], np.array([1.0]), np.complex128(1), Value(3)])
def test_trap_26_no_real_number(bad):
    with pytest.raises(TypeError, match=rf"Value\(\) takes a real number, got {type(bad).__name__}: "):
        Value(bad)


def test_trap_26_int_beyond_float64():
    with pytest.raises(OverflowError):
        Value(10**400)
