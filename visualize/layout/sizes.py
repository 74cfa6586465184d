"""The texts of a scene and the room that they take, as input of a layout."""

from __future__ import annotations

from dataclasses import replace

from autodiff.formula import show
from autodiff.notation import Name

from .._text import pretty, shorten, width
from ..scene.model import Arrow, Box, Scene
from ..style import TEXTS
from .plan import Block, Link

Runs = list[tuple[str, str]]  # adjacent texts, each with its style

RADIUS = 16.0
ROOM = 66.0  # the least width in a folded part, for the number of a step
TIGHT_LINE = 14.0  # line height where room is scarce
TALL = 17.0  # the least line height of a name
MAX_LABEL = 24  # characters; longer labels are shortened
SHORTEST = 52.0  # the least length of a line with texts
BLANK = "_" * 7  # as wide as the box for a gradient
DEEP = 42.0  # the length of a downward line with texts
BESIDE = 6.0  # from a downward line to the texts at its right
SPACE = 5.0  # between adjacent texts


def runs_width(runs: Runs) -> float:
    """The width of adjacent texts."""
    return sum(width(text, TEXTS[style].size, TEXTS[style].bold) + gap(style) for text, style in runs) - SPACE


def gap(style: str) -> float:
    """The space before a text of this style: none before an index."""
    return 0.0 if TEXTS[style].drop else SPACE


def number_text(x: float, scene: Scene) -> str:
    """A number as drawn."""
    return pretty(show(x, scene.digits))


def label_runs(label: str, style: str = "name") -> Runs:
    """A label as on slides: its base in the style, then its indices."""
    name = Name(shorten(label, MAX_LABEL))
    runs = [(name.stem, style), (name.upper, "upper"), (name.lower, "lower")]
    return [(text, look) for text, look in runs if text]


def equation_runs(label: str, value: str) -> Runs:
    """``label = value``, or the value alone if it has no label."""
    return [*label_runs(label), ("=", "name"), (value, "data")] if label else [(value, "data")]


def above(arrow: Arrow, scene: Scene) -> Runs:
    """The text above an arrow: the name of the value, and the value."""
    if arrow.count > 1:
        return [(f"{arrow.count:,} values", "count")]
    if arrow.value is None or not scene.values:
        return label_runs(arrow.name)
    return equation_runs(arrow.name, number_text(arrow.value, scene))


def below(arrow: Arrow, scene: Scene) -> Runs:
    """The text below an arrow: the gradient that flows back over it."""
    numbers = arrow.upstream, arrow.local, arrow.gradient
    if not scene.products or scene.gradients is not True or None in numbers:
        return gradient_of(arrow.gradient, scene)
    upstream, local, gradient = [number_text(x, scene) for x in numbers if x is not None]
    return [(f"[{upstream}] \N{MULTIPLICATION SIGN} [{local}] = {gradient}", "product")]


def gradient_of(gradient: float | None, scene: Scene) -> Runs:
    """A gradient, or the box to write it in."""
    if gradient is None or not scene.gradients:
        return []
    return [(BLANK, "blank")] if scene.gradients == "blank" else [(f"∇ {number_text(gradient, scene)}", "gradient")]


def inside(box: Box) -> Runs:
    """The text in a box, or in its place."""
    if box.kind == "constant":
        return [(pretty(shorten(box.name, MAX_LABEL)), "number")]
    if box.kind == "op":
        return [(pretty(box.symbol), "symbol" if len(box.symbol) == 1 else "word")]
    if box.kind == "fold":
        return label_runs(box.name, "title")
    return equation_runs(box.name, box.text) if box.text else label_runs(box.name)


def over(box: Box) -> Runs:
    """The name over a gate if no arrow shows it: its label, or its name in the steps."""
    if box.kind == "op" and box.shared and box.name:
        return label_runs(box.name)
    return [(str(Name(box.alias)), "alias")] if box.alias else []


def under(box: Box, scene: Scene) -> Runs:
    """The gradient under a box."""
    return gradient_of(box.gradient, scene) if box.total else []


