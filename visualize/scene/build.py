"""The scene of a Value, built in one walk over its graph; its description; its frames, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from autodiff import Value
from autodiff.formula import gate, names, show
from autodiff.graph import history, on_kink, stale, sweep
from autodiff.notation import Name
from autodiff.vocabulary import words

from .._text import clean
from .fold import BUNDLE, groups_of, net, owners_of, symbol
from .model import Arrow, Box, Scene, Step
from .unfold import Ends, inputs_of, rewrite, wishes

MAX_DESCRIBED = 60  # boxes in the description
MOST_DOUBTS = 3  # notes about nodes whose numbers do not fit
CONSTANTS = 4  # a gate with more constants gets one box for all of them


def mark_outdated(walk: Walk, boxes: Mapping[str, Box]) -> None:
    """Mark the boxes whose values predate a change of an input, and add a note."""
    if not walk.changes:
        return
    outdated = {node for node, _ in walk.changes}
    for node in walk.order:
        if node in outdated or not outdated.isdisjoint(inputs_of(node)):
            outdated.add(node)
            boxes[walk.box_id(node)].stale = True
    computed, changed = [walk.names[x] for x in walk.changes[0]]
    walk.scene.notes.append(
        f"Dashed: out of date, as {changed} changed after {computed} was computed; forward() recomputes."
    )


def mark_doubts(walk: Walk, doubts: Mapping[Value, str]) -> None:
    """Mark the boxes of nodes whose numbers do not fit their gates, and add notes."""
    boxes = {box.id: box for box in walk.scene.boxes}
    for node in doubts:
        if node in walk.place:
            boxes[walk.box_id(node)].stale = True
    sentences = [f"In doubt: {doubt}." for doubt in doubts.values()]
    more = [f"And {len(sentences) - MOST_DOUBTS:,} more."] if len(sentences) > MOST_DOUBTS else []
    walk.scene.notes += [*sentences[:MOST_DOUBTS], *more]
    describe(walk, boxes)


def describe(walk: Walk, boxes: Mapping[str, Box]) -> None:
    """Write the title, the description, and the words of every box."""
    for node in walk.order:
        if walk.has_box(node):
            box = boxes[walk.box_id(node)]
            box.words = in_words(walk, box, node)
    sentences = [f"{box.words}." for box in walk.scene.boxes if box.words]
    if len(sentences) > MAX_DESCRIBED:
        sentences[MAX_DESCRIBED:] = [f"And {len(sentences) - MAX_DESCRIBED:,} more."]
    ends = ", ".join([in_words(walk, Box("", "output"), end) for end in walk.ends])
    walk.scene.title, walk.scene.description = f"Computation graph of {ends}", " ".join(sentences)


def in_words(walk: Walk, box: Box, node: Value) -> str:
    """The node in words, ``q = x + y = 3, gradient -4``; a folded part: ``q (3 nodes) = 3, gradient -4``."""
    scene, names = walk.scene, walk.names
    if box.kind == "fold":
        number, parts = box.value, [f"{box.name or 'folded'} ({box.symbol})"]
    else:
        number, parts = walk.value(node), [names[node], gate(node, names)] if node.primitive else [names[node]]
    if number is not None and scene.values:
        parts.append(show(number, scene.digits))
    gradient = "" if box.gradient is None else f"gradient {show(box.gradient, scene.digits)}"
    doubt = "out of date" if walk.changes else "in doubt"
    remarks = {gradient: gradient and scene.gradients is True, "on a kink": box.kink, doubt: box.stale}
    return ", ".join([" = ".join(parts), *[remark for remark, holds in remarks.items() if holds]])


def steps_of(walk: Walk) -> Iterator[Step]:
    """Yield the steps of the output's table that the picture can show."""
    table = walk.output.steps(walk.scene.digits)
    typeset = table.renamed({node: str(Name(name)) for node, name in table.names.items()})
    if walk.rounded:
        table = walk.rounded
        typeset = typeset.rounded(table.digits or 0)
    for row, printed in zip(table.rows, typeset.rows):
        about = printed.line, row.sentence
        if row.phase == "backward":
            if arrow := walk.edges.get((row.node, row.place)):
                yield Step("backward", arrow.source, arrow.id, row.total, *about)
        elif row.phase == "start":
            yield Step("start", walk.box_id(walk.output), "edge-output", 1.0, *about)
        elif walk.has_box(row.node):
            yield Step("forward", walk.box_id(row.node), "", None, *about)


