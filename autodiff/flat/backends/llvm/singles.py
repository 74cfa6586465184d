"""Training steps of one example each, of any length, and the arrays that they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from ...ir import Program
from ...loops.statements import Index, Statement
from ...state import Epoch, State
from .builder import Lanes, Text
from .code import Functions, Memory, NativeNests, scratch
from .machine import aligned
from .steps import LOSS, SPOILT, clipped, counted_step, gradient_at, over_steps, spoilt, updates


class Singles(Functions):
    """Steps of one example each as one function, over arrays that some share, and room for the examples of a call.

    ``call`` takes the address of a Memory; the inputs of each step, its length, the tables by length, and the losses;
    the number of steps made before, the first step, and one behind the last. The step that was not made is then in
    "u"[2].
    """

    def __init__(self, nests: NativeNests, update: Program, trained: int, clips: bool) -> None:
        loss = nests.nests
        before, gradient = clipped(trained) if clips else ([], None)
        after, more = updates(update, trained, gradient)
        (value,) = loss.outputs
        seed = [Statement((), gradient_at(value), 1.0, adds=True)] * (type(value) is Index)
        of_value = [Statement((), Index("y", LOSS), value), *seed]
        of_loss = [*loss.forward, *of_value, *loss.backward, spoilt(trained)]
        sizes = {**loss.sizes, **dict.fromkeys(("w", "gw"), loss.sizes["w"]), "ga": loss.sizes["a"]}
        sizes |= {"y": 6, "u": 3, **more, "scratch": scratch([*of_loss, *before], nests.lengths)}
        super().__init__(sizes, nests.lengths)
        self.row, self.tables = max(8, sizes["x"] + 7 & ~7), max(8, sizes["t"] + 7 & ~7)  # whole cache lines
        self.of_loss, self.of_change = self.cleared(of_loss, ["ga", "gw", "y"]), self.write([*before, *after])
        text = Text()
        v, arrays = Lanes(text, 1), self.arrays(text)
        with over_steps(text, Epoch(1, 1)) as (_, _, only_if):
            length = text.let(f"load i64, ptr {text.address('%lengths', '%s')}")
            x = text.address("%rows", text.times("%s", self.row))
            t = text.address("%tables", text.times(length, self.tables))
            self.run(text, *self.of_loss, {**arrays, "x": x, "t": t}, length)
            found = v.load(arrays["y"], LOSS)
            v.store(found, "%losses", "%s")
            only_if(v.compare("ord", v.add(v.sub(found, found), v.load(arrays["y"], SPOILT)), v.zero))
            v.store(counted_step(text), arrays["s"], 1)
            self.run(text, [], self.of_change, arrays, length)
        v.store(text.let("sitofp i64 %made to double"), arrays["u"], 2)
        self.call = self.train(text, ("rows", "lengths", "tables", "losses"))
        self.nests, (least, longest) = nests, nests.lengths
        self.table_of = aligned(longest + 1, self.tables)
        for n in range(least, longest + 1):
            numbers = nests.table(n) if nests.table else loss.table
            self.table_of[n, : len(numbers)] = numbers
        self.memory: Any = None  # made for the arrays that are shared
        self.room(1)

    def room(self, count: int) -> None:
        """Room for so many steps in a call."""
        self.rows, self.lengths_of = aligned(count, self.row), numpy.zeros(count, dtype=numpy.int64)
        self.losses = aligned(count)
        self.pointers = [x.ctypes.data for x in (self.rows, self.lengths_of, self.table_of, self.losses)]


class SingleTraining:
    """The state of a training by steps of one example each, as arrays, and the programs for shapes of examples."""

    def __init__(self, update: Program, trained: int) -> None:
        self.update, self.trained = update, trained
        self.codes: dict[Any, Singles] = {}  # by the id of nests, which they hold
        states = [f"m{k}" for k in range(len(update.inputs) - 2)]
        self.shared = {name: aligned(trained) for name in ("w", "gw", *states)}
        self.shared |= {"s": aligned(0), "u": aligned(3)}
        self.steps = 0

    def steps_by(self, nests: NativeNests, clips: bool) -> Singles:
        """The steps by these nests, compiled at the first time."""
        key = id(nests), clips
        if key not in self.codes:
            self.codes[key] = Singles(nests, self.update, self.trained, clips)
        steps = self.codes[key]
        if steps.memory is None:
            for name, array in self.shared.items():
                if array.size < steps.sizes[name]:
                    self.shared[name] = aligned(steps.sizes[name])
                    self.shared[name][: array.size] = array
                    for other in self.codes.values():  # which have the shorter one
                        other.memory = None
            steps.memory = Memory(steps.sizes, **self.shared)
        return steps

    def read(self, state: State) -> None:
        """Go on from this state."""
        state.put(self.shared, self.trained)
        self.steps = state.steps

    def state(self) -> State:
        """The state after the steps made."""
        return State.at(self.shared, self.trained, self.steps)

    def run(
        self, nests: NativeNests, others: Sequence[float], rows: Sequence[Any], rate: float, clip: float | None
    ) -> tuple[list[float], int]:
        """The losses, and how many steps were made; there is one loss more if that is inf or nan, or its gradient.

        A row are the places of the numbers, the length of the sequence, and the numbers.
        """
        steps = self.steps_by(nests, clip is not None)
        if len(rows) > len(steps.rows):
            steps.room(2 * len(rows))
        for k, (places, length, numbers) in enumerate(rows):
            steps.rows[k, places], steps.lengths_of[k] = numbers, length
        shared, trained = self.shared, self.trained
        if others:
            shared["w"][trained : trained + len(others)] = others
        shared["s"][0], shared["u"][1] = rate, clip or 0.0
        steps.call(steps.memory.address, *steps.pointers, self.steps, 0, len(rows))
        made = int(shared["u"][2])
        self.steps += made
        return steps.losses[: min(made + 1, len(rows))].tolist(), made
