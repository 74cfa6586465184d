"""Wrapping a long plan into rows, cut between columns, with lines led around the ends of rows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from .plan import Block, Link, Plan, Point

MARGIN = 20.0
LANE = 9.0  # between parallel lines from a row to the next
MAX_CROSSED = 40  # lines crossed by a cut, at most
AIR = 16.0, 24.0  # vertical space between items, at most, and between rows
TIGHT_AIR = 2.0, 8.0  # the same where room is scarce
TURN = 5.0  # the radius of corners


def wrap(plan: Plan, blocks: Sequence[Block], links: Sequence[Link], width: float, tight: bool = False) -> Plan:
    """The plan in the fewest rows of a width, cut where few lines cross; unchanged if too many cross everywhere."""
    starts = sorted([curve[0][0] for curve in plan.curves.values()])
    ends = sorted([curve[-1][0] for curve in plan.curves.values()])
    found = [(x, bisect_left(starts, x) - bisect_right(ends, x)) for x in [*plan.ends[:-1], plan.ends[-1] + 0.01]]
    cuts, crossing = zip(*[(x, count) for x, count in found if count <= MAX_CROSSED])
    if len(cuts) < len(found) and max([end - start for start, end in pairwise(cuts)]) > width:
        return plan
    lanes = [LANE * count for count in crossing]
    best: list[tuple[int, int, int]] = [(0, 0, 0)]  # (rows, lines cut, start of the last row) up to every cut
    for j in range(1, len(cuts)):
        choices: list[tuple[int, int, int]] = []
        for i in range(j - 1, -1, -1):
            wide = cuts[j] - cuts[i] + 2 * MARGIN
            if wide > width and choices:
                break
            if wide + lanes[i] + lanes[j] <= width or not choices:
                choices.append((best[i][0] + 1, best[i][1] + crossing[j], i))
        best.append(min(choices))
    chosen = [len(cuts) - 1]
    while chosen[-1]:
        chosen.append(best[chosen[-1]][2])
    rows = [cuts[i] for i in chosen[::-1]]
    return stack_rows(plan, blocks, links, rows, TIGHT_AIR if tight else AIR) if len(rows) > 2 else plan


def stack_rows(plan: Plan, blocks: Sequence[Block], links: Sequence[Link], cuts: Sequence[float], room: Point) -> Plan:
    """The plan with the parts between the cuts one below the other."""
    made, pieces = Plan(), {id: divide(curve, cuts) for id, curve in plan.curves.items()}
    tops = {block.id: (block.up, block.down) for block in blocks} | {link.id: (link.up, link.down) for link in links}
    coming: list[str] = []  # the lines from the row above, top first
    y = MARGIN
    for row, (start, end) in enumerate(pairwise(cuts)):
        here = {id: at for id, at in (plan.blocks | plan.texts).items() if start <= at[0] - 0.01 < end}
        parts = {id: found[row] for id, found in pieces.items() if row in found}
        bands = [(at[1] - tops[id][0], at[1] + tops[id][1]) for id, at in here.items()]
        bands += [(py - LANE / 2, py + LANE / 2) for part in parts.values() for _, py in part[::3]]
        x, knots = MARGIN + LANE * len(coming), squeeze(bands, y, room[0])
        dx, turns = x - start, {id: x - LANE * (place + 0.5) for place, id in enumerate(coming)}
        for points, old in ((made.blocks, plan.blocks), (made.texts, plan.texts)):
            points.update({id: (old[id][0] + dx, height(old[id][1], knots)) for id in here if id in old})
        for id, part in parts.items():
            moved = [(px + dx, height(py, knots)) for px, py in part]
            if id in made.curves:
                turn = turns[id]
                lead(made.curves[id], [(turn, made.curves[id][-1][1]), (turn, moved[0][1]), moved[0]])
                moved = moved[1:]
            made.curves.setdefault(id, []).extend(moved)
        right, low = end + dx, knots[-1][1]
        coming = sorted([id for id in parts if row + 1 in pieces[id]], key=lambda id: parts[id][-1][1])
        for place, id in enumerate(coming):
            outer = LANE * (len(coming) - 1 - place)
            turn, lane = right + LANE / 2 + outer, low + room[1] / 3 + outer
            lead(made.curves[id], [(turn, made.curves[id][-1][1]), (turn, lane), (turn - 2 * TURN, lane)])
        made.width = max(made.width, right + LANE * len(coming) + MARGIN)
        y = low + LANE * len(coming) + room[1]
    made.height = y - room[1] + MARGIN
    return made


def squeeze(bands: Sequence[Point], top: float, air: float) -> list[Point]:
    """Old and new heights at the edges of the occupied bands: the first at ``top``, gaps of at most ``air``."""
    (low, reach), *others = sorted(bands)
    knots = [(low, top), (reach, top + reach - low)]
    for low, high in others:
        reach, new = knots[-1]
        if low > reach:
            knots.append((low, new + min(air, low - reach)))
        if high > knots[-1][0]:
            knots.append((high, knots[-1][1] + high - knots[-1][0]))
    return knots


def height(y: float, knots: Sequence[Point]) -> float:
    """The new height of an old one."""
    i = min(max(1, bisect_right(knots, (y, 0.0))), len(knots) - 1)
    (a, new_a), (b, new_b) = knots[i - 1 : i + 1]
    return new_a + (y - a) * (new_b - new_a) / (b - a)


def divide(curve: Sequence[Point], cuts: Sequence[float]) -> dict[int, list[Point]]:
    """The parts of a curve by row; a curve has a point at the end of every column, hence at every cut."""
    parts, start = {}, 0
    for row, cut in enumerate(cuts[1:]):
        end = start
        while end + 3 < len(curve) and curve[end + 3][0] <= cut + 0.01:
            end += 3
        if row == len(cuts) - 2:
            end = len(curve) - 1
        if end > start:
            parts[row] = list(curve[start : end + 1])
        start = end
    return parts


def lead(curve: list[Point], corners: Sequence[Point]) -> None:
    """Extend the curve around rounded corners to the last of them."""
    for corner, after in pairwise(corners):
        entry, leave = round_end(corner, curve[-1]), round_end(corner, after)
        straight(curve, entry)
        curve += [corner, corner, leave]
    straight(curve, corners[-1])


def round_end(corner: Point, other: Point) -> Point:
    """The point where a rounded corner ends on the way to another point."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    share = min(0.5, TURN / max(abs(dx), abs(dy), 1e-9))
    return corner[0] + dx * share, corner[1] + dy * share


def straight(curve: list[Point], end: Point) -> None:
    curve += [curve[-1], end, end]
