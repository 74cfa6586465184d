"""The losses: what the outputs for one example cost, given its target, and how a target is read.

A loss that is given what sigmoid or softmax made reads that gate's operand instead, so that a model may
end in what the slide ends in and yet nothing overflows or loses digits: -log(sigmoid(z)) is softplus(-z).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Literal

import autodiff
from autodiff import TraceError, Value, dot, log, logsumexp, relu, softplus
from autodiff.arrays import in_order
from autodiff.functions import centered

from ._checks import Targets, at_least_0, below_1, counted, number, one_of, several
from .module import Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol, overload

    from autodiff.typed import Array

    class Cost(Protocol):
        """A loss of one example, of numbers or recorded."""

        @overload
        def __call__(self, outputs: float | Sequence[float] | Array, target: float | Targets) -> float: ...
        @overload
        def __call__(self, outputs: Value | Sequence[Value | float], target: Any) -> Value: ...


ROUNDING = 1e-9  # an output this near to 0.5 is undecided: whether it is above must not hang on its last digits
HUNDREDTHS = 0.005  # how far off a share may be that was written with two decimals


def costs(function: Any) -> Cost:
    """The function itself; type checkers are told that floats give floats, and Values give a Value."""
    return function  # type: ignore[no-any-return]


@costs
def squared_error(outputs: Any, target: Any) -> Any:
    """(y1 - t1)^2 + (y2 - t2)^2 + ..., of one output (y - t)^2 (B2, C2, D5). ``"mse"`` is its mean over the outputs.

    >>> squared_error([3.0, 1.0], [1.0, 0.0])
    5.0
    """
    outputs = listed(outputs)
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
    """max(0, 1 - t * y) with targets 1 and -1, added over the outputs (C2).

    >>> hinge(0.3, 1)
    0.7
    """
    outputs = listed(outputs)
    return total([relu(1.0 - t * y) for y, t in zip(outputs, signs(target, len(outputs)))])


def multiclass_hinge(scores: Any, target: Any) -> Any:
    """The multi-class SVM loss: max(0, s_j - s_y + 1), added over the wrong classes j (D11).

    >>> round(multiclass_hinge([3.2, 5.1, -1.7], 0), 12)
    2.9
    """
    scores = listed(scores)
    target = classes(target, len(scores))
    right = weighted_total((t, lambda s: s, s) for t, s in zip(target, scores))
    return weighted_total((1.0 - t, lambda s: relu(s - right + 1.0), s) for t, s in zip(target, scores))


@costs
def binary_cross_entropy(outputs: Any, target: Any) -> Any:
    """-[t log p + (1 - t) log(1 - p)], added over the outputs; p is a probability (C2, E5).

    ``"bce"`` is its mean over the outputs, as in PyTorch. Targets lie between 0 and 1.

    >>> round(binary_cross_entropy(0.3, 1), 6)
    1.203973
    """
    outputs = probabilities(outputs, "binary_cross_entropy")
    target = shares(target, len(outputs))
    yes = [(t, minus_log, p) for t, p in zip(target, outputs)]
    no = [(1.0 - t, minus_log_of_the_rest, p) for t, p in zip(target, outputs)]
    return weighted_total(case for both in zip(yes, no) for case in both)


@costs
def negative_log_likelihood(outputs: Any, target: Any) -> Any:
    """-log p_y, the target being the class y, or -sum of t_j log p_j with a share for each class.

    >>> round(negative_log_likelihood([0.2, 0.3, 0.5], 1), 6)
    1.203973
    """
    outputs = probabilities(outputs, "negative_log_likelihood")
    target = classes(target, len(outputs))
    return weighted_total((t, minus_log, p) for t, p in zip(target, outputs))


@costs
def cross_entropy(outputs: Any, target: Any) -> Any:
    """-log of the right class's softmax probability, from softmax's outputs, or from scores as in PyTorch (B4).

    The target is the class, counted from 0, or a share for each class (one-hot). For plain probabilities take
    ``negative_log_likelihood``.

    >>> round(cross_entropy([1.0, 2.0, 3.0], 1), 6)
    1.407606
    """
    return weighted_cross_entropy(outputs, target)


def weighted_cross_entropy(
    outputs: Any, target: Any, weights: Sequence[float] | None = None, label_smoothing: float = 0.0
) -> Any:
    """The sum of weight * smoothed share * -log p over the classes."""
    scores, scale = scores_of(listed(outputs))
    target = classes(target, len(scores))
    if label_smoothing:
        target = [(1.0 - label_smoothing) * t + label_smoothing / len(scores) for t in target]
    if weights is None:
        return weighted_total((t, lambda score: scale - score, score) for t, score in zip(target, scores))
    if len(weights) != len(scores):
        raise ValueError(f"expected a weight for each of {len(scores)} classes, got {len(weights)}")
    cases = zip(target, zip(weights, scores))  # a weight of 0 is recorded, for the loss has to be a Value
    return weighted_total((t, lambda case: case[0] * (scale - case[1]), case) for t, case in cases)


def cross_entropy_with(weights: Iterable[float] | None = None, label_smoothing: float = 0.0) -> Loss:
    """Softmax cross-entropy with class weights and label smoothing, for ``fit(..., loss=cross_entropy_with(...))``.

    For one example it is PyTorch's CrossEntropyLoss(weight, label_smoothing) with ``reduction="none"``. The mean over a
    mini-batch divides by the number of examples; PyTorch's ``reduction="mean"`` divides by the sum of their weights.

    Weights, from 0 on, multiply the classes' parts of the loss; ``label_smoothing``, from 0 up to, not including, 1, is
    the share of the target that is spread evenly over all classes.

    >>> round(cross_entropy_with([1, 5, 1]).cost([1.0, 2.0, 3.0], 1), 5)  # 5 * 1.407606
    7.03803
    """
    checked = None
    if weights is not None:
        given = several("weights", weights, "weights=[1, {}]")
        checked = tuple(float(at_least_0("a weight", weight)) for weight in given)
    label_smoothing = below_1("label_smoothing", label_smoothing)
    cost = partial(weighted_cross_entropy, weights=checked, label_smoothing=label_smoothing)
    return Loss("cross_entropy", cost, classes, largest)


def probabilities(outputs: Any, loss: str) -> list[Any]:
    """The outputs as a list; ValueError if a number or leaf among them is not from 0 to 1."""
    found: list[Any] = listed(outputs)
    for p in found:
        if type(p) is Value and p.primitive:
            continue  # a gate's: fit looks at a model's outputs
        try:
            number = p.data if type(p) is Value else p
        except TraceError:  # an input while a function is recorded: any number
            continue
        if number < 0.0 or number > 1.0:
            raise ValueError(f"{loss} takes probabilities, from 0 to 1, got {number!r:.60}")
    return found


def made_by(x: Any, name: str) -> bool:
    """Whether x is the result of that primitive."""
    return type(x) is Value and x.primitive is not None and x.primitive.name == name


def minus_log(p: Any) -> Any:
    """-log p; softplus(-z) where p = sigmoid(z), and -z where p = e^z, as softmax makes it."""
    if made_by(p, "sigmoid"):
        return softplus(-p.operands[0])
    return -p.operands[0] if made_by(p, "exp") else -log(p)


def minus_log_of_the_rest(p: Any) -> Any:
    """-log(1 - p); softplus(z) where p = sigmoid(z)."""
    return softplus(p.operands[0]) if made_by(p, "sigmoid") else -log(1.0 - p)


def scores_of(outputs: list[Any]) -> tuple[list[Any], Any]:
    """(scores, log of the sum of their e^score): read from all of softmax's outputs, else the outputs as scores."""
    if all(made_by(p, "exp") and made_by(p.operands[0], "sub") for p in outputs):
        made, scales = zip(*[p.operands[0].operands for p in outputs])
        whole = made_by(scales[0], "logsumexp") and sorted(map(id, scales[0].operands)) == sorted(map(id, made))
        if whole and all(scale is scales[0] for scale in scales):
            return list(made), scales[0]
    return (scores := centered(outputs)), logsumexp(scores)


