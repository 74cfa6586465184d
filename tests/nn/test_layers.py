"""Neurons, layers and nets: what they compute and contain."""

import copy
import math
import pickle

import pytest

import autodiff
from autodiff import Value
from nn import MLP, Layer, Module, Neuron, Sequential
from nn.activations import ACTIVATIONS


def close(x, number):
    return (x.data if type(x) is Value else x) == pytest.approx(number, rel=1e-12, abs=1e-15)


def test_neuron_is_a_sum_and_an_activation():
    out = Neuron(3, "tanh", seed=0)([1.0, 2.0, 3.0])

    assert out.primitive.name == "tanh"
    assert out.operands[0].primitive.name == "dot"
    assert len(autodiff.graph.history(out)) == 6  # four parameters, two gates


def test_neuron_without_bias():
    assert len(Neuron(3, bias=False).parameters()) == 3


def test_trap_36_layer_returns_a_list_net_a_value():
    assert [type(layer).__name__ for layer in (Layer(2, 1)([1, 2]), Layer(2, 3)([1, 2]))] == ["list", "list"]
    assert type(MLP(2, [4, 1])([1, 2])) is Value
    assert type(MLP(2, [4, 2])([1, 2])) is list


def test_named_parameters_are_paths():
    names = [name for name, _ in MLP(2, [2, 1]).named_parameters()]

    assert names == [
        "layers.0.neurons.0.w.0", "layers.0.neurons.0.w.1", "layers.0.neurons.0.b",
        "layers.0.neurons.1.w.0", "layers.0.neurons.1.w.1", "layers.0.neurons.1.b",
        "layers.1.neurons.0.w.0", "layers.1.neurons.0.w.1", "layers.1.neurons.0.b",
    ]  # fmt: skip


def test_parameters_found_once_in_lists_and_parts():
    class Twice(Module):
        def __init__(self):
            self.one = Neuron(1, seed=0)
            self.again = [self.one, (Value(2.0),)]
            self.result = self.one.b * 2.0  # a result is not a parameter

        def __call__(self, x):
            return self.one([self.one(x)])

    assert [name for name, _ in Twice().named_parameters()] == ["one.w.0", "one.b", "again.1.0"]


def test_weights_exclude_biases():
    net = MLP(2, [3, 1], seed=0)

    assert len(net.parameters()) == 13
    assert len(net.weights()) == 9


def test_zero_grad_clears_every_parameter():
    net = MLP(2, [2, 1], seed=0)
    net([1.0, 2.0]).backward()
    assert any(p.grad for p in net.parameters())

    net.zero_grad()

    assert not any(p.grad for p in net.parameters())


def test_seed_draws_weights_layer_by_layer():
    from random import Random

    random = Random(0)
    net = MLP(2, [2, 1], seed=0)

    assert [w.data for w in net.weights()] == [random.uniform(-1, 1) for _ in range(6)]
    assert all(p.data == 0.0 for name, p in net.named_parameters() if name.endswith(".b"))
    assert [w.data for w in MLP(2, [2, 1], seed=1).weights()] != [w.data for w in net.weights()]


def test_labels_follow_the_lectures():
    labels = [p.label for p in MLP(2, [2, 1]).parameters()]

    assert labels == ["W1_0_0", "W1_0_1", "b1_0", "W1_1_0", "W1_1_1", "b1_1", "W2_0_0", "W2_0_1", "b2_0"]


def test_repr_of_layers_and_neurons():
    assert repr(Layer(3, 1, "relu")) == "Layer(3 inputs, 1 neuron, relu)"
    assert repr(Neuron(1)) == "Neuron(1 input, linear)"


def test_activation_for_each_layer():
    net = MLP(2, [3, 4, 2], activation=["relu", "sigmoid"], output="softmax", seed=0)

    assert repr(net) == "MLP(2-3-4-2, relu, sigmoid, softmax, 35 parameters)"
    with pytest.raises(ValueError, match="expected 2 activations, one per hidden layer, got 1"):
        MLP(2, [3, 4, 2], activation=["relu"])


