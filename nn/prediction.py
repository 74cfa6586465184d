"""Prediction: what a net makes of examples, and how much of it is right."""

from __future__ import annotations

from .losses import Loss, loss_named
from .targets import listed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


def examples_in(X: Sequence[Sequence[float]]) -> list[list[float]]:
    """The examples as lists of floats, all of one length; ValueError where there is none."""
    rows = [[float(x) for x in row] for row in X]
    if not rows:
        raise ValueError("training needs at least one example, got none")
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ValueError(f"example {i} has {len(row)} numbers, example 0 has {len(rows[0])}")
    return rows


def encoded(model: Any, X: Sequence[Sequence[float]], Y: Sequence[Any], loss: Loss) -> list[list[float]]:
    """The targets as the loss takes them, checked against the number of outputs."""
    if len(Y) != len(X):
        raise ValueError(f"expected a target for each of the {len(X)} examples, got {len(Y)}")
    outputs = numbers(model(X[0]))
    if loss.probabilities and not all(0.0 <= p <= 1.0 for p in outputs):
        raise ValueError(
            f"{loss.name} takes probabilities, but for the first example the model gives {outputs[0]:.6g}: "
            'end it in output="sigmoid" or output="softmax"'
        )
    return [loss.encode(target, len(outputs)) for target in Y]


def numbers(outputs: Any) -> list[float]:
    """The numbers of a model's outputs."""
    return [getattr(y, "data", y) for y in listed(outputs)]


def predict(model: Any, x: Sequence[float], loss: str | Callable[[Any, Any], Any] | Loss = "squared_error") -> int:
    """The class that the model gives one example: above 0.5 or not; of several outputs the largest one's place.

    Classes count from 0. A model trained by hinge loss is asked with ``loss="hinge"``: 1 or -1, by the sign.

    Examples
    --------
    >>> from nn import MLP, predict
    >>> predict(MLP.from_matrices([[-30, 20, 20]], output="sigmoid"), [1, 1])  # E2
    1
    """
    return loss_named(loss).decide(numbers(model(x)))


def evaluate(
    model: Any,
    X: Sequence[Sequence[float]],
    Y: Sequence[Any],
    loss: str | Callable[[Any, Any], Any] | Loss = "squared_error",
) -> tuple[float, int]:
    """(the mean loss, how many examples are classified right).

    Examples
    --------
    >>> from nn import MLP, evaluate, truth_table
    >>> evaluate(MLP(2, [1], initializer="zeros"), *truth_table("and"))
    (0.25, 3)
    """
    row, X = loss_named(loss), examples_in(X)
    targets = encoded(model, X, Y, row)
    losses, right = 0.0, 0
    for x, target in zip(X, targets):
        outputs = listed(model(x))
        losses += getattr(cost := row.cost(outputs, target), "data", cost)
        right += row.decide(numbers(outputs)) == row.decide(target)
    return losses / len(X), right
