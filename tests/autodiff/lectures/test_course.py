"""Every row of the course's tables: what it must have, and that its answers and its mistakes are told apart."""

from collections import Counter

import pytest

from autodiff.lectures import EXAMPLES, TITLES
from autodiff.lectures.course import COURSES, read_course
from autodiff.quiz import read_exercises
from autodiff.quiz.question import Answer

EXERCISES = read_exercises()
KINDS = {
    "graph": {"graph", "at"},
    "numbers": {"numbers"},
    "choice": {"options", "right", "why"},
    "code": {"name", "start", "solution", "cases"},
    "open": set(),
}
WORDS = {"id", "title", "about", "level", "minutes", "text", "answer"}
MAY = {"numbers": {"hints", "wrong"}, "choice": {"hints"}, "code": {"hints", "wrong"}}


def of_kind(kind):
    return pytest.mark.parametrize("e", [e for e in EXERCISES if e.kind == kind], ids=lambda e: e.id)


def filled(texts):
    return all(isinstance(x, str) and x.strip() for x in texts)


def is_example(id):
    return id in TITLES or id in EXAMPLES


@pytest.mark.parametrize("letter", COURSES)
def test_course_of_every_lecture(letter):
    table = read_course(letter)

    assert set(table) == {
        "aims", "before", "minutes", "plan", "stumbles", "summary", "questionnaire", "exercise"
    }  # fmt: skip
    assert filled([*table["aims"], *table["before"], *table["summary"]])
    assert table["aims"]
    assert sum(step["minutes"] for step in table["plan"]) == 50
    assert all(filled([step["what"]]) and set(step) <= {"minutes", "what", "show"} for step in table["plan"])
    assert all(is_example(id) for step in table["plan"] for id in step.get("show", "").split())
    assert all(is_example(row["about"]) and filled([row["what"], row["remedy"]]) for row in table["stumbles"])
    assert all(set(row) == {"ask", "answer"} and filled(row.values()) for row in table["questionnaire"])


@pytest.mark.parametrize("letter", COURSES)
def test_course_exercises_in_order(letter):
    rows = read_course(letter)["exercise"]

    assert [row["id"] for row in rows] == [f"{letter}.{i}" for i in range(1, len(rows) + 1)]
    levels = [row["level"] for row in rows]
    assert set(levels) <= {1, 2, 3}
    assert levels == sorted(levels)
    assert max(Counter(row["title"] for row in rows).values()) == 1


@pytest.mark.parametrize("e", EXERCISES, ids=lambda e: e.id)
def test_course_exercise_is_complete(e):
    keys = set(e.row)

    assert keys - MAY.get(e.kind, set()) == WORDS | KINDS[e.kind]
    assert filled([e.title, e.text, e.answer, *e.hints])
    assert is_example(e.about)
    assert 1 <= e.minutes <= 30
    assert "hints" in keys or e.kind in ("graph", "open")


@of_kind("graph")
def test_course_graphs_have_right_answers(e):
    assert {verdict.text for verdict in e.question.check(e.question.answers).values()} == {"right"}
    assert not any(step.kink for step in e.question.steps)


@of_kind("numbers")
def test_course_numbers_and_their_mistakes(e):
    assert all(e.judge(name, Answer(x)) == "right" for name, x in e.answers.items())
    assert {name for row in e.row.get("wrong", ()) for name in row} <= {*e.answers, "why"}
    for name in e.answers:
        for x, why in e.mistakes(name):
            assert e.judge(name, Answer(x)) == why, f"{name} = {x}"


@of_kind("choice")
def test_course_choices_have_a_why_each(e):
    assert len(e.options) == len(e.why) >= 2
    assert filled([*e.options, *e.why])
    assert 1 <= e.right <= len(e.options)
    assert len(set(e.options)) == len(e.options)


@of_kind("code")
def test_course_code_and_its_mistakes(e):
    assert e.cases
    assert e.feedback(e.define(e.start)).startswith("still open")
    assert e.feedback(e.define(e.solution)).startswith(f"{e.name}: right")
    for wrong in e.row.get("wrong", ()):
        assert set(wrong) == {"solution", "why"}
        assert wrong["why"] in e.feedback(e.define(wrong["solution"]))
