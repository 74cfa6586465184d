"""Arguments of fit, fit_many, optimizers and stopping rules; test_refusals.py has those that are refused."""

import copy
import warnings
from functools import partial

import numpy
import pytest

import nn
from autodiff import Value, exp, stop_gradient, where
from nn import MLP, SGD, Adam, EarlyStopping, Layer, Module, RMSProp, fit, fit_many
from nn.cli.presets import RATES
from nn.losses import l2
from nn.training import loss_below, parameters_still

XOR = nn.truth_table("xor")
NONE_IN_COMMON = r"the optimizer changes none of this model's parameters: create it again, SGD\(model\.parameters\(\), "


def net(seed=0, **options):
    return MLP(2, [4, 1], seed=seed, **options)


def run(model=None, X=XOR[0], Y=XOR[1], loss="squared_error", epochs=3, **options):
    return fit(model or net(), X, Y, loss, epochs=epochs, progress=False, **options)


# --- The model's optimizer -------------------------------------------------------------------------


def rebuilt(model):
    return MLP(2, [4, 1], seed=1)


@pytest.mark.parametrize("another", [rebuilt, copy.deepcopy, MLP.clone])
@pytest.mark.parametrize("make", [SGD, partial(SGD, momentum=0.9), Adam, RMSProp])
def test_optimizer_or_history_of_another_model(another, make):
    old = net()
    optimizer = make(old.parameters())
    history = run(old, optimizer=optimizer)
    new = another(old)
    before = old.state_dict(), new.state_dict()
    for options in ({"optimizer": optimizer}, {"resume": history}):
        with pytest.raises(ValueError, match=NONE_IN_COMMON):
            run(new, **options)

    assert (old.state_dict(), new.state_dict()) == before
    assert history.epochs == 3


def test_optimizer_of_some_parameters_freezes_the_rest():
    model = net()
    frozen = [p.data for p in model.layers[0].parameters()]
    run(model, optimizer=SGD(model.layers[1].parameters(), 0.1))

    assert [p.data for p in model.layers[0].parameters()] == frozen
    assert model.layers[1].state_dict() != net().layers[1].state_dict()


def test_optimizer_copied_with_its_model():
    model = net()
    history = run(model)
    copied, again = copy.deepcopy((model, history))

    assert run(copied, resume=again).epochs == 6


def test_optimizer_of_a_loss_parameter():
    model, heat = net(), Value(2.0, "heat")
    run(model, loss=lambda y, t: (y[0] * heat - t[0]) ** 2, optimizer=SGD([heat], 0.1))

    assert heat.data != 2.0


def test_optimizer_made_before_a_layer_was_replaced():
    model = net()
    optimizer = SGD(model.parameters(), 0.1)
    model.layers[1] = Layer(4, 1, seed=5)
    with pytest.warns(UserWarning, match="changes 5 Values that the loss does not depend on, and leaves out 5 of the"):
        run(model, optimizer=optimizer)


# --- Untrained values ------------------------------------------------------------------------------


class Hidden(Module):
    """Keeps a part where nn does not look for parameters."""

    def __init__(self):
        self.net, self.gain = net(), (lambda gain: lambda: gain)(Value(2.0, "gain"))

    def __call__(self, x):
        return self.net(x) * self.gain()


@pytest.mark.parametrize(
    ("model", "loss"),
    [
        (Hidden(), "squared_error"),
        (net(), lambda y, t, gain=Value(2.0, "gain"): (y[0] * gain - t[0]) ** 2),  # noqa: B008
        (net(), lambda y, t, gain=Value(2.0, "gain"): (y * gain - t) ** 2),  # noqa: B008
    ],
)
@pytest.mark.parametrize("runner", ["auto", "eager"])
def test_warning_of_untrained_values_comes_once(model, loss, runner):
    with pytest.warns(UserWarning, match="gain") as caught:
        run(model, loss=loss, runner=runner)

    assert [str(w.message) for w in caught] == [
        "the loss depends on Value(2.0, 'gain'), which fit does not train: assign it to an attribute of the model or "
        "give it to the optimizer, or use its number (.data) if it is a constant"
    ]
    assert caught[0].filename == __file__


