"""Threads and forked processes: each gets the same numbers as alone."""

import random
import threading
import time

import pytest

import autodiff
from autodiff import Value
from nn import MLP, fit, truth_table
from tests.benchmarks.alternating import held_seconds
from tests.support.children import FORKS, ctrl_c_after, in_child
from tests.support.clock import Clock
from tests.support.threads import at_once


def test_threads_train_and_compile():
    """Each thread gets the same numbers as alone."""
    X, Y = truth_table("xor")

    def run(seed):
        net = MLP(2, [3, 1], seed=seed)
        losses = fit(net, X, Y, epochs=20, runner=["eager", "source"][seed % 2], progress=False).loss
        fast = autodiff.compile(lambda a, b: autodiff.tanh(a * b) + float(seed))
        return losses, fast.value_and_grad(0.3, float(seed))

    alone = {seed: run(seed) for seed in range(4)}

    assert at_once(run, range(4)) == alone


def test_thread_reads_while_another_compiles():
    x, seen = Value(2.0, "x"), []

    def f(a):
        thread = threading.Thread(target=lambda: seen.append((x.data, bool(x), (x * 3.0).data)))
        thread.start()
        thread.join()
        return a * x

    assert autodiff.compile(f)(5.0) == 10.0
    assert seen == [(2.0, True, 6.0)]


@FORKS
def test_fork_goes_on_with_the_graph():
    x = Value(3.0, "x")
    f = x * x + 1.0

    def go_on():
        f.backward()
        child = x * f
        return [x.grad, child.born > f.born, child.data]

    assert in_child(go_on).value == [6.0, True, 30.0]
    assert x.grad == 0.0
    f.backward()
    assert x.grad == 6.0


def unrelated(gates, seed=0):
    """A function of `gates` gates that have nothing in common."""

    def f(a, b):
        draw, nodes = random.Random(seed), [a, b]
        for _ in range(gates):
            x, y = draw.choice(nodes[-40:]), draw.choice(nodes[-40:])
            nodes.append(draw.choice([lambda: x * y, lambda: autodiff.tanh(x), lambda: autodiff.sigmoid(x - y)])())  # noqa: B023
        return autodiff.sum(nodes[-40:])

    return f


@FORKS
def test_fork_while_a_thread_compiles():
    assert (
        autodiff.compile(lambda x: x + 2.0, "native")(1.0) == 3.0
    )  # everything is imported: Python's own locks do not matter here
    for seed in range(3):
        busy = threading.Thread(target=lambda: autodiff.compile(unrelated(300, seed), "native")(0.1, 0.2))  # noqa: B023
        busy.start()
        time.sleep(0.1 + 0.1 * seed)
        child = in_child(lambda: autodiff.compile(lambda x: x * 3.0 + seed, "native")(1.0))  # noqa: B023
        busy.join()
        assert child.value == 3.0 + seed


@FORKS
def test_fork_while_a_thread_runs_machine_code():
    fast, rows, done = autodiff.compile(unrelated(100), "native"), [(0.1, 0.2)] * 20_000, threading.Event()
    expected = fast(0.1, 0.2)

    def work():
        while not done.is_set():
            fast.map(rows)

    busy = threading.Thread(target=work)
    busy.start()
    try:
        found = [in_child(lambda: fast(0.1, 0.2)).value for _ in range(5)]
    finally:
        done.set()
        busy.join()
    assert found == [expected] * 5


@pytest.mark.timed
def test_compile_thousands_of_unrelated_gates():
    expected = unrelated(3000)(Value(0.3), Value(0.4)).data
    with Clock() as clock:
        assert autodiff.compile(unrelated(3000), "native")(0.3, 0.4) == pytest.approx(expected, rel=1e-12)
    held_seconds("compiling 3,000 gates", clock.seconds, 1.0)


@pytest.mark.timed
def test_ctrl_c_while_machine_code_compiles():
    with pytest.raises(KeyboardInterrupt), ctrl_c_after(1.5) as sent:
        autodiff.compile(unrelated(20_000), "native").value_and_grad(0.1, 0.2)  # for more seconds
    held_seconds("ctrl-C while gates are compiled", time.process_time() - sent[0], 0.5)
    assert autodiff.compile(lambda x: x * 7.0, "native")(1.0) == 7.0
