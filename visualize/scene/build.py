"""A Value becomes a scene, boxes and arrows as plain data, in one walk; the scene in words, and step by step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from autodiff import Value
from autodiff.formula import gate, names, show
from autodiff.graph import history, on_kink, stale, sweep
from autodiff.notation import Name
from autodiff.vocabulary import words

from .._text import clean, counted
from .fold import BUNDLE, groups_of, net, owners_of, symbol
from .model import Arrow, Box, Scene, Step
from .unfold import Ends, rewritten, wishes

MOST = 60  # the description tells of so many boxes
CONSTANTS = 4  # more constants than this at one gate become one box


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
    told = f"Dashed: out of date, as {changed} changed after {computed} was computed; forward() recomputes."
    walk.scene.notes.append(told)


def describe(walk: Walk, boxes: Mapping[str, Box]) -> None:
    """Write title, description and the words of every box."""
    for node in walk.order:
        if node not in walk.groups or walk.groups[node].newest is node:
            box = boxes[walk.box_id(node)]
            box.words = in_words(walk, box, node)
    told = [f"{box.words}." for box in walk.scene.boxes if box.words]
    more = [f"And {len(told) - MOST:,} more."] if len(told) > MOST else []
    ends = ", ".join([in_words(walk, Box("", "output"), end) for end in walk.ends])
    walk.scene.title = f"Computation graph of {ends}"
    walk.scene.description = " ".join(told[:MOST] + more)


def in_words(walk: Walk, box: Box, node: Value) -> str:
    """The node in words, ``q = x + y = 3, gradient -4``; a folded part: ``q (3 nodes) = 3, gradient -4``."""
    number, scene = walk.value(node) if box.kind != "fold" else box.value, walk.scene
    head = [f"{box.name or 'folded'} ({box.symbol})"] if box.kind == "fold" else [walk.names[node]]
    if box.kind != "fold" and node.primitive:
        head.append(gate(node, walk.names))
    value = [show(x, scene.digits) for x in [number] if x is not None and scene.values]
    remarks = [*["on a kink"] * box.kink, *["out of date"] * box.stale]
    if box.gradient is not None and scene.gradients is True:
        remarks.insert(0, f"gradient {show(box.gradient, scene.digits)}")
    return ", ".join([" = ".join([*head, *value]), *remarks])


def steps_of(walk: Walk) -> Iterator[Step]:
    """The steps of the output's own table that can be seen in the picture."""
    table = walk.output.steps(walk.scene.digits)
    typeset = table.renamed({node: str(Name(name)) for node, name in table.names.items()})
    if walk.rounded:
        table = walk.rounded
        typeset = typeset.rounded(table.digits or 0)
    for row, said in zip(table.rows, typeset.rows):
        text = said.line
        if row.phase == "backward":
            if arrow := walk.edges.get((row.node, row.place)):
                yield Step("backward", arrow.source, arrow.id, row.total, text, row.sentence)
        elif row.phase == "start":
            yield Step("start", walk.box_id(walk.output), "edge-output", 1.0, text, row.sentence)
        elif row.phase == "forward" and (row.node not in walk.groups or walk.groups[row.node].newest is row.node):
            yield Step("forward", walk.box_id(row.node), "", None, text, row.sentence)


def scene(
    output: Value, fold: Any = None, unfold: Iterable[str] = (), digits: int | None = None, products: bool = False,
    values: bool = True, gradients: bool | str = True, direction: str = "right", highlight: Any = None,
    round: int | None = None, steps: bool = False
) -> Scene:  # fmt: skip
    """The graph behind the output as plain data; ``round`` as in ``steps().rounded(round)``.

    With ``steps``, it holds the steps and their gradients, which start from 1, as do those to be filled in.
    """
    output, copies, notes = rewritten(output, fold, unfold)
    shown = Scene(digits if round is None else round, products, values, gradients, direction == "down", notes=notes)
    rounded = None if round is None else output.steps().rounded(round)
    walk = Walk(output, fold, copies, shown, 1.0 if steps or gradients == "blank" else None, steps, rounded)
    if steps or type(highlight) is int:
        walk.scene.steps += steps_of(walk)
        for number, step in enumerate(walk.scene.steps, 1):
            step.number = number
    if type(highlight) is not int:
        walk.scene.lit |= lit_by(walk, wishes(highlight), copies) if highlight is not None else {}
    else:
        if not 1 <= highlight <= len(walk.scene.steps):
            raise ValueError(f"highlight is a step from 1 to {len(walk.scene.steps)}, got {highlight}")
        walk.scene.lit |= lit(walk.scene, walk.scene.steps[highlight - 1])
    return walk.scene