def test_warning_of_untrained_values_counts_them():
    hidden = [Value(1.0, f"v{i}") for i in range(8)]
    with pytest.warns(
        UserWarning, match=r"on Value\(1\.0, 'v0'\), Value\(1\.0, 'v1'\), Value\(1\.0, 'v2'\) and 5 more,"
    ):
        run(net(), loss=lambda y, t: (sum(v * y[0] for v in hidden) - t[0]) ** 2)


@pytest.mark.parametrize("runner", ["auto", "source"])
def test_warning_of_untrained_values_by_fit_many(runner):
    gain = Value(2.0, "gain")

    class Net(Module):
        def __init__(self, seed):
            self.net = net(seed)

        def __call__(self, x):
            return self.net(x) * gain

    with pytest.warns(UserWarning, match=r"the loss depends on Value\(2\.0, 'gain'\)") as caught:
        fit_many(Net, *XOR, seeds=[0], epochs=2, runner=runner, progress=False)
    assert caught[0].filename.endswith("sweep.py" if runner == "source" else "test_arguments.py")


def frozen_layer():
    model = net()
    run(model, optimizer=SGD(model.layers[0].parameters(), 0.1))


def a_model_that_lists_only_a_part_of_itself():
    class Head(Module):
        def __init__(self):
            self.body, self.head = Layer(2, 4, "tanh", seed=0), Layer(4, 1, seed=1)

        def parameters(self):
            return self.head.parameters()

        def __call__(self, x):
            return self.head(self.body(x))

    run(Head())


def constants_of_a_call():
    run(net(), loss=lambda y, t: (y[0] * Value(2.0) - t[0]) ** 2 + 0.0 * Value(1.0))


def a_penalty_with_a_strength():
    strength = Value(0.01, "strength")
    run(net(), penalty=lambda model: strength * l2(1.0)(model))


def a_function_and_its_parameters():
    w, b = Value(0.5), Value(0.0)
    run(lambda x: w * x[0] + b, optimizer=SGD([w, b], 0.1))


def a_detached_value():
    run(net(), loss=lambda y, t: (y[0] - t[0]) ** 2 * (y[0].detach() + 1.0))


def values_as_targets():
    run(net(), Y=[Value(float(y), "t") for y in XOR[1]])


def a_part_that_is_made_at_the_first_call():
    class Lazy(Module):
        def __call__(self, x):
            if not hasattr(self, "net"):
                self.net = net()
            return self.net(x)

    run(Lazy())


def what_stop_gradient_keeps_away():
    gain = Value(2.0, "gain")
    run(loss=lambda y, t: (y * stop_gradient(gain) - t) ** 2)


def results_of_another_net_as_targets():
    teacher = net(5)
    run(Y=[teacher(x) for x in XOR[0]])


QUIET = [
    frozen_layer, a_model_that_lists_only_a_part_of_itself, constants_of_a_call, a_penalty_with_a_strength,
    a_function_and_its_parameters, a_detached_value, values_as_targets, a_part_that_is_made_at_the_first_call,
    what_stop_gradient_keeps_away, results_of_another_net_as_targets,
]  # fmt: skip


@pytest.mark.parametrize("train", QUIET, ids=lambda train: train.__name__)
def test_warning_of_untrained_values_without_cause(train):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train()


# --- User-defined losses ---------------------------------------------------------------------------

FORMS = {
    "difference": (lambda y, t: (y - t) ** 2, lambda y, t: (y[0] - t[0]) ** 2),
    "abs": (lambda y, t: abs(y - t), lambda y, t: abs(y[0] - t[0])),
    "method": (lambda y, t: (y.tanh() - t) ** 2, lambda y, t: (y[0].tanh() - t[0]) ** 2),
    "function": (lambda y, t: exp(y) - t * y, lambda y, t: exp(y[0]) - t[0] * y[0]),
    "where": (lambda y, t: where(y > t, y - t, t - y), lambda y, t: where(y[0] > t[0], y[0] - t[0], t[0] - y[0])),
    "adds lists": (lambda y, t: y + t, lambda y, t: y[0] + t[0]),
    "numpy": (lambda y, t: (numpy.array(y) - numpy.array(t)) ** 2, lambda y, t: (y[0] - t[0]) ** 2),
}  # fmt: skip


