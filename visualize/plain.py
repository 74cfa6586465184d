"""Boxes, arrows and steps: what a picture is made of, as plain data.

Nothing here knows a coordinate. An id tells the place of a node in the graph, oldest first, so it is the
same on every run, and the same whether other nodes are folded or not.
"""

from __future__ import annotations

from typing import Any, TypeVar

Record = TypeVar("Record", bound="Plain")


class Plain:
    """A record whose slots are all there is to know about it."""

    __slots__: tuple[str, ...] = ()

    def but(self: Record, **slots: Any) -> Record:
        """A copy with other entries in some slots."""
        copy = object.__new__(type(self))
        for name in self.__slots__:
            setattr(copy, name, slots.get(name, getattr(self, name)))
        return copy

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'id', '')}>"


class Box(Plain):
    """What stands still: a leaf, a gate, a constant, the output's name, or a part of the graph that is folded.

    Attributes
    ----------
    id : str
        "node-3" for the fourth oldest node, "constant-3-1" for its second operand, "output".
    kind : str
        "leaf", "op", "constant", "output" or "fold".
    name, symbol : str
        The label ("" where there is none), and what stands in the circle.
    value, gradient : float or None
        Its numbers; None where it has none, or where gradients are not shown.
    shared : bool
        Whether several arrows leave it, so that name and gradient stand at the box.
    total : bool
        Whether the gradient is to be written at the box: it is more than what one arrow brings.
    stale, kink : bool
        Whether the number is out of date, and whether the local gradients are a convention here.
    words : str
        All of it in words.
    """

    __slots__ = (
        "gradient",
        "id",
        "kind",
        "kink",
        "name",
        "shared",
        "stale",
        "symbol",
        "total",
        "value",
        "words",
    )

    def __init__(self, id: str, kind: str, name: str = "", symbol: str = "", value: float | None = None) -> None:
        self.id = id
        self.kind = kind
        self.name = name
        self.symbol = symbol
        self.value = value
        self.gradient: float | None = None
        self.shared = self.total = self.stale = self.kink = False
        self.words = ""


class Arrow(Plain):
    """What flows: a value forward and, below it, its part of the gradient back.

    Attributes
    ----------
    id : str
        "edge-3-1" into the second operand of the fourth oldest node, "edge-output".
    source, target : str
        The ids of two boxes.
    place : int
        Which operand of the target it is; ``ordered`` says whether that matters to the eye.
    name : str
        Whose value it is, where the box behind it does not say so.
    value, gradient, upstream, local : float or None
        What flows, and upstream * local = gradient.
    count : int
        How many arrows it stands for.
    """

    __slots__ = (
        "count",
        "gradient",
        "id",
        "local",
        "name",
        "ordered",
        "place",
        "source",
        "target",
        "upstream",
        "value",
    )

    def __init__(self, id: str, source: str, target: str, place: int = 0, value: float | None = None) -> None:
        self.id = id
        self.source = source
        self.target = target
        self.place = place
        self.ordered = False
        self.name = ""
        self.value = value
        self.gradient: float | None = None
        self.upstream: float | None = None
        self.local: float | None = None
        self.count = 1


class Step(Plain):
    """One step of the forward or the backward pass, and what of the picture it is about.

    ``phase`` is "forward", "start" or "backward"; ``arrow`` is "" for a gate; ``total`` is the gradient that has
    arrived by now at the box the arrow comes from.
    """

    __slots__ = ("arrow", "box", "number", "phase", "sentence", "text", "total")

    def __init__(self, phase: str, box: str, arrow: str, total: float | None, text: str, sentence: str) -> None:
        self.number = 0
        self.phase = phase
        self.box = box
        self.arrow = arrow
        self.total = total
        self.text = text
        self.sentence = sentence


class Scene(Plain):
    """Boxes, arrows and steps, oldest first, with a title, a description in words, and notes for the reader."""

    __slots__ = ("arrows", "boxes", "description", "digits", "notes", "products", "steps", "title")

    def __init__(self, digits: int | None = None, products: bool = False) -> None:
        self.digits = digits
        self.products = products
        self.boxes: list[Box] = []
        self.arrows: list[Arrow] = []
        self.steps: list[Step] = []
        self.notes: list[str] = []
        self.title = self.description = ""
