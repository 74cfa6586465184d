"""What nn refuses, and in which words: one row per call, by subject."""

import json
import math
import re
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

import autodiff.flat.backends
import nn
from autodiff import Value, dot, logsumexp, mean, norm, sigmoid, softmax
from autodiff.flat import lower
from nn import (
    MLP,
    SGD,
    Adam,
    BatchNorm,
    Dropout,
    EarlyStopping,
    Layer,
    Module,
    Neuron,
    RMSProp,
    Sequential,
    cosine,
    cross_entropy,
    cross_entropy_with,
    fit,
    fit_many,
    load,
    predict,
    save,
    truth_table,
)
from nn.__main__ import main
from nn.doctor import Finding
from nn.lectures.catalog import watch
from nn.losses import LOSSES, l2
from nn.normalization import batch_norm
from nn.optim import linear_decay, optimizer_named, step_decay
from nn.serialization import ModelFileError, checksum
from nn.training import loss_below, parameters_still
from tests.support.refusals import every_row_of
from tests.support.stand_ins import Frame, Series, Tensor

XOR = truth_table("xor")
NET = MLP(2, [2, 1], seed=0)
CLASSIFIER = MLP(4, [3, 3], seed=0)
IRIS = [rows[::10] for rows in nn.iris()]
ROWS, TARGETS = [[0.0, 10.0], [1.0, 20.0]], [0, 1]
BINARY = r"binary_cross_entropy takes targets from 0 to 1, got "
SHARES = r"a target must be a class or probabilities that sum to 1, got "
NO_EXAMPLE = r"an example (takes a list, in order|must be a list of numbers), got"
NONE_IN_COMMON = r"the optimizer changes none of this model's parameters: create it again, SGD\(model\.parameters\(\), "
CONSTANT = r"one Value that depends on the model's outputs, got 1\.0"
KNOWN = "choose one of [a-z_, ]*$"


def net():
    return MLP(2, [4, 1], seed=0)


def run(model=None, X=XOR[0], Y=XOR[1], loss="squared_error", epochs=3, **options):
    return fit(model or net(), X, Y, loss, epochs=epochs, progress=False, **options)


def run_many(model=None, **options):
    return fit_many(model or NET, *XOR, **{"epochs": 2, "seeds": range(2), "progress": False, **options})


# --- Calls of several lines -----------------------------------------------------------------------


class Normed(Module):
    """A user-defined model with BatchNorm."""

    def __init__(self):
        self.first, self.norm, self.last = Layer(2, 4, seed=0), BatchNorm(4), Layer(4, 1, seed=1)

    def __call__(self, x):
        return self.last(self.norm(self.first(x)))

    def batch(self, rows):
        return [self.last(h) for h in self.norm.batch([self.first(x) for x in rows])]


class NormedWithoutBatch(Normed):
    def __call__(self, x):
        return super().__call__(x)


class NormedShort(Normed):
    def batch(self, rows):
        return super().batch(rows)[1:]


class Uncallable(Module):
    def forward(self, x):
        return x


class Running(Module):
    """An output for each position of a sequence."""

    takes_sequences = True

    def __init__(self):
        self.cell, self.head = nn.RecurrentCell(1, 3, seed=0), Layer(3, 1, "sigmoid", seed=0)

    def __call__(self, sequence):
        return [self.head(h) for h in self.cell.states(sequence)]


def probabilities_missing(loss, sizes):
    model = MLP(2, sizes, seed=0)
    model.parameters()[-1].data = model.parameters()[2].data = 1.5
    fit(model, *truth_table("and"), loss=loss, progress=False)


def digits_without_scikit_learn():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "sklearn", None)
        nn.digits()


def fit_without_jax():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "jax", None)
        patch.delitem(sys.modules, "autodiff.flat.backends.devices", raising=False)
        patch.delattr(autodiff.flat.backends, "devices", raising=False)
        run(runner="jax")


def fit_constant_loss(runner):
    if runner == "jax":
        pytest.importorskip("jax")
    run(MLP(2, [1], seed=0), loss=lambda outputs, target: 1.0, runner=runner)


def resume_with_another_optimizer():
    model = net()
    run(model, optimizer="adam", resume=run(model, epochs=1))


def fit_many_with_foreign_optimizer():
    other = net()
    run_many(net(), optimizer=lambda _, rate=0.1: SGD(other.parameters(), rate))


def load_bytes(contents):
    """Load a file with these bytes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "net.json"
        path.write_bytes(contents)
        load(path)


def load_text(edit):
    """Load the file of a 2-3-2 net, its text edited."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "net.json"
        save(MLP(2, [3, 2], ["relu"], "softmax", seed=5), path)
        load_bytes(edit(path.read_text(encoding="utf-8")).encode())


def load_changed(part=None, **changes):
    """Load that file with changed contents; where a part is changed, under a checksum that fits."""

    def edit(text):
        contents = json.loads(text)
        (contents[part] if part else contents).update(changes)
        if part:
            contents["checksum"] = checksum({key: contents[key] for key in ("architecture", "parameters")})
        return json.dumps(contents)

    load_text(edit)


def save_exchanged_activation():
    model = MLP(2, [2, 1], seed=0)
    model.layers[0].neurons[1].activation = sigmoid
    with TemporaryDirectory() as folder:
        save(model, Path(folder) / "net.json")


