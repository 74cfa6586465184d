"""Training by machine code: the eager history for every optimizer, loss and size of mini-batch, and its ends."""

import random
import sys
import time

import pytest

import autodiff
import nn
from autodiff import Value
from autodiff.flat import ir
from nn import MLP, SGD, Adam, RMSProp, fit, truth_table
from nn.losses import l1, l2
from nn.training import NonfiniteLossError
from tests.support.children import ctrl_c_after
from tests.support.trained import some_rows, trained


def same(make, X, Y, rel=1e-9, by="eager", **options):
    """Train by machine code; history, parameters, gradients and the optimizer's states are the eager ones."""
    slow, numbers, slopes = trained(by, make(), X, Y, **options)
    fast, found, found_slopes = trained("native", make(), X, Y, **options)
    assert fast.loss == pytest.approx(slow.loss, rel=rel)
    assert found == pytest.approx(numbers, rel=rel, abs=1e-9)
    assert found_slopes == pytest.approx(slopes, rel=1e-6, abs=1e-9)
    assert fast.updates == slow.updates
    assert fast.optimizer.steps == slow.optimizer.steps
    assert fast.random.getstate() == slow.random.getstate()
    for name, state in slow.optimizer.state.items():
        assert fast.optimizer.state[name] == pytest.approx(state, rel=1e-8, abs=1e-12)
    return fast


def test_tanh_xor_has_the_eager_history_for_200_epochs():
    X, Y = truth_table("xor")

    same(lambda: MLP(2, [4, 1], seed=0), X, Y, epochs=200)


def test_moons_in_one_batch_have_the_eager_history():
    X, Y = nn.moons(104, seed=0)

    same(
        lambda: MLP(2, [16, 16, 1], activation="relu", seed=0), X, Y, loss="hinge", epochs=60, by="source",
        optimizer=lambda p: SGD(p, 0.05), penalty=l2(1e-4),
    )  # fmt: skip


@pytest.mark.parametrize("batch_size", [True, 2, 3, 4, 7, 12, None])
def test_every_size_of_mini_batch(batch_size):
    X = some_rows(12)

    same(lambda: MLP(2, [5, 1], seed=1), X, [x[0] * x[1] for x in X], epochs=6, batch_size=batch_size)


@pytest.mark.parametrize("batch_size", [None, 300, 270])
def test_mini_batches_of_so_many_rows_that_they_are_taken_in_blocks(batch_size):
    X = some_rows(600)

    same(
        lambda: MLP(2, [5, 1], seed=1), X, [x[0] * x[1] for x in X], by="batch", epochs=4, batch_size=batch_size,
        penalty=l2(0.01), optimizer=lambda p: Adam(p, 0.01, clip_norm=0.5),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(30))
def test_small_nets_of_any_shape_in_registers(seed):
    r = random.Random(seed)
    sizes = [r.randint(1, 6) for _ in range(r.randint(0, 2))] + [r.choice([1, 1, 2, 3])]
    rows, activation = r.choice([1, 2, 3, 4, 5, 7, 8, 12, 16]), r.choice(["tanh", "relu", "sigmoid"])
    classes = {"loss": "cross_entropy"} if sizes[-1] > 1 else {}
    X = some_rows(rows, seed)
    Y = [r.randrange(sizes[-1]) if classes else x[0] for x in X]
    optimizer = r.choice([lambda p: SGD(p, 0.05, momentum=0.9), lambda p: Adam(p, 0.01, clip_norm=0.5)])

    same(
        lambda: MLP(2, sizes, activation, seed=seed), X, Y, by="source", optimizer=optimizer, epochs=5,
        batch_size=r.choice([None, 1, rows]), penalty=r.choice([None, l2(0.01), l1(0.01)]), **classes,
    )  # fmt: skip


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda p: SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: SGD(p, 0.5, clip_norm=0.1),
        lambda p: RMSProp(p, 0.01),
        lambda p: Adam(p, 0.01, weight_decay=0.1, clip_norm=0.5),
    ],
)
@pytest.mark.parametrize("sizes", [[3, 1], [9, 8, 1]])
def test_every_optimizer(optimizer, sizes):
    X = some_rows(10)
    Y = [x[0] - x[1] for x in X]

    same(lambda: MLP(2, sizes, seed=2), X, Y, optimizer=optimizer, batch_size=4, epochs=8)


@pytest.mark.parametrize("penalty", [l1(0.01), l2(0.1)])
def test_penalties(penalty):
    X = some_rows()

    same(lambda: MLP(2, [9, 9, 1], seed=3), X, [x[0] for x in X], penalty=penalty, epochs=5, batch_size=3)


