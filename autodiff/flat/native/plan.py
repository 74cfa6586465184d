"""The plan of a kernel: which lines share a loop, which are sums over the rows, what has to stand in memory.

A line speaks of elements (r, i): repetition r, and i within its slices. There are four sorts:

    sum over slices    z[r] = dot(w[..], x[..], b)     one element a repetition, i runs inside the sum
    sum over r         g[i] += d[r] * w[.. + i]        its target stands still, so r runs inside the sum
    grid               both r and i count elements
    plain              at most one of them does
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..code import SUMS, name_of
from ..program import Line, Place, Program, is_slice, leaves_of, operands
from ..writer import given

Key = tuple[str, int, int]  # a name, its first index, and how far it moves from element to element


def length(line: Line) -> int:
    """How many elements a repetition has."""
    return line.target.length if is_slice(line.target) else 1  # type: ignore[union-attr, return-value]


def is_sum_over_slices(line: Line) -> bool:
    expression = line.expression
    return type(expression) is tuple and expression[0] in SUMS and any(map(is_slice, operands(expression)))


def is_sum_over_r(line: Line) -> bool:
    target: Any = line.target
    still = type(target) is str or target.jump == 0
    return line.repeat > 1 and still and line.adds


def is_grid(line: Line) -> bool:
    return line.repeat > 1 and length(line) > 1 and not is_sum_over_r(line)


def size(line: Line) -> int:
    """How many elements the line computes."""
    return length(line) if is_sum_over_r(line) else line.repeat * length(line)


def indices(line: Line) -> list[int]:
    """The index of every element that the line writes, one after the other."""
    target: Any = line.target
    if type(target) is str:
        return [0] * line.repeat
    return [target.start + target.jump * r + i for r in range(line.repeat) for i in range(length(line))]


def key(x: str | Place, line: Line) -> Key:
    """Where x is found in a line that is not a grid, for its elements."""
    if type(x) is str:
        return x, 0, 0
    along_r = line.repeat > 1 and not is_sum_over_r(line)
    return x.array, x.start, x.jump if along_r else int(x.length is not None)  # type: ignore[union-attr]


class Group:
    """Lines of as many elements each, done in one loop; only the first may be a sum."""

    def __init__(self, line: Line) -> None:
        self.size = size(line)
        self.lines = [line]
        self.closed = is_grid(line)
        self.written: dict[str, set[Key]] = {name_of(line.target): {key(line.target, line)}}

    def takes(self, line: Line) -> bool:
        """Add the line if it fits: it reads of this group's results only the element that is just computed."""
        if self.closed or size(line) != self.size or is_grid(line) or is_sum_over_slices(line) or is_sum_over_r(line):
            return False
        for x in (line.target, *leaves_of(line.expression)):
            known = self.written.get(name_of(x)) if type(x) is not float else None
            if known and key(x, line) not in known and not (self.size == 1 and type(x) is Place):
                return False
        self.lines.append(line)
        self.written.setdefault(name_of(line.target), set()).add(key(line.target, line))
        return True


class Plan:
    """How the lines of a program are computed for a block of rows: in loops, the ``groups``.

    ``totals`` are lines added up over the rows; ``stored`` the names that stand in memory, while all others live and
    die in one turn of a loop; ``zeroed`` those of them that start from zeros; ``assigning`` the ids of lines that
    assign, or add to what nobody has added to yet.
    """

    def __init__(self, program: Program, extra: Sequence[Line] = ()) -> None:
        asked = [x for x in program.parameter_gradients if type(x) in (str, Place)]
        self.summed = {name_of(x) for x in asked}
        self.zeroed: list[str] = []
        self.totals = [line for line in program.lines if name_of(line.target) in self.summed] + list(extra)
        rest = [line for line in program.lines if name_of(line.target) not in self.summed]
        self.assigning = self.see_what_assigns(program, rest)
        self.groups: list[Group] = []
        for line in rest:
            if not (self.groups and self.groups[-1].takes(line)):
                self.groups.append(Group(line))
        results = [*program.outputs, *given(program.input_gradients)]
        self.stored = {name_of(x) for x in results if type(x) is not float}
        self.stored |= {name for line in self.totals for name in names_in(line)}
        self.stored |= {name for group in self.groups for name in read_from_memory(group)}

    def see_what_assigns(self, program: Program, lines: Iterable[Line]) -> set[int]:
        """The lines that add to untouched elements only; names that need zeros join ``zeroed``."""
        touched: dict[str, set[int]] = {}
        assigning: set[int] = set()
        mixed: set[str] = set()
        for line in lines:
            name, here = name_of(line.target), indices(line)
            before = touched.setdefault(name, set())
            fresh = before.isdisjoint(here) and (is_sum_over_r(line) or len(set(here)) == len(here))
            if fresh or not line.adds:
                assigning.add(id(line))
            elif not before.issuperset(here):
                mixed.add(name)
            before.update(here)
        partly = {name for name, here in touched.items() if len(here) < program.arrays.get(name, 1)}
        self.zeroed = [name for name in touched if name in mixed | partly]
        return assigning


def names_in(line: Line) -> set[str]:
    return {name_of(x) for x in leaves_of(line.expression) if type(x) is not float}


def read_from_memory(group: Group) -> set[str]:
    """The names that a group does not find among what it has just computed."""
    found = set()
    known: set[Key] = set()
    for line in group.lines:
        at_hand = not group.closed and not is_sum_over_slices(line) and not is_sum_over_r(line)
        for x in leaves_of(line.expression):
            if type(x) is not float and not (at_hand and key(x, line) in known):
                found.add(name_of(x))
        found |= {name_of(line.target)} if line.adds and key(line.target, line) not in known else set()
        known.add(key(line.target, line))
    return found
