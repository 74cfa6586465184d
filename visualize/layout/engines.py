"""The plan of a picture, by the built-in layout or by Graphviz's ``dot``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .plan import Block, Link, Plan
from .rows import MARGIN, wrap
from .sugiyama import Grid, heights_by_order, layered_plan

NEAR = 1.3  # a plan at most this many times too wide may fit with closer columns
TIMEOUT = 10.0  # seconds; dot takes less than one
POINTS_PER_INCH = 72.0  # dot measures sizes in inches and positions in points, our pixels


def heights_by_dot(grid: Grid, gap: float) -> list[float]:
    """The y of every item as placed by ``dot``; FileNotFoundError if it is missing, OSError if it fails."""
    import json
    import shutil
    import subprocess

    if not shutil.which("dot"):
        raise FileNotFoundError('no program dot on the PATH: install Graphviz or use layout="built-in"')
    try:
        text = dot_source(grid, gap).encode()
        done = subprocess.run(["dot", "-Tjson0"], input=text, capture_output=True, timeout=TIMEOUT)
        if done.returncode:
            raise OSError(f"exit status {done.returncode} {done.stderr.decode(errors='replace').strip():.200}".strip())
        found = {x["name"]: -float(x["pos"].split(",")[1]) for x in json.loads(done.stdout)["objects"] if "pos" in x}
        y = [found[f"b{i}"] for i in range(len(grid.rank))]
        if any(height - height for height in y):
            raise ValueError("no finite heights")
        return y
    except (OSError, subprocess.TimeoutExpired, LookupError, TypeError, ValueError) as error:
        reason: object = error if isinstance(error, OSError) else "its output is not a layout"
        if isinstance(error, subprocess.TimeoutExpired):
            reason = f"no answer in {TIMEOUT:g} seconds"
        raise OSError(f'the program dot failed: {reason}; use layout="built-in"') from None


def dot_source(grid: Grid, gap: float) -> str:
    """The input of ``dot``: boxes without text, a rank for each column, and lines; boxes include half of the gap."""
    lines = [f"digraph {{ graph [rankdir=LR, ordering=in, nodesep={gap / 2 / POINTS_PER_INCH:.3f}]"]
    lines += ['node [shape=box, fixedsize=true, label=""]']
    for column in grid.columns:
        boxes = []
        for i in column:
            _, right, up, down = grid.extents[i]
            boxes.append(f"b{i} [height={(2 * max(up, down) + gap / 2 * bool(right)) / POINTS_PER_INCH:.3f}]")
        lines.append(f"{{ rank=same; {'; '.join(boxes)} }}")
    for i, before in enumerate(grid.before):
        lines += [f"b{neighbor} -> b{i} [weight={weight:g}]" for neighbor, _, weight in before]
    return "\n".join([*lines, "}"])


Layout = Literal["built-in", "dot"]
ENGINES = {"built-in": heights_by_order, "dot": heights_by_dot}


def make_plan(
    blocks: Sequence[Block], links: Sequence[Link], engine: str = "built-in", width: float | None = None,
    down: bool = False, tight: bool = False, margin: float = MARGIN
) -> Plan:  # fmt: skip
    """The plan by an engine, to the right in rows of a width or ``down``, ``tight`` where room is scarce."""
    if engine not in ENGINES:
        raise ValueError(f"no layout is called {engine!r:.60}: choose one of {', '.join(ENGINES)}")
    plan = frame_plan(layered_plan(blocks, links, ENGINES[engine], tight, tight), blocks, links, margin)
    if down:
        return plan.transform(lambda at: (at[1], at[0]), plan.height, plan.width)  # its lines go down
    if width is None or plan.width <= width:
        return plan
    if plan.width <= NEAR * width and not tight:
        plan = frame_plan(layered_plan(blocks, links, ENGINES[engine], close=True), blocks, links)
    return plan if plan.width <= width else wrap(plan, blocks, links, width, tight)


def frame_plan(plan: Plan, blocks: Sequence[Block], links: Sequence[Link], margin: float = MARGIN) -> Plan:
    """The plan with its size, moved so that everything is inside its margins."""
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
    size = max(xs) + left + margin, max(ys) + top + margin
    return plan.transform(lambda at: (at[0] + left, at[1] + top), *size)
