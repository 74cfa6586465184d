"""Every gate equals its ``value`` at every edge in every backend, by core operation or by expansion."""

import itertools
import math
import shutil

import numpy as np
import pytest

import autodiff
from autodiff import PRIMITIVES, Primitive, Value
from autodiff.flat import Unsupported, lower, over_rows
from autodiff.flat.backends.array import Batch, core as arrays
from autodiff.flat.backends.javascript import JS_CORE
from autodiff.flat.backends.llvm import Native, core as elementwise
from autodiff.flat.backends.python import Source
from nn import MLP, SGD, Module, fit, fit_many, truth_table
from tests.support.flat_samples import arity, ready, ulps
from tests.support.node_runner import Node

INF, NAN = math.inf, math.nan
EDGES = [-INF, -800.0, -30.0, -2.5, -1.0, -0.3, -5e-324, -0.0, 0.0, 5e-324, 1e-300, 2.2e-308, 0.5, 1.0, 3.0, 30.0]
EDGES += [710.0, 1e300, INF, NAN]


def graph_of(primitive, count):
    leaves = [Value(1.0, f"x{i}") for i in range(count)]
    return primitive(*leaves), leaves


def by_rows(kind):
    return lambda primitive, calls: [
        value for (value,) in ready(kind, *graph_of(primitive, len(calls[0])), wrt=()).rows(calls, []).outputs
    ]


def by_jax(primitive, calls):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    run = jax.jit(over_rows(lower(*graph_of(primitive, len(calls[0])), wrt=(), roll=True), jax.numpy))
    return run(jax.numpy.array(calls, float), jax.numpy.zeros(0)).outputs[:, 0].tolist()


def in_one_lane(primitive, calls):
    """Run it on parameters only: what no row changes is computed once, outside the vectors."""
    leaves, x = [Value(1.0) for _ in calls[0]], Value(1.0)
    run = ready(Native, [primitive(*leaves), x], [x], leaves, ())
    return [run.row([1.0], call).outputs[0] for call in calls]


ROOM = {
    ("power", "JavaScript"): 400.0,
    ("sinh", "jax"): 400.0,
    ("cosh", "jax"): 400.0,
}  # for V8's and XLA's own functions
BACKENDS = {
    "NumPy": by_rows(Batch),
    "machine code": by_rows(Native),
    "machine code, one lane": in_one_lane,
    "jax": by_jax,
    "JavaScript": by_rows(Node),
}


def calls_of(name, count):
    """Every operand at every edge: all pairs, shifted lists for three or more, and ties."""
    if name == "take":
        return [(a, -a, index) for a in EDGES for index in (0.0, -0.0, 1.0)]
    if count < 3:
        return list(itertools.product(EDGES, repeat=count))
    shifted = [EDGES[i:] + EDGES[:i] for i in (0, 1, 3, 7, 12)]
    return [*itertools.product([-INF, -1.0, 0.0, 2.5, NAN], repeat=count), *zip(*shifted[:count])]


def is_subnormal(x):
    return 0.0 < abs(x) < 2.0**-1022


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", PRIMITIVES)
def test_expansion_value_at_every_edge(name, backend):
    if backend == "JavaScript" and shutil.which("node") is None:
        pytest.skip("node is not installed")
    primitive, calls = PRIMITIVES[name], calls_of(name, arity(name))
    if backend == "jax":  # which takes subnormal numbers for 0
        calls = [call for call in calls if not any(map(is_subnormal, [*call, primitive(*call)]))]

    found = BACKENDS[backend](primitive, calls)

    sizes = [max(map(abs, call)) if name == "logsumexp" and math.isfinite(sum(call)) else 0.0 for call in calls]
    off = [(ulps(x, primitive(*call), size), call, x) for x, call, size in zip(found, calls, sizes)]
    assert max(off, key=lambda row: row[0])[0] <= ROOM.get((name, backend), 2.0), sorted(off, reverse=True)[:3]


@pytest.mark.parametrize(
    ("core", "most"), [(arrays(np), 23), (elementwise.CORE, 20), (JS_CORE, 22)], ids=["NumPy", "LLVM", "JS"]
)
def test_core_is_small(core, most):
    """The functions of C's math library, plus arithmetic, comparisons and sums."""
    assert len([name for name in core if not hasattr(math, name)]) <= most


# --- Gates outside the table ---------------------------------------------------------------------


def newton(x):
    y = x if x > 1.0 else 1.0
    for _ in range(20):
        y = 0.5 * (y + x / y)
    return y


def by_steps(x):
    y = 1.0
    while abs(y * y - x) > 1e-12 * x:
        y = 0.5 * (y + x / y)
    return y


