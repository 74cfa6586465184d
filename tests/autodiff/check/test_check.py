"""check_gradients: right rules pass at every size, wrong ones fail and are named, and kinks are reported."""

import math

import pytest

import autodiff
from autodiff import (
    PRIMITIVES,
    Primitive,
    Value,
    check_gradients,
    clip,
    cos,
    dot,
    exp,
    leaky_relu,
    log,
    maximum,
    minimum,
    norm,
    power,
    relu,
    sigmoid,
    sin,
    softmax,
    softplus,
    sqrt,
    tanh,
    variables,
    where,
)
from autodiff.primitives import expm1, heaviside
from nn import MLP
from tests.support.engine_programs import close
from tests.support.primitive_samples import SAMPLES

TARGET = (0.0, 1.0, 0.0)  # D7
WEIGHTS = [[-0.1, 0.2, 0.15, 0.05], [0.25, 0.05, 0.2, -0.1], [0.25, 0.15, -0.15, 0.4]]
INPUTS = (0.1, 1.5, 0.07, 2.32)


def distance(W):
    """D7's loss ||Wx - y*||."""
    return norm([dot(row, INPUTS) - target for row, target in zip(W, TARGET)])


def verdicts(check):
    return [row.verdict for row in check.inputs]


def lines(check):
    return repr(check).splitlines()


# --- The table -----------------------------------------------------------------------------------


def test_D7_forward_difference_beside_gradient():
    check = check_gradients(distance, WEIGHTS)
    first, second = check.inputs[:2]

    assert check
    assert check.value == close(1.6692670547279125)
    assert first.forward == close(0.0249538793, rel=1e-8)
    assert first.analytical == close(0.024951070520461978)
    assert first.numerical == close(0.024951070520461978, rel=1e-9)
    assert second.forward == close(0.3748979074, rel=1e-8)
    assert second.analytical == close(0.3742660578069296)
    assert [row.name for row in check.inputs][:5] == ["W[0][0]", "W[0][1]", "W[0][2]", "W[0][3]", "W[1][0]"]


def test_report_as_text():
    check = check_gradients(lambda x, y, z: (x + y) * z, -2, 5, -4)  # D1

    assert lines(check)[:3] == [
        "gradient check at f = -12: 3 ok",
        "            forward h=0.001      numerical     analytical difference",
        "x                        -4             -4             -4    0.0e+00  ok",
    ]


def test_report_input_repr():
    (row,) = check_gradients(lambda x: 4.0 * x, 2.0).inputs

    assert repr(row) == f"<x: numerical {row.numerical!r}, analytical 4.0, ok>"
    assert row.difference == row.numerical - 4.0


def test_forward_difference_step_option():
    check = check_gradients(lambda x: x**2, 3.0, h=0.5)

    assert check.inputs[0].forward == 6.5
    assert "forward h=0.5" in repr(check)


def test_report_fits_80_columns():
    def f(an_argument_with_a_very_long_name, y):
        return sum(an_argument_with_a_very_long_name) * 1e-200 * y + relu(y) + wrong_mul(y, y - 1.2345678e-9)

    wrong_mul = Primitive("a_primitive_with_a_rather_long_name", lambda a, b: a * b, lambda out, a, b: (a + 1.0, -b))
    check = check_gradients(f, [1.23456789e-100, -1.0], 0.0)

    assert not check
    assert max(map(len, lines(check))) <= 80


def test_report_of_many_inputs_shows_failures():
    check = check_gradients(lambda x: sum(x) + relu(x[7]), [0.0] * 60)

    assert "59 ok, 1 kink" in repr(check)
    assert [line.split()[0] for line in lines(check)[2:4]] == ["x[7]", "..."]
    assert "... 59 more" in repr(check)


def test_report_names_parameters():
    class Model:
        def loss(self, w):
            return w * w

    assert [row.name for row in check_gradients(lambda a, *rest: a * rest[1], 1, 2, 3).inputs] == [
        "a",
        "rest[0]",
        "rest[1]",
    ]
    assert check_gradients(Model().loss, 1.0).inputs[0].name == "w"
    assert check_gradients(sin, 1.0).inputs[0].name == "x"
    assert [row.name for row in check_gradients(maximum, 1.0, 2.0).inputs] == ["x0", "x1"]


# --- What can be checked -------------------------------------------------------------------------


