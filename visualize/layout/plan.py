"""A layout as plain data: rectangles and lines to place, and the plan of their positions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]


@dataclass(eq=False, slots=True)
class Block:
    """A rectangle to place; lines enter at the left and leave at the right of its middle."""

    id: str
    left: float  # the space around the middle
    right: float
    up: float
    down: float
    round: float = 0.0  # the radius of its corners
    entry: bool = False  # an input or a constant
    named: bool = False  # an input
    body: float = field(init=False)  # half the width of the box itself
    beside: float = field(init=False)  # where the texts next to it start

    def __post_init__(self) -> None:
        self.body = self.beside = self.left


@dataclass(eq=False, slots=True)
class Link:
    """A line to draw from one block to another."""

    id: str
    source: str
    target: str
    place: int | None = None  # its place among the lines into the target, from the top; None: any
    width: float = 0.0  # the size of its texts
    up: float = 0.0
    down: float = 0.0
    apart: bool = False  # its texts need a place of their own


@dataclass(eq=False, slots=True)
class Plan:
    """The positions found by a layout."""

    width: float = 0.0
    height: float = 0.0
    blocks: dict[str, Point] = field(default_factory=dict)  # their middles
    texts: dict[str, Point] = field(default_factory=dict)  # points between the texts above and below a link
    curves: dict[str, list[Point]] = field(default_factory=dict)  # a start, then three points for each Bezier piece
    ends: list[float] = field(default_factory=list)  # the left end of the first column, the right ends of all

    def transform(self, move: Callable[[Point], Point], width: float, height: float) -> Plan:
        """The plan with every point moved, and a new size."""
        blocks, texts = [{id: move(at) for id, at in points.items()} for points in (self.blocks, self.texts)]
        curves = {id: [move(at) for at in curve] for id, curve in self.curves.items()}
        return Plan(width, height, blocks, texts, curves, [move((x, 0.0))[0] for x in self.ends])


def landings(
    blocks: Mapping[str, Block], links: Sequence[Link], coming: Mapping[str, float]
) -> dict[str, tuple[float, float]]:
    """The end of every link, relative to the middle of its target: side by side, by place or by height of origin."""
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
