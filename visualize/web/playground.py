"""playground(): a page that trains a net, from the net and its examples as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from operator import index
from typing import Any, NamedTuple

from autodiff import Value, softmax, variables
from autodiff.arrays import in_order
from autodiff.flat import Program, javascript, lower
from autodiff.formula import show

from .._text import clean, escape
from .document import Page, data, json_script, mathml, section, table
from .gates import gates
from .written import module

SETS = "moons", "circles", "spirals", "blobs", "rectangle"  # functions of nn, as their gates
MOST_EXAMPLES = 2000  # in a page of a training on the command line
GATES = "and", "or", "xor", "nand", "nor", "xnor"
COMMON = (  # losses, each with the last layer's activation: of one output, and of several
    {"squared_error": "linear", "binary_cross_entropy": "sigmoid", "hinge": "linear"},
    {"cross_entropy": "softmax", "squared_error": "linear"},
)
Joint = Callable[[list[Any]], list[Any]]


class Head(NamedTuple):
    """A loss, the last layer's activation, and the numbers that stand for targets."""

    loss: Any
    activation: str  # of the last layer
    outputs: Joint | None  # from the last layer's sums; None if the model is not a plain MLP
    codes: list[list[float]]  # of each class
    given: list[list[float]] | None  # of each distinct target, unless targets are classes


