"""Conventions at kinks and edges: PyTorch's answers, as recorded, except where the table's docstring differs."""

import json
import math
from pathlib import Path

import pytest

from autodiff import PRIMITIVES, Value, primitives

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "conventions.json").read_text(encoding="utf-8"))
INF = math.inf


def nan_among(*point):
    return any(x != x for x in point)


# Where another answers differently: (framework, primitive) -> at which operands, and our word for it in the docs.
DIFFERENT = {
    ("torch", "relu"): (nan_among, "nan"),
    ("torch", "abs"): (nan_among, "nan"),
    ("torch", "sign"): (nan_among, "nan"),
    ("torch", "elu"): (nan_among, "nan"),
    ("torch", "maximum"): (nan_among, "nan"),
    ("torch", "minimum"): (nan_among, "nan"),
    ("torch", "logsumexp"): (lambda *terms: set(terms) == {-INF}, "logsumexp"),
    ("jax", "logsumexp"): (lambda *terms: set(terms) == {-INF}, "logsumexp"),
    ("jax", "abs"): (lambda a: a == 0.0 or a != a, "abs"),
    ("jax", "power"): (lambda a, b: b == 0.0 or (a == 0.0 and b < 0.0), "power"),
    ("jax", "leaky_relu"): (lambda a, slope: a == 0.0 or a == INF, "leaky_relu"),
    ("jax", "clip"): (lambda a, low, high: a in (low, high), "clip"),
    ("jax", "acosh"): (lambda a: a < 0.0, "acosh"),
    ("jax", "hypot"): (lambda a, b: a == b == 0.0 or INF in (abs(a), abs(b)), "hypot"),
    ("jax", "fmod"): (lambda a, b: b == 0.0 or abs(a) == INF, "fmod"),
    ("jax", "mod"): (lambda a, b: abs(a) == INF, "mod"),
}
# More differences for an infinite upstream gradient.
ANYWHERE = (lambda *point: True, "An infinite upstream")
INFINITE = {
    **{key: found for key, found in DIFFERENT.items() if key != ("torch", "abs") and key[1] != "logsumexp"},
    ("torch", "power"): (lambda a, b: b == 0.0, "exponent 0"),
    **{("jax", name): ANYWHERE for name in ("tanh", "maximum", "minimum", "clip", "hypot", "gelu", "silu", "mod")},
}
UPSTREAM = {1.0: DIFFERENT, INF: INFINITE}


def same(found, recorded):
    """Equal nan, equal inf, finite numbers to 1e-12; a gradient that was not recorded matches anything."""
    return recorded is None or float(found or 0.0) == pytest.approx(recorded, rel=1e-12, abs=1e-300, nan_ok=True)


def answers(name, point, upstream):
    """The value, and the gradient that backward() sends to each operand."""
    operands = [Value(x) for x in point]
    out = PRIMITIVES[name](*operands)
    out.backward(upstream)
    return [out.data, *[operand.grad for operand in operands]]


def recorded(framework, upstream):
    """(primitive, point, [value, gradients]) of every row."""
    for name, point, value, of_one, of_infinity in RECORDED[framework]["rows"]:
        yield name, point, [value, *(of_one if upstream == 1.0 else of_infinity)]


@pytest.mark.parametrize("upstream", UPSTREAM)
@pytest.mark.parametrize("framework", RECORDED)
def test_conventions_are_those_recorded(framework, upstream):
    wrong = []
    for name, point, expected in recorded(framework, upstream):
        excepted, _ = UPSTREAM[upstream].get((framework, name), (lambda *point: False, ""))
        if not excepted(*point) and not all(map(same, answers(name, point, upstream), expected)):
            wrong.append((name, point, answers(name, point, upstream), expected))

    assert wrong == []


@pytest.mark.parametrize(
    ("upstream", "framework", "name"), [(u, *key) for u, table in UPSTREAM.items() for key in table], ids=str
)
def test_differences_are_explained(upstream, framework, name):
    """A difference that no longer exists must leave the list."""
    excepted, word = UPSTREAM[upstream][framework, name]
    rows = [row for row in recorded(framework, upstream) if row[0] == name and excepted(*row[1])]
    explained = primitives.__doc__.partition("Conventions")[2]

    assert any(not all(map(same, answers(name, point, upstream), expected)) for _, point, expected in rows)
    assert word in explained
    assert {"torch": "PyTorch", "jax": "JAX"}[framework] in explained


def test_values_never_differ():
    """Only gradients are conventions; values are IEEE 754's, except PyTorch's sign(nan) = 0."""
    for table in RECORDED.values():
        for name, point, value, *_ in table["rows"]:
            if name != "sign":
                assert same(PRIMITIVES[name](*point), value), (name, point)
