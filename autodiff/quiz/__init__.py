"""Questions with blanks to work out on paper (question), and what they are printed as (formats)."""

from __future__ import annotations

from .formats import gift, html, worksheet
from .question import Question, questions

__all__ = ["Question", "gift", "html", "questions", "worksheet"]
