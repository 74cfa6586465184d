"""A function of Values compiled: traced once for each shape of its arguments, then run as flat code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..calls import flattened, mirrored
from ..engine import Value, real
from ..functional import value_and_grad
from ..tracing import Tracing, is_tracing
from .lowering import Lowering
from .program import Program
from .recording import Recording
from .runners import kept, runner_for


def compile(f: Callable[..., Any], runner: str = "auto") -> Compiled:
    """A function that computes what ``f`` does, and its gradient, as straight-line code.

    ``f`` is called once for each shape of its arguments, with Values in place of the numbers; from then on
    its recorded lines are run. Values that ``f`` uses from outside are captured: their numbers are read
    anew at every call.

    Parameters
    ----------
    f : function of numbers and of (nested) lists of numbers
        It returns a number, or (nested) lists of them, and always does the same: what it reads or draws
        that is no Value is kept from the first call.
    runner : str
        "source" (Python text), "batch" (NumPy over rows), "native" (machine code by llvmlite, from the extra
        ``fast``: compiled at the first call, then fastest), or "auto", which takes the faster of the first two for
        the size of the function and the number of rows.

    Returns
    -------
    Compiled
        ``fast(*args)``, ``fast.value_and_grad(*args, wrt=None)``, ``fast.map(rows)``, ``fast.source(*args)``.

    Raises
    ------
    TraceError
        At a call, if ``f`` looks at a number: by ``if``, ``float()``, ``.data``.

    Examples
    --------
    >>> import autodiff
    >>> fast = autodiff.compile(lambda x, y: x * y + autodiff.sin(x))
    >>> fast(0.0, 3.0)
    0.0
    >>> fast.value_and_grad(0.0, 3.0)
    (0.0, (4.0, 0.0))
    >>> fast.map([(0.0, 1.0), (0.0, 2.0)])
    [0.0, 0.0]
    """
    return Compiled(f, runner)


class Compiled:
    """What ``autodiff.compile`` returns: the function, and the traces it has made so far."""

    def __init__(self, f: Callable[..., Any], runner: str = "auto") -> None:
        if not callable(f):
            raise TypeError(f"compile takes a function, got {type(f).__name__}: {f!r:.60}")
        runner_for(runner)  # refuses an unknown name
        self.f = f
        self.runner = runner
        self.traces: dict[Any, Trace] = {}
        self.last: Trace | None = None

    def __repr__(self) -> str:
        return f"compile({self.f!r})"

    def __call__(self, *args: Any) -> Any:
        """What the function returns; given Values, it is called as it stands and records."""
        if records(args):
            return self.f(*args)
        trace = self.trace(args)
        return trace.answer(trace.ready((), self.runner, 1).row(numbers(args)).outputs)

    def value_and_grad(self, *args: Any, wrt: Any = None) -> tuple[Any, Any]:
        """The value and its gradient.

        Parameters
        ----------
        *args : numbers, or nested lists of them
            As for the function itself.
        wrt : Value, or nested lists of Values, optional
            Captured leaves to differentiate with respect to, such as ``model.parameters()``. By default
            the arguments: one gives its gradient, several a tuple; lists mirror the argument.

        Returns
        -------
        tuple
            (value, gradient): floats.
        """
        if records(args) and wrt is None:
            return value_and_grad(self.f)(*args)  # type: ignore[no-any-return]
        trace = self.trace(args)
        if type(trace.output) in (list, tuple):
            raise TypeError(f"value_and_grad needs a function that returns one number, but {self.f!r} returns several")
        if wrt is None and not args:
            raise TypeError(
                "gradients are taken with respect to the arguments, and there are none: name Values in wrt="
            )
        found = trace.ready(None if wrt is None else captured(wrt), self.runner, 1).row(numbers(args))
        if wrt is None:
            slopes = iter(found.input_gradients)
            trees = tuple(mirrored(lambda _: next(slopes), arg) for arg in args)
            return found.outputs[0], trees[0] if len(args) == 1 else trees
        of = dict(zip(map(id, captured(wrt)), found.parameter_gradients))
        return found.outputs[0], mirrored(lambda value: of[id(value)], wrt)

    def map(self, rows: Iterable[Any]) -> list[Any]:
        """What the function returns for each row: a tuple of arguments, or the one argument itself."""
        rows = rows.tolist() if hasattr(rows, "tolist") else list(rows)
        calls = [row if type(row) is tuple else (row,) for row in rows]
        if any(map(records, calls)):
            return [self.f(*call) for call in calls]
        shapes = {shape_of(call) for call in calls}
        if len(shapes) > 1:
            return [self(*call) for call in calls]
        if not calls:
            return []
        trace = self.trace(calls[0])
        found = trace.ready((), self.runner, len(calls)).rows([numbers(call) for call in calls])
        return [trace.answer(outputs) for outputs in found.outputs]

    def source(self, *args: Any) -> str:
        """The text that runs: for arguments of this shape, or, without any, as last called."""
        trace = self.trace(args) if args or self.last is None else self.last
        return str(trace.program(None, None)[0])

    def trace(self, args: tuple[Any, ...]) -> Trace:
        """The trace for arguments of this shape, made at the first call."""
        shape = shape_of(args)
        if shape not in self.traces:
            self.traces[shape] = Trace(self.f, args)
        self.last = self.traces[shape]
        return self.last


class Trace:
    """One recording of a function: its independent variables, what it returned, and the programs made of that."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.since = Value(0.0).born
        names = iter(labels(f, args))
        trees = [mirrored(lambda x: Value(plain(x), next(names)), arg) for arg in args]
        self.inputs: list[Value] = flattened(trees)
        with Tracing():
            self.output = f(*[mirrored(lambda x: x, tree) for tree in trees])
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
        kind = runner_for(runner, rows * self.work)
        key = kind, None if wrt is None else tuple(map(id, wrt))
        if key not in self.runs:
            program, parameters = self.program(wrt, kind.roll)
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
    """The shape of nested lists and tuples, hashable."""
    return (type(tree), *map(shape_of, tree)) if isinstance(tree, (list, tuple)) else None


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
    code = getattr(f, "__code__", None)
    given = code.co_varnames[: code.co_argcount] if code else ()
    found = []
    for i, arg in enumerate(args):
        name = given[i] if i < len(given) else ""
        several = isinstance(arg, (list, tuple))
        found += [f"{name}{place}" if several and name else name for place in range(len(flattened(arg)))]
    return found
