"""Other distributions with packages of these names, such as nn on PyPI: the commands and imports say what to do."""

import compileall
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("autodiff", "nn", "visualize")
AGAIN = "pip install --force-reinstall scalar-autodiff"
COMMANDS = {"autodiff": ["D1"], "nn": ["or"], "visualize": ["D1", "-o", "d1.svg"]}


def install(site, name, version, files):
    """Write a distribution's files, over those that are there, and its record, as pip does."""
    record = site / f"{name.replace('-', '_')}-{version}.dist-info"
    record.mkdir(parents=True)
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text, encoding="utf-8")
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (record / "RECORD").write_text("".join([f"{path},,\n" for path in files]), encoding="utf-8")


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """A folder with this distribution, compiled."""
    site = tmp_path_factory.mktemp("ours")
    paths = [path for room in ROOMS for path in (ROOT / room).rglob("*.*") if path.suffix != ".pyc"]
    files = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    install(site, "scalar-autodiff", "0.1.0", files)
    assert compileall.compile_dir(site, quiet=2)
    return site


def install_other(site, room):
    install(site, room, "0.1.1", {f"{room}/__init__.py": "there = True\n"})


@pytest.fixture
def site(tmp_path):
    return tmp_path / "site"


@pytest.fixture
def python(site, tmp_path):
    """Run Python with these packages alone, in an empty folder."""
    (tmp_path / "elsewhere").mkdir()

    def run(*arguments):
        return subprocess.run([sys.executable, "-S", *arguments], capture_output=True, text=True, check=False,
                              cwd=tmp_path / "elsewhere", env={**os.environ, "PYTHONPATH": str(site)})  # fmt: skip

    return run


def over(room):
    return f"the package {room} of {room} 0.1.1 lies over this one: pip uninstall {room} && {AGAIN}"


@pytest.mark.parametrize("room", ROOMS)
def test_package_on_top_is_named(room, ours, site, python):
    shutil.copytree(ours, site, dirs_exist_ok=True)
    install_other(site, room)
    done = python("-m", room, *COMMANDS[room])

    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{over(room)}\n")
    if room == "autodiff":
        for ours in ("nn", "visualize"):
            assert python("-c", f"import {ours}").stderr.endswith(f"ImportError: {over(room)}\n")
    else:
        done = python("-m", "autodiff", "D1")
        assert (done.returncode, done.stderr) == (0, f"note: {over(room)}\n")


@pytest.mark.parametrize("room", ROOMS)
def test_package_below_changes_nothing(room, ours, site, python):
    install_other(site, room)
    shutil.copytree(ours, site, dirs_exist_ok=True)

    assert [python("-m", room, *COMMANDS[room]).stderr for room in ("autodiff", "visualize")] == ["", ""]
    assert "has no attribute 'there'" in python("-c", f"import {room}; {room}.there").stderr


@pytest.mark.parametrize("room", ROOMS)
def test_uninstalled_package_leaves_advice(room, ours, site, python):
    shutil.copytree(ours, site, dirs_exist_ok=True)
    install_other(site, room)
    (site / room / "__init__.py").unlink()
    shutil.rmtree(site / f"{room}-0.1.1.dist-info")
    done = python("-m", room, *COMMANDS[room])

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"files of the package {room} are missing")
    assert done.stderr.endswith(f"{AGAIN}\n")
