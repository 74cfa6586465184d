"""Training steps as flat code: loss, penalty and update recorded once from scalar code, run over rows and parameters.

A step is three programs: the loss of one example and its gradient, over the rows of a mini-batch (the
mean); the penalty, which no row changes; and the optimizer's scalar update, over the parameters, for
which each parameter is a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from ..engine import Value, tick
from ..tracing import Tracing, Unsupported
from .compiled import Runner, kept, native, runner_for
from .lowering import Lowering
from .recording import Given, Recording

if TYPE_CHECKING:
    from .backends.llvm.trainings import ManyTraining, NativeTraining


class Recipe(NamedTuple):
    """The scalar functions that a training step is recorded from.

    ``loss(x, target)`` is the loss of one example, in Values for its numbers and the captured ``parameters``;
    ``example`` is some (x, target), the shape of all. ``update()`` records (inputs, outputs) of one scalar update,
    from (parameter, gradient, learning_rate, step, *states) to (parameter, *states); ``penalty()`` is what is added
    to the mean loss. ``watched()`` is entered while these are recorded.
    """

    loss: Callable[[Any, Any], Any]
    example: tuple[Sequence[float], Sequence[float]]
    parameters: Sequence[Value]
    update: Callable[[], tuple[Sequence[Any], Sequence[Any]]]
    penalty: Callable[[], Any] | None = None
    watched: Callable[[], AbstractContextManager[Any]] = nullcontext


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


class Step:
    """The recordings of a step: loss, penalty and update.

    ``since`` is a creation number: leaves that are younger and no parameters are constants.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.since = tick()
        with recipe.watched():
            self.loss, self.penalty, self.update = parts = recordings(recipe, self.since)
            again = recordings(recipe, self.since)
        for name, part, other in zip(("loss", "penalty", "optimizer's update"), parts, again):
            if part and other and part.structure != other.structure:
                first, second = ([x.primitive for x in these.gates if x.primitive] for these in (part, other))
                anew = [x.name for x in second if x not in first]
                reason = "does it draw random numbers?"
                if anew and [x.name for x in first] == [x.name for x in second]:
                    reason = f"it makes the gate {anew[0]!r} anew: make it once, outside the function"
                raise Unsupported(
                    f"the {name} is recorded differently each time ({reason}): flat code would keep the first for "
                    "ever; train it with runner='eager'"
                )
        if not Recording(self.loss.outputs, self.loss.inputs, (), self.since).parameters:
            raise TypeError(
                f"the loss has to be one Value that depends on the model's outputs, got {self.loss.outputs[0]!r:.60}"
            )


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


def recordings(recipe: Recipe, since: int) -> tuple[Recording, Recording | None, Recording]:
    """Loss, penalty and update, recorded now."""
    loss, example, parameters, update, penalty, _ = recipe
    with Tracing():
        with Given("the loss"):
            outputs, inputs = recorded(loss, example)
        of_loss = Recording(outputs, inputs, parameters, since)
        with Given("the penalty"):
            added = penalty() if penalty else None
        of_penalty = Recording([added], [], parameters, since) if penalty else None
        with Given("the optimizer's update"):
            (parameter, gradient, rate, step, *states), new = update()
    return of_loss, of_penalty, Recording(new, [parameter, gradient, *states], [rate, step], since)


def recorded(
    loss: Callable[[Any, Any], Any], example: tuple[Sequence[float], Sequence[float]]
) -> tuple[list[Any], list[Value]]:
    """The loss of an example whose numbers are independent variables: ([loss], variables)."""
    x, target = ([Value(number, f"{name}{i}") for i, number in enumerate(part)] for name, part in zip("xt", example))
    return [loss(list(x), list(target))], [*x, *target]
