"""The README's lines that move a net into torch.nn, run with a stand-in, and with PyTorch if installed."""

import contextlib
import importlib.util
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import nn

README = Path(__file__).parents[2] / "README.md"


class Numbers(list):
    """A list that accepts copies of its own shape only, as a tensor does."""

    def copy_(self, other):
        assert shape(self) == shape(other)
        self[:] = other


def shape(numbers):
    return (len(numbers), *shape(numbers[0])) if isinstance(numbers, list) else ()


class Linear:
    def __init__(self, inputs, outputs):
        self.weight = Numbers([[0.0] * inputs for _ in range(outputs)])
        self.bias = Numbers([0.0] * outputs)


class Stack(list):
    def __init__(self, *layers):
        super().__init__(layers)

    def double(self):
        return self


STAND_IN = SimpleNamespace(
    float64="float64",
    tensor=lambda numbers, dtype: Numbers(numbers),
    no_grad=contextlib.nullcontext,
    nn=SimpleNamespace(Sequential=Stack, Linear=Linear, Tanh=lambda: None),
)


def lines():
    (block,) = re.findall(r"^```python\n(import torch\n.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S)
    return block


def moved(model):
    names = {"model": model}
    exec(compile(lines(), "README.md", "exec"), names)
    return names["twin"]


def test_six_lines_move_every_weight(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", STAND_IN)
    model = nn.MLP(2, [4, 1], seed=0)
    twin = moved(model)

    assert len(lines().splitlines()) == 6
    for ours, theirs in zip(model.layers, twin[::2], strict=True):
        assert theirs.weight == [[w.data for w in neuron.w] for neuron in ours.neurons]
        assert theirs.bias == [neuron.b.data for neuron in ours.neurons]


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch comes with the extra bench")
def test_six_lines_match_pytorch():
    import torch

    X, _ = nn.truth_table("xor")
    model = nn.MLP(2, [4, 1], seed=0)
    outputs = moved(model)(torch.tensor(X, dtype=torch.float64))

    assert outputs.flatten().tolist() == pytest.approx([model(x).data for x in X], rel=1e-14)
