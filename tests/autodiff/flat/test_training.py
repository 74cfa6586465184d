"""Training by flat code: every step equals the eager step for every runner, loss, optimizer and penalty."""

import math
import os
import random

import pytest

import nn
from autodiff import Value, where
from autodiff.flat.stepping import PureStep
from nn import MLP, SGD, Adam, Module, RMSProp, fit, truth_table
from nn.losses import l1, l2
from nn.training import NonfiniteLossError
from tests.support.flat_samples import agree
from tests.support.trained import some_rows, trained

RUNNERS = ["source", "batch"]
EVERY = pytest.mark.parametrize("runner", [*RUNNERS, "native"])


def same(make, X, Y, rel=1e-9, **options):
    """Check that every runner gives the eager history, parameters and last gradients."""
    eager_history, numbers, slopes = trained("eager", make(), X, Y, **options)
    for runner in RUNNERS:
        history, found, found_slopes = trained(runner, make(), X, Y, **options)
        assert history.loss == pytest.approx(eager_history.loss, rel=rel), runner
        assert found == pytest.approx(numbers, rel=rel, abs=1e-9), runner
        assert found_slopes == pytest.approx(slopes, rel=1e-6, abs=1e-9), runner
        assert history.updates == eager_history.updates


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("batch_size", [1, 3, None])
def test_fit_steps_have_eager_gradients(runner, batch_size):
    X = some_rows()
    Y = [x[0] * x[1] for x in X]
    net, other = MLP(2, [5, 4, 1], seed=1), MLP(2, [5, 4, 1], seed=1)
    eager_history = history = None

    for _ in range(5):  # epoch by epoch from the same parameters
        for p, q in zip(net.parameters(), other.parameters()):
            q.data = p.data
        options = {"epochs": 1, "batch_size": batch_size, "progress": False, "penalty": l2(0.01)}
        eager_history = fit(net, X, Y, runner="eager", resume=eager_history, **options)
        history = fit(other, X, Y, runner=runner, resume=history, **options)
        expected = eager_history.loss[-1], [p.grad for p in net.parameters()]
        if batch_size is None:
            assert agree(expected, (history.loss[-1], [p.grad for p in other.parameters()]))
        assert history.loss[-1] == pytest.approx(expected[0], rel=1e-12)


def test_fit_tanh_xor_has_eager_history():
    X, Y = truth_table("xor")

    same(lambda: MLP(2, [4, 1], seed=0), X, Y, epochs=100)


@pytest.mark.slow
def test_fit_moons_has_eager_history():
    X, Y = nn.moons(100, seed=0)

    same(
        lambda: MLP(2, [16, 16, 1], activation="relu", seed=0), X, Y, loss="hinge", epochs=100,
        optimizer=lambda p: SGD(p, 0.05), penalty=l2(1e-4),
    )  # fmt: skip


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda p: SGD(p, 0.1, momentum=0.9),
        lambda p: SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: SGD(p, 0.5, clip_norm=0.1),
        lambda p: RMSProp(p, 0.01),
        lambda p: Adam(p, 0.05),
    ],
)
def test_fit_with_every_optimizer(optimizer):
    X = some_rows()
    Y = [x[0] - x[1] for x in X]

    same(lambda: MLP(2, [3, 1], seed=0), X, Y, epochs=8, batch_size=3, optimizer=optimizer)


@pytest.mark.parametrize("penalty", [l1(0.01), l2(0.01), None])
@pytest.mark.parametrize("loss", sorted({row.name for row in nn.losses.LOSSES.values()}))
def test_fit_with_every_loss_and_penalty(loss, penalty):
    X, row = some_rows(), nn.losses.LOSSES[loss]
    many = row.name in ("multiclass_hinge", "cross_entropy", "negative_log_likelihood")
    Y = [int(x[0] > 0) + many * int(x[1] > 0) for x in X]
    output = "softmax" if row.name == "negative_log_likelihood" else "sigmoid" if row.probabilities else "linear"
    sizes = [4, 3 if many else 1]

    same(lambda: MLP(2, sizes, output=output, seed=0), X, Y, loss=loss, epochs=6, batch_size=4, penalty=penalty)


@pytest.mark.parametrize("runner", ["auto", *RUNNERS])
def test_fit_stops_at_diverging_loss(runner):
    X, Y = truth_table("xor")
    net = MLP(2, [4, 1], activation="relu", seed=0)

    with pytest.raises(NonfiniteLossError) as caught:
        fit(net, X, Y, optimizer=SGD(net.parameters(), 1e6), runner=runner, progress=False)

    assert caught.value.history.loss
    assert all(math.isfinite(p.data) for p in net.parameters())
    assert [p.grad for p in net.parameters()] == [0.0] * len(net.parameters())
    assert "the loss became" in str(caught.value)


