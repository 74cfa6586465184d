"""Validation during training: what is measured, when it stops, which weights are kept, and its refusals."""

import math
from random import Random

import pytest

from nn import MLP, SGD, BatchNorm, Dropout, Layer, Module, Sequential, evaluate, fit, iris, metrics
from nn.training import NonfiniteLossError, validation
from nn.training.validation import Validation

X, Y = (rows[::10] for rows in iris())
HELD = X[::2], [(y + 1) % 3 for y in Y[::2]]  # wrong classes: learning soon makes it worse
RUNNERS = ["eager", "auto", "source", "batch", "native"]


def noisy():
    """A net whose calls in training mode differ from those in evaluation, in outputs and statistics."""
    return Sequential(Layer(4, 5, "tanh", seed=0), BatchNorm(5), Dropout(0.3, seed=1), Layer(5, 3, seed=2))


def trained(net=None, runner="eager", epochs=12, **options):
    net = net or MLP(4, [3, 3], seed=0)
    options = {"optimizer": SGD(net, 0.05), "validation_data": HELD} | options
    return net, fit(net, X, Y, "cross_entropy", epochs=epochs, batch_size=5, runner=runner, progress=False, **options)


def lowest(history):
    return history.validation_loss.index(min(history.validation_loss))


@pytest.fixture
def calls(monkeypatch):
    """Counts the examples with which the model is called for validation."""
    found = []

    def loss_and_outputs(*arguments):
        found.append(1)
        return metrics.loss_and_outputs(*arguments)

    monkeypatch.setattr(validation, "loss_and_outputs", loss_and_outputs)
    return found


@pytest.mark.parametrize("runner", RUNNERS)
def test_patience_keeps_the_best_weights(runner):
    net, history = trained(runner=runner, patience=3)
    best = lowest(history)

    assert history.stopped == "no better validation loss in 3 epochs"
    assert len(history.validation_loss) == len(history.validation_accuracy) == history.epochs == best + 4
    loss, accuracy = evaluate(net, *HELD, "cross_entropy")
    assert loss == pytest.approx(history.validation_loss[best], rel=1e-12)
    assert accuracy == history.validation_accuracy[best]


@pytest.mark.parametrize("runner", RUNNERS)
def test_validation_measures_as_evaluate_does(runner):
    found = []
    _, history = trained(
        runner=runner, callbacks=lambda net, history: found.append(evaluate(net, *HELD, "cross_entropy"))
    )

    assert history.validation_loss == pytest.approx([loss for loss, _ in found], rel=1e-12)
    assert history.validation_accuracy == [accuracy for _, accuracy in found]


def test_validation_changes_nothing():
    net, history = trained()
    other, alone = trained(validation_data=None)

    assert net.state_dict() == other.state_dict()
    assert history.loss == alone.loss
    assert history.stopped == "all epochs"
    assert alone.validation_loss == []


def test_validation_in_evaluation_mode_keeps_buffers():
    found = []
    net, history = trained(
        noisy(),
        epochs=30,
        patience=4,
        callbacks=lambda net, history: found.append(evaluate(net, *HELD, "cross_entropy")),
    )
    best = lowest(history)

    assert history.runner == "eager"
    assert history.validation_loss == [loss for loss, _ in found]
    assert history.epochs == best + 5
    assert not net.training
    assert evaluate(net, *HELD, "cross_entropy")[0] == history.validation_loss[best]
    assert net.state_dict() == trained(noisy(), epochs=best + 1)[0].state_dict()


@pytest.mark.parametrize("runner", ["source", "native"])
def test_validation_of_flat_code_drops_nothing(runner, calls):
    def dropping():
        return Sequential(Layer(4, 5, "tanh", seed=0), Dropout(0.3, seed=1), Layer(5, 3, seed=2))

    net, history = trained(dropping(), runner, epochs=30)
    _, other = trained(dropping(), epochs=30)

    assert history.runner == runner
    assert history.validation_loss == pytest.approx(other.validation_loss, rel=1e-9)
    assert len(calls) == (1 + 30) * len(HELD[0]) + 1  # one call to record flat code, and eager calls each epoch
    assert evaluate(net, *HELD, "cross_entropy")[0] == pytest.approx(history.validation_loss[-1], rel=1e-12)


