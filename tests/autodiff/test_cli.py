"""The command line: python -m autodiff."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from autodiff import lectures
from autodiff.__main__ import main
from nn.__main__ import main as main_of_nn
from nn.lectures.catalog import WATCH, watch

D1 = ["q = x + y; f = q * z", "x=-2", "y=5", "z=-4"]
D1_TABLE = """\
GOAL      add 0.001 to one input and f changes by about 0.001 * gradient
          df/dx says how fast f grows with x, the other inputs held fixed
FORWARD   each gate computes its output, and its local gradients for later
  1  q = x + y = -2 + 5 = 3   dq/dx = 1, dq/dy = 1
  2  f = q * z = 3 * -4 = -12   df/dq = z = -4, df/dz = q = 3
BACKWARD  upstream * local = downstream, from the output back to the inputs
  3  df/df = 1                    the start: f grows as fast as itself
     f = q * z:  mul swaps: each input gets upstream times the other input
  4  df/dz = df/df * q = 1 * 3 = 3
  5  df/dq = df/df * z = 1 * -4 = -4
     q = x + y:  add distributes: both inputs get the upstream gradient
  6  df/dx = df/dq * dq/dx = -4 * 1 = -4
  7  df/dy = df/dq * dq/dy = -4 * 1 = -4
GRADIENTS
     x = -2   df/dx = -4
     y =  5   df/dy = -4
     z = -4   df/dz =  3
