"""steps(): the table, the sentences, the data."""

import json
import math

import pytest

import autodiff
from autodiff import PRIMITIVES, Primitive, Value, dot, exp, maximum, parse, relu, sigmoid, variables, where
from autodiff.formula import show
from tests.support.clock import Clock


def d1():
    x, y, z = variables(x=-2, y=5, z=-4)
    q = x + y
    q.label = "q"
    f = q * z
    f.label = "f"
    return f


def d2():
    w0, x0, w1, x1, w2 = variables(w0=2, x0=-1, w1=-3, x1=-2, w2=-3)
    return 1 / (1 + exp(-(w0 * x0 + w1 * x1 + w2)))


def e7():
    x, y, z = variables(x=1, y=2, z=0)
    a = x + y
    b = maximum(y, z)
    f = a * b
    a.label, b.label, f.label = "a", "b", "f"
    return f


def a6():
    x3, x5, w3, w4, x4 = variables(x3=1, x5=2, w3=0.5, w4=0.25, x4=-1)
    return (x3 + x5) - sigmoid(w3 * x3 + w4 * x4)


D1 = """\
GOAL      add 0.001 to one input and f changes by about 0.001 * gradient
          df/dx says how fast f grows with x, the other inputs held fixed
FORWARD   each gate computes its output, and its local gradients for later
  1  q = x + y = -2 + 5 = 3   dq/dx = 1, dq/dy = 1
  2  f = q * z = 3 * -4 = -12   df/dq = z = -4, df/dz = q = 3
BACKWARD  upstream * local = downstream, from the output back to the inputs
  3  df/df = 1                    the start: f grows as fast as itself
     f = q * z:  mul swaps: each input gets upstream times the other input
  4  df/dz = df/df * q = 1 * 3 = 3
  5  df/dq = df/df * z = 1 * -4 = -4
     q = x + y:  add distributes: both inputs get the upstream gradient
  6  df/dx = df/dq * dq/dx = -4 * 1 = -4
  7  df/dy = df/dq * dq/dy = -4 * 1 = -4
GRADIENTS
     x = -2   df/dx = -4
     y =  5   df/dy = -4
     z = -4   df/dz =  3"""

D2 = """\
GOAL      add 0.001 to one input and f changes by about 0.001 * gradient
          df/dw0 says how fast f grows with w0, the other inputs held fixed
FORWARD   each gate computes its output, and its local gradients for later
  1  s0 = w0 * x0 = 2 * -1 = -2   ds0/dw0 = x0 = -1, ds0/dx0 = w0 = 2
  2  s1 = w1 * x1 = -3 * -2 = 6   ds1/dw1 = x1 = -2, ds1/dx1 = w1 = -3
  3  s2 = s0 + s1 = -2 + 6 = 4   ds2/ds0 = 1, ds2/ds1 = 1
  4  s3 = s2 + w2 = 4 + -3 = 1   ds3/ds2 = 1, ds3/dw2 = 1
  5  s4 = -s3 = -(1) = -1   ds4/ds3 = -1
  6  s5 = exp(s4) = exp(-1) = 0.367879   ds5/ds4 = s5 = 0.367879
  7  s6 = 1 + s5 = 1 + 0.367879 = 1.36788   ds6/ds5 = 1
  8  f = 1 / s6 = 1 / 1.36788 = 0.731059   (rounded)
       df/ds6 = -1 / s6 ** 2 = -0.534447
BACKWARD  upstream * local = downstream, from the output back to the inputs
  9  df/df = 1                    the start: f grows as fast as itself
     f = 1 / s6:  reciprocal scales: its input gets upstream times -1 / s6 ** 2
 10  df/ds6 = df/df * (-1 / s6 ** 2) = 1 * -0.534447 = -0.534447
     s6 = 1 + s5:  add passes the upstream gradient on
 11  df/ds5 = df/ds6 * ds6/ds5 = -0.534447 * 1 = -0.534447
     s5 = exp(s4):  exp scales: its input gets upstream times s5
 12  df/ds4 = df/ds5 * ds5/ds4 = -0.534447 * 0.367879 = -0.196612
     s4 = -s3:  neg passes the upstream gradient on, its sign flipped
 13  df/ds3 = df/ds4 * ds4/ds3 = -0.196612 * -1 = 0.196612
     s3 = s2 + w2:  add distributes: both inputs get the upstream gradient
 14  df/dw2 = df/ds3 * ds3/dw2 = 0.196612 * 1 = 0.196612
 15  df/ds2 = df/ds3 * ds3/ds2 = 0.196612 * 1 = 0.196612
     s2 = s0 + s1:  add distributes: both inputs get the upstream gradient
 16  df/ds0 = df/ds2 * ds2/ds0 = 0.196612 * 1 = 0.196612
 17  df/ds1 = df/ds2 * ds2/ds1 = 0.196612 * 1 = 0.196612
     s1 = w1 * x1:  mul swaps: each input gets upstream times the other input
 18  df/dw1 = df/ds1 * ds1/dw1 = 0.196612 * -2 = -0.393224
 19  df/dx1 = df/ds1 * ds1/dx1 = 0.196612 * -3 = -0.589836
     s0 = w0 * x0:  mul swaps: each input gets upstream times the other input
 20  df/dw0 = df/ds0 * ds0/dw0 = 0.196612 * -1 = -0.196612
 21  df/dx0 = df/ds0 * ds0/dx0 = 0.196612 * 2 = 0.393224
GRADIENTS
     w0 =  2   df/dw0 = -0.196612
     x0 = -1   df/dx0 =  0.393224
     w1 = -3   df/dw1 = -0.393224
     x1 = -2   df/dx1 = -0.589836
     w2 = -3   df/dw2 =  0.196612"""

