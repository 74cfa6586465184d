"""Any graph by every runner: value, gradients and second derivatives are the engine's, in every lane."""

import math
import pickle
import shutil

import pytest
from hypothesis import given, settings, strategies as st
from node_runner import Node
from random_graphs import FINITE, SPECIAL, graphs, permuted
from rounding import UNIT, near, rooms

from autodiff import PRIMITIVES, Value, gradients, variables
from autodiff.flat import lower
from autodiff.flat.batch import Batch
from autodiff.flat.native import Native
from autodiff.flat.source import Source

RUNNERS = {"source": Source, "batch": Batch, "native": Native}
if shutil.which("node"):  # not every machine has it
    RUNNERS["JavaScript"] = Node
COUNTS = [1, 3, 7, 8, 9, 17]
NUMBERS = SPECIAL | FINITE
rows_of = st.lists(NUMBERS, min_size=4, max_size=4)


def expected(output, leaves, numbers, fused):
    """[(number, room)] for the value and each gradient, by backward, where the leaves have these numbers."""
    for leaf, number in zip(leaves, numbers):
        leaf.data, leaf.grad = number, 0.0
    output.forward()
    output.backward()
    slopes = gradients(output, leaves)
    room = rooms(output, *slopes, fused=fused)
    found = [output.data, *[leaf.grad for leaf in leaves]]
    return [(number, room[node]) for number, node in zip(found, (output, *slopes))]


def mean(pairs):
    """(number, room) of the mean of such pairs, added in any order."""
    size = sum(abs(x) for x, _ in pairs if math.isfinite(x))
    room = sum(room for _, room in pairs) + (UNIT * size if math.isfinite(size) else math.inf)
    return sum(x for x, _ in pairs) / len(pairs), room / len(pairs)


def wrong(found, pairs):
    return [(x, *pair) for x, pair in zip(found, pairs) if not near(x, *pair)]


def check_one_row(output, leaves, roll, runners=tuple(RUNNERS)):
    """The graph lowered, as one row of inputs, by every runner."""
    numbers = [leaf.data for leaf in leaves]
    program = lower(output, inputs=leaves, roll=roll)
    for name in runners:
        outputs, slopes, _ = RUNNERS[name](program).row(numbers, [])
        assert len(slopes) == len(leaves)
        assert wrong([*outputs, *slopes], expected(output, leaves, numbers, name == "native")) == [], name


def check_rows(output, leaves, other, count, place, roll, runners=tuple(RUNNERS)):
    """So many rows, one of them the graph's numbers, the rest ``other``; the first leaf is a parameter of them all."""
    (w, *numbers), other = [leaf.data for leaf in leaves], other[: len(leaves) - 1]
    rows = [numbers if i == place % count else other for i in range(count)]
    program = lower(output, inputs=leaves[1:], parameters=leaves[:1], roll=roll)
    for name in runners:
        special, usual = (expected(output, leaves, [w, *row], name == "native") for row in (numbers, other))
        pairs = [special if row is numbers else usual for row in rows]
        found = RUNNERS[name](program).rows(rows, [w])
        for outputs, slopes, (value, _, *to_inputs) in zip(found.outputs, found.input_gradients, pairs):
            assert wrong([*outputs, *slopes], [value, *to_inputs]) == [], name
        assert wrong(found.parameter_gradients, [mean([to_w for _, to_w, *_ in pairs])]) == [], name


@settings(deadline=None, max_examples=40)
@given(graphs(numbers=NUMBERS), st.booleans())
def test_one_row(graph, roll):
    leaves, output = graph
    check_one_row(output, leaves, roll)


@settings(deadline=None, max_examples=30)
@given(graphs(numbers=NUMBERS), rows_of, st.sampled_from(COUNTS), st.integers(0, 16), st.booleans())
def test_rows_in_every_lane(graph, other, count, place, roll):
    leaves, output = graph
    check_rows(output, leaves, other, count, place, roll)


@pytest.mark.slow
@settings(deadline=None, max_examples=500)
@given(graphs(gates=25, numbers=NUMBERS), rows_of, st.sampled_from(COUNTS), st.integers(0, 16), st.booleans())
def test_rows_of_larger_graphs(graph, other, count, place, roll):
    leaves, output = graph
    check_rows(output, leaves, other, count, place, roll)


@settings(deadline=None, max_examples=20)
@given(graphs(gates=6, numbers=NUMBERS), st.booleans())
def test_second_derivatives(graph, roll):
    leaves, output = graph
    for slope in gradients(output, leaves)[:2]:
        if slope.primitive:
            check_one_row(slope, leaves, roll)


@settings(deadline=None, max_examples=30)
@given(graphs(numbers=NUMBERS), st.randoms(use_true_random=False))
def test_pickled_or_built_in_another_order_and_then_lowered(graph, random):
    leaves, output = graph
    copies, twin = pickle.loads(pickle.dumps((leaves, output)))

    assert lower(twin, inputs=copies).key == lower(output, inputs=leaves).key
    twins, other = permuted(output, leaves, random)
    check_one_row(other, twins, roll=False)


# --- The rooms themselves ------------------------------------------------------------------------


def room_of(output):
    return rooms(output)[output]


def test_a_room_is_a_few_units_wide_and_0_where_nothing_is_rounded():
    x, zero, two = variables(x=1, zero=0, two=2)

    assert 0.0 < room_of(PRIMITIVES["sin"](x) * 3.0) < 2e-14
    for exact in (zero * two, two * 3.0 - x, PRIMITIVES["exp"](zero), PRIMITIVES["relu"](zero), zero < two):
        assert room_of(exact) == 0.0


def test_a_room_is_as_wide_as_the_jump_where_the_last_digit_decides():
    x, big = variables(x=1, big=1e308)
    sine = PRIMITIVES["sin"](x)

    assert room_of(sine < sine * 1.0) == 1.0
    assert room_of(PRIMITIVES["reciprocal"](sine - sine)) == math.inf
    assert room_of(big * 10.0 - big) == math.inf  # fused, it is a number less than inf


def test_a_runner_that_is_off_in_the_13th_digit_or_on_a_kink_is_noticed():
    x, w = Value(0.7, "x"), Value(0.0, "w")
    pairs = expected(PRIMITIVES["tanh"](x) * 3.0 + PRIMITIVES["abs"](w), [x, w], [0.7, 0.0], True)
    value, to_x, to_w = (number for number, _ in pairs)

    assert wrong([value, to_x, to_w], pairs) == []
    assert wrong([value * (1.0 + 1e-13), to_x * (1.0 - 1e-13), 1e-300], pairs) == [
        (x, *pair) for x, pair in zip([value * (1.0 + 1e-13), to_x * (1.0 - 1e-13), 1e-300], pairs)
    ]
    assert wrong([math.nan, math.inf, to_w], pairs) != []
