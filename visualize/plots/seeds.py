"""Plots of many runs that differ in their random start: which seeds learn, and at which learning rate."""

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
    """Draw the last loss of every seed: a dot where the run came out right (a success), a cross where it got stuck.

    Runs that ended in inf or nan stand in a row of their own at the top. Seeds are 0, 1, 2, ... if they are left out.
    ValueError if the lists differ in length.

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


def plot_rates_and_seeds(
    rates: Any, seeds: Sequence[int] = (), successes: Sequence[Sequence[float]] = (), axes: Axes | None = None,
    losses: Sequence[Sequence[float]] | None = None
) -> Axes:  # fmt: skip
    """Draw the map of which learning rate learns from which seed, or how small its loss becomes.

    ValueError unless there is a row for each rate, with a number for each seed.

    Parameters
    ----------
    rates : list of float or str, length r
        The learning rates, one row of the map each. What ``fit_many`` returned may stand here for all the lists: its
        losses are drawn where the targets are numbers to be met. Names of nets may stand here, too.
    seeds : list of int, length s
        The seeds, one column each.
    successes : list of r lists of s numbers
        How well each run came out: from 0 (False) to 1 (True), such as the share of right answers; nan for a run
        that diverged.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where it is left out.
    losses : list of r lists of s numbers, optional
        The last loss of each run, which is drawn instead of successes: the smaller, the darker.

    Examples
    --------
    >>> axes = plot_rates_and_seeds([0.1, 1.0], [0, 1, 2], [[1, 1, 1], [1, 0, float("nan")]])
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('seed', 'learning rate')
    """
    if hasattr(rates, "learning_rates"):
        runs = rates
        rates, seeds, successes = runs.learning_rates, runs.seeds, runs.right
        losses = None if runs.classes else runs.loss
    names = [rate if isinstance(rate, str) else show(float(rate)) for rate in rates]
    rows = successes if losses is None else losses
    same_length(rates=rates, rows=rows)
    for row in rows:
        same_length(seeds=seeds, numbers=row)
    axes = ready(axes, 7.2, 1.6 + 0.3 * len(rates))
    import numpy
    from matplotlib.patches import Patch

    table = numpy.ma.masked_invalid(numpy.array([[float(x) for x in row] for row in rows]))
    title, scale, boxes, heading, sayings = (share_map if losses is None else loss_map)(table)
    axes.patch.set(hatch="xxxxx", edgecolor="#777777", facecolor="white")  # seen where a run diverged
    axes.pcolormesh(table, edgecolor="white", linewidth=0.5 * (len(seeds) < 80), **scale)
    axes.set_yticks([row + 0.5 for row in range(len(names))], names)
    every = max(1, len(seeds) // 10)
    axes.set_xticks([column + 0.5 for column in range(0, len(seeds), every)], [str(s) for s in seeds[::every]])
    beside: dict[str, Any] = {"fontsize": 9, "color": INK}
    axes.text(len(seeds) * 1.01, len(names) + 0.1, heading, va="bottom", **beside)
    for place, saying in enumerate(sayings):
        axes.text(len(seeds) * 1.01, place + 0.5, saying, va="center", **beside)
    dress(axes, title, "seed", "" if list(names) == list(rates) else "learning rate")
    patches = [Patch(facecolor=color, label=label) for label, color in boxes.items()]  # what the colors mean
    if table.mask.any():
        patches.append(Patch(facecolor="white", edgecolor="#777777", hatch="xxxxx", label="diverged"))
    return legend_below(axes, handles=patches)


def share_map(table: Any) -> tuple[Any, ...]:
    """(title, colors, boxes of the legend, heading, what is said of each row): the more of it is right, the darker."""
    colors = shades("#F8D6B8", "#7FB2D2", BLUE)
    levels = sorted({float(x) for x in table.compressed()}) or [0.0]
    boxes = {f"{100 * x:.3g} % right": colors(x) for x in levels[:: max(1, len(levels) // 5)]}
    sayings = [f"{100.0 * sum(run == 1.0 for run in runs) / len(runs):.3g} %" for runs in table.filled(0.0)]
    scale = {"cmap": colors, "vmin": 0.0, "vmax": 1.0}
    return "What learns from which seed", scale, boxes, "all right", sayings


def loss_map(table: Any) -> tuple[Any, ...]:
    """The same of losses: the smaller, the darker, each step on the scale being a factor."""
    from matplotlib.colors import LogNorm

    colors = shades(BLUE, "#7FB2D2", "#F8D6B8")
    levels = sorted({float(x) for x in table.compressed() if x > 0.0}) or [1.0]
    norm = LogNorm(levels[0], max(levels[-1], 1.001 * levels[0]), clip=True)
    boxes = {f"loss {x:.3g}": colors(norm(x)) for x in (levels[0], levels[len(levels) // 2], levels[-1])}
    sayings = [f"{mean:.3g}" if mean == mean else "" for mean in [row.mean() for row in table]]
    title = "How small the loss becomes (darker is better)"
    return title, {"cmap": colors, "norm": norm}, boxes, "mean loss", sayings
