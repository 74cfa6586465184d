"""Value as a number and as a node: its attributes, conversions, labels and errors."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest

import autodiff
from autodiff import PRIMITIVES, TraceError, Value, label, variables
from tests.support.engine_programs import slopes
from tests.support.stand_ins import Tensor

# --- Value as a number ---------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "truth"), [(0.0, False), (-0.0, False), (0.1, True), (math.nan, True)])
def test_bool_is_that_of_the_number(data, truth):
    assert bool(Value(data)) is truth


def test_format_is_that_of_the_number():
    v = Value(3.14159)

    assert f"{v:.2f}" == "3.14"
    assert f"{v:8.3g}|" == "    3.14|"
    assert f"{v}" == str(v) == repr(v)
    with pytest.raises(ValueError, match="format code"):
        f"{v:d}"


def test_format_of_traced_value():
    seen = []

    def f(x, y):
        seen.append(f"{x}")
        return x * y

    assert autodiff.compile(f, runner="source")(2.0, 3.0) == 6.0
    assert "Value(" in seen[0]
    with pytest.raises(TraceError, match=r"format\(\.\.\., '\.2f'\)"):
        autodiff.compile(lambda x: x if f"{x:.2f}" else 2.0 * x)(2.0)


def test_help_says_what_a_method_is():
    assert Value.exp.__name__ == "exp"
    assert Value.exp.__doc__ == "Record the gate exp with this Value as its first operand."


def test_repr_leaves_defaults_out():
    x = Value(-2, "x")
    assert repr(x) == "Value(-2.0, 'x')"
    assert repr(Value(3)) == "Value(3.0)"
    (x * 2).backward()
    assert repr(x) == "Value(-2.0, 'x', grad=2.0)"


@pytest.mark.parametrize("use", [len, iter, list, lambda v: v[0], lambda v: v @ v, lambda v: v << 2])
def test_value_has_no_other_operators(use):
    with pytest.raises(TypeError):
        use(Value(1.0))
    assert not hasattr(Value(1.0), "__array__")


# --- Errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["3", None, [1.0]])
def test_error_names_place_type_and_thing(bad):
    v, given = Value(1.0), rf"got {type(bad).__name__}: "
    with pytest.raises(TypeError, match=rf"Value\(\) takes a real number, {given}"):
        Value(bad)
    with pytest.raises(TypeError, match=rf"Value\.data takes a real number, {given}"):
        v.data = bad
    with pytest.raises(TypeError, match=rf"backward\(upstream\) takes a real number, {given}"):
        v.backward(bad)
    with pytest.raises(TypeError, match=rf"clip takes a real number, {given}"):
        v.clip(0.0, bad)
    with pytest.raises(TypeError, match=rf"dot takes a real number, {given}"):
        autodiff.dot([v], [2.0], bad)
    assert v.data == 1.0


def test_error_shortens_long_things():
    with pytest.raises(TypeError) as caught:
        Value("x" * 10_000)
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("_prev", "operands"),
        ("_op", r"primitive\.name"),
        ("_backward", "local_gradients"),
        ("item", "data"),
        ("numpy", "data"),
        ("requires_grad", "detach"),
    ],
)
def test_attribute_of_other_libraries(name, instead):
    x = Value(2.5)
    assert not hasattr(x, name)
    for attempt in (lambda: getattr(x, name), lambda: setattr(x, name, True)):
        with pytest.raises(AttributeError, match=f"a Value has no {name}: .*{instead}"):
            attempt()


# --- Numbers of other types ----------------------------------------------------------------------


@pytest.mark.parametrize("two", [Fraction(2), Decimal(2), Tensor(2), Tensor(2.0)], ids=lambda x: type(x).__name__)
def test_value_of_other_numbers(two):
    x = Value(3.0)

    assert Value(two).data == 2.0
    assert type(Value(two).data) is float
    for out, expected in ((x * two, 6.0), (two * x, 6.0), (x + two, 5.0), (two + x, 5.0)):
        assert (type(out), out.data) == (Value, expected)
    x.data = two
    assert x.data == autodiff.maximum(two, 1.0) == 2.0


@pytest.mark.parametrize("other", [Fraction(1, 2), Decimal("0.5")])
def test_operators_with_fractions_and_decimals(other):
    x = Value(4.0)
    found = [x - other, other - x, x / other, other / x, x**other, other**x, other < x, x < other]

    assert [out.data for out in found] == [3.5, -3.5, 8.0, 0.125, 2.0, 0.0625, 1.0, 0.0]


@pytest.mark.parametrize("operation", [lambda a, b: a * b, lambda a, b: b * a, lambda a, b: a + b])
def test_value_of_tensor_of_several_numbers(operation):
    with pytest.raises(TypeError, match=r"takes a real number, got Tensor: .*tolist"):
        operation(Value(3.0), Tensor([1.0, 2.0]))
    assert (Value(3.0) == Tensor([1.0, 2.0])) is False


# --- Leaves, results and labels ------------------------------------------------------------------


def test_value_of_leaf_and_result():
    x = Value(3, "x")
    y = x * 2

    assert (x.operands, x.primitive, x.grad, x.label) == ((), None, 0.0, "x")
    assert (y.operands, y.primitive, y.grad, y.label) == ((x, 2.0), PRIMITIVES["mul"], 0.0, "")
    assert x.born < y.born


def test_data_of_leaves_only_is_assigned():
    x = Value(3.0)
    y = x * 2
    x.data = 4
    assert x.data == 4.0
    with pytest.raises(AttributeError, match=r"computed by mul: assign to its inputs .* or use detach\(\)"):
        y.data = 1.0
    assert y.data == 6.0


def test_detach_is_a_leaf():
    x = Value(3.0, "x")
    y = x * 2
    y.label = "y"
    leaf = y.detach()
    leaf.data = 7.0
    (leaf * 2).backward()

    assert (leaf.label, leaf.operands, leaf.primitive) == ("y", (), None)
    assert (y.data, x.grad, leaf.grad) == (6.0, 0.0, 2.0)


def test_variables_are_labeled_leaves():
    x, y, z = variables(x=-2, y=5, z=-4)

    assert [(v.data, v.label) for v in (x, y, z)] == [(-2.0, "x"), (5.0, "y"), (-4.0, "z")]
    assert variables() == ()


def test_label_names_values_after_their_variables():
    x, y, hidden, named = Value(1.0), Value(2.0), Value(3.0), Value(4.0, "kept")
    w, pair = [Value(5.0), 6.0, Value(7.0)], (Value(8.0),)
    label({"x": x, "again": x, "y": y, "_hidden": hidden, "named": named, "w": w, "pair": pair, "n": 3, "s": "text"})

    assert [v.label for v in (x, y, hidden, named, w[0], w[2], pair[0])] == ["x", "y", "", "kept", "w0", "w2", "pair0"]


def test_D1_numbers():
    """D1: f = (x + y) z."""
    assert slopes(lambda x, y, z: (x + y) * z, -2, 5, -4) == (-12.0, (-4.0, -4.0, 3.0))
