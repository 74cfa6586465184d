"""The notebooks: each lecture example once, exercises without answers, readable cells, outputs that are still true."""

import re
from collections import Counter
from typing import Any
from unicodedata import normalize

import nbformat
import pytest

import nn
from autodiff.lectures import LECTURES, SLIPS, TITLES
from autodiff.lectures.course import read_course
from autodiff.quiz import exercise, read_exercises
from tests.support.notebook_runner import NOTEBOOKS, SOLUTIONS, code_cells, executed, read, same_text, stripped, texts

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
ENGINE = sorted(SOLUTIONS.parent.rglob("*.ipynb"))  # more about these in autodiff/workshop/test_engine_notebooks.py
COURSE = {path.stem[0]: path for path in PATHS if path.stem[0] in LECTURES}
COUNTS = {"A": 10, "B": 12, "C": 18, "D": 26, "E": 17}  # examples of each lecture
INSTALL = """\
try:
    import autodiff
except ImportError:  # in Colab, Binder or JupyterLite
    %pip install -q scalar-autodiff"""
MOST_CELLS, MOST_LINES, MOST_WORDS = 85, 30, 350  # of a notebook, not counting exercises; of a cell

every_notebook = pytest.mark.parametrize(
    "path", PATHS + ENGINE, ids=lambda path: path.relative_to(NOTEBOOKS).with_suffix("").as_posix()
)
every_lecture = pytest.mark.parametrize("path", COURSE.values(), ids=lambda path: path.stem)