USES = {
    "fit": lambda X: fit(NET, X, TARGETS, progress=False),
    "evaluate": lambda X: nn.evaluate(NET, X, TARGETS),
    "diagnose": lambda X: nn.diagnose(NET, X, TARGETS),
    "fit_many": lambda X: fit_many(NET, X, TARGETS, seeds=[0], epochs=1),
    "standardize": nn.standardize,
}
NO_ROWS = [
    ("01", "X takes a list, in order, got str: '01'"),
    (["01", "10"], "example 0 takes a list, in order, got str: '01'"),
    ([b"01", b"10"], "example 0 takes a list, in order, got bytes"),
    ([["0", "1"], ["1", "0"]], "example 0 contains a str instead of a number: '0'"),
    (np.array([["0", "1"], ["1", "0"]]), "example 0 contains a str instead of a number: '0'"),
    ([[0.0, 1.0], [None, 1.0]], "example 1 contains a NoneType instead of a number"),
    ([[0.0, 1.0], [[2.0], 1.0]], "example 1 contains a list instead of a number"),
    ([[0.0, 1.0], [1j, 1.0]], "example 1 contains a complex instead of a number"),
    ([[Value(0.0), 1.0], [0.0, 1.0]], "example 0 contains a Value instead of a number"),
    (np.array([["2020", "2021"]] * 2, "M8[ns]"), "example 0 contains a datetime64 instead of a number"),
    (Frame({"a": ["x", "y"], "b": ["1", "2"]}, True), "example 0 contains a str instead of a number: 'x'"),
    ({(0.0, 1.0), (1.0, 0.0)}, "X takes a list, in order, got set"),
    ({"a": [0.0, 1.0], "b": [1.0, 0.0]}, "X takes a list, in order, got dict"),
    ({(0.0, 1.0): 0, (1.0, 0.0): 1}.keys(), "X takes a list, in order, got dict_keys"),
    ([{0.0, 1.0}, {1.0, 2.0}], "example 0 takes a list, in order, got set"),
    ([{"a": 0.0, "b": 1.0}] * 2, "example 0 takes a list, in order, got dict"),
    (Series([1.0, 2.0]), "an example must be a list of numbers: write [1.0] for 1.0 in X"),
    (np.array(1.0), "X must be a list"),
]
NO_TARGETS = [
    ("01", "Y takes a list, in order, got str"),
    ({0, 1}, "Y takes a list, in order, got set"),
    ({0: 0, 1: 1}, "Y takes a list, in order, got dict"),
    (["no", "yes"], "a target must be a number or a list, got 'no': number the classes"),
    ([["0"], ["1"]], "a target contains a str instead of a number"),
    ([{0}, {1}], "a target takes a list, in order, got set"),
    ([None, 0], "a target contains a NoneType instead of a number"),
    (np.array(1), "Y must be a list"),
]
NO_EXAMPLES = [{1.0, 2.0}, {"a": 1.0, "b": 2.0}, "12", {1: 0, 2: 0}.keys(), 3.0, Tensor(3.0), Value(3.0)]


# --- The refusals ---------------------------------------------------------------------------------

