"""A run that is saved and goes on in another process, as if it had never stopped."""

import json
import subprocess
import sys
from itertools import product

import pytest

from nn import MLP, SGD, Adam, BatchNorm, Dropout, Layer, RecurrentCell, Sequential, cosine, fit, load, moons, save
from nn.optim import OPTIMIZERS, Optimizer, RMSProp, linear_decay, optimizer_named, step_decay
from nn.serialization import ModelFileError, checksum
from nn.training import EarlyStopping, load_history

X, Y = moons(24)
TARGETS = [float(y) for y in Y]


def train(model, epochs, runner="source", resume=None, optimizer=None, **options):
    settings = {"batch_size": 7, "seed": 3, "progress": False} | options
    return fit(model, X, TARGETS, epochs=epochs, runner=runner, resume=resume, optimizer=optimizer, **settings)


def restarted(tmp_path, make, epochs=6, runner="source", optimizer=lambda model: "adam", **options):
    """(history and numbers of the whole run, those of a run that was saved in the middle)."""
    whole, first, second = make(), make(), make()
    expected = train(whole, 2 * epochs, runner, optimizer=optimizer(whole), **options)
    save(first, tmp_path / "net.json", train(first, epochs, runner, optimizer=optimizer(first), **options))
    if type(second) is MLP:
        second = load(tmp_path / "net.json")
    found = train(second, epochs, runner, load_history(tmp_path / "net.json", second), **options)
    return (expected, whole), (found, second)


def assert_same(expected, found):
    (history, model), (other, twin) = expected, found
    assert other.loss == history.loss
    assert (other.epochs, other.updates) == (history.epochs, history.updates)
    assert twin.state_dict() == model.state_dict()
    assert other.optimizer.state_dict() == history.optimizer.state_dict()
    assert other.random.getstate() == history.random.getstate()


def small():
    return MLP(2, [3, 1], seed=0)


def unruly():
    first, last = Layer(2, 3, "tanh", seed=0), Layer(3, 1, seed=1)
    return Sequential(first, BatchNorm(3), Dropout(0.3, seed=5), last, Dropout(0.1, seed=6))


@pytest.mark.parametrize(("name", "runner"), [*product(OPTIMIZERS, ["eager", "source", "batch", "native"])])
def test_restart_of_every_optimizer_and_runner(tmp_path, name, runner):
    if runner == "native":
        pytest.importorskip("llvmlite")
    assert_same(*restarted(tmp_path, small, 5, runner, lambda model: name))


@pytest.mark.parametrize("runner", ["eager", "source"])
def test_restart_with_dropout_and_batch_norm(tmp_path, runner):
    assert_same(*restarted(tmp_path, unruly, 4, runner))


@pytest.mark.parametrize("schedule", [cosine(40), linear_decay(30, warmup=5, end=0.1), step_decay(9, 0.5)])
def test_restart_in_the_middle_of_a_schedule(tmp_path, schedule):
    def optimizer(model):
        return SGD(model, 0.2, momentum=0.8, nesterov=True, weight_decay=0.01, clip_norm=0.7, schedule=schedule)

    expected, found = restarted(tmp_path, small, optimizer=optimizer)
    assert_same(expected, found)
    assert found[0].optimizer.schedule(20) == schedule(20)


@pytest.mark.parametrize("make", [lambda m: RMSProp(m, 0.02, 0.9, 1e-6), lambda m: Adam(m, 0.01, (0.8, 0.99), 1e-6)])
def test_restart_keeps_all_settings(tmp_path, make):
    assert_same(*restarted(tmp_path, small, optimizer=make))


def test_restart_of_a_frozen_layer_and_all_lists(tmp_path):
    options = {"record": ["accuracy", "gradient_norms"], "validation_data": (X[:5], TARGETS[:5])}
    expected, found = restarted(tmp_path, small, 3, optimizer=lambda m: Adam(m.layers[1], 0.1), **options)

    assert_same(expected, found)
    for name in ("accuracy", "validation_loss", "validation_accuracy", "gradient_norms"):
        assert getattr(found[0], name) == getattr(expected[0], name)


def test_restart_of_sequences(tmp_path):
    sequences = [[[0.1 * i], [0.5], [0.2]][: 1 + i % 3] for i in range(6)]
    models = [RecurrentCell(1, 1, seed=0) for _ in range(3)]
    settings = {"optimizer": "adam", "progress": False}
    expected = fit(models[0], sequences, [0.5] * 6, epochs=6, **settings)
    save(models[1], tmp_path / "cell.json", fit(models[1], sequences, [0.5] * 6, epochs=3, **settings))
    history = load_history(tmp_path / "cell.json", models[2])
    found = fit(models[2], sequences, [0.5] * 6, epochs=3, resume=history, progress=False)

    assert_same((expected, models[0]), (found, models[2]))


