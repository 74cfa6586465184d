"""Training steps as flat code: loss, penalty and update recorded once from scalar code, run over rows and parameters.

A step is three programs: the loss of one example and its gradient, over the rows of a mini-batch (the
mean); the penalty, which no row changes; and the optimizer's scalar update, over the parameters, for
which each parameter is a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..engine import Value
from .compiled import Runner, kept, native, runner_for
from .lowering import Lowering
from .recording import Recipe, Recording, Step

if TYPE_CHECKING:
    from .backends.llvm.trainings import ManyTraining, NativeTraining


class Training:
    """The steps of one model, ready to run by "source" or "batch"; "auto" is the faster at batches of ``rows``.

    Unsupported if a function of the recipe looks at a number, is not recorded the same twice, or takes no Values.
    """

    def __init__(self, recipe: Recipe, runner: str = "auto", rows: int = 1) -> None:
        parameters, step = list(recipe.parameters), Step(recipe)
        kind = runner_for(runner, rows * step.loss.work)
        self.loss = Part(step.loss, parameters, kind)
        self.penalty = Part(step.penalty, parameters, kind) if step.penalty else None
        self.update = kept(kind, Lowering(step.update, ()).program(False))

    def table(self, rows: Sequence[Sequence[float]]) -> Any:
        """The examples with their targets as the runner wants them: index it for a mini-batch by ``chosen``."""
        return self.loss.runner.table(rows)

    def chosen(self, table: Any, batch: Sequence[int]) -> Any:
        """The rows of a mini-batch."""
        return self.loss.runner.chosen(table, batch)

    def gradient(self, rows: Any, numbers: Any) -> tuple[float, Any]:
        """The mean loss over the rows plus the penalty, and its gradient, where the parameters have these numbers."""
        value, gradients = self.loss.mean(rows, numbers)
        if self.penalty is None:
            return value, gradients
        more, more_gradients = self.penalty.mean([()], numbers)
        return value + more, self.loss.runner.plus(gradients, more_gradients)

    def finite(self, value: float, gradients: Any) -> bool:
        """Whether neither the loss nor any of its gradient is inf or nan."""
        return value - value == 0.0 and self.loss.runner.finite(gradients)

    def updated(
        self, numbers: Any, gradients: Any, rate: float, step: int, states: Sequence[Any]
    ) -> tuple[Any, list[Any]]:
        """The new numbers of the parameters, and the new states."""
        new, *states = self.update.columns([numbers, gradients, *states], [rate, float(step)])
        return new, states


def native_training(
    recipe: Recipe, rows: Sequence[Sequence[float]], batch: int, clips: bool, most: int | None = None
) -> NativeTraining:
    """A ``NativeTraining``; ImportError that says what to install where llvmlite is missing."""
    native()
    from .backends.llvm.trainings import NativeTraining

    return NativeTraining(recipe, rows, batch, clips, most)


def many_training(
    recipe: Recipe,
    rows: Sequence[Sequence[float]],
    batch: int,
    clip_norm: float | None,
    answers: Callable[[Sequence[Any]], Sequence[Any]],
) -> ManyTraining:
    """A ``ManyTraining``; ImportError as above."""
    native()
    from .backends.llvm.trainings import ManyTraining

    return ManyTraining(recipe, rows, batch, clip_norm, answers)


class Part:
    """The program of one Value that depends on rows and parameters, in its runner."""

    def __init__(self, recording: Recording, parameters: list[Value], kind: type[Runner]) -> None:
        self.runner = kept(kind, Lowering(recording, parameters).program(kind.roll))
        self.others = recording.parameters[len(parameters) :]  # captured, but not trained

    def mean(self, rows: Any, numbers: Any) -> tuple[float, Any]:
        """The mean over the rows, and its gradient to the parameters."""
        if self.others:
            numbers = [*numbers, *[leaf._data for leaf in self.others]]
        return self.runner.mean(rows, numbers)
