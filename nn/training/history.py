"""The history of a training run in plain lists, and rules that stop a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from math import hypot, inf
from random import Random, SystemRandom
from typing import Any

from autodiff import Value

from .._checks import at_least_0, quantity, size, within
from ..module import Module, parts_in
from ..optim import Optimizer, optimizer_of
from ..serialization import ModelFileError, read_body

LISTS = ("loss", "seconds", "accuracy", "validation_loss", "validation_accuracy", "gradient_norms")
FACTS = ("updates", "stopped", "runner", "why")


class History:
    """What ``fit`` returns: lists with one entry per epoch, and facts about the whole run.

    Attributes
    ----------
    loss : list of float
        Mean loss over the epoch's examples, each measured just before its step, penalty included. With all examples in
        one batch, the first entry is the untrained net's loss. ``evaluate`` measures the loss after the last step.
    seconds : list of float
        Duration of the epoch.
    accuracy : list of float
        Share of examples classified correctly after the epoch, nan for numeric targets; if recorded.
    validation_loss, validation_accuracy : list of float
        Mean loss and accuracy on ``validation_data`` after the epoch, nan for epochs without validation.
    gradient_norms : list of dict
        Norm of each layer's gradient in the epoch's last mini-batch, {"layers.0": 0.1, ...}, 0 for parameters that are
        not trained; if recorded.
    updates : int
        Number of optimizer steps: epochs times mini-batches (C5).
    began : int
        Number of epochs before the last run: 0 unless it was resumed.
    stopped : str
        Why training ended: "all epochs", "interrupted", or a stopping rule's reason.
    runner : str
        Runner of the last epochs: "eager", "source", "batch", "native" or "jax".
    why : str
        Why "auto" chose that runner, else "".
    optimizer : Optimizer
        The optimizer with its state, from which training can resume.
    arguments : dict
        The "loss", "penalty", "batch_size" and "validation_data" that fit was given; not pickled.

    Examples
    --------
    >>> from nn.training import History
    >>> from nn import MLP, fit, truth_table
    >>> X, Y = truth_table("or")
    >>> history = fit(MLP(2, [1], seed=0), X, Y, epochs=3, progress=False)
    >>> len(history.loss), history.updates, history.stopped
    (3, 3, 'all epochs')
    """

    def __init__(self, optimizer: Optimizer, random: Random) -> None:
        self.loss: list[float] = []
        self.seconds: list[float] = []
        self.accuracy: list[float] = []
        self.validation_loss: list[float] = []
        self.validation_accuracy: list[float] = []
        self.gradient_norms: list[dict[str, float]] = []
        self.updates = 0
        self.began = 0
        self.stopped = ""
        self.runner = self.why = ""
        self.optimizer = optimizer
        self.random = random  # shuffles the examples
        self.arguments: dict[str, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "arguments": {}}  # a penalty may be a function that cannot be pickled

    def state_dict(self, model: Module) -> dict[str, Any]:
        """The run of this model as plain data, with its optimizer and all random numbers to come."""
        names = {parameter: name for name, parameter in model.named_parameters()}
        if strange := [parameter for parameter in self.optimizer.parameters if parameter not in names]:
            raise ValueError(
                f"the optimizer changes {strange[0]!r}, which is not in {model!r:.60}: is the history of another model?"
            )
        return {
            "optimizer": self.optimizer.state_dict(),
            "trained": [names[parameter] for parameter in self.optimizer.parameters],
            "lists": {name: list(getattr(self, name)) for name in LISTS},
            "facts": {name: getattr(self, name) for name in FACTS},
            "order": self.random.getstate(),
            "random": {name: random.getstate() for name, random in generators_in(model).items()},
        }

    @property
    def epochs(self) -> int:
        """Number of finished epochs."""
        return len(self.loss)

    @property
    def interrupted(self) -> bool:
        """Whether ctrl-C ended the run."""
        return self.stopped == "interrupted"

    def __repr__(self) -> str:
        losses = f", loss {self.loss[0]:.6g} -> {self.loss[-1]:.6g}" if self.loss else ""
        length = f"{quantity(self.epochs, 'epoch')}, {quantity(self.updates, 'update')}"
        return f"History({length}{losses}, stopped: {self.stopped or 'not yet'})"


def generators_in(model: Module) -> dict[str, Random]:
    """The model's random generators by name."""
    found = [(name, x) for name, x, _ in parts_in(model) if isinstance(x, Random) and not isinstance(x, SystemRandom)]
    return dict(found)