class Network:
    """A model with layers of neurons, examples and targets.

    The page can change the layers of a plain ``nn.MLP``; another model keeps its layers and is written as programs.
    """

    def __init__(
        self,
        model: Any,
        X: Sequence[Sequence[float]],
        Y: Sequence[Any],
        losses: Sequence[Any] = (),
        activations: Mapping[str, Callable[[Any], Any]] | None = None,
    ) -> None:
        from nn.activations import ACTIVATIONS
        from nn.losses import loss_named

        self.model = model
        self.named: list[tuple[str, Value]] = check_model(model)
        self.X = [[Value(x).data for x in in_order("an example", row)] for row in in_order("X", X)]
        Y = [target_numbers(y) for y in in_order("Y", Y)]
        if not self.X or len(self.X) != len(Y):
            raise ValueError(f"expected a target for each example, got {len(self.X)} examples and {len(Y)} targets")
        outputs = self.outputs = len(as_list(model(self.X[0])))
        self.plain = is_plain(model, [parameter for _, parameter in self.named])
        if activations is None:
            activations = dict(islice(ACTIVATIONS.items(), 5))  # those of the lectures
        for name, function in activations.items():
            try:
                function(Value(0.5))
            except TypeError as error:
                raise TypeError(f"activation {name!r} is not a function of one number: {function!r:.60}") from error
        self.activations: dict[str, Any] = {clean(name, 40): function for name, function in activations.items()}
        self.hidden = [self.register(layer) for layer in reversed(model.layers[:-1])][::-1]
        if self.hidden and self.hidden[0] not in self.activations:
            self.activations = {self.hidden[0]: None} | self.activations
        kinds = range(max(outputs, 2))
        classes = all(y in kinds for y in Y)
        self.distinct = list(kinds) if classes else list(dict.fromkeys(Y))
        self.labels = [self.distinct.index(y) for y in Y]
        last = model.layers[-1]
        output = joint(softmax if last.joint else last.neurons[0].activation) if self.plain else None
        own = clean(str(getattr(last, "activation_name", "")), 40), output
        self.heads = {outputs: [self.head(loss_named(loss), outputs, *own) for loss in losses or ["squared_error"]]}
        for count in sorted({outputs, 1, 3}) if self.plain else ():
            heads = self.heads.setdefault(count, [])
            for name, activation in COMMON[count > 1].items():
                if name not in [head.loss.name for head in heads]:
                    outputs_of = joint(ACTIVATIONS.get(activation, softmax))
                    try:
                        heads.append(self.head(loss_named(name), count, activation, outputs_of))
                    except ValueError:  # this loss does not fit the targets
                        continue
        self.variants = [] if self.plain else list(self.variant_programs())

    def register(self, layer: Any) -> str:
        """Add a layer's activation; return the name that the page gives it."""
        name = clean(str(getattr(layer, "activation_name", "as given")), 40)
        if neurons := getattr(layer, "neurons", ()):
            function = neurons[0].activation
            while self.activations.get(name, function) is not function:
                name += "'"
            self.activations = {name: function} | self.activations
        return name

    def head(self, loss: Any, outputs: int, activation: str, output: Joint | None) -> Head:
        """The head of a loss for this number of outputs."""
        codes = [encode_target(loss, kind, outputs) for kind in range(max(outputs, 2))]
        own = outputs == self.outputs and type(self.distinct[0]) is not int
        given = [encode_target(loss, y, outputs) for y in self.distinct] if own else None
        return Head(loss, activation, output, codes, given)

    # --- Programs ------------------------------------------------------------------------------

    def variant_programs(self) -> Iterator[list[Program]]:
        """The programs of a model that is not a plain MLP: as given, then with each other hidden activation."""
        neurons = [neuron for layer in self.model.layers[:-1] for neuron in getattr(layer, "neurons", ())]
        own = [neuron.activation for neuron in neurons]
        heads = self.heads[self.outputs]
        yield [self.units_program(), *map(self.loss_program, heads)]
        try:
            for activation in [*self.activations.values()][1:] if neurons else ():
                for neuron in neurons:
                    neuron.activation = activation
                yield [self.units_program(), *map(self.loss_program, heads)]
        finally:
            for neuron, activation in zip(neurons, own):
                neuron.activation = activation

    def loss_program(self, head: Head) -> Program:
        """The loss of one example with its gradients, for the model as it is now."""
        x, t = leaves("x", len(self.X[0])), leaves("t", len(head.codes[0]))
        parameters = [parameter for _, parameter in self.named]
        loss = record_loss(head.loss, as_list(self.model(x)), t)
        program: Program = lower(loss, [*x, *t], parameters, wrt=parameters, roll=False)
        return program

    def units_program(self) -> Program:
        """The outputs of all units for one example, for the model as it is now."""
        x = leaves("x", len(self.X[0]))
        units, a = [], list(x)
        for layer in self.model.layers:
            a = as_list(layer(a))
            units += a
        program: Program = lower(units, x, [parameter for _, parameter in self.named], wrt=(), roll=False)
        return program

    def programs(self) -> tuple[dict[str, str], list[str]]:
        """The programs as JavaScript functions by name, and the functions that they call."""
        texts, programs = {}, []

        def write(name: str, program: Program, of: Callable[[Program, str], str] = javascript.text) -> None:
            texts[name] = of(program, name)
            programs.append(program)

        for name, program in updates():
            write(f"update_{name}", program)
        for i, (units, *losses) in enumerate(self.variants):
            write(f"units_{i}", units)
            for k, loss in enumerate(losses):
                write(f"loss_{self.outputs}_{k}_{i}", loss, javascript.rows_text)
        for i, activation in enumerate(self.activations.values()) if self.plain else ():
            z = leaves("z", 1)
            write(f"value_{i}", lower([activation(*z)], z, wrt=(), roll=False))
            write(f"slope_{i}", lower(activation(*z), z, roll=False))
        for outputs, heads in self.heads.items() if self.plain else ():
            for k, head in enumerate(heads):
                z, t = leaves("z", outputs), leaves("t", outputs)
                y = head.outputs(z) if head.outputs else z
                write(f"outputs_{outputs}_{k}", lower(y, z, wrt=(), roll=False))
                write(f"loss_{outputs}_{k}", lower(record_loss(head.loss, y, t), [*z, *t], wrt=z, roll=False))
        return texts, javascript.definitions(programs)

    def gates(self, known: Mapping[str, Any]) -> set[str]:
        """The gates that graphs of any net and its loss may have."""
        heads = [head["gates"] for heads in known["heads"].values() for head in heads]
        return {"dot"} | {gate for found in [*known["gates"].values(), *heads] for gate, _ in found["gates"]}

    def of_sums(self, head: Head) -> Any:
        """The gates from the last layer's sums and the target to the loss."""
        if not self.plain:
            return None
        size = len(head.codes[0])
        return gates(lambda z, t: record_loss(head.loss, head.outputs(z) if head.outputs else z, t), size, size)

    # --- Plain data ----------------------------------------------------------------------------

    def layers(self) -> list[list[dict[str, Any]]]:
        """For each layer its units: the indices of weights and bias among the parameters."""
        place = {parameter: i for i, (_, parameter) in enumerate(self.named)}
        layers, a = [], list(self.X[0])
        for layer in self.model.layers:
            a = as_list(layer(a))
            neurons = getattr(layer, "neurons", None) or [None] * len(a)
            layers.append([
                {"weights": [place.get(w) for w in neuron.w] if neuron else [],
                 "bias": place.get(neuron.b) if neuron and type(neuron.b) is Value else None} for neuron in neurons
            ])  # fmt: skip
        return layers

    def as_dict(self) -> dict[str, Any]:
        """The data of the page's script."""
        from nn.initializers import INITIALIZERS
        from nn.losses import classes

        layers = self.layers()
        return {
            "plain": self.plain,
            "inputs": len(self.X[0]),
            "outputs": self.outputs,
            "sizes": [len(self.X[0]), *map(len, layers)],
            "bias": layers[0][0]["bias"] is not None,
            "layers": None if self.plain else layers,
            "parameters": [] if self.plain else [name for name, _ in self.named],
            "start": [parameter.data for _, parameter in self.named],
            "initializers": list(INITIALIZERS),
            "gates": {name: gates(activation) for name, activation in self.activations.items()} if self.plain else {},
            "X": self.X,
            "labels": self.labels,
            "classes": type(self.distinct[0]) is int,
            "heads": {
                outputs: [
                    {"name": clean(head.loss.name, 40), "activation": head.activation, "codes": head.codes,
                     "loss": f"loss_{outputs}_{k}",
                     "outputs": f"outputs_{outputs}_{k}", "given": head.given, "gates": self.of_sums(head),
                     "takes_classes": head.loss.encode is classes} for k, head in enumerate(heads)
                ] for outputs, heads in self.heads.items()
            },
            "activations": list(self.activations)[: len(self.variants) or None],
            "optimizers": [{"name": name, "rate": optimizer.learning_rate, "decay": optimizer.weight_decay,
                            "states": optimizer.states} for name, optimizer in optimizers()],
            "drawn": SETS,
            "sets": ["given", *SETS, *GATES, "own"] if self.plain else ["given"],
            "model": clean(repr(self.model), 120),
        }  # fmt: skip