def lit_by(walk: Walk, wanted: Sequence[Any], copies: Mapping[Value, Value]) -> dict[str, str]:
    """The ids, lit, of what lies on the paths from the first of the wanted nodes to the output, past all the others."""
    on_path: set[Value] = set(walk.order)
    for i, wish in enumerate(wanted):
        own = set(owners_of(walk.order, wish, copies, "highlight"))
        behind = {node for owner in own for node in history(owner)} if i else set(own)
        ahead = set(own)
        for node in walk.order:
            if not ahead.isdisjoint([x for x in node.operands if type(x) is not float]):
                ahead.add(node)
        on_path &= ahead | behind
    arrows = [arrow.id for (node, place), arrow in walk.edges.items()
              if type(place) is int and node in on_path and node.operands[place] in on_path]  # fmt: skip
    ends = [arrow.id for arrow in walk.scene.arrows if arrow.target.startswith("output")]
    return dict.fromkeys([*map(walk.box_id, on_path), *arrows, *ends], "lit")


class Frame(NamedTuple):
    """The scene after one step, the ids that are lit, and the step in words: its line of the table in two lines."""

    scene: Scene
    lit: dict[str, str]
    caption: list[str]


def frames(scene: Scene) -> Iterator[Frame]:
    """Yield a frame for every step of a scene that has steps."""
    computed = {step.box: step.number for step in scene.steps if step.phase == "forward"}
    arrived = {step.arrow: step.number for step in scene.steps if step.arrow}
    for step in scene.steps:
        now, steps = step.number, scene.steps[: step.number]
        arrows, totals = [], {x.box: x.total for x in steps if x.phase == "backward"}
        for arrow in scene.arrows:
            value, gradient = computed.get(arrow.source, 0) <= now, arrived.get(arrow.id, now + 1) <= now
            known: dict[str, Any] = {"name": arrow.name, "value": arrow.value} if value else {"name": "", "value": None}
            arrows.append(replace(arrow, gradient=arrow.gradient if gradient else None, **known))
        boxes = [replace(box, gradient=totals.get(box.id)) if box.total else box for box in scene.boxes]
        first, *others = [part.strip() for part in step.text.split("   ") if part.strip()]
        caption = [f"Step {now} of {len(scene.steps)}: {first}", *["   ".join(others)] * bool(others)]
        yield Frame(replace(scene, arrows=arrows, boxes=boxes, title=step.text), lit(scene, step), caption)


def lit(scene: Scene, step: Step) -> dict[str, str]:
    """The ids that the step lights: the gate with all its arrows, or the arrow "back" and both its ends."""
    if step.phase == "forward":
        return dict.fromkeys([step.box, *[x.id for x in scene.arrows if step.box in (x.source, x.target)]], "lit")
    ends = [box for x in scene.arrows if x.id == step.arrow for box in (x.source, x.target)]
    return {**dict.fromkeys(ends, "lit"), step.arrow: "back" if step.phase == "backward" else "lit"}


