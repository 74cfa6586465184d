"""Validation: loss and accuracy on examples held back, and stopping when they get no better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isclose, isfinite, nan
from typing import Any

from autodiff.flat import Unsupported
from autodiff.flat.compiled import Compiled

from .._checks import at_least_0, counted, several, size
from ..metrics import are_classes, encode_targets, examples_in, loss_and_outputs, numbers, tally
from ..module import modules_in, takes_sequences
from .history import History
from .loop import Task


class Validation:
    """The callback behind ``fit(..., validation_data=(X, Y), patience=10)``.

    While training runs as flat code, so does this, from one more recording; it is compared with the model itself once.
    """

    def __init__(self, task: Task, data: Sequence[Any], patience: int | None, min_delta: float) -> None:
        both = several("validation_data", data, "validation_data=(X, Y)")
        if len(both) != 2:
            raise ValueError(f"validation_data is two things, (X, Y), got {len(both)}")
        self.task, loss = task, task.loss
        try:
            self.X = examples_in(both[0], task.model)
            self.targets = encode_targets(task.model, self.X, both[1], loss)
        except (TypeError, ValueError) as error:
            error.add_note("This is about validation_data.")
            raise
        self.wanted = [loss.decide(numbers(target)) for target in self.targets]
        self.examples = len(self.X) if are_classes(self.targets, loss) else nan
        self.patience = patience if patience is None else size(patience, "patience")
        self.min_delta = at_least_0("min_delta", min_delta)
        if min_delta and patience is None:
            raise ValueError("min_delta says what patience takes for better: give patience=10 too")
        self.lowest, self.waited = inf, 0
        self.modules = modules_in(task.model)
        self.best: Any = None  # the numbers of parameters and buffers at the lowest loss
        self.recorded: Any = None  # what training's step was recorded from when this was
        self.flat: Callable[[], Any] | None = None  # gives the row of each example

    def __call__(self, model: Any, history: History) -> str | None:
        """Measure, write it into the history, and return the reason to stop, if there is one."""
        loss, right = self.measured(history.runner != "eager" and not takes_sequences(model))
        for found, number in ((history.validation_loss, loss), (history.validation_accuracy, right / self.examples)):
            found += [nan] * (history.epochs - 1 - len(found))  # of epochs without validation
            found.append(number)
        if self.patience is None:
            return None
        self.waited += 1
        if loss + self.min_delta < self.lowest:
            self.lowest, self.waited = loss, 0
            parameters = [parameter.data for parameter in self.task.optimizer.parameters]
            self.best = parameters, [module.getstate() for module in self.modules]
        stuck = self.waited >= self.patience
        return f"no better validation loss in {counted(self.patience, 'epoch')}" if stuck else None

    def measured(self, flat: bool) -> tuple[float, int]:
        """(the mean loss, how many decisions are right)."""
        model, loss, recorded = self.task.model, self.task.loss, self.task.recorded
        if flat and self.flat and self.recorded is recorded:
            made = tally(self.flat(), self.wanted, loss)
            if isfinite(made[0]):  # eager code drops a term whose target is 0
                return made
        rows = (numbers(loss_and_outputs(model, x, target, loss)) for x, target in zip(self.X, self.targets))
        found = tally(rows, self.wanted, loss)
        if flat and self.recorded is not recorded:
            self.recorded, self.flat = recorded, None
            try:
                again = self.recording()
                agrees = isclose(tally(again(), self.wanted, loss)[0], found[0], rel_tol=1e-9)
                self.flat = again if agrees else None
            except (Unsupported, TypeError, AttributeError, LookupError):
                pass  # outside training the model takes numbers only
        return found

    def recording(self) -> Callable[[], Any]:
        """Loss and outputs for every example, from the parameters' numbers then, as flat code."""
        model, loss, n = self.task.model, self.task.loss, len(self.X[0])
        rows = [[*x, *numbers(target)] for x, target in zip(self.X, self.targets)]
        trace = Compiled(lambda row: loss_and_outputs(model, row[:n], row[n:], loss)).trace((rows[0],), {})
        run = trace.ready((), "auto", len(rows))
        table = run.runner.table(rows)
        return lambda: run.rows(table).outputs

    def restore(self) -> None:
        """Put the best numbers back, if there is a patience."""
        if self.best:
            parameters, states = self.best
            for parameter, number in zip(self.task.optimizer.parameters, parameters):
                parameter.data = number
            for module, state in zip(self.modules, states):
                module.setstate(state)
