"""The quiz: seeded questions, their key, feedback, and the forms they are handed out in."""

import re
from html.parser import HTMLParser

import pytest

from autodiff import parse, show, variables
from autodiff.quiz import Question, gift, html, questions, worksheet

E7 = Question("a = x + y; b = max(y, z); f = a * b", {"x": 1, "y": 2, "z": 0})


def test_same_seed_same_questions():
    first, second = questions(5, seed=1), questions(5, seed=1)

    assert [question.text for question in first] == [question.text for question in second]
    assert [question.text for question in first] != [question.text for question in questions(5, seed=2)]


@pytest.mark.parametrize("gates", range(1, 9))
def test_every_question_uses_all_its_gates_and_inputs(gates):
    for question in questions(10, seed=gates, gates=gates):
        f = parse(question.text, **question.inputs)
        f.backward()

        assert len(question.text.split("; ")) == gates
        assert question.answers["f"] == f.data
        assert set(question.answers) >= {f"df/d{name}" for name in question.inputs}
        assert not any(step.kink for step in question.steps)


def test_answers_of_e7():
    assert E7.answers == {
        "a": 3.0, "b": 2.0, "f": 6.0,
        "df/db": 3.0, "df/da": 2.0, "df/dx": 2.0, "df/dy": 5.0, "df/dz": 0.0,
    }  # fmt: skip


def test_right_answers_are_right():
    assert set(E7.check(E7.answers).values()) == {"right"}


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("df/dy", 3.0, "2 paths lead here, and they add up: 3 + 2 = 5"),
        ("df/dy", -5.0, "the sign: it is 5"),
        ("df/dx", 1.0, "that is the local gradient alone; times upstream: 2 * 1 = 2"),
        ("df/dz", 3.0, "that is the upstream gradient alone; times local: 3 * 0 = 0"),
        ("df/db", 17.0, "upstream times local is 1 * 3 = 3"),
        ("a", 17.0, "it is 3"),
    ],
)
def test_feedback_says_where_a_wrong_number_came_from(name, given, said):
    assert E7.check({name: given}) == {name: said}


def test_a_recorded_graph_becomes_a_question():
    x, y, z = variables(x=-2, y=5, z=-4)
    question = Question.of((x + y) * z)  # D1

    assert question.text == "s0 = x + y; f = s0 * z"
    assert question.given() == "x = -2, y = 5, z = -4"
    assert question.answers["df/dx"] == -4
    assert x.grad == 0


def test_feedback_names_the_edge_that_is_wrong():
    said = E7.feedback({"df/dx": 1.0}).splitlines()

    assert said[0] == "df/dx = 1: that is the local gradient alone; times upstream: 2 * 1 = 2"
    assert said[1] == "    look at the edge from a to x: upstream 2, local 1"
    assert said[2] == "still open: a, b, f, df/db, df/da, df/dy, df/dz"


def test_feedback_tells_a_mistake_from_what_follows_from_it():
    said = E7.feedback({"df/da": 3.0, "df/dx": 3.0, "df/dy": 6.0}).splitlines()

    assert said[0].startswith("df/da = 3: ")
    assert said[1] == "    look at the edge from f to a: upstream 1, local 2"
    assert said[2] == "df/dx = 3: follows from your df/da, which is wrong; this edge is right"
    assert said[3] == "df/dy = 6: follows from your df/da, which is wrong; this edge is right"


def test_feedback_on_right_answers_is_short():
    assert {line.rpartition(": ")[2] for line in E7.feedback(E7.answers).splitlines()} == {"right"}


def test_answer_that_was_not_asked_for():
    with pytest.raises(KeyError, match="df/dw"):
        E7.check({"df/dw": 1.0})


def test_worksheet_hides_what_the_key_shows():
    asked = questions(2, seed=1)

    assert worksheet(asked).count("________") == sum(len(question.answers) for question in asked)
    assert "________" not in worksheet(asked, key=True)


def test_a_page_holds_no_answer_unless_its_key_is_asked_for():
    sheet, key = html([E7]), html([E7], key=True)

    assert "df/dy = 5" in key
    assert not any(f"{name} = {answer:g}" in sheet for name, answer in E7.answers.items())
    assert "Answers" not in sheet
    assert sheet.count("<td></td>") == len(E7.answers)


def test_the_command_line_gives_the_key_with_key_alone(tmp_path):
    from autodiff.__main__ import main

    pages = []
    for option in ([], ["--key"]):
        file = tmp_path / "sheet.html"
        assert main(["--quiz", "3", "--seed", "4", "-o", str(file), *option]) == 0
        pages.append(file.read_text(encoding="utf-8"))
    assert [page.count("<details>") for page in pages] == [0, 3]


