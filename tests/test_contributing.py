"""CONTRIBUTING.md matches the code: its walks, rooms and files."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
WALKS = re.findall(r"^```python\n((?:.+\n)+)```\n\n((?:\d+\. .*\n)+)", TEXT, re.MULTILINE)


def walked(program, folder):
    """[(file, function)] that the last statement of a program enters, in order."""
    script = ROOT / "tests/support/walk.py"
    done = subprocess.run(
        [sys.executable, script], input=program, cwd=folder, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return [tuple(line.split(" ", 1)) for line in done.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize(("program", "steps"), WALKS, ids=["steps", "picture", "training"])
def test_walks_enter_functions_in_order(program, steps, tmp_path):
    if '"native"' in program and importlib.util.find_spec("llvmlite") is None:
        pytest.skip("llvmlite comes with the extra fast")
    place = {step: i for i, step in enumerate(walked(program, tmp_path))}
    order = []
    for file, listed in re.findall(r"^\d+\. `([\w/]+\.py)`: (`[\w.]+`(?:, `[\w.]+`)*)", steps, re.MULTILINE):
        for name in re.findall(r"[\w.]+", listed):
            assert (file, name) in place or (file, f"{name}.__init__") in place, f"{file} {name} is not entered"
            order.append(place.get((file, name), place.get((file, f"{name}.__init__"))))

    assert len(order) >= steps.count("\n")
    assert order == sorted(order)


def test_rooms_have_their_lines():
    rooms = {f"{path.parent.relative_to(ROOT).as_posix()}/"
             for name in ("autodiff", "nn", "visualize") for path in (ROOT / name).rglob("__init__.py")}  # fmt: skip

    assert {*re.findall(r"^\| `(.*?/)` \|", TEXT, re.MULTILINE)} == rooms | {"tests/", "notebooks/"}


def test_files_named_exist():
    named = re.findall(r"(?:autodiff|nn|visualize|tests)/[\w/.]*\w", TEXT)

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
