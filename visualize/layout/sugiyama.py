"""The built-in layout by Sugiyama's method: layers, an order within each, heights."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from statistics import median

from .plan import Block, Link, Plan, Point, landings

PASSES = 15  # over the columns for their heights, from the inputs and from the output in turn
Edge = tuple[int, float, float]  # (neighbor, its way in, weight)
SWEEPS = 8
PATIENCE = 2  # sweeps without a gain after which the order of a graph of SMALL or more items is kept
SMALL = 400
MAX_ALIGNED = 8  # named inputs, at most, in one column at the left, as on the slides
AWAY = 4  # columns, at most, from such an input to its use
PLACES = 4000  # places on intermediate ranks, at most, or 12 for each block


def y_positions(grid: Grid, gap: float) -> list[float]:
    """The y of every item, moved column by column toward its neighbors; finally chains become straight."""
    y = [0.0] * len(grid.rank)
    apart = []  # the least distance of every item of a column from the one above it; 0 for the first
    for column in grid.columns:
        pairs = pairwise([grid.extents[item] for item in column])
        apart.append([0.0] + [a[3] + b[2] + (gap if a[1] and b[1] else gap / 2) for a, b in pairs])
    for column, distances in zip(grid.columns, apart):
        middle = sum(distances) / 2
        for item, distance in zip(column, distances):
            middle -= distance
            y[item] = -middle
    for step in range(PASSES):
        columns = list(zip(grid.columns, apart))
        for column, distances in columns if step % 2 == 0 else columns[::-1]:
            pulls = [pull_on(grid, item, y, step) for item in column]
            for item, height in zip(column, nearest(pulls, distances)):
                y[item] = height
    return y


def pull_on(grid: Grid, item: int, y: Sequence[float], step: int) -> tuple[float, float]:
    """(The mean y of the neighbors of an item, the weight of that), by the kind of the step."""
    both = step >= PASSES - 7
    back, ahead = both or step % 2 == 0, both or step % 2 == 1
    if step == PASSES - 2:  # only inputs move, to their uses
        if grid.before[item]:
            return y[item], 1e6
        back = False
    elif step >= PASSES - 3:  # to a predecessor without other uses
        ahead = any(len(grid.after[neighbor]) > 1 for neighbor, _, _ in grid.before[item])
    total = weight = 0.0
    for neighbors, wanted in ((grid.before[item], back), (grid.after[item], ahead)):
        if wanted:
            for neighbor, _, pull in neighbors:
                total += y[neighbor] * pull
                weight += pull
    return (total / weight, weight) if weight else (y[item], 0.001)


def nearest(pulls: Sequence[tuple[float, float]], apart: Sequence[float]) -> list[float]:
    """The heights nearest to the pulls (height, weight) with distances kept: isotonic regression by pooling."""
    if len(pulls) == 1:
        return [pulls[0][0]]
    pools: list[tuple[float, float, int]] = []  # (sum of weighted heights, weight, count)
    offset = 0.0
    for (height, weight), distance in zip(pulls, apart):
        offset += distance
        total, count = (height - offset) * weight, 1
        while pools and pools[-1][0] * weight > total * pools[-1][1]:
            pooled = pools.pop()
            total, weight, count = pooled[0] + total, pooled[1] + weight, pooled[2] + count
        pools.append((total, weight, count))
    heights, offset, distances = [], 0.0, iter(apart)
    for total, weight, count in pools:
        for _ in range(count):
            offset += next(distances)
            heights.append(total / weight + offset)
    return heights


def order_columns(grid: Grid) -> None:
    """Order the columns of a grid: the best of eight median sweeps, and eight more with ties reversed."""
    grid.columns = best = reading_order(grid)
    fewest, patience = crossings(grid), SWEEPS if len(grid.rank) < SMALL else PATIENCE
    for ties in (1, -1):  # -1: items with the same median swap in every other pair of sweeps
        grid.columns, last = reading_order(grid), 0
        for sweep in range(SWEEPS):
            if not fewest or sweep - last > patience:
                break
            update_places(grid)
            forward, neighbors = sweep % 2 == 0, grid.after if sweep % 2 else grid.before
            for column in grid.columns[1:] if forward else grid.columns[-2::-1]:
                sort_by_medians(grid, column, neighbors, ties if sweep % 4 > 1 else 1)
            swap(grid)
            count = crossings(grid)
            if count < fewest:
                best, fewest, last = [column[:] for column in grid.columns], count, sweep
    grid.columns = best
    update_places(grid)


def reading_order(grid: Grid) -> list[list[int]]:
    """The columns ordered by a walk from the output back, operands in turn."""
    columns: list[list[int]] = [[] for _ in grid.columns]
    seen: set[int] = set()
    waiting = [i for i in range(len(grid.rank) - 1, -1, -1) if not grid.after[i]]
    while waiting:
        item = waiting.pop()
        if item not in seen:
            seen.add(item)
            columns[grid.rank[item]].append(item)
            waiting += [neighbor for neighbor, _, _ in reversed(grid.before[item])]
    return columns


def update_places(grid: Grid) -> list[float]:
    """Update and return the place of every item in its column."""
    places = [0.0] * len(grid.rank)
    for column in grid.columns:
        for i, item in enumerate(column):
            places[item] = float(i)
    grid.places = places
    return places


def crossings(grid: Grid) -> int:
    """The number of crossings of lines."""
    places, count = update_places(grid), 0
    after = grid.after
    for column in grid.columns:
        passed: list[float] = []
        for item in column:
            ends = [places[neighbor] + way for neighbor, way, _ in after[item]]
            for end in ends:
                count += len(passed) - bisect_right(passed, end)
            for end in ends:
                insort(passed, end)
    return count


def sort_by_medians(grid: Grid, column: list[int], neighbors: Sequence[Sequence[Edge]], ties: int) -> None:
    """Sort a column by the median places of neighbors; items without neighbors stay, with ``ties`` -1 equals swap."""
    places = grid.places
    keyed = []
    for i, item in enumerate(column):
        ends = sorted([places[neighbor] + way for neighbor, way, _ in neighbors[item]])
        if ends:
            keyed.append((median(ends), i * ties, item))
    movable = {item for _, _, item in keyed}
    slots = [i for i, item in enumerate(column) if item in movable]
    for slot, (_, _, item) in zip(slots, sorted(keyed)):
        column[slot] = item
    for i, item in enumerate(column):
        places[item] = float(i)


def swap(grid: Grid) -> None:
    """Swap adjacent items if that reduces the crossings of their lines."""
    places = grid.places
    for column in grid.columns:
        if len(column) > 1:
            ends = [  # the ends of the lines of every item, in the columns before and after
                ([places[neighbor] + way for neighbor, way, _ in grid.before[item]],
                 [places[neighbor] + way for neighbor, way, _ in grid.after[item]]) for item in column
            ]  # fmt: skip
            for i in range(len(column) - 1):
                if gain(ends[i], ends[i + 1]) > 0:
                    column[i], column[i + 1] = column[i + 1], column[i]
                    ends[i], ends[i + 1] = ends[i + 1], ends[i]
            for i, item in enumerate(column):
                places[item] = float(i)


def gain(upper: tuple[list[float], list[float]], lower: tuple[list[float], list[float]]) -> int:
    """The reduction in crossings if two items with lines to these ends swap."""
    count = 0
    for ends, others in zip(upper, lower):
        if len(ends) * len(others) <= 400:  # more are left to the medians
            for end in ends:
                for other in others:
                    count += (end > other) - (end < other)
    return count


class Grid:
    """Blocks and intermediate places of links as numbered items on numbered ranks."""

    def __init__(self, blocks: Sequence[Block], links: Sequence[Link]) -> None:
        self.number = {block.id: i for i, block in enumerate(blocks)}
        self.blocks, self.links = blocks, links
        self.extents = [(block.left, block.right, block.up, block.down) for block in blocks]
        self.rank = ranks(blocks, [(self.number[x.source], self.number[x.target], 1 + x.apart) for x in links])
        self.places: list[float] = []
        self.before: list[list[Edge]] = [[] for _ in blocks]
        self.after: list[list[Edge]] = [[] for _ in blocks]
        self.far = far_links(links, self.rank, self.number)
        self.chains = [self.chain(link) for link in links]
        self.spans: list[Point] = []  # the start and end of every column
        self.columns: list[list[int]] = [[] for _ in range(max(self.rank) + 1)]
        for i, rank in enumerate(self.rank):
            self.columns[rank].append(i)

    def chain(self, link: Link) -> list[int]:
        """Add the intermediate items of a link; return all its items from source to target."""
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


def far_links(links: Sequence[Link], rank: Sequence[int], number: Mapping[str, int]) -> set[str]:
    """The ids of the longest links if the links pass too many places: these go around above everything."""
    lengths = {link.id: rank[number[link.target]] - rank[number[link.source]] - 1 for link in links}
    excess, found = sum(lengths.values()) - max(PLACES, 12 * len(number)), set()
    for id, length in sorted(lengths.items(), key=lambda item: -item[1]):
        if excess > 0 and length > 2:
            found.add(id)
            excess -= length
    return found


def ranks(blocks: Sequence[Block], links: Sequence[tuple[int, int, int]]) -> list[int]:
    """The rank of every block: its longest path from an input, then as far right as shortens lines."""
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
    few = sum(block.named for block in blocks) <= MAX_ALIGNED
    for i in reversed(order):
        held = sum(not (blocks[source].entry and len(out[source]) == 1) for source, _ in into[i])
        if len(out[i]) > held:
            latest = min(rank[target] - length for target, length in out[i])
            if not (few and blocks[i].named and latest <= AWAY):
                rank[i] = latest
    return rank


def heights_by_order(grid: Grid, gap: float) -> list[float]:
    """The y of every item by the built-in layout, at least a gap apart."""
    order_columns(grid)
    return y_positions(grid, gap)


def layered_plan(
    blocks: Sequence[Block], links: Sequence[Link], heights: Callable[[Grid, float], list[float]],
    close: bool = False, tight: bool = False
) -> Plan:  # fmt: skip
    """The plan by Sugiyama's method; ``close`` narrows the space between columns, ``tight`` all other spaces."""
    grid = Grid(blocks, links)
    largest = max(map(len, grid.columns))  # small graphs get more room to fill a slide
    gap = 1.0 if tight else min(52.0, max(12.0, 210.0 / (largest + 1)))
    clearance = 22.0 if close else min(84.0, max(36.0, 360.0 / len(grid.columns)))
    y = heights(grid, gap)
    if tight:  # the heights give an order, whichever engine found them
        grid.columns = [sorted(column, key=lambda item: y[item]) for column in grid.columns]
        y = y_positions(grid, gap)
    x = x_positions(grid, y, clearance)
    plan = Plan(ends=[grid.spans[0][0], *[end for _, end in grid.spans]])
    plan.blocks = {block.id: (x[i], y[i]) for i, block in enumerate(blocks)}
    coming = {link.id: y[chain[-2]] for link, chain in zip(links, grid.chains)}
    ends = landings({block.id: block for block in blocks}, links, coming)
    top = min([height - extent[2] for height, extent in zip(y, grid.extents)])
    sources = dict.fromkeys([link.source for link in links if link.id in grid.far])
    lanes = {source: top - i * gap for i, source in enumerate(sources, 1)}  # of far links, above everything
    for link, chain in zip(links, grid.chains):
        if link.apart:
            plan.texts[link.id] = x[chain[1]], y[chain[1]]
        end_x, end_y = ends[link.id]
        lane = lanes[link.source] if link.id in grid.far else None
        plan.curves[link.id] = route(grid, chain, x, y, (x[chain[-1]] + end_x, y[chain[-1]] + end_y), lane)
    return plan


