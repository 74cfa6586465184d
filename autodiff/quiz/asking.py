"""A quiz in the terminal: one blank after the other, hints after a wrong answer, a score at the end."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .question import Question

KEYS = "Type a number, such as -4, 0.25 or 1/3. Enter skips, ? gives a hint, ! tells the number, q ends the quiz."


def ask(asked: Sequence[Question]) -> str:
    """Ask for every blank until it is right, skipped or told; return the score: 1 mark, half a mark after a hint."""
    first = later = 0
    total = sum(len(question.answers) for question in asked)
    print(KEYS)
    for number, question in enumerate(asked, 1):
        print(f"\nQuestion {number} of {len(asked)}: {question.text}\n   at {question.given()}")
        answers: dict[str, float | str] = {}
        for name in question.answers:
            hints = 0
            while True:
                print(f"   {name} = ", end="", flush=True)
                line = sys.stdin.readline()
                if not sys.stdin.isatty():
                    print()
                word = line.strip()
                if not line or word.lower() in ("q", "quit"):
                    return score(first, later, total)
                if not word:
                    break
                if word == "!":
                    print(indented(question.reveal(name)))
                    break
                if word == "?":
                    hints += 1
                    print(indented("\n".join(question.hints(name, answers)[:hints])))
                    continue
                try:
                    verdict = question.check({**answers, name: word})[name]
                except ValueError as error:
                    print(indented(str(error)))
                    continue
                answers[name] = word
                print(indented(question.told(name, verdict, answers).partition(": ")[2]))
                if verdict.right or verdict.follows:
                    tried = question.attempts.get(name, 0) + hints
                    first, later = first + (not tried), later + bool(tried)
                    break
                hints = max(hints, question.attempts[name])
    return score(first, later, total)


def indented(text: str) -> str:
    return "\n".join(f"      {line.strip()}" for line in text.splitlines())


def score(first: int, later: int, total: int) -> str:
    """The score as a line."""
    return f"\nScore: {first + 0.5 * later:g} of {total}: {first} at the first attempt, {later} later."
