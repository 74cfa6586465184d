"""A check ends with a Report, whatever the student's code does."""

import linecache
import random

import pytest

from autodiff.workshop import Report, add_to, check, keep, reports, start
from autodiff.workshop.guard import Trouble, attempt
from autodiff.workshop.nets import Written, loss_falls, one_step
from autodiff.workshop.solution import make_engine, read_steps
from autodiff.workshop.storage import execute
from tests.support.wrong_engines import Closures, Local

ARGUMENTS = {6: "numerical_gradient check_gradients", 7: "Value Neuron Layer MLP", 8: "Value MLP train"}


def loop():
    while True: pass  # fmt: skip  # noqa: E701


def swallow():
    while True:
        try:
            x = 1
            str(x)
        except:  # noqa: E722
            pass


def recurse():
    return recurse()


def sabotage():
    import builtins

    builtins.len = None
    raise SystemExit


@pytest.mark.parametrize("function", [loop, swallow, recurse, sabotage])
def test_guard_ends_with_a_sentence(function):
    before = len
    with pytest.raises(Trouble, match=r"line|SystemExit|calls"):
        attempt(function, seconds=0.1)
    assert len is before


def test_guard_lets_the_keyboard_through():
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(interrupt)


@pytest.mark.parametrize("step", range(1, 8))
def test_own_engine_has_full_marks(step):
    names = make_engine(step)
    report = check(step, *(names[name] for name in ARGUMENTS.get(step, "Value").split()))
    assert report, str(report)
    assert reports[-1] is report


@pytest.mark.slow
def test_own_engine_learns_xor():
    names = make_engine(8)
    state = random.getstate()
    assert check(8, names["Value"], names["MLP"], names["train"])
    assert random.getstate() == state


@pytest.mark.parametrize("step", range(1, 6))
def test_empty_class_is_still_open(step):
    report = check(step, type("Value", (), {}))
    assert report.passed == 0
    assert all(line.startswith("○") and "still open" in line for line in report.lines)


def test_holes_are_still_open():
    class Value(Local):
        def backward(self): ...

    assert all("still open: backward" in line for line in check(4, Value).lines)
    assert all("still open" in line for line in check(6, ..., None).lines)
    assert all("still open: train" in line for line in check(8, Local, Closures, ...).lines[:1])


def test_report_texts():
    report = check(3, Closures)
    assert isinstance(report, Report)
    assert str(report).startswith("Step 3, the order: 6 of 6.\n  ✓ an input alone")
    assert report._repr_markdown_().startswith("**Step 3, the order: 6 of 6.**\n\n- ✓ ")
    assert (report.step, report.title, report.passed, report.of, bool(report)) == (3, "the order", 6, 6, True)


def step_six(quotient):
    def numerical_gradient(f, xs, h=1e-5):
        return [quotient(f, xs, i, h) for i in range(len(xs))]

    return numerical_gradient


def moved(xs, i, h):
    return [*xs[:i], xs[i] + h, *xs[i + 1 :]]


@pytest.mark.parametrize(
    ("quotient", "words"),
    [
        (lambda f, xs, i, h: (f(*moved(xs, i, h)) - f(*xs)) / h, "one side of x only, above"),
        (lambda f, xs, i, h: (f(*moved(xs, i, h)) - f(*moved(xs, i, -h))) / h, "divide by 2 * h"),
        (lambda f, xs, i, h: (f(*moved(xs, i, -h)) - f(*moved(xs, i, h))) / (2 * h), "the sign is wrong"),
        (lambda f, xs, i, h: (f(*moved(xs, i, 0.1)) - f(*moved(xs, i, -0.1))) / 0.2, "too large"),
        (lambda f, xs, i, h: (f(*moved(xs, i, 1e-13)) - f(*moved(xs, i, -1e-13))) / 2e-13, "too small"),
        (lambda f, xs, i, h: xs.__setitem__(i, xs[i] + h) or (f(*xs) - f(*moved(xs, i, -2 * h))) / (2 * h), "x back"),
        (lambda f, xs, i, h: (f(xs) - f(xs)) / h, "call f(*xs)"),
        (lambda f, xs, i, h: (f(*moved(xs, i, h)) - f(*moved(xs, i, -h))) / 2 * h, "write / (2 * h)"),
        (lambda f, xs, i, h: f(*moved(xs, i, h)) - f(*moved(xs, i, -h)), "is not divided by 2 * h"),
        (lambda f, xs, i, h: (f(*xs) - f(*xs)) / (2 * h), "are both copies the same list?"),
    ],
)  # fmt: skip
def test_quotients_are_told_their_mistake(quotient, words):
    assert words in str(check(6, step_six(quotient), make_engine(6)["check_gradients"]))


