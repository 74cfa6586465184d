"""The workshop "build your own engine": a student's class, checked step by step.

Modules, in reading order:

    solution     the workshop's own engine, from steps.toml; add_to
    guard        runs a student's code, which may do anything
    probes       small graphs as text
    passes       the backward pass, and the mistakes in it
    gates        the mistakes in a gate's rule
    engines      steps 1 to 5: what is checked of an engine
    nets         steps 6 to 8: gradient check, nets, training
    report       what a check found
    checks       check, a step's Report
    storage      keep, start: my_value.py
    grade        python -m autodiff --grade: notebooks, run apart, and their reports
"""

from __future__ import annotations

from .checks import check
from .report import Report, reports
from .solution import add_to
from .storage import keep, start

__all__ = ["Report", "add_to", "check", "keep", "reports", "start"]