def optimizers() -> list[tuple[str, Any]]:
    """Each optimizer of nn by name."""
    from nn.optim import OPTIMIZERS, optimizer_named

    return [(name, optimizer_named(name, [Value(0.0)])) for name in OPTIMIZERS]


def updates() -> Iterator[tuple[str, Program]]:
    """For each optimizer: (parameter, gradient, rate, step, decay, states) -> the new parameter and states."""
    for name, optimizer in optimizers():
        names = ("parameter", "gradient", "learning_rate", "step", "decay", *optimizer.states)
        inputs = parameter, gradient, rate, step, decay, *state = variables(**dict.fromkeys(names, 1.0))
        optimizer.weight_decay = decay
        new = optimizer.update(*optimizer.decayed(parameter, gradient, rate), rate, step, *state)
        yield name, lower(list(new), list(inputs), wrt=(), roll=False)


def check_model(model: Any) -> list[tuple[str, Value]]:
    """The model's named parameters; TypeError if the model has no layers or a page cannot train it."""
    for name in ("named_parameters", "layers", "__call__"):
        if not hasattr(model, name):
            raise TypeError(
                f"playground takes a model with layers, such as nn.MLP; {type(model).__name__} has no {name}"
            )
    for layer in model.layers:
        if reason := getattr(layer, "in_training", ""):
            raise TypeError(f"{layer!r:.60} {reason} in training, which a page cannot do: show a net without it")
    return list(model.named_parameters())


def is_plain(model: Any, parameters: list[Value]) -> bool:
    """Whether it is an MLP whose layers a page can change: no shared weights, one activation per layer."""
    from nn import MLP, Layer

    if type(model) is not MLP or not all(type(layer) is Layer for layer in model.layers):
        return False
    neurons = [neuron for layer in model.layers for neuron in layer.neurons]
    own = [x for neuron in neurons for x in (*neuron.w, neuron.b) if type(x) is Value]
    alike = all(len({neuron.activation for neuron in layer.neurons}) == 1 for layer in model.layers)
    biased = len({type(neuron.b) is Value for neuron in neurons}) == 1
    return own == parameters and alike and biased and not any(layer.joint for layer in model.layers[:-1])


def joint(activation: Callable[[Any], Any]) -> Joint:
    """The function from a last layer's sums to its outputs."""
    return softmax if activation is softmax else lambda z: [activation(x) for x in z]


def leaves(name: str, count: int) -> list[Value]:
    """Values called name0, name1, ..."""
    return [Value(0.5, f"{name}{i}") for i in range(count)]


def record_loss(loss: Any, outputs: list[Any], target: list[Value]) -> Value:
    """The loss of one example as a Value."""
    cost = loss.cost(outputs, target)
    if type(cost) is not Value:
        raise TypeError(f"the loss must return one Value, got {type(cost).__name__}: {cost!r:.60}")
    return cost


def as_list(outputs: Any) -> list[Any]:
    """The outputs of a model as a list, even a single Value."""
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def target_numbers(target: Any) -> float | tuple[float, ...]:
    """A target as plain numbers; a one-hot target as its class."""
    target = in_order("a target", target)
    if not hasattr(target, "__len__"):
        return float(Value(target).data)
    numbers = tuple(Value(t).data for t in target)
    one_hot = len(numbers) > 1 and sorted(numbers) == [*[0.0] * (len(numbers) - 1), 1.0]
    return float(numbers.index(1.0)) if one_hot else numbers


