"""A lesson as HTML that says everything without a script: picture, steps, gradients, flat code; and its data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from autodiff import show
from autodiff.files import finite

from .lesson import Lesson
from .svg import svg
from .text import escape

UNSAFE = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})  # what could end a script


def article(id: str, title: str, lines: Sequence[str], lessons: Sequence[Lesson], heading: int = 1) -> str:
    """The lessons of one graph as an article; what is seen without a script is the first.

    ``id`` is unique on the page; ``lines`` stand under the title: the expression, a note.
    """
    first = lessons[0]
    pictures = [svg(lesson.drawing, f"{id}-{i}-", style=False) for i, lesson in enumerate(lessons)]
    views = "\n".join(
        f'<template class="view" data-view="{i}">{picture}</template>' for i, picture in enumerate(pictures[1:], 1)
    )
    data = {"id": id, "views": [{**lesson.as_dict(), "code": lesson.code} for lesson in lessons]}
    return "\n".join(
        [
            f'<article class="lesson" id="{escape(id)}" aria-labelledby="{escape(id)}-title">',
            f'<header><h{heading} id="{escape(id)}-title">{escape(title)}</h{heading}>',
            *[f"<p>{line}</p>" for line in lines],
            *dict.fromkeys(f'<p class="still">{escape(note)}</p>' for lesson in lessons for note in lesson.notes),
            "</header>",
            f'<div class="graph" role="region" tabindex="0" aria-label="Graph">{pictures[0]}</div>',
            section("gradients", "Gradients", table(first)),
            section("code", "Flat code", code(first)),
            section("steps", "Steps", steps(first)),
            views,
            script(data),
            "</article>",
        ]
    )


def section(kind: str, title: str, content: str) -> str:
    """A part of the article with its heading."""
    return f'<section class="{kind}"><h2>{title}</h2>\n{content}\n</section>'


def steps(lesson: Lesson) -> str:
    """Every step in words."""
    items = "\n".join(f"<li>{escape(row.sentence.partition('. ')[2])}</li>" for row in lesson.steps.rows)
    return f"<ol>\n{items}\n</ol>"


def table(lesson: Lesson) -> str:
    """The inputs with their numbers and gradients."""
    steps, digits = lesson.steps, lesson.steps.digits
    output = escape(steps.names[lesson.output])
    rows = [
        f'<tr><th scope="row">{escape(steps.names[leaf])}</th>'
        f"<td>{data(leaf.data, digits)}</td><td>{data(gradient, digits)}</td></tr>"
        for leaf, gradient in steps.gradients.items()
    ]
    heads = f'<tr><th scope="col">input</th><th scope="col">value</th><th scope="col">∂{output}/∂input</th></tr>'
    return f"<table><thead>{heads}</thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody></table>"


def data(x: float, digits: int | None) -> str:
    """A number as it is shown, and exactly."""
    return f'<data value="{x!r}">{escape(show(x, digits))}</data>'


def code(lesson: Lesson) -> str:
    """The flat code, a line an element."""
    lines = "\n".join(f'<span class="line">{escape(line)}</span>' for line in lesson.code)
    return f'<pre tabindex="0" role="region" aria-label="Flat code"><code>{lines}</code></pre>'


def script(data: Any) -> str:
    """Data that a script reads; whatever its texts are, they cannot end the element."""
    return f'<script type="application/json">{encoded(data)}</script>'


def encoded(data: Any) -> str:
    """The data as JSON; inf and nan as strings, characters that mean something to HTML as references."""
    text = json.dumps(finite(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(UNSAFE)
