"""A program as one function over rows, in vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...ir import Line, Place, Program, name_of, operands
from ...nests import in_step, joined, repetition
from ..text import given
from .builder import Text, Whole
from .core import costs
from .loops import Loops, Rows, Totals
from .machine import machine
from .plan import Element, Home, Plan, Storage, is_sum_over_slices, length
from .vector import Lanes

LONG = 32  # operands from which it is worth while


def in_runs(program: Program) -> Program:
    """The program with long sums taken run by run; it computes the same, added up in another order."""
    lines: list[Line] = []
    arrays = dict(program.arrays)
    for line in program.lines:
        parts = sums_of_runs(line)
        if parts is None:
            lines.append(line)
            continue
        array, total = f"parts of {line.target}", f"sum of {line.target}"
        arrays[array] = len(parts)
        one_by_one = [Line(Place(array, j), part) for j, part in enumerate(parts)]
        lines += joined(one_by_one, in_step, repetition)
        bias = line.expression[-1] if line.expression[0] == "dot" else 0.0
        lines.append(Line(total, ("sum", Place(array, 0, len(parts)))))
        lines.append(line._replace(expression=("add", total, bias)))
    forward = program.forward + len(lines) - len(program.lines)  # only forward lines are sums of many
    return program._replace(lines=tuple(lines), forward=forward, arrays=arrays)


def sums_of_runs(line: Line) -> list[Any] | None:
    """One sum for each run of neighbours, if the line is a long sum of few runs."""
    expression = line.expression
    if type(expression) is not tuple or expression[0] not in ("sum", "dot") or len(expression) <= LONG:
        return None
    name, *operands = expression
    n = len(operands) // 2 if name == "dot" else len(operands)
    columns = [operands[:n], operands[n : 2 * n]] if name == "dot" else [operands]
    if line.repeat > 1 or not all(type(x) is Place and x.length is None for column in columns for x in column):
        return None
    runs = list(runs_of(list(zip(*columns))))
    if 2 * len(runs) > n:
        return None
    ends = (0.0,) if name == "dot" else ()
    return [(name, *[x._replace(length=count) for x in first], *ends) for first, count in runs]


def runs_of(rows: Sequence[tuple[Place, ...]]) -> Iterator[tuple[tuple[Place, ...], int]]:
    """(first, count) for every run of rows in which each place is the neighbour of the one before."""
    start = 0
    for i in range(1, len(rows) + 1):
        if i == len(rows) or any(b != a._replace(start=a.start + 1) for a, b in zip(rows[i - 1], rows[i])):
            yield rows[start], i - start
            start = i


POINTERS = ("x", "w", "out", "dx", "sums", "memory")
PARAMETERS = [*[f"ptr noalias %{name}" for name in POINTERS], "i64 %rows", "i64 %stride"]
PADDING = 16
NEAR = 40_000  # doubles that should stay near the processor
MOST_ROWS = 256
SMALL = 900  # instructions up to which loops are written out
LOSS = "the loss"


class Kernel:
    """The text of the function of a program, with ``width`` doubles in a vector.

    ``rows`` is how many rows every call has, if that is known; ``results`` whether outputs and gradients to the
    inputs are wanted for each row; ``sums`` whether anything is wanted of ``sums``; ``onto`` whether ``sums``,
    ``out`` and ``dx`` hold numbers already, to which those of this program are added.
    """

    def __init__(
        self,
        program: Program,
        name: str,
        width: int,
        rows: int | None = None,
        results: bool = True,
        onto: bool = False,
        sums: bool = True,
    ) -> None:
        program = in_runs(program)
        self.program = program
        self.name = name
        self.width = width
        self.results = results
        self.onto = onto
        self.sums = sums
        self.plan = Plan(program, [Line(LOSS, program.outputs[0])] if sums else [])
        self.tables = {x: program.arrays.get(x, 1) for x in self.inner_names() if x in self.plan.stored}
        doubles = max(1, sum(self.tables.values()))
        most = max(PADDING, min(MOST_ROWS, NEAR // doubles) // PADDING * PADDING)
        self.rows = rows if rows is not None and rows <= most else None
        self.block = most if self.rows is None else up_to(self.rows, width)
        self.vectors = PADDING // width
        vectors = self.block // width
        self.unrolled = self.rows is not None and vectors * instructions(program) <= SMALL
        self.memory = self.block * doubles
        self.text = Text(self.unrolled)
        self.storage = Storage(self.text, Lanes(self.text, width), {})

    def inner_names(self) -> list[str]:
        """The names that lines compute, but for sums over rows."""
        return list(
            dict.fromkeys(x for line in self.program.lines if (x := name_of(line.target)) not in self.plan.summed)
        )

    def function(self, internal: bool = False) -> str:
        """The text of the finished function."""
        text, parameters = self.text, len(self.program.parameters)
        memory = text.room(self.memory) if self.unrolled else "%memory"
        if self.sums and not self.onto and (self.rows is None or self.needs_zeros()):
            text.zero("%sums", parameters + 1)
        if self.rows is not None:
            self.body(memory, 0, self.rows, Rows(self.block, self.width, self.vectors))
        else:
            with text.loop("%rows", self.block) as turn:
                remaining = text.let(f"sub i64 %rows, {turn.index}")
                less = text.let(f"icmp slt i64 {remaining}, {self.block}")
                rows = text.let(f"select i1 {less}, i64 {remaining}, i64 {self.block}")
                padded = text.let(f"add i64 {rows}, {PADDING - 1}")
                stop = text.let(f"and i64 {padded}, {-PADDING}")
                self.body(memory, turn.index, rows, Rows(stop, self.width, self.vectors))
        return text.function(self.name, PARAMETERS, internal, "#1" if self.unrolled else "#0")

    def body(self, memory: str, start: Whole, rows: Whole, block: Rows) -> None:
        """All lines for one block of rows."""
        text, storage, plan = self.text, self.storage, self.plan
        storage.homes = self.homes(memory, start)
        known = isinstance(rows, int) and rows % self.width == 0
        storage.rows = None if known else rows
        for name in plan.zeroed:
            if name in self.tables:
                home = storage.homes[name]
                text.zero(text.address(memory, home.offset * self.block), self.tables[name] * self.block)
        loops = Loops(storage, plan, block, machine().width)
        for group in plan.groups:
            loops.write(group)
        Totals(storage, block, plan.totals, self.rows is not None and not self.onto).write()
        if self.results:
            for base, places in (("%out", self.program.outputs), ("%dx", given(self.program.input_gradients))):
                self.copy(places, text.address(base, start), block)

    def homes(self, memory: str, start: Whole) -> dict[str, Home]:
        """Where every name of the program stands, for the block that begins at that row."""
        program, text = self.program, self.text
        homes: dict[str, Home] = {}
        x = text.address("%x", start)
        bases = (program.inputs, x, "%stride"), (program.parameters, "%w", None), (self.slots(), "%sums", None)
        for places, base, stride in bases:
            for k, place in enumerate(places):
                if type(place) is Place:
                    homes.setdefault(place.array, Home(base, k - place.start, stride))
                elif type(place) is str:
                    homes[place] = Home(base, k, stride)
        offset = 0
        for name, count in self.tables.items():
            homes[name] = Home(memory, offset, self.block)
            offset += count
        return homes

    def slots(self) -> Sequence[Any]:
        """What each place of ``sums`` is the sum of."""
        return [*self.program.parameter_gradients, LOSS]

    def needs_zeros(self) -> bool:
        """Whether sums have to start from zeros even where there is only one block."""
        counted = Totals(self.storage, Rows(0, self.width, 1), self.plan.totals, True)
        written = sum(length(line) * line.repeat for line in self.plan.totals)
        return bool(counted.adding) or written < len(self.program.parameters) + 1

    def copy(self, places: Sequence[Any], base: str, block: Rows) -> None:
        """Bring numbers to where the caller finds them; neighbours in one loop."""
        storage, text = self.storage, self.text
        first = 0
        while first < len(places):
            place, count = places[first], 1
            if type(place) is Place:
                while first + count < len(places) and places[first + count] == Place(place.array, place.start + count):
                    count += 1
                place = Place(place.array, place.start, count)

            def one(k: Whole, row: Whole, place: Any = place, first: int = first) -> None:
                column = text.times(text.plus(k, first), "%stride")
                number, index = storage.load(place, Element(0, k), row), text.plus(column, row)
                storage.v.store(
                    storage.v.add(storage.v.load(base, index), number) if self.onto else number, base, index
                )

            Loops(storage, self.plan, block, machine().width).each_place(count, one)
            first += count


def up_to(rows: int, step: int) -> int:
    """The first multiple of ``step`` that is not below."""
    return -(-rows // step) * step


def instructions(program: Program) -> int:
    """About how many instructions the lines are for one vector of rows."""
    total = 0
    for line in program.lines:
        parts = operands(line.expression)
        inner = max([x.length for x in parts if is_sum_over_slices(line) and type(x) is Place and x.length], default=1)
        total += line.repeat * length(line) * inner * (1 + sum(costs(line.expression)))
    return total