E7 = """\
GOAL      add 0.001 to one input and f changes by about 0.001 * gradient
          df/dx says how fast f grows with x, the other inputs held fixed
FORWARD   each gate computes its output, and its local gradients for later
  1  a = x + y = 1 + 2 = 3   da/dx = 1, da/dy = 1
  2  b = max(y, z) = max(2, 0) = 2   db/dy = 1(y > z) = 1, db/dz = 1(z > y) = 0
  3  f = a * b = 3 * 2 = 6   df/da = b = 2, df/db = a = 3
BACKWARD  upstream * local = downstream, from the output back to the inputs
  4  df/df = 1                    the start: f grows as fast as itself
     f = a * b:  mul swaps: each input gets upstream times the other input
  5  df/da = df/df * b = 1 * 2 = 2
  6  df/db = df/df * a = 1 * 3 = 3
     b = max(y, z):  max routes: the larger input gets upstream, the other 0
  7  df/dy = df/db * db/dy = 3 * 1 = 3   path 1 of 2
  8  df/dz = df/db * db/dz = 3 * 0 = 0
     a = x + y:  add distributes: both inputs get the upstream gradient
  9  df/dx = df/da * da/dx = 2 * 1 = 2
 10  df/dy += df/da * da/dy = 2 * 1 = 2   path 2 of 2
     y is copied: its two gradients add up: 3 + 2 = 5
GRADIENTS
     x = 1   df/dx = 2
     y = 2   df/dy = 5
     z = 0   df/dz = 0"""

