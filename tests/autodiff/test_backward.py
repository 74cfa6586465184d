"""The backward pass: what it writes and when, on small and random graphs, with numbers and as graphs."""

import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from autodiff import Primitive, Value, grad, gradients, maximum, sigmoid, variables
from autodiff.graph import history, sweep
from nn import MLP, Adam
from tests.support.engine_programs import same, slopes
from tests.support.random_graphs import EXTREMES, graphs
from tests.support.stand_ins import Tensor

# --- What it writes ------------------------------------------------------------------------------


def test_backward_reaches_every_node():
    """D1, with q."""
    x, y, z = variables(x=-2, y=5, z=-4)
    q = x + y
    f = q * z
    f.backward()

    assert [node.grad for node in (f, q, x, y, z)] == [1.0, -4.0, -4.0, -4.0, 3.0]


def test_backward_upstream():
    x = Value(3.0)
    y = x * x
    y.backward(10)
    assert (y.grad, x.grad) == (10.0, 60.0)
    y.backward(upstream=0.0)
    assert (y.grad, x.grad) == (0.0, 60.0)


def test_backward_of_a_leaf():
    x = Value(3.0)
    x.backward()
    x.backward(2.0)

    assert x.grad == 3.0


def test_backward_adds_up_in_leaves():
    x = Value(3.0)
    q = x * 2
    f = q * q
    f.backward()
    assert (q.grad, x.grad) == (12.0, 24.0)
    q.backward()
    assert (q.grad, x.grad) == (1.0, 26.0)
    f.backward()
    assert (q.grad, x.grad) == (12.0, 50.0)


def test_grad_assigned_is_added_to():
    x = Value(3.0)
    x.grad = 0  # as written in other engines' training loops
    (x * 2).backward()

    assert x.grad == 2.0


@pytest.mark.parametrize(
    ("given", "kept"),
    [(None, 0.0), (0, 0.0), (True, 1.0), (Fraction(1, 2), 0.5), (Tensor(2.0), 2.0), (float("inf"), float("inf"))],
)
def test_grad_is_a_float(given, kept):
    x = Value(3.0)
    x.grad = 7.0
    x.grad = given

    assert (type(x.grad), x.grad) == (float, kept)
    (x * 2.0).backward()
    assert (type(x.grad), x.grad) == (float, kept + 2.0)


@pytest.mark.parametrize("bad", ["0", 1j, [0.0], Tensor([0.0]), Value(0.0)])
def test_grad_refuses_other_than_numbers(bad):
    x = Value(3.0, "x")
    x.grad = 2.0
    with pytest.raises(TypeError, match="grad of x takes a real number, got"):
        x.grad = bad
    assert x.grad == 2.0
    with pytest.raises(TypeError, match=r"grad of 3\.0 takes a real number, got"):
        Value(3.0).grad = bad


def test_rule_without_number_is_named():
    x = Value(2.0)
    Primitive("own", lambda x: x, lambda out, x: (np.array([1.0]),))(x).backward()
    with pytest.raises(TypeError, match="a local gradient of a gate takes a real number, got"):
        x.grad  # noqa: B018
    x.grad = 0
    assert x.grad == 0.0


def test_grad_is_cleared_with_none():
    net = MLP(2, [3, 1], seed=0)
    optimizer = Adam(net.parameters(), 0.1, clip_norm=1.0)
    for _ in range(2):
        for parameter in net.parameters():
            parameter.grad = None
        assert "grad" not in repr(net.parameters()[0])
        loss = (net([1.0, 2.0]) - 1.0) ** 2
        loss.backward()
        first, expected = net.parameters()[0].grad, gradients(loss, net.parameters())[0].data
        assert first == pytest.approx(expected, rel=1e-12)
        optimizer.step()
    net.parameters()[0].grad = None
    optimizer.step()
    assert pickle.loads(pickle.dumps(net)).parameters()[0].grad == 0.0


@pytest.mark.parametrize(
    ("value", "rule", "number", "gradient"),
    [
        (lambda x: 3, lambda out, x: (1,), 3.0, 1.0),
        (lambda x: x > 0, lambda out, x: (True,), 1.0, 1.0),
        (np.sin, lambda out, x: (np.cos(x),), math.sin(2.0), math.cos(2.0)),
        (lambda x: np.float32(0.5), lambda out, x: (np.float32(0.5),), 0.5, 0.5),
        (lambda x: Fraction(1, 2), lambda out, x: (Fraction(1, 2),), 0.5, 0.5),
    ],
)
def test_own_gates_give_floats(value, rule, number, gradient):
    gate = Primitive("own", value, rule)
    x = Value(2.0)
    y = gate(x)
    y.backward()

    assert (type(y.data), y.data, type(gate(2.0))) == (float, number, float)
    assert (type(x.grad), x.grad) == (float, gradient)
    assert type(y.forward()) is float
    assert repr(grad(gate)(2.0)) == repr(gradient)


