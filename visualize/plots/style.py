"""The figure, style and argument checks of all matplotlib plots.

matplotlib and NumPy are imported inside functions, and pyplot is never used. Lines differ in dashes and markers
as well as in color, for prints in gray.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from autodiff._files import need
from autodiff.notation import Name

from .._text import shorten
from ..style import LIGHT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
else:
    Axes = Any  # matplotlib is imported by the first plot

HIDDEN = "\N{ZERO WIDTH SPACE}"
MAX_NAME = 60  # characters of a name in a legend
BLUE, ORANGE, INK, PALE = LIGHT["value"], LIGHT["gradient"], "#222222", "#D9D9D9"
REGIONS = ["#F0A35E", "#5AA0D0", "#6BBF8A", "#C98FC4", "#D9C34F", "#9AA3AD"]  # colors of classes, as on the page
POINTS = ["#B35A12", "#2F7FB5", "#2B7D4C", "#8C4F87", "#85751A", "#59626C"]
STYLES = [(BLUE, "-", "o"), (ORANGE, "--", "^"), ("#444444", ":", "s"), ("#5FA3CC", "-.", "D"), ("#E0924F", "-", "v")]


def ready(axes: Axes | None, width: float = 5.6, height: float = 3.6) -> Axes:
    """The axes, by default those of a new figure outside pyplot."""
    if axes is not None:
        return axes
    need("matplotlib", "a plot")
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained").subplots()


def dress(axes: Axes, title: str, x: str, y: str) -> Axes:
    """Give the axes a title, labels, few lines, and a legend if anything has a name."""
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    axes.set_xlabel(typeset(x), color=INK)
    axes.set_ylabel(typeset(y), color=INK)
    axes.tick_params(colors=INK, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#888888")
    axes.set_axisbelow(True)
    if axes.get_legend_handles_labels()[1]:
        restore_names(axes.legend(frameon=False, fontsize=9, labelcolor=INK))
    return axes


def typeset(text: str) -> str:
    """The text with its names written as on slides."""
    return " ".join([str(Name(word)) for word in text.split(" ")])


def entry(name: str) -> str:
    """The name as a short label; HIDDEN keeps matplotlib from dropping names that begin with _."""
    return HIDDEN * name.startswith("_") + typeset(shorten(name, MAX_NAME))


def restore_names(legend: Any) -> None:
    """Remove HIDDEN from the names in the legend."""
    for text in legend.get_texts():
        text.set_text(text.get_text().removeprefix(HIDDEN))


def legend_below(axes: Axes, **options: Any) -> Axes:
    """Put the legend under the label of the x axis, where it hides no points, with long names in one column."""
    from matplotlib.transforms import ScaledTranslation

    under = axes.transAxes + ScaledTranslation(0.0, -0.5, axes.figure.dpi_scale_trans)
    names = [handle.get_label() for handle in options.get("handles", ())] or axes.get_legend_handles_labels()[1]
    columns = max(1, 70 // max(len(str(name)) + 5 for name in names))
    restore_names(axes.legend(
        loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=under, ncols=columns, frameon=False, fontsize=9,
        labelcolor=INK, borderpad=0, borderaxespad=0, columnspacing=1.4, **options
    ))  # fmt: skip
    return axes


def counting(axes: Axes) -> None:
    """Integer ticks on the x axis, and horizontal grid lines."""
    from matplotlib.ticker import MaxNLocator

    axes.grid(axis="y", color=PALE, linewidth=0.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def shades(*colors: Any) -> Any:
    """A color scale through these colors, each with its place from 0 to 1 unless evenly spaced."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("shades", list(colors))  # a tuple of two is a color and its opacity


def line_style(place: int, points: int = 1) -> dict[str, Any]:
    """Color, dashes and markers (on about ten of the points) of the line with this number."""
    color, dashes, marker = STYLES[place % len(STYLES)]
    every = max(1, points // 10)
    return {
        "color": color, "linestyle": dashes, "marker": marker, "markersize": 5.5, "linewidth": 1.8,
        "markeredgecolor": "white", "markeredgewidth": 0.6, "markevery": (place * every // 3 % every, every),
    }  # fmt: skip


def note(axes: Axes, text: str, at: tuple[float, float], away: tuple[float, float] = (8, 0), **options: Any) -> None:
    """Write a remark ``away`` pixels from a point."""
    options = {"va": "center", "fontsize": 9, "color": INK, **options}
    axes.annotate(text, at, away, textcoords="offset points", **options)


def floats(values: Iterable[Any], what: str) -> list[float]:
    """The numbers as floats; TypeError for anything else, ValueError if there are none."""
    try:
        numbers = [float(x) for x in values]
    except (TypeError, ValueError) as error:
        raise TypeError(f"a plot of {what} takes a list of numbers: {error}") from error
    if not numbers:
        raise ValueError(f"a plot of {what} needs at least one number, got none")
    return numbers


def curves_by_name(values: Any, what: str, attribute: str = "") -> dict[str, list[float]]:
    """Name -> floats, of a dict of lists or of one list, named ""; ``attribute`` is the list of an object."""
    if isinstance(values, list) and values and attribute and all(hasattr(run, attribute) for run in values):
        values = {f"run {i}": run for i, run in enumerate(values, 1)}
    if not isinstance(values, dict):
        return {"": floats(getattr(values, attribute, values), what)}
    if not values:
        raise ValueError(f"a plot of {what} needs at least one list of numbers, got an empty dict")
    curves: dict[str, Any] = {str(name): getattr(curve, attribute, curve) for name, curve in values.items()}
    return {name: floats(curve, f"{what} ({name})") for name, curve in curves.items()}


def same_length(**lists: Sequence[Any]) -> None:
    """Raise ValueError unless the lists have the same length."""
    if len({len(members) for members in lists.values()}) > 1:
        counts = " and ".join(f"{len(members)} {name}" for name, members in lists.items())
        raise ValueError(f"expected lists of the same length, got {counts}")