A6 = """\
GOAL      add 0.001 to one input and f changes by about 0.001 * gradient
          df/dx3 says how fast f grows with x3, the other inputs held fixed
FORWARD   each gate computes its output, and its local gradients for later
  1  s0 = x3 + x5 = 1 + 2 = 3   ds0/dx3 = 1, ds0/dx5 = 1
  2  s1 = w3 * x3 = 0.5 * 1 = 0.5   ds1/dw3 = x3 = 1, ds1/dx3 = w3 = 0.5
  3  s2 = w4 * x4 = 0.25 * -1 = -0.25   ds2/dw4 = x4 = -1, ds2/dx4 = w4 = 0.25
  4  s3 = s1 + s2 = 0.5 + -0.25 = 0.25   ds3/ds1 = 1, ds3/ds2 = 1
  5  s4 = sigmoid(s3) = sigmoid(0.25) = 0.562177
       ds4/ds3 = (1 - s4) * s4 = 0.246134
  6  f = s0 - s4 = 3 - 0.562177 = 2.43782   df/ds0 = 1, df/ds4 = -1
BACKWARD  upstream * local = downstream, from the output back to the inputs
  7  df/df = 1                    the start: f grows as fast as itself
     f = s0 - s4:
       sub distributes: upstream to the first, minus upstream to the second
  8  df/ds0 = df/df * 1 = 1 * 1 = 1
  9  df/ds4 = df/df * -1 = 1 * -1 = -1
     s4 = sigmoid(s3):
       sigmoid scales: its input gets upstream times (1 - s4) * s4
 10  df/ds3 = df/ds4 * ds4/ds3 = -1 * 0.246134 = -0.246134
     s3 = s1 + s2:  add distributes: both inputs get the upstream gradient
 11  df/ds1 = df/ds3 * ds3/ds1 = -0.246134 * 1 = -0.246134
 12  df/ds2 = df/ds3 * ds3/ds2 = -0.246134 * 1 = -0.246134
     s2 = w4 * x4:  mul swaps: each input gets upstream times the other input
 13  df/dw4 = df/ds2 * ds2/dw4 = -0.246134 * -1 = 0.246134
 14  df/dx4 = df/ds2 * ds2/dx4 = -0.246134 * 0.25 = -0.0615335
     s1 = w3 * x3:  mul swaps: each input gets upstream times the other input
 15  df/dw3 = df/ds1 * ds1/dw3 = -0.246134 * 1 = -0.246134
 16  df/dx3 = df/ds1 * ds1/dx3 = -0.246134 * 0.5 = -0.123067   path 1 of 2
     s0 = x3 + x5:  add distributes: both inputs get the upstream gradient
 17  df/dx3 += df/ds0 * ds0/dx3 = 1 * 1 = 1   path 2 of 2
     x3 is copied: its two gradients add up: -0.123067 + 1 = 0.876933
 18  df/dx5 = df/ds0 * ds0/dx5 = 1 * 1 = 1
GRADIENTS
     x3 =    1   df/dx3 =   0.876933
     x5 =    2   df/dx5 =          1
     w3 =  0.5   df/dw3 =  -0.246134
     w4 = 0.25   df/dw4 =   0.246134
     x4 =   -1   df/dx4 = -0.0615335"""


@pytest.mark.parametrize(("build", "table"), [(d1, D1), (d2, D2), (e7, E7), (a6, A6)], ids=["D1", "D2", "E7", "A6"])
def test_steps_as_table(build, table):
    """The lectures' examples line by line, at most 80 columns wide."""
    steps = build().steps()

    assert repr(steps) == table
    assert max(len(line) for line in table.splitlines()) <= 80


def test_D1_sentences():
    f = d1()

    assert f.steps()[1].sentence == (
        "Step 5 of 7. Gate f equals q times z sends to q: upstream 1 times local minus 4 gives minus 4."
    )
    assert f.steps().sentences[0] == "Step 1 of 7. Gate q equals x plus y: minus 2 plus 5 gives 3."
    assert f.steps().sentences[2] == "Step 3 of 7. The gradient of f with respect to itself is 1."


def test_sentence_of_three_operands():
    condition, x, y = variables(condition=1, x=2, y=3)

    said = where(condition, x, y).steps().sentences[0]

    assert said == "Step 1 of 4. Gate f equals where of condition and x and y: where of 1 and 2 and 3 gives 2."


def test_sentence_of_paths_and_kinks():
    x = Value(-3.0, "x")
    f = maximum(x, x)

    assert f.steps()[1].sentence.endswith("Path 2 of 2, total 1. On a kink: a tie: each input gets one half.")


