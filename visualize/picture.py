"""The picture of a graph, shown in a notebook, saved to a file, or split into frames."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from numbers import Real
from typing import Any, Literal, NamedTuple

from autodiff import Value
from autodiff._files import PAGES, suffix, write
from autodiff.adoption import Adoption, ForeignNode, is_foreign
from autodiff.graph import history

from ._text import html_image, pretty
from .layout.engines import ENGINES, Layout, make_plan
from .layout.plan import Plan
from .layout.sizes import blocks_and_links, tighten
from .render.painter import Drawing, paint
from .render.svg import film, svg
from .render.tikz import tikz
from .scene.build import frames, scene
from .scene.model import Scene
from .scene.unfold import Ends, inputs_of, join
from .style import TEXTS, Theme, palettes

Direction = Literal["right", "down"]
DIRECTIONS, GRADIENTS = ("right", "down"), (True, False, "blank")
FORMATS = (".svg", ".png", ".pdf", ".tex", ".dot")
TOO_HIGH = 5.0  # a picture this many times too high is not tightened
SMALLER = 11 / 12  # the reduced scale; all letters keep 11 pixels if numbers have 13


def draw(
    output: ForeignNode | Sequence[ForeignNode] | BaseException, *, fold: Any = None, unfold: Iterable[str] = (),
    digits: int | None = None, round: int | None = None, products: bool = False, values: bool = True,
    gradients: bool | Literal["blank"] = True, highlight: Any = None, direction: Direction = "right",
    width: float | None = 1280, height: float | None = 720, font_size: float = 13, scale: float = 1,
    theme: Theme = "auto", layout: Layout = "built-in"
) -> Picture:  # fmt: skip
    """Draw the graph of a Value in its current state, with the inputs at the left and the output at the right.

    Values are above the arrows, gradients (after ``backward()``) below them. The parts of a Value's gradient are
    at its arrows, their sum under its name.

    Parameters
    ----------
    output : Value, list of Values or exception
        The output of the graph, or several, such as the outputs of a net. An error in a forward pass, as in
        ``except ValueError as error: draw(error)``, draws the graph recorded before it. Nodes of another engine,
        such as your own, are drawn as they are (see ``autodiff.adopt``); numbers that do not fit are noted.
    fold : optional
        The part to draw as one box: a Value (with all that only it uses), a label, "sigmoid", "tanh" or "softplus"
        (in unfolded form), a model with ``named_parameters()`` (a box for each neuron or layer), or a list of
        these. None folds graphs of more than 300 nodes (nets of more than 60), False none.
    unfold : iterable of str
        Names of gates to draw as simpler ones: "sigmoid", "tanh", "softplus", "relu", "dot", "sum" as in the
        lectures; others, including your own, by their value or expansion.
    digits : int, optional
        Decimal places; None: six significant digits.
    round : int, optional
        Decimal places to which every number is rounded before further use, as in ``f.steps().rounded(2)``.
    products : bool
        Whether to write "[upstream] x [local] = downstream" for gradients.
    values : bool
        Whether to write the values.
    gradients : bool or "blank"
        Whether to write the gradients; "blank" draws boxes to fill in.
    highlight : optional
        The number of a step, or a Value or name with all its paths to the output; of a list, the
        paths from the first through the others.
    direction : str
        The direction of the arrows: "right" or "down".
    width : float, optional
        Width of a row in pixels; longer graphs are wrapped. None keeps one row.
    height : float, optional
        Height in pixels; a higher picture is tightened if it then fits one or two such heights: values of inputs are
        next to their names, and everything is a twelfth smaller if necessary.
    font_size : float
        Size of the numbers in pixels; everything else scales with it.
    scale : float
        Factor of the size of the finished picture.
    theme : str or dict
        "light", "dark", "auto" (the setting of the reader's system), or a dict of colors that replace light ones:
        background, ink, faint, value, gradient, gate, lit.
    layout : str
        "built-in", or "dot" for Graphviz.

    Raises
    ------
    TypeError, ValueError
        If the output is not a Value or a list of Values, or an option is invalid.

    Examples
    --------
    >>> from autodiff import variables
    >>> x, y, z = variables(x=-2, y=5, z=-4)
    >>> f = (x + y) * z
    >>> f.backward()
    >>> draw(f)
    <picture of f = s0 * z = -12: 6 boxes, 5 arrows; .save("name.svg") keeps it>
    """
    output, doubts = as_value(output)
    one_of("layout", layout, ENGINES)
    one_of("direction", direction, ("right", "down"))
    one_of("kind of gradients", gradients, (True, False, "blank"))
    for name, number in {"width": width, "height": height, "font_size": font_size, "scale": scale}.items():
        optional = name in ("width", "height")
        if not (optional if number is None else isinstance(number, Real) and 0 < number < 1e5):
            raise ValueError(f"{name} is a positive number{' or None' * optional}, got {number!r:.40}")
    for name, places in {"digits": digits, "round": round}.items():
        if places is not None and not (hasattr(places, "__index__") and 0 <= places <= 17):
            raise ValueError(f"{name} is a whole number from 0 to 17, or None, got {places!r:.40}")
    if not isinstance(unfold, Iterable):
        raise TypeError(f"unfold is a list of names of gates, got {type(unfold).__name__}: {unfold!r:.40}")
    unfold = (unfold,) if isinstance(unfold, str) else tuple(unfold)
    shown = {"fold": fold, "unfold": unfold, "digits": digits, "round": round, "products": products, "values": values,
             "gradients": gradients, "direction": direction, "doubts": doubts}  # fmt: skip
    look = Look(layout, width, height, font_size / TEXTS["data"].size, scale, palettes(theme))
    return Picture(scene(output, **shown, highlight=highlight), look, output, shown)


def as_value(output: Any) -> tuple[Value, dict[Value, str]]:
    """The outputs to draw as one Value (for an error, those recorded before it), and doubts about adopted nodes."""
    if type(output) is Value:
        return output, {}
    doubts: dict[Value, str] = {}
    found = [output] if is_foreign(output) else output
    if isinstance(output, BaseException):
        found, doubts = recorded_before(output)
    elif isinstance(found, (list, tuple)) and any(map(is_foreign, found)):
        adoption = Adoption(found)
        adoption.warn(stacklevel=4)
        found, doubts = adoption.outputs, adoption.doubts
    if not isinstance(found, (list, tuple)) or any(type(x) is not Value for x in found):
        hint = "; draw what it gives, as in draw(net(x))" if callable(output) else ""
        raise TypeError(f"draw takes a Value or a list of Values, got {type(output).__name__}: {output!r:.60}{hint}")
    if not found:
        raise ValueError("there is nothing to draw: pass at least one Value")
    outputs = list(dict.fromkeys(found))
    return join(outputs) if len(outputs) > 1 else outputs[0], doubts


def recorded_before(error: BaseException) -> tuple[list[Value], dict[Value, str]]:
    """The last gates among the local variables of the functions that an error passed through, and doubts."""
    things: list[Any] = []
    step = error.__traceback__
    while step:
        waiting = list(step.tb_frame.f_locals.values()) if step.tb_frame.f_code.co_name != "<module>" else []
        for thing in waiting:
            if type(thing) is Value or is_foreign(thing):
                things.append(thing)
            elif type(thing) in (list, tuple) and len(waiting) < 10_000:
                waiting += thing
        step = step.tb_next
    adoption = Adoption(things)
    found = dict.fromkeys(adoption.outputs)
    used = {x for node in found for behind in history(node) for x in inputs_of(behind)}
    gates = [node for node in found if node not in used]
    return [node for node in gates if node.primitive] or gates, adoption.doubts


def one_of(what: str, given: Any, known: Collection[Any]) -> None:
    """Raise ValueError unless an option has one of the known values."""
    if not any(given == x and type(given) is type(x) for x in known):
        raise ValueError(f"no {what} is called {given!r:.60}: choose one of {', '.join(map(str, known))}")


class Look(NamedTuple):
    """The options for layout and size."""

    layout: str
    width: float | None
    height: float | None
    zoom: float
    scale: float
    palettes: tuple[dict[str, str], dict[str, str]]

    def plan(self, scene: Scene) -> tuple[Look, Scene, Plan]:
        """The plan of a scene, tightened and reduced if that makes it fit on one slide, or else on two."""

        def lay_out(look: Look, scene: Scene, tight: bool = False) -> tuple[Look, Scene, Plan]:
            width = look.width and look.width / look.zoom
            return look, scene, make_plan(*blocks_and_links(scene), look.layout, width, scene.down, tight)

        roomy = lay_out(self, scene)
        if not self.height or not 1.0 < roomy[2].height * self.zoom / self.height < TOO_HIGH:
            return roomy
        smaller = self._replace(zoom=self.zoom * SMALLER)
        tried = [roomy, *[lay_out(look, tighten(scene), True) for look in (self, smaller)]]
        fits = [x for pages in (1, 2) for x in tried if x[2].height * x[0].zoom <= pages * self.height]
        return (fits or tried)[0]

    def paint(self, scene: Scene, plan: Plan, lines: int = 0) -> Drawing:
        """The drawing of a scene in these sizes and colors."""
        return replace(paint(scene, plan, lines), scale=self.scale * self.zoom, palettes=self.palettes)


class Picture:
    """A drawn graph, displayed by notebooks; ``scene`` has its contents as plain data.

    >>> from autodiff import variables
    >>> x, y = variables(x=3, y=4)
    >>> picture = draw(x * y)
    >>> picture.svg().startswith("<svg"), len(picture.scene.boxes)
    (True, 4)
    """

    def __init__(self, scene: Scene, look: Look, output: Value, options: dict[str, Any]) -> None:
        self.scene = scene
        self._look, self._output, self._options = look, output, options

    def svg(self) -> str:
        """The picture as the text of an SVG file."""
        return svg(self._drawing)

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write the picture to a file that ends in .svg, .png, .pdf, .tex (TikZ) or .dot, and return the path.

        ValueError for another ending, FileNotFoundError if the folder does not exist.
        """
        if os.fspath(path).lower().endswith(PAGES):
            raise ValueError(f"a picture is not a page: visualize.page(f).save({os.fspath(path)!r:.300}) writes one")
        ending = suffix(path, FORMATS)
        if ending == ".dot":
            return write(path, str(self.graphviz().source).encode())
        return write(path, content([self._drawing], ending))

    @cached_property
    def _drawing(self) -> Drawing:
        look, scene, plan = self._look.plan(self.scene)
        return look.paint(scene, plan)

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        from base64 import b64encode

        words = pretty(f"{self._drawing.title}. {self._drawing.description}")
        return html_image("image/svg+xml", b64encode(self.svg().encode()).decode(), words)

    def __repr__(self) -> str:
        what, boxes, arrows = self.scene.title.partition(" of ")[2], len(self.scene.boxes), len(self.scene.arrows)
        return f'<picture of {what:.60}: {boxes} boxes, {arrows} arrows; .save("name.svg") keeps it>'

    def graphviz(self) -> Any:
        """The graph as a ``graphviz.Digraph``, to style and lay out by Graphviz."""
        from .render.graphviz import digraph

        return digraph(self.scene)

    def frames(self, pattern: str | os.PathLike[str]) -> list[str]:
        """Write the graph step by step, for slides, with the same positions in every file; return the paths.

        Gradients start from 1, as in ``steps()``. The pattern contains the number of the step, as in
        "d1-{n}.svg" or "d1-{n:02}.png". Without it, a .pdf or .tex file has a page for each step; a .svg file moves.
        StaleGraphError if an input has changed since the graph was computed.
        """
        name = os.fspath(pattern)
        ending = suffix(name, FORMATS[:-1])
        single = frame_name(name, 1) == name
        if single and ending == ".png":
            raise ValueError(f"{name!r} lacks the number of the step: write {{n}}, as in 'step-{{n}}{ending}'")
        drawings = self._frames()
        if single:
            return [write(name, content(drawings, ending))]
        return [write(frame_name(name, i), content([drawing], ending)) for i, drawing in enumerate(drawings, 1)]

    def _frames(self) -> list[Drawing]:
        if type(self._output.primitive) is Ends:
            raise ValueError("frames show the steps of one output: draw only one")
        look, whole, plan = self._look.plan(scene(self._output, **self._options, steps=True))
        steps = list(frames(whole))
        lines = max([len(step.caption) for step in steps])
        return [look.paint(step, plan, lines) for step in steps]


def content(drawings: Sequence[Drawing], ending: str) -> bytes:
    """The bytes of a file; several drawings are pages, or an SVG file that moves."""
    if ending == ".svg":
        return (svg(drawings[0]) if len(drawings) == 1 else film(drawings)).encode()
    if ending == ".tex":
        return tikz(drawings).encode()
    from .render.matplotlib import pdf, png

    return png(drawings[0]) if ending == ".png" else pdf(drawings)


def frame_name(pattern: str, n: int) -> str:
    """The file name with the number of a step in place of {n} or {n:03}; ValueError for other braces."""
    name = re.sub(r"\{n(?::(0?\d?)d?)?\}", lambda found: format(n, found[1] or ""), pattern)
    if "{" in name or "}" in name:
        raise ValueError(f"cannot number {pattern!r:.300}: write the number as {{n}} or {{n:03}}, without other braces")
    return name
