"""Plots of runs from many seeds: which of them learn, and at which learning rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autodiff.formula import show

from .style import BLUE, INK, ORANGE, Axes, counting, dress, floats, legend_below, ready, same_length, shades

FATES = {"right": ("o", BLUE), "stuck": ("X", ORANGE), "diverged": ("^", INK)}


def plot_success(
    losses: Sequence[float], successes: Sequence[object], seeds: Sequence[int] | None = None, axes: Axes | None = None
) -> Axes:
    """Draw the last loss of every seed: a dot for a success, a cross for a run that got stuck.

    Runs that ended in inf or nan are drawn in a row at the top. Seeds are 0, 1, 2, ... by default. ValueError if the
    lists differ in length.

    >>> plot_success([0.001, 0.25, 0.002], [True, False, True]).get_title(loc="left")
    '2 of 3 seeds come out right'
    """
    axes = ready(axes, 6.4, 3.6)
    heights = floats(losses, "success by seed")
    seeds = list(range(len(heights))) if seeds is None else list(seeds)
    same_length(losses=heights, successes=successes, seeds=seeds)
    top = 1.25 * max(filter(math.isfinite, heights), default=1.0)
    fates = ["diverged" if not math.isfinite(x) else "right" if r else "stuck" for x, r in zip(heights, successes)]
    for name, (marker, color) in FATES.items():
        runs = [(s, loss if math.isfinite(loss) else top) for s, loss, f in zip(seeds, heights, fates) if f == name]
        style: dict[str, Any] = {"color": color, "markersize": 7 if len(heights) < 200 else 4}
        if runs:
            axes.plot(*zip(*runs), marker, markeredgecolor="white", label=f"{name}: {len(runs)}", **style)
    counting(axes)
    title = f"{fates.count('right')} of {len(fates)} seeds come out right"
    return legend_below(dress(axes, title, "seed", "last loss"))


def plot_sweep(runs: Any, axes: Axes | None = None) -> Axes:
    """Draw what ``nn.fit_many`` returned: how well each learning rate (row) learns from each seed (column).

    Shades show the accuracy of each run, or its last loss where targets are numbers: the darker, the better. Crosses
    mark runs that diverged. The text beside a row gives the share of seeds that learn everything, or the mean loss.

    Parameters
    ----------
    runs : Runs
        What ``fit_many`` returned.
    axes : matplotlib Axes, optional
        Where to draw; by default in a new figure.

    Examples
    --------
    >>> from nn import MLP, fit_many, truth_table
    >>> runs = fit_many(MLP(2, [2, 1]), *truth_table("and"), seeds=range(3), learning_rates=[0.1, 1.0], progress=False)
    >>> axes = plot_sweep(runs)
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('seed', 'learning rate')
    """
    if not hasattr(runs, "learning_rates"):
        raise TypeError(f"plot_sweep draws what fit_many returned, got {runs!r:.60}")
    names, seeds = [show(float(rate)) for rate in runs.learning_rates], runs.seeds
    axes = ready(axes, 7.2, 1.6 + 0.3 * len(names))
    import numpy
    from matplotlib.patches import Patch

    table = numpy.ma.masked_invalid(numpy.array(runs.accuracy if runs.classes else runs.loss, dtype=float))
    title, scale, boxes, heading, sayings = (accuracy_map if runs.classes else loss_map)(table)
    axes.patch.set(hatch="xxxxx", edgecolor="#777777", facecolor="white")  # shows where a run diverged
    axes.pcolormesh(table, edgecolor="white", linewidth=0.5 * (len(seeds) < 80), **scale)
    axes.set_yticks([row + 0.5 for row in range(len(names))], names)
    every = max(1, len(seeds) // 10)
    axes.set_xticks([column + 0.5 for column in range(0, len(seeds), every)], [str(s) for s in seeds[::every]])
    beside: dict[str, Any] = {"fontsize": 9, "color": INK}
    axes.text(len(seeds) * 1.01, len(names) + 0.1, heading, va="bottom", **beside)
    for place, saying in enumerate(sayings):
        axes.text(len(seeds) * 1.01, place + 0.5, saying, va="center", **beside)
    dress(axes, title, "seed", "learning rate")
    patches = [Patch(facecolor=color, label=label) for label, color in boxes.items()]  # the legend of the colors
    if table.mask.any():
        patches.append(Patch(facecolor="white", edgecolor="#777777", hatch="xxxxx", label="diverged"))
    return legend_below(axes, handles=patches)


def accuracy_map(table: Any) -> tuple[Any, ...]:
    """(title, color scale, boxes of the legend, heading, text of each row): the more accurate, the darker."""
    colors = shades("#F8D6B8", "#7FB2D2", BLUE)
    levels = sorted({float(x) for x in table.compressed()}) or [0.0]
    boxes = {f"{100 * x:.3g} % right": colors(x) for x in levels[:: max(1, len(levels) // 5)]}
    sayings = [f"{100.0 * sum(run == 1.0 for run in runs) / len(runs):.3g} %" for runs in table.filled(0.0)]
    scale = {"cmap": colors, "vmin": 0.0, "vmax": 1.0}
    return "What learns from which seed", scale, boxes, "all right", sayings


def loss_map(table: Any) -> tuple[Any, ...]:
    """The same for losses: the smaller, the darker, on a logarithmic scale."""
    from matplotlib.colors import LogNorm

    colors = shades(BLUE, "#7FB2D2", "#F8D6B8")
    levels = sorted({float(x) for x in table.compressed() if x > 0.0}) or [1.0]
    norm = LogNorm(levels[0], max(levels[-1], 1.001 * levels[0]), clip=True)
    boxes = {f"loss {x:.3g}": colors(norm(x)) for x in (levels[0], levels[len(levels) // 2], levels[-1])}
    sayings = [f"{mean:.3g}" if mean == mean else "" for mean in [row.mean() for row in table]]
    title = "How small the loss becomes (darker is better)"
    return title, {"cmap": colors, "norm": norm}, boxes, "mean loss", sayings
