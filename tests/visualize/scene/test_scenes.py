"""A scene describes a whole graph as plain data."""

import json

import pytest

from autodiff import StaleGraphError, Value, clip, dot, maximum, relu, sigmoid, variables, where
from autodiff.lectures import EXAMPLES
from tests.support.pictures import built
from visualize import draw
from visualize.scene.build import scene


def arrows(made):
    return {arrow.id: arrow for arrow in made.arrows}


def boxes(made):
    return {box.id: box for box in made.boxes}


def symbols(made):
    return [box.symbol for box in made.boxes if box.kind == "op"]


def test_D1_scene_has_inputs_gates_and_output():
    made = scene(built("D1"))

    assert [(box.id, box.kind, box.name or box.symbol) for box in made.boxes] == [
        ("node-0", "leaf", "x"),
        ("node-1", "leaf", "y"),
        ("node-2", "leaf", "z"),
        ("node-3", "op", "q"),
        ("node-4", "op", "*"),
        ("output", "output", "f"),
    ]
    assert [(a.id, a.source, a.target, a.name, a.value, a.gradient) for a in made.arrows] == [
        ("edge-3-0", "node-0", "node-3", "", -2.0, -4.0),
        ("edge-3-1", "node-1", "node-3", "", 5.0, -4.0),
        ("edge-4-0", "node-3", "node-4", "q", 3.0, -4.0),
        ("edge-4-1", "node-2", "node-4", "", -4.0, 3.0),
        ("edge-output", "node-4", "output", "", -12.0, 1.0),
    ]


def test_D1_scene_in_words():
    made = scene(built("D1"))

    assert made.title == "Computation graph of f = q * z = -12"
    assert made.description.endswith("q = x + y = 3, gradient -4. f = q * z = -12, gradient 1.")


def test_scene_is_plain_data():
    made = scene(built("E7"), steps=True)

    for record in [*made.boxes, *made.arrows, *made.steps]:
        data = [getattr(record, name) for name in record.__slots__]
        assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_scene_arrow_is_upstream_times_local():
    for arrow in scene(built("D2")).arrows[:-1]:
        assert arrow.upstream * arrow.local == pytest.approx(arrow.gradient, rel=1e-12)


def test_E7_scene_parts_on_arrows_and_sum_at_the_box():
    made = scene(built("E7"))
    parts = [arrow.gradient for arrow in made.arrows if arrow.source == "node-1"]

    assert sorted(parts) == [2.0, 3.0]
    assert (boxes(made)["node-1"].gradient, boxes(made)["node-1"].total) == (5.0, True)
    assert not boxes(made)["node-0"].total


def test_trap_1_scene_two_arrows_for_x_times_x():
    x = Value(3.0, "x")
    f = x * x
    f.backward()
    made = scene(f)

    assert [(arrow.source, arrow.target, arrow.gradient) for arrow in made.arrows[:2]] == [
        ("node-0", "node-1", 3.0)
    ] * 2
    assert boxes(made)["node-0"].gradient == 6.0


def test_trap_30_scene_of_twenty_doublings():
    y = Value(1.0)
    for _ in range(20):
        y = y + y

    made = scene(y)

    assert len(made.boxes) == 21 + 1
    assert len(made.arrows) == 40 + 1


def test_trap_31_scene_no_gradients_before_backward():
    made = scene(EXAMPLES["D1"].build())

    assert all(arrow.gradient is None for arrow in made.arrows)
    assert all(box.gradient is None for box in made.boxes)
    assert "gradient" not in made.description


def test_scene_after_zero_grad():
    f = built("D1")
    f.zero_grad()

    assert all(arrow.gradient is None for arrow in scene(f).arrows)


def test_scene_of_another_upstream_gradient():
    f = EXAMPLES["D1"].build()
    f.backward(2.0)

    assert arrows(scene(f))["edge-3-0"].gradient == -8.0


def test_scene_of_two_backward_passes():
    x = Value(3.0, "x")
    f = x**3
    f.backward()
    f.backward()
    made = scene(f)

    assert arrows(made)["edge-1-0"].gradient == 27.0
    assert (boxes(made)["node-0"].gradient, boxes(made)["node-0"].total) == (54.0, True)


def test_scene_no_gradient_over_a_condition():
    x = Value(2.0, "x")
    f = where(x > 1.0, x, 0.0)
    f.backward()
    made = scene(f)

    assert arrows(made)["edge-1-0"].gradient is None
    assert arrows(made)["edge-2-0"].gradient is None
    assert arrows(made)["edge-2-1"].gradient == 1.0


def test_scene_writes_nothing():
    f = built("E7")
    before = [(node.data, node.grad, node.changed) for node in f.operands]
    scene(f, steps=True)

    assert [(node.data, node.grad, node.changed) for node in f.operands] == before


# --- Names of gates -------------------------------------------------------------------------------


def test_D2_scene_gate_names():
    assert symbols(scene(built("D2"))) == ["*", "*", "+", "+", "*-1", "exp", "+1", "1/x"]


