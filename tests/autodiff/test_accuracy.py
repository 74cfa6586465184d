"""Errors of every primitive and its local gradients against mpmath, in ulps, over all of float64.

``python -m pytest -m slow -s tests/autodiff/test_accuracy.py`` prints the table.
"""

import math
from itertools import product

import mpmath
import pytest
from mpmath import mp

from autodiff import PRIMITIVES
from tests.support.primitive_samples import SAMPLES

pytestmark = pytest.mark.slow

SIZES = [5e-324, 3e-320, 2.2250738585072014e-308, *[10.0**k * 1.2345678901234567 for k in range(-300, 300, 17)]]
SIZES += [10.0**k * m for k in range(-17, 3) for m in (1.0, 1.7, 3.3, 5.9)] + [0.5, 710.0, 745.0, 1e300, 1.7e308]
POINTS = sorted([-x for x in SIZES] + SIZES)
COARSE = POINTS[::9] + [-3.3, -1.0, -0.4, 0.4, 1.0, 3.3, 30.0, -30.0]
SHORT = COARSE[::4]
INF = math.inf
VALUE, LOCAL = 2.0, 4.0  # the most that is allowed, in units in the last place

# (primitive, operand): how far its local gradient may be off, in units in the last place, where that is more, and why.
EXCEPTIONS = {
    ("sigmoid", 0): (
        lambda exact, a: 2.0**-52 / math.ulp(exact),
        "(1 - out) * out, the lecture's form: exact to 2e-16, which is 0 in saturation",
    ),
    ("tanh", 0): (
        lambda exact, a: 2.0**-51 / math.ulp(exact),
        "1 - out * out, the lecture's form: exact to 4e-16, which is 0 in saturation",
    ),
    ("power", 0): (
        lambda exact, a, b: LOCAL + abs(math.log(a)) * max(1.0, abs(b)),
        "b * a ** (b - 1): b - 1 is rounded, and log(a) multiplies that",
    ),
    ("atan", 0): (
        lambda exact, a: 1e-308 / math.ulp(exact) if abs(a) > 1e154 else LOCAL,
        "1 / (1 + x * x), the lecture's form: 0 where the square overflows",
    ),
    ("gelu", 0): (
        lambda exact, a: LOCAL * below(a) / math.ulp(exact) * 2.0**-52,
        "a sum that vanishes at -0.75: exact relative to its terms",
    ),
    ("silu", 0): (
        lambda exact, a: LOCAL * logistic(a) / math.ulp(exact) * 2.0**-52,
        "a sum that vanishes at -1.28: exact relative to its terms",
    ),
    **{
        ("logsumexp", i): (
            lambda exact, *terms: LOCAL + 2.0 * max(map(abs, terms)),
            "exp(term - out), as in PyTorch: the difference is as exact as the larger of both",
        )
        for i in range(3)
    },
}


def points(name):
    """Operands on the grid: all of it for one, pairs of a coarser one for two, triples of a short one for more."""
    if name == "take":
        yield from ((*terms, index) for terms in product(SHORT, repeat=2) for index in (0.0, 1.0))
        return
    for count in sorted({len(point) for point in SAMPLES[name][1]} - {5}):
        yield from product({1: POINTS, 2: COARSE, 3: SHORT}[count], repeat=count)


def ulps(found, exact):
    """The distance in ulps of the exact result; 0 where both are infinite or too large."""
    rounded = float(exact)
    if math.isinf(found) or math.isinf(rounded):
        return 0.0 if found == rounded or abs(exact) > 1.797e308 else INF
    return float(abs(mp.mpf(found) - exact) / mp.mpf(math.ulp(rounded)))


def logistic(a):
    return 1 / (1 + mpmath.exp(-a))


def density(a):
    return mpmath.exp(-a * a / 2) / mpmath.sqrt(2 * mp.pi)


def below(a):
    """The share of a normal distribution below a; mpmath overflows for huge ones."""
    return mpmath.erfc(-max(min(a, 1000), -1000) / mpmath.sqrt(2)) / 2


