"""BatchNorm against PyTorch, in Sequential and in user-defined models, with fit, ctrl-C, files and pictures."""

import json
import math
import random
from pathlib import Path

import pytest

import visualize
from autodiff import Value, check_gradients
from autodiff.flat import Unsupported
from nn import (
    MLP,
    SGD,
    BatchNorm,
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
from nn.losses import l2
from nn.normalization import batch_norm
from nn.training import NonfiniteLossError
from tests.support.children import interrupted

X, Y = truth_table("xor")
ROWS = [[1.0, -2.0], [3.0, 0.5], [-1.0, 4.0]]
TORCH = json.loads((Path(__file__).parents[1] / "data/torch_batch_norm.json").read_text(encoding="utf-8"))
EPOCHS = 4


def net_with_norm(seed=0):
    return Sequential(Layer(2, 4, seed=seed), BatchNorm(4), math_tanh, Layer(4, 1, seed=seed + 1))


def math_tanh(x):
    return [x_i.tanh() if type(x_i) is Value else math.tanh(x_i) for x_i in x]


def trained(net, epochs=5, **options):
    return fit(net, X, Y, epochs=epochs, progress=False, **options)


def norm_of(net):
    return next(layer for layer in net.layers if isinstance(layer, BatchNorm))


# --- PyTorch -------------------------------------------------------------------------------------


class Masks(random.Random):
    """A generator that yields PyTorch's masks."""

    def __new__(cls, masks):
        return super().__new__(cls, 0)

    def __init__(self, masks):
        super().__init__(0)
        self.waiting = iter("".join(masks))

    def random(self):
        return 1.0 if next(self.waiting) == "1" else 0.0

    def getstate(self):
        return ()

    def setstate(self, state):
        pass


def in_torchs_order(net):
    first, norm, _, _, last = net.layers

    def linear(layer):
        return [[w.data for w in neuron.w] for neuron in layer.neurons], [neuron.b.data for neuron in layer.neurons]

    learned = [p.data for p in norm.scale], [p.data for p in norm.shift]
    return [*linear(first), *learned, *linear(last), norm.running_mean, norm.running_variance]


def flat(numbers):
    return [x for part in numbers for x in flat(part)] if isinstance(numbers, list) else [numbers]


def test_batch_norm_matches_pytorch():
    """BatchNorm1d and Dropout in one net: losses, parameters, running statistics and final outputs."""
    norm, dropout = BatchNorm(3, momentum=0.2, epsilon=1e-4), Dropout(TORCH["share"], seed=Masks(TORCH["masks"]))
    net = Sequential(Layer(2, 3), norm, math_tanh, dropout, Layer(3, 1))
    for layer, (weights, biases) in ((net.layers[0], TORCH["start"][:2]), (net.layers[4], TORCH["start"][4:])):
        for neuron, row, b in zip(layer.neurons, weights, biases, strict=True):
            neuron.b.data = b
            for w, number in zip(neuron.w, row, strict=True):
                w.data = number
    for values, numbers in ((norm.scale, TORCH["start"][2]), (norm.shift, TORCH["start"][3])):
        for p, number in zip(values, numbers, strict=True):
            p.data = number
    wanted = {entry["step"]: entry["numbers"] for entry in TORCH["found"]}
    seen = []

    def compare(model, history):
        if history.epochs in wanted:
            seen.append(history.epochs)
            assert flat(in_torchs_order(model)) == pytest.approx(flat(wanted[history.epochs]), rel=1e-10, abs=1e-10)

    history = fit(
        net, TORCH["X"], TORCH["Y"], "squared_error", SGD(net.parameters(), 0.1), 100, callbacks=compare, progress=False
    )

    assert seen == [1, 10, 50, 100]
    assert history.loss == pytest.approx(TORCH["losses"], rel=1e-10)
    assert [net(x)[0].data for x in TORCH["X"]] == pytest.approx(TORCH["outputs"], rel=1e-10)


# --- The layer -----------------------------------------------------------------------------------


def test_batch_norm_in_training():
    norm = BatchNorm(2, momentum=0.25).train()
    outputs = norm.batch(ROWS)

    assert [[y.data for y in row] for row in outputs] == batch_norm(ROWS)
    assert norm.running_mean == pytest.approx([0.25 * 1.0, 0.25 * 2.5 / 3])
    variance = sum((x - 2.5 / 3) ** 2 for x in (-2.0, 0.5, 4.0)) / 2
    assert norm.running_variance == pytest.approx([0.75 + 0.25 * 4.0, 0.75 + 0.25 * variance])


def test_batch_norm_in_evaluation():
    norm = BatchNorm(1, epsilon=0.5)
    norm.running_mean, norm.running_variance = [2.0], [3.5]
    norm.scale[0].data, norm.shift[0].data = 3.0, 1.0

    assert norm([6.0])[0].data == norm.batch([[6.0]])[0][0].data == 3.0 * (6.0 - 2.0) / 2.0 + 1.0
    assert (norm.running_mean, norm.running_variance) == ([2.0], [3.5])


def test_batch_norm_gradients():
    def loss(numbers):
        norm = BatchNorm(2).train()
        rows = norm.batch([numbers[:2], numbers[2:4], numbers[4:]])
        return sum([y * y * y * (i + 1.0) for row in rows for i, y in enumerate(row)])

    assert check_gradients(loss, [x for row in ROWS for x in row])


def test_batch_norm_refuses_one_row_in_training():
    norm = BatchNorm(2).train()
    for call in (lambda: norm([1.0, 2.0]), lambda: norm.batch([[1.0, 2.0]])):
        with pytest.raises(ValueError, match=r"BatchNorm\(2 units\) needs at least 2 rows in training, got 1.*eval"):
            call()
    assert norm.running_mean == [0.0, 0.0]


def test_batch_norm_refuses_a_last_batch_of_one_row():
    net = net_with_norm()
    before = net.state_dict()
    with pytest.raises(ValueError, match=r"needs at least 2 rows.*choose a batch_size"):
        trained(net, 3, batch_size=3)

    assert net.state_dict() == before
    assert not norm_of(net).training


# --- Models --------------------------------------------------------------------------------------


class Own(Module):
    def __init__(self):
        self.first, self.norm, self.last = Layer(2, 4, seed=0), BatchNorm(4), Layer(4, 1, seed=1)

    def __call__(self, x):
        return self.last(math_tanh(self.norm(self.first(x))))

    def batch(self, rows):
        return [self.last(math_tanh(h)) for h in self.norm.batch([self.first(x) for x in rows])]


def test_batch_norm_in_ones_own_model():
    own, net = Own(), net_with_norm()

    assert trained(own).loss == pytest.approx(trained(net).loss, rel=1e-12)
    assert [own(x)[0].data for x in X] == pytest.approx([net(x)[0].data for x in X], rel=1e-12)


def test_batch_norm_calls_a_subclass():
    """Sequential's ``batch`` does not know a subclass's ``__call__``."""

    class Doubled(Sequential):
        def __call__(self, x):
            return [2.0 * y for y in super().__call__(x)]

    def layers():
        return Layer(2, 3, "tanh", seed=0), Layer(3, 1, seed=1)

    class Twice(Module):
        def __init__(self):
            self.net = Sequential(*layers())

        def __call__(self, x):
            return [2.0 * y for y in self.net(x)]

    assert trained(Doubled(*layers())).loss == trained(Twice()).loss


def test_batch_norm_in_nested_sequentials():
    inner = Sequential(BatchNorm(4), math_tanh)
    net = Sequential(Layer(2, 4, seed=0), inner, Layer(4, 1, seed=1))
    flat_net = net_with_norm()

    assert trained(net).loss == trained(flat_net).loss


def test_batch_without_norm_trains_the_same():
    net, mlp = Sequential(*MLP(2, [4, 1], seed=0).layers), MLP(2, [4, 1], seed=0)

    assert trained(net, runner="eager", batch_size=3).loss == trained(mlp, runner="eager", batch_size=3).loss
    assert list(net.state_dict().values()) == list(mlp.state_dict().values())


def test_batch_norm_scale_and_shift_are_no_weights():
    net = net_with_norm()

    assert len(net.parameters()) == 12 + 8 + 5
    assert len(net.weights()) == 8 + 4
    assert trained(net, penalty=l2(0.01)).epochs == 5


# --- fit -----------------------------------------------------------------------------------------


def test_batch_norm_learns_and_predicts():
    net = net_with_norm()
    history = trained(net, 300, record="accuracy")

    assert history.accuracy[-1] == 1.0
    assert evaluate(net, X, Y)[1] == 1.0
    assert [predict(net.train(), x) for x in X] == list(Y)
    assert norm_of(net).running_mean != [0.0] * 4


@pytest.mark.parametrize("runner", ["source", "batch", "native"])
@pytest.mark.parametrize(("count", "batch_size"), [(8, None), (10, 4), (12, 5)])
def test_batch_norm_in_recorded_runners(runner, count, batch_size):
    """Also with layers, Dropout and mini-batches of two sizes between, and with a layer called twice."""
    draw = random.Random(0).uniform
    rows, targets = [[draw(-1, 1), draw(-1, 1)] for _ in range(count)], [[draw(-1, 1)] for _ in range(count)]
    found = []
    for name in ("eager", runner):
        twice = Sequential(BatchNorm(3, momentum=0.3), math_tanh)
        inner = Layer(3, 3, seed=1), Dropout(0.25, seed=2)
        net = Sequential(BatchNorm(2), Layer(2, 3, seed=0), twice, *inner, twice, Layer(3, 1, seed=3))
        options = {"optimizer": SGD(net.parameters(), 0.05, momentum=0.5), "penalty": l2(0.01), "seed": 1}
        options |= {"loss": "squared_error", "epochs": 6, "batch_size": batch_size, "progress": False}
        history = fit(net, rows, targets, runner=name, **options)
        assert history.runner == name
        found.append([history.loss, list(net.state_dict().values()), [p.grad for p in net.parameters()]])

    for ours, eagers in zip(*found):
        assert ours == pytest.approx(eagers, rel=1e-12, abs=1e-12)


class Mixed(Own):
    def batch(self, rows):
        first, *others = [self.first(x) for x in rows]
        return [self.last(math_tanh(h)) for h in self.norm.batch([first, *[[2.0 * z for z in h] for h in others]])]


@pytest.mark.parametrize("make", [Own, Mixed])
def test_batch_norm_runners_say_why_not(make):
    net = make()
    before = net.state_dict()
    for runner in ("source", "batch", "native"):
        with pytest.raises(Unsupported, match=r"BatchNorm\(4 units\) normalizes all rows.*runner='eager'"):
            trained(net, runner=runner)

    assert net.state_dict() == before


def test_batch_norm_in_auto_and_fit_many():
    net, eager = net_with_norm(1), net_with_norm(1)
    runs = fit_many(net_with_norm, X, Y, seeds=range(2), epochs=6, progress=False)
    history = trained(net, 6)

    assert history.runner == "source"
    assert history.loss == pytest.approx(trained(eager, 6, runner="eager").loss, rel=1e-12)
    assert list(net.state_dict().values()) == pytest.approx(list(eager.state_dict().values()), rel=1e-12)
    assert runs.model(1).state_dict() == net.state_dict()  # with the running statistics
    assert runs.accuracy[0][1] == evaluate(net, X, Y)[1]


class Run:
    def __init__(self, epochs=EPOCHS):
        self.net, self.epochs, self.history = net_with_norm(), epochs, None

    def fit(self):
        self.history = trained(self.net, self.epochs, batch_size=2)
        return self

    def state(self):
        return self.net.state_dict(), [p.grad for p in self.net.parameters()]


def test_batch_norm_after_ctrl_c():
    whole = [Run(), *[Run(n).fit() for n in range(1, EPOCHS + 1)]]
    lines = interrupted(Run(), 0)
    seen = set()
    for line in range(1, lines, max(1, lines // 120)):
        run = Run()
        interrupted(run, line)
        assert not norm_of(run.net).training, line
        if (history := run.history) is None:
            continue
        seen.add(done := history.epochs)
        assert history.loss == whole[-1].history.loss[:done]
        assert run.state() == whole[done].state(), line
        if done < EPOCHS:
            trained(run.net, EPOCHS - done, batch_size=2, resume=history)
            assert run.state() == whole[-1].state(), line
    assert len(seen) > 2


def test_batch_norm_after_a_nonfinite_loss():
    net, twin = net_with_norm(), net_with_norm()
    with pytest.raises(NonfiniteLossError) as caught:
        trained(net, 50, optimizer=SGD(net.parameters(), 1e100))
    trained(twin, caught.value.history.epochs, optimizer=SGD(twin.parameters(), 1e100))

    assert net.state_dict() == twin.state_dict()
    assert all(map(math.isfinite, net.state_dict().values()))


# --- Saving, drawing, diagnosing -----------------------------------------------------------------


def test_batch_norm_saves_and_loads(tmp_path):
    net = net_with_norm()
    trained(net)
    save(net, tmp_path / "net.json")
    other = load(tmp_path / "net.json", into=net_with_norm(5))

    assert list(net.state_dict())[-1] == "layers.1.running_variance.3"
    assert other.state_dict() == net.state_dict()
    assert [other(x)[0].data for x in X] == [net(x)[0].data for x in X]
    with pytest.raises(ValueError, match="8 missing"):
        net.load_state_dict({name: 0.0 for name in net.state_dict() if "running" not in name})
    assert other.state_dict() == net.state_dict()


def test_batch_norm_state_names():
    assert list(BatchNorm(1).state_dict()) == ["scale.0", "shift.0", "running_mean.0", "running_variance.0"]


def test_batch_norm_draw_and_diagnose(tmp_path):
    net = net_with_norm()
    history = trained(net)
    before = net.state_dict()

    assert repr(norm_of(net)) == "BatchNorm(4 units)"
    assert "shift0" in visualize.draw(net(X[1])[0]).svg()
    visualize.page(net(X[1])[0]).save(str(tmp_path / "net.html"))
    assert (tmp_path / "net.html").exists()
    assert "loss" in str(diagnose(net.train(), X, Y, history=history))
    assert net.state_dict() == before
    with pytest.raises(TypeError, match=r"BatchNorm\(4 units\) normalizes all rows.*show a net without it"):
        visualize.playground(net, X, Y)
