"""Trainings in machine code: numbers in, epochs run, numbers out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy

from ....engine import Value, tick
from ....tracing import Tracing, Unsupported
from ...lowering import Lowering
from ...recording import Recipe, Recording, Step, recordings
from ...state import Batches, Epoch, State
from .epochs import NAMES, NETS, Nets, NetsPlan, Plan, Steps
from .machine import compiled, machine
from .runner import aligned


class NativeTraining:
    """The steps of one model, many in one call.

    ``rows`` are all examples with their targets; ``clips`` says whether gradients are clipped by norm. A loss of more
    than ``most`` lines is Unsupported.
    """

    name = "native"

    def __init__(
        self, recipe: Recipe, rows: Sequence[Sequence[float]], epoch: Epoch, clips: bool, most: int | None = None
    ) -> None:
        step = Recorded(recipe)
        epoch = epoch._replace(fresh=len(step.loss.inputs) > len(rows[0]))
        self.step, key = step.step, (step.key, epoch, clips)

        def short(plan: Plan) -> Plan:
            if most is not None and len(plan.loss.lines) > most:
                raise Unsupported(f"the step has {len(plan.loss.lines)} lines: runner='native' would compile for long")
            return plan

        self.steps, self.code = compiled(key, lambda: Steps(short(step.plan(epoch, clips)), machine().width))
        short(self.steps.plan)  # what was compiled before is refused too: the choice follows from the task alone
        # learning rate, threshold, steps made before the first of the epochs, the next step, whether it was not made
        self.settings = numpy.zeros(5)
        self.call = self.code.function("train", 8, 2)
        self.others = step.others
        self.trained = len(step.parameters)
        self.rows, self.x = rows, self.placed(rows)
        self.memory = aligned(self.steps.memory)
        sizes = self.steps.sizes()
        self.w, self.sums = aligned(sizes["w"]), aligned(sizes["sums"])
        self.moments = aligned(max(1, sizes["states"]))[: sizes["states"]].reshape(-1, self.trained)
        self.order: tuple[Any, Any] = None, None  # as it was given, and as an array

    def placed(self, rows: Sequence[Sequence[float]]) -> Any:
        """The rows as the kernel reads them: number by number where every step takes all, else row by row."""
        table = numpy.array(rows, dtype=float).reshape(len(rows), -1)
        if not self.steps.whole:
            return table
        x = aligned(self.steps.inputs * self.steps.stride).reshape(self.steps.inputs, self.steps.stride)
        x[:, : len(rows)] = table.T
        return x

    def run(self, state: State, batches: Batches, rate: float, clip_norm: float | None) -> tuple[State, Any]:
        """The state after the steps, and the loss of each; the last before one whose loss or gradient is inf or nan."""
        x, trained = self.x, self.trained
        if batches.drawn:
            rows, batches = batches.fresh(self.rows)
            x = self.placed(rows)
        _, order, first, last, _ = batches
        if self.order[0] is not order:
            self.order = order, numpy.array(order, dtype=numpy.int64)
        self.w[:trained], self.sums[:trained] = state.numbers, state.gradients
        self.w[trained + 1 :] = [leaf._data for leaf in self.others]
        for line, moments in zip(self.moments, state.moments):
            line[:] = moments
        losses = numpy.empty(last - first)
        self.settings[:] = rate, clip_norm or 0.0, state.steps - first, first, 0.0
        arrays = x, self.w, self.moments, self.order[1], losses, self.sums, self.memory, self.settings
        pointers = [array.ctypes.data for array in arrays]
        pointers[4] -= 8 * first  # where the loss of step 0 would be
        self.call(*pointers, first, last)
        made = int(self.settings[3]) - first
        numbers, gradients = self.w[:trained].copy(), self.sums[:trained].copy()
        return State(numbers, gradients, self.moments.copy(), state.steps + made), losses[:made]


class Recorded:
    """A step recorded for machine code; ``key`` tells whether one of the same structure was met before.

    The loss of a row is multiplied by one number more, ``share``: where it is one over the number of rows, the sum
    over the rows is the mean, and the penalty may be added to it.
    """

    def __init__(self, recipe: Recipe) -> None:
        share = Value(1.0, "share")
        self.step = step = Step(recipe)
        self.parameters, self.update = list(recipe.parameters), step.update
        self.others = captured([step.loss, step.penalty], {*self.parameters, share})
        numbers = [*self.parameters, share, *self.others]
        self.loss = Recording([step.loss.outputs[0] * share], step.loss.inputs, numbers, step.since)
        self.penalty = Recording(step.penalty.outputs, [], numbers, step.since) if step.penalty else None

    @property
    def key(self) -> tuple[Any, ...]:
        sizes = len(self.parameters), len(self.others), len(self.loss.inputs)
        return structure(sizes, [self.loss, self.penalty, self.update])

    def plan(self, epoch: Epoch, clips: bool) -> Plan:
        """The programs of the step, and how it is to be run."""
        loss = Lowering(self.loss, self.parameters).program(True)
        penalty = Lowering(self.penalty, self.parameters).program(True) if self.penalty else None
        update = Lowering(self.update, ()).program(False)
        return Plan(loss, penalty, update, len(self.parameters), epoch, clips)


def captured(parts: Sequence[Recording | None], known: set[Value]) -> list[Value]:
    """The leaves that the parts read besides those that are known."""
    return list(dict.fromkeys(x for part in parts if part for x in part.parameters if x not in known))


def structure(sizes: tuple[int, ...], parts: Sequence[Recording | None]) -> tuple[Any, ...]:
    """What tells recorded parts of one structure, made of the same primitives, from all others."""
    made = [part for part in parts if part]
    primitives = {gate.primitive for part in made for gate in part.gates}
    return (*sizes, *[tuple(part.structure) if part else None for part in parts], frozenset(primitives))


SECONDS = 0.05  # how long a call may last, so that ctrl-C works


class ManyTraining:
    """The steps of nets that differ only in their numbers and learning rates.

    ``rows`` are all examples with their targets; gradients are shortened to ``clip_norm``,
    and ``answers(x)`` is what the net makes of an example.
    """

    at_once = NETS  # in a block

    def __init__(
        self,
        recipe: Recipe,
        rows: Sequence[Sequence[float]],
        epoch: Epoch,
        clip_norm: float | None,
        answers: Callable[[Sequence[Any]], Sequence[Any]],
    ) -> None:
        step = Step(recipe)
        with Tracing():
            outputs = answers(step.loss.inputs[: len(recipe.example[0])])
        self.step = RecordedNet(step, outputs, list(recipe.parameters))
        key = "nets", self.step.key, epoch, clip_norm
        self.nets, self.code = compiled(key, lambda: Nets(self.step.plan(epoch, clip_norm), machine().width))
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
        training, steps = self.training, epochs * self.training.plan.epoch.steps
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
                self.stopped[lane] = training.plan.epoch.indices(int(self.ends[lane]), order)

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

    def plan(self, epoch: Epoch, clip_norm: float | None) -> NetsPlan:
        """The programs of the step, and how it is to be run."""
        loss = Lowering(self.loss, self.parameters).program(True)
        penalty = Lowering(self.penalty, self.parameters).program(True) if self.penalty else None
        update, outputs = Lowering(self.update, ()).program(False), Lowering(self.outputs, ()).program(True)
        return NetsPlan(loss, penalty, update, outputs, epoch, clip_norm)
