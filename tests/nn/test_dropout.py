"""Dropout and a model's modes: what fit switches, undoes after ctrl-C, and leaves alone."""

import copy
import pickle
import random
import sys

import pytest

import visualize
from autodiff import Value
from autodiff.flat import Unsupported
from nn import (
    MLP,
    SGD,
    Dropout,
    Layer,
    Module,
    Sequential,
    diagnose,
    evaluate,
    fit,
    fit_many,
    load,
    predict,
    save,
    truth_table,
)
from nn.training import NonfiniteLossError
from tests.support.children import interrupted

X, Y = truth_table("xor")
EPOCHS = 4


def net_with_dropout(seed=0):
    return Sequential(Layer(2, 6, "tanh", seed=seed), Dropout(0.4, seed=3), Layer(6, 1, seed=seed + 1))


def trained(net, epochs=5, **options):
    return fit(net, X, Y, epochs=epochs, progress=False, **options)


# --- The layer -----------------------------------------------------------------------------------


def test_dropout_in_evaluation_draws_nothing():
    layer = Dropout(0.9)
    state = layer.random.getstate()

    assert layer([1.0, 2.5]) == [1.0, 2.5]
    assert layer.random.getstate() == state


def test_dropout_in_training_keeps_the_mean():
    layer = Dropout(0.25, seed=1).train()
    numbers = layer([1.0] * 20_000)

    assert set(numbers) == {0.0, 1.0 / 0.75}
    assert numbers.count(0.0) / 20_000 == pytest.approx(0.25, abs=0.01)
    assert sum(numbers) / 20_000 == pytest.approx(1.0, abs=0.02)


def test_dropout_gradients():
    x = [Value(1.0) for _ in range(8)]
    outputs = Dropout(0.5, seed=1).train()(x)
    sum(outputs).backward()

    assert {p.grad for p in x} == {0.0, 2.0}
    assert [p.grad for p in x] == [y.data for y in outputs]


def test_dropout_draws_one_stream():
    layer, stream = Dropout(0.5, seed=7).train(), random.Random(7)
    for _ in range(3):
        assert layer([1.0] * 5) == [2.0 if stream.random() >= 0.5 else 0.0 for _ in range(5)]


def test_dropout_copies_have_their_own_stream():
    layer = Dropout(0.5, seed=1).train()
    twins = copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))

    assert layer([1.0] * 30) == twins[0]([1.0] * 30) == twins[1]([1.0] * 30)


# --- Modes ---------------------------------------------------------------------------------------


class Nested(Module):
    def __init__(self):
        self.parts = {"first": [Layer(2, 3, "tanh", seed=0), Dropout(0.5)], "second": (Layer(3, 1, seed=1),)}

    def __call__(self, x):
        for layer in [*self.parts["first"], *self.parts["second"]]:
            x = layer(x)
        return x[0]


def test_train_and_eval_reach_every_module():
    net = Nested()
    layers = [*net.parts["first"], *net.parts["second"], *net.parts["first"][0].neurons]

    assert not any(module.training for module in [net, *layers])
    assert net.train() is net
    assert all(module.training for module in [net, *layers])
    assert net.eval() is net
    assert not any(module.training for module in [net, *layers])
    assert net.train(False).training is False


def test_fit_modes_in_training_and_callbacks():
    """Also if the model was in training mode before."""
    modes = []

    class Seen(Module):
        def __init__(self):
            self.net = MLP(2, [1], seed=0)

        def __call__(self, x):
            modes.append((self.training, self.net.training))
            return self.net(x)

    net = Seen().train()
    called = []
    trained(net, 3, runner="eager", callbacks=lambda model, history: called.append((model.training, len(modes))))

    assert [mode for mode, _ in called] == [False] * 3
    assert modes[-12:] == [(True, True)] * 12
    assert set(modes[:-12]) == {(False, False)}
    assert (net.training, net.net.training) == (False, False)


@pytest.mark.parametrize("runner", ["source", "batch", "native", "auto"])
def test_fit_records_what_training_mode_does(runner):
    class Scaled(Module):
        def __init__(self):
            self.net = MLP(2, [1], seed=0)

        def __call__(self, x):
            return self.net(x) * (0.5 if self.training else 1.0)

    net, eager = Scaled(), Scaled()
    assert trained(net, runner=runner, callbacks=lambda model, history: None).loss == pytest.approx(
        trained(eager, runner="eager").loss, rel=1e-12
    )
    assert not net.training


def test_dropout_not_in_predict_and_evaluate():
    net = net_with_dropout()
    history = trained(net, 20, record="accuracy", callbacks=lambda model, history: evaluate(model, X, Y)[0])
    scores = evaluate(net, X, Y)
    answers = [predict(net, x) for x in X]

    assert history.accuracy[-1] == scores[1]
    net.train()
    assert evaluate(net, X, Y) == scores
    assert [predict(net, x) for x in X] == answers
    assert net.training
    assert net.layers[1].training


