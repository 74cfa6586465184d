"""Presets: a net, loss and optimizer that learn each truth table and data set, ready to run and to change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import hypot, isfinite, nan, sqrt
from typing import Any, NamedTuple

import autodiff
from autodiff import Value

from .. import data
from ..activations import ActivationName, LayerActivation
from ..data import TRUTH_TABLES, truth_table
from ..initializers import InitializerName
from ..losses import Loss, LossName, classes, loss_named, one_hot
from ..metrics import encode_targets, loss_and_outputs, numbers
from ..models import MLP
from ..optim import OPTIMIZERS, Optimizer, OptimizerName, optimizer_named
from ..table import Columns
from ..training.fitting import fit
from ..training.history import History
from ..training.loop import NonfiniteLossError
from ..training.runners import RunnerName

RATES = {name: optimizer_named(name, [Value(0.0)]).learning_rate for name in OPTIMIZERS}
OUTPUTS: dict[str, LayerActivation] = {
    "binary_cross_entropy": "sigmoid", "mean_binary_cross_entropy": "sigmoid",
    "cross_entropy": "softmax", "negative_log_likelihood": "softmax",
}  # fmt: skip
MANY = 1000  # examples that are measured by flat code
IRISES = ["setosa", "versicolor", "virginica"]


class Preset(NamedTuple):
    """The settings of one task, all of which can be changed. The last layer follows from the loss."""

    examples: Callable[[], Any]  # returns (X, Y)
    hidden: Sequence[int] = (4,)
    loss: LossName = "squared_error"
    optimizer: OptimizerName = "sgd"
    learning_rate: float = 0.1
    epochs: int = 1000
    batch_size: int | None = None
    activation: ActivationName = "tanh"
    initializer: InitializerName = "uniform"
    split: bool = False  # keep a quarter of the examples for testing
    enough: float = 1.0  # training accuracy that counts as success
    standardized: bool = False
    classes: Sequence[str] = ()  # their names
    held: Any = ([], [])  # test examples of a table, which is split already
    columns: Columns | None = None  # of a table
    share: float = 0.0  # of a table's rows that is held


SETTINGS = ("hidden", "activation", "loss", "optimizer", "learning_rate", "epochs", "batch_size")  # that options change


def points(make: Callable[..., Any], examples: int, hidden: Sequence[int], **settings: Any) -> Preset:
    """The preset of a data set in the plane: a quarter for testing, mini-batches of ten."""
    base: dict[str, Any] = {"loss": "binary_cross_entropy", "optimizer": "adam", "learning_rate": 0.02, "epochs": 60}
    base |= {"batch_size": 10, "split": True, "enough": 0.95}
    return Preset(partial(make, examples), hidden, **(base | settings))


PRESETS = {
    **{gate: Preset(partial(truth_table, gate)) for gate in TRUTH_TABLES},
    "moons": points(data.moons, 200, [16, 16], loss="hinge", optimizer="sgd", learning_rate=0.1),
    "circles": points(data.circles, 200, [8]),
    "spirals": points(data.spirals, 200, [16, 16]),
    "blobs": points(data.blobs, 150, [8], loss="cross_entropy", optimizer="sgd", learning_rate=0.1, epochs=30),
    "rectangle": points(data.rectangle, 300, [8], learning_rate=0.05, epochs=100),
    "iris": Preset(
        data.iris, [8], "cross_entropy", "sgd", 0.1, 60, 10, split=True, enough=0.95, standardized=True, classes=IRISES
    ),
    "digits": Preset(
        data.digits, [32], "cross_entropy", "adam", 0.01, 15, 32, initializer="xavier", split=True, enough=0.95
    ),
}


def root_mean_square(numbers: Sequence[float]) -> float:
    return hypot(*numbers) / sqrt(len(numbers))


class Trial:
    """One run of a preset: data, net and optimizer made from its settings and a seed."""

    def __init__(self, preset: Preset, seed: int = 0) -> None:
        self.preset, self.seed = preset, seed
        self.loss: Loss = loss_named(preset.loss)
        X, Y = preset.examples()
        by_class = self.loss.encode is classes
        self.is_regression = preset.columns is not None and not preset.columns.classes
        outputs = 1 if self.is_regression else max(Y) + 1 if by_class or max(Y) > 1 else 1
        parts: Any = data.split(X, Y) if preset.split else ((X, Y), preset.held)
        (self.X, Y), (self.X_test, Y_test) = parts
        as_given = outputs == 1 or by_class
        self.Y: list[Any] = Y if as_given else [one_hot(y, outputs) for y in Y]
        self.Y_test: list[Any] = Y_test if as_given else [one_hot(y, outputs) for y in Y_test]
        if preset.standardized:
            self.X_test, self.X = data.standardize(self.X_test, like=self.X), data.standardize(self.X)
        output = OUTPUTS.get(self.loss.name, "linear")
        sizes = [*preset.hidden, outputs]
        self.model = MLP(len(X[0]), sizes, preset.activation, output, initializer=preset.initializer, seed=seed)
        self.optimizer: Optimizer = optimizer_named(preset.optimizer, self.model.parameters(), preset.learning_rate)
        self.history: History | None = None
        self.measured: dict[tuple[int, bool], list[list[float]]] = {}  # by epochs, and whether of test examples

    def go_on(self, model: MLP, history: History) -> None:
        """Take an earlier run, which training will continue."""
        self.model, self.history, self.optimizer = model, history, history.optimizer

    def train(self, runner: RunnerName = "auto", **options: Any) -> History:
        """Train, and return and keep the history."""
        preset = self.preset
        try:
            self.history = fit(
                self.model, self.X, self.Y, self.loss.cost, self.optimizer, preset.epochs, preset.batch_size, runner,
                self.seed, resume=self.history, **options,
            )  # fmt: skip
        except NonfiniteLossError as error:
            self.history = error.history
            raise
        return self.history

    def measure(self, test: bool = False) -> list[list[float]]:
        """[loss, *outputs] for each training or test example."""
        epochs = self.history.epochs if self.history else 0
        if (epochs, test) not in self.measured:
            X, Y = (self.X_test, self.Y_test) if test else (self.X, self.Y)
            targets, n = encode_targets(self.model, X, Y, self.loss), len(self.X[0])
            rows: list[list[float]] = []
            if len(X) >= MANY:
                both = autodiff.compile(lambda row: loss_and_outputs(self.model, row[:n], row[n:], self.loss))
                rows = both.map([([*x, *target],) for x, target in zip(X, targets)])
            if not rows or not all(isfinite(row[0]) for row in rows):  # eager code drops a term whose target is 0
                rows = [numbers(loss_and_outputs(self.model, x, t, self.loss)) for x, t in zip(X, targets)]
            self.measured[epochs, test] = rows
        return self.measured[epochs, test]

    def decisions(self, test: bool = False) -> list[tuple[int, int]]:
        """(wanted class, the net's class) for each training or test example."""
        Y, rows = self.Y_test if test else self.Y, self.measure(test)
        decide, encode = self.loss.decide, self.loss.encode
        return [(max(0, decide(encode(y, len(row) - 1))), max(0, decide(row[1:]))) for y, row in zip(Y, rows)]

    def score(self, test: bool = False) -> tuple[float, float]:
        """(mean loss, accuracy) on the training or the test examples; for numbers, R2 in place of the accuracy."""
        Y, rows = self.Y_test if test else self.Y, self.measure(test)
        if self.is_regression:
            mean = sum(Y) / len(Y)
            spread = root_mean_square([y - mean for y in Y])
            measure = 1.0 - (self.typical_error(test) / spread) ** 2 if spread else nan
        else:
            measure = sum([wanted == found for wanted, found in self.decisions(test)]) / len(Y)
        return sum([row[0] for row in rows]) / len(Y), measure

    def typical_error(self, test: bool = False) -> float:
        """The root mean squared error of a net that predicts numbers."""
        Y = self.Y_test if test else self.Y
        return root_mean_square([row[1] - y for row, y in zip(self.measure(test), Y)])

    def reason(self) -> str:
        """Why training ended."""
        return self.history.stopped if self.history else "not trained yet"

    def losses(self) -> list[float]:
        """The loss of every epoch, with nan at the end if the loss became non-finite."""
        found = self.history.loss if self.history else []
        return [*found, nan] if self.reason() == "non-finite loss" else found

    def is_success(self) -> bool:
        """Whether training finished with enough accuracy on the training examples."""
        return not self.reason().startswith("non-finite") and self.score()[1] >= self.preset.enough
