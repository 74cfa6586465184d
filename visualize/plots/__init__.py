"""Plots with matplotlib: functions that take plain lists, draw into the given axes and return them.

Without axes they make a figure outside pyplot, which needs no display:
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
