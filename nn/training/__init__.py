"""Training: fit (fitting), its history and validation, the loop and its runners, and fit_many (sweep)."""

from __future__ import annotations

from .fitting import fit
from .history import EarlyStopping, History, gradient_norms, load_history, loss_below, parameters_still
from .loop import NonfiniteLossError
from .runners import RUNNERS
from .sweep import Runs, fit_many

__all__ = [
    "RUNNERS", "EarlyStopping", "History", "NonfiniteLossError", "Runs", "fit", "fit_many", "gradient_norms",
    "load_history", "loss_below", "parameters_still",
]  # fmt: skip
