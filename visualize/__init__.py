"""Pictures of computation graphs, interactive pages, and plots.

Modules, in reading order:

    scene        the boxes, arrows and steps of a Value as plain data; parts folded, gates unfolded
    layout       the positions, built in or by dot
    render       shapes and texts with coordinates, written as SVG, PNG, PDF, TikZ, or for Graphviz
    picture      draw() and its Picture
    web          page() and playground(): data, HTML, and scripts
    kit          the lecturer's kit: guides, worksheets, questions, slides
    site         a static web site: all pages, playgrounds, the course, the kit, the API reference
    plots        activations, losses, boundaries and the like, with matplotlib
    notebook     the display of Values and plots in notebooks
    __main__     python -m visualize
    style        colors and strokes; _text: clean, shorten and measure text

What the package exports, and why:

    draw          a picture of a graph: SVG, PNG, PDF, TikZ, DOT
    page          a graph as one offline page to step through and change
    playground    the training of a net as one offline page
    plot_activation, plot_decision_boundary, plot_descent, plot_gradient_sizes, plot_losses, plot_success,
    plot_sweep    the lectures' plots, with matplotlib

In a notebook, importing this package displays Values as pictures.

>>> from autodiff import variables
>>> import visualize
>>> x, y, z = variables(x=-2, y=5, z=-4)
>>> f = (x + y) * z
>>> f.backward()
>>> visualize.draw(f).svg().startswith("<svg")
True
"""

from __future__ import annotations

import autodiff
from autodiff._lazy import lazily

if not hasattr(autodiff, "Value"):  # it is another package of this name
    from autodiff._installation import foreign

    raise ImportError(foreign("autodiff"))

from .notebook import register

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .picture import draw
    from .plots import (
        plot_activation, plot_decision_boundary, plot_descent, plot_gradient_sizes, plot_losses, plot_success,
        plot_sweep,
    )  # fmt: skip
    from .web.document import page
    from .web.playground import playground

__all__ = [
    "draw", "page", "playground", "plot_activation", "plot_decision_boundary", "plot_descent", "plot_gradient_sizes",
    "plot_losses", "plot_success", "plot_sweep",
]  # fmt: skip

ROOMS = {  # modules imported at the first use of one of their names
    "picture": "draw", "web.document": "page", "web.playground": "playground",
    "plots": "plot_activation plot_decision_boundary plot_descent plot_gradient_sizes plot_losses plot_success "
             "plot_sweep",
}  # fmt: skip
if not TYPE_CHECKING:  # type checkers find a misspelled name
    __getattr__, __dir__ = lazily(__name__, ROOMS)


register()
