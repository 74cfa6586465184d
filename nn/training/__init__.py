"""Training: fit (fitting), its history and validation, the loop and its runners, and many trainings (sweep)."""

from __future__ import annotations

from .fitting import fit
from .history import History, gradient_norms, loss_below, no_progress, parameters_still
from .loop import NonfiniteLossError
from .runners import RUNNERS
from .sweep import Runs, fit_many

__all__ = [
    "RUNNERS", "History", "NonfiniteLossError", "Runs", "fit", "fit_many", "gradient_norms", "loss_below",
    "no_progress", "parameters_still",
]  # fmt: skip
