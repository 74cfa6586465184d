"""How a Module finds and names its parameters, and which are weights."""

import copy
import pickle
import types
from collections import ChainMap, OrderedDict, UserDict, defaultdict, deque, namedtuple

import numpy
import pytest

import nn
from autodiff import Value
from nn import MLP, Module, PReLU, fit
from nn.losses import l1, l2

Pair = namedtuple("Pair", ["first", "second"])


def of(*parts):
    """A Module with these attributes: a, b2, b3, ... keep out of the way of biases."""
    made = Module()
    for i, part in enumerate(parts):
        setattr(made, f"part{i}", part)
    return made


def values(count):
    return [Value(float(i), f"v{i}") for i in range(count)]


a, b, c = values(3)
cyclic = [a]
cyclic.append(cyclic)
knot = {"a": a}
knot["list"] = [knot, b]
deep = [a]
for _ in range(5000):
    deep = [deep]
PLACES = [
    ("a list", [a, b], ["0", "1"]),
    ("nested lists", [[a], [[b]]], ["0.0", "1.0.0"]),
    ("a tuple", (a, b), ["0", "1"]),
    ("a named tuple", Pair(a, b), ["0", "1"]),
    ("a deque", deque([a, b]), ["0", "1"]),
    ("a dict", {"x": a, "y": [b]}, ["x", "y.0"]),
    ("a dict by number", {7: a, 3: b}, ["7", "3"]),
    ("keys that read alike", {1: a, "1": b}, ["1", "1'"]),
    ("an ordered dict", OrderedDict(x=a), ["x"]),
    ("a default dict", defaultdict(list, x=[a]), ["x.0"]),
    ("a user dict", UserDict(x=a), ["x"]),
    ("a chain of dicts", ChainMap({"x": a}, {"y": b}), ["y", "x"]),
    ("a read-only dict", types.MappingProxyType({"x": a}), ["x"]),
    ("a set", {c, a, b}, ["0", "1", "2"]),
    ("a frozen set of modules", frozenset([of(c), of(a)]), ["0.part0", "1.part0"]),
    ("a NumPy row", numpy.array([a, b], dtype=object), ["0", "1"]),
    ("a NumPy matrix", numpy.array([[a], [b]], dtype=object), ["0.0", "1.0"]),
    ("a NumPy array of no dimension", numpy.array(a, dtype=object), ["0"]),
    ("arrays in a dict in a deque", deque([{"w": numpy.array([a], dtype=object)}]), ["0.w.0"]),
    ("a list that holds itself", cyclic, ["0"]),
    ("dict and list that hold each other", knot, ["a", "list.1"]),
    ("a list twice", [[a], [a]], ["0.0"]),
    ("deep lists", deep, [".".join("0" * 5001)]),
    ("numbers, results and texts", [1.0, a * 2.0, "abc", numpy.ones(3), None, a], ["5"]),
]


@pytest.mark.parametrize(("place", "names"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_parameters_found_in_any_container(place, names):
    model = of(place)

    assert [name for name, _ in model.named_parameters()] == [f"part0.{name}" for name in names]
    assert [p for _, p in model.named_parameters()] == model.parameters()
    assert model.state_dict() == {name: p.data for name, p in model.named_parameters()}
    model.load_state_dict(model.state_dict())


def test_parameters_in_a_set_ordered_by_age():
    made = values(50)

    assert all(x is y for x, y in zip(of(set(made)).parameters(), made, strict=True))


class Slotted(Module):
    __slots__ = ("__private", "free", "late", "w")

    def __init__(self):
        self.w, self.free, self.__private = [Value(1.0)], Value(2.0), Value(3.0)


class Child(Slotted):
    __slots__ = "extra"

    def __init__(self):
        super().__init__()
        self.extra, self.own = Value(4.0), Value(5.0)


def test_parameters_in_slots():
    assert {name: p.data for name, p in Child().named_parameters()} == {
        "own": 5.0, "extra": 4.0, "_Slotted__private": 3.0, "free": 2.0, "w.0": 1.0,
    }  # fmt: skip
    again = pickle.loads(pickle.dumps(Child()))
    assert again.state_dict() == copy.deepcopy(again).state_dict() == Child().state_dict()


class Shared(Module):
    w, table = Value(1.0), {"bias": Value(2.0)}
    gain: Value = Value(3.0)

    @property
    def forbidden(self):
        raise RuntimeError("a property was computed")

    def __call__(self, x):
        return self.w * x[0] + self.table["bias"]


class Hides(Shared):
    w = 7.0

    def __init__(self):
        self.gain = Value(4.0)


def test_parameters_of_a_class():
    assert Shared().state_dict() == {"w": 1.0, "table.bias": 2.0, "gain": 3.0}
    assert Hides().state_dict() == {"gain": 4.0, "table.bias": 2.0}
    assert Shared().parameters()[0] is Shared.w


def test_parameters_of_equal_modules():
    class Equal(Module):
        def __init__(self):
            self.w = Value(1.0)

        def __eq__(self, other):
            return True

        __hash__ = None

    assert [name for name, _ in of([Equal(), Equal()]).named_parameters()] == ["part0.0.w", "part0.1.w"]


class Stack(Module, list):
    pass


class Table(Module, dict):
    pass


def test_parameters_of_a_module_that_is_a_container():
    stack, table = Stack([a, [b]]), Table(x=a)
    stack.gain = table.gain = c

    assert [name for name, _ in of(stack).named_parameters()] == ["part0.gain", "part0.0", "part0.1.0"]
    assert [name for name, _ in table.named_parameters()] == ["gain", "x"]


def test_parameters_in_numpy_arrays():
    class Line(Module):
        def __init__(self):
            self.W, self.b = numpy.array([[Value(0.5), Value(-0.5)]], dtype=object), Value(0.0)

        def __call__(self, x):
            return (self.W @ numpy.array(x))[0] + self.b

    line = Line()
    fit(line, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 2], epochs=300, progress=False)

    assert line.state_dict() == pytest.approx({"W.0.0": 1.0, "W.0.1": 1.0, "b": 0.0}, abs=1e-3)


# --- Weights ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "weights"),
    [
        ({"weight": a, "bias": b}, [a]),
        ({"w": [a], "b": [b, c]}, [a]),
        ({"W1": a, "b1": b, "b_2": c}, [a]),
        ({"params": {"w": a, "bias_hh": b, "biases": [c]}}, [a]),
        ({"slope": a, "beta": b, "B": c}, [a, b, c]),
        ({"b": of(a, b), "w": c}, [a, b, c]),
    ],
)
def test_weights_are_what_is_not_called_bias(attributes, weights):
    model = Module()
    vars(model).update(attributes)

    assert all(x is y for x, y in zip(model.weights(), weights, strict=True))
    assert l2(1.0)(model).data == sum(w.data**2 for w in weights)