"""


def shell(*arguments, **options):
    """The finished process of a command line, run as a student runs it."""
    environment = {**os.environ, **options.pop("env", {})}
    command = [sys.executable, "-m", "autodiff", *arguments]
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    return subprocess.run(command, capture_output=True, env=environment, timeout=60, **options)


@pytest.fixture
def run(capsys):
    """Run the command line in this process: (status, output, messages)."""

    def call(*arguments):
        try:
            status = main(list(arguments))
        except SystemExit as stopped:  # raised by argparse
            status = stopped.code
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def gradients(output):
    """The numbers of the GRADIENTS table."""
    rows = output.partition("GRADIENTS")[2].split("\n")[1:]
    return [float(row.rpartition("=")[2]) for row in rows if row.startswith(" " * 5)]


# --- What it shows -------------------------------------------------------------------------------


def test_D1_prints_steps(tmp_path):
    done = shell(*D1, cwd=tmp_path, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (0, D1_TABLE, "")


def test_help_without_arguments(run):
    status, output, _ = run()

    assert status == 0
    assert 'python -m autodiff "(x + y) * z" x=-2 y=5 z=-4' in output
    assert len(output.split("\n")) < 12
    assert run("(x + y) * z", "x=-2", "y=5", "z=-4")[0] == 0


def test_version_and_help(run):
    assert run("--version")[:2] == (0, "scalar-autodiff 0.1.0\n")
    assert "--digits N" in run("--help")[1]


def test_digits_after_the_point(run):
    status, output, _ = run("x*y", "--digits", "2", "x=1", "y=1/3")

    assert status == 0
    assert "f = x * y = 1 * 0.33 = 0.33" in output
    assert run("x*y", "--digits=-1", "x=1", "y=2")[0] == run("x", "x=1", "--digits", "-1")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["log(x)", "x=-1"], "log gives nan, the first value behind f that is not finite:"),
        (["sqrt(x)", "x=0"], "sqrt sends back inf, the first gradient behind f that is not finite:"),
        (["x*y", "x=inf", "y=2"], "x is inf, an input."),
        (["1/x", "x=0", "--digits", "2"], "reciprocal gives inf"),
        (["log(x)", "x=0", "--plain"], "log gives -inf"),
    ],
)
def test_nonfinite_is_explained(run, arguments, said):
    status, output, _ = run(*arguments)

    assert status == 0
    assert said in output
    assert "add 0.001" not in output
    assert "nonfinite_origin" not in output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-log(x)", "x=2"], [-0.5]),
        (["x=2", "-log(x)"], [-0.5]),
        (["-x", "--plain", "--digits", "3", "x=2"], None),
        (["--digits", "2", "-x", "x=2"], [-1]),
        (["-out*x", "out=3", "x=2"], [-2, -3]),
        (["--x", "x=2"], [1]),
        (["-2 * x", "x=-2"], [-2]),
        (["-x*y", "x=−2", "y=1e-1"], [-0.1, 2]),  # noqa: RUF001 - a minus sign, as on slides
        (["x*y", "x=-1/4", "y=pi"], [3.14159, -0.25]),
        ([" x + y ", "y = 3", "x=inf"], [1, 1]),
    ],
)
def test_trap_34a_expression_with_minus_anywhere(run, arguments, expected):
    status, output, _ = run(*arguments)

    assert status == 0
    assert expected is None or gradients(output) == expected


def test_plain_is_one_sentence_a_line(run):
    lines = run(*D1, "--plain")[1].split("\n")

    assert len(lines) == 8
    assert lines[0] == "Step 1 of 7. Gate q equals x plus y: minus 2 plus 5 gives 3."
    assert lines[4].endswith("sends to q: upstream 1 times local minus 4 gives minus 4.")


def test_tangents_in_forward_rows(run):
    status, output, _ = run(*D1, "--tangent", "x")
    data = json.loads(run(*D1, "--tangent", "x", "--json")[1])

    assert status == 0
    assert "  1  q = x + y = -2 + 5 = 3   dq/dx = 1\n  2  f = q * z = 3 * -4 = -12   df/dx = -4\n" in output
    assert "TANGENTS   one forward pass gives df/dx alone: 3 inputs need 3, backward 1\nGRADIENTS" in output
    assert ([row["tangent"] for row in data["forward"]], data["tangents"]) == ([1.0, -4.0], {"x": 1.0})
    status, output, message = run(*D1, "--tangent", "w")
    assert (status, output) == (2, "")
    assert message.startswith("tangents must name inputs, here x, y, z; got ")


def test_json_with_inf_and_nan(run):
    data = json.loads(run(*D1, "--json")[1])
    assert data["gradients"] == {"x": -4.0, "y": -4.0, "z": 3.0}
    assert [step["downstream"] for step in data["steps"]] == [3.0, -4.0, -4.0, -4.0]

    output = run("x / y - x / y", "x=1", "y=0", "--json")[1]
    data = json.loads(output, parse_constant=pytest.fail)
    assert (data["value"], data["forward"][0]["value"]) == ("nan", "inf")


def test_check_compares_with_numerical_derivatives(run):
    status, output, _ = run(*D1, "--check")

    assert status == 0
    assert output.startswith(D1_TABLE)
    assert "numerical" in output[len(D1_TABLE) :]


def test_lecture_example_by_id(run):
    status, output, _ = run("D1")
    assert status == 0
    assert output.startswith("D1: ")
    assert D1_TABLE in output
    assert run("d1")[1] == output


def test_lecture_example_with_other_inputs(run):
    assert gradients(run("D1", "x=3", "z=2")[1]) == [2, 2, 8]
    assert run("D1", "w=3")[2] == "note: f does not depend on w\n"
    assert gradients(run("D1 * 2", "D1=3")[1]) == gradients(run("D1 + D1", "D1=3")[1]) == [2]
    assert gradients(run("D1", "D1=3")[1]) == [1]  # given a number, it is a name like others


def test_lecture_example_of_several_parts(run):
    assert [line[:3] for line in run("D8")[1].split("\n") if line.startswith("D8")] == ["D8a", "D8b", "D8c", "D8d"]
    assert [part["output"] for part in json.loads(run("D8", "--json")[1])] == ["h", "f", "f", "f"]
    assert "D8a, D8b, D8c, D8d" in run("D8", "-o", "x.svg")[2]


# --- Step by step --------------------------------------------------------------------------------


def test_step_shows_a_row_per_enter():
    done = shell(*D1, "--step", input="\n\n", text=True)
    rows = [line for line in done.stdout.split("\n") if line[:3].strip().isdecimal()]

    assert (done.returncode, done.stderr) == (0, "")
    assert [int(row[:3]) for row in rows] == [1, 2, 3]
    assert "b back, q quit" in done.stdout


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("\n\n\n\n\n\n\n", [1, 2, 3, 4, 5, 6, 7]),
        ("\n\nb\nb\nb\n\nq\n", [1, 2, 3, 2, 1, 1, 2]),
        ("q\n\n\n", [1]),
        ("Q", [1]),
        ("\nback\n", [1, 2, 1]),
        ("anything\n", [1, 2]),
        ("", [1]),
    ],
)
def test_step_forward_back_and_out(run, monkeypatch, keys, shown):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(keys.encode())))
    status, output, _ = run(*D1, "--step")

    assert status == 0
    assert [int(line[:3]) for line in output.split("\n") if line[:3].strip().isdecimal()] == shown


def test_step_through_everything(run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("\n" * 20))
    output = run(*D1, "--step")[1]

    assert output.replace("[Enter] next, b back, q quit: \n", "") == D1_TABLE


@pytest.mark.skipif(os.name == "nt", reason="signals to a child process work otherwise there")
def test_ctrl_c_ends_with_130_and_no_traceback():
    command = [sys.executable, "-m", "autodiff", *D1, "--step"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout.readline().startswith(b"GOAL")
    time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    _, messages = child.communicate(timeout=20)

    assert (child.returncode, messages) == (130, b"")


def test_step_input_that_is_no_text():
    done = shell(*D1, "--step", input=b"\xff\xfe\n\nq\n")

    assert (done.returncode, done.stderr) == (0, b"")


# --- What is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x*y", "x=2"], 'y has no value: write\n    python -m autodiff "x*y" x=2 y=<number>'),
        (["2x", "x=2"], "    2x\n     ^\n"),
        (["x", "+", "y", "x=1", "y=2"], 'put it in double quotes, "x + y"'),
        (["x*y", "x=2", "y=abc"], "y=abc: write one number after =, got 'abc'"),
        (["x*y", "x=2", "y="], "y= has no number: write y=2"),
        (["x*y", "x=2", "y=1e400"], "1e400 is too large for a float64: write inf or -inf if you mean it"),
        (["x*y", "x=-1e999", "y=1"], "-1e999 is too large for a float64"),
        (["x*y", "foo", "x=2", "y=3"], "foo is not an input: write a name, = and a number, such as x=2"),
        (["x*y", "2x=3", "y=3"], "2x=3 is not an input"),
        (["x*y", "x²=3", "y=3"], "x²=3 is not an input"),
        (["(x+y", "*z)", "x=1", "y=2", "z=3"], 'put it in double quotes, "(x+y *z)"'),
        (["lg(x)", "x=4"], "there is no function lg: write log10(x)"),
        (["foo(x)", "x=4"], 'for a function of your own, in Python: parse(text, functions={"foo": ...})'),
        (["x*y", "x=2", "y", "=", "3"], "write an input without spaces: y=3"),
        (["x*y", "x=2", "y=", "-3.5"], "write an input without spaces: y=-3.5"),
        (["x*y", "x=2", "y", "=3"], "write an input without spaces: y=3"),
        (["x*y", "x=1,5", "y=2"], "x=1,5: write one number after ="),
        (["x*y", "x=2", "x=3", "y=1"], "x is given twice"),
        (["x=2", "y=3"], 'the expression is missing: python -m autodiff "(x + y) * z" x=2 y=3'),
        (["lambda * x", "lambda=2", "x=3"], "choose another name"),
        (["x", "x=1", "--nonsense"], "--nonsense"),
        (["x", "x=1", "--digits", "many"], "must be a whole number from 0 to 17, got 'many'"),
        (["D99"], "there is no lecture example 'D99'"),
        (["C5", "--check", "--step"], "C5 is shown as in the lecture: leave out --step, --check"),
        (
            ["C5", "x=2"],
            "C5 (Batch, stochastic and mini-batch gradient descent) is not one formula: run python -m nn C5",
        ),
        (["--list", "zebra"], "no id, title or lecture has 'zebra': --list alone lists all examples"),
        (["--list", "chain", "--json"], "--list lists examples and takes only words: leave out --json"),
        (["--quiz", "1000000000"], "a quiz has at most 1000 questions, got 1000000000"),
        (["--quiz", "1", "--json"], "shows no steps: leave out --json"),
        (["--quiz", "1", "D1", "--step"], "leave out --step, D1"),
        (["D1", "--json", "--plain", "--digits", "2"], "--json prints every step, with all digits: leave out"),
        (["D1", "--seed", "3", "--key"], "only a quiz has these: add --quiz 3, or leave out --seed, --key"),
        (["--json"], "add an expression or an example's id, or leave out --json"),
        (["x", "x=1", "-o", "x.jpg"], "write one of .svg, .png, .pdf, .tex, .dot, .html, .htm"),
        (["--quiz", "2", "-o", "quiz.pdf"], "write one of .html, .gift, .txt"),
        (["--quiz", "2", "-o", "no/quiz.html"], "cannot save 'no/quiz.html': there is no folder"),
        (["x", "x=1", "-o", "a\0b.svg"], "not a valid file name"),
        (["x = 3; x", "x=1"], "x is an input"),
        (["\udcff", "x=1"], "has no meaning here"),
        (["x", "x=1", "-o", "x.unknown"], "x.unknown"),
        (["x", "x=1", "-o", "no/such/folder/x.svg"], "no/such/folder"),
    ],
)
def test_bad_input_exits_with_2(run, arguments, message):
    status, output, messages = run(*arguments)

    assert (status, output) == (2, "")
    assert message in messages
    assert "Traceback" not in messages


def test_bad_input_of_file_names_for_a_star(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("")
    _, _, messages = run("x", "notes.txt", "y", "x=1", "y=2")

    assert 'put the expression in double quotes, "x * y"' in messages


@pytest.mark.parametrize("given", [["x₁=3", "w₁=2"], ["x1=3", "w1=2"], ["x₁=3", "w1=2"]])
def test_small_digits(run, given):
    status, output, messages = run("x₁*w₁", *given)

    assert (status, gradients(output)) == (0, [2, 3])
    assert ("x₁ is read as x1" in messages) is (given[0] == "x₁=3")


def test_lost_expression_is_noted(run):
    _, output, messages = run("x+y; x*y", "x=1", "y=2")

    assert messages == "note: the result does not depend on x+y\n"
    assert gradients(output) == [2, 1]


@pytest.mark.parametrize("door", [main, main_of_nn], ids=["autodiff", "nn"])
def test_lecture_examples_are_listed_by_word(door, capsys):
    assert door(["--list", "fixed-window"]) == 0
    assert capsys.readouterr().out == "E  CM 146, lecture 9\n  E13  A fixed-window language model\n"
    assert door(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(lectures.TITLES) + len(lectures.LECTURES)


def test_lecture_example_without_a_formula_is_shown_by_nn(run):
    status, output, _ = run("c4")

    assert (status, output) == (0, "".join(f"{line}\n" for line in watch("C4")))


def test_every_lecture_example_answers():
    for id in lectures.TITLES:
        assert id in WATCH or lectures.find(id)


def test_bad_input_in_a_terminal():
    done = shell("x.__class__", "x=1", text=True)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "in the expression\n    x.__class__\n     ^\n"
        "write a point only in a number such as 0.5: there are no attributes here\n"
    )


def test_unused_inputs_are_noted(run):
    status, output, messages = run("x + 1", "x=1", "y=2")

    assert (status, messages) == (0, "note: the result does not depend on y\n")
    assert gradients(output) == [1]


# --- Where it runs -------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("option", ["--plain", "--json", "--digits=2", "--help"])
def test_trap_34a_output_encodings(encoding, option):
    done = shell("θ₁ = σ(α·β)", "α=1", "β=−2", option, env={"PYTHONIOENCODING": encoding})  # noqa: RUF001

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode(encoding)


def test_trap_34a_caret_in_any_encoding():
    done = shell("θ·2x", "x=1", "θ=2", env={"PYTHONIOENCODING": "ascii"})

    assert done.returncode == 2
    assert done.stderr.decode("ascii").replace("\r", "").split("\n")[1:3] == [
        "    ???2x".replace("???", "??"),
        "       ^",
    ]


def test_tables_are_ascii_without_color(run):
    assert run("D2")[1].isascii()
    assert "\x1b" not in run("E7", "--check")[1] + run("--help")[1]


@pytest.mark.skipif(os.name == "nt", reason="there is no head")
def test_closed_pipe_is_no_error():
    terms = " + ".join(["x*y"] * 900)
    command = [sys.executable, "-m", "autodiff", terms, "x=1", "y=2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.readline()
        child.stdout.close()

        assert child.stderr.read() == b""
        assert child.wait(timeout=20) == 0


def test_shadowing_file_is_named(tmp_path):
    (tmp_path / "nn.py").write_text("print('mine')")
    (tmp_path / "visualize.py").write_text("print('mine')")
    done = shell(*D1, cwd=tmp_path, text=True)
    assert (done.returncode, done.stdout) == (0, D1_TABLE)
    assert "nn.py hides the installed package nn" in done.stderr
    assert "visualize.py hides the installed package visualize" in done.stderr

    done = shell(*D1, "-o", "graph.svg", cwd=tmp_path, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("graph.svg cannot be drawn: another package visualize hides this one\n")


# --- Files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["html", "htm", "HTM"])
def test_output_page_of_either_ending(run, tmp_path, ending):
    path = tmp_path / f"d1.{ending}"

    assert run("D1", "-o", str(path))[0] == 0
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_output_graph_with_gradients(run, tmp_path):
    file = tmp_path / "d1.svg"
    status, output, messages = run(*D1, "-o", str(file))

    assert (status, output) == (0, D1_TABLE)
    assert messages == f"note: the graph is in {file}\n"
    assert "\N{MINUS SIGN}12" in file.read_text(encoding="utf-8")


def test_output_picture_has_the_tables_digits(run, tmp_path):
    file = tmp_path / "f.svg"
    run("x*y", "x=1/3", "y=1", "--digits", "2", "-o", str(file))

    assert "0.33<" in file.read_text(encoding="utf-8")


def test_quiz_is_printed_and_written(run, tmp_path):
    sheet, key = run("--quiz", "2", "--seed", "1")[1], run("--quiz", "2", "--seed", "1", "--key")[1]
    assert sheet.count("____") > 0
    assert (run("--quiz", "2", "--seed", "1")[1], key.count("____")) == (sheet, 0)

    for name in ("quiz.html", "quiz.gift", "quiz.txt"):
        assert run("--quiz", "2", "-o", str(tmp_path / name))[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quiz.gift", "quiz.html", "quiz.txt"]
    assert (tmp_path / "quiz.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert run("--quiz", "2", "-o", "quiz.pdf")[0] == run("--quiz", "0")[0] == 2


def test_exercise_of_the_course(run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("q\n"))
    status, printed, errors = run("d.1")

    assert (status, errors) == (0, "")
    assert printed.startswith("**D.1 · ")
    assert run("D.1", "--json")[2] == "an exercise is asked here and has no options: leave out --json\n"
    assert run("D.99")[2].startswith("there is no exercise 'D.99': the nearest is D.")


def test_quiz_that_cannot_be_written(run, tmp_path):
    (tmp_path / "quiz.html").mkdir()
    status, output, messages = run("--quiz", "2", "-o", str(tmp_path / "quiz.html"))

    assert (status, output) == (2, "")
    assert "quiz.html" in messages
    assert [path.name for path in tmp_path.iterdir()] == ["quiz.html"]


def test_reasons_and_rounded_steps(run):
    assert "because its inputs are known" in run("D1", "--explain")[1]
    assert "= 0.2 * 2 = 0.4\n" in run("D2", "--round", "2")[1]
    assert run("D1", "--json", "--explain")[0] == run("D1", "--round", "x")[0] == 2
