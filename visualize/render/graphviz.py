"""A scene as a graph of the graphviz package, to style it further or to save a .dot file."""

from __future__ import annotations

from typing import Any

from autodiff._files import need
from autodiff.notation import LOWER, UPPER

from .._text import clean
from ..layout.sizes import RADIUS, Runs, above, below, half_width, inside, over, under
from ..scene.model import Box, Scene
from ..style import LIGHT

NODE_SHAPES = {"op": "box", "fold": "box", "leaf": "plaintext", "constant": "plaintext", "output": "plaintext"}


def digraph(scene: Scene) -> Any:
    """The scene as a ``graphviz.Digraph``, without a layout or the program ``dot``."""
    need("graphviz", "a .dot file")
    import graphviz  # type: ignore[import-untyped]

    graph = graphviz.Digraph(comment=clean(scene.title))
    graph.attr(rankdir="TB" if scene.down else "LR", tooltip=label_text([(scene.title, "")]))
    graph.attr("node", fontname="Helvetica", fontsize="12", color=LIGHT["ink"], fontcolor=LIGHT["ink"])
    graph.attr("edge", fontname="Helvetica", fontsize="11", color=LIGHT["faint"], fontcolor=LIGHT["value"])
    for box in scene.boxes:
        graph.node(box.id, **node(box, scene))
    for arrow in scene.arrows:
        label = label_text(above(arrow, scene), below(arrow, scene))  # the value, with the gradient under it
        graph.edge(arrow.source, arrow.target, label, id=arrow.id)
    return graph


def node(box: Box, scene: Scene) -> dict[str, str]:
    """The attributes of a box: gates are round, folded parts rectangular, inputs italic texts."""
    lines = [over(box), inside(box)]
    lines += [[(box.symbol, "")]] * (box.kind == "fold") + [under(box, scene)]
    look = {
        "label": label_text(*lines),
        "shape": NODE_SHAPES[box.kind],
        "id": box.id,
        "tooltip": label_text([(box.words, "")]),
    }
    if box.kind == "op":
        look.update(style="rounded,dashed" if box.stale else "rounded", height="0.44", width="0.44", margin="0.08,0.02")
        if half_width(box) == RADIUS and not (over(box) or box.total):
            look.update(shape="circle", fixedsize="true", style="dashed" if box.stale else "solid")
    elif box.kind in ("leaf", "output"):
        look.update(fontname="Times-Italic", fontsize="16", margin="0.03")
    elif box.kind == "constant":
        look.update(fontcolor=LIGHT["faint"], fontsize="10", margin="0.03")
    return look


def index(text: str, style: str) -> str:
    """An index in small letters; any other text after a space."""
    small = {"lower": LOWER, "upper": UPPER}.get(style)
    return "".join([small.get(c, c) for c in text]) if small else f" {clean(text)}"


def label_text(*lines: Runs) -> Any:
    """Lines as a label of DOT, with all characters of special meaning escaped."""
    import graphviz

    texts = ["".join([index(*run) for run in line]).strip() for line in lines]
    return graphviz.nohtml("\\n".join([graphviz.escape(text) for text in texts if text]) or " ")