def test_two_rows_and_a_penalty_on_as_much_as_a_loop_takes():
    """Sums of two lanes beside a sum of one: LLVM's vector-combine ended the process on vectors of one double."""

    def loss(outputs, target):
        return autodiff.log(1.0 + (outputs[0] - target[0]) ** 2.0)

    X = [[0.1, 0.2, 0.3, 0.4], [0.2, -0.3, 0.4, 0.5]]
    same(lambda: MLP(4, [2, 17, 1], seed=0), X, [0.0, 1.0], loss=loss, penalty=l2(0.05), epochs=3)


@pytest.mark.parametrize("output", ["softmax", "linear"])
def test_cross_entropy(output):
    X = some_rows(20)
    Y = [int(x[0] > 0) + int(x[1] > 0) for x in X]

    same(lambda: MLP(2, [6, 3], output=output, seed=0), X, Y, loss="cross_entropy", batch_size=6, epochs=5)


def test_a_resumed_run_goes_on_where_it_stopped():
    X = some_rows(9)
    Y = [x[0] for x in X]
    whole, parts = MLP(2, [4, 1], seed=0), MLP(2, [4, 1], seed=0)
    history = fit(whole, X, Y, optimizer="adam", epochs=6, batch_size=2, runner="native", progress=False)

    first = fit(parts, X, Y, optimizer="adam", epochs=2, batch_size=2, runner="native", progress=False)
    both = fit(parts, X, Y, epochs=4, batch_size=2, runner="native", progress=False, resume=first)

    assert both.loss == history.loss
    assert [p.data for p in parts.parameters()] == [p.data for p in whole.parameters()]


def test_callbacks_see_the_model_after_each_epoch_and_may_change_the_rate():
    X, Y = truth_table("xor")

    def histories(runner):
        seen = []

        def slower(model, history):
            seen.append(model.parameters()[0].data)
            history.optimizer.learning_rate *= 0.9
            return "enough" if history.epochs == 5 else None

        history = fit(MLP(2, [4, 1], seed=0), X, Y, callbacks=[slower], runner=runner, progress=False)
        return history.loss, seen, history.stopped

    slow, fast = histories("eager"), histories("native")

    assert fast[0] == pytest.approx(slow[0], rel=1e-12)
    assert fast[1] == pytest.approx(slow[1], rel=1e-12)
    assert fast[2] == slow[2] == "enough"


@pytest.mark.filterwarnings("ignore:the loss depends on Value")
def test_captured_values_that_are_not_trained_keep_their_numbers():
    net, scale = MLP(1, [1], seed=0), Value(2.0)

    def loss(outputs, target):
        return (outputs[0] * scale - target[0]) ** 2.0

    fast = trained("native", MLP(1, [1], seed=0), [[1.0], [2.0]], [1.0, 2.0], loss=loss, epochs=9)
    slow = trained("eager", net, [[1.0], [2.0]], [1.0, 2.0], loss=loss, epochs=9)

    assert fast[0].loss == pytest.approx(slow[0].loss, rel=1e-12)
    assert scale.data == 2.0


@pytest.mark.parametrize("batch_size", [2, None])
def test_a_loss_that_overflows_stops_before_its_step_and_names_the_origin(batch_size):
    X, Y = [[1.0], [2.0], [3.0], [4.0]], [1e3, 2e3, -3e3, 1e3]
    ends = {}

    for runner in ("eager", "native"):
        net = MLP(1, [1], seed=0)
        with pytest.raises(NonfiniteLossError) as caught:
            fit(net, X, Y, optimizer=SGD(net.parameters(), 1e3), batch_size=batch_size, runner=runner, progress=False)
        error = caught.value
        ends[runner] = [p.data for p in net.parameters()], error.history, str(error)

    slow, fast = ends["eager"], ends["native"]
    assert fast[0] == pytest.approx(slow[0], rel=1e-9)
    assert fast[1].loss == pytest.approx(slow[1].loss, rel=1e-9)
    assert fast[1].epochs == slow[1].epochs > 2
    assert fast[1].optimizer.steps == slow[1].optimizer.steps
    assert fast[1].random.getstate() == slow[1].random.getstate()
    assert fast[1].stopped == "non-finite loss"
    assert fast[2].splitlines()[0] == slow[2].splitlines()[0]


