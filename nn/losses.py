"""Losses of one example's outputs and target, and how targets are encoded.

If the outputs come from sigmoid or softmax, the loss uses the operands of these gates instead. So a model may end in
the same activation as on the slide, and yet nothing overflows or loses digits: -log(sigmoid(z)) is softplus(-z).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Literal, Protocol, overload

import autodiff
from autodiff import TraceError, Value, dot, log, logsumexp, relu, softplus
from autodiff.arrays import in_order
from autodiff.functions import center
from autodiff.typed import Array

from ._checks import Targets, at_least_0, below_1, number, one_of, quantity, several
from .module import Module

ROUNDING = 1e-9  # an output this close to 0.5 is undecided: rounding must not decide the class
HUNDREDTHS = 0.005  # rounding error of a probability written with two decimals


class Cost(Protocol):
    """A loss of one example, of numbers or recorded."""

    @overload
    def __call__(self, outputs: float | Sequence[float] | Array, target: float | Targets) -> float: ...
    @overload
    def __call__(self, outputs: Value | Sequence[Value | float], target: Any) -> Value: ...


def costs(function: Any) -> Cost:
    """The function itself; type checkers are told that floats give floats, and Values give a Value."""
    return function  # type: ignore[no-any-return]


@costs
def squared_error(outputs: Any, target: Any) -> Any:
    """(y1 - t1)^2 + (y2 - t2)^2 + ..., for one output (y - t)^2 (B2, C2, D5). ``"mse"`` is the mean over the outputs.

    >>> squared_error([3.0, 1.0], [1.0, 0.0])
    5.0
    """
    outputs = as_list(outputs)
    differences = [y - t for y, t in zip(outputs, same_size(target, len(outputs)))]
    return total([difference * difference for difference in differences])


@costs
def half_squared_error(outputs: Any, target: Any) -> Any:
    """1/2 (y - t)^2, whose derivative is y - t (A8).

    >>> half_squared_error(3.0, 1.0)
    2.0
    """
    return 0.5 * squared_error(outputs, target)


@costs
def hinge(outputs: Any, target: Any) -> Any:
    """max(0, 1 - t * y), summed over the outputs, with targets 1 and -1 (C2).

    >>> hinge(0.3, 1)
    0.7
    """
    outputs = as_list(outputs)
    return total([relu(1.0 - t * y) for y, t in zip(outputs, signs(target, len(outputs)))])


def multiclass_hinge(scores: Any, target: Any) -> Any:
    """The multi-class SVM loss: max(0, s_j - s_y + 1), summed over the wrong classes j (D11).

    >>> round(multiclass_hinge([3.2, 5.1, -1.7], 0), 12)
    2.9
    """
    scores = as_list(scores)
    target = classes(target, len(scores))
    right = weighted_total((t, lambda s: s, s) for t, s in zip(target, scores))
    return weighted_total((1.0 - t, lambda s: relu(s - right + 1.0), s) for t, s in zip(target, scores))


@costs
def binary_cross_entropy(outputs: Any, target: Any) -> Any:
    """-[t log p + (1 - t) log(1 - p)], summed over the outputs, each a probability p (C2, E5).

    ``"bce"`` is the mean over the outputs, as in PyTorch. Targets are between 0 and 1.

    >>> round(binary_cross_entropy(0.3, 1), 6)
    1.203973
    """
    outputs = probabilities(outputs, "binary_cross_entropy")
    target = shares(target, len(outputs))
    cases = [((t, minus_log, p), (1.0 - t, minus_log_of_the_rest, p)) for t, p in zip(target, outputs)]
    return weighted_total(case for pair in cases for case in pair)


@costs
def negative_log_likelihood(outputs: Any, target: Any) -> Any:
    """-log p_y for the class y as target, or -sum of t_j log p_j for a target with a probability t_j per class.

    >>> round(negative_log_likelihood([0.2, 0.3, 0.5], 1), 6)
    1.203973
    """
    outputs = probabilities(outputs, "negative_log_likelihood")
    target = classes(target, len(outputs))
    return weighted_total((t, minus_log, p) for t, p in zip(target, outputs))


@costs
def cross_entropy(outputs: Any, target: Any) -> Any:
    """-log of the correct class's softmax probability, from softmax's outputs, or from scores as in PyTorch (B4).

    The target is the class, counted from 0, or a probability per class (one-hot, for example). For probabilities that
    do not come from softmax, use ``negative_log_likelihood``.

    >>> round(cross_entropy([1.0, 2.0, 3.0], 1), 6)
    1.407606
    """
    return weighted_cross_entropy(outputs, target)


def weighted_cross_entropy(
    outputs: Any, target: Any, weights: Sequence[float] | None = None, label_smoothing: float = 0.0
) -> Any:
    """The sum of weight * smoothed target * -log p over the classes."""
    scores, scale = scores_of(as_list(outputs))
    target = classes(target, len(scores))
    if label_smoothing:
        target = [(1.0 - label_smoothing) * t + label_smoothing / len(scores) for t in target]
    if weights is None:
        return weighted_total((t, lambda score: scale - score, score) for t, score in zip(target, scores))
    if len(weights) != len(scores):
        raise ValueError(f"expected one weight for each of {len(scores)} classes, got {len(weights)}")
    cases = zip(target, zip(weights, scores))  # a weight of 0 is recorded, since the loss must be a Value
    return weighted_total((t, lambda case: case[0] * (scale - case[1]), case) for t, case in cases)


def cross_entropy_with(weights: Iterable[float] | None = None, label_smoothing: float = 0.0) -> Loss:
    """Softmax cross-entropy with class weights and label smoothing, for ``fit(..., loss=cross_entropy_with(...))``.

    For one example it is PyTorch's CrossEntropyLoss(weight, label_smoothing) with ``reduction="none"``. The mean over a
    mini-batch divides by the number of examples; PyTorch's ``reduction="mean"`` divides by the sum of their weights.

    Each weight, >= 0, multiplies its class's part of the loss; ``label_smoothing``, >= 0 and < 1, is the share of the
    target that is spread evenly over all classes.

    >>> round(cross_entropy_with([1, 5, 1]).cost([1.0, 2.0, 3.0], 1), 5)  # 5 * 1.407606
    7.03803
    """
    if weights is not None:
        each = several("weights", weights, "weights=[1, {}]")
        weights = tuple(float(at_least_0("a weight", weight)) for weight in each)
    label_smoothing = below_1("label_smoothing", label_smoothing)
    cost = partial(weighted_cross_entropy, weights=weights, label_smoothing=label_smoothing)
    return Loss("cross_entropy", cost, classes, largest)


def probabilities(outputs: Any, loss: str) -> list[Any]:
    """The outputs as a list; ValueError if a number or leaf among them is not between 0 and 1."""
    outputs = as_list(outputs)
    for p in outputs:
        if type(p) is Value and p.primitive:
            continue  # fit checks what a model computes
        try:
            number = p.data if type(p) is Value else p
        except TraceError:  # an input of a recorded function has no number
            continue
        if number < 0.0 or number > 1.0:
            raise ValueError(f"{loss} takes probabilities between 0 and 1, got {number!r:.60}")
    return outputs  # type: ignore[no-any-return]


def is_result_of(x: Any, name: str) -> bool:
    """Whether x is the result of that primitive."""
    return type(x) is Value and x.primitive is not None and x.primitive.name == name


def minus_log(p: Any) -> Any:
    """-log p; softplus(-z) if p = sigmoid(z), -z if p = e^z, as in softmax."""
    if is_result_of(p, "sigmoid"):
        return softplus(-p.operands[0])
    return -p.operands[0] if is_result_of(p, "exp") else -log(p)


def minus_log_of_the_rest(p: Any) -> Any:
    """-log(1 - p); softplus(z) if p = sigmoid(z)."""
    return softplus(p.operands[0]) if is_result_of(p, "sigmoid") else -log(1.0 - p)


def scores_of(outputs: list[Any]) -> tuple[list[Any], Any]:
    """(scores, log of the sum of e^score): the operands of softmax if these are all its outputs, else the outputs."""
    if all(is_result_of(p, "exp") and is_result_of(p.operands[0], "sub") for p in outputs):
        scores, scales = zip(*[p.operands[0].operands for p in outputs])
        whole = is_result_of(scales[0], "logsumexp") and sorted(map(id, scales[0].operands)) == sorted(map(id, scores))
        if whole and all(scale is scales[0] for scale in scales):
            return list(scores), scales[0]
    outputs = center(outputs)
    return outputs, logsumexp(outputs)


def total(terms: Sequence[Any]) -> Any:
    """The sum of the terms as one gate; a single term itself."""
    return terms[0] if len(terms) == 1 else autodiff.sum(terms)


def mean_over(loss: Callable[[Any, Any], Any], outputs: Any, target: Any) -> Any:
    """The loss divided by the number of outputs, as in PyTorch: ``"mse"`` and ``"bce"``."""
    cost, size = loss(outputs, target), len(as_list(outputs))
    return cost if size == 1 else cost / float(size)


def weighted_total(cases: Iterable[tuple[Any, Callable[[Any], Any], Any]]) -> Any:
    """The sum of share * cost(x), without recording terms with share 0.0 or factors 1.0."""
    terms = []
    for share, cost, x in cases:
        known = share if type(share) is float else None
        if known != 0.0:
            terms.append(cost(x) if known == 1.0 else share * cost(x))
    return total(terms)


def as_list(outputs: Any) -> list[Any]:
    """A model's outputs as one flat list; the model may return a Value, a list, or a list per position."""
    if not hasattr(outputs, "__len__") or getattr(outputs, "shape", None) == ():
        return [outputs]
    found = list(outputs if type(outputs) is list else in_order("a loss", outputs))
    return [y for row in found for y in row] if found and type(found[0]) is list else found


