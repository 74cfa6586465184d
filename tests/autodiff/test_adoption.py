"""Adopting other engines' graphs: the same steps, drawings and gradients as from our own; wrong numbers are seen."""

import random
import re
import warnings
from fractions import Fraction

import numpy as np
import pytest

import autodiff
from autodiff import PRIMITIVES, Value, adopt, variables
from autodiff.adoption import Adoption
from autodiff.graph import history
from tests.benchmarks.alternating import held_seconds
from tests.support.clock import Clock
from tests.support.foreign_engines import ENGINES, Closures, Lists, Slots, Workshop
from visualize import draw, page

LABELS = {"x": -2.0, "y": 5.0, "z": -4.0}
PROGRAMS = {  # on engines that have + * maximum
    "D1": lambda x, y, z: (x + y) * z,
    "E7": lambda x, y, z: (x + y) * y.maximum(z),
    "twice": lambda x, y, z: (x * x + (y + y)) * z,
    "number": lambda x, y, z: x * y.maximum(x * z) + (y + z),
}


GATES = (
    lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - b, lambda a, b: a / (b * b + 1.0), lambda a, b: a * 2.0,
    lambda a, b: a.maximum(b), lambda a, b: a.tanh().exp(), lambda a, b: a.tanh() ** 3, lambda a, b: b.sigmoid(),
)  # fmt: skip


class Node:
    """A node with exactly these attributes."""

    def __init__(self, data, operands=(), gate="", **more):
        self.data, self.operands, self.gate, self.grad = data, operands, gate, 0.0
        vars(self).update(more)


def inputs(kind):
    """x, y, z of an engine, and their labels as a name can be kept."""
    leaves = [kind(number) for number in LABELS.values()]
    for leaf, label in zip(leaves, LABELS):
        if hasattr(leaf, "__dict__"):
            leaf.label = label
    return leaves


def labeled(adopted):
    """The adopted graph with the labels of engines that cannot keep any."""
    for leaf, label in zip([node for node in history(adopted) if not node.primitive], LABELS):
        leaf.label = label
    return adopted


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("kind", ENGINES.values(), ids=ENGINES)
def test_steps_and_drawing_as_ours(kind, program):
    theirs, ours = program(*inputs(kind)), program(*variables(**LABELS))
    theirs.backward()
    ours.backward()
    adopted = labeled(adopt(theirs))
    assert str(adopted.steps()) == str(ours.steps())
    assert [node.grad for node in history(adopted)] == [node.grad for node in history(ours)]
    assert draw(adopted).svg() == draw(ours).svg()
    if kind is not Slots:
        assert draw(theirs).svg() == draw(ours).svg()
        assert page(theirs).html() == page(ours).html()


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", ENGINES.values(), ids=ENGINES)
def test_gradients_of_random_graphs(kind, seed):
    """Every gate is found, and its rule gives the gradients that the other engine computed."""
    choose = random.Random(seed)
    nodes = [kind(choose.uniform(0.3, 2.0)) for _ in range(3)]
    for _ in range(25):
        a, b = choose.choice(nodes[-8:]), choose.choice(nodes[-8:])
        nodes.append(choose.choice(GATES)(a, b))
    output = nodes[-1] + nodes[-2].tanh()
    output.backward()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adopted = adopt(output)
    own = {node: node.grad for node in history(adopted)}
    known = {*PRIMITIVES, "gate"} if kind is Slots else {*PRIMITIVES}  # the numbers of max(a, a) fit min, too
    assert {node.primitive.name for node in own if node.primitive} <= known
    adopted.zero_grad()
    adopted.backward()
    for node, grad in own.items():
        assert node.grad == pytest.approx(grad, rel=1e-9, abs=1e-12)
    value = adopted.data
    assert adopted.forward() == pytest.approx(value, rel=1e-12)