def total(terms: Sequence[Any]) -> Any:
    """The sum of the terms as one gate; a single term is itself."""
    return terms[0] if len(terms) == 1 else autodiff.sum(terms)


def mean_over(loss: Callable[[Any, Any], Any], outputs: Any, target: Any) -> Any:
    """The loss divided by the number of outputs, as in PyTorch: ``"mse"`` and ``"bce"``."""
    cost, size = loss(outputs, target), len(listed(outputs))
    return cost if size == 1 else cost / float(size)


def weighted_total(cases: Iterable[tuple[Any, Callable[[Any], Any], Any]]) -> Any:
    """The sum of share * cost(x). A plain share of 0 is not even recorded, one of 1 not multiplied by."""
    terms = []
    for share, cost, x in cases:
        plain = type(share) is float
        if not (plain and share == 0.0):
            terms.append(cost(x) if plain and share == 1.0 else share * cost(x))
    return total(terms)


def listed(outputs: Any) -> list[Any]:
    """A model's outputs as one list, whether it returns a Value, a list, or a list for each position."""
    if not hasattr(outputs, "__len__") or getattr(outputs, "shape", None) == ():
        return [outputs]
    found = list(outputs if type(outputs) is list else in_order("a loss", outputs))
    return [y for row in found for y in row] if found and type(found[0]) is list else found


