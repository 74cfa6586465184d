"""The layout built in: every box one rank behind its operands, few crossings, straight lines (Sugiyama's method).

Long lines are led through empty places on the ranks between. It needs no program, and no recursion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from .layout import Block, Link, Plan, Point, landings
from .levels import levels
from .ordering import ordered

FEW = 8  # so few named inputs stand in one column at the left, as on the slides
PLACES = 4000  # so many places on the ranks between are worth their time, or 12 a block
AWAY = 4  # but none of them more columns than this from where it is used


class Grid:
    """Blocks and the places between them, as numbered items on numbered ranks."""

    def __init__(self, blocks: Sequence[Block], links: Sequence[Link]) -> None:
        self.number = {block.id: i for i, block in enumerate(blocks)}
        self.blocks, self.links = blocks, links
        self.extents = [(block.left, block.right, block.up, block.down) for block in blocks]
        self.rank = ranks(blocks, [(self.number[x.source], self.number[x.target], 1 + x.apart) for x in links])
        self.places: list[float] = []
        self.before: list[list[tuple[int, float, float]]] = [[] for _ in blocks]  # (neighbour, its way in, weight)
        self.after: list[list[tuple[int, float, float]]] = [[] for _ in blocks]
        self.far = far(links, self.rank, self.number)
        self.chains = [self.chain(link) for link in links]
        self.spans: list[Point] = []  # where every column starts and ends
        self.columns: list[list[int]] = [[] for _ in range(max(self.rank) + 1)]
        for i, rank in enumerate(self.rank):
            self.columns[rank].append(i)

    def chain(self, link: Link) -> list[int]:
        """The items that a link goes through, from its source to its target."""
        source, target = self.number[link.source], self.number[link.target]
        items = [source]
        end = self.rank[source] + 1 + link.apart if link.id in self.far else self.rank[target]
        for rank in range(self.rank[source] + 1, end):
            label = link.apart and len(items) == 1
            self.extents.append((link.width / 2, link.width / 2, link.up, link.down) if label else (0.0, 0.0, 3.0, 3.0))
            self.rank.append(rank)
            self.before.append([])
            self.after.append([])
            items.append(len(self.rank) - 1)
        if link.id not in self.far:
            items.append(target)
        for i, (a, b) in enumerate(pairwise(items)):
            inner = (i > 0) + (b != target)
            way = 0.0 if link.place is None or b != target else (link.place + 1.0) / 64.0
            weight = (1.0, 2.0, 8.0)[inner]
            self.after[a].append((b, way, weight))
            self.before[b].append((a, 0.0, weight))
        return [*items, target] if link.id in self.far else items


def far(links: Sequence[Link], rank: Sequence[int], number: Mapping[str, int]) -> set[str]:
    """The ids of the longest links, if all together would go through too many places: they go round above."""
    lengths = {link.id: rank[number[link.target]] - rank[number[link.source]] - 1 for link in links}
    excess, found = sum(lengths.values()) - max(PLACES, 12 * len(number)), set()
    for id, length in sorted(lengths.items(), key=lambda item: -item[1]):
        if excess > 0 and length > 2:
            found.add(id)
            excess -= length
    return found


def ranks(blocks: Sequence[Block], links: Sequence[tuple[int, int, int]]) -> list[int]:
    """The rank of every block: the longest way from an input, then as far right as makes lines shorter."""
    into: list[list[tuple[int, int]]] = [[] for _ in blocks]
    out: list[list[tuple[int, int]]] = [[] for _ in blocks]
    for source, target, length in links:
        into[target].append((source, length))
        out[source].append((target, length))
    rank, missing = [0] * len(blocks), [len(sources) for sources in into]
    order = [i for i, count in enumerate(missing) if not count]
    for i in order:
        for target, length in out[i]:
            rank[target] = max(rank[target], rank[i] + length)
            missing[target] -= 1
            if not missing[target]:
                order.append(target)
    few = sum(block.named for block in blocks) <= FEW
    for i in reversed(order):
        held = sum(not (blocks[source].entry and len(out[source]) == 1) for source, _ in into[i])
        if len(out[i]) > held:
            latest = min(rank[target] - length for target, length in out[i])
            if not (few and blocks[i].named and latest <= AWAY):
                rank[i] = latest
    return rank


def layered_plan(blocks: Sequence[Block], links: Sequence[Link]) -> Plan:
    """The plan of our own layout, from Sugiyama's method."""
    grid = Grid(blocks, links)
    ordered(grid)
    gap, clearance = air([len(column) for column in grid.columns])
    y = levels(grid, gap)
    x = columns(grid, y, clearance)
    plan = Plan()
    plan.blocks = {block.id: (x[i], y[i]) for i, block in enumerate(blocks)}
    coming = {link.id: y[chain[-2]] for link, chain in zip(links, grid.chains)}
    ends = landings({block.id: block for block in blocks}, links, coming)
    lanes = lanes_above(grid, y, gap)
    for link, chain in zip(links, grid.chains):
        if link.apart:
            plan.texts[link.id] = x[chain[1]], y[chain[1]]
        end_x, end_y = ends[link.id]
        lane = lanes[link.source] if link.id in grid.far else None
        plan.curves[link.id] = led(grid, chain, x, y, (x[chain[-1]] + end_x, y[chain[-1]] + end_y), lane)
    return plan