def test_dropout_added_by_a_callback():
    net = Sequential(Layer(2, 6, "tanh", seed=0), Layer(6, 1, seed=1))

    def add(model, history):
        if history.epochs == 2:
            model.layers.insert(1, Dropout(0.4, seed=3))

    history = trained(net, 6, runner="auto", callbacks=add)
    plain = trained(Sequential(Layer(2, 6, "tanh", seed=0), Layer(6, 1, seed=1)), 6, runner="eager")

    assert history.loss[:2] == pytest.approx(plain.loss[:2], rel=1e-12)
    assert history.loss[2] != pytest.approx(plain.loss[2], rel=1e-3)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_errors_leave_the_model_in_evaluation(error):
    net = net_with_dropout()

    def fail(outputs, target):
        if net.training:
            raise error
        return outputs[0] - target[0]

    if error is KeyboardInterrupt:
        assert trained(net, loss=fail, runner="eager").interrupted
    else:
        with pytest.raises(error):
            trained(net, loss=fail, runner="eager")
    assert not any(module.training for module in [net, *net.layers])


# --- fit -----------------------------------------------------------------------------------------


def by_hand(net, epochs):
    """Full-batch gradient descent, step by step."""
    losses = []
    parameters = net.train().parameters()
    for _ in range(epochs):
        net.zero_grad()
        loss = sum([(net(x)[0] - y) ** 2 for x, y in zip(X, Y)]) / 4.0
        loss.backward()
        for p in parameters:
            p.data -= 0.1 * p.grad
        losses.append(loss.data)
    return losses


def test_dropout_draws_masks_example_by_example():
    net, twin = net_with_dropout(), net_with_dropout()

    assert trained(net, 10).loss == pytest.approx(by_hand(twin, 10), rel=1e-13)
    assert list(net.state_dict().values()) == pytest.approx(list(twin.state_dict().values()), rel=1e-12)


def streams(net):
    return [layer.random.getstate() for layer in net.layers if isinstance(layer, Dropout)]


def two_dropouts(first=3, second=4, twice=False):
    """Two dropout layers, the first perhaps used twice."""
    layer = Dropout(0.4, seed=first)
    inside = [layer, Layer(6, 6, "tanh", seed=1), Dropout(0.2, seed=second), *[layer] * twice]
    return Sequential(Layer(2, 6, "tanh", seed=0), *inside, Layer(6, 1, seed=2))


class OneByOne(Sequential):
    """A model that takes one example after the other, not layer by layer."""

    def __call__(self, x):
        return super().__call__(x)


def shared():
    stream = random.Random(5)
    return two_dropouts(stream, stream, twice=True)


@pytest.mark.parametrize("runner", ["auto", "source", "batch", "native"])
@pytest.mark.parametrize("batch_size", [None, 3])
@pytest.mark.parametrize(
    "make",
    [
        net_with_dropout,
        two_dropouts,
        lambda: two_dropouts(twice=True),
        shared,
        lambda: OneByOne(*shared().layers),
        lambda: Sequential(Layer(2, 3, seed=0), *[Dropout(0.5, seed=1)] * 2, Layer(3, 1, seed=1)),
        lambda: OneByOne(Layer(2, 3, seed=0), *[Dropout(0.5, seed=1)] * 2, Layer(3, 1, seed=1)),
    ],
)
def test_dropout_in_every_runner(make, batch_size, runner):
    net, eager = make(), make()
    found = trained(net, 12, batch_size=batch_size, runner=runner)
    wanted = trained(eager, 12, batch_size=batch_size, runner="eager")

    assert found.loss == pytest.approx(wanted.loss, rel=1e-11)
    assert list(net.state_dict().values()) == pytest.approx(list(eager.state_dict().values()), rel=1e-10)
    assert streams(net) == streams(eager)
    assert found.runner == ("source" if runner == "auto" else runner)


@pytest.mark.parametrize("runner", ["source", "batch", "native"])
def test_dropout_stream_after_training(runner):
    net, eager = net_with_dropout(), net_with_dropout()
    trained(net, 5, runner=runner)
    trained(eager, 5, runner="eager")

    assert not net.training
    assert net.layers[1].train()([1.0] * 50) == eager.layers[1].train()([1.0] * 50)


def dropped(net):
    return sum([w * w for w in net.train().layers[1]([1.0] * 6)])


@pytest.mark.parametrize(("make", "penalty"), [(net_with_dropout, dropped), (lambda: BothWays(random.Random(5)), None)])
def test_dropout_from_another_generator_trains_eagerly(make, penalty):
    net = make()
    before = streams(net)
    with pytest.raises(Unsupported, match=r"runner='eager'"):
        trained(net, 3, runner="source", penalty=penalty)

    assert streams(net) == before
    assert trained(net, 3, penalty=penalty).runner == "eager"


class Block(Module):
    def __init__(self, stream):
        self.first, self.second = Dropout(0.5, seed=stream), Dropout(0.25, seed=stream)

    def __call__(self, x):
        return self.second(self.first(x))


class BothWays(Sequential):
    """Layer by layer outside, one example after the other inside: an order that is neither."""

    def __init__(self, stream):
        super().__init__(Layer(2, 4, seed=0), Block(stream), Dropout(0.5, seed=stream), Layer(4, 1, seed=1))


