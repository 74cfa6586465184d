"""``python -m visualize`` draws expressions and lecture examples into files."""

import os
import subprocess
import sys

import pytest

from autodiff.lectures import EXAMPLES
from tests.support.pictures import elements, texts
from visualize import draw
from visualize.__main__ import main


def run(*arguments):
    """Run the command in the current folder; return (status, output, errors)."""
    done = subprocess.run([sys.executable, "-m", "visualize", *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Run each test in its own folder."""
    monkeypatch.chdir(tmp_path)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_D1_cli_draws_an_expression():
    assert run("(x + y) * z", "x=-2", "y=5", "z=-4", "-o", "f.svg") == (0, "f.svg\n", "")
    assert texts(elements(read("f.svg"))["edge-3-0"]) == ["-2", "∇ -4"]


def test_D2_cli_draws_an_example():
    f = EXAMPLES["D2"].build()
    f.backward()

    assert main(["D2", "-o", "d2.svg"]) == 0
    assert read("d2.svg") == draw(f).svg()


@pytest.mark.parametrize("ending", ["svg", "png", "pdf", "dot"])
def test_cli_formats(ending):
    assert main(["D1", "-o", f"d1.{ending}"]) == 0
    assert os.listdir() == [f"d1.{ending}"]


def test_D3_cli_options():
    f = EXAMPLES["D3"].build()
    f.backward()

    assert (
        main(["D3", "--unfold", "sigmoid", "--digits", "2", "--products", "--layout", "built-in", "-o", "f.svg"]) == 0
    )
    assert read("f.svg") == draw(f, unfold=["sigmoid"], digits=2, products=True, layout="built-in").svg()
    assert main(["D2", "--fold", "sigmoid", "-o", "g.svg"]) == 0
    assert 'class="value fold"' not in read("g.svg")


def test_D1_cli_folds_by_name():
    assert main(["D1", "--fold", "q", "-o", "f.svg"]) == 0
    assert texts(elements(read("f.svg"))["node-3"]) == ["3 nodes", "q"]


def test_cli_frames(capsys):
    assert main(["D1", "-o", "d1-{n}.svg"]) == 0
    assert capsys.readouterr().out.split() == [f"d1-{n}.svg" for n in range(1, 8)]
    assert main(["D1", "--frames", "-o", "d1.pdf"]) == 0


def test_cli_expression_starting_with_a_minus():
    assert main(["-log(x)", "x=2", "-o", "f.svg"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["D1"], "no file given: add -o and its name"),
        (["D1", "-o", "f.jpg"], "write one of .svg, .png, .pdf, .tex, .dot, .html, .htm"),
        (["D1", "-o", "f.html", "--frames"], "a page shows every step"),
        (["D1", "-o", "f.html", "--unfold", "sigmoid", "--products"], "leave out --unfold, --products"),
        (["D1", "-o", "f-{n}.html"], "leave out {n}"),
        (["D8", "-o", "f.html", "--digits", "2"], "a page of several parts shows them unchanged: leave out --digits"),
        (["D1", "--lectures", "f.html", "-o", "f.svg"], "unchanged: leave out -o, D1"),
        (["-o", "f.svg"], "there is nothing to draw: add an expression or an example's id, or leave out -o"),
        (["D1", "-o", "no/f.svg"], "there is no folder"),
        (["D1", "--fold", "nope", "-o", "f.svg"], "cannot fold 'nope'"),
        (["D8", "-o", "f.svg"], "choose one of D8a, D8b, D8c, D8d"),
        (["D1", "-o", "{n.__class__}.svg"], "cannot number '{n.__class__}.svg'"),
        (["D1", "-o", "{n:999999999}.svg"], "write the number as {n} or {n:03}"),
        (["D1", "-o", "{n}{m}.svg"], "without other braces"),
        (["D1", "-o", "\ud800.svg"], "not a valid file name"),
        (["--try", "f.svg"], "write one of .html, .htm"),
        (["D1", "--try", "f.html", "-o", "g.html"], "--try f.html names the file: leave out -o"),
        (["D1", "--try", "f.html", "--frames"], "a page shows every step"),
        (["--lectures", "f.svg"], "write one of .html, .htm"),
        (["--lectures", "no/f.html"], "there is no folder"),
        (["C5", "-o", "f.svg"], "python -m nn C5"),
        (["D99", "-o", "f.svg"], "there is no lecture example 'D99'"),
        (["x*y", "x=1", "-o", "f.svg"], 'python -m visualize "x*y" x=1 y=<number>'),
        (["x +", "x=1", "-o", "f.svg"], "x +"),
    ],
)
def test_cli_explains_mistakes(arguments, message, capsys):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err
    assert os.listdir() == []


def test_cli_without_arguments(capsys):
    assert main([]) == 0
    assert 'python -m visualize "(x + y) * z" x=-2 y=5 z=-4 -o f.svg' in capsys.readouterr().out


def test_cli_without_dot(monkeypatch):
    monkeypatch.setenv("PATH", "")

    assert run("D1", "-o", "f.svg") == (0, "f.svg\n", "")
    assert run("D1", "-o", "f.png") == (0, "f.png\n", "")


def test_cli_file_names():
    assert main(["x * y", "x=2", "y=3", "-o", "-f.svg"]) == 0

    assert os.listdir() == ["-f.svg"]


def test_cli_help_uses_the_words_of_draw(tmp_path, capsys):
    file = tmp_path / "f.svg"
    knobs = ["--direction", "down", "--scale", "2", "--font-size", "20", "--theme", "dark", "--no-values"]
    assert main(["D1", "-o", str(file), *knobs, "--gradients", "blank", "--highlight", "x", "--highlight", "q"]) == 0
    output = EXAMPLES["D1"].build()

    assert file.read_text(encoding="utf-8") == draw(
        output, direction="down", scale=2, font_size=20, theme="dark", values=False, gradients="blank",
        highlight=["x", "q"],
    ).svg()  # fmt: skip
    assert main(["B3", "-o", str(file), "--width", "0", "--gradients", "no", "--highlight", "3"]) == 0
    output = EXAMPLES["B3"].build()
    output.backward()
    assert file.read_text(encoding="utf-8") == draw(output, width=None, gradients=False, highlight=3).svg()
    assert main(["D1", "-o", str(file), "--highlight", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err
