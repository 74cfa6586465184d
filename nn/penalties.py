"""Penalties on large weights, added to the loss: functions of a model (D11, D16)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autodiff
from autodiff import dot

from .checks import at_least_0
from .module import Module

Penalty = Callable[[Module], Any]


def l2(strength: float) -> Penalty:
    """strength * (w1^2 + w2^2 + ...) over ``model.weights()``: no biases, no slopes of PReLU.

    An optimizer's ``weight_decay`` shrinks every parameter that it was given.

    Examples
    --------
    >>> from nn import MLP
    >>> l2(0.1)(MLP.from_matrices([[5, 3, 4]])).data
    2.5
    """
    at_least_0("strength", strength)

    def penalty(model: Module) -> Any:
        weights = model.weights()
        return strength * dot(weights, weights)

    return penalty


def l1(strength: float) -> Penalty:
    """strength * (|w1| + |w2| + ...) over ``model.weights()``: no biases, no slopes of PReLU.

    Examples
    --------
    >>> from nn import MLP, l1
    >>> l1(0.1)(MLP(2, [1], initializer="zeros")).data
    0.0
    """
    at_least_0("strength", strength)

    def penalty(model: Module) -> Any:
        return strength * autodiff.sum([abs(w) for w in model.weights()])

    return penalty
