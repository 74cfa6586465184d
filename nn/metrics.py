"""Predictions and accuracy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import nan
from typing import Any

from autodiff.arrays import in_order

from ._checks import Example, Examples, Targets, number, several
from .losses import AnyLoss, Loss, above_half, as_list, loss_named, read_target
from .module import evaluation_mode, takes_sequences

FEW = 10  # examples to check before training: with biases of 0 the first may hide an error


def examples_in(X: Any, model: Any = None) -> list[list[Any]]:
    """The examples as lists of floats, of equal length unless the model takes sequences; ValueError for none."""
    nested = takes_sequences(model)
    given = several("X", X, "X=[{}]" if nested else "X=[[{}]]")
    rows = [example_in(x, f"example {i}", nested) for i, x in enumerate(given)]
    if not rows:
        raise ValueError("training needs at least one example, got none")
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]) and not nested:
            raise ValueError(f"example {i} has {len(row)} numbers, example 0 has {len(rows[0])}")
    return rows


def example_in(x: Any, place: str, nested: bool) -> list[Any]:
    """One example as a list of floats, or of nested lists of floats."""
    found = in_order(place, x)
    if not hasattr(found, "__iter__"):
        wanted = f"{place} must be a sequence, such as [[0.1], [0.2]], got {x!r:.60}"
        flat = f"an example must be a list of numbers: write [{x!s:.20}] for {x!s:.20} in X"
        raise TypeError(wanted if nested else flat)
    if nested:
        return [example_in(y, place, True) if hasattr(y, "__iter__") else number(y, place) for y in found]
    return [y if type(y) is float else number(y, place) for y in found]


def by_position(loss: Loss, model: Any, X: Sequence[Any]) -> Loss:
    """The loss, averaged over the positions of a sequence if the model has outputs for each position."""
    if not takes_sequences(model):
        return loss
    rows = model(X[0])
    if type(rows) is not list or not rows or type(rows[0]) is not list:
        return loss
    width = len(rows[0])

    def parts(outputs: Any) -> list[list[Any]]:
        flat = as_list(outputs)
        return [flat[k : k + width] for k in range(0, len(flat), width)]

    def cost(outputs: Any, target: Any) -> Any:
        found = parts(outputs)
        if len(found) != len(target):
            raise ValueError(f"expected one target for each of the {len(found)} positions, got {len(target)}")
        return sum([loss.cost(each, wanted) for each, wanted in zip(found, target)]) / len(found)

    def encode(target: Any, _: int) -> list[Any]:
        return [loss.encode(read_target(each), width) for each in several("a target", target, "Y=[[{}]]")]

    def decide(outputs: Any) -> Any:
        return [loss.decide(each) for each in parts(outputs)]

    return Loss(loss.name, cost, encode, above_half if loss.decide is above_half else decide, loss.probabilities)


def encode_targets(model: Any, X: Sequence[Any], Y: Any, loss: Loss) -> list[list[float]]:
    """Return the targets in the loss's form, checked against the model's number of outputs."""
    return try_model(model, X, Y, loss)[1]


def try_model(model: Any, X: Sequence[Any], Y: Any, loss: Loss) -> tuple[list[Any], list[list[float]]]:
    """Check model and targets; return (the outputs for the first example, the encoded targets)."""
    if not callable(model) or isinstance(model, type):
        raise TypeError(f"expected a model such as MLP(2, [4, 1]), got {model!r:.60}")
    if len(Y := several("Y", Y, "Y=[{}]")) != len(X):
        raise ValueError(f"expected one target for each of the {len(X)} examples, got {len(Y)}")
    if loss.probabilities:
        for i, p in ((i, p) for i, x in enumerate(X[:FEW]) for p in numbers(model(x)) if p < 0.0 or p > 1.0):
            where = f"example {i}" if i else "the first example"
            raise ValueError(
                f"{loss.name} takes probabilities, but for {where} the model returns {p:.6g}: "
                'end it with output="sigmoid" or output="softmax"'
            )
    outputs = as_list(model(X[0]))
    return outputs, [loss.encode(read_target(target), len(outputs)) for target in Y]


def are_classes(targets: Sequence[Sequence[Any]], loss: Loss) -> bool:
    """Whether targets are classes, by the loss or because all are 0 and 1 (or -1 and 1), not numbers to fit.

    Several 1s in a target, or none, are labels that may come together: there is no one class to find.
    """
    values = {x for target in targets for x in numbers(target)}
    several = [target for target in targets if len(target) > 1 and not isinstance(target[0], list)]
    if loss.decide is above_half and any(target.count(max(target)) > 1 for target in several):
        return False
    return loss.decide is not above_half or loss.probabilities or values <= {0.0, 1.0} or values <= {-1.0, 1.0}


def numbers(outputs: Any) -> list[float]:
    """The numbers of a model's outputs."""
    return [getattr(y, "data", y) for y in as_list(outputs)]


