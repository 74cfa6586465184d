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
        self.nests, self.asked = NativeNests(roll(recording, wrt, 1)), {*wrt}
        self.inputs = len(recording.inputs)
        self.first = self.inputs if self.asked & {*recording.inputs} else 0  # gradients to inputs
        self.count = len(self.asked & {*recording.parameters})  # and to parameters, the first of them

    def one(self, inputs: Any, parameters: Any) -> list[Any]:
        """Outputs, gradients to inputs and to parameters; 0 where no gradient arrives."""
        if not self.asked:
            return [self.nests.outputs(inputs, parameters), numpy.zeros(0), numpy.zeros(0)]
        outputs, gw, gx = self.nests.outputs_and_gradients(inputs, parameters)
        counts = (gx, self.first), (gw, self.count)
        return [outputs, *[numpy.zeros(count) if array is None else array[:count] for array, count in counts]]

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
