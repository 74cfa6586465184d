"""Users' gates: values and rules that raise, pickles, copies, and every derivative."""

import copy
import inspect
import math
import os
import pickle
import pydoc
import subprocess
import sys
from functools import partial
from math import log as logarithm
from pathlib import Path

import numpy as np
import pytest

import autodiff
from autodiff import (
    PRIMITIVES,
    Primitive,
    Value,
    check_gradients,
    exp,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    nonfinite_origin,
)
from autodiff.flat import Unsupported
from tests.support.own_gates import OWN, atan, hypot, leaky, sinus

INF, NAN = math.inf, math.nan


def imports_inside(x):
    import math as mathematics

    return mathematics.log(x)


def imports_a_name_inside(x):
    from math import log

    return log(x)


def calls_another(x):
    return 2 * imports_inside(x) + logarithm(x)


def calls_itself(x, times=3):
    return calls_itself(x, times - 1) if times else 1 / x


def closes_over():
    inverse = math.atanh
    return lambda x: inverse(x)


class Scaled:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        return self.factor / x

    def method(self, x):
        return self.factor * math.sinh(x)


ANSWERS = [  # a function, a point where Python raises, and the answer of IEEE 754 and C99
    (math.exp, 1000.0, INF),
    (math.log, 0.0, -INF),
    (math.log, -0.0, -INF),
    (math.log, -1.0, NAN),
    (math.log2, 0.0, -INF),
    (math.log10, 0.0, -INF),
    (math.log1p, -1.0, -INF),
    (math.log1p, -2.0, NAN),
    (math.sqrt, -1.0, NAN),
    (math.atanh, 1.0, INF),
    (math.atanh, -1.0, -INF),
    (math.atanh, 2.0, NAN),
    (math.sinh, -1000.0, -INF),
    (math.cosh, -1000.0, INF),
    (math.expm1, 1000.0, INF),
    (math.acos, 2.0, NAN),
    (math.sin, INF, NAN),
    (math.gamma, 0.0, INF),
    (math.gamma, -0.0, -INF),
    (math.gamma, -1.0, NAN),
    (math.gamma, 200.0, INF),
    (math.lgamma, -2.0, INF),
    (math.floor, -INF, -INF),
    (lambda x: math.pow(x, -2), 0.0, INF),
    (lambda x: math.pow(x, -3), -0.0, -INF),
    (lambda x: math.pow(x, 0.5), -1.0, NAN),
    (lambda x: math.log(x, 2), 0.0, -INF),
    (lambda x: math.log(2, x), 1.0, INF),
    (lambda x: math.fmod(1.0, x), 0.0, NAN),
    (lambda x: math.ldexp(x, 5000), -1.0, -INF),
    (lambda x: math.fsum([x, 1e308]), 1.7e308, INF),
    (lambda x: 1 / x, 0.0, INF),
    (lambda x: 1 / x, -0.0, -INF),
    (lambda x: -1 / x, 0.0, -INF),
    (lambda x: x / x, 0.0, NAN),
    (lambda x: x // 0, -3.0, -INF),
    (lambda x: 7 % x, 0.0, NAN),
    (lambda x: x**-1, 0.0, INF),
    (lambda x: x**2, 1e200, INF),
    (lambda x: 2**x, 5000.0, INF),
    (lambda x: x ** (1 / 3), -8.0, NAN),
    (lambda x: (1 - 2**x) ** 0.5 + 1, 1.0, NAN),
    (lambda x: math.sin(x**0.5), -1.0, NAN),
    (lambda x: 1 / math.exp(x), 1000.0, 0.0),
    (lambda x: math.exp(x) / math.exp(x), 1000.0, NAN),
    (lambda x: math.exp(-math.log(x)), 0.0, INF),
    (lambda x: sum([1 / x, 2]), 0.0, INF),
    (lambda x: max(1 / x, 2), 0.0, INF),
    (lambda x: float(1 / x) ** 2, 0.0, INF),
    (lambda x: max([1 / a for a in (x, 1.0)]), 0.0, INF),
    (lambda x: 1 / exp(x), -1000.0, INF),
    (lambda x: 1 / sinus(x), 0.0, INF),
    (lambda x: math.log(x) if x > 0 else 1 / x, 0.0, INF),
    (lambda x: logarithm(x), 0.0, -INF),
    (partial(math.pow, 0.0), -1.0, INF),
    (imports_inside, 0.0, -INF),
    (imports_a_name_inside, 0.0, -INF),
    (calls_another, 0.0, -INF),
    (calls_itself, 0.0, INF),
    (closes_over(), -1.0, -INF),
    (Scaled(-2.0), 0.0, -INF),
    (Scaled(-2.0).method, 1000.0, -INF),
]


@pytest.mark.parametrize(("function", "x", "expected"), ANSWERS)
def test_value_that_raises_gives_inf_or_nan(function, x, expected):
    """In values of numbers and Values, and in rules of backward, steps, grad, the recorded sweep and callbacks."""
    value = Primitive("own", function, lambda out, a: (1.0,))
    rule = Primitive("own", lambda a: a, lambda out, a: (function(a),))
    leaf = Value(x)
    y = rule(leaf)
    y.backward()

    answers = [
        value(x),
        value(leaf).data,
        leaf.grad,
        y.steps().gradients[leaf],
        grad(rule)(x),
        gradients(rule(leaf), leaf)[0].data,
        autodiff.compile(value, "source")(x),
        autodiff.compile(rule, "source").value_and_grad(x)[1],
    ]
    assert list(map(repr, answers)) == [repr(expected)] * len(answers)


def fails(*operands):
    raise KeyError("of my own")


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda x: 1 / 0, ZeroDivisionError, "division by zero"),
        (lambda x: int(x / 0), ZeroDivisionError, "float division by zero"),
        (lambda x: int("x"), ValueError, "invalid literal for int"),
        (lambda x: "a" + x, TypeError, "can only concatenate str"),
        (lambda x: x.foo, AttributeError, "'float' object has no attribute 'foo'"),
        (fails, KeyError, "of my own"),
        (lambda x: [][0], IndexError, "list index out of range"),
    ],
)
def test_error_names_gate_and_operands(function, error, message):
    """In a note; where a value should return inf or nan, the ValueError says so."""
    value = Primitive("own", function, lambda out, a: (1.0,))
    rule = Primitive("own", lambda a: a, lambda out, a: (function(a),))
    y = rule(Value(2.0, "x"))
    answers = issubclass(error, (ArithmeticError, ValueError))
    for place, raised, use in [
        ("the value of own at (2.0)", ValueError if answers else error, lambda: value(2.0)),
        ("the value of own at (2.0)", ValueError if answers else error, lambda: value(Value(2.0))),
        ("the rule of own at (2.0, 2.0)", error, y.backward),
        ("the rule of own at (2.0, 2.0)", error, y.steps),
        ("the rule of own at (2.0, 2.0)", error, lambda: grad(rule)(2.0)),
    ]:
        with pytest.raises(raised) as caught:
            use()
        said = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
        assert place in said
        assert message in said
        assert ("let it return inf or nan" in said) is (answers and "value" in place)


