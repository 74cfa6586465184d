"""Gates and shapes with hand-set weights (E1-E4), and their truth tables."""

from random import Random

import pytest

from nn import hand_set, predict, truth_table
from nn.data import TRUTH_TABLES


def test_truth_tables():
    assert {gate: truth_table(gate)[1] for gate in TRUTH_TABLES} == {
        "and": [0, 0, 0, 1],
        "or": [0, 1, 1, 1],
        "xor": [0, 1, 1, 0],
        "nand": [1, 1, 1, 0],
        "nor": [1, 0, 0, 0],
        "xnor": [1, 0, 0, 1],
        "not": [1, 0],
    }
    assert truth_table("not")[0] == [[0.0], [1.0]]


@pytest.mark.parametrize("gate", sorted(TRUTH_TABLES))
def test_E3_hand_set_gates(gate):
    X, Y = truth_table(gate)

    assert [predict(hand_set(gate), x) for x in X] == Y
    assert [hand_set(gate)(x).data for x in X] == pytest.approx(Y, abs=1e-4)


def test_E3_xnor_of_and_nor_and_or():
    xnor = hand_set("xnor")

    assert xnor([0, 0]).data == pytest.approx(0.9999545608951235, rel=1e-12)
    assert xnor([0, 1]).data == pytest.approx(4.5480378505112356e-05, rel=1e-12)


def test_E4_step_units_tell_a_rectangle():
    random, inside = Random(0), hand_set("rectangle")
    points = [(random.uniform(0, 4), random.uniform(0, 3)) for _ in range(20_000)]
    wrong = [p for p in points if predict(inside, p) != (1 <= p[0] <= 3 and 1 <= p[1] <= 2)]

    assert wrong == []
    assert [predict(inside, p) for p in [(1, 1), (3, 2), (0.999, 1.5), (2, 2.001)]] == [1, 1, 0, 0]


def test_E1_step_function():
    assert hand_set("step function")([0, 2, 1]).data == 1.0
