"""The parser, steps, words and layout that a page needs for its own expressions, translated from Python."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from autodiff import PRIMITIVES
from autodiff.parser import record_text
from autodiff.quiz import sketch
from autodiff.steps import Steps
from autodiff.vocabulary import words

from .bundle import gates_in
from .translate import Translation

CUT = """
    arrays.broadcast flat.backends.javascript.definition flat.expansion.record_branches flat.live.Live.live_gate
    flat.lowering.lower graph.push primitives.Slope steps.Row.text steps.Row.line steps.Row.remarks
    steps.Row.sentence steps.Forward.parts steps.Forward.remarks steps.Forward.sentence
    steps.Start.parts steps.Start.sentence steps.Step.parts steps.Step.text steps.Step.copy steps.Step.sentence
    steps.Step.as_dict steps.Steps.as_dict steps.Steps.advice steps.Steps.rounded steps.Steps.__str__ steps.Steps._seeds
    steps.Steps._along vocabulary.Words.__init__
""".split()  # noqa: SIM905 - not needed for expressions, or written in JavaScript
NATIVE = {  # JavaScript that replaces Python
    **{f"autodiff.{name}": "py.cut" for name in CUT},
    "autodiff.arrays.in_order": "((name, x) => py.list(x))",
    "autodiff.arrays.is_array": "(() => false)",
    "autodiff.engine.Value": "py.Value",
    "autodiff.flat.expansion.local_gradients": "((primitive, x) => primitive.slopes(...x))",
    "autodiff.flat.lowering.Lowering.name_gates": "(lines) => lines",
    "autodiff.graph.history": "py.history",
    "autodiff.graph.refuse_stale": "(() => null)",
    "autodiff.graph.stale": "(() => [])",
    "autodiff.ieee.number": "py.number",
    "autodiff.ieee.real": "py.float",
    "autodiff.parser.functions.list_parameters": "py.signature",
    "autodiff.primitives.Primitive": "py.Primitive",
    "autodiff.steps.Steps._along": '() => ""',
    "autodiff.tracing.is_tracing": "(() => false)",
    "autodiff.tracing.keeps_sums": "(() => false)",
    "collections.abc.Sequence": "null",
    "difflib.get_close_matches": "py.close",
    "visualize.layout.engines.heights_by_dot": "py.cut",
    "visualize.render.painter.net_group": "py.cut",
    "visualize.render.svg.style_sheet": '(() => "")',
    "visualize.scene.build.mark_outdated": "(() => null)",
    "visualize.scene.build.steps_of": "py.cut",
    "visualize.scene.fold.groups_of": "(() => [py.dict(), []])",
    "visualize.scene.fold.net": "(() => [])",
    "visualize.scene.unfold.unfoldable": "(() => [])",
    "visualize.web.document.inputs": '(() => "<table></table>")',
    "visualize.web.document.json_script": "py.script",
    "visualize.web.document.step_list": '(() => "<ol></ol>")',
    "visualize.web.lesson.Lesson.holding_gates": 'function () { return this.leaves.map(() => ""); }',
    "visualize.web.lesson.Lesson.notes": "() => []",
    "visualize.web.lesson.Lesson.program": "py.program",
    "visualize.web.lesson.Lesson.programs": "py.cut",
    # generators of data and initial weights: the page checks numbers where they are typed
    "functools.": "((name, x) => x)",
    "nn._checks.generator": "((seed) => (seed instanceof Random ? seed : new Random(seed)))",
    "nn._checks.one_of": "((kind, name, table) => py.at(table, name))",
    "nn._checks.several": "((thing, x) => py.list(x))",
    "nn._checks.size": "((x) => x)",
}
UNFOLDED = {  # for graphs in one form that have a title
    "visualize.scene.build.describe": '(() => "")',
    "visualize.scene.fold.default_groups": "py.cut",
    "visualize.scene.unfold.rewrite": "py.cut",
    "visualize.web.document.text_and_mathml": '(() => ["", ""])',
    "visualize.web.lesson.Lesson.wrong": "function () { return []; }",
}
ANY = frozenset(PRIMITIVES)
SIGNS = {name for name in PRIMITIVES if words(name).sign} | {"abs", "where"}  # gates of operators between Values


@cache
def script(gates: frozenset[str] | None, **entries: Any) -> str:
    """The module of these functions, which write graphs of some gates, of ANY expression, or none."""
    if gates is None:
        return module("engine", "", {}, frozenset(), **entries)
    reads = gates is ANY
    entries |= {"Steps": Steps, **({"read": record_text, "sketch": sketch} if reads else {})}
    text = module("engine", "", {} if reads else UNFOLDED, gates, **entries)
    return f"{text}py.steps = engine.Steps;\n"


def module(name: str, imports: str, native: Mapping[str, str], gates: Collection[str], **entries: Any) -> str:
    """A module that exports an object of these functions and tables, with the gates that they need."""
    native, wanted, text = {**NATIVE, **native}, {*gates, *SIGNS} if gates else set(), ""
    while not text or wanted != gates:
        gates = wanted
        first = Translation(native, None, gates)
        first.text(**entries)
        text = Translation(native, first, gates).text(**entries)
        wanted = gates | gates_in(text)
    return f'import {{ py }} from "./python.js";\n{imports}export const {name} = (() => {{\n{text}\n}})();\n'
