"""Trainer: training steps of a compiled loss that keep numbers and moments in arrays between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain, islice
from math import isfinite
from operator import itemgetter
from time import perf_counter
from typing import Any, Self

from ..arrays import is_array
from ..functional import branches, flatten
from ..ieee import real
from ..tracing import Tracing, Uncollected, Unsupported
from .recording import record_update
from .state import State

NUMBERS = {float, int}
SECONDS = 0.05  # the longest time for a call of machine code
MOST_WORK = 20_000  # ``Recording.work`` above which "auto" makes no Python text
AHEAD = 1000  # examples that are read together
MODES = {"auto": ["native", "auto", "engine"], "native": ["native"], "source": ["source"], "batch": ["batch"]}


class Trainer:
    """Steps of an optimizer, each of one example of a compiled loss; see ``Compiled.trainer``.

    ``runner`` is "native" (machine code), "source" or "batch" (see ``compile``; "auto" is the faster of these two), or
    "engine". The end of ``with trainer:`` and every error, ctrl-C included, call ``write()``.
    """

    def __init__(self, fast: Any, parameters: Any, optimizer: Any) -> None:
        given = parameters.parameters() if hasattr(parameters, "parameters") else flatten(parameters)
        self.fast, self.optimizer = fast, optimizer
        self.wrt = fast.wrt_leaves(list(optimizer.parameters))
        if {*given} != {*self.wrt.leaves}:
            raise ValueError(f"{optimizer!r} has other parameters than the {len(given)} given: make it with these")
        self.modes = list(MODES[fast.runner])
        if not records_whole_step(optimizer):
            self.modes = [mode for mode in self.modes if mode != "native"]
        if not self.modes:
            raise Unsupported(
                f"{type(optimizer).__name__} has a step of its own, or computes its learning_rate or clip_norm: "
                "compile the loss with runner='auto'"
            )
        self.runs: dict[Any, Any] = {}  # by shape
        self.training: Any = None  # in machine code
        self.in_arrays = False  # whether its arrays hold the current numbers

    @property
    def runner(self) -> str:
        return self.modes[0]

    def __call__(self, *example: Any) -> float:
        """Make one step; return the loss before it. ``example`` holds the arguments of the loss."""
        return self.run([example])[0]

    def run(self, examples: Iterable[Any]) -> list[float]:
        """Make a step for each example, a tuple of arguments or the one argument itself; return the losses before them.

        Raises
        ------
        FloatingPointError
            If a loss or its gradient is inf or nan. The parameters are as they were before that step.
        """
        losses: list[float] = []
        waiting = iter(examples)
        try:
            while some := list(islice(waiting, AHEAD)):
                self.steps([example if type(example) is tuple else (example,) for example in some], losses)
        except BaseException:
            self.write()
            raise
        return losses

    def steps(self, calls: Sequence[tuple[Any, ...]], losses: list[float]) -> None:
        """Make a step for each call by the fastest runner that can; append their losses."""
        before = len(losses)
        while left := calls[len(losses) - before :]:
            try:
                if self.runner == "auto" and self.fast.trace(left[0], {}).work > MOST_WORK:
                    raise Unsupported("Python text for each length takes longer to make than it saves")
                (self.run_native if self.runner == "native" else self.run_singly)(left, losses)
            except (ImportError, Unsupported) as error:
                if len(self.modes) == 1 or (isinstance(error, ImportError) and self.runner != "native"):
                    raise
                self.write()
                self.modes.pop(0)

    def expect(self, examples: Iterable[Any]) -> None:
        """Make machine code for the longest of these examples first: its program serves the others."""
        if self.runner == "native":
            calls = [example if type(example) is tuple else (example,) for example in examples]
            with suppress(Unsupported):  # the first step reports it
                self.trace_extremes([(len(shape_and_numbers(call)[1]), call) for call in calls])

    def trace_extremes(self, calls: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
        """Trace the longest of these calls, then the shortest, so that one program serves both; (length, call) each."""
        for most in (max, min) if calls else ():
            self.fast.trace(most(calls, key=itemgetter(0))[1], {}, True)

    def write(self) -> None:
        """Write numbers, gradients, moments and the number of steps into the parameters and the optimizer.

        The next step reads them from there.
        """
        if self.in_arrays:
            self.training.state().into(self.optimizer)
            self.in_arrays = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.write()

    def __repr__(self) -> str:
        return f"Trainer({self.fast.f!r}, {self.optimizer!r}, {self.runner})"

    # --- Machine code --------------------------------------------------------------------------------

    def run_native(self, calls: Sequence[tuple[Any, ...]], losses: list[float]) -> None:
        """Make a step for each call; append their losses."""
        given = [shape_and_numbers(call) for call in calls]
        self.trace_extremes([(len(row), call) for (shape, row), call in zip(given, calls) if shape not in self.runs])
        runs, rows = [self.prepare(shape, call) for (shape, _), call in zip(given, calls)], [x[1] for x in given]
        if not self.in_arrays:
            self.training.read(State.of(self.optimizer))
            self.in_arrays = True
        optimizer, start, most = self.optimizer, 0, 1
        while start < len(rows):
            nests, leaves = runs[start].runner.nests, runs[start].parameters[len(self.wrt.leaves) :]
            others, begun, stop = [leaf._data for leaf in leaves], perf_counter(), start + 1
            while stop < min(len(rows), start + most) and runs[stop].runner.nests is nests:
                stop += 1
            some = [(run.runner.places, run.runner.length, row) for run, row in zip(runs[start:stop], rows[start:stop])]
            found, made = self.training.run(nests, others, some, optimizer.learning_rate, optimizer.clip_norm)
            losses += found[:made]
            if made < len(some):
                raise_nonfinite(found[made], losses)
            start, most = stop, most * 2 if perf_counter() - begun < SECONDS / 2 else most

    def prepare(self, shape: Any, example: tuple[Any, ...]) -> Any:
        """The ``Run`` for examples of this shape, cached."""
        if shape in self.runs:
            return self.runs[shape]
        trace = self.fast.trace(example, {}, True)
        if branches(trace.output) is not None:
            raise TypeError(f"a trainer needs a loss that returns one number, but {self.fast.f!r} returns several")
        run = trace.prepare(self.wrt, "native", 1)
        if self.training is None:
            from .backends.llvm.trainings import SingleTraining  # imported here, since it imports llvmlite

            with Uncollected(), Tracing(sums=True):
                self.training = SingleTraining(record_update(self.optimizer.recorded), len(self.wrt.leaves))
        if shape:
            self.runs[shape] = run
        return run

    # --- Other runners -------------------------------------------------------------------------------

    def run_singly(self, calls: Sequence[tuple[Any, ...]], losses: list[float]) -> None:
        """Make a step for each call by the loss as a function and the optimizer's own step; append their losses."""
        leaves, optimizer = self.wrt.leaves, self.optimizer
        for call in calls:
            if self.runner == "engine":
                for x in leaves:
                    x.grad = 0.0
                output = self.fast.f(*call)
                output.backward()
                loss, gradients = output.data, [x.grad for x in leaves]
            else:
                loss, gradients = self.fast.value_and_grad(*call, wrt=leaves)
            if not (isfinite(loss) and all(map(isfinite, gradients))):
                raise_nonfinite(loss, losses)
            for x, gradient in zip(leaves, gradients):
                x.grad = gradient
            optimizer.step()
            losses.append(loss)


