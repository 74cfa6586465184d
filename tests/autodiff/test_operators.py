"""The operators, comparisons and methods of Value, with Values and with numbers on either side."""

import math
import operator

import pytest
from hypothesis import given, settings, strategies as st

import autodiff
from autodiff import PRIMITIVES, Value
from autodiff.graph import history
from tests.support.engine_programs import close, slopes

OPERATORS = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "floor_div": operator.floordiv,
    "mod": operator.mod,
    "power": operator.pow,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
}
MIRRORED = {"less": "greater", "less_equal": "greater_equal", "greater": "less", "greater_equal": "less_equal"}


@pytest.fixture(params=OPERATORS, ids=str)
def name(request):
    return request.param


# --- Operators -----------------------------------------------------------------------------------


def test_operator_between_values(name):
    a, b = Value(3.0), Value(2.0)
    out = OPERATORS[name](a, b)

    assert out.primitive is PRIMITIVES[name]
    assert (out.operands[0], out.operands[1]) == (a, b)
    assert out.data == OPERATORS[name](3.0, 2.0)


@pytest.mark.parametrize("number", [2.0, 2, True, 0, -1.5])
def test_operator_with_a_number_on_the_right(name, number):
    a = Value(3.0)
    out = OPERATORS[name](a, number)

    assert out.primitive is PRIMITIVES[name]
    assert out.operands[0] is a
    assert type(out.operands[1]) is float
    assert out.operands[1] == number
    assert repr(out.data) == repr(PRIMITIVES[name](3.0, number))


@pytest.mark.parametrize("number", [2.0, 2, True, -1.5])
def test_operator_with_a_number_on_the_left(name, number):
    b = Value(3.0)
    out = OPERATORS[name](number, b)

    assert out.data == PRIMITIVES[name](number, 3.0)
    if name in MIRRORED:  # Python asks the Value first: 2 < b is b > 2
        assert out.primitive is PRIMITIVES[MIRRORED[name]]
    elif name not in ("equal", "not_equal"):
        assert out.operands[0] == number
        assert out.operands[1] is b


SIZES = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-60, 60) | st.floats(-10.0, 10.0)
ENDS = [5e-324, -5e-324, 2.2e-308, 1.7e308, -1.7e308, 2.0**53, 1e16, 0.1, 1 / 3, 0.0, -0.0, math.inf, -math.inf]