def encode_target(loss: Any, target: Any, outputs: int) -> list[float]:
    """The target as one number per output; a class of several becomes one-hot."""
    from nn.losses import classes, one_hot

    bare = outputs == 1 or loss.encode is classes
    target = list(target) if type(target) is tuple else target if bare else one_hot(target, outputs)
    return [float(t) for t in loss.encode(target, outputs)]


MANY = 200  # examples and weights that are written out


def playground(
    model: Any,
    X: Sequence[Sequence[float]],
    Y: Sequence[Any],
    *,
    loss: Any = None,
    activations: Mapping[str, Callable[[Any], Any]] | None = None,
    optimizer: str = "sgd",
    learning_rate: float | None = None,
    batch_size: int | None = None,
    test_data: Sequence[Any] | None = None,
    features: Sequence[str] = (),
    classes: Sequence[str] = (),
    title: str = "",
    graph: bool = True,
) -> Page:
    """A page that trains a net and shows its decision surface, weights, gradients and activations at every step.

    The page can change a plain ``nn.MLP`` in every way: data, layers, loss, optimizer. It trains as ``fit`` does, in
    the same order with the same numbers.

    Parameters
    ----------
    model
        An ``nn.MLP``, or another model that is called with an example and has ``named_parameters()`` and ``layers`` of
        neurons. It is not changed.
    X, Y : sequence
        The examples and their targets.
    loss : str or function (outputs, target) -> Value, or a list of them, optional
        A name from ``nn.losses.LOSSES``, or your own; the page offers a choice of several. Default: squared error.
    activations : mapping of str to function
        Further choices for the hidden layers, by name, such as ``{"elu": nn.activations.ACTIVATIONS["elu"]}``. Default:
        linear, tanh, sigmoid, relu and leaky_relu.
    optimizer : str
        A name from ``nn.optim.OPTIMIZERS``.
    learning_rate : float, optional
        Default: that of the optimizer.
    batch_size : int, optional
        Examples per step. Default: all.
    test_data : (X, Y), optional
        Examples that are held out from training.
    features, classes : sequence of str
        Names of the inputs and the classes, such as ``classes=["setosa", "versicolor", "virginica"]``.
    title : str
        The heading. Default: the model, as it is chosen in the page.
    graph : bool
        Whether the page can show the graph of an example, which adds 40 kB to its compressed size.

    Returns
    -------
    Page
        ``save("name.html")`` writes one file that needs neither network nor server.

    Raises
    ------
    TypeError
        If the model, a loss or an activation has the wrong type.
    ValueError
        If the numbers of examples and targets differ, or a name or number is not valid.

    Notes
    -----
    The address keeps all settings, ``xor.html#data=moons&noise=0.2&hidden=8,8&optimizer=adam&rate=0.03``, and added
    points, ``own=x_y_class,...``. A teacher's link can hide parts: ``&hide=controls,examples`` (data, layers, learning,
    start, or controls for all four; net, surface, loss, examples, weights, doctor, graph, seeds, python). Space trains
    and pauses, the right arrow or a clicker takes one step, Home rewinds, F fills the screen.

    For an MLP the page also shows what ``nn.diagnose`` finds, with remedies as buttons; the graph of the chosen example
    with one update step by step; twelve starts side by side; and the Python code that repeats the run.

    Examples
    --------
    >>> from nn import MLP, truth_table
    >>> from visualize import playground
    >>> playground(MLP(2, [4, 1], seed=0), *truth_table("xor"))
    <page "Training MLP(2-4-1, tanh, linear, 17 parameters)": .save("name.html") keeps it>
    """
    from nn.optim import optimizer_named

    losses = loss if isinstance(loss, (list, tuple)) else [] if loss is None else [loss]
    train, held = list(in_order("X", X)), [list(in_order("test_data", part)) for part in test_data or ([], [])]
    network = Network(model, [*train, *held[0]], [*in_order("Y", Y), *held[1]], losses, activations)
    batch = len(train) if batch_size is None else index(batch_size)
    if not 1 <= batch <= len(train):
        raise ValueError(f"batch_size is from 1 to {len(train)} examples, got {batch_size}")
    outputs = max(network.outputs, 2)
    for thing, names, wanted in (("features", features, len(network.X[0])), ("classes", classes, outputs)):
        if len(names) not in (0, wanted):
            raise ValueError(f"expected a name for each of {wanted} {thing}, got {len(names)}")
    chosen = optimizer_named(optimizer, [Value(0.0)], learning_rate)
    heading = clean(title, 120) or f"Training {clean(repr(model), 80)}"
    known, start = network.as_dict(), model.make[5] if network.plain else ""
    config = {
        "data": "given", "examples": 200, "noise": 0.1, "test": round(len(held[0]) / len(network.X), 2),
        "hidden": known["sizes"][1:-1], "activation": network.hidden,
        "loss": known["heads"][network.outputs][0]["name"], "optimizer": optimizer, "rate": chosen.learning_rate,
        "batch": 0 if batch == len(train) else batch, "decay": chosen.weight_decay,
        "seed": getattr(model, "seed", None) or 0, "draw": 0,
        "initializer": start if type(start) is str else "uniform",
        "speed": 0, "chosen": min(1, len(train) - 1), "hide": "", "own": [],
    }  # fmt: skip
    naming = {"features": [clean(x, 20) for x in features] or None, "classes": [clean(x, 20) for x in classes] or None}
    known |= {"naming": naming, "train": len(train), "config": config, "titled": bool(title)}
    summary = f"{config['loss'].replace('_', ' ')}, {optimizer}, learning rate {show(chosen.learning_rate)}"
    lines = [
        '<section class="playground" id="playground" aria-labelledby="playground-title">',
        f'<header><h1 id="playground-title">{escape(heading)}</h1>',
        f"<p><code>{escape(known['model'])}</code>, {escape(summary)}, {len(train)} examples</p></header>",
        '<div class="still"><noscript><p>To train the net here, allow scripts for this file.</p></noscript>',
        f"{static_content(network)}</div>",
        '<div class="panels"></div>' if network.plain else "",
        json_script(known),
        "</section>",
    ]
    gates = frozenset(network.gates(known)) if graph and network.plain else None
    rules = doctor_functions() if network.plain else {}
    return Page(heading, "\n".join(lines), *network.programs(), {"datasets": data_module()}, gates, rules)


