"""The backward pass: interrupted, on deep graphs, and in several threads at once."""

import signal
import sys

import pytest

from autodiff import Primitive, Value, gradients, where
from autodiff.graph import history
from tests.support.engine_programs import chain
from tests.support.threads import at_once


@pytest.mark.parametrize("place", [0, 5, 49])
def test_ctrl_c_then_zero_grad_and_backward(place):
    """zero_grad clears everything that an unfinished pass leaves behind."""
    calls = []

    def rule(out, x):
        calls.append(x)
        if len(calls) == place + 1:
            signal.raise_signal(signal.SIGINT)
        return (2.0 * x,)

    square = Primitive("square", lambda x: x * x, rule)
    x = Value(1.0, "x")
    f = x
    for _ in range(50):
        f = square(f) * x
    with pytest.raises(KeyboardInterrupt):
        f.backward()

    f.zero_grad()
    assert all(node.grad == 0.0 for node in history(f))
    f.backward()
    assert x.grad == 2.0**51 - 1.0  # f = x^(2^51 - 1) at 1


def test_threads_build_graphs():
    """Each thread gets its own numbers, although all share one weight and one clock."""
    weight = Value(2.0)

    def work(i):
        x = Value(float(i))
        out = x
        for _ in range(300):
            out = where(out > 1e6, out * 0.5, out * weight) + x
        inputs = gradients(out, [x])
        return out.data, inputs[0].data, [node.born for node in history(out)]

    together = at_once(work, range(8), 1e-6)

    for i in range(8):
        assert work(i)[:2] == together[i][:2]
    births = [born for *_, born in together.values()]
    assert all(born == sorted(born) for born in births)
    assert len(set().union(*births)) == sum(map(len, births)) - 7  # all different, except for the weight


def test_backward_of_deep_graph_without_recursion():
    limit = sys.getrecursionlimit()
    x, out = chain(limit * 3)
    out.backward()

    assert gradients(gradients(out, [x])[0], [x])[0].data == 0.0
    assert x.grad == limit * 3 + 1.0