def scene(
    output: Value, fold: Any = None, unfold: Iterable[str] = (), digits: int | None = None, products: bool = False,
    values: bool = True, gradients: bool | str = True, direction: str = "right", highlight: Any = None,
    round: int | None = None, steps: bool = False, doubts: Mapping[Value, str] | None = None
) -> Scene:  # fmt: skip
    """The graph of the output as plain data; with ``steps``, or gradients to fill in, gradients start from 1.

    Nodes in ``doubts`` are dashed, and the sentences about them are notes.
    """
    output, copies, notes = rewrite(output, fold, unfold)
    shown = Scene(digits if round is None else round, products, values, gradients, direction == "down", notes=notes)
    rounded = None if round is None else output.steps().rounded(round)
    walk = Walk(output, fold, copies, shown, 1.0 if steps or gradients == "blank" else None, steps, rounded)
    if doubts:
        mark_doubts(walk, {copies.get(node, node): doubt for node, doubt in doubts.items()})
    by_number = type(highlight) is int
    if steps or by_number:
        shown.steps += steps_of(walk)
        for number, step in enumerate(shown.steps, 1):
            step.number = number
    if by_number:
        if not 1 <= highlight <= len(shown.steps):
            raise ValueError(f"highlight is a step from 1 to {len(shown.steps)}, got {highlight}")
        shown.lit |= lit_ids(shown, shown.steps[highlight - 1])
    elif highlight is not None:
        shown.lit |= lit_paths(walk, wishes(highlight), copies)
    return shown


def lit_paths(walk: Walk, wanted: Sequence[Any], copies: Mapping[Value, Value]) -> dict[str, str]:
    """The ids on the paths from the first wanted node to the output through all others, each "lit"."""
    on_path: set[Value] = set(walk.order)
    for i, wish in enumerate(wanted):
        own = set(owners_of(walk.order, wish, copies, "highlight"))
        behind = {node for owner in own for node in history(owner)} if i else set(own)
        ahead = set(own)
        for node in walk.order:
            if not ahead.isdisjoint(inputs_of(node)):
                ahead.add(node)
        on_path &= ahead | behind
    arrows = [arrow.id for (node, place), arrow in walk.edges.items()
              if type(place) is int and node in on_path and node.operands[place] in on_path]  # fmt: skip
    ends = [arrow.id for arrow in walk.scene.arrows if arrow.target.startswith("output")]
    return dict.fromkeys([*map(walk.box_id, on_path), *arrows, *ends], "lit")


def frames(scene: Scene) -> Iterator[Scene]:
    """Yield the scene after each of its steps, with the step highlighted and one or two lines of caption."""
    pending = {step.box for step in scene.steps if step.phase == "forward"}
    arrived: set[str] = set()
    totals: dict[str, float | None] = {}
    for step in scene.steps:
        pending.discard(step.box)
        arrived.add(step.arrow)
        if step.phase == "backward":
            totals[step.box] = step.total
        arrows = [arrow if arrow.id in arrived else replace(arrow, gradient=None) for arrow in scene.arrows]
        arrows = [replace(x, name="", value=None) if x.source in pending else x for x in arrows]
        boxes = [replace(box, gradient=totals.get(box.id)) if box.total else box for box in scene.boxes]
        first, *others = [part.strip() for part in step.text.split("   ") if part.strip()]
        caption = [f"Step {step.number} of {len(scene.steps)}: {first}"]
        if others:
            caption.append("   ".join(others))
        lit = lit_ids(scene, step)
        yield replace(scene, arrows=arrows, boxes=boxes, lit=lit, title=step.text, caption=caption)


def lit_ids(scene: Scene, step: Step) -> dict[str, str]:
    """The ids that a step highlights: the gate with all its arrows, or the arrow "back" and both its ends."""
    if step.phase == "forward":
        return dict.fromkeys([step.box, *[x.id for x in scene.arrows if step.box in (x.source, x.target)]], "lit")
    ends = [box for x in scene.arrows if x.id == step.arrow for box in (x.source, x.target)]
    return {**dict.fromkeys(ends, "lit"), step.arrow: "back" if step.phase == "backward" else "lit"}


