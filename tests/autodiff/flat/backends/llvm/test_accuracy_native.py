"""How far machine code is off: exp, log, tanh and sigmoid in the lanes within 2 ulp on all of float64, edges exact.

``python -m pytest -m slow -s tests/autodiff/flat/backends/llvm/test_accuracy_native.py`` prints the table.
"""

import math

import mpmath
import numpy
import pytest
from mpmath import mp

from autodiff import PRIMITIVES, Value
from autodiff.flat.backends.llvm import Native
from autodiff.flat.backends.llvm.machine import machine
from tests.autodiff.test_accuracy import DOMAINS, errors, points
from tests.support.flat_samples import ready as made

INF, NAN, TINY, SMALLEST = math.inf, math.nan, 5e-324, 2.0**-1022
MOST = 2.0  # units in the last place
EXACT = {"exp": mpmath.exp, "log": mpmath.log, "tanh": mpmath.tanh, "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x))}
EDGES = {  # (answer, where)
    "exp": [
        (1.0, [0.0, -0.0, TINY, -TINY, SMALLEST, -SMALLEST, 2.0**-54, -(2.0**-55)]),
        (INF, [INF, 709.782712893385, 710.0, 1e4, 1e308]),
        (0.0, [-INF, -745.1332191019413, -746.0, -1e4, -1e308]),
        (TINY, [-745.1332191019411]),
    ],
    "log": [(-INF, [0.0, -0.0]), (NAN, [-INF, -1e308, -1.0, -SMALLEST, -TINY]), (0.0, [1.0]), (INF, [INF])],
    "tanh": [
        *[(x, [x]) for x in (0.0, -0.0, TINY, -TINY, 3e-320, SMALLEST, -SMALLEST, 1e-300, -1e-20, 2.0**-28)],
        (1.0, [INF, 19.1, 22.0, 22.1, 710.0, 1e308]),
        (-1.0, [-INF, -19.1, -22.0, -22.1, -710.0, -1e308]),
    ],
    "sigmoid": [
        (0.5, [0.0, -0.0, TINY, -TINY, SMALLEST, -SMALLEST, 2.0**-54]),
        (1.0, [INF, 37.5, 710.0, 746.0, 1e308]),
        (0.0, [-INF, -746.0, -1e4, -1e308]),
        (TINY, [-745.1332191019411]),
    ],
}
STEEP = {"exp": (-745.2, 709.79), "log": (0.3, 3.5), "tanh": (-20.0, 20.0), "sigmoid": (-745.2, 38.0)}
LN2 = math.log(2.0)
BENDS = {  # where the steps of functions.py change: multiples of ln2 / 2, powers of 2 and their square roots, ends
    "exp": [k * LN2 / 2.0 for k in range(-2152, 2050)] + [709.782712893384, -708.3964185322641, -745.1332191019411],
    "log": [2.0**k * m for k in range(-1074, 1024) for m in (1.0, math.sqrt(0.5), math.sqrt(2.0))],
    "tanh": [k * LN2 / 4.0 for k in range(-130, 130)] + [22.0, -22.0, 19.06154746539849],
    "sigmoid": [k * LN2 / 2.0 for k in range(-2152, 130)] + [-1000.0 * LN2, -1022.0 * LN2, -745.1332191019411],
}


def edges(name):
    """[(x, answer)], nan among them."""
    return [(x, answer) for answer, places in EDGES[name] for x in places] + [(NAN, NAN)]


def logistic(x):
    """1 / (1 + e^-x) of an array."""
    e = numpy.exp(-abs(x))
    return numpy.where(x < 0, e, 1) / (1 + e)


WIDE = {"exp": numpy.exp, "log": numpy.log, "tanh": numpy.tanh, "sigmoid": logistic}  # the math library's


def native(name):
    """The primitive in machine code, as a function of an array: its numbers are rows, each in a lane."""
    x = Value(0.5, "x")
    ready = made(Native, PRIMITIVES[name](x), [x], wrt=())
    return lambda xs: numpy.asarray(ready.rows([[x] for x in xs], []).outputs)[:, 0]


def grid(name, count):
    """About 8 times ``count`` numbers: log-spaced over float64 in both signs, dense where the function is steep, and
    the neighbors of 0, of 1 and of every bend."""
    random = numpy.random.default_rng(5)
    low, high = STEEP[name]
    sizes = 2.0 ** random.uniform(-1074.0, 1024.0, count)
    steep = random.uniform(low, high, 3 * count)
    small = random.choice([-1.0, 1.0], count) * 10.0 ** random.uniform(-20.0, 1.6, count)
    ones = 1.0 + random.choice([-1.0, 1.0], count) * 10.0 ** random.uniform(-16.0, 0.0, count)
    bends = numpy.array(BENDS[name])[random.integers(len(BENDS[name]), size=count)]
    near = bends + random.integers(-8, 9, count) * numpy.spacing(bends)
    subnormal = numpy.concatenate([TINY * numpy.arange(1.0, 40.0), SMALLEST + TINY * numpy.arange(-20.0, 20.0)])
    found = numpy.concatenate([sizes, -sizes, steep, small, ones, near, subnormal, -subnormal])
    return abs(found[found != 0.0]) if name == "log" else found


def ulps(found, exact):
    """|found - exact| in units in the last place of the exact answer, all beyond float64 being inf."""
    if math.isnan(found):
        return INF
    if math.isinf(found) or abs(exact) >= mp.mpf(2) ** 1024 * (1 - mp.mpf(2) ** -54):
        return 0.0 if found == float(exact) else INF
    exponent = max(mpmath.frexp(abs(exact))[1] - 53, -1074)
    return float(abs(mp.mpf(float(found)) - exact) / mp.mpf(2) ** exponent)


def worst(name, xs, found):
    """(ulps, x) of the worst of these numbers, by mpmath at 140 bits."""
    with mp.workprec(140):
        return max((ulps(y, EXACT[name](mp.mpf(x))), x) for x, y in zip(xs.tolist(), found.tolist()))


def suspects(name, xs, found, count):
    """The places of the numbers that are worst by the math library."""
    with numpy.errstate(all="ignore"):
        exact = WIDE[name](xs.astype(numpy.longdouble))  # 11 more bits on x86
        rounded = exact.astype(float)
        off = abs(found - exact) / numpy.spacing(abs(rounded))
    same = (found == rounded) | (numpy.isnan(found) & numpy.isnan(rounded))
    return numpy.argsort(numpy.where(same, 0.0, numpy.nan_to_num(off, nan=INF)))[-count:]


def is_exactly(found, expected):
    """Whether it is that number, nan as nan, and 0 with its sign."""
    if math.isnan(expected):
        return math.isnan(found)
    return found == expected and math.copysign(1.0, found) == math.copysign(1.0, expected)


@pytest.mark.parametrize("name", EXACT)
def test_a_function_in_the_lanes_is_within_2_units(name):
    xs = grid(name, 500)

    assert worst(name, xs, native(name)(xs))[0] <= MOST


@pytest.mark.slow
@pytest.mark.parametrize("width", [8, 4])
@pytest.mark.parametrize("name", EXACT)
def test_a_million_numbers_are_within_2_units(name, width, monkeypatch, capsys):
    """The worst by the math library, and some of the others, are held against mpmath."""
    monkeypatch.setattr(machine(), "width", width)
    xs = grid(name, 160_000)
    found = native(name)(xs)

    chosen = numpy.concatenate([suspects(name, xs, found, 3000), numpy.arange(0, len(xs), 500)])
    error, x = worst(name, xs[chosen], found[chosen])

    with capsys.disabled():
        print(f"\n{name:8} {width} lanes {len(xs):9,} numbers  worst {error:.3f} ulp at {x!r}", end="  ")
    assert len(xs) >= 1_000_000
    assert error <= MOST


@pytest.mark.parametrize("name", EDGES)
def test_edges_are_exact_in_every_lane_and_leave_the_others_alone(name):
    function, width = native(name), machine().width
    alone = function(numpy.full(1, 0.75))[0]

    for x, expected in edges(name):
        for lane in range(width + 1):
            xs = numpy.full(width + 3, 0.75)
            xs[lane] = x
            found = function(xs).tolist()
            assert is_exactly(found.pop(lane), expected), (x, lane)
            assert set(found) == {alone}


@pytest.mark.parametrize("name", EXACT)
def test_a_function_of_a_parameter_alone_is_what_it_is_in_the_lanes(name):
    """What no row changes is computed once, outside the vectors."""
    w, x = Value(0.5, "w"), Value(0.5, "x")
    ready, function = made(Native, [PRIMITIVES[name](w), x], [x], [w], ()), native(name)

    for number in [*[x for x, _ in edges(name)], *grid(name, 20).tolist()]:
        ((found, _),) = ready.rows([[1.0]], [number]).outputs
        assert is_exactly(found, function([number])[0]), number


@pytest.mark.slow
@pytest.mark.parametrize("name", PRIMITIVES)
def test_every_primitive_is_as_exact_in_machine_code_as_the_engine_has_to_be(name, capsys):
    """Values within 2 units, gradients within 4 (or what is allowed there), on the grid of the table of primitives."""
    off, wrong = {}, []
    calls = [call for call in points(name) if DOMAINS.get(name, lambda *call: True)(*call)]
    for count in sorted({len(call) for call in calls}):
        leaves = [Value(1.0, f"x{i}") for i in range(count)]
        mine = [call for call in calls if len(call) == count]
        found = made(Native, PRIMITIVES[name](*leaves), leaves).rows(mine, [])
        for call, (value,), slopes in zip(mine, found.outputs, found.input_gradients):
            for place, (error, room) in enumerate(errors(name, call, value, slopes)):
                off[place] = max(off.get(place, 0.0), error)
                if error > room:
                    wrong.append((place, call, error, room))
    with capsys.disabled():
        print(f"\n{name:14}", *[f"{off[place]:9.3g}" for place in sorted(off)], end="  ")

    assert wrong == []
