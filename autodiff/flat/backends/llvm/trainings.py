"""Trainings in machine code: steps on a state."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy

from ....engine import tick
from ....tracing import Tracing
from ...ir import remember
from ...loops.nests import for_rows, roll
from ...recording import Recipe, Recording, Step, record_step
from ...state import Batches, Epoch, State
from .code import Memory, NativeNests
from .machine import aligned_zeros, machine
from .steps import NETS, Epochs, LongLoss, Singles, parts_of

Rows = Sequence[Sequence[float]]


class Driver:
    """Steps over ``rows``, all examples with their targets, and the memory of the steps."""

    def __init__(self, steps: Epochs, rows: Any, trained: int) -> None:
        self.steps, self.rows = steps, rows
        self.shape = (trained, steps.nets) if steps.nets > 1 else (trained,)
        self.memory = Memory(steps.sizes)
        self.memory["t"][:] = steps.table
        self.order: tuple[Any, Any] = None, None  # as given, and as an array

    def call(self, state: State, batches: Batches, rows: Any, losses: Any, rates: Any, clip_norm: float) -> State:
        """The state after the steps if all were made; ``rates`` are the learning rates of the nets."""
        _, order, first, last, _ = batches
        if self.order[0] is not order:
            self.order = order, numpy.array(order, dtype=numpy.int64)
        memory, steps = self.memory, self.steps
        state.put(memory.arrays, self.shape)
        memory["s"][: steps.nets], memory["s"][steps.nets], memory["u"][1] = rates, state.steps, clip_norm
        begin = losses.ctypes.data - first * losses.strides[0]  # the place of step 0
        pointers = rows.ctypes.data, self.order[1].ctypes.data, begin
        steps.call(memory.address, *pointers, state.steps - first, first, last)
        return State.at(memory.arrays, self.shape, state.steps + last - first)


class NativeTraining(Driver):
    """The steps of one model, many in one call; a loss of more than ``most`` statements raises LongLoss."""

    name = "native"

    def __init__(self, step: Step, rows: Rows, epoch: Epoch, clips: bool, most: float = math.inf) -> None:
        self.step, parameters = step, list(step.recipe.parameters)
        parts = parts_of(step, parameters)
        epoch = epoch._replace(fresh=len(step.loss.inputs) > len(rows[0]))
        key = parts.key, epoch, clips, machine().width
        steps = remember(key, lambda: Epochs(parts, epoch, clips, most))
        if steps.count > most:  # a cached one too: the choice depends on the task alone
            raise LongLoss(f"the loss has {steps.count} statements")
        super().__init__(steps, rows, len(parameters))
        self.others, self.x = parts.others, self.place(rows)

    def place(self, rows: Rows) -> Any:
        """The rows as an array: number by number in blocks if every step takes all, else row by row."""
        table = numpy.array(rows, dtype=float).reshape(len(rows), -1)
        if not self.steps.epoch.whole:
            return table
        x, size = aligned_zeros(table.size), self.steps.block
        numpy.concatenate([table[k : k + size].T.ravel() for k in range(0, len(table), size)], out=x)
        return x

    def run(self, state: State, batches: Batches, rate: float, clip_norm: float | None) -> tuple[State, Any]:
        """(State, losses) after the steps, or those before one whose loss or gradient is inf or nan."""
        x, first = self.x, batches.first
        if batches.drawn:
            rows, batches = batches.take_rows(self.rows)
            x = self.place(rows)
        self.memory["w"][self.shape[0] :] = [leaf._data for leaf in self.others]
        losses = numpy.empty((batches.last - first, 1 + self.steps.notes))
        state, before = self.call(state, batches, x, losses, rate, clip_norm or 0.0), state.steps
        made = int(self.memory["s"][1]) - before
        for k, noted in enumerate(losses[:made, 1:].tolist() if self.steps.notes else (), first):
            self.step.recipe.keep(noted, len(batches.indices(k)))
        return state._replace(steps=before + made), losses[:made, 0]


class ManyTraining(Driver):
    """The steps of nets that differ only in numbers and learning rates; the last axis of their state is the nets.

    ``state.steps`` counts the steps of each net; a net that meets inf or nan no longer changes. ``rows`` are all
    examples with their targets; ``clip_norm`` clips gradients, and ``answers(x)`` are the outputs of a net.
    """

    at_once = NETS  # nets side by side

    def __init__(
        self, recipe: Recipe, rows: Rows, epoch: Epoch, clip_norm: float | None, answers: Callable[[Any], Sequence[Any]]
    ) -> None:
        step = Step(recipe, True)
        with Tracing(sums=True):
            outputs = answers(step.loss.inputs[: len(recipe.example[0])])
        parts = parts_of(step, list(recipe.parameters), outputs)
        key = "nets", parts.key, epoch, clip_norm is not None, machine().width
        steps = remember(key, lambda: Epochs(parts, epoch, clip_norm is not None, nets=NETS))
        others = [leaf._data for leaf in parts.others]
        super().__init__(steps, numpy.array([[*row, *others] for row in rows]), len(parts.trained))
        self.clip_norm, self.states = clip_norm or 0.0, len(parts.update.inputs) - 2
        self.answers = NativeNests(for_rows(roll(parts.outputs, ()), NETS), rows=NETS)  # type: ignore[arg-type]
        self.structure = structure_of(recipe, (step.loss, step.penalty, step.update))

    def fits(self, recipe: Recipe) -> bool:
        """Whether the recipe of another net differs only in the numbers of its parameters."""
        with recipe.watched():
            parts = record_step(recipe, tick(), True)
        return self.structure == structure_of(recipe, parts)

    def start(self, starts: Sequence[Sequence[float]], rates: Sequence[float]) -> tuple[State, NetLanes]:
        """The state of up to ``at_once`` nets that start from these numbers; lanes without a net have ended."""
        count, (numbers, *moments) = len(starts), numpy.zeros((1 + self.states, *self.shape))
        lanes = NetLanes(*numpy.zeros((3, NETS)))
        numbers[:, :count], lanes.rates[:count] = numpy.array(starts).reshape(count, -1).T, rates
        lanes.ends[:count] = numpy.inf
        return State(numbers, 0.0, moments, 0), lanes

    def run(self, state: State, lanes: NetLanes, batches: Batches) -> tuple[State, NetLanes]:
        """The state after the steps; a net whose loss or gradient is inf or nan ends before that step."""
        now = self.memory["l"].reshape(2, NETS)
        now[:] = lanes[1:]
        state = self.call(state, batches, self.rows, now, lanes.rates, self.clip_norm)
        return state, NetLanes(lanes.rates, *now.copy())

    def outputs(self, numbers: Any) -> Any:
        """The outputs of each net for each example, of shape (nets, examples, outputs)."""
        found = [self.answers.run(numbers.ravel(), row).outputs.reshape(-1, NETS) for row in self.rows]
        return numpy.array(found).transpose(2, 0, 1)


class NetLanes(NamedTuple):
    """For each net its learning rate, its mean loss in the epoch so far, and the step at which it ended, or inf."""

    rates: Any
    losses: Any
    ends: Any


def structure_of(recipe: Recipe, parts: Sequence[Recording | None]) -> list[Any]:
    """The structure of the recordings, and the numbers that they read besides the parameters."""
    trained, recordings = {*recipe.parameters}, [part for part in parts if part]
    captured = [
        repr(leaf._data) for part in recordings for leaf in part.parameters if leaf not in trained
    ]  # nan is nan
    return [len(trained), captured, *[part.structure for part in recordings]]  # repr: nan is nan


# --- Steps of one example ----------------------------------------------------------------------------


class SingleTraining:
    """A training by steps of one example each: its state, in arrays, and the programs by the shape of examples."""

    def __init__(self, update: Recording, trained: int) -> None:
        self.update, self.trained = update, trained
        self.codes: dict[tuple[NativeNests, bool], Singles] = {}
        states = [f"m{k}" for k in range(len(update.inputs) - 2)]
        self.shared = {name: aligned_zeros(trained) for name in ("w", "gw", *states)}
        self.shared |= {"s": aligned_zeros(0), "u": aligned_zeros(5)}
        self.steps = 0

    def steps_by(self, nests: NativeNests, clips: bool) -> Singles:
        """The steps of these nests, compiled at first use."""
        key = nests, clips
        if key not in self.codes:
            self.codes[key] = Singles(nests, self.update, self.trained, clips)
        steps = self.codes[key]
        if steps.memory is None:
            for name, array in self.shared.items():
                if array.size < steps.sizes[name]:
                    self.shared[name] = aligned_zeros(steps.sizes[name])
                    self.shared[name][: array.size] = array
                    for other in self.codes.values():  # they have the shorter array
                        other.memory = None
            steps.memory = Memory(steps.sizes, **self.shared)
        return steps

    def read(self, state: State) -> None:
        """Continue from this state."""
        state.put(self.shared, (self.trained,))
        self.steps = state.steps

    def state(self) -> State:
        """The state after the steps so far."""
        return State.at(self.shared, (self.trained,), self.steps)

    def run(
        self, nests: NativeNests, others: Sequence[float], rows: Sequence[Any], rate: float, clip: float | None
    ) -> tuple[list[float], int]:
        """(Losses of rows (places, length, numbers), steps made); one loss more if it or its gradient is inf or nan."""
        steps = self.steps_by(nests, clip is not None)
        if len(rows) > len(steps.rows):
            steps.room(2 * len(rows))
        for k, (places, length, numbers) in enumerate(rows):
            steps.rows[k, places], steps.lengths_of[k] = numbers, length
        shared, trained = self.shared, self.trained
        if others:
            shared["w"][trained : trained + len(others)] = others
        shared["s"][:2], shared["u"][1] = (rate, self.steps), clip or 0.0
        steps.call(steps.memory.address, *steps.given, self.steps, 0, len(rows))
        made = int(shared["s"][1]) - self.steps
        self.steps += made
        return steps.losses[: min(made + 1, len(rows))].tolist(), made
