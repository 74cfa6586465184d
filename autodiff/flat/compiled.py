"""A function of Values compiled: traced once for each shape of its arguments, then run as flat code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..arrays import in_order, is_array
from ..calls import mirrored
from ..engine import Value
from ..functional import value_and_grad
from .runners import runner_for
from .traces import Trace, captured, frozen, numbers, records, shape_of


def compile(f: Callable[..., Any], runner: str = "auto") -> Compiled:
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

    def __init__(self, f: Callable[..., Any], runner: str = "auto") -> None:
        if not callable(f):
            advice = "; give it what computes that, as in compile(lambda x, y: x * y)" * (type(f) is Value)
            raise TypeError(f"compile takes a function, got {type(f).__name__}: {f!r:.60}{advice}")
        runner_for(runner)  # refuses an unknown name
        self.f = f
        self.runner = runner
        self.traces: dict[Any, Trace] = {}
        self.last: Trace | None = None

    def __repr__(self) -> str:
        return f"compile({self.f!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.f, self.runner)  # what was compiled is compiled again

    def __call__(self, *args: Any, **static: Any) -> Any:
        """What the function returns; given Values, it is called as it stands and records."""
        if records(args):
            return self.f(*args, **static)
        trace = self.trace(args, static)
        return trace.answer(trace.ready((), self.runner, 1).row(numbers(args)).outputs)

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
        trace = self.trace(args, static)
        if shape_of(trace.output) is not None:
            raise TypeError(f"value_and_grad needs a function that returns one number, but {self.f!r} returns several")
        if wrt is None and not args:
            raise TypeError(
                "gradients are taken with respect to the arguments, and there are none: name Values in wrt="
            )
        found = trace.ready(None if wrt is None else captured(wrt), self.runner, 1).row(numbers(args))
        if wrt is None:
            gradients = iter(found.input_gradients)
            trees = tuple(mirrored(lambda _: next(gradients), arg) for arg in args)
            return found.outputs[0], trees[0] if len(args) == 1 else trees
        of = dict(zip(map(id, captured(wrt)), found.parameter_gradients))
        return found.outputs[0], mirrored(lambda value: of[id(value)], wrt)

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
        trace = self.trace(calls[0], static)
        found = trace.ready((), self.runner, len(calls)).rows([numbers(call) for call in calls])
        return [trace.answer(outputs) for outputs in found.outputs]

    def source(self, *args: Any, **static: Any) -> str:
        """The text that runs: for arguments of this shape, or, without any, as last called."""
        trace = self.trace(args, static) if args or static or self.last is None else self.last
        return str(trace.program(None, None)[0])

    def trace(self, args: tuple[Any, ...], static: Mapping[str, Any]) -> Trace:
        """The trace for arguments of this shape and these keyword arguments, made at the first call."""
        shape = shape_of(args), frozen(static) if static else None
        if shape not in self.traces:
            self.traces[shape] = Trace(self.f, args, static)
        self.last = self.traces[shape]
        return self.last