def lanes_above(grid: Grid, y: Sequence[float], gap: float) -> dict[str, float]:
    """The height above everything at which the far links of every block go."""
    top = min([y[i] - extent[2] for i, extent in enumerate(grid.extents)])
    sources = dict.fromkeys([link.source for link in grid.links if link.id in grid.far])
    return {source: top - (i + 1) * gap for i, source in enumerate(sources)}


def air(counts: Sequence[int]) -> tuple[float, float]:
    """Room (between things above each other, between columns) for columns of so many things.

    Small graphs get more, so that they fill a slide.
    """
    return min(52.0, max(12.0, 210.0 / (max(counts) + 1))), min(84.0, max(36.0, 360.0 / len(counts)))


def columns(grid: Grid, y: Sequence[float], clearance: float) -> list[float]:
    """The x of every item: gates of a column share a middle, inputs stand at its right, with room for turning lines."""
    x, start = [0.0] * len(y), 0.0
    grid.spans = []
    for column in grid.columns:
        entry = [i < len(grid.blocks) and grid.blocks[i].entry for i in column]
        wide, offsets = arranged([(*grid.extents[i][:2], first) for i, first in zip(column, entry)])
        for i, offset in zip(column, offsets):
            x[i] = start + offset
        grid.spans.append((start, start + wide))
        turns = [abs(y[i] - y[j]) for i in column for j, _, _ in grid.after[i]]
        start += wide + clearance + min(0.12 * max(turns, default=0.0), clearance)
    return x


def arranged(column: Sequence[tuple[float, float, bool]]) -> tuple[float, list[float]]:
    """How wide a column of (left, right, is it an input?) is, and where in it each has its middle."""
    wide = left = right = 0.0
    for entry in (True, False):
        sides = [(before, behind) for before, behind, kind in column if kind == entry]
        left = max([before for before, _ in sides], default=0.0)
        behind = max([behind for _, behind in sides], default=0.0)
        right = behind if entry else right
        wide = max(wide, left + behind)
    return wide, [wide - right if entry else left for _, _, entry in column]


def led(
    grid: Grid, chain: Sequence[int], x: Sequence[float], y: Sequence[float], end: Point, lane: float | None
) -> list[Point]:
    """The curve through a chain of items: level where there are texts, and across columns, bending between."""
    source, target = chain[0], chain[-1]
    curve = [(x[source] + grid.blocks[source].body, y[source])]
    level(curve, grid.spans[grid.rank[source]][1])
    for item in chain[1:-1]:
        left, right = grid.spans[grid.rank[item]]
        bend(curve, left, y[item])
        level(curve, right)
    if lane is not None:
        bend(curve, grid.spans[grid.rank[chain[-2]] + 1][0], lane)
        level(curve, grid.spans[grid.rank[target] - 1][1])
    bend(curve, grid.spans[grid.rank[target]][0], end[1])
    level(curve, end[0])
    return curve


def bend(curve: list[Point], x: float, y: float) -> None:
    """Lead the curve on to (x, y), level at both ends."""
    last_x, last_y = curve[-1]
    reach = (x - last_x) / 2
    curve += [(last_x + reach, last_y), (x - reach, y), (x, y)]


def level(curve: list[Point], x: float) -> None:
    """Lead the curve straight on to x."""
    bend(curve, x, curve[-1][1])
