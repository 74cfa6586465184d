"""What other packages make for the site: JupyterLite with this package's wheel, and the API reference."""

from __future__ import annotations

import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path

THEME = Path(__file__).with_name("pdoc")  # of the API reference
SOURCE = Path(__file__).parents[2]  # has pyproject.toml and notebooks/, unless a wheel was installed
NEEDS = {  # the packages that each part needs
    "notebooks": ("mistune", "pygments"),
    "lite": (
        "hatchling",
        "hatch_fancy_pypi_readme",
        "jupyterlite_core",
        "jupyterlite_pyodide_kernel",
        "jupyter_server",
    ),
    "api": ("pdoc",),
}
FROM_SOURCE = ("notebooks", "lite")


def check_part(part: str) -> None:
    """ImportError or FileNotFoundError, with a remedy, if this part cannot be made here."""
    without = f"or leave it out: --without {part}"
    missing = [package for package in NEEDS[part] if not find_spec(package)]
    if missing:
        what = f"the site's part {part} needs {', '.join(missing)}"
        raise ImportError(f'{what}: pip install "scalar-autodiff[site]", {without}', name=missing[0])
    if part in FROM_SOURCE and not (SOURCE / "notebooks").is_dir():
        raise FileNotFoundError(
            f"the site's part {part} needs the source with its notebooks: run in a clone, {without}"
        )


def run_tool(*command: str, cwd: str | Path) -> None:
    """Run a module of Python; RuntimeError with its last lines if it fails."""
    done = subprocess.run([sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, errors="replace")
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise OSError(f"python -m {' '.join(command)} failed:\n{last}")


def write_lite(folder: str) -> str:
    """Write JupyterLite with all notebooks and the wheel into the folder lite/, and return the wheel's name."""
    with tempfile.TemporaryDirectory() as work:
        run_tool("hatchling", "build", "-t", "wheel", "-d", work, cwd=SOURCE)
        (wheel,) = Path(work).glob("*.whl")
        contents = Path(work, "contents")
        shutil.copytree(SOURCE / "notebooks", contents, ignore=shutil.ignore_patterns(".*", "solutions", "my_value.py"))
        options = [
            "--apps",
            "lab",
            "--no-sourcemaps",
            "--no-unused-shared-packages",
            "--source-date-epoch",
            "1577836800",
        ]
        where = ["--lite-dir", work, "--contents", str(contents), "--output-dir", f"{folder}/lite"]
        run_tool("jupyterlite_core", "build", *options, *where, "--piplite-wheels", str(wheel), cwd=work)
        return wheel.name


def documented() -> list[str]:
    """The three packages, and every package in them that names what it exports."""
    found = []
    for name in ("autodiff", "nn", "visualize"):
        package = importlib.import_module(name)
        inner = [x.name for x in pkgutil.iter_modules(package.__path__, f"{name}.") if x.ispkg]
        found += [name, *[x for x in inner if hasattr(importlib.import_module(x), "__all__")]]
    return [*found, "autodiff.graph", "autodiff.formula"]


def write_api(folder: str) -> None:
    """Write the API reference into the folder api/."""
    import pdoc

    pdoc.render.configure(docformat="numpy", template_directory=THEME, show_source=False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pdoc.doc_types")  # types it cannot evaluate are shown as written
        pdoc.pdoc(*documented(), output_directory=Path(folder, "api"))
    for path in Path(folder, "api").rglob("*.html"):
        path.write_text(without_dead_links(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def without_dead_links(page: str) -> str:
    """The page with links to places that it does not have as plain text: pdoc makes them of inherited members."""
    places = set(re.findall(r'id="([^"]+)"', page))
    link = re.compile(r'<a href="#([^"]+)">(.*?)</a>')
    return link.sub(lambda found: found[0] if found[1] in places else found[2], page)
