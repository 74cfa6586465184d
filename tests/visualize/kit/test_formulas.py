"""TeX of the lectures' size as MathML."""

# ruff: noqa: RUF001 - true signs

import xml.etree.ElementTree as ElementTree

import pytest

from visualize.kit.formulas import formula


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        ("x_1^2", "msubsup(mi:x mn:1 mn:2)"),
        ("x'", "mrow(mi:x mo:′)"),
        (r"\hat y - 1", "mover(mi:y mo:^) mo:− mn:1"),
        (r"\frac{a}{b}c", "mfrac(mi:a mi:b) mi:c"),
        (r"\sqrt x \, y", "msqrt(mi:x) mi:y"),
        (r"\sum_{i=1}^n", "munderover(mo:∑ mrow(mi:i mo:= mn:1) mi:n)"),
        (r"\text{if } W^{\mathsf T}", "mtext:if  msup(mi:W mtext:T)"),
        ("(2x)^4", "msup(mrow(mo:( mn:2 mi:x mo:)) mn:4)"),
        ("[0, 1)", "mrow(mo:[ mn:0 mo:, mn:1 mo:))"),
        (r"\left(\mathbf{x} \odot \theta\right)", "mrow(mo:( mi:x mo:⊙ mi:θ mo:))"),
        (r"\begin{pmatrix} 1 & 2 \\ 3 & x \end{pmatrix}",
            "mrow(mo:( mtable(mtr(mtd(mn:1) mtd(mn:2)) mtr(mtd(mn:3) mtd(mi:x))) mo:))"),
        (r"\lVert g \rVert \le 1.5", "mo:‖ mi:g mo:‖ mo:≤ mn:1.5"),
        (r"\Big\{x, 0\Big\}", "mo:{ mi:x mo:, mn:0 mo:}"),
        (r"\underbrace{2x}_{\text{chain}}", "munder(munder(mrow(mn:2 mi:x) mo:⏟) mtext:chain)"),
    ],
)  # fmt: skip
def test_formula(tex, shown):
    assert " ".join(map(outline, ElementTree.fromstring(formula(tex)))) == shown


def outline(element):
    """An element with its children, or its text."""
    return f"{element.tag}({' '.join(map(outline, element))})" if len(element) else f"{element.tag}:{element.text}"
