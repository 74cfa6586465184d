"""Traces: one recording of a function for arguments of one shape, and the programs made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..calls import branches, flattened, mirrored, parameters
from ..engine import Value, tick
from ..ieee import real
from ..tracing import Tracing, is_tracing
from .lowering import Lowering
from .program import Program
from .recording import Recording
from .runners import kept, runner_for


class Trace:
    """One recording of a function: its independent variables, what it returned, and the programs made of that."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], static: Mapping[str, Any]) -> None:
        self.since = tick()
        names = iter(labels(f, args))
        trees = [mirrored(lambda x: Value(plain(x), next(names)), arg) for arg in args]
        self.inputs: list[Value] = flattened(trees)
        with Tracing():
            self.output = f(*[mirrored(lambda x: x, tree) for tree in trees], **static)
        self.outputs = [
            x if type(x) is Value else real(x, "what a compiled function returns") for x in flattened(self.output)
        ]
        self.runs: dict[Any, Run] = {}
        self.work = Recording(self.outputs, self.inputs).work

    def program(self, wrt: list[Value] | tuple[()] | None, roll: bool | None) -> tuple[Program, list[Value]]:
        """The program with gradients to the inputs (None) or to captured leaves, and the captured leaves."""
        recording = Recording(self.outputs, self.inputs, wrt or (), self.since)
        return Lowering(recording, self.inputs if wrt is None else wrt).program(roll), recording.parameters

    def ready(self, wrt: list[Value] | tuple[()] | None, runner: str, rows: int) -> Run:
        """The trace's program in a runner, kept for the next call."""
        kind = runner_for(runner if self.outputs else "source", rows * self.work)
        key = kind, None if wrt is None else tuple(map(id, wrt))
        if key not in self.runs:
            program, parameters = self.program(wrt, kind.roll)
            if wrt and not {*wrt} & {*Recording(self.outputs, self.inputs, (), self.since).parameters}:
                raise ValueError(f"wrt names {wrt!r:.80}, but the function uses none of them")
            self.runs[key] = Run(kept(kind, program), parameters)
        return self.runs[key]

    def answer(self, numbers: Sequence[float]) -> Any:
        """The outputs in the shape in which the function returned them."""
        remaining: Iterator[float] = iter(numbers)
        return mirrored(lambda _: next(remaining), self.output)


class Run:
    """A program in a runner, with the captured leaves whose numbers it reads at every call."""

    def __init__(self, runner: Any, parameters: list[Value]) -> None:
        self.runner = runner
        self.parameters = parameters  # holding them also keeps their ids their own

    def row(self, inputs: list[float]) -> Any:
        return self.runner.row(inputs, [leaf._data for leaf in self.parameters])

    def rows(self, rows: list[list[float]]) -> Any:
        return self.runner.rows(rows, [leaf._data for leaf in self.parameters])


# --- Arguments -----------------------------------------------------------------------------------


def records(args: Sequence[Any]) -> bool:
    """Whether a call takes part in a graph: it was given Values, or stands inside a function being traced."""
    return is_tracing() or any(type(x) is Value for x in flattened(args))


def plain(x: Any) -> float:
    return real(x, "a compiled function")


def numbers(args: Sequence[Any]) -> list[float]:
    """Every number of the arguments, in order."""
    return [x if type(x) is float else plain(x) for x in flattened(args)]


def shape_of(tree: Any) -> Any:
    """The shape of nested lists, tuples, dicts and arrays, hashable; None for a number."""
    if isinstance(tree, (list, tuple)):
        return (type(tree), *map(shape_of, tree))
    members = None if type(tree) is float else branches(tree)
    keys = tuple(tree) if isinstance(tree, dict) else ()
    return members if members is None else (type(tree), keys, *[shape_of(member) for _, member in members])


def frozen(static: Mapping[str, Any]) -> Any:
    """Keyword arguments as part of a key; TypeError where one cannot be compared."""
    try:
        return frozenset((name, type(x), repr(x) if type(x) is float else x) for name, x in static.items())
    except TypeError as error:
        raise TypeError(
            "keyword arguments of a compiled function are traced as they stand, and must be hashable: give lists and "
            f"arrays by position; {error}, got {dict(static)!r:.60}"
        ) from error


def captured(wrt: Any) -> list[Value]:
    """The Values in ``wrt``, each once; TypeError or ValueError where one is no captured leaf."""
    found = flattened(wrt)
    for value in found:
        if type(value) is not Value:
            raise TypeError(f"wrt takes captured Values, got {type(value).__name__}: {value!r:.60}")
        if value.primitive is not None:
            raise ValueError(f"wrt takes leaves, but {value!r} was computed by {value.primitive.name}")
    return list(dict.fromkeys(found))


def labels(f: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """A label for every number of the arguments, after the function's parameters: x, or x0, x1, ... in a list."""
    found = []
    for name, arg in zip(parameters(f, len(args)), args):
        several = shape_of(arg) is not None
        found += [f"{name}{place}" if several else name for place in range(len(flattened(arg)))]
    return found
