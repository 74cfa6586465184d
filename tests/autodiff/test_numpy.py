"""Values and NumPy: scalars count as numbers, object arrays of Values work, nothing becomes a plain float silently."""

import numpy as np
import pytest

import autodiff
from autodiff import PRIMITIVES, Primitive, Value, variables
from autodiff.flat import lower


@pytest.mark.parametrize(
    "kind", [np.float64, np.float32, np.float16, np.int64, np.int8, np.uint16, np.bool_, np.longdouble]
)
def test_numpy_scalars_are_numbers(kind):
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
def test_operators_with_arrays(operation, numbers):
    out = operation(Value(3.0), np.array([1.0, 2.0]))

    assert out.shape == (2,)
    assert all(type(x) is Value for x in out)
    assert [x.data for x in out] == pytest.approx(numbers, rel=1e-15)


NAMED_ALIKE = "exp log sqrt sin cos tan tanh expm1 log1p log2 log10 sinh cosh reciprocal"


@pytest.mark.parametrize("name", NAMED_ALIKE.split())
def test_ufuncs_record_gates(name):
    v = Value(0.5)
    alone, of_array = getattr(np, name)(v), getattr(np, name)(np.array([v, v * 2]))

    assert alone.data == PRIMITIVES[name](0.5)
    assert all(type(x) is Value for x in of_array)
    if name != "reciprocal":  # NumPy divides instead
        assert alone.primitive is PRIMITIVES[name]


def test_object_arrays_multiply_as_matrices():
    """D9: the gradient of a sum of A x is the sum of the rows of A."""
    x = np.array(variables(x0=1, x1=2))
    out = (np.array([[1.0, 2.0], [3.0, 4.0]]) @ x).sum()
    out.backward()

    assert out.data == 16.0
    assert [v.grad for v in x] == [4.0, 6.0]


def test_object_arrays_means_and_lengths():
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
        (lambda v, w: np.arctan2(v, w), np.pi / 4, [0.25, -0.25]),
        (lambda v, w: np.arctan2(np.array([v, 1.0]), w).sum(), np.pi / 4 + np.arctan(0.5), [0.25, -0.45]),
        (lambda v, w: np.arctan2(np.array([v, w]), np.array([1.0, 2.0])).sum(), 1.8925468811915388, [0.2, 0.25]),
        (lambda v, w: np.hypot(v, 1.5) + 0 * w, 2.5, [0.8, 0.0]),
        (lambda v, w: np.hypot(np.array([v]), np.array([1.5]))[0] + 0 * w, 2.5, [0.8, 0.0]),
        (lambda v, w: np.logaddexp(v, w), 2.0 + np.log(2.0), [0.5, 0.5]),
        (lambda v, w: np.logaddexp(0.0, v - w), np.log(2.0), [0.5, -0.5]),
        (lambda v, w: np.log2(v) * np.log10(w * 50), 2.0, [1 / np.log(2.0), 0.5 / np.log(10.0)]),
        (lambda v, w: np.floor(v / 3) + np.ceil(w / 3), 1.0, [0.0, 0.0]),
        (lambda v, w: np.mod(v * 4, 3) + np.remainder(-7.0, w * 1.5), 4.0, [4.0, 4.5]),
        (lambda v, w: np.fmod(-7.0, w * 1.5) + 0 * v, -1.0, [0.0, 3.0]),
        (lambda v, w: np.floor_divide(7.0, v) + (np.array([v, 9.0]) // w)[1], 7.0, [0.0, 0.0]),
        (lambda v, w: np.divmod(7.0, v)[0] + np.divmod(7.0, w)[1], 4.0, [0.0, -3.0]),
        (lambda v, w: np.square(v) + np.cbrt(w * 4) + np.exp2(v), 10.0, [4 + 4 * np.log(2.0), 1 / 3]),
        (lambda v, w: np.sinh(v - 2) + np.cosh(w - 2), 1.0, [1.0, 0.0]),
        (lambda v, w: np.arcsin(v / 4) + np.arccos(w / 4), np.pi / 2, [0.75**-0.5 / 4, -(0.75**-0.5) / 4]),
        (lambda v, w: np.arcsinh(v * 0.375) + np.arctanh(w * 0.3), 2 * np.log(2.0), [0.3, 0.3 / 0.64]),
        (lambda v, w: np.arccosh(v * 0.625) * w, 2 * np.log(2.0), [1.25 / 0.75, np.log(2.0)]),
        (lambda v, w: np.absolute(np.negative(v)) + np.fabs(-w), 4.0, [1.0, 1.0]),
        (lambda v, w: np.power(v, w) + np.float_power(v, 2.0), 8.0, [8.0, 4 * np.log(2.0)]),
        (lambda v, w: np.fmax(v, w) + np.fmin(v, np.nan), 4.0, [1.5, 0.5]),
        (lambda v, w: np.radians(v * 90) + np.degrees(w), np.pi + 360 / np.pi, [np.pi / 2, 180 / np.pi]),
        (
            lambda v, w: np.radians(np.array([v]))[0] + np.exp2(np.array([w]))[0],
            np.pi / 90 + 4,
            [np.pi / 180, 2.772588722239781],
        ),
        (lambda v, w: np.subtract(v, np.divide(w, np.add(v, np.multiply(w, 3.0)))), 1.75, [1.03125, -0.03125]),
        (lambda v, w: np.multiply.outer(np.array([v, w]), np.array([1.0, 2.0])).sum(), 12.0, [3.0, 3.0]),
    ],
)
def test_ufuncs_make_gates(make, number, slopes):
    v, w = variables(v=2, w=2)
    out = make(v, w)
    out.backward()

    assert type(out) is Value
    assert out.data == pytest.approx(number, rel=1e-15)
    assert [v.grad, w.grad] == pytest.approx(slopes, rel=1e-15)


