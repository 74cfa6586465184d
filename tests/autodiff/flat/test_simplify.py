"""Passes over lines: each one alone, and none changes a number."""

import itertools
import math

import pytest

from autodiff import PRIMITIVES
from autodiff.flat import Line
from autodiff.flat.ir import leaves_of
from autodiff.flat.passes import drop_dead, fold, share, spread
from autodiff.flat.recording import identifiers

POINTS = [-math.inf, -2.0, -0.0, 0.0, 1.0, 3.0, math.inf, math.nan]


def folded(expression):
    return fold([Line("y", expression)])[0].expression


def evaluated(expression, numbers):
    if type(expression) is tuple:
        return PRIMITIVES[expression[0]].value(*[evaluated(operand, numbers) for operand in expression[1:]])
    return numbers.get(expression, expression)


def same(x, y):
    return (x != x and y != y) or (x == y and math.copysign(1.0, x) == math.copysign(1.0, y))


@pytest.mark.parametrize(
    ("given", "simple"),
    [
        (("mul", "x", 1.0), "x"),
        (("mul", 1.0, "x"), "x"),
        (("mul", "x", -1.0), ("neg", "x")),
        (("mul", -1.0, ("neg", "x")), "x"),
        (("neg", ("neg", "x")), "x"),
        (("add", "x", -0.0), "x"),
        (("add", -0.0, "x"), "x"),
        (("sub", "x", 0.0), "x"),
        (("div", "x", 1.0), "x"),
        (("power", "x", 1.0), "x"),
        (("power", "x", 2.0), ("mul", "x", "x")),
        (("mul", 3.0, ("power", "x", ("sub", 3.0, 2.0))), ("mul", 3.0, "x")),
        (("add", 2.0, ("mul", 3.0, 4.0)), 14.0),
    ],
)
def test_fold_drops_neutral_operations(given, simple):
    assert folded(given) == simple
    for x in POINTS:
        assert same(evaluated(given, {"x": x}), evaluated(simple, {"x": x}))


@pytest.mark.parametrize(
    "expression",
    [
        ("mul", "x", 0.0),  # nan where x is infinite
        ("add", "x", 0.0),  # 0 where x is -0
        ("sub", "x", "x"),
        ("sub", 0.0, "x"),
        ("sub", "x", -0.0),
        ("div", "x", "x"),
        ("power", ("add", "x", "y"), 2.0),
    ],
)
def test_fold_keeps_what_differs_somewhere(expression):
    assert folded(expression) == expression


def test_fold_carries_constants_except_seed():
    lines = [
        Line("a", ("add", 1.0, 1.0)),
        Line("b", ("mul", "a", "x")),
        Line("grad_b", 1.0),
        Line("grad_x", ("mul", "grad_b", "a")),
    ]

    assert [str(line) for line in fold(lines)] == ["a = 2.0", "b = 2 * x", "grad_b = 1.0", "grad_x = grad_b * 2"]


def test_spread_sigmoid_as_on_slide():
    lines = [Line("L", ("sigmoid", "s")), Line("grad_s", ("mul", "u", ("mul", ("sub", 1.0, "L"), "L")))]

    assert str(spread(lines)[1]) == "grad_s = u * (1 - L) * L"


def test_spread_changes_no_number():
    extreme = [*POINTS, 1e308, -1e308, 5e-324]
    for u, L in itertools.product(extreme, [0.0, 5e-324, 1e-200, 0.5, 1.0 - 2.0**-53, 1.0, math.nan]):
        a, b = u * ((1.0 - L) * L), u * (1.0 - L) * L
        assert (a != a and b != b) or math.isclose(a, b, rel_tol=1e-15, abs_tol=1e-300)


def test_spread_keeps_what_could_overflow():
    line = Line("grad_x", ("mul", "u", ("mul", "a", "b")))

    assert spread([line]) == [line]


def shared(lines, unread=()):
    return [str(line) for line in share(lines, set(unread), identifiers())]


def test_share_computes_once():
    twice = ("exp", ("neg", "x"))

    assert shared([Line("a", ("mul", twice, "y")), Line("b", ("mul", twice, "z"))]) == [
        "t0 = exp(-x)",
        "a = t0 * y",
        "b = t0 * z",
    ]


def test_share_uses_existing_name():
    lines = [Line("q", ("mul", "x", "y")), Line("r", ("add", ("mul", "x", "y"), "z")), Line("s", ("mul", "x", "y"))]

    assert shared(lines) == ["q = x * y", "r = q + z", "s = q"]


def test_share_sees_through_copies():
    lines = [Line("a", "x"), Line("b", ("exp", "a")), Line("c", ("exp", "x")), Line("d", ("add", "a", "b"))]

    assert shared(lines) == ["a = x", "b = exp(a)", "c = b", "d = a + b"]


def test_share_reads_complete_gradients_only():
    product = ("mul", "u", "v")
    lines = [Line("grad_x", product), Line("grad_x", "w", adds=True), Line("grad_y", product)]

    assert shared(lines, unread={"grad_x", "grad_y"}) == ["t0 = u * v", "grad_x = t0", "grad_x += w", "grad_y = t0"]


def test_share_of_nested_parts():
    inner = ("add", "x", "y")
    outer = ("exp", inner)

    assert shared([Line("a", ("mul", outer, "z")), Line("b", ("sub", outer, "z"))]) == [
        "t0 = exp(x + y)",
        "a = t0 * z",
        "b = t0 - z",
    ]


def test_alive_keeps_only_dependencies():
    lines = [
        Line("a", ("exp", "x")),
        Line("b", ("exp", "y")),
        Line("g", "a"),
        Line("g", ("mul", "a", "x"), adds=True),
        Line("h", "b"),
    ]

    kept = drop_dead(lines, {"g"})

    assert [line.target for line in kept] == ["a", "g", "g"]
    assert {x for line in kept for x in leaves_of(line.expression)} == {"x", "a"}
