"""Any scalar program as machine code, beside the engine: nets, recurrences, a convolution, a GPT.

Run it on a quiet machine: ``pytest -m slow tests/benchmarks/test_any_program.py -s``.
"""

import math
import random
import time
from itertools import pairwise

import pytest

import autodiff
from autodiff import Value, dot, relu, sigmoid, tanh
from autodiff.flat.backends.llvm.code import NativeNests
from autodiff.flat.ir import programs
from autodiff.flat.loops.nests import roll
from autodiff.flat.recording import Recording
from autodiff.tracing import Tracing
from tests.benchmarks.alternating import held, held_seconds
from tests.support.nests import counts, flat, gpt, matrix

pytestmark = pytest.mark.slow


def net(sizes, rows):
    """The mean squared error of a net over rows."""
    r = random.Random(0)
    weights = [matrix(r, n, m + 1) for m, n in pairwise(sizes)]
    X, Y = matrix(r, rows, sizes[0], 1.0), [Value(float(k % 2)) for k in range(rows)]

    def loss():
        total = 0.0
        for x, y in zip(X, Y):
            for layer in weights:
                x = [tanh(dot(w[:-1], x, w[-1])) for w in layer]
            total = total + (x[0] - y) ** 2
        return total / rows

    return loss, flat(*weights), [*flat(X), *Y]


def recurrence(units, steps, gated):
    """A plain or gated recurrent cell over a sequence of numbers; the output reads the last state."""
    r = random.Random(0)
    kinds = [matrix(r, units, units + 1) for _ in range(3 if gated else 1)]
    last, X = [Value(r.gauss(0, 0.3)) for _ in range(units)], [Value(math.sin(0.1 * k)) for k in range(steps)]

    def loss():
        h = [0.0] * units
        for x in X:
            new, *gates = [[sum(w * a for w, a in zip(row, [*h, x])) for row in kind] for kind in kinds]
            if gated:
                z, q = ([sigmoid(a) for a in gate] for gate in gates)
                h = [a * b + (1 - a) * tanh(c * d) for a, b, c, d in zip(z, h, q, new)]
            else:
                h = [tanh(a) for a in new]
        return dot(last, h)

    return loss, [*flat(*kinds), *last], X


def convolution(side, kernels, width=3):
    """Kernels over an image, relu, the mean of squares."""
    r = random.Random(0)
    weights, image = matrix(r, kernels, width * width), matrix(r, side, side, 1.0)
    inside = range(side - width + 1)

    def loss():
        windows = [flat(*[[row[j : j + width]] for row in image[i : i + width]]) for i in inside for j in inside]
        return sum(relu(dot(w, x)) ** 2 for w in weights for x in windows) / len(windows)

    return loss, flat(weights), flat(image)


PROGRAMS = {  # maker, most seconds of the first call, at least so many times as fast as the engine
    "XOR 2-4-1, 4 rows": (lambda: net([2, 4, 1], 4), 0.2, 300),
    "moons 2-16-16-1, 104 rows": (lambda: net([2, 16, 16, 1], 104), 0.4, 4_000),
    "plain recurrence 16 x 200": (lambda: recurrence(16, 200, False), 0.7, 15_000),
    "gated recurrence 8 x 100": (lambda: recurrence(8, 100, True), 0.6, 8_000),
    "convolution 16 x 16, 4 kernels": (lambda: convolution(16, 4), 0.4, 5_000),
    "GPT 16 wide, 8 tokens": (lambda: gpt(8), 0.4, 4_000),
    "GPT 16 wide, 8 tokens, builtin sum": (lambda: gpt(8, style="sum"), 0.7, 25_000),
    "GPT 64 wide, 8 tokens": (lambda: gpt(8, width=64), 1.0, 8_000),
    "GPT of 2 layers": (lambda: gpt(8, layers=2), 0.5, 4_500),
    "GPT of 4 layers": (lambda: gpt(8, layers=4), 0.6, 5_000),
}


def median(f, runs):
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        f()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[runs // 2]


@pytest.mark.parametrize("name", PROGRAMS)
def test_value_and_gradients_of_any_program(name):
    """From tracing to the first gradients; then the machine code alone, and a call through the public interface."""
    maker, most, times = PROGRAMS[name]
    loss, parameters, inputs = maker()
    eager = median(lambda: loss().backward(), 3)

    def first():
        programs.clear()
        start = time.perf_counter()
        with Tracing(sums=True):
            output = loss()
        nests = roll(Recording([output], inputs, parameters), parameters)
        rolled = time.perf_counter() - start
        native = NativeNests(nests)
        native.run([x.data for x in inputs], [x.data for x in parameters], True)
        return time.perf_counter() - start, rolled, native

    seconds, rolled, native = min([first() for _ in range(3)], key=lambda found: found[0])
    code, memory = native.code(True), native.memory()
    memory["w"][:], memory["x"][:] = [x.data for x in parameters], [x.data for x in inputs]
    alone = median(lambda: [code.call(memory.address, 0) for _ in range(20)], 15) / 20
    fast = autodiff.compile(lambda: loss(), "native")
    fast.value_and_grad(wrt=parameters)
    call = median(lambda: fast.value_and_grad(wrt=parameters), 15)

    nests = native.nests
    print(
        f"\n{name}: {len(autodiff.graph.history(loss())):,} nodes, {len(parameters):,} parameters, "
        f"{counts(nests.forward)} + {counts(nests.backward)} statements: rolled {rolled * 1e3:.0f} ms, "
        f"engine {eager * 1e3:.2f} ms, a call {call * 1e6:.0f} us, machine code {alone * 1e6:.1f} us",
        end="",
    )
    held_seconds("first call", seconds, most)
    held("machine code against the engine", eager / alone, times)
