"""Without its dependencies the library works, or says in one sentence which package is missing and where to get it."""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support.bare_doors import DOORS, SLOW, is_open

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests/support/bare_doors.py"
ADVICE = re.compile(r"pip install ('scalar-autodiff\[data\]'|matplotlib)")


def confirm(done, left_out=()):
    """Every door is open, and each example in a docstring works or names the package that it needs."""
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert [*found["doors"]] == [door for door in DOORS if door not in left_out]
    assert {door: came for door, came in found["doors"].items() if not is_open(door, *came)} == {}
    assert {example: came for example, came in found["examples"].items() if not ADVICE.search(came[1])} == {}
    assert len(found["examples"]) < 20


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The path of the wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    built = run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_missing_packages_are_named(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    confirm(run(sys.executable, SCRIPT, "block", cwd=tmp_path, env=environment), SLOW)


@pytest.mark.slow
def test_bare_wheel_works(wheel, tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    installed = run(python, "-m", "pip", "install", "--quiet", "--no-deps", wheel, cwd=tmp_path)

    assert installed.returncode == 0, installed.stderr
    confirm(run(python, SCRIPT, cwd=tmp_path))


@pytest.fixture(scope="module")
def pyodide(tmp_path_factory):
    """The folder of npm's package pyodide; skips where there is no Node.js or the registry cannot be reached."""
    folder = tmp_path_factory.mktemp("npm")
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("needs Node.js and npm")
    try:
        fetched = run(shutil.which("npm"), "install", "pyodide", "--prefix", folder, cwd=folder, timeout=120)
    except subprocess.TimeoutExpired:
        pytest.skip("npm's registry did not answer in two minutes")
    if fetched.returncode:
        pytest.skip(f"npm cannot fetch pyodide: {fetched.stderr.strip()[-200:]}")
    return folder / "node_modules/pyodide"


@pytest.mark.slow
def test_pyodide_works(wheel, pyodide, tmp_path):
    confirm(run("node", ROOT / "tests/support/pyodide.mjs", pyodide, wheel, SCRIPT, cwd=tmp_path))
