"""Questions and exercises on paper and in Moodle: sheets and keys as text or HTML, Moodle XML and GIFT.

Each function takes one sheet, or several that are variants A, B, C, ... of one another.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from math import floor, log10

from ..formula import exact, show
from .exercises import ChoiceExercise, CodeExercise, Exercise, GraphExercise, NumbersExercise
from .markup import to_html
from .question import Question

Item = Question | Exercise
Sheet = Sequence[Item]
Draw = Callable[[Question], str]  # makes the SVG of a question
Math = Callable[[str], str]  # makes HTML of TeX

TITLE = "Backpropagation by hand"
LINE = "________"
MOST_LINES = 14  # for an answer
TOLERANCE = 0.005  # relative, of right and typical wrong numbers
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color-scheme: light }
section + section { break-before: page }
header { display: flex; flex-wrap: wrap; gap: .5em 2em; border-bottom: 1px solid; padding-bottom: .5em }
header span { flex: 1 } ol, ul { padding-left: 1.6em }
.items > li { margin: 1.5em 0; break-inside: avoid } .items > li::marker { font-weight: 700 } p { margin: .5em 0 }
.marks { float: right; margin-left: 1em } img { display: block; max-width: min(100%, 36em); margin: .5em 0 }
.blanks { display: grid; grid-template-columns: repeat(auto-fill, minmax(11em, 1fr)); gap: .6em 2em; margin: .5em 0 }
.blanks div { display: flex; gap: .5em; align-items: end }
.blanks b { flex: 1; border-bottom: 1px solid; min-height: 1.6em; font-weight: 400 }
.lines hr { height: 2em; margin: 0; border: 0; border-bottom: 1px solid #999 }
pre { overflow-x: auto; white-space: pre-wrap } .right { font-weight: 700 }
.answer { border-left: 3px solid; padding-left: 1em }
.options { list-style: none; padding-left: 0 } .options li { padding-left: 1.8em; text-indent: -1.8em }
"""


def with_letters(sheets: Sequence[Sheet]) -> Iterator[tuple[str, Sheet]]:
    """Each sheet with its letter, or "" for a single sheet."""
    return ((chr(65 + i) if len(sheets) > 1 else "", sheet) for i, sheet in enumerate(sheets))


def graph_of(item: Item) -> Question | None:
    """The graph to fill in, if the item has one."""
    return item if isinstance(item, Question) else item.question if isinstance(item, GraphExercise) else None


def number_text(item: Item, x: float) -> str:
    """An answer as the key shows it: counts with all digits."""
    return exact(x) if isinstance(item, NumbersExercise) and x.is_integer() else show(x)


def worksheet(*sheets: Sheet, key: bool = False) -> str:
    """The questions as text with blanks or, if ``key``, with the answers."""
    parts = []
    for letter, sheet in with_letters(sheets):
        parts += [f"Variant {letter}", ""] if letter else []
        for number, item in enumerate(sheet, 1):
            if isinstance(item, Question):
                parts.append(f"{number}. {item.text}\n   at {item.given()}")
            else:
                parts += [f"{number}. {item!r}", *([item.reveal()] if key and not item.answers else [])]
            width = max(map(len, item.answers), default=0)
            rows = item.answers.items()
            parts += [f"      {name.ljust(width)} = {number_text(item, x) if key else LINE}" for name, x in rows]
            parts.append("")
    return "\n".join(parts).rstrip()


def html(
    *sheets: Sheet, title: str = TITLE, key: bool = False, draw: Draw | None = None, math: Math | None = None
) -> str:
    """The worksheet as HTML to print, one page per sheet; if ``key``, the answers instead. ``draw`` makes SVGs."""
    sections, math = [], math or (lambda tex: f"<i>{escape(tex)}</i>")
    for letter, sheet in with_letters(sheets):
        items = "".join([f"<li>{html_item(item, key, draw, math)}</li>" for item in sheet])
        line = f"<span>Name: {LINE * 3}</span><span>Date: {LINE}</span>Marks: ____ of {sum(map(marks, sheet))}"
        heading = f"{escape(title)}{f', variant {letter}' if letter else ''}"
        head = f"<h1>{heading}</h1><header>{'Key' if key else line}</header>"
        sections.append(f'<section>{head}<ol class="items">{items}</ol></section>')
    return html_file(title, sections, STYLE)


def html_file(title: str, body: Iterable[str], style: str) -> str:
    """An HTML file with this title, body and style."""
    inside = "\n".join(body)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>\n<body>\n{inside}\n</body></html>\n"
    )


def marks(item: Item) -> int:
    return len(item.answers) if isinstance(item, Question) else item.marks


