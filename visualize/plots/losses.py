"""Plots of a training run: its losses, and the gradient norms by layer."""

from __future__ import annotations

import math
from typing import Any

from autodiff.formula import show

from .style import Axes, counting, curves_by_name, dress, entry, line_style, note, ready


def plot_losses(losses: Any, logarithmic: bool = False, every: str = "epoch", axes: Axes | None = None) -> Axes:
    """Draw one loss curve, or several by name; a curve that becomes inf or nan ends in a cross.

    Losses are a History, a list of float, or a list or dict (name -> one) of these: a number for each epoch (or
    ``every`` "update"), such as ``history.loss``, the mean loss of the examples before their updates. With all
    examples in one batch, the first is therefore the initial loss.

    >>> plot_losses({"rate 0.1": [1.0, 0.5, 0.25], "rate 0.5": [1.0, 0.1, 0.01]}).get_xlabel()
    'epoch'
    """
    axes = ready(axes)
    for place, (name, curve) in enumerate(curves_by_name(losses, "losses", "loss").items()):
        end = next((i for i, loss in enumerate(curve) if not math.isfinite(loss)), len(curve))
        axes.plot(range(1, end + 1), curve[:end], label=entry(name), **line_style(place, end))
        if end < len(curve):
            last = (max(end, 1), curve[end - 1] if end else 1.0)
            axes.plot(*last, "X", color=line_style(place)["color"], markersize=9, clip_on=False, zorder=4)
            note(axes, f"{show(curve[end])} in {every} {end + 1}", last, (9, 0))
    if logarithmic:
        axes.set_yscale("log")
    counting(axes)
    return dress(axes, f"Loss over each {every}", every, "loss")


def plot_gradient_sizes(sizes: Any, axes: Axes | None = None) -> Axes:
    """Draw the norm of the gradient in each layer, on a logarithmic axis.

    Sizes are the norms of the layers' gradients, from the input on: a list, lists by name, or the result of
    ``nn.training.gradient_norms``. A History, or its ``gradient_norms``, gives a curve over epochs for each layer.

    >>> plot_gradient_sizes([1e-6, 1e-4, 1e-2]).get_yscale()
    'log'
    """
    axes = ready(axes)
    sizes, layers, over = getattr(sizes, "gradient_norms", sizes), [], "layer, from input to output"
    if isinstance(sizes, dict) and not any(hasattr(size, "__len__") for size in sizes.values()):
        sizes, layers = list(sizes.values()), list(sizes)
    elif isinstance(sizes, list) and sizes and isinstance(sizes[0], dict):
        sizes, over = {name: [epoch[name] for epoch in sizes] for name in sizes[0]}, "epoch"
    curves = curves_by_name(sizes, "gradient sizes")
    seen = [size for curve in curves.values() for size in curve if size > 0.0 and math.isfinite(size)]
    floor = 0.1 * min(seen, default=10.0)
    for place, (name, curve) in enumerate(curves.items()):
        heights = [max(size, floor) if math.isfinite(size) else math.nan for size in curve]
        axes.plot(range(1, len(curve) + 1), heights, label=entry(name), **{**line_style(place), "markersize": 7})
        for layer, size in enumerate(curve, 1):
            if size == 0.0 or not math.isfinite(size):
                note(axes, show(size), (layer, floor if size == 0.0 else max(seen, default=1.0)), (-6, 9), ha="center")
    axes.set_yscale("log")
    counting(axes)
    if layers:
        axes.set_xticks(range(1, len(layers) + 1), layers)
    return dress(axes, "Size of the gradient in each layer", over, "norm of the gradient")
