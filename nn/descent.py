"""Ways to the bottom of a loss of one or two variables: gradient descent and its rivals (C4, C10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autodiff import Value, gradients

from .checks import generator
from .optimizers import SGD

Point = tuple[float, ...]
Found = tuple[Point, float, int]


def descend(
    loss: Callable[..., Any],
    start: Sequence[float],
    learning_rate: float,
    most: int = 10_000,
    clip_norm: float | None = None,
) -> list[Point]:
    """The path of gradient descent, start included: ``while theta(i+1) != theta(i)``, but ``most`` updates at most.

    Parameters
    ----------
    loss : function of as many Values as the start has numbers
        What is made small.
    start : sequence of float
        The first point.
    learning_rate : float
        theta <- theta - learning_rate * gradient.
    most : int
        The slide's rule alone may never end (C4).
    clip_norm : float, optional
        The longest gradient that is not shortened to it (D14).

    Examples
    --------
    >>> path = descend(lambda x: (x - 3.0) ** 2, [0.0], learning_rate=0.1)
    >>> len(path) - 1, path[-1]
    (159, (2.999999999999999,))
    """
    path = [tuple(map(float, start))]
    for _ in range(most):
        theta = [Value(x) for x in path[-1]]
        loss(*theta).backward()
        SGD(theta, learning_rate, clip_norm=clip_norm).step()
        new = tuple([p.data for p in theta])
        if new == path[-1]:
            break
        path.append(new)
    return path


# --- (best point, its loss, how often the loss was evaluated) ------------------------------------------


def by_descent(loss: Callable[..., Any], start: Sequence[float], learning_rate: float) -> Found:
    """The end of gradient descent; each update evaluates the loss once.

    Examples
    --------
    >>> from nn import by_descent
    >>> point, loss, evaluations = by_descent(lambda x: (x - 3) * (x - 3), [0.0], 0.5)
    >>> point, loss, evaluations
    ((3.0,), 0.0, 2)
    """
    path = descend(loss, start, learning_rate)
    return path[-1], loss(*path[-1]), len(path)


def by_brute_force(loss: Callable[..., Any], low: float, high: float, places: int) -> Found:
    """The best of evenly spread numbers.

    Examples
    --------
    >>> from nn import by_brute_force
    >>> by_brute_force(lambda x: (x - 3) * (x - 3), 0, 10, 11)
    ((3.0,), 0.0, 11)
    """
    points = [(low + (high - low) * i / (places - 1),) for i in range(places)]
    return best_of(loss, points)


def by_random_search(loss: Callable[..., Any], low: float, high: float, tries: int, seed: int = 0) -> Found:
    """The best of numbers drawn at random (D).

    Examples
    --------
    >>> from nn import by_random_search
    >>> (theta,), loss, evaluations = by_random_search(lambda x: (x - 3) * (x - 3), 0, 10, 100)
    >>> evaluations, loss < 0.01
    (100, True)
    """
    random = generator(seed)
    return best_of(loss, [(random.uniform(low, high),) for _ in range(tries)])


def by_calculus(loss: Callable[..., Any], start: float) -> Found:
    """Where dC/dtheta = 0, for a loss whose slope is a straight line: theta - C'/C''.

    Examples
    --------
    >>> from nn import by_calculus
    >>> by_calculus(lambda x: (x - 3) * (x - 3), 0.0)
    ((3.0,), 0.0, 1)
    """
    theta = Value(start)
    (slope,) = gradients(loss(theta), [theta])
    (curvature,) = gradients(slope, [theta])
    point = (start - slope.data / curvature.data,)
    return point, loss(*point), 1


def best_of(loss: Callable[..., Any], points: Sequence[Point]) -> Found:
    """The point with the smallest loss, each evaluated once."""
    lowest, best = min((loss(*point), point) for point in points)
    return best, lowest, len(points)