class Switch(Module):
    """A model that branches on a number."""

    def __init__(self):
        self.w = Value(0.5)

    def __call__(self, x):
        return self.w * x[0] if x[0] > 0 else self.w * x[0] * 0.1


class Noisy(Module):
    """A model that draws random numbers."""

    def __init__(self):
        self.w = Value(0.5)
        self.random = random.Random(0)

    def __call__(self, x):
        return self.w * x[0] * self.random.uniform(0.9, 1.1)


class Asking(Module):
    """A model that needs a float's methods."""

    def __init__(self):
        self.w = Value(0.5)

    def __call__(self, x):
        return self.w if x[0].is_integer() else self.w * x[0]


@pytest.mark.parametrize(
    ("model", "error"),
    [(Switch, "if, and, or, max"), (Noisy, "changes a random generator"), (Asking, "has no attribute 'is_integer'")],
)
def test_fit_of_unrecordable_model(model, error):
    X, Y = [[1.0], [-2.0]], [1.0, 0.0]

    for runner in RUNNERS:
        with pytest.raises((TypeError, ValueError, AttributeError), match=error):
            trained(runner, model(), X, Y, epochs=3)
    history, numbers, _ = trained("auto", model(), X, Y, epochs=3)
    assert history.updates == 3
    assert numbers == trained("eager", model(), X, Y, epochs=3)[1]


@pytest.mark.filterwarnings("ignore:the loss depends on Value")
def test_fit_reads_captured_values():
    net, scale = MLP(1, [1], seed=0), Value(2.0)
    weight = net.parameters()[0]
    X, Y = [[1.0], [2.0]], [1.0, 2.0]

    def loss(outputs, target):
        return (outputs[0] * scale - target[0]) ** 2.0

    def halve(model, history):
        scale.data = scale.data * 0.5

    results = {}
    for runner in ["eager", *RUNNERS]:
        net.load_state_dict(dict.fromkeys(net.state_dict(), 0.5))
        scale.data = 2.0
        results[runner] = fit(net, X, Y, loss=loss, epochs=4, callbacks=[halve], runner=runner, progress=False).loss
        assert weight.data != 0.5

    assert results["source"] == pytest.approx(results["eager"], rel=1e-12)
    assert results["batch"] == pytest.approx(results["eager"], rel=1e-12)


@EVERY
def test_fit_trains_optimizers_parameters_only(runner):
    X, Y = truth_table("xor")
    net, other = MLP(2, [4, 1], seed=0), MLP(2, [4, 1], seed=0)
    before = [p.data for p in net.parameters()]

    history, expected = (
        fit(
            model, X, Y, optimizer=SGD(model.parameters()[-5:], 0.1), epochs=3, runner=kind, progress=False,
            record=["gradient_norms"],
        )
        for model, kind in ((net, runner), (other, "eager"))
    )  # fmt: skip

    after = [p.data for p in net.parameters()]
    assert after[:-5] == before[:-5]
    assert after[-5:] == pytest.approx([p.data for p in other.parameters()[-5:]])
    assert history.gradient_norms == [pytest.approx(norms) for norms in expected.gradient_norms]
    assert [norms["layers.0"] for norms in expected.gradient_norms] == [0.0] * 3


class OwnStep(SGD):
    def step(self):
        super().step()


class Gathering(SGD):
    """An optimizer that adds up the gradients of all steps."""

    def zero_grad(self):
        pass


class Slowing(SGD):
    """An optimizer whose learning rate depends on the step."""

    @property
    def learning_rate(self):
        return 0.1 / (1.0 + getattr(self, "steps", 0))

    @learning_rate.setter
    def learning_rate(self, rate):
        pass


def wrapped(parameters):
    """An SGD with a replaced step."""
    optimizer = SGD(parameters)
    step = optimizer.step
    optimizer.step = lambda: step()
    return optimizer


@EVERY
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (OwnStep, "OwnStep has its own step"),
        (Gathering, "Gathering has its own zero_grad"),
        (Slowing, "Slowing computes its learning_rate"),
        (wrapped, "SGD has its own step"),
    ],
)
def test_fit_with_optimizer_doing_more(runner, make, words):
    X, Y = truth_table("xor")
    net = MLP(2, [1], seed=0)

    with pytest.raises(TypeError, match=words):
        fit(net, X, Y, optimizer=make(net.parameters()), runner=runner, progress=False)

    by_auto, by_eager = (trained(kind, MLP(2, [1], seed=0), X, Y, make, epochs=3)[1] for kind in ("auto", "eager"))
    assert by_auto == by_eager


