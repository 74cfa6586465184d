"""Random graphs: derivatives equal mpmath's; text, copies, pictures and other orders agree."""

import math
import pickle
from xml.etree import ElementTree

import mpmath
import pytest
from hypothesis import assume, given, settings, strategies
from mpmath import mp

import autodiff
from autodiff import PRIMITIVES, Value, gradients, parse
from autodiff.formula import statements
from autodiff.graph import history, sweep
from tests.support.engine_programs import same
from tests.support.flat_samples import agree
from tests.support.primitive_samples import SAMPLES
from tests.support.random_graphs import FINITE, SPECIAL, graphs, permuted
from visualize import draw

SMOOTH = [name for name, row in PRIMITIVES.items() if row.kink is None and name not in ("where", "stop_gradient")]
BENT = [name for name, row in PRIMITIVES.items() if row.kink is not None]


def replayed(output, leaves, given, row_of=PRIMITIVES.get):
    """Apply the graph's gates again, oldest first, to other leaves: numbers, Values, or mpmath numbers."""
    known = dict(zip(leaves, given))
    for node in history(output):
        if node.primitive:
            operands = [known[x] if type(x) is Value else x for x in node.operands]
            known[node] = row_of(node.primitive.name)(*operands)
    return known


def exact(name):
    """The primitive in mpmath's words."""
    return lambda *operands: SAMPLES[name][0](*map(mp.mpf, operands)) + mp.zero


def smooth_here(output, leaves):
    """Whether mpmath has a derivative here: every number finite, exact to 1e-12, and no gate near a kink."""
    if not all(1e-30 < abs(node.data) < 1e30 for node in history(output)):
        return False  # before mpmath tries: exp(exp(1e29)) would take forever
    try:
        known = replayed(output, leaves, [mp.mpf(leaf.data) for leaf in leaves], exact)
    except (ZeroDivisionError, ValueError, TypeError, OverflowError):
        return False
    for node, number in known.items():
        if not isinstance(number, (mp.mpf, float)):
            return False
        if abs(number - node.data) > 1e-12 * abs(number):
            return False
        places = [float(known[x]) if type(x) is Value else x for x in node.operands]
        if node.primitive is PRIMITIVES["power"] and places[0] <= 0.0:
            return False  # beside a whole exponent there is none with a real power
        name = node.primitive.name if node.primitive else ""
        if name in ("asin", "acos", "acosh", "atanh") and abs(abs(places[0]) - 1.0) < 1e-6:
            return False  # the end of its domain
        if name == "atan2" and places[0] == 0.0:
            return False  # it jumps
        if name in ("floor", "mod", "fmod", "floor_div"):
            ratio = places[0] / (places[1] if len(places) == 2 else 1.0)
            if abs(ratio - round(ratio)) < 1e-9 * max(1.0, abs(ratio)):
                return False
        if node.primitive in map(PRIMITIVES.get, BENT):
            places += [0.0] if len(places) == 1 or node.primitive.name in ("leaky_relu", "elu", "heaviside") else []
            if any(abs(a - b) < 1e-9 for i, a in enumerate(places) for b in places[:i]):
                return False
    return True


def spread(output):
    """For every node, the sum over its paths of the absolute products: the scale of rounding errors."""
    totals = {}
    for node, _, local_gradients in sweep(output):
        totals.setdefault(node, 1.0)
        for operand, local in zip(node.operands, local_gradients):
            if type(operand) is Value and local is not None:
                room = 1.0 if node.primitive.name in ("tanh", "sigmoid") else abs(local)
                totals[operand] = totals.get(operand, 0.0) + totals[node] * room
    return totals


def partial(output, leaves, *places):
    """The exact derivative with respect to the leaves at these positions, by mpmath with 50 digits or more."""

    def f(*numbers):
        return replayed(output, leaves, numbers, exact)[output]

    orders = tuple(places.count(i) for i in range(len(leaves)))
    return float(mpmath.diff(f, tuple(mp.mpf(leaf.data) for leaf in leaves), orders))


@settings(deadline=None, max_examples=300)
@given(graphs(most=8, names=(*SMOOTH, *BENT), numbers=FINITE))
def test_gradients_are_exact_derivatives(graph):
    leaves, output = graph
    with mp.workdps(50):
        assume(smooth_here(output, leaves))
        sizes = spread(output)
        for i, slope in enumerate(gradients(output, leaves)):
            room = 1e-10 * sizes.get(leaves[i], 0.0) + 1e-25  # what 50 digits leave of a difference
            assert slope.data == pytest.approx(partial(output, leaves, i), rel=1e-9, abs=room), i


