"""The guide to a lecture, and the start page of the kit, as HTML without scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from autodiff.lectures import EXAMPLES, LECTURES, SLIPS, TITLES, Example, whole
from autodiff.lectures.course import read_course
from autodiff.quiz import Exercise, read_exercises
from autodiff.quiz.formats import STYLE, html_file, html_item, html_line, number_text
from autodiff.quiz.markup import to_html

from .._text import escape
from ..web.document import table
from .formulas import formula

FILES = {  # of a lecture, by the beginning of their names
    "guide": ("html", "Guide", "plan of the class, answers and advice: for you"),
    "worksheet": ("html", "Worksheet", "all exercises to print, with space for answers"),
    "key": ("html", "Key", "the worksheet with its answers"),
    "page": ("html", "Page", "the examples to step through in class, offline"),
    "slides": ("tex", "Slides", "the examples step by step: pdflatex makes the PDF"),
    "questions": ("xml", "Moodle", "the exercises as Moodle XML, with pictures, hints and named mistakes"),
}
CSS = STYLE + Path(__file__).with_name("kit.css").read_text(encoding="utf-8")
FOR_CLASS = "hide=answers,code,mistakes"  # what the link for the class hides
SHOWN = [  # (end of the address, what it does)
    ("", "the example, to step through with the arrow keys or a clicker"),
    ("&step=3", "begins at step 3"),
    (f"&{FOR_CLASS}", "for the class: every number must be predicted; no code, no tab with mistakes"),
    ("&mode=predict&level=2", "the tutor asks: 1 products, 2 local gradients, 3 rules, 4 whole nodes, 5 all inputs"),
    ("&mode=predict&level=4&seed=7", "the same with other numbers: give each row of seats its own seed"),
    ("&present=1", "only the graph and the step, large, for the projector"),
]


def line(text: str) -> str:
    """A short text of a table as HTML."""
    return html_line(text, formula)


def bullets(texts: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{text}</li>' for text in texts)}</ul>"


def file_name(kind: str, letter: str) -> str:
    return f"{kind}-{letter}.{FILES[kind][0]}"


def examples_of(id: str) -> list[Example]:
    """The example of that id, or its parts; none if it is not one formula."""
    return [x for x in EXAMPLES.values() if id in (x.id, whole(x.id))]


def file_links(letter: str) -> str:
    """Links to all files of a lecture."""
    return " ".join([f'<a href="{file_name(kind, letter)}">{name}</a>' for kind, (_, name, _) in FILES.items()])


def example_link(id: str) -> str:
    """A link to an example on the lecture's page, or the command that shows it."""
    found, title = examples_of(id), escape(TITLES.get(whole(id), ""))
    if not found:
        return f"<code>python -m nn {escape(id)}</code> {title}"
    return f'<a href="{file_name("page", id[0])}#example={found[0].id}">{escape(id)}</a> {title}'


def plan_rows(plan: Iterable[Any]) -> list[list[str]]:
    """The rows of the plan, by the clock."""
    start, rows = 0, []
    for step in plan:
        end = start + step["minutes"]
        shown = "<br>".join(example_link(id) for id in step.get("show", "").split())
        rows.append([f"{start}\N{EN DASH}{end}", line(step["what"]), shown])
        start = end
    return rows


def exercise_section(e: Exercise) -> str:
    """An exercise with its answer, hints and typical mistakes."""
    more = [f"Hint {i}: {line(hint)}" for i, hint in enumerate(e.hints, 1)]
    if e.kind == "numbers":
        wrong = [(name, x, why) for name in e.answers for x, why in e.mistakes(name)]
        more += [f"{escape(name)} = {number_text(e, x)}: {line(why)}" for name, x, why in wrong]
    elif e.kind == "code":
        more += [f"Typical: {line(row['why'])}" for row in e.row.get("wrong", ())]
    about = f'<p class="about">Example {example_link(e.about)}, {e.minutes} minutes, level {e.level}</p>'
    return f'<article id="{e.id}">{html_item(e, True, None, formula)}{about}{bullets(more) if more else ""}</article>'