@pytest.mark.parametrize(
    ("output", "symbol"),
    [
        (lambda x: x * 2.5, "*2.5"),
        (lambda x: 2.5 * x, "*2.5"),
        (lambda x: x + 3, "+3"),
        (lambda x: x + -3, "-3"),
        (lambda x: x - 3, "-3"),
        (lambda x: x - -3, "+3"),
        (lambda x: 3 - x, "3-x"),
        (lambda x: x / 4, "/4"),
        (lambda x: 4 / x, "4/x"),
        (lambda x: x**2, "x²"),
        (lambda x: x**-1, "x⁻¹"),
        (lambda x: x**0.5, "x^0.5"),
        (lambda x: 2**x, "2^x"),
        (lambda x: -x, "*-1"),
        (lambda x: sigmoid(x), "\N{GREEK SMALL LETTER SIGMA}"),
        (lambda x: relu(x), "ReLU"),
        (lambda x: dot([x], [x]), "Σwx"),
        (lambda x: dot([x], [x], 1.0), "Σwx+b"),
    ],
)
def test_scene_constant_in_a_name(output, symbol):
    assert symbols(scene(output(Value(2.0, "x")))) == [symbol]


def test_D5_scene_constants_are_small_boxes():
    made = scene(maximum(Value(2.0, "x"), 0.0))

    assert boxes(made)["constant-1-1"].name == "0"
    assert arrows(made)["edge-1-1"].value is None


def test_scene_many_constants_are_one_box():
    w = [Value(1.0, f"w{i}") for i in range(64)]
    made = scene(dot(w, [float(i) for i in range(64)], Value(0.0, "b")))

    assert [box.name for box in made.boxes if box.kind == "constant"] == ["0, 1, … (64 numbers)"]


def test_scene_keeps_the_order_of_operands():
    x, y = variables(x=1, y=2)

    assert [arrow.ordered for arrow in scene(x - y).arrows[:-1]] == [True, True]
    assert [arrow.ordered for arrow in scene(x + y).arrows[:-1]] == [False, False]


def test_scene_weighted_sum():
    made = scene(dot(variables(w0=1, w1=2), variables(x0=3, x1=4), Value(5.0, "b")))

    assert [arrow.place for arrow in made.arrows[:-1]] == [0, 2, 1, 3, 4]


def test_scene_gate_on_a_kink():
    made = scene(relu(Value(0.0, "x")) + clip(Value(2.0), 0.0, 1.0))

    assert [box.kink for box in made.boxes if box.kind == "op"] == [True, False, False]
    assert "on a kink" in made.description


# --- Stale graphs, ids and order ------------------------------------------------------------------


def test_scene_of_a_stale_graph():
    x, y, z = variables(x=-2, y=5, z=-4)
    f = (x + y) * z
    f.backward()
    x.data = 100
    made = scene(f)

    assert [box.id for box in made.boxes if box.stale] == ["node-3", "node-4"]
    assert arrows(made)["edge-3-0"].value == 100.0
    assert arrows(made)["edge-3-0"].gradient == -4.0
    assert made.notes == ["Dashed: out of date, as x changed after s0 was computed; forward() recomputes."]
    with pytest.raises(StaleGraphError):
        scene(f, steps=True)


def test_trap_34_scene_ids():
    first = draw(built("E7")).svg()
    _ = [Value(float(i)) * 2.0 for i in range(100)]

    assert draw(built("E7")).svg() == first


def test_scene_of_a_single_leaf():
    made = scene(Value(3.0, "x"))

    assert [box.kind for box in made.boxes] == ["leaf", "output"]
    assert [(arrow.source, arrow.target, arrow.value) for arrow in made.arrows] == [("node-0", "output", 3.0)]


# --- Steps ----------------------------------------------------------------------------------------


def test_scene_steps_point_at_their_subjects():
    steps = scene(EXAMPLES["D1"].build(), steps=True).steps

    assert [(step.number, step.phase, step.box, step.arrow) for step in steps] == [
        (1, "forward", "node-3", ""),
        (2, "forward", "node-4", ""),
        (3, "start", "node-4", "edge-output"),
        (4, "backward", "node-2", "edge-4-1"),
        (5, "backward", "node-3", "edge-4-0"),
        (6, "backward", "node-0", "edge-3-0"),
        (7, "backward", "node-1", "edge-3-1"),
    ]
    assert steps[4].text == "df/dq = df/df * z = 1 * -4 = -4"
    assert steps[4].sentence.startswith("Step 5 of 7.")


def test_E7_scene_totals_by_path():
    steps = scene(EXAMPLES["E7"].build(), steps=True).steps

    assert [step.total for step in steps if step.box == "node-1"] == [3.0, 5.0]


def test_scene_gradients_of_steps_start_from_1():
    f = EXAMPLES["D1"].build()
    f.backward(10.0)

    assert arrows(scene(f, steps=True))["edge-3-0"].gradient == -4.0
