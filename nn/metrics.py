"""Predictions, and how many of them are right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import nan
from typing import Any

from autodiff.arrays import in_order

from ._checks import Example, Examples, Targets, number, several
from .losses import AnyLoss, Loss, above_half, listed, loss_named, plain
from .module import evaluating, takes_sequences

FEW = 10  # examples that are tried before training: biases of 0 may hide at the first one what is wrong


def examples_in(X: Any, model: Any = None) -> list[list[Any]]:
    """The examples as lists of floats, all of one length unless the model takes sequences; ValueError for none."""
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
    """One example as a list of floats, or of ``nested`` lists of them."""
    found = in_order(place, x)
    if not hasattr(found, "__iter__"):
        wanted = f"{place} is a sequence, such as [[0.1], [0.2]], got {x!r:.60}"
        raise TypeError(wanted if nested else f"an example is a list of numbers: write [{x!s:.20}] for {x!s:.20} in X")
    if nested:
        return [example_in(y, place, True) if hasattr(y, "__iter__") else number(y, place) for y in found]
    return [y if type(y) is float else number(y, place) for y in found]


def by_position(loss: Loss, model: Any, X: Sequence[Any]) -> Loss:
    """The loss, averaged over the positions of a sequence if the model has outputs (and Y has targets) for each."""
    if not takes_sequences(model):
        return loss
    rows = model(X[0])
    if type(rows) is not list or not rows or type(rows[0]) is not list:
        return loss
    width = len(rows[0])

    def parts(outputs: Any) -> list[list[Any]]:
        flat = listed(outputs)
        return [flat[k : k + width] for k in range(0, len(flat), width)]

    def cost(outputs: Any, target: Any) -> Any:
        found = parts(outputs)
        if len(found) != len(target):
            raise ValueError(f"expected a target for each of the {len(found)} positions, got {len(target)}")
        return sum([loss.cost(each, wanted) for each, wanted in zip(found, target)]) / len(found)

    def encode(target: Any, _: int) -> list[Any]:
        return [loss.encode(plain(each), width) for each in several("a target", target, "Y=[[{}]]")]

    def decide(outputs: Any) -> Any:
        return [loss.decide(each) for each in parts(outputs)]

    return Loss(loss.name, cost, encode, above_half if loss.decide is above_half else decide, loss.probabilities)


def encoded(model: Any, X: Sequence[Any], Y: Any, loss: Loss) -> list[list[float]]:
    """The targets as the loss takes them, checked against the number of outputs."""
    return tried(model, X, Y, loss)[1]


def tried(model: Any, X: Sequence[Any], Y: Any, loss: Loss) -> tuple[list[Any], list[list[float]]]:
    """(the outputs for the first example, the targets as the loss takes them)."""
    if not callable(model) or isinstance(model, type):
        raise TypeError(f"expected a model such as MLP(2, [4, 1]), got {model!r:.60}")
    if len(Y := several("Y", Y, "Y=[{}]")) != len(X):
        raise ValueError(f"expected a target for each of the {len(X)} examples, got {len(Y)}")
    if loss.probabilities:
        for i, p in ((i, p) for i, x in enumerate(X[:FEW]) for p in numbers(model(x)) if not 0.0 <= p <= 1.0):
            where = f"example {i}" if i else "the first example"
            raise ValueError(
                f"{loss.name} takes probabilities, but for {where} the model gives {p:.6g}: "
                'end it in output="sigmoid" or output="softmax"'
            )
    outputs = listed(model(X[0]))
    return outputs, [loss.encode(plain(target), len(outputs)) for target in Y]


def are_classes(targets: Sequence[Sequence[Any]], loss: Loss) -> bool:
    """Whether targets are classes: by the loss, or as they are only 0 and 1 (or -1 and 1); else numbers to be met."""
    values = {x for target in targets for x in numbers(target)}
    return loss.decide is not above_half or loss.probabilities or values <= {0.0, 1.0} or values <= {-1.0, 1.0}


def numbers(outputs: Any) -> list[float]:
    """The numbers of a model's outputs."""
    return [getattr(y, "data", y) for y in listed(outputs)]


def predict(model: Callable[[Any], Any], x: Example, loss: AnyLoss | None = None) -> Any:
    """The class that the model gives one example; or the number, if that is what ``fit`` has taught it.

    A class is whether the output is above 0.5 (1 or -1, by the sign, with ``loss="hinge"``), or the place of the
    largest of several outputs. If the targets of ``fit`` were numbers to be met (see ``evaluate``),
    ``model.predicts_numbers`` is True, and the answer is the output, or the list of outputs; it may be assigned.

    >>> from nn import MLP, fit, predict
    >>> predict(MLP.from_matrices([[-30, 20, 20]], output="sigmoid"), [1, 1])  # E2
    1
    >>> line = MLP(1, [1], seed=0)
    >>> _ = fit(line, [[0.0], [1.0], [2.0]], [0.5, 1.0, 1.5], progress=False)
    >>> round(predict(line, [4.0]), 3)
    2.5
    """
    with evaluating(model):
        outputs = numbers(model(in_order("an example", x)))
    if loss is None and getattr(model, "predicts_numbers", False):
        return outputs[0] if len(outputs) == 1 else outputs
    return loss_named(loss or "squared_error").decide(outputs)


def evaluate(
    model: Callable[[Any], Any], X: Examples, Y: Targets, loss: AnyLoss = "squared_error"
) -> tuple[float, float]:
    """(the mean loss, how many examples are classified right: nan where the targets are numbers to be met).

    Targets are classes if the loss is one over classes or probabilities, or if they are only 0 and 1 (or -1 and 1).

    >>> from nn import MLP, evaluate, truth_table
    >>> evaluate(MLP(2, [1], initializer="zeros"), *truth_table("and"))
    (0.25, 3)
    >>> evaluate(MLP(1, [1], initializer="zeros"), [[1.0], [2.0]], [0.3, 0.4])
    (0.125, nan)
    """
    X = examples_in(X, model)
    with evaluating(model):
        row = by_position(loss_named(loss), model, X)
        targets = encoded(model, X, Y, row)
        wanted = [row.decide(numbers(target)) for target in targets]
        rows = (numbers(scored(model, x, target, row)) for x, target in zip(X, targets))
        mean, right = tally(rows, wanted, row)
    return mean, right if are_classes(targets, row) else nan


def scored(model: Any, x: Sequence[Any], target: Sequence[Any], loss: Loss) -> list[Any]:
    """The loss of one example, and the outputs: [loss, *outputs]."""
    outputs = listed(model(x))
    return [loss.cost(outputs, target), *outputs]


def tally(rows: Iterable[Sequence[float]], wanted: Sequence[int], loss: Loss) -> tuple[float, int]:
    """(the mean loss, how many decisions are as wanted), from such a row of numbers for each example."""
    losses, right = 0.0, 0
    for (cost, *outputs), decision in zip(rows, wanted):
        losses += cost
        right += loss.decide(outputs) == decision
    return losses / len(wanted), right
