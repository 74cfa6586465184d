"""Training steps as flat code: loss, penalty and update recorded once from scalar code, run over rows and parameters.

A step is three programs: the loss of one example and its gradient, over the rows of a mini-batch (the
mean); the penalty, which no row changes; and the optimizer's scalar update, over the parameters, for
which each parameter is a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from ..engine import Value
from ..tracing import Uncollected, Unsupported
from .compiled import Runner, native, prepared, runner_for
from .recording import Recipe, Recording, Step
from .state import Batches, Epoch, State


class Training:
    """The steps of one model by "source" or "batch", "auto" being the faster for so many ``rows`` in each step.

    ``clip(gradients, norm)`` shortens gradients. Unsupported if a function of the recipe looks at a number, is not
    recorded the same twice, or takes no Values.
    """

    def __init__(
        self,
        recipe: Recipe,
        table: Sequence[Sequence[float]],
        clip: Callable[[Any, float], Any],
        runner: str = "auto",
        rows: int = 1,
    ) -> None:
        parameters, self.step = list(recipe.parameters), Step(recipe)
        step = self.step
        kind = runner_for(runner, rows * step.loss.work)
        self.name, self.clip = kind.name, clip
        self.loss = Part(step.loss, parameters, kind)
        self.penalty = Part(step.penalty, parameters, kind) if step.penalty else None
        self.update = prepared(kind, step.update, ())
        self.rows, self.table = table, self.loss.runner.table(table)

    def run(self, state: State, batches: Batches, rate: float, clip_norm: float | None) -> tuple[State, list[float]]:
        """The state after the steps, and the loss of each; the last before one whose loss or gradient is inf or nan."""
        (numbers, gradients, moments, steps), losses, table = state, [], self.table
        if batches.drawn:
            rows, batches = batches.fresh(self.rows)
            table = self.loss.runner.table(rows)
        for k in range(batches.first, batches.last):
            indices = batches.indices(k)
            loss, found, noted = self.gradient(self.loss.runner.chosen(table, indices), numbers)
            if loss - loss != 0.0 or not self.loss.runner.finite(found):
                break
            clipped = found if clip_norm is None else self.clip(found, clip_norm)
            steps, gradients = steps + 1, found
            numbers, *moments = self.update.columns([numbers, clipped, *moments], [rate, float(steps)])
            losses.append(loss)
            self.step.recipe.keep(noted, len(indices))
        return State(numbers, gradients, moments, steps), losses

    def gradient(self, rows: Any, numbers: Any) -> tuple[float, Any, Sequence[float]]:
        """The mean loss over the rows plus the penalty, its gradient by the parameters' numbers, and what is noted."""
        value, gradients, noted = self.loss.mean(rows, numbers)
        if self.penalty is None:
            return value, gradients, noted
        more, more_gradients, _ = self.penalty.mean([()], numbers)
        return value + more, self.loss.runner.plus(gradients, more_gradients), noted


def in_machine_code() -> Any:
    """The module with ``NativeTraining`` and ``ManyTraining``; ImportError that says what to install if need be."""
    native()
    from .backends.llvm import trainings

    return trainings


MOST_GATES, MOST_STATEMENTS = 10_000, 100  # of the loss of one example, that are compiled for any run
COMPILING = 0.3, 1e-5  # seconds to compile loop nests, and more for each gate
READING = 1e-7  # seconds for each number that gates read, forward and backward in Python text
SHARE = 5.0  # compiling may take so small a part of what is left to do: a fifth


def native_training(
    recipe: Recipe, rows: Sequence[Sequence[float]], epoch: Epoch, clip_norm: float | None, passes: float = inf
) -> Any:
    """The steps in machine code, by loop nests.

    Unsupported if that takes long to compile for so many ``passes``, examples times epochs.
    """
    module, step = in_machine_code(), Step(recipe, True)
    gates = len(step.loss.gates)
    pays = SHARE * (COMPILING[0] + COMPILING[1] * gates) <= passes * step.loss.work * READING
    if gates > MOST_GATES and not pays:
        raise Unsupported(f"the loss has {gates} gates: to compile them takes longer than it saves")
    with Uncollected():
        return module.NativeTraining(step, rows, epoch, clip_norm is not None, inf if pays else MOST_STATEMENTS)


class Part:
    """The program of one Value that depends on rows and parameters, in its runner."""

    def __init__(self, recording: Recording, parameters: list[Value], kind: type[Runner]) -> None:
        self.runner = prepared(kind, recording, parameters)
        self.others = recording.parameters[len(parameters) :]  # captured, but not trained

    def mean(self, rows: Any, numbers: Any) -> tuple[float, Any, Sequence[float]]:
        """The mean over the rows, its gradient to the parameters, and what is noted of them."""
        if self.others:
            numbers = [*numbers, *[leaf._data for leaf in self.others]]
        found: tuple[float, Any, Sequence[float]] = self.runner.mean(rows, numbers)
        return found