def headings(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.findall(r"^## ([A-E]\d+) ·", text, re.MULTILINE)


def asked_in(notebook):
    """The ids of the exercises that a notebook shows, in order."""
    return asked_in_source("\n".join(cell.source for cell in code_cells(notebook)))


def asked_in_source(source):
    return re.findall(r"exercise\(\"([A-E]\.\d+)\"\)", source)


def texts_of(cell):
    """What a cell printed and returned, as text."""
    return texts(nbformat.v4.new_notebook(cells=[cell]))


# --- What is in them -----------------------------------------------------------------------------


def test_notebooks_for_each_lecture_and_more():
    assert [*COURSE] == [*LECTURES]
    assert [path.stem for path in PATHS if path.stem[0] == "0"] == [
        "00-quick-start", "01-flat-code-and-speed", "02-mistakes-lab", "03-clinic",
        "04-gpt-from-scalars",
    ]  # fmt: skip


def test_lecture_examples_have_one_heading():
    found = Counter(id for path in PATHS for id in headings(read(path)))

    assert found == Counter(f"{letter}{i + 1}" for letter, count in COUNTS.items() for i in range(count))
    assert [*TITLES] == [f"{letter}{i + 1}" for letter, count in COUNTS.items() for i in range(count)]


@every_lecture
def test_lecture_examples_stand_in_their_notebook(path):
    assert {id[0] for id in headings(read(path))} == {path.stem[0]}


@every_lecture
def test_exercises_of_a_lecture_are_all_asked(path):
    asked = asked_in(read(path))

    assert Counter(asked) == Counter(e.id for e in read_exercises(path.stem[0]))
    assert len(asked) >= 8
    assert sum(exercise(id).kind == "code" for id in asked) >= 2


@every_lecture
def test_lectures_have_the_words_of_the_course(path):
    """Aims, prerequisites, minutes, summary and questionnaire are the table's."""
    course = read_course(path.stem[0])
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    words = [*course["aims"], *course["before"], *course["summary"], *[row["ask"] for row in course["questionnaire"]]]

    assert [sentence for sentence in words if sentence not in text] == []
    assert f"{course['minutes']} minutes" in text


@every_lecture
def test_exercises_come_with_their_blanks_in_order(path):
    """The cell after an exercise has the blanks, or the start of the function, of the course's table."""
    cells = [cell.source for cell in code_cells(read(path))]
    after = [later for cell, later in zip(cells, [*cells[1:], ""]) if asked_in_source(cell)]

    assert asked_in(read(path)) == [e.id for e in read_exercises(path.stem[0])]
    for e, cell in zip(read_exercises(path.stem[0]), after, strict=True):
        if e.kind in ("graph", "numbers"):
            blanks = e.question.answers if e.kind == "graph" else e.answers
            assert sorted(re.findall(r'"([^"]+)": None', cell)) == sorted(blanks), e.id
        elif e.kind == "code":
            assert re.search(rf"^def {e.name}\(", cell, re.MULTILINE), e.id
            assert f"e.feedback({e.name})" in cell, e.id
        elif e.kind == "choice":
            assert "None" in cell, e.id


@every_notebook
def test_first_cell_installs_where_needed(path):
    assert code_cells(read(path))[0].source == INSTALL


@every_notebook
def test_cells_are_readable_with_outputs_kept(path):
    notebook = read(path)
    nbformat.validate(notebook)
    code = code_cells(notebook)
    outputs = [output for cell in code for output in cell.outputs]

    assert len(notebook.cells) - 2 * len(asked_in(notebook)) <= MOST_CELLS
    assert max(len(cell.source.splitlines()) for cell in code) <= MOST_LINES
    assert max(len(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown") <= MOST_WORDS
    assert len(outputs) >= len(code) / 2 or any(
        "    ..." in cell.source for cell in code
    )  # pictures of holes are empty
    assert not any(output.output_type == "error" for output in outputs)
    assert all(cell.execution_count is None for cell in code)
    assert all({*cell.metadata} <= {"nbgrader"} for cell in notebook.cells)


@every_lecture
def test_lectures_explain_and_assert_nothing(path):
    """What holds is asserted in tests; a student reads what is printed."""
    for cell in code_cells(read(path)):
        assert not re.search(r"^\s*assert\b|\bagree\(", cell.source, re.MULTILINE), cell.source


@pytest.mark.parametrize("letter", COUNTS)
def test_lectures_show_graphs_and_plots(letter):
    kinds = [
        kind for cell in code_cells(read(COURSE[letter])) for output in cell.outputs for kind in output.get("data", {})
    ]

    assert kinds.count("image/svg+xml") >= 3
    assert kinds.count("image/png") >= 3


@every_notebook
def test_images_have_alternative_text(path):
    for cell in code_cells(read(path)):
        for output in cell.outputs:
            html = output.get("data", {}).get("text/html", "")
            assert "image/png" not in output.get("data", {}) or output.metadata["image/png"]["alt"]
            assert all(
                re.search(r'alt="[^"]{20,}"', tag) for tag in re.findall("<img .*?>", html.partition("<iframe")[0])
            )


def letters(text):
    """Letters and digits without TeX commands, so that quotations set in TeX and in plain text compare equal."""
    return re.sub(r"\\(begin|end){\w+}|\\[a-zA-Z]+|max|[^a-zA-Z0-9]", "", normalize("NFKC", text))


def test_slips_are_quoted_in_a_notebook():
    told = [letters("".join([cell.source for cell in read(path).cells] + texts(read(path)))) for path in PATHS]

    assert [slip.id for slip in SLIPS if not any(letters(slip.quote) in text for text in told)] == []


def test_gpt_in_scalars_is_the_gpt_of_nn():
    """Loss and gradients of the functions written out, for a name, with the same parameters."""
    cells = [cell.source for cell in code_cells(read(NOTEBOOKS / "04-gpt-from-scalars.ipynb"))[1:]]
    last = next(i for i, cell in enumerate(cells) if "def loss_of(" in cell)
    written: dict[str, Any] = {}
    for cell in cells[: last + 1]:
        exec(cell, written)
    model, tokens = written["Model"](), written["tokens_of"]("emma")
    ready_made = nn.GPT(27, written["WIDTH"], written["HEADS"], context=written["CONTEXT"])
    for theirs, ours in zip(ready_made.parameters(), model.parameters(), strict=True):
        theirs.data = ours.data
    expected, found = ready_made.loss(tokens), written["loss_of"](model, tokens)
    expected.backward(), found.backward()

    assert found.data == pytest.approx(expected.data, rel=1e-13)
    slopes = [[p.grad for p in net.parameters()] for net in (model, ready_made)]
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-10, abs=1e-14)
    assert any(slopes[0])


# --- Outputs and pictures ------------------------------------------------------------------------


@every_notebook
def test_outputs_hold_no_addresses(path):
    assert not re.search(r"0x[0-9a-f]{6,}", "\n".join(texts(read(path))))


@every_notebook
def test_pages_come_after_a_picture(path):
    kinds = [set(output.get("data", {})) for cell in code_cells(read(path)) for output in cell.outputs]
    for i, kind in enumerate(kinds):
        if kind <= {"text/html", "text/plain"} and "text/html" in kind:  # pictures have another form, too
            assert any("image/svg+xml" in before for before in kinds[:i])


@every_notebook
def test_exercises_are_stored_unanswered(path):
    """Feedback says "still open" for all that is blank, and pictures to fill in have no numbers."""
    for cell in code_cells(read(path)):
        if ".feedback(" in re.sub("#.*", "", cell.source):
            assert texts_of(cell)[0].startswith(("still open", "an open question")), cell.source
        if 'gradients="blank"' in cell.source:
            (picture,) = [output["data"] for output in cell.outputs if "image/svg+xml" in output.get("data", {})]
            assert not re.search(r'<t\w+ class="(data|gradient)"', picture["image/svg+xml"]), cell.source
            assert "gradient" not in re.search(r"<desc>(.*?)</desc>", picture["image/svg+xml"])[1]
            assert "gradient" not in re.search(r'alt="(.*?)"', picture["text/html"])[1]


@every_lecture
def test_exercises_give_nothing_away(path):
    outputs = "\n".join(texts(read(path)))
    for id in asked_in(read(path)):
        e = exercise(id)
        assert e.answer not in outputs, id
        assert not re.search(re.escape(getattr(e, "solution", "the solution")), outputs), id


def assert_runs_as_kept(path):
    kept = read(path)
    found = executed(read(path))

    assert all(map(same_text, texts(found), texts(kept))), [
        (new, old) for new, old in zip(texts(found), texts(kept)) if not same_text(new, old)
    ]
    for cell, before in zip(code_cells(stripped(found)), code_cells(kept)):
        kinds = [sorted(output.get("data", {})) for output in cell.outputs]
        assert kinds == [sorted(output.get("data", {})) for output in before.outputs]


def test_quick_start_prints_what_it_shows():
    assert_runs_as_kept(NOTEBOOKS / "00-quick-start.ipynb")


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS[1:], ids=lambda path: path.stem)
def test_notebook_prints_what_it_shows(path):
    assert_runs_as_kept(path)