def half_width(box: Box) -> float:
    """Half the width of the box itself."""
    text = runs_width(inside(box))
    if box.kind == "op":
        return max(RADIUS, text / 2 + 8.0)
    return max(text, runs_width([(box.symbol, "count")]), ROOM) / 2 + 10.0 if box.kind == "fold" else text / 2 + 3.0


def half_height(box: Box) -> float:
    """Half the height of the box itself."""
    other = 9.0 + box.total + 2.0 * bool(Name(box.name).upper) if box.text else 11.0
    return {"op": RADIUS, "fold": 21.0 if box.name else RADIUS, "constant": 8.0}.get(box.kind, other)


def high(runs: Runs, scene: Scene) -> float:
    """The height of a line of text."""
    if not runs:
        return 0.0
    return max(scene.line, {"name": TALL}.get(runs[0][1], 0.0)) + 3.0 * any(style == "upper" for _, style in runs)


def label_width(arrow: Arrow, scene: Scene) -> float:
    """The length that an arrow needs for the texts above and below it."""
    texts = [runs_width(runs) for runs in (above(arrow, scene), below(arrow, scene)) if runs]
    return max(SHORTEST, max(texts) + 12.0) if texts else 0.0


def tighten(scene: Scene) -> Scene:
    """The scene in less room: small line height, and the value of an input once, next to its name."""
    texts = {box.id: number_text(box.value, scene) for box in scene.boxes
             if box.kind == "leaf" and box.value is not None and scene.values}  # fmt: skip
    boxes = [replace(box, text=texts.get(box.id, "")) for box in scene.boxes]
    arrows = [replace(arrow, value=None) if arrow.source in texts else arrow for arrow in scene.arrows]
    return replace(scene, line=TIGHT_LINE, boxes=boxes, arrows=arrows)


def blocks_and_links(scene: Scene) -> tuple[list[Block], list[Link]]:
    """The scene as rectangles and lines; the texts of the only arrow that leaves a box belong to its rectangle."""
    leaving: dict[str, list[Arrow]] = {}
    for arrow in scene.arrows:
        leaving.setdefault(arrow.source, []).append(arrow)
    blocks = [block(box, leaving.get(box.id, []), scene) for box in scene.boxes]
    links = []
    for arrow in scene.arrows:
        alone = len(leaving[arrow.source]) == 1
        link = Link(arrow.id, arrow.source, arrow.target, arrow.place if arrow.ordered else None)
        link.width = label_width(arrow, scene)
        link.apart = not alone and link.width > 0.0
        link.up, link.down = high(above(arrow, scene), scene), high(below(arrow, scene), scene)
        if scene.down and link.width:
            link.up, link.down, link.width = 3.0, link.width + BESIDE - 12.0, DEEP
        links.append(link)
    return blocks, links


def block(box: Box, leaving: list[Arrow], scene: Scene) -> Block:
    """The rectangle of a box with its texts, which are at the right if lines go down."""
    half, height, arrow = half_width(box), half_height(box), leaving[0] if len(leaving) == 1 else None
    made = Block(box.id, *((height, height, half, half) if scene.down else (half, half, height, height)))
    made.round = RADIUS if (half == RADIUS if scene.down else box.kind == "op") else 0.0
    made.entry, made.named = box.kind in ("leaf", "constant"), box.kind == "leaf"
    around = over(box), under(box, scene)
    behind = (above(arrow, scene), below(arrow, scene)) if arrow else ([], [])
    wide = [runs_width(runs) if runs else 0.0 for runs in around]
    if scene.down:
        made.right += DEEP * any(behind)
        beside = [half + x for x in wide if x] + [runs_width(x) for x in behind if x]
        made.down = max([made.down, *[x + BESIDE for x in beside]])
        return made
    made.left, made.right = max(half, *[x / 2 for x in wide]), max(half, *[x / 2 for x in wide])
    made.up, made.down = [max(height + high(x, scene), high(y, scene)) for x, y in zip(around, behind)]
    if arrow:
        made.beside = max(half, wide[1] / 2 + 2.0 if wide[1] else 0.0)
        made.right = max(made.right, made.beside + label_width(arrow, scene))
    return made