def root_above_0(x):
    assert x > 0.0
    return autodiff.sqrt(x)


def same_rule(out, x):
    return (1.0 / (1.0 + x * x),)


OWN = {
    "hypot": Primitive("hypot", lambda x, y: (x * x + y * y) ** 0.5, lambda out, x, y: (x / out, y / out)),
    "leaky": Primitive("leaky", lambda x: x if x > 0 else 0.1 * x, lambda out, x: (1.0 if x > 0 else 0.1,)),
    "npcos": Primitive("npcos", lambda x: np.cos(x), lambda out, x: (-np.sin(x),)),
    "root": Primitive("root", newton, lambda out, x: (0.5 / out,)),
    "the slope of a root by a loop": Primitive("root", newton, lambda out, x: (0.5 / newton(x),)),
    "atan with an expansion": Primitive("atan", math.atan, same_rule, expansion=lambda x: autodiff.primitives.atan(x)),
    "sigmoid by math": Primitive(
        "own", lambda x: 1 / (1 + math.exp(-x)), lambda out, x: (out * (1 - out),), None, lambda x: autodiff.sigmoid(x)
    ),
    "a norm in the expansion": Primitive(
        "long",
        lambda x, y: math.hypot(x, y),
        lambda out, x, y: (x / out, y / out),
        None,
        lambda x, y: autodiff.norm([x, y]),
    ),
    "a list for a rule": Primitive("bent", lambda x: x * x if x > 1 else x, lambda out, x: [2 * x if x > 1 else 1.0]),
    "no edge on one side": Primitive(
        "half", lambda x, y: x * y if x > 1 else x, lambda out, x, y: (y, None) if x <= 1 else (y, x)
    ),
    "max of Python": Primitive("top", lambda x, y: max(x, y, 0), lambda out, x, y: (x >= max(y, 0), y > max(x, 0))),
    "a chain of comparisons": Primitive(
        "band", lambda x: 3 if 0 < x < 1 else x, lambda out, x: (0 if 0 < x < 1 else 1,)
    ),
    "functions of ours": Primitive(
        "mish", lambda x: x * autodiff.tanh(autodiff.softplus(x)), lambda out, x: (out / x,)
    ),
}
CALLED_BACK = {
    "math": (Primitive("atan", math.atan, same_rule), "must be real number"),
    "a rule by math": (
        Primitive("log", lambda x: autodiff.log(x), lambda out, x: (math.exp(-out),)),
        "rule of the gate",
    ),
    "a loop until it fits": (Primitive("fit", by_steps, lambda out, x: (0.5 / out,)), "more than 64 conditions"),
    "an assertion": (Primitive("sure", root_above_0, lambda out, x: (0.5 / out,)), "AssertionError"),
    "a look at the type": (
        Primitive("look", lambda x: x if isinstance(x, float) else 0.0, lambda out, x: (1.0,)),
        "given symbols, it gives 0 at (-2.5) instead of -2.5",
    ),
    "round": (Primitive("round", lambda x: round(x), lambda out, x: (0.0,)), "__round__"),
    "an exception on one side": (
        Primitive("deep", lambda x: x if x < 100 else 1 / 0, lambda out, x: (1.0,)),
        "ZeroDivisionError",
    ),
}
ROWS = [(1.5, 0.5), (0.4, 2.0), (3.0, 1.25), (2.0, 0.7)]
RUNNERS = {"source": Source, "batch": Batch, "native": Native}


def applied(gate):
    """A function of two positive numbers that uses the gate."""
    two = (gate.expansion or gate.value).__code__.co_argcount == 2 if hasattr(gate.value, "__code__") else False
    return (lambda x, y: gate(x * y, y) * 2.0 + x) if two else lambda x, y: gate(x * y) * y + x


def by_engine(f, call):
    leaves = [Value(x) for x in call]
    output = f(*leaves)
    output.backward()
    return output.data, tuple(leaf.grad for leaf in leaves)