def test_steps_are_the_edges_and_match_backward():
    f = e7()
    steps = f.steps()
    totals = {step.operand: step.total for step in steps}
    f.backward()

    assert len(steps) == 6
    assert all(totals[node] == node.grad for node in totals)
    assert [step.downstream for step in steps] == [step.upstream * step.local for step in steps]


def test_steps_write_no_grad():
    f = d1()
    f.backward()
    before = [operand.grad for operand in f.operands]
    f.steps()

    assert [operand.grad for operand in f.operands] == before
    assert f.steps()[0].total == 3.0


def test_steps_of_square_by_itself():
    x = Value(3.0, "x")
    steps = (x * x).steps()

    assert [(step.place, step.path, step.paths, step.total) for step in steps] == [(0, 1, 2, 3.0), (1, 2, 2, 6.0)]


def test_digits_of_the_slides_numbers():
    """D2 with one digit is the slide's 0.2 * 2 = 0.4."""
    table = str(d2().steps(digits=1))

    assert "df/dx0 = df/ds0 * ds0/dx0 = 0.2 * 2 = 0.4\n" in table
    assert "df/dx0 = df/ds0 * ds0/dx0 = 0.2 * 2 = 0.39   (rounded)\n" in str(d2().steps(digits=2))


@pytest.mark.parametrize(
    ("text", "line", "role"),
    [
        ("x * 1.0000001", "f = x * 1.0000001 = 2 * 1 = 2", "mul scales: its input gets upstream times 1.0000001"),
        ("-0.99999999 * x", "f = -0.99999999 * x = -1 * 2 = -2", "its input gets upstream times -0.99999999"),
        ("x / 3.0000001", "f = x / 3.0000001 = 2 / 3 = 0.666667", "div scales"),
        ("x + 0.1000000001", "f = x + 0.1000000001 = 2 + 0.1 = 2.1", "add passes the upstream gradient on"),
        ("x ** 2.0000001", "f = x ** 2.0000001 = 2 ** 2 = 4", "df/df * 2.0000001 * x ** 1.0000000999999998"),
        ("123456789 * x", "f = 123456789 * x = 1.23457e+08 * 2 = 2.46914e+08", "times 123456789"),
        ("x * 1", "f = x * 1 = 2 * 1 = 2", "mul passes the upstream gradient on"),
        ("leaky_relu(x, 0.1234567)", "f = leaky_relu(x, 0.1234567) = leaky_relu(2, 0.123457) = 2", "leaky_relu"),
        ("dot([x], [0.1234567], 0.7654321)", "f = x*0.1234567 + 0.7654321 = 2*0.123457 + 0.765432 = 1.01235", "dot"),
    ],
)
def test_constants_in_formulas_are_whole(text, line, role):
    table = str(parse(text, x=2).steps())

    assert f"  1  {line}" in table
    assert role in table.replace("\n       ", " ")


def test_constants_in_sentences_are_whole():
    assert (
        parse("x * -1.0000001", x=2)
        .steps()[0]
        .sentence.startswith("Step 3 of 3. Gate f equals x times minus 1.0000001 sends to x:")
    )


@pytest.mark.parametrize(
    ("text", "inputs", "digits"),
    [
        ("exp(x) * y", {"x": 800, "y": 2}, None),
        ("log(x)", {"x": -0.001}, 2),
        ("sqrt(x) * y", {"x": -0.001, "y": 0.001}, 2),
        ("x * y * z", {"x": 1e200, "y": 1.3456789e200, "z": 0.001}, 2),
        ("x * x", {"x": 1.3407807929942599e154}, None),
        ("x / y", {"x": 0.001, "y": 0}, 2),
        ("1 / x", {"x": 1e-320}, 2),
        ("x - y", {"x": float("inf"), "y": float("inf")}, None),
        ("x ** 1.0000001", {"x": -1.9749952522787495}, None),
        ("x ** y", {"x": 1.4, "y": 1e308}, 0),
        ("x ** 1234567.5", {"x": -1.3316e-11}, 3),
    ],
)
def test_digits_of_inf_and_nan(text, inputs, digits):
    for row in parse(text, **inputs).steps(digits).rows:
        printed = "   ".join(row.parts)
        if row.phase == "backward" and not math.isfinite(row.downstream):
            upstream, _, rest = row.parts[1].partition(" * ")
            local, _, answer = rest.partition(" = ")
            assert float(answer) == float(upstream) * float(local) or math.isnan(row.downstream), printed
        if not math.isfinite(row.answer):
            assert "(rounded)" not in printed
            left, _, right = row.parts[1].rpartition(" = ")
            if row.phase == "forward":
                assert repr(parse(left).data) == repr(float(right)), printed


