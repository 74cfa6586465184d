"""Folding parts of a graph into a box, and unfolding gates into simpler ones, changes no number."""

import math
import random
from itertools import pairwise

import pytest

import autodiff
import nn
from autodiff import PRIMITIVES, Primitive, Value, cos, dot, exp, relu, sigmoid, sin, tanh, variables
from autodiff.graph import history
from tests.support.pictures import built
from visualize import draw
from visualize.render.painter import Text
from visualize.scene.build import scene
from visualize.scene.fold import groups_of


def folded(made):
    return [box for box in made.boxes if box.kind == "fold"]


def chain(length, label=""):
    y = Value(1.0, label)
    for _ in range(length):
        y = y * 1.001
    return y


class Net:
    """A model as visualize sees it: named parameters and a call."""

    def __init__(self, *sizes):
        self.layers = [
            [([Value(0.1 * (i + j), f"w{i}") for i in range(n)], Value(0.1, "b")) for j in range(m)]
            for n, m in pairwise(sizes)
        ]

    def named_parameters(self):
        for i, layer in enumerate(self.layers):
            for j, (weights, bias) in enumerate(layer):
                yield from ((f"layers.{i}.neurons.{j}.w.{k}", w) for k, w in enumerate(weights))
                yield f"layers.{i}.neurons.{j}.b", bias

    def __call__(self, x):
        for layer in self.layers:
            x = [tanh(dot(weights, x, bias)) for weights, bias in layer]
        return x[0]


CALLS = ["call 1", "call 2", "call 3"]
OWN = {
    "hypot": Primitive("hypot", lambda x, y: (x * x + y * y) ** 0.5, lambda out, x, y: (x / out, y / out)),
    "leaky": Primitive("leaky", lambda x: x if x > 0 else 0.1 * x, lambda out, x: (1.0 if x > 0 else 0.1,)),
    "cubed": Primitive("cubed", lambda x: x**3, lambda out, x: (3 * x * x,), expansion=lambda x: x * x * x),
    "tangent": Primitive("tangent", math.tan, lambda out, x: (1 + out * out,), expansion=lambda x: sin(x) / cos(x)),
    "sigmoid": Primitive("sigmoid", lambda x: x * x, lambda out, x: (2 * x,)),  # not ours
    "arc": Primitive("arc", math.atan, lambda out, x: (1 / (1 + x * x),)),
    "same": Primitive("same", lambda x: x, lambda out, x: (1.0,)),
}


# --- Unfolding ------------------------------------------------------------------------------------


def test_D3_unfolds_to_D2_and_D2_folds_to_D3():
    unfolded, folded_again = draw(built("D3"), unfold=["sigmoid"]), draw(built("D2"), fold="sigmoid")

    assert unfolded.svg() == draw(built("D2")).svg()
    assert folded_again.svg() == draw(built("D3")).svg()


