"""Powers that machine code makes of products, quotients and roots are those of the C library, nearly."""

import math
import random

import pytest

from autodiff import PRIMITIVES
from autodiff.flat.backends.llvm.code import CompiledStatements, Memory
from autodiff.flat.loops.statements import Axis, Index, Statement

EDGES = 0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 2.0**-1022, 1e-308, 1e-206, 1e-155, 1e155, 1e206, 1e308, -1e308, -2.5
SOME = [*EDGES, math.inf, -math.inf, math.nan, *[random.Random(k).lognormvariate(0.0, 100.0) for k in range(2000)]]


@pytest.mark.parametrize("exponent", [0.5, 1.5, -0.5, -1.5, 2.0, 3.0, -1.0, -2.0, 2.5])
def test_powers_by_simpler_operations(exponent):
    axes = (Axis(len(SOME)),)
    code = CompiledStatements(
        [Statement(axes, Index("a", 0, (1,)), ("power", Index("x", 0, (1,)), exponent))], {"a": 3000, "x": 3000}
    )
    memory = Memory(code.sizes)
    memory["x"][: len(SOME)] = SOME
    code.call(memory.address, 0)
    for x, got in zip(SOME, memory["a"].tolist()):
        expected = PRIMITIVES["power"].compute([x, exponent])
        assert got == pytest.approx(expected, rel=4 * 2.0**-52, abs=4 * 5e-324, nan_ok=True), x
        assert expected != 0.0 or math.copysign(1.0, got) == math.copysign(1.0, expected)