def load_history(path: str | os.PathLike[str], model: Module, optimizer: Optimizer | None = None) -> History:
    """The run that ``save(model, path, history)`` kept, for ``fit(model, X, Y, resume=...)``.

    The model gets its weights, buffers and random numbers. An optimizer or schedule of your own is not in the file:
    give an ``optimizer`` made as before, which gets settings, steps and state.

    ModelFileError, with model and optimizer unchanged, if the file has no run, is damaged or does not fit.

    >>> from nn import MLP, fit, load, save, truth_table
    >>> from nn.training import load_history
    >>> X, Y = truth_table("xor")
    >>> model = MLP(2, [4, 1], seed=0)
    >>> save(model, "xor.json", fit(model, X, Y, optimizer="adam", epochs=20, progress=False))
    >>> twin = load("xor.json")
    >>> fit(twin, X, Y, epochs=20, resume=load_history("xor.json", twin), progress=False)
    History(40 epochs, 40 updates, loss 0.676595 -> 0.227588, stopped: all epochs)
    """
    body, before = read_body(path), model.state_dict()
    if not isinstance(state := body.get("training"), dict):
        raise ModelFileError(f"{path} has a model but no run: write save(model, path, history)")
    generators = generators_in(model)
    try:
        if {*state["random"]} != {*generators}:
            names = [", ".join(names) or "none" for names in (state["random"], generators)]
            raise ValueError(f"its random generators are {names[0]}, those of {model!r:.60} {names[1]}")
        states = [(random, random_state(state["random"][name])) for name, random in generators.items()]
        shuffling = Random()
        shuffling.setstate(random_state(state["order"]))
        parameters = dict(model.named_parameters())
        if unknown := [name for name in state["trained"] if name not in parameters]:
            raise ValueError(f"{model!r:.60} has no parameter {unknown[0]!r:.60}")
        trained = [parameters[name] for name in state["trained"]]
        lists = {name: [read_entry(x) for x in state["lists"][name]] for name in LISTS}
        if len(lists["seconds"]) != len(lists["loss"]) or type(state["facts"]["updates"]) is not int:
            raise ValueError("its loss, seconds and updates do not belong together")
        model.load_state_dict(body["parameters"])
        if optimizer is None:
            optimizer = optimizer_of(state["optimizer"], trained)
        elif [*map(id, optimizer.parameters)] != [*map(id, trained)]:
            raise ValueError(
                f"{optimizer!r} has other parameters than those of the run, {', '.join(state['trained']):.60}"
            )
        else:
            optimizer.load_state_dict(state["optimizer"])
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        model.load_state_dict(before)
        reason = f"it has no {error}" if isinstance(error, KeyError) else error
        raise ModelFileError(f"the run in {path} does not fit: {reason}") from error
    for random, numbers in states:
        random.setstate(numbers)
    history = History(optimizer, shuffling)
    vars(history).update(lists, **{name: state["facts"][name] for name in FACTS})
    return history


def random_state(state: Any) -> Any:
    """The state of a ``Random`` from JSON; ValueError or TypeError if it is none."""
    version, numbers, rest = state
    found = version, tuple(numbers), rest
    Random().setstate(found)
    return found


def read_entry(x: Any) -> Any:
    """An entry of a list: a number, or numbers by name; "nan" and "inf" stand for those."""
    return {name: float(number) for name, number in x.items()} if isinstance(x, dict) else float(x)


