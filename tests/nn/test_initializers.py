"""Initializers: the right spread, and the same numbers for a seed."""

from random import Random

import pytest

from nn import MLP, initializers
from nn.initializers import INITIALIZERS


def drawn(name, inputs=50, outputs=30, count=4000):
    random = Random(1)
    return [INITIALIZERS[name](random, inputs, outputs) for _ in range(count)]


def variance(numbers):
    mean = sum(numbers) / len(numbers)
    return sum((x - mean) ** 2 for x in numbers) / len(numbers)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("uniform", 1 / 3),
        ("normal", 1.0),
        ("xavier", 2 / 80),
        ("glorot", 2 / 80),
        ("xavier_normal", 2 / 80),
        ("he", 2 / 50),
        ("kaiming", 2 / 50),
        ("he_uniform", 2 / 50),
    ],
)
def test_initializers_mean_and_variance(name, expected):
    numbers = drawn(name)

    assert variance(numbers) == pytest.approx(expected, rel=0.1)
    assert abs(sum(numbers) / len(numbers)) < 0.05


@pytest.mark.parametrize(("name", "bound"), [("uniform", 1.0), ("xavier", (6 / 80) ** 0.5), ("he_uniform", 0.12**0.5)])
def test_initializers_uniform_bounds(name, bound):
    numbers = drawn(name)

    assert 0.99 * bound < max(map(abs, numbers)) <= bound


def test_initializers_constants():
    assert set(drawn("zeros")) == {0.0}
    assert set(drawn("ones")) == {1.0}
    assert initializers.constant(0.25)(Random(0), 3, 4) == 0.25


def test_initializers_ranges_of_ones_own():
    net = MLP(2, [50, 1], initializer=initializers.uniform(2.0, 3.0), seed=0)
    spread = MLP(2, [200, 1], initializer=initializers.normal(5.0, 0.1), seed=0)

    assert all(2.0 <= w.data <= 3.0 for w in net.weights())
    assert variance([w.data for w in spread.weights()]) == pytest.approx(0.01, rel=0.2)


def test_initializers_fan_in_and_fan_out():
    seen = []
    MLP(3, [4, 2], initializer=lambda random, inputs, outputs: seen.append((inputs, outputs)) or 0.0)

    assert seen == [(3, 4)] * 12 + [(4, 2)] * 8


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("uniform", 0.6888437030500962, 0.009373711634780513),
        ("xavier", 0.6888437030500962, 0.010268386619835868),
        ("he", -0.18386822109325826, -1.4901486171969383),
    ],
)
def test_initializers_seed_0(name, first, last):
    weights = MLP(2, [4, 1], initializer=name, seed=0).weights()

    assert (weights[0].data, weights[-1].data) == (pytest.approx(first, rel=1e-15), pytest.approx(last, rel=1e-15))
