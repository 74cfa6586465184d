"""A plot of a function of one input and its derivative."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autodiff import Value, parse
from autodiff.graph import history, on_kink

from .style import PALE, STYLES, Axes, dress, ready

SPELLINGS = {  # of activations that are not a gate of one operand
    "linear": "x", "step": "heaviside(x, 1)", "piecewise_linear": "clip(x + 0.5, 0, 1)",
    "leaky_relu": "leaky_relu(x, 0.01)", "prelu": "leaky_relu(x, 0.25)", "elu": "elu(x, 1)",
}  # fmt: skip
SIDE = 1e-9  # distance from a kink to its one-sided limits


def plot_activation(
    function: Callable[[Any], Any] | str, name: str = "", between: tuple[float, float] = (-5.0, 5.0),
    axes: Axes | None = None
) -> Axes:  # fmt: skip
    """Draw a function of one input with its derivative, as computed by the engine.

    Lines break at jumps: hollow circles are the limits from both sides, the solid dot is the engine's result.
    The function takes and returns a Value, or is text: ``"relu"``, ``"x * x"``. ``between`` is the first and the
    last input, ``name`` a name for the title. ValueError if ``between`` is not increasing.

    >>> from autodiff import leaky_relu
    >>> plot_activation(lambda x: leaky_relu(x, 0.1), "Leaky ReLU").get_title(loc="left")
    'Leaky ReLU and its derivative'
    """
    axes = ready(axes)
    if isinstance(function, str):
        text = SPELLINGS.get(function, f"{function}(x)" if function.isidentifier() else function)
        name = name or function
        function = lambda x: parse(text, x=x)  # noqa: E731
    grid = [step / 64 for step in range(math.ceil(between[0] * 64), math.floor(between[1] * 64) + 1)]
    if len(grid) < 2:
        raise ValueError(f"between is the first and the last input, the smaller one first, got {between}")
    axes.axhline(0.0, color=PALE, linewidth=0.8, zorder=0)
    axes.axvline(0.0, color=PALE, linewidth=0.8, zorder=0)
    answers = [value_and_slope(function, x) for x in grid]
    sides = {x: [value_and_slope(function, x + side) for side in (-SIDE, SIDE)]
             for x, (_, _, kink) in zip(grid, answers) if kink}  # fmt: skip
    for (color, dashes, _), label, place in zip(STYLES, ("value", "derivative"), range(2)):
        dot: dict[str, Any] = {"color": color, "marker": "o", "markersize": 5, "linestyle": "none", "zorder": 3}
        line: list[tuple[float, float]] = []
        for x, answer in zip(grid, answers):
            y, ends = answer[place], [side[place] for side in sides.get(x, [answer])]
            if max(abs(end - y) for end in ends) < 1e-6:
                line.append((x, y))
                continue
            line += [(x, ends[0]), (x, math.nan), (x, ends[1])]  # a break if the limits from both sides differ
            axes.plot([x, x], ends, markerfacecolor="white", **dot)
            axes.plot([x], [y], **dot)
        axes.plot(*zip(*line), color=color, linestyle=dashes, linewidth=1.8, label=label)
    name = name or getattr(function, "name", "") or getattr(function, "__name__", "the function")
    return dress(axes, f"{name} and its derivative", "input x", "output")


def value_and_slope(function: Callable[[Any], Any], at: float) -> tuple[float, float, bool]:
    """(f(x), f'(x), whether a gate is on a kink)."""
    x = Value(at)
    y = function(x)
    if type(y) is not Value:
        return float(y), 0.0, False  # a constant
    y.backward()
    return y.data, x.grad, any(map(on_kink, history(y)))