@pytest.mark.parametrize("runner", ["auto", "eager", "source"])
@pytest.mark.parametrize("form", FORMS)
def test_loss_of_one_output_takes_numbers_or_lists(form, runner):
    numbers, lists = [run(net(), loss=loss, runner=runner).loss for loss in FORMS[form]]

    assert numbers == lists
    assert nn.evaluate(net(), *XOR, FORMS[form][0]) == nn.evaluate(net(), *XOR, FORMS[form][1])


def test_loss_with_a_mistake_is_shown():
    with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for -: 'NoneType'"):
        run(loss=lambda y, t: None - y)
    with pytest.raises(TypeError, match="'Value' object has no attribute 'foo'") as caught:
        run(loss=lambda y, t: y[0].foo)
    assert isinstance(caught.value.__cause__, AttributeError)
    with pytest.raises(TypeError, match=r"it returned \[Value"):
        run(loss=lambda y, t: [y[0] - t[0]])
    with pytest.raises(ZeroDivisionError):
        run(loss=lambda y, t: 1 / 0)


# --- Shorthands ------------------------------------------------------------------------------------


def test_record_and_callbacks_need_no_list():
    seen = []
    history = run(record="accuracy", callbacks=lambda model, history: seen.append(history.epochs))

    assert (len(history.accuracy), seen) == (3, [1, 2, 3])
    assert run(record=None, callbacks=None).epochs == 3
    assert run(callbacks=loss_below(1e9)).stopped == "loss below 1e+09"
    assert len(run(record=("gradient_norms", "accuracy")).gradient_norms) == 3


@pytest.mark.parametrize("make", [SGD, Adam, RMSProp, partial(SGD, momentum=0.9), nn.optim.OPTIMIZERS["nesterov"]])
def test_optimizer_of_a_model_or_as_a_class(make):
    by_class = run(optimizer=make, learning_rate=0.03)
    model, listed = net(), net()
    by_model, by_list = run(model, optimizer=make(model, 0.03)), run(listed, optimizer=make(listed.parameters(), 0.03))

    assert by_class.loss == by_model.loss == by_list.loss
    assert run(optimizer=make).optimizer.learning_rate == make(net()).learning_rate


def test_learning_rates_agree_with_the_command_line():
    assert RATES == {"sgd": 0.1, "momentum": 0.05, "nesterov": 0.05, "rmsprop": 0.01, "adam": 0.02, "adamw": 0.02}
    assert Adam(net()).learning_rate == run(optimizer="adam").optimizer.learning_rate == 0.02


def test_adam_learns_xor_at_its_own_rate():
    assert run(optimizer="adam", epochs=1000).loss[-1] < 1e-3


def test_optimizer_of_a_parameter_given_twice():
    model, same = net(), net()
    optimizer = SGD([*model.parameters(), *model.parameters()], 0.1, momentum=0.9, clip_norm=0.1)

    assert run(model, optimizer=optimizer).loss == run(same, optimizer=SGD(same, 0.1, momentum=0.9, clip_norm=0.1)).loss


def test_ranges_include_their_ends():
    assert nn.split(*XOR, 0)[1] == ([], [])
    assert len(nn.split(*XOR, 0.5)[1][0]) == 2
    assert run(callbacks=[loss_below(-1.0), EarlyStopping(10), parameters_still(0)]).stopped == "all epochs"
    assert SGD(net(), 0).learning_rate == 0


# --- Decay -----------------------------------------------------------------------------------------


def test_weight_decay_shrinks_all_and_l2_weights_only():
    decayed, penalized = net(), net()
    for model in (decayed, penalized):
        for p in model.parameters():
            p.data = 1.0
    fit(decayed, [[0.0, 0.0]], [0.0], lambda y, t: 0.0 * y[0], SGD(decayed, 0.1, weight_decay=0.5), 1, progress=False)
    fit(
        penalized,
        [[0.0, 0.0]],
        [0.0],
        lambda y, t: 0.0 * y[0],
        SGD(penalized, 0.1),
        1,
        penalty=l2(0.25),
        progress=False,
    )

    assert {p.data for p in decayed.parameters()} == {0.95}
    assert {p.data for p in penalized.weights()} == {0.95}
    assert [p.data for name, p in penalized.named_parameters() if name.endswith("b")] == [1.0] * 5