def test_min_delta_defines_better():
    """As in Keras: a smaller decrease is not better, and its weights are not kept."""
    patient, history = trained(epochs=300, validation_data=(X, Y), patience=2)
    hasty, short = trained(epochs=300, validation_data=(X, Y), patience=2, min_delta=0.02)
    losses, best, waited = short.validation_loss, math.inf, 0
    for epoch, loss in enumerate(losses):
        waited += 1
        if loss < best - 0.02:
            best, waited, kept = loss, 0, epoch

    assert short.epochs < history.epochs
    assert waited == 2
    assert evaluate(hasty, X, Y, "cross_entropy")[0] == losses[kept] == best
    assert evaluate(patient, X, Y, "cross_entropy")[0] == min(history.validation_loss)


def test_validation_accuracy_of_numbers_is_nan():
    history = fit(MLP(1, [1], seed=0), [[1.0]], [0.3], epochs=2, validation_data=([[2.0]], [0.7]), progress=False)

    assert all(map(math.isnan, history.validation_accuracy))


def test_validation_ctrl_c_keeps_the_best_and_resumes():
    def interrupt(net, history):
        if history.epochs == 5:
            raise KeyboardInterrupt

    net, first = trained(patience=10, callbacks=interrupt)
    best = lowest(first)
    assert first.interrupted
    assert evaluate(net, *HELD, "cross_entropy")[0] == first.validation_loss[best]

    again = fit(net, X, Y, "cross_entropy", epochs=3, batch_size=5, resume=first, validation_data=HELD, progress=False)
    assert again is first
    assert len(first.loss) == len(first.validation_loss) == len(first.validation_accuracy) == 8


def test_validation_lists_match_the_epochs():
    """Epochs without validation, or whose validation ctrl-C interrupted, are nan."""
    net, first = trained(epochs=2, validation_data=None)

    def fit_on(epochs, **options):
        fit(net, X, Y, "cross_entropy", epochs=epochs, batch_size=5, resume=first, progress=False, **options)

    fit_on(1, validation_data=HELD)
    assert [*map(math.isnan, first.validation_loss)] == [True, True, False]


@pytest.mark.parametrize("runner", ["eager", "source"])
def test_ctrl_c_during_validation(runner, monkeypatch):
    measure, calls = Validation.measure, []

    def interrupted(self, flat):
        calls.append(flat)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return measure(self, flat)

    monkeypatch.setattr(Validation, "measure", interrupted)
    net, first = trained(runner=runner)
    assert first.interrupted
    assert (len(first.loss), len(first.validation_loss)) == (3, 2)
    fit(net, X, Y, "cross_entropy", epochs=2, batch_size=5, resume=first, validation_data=HELD, progress=False)

    assert [*map(math.isnan, first.validation_loss)] == [False, False, True, False, False]
    assert calls[0] is (runner == "source")


def test_validation_loss_never_finite():
    net = MLP(1, [1], seed=0)
    before = net.state_dict()
    history = fit(net, [[1.0]], [0.5], epochs=5, validation_data=([[math.inf]], [0.0]), patience=2, progress=False)

    assert history.stopped == "no better validation loss in 2 epochs"
    assert history.validation_loss == pytest.approx([math.inf] * 2)
    assert net.state_dict() != before


def test_validation_of_a_diverging_run():
    net = MLP(1, [1], seed=0)
    with pytest.raises(NonfiniteLossError) as caught:
        fit(
            net, [[1.0]], [0.5], optimizer=SGD(net, 1e200), validation_data=([[1.0]], [0.5]), patience=9, progress=False
        )

    assert len(caught.value.history.validation_loss) == len(caught.value.history.loss)


