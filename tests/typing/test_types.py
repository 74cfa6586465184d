"""What type checkers say of code that uses the packages: nothing about sound code, something about slips."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import autodiff
import nn
from autodiff.flat import compiled
from nn import activations, initializers, losses, optim
from nn.training import fitting, runners
from visualize import picture, style
from visualize.layout import engines

HERE = Path(__file__).parent
USER, SLIPS = HERE / "user.py", HERE / "slips.py"
CHECKERS = ("mypy", "pyright")


def by_mypy(folder):
    """The (file, line, code) of mypy's errors, as of files that use installed packages."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=cache", USER.name, SLIPS.name]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300).stdout
    assert "checked 2 source files" in said, said
    return [
        (file, int(line), code) for file, line, code in re.findall(r"^(.+\.py):(\d+): error: .*\[(.+)\]$", said, re.M)
    ]


def by_pyright(folder):
    """The same of pyright, in strict mode; basedpyright brings its Node.js along."""
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}), encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--outputjson", "-p", folder]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=300).stdout)
    assert said["summary"]["filesAnalyzed"] == 2, said
    return [(Path(x["file"]).name, x["range"]["start"]["line"] + 1, x["rule"]) for x in said["generalDiagnostics"]]


@pytest.fixture(scope="module", params=CHECKERS)
def found(request, tmp_path_factory):
    """What a checker finds in both files, and its place in the marks of the slips."""
    folder = tmp_path_factory.mktemp(request.param)
    for path in (USER, SLIPS):
        (folder / path.name).write_bytes(path.read_bytes())
    return globals()[f"by_{request.param}"](folder), CHECKERS.index(request.param)


@pytest.mark.slow  # a type checker without its cache reads all of NumPy
def test_nothing_is_found_in_sound_code(found):
    assert [error for error in found[0] if error[0] == USER.name] == []


@pytest.mark.slow
def test_every_slip_is_found_and_nothing_else(found):
    errors, place = found
    marks = re.compile(r"  # ([a-z-]+), (report\w+)$")
    lines = enumerate(SLIPS.read_text(encoding="utf-8").splitlines(), 1)
    wanted = {number: mark[1 + place] for number, line in lines if (mark := marks.search(line))}
    codes = {}
    for file, number, code in errors:
        if file == SLIPS.name:
            codes.setdefault(number, set()).add(code)

    assert len(wanted) > 90
    assert codes.keys() == wanted.keys()
    assert {number: codes[number] for number, code in wanted.items() if code not in codes[number]} == {}


@pytest.mark.slow
def test_sound_code_runs(tmp_path):
    subprocess.run([sys.executable, USER], cwd=tmp_path, check=True, timeout=60)


@pytest.mark.parametrize(
    ("names", "table"),
    [
        (activations.ActivationName, activations.ACTIVATIONS),
        (initializers.InitializerName, initializers.INITIALIZERS),
        (losses.LossName, losses.LOSSES),
        (optim.OptimizerName, optim.OPTIMIZERS),
        (runners.RunnerName, runners.RUNNERS),
        (engines.Layout, engines.ENGINES),
        (picture.Direction, picture.DIRECTIONS),
    ],
)
def test_checkers_know_the_names_of_the_tables(names, table):
    assert get_args(names) == tuple(table)


def test_every_name_that_checkers_know_is_taken():
    assert [style.palettes(name) for name in get_args(get_args(style.Theme)[0])]
    assert [autodiff.compile(abs, runner)(-1.0) for runner in get_args(compiled.RunnerName)] == [1.0] * 4
    history = nn.fit(nn.MLP(1, [1]), [[1.0]], [1], record=get_args(fitting.Record), epochs=1, progress=False)
    assert (len(history.accuracy), len(history.gradient_norms)) == (1, 1)
