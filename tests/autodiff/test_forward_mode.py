"""Forward mode: jvp against gradients, finite differences and itself, for every primitive and any graph."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies

import autodiff
from autodiff import (
    PRIMITIVES,
    Value,
    cos,
    exp,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    maximum,
    relu,
    sin,
    sqrt,
    stop_gradient,
    value_and_grad,
    variables,
    where,
)
from autodiff.graph import history, push, sweep
from tests.support.engine_programs import close
from tests.support.own_gates import OWN
from tests.support.primitive_samples import KINKS, SAMPLES
from tests.support.random_graphs import FINITE, graphs

POINTS = [(name, point) for name, (_, points) in SAMPLES.items() for point in points]
POINTS += [(name, point) for name, rows in KINKS.items() for point, _ in rows]


def cube(x):
    return x**3


@pytest.mark.parametrize(("name", "point"), POINTS)
def test_jvp_of_every_primitive(name, point):
    row = PRIMITIVES[name]
    gradient = grad(lambda *a: row(*a) * 1.0)(*point)
    slopes = gradient if len(point) > 1 else [gradient]
    for i in range(len(point)):
        direction = [float(i == k) for k in range(len(point))]
        value, tangent = jvp(lambda *a: row(*a), point, direction)

        assert value == row(*point)
        assert tangent == slopes[i]
    assert jvp(row, point, [2.0] * len(point))[1] == close(sum([2.0 * slope for slope in slopes]))


@pytest.mark.parametrize(("gate", "at", "slopes"), [row[:3] for row in OWN.values()], ids=OWN)
def test_jvp_of_own_gates(gate, at, slopes):
    direction = [1.0, -2.0][: len(at)]
    assert jvp(gate, at, direction)[1] == pytest.approx(sum(s * d for s, d in zip(slopes, direction)))


@settings(deadline=None)
@given(graphs(numbers=FINITE), strategies.lists(strategies.floats(-2.0, 2.0), min_size=4, max_size=4))
def test_jvp_of_any_graph(graph, direction):
    """sum of gradient * tangent over the leaves, wherever all numbers on the way are finite."""
    leaves, output = graph
    swept = [*sweep(output)]
    found = {node: upstream for node, upstream, _ in swept}
    tangents = push(history(output), dict(zip(leaves, direction)))
    edges = [local for _, _, slopes in swept for local in slopes if type(local) is float]  # two may cancel in a leaf
    sizes = [abs(x) for x in (*found.values(), *tangents.values(), *edges, *[n.data for n in history(output)])]
    assume(all(size < 1e6 for size in sizes))

    terms = [found.get(leaf, 0.0) * d for leaf, d in zip(leaves, direction)]
    assert math.isclose(tangents.get(output, 0.0), math.fsum(terms), rel_tol=1e-9, abs_tol=1e-9 * max(1.0, *sizes) ** 2)


@pytest.mark.parametrize(
    ("f", "x", "v"),
    [
        (lambda x, y: sin(x) * exp(y) / x, (0.7, -0.3), (1.0, 2.0)),
        (lambda x, y: x**y + log(x * x + y * y), (1.7, 2.3), (-1.0, 0.5)),
        (lambda x, y: maximum(x, y) * cos(x - y), (0.2, 0.9), (3.0, -1.0)),
    ],
)
def test_jvp_by_finite_differences(f, x, v):
    h = 1e-6
    ahead, behind = ([a + s * h * b for a, b in zip(x, v)] for s in (1, -1))

    assert jvp(f, x, v)[1] == pytest.approx((f(*ahead) - f(*behind)) / (2 * h), rel=1e-7)


def test_jvp_nests():
    def slope(x):
        return jvp(cube, (x,), (1.0,))[1]

    assert jvp(slope, (2.0,), (1.0,)) == (12.0, 12.0)
    assert jvp(lambda x: jvp(slope, (x,), (1.0,))[1], (2.0,), (1.0,)) == (12.0, 6.0)
    assert jvp(grad(cube), (2.0,), (1.0,)) == (12.0, 12.0)
    assert grad(slope)(2.0) == 12.0
    assert grad(lambda v: jvp(cube, (2.0,), (v,))[1])(5.0) == 12.0
    assert hessian(cube)(2.0) == hvp(cube)(2.0, vector=1.0) == 12.0


def test_jvp_tells_perturbations_apart():
    def inner(x):
        return x * jvp(lambda y: x + y, (1.0,), (1.0,))[1]

    assert jvp(inner, (1.0,), (1.0,)) == (1.0, 1.0)
    assert jvp(lambda x: x * jvp(lambda y: x * y, (2.0,), (1.0,))[1], (3.0,), (1.0,)) == (9.0, 6.0)


def test_jvp_of_values():
    x, v, w = variables(x=2, v=3, w=5)
    value, tangent = jvp(lambda x: w * x * x, (x,), (v,))
    (tangent * 1.0).backward()

    assert (value.data, tangent.data) == (20.0, 60.0)
    assert (x.grad, v.grad, w.grad) == (30.0, 20.0, 12.0)
    assert type(jvp(lambda x: w * x, (2.0,), (1.0,))[1]) is Value
    assert type(jvp(cube, (2.0,), (v,))[0]) is Value
    assert [*map(type, jvp(cube, (2.0,), (1,)))] == [float, float]


@pytest.mark.parametrize(
    ("f", "x", "v", "expected"),
    [
        (lambda w: w[0] * w[1], [3.0, 4.0], [1.0, 2.0], (12.0, 10.0)),
        (lambda w: [w[0], 5.0, (w[1] * w[1],)], (3.0, 4.0), (1.0, 2.0), ([3.0, 5.0, (16.0,)], [1.0, 0.0, (16.0,)])),
        (lambda p: {"y": p["w"] * p["b"][0]}, {"w": 3.0, "b": [4.0]}, {"b": [1.0], "w": 0}, ({"y": 12.0}, {"y": 3.0})),
        (lambda a: a * a, np.array([1.0, 2.0]), np.array([1.0, 3.0]), (np.array([1.0, 4.0]), np.array([2.0, 12.0]))),
        (lambda a: (a @ a).sum(), np.array([[1.0, 2.0], [0.0, 1.0]]), [[1.0, 0.0], [0.0, 0.0]], (6.0, 4.0)),
        (lambda a: a[0] ** 2, [3, True], [np.float32(2), 1], (9.0, 12.0)),
        (lambda a: 7.0, [], [], (7.0, 0.0)),
    ],
)
def test_jvp_mirrors_trees(f, x, v, expected):
    assert repr(jvp(f, (x,), (v,))) == repr(expected)


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: sqrt(relu(x)), -1.0, 0.0),  # closed: nothing arrives at the vertical root
        (lambda x: relu(log(x)), 0.0, 0.0),
        (lambda x: relu(-1.0 / x), 0.0, 0.0),
        (lambda x: maximum(log(x), 1.0), 0.0, 0.0),
        (lambda x: autodiff.clip(log(x), -1.0, 1.0), 0.0, 0.0),
        (lambda x: where(x > 0, sqrt(x), 3.0 * x), 0.0, 3.0),
        (lambda x: sqrt(x), 0.0, math.inf),
        (lambda x: stop_gradient(x) * x, 3.0, 3.0),
        (lambda x: stop_gradient(log(x)), 0.0, 0.0),
        (lambda x: (x > 1.0) * x, 3.0, 1.0),
    ],
)
def test_jvp_of_closed_gates(f, x, expected):
    assert jvp(f, (x,), (1.0,))[1] == expected
    assert jvp(f, (Value(x),), (1.0,))[1].data == expected


def test_jvp_is_compiled():
    compiled = autodiff.compile(lambda x, v: jvp(lambda y: y * exp(y), (x,), (v,))[1])
    for x in (0.5, -2.0):
        assert compiled(x, 2.0) == close(2.0 * (1.0 + x) * math.exp(x))
        assert compiled.value_and_grad(x, 2.0)[1] == close((2 * (2 + x) * math.exp(x), (1 + x) * math.exp(x)))


def test_jvp_gives_jacobian_columns():
    def f(x):
        return [x[0] * x[1], sin(x[0]), x[1] ** 2]

    x = [0.3, 0.7]
    for j, direction in enumerate(([1.0, 0.0], [0.0, 1.0])):
        assert jvp(f, (x,), (direction,))[1] == close([row[j] for row in jacobian(f)(x)])
    assert jvp(lambda x: value_and_grad(cube)(x), (2.0,), (1.0,)) == ((8.0, 12.0), (12.0, 12.0))


def test_hvp_of_dict_in_any_order():
    assert hvp(lambda p: p["a"] ** 2 * p["b"])({"a": 3.0, "b": 5.0}, vector={"b": 2.0, "a": 1.0}) == {
        "a": 22.0,
        "b": 6.0,
    }
