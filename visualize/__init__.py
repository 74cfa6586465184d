"""Pictures of computation graphs: scenes, layout, and the one SVG painter.

Where things are, in the order to read:

    scene        a Value becomes boxes, arrows and steps, plain data; parts folded, gates unfolded
    layout       where everything stands: by dot, or built in
    render       shapes and texts with coordinates, written out as SVG, PNG, PDF, TikZ, or for Graphviz
    picture      draw() and what it returns
    web          page() and playground(): data, HTML, and the scripts that make it live
    plots        activations, losses, boundaries and the like, with matplotlib
    notebook     how Values and plots show themselves in a notebook
    __main__     python -m visualize
    style        colors and strokes; _text: text cleaned, shortened, measured

What the package exports, and why:

    draw          a picture of a graph: SVG, PNG, PDF, TikZ, DOT
    page          a graph as one offline page to step through and change
    playground    a net in training as one offline page
    plot_activation, plot_decision_boundary, plot_descent, plot_gradient_sizes, plot_losses, plot_rates_and_seeds,
    plot_success  the lectures' plots, with matplotlib

Values show themselves as pictures in the notebook that imports this.

>>> from autodiff import variables
>>> import visualize
>>> x, y, z = variables(x=-2, y=5, z=-4)
>>> f = (x + y) * z
>>> f.backward()
>>> visualize.draw(f).svg().startswith("<svg")
True
"""

from __future__ import annotations

from autodiff._lazy import lazily

from .notebook import register

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .picture import draw
    from .plots import (
        plot_activation, plot_decision_boundary, plot_descent, plot_gradient_sizes, plot_losses, plot_rates_and_seeds,
        plot_success,
    )  # fmt: skip
    from .web.document import page
    from .web.playground import playground

__all__ = [
    "draw", "page", "playground", "plot_activation", "plot_decision_boundary", "plot_descent", "plot_gradient_sizes",
    "plot_losses", "plot_rates_and_seeds", "plot_success",
]  # fmt: skip

ROOMS = {  # modules that are imported when one of their names is first used
    "picture": "draw", "web.document": "page", "web.playground": "playground",
    "plots": "plot_activation plot_decision_boundary plot_descent plot_gradient_sizes plot_losses plot_rates_and_seeds "
             "plot_success",
}  # fmt: skip
if not TYPE_CHECKING:  # type checkers find a misspelled name
    __getattr__, __dir__ = lazily(__name__, ROOMS)


register()