@EVERY
def test_fit_refuses_unseen_random_numbers(runner):
    """Random numbers of the operating system; tests/nn/training/test_changes.py covers those that are seen."""

    def draw():
        return int.from_bytes(os.urandom(6), "big") / 2.0**48

    class Jumping(SGD):
        def update(self, parameter, gradient, learning_rate, step):
            return (parameter - learning_rate * gradient + draw(),)

    X, Y = truth_table("xor")

    with pytest.raises(ValueError, match="the penalty is recorded differently each time"):
        trained(runner, MLP(2, [1], seed=0), X, Y, penalty=lambda model: draw() * model.parameters()[0])
    with pytest.raises(ValueError, match="the optimizer's update is recorded differently each time"):
        trained(runner, MLP(2, [1], seed=0), X, Y, Jumping)


class Missing(Module):
    """w / x, and b where x is missing (0): there w / x is infinite, and upstream * 0 * inf is nan."""

    def __init__(self):
        self.w, self.b = Value(0.5), Value(0.3)

    def __call__(self, x):
        return where(x[0] != 0.0, self.w / x[0], self.b)


@EVERY
@pytest.mark.parametrize("batch_size", [1, 2, None])
def test_where_side_not_chosen_by_number(runner, batch_size):
    """Eager code does not even record it, since its condition is a plain number."""
    X, Y = [[1.0], [2.0], [0.0], [4.0], [3.0]], [1.0, 0.5, 0.2, 0.3, 0.1]
    options = {"epochs": 60, "batch_size": batch_size, "optimizer": Adam}

    expected, history = (trained(kind, Missing(), X, Y, **options) for kind in ("eager", runner))

    assert history[0].loss == pytest.approx(expected[0].loss, rel=1e-9)
    assert history[1:] == (pytest.approx(expected[1], rel=1e-9), pytest.approx(expected[2], rel=1e-9))
    assert history[0].optimizer.steps == expected[0].optimizer.steps


def new_momentum(optimizer):
    optimizer.momentum = 0.3


def new_decay(optimizer):
    optimizer.weight_decay = 0.5


def clipping(optimizer):
    optimizer.clip_norm = 0.01


def no_clipping(optimizer):
    optimizer.clip_norm = None


def fewer_parameters(optimizer):
    optimizer.parameters = optimizer.parameters[:3]
    optimizer.state = {name: state[:3] for name, state in optimizer.state.items()}


@EVERY
@pytest.mark.parametrize("change", [new_momentum, new_decay, clipping, no_clipping, fewer_parameters])
def test_fit_callback_changes_optimizer(runner, change):
    X, Y = truth_table("xor")

    def losses(kind):
        net = MLP(2, [3, 1], seed=0)
        optimizer = SGD(net.parameters(), 0.3, momentum=0.9, clip_norm=None if change is clipping else 0.1)

        def after_two(model, history):
            if history.epochs == 2:
                change(optimizer)

        return fit(net, X, Y, optimizer=optimizer, epochs=6, callbacks=[after_two], runner=kind, progress=False).loss

    assert losses(runner) == pytest.approx(losses("eager"), rel=1e-10)


@pytest.mark.parametrize("runner", RUNNERS)
def test_fit_ctrl_c_between_epochs(runner):
    X, Y = truth_table("xor")
    net = MLP(2, [4, 1], seed=0)

    def interrupt(model, history):
        if history.epochs == 10:
            raise KeyboardInterrupt

    history = fit(net, X, Y, callbacks=[interrupt], runner=runner, progress=False)

    assert history.interrupted
    assert history.optimizer.steps == 10
    assert nn.evaluate(net, X, Y)[0] < history.loss[0]


@pytest.mark.parametrize("runner", RUNNERS)
def test_fit_ctrl_c_within_an_epoch(runner, monkeypatch):
    X = some_rows(8)
    Y = [x[0] for x in X]
    net, steps = MLP(2, [3, 1], seed=0), []
    gradient = PureStep.gradient

    def interrupted(self, *given):
        steps.append(given)
        if len(steps) == 7:
            raise KeyboardInterrupt
        return gradient(self, *given)

    monkeypatch.setattr(PureStep, "gradient", interrupted)
    history = fit(net, X, Y, batch_size=2, runner=runner, progress=False)

    assert history.interrupted
    assert history.epochs == 1
    assert history.optimizer.steps == history.updates == 4


@pytest.mark.parametrize("runner", RUNNERS)
def test_fit_resumed_by_another_runner(runner):
    X, Y = truth_table("xor")
    net, other = MLP(2, [4, 1], seed=0), MLP(2, [4, 1], seed=0)
    whole = fit(net, X, Y, optimizer=Adam(net.parameters()), epochs=20, batch_size=3, runner="eager", progress=False)

    first = fit(other, X, Y, optimizer=Adam(other.parameters()), epochs=10, batch_size=3, runner=runner, progress=False)
    fit(other, X, Y, epochs=10, batch_size=3, resume=first, runner="eager", progress=False)

    assert first.loss == pytest.approx(whole.loss, rel=1e-9)