# --- Resuming --------------------------------------------------------------------------------------


@pytest.mark.parametrize("runner", ["auto", "eager"])
def test_resume_restarts_stopping_rules(runner):
    model, rule = net(), EarlyStopping(5, 1e-9)
    history = run(model, epochs=100, callbacks=rule, runner=runner, learning_rate=0.0)
    assert (history.stopped, history.epochs) == ("no better loss in 5 epochs", 6)
    for again in (7, 13, 19):
        run(model, epochs=100, callbacks=rule, resume=history, runner=runner)
        assert history.began == again - 1
        assert (history.stopped, history.epochs) == ("no better loss in 5 epochs", again + 5)


def test_resume_looks_at_still_parameters_anew():
    model = net()
    rule = parameters_still(1e9)
    history = run(model, callbacks=rule)
    assert (history.stopped, history.epochs) == ("parameters stand still", 2)
    run(model, callbacks=rule, resume=history)
    assert history.epochs == 4


def test_resume_with_other_data():
    model = net()
    history = run(model, batch_size=2)
    run(model, XOR[0][:3], XOR[1][:3], batch_size=2, resume=history)

    assert (history.epochs, history.updates) == (6, 12)


# --- Classes or numbers ----------------------------------------------------------------------------

LINE = [[0.0], [1.0], [2.0]], [0.5, 1.0, 1.5]


def test_predict_of_a_regression_net(tmp_path):
    line = MLP(1, [1], seed=0)
    assert nn.predict(line, [2.0]) in (0, 1)
    run(line, *LINE, epochs=1000)

    assert nn.predict(line, [4.0]) == pytest.approx(2.5, abs=1e-3)
    assert nn.predict(line, [4.0], "squared_error") == 1
    nn.save(line, tmp_path / "line.json")
    for same in (copy.deepcopy(line), nn.load(tmp_path / "line.json")):
        assert nn.predict(same, [4.0]) == nn.predict(line, [4.0])
    assert "predicts_numbers" not in line.state_dict()


def test_predict_of_several_numbers():
    pair = MLP(1, [2], seed=0)
    run(pair, [[0.0], [1.0]], [[0.5, 2.0], [1.5, 3.0]], epochs=2000)

    assert nn.predict(pair, [2.0]) == pytest.approx([2.5, 4.0], abs=1e-3)


@pytest.mark.parametrize(
    ("Y", "loss", "output", "sizes"),
    [
        (XOR[1], "squared_error", "linear", [4, 1]),
        (XOR[1], "bce", "sigmoid", [4, 1]),
        ([0.1, 0.9, 0.9, 0.1], "bce", "sigmoid", [4, 1]),
        (XOR[1], "hinge", "linear", [4, 1]),
        (XOR[1], "cross_entropy", "softmax", [4, 2]),
        ([[1, 0], [0, 1], [0, 1], [1, 0]], "mse", "linear", [4, 2]),
    ],
)
def test_predict_of_a_net_of_classes(Y, loss, output, sizes):
    model = MLP(2, sizes, output=output, seed=0)
    run(model, XOR[0], Y, loss, epochs=1500)

    assert [nn.predict(model, x) for x in XOR[0]] == [0, 1, 1, 0]


def test_predict_after_numbers_then_classes():
    model = net()
    run(model, Y=[0.1, 0.7, 0.4, 0.2])
    assert isinstance(nn.predict(model, [0, 1]), float)
    run(model)
    assert nn.predict(model, [0, 1]) in (0, 1)


def test_predict_of_nets_of_many_runs():
    runs = fit_many(MLP(1, [1]), *LINE, seeds=[3], epochs=1000, progress=False)

    assert nn.predict(runs.model(3), [4.0]) == pytest.approx(2.5, abs=1e-2)
