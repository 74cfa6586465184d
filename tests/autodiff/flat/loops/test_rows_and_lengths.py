"""Nests of one example become nests of a batch; nests of two lengths become nests of every length."""

import random

import pytest

from autodiff import tanh
from autodiff.flat.loops.lengths import for_all_lengths, run_numbers
from autodiff.flat.loops.nests import for_rows, roll
from autodiff.flat.loops.statements import interpret
from autodiff.flat.recording import Recording
from autodiff.tracing import Tracing
from tests.support.loop_programs import program
from tests.support.nests import flat, gpt, matrix, run


def in_a_batch(nests, recording, rows, seeds):
    """(outputs of each row, gradients of parameters, gradients of the inputs of each row)."""
    count = len(rows)
    batch = for_rows(nests, count)
    memory = {array: [0.0] * size for array, size in batch.sizes.items()}
    memory |= {"w": [x._data for x in recording.parameters], "t": list(batch.table)}
    memory["x"] = [x for column in zip(*rows) for x in column]
    interpret(batch.forward, memory)
    outputs = [[x if type(x) is float else memory[x.array][x.start + r] for x in batch.outputs] for r in range(count)]
    for index, seed in zip(batch.outputs, seeds):
        for r in range(count if type(index) is not float else 0):
            size = 1 if index.array == "w" else count
            memory.setdefault(f"g{index.array}", [0.0] * size * len(memory[index.array]))[index.start + r] += seed
    interpret(batch.backward, memory)
    to_inputs = memory.get("gx", [0.0] * count * len(recording.inputs))
    to_parameters = memory.get("gw", [0.0] * len(recording.parameters))
    return outputs, to_parameters, [to_inputs[r::count] for r in range(count)]


@pytest.mark.parametrize("seed", range(2, 62))
def test_for_rows_equals_its_rows(seed):
    r = random.Random(seed)
    parameters, inputs, outputs = program(r, most=5)
    outputs = outputs[:1]
    recording = Recording(outputs, inputs, parameters)
    nests = roll(recording)
    own = [x._data for x in inputs]
    rows = [own, [x if x % 1.0 == 0.0 else x * 0.7 - 0.1 for x in own], own]
    totals = [0.0] * len(parameters)
    expected = []
    for row in rows:
        for leaf, number in zip(inputs, row):
            leaf.data = number
        found, to_parameters, to_inputs = run(nests, recording)
        totals = [a + b for a, b in zip(totals, to_parameters)]
        expected.append((found, to_inputs))

    values, gradients, slopes = in_a_batch(nests, recording, rows, [1.0])

    assert values == [pytest.approx(value, rel=1e-12) for value, _ in expected]
    assert gradients == pytest.approx(totals, rel=1e-9, abs=1e-12)
    assert slopes == [pytest.approx(slope, rel=1e-9, abs=1e-12) for _, slope in expected]


@pytest.mark.parametrize("style", ["dot", "sum"])
def test_for_all_lengths_of_gpt(style):
    longest = 8
    loss, parameters, inputs = gpt(longest, style=style, width=8, heads=2, vocabulary=5)

    def trace(length):
        with Tracing(sums=True):
            output = loss(length)
        recording = Recording([output], inputs[:length] + inputs[longest : longest + length], parameters)
        return recording, [*range(length), *range(longest, longest + length)]

    lengths = for_all_lengths(trace, longest, parameters)

    for length in (1, 2, 5, 8):
        recording, places = trace(length)
        found = run_numbers(lengths.nests, recording, places, lengths.table(length), length)
        for parameter in parameters:
            parameter.grad = 0.0
        recording.outputs[0].backward()
        assert found == pytest.approx([recording.outputs[0].data, *[p.grad for p in parameters]], abs=1e-13)
    assert "for i<n, j<2, k<1+1i, l<4" in str(lengths.nests)
    assert [(x.slope, x.offset, x.inverse) for x in lengths.numbers] == [(1.0, 0.0, False), (1.0, 0.0, True)]


def test_for_all_lengths_of_recurrence():
    r = random.Random(2)
    W, X = matrix(r, 3, 3), matrix(r, 9, 3)

    def trace(length):
        state = X[0]
        for x in X[1:length]:
            state = [tanh(sum(w * s for w, s in zip(row, state)) + y) for row, y in zip(W, x)]
        return Recording([sum(state)], flat(X[:length]), flat(W)), range(3 * length)

    found = for_all_lengths(trace, 9, flat(W))
    assert found.packed
    assert "for i<n-2, one after the other:\n    a[9i+j+6] = tanh(a[9i+j] + x[3i+j+3])" in str(found.nests)
    assert "ga[-9i+j+9n-18] += ga[-9i+j+9n-12]" in str(found.nests)  # from the last step to the first
    for length in range(found.least, 10):
        recording, _ = trace(length)
        given = run_numbers(found.nests, recording, range(3 * length), found.table(length), length)
        for w in flat(W):
            w.grad = 0.0
        recording.outputs[0].backward()
        assert given == pytest.approx([recording.outputs[0].data, *[w.grad for w in flat(W)]], rel=1e-12)
    assert found.least <= 4
