"""Plots of gradient descent: the path of the parameters on the loss they descend."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from .style import INK, Axes, color_of, dress, entry, legend_below, line_style, note, ready, shades
from .surfaces import frame, grid_over, number_or_class

Point = Sequence[float]


def plot_descent(function: Callable[..., Any], path: Any, between: Any = None, axes: Axes | None = None) -> Axes:
    """Draw gradient descent on the function it descends: on its curve, or on its contours.

    The function is the loss over one parameter or two; it may return a Value. The path is a list of numbers or pairs,
    from the start on, or a dict of name -> such a list; then the legend says how long their steps are. ``between``,
    (low, high) or ((low, high), (low, high)), is the part that is shown; left out, what the paths need.

    >>> axes = plot_descent(lambda x, y: x * x + 4.0 * y * y, [(2.0, 1.0), (1.6, 0.2), (1.28, 0.04)])
    >>> axes.get_title(loc="left")
    'Gradient descent: 2 updates'
    """
    axes = ready(axes, 5.4, 4.2)
    paths = points_of(path)
    dimensions = {len(point) for points in paths.values() for point in points}
    if dimensions == {1}:
        low, high = between or frame([(x, 0.0) for points in paths.values() for (x,) in points])[0]
        inputs = [low + (high - low) * step / 300 for step in range(301)]
        axes.plot(inputs, [number_or_class(function(x)) for x in inputs], color="#888888", linewidth=1.4, zorder=1)
        axes.set_xlim(low, high)
        paths = {name: [(*x, number_or_class(function(*x))) for x in points] for name, points in paths.items()}
        dress(axes, "", argument_names(function, ["parameter"])[0], "loss")
    elif dimensions == {2}:
        draw_contours(axes, function, between or frame([point for points in paths.values() for point in points]))
        across, up = argument_names(function, ["first parameter", "second parameter"])
        dress(axes, "", across, up)
    else:
        raise ValueError(f"descent is drawn over one parameter or two, got points of {sorted(dimensions)} numbers")
    for place, (name, points) in enumerate(paths.items()):
        longest = max(map(math.dist, points, points[1:]), default=0.0)
        draw_path(axes, points, place, f"{name}: steps up to {longest:.2g}" if len(paths) > 1 else name)
    updates = {len(points) - 1 for points in paths.values()}
    counted = f": {updates.pop()} updates" if len(updates) == 1 else ""
    dress(axes, f"Gradient descent{counted}", axes.get_xlabel(), axes.get_ylabel())
    return legend_below(axes) if axes.get_legend() else axes


def argument_names(function: Callable[..., Any], otherwise: list[str]) -> list[str]:
    """What the function itself calls its first arguments."""
    import inspect

    try:
        names = [x.name for x in inspect.signature(function).parameters.values() if x.kind == x.POSITIONAL_OR_KEYWORD]
    except (TypeError, ValueError):  # one of C, which does not tell
        names = []
    return names[: len(otherwise)] if len(names) >= len(otherwise) else otherwise


def points_of(path: Any) -> dict[str, list[tuple[float, ...]]]:
    """Name -> points of a path, each a tuple of one number or two; what is not finite is left out."""
    paths = path if isinstance(path, dict) else {"": path}
    found = {}
    for name, points in paths.items():
        tuples = [tuple(map(float, p)) if isinstance(p, (list, tuple)) else (float(p),) for p in points]
        found[str(name)] = [point for point in tuples if all(map(math.isfinite, point))]
    if not found or not all(found.values()):
        raise ValueError("a descent needs at least one finite point in each path, got none")
    return found


def draw_contours(axes: Axes, function: Callable[..., Any], between: Any) -> None:
    """The loss over its two parameters as rings, the lighter the lower."""
    across, up, heights = grid_over(lambda row: function(*row), between, 90, batch=False)
    low, high = float(heights.min()), float(heights.max())
    low = 0.0 if 0.0 <= low < 0.01 * high else low  # most losses start at 0: let the scale, too
    levels = [low + (high - low or 1.0) * (ring / 10) ** 2 for ring in range(11)]  # even rings on a parabola
    filled = axes.contourf(across, up, heights, levels, cmap=shades("#FFFFFF", "#9FB0BC"))
    axes.contour(across, up, heights, levels[1:-1], colors="#7C8A94", linewidths=0.6)
    bar = axes.figure.colorbar(filled, ax=axes, label="loss", format="%.2g")
    bar.ax.tick_params(colors=INK, labelsize=8)
    bar.outline.set_visible(False)


def draw_path(axes: Axes, points: list[Any], place: int, name: str) -> None:
    """The points joined, from a hollow circle at the start to a star at the end."""
    color = color_of(place)
    limits = axes.axis()
    look = {**line_style(place), "markevery": 1, "markersize": 4.5, "linewidth": 1.3}
    axes.plot(*zip(*points), label=entry(name), **look)
    axes.plot(*points[0], "o", color="white", markeredgecolor=color, markeredgewidth=1.6, markersize=9, zorder=4)
    axes.plot(*points[-1], "*", color=color, markeredgecolor="white", markersize=14, zorder=4)
    if place == 0:
        falling = len(points) > 1 and points[1][1] <= points[0][1]  # the start is written where the path is not
        note(axes, "start", points[0], (0, 12 if falling else -12), ha="center")
    axes.axis(limits)
