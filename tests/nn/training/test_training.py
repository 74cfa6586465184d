"""fit: what the loop does, what it leaves behind, and how it ends."""

import contextlib
import importlib.util
import io
import math
import sys

import pytest

import nn
from autodiff import Value
from nn import MLP, SGD, evaluate, fit, predict, truth_table

NEEDS_JAX = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX comes with the extra jax")
EVERY = pytest.mark.parametrize(
    "runner", [*[x for x in nn.training.RUNNERS if x != "jax"], pytest.param("jax", marks=NEEDS_JAX)]
)


def trained(gate="xor", seed=0, **options):
    X, Y = truth_table(gate)
    net = MLP(len(X[0]), [4, 1], seed=seed)
    return net, fit(net, X, Y, progress=False, **options)


def test_fit_matches_the_loop_written_by_hand():
    X, Y = truth_table("xor")
    by_hand, by_fit = MLP(2, [4, 1], seed=0), MLP(2, [4, 1], seed=0)

    loss = sum((by_hand(x) - y) ** 2 for x, y in zip(X, Y)) / 4
    loss.backward()
    for p in by_hand.parameters():
        p.data -= 0.1 * p.grad
    history = fit(by_fit, X, Y, epochs=1, progress=False)

    assert history.loss == pytest.approx([loss.data], rel=1e-12)
    assert [p.data for p in by_fit.parameters()] == pytest.approx([p.data for p in by_hand.parameters()], rel=1e-12)


@pytest.mark.parametrize("gate", sorted(nn.data.TRUTH_TABLES))
def test_fit_learns_every_gate_by_default(gate):
    net, history = trained(gate)
    X, Y = truth_table(gate)

    assert [predict(net, x) for x in X] == Y
    assert history.loss[-1] < history.loss[0]
    assert history.stopped == "all epochs"


@pytest.mark.parametrize(("batch_size", "updates"), [(1, 20), (5, 4), (8, 3), (None, 1)])
def test_C5_updates_are_counted(batch_size, updates):
    X, Y = [[i / 20] for i in range(20)], [i / 10 for i in range(20)]
    history = fit(MLP(1, [1], seed=0), X, Y, epochs=3, batch_size=batch_size, progress=False)

    assert history.updates == 3 * updates
    assert len(history.loss) == len(history.seconds) == 3


def test_mini_batches_follow_the_seed():
    def order(seed):
        seen = []

        def loss(outputs, target):
            seen.append(target)
            return (outputs[0] - target) ** 2

        X, Y = [[float(i)] for i in range(6)], list(range(6))
        fit(MLP(1, [1], seed=0), X, Y, loss=lambda o, t: loss(o, t[0]), epochs=2, batch_size=2, seed=seed,
            runner="eager", progress=False)  # fmt: skip
        return seen

    from random import Random

    random, expected = Random(7), []
    for _ in range(2):
        indices = list(range(6))
        random.shuffle(indices)
        expected += indices

    assert order(7) == [0.0, *expected]  # fit calls the model once before training
    assert order(7) == order(7) != order(8)


def test_graph_does_not_grow_with_steps():
    """Trap 9: parameters stay leaves, whatever the optimizer does to them."""
    net, _ = trained(epochs=5)

    assert all(p.primitive is None for p in net.parameters())


def test_trap_38_fit_stops_a_diverging_rate():
    X, Y = truth_table("xor")
    net = MLP(2, [4, 1], "relu", seed=0)
    with pytest.raises(nn.training.NonfiniteLossError, match="the loss became") as caught:
        fit(net, X, Y, optimizer=SGD(net.parameters(), 1e6), progress=False)

    history = caught.value.history
    assert history.stopped == "non-finite loss"
    assert 0 < history.epochs < 1000
    assert history.loss[-1] - history.loss[-1] == 0


def test_ctrl_c_keeps_what_was_learned():
    X, Y = truth_table("xor")
    net, calls = MLP(2, [4, 1], seed=0), []

    def loss(outputs, target):
        calls.append(1)
        if len(calls) > 41:  # one of them before training
            raise KeyboardInterrupt
        return nn.squared_error(outputs, target)

    before = evaluate(net, X, Y)[0]
    history = fit(net, X, Y, loss=loss, runner="eager", progress=False)

    assert history.interrupted
    assert history.epochs == 10
    assert evaluate(net, X, Y)[0] < before


@EVERY
def test_losses_are_floats(runner):
    history = trained(epochs=4, batch_size=1, runner=runner)[1]
    assert {*map(type, history.loss)} == {*map(type, history.seconds)} == {float}


def test_fit_takes_numpy_rows():
    np = pytest.importorskip("numpy")
    X, Y = truth_table("xor")
    net = MLP(2, [4, 1], seed=0)
    history = fit(net, np.array(X), np.array(Y), epochs=20, progress=False)

    assert history.loss == trained(epochs=20)[1].loss