DERIVATIVES = {
    "add": lambda a, b: (1, 1),
    "sub": lambda a, b: (1, -1),
    "mul": lambda a, b: (b, a),
    "div": lambda a, b: (1 / b, -a / b**2),
    "neg": lambda a: (-1,),
    "reciprocal": lambda a: (-1 / a**2,),
    "power": lambda a, b: (b * a ** (b - 1), a**b * mpmath.log(a)),
    "exp": lambda a: (mpmath.exp(a),),
    "expm1": lambda a: (mpmath.exp(a),),
    "log": lambda a: (1 / a,),
    "log1p": lambda a: (1 / (1 + a),),
    "sqrt": lambda a: (0.5 / mpmath.sqrt(a),),
    "sin": lambda a: (mpmath.cos(a),),
    "cos": lambda a: (-mpmath.sin(a),),
    "tan": lambda a: (1 + mpmath.tan(a) ** 2,),
    "log2": lambda a: (1 / (a * mpmath.log(2)),),
    "log10": lambda a: (1 / (a * mpmath.log(10)),),
    "asin": lambda a: (1 / mpmath.sqrt(1 - a * a),),
    "acos": lambda a: (-1 / mpmath.sqrt(1 - a * a),),
    "atan": lambda a: (1 / (1 + a * a),),
    "atan2": lambda a, b: (b / (a * a + b * b), -a / (a * a + b * b)),
    "hypot": lambda a, b: (a / mpmath.hypot(a, b), b / mpmath.hypot(a, b)),
    "sinh": lambda a: (mpmath.cosh(a),),
    "cosh": lambda a: (mpmath.sinh(a),),
    "asinh": lambda a: (1 / mpmath.sqrt(1 + a * a),),
    "acosh": lambda a: (1 / mpmath.sqrt(a * a - 1),),
    "atanh": lambda a: (1 / (1 - a * a),),
    "silu": lambda a: (logistic(a) * (1 + a * logistic(-a)),),
    "gaussian": lambda a, b: (-2 * a * b * mpmath.exp(-b * a * a), -a * a * mpmath.exp(-b * a * a)),
    "erf": lambda a: (2 / mpmath.sqrt(mp.pi) * mpmath.exp(-a * a),),
    "normal_cdf": lambda a: (density(a),),
    "gelu": lambda a: (below(a) + a * density(a),),
    "floor": lambda a: (0,),
    "floor_div": lambda a, b: (0, 0),
    "mod": lambda a, b: (1, -mpmath.floor(a / b)),
    "fmod": lambda a, b: (1, -int(a / b)),
    "tanh": lambda a: (mpmath.sech(a) ** 2,),
    "sigmoid": lambda a: (logistic(a) * logistic(-a),),
    "softplus": lambda a: (logistic(a),),
    "log_sigmoid": lambda a: (logistic(-a),),
    "relu": lambda a: (a > 0,),
    "leaky_relu": lambda a, slope: (1 if a > 0 else slope, min(a, 0)),
    "elu": lambda a, alpha: (1 if a > 0 else alpha * mpmath.exp(a), mpmath.expm1(min(a, 0))),
    "abs": lambda a: (mpmath.sign(a),),
    "sign": lambda a: (0,),
    "heaviside": lambda a, at_zero: (0, 0),
    "clip": lambda a, low, high: ((low <= a) * (a <= high), (a < low) * (low <= high), max(a, low) > high),
    "maximum": lambda a, b: (a > b, b > a),
    "minimum": lambda a, b: (a < b, b < a),
    "where": lambda condition, a, b: (0, condition != 0, condition == 0),
    "sum": lambda *terms: [1] * len(terms),
    "dot": lambda w, x, b: (x, w, 1),
    "logsumexp": lambda *terms: shares(terms),
    "norm": lambda *terms: [term / mpmath.sqrt(mpmath.fsum(t * t for t in terms)) for term in terms],
    "largest": lambda *terms: [term == max(terms) for term in terms],
    "take": lambda *a: (*[a[-1] == k for k in range(len(a) - 1)], 0),
    "stop_gradient": lambda a: (0,),
    **dict.fromkeys(["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"], lambda a, b: (0, 0)),
}
VALUES = {  # where the words of the samples are too short for this grid
    "logsumexp": lambda *terms: log_of_sum(*terms),
    "clip": lambda a, low, high: min(max(a, low), high),
    "where": lambda condition, a, b: a if condition else b,
    "take": lambda *a: a[int(a[-1])],
    "normal_cdf": lambda a: below(a),
    "gelu": lambda a: a * below(a),
    "erf": lambda a: mpmath.erf(max(min(a, 1000), -1000)),
}
DOMAINS = {
    "log2": lambda a: a > 0.0,
    "log10": lambda a: a > 0.0,
    "asin": lambda a: abs(a) < 1.0,
    "acos": lambda a: abs(a) < 1.0,
    "acosh": lambda a: a > 1.0,
    "atanh": lambda a: abs(a) < 1.0,
    "log": lambda a: a > 0.0,
    "log1p": lambda a: a > -1.0,
    "sqrt": lambda a: a > 0.0,
    "power": lambda a, b: a > 0.0,
    "atan2": lambda a, b: math.hypot(a, b) < INF,
    "hypot": lambda a, b: math.hypot(a, b) < INF,
    "maximum": lambda a, b: a != b,
    "minimum": lambda a, b: a != b,
    "largest": lambda *terms: len({*terms}) == len(terms),
    "norm": lambda *terms: any(terms) and math.hypot(*terms) < INF,
    "sum": lambda *terms: sum(map(abs, terms)) < INF,
    "dot": lambda *a: len(a) == 3 and abs(a[0] * a[1]) + abs(a[2]) < INF,
}
WHOLE = {"floor", "floor_div", "mod", "fmod"}
RELATIVE = {"sum", "dot", "logsumexp"}  # their terms may cancel: they are exact relative to the sizes of those


