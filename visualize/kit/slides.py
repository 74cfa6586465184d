"""A lecture as beamer slides: its aims, its examples step by step, its concept questions, its summary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from autodiff.lectures import LECTURES, Example
from autodiff.lectures.course import read_course
from autodiff.quiz import read_exercises
from autodiff.quiz.exercises import ChoiceExercise
from autodiff.quiz.markup import to_tex

from ..picture import draw
from ..render.painter import POINT, Drawing
from ..render.tikz import color_definitions, tikz_picture
from .guide import examples_of

BEAMER = r"""% Run pdflatex twice. Made from the course's tables: change it as you like.
\RequirePackage{fix-cm}
\documentclass[aspectratio=169]{beamer}
\usepackage{amsmath}
\usepackage{tikz}
\setbeamertemplate{navigation symbols}{}
\setbeamertemplate{footline}[frame number]
"""
WIDE, HIGH = 395.0, 195.0  # points for a picture
ROW_WIDTHS = 960, 640  # pixels; the larger picture is taken
READABLE = 0.45  # least scale of a picture; a larger graph is left to the page
STRONG = "\\alert"
MOST_STEPS = 24  # an example with more has a single frame


def slides(letter: str) -> str:
    """The slides of a lecture as a TeX file."""
    course = read_course(letter)
    ids = dict.fromkeys(id for step in course["plan"] for id in step.get("show", "").split())
    frames = [slide("After this lecture you can", items(map(to_tex, course["aims"])))]
    colors = ""
    for example in [example for id in ids for example in examples_of(id)]:
        title, drawings = f"{example.id} {example.title}", drawings_of(example)
        colors = color_definitions(drawings[0])
        if drawings[0].scale < READABLE:
            gates = "\n".join(["```", *example.text.split("; "), "```"])
            where = f"Step through it: `page-{letter}.html#example={example.id}`"
            frames.append(slide(title, f"\\footnotesize {to_tex(gates)}\n\n{to_tex(where)}"))
            continue
        steps = [f"\\only<{i}>{{{tikz_picture(drawing)}}}" for i, drawing in enumerate(drawings, 1)]
        frames.append(slide(title, "\n".join(["\\centering", *steps]), "[t]"))
    for exercise in read_exercises(letter):
        if isinstance(exercise, ChoiceExercise):
            frames += vote(exercise)
    frames.append(slide("Summary", items(map(to_tex, course["summary"]))))
    head = [BEAMER + colors, f"\\title{{{to_tex(LECTURES[letter])}}}", "\\date{}", "\\begin{document}"]
    return "\n".join([*head, "\\frame{\\titlepage}", *frames, "\\end{document}", ""])


def slide(title: str, content: str, place: str = "") -> str:
    return f"\\begin{{frame}}{place}{{{to_tex(title)}}}\n{content}\n\\end{{frame}}"


def items(texts: Iterable[str], kind: str = "itemize") -> str:
    return "\n".join([f"\\begin{{{kind}}}", *[f"\\item{{}} {text}" for text in texts], f"\\end{{{kind}}}"])


def vote(asked: ChoiceExercise) -> list[str]:
    """A question to vote on, and the same with what there is to say about each option."""
    options, whys = list(map(to_tex, asked.options)), map(to_tex, asked.why)
    told = [
        f"{STRONG * (i == asked.right)}{{{x}}} \\emph{{({why})}}" for i, (x, why) in enumerate(zip(options, whys), 1)
    ]
    head = f"{asked.id} {asked.title}"
    return [slide(head, f"{to_tex(asked.text)}\n{items(rows, 'enumerate')}") for rows in (options, told)]


def drawings_of(example: Example) -> list[Drawing]:
    """The example after each step, or a long one as a whole, in sizes that fit a slide."""
    output = example.build()
    output.backward()
    pictures = [draw(output, width=wide, height=460, theme="light") for wide in ROW_WIDTHS]
    short = len(output.steps().rows) <= MOST_STEPS
    drawings = max([x._frames() if short else [x._drawing] for x in pictures], key=scale_to_fit)
    return [replace(drawing, scale=scale_to_fit(drawings)) for drawing in drawings]


def scale_to_fit(drawings: list[Drawing]) -> float:
    """The scale at which all of them fit a slide."""
    wide, high = max(x.width for x in drawings), max(x.height for x in drawings)
    return min(WIDE / wide / POINT, HIGH / high / POINT, 1.2)
