"""A lesson: a graph as the plain data that the page steps through, with the programs that compute its numbers anew.

Texts are templates: a node stands in them as its number between two marks, so that the page can write
its name there, or its number after an input was changed.
"""

from __future__ import annotations

from autodiff import Formula, Value, history, names, show, sweep
from autodiff.flat import javascript, lower

from .folding import groups_of
from .layout import planned
from .measures import blocks_and_links
from .painter import paint
from .plain import Scene
from .scenes import Walk
from .text import clean
from .unfolding import SINGLE, UNFOLDED, rewritten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from autodiff.flat import Program

OPEN, CLOSE = "\ue000", "\ue001"  # the marks around a node's number: no text of the engine has these characters
LARGE = 150  # a graph of more nodes is not shown unfolded


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
    drawing : Drawing
        The picture, with all its numbers.
    code : list of str
        The flat code, as the lecture writes it.
    programs : list of str
        The flat code and the numbers of every step, as JavaScript functions, and the functions that they call.
    """

    def __init__(
        self,
        output: Value,
        number: int,
        view: str = "as recorded",
        fold: Any = None,
        digits: int | None = None,
        layout: str = "auto",
    ) -> None:
        self.steps = output.steps(digits)
        self.output, self.number, self.view = output, number, view
        self.order = history(output)
        self.place = {node: i for i, node in enumerate(self.order)}
        groups, notes = groups_of(self.order, fold, {})
        self.walk = Walk(output, self.order, groups, Scene(digits), 1.0)
        self.walk.scene.notes[:0] = notes
        scene = self.walk.scene
        self.drawing = paint(scene, planned(*blocks_and_links(scene), layout))
        self.totals: dict[Value, Any] = {}
        self.local_gradients: dict[tuple[Value, int], Any] = {}
        for node, upstream, found in sweep(output, record=True):
            self.totals[node] = upstream
            self.local_gradients |= {(node, place): local for place, local in enumerate(found)}
        gates = [node for node in self.order if node.primitive]
        self.leaves = [node for node in self.order if not node.primitive]
        program = lower([output, *gates], self.leaves, roll=False)
        self.called = dict(zip([*self.leaves, *gates], [*program.inputs, *program.outputs[1:]]))
        self.program = program._replace(outputs=program.outputs[:1])
        self.code = str(self.program).splitlines()

    # --- Programs ------------------------------------------------------------------------------

    @property
    def programs(self) -> list[str]:
        """The flat code, and the program of the numbers of every step, behind the functions that they call."""
        made = {f"flat_{self.number}": self.program, f"numbers_{self.number}": self.numbers()}
        texts = [javascript.text(program, name) for name, program in made.items()]
        return [*javascript.definitions(made.values()), *texts]

    def numbers(self) -> Program:
        """The program that gives all values, all gradients, the local gradient of each step, and each step's kink."""
        totals, locals_ = self.totals, [self.local_gradients[step.node, step.place] for step in self.steps]
        kinks = [kink_of(step.node) for step in self.steps]
        outputs = [*self.order, *[totals.get(node, 0.0) for node in self.order], *locals_, *kinks]
        plain = [x if type(x) is Value else float(x) for x in outputs]
        return lower(plain, self.leaves, wrt=(), roll=False)

    # --- Plain data ----------------------------------------------------------------------------

    def as_dict(self) -> dict[str, Any]:
        """All that the page's script knows of the graph."""
        called = self.steps.names
        return {
            "number": self.number,
            "view": self.view,
            "digits": self.steps.digits,
            "names": [clean(called[node], 40) for node in self.order],
            "operands": [[x if type(x) is float else [self.place[x]] for x in node.operands] for node in self.order],
            "inputs": [self.place[leaf] for leaf in self.leaves],
            "numbers": [leaf.data for leaf in self.leaves],
            "rows": list(self.rows()),
            "boxes": {box.id: self.box(box) for box in self.walk.scene.boxes if box.id.startswith("node-")},
            "arrows": list(self.arrows()),
        }

    def box(self, box: Any) -> dict[str, Any]:
        """Whose gradient stands under a box, and whether the box is a folded part."""
        return {"node": int(box.id.removeprefix("node-")), "total": box.total, "folded": box.kind == "fold"}

    def arrows(self) -> Iterator[dict[str, Any]]:
        """For every arrow the node whose value it carries and the steps that come back over it."""
        found: dict[str, dict[str, Any]] = {}
        steps = {(step.node, step.place): i for i, step in enumerate(self.steps)}
        for (node, place), arrow in self.walk.edges.items():
            if type(place) is not int:
                continue
            data = found.setdefault(arrow.id, {"id": arrow.id, "from": self.place[node.operands[place]], "steps": []})
            data["bundle"] = arrow.count != 1
            if (node, place) in steps:
                data["steps"].append(steps[node, place])
        yield from found.values()
        yield {"id": "edge-output", "from": self.place[self.output], "steps": [], "bundle": False}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every row of the table as templates."""
        shadow = self.output.steps(self.steps.digits)
        shadow.names = {node: f"{OPEN}{i}{CLOSE}" for i, node in enumerate(self.order)}
        lines = self.code_lines()
        gates: dict[int, Any] = {}
        for row in shadow.rows:
            node = self.place[row.node]
            data: dict[str, Any] = {"phase": row.phase, "node": node}
            if row.phase == "forward":
                gates[node] = {"gate": row.gate(), "spoken": row.spoken}
                data["line"] = first(lines.get(self.called[row.node], []))
            if node in gates:
                data.update(gates[node])
            if row.phase == "start":
                data["line"] = first(lines.get(f"grad_{self.called.get(row.node)}", []))
            if row.phase == "backward":
                data.update(self.backward(row, lines))
            yield data

    def backward(self, row: Any, lines: dict[str, list[int]]) -> dict[str, Any]:
        """What the page knows of one step of the backward pass."""
        arrow = self.walk.edges.get((row.node, row.place))
        code = lines.get(f"grad_{self.called[row.operand]}", [])
        return {
            "operand": self.place[row.operand],
            "place": row.place,
            "formula": row.factor,
            "piecewise": piecewise(row.node, row.place),
            "closes": closes(self.local_gradients[row.node, row.place], row.node),
            "role": row.role,
            "path": row.path,
            "paths": row.paths,
            "kink": row.convention,
            "arrow": arrow.id if arrow else "",
            "line": code[row.path - 1] if row.path <= len(code) else -1,
        }

    def code_lines(self) -> dict[str, list[int]]:
        """The lines of the flat code in which each name is a target."""
        found: dict[str, list[int]] = {}
        for i, line in enumerate(self.code):
            if line.startswith("    ") and " " in line.strip():
                found.setdefault(line.split()[0], []).append(i)
        return found


def first(lines: list[int]) -> int:
    """The first of the lines; -1 where there is none."""
    return lines[0] if lines else -1


def kink_of(node: Value) -> Any:
    """The recorded test for "on a kink"; 0.0 where the primitive has none."""
    kink = node.primitive and node.primitive.kink
    return kink(node, *node.operands) if kink else 0.0


def piecewise(node: Value, place: int) -> bool:
    """Whether the local gradient's formula is another one elsewhere."""
    operands = [x if type(x) is float else Formula(f"x{i}") for i, x in enumerate(node.operands)]
    assert node.primitive is not None
    local = node.primitive.local_gradients(Formula("y"), *operands)[place]
    return isinstance(local, Formula) and "where(" in local.text