@pytest.mark.parametrize("text", ["sqrt(relu(x))", "1 / max(x, 0)", "log(clip(x, 0, 1))", "sqrt(where(x > 0, x, 0))"])
def test_digits_of_gate_closed_to_inf(text):
    step = parse(text, x=-1).steps()[-1]

    assert step.parts[1:] == [f"{step.upstream} * 0 = 0", "(closed)"]


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("log(x)", {"x": -1}), ("sqrt(x)", {"x": 0}), ("x * y", {"x": math.inf, "y": 2}), ("exp(x)", {"x": 710}),
        ("1 / x", {"x": 0}), ("x ** y", {"x": 0, "y": 0.5}), ("norm([x, y])", {"x": 0, "y": 0}),
    ],
)  # fmt: skip
def test_sentence_of_nonfinite(text, inputs):
    f = parse(text, **inputs)
    table = str(f.steps())
    what = "not all finite" if math.isfinite(f.data) else "f is not finite"

    assert "add 0.001" not in table
    assert f"GRADIENTS  {what}: nonfinite_origin(f) says where that began" in table


@pytest.mark.parametrize(
    ("text", "inputs", "convention"),
    [
        ("max(x, y)", {"x": 1, "y": 1}, True), ("relu(x)", {"x": 0}, True), ("abs(x) + y", {"x": 0, "y": 2}, True),
        ("min(x, y) * 3", {"x": 2, "y": 2}, True), ("exp(relu(x) + y)", {"x": 0, "y": 1}, True),
        ("clip(x, 0, 1)", {"x": 1}, True), ("heaviside(x, 0.5)", {"x": 0}, True), ("elu(x, 2)", {"x": 0}, True),
        ("max(x, y)", {"x": 1, "y": 2}, False), ("relu(x) * 0 + x", {"x": 0}, False), ("elu(x, 1)", {"x": 3}, False),
    ],
)  # fmt: skip
def test_kink_gradient_is_a_convention(text, inputs, convention):
    lines = str(parse(text, **inputs).steps()).splitlines()
    (heading,) = [line for line in lines if line.startswith("GRADIENTS")]

    assert ("a convention here: f is on a kink" in heading) is convention
    assert ("add 0.001" in lines[0]) is not convention
    assert len(heading) <= 80


def test_kink_is_named_above_its_step():
    x = Value(0.0, "x")

    assert "on a kink: the input is 0, where relu bends" in str(relu(x).steps())
    assert "kink" not in str(relu(x + 1.0).steps())


def test_comparison_sends_nothing_back():
    x = Value(2.0, "x")
    steps = where(x > 0, x * 3.0, 0.0).steps()

    assert {step.node.primitive.name for step in steps} == {"where", "mul"}
    assert steps.gradients[x] == 3.0


def test_steps_of_long_gates_fit_80_columns():
    weights = [Value(i / 7.0, f"a_rather_long_weight_name_{i}") for i in range(50)]
    steps = dot(weights, [float(i) for i in range(50)], 1.0).tanh().steps()

    assert max(len(line) for line in repr(steps).splitlines()) <= 80
    assert len(steps) == 51


def test_repr_of_large_graph_is_cut():
    x = Value(1.0, "x")
    y = x
    for _ in range(600):
        y = y + x
    steps = y.steps()

    assert "more rows: print() shows them all" in repr(steps)
    assert len(str(steps).splitlines()) > 1800