def test_html_is_whole_and_folds_the_key_away():
    tags = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            tags.append(tag)

    asked = questions(3, seed=1)
    Reader().feed(html(asked, title="<script>alert(1)</script>", key=True))

    assert tags.count("details") == 3
    assert "script" not in tags


def test_gift_has_one_numerical_question_for_each_blank():
    asked = questions(2, seed=4)
    blocks = gift(asked).strip().split("\n\n")

    assert len(blocks) == sum(len(question.answers) for question in asked)
    assert all(re.fullmatch(r"::.+?:: .+ What is .+\? \{#-?[\d.]+:0\.005\}", block) for block in blocks)
    assert "\\=" in blocks[0]


@pytest.mark.parametrize(("count", "gates"), [(0, 3), (1, 0), (1, 9)])
def test_impossible_quizzes_are_refused(count, gates):
    with pytest.raises(ValueError, match="got"):
        questions(count, gates=gates)


@pytest.mark.parametrize(
    ("x", "y"), [(1234567.0, 1.0), (0.1, 0.2), (1e22, 3.0), (1 / 3, 7.0), (-1e-9, 5.0), (123456.789, -2.5)]
)
def test_the_key_of_a_gift_question_is_whole_and_takes_what_the_worksheet_prints(x, y):
    a, b = variables(x=x, y=y)
    question = Question.of(a * b + a)
    keys = re.findall(r"\{#([-+.\de]+):([-+.\de]+)\}", gift([question]))

    assert [float(key) for key, _ in keys] == list(question.answers.values())
    for (key, margin), right in zip(keys, question.answers.values()):
        assert abs(float(show(right)) - float(key)) <= float(margin)
        assert float(margin) >= 0.005
    assert f"x = {x!r}".removesuffix(".0") in question.given()


@pytest.mark.parametrize(("text", "f"), [("sqrt(x) * y", 0), ("x ** 0.5 - y", -2), ("y + norm([x, 0])", 2)])
def test_what_is_inf_or_nan_is_not_asked(text, f):
    question = Question(f"b = x + 1; {text} + 0*b", {"x": 0, "y": 2})

    assert (question.answers["b"], question.answers["f"]) == (1.0, f)
    for exported in (gift([question]), worksheet([question], key=True), html([question], key=True)):
        assert not re.search(r"\b(nan|inf)\b", exported)


@pytest.mark.parametrize("text", ["log(x)", "1 / (x + 1)", "exp(-800*x)", "x"])
def test_where_the_output_is_no_number_to_work_out_there_is_no_question(text):
    with pytest.raises(ValueError, match=r"there is nothing to ask: '.*' at x = -1 is .*; take other numbers"):
        Question(text, {"x": -1})


def test_gift_is_read_as_html():
    question = Question("f = where(x < y, x, y) * (x >= 1)", {"x": 1, "y": 2})

    assert "x &lt; y" in gift([question])
    assert "x &gt\\= 1" not in gift([question])
    assert "x &gt;\\= 1" in gift([question])
    label = variables(x=1)[0]
    label.label = "a & b"
    assert "a &amp; b" in gift([Question.of(label * 2.0)])


@pytest.mark.parametrize(
    ("given", "verdict"), [("5", "right"), ("10/2", "right"), (" 5.0 ", "right"), ("\N{MINUS SIGN}5", "the sign")]
)
def test_answers_may_be_texts(given, verdict):
    assert E7.check({"df/dy": given})["df/dy"].startswith(verdict)
    assert E7.feedback({"df/dy": given}).splitlines()[0].partition(": ")[2].startswith(verdict)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ("five", ValueError, "df/dy takes a number such as -4, 0.25 or 1/3, got 'five'"),
        ("", ValueError, "df/dy takes a number"),
        ("5,0", ValueError, "df/dy takes a number"),
        ("x", ValueError, "df/dy takes a number"),
        (None, TypeError, "df/dy takes a real number, got NoneType"),
        ([5], TypeError, "df/dy takes a real number, got list"),
        (5j, TypeError, "df/dy takes a real number, got complex"),
    ],
)
def test_an_answer_that_is_no_number_is_refused(given, error, said):
    with pytest.raises(error, match=said):
        E7.feedback({"df/dx": 2, "df/dy": given})


def test_feedback_prints_no_equation_that_is_false():
    x, y = variables(x=123456789, y=1 / 3)
    question = Question.of(x * y + x * y)
    said = question.feedback({"df/dx": 1 / 3, "df/dy": 123456789, "f": 82304499})

    assert "0.333333 + 0.333333 = 0.666667 (rounded)" in said
    assert "f = 82304499: it is 82304526" in said
    assert "1.23457e+08 + 1.23457e+08 = 2.46914e+08\n" in said