@pytest.mark.parametrize("entry", ["a", [1.0], (1.0,)])
def test_local_gradient_that_is_no_number(entry):
    y = Primitive("own", lambda a: a, lambda out, a: (entry,))(Value(2.0, "x"))

    with pytest.raises(TypeError, match="the local gradient of operand 1 must be a number or None, got") as caught:
        y.backward()
    assert caught.value.__notes__ == ["in the rule of own at (2.0, 2.0)"]


def test_value_that_calls_its_own_gate():
    own = Primitive("own", lambda a: own(a), lambda out, a: (1.0,))

    with pytest.raises(RecursionError) as caught:
        own(2.0)
    assert caught.value.__notes__ == ["in the value of own at (2.0)"]


def test_rule_that_raises_leaves_the_sweep():
    x, y = autodiff.variables(x=0, y=3)
    root = Primitive("root", math.sqrt, lambda out, a: (0.5 / out,))
    f = root(x) * 2.0 + y * y
    f.backward()

    assert (x.grad, y.grad) == (INF, 6.0)


def test_rule_with_complex_slope():
    x = Value(-8.0, "x")
    f = Primitive("third", lambda a: abs(a) ** (1 / 3), lambda out, a: (a ** (-2 / 3) / 3,))(2.0 * x)
    f.backward()

    assert math.isnan(x.grad)
    assert math.isnan(f.steps().gradients[x])