def test_steps_of_a_leaf():
    x = Value(3.0, "x")

    assert len(x.steps()) == 0
    assert x.steps().gradients[x] == 1.0


def test_names_of_unlabeled_nodes():
    a, b, c = Value(1.0, "x"), Value(2.0, "x"), Value(3.0)
    table = str((a * b * c).steps())

    assert "s0 = x * x_2" in table
    assert "f = s0 * v0" in table


def test_as_dict_is_plain_data():
    data = d1().steps().as_dict()

    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["gradients"] == {"x": -4.0, "y": -4.0, "z": 3.0}
    assert data["steps"][0]["formula"] == "q"
    rows = [*data["forward"], data["start"], *data["steps"]]
    assert [row["number"] for row in rows] == [*range(1, 8)]
    assert [row["value"] for row in data["forward"]] == [3.0, -12.0]


def test_row_has_phase_gate_and_factor():
    """D1, and tanh, whose local gradient is a difference."""
    rows = d1().steps().rows
    (step,) = variables(x=1.0)[0].tanh().steps()

    assert [row.phase for row in rows] == ["forward"] * 2 + ["start"] + ["backward"] * 4
    assert [rows[0].spoken, rows[3].spoken] == ["x plus y", "q times z"]
    assert (rows[3].factor, step.factor) == ("q", f"({step.formula})")


def test_pages_join_to_the_table():
    steps = e7().steps()

    assert "\n".join(steps.pages()) == repr(steps)
    assert len(steps.pages()) == steps.last + 1


def test_labels_that_are_formulas():
    """As in the lectures, where gates are labeled x1*w1 + x2*w2."""
    x1, w1, x2, w2, b = variables(x1=2, w1=-3, x2=0, w2=1, b=6)
    q, r = x1 * w1, x2 * w2
    s = q + r
    q.label, r.label, s.label = "x1*w1", "x2*w2", "x1*w1 + x2*w2"
    f = s * b
    table = str(f.steps())

    assert "  4  f = (x1*w1 + x2*w2) * b = -6 * 6 = -36   df/d(x1*w1 + x2*w2) = b = 6" in table
    assert "  6  df/db = df/df * (x1*w1 + x2*w2) = 1 * -6 = -6\n" in table
    assert "  7  df/d(x1*w1 + x2*w2) = df/df * b = 1 * 6 = 6\n" in table
    assert "  8  df/d(x1*w1) = df/d(x1*w1 + x2*w2) * d(x1*w1 + x2*w2)/d(x1*w1) = 6 * 1 = 6\n" in table
    assert "tanh(x1*w1 + x2*w2)" in str(s.tanh().steps())


@pytest.mark.parametrize("label", [None, 5])
def test_labels_that_are_no_text(label):
    x = Value(1.0, "x")

    with pytest.raises(TypeError, match="a label must be a str, got"):
        x.label = label
    assert x.label == "x"


@pytest.mark.parametrize("digits", [0, 1, 6, 17])
def test_digits_of_huge_numbers(digits):
    table = str(parse("y * z", y=1e200, z=3).steps(digits=digits))

    assert "f = y * z = 1e+200 * 3 = 3e+200   df/dy = z = 3, df/dz = y = 1e+200\n" in table
    assert "df/dz = df/df * y = 1 * 1e+200 = 1e+200" in table
    assert show(-1.5e200, digits) == "-1.5e+200"
    assert show(999999999999999.0, digits) == "999999999999999"


def test_rule_of_math_shows_its_number():
    waves = Primitive("waves", math.sin, lambda out, x: (math.cos(x),))

    assert "df/dx = df/df * -0.416147" in str(waves(Value(2.0, "x")).steps())


@pytest.mark.timed
def test_sentence_time_is_linear_in_inputs():
    def seconds(n):
        steps = dot([Value(1.0) for _ in range(n)], [1.0] * n).steps()
        with Clock() as clock:
            assert len(steps.sentences) == n + 2
        return clock.seconds

    assert min(seconds(1600) for _ in range(2)) < 10 * max(seconds(400) for _ in range(2))


