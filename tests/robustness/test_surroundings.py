"""The environment: a dot that hangs, missing packages and consoles, odd file names."""

import contextlib
import copy
import io
import json
import os
import pickle
import subprocess
import sys
import time

import pytest

import autodiff
import visualize.layout.engines
from autodiff import Value, variables
from autodiff.lectures import EXAMPLES
from nn import MLP, fit, load, save, truth_table
from nn.serialization import ModelFileError, checksum
from visualize import draw, page, plot_activation

XOR = truth_table("xor")
posix = pytest.mark.skipif(os.name == "nt", reason="shell scripts and links are of another kind there")


def built(id):
    return EXAMPLES[id].build()


def f():
    x, y = variables(x=3, y=4)
    return x * y


# --- dot ------------------------------------------------------------------------------------------


@pytest.fixture
def dot(tmp_path, monkeypatch):
    """Put a program with this text on the PATH as dot, and nothing else."""

    def put(text, mode=0o755):
        (tmp_path / "dot").write_text(text)
        (tmp_path / "dot").chmod(mode)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(visualize.layout.engines, "TIMEOUT", 0.3)

    return put


BROKEN = {
    "hangs": f"#!{sys.executable}\nimport time\ntime.sleep(60)\n",
    "hangs with a child": "#!/bin/sh\n/bin/sleep 60 & wait\n",
    "fails": "#!/bin/sh\necho no fonts >&2\nexit 3\n",
    "kills itself": "#!/bin/sh\nkill -9 $$\n",
    "says nothing": "#!/bin/sh\nexit 0\n",
    "says nonsense": "#!/bin/sh\necho hello\n",
    "says no UTF-8": "#!/bin/sh\nprintf '\\377\\376'\n",
    "answers a list": "#!/bin/sh\necho '[1, 2]'\n",
    "answers no layout": '#!/bin/sh\necho \'{"objects": [], "edges": []}\'\n',
    "answers nan": '#!/bin/sh\necho \'{"objects": [{"name": "b0", "pos": "nan,nan"}], "edges": []}\'\n',
    "has no such interpreter": "#!/no/such/interpreter\n",
    "is no program": "\x7fELF nonsense",
}


@posix
@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_dot_broken_suggests_built_in_layout(dot, text):
    dot(text)
    begun = time.monotonic()
    with pytest.raises(OSError, match=r'the program dot failed: .*; use layout="built-in"'):
        draw(built("D1"), layout="dot").svg()
    assert time.monotonic() - begun < 20


@posix
def test_dot_without_permission(dot):
    dot(BROKEN["hangs"], mode=0o644)

    with pytest.raises(FileNotFoundError, match="no program dot on the PATH"):
        draw(built("D1"), layout="dot").svg()


# --- Missing packages -----------------------------------------------------------------------------


@pytest.fixture
def without(monkeypatch):
    """Make packages impossible to import."""

    def forget(*packages):
        for package in packages:
            for name in [name for name in sys.modules if name.partition(".")[0] == package]:
                monkeypatch.delitem(sys.modules, name)
            monkeypatch.setitem(sys.modules, package, None)

    return forget


def test_tqdm_missing_prints_plain_lines(without, capsys):
    without("tqdm")
    history = fit(MLP(2, [4, 1], seed=0), *XOR, epochs=20)

    assert history.epochs == 20
    assert capsys.readouterr().err.startswith("epoch 2 of 20: loss ")


def test_graphviz_missing_draws_svg(without, tmp_path):
    without("graphviz")

    assert draw(f()).svg().startswith("<svg")
    assert draw(f()).save(tmp_path / "f.svg")
    with pytest.raises(ImportError, match=r"a .dot file needs the package graphviz: pip install graphviz"):
        draw(f()).save(tmp_path / "f.dot")
    assert [path.name for path in tmp_path.iterdir()] == ["f.svg"]


def test_matplotlib_missing_is_named(without, tmp_path):
    without("matplotlib")

    for ending in ("png", "pdf"):
        with pytest.raises(ImportError, match="needs the package matplotlib: pip install matplotlib"):
            draw(f()).save(tmp_path / f"f.{ending}")
    with pytest.raises(ImportError, match="a plot needs the package matplotlib"):
        plot_activation("relu")
    assert draw(f()).save(tmp_path / "f.svg")
    assert page(f()).save(tmp_path / "f.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.html", "f.svg"]


