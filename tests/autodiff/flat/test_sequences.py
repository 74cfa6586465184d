"""A compiled function of sequences: one program in machine code for every length."""

import random
from functools import partial

import pytest

import autodiff
from autodiff import Value, dot, sigmoid, softmax, tanh
from autodiff.flat import sequences
from autodiff.flat.backends.llvm.runner import OneLength
from autodiff.flat.sequences import lengths_of, resize

r = random.Random(3)
W, V = ([[Value(r.gauss(0.0, 0.5)) for _ in range(3)] for _ in range(3)] for _ in range(2))
POSITIONS = [[Value(r.gauss(0.0, 0.5)) for _ in range(3)] for _ in range(12)]
PARAMETERS = [x for matrix in (W, V, POSITIONS) for row in matrix for x in row]


def attention(rows, weight):
    """Causal attention over rows of three numbers, and its outputs."""
    xs = [[a + b for a, b in zip(row, place)] for row, place in zip(rows, POSITIONS)]
    keys = [[dot(w, x) for w in W] for x in xs]
    found = []
    for i, x in enumerate(xs):
        shares = softmax([dot(x, keys[j]) for j in range(i + 1)])
        mixed = [sum(s * xs[j][k] for j, s in enumerate(shares)) for k in range(3)]
        found.append(sum(tanh(dot(v, mixed)) for v in V))
    return weight * sum(found) / len(found)


def rows_of(count):
    return [[r.gauss(0.0, 1.0) for _ in range(3)] for _ in range(count)]


def by_engine(f, rows, weight):
    for x in PARAMETERS:
        x.grad = 0.0
    leaves = [[Value(x) for x in row] for row in rows]
    factor = Value(weight)
    output = f(leaves, factor)
    output.backward()
    return output.data, [x.grad for x in PARAMETERS], ([[x.grad for x in row] for row in leaves], factor.grad)


def agree(fast, f, count):
    rows = rows_of(count)
    value, to_parameters, (to_rows, to_weight) = by_engine(f, rows, 0.7)
    assert fast(rows, 0.7) == pytest.approx(value, rel=1e-12)
    assert fast.value_and_grad(rows, 0.7, wrt=PARAMETERS) == (
        pytest.approx(value, rel=1e-12),
        pytest.approx(to_parameters, rel=1e-10, abs=1e-14),
    )
    found = fast.value_and_grad(rows, 0.7)
    assert found[0] == pytest.approx(value, rel=1e-12)
    assert found[1][0] == [pytest.approx(row, rel=1e-10, abs=1e-14) for row in to_rows]
    assert found[1][1] == pytest.approx(to_weight, rel=1e-10)


def runners(fast):
    return {len(args[0]): [run.runner for run in trace.runs.values()] for args, trace in calls(fast)}


def calls(fast):
    return [(trace.call[0], trace) for trace in fast.traces.values()]


def test_sequences_share_one_program():
    fast = autodiff.compile(attention, "native")
    for count in (5, 8, 2, 1, 7, 12, 3, 8):
        agree(fast, attention, count)

    found = runners(fast)
    of_length = {n: {type(x) is OneLength for x in made} for n, made in found.items()}
    assert of_length == {5: {False}, **{n: {True} for n in (8, 2, 1, 7, 12, 3)}}
    assert len({id(x.nests) for n in (1, 2, 7, 8) for x in found[n]}) == 3  # value, gradients to parameters, to inputs
    assert len({id(x.nests) for n in (12, 3) for x in found[n]}) == 3  # a longer one than before, then compiled too


def test_sequences_read_numbers_and_map_rows():
    fast, rows = autodiff.compile(attention, "native"), rows_of(9)
    fast(rows, 1.0), fast(rows[:4], 1.0)
    before = fast(rows[:3], 1.0)
    W[0][0].data += 0.25
    after = fast(rows[:3], 1.0)
    assert after == pytest.approx(by_engine(attention, rows[:3], 1.0)[0], rel=1e-12)
    assert after != before
    W[0][0].data -= 0.25


def recurrent(cell, loss, rows, weight):
    """A recurrent layer: cells by name, the loss of the last state or of all."""
    state, total = POSITIONS[0], 0.0
    for row in rows:
        kept = [sigmoid(dot(v, state) + x) for v, x in zip(V, row)] if cell == "gated" else [0.25] * 3
        new = [tanh(dot(w, state) + x) for w, x in zip(W, row)]
        state = new if cell == "plain" else [k * s + (1.0 - k) * n for k, s, n in zip(kept, state, new)]
        total = total + (state[0] - weight) ** 2
    return sum(state) * weight if loss == "last" else total / len(rows) if loss == "mean" else total


