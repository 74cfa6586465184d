"""The documentation is true: examples in docstrings, and the README's sessions and commands."""

import doctest
import importlib.util
import inspect
import pkgutil
import re
import shlex
import subprocess
import sys
import types
from pathlib import Path

import pytest

import autodiff
import nn
import visualize
from autodiff.cli import SCRIPT
from autodiff.lectures import EXAMPLES

ROOT = Path(autodiff.__file__).parent.parent
PATHS = [
    path.relative_to(ROOT) for room in ("autodiff", "nn", "visualize") for path in sorted((ROOT / room).rglob("*.py"))
]
MODULES = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in PATHS]
HEADING = "Modules, in reading order:"
MAPS = [name for name, path in zip(MODULES, PATHS) if HEADING in (ROOT / path).read_text(encoding="utf-8")]
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")]


PROGRAMS = {"python": [sys.executable], SCRIPT: [sys.executable, "-c", f"""
import sys
from autodiff.console import dispatch
sys.argv[0] = {SCRIPT!r}
sys.exit(dispatch())
"""]}  # fmt: skip


def fences(kind):
    """[(document and line, text)] of all fenced blocks of that kind."""
    found = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for match in re.finditer(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text[: match.start()].count("\n") + 2
            found.append((f"{document.name}:{line}", match[1]))
    return found


def commands():
    """[(document and line, command, output)] of all console sessions; a command may go on after a backslash."""
    return [
        (place, *re.fullmatch(r"((?:.*\\\n)*.*)\n?((?s:.*))", session).groups())
        for place, text in fences("console")
        for session in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    ]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some examples write files
    if name == "autodiff.flat.backends.devices":
        pytest.importorskip("jax")
    module = importlib.import_module(name)
    output = []
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        runner.run(test, out=output.append)

    assert not runner.failures, "".join(output)


def test_readme_sessions(tmp_path, monkeypatch):
    """The pycon blocks in order, as one session: each may use what an earlier one defines."""
    monkeypatch.chdir(tmp_path)
    names, output = {}, []
    runner = doctest.DocTestRunner()
    for place, text in fences("pycon"):
        test = doctest.DocTestParser().get_doctest(text, {}, place, place, 0)
        test.globs = names
        runner.run(test, out=output.append, clear_globs=False)

    assert runner.tries
    assert not runner.failures, "".join(output)


def test_readme_picture_is_current(tmp_path):
    """After a change of the pictures: python -m visualize D1 --frames --layout built-in -o tests/data/d1.svg"""
    drawn = tmp_path / "d1.svg"
    visualize.draw(EXAMPLES["D1"].build(), layout="built-in").frames(drawn)
    assert (ROOT / "tests" / "data" / "d1.svg").read_text(encoding="utf-8") == drawn.read_text(encoding="utf-8")


def test_python_blocks_are_python():
    for place, text in fences("python"):
        compile(text, place, "exec")


@pytest.mark.parametrize(("place", "command", "printed"), commands(), ids=[f"{p} {c}" for p, c, _ in commands()])
def test_commands_print_what_is_shown(place, command, printed, tmp_path):
    """Commands in console blocks; one without output only has to succeed."""
    program, *arguments = shlex.split(command)
    assert program in PROGRAMS, f"{place}: only commands of {', '.join(PROGRAMS)} can be tested, got {command!r}"
    done = subprocess.run(
        [*PROGRAMS[program], *arguments], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False
    )

    assert done.returncode == 0, done.stderr
    if printed.strip():
        assert doctest.OutputChecker().check_output(printed, done.stdout, doctest.ELLIPSIS), done.stdout


def test_readme_commands_for_a_table(tmp_path):
    """One after the other, on a table of flowers."""
    rows = [
        f"{5 + i % 3 + i / 100},{2 + i % 3 - i / 90},{('setosa', 'versicolor', 'virginica')[i % 3]}" for i in range(60)
    ]
    (tmp_path / "flowers.csv").write_text("length,width,species\n" + "\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "new.csv").write_text("width,length\n2.0,5.1\n3.6,7.2\n", encoding="utf-8")
    (lines,) = [text.splitlines() for _, text in fences("sh") if "flowers.csv" in text]
    for line in lines:
        program, *arguments = shlex.split(line)
        subprocess.run([*PROGRAMS[program], *arguments], cwd=tmp_path, capture_output=True, check=True)

    assert len(lines) == 3
    predicted = (tmp_path / "predicted.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[2] for row in predicted[1:]] == ["setosa", "virginica"]


PUBLIC = [
    (autodiff, [*autodiff.__all__, "abs", "compile", "sum"]),
    (nn, nn.__all__),
    (visualize, visualize.__all__),
    (autodiff.flat, autodiff.flat.__all__),
]


@pytest.mark.parametrize(("room", "names"), PUBLIC, ids=[room.__name__ for room, _ in PUBLIC])
def test_package_maps_give_public_names_a_reason(room, names):
    listing = re.search(r"^What the package exports.*:\n\n((?:    .+\n)+)", room.__doc__, re.MULTILINE)[1]
    named = re.findall(r"[\w]+", re.sub(r"  +\S.*?$", "", re.sub("^    ", "", listing, flags=re.M), flags=re.M))
    rest = {"abs", "compile", "sum"}  # ``compile`` and the others shadow builtins, so no star import has them

    assert sorted(set(names) - rest) == sorted(set(named) - rest)
    assert all(re.search(rf"^    .*\b{name}\b", listing, re.MULTILINE) for name in set(names) - {"abs", "sum"})


def test_public_names_are_few():
    assert sum(len(names) for _, names in PUBLIC) <= 120


@pytest.mark.parametrize(("room", "name"), [(room, name) for room, names in PUBLIC[:3] for name in names])
def test_public_names_show_an_example(room, name):
    found = getattr(room, name)
    if isinstance(found, (type, types.FunctionType)):
        assert ">>> " in inspect.getdoc(found)
    else:
        assert isinstance(found, (autodiff.Primitive, dict)), "a table, or a row of the table"


@pytest.mark.parametrize("name", MAPS)
def test_help_is_a_map_of_what_is_there(name):
    room = importlib.import_module(name)
    listing = re.search(rf"^{HEADING}\n\n((?:(?:    .*)?\n)+)", room.__doc__, re.MULTILINE)[1]
    heads = re.findall(r"^    (\w+(?:, \w+)*) ", listing, re.MULTILINE)
    listed = {module for head in heads for module in head.split(", ")}
    there = {module.name for module in pkgutil.iter_modules(room.__path__)}

    assert listed - there == set()
    assert there - set(re.findall(r"\w+", listing)) == set()


def test_readme_files_exist():
    rows = re.findall(r"^\| `([\w/]+\.py)` \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert rows
    assert [name for name in rows if not (ROOT / name).is_file()] == []
