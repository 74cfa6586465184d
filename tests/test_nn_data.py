"""Data sets: the same for a seed, of the shape they promise, cut and split without loss."""

from random import Random

import numpy
import pytest

import nn
from nn.data import mini_batches, shuffled
from nn.presets import PRESETS, Trial

MADE = {"moons": nn.moons, "circles": nn.circles, "spirals": nn.spirals, "blobs": nn.blobs, "rectangle": nn.rectangle}


@pytest.mark.parametrize("name", MADE)
def test_the_same_seed_gives_the_same_points(name):
    assert MADE[name](seed=3) == MADE[name](seed=3)
    assert MADE[name](seed=3) != MADE[name](seed=4)


@pytest.mark.parametrize("name", MADE)
def test_points_are_pairs_of_floats_and_classes_count_from_0(name):
    X, Y = MADE[name](57)

    assert len(X) == len(Y) == 57
    assert all(len(x) == 2 and type(x[0]) is type(x[1]) is float for x in X)
    assert {type(y) for y in Y} == {int}
    assert min(Y) == 0


def test_classes_are_of_equal_size():
    for X, Y in (nn.moons(100), nn.circles(100), nn.spirals(90, arms=3), nn.blobs(90)):
        counts = [Y.count(kind) for kind in range(max(Y) + 1)]
        assert len(set(counts)) == 1
        assert sum(counts) == len(X)


def test_shapes_without_noise():
    X, Y = nn.circles(40, noise=0.0)

    assert [(x * x + y * y) ** 0.5 for x, y in X] == pytest.approx([0.5 if kind else 1.0 for kind in Y])


def test_numbers_of_examples_are_checked():
    for make in (lambda: nn.moons(0), lambda: nn.blobs(10, classes=0), lambda: nn.spirals(10, arms=-1)):
        with pytest.raises(ValueError, match="a whole number from 1 on"):
            make()


def test_A9_digits_come_with_scikit_learn():
    pytest.importorskip("sklearn")
    X, Y = nn.digits()

    assert (len(X), len(X[0]), sorted(set(Y))) == (1797, 64, list(range(10)))
    assert min(map(min, X)) == 0.0
    assert max(map(max, X)) == 1.0
    assert (type(X[0][0]), type(Y[0])) == (float, int)


def test_iris_comes_with_scikit_learn():
    pytest.importorskip("sklearn")
    X, Y = nn.iris()

    assert (len(X), len(X[0]), sorted(set(Y))) == (150, 4, [0, 1, 2])


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ModuleNotFoundError, match=r"scalar-autodiff\[data\]"):
        nn.digits()


def test_shuffling_keeps_examples_and_targets_together():
    X, Y = shuffled([[i] for i in range(10)], list(range(10)), seed=2)

    assert [x[0] for x in X] == Y
    assert sorted(Y) == list(range(10))
    assert list(range(10)) != Y


def test_a_split_loses_nothing():
    (X, Y), (X_test, Y_test) = nn.split([[i] for i in range(20)], list(range(20)), share=0.3, seed=1)

    assert (len(X), len(X_test)) == (14, 6)
    assert sorted(Y + Y_test) == list(range(20))
    assert [x[0] for x in X + X_test] == Y + Y_test


def test_mini_batches_cover_every_example_once():
    batches = list(mini_batches(10, 4, Random(0)))

    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert sorted(i for batch in batches for i in batch) == list(range(10))
    assert list(mini_batches(3, 3, Random(0))) == list(mini_batches(3, 99, Random(0))) == [[0, 1, 2]]


def test_standardized_inputs_have_mean_0_and_deviation_1():
    columns = list(zip(*nn.standardize([[1.0, 5.0], [2.0, 5.0], [6.0, 5.0]])))

    assert sum(columns[0]) == pytest.approx(0.0, abs=1e-15)
    assert sum(x * x for x in columns[0]) / 3 == pytest.approx(1.0)
    assert columns[1] == (0.0, 0.0, 0.0)  # a constant input stays finite


@pytest.mark.parametrize("count", [1, 3, 10, 1000])
@pytest.mark.parametrize("constant", [0.1, -0.7, 1 / 3, 1e-300, 5e-324, 1e300, 123456.789, 0.0, 7])
def test_a_constant_input_becomes_0(constant, count):
    assert nn.standardize([[constant]] * count) == [[0.0]] * count


def test_an_input_that_changes_by_rounding_only_is_constant():
    column = [0.3, 0.1 + 0.2, 0.3, 3 * 0.1]

    assert max(abs(x) for (x,) in nn.standardize([[x] for x in column])) < 1e-15


@pytest.mark.parametrize("column", [[1e9, 1e9 + 1e-3], [1e-200, 3e-200], [-1e200, 1e200], [5e-324, 0.0], [2, 4]])
def test_small_and_huge_differences_count(column):
    low, high = sorted(x for (x,) in nn.standardize([[x] for x in column]))

    assert (low, high) == pytest.approx((-1.0, 1.0), rel=1e-3) or column == [5e-324, 0.0]


def test_test_examples_are_moved_and_scaled_by_what_training_ones_show():
    X, X_test = [[1.0, 5.0], [3.0, 5.0]], [[3.0, 5.0], [5.0, 6.0]]

    assert nn.standardize(X_test, like=X) == [[1.0, 0.0], [3.0, 1.0]]
    assert nn.standardize(X, like=X) == nn.standardize(X)
    assert nn.standardize(numpy.array(X_test), like=numpy.array(X)) == nn.standardize(X_test, like=X)
    assert nn.standardize(iter(X_test), like=map(tuple, X)) == nn.standardize(X_test, like=X)


@pytest.mark.parametrize(
    ("X", "like", "message"),
    [
        ([[1.0], [1.0, 2.0]], None, "example 1 has 2 numbers, example 0 has 1"),
        ([[1.0]], [[1.0], [2.0, 3.0]], "example 1 has 2 numbers, example 0 has 1"),
        ([[1.0]], [[1.0, 2.0]], "expected examples of 2 numbers, like those given, got 1"),
        ([[1.0]], [], "at least one example"),
        ([], None, "at least one example"),
        ([1.0, 2.0], None, r"an example is a list of numbers: write \[1\.0\]"),
    ],
)
def test_examples_of_other_lengths_are_not_cut(X, like, message):
    with pytest.raises((TypeError, ValueError), match=message):
        nn.standardize(X, like)


def test_the_preset_of_iris_scales_test_examples_by_the_training_ones():
    pytest.importorskip("sklearn")
    trial = Trial(PRESETS["iris"])
    (X, _), (X_test, _) = nn.split(*nn.iris())

    assert nn.standardize(X) == trial.X
    assert nn.standardize(X_test, like=X) == trial.X_test != nn.standardize(X_test)