NUMPYS = [  # gates of a user: value, rule, and how steps write the first local gradient
    (lambda x: np.cos(x), lambda out, x: (-np.sin(x),), "-sin(x)"),
    (lambda x: np.arctan(x), lambda out, x: (1 / (1 + np.square(x)),), "1 / (1 + x * x)"),
    (lambda x: np.logaddexp(0.0, x), lambda out, x: (1 / (1 + np.exp(-x)),), "1 / (1 + exp(-x))"),
    (lambda x: np.maximum(x, 0.5 * x), lambda out, x: (np.where(x > 0, 1.0, 0.5),), ""),
    (lambda x: np.where(x > 0, x, 0.1 * x), lambda out, x: (np.heaviside(x, 0.0) * 0.9 + 0.1,), ""),
    (lambda x: np.float64(2.0) * x + np.pi, lambda out, x: (np.float64(2.0),), "2"),
    (lambda x: np.abs(x) ** 0.5, lambda out, x: (np.sign(x) * 0.5 / out,), "sign(x) * 0.5 / f"),
    (lambda x: np.sum([x * x, np.clip(x, -9, 9)]), lambda out, x: (2.0 * x + 1.0,), "2 * x + 1"),
]


@pytest.mark.parametrize(("value", "rule", "formula"), NUMPYS)
def test_own_gate_of_ufuncs(value, rule, formula):
    gate = Primitive("mine", value, rule)
    x = Value(0.7, "x")
    f = gate(x)
    f.backward()

    assert x.grad == pytest.approx(autodiff.derivative(gate)(0.7))
    assert autodiff.check_gradients(gate, 0.7)
    if formula:
        assert f.steps()[0].formula == formula
    assert "mine_local" not in lower(f, [x]).gates  # the rule is written down, not called
    for runner in ("source", "batch", "native"):
        slopes = [autodiff.compile(gate, runner).value_and_grad(number) for number in (0.7, -1.3)]
        assert slopes == [
            (pytest.approx(gate(number)), pytest.approx(rule(gate(number), number)[0])) for number in (0.7, -1.3)
        ]


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


def test_object_arrays_keep_values():
    v = Value(3.0)

    assert np.array([v, v])[0] is v
    assert np.array(v).shape == ()
    assert np.array(v).item() is v
