"""Exercises: feedback of every kind, hints one by one, answers only by reveal."""

import io
import re

import pytest

from autodiff import Value
from autodiff.quiz import ask_exercise, exercise, questions, read_exercises
from autodiff.quiz.exercises import make_exercise

WORDS = {"id": "D.1", "title": "Try", "about": "D1", "level": 1, "minutes": 3, "text": "Do it.", "answer": "So."}


def make(**row):
    return make_exercise({**WORDS, "hints": ["first", "second"], **row})


def graph():
    return make_exercise({**WORDS, "graph": "q = x + y; f = q * z", "at": "x=-2 y=5 z=-4"})


def numbers():
    wrong = [{"weights": "784*128 + 128", "why": "that counts the biases as well"}]
    return make(numbers={"weights": "784*128", "rate": "1/7"}, wrong=wrong)


def choice():
    return make(options=["one", "two"], right=2, why=["too few", "just so"])


def code(**row):
    known = {
        "name": "scale",
        "start": "def scale(xs, a):\n    ...",
        "solution": "def scale(xs, a):\n    return [a * x for x in xs]",
        "cases": [[[1, 2.0], 3], [[], 1]],
        "wrong": [{"solution": "def scale(xs, a):\n    return [a + x for x in xs]", "why": "that adds a"}],
    }
    return make(**known | row)


def test_exercise_by_id():
    e = exercise(" d.1 ")

    assert (e.id, e.attempts, e.kind) == ("D.1", 0, read_exercises("D")[0].kind)


@pytest.mark.parametrize("made", [graph, numbers, choice, code])
def test_exercise_is_open_when_empty(made):
    assert made().feedback(None).startswith("still open")
    assert made().feedback().startswith("still open")


def test_exercise_shows_its_task():
    shown = choice()._repr_markdown_()

    assert shown == "**D.1 · Try** (easy, 3 minutes)\n\nDo it.\n\n1. one\n2. two"
    assert repr(choice()) == shown
    assert "```python\ndef scale" in repr(code())
    assert "Fill in: `weights`, `rate`" in repr(numbers())
    assert "at x = -2, y = 5, z = -4. Fill in: `q`, `f`, `df/dq`" in repr(graph())


def test_graph_exercise_passes_to_its_question():
    e = graph()

    assert e.feedback({"q": 3, "f": None, "df/dq": ...}).splitlines()[0] == "q = 3: right"
    assert "look at the edge from f to q" in e.feedback({"df/dq": 1})
    assert e.hint("df/dq").startswith("the rule: df/dq")
    assert e.hint() == "look at the gate q"
    assert e.reveal("f") == "f = q * z = 3 * -4 = -12"
    assert e.reveal().endswith("= 3\n\nSo.")
    assert e.graph.data == -12


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"weights": 100352, "rate": 0.143}, "right"),
        ({"weights": "784*128"}, "right"),
        ({"weights": 100353}, "not right yet"),  # near, but a count is exact
        ({"weights": 100480}, "that counts the biases as well"),
        ({"weights": -100352}, "the sign is wrong"),
        ({"rate": 0.1}, "this is rounded too far"),
        ({"rate": 7}, "not right yet"),
    ],
)
def test_numbers_exercise_names_the_mistake(answers, said):
    e = numbers()
    line, *rest = e.feedback(answers).splitlines()

    assert said in line
    assert e.attempts == (said != "right")
    assert ("first" in "".join(rest)) == (said != "right")


