"""Simple models, the best linear fit and the nearest neighbors, which show what can be learned from the examples."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import NamedTuple

NEAREST = 3  # neighbors
PASSES = 500  # of the perceptron over few rows
OUTLYING = 3.0  # distances between quartiles; one number like 9999 would make all the others look alike
FEW_ROWS = 20  # up to here neighbors say nothing


class Fits(NamedTuple):
    """What simple models know about the targets; shares of 1."""

    line: float  # the variance that the best linear fit explains
    line_right: float  # the accuracy of the best linear fit, or of a perceptron
    neighbors: float  # the variance that the mean of the other rows nearby explains
    neighbors_right: float  # the accuracy of that mean
    chance: float  # how often shuffled targets would be known as well as these


def fit_simple_models(
    rows: Sequence[Sequence[float]], targets: Sequence[Sequence[float]], wanted: Sequence[int]
) -> Fits:
    """Fit them; nothing is known (0) where there are too few rows."""
    n, columns = len(rows), [scaled for column in zip(*rows) for scaled in scale(column)]
    centered = [[*column] for column in zip(*[center_column(column) for column in zip(*targets)])]
    whole = sum([t * t for row in centered for t in row])
    if whole == 0.0:  # a constant knows them
        return Fits(1.0, 1.0, 1.0, 1.0, 0.0)
    if not columns or n < 4:
        return Fits(0.0, 0.0, 0.0, 0.0, 1.0)
    basis = orthogonal(columns)
    if len(basis) > n // 2:  # a plane would fit anything
        line, line_right, sure = 0.0, 0.0, 0.0
    else:
        predicted = project(basis, centered)
        line = 1.0 - squares(centered, predicted) / whole
        line_right = agreement(centered, predicted, wanted)
        free, d = float(n - 1), float(len(basis))
        spread = (2.0 * d * (free - d) / (free * free * (free + 2.0))) ** 0.5
        sure = (line - d / free) / spread if spread > 0.0 else 0.0
    line_right = max(line_right, perceptron([[*row] for row in zip(*columns)], wanted))
    if n <= FEW_ROWS:
        return Fits(line, line_right, 0.0, 0.0, 1.0)
    near = nearest([[*row] for row in zip(*columns)])
    predicted = [[sum(column) / NEAREST for column in zip(*[centered[j] for j in js])] for js in near]
    alike = sum([t * p for row, means in zip(centered, predicted) for t, p in zip(row, means)]) / whole
    kinds = max(1, len(centered[0]) - 1)
    sure = max(sure, abs(alike + 1.0 / (n - 1)) * (n * NEAREST * kinds / 1.6) ** 0.5)
    neighbors = 1.0 - squares(centered, predicted) / whole
    return Fits(line, line_right, neighbors, agreement(centered, predicted, wanted), two_sided(sure))


def two_sided(z: float) -> float:
    """The probability of a normal number further from 0 than z."""
    return float(2.718281828459045 ** (-0.717 * z - 0.416 * z * z)) if z > 0.0 else 1.0


def center_column(column: Sequence[float]) -> list[float]:
    mean = sum(column) / len(column)
    return [x - mean for x in column]


def scale(column: Sequence[float]) -> list[list[float]]:
    """The column with mean 0 and deviation 1, outliers moved closer; nothing if it is constant."""
    ranked = sorted(column)
    low, high = ranked[len(ranked) // 4], ranked[-1 - len(ranked) // 4]
    far = OUTLYING * (high - low) or ranked[-1] - ranked[0]
    centered = center_column([min(max(x, low - far), high + far) for x in column])
    size = hypot(*centered)
    largest = max([abs(x) for x in column])
    return [[x / size * len(column) ** 0.5 for x in centered]] if size > 1e-9 * largest else []


def orthogonal(columns: Sequence[Sequence[float]]) -> list[list[float]]:
    """Orthonormal columns that span the same space (Gram and Schmidt)."""
    found: list[list[float]] = []
    for column in columns:
        rest = [*column]
        for q in found:
            along = sum([a * b for a, b in zip(q, rest)])
            rest = [b - along * a for a, b in zip(q, rest)]
        size = hypot(*rest)
        if size > 1e-6 * hypot(*column):
            found.append([x / size for x in rest])
    return found


def project(basis: Sequence[Sequence[float]], targets: Sequence[Sequence[float]]) -> list[list[float]]:
    """The targets as the best linear fit predicts them."""
    found = []
    for column in zip(*targets):
        fit = [0.0 for _ in column]
        for q in basis:
            along = sum([a * t for a, t in zip(q, column)])
            fit = [y + along * a for a, y in zip(q, fit)]
        found.append(fit)
    return [[*row] for row in zip(*found)]


def squares(targets: Sequence[Sequence[float]], predicted: Sequence[Sequence[float]]) -> float:
    """The sum of the squared errors."""
    return sum([(t - p) * (t - p) for row, fit in zip(targets, predicted) for t, p in zip(row, fit)])


def agreement(
    centered: Sequence[Sequence[float]], predicted: Sequence[Sequence[float]], wanted: Sequence[int]
) -> float:
    """The share of rows whose class the predictions give."""
    if len(centered[0]) > 1:
        found = [row.index(max(row)) == kind for row, kind in zip([[*row] for row in predicted], wanted)]
    else:
        levels = [row[0] for row in centered]
        middle = (min(levels) + max(levels)) / 2.0
        found = [(p[0] > middle) == (t > middle) for p, t in zip(predicted, levels)]
    return sum([1.0 for ok in found if ok]) / len(found)


def perceptron(rows: Sequence[Sequence[float]], wanted: Sequence[int]) -> float:
    """The best accuracy of a perceptron with one output for each class, in several passes over the rows."""
    kinds = sorted({*wanted})
    weights = [[0.0 for _ in [*rows[0], 1.0]] for _ in kinds]
    examples = [([*row, 1.0], kinds.index(kind)) for row, kind in zip(rows, wanted)]
    best = 0
    for _ in range(PASSES * FEW_ROWS // max(FEW_ROWS, len(rows))):
        met = 0  # right when met: the weights change on the way, so that this may be more than they get right
        for x, place in examples:
            rival = strongest_rival(weights, x, place)
            if rival < 0:
                met += 1
            else:
                weights[place] = [w + a for w, a in zip(weights[place], x)]
                weights[rival] = [w - a for w, a in zip(weights[rival], x)]
        if met > best:
            best = max(best, len([1 for x, place in examples if strongest_rival(weights, x, place) < 0]))
        if best == len(rows):
            break
    return best / len(rows)


def strongest_rival(weights: Sequence[Sequence[float]], x: Sequence[float], place: int) -> int:
    """The class whose score is the highest but for that of this place, if it is not lower; else -1."""
    scores = [sum([w * a for w, a in zip(unit, x)]) for unit in weights]
    rivals = [score for j, score in enumerate(scores) if j != place]
    if len(rivals) == 0 or scores[place] > max(rivals):
        return -1
    return next(j for j, score in enumerate(scores) if j != place and score == max(rivals))


def nearest(rows: Sequence[Sequence[float]]) -> list[list[int]]:
    """The places of the rows nearest to each row."""
    found = []
    for i, row in enumerate(rows):
        distances = [(sum([(a - b) * (a - b) for a, b in zip(row, other)]), j) for j, other in enumerate(rows)]
        found.append([j for _, j in sorted(distances[:i] + distances[i + 1 :])[:NEAREST]])
    return found