def trial_page(trial: Any, title: str) -> Page:
    """The page that trains the net of an ``nn.cli.presets.Trial`` from its start, in the same way."""
    preset, held, examples = trial.preset, (trial.X_test, trial.Y_test), len(trial.X) + len(trial.X_test)
    if examples > MOST_EXAMPLES:
        raise ValueError(f"a page takes at most {MOST_EXAMPLES} examples, these are {examples}: leave out --page")
    return playground(
        trial.model, trial.X, trial.Y, loss=trial.loss, optimizer=preset.optimizer, test_data=held, title=title,
        learning_rate=preset.learning_rate, batch_size=preset.batch_size, classes=preset.classes,
        features=preset.columns.inputs if preset.columns else ()
    )  # fmt: skip


def preset_page(task: str, title: str = "") -> Page:
    """The page that trains the net of ``python -m nn TASK``."""
    from nn.cli.presets import PRESETS, Trial

    return trial_page(Trial(PRESETS[task]), title or task)


def doctor_functions() -> dict[str, Any]:
    """The functions and classes that examine a net, for translation."""
    from nn.doctor.case import Case, LayerFacts
    from nn.doctor.rules import findings

    return {"Case": Case, "LayerFacts": LayerFacts, "findings": findings}


@cache
def data_module() -> str:
    """The module that generates data, initial weights and the order of examples as Python does."""
    from nn import data
    from nn.initializers import INITIALIZERS

    wanted = [*SETS, "truth_table", "split", "whole_epochs"]
    functions = {name: getattr(data, name) for name in wanted}
    imports = 'import { Random } from "./random.js";\n'
    return module("datasets", imports, {}, set(), **functions, INITIALIZERS=INITIALIZERS)


def static_content(network: Network) -> str:
    """The page without scripts: outputs, weights, and the code of one training step."""
    head, examples = network.heads[network.outputs][0], []
    for x, label in list(zip(network.X, network.labels))[:MANY]:
        outputs = [float(getattr(y, "data", y)) for y in as_list(network.model(x))]
        examples.append([", ".join(map(show, part)) for part in (x, (head.given or head.codes)[label], outputs)])
    weights = [[mathml(name), data(parameter.data, None)] for name, parameter in network.named[:MANY]]
    code = escape(str(network.loss_program(head)))
    parts = [
        section("examples", "Examples", table(["example", "target", "output"], examples)),
        section("weights", "Weights", table(["parameter", "value"], weights)),
        section("code", "Loss and gradients of one example", f'<pre tabindex="0"><code>{code}</code></pre>'),
    ]
    return "\n".join(parts)
