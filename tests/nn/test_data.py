"""Data sets: reproducible by seed, of the documented shape, split without loss."""

from array import array
from random import Random

import numpy as np
import pytest

import nn
from nn.cli.presets import PRESETS, Trial
from nn.data import shuffle, whole_epochs
from tests.support.stand_ins import Frame, Series, Tensor
from visualize import playground, plot_decision_boundary

MADE = {
    "moons": nn.moons,
    "circles": nn.circles,
    "spirals": nn.spirals,
    "blobs": nn.blobs,
    "rectangle": nn.data.rectangle,
}


@pytest.mark.parametrize("name", MADE)
def test_data_sets_follow_the_seed(name):
    assert MADE[name](seed=3) == MADE[name](seed=3)
    assert MADE[name](seed=3) != MADE[name](seed=4)


@pytest.mark.parametrize("name", MADE)
def test_data_sets_points_and_classes(name):
    X, Y = MADE[name](57)

    assert len(X) == len(Y) == 57
    assert all(len(x) == 2 and type(x[0]) is type(x[1]) is float for x in X)
    assert {type(y) for y in Y} == {int}
    assert min(Y) == 0


def test_data_sets_have_equal_classes():
    for X, Y in (nn.moons(100), nn.circles(100), nn.spirals(90, arms=3), nn.blobs(90)):
        counts = [Y.count(kind) for kind in range(max(Y) + 1)]
        assert len(set(counts)) == 1
        assert sum(counts) == len(X)


def test_data_sets_without_noise():
    X, Y = nn.circles(40, noise=0.0)

    assert [(x * x + y * y) ** 0.5 for x, y in X] == pytest.approx([0.5 if kind else 1.0 for kind in Y])


def test_A9_digits():
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


def test_shuffle_keeps_pairs_together():
    X, Y = shuffle([[i] for i in range(10)], list(range(10)), seed=2)

    assert [x[0] for x in X] == Y
    assert sorted(Y) == list(range(10))
    assert list(range(10)) != Y


def test_split_loses_nothing():
    (X, Y), (X_test, Y_test) = nn.split([[i] for i in range(20)], list(range(20)), share=0.3, seed=1)

    assert (len(X), len(X_test)) == (14, 6)
    assert sorted(Y + Y_test) == list(range(20))
    assert [x[0] for x in X + X_test] == Y + Y_test


def test_whole_epochs_takes_each_example_once():
    order = whole_epochs(10, 4, Random(0), 2)

    assert sorted(order[:10]) == sorted(order[10:]) == list(range(10))
    assert order[:10] != order[10:]
    assert whole_epochs(3, 3, Random(0), 2) == []


def test_standardize_mean_0_and_deviation_1():
    columns = list(zip(*nn.standardize([[1.0, 5.0], [2.0, 5.0], [6.0, 5.0]])))

    assert sum(columns[0]) == pytest.approx(0.0, abs=1e-15)
    assert sum(x * x for x in columns[0]) / 3 == pytest.approx(1.0)
    assert columns[1] == (0.0, 0.0, 0.0)  # a constant input stays finite


# --- Containers of examples ------------------------------------------------------------------------

ROWS, TARGETS = [[0.0, 10.0], [1.0, 20.0]], [0, 1]
COLUMNS = [0.0, 1.0], [10.0, 20.0]
EXAMPLES = {
    "array": lambda: np.array(ROWS),
    "array of ints": lambda: np.array(ROWS).astype(int),
    "array of objects": lambda: np.array(ROWS, dtype=object),
    "records": lambda: np.array([tuple(row) for row in ROWS], dtype=[("a", float), ("b", float)]),
    "rows of arrays": lambda: [np.array(row) for row in ROWS],
    "rows of scalars": lambda: [[np.float32(x) for x in row] for row in ROWS],
    "tuples": lambda: tuple(map(tuple, ROWS)),
    "generator": lambda: (row for row in ROWS),
    "rows of generators": lambda: [iter(row) for row in ROWS],
    "rows of bytes": lambda: [array("d", row) for row in ROWS],
    "tensor": lambda: Tensor(ROWS),
    "rows of tensors": lambda: [Tensor(row) for row in ROWS],
    "numbers of tensors": lambda: [[Tensor(x) for x in row] for row in ROWS],
    "rows of series": lambda: [Series(row) for row in ROWS],
    "pandas": lambda: Frame(dict(zip("ab", COLUMNS)), by_name=True),
    "pandas with digits": lambda: Frame(dict(zip(["10", "20"], COLUMNS)), by_name=True),
    "pandas with numbers": lambda: Frame(dict(enumerate(COLUMNS)), by_name=True),
    "polars": lambda: Frame(dict(zip("ab", COLUMNS)), by_name=False),
}
ANSWERS = {
    "array": lambda: np.array(TARGETS),
    "array of bools": lambda: np.array(TARGETS) > 0,
    "scalars": lambda: [np.int64(y) for y in TARGETS],
    "arrays of shape ()": lambda: [np.array(y) for y in TARGETS],
    "generator": lambda: iter(TARGETS),
    "tensor": lambda: Tensor(TARGETS),
    "tensors of shape ()": lambda: [Tensor(y) for y in TARGETS],
    "series": lambda: Series(TARGETS),
}
COLUMN = {
    "array of one column": lambda: np.array(TARGETS)[:, None],
    "frame of one column": lambda: Frame({"y": TARGETS}, by_name=True),
    "tensors of one number": lambda: [Tensor([y]) for y in TARGETS],
}


