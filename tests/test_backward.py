"""The backward pass: what it writes and when, on small graphs, on random ones, when interrupted and in threads."""

import math
import signal
import sys
from threading import Thread

import pytest
from engine_programs import chain, slopes
from hypothesis import given
from random_graphs import graphs

from autodiff import Primitive, Value, gradients, history, maximum, sigmoid, sweep, variables, where


def same(a, b):
    return a == b or (a != a and b != b)


# --- What it writes ------------------------------------------------------------------------------


def test_every_node_gets_its_gradient():
    """D1, with q."""
    x, y, z = variables(x=-2, y=5, z=-4)
    q = x + y
    f = q * z
    f.backward()

    assert [node.grad for node in (f, q, x, y, z)] == [1.0, -4.0, -4.0, -4.0, 3.0]


def test_upstream_is_what_arrives_at_the_output():
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


def test_leaves_add_up_and_gates_start_anew():
    x = Value(3.0)
    q = x * 2
    f = q * q
    f.backward()
    assert (q.grad, x.grad) == (12.0, 24.0)
    q.backward()
    assert (q.grad, x.grad) == (1.0, 26.0)
    f.backward()
    assert (q.grad, x.grad) == (12.0, 50.0)


def test_a_gradient_set_by_hand_is_added_to():
    x = Value(3.0)
    x.grad = 0  # as written in other engines' training loops
    (x * 2).backward()

    assert x.grad == 2.0


def test_zero_grad_clears_the_graph_behind_and_nothing_else():
    x, y = variables(x=3, y=4)
    q = x * y
    f, other = q * 2, y * 5
    f.backward()
    other.backward()
    q.zero_grad()

    assert (x.grad, y.grad, q.grad) == (0.0, 0.0, 0.0)
    assert (f.grad, other.grad) == (1.0, 1.0)


def test_infinite_and_undefined_gradients_flow_on():
    assert slopes(lambda x: (x * 0.0) ** 0.5, 1.0)[1] == pytest.approx((math.nan,), nan_ok=True)
    assert slopes(lambda x: (x * 2.0) ** 0.5, 0.0) == (0.0, (math.inf,))


def test_several_paths_add_up():
    """A6 and E7: x3 and y are used twice."""
    (grad,) = slopes(lambda x3: (x3 + 2.0) - sigmoid(x3 * 0.5 - 0.25), 1.0)[1]
    assert grad == pytest.approx(0.8769329586312008, rel=1e-12)
    assert slopes(lambda x, y, z: (x + y) * maximum(y, z), 1, 2, 0) == (6.0, (2.0, 5.0, 0.0))


# --- The same numbers by every way ---------------------------------------------------------------


@given(graphs())
def test_backward_equals_the_sweep(graph):
    """The tight loop of backward() and the general sweep, node by node."""
    _, output = graph
    swept = {node: upstream for node, upstream, _ in sweep(output)}
    output.backward()

    for node in history(output):
        assert same(node.grad, swept.get(node, 0.0))


@given(graphs())
def test_backward_equals_gradients_as_graphs(graph):
    leaves, output = graph
    recorded = gradients(output, leaves)
    output.backward()

    for leaf, gradient in zip(leaves, recorded):
        assert same(leaf.grad, gradient.data)


@given(graphs())
def test_steps_end_in_the_same_gradients_and_write_nothing(graph):
    leaves, output = graph
    found = output.steps().gradients
    assert all(node.grad == 0.0 for node in history(output))
    output.backward()

    for leaf in leaves:
        assert same(leaf.grad, found.get(leaf, 0.0))


@given(graphs(), graphs())
def test_two_outputs_add_up(first, second):
    """Of f + g each leaf gets what f and g give it, whether they share it or not."""
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


def test_gradients_of_inner_nodes_repeated_inputs_and_the_output_itself():
    x = Value(3.0)
    q = x * x
    f = q * 2.0

    assert [g.data for g in gradients(f, [x, q, x, f])] == [12.0, 2.0, 12.0, 1.0]
    assert gradients(f, []) == []
    assert [node.grad for node in (x, q, f)] == [0.0, 0.0, 0.0]


def test_gradients_of_constant_slope_can_be_differentiated_again():
    t = Value(2.0)
    (first,) = gradients(3.0 * t, [t])
    (second,) = gradients(first, [t])

    assert (first.data, second.data) == (3.0, 0.0)
    assert gradients(second, [t])[0].data == 0.0


def test_gradients_take_any_iterable():
    x = Value(3.0)

    assert [g.data for g in gradients(x * x, (v for v in [x, x]))] == [6.0, 6.0]


def test_gradients_of_something_younger_are_0():
    x = Value(3.0)
    f = x * x

    assert gradients(f, [Value(1.0)])[0].data == 0.0


@pytest.mark.parametrize(("output", "inputs"), [(3.0, []), (Value(1.0), [2.0]), (Value(1.0), [None])])
def test_gradients_of_what_is_no_value(output, inputs):
    with pytest.raises(TypeError, match=r"gradients takes Values, got (float|NoneType): "):
        gradients(output, inputs)


# --- Interrupted, and in threads -----------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 5, 49])
def test_ctrl_c_in_the_middle_then_zero_grad_and_backward(place):
    """The half-done pass leaves nothing behind that zero_grad does not clear."""
    calls = []

    def rule(out, x):
        calls.append(x)
        if len(calls) == place + 1:
            signal.raise_signal(signal.SIGINT)
        return (2.0 * x,)

    square = Primitive("square", lambda x: x * x, rule)
    x = Value(1.0, "x")
    f = x
    for _ in range(50):
        f = square(f) * x
    with pytest.raises(KeyboardInterrupt):
        f.backward()

    f.zero_grad()
    assert all(node.grad == 0.0 for node in history(f))
    f.backward()
    assert x.grad == 2.0**51 - 1.0  # f = x^(2^51 - 1) at 1


def test_an_exception_in_a_rule_is_not_swallowed():
    faulty = Primitive("faulty", lambda x: x, lambda out, x: (1.0 / 0.0,))
    with pytest.raises(ZeroDivisionError):
        faulty(Value(1.0)).backward()


def test_threads_build_graphs_at_once():
    """Each thread gets its own numbers right, although all use the same weight and the same clock."""
    weight, found = Value(2.0), {}

    def work(i):
        x = Value(float(i))
        out = x
        for _ in range(300):
            out = where(out > 1e6, out * 0.5, out * weight) + x
        inputs = gradients(out, [x])
        found[i] = (out.data, inputs[0].data, [node.born for node in history(out)])

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [Thread(target=work, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)

    together = dict(found)
    for i in range(8):
        work(i)
        assert found[i][:2] == together[i][:2]
    births = [born for *_, born in together.values()]
    assert all(born == sorted(born) for born in births)
    assert len(set().union(*births)) == sum(map(len, births)) - 7  # all different, but for the weight


def test_a_deep_graph_is_swept_without_recursion():
    limit = sys.getrecursionlimit()
    x, out = chain(limit * 3)
    out.backward()

    assert gradients(gradients(out, [x])[0], [x])[0].data == 0.0
    assert x.grad == limit * 3 + 1.0
