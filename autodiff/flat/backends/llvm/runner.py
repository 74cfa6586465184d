"""The runner that has its program compiled to machine code."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy

from ...ir import Program, Result
from ..array import Batch
from ..text import given
from .builder import module
from .kernel import PADDING, Kernel, up_to
from .machine import ATTRIBUTES, Compiled, aligned, locks, machine


class Native(Batch):
    """A program in machine code: rows in the lanes of vectors, the sums over rows taken inside.

    What goes in and comes out are arrays, as with NumPy; what happens in between is one call.
    """

    name = "native"

    def __init__(self, program: Program) -> None:
        self.program = program
        self.inputs, self.outputs = len(program.inputs), len(program.outputs)
        kernel = Kernel(program, "program", machine().width)
        self.compiled = Compiled(module([kernel.function()], kernel.text.declarations, ATTRIBUTES))
        self.call = self.compiled.function("program", 6, 2)
        self.gradients = len(given(program.input_gradients))
        self.asked = numpy.array([k for k, x in enumerate(program.parameter_gradients) if x is not None], dtype=int)
        self.memory = aligned(kernel.memory)
        self.busy = Lock()  # one call at a time has the memory
        locks.add(self.busy)

    def arrays(self, rows: Any, parameters: Any) -> Result:
        """Outputs and gradients as arrays; see ``over_rows``."""
        count, stride = len(rows), up_to(len(rows), PADDING)
        if count == 0:
            return Result(
                numpy.zeros((0, self.outputs)), numpy.zeros((0, self.gradients)), numpy.zeros(len(self.asked))
            )
        x, out, dx = (aligned(k, stride) for k in (self.inputs, self.outputs, self.gradients))
        x[:, :count] = numpy.asarray(rows, dtype=float).reshape(count, self.inputs).T
        w = numpy.ascontiguousarray(parameters, dtype=float)
        sums = numpy.zeros(len(self.program.parameters) + 1)
        with self.busy:
            self.call(*[array.ctypes.data for array in (x, w, out, dx, sums, self.memory)], count, stride)
        return Result(out[:, :count].T, dx[:, :count].T, sums[self.asked] / count)
