"""The runner of a compiled function: loop nests compiled to machine code."""

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

SMALLEST_BLOCK, LARGEST_BLOCK = 8, 256  # rows in a block, at least and at most
OVERHEAD = 4  # of a block, in rows
NEAR = 40_000  # doubles in a cache


class Native(Batch):
    """A recording in machine code; rows run one by one with gradients, or if they are few, else in blocks."""

    name = "native"

    def __init__(self, recording: Recording, wrt: Sequence[Value]) -> None:
        if any(gate.primitive is row_mean for gate in recording.gates):
            raise Unsupported("machine code runs row after row: take runner='batch' for means over the rows")
        nests, asked = NativeNests(roll(recording, wrt, 1)), {*wrt}
        counts = [len(asked & {*leaves}) for leaves in (recording.inputs, recording.parameters)]
        self.over(nests, slice(0, len(recording.inputs)), len(recording.inputs), 0, bool(wrt), *counts)

    def over(self, nests: NativeNests, places: Any, inputs: int, length: int, asked: bool, *counts: int) -> None:
        """Run these nests for one length; ``counts`` are the numbers of gradients to inputs and parameters."""
        self.nests, self.places, self.inputs, self.length, self.asked = nests, places, inputs, length, asked
        self.counts = inputs if counts[0] else 0, counts[1]  # to all inputs, and to the first parameters
        self.blocks: dict[int, NativeNests] = {}  # by the number of rows

    def one(self, inputs: Any, parameters: Any) -> list[Any]:
        """Outputs, gradients to inputs and to parameters; 0 if no gradient arrives."""
        outputs, gx, gw = self.nests.run(inputs, parameters, self.asked, self.length, self.places)
        counts = (gx, self.counts[0], self.places), (gw, self.counts[1], slice(self.counts[1]))
        zeros = numpy.zeros
        return [outputs, *[zeros(n) if x is None or not n else x[where] for x, n, where in counts]]

    def row(self, inputs: Sequence[float], parameters: Sequence[float]) -> Result:
        """Outputs and gradients of one row."""
        return Result(*[part.tolist() for part in self.one(inputs, parameters)])

    def arrays(self, rows: Any, parameters: Any) -> Result:
        """Outputs and gradients as arrays; see ``over_rows``."""
        x, w = numpy.asarray(rows, dtype=float).reshape(len(rows), self.inputs), numpy.array(parameters, dtype=float)
        size = 0 if self.asked or self.length else self.block_of(len(x))
        if size:
            outputs = numpy.concatenate([self.block(x[k : k + size], w, size) for k in range(0, len(x), size)])
            return Result(outputs, numpy.zeros((len(x), 0)), numpy.zeros(0))
        found = [self.one(row, w) for row in x]
        if not found:
            empty = numpy.zeros((0, len(self.nests.nests.outputs)))
            return Result(empty, numpy.zeros((0, self.counts[0])), numpy.zeros(self.counts[1]))
        outputs, to_inputs, to_parameters = map(numpy.array, zip(*found))
        with numpy.errstate(all="ignore"):  # inf - inf is nan
            return Result(outputs, to_inputs, to_parameters.sum(axis=0) / len(found))

    def block_of(self, count: int) -> int:
        """The size of blocks for ``count`` rows, a power of 2 that leaves few over; 0 for one by one."""
        room = min(count, LARGEST_BLOCK, NEAR // max(1, self.nests.sizes["a"] + self.nests.sizes["x"]))
        sizes = [1 << k for k in range(SMALLEST_BLOCK.bit_length() - 1, room.bit_length())]
        return min(sizes, key=lambda size: -(-count // size) * (size + OVERHEAD), default=0)

    def block(self, rows: Any, parameters: Any, size: int) -> Any:
        """The outputs of up to ``size`` rows, filled up with copies of the last one."""
        nests = self.blocks.get(size)
        if nests is None:
            nests = self.blocks[size] = NativeNests(for_rows(self.nests.nests, size), rows=size)
        x = numpy.concatenate([rows, numpy.repeat(rows[-1:], size - len(rows), axis=0)]) if len(rows) < size else rows
        return nests.run(x.T.ravel(), parameters).outputs.reshape(-1, size).T[: len(rows)]


class OneLength(Native):
    """The program for every length of a sequence, run for one; its inputs are at these places of the longest."""

    def __init__(self, nests: NativeNests, places: Sequence[int], length: int, wrt: Sequence[Value] | None) -> None:
        in_order = [*places] == [*range(len(places))]
        where = slice(0, len(places)) if in_order else numpy.array(places, dtype=int)
        self.over(nests, where, len(places), length, wrt != (), wrt is None, len(wrt or ()))
