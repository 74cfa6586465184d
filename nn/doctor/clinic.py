"""The clinic: broken trainings to examine, first by the student, then by the doctor."""

from __future__ import annotations

import math
import random
import tomllib
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any, NamedTuple

from .. import initializers
from .._checks import one_of
from ..metrics import numbers
from ..training.fitting import fit
from ..training.history import History
from ..training.loop import NonfiniteLossError
from .examination import diagnose
from .findings import Diagnosis
from .trials import SOURCES

TOOLS = {
    name: thing
    for source in (math, random, initializers, *SOURCES)
    for name, thing in vars(source).items()
    if not name.startswith("_")
}
PATIENCE = 3  # after so many wrong guesses the doctor answers all the same
WIDTH = 80


class Illness(NamedTuple):
    """The place of an illness, the data, the set-up, the units or the run, and the sign by which to recognize it."""

    place: str
    sign: str


class Patient:
    """A broken training: the student's story and code, and the kinds of finding that name its cause.

    The code makes ``model``, ``X`` and ``Y``, perhaps ``test``, and calls ``fit``; it runs at once. ``history`` is that
    of the training, also if it ended with an error, and None if the net is fresh.

    >>> case = patient("the statue")
    >>> print(case)
    The statue: The loss is the same number in every epoch, to the last digit.
    >>> case.history.loss[0] == case.history.loss[-1]
    True
    >>> print(case.ask_doctor())
    The doctor waits for your guess.
    >>> print(case.guess("learning rate 0"))
    Yes, learning rate 0. The loss is the same number in all epochs: no parameter
    moves.
    """

    def __init__(self, name: str, story: str, causes: Sequence[str], code: str) -> None:
        self.name, self.story, self.causes, self.code = name, story, causes, code.strip()
        self.guesses: list[str] = []
        self.space: dict[str, Any] = TOOLS | {"fit": self.fit, "history": None, "loss": "squared_error"}
        exec(self.code, self.space)
        self.model, self.X, self.Y = self.space["model"], self.space["X"], self.space["Y"]
        self.history: History | None = self.space["history"]

    def fit(self, model: Any, X: Any, Y: Any, loss: Any = "squared_error", *others: Any, **options: Any) -> Any:
        """``fit`` without a progress bar, which returns the history of a run that ends with an error, too."""
        self.space["loss"] = loss
        try:
            return fit(model, X, Y, loss, *others, **options | {"progress": False})
        except NonfiniteLossError as error:
            return error.history

    @property
    def choices(self) -> list[str]:
        """The cause and four other illnesses, two of them in the same place, in alphabetical order."""
        draw, place = random.Random(self.name), ILLNESSES[self.causes[0]].place
        others = [kind for kind in ILLNESSES if kind not in self.causes]
        near = [kind for kind in others if ILLNESSES[kind].place == place]
        far = [kind for kind in others if ILLNESSES[kind].place != place]
        return sorted([self.causes[0], *draw.sample(near, 2), *draw.sample(far, 2)])

    def guess(self, kind: str | None) -> str:
        """Say whether this illness is the cause and, if not, how to recognize it and where to look; None asks."""
        return fill(self._reply(kind), WIDTH)

    def _reply(self, kind: str | None) -> str:
        if kind is None:
            return f"Still open. Is it {', '.join(self.choices[:-1])} or {self.choices[-1]}?"
        place, sign = one_of("illness", kind, ILLNESSES)
        self.guesses.append(kind)
        if kind in self.causes:
            return f"Yes, {kind}. {sign}"
        if kind in self.diagnose().kinds:
            return f"You see something, but {kind} is a consequence here. What causes it?"
        wanted = ILLNESSES[self.causes[0]].place
        hints = [
            f"The cause is in the {wanted}, too." if place == wanted else f"The cause is not in the {place}.",
            f"Look at the {wanted}.",
            "Read the student's code: print(case.code). Or ask the doctor.",
        ]
        return f"Not {kind}, which you recognize like this: {sign} {hints[min(len(self.guesses), PATIENCE) - 1]}"

    def answers(self, most: int = 8) -> str:
        """The first rows: their inputs, what the net answers, and the target."""
        found = [(x, [float(f"{a:.3g}") for a in numbers(self.model(x))], y) for x, y in zip(self.X[:most], self.Y)]
        return "\n".join([f"{x} -> {a[0] if len(a) == 1 else a}, target {y}" for x, a, y in found])

    def diagnose(self) -> Diagnosis:
        """What the doctor says."""
        given = {name: self.space[name] for name in ("test", "learning_rate") if name in self.space}
        return diagnose(self.model, self.X, self.Y, self.space["loss"], history=self.history, **given)

    def ask_doctor(self) -> str:
        """The doctor's report and a cured net beside the sick one, after a right guess or three wrong ones."""
        if len(self.guesses) < PATIENCE and not set(self.guesses) & set(self.causes):
            return "The doctor waits for your guess."
        found = self.diagnose()
        return f"{found}\n\n{found[0].demo()}"

    def __repr__(self) -> str:
        return fill(f"{self.name[0].upper()}{self.name[1:]}: {self.story}", WIDTH)


TABLE = tomllib.loads(Path(__file__).with_name("clinic.toml").read_text(encoding="utf-8"))
ILLNESSES = {kind: Illness(**row) for kind, row in TABLE["illness"].items()}
PATIENTS: dict[str, dict[str, Any]] = TABLE["patient"]


def patient(name: str) -> Patient:
    """Admit the patient of that name, one of ``PATIENTS``.

    >>> patient("the snail").causes
    ['rate too small', 'unfinished']
    """
    return Patient(name, **one_of("patient", name, PATIENTS))
