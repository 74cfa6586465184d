"""The quiz: seeded questions, feedback that carries errors forward, hints, and the quiz in the terminal."""

import io
import re

import pytest

import visualize
from autodiff import parse, variables
from autodiff.quiz import Question, ask, gift, html, moodle, questions, variant, worksheet

E7 = Question("a = x + y; b = max(y, z); f = a * b", {"x": 1, "y": 2, "z": 0})


def test_questions_of_one_seed():
    first, second = questions(5, seed=1), questions(5, seed=1)

    assert [question.text for question in first] == [question.text for question in second]
    assert [question.text for question in first] != [question.text for question in questions(5, seed=2)]


@pytest.mark.parametrize("gates", range(1, 9))
def test_questions_use_all_gates_and_inputs(gates):
    for question in questions(10, seed=gates, gates=gates):
        f = parse(question.text, **question.inputs)
        f.backward()

        assert len(question.text.split("; ")) == gates
        assert question.answers["f"] == f.data
        assert set(question.answers) >= {f"df/d{name}" for name in question.inputs}
        assert not any(step.kink for step in question.steps)


def test_E7_answers():
    assert E7.answers == {
        "a": 3.0, "b": 2.0, "f": 6.0,
        "df/db": 3.0, "df/da": 2.0, "df/dx": 2.0, "df/dy": 5.0, "df/dz": 0.0,
    }  # fmt: skip


def test_check_right_answers():
    assert {verdict.text for verdict in E7.check(E7.answers).values()} == {"right"}


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("df/dy", 3.0, "several paths lead here, and one is missing"),
        ("df/dy", -5.0, "the sign is wrong"),
        ("df/dx", 1.0, "that is the local gradient alone: multiply it by the upstream gradient"),
        ("df/dz", 3.0, "the gate passes the gradient only to the input that its value came from"),
        ("df/db", 17.0, "not right yet"),
        ("a", 17.0, "not right yet"),
    ],
)
def test_feedback_names_the_mistake(name, given, said):
    assert E7.check({name: given})[name].text.startswith(said)


def test_question_of_recorded_graph():
    x, y, z = variables(x=-2, y=5, z=-4)
    question = Question.of((x + y) * z)  # D1

    assert question.text == "s0 = x + y; f = s0 * z"
    assert question.given() == "x = -2, y = 5, z = -4"
    assert question.answers["df/dx"] == -4
    assert x.grad == 0


def e7():
    return Question(E7.text, E7.inputs)


def test_hints_come_one_by_one():
    question, said = e7(), []
    for given in (1, 2, 2, 3, 4, 6):  # giving 2 again is no new attempt
        said.append(question.feedback({"df/dy": given}).splitlines())
    hints = [
        "    look at the edges from b to y and from a to y",
        "    the rule: df/dy = df/db * db/dy + df/da * da/dy (max routes: the larger input gets upstream, the other 0; "
        "add distributes: both inputs get the upstream gradient)",
        "    local: db/dy = 1(y > z) = 1, da/dy = 1",
        '    reveal("df/dy") shows the answer',
    ]
    assert [lines[1:-1] for lines in said] == [hints[:n] for n in (1, 2, 2, 3, 4, 4)]
    assert question.attempts == {"df/dy": 5}
    assert not any("5" in line for lines in said for line in lines)
    assert said[0][-1] == "still open: a, b, f, df/db, df/da, df/dx, df/dz"
    assert question.reveal("df/dy").splitlines()[-1] == "y is copied: its two gradients add up: 3 + 2 = 5"
    assert len(question.reveal().splitlines()) == 10
    with pytest.raises(KeyError, match="df/dq"):
        question.reveal("df/dq")


def test_hints_use_the_students_numbers():
    question = e7()
    for given in (1, 2, 3):
        said = question.feedback({"a": 4, "f": given})
    assert said.splitlines()[2:-1] == [
        "f = 3: that is the number of a neighboring blank",
        "    look at the gate f", "    its rule: f = a * b", "    its inputs: a = 4, b = 2",
    ]  # fmt: skip