def test_matplotlib_missing_refuses_plot_before_training(without, tmp_path, capsys):
    from nn.__main__ import main

    without("matplotlib")

    assert main(["xor", "--plot", str(tmp_path / "f.svg")]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "--plot needs the package matplotlib: pip install matplotlib" in shown.err


# --- Missing streams ------------------------------------------------------------------------------


def test_stderr_missing_fit_is_silent(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    history = fit(MLP(2, [4, 1], seed=0), *XOR, epochs=20)

    assert history.epochs == 20
    assert capsys.readouterr().out == ""


def test_stderr_with_write_only(monkeypatch):
    class Poor:
        text = ""

        def write(self, text):
            self.text += text

    monkeypatch.setattr(sys, "stderr", Poor())
    fit(MLP(2, [4, 1], seed=0), *XOR, epochs=20)

    assert "20" in sys.stderr.text


def closed(*arguments, streams):
    """The finished process of a command line with some of its three streams closed."""
    command = " ".join([f"exec '{sys.executable}' -X dev -m", *[f"'{word}'" for word in arguments], streams])
    return subprocess.run(["/bin/sh", "-c", command], capture_output=True, timeout=120, stdin=subprocess.DEVNULL)


@posix
@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["autodiff", "x*y", "x=2", "y=3"], 0),
        (["autodiff", "x*y", "x=2", "y=3", "--step"], 0),
        (["autodiff", "x*y", "x=2"], 2),
        (["autodiff", "--help"], 0),
        (["visualize", "x*y", "x=2", "y=3", "-o", "f.svg"], 0),
        (["visualize", "x*y", "x=2", "-o", "f.jpg"], 2),
        (["nn", "and", "--epochs", "20", "--save", "net.json"], 0),
        (["nn", "no-such-task"], 2),
    ],
    ids=lambda x: " ".join(x) if type(x) is list else None,
)
def test_closed_streams_change_no_status(arguments, status, streams, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(os.path.abspath, sys.path)))
    monkeypatch.chdir(tmp_path)
    done = closed(*arguments, streams=streams)

    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Warning" not in done.stderr
    assert len(list(tmp_path.iterdir())) == (status == 0 and ("-o" in arguments or "--save" in arguments))


# --- Copies of compiled functions -----------------------------------------------------------------


def product(x, y):
    return x * y


class Line:
    def __init__(self):
        self.w = Value(2.0, "w")
        self.fast = autodiff.compile(self.value)

    def value(self, x):
        return self.w * x


@pytest.mark.parametrize("runner", ["auto", "source", "batch"])
@pytest.mark.parametrize("called", [False, True])
def test_compile_pickles_and_copies(runner, called):
    fast = autodiff.compile(product, runner)
    if called:
        assert fast.value_and_grad(3.0, 4.0) == (12.0, (4.0, 3.0))
    for twin in (pickle.loads(pickle.dumps(fast)), copy.deepcopy(fast), copy.copy(fast)):
        assert (twin.f, twin.runner) == (product, runner)
        assert twin.value_and_grad(3.0, 4.0) == (12.0, (4.0, 3.0))


def test_compile_of_lambda_does_not_pickle():
    fast = autodiff.compile(lambda x: x * x)
    fast(2.0)

    assert copy.deepcopy(fast)(3.0) == 9.0
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(fast)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda line: pickle.loads(pickle.dumps(line))])
def test_model_with_compiled_method_copies(copied):
    line = Line()
    assert line.fast(3.0) == 6.0
    twin = copied(line)
    twin.w.data = 5.0

    assert (line.fast(3.0), twin.fast(3.0)) == (6.0, 15.0)


# --- File names -----------------------------------------------------------------------------------


def saved_by(name):
    """A function of a path for every way to write a file."""
    return {
        "picture": lambda path: draw(f()).save(path),
        "page": lambda path: page(f()).save(path),
        "net": lambda path: save(MLP(2, [2, 1], seed=0), path),
        "frames": lambda path: draw(f()).frames(path),
    }[name]


WAYS = [("picture", "f.svg"), ("picture", "f.png"), ("page", "f.html"), ("net", "f.json"), ("frames", "f-{n}.svg")]