def trained(X, Y, loss="squared_error", outputs=1):
    net = nn.MLP(2, [3, outputs], seed=0)
    return nn.fit(net, X(), Y(), loss=loss, epochs=3, progress=False).loss, nn.evaluate(net, X(), Y(), loss)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_rows_of_any_container(kind):
    """Never the transpose or the column names."""
    X, plain = EXAMPLES[kind], nn.MLP(2, [3, 1], seed=0)

    assert trained(X, lambda: TARGETS) == trained(lambda: ROWS, lambda: TARGETS)
    assert nn.standardize(X()) == nn.standardize(ROWS)
    assert str(nn.diagnose(plain, X(), TARGETS)) == str(nn.diagnose(plain, ROWS, TARGETS))
    many, others = [
        nn.fit_many(plain, x, TARGETS, seeds=range(2), epochs=2, runner="eager") for x in (X(), EXAMPLES["tuples"]())
    ]
    assert repr(many) == repr(others)


@pytest.mark.parametrize("kind", ["array", "tensor", "generator", "pandas", "polars"])
def test_rows_shuffled_and_split(kind):
    (X, Y), (X_test, Y_test) = nn.split(EXAMPLES[kind](), ANSWERS["series"](), share=0.5)

    assert sorted(map(list, X + X_test)) == ROWS
    assert sorted(zip(map(list, X + X_test), Y + Y_test)) == list(zip(ROWS, TARGETS))


@pytest.mark.parametrize("kind", [*ANSWERS, *COLUMN])
def test_targets_of_any_container(kind):
    Y = (ANSWERS | COLUMN)[kind]

    for loss in ("squared_error", "hinge"):
        assert trained(lambda: ROWS, Y, loss) == trained(lambda: ROWS, lambda: TARGETS, loss)
    if kind in ANSWERS:
        expected = trained(lambda: ROWS, lambda: TARGETS, "cross_entropy", 2)
        assert trained(lambda: ROWS, Y, "cross_entropy", 2) == expected


@pytest.mark.parametrize("shares", [np.eye(2), Tensor([[1.0, 0.0], [0.0, 1.0]]), Frame({0: [1, 0], 1: [0, 1]}, True)])
def test_targets_as_shares_of_classes(shares):
    expected = trained(lambda: ROWS, lambda: TARGETS, "cross_entropy", 2)
    assert trained(lambda: ROWS, lambda: shares, "cross_entropy", 2) == expected


@pytest.mark.parametrize(
    "x",
    [
        (1.0, 2.0),
        range(1, 3),
        np.array([1.0, 2.0]),
        np.array([1, 2], np.int8),
        Tensor([1.0, 2.0]),
        Series([1.0, 2.0]),
        array("d", [1.0, 2.0]),
        (float(x) for x in "12"),
        [Tensor(1.0), np.array(2.0)],
    ],
    ids=lambda x: type(x).__name__,
)
def test_example_of_any_container(x):
    net = nn.MLP(2, [3, 1], seed=0)

    assert net(x).data == net([1.0, 2.0]).data
    if not hasattr(x, "__next__"):
        assert nn.Layer(2, 1, seed=0)(x)[0].data == nn.Neuron(2, seed=0)(x).data == nn.Neuron(2, seed=0)([1, 2]).data
        assert nn.predict(net, x) == nn.predict(net, [1.0, 2.0])


@pytest.mark.parametrize("kind", ["array", "tensor", "rows of series", "pandas with numbers", "polars", "generator"])
def test_rows_of_sequences_and_matrices(kind):
    cell, net = nn.RecurrentCell(2, 2, seed=0), nn.MLP.from_matrices([ROWS], output="tanh")

    assert [h.data for h in cell(EXAMPLES[kind]())] == [h.data for h in cell(ROWS)]
    assert nn.MLP.from_matrices([EXAMPLES[kind]()]).state_dict() == net.state_dict()
    assert nn.MLP.from_matrices([Series([1.0, 2.0])])([1.0]).data == 3.0
    for use in (cell, lambda x: nn.MLP.from_matrices([x]), nn.Convolution(1, seed=0)):
        with pytest.raises(TypeError, match="takes a list, in order, got set"):
            use({1.0, 2.0})
    assert [x.data for x in nn.Convolution(1, seed=0)(Tensor([1.0]))] == [nn.Neuron(1, seed=0)([1.0]).data]


