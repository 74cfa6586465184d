"""A GPT and a recurrent cell trained through the public interface, beside hand-written C++ and the engine.

Run it on a quiet machine: ``pytest -m slow tests/benchmarks/test_sequences.py -s``.
"""

import ctypes
import random
import time

import numpy
import pytest

import autodiff
import nn
from autodiff import dot, log, relu, softmax, take
from autodiff.flat.backends.llvm.machine import aligned_zeros
from autodiff.flat.ir import programs
from nn.cli.names import NAMES, Text
from tests.benchmarks.alternating import held, held_seconds, medians
from tests.benchmarks.test_native_speed import compiled_by_hand, pointers
from tests.support.nests import flat, matrix

pytestmark = pytest.mark.slow

LETTERS, CONTEXT, HEADS, STEPS = 27, 16, 4, 1000


def microgpt(width):
    """(loss of a list of tokens, parameters), as plain as microgpt.py, but with ``dot`` for sums of products."""
    r = random.Random(42)
    wte, wpe, lm = (matrix(r, rows, width, 0.08) for rows in (LETTERS, CONTEXT, LETTERS))
    wq, wk, wv, wo = (matrix(r, width, width, 0.08) for _ in range(4))
    w1, w2 = matrix(r, 4 * width, width, 0.08), matrix(r, width, 4 * width, 0.08)

    def linear(x, w):
        return [dot(row, x) for row in w]

    def rmsnorm(x):
        scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
        return [a * scale for a in x]

    def attention(q, keys, values):
        shares = softmax([dot(q, k) / len(q) ** 0.5 for k in keys])
        return [dot(shares, column) for column in zip(*values)]

    def loss(tokens):
        keys, values, losses = [], [], []
        for position, (token, following) in enumerate(zip(tokens, tokens[1:])):  # noqa: RUF007
            x = rmsnorm([a + b for a, b in zip(take(wte, token), wpe[position])])
            before, x = x, rmsnorm(x)
            q = linear(x, wq)
            keys.append(linear(x, wk))
            values.append(linear(x, wv))
            out = []
            for h in range(0, width, width // HEADS):
                part = slice(h, h + width // HEADS)
                out += attention(q[part], [k[part] for k in keys], [v[part] for v in values])
            before = x = [a + b for a, b in zip(linear(out, wo), before)]
            x = linear([relu(a) for a in linear(rmsnorm(x), w1)], w2)
            x = [a + b for a, b in zip(x, before)]
            losses.append(-log(take(softmax(linear(x, lm)), following)))
        return sum(losses) / len(losses)

    return loss, flat(wte, wpe, lm, wq, wk, wv, wo, w1, w2)


def names():
    """1,000 lines of tokens, 7.1 steps long in the mean as those of microgpt.py: each name, some twice."""
    words = sorted(Text(NAMES, CONTEXT).examples, key=len)
    order = words[len(words) // 8 :] + words[-200:]
    return random.Random(0).sample(order, STEPS)


class ByHand:
    """The same steps in C++."""

    def __init__(self, folder, width, parameters, lines):
        flags = ["-std=c++17", "-fno-math-errno", "-fno-trapping-math", "-mprefer-vector-width=512", f"-DE={width}"]
        self.train = compiled_by_hand(folder, "hand_gpt.cc", *flags).train
        numbers = [aligned_zeros(len(parameters)) for _ in range(3)]
        numbers[0][:] = [x.data for x in parameters]
        self.lines, self.lengths = numpy.zeros((len(lines), 17), dtype=numpy.int64), numpy.array([*map(len, lines)])
        for row, line in zip(self.lines, lines):
            row[: len(line)] = line
        self.losses, self.arrays = numpy.zeros(len(lines)), numbers
        self.given = pointers(*numbers, self.lines, self.lengths, self.losses)

    def __call__(self, rate=0.01, before=0):
        whole = ctypes.c_int64(len(self.lines)), ctypes.c_int64(before)
        self.train(*self.given, *whole, ctypes.c_double(rate), ctypes.c_double(1e9 if before else STEPS))


def adam(parameters):
    return nn.Adam(parameters, 0.01, betas=(0.85, 0.99), schedule=nn.optim.linear_decay(STEPS))


@pytest.mark.parametrize(("width", "most"), [(16, 3.0), (64, 1.6)])
def test_a_gpt_against_hand_written_c_plus_plus(tmp_path, width, most):
    lines = names()
    assert 7.0 < sum(len(line) - 1 for line in lines) / len(lines) < 7.3
    (loss, parameters), (eager_loss, others) = microgpt(width), microgpt(width)
    by_hand = ByHand(tmp_path, width, parameters, lines)
    by_hand()

    programs.clear()
    begun = time.perf_counter()
    trainer = autodiff.compile(loss).trainer(parameters, adam(parameters))
    losses = trainer.run(lines)
    seconds = time.perf_counter() - begun
    assert trainer.runner == "native"
    assert losses[:100] == pytest.approx(by_hand.losses[:100].tolist(), rel=1e-9)

    eager = adam(others)
    begun = time.perf_counter()
    for line, own in list(zip(lines, losses))[: 20 if width == 16 else 3]:
        eager.zero_grad()
        output = eager_loss(line)
        output.backward()
        eager.step()
        assert own == pytest.approx(output.data, abs=1e-12)
    engine = (time.perf_counter() - begun) / eager.steps

    def called():
        for line in lines:
            trainer(line)

    trainer.optimizer.learning_rate = 1e-12  # the numbers stay where they are
    sides = {"run": lambda: trainer.run(lines), "called": called, "by hand": lambda: by_hand(1e-12, STEPS)}
    times = {side: 1e3 * found for side, found in medians(sides, runs=11).items()}
    print(
        f"\nGPT {width} wide, us a step: " + ", ".join(f"{side} {found:.1f}" for side, found in times.items()), end=""
    )
    held("run against hand-written C++", times["by hand"] / times["run"], 1 / most)
    held("against the engine", engine * 1e6 / times["run"], 1_500)
    if width == 16:
        held_seconds("1,000 steps, compiling included", seconds, 4.0)


def test_a_recurrent_cell_over_200_steps():
    """Steps of one sequence each, in lists and in arrays, and of 20 as rows: the seconds for a sequence."""
    cell, r = nn.RecurrentCell(1, 4, seed=0), random.Random(0)
    sequences = [[[r.gauss(0.0, 1.0)] for _ in range(200)] for _ in range(20)]
    arrays, block = [numpy.array(sequence) for sequence in sequences], numpy.array(sequences)

    def loss(sequence):
        return sum(h * h for h in cell(sequence))

    def together(rows):
        return sum(loss(sequence) for sequence in rows) / len(rows)

    optimizer = nn.SGD(cell.parameters(), 1e-12)
    one, rows = (autodiff.compile(f, "native").trainer(cell, optimizer) for f in (loss, together))
    assert sum(one.run(arrays)) / 20 == pytest.approx(rows(block), rel=1e-6)

    def eagerly():
        optimizer.zero_grad()
        loss(sequences[0]).backward()
        optimizer.step()

    sides = {"engine": eagerly, "lists": lambda: one.run(sequences), "one": lambda: one.run(arrays)}
    times = medians({**sides, "rows": lambda: rows(block)}, runs=7)
    each = {side: found / (1 if side == "engine" else 20) for side, found in times.items()}
    print("\nus a sequence: " + ", ".join(f"{side} {1e6 * found:.1f}" for side, found in each.items()), end="")
    held("one sequence in lists against the engine", each["engine"] / each["lists"], 150)
    held("one sequence against the engine", each["engine"] / each["one"], 150)
    held("20 as rows against the engine", each["engine"] / each["rows"], 1000)
