"""Training steps as flat code: loss, penalty and update recorded once from scalar code, run over rows and parameters.

A step is three programs: the mean over the rows of a mini-batch of the loss of one example and its gradient; the
penalty, which does not depend on rows; and the optimizer's scalar update, for which each parameter is a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from ..tracing import Uncollected, Unsupported
from .compiled import import_for, make_runner, runner_for
from .ir import remember
from .recording import Recipe, Step
from .state import Batches, Epoch, State


class PureStep:
    """A step as two functions of numbers alone: the gradient over rows, and the update."""

    def __init__(self, step: Step, kind: Any, clip: Callable[[Any, Any], Any]) -> None:
        parameters, penalty = list(step.recipe.parameters), step.penalty
        self.loss, self.update = make_runner(kind, step.loss, parameters), make_runner(kind, step.update, ())
        self.penalty, self.clip = make_runner(kind, penalty, parameters) if penalty else None, clip

    def gradient(self, rows: Any, numbers: Any, others: Sequence[Any]) -> tuple[Any, Any, Any, Any]:
        """(Mean loss over the rows plus penalty, its gradient, noted numbers, whether loss and gradient are finite).

        ``others`` are the ``untrained_numbers``.
        """
        loss, gradients, noted = self.loss.mean(rows, [*numbers, *others[0]] if others[0] else numbers)
        if self.penalty:
            more, to_it, _ = self.penalty.mean([()], [*numbers, *others[1]] if others[1] else numbers)
            loss, gradients = loss + more, self.loss.plus(gradients, to_it)
        return loss, gradients, noted, (loss - loss == 0.0) & self.loss.finite(gradients)

    def advance(self, state: State, gradients: Any, rate: Any, clip_norm: Any) -> State:
        """The state after the step."""
        numbers, _, moments, steps = state
        clipped = gradients if clip_norm is None else self.clip(gradients, clip_norm)
        numbers, *moments = self.update.columns([numbers, clipped, *moments], [rate, steps + 1.0])
        return State(numbers, gradients, moments, steps + 1)


def untrained_numbers(step: Step) -> list[list[float]]:
    """The numbers that loss and penalty read besides the trained parameters: those of other captured leaves."""
    count = len(step.recipe.parameters)
    return [[leaf._data for leaf in part.parameters[count:]] if part else [] for part in (step.loss, step.penalty)]


class Training:
    """The steps of one model by "source" or "batch"; "auto" is the faster of these for ``rows`` rows a step.

    ``clip(gradients, norm)`` clips gradients. Unsupported if a function of the recipe looks at a number, differs
    between two recordings, or does not take Values.
    """

    def __init__(
        self, recipe: Recipe, table: Sequence[Sequence[float]], clip: Callable[[Any, float], Any],
        runner: str = "auto", rows: int = 1,
    ) -> None:  # fmt: skip
        self.step = step = Step(recipe)
        kind = runner_for(runner, rows * step.loss.work)
        self.name, self.pure = kind.name, PureStep(step, kind, clip)
        self.rows, self.table = table, self.pure.loss.table(table)

    def run(self, state: State, batches: Batches, rate: float, clip_norm: float | None) -> tuple[State, list[float]]:
        """The state after the steps, and their losses; stop before the first loss or gradient that is inf or nan."""
        losses: list[float] = []
        table, others, runner = self.table, untrained_numbers(self.step), self.pure.loss
        if batches.drawn:
            rows, batches = batches.take_rows(self.rows)
            table = runner.table(rows)
        for k in range(batches.first, batches.last):
            indices = batches.indices(k)
            loss, found, noted, is_finite = self.pure.gradient(runner.select(table, indices), state.numbers, others)
            if not is_finite:
                break
            state = self.pure.advance(state, found, rate, clip_norm)
            losses.append(loss)
            self.step.recipe.keep([*map(float, noted)], len(indices))
        return state, losses


def device_training(recipe: Recipe, rows: Sequence[Sequence[float]], epoch: Epoch, devices: int | None) -> Any:
    """The steps by JAX on this number of devices, or all."""
    with import_for("jax"):
        from .backends import devices as by_jax  # imported here, since it imports JAX
    step, mesh = Step(recipe), by_jax.mesh_of(devices)
    parts = [(len(x.inputs), len(x.parameters), *x.structure) for x in (step.loss, step.penalty, step.update) if x]

    def scan() -> Any:
        pure = PureStep(step, by_jax.Jax, by_jax.clip_by_norm)
        return by_jax.Scan(pure.gradient, pure.advance, mesh)

    with by_jax.float64():
        made = remember(("jax", mesh, len(recipe.parameters), *parts), scan)
        return by_jax.DeviceTraining(step, made, rows, epoch, lambda: untrained_numbers(step))


def machine_code() -> Any:
    """The module of ``NativeTraining`` and ``ManyTraining``."""
    with import_for("native"):
        from .backends.llvm import trainings
    return trainings


MOST_GATES, MOST_STATEMENTS = 10_000, 100  # of the loss of one example: up to these it is compiled for any run
COMPILING = 0.3, 1e-5  # seconds to compile loop nests: in all, and for each gate
READING = 1e-7  # seconds for each operand, forward and backward in Python text
COMPILING_SHARE = 5.0  # compiling may take a fifth of the time of the run in Python text


def native_training(
    recipe: Recipe, rows: Sequence[Sequence[float]], epoch: Epoch, clip_norm: float | None, passes: float = inf
) -> Any:
    """The steps in machine code; Unsupported if compiling takes too long for ``passes``: examples times epochs."""
    module, step = machine_code(), Step(recipe, True)
    gates = len(step.loss.gates)
    pays = COMPILING_SHARE * (COMPILING[0] + COMPILING[1] * gates) <= passes * step.loss.work * READING
    if gates > MOST_GATES and not pays:
        raise Unsupported(f"the loss has {gates} gates: to compile them takes longer than it saves")
    with Uncollected():
        return module.NativeTraining(step, rows, epoch, clip_norm is not None, inf if pays else MOST_STATEMENTS)