@settings(deadline=None, max_examples=1000)
@given(SIZES | st.sampled_from(ENDS), SIZES | st.sampled_from(ENDS))
def test_floor_div_and_mod_are_pythons(a, b):
    """Also for tiny and huge numbers of either sign; where Python raises, IEEE 754's a / 0."""
    for sign, by_zero in ((operator.floordiv, autodiff.PRIMITIVES["div"](a, b)), (operator.mod, math.nan)):
        expected = by_zero if b == 0 else sign(float(a), float(b))
        for found in (sign(Value(a), Value(b)), sign(Value(a), b), sign(a, Value(b))):
            assert repr(found.data) == repr(expected)
    quotient, rest = divmod(Value(a), b)
    assert repr((quotient.data, rest.data)) == repr(((Value(a) // b).data, (Value(a) % b).data))
    assert divmod(a, Value(b))[0].primitive is PRIMITIVES["floor_div"]


def test_floor_div_and_mod_gradients():
    assert slopes(lambda x, y: x // y, 7.0, 2.0) == (3.0, (0.0, 0.0))
    assert slopes(lambda x, y: x % y, 7.0, 2.0) == (1.0, (1.0, -3.0))
    assert slopes(lambda x, y: x % y, -7.0, 2.0) == (1.0, (1.0, 4.0))
    assert slopes(lambda x, y: x % y * (x // y), 7.5, -2.0) == (2.0, (-4.0, -16.0))
    assert slopes(lambda x: math.floor(x) + math.ceil(2.0 * x) + x, 2.25) == (9.25, (1.0,))
    assert slopes(lambda x: 17 % x, 5.0) == (2.0, (-3.0,))
    assert autodiff.grad(lambda x: autodiff.grad(lambda t: t * (t % 2.0))(x))(5.5) == 2.0


def test_minus_plus_and_abs():
    x = Value(-3.0)

    assert (-x).primitive is PRIMITIVES["neg"]
    assert abs(x).primitive is PRIMITIVES["abs"]
    assert +x is x
    assert slopes(lambda x: -x * abs(x), -3.0) == (9.0, (-6.0,))


def test_reciprocal_of_one_over_a_value():
    """D2 draws 1/x as one gate with one input."""
    x = Value(4.0)

    for out in (1 / x, 1.0 / x, x.reciprocal(), autodiff.reciprocal(x)):
        assert out.primitive is PRIMITIVES["reciprocal"]
        assert out.operands == (x,)
        assert out.data == 0.25
    assert (2 / x).primitive is PRIMITIVES["div"]


def test_add_of_int_0_is_no_gate():
    v = Value(2.0)

    assert 0 + v is v
    assert sum([v]) is v
    assert (0.0 + v).primitive is PRIMITIVES["add"]
    assert (v + 0).primitive is PRIMITIVES["add"]


def test_plain_numbers_make_no_node():
    out = 2 * Value(3.0) + 1

    assert len(history(out)) == 3
    assert type(out.operands[1]) is float


def test_math_by_method_and_by_function():
    for name in [
        "exp",
        "expm1",
        "log",
        "log1p",
        "sqrt",
        "reciprocal",
        "abs",
        "sign",
        "sin",
        "cos",
        "tan",
        "tanh",
        "sigmoid",
        "softplus",
        "log_sigmoid",
        "relu",
    ]:
        by_method, by_function = getattr(Value(0.7), name)(), getattr(autodiff, name)(Value(0.7))

        assert by_method.primitive is by_function.primitive is PRIMITIVES[name]
        assert by_method.data == by_function.data == getattr(autodiff, name)(0.7)


@pytest.mark.parametrize(
    ("name", "constants"),
    [
        ("leaky_relu", (0.1,)),
        ("elu", (1,)),
        ("heaviside", (0.5,)),
        ("clip", (-1, 1)),
        ("maximum", (2,)),
        ("minimum", (2,)),
    ],
)
def test_math_methods_that_take_constants(name, constants):
    x = Value(-0.5)
    out = getattr(x, name)(*constants)

    assert out.primitive is PRIMITIVES[name]
    assert out.operands == (x, *map(float, constants))
    assert all(type(constant) is float for constant in out.operands[1:])
    assert out.data == getattr(autodiff, name)(-0.5, *constants)


# --- Comparisons ---------------------------------------------------------------------------------


def test_comparisons_are_recorded_without_edge():
    x = Value(3.0)
    above = x > 2

    assert type(above) is Value
    assert above.data == 1.0
    above.backward()
    assert x.grad == 0.0
    (above * x).backward()
    assert x.grad == 1.0


def test_comparisons_send_no_gradient():
    x = Value(3.0)
    inner = x * math.inf  # any gradient sent through here would be nan or infinite
    out = autodiff.where(inner > 1, x, 0.0)
    out.backward()

    assert (x.grad, inner.grad) == (1.0, 0.0)


@pytest.mark.parametrize("other", ["3", None, [3], 3 + 0j, object()])
def test_comparisons_with_other_than_numbers(other):
    v = Value(3.0)

    assert (v == other) is False
    assert (v != other) is True
    with pytest.raises(TypeError, match="not supported between instances"):
        v < other  # noqa: B015


def test_comparisons_sort_by_number():
    values = [Value(3.0), Value(1.0), Value(2.0)]

    assert [v.data for v in sorted(values)] == [1.0, 2.0, 3.0]
    assert max(values) is values[0]
    assert min(values) is values[1]


def test_hash_is_the_identity():
    """Sets and dicts keep Values with equal numbers apart."""
    values = [Value(1.0) for _ in range(1000)]

    assert len(set(values)) == 1000
    table = {v: i for i, v in enumerate(values)}
    assert all(table[v] == i for i, v in enumerate(values))
    assert Value(1.0) not in table
    assert hash(values[0]) == hash(values[0])


def test_operands_value_and_number_alike():
    for name in ["softmax", "mean", "norm", "maxout", "sum", "logsumexp"]:
        function = getattr(autodiff, name)
        of_values, of_numbers = function([Value(1.0), Value(2.0)]), function([1.0, 2.0])
        if name != "softmax":
            of_values, of_numbers = [of_values], [of_numbers]
        assert [v.data for v in of_values] == [close(x) for x in of_numbers]
