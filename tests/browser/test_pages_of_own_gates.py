"""User-defined gates on a page: those of simpler gates are live, the others frozen, and the page says so."""

import math

import numpy as np
import pytest

import autodiff
from autodiff import Primitive, Value, variables
from tests.browser.pages import answer_to, gradients, number, predict, some
from visualize import page


def newton(a):
    x = a
    for _ in range(20):
        x = 0.5 * (x + a / x)
    return x


HYPOT = Primitive("hypot", lambda x, y: (x * x + y * y) ** 0.5, lambda out, x, y: (x / out, y / out))
ATAN = Primitive("atan", math.atan, lambda out, x: (1 / (1 + x * x),))
LIVE = {
    "hypot": (lambda x, y: HYPOT(x, y) * y),
    "leaky": (
        lambda x, y: (
            Primitive("leaky", lambda a: a if a > 0 else 0.1 * a, lambda out, a: (1.0 if a > 0 else 0.1,))(x) * y
        )
    ),
    "npcos": (lambda x, y: Primitive("npcos", lambda a: np.cos(a), lambda out, a: (-np.sin(a),))(x * y)),
    "root": (lambda x, y: Primitive("root", newton, lambda out, a: (0.5 / out,))(x * x + y * y) * 2),
    "arc": (
        lambda x, y: (
            Primitive("arc", math.atan, ATAN.local_gradients, expansion=lambda a: autodiff.primitives.atan(a))(x) * y
        )
    ),
    "larger": (
        lambda x, y: Primitive("larger", max, lambda out, a, b: (a >= b, b > a), lambda out, a, b: a == b)(x, y) * 3
    ),
    "my gate": (
        lambda x, y: (
            Primitive("my gate", lambda a: a**3 if abs(a) < 1 else a, lambda out, a: [3 * a**2 if abs(a) < 1 else 1])(x)
            + y
        )
    ),
    "part": (lambda x, y: autodiff.sqrt(Primitive("part", lambda a: max(a, 0.0), lambda out, a: (a > 0,))(x)) * y),
    "exp": (lambda x, y: Primitive("exp", lambda a: a * a, lambda out, a: (2 * a,))(x) * autodiff.exp(y)),
    "Math": (
        lambda x, y: (
            Primitive("Math", lambda a: a + 1, lambda out, a: (1,))(x)
            * Primitive("Math", lambda a: 2 * a, lambda out, a: (2,))(y)
        )
    ),
}


def recorded(f, x, y):
    x, y = variables(x=x, y=y)
    f = f(x, y)
    f.label = "f"
    f.backward()
    return f, {"x": x.grad, "y": y.grad}


def typed(tab, name, x):
    field = tab.get_by_label(f"value of {name}", exact=True)
    field.fill(repr(x))
    field.press("Tab")


@pytest.mark.parametrize("name", some(LIVE, "leaky", "root", "arc"))
def test_gate_of_simpler_ones_lives(visit, name):
    """Number, gradients, nudges and the steps follow the inputs, also past an if."""
    tab = visit(page(recorded(LIVE[name], 0.5, 1.5)[0]), "#step=99")
    assert tab.locator("p.still").count() == 0
    for x, y in [(-1.5, 1.5), (2.25, 1.5), (-0.75, 0.25), (3.0, -2.0)]:
        typed(tab, "x", x)
        typed(tab, "y", y)
        f, expected = recorded(LIVE[name], x, y)

        assert number(tab.locator(".result data")) == pytest.approx(f.data, rel=1e-14)
        assert gradients(tab) == pytest.approx(expected, rel=1e-14)
        nudges = [number(data) for data in tab.locator("td.nudge data").all()]
        assert nudges == pytest.approx([*expected.values()], rel=0.1, abs=0.05)
        last = tab.evaluate("active.lesson.rows.length")
        reached = tab.evaluate("active.lesson.inputs.map((node) => active.result.gradients[node])")
        assert reached == pytest.approx([*expected.values()])
        tab.evaluate(f"active.show({last})")
        assert "local" in tab.text_content(".sentence")


def test_gate_recorded_at_0_lives(visit):
    """A Value of 0 is false, but still a gate."""
    tab = visit(page(recorded(LIVE["exp"], 0.0, 0.0)[0]), "#step=99")
    typed(tab, "x", 3.0)

    assert number(tab.locator(".result data")) == 9.0
    assert gradients(tab) == {"x": 6.0, "y": 9.0}


def test_gate_with_an_if_shows_the_other_side(visit):
    tab = visit(page(recorded(LIVE["leaky"], 0.5, 1.5)[0]), "#step=7")
    tab.evaluate("active.show(active.lesson.rows.findIndex((row) => row.otherwise) + 1)")
    assert tab.text_content(".role") == "leaky passes the upstream gradient on"
    typed(tab, "x", -2.0)

    assert "0.1" in tab.text_content(".rule")
    assert tab.text_content(".role") == "leaky scales: its input gets upstream times its local gradient"
    assert "local 0.1 gives 0.15" in tab.text_content(".sentence")


# --- Frozen gates --------------------------------------------------------------------------------


def still():
    """f = atan(x * y) * y + x at 0.5 and 2."""
    x, y, z = variables(x=0.5, y=2, z=3)
    a = ATAN(x * y)
    a.label = "a"
    f = a * y + x * z
    f.label = "f"
    return f