def test_check_gradients_passes_keywords():
    assert check_gradients(lambda x, p: x**p, 2.0, p=3).inputs[0].analytical == 12.0


def test_check_gradients_at_values():
    x = Value(3.0, "weight")
    check = check_gradients(lambda x, y: x * y, x, 2.0)

    assert check
    assert (x.grad, x.data, x.label) == (0.0, 3.0, "weight")


def test_check_gradients_of_recorded_value():
    x, y, z = variables(x=-2, y=5, z=-4)
    f = (x + y) * z
    check = check_gradients(f)

    assert check
    assert [(row.name, row.analytical) for row in check.inputs] == [("x", -4.0), ("y", -4.0), ("z", 3.0)]
    assert (x.data, x.grad, f.data) == (-2.0, 0.0, -12.0)


def test_check_gradients_of_net():
    model = MLP(2, [3, 1], seed=1)
    check = check_gradients((model([0.5, -0.25]) - 1.0) ** 2)

    assert check
    assert len(check.inputs) == len(model.parameters())


def test_check_gradients_of_constant():
    assert check_gradients(lambda x: 5.0, 2.0)


# --- Right rules pass ----------------------------------------------------------------------------


@pytest.mark.parametrize("x", [1e8, 1e-8, 1.0, 1e-300, 1e100])
@pytest.mark.parametrize("f", [log, sqrt, lambda x: 1 / x, lambda x: x**-0.5], ids=["log", "sqrt", "1/x", "power"])
def test_trap_40_step_fits_the_input(f, x):
    if f(x) < 1e150:
        check = check_gradients(f, x)
        (row,) = check.inputs

        assert verdicts(check) == ["ok"]
        assert abs(row.numerical - row.analytical) <= row.error <= 1e-9 * abs(row.analytical)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: 1e8 + x, 1.0),
        (sigmoid, 1e-8),
        (sigmoid, 1e-300),
        (sigmoid, 40.0),
        (lambda x: cos(x) + 5.0, 1e-6),
        (lambda x: softplus(x) - 0.5, -20.0),
    ],
)
def test_trap_40_step_widens_against_rounding(f, x):
    assert verdicts(check_gradients(f, x)) == ["ok"]


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: log(x - 1.0), 1.0 + 1e-9),
        (lambda x: sqrt(1.0 - x), 1.0 - 1e-6),
        (exp, 709.7),
        (lambda x: sin(1000.0 * x), 5.0),
        (sin, 1e8),
        (lambda x: relu(x - 0.999), 1.0),
        (lambda x: maximum(x, 0.9999), 1.0),
        (lambda x: exp(1e4 * x), 0.0),
    ],
)
def test_trap_40_step_narrows_at_ends_and_bends(f, x):
    assert verdicts(check_gradients(f, x)) == ["ok"]


def test_domain_edge_uses_existing_side():
    check = check_gradients(lambda x: x**2.5, 0.0)

    assert verdicts(check) == ["ok"]


@pytest.mark.parametrize(
    "name", sorted({*SAMPLES} - {"stop_gradient", "take"})
)  # a gradient wrong on purpose, an index
def test_primitives_pass_at_sample_points(name):
    for operands in SAMPLES[name][1]:
        check = check_gradients(lambda *xs: PRIMITIVES[name](*xs), *operands)

        assert check, check


def test_primitives_have_sample_points():
    assert set(SAMPLES) == set(PRIMITIVES)


def test_distant_branch_is_not_the_slope():
    check = check_gradients(lambda x, y: where(x**2 > y, x**2, y * 2), 1.73, 54485.0)

    assert verdicts(check) == ["ok", "ok"]


def test_canceling_sums_pass():
    check = check_gradients(lambda x: (x + 1e9) - x, 3.0)

    assert verdicts(check) == ["ok"]
    assert verdicts(check_gradients(lambda x: 1 / ((x - 1.0) + 1.0), 1.4398781685844637e-05)) == ["ok"]


# --- Wrong rules are found -----------------------------------------------------------------------


def crooked(row, change):
    """A copy of the primitive with every local gradient changed."""

    def local_gradients(out, *operands):
        return change(row.local_gradients(out, *operands))

    return Primitive(f"crooked_{row.name}", row.value, local_gradients, row.kink)


