"""Numerical derivatives: difference quotients extrapolated to step 0, with an estimate of their error.

Ridders (1982): quotients at steps h, h/1.4, h/1.96, ... go through Neville's scheme, and the entry
that moved least is the answer, its movement the error. A quotient also carries what rounding may
have changed in it; the sum of both is made small by trying wider and narrower first steps. Much
narrower quotients then have to agree: what is narrower than a step is stepped over by it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, ulp
from typing import NamedTuple

from ..ieee import INF, NAN

SHRINK = 1.4  # each step of the scheme over the next
ROWS = 12
ROUNDING = 2.0**-51  # of a function value and of its argument, relative
SMALLEST = 2.0**-1074
GOOD = 1e-10  # an error as small as this, relative, is not worth another first step
NARROWER = 1e-3  # each step that has to agree over the one before
PROBES = 4  # such steps
SHARP = 1e-3  # a bend at x of this part of the slopes around is none, or too small to see


class Slope(NamedTuple):
    """A numerical derivative, its error, the part of the error that is due to rounding, and the last step."""

    value: float = NAN
    error: float = INF
    rounding: float = INF
    step: float = 0.0

    def within(self, tolerance: float) -> bool:
        """Whether the error is at most this part of the value."""
        return self.error <= tolerance * abs(self.value)

    def contradicts(self, other: Slope, errors: float = 3.0) -> bool:
        """Whether both cannot be the same derivative."""
        return abs(self.value - other.value) > errors * (self.error + other.error)


class Curve:
    """A function around the point x: its derivatives there, and what was seen of it on the way."""

    __slots__ = ("bend", "finest", "first", "function", "gap", "largest", "noise", "steepest", "value", "wide", "x")

    def __init__(self, function: Callable[[float], float], x: float, noise: float = 0.0) -> None:
        self.function, self.x, self.value = function, x, function(x)
        self.noise = noise  # what rounding inside the function may change in its value, beyond its own last places
        self.first = 0.01 * abs(x) or 0.01  # the first step
        self.largest = abs(self.value)  # value near x
        self.steepest = 0.0  # secant from x about as long as x
        self.gap = self.bend = INF  # between the quotients right and left of x: at the last step; at narrow ones
        self.wide = Slope()  # the derivative by the first step
        self.finest = INF  # what rounding may have changed in a narrow quotient, at best

    def at(self, x: float) -> float:
        """The function elsewhere; nan where Python raises what it raises outside a domain."""
        try:
            return self.function(x)
        except (ArithmeticError, IndexError, ValueError):
            return NAN

    def smooth(self, slope: Slope) -> bool:
        """Whether the function has one slope at the point, as far as narrow steps can tell."""
        return self.bend <= SHARP * max(self.steepest, abs(slope.value))

    def stairs(self, slope: Slope) -> bool:
        """Whether the function is flat in narrow steps but slopes in wide ones, as where values are float32."""
        return slope.value == 0.0 != self.wide.value and self.wide.within(0.01)

    def quotient(self, step: float, side: int) -> Slope:
        """The difference quotient of a step; its error is rounding alone (inf outside the domain).

        Side 0: across x. Side 1 or -1: between two points right or left of x, so that a function may jump at x.
        """
        x = self.x
        ends = (x + step, x - step) if side == 0 else (x + 2.0 * side * step, x + side * step)
        values = self.at(ends[0]), self.at(ends[1])
        width = ends[0] - ends[1]
        slope = (values[0] - values[1]) / width if width else NAN
        if not isfinite(slope):
            return Slope()
        size = max(map(abs, values))
        if step < NARROWER * self.first:
            self.largest = max(self.largest, size)
        uncertain = ROUNDING * size + ROUNDING * abs(x) * abs(slope) + self.noise + SMALLEST
        error = uncertain / abs(width)
        secants = [(value - self.value) / (end - x) for end, value in zip(ends, values) if end != x]
        if self.first <= step <= max(abs(x), 1.0):
            self.steepest = max(self.steepest, *map(abs, secants))
        self.gap = abs(secants[0] - secants[-1])
        return Slope(slope, error, error, step)

    def extrapolated(self, step: float, side: int) -> Slope:
        """The derivative by Ridders' scheme, from one first step."""
        best = Slope()
        previous: list[float] = []
        gain = SHRINK if side else SHRINK * SHRINK  # quotients across x are even in the step
        for _ in range(ROWS):
            plain = self.quotient(step, side)
            if plain.value != plain.value:
                break
            row, weight, rounding = [plain.value], 1.0, plain.error
            for older in previous:
                weight *= gain
                row.append(row[-1] + (row[-1] - older) / (weight - 1.0))
                error = abs(row[-1] - older) + rounding
                if error < best.error:
                    best = Slope(row[-1], error, rounding, step)
            if previous and (abs(row[-1] - previous[-1]) >= 2.0 * best.error or best.error <= 2.0 * rounding):
                break  # further steps only add rounding
            previous, step = row, step / SHRINK
        return best

    def searched(self, first: float, side: int) -> Slope:
        """The derivative from the best of several first steps: wider while rounding dominates, else narrower."""
        narrowest, widest = 1e-18 * first, 100.0 * max(1.0, abs(self.x))
        best = self.extrapolated(first, side)
        if side == 0 and first == self.first:
            self.wide = best
        for factor in (10.0, 0.1):
            widening, step, misses = factor > 1.0, first, 0
            while not best.within(GOOD) and misses < 3 and narrowest < step < widest:
                if (best.rounding > 0.1 * best.error) != widening:
                    break  # wider steps help against rounding, narrower ones against all else
                step *= factor
                trial = self.extrapolated(step, side)
                if trial.error < best.error and not (widening and trial.contradicts(best, 20.0)):
                    best = trial  # otherwise it may be another branch, far away
                elif widening:
                    misses += 1
        return best

    def slope(self, side: int) -> Slope:
        """The derivative: from both sides, or for side 1 or -1 from the right or left only.

        Narrower steps have to agree: where one does not, the search starts there again, and doubts count as error.
        """
        best, doubt, doubted = self.searched(self.first, side), 0.0, 0.0
        step = min(best.step, self.first) or self.first
        narrowest = max(8.0 * ulp(self.x), NARROWER**PROBES * step)
        while step > narrowest:
            step = step * NARROWER if step * NARROWER > 4.0 * narrowest else narrowest
            probe = self.quotient(step, side)
            visible = SHARP * max(self.steepest, abs(best.value))
            self.finest = min(self.finest, probe.error)
            if side == 0 and (3.0 * probe.error <= visible or probe.error < self.bend == INF):
                self.bend = max(self.gap - 3.0 * probe.error, 0.0)
            off = abs(probe.value - best.value)
            if not off > 3.0 * (probe.error + best.error) + 1e-6 * abs(best.value):
                doubt = min(doubt, probe.error)
                continue
            trial, again = self.extrapolated(step, side), self.extrapolated(2.5 * step, side)
            contradicted = trial.contradicts(best)
            if contradicted and again.contradicts(best) and not trial.contradicts(again):
                best, doubt = self.searched(step, side), 0.0
            elif contradicted or trial.error > 0.3 * off:
                noise = best.within(1e-3) and off * step <= 30.0 * best.error * best.step
                if off > doubt and not noise:
                    doubt, doubted = off, step
            else:
                doubt = min(doubt, trial.error)
                best = min(best, trial, key=lambda slope: slope.error)
        return best if doubt <= best.error else Slope(best.value, doubt, best.rounding, doubted)
