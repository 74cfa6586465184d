"""The order of the items on every rank: as drawn from the output back, then bettered until few lines cross."""

from __future__ import annotations

from bisect import bisect_right, insort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .layered import Grid

SWEEPS = 8
PATIENCE = 2  # after so many sweeps without a gain a graph of at least SMALL items is left as it is
SMALL = 400


def ordered(grid: Grid) -> None:
    """Order the columns of a grid: the best of eight median sweeps, and of eight more that treat ties otherwise."""
    grid.columns = best = as_read(grid)
    fewest, patience = crossings(grid), SWEEPS if len(grid.rank) < SMALL else PATIENCE
    for ties in (1, -1):  # -1: neighbours at the same median change places in every other pair of sweeps
        grid.columns, last = as_read(grid), 0
        for sweep in range(SWEEPS):
            if not fewest or sweep - last > patience:
                break
            better(grid, sweep % 2 == 0, ties if sweep % 4 > 1 else 1)
            count = crossings(grid)
            if count < fewest:
                best, fewest, last = [column[:] for column in grid.columns], count, sweep
    grid.columns = best
    place(grid)


def better(grid: Grid, forward: bool, ties: int) -> None:
    """One sweep over the columns, and neighbours swapped where that helps."""
    place(grid)
    for column in grid.columns[1:] if forward else grid.columns[-2::-1]:
        by_medians(grid, column, grid.before if forward else grid.after, ties)
    swap(grid)


def as_read(grid: Grid) -> list[list[int]]:
    """The columns in the order in which one meets the items from the output back, operands in turn."""
    columns: list[list[int]] = [[] for _ in grid.columns]
    seen: set[int] = set()
    waiting = [i for i in range(len(grid.rank)) if not grid.after[i]]
    while waiting:
        item = waiting.pop()
        if item not in seen:
            seen.add(item)
            columns[grid.rank[item]].append(item)
            waiting += [neighbour for neighbour, _, _ in reversed(grid.before[item])]
    return columns


def place(grid: Grid) -> list[float]:
    """The place of every item in its column."""
    places = [0.0] * len(grid.rank)
    for column in grid.columns:
        for i, item in enumerate(column):
            places[item] = float(i)
    grid.places = places
    return places


def crossings(grid: Grid) -> int:
    """How many pairs of lines cross."""
    places, count = place(grid), 0
    after = grid.after
    for column in grid.columns:
        passed: list[float] = []
        for item in column:
            ends = [places[neighbour] + way for neighbour, way, _ in after[item]]
            for end in ends:
                count += len(passed) - bisect_right(passed, end)
            for end in ends:
                insort(passed, end)
    return count


def by_medians(
    grid: Grid, column: list[int], neighbours: Sequence[Sequence[tuple[int, float, float]]], ties: int
) -> None:
    """Sort the column by the medians of its items' neighbours; who has none stays. Ties change places if it is -1."""
    places = grid.places
    keyed = []
    for i, item in enumerate(column):
        ends = sorted([places[neighbour] + way for neighbour, way, _ in neighbours[item]])
        if ends:
            keyed.append((median(ends), i * ties, item))
    movable = {item for _, _, item in keyed}
    slots = [i for i, item in enumerate(column) if item in movable]
    for slot, (_, _, item) in zip(slots, sorted(keyed)):
        column[slot] = item
    for i, item in enumerate(column):
        places[item] = float(i)


def median(ends: Sequence[float]) -> float:
    """The middle of sorted numbers; of an even count, the middle nearer to where they crowd (Gansner et al. 1993)."""
    half = len(ends) // 2
    if len(ends) % 2:
        return ends[half]
    if len(ends) == 2:
        return (ends[0] + ends[1]) / 2
    left, right = ends[half - 1] - ends[0], ends[-1] - ends[half]
    if left + right == 0.0:
        return (ends[half - 1] + ends[half]) / 2
    return (ends[half - 1] * right + ends[half] * left) / (left + right)


def swap(grid: Grid) -> None:
    """Swap items next to each other where fewer of their lines cross then."""
    places = grid.places
    for column in grid.columns:
        if len(column) > 1:
            ends = [lines(grid, item) for item in column]
            for i in range(len(column) - 1):
                if gain(ends[i], ends[i + 1]) > 0:
                    column[i], column[i + 1] = column[i + 1], column[i]
                    ends[i], ends[i + 1] = ends[i + 1], ends[i]
            for i, item in enumerate(column):
                places[item] = float(i)


def lines(grid: Grid, item: int) -> tuple[list[float], list[float]]:
    """Where the lines of an item end, in the columns before and behind."""
    places = grid.places
    before = [places[neighbour] + way for neighbour, way, _ in grid.before[item]]
    return before, [places[neighbour] + way for neighbour, way, _ in grid.after[item]]


def gain(upper: tuple[list[float], list[float]], lower: tuple[list[float], list[float]]) -> int:
    """How many crossings fewer there are when two items with lines to these ends change places."""
    count = 0
    for ends, others in zip(upper, lower):
        if len(ends) * len(others) <= 400:  # more are left to the medians
            for end in ends:
                for other in others:
                    count += (end > other) - (end < other)
    return count