def test_hints_come_one_by_one():
    e = choice()
    wrong = "option 1: not right: too few"

    assert e.feedback(1).splitlines() == [wrong, "    first"]
    assert e.feedback(1).splitlines() == [wrong, "    first"]  # the same answer again
    assert e.hint() == "second"
    assert e.feedback(2) == "option 2: right: just so"
    assert e.feedback("1").splitlines()[1:] == ["    first", "    second"]
    assert e.hint() == "reveal() shows the answer"
    assert e.reveal() == "option 2: two\n\nSo."


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda xs, a: [a * x for x in xs], "scale: right in all 2 cases"),
        (lambda xs, a: tuple(Value(a * x) for x in xs), "scale: right"),
        (lambda xs, a: None, "still open: scale returns nothing yet"),
        (lambda xs, a: [... * x for x in xs], "still open: scale has dots (...) to replace"),
        (lambda xs, a: [... for x in xs], "still open: scale has dots (...) to replace"),
        (lambda xs, a: [a + x for x in xs], "scale([1, 2.0], 3) returned [4, 5.0]: that adds a"),
        (lambda xs, a: [a * x for x in xs][:1], "it should be a list of 2, not of 1"),
        (lambda xs, a: xs and sum(xs), "returned 3.0: it should be a list, not a number"),
        (lambda xs, a: xs or None, "scale([1, 2.0], 3) returned [1, 2.0]: entry [0] is not right yet"),
        (lambda xs, a: [None for x in xs], "entry [0] should be a number, not None: a return is missing"),
        (lambda xs, a: [a * x for x in xs] or None, "scale([], 1) returned None: it should be a list, not None"),
        (lambda xs: xs, "scale([1, 2.0], 3) raised TypeError: "),
    ],
)
def test_code_exercise_says_what_differs(function, said):
    assert said in code().feedback(function)


def test_code_exercise_names_the_line_that_raised():
    def scale(xs, a):
        return xs / a

    assert re.search(r"raised TypeError in line \d+ \(return xs / a\): unsupported", code().feedback(scale))


def test_code_exercise_copies_arguments():
    def scale(xs, a):
        xs.reverse()
        return [a * x for x in reversed(xs)]

    e = code()
    assert e.feedback(scale) == e.feedback(scale) == "scale: right in all 2 cases"


def test_code_exercise_lets_ctrl_c_pass():
    def scale(xs, a):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        code().feedback(scale)


def test_code_exercise_evaluates_arguments():
    e = code(
        name="slope", start="def slope(f, x):\n    ...", wrong=[],
        solution="def slope(f, x):\n    y = f(x)\n    y.backward()\n    return x.grad",
        cases=[[{"python": "lambda v: v**2"}, {"python": "Value(3.0)"}]],
    )  # fmt: skip

    assert e.feedback(lambda f, x: 6) == "slope: right"
    assert e.feedback(lambda f, x: 9).startswith("slope(lambda v: v**2, Value(3.0)) returned 9: not right yet")


def test_open_exercise_points_to_reveal():
    e = make()

    assert e.kind == "open"
    assert "compare it with reveal()" in e.feedback("words")
    assert e.reveal() == "So."


@pytest.mark.parametrize(
    ("made", "typed", "score", "said"),
    [
        (choice, "1\n?\nthree\n2\n", "Score: 1 of 1", "takes the number of an option, 1 to 2, got 'three'"),
        (numbers, "100480\n784*128\n\n", "Score: 1 of 2", "weights = 100480: that counts the biases as well"),
        (numbers, "!\n1/7\n", "Score: 1 of 2", "weights = 100352"),
        (numbers, "q\n", "Score: 0 of 2", "weights = "),
        (numbers, "", "Score: 0 of 2", "weights = "),
        (graph, "3\nq\n", "Score: 1 of 6: 1 on the first attempt, 0 later.", "q = "),
        (code, "", "print(e.feedback(scale))  # your function\n   print(e.reveal())", "def scale"),
        (make, "", "Answer it in Python:", "Do it."),
    ],
)
def test_ask_exercise_in_terminal(made, typed, score, said, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))

    assert score in ask_exercise(made())
    assert said in capsys.readouterr().out


def test_questions_like_an_exercise():
    (e, *_) = [e for e in read_exercises() if e.kind == "graph"]
    asked = questions(3, seed=1, like=e.id.lower())

    assert {question.text for question in asked} == {e.question.text}
    assert e.question.inputs not in [question.inputs for question in asked]
