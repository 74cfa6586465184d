"""fit_many: nets that differ in seed and learning rate train as by fit."""

from __future__ import annotations

import math
import sys
from functools import partial

import pytest

import nn
from autodiff import Value, where
from autodiff.flat import Unsupported
from nn import MLP, SGD, Adam, Layer, RMSProp, Sequential, fit, fit_many, moons, truth_table
from nn.training import sweep
from nn.training.sweep import Outcome, Runs

XOR = truth_table("xor")
SIDES = pytest.mark.parametrize("runner", ["native", "source"])


def alone(make, X, Y, seed, rate, optimizer=SGD, order=0, **options):
    """(parameters, last loss, accuracy) of one net, by fit and eager code."""
    net = make(seed)
    loss = options.get("loss", "squared_error")
    try:
        history = fit(
            net, X, Y, optimizer=optimizer(net.parameters(), rate), seed=order, runner="eager", progress=False,
            **options,
        )  # fmt: skip
    except nn.training.NonfiniteLossError:
        return [p.data for p in net.parameters()], math.nan, math.nan
    return [p.data for p in net.parameters()], history.loss[-1], nn.evaluate(net, X, Y, loss)[1]


def assert_each_is_as_alone(make, X, Y, rates, seeds=range(3), runner="native", optimizer=SGD, **options):
    runs = fit_many(
        make, X, Y, seeds=seeds, learning_rates=rates, runner=runner, optimizer=optimizer, progress=False, **options
    )
    assert runs.seeds == list(seeds)
    assert runs.learning_rates == list(rates)
    for row, rate in enumerate(rates):
        for column, seed in enumerate(seeds):
            numbers, loss, right = alone(make, X, Y, seed, rate, optimizer, **options)
            assert runs.parameters[row][column] == pytest.approx(numbers, rel=1e-8, abs=1e-9)
            assert runs.loss[row][column] == pytest.approx(loss, rel=1e-8, nan_ok=True)
            assert runs.accuracy[row][column] == pytest.approx(right, nan_ok=True)
    return runs


@SIDES
def test_fit_many_matches_fit(runner):
    assert_each_is_as_alone(lambda seed: MLP(2, [4, 1], seed=seed), *XOR, [0.1, 0.3], epochs=60, runner=runner)


@pytest.mark.parametrize("nets", [1, 15, 16, 17, 33])
def test_fit_many_any_number_of_nets(nets):
    assert_each_is_as_alone(lambda seed: MLP(2, [2, 1], seed=seed), *XOR, [0.3], seeds=range(nets), epochs=5)


@pytest.mark.parametrize(
    "optimizer", [partial(SGD, momentum=0.9), partial(SGD, momentum=0.9, nesterov=True), RMSProp, Adam,
                  partial(SGD, clip_norm=0.1), partial(Adam, weight_decay=0.01)]
)  # fmt: skip
def test_fit_many_every_optimizer(optimizer):
    assert_each_is_as_alone(lambda seed: MLP(2, [3, 1], seed=seed), *XOR, [0.02, 0.1], epochs=25, optimizer=optimizer)


@pytest.mark.parametrize(("rows", "batch_size"), [(20, 5), (20, 7), (23, 23), (9, 1), (70, 64)])
def test_fit_many_mini_batches(rows, batch_size):
    X, Y = moons(rows, seed=1)
    assert_each_is_as_alone(
        lambda seed: MLP(2, [6, 1], "relu", seed=seed), X, Y, [0.05], epochs=4, batch_size=batch_size, loss="hinge"
    )


def test_fit_many_penalty_and_captured_value():
    strength = nn.module.Value(0.03)

    def penalty(model):
        return strength * nn.losses.l2(1.0)(model)

    assert_each_is_as_alone(lambda seed: MLP(2, [3, 1], seed=seed), *XOR, [0.2], epochs=20, penalty=penalty)