def test_activation_of_ones_own():
    net = MLP.from_matrices([[0, 1, 1], [0, 1]], activation=lambda z: z * z)

    assert close(net([1, 2]), 9.0)


@pytest.mark.parametrize("name", [*ACTIVATIONS])
def test_activation_of_a_hidden_layer(name):
    net = MLP(2, [3, 1], activation=name, seed=0)
    out = net([0.3, -0.7])
    out.backward()

    assert math.isfinite(out.data)
    assert repr(net).startswith(f"MLP(2-3-1, {name}, linear")


def test_D12_prelu_learns_its_slope():
    neuron = Neuron(1, "prelu", seed=0)
    neuron.w[0].data = 1.0
    neuron([-2.0]).backward()

    assert dict(neuron.named_parameters())["activation.slope"].grad == -2.0


def test_softmax_output_sums_to_one():
    assert sum(p.data for p in MLP(2, [3], output="softmax", seed=0)([1.0, 2.0])) == pytest.approx(1.0, rel=1e-14)


def test_E1_feed_forward_with_step_units():
    net = MLP.from_matrices([[[1, 0, 0, 1], [0, -1, 1, 0], [2, 0, 1, 1]], [0, 1, 1, 0]], "step", "step")
    (z2, a2), (z3, h) = net.activations([0, 2, 1])  # x = (1, 0, 2, 1) with x0 = 1

    assert [z.data for z in z2] == [2.0, 2.0, 5.0]
    assert [a.data for a in a2] == [1.0, 1.0, 1.0]
    assert (z3[0].data, h[0].data) == (2.0, 1.0)


def test_E11_linear_units_are_one_linear_function():
    net = MLP.from_matrices([[[1, 0, 0, 1], [0, -1, 1, 0], [2, 0, 1, 1]], [0, 1, 1, 0]], "linear")
    x = [Value(0.0), Value(2.0), Value(1.0)]
    (z2, _), (_, h) = net.activations(x)
    h[0].backward()

    assert [z.data for z in z2] == [2.0, 2.0, 5.0]
    assert h[0].data == 4.0
    assert [v.grad for v in x] == [-1.0, 1.0, 1.0]


def test_D10_nets_in_one_line_each():
    two = MLP(3, [4, 2], "relu", bias=False)
    three = MLP(3, [4, 4, 2], "relu", bias=False)
    slide = MLP(3, [4, 4, 1], "sigmoid")

    assert [len(net.parameters()) for net in (two, three, slide)] == [20, 36, 41]


def test_D17_layer_shapes():
    layer = Layer(784, 128, bias=False)

    assert len(layer.parameters()) == 100_352
    assert len(layer([0.0] * 784)) == 128


def test_C12_size_of_the_slides_net():
    assert len(MLP(784, [128, 128, 10], seed=0).parameters()) == 118_282


def test_sequential_joins_layers_and_functions():
    net = Sequential(Layer(2, 3, "tanh", seed=0), lambda a: [2.0 * x for x in a], Layer(3, 1, seed=1))
    (_, hidden), (before, doubled), (z, out) = net.activations([1.0, -1.0])

    assert [x.data for x in doubled] == [2.0 * x.data for x in before]
    assert before is hidden
    assert out[0].data == z[0].data == net([1.0, -1.0])[0].data


def test_copy_of_a_net_learns_alone():
    net = MLP(2, [2, 1], seed=0)
    twin = copy.deepcopy(net)
    twin([1.0, 1.0]).backward()

    assert [p.data for p in twin.parameters()] == [p.data for p in net.parameters()]
    assert not any(p.grad for p in net.parameters())


@pytest.mark.parametrize("activation", ["tanh", "linear", "step", "prelu", "piecewise_linear"])
def test_pickle_of_a_net(activation):
    net = MLP(2, [3, 1], activation, seed=0)
    twin = pickle.loads(pickle.dumps(net))

    assert repr(twin) == repr(net)
    assert twin([0.3, -0.7]).data == net([0.3, -0.7]).data
