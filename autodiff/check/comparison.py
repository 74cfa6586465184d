"""One derivative, numerical and analytical side by side, and the verdict on it."""

from __future__ import annotations

from math import isfinite

from ..ieee import NAN
from .numerical import Slope, slope_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDING = 1e-9  # how much of itself a rule may be off by rounding alone
NEARBY = 1e-9  # as far as this beside x, relative, a continuous function has hardly changed
FAR = 1e7  # times as far away, it shows how large its values are
VISIBLE = 2.0**-40  # a change, relative to these, that is more than rounding and bending


class CheckedInput:
    """A derivative with respect to one input, found in every way, and the verdict on it.

    Attributes
    ----------
    name : str
        What the input is called.
    x, analytical : float
        The input's number, and the derivative to be checked.
    forward : float
        The forward difference (f(x + h) - f(x)) / h.
    numerical, error : float
        The derivative extrapolated to h = 0, and how far off it may be.
    left, right : float
        The one-sided derivatives; nan where there was no reason to look at them, or none exists.
    verdict : str
        "ok", "kink" (the derivative jumps here, and the analytical one lies between both sides),
        "fail", or "not finite" (infinite or nan: nothing to compare).
    """

    __slots__ = ("analytical", "error", "forward", "left", "name", "numerical", "right", "verdict", "x")

    def __init__(self, name: str, function: Callable[[float], float], x: float, claim: Claim, h: float = 0.001) -> None:
        self.name, self.x, self.analytical = name, x, claim.gradient
        self.forward = (function(x + h) - function(x)) / h
        slope = slope_at(function, x, 0, claim.noise)
        left = right = Slope()
        if claim.suspect or not claim.agrees(slope):
            left, right = (slope_at(function, x, side, claim.noise) for side in (-1, 1))
            if not isfinite(slope.error):  # on the edge of the domain there is one side only
                slope = left if isfinite(left.error) else right
        self.numerical, self.error = slope.value, slope.error
        self.left, self.right = left.value, right.value
        self.verdict = verdict(function, x, claim, slope, left, right)
        if self.verdict == "not finite" and not slope.within(1e-3):
            self.numerical = NAN

    @property
    def difference(self) -> float:
        """numerical - analytical."""
        return self.numerical - self.analytical

    @property
    def vague(self) -> bool:
        """Whether a difference need not mean a fault: the function has one side only here, or bends too sharply."""
        one_sided = (self.left == self.left) != (self.right == self.right)
        return one_sided or self.error > 1e-3 * max(abs(self.numerical), abs(self.analytical))

    def __repr__(self) -> str:
        return f"<{self.name}: numerical {self.numerical!r}, analytical {self.analytical!r}, {self.verdict}>"


class Claim:
    """A derivative to be checked, and what is known about it.

    Attributes
    ----------
    gradient, rounding : float
        The derivative, and how far rounding may have moved it.
    noise : float
        How far rounding inside the function may move the function's value.
    suspect : bool
        Whether the function may be on a kink.
    """

    __slots__ = ("gradient", "noise", "rounding", "suspect")

    def __init__(self, gradient: float, rounding: float = 0.0, noise: float = 0.0, suspect: bool = False) -> None:
        self.gradient = gradient
        self.rounding = rounding + ROUNDING * abs(gradient)
        self.noise = noise
        self.suspect = suspect

    def agrees(self, slope: Slope, errors: float = 2.0) -> bool:
        """Whether a numerical derivative is the same, within its own error and rounding."""
        return abs(self.gradient - slope.value) <= errors * slope.error + self.rounding


def verdict(function: Callable[[float], float], x: float, claim: Claim, slope: Slope, left: Slope, right: Slope) -> str:
    """ "ok", "kink", "fail" or "not finite", from the derivatives across x, left and right of it."""
    if not (isfinite(function(x)) and isfinite(claim.gradient) and isfinite(slope.error)):
        return "not finite"
    if not (isfinite(left.error) and isfinite(right.error)):  # where x ** 1.5 ends, extrapolation is no help
        return "ok" if claim.agrees(slope, 30.0) else "fail"
    if jumps(function, x, max(abs(left.value), abs(right.value))):
        return "kink"
    low, high = (left, right) if left.value < right.value else (right, left)
    if not (claim.agrees(low) or claim.agrees(high) or low.value < claim.gradient < high.value):
        return "fail"
    smooth = high.value - low.value <= 3.0 * (left.error + right.error) + 1e-6 * abs(left.value)
    return "ok" if smooth else "kink"


def jumps(function: Callable[[float], float], x: float, steepest: float) -> bool:
    """Whether the value jumps at x as a step function does, or changes too fast for floats to follow."""
    nearby, here = NEARBY * abs(x) or NEARBY, function(x)
    beside = function(x - nearby), function(x + nearby)
    around = here, function(x - FAR * nearby), function(x + FAR * nearby)
    allowed = 2.0 * steepest * nearby + VISIBLE * max(abs(value) for value in around if isfinite(value))
    return any(abs(value - here) > allowed for value in beside)
