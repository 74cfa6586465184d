"""The losses: what one example's outputs and its target cost, and how targets are read."""

from __future__ import annotations

import autodiff
from autodiff import Value, log, softplus

from .module import counted, one_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


# --- Targets -------------------------------------------------------------------------------------


def listed(outputs: Any) -> list[Any]:
    """The outputs of a model as a list, also of one that returns a bare Value."""
    return list(outputs) if hasattr(outputs, "__len__") else [outputs]


def same_size(target: Any, size: int) -> list[Any]:
    """The target as a list with a number for each output."""
    numbers = [x if type(x) is Value else float(x) for x in listed(target)]
    if len(numbers) != size:
        raise ValueError(f"expected a target of {counted(size, 'number')}, one for each output, got {len(numbers)}")
    return numbers


def total(terms: Sequence[Any]) -> Any:
    """The sum of the terms as one gate; a single term is itself."""
    return terms[0] if len(terms) == 1 else autodiff.sum(terms)


def made_by(x: Any, name: str) -> bool:
    """Whether x is the result of that primitive."""
    return type(x) is Value and x.primitive is not None and x.primitive.name == name


# --- Losses --------------------------------------------------------------------------------------


def squared_error(outputs: Any, target: Any) -> Any:
    """(y1 - t1)^2 + (y2 - t2)^2 + ..., of one output (y - t)^2 (B2, C2, D5)."""
    outputs = listed(outputs)
    differences = [y - t for y, t in zip(outputs, same_size(target, len(outputs)))]
    return total([difference * difference for difference in differences])


def binary_cross_entropy(outputs: Any, target: Any) -> Any:
    """-[t log p + (1 - t) log(1 - p)], added over the outputs; p is a probability (C2, E5).

    Of a p that sigmoid made, the weighted sum z is read instead: -log p is softplus(-z), so nothing
    overflows and no digits are lost.
    """
    outputs = listed(outputs)
    terms = []
    for p, t in zip(outputs, same_size(target, len(outputs))):
        cost_of_1, cost_of_0 = costs_of_probability(p)
        terms += [cost() if is_number(share, 1.0) else share * cost()
                  for share, cost in ((t, cost_of_1), (1.0 - t, cost_of_0)) if not is_number(share, 0.0)]  # fmt: skip
    return total(terms)


def costs_of_probability(p: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Functions that record -log p and -log(1 - p)."""
    if made_by(p, "sigmoid"):
        z = p.operands[0]
        return lambda: softplus(-z), lambda: softplus(z)
    return lambda: -log(p), lambda: -log(1.0 - p)


def is_number(share: Any, number: float) -> bool:
    """Whether this is that plain number: a share of 0 is not recorded, one of 1 not multiplied by."""
    return type(share) is float and share == number


# --- The table -----------------------------------------------------------------------------------


def above_half(outputs: Sequence[float]) -> int:
    """The class of one output: 1 above 0.5, else 0; of several the place of the largest."""
    if len(outputs) == 1:
        return int(outputs[0] > 0.5)
    return max(range(len(outputs)), key=outputs.__getitem__)


class Loss:
    """One row: a name, the cost of one example, how its target is read, and what class outputs mean.

    Parameters
    ----------
    name : str
        What the loss is called.
    cost : function (outputs, target) -> Value
        The loss of one example, recorded.
    encode : function (target, number of outputs) -> list of floats
        The target as numbers, shapes checked; ``cost`` and ``decide`` take it in this form.
    decide : function (list of floats) -> int
        The class that outputs, or an encoded target, stand for.
    """

    __slots__ = ("cost", "decide", "encode", "name")

    def __init__(
        self,
        name: str,
        cost: Callable[[Any, Any], Any],
        encode: Callable[[Any, int], list[float]] = same_size,
        decide: Callable[[Sequence[float]], int] = above_half,
    ) -> None:
        self.name = name
        self.cost = cost
        self.encode = encode
        self.decide = decide

    def __repr__(self) -> str:
        return f"<loss {self.name}>"


SQUARED_ERROR = Loss("squared error", squared_error)
BINARY_CROSS_ENTROPY = Loss("binary cross entropy", binary_cross_entropy)
LOSSES = {
    "squared_error": SQUARED_ERROR,
    "mse": SQUARED_ERROR,
    "binary_cross_entropy": BINARY_CROSS_ENTROPY,
    "bce": BINARY_CROSS_ENTROPY,
}


def loss_named(loss: str | Callable[[Any, Any], Any] | Loss) -> Loss:
    """The row of that name or function; a function of your own gets a row of its own."""
    found = one_of("loss", loss, LOSSES)
    if isinstance(found, Loss):
        return found
    for row in LOSSES.values():
        if row.cost is found:
            return row
    return Loss(getattr(found, "__name__", "loss"), found)
