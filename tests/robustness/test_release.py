"""The release: wheel and sdist are complete and work in a clean environment without the checkout."""

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

pytestmark = pytest.mark.slow


def run(*command, cwd):
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The paths of wheel and sdist, built from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": wheel, "source": source}


def test_wheel_holds_packages_and_assets(archives):
    names = zipfile.ZipFile(archives["wheel"]).namelist()

    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == set(ROOMS)
    assert ASSETS
    assert set(names) >= ASSETS
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_sdist_holds_tests_notebooks_and_docs(archives):
    with tarfile.open(archives["source"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert names >= ASSETS
    assert names >= {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml"}
    assert names >= {path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {"tests/robustness/test_release.py", "tests/data/d1.svg"} <= names


def test_twine_check(archives):
    printed = run(sys.executable, "-m", "twine", "check", "--strict", *archives.values(), cwd=ROOT)

    assert printed.count("PASSED") == 2


@pytest.mark.parametrize("kind", ["wheel", "source"])
def test_wheel_installs_and_works(kind, archives, tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
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
