"""python -m nn, as a newcomer meets it."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

import nn
from nn.__main__ import main
from nn.cli.names import NAMES
from nn.cli.presets import PRESETS


def run(capsys, *arguments, status=0):
    assert main(arguments) == status
    return capsys.readouterr().out


def start(folder, *arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "nn", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env={**os.environ, **environment},
    )


# --- Names ---------------------------------------------------------------------------------------


def test_names_learns_and_samples(capsys):
    text = run(capsys, "names", "--seed", "1")

    assert text.startswith("992 lines of names.txt; GPT(27 tokens, width 16, 4 heads, 1 layer, context 16, 4192 param")
    losses = [float(loss) for loss in re.findall(r"mean loss (\d\.\d+)", text)]
    assert losses[-1] < 2.4 < 2.6 < losses[0]
    assert re.search(r"1000 steps in .* s, compiling included, runner 'native'", text)
    assert re.search(r"a step: \d+ us; recorded and run gate by gate in Python: [\d,]+ us, [\d,]+ times as long", text)
    samples = text.split("\n\n")[1].split()
    assert len(samples) == 10
    assert all(re.fullmatch("[a-z]+", name) for name in samples)
    text.encode("ascii")
    assert max(map(len, text.splitlines())) <= 100
    names = NAMES.read_text(encoding="utf-8").split()
    assert names == sorted({*names})
    assert NAMES.stat().st_size < 8000


def test_names_learns_any_text(capsys, tmp_path):
    file = tmp_path / "counting.txt"
    file.write_text("Eins, zwei\n\ndrei und ein langer Satz\n", encoding="utf-8")
    options = ["--width", "8", "--heads", "2", "--context", "8", "--steps", "12", "--samples", "3"]
    text = run(capsys, "names", str(file), *options)

    assert text.startswith("6 lines of counting.txt; GPT(")  # cut to 7 letters each
    assert "step     12  mean loss" in text
    assert text.count("\n") == 1 + 10 + 2 + 1 + 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["names", "nowhere.txt"], "nowhere.txt"),
        (["names", "--steps", "0"], "--steps must be a positive integer"),
        (["names", "--heads", "3"], "got 3 heads for a width of 16"),
    ],
)
def test_names_says_what_it_cannot_do(capsys, arguments, message):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_names_without_llvmlite(capsys, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("autodiff.flat.backends.llvm")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    text = run(capsys, "names", "--width", "8", "--heads", "2", "--context", "6", "--samples", "1")

    assert "step    100  mean loss" in text
    assert "100 steps in" in text
    assert re.search("machine code is much faster: pip install 'scalar-autodiff\\[fast\\]'", text)


def interrupted(process, word, seconds):
    """What a run prints that gets ctrl-C ``seconds`` after a line that starts with the word; it must succeed."""
    for line in process.stdout:
        if line.startswith(word):
            break
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    text = process.communicate(timeout=20)[0]

    assert process.returncode == 0
    return text


def test_names_ctrl_c_ends_with_samples(tmp_path):
    process = start(tmp_path, "names", "--steps", "2000000", PYTHONUNBUFFERED="1")
    text = interrupted(process, "step", 0.2)

    assert re.search(r"stopped by ctrl-C after \d{3,} steps; what was learned is kept", text)
    assert "Traceback" not in text


# --- Training ------------------------------------------------------------------------------------


def test_xor_learns_and_reports(capsys):
    text = run(capsys, "xor")

    assert text.startswith("xor: MLP(2-4-1, tanh, linear, 17 parameters), seed 0\n")
    assert "squared error, sgd with learning rate 0.1,\n1000 epochs of 1 update" in text
    assert "start  loss 0.676595, accuracy 0.500" in text
    assert re.search(r"end    loss \d\.\d+e-14, accuracy 1\.000", text)
    assert "x1 x2  wanted   output\n 0  0       0   " in text
    assert text.count("  right\n") == 4
    assert "what to try next\n  python -m nn xor " in text
    assert "doctor" not in text


@pytest.mark.parametrize("task", sorted({*PRESETS} - {"digits", "moons", "spirals"}))
def test_tasks_learn_by_default(capsys, task):
    if task == "iris":
        pytest.importorskip("sklearn")
    accuracy = re.search(r"end .*?, accuracy (\S+?)(,|$)", run(capsys, task), re.MULTILINE)[1]

    assert float(accuracy) >= PRESETS[task].enough


@pytest.mark.slow
@pytest.mark.parametrize(("task", "share"), [("moons", 0.98), ("spirals", 0.95), ("digits", 0.95)])
def test_tasks_larger_learn_by_default(capsys, task, share):
    if task == "digits":
        pytest.importorskip("sklearn")
    text = run(capsys, task)

    assert float(re.search(r"^end .*?, accuracy ([\d.]+)", text, re.MULTILINE).group(1)) >= share


def test_suggestions_work(capsys):
    for line in re.findall(r"  python -m nn (.*?)  ", run(capsys, "and")):
        run(capsys, *line.replace("--seeds 30", "--seeds 2").split())


def test_options_change_all_settings(capsys):
    options = "--hidden 3,2 --activation sigmoid --loss bce --optimizer adam --epochs 7 --batch-size 2 --seed 5"
    text = run(capsys, "or", *options.split(), "--learning-rate", "0.5", "--runner", "eager")

    assert "MLP(2-3-2-1, sigmoid, sigmoid, sigmoid, 20 parameters), seed 5" in text
    assert "binary cross entropy, adam with learning rate 0.5," in text
    assert "7 epochs of 2 updates, runner eager" in text


@pytest.mark.parametrize(
    ("loss", "net", "task"),
    [
        ("multiclass_hinge", "2-4-2, tanh, linear", "xnor"),
        ("cross_entropy", "2-4-2, tanh, softmax", "xnor"),
        ("hinge", "2-4-1, tanh, linear", "xnor"),
        ("squared_error", "2-8-3, tanh, linear", "blobs"),  # one-hot classes
    ],
)
def test_option_loss_sets_the_last_layer(capsys, loss, net, task):
    text = run(capsys, task, "--loss", loss)

    assert f"MLP({net}" in text
    assert "accuracy 1.000" in text


def test_option_optimizer_sets_its_rate(capsys):
    assert "adam with learning rate 0.02" in run(capsys, "and", "--optimizer", "adam", "--epochs", "3")


def test_report_maps_points_in_the_plane(capsys):
    text = run(capsys, "circles", "--epochs", "2")
    rows = [line for line in text.splitlines() if re.fullmatch(r"  [.#]{56}", line)]

    assert len(rows) == 16
    assert ". class 0, # class 1; x1 from" in text


def test_report_examines_what_did_not_learn(capsys):
    text = run(capsys, "xor", "--hidden", "0")

    assert "the doctor says" in text
    assert "linear net:" in text


def test_report_diagnoses_on_request(capsys):
    text = run(capsys, "xor", "--diagnose")

    assert "the doctor says\n  4 of 4 examples right (100 %), loss" in text


def test_report_an_undecided_half(capsys):
    text = run(capsys, "xor", "--hidden", "0")

    assert "accuracy 0.500" in text
    assert "an output above 0.5 means 1; one of 0.5 is undecided and counts as 0" in text
    assert "is undecided" not in run(capsys, "xor", "--epochs", "1")
    assert "an output above 0 means 1: hinge trains towards -1 and 1" in run(capsys, "xor", "--loss", "hinge")
    assert "an output above 0 means 1" not in run(capsys, "xor")


@pytest.mark.parametrize("command", ["xor --hidden 0", "or --hidden 2 --activation relu --seed 4", "blobs --hidden 2"])
def test_suggestions_exclude_the_last_run(capsys, command):
    suggested = re.findall(r"  python -m nn (.*?)  ", run(capsys, *command.split()))

    assert len(suggested) == 2
    assert command.partition(" --seed")[0] not in suggested


def test_page_says_how_it_trains(capsys, tmp_path):
    page = tmp_path / "c.html"
    text = run(capsys, "circles", "--epochs", "1", "--page", str(page))
    header = re.search(r"<header>(.*?)</header>", page.read_text(encoding="utf-8"), re.DOTALL)[1]

    assert "adam with learning rate 0.02" in text
    assert text.count("to train it live in the same way, open ") == 1
    assert ">circles</h1>" in header
    assert "binary cross entropy, adam, learning rate 0.02, 150 examples" in header


def test_report_a_diverging_run(capsys):
    text = run(capsys, "xor", "--activation", "relu", "--learning-rate", "1e5")

    assert "the loss became inf in epoch" in text
    assert "diverged: at rate 100000 the loss grew from" in text


def test_seeds_counted_and_failures_explained(capsys):
    text = run(
        capsys,
        *["xor", "--hidden", "2", "--activation", "relu", "--learning-rate", "0.5", "--epochs", "500", "--seeds", "6"],
    )

    assert re.search(r"\d of 6 runs of xor succeed", text)
    assert re.search(r"  stuck: \d runs? \(seeds? \d", text)
    text = run(capsys, "xor", "--seeds", "8", "--seed", "3")
    assert text.startswith("xor: MLP(2-4-1, tanh, linear, 17 parameters), seeds 3 to 10\n")
    assert "8 of 8 runs of xor succeed" in text


# --- Files ---------------------------------------------------------------------------------------


def test_option_save(capsys, tmp_path):
    run(capsys, "xor", "--save", str(tmp_path / "xor.json"))
    net = nn.load(tmp_path / "xor.json")

    assert [nn.predict(net, x) for x in nn.truth_table("xor")[0]] == [0, 1, 1, 0]


@pytest.mark.parametrize("options", [["xor"], ["blobs", "--epochs", "2"], ["xor", "--seeds", "2"]])
def test_option_plot(capsys, tmp_path, options):
    run(capsys, *options, "--plot", str(tmp_path / "picture.svg"))

    assert "<svg" in (tmp_path / "picture.svg").read_text(encoding="utf-8")


def test_option_missing_folder(capsys):
    run(capsys, "and", "--save", "/no/such/folder/net.json", status=2)


# --- Lecture examples ----------------------------------------------------------------------------


def test_watch_lecture_examples(capsys):
    assert "after 159 updates and stands still" in run(capsys, "c4")
    assert "z3 = 2, h = 1\ngate by gate: python -m autodiff E1\n" in run(capsys, "E1")


def test_steps_of_a_formula(capsys):
    text = run(capsys, "D1")

    assert "f = q * z = 3 * -4 = -12" in text
    assert "for x = -2, y = 5, z = -4 (on the slide)" in text
    assert "for x1 = 2, x2 = 3 (our choice)" in run(capsys, "a2")


# --- Behavior ------------------------------------------------------------------------------------


def test_report_is_ascii_and_narrow(capsys):
    for task in ("xor", "blobs"):
        text = run(capsys, task, "--epochs", "3")
        text.encode("ascii")
        assert max(map(len, text.splitlines())) <= 100


def test_help_without_a_task(capsys):
    text = run(capsys)

    assert "digits" in text
    assert "--list WORD" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["xorr"], "unknown task 'xorr': choose one of and, or, xor"),
        (["XORR", "--hidden", "2"], "; did you mean xor?"),
        (["C99"], "there is no lecture example 'C99'"),
        (["xor", "--epochs", "0"], "epochs must be a positive integer"),
        (["xor", "--batch-size", "0"], "batch_size must be a positive integer"),
        (["xor", "--save", "no/net.json"], "cannot save 'no/net.json': there is no folder"),
        (["xor", "--plot", "net.txt"], "cannot save 'net.txt': unknown extension '.txt'"),
        (["xor", "--page", "."], "the name has no extension"),
        (["xor", "--seeds", "2", "--plot", "no/net.svg"], "there is no folder"),
        (["xor", "--save", "-"], "the report goes to the standard output: give the name of a file, not -"),
        (["xor", "--plot", "/dev/stdout"], "the report goes to the standard output"),
        (["xor", "--seeds", "2", "--save", "s.json", "--page", "s.html"], "or leave out --save, --page"),
        (["xor", "--seeds", "2", "--diagnose"], "or leave out --diagnose"),
        (["C5", "--hidden", "3", "--save", "c5.json"], "C5 is shown as in the lecture: leave out --hidden, --save"),
        (["D1", "--seed", "3"], "leave out --seed"),
        (["xor", "--hidden", "0", "--activation", "relu"], "no hidden units: leave out --activation"),
        (["--epochs", "3"], "there is nothing to train: add a task such as xor, or leave out --epochs"),
        (["xor", "--hidden", "-3"], "must be a positive integer, got -3"),
        (["xor", "--seeds", "0"], "seeds must be a positive integer"),
        (["xor", "--learning-rate", "-1"], "learning_rate must be a number >= 0"),
    ],
)
def test_options_bad_input_in_a_line(capsys, arguments, message):
    assert main(arguments) == 2
    output, error = capsys.readouterr()

    assert message in error
    assert error.startswith("python -m nn: ")
    assert output == ""


@pytest.mark.parametrize("given", ["foo", "4;4", "1.5", "1000000000"])
def test_option_hidden_says_how_layers_are_written(capsys, given):
    with pytest.raises(SystemExit):
        main(["xor", "--hidden", given])

    error = capsys.readouterr().err
    assert "takes numbers of units such as 4 or 8,4" in error
    assert repr(given) in error


def test_ctrl_c_ends_with_what_was_learned(tmp_path):
    process = start(tmp_path, "xor", "--epochs", "100000000", "--runner", "eager", PYTHONUNBUFFERED="1")
    text = interrupted(process, "start", 0.5)

    assert "stopped by ctrl-C after" in text
    assert "Traceback" not in text
    assert "wanted" in text


def test_closed_pipe_is_no_error(tmp_path):
    command = f"{sys.executable} -m nn E4 | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=tmp_path, check=True)

    assert done.stdout == "E4  Points inside a rectangle\n"
    assert done.stderr == ""


def test_import_nn_brings_no_large_package(tmp_path):
    code = "import sys, nn; print({'numpy', 'tqdm', 'matplotlib', 'sklearn', 'llvmlite'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)

    assert done.stdout == "set()\n"