@pytest.mark.parametrize(
    ("output", "loss"),
    [("sigmoid", "binary_cross_entropy"), ("softmax", "cross_entropy"), ("softmax", "negative_log_likelihood")],
)
def test_fit_many_losses_over_classes(output, loss):
    X, Y = nn.blobs(12, seed=0)
    if loss == "binary_cross_entropy":
        Y = [y % 2 for y in Y]
    outputs = 1 if loss == "binary_cross_entropy" else 3
    assert_each_is_as_alone(
        lambda seed: MLP(2, [4, outputs], "tanh", output, seed=seed), X, Y, [0.3], epochs=8, loss=loss
    )


def test_fit_many_large_layers_are_loops():
    X, Y = moons(12, seed=0)
    assert_each_is_as_alone(lambda seed: MLP(2, [40, 30, 1], seed=seed), X, Y, [0.05], epochs=3, batch_size=6)


@SIDES
def test_fit_many_diverging_net_ends_alone(runner):
    runs = assert_each_is_as_alone(
        lambda seed: MLP(2, [1], seed=seed), *XOR, [0.1, 8.0], seeds=range(6), epochs=600, runner=runner
    )
    assert all(map(math.isnan, runs.loss[1]))
    assert not any(map(math.isnan, runs.loss[0]))
    assert not any(runs.learned[1])


def test_fit_many_loss_infinite_in_flat_code_only():
    """An output of exactly 0 for a class whose target is 0: eager code drops the term."""
    X, Y = [[1.0], [-1.0]], [0, 1]

    def make(seed):
        return MLP.from_matrices([[[0.0, 800.0], [0.0, -800.0]]], output="softmax")

    options = {"loss": "negative_log_likelihood", "epochs": 3, "progress": False}
    runs = fit_many(make, X, Y, seeds=range(2), runner="native", **options)
    net = make(0)
    history = fit(net, X, Y, runner="eager", **options)

    assert runs.loss == [[pytest.approx(history.loss[-1])] * 2]
    assert runs.accuracy == [[1.0, 1.0]]


def test_fit_many_mlp_from_each_seed():
    by_model, by_function = (
        fit_many(model, *XOR, seeds=range(3), epochs=5, progress=False)
        for model in (
            MLP(2, [3, 1], "relu", initializer="he", seed=9),
            lambda s: MLP(2, [3, 1], "relu", initializer="he", seed=s),
        )
    )
    assert by_model.parameters == by_function.parameters


def test_fit_many_factory():
    assert_each_is_as_alone(
        lambda seed: Sequential(Layer(2, 3, "tanh", seed=seed), Layer(3, 1, seed=seed + 1)), *XOR, [0.2], epochs=5
    )


def test_fit_many_unrecordable_one_by_one():
    def loss(outputs, target):
        off = outputs[0] - target[0]
        return off * off if off.data > 0.0 else 2.0 * off * off

    runs = assert_each_is_as_alone(
        lambda seed: MLP(2, [2, 1], seed=seed), *XOR, [0.1], epochs=5, runner="auto", loss=loss
    )
    assert runs.stopped == "all epochs"
    with pytest.raises(TypeError, match="where"):
        fit_many(MLP(2, [2, 1]), *XOR, loss=loss, runner="native", progress=False)


def test_fit_many_order_without_a_seed():
    X, Y = moons(10, seed=0)
    make = partial(MLP, 2, [3, 1])
    runs = fit_many(MLP(2, [3, 1]), X, Y, batch_size=3, epochs=3, seeds=[4, 9], seed=None, progress=False)

    for column, seed in enumerate([4, 9]):
        numbers, loss, _ = alone(lambda s: make(seed=s), X, Y, seed, 0.1, order=seed, batch_size=3, epochs=3)
        assert runs.parameters[0][column] == pytest.approx(numbers, rel=1e-9)
        assert runs.loss[0][column] == pytest.approx(loss, rel=1e-9)
    with pytest.raises(ValueError, match="see the same mini-batches"):
        fit_many(MLP(2, [3, 1]), X, Y, batch_size=3, seed=None, runner="native", progress=False)


