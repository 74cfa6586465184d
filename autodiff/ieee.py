"""Numbers: the functions of C99 and IEEE 754, which answer inf or nan where Python raises an exception."""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

INF, NAN = math.inf, math.nan


def guarded(function: Callable[[float], float], domain: Callable[[float], float]) -> Callable[[float], float]:
    """``function``, but ``domain(x)`` where it is undefined and inf where it overflows."""

    def guard(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return domain(x)
        except OverflowError:
            return INF

    guard.__name__ = guard.__qualname__ = function.__name__
    return guard


def undefined(x: float) -> float:
    return NAN


exponential = guarded(math.exp, undefined)
exponential_minus_1 = guarded(math.expm1, undefined)
logarithm = guarded(math.log, lambda x: -INF if x == 0.0 else NAN)
logarithm_plus_1 = guarded(math.log1p, lambda x: -INF if x == -1.0 else NAN)
square_root = guarded(math.sqrt, undefined)
sine, cosine, tangent = guarded(math.sin, undefined), guarded(math.cos, undefined), guarded(math.tan, undefined)


def quotient(a: float, b: float) -> float:
    """a / b; a / 0 is inf with the sign of both, 0 / 0 is nan."""
    try:
        return a / b
    except ZeroDivisionError:
        return NAN if a == 0.0 or a != a else math.copysign(INF, a) * math.copysign(1.0, b)


def to_the_power(a: float, b: float) -> float:
    """a ** b as C99's pow, a square as the product it is: never an exception, never a complex number."""
    if b == 2.0:
        return a * a
    try:
        return math.pow(a, b)
    except ValueError:  # 0 to a negative power is infinite, a negative number to a fraction undefined
        infinite = a == 0.0
    except OverflowError:
        infinite = True
    if not infinite:
        return NAN
    return math.copysign(INF, a) if b % 2.0 == 1.0 else INF


def logistic(x: float) -> float:
    """1 / (1 + e^-x), written so that e^ never overflows."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def soft_plus(x: float) -> float:
    """log(1 + e^x), written so that e^ never overflows."""
    return rectify(x) + math.log1p(math.exp(-math.fabs(x)))


def rectify(x: float) -> float:
    return 0.0 if x <= 0.0 else x  # this way round, nan stays nan


def larger(a: float, b: float) -> float:
    return a if a >= b or a != a else b


def smaller(a: float, b: float) -> float:
    return a if a <= b or a != a else b


def step(x: float, at_zero: float) -> float:
    return 1.0 if x > 0.0 else 0.0 if x < 0.0 else at_zero if x == 0.0 else x


def signum(x: float) -> float:
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0 if x == 0.0 else x


def total(*terms: float) -> float:
    """t0 + t1 + ..., left to right: the builtin sum compensates from Python 3.12 on."""
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
    """The largest term; nan where there is one, -inf of none."""
    largest = -INF
    for term in terms:
        largest = larger(largest, term)
    return largest


def length(*terms: float) -> float:
    """sqrt(t0^2 + t1^2 + ...); no square on the way overflows or vanishes."""
    return NAN if any(term != term for term in terms) else math.hypot(*terms)


def log_sum_exp(*terms: float) -> float:
    """log(e^t0 + e^t1 + ...), the largest term taken out so that e^ never overflows."""
    largest = largest_of(*terms)
    if largest in (INF, -INF):
        return largest  # a nan among the terms would be the largest
    return largest + math.log(total(*[math.exp(term - largest) for term in terms]))


def number(x: Any) -> float | None:
    """x as a float where it is a number (int, bool, Fraction, Decimal, scalar or array of shape ()), else None."""
    if isinstance(x, (float, int)):
        return float(x)
    if getattr(x, "shape", None) == () and hasattr(x, "item") and getattr(x.dtype, "kind", "") not in ("M", "m"):
        x = x.item()  # a date or a duration may come out as an int
    return float(x) if hasattr(type(x), "as_integer_ratio") else None


def real(x: Any, place: str) -> float:
    """x as a float, or a TypeError that says where it was given and what it is."""
    if type(x) is float:
        return x
    converted = number(x)
    if converted is None:
        hint = "; give its members one by one, as x.tolist() holds them" if getattr(x, "shape", ()) else ""
        raise TypeError(f"{place} takes a real number, got {type(x).__name__}: {x!r:.60}{hint}")
    return converted
