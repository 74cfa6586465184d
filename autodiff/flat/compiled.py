"""autodiff.compile: a function of Values, traced once for each shape of its arguments, then run as flat code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from operator import is_
from typing import Any, Literal, NamedTuple, get_args

from ..arrays import in_order, is_array
from ..engine import Value, tick
from ..functional import branches, flatten, mirror, parameters, value_and_grad
from ..ieee import real
from ..tracing import Tracing, Uncollected, Unsupported, is_tracing
from .backends import text as text  # gives programs their __str__
from .ir import remember
from .lowering import Lowering, program_of
from .recording import Recording
from .sequences import SHORTEST, AnyLength, lengths_of
from .trainer import Trainer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import overload

    from ..typed import Function

RunnerName = Literal["auto", "source", "batch", "native"]
RUNNERS: tuple[RunnerName, ...] = get_args(RunnerName)
BATCH_FROM = 5000  # rows times ``Recording.work`` from which NumPy beats Python text
TAKER = "a compiled function"  # in errors about arguments
MISSING = {  # what a runner needs
    "batch": "runner='batch' computes with NumPy: pip install numpy",
    "native": "runner='native' makes machine code with llvmlite: pip install 'scalar-autodiff[fast]'",
    "jax": "runner='jax' trains by JAX: pip install 'scalar-autodiff[jax]'",
}


def runner_for(name: str, work: int = 0) -> Any:
    """The runner of that name; for "auto" the faster one for this work (rows times ``Recording.work``)."""
    if name not in RUNNERS:
        raise ValueError(f"no runner is called {name!r}: known are {', '.join(RUNNERS)}")
    if name == "native":
        return native()
    if name == "batch" or (name == "auto" and work >= BATCH_FROM):
        with suppress(ImportError) if name == "auto" else import_for("batch"):  # without NumPy, Python text
            from .backends.array import Batch

            return Batch
    from .backends.python import Source

    return Source


@contextmanager
def import_for(runner: str) -> Iterator[None]:
    """Import what a runner needs; ImportError that says how to install it if a package is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("numpy", "llvmlite", "jax"):
            raise
        raise ImportError(MISSING[runner]) from error


def native() -> Any:
    """The runner that makes machine code."""
    with import_for("native"):
        from .backends.llvm import Native
    return Native


def make_runner(kind: Any, recording: Recording, wrt: Sequence[Value]) -> Any:
    """The recording as a program in a runner, with the gradients of the leaves in ``wrt``."""
    if kind.name != "source":
        return kind(recording, wrt)
    program = Lowering(recording, wrt).program()
    return remember((program.key, *program.gates.values()), lambda: kind(program))


