"""Data sets: truth tables, points in the plane, iris, digits; split and standardize."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import cos, hypot, pi, sin
from random import Random
from typing import Any, TypeVar, overload

from ._checks import Examples, Targets, at_least_0, below_1, generator, one_of, several, size
from .metrics import examples_in
from .models import MLP

A = TypeVar("A")
B = TypeVar("B")
TRUTH_TABLES: dict[str, Callable[..., int]] = {
    "and": lambda a, b: a & b, "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b, "nand": lambda a, b: 1 - (a & b),
    "nor": lambda a, b: 1 - (a | b), "xnor": lambda a, b: 1 - (a ^ b), "not": lambda a: 1 - a,
}  # fmt: skip
# One row per unit, bias first: AND is on if -30 + 20 x1 + 20 x2 > 0.
AND, OR, NOR, NAND = [-30, 20, 20], [-10, 20, 20], [10, -20, -20], [30, -20, -20]
HAND_SET = {
    "and": ([AND], "sigmoid"), "or": ([OR], "sigmoid"), "nor": ([NOR], "sigmoid"), "nand": ([NAND], "sigmoid"),
    "not": ([[10, -20]], "sigmoid"),
    "xnor": ([[AND, NOR], OR], "sigmoid"),  # both or neither (E3)
    "xor": ([[OR, NAND], AND], "sigmoid"),  # one, but not both
    "step function": ([[[1, 0, 0, 1], [0, -1, 1, 0], [2, 0, 1, 1]], [0, 1, 1, 0]], "step"),  # E1
    "rectangle": ([[[-1, 1, 0], [3, -1, 0], [-1, 0, 1], [2, 0, -1]], [-4, 1, 1, 1, 1]], "step"),  # E4
}  # fmt: skip
Data = tuple[list[list[float]], list[int]]
AHEAD = 4_000_000  # maximum number of indices shuffled ahead if one call runs whole epochs


def truth_table(gate: str) -> Data:
    """(inputs, outputs) of a logic gate, in the order 00, 01, 10, 11.

    >>> truth_table("xor")
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    function = one_of("gate", gate, TRUTH_TABLES)
    rows = list(product((0, 1), repeat=1 if gate == "not" else 2))
    return [[float(bit) for bit in row] for row in rows], [function(*row) for row in rows]


def hand_set(name: str) -> MLP:
    """A net with the lectures' hand-set weights, by name: a logic gate, "rectangle" or "step function".

    The rectangle is 1 <= x1 <= 3 and 1 <= x2 <= 2 (E4); the step function is the example of E1.

    >>> xnor = hand_set("xnor")
    >>> [round(xnor(x).data, 4) for x in truth_table("xnor")[0]]
    [1.0, 0.0, 0.0, 1.0]
    """
    matrices, activation = one_of("hand-set net", name, HAND_SET)
    return MLP.from_matrices(matrices, activation, activation)


def moons(examples: int = 100, noise: float = 0.1, seed: int = 0) -> Data:
    """Two interleaving half circles of radius 1.

    The examples are divided evenly among the classes; ``noise``, >= 0, is the standard deviation of the noise added to
    each coordinate. The same seed gives the same points.

    >>> X, Y = moons(4, noise=0.0)
    >>> len(X), sorted(Y)
    (4, [0, 0, 1, 1])
    """

    def place(share: float, kind: int) -> tuple[float, float]:
        x, y = cos(pi * share), sin(pi * share)
        return (1.0 - x, 0.5 - y) if kind else (x, y)

    return points_along(place, 2, examples, noise, seed)


def circles(examples: int = 100, noise: float = 0.05, seed: int = 0, inner: float = 0.5) -> Data:
    """A circle of radius 1 (class 0) and one of radius ``inner`` (class 1); other parameters as for ``moons``.

    >>> X, Y = circles(4, noise=0.0)
    >>> sorted(round((x * x + y * y) ** 0.5, 6) for x, y in X)
    [0.5, 0.5, 1.0, 1.0]
    """

    def place(share: float, kind: int) -> tuple[float, float]:
        radius, angle = inner if kind else 1.0, 2.0 * pi * share
        return radius * cos(angle), radius * sin(angle)

    return points_along(place, 2, examples, noise, seed)


def spirals(examples: int = 150, noise: float = 0.05, seed: int = 0, arms: int = 2) -> Data:
    """Spiral arms, one per class, that wind around each other from near the center out, nine tenths of a turn.

    Other parameters are as for ``moons``.

    >>> X, Y = spirals(6, arms=3)
    >>> len(X), sorted(Y)
    (6, [0, 0, 1, 1, 2, 2])
    """

    def place(share: float, kind: int) -> tuple[float, float]:
        radius, angle = 0.1 + 0.9 * share, 1.8 * pi * share + 2.0 * pi * kind / arms
        return radius * cos(angle), radius * sin(angle)

    return points_along(place, size(arms, "arms"), examples, noise, seed)


