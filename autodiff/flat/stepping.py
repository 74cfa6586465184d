"""Training steps as flat code: loss, penalty and update recorded once from scalar code, run over rows and parameters.

A step is three programs: the loss of one example and its gradient, over the rows of a mini-batch (the
mean); the penalty, which no row changes; and the optimizer's scalar update, over the parameters, for
which each parameter is a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from ..tracing import Uncollected, Unsupported
from .compiled import native, prepared, runner_for
from .ir import remembered
from .recording import Recipe, Step
from .state import Batches, Epoch, State


class PureStep:
    """A step as functions of numbers alone, the gradient over rows and the update, each part in its runner."""

    def __init__(self, step: Step, kind: Any, clip: Callable[[Any, Any], Any]) -> None:
        parameters, penalty = list(step.recipe.parameters), step.penalty
        self.loss, self.update = prepared(kind, step.loss, parameters), prepared(kind, step.update, ())
        self.penalty, self.clip = prepared(kind, penalty, parameters) if penalty else None, clip

    def gradient(self, rows: Any, numbers: Any, others: Sequence[Any]) -> tuple[Any, Any, Any, Any]:
        """(Mean loss over the rows plus penalty, its gradient, what is noted, whether loss and gradient are finite).

        ``others`` are the numbers that loss and penalty read besides those of the parameters.
        """
        loss, gradients, noted = self.loss.mean(rows, [*numbers, *others[0]] if others[0] else numbers)
        if self.penalty:
            more, to_it, _ = self.penalty.mean([()], [*numbers, *others[1]] if others[1] else numbers)
            loss, gradients = loss + more, self.loss.plus(gradients, to_it)
        return loss, gradients, noted, (loss - loss == 0.0) & self.loss.finite(gradients)

    def updated(self, state: State, gradients: Any, rate: Any, clip_norm: Any) -> State:
        """The state after the step."""
        numbers, _, moments, steps = state
        clipped = gradients if clip_norm is None else self.clip(gradients, clip_norm)
        numbers, *moments = self.update.columns([numbers, clipped, *moments], [rate, steps + 1.0])
        return State(numbers, gradients, moments, steps + 1)


def others(step: Step) -> list[list[float]]:
    """The numbers of what loss and penalty read besides the parameters: captured, but not trained."""
    count = len(step.recipe.parameters)
    return [[leaf._data for leaf in part.parameters[count:]] if part else [] for part in (step.loss, step.penalty)]


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
        self.step = step = Step(recipe)
        kind = runner_for(runner, rows * step.loss.work)
        self.name, self.pure = kind.name, PureStep(step, kind, clip)
        self.rows, self.table = table, self.pure.loss.table(table)

    def run(self, state: State, batches: Batches, rate: float, clip_norm: float | None) -> tuple[State, list[float]]:
        """The state after the steps, and the loss of each; the last before one whose loss or gradient is inf or nan."""
        losses, table, more, runner = list[float](), self.table, others(self.step), self.pure.loss
        if batches.drawn:
            rows, batches = batches.fresh(self.rows)
            table = runner.table(rows)
        for k in range(batches.first, batches.last):
            indices = batches.indices(k)
            loss, found, noted, is_finite = self.pure.gradient(runner.chosen(table, indices), state.numbers, more)
            if not is_finite:
                break
            state = self.pure.updated(state, found, rate, clip_norm)
            losses.append(loss)
            self.step.recipe.keep([*map(float, noted)], len(indices))
        return state, losses


def device_training(recipe: Recipe, rows: Sequence[Sequence[float]], epoch: Epoch, devices: int | None) -> Any:
    """The steps by JAX, over so many devices or all; ImportError that says what to install where it is missing."""
    try:
        from .backends import devices as by_jax  # when used: it brings in JAX
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "jax":
            raise
        raise ImportError("runner='jax' trains by JAX: pip install 'scalar-autodiff[jax]'") from error
    step, mesh = Step(recipe), by_jax.mesh_of(devices)
    parts = [(len(x.inputs), len(x.parameters), *x.structure) for x in (step.loss, step.penalty, step.update) if x]

    def scan() -> Any:
        pure = PureStep(step, by_jax.Jax, by_jax.clipped)
        return by_jax.Scan(pure.gradient, pure.updated, mesh)

    with by_jax.float64():
        made = remembered(("jax", mesh, len(recipe.parameters), *parts), scan)
        return by_jax.DeviceTraining(step, made, rows, epoch, lambda: others(step))


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
