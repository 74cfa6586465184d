"""The installed command: its subcommands, its name in messages, and completion by a shell."""

import io
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autodiff
import autodiff.__main__
import nn.__main__
import visualize.__main__
from autodiff.cli import SCRIPT, spell
from autodiff.console import OVERVIEW, ROOMS, SHELLS, dispatch
from autodiff.lectures import TITLES
from autodiff.quiz import read_exercises

ROOT = Path(autodiff.__file__).parents[1]
D1 = ["(x + y) * z", "x=-2", "y=5", "z=-4"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def typed(monkeypatch):
    """The command as if typed by the script's name."""
    monkeypatch.setattr(sys, "argv", [f"/somewhere/bin/{SCRIPT}"])


def run(capsys, command, *words):
    """The status, output and messages of a command line."""
    status = command(list(words))
    return status, *capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "door", "same"),
    [
        (D1, autodiff.__main__.main, D1),
        (["D1", "--plain"], autodiff.__main__.main, ["D1", "--plain"]),
        (["step", "D1"], autodiff.__main__.main, ["D1"]),
        (["--list", "jacobian"], autodiff.__main__.main, ["--list", "jacobian"]),
        (["step", "draw + 1", "draw=2"], autodiff.__main__.main, ["draw + 1", "draw=2"]),
        (["step", "step", "step=2"], autodiff.__main__.main, ["step", "step=2"]),
        (["draw", *D1, "-o", "-"], visualize.__main__.main, [*D1, "-o", "-"]),
        (["train", "A7"], nn.__main__.main, ["A7"]),
        (["quiz"], autodiff.__main__.main, ["--quiz", "5"]),
        (["quiz", "2", "--like", "E7", "--key"], autodiff.__main__.main, ["--quiz", "2", "--like", "E7", "--key"]),
        (["quiz", "E7", "--key"], autodiff.__main__.main, ["--quiz", "5", "--like", "E7", "--key"]),
        (["quiz", "--seed", "3"], autodiff.__main__.main, ["--quiz", "5", "--seed", "3"]),
    ],
)
def test_subcommands_are_the_command_lines(capsys, words, door, same):
    found = run(capsys, dispatch, *words)

    assert found[0] == 0
    assert found[1]
    assert found == run(capsys, door, *same)


def test_quiz_asks_an_exercise(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    found = run(capsys, dispatch, "quiz", "d.1")

    assert found == run(capsys, autodiff.__main__.main, "D.1")
    assert found[0] == 0
    assert "D.1" in found[1]


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_fits_one_screen(capsys, words):
    status, output, _ = run(capsys, dispatch, *words)

    assert (status, output) == (0, f"{OVERVIEW}\n")
    assert len(output.splitlines()) <= 24
    assert max(map(len, output.splitlines())) <= 80
    assert all(f" {word} " in output for word in ROOMS)


def test_help_shows_commands_that_work(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    lines = [line.strip().split("  ")[0] for line in OVERVIEW.splitlines() if line.startswith("    scalar-autodiff")]
    lines.append(OVERVIEW.partition("words: ")[2].splitlines()[0])
    for line in lines:
        name, *words = shlex.split(line)
        assert name == SCRIPT
        assert run(capsys, dispatch, *words)[0] == 0, line
    assert Path("d1.svg").stat().st_size > 1000
    assert len(lines) == 7


@pytest.mark.parametrize("words", [["step", "--help"], ["quiz", "--help"], ["draw", "--help"], ["train", "--help"],
                                   ["train", "names", "--help"]])  # fmt: skip
def test_help_of_subcommands_names_the_script(capsys, typed, words):
    with pytest.raises(SystemExit) as left:
        dispatch(words)
    output = capsys.readouterr().out

    assert left.value.code == 0
    kept = [] if words[0] in ("step", "quiz") else words[:-1]
    assert output.startswith(" ".join(["usage:", SCRIPT, *kept]) + " ")
    assert "python -m" not in output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["x * y", "x=2"], 'scalar-autodiff "x * y" x=2 y=<number>'),
        (["draw", "x * y", "x=2", "-o", "f.svg"], 'scalar-autodiff draw "x * y" x=2 y=<number>'),
        (["draw", "draw=2", "-o", "f.svg"], 'scalar-autodiff draw "(x + y) * z" draw=2'),
        (["draw", "C5", "-o", "f.svg"], "run scalar-autodiff train C5"),
        (["train", "xxor"], "scalar-autodiff train: unknown task 'xxor'"),
        (["quiz", "2", "D1"], "leave out D1"),
        (["--completion"], "one of bash, zsh, fish, got nothing: scalar-autodiff --completion bash"),
        (["--completion=ksh"], "one of bash, zsh, fish, got ksh: scalar-autodiff --completion bash"),
    ],
)
def test_messages_name_the_script(capsys, typed, words, message):
    status, output, error = run(capsys, dispatch, *words)

    assert (status, output) == (2, "")
    assert message in error
    assert "python -m" not in error