@pytest.mark.parametrize(
    ("output", "name", "symbols"),
    [
        (lambda x: sigmoid(x), "sigmoid", ["*-1", "exp", "+1", "1/x"]),
        (lambda x: tanh(x), "tanh", ["exp", "*-1", "exp", "-", "+", "/"]),
        (lambda x: autodiff.softplus(x), "softplus", ["exp", "+1", "log"]),
        (lambda x: relu(x), "relu", ["max"]),
        (lambda x: dot([x, 2.0], [3.0, x], 1.0), "dot", ["*3", "*2", "+", "+1"]),
        (lambda x: autodiff.sum([x, x, x]), "sum", ["+", "+"]),
        (lambda x: PRIMITIVES["silu"](x), "silu", ["\N{GREEK SMALL LETTER SIGMA}", "*"]),
        (lambda x: PRIMITIVES["gelu"](x), "gelu", ["\N{GREEK CAPITAL LETTER PHI}", "*"]),
        (lambda x: PRIMITIVES["hypot"](x, 3.0), "hypot", ["x²", "+9", "√"]),
        (lambda x: autodiff.leaky_relu(x, 0.1), "leaky_relu", [">", "*0.1", "where"]),
        (lambda x: autodiff.log_sigmoid(x), "log_sigmoid", ["*-1", "softplus", "*-1"]),
        (lambda x: OWN["hypot"](x, 3.0), "hypot", ["*", "+9", "x^0.5"]),
        (lambda x: OWN["leaky"](x), "leaky", [">", "*0.1", "where"]),
        (lambda x: OWN["cubed"](x), "cubed", ["*", "*"]),
        (lambda x: OWN["tangent"](x), "tangent", ["sin", "cos", "/"]),
        (lambda x: OWN["sigmoid"](x), "sigmoid", ["*"]),
    ],
)
def test_unfold_gates_keeps_values(output, name, symbols):
    f = output(Value(0.5, "x"))
    f.backward()
    made = scene(f, unfold=name)

    assert [box.symbol for box in made.boxes if box.kind == "op"] == symbols
    assert made.arrows[-1].value == pytest.approx(f.data, rel=1e-12)
    assert made.boxes[0].gradient == pytest.approx(f.operands[0].grad if name != "dot" else 5.0, rel=1e-12)


def test_fold_finds_tanh_and_softplus():
    x = Value(0.5, "x")
    up, down = exp(x), exp(-x)

    assert [box.symbol for box in scene((up - down) / (up + down), fold="tanh").boxes][1] == "tanh"
    assert [box.symbol for box in scene(autodiff.log(exp(x) + 1), fold="softplus").boxes][1] == "softplus"


def test_fold_leaves_a_sigmoid_with_shared_parts():
    x = Value(0.5, "x")
    e = exp(-x)

    assert len(scene(1 / (1 + e) + e, fold="sigmoid").boxes) == len(scene(1 / (1 + e) + e).boxes)


def test_unfold_leaves_the_graph_alone():
    f = built("D3")
    before = f.operands
    scene(f, unfold=["sigmoid"])

    assert f.operands is before
    assert f.grad == 1.0


def test_unfold_says_that_a_graph_is_stale():
    x = Value(0.5, "x")
    f = sigmoid(x)
    x.data = 1.0

    assert "No gate was unfolded" in scene(f, unfold="sigmoid").notes[0]


# --- Folding --------------------------------------------------------------------------------------


def test_D1_fold_q_with_what_only_q_uses():
    f = built("D1")
    made = scene(f, fold=[f.operands[0]])

    (box,) = folded(made)
    assert (box.id, box.name, box.symbol, box.value, box.gradient) == ("node-3", "q", "3 nodes", 3.0, -4.0)
    assert [arrow.id for arrow in made.arrows] == ["edge-4-0", "edge-4-1", "edge-output"]


def test_fold_by_label():
    f = built("D1")

    assert draw(f, fold="q").svg() == draw(f, fold=f.operands[0]).svg()


def test_fold_leaves_shared_parts_outside():
    x, y = variables(x=2, y=3)
    q = x * y
    f = q + x
    f.backward()
    made = scene(f, fold=q)

    assert [box.name for box in made.boxes if box.kind == "leaf"] == ["x"]
    assert sorted(arrow.gradient for arrow in made.arrows if arrow.source == "node-0") == [1.0, 3.0]


def test_fold_joins_arrows_of_one_operand():
    x, y = variables(x=3, y=1)
    q = x * x * y
    f = q + x
    f.backward()
    made = scene(f, fold=q)

    assert sorted(arrow.gradient for arrow in made.arrows if arrow.source == "node-0") == [1.0, 6.0]


def test_fold_keeps_ids():
    f = built("D1")
    ids = {box.id for box in scene(f).boxes}

    assert {box.id for box in scene(f, fold="q").boxes} < ids


