"""The notebooks "Build your own engine": holes without answers, solutions with full marks, one after another."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.notebook_runner import (
    HOLE,
    SOLUTIONS,
    code_cells,
    executed,
    read,
    same_text,
    stripped,
    student_version,
    texts,
)

PATHS = sorted(SOLUTIONS.glob("*.ipynb"))
REPORT = re.compile(r"^Step (\d), .*: (\d+) of (\d+)\.$", re.MULTILINE)
FULL_MARKS = [(step, True) for step in range(1, 9)]
TIMED = re.compile(r"^.*(seconds|times as fast).*$", re.MULTILINE)  # lines that differ from run to run

each_step = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)

# Another style: each node is born with a function that sends its gradient on; new gates have no local gradients.
CLOSURES = {
    "backward": """
def sending(out, send):
    out.send = send
    return out


@add_to(Value)
def __add__(self, other):
    other = other if isinstance(other, Value) else Value(other)
    out = Value(self.data + other.data, (self, other), "+", (1.0, 1.0))

    def send():
        self.grad += out.grad
        other.grad += out.grad

    return sending(out, send)


@add_to(Value)
def __mul__(self, other):
    other = other if isinstance(other, Value) else Value(other)
    out = Value(self.data * other.data, (self, other), "*", (other.data, self.data))

    def send():
        self.grad += other.data * out.grad
        other.grad += self.data * out.grad

    return sending(out, send)


@add_to(Value)
def backward(self):
    nodes = self.order()
    for node in nodes:
        node.grad = 0.0
    self.grad = 1.0
    for node in reversed(nodes):
        if hasattr(node, "send"):
            node.send()
        else:  # the gates of notebook 6
            for operand, slope in zip(node.operands, node.local):
                operand.grad += node.grad * slope
""",
    "power": """
def sending(out, send):
    out.send = send
    return out


@add_to(Value)
def __pow__(self, n):
    out = Value(self.data**n, (self,), f"**{n}")

    def send():
        self.grad += n * self.data ** (n - 1) * out.grad

    return sending(out, send)
""",
    "exp": """
def one(self, value, slope, gate):
    out = Value(value, (self,), gate)

    def send():
        self.grad += slope * out.grad

    return sending(out, send)


@add_to(Value)
def exp(self):
    value = math.exp(self.data)
    return one(self, value, value, "exp")
""",
    "sigmoid": """
@add_to(Value)
def sigmoid(self):
    t = math.exp(-abs(self.data))
    value = 1 / (1 + t) if self.data >= 0 else t / (1 + t)
    return one(self, value, value * (1 - value), "sigmoid")
""",
    "kinks": """
@add_to(Value)
def relu(self):
    return one(self, max(0.0, self.data), float(self.data > 0), "ReLU")


@add_to(Value)
def maximum(self, other):
    other = other if isinstance(other, Value) else Value(other)
    out = Value(max(self.data, other.data), (self, other), "max")

    def send():
        larger = self if self.data > other.data else other
        larger.grad += out.grad

    return sending(out, send)
""",
}


def hole_of(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def chained(notebooks, folder):
    """All cells in one kernel and one folder, as a student works through them; the notebook with its outputs."""
    cells = [cell for notebook in notebooks for cell in code_cells(notebook)]
    whole = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.source) for cell in cells])
    client = NotebookClient(whole, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    return client.execute()


def last_reports(notebook):
    """The last report on each step: its number, and whether it has full marks."""
    found = REPORT.findall("\n".join(texts(notebook)))
    return sorted({int(step): passed == of for step, passed, of in found}.items())


def answers(notebook):
    """The solutions of a notebook, each a list of its lines."""
    for cell in code_cells(notebook):
        for _, solution in HOLE.findall(cell.source):
            yield [line.strip() for line in solution.splitlines() if line.strip()]


def test_engine_notebooks_are_eight():
    assert [path.stem[0] for path in PATHS] == [*"12345678"]
    assert [path.name for path in PATHS] == [path.name for path in sorted(SOLUTIONS.parent.glob("*.ipynb"))]


@each_step
def test_students_version_is_made_from_the_solution(path):
    made, kept = student_version(read(path)), read(SOLUTIONS.parent / path.name)

    assert [(cell.id, cell.source) for cell in made.cells[1:]] == [(cell.id, cell.source) for cell in kept.cells[1:]]
    assert made.cells[0].source.splitlines()[0] == kept.cells[0].source.splitlines()[0]  # below it, each has its badges
    assert "SOLUTION" not in Path(SOLUTIONS.parent / path.name).read_text(encoding="utf-8")


@each_step
def test_students_version_holds_no_answer(path):
    """No cell, hint or output has an answer of one line, or more than half of a longer one."""
    kept = read(SOLUTIONS.parent / path.name)
    shown = [cell.source for cell in kept.cells] + texts(kept)

    assert any(answers(read(path)))
    for lines in answers(read(path)):
        for text in shown:
            found = {line for line in lines if line in re.sub(r" +", " ", text)}
            assert len(found) <= len(lines) / 2, (found, text)


@each_step
def test_solutions_say_where_the_holes_are(path):
    """nbgrader makes a release version of a cell only if its metadata call it a solution."""
    for cell in code_cells(read(path)):
        assert bool(HOLE.search(cell.source)) == bool(cell.metadata.get("nbgrader", {}).get("solution")), cell.source
    ids = [hole_of(cell) for cell in code_cells(read(path)) if hole_of(cell)]
    assert len({*ids}) == len(ids)


@pytest.mark.slow
def test_solutions_get_full_marks_one_after_another(tmp_path):
    done = chained(map(read, PATHS), tmp_path)

    assert last_reports(done) == FULL_MARKS
    assert "the workshop's own engine" not in "\n".join(texts(done))  # each notebook starts from the one before


def test_students_versions_run_with_their_holes(tmp_path):
    done = chained([student_version(read(path)) for path in PATHS], tmp_path)

    assert last_reports(done) == [(step, False) for step in range(1, 9)]
    assert "✗" not in "\n".join(texts(done))


@pytest.mark.slow
def test_engine_of_closures_gets_full_marks(tmp_path):
    notebooks = [read(path) for path in PATHS]
    replaced = [cell for notebook in notebooks for cell in code_cells(notebook) if hole_of(cell) in CLOSURES]
    for cell in replaced:
        cell.source = CLOSURES[hole_of(cell)]

    assert len(replaced) == len(CLOSURES)
    assert last_reports(chained(notebooks, tmp_path)) == FULL_MARKS


@pytest.mark.slow
@pytest.mark.parametrize("path", [*PATHS, *sorted(SOLUTIONS.parent.glob("*.ipynb"))], ids=lambda path: path.stem)
def test_engine_notebook_prints_what_it_shows(path):
    kept = read(path)
    found = stripped(executed(read(path)))

    for new, old in zip(texts(found), texts(kept), strict=True):
        assert same_text(TIMED.sub("", new), TIMED.sub("", old)), (new, old)