def records_whole_step(optimizer: Any) -> bool:
    """Whether ``recorded()`` is an optimizer's whole step: no subclass changes step() alone, or computes settings."""
    owners = {next((x for x in type(optimizer).__mro__ if name in vars(x)), name) for name in ("step", "recorded")}
    return len(owners) == 1 and {"learning_rate", "clip_norm"} <= vars(optimizer).keys()


def shape_and_numbers(args: tuple[Any, ...]) -> tuple[Any, Any]:
    """(The shape of the arguments as a key, all their numbers in order).

    The key is None unless they are numbers, a NumPy array, or lists of lists of one length each.
    """
    if len(args) == 1 and is_array(args[0]) and args[0].dtype == float:
        return (type(args[0]), args[0].shape), args[0].ravel()
    shapes: list[Any] = []
    found: list[float] = []
    for arg in args:
        counts: list[Any] = [type(arg)]
        level = arg if type(arg) in (list, tuple) else [arg]
        while not (kinds := {*map(type, level)}) <= NUMBERS:
            if kinds != {list} or len({*map(len, level)}) > 1:
                return None, [real(x, "a trainer") for x in flatten(args)]
            counts.append(len(level))
            level = [*chain.from_iterable(level)]
        shapes.append((*counts, len(level)))
        found += level
    return tuple(shapes), found


def raise_nonfinite(loss: float, before: list[float]) -> None:
    """Raise a FloatingPointError that carries the ``losses`` before it."""
    what = "the gradient is inf or nan" if isfinite(loss) else f"the loss became {loss}"
    error = FloatingPointError(
        f"{what} at example {len(before)} of this call, counted from 0; parameters are as before that step. "
        "autodiff.nonfinite_origin(loss(*example)) names where it began"
    )
    error.losses = before  # type: ignore[attr-defined]
    raise error
