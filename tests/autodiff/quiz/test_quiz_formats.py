"""Worksheets and Moodle's formats, read as Moodle and browsers read them."""

import base64
import re
import xml.etree.ElementTree as ElementTree
from html import unescape
from html.parser import HTMLParser

import pytest

from autodiff import variables
from autodiff.__main__ import main
from autodiff.formula import show
from autodiff.lectures.course import COURSES
from autodiff.quiz import Question, gift, html, moodle, questions, read_exercises, variant, worksheet
from autodiff.quiz.exercises import make_exercise

E7 = Question("a = x + y; b = max(y, z); f = a * b", {"x": 1, "y": 2, "z": 0})
SHEET = [*questions(6, seed=1, level=4), Question("f = where(x < y, x, y) * (x >= 1)", {"x": 1, "y": 2}), E7]
NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"  # what Moodle takes for one
WIDE = [(1234567.0, 1.0), (0.1, 0.2), (1e22, 3.0), (1 / 3, 7.0), (-1e-9, 5.0), (123456.789, -2.5), (3e-200, 1.5)]

WORDS = {"about": "D1", "level": 1, "minutes": 3, "text": "If $x_{1} < 2$, *what*?", "answer": "So: $a_{1}$."}
EXERCISES = [
    make_exercise({**WORDS, "id": f"D.{i}", "title": title, "hints": ["look"], **row})
    for i, (title, row) in enumerate({
        "Graph": {"graph": "q = x + y; f = q * z", "at": "x=-2 y=5 z=-4"},
        "Count": {"numbers": {"n": "3*7", "r": "1/8"}, "wrong": [{"n": "3+7", "why": "a product {*}, not a sum"}]},
        "Choice": {"options": ["1 ~ 2", "$x^2$"], "right": 2, "why": ["no: {}", "yes"]},
        "Code": {"name": "f", "start": "def f(x):\n    ...", "solution": "def f(x):\n    return x", "cases": [[1]]},
        "Open & shut": {},
    }.items(), 1)
]  # fmt: skip


def read_gift(text):
    """[(category, title, text, [(weight, number, margin, feedback)])], read like Moodle's format/gift."""
    hidden = {f"\\{letter}": f"\x01{ord(letter)}\x02" for letter in "~=#{}:\\"}
    category, found = "", []
    for block in re.split(r"\n\s*\n", text.strip()):
        if block.startswith("$CATEGORY:"):
            category = block.partition(":")[2].strip()
            continue
        for escaped, mark in hidden.items():
            block = block.replace(escaped, mark)
        plain = lambda x: unescape(re.sub("\x01(\\d+)\x02", lambda m: chr(int(m[1])), x.strip()))  # noqa: E731
        _, title, rest = block.split("::")
        assert rest.count("{") == rest.count("}") == 1
        told, _, answers = rest.partition("{")
        assert answers.startswith("#")
        rows = []
        for answer in filter(None, answers[1:-1].strip().split("=")):
            weight = re.match(r"%(-?\d+)%", answer)
            number, _, feedback = answer[weight.end() if weight else 0 :].partition("#")
            assert re.fullmatch(f"{NUMBER}:{NUMBER}", number), number
            key, margin = map(float, number.split(":"))
            rows.append((int(weight[1]) if weight else 100, key, margin, plain(feedback)))
        found.append((category, plain(title), plain(told), rows))
    return found


def read_cloze(text):
    """[[(weight, number, margin, feedback)]] of every blank, by the patterns of Moodle's multianswer question."""
    blanks = []
    for found in re.finditer(r"\{(\d+):NUMERICAL:(.*?)(?<!\\)\}", text, re.DOTALL):
        rows = []
        for answer in re.split(r"(?<!\\)~", found[2]):
            row = re.fullmatch(rf"(=|%(-?\d+)%)({NUMBER}):({NUMBER})#(.*)", answer, re.DOTALL)
            assert row, answer
            rows.append((100 if row[1] == "=" else int(row[2]), float(row[3]), float(row[4]), unescape(row[5])))
        blanks.append(rows)
    return blanks


