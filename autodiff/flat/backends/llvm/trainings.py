"""Trainings in machine code: numbers in, epochs run, numbers out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy

from ....engine import Value, tick
from ....tracing import Tracing, Unsupported
from ...lowering import Lowering
from ...recording import Recipe, Recording, Step, recordings
from ...state import Batches, Epoch, State
from .epochs import NAMES, NETS, Nets, Plan, Steps
from .machine import aligned, compiled, machine

MOST_LINES = 300  # of the loss of one example


class LongLoss(Unsupported):
    """A loss of so many lines that a kernel over rows would compile for seconds."""


class NativeTraining:
    """The steps of one model, many in one call.

    ``rows`` are all examples with their targets; ``clips`` says whether gradients are clipped by norm. A loss of more
    than ``MOST_LINES`` is a LongLoss.
    """

    name = "native"

    def __init__(self, step: Step, rows: Sequence[Sequence[float]], epoch: Epoch, clips: bool) -> None:
        self.step, parameters = step, list(step.recipe.parameters)
        parts = of_net(step, parameters)
        epoch = epoch._replace(fresh=len(step.loss.inputs) > len(rows[0]))

        def short(plan: Plan) -> Plan:
            if len(plan.loss.lines) > MOST_LINES:
                raise LongLoss(f"the loss has {len(plan.loss.lines)} lines")
            return plan

        key = parts.key, epoch, clips
        self.steps, self.code = compiled(key, lambda: Steps(short(parts.plan(epoch, clips)), machine().width))
        short(self.steps.plan)  # what was compiled before is refused too: the choice follows from the task alone
        # learning rate, threshold, steps made before the first of the epochs, the next step, whether it was not made
        self.settings = numpy.zeros(5)
        self.call = self.code.function("train", 8, 2)
        self.others, self.trained = parts.others, len(parameters)
        self.rows, self.x = rows, self.placed(rows)
        self.memory = aligned(self.steps.memory)
        sizes = self.steps.sizes()
        self.w, self.sums = aligned(sizes["w"]), aligned(sizes["sums"])
        self.moments = aligned(sizes["states"] // self.trained, self.trained)
        self.order: tuple[Any, Any] = None, None  # as it was given, and as an array

    def placed(self, rows: Sequence[Sequence[float]]) -> Any:
        """The rows as the kernel reads them: number by number where every step takes all, else row by row."""
        table = numpy.array(rows, dtype=float).reshape(len(rows), -1)
        if not self.steps.whole:
            return table
        x = aligned(self.steps.inputs, self.steps.stride)
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


class Parts(NamedTuple):
    """What a step is recorded as, in machine code's terms: ``others`` are read besides ``trained`` and rows."""

    trained: list[Value]
    others: list[Value]
    loss: Recording
    penalty: Recording | None
    update: Recording
    outputs: Recording | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for steps of one structure, made of the same primitives."""
        trained, others, *parts = self
        made = [part for part in parts if part]
        sizes = len(trained), len(others), len(self.loss.inputs), len(self.loss.parameters)
        primitives = frozenset({gate.primitive for part in made for gate in part.gates})
        return (*sizes, *[tuple(part.structure) if part else None for part in parts], primitives)

    def plan(self, epoch: Epoch, clip: float | bool | None) -> Plan:
        """The programs of the step, and how it is to be run."""
        loss = Lowering(self.loss, self.trained).program(True)
        penalty = Lowering(self.penalty, self.trained).program(True) if self.penalty else None
        outputs = Lowering(self.outputs, ()).program(True) if self.outputs else None
        update = Lowering(self.update, ()).program(False)
        return Plan(loss, penalty, update, outputs, len(self.trained), epoch, clip)


def of_net(step: Step, trained: list[Value]) -> Parts:
    """Rows are inputs, and numbers of the net parameters. The loss of a row is multiplied by one number more.

    Where that ``share`` is one over the number of rows, the sum over the rows is the mean, to which the penalty may
    be added.
    """
    share = Value(1.0, "share")
    others = captured([step.loss, step.penalty], {*trained, share})
    numbers = [*trained, share, *others]
    loss = Recording([step.loss.outputs[0] * share], step.loss.inputs, numbers, step.since)
    penalty = Recording(step.penalty.outputs, [], numbers, step.since) if step.penalty else None
    return Parts(trained, others, loss, penalty, step.update)


def of_nets(step: Step, trained: list[Value], outputs: Sequence[Any]) -> Parts:
    """The numbers of a net are inputs, and a row's parameters: nets stand side by side as rows do in ``of_net``."""
    answers = Recording(outputs, trained, (), step.since)
    others = captured([step.loss, step.penalty, answers], {*trained, *step.loss.inputs})
    row = [*step.loss.inputs, *others]
    loss = Recording(step.loss.outputs, trained, row, step.since)
    penalty = Recording(step.penalty.outputs, trained, others, step.since) if step.penalty else None
    return Parts(trained, others, loss, penalty, step.update, Recording(outputs, trained, row, step.since))


