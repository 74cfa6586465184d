"""Types for type checkers: floats give floats, Values a Value. Not imported at run time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, SupportsFloat, TypeVar, overload

Plain = SupportsFloat  # a number from Python, NumPy or another library
T = TypeVar("T")


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
