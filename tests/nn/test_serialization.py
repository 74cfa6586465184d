"""Models on disk and as dictionaries: written atomically, checked, never executed."""

import copy
import json
import os
import pickle

import numpy
import pytest

import autodiff
import nn
from autodiff import Primitive, Value
from nn import MLP, Layer, Module, Sequential, load, save
from nn.serialization import ModelFileError


def contents_of(path):
    return json.loads(path.read_text(encoding="utf-8"))


def write(path, contents):
    path.write_text(json.dumps(contents), encoding="utf-8")


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "net.json"
    save(MLP(2, [3, 2], ["relu"], "softmax", seed=5), path)
    return path


def test_save_and_load_a_net(saved):
    net, twin = MLP(2, [3, 2], "relu", "softmax", seed=5), load(saved)

    assert repr(twin) == repr(net)
    assert twin.seed == 5
    assert twin.state_dict() == net.state_dict()
    assert [p.data for p in twin([0.3, 0.7])] == [p.data for p in net([0.3, 0.7])]


@pytest.mark.parametrize("options", [{"bias": False}, {"activation": "prelu"}, {"output": "sigmoid"}])
def test_save_and_load_every_kind_of_net(tmp_path, options):
    net = MLP(3, [4, 4, 1], seed=1, **options)
    save(net, tmp_path / "net.json")
    twin = load(tmp_path / "net.json")

    assert repr(twin) == repr(net)
    assert twin([0.1, -2.0, 0.4]).data == net([0.1, -2.0, 0.4]).data


def test_save_writes_readable_text(saved):
    contents = contents_of(saved)

    assert contents["architecture"] == {"sizes": [2, 3, 2], "activations": ["relu", "softmax"], "bias": True, "seed": 5}
    assert next(iter(contents["parameters"])) == "layers.0.neurons.0.w.0"


def test_load_into_another_module(tmp_path):
    net, twin = Sequential(Layer(2, 1, seed=0)), Sequential(Layer(2, 1, seed=1))
    save(net, tmp_path / "net.json")
    load(tmp_path / "net.json", into=twin)

    assert twin.state_dict() == net.state_dict()
    with pytest.raises(ModelFileError, match="into=model"):
        load(tmp_path / "net.json")


def test_trap_39_load_of_another_shape_changes_nothing(saved):
    other = MLP(2, [4, 2], seed=0)
    before = other.state_dict()

    with pytest.raises(ModelFileError, match=r"these names do not match the parameters of MLP\(2-4-2.*5 missing"):
        load(saved, into=other)
    assert other.state_dict() == before


def test_load_of_any_flipped_bit(saved):
    original, expected = saved.read_bytes(), load(saved).state_dict()
    for place in range(0, len(original), 7):
        damaged = bytearray(original)
        damaged[place] ^= 1 << (place % 8)
        saved.write_bytes(bytes(damaged))
        try:
            found = load(saved)
        except ModelFileError:
            continue
        assert found.state_dict() == expected


def test_save_failure_keeps_the_old_file(saved):
    before = saved.read_bytes()
    net = MLP(2, [1], seed=0)
    net.parameters()[0].data = float("nan")
    with pytest.raises(ValueError, match="not JSON compliant"):
        save(net, saved)
    with pytest.raises(ValueError, match="activations are saved by name"):
        save(MLP(2, [2, 1], activation=lambda z: z * z), saved)

    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == ["net.json"]


def test_save_interrupted_keeps_the_old_file(saved, monkeypatch):
    before = saved.read_bytes()

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        save(MLP(2, [1], seed=0), saved)

    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == ["net.json"]


def test_state_dict_moves_numbers():
    net, twin = MLP(2, [2, 1], seed=0), MLP(2, [2, 1], seed=1)
    twin.load_state_dict(net.state_dict())

    assert twin.state_dict() == net.state_dict()
    assert not set(twin.parameters()) & set(net.parameters())


def test_state_dict_with_other_names_changes_nothing():
    class Line(Module):
        def __init__(self):
            self.a, self.b = Value(1.0), Value(2.0)

    line = Line()
    for state in ({"a": 5.0}, {"a": 5.0, "b": 6.0, "c": 7.0}):
        with pytest.raises(ValueError, match="these names do not match the parameters"):
            line.load_state_dict(state)
    with pytest.raises(TypeError, match="real number"):
        line.load_state_dict({"a": 5.0, "b": "6"})

    assert line.state_dict() == {"a": 1.0, "b": 2.0}


# --- Misnamed activations --------------------------------------------------------------------------


def softsign(z):
    return z / (1.0 + abs(z))


def tanh(z):
    return softsign(z)


def called(name, function):
    function.__name__ = name
    return function


@pytest.mark.parametrize(
    "build",
    [
        lambda: MLP(2, [2, 1], Primitive("tanh", lambda x: x / (1 + abs(x)), lambda out, x: ((1 - abs(out)) ** 2,))),
        lambda: MLP(2, [2, 1], tanh),
        lambda: MLP(2, [2, 1], called("relu", lambda z: z)),
        lambda: MLP(2, [2, 1], output=called("linear", lambda z: 2.0 * z)),
        lambda: MLP(2, [2, 1], called("prelu", lambda z: z)),
        lambda: MLP(2, [2, 1], numpy.tanh),
    ],
)
def test_save_refuses_a_known_name_on_another_activation(build, tmp_path):
    with pytest.raises(ValueError, match=r"activations are saved by name, but the .* is not ACTIVATIONS"):
        save(build(), tmp_path / "net.json")

    assert not (tmp_path / "net.json").exists()


def test_save_takes_the_model_first(tmp_path):
    with pytest.raises(
        TypeError, match=r"save takes a model, then a path: save\(model, \"net.json\"\), got 'net.json'"
    ):
        save("net.json", MLP(2, [1], seed=0))


def test_save_knows_softmax_itself_only(tmp_path):
    own = MLP(2, [2, 2], output=called("softmax", lambda z: 2.0 * z), seed=0)
    plain, real = MLP(2, [2, 2], seed=0), MLP(2, [2, 2], output=autodiff.softmax, seed=0)

    assert [y.data for y in own([1.0, 0.5])] == [2.0 * y.data for y in plain([1.0, 0.5])]
    with pytest.raises(ValueError, match="activations are saved by name: expected one of"):
        save(own, tmp_path / "net.json")
    save(real, tmp_path / "net.json")
    assert [y.data for y in load(tmp_path / "net.json")([1.0, 0.5])] == [y.data for y in real([1.0, 0.5])]


@pytest.mark.parametrize("name", [*nn.activations.ACTIVATIONS, "softmax"])
@pytest.mark.parametrize("change", [lambda net: net, copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_save_every_activation(name, change, tmp_path):
    net = change(MLP(2, [3, 2], ["tanh"], output=name, seed=0))
    save(net, tmp_path / "net.json")

    answers = [[y.data for y in model([0.3, -0.7])] for model in (net, load(tmp_path / "net.json"))]
    assert answers[0] == answers[1]
