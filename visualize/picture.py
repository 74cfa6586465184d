"""The picture of a graph: it shows itself in a notebook, saves itself, and comes apart into frames."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from autodiff import Value
from autodiff._files import PAGES, suffix, write
from autodiff.graph import history

from .layout.engines import ENGINES, Layout, planned
from .layout.plan import Plan
from .layout.sizes import blocks_and_links, tightened
from .render.painter import Drawing, paint
from .render.svg import svg
from .render.tikz import tikz
from .scene.build import frames, scene
from .scene.model import Scene
from .scene.unfold import Ends, joined
from .style import TEXTS, Theme, palettes

Direction = Literal["right", "down"]
DIRECTIONS, GRADIENTS = ("right", "down"), (True, False, "blank")
FORMATS = (".svg", ".png", ".pdf", ".tex", ".dot")
FRAMES = (".svg", ".png", ".pdf", ".tex")
PAGED = (".pdf", ".tex")  # what holds several drawings
MOST = 5.0  # so many times too high a picture stays as it is
SMALLER = 11 / 12  # so little that no letters are of less than 11 pixels where the numbers are of 13


def draw(
    output: Value | Sequence[Value] | BaseException, *, fold: Any = None, unfold: Iterable[str] = (),
    digits: int | None = None, round: int | None = None, products: bool = False, values: bool = True,
    gradients: bool | Literal["blank"] = True, highlight: Any = None, direction: Direction = "right",
    width: float | None = 1280, height: float | None = 720, font_size: float = 13, scale: float = 1,
    theme: Theme = "auto", layout: Layout = "built-in"
) -> Picture:  # fmt: skip
    """The graph behind a Value, as it is now, as a picture from the inputs at the left to the output at the right.

    Values stand above the arrows, gradients (after ``backward()``) below them. The parts of a Value's gradient stand
    at its arrows, their sum under its name.

    Parameters
    ----------
    output : Value, list of Values or exception
        The end of the graph, or its ends, such as what a net returns. Of an error in a forward pass, as in
        ``except ValueError as error: draw(error)``, what was recorded before it is drawn.
    fold : optional
        What becomes one box: a Value (with all that only it uses), a label, "sigmoid", "tanh" or "softplus" (written
        out in simpler gates), a model with ``named_parameters()`` (a box for each neuron, or layer), or a list of
        such. None folds graphs of more than 300 nodes (nets of more than 60), False none.
    unfold : iterable of str
        Names of gates to draw as simpler ones: "sigmoid", "tanh", "softplus", "relu", "dot", "sum" as lectures
        do; others, a user's among them, by their value or expansion.
    digits : int, optional
        Places after the point; None: six significant digits.
    round : int, optional
        Places to which every number is rounded before the next is computed from it, as ``f.steps().rounded(2)``.
    products : bool
        Whether to write "[upstream] x [local] = downstream" for gradients.
    values : bool
        Whether to write the values.
    gradients : bool or "blank"
        Whether to write the gradients; "blank" leaves boxes to fill in.
    highlight : optional
        What stands out: the number of a step, or a Value or name, with all its paths to the output; of a list the
        paths from the first past the others.
    direction : str
        Where the arrows go: "right" or "down".
    width : float, optional
        The pixels of a row; a longer circuit is wrapped. None keeps it in one row.
    height : float, optional
        Pixels: a higher picture is set tighter if that makes it fit, or fit twice: values of inputs stand beside their
        names, once, and if need be all is a twelfth smaller.
    font_size : float
        The pixels of the numbers; all else goes with them.
    scale : float
        How many times as large the finished picture is written.
    theme : str or dict
        "light", "dark", "auto" (as the reader's system is set), or a dict of colors that replace light ones:
        background, ink, faint, value, gradient, gate, lit.
    layout : str
        "built-in", or "dot" by the program of Graphviz.

    Examples
    --------
    >>> from autodiff import variables
    >>> x, y, z = variables(x=-2, y=5, z=-4)
    >>> f = (x + y) * z
    >>> f.backward()
    >>> draw(f)
    <picture of f = s0 * z = -12: 6 boxes, 5 arrows; .save("name.svg") keeps it>
    """
    output = single(output)
    one_of("layout", layout, ENGINES)
    one_of("direction", direction, DIRECTIONS)
    one_of("gradients", gradients, GRADIENTS)
    for name, number in (("width", width), ("height", height), ("font_size", font_size), ("scale", scale)):
        if number is not None and not 0 < number < 1e5:
            raise ValueError(f"{name} is a positive number, got {number!r:.40}")
    unfold = (unfold,) if isinstance(unfold, str) else tuple(unfold)
    shown = {"fold": fold, "unfold": unfold, "digits": digits, "round": round, "products": products, "values": values,
             "gradients": gradients, "direction": direction}  # fmt: skip
    look = Look(layout, width, height, font_size / TEXTS["data"].size, scale, palettes(theme))
    return Picture(scene(output, **shown, highlight=highlight), look, output, shown)


def single(given: Any) -> Value:
    """What is drawn, as one Value: several outputs are joined; for an error, what was recorded before it."""
    if type(given) is Value:
        return given
    found = recorded_before(given) if isinstance(given, BaseException) else given
    if not isinstance(found, (list, tuple)) or any(type(x) is not Value for x in found):
        raise TypeError(f"draw takes a Value or a list of Values, got {type(given).__name__}: {given!r:.60}")
    if not found:
        raise ValueError("there is nothing to draw: no Value was given or recorded")
    outputs = list(dict.fromkeys(found))
    return joined(outputs) if len(outputs) > 1 else outputs[0]


def recorded_before(error: BaseException) -> list[Value]:
    """The last gates among the variables of the functions that an error went through."""
    found: dict[Value, None] = {}
    step = error.__traceback__
    while step:
        waiting = list(step.tb_frame.f_locals.values()) if step.tb_frame.f_code.co_name != "<module>" else []
        for thing in waiting:
            if type(thing) is Value:
                found[thing] = None
            elif type(thing) in (list, tuple) and len(waiting) < 10_000:
                waiting += thing
        step = step.tb_next
    used = {x for node in found for behind in history(node) for x in behind.operands if type(x) is not float}
    gates = [node for node in found if node not in used]
    return [node for node in gates if node.primitive] or gates


def one_of(what: str, given: Any, known: Collection[Any]) -> None:
    """Raise ValueError unless it is one of the known."""
    if not any(given == x and type(given) is type(x) for x in known):
        raise ValueError(f"no {what} is called {given!r:.60}: choose one of {', '.join(map(str, known))}")


class Look(NamedTuple):
    """How a scene is laid out and written."""

    layout: str
    width: float | None
    height: float | None
    enlarged: float
    scale: float
    palettes: tuple[dict[str, str], dict[str, str]]

    def plan(self, scene: Scene) -> tuple[Look, Scene, Plan]:
        """Where all of a scene stands; one too high is made tight, or smaller too, to fit on a slide, else on two."""

        def made(look: Look, scene: Scene, tight: bool = False) -> tuple[Look, Scene, Plan]:
            width = look.width and look.width / look.enlarged
            return look, scene, planned(*blocks_and_links(scene), look.layout, width, scene.down, tight)

        roomy = made(self, scene)
        if not self.height or not 1.0 < roomy[2].height * self.enlarged / self.height < MOST:
            return roomy
        smaller = self._replace(enlarged=self.enlarged * SMALLER)
        tried = [roomy, *[made(look, tightened(scene), True) for look in (self, smaller)]]
        fits = [x for pages in (1, 2) for x in tried if x[2].height * x[0].enlarged <= pages * self.height]
        return (fits or tried)[0]

    def paint(self, *given: Any) -> Drawing:
        """The drawing of a scene by a plan, and whatever else the painter takes."""
        return replace(paint(*given), scale=self.scale * self.enlarged, palettes=self.palettes)


class Picture:
    """A drawn graph, which shows itself in a notebook; ``scene`` has what is in it, as plain data.

    >>> from autodiff import variables
    >>> x, y = variables(x=3, y=4)
    >>> picture = draw(x * y)
    >>> picture.svg().startswith("<svg"), len(picture.scene.boxes)
    (True, 4)
    """

    def __init__(self, scene: Scene, look: Look, output: Value, options: dict[str, Any]) -> None:
        self.scene = scene
        self._look, self._output, self._options = look, output, options
        self._drawing: Drawing | None = None

    def svg(self) -> str:
        """The picture as the text of an SVG file."""
        return svg(self._drawn())

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write the picture to a file and return the path, which ends in .svg, .png, .pdf, .tex (TikZ) or .dot.

        ValueError for another ending, FileNotFoundError if the folder does not exist.
        """
        if os.fspath(path).lower().endswith(PAGES):
            raise ValueError(f"a picture is no page: visualize.page(f).save({os.fspath(path)!r:.300}) writes one")
        ending = suffix(path, FORMATS)
        if ending == ".dot":
            return write(path, str(self.graphviz().source).encode())
        return write(path, content([self._drawn()], ending))

    def _drawn(self) -> Drawing:
        if self._drawing is None:
            look, *planned = self._look.plan(self.scene)
            self._drawing = look.paint(*planned)
        return self._drawing

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        what, boxes, arrows = self.scene.title.partition(" of ")[2], len(self.scene.boxes), len(self.scene.arrows)
        return f'<picture of {what:.60}: {boxes} boxes, {arrows} arrows; .save("name.svg") keeps it>'

    def graphviz(self) -> Any:
        """The graph as a ``graphviz.Digraph``, to be styled and laid out by Graphviz alone."""
        from .render.graphviz import digraph

        return digraph(self.scene)

    def frames(self, pattern: str | os.PathLike[str]) -> list[str]:
        """Write the graph step by step, for slides, every file in the same positions; return the paths.

        Gradients are those of ``steps()``, which start from 1. The pattern has a place for the number, such as
        "d1-{n}.svg" or "d1-{n:02}.png", or is the name of a .pdf or .tex file, which gets a page for each step.
        StaleGraphError if an input has changed since the graph was computed.
        """
        name = os.fspath(pattern)
        ending = suffix(name, FRAMES)
        single = numbered(name, 1) == name
        if single and ending not in PAGED:
            example = f"'step-{{n}}{ending}'"
            raise ValueError(f"{name!r} has no place for the number of the step: write for example {example}")
        drawings = self._frames()
        if single:
            return [write(name, content(drawings, ending))]
        return [write(numbered(name, i), content([drawing], ending)) for i, drawing in enumerate(drawings, 1)]

    def _frames(self) -> list[Drawing]:
        if type(self._output.primitive) is Ends:
            raise ValueError("frames show the steps of one output: draw one of them")
        look, whole, plan = self._look.plan(scene(self._output, **self._options, steps=True))
        steps = list(frames(whole))
        lines = max([len(frame.caption) for frame in steps])
        return [look.paint(frame.scene, plan, frame.lit, frame.caption, lines) for frame in steps]


def content(drawings: Sequence[Drawing], ending: str) -> bytes:
    """The bytes of a file; only a file with pages holds several drawings."""
    if ending == ".svg":
        return svg(drawings[0]).encode()
    if ending == ".tex":
        return tikz(drawings).encode()
    from .render.matplotlib import pdf, png

    return png(drawings[0]) if ending == ".png" else pdf(drawings)


def numbered(pattern: str, n: int) -> str:
    """The file name with the number of a step in place of {n} or {n:03}; ValueError where it has other braces."""
    name = re.sub(r"\{n(?::(0?\d?)d?)?\}", lambda found: format(n, found[1] or ""), pattern)
    if "{" in name or "}" in name:
        raise ValueError(f"cannot number {pattern!r:.300}: {{n}} or {{n:03}} stands for the number, no other braces")
    return name
