"""Large graphs: time and memory grow with the number of nodes alone, and nothing is left to the cyclic collector."""

import gc
import tracemalloc
from time import perf_counter

import pytest

from autodiff import Value, maximum, sigmoid, where
from tests.benchmarks.alternating import held, medians

pytestmark = pytest.mark.slow
MILLION = 1_000_000


def additions(length):
    """x + x + ... + x."""
    x = Value(1.0)
    out = x
    for _ in range(length):
        out = out + x
    return x, out


def forward_and_backward(length):
    x, out = additions(length)
    out.backward()
    assert x.grad == out.data == length + 1.0


def collected():
    """How many objects the cyclic collector has found so far."""
    return sum(generation["collected"] for generation in gc.get_stats())


def test_a_million_additions_take_linear_time():
    """Ten times the nodes: about ten times the time, where a quadratic step would take a hundred."""
    sides = {length: lambda length=length: forward_and_backward(length) for length in (MILLION // 10, MILLION)}
    seconds = medians(sides, runs=3)
    ratio = seconds[MILLION] / seconds[MILLION // 10]
    print(f"\na chain of 10^6 additions, forward and backward: {seconds[MILLION]:.2f} s, {ratio:.1f} x that of 10^5")

    held("ten times the nodes, against a hundred times the time", 100.0 / ratio, 5.0)


def test_a_million_additions_take_less_than_300_bytes_each():
    gc.collect()
    tracemalloc.start()
    try:
        start, _ = tracemalloc.get_traced_memory()
        forward_and_backward(MILLION)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    print(f"\na chain of 10^6 additions, forward and backward: {(peak - start) / MILLION:.0f} bytes a node at the peak")

    assert peak - start < 300 * MILLION


def test_a_million_nodes_leave_no_garbage():
    """Reference counting alone frees the graph: the collector, which goes on as it likes, never finds any of it."""
    settings = gc.get_threshold(), gc.isenabled()
    gc.collect()
    before = collected()
    x = Value(0.5)
    out = x
    for _ in range(MILLION // 5):
        out = where(out > 1.0, sigmoid(out), maximum(out, 0.5) * 1.5)
    out.backward()
    start = perf_counter()
    del out
    freeing = perf_counter() - start
    gc.collect()
    print(f"\n10^6 nodes freed in {freeing:.2f} s; objects left to the collector: {collected() - before}")

    assert collected() == before
    assert (gc.get_threshold(), gc.isenabled()) == settings
