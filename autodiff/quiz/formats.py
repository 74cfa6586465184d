"""Questions on paper and in Moodle: worksheets and keys as text or HTML, Moodle XML (Cloze) and GIFT.

Each function takes one sheet, or several that are variants A, B, C, ... of one another.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import floor, log10

from ..formula import show
from .question import Question

Draw = Callable[[Question], str]  # makes the SVG of a question

TITLE = "Backpropagation by hand"
LINE = "________"
TOLERANCE = 0.005  # relative, of right and typical wrong numbers
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; color-scheme: light }
section + section { break-before: page }
header { display: flex; gap: 2em; border-bottom: 1px solid; padding-bottom: .5em } header span { flex: 1 }
li { margin: 1.5em 0; break-inside: avoid } li::marker { font-weight: 700 }
.marks { float: right } img { display: block; max-width: 100%; margin: .5em 0 }
.blanks { display: grid; grid-template-columns: repeat(3, 1fr); gap: .6em 2em }
.blanks div { display: flex; gap: .5em; align-items: end }
.blanks b { flex: 1; border-bottom: 1px solid; height: 1.6em; font-weight: 400 }
"""


def with_letters(sheets: Sequence[Sequence[Question]]) -> Iterator[tuple[str, Sequence[Question]]]:
    """Each sheet with its letter, or "" for a single sheet."""
    return ((chr(65 + i) if len(sheets) > 1 else "", sheet) for i, sheet in enumerate(sheets))


def worksheet(*sheets: Sequence[Question], key: bool = False) -> str:
    """The questions as text with blanks or, if ``key``, with the answers."""
    parts = []
    for letter, sheet in with_letters(sheets):
        parts += [f"Variant {letter}", ""] if letter else []
        for number, question in enumerate(sheet, 1):
            parts.append(f"{number}. {question.text}\n   at {question.given()}")
            width = max(len(name) for name in question.answers)
            parts += [f"      {name.ljust(width)} = {show(x) if key else LINE}" for name, x in question.answers.items()]
            parts.append("")
    return "\n".join(parts).rstrip()


def html(*sheets: Sequence[Question], title: str = TITLE, key: bool = False, draw: Draw | None = None) -> str:
    """The worksheet as HTML to print, one page per sheet; if ``key``, the answers instead. ``draw`` makes SVGs."""
    sections = []
    for letter, sheet in with_letters(sheets):
        items = []
        for question in sheet:
            gates = "<br>".join(escape(line) for line in question.text.split("; "))
            svg = b64encode(draw(question).encode()).decode() if draw and not key else ""
            picture = image(question, f"data:image/svg+xml;base64,{svg}") if svg else ""
            numbers = [(escape(name), show(x) if key else "") for name, x in question.answers.items()]
            blanks = "".join(f"<div>{name} = <b>{x}</b></div>" for name, x in numbers)
            marks = f'<span class="marks">{"" if key else "____ of "}{len(question.answers)} marks</span>'
            asked = f"{marks}<code>{gates}</code><br>at {escape(question.given())}"
            items.append(f'<li>{asked}{picture}<div class="blanks">{blanks}</div></li>')
        total = sum(len(question.answers) for question in sheet)
        line = "Key" if key else f"<span>Name: {LINE * 3}</span><span>Date: {LINE}</span>Marks: ____ of {total}"
        heading = f"{escape(title)}{f', variant {letter}' if letter else ''}"
        sections.append(f"<section><h1>{heading}</h1><header>{line}</header><ol>{''.join(items)}</ol></section>")
    return (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
        f"{''.join(sections)}</html>\n"
    )


def image(question: Question, source: str) -> str:
    return f'<img src="{source}" alt="{escape(f"The graph of {question.text}")}">'


def with_tolerance(x: float) -> str:
    """A number and its tolerance of 0.5 % with the same decimals, as Moodle reads them; 0 for 0."""
    margin = TOLERANCE * abs(x)
    if x and not 1e-9 < abs(x) < 1e15:
        return f"{x:.6e}:{margin:.3e}"
    places = max(0, 2 - floor(log10(margin))) if margin else 0
    texts = [f"{number:.{places}f}" for number in (x + 0.0, margin)]
    return ":".join(text.rstrip("0").rstrip(".") if places else text for text in texts)


def choices(question: Question, name: str, wrong: str, escaped: Callable[[str], str] = str) -> list[str]:
    """The right and the typical wrong numbers of a blank, as both of Moodle's formats write them."""
    others = [f"{wrong}%0%{with_tolerance(x)}#{escaped(said)}" for x, said in question.mistakes(name)]
    return [f"={with_tolerance(question.answers[name])}#right", *others]


def gift(*sheets: Sequence[Question], title: str = TITLE) -> str:
    """The questions in Moodle's GIFT format: a numerical question per blank, with feedback on typical mistakes."""
    parts = []
    for letter, sheet in with_letters(sheets):
        parts.append(f"$CATEGORY: {title}{f'/{letter}' if letter else ''}")
        for number, question in enumerate(sheet, 1):
            task = gift_escaped(f"{question.text} at {question.given()}")
            for name in question.answers:
                asked, answers = gift_escaped(name), "\n".join(choices(question, name, "=", gift_escaped))
                parts.append(f"::{number}\\: {asked} of {task}:: {task}. What is {asked}? {{#\n{answers}\n}}")
    return "\n\n".join(parts) + "\n"


def gift_escaped(text: str) -> str:
    """The text as HTML, with a backslash before the characters that have a meaning in GIFT."""
    return "".join(f"\\{letter}" if letter in "\\~=#{}:" else letter for letter in escape(text, quote=False))


def moodle(*sheets: Sequence[Question], title: str = TITLE, draw: Draw | None = None) -> str:
    """The questions as Moodle XML: Cloze questions with a picture, a blank per number, and named mistakes."""
    parts = []
    for letter, sheet in with_letters(sheets):
        category = escape(f"$course$/{title}{f'/{letter}' if letter else ''}")
        parts.append(f'<question type="category"><category><text>{category}</text></category></question>')
        for number, question in enumerate(sheet, 1):
            svg, file = b64encode(draw(question).encode()).decode() if draw else "", f"graph{number}.svg"
            task = f"{question.text} at {question.given()}"
            rows = [f"<p>{'<br>'.join(map(cloze_escaped, task.split('; ')))}</p>"]
            rows += [image(question, f"@@PLUGINFILE@@/{file}")] if svg else []
            rows += [
                f"<p>{cloze_escaped(name)} = {{1:NUMERICAL:{''.join(choices(question, name, '~'))}}}</p>"
                for name in question.answers
            ]
            attached = f'<file name="{file}" path="/" encoding="base64">{svg}</file>' if svg else ""
            parts.append(
                f'<question type="cloze"><name><text>{escape(f"{number}: {task}")}</text>'
                f'</name><questiontext format="html"><text>{escape("".join(rows))}</text>{attached}</questiontext>'
                "<penalty>0.3333333</penalty><hidden>0</hidden></question>"
            )
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>", *parts, "</quiz>", ""])


def cloze_escaped(text: str) -> str:
    """The text as HTML, with the characters that would end a Cloze answer as entities."""
    return "".join(f"&#{ord(letter)};" if letter in "{}~#\\" else letter for letter in escape(text, quote=False))
