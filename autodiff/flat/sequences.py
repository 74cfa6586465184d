"""Sequences: a function of lists of different lengths as one program in machine code, when a second length is met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from ..engine import Value
from ..functional import flatten, mirror
from ..tracing import Unsupported
from .recording import Recording

LEAST = 5  # elements: a program for shorter sequences alone is not worth its while


def lengths_of(shape: Any, other: Any) -> tuple[int, int] | None:
    """The length of the lists in which two shapes of arguments differ, in each of them; None if they differ in more.

    >>> lengths_of((tuple, (list, None, None), None), (tuple, (list, None, None, None), None))
    (2, 3)
    """
    found: set[tuple[int, int]] = set()

    def alike(a: Any, b: Any) -> bool:
        if a == b:
            return True
        if type(a) is not tuple or type(b) is not tuple or a[0] is not b[0] or a[0] not in (list, tuple):
            return False
        if len(a) == len(b):
            return all(map(alike, a[1:], b[1:]))
        found.add((len(a) - 1, len(b) - 1))
        return len({*a[1:], *b[1:]}) == 1 and min(len(a), len(b)) > 1

    return found.pop() if alike(shape, other) and len(found) == 1 else None


def resized(tree: Any, shape: Any, other: Any, length: int) -> Any:
    """Arguments of that shape, with lists in which the other shape differs made that long."""
    if shape == other:
        return tree
    if len(shape) != len(other):
        return type(tree)([tree[i % len(tree)] for i in range(length)])
    return type(tree)([resized(member, a, b, length) for member, a, b in zip(tree, shape[1:], other[1:])])


class AnyLength:
    """A function of a sequence for all lengths up to that of ``args``, whose shape is given beside another one.

    ``trace(args)`` records it. A program is made for each ``wrt`` that is asked for; Unsupported where there is none.
    """

    def __init__(self, trace: Callable[[Any], Any], args: Any, shape: Any, other: Any, longest: int) -> None:
        self.trace, self.args, self.shapes, self.longest = trace, args, (shape, other), longest
        numbers = count()
        self.places = mirror(lambda _: next(numbers), args)  # of inputs
        self.programs: dict[Any, Any] = {}

    def args_of(self, length: int) -> Any:
        """Arguments with a sequence of that length."""
        return resized(self.args, *self.shapes, length)

    def of(self, length: int) -> list[int]:
        """The places of the inputs of a sequence of that length among those of the longest."""
        return flatten(resized(self.places, *self.shapes, length))

    def ready(self, wrt: Any, length: int) -> tuple[Any, list[Value]]:
        """(Runner, leaves read) for a length; gradients are those to inputs (None), none (), or ``wrt.leaves``."""
        from .backends.llvm.code import NativeNests  # when used: they bring in loop nests
        from .backends.llvm.runner import OneLength
        from .loops.lengths import for_all_lengths

        leaves: Sequence[Value] | None = getattr(wrt, "leaves", wrt)
        if isinstance(self.programs.get(wrt), Unsupported):
            raise self.programs[wrt]
        if wrt not in self.programs:
            parameters = self.trace(self.args).recording(leaves or ()).parameters

            def recorded(length: int) -> tuple[Recording, list[int]]:
                return self.trace(self.args_of(length)).recording(parameters), self.of(length)

            try:
                found = for_all_lengths(recorded, self.longest, leaves)
            except Unsupported as error:
                self.programs[wrt] = error
                raise
            native = NativeNests(found.nests, (found.least, self.longest), found.table)
            self.programs[wrt] = native, found.packed, parameters
        native, packed, parameters = self.programs[wrt]
        if length < native.lengths[0]:
            raise Unsupported(f"the program is for {native.lengths[0]} elements or more, not {length}")
        places = self.of(length)
        return OneLength(native, range(len(places)) if packed else places, length, leaves), parameters