def test_fold_model_by_neurons():
    net = Net(2, 3, 1)
    x = variables(x1=1, x2=2)
    f = (net(x) - 1) ** 2
    f.backward()
    made = scene(f, fold=net)

    assert [box.name for box in folded(made)] == [
        "layers.0.neurons.0",
        "layers.0.neurons.1",
        "layers.0.neurons.2",
        "layers.1.neurons.0",
    ]
    assert [box.symbol for box in made.boxes if box.kind == "op"] == ["-1", "x²"]


def test_fold_model_by_layers():
    net = Net(4, 16, 16, 1)
    f = net(variables(a=1, b=2, c=3, d=4))

    assert [box.name for box in folded(scene(f, fold=net))] == ["layers.0", "layers.1", "layers.2"]
    assert "16 values" in draw(f, fold=net).svg()


def test_fold_recurrent_net_by_calls():
    """Its weights are one box with an arrow to every call."""
    net = Net(2, 2, 2)
    x = variables(a=1, b=2)
    for _ in range(3):
        for layer in net.layers:
            x = [tanh(dot(weights, x, bias)) for weights, bias in layer]
    made = scene(x[0], fold=net)

    boxes, ways = {box.name: box.id for box in folded(made)}, {(arrow.source, arrow.target) for arrow in made.arrows}
    calls = [[f"layers.{k}.neurons.0, call {i}" for k in (0, 1)] for i in (1, 2, 3)]
    chain = [boxes[name] for names in calls for name in names]
    assert set(pairwise(chain)) | {(boxes["layers.1.neurons.0"], boxes[names[1]]) for names in calls} <= ways
    cell = nn.RecurrentCell(2, 8, seed=0)
    whole = scene(autodiff.sum(cell([[1.0, 0.5], [0.2, -0.3], [0.4, 0.1]])), fold=cell)
    assert [box.name.removeprefix("RecurrentCell, ") for box in folded(whole)] == ["RecurrentCell", *CALLS]


def test_fold_transformer_by_modules():
    gpt = nn.GPT(3, width=4, heads=2, context=4, seed=0)
    output = gpt.loss([0, 1, 2])
    groups, _ = groups_of(history(output), gpt, {})
    parts = {group.name: group.parts for group in groups.values()}
    assert {f"blocks.0.attention.{name}" for name in ("query", "key", "value", "mix")} <= set(parts)
    inner = {group.name for group in parts["blocks.0.widen.neurons"].values()}
    assert inner == {f"blocks.0.widen.neurons.{i}" for i in range(16)}
    boxes = scene(output, fold=gpt).boxes
    assert [box.name for box in boxes if box.kind == "fold"] == list(parts)
    assert len(boxes) < 40


def test_fold_layers_evenly():
    net = nn.MLP(2, [16, 16, 1], seed=0)
    assert [box.name for box in folded(scene(net([1.0, 2.0]), fold=list(net.layers)))] == ["W1", "W2", "W3"]


# --- Large graphs ---------------------------------------------------------------------------------


def test_fold_large_graphs_with_a_note():
    made = scene(chain(2000, "x"))

    assert len(made.boxes) == 3
    assert made.notes == ["2,001 nodes folded into 2. fold=False draws them all; fold=model makes boxes of its layers."]
    assert scene(chain(299)).notes == []


def test_trap_3_fold_not_a_chain_of_1000():
    assert len(scene(chain(1000), fold=False).boxes) == 1002
    assert draw(chain(1000), fold=False).svg().count('class="value op"') == 1000


def test_fold_many_examples_by_gate():
    net = Net(2, 8, 1)
    numbers = random.Random(0)
    losses = [relu(1.0 - net([numbers.random(), numbers.random()])) for _ in range(100)]
    f = autodiff.sum(losses) / 100.0
    f.backward()
    made = scene(f)

    assert [(box.name, box.symbol) for box in folded(made)][:4] == [
        ("w", "24 nodes"),
        ("b", "9 nodes"),
        ("Σwx+b", "800 nodes"),
        ("tanh", "800 nodes"),
    ]
    assert made.arrows[-1].value == f.data