def test_ctrl_c_is_heard_and_keeps_what_was_learned():
    X, Y = truth_table("xor")
    net = MLP(2, [4, 1], seed=0)
    before = [p.data for p in net.parameters()]
    fit(net, X, Y, epochs=1, runner="native", progress=False)  # compiled
    started = time.perf_counter()
    fit(net, X, Y, epochs=1, runner="native", progress=False)
    first = time.perf_counter() - started

    with ctrl_c_after(3 * first + 0.3):
        history = fit(net, X, Y, epochs=1_000_000_000, runner="native", progress=False)

    assert history.interrupted
    assert history.epochs == history.updates == history.optimizer.steps == len(history.seconds)
    assert [p.data for p in net.parameters()] != before


def test_training_again_compiles_nothing():
    X, Y = truth_table("xor")
    fit(MLP(2, [3, 1], seed=0), X, Y, epochs=2, runner="native", progress=False)
    kept = {**ir.programs}

    fit(MLP(2, [3, 1], seed=5), X, Y, epochs=2, runner="native", progress=False)

    assert ir.programs == kept


# --- runner="auto" -------------------------------------------------------------------------------


@pytest.fixture
def compilations(monkeypatch):
    """A function that tells what is compiled from here on."""
    from autodiff.flat.backends.llvm.code import Functions

    monkeypatch.setattr(ir, "programs", {})
    return lambda: [x for x in ir.programs.values() if isinstance(x, Functions)]


def test_auto_does_not_compile_a_short_run(compilations):
    X, Y = truth_table("xor")

    fit(MLP(2, [3, 2, 1], seed=0), X, Y, epochs=20, progress=False)

    assert not compilations()


def test_auto_goes_over_to_machine_code_in_a_long_run(compilations):
    X, Y = truth_table("xor")

    long = fit(MLP(2, [3, 3, 1], seed=0), X, Y, epochs=200_000, progress=False)

    assert len(compilations()) == 1
    assert (long.epochs, long.updates, long.stopped) == (200_000, 200_000, "all epochs")
    short = fit(MLP(2, [3, 3, 1], seed=0), X, Y, epochs=50, runner="eager", progress=False)
    assert long.loss[:50] == pytest.approx(short.loss, rel=1e-9)


def test_auto_compiles_much_work_before_anything_is_run():
    X = some_rows(200)
    net = MLP(2, [30, 20, 1], seed=0)

    history = fit(net, X, [x[0] for x in X], epochs=1000, progress=False)

    assert history.epochs == 1000
    assert sum(history.seconds) < 5.0


def test_a_long_run_without_llvmlite_is_told_at_once_what_to_install(monkeypatch, capsys):
    for module in [name for name in sys.modules if name.startswith("autodiff.flat.backends.llvm")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    X, Y = truth_table("xor")

    def enough(model, history):
        return "enough" if history.epochs == 3 else None

    fit(MLP(2, [4, 1], seed=0), X, Y, epochs=10_000_000, callbacks=[enough])

    said = capsys.readouterr().err
    assert said.count("pip install 'scalar-autodiff[fast]'") == 1


@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.parametrize("optimizer", [lambda p: SGD(p, 0.5), lambda p: SGD(p, 0.5, momentum=0.9), Adam])
def test_zeros_have_the_sign_that_they_have_in_eager_code(optimizer, batch_size):
    """A gradient of -0 moves a parameter of -0 to 0, one of 0 does not."""

    def all_zeros(runner):
        net = MLP(2, [2, 1], "relu", seed=0)
        for k, parameter in enumerate(net.parameters()):
            parameter.data = -0.0 if k % 2 else 0.0
        _, numbers, slopes = trained(
            runner, net, [[0.0, -1.0], [-1.0, -0.0]], [-0.0, 0.0], optimizer, batch_size=batch_size, epochs=1
        )
        return list(map(repr, [*numbers, *slopes]))

    assert all_zeros("native") == all_zeros("eager")


def test_moments_that_fade_away_are_0_before_they_are_subnormal():
    """To compute such numbers takes a processor ten times as long."""
    nets = {}
    for runner in ("eager", "native"):
        net = nets[runner] = MLP(1, [1], seed=0)
        chosen = Adam(net.parameters(), 0.01)
        for moments in chosen.state.values():
            moments[:] = [1e-306] * len(moments)
        history = fit(net, [[0.0]], [net([0.0]).data], optimizer=chosen, epochs=200, runner=runner, progress=False)

    first, second = history.optimizer.state.values()
    assert (first[0], second[0] > 0.0) == (0.0, True)  # of the weight, whose gradient is 0
    assert [p.data for p in nets["native"].parameters()] == pytest.approx([p.data for p in nets["eager"].parameters()])