def one_hot(place: int, size: int) -> list[float]:
    """[0, ..., 1, ..., 0] with the 1 at that place, counted from 0.

    >>> one_hot(1, 3)
    [0.0, 1.0, 0.0]
    """
    if place != int(place) or not 0 <= place < size:
        raise ValueError(f"classes count from 0: expected 0 to {size - 1}, got {place!r}")
    return [float(i == place) for i in range(size)]


def plain(target: Any) -> Any:
    """The target as a number or a list; TypeError for text and for what has no order."""
    if isinstance(target, str):
        raise TypeError(f"a target is a number or a list of numbers, got {target!r:.60}: number the classes, 0, 1, ...")
    return in_order("a target", target)


def same_size(target: Any, size: int) -> list[Any]:
    """The target as it is, a number for each output."""
    target = target if type(target) is list else plain(target)
    numbers = [x if type(x) is float or type(x) is Value else number(x, "a target") for x in listed(target)]
    if len(numbers) != size:
        raise ValueError(f"expected a target of {counted(size, 'number')}, one for each output, got {len(numbers)}")
    return numbers


def signs(target: Any, size: int) -> list[Any]:
    """Targets 1 and -1; a 0, as gates and data sets have it, is read as -1."""
    numbers = [-1.0 if type(t) is float and t == 0.0 else t for t in same_size(target, size)]
    for t in numbers:
        if type(t) is float and t not in (1.0, -1.0):
            raise ValueError(f"hinge takes targets 1 and -1 (or 1 and 0), got {t!r}")
    return numbers


def shares(target: Any, size: int) -> list[Any]:
    """Targets from 0 to 1: no or yes, or how probable yes is."""
    numbers = same_size(target, size)
    for t in numbers:
        if type(t) is float and not -ROUNDING <= t <= 1.0 + ROUNDING:
            instead = ': write (1 + y) / 2 for the target y, or take loss="hinge"' if t == -1.0 else ""
            raise ValueError(f"binary_cross_entropy takes targets from 0 to 1, got {t!r}{instead}")
    return numbers


def classes(target: Any, size: int) -> list[Any]:
    """The class (its place, or one-hot, or a probability for each class) as a probability for each class."""
    if size < 2:
        raise ValueError("a loss over classes needs an output for each of two classes or more, got 1 output")
    target = plain(target)
    if not hasattr(target, "__len__"):
        return one_hot(target, size)
    numbers = same_size(target, size)
    if Value not in map(type, numbers) and not (
        min(numbers) >= -ROUNDING and abs(sum(numbers) - 1.0) <= HUNDREDTHS * size
    ):
        raise ValueError(f"a target over classes is a class or shares from 0 on that sum to 1, got {numbers!r:.60}")
    return numbers


def above_half(outputs: Sequence[float]) -> int:
    """1 or 0 for one output, above 0.5 by more than rounding or not; for several the place of the largest."""
    return int(outputs[0] > 0.5 + ROUNDING) if len(outputs) == 1 else largest(outputs)


def by_sign(outputs: Sequence[float]) -> int:
    """1 or -1 for one output; for several the place of the largest."""
    return (1 if outputs[0] > 0.0 else -1) if len(outputs) == 1 else largest(outputs)


def largest(outputs: Sequence[float]) -> int:
    """The place of the largest output, counted from 0; the first of equals."""
    return max(range(len(outputs)), key=outputs.__getitem__)


