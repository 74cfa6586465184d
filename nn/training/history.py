"""History, what a training run left behind, in plain lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import hypot
from random import Random

from autodiff import Value

from .._checks import at_least_0, counted, size, within
from ..module import Module
from ..optim import Optimizer


class History:
    """One entry an epoch, and the whole run's facts beside them.

    Attributes
    ----------
    loss : list of float
        The mean loss over the epoch's examples, each as it was just before its step, penalty included. With all
        examples in one batch the first is therefore the untrained net's; what the last step left, ``evaluate`` tells.
    seconds : list of float
        How long the epoch took.
    accuracy : list of float
        The share of examples that are right after the epoch, nan where the targets are numbers to be met; on request.
    validation_loss, validation_accuracy : list of float
        The mean loss and the share of right examples of ``validation_data`` after the epoch, nan for one without.
    gradient_norms : list of dict
        The length of the gradient of each layer, {"layers.0": 0.1, ...}, in the epoch's last mini-batch, 0 for what is
        not trained; on request.
    updates : int
        How many steps the optimizer has made: epochs times mini-batches (C5).
    began : int
        How many epochs there were when the last run began: 0 unless it was resumed.
    stopped : str
        Why training ended: "all epochs", "interrupted", or a stopping rule's reason.
    runner : str
        What made the last epochs: "eager", "source", "batch", "native" or "jax".
    why : str
        Why "auto" took it; "" where it was asked for.
    optimizer : Optimizer
        What made the steps, with its state, so that training can be resumed.

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
        self.random = random  # where the shuffling goes on

    @property
    def epochs(self) -> int:
        """How many epochs were finished."""
        return len(self.loss)

    @property
    def interrupted(self) -> bool:
        """Whether ctrl-C ended it."""
        return self.stopped == "interrupted"

    def __repr__(self) -> str:
        losses = f", loss {self.loss[0]:.6g} -> {self.loss[-1]:.6g}" if self.loss else ""
        length = f"{counted(self.epochs, 'epoch')}, {counted(self.updates, 'update')}"
        return f"History({length}{losses}, stopped: {self.stopped or 'not yet'})"


def gradient_norms(model: Module, trained: Iterable[Value] | None = None) -> dict[str, float]:
    """The length of the gradient of each layer's parameters, as the last ``backward()`` left it (B7).

    Where ``trained`` ones are given, of these only.

    Examples
    --------
    >>> from nn import MLP, squared_error
    >>> from nn.training import gradient_norms
    >>> net = MLP(2, [2, 1], seed=0)
    >>> squared_error(net([1.0, 0.0]), 1.0).backward()
    >>> list(gradient_norms(net))
    ['layers.0', 'layers.1']
    """
    chosen = set(model.parameters() if trained is None else trained)
    return {name: hypot(*[p.grad for p in layer if p in chosen]) for name, layer in model.by_layer().items()}


# --- Stopping rules: functions (model, history) -> the reason to stop, or None -----------------------
# Those that compare epochs look only at those of the run: one that is resumed starts anew.


def loss_below(limit: float) -> Callable[[Module, History], str | None]:
    """Stop as soon as an epoch's loss is below the limit (B6).

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


def no_progress(epochs: int = 10, tolerance: float = 0.0) -> Callable[[Module, History], str | None]:
    """Stop when the lowest loss has not fallen by more than the tolerance for that many epochs.

    Examples
    --------
    >>> from nn import MLP, fit, no_progress, truth_table
    >>> X, Y = truth_table("xor")
    >>> zeros = MLP(2, [2, 1], initializer="zeros")
    >>> fit(zeros, X, Y, callbacks=[no_progress(5, 1e-6)], progress=False).stopped
    'no progress in 5 epochs'
    """

    epochs, tolerance = size(epochs, "a number of epochs without progress"), at_least_0("tolerance", tolerance)

    def rule(model: Module, history: History) -> str | None:
        losses = history.loss[history.began :]
        before, since = losses[:-epochs], losses[-epochs:]
        stuck = before and min(since) >= min(before) - tolerance
        return f"no progress in {counted(epochs, 'epoch')}" if stuck else None

    return rule


def parameters_still(tolerance: float = 0.0) -> Callable[[Module, History], str | None]:
    """Stop when no parameter moved by more than the tolerance: the slide's rule, which may never come true (C4).

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
