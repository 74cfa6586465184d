"""Neurons and layers: functions from one example, a list of numbers, to Values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff import Value, dot, softmax

from ._checks import Example, Seed, example, generator, one_of, quantity, refuse_batch, size
from .activations import Activation, LayerActivation, activation_named
from .initializers import INITIALIZERS, Initializer, InitializerName
from .module import Module


class Neuron(Module):
    """activation(w0*x0 + w1*x1 + ... + b); the weighted sum is one gate.

    Parameters
    ----------
    inputs : int
        Number of inputs.
    activation : str or function
        A name from ``ACTIVATIONS``, or a function of the weighted sum.
    bias : bool
        Whether to add a bias b, which starts at 0.
    initializer : str or function
        A name from ``INITIALIZERS``, or a function (random, inputs, outputs) -> weight.
    seed : int or random.Random, optional
        Seed or source of the random numbers; None gives different ones every time.
    outputs : int
        Number of neurons in the layer, for initializers such as Xavier's.

    Examples
    --------
    >>> neuron = Neuron(2, "sigmoid", seed=0)
    >>> neuron
    Neuron(2 inputs, sigmoid)
    >>> neuron([1.0, 0.0]).data > 0.5
    True
    """

    def __init__(
        self, inputs: int, activation: Activation = "linear", bias: bool = True,
        initializer: InitializerName | Initializer = "uniform", seed: Seed = None, outputs: int = 1
    ) -> None:  # fmt: skip
        random, draw = generator(seed), one_of("initializer", initializer, INITIALIZERS)
        self.w = [Value(draw(random, inputs, outputs), f"w{i}") for i in range(size(inputs))]
        self.b: Value = Value(0.0, "b") if bias else 0.0  # type: ignore[assignment]
        self.activation = activation_named(activation)
        self.activation_name = name_of(activation)

    def weighted_sum(self, x: Sequence[Any]) -> Value:
        """z = w0*x0 + w1*x1 + ... + b."""
        try:
            if len(x) != len(self.w):
                raise ValueError(f"{self!r} expected {quantity(len(self.w), 'number')}, got {len(x)}")
            return dot(self.w, x, self.b)
        except (TypeError, ValueError):
            refuse_batch(x)
            raise

    def __call__(self, x: Example) -> Value:
        return self.activation(self.weighted_sum(example(x)))  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"Neuron({quantity(len(self.w), 'input')}, {self.activation_name})"


class Layer(Module):
    """Neurons with the same inputs; a call always returns a list, even of one Value.

    The activation ``"softmax"`` applies to all weighted sums together. Other parameters are as for ``Neuron``.

    >>> len(Layer(3, 2, "tanh", seed=0)([1.0, 2.0, 3.0]))
    2
    """

    def __init__(
        self, inputs: int, outputs: int, activation: LayerActivation = "linear", bias: bool = True,
        initializer: InitializerName | Initializer = "uniform", seed: Seed = None
    ) -> None:  # fmt: skip
        random = generator(seed)
        self.joint = activation == "softmax" or activation is softmax  # one activation of all sums together
        if self.joint and outputs == 1:
            raise ValueError('softmax of one output is always 1: use one output per class, or "sigmoid" for one output')
        each: Any = "linear" if self.joint else activation_named(activation)
        self.neurons = [Neuron(inputs, each, bias, initializer, random, outputs) for _ in range(size(outputs))]
        self.activation_name = name_of(activation)

    def sums_and_activations(self, x: Sequence[Any]) -> tuple[list[Value], list[Value]]:
        """(z, a): the weighted sums and their activations (C6)."""
        z = [neuron.weighted_sum(x) for neuron in self.neurons]
        return z, softmax(z) if self.joint else [neuron.activation(z_j) for neuron, z_j in zip(self.neurons, z)]

    def tensors(self) -> dict[str, Any]:
        biases = [neuron.b for neuron in self.neurons]
        return {"weight": [neuron.w for neuron in self.neurons]} | (
            {"bias": biases} if type(biases[0]) is Value else {}
        )

    def __call__(self, x: Example) -> list[Value]:
        return self.sums_and_activations(example(x))[1]

    def __repr__(self) -> str:
        inputs, neurons = quantity(len(self.neurons[0].w), "input"), quantity(len(self.neurons), "neuron")
        return f"Layer({inputs}, {neurons}, {self.activation_name})"


class Pointwise(Module):
    """An activation of each number: a layer's own, where something such as BatchNorm comes before it.

    >>> Pointwise("relu")([-1.0, 2.0])
    [0.0, 2.0]
    """

    def __init__(self, activation: LayerActivation) -> None:
        self.joint = activation == "softmax" or activation is softmax
        self.activation = softmax if self.joint else activation_named(activation)
        self.activation_name = name_of(activation)

    def __call__(self, x: Example) -> list[Any]:
        return self.activation(example(x)) if self.joint else [self.activation(x_j) for x_j in example(x)]

    def __repr__(self) -> str:
        return f"Pointwise({self.activation_name})"


def name_of(activation: Any) -> str:
    name = activation if isinstance(activation, str) else getattr(activation, "__name__", None)
    return str(name or getattr(activation, "name", type(activation).__name__))