def test_zero_grad_clears_only_the_history():
    x, y = variables(x=3, y=4)
    q = x * y
    f, other = q * 2, y * 5
    f.backward()
    other.backward()
    q.zero_grad()

    assert (x.grad, y.grad, q.grad) == (0.0, 0.0, 0.0)
    assert (f.grad, other.grad) == (1.0, 1.0)


def test_backward_passes_inf_and_nan():
    assert slopes(lambda x: (x * 0.0) ** 0.5, 1.0)[1] == pytest.approx((math.nan,), nan_ok=True)
    assert slopes(lambda x: (x * 2.0) ** 0.5, 0.0) == (0.0, (math.inf,))


def test_backward_adds_paths():
    """A6 and E7: x3 and y are used twice."""
    (grad,) = slopes(lambda x3: (x3 + 2.0) - sigmoid(x3 * 0.5 - 0.25), 1.0)[1]
    assert grad == pytest.approx(0.8769329586312008, rel=1e-12)
    assert slopes(lambda x, y, z: (x + y) * maximum(y, z), 1, 2, 0) == (6.0, (2.0, 5.0, 0.0))


# --- The same numbers in every way ---------------------------------------------------------------


@settings(deadline=None)
@given(graphs())
def test_backward_equals_the_sweep(graph):
    """The tight loop of backward() and the general sweep, node by node."""
    _, output = graph
    swept = {node: upstream for node, upstream, _ in sweep(output)}
    output.backward()

    for node in history(output):
        assert same(node.grad, swept.get(node, 0.0))


@settings(deadline=None)
@given(graphs())
def test_backward_equals_gradients_as_graphs(graph):
    leaves, output = graph
    recorded = gradients(output, leaves)
    output.backward()

    for leaf, gradient in zip(leaves, recorded):
        assert same(leaf.grad, gradient.data)


@settings(deadline=None)
@given(graphs())
def test_steps_end_in_the_same_gradients(graph):
    leaves, output = graph
    found = output.steps().gradients
    assert all(node.grad == 0.0 for node in history(output))
    output.backward()

    for leaf in leaves:
        assert same(leaf.grad, found.get(leaf, 0.0))


@settings(deadline=None)
@given(graphs(numbers=EXTREMES))
def test_backward_never_raises(graph):
    """Zeros, infinities, nan and the largest numbers pass forward, backward, as graphs, and in words."""
    leaves, output = graph
    recorded = gradients(output, leaves)
    output.backward()
    again = gradients(recorded[0], leaves)
    output.forward()

    assert len(again) == len(leaves)
    assert str(output.steps())
    for leaf, gradient in zip(leaves, recorded):
        assert type(leaf.grad) is float
        assert same(leaf.grad, gradient.data)


@settings(deadline=None)
@given(graphs(), graphs())
def test_backward_of_two_outputs(first, second):
    """Each leaf of f + g gets its gradients from f and from g, shared or not."""
    (leaves, f), (others, g) = first, second
    g = g * leaves[0]
    expected = []
    for leaf in [*leaves, *others]:
        of_f, of_g = ({node: upstream for node, upstream, _ in sweep(output)} for output in (f, g))
        expected.append(of_f.get(leaf, 0.0) + of_g.get(leaf, 0.0))
    f.backward()
    g.backward()

    for leaf, total in zip([*leaves, *others], expected):
        assert leaf.grad == pytest.approx(total, rel=1e-12, nan_ok=True)


# --- Gradients as graphs -------------------------------------------------------------------------


def test_gradients_of_inner_and_repeated_nodes():
    x = Value(3.0)
    q = x * x
    f = q * 2.0

    assert [g.data for g in gradients(f, [x, q, x, f])] == [12.0, 2.0, 12.0, 1.0]
    assert gradients(f, []) == []
    assert [node.grad for node in (x, q, f)] == [0.0, 0.0, 0.0]


def test_gradients_of_constant_slope():
    t = Value(2.0)
    (first,) = gradients(3.0 * t, [t])
    (second,) = gradients(first, [t])

    assert (first.data, second.data) == (3.0, 0.0)
    assert gradients(second, [t])[0].data == 0.0


def test_gradients_of_one_value():
    x = Value(3.0)

    assert [slope.data for slope in gradients(x * x, x)] == [6.0]


def test_gradients_of_any_iterable():
    x = Value(3.0)

    assert [g.data for g in gradients(x * x, (v for v in [x, x]))] == [6.0, 6.0]


def test_gradients_of_younger_values_are_0():
    x = Value(3.0)
    f = x * x

    assert gradients(f, [Value(1.0)])[0].data == 0.0


def test_gradients_ignore_older_values():
    def refuse(out, x):
        raise AssertionError("a rule was called that no input stands behind")

    old = Primitive("old", lambda x: x, refuse)(Value(3.0))
    x = Value(2.0)

    assert gradients(x * old, [x])[0].data == 3.0
