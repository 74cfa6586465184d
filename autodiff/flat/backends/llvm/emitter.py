"""Statements over axes as LLVM text: loops around tiles, which are numbers computed together in registers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from ...ir import Expression
from ...loops.statements import Index, Repeat, Span, indices
from .builder import LIBRARY, Lanes, Text, Whole
from .core import INF, cost, larger, write_primitive
from .nests import Nest, groups, moves, side_by_side

Place = tuple[str, int]  # an index along an axis: a name or "", and an offset
Point = dict[int, Place]  # places by axis, in the order of the loops
Called = dict[tuple[Any, int, int], str]  # functions: (primitive, number of operands, lanes) to name
KNOWN = "t"  # the array of constants, whose choices need no check
AddTerm = Callable[[str, Point], str]  # (sum so far, point) -> the sum with the term at this point
TILE_VECTORS = 4  # vectors side by side in a tile
UNROLLED = 16  # steps of a sum, at most, without a loop
BRIEF = 64  # points of a brief nest, at most
TILE = 160  # instructions of a tile, at most, approximately
HEAVY = 16  # instructions from which a brief nest calls a function for a primitive


class View(NamedTuple):
    """The contents of a register at a point: numbers along an axis; with a mask, only those in it."""

    v: Lanes
    axis: int = -1  # none
    mask: str = ""


class Emitter:
    """Appends statements to a Text, in vectors of at most ``width`` numbers.

    Numbers in registers are not computed or loaded again; in straight code, statements without axes, they stay there
    from one statement to the next. ``brief`` nests, which run a few times, call functions for heavy primitives, so that
    they stay short: these are collected in ``called``, and None forbids them. With ``split`` each number is loaded and
    stored alone, so that LLVM can keep it in a register across functions.
    """

    def __init__(self, text: Text, width: int, lengths: Span, called: Called | None, split: bool = False) -> None:
        self.text, self.width, self.lengths, self.called, self.split = text, width, lengths, called, split
        self.known: dict[Any, str] = {}  # addresses, numbers loaded or stored, results
        self.straight = self.brief = False

    def write(self, group: list[Nest] | Repeat) -> None:
        """Append nests that share loops, or a Repeat."""
        if isinstance(group, list):
            self.nests(group, {})
        else:
            with self.text.loop(self.text.plus(self.text.times("%length", group.grows), group.turns)) as (index, _):
                for nests in groups(group.body, 1, self.lengths):
                    self.nests(nests, {0: (index, 0)})  # type: ignore[arg-type]

    def nests(self, nests: list[Nest], at: Point) -> None:
        straight = not nests[0].statement.axes
        if not (self.straight and straight):
            self.known = {}
        self.straight = straight
        self.brief = math.prod(nests[0].most) <= BRIEF
        (self.totals if nests[0].way == "totals" else self.lanes)(nests, at)

    # --- Loops -------------------------------------------------------------------------------------

    @contextmanager
    def loop(self, nest: Nest, at: Point, stop: Whole, **more: Any) -> Iterator[Any]:
        """A loop; registers filled inside are forgotten after it. Addresses that do not depend on it come before it."""
        for x in indices((None, nest.statement.target, nest.statement.expression)):
            self.base(x, at)
        before, self.known = self.known, {**self.known}
        with self.text.loop(stop, **more) as turn:
            yield turn
        self.known = before

    def tiles(self, nest: Nest, axes: Sequence[Any], points: list[Point], body: Callable[[list[Point]], None]) -> None:
        """Write ``body(points)`` for each tile of the axes, pairs (axis, points in a tile), outermost first."""
        if not axes:
            body(points)
            return
        (axis, size), *inner = axes
        fixed, most = nest.is_fixed(axis), nest.most[axis]

        def tile(place: Place, count: int) -> None:
            more = [{**point, axis: (place[0], place[1] + k)} for point in points for k in range(count)]
            self.tiles(nest, inner, more, body)

        stop = most // size * size if fixed else self.extent(nest, axis, points[0])
        if stop == size:
            tile(("", 0), size)
        elif stop:
            with self.loop(nest, points[0], stop, step=size, empty=nest.least[axis] < 1) as (index, _):
                tile((index, 0), size)
        if fixed and most % size:
            tile(("", most - most % size), most % size)

    def extent(self, nest: Nest, axis: int, at: Point) -> Whole:
        extent, slopes, grows = nest.statement.axes[axis]
        total = self.text.plus(self.text.times("%length", grows), extent)
        for outer, slope in slopes:
            name, further = at[outer]
            total = self.text.plus(self.text.times(name, slope) if name else 0, self.text.plus(total, slope * further))
        return total

    def vectors(self, nest: Nest, at: Point, most: int, body: Callable[[View, list[Place]], None]) -> None:
        """Write ``body(view, places)`` over the vector axis, for up to ``most`` + 1 vectors at a time.

        A last vector that would pass the end starts earlier, and overlaps the one before: shared numbers are computed
        twice. An axis whose extent is not fixed ends in a mask.
        """
        axis = nest.vector
        if axis < 0:
            body(View(Lanes(self.text, 1)), [("", 0)])
            return
        count, v = nest.most[axis], Lanes(self.text, nest.lanes(self.width))
        if not nest.is_fixed(axis):
            stop = self.extent(nest, axis, at)
            if count <= v.width:
                body(View(v, axis, v.first_lanes(0, stop)), [("", 0)])
            else:
                with self.loop(nest, at, stop, step=v.width, empty=nest.least[axis] < 1) as (index, _):
                    body(View(v, axis, v.first_lanes(index, stop)), [(index, 0)])
            return
        starts = [*range(0, count - v.width, v.width), count - v.width]
        left = len(starts) % most if len(starts) > most + 1 else len(starts)
        while left < 2 and (left or count % v.width) and left < len(starts):
            left += most
        if whole := len(starts) - left:
            with self.loop(nest, at, whole * v.width, step=most * v.width) as (index, _):
                body(View(v, axis), [(index, k * v.width) for k in range(most)])
        if left:
            body(View(v, axis), [("", start) for start in starts[-left:]])

    # --- Two ways to write a nest ------------------------------------------------------------------

    def lanes(self, nests: Sequence[Nest], at: Point) -> None:
        """Write tiles of vectors along the target, summed in registers, then stored, nest after nest."""
        nest = nests[0]
        vector = nest.vector
        price = sum([1 + cost(each.statement.expression) for each in nests])
        everything = indices((None, *[x for each in nests for x in each.statement[1:3]]))
        apart = [x for x in everything if vector >= 0 and not side_by_side(x, vector)]
        wide = 1 if nest.way == "memory" else max(1, min(TILE_VECTORS, TILE // (price + 2 * self.width * len(apart))))
        chunks = 1 if vector < 0 else min(wide, -(-nest.most[vector] // self.width))
        left = max(1, min(2 * self.width, 2 * TILE // price) // chunks)
        sizes: list[int] = []
        for axis in reversed(nest.tiles):
            sizes.insert(0, divisor(nest.most[axis], left))
            left //= sizes[0]

        def over_vectors(points: list[Point]) -> None:
            def block(view: View, starts: list[Place]) -> None:
                each = points if vector < 0 else [{**x, vector: start} for x in points for start in starts]
                for nest in nests:
                    for point, number in zip(each, self.results(nest, each, view)):
                        self.store(view, nest.statement.target, point, number)

            self.vectors(nest, points[0], wide, block)

        axes = [(k, 1) for k in nest.parallel if k != vector and k not in nest.tiles]
        self.tiles(nest, [*axes, *zip(nest.tiles, sizes)], [at], over_vectors)

    def totals(self, nests: Sequence[Nest], at: Point) -> None:
        """Write vectors along a summed axis, for some rows at a time, added up across the lanes at the end."""
        (nest,) = nests
        target = nest.statement.target
        rows = nest.tiles[0] if nest.tiles and target.strides[nest.tiles[0]] == 1 else -1
        width = nest.lanes(self.width)
        left = max(1, min(2 * width, TILE // cost(("add", nest.statement.expression))))
        sizes: list[int] = []
        for tile in nest.tiles:
            most = nest.most[tile]
            sizes.append(power_of_two(min(most, left, width)) if tile == rows else divisor(most, left))
            left //= sizes[-1]

        def block(points: list[Point]) -> None:
            count = len(dict.fromkeys([point.get(rows) for point in points]))
            some, each = power_of_two(count), len(points) // count  # of 7 rows: 4, 2, 1
            view = View(Lanes(self.text, some), rows if some > 1 else -1)
            now = [points[row * each + k] for k in range(each) for row in range(some)]
            for point, number in zip(now[::some], self.results(nest, now, view)):
                self.store(view, target, point, number)
            if some < count:
                block(points[some * each :])

        axes = [(k, 1) for k in nest.parallel if k not in nest.tiles]
        self.tiles(nest, [*axes, *zip(nest.tiles, sizes)], [at], block)

    # --- Sums --------------------------------------------------------------------------------------

    def results(self, nest: Nest, points: Sequence[Point], view: View) -> list[str]:
        """The values of the target at some points: sums over the reduced axes.

        Terms that are added up across a vector stay in their lanes until the end. Neighbors are added first, so that
        a sum of up to three terms is rounded as if added in order. A mask hides lanes beyond the end of the axis.
        """
        axis, reduced, (_, target, expression, reduce, start, adds) = nest.vector, nest.reduced, nest.statement
        across, v, parts = axis in reduced, view.v, 1
        begins = adds or (reduce not in ("", "largest") and start != 0.0)
        if not (reduced or begins):
            return [self.value(view, expression, point) for point in points]
        if across:
            v, reduced = Lanes(self.text, nest.lanes(self.width)), (*[k for k in reduced if k != axis], axis)
        join, none = neutral(nest, v)
        if reduced and nest.is_fixed(reduced[-1]) and (across or not (nest.strict or reduce == "largest")):
            parts = max(1, min(4 // len(points), nest.most[reduced[-1]] // (v.width if across else 4)))
        first = [none] * len(points)
        if not across and reduce != "largest":
            first = [self.value(view, target if adds else start, point) for point in points]

        def step(total: str, at: Point) -> str:
            inner = View(v, axis, self.mask(nest, v, at)) if across else view
            longer = self.more(nest, inner, total, at, across or not nest.strict)
            return v.select(inner.mask, longer, total) if across and inner.mask else longer

        totals = self.fold(nest, reduced, points, v, first, parts, step)
        if not across:
            return totals
        width = view.v.width
        totals = [self.join_lanes(v, totals[k : k + width], join) for k in range(0, len(points), width)]
        if begins:
            first = [self.value(view, target if adds else start, point) for point in points[::width]]
            totals = [view.v.add(a, b) for a, b in zip(first, totals)]
        return totals

    def mask(self, nest: Nest, v: Lanes, at: Point) -> str:
        """The mask of the lanes before the end of the vector axis; "" if all are."""
        (name, further), most = at[nest.vector], nest.most[nest.vector]
        if nest.is_fixed(nest.vector):
            return v.lanes(most - further) if not name and further + v.width > most else ""
        around = [at[outer] for outer, _ in nest.statement.axes[nest.vector].slopes]
        place = self.text.plus(name or 0, further)
        key = "mask", v.width, place, *around
        return self.once(key, lambda: v.first_lanes(place, self.extent(nest, nest.vector, at)))

    def more(self, nest: Nest, view: View, total: str, at: Point, fuse: bool) -> str:
        """The sum so far, or the largest so far, with one more term, which may fuse if it is a product."""
        v, term = view.v, nest.statement.expression
        if nest.statement.reduce == "largest":
            return larger(v, total, self.value(view, term, at))
        if type(term) is tuple and term[0] == "mul":
            a, b = (self.value(view, x, at) for x in term[1:])
            return v.muladd(a, b, total) if fuse else v.add(total, v.mul(a, b))
        if type(term) is tuple and term[0] == "neg":
            return v.sub(total, self.value(view, term[1], at))
        return v.add(total, self.value(view, term, at))

    def fold(
        self, nest: Nest, axes: Sequence[int], points: Sequence[Point], v: Lanes, first: list[str], parts: int,
        step: AddTerm,
    ) -> list[str]:  # fmt: skip
        """Write ``total = step(total, point)`` along the reduced axes, with a few long sums in independent parts."""
        count, (join, none) = len(points), neutral(nest, v)

        def fold_axes(axes: Sequence[int], inner: Point, totals: list[str], part: int = 0) -> list[str]:
            """The totals after a step at each point along the axes, for each part in turn."""
            if not axes:
                mine, totals = slice(part * count, (part + 1) * count), [*totals]
                totals[mine] = [step(total, {**point, **inner}) for point, total in zip(points, totals[mine])]
                return totals
            axis, *rest = axes
            at, fixed, most = {**points[0], **inner}, nest.is_fixed(axis), nest.most[axis]
            turns, size = 1 if rest else parts, v.width if axis == nest.vector else 1
            steps, done = -(-most // size), 0
            if steps * len(totals) // turns > UNROLLED or not (fixed or steps == 1 < size):
                done = most // size // turns * turns if fixed else steps
                stop, empty = done * size if fixed else self.extent(nest, axis, at), nest.least[axis] < 1
                more = {"step": turns * size, "carried": totals, "kind": v.vector, "empty": empty}
                with self.loop(nest, at, stop, **more) as (index, totals):
                    for k in range(turns):
                        totals[:] = fold_axes(rest, {**inner, axis: (index, k * size)}, totals, k)
            for k in range(done, steps):
                totals = fold_axes(rest, {**inner, axis: ("", k * size)}, totals, k % turns)
            return totals

        totals = fold_axes(axes, {}, [*first, *[none] * (parts - 1) * count])
        while len(totals) > count:
            half = len(totals) // count // 2 * count
            totals = [join(v, a, b) for a, b in zip(totals[:half], totals[half:])] + totals[2 * half :]
        return totals

    def join_lanes(self, v: Lanes, vectors: list[str], join: Callable[[Lanes, str, str], str]) -> str:
        """A vector whose lane k joins the lanes of vector k, neighbors first."""
        while v.width > max(4, len(vectors)):  # the upper lanes of few terms are empty
            half = Lanes(self.text, v.width // 2)
            vectors = [join(half, v.part(x, 0, half.width), v.part(x, half.width, half.width)) for x in vectors]
            v = half
        if join is Lanes.add and len(vectors) == v.width:
            return v.totals(vectors)
        span = 1
        while span < v.width:
            others = [v.shuffle(x, "poison", [lane ^ span for lane in range(v.width)]) for x in vectors]
            vectors = [join(v, x, other) for x, other in zip(vectors, others)]
            span *= 2
        numbers = [v.part(x, 0, 1) for x in vectors]
        return v.join(numbers)

    # --- Registers ---------------------------------------------------------------------------------

    def once(self, key: tuple[Any, ...], make: Callable[..., str], *operands: Any) -> str:
        """The register of the key, filled by ``make(*operands)`` at first use."""
        if key not in self.known:
            self.known[key] = make(*operands)
        return self.known[key]

    def value(self, view: View, expression: Expression, at: Point) -> str:
        """The register of an expression at a point."""
        v = view.v
        if type(expression) is float:
            return v.constant(expression)
        if type(expression) is Index:
            return self.load(view, expression, at)
        head, *parts = expression
        operands = [self.value(view, x, at) for x in parts]
        return self.once((v.width, head, *operands), self.compute, v, head, operands)

    def compute(self, v: Lanes, head: Any, operands: Sequence[str]) -> str:
        if self.called is None or not self.brief or head in LIBRARY or cost((head, *operands)) < HEAVY:
            return write_primitive(v, head, operands)
        name = self.called.setdefault((head, len(operands), v.width), f"primitive{len(self.called)}")
        return self.text.let(f"call {v.vector} @{name}({', '.join([f'{v.vector} {x}' for x in operands])})")

    def base(self, x: Index, at: Point) -> tuple[str, int]:
        """(Address, offset in doubles) of the index, without the choice of a gather."""
        address, further = f"%{x.array}", x.start
        if x.grows:
            address = self.once((address, "%length", x.grows), self.move, address, "%length", x.grows)
        for axis, (name, more) in at.items():
            stride = x.strides[axis]
            further += stride * more
            if stride and name:
                address = self.once((address, name, stride), self.move, address, name, stride)
        return address, further

    def move(self, address: str, name: str, stride: int) -> str:
        if stride > 0:
            return self.text.address(address, name, stride)
        return self.text.address(address, self.text.times(name, stride))

    def address(self, x: Index, at: Point) -> str:
        """The address of the index at a point."""
        address, further = self.base(x, at)
        if x.by:
            chosen = self.choose(x.by, x.choices, at)
            address = self.once((address, chosen, x.wide), self.move, address, chosen, x.wide)
        return self.once((address, further), self.text.address, address, further)

    def choose(self, by: Index, choices: int, at: Point) -> str:
        """The whole number at an index; the last choice if it is not one of them."""
        number = self.load(View(Lanes(self.text, 1)), by, at)
        whole = self.once(("whole", number), self.text.let, f"fptosi double {number} to i64")
        if by.array == KNOWN:
            return whole
        inside = self.inside(by, choices, at)
        return self.once(("chosen", inside), self.text.let, f"select i1 {inside}, i64 {whole}, i64 {choices - 1}")

    def inside(self, by: Index, choices: int, at: Point) -> str:
        """Whether the number at an index is a whole number below ``choices``."""
        number = self.load(View(Lanes(self.text, 1)), by, at)
        whole, let = self.known["whole", number], self.text.let

        def check() -> str:
            below, back = let(f"icmp ult i64 {whole}, {choices}"), let(f"sitofp i64 {whole} to double")
            return let(f"and i1 {below}, {let(f'fcmp oeq double {number}, {back}')}")

        return self.once(("inside", number, choices), check)

    def together(self, view: View, x: Index) -> bool:
        """Whether a vector is loaded or stored as one."""
        v, axis, mask = view
        split = self.split and x.array not in "xt" and not mask
        return v.width == 1 or (side_by_side(x, axis) and not split)

    def load(self, view: View, x: Index, at: Point) -> str:
        v, axis, mask = view
        along = axis >= 0 and moves(x, axis)
        if along and not self.together(view, x):
            name, further = at[axis]
            one = View(Lanes(self.text, 1))
            return one.v.join([self.load(one, x, {**at, axis: (name, further + k)}) for k in range(v.width)])
        address = self.address(x, at)
        if along:
            number = self.once(("load", address, v.width, mask), v.load, address, 0, mask)
        else:
            single = self.once(("load", address, 1, ""), lambda: Lanes(self.text, 1).load(address))
            number = self.once(("splat", v.width, single), v.splat, single)
        if x.by is None or x.by.array == KNOWN:
            return number
        inside = self.inside(x.by, x.choices, at)
        text = f"select i1 {inside}, {v.vector} {number}, {v.vector} {v.constant(math.nan)}"
        return self.once(("or nan", number, inside), self.text.let, text)

    def store(self, view: View, x: Index, at: Point, number: str) -> None:
        v, axis, mask = view
        if axis >= 0 and not self.together(view, x):
            (name, further), one = at[axis], View(Lanes(self.text, 1))
            for k in range(v.width):
                self.store(one, x, {**at, axis: (name, further + k)}, v.part(number, k, 1))
            return
        address = self.address(x, at)
        v.store(number, address, 0, mask)
        if x.by:
            self.known = {}
        else:
            self.known["load", address, v.width, mask] = number


def neutral(nest: Nest, v: Lanes) -> tuple[Callable[[Lanes, str, str], str], str]:
    """The operation that joins two parts of a reduction, and its neutral number."""
    return (larger, v.constant(-INF)) if nest.statement.reduce == "largest" else (Lanes.add, v.zero)


def power_of_two(count: int) -> int:
    return 1 << (count.bit_length() - 1)


def divisor(count: int, most: int) -> int:
    """The best size, up to ``most``, of blocks of ``count`` items: a divisor, unless that would be small."""
    even = max(k for k in range(1, min(count, most) + 1) if count % k == 0)
    return even if 2 * even > min(count, most) else min(count, most)