def html_item(item: Item, key: bool, draw: Draw | None, math: Math) -> str:
    """A question or exercise with its blanks, or space for the answer; if ``key``, with the answer."""
    graph, most = graph_of(item), marks(item)
    parts = [f'<span class="marks">{"" if key else "____ of "}{most} mark{"s" * (most != 1)}</span>']
    if isinstance(item, Exercise):
        parts += [f"<b>{item.id} {escape(item.title)}</b>", to_html(item.text, math)]
    if graph:
        gates = "<br>".join(escape(line) for line in graph.text.split("; "))
        parts.append(f"<code>{gates}</code><br>at {escape(graph.given())}")
        if draw and not key:
            parts.append(image(graph, f"data:image/svg+xml;base64,{b64encode(draw(graph).encode()).decode()}"))
    if item.answers:
        rows = [(escape(name), number_text(item, x) if key else "") for name, x in item.answers.items()]
        parts.append(f'<div class="blanks">{"".join(f"<div>{name} = <b>{x}</b></div>" for name, x in rows)}</div>')
    elif isinstance(item, ChoiceExercise):
        parts.append(html_options(item, key, math))
    elif isinstance(item, Exercise):
        code = (item.solution if key else item.start) if isinstance(item, CodeExercise) else ""
        parts += [f"<pre>{escape(code)}</pre>" if code else ""]
        parts += [] if key else [f'<div class="lines">{"<hr>" * min(2 * item.minutes, MOST_LINES)}</div>']
    if key and isinstance(item, Exercise):
        parts.append(f'<div class="answer">{to_html(item.answer, math)}</div>')
    return "".join(parts)


def html_line(text: str, math: Math) -> str:
    """A paragraph without its tags."""
    return to_html(text, math).removeprefix("<p>").removesuffix("</p>")


def moodle_html(text: str, escaped: Callable[[str], str] = escape) -> str:
    """The text as HTML with its formulas for Moodle's TeX filter."""
    return to_html(text, lambda tex: escaped(rf"\({tex}\)"), escaped)


def html_options(item: ChoiceExercise, key: bool, math: Math) -> str:
    """The options of a choice; in the key with what there is to say about each."""
    rows = []
    for place, (option, why) in enumerate(zip(item.options, item.why), 1):
        said = f"<br><small>{html_line(why, math)}</small>" if key else ""
        shown = ' class="right"' if key and place == item.right else ""
        rows.append(f"<li{shown}>\N{BALLOT BOX}\N{NO-BREAK SPACE} {place}. {html_line(option, math)}{said}</li>")
    return f'<ul class="options">{"".join(rows)}</ul>'


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


def choices(item: Item, name: str, wrong: str, escaped: Callable[[str], str]) -> list[str]:
    """The right and the typical wrong numbers of a blank, as both of Moodle's formats write them."""

    def taken(x: float) -> str:
        return f"{x:.0f}:0" if isinstance(item, NumbersExercise) and x.is_integer() else with_tolerance(x)

    others = [f"{wrong}%0%{taken(x)}#{escaped(said)}" for x, said in item.mistakes(name)]
    return [f"={taken(item.answers[name])}#right", *others]


def told(item: Item) -> str:
    """The task as Markdown, without blanks."""
    graph, text = graph_of(item), "" if isinstance(item, Question) else item.text
    return " ".join(filter(None, (text, f"{graph.text} at {graph.given()}" if graph else "")))


def gift(*sheets: Sheet, title: str = TITLE) -> str:
    """The questions in Moodle's GIFT format: a numerical question per blank, with feedback on typical mistakes."""
    parts = []
    for letter, sheet in with_letters(sheets):
        parts.append(f"$CATEGORY: {title}{f'/{letter}' if letter else ''}")
        for number, item in enumerate(sheet, 1):
            parts += gift_questions(item, number)
    return "\n\n".join(parts) + "\n"


def gift_questions(item: Item, number: int) -> Iterator[str]:
    """Yield a question for each blank, or one with options or for an essay."""
    if isinstance(item, Question):
        task = gift_escaped(told(item))
        head, of_task, asks = f"{number}\\: ", f" of {task}", f"{task}. What is"
    else:
        head, of_task = f"{item.id} {gift_escaped(item.title)}", ""
        asks = f"[html]{gift_html(told(item))}"
    for name in item.answers:
        asked, answers = gift_escaped(name), "\n".join(choices(item, name, "=", gift_escaped))
        apart = "" if of_task else "\\: "
        yield f"::{head}{apart}{asked}{of_task}:: {asks} {asked}{'?' if of_task else ' = ?'} {{#\n{answers}\n}}"
    if isinstance(item, ChoiceExercise):
        rows = [map(gift_html, pair) for pair in zip(item.options, item.why)]
        signs = ["=" if i == item.right else "~" for i in range(1, len(rows) + 1)]
        options = "\n".join(f"{sign}[html]{text}#{said}" for sign, (text, said) in zip(signs, rows))
        yield f"::{head}:: {asks} {{\n{options}\n}}"
    elif not item.answers and isinstance(item, Exercise):
        start = gift_escaped(item.start).replace("\n", "<br>") if isinstance(item, CodeExercise) else ""
        yield f"::{head}:: {asks}{f'<pre>{start}</pre>' if start else ''} {{}}"


