"""A drawing as PNG or PDF by matplotlib, which brings its own fonts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from warnings import catch_warnings, filterwarnings

from autodiff._files import need

from ..layout.plan import Point
from ..layout.sizes import gap
from ..style import SHAPES, TEXTS
from .painter import POINT, Drawing, Shape, Text

INCH = 96.0  # pixels per inch of a drawing
SHARP = 2.0  # pixels of a PNG per pixel of the drawing
MAX_PIXELS = 4e7  # of a PNG, approximately
MAX_SIDE = 6e4  # pixels of a line or column


def png(drawing: Drawing) -> bytes:
    """The drawing as a PNG image; a very large one at a lower resolution."""
    wide, high = drawing.width * drawing.scale, drawing.height * drawing.scale
    sharp = min(SHARP, (MAX_PIXELS / (wide * high)) ** 0.5, MAX_SIDE / max(wide, high))
    file = BytesIO()
    with plain_settings():
        figure(drawing).savefig(file, format="png", dpi=INCH * sharp, metadata={"Title": drawing.title})
    return file.getvalue()


def pdf(drawings: Sequence[Drawing]) -> bytes:
    """The drawings as the pages of a PDF file."""
    need("matplotlib", "a .png or .pdf file")
    from matplotlib.backends.backend_pdf import PdfPages

    file = BytesIO()
    metadata = {"Title": drawings[0].title, "CreationDate": None}  # no date: the same file on every run
    with plain_settings(), PdfPages(file, metadata=metadata) as pages:
        for drawing in drawings:
            pages.savefig(figure(drawing))
    return file.getvalue()


@contextmanager
def plain_settings() -> Iterator[None]:
    """Use the default settings of matplotlib, without warnings about missing letters."""
    need("matplotlib", "a .png or .pdf file")
    import matplotlib

    kinds = ("text.", "font.", "savefig.", "figure.", "pdf.", "path.", "patch.", "axes.")
    with catch_warnings():
        filterwarnings("ignore", message="Glyph")
        default = matplotlib.rcParamsDefault
        settings = {name: default[name] for name in default if name.startswith(kinds)}
        with matplotlib.rc_context({**settings, "pdf.fonttype": 42}):  # TrueType, which publishers accept
            yield


def figure(drawing: Drawing) -> Any:
    """The drawing as a matplotlib Figure without a window or pyplot state."""
    from matplotlib.figure import Figure

    palette, inch = drawing.palettes[0], INCH / drawing.scale
    made = Figure(figsize=(drawing.width / inch, drawing.height / inch), facecolor=palette["background"])
    axes = made.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(0.0, drawing.width)
    axes.set_ylim(drawing.height, 0.0)  # y goes down, as in SVG
    marks = [mark for group in drawing.groups for mark in group.marks]
    for layer, mark in enumerate(marks):
        if isinstance(mark, Text):
            for text in text_artists(mark, palette, drawing.scale):
                axes.add_artist(text).set_zorder(layer)
        else:
            axes.add_patch(patch(mark, palette, drawing.scale)).set_zorder(layer)
    return made


def patch(mark: Shape, palette: dict[str, str], scale: float) -> Any:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    strokes = SHAPES[mark.style]
    look = {
        "facecolor": palette[strokes.fill] if strokes.fill else "none",
        "edgecolor": palette[strokes.line] if strokes.line else "none",
        "linewidth": strokes.width * POINT * scale if strokes.line else 0.0,
        "linestyle": (0, (3, 2)) if strokes.dashed else "solid",
    }
    if mark.kind == "polygon":
        return Polygon(mark.points, closed=True, **look)
    points = rectangle_curve(mark) if mark.kind == "rectangle" else mark.points
    return PathPatch(Path(points, [Path.MOVETO] + [Path.CURVE4] * (len(points) - 1)), **look)


def rectangle_curve(mark: Shape) -> list[Point]:
    """A rectangle with round corners as a curve; a circle if the corners fill it."""
    (left, top), (right, bottom) = mark.points
    r, bulge = mark.radius, 0.5523 * mark.radius  # the handles of the Bezier curve closest to a quarter circle
    points = [(left + r, top)]
    corners = [(right, top), (right, bottom), (left, bottom), (left, top)]
    ways = [(-1.0, 0.0), (0.0, -1.0), (1.0, 0.0), (0.0, 1.0)]
    for (x, y), (dx, dy) in zip(corners, ways):
        start, end = (x + dx * r, y + dy * r), (x + dy * r, y - dx * r)
        points += [points[-1], start, start]
        points += [(start[0] - dx * bulge, start[1] - dy * bulge), (end[0] - dy * bulge, end[1] + dx * bulge), end]
    return points


def text_artists(mark: Text, palette: dict[str, str], scale: float) -> Iterator[Any]:
    """Adjacent texts, each placed by the measured widths."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.text import Text as Label
    from matplotlib.textpath import text_to_path

    fonts = []  # of families included in matplotlib
    for _, style in mark.runs:
        letters = TEXTS[style]
        look: Any = {"style": "italic" if letters.italic else "normal", "weight": "bold" if letters.bold else "normal"}
        family = "DejaVu Serif" if letters.serif else "DejaVu Sans"
        fonts.append(FontProperties(family=family, size=letters.size * POINT * scale, **look))
    measure = text_to_path.get_text_width_height_descent
    widths = [measure(content, look, ismath=False)[0] / (POINT * scale) for (content, _), look in zip(mark.runs, fonts)]
    gaps = [gap(style) for _, style in mark.runs]
    whole = sum(widths) + sum(gaps[1:])
    x = mark.x - (whole / 2 if mark.anchor == "middle" else 0.0)
    for (content, style), look, wide, ahead in zip(mark.runs, fonts, widths, [*gaps[1:], 0.0]):
        letters = TEXTS[style]
        place, color = (x, mark.y + letters.drop), palette[letters.color]
        yield Label(*place, content, color=color, fontproperties=look, parse_math=False, usetex=False)
        x += wide + ahead