@pytest.mark.slow
def test_micrograd():
    engine = pytest.importorskip("micrograd.engine")
    x, y = engine.Value(-4.0), engine.Value(2.0)
    x.label, y.label = "x", "y"
    f = (x * y + y**3 + x * x + x + x).relu() / (y - x * 3)
    f.backward()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adopted = adopt(f)
    gates = [node.primitive.name for node in history(adopted) if node.primitive]
    assert gates == ["mul", "power", "add", "mul", "add", "add", "add", "relu", "mul", "mul", "add", "power", "mul"]
    own = [node.grad for node in history(adopted)]
    adopted.zero_grad()
    adopted.backward()
    assert [node.grad for node in history(adopted)] == pytest.approx(own)


NAMES = {  # a student's name of a gate and its numbers: the primitive, and the operands of its Value
    "ReLU": ([3.0], 3.0, "relu", [3.0]),
    "Times": ([3.0, 4.0], 12.0, "mul", [3.0, 4.0]),
    "minus": ([3.0], -3.0, "neg", [3.0]),
    "**2": ([3.0], 9.0, "power", [3.0, 2.0]),
    "x^3": ([2.0], 8.0, "power", [2.0, 3.0]),
    "\N{GREEK SMALL LETTER SIGMA}": ([0.0], 0.5, "sigmoid", [0.0]),
    "max": ([1.0, 2.0], 2.0, "maximum", [1.0, 2.0]),
    "neg": ([3.0], -3.0, "neg", [3.0]),
    "-": ([3.0], -3.0, "neg", [3.0]),
    "\N{MINUS SIGN}": ([3.0, 1.0], 2.0, "sub", [3.0, 1.0]),
    "1/x": ([4.0], 0.25, "reciprocal", [4.0]),
    "__truediv__": ([1.0, 4.0], 0.25, "div", [1.0, 4.0]),
    "/": ([4.0], 0.25, "reciprocal", [4.0]),
    "*0.5": ([3.0], 1.5, "mul", [3.0, 0.5]),
    "\N{MULTIPLICATION SIGN}": ([3.0, 2.0], 6.0, "mul", [3.0, 2.0]),
    "ln": ([1.0], 0.0, "log", [1.0]),
    "LOG": ([1.0], 0.0, "log", [1.0]),
    ">": ([2.0, 1.0], 1.0, "greater", [2.0, 1.0]),
    "sum": ([1.0, 2.0, 3.0], 6.0, "sum", [1.0, 2.0, 3.0]),
    "pow": ([2.0], 8.0, "power", [2.0, 3.0]),
}


@pytest.mark.parametrize(
    ("called", "numbers", "out", "name", "operands"), [(called, *row) for called, row in NAMES.items()]
)
def test_gates_by_name(called, numbers, out, name, operands):
    node = adopt(Node(out, [Node(x) for x in numbers], called))
    assert node.primitive is PRIMITIVES[name]
    assert [getattr(x, "data", x) for x in node.operands] == operands


LOCALS = {  # numbers, value, local gradients of a gate without a name: the primitive
    "2 * 2": ([2.0, 2.0], 4.0, (2.0, 2.0), "mul", [2.0, 2.0]),
    "2 + 2": ([2.0, 2.0], 4.0, (1.0, 1.0), "add", [2.0, 2.0]),
    "3 ** 2": ([3.0], 9.0, (6.0,), "power", [3.0, 2.0]),
    "(-2) ** 3": ([-2.0], -8.0, (12.0,), "power", [-2.0, 3.0]),
    "2 ** 0.5": ([2.0], 2.0**0.5, (0.5 * 2.0**-0.5,), "sqrt", [2.0]),
    "x + 7": ([3.0], 10.0, (1.0,), "add", [3.0, 7.0]),
    "x * 0.1": ([3.0], 3.0 * 0.1, (0.1,), "mul", [3.0, 0.1]),
    "1 - x": ([3.0], -2.0, (-1.0,), "sub", [1.0, 3.0]),
    "exp": ([0.0], 1.0, (1.0,), "exp", [0.0]),
    "max": ([3.0, 1.0], 3.0, (1.0, 0.0), "maximum", [3.0, 1.0]),
}