@pytest.mark.parametrize(("verdict", "words"), [(True, "is accepted"), (False, "is refused"), (None, "True or False")])
def test_gradient_checks_are_told_their_mistake(verdict, words):
    assert words in str(check(6, make_engine(6)["numerical_gradient"], lambda f, xs: verdict))


def test_quotients_are_not_blamed_for_their_step():
    report = check(6, step_six(lambda f, xs, i, h: (f(*moved(xs, i, h)) - f(*xs)) / h), lambda f, xs: True)
    assert "✓ the size of the step" in report.lines


def changed(step, old, new):
    """The workshop's own engine with one mistake in the code of its last step."""
    names, code = make_engine(step - 1), read_steps()[step - 1]["code"]
    assert old in code
    exec(code.replace(old, new), names)
    return names


def test_measuring_needs_values():
    names = changed(6, "lambda *numbers: f(*map(Value, numbers)).data", "f")
    assert "measure value(...)" in str(check(6, names["numerical_gradient"], names["check_gradients"]))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[Value(random.uniform(-1, 1)) for _ in range(inputs)]", "[Value(random.random())] * inputs", "[x] * k"),
        ("[*self.weights, self.bias]", "self.weights", "the biases are missing"),
        ("[*self.weights, self.bias]", "self.weights.append(self.bias) or self.weights", "make a new list"),
        ("self.bias = Value(0.0)", "self.bias = 0.0", "a parameter of Neuron(4) is a number, not a Value"),
        ("zip([inputs, *sizes], sizes)", "zip([inputs] * 9, sizes)", "has 15 Values, not 17"),
        ("weight * x", "weight.data * x", "take the parameters themselves, not their data"),
        ("for p in neuron.parameters()]", "for p in [neuron.parameters()]]", "of Layer(2, 4) is a list, not a Value"),
    ],
)
def test_nets_are_told_their_mistake(old, new, words):
    names = changed(7, old, new)
    report = str(check(7, *(names[name] for name in ARGUMENTS[7].split())))
    assert words in report
    assert "raised" not in report


@pytest.mark.parametrize(
    ("look", "old", "new", "words"),
    [
        (loss_falls, "loss.data", "loss", "append loss.data"),
        (loss_falls, "    return losses", "        return losses", "20 steps give 1 loss, not 20"),
        (one_step, "    return losses", "        return losses", "does a return stand in the loop?"),
        (one_step, "loss.backward()", "pass", "call backward, then change p.data"),
        (one_step, "p.data -=", "p -=", "call backward, then change p.data"),
        (loss_falls, "p.data -=", "p.data +=", "the steps go the wrong way"),
        (loss_falls, "loss.backward()", "losses and loss.backward()", "is backward called before it?"),
        (one_step, "loss.backward()", "losses or loss.backward()", "belong into the loop"),
        (one_step, "rate * p.grad", "2.0 * p.grad", "with twice the rate it is the same"),
        (one_step, "model.parameters()", "model.parameters()[:-1]", "one of them stays"),
    ],
)
def test_trainings_are_told_their_mistake(look, old, new, words):
    assert words in look(Written(changed(8, old, new)))


