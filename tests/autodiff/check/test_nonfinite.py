"""nonfinite_origin: the first value or gradient that is inf or nan, its operands, and advice."""

import math

import pytest

import autodiff
from autodiff import (
    Value,
    dot,
    exp,
    grad,
    log,
    log_sigmoid,
    logsumexp,
    nonfinite_origin,
    norm,
    power,
    relu,
    sigmoid,
    softmax,
    sqrt,
    variables,
    where,
)
from autodiff.primitives import log1p
from nn import MLP

INF, NAN = math.inf, math.nan


def origin(f, x):
    """(kind, primitive or input name, text) of the origin behind f at x."""
    found = nonfinite_origin(f(Value(x, "x")))
    return found.kind, found.node.primitive.name if found.node.primitive else found.node.label, found.text


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: x * 2.0, 3.0),
        (relu, 0.0),
        (lambda x: where(x > 0, sqrt(where(x > 0, x, 1.0)), 0.0), 0.0),
        (lambda x: -log_sigmoid(x), -800.0),
        (lambda x: logsumexp([x, x]), 1000.0),
        (lambda x: x + -INF if x.data else x, 0.0),
    ],
)
def test_nonfinite_origin_of_finite_graph(f, x):
    assert nonfinite_origin(f(Value(x))) is None


def test_trap_19_the_log_of_a_sigmoid():
    kind, name, text = origin(lambda x: -log(sigmoid(x)), -800.0)

    assert (kind, name) == ("value", "log")
    assert text.splitlines()[:3] == [
        "log gives -inf, the first value behind f that is not finite:",
        "    s1 = log(s0)",
        "    s0 = 0, made by sigmoid",
    ]
    assert "use log_sigmoid(x)" in text


@pytest.mark.parametrize(
    ("f", "x", "kind", "name"),
    [
        (log, 0.0, "value", "log"),
        (log, -1.0, "value", "log"),
        (exp, 1000.0, "value", "exp"),
        (sqrt, 0.0, "gradient", "sqrt"),
        (sqrt, -1.0, "value", "sqrt"),
        (log1p, -1.0, "value", "log1p"),
        (lambda x: 1 / x, 0.0, "value", "reciprocal"),
        (lambda x: 2 / x, 0.0, "value", "div"),
        (lambda x: x**-1.5, 0.0, "value", "power"),
        (lambda x: power(x, 0.5), 0.0, "gradient", "power"),
    ],
)
def test_trap_20_edges_of_functions(f, x, kind, name):
    found = origin(lambda x: f(x) + 1.0, x)

    assert found[:2] == (kind, name)
    assert f"    x = {x:g}, an input" in found[2].splitlines()


def test_trap_22_side_not_taken():
    kind, name, text = origin(lambda x: where(x > 0, sqrt(x), 0.0), 0.0)

    assert (kind, name) == ("gradient", "sqrt")
    assert text.startswith("sqrt sends back nan, the first gradient behind f that is not finite:")
    assert "    to x: upstream * local = 0 * inf = nan" in text
    assert "where(c, sqrt(where(c, x, 1)), 0)" in text.replace("\n", " ")


def test_trap_22_nonfinite_value_on_that_side():
    kind, name, text = origin(lambda x: where(x > 0, log(x), 0.0), 0.0)

    assert (kind, name) == ("value", "log")
    assert "where(c, log(where(c, x, 1)), 0)" in text.replace("\n", " ")


def test_trap_22_gates_between_where_and_origin():
    for f in (
        lambda x: where(x > 0, sqrt(x) * 2.0 + 1.0, 0.0),
        lambda x: where(x <= 0, 0.0, 1.0 - 3.0 / x),
        lambda x: where(x > 0, x * log(x), 0.0),
    ):
        assert "with a second where: where(c, " in origin(f, 0.0)[2].replace("\n", " ")


def test_trap_22_second_where_names_operand():
    assert "where(c, x, 1)" in origin(lambda x: where(x > 0, 2.0 / x, 0.0), 0.0)[2].replace("\n", " ")