def test_restart_in_a_new_process(tmp_path):
    code = """if True:
        import sys
        from nn import MLP, fit, load, moons, save
        from nn.training import load_history
        model = load("net.json") if sys.argv[1] == "on" else MLP(2, [3, 1], seed=0)
        history = load_history("net.json", model) if sys.argv[1] == "on" else None
        X, Y = moons(24)
        history = fit(model, X, Y, "hinge", None if history else "adam", int(sys.argv[2]), 5, "source",
                      resume=history, progress=False)
        save(model, "net.json", history)
        print(history.loss, model.state_dict())
    """

    def run(*arguments):
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    whole = run("new", "200")
    run("new", "100")
    assert run("on", "100") == whole


class Signs(Optimizer):
    states = ("last",)

    def __init__(self, parameters, learning_rate, power=1.0):
        self.power = power
        super().__init__(parameters, learning_rate)

    def update(self, parameter, gradient, learning_rate, step, last):
        return parameter - learning_rate * self.power * (gradient + 0.5 * last), gradient


def test_restart_of_an_optimizer_of_your_own(tmp_path):
    whole, model, twin = small(), small(), small()
    expected = train(whole, 8, optimizer=Signs(whole, 0.1, 0.5))
    save(model, tmp_path / "net.json", train(model, 4, optimizer=Signs(model, 0.1, 0.5)))
    with pytest.raises(ModelFileError, match="its optimizer Signs is your own: give the optimizer too"):
        load_history(tmp_path / "net.json", twin)
    history = load_history(tmp_path / "net.json", twin, Signs(twin, 0.7))

    assert_same((expected, whole), (train(twin, 4, resume=history), twin))


def test_restart_starts_stopping_rules_anew(tmp_path):
    model = small()
    rule = EarlyStopping(2, min_delta=1e9)
    save(model, tmp_path / "net.json", train(model, 9, callbacks=rule))
    history = train(model, 9, resume=load_history(tmp_path / "net.json", model), callbacks=EarlyStopping(2, 1e9))

    assert history.epochs == 3 + 3


def test_save_without_a_history_is_as_before(tmp_path):
    save(small(), tmp_path / "net.json")
    contents = json.loads((tmp_path / "net.json").read_text())

    assert [*contents] == ["format", "version", "checksum", "architecture", "parameters"]
    assert contents["version"] == 1
    with pytest.raises(ModelFileError, match="has a model but no run"):
        load_history(tmp_path / "net.json", small())


def test_save_refuses_the_history_of_another_model(tmp_path):
    history = train(small(), 1)
    with pytest.raises(ValueError, match=r"which is not in MLP\(.*: is the history of another model"):
        save(small(), tmp_path / "net.json", history)


DAMAGE = {
    "optimizer": (lambda run: run["optimizer"].update(kind="Signs"), "its optimizer Signs is your own"),
    "setting": (lambda run: run["optimizer"]["settings"].pop("epsilon"), "epsilon"),
    "rate": (lambda run: run["optimizer"]["settings"].update(learning_rate=-1), "learning_rate must be a number >= 0"),
    "state": (lambda run: run["optimizer"]["state"].pop("mean"), "the state has mean_square"),
    "length": (lambda run: run["optimizer"]["state"]["mean"].pop(), "mean must have 13 numbers, got 12"),
    "number": (lambda run: run["optimizer"]["state"]["mean"].append("x"), "could not convert string to float"),
    "steps": (lambda run: run["optimizer"].update(steps=1.5), "the number of steps must be an integer >= 0, got 1.5"),
    "schedule": (lambda run: run["optimizer"].update(schedule={"function": "os.system"}), "unknown schedule"),
    "order": (lambda run: run["order"][1].pop(), "state vector"),
    "dropout": (lambda run: run["random"].update({"layers.1.random": []}), "its random generators are layers.1.random"),
    "names": (lambda run: run["trained"].append("w9"), "has no parameter 'w9'"),
    "lists": (lambda run: run["lists"]["loss"].pop(), "loss, seconds and updates do not belong together"),
    "missing": (lambda run: run.pop("trained"), "it has no 'trained'"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_restart_from_a_changed_file_changes_nothing(tmp_path, name):
    change, words = DAMAGE[name]
    model = small()
    save(model, tmp_path / "net.json", train(model, 2, optimizer="adam"))
    contents = json.loads((tmp_path / "net.json").read_text())
    change(contents["training"])
    body = {key: contents[key] for key in ("architecture", "parameters", "training")}
    (tmp_path / "net.json").write_text(json.dumps({**contents, "checksum": checksum(body)}))
    twin = MLP(2, [3, 1], seed=9)
    before = twin.state_dict()

    with pytest.raises(ModelFileError) as caught:
        load_history(tmp_path / "net.json", twin)
    assert words in str(caught.value)
    assert twin.state_dict() == before


def test_optimizer_state_of_another_kind_changes_nothing():
    model = small()
    optimizer, other = optimizer_named("adam", model.parameters()), optimizer_named("momentum", model.parameters())
    before = other.state_dict()
    with pytest.raises(ValueError, match=r"the state is of an optimizer Adam with .*; this is SGD with momentum"):
        other.load_state_dict(optimizer.state_dict())
    with pytest.raises(ValueError, match=r"the state has no numbers, SGD\(.*\) velocity"):
        other.load_state_dict(SGD(model, 0.1).state_dict())

    assert other.state_dict() == before
