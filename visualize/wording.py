"""What a scene says in words: its title, its description, its warnings and its steps."""

from __future__ import annotations

from autodiff import gate, show

from .plain import Box, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from autodiff import Value

    from .scenes import Walk

MOST = 60  # the description tells of so many boxes


def mark_outdated(walk: Walk, boxes: Mapping[str, Box]) -> None:
    """Mark every box whose number was computed before an input changed, or from such a number; and say so."""
    if not walk.changes:
        return
    outdated = {node for node, _ in walk.changes}
    for node in walk.order:
        if node in outdated or not outdated.isdisjoint([x for x in node.operands if type(x) is not float]):
            outdated.add(node)
            boxes[walk.box_id(node)].stale = True
    computed, changed = [walk.names[x] for x in walk.changes[0]]
    walk.scene.notes.append(
        f"Dashed: out of date, as {changed} changed after {computed} was computed; forward() recomputes."
    )


def describe(walk: Walk, boxes: Mapping[str, Box]) -> None:
    """Write title, description and the words of every box."""
    for node in walk.order:
        if node not in walk.groups or walk.groups[node].newest is node:
            box = boxes[walk.box_id(node)]
            box.words = folded_words(walk, box) if box.kind == "fold" else words(walk, box, node)
    told = [f"{box.words}." for box in walk.scene.boxes if box.words]
    more = [f"And {len(told) - MOST:,} more."] if len(told) > MOST else []
    walk.scene.title = f"Computation graph of {words(walk, Box('', 'output'), walk.output)}"
    walk.scene.description = " ".join(told[:MOST] + more)


def words(walk: Walk, box: Box, node: Value) -> str:
    """The node in words: ``q = x + y = 3, gradient -4``."""
    formula = [gate(node, walk.names)] if node.primitive else []
    return remarked(walk, box, " = ".join([walk.names[node], *formula, show(node.data, walk.scene.digits)]))


def folded_words(walk: Walk, box: Box) -> str:
    """A folded part in words: ``q (3 nodes) = 3, gradient -4``."""
    value = "" if box.value is None else f" = {show(box.value, walk.scene.digits)}"
    return remarked(walk, box, f"{box.name or 'folded'} ({box.symbol}){value}")


def remarked(walk: Walk, box: Box, text: str) -> str:
    """The text with the box's gradient and whatever is special about it."""
    gradient = [] if box.gradient is None else [f"gradient {show(box.gradient, walk.scene.digits)}"]
    return ", ".join([text, *gradient, *["on a kink"] * box.kink, *["out of date"] * box.stale])


def steps_of(walk: Walk) -> Iterator[Step]:
    """The steps of the output's own table that can be seen in the picture."""
    table = walk.output.steps(walk.scene.digits)
    gates = [node for node in walk.order if node.primitive]
    for node, row in zip(gates, table.rows):
        if node not in walk.groups or walk.groups[node].newest is node:
            yield Step("forward", walk.box_id(node), "", None, "   ".join(row.parts), row.sentence)
    start = table.rows[len(gates)]
    yield Step("start", walk.box_id(walk.output), "edge-output", 1.0, "   ".join(start.parts), start.sentence)
    for row in table:
        arrow = walk.edges.get((row.node, row.place))
        if arrow:
            yield Step("backward", arrow.source, arrow.id, row.total, "   ".join(row.parts), row.sentence)