def x_positions(grid: Grid, y: Sequence[float], clearance: float) -> list[float]:
    """The x of every item: gates of a column share a middle, inputs are at its right; steep lines get more room."""
    x, start = [0.0] * len(y), 0.0
    grid.spans = []
    for column in grid.columns:
        entry = [i < len(grid.blocks) and grid.blocks[i].entry for i in column]
        wide, offsets = align_column([(*grid.extents[i][:2], first) for i, first in zip(column, entry)])
        for i, offset in zip(column, offsets):
            x[i] = start + offset
        grid.spans.append((start, start + wide))
        turns = [abs(y[i] - y[j]) for i in column for j, _, _ in grid.after[i]]
        start += wide + clearance + min(0.12 * max(turns, default=0.0), clearance)
    return x


def align_column(column: Sequence[tuple[float, float, bool]]) -> tuple[float, list[float]]:
    """The width of a column of (left, right, is an input) and the middle of each item in it."""
    wide = left = right = 0.0
    for entry in (True, False):
        sides = [(before, behind) for before, behind, kind in column if kind == entry]
        left = max([before for before, _ in sides], default=0.0)
        behind = max([behind for _, behind in sides], default=0.0)
        right = behind if entry else right
        wide = max(wide, left + behind)
    return wide, [wide - right if entry else left for _, _, entry in column]


def route(
    grid: Grid, chain: Sequence[int], x: list[float], y: list[float], end: Point, lane: float | None
) -> list[Point]:
    """The curve through a chain of items: level at texts and across columns, bent between them."""
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
    """Extend the curve to (x, y), level at both ends."""
    last_x, last_y = curve[-1]
    reach = (x - last_x) / 2
    curve += [(last_x + reach, last_y), (x - reach, y), (x, y)]


def level(curve: list[Point], x: float) -> None:
    """Extend the curve straight to x."""
    bend(curve, x, curve[-1][1])
