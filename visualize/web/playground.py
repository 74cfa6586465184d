"""playground(): a net and its examples as data, and the page that trains it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import index
from random import Random
from typing import Any, NamedTuple

from autodiff import Value, relu, show, sigmoid, tanh
from autodiff.arrays import in_order
from autodiff.flat import Program, javascript, lower

from .._text import clean, escape
from .document import Page, data, mathml, script, section, table

ACTIVATIONS = {gate.name: gate for gate in (tanh, sigmoid, relu)}
STARTS = 8


class Objective(NamedTuple):
    """A loss, and what it is to bring each example's outputs to: a number for each output."""

    name: str
    cost: Callable[[list[Any], list[Any]], Any]
    targets: list[list[float]]


class Variant(NamedTuple):
    """The model with one activation in its hidden layers: a program for each loss, and one for all units' outputs."""

    activation: str
    losses: list[Program]  # of one example, with their gradients
    units: Program


class Network:
    """A model with layers of neurons, examples and targets.

    The model has ``named_parameters()`` and ``layers`` that are called one after the other; neurons have ``w``, ``b``
    and ``activation``. Losses, functions (outputs, target) -> Value, and activations of the hidden layers are there to
    choose among.
    """

    def __init__(
        self,
        model: Any,
        X: Sequence[Sequence[float]],
        Y: Sequence[Any],
        losses: Sequence[Any] = (),
        activations: Mapping[str, Callable[[Any], Any]] = ACTIVATIONS,
    ) -> None:
        self.model = model
        self.named: list[tuple[str, Value]] = checked(model)
        self.X = [[Value(x).data for x in in_order("an example", row)] for row in in_order("X", X)]
        Y = list(in_order("Y", Y))
        if not self.X or len(self.X) != len(Y):
            raise ValueError(f"expected a target for each example, got {len(self.X)} examples and {len(Y)} targets")
        outputs = len(listed(model(self.X[0])))
        self.objectives = [objective(loss, Y, outputs) for loss in losses or [squared_error]]
        for name, activation in activations.items():
            try:
                activation(Value(0.5))
            except TypeError as error:
                raise TypeError(f"activation {name!r} is no function of one number: {activation!r:.60}") from error
        self.variants = list(self.made(activations))

    # --- Programs ------------------------------------------------------------------------------

    def made(self, activations: Mapping[str, Callable[[Any], Any]]) -> Iterator[Variant]:
        """The programs of the model as it is, then with each of these activations in its hidden layers."""
        neurons = [neuron for layer in self.model.layers[:-1] for neuron in getattr(layer, "neurons", ())]
        own = [neuron.activation for neuron in neurons]
        name = clean(str(getattr(self.model.layers[0], "activation_name", "as given")), 40)  # of the first hidden layer
        yield self.variant(name)
        if not neurons:
            return
        try:
            for other, activation in activations.items():
                if other != name:
                    for neuron in neurons:
                        neuron.activation = activation
                    yield self.variant(clean(other, 40))
        finally:
            for neuron, activation in zip(neurons, own):
                neuron.activation = activation

    def variant(self, activation: str) -> Variant:
        """The programs of the model as it is now."""
        x = [Value(0.5, f"x{i}") for i in range(len(self.X[0]))]
        parameters = [parameter for _, parameter in self.named]
        losses = []
        for objective in self.objectives:
            t = [Value(0.0, f"t{i}") for i in range(len(objective.targets[0]))]
            loss = objective.cost(listed(self.model(x)), t)
            if type(loss) is not Value:
                raise TypeError(f"the loss is one Value, got {type(loss).__name__}: {loss!r:.60}")
            losses.append(lower(loss, [*x, *t], parameters, wrt=parameters, roll=False))
        units, a = [], list(x)
        for layer in self.model.layers:
            a = listed(layer(a))
            units += a
        return Variant(activation, losses, lower(units, x, parameters, wrt=(), roll=False))

    def programs(self) -> tuple[dict[str, str], list[str]]:
        """The programs as JavaScript functions, and what they call: units_0 of a row, loss_0_0 of many, ..."""
        texts = {}
        for i, variant in enumerate(self.variants):
            texts[f"units_{i}"] = javascript.text(variant.units, f"units_{i}")
            for k, loss in enumerate(variant.losses):
                texts[f"loss_{i}_{k}"] = javascript.rows_text(loss, f"loss_{i}_{k}")
        return texts, javascript.definitions(program for v in self.variants for program in (v.units, *v.losses))

    # --- Plain data ----------------------------------------------------------------------------

    def layers(self) -> list[list[dict[str, Any]]]:
        """For each layer its units: the places of their weights and of their bias among the parameters."""
        place = {parameter: i for i, (_, parameter) in enumerate(self.named)}
        layers, a = [], list(self.X[0])
        for layer in self.model.layers:
            a = listed(layer(a))
            neurons = getattr(layer, "neurons", None) or [None] * len(a)
            layers.append([
                {"weights": [place.get(w) for w in neuron.w] if neuron else [],
                 "bias": place.get(neuron.b) if neuron and type(neuron.b) is Value else None} for neuron in neurons
            ])  # fmt: skip
        return layers

    def starts(self) -> list[list[float]]:
        """Eight starting points: the model as it is, then weights uniform(-1, 1) and biases 0."""
        own = [parameter.data for _, parameter in self.named]
        units = [unit for layer in self.layers() for unit in layer]
        weights = {place for unit in units for place in unit["weights"]}
        biases = {unit["bias"] for unit in units}
        found = [own]
        for seed in range(1, STARTS):
            draw = Random(seed).uniform
            found.append([
                draw(-1.0, 1.0) if i in weights else 0.0 if i in biases else number for i, number in enumerate(own)
            ])  # fmt: skip
        return found

    def as_dict(self) -> dict[str, Any]:
        """All that the page's script knows of the net."""
        return {
            "inputs": len(self.X[0]),
            "layers": self.layers(),
            "parameters": [name for name, _ in self.named],
            "starts": self.starts(),
            "X": self.X,
            "losses": [{"name": name, "targets": targets} for name, _, targets in self.objectives],
            "activations": [variant.activation for variant in self.variants],
            "model": clean(repr(self.model), 120),
        }


