"""diagnose: put the net, its examples and its run into plain numbers, and ask the rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isfinite, log
from random import Random
from typing import Any

from autodiff import Value
from autodiff.graph import sweep

from .._checks import Examples, Targets, several
from ..activations import ACTIVATIONS
from ..data import mean_and_deviation
from ..layers import Layer, Neuron
from ..losses import AnyLoss, Loss, as_list, loss_named, read_target
from ..metrics import are_classes, by_position, encode_targets, evaluate, examples_in, numbers
from ..module import Module, evaluation_mode, modules_in, takes_sequences
from ..optim import SGD, Adam, AdamW, Optimizer, OptimizerName, optimizer_named
from ..training.fitting import resolve_optimizer
from ..training.history import History
from ..training.loop import Task
from ..transformers import Embedding
from .case import Case, Held, LayerFacts
from .data import not_a_number
from .findings import Diagnosis
from .rules import advise, findings, goal, simple_fits
from .trials import Experiment, restored

SURE = 5.0  # standard errors between two means
ROOM = 100_000  # rows * parameters that are examined
FEWEST, MOST_ROWS = 100, 500  # rows, if there are so many


def diagnose(
    model: Any, X: Examples, Y: Targets,
    loss: AnyLoss | None = None, learning_rate: float | None = None,
    history: History | None = None,
    optimizer: Optimizer | OptimizerName | Callable[..., Optimizer] | None = None,
    penalty: Callable[[Any], Any] | None = None,
    test: Sequence[Any] | None = None
) -> Diagnosis:  # fmt: skip
    """Find out what keeps the model from learning these examples; print the result to read it.

    The rules look at the data first, then at the set-up, at units and gradients, and at the run; what follows from a
    cause is not reported, and at most three findings are. A net has learned if 95 % of the examples are classified
    correctly, if its loss for numeric targets is at most 5 % of that of always answering the mean target (see
    ``evaluate``), or if it knows noisy targets as well as their nearest neighbors do. Then only dead and identical
    units, a rare class, a bouncing momentum and overfitting are reported. The model does not change.

    Parameters
    ----------
    model, X, Y
        As for ``fit``. Layers are examined in a Sequential or an MLP. Of many examples a random sample is taken, always
        the same one, and the report says so.
    loss : str, Loss or function, optional
        By default that of the history, or "squared_error".
    learning_rate, optimizer, penalty
        As for ``fit``, if there is no history.
    history : History, optional
        What ``fit`` returned, or ``error.history`` of a run that diverged.
    test : (X, Y), optional
        Examples that the model was not trained on; by default the run's ``validation_data``.

    Returns
    -------
    Diagnosis
        A list of findings, the cause first, false if nothing is wrong. ``finding.cure`` is code to paste;
        ``finding.demo()`` trains a cured copy beside one of the net as it is.

    Examples
    --------
    >>> from nn import MLP, truth_table
    >>> X, Y = truth_table("xor")
    >>> found = diagnose(MLP(2, [2, 1], initializer="zeros"), X, Y)
    >>> found.kinds, found[0].advice
    (['identical units'], 'Start from small random weights, not from equal ones.')
    >>> print(found[0])
    identical units: layer 1, units 0 and 1 of 2: they have the same weights, so
      they get the same gradient and do the work of one unit forever. Start from
      small random weights, not from equal ones.
    >>> print(found[0].cure)
    model = MLP(2, [2, 1], seed=0)
    history = fit(model, X, Y, epochs=500)
    """
    rows, targets = examples_in(X, model), several("Y", Y, "Y=[{}]")  # type: ignore[arg-type]
    known = history.arguments if history else {}
    loss = loss or known.get("loss") or "squared_error"
    penalty = penalty or known.get("penalty")
    chosen = history.optimizer if history else resolve_optimizer(model, optimizer, learning_rate, None)
    with restored(model), evaluation_mode(model):
        row = by_position(loss_named(loss), model, rows)
        encoded = encode_checked(model, rows, targets, row)
        test, epochs = test or known.get("validation_data"), history.epochs if history else 0
        gates = gates_of(model, rows[0], encoded[0], row) if takes_sequences(model) else 0
        places = sample(len(rows), len(chosen.parameters))
        if broken := [*not_a_number([numbers(flatten(x)) for x in rows], [numbers(flatten(y)) for y in encoded])]:
            places = [*range(len(rows))]
        X, Y, encoded = [[part[i] for i in places] for part in (rows, targets, encoded)]
        trial = Experiment(
            model, X, Y, loss, loss_named(loss), chosen, penalty, known.get("batch_size"), epochs, gates, test
        )
        if broken:
            return Diagnosis([f._replace(experiment=trial) for f in broken], f"{len(rows)} examples")
        task = Task(model, X, encoded, row, chosen)
        case = examine(task, history, penalty)
        case = case._replace(attempt=trial.attempt, held=hold(model, test, loss_named(loss), rows))
        fits = simple_fits(case)
        trial.goal = goal(case, fits)
        found = findings(case, fits)
        trial.others = [finding.changes[0] for finding in found if finding.changes]
        of_all = f" (a sample of {len(rows)} examples)" if len(places) < len(rows) else ""
        state = "\n".join([case.state() + of_all, *filter(None, [advise(found, case)])])
        return Diagnosis([finding._replace(experiment=trial) for finding in found], state)


def encode_checked(model: Any, X: Sequence[Any], Y: Sequence[Any], row: Loss) -> list[list[Any]]:
    """The targets as the loss takes them; what cannot be checked with weights or examples of nan is not."""
    outputs = numbers(model(X[0])) if X else []
    if all(map(isfinite, outputs)) and all(isfinite(z) for x in X for z in flatten(x)):
        return encode_targets(model, X, Y, row)
    if len(Y) != len(X):
        raise ValueError(f"expected one target for each of the {len(X)} examples, got {len(Y)}")
    return [row.encode(read_target(target), len(outputs)) for target in Y]


def flatten(x: Any) -> list[Any]:
    """The numbers of a sequence, or of nested ones, in a row."""
    return [z for y in x for z in flatten(y)] if isinstance(x, list) else [x]


def sample(count: int, parameters: int) -> list[int]:
    """The places of the rows to examine: all, or a random sample."""
    most = max(FEWEST, min(MOST_ROWS, ROOM // parameters))
    return sorted(Random(0).sample(range(count), most)) if count > most else [*range(count)]


def gates_of(model: Any, x: Any, target: Any, row: Loss) -> int:
    """The number of gates in the loss of one example."""
    before = Value(0.0).born
    row.cost(as_list(model(x)), target)
    return Value(0.0).born - before


def hold(model: Any, test: Sequence[Any] | None, row: Loss, known: Sequence[Any]) -> Held | None:
    """How the model does on other examples than those that it knows."""
    if test is None:
        return None
    both = several("test", test, "test=(X, Y)")
    if len(both) != 2:
        raise ValueError(f"test is a pair (X, Y), got {len(both)}")
    X, Y = examples_in(both[0], model), several("Y", both[1], "Y=[{}]")
    places = sample(len(X), max(1, len(getattr(model, "parameters", list)())))
    X, Y = [X[i] for i in places], [Y[i] for i in places]
    loss, accuracy = evaluate(model, X, Y, row)
    trained = {repr(x) for x in known}
    return Held(len(X), accuracy, loss, len([x for x in X if repr(x) in trained]), set_apart(model, known, X))


def set_apart(model: Any, X: Sequence[Any], others: Sequence[Any]) -> tuple[int, float, float] | None:
    """(column, its mean in X, its mean in the others) of inputs that lie so far apart that it is no chance."""
    if takes_sequences(model):
        return None
    for j, (column, other) in enumerate(zip(zip(*X), zip(*others))):
        (here, spread), (there, width) = mean_and_deviation(column), mean_and_deviation(other)
        error = (1.0 / len(column) + 1.0 / len(other)) ** 0.5
        if min(len(column), len(other)) > 1 and abs(here - there) > max(spread, width) * max(1.0, SURE * error):
            return j, here, there
    return None


def examine(task: Task, history: History | None = None, penalty: Callable[[Any], Any] | None = None) -> Case:
    """Collect outputs, losses, gradients and units."""
    model, row, trained = task.model, task.loss, task.optimizer.parameters
    chosen, classes = history.optimizer if history else task.optimizer, are_classes(task.targets, row)
    outputs, everything = [as_list(model(x)) for x in task.examples], range(len(task.examples))
    layers = facts_of(task)
    others = [p for p in (model.parameters() if hasattr(model, "parameters") else []) if p not in {*trained}]
    for p in [*trained, *others]:
        p.grad = 0.0
    loss = task.batch_loss(everything)
    loss.backward()
    gradient = [p.grad for p in trained]
    pull, cancelled = pull_of(model, chosen, gradient, penalty)

    def loss_after(rate: float) -> float:
        data = [p.data for p in trained]
        try:
            for p, slope in zip(trained, gradient):
                p.data -= rate * slope
            return float(task.batch_loss(everything).data)
        finally:
            for p, x in zip(trained, data):
                p.data = x

    wanted = [row.decide(numbers(target)) for target in task.targets] if classes else [0 for _ in everything]
    answers = [row.decide(numbers(found)) for found in outputs] if classes else wanted
    if classes and not all(isinstance(kind, int) for kind in wanted):  # a class for each position
        wanted, answers = [0 for _ in wanted], [int(answer != kind) for answer, kind in zip(answers, wanted)]
    ids = any(isinstance(x, Embedding) for x in modules_in(model))
    betas = getattr(chosen, "betas", (0.0,))
    return Case(
        layers,
        [flatten(x) for x in task.examples],
        [numbers(flatten(target)) for target in task.targets],
        wanted=wanted,
        answers=answers,
        classes=classes,
        constant=loss_of_the_mean(task),
        loss=loss.data,
        largest=max([abs(p.data) for p in trained], default=0.0),
        gradient=gradient,
        loss_after=loss_after,
        rate=chosen.learning_rate,
        losses=history.loss if history else [],
        plain=type(chosen) is SGD and not chosen.momentum,
        broke=history is not None and history.stopped.startswith("non-finite"),
        cost=row.name,
        output=output_of(model, outputs[0]),
        usual=usual_rate(chosen),
        momentum=getattr(chosen, "momentum", betas[0]),
        updates=history.updates if history else 0,
        pull=pull,
        clip=chosen.clip_norm or inf,
        cancelled=cancelled,
        frozen=sum([p.grad != 0.0 for p in others]),
        faded=history is not None and has_faded(chosen, history.updates),
        unbiased=not ids and lacks_bias(model, task.examples[0]),
        sequences=takes_sequences(model),
        ids=ids,
        chain=all(isinstance(layer, Layer) for layer in getattr(model, "layers", ())),
    )


def pull_of(model: Any, optimizer: Optimizer, gradient: Sequence[float], penalty: Any) -> tuple[float, float]:
    """(the pull on a weight of 1 towards 0, the share of the loss's gradient that it cancels)."""
    parameters, decay = optimizer.parameters, optimizer.weight_decay
    pulls = penalty_gradient(model, parameters, penalty)
    pulls = [pull + decay * p.data for pull, p in zip(pulls, parameters)]
    length = sum([g * g for g in gradient])
    cancelled = -sum([g * q for g, q in zip(gradient, pulls)]) / length if 0.0 < length < inf else 0.0
    data = [p.data for p in parameters]
    for p in parameters:
        p.data = 1.0
    strength = max(map(abs, penalty_gradient(model, parameters, penalty)))
    for p, x in zip(parameters, data):
        p.data = x
    return strength + (0.1 * decay if type(optimizer) is AdamW else decay), cancelled


def penalty_gradient(model: Any, parameters: Sequence[Value], penalty: Any) -> list[float]:
    """The gradient of the penalty."""
    for p in parameters:
        p.grad = 0.0
    found = penalty(model) if penalty else None
    if type(found) is Value:
        found.backward()
    return [p.grad for p in parameters]


def has_faded(optimizer: Optimizer, updates: int) -> bool:
    """Whether the schedule was at 0 for at least half of the updates."""
    return optimizer.schedule is not None and updates > 2 and float(optimizer.schedule(updates // 2)) < 1e-3


def usual_rate(optimizer: Optimizer) -> float:
    """The default learning rate of this kind of optimizer, SGD with momentum included."""
    name = (
        "momentum"
        if getattr(optimizer, "momentum", 0.0)
        else {SGD: "sgd", Adam: "adam", AdamW: "adamw"}.get(type(optimizer))
    )
    known = {"RMSProp": "rmsprop"}.get(type(optimizer).__name__)
    chosen = name or known
    return optimizer_named(chosen, [Value(0.0)]).learning_rate if chosen else 0.1


def output_of(model: Any, outputs: Sequence[Any]) -> str:
    """The activation of the outputs: that of the last layer, or the gate that computed them."""
    last = getattr(model, "layers", None)
    if isinstance(last, list) and last and isinstance(last[-1], Layer):
        return last[-1].activation_name
    first = outputs[0]
    gate = first.primitive.name if type(first) is Value and first.primitive else ""
    if gate == "exp" and abs(sum(numbers(outputs)) - 1.0) < 1e-9:
        return "softmax"
    name = "step" if gate == "heaviside" else gate
    return name if name in ACTIVATIONS else "linear"


def lacks_bias(model: Any, x: Any) -> bool:
    """Whether the answer for inputs of 0 does not depend on any parameter."""
    biases = [neuron.b for neuron in modules_in(model) if isinstance(neuron, Neuron)]
    if any(type(b) is Value for b in biases) or not isinstance(model, Module):
        return False
    try:
        first = as_list(model(zeros_like(x)))[0]
    except ArithmeticError:  # a model of its own that divides by its inputs
        return False
    parameters = model.parameters()
    for p in parameters:
        p.grad = 0.0
    if type(first) is Value:
        first.backward()
    return all(p.grad == 0.0 for p in parameters)


def zeros_like(x: Any) -> Any:
    """0 for each number of an example."""
    return [zeros_like(y) for y in x] if isinstance(x, list) else 0.0


def loss_of_the_mean(task: Task) -> float:
    """The mean loss of always answering the mean target, which a net that learns beats; 0 if it has none."""
    targets, row = [numbers(flatten(target)) for target in task.targets], task.loss
    if any(isinstance(t, list) for target in task.targets for t in target):  # a target for each position
        return 0.0
    mean = [sum(column) / len(targets) for column in zip(*targets)]
    answers = [mean]
    if row.name == "cross_entropy":
        answers = [[log(max(p, 1e-12)) for p in mean]]
    elif row.name in ("hinge", "multiclass_hinge"):
        answers = [[sign * (1.0 if t > 0.0 else -1.0) for t in mean] for sign in (1.0, 0.0)]
    elif row.probabilities:
        answers = [[min(max(p, 1e-12), 1.0 - 1e-12) for p in mean]]
    found = []
    for answer in answers:
        values = [Value(t) for t in answer]
        found.append(sum([numbers(row.cost(values, target))[0] for target in task.targets]) / len(targets))
    return min(found)


def facts_of(task: Task) -> list[LayerFacts]:
    """The facts of each layer of a Sequential over all examples; none for another model."""
    model = task.model
    if not hasattr(model, "activations") or takes_sequences(model):
        return []
    facts = {
        i: LayerFacts(i + 1, layer.activation_name, [numbers(unit.parameters()) for unit in layer.neurons], [], [], [])
        for i, layer in enumerate(model.layers)
        if isinstance(layer, Layer)
    }
    for x, target in zip(task.examples, task.targets):
        forward = model.activations(x)
        task.loss.cost(as_list(forward[-1][1]), target).backward()
        inputs: Sequence[Any] = x
        for i, (z, a) in enumerate(forward):
            if i in facts:
                facts[i].inputs.append(numbers(inputs))
                facts[i].slopes.append([slope(a_j, z_j) for a_j, z_j in zip(a, z)])
                facts[i].deltas.append([getattr(z_j, "grad", 0.0) for z_j in z])
            inputs = a
    return list(facts.values())


def slope(a: Any, z: Any) -> float:
    """da/dz."""
    swept = sweep(a, since=z.born) if type(a) is type(z) is Value else ()
    return next((float(upstream) for node, upstream, _ in swept if node is z), 0.0)
