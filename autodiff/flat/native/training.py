"""Training in machine code: the programs of a step recorded once, compiled, and run for whole epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from ...engine import Value
from ...tracing import Unsupported
from ..lowering import Lowering
from ..recording import Recording
from ..training import Recipe, Step
from .batches import Batches
from .machine import compiled, machine
from .runner import aligned
from .steps import Plan, Steps


class NativeTraining:
    """The steps of one model, whole epochs in one call.

    ``rows`` are all examples with their targets, ``batch`` of them a step; ``clips`` says whether gradients are
    clipped by norm. A loss of more than ``most`` lines is Unsupported. ``numbers``, ``gradients`` and ``states`` hold
    the parameters, the last gradients and the optimizer's states; ``losses`` for each epoch begun the mean over its
    rows so far.
    """

    def __init__(
        self, recipe: Recipe, rows: Sequence[Sequence[float]], batch: int, clips: bool, most: int | None = None
    ) -> None:
        step = Recorded(recipe)
        batches = Batches(len(rows), min(batch, len(rows)))
        key = step.key, batches, clips

        def short(plan: Plan) -> Plan:
            if most is not None and len(plan.loss.lines) > most:
                raise Unsupported(f"the step has {len(plan.loss.lines)} lines: runner='native' would compile for long")
            return plan

        self.steps, self.code = compiled(key, lambda: Steps(short(step.plan(batches, clips)), machine().width))
        short(self.steps.plan)  # what was compiled before is refused too: the choice follows from the task alone
        self.plan, self.whole = self.steps.plan, self.steps.whole
        # learning rate, threshold, steps made before these, steps made of these, whether the next one was not made
        self.settings = numpy.zeros(5)
        self.call = self.code.function("train", 8, 2)
        self.others = step.others
        self.trained = len(step.parameters)
        self.x = self.placed(rows)
        self.memory = aligned(self.steps.memory)
        sizes = self.steps.sizes()
        self.w, self.sums = aligned(sizes["w"]), aligned(sizes["sums"])
        self.states = aligned(max(1, sizes["states"]))[: sizes["states"]].reshape(-1, self.trained)
        self.numbers, self.gradients = self.w[: self.trained], self.sums[: self.trained]

    def placed(self, rows: Sequence[Sequence[float]]) -> Any:
        """The rows as the kernel reads them: number by number where every step takes all, else row by row."""
        table = numpy.array(rows, dtype=float).reshape(len(rows), -1)
        if not self.whole:
            return table
        x = aligned(self.steps.inputs * self.steps.stride).reshape(self.steps.inputs, self.steps.stride)
        x[:, : len(rows)] = table.T
        return x

    def begin(self, order: Sequence[int], epochs: int, rate: float, threshold: float, before: int) -> None:
        """Get ready for so many epochs; ``before`` is how many steps the optimizer has made.

        ``order`` holds the indices of the rows, epoch after epoch; none where every step takes all rows (``whole``).
        Gradients longer than ``threshold`` are clipped.
        """
        self.order = numpy.array(order, dtype=numpy.int64)
        self.losses = numpy.zeros(epochs)  # each step adds its rows' share
        self.settings[:] = rate, threshold, before, 0.0, 0.0
        self.w[self.trained + 1 :] = [leaf._data for leaf in self.others]

    @property
    def made(self) -> int:
        """How many of the steps are made."""
        return int(self.settings[3])

    def run(self, last: int) -> bool:
        """Make steps until ``last`` are made; False before one whose loss or gradient is inf or nan: ``is_stuck``."""
        arrays = self.x, self.w, self.states, self.order, self.losses, self.sums, self.memory, self.settings
        self.call(*[array.ctypes.data for array in arrays], self.made, last)
        return self.made == last

    @property
    def batch(self) -> list[int]:
        """The indices of the rows of the next step."""
        found: list[int] = self.plan.batches.indices(self.made, self.order)
        return found

    @property
    def is_stuck(self) -> bool:
        """Whether the next step has to be made elsewhere; ``gradients`` are its own already."""
        return bool(self.settings[4])

    def skip(self, loss: float) -> None:
        """Count the next step, which was made elsewhere."""
        self.losses[self.made // self.plan.batches.steps] += loss * len(self.batch) / self.plan.batches.rows
        self.settings[3:] += 1.0, -1.0


class Recorded:
    """A step recorded for machine code; ``key`` tells whether one of the same structure was met before.

    The loss of a row is multiplied by one number more, ``share``: where it is one over the number of rows, the sum
    over the rows is the mean, and the penalty may be added to it.
    """

    def __init__(self, recipe: Recipe) -> None:
        share = Value(1.0, "share")
        step = Step(recipe)
        self.parameters, self.update = list(recipe.parameters), step.update
        self.others = captured([step.loss, step.penalty], {*self.parameters, share})
        numbers = [*self.parameters, share, *self.others]
        self.loss = Recording([step.loss.outputs[0] * share], step.loss.inputs, numbers, step.since)
        self.penalty = Recording(step.penalty.outputs, [], numbers, step.since) if step.penalty else None

    @property
    def key(self) -> tuple[Any, ...]:
        sizes = len(self.parameters), len(self.others), len(self.loss.inputs)
        return structure(sizes, [self.loss, self.penalty, self.update])

    def plan(self, batches: Batches, clips: bool) -> Plan:
        """The programs of the step, and how it is to be run."""
        loss = Lowering(self.loss, self.parameters).program(True)
        penalty = Lowering(self.penalty, self.parameters).program(True) if self.penalty else None
        update = Lowering(self.update, ()).program(False)
        return Plan(loss, penalty, update, len(self.parameters), batches, clips)


def captured(parts: Sequence[Recording | None], known: set[Value]) -> list[Value]:
    """The leaves that the parts read besides those that are known."""
    return list(dict.fromkeys(x for part in parts if part for x in part.parameters if x not in known))


def structure(sizes: tuple[int, ...], parts: Sequence[Recording | None]) -> tuple[Any, ...]:
    """What tells recorded parts of one structure, made of the same primitives, from all others."""
    made = [part for part in parts if part]
    primitives = {gate.primitive for part in made for gate in part.gates}
    return (*sizes, *[tuple(part.structure) if part else None for part in parts], frozenset(primitives))