def check_blank(rows, right):
    """One answer is right, and takes what the worksheet prints; no other one reaches it, or has no words."""
    assert [weight for weight, *_ in rows] == [100, *[0] * (len(rows) - 1)]
    _, key, margin, said = rows[0]
    assert said == "right"
    assert abs(key - right) <= 0.01 * margin
    assert abs(margin - 0.005 * abs(right)) <= 0.01 * margin
    assert abs(float(show(right)) - key) <= margin
    assert all(text and abs(x - key) > margin + within for _, x, within, text in rows[1:])


def test_gift_has_one_question_per_blank():
    found = read_gift(gift(SHEET))

    assert len(found) == sum(len(question.answers) for question in SHEET)
    assert len({title for _, title, _, _ in found}) == len(found)
    blanks = [(question, name) for question in SHEET for name in question.answers]
    for (category, title, told, rows), (question, name) in zip(found, blanks):
        assert category == "Backpropagation by hand"
        assert f"{question.text} at {question.given()}" in title
        assert told == f"{question.text} at {question.given()}. What is {name}?"
        check_blank(rows, question.answers[name])
    said = {x: text for _, x, _, text in found[-2][3]}
    assert said[6.0] == "several paths add up; you multiplied them"  # df/dy of E7
    assert said[3.0].startswith("several paths lead here, and one is missing")


def test_moodle_has_one_picture_and_many_blanks():
    draw = lambda question: f'<svg xmlns="http://www.w3.org/2000/svg"><title>{len(question.text)}</title></svg>'  # noqa: E731
    category, *found = ElementTree.fromstring(moodle(SHEET, draw=draw))

    assert (category.get("type"), category.findtext("category/text")) == (
        "category",
        "$course$/Backpropagation by hand",
    )
    assert [question.get("type") for question in found] == ["cloze"] * len(SHEET)
    for place, (question, element) in enumerate(zip(SHEET, found), 1):
        text = element.findtext("questiontext/text")
        (file,) = element.findall("questiontext/file")
        assert file.get("name") == f"graph{place}.svg"
        assert ElementTree.fromstring(base64.b64decode(file.text)).tag.endswith("svg")
        assert text.count(f'<img src="@@PLUGINFILE@@/graph{place}.svg"') == text.count("<img") == 1
        blanks = read_cloze(text)
        assert len(blanks) == len(question.answers)
        for rows, right in zip(blanks, question.answers.values()):
            check_blank(rows, right)
        assert text.count("<br>") == question.text.count("; ")
        outside = unescape(re.sub(r"\{1:.*?\}|<[^>]*>", " ", text))
        assert all(statement in outside for statement in question.text.split("; "))
        assert f"{question.text} at {question.given()}" in element.findtext("name/text")
    assert "<img" not in moodle(SHEET)


@pytest.mark.parametrize(("x", "y"), WIDE)
def test_key_of_any_size(x, y):
    a, b = variables(x=x, y=y)
    question = Question.of(a * b + a)

    for (_, _, _, rows), right in zip(read_gift(gift([question])), question.answers.values()):
        check_blank(rows, right)
    assert len(read_cloze(unescape(moodle([question])))) == len(question.answers)
    assert f"x = {x!r}".removesuffix(".0") in question.given()


@pytest.mark.parametrize("braces", ["a{b}", "a~b", "a#b", "a\\b", 'a"b', "a & b", "a:b", "]]>"])
def test_label_ends_no_answer(braces):
    x, _ = variables(x=2, y=3)
    x.label = braces
    question = Question.of(x * x + x)

    ((_, _, told, _), *_) = read_gift(gift([question]))
    assert question.text in told
    (element,) = ElementTree.fromstring(moodle([question])).findall("question[@type='cloze']")
    text = element.findtext("questiontext/text")
    assert len(read_cloze(text)) == len(question.answers)
    assert braces in unescape(text)


