"""The clinic: broken trainings to examine, first by the student, then by the doctor."""

from __future__ import annotations

import math
import random
import tomllib
from pathlib import Path
from typing import Any

from .. import data, dropout, initializers, layers, losses, models, module, normalization, optim, transformers
from .._checks import one_of
from ..training.fitting import fit
from ..training.history import History
from ..training.loop import NonfiniteLossError

PARTS = (math, random, data, dropout, initializers, layers, losses, models, module, normalization, optim, transformers)
KNOWN = {name: thing for part in PARTS for name, thing in vars(part).items() if not name.startswith("_")}


class Patient:
    """A broken training: what the student says and wrote, and the kinds of finding that name its cause.

    The code, which runs when it is first needed, makes ``model``, ``X`` and ``Y``, perhaps ``test``, and calls ``fit``.
    """

    def __init__(self, name: str, story: str, causes: list[str], code: str) -> None:
        self.name, self.story, self.causes, self.code = name, story, causes, code.strip()
        self.loss: Any = "squared_error"
        self.history: History | None = None
        self.space: dict[str, Any] = {}

    def train(self) -> dict[str, Any]:
        """Run the code, and return its variables."""
        if not self.space:
            self.space |= KNOWN | {"fit": self.fit}
            exec(self.code, self.space)
        return self.space

    def fit(self, model: Any, X: Any, Y: Any, loss: Any = "squared_error", *others: Any, **options: Any) -> Any:
        """``fit`` without a progress bar, which keeps the history, also that of a run that ends with an error."""
        self.loss = loss
        try:
            self.history = fit(model, X, Y, loss, *others, **options | {"progress": False})
        except NonfiniteLossError as error:
            self.history = error.history
        return self.history


TABLE = tomllib.loads(Path(__file__).with_name("clinic.toml").read_text(encoding="utf-8"))
PATIENTS = {name: Patient(name, **row) for name, row in TABLE.items()}


def patient(name: str) -> Patient:
    """The patient of that name."""
    found: Patient = one_of("patient", name, PATIENTS)
    return found
