"""A page's doctor, under Node, gives Python's diagnosis of the same numbers."""

import json
import shutil
import subprocess

import pytest

import nn
from autodiff._files import finite
from autodiff.flat import javascript
from autodiff.quiz import SENTENCES
from nn import MLP, SGD, initializers
from nn.doctor import examine
from nn.doctor.case import Case
from nn.doctor.units import LayerFacts
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
const told = ([layers, examples, right, classes, constant, loss, largest, gradient, after, ...rest]) => {
  const facts = layers.map(([place, activation, ...numbers]) => engine.LayerFacts(place, activation, ...numbers));
  const found = engine.Case(facts, examples, right, classes, constant, loss, largest, gradient,
    (rate) => after.find(([x]) => x === rate)[1], ...rest);
  return { findings: engine.findings(found).map((finding) => [...finding]), state: engine.state(found) };
};
const input = require("readline").createInterface({ input: process.stdin });
input.on("line", (line) => console.log(JSON.stringify(told(read(JSON.parse(line))))));
"""


def script():
    functions = {"Case": Case, "LayerFacts": LayerFacts, "findings": Case.findings, "state": Case.state}
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
NETS = {
    "dead units": lambda: case(dead(), *XOR),
    "saturated units": lambda: case(MLP(2, [4, 1], initializer=initializers.constant(60.0)), *LARGE),
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
    "stuck": lambda: case(MLP(2, [2, 1], "relu", seed=0), *XOR, epochs=1000),
    "linear net": lambda: case(MLP(2, [4, 1], "linear", seed=0), *XOR, epochs=1000),
    "unfinished": lambda: case(MLP(1, [8, 1], seed=0), *CURVE, epochs=20),
}


def test_doctor_in_a_page_matches_python(tmp_path):
    page = tmp_path / "page.js"
    page.write_text(script(), encoding="utf-8")
    cases = {kind: make() for kind, make in NETS.items()}
    lines = []
    for found in cases.values():
        after = [[rate, found.loss_after(rate)] for rate in (found.rate, 100.0 * found.rate)]
        plain = found._replace(loss_after=after)
        lines.append(json.dumps(finite([[[*layer] for layer in found.layers], *plain[1:]])))
    ran = subprocess.run(["node", page], input="\n".join(lines), capture_output=True, text=True, check=True)

    assert ran.stderr == ""
    for (kind, found), line in zip(cases.items(), ran.stdout.splitlines(), strict=True):
        said = json.loads(line)
        assert said == {"findings": [[*finding] for finding in found.findings()], "state": found.state()}
        assert kind in [name for name, *_ in said["findings"]]
