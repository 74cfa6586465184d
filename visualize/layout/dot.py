"""A layout made by the program ``dot`` of Graphviz: sizes out, positions back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .plan import Block, Link, Plan, Point, landings
from .sugiyama import air, arranged, bend, level, ranks

PATIENCE = 10.0  # seconds; dot takes less than one
INCH = 72.0  # dot measures sizes in inches and positions in points; a point is our pixel


def plan_by_dot(blocks: Sequence[Block], links: Sequence[Link], close: bool = False) -> Plan:
    """The plan that ``dot`` makes.

    Raises
    ------
    OSError
        If the program cannot be started, fails, does not answer in time, or answers no layout.
    """
    blocks, pieces = with_texts(blocks, links)
    columns = sorted_into_columns(blocks, pieces)
    answer = asked(source(blocks, pieces, columns, close))
    try:
        found = {thing["name"]: point(thing["pos"]) for thing in answer["objects"] if "pos" in thing}
        curves = {edge["id"]: [point(text) for text in edge["pos"].split()] for edge in answer["edges"]}
        middles, splines = [found[f"b{i}"] for i in range(len(blocks))], [curves[f"e{i}"] for i in range(len(pieces))]
    except (LookupError, TypeError, ValueError):
        raise OSError("what it answers is no layout") from None
    plan, spans = Plan(), {}
    for column in columns:
        wide, offsets = arranged([(blocks[i].left, blocks[i].right, blocks[i].entry) for i in column])
        for i, offset in zip(column, offsets):
            x, y = middles[i]
            plan.blocks[blocks[i].id] = x - wide / 2 + offset, y
            spans[blocks[i].id] = x - wide / 2, x + wide / 2
    connect(plan, blocks, links, spans, pieces, splines)
    return plan


def asked(text: str) -> Any:
    """What the program ``dot`` answers; OSError, saying what went wrong, where there is no answer."""
    import json
    import subprocess

    try:
        done = subprocess.run(["dot", "-Tjson0"], input=text.encode(), capture_output=True, timeout=PATIENCE)
        if done.returncode:
            raise OSError(f"exit status {done.returncode} {done.stderr.decode(errors='replace').strip():.200}".strip())
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"no answer in {PATIENCE:g} seconds") from None
    except ValueError:
        raise OSError("what it answers is no layout") from None


def with_texts(blocks: Sequence[Block], links: Sequence[Link]) -> tuple[list[Block], list[tuple[str, str, Link]]]:
    """The blocks and (source, target, link) pieces, where texts that stand apart are blocks of their own."""
    blocks, pieces = list(blocks), []
    for link in links:
        if link.apart:
            blocks.append(Block(link.id, link.width / 2, link.width / 2, link.up, link.down))
            pieces += [(link.source, link.id, link), (link.id, link.target, link)]
        else:
            pieces.append((link.source, link.target, link))
    return blocks, pieces


def sorted_into_columns(blocks: Sequence[Block], pieces: Sequence[tuple[str, str, Link]]) -> list[list[int]]:
    """The numbers of the blocks on every rank."""
    number = {block.id: i for i, block in enumerate(blocks)}
    rank = ranks(blocks, [(number[start], number[end], 1) for start, end, _ in pieces])
    return [[i for i in range(len(blocks)) if rank[i] == column] for column in range(max(rank) + 1)]


def source(
    blocks: Sequence[Block], pieces: Sequence[tuple[str, str, Link]], columns: Sequence[Sequence[int]], close: bool
) -> str:
    """What ``dot`` is asked: boxes of fixed size without a text, as wide as their columns, and lines between them."""
    number = {block.id: i for i, block in enumerate(blocks)}
    gap, clearance = air([len(column) for column in columns], close)
    lines = [
        f"digraph {{ graph [rankdir=LR, ordering=in, nodesep={gap / INCH:.3f}, ranksep={clearance / INCH:.3f}]",
        'node [shape=box, fixedsize=true, label=""]',
        "edge [dir=none, tailport=e, headport=w]",
    ]
    for column in columns:
        wide, _ = arranged([(blocks[i].left, blocks[i].right, blocks[i].entry) for i in column])
        sizes = [(wide / INCH, 2 * max(blocks[i].up, blocks[i].down) / INCH) for i in column]
        boxes = [f"b{i} [width={width:.3f}, height={high:.3f}]" for i, (width, high) in zip(column, sizes)]
        lines.append(f"{{ rank=same; {'; '.join(boxes)} }}")
    for i, (start, end, _) in enumerate(pieces):
        lines.append(f"b{number[start]} -> b{number[end]} [id=e{i}]")
    return "\n".join([*lines, "}"])


def point(text: str) -> Point:
    """ "3.5,7" as a point, y downwards."""
    x, y = map(float, text.split(","))
    if x - x or y - y:
        raise ValueError(f"{text} is no point")
    return x, -y


def connect(
    plan: Plan,
    blocks: Sequence[Block],
    links: Sequence[Link],
    spans: dict[str, Point],
    pieces: Sequence[tuple[str, str, Link]],
    splines: Sequence[list[Point]],
) -> None:
    """Lead every line from its source's body past its texts to its landing: by ``dot``'s way where there are things
    between, else in one bend."""
    by_id = {block.id: block for block in blocks}
    coming = {link.id: plan.blocks[start][1] if len(spline) == 4 else spline[-4][1]
              for (start, _, link), spline in zip(pieces, splines)}  # fmt: skip
    ends = landings(by_id, links, coming)
    nearest = min([spans[end][0] - spans[start][1] for start, end, _ in pieces])
    for (start, end, link), spline in zip(pieces, splines):
        (x, y), body = plan.blocks[start], by_id[start]
        if start == link.id:
            curve = plan.curves[link.id]
            plan.texts[link.id] = x, y
        else:
            curve = plan.curves[link.id] = [(x + body.body, y)]
        level(curve, spans[start][1])
        x, y = plan.blocks[end]
        goal = (x - by_id[end].left, y) if end == link.id else (x + ends[link.id][0], y + ends[link.id][1])
        if spans[end][0] - spans[start][1] > 1.5 * nearest:
            curve += [*around(curve[-1], spline, (spans[end][0], goal[1]))]
        else:
            bend(curve, spans[end][0], goal[1])
        level(curve, goal[0])


def around(start: Point, spline: Sequence[Point], goal: Point) -> list[Point]:
    """The spline without its start, its two ends moved to the start and the goal."""
    first, last = spline[0], spline[-1]
    second = spline[1][0] + start[0] - first[0], spline[1][1] + start[1] - first[1]
    before = spline[-2][0] + goal[0] - last[0], spline[-2][1] + goal[1] - last[1]
    return [second, *spline[2:-2], before, goal]
