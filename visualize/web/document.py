"""page(): a graph as one HTML file, readable without scripts and made live by them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autodiff import Value
from autodiff._files import PAGES, finite, suffix, write
from autodiff.adoption import Adoption, ForeignNode, is_foreign
from autodiff.flat import javascript
from autodiff.formula import Formula, TexFormula, equations, names, show
from autodiff.graph import history
from autodiff.notation import Name
from autodiff.quiz import SAID, SENTENCES

from .._text import clean, escape, pretty
from ..layout.engines import Layout
from ..render.svg import positions, style_sheet, svg
from ..scene.build import MOST_DOUBTS
from .bundle import bundle, gates_in
from .lesson import Lesson, lessons

if TYPE_CHECKING:
    from autodiff.lectures import Example

UNSAFE = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})  # characters that could end a script


def article(id: str, title: str, lines: Sequence[str], lessons: Sequence[Lesson], heading: int = 1) -> str:
    """The lessons of one graph as an article with a unique id, which shows the first lesson without scripts.

    ``lines`` are HTML under the title; without a title the formula takes its place.
    """
    first = lessons[0]
    drawn = {f"{i}.{key}": both for i, lesson in enumerate(lessons) for key, *both in lesson.drawings()}
    down = {key: [down.width, down.height, positions(down, right)] for key, (right, down) in drawn.items()}
    pictures = [svg(right, f"{id}-{key[0]}-", False, not i) for i, (key, (right, _)) in enumerate(drawn.items())]
    views = "\n".join([f'<template data-view="{key}">{x}</template>' for key, x in [*zip(drawn, pictures)][1:]])
    text, formula = text_and_mathml(first.output)
    said = "" if title else f' aria-label="{escape(text)}"'
    known = [
        {
            **lesson.as_dict(),
            "code": [] if lesson is first else lesson.code,  # the first is in the HTML
            # among many examples the LaTeX of all forms would take a twentieth of the page
            "latex": lesson.steps.latex() if lesson is first or heading == 1 else "",
        }
        for lesson in lessons
    ]
    parts = [
        f'<article class="lesson" id="{escape(id)}" aria-labelledby="{escape(id)}-title">',
        f'<header data-part="title"><h{heading} id="{escape(id)}-title"{said}>{escape(title) or formula}</h{heading}>',
        f'<div class="formula">{formula}</div>' if title and len(text) <= TITLE_LENGTH else "",
        *[f"<p>{line}</p>" for line in lines],
        *dict.fromkeys(f'<p class="still">{escape(note)}</p>' for lesson in lessons for note in lesson.notes),
        "</header>",
        f'<div class="graph" data-part="graph" role="region" tabindex="0" aria-label="Graph">{pictures[0]}</div>',
        section("gradients", "Gradients", inputs(first)),
        section("code", "Flat code", code_listing(first)),
        section("steps", "Steps", step_list(first)),
        views,
        json_script({"id": id, "views": known, "down": down}),
        "</article>",
    ]
    return "\n".join(parts)


def code_listing(lesson: Lesson) -> str:
    """The flat code, line by line."""
    code = "\n".join([f'<span class="line">{escape(line)}</span>' for line in lesson.code])
    return f'<pre tabindex="0" role="region" aria-label="Flat code"><code>{code}</code></pre>'


def step_list(lesson: Lesson) -> str:
    """The steps as formulas."""
    items = [f"<li>{escape(pretty(' '.join(row.line.split())))}</li>" for row in lesson.steps.rows]
    return "\n".join(["<ol>", *items, "</ol>"])


def section(kind: str, title: str, content: str) -> str:
    """A section with its heading."""
    return f'<section class="{kind}"><h2>{title}</h2>\n{content}\n</section>'


def inputs(lesson: Lesson) -> str:
    """The inputs with their numbers and gradients."""
    steps, digits = lesson.steps, lesson.steps.digits
    output = escape(steps.names[lesson.output])
    rows = [
        [mathml(Name(steps.names[leaf]).tree), data(leaf.data, digits), data(gradient, digits)]
        for leaf, gradient in steps.gradients.items()
    ]
    return table(["input", "value", f"∂{output}/∂input"], rows)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of numbers or HTML."""
    head = "".join([f'<th scope="col">{head}</th>' for head in heads])
    lines = [
        "".join([f'<th scope="row">{first}</th>', *[f"<td>{cell}</td>" for cell in rest]]) for first, *rest in rows
    ]
    body = "\n".join([f"<tr>{line}</tr>" for line in lines])
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"


def mathml(*trees: Any) -> str:
    """A formula of trees side by side."""

    def markup(tree: Any) -> str:
        element, *children = tree
        inside = "".join([escape(child) if type(child) is str else markup(child) for child in children])
        name = element.removesuffix("*")
        return f"<{name}{UPRIGHT if name != element else ''}>{inside}</{name}>"

    return f"<math>{''.join(map(markup, trees))}</math>"


