"""Sample points of every primitive, with what it is in mpmath's words: the tests loop over this table."""

import mpmath
from mpmath import mp

# For each primitive: what it is, in mpmath's words, and points away from its kinks.
SAMPLES = {
    "add": (lambda a, b: a + b, [(-2.0, 5.0), (0.25, 1e-3)]),
    "sub": (lambda a, b: a - b, [(-2.0, 5.0), (0.25, 1e-3)]),
    "mul": (lambda a, b: a * b, [(3.0, -4.0), (0.0, 2.5)]),
    "div": (lambda a, b: a / b, [(3.0, -4.0), (-0.7, 0.3)]),
    "neg": (lambda a: -a, [(1.5,), (-2.0,)]),
    "reciprocal": (lambda a: 1 / a, [(1.37,), (-0.2,), (1e8,)]),
    "power": (lambda a, b: a**b, [(2.0, 3.0), (0.5, -1.7), (10.0, 0.5)]),
    "exp": (mpmath.exp, [(0.3,), (-2.5,), (20.0,)]),
    "expm1": (mpmath.expm1, [(1e-5,), (-2.5,), (3.0,)]),
    "log": (mpmath.log, [(0.3,), (1e-8,), (1e8,)]),
    "log1p": (mpmath.log1p, [(1e-5,), (-0.9,), (3.0,)]),
    "sqrt": (mpmath.sqrt, [(2.0,), (1e-8,), (1e8,)]),
    "sin": (mpmath.sin, [(0.7,), (-2.0,), (3.0,)]),
    "cos": (mpmath.cos, [(0.7,), (-2.0,), (3.0,)]),
    "tan": (mpmath.tan, [(0.7,), (-1.0,), (3.0,)]),
    "tanh": (mpmath.tanh, [(0.7,), (-1.0,), (1e-4,)]),
    "sigmoid": (lambda a: 1 / (1 + mpmath.exp(-a)), [(1.0,), (-3.0,), (0.0,)]),
    "softplus": (lambda a: mpmath.log1p(mpmath.exp(a)), [(1.0,), (-30.0,), (40.0,)]),
    "log_sigmoid": (lambda a: -mpmath.log1p(mpmath.exp(-a)), [(1.0,), (-30.0,), (30.0,)]),
    "relu": (lambda a: max(a, mp.zero), [(1.5,), (-2.0,)]),
    "leaky_relu": (lambda a, slope: a if a > 0 else slope * a, [(1.5, 0.1), (-2.0, 0.1), (-0.5, 0.25)]),
    "elu": (lambda a, alpha: a if a > 0 else alpha * mpmath.expm1(a), [(1.5, 1.0), (-2.0, 1.0), (-0.5, 0.7)]),
    "abs": (abs, [(1.5,), (-2.0,)]),
    "sign": (mpmath.sign, [(1.5,), (-2.0,)]),
    "heaviside": (lambda a, at_zero: mp.one * (a > 0), [(1.5, 0.5), (-2.0, 0.5)]),
    "clip": (lambda a, low, high: min(max(a, low), high), [(0.3, -1.0, 1.0), (-2.0, -1.0, 1.0), (2.0, -1.0, 1.0)]),
    "maximum": (max, [(2.0, 0.5), (-3.0, 1.0)]),
    "minimum": (min, [(2.0, 0.5), (-3.0, 1.0)]),
    "less": (lambda a, b: mp.one * (a < b), [(1.0, 2.0), (2.0, 1.0)]),
    "less_equal": (lambda a, b: mp.one * (a <= b), [(1.0, 2.0), (2.0, 1.0)]),
    "greater": (lambda a, b: mp.one * (a > b), [(1.0, 2.0), (2.0, 1.0)]),
    "greater_equal": (lambda a, b: mp.one * (a >= b), [(1.0, 2.0), (2.0, 1.0)]),
    "equal": (lambda a, b: mp.one * (a == b), [(1.0, 2.0)]),
    "not_equal": (lambda a, b: mp.one * (a != b), [(1.0, 2.0)]),
    "where": (lambda condition, a, b: a if condition > 0.5 else b, [(1.0, 3.0, 4.0), (0.0, 3.0, 4.0)]),
    "stop_gradient": (lambda a: a, [(1.5,), (-2.0,)]),
    "sum": (lambda *terms: mpmath.fsum(terms), [(1.0,), (1.0, -2.5, 0.25)]),
    "dot": (
        lambda *a: a[-1] + mpmath.fsum(w * x for w, x in zip(a[: len(a) // 2], a[len(a) // 2 : -1])),
        [(0.5,), (2.0, 3.0, 0.5), (2.0, -1.0, 0.3, 4.0, -0.5)],
    ),
    "logsumexp": (
        lambda *terms: mpmath.log(mpmath.fsum(mpmath.exp(term) for term in terms)),
        [(1.5,), (1.0, 2.0, 3.0), (-700.0, -701.0)],
    ),
    "largest": (lambda *terms: max(terms), [(1.5,), (1.0, -2.0), (0.5, 3.0, 2.0)]),
    "norm": (lambda *terms: mpmath.sqrt(mpmath.fsum(t * t for t in terms)), [(-1.5,), (3.0, -4.0), (0.3, -1.2, 2.0)]),
}

# For each primitive with a kink: points on it, and the local gradients that are the convention there (None: no edge).
KINKS = {
    "relu": [((0.0,), (0.0,)), ((-0.0,), (0.0,))],
    "leaky_relu": [((0.0, 0.01), (0.01, 0.0))],
    "elu": [((0.0, 2.0), (2.0, 0.0))],
    "abs": [((0.0,), (0.0,))],
    "sign": [((0.0,), (0.0,))],
    "heaviside": [((0.0, 0.5), (0.0, 1.0))],
    "clip": [((-1.0, -1.0, 1.0), (1.0, 0.0, 0.0)), ((1.0, -1.0, 1.0), (1.0, 0.0, 0.0))],
    "maximum": [((2.0, 2.0), (0.5, 0.5))],
    "minimum": [((2.0, 2.0), (0.5, 0.5))],
    "largest": [((2.0, 2.0), (0.5, 0.5)), ((3.0, 3.0, 1.0, 3.0), (1 / 3, 1 / 3, 0.0, 1 / 3))],
    **{
        name: [((2.0, 2.0), (None, None))]
        for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
    },
}