def points_along(place: Any, kinds: int, examples: int, noise: float, seed: int) -> Data:
    """Points spaced evenly along one curve per class, with normally distributed noise, shuffled."""
    random, noise, at_each = generator(seed), at_least_0("noise", noise), -(-size(examples, "examples") // kinds)
    X, Y = [], [i % kinds for i in range(examples)]
    for i, kind in enumerate(Y):
        x, y = place(i // kinds / max(at_each - 1, 1), kind)
        X.append([random.gauss(x, noise), random.gauss(y, noise)])
    return shuffle(X, Y, seed)


def blobs(examples: int = 99, classes: int = 3, spread: float = 0.4, seed: int = 0) -> Data:
    """Clouds of points, one per class, with centers evenly spaced on a circle of radius 2.

    ``spread``, >= 0, is the standard deviation of each coordinate; examples and seed are as for ``moons``.

    >>> X, Y = blobs(6, classes=3)
    >>> len(X[0]), sorted(Y)
    (2, [0, 0, 1, 1, 2, 2])
    """
    random, spread, classes = generator(seed), at_least_0("spread", spread), size(classes, "classes")
    X, Y = [], [i % classes for i in range(size(examples, "examples"))]
    for kind in Y:
        angle = 2.0 * pi * kind / classes
        X.append([random.gauss(2.0 * cos(angle), spread), random.gauss(2.0 * sin(angle), spread)])
    return shuffle(X, Y, seed)


def rectangle(examples: int = 200, seed: int = 0) -> Data:
    """Points in [0, 4] x [0, 3]; class 1 if 1 <= x1 <= 3 and 1 <= x2 <= 2 (E4).

    >>> X, Y = rectangle(5)
    >>> len(X), set(Y) <= {0, 1}
    (5, True)
    """
    random = generator(seed)
    X = [[random.uniform(0.0, 4.0), random.uniform(0.0, 3.0)] for _ in range(size(examples, "examples"))]
    return X, [int(1.0 <= x1 <= 3.0 and 1.0 <= x2 <= 2.0) for x1, x2 in X]


def iris() -> Data:
    """150 irises: four lengths in cm, three species (Fisher 1936).

    >>> X, Y = iris()
    >>> len(X), len(X[0]), sorted(set(Y))
    (150, 4, [0, 1, 2])
    """
    return from_scikit_learn("iris")


def digits() -> Data:
    """1,797 handwritten digits: 8 x 8 gray values from 0 to 1, ten classes (A9).

    >>> X, Y = digits()
    >>> len(X), len(X[0]), sorted(set(Y))
    (1797, 64, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    X, Y = from_scikit_learn("digits")
    return [[x / 16.0 for x in row] for row in X], Y


def from_scikit_learn(name: str) -> Data:
    """Load a data set that is part of scikit-learn; nothing is downloaded."""
    try:
        from sklearn import datasets
    except ModuleNotFoundError as error:
        message = f"{name} comes with scikit-learn, which is not installed: pip install 'scalar-autodiff[data]'"
        raise ModuleNotFoundError(message) from error
    found = getattr(datasets, f"load_{name}")()
    return found.data.tolist(), found.target.tolist()


def shuffle(X: Sequence[Any], Y: Sequence[Any], seed: int = 0) -> tuple[list[Any], list[Any]]:
    """Return examples and targets in the same random order."""
    X, Y = several("X", X, "X=[[{}]]"), several("Y", Y, "Y=[{}]")
    if len(X) != len(Y):
        raise ValueError(f"expected one target for each of the {len(X)} examples, got {len(Y)}")
    order = list(range(len(X)))
    generator(seed).shuffle(order)
    return [X[i] for i in order], [Y[i] for i in order]


@overload
def split(
    X: Sequence[A], Y: Sequence[B], share: float = 0.25, seed: int = 0
) -> tuple[tuple[list[A], list[B]], tuple[list[A], list[B]]]: ...
@overload
def split(
    X: Examples, Y: Targets, share: float = 0.25, seed: int = 0
) -> tuple[tuple[list[Any], list[Any]], tuple[list[Any], list[Any]]]: ...
def split(X: Any, Y: Any, share: float = 0.25, seed: int = 0) -> Any:
    """(training set, test set), each (X, Y), of the shuffled examples; ``share``, >= 0 and < 1, goes to the test set.

    >>> (X, Y), (X_test, Y_test) = split(*moons(100))
    >>> len(X), len(Y_test)
    (75, 25)
    """
    X, Y = shuffle(X, Y, seed)
    n = len(X) - round(below_1("share", share) * len(X))
    if not n:
        raise ValueError(f"a test share of {share} leaves none of {len(X)} examples for training")
    return (X[:n], Y[:n]), (X[n:], Y[n:])


def whole_epochs(examples: int, batch_size: int, random: Random, epochs: int) -> list[int]:
    """The example indices of these epochs, each shuffled anew; none if one batch contains all examples."""
    orders = [list(range(examples)) for _ in range(epochs)] if batch_size < examples else []
    for order in orders:
        random.shuffle(order)
    return [index for order in orders for index in order]


def standardize(X: Examples, like: Examples | None = None) -> list[list[float]]:
    """The examples with each input shifted to mean 0 and scaled to standard deviation 1 (a constant input becomes 0).

    ``like`` holds the examples that give means and deviations: test examples need those of the training set.

    >>> X, X_test = [[1.0], [3.0]], [[5.0]]
    >>> standardize(X), standardize(X_test, like=X)
    ([[-1.0], [1.0]], [[3.0]])
    """
    rows = examples_in(X)
    known = rows if like is None else examples_in(like)
    if len(known[0]) != len(rows[0]):
        raise ValueError(f"expected examples of {len(known[0])} numbers, as in like, got {len(rows[0])}")
    scales = [mean_and_deviation(column) for column in zip(*known)]
    return [[(x - mean) / deviation for x, (mean, deviation) in zip(row, scales)] for row in rows]


def mean_and_deviation(column: Sequence[float]) -> tuple[float, float]:
    """(mean, standard deviation); (the first number, 1) if all are equal up to rounding."""
    first, count = column[0], len(column)
    beyond = sum([x - first for x in column]) / count
    deviation = hypot(*[x - first - beyond for x in column]) / count**0.5
    return (first, 1.0) if deviation <= 1e-15 * abs(first) else (first + beyond, deviation)