class Scaled(MLP):
    """A net with a number that no optimizer changes."""

    def __init__(self, seed):
        super().__init__(2, [2, 1], seed=seed)
        self.scale = 1.0 + seed

    def __call__(self, x):
        return super().__call__(x) * self.scale


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: MLP(2, [2, 1], "relu" if seed == 1 else "tanh", seed=seed),
        lambda seed: MLP(2, [2 + seed % 2, 1], seed=seed),
        Scaled,
    ],
)
def test_fit_many_nets_that_differ_otherwise(make):
    assert_each_is_as_alone(make, *XOR, [0.1], seeds=[0, 1, 0], epochs=5, runner="auto")
    with pytest.raises(ValueError, match="differ only in their parameters"):
        fit_many(make, *XOR, seeds=[0, 1, 0], runner="native", progress=False)


class Accumulating(SGD):
    """A state that does not start at 0."""

    states = ("squares",)

    def __init__(self, parameters, learning_rate=0.1):
        super().__init__(parameters, learning_rate, momentum=0.0)
        self.states = ("squares",)
        self.state = {"squares": [0.5] * len(self.parameters)}

    def update(self, parameter, gradient, learning_rate, step, squares):
        squares = squares + gradient * gradient
        return parameter - learning_rate * gradient / squares**0.5, squares


def momentum_at_one_rate(parameters, rate):
    return SGD(parameters, rate, momentum=0.9 if rate == 0.2 else 0.0)


def clipping_at_one_rate(parameters, rate):
    return SGD(parameters, rate, clip_norm=0.05 if rate == 0.2 else None)


@pytest.mark.parametrize(
    ("optimizer", "error"),
    [
        (momentum_at_one_rate, "differ only in their parameters"),
        (clipping_at_one_rate, "differ only in their parameters"),
        (Accumulating, "start at step 0 with states of 0"),
    ],
)
def test_fit_many_optimizers_that_differ_otherwise(optimizer, error):
    def make(seed):
        return MLP(2, [2, 1], seed=seed)

    rates = [0.1, 0.2, 0.3]
    assert_each_is_as_alone(make, *XOR, rates, epochs=5, runner="auto", optimizer=optimizer)
    with pytest.raises(ValueError, match=error):
        fit_many(make, *XOR, learning_rates=rates, runner="native", optimizer=optimizer, progress=False)


@SIDES
def test_fit_many_optimizer_makes_its_own_rate(runner):
    def half(parameters, rate=0.4):
        return SGD(parameters, 0.5 * rate)

    def make(seed):
        return MLP(2, [2, 1], seed=seed)

    options = {"epochs": 5, "runner": runner}
    assert_each_is_as_alone(make, *XOR, [0.1, 0.4], optimizer=half, **options)

    by_default = fit_many(make, *XOR, seeds=range(2), optimizer=half, progress=False, **options)
    at_0_2 = fit_many(make, *XOR, seeds=range(2), learning_rates=[0.2], progress=False, **options)
    assert by_default.learning_rates == [0.2]
    assert by_default.loss == at_0_2.loss


@SIDES
def test_fit_many_loss_with_its_own_readings(runner):
    """The loss's own ``decide`` is used."""
    absolute = nn.losses.Loss("absolute", lambda y, t: abs(y[0] - t[0]), decide=lambda y: int(y[0] > 0.2))
    assert_each_is_as_alone(lambda seed: MLP(2, [2, 1], seed=seed), *XOR, [0.1], epochs=5, runner=runner, loss=absolute)


@SIDES
def test_fit_many_where_on_a_plain_number(runner):
    class Missing(nn.Module):
        def __init__(self, seed):
            self.w, self.b = Value(0.5 + seed), Value(0.3)

        def __call__(self, x):
            return where(x[0] != 0.0, self.w / x[0], self.b)

    X, Y = [[1.0], [0.0], [2.0]], [1.0, 0.5, 0.2]
    assert_each_is_as_alone(Missing, X, Y, [0.1], epochs=20, batch_size=2, runner=runner)


def test_fit_many_subclass_of_mlp():
    class Doubled(MLP):
        def __call__(self, x):
            return 2.0 * super().__call__(x)

    runs = fit_many(Doubled(2, [2, 1]), *XOR, seeds=[3], epochs=5, progress=False)

    numbers, loss, _ = alone(lambda seed: Doubled(2, [2, 1], seed=seed), *XOR, 3, 0.1, epochs=5)
    assert runs.parameters[0][0] == pytest.approx(numbers)
    assert runs.loss[0][0] == pytest.approx(loss)