@pytest.mark.parametrize("words", [["draw"], ["train"], ["step"], ["train", "E1"], ["train", "and", "--epochs", "9"]])
def test_reports_name_the_script(capsys, typed, words):
    status, output, _ = run(capsys, dispatch, *words)

    assert status == 0
    assert f"{SCRIPT} " in output
    assert "python -m" not in output


def test_spell_leaves_modules_to_python():
    assert spell("python -m nn xor") == "python -m nn xor"


# --- Completion -----------------------------------------------------------------------------------

TAB = r"""
source ./script
for line in "$@"; do
  COMP_LINE=$line COMP_POINT=${#line} COMP_TYPE=9 COMP_WORDS=($line) COMPREPLY=()
  $(complete -p scalar-autodiff | sed 's/.* -F \([^ ]*\) .*/\1/') scalar-autodiff
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  echo "${COMPREPLY[*]}"
done
"""
EXERCISES = [exercise.id for exercise in read_exercises()]
CHOICES = {
    "scalar-autodiff ": "step draw train quiz",
    "scalar-autodiff d": "draw",
    "scalar-autodiff D1": " ".join(id for id in TITLES if id.startswith("D1")),
    "scalar-autodiff D.1": " ".join(id for id in EXERCISES if id.startswith("D.1")),
    "scalar-autodiff D1 --e": "--explain",
    'scalar-autodiff "(x + y) * z" x=-2 --st': "--step",
    "scalar-autodiff --step D2": " ".join(id for id in TITLES if id.startswith("D2")),
    "scalar-autodiff step --ta": "--tangent",
    "scalar-autodiff --completion ": "bash zsh fish",
    "scalar-autodiff draw D2 --theme ": "auto light dark",
    "scalar-autodiff draw --direction down --layout d": "dot",
    "scalar-autodiff train xo": "xor",
    "scalar-autodiff train xor --optimizer ad": "adam adamw",
    "scalar-autodiff train names --wi": "--width",
    "scalar-autodiff quiz 5 --va": "--variants",
    "scalar-autodiff quiz A.1": " ".join(id for id in EXERCISES if id.startswith("A.1")),
}


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """A folder with the command, as an installer would put it on the PATH."""
    folder = tmp_path_factory.mktemp("bin")
    program = f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
    (folder / SCRIPT).write_text(f"{program}from autodiff.console import dispatch\nsys.exit(dispatch())\n")
    (folder / SCRIPT).chmod(0o755)
    return folder


@pytest.mark.skipif(not shutil.which("bash") or os.name == "nt", reason="needs bash, and programs that begin with #!")
def test_bash_completes_words(script, tmp_path):
    environment = {**os.environ, "PATH": f"{script}{os.pathsep}{os.environ['PATH']}"}
    printed = subprocess.run([script / SCRIPT, "--completion", "bash"], capture_output=True, text=True, check=True)
    (tmp_path / "script").write_text(printed.stdout)
    done = subprocess.run(["bash", "--norc", "-c", TAB, "bash", *CHOICES], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, check=True)  # fmt: skip

    assert printed.stderr == done.stderr == ""
    found = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert dict(zip(CHOICES, found, strict=True)) == CHOICES
    assert os.listdir(tmp_path) == ["script"]


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_prints_a_script_of_the_shell(capsys, shell):
    status, output, _ = run(capsys, dispatch, "--completion", shell)

    assert status == 0
    assert SCRIPT in output
    assert ("function __fish" in output) == (shell == "fish")


def test_completion_without_argcomplete_names_it(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "argcomplete", None)

    status, output, error = run(capsys, dispatch, "--completion", "bash")
    assert (status, output) == (2, "")
    assert "completion needs the package argcomplete: pip install argcomplete" in error
