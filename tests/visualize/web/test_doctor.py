"""A page's doctor, under Node, gives Python's diagnosis of the same numbers."""

import json
import shutil
import subprocess
from math import sin

import pytest

import nn
from autodiff._files import finite
from autodiff.flat import javascript
from autodiff.quiz import SENTENCES
from nn import MLP, SGD, initializers
from nn.doctor.case import Case, LayerFacts
from nn.doctor.examination import examine
from nn.doctor.rules import findings
from nn.losses import loss_named
from nn.metrics import encode_targets
from nn.training.loop import Task
from visualize.web import written
from visualize.web.bundle import bundle
from visualize.web.document import article
from visualize.web.lesson import lessons

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")

SCRIPT = """
import { NONFINITE } from "./number.js";
import { py } from "./python.js";
import { engine } from "./engine.js";
const read = (x) => (Array.isArray(x) ? x.map(read) : NONFINITE[x] ?? x);
const pairs = (x) => Object.fromEntries(x.$items().map(([key, y]) => [key, plain(y)]));
const plain = (x) => (Array.isArray(x) ? x.map(plain) : x?.$items ? pairs(x) : x);
const told = ([layers, ...rest]) => {
  const facts = layers.map(([place, activation, ...numbers]) => engine.LayerFacts(place, activation, ...numbers));
  const after = rest[9];
  const lossAfter = (rate) => after.find(([x]) => x === rate)[1];
  const found = engine.Case(facts, ...rest.slice(0, 9), lossAfter, ...rest.slice(10));
  return { findings: engine.findings(found).map((finding) => plain([...finding])), state: engine.state(found) };
};
const input = require("readline").createInterface({ input: process.stdin });
input.on("line", (line) => console.log(JSON.stringify(told(read(JSON.parse(line))))));
"""


def script():
    functions = {"Case": Case, "LayerFacts": LayerFacts, "findings": findings, "state": Case.state}
    programs = [javascript.runtime(), *javascript.table(), "export const PROGRAMS = {};"]
    return bundle(
        SCRIPT,
        {
            "programs": "\n".join([*programs, f"export const MISTAKES = {json.dumps(SENTENCES)};"]),
            "engine": written.script(frozenset({"add"}), article=article, lessons=lessons, **functions),
        },
    )


def case(model, X, Y, loss="squared_error", rate=0.1, epochs=0):
    """The case of a net, fresh or after this many epochs."""
    history, optimizer = None, SGD(model.parameters(), rate)
    if epochs:
        try:
            history = nn.fit(model, X, Y, loss, optimizer, epochs=epochs, progress=False)
        except nn.training.NonfiniteLossError as error:
            history = error.history
    row = loss_named(loss)
    return examine(Task(model, X, encode_targets(model, X, Y, row), row, optimizer), history)


def dead():
    net = MLP(2, [3, 1], "relu", seed=3)
    net.layers[0].neurons[1].b.data = -50.0
    return net


XOR = nn.truth_table("xor")
LARGE = [[100.0 + a, 0.001 * b] for a, b in XOR[0]], XOR[1]
CURVE = [[i / 10] for i in range(-10, 11)], [i * i / 100 for i in range(-10, 11)]
SHIFTED = [[a + 0.5, b + 0.5] for a, b in XOR[0]], XOR[1]
RARE = [[i / 20 - 1, i % 7 / 7] for i in range(40)], [int(i in (3, 21)) for i in range(40)]
NETS = {
    "dead units": lambda: case(dead(), *XOR),
    "saturated units": lambda: case(MLP(2, [4, 1], initializer=initializers.normal(0.0, 400.0), seed=2), *SHIFTED),
    "identical units": lambda: case(MLP(2, [4, 1], output="sigmoid", initializer="zeros"), *XOR, "bce", epochs=9),
    "no slope": lambda: case(MLP(2, [3, 1], "step", seed=0), *XOR),
    "vanishing gradient": lambda: case(MLP(2, [*[4] * 8, 1], "sigmoid", seed=0), *XOR),
    "exploding gradient": lambda: case(
        MLP(2, [*[8] * 5, 1], "leaky_relu", initializer=initializers.normal(0.0, 4.0), seed=0), *XOR
    ),
    "one-sign gradients": lambda: case(MLP(2, [4, 1], seed=0), [[100.0 + a, 100.0 + b] for a, b in XOR[0]], XOR[1]),
    "rate too large": lambda: case(MLP(2, [4, 1], seed=0), *XOR, rate=50.0),
    "rate too small": lambda: case(MLP(2, [4, 1], seed=0), *XOR, rate=1e-6, epochs=40),
    "learning rate 0": lambda: case(MLP(2, [4, 1], seed=0), *XOR, rate=0.0, epochs=5),
    "diverged": lambda: case(MLP(2, [4, 1], "relu", seed=0), *XOR, rate=30.0, epochs=100),
    "unscaled inputs": lambda: case(MLP(2, [4, 1], seed=0), *LARGE),
    "stuck": lambda: case(MLP(1, [8, 1], seed=1), CURVE[0], [sin(30 * x) for (x,) in CURVE[0]], epochs=3000),
    "linear net": lambda: case(MLP(2, [4, 1], "linear", seed=0), *XOR, epochs=1000),
    "contradictory rows": lambda: case(MLP(2, [4, 1], seed=0), XOR[0] * 2, [0, 1, 1, 0, 1, 1, 1, 0]),
    "targets out of reach": lambda: case(MLP(2, [4, 1], output="sigmoid", seed=0), XOR[0], [-1, 1, 1, -1]),
    "wrong loss": lambda: case(MLP(2, [4, 2], output="sigmoid", seed=0), *XOR, "cross_entropy"),
    "shuffled labels": lambda: case(MLP(2, [4, 1], seed=0), nn.moons(60)[0], [i * i % 7 % 2 for i in range(60)]),
    "rare class": lambda: case(MLP(2, [1], output="sigmoid", seed=0), *RARE, "bce", epochs=50),
    "constant input": lambda: case(MLP(2, [4, 1], seed=0), [[a, 0.5] for a, _ in XOR[0]], [0, 0, 1, 1]),
    "duplicate input": lambda: case(MLP(2, [4, 1], seed=0), [[a, -2 * a] for (a,) in CURVE[0]], CURVE[1]),
    "unscaled targets": lambda: case(MLP(1, [4, 1], seed=0), CURVE[0], [1000 * y for y in CURVE[1]]),
    "too few units": lambda: case(MLP(2, [1, 1], seed=0), *XOR, epochs=1000),
}


def test_doctor_in_a_page_matches_python(tmp_path):
    page = tmp_path / "page.js"
    page.write_text(script(), encoding="utf-8")
    cases = {kind: make() for kind, make in NETS.items()}
    lines = []
    for found in cases.values():
        rates = found.rate, 100.0 * found.rate, found.usual, found.usual / 4.0, found.usual / 16.0
        after = [[rate, found.loss_after(rate)] for rate in rates]
        plain = found._replace(loss_after=after)
        lines.append(json.dumps(finite([[[*layer] for layer in found.layers], *plain[1:]])))
    ran = subprocess.run(["node", page], input="\n".join(lines), capture_output=True, text=True, check=True)

    assert ran.stderr == ""
    for (kind, found), line in zip(cases.items(), ran.stdout.splitlines(), strict=True):
        said = json.loads(line)
        told = json.loads(json.dumps(findings(found)))
        assert said == {"findings": told, "state": found.state()}
        assert kind in [name for name, *_ in said["findings"]]
