"""Adjoints of statements: single statements by hand, adjoints of adjoints, and users' own gates."""

import math
import random

import pytest

import autodiff
from autodiff import Primitive, Value, logsumexp, softmax, tanh
from autodiff.flat.loops.adjoint import adjoint
from autodiff.flat.loops.nests import roll
from autodiff.flat.loops.statements import Axis, Index, Statement, interpret
from autodiff.flat.recording import Recording
from tests.support.nests import flat, matrix, rolled, run

i3, k4 = Axis(3), Axis(4)


def texts(statement, array="w"):
    sizes = {"w": 40, "x": 40, "a": 40}
    found = adjoint([statement], sizes, {array: True}, [Index("a", n) for n in range(40)], {})
    return [str(x) for x in found]


def test_adjoint_of_product_over_axis():
    dot = Statement((i3, k4), Index("a", 5, (1, 0)), ("mul", Index("w", 0, (4, 1)), Index("x", 2, (0, 1))), "sum")

    assert texts(dot) == ["gw[4i+j] += ga[i+5] * x[j+2]  for i<3, j<4"]
    assert texts(dot, "x") == ["gx[j+2] += sum ga[i+5] * w[4i+j]  for i<3, j<4"]


def test_adjoint_of_sum_reaches_start_once():
    total = Statement((i3, k4), Index("a", 0, (1, 0)), Index("x", 0, (0, 1)), "sum", Index("w", 7, (2, 0)))

    assert texts(total) == ["gw[2i+7] += ga[i]  for i<3"]


def test_adjoint_of_gather_is_scatter():
    chosen = Statement((i3,), Index("a", 0, (1,)), Index("w", 1, (0,), Index("x", 0, (1,)), 4, 9))

    assert texts(chosen) == ["gw[4x[i]+1] += ga[i]  for i<3"]
    assert texts(chosen, "x") == []


def test_adjoint_of_square_is_one_statement():
    square = Statement((i3,), Index("a", 0, (1,)), ("mul", Index("w", 0, (1,)), Index("w", 0, (1,))))

    assert texts(square) == ["gw[i] += ga[i] * w[i] + ga[i] * w[i]  for i<3"]


def test_adjoint_of_list_has_sum_statement():
    largest = Statement((i3, k4), Index("a", 0, (1, 0)), Index("w", 0, (4, 1)), "largest")

    count, gradient = texts(largest)

    assert count == "a[i+40] = sum w[4i+j] == a[i]  for i<3, j<4"
    assert gradient.startswith("gw[4i+j] += where(a[i+40] == 1, ")


def test_adjoint_of_adjoint():
    """Products of the Hessian with unit vectors, from the statements of the gradient."""
    r = random.Random(4)
    W, X = matrix(r, 3, 3), matrix(r, 4, 3)
    w = flat(W)

    def loss(*w):
        rows = [w[:3], w[3:6], w[6:]]
        scores = [[tanh(sum(a * b for a, b in zip(row, x))) for row in rows] for x in X]
        return sum(logsumexp(z) - softmax(z)[0] * autodiff.sum(z) ** 2 for z in scores)

    nests, _ = rolled(lambda: loss(*w), w, flat(X), wrt=w)
    sizes, statements = dict(nests.sizes), [*nests.forward, *nests.backward]
    ends = [Index("gw", k) for k in range(9)]
    second = adjoint(statements, sizes, {"w": True}, ends, {}, prefix="h")
    expected = autodiff.hessian(loss)(*[x.data for x in w])
    for k in range(9):
        memory = {array: [0.0] * size for array, size in sizes.items()}
        memory |= {"w": [x.data for x in w], "x": [x.data for x in flat(X)], "t": list(nests.table)}
        memory["ga"][nests.outputs[0].start] = memory["hgw"][k] = 1.0

        interpret([*statements, *second], memory)

        assert memory["hw"] == pytest.approx([x.data for x in expected[k]], abs=1e-12)


@pytest.mark.parametrize("depth", [2, 30])
def test_adjoint_of_rule_with_loop_stays_small(depth):
    def repeated(x):
        for _ in range(depth):
            x = x * x + 0.1
        return x

    def rule(out, x):
        slope = 1.0
        for _ in range(depth):
            slope = slope * 2.0 * x
            x = x * x + 0.1
        return (slope,)

    gate = Primitive("repeated", repeated, rule)
    x = [Value(0.1 * k) for k in range(6)]
    recording = Recording([sum(gate(v) for v in x)], x)
    nests = roll(recording)
    recording.outputs[0].backward()

    assert len(str(nests)) < 3000
    assert run(nests, recording)[2] == pytest.approx([v.grad for v in x], rel=1e-12)


def test_adjoint_without_upstream_gradient():
    """Only a comparison looks at 1 / x: no 0 * inf arises there."""
    x = Value(0.0)
    nests, recording = rolled(lambda: autodiff.where(1.0 / x > 2.0, x * 3.0, x), [], [x])

    assert run(nests, recording)[2] == [3.0]


def test_adjoint_that_is_always_nan():
    x = Value(1.0)
    nests, recording = rolled(lambda: (x * 0.0) * -0.0 + (x * -0.0) * math.nan + (x * math.nan) * math.inf, [], [x])

    assert math.isnan(run(nests, recording)[2][0])


def test_adjoint_keeps_sign_of_zero():
    statements = [Statement((), Index("a", k), ("mul", Index("x", 0), zero)) for k, zero in enumerate([0.0, -0.0])]

    found = adjoint(statements, {"x": 1, "a": 2}, {"x": True}, [Index("a", 0), Index("a", 1)], {})

    assert [*map(str, found)] == ["gx[0] += ga[1] * -0", "gx[0] += ga[0] * 0"]


def test_adjoint_of_comparison_as_factor():
    """An infinite gradient times 0 is nan, as it is eagerly."""
    x = Value(0.5)
    nests, recording = rolled(lambda: autodiff.log((x < 0.5) * x), [], [x])

    assert str(nests.forward[0]) == "a[2] = log((x[0] < 0.5) * x[0])"
    assert math.isnan(run(nests, recording)[2][0])
