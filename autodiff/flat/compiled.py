"""A function of Values compiled: traced once for each shape of its arguments, then run as flat code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from operator import is_
from typing import Any, Literal, NamedTuple, get_args

from ..arrays import in_order, is_array
from ..engine import Value, tick
from ..functional import branches, flattened, mirrored, parameters, value_and_grad
from ..ieee import real
from ..tracing import Tracing, Uncollected, Unsupported, is_tracing
from .backends import text as text  # by which programs print themselves
from .ir import remembered
from .lowering import Lowering, written
from .recording import Recording
from .sequences import LEAST, AnyLength, lengths_of
from .trainer import Trainer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import overload

    from ..typed import Function

RunnerName = Literal["auto", "source", "batch", "native"]
NAMES: tuple[RunnerName, ...] = get_args(RunnerName)
BATCH_FROM = 5000  # numbers read by gates, rows times those of one row, from which NumPy beats Python text
MISSING = "runner='native' makes machine code by llvmlite: pip install 'scalar-autodiff[fast]'"


def runner_for(name: str, work: int = 0) -> Any:
    """The runner of that name; for "auto" the faster one for so much work (rows times ``Recording.work``)."""
    if name not in NAMES:
        raise ValueError(f"no runner is called {name!r}: known are {', '.join(NAMES)}")
    if name == "native":
        return native()
    if name == "batch" or (name == "auto" and work >= BATCH_FROM):
        from .backends.array import Batch

        return Batch
    from .backends.python import Source

    return Source


def native() -> Any:
    """The runner that makes machine code; ImportError that says what to install where llvmlite is missing."""
    try:
        from .backends.llvm import Native
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "llvmlite":
            raise
        raise ImportError(MISSING) from error
    return Native


def prepared(kind: Any, recording: Recording, wrt: Sequence[Value]) -> Any:
    """The recording in a runner, with gradients to the leaves in ``wrt``."""
    if kind.name != "source":
        return kind(recording, wrt)
    program = Lowering(recording, wrt).program()
    return remembered((program.key, *program.gates.values()), lambda: kind(program))


class Trace:
    """One recording of a function: its independent variables, what it returned, and the programs made of that.

    One made ``for_loops`` is rolled into loop nests for machine code. Of a sequence of one length it is made only where
    the program for ``any_length``, of one number, cannot do.
    """

    def __init__(
        self, f: Callable[..., Any], args: tuple[Any, ...], static: Mapping[str, Any], for_loops: bool = False,
        any_length: AnyLength | None = None, length: int = 0,
    ) -> None:  # fmt: skip
        self.f, self.call, self.for_loops = f, (args, static), for_loops
        self.any_length, self.length = any_length, length  # that it has a program for
        self.runs: dict[Any, Run] = {}
        self.inputs: Any = None  # before it is recorded
        self.output: Any = 0.0
        self.outputs: list[Any] = [0.0]
        if not any_length:
            self.record()

    def record(self) -> None:
        """Call the function with Values in place of the numbers."""
        self.since, (args, static) = tick(), self.call
        names = iter(labels(self.f, args))
        trees = [mirrored(lambda x: Value(plain(x), next(names)), arg) for arg in args]
        self.inputs = flattened(trees)
        with Uncollected(), Tracing(sums=self.for_loops):
            self.output = self.f(*[mirrored(lambda x: x, tree) for tree in trees], **static)
        what = "what a compiled function returns"
        self.outputs = [x if type(x) is Value else real(x, what) for x in flattened(self.output)]

    @cached_property
    def work(self) -> int:
        """As of ``Recording``."""
        return self.recording().work

    def recording(self, wrt: Sequence[Value] = ()) -> Recording:
        """What the function does, with these captured leaves first among its parameters; one at least is used."""
        found = Recording(self.outputs, self.inputs, wrt, self.since)
        if wrt and not found.reads(wrt):
            raise ValueError(f"wrt names {wrt!r:.80}, but the function uses none of them")
        return found

    def ready(self, wrt: Wanted | tuple[()] | None, runner: str, rows: int) -> Run:
        """The trace's program in a runner, kept for the next call; gradients are those to the inputs (None) or wrt."""
        runner = runner if self.outputs else "source"
        kind = runner_for(runner, rows * self.work if runner == "auto" else 0)
        if (kind, wrt) not in self.runs:
            found = None
            with Uncollected(), suppress(Unsupported):
                found = self.any_length and self.length and self.any_length.ready(wrt, self.length)
            self.runs[kind, wrt] = Run(*found) if found else self.own(kind, wrt)
        return self.runs[kind, wrt]

    def own(self, kind: Any, wrt: Wanted | tuple[()] | None) -> Run:
        """A program that serves no other shape."""
        leaves = wrt.leaves if isinstance(wrt, Wanted) else ()
        if self.inputs is None:
            self.record()
        with Uncollected():
            recording = self.recording(leaves)
            made = prepared(kind, recording, self.inputs if wrt is None else leaves)
        return Run(made, recording.parameters)

    def answer(self, numbers: Sequence[float]) -> Any:
        """The outputs in the shape in which the function returned them."""
        remaining: Iterator[float] = iter(numbers)
        return mirrored(lambda _: next(remaining), self.output)


