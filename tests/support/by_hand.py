"""Arithmetic without the engine, and the numbers of the lectures' table, for the tests of the lectures' formulas."""

import math

import pytest

from autodiff.lectures import EXAMPLES


def logistic(z):
    return 1 / (1 + math.exp(-z))


def dot(w, x):
    return sum(a * b for a, b in zip(w, x))


def close(expected, abs=1e-15):
    return pytest.approx(expected, rel=1e-12, abs=abs)


def gradients(id, names):
    """The table's gradients of an example in the given inputs and gates."""
    return [EXAMPLES[id].gradients[name] for name in names.split()]


def value(id):
    """The table's number for the output."""
    return list(EXAMPLES[id].values.values())[-1]