# --- Results ---------------------------------------------------------------------------------------


def test_runs_model_takes_a_net_out():
    runs = fit_many(MLP(2, [4, 1]), *XOR, seeds=range(3), learning_rates=[0.1, 0.2], progress=False)

    net = runs.model(seed=2, learning_rate=0.2)

    assert [nn.predict(net, x) for x in XOR[0]] == XOR[1]
    assert [p.data for p in net.parameters()] == runs.parameters[1][2]
    with pytest.raises(ValueError, match=r"give the learning rate too, one of \[0.1, 0.2\]"):
        runs.model(seed=2)
    with pytest.raises(ValueError, match="no run from seed 7 at"):
        runs.model(seed=7, learning_rate=0.1)


def test_runs_count_those_that_learn():
    runs = fit_many(MLP(2, [2, 1], "relu"), *XOR, seeds=range(40), learning_rates=[0.01, 0.5], progress=False)

    assert str(runs) == "learning rate 0.01: 10 of 40 seeds learn it\nlearning rate 0.5: 7 of 40 seeds learn it"
    assert repr(runs) == str(runs)
    assert runs.rates_of_success == [0.25, 0.175]


def test_runs_picture_of_rates_and_seeds():
    from visualize.plots import plot_sweep

    runs = fit_many(MLP(2, [4, 1], "relu"), *XOR, seeds=range(30), learning_rates=[0.1, 1.0, 10.0], progress=False)
    axes = plot_sweep(runs)

    assert [label.get_text() for label in axes.get_yticklabels()] == ["0.1", "1", "10"]


POINTS = [[i / 10] for i in range(-10, 11)]
SQUARES = [x * x for (x,) in POINTS]


@SIDES
def test_runs_with_number_targets_tell_losses(runner):
    """An output of 0.3 everywhere is not right, although most targets are below 0.5 too."""
    net, rates = MLP(1, [4, 1]), [0.01, 0.1, 50.0]
    runs = fit_many(
        net, POINTS, SQUARES, seeds=range(4), learning_rates=rates, epochs=300, runner=runner, progress=False
    )

    assert not runs.classes
    assert all(math.isnan(share) for row in runs.accuracy for share in row)
    assert all(map(math.isnan, runs.rates_of_success))
    assert not any(map(any, runs.learned))
    slow, good, diverged = str(runs).splitlines()
    mean = sum(runs.loss[1]) / 4
    assert (
        good
        == f"learning rate 0.1: mean loss {mean:.3g} ({min(runs.loss[1]):.3g} to {max(runs.loss[1]):.3g}) over 4 seeds"
    )
    assert "learn it" not in slow
    assert diverged == "learning rate 50: 4 seeds, every one diverged"


def test_runs_count_the_diverged_apart():
    found = [(seed, [Outcome([], loss, math.nan)]) for seed, loss in enumerate([0.5, math.nan, 1.5])]
    runs = Runs(None, [0.1], False, found)

    assert str(runs) == "learning rate 0.1: mean loss 1 (0.5 to 1.5) over 2 seeds, 1 more diverged"


def test_runs_picture_of_losses():
    from visualize.plots import plot_sweep

    runs = fit_many(
        MLP(1, [4, 1]), POINTS, SQUARES, seeds=range(4), learning_rates=[0.1, 50.0], epochs=300, progress=False
    )
    axes = plot_sweep(runs)
    written = [text.get_text() for text in axes.texts]

    assert axes.get_title(loc="left") == "How small the loss becomes (darker is better)"
    assert written == ["mean loss", f"{sum(runs.loss[0]) / 4:.3g}", ""]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend[0] == f"loss {min(runs.loss[0]):.3g}"
    assert legend[-1] == "diverged"
    assert not any("right" in text for text in legend)


