"""Nets moved to torch.nn and back, with a stand-in, and with PyTorch if it is installed (the extra bench)."""

import importlib.util
import sys
from random import Random

import pytest

import nn
from nn import MLP, BatchNorm, Convolution, Dropout, Layer, LayerNorm, RMSNorm, Sequential, from_torch, to_torch
from nn.activations import ACTIVATIONS
from nn.interchange import TWINS
from nn.layers import Pointwise
from nn.metrics import numbers
from tests.support.stand_ins import TORCH

INSTALLED = importlib.util.find_spec("torch") is not None
EXAMPLES = [[Random(seed).gauss(0.0, 2.0) for seed in range(k, k + 4)] for k in range(5)]


@pytest.fixture(
    params=["stand-in", pytest.param("PyTorch", marks=pytest.mark.skipif(not INSTALLED, reason="no torch"))]
)
def torch(request, monkeypatch):
    if request.param == "stand-in":
        monkeypatch.setitem(sys.modules, "torch", TORCH)
        return TORCH
    return importlib.import_module("torch")


def drawn(model):
    """The model with all numbers drawn anew."""
    for i, parameter in enumerate(model.parameters()):
        parameter.data = Random(i).gauss(0.0, 1.0)
    return model


def normalized():
    net = Sequential(
        Layer(4, 5, seed=0), BatchNorm(5, 0.2, 1e-4), Pointwise("relu"), Dropout(0.3), LayerNorm(5, 1e-6),
        Sequential(Layer(5, 3, "prelu", False, seed=1)), RMSNorm(3), RMSNorm(3, learned=False), Pointwise("softmax")
    )  # fmt: skip
    net.layers[1].running_mean, net.layers[1].running_variance = [[0.1, 0.2, -0.3, 0.4, 0.5], [0.1, 2.0, 0.3, 0.4, 0.5]]
    return drawn(net)


NETS = {
    **{name: lambda name=name: drawn(MLP(4, [5, 2], name)) for name in TWINS if name != "softmax"},
    "linear": lambda: MLP(4, [1], seed=0),
    "softmax": lambda: MLP(4, [3, 3], output="softmax", seed=0),
    "no bias": lambda: MLP(4, [3, 1], bias=False, seed=0),
    "a layer": lambda: Layer(4, 2, "tanh", seed=0),
    "normalized": normalized,
    "convolution": lambda: Sequential(Convolution(2, "tanh", seed=1), Convolution(2, bias=False, seed=2)),
}


def outputs(twin, torch):
    if torch is TORCH:
        return [twin(x) for x in EXAMPLES]
    return twin(torch.tensor(EXAMPLES, dtype=torch.float64)).tolist()


@pytest.mark.parametrize("name", NETS)
def test_torch_twin_gives_the_same_outputs_and_comes_back(torch, name):
    model = NETS[name]()
    twin = to_torch(model)
    back = from_torch(twin)

    assert not twin.training
    for x, found in zip(EXAMPLES, outputs(twin, torch), strict=True):
        assert found == pytest.approx(numbers(model(x)), rel=1e-12, abs=1e-12)
        assert numbers(back(x)) == numbers(model(x))
    if type(model) is MLP:
        assert repr(back) == repr(model)
        assert back.state_dict() == model.state_dict()


def test_torch_has_every_activation_that_is_named(torch):
    without = {"linear", "step", "sign", "piecewise_linear"}

    assert {*TWINS} == {*ACTIVATIONS, "softmax"} - without
    for name in without - {"linear"}:
        with pytest.raises(TypeError, match=rf"torch.nn has no twin of the activation of Layer\(.*{name}"):
            to_torch(MLP(2, [2, 1], name))


def test_torch_twin_keeps_the_mode_and_the_epsilon(torch):
    twin = to_torch(Sequential(Layer(2, 2), BatchNorm(2, momentum=0.3, epsilon=1e-3)).train())

    assert twin.training
    norm = [*twin][1]
    assert (norm.eps, norm.momentum) == (1e-3, 0.3)
    assert (from_torch(twin).layers[1].epsilon, from_torch(twin).layers[1].momentum) == (1e-3, 0.3)


def test_torch_activation_used_twice_is_read_twice(torch):
    bend = torch.nn.Tanh()
    net = torch.nn.Sequential(to_torch(Layer(2, 3)), bend, torch.nn.Sequential(to_torch(Layer(3, 1)), bend))

    assert repr(from_torch(net)) == "MLP(2-3-1, tanh, tanh, 13 parameters)"


def test_torch_dropouts_draw_different_numbers(torch):
    net = from_torch(torch.nn.Sequential(torch.nn.Dropout(p=0.5), torch.nn.Dropout(p=0.5))).train()
    first, second = [layer([1.0] * 20) for layer in net.layers]

    assert first != second


REFUSED = {
    "channels": (lambda n: n.Conv1d(in_channels=1, out_channels=3, kernel_size=2), "out_channels must be 1, got 3"),
    "slope": (lambda n: n.LeakyReLU(negative_slope=0.2), "negative_slope must be 0.01, got 0.2"),
    "approximation": (lambda n: n.GELU(approximate="tanh"), "approximate must be 'none', got 'tanh'"),
    "axis": (lambda n: n.Softmax(dim=0), "dim must be -1, got 0"),
    "nothing": (lambda n: n.Sequential(), "expected a net with layers"),
    "widths": (
        lambda n: n.Sequential(n.Linear(in_features=2, out_features=3), n.Linear(in_features=2, out_features=1)),
        "Layer(2 inputs, 1 neuron, linear) cannot follow a layer of 3 outputs",
    ),
    "sharing": (
        lambda n: n.Sequential(*[n.Linear(in_features=2, out_features=2)] * 2),
        "is in the net twice: its copies would not share their numbers",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_torch_module_without_a_twin(torch, name):
    make, words = REFUSED[name]
    with pytest.raises(ValueError) as caught:
        from_torch(make(torch.nn))
    assert words in str(caught.value)


def test_torch_names_what_is_strange():
    with pytest.raises(TypeError, match=r"nn has no twin of the module, 3: from_torch takes Linear, Tanh,"):
        from_torch(3)
    own = type("Net", (), {"children": lambda self: [1], "__repr__": lambda self: "Net(\n  (a): Linear)"})()
    with pytest.raises(
        TypeError, match=r"of the module, Net\( \(a\): Linear\): .*; put its layers into a torch\.nn\.Seq"
    ):
        from_torch(own)
    with pytest.raises(TypeError, match=r"torch.nn has no twin of GPT\(.*: to_torch takes MLP, .* copy model.arrays"):
        to_torch(nn.GPT(5, width=4, heads=2))


@pytest.mark.skipif(not INSTALLED, reason="no torch")
def test_torch_float32_modules_come_over_exactly():
    import torch

    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.BatchNorm1d(3)).eval()
    model = from_torch(module)

    assert model.arrays()["layers.0.weight"] == module[0].weight.tolist()
    expected = module.double()(torch.tensor(EXAMPLES, dtype=torch.float64)).tolist()
    for x, found in zip(EXAMPLES, expected):
        assert numbers(model(x)) == pytest.approx(found, rel=1e-12)
