"""The runners by name, which of them suits how many rows, and the programs kept ready in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from .program import Program


class Result(NamedTuple):
    """What a program gives: for one row lists of numbers, for many rows a list of those for each row.

    The gradients to the parameters are always one list: over many rows, their mean.
    """

    outputs: Any
    input_gradients: Any
    parameter_gradients: Any


class Runner(Protocol):
    """A program made ready to run."""

    roll: bool | None  # whether it wants its programs rolled; None leaves that to their size

    def __init__(self, program: Program) -> None: ...

    def row(self, inputs: Sequence[float], parameters: Sequence[float]) -> Result: ...

    def rows(self, rows: Sequence[Sequence[float]], parameters: Sequence[float]) -> Result: ...

    def table(self, rows: Sequence[Sequence[float]]) -> Any: ...

    def chosen(self, table: Any, batch: Sequence[int]) -> Any: ...

    def mean(self, rows: Any, parameters: Any) -> tuple[float, Any]: ...

    def columns(self, columns: Sequence[Any], parameters: Sequence[float]) -> list[Any]: ...

    def plus(self, a: Any, b: Any) -> Any: ...

    def finite(self, numbers: Any) -> bool: ...


NAMES = ("auto", "source", "batch", "native")
BATCH_FROM = 5000  # numbers read by gates, rows times those of one row, from which NumPy beats Python text
MISSING = "runner='native' makes machine code by llvmlite: pip install 'scalar-autodiff[fast]'"
MOST = 100  # programs kept ready, in machine code about 0.6 MB each
ready: dict[Any, Runner] = {}


def runner_for(name: str, work: int = 0) -> type[Runner]:
    """The runner of that name; for "auto" the faster one for so much work (rows times ``Recording.work``)."""
    if name not in NAMES:
        raise ValueError(f"no runner is called {name!r}: known are {', '.join(NAMES)}")
    if name == "native":
        return native()
    if name == "batch" or (name == "auto" and work >= BATCH_FROM):
        from .batch import Batch

        return Batch
    from .source import Source

    return Source


def native() -> type[Runner]:
    """The runner that makes machine code; ImportError that says what to install where llvmlite is missing."""
    try:
        from .native import Native
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "llvmlite":
            raise
        raise ImportError(MISSING) from error
    return Native


def kept(kind: type[Runner], program: Program) -> Runner:
    """The program in a runner; one of the same structure, made of the same primitives, is not made ready twice."""
    key = kind, program.key, tuple(program.gates.values())
    found = ready.get(key)
    if found is None:  # in steps that other threads may come between
        if len(ready) >= MOST:
            oldest, *_ = ready
            ready.pop(oldest, None)
        found = ready[key] = kind(program)
    return found