class Run(NamedTuple):
    """A program in a runner, with the captured leaves whose numbers it reads at every call."""

    runner: Any
    parameters: list[Value]  # holding them also keeps their ids their own

    def row(self, inputs: list[float]) -> Any:
        return self.runner.row(inputs, [leaf._data for leaf in self.parameters])

    def rows(self, rows: list[list[float]]) -> Any:
        return self.runner.rows(rows, [leaf._data for leaf in self.parameters])


# --- Arguments -----------------------------------------------------------------------------------


def records(args: Sequence[Any]) -> bool:
    """Whether a call takes part in a graph: it was given Values, or stands inside a function being traced."""
    return is_tracing() or Value in map(type, flattened(args))


def plain(x: Any) -> float:
    return real(x, "a compiled function")


def numbers(args: Sequence[Any]) -> list[float]:
    """Every number of the arguments, in order."""
    return [x if type(x) is float else plain(x) for x in flattened(args)]


def shape_of(tree: Any) -> Any:
    """The shape of nested lists, tuples, dicts and arrays, hashable; None for a number."""
    if isinstance(tree, (list, tuple)):
        plain = {*map(type, tree)} <= {float, int}
        return (type(tree), *([None] * len(tree) if plain else map(shape_of, tree)))
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


class Wanted:
    """Captured leaves to differentiate with respect to, as ``wrt`` names them and each once.

    TypeError or ValueError where one is no captured leaf.
    """

    def __init__(self, given: list[Any]) -> None:
        for value in given:
            if type(value) is not Value:
                raise TypeError(f"wrt takes captured Values, got {type(value).__name__}: {value!r:.60}")
            if value.primitive is not None:
                raise ValueError(f"wrt takes leaves, but {value!r} was computed by {value.primitive.name}")
        self.leaves = list(dict.fromkeys(given))

    def is_list(self, wrt: Any) -> bool:
        """Whether ``wrt`` is a list of these very leaves, each once."""
        return type(wrt) is list and len(wrt) == len(self.leaves) and all(map(is_, wrt, self.leaves))


