"""Data changed after use: gradients are refused before anything is written, and forward() repairs the graph."""

import copy

import pytest
from hypothesis import given, settings, strategies

from autodiff import StaleGraphError, Value, gradients, maximum, variables
from autodiff.graph import history, stale
from tests.support.engine_programs import chain
from tests.support.random_graphs import graphs


@pytest.fixture
def graph():
    """x, y, z, q = x + y and f = q * z, after one backward pass."""
    x, y, z = variables(x=-2, y=5, z=-4)
    q = x + y
    f = q * z
    q.label, f.label = "q", "f"
    f.backward()
    return x, y, z, q, f


@pytest.mark.parametrize(
    "use", [Value.backward, Value.steps, lambda f: gradients(f, [f])], ids=["backward", "steps", "gradients"]
)
def test_stale_graph_is_refused(graph, use):
    x, _, _, _, f = graph
    x.data = 1.0
    with pytest.raises(StaleGraphError, match=r"'x'.* changed after .*'q'.* was computed from it by add: call forward"):
        use(f)

    assert [node.grad for node in graph] == [-4.0, -4.0, 3.0, -4.0, 1.0]


def test_forward_recomputes_and_backward_works_again(graph):
    x, y, z, q, f = graph
    x.data = 1.0
    f.zero_grad()

    assert f.forward() == -24.0
    assert (q.data, f.data) == (6.0, -24.0)
    f.backward()
    assert (x.grad, y.grad, z.grad) == (-4.0, -4.0, 6.0)


def test_forward_leaves_grad_and_leaves_alone(graph):
    graph[-1].forward()

    assert [node.grad for node in graph] == [-4.0, -4.0, 3.0, -4.0, 1.0]
    assert [node.data for node in graph] == [-2.0, 5.0, -4.0, 3.0, -12.0]


def test_forward_of_a_part(graph):
    x, _, _, q, f = graph
    x.data = 1.0
    q.forward()
    q.backward()
    with pytest.raises(StaleGraphError, match=r"'q'.* changed after .*'f'.* was computed from it by mul"):
        f.backward()


def test_stale_yields_nodes_with_operands(graph):
    x, _, z, _, f = graph
    assert list(stale(history(f))) == []
    x.data, z.data = 1.0, 1.0
    found = list(stale(history(f)))

    assert [(node.label, operand.label) for node, operand in found] == [("q", "x"), ("f", "z")]


def test_assignment_of_same_number(graph):
    x, *_, f = graph
    x.data = x.data
    with pytest.raises(StaleGraphError):
        f.backward()


def test_assignment_before_use_or_elsewhere(graph):
    *_, f = graph
    other = Value(1.0)
    other.data = 2.0
    (f * other).backward()

    assert other.grad == -12.0


def test_assignment_refused_makes_nothing_stale(graph):
    x, *_, f = graph
    with pytest.raises(TypeError):
        x.data = "1"
    f.backward()

    assert x.grad == -8.0


def test_update_between_two_losses():
    """PyTorch raises here too: the second loss was computed with the old weight."""
    w = Value(1.0, "w")
    first, second = (w - 3.0) ** 2, (w - 5.0) ** 2
    first.backward()
    w.data -= 0.1 * w.grad
    with pytest.raises(StaleGraphError, match="'w'"):
        second.backward()
    second.forward()
    w.grad = 0.0
    second.backward()
    assert w.grad == 2.0 * (w.data - 5.0)


def test_stale_comparison():
    x = Value(1.0, "x")
    above = x > 0
    x.data = -1.0
    with pytest.raises(StaleGraphError, match="by greater"):
        above.backward()
    assert above.forward() == 0.0


def test_stale_graph_copies_stale(graph):
    x, *_, f = graph
    x.data = 1.0
    again = copy.deepcopy(f)
    with pytest.raises(StaleGraphError):
        again.backward()
    assert again.forward() == -24.0
    again.backward()


def test_forward_in_a_training_loop():
    """Record once, then forward, backward, update."""
    w = Value(0.0, "w")
    loss = (w - 3.0) ** 2
    for _ in range(200):
        loss.forward()
        loss.zero_grad()
        loss.backward()
        w.data -= 0.1 * w.grad

    assert w.data == pytest.approx(3.0, rel=1e-12)


def test_forward_chooses_anew():
    x, y = variables(x=1, y=2)
    f = maximum(x, y)
    x.data = 3.0
    f.forward()
    f.backward()

    assert (f.data, x.grad, y.grad) == (3.0, 1.0, 0.0)


def test_forward_of_deep_graph():
    x, out = chain(10_000)
    x.data = 2.0
    with pytest.raises(StaleGraphError):
        out.backward()
    assert out.forward() == 20_002.0


@settings(deadline=None)
@given(graphs(), strategies.data())
def test_forward_repairs_any_change(graph, data):
    leaves, output = graph
    used = [leaf for leaf in leaves if any(leaf is node for node in history(output)) and leaf is not output]
    leaf = data.draw(strategies.sampled_from(used))
    leaf.data = data.draw(strategies.floats(-4.0, 4.0))
    with pytest.raises(StaleGraphError):
        output.backward()

    assert all(node.grad == 0.0 for node in history(output))
    output.forward()
    assert list(stale(history(output))) == []
    output.backward()
    for node in history(output):
        if node.primitive:
            again = node.primitive(*[x if type(x) is float else x.data for x in node.operands])
            assert again == node.data or again != again
