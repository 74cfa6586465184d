"""fit on sequences of different lengths: a target for each sequence, or for each position."""

import math
import random

import pytest

import autodiff
import nn
from autodiff import Value
from autodiff.flat.backends.llvm.code import Functions
from autodiff.flat.backends.llvm.steps import Singles
from nn import GPT, Adam, Convolution, Dropout, Layer, Module, RecurrentCell, Sequential, evaluate, fit

r = random.Random(2)
SEQUENCES = [[[r.uniform(-1.0, 1.0)] for _ in range(n)] for n in (3, 5, 4, 6, 3, 5, 7, 4)]
SUMS = [sum(x for [x] in sequence) for sequence in SEQUENCES]
WORDS = [[3, 0, 1, 2, 3], [3, 0, 1, 3], [3, 2, 1, 0, 1, 3]]


class RunningSign(Module):
    """At each position: whether the sum so far is above 0."""

    takes_sequences = True

    def __init__(self, seed=0):
        self.cell, self.head = RecurrentCell(1, 3, seed=seed), Layer(3, 1, "sigmoid", seed=seed)

    def __call__(self, sequence):
        return [self.head(h) for h in self.cell.states(sequence)]


def total(seed=0):
    return Sequential(RecurrentCell(1, 4, seed=seed), Layer(4, 1, seed=seed))


@pytest.mark.parametrize("runner", ["auto", "native", "source"])
def test_recurrent_net_trains_as_in_eager_code(runner):
    found = []
    for chosen in (runner, "eager"):
        net = total()
        history = fit(net, SEQUENCES, SUMS, optimizer="adam", epochs=4, runner=chosen, seed=3, progress=False)
        found.append((history, [x.data for x in net.parameters()]))
    (history, numbers), (eager, expected) = found
    assert history.runner == ("native" if runner == "auto" else runner)
    assert history.updates == eager.updates == 4 * len(SEQUENCES)
    assert history.loss == pytest.approx(eager.loss, rel=1e-10)
    assert numbers == pytest.approx(expected, rel=1e-8)


def test_recurrent_net_learns():
    net = total()
    history = fit(net, SEQUENCES, SUMS, optimizer="adam", epochs=200, progress=False)
    assert history.loss[-1] < 0.02 < history.loss[0]
    assert evaluate(net, SEQUENCES, SUMS)[0] < 0.02


def test_loss_at_each_position_is_a_mean():
    targets = [
        [float(sum(x for [x] in sequence[: i + 1]) > 0.0) for i in range(len(sequence))] for sequence in SEQUENCES
    ]
    net, other = RunningSign(), RunningSign()
    given = {"optimizer": "adam", "epochs": 3, "progress": False, "record": "accuracy"}
    history = fit(net, SEQUENCES, targets, "binary_cross_entropy", **given)
    eager = fit(other, SEQUENCES, targets, "binary_cross_entropy", runner="eager", **given)
    assert (history.runner, eager.runner) == ("native", "eager")
    assert history.loss == pytest.approx(eager.loss, rel=1e-10)
    assert history.accuracy == eager.accuracy
    mean = evaluate(net, SEQUENCES[:1], targets[:1], "binary_cross_entropy")[0]
    outputs = [row[0].data for row in net(SEQUENCES[0])]
    own = [-math.log(p if t else 1.0 - p) for p, t in zip(outputs, targets[0])]
    assert mean == pytest.approx(sum(own) / len(own))


def test_gpt_trains_by_fit():
    X, Y = [word[:-1] for word in WORDS], [word[1:] for word in WORDS]
    fitted, own = GPT(4, 8, 2, 1, 6, seed=0), GPT(4, 8, 2, 1, 6, seed=0)
    history = fit(fitted, X, Y, "cross_entropy", Adam(fitted.parameters()), epochs=2, seed=1, progress=False)
    orders, shuffled = random.Random(1), []
    for _ in range(2):
        order = [0, 1, 2]
        orders.shuffle(order)
        shuffled += [WORDS[i] for i in order]
    losses = autodiff.compile(own.loss).trainer(own, Adam(own.parameters())).run(shuffled)
    assert history.loss == pytest.approx([sum(losses[:3]) / 3, sum(losses[3:]) / 3], rel=1e-10)
    fit(fitted, X, Y, "cross_entropy", resume=history, epochs=150, progress=False)
    assert evaluate(fitted, X, Y, "cross_entropy")[0] < 0.5


