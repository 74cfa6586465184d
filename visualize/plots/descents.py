"""Plots of gradient descent: the path of the parameters on the loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .style import INK, Axes, dress, entry, legend_below, line_style, note, ready, shades
from .surfaces import frame, grid_over, number_or_class


def plot_descent(function: Callable[..., Any], path: Any, between: Any = None, axes: Axes | None = None) -> Axes:
    """Draw gradient descent on the curve or the contours of a function.

    The function is the loss over one or two parameters; it may return a Value. The path is a list of numbers or pairs,
    or a dict of name -> such a list, whose legend gives the longest steps. ``between``, (low, high) or
    ((low, high), (low, high)), is the visible range, by default that of the paths. ValueError for other points.

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
        raise ValueError(f"a descent needs points of 1 or 2 numbers, got points of {sorted(dimensions)} numbers")
    for place, (name, points) in enumerate(paths.items()):
        longest = max(map(math.dist, points, points[1:]), default=0.0)
        draw_path(axes, points, place, f"{name}: steps up to {longest:.2g}" if len(paths) > 1 else name)
    updates = {len(points) - 1 for points in paths.values()}
    count = updates.pop() if len(updates) == 1 else 0
    counted = f": {count} update{'s' * (count != 1)}" * bool(count)
    dress(axes, f"Gradient descent{counted}", axes.get_xlabel(), axes.get_ylabel())
    return legend_below(axes) if axes.get_legend() else axes


def argument_names(function: Callable[..., Any], otherwise: list[str]) -> list[str]:
    """The names of the first arguments of the function."""
    import inspect

    try:
        names = [x.name for x in inspect.signature(function).parameters.values() if x.kind == x.POSITIONAL_OR_KEYWORD]
    except (TypeError, ValueError):  # a C function without a signature
        names = []
    return names[: len(otherwise)] if len(names) >= len(otherwise) else otherwise


def points_of(path: Any) -> dict[str, list[tuple[float, ...]]]:
    """Name -> the finite points of a path, each a tuple of one or two numbers."""
    paths = path if isinstance(path, dict) else {"": path}
    found = {}
    for name, points in paths.items():
        tuples = [tuple(map(float, p)) if isinstance(p, (list, tuple)) else (float(p),) for p in points]
        found[str(name)] = [point for point in tuples if all(map(math.isfinite, point))]
    if not found or not all(found.values()):
        raise ValueError("a descent needs at least one finite point in each path, got none")
    return found


def draw_contours(axes: Axes, function: Callable[..., Any], between: Any) -> None:
    """Draw the loss over two parameters as rings, lighter if lower."""
    across, up, heights = grid_over(lambda row: function(*row), between, 90, batch=False)
    low, high = float(heights.min()), float(heights.max())
    low = 0.0 if 0.0 <= low < 0.01 * high else low  # most losses start at 0, so the scale does
    levels = [low + (high - low or 1.0) * (ring / 10) ** 2 for ring in range(11)]  # evenly spaced rings on a parabola
    filled = axes.contourf(across, up, heights, levels, cmap=shades("#FFFFFF", "#9FB0BC"))
    axes.contour(across, up, heights, levels[1:-1], colors="#7C8A94", linewidths=0.6)
    bar = axes.figure.colorbar(filled, ax=axes, label="loss", format="%.2g")
    bar.ax.tick_params(colors=INK, labelsize=8)
    bar.outline.set_visible(False)


def draw_path(axes: Axes, points: list[Any], place: int, name: str) -> None:
    """Draw a path from a hollow circle at the start to a star at the end."""
    limits = axes.axis()
    look = {**line_style(place), "markevery": 1, "markersize": 4.5, "linewidth": 1.3}
    color = look["color"]
    axes.plot(*zip(*points), label=entry(name), **look)
    axes.plot(*points[0], "o", color="white", markeredgecolor=color, markeredgewidth=1.6, markersize=9, zorder=4)
    axes.plot(*points[-1], "*", color=color, markeredgecolor="white", markersize=14, zorder=4)
    if place == 0:
        falling = len(points) > 1 and points[1][1] <= points[0][1]  # the label avoids the path
        note(axes, "start", points[0], (0, 12 if falling else -12), ha="center")
    axes.axis(limits)