def closes(local: Any, node: Value) -> bool:
    """Whether a recorded local gradient may close the gate: a comparison that the rule made, or a side of a where."""
    if type(local) is not Value or local.primitive is None or local.born < node.born:
        return local is False
    if local.primitive.name == "where":
        return any(closes(side, node) for side in local.operands[1:])
    return {*local.primitive.local_gradients(0.0, *local.operands)} == {None}


def lessons(
    output: Value, number: int, fold: Any = None, digits: int | None = None, layout: str = "auto"
) -> list[Lesson]:
    """The lesson of a graph; where it has gates to unfold or to fold, of its other forms too."""
    made = [Lesson(output, number, fold=fold, digits=digits, layout=layout)]
    order = history(output)
    if fold is not None or len(order) > LARGE:
        return made
    present = {node.primitive.name for node in order if node.primitive}
    gates = [gate for gate in UNFOLDED if gate in present]
    wishes: list[tuple[str, str | None, list[str]]] = [(f"{', '.join(gates)} unfolded", None, gates)] * bool(gates)
    wishes += [(f"{name} folded", name, []) for name in SINGLE]
    for view, folding, unfold in wishes:
        other = rewritten(output, folding, unfold)[0]
        if LARGE >= len(history(other)) != len(order):
            made.append(Lesson(other, number + len(made), view, False, digits, layout))
    return made


def title_of(output: Value) -> str:
    """A title for a graph that has none: ``f = -12``."""
    return f"{clean(names(history(output), output)[output], 40)} = {show(output.data)}"