def test_gate_of_math_is_frozen_and_says_so(visit):
    tab = visit(page(still()), "#step=99")
    assert tab.text_content("p.still") == (
        "atan keeps its recorded value and local gradients. JavaScript cannot compute the value of atan, which is "
        "not made of simpler gates: give the gate expansion=, the same value in autodiff's functions."
    )
    assert number(tab.locator(".result data")) == still().data
    assert tab.locator("tr[data-input=x] .nudge").text_content() == "\N{EN DASH}atan is fixed"
    assert "is fixed" not in tab.locator("tr[data-input=z] .nudge").text_content()


def test_gate_behind_a_frozen_one_lives(visit):
    tab = visit(page(still()), "#step=99")
    typed(tab, "z", 5.0)
    typed(tab, "y", 4.0)
    a = math.atan(1.0)

    assert number(tab.locator(".result data")) == a * 4 + 0.5 * 5
    assert gradients(tab) == pytest.approx({"x": 4 * 0.5 * 4 + 5, "y": a + 4 * 0.5 * 0.5, "z": 0.5})


def test_gate_frozen_has_true_steps(visit):
    """It shows its recorded numbers, and says so once the inputs change."""
    tab = visit(page(still()), "#step=2")
    assert "still" not in tab.text_content(".sentence") + tab.text_content(".role")
    typed(tab, "x", 3.0)

    assert tab.text_content(".product").startswith("atan(1)inputs=0.785398")
    assert tab.text_content(".role") == "as recorded: the page cannot recompute this gate"
    assert tab.text_content(".sentence").endswith(
        "atan of 1 gives 0.785398. As recorded: the page cannot recompute it."
    )
    assert "stale" in tab.locator(".lit.op").get_attribute("class")
    assert "= 0.785398, as recorded" in tab.locator(".lit.op > title").text_content()
    tab.evaluate(
        "active.show(active.lesson.steps.find((step) => active.lesson.isFixed(step.node, active.result)).number)"
    )
    assert tab.text_content(".role").endswith(
        "times its local gradient; as recorded: the page cannot recompute this gate"
    )
    assert tab.text_content(".rule").endswith("0.5")
    tab.get_by_role("button", name="Reset numbers").click()
    assert "still" not in tab.text_content(".sentence") + tab.text_content(".role")
    assert tab.locator(".stale").count() == 0


def test_gate_frozen_in_predict_mode(visit):
    tab = visit(page(still()), "#step=99")
    typed(tab, "x", 3.0)
    tab.evaluate("active.show(0)")
    predict(tab)
    assert answer_to(tab) == "1"
    tab.get_by_role("button", name="Next").click()
    for _ in range(2):
        tab.get_by_role("button", name="Hint").click()
    assert tab.text_content(".product").startswith("atan(1)")
    tab.get_by_label("Your prediction").fill("0.785")
    tab.get_by_role("button", name="Check").click()
    assert tab.text_content(".verdict") == "Right."
    assert tab.locator("p.still").is_visible()


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (Primitive("rule", lambda x: x * x, lambda out, x: (math.copysign(2 * x, x),)), "the rule of rule"),
        (Primitive("erfc", math.erfc, lambda out, x: (x,)), "the value of erfc"),
        (Primitive("whole", lambda x: float(int(x)), lambda out, x: (0.0,)), "the value of whole"),
        (
            Primitive("seeking", lambda x: next(k for k in range(9**9) if k > x), lambda out, x: (3.0,)),
            "the value of seeking",
        ),
        (Primitive("</script><b>", lambda x: float(x), lambda out, x: (1.0,)), "the value of </script><b>"),
        (
            Primitive("edge", lambda x: float(x), lambda out, x: [None], kink=lambda out, x: int(x) == 2),
            "the value of edge",
        ),
    ],
    ids=lambda gate: getattr(gate, "name", ""),
)
def test_gate_that_needs_numbers_is_named(visit, gate, words):
    x = Value(2.0, "x")
    f = gate(x) * 3.0 + x
    tab = visit(page(f), "#step=99")
    assert f"cannot compute {words}," in tab.text_content("p.still")
    typed(tab, "x", 5.0)
    assert number(tab.locator(".result data")) == gate.value(2.0) * 3 + 5


def test_gate_name_is_set_upright(visit):
    """A user-defined exp is not a power of e."""
    tab = visit(page(recorded(LIVE["exp"], 0.5, 1.5)[0]), "#step=1")
    rule = tab.locator(".rule math")
    assert rule.locator("mi[mathvariant=normal]").all_text_contents() == ["exp"]
    assert rule.locator("msup").count() == 0


@pytest.mark.parametrize(
    ("f", "shown"),
    [
        (lambda x, y: autodiff.primitives.floor(x), ["⌊", "⌋"]),
        (lambda x, y: x // y, ["⌊", "⌋"]),
        (lambda x, y: autodiff.primitives.hypot(x, y), ["(", ",", ")"]),
        (lambda x, y: x % y, ["%"]),
        (lambda x, y: abs(x), ["|", "|"]),
    ],
    ids=["floor", "floor_div", "hypot", "mod", "abs"],
)
def test_gate_formulas(visit, f, shown):
    tab = visit(page(recorded(f, 2.5, 1.5)[0]), "#step=1")
    assert tab.locator(".rule math:first-child mo").all_text_contents()[1:] == shown


def test_gate_picture_shows_its_name(visit):
    tab = visit(page(recorded(LIVE["my gate"], 0.5, 1.5)[0]), "#step=99")
    assert "my gate" in tab.locator(".graph svg").text_content()
    tab.get_by_label("Form of the graph").select_option(label="my gate unfolded")
    typed(tab, "x", -0.5)
    assert number(tab.locator(".result data")) == 1.375
