"""The runner of a compiled function: gates rolled into loop nests, and these compiled to machine code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from ....engine import Value
from ....tracing import Unsupported
from ...ir import Result, row_mean
from ...loops.nests import for_rows, roll
from ...recording import Recording
from ..array import Batch
from .code import NativeNests

FEW, MOST = 8, 256  # rows in a block, at least and at most
BESIDE = 4  # rows in whose time a block begins
NEAR = 40_000  # doubles that should stay near the processor


class Native(Batch):
    """The recording in machine code, with gradients of the first output to the leaves in ``wrt``.

    With gradients one row runs after the other, and so do a few rows; of more rows the outputs are computed in blocks.
    """

    name = "native"

    def __init__(self, recording: Recording, wrt: Sequence[Value]) -> None:
        if any(gate.primitive is row_mean for gate in recording.gates):
            raise Unsupported("machine code maps row after row: take runner='batch' for means over the rows")
        self.nests, asked = NativeNests(roll(recording, wrt, 1)), {*wrt}
        self.asked, self.inputs, self.length = bool(wrt), len(recording.inputs), 0
        self.places: Any = slice(0, self.inputs)  # of inputs in a row of the program's
        self.first = self.inputs if asked & {*recording.inputs} else 0  # gradients to inputs
        self.count = len(asked & {*recording.parameters})  # and to parameters, the first of them
        self.blocks: dict[int, NativeNests] = {}  # by the number of rows

    def one(self, inputs: Any, parameters: Any) -> list[Any]:
        """Outputs, gradients to inputs and to parameters; 0 where no gradient arrives."""
        outputs, gx, gw = self.run(inputs, parameters)
        counts = (gx, self.first), (gw, self.count)
        return [outputs, *[numpy.zeros(count) if array is None else array[:count] for array, count in counts]]

    def run(self, inputs: Any, parameters: Any) -> Any:
        """(Outputs, gradients to inputs, to parameters) as arrays; None where none arrives."""
        if not self.asked:
            return self.nests.outputs(inputs, parameters), None, None
        return self.nests.outputs_and_gradients(inputs, parameters)

    def row(self, inputs: Sequence[float], parameters: Sequence[float]) -> Result:
        """Outputs and gradients of one row."""
        return Result(*[part.tolist() for part in self.one(inputs, parameters)])

    def arrays(self, rows: Any, parameters: Any) -> Result:
        """Outputs and gradients as arrays; see ``over_rows``."""
        x, w = numpy.asarray(rows, dtype=float).reshape(len(rows), self.inputs), numpy.array(parameters, dtype=float)
        size = 0 if self.asked else self.block_of(len(x))
        if size:
            outputs = numpy.concatenate([self.block(x[k : k + size], w, size) for k in range(0, len(x), size)])
            return Result(outputs, numpy.zeros((len(x), 0)), numpy.zeros(0))
        found = [self.one(row, w) for row in x]
        if not found:
            empty = numpy.zeros((0, len(self.nests.nests.outputs)))
            return Result(empty, numpy.zeros((0, self.first)), numpy.zeros(self.count))
        outputs, to_inputs, to_parameters = map(numpy.array, zip(*found))
        with numpy.errstate(all="ignore"):  # inf - inf is nan, as everywhere
            return Result(outputs, to_inputs, to_parameters.sum(axis=0) / len(found))

    def block_of(self, count: int) -> int:
        """How many rows of so many are computed at a time: a power of 2 that leaves few over; 0 for one by one."""
        room = min(count, MOST, NEAR // max(1, self.nests.sizes["a"] + self.nests.sizes["x"]))
        sizes = [1 << k for k in range(FEW.bit_length() - 1, room.bit_length())]
        return min(sizes, key=lambda size: -(-count // size) * (size + BESIDE), default=0)

    def block(self, rows: Any, parameters: Any, size: int) -> Any:
        """The outputs of up to so many rows, beside which copies of the last one are computed."""
        nests = self.blocks.get(size)
        if nests is None:
            nests = self.blocks[size] = NativeNests(for_rows(self.nests.nests, size), rows=size)
        x = numpy.concatenate([rows, numpy.repeat(rows[-1:], size - len(rows), axis=0)]) if len(rows) < size else rows
        return nests.outputs(x.T.ravel(), parameters).reshape(-1, size).T[: len(rows)]


class OneLength(Native):
    """The program for every length of a sequence, run for one whose inputs lie at these places of the longest."""

    def __init__(self, nests: NativeNests, places: Sequence[int], length: int, wrt: Sequence[Value] | None) -> None:
        self.nests, self.length, self.asked, self.inputs = nests, length, wrt != (), len(places)
        self.places = numpy.array(places, dtype=int)
        if (self.places == numpy.arange(self.inputs)).all():
            self.places = slice(0, self.inputs)
        self.first, self.count = (self.inputs, 0) if wrt is None else (0, len(wrt))

    def run(self, inputs: Any, parameters: Any) -> Any:
        """As above."""
        x = numpy.zeros(self.nests.sizes["x"])
        x[self.places] = inputs
        if not self.asked:
            return self.nests.outputs(x, parameters, self.length), None, None
        outputs, gx, gw = self.nests.outputs_and_gradients(x, parameters, self.length)
        return outputs, None if gx is None else gx[self.places], gw

    def block_of(self, count: int) -> int:
        """None: one row after the other."""
        return 0
