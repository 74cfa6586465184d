"""A lecture's notebook beside its course table: the same words, every exercise once, and what its cells compute."""

import re

from autodiff.lectures import SLIPS
from autodiff.lectures.course import read_course
from autodiff.quiz import read_exercises
from tests.support.notebook_runner import NOTEBOOKS, code_cells, read


def open_notebook(letter):
    (path,) = NOTEBOOKS.glob(f"{letter}-*.ipynb")
    return read(path)


class Run:
    """A notebook's code cells, run from top to bottom; ``after(text)`` has the names after the cell with that text."""

    def __init__(self, letter):
        self.found, names = [], {}
        for cell in code_cells(open_notebook(letter))[1:]:  # the first one installs
            names = dict(names)  # functions keep the names of their time
            exec(cell.source, names)
            self.found.append((cell.source, names))

    def after(self, text):
        ((_, names),) = [pair for pair in self.found if text in pair[0]]
        return names


def assert_says_what_the_table_says(letter):
    table, notebook = read_course(letter), open_notebook(letter)
    first, last = notebook.cells[0].source, notebook.cells[-1].source

    assert f"About {table['minutes']} minutes" in first
    assert [line for line in table["aims"] + table["before"] if f"\n- {line}" not in first] == []
    assert [line for line in table["summary"] if f"\n- {line}" not in last] == []
    assert [row["ask"] for row in table["questionnaire"] if f". {row['ask']} ({letter}" not in last] == []


def assert_asks_every_exercise_once(letter):
    """In order, each with the table's blanks or the start of its function in the cell after it."""
    cells = [cell.source for cell in code_cells(open_notebook(letter))]
    asked = [(match[1], after) for cell, after in zip(cells, [*cells[1:], ""])
             if (match := re.search(r'exercise\("([A-E]\.\d+)"\)', cell))]  # fmt: skip

    assert [id for id, _ in asked] == [e.id for e in read_exercises(letter)]
    for e, (_, after) in zip(read_exercises(letter), asked):
        if e.kind in ("graph", "numbers"):
            blanks = e.question.answers if e.kind == "graph" else e.answers
            assert sorted(re.findall(r'"([^"]+)": None', after)) == sorted(blanks), e.id
        elif e.kind == "code":
            assert e.start[e.start.index("def ") :] in after, e.id
            assert f"e.feedback({e.name})" in after, e.id
        elif e.kind == "choice":
            assert after.startswith("answer = None"), e.id


def assert_quotes_every_slip(letter):
    """Word for word, in a cell that says where the words are from."""
    cells = [
        cell.source for cell in open_notebook(letter).cells if "in the text of the slides that we have" in cell.source
    ]

    for slip in SLIPS:
        assert slip.id[0] != letter or any(f"> ${slip.quote}$" in source for source in cells), slip.id
