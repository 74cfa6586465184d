"""Rarely used parts of the public API: empty lists, a bare optimizer, odd containers."""

import pytest

import autodiff
from autodiff import Value, compile, grad
from autodiff.formula import names, statements
from autodiff.graph import history
from nn import MLP, Layer, Module
from nn.optim import Optimizer


def test_sum_of_nothing_is_a_number():
    assert autodiff.logsumexp([]) == float("-inf")
    assert autodiff.dot([], [], 2.0) == 2.0
    assert autodiff.softmax([]) == []


def test_compile_repr():
    assert repr(compile(grad)) == f"compile({grad!r})"


def test_map_of_values_records():
    x = Value(3.0, "x")
    out, plain = compile(lambda a, b: a * b).map([(x, 2.0), (2.0, x)])
    out.backward()

    assert (out.data, plain.data, x.grad) == (6.0, 6.0, 2.0)


def test_map_of_no_rows():
    assert compile(lambda a: a * 2.0).map([]) == []


def test_names_and_statements_take_one_value():
    x, y = autodiff.variables(x=2, y=3)
    f = x * y + 1.0

    assert statements(f) == statements(history(f), f) == ["s0 = x * y", "f = s0 + 1"]
    assert names(f) == names(history(f), f)
    for nothing in (3, None, grad):
        with pytest.raises(TypeError, match=r"expected Values, such as history\(f\), or one Value"):
            names(nothing)


def test_optimizer_without_update():
    x = Value(1.0)
    with pytest.raises(NotImplementedError, match="Optimizer must define update"):
        Optimizer([x], 0.1).step()

    assert x.data == 1.0


def test_parameters_in_a_dict():
    class Net(Module):
        def __init__(self):
            self.parts = {"first": Layer(1, 1, seed=0), "gain": Value(2.0)}

    names = [name for name, _ in Net().named_parameters()]

    assert names[-1] == "parts.gain"
    assert all(name.startswith("parts.first.neurons.0.") for name in names[:-1])


def test_unknown_name_is_an_attribute_error():
    import nn
    import visualize

    for package in (autodiff, nn, visualize):
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            _ = package.nothing
        assert "__name__" in dir(package)


def test_grad_of_net_independent_of_input():
    net = MLP(1, [1], seed=0)
    net.parameters()[0].data = 0.0
    x = Value(5.0, "x")
    net([x]).backward()

    assert x.grad == 0.0
