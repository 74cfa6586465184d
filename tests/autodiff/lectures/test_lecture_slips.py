"""Slips on the slides: difference quotients agree with the table, not with the slide."""

import json
from pathlib import Path

import pytest

from autodiff import jacobian, parse
from autodiff.graph import history
from autodiff.lectures import EXAMPLES, LECTURES, SLIPS, TITLES, whole
from tests.support.by_hand import dot


def run(example, **changed):
    """The output of an example with some inputs changed."""
    return parse(example.text, **{**example.inputs, **changed}).data


def quotient(example, name, h=1e-5):
    """The central difference quotient of an example in one of its inputs."""
    number = example.inputs[name]
    return (run(example, **{name: number + h}) - run(example, **{name: number - h})) / (2 * h)


def leaf_gradients(output):
    return {node.label: node.grad for node in history(output) if node.primitive is None}


def assert_slip(example, name, slide):
    """The quotient is the table's gradient and not the slide's."""
    measured = quotient(example, name)

    assert measured == pytest.approx(example.gradients[name], rel=1e-6, abs=1e-9)
    assert measured != pytest.approx(slide, rel=1e-2)


IDS = "A3b A8 A9 B5d C3 C4 C7 C11 D7 D9a D10 D11b D12h E5 E5 E12 E15a".split()  # noqa: SIM905


def test_slips_are_those_that_the_text_proves():
    """B's minus stands in the last of a slide's three builds, D's (5.30) has its minus, E's J also counts from 1."""
    assert [slip.id for slip in SLIPS] == IDS


@pytest.mark.parametrize("slip", SLIPS, ids=IDS)
def test_slips_quote_words_and_say_what_is_right(slip):
    sentence = str(slip)

    assert whole(slip.id) in TITLES
    assert slip.lecture == LECTURES[slip.id[0]]
    assert slip.quote == " ".join(slip.quote.split())
    assert slip.quote.isascii() and slip.quote.count("{") == slip.quote.count("}")  # noqa: PT018
    assert 8 <= len(slip.quote) <= 150
    assert sentence.startswith("In the text of the slides that we have, ")
    assert sentence.isascii() and sentence.endswith(".")  # noqa: PT018
    assert not slip.says.endswith(".")


def test_slips_are_the_notes_of_their_examples():
    for id, example in EXAMPLES.items():
        assert example.note == " ".join(str(slip) for slip in SLIPS if slip.id == id) or id in ("D2", "E7")
    assert "[0.2] x [2] = 0.4" in EXAMPLES["D2"].note
    assert EXAMPLES["E7"].note.startswith("At a tie")


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[3] / "notebooks").glob("*.ipynb")), ids=str)
def test_slips_in_notebooks_have_our_text(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    said = " ".join("".join(cell["source"]) for cell in cells)

    assert "The plus has to be a minus" not in said
    assert "lose the minus" not in said
    assert "i = 0" not in said
    assert "the text of the slides that we have" in said or "slip" not in said.lower()


def test_A3_slide_loses_minus_of_x5():
    assert_slip(EXAMPLES["A3b"], "x5", slide=1)


def test_A8_slides_second_gradient_is_of_U():
    example = EXAMPLES["A8"]
    h, error, w, x = example.values, example.values["f"] - 0.5, [0.7, -0.8], [1, 2, -1]
    slide = [[error * w[i] * h[f"h{i + 1}"] * (1 - h[f"h{i + 1}"]) * x_j for x_j in x] for i in range(2)]

    for i in range(2):
        assert_slip(example, f"w{i + 1}", slide[i][0])
        for j in range(3):
            assert quotient(example, f"u{i + 1}{j + 1}") == pytest.approx(slide[i][j], rel=1e-6)


def test_B8_shape_of_product():
    W2, W1 = [[1.0, 2.0]], [[0.0, 1.0, 1.0], [1.0, 1.0, 0.0]]  # C = 1, H = 2, D = 3

    def net(x):
        h = [dot(row, x) for row in W1]
        return [dot(row, h) for row in W2]

    assert jacobian(net)([1.0, 2.0, 3.0]) == [[2.0, 3.0, 1.0]]


def test_D7_slides_gradients_do_not_follow():
    example = EXAMPLES["D7"]

    assert f"{run(example):.4f}" == "1.6693" != "1.6688"
    assert_slip(example, "w11", slide=0.5)
    assert_slip(example, "w12", slide=0.9)


def test_D7_forward_difference_at_0_001():
    example, h = EXAMPLES["D7"], 0.001
    L, up11, up12 = run(example), run(example, w11=-0.1 + h), run(example, w12=0.2 + h)

    assert (up11 - L) / h == pytest.approx(0.0249538793, abs=1e-10)
    assert (up12 - L) / h == pytest.approx(0.3748979074, abs=1e-10)


def test_D7_rounding_loses_the_gradient():
    example, h = EXAMPLES["D7"], 0.001
    L, up11, up12 = (round(run(example, **w), 4) for w in ({}, {"w11": -0.1 + h}, {"w12": 0.2 + h}))

    assert (up11 - L) / h == pytest.approx(0.0, abs=1e-9)
    assert (up12 - L) / h == pytest.approx(0.3, abs=1e-9)


def test_D9_jacobian_is_output_by_input():
    A = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    rows = [[EXAMPLES[id].gradients[name] for name in ("x1", "x2", "x3")] for id in ("D9a", "D9b")]

    assert jacobian(lambda x: [dot(row, x) for row in A])([1.0, -2.0, 0.5]) == rows == A


def test_D11_slides_plus_is_another_loss():
    example = EXAMPLES["D11b"]
    s1, s2, s3 = (example.values[name] for name in ("s1", "s2", "s3"))
    slide = max(0, s2 + s1 + 1) + max(0, s3 + s1 + 1) + 0.1 * example.values["R"]

    assert slide != pytest.approx(run(example), rel=1e-2)
    assert_slip(example, "w11", slide=1 + 0.2 * 0.1)  # only the third class is within its margin, with the wrong sign
    assert_slip(example, "w12", slide=-2 + 0.2 * 0.2)


def test_D12_slides_max_is_PReLU_up_to_alpha_1():
    example = EXAMPLES["D12h"]
    for alpha in (-0.5, 0.25, 1.0):
        for x in (-2.0, 2.0):
            assert run(example, alpha=alpha, x=x) == max(alpha * x, x)

    assert run(example, alpha=1.5, x=2.0) == 2.0 != max(1.5 * 2.0, 2.0)
    assert run(example, alpha=1.5, x=-2.0) == -3.0 != max(1.5 * -2.0, -2.0)


def test_E7_slides_indicators_lose_gradient_at_tie():
    tie = parse(EXAMPLES["E7"].text, x=1, y=2, z=2)
    tie.backward()
    gradients = leaf_gradients(tie)

    assert gradients == {"x": 2, "y": 2 + 3 * 0.5, "z": 3 * 0.5}
    together = (run(EXAMPLES["E7"], y=2 + 1e-6, z=2 + 1e-6) - run(EXAMPLES["E7"], y=2 - 1e-6, z=2 - 1e-6)) / 2e-6
    assert together == pytest.approx(gradients["y"] + gradients["z"], rel=1e-6)  # the slide: 2 + 0 + 0
