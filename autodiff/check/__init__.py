"""Checks: gradients against numerical ones, and where an inf or nan came from.

Modules, in reading order:

    gradients    check_gradients: every gradient against its numerical one
    numerical    derivatives by Ridders' extrapolation, from both sides
    nonfinite    nonfinite_origin: the first inf or nan, and what to do about it
"""

from __future__ import annotations

from .gradients import GradientCheck, check_gradients
from .nonfinite import NonfiniteOrigin, nonfinite_origin

__all__ = ["GradientCheck", "NonfiniteOrigin", "check_gradients", "nonfinite_origin"]
