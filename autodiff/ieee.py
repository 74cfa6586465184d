"""Numbers: functions as in C99 and IEEE 754, which return inf or nan where Python's raise an exception."""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

INF, NAN = math.inf, math.nan
# A value or rule that raises one of these runs again with guards; if it raises again, the gate's name joins the error.
ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, NameError, RuntimeError, TypeError, ValueError)
SPLITTER, ROOT_HALF = 2.0**27 + 1.0, math.sqrt(0.5)


def guard_domain(
    function: Callable[[float], float], domain: Callable[[float], float] = lambda x: NAN
) -> Callable[[float], float]:
    """``function``, but ``domain(x)`` where it is undefined and inf where it overflows."""

    def guarded(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return domain(x)
        except OverflowError:
            return INF

    guarded.__name__ = guarded.__qualname__ = function.__name__
    guarded.__doc__ = function.__doc__
    return guarded


exponential = guard_domain(math.exp)
exponential_minus_1 = guard_domain(math.expm1)
logarithm = guard_domain(math.log, lambda x: -INF if x == 0.0 else NAN)
logarithm.__doc__ = "Return the natural logarithm of x."
logarithm_plus_1 = guard_domain(math.log1p, lambda x: -INF if x == -1.0 else NAN)
logarithm_to_base_2 = guard_domain(math.log2, lambda x: -INF if x == 0.0 else NAN)
logarithm_to_base_10 = guard_domain(math.log10, lambda x: -INF if x == 0.0 else NAN)
square_root = guard_domain(math.sqrt)
sine, cosine, tangent = guard_domain(math.sin), guard_domain(math.cos), guard_domain(math.tan)
arc_sine, arc_cosine = guard_domain(math.asin), guard_domain(math.acos)
hyperbolic_cosine, area_cosine = guard_domain(math.cosh), guard_domain(math.acosh)
area_tangent = guard_domain(math.atanh, lambda x: math.copysign(INF, x) if x in (1.0, -1.0) else NAN)


def quotient(a: float, b: float) -> float:
    """a / b; a / 0 is inf with the sign of the quotient, 0 / 0 is nan."""
    try:
        return a / b
    except ZeroDivisionError:
        return NAN if a == 0.0 or a != a else math.copysign(INF, a) * math.copysign(1.0, b)


def to_the_power(a: float, b: float) -> float:
    """a ** b as C99's pow, a square as a * a: never an exception, never a complex number."""
    if b == 2.0:
        return a * a
    try:
        return math.pow(a, b)
    except ValueError:  # 0 to a negative power is infinite, a negative number to a fraction is not defined
        infinite = a == 0.0
    except OverflowError:
        infinite = True
    if not infinite:
        return NAN
    return math.copysign(INF, a) if b % 2.0 == 1.0 else INF


def hyperbolic_sine(x: float) -> float:
    """Return the hyperbolic sine of x."""
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(INF, x)


def floor_of(x: float) -> float:
    """The largest whole number up to x."""
    return x // 1.0 if math.fabs(x) < INF else x


def truncated_remainder(a: float, b: float) -> float:
    """C99's fmod: the remainder of a / b, with the sign of a."""
    try:
        return math.fmod(a, b)
    except ValueError:
        return NAN


def remainder(a: float, b: float) -> float:
    """Python's a % b, with the sign of b; a % 0 is nan."""
    try:
        return a % b
    except ZeroDivisionError:
        return NAN


def whole_quotient(a: float, b: float) -> float:
    """Python's a // b; a // 0 is a / 0."""
    try:
        return a // b
    except ZeroDivisionError:
        return quotient(a, b)


# Chebyshev fits by mpmath, highest power first: e^(x^2 / 2) normal(-x) (1 + x) in (x - 4) / (x + 4), for x > 0.4;
# erf(x) / x in x^2 < 1/4.
TAIL = (
    -2.8902406968409976e-09, 3.4852640912601553e-09, 2.2586127200527932e-08, -1.581715703322222e-08,
    -1.1879427773630755e-07, -1.8694417127503305e-09, 5.589287693741559e-07, 4.060923688198875e-07,
    -2.616720835640204e-06, -3.432648515241119e-06, 1.3628212233173663e-05, 2.1250109605395365e-05,
    -8.78534855667974e-05, -9.443025271846623e-05, 0.0006948971465244666, -0.00028562309949535747,
    -0.005002378594406299, 0.017936097479860143, -0.03219783742794983, 0.028600364053542517, 0.013999634724423312,
    -0.0967034773265257, 0.47205320650984467,
)  # fmt: skip
MIDDLE = (
    1.4660595264225061e-06, -1.4839605492785208e-05, 0.00012053093513302067, -0.0008548292909201834,
    0.005223977319517828, -0.026866170629700648, 0.11283791670916103, -0.3761263890318337, 1.1283791670955126,
)  # fmt: skip


def polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    result = coefficients[0]
    for coefficient in coefficients[1:]:
        result = result * x + coefficient
    return result


# The functions from here to gated_logistic use only operators and the exponential given: they take symbols, too.


def product(a: Any, b: Any) -> tuple[Any, Any]:
    """(a * b rounded, its rounding error), from halves of 26 bits (Dekker 1971)."""
    whole, (a1, b1) = a * b, [x * SPLITTER - (x * SPLITTER - x) for x in (a, b)]
    a2, b2 = a - a1, b - b1
    return whole, a2 * b2 - (((whole - a1 * b1) - a2 * b1) - a1 * b2)


def bell(x: Any, steepness: Any, exp: Any = exponential) -> Any:
    """e^(-steepness x^2)."""  # corrected for the rounding of the exponent, which costs hundreds of ulps in the tail
    square, lost = product(x, x)
    exponent, rest = product(square, steepness)
    rounded = exp(-exponent)
    correction = rounded * (rest + lost * steepness)
    return rounded - correction if abs(correction) < INF else rounded  # nan where a product overflows


def tail(x: Any, factor: Any, exp: Any = exponential) -> Any:
    """factor * normal(-x) for x > 0.4, rounded three times; the tiny factor comes last."""
    x = 50.0 if x > 50.0 else x
    q = (x - 4.0) / (x + 4.0)
    last = polynomial(TAIL[:-1], q) * q
    top, below = last + TAIL[-1], 1.0 + x
    ratio = top / below
    back, rest = product(ratio, below)
    rest = top - back - rest + (last - (top - TAIL[-1])) - ratio * (1.0 - (below - x))
    square, lost = product(x, x)
    scaled, lower = product(factor, ratio)
    return exp(-0.5 * square) * (scaled + (lower + factor * (rest / below - 0.5 * lost * ratio)))


def error_function(x: Any, exp: Any = exponential) -> Any:
    """erf(x), for backends without math.erf."""
    if abs(x) < 0.5:
        return x * polynomial(MIDDLE, x * x)
    beyond = 1.0 - tail(abs(x) / ROOT_HALF, 2.0, exp)
    return -beyond if x < 0.0 else beyond


def normal(x: Any, exp: Any = exponential) -> Any:
    """The cumulative distribution of the standard normal: erfc(-x / sqrt 2) / 2, but exact in the tail."""
    if abs(x) < 0.4:
        return 0.5 + 0.5 * ROOT_HALF * x * polynomial(MIDDLE, 0.5 * x * x)
    return tail(-x, 1.0, exp) if x < 0.0 else 1.0 - tail(x, 1.0, exp)


def gated_normal(x: Any, exp: Any = exponential) -> Any:
    """x * normal_cdf(x)."""
    return tail(-x, x, exp) if x < -0.4 else x * normal(x, exp)


def gated_logistic(x: Any, exp: Any = exponential) -> Any:
    """x * sigmoid(x)."""  # in the tail the tiny factors come last
    return x * exp(0.5 * x) * exp(0.5 * x) if x < -709.0 else x / (1.0 + exp(-x))


def logistic(x: float) -> float:
    """1 / (1 + e^-x), arranged so that e^ never overflows."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def soft_plus(x: float) -> float:
    """log(1 + e^x), arranged so that e^ never overflows."""
    return rectify(x) + math.log1p(math.exp(-math.fabs(x)))


def rectify(x: float) -> float:
    return 0.0 if x <= 0.0 else x  # in this order, nan stays nan


def larger(a: float, b: float) -> float:
    return a if a >= b or a != a else b


def smaller(a: float, b: float) -> float:
    return a if a <= b or a != a else b


def clamp(x: float, low: float, high: float) -> float:
    return smaller(larger(x, low), high)


def step(x: float, at_zero: float) -> float:
    if x > 0.0:
        return 1.0
    if x < 0.0:
        return 0.0
    return at_zero if x == 0.0 else x


def signum(x: float) -> float:
    if x > 0.0:
        return 1.0
    if x < 0.0:
        return -1.0
    return 0.0 if x == 0.0 else x


def total(*terms: float) -> float:
    """t0 + t1 + ..., left to right."""  # unlike the builtin sum, which compensates from Python 3.12 on
    result = terms[0] if terms else 0.0
    for term in terms[1:]:
        result += term
    return result


def weighted_sum(*operands: float) -> float:
    """b + w0 * x0 + w1 * x1 + ..., left to right, of (w0, w1, ..., x0, x1, ..., b)."""
    n = len(operands) // 2
    result = operands[-1]
    for w, x in zip(operands[:n], operands[n:]):
        result += w * x
    return result


def largest_of(*terms: float) -> float:
    """The largest term; nan if there is one, -inf for no terms."""
    largest = -INF
    for term in terms:
        largest = larger(largest, term)
    return largest


def length(*terms: float) -> float:
    """sqrt(t0^2 + t1^2 + ...); no intermediate square overflows or vanishes."""
    return NAN if any(term != term for term in terms) else math.hypot(*terms)


def term_at(*operands: float) -> float:
    """The term tk of (t0, t1, ..., k); IndexError if it does not exist."""
    *terms, index = operands
    if not 0.0 <= index < len(terms) or index % 1.0:
        raise IndexError(f"take needs a whole index from 0 to {len(terms) - 1}, got {index:g}")
    return terms[int(index)]


def log_sum_exp(*terms: float) -> float:
    """log(e^t0 + e^t1 + ...), the largest term factored out so that e^ never overflows."""
    largest = largest_of(*terms)
    if largest in (INF, -INF):
        return largest
    return largest + math.log(total(*[math.exp(term - largest) for term in terms]))


def number(x: Any) -> float | None:
    """x as a float if it is a number (int, bool, Fraction, Decimal, scalar or array of shape ()), else None."""
    if isinstance(x, (float, int)):
        return float(x)
    if getattr(x, "shape", None) == () and hasattr(x, "item") and getattr(x.dtype, "kind", "") not in ("M", "m"):
        x = x.item()  # but not a date or duration, which may become an int
    return float(x) if hasattr(type(x), "as_integer_ratio") else None


def real(x: Any, place: str) -> float:
    """x as a float; otherwise a TypeError that names ``place`` and x."""
    if type(x) is float:
        return x
    converted = number(x)
    if converted is None:
        hint = "; pass its members one by one, from x.tolist()" if getattr(x, "shape", ()) else ""
        raise TypeError(f"{place} takes a real number, got {type(x).__name__}: {x!r:.60}{hint}")
    return converted