class Walk:
    """The walk over a graph, oldest node first, that fills a scene; ``upstream`` None: as left by ``backward()``."""

    def __init__(
        self, output: Value, fold: Any, copies: Mapping[Value, Value], scene: Scene, upstream: float | None = None,
        aliases: bool = True, rounded: Any = None
    ) -> None:  # fmt: skip
        order, several = history(output), type(output.primitive) is Ends
        groups, notes = groups_of(order, fold, copies)
        scene.notes += notes
        scene.net = net(order, groups)
        self.ends = [output]
        if several:
            self.ends, order = inputs_of(output), order[:-1]
        self.end_set = set(self.ends)
        self.output, self.order, self.groups, self.scene, self.rounded = output, order, groups, scene, rounded
        self.values = rounded.values if rounded else {}
        self.names = {node: clean(name) for node, name in names(order, output).items()}
        for i, end in enumerate(self.ends, 1):
            if several and not end.label and f"f{i}" not in self.names.values():
                self.names[end] = f"f{i}"
        self.place = {node: i for i, node in enumerate(order)}
        self.changes = list(stale(order))
        self.upstream = output.grad if upstream is None else upstream
        self.aliases = aliases  # name nodes without a label as in the steps
        self.totals = {node: node.grad for node in order} if upstream is None else {}
        self.flows: dict[tuple[Value, int], tuple[float, float, float]] = {}  # upstream, local, downstream of an edge
        self.edges: dict[tuple[Value, Any], Arrow] = {}
        self.leaving: dict[Value, list[Arrow]] = {}
        if self.upstream == 0.0:
            self.totals = {}
        elif rounded:
            self.upstream, self.totals = 1.0, dict.fromkeys(order, 0.0) | {output: 1.0}
            for step in rounded:
                self.totals[step.operand] = step.total
                self.flows[step.node, step.place] = step.upstream, step.local, step.downstream
        elif not self.changes:
            for node, gradient, local_gradients in sweep(output, self.upstream):
                if upstream is not None:
                    self.totals[node] = gradient
                for place, local in enumerate(local_gradients):
                    if local is not None:
                        downstream = 0.0 if local is False else gradient * local
                        self.flows[node, place] = gradient, float(local), downstream
        for node in order:
            self.visit(node)
        self.finish()

    def value(self, node: Value) -> float:
        return float(self.values.get(node, node.data))

    def box_id(self, node: Value) -> str:
        """The id of the box that contains the node."""
        group = self.groups.get(node)
        return f"node-{self.place[group.newest if group else node]}"

    def has_box(self, node: Value) -> bool:
        """Whether the node has a box, its own or the one of its group, of which it is the newest."""
        group = self.groups.get(node)
        return group is None or group.newest is node

    def visit(self, node: Value) -> None:
        """Add the node's box and the arrows into it."""
        group, tells_constants = self.groups.get(node), True
        if group is None:
            box = Box(self.box_id(node), "leaf", value=self.value(node))
            box.name = "" if node is self.output else clean(node.label)
            if self.aliases and not node.label and node not in self.end_set:
                box.alias = self.names[node]
            if node.primitive:
                box.kind, box.kink = "op", on_kink(node)
                box.symbol, tells_constants = symbol(node.primitive, node.operands)
            self.scene.boxes.append(box)
        elif group.newest is node:
            self.scene.boxes.append(Box(self.box_id(node), "fold", clean(group.name), symbol=f"{group.count:,} nodes"))
        places, half = [*range(len(node.operands))], len(node.operands) // 2
        if node.primitive and node.primitive.name == "dot":  # in reading order: w0, x0, w1, x1, ..., b
            places = [*[place for pair in zip(places[:half], places[half:]) for place in pair], places[-1]]
        for place in places:
            if type(node.operands[place]) is not float:
                self.connect(node, place, node.operands[place])
        if not tells_constants:
            self.add_constants(node)

    def add_constants(self, node: Value) -> None:
        """Add a small box for every constant of a gate, or one for all if there are many."""
        place = self.place[node]
        constants = [(f"{place}-{i}", i, show(x)) for i, x in enumerate(node.operands) if type(x) is float]
        if len(constants) > CONSTANTS:
            texts = ", ".join([text for _, _, text in constants[:2]])
            constants = [(*constants[0][:2], f"{texts}, … ({len(constants)} numbers)")]
        ordered = words(node.primitive).ordered
        for suffix, i, text in constants:
            id = f"constant-{suffix}"
            self.scene.boxes.append(Box(id, "constant", text))
            self.scene.arrows.append(Arrow(f"edge-{suffix}", id, f"node-{place}", i, ordered=ordered))

    def connect(self, node: Value, place: int, operand: Value) -> None:
        """Add the arrow from an operand, or merge it with another one into the same folded box."""
        source, target = self.box_id(operand), self.box_id(node)
        if source == target:
            return
        folded = node in self.groups
        key = (operand, target) if folded else (node, place)
        merged = key in self.edges
        if not merged:
            arrow = Arrow(f"edge-{self.place[node]}-{place}", source, target, place, self.value(operand))
            arrow.ordered = not folded and words(node.primitive).ordered
            self.edges[key] = arrow
            self.leaving.setdefault(operand, []).append(arrow)
            self.scene.arrows.append(arrow)
        arrow = self.edges[node, place] = self.edges[key]
        if (node, place) in self.flows:
            upstream, local, downstream = self.flows[node, place]
            arrow.gradient = downstream + (arrow.gradient or 0.0)
            arrow.upstream, arrow.local = (None, None) if merged else (upstream, local)

    def finish(self) -> None:
        """Add the outputs, and everything on boxes and arrows that depends on the whole graph."""
        for i, end in enumerate(self.ends):
            id = f"output-{i}" if len(self.ends) > 1 else "output"
            arrow = Arrow(f"edge-{id}", self.box_id(end), id, 0, self.value(end))
            if self.upstream != 0.0:
                arrow.gradient = self.upstream if end is self.output else self.flows.get((self.output, i), [None])[-1]
            self.leaving.setdefault(end, []).append(arrow)
            self.scene.arrows.append(arrow)
            self.scene.boxes.append(Box(id, "output", self.names[end]))
        exits: dict[str, list[Value]] = {}
        for node in self.leaving:
            exits.setdefault(self.box_id(node), []).append(node)
        boxes = {box.id: box for box in self.scene.boxes}
        for box_id, nodes in exits.items():
            self.settle(boxes[box_id], nodes)
        self.bundle({box.id for box in self.scene.boxes if box.kind == "fold"})
        mark_outdated(self, boxes)
        describe(self, boxes)

    def settle(self, box: Box, exits: Sequence[Value]) -> None:
        """Decide what is written at the box and what at the arrows that leave it."""
        for node in exits:
            arrows, total = self.leaving[node], self.totals.get(node)
            if self.changes and len(arrows) == 1 and total is not None:
                arrows[0].gradient = total  # out of date: there was no sweep
            parts = [arrow.gradient for arrow in arrows if arrow.gradient is not None]
            if len(exits) == 1:
                box.value, box.gradient, box.shared = self.value(node), total, len(arrows) > 1
                box.total = total is not None and (len(parts) > 1 or not close(total, sum(parts)))
            label = "" if node in self.end_set else clean(node.label)
            shown = box.name if box.kind == "fold" else ""
            if len(arrows) == 1 and box.kind != "leaf" and label != shown:
                arrows[0].name = label

    def bundle(self, folded: set[str]) -> None:
        """Merge the arrows between two boxes into one if they are many and one of the boxes is folded."""
        between: dict[tuple[str, str], list[Arrow]] = {}
        for arrow in self.scene.arrows:
            if arrow.source in folded or arrow.target in folded:
                between.setdefault((arrow.source, arrow.target), []).append(arrow)
        for first, *others in between.values():
            if len(others) + 1 > BUNDLE:
                first.count, first.name = 1 + len(others), ""
                first.value = first.gradient = first.upstream = first.local = None
                for other in others:
                    other.id, other.count = first.id, 0
        self.scene.arrows[:] = [arrow for arrow in self.scene.arrows if arrow.count]


def close(a: float, b: float) -> bool:
    """Whether two gradients are equal up to rounding."""
    return a == b or (a != a and b != b) or abs(a - b) <= 1e-9 * max(abs(a), abs(b))
