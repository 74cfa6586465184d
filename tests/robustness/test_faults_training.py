"""Training that is interrupted at any line, fails, or runs in threads and forks: whole epochs, or an error."""

import math
import multiprocessing
import signal
import time

import pytest

import nn
from autodiff import Value, where
from nn import MLP, Adam, fit, load, save, truth_table
from tests.support.children import FORKS, ctrl_c_after, in_child, interrupted
from tests.support.threads import at_once

RUNNERS = ["eager", "source", "batch", "native", "auto"]
EPOCHS = 4
X, Y = truth_table("xor")


class Missing(nn.Module):
    """w / x, and b where x is 0: flat code gives nan there, so such a step runs again eagerly."""

    def __init__(self):
        self.w, self.b = Value(0.5), Value(0.3)

    def __call__(self, x):
        return where(x[0] != 0.0, self.w / x[0], self.b) + x[1]


class Run:
    """One training of a small net by a runner, in mini-batches of three rows and one of one."""

    def __init__(self, runner, epochs=EPOCHS):
        runner, _, eagerly = runner.partition(", ")
        self.net = Missing() if eagerly else MLP(2, [2, 1], seed=0)
        self.optimizer = Adam(self.net.parameters(), 0.05)
        self.options = {"runner": runner, "batch_size": 3, "progress": False}
        self.history = None
        self.epochs = epochs

    def fit(self):
        self.history = fit(self.net, X, Y, optimizer=self.optimizer, epochs=self.epochs, **self.options)
        return self

    def resumed(self, epochs):
        self.history = fit(self.net, X, Y, resume=self.history, epochs=epochs, **self.options)
        return self

    def state(self):
        """Everything the next epoch depends on, and the gradients."""
        leaves = self.net.parameters()
        numbers = [p.data for p in leaves], [p.grad for p in leaves]
        return numbers, self.optimizer.state, self.optimizer.steps


@pytest.fixture(scope="module", params=[*RUNNERS, "batch, in part eager", "native, in part eager"])
def uninterrupted(request):
    """(runner, finished runs of 0, 1, 2, ... epochs)."""
    return request.param, [Run(request.param)] + [Run(request.param, n).fit() for n in range(1, EPOCHS + 1)]


def test_ctrl_c_at_any_line_keeps_whole_epochs(uninterrupted):
    """The numbers are those of a run of that many epochs; the remaining epochs give those of the whole run."""
    runner, whole = uninterrupted
    lines = interrupted(Run(runner), 0)
    assert lines > 100
    seen = set()
    for line in range(1, lines, max(1, lines // 100)):
        run = Run(runner)
        interrupted(run, line)
        history = run.history
        if history is None:
            assert any(run.state() == other.state() for other in (whole[0], whole[-1])), line
            continue
        done = history.epochs
        seen.add(done)
        assert history.stopped == ("interrupted" if done < EPOCHS or history.interrupted else "all epochs")
        assert run.state() == whole[done].state(), line
        assert len(history.seconds) == done
        assert history.updates == 2 * done
        assert history.loss == whole[-1].history.loss[:done]
        if done < EPOCHS:
            run.resumed(EPOCHS - done)
            assert run.state() == whole[-1].state(), line
            assert run.history.loss == whole[-1].history.loss
    assert len(seen) > 1  # machine code makes several epochs in one call


@pytest.mark.parametrize("delay", [0.02, 0.05, 0.1])
def test_ctrl_c_while_machine_code_runs(delay):
    """Epochs have enough mini-batches that ctrl-C falls into the middle of one."""
    draw = [[math.sin(i), math.cos(3 * i)] for i in range(500)]
    wanted = [a * b for a, b in draw]

    def run(epochs, net):
        return fit(net, draw, wanted, epochs=epochs, batch_size=1, runner="native", progress=False)

    run(1, MLP(2, [4, 1], seed=0))  # compiled
    started = time.perf_counter()
    run(1, MLP(2, [4, 1], seed=0))
    first = time.perf_counter() - started  # until an epoch is over; longer where coverage is measured
    net, twin = MLP(2, [4, 1], seed=0), MLP(2, [4, 1], seed=0)
    with ctrl_c_after(3 * first + delay):
        history = run(1_000_000_000, net)
    again = run(history.epochs, twin)

    assert history.interrupted
    assert history.loss == again.loss
    assert net.state_dict() == twin.state_dict()


runners = pytest.mark.parametrize("runner", RUNNERS)


@runners
def test_ctrl_c_in_a_callback(runner, tmp_path):
    run = Run(runner, 100)

    def interrupt(model, history):
        if len(history.loss) == 5:
            signal.raise_signal(signal.SIGINT)

    run.options["callbacks"] = [interrupt]
    found = run.fit().history

    assert (found.stopped, found.epochs) == ("interrupted", 5)
    assert run.state() == Run(runner, 5).fit().state()
    save(run.net, tmp_path / "net.json")
    assert load(tmp_path / "net.json").state_dict() == run.net.state_dict()


@runners
@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit, RecursionError])
def test_callback_that_raises(runner, error):
    run = Run(runner, 100)

    def fail(model, history):
        if len(history.loss) == 3:
            raise error("of the callback")

    run.options["callbacks"] = [fail]
    with pytest.raises(error, match="of the callback"):
        run.fit()

    assert run.state() == Run(runner, 3).fit().state()


