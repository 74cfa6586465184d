"""A plot in words, read back from its axes: the alternative text of its picture."""

from __future__ import annotations

import math
from typing import Any

from autodiff.formula import show

from .._text import clean, pretty
from .style import HIDDEN

MOST = 12  # remarks or names of rows that are read out
Points = list[tuple[float, float]]


def figure_in_words(figure: Any) -> str:
    """What a matplotlib figure shows, a sentence or two for each of its plots.

    >>> from visualize.plots import plot_losses
    >>> figure_in_words(plot_losses([0.25, 0.01, 0.0003], logarithmic=True).figure)
    'Loss over each epoch. Line plot of loss (log scale) over epoch from 1 to 3: from 0.25 to 0.0003.'
    """
    plots = [axes for axes in figure.axes if axes.get_label() != "<colorbar>" and axes.has_data()]
    return clean(pretty(" ".join(map(axes_in_words, plots))), 4000) or "An empty plot."


def axes_in_words(axes: Any) -> str:
    """What one plot shows: its title, kind and quantities, then lines, points, shades and remarks."""
    from matplotlib.collections import PathCollection, QuadMesh
    from matplotlib.contour import ContourSet

    lines = [line for line in axes.get_lines() if line.get_transform() == axes.transData and finite_points(line)]
    lines = [line for line in lines if legend_name(line)] or [line for line in lines if len(finite_points(line)) > 1]
    curves = [(legend_name(line), finite_points(line)) for line in lines if line.get_linestyle() != "None"]
    contours, tables, dots = [
        [part for part in axes.collections if isinstance(part, kind)] for kind in (ContourSet, QuadMesh, PathCollection)
    ]
    plane = bool(contours or axes.images)  # both quantities are inputs
    kind = "Contour plot" if plane else "Table" if tables else "Line plot" if curves else "Plot"
    ends = {(short(points[0][0]), short(points[-1][0])) for _, points in curves}
    along = " from {} to {}".format(*min(ends)) if len(ends) == 1 and not plane else ""
    labels = {text for part in contours for text in getattr(part, "labelTexts", ())}
    remarks = [text.get_text() for text in axes.texts if text not in labels and text.get_text().strip()]
    parts = [
        *[f"{legend_name(x)} ({count(finite_points(x))})" for x in lines if x.get_linestyle() == "None"],
        *[count(part.get_offsets()) for part in dots],
        *[f"{len(bars)} bars" for bars in axes.containers],
        *[
            path_in_words(name, points) if plane else f"{name} {curve_in_words(points, not along)}"
            for name, points in curves
        ],
        *[shades_in_words(part) for part in contours],
        *[table_in_words(axes, part) for part in tables],
        f"remarks: {', '.join(remarks[:MOST])}" if remarks else "",
    ]
    shown = "; ".join(dict.fromkeys(part.strip() for part in parts if part))
    title = axes.get_title(loc="left") or axes.get_title() or axes.get_title(loc="right")
    over = f"{kind} of {quantity(axes.yaxis)} over {quantity(axes.xaxis)}{along}"
    return f"{title}{'. ' * bool(title)}{over}{': ' * bool(shown)}{shown}."


def quantity(axis: Any) -> str:
    """What an axis measures."""
    return f"{axis.get_label_text() or axis.axis_name}{' (log scale)' * (axis.get_scale() == 'log')}"


def curve_in_words(points: Points, places: bool) -> str:
    """A curve from its first to its last point, with extremes between them."""
    (first, y0), (last, y1) = points[0], points[-1]
    heights = [y for _, y in points]
    slack = 0.02 * (max(heights) - min(heights))  # what nobody would call higher or lower
    said = f"from {short(y0)} at {short(first)} to {short(y1)} at {short(last)}"
    said = said if places else f"from {short(y0)} to {short(y1)}"
    for word, y in ("lowest", min(heights)), ("highest", max(heights)):
        if not min(y0, y1) - slack <= y <= max(y0, y1) + slack:
            said += f", {word} {short(y)} at {short(points[heights.index(y)][0])}"
    return said


def path_in_words(name: str, points: Points) -> str:
    """A path through a plane."""
    ends = " to ".join(f"({short(x)}, {short(y)})" for x, y in (points[0], points[-1]))
    return f"{name}{', ' * bool(name)}path of {count(points)} from {ends}"


def shades_in_words(contours: Any) -> str:
    """The range of a shaded surface and what it means, or the levels of a few lines."""
    if contours.filled:
        what = contours.colorbar.ax.get_ylabel() + " " if contours.colorbar else ""
        return f"shades: {what}from {short(contours.zmin)} to {short(contours.zmax)}"
    return f"contour line at {' and '.join(map(short, contours.levels))}" if len(contours.levels) < 4 else ""


def table_in_words(axes: Any, table: Any) -> str:
    """The size of a table of shades, the names of its rows, and its range."""
    from numpy import ma

    numbers = ma.compressed(table.get_array())
    names = [text.get_text() for text in axes.get_yticklabels()]
    between = f", from {short(numbers.min())} to {short(numbers.max())}" if len(numbers) else ""
    return f"{len(names)} rows ({', '.join(names[:MOST])}) of {table.get_array().size // len(names)}{between}"


def finite_points(line: Any) -> Points:
    """The points of a line that are drawn."""
    pairs = [(float(x), float(y)) for x, y in zip(line.get_xdata(), line.get_ydata())]
    return [(x, y) for x, y in pairs if math.isfinite(x) and math.isfinite(y)]


def legend_name(line: Any) -> str:
    """The name of a line in the legend, if any."""
    name = str(line.get_label())
    return "" if name.startswith("_") else name.removeprefix(HIDDEN)


def count(points: Any) -> str:
    """The number of points, in words."""
    return f"{len(points)} point{'s' * (len(points) != 1)}"


def short(x: float) -> str:
    """A number to three digits; an integer is exact."""
    return show(x if x == int(x) and abs(x) < 1e6 else float(f"{x:.3g}"))