@pytest.mark.parametrize(("numbers", "out", "local", "name", "operands"), LOCALS.values(), ids=LOCALS)
def test_gates_by_numbers(numbers, out, local, name, operands):
    node = adopt(Node(out, [Node(x) for x in numbers], local=local))
    assert node.primitive is PRIMITIVES[name]
    assert [getattr(x, "data", x) for x in node.operands] == operands


def test_ambiguous_gates_follow_the_sure_ones():
    """relu(2) may be abs, too, until a relu of a negative number shows which."""
    assert adopt(Node(2.0, (Node(2.0),), local=(1.0,))).primitive.name == "gate"
    sure, unsure = Node(0.0, (Node(-3.0),), local=(0.0,)), Node(2.0, (Node(2.0),), local=(1.0,))
    found = adopt(Node(2.0, (sure, unsure), local=(1.0, 1.0)))
    assert found.operands[1].primitive.name in ("relu", "gate")
    by_name = adopt(Node(2.0, (Node(-3.0), Node(2.0)), "max"))
    assert by_name.primitive is PRIMITIVES["maximum"]


def test_gate_of_its_own():
    x, y = Node(2.0, label="x"), Node(3.0, label="y")
    f = Node(13.0, (x, y), "my_gate", local=(4.0, 6.0))
    adopted = adopt(f)
    assert str(adopted.steps()).splitlines()[3:4] == [
        "  1  f = my_gate(x, y) = my_gate(2, 3) = 13   df/dx = 4, df/dy = 6"
    ]
    adopted.backward()
    assert [x.grad for x in adopted.operands] == [4.0, 6.0]
    assert "my gate" in draw(f).svg()
    assert "my_gate keeps its recorded value" in page(f).html()
    adopted.operands[0].data = 5.0
    with pytest.raises(TypeError, match="known only at"):
        adopted.forward()


def test_gate_of_its_own_is_not_differentiated_again():
    adopted = adopt(Node(13.0, (Node(2.0),), "my_gate", local=(4.0,)))
    (slope,) = autodiff.gradients(adopted, adopted.operands[0])
    assert slope.data == 4.0
    with pytest.raises(autodiff.flat.Unsupported, match="cannot differentiate the rule of my_gate again"):
        autodiff.gradients(slope, adopted.operands[0])


def test_local_gradients_by_running_backward():
    """A gate of its own without local gradients: its _backward is run, and all gradients are restored."""
    x = Closures(3.0)
    f = x.make("cube", 27.0, (x,), (27.0,))
    x.grad, f.grad = 54.0, 2.0
    adopted = adopt(f)
    assert (x.grad, f.grad, adopted.operands[0].grad) == (54.0, 2.0, 54.0)
    assert next(iter(adopted.steps())).local == 27.0


def test_gate_without_readable_rule():
    with pytest.warns(UserWarning, match=r"my_gate\(v0\) has no local gradients that can be read"):
        adopted = adopt(Node(5.0, (Node(2.0),), "my_gate"))
    assert len(adopted.steps()) == 0


DOUBTS = {  # a wrong node, and the warning
    "value": (lambda x, y: Node(7.0, (x, y), "+"), "f = x + y is 7, but its gate gives 5"),
    "sign": (lambda x, y: Node(2.0, (x,), "-"), "f = -x is 2, but its gate gives -2"),
    "local": (lambda x, y: Node(6.0, (x, y), "*", local=(2.0, 3.0)),
        "the local gradient of f = x * y for x is 2, but its gate gives 3"),
    "count": (lambda x, y: Node(6.0, (x, y), "*", local=(3.0,)), "f = x * y has 1 local gradients for 2 operands"),
    "gradient": (lambda x, y: Node(6.0, (x, y), "*", grad=1.0),
        "the gradient of y is 0, but upstream * local sums up to 2"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "said"), DOUBTS.values(), ids=DOUBTS)
