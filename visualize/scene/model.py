"""The boxes, arrows and steps of a picture, as plain data without coordinates; ids are the same on every run."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Box:
    """A leaf, a gate, a constant, the name of the output, or a folded part of the graph."""

    id: str  # "node-3" for the fourth oldest node, "constant-3-1" for its second operand, "output"
    kind: str  # "leaf", "op", "constant", "output" or "fold"
    name: str = ""  # the label
    alias: str = ""  # the name that the steps give a node without a label
    symbol: str = ""  # the text in the circle
    value: float | None = None
    gradient: float | None = None  # None where gradients are not shown
    shared: bool = False  # several arrows leave it: name and gradient are written at the box
    total: bool = False  # the gradient is written at the box: one arrow carries only a part of it
    stale: bool = False  # its value is out of date
    kink: bool = False  # its local gradients are a convention here
    words: str = ""  # the description of the box
    text: str = ""  # an input's value, if written next to its name instead of at its arrows


@dataclass(eq=False, slots=True)
class Arrow:
    """A value that flows forward, and its part of the gradient that flows back: upstream * local = gradient."""

    id: str  # "edge-3-1" into the second operand of the fourth oldest node, "edge-output"
    source: str  # the id of a box
    target: str
    place: int = 0  # the index of the operand of its target
    value: float | None = None
    gradient: float | None = None
    upstream: float | None = None
    local: float | None = None
    ordered: bool = False  # the order of the operands matters
    name: str = ""  # the name of the value, unless the source box shows it
    count: int = 1  # the number of arrows bundled in it


@dataclass(eq=False, slots=True)
class Step:
    """One step of the forward or the backward pass, with the box and arrow that it concerns."""

    phase: str  # "forward", "start" or "backward"
    box: str
    arrow: str  # "" for a gate
    total: float | None  # the gradient accumulated so far at the source of the arrow
    text: str
    sentence: str
    number: int = 0


@dataclass(eq=False, slots=True)
class Scene:
    """Boxes, arrows and steps, oldest first, with a title, a description, and notes for the reader."""

    digits: int | None = None
    products: bool = False  # write gradients as products
    values: bool = True
    gradients: bool | str = True  # "blank": boxes to fill in
    down: bool = False  # arrows go down, not to the right
    line: float = 17.0  # line height of texts in pixels
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    net: list[list[list[float]]] = field(default_factory=list)  # the weights of every unit of a folded net
    lit: dict[str, str] = field(
        default_factory=dict
    )  # highlighted ids, each "lit" or (an arrow of the backward pass) "back"
    title: str = ""
    description: str = ""
    caption: list[str] = field(default_factory=list)  # lines under the picture
