"""The runner of one row at a time: gates rolled into loop nests, and these compiled to machine code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from ....engine import Value
from ...ir import Result
from ...loops.nests import roll
from ...recording import Recording
from ..array import Batch
from .code import NativeNests


class OneRow(Batch):
    """The recording in machine code, with gradients of the first output to the leaves in ``wrt``."""

    name = "native"

    def __init__(self, recording: Recording, wrt: Sequence[Value]) -> None:
        self.nests, asked = NativeNests(roll(recording, wrt, 1)), {*wrt}
        self.asked, self.inputs = bool(wrt), len(recording.inputs)
        self.first = self.inputs if asked & {*recording.inputs} else 0  # gradients to inputs
        self.count = len(asked & {*recording.parameters})  # and to parameters, the first of them

    def one(self, inputs: Any, parameters: Any) -> list[Any]:
        """Outputs, gradients to inputs and to parameters; 0 where no gradient arrives."""
        outputs, gw, gx = self.run(inputs, parameters)
        counts = (gx, self.first), (gw, self.count)
        return [outputs, *[numpy.zeros(count) if array is None else array[:count] for array, count in counts]]

    def run(self, inputs: Any, parameters: Any) -> Any:
        """(Outputs, gradients of parameters, of inputs) as arrays; None where none arrives."""
        if not self.asked:
            return self.nests.outputs(inputs, parameters), None, None
        return self.nests.outputs_and_gradients(inputs, parameters)

    def row(self, inputs: Sequence[float], parameters: Sequence[float]) -> Result:
        """Outputs and gradients of one row."""
        return Result(*[part.tolist() for part in self.one(inputs, parameters)])

    def arrays(self, rows: Any, parameters: Any) -> Result:
        """Outputs and gradients as arrays; see ``over_rows``."""
        w = numpy.array(parameters, dtype=float)
        found = [self.one(row, w) for row in numpy.asarray(rows, dtype=float).reshape(len(rows), self.inputs)]
        if not found:
            empty = numpy.zeros((0, len(self.nests.nests.outputs)))
            return Result(empty, numpy.zeros((0, self.first)), numpy.zeros(self.count))
        outputs, to_inputs, to_parameters = map(numpy.array, zip(*found))
        return Result(outputs, to_inputs, to_parameters.sum(axis=0) / len(found))


class OneLength(OneRow):
    """The program for every length of a sequence, run for one whose inputs lie at these places of the longest."""

    def __init__(self, nests: NativeNests, places: Sequence[int], length: int, wrt: Sequence[Value] | None) -> None:
        self.nests, self.places, self.length, self.asked = nests, numpy.array(places, dtype=int), length, wrt != ()
        self.inputs = len(places)
        self.first, self.count = (self.inputs, 0) if wrt is None else (0, len(wrt))

    def run(self, inputs: Any, parameters: Any) -> Any:
        """As above."""
        x = numpy.zeros(self.nests.sizes["x"])
        x[self.places] = inputs
        if not self.asked:
            return self.nests.outputs(x, parameters, self.length), None, None
        outputs, gw, gx = self.nests.outputs_and_gradients(x, parameters, None, self.length)
        return outputs, gw, None if gx is None else gx[self.places]