def test_hints_hide_the_answer():
    question = Question("f = sigmoid(x)", {"x": 0.5})
    said = [question.feedback({"df/dx": given}) for given in (1, 3, 4)]

    assert "    local: df/dx = (1 - f) * f" in said[-1].splitlines()
    assert "0.235" not in "".join(said)


def test_feedback_carries_errors_on():
    said = e7().feedback({"df/da": 3.0, "df/dx": 3.0, "df/dy": 6.0}).splitlines()

    assert said[0].startswith("df/da = 3: ")
    assert said[1] == "    look at the edge from f to a"
    assert said[2] == "df/dx = 3: follows from your df/da, which is wrong; this edge is right"
    assert said[3] == "df/dy = 6: follows from your df/da, which is wrong; this edge is right"


def test_feedback_carries_wrong_values_on():
    said = e7().check({"a": 4, "f": 8, "df/db": 4, "df/dy": 6})

    assert [said[name].follows for name in said] == ["", "a", "a", "df/db"]
    assert said["f"].text == "follows from your a, which is wrong; this gate is right"
    assert e7().check({"a": 4, "df/dy": "6"})["df/dy"].follows == "a"  # although df/db was left open
    assert e7().check({"a": 4, "df/db": -4})["df/db"].mistakes[0] == "sign"  # a mistake on top of another


def test_blank_left_open():
    assert e7().feedback(dict.fromkeys(E7.answers)) == f"still open: {', '.join(E7.answers)}"
    assert e7().feedback({"a": 3, "b": None}).startswith("a = 3: right\nstill open: b, f, ")


def test_picture_has_names_and_no_numbers():
    a, b = variables(a=2, b=3)
    exercise = Question.of((a + b) * a)
    picture = visualize.draw(exercise.graph, values=False, gradients="blank").svg()

    assert ">s0<" in re.sub(r"<tspan[^>]*>(.*?)</tspan>", r"\1", picture) or "s0 = a + b" in picture
    assert not re.search(r">-?(5|10|7|2)<", picture)
    assert exercise.graph.operands[0].label == "s0"


def test_feedback_on_right_answers():
    assert E7.attempts == {}
    assert {line.rpartition(": ")[2] for line in E7.feedback(E7.answers).splitlines()} == {"right"}


def test_worksheet_hides_the_key():
    asked = questions(2, seed=1)

    assert worksheet(asked).count("________") == sum(len(question.answers) for question in asked)
    assert "________" not in worksheet(asked, key=True)


@pytest.mark.parametrize(("text", "f"), [("sqrt(x) * y", 0), ("x ** 0.5 - y", -2), ("y + norm([x, 0])", 2)])
def test_question_skips_inf_and_nan(text, f):
    question = Question(f"b = x + 1; {text} + 0*b", {"x": 0, "y": 2})

    assert (question.answers["b"], question.answers["f"]) == (1.0, f)
    exported = [gift([question]), moodle([question]), worksheet([question], key=True), html([question], key=True)]
    for text in exported:
        assert not re.search(r"\b(nan|inf)\b", text)


def test_gift_is_read_as_html():
    question = Question("f = where(x < y, x, y) * (x >= 1)", {"x": 1, "y": 2})

    assert "x &lt; y" in gift([question])
    assert "x &gt\\= 1" not in gift([question])
    assert "x &gt;\\= 1" in gift([question])
    label = variables(x=1)[0]
    label.label = "a & b"
    assert "a &amp; b" in gift([Question.of(label * 2.0)])


@pytest.mark.parametrize(
    ("given", "verdict"),
    [("5", "right"), ("10/2", "right"), (" 5.0 ", "right"), ("\N{MINUS SIGN}5", "the sign is wrong")],
)
def test_answers_as_texts(given, verdict):
    assert E7.check({"df/dy": given})["df/dy"].text == verdict
    assert e7().feedback({"df/dy": given}).splitlines()[0].partition(": ")[2].startswith(verdict)