class Otherwise(Module):
    """A net with a function behind it in evaluation only."""

    def __init__(self, outside=lambda z: z):
        self.net, self.outside = MLP(4, [3, 3], seed=0), outside

    def __call__(self, x):
        return self.net(x) if self.training else [self.outside(z) for z in self.net(x)]


def test_validation_of_flat_code_calls_no_model(calls):
    _, history = trained(Otherwise(lambda z: 2.0 * z), "source", epochs=50)

    assert len(history.validation_loss) == 50
    assert len(calls) == len(HELD[0]) + 1
    assert history.validation_loss == pytest.approx(
        trained(Otherwise(lambda z: 2.0 * z), epochs=50)[1].validation_loss, rel=1e-12
    )


NOISE = Random(0)


@pytest.mark.parametrize("outside", [lambda z: z if z > 0.0 else 0.1 * z, lambda z: math.exp(z.data)])
def test_validation_calls_a_model_of_plain_numbers(outside, calls):
    _, history = trained(Otherwise(outside), "source", epochs=9)

    assert history.runner == "source"
    assert len(calls) >= 9 * len(HELD[0])
    assert history.validation_loss == pytest.approx(trained(Otherwise(outside), epochs=9)[1].validation_loss, rel=1e-12)


def test_validation_calls_a_model_that_draws(calls):
    _, history = trained(Otherwise(lambda z: z * NOISE.uniform(0.5, 1.5)), "source", epochs=9)

    assert history.runner == "source"
    assert len(calls) >= 9 * len(HELD[0])


def test_validation_after_callbacks_change_the_model():
    def switch(net, history):
        if history.epochs == 4:
            net.layers[1] = Layer(3, 3, seed=5)

    losses = []
    for runner in ("eager", "source"):
        net = MLP(4, [3, 3], seed=0)
        parameters = net.layers[0].parameters()
        losses.append(trained(net, runner, optimizer=SGD(parameters, 0.05), callbacks=switch)[1].validation_loss)

    assert losses[1] == pytest.approx(losses[0], rel=1e-12)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"validation_data": None, "patience": 3}, ValueError, r"give validation_data=\(X, Y\) too"),
        ({"validation_data": None, "min_delta": 0.1}, ValueError, r"give validation_data=\(X, Y\) too"),
        ({"min_delta": 0.1}, ValueError, "give patience=10 too"),
        ({"patience": 3, "min_delta": -0.1}, ValueError, "min_delta must be a number >= 0, got -0.1"),
        ({"patience": 0}, ValueError, "patience must be a positive integer, got 0"),
        ({"validation_data": (X,)}, ValueError, r"a pair \(X, Y\), got 1"),
        ({"validation_data": 5}, TypeError, r"write validation_data=\(X, Y\)"),
        ({"validation_data": (X, Y[:2])}, ValueError, "one target for each of the 15 examples, got 2"),
        ({"validation_data": ([], [])}, ValueError, "at least one example"),
        ({"validation_data": ([x[:3] for x in X], Y)}, ValueError, "expected 4 numbers, got 3"),
        ({"validation_data": ([X[0], X[1][:3]], Y[:2])}, ValueError, "example 1 has 3 numbers, example 0 has 4"),
        ({"validation_data": (X, [3] * 15)}, ValueError, "classes count from 0: expected 0 to 2, got 3"),
        ({"validation": HELD}, TypeError, r"write validation_data=\(X, Y\)"),
        ({"early_stopping": True}, TypeError, "write patience=10"),
    ],
)
def test_validation_refusals(options, error, message):
    with pytest.raises(error, match=message) as caught:
        trained(**options)
    of_data = isinstance(options.get("validation_data"), tuple) and len(options["validation_data"]) == 2
    assert getattr(caught.value, "__notes__", []) == ["This is about validation_data."] * of_data