def one_hot(place: int, size: int) -> list[float]:
    """[0, ..., 1, ..., 0] with the 1 at that index.

    >>> one_hot(1, 3)
    [0.0, 1.0, 0.0]
    """
    if not 0 <= place < size or place != int(place):
        raise ValueError(f"classes count from 0: expected 0 to {size - 1}, got {place!r}")
    return [float(i == place) for i in range(size)]


def read_target(target: Any) -> Any:
    """Return the target as a number or a list; TypeError for text and unordered collections."""
    if isinstance(target, str):
        raise TypeError(f"a target must be a number or a list, got {target!r:.60}: number the classes 0, 1, ...")
    return in_order("a target", target)


def same_size(target: Any, size: int) -> list[Any]:
    """The target unchanged, one number for each output."""
    target = target if type(target) is list else read_target(target)
    numbers = [x if type(x) is float or type(x) is Value else number(x, "a target") for x in as_list(target)]
    if len(numbers) != size:
        hint = '; if it is a class, use loss="cross_entropy"' if len(numbers) == 1 else ""
        raise ValueError(
            f"expected a target of {quantity(size, 'number')}, one for each output, got {len(numbers)}{hint}"
        )
    return numbers


def signs(target: Any, size: int) -> list[Any]:
    """Targets 1 and -1; a 0, as in truth tables and data sets, means -1."""
    numbers = [-1.0 if type(t) is float and t == 0.0 else t for t in same_size(target, size)]
    for t in numbers:
        if type(t) is float and t not in (1.0, -1.0):
            raise ValueError(f"hinge takes targets 1 and -1 (or 1 and 0), got {t!r}")
    return numbers