# --- Derivatives ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("gate", "at", "slopes", "curvatures"), OWN.values(), ids=OWN)
def test_derivatives_of_own_gates(gate, at, slopes, curvatures):
    leaves = [Value(x, f"x{i}") for i, x in enumerate(at)]
    y = gate(*leaves)
    y.backward()
    single = slopes if len(at) > 1 else slopes[0]

    assert [leaf.grad for leaf in leaves] == pytest.approx(slopes)
    assert grad(gate)(*at) == jacobian(gate)(*at) == pytest.approx(single)
    assert [slope.data for slope in gradients(y, leaves)] == pytest.approx(slopes)
    assert nonfinite_origin(y) is None
    assert check_gradients(gate, *at)
    assert check_gradients(y)
    weight = Value(3.0)
    outer = grad(lambda *a: weight * gate(*a))(*at)  # a Value from outside: the gradient is recorded
    assert [slope.data for slope in (outer if len(at) > 1 else [outer])] == pytest.approx([3 * s for s in slopes])

    vector = tuple([1.0] + [0.0] * (len(at) - 1)) if len(at) > 1 else 1.0
    if curvatures is None:
        for second in (hessian(gate), grad(grad(gate)), lambda *a: hvp(gate)(*a, vector=vector)):
            with pytest.raises(TypeError, match=rf"the rule of {gate.name} .*autodiff\.exp in place of math\.exp"):
                second(*at)
        return
    matrix = hessian(gate)(*at)
    diagonal = [matrix[i][i] for i in range(len(at))] if len(at) > 1 else [matrix]
    assert diagonal == pytest.approx(curvatures, abs=1e-15)
    product = hvp(gate)(*at, vector=vector)
    assert (product[0] if len(at) > 1 else product) == pytest.approx(curvatures[0], abs=1e-15)


def test_rule_of_math_while_compiled():
    def slope(x):
        return gradients(sinus(x) + leaky(x), [x])[0]

    compiled = autodiff.compile(slope, "source")
    for x in (2.0, -2.0):  # the if in the rule runs again
        assert compiled(x) == pytest.approx(math.cos(x) + (1.0 if x > 0 else 0.1))
    with pytest.raises(Unsupported, match="cannot differentiate the rule of "):
        compiled.value_and_grad(2.0)


# --- Copies and pickles --------------------------------------------------------------------------


@pytest.mark.parametrize(("gate", "at"), [row[:2] for row in OWN.values()], ids=OWN)
def test_pickle_of_global_gate(gate, at):
    leaves = [Value(x) for x in at]
    twin_leaves, twin = pickle.loads(pickle.dumps((leaves, gate(*leaves))))
    twin.backward()

    assert pickle.loads(pickle.dumps(gate)) is gate
    assert twin.primitive is gate
    assert [leaf.grad for leaf in twin_leaves] == pytest.approx([*gradients_of(gate, at)])


def gradients_of(gate, at):
    found = grad(gate)(*at)
    return found if len(at) > 1 else [found]


def test_copy_of_any_gate():
    local = Primitive("local", lambda x: x * x, lambda out, x: (2 * x,))
    x = Value(3.0)
    x_again, again = copy.deepcopy((x, local(x)))
    again.backward()

    assert copy.copy(local) is copy.deepcopy(local) is again.primitive is local
    assert (x_again.grad, x.grad) == (6.0, 0.0)


def test_pickle_of_missing_row(monkeypatch):
    local = Primitive("local", lambda x: x, lambda out, x: (1.0,))
    monkeypatch.setitem(PRIMITIVES, "local", local)
    data = pickle.dumps(local)
    monkeypatch.delitem(PRIMITIVES, "local")

    with pytest.raises(LookupError, match=r"no gate 'local' in autodiff\.PRIMITIVES: import the module that adds it"):
        pickle.loads(data)


