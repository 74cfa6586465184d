"""Sums over the rows: the gradients of what all rows share, in blocks that grow in registers while the rows pass by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..code import name_of
from ..program import Line, leaves_of
from ..roll import SHORT
from .lanes import Lanes
from .loops import Rows, computed, is_product, leaves_are_stored, plus_term, spans
from .plan import indices, length
from .storage import Element, Shared, Storage
from .text import Whole


class Cell(NamedTuple):
    """One sum: element (r, i) of a line, where r and i lie so far behind those of the block."""

    line: Line
    r: int
    i: int


class Totals:
    """Adds lines up over rows.

    ``once`` says that there is only one block of rows, so that sums need not be added to those of others.
    """

    def __init__(self, storage: Storage, rows: Rows, lines: Sequence[Line], once: bool) -> None:
        self.storage, self.rows = storage, rows
        self.text, self.v = storage.text, storage.v
        self.lines = list(lines)
        known = storage.rows if isinstance(storage.rows, int) else rows.stop
        self.fuse = not isinstance(known, int) or known >= SHORT  # unknown rows below that stand in lanes of their own
        touched: dict[str, set[int]] = {}
        several: set[str] = set()  # names of which an element gets more than one sum
        for line in lines:
            before, here = touched.setdefault(name_of(line.target), set()), indices(line)
            if len(set(here)) < len(here) or not before.isdisjoint(here):
                several.add(name_of(line.target))
            before.update(here)
        self.adding = {id(line) for line in lines if not once or name_of(line.target) in several}

    def write(self) -> None:
        waiting = [line for line in self.lines if line.repeat * length(line) > 1]
        single = [line for line in self.lines if line.repeat * length(line) == 1]
        waiting.sort(key=length, reverse=True)
        while waiting:
            main = waiting.pop(0)
            others = waiting if length(main) > 1 and main.repeat > 1 else single if main.repeat == 1 else []
            beside = next((line for line in others if goes_with(line, main)), None)
            if beside is not None:
                others[:] = [line for line in others if line is not beside]
            self.table(main, beside)
        at = Element(0, 0)
        for first in range(0, len(single), 8):
            self.block([Cell(line, 0, 0) for line in single[first : first + 8]], at)

    def table(self, line: Line, beside: Line | None) -> None:
        """All (r, i) of a line; what stands ``beside`` it is a column more."""
        high = 8 if length(line) == 1 else 4
        wide = 8 if line.repeat == 1 else 4
        columns = length(line)
        last = (columns - 1) // wide * wide
        for r_start, r_stop, rs in spans(line.repeat, high):

            def for_r(r: Whole, rs: int = rs) -> None:
                if last:
                    self.text.each(last, lambda i: self.cells(line, r, rs, i, wide), wide)
                self.cells(line, r, rs, last, columns - last, beside)

            self.text.each(r_stop, for_r, rs, r_start)

    def cells(self, line: Line, r: Whole, rs: int, i: Whole, width: int, beside: Line | None = None) -> None:
        cells = [Cell(line, a, b) for a in range(rs) for b in range(width)]
        more = [Cell(beside, a, 0) for a in range(rs)] if beside is not None else []
        self.block([*cells, *more], Element(r, i))

    def block(self, cells: Sequence[Cell], at: Element) -> None:
        """Add the cells up over the rows, and put the sums where they belong."""
        width = self.rows.width

        def one(row: Whole, sums: Sequence[str | None]) -> list[str]:
            loader = Shared(self.storage, lambda _: row)
            return [self.added(cell, at, row, so_far, loader) for cell, so_far in zip(cells, sums)]

        stop = self.rows.stop
        if isinstance(stop, int) and (self.text.unrolled or stop == width):
            sums = one(0, [None] * len(cells))
            for row in range(width, stop, width):
                sums = one(row, sums)
        else:
            with self.text.loop(stop, width, carried=[self.v.zero] * len(cells), kind=self.v.vector) as turn:
                turn.values = one(turn.index, turn.values)
            sums = turn.values
        for first in range(0, len(cells), width):
            self.put(cells[first : first + width], at, sums[first : first + width])

    def added(self, cell: Cell, at: Element, row: Whole, so_far: str | None, loader: Shared) -> str:
        line, r, i = cell

        def leaf(x: object) -> str:
            return loader.load(x, at, r, i)

        if self.storage.rows is None or leaves_are_stored(self.storage, line):
            return plus_term(self.v, so_far, line.expression, leaf, self.fuse)
        term = self.storage.masked(computed(self.v, line.expression, leaf), row)
        return self.v.add(so_far, term) if so_far else term

    def put(self, cells: Sequence[Cell], at: Element, sums: Sequence[str]) -> None:
        """Add over the lanes, and store: neighbours together."""
        v, text = self.v, self.text
        totals = v.totals([*sums, *[v.zero] * (v.width - len(sums))])
        lane = 0
        while lane < len(cells):
            line, r, i = cells[lane]
            run = 1
            while not text.unrolled and lane + 2 * run <= len(cells) and follow(cells[lane : lane + 2 * run]):
                run *= 2
            home, index = self.storage.index(line.target, Element(text.plus(at.r, r), text.plus(at.i, i)))
            part, lanes = v.part(totals, lane, run), Lanes(text, run)
            if id(line) in self.adding:
                part = lanes.add(part, lanes.load(home.base, index, aligned=False))
            lanes.store(part, home.base, index, aligned=False)
            lane += run


def goes_with(line: Line, main: Line) -> bool:
    """Whether a line can be a column beside another: it has as many repetitions and reads one of its numbers."""
    alone = type(line.expression) is not tuple and line.expression in list(leaves_of(main.expression))
    return alone and length(line) == 1 and line.repeat == main.repeat and is_product(main.expression)


def follow(cells: Sequence[Cell]) -> bool:
    """Whether the cells are neighbours in a slice."""
    first = cells[0]
    return all(cell.line is first.line and cell.r == first.r and cell.i == first.i + n for n, cell in enumerate(cells))
