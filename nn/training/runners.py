"""The runners by name: eager, recorded in flat or machine code, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from typing import Any, Literal, Never

from autodiff.flat import Unsupported, recording, stepping
from autodiff.flat.compiled import compile
from autodiff.flat.state import Batches, State

from ..module import Recorder, call_with_recorder, in_mode, takes_sequences
from ..optim import Optimizer, clip_by_norm
from .loop import Eager, Task, restore_states

LONG = 3_000_000  # epochs * rows * parameters or gates, about half a second: machine code pays from here on
OFTEN = 5  # recordings that callbacks may make necessary before training goes on eagerly


class Recorded(Eager):
    """Runs a step recorded once by ``autodiff.flat``."""

    def __init__(self, task: Task, runner: str, passes: float = inf, why: str = "") -> None:
        super().__init__(task, why)
        optimizer = task.optimizer
        refuse_own_step(optimizer)
        if runner == "native":
            clip = optimizer.clip_norm
            self.training: Any = stepping.native_training(task.recipe, task.rows, task.epoch, clip, passes)
        elif runner == "jax":
            self.training = stepping.device_training(task.recipe, task.rows, task.epoch, task.devices)
        else:
            self.training = stepping.Training(task.recipe, task.rows, clip_by_norm, runner, task.epoch.size)
        self.name, self.recorded = self.training.name, self.training.step
        self.ahead = runner != "jax" or task.epoch.steps == 1

    def run(self, state: State, batches: Batches) -> tuple[State, Any]:
        task, optimizer = self.task, self.task.optimizer
        if task.calls:
            memory, batches = task.memory, batches._replace(drawn=task.draw(batches))
        found: tuple[State, Any] = self.training.run(state, batches, optimizer.learning_rate, optimizer.clip_norm)
        if task.calls and len(found[1]) < batches.last - batches.first:  # steps that were not made draw nothing
            restore_states(memory)
            task.draw(batches._replace(last=batches.first + len(found[1])))
        return found


class Sequences(Eager):
    """Runs steps of one sequence each, of any length, by a trainer of ``autodiff.compile``."""

    ahead = True

    def __init__(self, task: Task, runner: Any = "auto", why: str = "") -> None:
        super().__init__(task, why)
        refuse_own_step(task.optimizer)
        if runner == "jax":
            raise Unsupported("runner='jax' takes examples of one length: use runner='native' for sequences")
        if task.epoch.size > 1:
            raise Unsupported("several sequences per update: use batch_size=1 or runner='eager'")
        shortest = min(zip(task.examples, task.targets), key=lambda example: len(example[0]))
        recipe = task.recipe._replace(loss=self.loss, example=shortest, penalty=None, drawn=int)
        self.recorded = recording.Step(recipe, True)
        self.trainer = compile(self.loss, runner).trainer(task.optimizer.parameters, task.optimizer)
        with in_mode(task.modules, True):
            self.trainer.expect(zip(task.examples, task.targets))
        self.name = self.trainer.runner

    def loss(self, x: Sequence[Any], target: Sequence[Any]) -> Any:
        """The loss of one example plus the penalty, recorded once per length."""

        def refuse(layer: Any, units: int) -> Never:
            raise Unsupported(f"{layer!r} draws anew for each position of a sequence: use runner='eager'")

        loss, penalty = call_with_recorder(Recorder(refuse), self.task.example_loss, x, target), self.task.penalty
        return loss + penalty(self.task.model) if penalty else loss

    def losses(self, batches: Batches) -> list[float]:
        task, steps = self.task, [i for k in range(batches.first, batches.last) for i in batches.indices(k)]
        try:
            losses: list[float] = self.trainer.run((task.examples[i], task.targets[i]) for i in steps)
        except FloatingPointError as error:
            losses = error.losses  # type: ignore[attr-defined]
        self.trainer.write()
        self.name = "eager" if self.trainer.runner == "engine" else self.trainer.runner
        return losses


def make_recorded(task: Task, runner: str) -> Eager:
    """The recorded runner of that name for this task."""
    return Sequences(task, runner) if takes_sequences(task.model) else Recorded(task, runner)


def refuse_own_step(optimizer: Any) -> None:
    """Raise Unsupported if the optimizer's step does more than its scalar ``update``."""
    for name in ("step", "zero_grad"):
        if getattr(getattr(optimizer, name), "__func__", None) is not getattr(Optimizer, name):
            raise Unsupported(f"{type(optimizer).__name__} has its own {name}: use runner='eager'")
    for name in ("learning_rate", "clip_norm"):
        if name not in vars(optimizer):
            raise Unsupported(f"{type(optimizer).__name__} computes its {name}: use runner='eager'")


def fastest(task: Task) -> Eager:
    """The fastest runner for the size of the mini-batches and the length of the run.

    What cannot be recorded runs eagerly; long runs become machine code. The choice depends on the task alone, never on
    a clock, so the same run always gives the same numbers.
    """
    if task.renewed > OFTEN:
        return Eager(task, "callbacks keep changing what was recorded")
    hint, why = "", "a short run"
    try:
        if takes_sequences(task.model):
            return Sequences(task)
        passes = task.epochs * len(task.examples)
        if passes * max(task.gates, len(task.optimizer.parameters)) >= LONG:
            try:
                return Recorded(task, "native", passes, "a long run")
            except (ImportError, Unsupported) as error:
                hint, why = f"a long run: {error}" * isinstance(error, ImportError), str(error)
        found: Eager = Recorded(task, "auto", why=why)
    except Unsupported as error:
        found = Eager(task, str(error))
    found.hint = hint
    return found


RunnerName = Literal["auto", "eager", "source", "batch", "native", "jax"]
RUNNERS: dict[str, Callable[[Task], Eager]] = {"auto": fastest, "eager": Eager}
RUNNERS |= {name: partial(make_recorded, runner=name) for name in ("source", "batch", "native", "jax")}
