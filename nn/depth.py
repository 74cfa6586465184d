"""What many layers, or many time steps, do to a gradient: it vanishes or explodes (B7, D14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autodiff import sigmoid

from .history import gradient_norms
from .losses import squared_error
from .nets import MLP


def repeated(function: Callable[[Any], Any], x: Any, times: int) -> Any:
    """function(function(...(x))), so many times: a chain of gates, or a one-unit recurrent net.

    Examples
    --------
    >>> from nn import repeated
    >>> repeated(lambda h: 1.5 * h, 1.0, 3)
    3.375
    """
    for _ in range(times):
        x = function(x)
    return x


def cliff(w: Any, b: Any, steps: int = 50) -> Any:
    """E = (sigmoid(x) - 0.7)^2 after x <- w sigmoid(x) + b, ``steps`` times from x = 0.5 (D14; Pascanu et al. 2013).

    Near w = 4.35, b = -2.21 the loss jumps: its gradient there is a hundred times as long as elsewhere.

    Examples
    --------
    >>> from nn import cliff
    >>> round(cliff(4.35, -2.21), 6)
    0.024476
    """
    x = repeated(lambda x: w * sigmoid(x) + b, 0.5, steps)
    difference = sigmoid(x) - 0.7
    return difference * difference


def norms_by_depth(depth: int, activation: str = "sigmoid", width: int = 4, seed: int = 0) -> list[float]:
    """The length of the gradient of each layer's parameters in a deep net that has learned nothing yet (B7).

    Examples
    --------
    >>> from nn import norms_by_depth
    >>> norms = norms_by_depth(8, "sigmoid")
    >>> norms[0] < 0.001 * norms[-1]
    True
    """
    net = MLP(2, [*[width] * depth, 1], activation, seed=seed)
    squared_error(net([0.5, -1.0]), 1.0).backward()
    return list(gradient_norms(net).values())