def test_fit_many_ctrl_c_keeps_finished_nets(monkeypatch):
    many = nn.training.sweep.Job.fit_one
    started = []

    def interrupted_at_the_third(self, *arguments):
        started.append(arguments)
        if len(started) == 3:
            raise KeyboardInterrupt
        return many(self, *arguments)

    monkeypatch.setattr(nn.training.sweep.Job, "fit_one", interrupted_at_the_third)
    runs = fit_many(MLP(2, [2, 1]), *XOR, epochs=5, seeds=range(9), runner="source", progress=False)
    assert runs.seeds == [0, 1]
    assert runs.stopped == "interrupted"
    assert len(runs.loss[0]) == 2

    started[:] = [(), ()]
    with pytest.raises(KeyboardInterrupt):
        fit_many(MLP(2, [2, 1]), *XOR, epochs=5, seeds=range(9), runner="source", progress=False)


@pytest.mark.parametrize("line", range(2, 20, 2))
def test_fit_many_ctrl_c_leaves_whole_seeds(line):
    lines = 0

    def trace(frame, event, argument):
        nonlocal lines
        lines += event == "line"
        if lines == line:
            sys.settrace(before)
            raise KeyboardInterrupt
        return trace

    def calls(frame, event, argument):
        code = frame.f_code
        return trace if code.co_name == "take" and code.co_filename == sweep.__file__ else None

    before = sys.gettrace()
    sys.settrace(calls)
    try:
        options = {"seeds": range(6), "learning_rates": [0.1, 0.2], "epochs": 2, "progress": False}
        runs = fit_many(MLP(2, [2, 1]), *XOR, **options)
    except KeyboardInterrupt:  # before the first seed was stored
        assert line == 2
        return
    finally:
        sys.settrace(before)

    assert runs.stopped == "interrupted"
    for rows in (runs.loss, runs.accuracy, runs.parameters):
        assert [len(row) for row in rows] == [len(runs.seeds)] * 2


def test_fit_many_shows_progress(capsys):
    fit_many(MLP(2, [2, 1]), *XOR, epochs=2, seeds=range(10))
    assert "seed 10 of 10: loss" in capsys.readouterr().err


def test_trap_37_fit_many_1000_seeds_of_xor():
    shares = {}
    for sizes, activation, rate, epochs in [
        ([2, 1], "relu", 0.5, 500),
        ([2, 1], "tanh", 0.5, 500),
        ([3, 1], "tanh", 0.5, 500),
        ([4, 1], "tanh", 0.1, 1000),
    ]:
        runs = fit_many(
            MLP(2, sizes, activation), *XOR, seeds=range(1000), learning_rates=[rate], epochs=epochs, runner="native",
            progress=False,
        )  # fmt: skip
        shares[sizes[0], activation] = runs.rates_of_success[0]
    assert shares[2, "relu"] == pytest.approx(0.13, abs=0.03)
    assert shares[2, "tanh"] == pytest.approx(0.88, abs=0.03)
    assert shares[3, "tanh"] == pytest.approx(0.93, abs=0.03)
    assert shares[4, "tanh"] >= 0.998


@pytest.mark.parametrize("runner", ["native", "auto"])
def test_fit_many_finds_a_step_that_changes(runner, monkeypatch, tmp_path):
    """The penalty reads a file that changes when the first nets are done."""
    factor = tmp_path / "factor"
    factor.write_text("0.0")
    read = nn.training.sweep.Job.outcomes

    def change(*args):
        factor.write_text("0.5")
        return read(*args)

    def penalty(net):
        return float(factor.read_text()) * sum([w * w for w in net.weights()])

    monkeypatch.setattr(nn.training.sweep.Job, "outcomes", change)
    X, Y = truth_table("and")
    many = partial(fit_many, MLP(2, [1]), X, Y, seeds=range(40), epochs=20, penalty=penalty, progress=False)
    if runner == "native":
        with pytest.raises(Unsupported, match="recorded differently each time"):
            many(runner=runner)
    else:
        found, net = many(runner=runner), MLP(2, [1], seed=39)
        history = fit(net, X, Y, epochs=20, penalty=penalty, runner="eager", progress=False)
        assert found.seeds == [*range(40)]
        assert found.loss[0][39] == pytest.approx(history.loss[-1], rel=1e-12)
        assert found.parameters[0][39] == pytest.approx([p.data for p in net.parameters()], rel=1e-12)
