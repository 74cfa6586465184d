"""The course: aims, plan and exercises of each lecture, from one table per lecture.

A table has ``aims``, ``before``, ``minutes``, ``plan``, ``stumbles``, ``summary``, ``questionnaire`` and ``exercise``,
the rows that ``autodiff.quiz.exercise`` reads.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["COURSES", "read_course"]

COURSES = "ABCDE"


@cache
def read_course(letter: str) -> dict[str, Any]:
    """The table of a lecture; ValueError if there is none of that letter.

    >>> read_course("D")["exercise"][0]["id"]
    'D.1'
    """
    if len(letter) != 1 or letter not in COURSES:
        raise ValueError(f"the lectures are {', '.join(COURSES)}, got {letter!r:.40}")
    return tomllib.loads(Path(__file__).with_name(f"{letter}.toml").read_text(encoding="utf-8"))