@pytest.mark.parametrize("seed", range(8))
def test_fold_makes_no_circle(seed):
    numbers = random.Random(seed)
    nodes = [Value(numbers.random()) for _ in range(20)]
    while len(nodes) < 800:
        a, b = numbers.choice(nodes[-40:]), numbers.choice(nodes)
        nodes.append(numbers.choice([lambda a=a, b=b: a + b, lambda a=a, b=b: a * b, lambda a=a: tanh(a)])())
    made = scene(autodiff.sum(nodes[-30:]))
    waiting = {box.id: 0 for box in made.boxes}
    for arrow in made.arrows:
        waiting[arrow.target] += 1
    free = [id for id, count in waiting.items() if not count]
    for id in free:
        for arrow in made.arrows:
            if arrow.source == id:
                waiting[arrow.target] -= 1
                if not waiting[arrow.target]:
                    free.append(arrow.target)

    assert len(free) == len(made.boxes) <= 70


def test_fold_large_net_by_layers_and_losses_by_neurons():
    net = nn.MLP(2, [16, 16, 1], seed=0)
    made = scene((net([1.0, 2.0]) - 1) ** 2)

    assert [box.name for box in folded(made)] == ["W1", "W2", "W3"]
    assert "fold=model makes boxes of its layers" in made.notes[0]
    weights = [[[w.data for w in neuron.w] for neuron in layer.neurons] for layer in net.layers]
    assert made.net == weights
    assert scene(net([1.0, 2.0]), fold=net).net == weights
    assert scene(net([1.0, 2.0]), fold=False).net == []
    output = net([1.0, 2.0])
    assert scene(output, fold=next(x for x in output.operands if x.primitive)).net == []
    diagram = next(group for group in draw(net([1.0, 2.0]), fold=net)._drawing.groups if group.classes == "net")
    styles = [mark.style for mark in diagram.marks if not isinstance(mark, Text)]
    assert styles.count("gate") == 35
    largest, shares = max(abs(w) for layer in weights for row in layer for w in row), [0, 0, 0]
    for w in [w for layer in weights for row in layer for w in row]:
        shares[min(2, int(3 * abs(w) / largest))] += 1
    assert [styles.count(style) + styles.count(style + "-below") for style in ("thin", "line", "lit-line")] == shares
    assert sum(style.endswith("-below") for style in styles) == sum(
        w < 0 for layer in weights for row in layer for w in row
    )


def test_fold_shows_the_net_diagram():
    def places(sizes):
        drawing = draw((net := nn.MLP(2, sizes, seed=0))([1.0, 2.0]), fold=net)._drawing
        diagram = next(group for group in drawing.groups if group.classes == "net")
        gates = [mark.points[0] for group in drawing.groups for mark in group.marks
                 if not isinstance(mark, Text) and mark.style == "part"]  # fmt: skip
        units = [mark.points[0] for mark in diagram.marks if not isinstance(mark, Text) and mark.style == "gate"]
        assert max(x for x, _ in units) < drawing.width
        assert max(y for _, y in units) < drawing.height
        return max(x for x, _ in gates) < min(x for x, _ in units), max(y for _, y in gates) < min(y for _, y in units)

    assert places([3, 1]) == (True, False)
    assert places([4] * 9)[1]
    net = nn.MLP(2, [4, 1], seed=0)
    made = scene(sum((net([0.1 * i, 1.0]) - 1) ** 2 for i in range(20)))
    assert {box.name for box in folded(made)} <= {"W1", "W2", *[f"W1_{i}" for i in range(4)], "W2_0"}
    assert len(made.boxes) < 100


def test_fold_weights_in_circles():
    net, x = nn.MLP(1, [1], seed=0), Value(0.5, "x")
    for _ in range(200):
        x = net([x]) * 0.5
    made = scene(x)

    assert made.notes[0].startswith("403 nodes folded into")