def test_numpy_integers_are_whole_numbers():
    two, three = np.int64(2), np.int8(3)
    net, same = nn.MLP(two, [three, np.uint16(1)], seed=np.int64(7)), nn.MLP(2, [3, 1], seed=7)

    assert net.state_dict() == same.state_dict()
    assert (type(net.seed), net.seed) == (int, 7)
    settings = {"epochs": 2, "batch_size": 1, "seed": 3, "progress": False}
    wide = {name: np.int64(x) for name, x in settings.items()} | {"progress": False}
    assert nn.fit(net, ROWS, TARGETS, **wide).loss == nn.fit(same, ROWS, TARGETS, **settings).loss
    assert nn.moons(two, seed=three) == nn.moons(2, seed=3)
    assert nn.blobs(np.int64(6), classes=three) == nn.blobs(6, classes=3)
    assert len(nn.RecurrentCell(two, three).parameters()) == len(nn.RecurrentCell(2, 3).parameters())
    assert nn.fit_many(net, ROWS, TARGETS, seeds=np.arange(2), epochs=two).seeds == [0, 1]
    for bad in (np.float64(2), 2.0, "2", np.int64(0), np.array([2]), None):
        with pytest.raises(ValueError, match="must be a positive integer, got"):
            nn.Layer(bad, 2)


@pytest.mark.parametrize("kind", ["array", "tensor", "pandas with numbers", "polars", "generator"])
def test_pages_and_plots_take_the_same_examples(kind):
    net = nn.MLP(2, [3, 1], seed=0)

    expected = playground(net, ROWS, TARGETS, batch_size=1).html()
    assert (
        playground(net, EXAMPLES[kind](), ANSWERS["tensors of shape ()"](), batch_size=np.int64(1)).html() == expected
    )
    axes = plot_decision_boundary(lambda x: x[0], EXAMPLES[kind](), ANSWERS["series"]())
    assert sorted(tuple(line.get_xydata()[0]) for line in axes.lines) == [(0.0, 10.0), (1.0, 20.0)]
    for use in (playground, plot_decision_boundary):
        with pytest.raises(TypeError, match="an example takes a list, in order, got str: '01'"):
            use(net, ["01", "10"], TARGETS)


@pytest.mark.parametrize("count", [1, 3, 10, 1000])
@pytest.mark.parametrize("constant", [0.1, -0.7, 1 / 3, 1e-300, 5e-324, 1e300, 123456.789, 0.0, 7])
def test_standardize_constant_input(constant, count):
    assert nn.standardize([[constant]] * count) == [[0.0]] * count


def test_standardize_input_constant_up_to_rounding():
    column = [0.3, 0.1 + 0.2, 0.3, 3 * 0.1]

    assert max(abs(x) for (x,) in nn.standardize([[x] for x in column])) < 1e-15


@pytest.mark.parametrize("column", [[1e9, 1e9 + 1e-3], [1e-200, 3e-200], [-1e200, 1e200], [5e-324, 0.0], [2, 4]])
def test_standardize_small_and_huge_differences(column):
    low, high = sorted(x for (x,) in nn.standardize([[x] for x in column]))

    assert (low, high) == pytest.approx((-1.0, 1.0), rel=1e-3) or column == [5e-324, 0.0]


def test_standardize_test_examples_by_training_ones():
    X, X_test = [[1.0, 5.0], [3.0, 5.0]], [[3.0, 5.0], [5.0, 6.0]]

    assert nn.standardize(X_test, like=X) == [[1.0, 0.0], [3.0, 1.0]]
    assert nn.standardize(X, like=X) == nn.standardize(X)
    assert nn.standardize(np.array(X_test), like=np.array(X)) == nn.standardize(X_test, like=X)
    assert nn.standardize(iter(X_test), like=map(tuple, X)) == nn.standardize(X_test, like=X)


def test_iris_preset_standardizes_by_training_examples():
    pytest.importorskip("sklearn")
    trial = Trial(PRESETS["iris"])
    (X, _), (X_test, _) = nn.split(*nn.iris())

    assert nn.standardize(X) == trial.X
    assert nn.standardize(X_test, like=X) == trial.X_test != nn.standardize(X_test)
