"""A plot of the output of a net over its two inputs, with the boundary between classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autodiff import Value
from autodiff.arrays import in_order
from autodiff.formula import show

from .style import INK, POINTS, REGIONS, STYLES, Axes, dress, legend_below, ready, same_length, shades


def plot_decision_boundary(
    function: Callable[..., Any], X: Sequence[Sequence[float]], Y: Sequence[Any],
    threshold: float | Sequence[float] = 0.5, batch: bool = False, steps: int = 80, axes: Axes | None = None
) -> Axes:  # fmt: skip
    """Draw the output of a net over its two inputs, its boundary, and its training examples.

    ValueError unless the rows are pairs, with a target for each.

    Parameters
    ----------
    function : callable, [x1, x2] -> number or Value, or a list of them
        The trained net; with an output for each class, the class of the largest is drawn. With ``batch=True`` it is
        called once with all rows and returns as many outputs.
    X, Y : list of [x1, x2], list of number
        The examples and their classes (or targets, which may be one-hot).
    threshold : float or list of float
        The boundary between classes: 0.5 for targets 0 and 1, 0.0 for -1 and 1; unused with an output for each class.
    batch : bool
        Whether the function takes all rows at once.
    steps : int
        Points of the grid, across and up.
    axes : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Examples
    --------
    >>> axes = plot_decision_boundary(lambda x: x[0] * x[1], [[0.0, 0.0], [1.0, 1.0]], [0, 1])
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('input x₁', 'input x₂')
    """
    axes = ready(axes, 5.0, 4.2)
    X, Y = list(in_order("X", X)), list(in_order("Y", Y))
    same_length(rows=X, targets=Y)
    pairs = [tuple(Value(x).data for x in in_order("an example", row)) for row in X]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"a decision boundary needs rows of 2 inputs, got {sorted({len(pair) for pair in pairs})}")
    scores: list[list[float]] = []

    def height(answer: Any) -> float:
        scores.append([number_or_class(part) for part in answer] if is_list(answer) else [number_or_class(answer)])
        return number_or_class(answer)

    across, up, heights = grid_over(function, frame(pairs), steps, batch, height)
    if len(scores[0]) > 1:
        draw_classes(axes, across, up, scores)
    else:
        levels = sorted([threshold] if isinstance(threshold, (int, float)) else threshold)
        draw_regions(axes, across, up, heights, levels)
    classes = sorted({number_or_class(y) for y in Y})
    for place, wanted in enumerate(classes):
        x1, x2 = zip(*[pair for pair, y in zip(pairs, Y) if number_or_class(y) == wanted])
        marker, color = STYLES[place % len(STYLES)][2], POINTS[place % len(POINTS)]
        axes.plot(x1, x2, marker, color=color, markersize=7, markeredgecolor="white", label=f"wanted {show(wanted)}")
    return legend_below(dress(axes, "What the net answers, and its boundary", "input x1", "input x2"))


def grid_over(
    function: Callable[..., Any], between: tuple[tuple[float, float], tuple[float, float]], steps: int, batch: bool,
    height: Callable[[Any], float] | None = None
) -> tuple[Any, Any, Any]:  # fmt: skip
    """The coordinates of ``steps`` columns and rows, and the function there as a masked array (rows, columns)."""
    import numpy

    across, up = (numpy.linspace(low, high, steps) for low, high in between)
    rows = [[float(x), float(y)] for y in up for x in across]
    answers = function(rows) if batch else [function(row) for row in rows]
    heights = list(map(height or number_or_class, answers))
    if len(heights) != len(rows):
        raise ValueError(f"expected {len(rows)} outputs of the function for {len(rows)} rows, got {len(heights)}")
    table = numpy.ma.masked_invalid(numpy.array(heights).reshape(steps, steps))
    if table.mask.all():
        raise ValueError("the function returns inf or nan everywhere: there is nothing to draw")
    return across, up, table


def is_list(y: Any) -> bool:
    """Whether it is a list or an array."""
    return isinstance(y, (list, tuple)) or bool(getattr(y, "ndim", 0))


def number_or_class(y: Any) -> float:
    """An output or target as a number: the only member of a list, the index of the largest of several."""
    if is_list(y):
        numbers = [number_or_class(part) for part in y]
        return numbers[0] if len(numbers) == 1 else float(max(range(len(numbers)), key=numbers.__getitem__))
    return y.data if type(y) is Value else float(y)


def frame(points: Sequence[Sequence[float]]) -> tuple[tuple[float, float], tuple[float, float]]:
    """((lowest, highest) x, (lowest, highest) y) of the points, with a margin around them."""
    limits = []
    for numbers in zip(*points):
        low, high = min(numbers), max(numbers)
        around = 0.15 * (high - low) or 1.0
        limits.append((low - around, high + around))
    return limits[0], limits[1]


def draw_regions(axes: Axes, across: Any, up: Any, heights: Any, levels: list[float]) -> None:
    """Shade heights as on the page: white at the middle level, darker with the distance from it."""
    import numpy

    middle = levels[len(levels) // 2]
    reach = max(heights.max() - middle, middle - heights.min(), 1e-9)
    bands = numpy.unique([*numpy.linspace(middle - reach, middle + reach, 16), *levels])
    axes.contourf(across, up, heights, bands, cmap=shades(REGIONS[0], "#FFFFFF", REGIONS[1]))
    inside = [level for level in levels if heights.min() < level < heights.max()]
    if inside:
        lines = axes.contour(across, up, heights, inside, colors=INK, linewidths=1.6)
        axes.clabel(lines, fmt=show, fontsize=9, colors=INK)


def draw_classes(axes: Axes, across: Any, up: Any, scores: list[list[float]]) -> None:
    """Color every point by its class, darker with the lead over the next class, with lines between classes."""
    import numpy
    from matplotlib.colors import to_rgb

    table = numpy.array(scores).reshape(len(up), len(across), -1)
    first, second = numpy.sort(table, axis=-1)[..., -1], numpy.sort(table, axis=-1)[..., -2]
    lead = first - second
    share = 0.15 + 0.85 * lead / (numpy.nanmax(lead) or 1.0)
    colors = numpy.array([to_rgb(color) for color in REGIONS])[table.argmax(axis=-1) % len(REGIONS)]
    picture = numpy.nan_to_num(1.0 - share[..., None] * (1.0 - colors), nan=1.0).clip(0.0, 1.0)
    edges = (across[0], across[-1], up[0], up[-1])
    axes.imshow(picture, origin="lower", extent=edges, aspect="auto", interpolation="bilinear")
    for place in range(table.shape[-1]):
        others = numpy.delete(table, place, axis=-1).max(axis=-1)
        ahead = table[..., place] - others
        if ahead.min() < 0.0 < ahead.max():
            axes.contour(across, up, ahead, [0.0], colors=INK, linewidths=1.6)
