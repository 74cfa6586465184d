"""A lesson: a graph as the plain data that a page steps through, and the programs that recompute its numbers.

Texts are templates: each node is its index between two marks, where the page writes its name or its current value.
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
from ..layout.engines import make_plan
from ..layout.sizes import blocks_and_links, number_text, tighten
from ..render.painter import Drawing, paint
from ..scene.build import Walk
from ..scene.fold import Fold, default_groups, groups_of
from ..scene.model import Scene
from ..scene.unfold import SINGLE, UNFOLDED, rewrite, unfoldable

OPEN, CLOSE = "\ue000", "\ue001"  # the marks around a node's index: no text of the engine has these characters
PANE, SMALLEST = (830.0, 360.0), 0.75  # the size of the picture on a screen of 1280 x 720; its smallest scale
EDGE = 4.0  # the margin of a picture on a narrow screen
MOST_UNFOLDED = 150  # nodes of a graph that is shown unfolded
CHOICES = 4  # rules to choose from
ROUNDING = 1e-9  # a smaller relative difference is rounding: both rules are right
FOLDED_FROM = 20  # nodes
MOST_PARTS = 2500  # boxes and arrows in all pictures of a graph together
SCALES = "scales: its input gets upstream times its local gradient"


class Lesson:
    """One view of a graph, number ``number`` on its page: pictures, steps, flat code, and programs in JavaScript."""

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
        net = fold is None and len(self.order) >= FOLDED_FROM
        self.folded, needed = default_groups(self.order) if net else (groups_of(self.order, fold, {})[0], True)
        self.groups: list[tuple[Fold, int]] = []  # each with the index of the group around it, or -1
        self.inside: dict[Value, int] = {}  # the innermost group around a node
        self.collect(self.folded)
        states = {"closed": self.folded, "all": {}} if needed and self.folded else {"all": {}, "closed": self.folded}
        outer = sorted(range(len(self.groups)), key=lambda i: self.groups[i][1] >= 0)
        states |= {str(i): self.open_group(self.folded, i) for i in outer}
        self.scenes: dict[str, Scene] = {}  # by the open group, "closed" or "all"; the first is shown at first
        room = MOST_PARTS
        for key, groups in [*states.items()][: None if self.folded else 1]:
            scene = Walk(output, groups, {}, Scene(digits), 1.0).scene if room > 0 else Scene()
            if not self.scenes or 0 < len(scene.boxes) <= MOST_UNFOLDED:
                self.scenes[key] = scene if key == "closed" else replace(scene, net=[])
                room -= len(scene.boxes) + len(scene.arrows)
        self.layout = layout
        self.same: list[int] = []  # for each node its index in the first form of the graph, or -1
        self.live = Live(self.order)
        self.copied = {self.live.copies[node]: i for node, i in self.place.items()}
        self.leaves = [node for node in self.order if not node.primitive]
        self.listing = Listing(self.order)
        self.code = self.listing.lines

    # --- Pictures ------------------------------------------------------------------------------

    def collect(self, groups: Mapping[Value, Fold], around: int = -1) -> None:
        """Number the groups and the groups in them."""
        for group in dict.fromkeys(groups.values()):
            self.inside |= {node: len(self.groups) for node, other in groups.items() if other is group}
            self.groups.append((group, around))
            self.collect(group.parts, len(self.groups) - 1)

    def open_group(self, groups: dict[Value, Fold], i: int) -> dict[Value, Fold]:
        """Open a group and those around it."""
        group, around = self.groups[i]
        groups = groups if around < 0 else self.open_group(groups, around)
        return {node: other for node, other in groups.items() if other is not group} | group.parts

    def drawings(self) -> Iterator[tuple[str, Drawing, Drawing]]:
        """(The open group, the drawing, the same drawing from the top down)."""
        for key, scene in self.scenes.items():
            shown, drawn = drawing(scene, self.layout, len(scene.boxes) <= MOST_UNFOLDED)
            down = shorten_numbers(drawn)
            yield key, shown, paint(down, make_plan(*blocks_and_links(down), self.layout, None, True, True, EDGE))

    # --- Programs ------------------------------------------------------------------------------

    @property
    def programs(self) -> tuple[dict[str, str], list[str]]:
        """The flat code and the program of all numbers, as JavaScript by name, and the functions that they call."""
        copies = self.live.copies
        inputs = [copies[leaf] for leaf in self.leaves]
        output = copies[self.output]
        flat = self.listing.program if output is self.output else lower(output, inputs, roll=False)
        numbers, called = self.numbers(inputs), (f"flat_{self.number}", f"numbers_{self.number}")
        texts = {called[0]: javascript.text(flat, called[0]), called[1]: javascript.text(numbers, called[1], True)}
        return texts, javascript.definitions([flat, numbers])

    def numbers(self, inputs: list[Value]) -> Program:
        """The program of all values and gradients, each step's local gradient and kink, and the numbers of mistakes."""
        live = self.live
        edges = [(step.node, step.place) for step in self.steps]
        outputs = [*live.copies.values(), *map(live.gradient, self.order)]
        outputs += [live.local(*edge) for edge in edges] + [live.kink(node) for node, _ in edges]
        outputs += [x for row in self.wrong for _, x in row]
        return self.program(outputs, inputs)

    def program(self, outputs: Iterable[Any], inputs: Sequence[Value]) -> Program:
        """The program that computes these outputs."""
        program: Program = lower([x if type(x) is Value else float(x) for x in outputs], inputs, wrt=(), roll=False)
        return program

    @cached_property
    def wrong(self) -> list[list[tuple[Mistake, Any]]]:
        """For each row of the table its typical mistakes, each with the number that results."""
        return [list(self.mistakes_at(row)) for row in self.steps.rows] if len(self.order) <= MOST_UNFOLDED else []

    def mistakes_at(self, row: Any) -> Iterator[tuple[Mistake, Any]]:
        """The mistakes of one row; of a step, in the gradient that it sends."""
        if row.phase == "start":
            return
        seen: set[Any] = set()
        for mistake, x in typical(EDGES if row.phase == "backward" else GATES, self.gate(row)):
            if x not in seen:
                seen.add(x)
                yield mistake, x

    def gate(self, row: Any) -> Gate:
        """The gate of a row, or the edge of a step, in Values."""
        live, node = self.live, self.live.copies[row.node]
        assert node.primitive is not None
        gate = Gate(node.primitive, node.operands, node)
        if row.phase == "forward":
            return gate
        local, closes = live.local(row.node, row.place), live.may_close(row.node, row.place)
        return gate._replace(place=row.place, upstream=live.gradient(row.node), local=local, closes=closes)

    def choices(self, row: Any) -> list[tuple[Any, int]]:
        """The rule of a step and up to three wrong ones, each a MathML tree and the index of its sentence."""
        right = row.steps.local(row, MathFormula)
        rules, seen = {"": (right.text.bare, -1)}, [row.local]
        for mistake, x in typical(RULES, self.gate(row)) if len(self.order) <= MOST_UNFOLDED else ():
            number = float(getattr(x, "data", x))
            new = not any(number == x or abs(number - x) <= ROUNDING * min(abs(number), abs(x)) for x in seen)
            if new and mistake.name not in rules and len(rules) < CHOICES:
                seen.append(number)
                rules[mistake.name] = self.formula(x).text.bare, SENTENCES.index(mistake.sentence)
        return [*rules.values()]

    def formula(self, x: Any) -> Any:
        """A recorded rule as a formula."""
        if x in self.copied:
            return MathFormula.variable(self.copied[x], x.data)
        if type(x) is not Value or x.primitive is None:
            return MathFormula.of(float(getattr(x, "data", x)))
        return MathFormula.record(x.primitive, [self.formula(part) for part in x.operands])

    @property
    def notes(self) -> list[str]:
        """Sentences on the gates that the page cannot recompute."""
        names = {node.primitive.name: why for node, why in self.live.still.items() if node.primitive}
        return [
            f"{clean(name, 40)} keeps its recorded value and local gradients. {clean(why)}."
            for name, why in names.items()
        ]

    # --- Plain data ----------------------------------------------------------------------------

    def as_dict(self) -> dict[str, Any]:
        """The data of the page's script."""
        called = self.steps.names
        return {
            "number": self.number, "view": self.view, "digits": self.steps.digits,
            "names": [clean(called[node], 40) for node in self.order],
            "written": [str(Name(clean(called[node], 40))) for node in self.order],
            "symbols": [Name(clean(called[node], 40)).tree for node in self.order],
            "operands": [[x if type(x) is float else [self.place[x]] for x in node.operands] for node in self.order],
            "still": [self.place[node] for node in self.live.still], "held": self.holding_gates(),
            "inputs": [self.place[leaf] for leaf in self.leaves],
            "numbers": [leaf.data for leaf in self.leaves],
            "rows": list(self.rows()), "same": self.same,
            "mistakes": [[SENTENCES.index(mistake.sentence) for mistake, _ in row] for row in self.wrong],
            "opens": list(self.scenes), "inside": [self.inside.get(node, -1) for node in self.order if self.groups],
            "groups": [[self.place[group.newest], around, clean(group.name, 40)] for group, around in self.groups],
        }  # fmt: skip

    def holding_gates(self) -> list[str]:
        """For each input a gate after it that the page cannot recompute, or ""."""
        found = {leaf: node.primitive.name for node in self.live.still if node.primitive for leaf in history(node)}
        return [clean(found.get(leaf, ""), 40) for leaf in self.leaves]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row of the table as templates."""
        shadow = self.steps.renamed({node: f"{OPEN}{i}{CLOSE}" for i, node in enumerate(self.order)})
        typeset = self.steps.renamed(self.place)
        computing, adding = self.listing.computing, self.listing.adding
        gates: dict[int, str] = {}
        for row, math in zip(shadow.rows, typeset.rows):
            node = self.place[row.node]
            data: dict[str, Any] = {"phase": row.phase, "node": node}
            if row.phase == "forward":
                gates[node] = row.spoken
                data |= {"gate": row.gate(), "tree": mathml_tree(math.gate(MathFormula))}
                data["line"] = computing.get(row.node, -1)
            if node in gates:
                data["spoken"] = gates[node]
            if row.phase == "start":
                data["line"] = adding.get(row.node, [-1])[0]
            if row.phase == "backward" and math.phase == "backward":
                data |= {"local": mathml_tree(math.factor_in(MathFormula)), "choices": self.choices(math)}
                data.update(self.backward(row, adding.get(row.operand, [])))
            yield data

    def backward(self, row: Any, code: list[int]) -> dict[str, Any]:
        """The data of one step of the backward pass."""
        edge, said = (row.node, row.place), words(row.node.primitive)
        numbered = type(self.live.local(*edge)) is Value and OPEN not in row.factor
        piecewise = numbered or self.live.is_piecewise(*edge)
        changes = row.edges == 1 and not said.role and (piecewise or row.node in self.live.still)
        return {
            "operand": self.place[row.operand], "place": row.place,
            "piecewise": piecewise, "closes": self.live.may_close(*edge),
            "role": row.role, **({"otherwise": f"{said.name} {SCALES}"} if changes else {}),
            "path": row.path, "paths": row.paths, "kink": row.convention,
            "line": code[row.path - 1] if row.path <= len(code) else -1,
        }  # fmt: skip


def drawing(scene: Scene, layout: str, wraps: bool = True) -> tuple[Drawing, Scene]:
    """A scene in one row, in several or set tight, as it is largest on a screen; and the scene drawn."""
    tries: list[tuple[Scene, float | None, bool]] = [(scene, None, False)]
    if wraps:
        rows = PANE[0] / SMALLEST
        tries += [(scene, rows, False), (tighten(scene), rows, True)]
    drawings = [
        (paint(x, make_plan(*blocks_and_links(x), layout, width, False, tight)), x) for x, width, tight in tries
    ]
    return max(drawings, key=lambda pair: min(1.0, PANE[0] / pair[0].width, PANE[1] / pair[0].height))


def shorten_numbers(scene: Scene) -> Scene:
    """The scene from the top down, for a narrow screen: numbers with three digits."""

    def shorten(part: Any) -> Any:
        value, gradient = [x if x is None else float(f"{x:.3g}") for x in (part.value, part.gradient)]
        return replace(part, value=value, gradient=gradient)

    boxes, arrows = ([shorten(part) for part in parts] for parts in (scene.boxes, scene.arrows))
    boxes = [replace(box, text=number_text(box.value, scene)) if box.text else box for box in boxes]
    return replace(scene, down=True, boxes=boxes, arrows=arrows)


def mathml_tree(text: Any) -> Any:
    """The MathML of a formula; a fraction needs no brackets."""
    return text.bare if text.is_fraction else text.tree


def lessons(
    output: Value, number: int, fold: Any = None, digits: int | None = None, layout: str = "built-in"
) -> list[Lesson]:
    """The lesson of a graph, and those of its unfolded and folded forms."""
    forms = [Lesson(output, number, fold=fold, digits=digits, layout=layout)]
    order = history(output)
    if fold is not None or len(order) > MOST_UNFOLDED:
        return forms
    present = {node.primitive.name for node in order if node.primitive}
    gates = [gate for gate in dict.fromkeys([*UNFOLDED, *unfoldable(forms[0].live.own)]) if gate in present]
    unfolding = [(f"{clean(', '.join(gates), 60)} unfolded", None, gates)] if gates else []
    wishes: list[tuple[str, str | None, list[str]]] = [*unfolding, *[(f"{name} folded", name, []) for name in SINGLE]]
    for view, folding, unfold in wishes:
        other, copies, _ = rewrite(output, folding, unfold)
        if MOST_UNFOLDED >= len(history(other)) != len(order):
            forms.append(Lesson(other, number + len(forms), view, False, digits, layout))
            place = {copies[node]: i for i, node in enumerate(order) if node in copies}
            forms[-1].same = [place.get(node, -1) for node in forms[-1].order]
    return forms