def test_history_records_accuracy_and_gradient_norms():
    net, history = trained(epochs=5, record=["accuracy", "gradient_norms"])
    X, Y = truth_table("xor")

    assert len(history.accuracy) == len(history.gradient_norms) == 5
    assert history.accuracy[-1] == evaluate(net, X, Y)[1]
    numbers = fit(net, X, [0.2, 0.4, 0.6, 0.8], epochs=2, record=["accuracy"], progress=False).accuracy
    assert all(map(math.isnan, numbers))  # accuracy needs classes
    assert [list(norms) for norms in history.gradient_norms] == [["layers.0", "layers.1"]] * 5
    assert all(norm > 0.0 for norms in history.gradient_norms for norm in norms.values())
    with pytest.raises(ValueError, match="unknown record 'speed': choose one of accuracy, gradient_norms"):
        trained(epochs=1, record=["speed"])


def test_gradient_norms_of_the_last_mini_batch():
    net, history = trained(epochs=1, record=["gradient_norms"])
    first = [p.grad for p in net.layers[0].neurons[0].parameters()]

    assert nn.training.gradient_norms(net) == history.gradient_norms[0]
    assert any(first)


@EVERY
def test_fit_and_diagnose_with_equal_weights(runner, tmp_path):
    """Equal numbers are not the same parameter: each is found, trained, penalized, saved and examined on its own."""
    X, Y = truth_table("xor")
    net = MLP(2, [3, 1], initializer="ones", bias=False)
    assert len(net.parameters()) == 9

    record = ["accuracy", "gradient_norms"]
    history = fit(net, X, Y, epochs=3, penalty=nn.losses.l2(0.01), record=record, runner=runner, progress=False)
    hidden = [[w.data for w in neuron.w] for neuron in net.layers[0].neurons]
    nn.save(net, tmp_path / "net.json")

    assert history.loss[-1] < history.loss[0]
    assert hidden[0] == pytest.approx([hidden[0][0]] * 2)
    assert hidden[0] == hidden[1] == hidden[2]
    assert nn.load(tmp_path / "net.json").state_dict() == net.state_dict()
    assert "identical units" in nn.diagnose(net, X, Y, history=history).kinds
    assert evaluate(net, X, Y)[1] == sum(predict(net, x) == y for x, y in zip(X, Y)) / len(X)


# --- Stopping, callbacks, resuming ---------------------------------------------------------------


def test_B6_loss_below_stops():
    _, history = trained(callbacks=[nn.training.loss_below(0.01)])

    assert history.stopped == "loss below 0.01"
    assert history.loss[-1] < 0.01 <= min(history.loss[:-1])


def test_early_stopping_stops():
    X, Y = truth_table("xor")
    net = MLP(2, [4, 1], initializer="zeros")
    history = fit(net, X, Y, callbacks=[nn.EarlyStopping(5, 1e-9)], progress=False)

    assert history.stopped == "no better loss in 5 epochs"
    assert history.epochs < 200


def test_C4_parameters_still_stops():
    X, Y = truth_table("and")
    net = MLP(2, [1], initializer="zeros")
    history = fit(net, X, Y, callbacks=[nn.training.parameters_still()], epochs=20_000, progress=False)

    assert history.stopped == "parameters stand still"
    assert history.loss[-1] == pytest.approx(0.0625)


def test_callbacks_see_model_and_history():
    seen = []
    net, history = trained(epochs=3, callbacks=[lambda model, history: seen.append((model, history.epochs))])

    assert seen == [(net, 1), (net, 2), (net, 3)]
    assert history.stopped == "all epochs"


def test_callback_stops_by_a_reason():
    _, history = trained(callbacks=[lambda model, history: "enough" if history.epochs == 4 else None])

    assert (history.epochs, history.stopped) == (4, "enough")


def test_callback_exception_leaves_the_net_trained():
    X, Y = truth_table("xor")
    net = MLP(2, [4, 1], seed=0)

    def broken(model, history):
        raise RuntimeError("my own mistake")

    with pytest.raises(RuntimeError, match="my own mistake"):
        fit(net, X, Y, callbacks=[broken], progress=False)
    twin, _ = trained(epochs=1)
    assert net.state_dict() == twin.state_dict()


@pytest.mark.parametrize("batch_size", [None, 3])
def test_resume_continues_the_run(batch_size):
    X, Y = truth_table("xor")
    whole, parts = MLP(2, [4, 1], seed=0), MLP(2, [4, 1], seed=0)
    options = {"batch_size": batch_size, "progress": False}
    expected = fit(whole, X, Y, optimizer=nn.Adam(whole.parameters(), 0.01), epochs=30, **options)
    history = fit(parts, X, Y, optimizer=nn.Adam(parts.parameters(), 0.01), epochs=12, **options)
    again = fit(parts, X, Y, epochs=18, resume=history, **options)

    assert again is history
    assert history.loss == expected.loss
    assert history.updates == expected.updates
    assert parts.state_dict() == whole.state_dict()


