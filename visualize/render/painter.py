"""The painter: turns a scene and a plan into marks (shapes and texts with coordinates) for all renderers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .._text import pretty, width
from ..layout import sizes
from ..layout.plan import Plan, Point
from ..layout.sizes import Runs
from ..scene.model import Arrow, Box, Scene
from ..style import DARK, LIGHT, TEXTS

POINT = 0.75  # points per pixel
HEAD = 8.0  # the length of an arrowhead
UNIT, COLUMN, TALL = 18.0, 84.0, 20  # a net's diagram: the space of a unit and of a layer, and its most units
SLIDE = 1280.0  # the diagram is at the right of the graph if both fit this width, else below it
STRENGTHS = ("thin", "line", "lit-line")  # styles of a weight, by its share of the largest
CLASSES = {"leaf": "value leaf", "op": "value op", "fold": "value fold", "constant": "constant", "output": "output"}


@dataclass(eq=False, slots=True)
class Shape:
    """A curve ("M", then Bezier pieces), a polygon, or a rectangle with round corners, in a style of ``SHAPES``."""

    kind: str
    style: str
    points: Sequence[Point]
    radius: float = 0.0


@dataclass(eq=False, slots=True)
class Text:
    """Adjacent texts, each in a style of ``TEXTS``; x is the start or the middle of the whole."""

    x: float
    y: float
    runs: Runs
    anchor: str = "middle"


@dataclass(eq=False, slots=True)
class Group:
    """The marks of one element, with its id, classes and description."""

    id: str
    classes: str
    words: str = ""
    marks: list[Shape | Text] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Drawing:
    """A finished picture: its size, description, and groups of marks."""

    width: float
    height: float
    title: str
    description: str
    groups: list[Group] = field(default_factory=list)
    scale: float = 1.0  # of the written file
    palettes: tuple[dict[str, str], dict[str, str]] = (LIGHT, DARK)


def paint(scene: Scene, plan: Plan, lines: int = 0) -> Drawing:
    """The drawing of a scene by a plan, with room for a caption of some lines."""
    texts = [*[(pretty(line), "caption") for line in scene.caption], *[(note, "note") for note in scene.notes]]
    wide = max([plan.width, *[width(text, TEXTS[style].size) + 40.0 for text, style in texts]])
    drawing = Drawing(wide, plan.height, scene.title, scene.description)
    drawing.groups += [arrow_group(arrow, scene, plan, scene.lit.get(arrow.id, "")) for arrow in scene.arrows]
    drawing.groups += [box_group(box, scene, plan, box.id in scene.lit) for box in scene.boxes]
    room = 20.0 * lines + 6.0 if lines else 0.0
    below = [6.0 + 20.0 * i for i in range(len(scene.caption))]
    below += [(room or -2.0) + 16.0 * i for i in range(len(scene.notes))]
    for (text, style), y in zip(texts, below):
        drawing.groups.append(Group("", style, marks=[Text(20.0, plan.height + y, [(text, style)], "start")]))
    drawing.height += room + 16.0 * len(scene.notes)
    if scene.net:
        counts = [len(scene.net[0][0]), *map(len, scene.net)]
        across, down = COLUMN * len(counts), UNIT * min(TALL, max(counts)) + 86.0
        beside = not scene.down and drawing.width + across <= SLIDE
        corner = (drawing.width, max(0.0, (plan.height - down) / 2)) if beside else (0.0, drawing.height)
        drawing.groups.append(net_group(scene.net, counts, *corner))
        drawing.width = max(drawing.width, corner[0] + across)
        drawing.height = max(drawing.height, corner[1] + down)
    return drawing


def net_group(net: Sequence[Sequence[Sequence[float]]], counts: Sequence[int], left: float, top: float) -> Group:
    """The diagram of a net: units in columns, weights as lines, thicker if larger, dashed if negative."""
    group, shown = Group("", "net", f"A net of {'-'.join(map(str, counts))} units"), [min(TALL, n) for n in counts]
    middle, largest = top + 30.0 + UNIT * max(shown) / 2, max([abs(w) for layer in net for row in layer for w in row])
    bottom, right = middle + UNIT * max(shown) / 2, left + COLUMN * len(counts)
    xs = [left + COLUMN * (i + 0.5) for i in range(len(shown))]
    places = [[(x, middle + UNIT * (k - (n - 1) / 2)) for k in range(n)] for x, n in zip(xs, shown)]
    for number, (layer, inputs, units) in enumerate(zip(net, places, places[1:]), 1):
        for b, weights in zip(units, layer):
            for a, weight in zip(inputs, weights):
                style = STRENGTHS[min(2, int(3.0 * abs(weight) / (largest or 1.0)))]
                group.marks.append(Shape("curve", style + "-below" * (weight < 0.0), [a, a, b, b]))
        group.marks.append(Text((inputs[0][0] + units[0][0]) / 2, top + 18.0, sizes.label_runs(f"W{number}")))
    for size, units in zip(counts, places):
        group.marks += [Shape("rectangle", "gate", [(x - 6.0, y - 6.0), (x + 6.0, y + 6.0)], 6.0) for x, y in units]
        group.marks.append(Text(units[0][0], bottom + 22.0, [(f"{size:,}", "count")]))
    group.marks.append(Text((left + right) / 2, bottom + 40.0, [("dashed: a negative weight", "note")]))
    return group


def arrow_group(arrow: Arrow, scene: Scene, plan: Plan, lit: str) -> Group:
    """An arrow: its line, its head, the value above it and the gradient below."""
    group, curve = Group(arrow.id, {"": "edge", "lit": "edge lit", "back": "edge lit back"}[lit]), plan.curves[arrow.id]
    x, y = curve[-1]
    head = 0.0 if arrow.target.startswith("output") else HEAD if arrow.source.startswith("node") else HEAD - 3.0
    if scene.down:
        line, corners = (
            swap_axes(shaft(swap_axes(curve), head)),
            [(x - head * 0.42, y - head), (x + head * 0.42, y - head)],
        )
    else:
        line, corners = shaft(curve, head), [(x - head, y - head * 0.42), (x - head, y + head * 0.42)]
    group.marks.append(Shape("curve", f"{lit}-line".strip("-"), line))
    if head:
        group.marks.append(Shape("polygon", f"{lit}-head".strip("-"), [(x, y), *corners]))
    if arrow.id in plan.texts:
        x, y = plan.texts[arrow.id]
        write(group, sizes.above(arrow, scene), (x, y), -5.0, scene.down)
        write(group, sizes.below(arrow, scene), (x, y), scene.line - (4.0 if scene.down else 1.0), scene.down)
    return group


def swap_axes(points: Sequence[Point]) -> list[Point]:
    return [(y, x) for x, y in points]


def write(group: Group, runs: Runs, at: Point, low: float, beside: bool = False) -> None:
    """Add a text ``low`` pixels below a point, or ``beside`` it at the right; a blank becomes a box."""
    x, y = at[0] + sizes.BESIDE * beside, at[1] + low
    if runs and runs[0][1] == "blank":
        wide = sizes.runs_width(runs)
        left = x if beside else x - wide / 2
        group.marks.append(Shape("rectangle", "box", [(left, y - 12.0), (left + wide, y + 3.0)], 2.0))
    elif runs:
        group.marks.append(Text(x, y, runs, "start" if beside else "middle"))


def shaft(curve: Sequence[Point], head: float) -> list[Point]:
    """The curve without the part that its head covers."""
    if not head:
        return list(curve)
    (x, y), kept = curve[-1], list(curve)
    end = x - head + 1.0
    while len(kept) > 4 and kept[-4][0] >= end:
        del kept[-3:]
    before = kept[-2]
    return [*kept[:-2], (min(before[0], end), before[1]), (end, y)]


def box_group(box: Box, scene: Scene, plan: Plan, lit: bool) -> Group:
    """A box: its shape, and the texts in, above and under it."""
    classes = [CLASSES[box.kind], *["kink"] * box.kink, *["stale"] * box.stale, *["lit"] * lit]
    group, (x, y) = Group(box.id, " ".join(classes), box.words), plan.blocks[box.id]
    group.marks += outline(box, x, y, lit)
    texts, down, folded = sizes.inside(box), sizes.half_height(box), box.kind == "fold"
    if folded:
        group.marks.append(Text(x, y + (14.0 if texts else 4.0), [(box.symbol, "count")]))
    if texts:
        group.marks.append(Text(x, y - 2.0 if folded else y + 0.35 * TEXTS[texts[0][1]].size, texts))
    at = (x + sizes.half_width(box) * scene.down, y)
    low = (12.0 if sizes.over(box) else 5.0) if scene.down else down + max(12.0, scene.line - 4.0)
    write(group, sizes.over(box), at, -3.0 if scene.down else -down - 5.0, scene.down)
    write(group, sizes.under(box, scene), at, low, scene.down)
    return group


def outline(box: Box, x: float, y: float, lit: bool) -> list[Shape]:
    """The shape of a box: a circle for a gate (wider for a long name), a rectangle for a folded part."""
    half, high = sizes.half_width(box), sizes.half_height(box)
    if box.kind in ("op", "fold"):
        style = "lit-gate" if lit else "outdated" if box.stale else "gate" if box.kind == "op" else "part"
        corners = [(x - half, y - high), (x + half, y + high)]
        return [Shape("rectangle", style, corners, sizes.RADIUS if box.kind == "op" else 4.0)]
    light = [Shape("rectangle", "glow", [(x - half - 3.0, y - high - 2.0), (x + half, y + high + 2.0)], 4.0)] * lit
    if box.kind == "leaf" and not box.name:
        return [*light, Shape("rectangle", "dot", [(x - 3.0, y - 3.0), (x + 3.0, y + 3.0)], 3.0)]
    return light
