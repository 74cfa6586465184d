"""Arrays, frames and tensors of other libraries as lists and Values; a library is never imported, only looked up."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

__all__ = ["in_order"]


def in_order(thing: str, given: Any) -> Any:
    """Frames, series, arrays and tensors as (nested) lists, others unchanged; TypeError for text, sets and dicts."""
    given = given.to_numpy() if hasattr(given, "to_numpy") else given  # iterating over a frame gives its columns
    if hasattr(given, "tolist") and getattr(getattr(given, "dtype", None), "kind", "") not in ("M", "m"):
        given = given.tolist()  # but not dates, which would become ints
    if isinstance(given, (str, bytes, dict, set, frozenset, type({}.keys()))):
        raise TypeError(f"{thing} takes a list, in order, got {type(given).__name__}: {given!r:.60}")
    return given


def is_array(x: Any) -> bool:
    """Whether x is a NumPy array."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(x, numpy.ndarray)


def array_of(members: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """An array of the members (floats: float64); a list if they are trees; an empty array of ``shape`` if none."""
    numpy: Any = sys.modules["numpy"]
    if all(isinstance(member, float) for member in members):
        return numpy.array(members, float) if members else numpy.empty(shape)
    if any(isinstance(member, (list, tuple, dict)) for member in members):
        return list(members)
    if all(map(is_array, members)):
        return numpy.stack(members)
    array = numpy.empty(len(members), object)
    for i, member in enumerate(members):
        array[i] = member
    return array


def broadcast(function: Callable[..., Any], operands: Sequence[Any]) -> Any:
    """Apply the function elementwise to arrays and numbers, broadcast as in NumPy."""
    numpy: Any = sys.modules["numpy"]
    results = numpy.frompyfunc(function, len(operands), 1)(*operands)
    return array_of(list(results.flat), results.shape).reshape(results.shape) if is_array(results) else results


def box(x: Any) -> Any:
    """x in an object array of shape (), to which NumPy applies functions elementwise."""
    array = sys.modules["numpy"].empty((), object)
    array[()] = x
    return array
