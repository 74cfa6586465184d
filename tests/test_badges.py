"""The links that open a notebook elsewhere: written where an address is known, by the runner of notebooks."""

import re

import nbformat
import pytest

from tests.support.notebook_runner import NOTEBOOKS, badges, read, with_badges

PATHS = {path.relative_to(NOTEBOOKS).with_suffix("").as_posix(): path for path in sorted(NOTEBOOKS.rglob("*.ipynb"))}
URLS = {"Repository": "https://github.com/someone/some-project.git", "JupyterLite": "https://someone.example.org/lite/"}
COLAB = "https://colab.research.google.com/github/someone/some-project/blob/HEAD/notebooks/D-some.ipynb"


def test_badges_of_known_addresses():
    line = badges("D-some", URLS)

    assert re.findall(r"\)\]\((https://[^)]*)\)", line) == [
        COLAB,
        "https://mybinder.org/v2/gh/someone/some-project/HEAD?labpath=notebooks/D-some.ipynb",
        "https://someone.example.org/lite/lab/index.html?path=D-some.ipynb",
    ]
    assert line.count("[![Open in ") == 3


@pytest.mark.parametrize(
    ("urls", "services"),
    [
        ({}, []),
        ({"Repository": "https://gitlab.com/someone/some-project"}, []),
        ({"Repository": "https://github.com/someone/some-project"}, ["Colab", "Binder"]),
        ({"JupyterLite": "https://someone.example.org/lite"}, ["JupyterLite"]),
    ],
)
def test_badges_only_where_an_address_is_known(urls, services):
    assert re.findall(r"Open in (\w+)", badges("D-some", urls)) == services


def test_badges_stand_under_the_title_once():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title\n\nText.\n\nMore.")])
    for _ in range(2):
        title, line, *rest = with_badges(notebook, "D-some", URLS).cells[0].source.split("\n\n")
        assert (title, rest) == ("# Title", ["Text.", "More."])
        assert line == badges("D-some", URLS)

    assert with_badges(notebook, "D-some", {}).cells[0].source == "# Title\n\nText.\n\nMore."


@pytest.mark.parametrize("name", PATHS)
def test_notebooks_have_the_badges_of_this_project(name):
    assert with_badges(read(PATHS[name]), name).cells[0].source == read(PATHS[name]).cells[0].source