def test_trap_22_where_elsewhere_is_not_blamed():
    for f in (
        lambda x: where(x >= 0, sqrt(x), 0.0),
        lambda x: sqrt(x) + where(x > 1, x, 0.0),
        lambda x: sqrt(x) + where(x > 1, 2.0 * x, 0.0),
    ):
        assert "second where" not in origin(f, 0.0)[2]


@pytest.mark.parametrize(
    ("f", "x", "said"),
    [
        (lambda x: log(1.0 - sigmoid(x)), 800.0, "log_sigmoid(-x)"),
        (lambda x: log(softmax([x, x + 900.0])[0]), 0.0, "x - logsumexp(xs)"),
        (lambda x: log(exp(x) / (exp(x) + exp(x + 800.0))), -400.0, "x - logsumexp(xs)"),
        (lambda x: log(exp(x) + exp(x - 1.0)), -800.0, "use logsumexp"),
        (lambda x: log(x * x), 0.0, "log(x + 1e-12)"),
        (lambda x: 1 / (1 + exp(-x)), -1000.0, "use sigmoid"),
        (lambda x: norm([x, 2 * x]), 0.0, "length of a zero vector"),
        (lambda x: x * INF, 2.0, "The constant inf"),
        (lambda x: (x * x) * (x * x), 1e100, "too large"),
        (lambda x: x / 1e-300, 1e100, "too large"),
        (lambda x: dot([x, x], [x, x]) ** 2, 1e80, "too large"),
        (lambda x: sqrt(x) * 1e300, 1e-300, "too large"),
        (lambda x: 1 / x, 1e-200, "too large"),
        (lambda x: 2 / x, 0.0, "Keep the divisor away from 0"),
        (lambda x: x**-1.5, 0.0, "0 to a negative power is infinite"),
        (lambda x: log(x - x), 1.0, "log needs a positive number"),
        (lambda x: log(sigmoid(x) * x), -800.0, "log needs a positive number"),
        (lambda x: log(x), -1.0, "The operand is negative"),
        (lambda x: log(sigmoid(x) - 0.9), 0.0, 'between 0 and 1, add output="sigmoid" or a softmax'),
        (lambda x: log(1.0 - x), 1.5, "The operand is negative"),
        (lambda x: sqrt(dot([x], [x]) * 2.0), 0.0, "sqrt is vertical at 0"),
        (lambda x: log(x * (x * exp(x))), 0.0, "log needs a positive number"),
    ],
)
def test_advice_fits_the_code(f, x, said):
    assert said in origin(f, x)[2].replace("\n", " ")


def test_advice_for_log_of_negative():
    assert "1e-12" not in nonfinite_origin(log(Value(-1.0))).text
    assert "1e-12" in nonfinite_origin(log(Value(0.0))).text


def test_origin_is_the_oldest_value():
    x = Value(0.0, "x")
    bad = log(x)
    loss = exp(bad * 0.0) + bad

    assert nonfinite_origin(loss).node is bad


@pytest.mark.parametrize("number", [NAN, INF, -INF])
def test_origin_is_an_input(number):
    rate, x = Value(number, "rate"), Value(2.0, "x")
    found = nonfinite_origin(log(x * rate + 1.0))

    assert (found.kind, found.node) == ("input", rate)
    assert found.text.splitlines()[:2] == [f"rate is {number}, an input.", "    first used in s0 = x * rate"]


def test_origin_input_shows_first_use():
    rate, x = Value(NAN, "rate"), Value(2.0, "x")
    lines = nonfinite_origin(x * 2.0 + rate + rate * x).text.splitlines()

    assert [line for line in lines if "used" in line] == ["    first used in s1 = s0 + rate"]
    assert "    first used in f = x * rate" in nonfinite_origin(x * rate).text.splitlines()


def test_origin_is_a_leaf_alone():
    assert nonfinite_origin(Value(NAN, "x")).kind == "input"
    assert nonfinite_origin(Value(1.0, "x")) is None


