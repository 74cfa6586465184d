"""Flat code in JavaScript gives the engine's numbers, under Node."""

import json
import math
import shutil
import subprocess

import pytest
from flat_samples import agree, eager, graph, net, points

import autodiff
from autodiff import PRIMITIVES, Value, variables
from autodiff.flat import javascript, lower

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


def node(jobs):
    """The results of [(function text, list of argument lists)] under Node, in one run."""
    lines = [javascript.runtime(), READ, WRITE, "const results = [];"]
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
    jobs = [(javascript.text(lower(output, inputs=leaves)), points(name)) for name, (output, leaves) in graphs.items()]

    results = node(jobs)

    wrong = [
        (name, call, eager(*graphs[name], call), given)
        for name, calls in zip(graphs, results)
        for call, given in zip(points(name), calls)
        if not agree(eager(*graphs[name], call), given)
    ]
    assert wrong == []


@needs_node
@pytest.mark.parametrize("roll", [False, True])
def test_a_net_gives_the_engines_numbers_scalar_or_rolled(roll):
    inputs, parameters, loss = net([3, 4, 3])
    leaves = inputs + parameters
    call = [leaf.data for leaf in leaves]
    program = lower(loss, inputs=inputs, parameters=parameters, wrt=parameters, roll=roll)
    x, w = call[: len(inputs)], call[len(inputs) :]
    text = javascript.text(program)
    one = f"(...a) => {{ {text} return f({'a.slice(0, 6), a.slice(6)' if roll else '...a'}); }}"
    many = f"(...a) => {{ {javascript.rows_text(program)} return f([a.slice(0, 6), a.slice(0, 6)], a.slice(6)); }}"

    (value, slopes), (values, sums) = (results[0] for results in node([(one, [call]), (many, [call])]))

    expected = eager(loss, leaves, x + w)
    assert agree((expected[0], expected[1][len(inputs) :]), (value, list(slopes)))
    assert values == [value, value]
    assert sums == pytest.approx([2 * slope for slope in slopes], rel=1e-12)


@needs_node
def test_hostile_labels_do_not_run():
    x = Value(2.0, "x; globalThis.stolen = 1; var y")
    y = Value(3.0, "function")
    z = Value(4.0, "__proto__")

    (results,) = node([(javascript.text(lower(x * y + z)), [[2.0, 3.0, 4.0]])])

    assert results == [[10.0, [3.0, 2.0, 1.0]]]


def test_a_primitive_without_a_spelling_is_named():
    (x,) = variables(x=1)
    cube = autodiff.Primitive("cube", lambda x: x * x * x, lambda out, x: (3.0 * x * x,))
    PRIMITIVES["cube"] = cube
    try:
        with pytest.raises(ValueError, match="'cube' has no spelling in JavaScript"):
            javascript.text(lower(cube(x)))
    finally:
        del PRIMITIVES["cube"]
