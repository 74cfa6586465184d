"""A closed gate selects instead of multiplying: it passes 0 back in every runner and to any order."""

import math

import pytest

import autodiff
from autodiff import (
    PRIMITIVES,
    Primitive,
    Value,
    clip,
    derivative,
    elu,
    grad,
    gradients,
    leaky_relu,
    log,
    logsumexp,
    maximum,
    minimum,
    norm,
    power,
    reciprocal,
    relu,
    sign,
    sqrt,
    where,
)
from autodiff.flat import lower
from autodiff.primitives import heaviside
from tests.support.node_runner import Node
from visualize import draw

INF = math.inf
CLOSED = {  # a function, and a point where one of its gates is closed and receives inf
    "sqrt(relu(x))": (lambda x: sqrt(relu(x)), -1.0),
    "1 / relu(x)": (lambda x: 1.0 / relu(x), -1.0),
    "log(relu(x))": (lambda x: log(relu(x)), -2.0),
    "relu(x) ** -0.5": (lambda x: power(relu(x), -0.5), -1.0),
    "sqrt(relu(relu(x) - 1))": (lambda x: sqrt(relu(relu(x) - 1.0)), -3.0),
    "sqrt(where(x > 0, x, 0))": (lambda x: sqrt(where(x > 0, x, 0.0)), -1.0),
    "sqrt(where(x > 0, 0, x))": (lambda x: sqrt(where(x > 0, 0.0, x)), 1.0),
    "log(maximum(x, 0))": (lambda x: log(maximum(x, 0.0)), -1.0),
    "sqrt(maximum(0, x))": (lambda x: sqrt(maximum(0.0, x)), -1.0),
    "sqrt(minimum(x, 0))": (lambda x: sqrt(minimum(x, 0.0)), 1.0),
    "log(clip(x, 0, 1))": (lambda x: log(clip(x, 0.0, 1.0)), -1.0),
    "sqrt(1 - clip(x, 0, 1))": (lambda x: sqrt(1.0 - clip(x, 0.0, 1.0)), 2.0),
    "reciprocal(clip(0, x, 1))": (lambda x: reciprocal(clip(0.0, x, 1.0)), -2.0),
    "norm of dead units": (lambda x: norm([relu(x), relu(2.0 * x)]), -1.0),
    "sqrt(heaviside(x, 0))": (lambda x: sqrt(heaviside(x, 0.0)), -1.0),
    "1 / sign(0 * x)": (lambda x: reciprocal(sign(0.0 * x)), 1.0),
    "slope of prelu": (lambda slope: sqrt(leaky_relu(1.0, slope) - 1.0), 0.5),
    "slope of leaky_relu": (lambda slope: reciprocal(leaky_relu(2.0, slope) - 2.0), 0.5),
    "alpha of elu": (lambda alpha: sqrt(elu(3.0, alpha) - 3.0), 2.0),
    "logsumexp of nothing": (lambda x: logsumexp([where(x > 0, x, -INF), -INF]), -1.0),
}


@pytest.fixture(params=CLOSED, ids=str)
def closed(request):
    return CLOSED[request.param]


def test_closed_gate_passes_0(closed):
    f, point = closed
    x = Value(point)
    y = f(x)
    y.backward()

    assert x.grad == 0.0
    assert grad(f)(point) == 0.0
    assert gradients(f(x), [x])[0].data == 0.0


@pytest.mark.parametrize("order", [2, 3])
def test_closed_gate_to_any_order(closed, order):
    f, point = closed
    assert derivative(f, order)(point) == 0.0


@pytest.mark.parametrize("runner", ["source", "batch", "native"])
def test_closed_gate_in_every_runner(closed, runner):
    f, point = closed
    assert autodiff.compile(f, runner).value_and_grad(point)[1] == 0.0
    assert autodiff.compile(grad(f), runner)(point) == 0.0


def test_closed_gate_in_javascript(closed):
    f, point = closed
    x = Value(point)
    assert Node(lower(f(x), [x])).row([point], []).input_gradients == [0.0]


def test_closed_gate_in_steps_and_pictures(closed):
    f, point = closed
    x = Value(point, "x")
    y = f(x)

    assert y.steps().gradients[x] == 0.0
    assert {step.downstream for step in y.steps() if step.operand is x} <= {0.0}
    y.backward()
    assert "∇ 0" in draw(y).svg()


def test_closed_gate_in_recomputed_gradient():
    x = Value(1.0)
    (slope,) = gradients(sqrt(relu(x)), [x])
    x.data = -1.0

    assert slope.forward() == 0.0


def test_zero_times_inf_of_a_product_is_nan():
    assert math.isnan(grad(lambda x: where(x > 0, sqrt(x), 0.0))(0.0))  # 0 meets sqrt's own infinite slope
    assert math.isnan(grad(lambda x: sqrt(x * x))(0.0))
    assert math.isnan(grad(lambda x: sqrt(abs(x)))(0.0))


# A rule's entry closes where it is a comparison or False, also as the side of a where; a number multiplies.
RULES = {
    "a comparison": (lambda out, x: (x > 0.0,), True),
    "False": (lambda out, x: (False,), True),
    "False as a side": (lambda out, x: (where(x > 0.0, 2.0, False),), True),
    "a comparison as a side": (lambda out, x: (where(x > 5.0, 2.0, x > 0.0),), True),
    "a where in a where": (lambda out, x: (where(x > 5.0, 2.0, where(x > 0.0, 1.0, False)),), True),
    "0": (lambda out, x: (0.0,), False),
    "0 as a side": (lambda out, x: (where(x > 0.0, 2.0, 0.0),), False),
    "a product of comparisons": (lambda out, x: ((x > 0.0) * (x < 5.0),), False),
}


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_rule_closes_a_gate(rule):
    local, selects = RULES[rule]
    gate = Primitive("mine", lambda x: max(x, 0.0), local)
    x = Value(-1.0)
    y = sqrt(gate(x))
    y.backward()

    for found in (x.grad, grad(lambda x: sqrt(gate(x)))(-1.0), gradients(y, [x])[0].data):
        assert found == 0.0 if selects else math.isnan(found)


@pytest.mark.parametrize(
    "local",
    [
        lambda out, x: (where(x > 0, 2.0 * x, False),),
        lambda out, x: (where(x <= 0, False, x),),
        lambda out, x: (where(x > 0, where(x < 9, x * x, False), False),),
    ],
)
def test_closed_gate_in_every_order(local, monkeypatch):
    gate = Primitive("mine", lambda x: max(x, 0.0), local)
    monkeypatch.setitem(PRIMITIVES, "mine", gate)
    for f in (lambda x: sqrt(gate(x)), lambda x: 1 / gate(x), lambda x: log(gate(x))):
        assert grad(grad(f))(-1.0) == grad(grad(grad(f)))(-1.0) == 0.0
        for runner in ("source", "batch"):
            assert autodiff.compile(grad(f), runner).value_and_grad(-1.0) == (0.0, 0.0)


def test_comparison_as_operand_multiplies():
    """Only what the rule itself compares closes; mul's local gradient is its other operand."""
    x = Value(0.0)
    y = sqrt(x * (Value(-1.0) > 0.0))
    y.backward()

    assert math.isnan(x.grad)
    assert math.isnan(gradients(y, [x])[0].data)


def test_where_with_side_False():
    x = Value(-1.0)
    assert where(x > 0, x, False).data == 0.0
    assert math.copysign(1.0, where(x > 0, x, False).data) == 1.0
