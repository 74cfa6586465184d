"""A layout as plain data: rectangles and lines to be placed, and the plan that says where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]


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
        self.body = self.beside = self.left  # as long as nothing stands around it


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

    A curve goes from body to body: a start, then three points for each cubic Bezier piece. ``ends`` are the left end
    of the first column and the right ends of all.
    """

    width: float = 0.0
    height: float = 0.0
    blocks: dict[str, Point] = field(default_factory=dict)
    texts: dict[str, Point] = field(default_factory=dict)
    curves: dict[str, list[Point]] = field(default_factory=dict)
    ends: list[float] = field(default_factory=list)


def turned(plan: Plan) -> Plan:
    """The plan with its lines going down instead of to the right."""

    def flipped(points: Mapping[str, Point]) -> dict[str, Point]:
        return {id: (y, x) for id, (x, y) in points.items()}

    curves = {id: [(y, x) for x, y in curve] for id, curve in plan.curves.items()}
    return Plan(plan.height, plan.width, flipped(plan.blocks), flipped(plan.texts), curves)


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