def test_models_with_own_gates(tmp_path):
    import nn

    model = nn.MLP(2, [3, 1], activation=atan, seed=0)
    X, Y = nn.truth_table("xor")
    nn.fit(model, X, Y, epochs=2, progress=False)
    x = X[1]

    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin(x).data == model(x).data
    path = tmp_path / "model.json"
    nn.activations.ACTIVATIONS["atan"] = atan
    try:
        nn.save(model, path)
        assert nn.load(path)(x).data == model(x).data
    finally:
        del nn.activations.ACTIVATIONS["atan"]


def test_pickle_of_main_gate_to_spawned_process(tmp_path):
    program = tmp_path / "main.py"
    program.write_text(
        "import math, multiprocessing\n"
        "from autodiff import Primitive, Value\n"
        "mine = Primitive('mine', math.atan, lambda out, x: (1 / (1 + x * x),))\n"
        "def work(y):\n"
        "    y.backward()\n"
        "    return y.operands[0].grad, y.primitive is mine\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(work, [mine(Value(2.0))]))\n"
    )
    home = Path(autodiff.__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": str(home)}
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, env=environment, timeout=100)

    assert done.stdout == "[(0.2, True)]\n", done.stderr


def test_error_of_hypot_at_origin():
    origin = nonfinite_origin(hypot(*autodiff.variables(x=0, y=0)))

    assert origin.kind == "gradient"
    assert "correct the rule (the local gradients) of hypot" in " ".join(origin.text.split())


# --- Help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gate", "lines"),
    [
        (autodiff.sigmoid, ["sigmoid(a): a gate.", "out = 1 / (1 + e^-a), arranged", "d out / d a = (1 - out) * out"]),
        (autodiff.exp, ["exp(a): a gate.", "out = e raised to the power of a", "d out / d a = out"]),
        (autodiff.log, ["out = the natural logarithm of a", "d out / d a = 1 / a"]),
        (autodiff.relu, ["out = where(a <= 0, 0, a)", "d out / d a = a > 0", "on a kink: the input is 0, where relu"]),
        (autodiff.maximum, ["maximum(a, b): a gate.", "d out / d b = where(a == b, 0.5, b > a)", "a tie: each input"]),
        (autodiff.leaky_relu, ["leaky_relu(a, slope): a gate.", "d out / d slope = where(a > 0, 0, a)"]),
        (autodiff.stop_gradient, ["out = a", "no gradient flows to a"]),
        (PRIMITIVES["where"], ["no gradient flows to condition", "d out / d a = condition != 0"]),
        (PRIMITIVES["mul"], ["out = a * b", "d out / d a = b", "d out / d b = a"]),
        (PRIMITIVES["sum"], ["sum(*terms): a gate.", "of (t0, t1, t2): d out / d t0 = 1"]),
        (PRIMITIVES["norm"], ["norm(*terms): a gate.", "of (t0, t1, t2): d out / d t0 = t0 / out"]),
        (PRIMITIVES["logsumexp"], ["d out / d t0 = e^t / (e^t0 + e^t1 + ...) for every term t"]),
        (autodiff.primitives.hypot, ["out = multidimensional Euclidean distance from the origin to a point"]),
        (autodiff.primitives.erf, ["out = error function at a"]),
        (autodiff.primitives.sinh, ["out = the hyperbolic sine of a"]),
        (autodiff.silu, ["out = a * sigmoid(a)", "d out / d a = sigmoid(a) + out * sigmoid(-a)"]),
        (PRIMITIVES["less"], ["less(a, b): a gate.", "out = a < b", "no gradient flows to b"]),
        (OWN["hypot"][0], ["hypot(x, y): a gate.", "out = (x * x + y * y) ** 0.5", "d out / d x = x / out"]),
        (
            OWN["leaky"][0],
            ["leaky(x): a gate.", "out = where(x > 0, x, 0.1 * x)", "d out / d x = where(x > 0, 1, 0.1)"],
        ),
        (OWN["atan"][0], ["out = the arc tangent (measured in radians) of x", "d out / d x = 1 / (1 + x * x)"]),
        (OWN["sinus"][0], ["d out / d x = what the rule computes"]),
        (OWN["root"][0], ["out = the root of x by Newton's method", "d out / d x = 0.5 / out"]),
        (
            Primitive("long", lambda x: sum([x * i for i in range(99)]), lambda out, x: (4851.0,)),
            ["d out / d x = 4851"],
        ),
        (Primitive("down", np.floor, lambda out, x: (0.0,)), ["down(x): a gate.", "d out / d x = 0"]),
        (Primitive("odd", lambda x: {}[x], lambda out, x: (0.0 if {}[x] else 1.0,)), ["odd(x): a gate."]),
        (Primitive("any", max, lambda *known: (0.0,)), ["any(*operands): a gate."]),
    ],
    ids=lambda gate: getattr(gate, "name", ""),
)
def test_help_of_row(gate, lines):
    said = pydoc.plain(pydoc.render_doc(gate))

    for line in lines:
        assert line in gate.__doc__
        assert line in said
    assert f"<primitive {gate.name}>" in said
    assert max(map(len, gate.__doc__.splitlines())) <= 80