@pytest.mark.parametrize(("way", "name"), WAYS)
def test_tilde_is_the_home(way, name, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    saved_by(way)(f"~/{name}")

    assert list(tmp_path.iterdir())
    if way == "net":
        assert repr(load(f"~/{name}")) == repr(MLP(2, [2, 1]))


@posix
@pytest.mark.parametrize("arguments", [["autodiff", "x", "x=1", "-o"], ["visualize", "x", "x=1", "-o"]])
def test_tilde_on_the_command_line(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    main = __import__(f"{arguments[0]}.__main__", fromlist=["main"]).main

    assert main([*arguments[1:], "~/f.svg"]) == 0
    assert (tmp_path / "f.svg").is_file()
    capsys.readouterr()


@posix
@pytest.mark.parametrize(("way", "name"), WAYS)
def test_link_to_itself_is_refused(way, name, tmp_path):
    first, second = tmp_path / name.replace("{n}", "1"), tmp_path / "other"
    first.symlink_to(second)
    second.symlink_to(first)

    with pytest.raises(OSError, match="it is a link to itself"):
        saved_by(way)(tmp_path / name)
    assert first.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([first.name, "other"])


@posix
def test_link_is_followed(tmp_path):
    (tmp_path / "link.svg").symlink_to(tmp_path / "f.svg")
    for _ in range(2):
        draw(f()).save(tmp_path / "link.svg")

        assert (tmp_path / "link.svg").is_symlink()
        assert (tmp_path / "f.svg").read_text(encoding="utf-8").startswith("<svg")


@posix
@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
@pytest.mark.parametrize("module", ["autodiff", "visualize"])
def test_stdout_takes_a_picture(module, name):
    command = [sys.executable, "-m", module, "x*y", "x=2", "y=3", "-o", name]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)

    assert (done.stdout[:4], done.stdout.strip()[-6:], done.stderr) == (b"<svg", b"</svg>", b"")


def test_stdout_of_text_alone(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    draw(f()).save("-")

    assert sys.stdout.getvalue().startswith("<svg")


def test_stdout_takes_a_worksheet(capsys):
    from autodiff.__main__ import main

    assert main(["--quiz", "2", "-o", "-"]) == 0
    one = capsys.readouterr().out
    assert main(["--quiz", "2"]) == 0
    assert one == capsys.readouterr().out


def test_picture_says_how_to_make_a_page(tmp_path):
    for name in ("a.html", "A.HTM"):
        with pytest.raises(ValueError, match=r"a picture is not a page: visualize.page\(f\).save\('.*' writes one|\)"):
            draw(f()).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


# --- Model files ----------------------------------------------------------------------------------


@pytest.fixture
def written(tmp_path):
    """Write a model file with a text replaced, and with a matching checksum if possible."""

    def write(old, new):
        save(MLP(2, [2, 1], seed=3), tmp_path / "net.json")
        text = (tmp_path / "net.json").read_text(encoding="utf-8")
        assert old in text
        text = text.replace(old, new, 1)
        contents = json.loads(text)
        body = {key: contents[key] for key in ("architecture", "parameters")}
        with contextlib.suppress(ValueError):  # nonfinite numbers have none
            text = text.replace(str(contents["checksum"]), str(checksum(body)), 1)
        (tmp_path / "net.json").write_text(text, encoding="utf-8")
        return tmp_path / "net.json"

    return write


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "-Infinity", "1" + "0" * 400 + ".0"])
def test_load_refuses_nonfinite_weights(written, number):
    path = written('"layers.0.neurons.0.b": 0.0', f'"layers.0.neurons.0.b": {number}')

    with pytest.raises(ModelFileError, match=r"is not a complete model file: .* must be finite, got"):
        load(path)
    net = MLP(2, [2, 1], seed=0)
    before = net.state_dict()
    with pytest.raises(ModelFileError):
        load(path, into=net)
    assert net.state_dict() == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"bias": true', '"bias": 7', "bias must be true or false"),
        ('"bias": true', '"bias": 1', "bias must be true or false"),
        ('"bias": true', '"bias": null', "bias must be true or false"),
        ('"seed": 3', '"seed": "x"', "seed an integer or null, got True and 'x'"),
        ('"seed": 3', '"seed": 0.5', "seed an integer"),
        ('"seed": 3', '"seed": [3]', "seed an integer"),
        ('"seed": 3', '"sed": 3', "an architecture has sizes, activations, bias, seed"),
        ('"sizes"', '"size"', "an architecture has sizes, activations, bias, seed"),
        ('"tanh"', '"no such"', "no such"),
        ('"tanh"', "7", "no net has sizes"),
        ('"layers.0.neurons.0.b": 0.0', '"layers.0.neurons.0.b": "0.0"', "does not fit"),
        ('"layers.0.neurons.0.b": 0.0', '"layers.0.neurons.0.b": 1' + "0" * 400, "does not fit"),
    ],
)
def test_load_refuses_other_architectures(written, old, new, said):
    with pytest.raises(ModelFileError, match=said):
        load(written(old, new))


@pytest.mark.parametrize(
    "architecture", ["7", "[]", '"MLP"', '{"sizes": [2], "activations": [], "bias": true, "seed": 1}']
)
def test_load_refuses_what_is_no_architecture(tmp_path, architecture):
    body = {"architecture": json.loads(architecture), "parameters": {}}
    contents = {"format": "scalar-autodiff model", "version": 1, "checksum": checksum(body), **body}
    (tmp_path / "net.json").write_text(json.dumps(contents), encoding="utf-8")

    with pytest.raises(ModelFileError, match=r"does not fit: (an architecture has|no net has sizes|sizes)"):
        load(tmp_path / "net.json")
