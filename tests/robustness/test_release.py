"""The release: wheel and sdist are complete and work in a clean environment without the checkout."""

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
URLS = PROJECT["urls"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LIMIT = 850_000  # bytes of the wheel, which a visitor of the page in JupyterLite downloads
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"
ROOMS = ("autodiff", "nn", "visualize")
ASSETS = {path.relative_to(ROOT).as_posix() for room in ROOMS for kind in ("js", "css", "html", "jinja2", "typed")
          for path in (ROOT / room).rglob(f"*.{kind}")}  # fmt: skip
USE = """
import importlib.metadata, pathlib, autodiff, nn, visualize
from autodiff.flat import javascript
from autodiff.lectures import EXAMPLES
for room in (autodiff, nn, visualize):
    assert "site-packages" in room.__file__, room.__file__
assert importlib.metadata.version("scalar-autodiff") == autodiff.__version__
for example in EXAMPLES.values():
    example.confirm(example.build())
f = EXAMPLES["D1"].build()
assert "</svg>" in visualize.draw(f).svg()
assert "</html>" in visualize.page(f).html()
assert javascript.runtime()
visualize.draw(f).save("f.png")
print("works")
"""

slow = pytest.mark.slow


def run(*command, cwd, **variables):
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, encoding="utf-8",
                          check=False, env={**os.environ, "PYTHONIOENCODING": "utf-8", **variables})  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder, *options):
    """Build from the checkout, and return the paths of what was built."""
    run(sys.executable, "-m", "build", *options, "--outdir", folder, ROOT, cwd=folder)
    return sorted(folder.glob("scalar_autodiff-*"))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The path of the wheel, built with the tools of this environment, which needs no network."""
    (path,) = build(tmp_path_factory.mktemp("wheel"), "--wheel", "--no-isolation")
    return path


@pytest.fixture(scope="session")
def scripts(wheel, tmp_path_factory):
    """The folder of the programs of an environment that has the wheel and no other package."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    program = folder / SCRIPTS / ("python.exe" if sys.platform == "win32" else "python")
    run(sys.executable, "-m", "pip", "--python", program, "install", "-q", "--no-deps", wheel, cwd=folder)
    return folder / SCRIPTS


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The paths of wheel and sdist, the wheel built from the sdist, as for a release."""
    wheel, source = build(tmp_path_factory.mktemp("dist"))
    return {"wheel": wheel, "source": source}


@pytest.fixture
def metadata(wheel):
    """The wheel's metadata: headers, and the text that PyPI shows."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return archive.read(name).decode().replace("\r\n", "\n").split("\n\n", 1)


def test_wheel_holds_packages_and_assets_only(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    assert wheel.name.endswith("-py3-none-any.whl")
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == set(ROOMS)
    assert ASSETS
    assert set(names) >= ASSETS
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.endswith((".ipynb", ".so", ".pyc")) or "test" in name.split("/")[0]]
    assert wheel.stat().st_size < LIMIT


def test_wheel_is_the_same_each_time(wheel, tmp_path):
    (again,) = build(tmp_path, "--wheel", "--no-isolation")

    assert again.read_bytes() == wheel.read_bytes()


