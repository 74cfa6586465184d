"""Copies and pickles of leaves and graphs: complete, at any depth, with gradients of their own."""

import copy
import pickle

import pytest
from hypothesis import given, settings

from autodiff import Value, variables
from autodiff.graph import history
from tests.support.engine_programs import chain
from tests.support.random_graphs import graphs


def pickled(x, protocol=pickle.HIGHEST_PROTOCOL):
    return pickle.loads(pickle.dumps(x, protocol))


@pytest.fixture(
    params=[copy.deepcopy, pickled, lambda x: pickled(x, 2)], ids=["deepcopy", "pickle", "pickle protocol 2"]
)
def copied(request):
    return request.param


def test_copy_of_leaf(copied):
    x = Value(3.0, "x")
    x.grad = 2.0
    again = copied(x)

    assert (again.data, again.label, again.grad, again.primitive) == (3.0, "x", 2.0, None)
    again.data = 5.0
    assert x.data == 3.0


def test_copy_of_graph(copied):
    x, y = variables(x=3, y=4)
    f = (x * y + 0.5) * x
    f.label = "f"
    f.backward()
    again = copied(f)

    assert [(n.data, n.label, n.grad, n.primitive) for n in history(again)] == [
        (n.data, n.label, n.grad, n.primitive) for n in history(f)
    ]
    assert not set(history(again)) & set(history(f))


def test_copy_gets_its_own_gradients(copied):
    x, y = variables(x=3, y=4)
    f = x * y
    x_again, y_again, f_again = copied([x, y, f])
    f_again.backward()

    assert (x_again.grad, y_again.grad) == (4.0, 3.0)
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_copy_of_two_outputs_shares_leaves(copied):
    x = Value(3.0)
    h = x * x
    x_again, a, b = copied((x, 2 * h, 5 * h))
    a.backward()
    b.backward()

    assert x_again.grad == 42.0


def test_copy_can_be_recomputed(copied):
    x = Value(3.0)
    x_again, f = copied((x, x * x))
    x_again.data = 4.0

    assert f.forward() == 16.0
    assert x.data == 3.0


def test_copy_of_any_depth(copied):
    x, out = chain(10_000)
    x_again, out_again = copied((x, out))
    out_again.backward()

    assert (out_again.data, x_again.grad, x.grad) == (10_001.0, 10_001.0, 0.0)


def test_shallow_copy_keeps_leaves():
    x = Value(3.0)
    again = copy.copy(x * x)
    again.backward()

    assert x.grad == 6.0


def test_copy_order_does_not_matter(copied):
    x = Value(3.0)
    f = x * 2
    f_again, x_again = copied((f, x))
    f_again.backward()

    assert x_again.grad == 2.0


@settings(deadline=None)
@given(graphs())
def test_copy_of_any_graph(graph):
    leaves, output = graph
    leaves_again, again = pickled((leaves, output))
    output.backward()
    again.backward()

    for leaf, leaf_again in zip(leaves, leaves_again):
        assert leaf.grad == leaf_again.grad or leaf.grad != leaf.grad