class Walk:
    """The walk over a graph, oldest node first, and the scene it fills.

    ``fold`` says which nodes become one box, ``copies`` what they are in a changed graph. ``upstream`` arrives at the
    output; None takes the gradients that ``backward()`` has left. Numbers are those of ``rounded`` steps, if any.
    """

    def __init__(
        self, output: Value, fold: Any, copies: Mapping[Value, Value], scene: Scene, upstream: float | None = None,
        called: bool | None = None, rounded: Any = None
    ) -> None:  # fmt: skip
        order, several = history(output), type(output.primitive) is Ends
        groups, notes = groups_of(order, fold, copies)
        scene.notes += notes
        scene.net = net(order, groups)
        self.ends = [x for x in output.operands if type(x) is Value] if several else [output]
        order, self.ending = order[:-1] if several else order, set(self.ends)
        self.output, self.order, self.groups, self.scene, self.rounded = output, order, groups, scene, rounded
        self.values = rounded.values if rounded else {}
        self.names = {node: clean(name) for node, name in names(order, output).items()}
        for i, end in enumerate(self.ends * several, 1):
            if not end.label and f"f{i}" not in self.names.values():
                self.names[end] = f"f{i}"
        self.place = {node: i for i, node in enumerate(order)}
        self.changes = list(stale(order))
        self.upstream = output.grad if upstream is None else upstream
        self.called = upstream is not None if called is None else called
        self.totals = {node: node.grad for node in order} if upstream is None else {}
        self.flows: dict[tuple[Value, int], tuple[float, float, float]] = {}
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
            self.sweep(upstream is not None)
        for node in order:
            self.visit(node)
        self.finish()

    def sweep(self, total: bool) -> None:
        """Note what flows back over every edge: (upstream, local, downstream); and where asked, what it adds up to."""
        for node, upstream, local_gradients in sweep(self.output, self.upstream):
            if total:
                self.totals[node] = upstream
            for place, local in enumerate(local_gradients):
                if local is not None:
                    self.flows[node, place] = upstream, float(local), 0.0 if local is False else upstream * local

    def value(self, node: Value) -> float:
        return float(self.values.get(node, node.data))

    def box_id(self, node: Value) -> str:
        """The id of the box that the node stands in."""
        group = self.groups.get(node)
        return f"node-{self.place[group.newest if group else node]}"

    def visit(self, node: Value) -> None:
        """Add the node's box and the arrows into it."""
        group, absorbed = self.groups.get(node), True
        if group is None:
            absorbed = self.add_box(node)
        elif group.newest is node:
            box = Box(self.box_id(node), "fold", clean(group.name), symbol=counted(group.count, "node"))
            self.scene.boxes.append(box)
        places, half = [*range(len(node.operands))], len(node.operands) // 2
        if node.primitive and node.primitive.name == "dot":  # as it is read: w0, x0, w1, x1, ..., b
            places = [*[place for pair in zip(places[:half], places[half:]) for place in pair], places[-1]]
        for place in places:
            if type(node.operands[place]) is not float:
                self.connect(node, place, node.operands[place])
        if not absorbed:
            self.add_constants(node)

    def add_box(self, node: Value) -> bool:
        """Add the box of one node; True if what is written in it tells its constants."""
        box = Box(self.box_id(node), "leaf", "" if node is self.output else clean(node.label), value=self.value(node))
        absorbed = True
        if self.called and not node.label and node not in self.ending:
            box.alias = self.names[node]
        if node.primitive:
            box.kind = "op"
            box.symbol, absorbed = symbol(node.primitive, node.operands)
            box.kink = on_kink(node)
        self.scene.boxes.append(box)
        return absorbed

    def add_constants(self, node: Value) -> None:
        """Add a small box for every constant of a gate, or one for all where they are many."""
        place = self.place[node]
        constants = [(f"{place}-{i}", i, show(x)) for i, x in enumerate(node.operands) if type(x) is float]
        if len(constants) > CONSTANTS:
            texts = ", ".join([text for _, _, text in constants[:2]])
            constants = [(*constants[0][:2], f"{texts}, … ({len(constants)} numbers)")]
        for suffix, i, text in constants:
            self.scene.boxes.append(Box(f"constant-{suffix}", "constant", text))
            self.scene.arrows.append(Arrow(f"edge-{suffix}", f"constant-{suffix}", f"node-{place}", i))
            self.scene.arrows[-1].ordered = words(node.primitive).ordered

    def connect(self, node: Value, place: int, operand: Value) -> None:
        """Add the arrow from an operand, or let it join another one into the same folded box."""
        source, target = self.box_id(operand), self.box_id(node)
        if source == target:
            return
        key = (operand, target) if node in self.groups else (node, place)
        joined = key in self.edges
        if not joined:
            self.edges[key] = Arrow(f"edge-{self.place[node]}-{place}", source, target, place, self.value(operand))
            self.leaving.setdefault(operand, []).append(self.edges[key])
            self.edges[key].ordered = node not in self.groups and words(node.primitive).ordered
            self.scene.arrows.append(self.edges[key])
        arrow = self.edges[node, place] = self.edges[key]
        if (node, place) in self.flows:
            upstream, local, passed = self.flows[node, place]
            arrow.gradient = passed + (arrow.gradient or 0.0)
            arrow.upstream, arrow.local = (None, None) if joined else (upstream, local)

    def finish(self) -> None:
        """Add the way out, and write on boxes and arrows what only the whole graph tells."""
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
                arrows[0].gradient = total  # out of date, so that no sweep could tell
            parts = [arrow.gradient for arrow in arrows if arrow.gradient is not None]
            if len(exits) == 1:
                box.value, box.gradient, box.shared = self.value(node), total, len(arrows) > 1
                box.total = total is not None and (len(parts) > 1 or not close(total, sum(parts)))
            label = "" if node in self.ending else clean(node.label)
            if len(arrows) == 1 and box.kind != "leaf" and label != box.name * (box.kind == "fold"):
                arrows[0].name = label

    def bundle(self, folded: set[str]) -> None:
        """Make one arrow of many between the same two boxes, where one of them is folded."""
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
    """Whether two gradients are the same but for rounding."""
    return a == b or (a != a and b != b) or abs(a - b) <= 1e-9 * max(abs(a), abs(b))
