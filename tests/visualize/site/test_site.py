"""The static site: a folder that is whole or absent, links that lead somewhere, the wheel in Pyodide."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.site_tools import dead_links, leave, need_part, pages_in
from visualize.__main__ import main
from visualize.site import PARTS, folder, pages, tools, write_site
from visualize.site.notebooks import notebook_page, notebook_paths, output_html, read_notebook, title_of
from visualize.site.pages import front_page, style

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
IN_PYODIDE = """
import { loadPyodide } from "pyodide";
import fs from "node:fs";
const py = await loadPyodide();
py.FS.writeFile("/tmp/package.whl", fs.readFileSync(process.argv[2]));
console.log(py.runPython(`
import json, sys, zipfile
zipfile.ZipFile("/tmp/package.whl").extractall("/lib/package")
sys.path.insert(0, "/lib/package")
import autodiff, nn, visualize
from autodiff.quiz import exercise
x, y, z = autodiff.variables(x=-2, y=5, z=-4)
f = (x + y) * z
f.backward()
model, (X, Y) = nn.MLP(2, [4, 1], seed=0), nn.truth_table("xor")
nn.fit(model, X, Y, progress=False)
json.dumps({
    "gradients": [x.grad, y.grad, z.grad], "steps": len(f.steps()), "drawn": "</svg>" in visualize.draw(f).svg(),
    "page": "</html>" in visualize.page(f).html(), "learned": [nn.predict(model, x) for x in X],
    "exercise": "minus sign" in str(exercise("D.1").feedback({"df/db": 2})),
})`));
"""


@pytest.fixture
def few_pages(monkeypatch):
    """One small page in place of those that take seconds, and no processes."""

    class Pool:
        def __init__(self, **options):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def submit(self, work, *given):
            self.made = work(*given)
            return self

        def result(self):
            return self.made

    monkeypatch.setattr(folder, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(folder, "PAGES", [style])


@pytest.fixture(scope="module")
def course():
    """The titles of the course's notebooks."""
    return {name: title_of(read_notebook(path)) for name, path in notebook_paths(NOTEBOOKS).items()}


def test_site_folder_is_whole(few_pages, tmp_path, capsys):
    assert main(["--site", str(tmp_path / "site"), "--without", ",".join(PARTS)]) == 0

    assert capsys.readouterr().out == f"{tmp_path / 'site' / 'index.html'}\n"
    assert sorted(path.name for path in (tmp_path / "site").iterdir()) == [".nojekyll", "index.html", "style.css"]
    assert list(tmp_path.iterdir()) == [tmp_path / "site"]


def test_site_folder_is_absent_after_an_error(few_pages, tmp_path, monkeypatch):
    def fail():
        raise ValueError("no page")

    monkeypatch.setattr(folder, "PAGES", [style, fail])
    with pytest.raises(ValueError, match="no page"):
        write_site(tmp_path / "site", PARTS)
    assert list(tmp_path.iterdir()) == []


def test_part_without_its_packages_says_what_to_do(monkeypatch):
    monkeypatch.setattr(tools, "find_spec", lambda name: None)
    for part in PARTS:
        with pytest.raises(ImportError, match=rf'pip install "scalar-autodiff\[site\]", or .* --without {part}'):
            tools.check_part(part)


def test_part_of_the_source_needs_it(monkeypatch, tmp_path):
    monkeypatch.setattr(tools, "find_spec", lambda name: True)
    monkeypatch.setattr(tools, "SOURCE", tmp_path)
    for part in tools.FROM_SOURCE:
        with pytest.raises(FileNotFoundError, match=f"run in a clone, or leave it out: --without {part}"):
            tools.check_part(part)
    tools.check_part("api")


def test_documented_packages_export_something():
    names = tools.documented()

    assert {"autodiff", "nn", "visualize", "autodiff.quiz", "autodiff.flat", "visualize.kit"} <= set(names)
    assert len(set(names)) == len(names)
    assert "autodiff.flat.backends.llvm" not in names  # it needs llvmlite


def test_tool_that_fails_is_quoted(tmp_path):
    with pytest.raises(OSError, match=r"(?s)python -m pip no-such-word failed:.*unknown command"):
        tools.run_tool("pip", "no-such-word", cwd=tmp_path)


@pytest.mark.parametrize("parts", [(), ("lite",), ("notebooks", "api"), PARTS], ids=str)
def test_start_page_offers_what_is_there(parts, course):
    text = front_page(course, parts, "some-1.whl" if "lite" in parts else "")

    for part, link in (("notebooks", "notebooks/00-quick-start.html"), ("lite", "lite/pypi/some-1.whl"),
                       ("lite", "lite/lab/index.html?path=A-ucr-228.ipynb"), ("api", "api/index.html")):  # fmt: skip
        assert (f'href="{link}"' in text) == (part in parts)
    for link in ("try.html", "playgrounds/moons.html", "lectures.html", "kit/index.html"):
        assert f'href="{link}"' in text