def test_weights_exclude_slopes_of_prelu():
    net = MLP(2, [3, 1], "prelu", seed=0)

    assert (len(net.parameters()), len(net.weights())) == (14, 9)
    assert PReLU().weights() == []
    assert l1(1.0)(net).data == pytest.approx(sum([abs(w.data) for w in net.weights()]))


# --- Arrays ----------------------------------------------------------------------------------------

ARRAYS = {
    "MLP": (
        lambda: nn.MLP(2, [3, 1], "prelu", seed=0),
        {
            "layers.0.weight": (3, 2),
            "layers.0.bias": (3,),
            "layers.0.neurons.0.activation.weight": (1,),
            "layers.1.weight": (1, 3),
            "layers.1.bias": (1,),
        },
    ),
    "no bias": (lambda: nn.MLP(2, [1], bias=False, seed=0), {"layers.0.weight": (1, 2)}),
    "norm": (
        lambda: nn.Sequential(nn.BatchNorm(2), nn.RMSNorm(2)),
        {
            **{f"layers.0.{name}": (2,) for name in ("weight", "bias", "running_mean", "running_var")},
            "layers.1.weight": (2,),
        },
    ),
    "convolution": (lambda: nn.Convolution(3, seed=0), {"weight": (1, 1, 3), "bias": (1,)}),
    "recurrent": (lambda: nn.RecurrentCell(1, 2, seed=0), {"layer.weight": (2, 3), "layer.bias": (2,)}),
    "embedding": (lambda: nn.Embedding(3, 2, seed=0), {"weight": (3, 2)}),
    "neuron": (lambda: nn.Neuron(2, seed=0), {"w": (2,), "b": ()}),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_hold_every_number_once(name):
    make, shapes = ARRAYS[name]
    model = make()
    arrays, before = model.arrays(), model.state_dict()

    assert {key: numpy.array(x).shape for key, x in arrays.items()} == shapes
    assert sum([numpy.array(x).size for x in arrays.values()]) == len(before)
    model.load_state_dict(dict.fromkeys(before, 0.5))
    model.load_arrays(arrays)
    assert model.state_dict() == before
    model.load_arrays({key: numpy.array(x) for key, x in arrays.items()})
    assert model.state_dict() == before


def test_arrays_of_shared_and_ragged_values():
    class Tied(Module):
        def __init__(self):
            self.first, self.second = nn.Layer(2, 2, seed=0), nn.Layer(2, 2, seed=1)
            self.second.neurons[0].w = self.first.neurons[1].w
            self.triangle = [[Value(1.0)], [Value(2.0), Value(3.0)]]

    model = Tied()
    before = model.state_dict()

    assert model.arrays()["triangle.1"] == [2.0, 3.0]
    assert sum([numpy.array(x).size for x in model.arrays().values()]) == len(before)
    model.load_arrays(model.arrays())
    assert model.state_dict() == before


def test_arrays_in_a_numpy_file(tmp_path):
    model, twin = nn.MLP(2, [3, 1], seed=0), nn.MLP(2, [3, 1], seed=1)
    numpy.savez(tmp_path / "net.npz", **model.arrays())
    with numpy.load(tmp_path / "net.npz") as arrays:
        twin.load_arrays(arrays)

    assert twin.state_dict() == model.state_dict()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"layers.0.weight": [[1.0, 2.0, 3.0]]}, r"layers.0.weight of MLP\(.* has shape \(1, 2\), got \(1, 3\)"),
        ({"layers.0.weight": [[1.0], [2.0, 3.0]]}, r"has shape \(1, 2\), got no rectangular array"),
        ({"layers.0.bias": 1.0}, r"layers.0.bias of MLP\(.* has shape \(1,\), got \(\)"),
        ({"layers.9.bias": [1.0]}, "0 missing .*, 1 unknown .'layers.9.bias'"),
    ],
)
def test_arrays_that_do_not_fit_change_nothing(change, words):
    model = nn.MLP(2, [1], seed=0)
    before = model.state_dict()
    with pytest.raises(ValueError, match=words):
        model.load_arrays({**model.arrays(), **change})
    assert model.state_dict() == before
