"""The notebook of lecture A: its course table, and the numbers that its own cells compute."""

import math

import pytest

from autodiff import derivative, relu, sigmoid, tanh
from autodiff.lectures import EXAMPLES
from tests.support.by_hand import close, gradients
from tests.support.course_notebooks import Run


@pytest.fixture(scope="module")
def run():
    pytest.importorskip("sklearn")
    return Run("A")


def rows_of_U(id):
    return [close(gradients(id, f"u{i}1 u{i}2 u{i}3")) for i in (1, 2)]


def test_A1_nudges_multiply(run):
    names = run.after("def u_of(x):")

    assert names["du"] / 0.001 == pytest.approx(4, rel=1e-3)
    assert names["dy"] / 0.001 == pytest.approx(EXAMPLES["A1"].gradients["x"], rel=1e-3)


@pytest.mark.parametrize(
    ("text", "id", "inputs"),
    [
        ("x1, x2 = variables", "A2", "x1 x2"),
        ("x2 = x3 + x5 + x4", "A3b", "x1 x3 x5 x4"),
        ("x2 = w3 * x3 + w4 * x4", "A4", "x1 w3 x3 w4 x4"),
        ("x1, w3, x3, w4, x4 = variables(x1=2, w3=0.5, x3=1, w4=0.25, x4=-1)\nnet2", "A5", "x1 w3 x3 w4 x4"),
        ("x1 = x3 + x5", "A6", "x3 x5 w3 w4 x4"),
    ],
)
def test_A2_to_A6_gradients_are_the_tables(run, text, id, inputs):
    names = run.after(text)

    assert [names[name].grad for name in inputs.split()] == close(gradients(id, inputs))


def test_A6_nudge_is_the_sum_of_paths(run):
    f_of = run.after("return (x3 + 2)")["f_of"]

    assert (f_of(1 + 1e-6) - f_of(1 - 1e-6)) / 2e-6 == pytest.approx(EXAMPLES["A6"].gradients["x3"], rel=1e-8)


@pytest.mark.parametrize("z", [-10.0, -3.0, -1.0, -0.25, 0.0, 0.25, 1.0, 3.0, 10.0])
def test_A7_slopes_are_the_slides(z):
    s, t = 1.0 / (1.0 + math.exp(-z)), math.tanh(z)

    assert derivative(relu)(z) == (1.0 if z > 0 else 0.0)
    assert derivative(sigmoid)(z) == close(s * (1.0 - s))
    assert derivative(tanh)(z) == close(1.0 - t * t)


def test_A10_formulas_and_engine_agree(run):
    names = run.after("engine_dw, engine_dU")

    assert names["df_dU"] == rows_of_U("A10")
    assert names["engine_dU"] == rows_of_U("A10")
    assert names["df_dw"] == names["engine_dw"] == close(gradients("A10", "w1 w2"))


def test_A8_loss_multiplies_by_its_derivative(run):
    names = run.after("dL_dw = [")

    assert names["dL_dU"] == rows_of_U("A8")
    assert names["dL_dw"] == close(gradients("A8", "w1 w2"))


def test_A8_check_refuses_the_second_line_for_w(run):
    names = run.after("def loss_of_U(U):")
    check, slide = names["check_gradients"], names["dL_dU"]

    assert not check(names["loss_of_w"], names["w"], gradient=[row[0] for row in slide])
    assert check(names["loss_of_U"], names["U"], gradient=slide)


def test_A9_loop_by_hand_learns_xor(run):
    names = run.after("for _ in range(3000):")
    dot, h = names["dot"], [[sigmoid(names["dot"](row, x)) for row in names["U"]] for x, _ in names["examples"]]

    assert [dot(names["w"], h_x) for h_x in h] == pytest.approx([y for _, y in names["examples"]], abs=1e-6)
    assert sum(names["losses"][:100]) > 10.0


def test_A9_shares_add_up_over_all_classes_only(run):
    names = run.after("scores = [1.0, 2.0, 3.0]")
    below = sum(map(math.exp, (1.0, 2.0)))

    assert sum(names["p"]) == close(1.0)
    assert sum(math.exp(f) / below for f in names["scores"]) > 1.5


def test_A9_digits_are_mostly_right(run):
    assert run.after("from nn import MLP, SGD, digits")["accuracy"] > 0.85
