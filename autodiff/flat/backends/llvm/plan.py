"""What a kernel does line by line, and where its numbers are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ...ir import SUMS, Line, Place, Program, is_slice, leaves_of, name_of, operands
from ..text import given
from .builder import Text, Whole
from .vector import Lanes

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


class Home(NamedTuple):
    """Number k of row r stands at base[(offset + k) * stride + r]; without a stride it is the same for all rows."""

    base: str
    offset: int = 0
    stride: Whole | None = None


class Element(NamedTuple):
    """The element (r, i) of a line, and how many elements on from there."""

    r: Whole
    i: Whole


class Storage:
    """Reads and writes the numbers by their names in the program."""

    def __init__(self, text: Text, v: Lanes, homes: dict[str, Home]) -> None:
        self.text, self.v, self.homes = text, v, homes
        self.rows: Whole | None = None  # set where vectors may reach beyond the last row

    def index(self, x: str | Place, at: Element) -> tuple[Home, Whole]:
        """The home of x and which number of it is meant."""
        if type(x) is str:
            home = self.homes[x]
            return home, home.offset
        home = self.homes[x.array]  # type: ignore[union-attr]
        index = self.text.plus(self.text.times(at.r, x.jump), x.start + home.offset)  # type: ignore[union-attr]
        return home, self.text.plus(index, at.i) if x.length is not None else index  # type: ignore[union-attr]

    def load(self, x: Any, at: Element, row: Whole) -> str:
        """The name of a vector with x of the rows from ``row`` on."""
        if type(x) is float:
            return self.v.constant(x)
        home, index = self.index(x, at)
        if home.stride is None:
            return self.v.load_splat(home.base, index)
        return self.v.load(home.base, self.text.plus(self.text.times(index, home.stride), row))

    def store(self, value: str, x: str | Place, at: Element, row: Whole) -> None:
        """Write x; beyond the last row zeros, so that nothing strange is ever read from there."""
        home, index = self.index(x, at)
        assert home.stride is not None
        self.v.store(self.masked(value, row), home.base, self.text.plus(self.text.times(index, home.stride), row))

    def masked(self, value: str, row: Whole) -> str:
        """The value, and 0 beyond the last row."""
        if self.rows is None:
            return value
        return self.v.select(self.v.first_lanes(row, self.rows), value, self.v.zero)

    def is_shared(self, x: Any) -> bool:
        """Whether all rows share x."""
        return type(x) is not float and self.homes[x.array if type(x) is Place else x].stride is None


class Shared:
    """Loads each number once for the elements of a block."""

    def __init__(self, storage: Storage, row: Callable[[int], Whole]) -> None:
        self.storage, self.row = storage, row
        self.loaded: dict[Any, str] = {}

    def load(self, x: Any, at: Element, a: int, b: int, vector: int = 0) -> str:
        """x of the element that lies ``a`` repetitions and ``b`` places behind ``at``, for a vector of rows."""
        text, storage = self.storage.text, self.storage
        moves_r = type(x) is Place and x.jump != 0
        moves_i = type(x) is Place and x.length is not None
        key = x, a if moves_r else 0, b if moves_i else 0, 0 if storage.is_shared(x) else vector
        if key not in self.loaded:
            element = Element(text.plus(at.r, a) if moves_r else 0, text.plus(at.i, b) if moves_i else 0)
            self.loaded[key] = storage.load(x, element, self.row(vector))
        return self.loaded[key]
