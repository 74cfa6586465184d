"""Known traps of autodiff engines with graphs, by number."""

import copy
import gc
import pickle

import pytest

from autodiff import StaleGraphError, Value, gradients, maximum, relu, sigmoid, variables, where
from autodiff.graph import history
from tests.support.engine_programs import chain, close, slopes


def test_trap_01_value_used_twice():
    assert slopes(lambda x: x + x, 3.0) == (6.0, (2.0,))
    assert slopes(lambda x: x * x, 3.0) == (9.0, (6.0,))


def test_trap_01_two_edges():
    x = Value(3.0)
    y = x * x

    assert len(y.operands) == 2
    assert y.operands[0] is x is y.operands[1]
    assert len(y.steps()) == 2


def test_trap_02_topological_order():
    def f(a, b):
        c, d = a + b, a * b
        e, g = c + d, c * d
        return e + g

    assert slopes(f, 2.0, 3.0) == (41.0, (25.0, 19.0))


def test_trap_03_chain_of_100_000_additions():
    x, out = chain(100_000)
    out.backward()

    assert (out.data, x.grad) == (100_001.0, 100_001.0)
    assert gradients(out, [x])[0].data == 100_001.0
    assert out.forward() == 100_001.0
    out.zero_grad()
    assert x.grad == 0.0
    del out  # freed without recursion


@pytest.mark.slow
def test_trap_03_chain_of_a_million_additions():
    x, out = chain(1_000_000)
    out.backward()

    assert (out.data, x.grad) == (1_000_001.0, 1_000_001.0)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda graph: pickle.loads(pickle.dumps(graph))])
def test_trap_03_chain_of_10_000_copied(copied):
    x, out = chain(10_000)
    x_copy, again = copied((x, out))
    again.backward()

    assert (again.data, x_copy.grad, x.grad) == (10_001.0, 10_001.0, 0.0)


def test_trap_04_sum_of_1000_losses():
    w = Value(0.5)
    data, (grad,) = slopes(lambda w: sum((w * float(i) - 1.0) ** 2 for i in range(1_000)), 0.5)

    assert grad == close(sum(2.0 * (w.data * i - 1.0) * i for i in range(1_000)))
    assert data == close(sum((w.data * i - 1.0) ** 2 for i in range(1_000)))


def test_trap_05_sum_has_no_node_for_0():
    a, b = variables(a=1, b=2)
    out = sum([a, b])

    assert out.operands[0] is a
    assert len(history(out)) == 3
    assert sum([a]) is a


def test_trap_06_backward_twice():
    x = Value(3.0)
    y = x * x * x
    y.backward()
    assert x.grad == 27.0
    y.backward()
    assert x.grad == 54.0


def test_trap_07_two_outputs_that_share_nodes():
    x = Value(3.0)
    h = x * x
    a, b = 2 * h, 5 * h
    a.backward()
    b.backward()

    assert x.grad == 42.0


def test_trap_08_data_changed_after_use():
    x, y = variables(x=3, y=4)
    z = x * y
    z.label = "z"
    x.data = 100
    with pytest.raises(StaleGraphError, match=r"Value\(100.0, 'x'\) changed after Value\(12.0, 'z'\)"):
        z.backward()

    assert (x.grad, y.grad, z.grad) == (0.0, 0.0, 0.0)


def test_trap_09_parameter_rebound_in_a_loop():
    p = Value(1.0)
    for _ in range(100):
        loss = p * p
        loss.backward()
        p = p - 0.25 * p.grad
    start = history(p)[0]
    p.backward()

    assert start.data == 1.0
    assert start.grad != 0.0
    assert len(history(p)) == 101


def test_trap_10_in_place_addition_rebinds():
    x = Value(1.0)
    y = x
    x += 1

    assert (y.data, x.data) == (1.0, 2.0)
    assert x.operands == (y, 1.0)


def test_trap_27_data_and_gradients_are_floats():
    x = Value(3)
    (2 * relu(x)).backward()

    assert type(x.data) is type(x.grad) is float


def test_trap_28_value_used_by_its_number():
    v, zero = Value(3.0), Value(0.0)

    assert v
    assert not zero
    assert not 0 < v < 1
    assert 0 < v < 4
    assert v == 3
    assert v != 4
    assert max(zero, v) is v
    assert f"{v:.4f}" == "3.0000"


def test_trap_29_unused_input_has_gradient_0():
    x, y = variables(x=1, y=2)
    f = y * 2
    f.backward()

    assert x.grad == 0.0
    assert gradients(f, [x])[0].data == 0.0


def test_trap_30_doublings_share_nodes():
    y = Value(1.0)
    for _ in range(20):
        y = y + y
    y.backward()

    assert len(history(y)) == 21
    assert history(y)[0].grad == 2.0**20


def test_trap_33_dropped_graph_is_freed():
    def collected():
        return sum(generation["collected"] for generation in gc.get_stats())

    gc.collect()
    before = collected()
    x, out = chain(20_000)
    for node in history(out)[:100]:
        out = out + sigmoid(node) * maximum(node, 0.5) + where(node > x, node, x)
    out.backward()
    gradients(out, [x])[0].backward()
    del x, out, node
    gc.collect()

    assert collected() == before


def test_trap_34_order_is_deterministic():
    def program():
        x, y = variables(x=1, y=2)
        a, b = x * y, y + x
        return [node.primitive.name if node.primitive else node.label for node in history(sigmoid(a) + b * a)]

    assert program() == program() == ["x", "y", "mul", "add", "sigmoid", "mul", "add"]
