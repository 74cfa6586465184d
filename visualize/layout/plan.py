"""A layout as plain data: rectangles and lines to be placed, and the plan that says where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]


@dataclass(eq=False)
class Block:
    """A rectangle to be placed; its lines come in at the left and go out at the right, half way down."""

    id: str
    left: float  # what it needs around that point
    right: float
    up: float
    down: float
    round: float = 0.0  # the radius of its corners
    entry: bool = False  # no way in
    named: bool = False  # an input

    def __post_init__(self) -> None:
        self.body = self.beside = self.left  # half its own width; where texts beside it start


@dataclass(eq=False)
class Link:
    """A line to be led from a block to a block."""

    id: str
    source: str
    target: str
    place: int | None = None  # which of the target's ways in it takes, from the top; None: any
    width: float = 0.0  # of its texts, which reach up and down
    up: float = 0.0
    down: float = 0.0
    apart: bool = False  # whether its texts need a place of their own


@dataclass(eq=False)
class Plan:
    """The positions that a layout has found."""

    width: float = 0.0
    height: float = 0.0
    blocks: dict[str, Point] = field(default_factory=dict)  # the middles
    texts: dict[str, Point] = field(default_factory=dict)  # points between the texts above and below a link
    curves: dict[str, list[Point]] = field(default_factory=dict)  # a start, then three points for each Bezier piece
    ends: list[float] = field(default_factory=list)  # the left end of the first column, the right ends of all

    def transform(self, move: Callable[[Point], Point], width: float, height: float) -> Plan:
        """The plan of that size with every point moved."""
        blocks, texts = [{id: move(at) for id, at in points.items()} for points in (self.blocks, self.texts)]
        curves = {id: [move(at) for at in curve] for id, curve in self.curves.items()}
        return Plan(width, height, blocks, texts, curves, [move((x, 0.0))[0] for x in self.ends])


def landings(
    blocks: Mapping[str, Block], links: Sequence[Link], coming: Mapping[str, float]
) -> dict[str, tuple[float, float]]:
    """Where every link ends, seen from its target's middle: side by side, by place or by the height it comes from."""
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