class Trace:
    """One recording of a function: its independent variables, its outputs, and the programs made of them.

    A trace ``for_loops`` is rolled into loop nests for machine code. If a program for ``any_length`` of a sequence
    exists, the function is recorded at this ``length`` only when that program cannot serve.
    """

    def __init__(
        self, f: Callable[..., Any], args: tuple[Any, ...], static: Mapping[str, Any], for_loops: bool = False,
        any_length: AnyLength | None = None, length: int = 0,
    ) -> None:  # fmt: skip
        self.f, self.call, self.for_loops = f, (args, static), for_loops
        self.any_length, self.length = any_length, length
        self.runs: dict[Any, Run] = {}
        self.inputs: Any = None  # until it is recorded
        self.output: Any = 0.0
        self.outputs: list[Any] = [0.0]
        if not any_length:
            self.record()

    def record(self) -> None:
        """Call the function with Values for the numbers."""
        self.since, (args, static) = tick(), self.call
        names = iter(labels(self.f, args))
        trees = [mirror(lambda x: Value(real(x, TAKER), next(names)), arg) for arg in args]
        self.inputs = flatten(trees)
        with Uncollected(), Tracing(sums=self.for_loops):
            self.output = self.f(*[mirror(lambda x: x, tree) for tree in trees], **static)
        what = "what a compiled function returns"
        self.outputs = [x if type(x) is Value else real(x, what) for x in flatten(self.output)]

    @cached_property
    def work(self) -> int:
        """That of the ``Recording``."""
        return self.recording().work

    def recording(self, wrt: Sequence[Value] = ()) -> Recording:
        """The recording, with these captured leaves first among its parameters; ValueError if it uses none."""
        found = Recording(self.outputs, self.inputs, wrt, self.since)
        if wrt and not found.has_any(wrt):
            raise ValueError(f"wrt names {wrt!r:.80}, but the function uses none of them")
        return found

    def prepare(self, wrt: WrtLeaves | tuple[()] | None, runner: str, rows: int) -> Run:
        """The trace's program in a runner, cached; gradients are those of the inputs (None) or of ``wrt``."""
        runner = runner if self.outputs else "source"
        kind = runner_for(runner, rows * self.work if runner == "auto" else 0)
        if (kind, wrt) not in self.runs:
            with Uncollected():
                self.runs[kind, wrt] = self.prepare_any_length(wrt) or self.prepare_alone(kind, wrt)
        return self.runs[kind, wrt]

    def prepare_any_length(self, wrt: WrtLeaves | tuple[()] | None) -> Run | None:
        """The program for every length, if it can serve this one."""
        if self.any_length and self.length:
            with suppress(Unsupported):
                return Run(*self.any_length.prepare(wrt, self.length))
        return None

    def prepare_alone(self, kind: Any, wrt: WrtLeaves | tuple[()] | None) -> Run:
        """A program for this shape alone."""
        leaves = wrt.leaves if isinstance(wrt, WrtLeaves) else ()
        if self.inputs is None:
            self.record()
        recording = self.recording(leaves)
        return Run(make_runner(kind, recording, self.inputs if wrt is None else leaves), recording.parameters)

    def answer(self, numbers: Sequence[float]) -> Any:
        """The outputs in the shape that the function returned."""
        remaining: Iterator[float] = iter(numbers)
        return mirror(lambda _: next(remaining), self.output)


class Run(NamedTuple):
    """A program in a runner, with the captured leaves whose numbers it reads at every call."""

    runner: Any
    parameters: list[Value]

    def row(self, inputs: list[float]) -> Any:
        return self.runner.row(inputs, [leaf._data for leaf in self.parameters])

    def rows(self, rows: list[list[float]]) -> Any:
        return self.runner.rows(rows, [leaf._data for leaf in self.parameters])


# --- Arguments -----------------------------------------------------------------------------------


def is_recording(args: Sequence[Any]) -> bool:
    """Whether a call belongs to a graph: its arguments hold Values, or a function is being traced."""
    return is_tracing() or Value in map(type, flatten(args))


def numbers(args: Sequence[Any]) -> list[float]:
    """Every number of the arguments, in order."""
    return [x if type(x) is float else real(x, TAKER) for x in flatten(args)]


def shape_of(tree: Any) -> Any:
    """The shape of nested lists, tuples, dicts and arrays, hashable; None for a number."""
    if isinstance(tree, (list, tuple)):
        plain = {*map(type, tree)} <= {float, int}
        return (type(tree), *([None] * len(tree) if plain else map(shape_of, tree)))
    members = None if type(tree) is float else branches(tree)
    keys = tuple(tree) if isinstance(tree, dict) else ()
    return members if members is None else (type(tree), keys, *[shape_of(member) for _, member in members])


def freeze(static: Mapping[str, Any]) -> Any:
    """Keyword arguments as part of a key; TypeError if one is not hashable."""
    try:
        return frozenset((name, type(x), repr(x) if type(x) is float else x) for name, x in static.items())
    except TypeError as error:
        raise TypeError(
            "keyword arguments of a compiled function become constants, and must be hashable: give lists and arrays "
            f"by position; {error}, got {dict(static)!r:.60}"
        ) from error


class WrtLeaves:
    """The captured leaves that ``wrt`` names, each once; TypeError or ValueError for anything else."""

    def __init__(self, given: list[Any]) -> None:
        for value in given:
            if type(value) is not Value:
                raise TypeError(f"wrt takes captured Values, got {type(value).__name__}: {value!r:.60}")
            if value.primitive is not None:
                raise ValueError(f"wrt takes leaves, but {value!r} was computed by {value.primitive.name}")
        self.leaves = list(dict.fromkeys(given))

    def is_list(self, wrt: Any) -> bool:
        """Whether ``wrt`` is a list of exactly these leaves."""
        return type(wrt) is list and len(wrt) == len(self.leaves) and all(map(is_, wrt, self.leaves))


