"""Several threads and forked processes: each gets the numbers that it gets alone."""

import threading

from children import FORKS, in_child
from threads import at_once

import autodiff
from autodiff import Value
from nn import MLP, fit, truth_table


def test_two_threads_train_and_compile_at_once():
    """Each thread's numbers are those it gets alone."""
    X, Y = truth_table("xor")

    def run(seed):
        net = MLP(2, [3, 1], seed=seed)
        losses = fit(net, X, Y, epochs=20, runner=["eager", "source"][seed % 2], progress=False).loss
        fast = autodiff.compile(lambda a, b: autodiff.tanh(a * b) + float(seed))
        return losses, fast.value_and_grad(0.3, float(seed))

    alone = {seed: run(seed) for seed in range(4)}

    assert at_once(run, range(4)) == alone


def test_reading_a_value_in_one_thread_while_another_compiles_is_no_trace_error():
    x, seen = Value(2.0, "x"), []

    def f(a):
        thread = threading.Thread(target=lambda: seen.append((x.data, bool(x), (x * 3.0).data)))
        thread.start()
        thread.join()
        return a * x

    assert autodiff.compile(f)(5.0) == 10.0
    assert seen == [(2.0, True, 6.0)]


@FORKS
def test_a_forked_process_goes_on_with_the_graph_and_leaves_the_parent_alone():
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
