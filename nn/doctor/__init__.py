"""The doctor: why a net does not learn, and what to try."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff import Value
from autodiff.graph import sweep

from .._checks import Examples, Targets
from ..layers import Layer
from ..losses import AnyLoss, as_list, loss_named
from ..metrics import are_classes, encode_targets, examples_in, numbers
from ..module import evaluation_mode
from ..optim import SGD
from ..training.history import History
from ..training.loop import Task
from .case import Case
from .findings import Diagnosis as Diagnosis, Finding as Finding
from .units import LayerFacts


def diagnose(
    model: Any, X: Examples, Y: Targets,
    loss: AnyLoss = "squared_error", learning_rate: float = 0.1,
    history: History | None = None
) -> Diagnosis:  # fmt: skip
    """Find out what keeps the model from learning these examples; print the result to read it.

    Dead and identical units and a run that diverged are always reported; the rest only while less than 95 % of the
    examples are classified correctly or, for numeric targets (see ``evaluate``), while the loss is above 5 % of that of
    always answering the mean target. The model does not change.

    X, Y and loss are as for ``fit``. ``history`` is what it returned, or ``error.history`` of a run that diverged;
    without one, a step of plain gradient descent at ``learning_rate`` is judged. Layers are examined in a Sequential or
    an MLP; in any other model only gradients and learning rate.

    >>> from nn import MLP, truth_table
    >>> X, Y = truth_table("xor")
    >>> found = diagnose(MLP(2, [2, 1], initializer="zeros"), X, Y)
    >>> found.kinds, found[0].advice
    (['identical units'], 'Start from small random weights, not from equal ones.')
    >>> print(found[0])
    identical units: layer 1, units 0 and 1 of 2: they have the same weights, so
      they get the same gradient and do the work of one unit forever. Start from
      small random weights, not from equal ones.
    """
    X, row = examples_in(X), loss_named(loss)
    with evaluation_mode(model):
        task = Task(model, X, encode_targets(model, X, Y, row), row, SGD(model.parameters(), learning_rate))
        case = examine(task, history)
        return Diagnosis(case.findings(), case.state())


def examine(task: Task, history: History | None) -> Case:
    """Collect outputs, losses, gradients and units; everything is restored afterwards."""
    parameters, everything, decide = task.optimizer.parameters, range(len(task.examples)), task.loss.decide
    chosen, classes = history.optimizer if history else task.optimizer, are_classes(task.targets, task.loss)
    answers = [decide(numbers(task.model(x))) for x in task.examples]
    before = [p.grad for p in parameters]
    layers = facts_of(task)
    task.optimizer.zero_grad()
    loss = task.batch_loss(everything)
    loss.backward()
    gradient = [p.grad for p in parameters]
    for p, grad in zip(parameters, before):
        p.grad = grad

    def loss_after(rate: float) -> float:
        data = [p.data for p in parameters]
        try:
            for p, slope in zip(parameters, gradient):
                p.data -= rate * slope
            return float(task.batch_loss(everything).data)
        finally:
            for p, x in zip(parameters, data):
                p.data = x

    return Case(
        layers,
        task.examples,
        right=sum([answer == decide(target) for answer, target in zip(answers, task.targets)]),
        classes=classes,
        constant=0.0 if classes else loss_of_the_mean(task),
        loss=loss.data,
        largest=max([abs(p.data) for p in parameters], default=0.0),
        gradient=gradient,
        loss_after=loss_after,
        rate=chosen.learning_rate,
        losses=history.loss if history else [],
        plain=type(chosen) is SGD and not chosen.momentum,
        broke=history is not None and history.stopped == "non-finite loss",
    )


def loss_of_the_mean(task: Task) -> float:
    """The mean loss of always answering the mean target, which a net that learns beats."""
    targets = [numbers(target) for target in task.targets]
    mean = [Value(sum(column) / len(targets)) for column in zip(*targets)]
    return sum([numbers(task.loss.cost(mean, target))[0] for target in targets]) / len(targets)


def facts_of(task: Task) -> list[LayerFacts]:
    """The facts of each layer of a Sequential over all examples; none for another model."""
    model = task.model
    if not hasattr(model, "activations"):
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
