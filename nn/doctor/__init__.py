"""The doctor: why a net does not learn, and what to try."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff import Value
from autodiff.graph import sweep

from .._checks import Examples, Targets
from ..layers import Layer
from ..losses import AnyLoss, listed, loss_named
from ..metrics import are_classes, encoded, examples_in, numbers
from ..module import evaluating
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
    """Findings on what keeps the model from learning these examples; printed, the doctor's sentences.

    Dead and identical units and a run that diverged are always named; the rest only while fewer than 95 % of the
    examples are right, or, where targets are numbers to be met (see ``evaluate``), while the loss is above 5 % of what
    always answering the mean target costs. The model is left as it is.

    Of a Sequential or an MLP the layers are looked into; of another model gradients and rate only. X, Y and loss are as
    given to ``fit``, the history is what it returned (or ``error.history`` of a run that diverged); its losses are
    judged, or else one step of plain gradient descent at the learning rate.

    >>> from nn import MLP, truth_table
    >>> X, Y = truth_table("xor")
    >>> print(diagnose(MLP(2, [2, 1], initializer="zeros"), X, Y, history=None)[0])
    identical units: layer 1, units 0 and 1 of 2: they have the same weights, so
      they get the same gradient and do the work of one unit for ever. Start from
      small random weights, not from equal ones.
    """
    X, row = examples_in(X), loss_named(loss)
    with evaluating(model):
        task = Task(model, X, encoded(model, X, Y, row), row, SGD(model.parameters(), learning_rate))
        case = examined(task, history)
        return Diagnosis(case.findings(), case.state())


def examined(task: Task, history: History | None) -> Case:
    """The case: outputs, losses, gradients and units, all put back as they were."""
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
    """The mean loss of always answering the mean target: what no net that learns should stay above."""
    targets = [numbers(target) for target in task.targets]
    mean = [Value(sum(column) / len(targets)) for column in zip(*targets)]
    return sum([numbers(task.loss.cost(mean, target))[0] for target in targets]) / len(targets)


def facts_of(task: Task) -> list[LayerFacts]:
    """What every layer of a Sequential does with every example; nothing for another model."""
    model = task.model
    if not hasattr(model, "activations"):
        return []
    found = {
        i: LayerFacts(i + 1, layer.activation_name, [numbers(unit.parameters()) for unit in layer.neurons], [], [], [])
        for i, layer in enumerate(model.layers)
        if isinstance(layer, Layer)
    }
    for x, target in zip(task.examples, task.targets):
        passed = model.activations(x)
        task.loss.cost(listed(passed[-1][1]), target).backward()
        inputs: Sequence[Any] = x
        for i, (z, a) in enumerate(passed):
            if i in found:
                found[i].inputs.append(numbers(inputs))
                found[i].slopes.append([slope(a_j, z_j) for a_j, z_j in zip(a, z)])
                found[i].deltas.append([getattr(z_j, "grad", 0.0) for z_j in z])
            inputs = a
    return list(found.values())


def slope(a: Any, z: Any) -> float:
    """da/dz at this example."""
    swept = sweep(a, since=z.born) if type(a) is type(z) is Value else ()
    return next((float(upstream) for node, upstream, _ in swept if node is z), 0.0)
