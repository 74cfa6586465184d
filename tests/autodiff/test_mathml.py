"""Formulas as MathML trees, for the page."""
# ruff: noqa: RUF001 - true minus signs

from html import escape

import pytest

import autodiff
from autodiff import PRIMITIVES, Primitive, Value, maximum, variables
from autodiff.formula import MathFormula, SlideFormula, gate
from autodiff.lectures import EXAMPLES

x, y, z = variables(x=2, y=3, z=-4)
NAMES = {x: 0, y: 1, z: 2}


def markup(tree):
    """The tree as text; the nodes are x, y, z and f."""
    if isinstance(tree, int):
        return f"<mi>{'xyzf'[tree]}</mi>"
    name, *children = tree
    inside = "".join(escape(child) if isinstance(child, str) else markup(child) for child in children)
    return f"<{name}>{inside}</{name.rstrip('*')}>"


ROWS = [
    (x + y, "<mrow><mi>x</mi><mo>+</mo><mi>y</mi></mrow>"),
    (x - y, "<mrow><mi>x</mi><mo>−</mo><mi>y</mi></mrow>"),
    (x * y, "<mrow><mi>x</mi><mo>×</mo><mi>y</mi></mrow>"),
    (x * -1.5, "<mrow><mi>x</mi><mo>×</mo><mrow><mo>−</mo><mn>1.5</mn></mrow></mrow>"),
    (x / y, "<mfrac><mi>x</mi><mi>y</mi></mfrac>"),
    (1 / x, "<mfrac><mn>1</mn><mi>x</mi></mfrac>"),
    (x // y, "<mrow><mo>⌊</mo><mfrac><mi>x</mi><mi>y</mi></mfrac><mo>⌋</mo></mrow>"),
    (x**y, "<msup><mi>x</mi><mi>y</mi></msup>"),
    (x**-2, "<msup><mi>x</mi><mrow><mo>−</mo><mn>2</mn></mrow></msup>"),
    (-x, "<mrow><mo>−</mo><mi>x</mi></mrow>"),
    (x.exp(), "<msup><mi>e</mi><mi>x</mi></msup>"),
    (x.sqrt(), "<msqrt><mi>x</mi></msqrt>"),
    (abs(x), "<mrow><mo>|</mo><mi>x</mi><mo>|</mo></mrow>"),
    (x.floor(), "<mrow><mo>⌊</mo><mi>x</mi><mo>⌋</mo></mrow>"),
    (x.sigmoid(), "<mrow><mi*>σ</mi><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow></mrow>"),
    (x.log_sigmoid(), "<mrow><mi*>log sigmoid</mi><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow></mrow>"),
    (maximum(x, y), "<mrow><mi*>max</mi><mrow><mo>(</mo><mi>x</mi><mo>,</mo><mi>y</mi><mo>)</mo></mrow></mrow>"),
    (x <= y, "<mrow><mn*>1</mn><mrow><mo>(</mo><mrow><mi>x</mi><mo>≤</mo><mi>y</mi></mrow><mo>)</mo></mrow></mrow>"),
    (
        autodiff.dot([x, y], [z, 3.0], 1.0),
        "<mrow><mrow><mrow><mi>x</mi><mo>×</mo><mi>z</mi></mrow><mo>+</mo><mrow><mi>y</mi><mo>×</mo><mn>3</mn></mrow>"
        "</mrow><mo>+</mo><mn>1</mn></mrow>",
    ),
    (
        autodiff.sum([x, y, z, x, y]),
        "<mrow><mrow><mrow><mi>x</mi><mo>+</mo><mi>y</mi></mrow><mo>+</mo><mo>…</mo></mrow><mo>+</mo><mi>y</mi></mrow>",
    ),
    (
        autodiff.logsumexp([x, y]),
        "<mrow><mi*>logsumexp</mi><mrow><mo>(</mo><mrow><mo>[</mo><mi>x</mi><mo>,</mo><mi>y</mi><mo>]</mo></mrow>"
        "<mo>)</mo></mrow></mrow>",
    ),
]


@pytest.mark.parametrize(("node", "expected"), ROWS, ids=[row[0].primitive.name for row in ROWS])
def test_mathml_of_gates(node, expected):
    assert markup(gate(node, NAMES, MathFormula).tree) == expected


LOCALS = [
    (x / y, 1, "<mfrac><mrow><mo>−</mo><mi>f</mi></mrow><mi>y</mi></mfrac>"),
    (
        x.sigmoid(),
        0,
        "<mrow><mrow><mo>(</mo><mrow><mn>1</mn><mo>−</mo><mi>f</mi></mrow><mo>)</mo></mrow><mo>×</mo><mi>f</mi></mrow>",
    ),
    (x**3, 0, "<mrow><mn>3</mn><mo>×</mo><msup><mi>x</mi><mn>2</mn></msup></mrow>"),
    (
        x.tanh(),
        0,
        "<mrow><mo>(</mo><mrow><mn>1</mn><mo>−</mo><mrow><mi>f</mi><mo>×</mo><mi>f</mi></mrow></mrow><mo>)</mo></mrow>",
    ),
    (x.exp(), 0, "<mi>f</mi>"),
]


@pytest.mark.parametrize(("node", "place", "expected"), LOCALS, ids=[row[0].primitive.name for row in LOCALS])
def test_mathml_of_local_gradients(node, place, expected):
    step = next(step for step in node.steps().renamed({**NAMES, node: 3}) if step.place == place)
    text = step.factor_in(MathFormula)

    assert markup(text.bare if text.is_fraction else text.tree) == expected  # a fraction needs no brackets


def test_mathml_of_own_gate_named_exp():
    own = Primitive("exp", lambda a: a * a, lambda out, a: (2.0 * a,))
    tree = gate(own(x), NAMES, MathFormula).tree

    assert markup(tree) == "<mrow><mi*>exp</mi><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow></mrow>"


@pytest.mark.parametrize("id", EXAMPLES)
def test_mathml_text_is_the_slides(id):
    """Gate by gate, except for names and their parentheses."""
    steps = EXAMPLES[id].build().steps()
    for node in [row.node for row in steps.rows if row.phase == "forward"]:
        everything = dict.fromkeys(node.operands, "x")
        called = {operand: "x" for operand in everything if type(operand) is Value}
        assert gate(node, called, MathFormula) == gate(node, called, SlideFormula)


def test_mathml_of_every_primitive():
    seen = 0
    for row in PRIMITIVES.values():
        for count in (1, 2, 3, 5):
            try:
                row.value(*[0.5] * count)
            except (TypeError, IndexError, ValueError):
                continue
            text = MathFormula.record(row, [MathFormula.variable(i % 3, 0.5) for i in range(count)]).text
            assert isinstance(text.tree, int) or text.tree[0].startswith("m")
            seen += 1
    assert seen > len(PRIMITIVES)
