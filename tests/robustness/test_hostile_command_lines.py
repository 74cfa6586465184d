"""Hostile words for all command lines: no traceback, hang, flood of memory or unrequested file."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import tracemalloc

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies

import autodiff.__main__
import autodiff.console
import nn.__main__
import visualize.__main__
from tests.benchmarks.alternating import held_seconds
from tests.support.clock import Clock

DOORS = {"autodiff": autodiff.__main__.main, "visualize": visualize.__main__.main, "nn": nn.__main__.main}
SCRIPT = "script"
CALLS = {**DOORS, SCRIPT: autodiff.console.dispatch}
pytestmark = pytest.mark.timed

SECOND, MEGABYTE = 1.0, 1 << 20

ALPHABET = strategies.characters(codec=None) | strategies.sampled_from(
    "()[]+-*/<>=.,;:^%!@#$&|~`'\"\\{}_ \n\t\0\ud800\udcff"
)
RUBBISH = strategies.text(ALPHABET, max_size=30)
NUMBERS = ["0", "-1", "2", "18", "1e400", "nan", "-inf", "0x10", "1_0", "٣", "²", "9" * 400, "9" * 5000, "4,4", ",", ""]
STRANGE = [
    "__import__('os').system('touch owned')",
    "open('owned', 'w')",
    "().__class__.__bases__[0]",
    "(" * 5000,
    "(" * 90 + "x" + ")" * 90,
    "exp(" * 101 + "x" + ")" * 101,
    "-" * 30_000 + "x",
    "x" + "+x" * 3000,
    "x**" * 400 + "x",
    "a=x;" * 500,
    "x" * 100_001,
    "2x",
    "x^2",
    "x[0]",
    "x y",
    "lambda: x",
    "D1",
    "d8b",
    "D99",
    "E1x",
    "C17",
    "ſin(x)",  # noqa: RUF001 - folds to sin
    "ﬁ",
    "x=1=2",
    "if=1",
    "x=1e999",
    "x=(((",
    "x=9**9**9**9",
    "--",
    "-",
    "--no-such-option",
    "--digits=-1",
    "xorr",
    "XOR",
]
FILES = ["g.svg", "g", "no/g.svg", "/dev/null", "..", "g\0.svg", "\ud800.svg", "x" * 300 + ".svg", "{n:999999999}.svg"]
FILES += ["{n.__class__}.svg", "{0}.svg", "{.svg", "$(touch owned).svg"]
COMMANDS = {
    "autodiff": [
        ["(x + y) * z", "x=-2", "y=5", "z=-4"],
        ["q = x + y; f = q * z", "x=-2", "y=5", "z=-4", "--plain"],
        ["-log(x)", "x=2", "--check"],
        ["D2", "--json"],
        ["--quiz", "2", "--seed", "3", "--key"],
    ],
    "visualize": [
        ["(x + y) * z", "x=-2", "y=5", "z=-4", "--layout", "built-in", "-o", "g.svg"],
        ["D1", "--fold", "q", "--digits", "2", "--layout", "built-in", "-o", "g.svg"],
        ["sigmoid(x)", "x=1", "--unfold", "sigmoid", "--layout", "built-in", "-o", "g.dot"],
    ],
    "nn": [
        ["or", "--epochs", "2", "--hidden", "2"],
        ["xor", "--epochs", "1", "--optimizer", "adam", "--batch-size", "1", "--runner", "source"],
        ["and", "--epochs", "1", "--seeds", "2", "--loss", "bce"],
        ["E1"],
    ],
}
OPTIONS = {
    "autodiff": [
        "--step",
        "--plain",
        "--json",
        "--check",
        "--digits",
        "--quiz",
        "--seed",
        "--key",
        "-o",
        "--like",
        "--variants",
        "--level",
        "--ask",
        "--version",
    ],
    "visualize": ["-o", "--frames", "--fold", "--no-fold", "--unfold", "--digits", "--products", "--layout"],
    "nn": ["--hidden", "--activation", "--loss", "--optimizer", "--learning-rate", "--batch-size", "--runner"],
}


@strategies.composite
def command_lines(draw, door):
    """A real command with some words changed, cut, replaced or doubled; or arbitrary words."""
    words = list(draw(strategies.sampled_from(COMMANDS[door])))
    kinds = strategies.sampled_from([*OPTIONS[door], *NUMBERS, *STRANGE, *FILES]) | RUBBISH
    for _ in range(draw(strategies.integers(1, 4))):
        place = draw(strategies.integers(0, len(words) - 1))
        cut = draw(strategies.integers(0, len(words[place])))
        text = draw(kinds)
        words[place : place + 1] = draw(
            strategies.sampled_from(
                [[text], [words[place], text], [words[place][:cut] + text + words[place][cut:]], []]
            )
        )
        words = words or [""]
    return words


def answered(door, words):
    """(status, messages, seconds) of a command line; the folder may change only by its files."""
    output, messages = io.StringIO(), io.StringIO()
    stdin, here = sys.stdin, os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.stdin = io.StringIO("\nb\nq\n")
        try:
            with Clock() as clock, contextlib.redirect_stdout(output), contextlib.redirect_stderr(messages):
                status = CALLS[door](words)
        except SystemExit as stopped:  # raised by argparse
            status = stopped.code or 0
        finally:
            sys.stdin = stdin
            os.chdir(here)
            left = os.listdir(folder)
        assert all(any(name.rpartition("-")[0] in word for word in words) for name in left), left
        assert "owned" not in left
    return status, messages.getvalue(), clock.seconds


def sane(door, words):
    status, messages, seconds = answered(door, words)

    assert status in (0, 2)
    assert (status == 0) or messages.strip()
    assert "Traceback" not in messages
    assert len(messages) < 5000 + 3 * sum(map(len, words))
    if seconds > SECOND:
        held_seconds("a hostile command line", seconds, SECOND)


quick = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)


@quick
@given(command_lines("autodiff"))
def test_autodiff_takes_any_command_line(words):
    sane("autodiff", words)


@settings(quick, max_examples=100)
@given(command_lines("visualize"))
def test_visualize_takes_any_command_line(words):
    sane("visualize", words)


@settings(quick, max_examples=100)
@given(command_lines("nn"))
@example(["xor", "--hidden", "1000000000"])
@example(["xor", "--hidden", "4,99999999999999999999"])
@example(["xor", "--seed", "9" * 5000])
def test_nn_takes_any_command_line(words):
    sane("nn", [*words, "--epochs", "1"])


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("word", [*STRANGE, *FILES], ids=lambda word: word[:20].encode("ascii", "replace").decode())
def test_strange_words_end_well(door, word):
    task = ["or", "--epochs", "1"] if door == "nn" else ["x*y", "x=2", "y=3"]
    file = "--save" if door == "nn" else "-o"
    for words in ([word], [*task, word], [word, *task], [*task, file, word]):
        sane(door, words)


@pytest.mark.parametrize("word", [*STRANGE, *NUMBERS, "--completion", "--completion=\0", "step", "names"])
def test_script_takes_strange_words_after_a_subcommand(word):
    for words in ([word], ["quiz", word], ["quiz", "1", word], ["draw", word], ["--completion", word]):
        sane(SCRIPT, words)


@pytest.mark.slow
@pytest.mark.parametrize("words", [["x" + "+x" * 30_000], ["a=x;" * 10_000], ["-" * 99_000 + "x"]])
def test_largest_texts_take_little_memory(words):
    tracemalloc.start()
    try:
        answered("autodiff", [*words, "x=1"])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 200 * MEGABYTE


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8", "utf-16"])
def test_messages_of_unprintable_text(door, encoding, tmp_path):
    words = [b"\xff\xfe \xe2\x80\xae x", "--digits=\u202e\u2028", "-o", b"\xf0.svg"][: 1 if door == "nn" else 4]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "1"}
    ended = subprocess.run(
        [sys.executable, "-m", door, *words], capture_output=True, env=environment, cwd=tmp_path, timeout=60
    )

    assert ended.returncode == 2
    assert ended.stderr
    assert b"Traceback" not in ended.stderr.replace(b"\0", b"")
    assert os.listdir(tmp_path) == []
