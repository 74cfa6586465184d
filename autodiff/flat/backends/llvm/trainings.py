"""Trainings in machine code: numbers in, epochs run, numbers out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy

from ....engine import tick
from ....tracing import Tracing
from ...ir import remembered
from ...loops.nests import for_rows, roll
from ...recording import Recipe, Recording, Step, recordings
from ...state import Batches, Epoch, State
from .code import Memory, NativeNests
from .machine import aligned, machine
from .steps import NETS, LongLoss, Nets, Steps, of_net, of_nets

Rows = Sequence[Sequence[float]]


class NativeTraining:
    """The steps of one model, many in one call.

    ``rows`` are all examples with their targets; ``clips`` says whether gradients are clipped by norm. A loss of more
    than ``most`` statements is a LongLoss.
    """

    name = "native"

    def __init__(self, step: Step, rows: Rows, epoch: Epoch, clips: bool, most: float = math.inf) -> None:
        self.step, parameters = step, list(step.recipe.parameters)
        parts = of_net(step, parameters)
        epoch = epoch._replace(fresh=len(step.loss.inputs) > len(rows[0]))
        key = parts.key, epoch, clips, machine().width
        self.steps = remembered(key, lambda: Steps(parts, epoch, clips, most))
        if self.steps.count > most:  # what was compiled before is refused too: the choice follows from the task alone
            raise LongLoss(f"the loss has {self.steps.count} statements")
        self.others, self.trained = parts.others, len(parameters)
        self.rows, self.x = rows, self.placed(rows)
        self.memory = Memory(self.steps.sizes, **({"x": self.x} if self.steps.epoch.whole else {}))
        self.memory["t"][:] = self.steps.table
        self.order: tuple[Any, Any] = None, None  # as it was given, and as an array

    def placed(self, rows: Rows) -> Any:
        """The rows as steps read them: number by number in blocks where every step takes all, else row by row."""
        table = numpy.array(rows, dtype=float).reshape(len(rows), -1)
        if not self.steps.epoch.whole:
            return table
        x, size = aligned(table.size), self.steps.block
        numpy.concatenate([table[k : k + size].T.ravel() for k in range(0, len(table), size)], out=x)
        return x

    def run(self, state: State, batches: Batches, rate: float, clip_norm: float | None) -> tuple[State, Any]:
        """The state after the steps, and the loss of each; the last before one whose loss or gradient is inf or nan."""
        x, trained, memory = self.x, self.trained, self.memory
        if batches.drawn:
            rows, batches = batches.fresh(self.rows)
            x = self.placed(rows)
        _, order, first, last, _ = batches
        if self.order[0] is not order:
            self.order = order, numpy.array(order, dtype=numpy.int64)
        state.put(memory.arrays, trained)
        memory["w"][trained:] = [leaf._data for leaf in self.others]
        losses = numpy.empty((last - first, 1 + self.steps.notes))
        memory["s"][0], memory["u"][1] = rate, clip_norm or 0.0
        begin = losses.ctypes.data - first * losses.strides[0]  # where that of step 0 were
        pointers = x.ctypes.data, self.order[1].ctypes.data, begin
        self.steps.call(memory.address, *pointers, state.steps - first, first, last)
        made = int(memory["u"][2]) - first
        for k, noted in enumerate(losses[:made, 1:].tolist() if self.steps.notes else (), first):
            self.step.recipe.keep(noted, len(batches.indices(k)))
        return State.at(memory.arrays, trained, state.steps + made), losses[:made, 0]


class ManyTraining:
    """The steps of nets that differ only in their numbers and learning rates: a state whose last axis are the nets.

    ``state.steps`` are those that each has made; one that has met inf or nan stands still. ``rows`` are all examples
    with their targets; gradients are shortened to ``clip_norm``, and ``answers(x)`` is what a net makes of an example.
    """

    at_once = NETS  # in a block

    def __init__(
        self, recipe: Recipe, rows: Rows, epoch: Epoch, clip_norm: float | None, answers: Callable[[Any], Sequence[Any]]
    ) -> None:
        step = Step(recipe, True)
        with Tracing(sums=True):
            outputs = answers(step.loss.inputs[: len(recipe.example[0])])
        parts = of_nets(step, list(recipe.parameters), outputs)
        key = "nets", parts.key, epoch, clip_norm is not None, machine().width
        self.nets = remembered(key, lambda: Nets(parts, epoch, clip_norm is not None))
        others = [leaf._data for leaf in parts.others]
        self.rows = numpy.array([[*row, *others] for row in rows])
        self.memory, self.clip_norm = Memory(self.nets.sizes), clip_norm or 0.0
        self.memory["t"][:] = self.nets.table
        states, self.trained = len(parts.update.inputs) - 2, len(parts.trained)
        self.moments = [self.memory[f"m{k}"] for k in range(states)]
        self.shape = states, self.trained, NETS
        self.answers = NativeNests(for_rows(roll(parts.outputs, ()), NETS), rows=NETS)  # type: ignore[arg-type]
        self.order: tuple[Any, Any] = None, None  # as it was given, and as an array
        self.known = known(recipe, (step.loss, step.penalty, step.update))

    def fits(self, recipe: Recipe) -> bool:
        """Whether that of another net differs only in the numbers of the parameters."""
        with recipe.watched():
            parts = recordings(recipe, tick(), True)
        return self.known == known(recipe, parts)

    def start(self, starts: Sequence[Sequence[float]], rates: Sequence[float]) -> tuple[State, Lanes]:
        """The state of up to ``at_once`` nets that begin with these numbers; lanes without a net have ended."""
        trained, count = self.trained, len(starts)
        numbers, lanes = numpy.zeros((trained, NETS)), Lanes(*numpy.zeros((3, NETS)))
        numbers[:, :count], lanes.rates[:count] = numpy.array(starts).reshape(count, trained).T, rates
        lanes.ends[:count] = numpy.inf
        return State(numbers, (), numpy.zeros(self.shape), 0), lanes

    def run(self, state: State, lanes: Lanes, batches: Batches) -> tuple[State, Lanes]:
        """The state after the steps; a net whose loss or gradient is inf or nan has ended before that step."""
        _, order, first, last, _ = batches
        if self.order[0] is not order:
            self.order = order, numpy.array(order, dtype=numpy.int64)
        memory = self.memory
        memory["w"][:] = state.numbers.ravel()
        for line, moments in zip(self.moments, state.moments):
            line[:] = moments.ravel()
        memory["s"][:NETS], memory["u"][1] = lanes.rates, self.clip_norm
        memory["l"][:NETS], memory["l"][NETS:] = lanes.losses, lanes.ends
        pointers = [array.ctypes.data for array in (self.rows, self.order[1], self.rows)]
        self.nets.call(memory.address, *pointers, state.steps - first, first, last)
        numbers, moments = memory["w"].reshape(-1, NETS).copy(), numpy.array(self.moments).reshape(self.shape)
        made = State(numbers, (), moments, state.steps + last - first)
        return made, Lanes(lanes.rates, *memory["l"].reshape(2, NETS).copy())

    def outputs(self, numbers: Any) -> Any:
        """What each net makes of each example, of shape (nets, examples, outputs)."""
        found = [self.answers.outputs(numbers.ravel(), row).reshape(-1, NETS) for row in self.rows]
        return numpy.array(found).transpose(2, 0, 1)


class Lanes(NamedTuple):
    """For each net its learning rate, its mean loss in the epoch so far, and the step at which it ended, or inf."""

    rates: Any
    losses: Any
    ends: Any


def known(recipe: Recipe, parts: Sequence[Recording | None]) -> list[Any]:
    """What is recorded, and the numbers that it reads besides the parameters."""
    trained, made = {*recipe.parameters}, [part for part in parts if part]
    captured = [repr(leaf._data) for part in made for leaf in part.parameters if leaf not in trained]  # nan is nan
    return [len(trained), captured, *[part.structure for part in made]]
