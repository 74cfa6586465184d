"""Where everything stands: rectangles and lines become positions, by ``dot`` where it is found, else by ourselves."""

from __future__ import annotations

from collections.abc import Sequence

from .dot import attempt, plan_by_dot
from .plan import Block, Link, Plan
from .sugiyama import layered_plan

MARGIN = 20.0
MANY = 400  # dot takes too long for more blocks and texts than this
ENGINES = ("auto", "dot", "built-in")


def planned(blocks: Sequence[Block], links: Sequence[Link], engine: str = "auto") -> Plan:
    """The plan by ``dot`` where the engine is "auto" and it is found, else by the layout built in.

    ValueError for an unknown engine, FileNotFoundError for "dot" if there is no such program on the PATH.
    """
    if engine not in ENGINES:
        raise ValueError(f"no layout is called {engine!r}: choose one of {', '.join(ENGINES)}")
    import shutil

    found = shutil.which("dot") is not None
    if engine == "dot" and not found:
        raise FileNotFoundError('no program dot on the PATH: install Graphviz, or take layout="built-in"')
    plan = None
    if engine == "dot":
        try:
            plan = plan_by_dot(blocks, links)
        except OSError as error:
            raise OSError(f'the program dot was found but failed: {error}; take layout="built-in"') from None
    elif engine == "auto" and found and len(blocks) + sum(link.apart for link in links) <= MANY:
        plan = attempt(blocks, links)
    return framed(plan or layered_plan(blocks, links), blocks, links)


def framed(plan: Plan, blocks: Sequence[Block], links: Sequence[Link]) -> Plan:
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
    left, top = MARGIN - min(xs), MARGIN - min(ys)
    plan.width, plan.height = max(xs) + left + MARGIN, max(ys) + top + MARGIN
    for points in (plan.blocks, plan.texts):
        for key, (x, y) in points.items():
            points[key] = x + left, y + top
    for key, curve in plan.curves.items():
        plan.curves[key] = [(x + left, y + top) for x, y in curve]
    return plan
