"""Values and NumPy: scalars count as numbers, object arrays of Values work, nothing becomes a plain float silently."""

import numpy as np
import pytest

import autodiff
from autodiff import PRIMITIVES, Value, variables


@pytest.mark.parametrize(
    "kind", [np.float64, np.float32, np.float16, np.int64, np.int8, np.uint16, np.bool_, np.longdouble]
)
def test_scalars_are_numbers(kind):
    one, v = kind(1), Value(3.0)

    assert Value(one).data == 1.0
    assert (v + one).operands == (v, 1.0)
    assert type((v + one).operands[1]) is float
    assert (one * v).data == 3.0
    assert type(one * v) is type((np.array([one]) * v)[0]) is Value
    assert Value(np.array(one)).data == autodiff.maximum(np.array(one), 0) == 1.0
    v.data = one
    assert v.data == 1.0


@pytest.mark.parametrize(
    "bad", [np.complex128(1), np.array([1.0]), np.datetime64("2020-01-01"), np.timedelta64(1), np.str_("1")]
)
def test_other_things_of_numpy_are_not(bad):
    with pytest.raises(TypeError, match=f"Value.* takes a real number, got {type(bad).__name__}"):
        Value(bad)


@pytest.mark.parametrize(
    ("operation", "numbers"),
    [
        (lambda v, a: v + a, [4.0, 5.0]),
        (lambda v, a: a + v, [4.0, 5.0]),
        (lambda v, a: v - a, [2.0, 1.0]),
        (lambda v, a: a - v, [-2.0, -1.0]),
        (lambda v, a: v * a, [3.0, 6.0]),
        (lambda v, a: a * v, [3.0, 6.0]),
        (lambda v, a: v / a, [3.0, 1.5]),
        (lambda v, a: a / v, [1 / 3, 2 / 3]),
        (lambda v, a: v**a, [3.0, 9.0]),
        (lambda v, a: a**v, [1.0, 8.0]),
    ],
)
def test_arrays_of_numbers_on_either_side(operation, numbers):
    out = operation(Value(3.0), np.array([1.0, 2.0]))

    assert out.shape == (2,)
    assert all(type(x) is Value for x in out)
    assert [x.data for x in out] == pytest.approx(numbers, rel=1e-15)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "expm1", "log1p", "reciprocal"])
def test_functions_of_numpy_record_gates(name):
    v = Value(0.5)
    alone, of_array = getattr(np, name)(v), getattr(np, name)(np.array([v, v * 2]))

    assert alone.data == PRIMITIVES[name](0.5)
    assert all(type(x) is Value for x in of_array)
    if name != "reciprocal":  # which NumPy makes from division
        assert alone.primitive is PRIMITIVES[name]


def test_object_arrays_multiply_as_matrices_and_differentiate():
    """D9: the gradient of a sum of A x is the sum of the rows of A."""
    x = np.array(variables(x0=1, x1=2))
    out = (np.array([[1.0, 2.0], [3.0, 4.0]]) @ x).sum()
    out.backward()

    assert out.data == 16.0
    assert [v.grad for v in x] == [4.0, 6.0]


def test_means_and_lengths():
    x = np.array(variables(x0=3, x1=4))

    assert np.mean(x).data == 3.5
    assert np.sqrt(np.sum(x * x)).data == 5.0
    assert np.dot(x, x).data == 25.0


@pytest.mark.parametrize(
    ("make", "number", "slopes"),
    [
        (lambda v, w: np.maximum(v, w), 2.0, [0.5, 0.5]),
        (lambda v, w: np.minimum(v, w), 2.0, [0.5, 0.5]),
        (lambda v, w: np.maximum(2, w), 2.0, [0.0, 0.5]),
        (lambda v, w: np.maximum(v, np.array([1.0, 3.0])).sum(), 5.0, [1.0, 0.0]),
        (lambda v, w: np.minimum(np.array([2.0, 1.0]), w).sum(), 3.0, [0.0, 0.5]),
        (lambda v, w: np.clip(v, 0, 1), 1.0, [0.0, 0.0]),
        (lambda v, w: np.clip(v, 0, 3) * w, 4.0, [2.0, 2.0]),
        (lambda v, w: np.clip(v, None, 1) * w + np.clip(-v, 0, None), 2.0, [0.0, 1.0]),
        (lambda v, w: np.clip(np.array([1.0, 3.0]), v, 5.0).sum(), 5.0, [1.0, 0.0]),
        (lambda v, w: np.sign(-v) * w, -2.0, [0.0, -1.0]),
        (lambda v, w: np.heaviside(v, 0.5) * w, 2.0, [0.0, 1.0]),
        (lambda v, w: np.abs(-v), 2.0, [1.0, 0.0]),
        (lambda v, w: np.conjugate(v) * np.conj(np.array([w]))[0], 4.0, [2.0, 2.0]),
        (lambda v, w: np.var([v, w, 5.0]), 2.0, [-2 / 3, -2 / 3]),
        (lambda v, w: np.std(np.array([v, w * 3])), 2.0, [-0.5, 1.5]),
        (lambda v, w: np.multiply.outer(np.array([v, w]), np.array([1.0, 2.0])).sum(), 12.0, [3.0, 3.0]),
    ],
)
def test_functions_of_numpy_make_gates(make, number, slopes):
    v, w = variables(v=2, w=2)
    out = make(v, w)
    out.backward()

    assert type(out) is Value
    assert out.data == pytest.approx(number, rel=1e-15)
    assert [v.grad, w.grad] == pytest.approx(slopes, rel=1e-15)


def test_primitives_take_arrays_element_by_element():
    v, w = variables(v=2, w=-1)
    array = np.array([v, w])
    found = [
        autodiff.relu(array),
        autodiff.maximum(array, 2),
        autodiff.maximum(v, np.array([1.0, 3.0])),
        autodiff.clip(array, 0, 1),
        v.maximum(np.array([1.0, 3.0])),
        autodiff.where(array > 0, 1.0, v),
        autodiff.where(np.array([True, False]), v, w),
    ]

    assert [[type(x) for x in row] for row in found] == [[Value, Value]] * 7
    assert [[x.data for x in row] for row in found] == [
        *([2.0, 0.0], [2.0, 2.0], [2.0, 3.0], [1.0, 0.0], [2.0, 3.0], [1.0, 2.0], [2.0, -1.0])
    ]
    assert repr(autodiff.relu(np.array([[1.0, -1.0]]))) == repr(np.array([[1.0, 0.0]]))
    with pytest.raises(TypeError, match="relu takes a real number, got str"):
        autodiff.relu(np.array(["1"], dtype=object))


def test_clip_takes_no_out():
    with pytest.raises(TypeError, match="clip makes a new Value and takes no out="):
        Value(1.0).clip(0.0, 2.0, out=np.zeros(1))


def test_a_value_in_an_array_stays_itself():
    v = Value(3.0)

    assert np.array([v, v])[0] is v
    assert np.array(v).shape == ()
    assert np.array(v).item() is v


def test_values_never_become_floats_silently():
    with pytest.raises(TypeError, match=r"\.data"):
        np.array([Value(1.0)], dtype=float)
    with pytest.raises(TypeError, match=r"\.data"):
        np.zeros(2)[0] = np.float64(0) + float(Value(1.0))
    array = np.zeros(2)
    with pytest.raises(TypeError, match=r"\.data"):
        array[0] = Value(1.0)
