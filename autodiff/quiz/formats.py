"""Questions on paper: a worksheet as text or HTML with its key, and Moodle's GIFT."""

from __future__ import annotations

from html import escape

from ..formula import exact, show
from .question import Question

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LINE = "________"
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44em; margin: 2em auto; color-scheme: light dark }
li { margin-bottom: 2em; break-inside: avoid }
th { text-align: left; font-weight: 400; padding-right: 1em }
td { border-bottom: 1px solid; width: 8em }
@media print { details { display: none } }
"""


def worksheet(asked: Sequence[Question], key: bool = False) -> str:
    """The questions as text with blanks, or with the answers where ``key`` is true."""
    parts = []
    for number, question in enumerate(asked, 1):
        parts.append(f"{number}. {question.text}\n   at {question.given()}")
        width = max(len(name) for name in question.answers)
        parts += [f"      {name.ljust(width)} = {show(x) if key else LINE}" for name, x in question.answers.items()]
        parts.append("")
    return "\n".join(parts).rstrip()


def html(asked: Sequence[Question], title: str = "Backpropagation by hand", key: bool = False) -> str:
    """The worksheet as one HTML page to print; where ``key`` is true the answers are folded away in it."""
    items = []
    for question in asked:
        gates = "<br>".join(escape(line) for line in question.text.split("; "))
        rows = "".join(f"<tr><th scope=row>{escape(name)}</th><td></td></tr>" for name in question.answers)
        answers = ", ".join(f"{escape(name)} = {show(x)}" for name, x in question.answers.items())
        folded = f"<details><summary>Answers</summary><p>{answers}</p></details>" if key else ""
        told = f"<p><code>{gates}</code><br>at {escape(question.given())}</p>"
        items.append(f"<li>{told}<table>{rows}</table>{folded}</li>")
    return (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
        f"<h1>{escape(title)}</h1><ol>{''.join(items)}</ol></html>\n"
    )


def gift(asked: Sequence[Question]) -> str:
    """The questions in Moodle's GIFT format, one numerical question for each blank.

    The key is whole, and as far off as its six digits are on the worksheet, an answer is still right.
    """
    parts = []
    for number, question in enumerate(asked, 1):
        told = gift_escaped(f"{question.text} at {question.given()}.")
        for name, x in question.answers.items():
            title, margin = gift_escaped(f"Question {number}: {name}"), show(max(0.005, 5e-6 * abs(x)))
            parts.append(f"::{title}:: {told} What is {gift_escaped(name)}? {{#{exact(x + 0.0)}:{margin}}}")
    return "\n\n".join(parts) + "\n"


def gift_escaped(text: str) -> str:
    """The text as HTML, which Moodle reads, with the characters that mean something in GIFT behind a backslash."""
    return "".join(f"\\{letter}" if letter in "\\~=#{}:" else letter for letter in escape(text, quote=False))