def digits(name, point):
    """The digits needed for the exact result: arguments of sines and small terms next to 1 need many."""
    return (
        700
        if name in WHOLE
        else 400
        if name in ("sin", "cos", "tan") or (len(point) == 1 and abs(point[0]) < 1e4)
        else 60
    )


def shares(terms):
    """e^term / the sum of all e^term, exact for terms of any size."""
    parts = [mpmath.exp(term - max(terms)) for term in terms]
    return [part / mpmath.fsum(parts) for part in parts]


def log_of_sum(*terms):
    largest = max(terms)
    others = list(terms)
    others.remove(largest)
    return largest + mpmath.log1p(mpmath.fsum(mpmath.exp(term - largest) for term in others))


def errors(name, point, out=None, local_gradients=None):
    """(error, allowed error) in ulps of the value, then of each local gradient; by default the table's."""
    with mp.workdps(digits(name, point)):
        exact = list(map(mp.mpf, point))
        if out is None:
            out = PRIMITIVES[name](*point)
            local_gradients = PRIMITIVES[name].local_gradients(out, *point)
        value = mp.mpf(VALUES.get(name, SAMPLES[name][0])(*exact))
        room = 2.0**-52 * sizes(name, exact) + 5e-324 if name in RELATIVE else 0.0
        off = abs(mp.mpf(out) - value) / room if room else ulps(out, value)
        yield float(off), VALUE
        for i, (local, slope) in enumerate(zip(local_gradients, DERIVATIVES[name](*exact))):
            room = EXCEPTIONS[name, i][0](float(slope), *point) if (name, i) in EXCEPTIONS else LOCAL
            yield ulps(float(local or 0.0), mp.mpf(slope)), max(room, LOCAL)


def sizes(name, terms):
    """The size to which the rounding of a sum is relative."""
    if name == "logsumexp":
        return max([1, *map(abs, terms)])
    return abs(terms[0] * terms[1]) + abs(terms[2]) if name == "dot" else mpmath.fsum(map(abs, terms))


@pytest.mark.parametrize("name", PRIMITIVES)
def test_accuracy_of_values_and_local_gradients(name, capsys):
    worst, wrong = {}, []
    for point in points(name):
        if DOMAINS.get(name, lambda *point: True)(*point):
            for place, (error, room) in enumerate(errors(name, point)):
                worst[place] = max(worst.get(place, 0.0), error)
                if error > room:
                    wrong.append((place, point, error, room))
    with capsys.disabled():
        print(f"\n{name:14}", *[f"{worst[place]:9.3g}" for place in sorted(worst)], end="  ")
        print(*{reason for (row, _), (_, reason) in EXCEPTIONS.items() if row == name}, end="")

    assert wrong == []
