"""Formulas and steps in TeX."""

import re

import pytest

from autodiff import Value, latex, maximum, parse, variables
from autodiff.__main__ import main
from autodiff.lectures import EXAMPLES


def test_D1_as_on_the_slide():
    assert EXAMPLES["D1"].build().steps().latex() == "\n".join(
        [
            r"\begin{align*}",
            r"q &= x + y = -2 + 5 = 3 \\",
            r"f &= q \cdot z = 3 \cdot \left( -4 \right) = -12 \\",
            r"\frac{\partial f}{\partial f} &= 1 \\",
            r"\frac{\partial f}{\partial z} &= \frac{\partial f}{\partial f} \cdot q = 1 \cdot 3 = 3 \\",
            r"\frac{\partial f}{\partial q} &= \frac{\partial f}{\partial f} \cdot z"
            r" = 1 \cdot \left( -4 \right) = -4 \\",
            r"\frac{\partial f}{\partial x} &= \frac{\partial f}{\partial q} \cdot \frac{\partial q}{\partial x}"
            r" = \left( -4 \right) \cdot 1 = -4 \\",
            r"\frac{\partial f}{\partial y} &= \frac{\partial f}{\partial q} \cdot \frac{\partial q}{\partial y}"
            r" = \left( -4 \right) \cdot 1 = -4",
            r"\end{align*}",
        ]
    )


def test_latex_of_paths_and_rounded_numbers():
    lines = EXAMPLES["E7"].build().steps().latex().splitlines()
    rounded = EXAMPLES["D2"].build().steps(digits=2).latex()

    assert lines[-2] == (
        r"\frac{\partial f}{\partial y} &\mathrel{+}= \frac{\partial f}{\partial a} \cdot "
        r"\frac{\partial a}{\partial y} = 2 \cdot 1 = 2 \quad \text{(total 5)}"
    )
    assert r"= 0.2 \cdot 2 \approx 0.39" in rounded


def test_latex_in_one_line_and_several():
    x, y = variables(x=2, y=3)
    q = x * y
    q.label = "q_1"

    assert latex(maximum(x - (y - 1), 0.0)) == r"f = \max \left( x - \left( y - 1 \right) , 0 \right)"
    assert latex(q / (q + 1)) == "\\begin{aligned}\nq_1 &= x \\cdot y \\\\\nf &= \\frac{q_1}{q_1 + 1}\n\\end{aligned}"
    assert latex(x) == "x"
    with pytest.raises(TypeError, match="expected Values"):
        latex(3.0)


def test_latex_of_long_chain():
    x = Value(0.5, "x")
    f = x
    for _ in range(3000):
        f = f + 1.0
    text = latex(f)

    assert text.count("&=") == 3000 // 16 + 1
    assert max(map(len, text.splitlines())) < 200


@pytest.mark.parametrize("label", [r"\input{x}", "a_b{c", "$", "%", "a & b \\\\", "#1", "日本", "\x00", "^^5c"])
def test_latex_of_labels(label):
    f = Value(2.0, label) * 3.0
    f.label = label
    for text in (latex(f), f.steps().latex()):
        plain = re.sub(r"\\(textbackslash|textasciicircum|textasciitilde)\{\}|\$\\\$\$|\\[{}&#_%]", "", text)

        assert plain.count("{") == plain.count("}")
        assert "input{" not in plain
        assert not re.search(r"[$%#~]|\^\^", plain)
        assert text.count("&") - text.count("\\&") == text.count("&=") + text.count(r"&\mathrel")


def test_latex_of_examples_is_balanced():
    for example in EXAMPLES.values():
        output = example.build()
        for text in (latex(output), output.steps().latex()):
            assert text.count("{") == text.count("}")
            assert text.count(r"\left") == text.count(r"\right")


def test_latex_by_command_line(capsys):
    assert main(["D1", "--latex"]) == 0
    out = capsys.readouterr().out

    assert out == f"\\[\n{latex(EXAMPLES['D1'].build())}\n\\]\n{EXAMPLES['D1'].build().steps().latex()}\n"
    assert main(["D2", "--latex", "--round", "2"]) == 0
    assert r"= 0.2 \cdot 2 = 0.4" in capsys.readouterr().out
    assert main(["x*y", "x=1", "y=2", "--latex", "--step"]) == 2
    assert "--step" in capsys.readouterr().err


def test_latex_of_infinite_numbers_and_closed_gates():
    f = parse("relu(1/x - 2)", x=0.0)

    assert r"\infty" in f.steps().latex()
    assert r"\mathrm{nan}" in parse("log(x)", x=-1).steps().latex()
