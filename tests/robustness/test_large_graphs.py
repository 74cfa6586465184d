"""Very long and very wide graphs: linear time and few bytes per node to run forward and backward, differentiate twice,
lower, copy, describe, draw and free them.

A node takes about 220 bytes, 260 to 290 at the peak of the backward pass; a gradient's graph comes to 200 to 1,200
bytes for each node that it was taken of, flat code to 500 to 650 (at most 2,000 while it is made), a pickle to 40.
"""

import copy
import gc
import pickle
import sys
import tracemalloc

import pytest

from autodiff import Value, dot, gradients, logsumexp, nonfinite_origin, sum as total
from autodiff.flat import lower
from autodiff.flat.backends.python import Source
from autodiff.formula import statements
from autodiff.graph import history
from autodiff.quiz import Question
from tests.support.clock import Clock
from visualize import draw, page

MILLION = 1_000_000


def deep(n):
    """A chain of n gates of two kinds, the last one x / 2 + x."""
    x = Value(1.0, "x")
    out = x
    for _ in range(n // 2):
        out = out * 0.5 + x
    return [x], out


def wide(n):
    """One gate of n operands, and another gate on top."""
    terms = [Value(1.0 / n) for _ in range(n)]
    return terms, total(terms) * 2.0


def weighted(n):
    """One weighted sum of n weights and n inputs."""
    weights = [Value(1.0 / n) for _ in range(n)]
    inputs = [Value(0.5) for _ in range(n)]
    return weights + inputs, dot(weights, inputs, 1.0) * 1.0


def soft(n):
    terms = [Value(float(i % 7)) for i in range(n)]
    return terms, logsumexp(terms)


SHAPES = {"deep": (deep, MILLION), "wide": (wide, 100_000), "weighted": (weighted, 100_000), "soft": (soft, 100_000)}


def forward_and_backward(build, n):
    leaves, out = build(n)
    out.backward()
    assert all(leaf.grad == leaf.grad != 0.0 for leaf in leaves)


def forward_again(build, n):
    leaves, out = build(n)
    before = out.data
    leaves[0].data = leaves[0].data
    assert out.forward() == before


def second_order(build, n):
    leaves, out = build(n)
    slopes = gradients(out, leaves)
    assert len(gradients(total(slopes) * slopes[0], leaves)) == len(leaves)


def lowered(build, n):
    leaves, out = build(n)
    program = lower(out, inputs=leaves, roll=False)
    assert program.lines


def copied(build, n):
    _, out = build(n)
    again = pickle.loads(pickle.dumps(out))
    assert again.data == out.data


def written(build, n):
    _, out = build(n)
    assert statements(history(out), out)


def searched(build, n):
    _, out = build(n)
    assert nonfinite_origin(out) is None


def freed(build, n):
    _, out = build(n)
    del out


def deeply_copied(build, n):
    _, out = build(n)
    assert copy.deepcopy(out).data == out.data


def told(build, n):
    _, out = build(n)
    assert str(out.steps()).startswith("GOAL")


def drawn(build, n):
    """Draw the graph; one of this size is folded into boxes."""
    _, out = build(n)
    assert draw(out, layout="built-in").svg().startswith("<svg")


def asked(build, n):
    """Ask for the graph's numbers as a quiz question."""
    _, out = build(n)
    assert Question.of(out).answers


WORK = [forward_and_backward, forward_again, second_order, lowered, copied, deeply_copied, written, searched, freed]
WORK += [told, drawn, asked]
LIGHTER = {lowered: 10, second_order: 5, written: 10, copied: 5, deeply_copied: 10, told: 10, drawn: 10, asked: 10}


@pytest.mark.parametrize("work", [*WORK, pytest.param("page", id="page")])
def test_deep_graph_without_recursion(work):
    """Far deeper than Python's stack."""
    n = 5 * sys.getrecursionlimit()
    if work == "page":
        with pytest.raises(ValueError, match="a page shows at most 2,000 nodes"):
            page(deep(n)[1])
    else:
        work(deep, n if work is not told else n // 2)


@pytest.mark.slow
@pytest.mark.parametrize("work", WORK, ids=lambda work: work.__name__)
@pytest.mark.parametrize("shape", SHAPES)
def test_large_graph_in_linear_time(shape, work):
    """Four times the nodes take about four times the time; quadratic code would take sixteen."""
    build, n = SHAPES[shape]
    n //= LIGHTER.get(work, 1)
    assert n > 5 * sys.getrecursionlimit()

    def seconds(n):
        gc.collect()
        with Clock() as clock:
            work(build, n)
        return clock.seconds

    small = min(seconds(n // 4), seconds(n // 4))
    large = min(seconds(n), seconds(n))
    print(f"\n{work.__name__} {shape} {n}: {large:.2f} s, {large / max(small, 1e-4):.1f} x a quarter of it")

    assert large < 11.0 * small + 0.05


def bytes_a_node(work, nodes):
    """Bytes per node: (kept by the result of ``work``, at the peak)."""
    gc.collect()
    tracemalloc.start()
    try:
        result = work()
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result
    return kept / nodes, peak / nodes


def graph_and_gradients(build, n):
    leaves, out = build(n)
    out.backward()
    return leaves, out


def graph_of_gradients(build, n):
    leaves, out = build(n)
    return leaves, out, gradients(out, leaves)


def flat_code(build, n):
    leaves, out = build(n)
    return leaves, out, lower(out, inputs=leaves)


KEPT = {graph_and_gradients: (230, 300), graph_of_gradients: (1200, 1350), flat_code: (700, 4500)}


@pytest.mark.slow
@pytest.mark.parametrize("work", KEPT, ids=lambda work: work.__name__)
@pytest.mark.parametrize("shape", SHAPES)
def test_memory_per_node(shape, work):
    build, n = SHAPES[shape]
    n //= 10 if work is not flat_code else 50
    kept, peak = bytes_a_node(lambda: work(build, n), len(history(build(n)[1])))
    print(f"\n{work.__name__} {shape} {n}: {kept:.0f} bytes a node, {peak:.0f} at the peak")

    most, most_at_peak = KEPT[work]
    assert kept < most
    assert peak < most_at_peak


@pytest.mark.slow
def test_flat_code_of_long_chain():
    leaves, out = deep(20_000)
    out.backward()
    found = Source(lower(out, inputs=leaves, roll=False)).row([1.0], [])

    assert (found.outputs, found.input_gradients) == ([out.data], [leaves[0].grad])
