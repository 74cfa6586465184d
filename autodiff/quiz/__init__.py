"""Questions with blanks to work out: one question and its feedback (question), the table of typical mistakes
(mistakes), seeded questions (generator), worksheets and Moodle's formats (formats), a quiz in the terminal (asking)."""

from __future__ import annotations

from .asking import ask
from .formats import gift, html, moodle, worksheet
from .generator import questions, variant
from .mistakes import SENTENCES, Gate, Mistake, typical
from .question import Question, Verdict

__all__ = ["SENTENCES", "Gate", "Mistake", "Question", "Verdict", "ask", "gift", "html", "moodle", "questions",
           "typical", "variant", "worksheet"]  # fmt: skip
