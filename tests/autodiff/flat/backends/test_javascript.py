"""Flat code in JavaScript gives the engine's numbers, under Node."""

import itertools
import json
import math
import re
import shutil
import subprocess

import pytest

import autodiff
from autodiff import PRIMITIVES, Primitive, Value, variables, where
from autodiff.flat import lower
from autodiff.flat.backends import javascript
from tests.support.flat_samples import agree, arity, eager, graph, net, points

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")

READ = 'const read = (x) => (typeof x === "string" ? Number(x) : x);\n'
WRITE = """
const write = (key, x) => {
  if (ArrayBuffer.isView(x)) return Array.from(x);
  return typeof x === "number" && !Number.isFinite(x) ? String(x) : x;
};
"""


def spelled(x):
    return x if math.isfinite(x) else {"inf": "Infinity", "-inf": "-Infinity"}.get(str(x), "NaN")


def unspelled(x):
    return [unspelled(y) for y in x] if isinstance(x, list) else float(x)


def node(programs, jobs):
    """The results of [(function text, list of argument lists)] of these programs under Node, in one run."""
    lines = [javascript.runtime(), *javascript.definitions(programs), READ, WRITE, "const results = [];"]
    for text, calls in jobs:
        arguments = json.dumps([[spelled(x) for x in call] for call in calls])
        lines.append(f"results.push({arguments}.map((a) => ({text})(...a.map(read))));")
    lines.append("console.log(JSON.stringify(results, write));")
    run = subprocess.run(["node", "-"], input="\n".join(lines), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return unspelled(json.loads(run.stdout.replace("NaN", "nan").replace("Infinity", "inf")))


@needs_node
def test_every_primitive_at_every_point_gives_the_engines_numbers():
    graphs = {name: graph(name) for name in PRIMITIVES}
    programs = [lower(output, inputs=leaves) for output, leaves in graphs.values()]

    results = node(programs, [(javascript.text(program), points(name)) for name, program in zip(graphs, programs)])

    wrong = [
        (name, call, eager(*graphs[name], call), given)
        for name, calls in zip(graphs, results)
        for call, given in zip(points(name), calls)
        if not agree(eager(*graphs[name], call), given)
    ]
    assert wrong == []


@needs_node
def test_a_short_program_gives_the_same_numbers():
    graphs = {name: graph(name) for name in PRIMITIVES}
    programs = [lower([output, output], inputs=leaves, wrt=()) for output, leaves in graphs.values()]
    longer, shorter = (
        node(programs, [(javascript.text(p, short=short), points(name)) for name, p in zip(graphs, programs)])
        for short in (False, True)
    )

    assert repr(shorter) == repr(longer)


def test_a_short_program_has_no_lines_for_copies_and_for_what_is_read_once():
    x, y = variables(x=2, y=3)
    q = x * y
    program = lower([q, q + 1.0, q * 1.0, (x - y) * (x - y), -(q - 2.0)], [x, y], wrt=())

    assert javascript.text(program, short=True).splitlines()[2:] == [
        "  let f = x * y;", "  let s2 = x - y;", "  return [f, f + 1, f, s2 * s2, -(f - 2)];", "}",
    ]  # fmt: skip


@needs_node
def test_a_net_gives_the_engines_numbers():
    inputs, parameters, loss = net([3, 4, 3])
    leaves = inputs + parameters
    call = [leaf.data for leaf in leaves]
    program = lower(loss, inputs=inputs, parameters=parameters, wrt=parameters)
    x, w = call[: len(inputs)], call[len(inputs) :]
    text = javascript.text(program)
    one = f"(...a) => {{ {text} return f(...a); }}"
    many = f"(...a) => {{ {javascript.rows_text(program)} return f([a.slice(0, 6), a.slice(0, 6)], a.slice(6)); }}"

    (value, slopes), (values, sums) = (results[0] for results in node([program], [(one, [call]), (many, [call])]))

    expected = eager(loss, leaves, x + w)
    assert agree((expected[0], expected[1][len(inputs) :]), (value, list(slopes)))
    assert values == [value, value]
    assert sums == pytest.approx([2 * slope for slope in slopes], rel=1e-12)


@needs_node
def test_hostile_labels_do_not_run():
    x = Value(2.0, "x; globalThis.stolen = 1; var y")
    y = Value(3.0, "function")
    z = Value(4.0, "__proto__")

    program = lower(x * y + z)

    (results,) = node([program], [(javascript.text(program), [[2.0, 3.0, 4.0]])])

    assert results == [[10.0, [3.0, 2.0, 1.0]]]


# --- Gates that are in no table ------------------------------------------------------------------


def newton(a):
    x = a
    for _ in range(20):
        x = 0.5 * (x + a / x)
    return x


def folded(x):
    """Several ifs, a loop that no if leaves, abs, max and a comparison chain."""
    total = 0.0
    for k in range(3):
        total = total + (x - k if x > k else k - x)
    return max(abs(total), -1.0) if -1.0 < x < 5.0 else 2.0


OWN = {
    "hypot": Primitive("hypot", lambda x, y: (x * x + y * y) ** 0.5, lambda out, x, y: (x / out, y / out)),
    "leaky": Primitive("leaky", lambda x: x if x > 0 else 0.1 * x, lambda out, x: (1.0 if x > 0 else 0.1,)),
    "root": Primitive("root", newton, lambda out, x: (0.5 / out,)),
    "atan": Primitive(
        "atan", math.atan, lambda out, x: (1 / (1 + x * x),), expansion=lambda x: autodiff.primitives.atan2(x, 1.0)
    ),
    "folded": Primitive("folded", folded, lambda out, x: (x > 1,)),
    "step": Primitive("step", lambda x: 1 if x >= 0 else 0, lambda out, x: (None,)),
    "cubic": Primitive(
        "cubic", lambda *c: sum(c) + c[-1] ** 3, lambda out, *c: (*[1.0] * len(c[1:]), 3 * c[-1] ** 2 + 1)
    ),
    "smooth": Primitive(
        "smooth",
        lambda x: where(x > 3, x, autodiff.softplus(x)),
        lambda out, x: (where(x > 3, 1.0, autodiff.sigmoid(x)),),
    ),
}
EDGES = [-math.inf, -800.0, -30.0, -2.5, -1.0, -0.3, -5e-324, -0.0, 0.0, 5e-324, 1e-300, 2.2e-308, 0.5, 1.0, 3.0, 30.0]
EDGES += [710.0, 1e300, math.inf, math.nan]


def operands_of(name, count):
    return [*itertools.product(EDGES, repeat=count)] if count < 3 else points(name)


def recorded(gate, count):
    leaves = [Value(1.0, f"x{i}") for i in range(count)]
    return lower(gate(*leaves), leaves)


def ulps(a, b):
    return 0.0 if a == b or (a != a and b != b) else abs(a - b) / math.ulp(a) if math.isfinite(a) else math.inf


@needs_node
@pytest.mark.parametrize(
    "gate",
    [*map(OWN.get, ["hypot", "leaky", "folded", "step", "smooth"]), *PRIMITIVES.values()],
    ids=lambda gate: f"own {gate.name}" if gate in OWN.values() else gate.name,
)
def test_a_gate_outside_the_core_is_its_value_to_2_units_of_the_last_place(gate):
    name = gate.name
    count = arity(name)
    calls = [call for call in operands_of(name, count) if name != "folded" or abs(call[0]) < math.inf]
    program = recorded(gate, count)

    (results,) = node([program], [(javascript.text(program), calls)])

    found = [result[0] if isinstance(result, list) else result for result in results]
    power = {"power": 400.0}.get(name, 2.0)  # V8's own pow
    assert [call for call, x in zip(calls, found) if ulps(float(gate(*call)), x) > power] == []


@needs_node
@pytest.mark.parametrize("name", OWN)
def test_a_users_gate_with_its_gradient(name):
    gate, count = OWN[name], {"hypot": 2, "cubic": 3}.get(name, 1)
    calls = [call for call in itertools.product([-2.0, 0.3, 1.7, 2.5], repeat=count) if name != "root" or call[0] > 0]
    program = recorded(gate, count)

    (results,) = node([program], [(javascript.text(program), calls)])

    for call, (value, slopes) in zip(calls, results):
        leaves = [Value(x) for x in call]
        expected = gate(*leaves)
        expected.backward()
        assert value == pytest.approx(expected.data, rel=1e-14, abs=1e-300)
        assert slopes == pytest.approx([leaf.grad for leaf in leaves], rel=1e-14)


@needs_node
@pytest.mark.parametrize(
    "name",
    [
        "max",
        "Math",
        "let",
        "x; globalThis.stolen = 1",
        "\N{GREEK SMALL LETTER SIGMA}2",
        "my gate",
        "",
        "*/",
        "__proto__",
        "sigmoid",
        "f",
    ],
)
def test_a_gates_name_is_only_text(name):
    """Also of two gates of one name, and beside labels of that name."""
    double = Primitive(name, lambda x: 2.0 * x, lambda out, x: (2.0,))
    triple = Primitive(name, lambda x: 3.0 * x, lambda out, x: (3.0,))
    x, y = Value(5.0, name), Value(7.0, "x")
    program = lower(double(x) * autodiff.sigmoid(triple(y)) + triple(x), [x, y])

    (results,) = node([program], [(javascript.text(program), [[5.0, 0.0]])])

    assert results[0][0] == 20.0
    assert all(
        re.match(r"const [A-Za-z_]*(\$\w+)? = \(x0\) => \{\n", text) for text in javascript.definitions([program])
    )
    assert "globalThis.stolen" not in javascript.text(program)


@needs_node
def test_a_gate_put_into_the_table_in_place_of_ours(monkeypatch):
    monkeypatch.setitem(PRIMITIVES, "relu", Primitive("relu", lambda x: x * x, lambda out, x: (2.0 * x,)))
    x = Value(3.0, "x")
    program = lower(PRIMITIVES["relu"](x), [x])

    assert node([program], [(javascript.text(program), [[3.0]])]) == [[[9.0, [6.0]]]]


def test_definitions_are_those_that_are_called_each_once_and_the_same_every_time():
    x, y = variables(x=1, y=2)
    programs = [lower(autodiff.sigmoid(x) * autodiff.exp(y)), lower(autodiff.sigmoid(y) + OWN["hypot"](x, y))]
    texts = javascript.definitions(programs)

    assert [text.split(" = ")[0].split("$")[0] for text in texts] == ["const sigmoid", "const hypot"]
    assert texts == javascript.definitions(programs)
    assert javascript.definitions([lower(x * y)]) == []
