"""Two or more programs timed side by side: alternating runs, and the median of each.

A machine that slows down halfway slows all sides alike, and one side's garbage is collected between the runs, outside
of every timing: it is never collected on another side's clock. The collector itself stays as it is while a side runs.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from statistics import median
from time import perf_counter


def medians(sides: dict[str, Callable[[], object]], runs: int = 7) -> dict[str, float]:
    """The median seconds of each side over alternating runs, after one run of each that does not count."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for side in sides.values():
        side()
    for _ in range(runs):
        for name, side in sides.items():
            gc.collect()
            start = perf_counter()
            side()
            times[name].append(perf_counter() - start)
    return {name: median(seconds) for name, seconds in times.items()}
