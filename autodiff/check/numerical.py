"""Numerical derivatives: difference quotients extrapolated to step 0, with error estimates.

Ridders (1982): quotients at steps h, h/1.4, h/1.96, ... go through Neville's scheme; the entry that
changed least is the answer, and its change the error. Each quotient also carries a rounding error;
wider and narrower first steps are tried to make the sum of both small. Quotients at much narrower
steps must then agree, since a step does not see what is narrower than itself.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, ulp
from typing import NamedTuple

from ..ieee import INF, NAN

SHRINK = 1.4  # ratio of each step to the next
MOST_STEPS = 12
ROUNDING = 2.0**-51  # relative, of a function value and of its argument
SMALLEST = 2.0**-1074
GOOD = 1e-10  # relative error that ends the search for a first step
NARROWER = 1e-3  # ratio of each probing step to the one before
PROBES = 4  # steps that must agree
SHARP = 1e-3  # a bend at x this small, relative to the slopes nearby, does not count


class Estimate(NamedTuple):
    """A numerical derivative, its error, the part of the error due to rounding, and the last step."""

    value: float = NAN
    error: float = INF
    rounding: float = INF
    step: float = 0.0

    def within(self, tolerance: float) -> bool:
        """Whether the relative error is at most the tolerance."""
        return self.error <= tolerance * abs(self.value)

    def contradicts(self, other: Estimate, errors: float = 3.0) -> bool:
        """Whether the two cannot be the same derivative."""
        return abs(self.value - other.value) > errors * (self.error + other.error)


class Curve:
    """A function around the point x: its derivatives there, and what the evaluations showed."""

    def __init__(self, function: Callable[[float], float], x: float, noise: float = 0.0) -> None:
        self.function, self.x, self.value = function, x, function(x)
        self.noise = noise  # error of a value from rounding inside the function
        self.first = 0.01 * abs(x) or 0.01  # the first step
        self.largest = abs(self.value)  # value near x
        self.steepest = 0.0  # secant from x about as long as x
        self.gap = self.bend = INF  # difference of the quotients right and left of x: at the last step; at narrow ones
        self.wide = Estimate()  # from the first step
        self.finest = INF  # the smallest rounding error of a narrow quotient

    def at(self, x: float) -> float:
        """The function at another point; nan outside its domain, where Python raises."""
        try:
            return self.function(x)
        except (ArithmeticError, IndexError, ValueError):
            return NAN

    def is_smooth(self, slope: Estimate) -> bool:
        """Whether the function has a single slope at x, as far as narrow steps can tell."""
        return self.bend <= SHARP * max(self.steepest, abs(slope.value))

    def has_stairs(self, slope: Estimate) -> bool:
        """Whether the function is flat over narrow steps but not over wide ones, as with float32 values."""
        return slope.value == 0.0 != self.wide.value and self.wide.within(0.01)

    def quotient(self, step: float, side: int) -> Estimate:
        """The difference quotient across x (side 0), or of two points right or left of it (1, -1), and its rounding."""
        x = self.x
        ends = (x + step, x - step) if side == 0 else (x + 2.0 * side * step, x + side * step)
        values = self.at(ends[0]), self.at(ends[1])
        width = ends[0] - ends[1]
        slope = (values[0] - values[1]) / width if width else NAN
        if not isfinite(slope):
            return Estimate()
        size = max(map(abs, values))
        if step < NARROWER * self.first:
            self.largest = max(self.largest, size)
        uncertain = ROUNDING * size + ROUNDING * abs(x) * abs(slope) + self.noise + SMALLEST
        error = uncertain / abs(width)
        secants = [(value - self.value) / (end - x) for end, value in zip(ends, values) if end != x]
        if self.first <= step <= max(abs(x), 1.0):
            self.steepest = max(self.steepest, *map(abs, secants))
        self.gap = abs(secants[0] - secants[-1])
        return Estimate(slope, error, error, step)

    def extrapolate(self, step: float, side: int) -> Estimate:
        """Estimate the derivative by Ridders' scheme, from one first step."""
        best = Estimate()
        previous: list[float] = []
        gain = SHRINK if side else SHRINK * SHRINK  # quotients across x are even in the step
        for _ in range(MOST_STEPS):
            plain = self.quotient(step, side)
            if plain.value != plain.value:
                break
            row, weight, rounding = [plain.value], 1.0, plain.error
            for older in previous:
                weight *= gain
                row.append(row[-1] + (row[-1] - older) / (weight - 1.0))
                error = abs(row[-1] - older) + rounding
                if error < best.error:
                    best = Estimate(row[-1], error, rounding, step)
            if previous and (abs(row[-1] - previous[-1]) >= 2.0 * best.error or best.error <= 2.0 * rounding):
                break  # further steps only add rounding
            previous, step = row, step / SHRINK
        return best

    def search(self, first: float, side: int) -> Estimate:
        """Estimate it from the best of several first steps: wider while rounding dominates, else narrower."""
        narrowest, widest = 1e-18 * first, 100.0 * max(1.0, abs(self.x))
        best = self.extrapolate(first, side)
        if side == 0 and first == self.first:
            self.wide = best
        for factor in (10.0, 0.1):
            widening, step, misses = factor > 1.0, first, 0
            while not best.within(GOOD) and misses < 3 and narrowest < step < widest:
                if (best.rounding > 0.1 * best.error) != widening:
                    break  # wider steps reduce rounding, narrower ones every other error
                step *= factor
                trial = self.extrapolate(step, side)
                if trial.error < best.error and not (widening and trial.contradicts(best, 20.0)):
                    best = trial  # otherwise it may be another branch, far away
                elif widening:
                    misses += 1
        return best

    def slope(self, side: int) -> Estimate:
        """The derivative from both sides (0) or one (1 right, -1 left); doubt from narrower steps counts as error."""
        best, doubt, doubted = self.search(self.first, side), 0.0, 0.0
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
            trial, again = self.extrapolate(step, side), self.extrapolate(2.5 * step, side)
            contradicted = trial.contradicts(best)
            if contradicted and again.contradicts(best) and not trial.contradicts(again):
                best, doubt = self.search(step, side), 0.0
            elif contradicted or trial.error > 0.3 * off:
                noise = best.within(1e-3) and off * step <= 30.0 * best.error * best.step
                if off > doubt and not noise:
                    doubt, doubted = off, step
            else:
                doubt = min(doubt, trial.error)
                best = min(best, trial, key=lambda slope: slope.error)
        return best if doubt <= best.error else Estimate(best.value, doubt, best.rounding, doubted)
