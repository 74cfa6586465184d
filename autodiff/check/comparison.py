"""One derivative, numerical and analytical side by side, and the verdict on it."""

from __future__ import annotations

from math import isfinite

from ..ieee import NAN
from .numerical import Curve, Slope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDING = 1e-9  # how much of itself a rule may be off by rounding alone
EPSILON = 2.0**-52
PRECISE = 1e-3  # an error of this part of what it judges is small enough to judge by
FLAT = 1e-12  # an error of this part of the slopes around is small enough
NORMAL = 2.0**-1022  # smaller floats have fewer digits
NEARBY = 1e-12  # of the first step beside x, a continuous function has hardly changed
FAR = 1e12  # times as far away, it shows how large its values are
VISIBLE = 2.0**-40  # a change, relative to these, that is more than rounding and bending


class CheckedInput:
    """A derivative with respect to one input, found in every way, and the verdict on it.

    Attributes
    ----------
    name, x, analytical
        The input, its number, and the derivative to be checked.
    forward, numerical, error : float
        The difference (f(x + h) - f(x)) / h, the derivative extrapolated to h = 0, and how far off that may be.
    left, right, jumps
        One-sided derivatives, nan where not looked at or none exists; whether the function itself jumps.
    verdict : str
        "ok", "kink" (the derivative or the function jumps here, and the analytical derivative lies between
        those of both sides), "fail", "undecided" (the numerical derivative is too uncertain to judge by), or
        "not finite" (infinite or nan: nothing to compare).
    """

    __slots__ = ("analytical", "error", "forward", "jumps", "left", "name", "numerical", "right", "verdict", "x")

    def __init__(self, name: str, function: Callable[[float], float], x: float, claim: Claim, h: float = 0.001) -> None:
        self.name, self.x, self.analytical = name, x, claim.gradient
        curve = Curve(function, x, claim.noise)
        self.forward = (curve.at(x + h) - curve.value) / h
        slope, self.jumps = curve.slope(0), False
        left = right = Slope()
        sure = isfinite(claim.gradient) and curve.smooth(slope) and not curve.stairs(slope)
        if sure and claim.agrees(slope) and claim.decided(curve, slope):
            self.verdict = "ok"
        else:
            left, right = curve.slope(-1), curve.slope(1)
            if not isfinite(slope.error):  # on the edge of the domain there is one side only
                slope = left if isfinite(left.error) else right
            jump = isfinite(curve.value + left.error + right.error) and jumps(curve, left, right)
            self.jumps = jump is True
            self.verdict = verdict(curve, claim, slope, left, right, jump)
        self.numerical, self.error = slope.value, slope.error
        self.left, self.right = left.value, right.value
        if (self.jumps or self.verdict == "not finite") and not slope.within(PRECISE):
            self.numerical = NAN

    @property
    def difference(self) -> float:
        """numerical - analytical."""
        return self.numerical - self.analytical

    @property
    def outside(self) -> float:
        """How far the analytical derivative is from one between the left and the right one."""
        sides = [side for side in (self.left, self.right) if side == side]
        return max(min(sides) - self.analytical, self.analytical - max(sides), 0.0)

    def __repr__(self) -> str:
        return f"<{self.name}: numerical {self.numerical!r}, analytical {self.analytical!r}, {self.verdict}>"


