"""Questions with blanks to fill in.

Modules, in reading order:

    mistakes     the table of typical mistakes
    question     one question and its feedback
    generator    seeded questions and variants
    markup       their texts as HTML and TeX
    exercises    the exercises of the course, with hints
    formats      worksheets, and Moodle's formats
    asking       a quiz in the terminal
    result       the result code of a page
"""

from __future__ import annotations

from .asking import ask, ask_exercise
from .exercises import Exercise, exercise, read_exercises
from .formats import gift, html, moodle, worksheet
from .generator import questions, sketch, variant
from .mistakes import EDGES, GATES, RULES, SAID, SENTENCES, Gate, Mistake, typical
from .question import Question, Verdict
from .result import Result, read_result

__all__ = [
    "EDGES", "GATES", "RULES", "SAID", "SENTENCES", "Exercise", "Gate", "Mistake", "Question", "Result", "Verdict",
    "ask", "ask_exercise", "exercise", "gift", "html", "moodle", "questions", "read_exercises", "read_result",
    "sketch", "typical", "variant", "worksheet",
]  # fmt: skip
