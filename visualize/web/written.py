"""Expressions that a page reads by itself: parser, steps, words and layout, translated from Python."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from autodiff import PRIMITIVES
from autodiff.parser import read
from autodiff.quiz import sketch
from autodiff.steps import Steps
from autodiff.vocabulary import words

from .bundle import gates_in
from .translate import Translation

CUT = """
    arrays.elementwise flat.backends.javascript.definition flat.expansion.recorded flat.live.Live.written
    flat.lowering.lower graph.push primitives.Slope steps.Row.text steps.Row.line steps.Row.remarks
    steps.Row.sentence steps.Forward.parts steps.Forward.remarks steps.Forward.sentence
    steps.Start.parts steps.Start.sentence steps.Step.parts steps.Step.text steps.Step.copy steps.Step.sentence
    steps.Step.as_dict steps.Steps.as_dict steps.Steps.advice steps.Steps.rounded steps.Steps.__str__ steps.Steps._seeds
    steps.Steps._along vocabulary.Words.__init__
""".split()  # noqa: SIM905 - what no expression needs, or its page writes anew
NATIVE = {
    **{f"autodiff.{name}": "py.cut" for name in CUT},
    "autodiff.arrays.in_order": "((name, x) => py.list(x))",
    "autodiff.arrays.is_array": "(() => false)",
    "autodiff.engine.Value": "py.Value",
    "autodiff.flat.expansion.local_gradients": "((primitive, x) => primitive.slopes(...x))",
    "autodiff.flat.lowering.Lowering.called_by_name": "(lines) => lines",
    "autodiff.graph.history": "py.history",
    "autodiff.graph.refuse_stale": "(() => null)",
    "autodiff.graph.stale": "(() => [])",
    "autodiff.ieee.number": "py.number",
    "autodiff.ieee.real": "py.float",
    "autodiff.parser.functions.signature": "py.signature",
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
    "visualize.web.document.script": "py.script",
    "visualize.web.document.told": '(() => "")',
    "visualize.web.lesson.Lesson.held": 'function () { return this.leaves.map(() => ""); }',
    "visualize.web.lesson.Lesson.notes": "() => []",
    "visualize.web.lesson.Lesson.program": "py.program",
    "visualize.web.lesson.Lesson.programs": "py.cut",
}


NATIVE |= {  # what draws data and starts: numbers are checked where they are typed
    "functools.": "((name, x) => x)",
    "nn._checks.generator": "((seed) => (seed instanceof Random ? seed : new Random(seed)))",
    "nn._checks.one_of": "((kind, name, table) => py.at(table, name))",
    "nn._checks.several": "((thing, x) => py.list(x))",
    "nn._checks.size": "((x) => x)",
}


ANY = frozenset(PRIMITIVES)  # gates
SIGNS = {name for name in PRIMITIVES if words(name).sign} | {"abs", "where"}  # which signs between Values stand for


UNFOLDED = {  # what graphs with a title of their own, in one form, do without
    "visualize.scene.build.describe": '(() => "")',
    "visualize.scene.fold.by_default": "py.cut",
    "visualize.scene.unfold.rewritten": "py.cut",
    "visualize.web.document.typeset": '(() => ["", ""])',
    "visualize.web.lesson.Lesson.wrong": "function () { return []; }",
}


@cache
def script(gates: frozenset[str] | None, **entries: Any) -> str:
    """The module of these functions: they write graphs of some gates, of ANY expression, or none."""
    if gates is None:
        return module("written", "", {}, frozenset(), **entries)
    reads = gates is ANY
    entries |= {"Steps": Steps, **({"read": read, "sketch": sketch} if reads else {})}
    text = module("written", "", {} if reads else UNFOLDED, gates, **entries)
    return f"{text}py.steps = written.Steps;\n"


def module(name: str, imports: str, native: Mapping[str, str], gates: Collection[str], **entries: Any) -> str:
    """A module that exports an object of these functions and tables, translated with the gates that they need."""
    native, wanted, text = {**NATIVE, **native}, {*gates, *SIGNS} if gates else {*()}, ""
    while not text or wanted != gates:
        gates = wanted
        first = Translation(native, None, gates)
        first.text(**entries)
        text = Translation(native, first, gates).text(**entries)
        wanted = gates | gates_in(text)
    return f'import {{ py }} from "./python.js";\n{imports}export const {name} = (() => {{\n{text}\n}})();\n'