def test_validation_patience_penalty_and_ctrl_c():
    net = total()

    def stop(model, history):
        if history.epochs == 3:
            raise KeyboardInterrupt

    data = {"validation_data": (SEQUENCES[:2], SUMS[:2]), "penalty": nn.losses.l2(0.01), "progress": False}
    history = fit(net, SEQUENCES[2:], SUMS[2:], optimizer="adam", epochs=9, patience=5, callbacks=stop, **data)
    assert (history.stopped, history.epochs, len(history.validation_loss)) == ("interrupted", 3, 3)
    other = total()
    eager = fit(other, SEQUENCES[2:], SUMS[2:], optimizer="adam", epochs=3, runner="eager", **data)
    assert history.loss == pytest.approx(eager.loss, rel=1e-10)
    assert history.validation_loss == pytest.approx(eager.validation_loss, rel=1e-10)


class Scaled(Module):
    """A sum times a number in a file, which the model does not show."""

    takes_sequences = True

    def __init__(self, file):
        self.w, self.file = Value(0.5), file

    def __call__(self, sequence):
        return self.w * sum(x for [x] in sequence) * float(self.file.read_text())


def test_step_that_no_longer_holds_runs_eagerly(tmp_path):
    found, file = [], tmp_path / "scale"
    for runner in ("auto", "eager"):

        def halve(model, history):
            if history.epochs == 2:
                file.write_text("0.5")

        file.write_text("1.0")
        model = Scaled(file)
        history = fit(model, SEQUENCES, SUMS, epochs=6, runner=runner, callbacks=halve, progress=False)
        found.append((history, model.w.data))
    (history, number), (eager, expected) = found
    assert history.runner == "eager"
    assert "recorded differently" in history.why
    assert history.loss == pytest.approx(eager.loss, rel=1e-12)
    assert number == pytest.approx(expected, rel=1e-12)


class Forgetful(Module):
    """A sum that drops a part of long sequences in training."""

    takes_sequences = True

    def __init__(self):
        self.w, self.dropout = Value(0.5), Dropout(0.5, seed=4)

    def __call__(self, sequence):
        terms = [x for [x] in sequence]
        return self.w * sum(self.dropout(terms) if len(terms) == 5 else terms)


def test_dropout_on_some_lengths_is_not_recorded():
    X, Y = [[[1.0]] * n for n in (3, 4, 5, 6, 3)], [1.0, 2.0, 3.0, 4.0, 1.0]
    found = []
    for runner in ("auto", "eager"):
        model = Forgetful()
        history = fit(model, X, Y, optimizer="adam", epochs=3, runner=runner, progress=False)
        found.append((history.loss, model.w.data, model.dropout.random.getstate()))
    assert found[0] == found[1]
    assert history.runner == "eager"
    with pytest.raises(TypeError, match="draws anew for each position of a sequence"):
        fit(Forgetful(), X, Y, epochs=3, runner="native", progress=False)


def test_convolution_trains_in_machine_code():
    X, Y = [[x for [x] in sequence] for sequence in SEQUENCES if len(sequence) == 5], [1.0, -1.0]
    found = []
    for runner in ("native", "eager"):
        net = Sequential(Convolution(2, "tanh", seed=0), Convolution(3, "relu", seed=1), Layer(2, 1, seed=2))
        history = fit(net, X, Y, optimizer="adam", epochs=20, runner=runner, progress=False)
        found.append((history.loss, [x.data for x in net.parameters()]))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-10)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-8)


class Stack(Module):
    """Recurrent cells of different sizes, one on the states of the other."""

    takes_sequences = True

    def __init__(self, seed=0):
        self.first, self.second = RecurrentCell(1, 3, seed=seed), RecurrentCell(3, 2, seed=seed)
        self.head = Layer(2, 1, seed=seed)

    def __call__(self, sequence):
        return self.head(self.second(self.first.states(sequence)))


@pytest.mark.parametrize("make", [total, RunningSign, Stack])
def test_one_program_serves_all_lengths(make, monkeypatch):
    made = []
    monkeypatch.setattr(Singles, "end", lambda self: made.append(self) or Functions.end(self))
    Y = [[1.0] * len(sequence) for sequence in SEQUENCES] if make is RunningSign else SUMS
    longest = sorted(zip(SEQUENCES, Y), key=lambda example: -len(example[0]))  # its own program is not needed
    history = fit(make(seed=7), *zip(*longest), epochs=2, penalty=nn.losses.l2(0.03), progress=False)
    assert history.runner == "native"
    assert len({id(each) for each in made}) == 1


def test_batches_of_sequences_run_eagerly():
    history = fit(total(), SEQUENCES, SUMS, epochs=1, batch_size=4, progress=False)
    assert (history.runner, history.updates) == ("eager", 2)
    assert "several sequences" in history.why


def test_loss_that_is_not_finite_stops_before_the_step():
    net, (X, Y) = total(), (SEQUENCES, [*SUMS[:-1], math.inf])
    with pytest.raises(nn.training.NonfiniteLossError) as caught:
        fit(net, X, Y, epochs=5, progress=False)
    assert caught.value.loss == math.inf
    assert all(math.isfinite(x.data) for x in net.parameters())
