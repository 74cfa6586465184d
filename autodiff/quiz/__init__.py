"""Questions with blanks to work out: one question and its feedback (question), the table of typical mistakes
(mistakes), seeded questions (generator), worksheets and Moodle's formats (formats), a quiz in the terminal (asking),
the code of a result on a page (result)."""

from __future__ import annotations

from .asking import ask
from .formats import gift, html, moodle, worksheet
from .generator import questions, sketch, variant
from .mistakes import EDGES, GATES, RULES, SAID, SENTENCES, Gate, Mistake, typical
from .question import Question, Verdict
from .result import Result, read_result

__all__ = ["EDGES", "GATES", "RULES", "SAID", "SENTENCES", "Gate", "Mistake", "Question", "Result", "Verdict",
           "ask", "gift", "html", "moodle", "questions", "read_result", "sketch", "typical", "variant",
           "worksheet"]  # fmt: skip
