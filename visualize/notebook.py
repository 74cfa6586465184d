"""The display of graphs and plots in notebooks, as images that fit the page and have alternative texts.

An image in HTML is the one form in which JupyterLab, VS Code and nbconvert keep the alternative text and scale wide
pictures down; JupyterLab shows it in notebooks that it does not trust, too. The SVG or PNG itself comes along for PDF.
"""

from __future__ import annotations

import sys

from autodiff import Value

from ._text import html_image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Bundle = tuple[dict[str, str], dict[str, Any]]

MAX_NODES = 60  # a larger graph is displayed as text


def register() -> None:
    """Show small graphs and plots as images in the running IPython, if any."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    formatter = getattr(shell, "display_formatter", None)
    if formatter is None:
        return

    def unless_text(bundle: Callable[[Any], Bundle]) -> Callable[[Any], Bundle]:
        return lambda shown: bundle(shown) if formatter.formatters["text/html"].enabled else ({}, {})

    bundles = formatter.mimebundle_formatter  # pyplot replaces the other formatters of figures
    bundles.for_type(Value, unless_text(graph_bundle))
    bundles.for_type_by_name("matplotlib.axes._axes", "Axes", unless_text(axes_bundle))
    bundles.for_type_by_name("matplotlib.figure", "Figure", unless_text(figure_bundle))


def graph_bundle(output: Value) -> Bundle:
    """The picture of a small graph; nothing for a leaf or a large graph, displayed as text."""
    waiting, seen = [output], {output}
    while waiting and len(seen) <= MAX_NODES:  # never walk a large graph
        for operand in waiting.pop().operands[: MAX_NODES + 1]:
            if type(operand) is not float and operand not in seen:
                seen.add(operand)
                waiting.append(operand)
    if output.primitive is None or len(seen) > MAX_NODES:
        return {}, {}
    from .picture import draw

    picture = draw(output)
    return {"image/svg+xml": picture.svg(), "text/html": picture._repr_html_()}, {}


def axes_bundle(axes: Any) -> Bundle:
    """The figure of the axes; nothing if pyplot will show it after the cell."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None and getattr(axes.figure, "number", None) in pyplot.get_fignums():
        return {}, {}
    return figure_bundle(axes.figure)


def figure_bundle(figure: Any) -> Bundle:
    """A matplotlib figure, of pyplot or not, as PNG, with a description."""
    from base64 import b64encode
    from io import BytesIO

    from .plots.description import figure_in_words

    file = BytesIO()
    figure.savefig(file, format="png", dpi=100, bbox_inches="tight")
    png, alt = b64encode(file.getvalue()).decode(), figure_in_words(figure)
    return {"image/png": png, "text/html": html_image("image/png", png, alt)}, {"image/png": {"alt": alt}}
