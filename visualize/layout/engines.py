"""Where everything stands: rectangles and lines become positions, by the layout built in or by ``dot``."""

from __future__ import annotations

from collections.abc import Sequence

from .dot import heights_by_dot
from .plan import Block, Link, Plan, turned
from .rows import MARGIN, wrapped
from .sugiyama import heights_by_order, layered_plan

ENGINES = {"built-in": heights_by_order, "dot": heights_by_dot}
NEAR = 1.3  # a plan so many times too wide may fit where its columns stand closer


def planned(
    blocks: Sequence[Block], links: Sequence[Link], engine: str = "built-in", width: float | None = None,
    down: bool = False, tight: bool = False, margin: float = MARGIN
) -> Plan:  # fmt: skip
    """The plan by an engine: to the right in rows of that width, or ``down``; ``tight`` where room is scarce.

    ValueError for an unknown engine, FileNotFoundError for "dot" if there is no such program on the PATH.
    """
    if engine not in ENGINES:
        raise ValueError(f"no layout is called {engine!r}: choose one of {', '.join(ENGINES)}")
    plan = framed(layered_plan(blocks, links, ENGINES[engine], tight, tight), blocks, links, margin)
    if down:
        return turned(plan)
    if width is None or plan.width <= width:
        return plan
    if plan.width <= NEAR * width and not tight:
        plan = framed(layered_plan(blocks, links, ENGINES[engine], close=True), blocks, links)
    return plan if plan.width <= width else wrapped(plan, blocks, links, width, tight)


def framed(plan: Plan, blocks: Sequence[Block], links: Sequence[Link], margin: float = MARGIN) -> Plan:
    """The plan moved so that everything is inside its margins, and its size."""
    xs, ys = [], []
    beside = {block.id: block.beside for block in blocks}
    for link in links:
        if not link.apart:
            x, y = plan.blocks[link.source]
            plan.texts[link.id] = x + beside[link.source] + link.width / 2, y
    for block in blocks:
        x, y = plan.blocks[block.id]
        xs += [x - block.left, x + block.right]
        ys += [y - block.up, y + block.down]
    for link in links:
        xs += [x for x, _ in plan.curves[link.id]]
        ys += [y for _, y in plan.curves[link.id]]
        if link.id in plan.texts:
            ys += [plan.texts[link.id][1] - link.up, plan.texts[link.id][1] + link.down]
    left, top = margin - min(xs), margin - min(ys)
    plan.width, plan.height = max(xs) + left + margin, max(ys) + top + margin
    plan.ends = [x + left for x in plan.ends]
    for points in (plan.blocks, plan.texts):
        for key, (x, y) in points.items():
            points[key] = x + left, y + top
    for key, curve in plan.curves.items():
        plan.curves[key] = [(x + left, y + top) for x, y in curve]
    return plan
