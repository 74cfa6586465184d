"""A notebook as a page: its texts, formulas, code and stored outputs, without scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from .._text import html_image
from ..kit.formulas import formula
from .pages import NAME, run_link

BADGE = re.compile(r"^\[!\[Open in .*\n*", re.MULTILINE)  # pictures on other servers
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def notebook_paths(folder: Path) -> dict[str, Path]:
    """The notebooks of a folder, in the order of the course, by their names without the ending."""
    found = [path.relative_to(folder) for path in folder.rglob("*.ipynb")]
    kept = [path for path in found if not any(x == "solutions" or x.startswith(".") for x in path.parts)]
    # the quick start, the lectures A to E, what completes them, and then each folder
    order = sorted(
        kept, key=lambda path: (path.parts[:-1], not path.name.startswith("00"), path.name[0].isdigit(), path)
    )
    return {path.with_suffix("").as_posix(): folder / path for path in order}


def read_notebook(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook, their texts joined."""
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell | {"source": joined(cell["source"])} for cell in cells]


def joined(text: Any) -> str:
    """A text, which the format also stores as a list of lines."""
    return text if isinstance(text, str) else "".join(text)


def title_of(cells: list[dict[str, Any]]) -> str:
    """The first heading."""
    lines = [line for cell in cells for line in cell["source"].splitlines()]
    return str(next(line for line in lines if line.startswith("# ")))[2:]


def notebook_page(name: str, path: Path, course: Mapping[str, str], lite: bool) -> str:
    """The notebook as HTML, with links to the ones before and after it in the course."""
    up = "../" * (name.count("/") + 1)
    names = list(course)
    place = names.index(name)
    links = [f'<a href="{up}index.html">{NAME}</a>']
    for i, word in ((place - 1, "Previous"), (place + 1, "Next")):
        if 0 <= i < len(names):
            links.append(f'<a href="{up}notebooks/{names[i]}.html">{word}: {escape(course[names[i]])}</a>')
    links += [run_link(name, course[name], up)] * lite
    above, below = (f'<nav aria-label="{label}">{" ".join(links)}</nav>' for label in ("Course", "Course, again"))
    parts = [part for cell in read_notebook(path) for part in cell_parts(cell)]
    head = (
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f'<link rel="stylesheet" href="{up}style.css">\n<title>{escape(course[name])}</title>'
    )
    body = "\n".join(['<main class="site notebook">', above, *parts, below, "</main>"])
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'


def cell_parts(cell: Mapping[str, Any]) -> list[str]:
    """A cell as HTML."""
    if cell["cell_type"] == "markdown":
        return [markdown()(BADGE.sub("", cell["source"]))]
    if cell["cell_type"] != "code" or not cell["source"].strip():
        return []
    return [highlighted(cell["source"]), *map(output_html, cell["outputs"])]


@cache
def markdown() -> Any:
    """The function from Markdown to HTML."""
    import mistune
    from mistune.plugins.math import math
    from mistune.plugins.table import table

    class Renderer(mistune.HTMLRenderer):
        def link(self, text: str, url: str, title: str | None = None) -> str:
            return str(super().link(text, re.sub(r"\.ipynb(?=$|#)", ".html", url), title))

    renderer = Renderer(escape=False)
    converted = mistune.Markdown(renderer, plugins=[math, table])
    renderer.register("inline_math", lambda self, text: formula(text))
    renderer.register("block_math", lambda self, text: f'<p class="display">{formula(text)}</p>')
    return converted


def highlighted(code: str) -> str:
    """Python code with its keywords, strings, numbers and comments marked."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    shown = highlight(code, PythonLexer(), HtmlFormatter(nowrap=True))
    return f'<pre class="code" tabindex="0"><code>{shown.rstrip()}</code></pre>'


def output_html(output: Mapping[str, Any]) -> str:
    """An output of a code cell in its richest form."""
    if "text" in output:
        return printed(joined(output["text"]))
    if "traceback" in output:
        return printed("\n".join(output["traceback"]))
    data = {kind: joined(text) for kind, text in output["data"].items()}
    if "text/html" in data:
        return f'<div class="output">{data["text/html"]}</div>'
    if "text/markdown" in data:
        return f'<div class="output">{markdown()(data["text/markdown"])}</div>'
    if "image/svg+xml" in data:
        return f'<div class="output">{data["image/svg+xml"]}</div>'
    if "image/png" in data:
        return f'<div class="output">{html_image("image/png", data["image/png"].strip(), data["text/plain"])}</div>'
    return printed(data["text/plain"])


def printed(text: str) -> str:
    return f'<pre class="output" tabindex="0">{escape(ANSI.sub("", text).rstrip())}</pre>'
