"""Primitives as objects: copied by name, written by users, and applied to other recorders."""

import copy
import pickle

import pytest

from autodiff import PRIMITIVES, Primitive, Value, gradients, power


@pytest.fixture(params=PRIMITIVES, ids=str)
def name(request):
    """The name of each primitive in turn."""
    return request.param


def test_copy_by_name(name):
    primitive = PRIMITIVES[name]

    assert primitive.name == name
    assert copy.copy(primitive) is primitive
    assert copy.deepcopy(primitive) is primitive
    assert pickle.loads(pickle.dumps(primitive)) is primitive
    assert repr(primitive) == f"<primitive {name}>"


@pytest.fixture
def cube():
    return Primitive("cube", lambda x: x * x * x, lambda out, x: (3.0 * x * x,))


def test_own_primitive(cube):
    x = Value(2.0, "x")
    y = cube(x)
    y.backward()

    assert (y.data, x.grad) == (8.0, 12.0)
    assert cube(2) == 8.0
    (slope,) = gradients(y, [x])
    assert gradients(slope, [x])[0].data == 12.0


def test_copy_of_own_primitive(cube, monkeypatch):
    y = cube(Value(2.0, "x"))
    with pytest.raises(TypeError, match=r"'cube'.*assign it to a global of a module, cube = .*autodiff\.PRIMITIVES"):
        pickle.dumps(y)

    monkeypatch.setitem(PRIMITIVES, "cube", cube)
    again = pickle.loads(pickle.dumps(y))
    again.backward()
    assert (again.data, again.operands[0].grad) == (8.0, 12.0)


def test_record_method_records():
    class Counter:
        seen = ()

        @classmethod
        def record(cls, primitive, operands):
            cls.seen += (primitive.name,)
            return cls()

    power(Counter(), 2)
    PRIMITIVES["dot"](1.0, Counter(), 0)

    assert Counter.seen == ("power", "dot")


@pytest.mark.parametrize(
    ("operands", "wanted"), [(1, "(...,), got 0.5"), (2, "(..., ...), got 0.5"), (3, "(..., ..., ...), got 0.5")]
)
def test_rule_error_shows_the_tuple(operands, wanted):
    y = Primitive("mine", lambda *operands: 1.0, lambda out, *operands: 0.5)(*[Value(3.0) for _ in range(operands)])
    with pytest.raises(TypeError) as caught:
        y.backward()

    assert str(caught.value).endswith(wanted)