UPRIGHT = ' mathvariant="normal"'
TITLE_LENGTH = 120  # a longer formula is not used as a title


def text_and_mathml(output: Value) -> tuple[str, str]:
    """The formula behind a Value as text and as MathML."""
    lines = [" = ".join([str(part) for part in line if part is not None]) for line in equations(output, Formula)]
    trees = [[part.text for part in line if part is not None] for line in equations(output, TexFormula)]
    shown = [
        mathml(*[x for part in line for x in (("mo", "="), part.bare if part.is_fraction else part.tree)][1:])
        for line in trees
    ]
    return clean("; ".join(lines), 2 * TITLE_LENGTH), " ".join(shown)


def data(x: float, digits: int | None) -> str:
    """A <data> element: the number as it is shown, and exactly."""
    return f'<data value="{x!r}">{escape(pretty(show(x, digits)))}</data>'


def json_script(data: Any) -> str:
    """Data as JSON in a script element, inf and nan as strings; no text in it can end the element."""
    text = json.dumps(finite(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f'<script type="application/json">{text.translate(UNSAFE)}</script>'


STYLE = Path(__file__).with_name("page.css")
MAKERS = {  # the classes that bring HTML to life
    '<article class="lesson"': "Player", '<section class="playground"': "Playground", '<form class="own"': "Own",
    '<div class="panels"': "Panels",
}  # fmt: skip
MOST_NODES = 2000  # a page of more is hard to read
# The page never loads anything, and the browser enforces it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


class Page:
    """One HTML file, shown in a frame in a notebook.

    Attributes
    ----------
    title : str
        The title in the browser's tab.

    Examples
    --------
    >>> from visualize.web.document import Page
    >>> from autodiff import variables
    >>> from visualize import page
    >>> x, y = variables(x=3, y=4)
    >>> page(x * y).html().startswith("<!DOCTYPE html>")
    True
    """

    def __init__(
        self, title: str, body: str, programs: Mapping[str, str], definitions: Sequence[str],
        modules: Mapping[str, str] | None = None, gates: frozenset[str] | None = None,
        rules: Mapping[str, Any] | None = None
    ) -> None:  # fmt: skip
        self.title = title
        self._body, self._programs, self._definitions, self._modules = body, programs, definitions, modules or {}
        self._gates, self._rules = gates, rules or {}  # what the page records and calls

    def html(self) -> str:
        """The whole file as text."""
        makers = [maker for part, maker in MAKERS.items() if part in self._body]
        imports = {"start": "start"} | {maker: maker.lower() for maker in makers}
        entry = "".join([f'import {{ {name} }} from "./{module}.js";\n' for name, module in imports.items()])
        programs = f"export const PROGRAMS = {{ {', '.join(self._programs)} }};"
        named = "Player" in makers or "Own" in makers  # mistakes have sentences
        said = f"export const MISTAKES = {json.dumps(SENTENCES if named else [])};"
        said += f"\nexport const SAID = {json.dumps(SAID if named else {})};"
        made = dict(self._modules)
        if "Own" in makers or self._rules:
            from . import written  # only when used: it imports the parser and the translation

            gates = written.ANY if "Own" in makers else self._gates
            writes = {} if gates is None else {"article": article, "lessons": lessons}
            made["engine"] = written.script(gates, **writes, **self._rules)
        more = javascript.table(gates_in("".join(made.values()))) if made else []
        parts = [javascript.runtime(), *self._definitions, *self._programs.values(), programs, said, *more]
        made["programs"] = "\n".join(dict.fromkeys(parts))
        script = '"use strict";\n' + bundle(f"{entry}start({{ {', '.join(makers)} }});\n", made)
        script = script.replace("</script", "<\\/script")
        parts = [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(self.title)}</title>",
            f"<style>\n{style_sheet()}{STYLE.read_text(encoding='utf-8')}</style>",
            "</head>",
            f'<body>\n<script>document.body.classList.add("live")</script>\n<main>\n{self._body}\n</main>\n<script>\n{script}\n</script>',
            "</body>",
            "</html>",
            "",
        ]
        return "\n".join(parts)

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write the page to a file that ends in .html, and return the path."""
        suffix(path, PAGES)
        return write(path, self.html().encode())

    def _repr_html_(self) -> str:
        return (
            f'<iframe title="{escape(self.title)}" sandbox="allow-scripts" style="width: 100%; border: 0" '
            f'height="720" srcdoc="{escape(self.html())}"></iframe>'
        )

    def __repr__(self) -> str:
        return f'<page "{self.title:.60}": .save("name.html") keeps it>'


def box(text: str) -> str:
    """The input for an expression."""
    return (
        '<form class="own" hidden><label>Write your own <input type="text" spellcheck="false" autocomplete="off" '
        f'autocapitalize="off" placeholder="(x + y) * z" value="{escape(text)}"></label><output></output></form>'
    )


def page(
    output: ForeignNode,
    *,
    title: str = "",
    fold: Any = None,
    digits: int | None = None,
    layout: Layout = "built-in",
    editable: bool = False,
) -> Page:
    """A page of the graph behind a Value: both passes step by step, with inputs to change and exercises.

    Parameters
    ----------
    output : Value
        The end of the graph. Its gradients start from 1, whether or not ``backward()`` was called. A node of another
        engine, such as your own, is adopted (see ``autodiff.adopt``): the page steps through the gates' own rules
        and says at its top where the node's numbers differ.
    title : str
        The heading; by default the formula.
    fold, digits, layout
        As for ``draw``.
    editable : bool
        Whether the page has an input for other expressions.

    Returns
    -------
    Page
        ``save("name.html")`` writes one file that needs neither network nor server.

    Notes
    -----
    The address keeps example, inputs, step, form, tab and zoom. A teacher's link can hide parts, such as
    ``f.html#step=3&hide=code,chain,answers``: the tabs inputs, code, chain, mistakes, steps, descend; the menus form,
    predict, level, speed, share; answers, so that students must predict each number before the next. Predict asks at
    five levels, ``mode=predict&level=2``, with numbers drawn by a ``seed``; ``autodiff.quiz.read_result`` reads the
    code at its end.

    Raises
    ------
    StaleGraphError
        If an input has changed since the graph was computed.
    ValueError
        If the graph has more than 2,000 nodes.

    Examples
    --------
    >>> from autodiff import variables
    >>> from visualize import page
    >>> x, y, z = variables(x=-2, y=5, z=-4)
    >>> page((x + y) * z)
    <page "f = (x + y) * z": .save("name.html") keeps it>
    """
    doubts: dict[Value, str] = {}
    if is_foreign(output):
        adoption = Adoption([output])
        adoption.warn(stacklevel=3)
        output, doubts = adoption.outputs[0], adoption.doubts
    if type(output) is not Value:
        raise TypeError(f"page takes a Value, got {type(output).__name__}: {output!r:.60}")
    order = history(output)
    if len(order) > MOST_NODES:
        raise ValueError(f"a page shows at most {MOST_NODES:,} nodes, got {len(order):,}: draw() folds larger graphs")
    made = lessons(output, 0, fold, digits, layout)
    formula = text_and_mathml(output)[0]
    text = clean(title, TITLE_LENGTH) or formula
    called = clean(names(order, output)[output], 40)
    heading = text if title or len(text) <= TITLE_LENGTH else f"{called}: {len(order):,} nodes"
    said = [f"The engine that made this graph differs: {escape(doubt)}." for doubt in doubts.values()][:MOST_DOUBTS]
    body = article("lesson", heading if title or heading != text else "", said, made)
    if editable:
        body += box(formula if len(formula) <= TITLE_LENGTH else "")
    return Page(heading, body, *programs_of(made))


def programs_of(lessons: Sequence[Lesson]) -> tuple[dict[str, str], list[str]]:
    """The programs of lessons by name, and the functions that they call."""
    found = [lesson.programs for lesson in lessons]
    return {name: text for texts, _ in found for name, text in texts.items()}, [x for _, calls in found for x in calls]


def parts_of(examples: Sequence[Example]) -> list[tuple[str, str, list[str], Value]]:
    """The parts of a collection for lecture examples."""
    lines = [[*filter(None, [x.lecture, x.text, f"For {x.given}", x.note])] for x in examples]
    return [(x.id, f"{x.id}: {x.title}", said, x.build()) for x, said in zip(examples, lines)]


def collection(
    parts: Sequence[tuple[str, str, Sequence[str], Value]],
    last: Page | None = None,
    layout: Layout = "built-in",
    editable: bool = False,
) -> Page:
    """A page of several graphs (id, title, lines under it, output) with a table of contents.

    The first line of each names its group; ``last``, such as a playground, comes at the end.
    """
    articles: list[str] = []
    shown: list[Lesson] = []
    for id, title, lines, output in parts:
        made = lessons(output, len(shown), layout=layout)
        shown += made
        articles.append(article(id, title, [escape(line) for line in lines], made, 2))
    programs, definitions = programs_of(shown)
    more: list[Any] = []
    title = "Backpropagation, example by example"
    if last:
        articles.append(last._body)
        programs |= last._programs
        definitions += last._definitions
        more = [last._modules, last._gates, last._rules]
    head = f'<header class="collection"><h1>{title}</h1>{box("") if editable else ""}</header>'
    return Page(title, "\n".join([head, *articles]), programs, definitions, *more)