def agrees(f, runner, rows=ROWS):
    ready = autodiff.compile(f, runner)
    assert ready.map(rows) == pytest.approx([by_engine(f, call)[0] for call in rows], rel=1e-13, abs=1e-15)
    for call in rows:
        value, slopes = ready.value_and_grad(*call)
        expected = by_engine(f, call)
        assert value == pytest.approx(expected[0], rel=1e-13)
        assert slopes == pytest.approx(expected[1], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("name", OWN)
def test_own_gate_in_every_runner(name, runner):
    agrees(applied(OWN[name]), runner)


@pytest.mark.parametrize("name", CALLED_BACK)
def test_own_gate_of_numbers(name):
    gate, reason = CALLED_BACK[name]
    f = applied(gate)

    agrees(f, "source")
    agrees(f, "batch")
    with pytest.raises(Unsupported) as refused:
        autodiff.compile(f, "native").value_and_grad(1.5, 0.5)
    for words in ("runner='native' cannot run the ", repr(gate.name), reason, "runner='source'"):
        assert words in str(refused.value)
    assert ("expansion=" in str(refused.value)) is (name != "a rule by math")


@pytest.mark.parametrize("runner", RUNNERS)
def test_own_gates_in_loops(runner):
    w, x = [Value(0.1 * i - 1.05) for i in range(40)], [Value(0.1 * i + 0.3) for i in range(40)]
    hypot, leaky, root = OWN["hypot"], OWN["leaky"], OWN["the slope of a root by a loop"]
    output = autodiff.sum([leaky(autodiff.dot([a], [b], 0.5)) * hypot(a, b) + root(b) for a, b in zip(w, x)])
    program = lower(output, inputs=x, parameters=w, roll=True)

    found = ready(RUNNERS[runner], output, x, w).row([leaf.data for leaf in x], [leaf.data for leaf in w])

    output.backward()
    assert len(program.nests.forward + program.nests.backward) < 40
    assert found.outputs == pytest.approx([output.data], rel=1e-13)
    assert found.input_gradients == pytest.approx([leaf.grad for leaf in x], rel=1e-12)
    assert found.parameter_gradients == pytest.approx([leaf.grad for leaf in w], rel=1e-12)


@pytest.mark.parametrize("runner", RUNNERS)
def test_own_gate_with_deep_rule(runner):
    def far(x):
        for _ in range(2000):
            x = x * 0.5 + 1.0
        return x

    deep = Primitive("deep", lambda x: x, lambda out, x: (far(x),))

    assert autodiff.compile(lambda x: deep(x * 3.0), runner).value_and_grad(1.5) == (4.5, 6.0)


def named(name, function, rule=None):
    return Primitive(name, function, rule or (lambda out, *x: (2.0,) * len(x)))


def beside_ours(name):
    """A function of a gate with that name and of built-in gates."""
    own = named(name, lambda x, y: 2.0 * x + 2.0 * y)

    def f(x, y):
        return (
            own(x, y) * autodiff.relu(y)
            + autodiff.sum([x, y, x]) * autodiff.dot([x], [y], x)
            + where_(x, y)
            + own(x, 1.0)
        )

    return f


def two_gates():
    a, b = named("g", lambda x: 2.0 * x), named("g", lambda x: 2.0 * x + 1.0)
    return lambda x, y: a(x) * b(y) + a(b(x))


NAMES = ["relu", "dot", "sum", "where", "mul", "add", "less", "take", "my gate", "lambda", "inf", ""]
SAME_NAMES = {"two gates": two_gates(), **{f"one called {name}": beside_ours(name) for name in NAMES}}


def where_(x, y):
    return autodiff.where(x > y, x, -y) * (x < y)


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("name", SAME_NAMES)
def test_own_gates_of_one_name(name, runner):
    agrees(SAME_NAMES[name], runner)


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("name", ["relu", "exp", "sum", "sigmoid", "cube"])
def test_own_gate_replacing_a_row(name, runner, monkeypatch):
    mine = Primitive(name, lambda x, y: x * y, lambda out, x, y: (y, x))
    monkeypatch.setitem(PRIMITIVES, name, mine)

    agrees(
        lambda x, y: mine(x, y) + autodiff.relu(x) * autodiff.exp(y) + autodiff.sum([x, y]) * autodiff.sigmoid(x),
        runner,
    )


@pytest.mark.parametrize("runner", RUNNERS)
def test_own_gate_defined_again(runner):
    def cell(factor):
        again = Primitive("again", lambda x: x * factor, lambda out, x: (factor,))
        return autodiff.compile(lambda x: again(x) + x, runner).value_and_grad(1.0)

    assert [cell(2.0), cell(3.0), cell(2.0)] == [(3.0, 3.0), (4.0, 4.0), (3.0, 3.0)]


# --- Training ------------------------------------------------------------------------------------

X, Y = truth_table("xor")


class Length(Module):
    def __init__(self):
        self.inner = MLP(2, [4, 2], "tanh", seed=1)

    def __call__(self, x):
        a, b = self.inner(x)
        return OWN["hypot"](a, b + 2.0)


class Steps(SGD):
    def update(self, parameter, gradient, learning_rate, step, *states):
        return parameter - learning_rate * OWN["leaky"](gradient), *states


def small():
    return MLP(2, [4, 1], seed=0)


TRAINED = {
    "activation": (lambda: MLP(2, [4, 1], activation=OWN["leaky"], seed=0), {}),
    "module": (Length, {}),
    "loss": (small, {"loss": lambda outputs, target: OWN["hypot"](outputs[0] - target[0], 0.1)}),
    "penalty": (small, {"penalty": lambda net: autodiff.mean([OWN["hypot"](p, 0.1) for p in net.parameters()])}),
    "update": (small, {"optimizer": lambda net: Steps(net.parameters(), 0.1)}),
    "called back": (lambda: MLP(2, [4, 1], activation=CALLED_BACK["math"][0], seed=0), {}),
}


def trained(name, runner, epochs=60):
    make, options = TRAINED[name]
    net = make()
    options = {key: value(net) if key == "optimizer" else value for key, value in options.items()}
    history = fit(net, X, Y, epochs=epochs, runner=runner, progress=False, **options)
    return history.loss[-1], [p.data for p in net.parameters()]


@pytest.mark.parametrize("runner", ["auto", *RUNNERS])
@pytest.mark.parametrize("name", TRAINED)
def test_fit_with_own_gate(name, runner):
    if (name, runner) == ("called back", "native"):
        with pytest.raises(Unsupported, match=r"runner='native' cannot run the gate 'atan'.*expansion="):
            trained(name, runner)
        return
    loss, numbers = trained(name, runner)
    expected, same = trained(name, "eager")

    assert loss == pytest.approx(expected, rel=1e-9)
    assert numbers == pytest.approx(same, rel=1e-9)


def test_fit_with_gate_lacking_in_machine_code(monkeypatch):
    monkeypatch.setattr("nn.training.runners.LONG", 0)

    assert trained("called back", "auto") == trained("called back", "source")


def test_fit_many_with_own_gate():
    def make(seed):
        return MLP(2, [4, 1], activation=OWN["leaky"], seed=seed)

    runs = fit_many(make, X, Y, seeds=[0, 1], epochs=20, progress=False)

    for seed in (0, 1):
        net = make(seed)
        fit(net, X, Y, epochs=20, runner="eager", progress=False)
        found = [p.data for p in runs.model(seed).parameters()]
        assert found == pytest.approx([p.data for p in net.parameters()], rel=1e-9)


def test_own_gate_made_at_each_call():
    class Anew(Module):
        def __init__(self):
            self.inner = small()

        def __call__(self, x):
            return Primitive("mine", lambda x: 2.0 * x, lambda out, x: (2.0,))(self.inner(x))

    with pytest.raises(Unsupported, match="it makes a new gate 'mine' each time: make it once"):
        fit(Anew(), X, Y, epochs=5, runner="source", progress=False)
    assert fit(Anew(), X, Y, epochs=5, progress=False).epochs == 5


# --- take ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("runner", RUNNERS)
def test_take_value_and_gradient(runner):
    ready = autodiff.compile(lambda x, y, i: autodiff.take([x, 5.0, x * y], i) * x, runner)

    assert ready.map([(2.0, 3.0, 0), (2.0, 3.0, 1), (2.0, 3.0, 2), (2.0, 3.0, 1.5)][:3]) == [4.0, 10.0, 12.0]
    assert ready.value_and_grad(2.0, 3.0, 2) == (12.0, (12.0, 4.0, 0.0))
    assert ready.value_and_grad(2.0, 3.0, 1) == (10.0, (5.0, 0.0, 0.0))
    for index in (-1, 3, 1.5, INF, NAN):
        if runner == "native":
            assert math.isnan(ready(2.0, 3.0, index))
        else:
            with pytest.raises(IndexError, match="take needs a whole index from 0 to 2"):
                ready(2.0, 3.0, index)


@pytest.mark.parametrize("backend", ["machine code", "machine code, one lane", "jax", "JavaScript"])
def test_take_outside_gives_nan(backend):
    if backend == "JavaScript" and shutil.which("node") is None:
        pytest.skip("node is not installed")
    calls = [(2.0, 3.0, index) for index in (-1.0, 2.0, 0.5, INF, -INF, NAN, 1e300, 5e-324)]
    if backend == "jax":
        calls.pop()  # a subnormal number is 0 there

    assert all(map(math.isnan, BACKENDS[backend](PRIMITIVES["take"], calls)))


def test_take_of_rows():
    table = [[Value(10.0 * i + j) for j in range(2)] for i in range(70)]

    row = autodiff.take(table, 69)
    (row[0] * row[1]).backward()

    assert [x.data for x in row] == [690.0, 691.0]
    assert [leaf.grad for leaf in table[69]] == [691.0, 690.0]
    assert {leaf.grad for row in table[:69] for leaf in row} == {0.0}
    assert autodiff.take(np.array([[1.0, 2.0], [3.0, 4.0]]), True) == [3.0, 4.0]