def predict(model: Callable[[Any], Any], x: Example, loss: AnyLoss | None = None) -> Any:
    """The class that the model predicts for one example, or its outputs if it was fitted to numbers.

    The class is 1 if the output is above 0.5, else 0 (with ``loss="hinge"``, 1 if it is above 0, else -1); of several
    outputs, the index of the largest. If the targets of ``fit`` were numbers (see ``evaluate``), it has set
    ``model.predicts_numbers``, which you may assign, and the prediction is the output or the list of outputs.

    >>> from nn import MLP, fit, predict
    >>> predict(MLP.from_matrices([[-30, 20, 20]], output="sigmoid"), [1, 1])  # E2
    1
    >>> line = MLP(1, [1], seed=0)
    >>> _ = fit(line, [[0.0], [1.0], [2.0]], [0.5, 1.0, 1.5], progress=False)
    >>> round(predict(line, [4.0]), 3)
    2.5
    """
    with evaluation_mode(model):
        outputs = numbers(model(in_order("an example", x)))
    if loss is None and getattr(model, "predicts_numbers", False):
        return outputs[0] if len(outputs) == 1 else outputs
    return loss_named(loss or "squared_error").decide(outputs)


def evaluate(
    model: Callable[[Any], Any], X: Examples, Y: Targets, loss: AnyLoss = "squared_error"
) -> tuple[float, float]:
    """(mean loss, accuracy); accuracy is the share of correctly classified examples, from 0 to 1.

    Accuracy is nan if the targets are numbers to fit, not classes. Targets are classes if the loss is over classes or
    probabilities, or if they are all 0 and 1 (or -1 and 1); those of several numbers need one that is the largest.

    >>> from nn import MLP, evaluate, truth_table
    >>> evaluate(MLP(2, [1], initializer="zeros"), *truth_table("and"))
    (0.25, 0.75)
    >>> evaluate(MLP(1, [1], initializer="zeros"), [[1.0], [2.0]], [0.3, 0.4])
    (0.125, nan)
    """
    X = examples_in(X, model)
    with evaluation_mode(model):
        row = by_position(loss_named(loss), model, X)
        targets = encode_targets(model, X, Y, row)
        wanted = [row.decide(numbers(target)) for target in targets]
        rows = (numbers(loss_and_outputs(model, x, target, row)) for x, target in zip(X, targets))
        mean, right = tally(rows, wanted, row)
    return mean, right / len(X) if are_classes(targets, row) else nan


def loss_and_outputs(model: Any, x: Sequence[Any], target: Sequence[Any], loss: Loss) -> list[Any]:
    """[loss, *outputs] for one example."""
    outputs = as_list(model(x))
    return [loss.cost(outputs, target), *outputs]


def tally(rows: Iterable[Sequence[float]], wanted: Sequence[int], loss: Loss) -> tuple[float, int]:
    """(mean loss, number of correct decisions), from one row [loss, *outputs] per example."""
    losses, right = 0.0, 0
    for (cost, *outputs), decision in zip(rows, wanted):
        losses += cost
        right += loss.decide(outputs) == decision
    return losses / len(wanted), right