def test_dropout_in_fit_many():
    found = fit_many(net_with_dropout, X, Y, seeds=range(2), epochs=5, progress=False)
    net = net_with_dropout(1)
    trained(net, 5)

    assert found.model(1).state_dict() == net.state_dict()
    assert found.loss[0][0] != found.loss[0][1]
    with pytest.raises(Unsupported, match=r"Dropout\(0\.4\)"):
        fit_many(net_with_dropout, X, Y, seeds=range(2), epochs=5, runner="native", progress=False)


@pytest.mark.parametrize("batch_size", [None, 3])
def test_dropout_in_a_resumed_run(batch_size):
    net, whole = net_with_dropout(), net_with_dropout()
    history = trained(net, 3, batch_size=batch_size)
    trained(net, 4, batch_size=batch_size, resume=history)

    assert history.loss == trained(whole, 7, batch_size=batch_size).loss
    assert net.state_dict() == whole.state_dict()


class Noisy(Module):
    """A user-defined model with its own generator, which fit restores too."""

    def __init__(self):
        self.net, self.stream = net_with_dropout(), random.Random(5)

    def __call__(self, x):
        return self.net([x_i + self.stream.gauss(0.0, 0.1) for x_i in x])


class Run:
    """One training that ``interrupted`` can cut."""

    def __init__(self, make, runner, epochs=EPOCHS):
        self.net, self.runner, self.epochs, self.history = make(), runner, epochs, None

    def fit(self):
        self.history = trained(self.net, self.epochs, batch_size=3, runner=self.runner)
        return self

    def state(self):
        streams = [self.net.stream, self.net.net.layers[1].random] if isinstance(self.net, Noisy) else []
        streams = streams or [self.net.layers[1].random]
        return self.net.state_dict(), [p.grad for p in self.net.parameters()], [s.getstate() for s in streams]


@pytest.mark.parametrize(
    ("make", "runner"),
    [*[(net_with_dropout, runner) for runner in ("eager", "source", "batch", "native")], (Noisy, "auto")],
)
def test_dropout_after_ctrl_c_at_any_line(make, runner):
    whole = [Run(make, runner), *[Run(make, runner, n).fit() for n in range(1, EPOCHS + 1)]]
    lines = interrupted(Run(make, runner), 0)
    seen = set()
    for line in range(1, lines, max(1, lines // 120)):
        run = Run(make, runner)
        interrupted(run, line)
        history = run.history
        modules = [run.net, *getattr(run.net, "layers", [])]
        assert not any(module.training for module in modules), line
        if history is None:
            continue
        done = history.epochs
        seen.add(done)
        assert history.loss == whole[-1].history.loss[:done]
        if done or make is net_with_dropout:  # Noisy draws in fit's first call
            assert run.state() == whole[done].state(), line
        if done < EPOCHS and make is net_with_dropout:
            trained(run.net, EPOCHS - done, batch_size=3, resume=history, runner=runner)
            assert run.state() == whole[-1].state(), line
            assert history.loss == whole[-1].history.loss
    assert len(seen) > 2


@pytest.mark.parametrize("runner", ["eager", "source", "batch", "native"])
def test_dropout_after_a_nonfinite_loss(runner):
    net = net_with_dropout()
    with pytest.raises(NonfiniteLossError) as caught:
        trained(net, 50, optimizer=SGD(net.parameters(), 1e80), runner=runner)
    twin = net_with_dropout()
    trained(twin, caught.value.history.epochs, optimizer=SGD(twin.parameters(), 1e80), runner=runner)

    assert net.layers[1].random.getstate() == twin.layers[1].random.getstate()
    assert net.state_dict() == twin.state_dict()


# --- Saving, drawing, diagnosing -----------------------------------------------------------------


def test_dropout_save_draw_and_diagnose(tmp_path):
    net = net_with_dropout()
    history = trained(net)
    save(net, tmp_path / "net.json")
    other = load(tmp_path / "net.json", into=net_with_dropout(5))

    assert repr(net.layers[1]) == "Dropout(0.4)"
    assert other.state_dict() == net.state_dict()
    assert "tanh" in visualize.draw(net(X[1])[0]).svg()
    visualize.page(net(X[1])[0]).save(str(tmp_path / "net.html"))
    assert (tmp_path / "net.html").exists()
    assert "loss" in str(diagnose(net.train(), X, Y, history=history))
    with pytest.raises(TypeError, match=r"Dropout\(0\.4\) draws new random numbers.*show a net without it"):
        visualize.playground(net, X, Y)


def test_batch_not_called_without_mode_layers():
    """An MLP's forward pass never looks at the mode."""
    net, names = MLP(2, [4, 1], seed=0), set()

    def calls(frame, event, argument):
        names.add(frame.f_code.co_name)

    before = sys.getprofile()
    sys.setprofile(calls)
    try:
        net(X[1])
    finally:
        sys.setprofile(before)
    assert names.isdisjoint({"in_mode", "evaluation_mode", "holders_in", "modules_in", "outputs_of"})