class Sheet(HTMLParser):
    """The content of a printable page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.images = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data):
        self.texts.append(data)


def test_worksheet_parts():
    draw = lambda question: f"<svg>{len(question.text)}</svg>"  # noqa: E731
    sheet = Sheet(html(SHEET, title="<script>alert(1)</script>", draw=draw))
    blanks = sum(len(question.answers) for question in SHEET)

    assert sheet.tags.count("b") == blanks
    assert sheet.tags.count("li") == len(SHEET)
    assert "script" not in sheet.tags
    assert any(text.startswith("Name: ____") for text in sheet.texts)
    assert f"Marks: ____ of {blanks}" in sheet.texts
    assert f"____ of {len(E7.answers)} marks" in sheet.texts
    assert [image["alt"] for image in sheet.images] == [f"The graph of {question.text}" for question in SHEET]
    drawn = [base64.b64decode(image["src"].partition("base64,")[2]).decode() for image in sheet.images]
    assert drawn == list(map(draw, SHEET))


def test_page_hides_answers_and_key_has_them():
    sheet, key = Sheet(html(SHEET)), Sheet(html(SHEET, key=True))
    answers = [show(x) for question in SHEET for x in question.answers.values()]

    shown = [text for text, before in zip(key.texts[1:], key.texts) if before.endswith(" = ")]
    assert shown == answers
    assert not any(re.fullmatch(r"-?[\d.]+(e[-+]\d+)?", text) for text in sheet.texts)
    assert "Key" in key.texts
    assert not any("Name" in text for text in key.texts)
    assert worksheet(SHEET).count("________") == len(answers)
    assert "________" not in worksheet(SHEET, key=True)


def test_variants_are_sheets_of_their_own():
    sheets = [SHEET[:3], variant(SHEET[:3], 1), variant(SHEET[:3], 2)]

    assert Sheet(html(*sheets)).tags.count("section") == 3
    assert [line for line in worksheet(*sheets).splitlines() if line.startswith("V")] == [
        f"Variant {letter}" for letter in "ABC"
    ]
    assert sorted({row[0] for row in read_gift(gift(*sheets))}) == [f"Backpropagation by hand/{x}" for x in "ABC"]
    names = [x.text for x in ElementTree.fromstring(moodle(*sheets)).findall("question/category/text")]
    assert names == [f"$course$/Backpropagation by hand/{x}" for x in "ABC"]


@pytest.mark.parametrize("ending", ["html", "gift", "xml", "txt"])
def test_command_line_writes_every_format(tmp_path, ending, capsys):
    files = [tmp_path / f"{name}.{ending}" for name in ("sheet", "key")]
    for file, option in zip(files, ([], ["--key"])):
        assert main(["--quiz", "3", "--like", "E7,D3", "--variants", "2", "-o", str(file), *option]) == 0
    sheet, key = [file.read_text(encoding="utf-8") for file in files]

    assert (sheet == key) == (ending in ("gift", "xml"))  # these hold their keys
    assert "max(y, z)" in sheet
    assert {"html": "data:image/svg", "xml": "@@PLUGINFILE@@"}.get(ending, "") in sheet


def test_moodle_of_every_kind_of_exercise():
    _, *found = ElementTree.fromstring(moodle(EXERCISES, draw=lambda question: "<svg/>"))

    assert [x.get("type") for x in found] == ["cloze", "cloze", "multichoice", "essay", "essay"]
    assert [x.findtext("name/text") for x in found] == [f"{e.id} {e.title}" for e in EXERCISES]
    graph, count, choice, code, discussion = (x.findtext("questiontext/text") for x in found)
    assert all(r"\(x_{1} < 2\), <em>what</em>?" in unescape(x) for x in (graph, count, choice, code, discussion))
    assert all(r"\(x_" in x for x in (graph, count))  # Moodle looks for it before it loads MathJax
    assert len(read_cloze(graph)) == len(EXERCISES[0].answers)
    assert read_cloze(count)[0] == [(100, 21, 0, "right"), (0, 10, 0, "a product {*}, not a sum")]
    assert read_cloze(count)[1] == [(100, 0.125, 0.000625, "right")]
    rows = [(x.get("fraction"), x.findtext("text"), x.findtext("feedback/text")) for x in found[2].iter("answer")]
    assert rows == [("0", "<p>1 ~ 2</p>", "<p>no: {}</p>"), ("100", r"<p>\(x^2\)</p>", "<p>yes</p>")]
    assert {x.findtext("generalfeedback/text") for x in found} == {r"<p>So: \(a_{1}\).</p>"}
    assert [len(x.findall("hint")) for x in found] == [1] * 5
    assert found[3].findtext("responsetemplate/text") == EXERCISES[3].start
    assert "return x</pre><p>So: " in found[3].findtext("graderinfo/text")


def test_gift_of_every_kind_of_exercise():
    text = gift(EXERCISES)
    numbers, others = text.partition("::D.3 ")[::2]
    found = read_gift(numbers)

    assert [title for _, title, *_ in found[-2:]] == ["D.2 Count: n", "D.2 Count: r"]
    assert found[-2][2].startswith(r"[html]<p>If \(x_{1} < 2\), <em>what</em>?</p>")
    assert found[-2][3] == [(100, 21, 0, "right"), (0, 10, 0, "a product {*}, not a sum")]
    assert "{\n~[html]<p>1 \\~ 2</p>#<p>no\\: \\{\\}</p>\n=[html]<p>\\\\(x^2\\\\)</p>#<p>yes</p>\n}" in others
    assert "<pre>def f(x)\\:<br>    ...</pre> {}" in others
    assert others.count("{}\n") == 2


@pytest.mark.parametrize("letter", COURSES)
def test_moodle_and_gift_of_the_course(letter):
    exercises = read_exercises(letter)
    _, *found = ElementTree.fromstring(moodle(exercises))
    for e, element in zip(exercises, found, strict=True):
        blanks = read_cloze(element.findtext("questiontext/text"))
        assert len(blanks) == len(e.answers)
        for rows, (name, right) in zip(blanks, e.answers.items()):
            assert rows[0][1] == pytest.approx(right, rel=1e-4)
            assert [said for *_, said in rows[1:]] == [said for _, said in e.mistakes(name)]
            assert all(abs(x - rows[0][1]) > rows[0][2] + margin for _, x, margin, _ in rows[1:])

    category, *blocks = gift(exercises).strip().split("\n\n")
    assert category == "$CATEGORY: Backpropagation by hand"
    assert len(blocks) == sum(len(e.answers) or 1 for e in exercises)
    for block in blocks:
        plain = re.sub(r"\\[\\~=#{}:]", "", block)
        assert re.fullmatch(r"::[^{}~=#:]+::[^{}~=#:]*(\{[^{}]*\})", plain.replace(" = ?", "")), block


@pytest.mark.parametrize("key", [False, True])
def test_sheets_of_every_kind_of_exercise(key):
    made = html(EXERCISES, key=key, draw=lambda question: "<svg/>", math=lambda tex: f"<math>{len(tex)}</math>")

    assert made.count("<math>") == 6 + (5 + 0) * key
    assert made.count('<div class="lines"') == 2 * (not key)
    assert ("<b>21</b>" in made) == ("return x" in made) == ('<li class="right">' in made) == key
    assert "☐" in made
    assert made.count("If <math>") == made.count('<span class="marks">') == 5
    text = worksheet(EXERCISES, key=key)
    assert ("n = 21" in text) == ("def f(x):\n    return x" in text) == key