def test_wrong_numbers_are_kept_and_seen(make, said):
    f = make(Node(2.0, label="x"), Node(3.0, label="y"))
    with pytest.warns(UserWarning, match=re.escape(said)) as caught:
        adopted = adopt(f)
    assert [warning.filename for warning in caught] == [__file__]
    assert (adopted.data, adopted.grad) == (f.data, f.grad)
    with pytest.warns(UserWarning, match=re.escape(said)):
        picture = draw(f)
    assert any(said in note for note in picture.scene.notes)
    assert "in doubt" in picture.scene.description
    assert any(box.stale for box in picture.scene.boxes)
    with pytest.warns(UserWarning, match=re.escape(said)):
        assert f"The engine that made this graph differs: {said}" in page(f).html()


def test_overwritten_gradient_is_seen():
    """The commonest mistake: = in place of +=."""
    x = Workshop(3.0)
    f = x * x
    f.grad, x.grad, x.label = 1.0, 3.0, "x"
    with pytest.warns(UserWarning, match=r"the gradient of x is 3, but upstream \* local sums up to 6"):
        adopted = adopt(f)
    assert adopted.operands[0].grad == 3.0


def test_conventions_at_kinks_are_no_mistakes():
    x = Node(0.0, grad=1.0)
    tie = Node(2.0, (Node(2.0, grad=1.0), Node(2.0)), "max", local=(1.0, 0.0), grad=1.0)
    for f in (Node(0.0, (x,), "relu", local=(1.0,), grad=1.0), tie):
        assert Adoption([f]).doubts == {}


def test_engine_without_backward():
    x = Node(3.0, grad=None, label="x")
    f = Node(9.0, (x, x), "*", grad=None)
    assert [node.grad for node in history(adopt(f))] == [0.0, 0.0]
    assert "\N{NABLA}" not in draw(f).svg()


def test_lists_share_nodes():
    x, y = inputs(Workshop)[:2]
    f, g = adopt([x * y, x + y])
    assert f.operands[0] is g.operands[0]
    assert draw([x * y, x + y]).svg() == draw([f, g]).svg()


def test_numbers_of_all_kinds():
    x = Node(np.float64(2.0), label="x")
    f = Node(Fraction(7, 1), [Node(5), x, 3.0, np.float64(4.0)][:2], "+")
    assert adopt(f).data == 7.0
    assert adopt(Node(6.0, [x, 3], "*", local=(3, 2))).operands[1] == 3.0
    assert adopt(Value(3.0)).data == 3.0
    assert adopt(Node(6.0, (Value(2.0, "v"), Node(3.0)), "*")).operands[0].label == "v"


def test_long_chains_and_speed():
    v = x = Slots(1.0)
    for _ in range(100_000):
        v = Slots(v.data + x.data, (v, x), (1, 1))
    assert len(history(adopt(v))) == 100_001
    w = Slots(1.0)
    for _ in range(10_000):
        w = Slots(w.data * 0.5, (w,), (0.5,)) if w.data > 1e9 else Slots(w.data + x.data, (w, x), (1, 1))
    with Clock() as clock:
        adopt(w)
    held_seconds("adopting 10,000 nodes", clock.seconds, 0.5)


def test_cycle_is_refused():
    x = Node(2.0, label="x")
    f = Node(4.0, (x,), "+")
    x.operands = (f,)
    with pytest.raises(ValueError, match="is computed from itself"):
        adopt(f)


def test_strange_nodes():
    """Nodes without a hash, with == that records, and with a repr that raises."""

    class Odd(Node):
        __hash__ = None

        def __eq__(self, other):
            raise AssertionError("not to be called")

        def __repr__(self):
            raise ValueError("unfinished")

    x = Odd(2.0)
    assert adopt(Odd(4.0, (x, x), "*")).operands[0].data == 2.0
    with pytest.raises(TypeError, match="the data of a Odd must be a number, got None"):
        adopt(Odd(None))


def test_error_graph_of_another_engine():
    def loss(x):
        total = x * x + 1.0
        raise ValueError(total)

    x = Lists(3.0)
    x.label = "x"
    with pytest.raises(ValueError) as caught:
        loss(x)
    assert "x" in draw(caught.value).scene.description
    assert "= 10" in draw(caught.value).scene.title
