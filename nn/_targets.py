"""Targets of one example as numbers, signs or classes; the class that outputs stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff import Value
from autodiff.arrays import in_order

from ._checks import counted, number

ROUNDING = 1e-9  # an output this near to 0.5 is undecided: whether it is above must not hang on its last digits
HUNDREDTHS = 0.005  # how far off a share may be that was written with two decimals


def listed(outputs: Any) -> list[Any]:
    """A model's outputs as one list, whether it returns a Value, a list, or a list for each position."""
    if not hasattr(outputs, "__len__") or getattr(outputs, "shape", None) == ():
        return [outputs]
    found = list(outputs if type(outputs) is list else in_order("a loss", outputs))
    return [y for row in found for y in row] if found and type(found[0]) is list else found


def one_hot(place: int, size: int) -> list[float]:
    """[0, ..., 1, ..., 0] with the 1 at that place, counted from 0.

    >>> one_hot(1, 3)
    [0.0, 1.0, 0.0]
    """
    if place != int(place) or not 0 <= place < size:
        raise ValueError(f"classes count from 0: expected 0 to {size - 1}, got {place!r}")
    return [float(i == place) for i in range(size)]


def plain(target: Any) -> Any:
    """The target as a number or a list; TypeError for text and for what has no order."""
    if isinstance(target, str):
        raise TypeError(f"a target is a number or a list of numbers, got {target!r:.60}: number the classes, 0, 1, ...")
    return in_order("a target", target)


def same_size(target: Any, size: int) -> list[Any]:
    """The target as it is, a number for each output."""
    target = target if type(target) is list else plain(target)
    numbers = [x if type(x) is float or type(x) is Value else number(x, "a target") for x in listed(target)]
    if len(numbers) != size:
        raise ValueError(f"expected a target of {counted(size, 'number')}, one for each output, got {len(numbers)}")
    return numbers


def signs(target: Any, size: int) -> list[Any]:
    """Targets 1 and -1; a 0, as gates and data sets have it, is read as -1."""
    numbers = [-1.0 if type(t) is float and t == 0.0 else t for t in same_size(target, size)]
    for t in numbers:
        if type(t) is float and t not in (1.0, -1.0):
            raise ValueError(f"hinge takes targets 1 and -1 (or 1 and 0), got {t!r}")
    return numbers


def shares(target: Any, size: int) -> list[Any]:
    """Targets from 0 to 1: no or yes, or how probable yes is."""
    numbers = same_size(target, size)
    for t in numbers:
        if type(t) is float and not -ROUNDING <= t <= 1.0 + ROUNDING:
            instead = ': write (1 + y) / 2 for the target y, or take loss="hinge"' if t == -1.0 else ""
            raise ValueError(f"binary_cross_entropy takes targets from 0 to 1, got {t!r}{instead}")
    return numbers


def classes(target: Any, size: int) -> list[Any]:
    """The class (its place, or one-hot, or a probability for each class) as a probability for each class."""
    if size < 2:
        raise ValueError("a loss over classes needs an output for each of two classes or more, got 1 output")
    target = plain(target)
    if not hasattr(target, "__len__"):
        return one_hot(target, size)
    numbers = same_size(target, size)
    if Value not in map(type, numbers) and not (
        min(numbers) >= -ROUNDING and abs(sum(numbers) - 1.0) <= HUNDREDTHS * size
    ):
        raise ValueError(f"a target over classes is a class or shares from 0 on that sum to 1, got {numbers!r:.60}")
    return numbers


def above_half(outputs: Sequence[float]) -> int:
    """1 or 0 for one output, above 0.5 by more than rounding or not; for several the place of the largest."""
    return int(outputs[0] > 0.5 + ROUNDING) if len(outputs) == 1 else largest(outputs)


def by_sign(outputs: Sequence[float]) -> int:
    """1 or -1 for one output; for several the place of the largest."""
    return (1 if outputs[0] > 0.0 else -1) if len(outputs) == 1 else largest(outputs)


def largest(outputs: Sequence[float]) -> int:
    """The place of the largest output, counted from 0; the first of equals."""
    return max(range(len(outputs)), key=outputs.__getitem__)
