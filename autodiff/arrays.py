"""What arrays, frames and tensors of other libraries are here; none is imported: whoever gives one has done so."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

__all__ = ["in_order"]


def in_order(thing: str, given: Any) -> Any:
    """What is given, with frames, series, arrays and tensors as (nested) lists; TypeError for text, sets and dicts."""
    given = given.to_numpy() if hasattr(given, "to_numpy") else given  # a frame's iteration gives its columns
    if hasattr(given, "tolist") and getattr(getattr(given, "dtype", None), "kind", "") not in ("M", "m"):
        given = given.tolist()  # dates would come out as ints
    if isinstance(given, (str, bytes, dict, set, frozenset, type({}.keys()))):
        raise TypeError(f"{thing} takes a list, in order, got {type(given).__name__}: {given!r:.60}")
    return given


def is_array(x: Any) -> bool:
    """Whether x is a NumPy array."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(x, numpy.ndarray)


def array_of(members: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """An array of the members, of float64 where they are floats; a list of lists; of nothing an array of that shape."""
    numpy: Any = sys.modules["numpy"]
    if all(isinstance(member, float) for member in members):
        return numpy.array(members, float) if members else numpy.empty(shape)
    if any(isinstance(member, (list, tuple, dict)) for member in members):
        return list(members)
    if all(map(is_array, members)):
        return numpy.stack(members)
    found = numpy.empty(len(members), object)
    for i, member in enumerate(members):
        found[i] = member
    return found


def elementwise(function: Callable[..., Any], operands: Sequence[Any]) -> Any:
    """The function of every element of the arrays among the operands, broadcast as NumPy does it."""
    numpy: Any = sys.modules["numpy"]
    found = numpy.frompyfunc(function, len(operands), 1)(*operands)
    return array_of(list(found.flat), found.shape).reshape(found.shape) if is_array(found) else found


def boxed(x: Any) -> Any:
    """x as an array of shape (), which NumPy computes with element by element."""
    numpy: Any = sys.modules["numpy"]
    box = numpy.empty((), object)
    box[()] = x
    return box
