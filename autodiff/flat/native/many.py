"""Training many nets at once in machine code: the step recorded from one of them, run for a block of nets at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy

from ...engine import Value, tick
from ...tracing import Tracing
from ..lowering import Lowering
from ..recording import Recording
from ..training import Recipe, Step, recordings
from .batches import Batches
from .machine import compiled, machine
from .nets import NAMES, NETS, Nets, NetsPlan
from .runner import aligned
from .training import captured, structure

SECONDS = 0.05  # how long a call may last, so that ctrl-C works


class ManyTraining:
    """The steps of nets that differ only in their numbers and learning rates.

    ``rows`` are all examples with their targets, ``batch`` of them a step; gradients are shortened to ``clip_norm``,
    and ``answers(x)`` is what the net makes of an example.
    """

    at_once = NETS  # in a block

    def __init__(
        self,
        recipe: Recipe,
        rows: Sequence[Sequence[float]],
        batch: int,
        clip_norm: float | None,
        answers: Callable[[Sequence[Any]], Sequence[Any]],
    ) -> None:
        step = Step(recipe)
        with Tracing():
            outputs = answers(step.loss.inputs[: len(recipe.example[0])])
        self.step = RecordedNet(step, outputs, list(recipe.parameters))
        batches = Batches(len(rows), min(batch, len(rows)))
        key = "nets", self.step.key, batches, clip_norm
        self.nets, self.code = compiled(key, lambda: Nets(self.step.plan(batches, clip_norm), machine().width))
        self.plan = self.nets.plan
        self.train = self.code.function("train", len(NAMES), 2, 1)
        self.answer = self.code.function("outputs", 4)
        others = [leaf._data for leaf in self.step.others]
        self.rows = numpy.array([[*row, *others] for row in rows])
        self.memory = aligned(self.nets.memory)
        self.pace = 0.0  # seconds for each step, as far as that is known
        self.known = known(recipe, (step.loss, step.penalty, step.update))

    def fits(self, recipe: Recipe) -> bool:
        """Whether that of another net differs only in the numbers of the parameters."""
        with recipe.watched():
            parts = recordings(recipe, tick())
        return self.known == known(recipe, parts)

    def block(self, starts: Sequence[Sequence[float]], rates: Sequence[float]) -> Block:
        """Up to ``at_once`` nets, ready to be trained."""
        return Block(self, starts, rates)


class Block:
    """Up to ``NETS`` nets, trained from their ``starts`` at their ``rates``."""

    def __init__(self, training: ManyTraining, starts: Sequence[Sequence[float]], rates: Sequence[float]) -> None:
        self.training, self.count = training, len(starts)
        plan, nets = training.plan, training.nets
        self.w = aligned(plan.trained * NETS).reshape(plan.trained, NETS)
        self.w[:, : self.count] = numpy.array(starts).reshape(self.count, -1).T
        self.states = aligned(max(1, nets.update.states) * plan.trained * NETS)
        self.rates, self.losses, self.ends = (aligned(NETS) for _ in range(3))
        self.rates[: self.count] = rates
        self.ends[: self.count] = numpy.inf  # lanes without a net have ended before they begin
        self.before = 0
        self.stopped: dict[int, list[int]] = {}  # nets whose loss was inf or nan, and for which rows

    def run(self, order: Sequence[int], epochs: int) -> None:
        """Train for so many epochs; ``order`` holds the indices of the rows, none where every step takes all."""
        training, steps = self.training, epochs * self.training.plan.batches.steps
        indices = numpy.array(order, dtype=numpy.int64)
        arrays = self.w, self.states, self.rates, training.rows, indices, self.losses, self.ends, training.memory
        pointers = [array.ctypes.data for array in arrays]
        made = 0
        while made < steps:
            start = perf_counter()
            last = min(steps, made + max(1, int(SECONDS / training.pace) if training.pace else 1))
            training.train(*pointers, made, last, float(self.before))
            training.pace = max((perf_counter() - start) / (last - made), training.pace / 10.0)
            made = last
        self.before += steps
        for lane in range(self.count):
            if lane not in self.stopped and self.ends[lane] < numpy.inf:
                self.stopped[lane] = training.plan.batches.indices(int(self.ends[lane]), order)

    @property
    def numbers(self) -> list[list[float]]:
        """The numbers of each net."""
        found: list[list[float]] = self.w[:, : self.count].T.tolist()
        return found

    def outputs(self) -> list[list[list[float]]]:
        """What each net makes of each example: [net][example][output]."""
        training = self.training
        many = len(training.plan.outputs.outputs)
        found = aligned(len(training.rows) * many * NETS).reshape(len(training.rows), many, NETS)
        for row, out in zip(training.rows, found):
            training.answer(*[array.ctypes.data for array in (self.w, row, out, training.memory)])
        by_net: list[list[list[float]]] = found.transpose(2, 0, 1)[: self.count].tolist()
        return by_net


def known(recipe: Recipe, parts: Sequence[Recording | None]) -> list[Any]:
    """What is recorded, and the numbers that it reads besides the parameters."""
    trained, made = {*recipe.parameters}, [part for part in parts if part]
    captured = [repr(leaf._data) for part in made for leaf in part.parameters if leaf not in trained]  # nan is nan
    return [len(trained), captured, *[part.structure for part in made]]


class RecordedNet:
    """A net's step and outputs, recorded in terms of its numbers; ``key`` tells one of the same structure."""

    def __init__(self, step: Step, outputs: Sequence[Any], parameters: list[Value]) -> None:
        known = {*parameters, *step.loss.inputs}
        parts = step.loss, step.penalty, Recording(outputs, parameters, (), step.since)
        self.others = captured(parts, known)
        self.parameters, self.update = parameters, step.update
        row = [*step.loss.inputs, *self.others]
        self.loss = Recording(step.loss.outputs, parameters, row, step.since)
        self.penalty = Recording(step.penalty.outputs, parameters, self.others, step.since) if step.penalty else None
        self.outputs = Recording(outputs, parameters, row, step.since)

    @property
    def key(self) -> tuple[Any, ...]:
        sizes = len(self.parameters), len(self.others), len(self.loss.parameters)
        return structure(sizes, [self.loss, self.penalty, self.update, self.outputs])

    def plan(self, batches: Batches, clip_norm: float | None) -> NetsPlan:
        """The programs of the step, and how it is to be run."""
        loss = Lowering(self.loss, self.parameters).program(True)
        penalty = Lowering(self.penalty, self.parameters).program(True) if self.penalty else None
        update, outputs = Lowering(self.update, ()).program(False), Lowering(self.outputs, ()).program(True)
        return NetsPlan(loss, penalty, update, outputs, batches, clip_norm)
