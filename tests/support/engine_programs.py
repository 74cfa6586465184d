"""Small programs that the engine's tests share."""

import pytest

from autodiff import Value


def close(expected, rel=1e-12):
    return pytest.approx(expected, rel=rel, nan_ok=True)


def same(a, b):
    """Whether two numbers are equal; nan equals nan."""
    return a == b or (a != a and b != b)


def slopes(f, *inputs):
    """(value, gradients) of a function of Values at numbers."""
    leaves = [Value(x) for x in inputs]
    out = f(*leaves)
    out.backward()
    return out.data, tuple(leaf.grad for leaf in leaves)


def chain(length):
    """x, and x + x + ... + x, one gate after the other."""
    x = Value(1.0, "x")
    out = x
    for _ in range(length):
        out = out + x
    return x, out