def gradient_norms(model: Module, trained: Iterable[Value] | None = None) -> dict[str, float]:
    """Norm of each layer's gradient after the last ``backward()`` (B7), over the ``trained`` parameters if given.

    Examples
    --------
    >>> from nn import MLP, squared_error
    >>> from nn.training import gradient_norms
    >>> net = MLP(2, [2, 1], seed=0)
    >>> squared_error(net([1.0, 0.0]), 1.0).backward()
    >>> list(gradient_norms(net))
    ['layers.0', 'layers.1']
    """
    trained = set(model.parameters() if trained is None else trained)
    return {name: hypot(*[p.grad for p in layer if p in trained]) for name, layer in model.by_layer().items()}


# --- Stopping rules: callables (model, history) -> the reason to stop, or None -----------------------
# Rules that compare epochs start anew when a run is resumed.


def loss_below(limit: float) -> Callable[[Module, History], str | None]:
    """Return a rule that stops as soon as an epoch's loss is below the limit (B6).

    Examples
    --------
    >>> from nn import MLP, fit, truth_table
    >>> from nn.training import loss_below
    >>> X, Y = truth_table("or")
    >>> fit(MLP(2, [4, 1], seed=0), X, Y, callbacks=[loss_below(0.1)], progress=False).stopped
    'loss below 0.1'
    """

    within("a limit", limit, "a number", lambda x: True)

    def rule(model: Module, history: History) -> str | None:
        return f"loss below {limit:g}" if history.loss[-1] < limit else None

    return rule


class EarlyStopping:
    """Stop when the loss has not improved for ``patience`` epochs; a callback for ``fit``, as in Keras and Lightning.

    Parameters
    ----------
    patience : int
        Number of epochs without improvement after which training stops.
    min_delta : float
        A loss counts as an improvement if it is lower than the best by more than this, from 0 on.
    monitor : str
        "loss", or "validation_loss" with ``fit(..., validation_data=(X, Y))``. To restore the best parameters as well,
        use ``fit(..., patience=10)``.

    Examples
    --------
    >>> from nn import EarlyStopping, MLP, fit, truth_table
    >>> X, Y = truth_table("xor")
    >>> zeros = MLP(2, [2, 1], initializer="zeros")
    >>> fit(zeros, X, Y, callbacks=[EarlyStopping(patience=5, min_delta=1e-6)], progress=False).stopped
    'no better loss in 5 epochs'
    """

    def __init__(self, patience: int = 10, min_delta: float = 0.0, monitor: str = "loss") -> None:
        self.patience, self.min_delta = size(patience, "patience"), at_least_0("min_delta", min_delta)
        if monitor not in ("loss", "validation_loss"):
            raise ValueError(f"monitor is 'loss' or 'validation_loss', got {monitor!r:.60}")
        self.monitor = monitor
        self.best, self.waited = inf, 0

    def __call__(self, model: Module, history: History) -> str | None:
        losses: list[float] = getattr(history, self.monitor)
        if len(losses) < history.epochs:
            raise ValueError("monitor='validation_loss' needs validation_data: give fit validation_data=(X, Y) too")
        if history.epochs == history.began + 1:
            self.best, self.waited = inf, 0
        if losses[-1] + self.min_delta < self.best:
            self.best, self.waited = losses[-1], 0
        else:
            self.waited += 1
        if self.waited < self.patience:
            return None
        return f"no better {self.monitor.replace('_', ' ')} in {quantity(self.patience, 'epoch')}"


def parameters_still(tolerance: float = 0.0) -> Callable[[Module, History], str | None]:
    """Return a rule that stops when no parameter moves by more than the tolerance; it may never hold (C4).

    Examples
    --------
    >>> from nn import MLP, fit, truth_table
    >>> from nn.training import parameters_still
    >>> X, Y = truth_table("or")
    >>> fit(MLP(2, [1], seed=0), X, Y, callbacks=[parameters_still(1e-6)], progress=False).stopped
    'parameters stand still'
    """
    before: list[float] = []
    tolerance = at_least_0("tolerance", tolerance)

    def rule(model: Module, history: History) -> str | None:
        now = [parameter.data for parameter in model.parameters()]
        known = bool(before) and history.epochs > history.began + 1
        still = known and all(abs(a - b) <= tolerance for a, b in zip(before, now))
        before[:] = now
        return "parameters stand still" if still else None

    return rule
