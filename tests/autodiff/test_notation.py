"""Names as on slides: read from labels, written as Unicode, MathML and TeX."""

# ruff: noqa: RUF001 - true Greek letters

import pytest

from autodiff.formula import MathFormula
from autodiff.notation import Name, tex

NAMES = [  # label, Unicode, TeX
    ("w0", "w₀", "w_0"),
    ("x_1", "x₁", "x_1"),
    ("x_{12}", "x₁₂", "x_{12}"),
    ("x_{12}^{(1)}", "x⁽¹⁾₁₂", "x_{12}^{(1)}"),
    ("x^(2)", "x⁽²⁾", "x^{(2)}"),
    ("W1_0_2", "W⁽¹⁾₀₂", "W_{02}^{(1)}"),
    ("W1_10_2", "W⁽¹⁾₁₀,₂", "W_{10,2}^{(1)}"),
    ("W_1_2", "W₁₂", "W_{12}"),
    ("b1_0", "b⁽¹⁾₀", "b_0^{(1)}"),
    ("theta1", "θ₁", r"\theta_1"),
    ("\\alpha", "α", r"\alpha"),
    ("lambda_", "λ", r"\lambda"),
    ("Gamma_t", "Γₜ", r"\Gamma_t"),
    ("y_hat", "ŷ", r"\hat{y}"),
    ("y_hat1", "ŷ₁", r"\hat{y}_1"),
    ("\\hat{y_2}", "ŷ₂", r"\hat{y}_2"),
    ("x_bar", "x̄", r"\bar{x}"),
    ("h_prev", "hₚᵣₑᵥ", r"h_{\mathrm{prev}}"),
    ("h_best", "h_best", r"h_{\mathrm{best}}"),
    ("w₁", "w₁", "w_1"),
    ("loss", "loss", r"\mathrm{loss}"),
    ("loss2", "loss₂", r"\mathrm{loss}_2"),
    ("x'", "x'", "x'"),
    ("my_loss", "my_loss", r"\text{my\_loss}"),
    ("x1*w1 + b", "x1*w1 + b", r"\text{x1*w1 + b}"),
    ("x_hat_bar", "x_hat_bar", r"\text{x\_hat\_bar}"),
    ("1(x > 0)", "1(x > 0)", r"\text{1(x $>$ 0)}"),
    ("{x}", "{x}", r"\text{\{x\}}"),
    ("", "", r"\text{}"),
]


@pytest.mark.parametrize(("label", "text", "code"), NAMES)
def test_label_as_on_a_slide(label, text, code):
    name = Name(label)

    assert str(name) == text
    assert tex(name.tree) == code


@pytest.mark.parametrize(
    ("label", "code"),
    [
        (r"\input{/etc/passwd}", r"\text{\textbackslash{}input\{/etc/passwd\}}"),
        ("$x$ & 50% #1_~^", r"\text{$\$$x$\$$ \& 50\% \#1\_\textasciitilde{}\textasciicircum{}}"),
        ("a\\\\\nb", r"\text{a\textbackslash{}\textbackslash{} b}"),
        ("x_{\\write18}", r"x_{\text{\textbackslash{}write18}}"),
        ("日 é\x00", r"\text{[U+65E5] é[U+0000]}"),
    ],
)
def test_label_means_nothing_to_tex(label, code):
    assert tex(Name(label).tree) == code


def test_formula_as_tex():
    x, w = (MathFormula.variable(Name(label).tree) for label in ("x_bar", "theta1"))

    assert tex((1.0 / (1.0 + x**2.0)).text.tree) == r"\frac{1}{1 + \bar{x}^2}"
    assert tex((w * (x - 1.5)).text.tree) == r"\theta_1 \cdot \left( \bar{x} - 1.5 \right)"