def test_labels_with_half_a_character():
    table = str((Value(2.0, "\ud800") * 3.0).steps())

    assert "f = \\ud800 * 3" in table
    assert table.encode("utf-8")


@pytest.mark.parametrize(
    ("rule", "x", "local", "role"),
    [
        (lambda out, x: (1.0 if x > 0 else 0.1,), -3.0, "0.1", "its input gets upstream times 0.1"),
        (lambda out, x: (1.0 if x > 0 else 0.1,), 3.0, "1", "g passes the upstream gradient on"),
        (lambda out, x: (2.0 * x if x < 1 else 3.0,), 5.0, "3", "its input gets upstream times 3"),
        (lambda out, x: (max(0.0, x) * 2.0,), -3.0, "0", "its input gets upstream times 0"),
        (lambda out, x: (-1.0 if out == x else x,), 4.0, "4", "its input gets upstream times 4"),
    ],
)
def test_rule_with_an_if_prints_no_false_formula(rule, x, local, role):
    gate = Primitive("g", lambda x: x * x, rule)
    table = str(gate(Value(x, "x")).steps())

    assert role in table
    assert f"df/dx = df/df * {local} = 1 * {local} = {local}" in table


# --- Forward mode --------------------------------------------------------------------------------

D1_FORWARD = """\
GOAL      add 0.001 to one input and f changes by about 0.001 * gradient
          df/dx says how fast f grows with x, the other inputs held fixed
FORWARD   each gate computes its output, and how fast it grows along x
     the start: dx/dx = 1
  1  q = x + y = -2 + 5 = 3   dq/dx = 1
  2  f = q * z = 3 * -4 = -12   df/dx = -4"""
D1_TANGENTS = "TANGENTS   one forward pass gives df/dx alone: 3 inputs need 3, backward 1"


def test_D1_tangents():
    x, y, z = variables(x=-2, y=5, z=-4)
    q = x + y
    q.label = "q"
    f = q * z
    plain = str(f.steps()).splitlines()
    for tangents in (x, "x", {x: 1.0}, {"x": 1}):
        steps = f.steps(tangents=tangents)
        lines = str(steps).splitlines()

        assert "\n".join(lines[:6]) == D1_FORWARD
        assert D1_TANGENTS in lines
        assert [line for line in lines[6:] if line != D1_TANGENTS] == plain[5:]  # the rest stays as it is
        assert steps.tangents[f] == steps.gradients[x]
    assert steps.sentences[0].endswith(": minus 2 plus 5 gives 3. Its derivative along x is 1.")


@pytest.mark.parametrize(
    ("text", "inputs", "tangents", "rows", "footer"),
    [
        (
            "x * y",
            {"x": 1, "y": 2},
            {"x": 1.0, "y": 2.0},
            ["f = x * y = 1 * 2 = 2   df/dt = 4"],
            "df/dt alone: 2 inputs",
        ),
        ("x * t", {"x": 1, "t": 2}, {"x": 3.0}, ["f = x * t = 1 * 2 = 2   df/dtime = 6"], "df/dtime alone: 2 inputs"),
        ("exp(x)", {"x": 0}, "x", ["f = exp(x) = exp(0) = 1   df/dx = 1"], "df/dx alone: 1 input needs 1, backward 1"),
        ("q = x * x; f = q * q", {"x": 2}, "q", ["q = x * x = 2 * 2 = 4   dq/dq = 1", "df/dq = 8"], "df/dq alone"),
        ("relu(x) + y", {"x": -1, "y": 2}, "x", ["s0 = relu(x) = relu(-1) = 0   ds0/dx = 0", "df/dx = 0"], "2 inputs"),
        ("sqrt(x)", {"x": 0}, "x", ["f = sqrt(x) = sqrt(0) = 0   df/dx = inf"], "df/dx alone"),
        ("x > y", {"x": 0, "y": 0}, "x", ["df/dx = 0"], "df/dx alone"),
    ],
)
def test_tangents_of_other_graphs(text, inputs, tangents, rows, footer):
    table = str(parse(text, **inputs).steps(tangents=tangents))

    for row in rows:
        assert row in table
    assert footer in table
    assert all(len(line) <= 80 for line in table.splitlines())