@pytest.mark.parametrize("loss", ["last", "all", "mean"])
@pytest.mark.parametrize("cell", ["plain", "gated", "average"])
def test_sequences_of_recurrences(cell, loss):
    f = partial(recurrent, cell, loss)
    fast = autodiff.compile(lambda rows, weight: f(rows, weight) + 0.0 * V[0][0], "native")
    for count in (9, 8, 4, 12, 11, 1, 5):
        agree(fast, f, count)
    found = runners(fast)
    assert {type(x) is OneLength for n in (8, 4, 11, 5) for x in found[n]} == {True}
    assert len({id(x.nests) for n in (8, 4) for x in found[n]}) == 3
    assert OneLength not in map(type, found[1])  # too short for a first, a last and a middle


def test_sequences_compiled_per_length():
    def powers(rows, weight):
        return weight * sum(tanh(dot(w, row)) ** k for k, row in enumerate(rows) for w in W)

    fast = autodiff.compile(powers, "native")
    for count in (6, 9, 7):
        agree(fast, powers, count)
    assert not any(type(x) is OneLength for made in runners(fast).values() for x in made)


def test_sequences_name_unused_leaves():
    fast, unused = autodiff.compile(lambda x: sum(W[0][0] * v for v in x), "native"), Value(1.0, "unused")
    for count in (6, 8, 3):
        assert fast.value_and_grad([0.5] * count, wrt=[W[0][0], unused])[1] == [0.5 * count, 0.0]
        with pytest.raises(ValueError, match=r"wrt names .*'unused'.* uses none of them"):
            fast.value_and_grad([0.5] * count, wrt=[unused])


def test_sequences_with_other_lists():
    def f(a, b):
        return dot([tanh(x) for x in a], a) * sum(b) / len(b)

    fast = autodiff.compile(f, "native")
    for n, m in ((6, 5), (8, 5), (3, 5), (3, 9), (3, 2), (8, 9), (7, 7)):
        a, b = [0.1 * i - 0.2 for i in range(n)], [0.3 * i for i in range(m)]
        value, (to_a, to_b) = autodiff.value_and_grad(f)(a, b)
        found, slopes = fast.value_and_grad(a, b)
        assert found == pytest.approx(value, rel=1e-12)
        assert slopes[0] == pytest.approx(to_a, rel=1e-11, abs=1e-14)
        assert slopes[1] == pytest.approx(to_b, rel=1e-11, abs=1e-14)


def test_sequences_by_other_runners():
    for runner in ("auto", "source", "batch"):
        fast = autodiff.compile(attention, runner)
        agree(fast, attention, 6)
        agree(fast, attention, 3)
    native = autodiff.compile(lambda x: sum(v * v for v in x), "native")
    assert (native([1.0] * 6), native([1.0] * 8)) == (6.0, 8.0)
    assert native.source() == autodiff.compile(lambda x: sum(v * v for v in x), "source").source([1.0] * 8)


LIST = (list, None, None)


@pytest.mark.parametrize(
    ("shape", "other", "lengths"),
    [
        ((tuple, LIST, None), (tuple, (list, None, None, None), None), (2, 3)),
        ((tuple, LIST, LIST), (tuple, (list, None), (list, None)), (2, 1)),
        ((tuple, LIST, LIST), (tuple, (list, None), (list, None, None, None)), None),
        ((tuple, LIST), (tuple, LIST), None),
        ((tuple, LIST), (tuple, (list, LIST, LIST, LIST)), None),
        ((tuple, (list,)), (tuple, LIST), None),
        ((tuple, (list, LIST, LIST)), (tuple, (list, LIST)), (2, 1)),
        ((tuple, LIST), (tuple, (tuple, None)), None),
    ],
)
def test_shapes_that_differ(shape, other, lengths):
    assert lengths_of(shape, other) == lengths


def test_arguments_of_given_length():
    shape, other = (tuple, LIST, None), (tuple, (list, None), None)
    assert resize(([1.0, 2.0], 3.0), shape, other, 5) == ([1.0, 2.0, 1.0, 2.0, 1.0], 3.0)
    assert sequences.SHORTEST > 1