@pytest.mark.parametrize(
    ("given", "right", "said"),
    [
        (0.004, 2e-6, "not right yet"), (-0.004, 4.5e-5, "not right yet"), (0.01, 0.0142, "this is rounded too far"),
        ("0.00", 0.002, "this is rounded too far"), (-0.002, 0.002, "the sign"), (0, 0.002, "this is rounded too far"),
        ("0.1057", 0.105754, "right"), ("0.106", 0.105754, "right"), ("0.11", 0.105754, "this is rounded too far"),
        (123456, 123456.789, "right"), (101, 102, "not right yet"), ("1.2e2", 123, "this is rounded too far"),
        ("1/3", 1 / 3, "right"), (0.34, 1 / 3, "not right yet"), (1.0, 5.0, "not right yet"), (5, 5.5, "this is"),
    ],
)  # fmt: skip
def test_answers_are_right_to_their_digits(given, right, said):
    verdict = Question("f = x * y", {"x": right / 7, "y": 7}).check({"f": given})["f"]
    assert verdict.text.startswith(said)


def test_answers_near_zero():
    question = Question("s = x + y; f = s - z", {"x": 0.1, "y": 0.2, "z": 0.3})

    assert 0.0 < question.answers["f"] < 1e-15
    assert question.check({"f": 0})["f"].right
    assert not Question("f = x * y", {"x": 1e-9, "y": 2}).check({"f": 0})["f"].right


def test_answers_from_rounded_numbers():
    question = Question("s = sigmoid(x); f = (s - 1) * s", {"x": 1})
    answers = {"s": 0.73, "s0": -0.27, "f": -0.1971}  # f is -0.1966

    assert {verdict.text for verdict in question.check(answers).values()} == {"right"}


# --- Questions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_questions_have_other_gradients_than_0_and_1(level):
    asked = questions(60, seed=level, level=level)
    used = " ".join(question.text for question in asked)

    for question in asked:
        slopes = {abs(x) for name, x in question.answers.items() if name.startswith("df/")}
        assert not slopes <= {0.0, 1.0}
        assert all(x == 0 or 0.01 <= abs(x) <= 100 for x in question.answers.values())
    assert len({repr(question) for question in asked}) == 60
    assert [part in used for part in ("max", "/", "**", "exp", "sigmoid")] == [
        level > 1, level > 2, level > 2, level > 2, level > 3,
    ]  # fmt: skip
    assert [repr(question) for question in asked[:9]] == list(map(repr, questions(9, seed=level, level=level)))


def test_questions_like_examples_of_the_lectures():
    asked = questions(30, seed=5, like="E7")

    assert {question.text for question in asked} == {"a = x + y; b = max(y, z); f = a * b"}
    assert len({question.given() for question in asked}) == 30
    assert [question.text for question in questions(2, like="d1, A1")] == [
        "q = x + y; f = q * z",
        "u = x**2; y = 3 * u",
    ]
    assert len({question.text for question in questions(12, like="D")}) == 12
    with pytest.raises(ValueError, match="gradients are all 0, 1 or -1"):
        questions(1, like="A2")
    with pytest.raises(ValueError, match="no lecture example 'Z9'"):
        questions(1, like="Z9")
    with pytest.raises(ValueError, match=r"there are only \d+ such questions"):
        questions(100, like="D4c")


def test_variants_change_only_numbers():
    asked = questions(5, seed=3, level=3)
    sheets = [variant(asked, number) for number in (1, 2, 1)]

    assert [question.text for question in sheets[0]] == [question.text for question in asked]
    assert len({str([asked, *sheets][i]) for i in range(4)}) == 3
    assert repr(sheets[0]) == repr(sheets[2])


def test_ask_in_terminal(monkeypatch, capsys):
    typed = "3\n9\n2\n?\n?\n6\nfive\n!\n\n4\nq\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    said = ask([e7()])
    printed = capsys.readouterr().out

    assert said == "\nScore: 2 of 8: 1 on the first attempt, 2 later."  # a; b at the second; f after two hints
    assert "its rule: f = a * b" in printed
    assert "df/db takes a number such as" in printed
    assert "df/db = df/df * a = 1 * 3 = 3" in printed  # told for !
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert ask([e7()]) == "\nScore: 0 of 8: 0 on the first attempt, 0 later."
