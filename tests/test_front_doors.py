"""Every front door takes a gate that is not in the table, and a new row of the table."""

import copy
import importlib.util
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autodiff
import nn
import visualize
from autodiff import Primitive, Value, check_gradients, grad, hessian, nonfinite_origin, variables
from autodiff.flat import Unsupported, lower
from autodiff.formula import names, statements

EXACT = 1e-12


def newton(x):
    """The square root by Newton's method."""
    t = x
    for _ in range(20):
        t = (t + x / t) / 2
    return t


# Each gate with a point, its value there, its local gradients, and whether simpler gates give its value.
GATES = {
    "hypot": (
        Primitive("hypot", lambda x, y: (x * x + y * y) ** 0.5, lambda out, x, y: (x / out, y / out)),
        (3.0, 4.0),
        5.0,
        (0.6, 0.8),
        True,
    ),
    "atan": (Primitive("atan", math.atan, lambda out, x: (1 / (1 + x * x),)), (2.0,), math.atan(2.0), (0.2,), False),
    "leaky": (
        Primitive("leaky", lambda x: x if x > 0 else 0.1 * x, lambda out, x: (1.0 if x > 0 else 0.1,)),
        (-3.0,),
        -0.30000000000000004,
        (0.1,),
        True,
    ),
    "wave": (
        Primitive("wave", lambda x: np.cos(x), lambda out, x: (-np.sin(x),)),
        (1.0,),
        math.cos(1.0),
        (-math.sin(1.0),),
        True,
    ),
    "root": (Primitive("root", newton, lambda out, x: (0.5 / out,)), (9.0,), 3.0, (1 / 6,), True),
    "steep": (
        Primitive("steep", lambda x: math.sinh(x), lambda out, x: (math.cosh(x),)),
        (0.5,),
        math.sinh(0.5),
        (math.cosh(0.5),),
        False,
    ),
}


@pytest.fixture(params=GATES)
def row(request):
    return GATES[request.param]


def recorded(gate, point):
    leaves = [Value(number, f"x{i}") for i, number in enumerate(point)]
    return leaves, gate(*leaves)


def test_backward(row):
    gate, point, value, slopes, _ = row
    leaves, f = recorded(gate, point)
    f.backward()
    assert f.data == pytest.approx(value, rel=EXACT)
    assert [leaf.grad for leaf in leaves] == pytest.approx(slopes, rel=EXACT)


def test_steps_are_true(row):
    gate, point, _, slopes, _ = row
    _, f = recorded(gate, point)
    steps = f.steps()
    text = str(steps)
    assert f"= {gate.name}(" in text
    for step, slope in zip(steps, slopes):
        assert step.local == pytest.approx(slope, rel=EXACT)
        assert f"1 * {autodiff.formula.show(slope)} = {autodiff.formula.show(slope)}" in step.text
    data = json.loads(json.dumps(steps.as_dict()))
    assert data["gradients"] == pytest.approx({f"x{i}": slope for i, slope in enumerate(slopes)}, rel=EXACT)
    assert all(gate.name in sentence for sentence in steps.sentences if "Gate" in sentence)


def test_statements_and_parse(row):
    gate, point, value, *_ = row
    _, f = recorded(gate, point)
    text = "; ".join(statements(f))
    again = autodiff.parse(text, functions={gate.name: gate}, **{f"x{i}": number for i, number in enumerate(point)})
    assert again.data == pytest.approx(value, rel=EXACT)
    assert again.primitive is gate


@pytest.mark.parametrize("layout", ["built-in", "dot"])
def test_pictures(row, layout):
    gate, point, *_ = row
    _, f = recorded(gate, point)
    f.backward()
    assert gate.name in visualize.draw(f, layout=layout).svg()


def test_page(row):
    gate, point, _, _, expands = row
    _, f = recorded(gate, point)
    text = visualize.page(f * 2.0 + 1.0).html()
    assert gate.name in text
    assert ("keeps its recorded value and local gradients" in text) == (not expands)


def test_flat_code(row):
    gate, point, *_ = row
    _, f = recorded(gate, point)
    text = str(lower(f))
    assert f"f = {gate.name}(" in text
    assert "grad_x0 = " in text


@pytest.mark.parametrize("runner", ["source", "batch", "native", "auto"])
def test_compile(row, runner):
    gate, point, value, slopes, expands = row
    fast = autodiff.compile(lambda *x: gate(*x) * 3.0, runner=runner)
    if runner == "native":
        pytest.importorskip("llvmlite")
        if not expands:
            with pytest.raises(Unsupported, match=f"'{gate.name}'") as refusal:
                fast(*point)
            assert "expansion=" in str(refusal.value)
            assert "native" in str(refusal.value)
            return
    assert fast(*point) == pytest.approx(3.0 * value, rel=EXACT)
    found, gradient = fast.value_and_grad(*point)
    assert found == pytest.approx(3.0 * value, rel=EXACT)
    assert np.ravel(gradient) == pytest.approx([3.0 * slope for slope in slopes], rel=EXACT)
    assert fast.map([point, point]) == pytest.approx([3.0 * value] * 2, rel=EXACT)


class Model(nn.Module):
    def __init__(self, gate, operands):
        self.gate, self.operands = gate, operands
        self.net = nn.MLP(2, [3, 1], "tanh", seed=0)

    def __call__(self, x):
        h = self.net(x)
        return self.gate(*[h * h + 0.5 for _ in range(self.operands)])


