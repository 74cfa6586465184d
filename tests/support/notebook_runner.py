"""Notebooks executed in a kernel of their own, and what is kept of their outputs.

After a change that alters what notebooks print: ``python tests/support/notebook_runner.py`` runs them all and writes
them anew, without execution counts, metadata and warnings; NAMES on the command line run only those. The notebooks in
engine/solutions/ are the source of those in engine/: their students' versions, with holes, are written along with them.
"""

import json
import os
import re
import sys
import tempfile
import tomllib
from copy import deepcopy
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SOLUTIONS = NOTEBOOKS / "engine" / "solutions"
HOLE = re.compile(r"^( *)### BEGIN SOLUTION\n(.*?)### END SOLUTION$", re.MULTILINE | re.DOTALL)  # nbgrader's markers
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
LANGUAGE = {"language_info": {"name": "python"}}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
URLS = tomllib.loads((NOTEBOOKS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"].get("urls", {})
GITHUB = "https://github.com/"
SERVICES = {  # name, picture, address of a notebook
    "Colab": ("https://colab.research.google.com/assets/colab-badge.svg",
        "https://colab.research.google.com/github/{repository}/blob/HEAD/notebooks/{name}.ipynb"),
    "Binder": ("https://mybinder.org/badge_logo.svg",
        "https://mybinder.org/v2/gh/{repository}/HEAD?labpath=notebooks/{name}.ipynb"),
    "JupyterLite": ("https://jupyterlite.rtfd.io/en/latest/_static/badge.svg",
        "{lite}/lab/index.html?path={name}.ipynb"),
}  # fmt: skip


def read(path):
    return nbformat.read(path, as_version=4)


def badges(name, urls):
    """A line of links that open the notebook elsewhere, by the project's URLs "Repository" and "JupyterLite"."""
    given = {"repository": urls.get("Repository", "").rstrip("/").removesuffix(".git").removeprefix(GITHUB),
             "lite": urls.get("JupyterLite", "").rstrip("/")}  # fmt: skip
    on_github = urls.get("Repository", "").startswith(GITHUB)
    known = [on_github, on_github, given["lite"]]
    links = [f"[![Open in {service}]({picture})]({address.format(name=name, **given)})"
             for (service, (picture, address)), possible in zip(SERVICES.items(), known) if possible]  # fmt: skip
    return " ".join(links)


def with_badges(notebook, name, urls=URLS):
    """The notebook with that line under its title, or without one if there are no URLs."""
    title, *lines = notebook.cells[0].source.split("\n")
    lines = "\n".join(line for line in lines if not line.startswith("[![Open in ")).strip("\n")
    notebook.cells[0].source = "\n\n".join(filter(None, (title, badges(name, urls), lines)))
    return notebook


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def student_version(notebook):
    """The notebook with ``...`` in place of each solution."""
    notebook = deepcopy(notebook)
    for cell in code_cells(notebook):
        cell.source = HOLE.sub(r"\1...", cell.source)
        cell.outputs = []
        cell.metadata = {}
    return notebook


def executed(notebook):
    """The notebook run from top to bottom in an empty folder; raises at the first error."""
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}})
        return client.execute()


def stripped(notebook):
    """The notebook with its outputs, and without what differs from run to run."""
    for cell in notebook.cells:
        cell.metadata = {kind: known for kind, known in cell.metadata.items() if kind == "nbgrader"}
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = joined(cell.outputs)
    notebook.metadata = {**KERNEL, **LANGUAGE}
    return notebook


def joined(outputs):
    """The outputs without counts, metadata and the error stream; text that came in pieces is one."""
    kept = []
    for output in outputs:
        if output.get("name") == "stderr":
            continue
        if kept and output.output_type == kept[-1].output_type == "stream":
            kept[-1].text += output.text
            continue
        if "metadata" in output:
            told = {kind: {"alt": known["alt"]} for kind, known in output.metadata.items() if "alt" in known}
            output.metadata = told  # a plot in words
        if "execution_count" in output:
            output.execution_count = None
        kept.append(output)
    return kept


def texts(notebook):
    """What each code cell printed and returned, as text."""
    found = []
    for cell in code_cells(notebook):
        parts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in joined(cell.outputs)]
        found.append("\n".join(parts))
    return found


def same_text(found, kept):
    """Whether two texts are the same, their numbers to six digits, or both tiny."""
    if NUMBER.split(found) != NUMBER.split(kept):
        return False
    pairs = zip(map(float, NUMBER.findall(found)), map(float, NUMBER.findall(kept)))
    return all(a == b or abs(a - b) <= max(1e-5 * abs(b), 1e-9) for a, b in pairs)


def write(notebook, path):
    nbformat.validate(notebook)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(new, path)


def renew(notebook, path):
    """Run the notebook and write it with its outputs."""
    name = path.relative_to(NOTEBOOKS).with_suffix("").as_posix()
    write(stripped(executed(with_badges(notebook, name))), path)
    print(name)


if __name__ == "__main__":
    everything = [*sorted(NOTEBOOKS.glob("*.ipynb")), *sorted(SOLUTIONS.glob("*.ipynb"))]
    for path in [NOTEBOOKS / f"{name}.ipynb" for name in sys.argv[1:]] or everything:
        renew(read(path), path)
        if path.parent == SOLUTIONS:
            renew(student_version(read(path)), SOLUTIONS.parent / path.name)
