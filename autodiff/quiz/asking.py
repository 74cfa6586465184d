"""A quiz or an exercise in the terminal: one blank at a time, hints after a wrong answer."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from itertools import takewhile
from textwrap import indent

from .exercises import ChoiceExercise, Exercise, GraphExercise
from .question import Question, Work

KEYS = "Type a number, such as -4, 0.25 or 1/3. Enter skips, ? gives a hint, ! shows the answer, q ends the quiz."


def ask(asked: Sequence[Question]) -> str:
    """Ask for each blank until it is right, skipped or shown; return the score: 1 mark each, 1/2 after a hint."""
    print(KEYS)
    marks, total = list(ask_all(asked)), sum(len(question.answers) for question in asked)
    return f"\nScore: {sum(marks):g} of {total}: {marks.count(1.0)} on the first attempt, {marks.count(0.5)} later."


def ask_all(asked: Sequence[Question]) -> Iterator[float]:
    """Ask for each blank and yield the marks, to the last blank or until the quiz is ended."""
    for number, question in enumerate(asked, 1):
        print(f"\nQuestion {number} of {len(asked)}: {question.text}\n   at {question.given()}")
        answers: dict[str, float | str | None] = {}
        for name in question.answers:
            mark = ask_blank(question, name, answers)
            if mark is None:
                return
            yield mark


def ask_blank(question: Question, name: str, answers: dict[str, float | str | None]) -> float | None:
    """Ask for one blank and store the answer; return the mark, or None to end the quiz."""
    hints = 0
    while True:
        print(f"   {name} = ", end="", flush=True)
        line = sys.stdin.readline()
        print(end="" if sys.stdin.isatty() else "\n")
        word, mark = line.strip(), None
        if not line or word.lower() in ("q", "quit"):
            return None
        try:
            work = Work(question, answers if word in ("", "?", "!") else {**answers, name: word})
            if word == "?":
                hints += 1
                said = "\n".join(question.hints(name, work)[:hints])
            elif word in ("", "!"):
                mark, said = 0.0, question.reveal(name) if word else ""
            else:
                verdict, answers[name] = question.judge(name, work), word
                said = question.respond(name, work).partition(": ")[2]
                mark = (0.5 if hints else 1.0) if verdict.right or verdict.follows else None
                hints = max(hints, question.attempts.get(name, 0))
        except ValueError as error:
            said = str(error)
        if said:
            print(indent(said.replace(f'reveal("{name}")', "!"), " " * 6))
        if mark is not None:
            return mark


def ask_exercise(asked: Exercise) -> str:
    """Show an exercise of the course and ask for its blanks; return the score, or how to answer it in Python."""
    print(asked)
    if isinstance(asked, GraphExercise):
        return ask([asked.question])
    names = ["option"] if isinstance(asked, ChoiceExercise) else list(asked.answers)
    if not names:
        given = getattr(asked, "name", "")
        return (
            f'\nAnswer it in Python:\n   from autodiff.quiz import exercise\n   e = exercise("{asked.id}")\n'
            + (f"   print(e.feedback({given}))  # your function\n" if given else "")
            + "   print(e.reveal())"
        )
    print(f"\n{KEYS}")
    marks = [*takewhile(lambda mark: mark is not None, (ask_until_right(asked, name) for name in names))]
    return f"\nScore: {sum(map(bool, marks))} of {len(names)}"


def ask_until_right(asked: Exercise, name: str) -> bool | None:
    """Ask for one blank until it is right, skipped or shown; return whether it was right, or None to end."""
    while True:
        print(f"   {name} = ", end="", flush=True)
        line = sys.stdin.readline()
        print(end="" if sys.stdin.isatty() else "\n")
        word = line.strip()
        if not line or word.lower() in ("q", "quit"):
            return None
        try:
            if word == "?":
                said = asked.hint()
            elif word in ("", "!"):
                said = asked.reveal() if word else ""
            else:
                said = asked.feedback(word if name == "option" else {name: word}).partition("\nstill open")[0]
        except ValueError as error:
            said = str(error)
        if said:
            print(indent(said.replace("reveal()", "!"), " " * 6))
        if word in ("", "!") or re.match("[^:]*: right", said):
            return word not in ("", "!")