def checked(model: Any) -> list[tuple[str, Value]]:
    """The model's named parameters; TypeError where it is no model of layers."""
    for name in ("named_parameters", "layers", "__call__"):
        if not hasattr(model, name):
            raise TypeError(
                f"playground takes a model with layers, such as nn.MLP; {type(model).__name__} has no {name}"
            )
    for layer in model.layers:
        if reason := getattr(layer, "in_training", ""):
            raise TypeError(f"{layer!r:.60} {reason} in training, which a page cannot: show a net without it")
    return list(model.named_parameters())


def objective(loss: Any, Y: Sequence[Any], outputs: int) -> Objective:
    """The loss, whether a function or an object with ``cost``, with its targets."""
    cost, encode = getattr(loss, "cost", loss), getattr(loss, "encode", encoded)
    if not callable(cost):
        raise TypeError(f"a loss is a function (outputs, target) -> Value, got {loss!r:.60}")
    name = clean(str(getattr(loss, "name", None) or getattr(loss, "__name__", "loss")), 40)
    return Objective(name, cost, [[float(t) for t in encode(in_order("a target", y), outputs)] for y in Y])


def listed(outputs: Any) -> list[Any]:
    """The outputs as a list, also of a model that gives a bare Value."""
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def squared_error(outputs: Sequence[Any], target: Sequence[Any]) -> Any:
    """(y1 - t1)^2 + (y2 - t2)^2 + ..."""
    differences = [y - t for y, t in zip(outputs, target)]
    return sum([difference * difference for difference in differences])


def encoded(target: Any, outputs: int) -> list[float]:
    """The target as a number for each output; a class among several becomes 1 at its place."""
    if hasattr(target, "__len__"):
        numbers = [Value(t).data for t in target]
    else:
        numbers = [float(target)] if outputs == 1 else [float(i == target) for i in range(outputs)]
    if len(numbers) != outputs:
        raise ValueError(f"expected a target of {outputs} numbers, one for each output, got {len(numbers)}")
    return numbers