def test_course_begins_with_the_quick_start(tmp_path):
    for name in ("00-a", "01-b", "A-c", "engine/1-d", "engine/solutions/1-d", ".ipynb_checkpoints/A-c"):
        (tmp_path / f"{name}.ipynb").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.ipynb").touch()

    assert list(notebook_paths(tmp_path)) == ["00-a", "A-c", "01-b", "engine/1-d"]


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook_as_a_page(path, course):
    need_part("notebooks")
    text = notebook_page(path.stem, path, course, True)

    assert text.count('<pre class="code"') == sum(
        cell["cell_type"] == "code" and bool(cell["source"].strip()) for cell in read_notebook(path)
    )
    assert f"lite/lab/index.html?path={path.stem}.ipynb" in text
    assert "Open in Colab" not in text


def test_output_in_its_richest_form():
    need_part("notebooks")
    data = {"text/plain": "Value(1.0)", "image/png": "iVBO\n", "text/markdown": "*a* $x_1$", "text/html": "<b>1</b>"}
    shown = []
    while data:
        shown.append(output_html({"data": data}))
        data.popitem()

    assert shown == [
        '<div class="output"><b>1</b></div>',
        '<div class="output"><p><em>a</em> <math><msub><mi>x</mi><mn>1</mn></msub></math></p>\n</div>',
        '<div class="output"><img src="data:image/png;base64,iVBO" alt="Value(1.0)" '
        'style="max-width: 100%; height: auto"></div>',
        '<pre class="output" tabindex="0">Value(1.0)</pre>',
    ]
    assert output_html({"text": ["\x1b[31ma\x1b[0m <\n", "b\n"]}) == '<pre class="output" tabindex="0">a &lt;\nb</pre>'
    assert "1 / 0" in output_html({"traceback": ["1 / 0"]})


def test_pages_lead_home(monkeypatch):
    monkeypatch.setattr(pages, "DATA", ["xor", "moons"])
    made = pages.playground_pages() | pages.try_page()

    assert '<header class="collection"><a href="index.html">' in made["try.html"]
    assert 'href="../index.html"' in made["playgrounds/xor.html"]
    assert 'href="moons.html"' in made["playgrounds/xor.html"]


@pytest.mark.slow
def test_site_links_and_bytes(tmp_path):
    """All links of the whole site lead somewhere; built again, our own pages are the same to the byte."""
    for part in PARTS:
        need_part(part)
    write_site(tmp_path / "one")
    write_site(tmp_path / "two", PARTS)
    found = pages_in(tmp_path / "one")

    assert {path.relative_to((tmp_path / "one").resolve()).parts[0] for path in found} >= {
        "api", "index.html", "kit", "lectures.html", "notebooks", "playgrounds", "try.html"
    }  # fmt: skip
    assert sum(len(page.links) for page in found.values()) > 500
    assert dead_links(found) == []
    own = [path for path in (tmp_path / "two").rglob("*") if path.is_file() and path.name != "index.html"]
    assert len(own) > 40
    for path in own:
        assert path.read_bytes() == (tmp_path / "one" / path.relative_to(tmp_path / "two")).read_bytes(), path
    index = json.loads((tmp_path / "one/lite/pypi/all.json").read_text(encoding="utf-8"))
    assert "scalar-autodiff" in index
    names = {path.name for path in NOTEBOOKS.glob("*.ipynb")}
    assert {path.name for path in (tmp_path / "one/lite/files").glob("*.ipynb")} == names


@pytest.mark.slow
def test_wheel_works_in_pyodide(tmp_path):
    """The wheel alone, without any of its dependencies, in the version of Pyodide that JupyterLite loads."""
    need_part("lite")
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

    if not shutil.which("npm"):
        leave("no program npm on the PATH: apt-get install nodejs npm")
    (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    command = ["npm", "install", "--no-audit", "--no-fund", f"pyodide@{PYODIDE_VERSION}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    if done.returncode:
        leave(f"npm cannot fetch Pyodide: {done.stderr[-300:]}")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=tools.SOURCE, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    (tmp_path / "test.mjs").write_text(IN_PYODIDE, encoding="utf-8")
    done = subprocess.run(["node", "test.mjs", str(wheel)], cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == {
        "gradients": [-4.0, -4.0, 3.0], "steps": 4, "drawn": True, "page": True, "learned": [0, 1, 1, 0],
        "exercise": True,
    }  # fmt: skip
