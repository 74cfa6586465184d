"""Second derivatives are symmetric wherever they exist; kinks are reported."""

import math
from itertools import combinations, product

import pytest

import autodiff
from autodiff import PRIMITIVES, Value, check_gradients, hessian, maxout
from autodiff.graph import on_kink
from tests.support.primitive_samples import SAMPLES

EDGES = (0.0, 1.0, -1.0, 2.0, 0.5, 1e-3, -2.5)
SEVERAL = [name for name, (_, points) in SAMPLES.items() if any(2 <= len(point) <= 3 for point in points)]


@pytest.mark.parametrize("name", SEVERAL)
def test_second_derivatives_are_symmetric(name):
    primitive = PRIMITIVES[name]
    counts = {len(point) for point in SAMPLES[name][1] if 2 <= len(point) <= 3}
    points = [point for count in counts for point in product(EDGES, repeat=count)]
    compared = 0
    for point in [*points, *[p for p in SAMPLES[name][1] if 2 <= len(p) <= 3]]:
        if name == "take" and point[-1] not in range(len(point) - 1):
            continue  # an index of no term
        if on_kink(primitive(*map(Value, point))):
            continue
        table = hessian(primitive)(*point)
        for i, j in combinations(range(len(point)), 2):
            if math.isfinite(table[i][j]) and math.isfinite(table[j][i]) and not undefined(name, point):
                compared += 1
                assert table[i][j] == pytest.approx(table[j][i], rel=1e-9, abs=1e-12), (point, i, j)

    assert compared >= 8


def undefined(name, point):
    """Whether only first derivatives exist: d2(a ** b) / da db is infinite at a = 0, b <= 1."""
    return name == "power" and point[0] == 0.0 and point[1] <= 1.0


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (2.0, 0.0, ((0.0, 0.5), (0.5, math.log(2.0) ** 2))),
        (0.0072, 0.0, ((0.0, 1 / 0.0072), (1 / 0.0072, math.log(0.0072) ** 2))),
        (1e-8, 0.0, ((0.0, 1e8), (1e8, math.log(1e-8) ** 2))),
        (1e6, 0.0, ((0.0, 1e-6), (1e-6, math.log(1e6) ** 2))),
        (3.0, 1.0, ((0.0, 1.0 + math.log(3.0)), (1.0 + math.log(3.0), 3.0 * math.log(3.0) ** 2))),
        (0.0, 3.0, ((0.0, 0.0), (0.0, 0.0))),
        (0.0, 2.0, ((2.0, 0.0), (0.0, 0.0))),
    ],
)
def test_second_derivatives_of_powers(a, b, expected):
    found = hessian(lambda a, b: a**b)(a, b)

    assert found[0] == pytest.approx(expected[0], rel=1e-12)
    assert found[1] == pytest.approx(expected[1], rel=1e-12)


def test_third_derivatives_of_powers():
    """d3(a^b) / da2 db = (2b - 1) a^(b-2) + b (b-1) a^(b-2) log a, at b = 1 and b = 0."""
    for a, b in product((0.5, 2.0, 30.0), (0.0, 1.0, 2.0)):
        third = autodiff.grad(lambda a, b: hessian(lambda a, b: a**b)(a, b)[0][0], argnums=1)(a, b)
        assert third == pytest.approx(a ** (b - 2) * (2 * b - 1 + b * (b - 1) * math.log(a)), rel=1e-12)


# --- Ties --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("runner", ["eager", "source", "batch", "native"])
@pytest.mark.parametrize(
    ("values", "shares"),
    [
        ([2.0, 2.0], [1 / 2, 1 / 2]),
        ([3.0, 3.0, 3.0], [1 / 3, 1 / 3, 1 / 3]),
        ([1.0, 3.0, 3.0], [0.0, 1 / 2, 1 / 2]),
        ([3.0, 1.0, 3.0, 3.0], [1 / 3, 0.0, 1 / 3, 1 / 3]),
        ([-1.0, -1.0, -1.0, -1.0, -2.0], [1 / 4, 1 / 4, 1 / 4, 1 / 4, 0.0]),
        ([5.0, 1.0, 2.0], [1.0, 0.0, 0.0]),
        ([0.0, -0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]),
        ([math.inf, 1.0, math.inf], [1 / 2, 0.0, 1 / 2]),
    ],
)
def test_maximum_shares_a_tie_equally(runner, values, shares):
    if runner == "eager":
        leaves = [Value(x) for x in values]
        maxout(leaves).backward()
        assert [leaf.grad for leaf in leaves] == shares
    else:
        assert autodiff.compile(maxout, runner).value_and_grad(values) == (max(values), shares)


def test_maximum_tie_of_three_is_reported():
    check = check_gradients(lambda *xs: maxout(xs), 2.0, 2.0, 2.0)
    node = maxout([Value(2.0), Value(2.0), Value(1.0)])

    assert bool(check)
    assert "kink" in str(check)
    assert on_kink(node)
    assert "the largest inputs get equal shares" in node.steps()[0].sentence
