"""Models made of layers: MLP and Sequential, recurrent cell, convolution (E10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import index
from random import Random
from typing import Any

from autodiff import Value
from autodiff.arrays import in_order

from ._checks import Example, Seed, example, generator, quantity, several, size
from .activations import Activation, LayerActivation, activation_named
from .initializers import Initializer, InitializerName
from .layers import Layer, Neuron, name_of
from .module import Module, outputs_of, takes_sequences

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autodiff.typed import Operator

    class Outputs(Value, list[Value]):  # type: ignore[misc]
        """A Value or a list of them, as the net has one output or more: type checkers take it for either."""

        __add__: Operator[Any]  # not that of lists
        __mul__: Operator[Any]
        __rmul__: Operator[Any]
        __iadd__: Operator[Any]
        __imul__: Operator[Any]
        __lt__: Operator[Any]
        __le__: Operator[Any]
        __gt__: Operator[Any]
        __ge__: Operator[Any]


class Sequential(Module):
    """Layers, or any functions of a list, one after the other.

    >>> net = Sequential(Layer(2, 3, "tanh", seed=0), Layer(3, 1, seed=1))
    >>> len(net([1.0, -1.0])), len(net.parameters())
    (1, 13)
    >>> net
    Sequential(Layer(2 inputs, 3 neurons, tanh), Layer(3 inputs, 1 neuron, linear))
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        for layer in layers:
            if not callable(layer):
                raise TypeError(
                    f"Sequential takes one layer per argument: write Sequential(*layers), got {layer!r:.60}"
                )
        self.layers: list[Any] = list(layers)

    @property
    def takes_sequences(self) -> bool:  # type: ignore[override]
        """Whether the first layer takes sequences."""
        return bool(self.layers) and takes_sequences(self.layers[0])

    def activations(self, x: Sequence[Any]) -> list[tuple[Sequence[Any], Sequence[Any]]]:
        """[(z, a), ...] of each layer for one example, recorded anew (C6, C7).

        For an item that is not a Layer, z is its input.
        """
        found, a = [], example(x)
        for layer in self.layers:
            z, a = layer.sums_and_activations(a) if isinstance(layer, Layer) else (a, layer(a))
            found.append((z, a))
        return found

    def __call__(self, x: Example) -> Outputs:
        outputs: Any = example(x)
        for layer in self.layers:
            outputs = layer(outputs)
        return outputs  # type: ignore[no-any-return]

    def batch(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """The outputs for several examples, computed layer by layer: BatchNorm needs all rows at once."""
        found: list[Any] = [example(x) for x in rows]
        for layer in self.layers:
            found = list(outputs_of(layer, found))
        return found

    def __repr__(self) -> str:
        names = [repr(layer) if isinstance(layer, Module) else name_of(layer) for layer in self.layers]
        return f"{type(self).__name__}({', '.join(names)})"


class MLP(Sequential):
    """Multi-layer perceptron: each layer's outputs are the next layer's inputs.

    A call with one example returns a list of Values; with a single output, the Value itself. ValueError if an example
    has the wrong number of inputs or a name is unknown.

    Parameters
    ----------
    inputs : int
        Number of inputs of one example.
    sizes : list of int
        Number of neurons in each layer; the last is the number of outputs.
    activation : str, function, or a list of one for each hidden layer
        A name from ``ACTIVATIONS`` or a function of one number.
    output : str or function
        Activation of the last layer; ``"softmax"`` gives probabilities.
    bias, initializer, seed
        As for ``Neuron``. The same seed gives the same weights on every machine.

    Examples
    --------
    >>> net = MLP(2, [4, 1], seed=0)
    >>> net
    MLP(2-4-1, tanh, linear, 17 parameters)
    >>> type(net([0.0, 1.0])).__name__
    'Value'
    """

    layers: list[Layer]

    def __init__(
        self, inputs: int, sizes: Sequence[int], activation: Activation | Sequence[Activation] = "tanh",
        output: LayerActivation = "linear", bias: bool = True, initializer: InitializerName | Initializer = "uniform",
        seed: Seed = None
    ) -> None:  # fmt: skip
        given = f"{sizes!r:.20}, {activation}" if isinstance(activation, int) else f"{sizes!r:.20}"
        random, widths = generator(seed), [inputs, *several("sizes", sizes, f"MLP({inputs!r:.20}, [{given}])")]
        if len(widths) < 2:
            raise ValueError(f"a net needs a layer: write MLP({inputs!r:.20}, [4, 1]); the last is the outputs")
        chosen = [*hidden_activations(activation, len(widths) - 2), output]
        pairs = zip(pairwise(widths), chosen)
        super().__init__(*[Layer(n, m, activation, bias, initializer, random) for (n, m), activation in pairs])
        self.seed = None if isinstance(seed, Random) else seed
        if self.seed is not None and hasattr(self.seed, "__index__"):
            self.seed = index(self.seed)  # JSON cannot store a NumPy integer
        self.make = inputs, sizes, activation, output, bias, initializer
        # Labels as in the lectures: W1_0_2 connects input 2 to unit 0 of layer 1.
        for k, layer in enumerate(self.layers, 1):
            for i, neuron in enumerate(layer.neurons):
                for j, w in enumerate(neuron.w):
                    w.label = f"W{k}_{i}_{j}"
                if type(neuron.b) is Value:
                    neuron.b.label = f"b{k}_{i}"

    def clone(self, seed: Seed = None) -> MLP:
        """A net of the same architecture with weights from another seed.

        >>> net = MLP(2, [4, 1], "relu", seed=0)
        >>> net.clone(seed=1)
        MLP(2-4-1, relu, linear, 17 parameters)
        """
        return type(self)(*self.make, seed=seed)

    @classmethod
    def from_matrices(
        cls, matrices: Sequence[Any], activation: Activation | Sequence[Activation] = "tanh",
        output: LayerActivation = "linear", bias: bool = True
    ) -> MLP:  # fmt: skip
        """A net with given weights: one matrix per layer, one row per neuron, the bias (if any) in column 0 (E).

        A layer of one neuron may be given as a single row.

        >>> both = MLP.from_matrices([[-30, 20, 20]], output="sigmoid")  # E2
        >>> round(both([1, 1]).data, 4), round(both([0, 1]).data, 4)
        (1.0, 0.0)
        """
        given = [[in_order("a row", row) for row in in_order("a matrix", matrix)] for matrix in matrices]
        layers: list[Any] = [rows if hasattr(rows[0], "__len__") else [rows] for rows in given]
        inputs = len(layers[0][0]) - bias
        net = cls(inputs, [len(rows) for rows in layers], activation, output, bias, "zeros")
        for layer, rows in zip(net.layers, layers):
            for neuron, row in zip(layer.neurons, rows):
                parameters = [neuron.b, *neuron.w] if bias else neuron.w
                if len(row) != (size := len(parameters)):
                    raise ValueError(f"a row of weights for {neuron!r} must have {size} numbers, got {len(row)}")
                for parameter, number in zip(parameters, row):
                    parameter.data = number
        return net

    def __call__(self, x: Example) -> Outputs:
        outputs = super().__call__(x)
        return outputs[0] if len(outputs) == 1 else outputs  # type: ignore[return-value]

    @property
    def sizes(self) -> list[int]:
        """The number of inputs, then of neurons in each layer, such as [2, 4, 1]."""
        return [len(self.layers[0].neurons[0].w), *[len(layer.neurons) for layer in self.layers]]

    def __repr__(self) -> str:
        names = ", ".join([layer.activation_name for layer in self.layers])
        return f"MLP({'-'.join(map(str, self.sizes))}, {names}, {quantity(len(self.parameters()), 'parameter')})"


def hidden_activations(activation: Any, hidden: int) -> list[Any]:
    """The activation of each hidden layer, from one for all layers or a list."""
    if not isinstance(activation, (list, tuple)):
        activation_named(activation)  # check the name even if there is no hidden layer
        return [activation] * hidden
    if len(activation) != hidden:
        raise ValueError(f"expected {quantity(hidden, 'activation')}, one per hidden layer, got {len(activation)}")
    return list(activation)


class RecurrentCell(Module):
    """h <- activation(W [x, h] + b): one layer whose previous outputs are further inputs.

    A call with a sequence of examples returns the last h; ``states`` returns all of them. h starts at 0.

    >>> cell = RecurrentCell(1, 2, seed=0)
    >>> len(cell.parameters()), len(cell([[1.0], [0.0], [1.0]]))
    (8, 2)
    """

    takes_sequences = True

    def __init__(self, inputs: int, hidden: int, activation: Activation = "tanh", seed: Seed = None) -> None:
        self.layer = Layer(size(inputs) + size(hidden), hidden, activation, seed=seed)

    def states(self, sequence: Sequence[Example], start: Sequence[Any] | None = None) -> list[list[Value]]:
        """[h1, h2, ...]: the hidden state after each example of the sequence."""
        h, found = list(start or [0.0] * len(self.layer.neurons)), []
        for x in in_order("a sequence", sequence):
            h = self.layer([*example(x), *h])
            found.append(h)
        return found

    def __call__(self, sequence: Sequence[Example]) -> list[Value]:
        return self.states(sequence)[-1]


class Convolution(Module):
    """One neuron that slides along a list, applied to ``width`` neighbors at a time.

    >>> edges = Convolution(2, seed=0)
    >>> edges.load_state_dict({"neuron.w.0": -1.0, "neuron.w.1": 1.0, "neuron.b": 0.0})
    >>> [out.data for out in edges([0.0, 0.0, 1.0, 1.0])]
    [0.0, 1.0, 0.0]
    """

    def __init__(self, width: int, activation: Activation = "linear", bias: bool = True, seed: Seed = None) -> None:
        self.neuron = Neuron(size(width, "width"), activation, bias, seed=generator(seed))

    def tensors(self) -> dict[str, Any]:
        biases = {"bias": [self.neuron.b]} if type(self.neuron.b) is Value else {}
        return {"weight": [[self.neuron.w]]} | biases

    def __call__(self, x: Example) -> list[Value]:
        x, width = example(x), len(self.neuron.w)
        if len(x) < width:
            raise ValueError(f"a convolution of width {width} needs at least {width} numbers, got {len(x)}")
        return [self.neuron(x[i : i + width]) for i in range(len(x) - width + 1)]
