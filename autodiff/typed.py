"""Types for type checkers: floats give floats, Values a Value. Not imported with autodiff."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Protocol, SupportsFloat, TypeVar, overload

Plain = SupportsFloat  # a number from Python, NumPy or another library
T = TypeVar("T")
Function = (  # by the number of its arguments: so checkers know the parameters of a lambda
    Callable[[], T] | Callable[[Any], T] | Callable[[Any, Any], T] | Callable[[Any, Any, Any], T]
    | Callable[[Any, Any, Any, Any], T] | Callable[Concatenate[Any, Any, Any, Any, Any, ...], T]
)  # fmt: skip


class Node(Protocol):
    """A node of a graph, as read by graph walks and steps: a Value."""

    @property
    def data(self) -> float: ...

    @property
    def label(self) -> str: ...

    _data: float
    operands: tuple[Any, ...]  # nodes and floats
    primitive: Any  # None for a leaf
    born: int
    changed: int


class Array(Protocol):
    """An array, such as NumPy's."""

    @property
    def shape(self) -> Any: ...


class Recorder(Protocol):
    """A class that records primitives applied to its members."""

    @classmethod
    def record(cls, primitive: Any, operands: Sequence[Any], /) -> Any: ...


N = TypeVar("N", bound=Node)
R = TypeVar("R", bound=Recorder)


class Operator(Protocol[R]):
    """A binary operator of Value."""

    @overload
    def __call__(self, other: R | float, /) -> R: ...
    @overload
    def __call__(self, other: Array, /) -> Any: ...


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


class ValueAndGradient(Protocol):
    """The value of a function and its gradient."""

    @overload
    def __call__(self, x: float, /, **keywords: Any) -> tuple[float, float]: ...
    @overload
    def __call__(self, x: R, /, **keywords: Any) -> tuple[R, R]: ...
    @overload
    def __call__(self, x: list[float], /, **keywords: Any) -> tuple[float, list[float]]: ...
    @overload
    def __call__(self, x: T, /, **keywords: Any) -> tuple[Any, T]: ...
    @overload
    def __call__(self, x: float, y: float, /, **keywords: Any) -> tuple[float, tuple[float, float]]: ...
    @overload
    def __call__(
        self, x: float, y: float, z: float, /, **keywords: Any
    ) -> tuple[float, tuple[float, float, float]]: ...
    @overload
    def __call__(self, *args: Any, **keywords: Any) -> tuple[Any, Any]: ...
