"""Trials of cures: a change of the training as code, which a copy of the net runs to show whether it helps."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isfinite, nan
from typing import Any

from autodiff import Value

from .. import activations, data, dropout, layers, losses, models, module, normalization, optim, transformers
from ..losses import LOSSES, Loss, as_list, loss_named, read_target
from ..metrics import by_position, evaluate, numbers
from ..models import MLP
from ..module import Module
from ..optim import SGD, Adam, AdamW, Optimizer
from ..training.fitting import fit
from ..training.history import History
from ..training.loop import NonfiniteLossError
from .case import LEARNED
from .findings import Change, Demonstration, Finding, Result

SOURCES = activations, data, dropout, layers, losses, models, module, normalization, optim, transformers
WORK = {False: 15_000_000, True: 2_000_000}  # rows * epochs * parameters of a trial, or gates for sequences
MARKS = (20, 100, 500, 2000, 5000)  # epochs at which a trial looks whether the net has learned
STARTS, TRIALS = 3, 6  # starts of a cure that does not help at once; trials of all cures
LONGEST = 10  # a net that needs more than so many times its epochs is not just unfinished
DEFAULTS: dict[type[Optimizer], dict[str, Any]] = {
    SGD: {"momentum": 0.0, "nesterov": False},
    Adam: {"betas": (0.9, 0.999)},
    AdamW: {"betas": (0.9, 0.999)},
}
ARCHITECTURE = {"hidden", "activation", "output", "outputs", "bias", "initializer"}  # changes that need a new net


class Experiment:
    """A training as the doctor knows it, which can be run again with a change.

    A change names what differs: of the net (``hidden``, ``activation``, ``output``, ``outputs``, ``bias``,
    ``initializer``, ``seed``), of the data (``X`` and ``Y`` as expressions, ``data`` as lines) or of ``fit`` (``loss``,
    ``learning_rate``, ``momentum``, ``weight_decay``, ``clip_norm``, ``penalty``, ``epochs``, ``resume`` to train on).
    ``goal`` is what has to be explained at least.
    """

    def __init__(
        self, model: Any, X: Sequence[Any], Y: Sequence[Any], loss: Any, row: Loss, optimizer: Optimizer,
        penalty: Any = None, batch_size: int | None = None, epochs: int = 0, gates: int = 0, test: Any = None
    ) -> None:  # fmt: skip
        self.model, self.X, self.Y, self.loss, self.row = model, X, Y, loss, row
        self.optimizer, self.penalty, self.batch_size, self.test = optimizer, penalty, batch_size, test
        self.epochs, self.gates = epochs, gates
        self.goal = LEARNED  # what can be explained of these examples
        self.others: list[Change] = []  # the first remedy of each finding, which may be needed together
        self.proven: dict[str, Change] = {}  # by kind of finding, the change that helped

    # --- Cures as code -------------------------------------------------------------------------------

    def code(self, change: Change) -> str:
        """The lines that train with this change; "" if they would need a net that only you can make."""
        if not hasattr(self.model, "parameters"):  # a function
            return ""
        lines = [*str(change.get("data", "")).splitlines()]
        lines += [f"{name} = {change[name]}" for name in ("X", "Y") if name in change]
        if not change.get("resume"):
            start = self.restart(change)
            if not start:
                return ""
            lines += start
        if change.get("penalty"):
            lines.insert(0, "from nn.losses import l2")
        given = ["model, X, Y", *self.options(change), f"epochs={change.get('epochs') or self.enough()}"]
        return "\n".join([*lines, f"history = fit({', '.join(given)})"])

    def restart(self, change: Change) -> list[str]:
        """The lines that make a fresh net."""
        if not self.is_chain():
            if ARCHITECTURE & {*change}:
                return []
            draw = "for p in model.parameters():\n    p.data = random.uniform(-0.5, 0.5)"
            return ["from random import Random", f"random = Random({change.get('seed', 0)})", *draw.splitlines()]
        seed = (getattr(self.model, "seed", None) or 0) + change.get("seed", 0)
        if type(self.model) is MLP and not ARCHITECTURE & {*change} and self.model.make[5] not in ("zeros", "ones"):
            return [f"model = model.clone(seed={seed})"]
        names = {layer.activation_name for layer in self.model.layers}
        known = names <= {"softmax", *activations.ACTIVATIONS}
        return [f"model = MLP({self.architecture(change)}, seed={seed})"] if known else []

    def is_chain(self) -> bool:
        """Whether the model is a chain of layers, as an MLP is."""
        chain = getattr(self.model, "layers", None)
        return type(self.model) in (MLP, models.Sequential) and all(type(x) is layers.Layer for x in chain or [None])

    def architecture(self, change: Change) -> str:
        """The arguments of MLP."""
        chain = self.model.layers
        sizes = [len(layer.neurons) for layer in chain]
        hidden = change.get("hidden", sizes[:-1])
        names = change.get("activation", [layer.activation_name for layer in chain[:-1]])
        if len(names) != len(hidden):
            names = [(names or ["tanh"])[0]] * len(hidden)
        given = [str(len(chain[0].neurons[0].w)), str([*hidden, change.get("outputs", sizes[-1])])]
        if {*names} - {"tanh"}:
            given.append(f'"{names[0]}"' if len({*names}) == 1 else str(names).replace("'", '"'))
        output = change.get("output", chain[-1].activation_name)
        given += [f'output="{output}"'] if output != "linear" else []
        biased = type(chain[0].neurons[0].b) is Value
        given += ["bias=False"] if not change.get("bias", biased) else []
        start = change.get("initializer", self.model.make[5] if type(self.model) is MLP else "uniform")
        given += [f'initializer="{start}"'] if type(start) is str and start not in ("uniform", "zeros", "ones") else []
        return ", ".join(given)

    def options(self, change: Change) -> list[str]:
        """The arguments of fit, but for the epochs."""
        loss = change.get("loss", self.loss if type(self.loss) is str else self.row.name)
        known = [] if loss == "squared_error" else [f'loss="{loss}"' if loss in LOSSES else f"loss={named(loss)}"]
        chosen = self.optimizer_text(change)
        known += [] if chosen == "SGD(model, 0.1)" else [f"optimizer={chosen}"]
        known += [f"penalty={change['penalty']}"] if change.get("penalty") else []
        known += [f"batch_size={self.batch_size}"] if self.batch_size and self.batch_size < len(self.X) else []
        return known

    def optimizer_text(self, change: Change) -> str:
        """The optimizer for all parameters, with settings that differ from its defaults."""
        optimizer, kind = self.optimizer, type(self.optimizer)
        given = [f"{change.get('learning_rate', optimizer.learning_rate):.6g}"]
        usual = {**DEFAULTS.get(kind, {}), "weight_decay": 0.01 if kind is AdamW else 0.0, "clip_norm": None}
        for name, default in usual.items():
            value = change.get(name, getattr(optimizer, name))
            if name == "betas" and "momentum" in change:
                value = default
            given += [f"{name}={value}"] if value != default else []
        return f"{kind.__name__}(model, {', '.join(given)})"

    def enough(self) -> int:
        """Epochs for a cured net if no trial says how many."""
        return max(self.epochs, min(self.room(), MARKS[-1]), MARKS[0])

    def room(self) -> int:
        """The number of epochs of a short trial."""
        size = self.gates or len(self.optimizer.parameters)
        most = WORK[self.gates > 0] // (len(self.X) * size)
        return max([mark for mark in MARKS if mark <= most], default=max(1, most))

    # --- Trials --------------------------------------------------------------------------------------

    def run(self, change: Change, reached: Callable[[Any, Result], bool] | None = None) -> tuple[Result, Any]:
        """(result, net) of the code of a change, run on a copy; it ends early where the result is good."""
        known = {name: thing for part in SOURCES for name, thing in vars(part).items() if not name.startswith("_")}
        space: dict[str, Any] = {**known, "X": self.X, "Y": self.Y}
        space |= {named(self.row.name): self.row, type(self.optimizer).__name__: type(self.optimizer)}
        with restored(self.model):
            space["model"] = copy.deepcopy(self.model)
            space["fit"] = train = Trainer(self.row if "loss" not in change else None, reached)
            exec(self.code(change), space)
        return train.result, space["model"]

    def attempt(self, change: Change, reached: Callable[[Any, Result], bool] | None = None, look: bool = False) -> int:
        """The number of epochs after which a copy has learned with this change; 0 if it does not in a short trial.

        With ``look``, the copy stops at one of a few marks, if it has learned by then.
        """
        if not self.code(change) or not self.can_copy():
            return 0
        reached = reached or self.has_learned
        most = min(change.get("epochs", MARKS[-1]), self.room())
        if change.get("resume"):
            look, most = True, most if look else min(most, max(LONGEST * self.epochs, 1000))
        result, net = self.run({**change, "epochs": most}, reached if look else None)
        if look and result.epochs < most and self.goal < LEARNED:  # neighbors may know less than a net can learn
            further = self.run({**change, "epochs": self.further(result.epochs)})
            result, net = further if reached(further[1], further[0]) else (result, net)
        return result.epochs if reached(net, result) and result.explained >= change.get("goal", 0.0) else 0

    def can_copy(self) -> bool:
        """Whether the model can be copied; one that holds a file or a lock cannot."""
        try:
            copy.deepcopy(self.model)
        except (TypeError, copy.Error):
            return False
        return True

    def has_learned(self, net: Any, result: Result) -> bool:
        """Whether the examples are learned as well as they can be."""
        return result.explained >= self.goal

    def finds_all(self, net: Any, result: Result) -> bool:
        """Whether most examples of each class are found."""
        return result.found >= 0.7

    def on_test(self, net: Any) -> Result:
        """What the net knows of the test examples."""
        X, Y = self.test
        return measure(net, X, Y, self.row, 0)

    def does_better(self, net: Any, result: Result) -> bool:
        """Whether the net does better on the test examples than the one that learned by heart."""
        if self.test is None or not isfinite(result.loss):
            return False
        now, before = self.on_test(net), self.on_test(self.model)
        return result.explained > 0.7 and now.loss < 0.8 * before.loss and not now.accuracy < before.accuracy

    def prove(self, finding: Finding) -> Change:
        """The first change of the finding, and of a few starts, that helps a copy; the first one if none does."""
        if finding.sentence not in self.proven:
            reached = {"rare class": self.finds_all, "overfitting": self.does_better}.get(
                finding.kind, self.has_learned
            )
            given = [change for change in finding.changes if "epochs" not in change]
            starts = [
                {**change, "seed": change.get("seed", 0) + i} for i in range(STARTS) for change in given
                if i == 0 or not change.get("resume")
            ][:TRIALS]  # fmt: skip
            if len(self.others) > 1 and given:
                starts.append({name: x for each in [*self.others, given[0]] for name, x in each.items()})
            tried = (
                {**change, "epochs": epochs} for change in starts if (epochs := self.attempt(change, reached, True))
            )
            self.proven[finding.sentence] = next(tried, finding.changes[0])
        return self.proven[finding.sentence]

    def further(self, epochs: int) -> int:
        """One mark further, so that the loss is small as well."""
        return min([mark for mark in MARKS if epochs < mark <= self.room()], default=epochs)

    def demonstrate(self, finding: Finding) -> Demonstration:
        """Train the net as it is and the cured one for the same number of epochs."""
        change = self.prove(finding) if finding.changes else {}
        if not finding.changes or not self.code(change):
            return Demonstration(None, None, "", f"{finding!r}\nThere is no code to run.")
        if not self.can_copy():
            return Demonstration(None, None, self.code(change), f"{finding!r}\nThe model cannot be copied for a trial.")
        epochs = change.get("epochs") or self.enough()
        cured, net = self.run({**change, "epochs": epochs})
        sick = self.standing() if change.get("resume") else self.train_on(epochs)
        more = "as it is" if change.get("resume") else "as it is, trained on"
        lines = [f"{finding.kind}, {epochs} epochs with and without the cure", f"{more}: {sick!r}", f"cured: {cured!r}"]
        if finding.kind not in ("rare class", "overfitting") and not self.has_learned(net, cured):
            lines.append("This alone is not enough: ask again about the cured net.")
        if finding.kind == "rare class":
            lines[1:] = [f"{line}, of the rarest {100 * x.found:.0f} %" for line, x in zip(lines[1:], (sick, cured))]
        if self.test is not None:
            for i, model in ((1, self.model), (2, net)):
                lines[i] += f"; on the test set {self.on_test(model)!r}"
        code = self.code({**change, "epochs": epochs})
        return Demonstration(sick, cured, code, "\n".join([*lines, "", code]))

    def standing(self) -> Result:
        """What the net has learned."""
        return measure(self.model, self.X, self.Y, self.row, self.epochs)

    def train_on(self, epochs: int) -> Result:
        """What a copy has learned after so many epochs more with unchanged settings."""
        with restored(self.model):
            model, optimizer = copy.deepcopy((self.model, self.optimizer))
            train = Trainer(self.row, None)
            train(
                model, self.X, self.Y, optimizer=optimizer, epochs=epochs, batch_size=self.batch_size,
                penalty=self.penalty,
            )  # fmt: skip
        return train.result


class Trainer:
    """``fit`` without a progress bar that keeps its result; it ends early where ``reached`` says so."""

    def __init__(self, row: Loss | None, reached: Callable[[Any, Result], bool] | None) -> None:
        self.row, self.reached = row, reached
        self.result: Result

    def __call__(
        self, model: Any, X: Any, Y: Any, loss: Any = "squared_error", epochs: int = 1000, **options: Any
    ) -> History | None:
        loss, done, history = self.row or loss, 0, None
        try:
            for mark in [*([mark for mark in MARKS if mark < epochs] if self.reached else []), epochs]:
                history = fit(model, X, Y, loss, epochs=mark - done, progress=False, **options)
                options = {**options, "resume": history, "optimizer": None}
                done = mark
                self.result = measure(model, X, Y, loss, done)
                if self.reached and self.reached(model, self.result):
                    break
        except NonfiniteLossError as error:
            self.result, history = Result(nan, nan, 0.0, done, 0.0), error.history
        return history


def measure(model: Any, X: Any, Y: Any, loss: Any, epochs: int) -> Result:
    """The result of a net on these examples."""
    mean, accuracy = evaluate(model, X, Y, loss)
    if not isfinite(mean):
        return Result(mean, accuracy, 0.0, epochs, 0.0)
    if accuracy == accuracy:
        return Result(mean, accuracy, accuracy, epochs, least_found(model, X, Y, loss_named(loss)))
    constant = constant_loss(X, Y, loss)
    return Result(mean, accuracy, 1.0 - mean / constant if constant else float(mean <= 1e-12), epochs)


def least_found(model: Any, X: Any, Y: Any, row: Loss) -> float:
    """The share of the examples of a class that the net finds, of the class with the smallest."""
    row, groups = by_position(row, model, X), dict[Any, list[bool]]()
    for x, y in zip(X, Y):
        outputs = numbers(model(x))
        wanted = row.decide(row.encode(read_target(y), len(outputs))) if len(outputs) else 0
        if not isinstance(wanted, int):
            return 1.0
        groups.setdefault(wanted, []).append(row.decide(outputs) == wanted)
    return min([sum(found) / len(found) for found in groups.values()])


def constant_loss(X: Any, Y: Any, loss: Any) -> float:
    """The loss of always answering the mean target."""
    rows = [[float(t) for t in as_list(read_target(y))] for y in Y]
    mean = [sum(column) / len(rows) for column in zip(*rows)]
    return evaluate(lambda x: [Value(t) for t in mean], [[0.0]] * len(rows), rows, loss)[0]


@contextmanager
def restored(model: Any) -> Iterator[None]:
    """Restore parameters that a copy shares with the model, such as those of its class."""
    parameters = model.parameters() if isinstance(model, Module) else []
    before = [(p, p.data, p.grad) for p in parameters]
    try:
        yield
    finally:
        for p, x, grad in before:
            if p.data != x and not (x != x and p.data != p.data):
                p.data = x
            if p.grad != grad:
                p.grad = grad


def named(loss: str) -> str:
    """The name of a loss function in code."""
    return loss if loss.isidentifier() else "loss"
