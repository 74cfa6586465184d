"""Numerical derivatives: difference quotients extrapolated to step 0, with an estimate of their error.

Ridders (1982): quotients at steps h, h/1.4, h/1.96, ... go through Neville's scheme, and the entry
that moved least is the answer, its movement the error. A quotient also carries what rounding may
have changed in it; the sum of both is made small by trying wider and narrower first steps.
"""

from __future__ import annotations

from math import isfinite

from ..ieee import INF, NAN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[[float], float]

SHRINK = 1.4  # each step of the scheme over the next
ROWS = 12
ROUNDING = 2.0**-51  # of a function value and of its argument, relative
SMALLEST = 2.0**-1074
GOOD = 1e-10  # an error as small as this, relative, is not worth another first step


class Slope:
    """A numerical derivative, its error, and the part of the error that is due to rounding."""

    __slots__ = ("error", "rounding", "value")

    def __init__(self, value: float = NAN, error: float = INF, rounding: float = INF) -> None:
        self.value = value
        self.error = error
        self.rounding = rounding

    def within(self, tolerance: float) -> bool:
        """Whether the error is at most this part of the value."""
        return self.error <= tolerance * abs(self.value)


def quotient(function: Function, x: float, step: float, side: int, noise: float) -> tuple[float, float]:
    """(difference quotient of the step, what rounding may have changed in it); nan, inf outside the domain.

    Across x for side 0. For side 1 or -1 between two points to the right or left of x, never at x:
    so a function that jumps at x still has a slope on either side. ``noise`` is what rounding inside
    the function may change in its value, beyond the last places of the value itself.
    """
    ends = (x + step, x - step) if side == 0 else (x + 2.0 * side * step, x + side * step)
    values = function(ends[0]), function(ends[1])
    width = ends[0] - ends[1]
    slope = (values[0] - values[1]) / width if width else NAN
    if not isfinite(slope):
        return NAN, INF
    uncertain = ROUNDING * max(map(abs, values)) + ROUNDING * abs(x) * abs(slope) + noise + SMALLEST
    return slope, uncertain / abs(width)


def extrapolated(function: Function, x: float, step: float, side: int, noise: float) -> Slope:
    """The derivative by Ridders' scheme, from one first step."""
    best = Slope()
    previous: list[float] = []
    gain = SHRINK if side else SHRINK * SHRINK  # quotients across x are even in the step
    for _ in range(ROWS):
        slope, rounding = quotient(function, x, step, side, noise)
        if slope != slope:
            break
        row, weight = [slope], 1.0
        for older in previous:
            weight *= gain
            row.append(row[-1] + (row[-1] - older) / (weight - 1.0))
            error = abs(row[-1] - older) + rounding
            if error < best.error:
                best = Slope(row[-1], error, rounding)
        if previous and (abs(row[-1] - previous[-1]) >= 2.0 * best.error or best.error <= 2.0 * rounding):
            break  # further steps only add rounding
        previous, step = row, step / SHRINK
    return best


def slope_at(function: Function, x: float, side: int, noise: float) -> Slope:
    """The derivative of the function at x: from both sides, or for side 1 or -1 from the right or left only.

    The first step is 0.01 * abs(x), or 0.01 at 0. It is widened as long as rounding dominates, and
    narrowed where the function is undefined or too bent that far away.
    """
    first = 0.01 * abs(x) or 0.01
    narrowest, widest = 1e-18 * first, 100.0 * max(1.0, abs(x))
    best = extrapolated(function, x, first, side, noise)
    for factor in (10.0, 0.1):
        widening, step, misses = factor > 1.0, first, 0
        while not best.within(GOOD) and misses < 3 and narrowest < step < widest:
            if (best.rounding > 0.1 * best.error) != widening:
                break  # wider steps help against rounding, narrower ones against all else
            step *= factor
            trial = extrapolated(function, x, step, side, noise)
            contradicts = widening and abs(trial.value - best.value) > 20.0 * best.error
            if trial.error < best.error and not contradicts:  # far away may be another branch
                best = trial
            elif widening:
                misses += 1
    return best
