"""Functions composed of primitives, and primitives with many operands as functions of lists."""

from __future__ import annotations

from . import primitives
from .arrays import in_order, is_array
from .engine import Value
from .ieee import number
from .primitives import exp, maximum, stop_gradient
from .tracing import keeps_sums, threads as tracing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Protocol, overload

    Number = Value | float

    class Reduction(Protocol):
        """A function of a list of numbers."""

        @overload
        def __call__(self, values: Iterable[float]) -> float: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, values: Iterable[Number]) -> Value: ...

    class Listwise(Protocol):
        """A function from a list of numbers to a list of the same length."""

        @overload
        def __call__(self, values: Iterable[float]) -> list[float]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, values: Iterable[Number]) -> list[Value]: ...


EXACT = 16.0  # the largest number of which logsumexp is exact to 4e-15


def reduction(function: Any) -> Reduction:
    """Return the function; type checkers learn that floats give a float, and Values a Value."""
    return function  # type: ignore[no-any-return]


def listwise(function: Any) -> Listwise:
    """Return the function; type checkers learn that floats give floats, and Values Values."""
    return function  # type: ignore[no-any-return]


def as_list(name: str, values: Iterable[Any], *more: Any) -> list[Any]:
    """The values as a list; otherwise a TypeError that shows how function ``name`` is called."""
    if more or not hasattr(values, "__iter__"):
        usage = {"dot": "dot([w0, w1], [x0, x1], b)", "take": "take([x, y], 1)"}.get(name, f"{name}([x, y])")
        got = ", ".join(map(repr, (values, *more)))
        raise TypeError(f"{name} takes its values in a list, as in {usage}; got {got:.60}")
    return list(values if is_array(values) else in_order(name, values))


@reduction
def sum(values: Iterable[Any], *more: Any) -> Any:
    """v0 + v1 + ... as one gate, added left to right; 0.0 for no values.

    >>> import autodiff
    >>> autodiff.sum(autodiff.variables(x=1, y=2, z=3))
    Value(6.0)
    """
    return primitives.sum_(*as_list("sum", values, *more))


if TYPE_CHECKING:

    @overload
    def dot(weights: Iterable[float], inputs: Iterable[float], bias: float = 0.0) -> float: ...  # type: ignore[overload-overlap]
    @overload
    def dot(weights: Iterable[Number], inputs: Iterable[Number], bias: Number = 0.0) -> Value: ...


def dot(weights: Iterable[Any], inputs: Iterable[Any], bias: Any = 0.0) -> Any:
    """bias + w0 * x0 + w1 * x1 + ... as one gate, added left to right.

    Weights and inputs are iterables of Values or floats of equal length; otherwise ValueError.

    >>> dot([1.0, 2.0], [3.0, 4.0], 0.5)
    11.5
    """
    weights = weights if type(weights) is list else as_list("dot", weights)
    inputs = inputs if type(inputs) is list else as_list("dot", inputs)
    if len(weights) != len(inputs):
        raise ValueError(f"dot needs one input per weight: expected {len(weights)}, got {len(inputs)}")
    return primitives.dot(*weights, *inputs, bias)


@reduction
def logsumexp(values: Iterable[Any], *more: Any) -> Any:
    """log(e^v0 + e^v1 + ...) as one gate that does not overflow; -inf for no values.

    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    return primitives.logsumexp(*as_list("logsumexp", values, *more))


@reduction
def mean(values: Iterable[Any], *more: Any) -> Any:
    """(v0 + v1 + ...) / n; ValueError for no values.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    values = as_list("mean", values, *more)
    if not values:
        raise ValueError("mean needs at least one value, got none")
    return sum(values) / float(len(values))


@reduction
def norm(values: Iterable[Any], *more: Any) -> Any:
    """The length sqrt(v0^2 + v1^2 + ...) as one gate without overflow or underflow; gradient nan at length 0.

    >>> norm([3.0, 4.0])
    5.0
    """
    return primitives.norm(*as_list("norm", values, *more))


if TYPE_CHECKING:

    @overload
    def take(terms: Iterable[float], index: float) -> float: ...  # type: ignore[overload-overlap]
    @overload
    def take(terms: Iterable[Number], index: Number) -> Value: ...
    @overload
    def take(terms: Iterable[Iterable[float]], index: float) -> list[float]: ...  # type: ignore[overload-overlap]
    @overload
    def take(terms: Iterable[Iterable[Number]], index: Number) -> list[Value]: ...


def take(terms: Iterable[Any], index: Any) -> Any:
    """Term number ``index``, counted from 0, as a gate that sends its gradient to that term only.

    From lists of equal length (the rows of a table, such as embeddings) it takes one list, with one gate per column.
    The index, an int, float or Value, gets no gradient. IndexError if it is negative, too large or not whole; machine
    code, JAX and JavaScript return nan instead.

    >>> from autodiff import take, variables
    >>> a, b, c = variables(a=10, b=20, c=30)
    >>> take([a, b, c], 1)
    Value(20.0)
    >>> take([[1.0, 2.0], [3.0, 4.0]], 1)
    [3.0, 4.0]
    """
    terms = as_list("take", terms)
    lists = [as_list("take", term) for term in terms if hasattr(term, "__iter__")]
    if not terms:
        raise ValueError("take needs at least one term, got none")
    if not lists:
        return primitives.take(*terms, index)
    if len(lists) < len(terms) or len({*map(len, lists)}) > 1:
        raise ValueError(f"take needs all terms as numbers, or all as lists of equal length, got {terms!r:.60}")
    return [primitives.take(*column, index) for column in zip(*lists)]


@listwise
def center(values: Iterable[Any], *more: Any) -> list[Any]:
    """The values minus the largest, so that logsumexp keeps its digits; small values unchanged, unless traced.

    >>> center([1.0, 2.0]), center([1e16, 1e16 + 2])
    ([1.0, 2.0], [-2.0, 0.0])
    """
    values = as_list("center", values, *more)
    sizes = [number(x._data if type(x) is Value else x) for x in values]
    if not values or not (tracing or None in sizes or max(map(abs, sizes)) > EXACT):  # type: ignore[arg-type]
        return values
    largest = stop_gradient(primitives.largest(*values) if keeps_sums() else maxout(values))
    return [value - largest for value in values]


@listwise
def log_softmax(values: Iterable[Any], *more: Any) -> list[Any]:
    """The logarithms of ``softmax``: v - logsumexp of values centered at the largest, so that no digits are lost.

    >>> log_softmax([1e16, 1e16 + 2])
    [-2.1269280110429727, -0.1269280110429726]
    """
    values = center(as_list("log_softmax", values, *more))
    scale = logsumexp(values)
    return [value - scale for value in values]


@listwise
def softmax(values: Iterable[Any], *more: Any) -> list[Any]:
    """[e^v0 / sum, e^v1 / sum, ...] with sum = e^v0 + e^v1 + ..., computed as e^log_softmax, without overflow.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    return [exp(value) for value in log_softmax(as_list("softmax", values, *more))]


@reduction
def maxout(values: Iterable[Any], *more: Any) -> Any:
    """The largest of several values as one gate; ties share the gradient equally. ValueError for no values.

    >>> maxout([-1.0, 0.5, 0.25])
    0.5
    """
    values = as_list("maxout", values, *more)
    if not values:
        raise ValueError("maxout needs at least one value, got none")
    return values[0] if len(values) == 1 else (maximum if len(values) == 2 else primitives.largest)(*values)
