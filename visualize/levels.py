"""The heights of the items: as near to their neighbours as their order and size allow."""

from __future__ import annotations

from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .layered import Grid

PASSES = 15  # from the inputs and from the output in turn


def levels(grid: Grid, gap: float) -> list[float]:
    """The y of every item.

    Column by column, things are moved to where their neighbours are: those behind, those before, then both. At
    last everything comes level with what it alone goes on from, and inputs with what they go into, so that
    chains are straight.
    """
    y = [0.0] * len(grid.rank)
    apart = [separations(grid, column, gap) for column in grid.columns]
    for column, distances in zip(grid.columns, apart):
        middle = sum(distances) / 2
        for item, distance in zip(column, distances):
            middle -= distance
            y[item] = -middle
    for step in range(PASSES):
        pull = around if step < PASSES - 3 else inputs if step == PASSES - 2 else straight
        columns = list(zip(grid.columns, apart))
        for column, distances in columns if step % 2 == 0 else columns[::-1]:
            pulls = [pull(grid, item, y, step) for item in column]
            for item, height in zip(column, nearest(pulls, distances)):
                y[item] = height
    return y


# --- Where an item is pulled, and how strongly ----------------------------------------------------


def around(grid: Grid, item: int, y: Sequence[float], step: int) -> tuple[float, float]:
    """To its neighbours: on the side just placed, later on both sides."""
    both = step >= PASSES - 7
    return pulled(grid, item, y, both or step % 2 == 0, both or step % 2 == 1)


def straight(grid: Grid, item: int, y: Sequence[float], step: int) -> tuple[float, float]:
    """To what it goes on from, where nothing else does."""
    alone = all(len(grid.after[neighbour]) == 1 for neighbour, _, _ in grid.before[item])
    return pulled(grid, item, y, True, not alone)


def inputs(grid: Grid, item: int, y: Sequence[float], step: int) -> tuple[float, float]:
    """An input to what it goes into; everything else stays."""
    return (y[item], 1e6) if grid.before[item] else pulled(grid, item, y, False, True)


def pulled(grid: Grid, item: int, y: Sequence[float], back: bool, ahead: bool) -> tuple[float, float]:
    """The middle of its neighbours, before it and ahead of it, and their weight."""
    total = weight = 0.0
    for neighbours, wanted in ((grid.before[item], back), (grid.after[item], ahead)):
        if wanted:
            for neighbour, _, pull in neighbours:
                total += y[neighbour] * pull
                weight += pull
    return (total / weight, weight) if weight else (y[item], 0.001)


# --- What keeps them apart ------------------------------------------------------------------------


def separations(grid: Grid, column: Sequence[int], gap: float) -> list[float]:
    """How far every item of a column must be below the one above it; 0 for the first."""
    extents = [grid.extents[item] for item in column]
    return [0.0] + [a[3] + b[2] + (gap if a[1] and b[1] else gap / 2) for a, b in pairwise(extents)]


def nearest(pulls: Sequence[tuple[float, float]], apart: Sequence[float]) -> list[float]:
    """The heights nearest to the pulls (height, weight) that keep the distances: isotonic regression.

    Neighbours that are pulled too near to each other are pooled at their mean, as long as there are any.
    """
    if len(pulls) == 1:
        return [pulls[0][0]]
    pools: list[tuple[float, float, int]] = []  # (sum of weighted heights, weight, how many)
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