def labels(f: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """A label for every number of the arguments, after the function's parameters: x, or x0, x1, ... in a list."""
    found = []
    for name, arg in zip(parameters(f, len(args)), args):
        several = shape_of(arg) is not None
        found += [f"{name}{place}" if several else name for place in range(len(flattened(arg)))]
    return found


def compile(f: Function[Any], runner: RunnerName = "auto") -> Compiled:
    """A function that computes what ``f`` does, and its gradient, as straight-line code.

    ``f`` is called once for each shape of its arguments, with Values in place of the numbers; from then on
    its recorded lines are run. Values that ``f`` uses from outside are captured: their numbers are read
    anew at every call.

    Parameters
    ----------
    f : function of numbers and of (nested) lists, tuples, dicts and NumPy arrays of numbers
        It returns a number, or (nested) lists of them, and always does the same: what it reads or draws
        that is no Value is kept from the first call. Keyword arguments are kept so too: a call with others is
        traced anew.
    runner : str
        "source" (Python text), "batch" (NumPy over rows), "native" (machine code by llvmlite, from the extra
        ``fast``: fastest once it is compiled, at the first call; loops are found in what was recorded, so that
        140,000 gates of a transformer take a second), or "auto", which takes the faster of the first two for
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
    """What ``autodiff.compile`` returns: the function, and the traces it has made so far.

    Examples
    --------
    >>> import autodiff
    >>> fast = autodiff.compile(lambda x, y: x * y)
    >>> fast(3.0, 4.0)
    12.0
    >>> fast.value_and_grad(3.0, 4.0)
    (12.0, (4.0, 3.0))
    """

    def __init__(self, f: Function[Any], runner: RunnerName = "auto") -> None:
        if not callable(f):
            advice = "; give it what computes that, as in compile(lambda x, y: x * y)" * (type(f) is Value)
            raise TypeError(f"compile takes a function, got {type(f).__name__}: {f!r:.60}{advice}")
        runner_for(runner)  # refuses an unknown name
        self.f: Callable[..., Any] = f
        self.runner = runner
        self.traces: dict[Any, Trace] = {}
        self.last: Trace | None = None
        self.known: dict[tuple[int, ...], Wanted] = {}  # by the ids of what wrt names
        self.last_wanted: Wanted | None = None

    def __repr__(self) -> str:
        return f"compile({self.f!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.f, self.runner)  # what was compiled is compiled again

    def __call__(self, *args: Any, **static: Any) -> Any:
        """What the function returns; given Values, it is called as it stands and records."""
        if records(args):
            return self.f(*args, **static)
        trace = self.trace(args, static, self.runner == "native")
        return trace.answer(trace.ready((), self.runner, 1).row(numbers(args)).outputs)

    if TYPE_CHECKING:

        @overload
        def value_and_grad(self, *args: Any, wrt: list[Value], **static: Any) -> tuple[float, list[float]]: ...
        @overload
        def value_and_grad(self, *args: Any, wrt: Any = None, **static: Any) -> tuple[Any, Any]: ...

    def value_and_grad(self, *args: Any, wrt: Any = None, **static: Any) -> tuple[Any, Any]:
        """The value and its gradient.

        Parameters
        ----------
        *args : numbers, or nested lists, tuples, dicts and NumPy arrays of them
            As for the function itself.
        wrt : Value, or nested lists of Values, optional
            Captured leaves to differentiate with respect to, such as ``model.parameters()``. By default
            the arguments: one gives its gradient, several a tuple; lists, dicts and arrays mirror the argument.
        **static
            Keyword arguments of the function, kept in its lines as they stand.

        Returns
        -------
        tuple
            (value, gradient): floats.

        Raises
        ------
        ValueError
            If ``wrt`` names a Value that is no leaf, or only Values that the function does not use; else their
            gradient is 0.
        """
        if records(args) and wrt is None:
            return value_and_grad(self.f)(*args, **static)
        trace = self.trace(args, static, self.runner == "native")
        if shape_of(trace.output) is not None:
            raise TypeError(f"value_and_grad needs a function that returns one number, but {self.f!r} returns several")
        if wrt is None and not args:
            raise TypeError(
                "gradients are taken with respect to the arguments, and there are none: name Values in wrt="
            )
        if wrt is not None:
            last = self.last_wanted
            is_last = last is not None and last.is_list(wrt)
            wanted: Any = last if is_last else self.wanted(flattened(wrt))
            found = trace.ready(wanted, self.runner, 1).row(numbers(args))
            if is_last:
                return found.outputs[0], found.parameter_gradients
            of = dict(zip(map(id, wanted.leaves), found.parameter_gradients))
            return found.outputs[0], mirrored(lambda value: of[id(value)], wrt)
        found = trace.ready(None, self.runner, 1).row(numbers(args))
        gradients = iter(found.input_gradients)
        trees = tuple(mirrored(lambda _: next(gradients), arg) for arg in args)
        return found.outputs[0], trees[0] if len(args) == 1 else trees

    def wanted(self, given: list[Any]) -> Wanted:
        """These leaves, looked up."""
        ids = tuple(map(id, given))
        found = self.known.get(ids) or Wanted(given)
        self.last_wanted = self.known[ids] = found
        return found

    def map(self, rows: Iterable[Any], **static: Any) -> list[Any]:
        """What the function returns for each row: a tuple of arguments, or the one argument itself."""
        rows = list(rows if is_array(rows) else in_order("map", rows))
        calls = [row if type(row) is tuple else (row,) for row in rows]
        if any(map(records, calls)):
            return [self.f(*call, **static) for call in calls]
        shapes = {shape_of(call) for call in calls}
        if len(shapes) > 1:
            return [self(*call, **static) for call in calls]
        if not calls:
            return []
        trace = self.trace(calls[0], static, self.runner == "native")
        found = trace.ready((), self.runner, len(calls)).rows([numbers(call) for call in calls])
        return [trace.answer(outputs) for outputs in found.outputs]

    def trainer(self, parameters: Any, optimizer: Any) -> Trainer:
        """Training steps of one example each; numbers and moments stay in arrays between them.

        By the runner "auto" they are made in machine code if llvmlite is installed (the extra ``fast``), else as
        ``value_and_grad`` and ``optimizer.step()`` do; what cannot be recorded runs eagerly. Of examples that differ
        in the length of a sequence one program in machine code serves all lengths.

        Parameters
        ----------
        parameters : nested lists of Values, or a model with ``parameters()``
            Those of the optimizer.
        optimizer : Optimizer
            Of ``nn``, or alike: with ``parameters``, ``recorded()``, ``state``, ``steps``, ``learning_rate``,
            ``clip_norm`` and ``step()``. Learning rate and clip_norm are read anew at each step.

        Returns
        -------
        Trainer
            ``trainer(*example)`` makes a step and returns the loss before it; ``trainer.run(examples)`` makes one for
            each and returns the losses; ``trainer.expect(examples)`` prepares for the longest to come.
            ``trainer.write()`` brings the parameters and the optimizer up to date, as the end of a ``with trainer:``
            and every error do, ctrl-C among them. What they hold then is read again at the next step.

        Raises
        ------
        FloatingPointError
            At a step whose loss or gradient is inf or nan; the parameters are as before it.

        Examples
        --------
        >>> import autodiff, nn
        >>> w = autodiff.Value(0.0)
        >>> fast = autodiff.compile(lambda x, y: (w * x - y) ** 2)
        >>> with fast.trainer([w], nn.SGD([w], learning_rate=0.25)) as trainer:
        ...     trainer(1.0, 2.0), trainer.run([(1.0, 2.0), (1.0, 2.0)])
        (4.0, [1.0, 0.25])
        >>> w.data
        1.75
        """
        return Trainer(self, parameters, optimizer)

    def source(self, *args: Any, **static: Any) -> str:
        """The text that runs: for arguments of this shape, or, without any, as last called."""
        if not args and not static and self.last is not None:
            args, static = self.last.call  # type: ignore[assignment]
        trace = self.trace(args, static)
        return str(written(trace.recording(), trace.inputs))

    def trace(self, args: tuple[Any, ...], static: Mapping[str, Any], for_loops: bool = False) -> Trace:
        """The trace for arguments of this shape and these keyword arguments, made at the first call."""
        shape = shape_of(args), frozen(static) if static else None, for_loops
        if shape not in self.traces:
            self.traces[shape] = self.of_any_length(args, shape, static) or Trace(self.f, args, static, for_loops)
        self.last = self.traces[shape]
        return self.last

    def of_any_length(self, args: tuple[Any, ...], shape: tuple[Any, ...], static: Mapping[str, Any]) -> Trace | None:
        """The trace for sequences of another length than before, if there was one: one program serves them all."""
        for other, trace in self.traces.items() if shape[2] else ():
            lengths = lengths_of(shape[0], other[0]) if other[1:] == shape[1:] else None
            if lengths and max(lengths) >= LEAST and shape_of(trace.output) is None:
                found, length = trace.any_length, lengths[0]
                if found is None or found.longest < length or shape_of(found.args_of(length)) != shape[0]:
                    ways = [(args, shape[0], other[0], length), (trace.call[0], other[0], shape[0], lengths[1])]
                    found = AnyLength(lambda x: Trace(self.f, x, static, True), *max(ways, key=lambda way: way[3]))
                    trace.any_length, trace.length = found, lengths[1] if found.args is trace.call[0] else trace.length
                return Trace(self.f, args, static, True, found, length)
        return None
