"""Random graphs in every runner: value, gradients and second derivatives equal the engine's, in every lane."""

import math
import pickle
import shutil

import pytest
from hypothesis import given, settings, strategies as st

from autodiff import PRIMITIVES, Value, dot, gradients, variables
from autodiff.flat import lower
from autodiff.flat.backends.array import Batch
from autodiff.flat.backends.llvm import Native
from autodiff.flat.backends.python import Source
from tests.support.flat_samples import ready
from tests.support.node_runner import Node
from tests.support.random_graphs import FINITE, SPECIAL, gates, graphs, permuted
from tests.support.rounding import UNIT, near, rooms

RUNNERS = {"source": Source, "batch": Batch, "native": Native}
if shutil.which("node"):  # optional
    RUNNERS["JavaScript"] = Node
COUNTS = [1, 3, 7, 8, 9, 17]
NUMBERS = SPECIAL | FINITE
tables = st.lists(st.lists(NUMBERS, min_size=4, max_size=4), min_size=1, max_size=5)


def expected(outputs, leaves, numbers, fused):
    """[(number, tolerance)] of each output, then of each gradient of the first, at these leaves."""
    for leaf, number in zip(leaves, numbers):
        leaf.data, leaf.grad = number, 0.0
    for output in outputs:
        output.forward()
    outputs[0].backward()
    slopes = gradients(outputs[0], leaves)
    room = rooms(*outputs, *slopes, fused=fused)
    found = [*[output.data for output in outputs], *[leaf.grad for leaf in leaves]]
    return [(number, room[node]) for number, node in zip(found, [*outputs, *slopes])]


def mean(pairs):
    """(number, tolerance) of the mean of such pairs, added in any order."""
    size = sum(abs(x) for x, _ in pairs if math.isfinite(x))
    room = sum(room for _, room in pairs) + (UNIT * size if math.isfinite(size) else math.inf)
    return sum(x for x, _ in pairs) / len(pairs), room / len(pairs)


def wrong(found, pairs):
    return [(x, *pair) for x, pair in zip(found, pairs) if not near(x, *pair)]


def spoiled(found, pairs, name):
    """Gradients that are wrong. In loop nests a 0 * inf or an inf - inf may not arise, see ``help(autodiff.flat)``."""
    return [miss for miss in wrong(found, pairs) if name not in ("batch", "native") or not math.isnan(miss[1])]


def check_one_row(outputs, leaves, runners=tuple(RUNNERS)):
    """Check the lowered graph with one row of inputs in every runner."""
    numbers = [leaf.data for leaf in leaves]
    for name in runners:
        found = ready(RUNNERS[name], outputs, leaves).row(numbers, [])
        assert len(found.input_gradients) == len(leaves)
        pairs, many = expected(outputs, leaves, numbers, name == "native"), len(outputs)
        assert wrong(found.outputs, pairs[:many]) == [], name
        assert spoiled(found.input_gradients, pairs[many:], name) == [], name


def check_rows(outputs, leaves, table, count, runners=tuple(RUNNERS)):
    """Check `count` rows that cycle through the table; all share the first leaf as a parameter."""
    w, many = leaves[0].data, len(outputs)
    table = [row[: len(leaves) - 1] for row in [*table, [leaf.data for leaf in leaves[1:]]]]
    for name in runners:
        pairs = [expected(outputs, leaves, [w, *row], name == "native") for row in table]
        places = [i % len(table) for i in range(count)]
        run = ready(RUNNERS[name], outputs, leaves[1:], leaves[:1])
        found = run.rows([table[i] for i in places], [w])
        for i, values, slopes in zip(places, found.outputs, found.input_gradients):
            assert wrong(values, pairs[i][:many]) == [], name
            assert spoiled(slopes, pairs[i][many + 1 :], name) == [], name
        assert spoiled(found.parameter_gradients, [mean([pairs[i][many] for i in places])], name) == [], name


@settings(deadline=None, max_examples=30)
@given(gates(numbers=NUMBERS))
def test_one_row(graph):
    """The value of every gate, and the gradients of the youngest."""
    leaves, nodes = graph
    check_one_row(nodes[::-1], leaves)


@settings(deadline=None, max_examples=30)
@given(gates(numbers=NUMBERS), tables, st.sampled_from(COUNTS))
def test_rows_in_every_lane(graph, table, count):
    leaves, nodes = graph
    check_rows(nodes[::-1], leaves, table, count)


@pytest.mark.slow
@settings(deadline=None, max_examples=1000)
@given(gates(25, numbers=NUMBERS), tables, st.sampled_from(COUNTS))
def test_rows_of_larger_graphs(graph, table, count):
    leaves, nodes = graph
    check_rows(nodes[::-1], leaves, table, count)


@settings(deadline=None, max_examples=20)
@given(graphs(6, numbers=NUMBERS))
def test_second_derivatives(graph):
    leaves, output = graph
    slopes = [slope for slope in gradients(output, leaves) if slope.primitive]
    for slope in slopes[:2]:
        check_one_row([slope, *slopes], leaves)


@settings(deadline=None, max_examples=30)
@given(graphs(numbers=NUMBERS), st.randoms(use_true_random=False))
def test_copied_or_reordered_graphs(graph, random):
    leaves, output = graph
    copies, twin = pickle.loads(pickle.dumps((leaves, output)))

    assert lower(twin, inputs=copies).key == lower(output, inputs=leaves).key
    twins, other = permuted(output, leaves, random)
    check_one_row([other], twins)


# --- Tolerances ----------------------------------------------------------------------------------


def room_of(output):
    return rooms(output)[output]


def test_tolerance_is_a_few_units():
    x, zero, two = variables(x=1, zero=0, two=2)

    assert 0.0 < room_of(PRIMITIVES["sin"](x) * 3.0) < 2e-14
    for exact in (zero * two, two * 3.0 - x, PRIMITIVES["exp"](zero), PRIMITIVES["relu"](zero), zero < two):
        assert room_of(exact) == 0.0


def test_tolerance_covers_a_jump():
    x, big = variables(x=1, big=1e308)
    sine = PRIMITIVES["sin"](x)

    assert room_of(sine < sine * 1.0) == 1.0
    assert room_of(PRIMITIVES["reciprocal"](sine - sine)) == math.inf
    four = [big, big, big, big]
    assert room_of(dot(four, [10.0, -10.0, 1.0, -1.0])) == math.inf  # fused, it may be a number less than inf
    assert room_of(big * 10.0 - big) == 0.0  # gates are never fused


def test_tolerance_notices_wrong_runner():
    x, w = Value(0.7, "x"), Value(0.0, "w")
    pairs = expected([PRIMITIVES["tanh"](x) * 3.0 + PRIMITIVES["abs"](w)], [x, w], [0.7, 0.0], True)
    value, to_x, to_w = (number for number, _ in pairs)

    assert wrong([value, to_x, to_w], pairs) == []
    assert wrong([value * (1.0 + 1e-13), to_x * (1.0 - 1e-13), 1e-300], pairs) == [
        (x, *pair) for x, pair in zip([value * (1.0 + 1e-13), to_x * (1.0 - 1e-13), 1e-300], pairs)
    ]
    assert wrong([math.nan, math.inf, to_w], pairs) != []
