"""The page: graphs to step through and to change, in one HTML file that needs nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

from autodiff import Value, history, statements
from autodiff.files import PAGES, suffix, write
from autodiff.flat import javascript
from autodiff.vocabulary import as_data

from .article import article, encoded
from .lesson import lessons, title_of
from .svg import style_sheet
from .text import clean, escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from typing import Any

WEB = Path(__file__).with_name("web")
SCRIPTS = ["number", "formula", "paths", "graph", "lesson", "said", "player", "change", "lab"]
PLAYGROUND = ["network", "surface", "descent", "training"]
MOST = 2000  # a graph of more nodes is no page to read
# Nothing is ever loaded: the browser is told so, too.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


class Page:
    """One HTML file. In a notebook it shows itself in a frame of its own.

    Attributes
    ----------
    title : str
        What stands in the browser's tab.

    Examples
    --------
    >>> from visualize import Page
    >>> from autodiff import variables
    >>> from visualize import page
    >>> x, y = variables(x=3, y=4)
    >>> page(x * y).html().startswith("<!DOCTYPE html>")
    True
    """

    def __init__(self, title: str, body: str, programs: Sequence[str]) -> None:
        self.title = title
        self._body, self._programs = body, programs

    def html(self) -> str:
        """The whole file as text."""
        parts = dict.fromkeys([javascript.runtime(), *self._programs, f"const WORDS = {encoded(as_data())};"])
        names = [*SCRIPTS, *(PLAYGROUND if '<section class="playground"' in self._body else []), "start"]
        script = "\n".join([*parts, *[read(f"{name}.js") for name in names]])
        return "\n".join(
            [
                "<!DOCTYPE html>",
                '<html lang="en">',
                "<head>",
                '<meta charset="utf-8">',
                f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                '<meta name="color-scheme" content="light dark">',
                '<link rel="icon" href="data:,">',
                f"<title>{escape(self.title)}</title>",
                f"<style>\n{style_sheet()}{read('page.css')}</style>",
                "</head>",
                f"<body>\n<main>\n{self._body}\n</main>\n<script>\n{script}</script>",
                "</body>",
                "</html>",
                "",
            ]
        )

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write the page to a file that ends in .html, and return the path."""
        suffix(path, PAGES)
        return write(path, self.html().encode())

    def _repr_html_(self) -> str:
        return (
            f'<iframe title="{escape(self.title)}" sandbox="allow-scripts" style="width: 100%; border: 0" '
            f'height="720" srcdoc="{escape(self.html())}"></iframe>'
        )

    def __repr__(self) -> str:
        return f'<page "{self.title:.60}": .save("name.html") keeps it>'


def read(name: str) -> str:
    """A script or style sheet of the page."""
    return (WEB / name).read_text(encoding="utf-8")


def page(output: Value, *, title: str = "", fold: Any = None, digits: int | None = None, layout: str = "auto") -> Page:
    """The graph behind a Value as a page: both passes step by step, inputs to change, and what follows.

    Parameters
    ----------
    output : Value
        The end of the graph. Its gradients start from 1, whether or not ``backward()`` was called.
    title : str
        The heading; by default the output and its number.
    fold, digits, layout
        As for ``draw``.

    Returns
    -------
    Page
        ``save("name.html")`` writes it: one file, which needs no network and no server.

    Raises
    ------
    StaleGraphError
        If an input has changed since the graph was computed.
    ValueError
        If the graph has more than 2,000 nodes.

    Examples
    --------
    >>> from autodiff import variables
    >>> from visualize import page
    >>> x, y, z = variables(x=-2, y=5, z=-4)
    >>> page((x + y) * z)
    <page "f = -12": .save("name.html") keeps it>
    """
    if type(output) is not Value:
        raise TypeError(f"page takes a Value, got {type(output).__name__}: {output!r:.60}")
    order = history(output)
    if len(order) > MOST:
        raise ValueError(f"a page shows at most {MOST:,} nodes, got {len(order):,}: draw() folds larger graphs")
    heading = clean(title, 120) or title_of(output)
    made = lessons(output, 0, fold, digits, layout)
    expression = clean("; ".join(statements(order, output)), 600)
    lines = [f"<code>{escape(expression)}</code>"] * bool(expression)
    return Page(heading, article("lesson", heading, lines, made), [text for lesson in made for text in lesson.programs])


def collection(
    parts: Sequence[tuple[str, str, Sequence[str], Value]], last: Page | None = None, layout: str = "auto"
) -> Page:
    """Several graphs in one page, with a box to pick one.

    Parameters
    ----------
    parts : sequence of (id, title, lines, output)
        For each graph an identifier, its heading, and what stands under it;
        the first line is the group it belongs to.
    last : Page, optional
        What is put at the end, such as a playground.
    layout : str
        As for ``draw``.
    """
    articles: list[str] = []
    programs: list[str] = []
    number = 0
    for id, title, lines, output in parts:
        made = lessons(output, number, layout=layout)
        number += len(made)
        articles.append(article(id, title, [escape(line) for line in lines], made, 2))
        programs += [text for lesson in made for text in lesson.programs]
    title = "Backpropagation, example by example"
    if last:
        articles.append(last._body)
        programs += last._programs
    head = f'<header class="collection"><h1>{title}</h1></header>'
    return Page(title, "\n".join([head, *articles]), programs)