def guide(letter: str) -> str:
    """The guide to a lecture: aims, plan, stumbling blocks, questions and answers, slips, links for the class."""
    course, exercises = read_course(letter), read_exercises(letter)
    title = f"Lecture {letter}: {LECTURES[letter]}"
    slips = [f"{x.id}: {escape(str(x))}<br><code>{escape(x.quote)}</code>" for x in SLIPS if x.id[0] == letter]
    stumbles = [[example_link(x["about"]), line(x["what"]), line(x["remedy"])] for x in course["stumbles"]]
    review = [(line(row["ask"]), to_html(row["answer"], formula)) for row in course["questionnaire"]]
    votes = [exercise for exercise in exercises if exercise.kind == "choice"]
    page = f"page-{letter}.html#example={next(x for x in EXAMPLES if x.startswith(letter))}"
    addresses = [(f'<a href="{page}{end}"><code>{page}{escape(end)}</code></a>', what) for end, what in SHOWN]
    parts = [
        f'<h1>{escape(title)}</h1><p class="lead">Guide for the lecturer</p>',
        f'<nav><a href="index.html">All lectures</a> {file_links(letter)}</nav>',
        "<h2>Aims</h2><p>After this lecture your students can</p>",
        bullets(map(line, course["aims"])),
        f"<h2>Before</h2>{bullets(map(line, course['before']))}",
        f"<p>The class takes 50 minutes. A student alone needs about {course['minutes']} minutes for the notebook.</p>",
        f"<h2>Plan of the class</h2>{table(['Minutes', 'What', 'Show'], plan_rows(course['plan']))}",
        f"<h2>Where students stumble</h2>{table(['Example', 'What happens', 'What helps'], stumbles)}",
        "<h2>Questions to vote on</h2>",
        "<p>Show the question, let everybody vote, let neighbors discuss it, and vote again.</p>",
        *[f"<article>{html_item(vote, True, None, formula)}</article>" for vote in votes],
        f"<h2>Exercises and answers</h2>{''.join(exercise_section(e) for e in exercises if e not in votes)}",
        "<h2>Review</h2>",
        *[f"<details open><summary>{ask}</summary>{answer}</details>" for ask, answer in review],
        f"<h2>Summary</h2>{bullets(map(line, course['summary']))}",
        f"<h2>Slips in the text of the slides</h2>{bullets(slips)}" if slips else "",
        "<h2>What to show, and what to hide</h2>",
        "<p>Every example has its own address on the page of this lecture. The page needs no network and keeps its "
        "state in the address; add to it:</p>",
        table(["Address", "What it does"], addresses),
    ]  # fmt: skip
    return html_file(f"{title}: guide", parts, CSS)


def start_page(letters: Sequence[str]) -> str:
    """The start page: what is in the kit, and how to use it."""
    rows = []
    for letter in letters:
        course, exercises = read_course(letter), read_exercises(letter)
        lecture = f"<b>{letter}</b> {escape(LECTURES[letter])}"
        rows.append([lecture, str(len(exercises)), str(course["minutes"]), file_links(letter)])
    gift_line = "The same without pictures is in <code>questions-*.gift</code>, for other systems that read GIFT."
    return html_file("Lecturer's kit", [
        '<h1>Lecturer\'s kit</h1><p class="lead">Lectures on backpropagation: what you need to teach them.</p>',
        table(["Lecture", "Exercises", "Minutes alone", "Files"], rows),
        "<h2>What is what</h2>",
        bullets(f"<b>{name}</b>: {what}." for _, name, what in FILES.values()),
        "<h2>How to begin</h2><ol>"
        "<li>Read the guide of your lecture. It has the plan of a 50-minute class, with a link for every example.</li>"
        "<li>Open the page on the projector. The arrow keys step through both passes.</li>"
        f"<li>Give the class the page with <code>#{FOR_CLASS}</code> at the end of its address, so that students "
        "predict each number in every example. Give them neither the guide nor the key.</li>"
        "<li>Print the worksheet (in the browser: Print, A4 or Letter).</li>"
        f"<li>In Moodle: Question bank, Import, format Moodle XML, the file of the lecture. {gift_line}</li>"
        f"<li>Run <code>pdflatex slides-{letters[0]}.tex</code> twice for the slides (needs beamer and TikZ).</li>"
        "</ol>",
    ], CSS)  # fmt: skip
