"""Sequences: a function of lists of different lengths as one program in machine code, made at the second length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from ..engine import Value
from ..functional import flatten, mirror
from ..tracing import Unsupported
from .recording import Recording

SHORTEST = 5  # elements: one program for shorter sequences alone does not pay


def lengths_of(shape: Any, other: Any) -> tuple[int, int] | None:
    """The lengths, in each shape, of the lists in which two shapes of arguments differ; None if they differ otherwise.

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


def resize(tree: Any, shape: Any, other: Any, length: int) -> Any:
    """Bring the lists of some arguments in which their shape and the other one differ to this length."""
    if shape == other:
        return tree
    if len(shape) != len(other):
        return type(tree)([tree[i % len(tree)] for i in range(length)])
    return type(tree)([resize(member, a, b, length) for member, a, b in zip(tree, shape[1:], other[1:])])


class AnyLength:
    """A function of a sequence, for all lengths up to that of ``args``; ``shape`` is theirs, ``other`` one to compare.

    ``trace(args)`` records it. Each ``wrt`` has a program of its own, or the reason why none exists.
    """

    def __init__(self, trace: Callable[[Any], Any], args: Any, shape: Any, other: Any, longest: int) -> None:
        self.trace, self.args, self.shapes, self.longest = trace, args, (shape, other), longest
        numbers = count()
        self.places = mirror(lambda _: next(numbers), args)  # of inputs
        self.programs: dict[Any, Any] = {}

    def args_of(self, length: int) -> Any:
        """Arguments with a sequence of this length."""
        return resize(self.args, *self.shapes, length)

    def places_of(self, length: int) -> list[int]:
        """The places of the inputs of a sequence of this length among those of the longest."""
        return flatten(resize(self.places, *self.shapes, length))

    def prepare(self, wrt: Any, length: int) -> tuple[Any, list[Value]]:
        """(Runner, leaves it reads) for a length, with gradients of inputs (None), of none (), or of ``wrt.leaves``."""
        from .backends.llvm.code import NativeNests  # imported here, since they import NumPy and llvmlite
        from .backends.llvm.runner import OneLength
        from .loops.lengths import for_all_lengths

        leaves: Sequence[Value] | None = getattr(wrt, "leaves", wrt)
        if isinstance(self.programs.get(wrt), Unsupported):
            raise self.programs[wrt]
        if wrt not in self.programs:
            parameters = self.trace(self.args).recording(leaves or ()).parameters

            def record(length: int) -> tuple[Recording, list[int]]:
                return self.trace(self.args_of(length)).recording(parameters), self.places_of(length)

            try:
                found = for_all_lengths(record, self.longest, leaves)
            except Unsupported as error:
                self.programs[wrt] = error
                raise
            native = NativeNests(found.nests, (found.least, self.longest), found.table)
            self.programs[wrt] = native, found.packed, parameters
        native, packed, parameters = self.programs[wrt]
        if length < native.lengths[0]:
            raise Unsupported(f"the program is for {native.lengths[0]} elements or more, not {length}")
        places = self.places_of(length)
        return OneLength(native, range(len(places)) if packed else places, length, leaves), parameters