@runners
def test_loss_that_raises(runner):
    """Most runners call a loss once, to record it; the eager one calls it at every step."""

    def fail(outputs, target):
        raise LookupError("of the loss")

    run = Run(runner, 3)
    start = run.state()
    run.options["loss"] = fail
    with pytest.raises(LookupError, match="of the loss"):
        run.fit()

    assert run.state() == start
    del run.options["loss"]
    assert run.fit().state() == Run(runner, 3).fit().state()


@runners
@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("place", ["example", "target"])
def test_nonfinite_data_is_named(runner, bad, place):
    examples, targets = [[*x] for x in X], [float(y) for y in Y]
    if place == "example":
        examples[2][0] = bad
    else:
        targets[2] = bad
    net = MLP(2, [4, 1], "relu", seed=0)
    start = net.state_dict()

    with pytest.raises((ValueError, nn.training.NonfiniteLossError), match=r"nan|inf"):
        fit(net, examples, targets, epochs=3, runner=runner, progress=False)
    assert net.state_dict() == start


# --- Threads and forks ---------------------------------------------------------------------------


def numbers(runner, seed=0):
    """The results of a training as plain numbers."""
    net = MLP(2, [3, 1], seed=seed)
    history = fit(net, X, Y, epochs=30, batch_size=2, runner=runner, seed=seed, progress=False)
    return [history.loss, [[p.data, p.grad] for p in net.parameters()]]


@runners
def test_threads_that_train_at_once(runner):
    alone = [numbers(runner, seed) for seed in range(4)]
    together = at_once(lambda seed: numbers(runner, seed), range(4))

    assert [together[seed] for seed in range(4)] == alone


@FORKS
@runners
def test_fork_trains_to_the_same_numbers(runner):
    """After the parent has trained and therefore compiled, and before."""
    before = in_child(lambda: numbers(runner, 1))
    alone = numbers(runner, 1)

    assert before.value == in_child(lambda: numbers(runner, 1)).value == alone


@FORKS
@pytest.mark.parametrize("runner", ["eager", "native"])
def test_forked_workers_train_alike(runner):
    alone = [numbers(runner, seed) for seed in range(2)]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        found = [pool.apply_async(numbers, (runner, seed)) for seed in range(2)]

        assert [one.get(timeout=60) for one in found] == alone


@FORKS
def test_fork_while_machine_code_trains():
    """The fork comes from a callback, between two epochs."""
    children = []

    def fork(model, history):
        if history.epochs == 2:
            children.append(in_child(lambda: [numbers("native", 1), model.state_dict()]))

    run = Run("native")
    run.options["callbacks"] = [fork]
    run.fit()

    assert run.state() == Run("native").fit().state()
    assert children[0].value == [numbers("native", 1), Run("native", 2).fit().net.state_dict()]
