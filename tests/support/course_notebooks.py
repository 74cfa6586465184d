"""What a lecture's notebook computes: the names that its cells define, when run in this process."""

import re

from tests.support.notebook_runner import NOTEBOOKS, read


class Run:
    """A notebook's code cells, run from top to bottom.

    ``run["D1"]`` has the names after the last cell of that section, ``run.after(text)`` those after the cell with the
    text.
    """

    def __init__(self, letter):
        (path,) = NOTEBOOKS.glob(f"{letter}-*.ipynb")
        self.cells, names, section = [], {"__name__": path.stem}, ""
        for cell in read(path).cells:
            if cell.cell_type == "markdown":
                section = ([section, *re.findall(r"^## ([A-E]\d+) ·", cell.source, re.MULTILINE)])[-1]
            elif "%pip" not in cell.source:
                names = dict(names)  # functions keep the names of their time
                exec(compile(cell.source, f"{path.stem}, {section}", "exec"), names)
                self.cells.append((section, cell.source, names))

    def __getitem__(self, id):
        return [names for section, _, names in self.cells if section == id][-1]

    def after(self, text):
        (names,) = [names for _, source, names in self.cells if text in source]
        return names