def test_origin_is_overflowing_sum_of_gradients():
    x = Value(1e-3, "x")
    y = x * 1.0
    found = nonfinite_origin(y * 1.5e308 + y * 1.5e308)

    assert (found.kind, found.node) == ("gradient", y)
    assert "add up to" in found.text


def test_origin_is_input_with_overflowing_gradients():
    x = Value(1e-3, "x")
    lines = nonfinite_origin(x * 1.5e308 + x * 1.5e308).text.splitlines()

    assert lines[0] == "The gradients sent to x add up to more than a float holds, the first gradient"
    assert "    x = 0.001" in lines


def test_text_shows_labels_and_numbers():
    w, x, b = variables(w=-3, x=2, b=6)
    z = w * x + b
    z.label = "z"
    text = nonfinite_origin(log(z)).text

    assert "f = log(z)" in text
    assert "z = 0, made by add" in text


def test_text_shows_first_operands():
    values = [Value(0.0, f"v{i}") for i in range(50)]
    text = nonfinite_origin(1 / dot(values, values)).text

    assert len(text.splitlines()) < 10
    assert max(map(len, text.splitlines())) <= 80
    assert "    ..." in nonfinite_origin(autodiff.sum([Value(1e308) for _ in range(50)])).text


@pytest.mark.parametrize(("count", "listed"), [(3, 3), (4, 4), (5, 5), (6, 5)])
def test_text_lists_four_operands(count, listed):
    total = autodiff.sum([Value(1e308, f"v{i}") for i in range(count)])
    lines = nonfinite_origin(total).text.splitlines()
    listed_lines = [line for line in lines if ", an input" in line or line == "    ..."]

    assert len(listed_lines) == listed
    assert ("    ..." in lines) == (count > 4)


def test_advice_uses_full_width():
    text = nonfinite_origin(sqrt(Value(0.0, "x"))).text

    assert "sqrt is vertical at 0: keep its operand away from 0, as in sqrt(x + 1e-12)." in text.splitlines()


def test_text_of_long_labels_fits_80_columns():
    x = Value(0.0, "a label that goes on and on " * 10)

    assert max(map(len, repr(nonfinite_origin(sqrt(x) * x)).splitlines())) <= 80


def test_origin_of_training_loss():
    model = MLP(2, [8, 1], activation="relu", seed=0)
    loss = autodiff.mean([log(model(x) * model(x) * 0.0) for x in ([0.0, 1.0], [1.0, 1.0])])

    assert nonfinite_origin(loss).node.primitive.name == "log"


def test_nonfinite_origin_writes_nothing():
    x = Value(0.0, "x")
    f = sqrt(x)
    nonfinite_origin(f)

    assert (x.grad, f.grad, x.data) == (0.0, 0.0, 0.0)


def test_stale_input_is_told_apart():
    w = Value(1.0, "w")
    loss = w * w
    w.data = NAN
    found = nonfinite_origin(loss)

    assert (found.kind, found.node) == ("input", w)
    assert "set after this graph was computed" in found.text


def test_stale_graph_keeps_origin():
    w = Value(0.0, "w")
    loss = log(w)
    w.data = NAN

    assert nonfinite_origin(loss).kind == "value"


def test_stale_graph_with_recomputed_gate():
    w = Value(1.0, "w")
    y = log(w)
    loss = y * 2.0
    w.data = 0.0
    y.forward()
    found = nonfinite_origin(loss)

    assert (found.kind, found.node) == ("value", y)


def test_origin_in_second_derivatives():
    x = Value(0.0, "x")
    slope = grad(lambda x: x**1.5)(x)

    assert slope.data == 0.0
    assert nonfinite_origin(slope).kind == "gradient"


def test_nonfinite_origin_of_deep_graph():
    x = out = Value(0.0, "x")
    for _ in range(30_000):
        out = out + 1.0

    assert nonfinite_origin(out * 1e-5 + sqrt(x)).node.primitive.name == "sqrt"
