"""The names that a notebook's code cells define, section by section."""

import re

from tests.support.notebook_runner import NOTEBOOKS, read


def names_by_section(stem):
    """{example id: names after the last cell of its section}, from the cells run in this process."""
    names, found, id = {"__name__": stem}, {}, ""
    for cell in read(NOTEBOOKS / f"{stem}.ipynb").cells:
        if cell.cell_type == "markdown":
            id = ([id, *re.findall(r"^## ([A-E]\d+) ·", cell.source, re.MULTILINE)])[-1]
        elif "%pip" not in cell.source:
            exec(compile(cell.source, f"{stem}, {id}", "exec"), names)
            found[id] = dict(names)
    return found


def assert_words_of_the_course(stem, course):
    """The notebook has the course table's aims, prerequisites, summary and questions, and all exercises in order."""
    cells = read(NOTEBOOKS / f"{stem}.ipynb").cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    words = [*course["aims"], *course["before"], *course["summary"], *[row["ask"] for row in course["questionnaire"]]]

    assert [sentence for sentence in words if sentence not in text] == []
    assert f"about {course['minutes']} minutes" in text
    assert re.findall(r'exercise\("(.*?)"\)', code) == [row["id"] for row in course["exercise"]]
