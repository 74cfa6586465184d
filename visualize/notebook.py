"""The display of Values and plots in notebooks: small graphs as SVG, plots as PNG."""

from __future__ import annotations

import sys

from autodiff import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_NODES = 60  # a larger graph is displayed as text


def register() -> None:
    """Show small graphs as SVG and plots as PNG in the running IPython, if any."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    formatter = getattr(shell, "display_formatter", None)
    if formatter is not None:
        formatter.formatters["image/svg+xml"].for_type(Value, small_svg)
        png = formatter.formatters["image/png"]
        png.for_type_by_name("matplotlib.axes._axes", "Axes", lambda axes: figure_png(axes.figure))
        png.for_type_by_name("matplotlib.figure", "Figure", figure_png)


def small_svg(output: Value) -> str | None:
    """The picture of a small graph as SVG; None for a leaf or a large graph, displayed as text."""
    waiting, seen = [output], {output}
    while waiting and len(seen) <= MAX_NODES:  # never walk a large graph
        for operand in waiting.pop().operands[: MAX_NODES + 1]:
            if type(operand) is not float and operand not in seen:
                seen.add(operand)
                waiting.append(operand)
    if output.primitive is None or len(seen) > MAX_NODES:
        return None
    from .picture import draw

    return draw(output).svg()


def figure_png(figure: Any) -> tuple[bytes, dict[str, str]]:
    """A matplotlib figure, of pyplot or not, as PNG, with a description."""
    from io import BytesIO

    file = BytesIO()
    figure.savefig(file, format="png", dpi=100)
    words = [f"{axes.get_title(loc='left') or axes.get_title()}: {axes.get_ylabel()} over {axes.get_xlabel()}"
             for axes in figure.axes if axes.get_xlabel()]  # fmt: skip
    return file.getvalue(), {"alt": "; ".join(words) or "a plot"}
