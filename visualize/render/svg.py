"""A drawing as SVG, for light and dark, without scripts, fonts or external resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

from autodiff.formula import show

from .._text import escape, pretty
from ..layout.plan import Point
from ..style import DARK, LIGHT, SANS, SERIF, SHAPES, TEXTS
from .painter import Drawing, Group, Shape, Text

PACE, HOLD = 1.5, 3  # a frame of a film takes so many seconds; the last one as many times as long


def svg(drawing: Drawing, prefix: str = "", style: bool = True, described: bool = True) -> str:
    """The drawing as an SVG file, with a ``prefix`` of ids, with or without style sheet and descriptions."""
    groups = [group_element(group, prefix, described) for group in drawing.groups]
    return svg_file(drawing, groups, prefix, [style_sheet(*drawing.palettes, scope(drawing))] * style, described)


def film(frames: Sequence[Drawing]) -> str:
    """Drawings of one size as an SVG file that shows one after the other, without scripts, again and again.

    A reader who wants less motion, and a program that shows no animation, see the last one.
    """
    whole, count = frames[-1], len(frames) + HOLD - 1
    groups = []
    for i, frame in enumerate(frames):
        shown = "\n".join([group_element(group, f"{i + 1}-", i == len(frames) - 1) for group in frame.groups])
        last = " last" * (frame is whole)
        groups.append(f'<g class="frame{last}" style="animation-delay: {(i - count) * PACE:g}s">\n{shown}\n</g>')
    motion = f"""\
.frame {{ visibility: hidden; animation: frame {count * PACE:g}s step-end infinite }}
.last {{ visibility: visible; animation-name: last }}
@keyframes frame {{ 0% {{ visibility: visible }} {100 / count:.4g}% {{ visibility: hidden }} }}
@keyframes last {{ 0% {{ visibility: visible }} {100 * HOLD / count:.4g}% {{ visibility: hidden }} }}
@media (prefers-reduced-motion: reduce) {{ .frame {{ animation: none }} }}
"""
    return svg_file(whole, groups, "", [style_sheet(*whole.palettes, scope(whole)), motion])


def svg_file(
    drawing: Drawing, groups: Sequence[str], prefix: str, styles: Sequence[str], described: bool = True
) -> str:
    """An SVG file of a drawing's size, with these groups."""
    size = f"{coordinate(drawing.width)} {coordinate(drawing.height)}"
    wide, high = size.split()
    shown = [coordinate(x * drawing.scale) for x in (drawing.width, drawing.height)]
    name = f' id="{escape(prefix)}graph"' if prefix else ""
    classes = scope(drawing)[1:].replace(".", " ")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg"{name} class="{classes}" width="{shown[0]}" height="{shown[1]}" '
        f'viewBox="0 0 {size}" text-anchor="middle" role="img" style="max-width: 100%; height: auto">',
        f"<title>{escape(pretty(drawing.title))}</title>",
        *[f"<desc>{escape(pretty(drawing.description))}</desc>"] * described,
        *[f"<style>\n{rules}</style>" for rules in styles],
        f'<rect class="page" width="{wide}" height="{high}"/>',
        *groups,
        "</svg>\n",
    ]
    return "\n".join(parts)


def group_element(group: Group, prefix: str, described: bool = True) -> str:
    """A group as an element with its id, classes and description."""
    id = f' id="{escape(prefix + group.id)}"' if group.id else ""
    titled = group.words and (described or "fold" in group.classes)  # a page's script names a fold by its title
    words = [f"<title>{escape(pretty(group.words))}</title>"] if titled else []
    marks = [text_element(mark) if isinstance(mark, Text) else shape_element(mark) for mark in group.marks]
    return "\n".join([f'<g{id} class="{group.classes}">', *words, *marks, "</g>"])


def text_element(mark: Text) -> str:
    """Adjacent texts as one text element with a span for each style."""
    anchor = "" if mark.anchor == "middle" else f' text-anchor="{mark.anchor}"'
    place = f'x="{coordinate(mark.x)}" y="{coordinate(mark.y)}"{anchor}'
    if len(mark.runs) == 1:
        content, style = mark.runs[0]
        return f'<text class="{style}" {place}>{escape(content)}</text>'
    spans: list[str] = []
    low = 0.0
    for content, style in mark.runs:
        drop = TEXTS[style].drop
        move = f' dy="{coordinate(drop - low)}"' if drop != low else ""
        space = " " if spans and not drop else ""
        spans.append(f'{space}<tspan class="{style}"{move}>{escape(content)}</tspan>')
        low = drop
    return f"<text {place}>{''.join(spans)}</text>"