def test_tangents_as_data():
    x, y = variables(x=3, y=4)
    data = (x * y).steps(tangents={x: 1.0}).as_dict()
    plain = (x * y).steps().as_dict()

    assert json.loads(json.dumps(data)) == data
    assert data.pop("tangents") == {"x": 1.0}
    assert [row.pop("tangent") for row in data["forward"]] == [4.0]
    assert [row.pop("sentence") for row in data["forward"]] != [row.pop("sentence") for row in plain["forward"]]
    assert data == plain


def test_footer_of_stop_gradient():
    x = Value(3.0, "x")

    text = str((PRIMITIVES["stop_gradient"](x) * x).steps())

    assert "GRADIENTS  stop_gradient hides a part of how f changes" in text
    assert "add 0.001" not in text


# --- For beginners -------------------------------------------------------------------------------


def test_because_of_every_row():
    rows = d1().steps().rows
    assert [row.because for row in rows[:1] + rows[2:]] == [
        "its inputs are known; q grows by 1 for each 1 of x, by 1 for each 1 of y",
        "when f grows by 1, it grows by 1",
        "for each 1 that z grows, f grows by 3",
        "for each 1 that q grows, f grows by -4",
        "for each 1 that x grows, q grows by 1, and for each 1 of q f grows by -4: together by -4",
        "for each 1 that y grows, q grows by 1, and for each 1 of q f grows by -4: together by -4",
    ]
    table = d1().steps().pages(explain=True)
    assert sum(page.count("because") for page in table) == 7
    assert max(len(line) for page in table for line in page.splitlines()) <= 80
    assert "does not change with them" in (Value(1.0, "x") > 0).steps().rows[0].because


def test_digits_rounded_at_each_step():
    """D2 with every number rounded to two places before the next step."""
    steps = d2().steps().rounded(2)

    assert [row.answer for row in steps.rows[4:8]] == [-1.0, 0.37, 1.37, 0.73]
    assert [step.downstream for step in steps][:4] == [-0.53, -0.53, -0.2, 0.2]
    assert steps[-1].text == " 21  df/dx0 = df/ds0 * ds0/dx0 = 0.2 * 2 = 0.4"
    assert {steps.names[leaf]: gradient for leaf, gradient in steps.gradients.items()} == {
        "w0": -0.2, "x0": 0.4, "w1": -0.4, "x1": -0.6, "w2": 0.2,
    }  # fmt: skip
    assert "df/ds6 = -1 / s6 ** 2 = -0.53" in str(steps)
    assert steps.as_dict()["gradients"]["x0"] == 0.4
    assert steps.latex().endswith("= 0.2 \\cdot 2 = 0.4\n\\end{align*}")


def test_because_of_value_used_several_times():
    x = Value(2.0, "x")
    twice, often = str((x * x).steps()), str((x * x + x * x * x * x * x * x * x * x + 3 * x).steps())

    assert "     x is copied: its two gradients add up: 2 + 2 = 4\n" in twice
    assert "x is copied: its 11 gradients add up: 3 + " in often
    assert " + ... + " in often
    assert "-3 + (-3) = -6" in str((x * -3 + x * -3).steps())
    assert (x * x).steps().rounded(0)[1].total == 4.0


def test_local_gradients_of_many_inputs():
    values = [Value(float(i), f"x{i}") for i in range(9)]
    text = " ".join(autodiff.sum(values).steps().rows[0].text.split())

    assert text.count("df/dx") == 3
    assert "df/dx0 = 1, df/dx1 = 1, ..., df/dx8 = 1" in text