MANY = 200  # of more examples or weights only so many are written out


def playground(
    model: Any,
    X: Sequence[Sequence[float]],
    Y: Sequence[Any],
    *,
    loss: Any = None,
    activations: Mapping[str, Callable[[Any], Any]] = ACTIVATIONS,
    learning_rate: float = 0.1,
    batch_size: int | None = None,
    title: str = "",
) -> Page:
    """A page in which a net trains: decision surface, weights, gradients and activations change as one watches.

    Parameters
    ----------
    model
        An ``nn.MLP``, or whatever is called with an example and has ``named_parameters()`` and ``layers`` of neurons.
        It is left as it is.
    X, Y : sequence
        The examples and their targets.
    loss : function (outputs, target) -> Value, or a list of them, optional
        Such as ``nn.binary_cross_entropy``, or ``nn.LOSSES["hinge"]``, which reads targets in its own way. Of several
        one is chosen in the page. By default the squared error.
    activations : mapping of str to function
        What the hidden layers may have in the page besides the activation that they have, by name, such as
        ``{"elu": nn.ACTIVATIONS["elu"]}``. By default tanh, sigmoid and relu.
    learning_rate : float
        Of gradient descent; it can be changed in the page.
    batch_size : int, optional
        Examples a step; by default all.
    title : str
        The heading.

    Returns
    -------
    Page
        ``save("name.html")`` writes it: one file, which needs no network and no server.

    Raises
    ------
    TypeError
        If the model, a loss or an activation is none of these.
    ValueError
        If examples and targets do not fit.

    Examples
    --------
    >>> from nn import MLP, truth_table
    >>> from visualize import playground
    >>> playground(MLP(2, [4, 1], seed=0), *truth_table("xor"))
    <page "Training MLP(2-4-1, tanh, linear, 17 parameters)": .save("name.html") keeps it>
    """
    losses = loss if isinstance(loss, (list, tuple)) else [] if loss is None else [loss]
    network = Network(model, X, Y, losses, activations)
    batch = len(network.X) if batch_size is None else index(batch_size)
    if not 1 <= batch <= len(network.X):
        raise ValueError(f"a mini-batch has 1 to {len(network.X)} examples, got {batch_size}")
    heading = clean(title, 120) or f"Training {clean(repr(model), 80)}"
    known = {**network.as_dict(), "learning_rate": float(learning_rate), "batch_size": batch}
    words = escape("loss " + " or ".join([objective.name for objective in network.objectives]))
    lines = [
        '<section class="playground" id="playground" aria-labelledby="playground-title">',
        f'<header><h1 id="playground-title">{escape(heading)}</h1>',
        f"<p><code>{escape(known['model'])}</code>, {words}, {len(network.X)} examples</p></header>",
        '<div class="still"><noscript><p>To train the net here, allow scripts for this file.</p></noscript>',
        f"{still(network)}</div>",
        script(known),
        "</section>",
    ]
    return Page(heading, "\n".join(lines), *network.programs())


def still(network: Network) -> str:
    """What there is to see without a script: outputs, weights, and the code of one training step."""
    examples = []
    for x, t in list(zip(network.X, network.objectives[0].targets))[:MANY]:
        outputs = [float(getattr(y, "data", y)) for y in listed(network.model(x))]
        examples.append([", ".join(map(show, part)) for part in (x, t, outputs)])
    weights = [[mathml(name), data(parameter.data, None)] for name, parameter in network.named[:MANY]]
    code = escape(str(network.variants[0].losses[0]))
    parts = [
        section("examples", "Examples", table(["example", "target", "output"], examples)),
        section("weights", "Weights", table(["parameter", "value"], weights)),
        section("code", "Loss and gradients of one example", f'<pre tabindex="0"><code>{code}</code></pre>'),
    ]
    return "\n".join(parts)
