"""Neurons and layers, each a function of one example: a list of numbers in, Values out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff import Value, dot, softmax

from ._checks import Example, Seed, counted, example, generator, one_example, one_of, size
from .activations import Activation, LayerActivation, activation_named
from .initializers import INITIALIZERS, Initializer, InitializerName
from .module import Module


class Neuron(Module):
    """activation(w0*x0 + w1*x1 + ... + b); the weighted sum is one gate.

    Parameters
    ----------
    inputs : int
        How many numbers it takes.
    activation : str or function
        A name from ``ACTIVATIONS``, or a function of the weighted sum.
    bias : bool
        Whether there is a b; it starts at 0.
    initializer : str or function
        A name from ``INITIALIZERS``, or a function (random, inputs, outputs) -> weight.
    seed : int or random.Random, optional
        Where the random numbers start; None takes a new start every time.
    outputs : int
        How many neurons its layer has, for initializers such as Xavier's.

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
        self.activation_name = spelled(activation)

    def weighted_sum(self, x: Sequence[Any]) -> Value:
        """z = w0*x0 + w1*x1 + ... + b."""
        try:
            if len(x) != len(self.w):
                raise ValueError(f"{self!r} expected {counted(len(self.w), 'number')}, got {len(x)}")
            return dot(self.w, x, self.b)
        except (TypeError, ValueError):
            one_example(x)
            raise

    def __call__(self, x: Example) -> Value:
        return self.activation(self.weighted_sum(example(x)))  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"Neuron({counted(len(self.w), 'input')}, {self.activation_name})"


class Layer(Module):
    """Neurons side by side on the same inputs; called, it returns a list, of one number too.

    The activation ``"softmax"`` takes all the weighted sums together. Other parameters are as for ``Neuron``.

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
            raise ValueError(
                'softmax over one output is always 1: give an output for each class, or take "sigmoid" for a single one'
            )
        of_each: Any = "linear" if self.joint else activation_named(activation)
        self.neurons = [Neuron(inputs, of_each, bias, initializer, random, outputs) for _ in range(size(outputs))]
        self.activation_name = spelled(activation)

    def zs_and_as(self, x: Sequence[Any]) -> tuple[list[Value], list[Value]]:
        """(z, a): the weighted sums and what the activation makes of them (C6)."""
        z = [neuron.weighted_sum(x) for neuron in self.neurons]
        if self.joint:
            return z, softmax(z)
        return z, [neuron.activation(z_j) for neuron, z_j in zip(self.neurons, z)]

    def __call__(self, x: Example) -> list[Value]:
        return self.zs_and_as(example(x))[1]

    def __repr__(self) -> str:
        inputs, neurons = counted(len(self.neurons[0].w), "input"), counted(len(self.neurons), "neuron")
        return f"Layer({inputs}, {neurons}, {self.activation_name})"


def spelled(activation: Any) -> str:
    name = activation if isinstance(activation, str) else getattr(activation, "__name__", None)
    return str(name or getattr(activation, "name", type(activation).__name__))