def shares(target: Any, size: int) -> list[Any]:
    """Targets from 0 to 1: 0 or 1, or the probability of 1."""
    numbers = same_size(target, size)
    for t in numbers:
        if type(t) is float and not -ROUNDING <= t <= 1.0 + ROUNDING:
            instead = ': write (1 + y) / 2 for the target y, or use loss="hinge"' if t == -1.0 else ""
            raise ValueError(f"binary_cross_entropy takes targets from 0 to 1, got {t!r}{instead}")
    return numbers


def classes(target: Any, size: int) -> list[Any]:
    """A class, counted from 0, or a probability per class (one-hot, for example) as a probability per class."""
    if size < 2:
        raise ValueError("a loss over classes needs one output per class, at least two, got 1")
    target = read_target(target)
    if not hasattr(target, "__len__"):
        return one_hot(target, size)
    numbers = same_size(target, size)
    if Value not in map(type, numbers) and not (
        min(numbers) >= -ROUNDING and abs(sum(numbers) - 1.0) <= HUNDREDTHS * size
    ):
        raise ValueError(f"a target must be a class or probabilities that sum to 1, got {numbers!r:.60}")
    return numbers


def above_half(outputs: Sequence[float]) -> int:
    """1 if a single output is above 0.5 by more than rounding, else 0; of several outputs, the index of the largest."""
    return int(outputs[0] > 0.5 + ROUNDING) if len(outputs) == 1 else largest(outputs)


def by_sign(outputs: Sequence[float]) -> int:
    """1 or -1 for a single output; of several outputs, the index of the largest."""
    return (1 if outputs[0] > 0.0 else -1) if len(outputs) == 1 else largest(outputs)


def largest(outputs: Sequence[float]) -> int:
    """The index of the largest output; of equal ones the first."""
    return max(range(len(outputs)), key=outputs.__getitem__)


