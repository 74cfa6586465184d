"""Where everything stands: rectangles and lines become positions, by ``dot`` where it is found, else by ourselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]

MARGIN = 20.0
MANY = 400  # dot takes too long for more blocks and texts than this
ENGINES = ("auto", "dot", "built-in")


@dataclass(eq=False)
class Block:
    """A rectangle to be placed; its lines come in at the left and go out at the right, half way down.

    ``left``, ``right``, ``up`` and ``down`` are what it needs around that point; the body in the middle reaches
    ``body`` to both sides and has corners of radius ``round``; texts beside it start at ``beside``. An ``entry``
    has no way in; a ``named`` one is an input.
    """

    id: str
    left: float
    right: float
    up: float
    down: float
    round: float = 0.0
    entry: bool = False
    named: bool = False

    def __post_init__(self) -> None:
        self.body = self.beside = self.left


@dataclass(eq=False)
class Link:
    """A line to be led from a block to a block.

    ``place`` is which of the target's ways in it takes, from the top, or None where that is free. Texts of
    some ``width``, reaching ``up`` and ``down``, go with it; they need a place of their own where it stands ``apart``.
    """

    id: str
    source: str
    target: str
    place: int | None = None
    width: float = 0.0
    up: float = 0.0
    down: float = 0.0
    apart: bool = False


@dataclass(eq=False)
class Plan:
    """The answer: the middles of blocks, the points that a link's texts stand above and below of, the curves.

    A curve goes from body to body: a start, then three points for each cubic Bezier piece.
    """

    width: float = 0.0
    height: float = 0.0
    blocks: dict[str, Point] = field(default_factory=dict)
    texts: dict[str, Point] = field(default_factory=dict)
    curves: dict[str, list[Point]] = field(default_factory=dict)


def planned(blocks: Sequence[Block], links: Sequence[Link], engine: str = "auto") -> Plan:
    """The plan by ``dot`` where the engine is "auto" and it is found, else by the layout built in.

    ValueError for an unknown engine, FileNotFoundError for "dot" if there is no such program on the PATH.
    """
    if engine not in ENGINES:
        raise ValueError(f"no layout is called {engine!r}: choose one of {', '.join(ENGINES)}")
    import shutil

    from .dot import attempt, plan_by_dot
    from .sugiyama import layered_plan

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


def landings(
    blocks: Mapping[str, Block], links: Sequence[Link], coming: Mapping[str, float]
) -> dict[str, tuple[float, float]]:
    """For every link the point where it ends, seen from the middle of its target; ``coming`` from which height.

    Lines into one block end side by side on its edge: in the order of their places, or of where they come from.
    """
    into: dict[str, list[Link]] = {}
    for link in links:
        into.setdefault(link.target, []).append(link)
    ends = {}
    for target, arriving in into.items():
        block = blocks[target]
        arriving = sorted(arriving, key=lambda link: coming[link.id] if link.place is None else link.place)
        space = min(12.0, 26.0 / max(1, len(arriving) - 1))
        for i, link in enumerate(arriving):
            y = (i - (len(arriving) - 1) / 2) * space
            ends[link.id] = -block.body + block.round - (max(0.0, block.round**2 - y**2)) ** 0.5, y
    return ends


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
