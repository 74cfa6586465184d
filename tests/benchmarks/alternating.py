"""Two or more programs timed side by side: alternating runs, the median of each, and what is held against it.

Processors differ, and so do ratios between programs on them: a bar is printed beside what was measured, and a test
fails only where a ratio to a peer in the same run is under half of it.

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


def held(what: str, ratio: float, bar: float) -> None:
    """Print how many times as fast as a peer something is beside its bar; fail under half the bar."""
    print(f"\n{what}: {ratio:,.4g} x (bar {bar:,.4g} x{'' if ratio >= bar else ', missed'})", end="")
    assert ratio >= bar / 2, f"{what}: {ratio:.4g} x, under half its bar of {bar:.4g} x"


def held_seconds(what: str, seconds: float, bar: float) -> None:
    """The same for seconds: the peer is a loop of plain Python, run now, which took REFERENCE where bars were set."""
    print(f"\n{what}: {seconds:.3g} s", end="")
    held(f"{what}, beside a loop of Python", plain_loop() / seconds, REFERENCE / bar)


REFERENCE = 0.016  # seconds of plain_loop on an AMD EPYC, in November 2026


def plain_loop() -> float:
    """Median seconds of adding up the first half a million squares; it leaves nothing to collect."""
    times = []
    for _ in range(5):
        start = perf_counter()
        total = 0
        for i in range(500_000):
            total += i * i
        times.append(perf_counter() - start)
    return median(times)