class Claim:
    """A derivative to be checked, and what rounding may do to it and to the function.

    ``size`` is the sum of the sizes of the terms of which the derivative is the sum, ``noise`` how far rounding
    inside the function may move its value, ``own`` the derivative by autodiff.
    """

    __slots__ = ("gradient", "noise", "rounding", "size", "steep")

    def __init__(self, gradient: float, size: float = 0.0, noise: float = 0.0, own: float = 0.0) -> None:
        self.gradient, self.noise = gradient, noise
        self.size = size if isfinite(size) else 0.0
        self.steep = max(abs(gradient), abs(own))
        self.rounding = 4e-15 * self.size + ROUNDING * abs(gradient)

    def agrees(self, slope: Slope, errors: float = 2.0) -> bool:
        """Whether a numerical derivative is the same, within its own error and rounding."""
        return abs(self.gradient - slope.value) <= errors * slope.error + self.rounding

    def decided(self, curve: Curve, *slopes: Slope) -> bool:
        """Whether numerical derivatives are certain enough to judge the claim by them."""
        if self.chaotic(curve):
            return False
        error = max(slope.error for slope in slopes)
        largest = max(abs(self.gradient), *(abs(slope.value) for slope in slopes))
        if largest == 0.0 and all(slope.error <= 2.0 * slope.rounding for slope in slopes):
            return True  # the function does not move at all
        if 100.0 * curve.first * (largest + error) < NORMAL:
            return True  # it underflows
        return error <= max(PRECISE * largest, ROUNDING * self.size, FLAT * curve.steepest)

    def chaotic(self, curve: Curve) -> bool:
        """Whether moving x by its last place moves the function through much of its range."""
        return 0.0 < 0.01 * curve.largest < EPSILON * self.steep * abs(curve.x)


def verdict(curve: Curve, claim: Claim, slope: Slope, left: Slope, right: Slope, jump: bool | None) -> str:
    """The verdict from the derivatives across the point, left and right of it."""
    if not (isfinite(curve.value) and isfinite(claim.gradient) and isfinite(slope.error)):
        return "not finite"
    if not (isfinite(left.error) and isfinite(right.error)):  # where x ** 1.5 ends, extrapolation is no help
        if not claim.decided(curve, slope):
            return "undecided"
        return "ok" if claim.agrees(slope, 30.0) else "fail"
    low, high = (left, right) if left.value < right.value else (right, left)
    best = min((slope, left, right), key=lambda slope: slope.error)

    def inside(errors: float) -> bool:
        between = low.value < claim.gradient < high.value
        return between or claim.agrees(low, errors) or claim.agrees(high, errors)

    apart = high.value - low.value > 3.0 * (low.error + high.error) + 1e-6 * abs(left.value)
    visible = 4.0 * (claim.noise + EPSILON * curve.largest)
    seen = curve.smooth(slope) or max(left.error, right.error) <= 0.01 * max(abs(best.value), curve.steepest)
    middle = Slope(0.5 * (low.value + high.value), low.error + high.error)
    if jump is None or (apart and (high.value - low.value) * curve.first <= visible):
        return "undecided"  # the bend may be anywhere around
    if apart and not jump and slope.within(0.1) and slope.contradicts(middle, 8.0):
        return "undecided"
    stairs = curve.stairs(slope)
    if apart or jump:
        if inside(2.0) and claim.decided(curve, left, right):
            return "kink"
    elif (
        all(claim.agrees(one, 8.0) for one in (slope, left, right))
        and claim.decided(curve, best)
        and seen
        and not stairs
    ):
        return "ok"
    reliable = best.within(0.01) or best.error <= max(FLAT * curve.steepest, 2.0 * best.rounding)
    unseen = abs(claim.gradient - best.value) <= 3.0 * curve.finest or claim.chaotic(curve)
    possible = (
        inside(8.0)
        or (stairs and abs(claim.gradient / curve.wide.value - 1.0) < 0.01)
        or (claim.agrees(slope) and slope.within(0.1))
    )
    return "undecided" if unseen or possible or not reliable else "fail"


def jumps(curve: Curve, left: Slope, right: Slope) -> bool | None:
    """Whether the value jumps at x as a step function does; None where it changes too fast for floats to follow."""
    x, here, nearby = curve.x, curve.value, NEARBY * curve.first
    around = [curve.at(x + far * nearby) for far in (-1.0, 1.0, -FAR, FAR)]
    allowed = VISIBLE * max(abs(value) for value in (here, *around) if isfinite(value))
    allowed += max(2.0 * abs(slope.value) * nearby + 10.0 * slope.error * slope.step for slope in (left, right))
    moved = max(abs(value - here) for value in around[:2])
    if not moved > allowed:
        return False
    return max(abs(curve.at(x + side * nearby / 8.0) - here) for side in (-1.0, 1.0)) > 0.5 * moved or None
