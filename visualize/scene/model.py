"""Boxes, arrows and steps: what a picture is made of, as plain data.

Nothing here knows a coordinate. An id tells the place of a node in the graph, oldest first, so it is the
same on every run, and the same whether other nodes are folded or not.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Box:
    """What stands still: a leaf, a gate, a constant, the output's name, or a part of the graph that is folded."""

    id: str  # "node-3" for the fourth oldest node, "constant-3-1" for its second operand, "output"
    kind: str  # "leaf", "op", "constant", "output" or "fold"
    name: str = ""  # the label
    alias: str = ""  # what the steps call a node without a label
    symbol: str = ""  # what stands in the circle
    value: float | None = None
    gradient: float | None = None  # None where gradients are not shown
    shared: bool = False  # several arrows leave it, so that name and gradient stand at the box
    total: bool = False  # the gradient is written at the box: it is more than what one arrow brings
    stale: bool = False  # its number is out of date
    kink: bool = False  # its local gradients are a convention here
    words: str = ""  # all of it in words
    told: str = ""  # an input's value where it stands beside its name instead of at its arrows


@dataclass(eq=False, slots=True)
class Arrow:
    """What flows: a value forward and, below it, its part of the gradient back: upstream * local = gradient."""

    id: str  # "edge-3-1" into the second operand of the fourth oldest node, "edge-output"
    source: str  # the id of a box
    target: str
    place: int = 0  # which operand of the target it is
    value: float | None = None
    gradient: float | None = None
    upstream: float | None = None
    local: float | None = None
    ordered: bool = False  # whether its place matters to the eye
    name: str = ""  # whose value it is, where the box behind it does not say so
    count: int = 1  # how many arrows it stands for


@dataclass(eq=False, slots=True)
class Step:
    """One step of the forward or the backward pass, and what of the picture it is about."""

    phase: str  # "forward", "start" or "backward"
    box: str
    arrow: str  # "" for a gate
    total: float | None  # the gradient that has arrived by now at the box the arrow comes from
    text: str
    sentence: str
    number: int = 0


@dataclass(eq=False, slots=True)
class Scene:
    """Boxes, arrows and steps, oldest first, with a title, a description in words, and notes for the reader."""

    digits: int | None = None
    products: bool = False  # whether gradients are written as products
    values: bool = True
    gradients: bool | str = True  # "blank": to be filled in
    down: bool = False  # down the page, not to the right
    line: float = 17.0  # pixels from one line of text to the next
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    net: list[list[list[float]]] = field(default_factory=list)  # the weights of every unit, where it folds a net
    lit: dict[str, str] = field(default_factory=dict)  # ids of what stands out, as "lit" or a way "back"
    title: str = ""
    description: str = ""