@settings(deadline=None, max_examples=200)
@given(graphs(most=5, names=SMOOTH, numbers=FINITE))
def test_second_derivatives_are_exact_too(graph):
    leaves, output = graph
    with mp.workdps(50):
        assume(smooth_here(output, leaves))
        for i, slope in enumerate(gradients(output, leaves)):
            sizes = spread(slope)
            assume(max(sizes.values()) < 1e12)
            for j, second in enumerate(gradients(slope, leaves)):
                room = 1e-9 * (1.0 + sizes.get(leaves[j], 0.0) + abs(slope.data))
                assert second.data == pytest.approx(partial(output, leaves, i, j), rel=1e-8, abs=room), (i, j)


def answers(output, leaves):
    """(value, gradients), computed anew."""
    for leaf in leaves:
        leaf.grad = 0.0
    output.backward()
    return output.data, [leaf.grad for leaf in leaves]


@settings(deadline=None)
@given(graphs(numbers=SPECIAL))
def test_extreme_numbers_never_raise(graph):
    leaves, output = graph
    first = answers(output, leaves)
    again = answers(output, leaves)

    assert all(map(same, [first[0], *first[1]], [again[0], *again[1]]))
    assert all(map(same, first[1], [slope.data for slope in gradients(output, leaves)]))
    for slope in gradients(output, leaves):
        assert all(type(second.data) is float for second in gradients(slope, leaves))


@settings(deadline=None)
@given(graphs(), strategies.randoms(use_true_random=False))
def test_order_of_building_does_not_matter(graph, random):
    """Any order in which operands come first gives the same numbers; sums of gradients may round differently."""
    leaves, output = graph
    expected = answers(output, leaves)
    twins, twin = permuted(output, leaves, random)

    found = answers(twin, twins)
    sizes = spread(output)
    assert same(found[0], expected[0])
    for leaf, a, b in zip(leaves, found[1], expected[1]):
        room = 1e-12 * sizes.get(leaf, 0.0)
        assert a == pytest.approx(b, rel=1e-12, abs=room if math.isfinite(room) else 0.0, nan_ok=True)


@settings(deadline=None)
@given(graphs(numbers=strategies.floats(-4.0, 4.0)))
def test_statements_read_back(graph):
    leaves, output = graph
    text = "; ".join(statements(history(output), output))
    read = parse(text, **{leaf.label: leaf.data for leaf in history(output) if not leaf.primitive})
    twins = {leaf.label: leaf for leaf in history(read) if not leaf.primitive}

    assert [node.primitive for node in history(read)].count(None) == len(twins)
    assert statements(history(read), read) == statements(history(output), output)
    expected = dict(zip([leaf.label for leaf in leaves], answers(output, leaves)[1]))
    read.backward()
    assert same(read.data, output.data)
    assert all(same(leaf.grad, expected[name]) for name, leaf in twins.items())


@settings(deadline=None)
@given(graphs(numbers=SPECIAL | FINITE))
def test_steps_compile_copies_and_backward_agree(graph):
    leaves, output = graph
    expected = answers(output, leaves)
    numbers = [leaf.data for leaf in leaves]

    copies, twin = pickle.loads(pickle.dumps((leaves, output)))
    assert agree(answers(twin, copies), expected) or answers(twin, copies)[1] == expected[1]
    found = {node: upstream for node, upstream, _ in sweep(output)}
    assert all(same(found.get(leaf, 0.0), slope) for leaf, slope in zip(leaves, expected[1]))
    fast = autodiff.compile(lambda *xs: replayed(output, leaves, xs)[output], runner="source")
    value, slopes = fast.value_and_grad(*numbers)
    assert agree((value, list(slopes)), expected)
    assert all(same(x, value) or agree((x, []), (value, [])) for x in fast.map([tuple(numbers)] * 2))


@settings(deadline=None, max_examples=25)
@given(graphs(most=8))
def test_drawing_has_every_gate_and_edge(graph):
    leaves, output = graph
    expected = answers(output, leaves)
    picture = draw(output, fold=False, layout="built-in")
    order = history(output)
    constants = {box.id for box in picture.scene.boxes if box.kind == "constant"}

    gates = [box for box in picture.scene.boxes if box.kind == "op"]
    edges = [arrow for arrow in picture.scene.arrows if arrow.source not in constants]
    assert len(gates) == sum(node.primitive is not None for node in order)
    assert len(edges) == sum(type(x) is Value for node in order for x in node.operands) + 1
    ElementTree.fromstring(picture.svg())
    assert all(map(same, [output.data, *[leaf.grad for leaf in leaves]], [expected[0], *expected[1]]))
