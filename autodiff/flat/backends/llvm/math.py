"""exp, log, tanh and sigmoid in every lane: no table, no call, no branch, at most 2 ulp on the whole range.

Each takes a Lanes and the name of a vector and returns the name of the result. The method is the classical one: reduce
the argument to a small interval, evaluate a polynomial (by the Remez exchange), restore the exponent through the bits.
nan stays nan; infinities, zeros and subnormals are correct.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from .builder import Lanes

LN2_HIGH, LN2_LOW = float.fromhex("0x1.62e42fefa3800p-1"), float.fromhex("0x1.ef35793c76730p-45")
LN2 = 0.6931471805599453
LN2_REST = 2.3190468138462996e-17  # ln 2 - LN2
LOG2_E = 1.4426950408889634
MAGIC = float.fromhex("0x1.8p52")  # adding it rounds to a whole number, in the low bits
SQRT_HALF = 0.7071067811865476

EXPONENTIAL = [  # (e^r - 1 - r) / r^2 for |r| <= ln2 / 2
    0.5000000000000006, 0.16666666666666685, 0.041666666666574176, 0.008333333333314673, 0.0013888888932229824,
    0.00019841269902862123, 2.4801504602877534e-05, 2.7557228099634184e-06, 2.762626995162257e-07,
    2.5114428297704208e-08,
]  # fmt: skip
LOGARITHM = [  # (log((1 + s) / (1 - s)) - 2 s) / s^3 of z = s^2 for |s| <= 0.1716
    0.6666666666666731, 0.39999999999436897, 0.2857142873816645, 0.22222198957252245, 0.18183546204454218,
    0.1531447836689886, 0.14791953041900965,
]  # fmt: skip


def bits(x: float) -> int:
    """The 64 bits of a double as a Python int."""
    return int.from_bytes(struct.pack("<d", x), "little", signed=True)


def constants(v: Lanes, numbers: Sequence[float]) -> list[str]:
    return [v.constant(x) for x in numbers]


def polynomial(v: Lanes, terms: Sequence[str], x: str) -> str:
    """t0 + t1 x + t2 x^2 + ... by pairs (Estrin), the shortest chain of dependent steps."""
    while len(terms) > 1:
        terms = by_pairs(v, terms, x)
        if len(terms) > 1:
            x = v.mul(x, x)
    return terms[0]


def by_pairs(v: Lanes, terms: Sequence[str], x: str) -> list[str]:
    """[t0 + t1 x, t2 + t3 x, ...]"""
    pairs = [v.muladd(b, x, a) for a, b in zip(terms[::2], terms[1::2])]
    return [*pairs, *terms[len(pairs) * 2 :]]


def reduce_argument(v: Lanes, x: str, factor: float = 1.0) -> tuple[str, str, str]:
    """(shifted, n, r): factor x = n LN2 + r exactly, |r| <= ln2 / 2, and n in the low bits of ``shifted``."""
    shifted = v.fma(x, v.constant(factor * LOG2_E), v.constant(MAGIC))
    n = v.sub(shifted, v.constant(MAGIC))
    return shifted, n, v.fma(n, v.constant(-LN2), v.mul(x, v.constant(factor)))


def beyond_first(v: Lanes, r: str, low: str) -> str:
    """e^(r + low) - 1 - r for |r| <= ln2 / 2: low + (c0 + c1 r) r^2 + (c2 + c3 r) r^4 + ..."""
    return polynomial(v, [low, *by_pairs(v, constants(v, EXPONENTIAL), r)], v.mul(r, r))


def sum_of(v: Lanes, large: str, small: str) -> tuple[str, str]:
    """(sum, its rounding error), for |large| >= |small| or large = 0."""
    total = v.add(large, small)
    return total, v.sub(small, v.sub(total, large))


def exp_pair(v: Lanes, x: str) -> tuple[str, str, str]:
    """(h, low, shifted): e^x = (h + low) 2^n, where low is the rounding error of h."""
    shifted, n, exact = reduce_argument(v, x)
    r = v.fma(n, v.constant(-LN2_REST), exact)
    low = v.fma(n, v.constant(-LN2_REST), v.sub(exact, r))
    first, lost = sum_of(v, v.one, r)
    h, low = sum_of(v, first, v.add(lost, beyond_first(v, r, low)))
    return h, low, shifted


def two_to(v: Lanes, shifted: str) -> str:
    """2^n as a double, for -1022 <= n <= 1023."""
    return v.from_bits(v.integer("add", v.integer("shl", v.bits(shifted), 52), bits(1.0)))


def exp(v: Lanes, x: str) -> str:
    """e^x: 0 below -745.13, inf above 709.78, subnormal where the result is."""
    x = v.at_least(v.at_most(x, v.constant(710.0)), v.constant(-746.0))
    h, _, shifted = exp_pair(v, x)
    # 2^n in two factors: a single one overflows at n = 1024 and below -1022
    n = v.integer("sub", v.bits(shifted), bits(MAGIC) - 4096)  # n + 4096 > 0
    half = v.integer("lshr", n, 1)
    rest = v.integer("sub", n, half)
    first, second = (v.from_bits(v.integer("shl", v.integer("sub", part, 2048 - 1023), 52)) for part in (half, rest))
    return v.mul(v.mul(h, first), second)


def log(v: Lanes, x: str) -> str:
    """log x: -inf at 0, nan below, inf at inf."""
    tiny = v.compare("olt", x, v.constant(2.0**-1022))
    scaled = v.select(tiny, v.mul(x, v.constant(2.0**54)), x)
    # m = scaled / 2^k lies in [sqrt(1/2), sqrt 2)
    raised = v.integer("add", v.bits(scaled), bits(1.0) - bits(SQRT_HALF))
    exponent = v.integer("lshr", raised, 52)  # k + 1023
    m = v.from_bits(v.integer("sub", v.bits(scaled), v.integer("shl", v.integer("sub", exponent, 1023), 52)))
    counted = v.from_bits(v.integer("or", exponent, bits(2.0**52)))  # 2^52 + k + 1023
    k = v.sub(counted, v.select(tiny, v.constant(2.0**52 + 1023 + 54), v.constant(2.0**52 + 1023)))
    f = v.sub(m, v.one)
    s = v.div(f, v.add(f, v.constant(2.0)))
    z = v.mul(s, s)
    half_square = v.mul(v.mul(f, v.constant(0.5)), f)
    rest = v.mul(z, polynomial(v, constants(v, LOGARITHM), z))
    # log(1 + f) = f - f^2/2 + s (f^2/2 + rest): the largest part, f, is exact
    low = v.fma(s, v.add(half_square, rest), v.mul(k, v.constant(LN2_LOW)))
    result = v.fma(k, v.constant(LN2_HIGH), v.sub(f, v.sub(half_square, low)))
    result = v.select(v.compare("olt", x, v.constant(float("inf"))), result, x)  # inf and nan stay
    result = v.select(v.compare("olt", x, v.zero), v.constant(float("nan")), result)
    return v.select(v.compare("oeq", x, v.zero), v.constant(float("-inf")), result)


def tanh(v: Lanes, x: str) -> str:
    """tanh x = g / (g + 2) with g = e^2|x| - 1, with the sign of x."""
    size = v.at_most(v.absolute(x), v.constant(22.0))
    shifted, n, r = reduce_argument(v, size, 2.0)
    low = v.mul(n, v.constant(-LN2_REST))  # for large n tanh does not depend on it
    scale = two_to(v, shifted)
    first, lost = sum_of(v, v.sub(scale, v.one), v.mul(scale, r))
    g, low = sum_of(v, first, v.fma(scale, beyond_first(v, r, low), lost))  # exact near 0
    two = v.constant(2.0)
    large, small = v.at_least(g, two), v.at_most(g, two)
    d = v.add(g, two)
    lost = v.sub(small, v.sub(d, large))
    q = v.div(g, d)
    # q + (error of g - q times error of d) / d, where 1/d = (1 - q) / 2
    missing = v.fma(q, v.neg(v.add(lost, low)), low)
    return v.copysign(v.fma(missing, v.fma(q, v.constant(-0.5), v.constant(0.5)), q), x)


def sigmoid(v: Lanes, x: str) -> str:
    """1 / (1 + e^-x), below 0 as e^x / (1 + e^x), so that e^ never overflows."""
    h, low, shifted = exp_pair(v, v.at_least(v.neg(v.absolute(x)), v.constant(-746.0)))
    negative = v.compare("olt", x, v.zero)
    scale, rest = scales_down(v, shifted)
    e, low = v.mul(v.mul(h, scale), rest), v.mul(v.mul(low, scale), rest)
    d, lost = sum_of(v, v.one, e)
    q = v.div(v.select(negative, e, v.one), d)
    missing = v.fma(q, v.neg(v.add(lost, low)), v.select(negative, low, v.zero))
    over_d = v.select(negative, v.sub(v.one, q), q)  # 1 / d
    return v.fma(missing, over_d, q)


def scales_down(v: Lanes, shifted: str) -> tuple[str, str]:
    """Two factors whose product is 2^n, for -1077 <= n <= 0; the second is 1 unless n < -1000."""
    scale = v.integer("shl", v.bits(shifted), 52)
    small = v.let(f"icmp slt {v.integers} {v.bits(shifted)}, {v.whole(bits(MAGIC) - 1000)}")
    lift = v.bits(v.select(small, v.constant(2.0**200), v.one))
    return v.from_bits(v.integer("add", scale, lift)), v.select(small, v.constant(2.0**-200), v.one)


FUNCTIONS: dict[str, Callable[[Lanes, str], str]] = {"exp": exp, "log": log, "tanh": tanh, "sigmoid": sigmoid}
