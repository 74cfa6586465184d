"""Validation: loss and accuracy on held-out examples, and early stopping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isclose, isfinite, nan
from typing import Any

from autodiff.flat import Unsupported
from autodiff.flat.compiled import Compiled

from .._checks import several
from ..metrics import are_classes, encode_targets, examples_in, loss_and_outputs, numbers, tally
from ..module import modules_in, takes_sequences
from .history import EarlyStopping, History
from .loop import Task, restore_states


class Validation:
    """The callback behind ``fit(..., validation_data=(X, Y), patience=10)``.

    It runs as flat code while training does, from its own recording, which is compared with the model once.
    """

    def __init__(self, task: Task, data: Sequence[Any], patience: int | None, min_delta: float) -> None:
        both = several("validation_data", data, "validation_data=(X, Y)")
        if len(both) != 2:
            raise ValueError(f"validation_data is a pair (X, Y), got {len(both)}")
        self.task, loss = task, task.loss
        try:
            self.X = examples_in(both[0], task.model)
            self.targets = encode_targets(task.model, self.X, both[1], loss)
        except (TypeError, ValueError) as error:
            error.add_note("This is about validation_data.")
            raise
        self.wanted = [loss.decide(numbers(target)) for target in self.targets]
        self.examples = len(self.X) if are_classes(self.targets, loss) else nan
        if min_delta and patience is None:
            raise ValueError("min_delta needs patience: give patience=10 too")
        self.stopping = None if patience is None else EarlyStopping(patience, min_delta, "validation_loss")
        self.modules = modules_in(task.model)
        self.best: tuple[list[Any], list[Any]] = [], []  # parameters and modules with their numbers at the lowest loss
        self.recorded: Any = None  # the training step's recording when ``flat`` was recorded
        self.flat: Callable[[], Any] | None = None  # returns a row per example

    def __call__(self, model: Any, history: History) -> str | None:
        """Add loss and accuracy to the history, and return the reason to stop, if any."""
        loss, right = self.measure(history.runner != "eager" and not takes_sequences(model))
        for found, number in ((history.validation_loss, loss), (history.validation_accuracy, right / self.examples)):
            found += [nan] * (history.epochs - 1 - len(found))  # epochs without validation
            found.append(number)
        if self.stopping is None:
            return None
        reason = self.stopping(model, history)
        if self.stopping.waited == 0:
            parameters = [(parameter, parameter.data) for parameter in self.task.optimizer.parameters]
            self.best = parameters, [(module, module.getstate()) for module in self.modules]
        return reason

    def measure(self, flat: bool) -> tuple[float, int]:
        """(mean loss, number of correct decisions)."""
        model, loss, recorded = self.task.model, self.task.loss, self.task.recorded
        if flat and self.flat and self.recorded is recorded:
            found = tally(self.flat(), self.wanted, loss)
            if isfinite(found[0]):  # eager code drops a term whose target is 0
                return found
        rows = (numbers(loss_and_outputs(model, x, target, loss)) for x, target in zip(self.X, self.targets))
        found = tally(rows, self.wanted, loss)
        if flat and self.recorded is not recorded:
            self.recorded, self.flat = recorded, None
            try:
                again = self.record()
                if isclose(tally(again(), self.wanted, loss)[0], found[0], rel_tol=1e-9):
                    self.flat = again
            except (Unsupported, TypeError, AttributeError, LookupError):
                pass  # in evaluation mode the model takes numbers only
        return found

    def record(self) -> Callable[[], Any]:
        """Record loss and outputs of every example as flat code, which reads the parameters anew at each call."""
        model, loss, n = self.task.model, self.task.loss, len(self.X[0])
        rows = [[*x, *numbers(target)] for x, target in zip(self.X, self.targets)]
        trace = Compiled(lambda row: loss_and_outputs(model, row[:n], row[n:], loss)).trace((rows[0],), {})
        run = trace.prepare((), "auto", len(rows))
        table = run.runner.table(rows)
        return lambda: run.rows(table).outputs

    def restore(self) -> None:
        """Restore the best numbers, if any were kept."""
        parameters, states = self.best
        for parameter, number in parameters:
            parameter.data = number
        restore_states(states)
