"""A lesson: a graph as the plain data that the page steps through, with the programs that compute its numbers anew.

Texts are templates: a node stands in them as its number between two marks, so that the page can write
its name there, or its number after an input was changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from autodiff import Value
from autodiff.flat import Program, javascript, lower
from autodiff.flat.live import Listing, Live
from autodiff.formula import MathFormula
from autodiff.graph import history
from autodiff.notation import Name
from autodiff.quiz import EDGES, GATES, RULES, SENTENCES, Gate, Mistake, typical
from autodiff.vocabulary import words

from .._text import clean
from ..layout.engines import planned
from ..layout.sizes import blocks_and_links, number, tightened
from ..render.painter import Drawing, paint
from ..scene.build import Walk
from ..scene.fold import Group, by_default, groups_of
from ..scene.model import Scene
from ..scene.unfold import SINGLE, UNFOLDED, rewritten, unfoldable

OPEN, CLOSE = "\ue000", "\ue001"  # the marks around a node's number: no text of the engine has these characters
PANE, SMALLEST = (830.0, 360.0), 0.75  # the room for a picture on a screen of 1280 x 720; it is shown no smaller
EDGE = 4.0  # the margin of a picture on a narrow screen
LARGE = 150  # a graph of more nodes is not shown unfolded
CHOICES = 4  # rules
LEAST, MOST = 20, 2500  # a net of fewer nodes is not folded; so many boxes and arrows are in all its pictures together
SCALES = "scales: its input gets upstream times its local gradient"


class Lesson:
    """One view of a graph: its picture, its steps and its programs.

    Parameters
    ----------
    output : Value
        The end of the graph.
    number : int
        Its place among the lessons of the page; the programs' names end in it.
    fold, digits, layout
        As for ``draw``.

    Attributes
    ----------
    steps : Steps
        The pass, as the engine tells it.
    groups : list of (Group, int)
        What is folded, each with its place among them and that of the group around it, or -1.
    scenes : dict of str to Scene
        What the picture shows, with all its numbers: first as it comes, then by the group that is open, or "all".
    code : list of str
        The flat code, as the lecture writes it.
    programs : (dict of str to str, list of str)
        The flat code and the numbers of every step, as JavaScript functions by name, and the functions that they call.
    """

    def __init__(
        self,
        output: Value,
        number: int,
        view: str = "as recorded",
        fold: Any = None,
        digits: int | None = None,
        layout: str = "built-in",
    ) -> None:
        self.steps = output.steps(digits)
        self.output, self.number, self.view = output, number, view
        self.order = history(output)
        self.place = {node: i for i, node in enumerate(self.order)}
        net = fold is None and len(self.order) >= LEAST
        self.folded, needed = by_default(self.order) if net else (groups_of(self.order, fold, {})[0], True)
        self.groups: list[tuple[Group, int]] = []
        self.inside: dict[Value, int] = {}  # the innermost group around a node
        self.collect(self.folded)
        states = {"closed": self.folded, "all": {}} if needed and self.folded else {"all": {}, "closed": self.folded}
        outer = sorted(range(len(self.groups)), key=lambda i: self.groups[i][1] >= 0)
        states |= {str(i): self.opened(self.folded, i) for i in outer}
        self.scenes: dict[str, Scene] = {}
        room = MOST
        for key, groups in [*states.items()][: None if self.folded else 1]:
            scene = Walk(output, groups, {}, Scene(digits), 1.0).scene if room > 0 else Scene()
            if not self.scenes or 0 < len(scene.boxes) <= LARGE:
                self.scenes[key] = scene if key == "closed" else replace(scene, net=[])
                room -= len(scene.boxes) + len(scene.arrows)
        self.layout = layout
        self.same: list[int] = []  # for each node its place in the first form of the graph, or -1
        self.live = Live(self.order)
        self.copied = {self.live.copies[node]: i for node, i in self.place.items()}
        self.leaves = [node for node in self.order if not node.primitive]
        self.listing = Listing(self.order)
        self.code = self.listing.lines

    # --- Pictures ------------------------------------------------------------------------------

    def collect(self, groups: Mapping[Value, Group], around: int = -1) -> None:
        """Number the groups and those in them."""
        for group in dict.fromkeys(groups.values()):
            self.inside |= {node: len(self.groups) for node, other in groups.items() if other is group}
            self.groups.append((group, around))
            self.collect(group.parts, len(self.groups) - 1)

    def opened(self, groups: dict[Value, Group], i: int) -> dict[Value, Group]:
        """The groups when one is open, and those around it."""
        group, around = self.groups[i]
        groups = groups if around < 0 else self.opened(groups, around)
        return {node: other for node, other in groups.items() if other is not group} | group.parts

    def drawings(self) -> Iterator[tuple[str, Drawing, Drawing]]:
        """(What is open, its drawing, the same from the top down)."""
        for key, scene in self.scenes.items():
            shown, drawn = drawing(scene, self.layout, len(scene.boxes) <= LARGE)
            down = briefly(drawn)
            yield key, shown, paint(down, planned(*blocks_and_links(down), self.layout, None, True, True, EDGE))

    # --- Programs ------------------------------------------------------------------------------

    @property
    def programs(self) -> tuple[dict[str, str], list[str]]:
        """The flat code and the program of the numbers of every step, by name, and the functions that they call."""
        copies = self.live.copies
        inputs = [copies[leaf] for leaf in self.leaves]
        output = copies[self.output]
        flat = self.listing.program if output is self.output else lower(output, inputs, roll=False)
        numbers, called = self.numbers(inputs), (f"flat_{self.number}", f"numbers_{self.number}")
        texts = {called[0]: javascript.text(flat, called[0]), called[1]: javascript.text(numbers, called[1], True)}
        return texts, javascript.definitions([flat, numbers])

    def numbers(self, inputs: list[Value]) -> Program:
        """All values, all gradients, the local gradient and the kink of each step, and the numbers of mistakes."""
        live = self.live
        edges = [(step.node, step.place) for step in self.steps]
        outputs = [*live.copies.values(), *map(live.gradient, self.order)]
        outputs += [live.local(*edge) for edge in edges] + [live.kink(node) for node, _ in edges]
        outputs += [x for row in self.wrong for _, x in row]
        return self.program(outputs, inputs)

    def program(self, outputs: Iterable[Any], inputs: Sequence[Value]) -> Program:
        """The program that gives these numbers."""
        found: Program = lower([x if type(x) is Value else float(x) for x in outputs], inputs, wrt=(), roll=False)
        return found

    @cached_property
    def wrong(self) -> list[list[tuple[Mistake, Any]]]:
        """For every row of the table each typical mistake with the number that it makes there."""
        return [list(self.mistaken(row)) for row in self.steps.rows] if len(self.order) <= LARGE else []

    def mistaken(self, row: Any) -> Iterator[tuple[Mistake, Any]]:
        """The mistakes of one row; of a step, in its gradient over this one edge."""
        if row.phase == "start":
            return
        seen: set[Any] = set()
        for mistake, x in typical(EDGES if row.phase == "backward" else GATES, self.gate(row)):
            if x not in seen:
                seen.add(x)
                yield mistake, x

    def gate(self, row: Any) -> Gate:
        """The gate of a row, or of a step its edge, in Values."""
        live, node = self.live, self.live.copies[row.node]
        assert node.primitive is not None
        gate = Gate(node.primitive, node.operands, node)
        if row.phase == "forward":
            return gate
        local, closes = live.local(row.node, row.place), live.closes(row.node, row.place)
        return gate._replace(place=row.place, upstream=live.gradient(row.node), local=local, closes=closes)

    def choices(self, row: Any) -> list[tuple[Any, int]]:
        """The rule of a typeset step and up to three wrong ones, each a tree and the number of what to say of it."""
        right = row.steps.local(row, MathFormula)
        made, seen = {"": (right.text.bare, -1)}, [row.local]
        for mistake, x in typical(RULES, self.gate(row)) if len(self.order) <= LARGE else ():
            number = float(getattr(x, "data", x))
            if number not in seen and mistake.name not in made and len(made) < CHOICES:
                seen.append(number)
                made[mistake.name] = self.formula(x).text.bare, SENTENCES.index(mistake.sentence)
        return [*made.values()]

    def formula(self, x: Any) -> Any:
        """A recorded rule written out."""
        if x in self.copied:
            return MathFormula.called(self.copied[x], x.data)
        if type(x) is not Value or x.primitive is None:
            return MathFormula.of(float(getattr(x, "data", x)))
        return MathFormula.record(x.primitive, [self.formula(part) for part in x.operands])

    @property
    def notes(self) -> list[str]:
        """Which gates stand still, and why."""
        names = {node.primitive.name: why for node, why in self.live.still.items() if node.primitive}
        return [
            f"{clean(name, 40)} keeps its number and local gradients as recorded. {clean(why)}."
            for name, why in names.items()
        ]

    # --- Plain data ----------------------------------------------------------------------------

    def as_dict(self) -> dict[str, Any]:
        """All that the page's script knows of the graph."""
        called = self.steps.names
        return {
            "number": self.number, "view": self.view, "digits": self.steps.digits,
            "names": [clean(called[node], 40) for node in self.order],
            "written": [str(Name(clean(called[node], 40))) for node in self.order],
            "symbols": [Name(clean(called[node], 40)).tree for node in self.order],
            "operands": [[x if type(x) is float else [self.place[x]] for x in node.operands] for node in self.order],
            "still": [self.place[node] for node in self.live.still], "held": self.held(),
            "inputs": [self.place[leaf] for leaf in self.leaves],
            "numbers": [leaf.data for leaf in self.leaves],
            "rows": list(self.rows()), "same": self.same,
            "mistakes": [[SENTENCES.index(mistake.sentence) for mistake, _ in row] for row in self.wrong],
            "opens": list(self.scenes), "inside": [self.inside.get(node, -1) for node in self.order if self.groups],
            "groups": [[self.place[group.newest], around, clean(group.name, 40)] for group, around in self.groups],
        }  # fmt: skip

    def held(self) -> list[str]:
        """For each input a gate behind it that stands still, or ""."""
        found = {leaf: node.primitive.name for node in self.live.still if node.primitive for leaf in history(node)}
        return [clean(found.get(leaf, ""), 40) for leaf in self.leaves]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every row of the table as templates."""
        shadow = self.steps.renamed({node: f"{OPEN}{i}{CLOSE}" for i, node in enumerate(self.order)})
        typeset = self.steps.renamed(self.place)
        computing, adding = self.listing.computing, self.listing.adding
        gates: dict[int, str] = {}
        for row, math in zip(shadow.rows, typeset.rows):
            node = self.place[row.node]
            data: dict[str, Any] = {"phase": row.phase, "node": node}
            if row.phase == "forward":
                gates[node] = row.spoken
                data |= {"gate": row.gate(), "tree": tree_of(math.gate(MathFormula))}
                data["line"] = computing.get(row.node, -1)
            if node in gates:
                data["spoken"] = gates[node]
            if row.phase == "start":
                data["line"] = adding.get(row.node, [-1])[0]
            if row.phase == "backward" and math.phase == "backward":
                data |= {"local": tree_of(math.written(MathFormula)), "choices": self.choices(math)}
                data.update(self.backward(row, adding.get(row.operand, [])))
            yield data

    def backward(self, row: Any, code: list[int]) -> dict[str, Any]:
        """What the page knows of one step of the backward pass."""
        edge, said = (row.node, row.place), words(row.node.primitive)
        numbered = type(self.live.local(*edge)) is Value and OPEN not in row.factor
        piecewise = numbered or self.live.piecewise(*edge)
        changes = row.edges == 1 and not said.role and (piecewise or row.node in self.live.still)
        return {
            "operand": self.place[row.operand], "place": row.place,
            "piecewise": piecewise, "closes": self.live.closes(*edge),
            "role": row.role, **({"otherwise": f"{said.name} {SCALES}"} if changes else {}),
            "path": row.path, "paths": row.paths, "kink": row.convention,
            "line": code[row.path - 1] if row.path <= len(code) else -1,
        }  # fmt: skip


def drawing(scene: Scene, layout: str, wraps: bool = True) -> tuple[Drawing, Scene]:
    """A scene in one row, in several or set tight, as it is largest on a screen; and what is drawn there."""
    rows = PANE[0] / SMALLEST if wraps else None
    tries = [(scene, None, False)] + [(scene, rows, False), (tightened(scene), rows, True)] * wraps
    made = [(paint(x, planned(*blocks_and_links(x), layout, width, False, tight)), x) for x, width, tight in tries]
    return max(made, key=lambda tried: min(1.0, scale(tried[0], PANE)))


def briefly(scene: Scene) -> Scene:
    """The scene as it runs down a narrow screen: its numbers in three digits."""

    def brief(part: Any) -> Any:
        value, gradient = [x if x is None else float(f"{x:.3g}") for x in (part.value, part.gradient)]
        return replace(part, value=value, gradient=gradient)

    boxes, arrows = ([brief(part) for part in parts] for parts in (scene.boxes, scene.arrows))
    boxes = [replace(box, told=number(box.value, scene)) if box.told else box for box in boxes]
    return replace(scene, down=True, boxes=boxes, arrows=arrows)


def scale(drawn: Drawing, pane: tuple[float, float]) -> float:
    """How large a drawing can be in a pane."""
    return min(pane[0] / drawn.width, pane[1] / drawn.height)


def tree_of(text: Any) -> Any:
    """The MathML of a formula; a fraction needs no brackets."""
    return text.bare if text.is_fraction else text.tree


def lessons(
    output: Value, number: int, fold: Any = None, digits: int | None = None, layout: str = "built-in"
) -> list[Lesson]:
    """The lesson of a graph; where it has gates to unfold or to fold, of its other forms too."""
    made = [Lesson(output, number, fold=fold, digits=digits, layout=layout)]
    order = history(output)
    if fold is not None or len(order) > LARGE:
        return made
    present = {node.primitive.name for node in order if node.primitive}
    gates = [gate for gate in dict.fromkeys([*UNFOLDED, *unfoldable(made[0].live.own)]) if gate in present]
    unfolded = [(f"{clean(', '.join(gates), 60)} unfolded", None, gates)] if gates else []
    wishes: list[tuple[str, str | None, list[str]]] = [*unfolded, *[(f"{name} folded", name, []) for name in SINGLE]]
    for view, folding, unfold in wishes:
        other, copies, _ = rewritten(output, folding, unfold)
        if LARGE >= len(history(other)) != len(order):
            made.append(Lesson(other, number + len(made), view, False, digits, layout))
            found = {copies[node]: i for i, node in enumerate(order) if node in copies}
            made[-1].same = [found.get(node, -1) for node in made[-1].order]
    return made
