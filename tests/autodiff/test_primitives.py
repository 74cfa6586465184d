"""Every row of the table of primitives against mpmath, at its sample points."""

import mpmath
import pytest
from mpmath import mp

from autodiff import PRIMITIVES, Value, gradients
from tests.support.primitive_samples import KINKS, SAMPLES


@pytest.fixture(autouse=True)
def fifty_digits():
    with mp.workdps(50):
        yield


@pytest.fixture(params=PRIMITIVES, ids=str)
def name(request):
    """The name of each primitive in turn."""
    return request.param


def samples(name):
    assert name in SAMPLES, f"the primitive {name!r} has no sample points: add it to SAMPLES"
    reference, points = SAMPLES[name]
    return reference, PRIMITIVES[name], points


def derivative(reference, point, *operands):
    """The exact partial derivative with respect to the operands at these positions."""
    orders = tuple(operands.count(i) for i in range(len(point)))
    return float(mpmath.diff(lambda *a: reference(*a) + mp.zero, tuple(mp.mpf(x) for x in point), orders))


def close(expected, abs=1e-13):
    return pytest.approx(expected, rel=1e-12, abs=abs, nan_ok=True)


def same(a, b):
    """The same number (nan is nan), or both no edge."""
    return a is b or a == b or (a is not None and b is not None and a != a and b != b)


def test_sample_points_of_every_primitive(name):
    assert samples(name)[2]


def test_value(name):
    reference, primitive, points = samples(name)
    for point in points:
        assert primitive(*point) == close(float(reference(*map(mp.mpf, point))), abs=0.0)


def test_local_gradients(name):
    """The gradient on each edge is the partial derivative; without an edge it is 0."""
    reference, primitive, points = samples(name)
    for point in points:
        local = primitive.local_gradients(primitive(*point), *point)

        assert len(local) == len(point)
        for i, entry in enumerate(local):
            assert entry is None or type(entry) in (float, int, bool)
            right = 0.0 if name == "stop_gradient" else derivative(reference, point, i)
            assert (entry or 0.0) == close(right), (point, i)


def test_second_derivatives(name):
    """Gradients can be differentiated again, with respect to the same operand and to every other."""
    reference, primitive, points = samples(name)
    for point in points:
        inputs = [Value(x) for x in point]
        for i, first in enumerate(gradients(primitive(*inputs), inputs)):
            for j, second in enumerate(gradients(first, inputs)):
                assert second.data == close(derivative(reference, point, i, j), abs=1e-11), (point, i, j)


def test_rule_with_numbers_and_with_values(name):
    _, primitive, points = samples(name)
    for point in [*points, *(operands for operands, _ in KINKS.get(name, []))]:
        out = primitive(*point)
        of_numbers = primitive.local_gradients(out, *point)
        of_values = primitive.local_gradients(Value(out), *map(Value, point))

        assert len(of_values) == len(of_numbers)
        for a, b in zip(of_numbers, of_values):
            assert same(a, b.data if isinstance(b, Value) else b)


def test_sample_points_are_off_the_kink(name):
    _, primitive, points = samples(name)
    for point in points:
        assert primitive.kink is None or not primitive.kink(primitive(*point), *point)


def test_kink_is_flagged(name):
    primitive = PRIMITIVES[name]
    assert (name in KINKS) == (primitive.kink is not None)
    for point, expected in KINKS.get(name, []):
        out = primitive(*point)

        assert primitive.kink(out, *point)
        assert primitive.local_gradients(out, *point) == expected


@pytest.mark.parametrize(("name", "point"), [("leaky_relu", (0.0, 1.0)), ("elu", (0.0, 1.0))])
def test_kink_is_none_at_smooth_choice(name, point):
    primitive = PRIMITIVES[name]
    assert not primitive.kink(primitive(*point), *point)
