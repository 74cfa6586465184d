"""The loops of a kernel: lines over rows, repetitions and slices, and the sums over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ...ir import LISTED, Expression, Line, Place, as_key, is_slice, leaves_of, name_of, operations
from ...nests import SHORT
from .builder import Whole
from .core import costs, of_list, plus_product, value
from .plan import (
    Element,
    Group,
    Plan,
    Shared,
    Storage,
    indices,
    is_grid,
    is_sum_over_r,
    is_sum_over_slices,
    key,
    length,
)
from .vector import Lanes

BLOCK = 4  # elements summed at once
MANY = 20  # instructions


def spans(count: int, block: int) -> list[tuple[int, int, int]]:
    """[(start, stop, step)] that cover 0 ... count in blocks, and what remains in one smaller block."""
    full = count // block * block
    found = [(0, full, block)] if full else []
    return [*found, (full, count, count - full)] if full < count else found


class Rows:
    """The rows of one block: ``stop`` is a whole number of vectors, known now or only when the kernel runs."""

    def __init__(self, stop: Whole, width: int, vectors: int) -> None:
        self.stop, self.width, self.vectors = stop, width, vectors

    def spans(self, most: int) -> list[tuple[int, Whole, int]]:
        """[(start, stop, vectors at once)]; ``most`` vectors at once are wished for."""
        if not isinstance(self.stop, int):
            return [(0, self.stop, self.vectors)]
        found: list[tuple[int, Whole, int]] = []
        vectors, start = self.stop // self.width, 0
        while start < vectors:
            many = min(most, vectors - start)
            turns = (vectors - start) // many
            found.append((start * self.width, (start + turns * many) * self.width, many))
            start += turns * many
        return found


def computed(
    v: Lanes, expression: Expression, leaf: Callable[[Any], str], known: Mapping[Any, str] | None = None
) -> str:
    """The vector of an expression; ``leaf`` loads names and places, ``known`` holds what has been computed."""
    if known and as_key(expression) in known:
        return known[as_key(expression)]
    if type(expression) is tuple:
        return value(v, expression[0], [computed(v, operand, leaf, known) for operand in expression[1:]])
    return v.constant(expression) if type(expression) is float else leaf(expression)


def costly(expression: Expression) -> bool:
    """Whether one of its primitives takes many instructions."""
    return max(costs(expression), default=0) >= MANY


class Loops:
    """Writes the loops of groups; ``widest`` is how many doubles the machine's vectors hold."""

    def __init__(self, storage: Storage, plan: Plan, rows: Rows, widest: int) -> None:
        self.storage, self.plan, self.rows, self.widest = storage, plan, rows, widest
        self.text, self.v = storage.text, storage.v

    def write(self, group: Group) -> None:
        first = group.lines[0]
        if is_grid(first):
            self.grid(first)
        elif is_sum_over_slices(first) or is_sum_over_r(first):
            self.sums(group)
        else:
            self.each_place(group.size, lambda e, row: self.finish(group.lines, [(e, row)]))

    def each_place(self, count: int, body: Callable[[Whole, Whole], None]) -> None:
        """``body(e, row)`` for every element and every vector of rows."""
        width = self.rows.width
        self.text.each(count, lambda e: self.text.each(self.rows.stop, lambda row: body(e, row), width))

    def grid(self, line: Line) -> None:
        self.text.each(
            line.repeat, lambda r: self.each_place(length(line), lambda i, row: self.one(line, Element(r, i), row))
        )

    def one(self, line: Line, at: Element, row: Whole) -> None:
        """Compute and store one element of a grid."""
        storage = self.storage
        answer = computed(self.v, line.expression, lambda x: storage.load(x, at, row))
        if id(line) not in self.plan.assigning:
            answer = self.v.add(storage.load(line.target, at, row), answer)
        storage.store(answer, line.target, at, row)

    def finish(
        self, lines: Sequence[Line], places: Sequence[tuple[Whole, Whole]], first: Sequence[str] | None = None
    ) -> None:
        """Compute (element, rows) of every line and store what is read again; ``first`` are the first line's sums."""
        known: list[dict[Any, tuple[str, Any, Element]]] = [{} for _ in places]
        for line in lines:
            by_e = line.repeat > 1 and not is_sum_over_r(line)
            elements = [Element(e, 0) if by_e else Element(0, e) for e, _ in places]

            def leaf(k: int, x: Any, line: Line = line, elements: Sequence[Element] = elements) -> str:
                found = known[k].get(key(x, line))
                return found[0] if found else self.storage.load(x, elements[k], places[k][1])

            answers = first or self.together(line.expression, [partial(leaf, k) for k in range(len(places))])
            first = None
            for k, answer in enumerate(answers):
                if id(line) not in self.plan.assigning:
                    answer = self.v.add(leaf(k, line.target), answer)
                known[k][key(line.target, line)] = answer, line.target, elements[k]
        for found, (_, row) in zip(known, places):
            for answer, target, at in found.values():
                if name_of(target) in self.plan.stored:
                    self.storage.store(answer, target, at, row)

    def together(self, expression: Expression, leaves: Sequence[Callable[[Any], str]]) -> list[str]:
        """The expression for each of the leaves; what is costly in full vectors, where few rows make narrow ones."""
        v = self.v
        count = min(self.widest // v.width, len(leaves)) if costly(expression) else 1
        count = 1 << (count.bit_length() - 1)
        if count == 1:
            return [computed(v, expression, leaf) for leaf in leaves]
        wide, answers = Lanes(self.text, count * v.width), list[str]()
        for start in range(0, len(leaves) - count + 1, count):
            some = leaves[start : start + count]

            def joined(x: Any, some: Sequence[Callable[[Any], str]] = some) -> str:
                return v.join([leaf(x) for leaf in some])

            answers += v.split(computed(wide, expression, joined), count)
        return [*answers, *[computed(v, expression, leaf) for leaf in leaves[len(answers) :]]]

    # --- Sums over slices or over repetitions --------------------------------------------------------

    def sums(self, group: Group) -> None:
        """Blocks of elements times vectors of rows: as many additions under way, each number loaded once for all."""
        block = 1 if not LISTED.isdisjoint(operations(group.lines[0].expression)[:1]) else BLOCK
        for start, stop, elements in spans(group.size, block):
            for row_start, row_stop, vectors in self.rows.spans(2 if elements == BLOCK else 8 // elements):
                self.block(group, (start, stop, elements), (row_start, row_stop, vectors))

    def block(self, group: Group, elements: tuple[int, int, int], rows: tuple[int, Whole, int]) -> None:
        line, plus, width = group.lines[0], self.text.plus, self.rows.width

        def at_rows(e: Whole, row: Whole) -> None:
            places = [(n, m) for n in range(elements[2]) for m in range(rows[2])]
            summed = Sum(self.storage, line, e, lambda m: plus(row, m * width))
            self.finish(group.lines, [(plus(e, n), plus(row, m * width)) for n, m in places], summed.of(places))

        step = rows[2] * width
        self.text.each(
            elements[1],
            lambda e: self.text.each(rows[1], lambda row: at_rows(e, row), step, rows[0]),
            elements[2],
            elements[0],
        )


class Sum:
    """What a line adds up, for elements from e on and vectors of rows."""

    def __init__(self, storage: Storage, line: Line, e: Whole, row: Callable[[int], Whole]) -> None:
        self.storage, self.line, self.e, self.row = storage, line, e, row
        self.over_r = is_sum_over_r(line)
        self.v, self.text = storage.v, storage.text
        name, *parts = line.expression if type(line.expression) is tuple else ("", line.expression)
        self.bias, self.terms, self.special = None, line.expression, ""
        self.count = line.repeat
        if not self.over_r:
            self.count = next(part.length for part in parts if is_slice(part))
            self.special = name if name in LISTED else ""
            self.bias = parts[2] if name == "dot" else None
            self.terms = ("mul", *parts[:2]) if name == "dot" else parts[0]

    def of(self, places: Sequence[tuple[int, int]]) -> list[str]:
        """The sums for (element after e, vector of rows)."""
        if self.special:
            return [self.of_list(m) for _, m in places]
        loader = Shared(self.storage, self.row)
        nothing = self.v.constant(-0.0) if self.bias is None else None  # unlike 0, it leaves -0 as it is
        start = [nothing or computed(self.v, self.bias, self.leaf(loader, 0, n, m)) for n, m in places]
        return self.text.summed(self.count, start, self.v.vector, lambda k, sums: self.added(k, places, sums))

    def leaf(self, loader: Shared, k: Whole, n: int, m: int) -> Callable[[Any], str]:
        if self.over_r:
            return lambda x: loader.load(x, Element(k, self.e), 0, n, m)
        return lambda x: loader.load(x, Element(self.e, k), n, 0, m)

    def added(self, k: Whole, places: Sequence[tuple[int, int]], sums: Sequence[str]) -> list[str]:
        """The sums with their terms k."""
        loader = Shared(self.storage, self.row)
        leaves = [self.leaf(loader, k, n, m) for n, m in places]
        fuse = self.count >= SHORT
        return [plus_term(self.v, so_far, self.terms, leaf, fuse) for so_far, leaf in zip(sums, leaves)]

    def of_list(self, m: int) -> str:
        """logsumexp, largest or norm of a slice, each term read once for every loop."""
        v = self.v

        def folded(start: float, join: Callable[[str, str], str]) -> str:
            def one(k: Whole, so_far: Sequence[str]) -> list[str]:
                return [join(so_far[0], self.leaf(Shared(self.storage, self.row), k, 0, m)(self.terms))]

            return self.text.summed(self.count, [v.constant(start)], v.vector, one)[0]

        return of_list(v, self.special, folded)


def is_product(expression: Expression) -> bool:
    """Whether it is the product of two numbers as they stand."""
    return type(expression) is tuple and expression[0] == "mul" and all(type(x) is not tuple for x in expression[1:])


def plus_term(v: Lanes, so_far: str | None, term: Expression, leaf: Callable[[Any], str], fuse: bool) -> str:
    """The sum with a term, which is the first one where there is none so far; a product may fuse with the addition."""
    if so_far is None:
        return computed(v, term, leaf)
    if is_product(term):
        a, b = (computed(v, x, leaf) for x in term[1:])
        return plus_product(v, so_far, a, b, fuse)
    return v.add(so_far, computed(v, term, leaf))


def leaves_are_stored(storage: Storage, line: Line) -> bool:
    """Whether the line is a number, or a product of two, from memory that holds 0 beyond the last row."""
    parts = line.expression[1:] if is_product(line.expression) else [line.expression]
    return all(type(x) in (str, Place) and not storage.is_shared(x) for x in parts)


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