class Loss:
    """One row: a name, the cost of one example, how its target is read, and what class outputs mean.

    ``cost(outputs, target)`` is the loss of one example, recorded; ``encode(target, number of outputs)`` the target as
    a number for each output, checked, a form that ``cost`` takes too; ``decide(outputs)`` the class that outputs, or an
    encoded target, stand for. ``probabilities`` says whether the outputs have to lie between 0 and 1.

    >>> absolute = Loss("absolute", lambda outputs, target: abs(outputs[0] - target[0]))
    >>> absolute.cost([3.0], [1.0])
    2.0
    """

    __slots__ = ("cost", "decide", "encode", "name", "probabilities")

    def __init__(
        self, name: str, cost: Callable[[Any, Any], Any], encode: Callable[[Any, int], list[Any]] = same_size,
        decide: Callable[[Sequence[float]], int] = above_half, probabilities: bool = False
    ) -> None:  # fmt: skip
        self.name, self.cost, self.encode, self.decide, self.probabilities = name, cost, encode, decide, probabilities

    def __repr__(self) -> str:
        return f"<loss {self.name}>"


LossName = Literal[
    "squared_error", "mean_squared_error", "half_squared_error", "hinge", "multiclass_hinge", "binary_cross_entropy",
    "mean_binary_cross_entropy", "cross_entropy", "negative_log_likelihood", "mse", "bce", "nll"
]  # fmt: skip
AnyLoss = LossName | Callable[[Any, Any], Any] | Loss
ROWS = (
    Loss("squared_error",             squared_error,             same_size, above_half),
    Loss("mean_squared_error",        partial(mean_over, squared_error), same_size, above_half),
    Loss("half_squared_error",        half_squared_error,        same_size, above_half),
    Loss("hinge",                     hinge,                     signs,     by_sign),
    Loss("multiclass_hinge",                       multiclass_hinge,                       classes,   largest),
    Loss("binary_cross_entropy",      binary_cross_entropy,      shares,    above_half, probabilities=True),
    Loss("mean_binary_cross_entropy", partial(mean_over, binary_cross_entropy), shares, above_half, probabilities=True),
    Loss("cross_entropy",             cross_entropy,             classes,   largest),
    Loss("negative_log_likelihood",   negative_log_likelihood,   classes,   largest,    probabilities=True),
)  # fmt: skip
LOSSES = {row.name: row for row in ROWS}
SHORT = {"mse": "mean_squared_error", "bce": "mean_binary_cross_entropy", "nll": "negative_log_likelihood"}
LOSSES |= {short: LOSSES[name] for short, name in SHORT.items()}


def loss_named(loss: AnyLoss | str) -> Loss:
    """The row of that name or function; a function of your own gets a row of its own."""
    found = one_of("loss", loss, LOSSES)
    if isinstance(found, Loss):
        return found
    if found is cross_entropy_with:
        raise TypeError("cross_entropy_with makes a loss: write loss=cross_entropy_with(weights=[1, 5])")
    rows = [row for row in ROWS if row.cost is found]
    return rows[0] if rows else Loss(getattr(found, "__name__", "loss"), lists_or_numbers(found))


def lists_or_numbers(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The function of two lists; or of two numbers, if its first call, for one output, shows that it takes no lists."""
    takes: list[str] = []  # found out at the first call

    def cost(outputs: Any, target: Any) -> Any:
        if takes:
            return function(outputs, target) if takes == ["lists"] else function(outputs[0], target[0])
        try:
            found = function(outputs, target)
            if hasattr(found, "__len__"):
                raise TypeError(f"it gave {found!r:.60}")
            takes.append("lists")
        except TraceError:
            raise
        except (TypeError, AttributeError) as error:  # such as list - list, list.exp()
            try:
                (output,), (number,) = outputs, target
                found = function(output, number)
                takes.append("numbers")
            except (TypeError, AttributeError, ValueError):
                raise TypeError(
                    "a loss takes two lists, a number for each output, and gives one Value, as in "
                    f"sum((y - t) ** 2 for y, t in zip(outputs, target)); this one does not: {error}"
                ) from error
        return found

    return cost


Penalty = Callable[[Module], Any]


def l2(strength: float) -> Penalty:
    """strength * (w1^2 + w2^2 + ...) over ``model.weights()``: no biases, no slopes of PReLU.

    An optimizer's ``weight_decay`` shrinks every parameter that it was given.

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
