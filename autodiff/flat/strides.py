"""Places of repeated lines in whole arrays: reading and writing what lies at constant strides."""

from __future__ import annotations

from typing import Any

from .program import Place


def read(xp: Any, array: Any, place: Place, repeat: int = 1, elements: bool = False) -> Any:
    """What lies at a place, ``(repeat, length, ...)`` with the axes that it has.

    ``elements`` tells that the line has an axis of elements, which a single number then has too, with size 1.
    """
    moves = repeat > 1 and place.jump != 0
    if not moves or place.length is None:
        found = array[positions(xp, place, repeat)]
        return found[:, None] if moves and elements else found
    found = dense(array, place, repeat)
    return array[positions(xp, place, repeat)] if found is None else found


def put(xp: Any, array: Any, place: Place, repeat: int, value: Any, adds: bool) -> Any:
    """The array with the value put, or added, at a place; the array itself is changed where the library allows it."""
    where = positions(xp, place, repeat)
    if hasattr(array, "at"):  # JAX: arrays never change
        return array.at[where].add(value) if adds else array.at[where].set(value)
    part = dense(array, place, repeat) if repeat > 1 and place.jump and place.length else None
    if part is not None:
        part[...] = part + value if adds else value
    elif adds and not isinstance(where, (int, slice)):
        xp.add.at(array, where, value)  # slices that overlap: each of them is to be added
    elif adds:
        array[where] += value
    else:
        array[where] = value
    return array


def positions(xp: Any, place: Place, repeat: int) -> Any:
    """The index of a place along the first axis, in all repetitions."""
    start, jump, length = place.start, place.jump, place.length
    if repeat == 1 or jump == 0:
        return start if length is None else slice(start, start + length)
    if length is None and jump > 0:
        return slice(start, start + jump * repeat, jump)
    starts = start + jump * xp.arange(repeat)
    return starts if length is None else starts[:, None] + xp.arange(length)


def dense(array: Any, place: Place, repeat: int) -> Any:
    """The slices of a repeated place as ``(repeat, length, ...)`` without a copy; None if they overlap or go back."""
    start, jump, length = place.start, place.jump, place.length or 1
    if jump < length or start + jump * repeat > len(array):
        return None
    return array[start : start + jump * repeat].reshape((repeat, jump, *array.shape[1:]))[:, :length]