def labels(f: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """A label for every number of the arguments, from the function's parameters: x, or x0, x1, ... in a list."""
    found = []
    for name, arg in zip(parameters(f, len(args)), args):
        several = shape_of(arg) is not None
        found += [f"{name}{place}" if several else name for place in range(len(flatten(arg)))]
    return found


def compile(f: Function[Any], runner: RunnerName = "auto") -> Compiled:
    """Compile a function and its gradient to straight-line code.

    ``f`` is called once for each shape of its arguments, with Values for the numbers; after that its recorded lines
    run. Values that ``f`` uses from outside are captured: their numbers are read at every call.

    Parameters
    ----------
    f : function of numbers and of (nested) lists, tuples, dicts and NumPy arrays of numbers
        It returns a number, or (nested) lists of them, and always does the same: anything else that it reads or draws
        stays as in the first call. So do keyword arguments: a call with others is traced again.
    runner : str
        "source" (Python text), "batch" (NumPy over rows), "native" (machine code by llvmlite, from the extra
        ``fast``: fastest after it is compiled, at the first call; it finds the loops in the recording, so that
        140,000 gates of a transformer take a second), or "auto", which takes the faster of the first two for
        the size of the function and the number of rows.

    Returns
    -------
    Compiled
        ``fast(*args)``, ``fast.value_and_grad(*args, wrt=None)``, ``fast.map(rows)``, ``fast.source(*args)``.

    Raises
    ------
    TraceError
        At a call, if ``f`` looks at a number, as by ``if``, ``float()`` or ``.data``.

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
    """The result of ``autodiff.compile``: the function, and its traces so far."""

    def __init__(self, f: Function[Any], runner: RunnerName = "auto") -> None:
        if not callable(f):
            advice = (
                "; give the function that computes it, as in compile(lambda x, y: x * y)" if type(f) is Value else ""
            )
            raise TypeError(f"compile takes a function, got {type(f).__name__}: {f!r:.60}{advice}")
        runner_for(runner)  # refuses an unknown name
        self.f: Callable[..., Any] = f
        self.runner = runner
        self.traces: dict[Any, Trace] = {}
        self.last: Trace | None = None
        self.wrt: dict[tuple[int, ...], WrtLeaves] = {}  # by the ids of the leaves, which these hold
        self.last_wrt: WrtLeaves | None = None

    def __repr__(self) -> str:
        return f"compile({self.f!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.f, self.runner)  # a copy compiles again

    def __call__(self, *args: Any, **static: Any) -> Any:
        """The function's result; given Values, the function itself is called, and records."""
        if is_recording(args):
            return self.f(*args, **static)
        trace = self.trace(args, static, self.runner == "native")
        return trace.answer(trace.prepare((), self.runner, 1).row(numbers(args)).outputs)

    if TYPE_CHECKING:

        @overload
        def value_and_grad(self, *args: Any, wrt: list[Value], **static: Any) -> tuple[float, list[float]]: ...
        @overload
        def value_and_grad(self, *args: Any, wrt: Any = None, **static: Any) -> tuple[Any, Any]: ...

    def value_and_grad(self, *args: Any, wrt: Any = None, **static: Any) -> tuple[Any, Any]:
        """(Value, gradient) as floats, the gradient in the shape of ``wrt`` or of the arguments.

        ``wrt`` is a captured leaf or nested lists of them, such as ``model.parameters()``. By default it is the
        arguments: one gives its gradient, several a tuple. The gradient of a leaf that the function does not use is 0.
        ValueError if it uses none of them, or if ``wrt`` names a Value that is not a leaf.
        """
        if is_recording(args) and wrt is None:
            return value_and_grad(self.f)(*args, **static)
        trace = self.trace(args, static, self.runner == "native")
        if shape_of(trace.output) is not None:
            raise TypeError(f"value_and_grad needs a function that returns one number, but {self.f!r} returns several")
        if wrt is None and not args:
            raise TypeError("the call has no arguments to differentiate with respect to: name Values in wrt=")
        if wrt is not None:
            last = self.last_wrt
            is_last = last is not None and last.is_list(wrt)
            these: Any = last if is_last else self.wrt_leaves(flatten(wrt))
            found = trace.prepare(these, self.runner, 1).row(numbers(args))
            if is_last:
                return found.outputs[0], found.parameter_gradients
            of = dict(zip(these.leaves, found.parameter_gradients))
            return found.outputs[0], mirror(of.__getitem__, wrt)
        found = trace.prepare(None, self.runner, 1).row(numbers(args))
        gradients = iter(found.input_gradients)
        trees = tuple(mirror(lambda _: next(gradients), arg) for arg in args)
        return found.outputs[0], trees[0] if len(args) == 1 else trees

    def wrt_leaves(self, given: list[Any]) -> WrtLeaves:
        """The checked leaves, cached."""
        ids = tuple(map(id, given))
        found = self.wrt.get(ids) or WrtLeaves(given)
        self.last_wrt = self.wrt[ids] = found
        return found

    def map(self, rows: Iterable[Any], **static: Any) -> list[Any]:
        """The function's result for each row: a tuple of arguments, or the one argument itself."""
        rows = list(rows if is_array(rows) else in_order("map", rows))
        calls = [row if type(row) is tuple else (row,) for row in rows]
        if any(map(is_recording, calls)):
            return [self.f(*call, **static) for call in calls]
        shapes = {shape_of(call) for call in calls}
        if len(shapes) > 1:
            return [self(*call, **static) for call in calls]
        if not calls:
            return []
        trace = self.trace(calls[0], static, self.runner == "native")
        found = trace.prepare((), self.runner, len(calls)).rows([numbers(call) for call in calls])
        return [trace.answer(outputs) for outputs in found.outputs]

    def trainer(self, parameters: Any, optimizer: Any) -> Trainer:
        """A ``Trainer``: steps of one example each; numbers and moments stay in arrays between them.

        ``parameters`` are those of the optimizer, one of ``nn`` or alike: with ``parameters``, ``recorded()``,
        ``state``, ``steps``, ``step()``, and ``learning_rate`` and ``clip_norm``, which are read at each step. Runner
        "auto" makes the steps in machine code if llvmlite is installed (the extra ``fast``), else by ``value_and_grad``
        and ``optimizer.step()``; a loss that cannot be recorded runs eagerly. One program in machine code serves
        sequences of every length.

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
        """The program's text for arguments of this shape, or, without any, for the last call."""
        if not args and not static and self.last is not None:
            args, static = self.last.call  # type: ignore[assignment]
        trace = self.trace(args, static)
        return str(program_of(trace.recording(), trace.inputs))

    def trace(self, args: tuple[Any, ...], static: Mapping[str, Any], for_loops: bool = False) -> Trace:
        """The trace for arguments of this shape and these keyword arguments, made at the first call."""
        shape = shape_of(args), freeze(static) if static else None, for_loops
        if shape not in self.traces:
            self.traces[shape] = self.trace_any_length(args, shape, static) or Trace(self.f, args, static, for_loops)
        self.last = self.traces[shape]
        return self.last

    def trace_any_length(
        self, args: tuple[Any, ...], shape: tuple[Any, ...], static: Mapping[str, Any]
    ) -> Trace | None:
        """A trace for a sequence of a new length, if another length was traced: one program serves them all."""
        for other, trace in self.traces.items() if shape[2] else ():
            lengths = lengths_of(shape[0], other[0]) if other[1:] == shape[1:] else None
            if lengths and max(lengths) >= SHORTEST and shape_of(trace.output) is None:
                found, length = trace.any_length, lengths[0]
                if found is None or found.longest < length or shape_of(found.args_of(length)) != shape[0]:
                    longest = (args, shape[0], other[0], length)
                    if lengths[1] > length:
                        trace.length = lengths[1]
                        longest = (trace.call[0], other[0], shape[0], lengths[1])
                    found = trace.any_length = AnyLength(lambda x: Trace(self.f, x, static, True), *longest)
                return Trace(self.f, args, static, True, found, length)
        return None