def test_description_on_pypi_has_absolute_links(metadata):
    text = metadata[1]
    links = re.findall(r"\]\(([^)]+)\)", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    raw = URLS["Repository"].replace("https://github.com", "https://raw.githubusercontent.com") + "/HEAD/"
    files = URLS["Repository"] + "/blob/HEAD/"

    assert sum(link.startswith(raw) for link in pictures) >= 2
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    named = [link.removeprefix(raw).removeprefix(files) for link in links if link.startswith((raw, files))]
    assert [name for name in named if not (ROOT / name).is_file()] == []
    assert text.replace(raw, "").replace(files, "") == README


def test_addresses_come_from_the_project(metadata):
    headers = metadata[0]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")

    assert all(f"Project-URL: {name}, {url}" in headers for name, url in URLS.items())
    assert all(url.startswith((URLS["Homepage"], URLS["Repository"])) for url in URLS.values())
    assert f'url: "{URLS["Homepage"]}"' in citation
    assert f'repository-code: "{URLS["Repository"]}"' in citation
    assert f"version: {PROJECT['version']}" in citation
    listed = {line.rpartition(" ")[2] for line in PROJECT["classifiers"] if line.startswith("Programming Language")}
    assert listed >= {"3.11", "3.12", "3.13", "3.14"}


# --- The installed command ------------------------------------------------------------------------


def test_script_needs_no_other_package(scripts, tmp_path):
    script = scripts / "scalar-autodiff"

    assert run(script, "--version", cwd=tmp_path) == f"scalar-autodiff {PROJECT['version']}\n"
    assert "df/dz = df/df * q = 1 * 3 = 3" in run(script, "q = x + y; f = q * z", "x=-2", "y=5", "z=-4", cwd=tmp_path)
    assert "df/dz = df/df * q" in run(script, "D1", cwd=tmp_path)
    assert run(script, "quiz", "1", cwd=tmp_path).startswith("1. ")
    assert run(script, "draw", "D1", "-o", "d1.svg", cwd=tmp_path) == "d1.svg\n"
    assert "</svg>" in (tmp_path / "d1.svg").read_text(encoding="utf-8")
    assert "scalar-autodiff train xor" in run(script, "train", "and", "--epochs", "20", cwd=tmp_path)


def test_script_is_not_shadowed_by_files_here(scripts, tmp_path):
    for name in ("autodiff.py", "nn.py", "visualize.py", "argparse.py"):
        (tmp_path / name).write_text("raise SystemExit('the wrong file')")
    plain = run(scripts / "scalar-autodiff", "D1", "--json", cwd=tmp_path)

    assert json.loads(plain)["gradients"] == {"x": -4.0, "y": -4.0, "z": 3.0}
    assert "A7" in run(scripts / "scalar-autodiff", "train", "A7", cwd=tmp_path)
    assert run(scripts / "scalar-autodiff", "draw", "D1", "-o", "-", cwd=tmp_path).startswith("<")


@slow
@pytest.mark.parametrize("tool", ["pipx", "uv"])
def test_one_line_from_nothing(tool, wheel, tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    programs = tmp_path / "env" / SCRIPTS
    run(programs / "python", "-m", "pip", "install", "--quiet", tool, cwd=tmp_path)
    command = {"pipx": ["pipx", "run", "--spec", wheel], "uv": ["uvx", "--from", wheel]}[tool]
    folders = {"PIPX_HOME": str(tmp_path / "pipx"), "UV_CACHE_DIR": str(tmp_path / "uv")}
    words = ["scalar-autodiff", "(x + y) * z", "x=-2", "y=5", "z=-4"]

    assert "df/dz = 3" in run(programs / command[0], *command[1:], *words, cwd=tmp_path, **folders).replace("  ", " ")


# --- The archives of a release --------------------------------------------------------------------


@slow
def test_sdist_holds_tests_notebooks_and_docs(archives):
    with tarfile.open(archives["source"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert names >= ASSETS
    assert names >= {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff", "pyproject.toml"}
    assert names >= {path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {"tests/robustness/test_release.py", "tests/data/d1.svg"} <= names


@slow
def test_twine_check(archives):
    printed = run(sys.executable, "-m", "twine", "check", "--strict", *archives.values(), cwd=ROOT)

    assert printed.count("PASSED") == 2


@slow
@pytest.mark.parametrize("kind", ["wheel", "source"])
def test_wheel_installs_and_works(kind, archives, tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / SCRIPTS / "python"
    run(python, "-m", "pip", "install", "--quiet", archives[kind], cwd=tmp_path)

    assert run(python, "-W", "error", "-c", USE, cwd=tmp_path).strip() == "works"
    assert "df/dz = df/df * q" in run(python, "-m", "autodiff", "D1", cwd=tmp_path)
    assert run(python, "-m", "nn", "and", cwd=tmp_path)
    run(python, "-m", "visualize", "(x + y) * z", "x=-2", "y=5", "z=-4", "-o", "graph.html", cwd=tmp_path)
    assert "</html>" in (tmp_path / "graph.html").read_text(encoding="utf-8")


def test_version_is_the_same_everywhere():
    import autodiff

    assert PROJECT["version"] == autodiff.__version__
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