MISTAKES = {
    "factor 2": lambda locals_: tuple(local and 2.0 * local for local in locals_),
    "0.1 % off": lambda locals_: tuple(local and 1.001 * local for local in locals_),
    "sign": lambda locals_: tuple(local and -local for local in locals_),
    "forgotten": lambda locals_: tuple(local and 0.0 for local in locals_),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_trap_42_wrong_rule_is_named(name, mistake):
    row = PRIMITIVES[name]
    wrong = crooked(row, MISTAKES[mistake])
    for operands in SAMPLES[name][1]:
        if any(row.local_gradients(row.value(*operands), *operands)):
            fixed = operands[-1:] if name == "take" else ()
            check = check_gradients(
                lambda *xs, fixed=fixed: wrong(*xs, *fixed) * 3.0, *operands[: len(operands) - len(fixed)]
            )

            assert not check
            assert check.primitives == [wrong]
            assert f"The rule of crooked_{name} is wrong" in " ".join(check.notes)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (lambda out, a, b: (a, b), "operand 1 is 3, numerically -4"),
        (lambda out, a, b: (b, None), "operand 2 is None, numerically 3"),
        (lambda out, a, b: (b,), "tuple with one entry for each operand, (..., ...), got (-4.0,)"),
        (lambda out, a, b: (b, 1.0001 * a), "operand 2 is 3.0003, numerically 3"),
    ],
    ids=["swapped", "missing edge", "too few", "a little off"],
)
def test_trap_42_wrong_rule_is_described(rule, said):
    wrong = Primitive("times", lambda a, b: a * b, rule)
    check = check_gradients(lambda x, y: sin(wrong(x, y)) + x, 3.0, -4.0)

    assert check.primitives == [wrong]
    assert said in " ".join(check.notes)
    assert "times(x, y)" in repr(check)


def test_trap_42_right_rules_are_not_blamed():
    wrong = Primitive("wrong", math.tanh, lambda out, a: (1.0 - out,))
    check = check_gradients(lambda x, y: exp(wrong(x * y)) / sqrt(y) + relu(x), 0.7, 1.3)

    assert check.primitives == [wrong]


def test_wrong_rules_are_all_named():
    one = Primitive("one", lambda a: 3.0 * a, lambda out, a: (2.0,))
    two = Primitive("two", lambda a: a * a, lambda out, a: (a,))

    assert check_gradients(lambda x: two(one(x)), 0.7).primitives == [one, two]


def test_wrong_rule_in_recorded_value():
    wrong = Primitive("wrong", lambda a: a * a, lambda out, a: (a,))
    x = Value(3.0, "x")

    assert check_gradients(wrong(x) + 1.0).primitives == [wrong]


def test_unrecorded_number_is_suspected():
    check = check_gradients(lambda x: x * x.data, 3.0)

    assert not check
    assert check.primitives == []
    assert ".data" in " ".join(check.notes)


# --- A gradient given by someone else ------------------------------------------------------------


def test_A3_slip_on_slide_fails():
    check = check_gradients(lambda x1, x3, x5, x4: x1 - (x3 + x5 + x4), 1, 2, 3, 4, gradient=(1, -1, 1, -1))

    assert verdicts(check) == ["ok", "ok", "fail", "ok"]
    assert check.notes == ["autodiff computes -1 for x5."]
    assert check.primitives == []


def test_given_gradient_passes():
    assert check_gradients(lambda x: x[0] * x[1], [3.0, 4.0], gradient=[4, Value(3.0)])


# --- Kinks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "inputs", "left", "right", "taken"),
    [
        (relu, (0.0,), 0.0, 1.0, 0.0),
        (autodiff.abs, (0.0,), -1.0, 1.0, 0.0),
        (lambda x: leaky_relu(x, 0.1), (0.0,), 0.1, 1.0, 0.1),
        (lambda x: clip(x, -1.0, 1.0), (1.0,), 1.0, 0.0, 1.0),
        (lambda x: relu(3.0 * x - 6.0), (2.0,), 0.0, 3.0, 0.0),
        (lambda x: maximum(x, 2.0), (2.0,), 0.0, 1.0, 0.5),
        (lambda x: where(x > 0, x, 2.0 * x), (0.0,), 2.0, 1.0, 2.0),
    ],
)
def test_trap_41_kink_is_no_failure(f, inputs, left, right, taken):
    check = check_gradients(f, *inputs)
    (row,) = check.inputs

    assert check
    assert row.verdict == "kink"
    assert (row.left, row.right) == (close(left, 1e-9), close(right, 1e-9))
    assert row.analytical == taken
    assert f"left derivative {left:g}, right derivative {right:g}; {taken:g} is taken" in " ".join(check.notes)


