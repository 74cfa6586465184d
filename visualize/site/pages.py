"""The pages of the site that this package makes by itself, and its start page."""

from __future__ import annotations

import importlib.util
from collections.abc import Collection, Mapping
from pathlib import Path
from string import Template

from autodiff.lectures import EXAMPLES, LECTURES, find
from autodiff.parser import parse

from .._text import escape
from ..kit import kit_files
from ..picture import draw
from ..render.svg import style_sheet
from ..web.document import STYLE, Page, collection, page, parts_of
from ..web.playground import preset_page

HERE = Path(__file__).parent
DATA = ["xor", "moons", "circles", "spirals", *["digits"] * bool(importlib.util.find_spec("sklearn"))]
NAME = "scalar-autodiff"
NET = "h1 = tanh(w1*x1 + w2*x2); h2 = tanh(w3*x1 + w4*x2); y = v1*h1 + v2*h2"
NET_INPUTS = {"x1": 1, "x2": 0, "w1": 2, "w2": -1, "w3": -1, "w4": 2, "v1": 1, "v2": -1}


def lectures() -> Page:
    """The page of all lecture examples, and XOR to train."""
    last = preset_page("xor", "XOR, to be learned by a net")
    return collection(parts_of([*EXAMPLES.values()]), last, editable=True)


def lecture_pages() -> dict[str, str]:
    """The page of all lecture examples, with a way home."""
    return {"lectures.html": with_links(lectures(), {NAME: "index.html"}).html()}


def try_page() -> dict[str, str]:
    """The page to write expressions in."""
    f = parse("(x + y) * z", x=-2, y=5, z=-4)
    return {"try.html": with_links(page(f, editable=True), {NAME: "index.html"}).html()}


def playground_pages() -> dict[str, str]:
    """A playground for each data set, with links to the others."""
    pages = {}
    for task in DATA:
        links = {NAME: "../index.html"} | {other: f"{other}.html" for other in DATA if other != task}
        pages[f"playgrounds/{task}.html"] = with_links(preset_page(task), links).html()
    return pages


def kit_pages() -> dict[str, str]:
    """The lecturer's kit; its start page has a way home."""
    home = f'<body>\n<nav><a href="../index.html">{NAME}</a></nav>'
    files = kit_files()
    files["index.html"] = files["index.html"].replace("<body>", home, 1)
    return {f"kit/{name}": text for name, text in files.items()}


def with_links(page: Page, links: Mapping[str, str]) -> Page:
    """The page with these links above it."""
    head = '<header class="collection">'
    texts = "".join([f'<a href="{address}">{text}</a>' for text, address in links.items()])
    begin, found, rest = page._body.partition(head)
    page._body = f"{begin}{head}{texts}{rest}" if found else f"{head}{texts}</header>\n{begin}"
    return page


def style() -> dict[str, str]:
    """The style of the start page and the notebooks: that of the other pages, and more."""
    return {"style.css": style_sheet() + STYLE.read_text(encoding="utf-8") + (HERE / "site.css").read_text("utf-8")}


def front_page(course: Mapping[str, str], parts: Collection[str], wheel: str) -> str:
    """The start page; ``course`` has the titles of notebooks by their names."""
    read = "notebooks" in parts
    first = f"notebooks/{next(iter(course))}.html" if read else "lectures.html"
    rows = "".join([course_row(name, title, parts) for name, title in course.items()])
    source = f'Download the <a href="lite/pypi/{wheel}">wheel</a>, and' if wheel else "In the folder of the source,"
    net = parse(NET, **NET_INPUTS)
    neuron = find("D2")[0].build()
    for output in (net, neuron, graph := parse("q = x + y; f = q * z", x=-2, y=5, z=-4)):
        output.backward()
    return Template((HERE / "index.html").read_text(encoding="utf-8")).substitute(
        first=first,
        graph=draw(graph).svg(),
        net=draw(net, values=False, gradients=False).svg(),
        neuron=draw(neuron, values=False, gradients=False).svg(),
        examples=len(EXAMPLES),
        playgrounds=" ".join([f'<a href="playgrounds/{task}.html">{task}</a>' for task in DATA]),
        course=f'<ol class="course">{rows}</ol>' if rows else "",
        lite=LITE if "lite" in parts else "",
        guides=" ".join(
            [f'<a href="kit/guide-{letter}.html">{letter} {escape(LECTURES[letter])}</a>' for letter in LECTURES]
        ),
        install=f'<p>{source} run</p><pre tabindex="0">pip install ./{wheel}</pre>',
        api='<p><a href="api/index.html">API reference</a>: every public function, with examples.</p>'
        if "api" in parts
        else "",
    )


LITE = """<p class="small">To run a notebook, your browser loads Python (Pyodide, about 25 MB, from cdn.jsdelivr.net) \
and two packages from pypi.org; nothing is installed on your computer.</p>"""


def course_row(name: str, title: str, parts: Collection[str]) -> str:
    """A notebook's title, as a link to read it, and a link to run it."""
    shown = escape(title)
    read = f'<a href="notebooks/{name}.html">{shown}</a>' if "notebooks" in parts else shown
    run = run_link(name, title) if "lite" in parts else ""
    return f"<li>{read}{run}</li>"


def run_link(name: str, title: str, up: str = "") -> str:
    """A link that opens a notebook in JupyterLite."""
    return (
        f' <a class="launch" href="{up}lite/lab/index.html?path={name}.ipynb" aria-label="Run {escape(title)}">Run</a>'
    )
