"""Plots with matplotlib: every one takes plain lists, draws into the axes it is given and returns them.

Without axes it makes a figure of its own, no part of pyplot, which needs no display:
``plot_losses(losses).figure.savefig("losses.png")``.
"""

from __future__ import annotations

from .activations import plot_activation
from .descents import plot_descent
from .losses import plot_gradient_sizes, plot_losses
from .seeds import plot_success, plot_sweep
from .surfaces import plot_decision_boundary

__all__ = [
    "plot_activation", "plot_decision_boundary", "plot_descent", "plot_gradient_sizes", "plot_losses",
    "plot_success", "plot_sweep",
]  # fmt: skip
