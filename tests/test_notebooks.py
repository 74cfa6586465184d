"""The notebooks: each lecture example once, short cells, stored outputs that are still true."""

import re
from collections import Counter

import nbformat
import pytest

from autodiff.lectures import EXAMPLES, LECTURES
from tests.support.notebook_runner import NOTEBOOKS, code_cells, executed, read, stripped, texts

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
COUNTS = {"A": 9, "B": 8, "C": 13, "D": 18, "E": 14}  # examples of each lecture
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")

every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def headings(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.findall(r"^## ([A-E]\d+) ·", text, re.MULTILINE)


def test_notebooks_for_each_lecture_and_three_more():
    assert {path.stem[0] for path in PATHS} >= set(LECTURES)
    assert [path.stem for path in PATHS if path.stem[0] == "0"] == [
        "00-quick-start", "01-flat-code-and-speed", "02-mistakes-lab", "03-clinic",
    ]  # fmt: skip


def test_lecture_examples_have_one_heading():
    found = Counter(id for path in PATHS for id in headings(read(path)))

    assert found == Counter(f"{letter}{i + 1}" for letter, count in COUNTS.items() for i in range(count))


@every_notebook
def test_lecture_examples_are_in_order(path):
    ids = headings(read(path))

    assert all(id.startswith(path.stem[0]) for id in ids)
    assert ids == sorted(ids, key=lambda id: int(id[1:]))


def test_lecture_rows_are_confirmed():
    for letter in COUNTS:
        (path,) = [path for path in PATHS if path.stem.startswith(letter)]
        printed = "\n".join(texts(read(path)))
        missing = [id for id in EXAMPLES if id.startswith(letter) and f"{id}: all " not in printed]

        assert not missing


@every_notebook
def test_cells_are_few_with_outputs_kept(path):
    notebook = read(path)
    nbformat.validate(notebook)
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]

    assert len(notebook.cells) < 40
    assert len(outputs) >= len(code_cells(notebook)) / 2
    assert not any(output.output_type == "error" for output in outputs)
    assert all(cell.execution_count is None for cell in code_cells(notebook))
    assert all(not cell.metadata for cell in notebook.cells)


@pytest.mark.parametrize("letter", COUNTS)
def test_lectures_show_graphs_and_plots(letter):
    (path,) = [path for path in PATHS if path.stem.startswith(letter)]
    kinds = [kind for cell in code_cells(read(path)) for output in cell.outputs for kind in output.get("data", {})]

    assert kinds.count("image/svg+xml") >= 3
    assert kinds.count("image/png") >= 3


@every_notebook
def test_outputs_hold_no_addresses(path):
    assert not re.search(r"0x[0-9a-f]{6,}", "\n".join(texts(read(path))))


@every_notebook
def test_pages_come_after_a_picture(path):
    kinds = [set(output.get("data", {})) for cell in code_cells(read(path)) for output in cell.outputs]
    for i, kind in enumerate(kinds):
        if "text/html" in kind:
            assert any("image/svg+xml" in before for before in kinds[:i])


@every_notebook
def test_slips_are_caught_by_checks(path):
    """Where a lecture notebook mentions a slip on a slide, it asserts that the check fails."""
    notebook = read(path)
    slips = sum("slip" in cell.source.lower() for cell in notebook.cells if cell.cell_type == "markdown")
    failing = [cell for cell in code_cells(notebook) if re.search(r"^assert not (slide|as_w|tie)$", cell.source, re.M)]

    assert failing or slips == 0 or path.stem[0] == "C"  # C4's slip is a rule that never ends


@every_notebook
def test_exercises_give_nothing_away(path):
    """An exercise's stored output has its question, its blanks and a picture without numbers."""
    for cell in code_cells(read(path)):
        if "Question.of(" in cell.source:
            printed, picture = cell.outputs
            text, _, still_open = printed.text.partition("\n")
            assert not still_open or re.fullmatch(r"still open: [\w/, ]+\n", still_open)
            assert re.fullmatch(r"\w+ = [^:]+", text)
            assert not re.search(r'<t\w+ class="(data|gradient)"', picture["data"]["image/svg+xml"])
            assert "gradient" not in re.search(r"<desc>(.*?)</desc>", picture["data"]["image/svg+xml"])[1]


def same_text(found, kept):
    """Whether two texts are the same, their numbers to six digits, or both tiny."""
    if NUMBER.split(found) != NUMBER.split(kept):
        return False
    pairs = zip(map(float, NUMBER.findall(found)), map(float, NUMBER.findall(kept)))
    return all(a == b or abs(a - b) <= max(1e-5 * abs(b), 1e-9) for a, b in pairs)


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