def test_trap_41_tie():
    for tie in (maximum, minimum):
        check = check_gradients(lambda x, y, tie=tie: tie(x, y), 2.0, 2.0)

        assert verdicts(check) == ["kink", "kink"]
        assert [row.analytical for row in check.inputs] == [0.5, 0.5]


def test_kink_names_its_gate():
    check = check_gradients(lambda x, y: relu(x) * y, 0.0, 3.0)

    assert "The kink: s0 = relu(x) = 0." in check.notes


@pytest.mark.parametrize(
    ("f", "inputs", "expected"),
    [
        (lambda x, y: relu(x) + y**2, (0.0, 3.0), ["kink", "ok"]),
        (lambda x: maximum(x, x), (1.0,), ["ok"]),
        (lambda x: heaviside(x, 0.0), (0.0,), ["kink"]),
        (lambda x: heaviside(x, 0.5), (0.0,), ["kink"]),
        (lambda x: heaviside(x, 1.0), (0.0,), ["kink"]),
        (lambda x: x if x > 0 else 2.0 * x, (0.0,), ["kink"]),
        (lambda x: x**x, (0.0,), ["undecided"]),
        (power, (2.0, 0.0), ["ok", "ok"]),
    ],
    ids=[
        "other input",
        "tie with itself",
        "jump to 0",
        "jump to 0.5",
        "jump to 1",
        "branch",
        "0 to the 0",
        "2 to the 0",
    ],
)
def test_kink_verdicts(f, inputs, expected):
    assert verdicts(check_gradients(f, *inputs)) == expected


def test_kinks_that_cancel_are_no_failure():
    check = check_gradients(lambda x: relu(x) - relu(-x), 0.0)  # x, but every rule takes 0

    assert verdicts(check) == ["kink"]
    assert check.inputs[0].left == check.inputs[0].right == close(1.0)


def test_wrong_rule_on_kink():
    wrong = Primitive("wrong", lambda a: max(a, 0.0), lambda out, a: (5.0,), lambda out, a: a == 0.0)
    check = check_gradients(lambda x: wrong(x) + x, 0.0)

    assert not check
    assert check.primitives == [wrong]


# --- Not finite ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("f", "named"), [(log, "log"), (sqrt, "sqrt"), (lambda x: 1 / x, "reciprocal")])
def test_nonfinite_gradient_has_origin(f, named):
    check = check_gradients(f, 0.0)

    assert not check
    assert verdicts(check) == ["not finite"]
    assert check.notes[0].startswith(f"{named} ")


def test_index_has_no_derivative():
    check = check_gradients(lambda a, b, k: autodiff.take([a, b], k) * a, 3.0, 4.0, 1)

    assert verdicts(check) == ["ok", "ok", "not finite"]
    assert "not defined around it" in str(check)


def test_undefined_function_is_not_finite():
    check = check_gradients(lambda x: log(x) * 0.0 if x.data != 1.0 else x * 1.0, -1.0)

    assert verdicts(check) == ["not finite"]


def test_single_defined_point_has_no_derivative():
    check = check_gradients(lambda x: sqrt(x) + sqrt(-x) if x.data else x * 1.0, 0.0)

    assert verdicts(check) == ["not finite"]
    assert check.notes == ["f has no finite derivative at this point, or is not defined around it."]


# --- Larger examples -----------------------------------------------------------------------------


def test_A8_hidden_layer_in_every_argument():
    def loss(U, w, x, y):
        hidden = [sigmoid(dot(row, x)) for row in U]
        return 0.5 * (dot(w, hidden) - y) ** 2

    check = check_gradients(loss, [[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]], [0.7, -0.8], [1.0, 2.0, -1.0], 0.5)

    assert verdicts(check) == ["ok"] * 12


def test_composition_of_many_gates():
    def f(x, y, z):
        a, b, c = softmax([x * y, tanh(z), expm1(x - z)])
        return log(a) * b + c / (1.0 + y**2) + power(x, y)

    assert verdicts(check_gradients(f, 1.3, 0.7, -0.4)) == ["ok"] * 3
