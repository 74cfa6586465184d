"""What type checkers are told: floats give floats, Values a Value; nothing of it is imported at run time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, SupportsFloat, TypeVar, overload

from .engine import Value

Number = Value | float
Plain = SupportsFloat  # a number of Python, NumPy or another library
T = TypeVar("T")


class Array(Protocol):
    """An array of NumPy, say."""

    @property
    def shape(self) -> Any: ...


class Recorder(Protocol):
    """Whatever records the primitives that it is given to."""

    @classmethod
    def record(cls, primitive: Any, operands: Sequence[Any], /) -> Any: ...


class Operator(Protocol):
    """A Value's operator, its other operand on either side."""

    @overload
    def __call__(self, other: Number, /) -> Value: ...
    @overload
    def __call__(self, other: Array, /) -> Any: ...


class Reduction(Protocol):
    """A function of a list of numbers."""

    @overload
    def __call__(self, values: Iterable[float]) -> float: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, values: Iterable[Number]) -> Value: ...


class Elementwise(Protocol):
    """A function from a list of numbers to one of as many."""

    @overload
    def __call__(self, values: Iterable[float]) -> list[float]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, values: Iterable[Number]) -> list[Value]: ...


class Gradient(Protocol):
    """The gradient of a function: it mirrors the arguments."""

    @overload
    def __call__(self, x: float, /, **keywords: Any) -> float: ...
    @overload
    def __call__(self, x: T, /, **keywords: Any) -> T: ...
    @overload
    def __call__(self, x: float, y: float, /, **keywords: Any) -> tuple[float, float]: ...
    @overload
    def __call__(self, x: float, y: float, z: float, /, **keywords: Any) -> tuple[float, float, float]: ...
    @overload
    def __call__(self, *args: Any, **keywords: Any) -> Any: ...