def shape_element(mark: Shape) -> str:
    """A shape as a path, a polygon, a circle or a rectangle."""
    if mark.kind == "curve":
        return f'<path class="{mark.style}" d="{path(mark.points)}"/>'
    if mark.kind == "polygon":
        return f'<polygon class="{mark.style}" points="{" ".join([pair(point) for point in mark.points])}"/>'
    (left, top), (right, bottom) = mark.points
    if right - left == bottom - top == 2 * mark.radius:
        middle = f'cx="{coordinate((left + right) / 2)}" cy="{coordinate((top + bottom) / 2)}"'
        return f'<circle class="{mark.style}" {middle} r="{coordinate(mark.radius)}"/>'
    corner = f'x="{coordinate(left)}" y="{coordinate(top)}"'
    size = f'width="{coordinate(right - left)}" height="{coordinate(bottom - top)}"'
    return f'<rect class="{mark.style}" {corner} {size} rx="{coordinate(mark.radius)}"/>'


def positions(drawing: Drawing, other: Drawing) -> list[Any]:
    """The positions here of the marks of another drawing: data of a path, [x, y, a text's anchor], 0 if implied."""
    found: list[Any] = []
    for group, old in zip(drawing.groups, other.groups):
        kinds = [mark.kind if isinstance(mark, Shape) else "text" for mark in group.marks]
        both = list(zip(map(position, group.marks), map(position, old.marks)))
        shifts = [(round(a - x, 1), round(b - y, 1), anchor == side) for (a, b, *anchor), (x, y, *side) in both]
        for i, (mark, kind) in enumerate(zip(group.marks, kinds)):
            if isinstance(mark, Shape) and kind == "curve":
                found.append(path([(round(x), round(y)) for x, y in mark.points], (0, 1)))
            else:
                along = i and kinds[0] != "curve" and shifts[i] == (*shifts[0][:2], True)
                found.append(0 if along or kind == "polygon" else position(mark, None))
    return found


def position(mark: Shape | Text, digits: int | None = 1) -> list[Any]:
    """The position of a mark as in its attributes."""
    if isinstance(mark, Text):
        anchor = [] if mark.anchor == "middle" else [mark.anchor]
        return [round(mark.x, digits), round(mark.y, digits), *anchor]
    (left, top), (right, bottom) = mark.points[:2]
    middle = right - left == bottom - top == 2 * mark.radius
    return [round((left + right) / 2 if middle else left, digits), round((top + bottom) / 2 if middle else top, digits)]


def path(points: Sequence[Point], axes: Sequence[int] = (1,)) -> str:
    """The data of a path: a start, then Bezier pieces of three points, or lines for those along ``axes`` (1: level)."""
    parts, last = [f"M{pair(points[0])}"], points[0]
    for i in range(1, len(points), 3):
        piece = points[i : i + 3]
        straight = any(all(abs(point[i] - last[i]) < 0.05 for point in piece) for i in axes)
        parts.append(f"L{pair(piece[-1])}" if straight else "C" + " ".join([pair(point) for point in piece]))
        last = piece[-1]
    return " ".join(parts)


def pair(point: Point) -> str:
    return f"{coordinate(point[0])},{coordinate(point[1])}"


def coordinate(x: float) -> str:
    """A coordinate to a tenth of a pixel, without trailing zeros."""
    return show(x, 1)


def scope(drawing: Drawing) -> str:
    """The CSS selector of a drawing; a page may have drawings in other colors."""
    if drawing.palettes == (LIGHT, DARK):
        return ".autodiff"
    return f".autodiff.theme-{crc32(repr(drawing.palettes).encode()):08x}"


def style_sheet(light: dict[str, str] = LIGHT, dark: dict[str, str] = DARK, scope: str = ".autodiff") -> str:
    """The styles as CSS; light or dark by the color-scheme of a page, in a file by the reader's system."""
    rules = ["text { white-space: pre }"]
    for name, letters in TEXTS.items():
        weight, slant = "bold " * letters.bold, "italic " * letters.italic
        rules.append(f".{name} {{ font: {slant}{weight}{letters.size:g}px {SERIF if letters.serif else SANS} }}")
    for name, strokes in SHAPES.items():
        dashes = "; stroke-dasharray: 4 3" * strokes.dashed
        rules.append(f".{name} {{ stroke-width: {strokes.width:g}{dashes} }}")
    always = "".join([f"{scope} {rule}\n" for rule in rules + colors(light)])
    if light == dark:
        return always
    both = colors({part: f"light-dark({code}, {dark[part]})" for part, code in light.items()})
    chosen = "".join([f"  {scope} {rule}\n" for rule in both])
    root = "svg:root { color-scheme: light dark }\n"
    return f"{root}{always}@media screen {{ @supports (color: light-dark(red, red)) {{\n{chosen}}} }}\n"


def colors(palette: dict[str, str]) -> list[str]:
    """The rules that set colors."""
    texts = [f".{name} {{ fill: {palette[letters.color]} }}" for name, letters in TEXTS.items()]
    shapes = []
    for name, strokes in SHAPES.items():
        fill, line = [palette[color] if color else "none" for color in (strokes.fill, strokes.line)]
        shapes.append(f".{name} {{ fill: {fill}; stroke: {line} }}")
    return texts + shapes
