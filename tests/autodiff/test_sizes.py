"""norm, softmax, logsumexp and cross_entropy keep their digits for numbers of any size, in every runner."""

import math

import pytest

import autodiff
from autodiff import Value, log_softmax, logsumexp, norm, softmax
from nn import cross_entropy

RUNNERS = ["eager", "source", "batch", "native"]


def value_and_grad(f, runner, xs):
    if runner != "eager":
        return autodiff.compile(f, runner).value_and_grad(xs)
    leaves = [Value(x) for x in xs]
    out = f(leaves)
    out.backward()
    return out.data, [leaf.grad for leaf in leaves]


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("size", [1e-320, 1e-300, 1e-170, 1e-162, 1e-150, 1.0, 1e150, 1e160, 1e300])
@pytest.mark.parametrize("many", [1, 7])
def test_norm(runner, size, many):
    """One or several 3-4-5 triangles; subnormal numbers have few digits to keep."""
    xs = [3.0 * size, -4.0 * size] * many
    value, slopes = value_and_grad(norm, runner, xs)

    digits = 1e-3 if size < 1e-308 else 1e-13
    assert value == pytest.approx(5.0 * size * math.sqrt(many), rel=digits)
    assert slopes == pytest.approx([0.6 / math.sqrt(many), -0.8 / math.sqrt(many)] * many, rel=digits)


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize(
    ("xs", "value"), [([3e-170, 0.0], 3e-170), ([1e200, 1e-200], 1e200), ([math.inf, 1.0], math.inf), ([0.0, 0.0], 0.0)]
)
def test_norm_of_unlike_numbers(runner, xs, value):
    assert value_and_grad(norm, runner, xs)[0] == value


@pytest.mark.parametrize("runner", RUNNERS)
def test_norm_of_nan_and_its_gradient_at_0_are_nan(runner):
    assert math.isnan(value_and_grad(norm, runner, [math.nan, math.inf])[0])
    assert all(map(math.isnan, value_and_grad(norm, runner, [0.0, 0.0])[1]))


SIZES = [0.0, 1.0, -700.0, 1e3, 1e8, 1e16, -1e16, 1e50, 1e300]


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("size", SIZES)
def test_softmax_of_equal_scores(runner, size):
    third = pytest.approx([1 / 3] * 3, rel=1e-15)

    assert softmax([size] * 3) == third
    assert value_and_grad(logsumexp, runner, [size] * 3)[1] == third
    value, slopes = value_and_grad(lambda xs: cross_entropy(xs, 1), runner, [size] * 3)
    assert value == pytest.approx(math.log(3.0), rel=1e-15)
    assert slopes == pytest.approx([1 / 3, -2 / 3, 1 / 3], rel=1e-15)


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("size", [0.0, 1e3, 1e8, -1e12])
@pytest.mark.parametrize("target", [0, 1, 2, [0.25, 0.25, 0.5]])
def test_softmax_of_scores_two_apart(runner, size, target):
    """Adding a constant to all scores changes nothing."""
    value, slopes = value_and_grad(lambda xs: cross_entropy(xs, target), runner, [size, size + 2.0, size + 4.0])
    small, small_slopes = value_and_grad(lambda xs: cross_entropy(xs, target), "eager", [0.0, 2.0, 4.0])

    assert value == pytest.approx(small, rel=1e-14)
    assert slopes == pytest.approx(small_slopes, rel=1e-13)


@pytest.mark.parametrize("runner", RUNNERS)
def test_softmax_of_masked_scores(runner):
    """-inf removes a class: probability 0, gradient 0, and the other classes as without it."""
    value, slopes = value_and_grad(lambda xs: cross_entropy(xs, 0), runner, [1.0, -math.inf, 1.0])

    assert value == pytest.approx(math.log(2.0))
    assert slopes == pytest.approx([-0.5, 0.0, 0.5])
    assert log_softmax([0.0, -math.inf]) == [0.0, -math.inf]


def test_cross_entropy_of_softmax():
    """The loss keeps digits that the outputs of softmax have lost."""
    scores = [Value(x) for x in (0.0, 800.0)]
    loss = cross_entropy(softmax(scores), 0)
    loss.backward()

    assert loss.data == 800.0
    assert [score.grad for score in scores] == [-1.0, 1.0]


def test_cross_entropy_second_derivatives():
    """The Hessian is diag(p) - p p^T, at any size."""
    for size in (0.0, 1e6):
        table = autodiff.hessian(lambda xs: cross_entropy(xs, 0))([size, size + 1.0, size - 1.0])
        p = softmax([0.0, 1.0, -1.0])
        for i, row in enumerate(table):
            assert row == pytest.approx([(p[i] if i == j else 0.0) - p[i] * p[j] for j in range(3)], rel=1e-9)