def captured(parts: Sequence[Recording | None], known: set[Value]) -> list[Value]:
    """The leaves that the parts read besides those that are known."""
    return list(dict.fromkeys(x for part in parts if part for x in part.parameters if x not in known))


class ManyTraining:
    """The steps of nets that differ only in their numbers and learning rates: a state whose last axis are the nets.

    ``state.steps`` are those that each has made; one that has met inf or nan stands still. ``rows`` are all examples
    with their targets; gradients are shortened to ``clip_norm``, and ``answers(x)`` is what a net makes of an example.
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
        parts = of_nets(step, list(recipe.parameters), outputs)
        key = "nets", parts.key, epoch, clip_norm
        self.nets, self.code = compiled(key, lambda: Nets(parts.plan(epoch, clip_norm), machine().width))
        self.train = self.code.function("train", len(NAMES), 2, 1)
        self.answer = self.code.function("outputs", 4)
        others = [leaf._data for leaf in parts.others]
        self.rows = numpy.array([[*row, *others] for row in rows])
        self.memory = aligned(self.nets.memory)
        trained, states, self.many = len(parts.trained), self.nets.update.states, len(outputs)
        self.w, self.moments = aligned(trained, NETS), aligned(states, trained, NETS)
        self.lanes = aligned(3, NETS)
        self.order: tuple[Any, Any] = None, None  # as it was given, and as an array
        self.known = known(recipe, (step.loss, step.penalty, step.update))

    def fits(self, recipe: Recipe) -> bool:
        """Whether that of another net differs only in the numbers of the parameters."""
        with recipe.watched():
            parts = recordings(recipe, tick())
        return self.known == known(recipe, parts)

    def start(self, starts: Sequence[Sequence[float]], rates: Sequence[float]) -> tuple[State, Lanes]:
        """The state of up to ``at_once`` nets that begin with these numbers; lanes without a net have ended."""
        (trained, _), count = self.w.shape, len(starts)
        numbers, lanes = numpy.zeros((trained, NETS)), Lanes(*numpy.zeros((3, NETS)))
        numbers[:, :count], lanes.rates[:count] = numpy.array(starts).reshape(count, trained).T, rates
        lanes.ends[:count] = numpy.inf
        return State(numbers, (), numpy.zeros(self.moments.shape), 0), lanes

    def run(self, state: State, lanes: Lanes, batches: Batches) -> tuple[State, Lanes]:
        """The state after the steps; a net whose loss or gradient is inf or nan has ended before that step."""
        _, order, first, last, _ = batches
        if self.order[0] is not order:
            self.order = order, numpy.array(order, dtype=numpy.int64)
        self.w[:], self.moments[:], self.lanes[:] = state.numbers, state.moments, lanes
        rates, losses, ends = self.lanes
        arrays = self.w, self.moments, rates, self.rows, self.order[1], losses, ends, self.memory
        self.train(*[array.ctypes.data for array in arrays], first, last, float(state.steps - first))
        made = State(self.w.copy(), (), self.moments.copy(), state.steps + last - first)
        return made, Lanes(*self.lanes.copy())

    def outputs(self, numbers: Any) -> Any:
        """What each net makes of each example, of shape (nets, examples, outputs)."""
        self.w[:] = numbers
        found = aligned(len(self.rows), self.many, NETS)
        for row, out in zip(self.rows, found):
            self.answer(*[array.ctypes.data for array in (self.w, row, out, self.memory)])
        return found.transpose(2, 0, 1)


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