REFUSALS = {  # by subject: what is called, the error, and its words
    "MLP, Layer, Neuron": [
        (lambda: MLP(2, []), ValueError, r"a net needs a layer: write MLP\(2, \[4, 1\]\)"),
        (lambda: MLP(3, ()), ValueError, r"a net needs a layer: write MLP\(3, \[4, 1\]\)"),
        (lambda: MLP(2, range(0)), ValueError, "a net needs a layer"),
        (lambda: MLP(0, [1]), ValueError, "must be a positive integer, got 0"),
        (lambda: MLP(2, [[4], 1]), ValueError, r"must be a positive integer, got \[4\]"),
        (lambda: MLP(2, [4, 1], output="softmax"), ValueError, 'softmax of one output is always 1: .*"sigmoid"'),
        (lambda: MLP(2, [1, 2], ["softmax"]), ValueError, "softmax of one output"),
        (lambda: MLP.from_matrices([[1, 2, 3]], output="softmax"), ValueError, "softmax of one output"),
        (lambda: Layer(2, 1, "softmax"), ValueError, "softmax of one output"),
        (lambda: Layer(2, 0), ValueError, "must be a positive integer, got 0"),
        (lambda: Layer(-1, 2), ValueError, "must be a positive integer, got -1"),
        (lambda: Layer(2, 2.5), ValueError, r"must be a positive integer, got 2\.5"),
        (lambda: Neuron([1, 2]), ValueError, r"must be a positive integer, got \[1, 2\]"),
        *[(partial(MLP, 2, [size, 1]), ValueError, "must be a positive integer") for size in (0, -1, 2.5, "4")],
        (lambda: MLP(2, [1, 1], initializer="best"), ValueError, r"unknown initializer"),
        *[
            (partial(Neuron, 2, **{kind: 5}), TypeError, f"{kind} must be a function or a name such as .*, got 5")
            for kind in ("activation", "initializer")
        ],
        (lambda: MLP(2, 4, 1), TypeError, r"write MLP\(2, \[4, 1\]\), got 4"),
        (lambda: MLP(2, 4), TypeError, r"write MLP\(2, \[4\]\), got 4"),
        (lambda: MLP.from_matrices([[[1, 2, 3], [1, 2, 3]], [[1, 2]]]), ValueError, r"must have 3 numbers, got 2"),
        (
            lambda: Sequential([Layer(2, 1)]),
            TypeError,
            r"one layer per argument: write Sequential\(\*layers\), got \[Layer\(",
        ),
    ],
    "names of activations": [
        (
            lambda: MLP(2, [1, 1], activation="tanj"),
            ValueError,
            r"unknown activation 'tanj': choose one of linear, tanh",
        ),
        (lambda: MLP(2, [1], "swish"), ValueError, "unknown activation 'swish'"),
        *[
            (partial(MLP, 2, [2, 1], name), ValueError, f"unknown activation '{name}': {KNOWN}")
            for name in ("SELU", "celu", "mish", "relu6", "hard_tanh", "LogSigmoid", "softsign")
        ],
        *[
            (partial(MLP, 2, [2, 1], wrong), ValueError, rf"did you mean {meant}\?")
            for wrong, meant in [("ReLU", "relu"), ("Tanh", "tanh"), ("sigmoi", "sigmoid"), ("linaer", "linear")]
        ],
    ],
    "trap 35: another number of inputs": [
        (lambda: Neuron(3)([1, 2]), ValueError, r"expected 3 numbers, got 2"),
        (lambda: MLP(2, [4, 1])([1, 2, 3]), ValueError, r"expected 2 numbers, got 3"),
        (lambda: MLP(1, [1])(0.5), TypeError, "an example must be a list of numbers, got float"),
    ],
    "an example": [
        *[(partial(use, x), TypeError, NO_EXAMPLE) for x in NO_EXAMPLES for use in (NET, partial(predict, NET))],
        *[
            (partial(NET, Frame({0: [1.0, 3.0], 1: [2.0, 4.0]}, by_name)), TypeError, "one example at a time")
            for by_name in (True, False)
        ],
        (lambda: predict(NET, [[0, 0], [0, 1]]), TypeError, "a net takes one example at a time"),
        (lambda: NET([[0, 0], [0, 1], [1, 1]]), TypeError, "a net takes one example at a time"),
        (lambda: Layer(2, 1)([[0, 0], [0, 1]]), TypeError, "a net takes one example at a time"),
        (lambda: BatchNorm(2)([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), TypeError, "one example at a time"),
        (lambda: Dropout(0.5)(3.0), TypeError, "an example must be a list of numbers"),
        (
            lambda: nn.RecurrentCell(1, 2)([0.0, 1.0]),
            TypeError,
            r"an example must be a list of numbers, got float: 0\.0",
        ),
    ],
    "Module": [
        (lambda: Uncallable()([1.0]), TypeError, r"cannot call Uncallable: define __call__\(self, x\)"),
        (lambda: MLP(2, [1]).forward([1.0, 2.0]), TypeError, r"write net\(x\)"),
    ],
    "Dropout": [
        (partial(Dropout, share), ValueError, r"share must be a number >= 0 and < 1, got")
        for share in (-0.1, 1.0, 1.5, math.nan, "half", None)
    ],
    "BatchNorm": [
        (lambda: BatchNorm(0), ValueError, "must be a positive integer"),
        (lambda: BatchNorm(2, momentum=1.5), ValueError, "momentum must be a number >= 0 and <= 1, got 1.5"),
        (lambda: BatchNorm(2, epsilon=0.0), ValueError, "epsilon must be a number > 0"),
        (lambda: BatchNorm(2)([1.0]), ValueError, r"BatchNorm\(2 units\) expected 2 numbers, got 1"),
        (
            lambda: BatchNorm(2).train().batch([[1.0], [2.0]]),
            ValueError,
            r"BatchNorm\(2 units\) expected 2 numbers, got 1",
        ),
        (lambda: run(NormedWithoutBatch()), ValueError, r"define batch\(rows\) in your own model"),
        (lambda: run(NormedShort()), ValueError, "returned 3 outputs for 4 rows"),
    ],
    "D18: batch_norm": [
        (partial(batch_norm, rows, epsilon), error, words)
        for rows, epsilon, error, words in [
            ([], 1e-5, ValueError, r"two or more rows of equal length, got lengths \[\]"),
            ([[0.0, 1.0]], 1e-5, ValueError, r"two or more rows of equal length, got lengths \[2\]"),
            ([[1.0], [2.0]], -1e-5, ValueError, "epsilon must be a number >= 0, got -1e-05"),
            (3.0, 1e-5, TypeError, "rows must be a list"),
            (Value(3.0), 1e-5, TypeError, "rows must be a list"),
            (
                [1.0, 2.0],
                1e-5,
                TypeError,
                r"rows must be a list: write batch_norm\(\[layer\(x\) for x in batch\]\), got 1\.0",
            ),
        ]
    ],
    "functions of a list": [
        (
            lambda: softmax(Value(1.0)),
            TypeError,
            r"softmax takes its values in a list, as in softmax\(\[x, y\]\); got Value\(1\.0\)",
        ),
        (
            lambda: softmax(1.0, Value(2.0)),
            TypeError,
            r"takes its values in a list, as in softmax\(\[x, y\]\); got 1\.0, Value\(2\.0\)",
        ),
        (
            lambda: mean(Value(1.0), Value(2.0)),
            TypeError,
            r"mean takes its values in a list, as in mean\(\[x, y\]\); got Value\(1\.0\), ",
        ),
        (
            lambda: norm([1.0], [2.0]),
            TypeError,
            r"norm takes its values in a list, as in norm\(\[x, y\]\); got \[1\.0\], \[2\.0\]",
        ),
        (lambda: softmax({1.0, 2.0}), TypeError, r"softmax takes a list, in order, got set: \{1\.0, 2\.0\}"),
        (lambda: norm({1.0: 2.0}), TypeError, r"norm takes a list, in order, got dict: \{1\.0: 2\.0\}"),
        (lambda: dot([1.0, 2.0], "12"), TypeError, "dot takes a list, in order, got str: '12'"),
        (lambda: cross_entropy({1.0, 2.0}, 0), TypeError, r"a loss takes a list, in order, got set: \{1\.0, 2\.0\}"),
        (lambda: logsumexp(1.0), TypeError, r"logsumexp\(\[x, y\]\); got 1\.0"),
        (lambda: mean(1.0), TypeError, r"mean\(\[x, y\]\); got 1\.0"),
        (lambda: dot(Value(1.0), Value(2.0)), TypeError, r"dot\(\[w0, w1\], \[x0, x1\], b\); got Value\(1\.0\)"),
        (lambda: lower(3), TypeError, "lower takes a Value, or a list of them, got 3"),
    ],
    "examples": [
        *[(partial(use, X), TypeError, re.escape(words)) for X, words in NO_ROWS for use in USES.values()],
        (
            lambda: fit(MLP(1, [1]), [1, 2], [3, 4]),
            TypeError,
            r"an example must be a list of numbers: write \[1\] for 1 in X",
        ),
        (
            lambda: fit([[0, 1]], [1], NET),
            TypeError,
            r"expected a model such as MLP\(2, \[4, 1\]\), got \[\[0, 1\]\]; write fit\(model, X, Y\)",
        ),
        (lambda: fit(MLP(1, [1]), 3, [4]), TypeError, r"X must be a list: write X=\[\[3\]\], got 3"),
        (
            lambda: fit(
                Sequential(nn.RecurrentCell(1, 4, seed=0), Layer(4, 1, seed=0)), [1.0, 2.0], [1.0, 2.0], progress=False
            ),
            TypeError,
            "example 0 must be a sequence",
        ),
        (lambda: run(X=[], Y=[]), ValueError, "at least one example"),
        (lambda: run(X=[[0, 1], [1]], Y=[0, 1]), ValueError, "example 1 has 1 numbers, example 0 has 2"),
        (
            lambda: run(X=[[1.0, 2.0], [1.0, 2.0, 3.0]], Y=[0.0, 1.0]),
            ValueError,
            "example 1 has 3 numbers, example 0 has 2",
        ),
        (lambda: run(X=[[0, 1, 2]], Y=[0]), ValueError, "expected 2 numbers, got 3"),
    ],
    "targets": [
        *[(partial(fit, NET, ROWS, Y, progress=False), TypeError, re.escape(words)) for Y, words in NO_TARGETS],
        (lambda: fit(NET, [[0, 1]], 1), TypeError, r"Y must be a list: write Y=\[1\], got 1"),
        (
            lambda: fit(NET, [[0, 1]], ["yes"]),
            TypeError,
            "a target must be a number or a list, got 'yes': number the classes",
        ),
        (lambda: run(X=[[0, 1]], Y=[0, 1]), ValueError, "one target for each of the 1 examples, got 2"),
        (lambda: run(X=[[0, 1]], Y=[[0, 1]]), ValueError, "expected a target of 1 number, one for each output, got 2"),
        (
            lambda: run(Running(), [[[0.0]] * 5] * 2, [[0.0] * 3, [1.0] * 3], "binary_cross_entropy"),
            ValueError,
            "expected one target for each of the 5 positions, got 3",
        ),
    ],
    "data sets": [
        (lambda: nn.moons(0), ValueError, "must be a positive integer"),
        (lambda: nn.blobs(10, classes=0), ValueError, "must be a positive integer"),
        (lambda: nn.spirals(10, arms=-1), ValueError, "must be a positive integer"),
        (digits_without_scikit_learn, ModuleNotFoundError, r"scalar-autodiff\[data\]"),
        (lambda: truth_table("nxor"), ValueError, "unknown gate 'nxor': choose one of and, or, xor"),
    ],
    "standardize": [
        (partial(nn.standardize, X, like), error, words)
        for X, like, error, words in [
            ([[1.0], [1.0, 2.0]], None, ValueError, "example 1 has 2 numbers, example 0 has 1"),
            ([[1.0]], [[1.0], [2.0, 3.0]], ValueError, "example 1 has 2 numbers, example 0 has 1"),
            ([[1.0]], [[1.0, 2.0]], ValueError, "expected examples of 2 numbers, as in like, got 1"),
            ([[1.0]], [], ValueError, "at least one example"),
            ([], None, ValueError, "at least one example"),
            ([1.0, 2.0], None, TypeError, r"an example must be a list of numbers: write \[1\.0\]"),
        ]
    ],
    "losses": [
        *[
            (
                partial(loss, [0.5, 0.5], 1),
                ValueError,
                "2 numbers, one for each output, got 1; if it is a class, use loss",
            )
            for loss in (nn.squared_error, nn.binary_cross_entropy, nn.hinge)
        ],
        *[
            (partial(loss, outputs, target), ValueError, words)
            for loss in (cross_entropy, nn.losses.negative_log_likelihood, nn.multiclass_hinge)
            for outputs, target, words in [
                ([0.5, 0.25, 0.25], 3, "classes count from 0: expected 0 to 2, got"),
                ([0.5, 0.25, 0.25], -1, "classes count from 0: expected 0 to 2, got"),
                ([0.5, 0.25, 0.25], 1.5, "classes count from 0: expected 0 to 2, got"),
                ([0.5, 0.25, 0.25], math.nan, "classes count from 0: expected 0 to 2, got nan"),
                ([0.5, 0.25, 0.25], [0, 1], "expected a target of 3 numbers"),
                ([0.5], 0, "one output per class, at least two"),
            ]
        ],
        *[
            (partial(LOSSES[name].cost, outputs, target), ValueError, words)
            for name, outputs, target, words in [
                ("binary_cross_entropy", 0.3, 2, BINARY + r"2\.0$"),
                ("binary_cross_entropy", 0.3, -1, BINARY + r"-1\.0: write \(1 \+ y\) / 2 .* loss=\"hinge\""),
                ("binary_cross_entropy", [0.3, 0.4], [1, 1.5], BINARY + r"1\.5"),
                ("binary_cross_entropy", Value(0.3), -0.1, BINARY + r"-0\.1"),
                ("binary_cross_entropy", 0.3, math.nan, BINARY + "nan"),
                ("bce", [0.3, 0.4], [-1, 1], BINARY + r"-1\.0"),
                ("binary_cross_entropy", 1.5, 1, r"binary_cross_entropy takes probabilities between 0 and 1, got 1\.5"),
                ("binary_cross_entropy", [0.5, -0.01], [1, 0], r"probabilities between 0 and 1, got -0\.01"),
                ("binary_cross_entropy", Value(1.5), 1, r"probabilities between 0 and 1, got 1\.5"),
                ("bce", math.inf, 1, r"probabilities between 0 and 1, got inf"),
                ("nll", [0.5, 1.5], 1, r"negative_log_likelihood takes probabilities between 0 and 1, got 1\.5"),
                ("nll", [0.5, 0.5], [2, -1], SHARES + r"\[2\.0, -1\.0\]"),
                ("cross_entropy", [1.0, 2.0], [5, -3], SHARES + r"\[5\.0, -3\.0\]"),
                ("cross_entropy", [1.0, 2.0], [1.5, -0.5], SHARES),
                ("cross_entropy", [1.0, 2.0, 3.0], [1, 1, 0], SHARES),
                ("cross_entropy", [1.0, 2.0, 3.0], [0, 0, 0], SHARES),
                ("cross_entropy", [1.0, 2.0, 3.0], [20, 30, 50], SHARES),
                ("cross_entropy", [1.0, 2.0], [math.nan, 1.0], SHARES),
                ("multiclass_hinge", [1.0, 2.0], [0.5, 0.2], SHARES),
                ("cross_entropy", [1.0, 2.0], 2, "classes count from 0: expected 0 to 1, got 2"),
                ("hinge", [0.3], 0.5, r"hinge takes targets 1 and -1 \(or 1 and 0\), got 0\.5"),
            ]
        ],
        *[
            (partial(probabilities_missing, loss, sizes), ValueError, "takes probabilities, but for the first example")
            for loss, sizes in [("bce", [1]), ("nll", [2])]
        ],
        (  # biases start at 0, so the output for the inputs 0, 0 is 0
            lambda: run(loss="binary_cross_entropy"),
            ValueError,
            r'for example 1 the model returns -0\.25\d*: end it with output="sigmoid"',
        ),
    ],
    "losses of one's own": [
        (partial(run, MLP(2, [3, 2], seed=0), Y=[[0, 1]] * 4, loss=loss), TypeError, words)
        for loss, words in [
            (
                lambda y, t: (y - t) ** 2,
                r"sum\(\(y - t\) \*\* 2 for y, t in zip\(outputs, target\)\); this one does not: unsupported",
            ),
            (lambda y, t: y + t, r"and returns one Value, .* it returned \[Value"),
            (lambda y, t: y.exp(), "does not: 'list' object has no attribute 'exp'"),
        ]
    ],
    "a loss that does not depend on the model": [
        (partial(fit_constant_loss, runner), TypeError, CONSTANT) for runner in nn.training.RUNNERS if runner != "jax"
    ],
    "optimizers": [
        *[
            (partial(SGD, [], rate), ValueError, "learning_rate must be a number >= 0")
            for rate in (-0.1, math.inf, math.nan)
        ],
        (lambda: SGD([], nesterov=True), ValueError, "nesterov needs a momentum"),
        (lambda: Adam([], betas=(1.0, 0.9)), ValueError, r"betas\[0\] must be a number >= 0 and < 1"),
        (lambda: RMSProp([], decay=1.5), ValueError, "decay must be a number >= 0 and < 1"),
        (lambda: Adam([], epsilon=0.0), ValueError, "epsilon must be a number > 0"),
        (lambda: optimizer_named("adagrad", []), ValueError, "choose one of sgd, momentum"),
        (lambda: Adam([]), ValueError, "expected parameters, got none"),
        (lambda: Adam(Module().parameters()), ValueError, "expected parameters, got none"),
        (lambda: SGD([Value(1.0) * 2.0]), TypeError, "must be leaf Values"),
        (lambda: SGD([1.0]), TypeError, "must be leaf Values"),
        *[
            (partial(run, optimizer=name, epochs=1), ValueError, f"unknown optimizer '{name}': {KNOWN}")
            for name in ("nadam", "radam", "adamax", "adagrad", "lion")
        ],
        (resume_with_another_optimizer, ValueError, "keeps its own optimizer"),
        (lambda: Adam(net(), alpha=0.1), TypeError, "Adam has no argument alpha$"),
        (lambda: SGD(net(), lr=0.1), TypeError, "^SGD has no argument lr: write learning_rate$"),
        (lambda: Adam(net(), eps=1e-8), TypeError, "Adam has no argument eps: write epsilon"),
        (lambda: Adam(net(), beta1=0.9), TypeError, "Adam has no argument beta1: write betas="),
        (lambda: RMSProp(net(), alpha=0.99), TypeError, "RMSProp has no argument alpha: write "),
        (lambda: SGD(net(), momentun=0.9), TypeError, r"SGD has no argument momentun; did you mean momentum\?"),
        (
            lambda: SGD(Value(1.0), 0.1),
            TypeError,
            r"parameters must be a list: write SGD\(model\.parameters\(\), 0\.1\)",
        ),
        (
            lambda: SGD(MLP, 0.1),
            TypeError,
            r"parameters must be a list: write SGD\(model\.parameters\(\), 0\.1\), got <class",
        ),
        (
            lambda: SGD(net().parameters, 0.1),
            TypeError,
            r"parameters must be a list: write SGD\(model\.parameters\(\), 0\.1\)",
        ),
        (lambda: SGD(net().named_parameters(), 0.1), TypeError, "parameters must be leaf Values"),
        (lambda: SGD(net(), 0.1, clip_norm=0.0), ValueError, "clip_norm must be a number > 0, got 0.0"),
        (lambda: SGD(net(), 0.1, clip_norm=-1), ValueError, "clip_norm must be a number > 0, got -1"),
        (lambda: nn.optim.clip_by_norm([3.0, 4.0], -1.0), ValueError, r"threshold must be a number >= 0, got -1\.0"),
        (lambda: SGD(net(), "0.1"), ValueError, "learning_rate must be a number >= 0, got '0.1'"),
        (lambda: SGD(net(), None), ValueError, "learning_rate must be a number >= 0, got None"),
        (lambda: SGD(net(), -0.1), ValueError, "learning_rate must be a number >= 0, got -0.1"),
        (lambda: SGD(net(), Value(0.1)), ValueError, r"learning_rate must be a number >= 0, got Value\(0\.1\)"),
        (lambda: SGD(net(), 10**400), ValueError, "learning_rate must be a number >= 0, got 1000"),
        (lambda: SGD(net(), momentum=-0.5), ValueError, "momentum must be a number >= 0"),
        (lambda: SGD(net(), weight_decay=[0.1]), ValueError, r"weight_decay must be a number >= 0, got \[0\.1\]"),
        (lambda: Adam(net(), betas=0.9), TypeError, r"betas must be a list: write betas=\(0\.9, 0\.999\), got 0\.9"),
        (
            lambda: Adam(net(), betas=(0.9,)),
            ValueError,
            r"betas must be two numbers, such as \(0\.9, 0\.999\), got \(0\.9,\)",
        ),
        (lambda: Adam(net(), betas=(0.9, 1.0)), ValueError, r"betas\[1\] must be .*, got 1\.0"),
        (lambda: Adam(net(), betas=(-0.1, 0.9)), ValueError, r"betas\[0\] must be a number >= 0 and < 1"),
        (lambda: RMSProp(net(), decay=1.0), ValueError, "decay must be a number >= 0 and < 1"),
    ],
    "schedules and weighted cross-entropy": [
        (lambda: SGD(CLASSIFIER, cosine(10)), TypeError, r"learning_rate must be a number: .* schedule=cosine\(1000\)"),
        (lambda: SGD(CLASSIFIER, schedule=cosine), TypeError, r"a function of the step, such as cosine\(1000\)"),
        (lambda: SGD(CLASSIFIER, schedule=0.5), TypeError, "a function of the step, .* got 0.5"),
        (lambda: SGD(CLASSIFIER, scheduler=cosine(9)), TypeError, r"did you mean schedule\?"),
        (lambda: cosine(10, 10), ValueError, "steps must be greater than warmup, .* steps=10, warmup=10"),
        (lambda: linear_decay(0), ValueError, "steps must be a positive integer, got 0"),
        (lambda: step_decay(0), ValueError, "every must be a positive integer, got 0"),
        (lambda: step_decay(3, -1.0), ValueError, "factor must be a number > 0, got -1.0"),
        (lambda: cross_entropy_with([1, -1]), ValueError, "a weight must be a number >= 0, got -1"),
        (lambda: cross_entropy_with(5), TypeError, r"weights must be a list: write weights=\[1, 5\]"),
        (lambda: cross_entropy_with(label_smoothing=1.0), ValueError, "label_smoothing must be a number >= 0"),
        (
            lambda: fit(CLASSIFIER, *IRIS, cross_entropy_with([1, 2])),
            ValueError,
            "one weight for each of 3 classes, got 2",
        ),
        (
            lambda: fit(CLASSIFIER, *IRIS, cross_entropy_with),
            TypeError,
            "returns a loss: write loss=cross_entropy_with",
        ),
    ],
    "fit": [
        (lambda: run(lr=0.1), TypeError, r"^fit has no argument lr: write learning_rate$"),
        (lambda: run(verbose=1), TypeError, "fit has no argument verbose: write progress=True or progress=False"),
        (
            lambda: run(shuffle=False),
            TypeError,
            "fit has no argument shuffle: write batch_size: mini-batches are shuffled",
        ),
        (lambda: run(momentum=0.9), TypeError, r"fit has no argument momentum: write optimizer=SGD\(model, 0\.05, mom"),
        (lambda: run(metrics=["accuracy"]), TypeError, r"fit has no argument metrics: write record='accuracy'"),
        (lambda: run(early_stopping=3), TypeError, "fit has no argument early_stopping: write patience=10"),
        (
            lambda: run(schedule=1),
            TypeError,
            r"fit has no argument schedule: write optimizer=SGD\(model, 0\.1, schedule=cosine",
        ),
        (
            lambda: run(label_smoothing=0.1),
            TypeError,
            r"fit has no argument label_smoothing: write loss=cross_entropy_with",
        ),
        (lambda: run(epoch=3), TypeError, r"fit has no argument epoch; did you mean epochs\?"),
        (
            lambda: run(learning_rates=0.3),
            TypeError,
            r"fit has no argument learning_rates; did you mean learning_rate\?",
        ),
        (lambda: run(nonsense=3), TypeError, "fit has no argument nonsense$"),
        (lambda: run(MLP), TypeError, r"expected a model such as MLP\(2, \[4, 1\]\), got <class 'nn\.models\.MLP'>"),
        (lambda: run([Layer(2, 1)]), TypeError, r"expected a model such as MLP\(2, \[4, 1\]\), got \[Layer"),
        (
            lambda: run(penalty=0.01),
            TypeError,
            r"a callback or penalty is a function, such as loss_below\(0\.01\) or l2\(",
        ),
        (lambda: run(callbacks=["stop"]), TypeError, "a callback or penalty is a function, .*, got 'stop'"),
        (
            lambda: run(callbacks=[loss_below]),
            TypeError,
            r"a callback or penalty is a function, such as loss_below\(0\.01\)",
        ),
        (
            lambda: run(callbacks=EarlyStopping),
            TypeError,
            "a callback or penalty is a function, .*, got <class .*EarlyStopping",
        ),
        (lambda: run(penalty=l2), TypeError, "a callback or penalty is a function, .*, got <function l2"),
        (lambda: run(callbacks=5), TypeError, r"callbacks must be a list: write callbacks=\[\.\.\.\], got 5"),
        (lambda: run(record=True), TypeError, r"record must be a list: write record=\['accuracy'\], got True"),
        (lambda: run(optimizer=net()), TypeError, "expected an optimizer such as SGD.*, got MLP"),
        (lambda: run(optimizer=0.1), TypeError, "expected an optimizer such as SGD"),
        (lambda: run(optimizer=lambda parameters: 0.1), TypeError, "expected an optimizer such as SGD"),
        (lambda: run(record="accurracy"), ValueError, r"unknown record 'accurracy': .* did you mean accuracy\?"),
        (lambda: run(record=["loss"]), ValueError, "unknown record 'loss': choose one of accuracy, gradient_norms"),
        *[
            (partial(run, epochs=1, **{kind: given}), TypeError, rf"a name such as .*, got {re.escape(repr(given))}")
            for kind in ("loss", "runner", "optimizer")
            for given in (5, ["sgd"])
        ],
        *[
            (partial(run, resume=resume), TypeError, "resume takes the History that an earlier fit returned")
            for resume in (True, [0.1, 0.2], SGD([Value(1.0)]))
        ],
        (
            lambda: run(callbacks=EarlyStopping(monitor="validation_loss")),
            ValueError,
            r"give fit validation_data=\(X, Y\) too",
        ),
        (lambda: run(epochs=0), ValueError, "epochs must be a positive integer, got 0"),
        (lambda: run(batch_size=0), ValueError, "batch_size must be a positive integer, got 0"),
        (lambda: run(batch_size=0.5), ValueError, "batch_size must be a positive integer, got 0.5"),
        (lambda: run(learning_rate=-1), ValueError, "learning_rate must be a number >= 0, got -1"),
    ],
    "diagnose": [
        (lambda: nn.diagnose(NET, ROWS, TARGETS, test=[ROWS]), ValueError, r"test is a pair \(X, Y\), got 1"),
        (lambda: nn.diagnose(NET, ROWS, TARGETS, test=5), TypeError, r"test must be a list: write test=\(X, Y\)"),
        (lambda: nn.diagnose(NET, ROWS, TARGETS, optimizer="sdg"), ValueError, "unknown optimizer 'sdg'"),
        (lambda: Finding("stuck", "", "").demo(), ValueError, r"take one from nn\.diagnose\(model, X, Y\)"),
    ],
    "stopping rules": [
        (lambda: EarlyStopping(0), ValueError, "patience must be a positive integer, got 0"),
        (lambda: EarlyStopping(-3), ValueError, "must be a positive integer, got -3"),
        (lambda: EarlyStopping(2.5), ValueError, r"must be a positive integer, got 2\.5"),
        (lambda: EarlyStopping(5, -1e-6), ValueError, "min_delta must be a number >= 0, got -1e-06"),
        (lambda: EarlyStopping(5, math.nan), ValueError, "min_delta must be a number >= 0, got nan"),
        (lambda: EarlyStopping(net(), None), ValueError, "must be a positive integer, got MLP"),
        (
            lambda: EarlyStopping(monitor="val_loss"),
            ValueError,
            "monitor is 'loss' or 'validation_loss', got 'val_loss'",
        ),
        (lambda: parameters_still(-1.0), ValueError, r"tolerance must be a number >= 0, got -1\.0"),
        (lambda: parameters_still("a"), ValueError, "tolerance must be a number >= 0, got 'a'"),
        (lambda: loss_below(math.nan), ValueError, "a limit must be a number, got nan"),
        (lambda: loss_below("0.1"), ValueError, "a limit must be a number, got '0.1'"),
    ],
    "penalties": [
        (lambda: l2("0.1"), ValueError, "strength must be a number >= 0, got '0.1'"),
        (lambda: nn.losses.l1(-0.1), ValueError, "strength must be a number >= 0, got -0.1"),
    ],
    "split": [
        (lambda: nn.split(*XOR, 25), ValueError, r"share must be a number >= 0 and < 1, got 25"),
        (lambda: nn.split(*XOR, -0.1), ValueError, "share must be a number >= 0 and < 1"),
        (lambda: nn.split(*XOR, 1.0), ValueError, "share must be a number >= 0 and < 1"),
        (lambda: nn.split(*XOR, "half"), ValueError, "share must be .*, got 'half'"),
        (lambda: nn.split(*XOR, 0.9), ValueError, "a test share of 0.9 leaves none of 4 examples for training"),
        (lambda: nn.split(XOR[0], [0, 1]), ValueError, "expected one target for each of the 4 examples, got 2"),
        (lambda: nn.split(XOR[0][:2], XOR[1]), ValueError, "expected one target for each of the 2 examples, got 4"),
    ],
    "fit_many": [
        (fit_many_with_foreign_optimizer, ValueError, NONE_IN_COMMON),
        (lambda: fit_many(Sequential(Layer(2, 1)), *XOR), TypeError, "lambda seed: Sequential"),
        (lambda: fit_many(NET, *XOR, seeds=5), TypeError, r"write seeds=range\(5\), got 5"),
        (lambda: fit_many(NET, *XOR, learning_rates=0.1), TypeError, r"write learning_rates=\[0\.1\], got 0\.1"),
        *[
            (partial(run_many, **options), error, words)
            for options, error, words in [
                ({"seeds": []}, ValueError, "a net from each seed, got none"),
                ({"learning_rates": []}, ValueError, "each of the learning rates, got none"),
                ({"learning_rates": [-1.0]}, ValueError, "learning_rate must be a number >= 0, got -1.0"),
                ({"epochs": 0}, ValueError, "epochs must be a positive integer"),
                ({"optimizer": "newton"}, ValueError, "unknown optimizer 'newton'"),
                ({"optimizer": SGD(MLP(2, [1]).parameters())}, TypeError, "an optimizer for each net: give a name"),
                ({"runner": "gpu"}, ValueError, "unknown runner 'gpu'"),
            ]
        ],
        (
            lambda: fit_many(net(), *XOR, lr=0.1),
            TypeError,
            r"fit_many has no argument lr; did you mean learning_rates\?",
        ),
        (lambda: fit_many(net(), *XOR, patience=3), TypeError, "fit_many has no argument patience$"),
    ],
    "runners": [(lambda: run(runner="warp"), ValueError, r"unknown runner 'warp': choose one of auto, eager")],
    "jax": [
        (fit_without_jax, ImportError, r"runner='jax' trains by JAX: pip install 'scalar-autodiff\[jax\]'"),
        (partial(fit_constant_loss, "jax"), TypeError, CONSTANT),
    ],
    "trap 39: model files": [
        *[
            (
                partial(load_text, lambda text, share=share: text[: int(share * len(text))]),
                ModelFileError,
                "is not a complete model file",
            )
            for share in (0.0, 0.1, 0.5, 0.99)
        ],
        *[
            (partial(load_bytes, contents), ModelFileError, r"not written by nn\.save")
            for contents in (b'{"weights": [1]}', b"[1, 2]", b'"text"', b"3", b"null")
        ],
        (  # a pickle
            lambda: load_bytes(b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00"),
            ModelFileError,
            "not a complete model file",
        ),
        (lambda: load_bytes(b"[" * 100_000), ModelFileError, "not a complete model file"),
        (
            lambda: load_text(lambda text: text.replace('"layers.0.neurons.0.b": 0.0', '"layers.0.neurons.0.b": NaN')),
            ModelFileError,
            "must be finite, got NaN",
        ),
        (lambda: load_changed(version=3), ModelFileError, "has version 3, this library reads 1 and 2"),
        *[
            (partial(load_changed, "architecture", **change), ModelFileError, words)
            for change, words in [
                ({"sizes": [2, 10**9, 2]}, "need 5000000002 parameters, the file has 17"),  # before it is built
                ({"sizes": [2, -3, 2]}, "no net has sizes"),
                ({"sizes": "232"}, "no net has sizes"),
                ({"activations": ["relu"]}, "no net has sizes"),
                ({"activations": ["relu", "__import__('os')"]}, "unknown activation"),
                ({"bias": None}, "does not fit"),
            ]
        ],
        *[
            (partial(load_changed, "parameters", **{"layers.0.neurons.0.w.0": weight}), ModelFileError, "does not fit")
            for weight in ("1.0", None, [1.0], 10**400)
        ],
        (
            save_exchanged_activation,
            ValueError,
            r"the tanh of Layer\(2 inputs, 2 neurons, tanh\) is not ACTIVATIONS\['tanh'\]",
        ),
    ],
    "python -m nn": [
        (partial(main, ["xor", option, "none-of-these"]), SystemExit, "^2$")
        for option in ("--activation", "--loss", "--optimizer", "--runner", "--hidden")
    ],
    "watch": [(lambda: list(watch("Z1")), ValueError, "unknown example to watch 'Z1': choose one of A7, A8, A9")],
}


@every_row_of(REFUSALS)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()
