"""Primitives as things: copied by name, written by the user, given to other recorders, and picky about operands."""

import copy
import pickle
import re

import pytest

from autodiff import PRIMITIVES, Primitive, Value, gradients, log, maximum, power


@pytest.fixture(params=PRIMITIVES, ids=str)
def name(request):
    """The name of each primitive in turn."""
    return request.param


def test_copies_by_name(name):
    primitive = PRIMITIVES[name]

    assert primitive.name == name
    assert copy.copy(primitive) is primitive
    assert copy.deepcopy(primitive) is primitive
    assert pickle.loads(pickle.dumps(primitive)) is primitive
    assert repr(primitive) == f"<primitive {name}>"


@pytest.fixture
def cube():
    return Primitive("cube", lambda x: x * x * x, lambda out, x: (3.0 * x * x,))


def test_a_primitive_of_ones_own(cube):
    x = Value(2.0, "x")
    y = cube(x)
    y.backward()

    assert (y.data, x.grad) == (8.0, 12.0)
    assert cube(2) == 8.0
    (slope,) = gradients(y, [x])
    assert gradients(slope, [x])[0].data == 12.0


def test_a_primitive_of_ones_own_copies_once_it_is_in_the_table(cube, monkeypatch):
    y = cube(Value(2.0, "x"))
    with pytest.raises(TypeError, match=r"'cube'.*assign it to a global of a module, cube = .*autodiff\.PRIMITIVES"):
        pickle.dumps(y)

    monkeypatch.setitem(PRIMITIVES, "cube", cube)
    again = pickle.loads(pickle.dumps(y))
    again.backward()
    assert (again.data, again.operands[0].grad) == (8.0, 12.0)


def test_another_primitive_under_a_taken_name_is_refused():
    impostor = Primitive("mul", lambda a, b: 0.0, lambda out, a, b: (0.0, 0.0))
    with pytest.raises(TypeError, match="'mul'"):
        pickle.dumps(impostor)


def test_whatever_has_a_record_method_records_itself():
    class Counter:
        seen = ()

        @classmethod
        def record(cls, primitive, operands):
            cls.seen += (primitive.name,)
            return cls()

    power(Counter(), 2)
    PRIMITIVES["dot"](1.0, Counter(), 0)

    assert Counter.seen == ("power", "dot")


@pytest.mark.parametrize("bad", ["3", None, 1 + 2j, [1.0], {}])
def test_neither_number_nor_value(bad):
    with pytest.raises(TypeError, match=f"exp takes a real number, got {type(bad).__name__}"):
        PRIMITIVES["exp"](bad)
    with pytest.raises(TypeError, match=f"maximum takes a real number, got {type(bad).__name__}"):
        PRIMITIVES["maximum"](Value(1.0), bad)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: log(Value(2.0), 10), "log takes 1 operand, got 2"),
        (lambda: log(2.0, 10.0), "log takes 1 operand, got 2"),
        (lambda: maximum(Value(2.0)), "maximum takes 2 operands, got 1"),
        (lambda: maximum(Value(2.0), 1.0, 3.0), "maximum takes 2 operands, got 3: write maximum(maximum(a, b), c)"),
        (lambda: Value(2.0).minimum(1.0, 3.0), "minimum takes 2 operands, got 3: write minimum(minimum(a, b), c)"),
        (lambda: PRIMITIVES["mul"](2.0, 1.0, 3.0), "mul takes 2 operands, got 3"),
        (lambda: Value(2.0).clip(1.0), "clip takes 3 operands, got 2"),
        (lambda: PRIMITIVES["tanh"](Value(2.0), 1.0), "tanh takes 1 operand, got 2"),
        (lambda: PRIMITIVES["mul"](Value(2.0)), "mul takes 2 operands, got 1"),
        (lambda: PRIMITIVES["less"](Value(2.0)), "less takes 2 operands, got 1"),
    ],
)
def test_too_many_or_too_few_operands_are_counted(wrong, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        wrong()


@pytest.mark.parametrize(
    ("rule", "operands"),
    [
        (lambda out, x: 2.0 * x, 1),  # the comma that makes a tuple is forgotten
        (lambda out, x, y: (y,), 2),
        (lambda out, x, y, z: (y, x), 3),  # not to be dropped in silence
    ],
)
@pytest.mark.parametrize("use", [Value.backward, lambda y: list(y.steps()), lambda y: gradients(y, y.operands)])
def test_a_rule_without_one_entry_for_each_operand_is_refused(rule, operands, use):
    y = Primitive("mine", lambda *operands: 1.0, rule)(*[Value(3.0) for _ in range(operands)])
    with pytest.raises(TypeError, match="the local gradients of mine must be a tuple with one entry for each operand"):
        use(y)


@pytest.mark.parametrize(
    ("operands", "wanted"), [(1, "(...,), got 0.5"), (2, "(..., ...), got 0.5"), (3, "(..., ..., ...), got 0.5")]
)
def test_the_tuple_that_a_rule_should_give_is_shown(operands, wanted):
    y = Primitive("mine", lambda *operands: 1.0, lambda out, *operands: 0.5)(*[Value(3.0) for _ in range(operands)])
    with pytest.raises(TypeError) as caught:
        y.backward()

    assert str(caught.value).endswith(wanted)


def test_a_rule_that_takes_too_few_operands_is_called_by_its_name():
    y = Primitive("area", lambda a, b: a * b, lambda out, a: (a, a))(Value(2.0), Value(3.0))
    with pytest.raises(TypeError, match=r"^area\(\) takes 2 positional arguments but 3 were given"):
        y.backward()


@pytest.mark.parametrize("error", [TypeError, ValueError, KeyError])
def test_errors_inside_a_value_or_a_rule_come_through(error):
    def fail(*operands):
        raise error("of my own")

    def sound(out, x):
        return (1.0,)

    with pytest.raises(error, match="of my own"):
        Primitive("mine", fail, sound)(2.0)
    y = Primitive("mine", lambda x: x, fail)(Value(2.0))
    with pytest.raises(error, match="of my own"):
        y.backward()


def test_local_gradients_that_are_no_numbers_are_refused():
    y = Primitive("mine", lambda x: x, lambda out, x: ("1.0",))(Value(2.0))
    with pytest.raises(TypeError, match=r"operand 1 must be a number or None, got '1.0'\nin the rule of mine"):
        y.backward()
