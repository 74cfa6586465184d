"""Expressions that a page reads by itself: parser, steps, words and layout, translated from Python."""

from __future__ import annotations

from functools import cache
from typing import Any

from autodiff.parser import read
from autodiff.quiz import sketch
from autodiff.steps import Steps

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
    "difflib.get_close_matches": "py.close",
    "visualize.layout.dot.heights_by_dot": "py.cut",
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


@cache
def script(article: Any, lessons: Any) -> str:
    """The module that reads expressions and writes what page() writes with these two functions."""
    first = Translation(NATIVE)
    entries: dict[str, Any] = {"read": read, "sketch": sketch, "Steps": Steps, "lessons": lessons, "article": article}
    first.text(**entries)
    made = Translation(NATIVE, first)
    text = made.text(**entries)
    return (
        f'import {{ py }} from "./python.js";\nexport const written = (() => {{\n{text}\n}})();\n'
        "py.steps = written.Steps;\n"
    )