def gift_html(text: str) -> str:
    """The text as HTML without line ends: an empty line would end the question."""
    return moodle_html(text, gift_escaped).replace("\n", "<br>")


def gift_escaped(text: str) -> str:
    """The text as HTML, with a backslash before the characters that have a meaning in GIFT."""
    return "".join(f"\\{letter}" if letter in "\\~=#{}:" else letter for letter in escape(text, quote=False))


def moodle(*sheets: Sheet, title: str = TITLE, draw: Draw | None = None) -> str:
    """The questions as Moodle XML: Cloze questions with a picture, a blank per number, and named mistakes."""
    parts = []
    for letter, sheet in with_letters(sheets):
        category = escape(f"$course$/{title}{f'/{letter}' if letter else ''}")
        parts.append(f'<question type="category"><category><text>{category}</text></category></question>')
        parts += [moodle_question(item, number, draw) for number, item in enumerate(sheet, 1)]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>", *parts, "</quiz>", ""])


def moodle_question(item: Item, number: int, draw: Draw | None) -> str:
    """A Cloze question, or one with options or for an essay."""
    name = f"{number}: {told(item)}" if isinstance(item, Question) else f"{item.id} {item.title}"
    rows, file, more = [], f"graph{number}.svg", ""
    kind = "cloze" if item.answers else "multichoice" if isinstance(item, ChoiceExercise) else "essay"
    escaped = around_blanks if item.answers else escape
    if isinstance(item, Exercise):
        rows.append(moodle_html(item.text, escaped))
    graph = graph_of(item)
    svg = b64encode(draw(graph).encode()).decode() if draw and graph else ""
    if graph:
        task = f"{graph.text} at {graph.given()}".split("; ")
        rows += [f"<p>{'<br>'.join(map(cloze_escaped, task))}</p>"]
        rows += [image(graph, f"@@PLUGINFILE@@/{file}")] if svg else []
    rows += [
        f"<p>{cloze_escaped(blank)} = {{1:NUMERICAL:{'~'.join(choices(item, blank, '', cloze_escaped))}}}</p>"
        for blank in item.answers
    ]
    if isinstance(item, ChoiceExercise):
        more = "<single>true</single><shuffleanswers>false</shuffleanswers><answernumbering>none</answernumbering>"
        for place, (option, why) in enumerate(zip(item.options, item.why), 1):
            said = f"<feedback {xml_text(moodle_html(why))}</feedback>"
            more += f'<answer fraction="{100 * (place == item.right)}" {xml_text(moodle_html(option))}{said}</answer>'
    elif kind == "essay" and isinstance(item, Exercise):
        start, solution = (item.start, item.solution) if isinstance(item, CodeExercise) else ("", "")
        solved = f"<pre>{escape(solution)}</pre>" if solution else ""
        more = f"<responseformat>{'monospaced' if start else 'editor'}</responseformat>"
        more += f"<responsefieldlines>15</responsefieldlines><responsetemplate {xml_text(start)}</responsetemplate>"
        more += f"<graderinfo {xml_text(solved + moodle_html(item.answer))}</graderinfo>"
    if isinstance(item, Exercise):
        more += "".join([f"<hint {xml_text(moodle_html(hint))}</hint>" for hint in item.hints])
        more += f"<generalfeedback {xml_text(moodle_html(item.answer))}</generalfeedback>"
    grade = "" if item.answers else f"<defaultgrade>{marks(item)}</defaultgrade>"
    attached = f'<file name="{file}" path="/" encoding="base64">{svg}</file>' if svg else ""
    return (
        f'<question type="{kind}"><name><text>{escape(name)}</text>'
        f"</name><questiontext {xml_text(''.join(rows))}{attached}</questiontext>"
        f"{grade}<penalty>0.3333333</penalty><hidden>0</hidden>{more}</question>"
    )


def xml_text(content: str) -> str:
    """The rest of an XML tag with HTML in it."""
    return f'format="html"><text>{escape(content)}</text>'


def around_blanks(text: str) -> str:
    """The text between the blanks of a Cloze question; Moodle loads MathJax only where it finds a literal \\(."""
    return cloze_escaped(text).replace("&#92;", "\\")


def cloze_escaped(text: str) -> str:
    """The text as HTML, with the characters that would end a Cloze answer as entities."""
    return "".join(f"&#{ord(letter)};" if letter in "{}~#\\" else letter for letter in escape(text, quote=False))