def test_help_of_every_row():
    for name, row in PRIMITIVES.items():
        assert row.__doc__.startswith(f"{name}(")
        assert "out = " in row.__doc__
        assert len(inspect.signature(row).parameters) >= 1
    assert str(inspect.signature(autodiff.clip)) == "(a, low, high, /)"
    assert str(inspect.signature(hypot)) == "(x, y, /)"
    assert Primitive.__doc__.startswith("One row: a name, the value")
    assert list(inspect.signature(Primitive).parameters)[:2] == ["name", "value"]


@pytest.mark.parametrize("name", ["exp", "sigmoid", "relu", "leaky_relu", "clip", "maximum", "tanh"])
def test_help_of_methods(name):
    method = getattr(Value, name)

    for said in (inspect.getdoc(method), str(method.__doc__), pydoc.plain(pydoc.render_doc(method))):
        for line in PRIMITIVES[name].__doc__.splitlines():
            assert line in said


def test_help_is_written_on_demand():
    code = "import sys, autodiff; early = 'inspect' in sys.modules; autodiff.exp.__doc__; "
    code += "print(early, 'inspect' in sys.modules)"
    answer = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("labeled", [False, True])
@pytest.mark.parametrize("runner", ["source", "batch", "native"])
def test_own_gate_named_like_the_flat_function(runner, labeled):
    square = Primitive("f", lambda x: x * x, lambda out, x: (2.0 * x,))

    def twice(x):
        y = square(x) * 2.0
        y.label = "loss" if labeled else ""
        return y

    fast = autodiff.compile(twice, runner=runner)

    assert fast.value_and_grad(3.0) == (18.0, 12.0)
    assert fast.map([3.0, 1.0]) == [18.0, 2.0]


def converging(x):
    """The root of x; a negative x would loop forever, so nothing may pass one."""
    assert x > 0
    guess = x
    while abs(guess * guess - x) > 1e-12 * x:
        guess = (guess + x / guess) / 2
    return guess


def test_rule_written_down_calls_no_value():
    asked = []
    gate = Primitive("root", lambda x: asked.append(x) or converging(x), lambda out, x: (0.5 / out,))
    value, slope = autodiff.compile(gate, "source").value_and_grad(4.0)

    assert (value, slope) == pytest.approx((2.0, 0.25))
    assert set(asked) == {4.0}


@pytest.mark.parametrize("runner", ["source", "batch", "native", "auto"])
def test_own_gate_with_flat_functions_name(runner):
    gate = Primitive("f", lambda x: x * x, lambda out, x: (2 * x,))

    assert autodiff.compile(gate, runner).value_and_grad(3.0) == (9.0, 6.0)
    assert list(autodiff.compile(gate, runner).map([3.0, 4.0])) == [9.0, 16.0]
    assert autodiff.compile(lambda x: gate(gate(x)), runner)(2.0) == 16.0


def test_help_of_rule_with_fewer_entries():
    gate = Primitive("scaled", lambda x, k=2.0: k * x, lambda out, x, k=2.0: (k,))

    assert "d out / d k = what the rule computes" in gate.__doc__