def test_resume_after_ctrl_c():
    X, Y = truth_table("xor")
    net = MLP(2, [4, 1], seed=0)

    def stop(model, history):
        if history.epochs == 10:
            raise KeyboardInterrupt

    history = fit(net, X, Y, epochs=100, callbacks=[stop], progress=False)
    fit(net, X, Y, epochs=90, resume=history, progress=False)

    assert not history.interrupted
    assert history.loss == trained(epochs=100)[1].loss


def test_learning_rate_with_a_named_optimizer():
    by_name, by_hand = MLP(2, [4, 1], seed=0), MLP(2, [4, 1], seed=0)
    X, Y = truth_table("xor")

    history = fit(by_name, X, Y, optimizer="adam", learning_rate=0.02, epochs=3, progress=False)
    fit(by_hand, X, Y, optimizer=nn.Adam(by_hand.parameters(), 0.02), epochs=3, progress=False)

    assert by_name.state_dict() == by_hand.state_dict()
    assert trained(learning_rate=0.3, epochs=1)[1].optimizer.learning_rate == 0.3
    for given in ({"optimizer": history.optimizer}, {"resume": history}):
        with pytest.raises(ValueError, match="an optimizer has its own learning rate"):
            fit(by_name, X, Y, learning_rate=0.1, progress=False, **given)


def test_optimizer_by_name():
    _, history = trained(epochs=1, optimizer="adam")

    assert repr(history.optimizer) == "Adam(learning_rate=0.02)"


# --- Penalty, evaluation, progress ---------------------------------------------------------------


def test_penalty_on_every_mini_batch():
    X, Y = truth_table("xor")
    net = MLP(2, [4, 1], seed=0)
    history = fit(net, X, Y, epochs=1, penalty=lambda model: Value(10.0), progress=False)

    assert history.loss[0] == pytest.approx(trained(epochs=1)[1].loss[0] + 10.0)


def test_evaluate_loss_and_share_right():
    X, Y = truth_table("and")
    gate = MLP.from_matrices([[-30, 20, 20]], output="sigmoid")

    loss, accuracy = evaluate(gate, X, Y, "binary_cross_entropy")
    assert loss == pytest.approx(0.00013619669774417016 / 4, rel=1e-12)
    assert accuracy == 1.0


def test_progress_without_a_terminal(capsys):
    X, Y = truth_table("xor")
    fit(MLP(2, [4, 1], seed=0), X, Y, epochs=50)

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("epoch 5 of 50: loss ")


def test_progress_in_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    X, Y = truth_table("xor")
    fit(MLP(2, [4, 1], seed=0), X, Y, epochs=20)

    assert "20/20" in sys.stderr.getvalue()
    assert "loss 0." in sys.stderr.getvalue()


def test_history_repr():
    net, history = trained(epochs=1)
    empty = nn.training.History(history.optimizer, history.random)

    assert repr(history) == "History(1 epoch, 1 update, loss 0.676595 -> 0.676595, stopped: all epochs)"
    assert repr(empty) == "History(0 epochs, 0 updates, stopped: not yet)"
    assert not net.parameters()[0].primitive


def rate_of_success(seeds, sizes, activation, rate, epochs):
    """The share of these random starts that learn XOR with full-batch SGD."""
    X, Y = truth_table("xor")
    right = 0
    for seed in seeds:
        net = MLP(2, sizes, activation, seed=seed)
        with contextlib.suppress(nn.training.NonfiniteLossError):
            fit(net, X, Y, optimizer=SGD(net.parameters(), rate), epochs=epochs, progress=False)
            right += evaluate(net, X, Y)[1] == 1.0
    return right / len(seeds)


def test_trap_37_fit_learns_from_every_start():
    assert rate_of_success(range(8), [4, 1], "tanh", 0.1, 1000) == 1.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "activation", "rate", "epochs", "least", "most"),
    [
        ([2, 1], "relu", 0.5, 500, 0.05, 0.21),  # about 13 %, plus or minus two standard deviations of 200 runs
        ([2, 1], "tanh", 0.5, 500, 0.82, 0.94),  # about 88 %
        ([3, 1], "tanh", 0.5, 500, 0.88, 0.98),  # about 93 %
        ([4, 1], "tanh", 0.1, 1000, 1.0, 1.0),
    ],
)
def test_trap_37_fit_counts_starts_that_learn_xor(sizes, activation, rate, epochs, least, most):
    assert least <= rate_of_success(range(200), sizes, activation, rate, epochs) <= most
