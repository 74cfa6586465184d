"""Tracing: while ``autodiff.compile`` records a function, reading a Value as a plain number raises TraceError."""

from __future__ import annotations

import gc
from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

threads: set[int] = set()  # the threads that are tracing; others are unaffected
sum_threads: set[int] = set()  # those of them that also record sums of one term


class Unsupported(TypeError, ValueError):
    """Flat code or a runner cannot do this: the only error on which ``nn.fit(runner="auto")`` takes a slower runner."""


class TraceError(Unsupported):
    """A function that is being compiled read a number, which would freeze it in the program.

    >>> import autodiff
    >>> try:
    ...     autodiff.compile(lambda x: x if x > 0 else -x)(2.0)
    ... except autodiff.TraceError:
    ...     print("use where(x > 0, x, -x)")
    use where(x > 0, x, -x)
    """


def keeps_sums() -> bool:
    """Whether this thread records sums and maxima of one term as gates: loops need all iterations alike."""
    return get_ident() in sum_threads


def is_tracing() -> bool:
    return get_ident() in threads


def refuse(value: Any, attempt: str) -> None:
    """Raise TraceError if this thread is tracing; ``attempt`` names the operation on the Value."""
    if is_tracing():
        raise TraceError(
            f"{attempt} of {value!r} while a function is compiled: the program would keep this number, or this "
            "branch, for all inputs. Choose with autodiff.where(condition, a, b), maximum, minimum or relu, which "
            "are recorded; take derivatives with autodiff.gradients"
        )


class Uncollected:
    """Switches garbage collection off: a growing graph has no garbage, and searching takes longer than growing."""

    def __enter__(self) -> None:
        self.collects = gc.isenabled()
        gc.disable()

    def __exit__(self, *error: object) -> None:
        if self.collects:
            gc.enable()


class Tracing:
    """Makes this thread trace; nested uses do nothing. ``sums``: also record sums of one term."""

    def __init__(self, sums: bool = False) -> None:
        self.sums = sums

    def __enter__(self) -> None:
        self.outermost = not is_tracing()
        threads.add(get_ident())
        if self.sums and self.outermost:
            sum_threads.add(get_ident())

    def __exit__(self, *error: object) -> None:
        if self.outermost:
            threads.discard(get_ident())
            sum_threads.discard(get_ident())