def test_files_go_round(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = make_engine(7)
    keep(*(names[name] for name in ARGUMENTS[7].split()))
    text = (tmp_path / "my_value.py").read_text()
    assert text.count("def __add__") == 1
    assert "add_to" not in text
    assert "import math\nimport random\n" in text
    keep(*start(8))
    assert (tmp_path / "my_value.py").read_text() == text
    assert "your own engine, right as far as step 7" in capsys.readouterr().out


@pytest.mark.parametrize("engine", [Local, Closures])
def test_files_keep_other_styles(engine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keep(engine)
    names = {"__name__": "mine"}
    exec((tmp_path / "my_value.py").read_text(), names)
    assert check(5, names[engine.__name__])


KEPT = {  # what a class uses besides its methods
    "a base": "class Base:\n    size = 2\n\nclass Value(Base):\n    def f(self): return self.size\n",
    "a decorator": """
import functools

def doubled(f):
    @functools.wraps(f)
    def g(self): return 2 * f(self)
    return g

class Value:
    @doubled
    def f(self): return 1
""",
    "a dataclass": """
from dataclasses import dataclass

@dataclass
class Value:
    data: float = 2

    def f(self): return self.data
""",
    "a table": "TABLE = {'a': [2]}\n\nclass Value:\n    def f(self): return TABLE['a'][0]\n",
    "annotations": """
from __future__ import annotations

class Value:
    def f(self, other: Value = None): return 2
""",
}


def defined(text, name, **given):
    """The class Value of a notebook's cell."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    names = {"__name__": "__main__", **given}
    exec(compile(text, name, "exec", dont_inherit=True), names)
    return names["Value"]


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_files_keep_what_a_class_uses(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keep(defined(text, "<kept>"))
    assert execute((tmp_path / "my_value.py").read_text(), "my_value.py")["Value"]().f() == 2


def test_files_keep_imports_of_later_methods(tmp_path, monkeypatch):
    """The first method comes from a file, the second from a notebook that goes on and imports more."""
    monkeypatch.chdir(tmp_path)
    value = defined("class Value:\n    def f(self): return 1\n", "<file>")
    more = "import math\n\n@add_to(Value)\ndef g(self): return math.floor(2.5)\n"
    keep(defined(more, "<more>", Value=value, add_to=add_to))
    text = (tmp_path / "my_value.py").read_text()
    kept = execute(text, "my_value.py")["Value"]()
    assert (kept.f(), kept.g()) == (1, 2)
    assert "import math\n\n\nclass Value:" in text  # and no name of the notebook's module


def test_files_tell_what_they_lack(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    keep(defined("rng = object()\n\nclass Value:\n    def f(self): return rng\n", "<lacking>"))
    assert capsys.readouterr().out == "my_value.py: Value with 1 method; it uses, but does not have, rng\n"
    long = 'class Value:\n    def f(self):\n        return """\ntext\n"""\n\n    def g(self): return 1\n'
    with pytest.raises(ValueError, match="indent long texts like the code"):
        keep(defined(long, "<long>"))


def test_start_falls_back(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert hasattr(start(4), "order")
    assert "no my_value.py in this folder" in capsys.readouterr().out
    for text, words in (("class Value:", "raised"), ("x = 1", "no class Value"), ("class Value: ...", "step 1 has 0")):
        (tmp_path / "my_value.py").write_text(text)
        assert not hasattr(start(3), "order")
        assert words in capsys.readouterr().out


def test_start_takes_engines_without_local(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    keep(Closures)
    (tmp_path / "my_value.py").write_text((tmp_path / "my_value.py").read_text() + "\nValue = Closures\n")
    assert start(5).__name__ == "Closures"
    assert "right as far as step 4" in capsys.readouterr().out


def test_keep_needs_sources(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    exec("class Value:\n    def f(self): return 1", names)
    with pytest.raises(ValueError, match=r"needs the source of Value\.f"):
        keep(names["Value"])
    assert not [*tmp_path.iterdir()]


def test_steps_are_eight():
    assert [step["title"] for step in read_steps()][2:4] == ["the order", "adding up"]
    assert len(read_steps()) == 8
    for call, error in (((9, Local), ValueError), ((True, Local), ValueError), ((3,), TypeError)):
        with pytest.raises(error, match="check"):
            check(*call)
    with pytest.raises(ValueError, match="start takes a step, 2 to 8"):
        start(1)