class Loss:
    """A loss: its name, the cost of one example, how a target is encoded, and which class outputs mean.

    ``cost(outputs, target)`` records the loss of one example; ``encode(target, number of outputs)`` checks the target
    and returns one number per output, a form that ``cost`` takes too; ``decide(outputs)`` returns the class that the
    outputs, or an encoded target, mean. ``probabilities`` says whether the outputs must be between 0 and 1.

    >>> absolute = Loss("absolute", lambda outputs, target: abs(outputs[0] - target[0]))
    >>> absolute.cost([3.0], [1.0])
    2.0
    """

    def __init__(  # not a dataclass: importing dataclasses takes as long as all of nn
        self, name: str, cost: Callable[[Any, Any], Any], encode: Callable[[Any, int], list[Any]] = same_size,
        decide: Callable[[Sequence[float]], int] = above_half, probabilities: bool = False
    ) -> None:  # fmt: skip
        self.name, self.cost, self.encode, self.decide = name, cost, encode, decide
        self.probabilities = probabilities

    def __repr__(self) -> str:
        return f"<loss {self.name}>"


LossName = Literal[
    "squared_error", "mean_squared_error", "half_squared_error", "hinge", "multiclass_hinge", "binary_cross_entropy",
    "mean_binary_cross_entropy", "cross_entropy", "negative_log_likelihood", "mse", "bce", "nll"
]  # fmt: skip
AnyLoss = LossName | Callable[[Any, Any], Any] | Loss
ROWS = (
    Loss("squared_error", squared_error),
    Loss("mean_squared_error", partial(mean_over, squared_error)),
    Loss("half_squared_error", half_squared_error),
    Loss("hinge", hinge, signs, by_sign),
    Loss("multiclass_hinge", multiclass_hinge, classes, largest),
    Loss("binary_cross_entropy", binary_cross_entropy, shares, probabilities=True),
    Loss("mean_binary_cross_entropy", partial(mean_over, binary_cross_entropy), shares, probabilities=True),
    Loss("cross_entropy", cross_entropy, classes, largest),
    Loss("negative_log_likelihood", negative_log_likelihood, classes, largest, probabilities=True),
)
LOSSES = {row.name: row for row in ROWS}
SHORT = {"mse": "mean_squared_error", "bce": "mean_binary_cross_entropy", "nll": "negative_log_likelihood"}
LOSSES |= {short: LOSSES[name] for short, name in SHORT.items()}


def loss_named(loss: AnyLoss | str) -> Loss:
    """The Loss of that name or function, or a new Loss for your own function."""
    found = one_of("loss", loss, LOSSES)
    if isinstance(found, Loss):
        return found
    if found is cross_entropy_with:
        raise TypeError("cross_entropy_with returns a loss: write loss=cross_entropy_with(weights=[1, 5])")
    rows = [row for row in ROWS if row.cost is found]
    return rows[0] if rows else Loss(getattr(found, "__name__", "loss"), lists_or_numbers(found))


def lists_or_numbers(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The function as one of two lists; its first call shows whether it takes lists or, for one output, numbers."""
    takes_lists: bool | None = None

    def cost(outputs: Any, target: Any) -> Any:
        nonlocal takes_lists
        if takes_lists is not None:
            return function(outputs, target) if takes_lists else function(outputs[0], target[0])
        try:
            found = function(outputs, target)
            if hasattr(found, "__len__"):
                raise TypeError(f"it returned {found!r:.60}")
            takes_lists = True
        except TraceError:
            raise
        except (TypeError, AttributeError) as error:  # such as list - list, list.exp()
            try:
                (output,), (number,) = outputs, target
                found = function(output, number)
                takes_lists = False
            except (TypeError, AttributeError, ValueError):
                raise TypeError(
                    "a loss takes two lists, one number per output, and returns one Value, as in "
                    f"sum((y - t) ** 2 for y, t in zip(outputs, target)); this one does not: {error}"
                ) from error
        return found

    return cost


Penalty = Callable[[Module], Any]


def l2(strength: float) -> Penalty:
    """strength * (w1^2 + w2^2 + ...) over ``model.weights()``: no biases, no slopes of PReLU.

    An optimizer's ``weight_decay`` shrinks all its parameters.

    >>> from nn import MLP
    >>> l2(0.1)(MLP.from_matrices([[5, 3, 4]])).data
    2.5
    """
    at_least_0("strength", strength)
    return lambda model: strength * dot(model.weights(), model.weights())


def l1(strength: float) -> Penalty:
    """strength * (|w1| + |w2| + ...) over ``model.weights()``: no biases, no slopes of PReLU.

    >>> from nn import MLP
    >>> from nn.losses import l1
    >>> l1(0.1)(MLP(2, [1], initializer="zeros")).data
    0.0
    """
    at_least_0("strength", strength)
    return lambda model: strength * autodiff.sum([abs(w) for w in model.weights()])