def trained(row, runner):
    gate, point, *_ = row
    model = Model(gate, len(point))
    X, Y = nn.truth_table("xor")
    nn.fit(model, X, Y, epochs=30, runner=runner, progress=False, learning_rate=0.05)
    return [parameter.data for parameter in model.parameters()]


@pytest.mark.parametrize("runner", ["source", "batch", "native", "auto"])
def test_fit(row, runner):
    if runner == "native":
        pytest.importorskip("llvmlite")
        if not row[-1]:
            with pytest.raises(Unsupported, match="expansion="):
                trained(row, runner)
            return
    assert trained(row, runner) == pytest.approx(trained(row, "eager"), rel=1e-9)


def test_checks(row):
    gate, point, *_ = row
    assert check_gradients(gate, *point)
    wrong = Primitive("wrong", gate.value, lambda out, *x: tuple([2.0 * y for y in gate.local_gradients(out, *x)]))
    report = check_gradients(wrong, *point)
    assert not report
    assert "wrong" in str(report)


def test_nonfinite_origin(row):
    gate, point, *_ = row
    leaves, f = recorded(gate, point)
    assert nonfinite_origin(autodiff.log(f * 0.0)).node.primitive is autodiff.log
    blown = Primitive("blown", lambda *x: math.inf, gate.local_gradients)
    assert "blown" in str(nonfinite_origin(blown(*leaves) + 1.0))


def test_second_order(row):
    gate, point, *_ = row
    if gate.name == "steep":  # its rule calls Python's math
        with pytest.raises(TypeError, match=r"steep.*|autodiff\."):
            hessian(lambda x: gate(*x))(list(point))
        return
    found = hessian(lambda x: gate(*x))(list(point))
    h = 1e-5
    for i in range(len(point)):
        up, down = ([y + sign * h * (i == k) for k, y in enumerate(point)] for sign in (1, -1))
        numeric = [(a - b) / (2 * h) for a, b in zip(*[grad(lambda x: gate(*x))(z) for z in (up, down)])]
        assert found[i] == pytest.approx(numeric, rel=1e-6, abs=1e-8)


def test_copies(row):
    gate, point, value, *_ = row
    _, f = recorded(gate, point)
    twin = copy.deepcopy(f)
    twin.backward()
    assert twin.data == pytest.approx(value)
    assert twin.primitive is gate


def test_names(row):
    gate, point, *_ = row
    _, f = recorded(gate, point)
    assert set(names(f).values()) == {"f", *[f"x{i}" for i in range(len(point))]}


def test_names_of_two_gates_alike():
    first = Primitive("relu", lambda x: x * 2.0, lambda out, x: (2.0,))
    second = Primitive("relu", lambda x: x * 5.0, lambda out, x: (5.0,))
    x = variables(x=3.0)[0]
    for runner in ("source", "batch", "native"):
        if runner == "native":
            pytest.importorskip("llvmlite")
        fast = autodiff.compile(lambda x: first(x) + second(x) + autodiff.relu(x), runner=runner)
        assert fast.value_and_grad(3.0) == (24.0, 8.0)
    assert "const" in visualize.page(first(x) + second(x) + autodiff.relu(x)).html()


ROW = """
soft_step = Primitive("soft_step", lambda a: a / (1.0 + absolute(a)), lambda out, a: (power(1.0 + absolute(a), -2.0),))
"""
WORDS = """
    "soft_step": Words(symbol="S", spoken="soft step", role="soft_step flattens: large inputs pass little back"),
"""
THROUGH = """
import autodiff, nn, visualize
from autodiff import Value, check_gradients, parse, primitives
from autodiff.flat import lower
x = Value(3.0, "x")
f = primitives.soft_step(x)
f.backward()
assert abs(x.grad - 1 / 16) < 1e-15 and f.data == 0.75
steps = f.steps()
assert "large inputs pass little back" in str(steps) and "soft step of x" in steps.sentences[0], steps
assert ">S<" in visualize.draw(f).svg()
assert "const soft_step" in visualize.page(f).html()
assert parse("soft_step(x)", x=3).primitive is primitives.soft_step
assert "f = soft_step(x)" in str(lower(f))
assert check_gradients(primitives.soft_step, -0.7)
assert "d out / d a" in primitives.soft_step.__doc__
for runner in ("source", "batch", *["native"] * NATIVE):
    fast = autodiff.compile(primitives.soft_step, runner=runner)
    assert fast.value_and_grad(3.0) == (0.75, 1 / 16), runner
    net = nn.MLP(2, [3, 1], primitives.soft_step, seed=0)
    history = nn.fit(net, *nn.truth_table("xor"), epochs=5, runner=runner, progress=False)
    assert history.loss[-1] < history.loss[0]
"""


def test_gate_needs_a_row_and_its_words(tmp_path):
    root = Path(autodiff.__file__).parent.parent
    for room in ("autodiff", "nn", "visualize"):
        shutil.copytree(root / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    insert(tmp_path / "autodiff/primitives.py", "PRIMITIVES = {", ROW)
    insert(tmp_path / "autodiff/vocabulary.py", '    "relu": ', WORDS)
    native = importlib.util.find_spec("llvmlite") is not None
    program = THROUGH.replace("NATIVE", str(native))
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def insert(path, before, line):
    """Put a line into a file, in front of the one line that begins so."""
    text = path.read_text(encoding="utf-8")
    assert text.count(f"\n{before}") == 1
    path.write_text(text.replace(f"\n{before}", f"\n{line}{before}"), encoding="utf-8")
