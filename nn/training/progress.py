"""The progress of a training run: a bar, or ten plain lines where there is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self


class Progress:
    """Shows the progress of a run on the error stream, if wanted."""

    def __init__(self, whole: int, wanted: bool = True, unit: str = "epoch") -> None:
        self.whole, self.wanted, self.unit = whole, wanted, unit
        self.shown = 0
        self.hints: set[str] = set()
        self.bar: Any = None
        if wanted and sys.stderr is not None:  # None in programs without a console
            with suppress(ImportError):  # without tqdm, plain lines
                from tqdm import tqdm

                self.bar = tqdm(total=whole, desc="training", unit=f" {unit}s", disable=None)

    def show(self, done: int, losses: Sequence[float]) -> None:
        """Show that ``done`` epochs (or runs) are finished; ``losses`` ends with the last one's."""
        if not self.wanted:
            return
        before, self.shown = self.shown, done
        if self.bar is not None and not self.bar.disable:
            self.bar.set_postfix_str(f"loss {losses[-1]:.3g}", refresh=False)
            self.bar.update(done - before)
            return
        tenths = range(before * 10 // self.whole + 1, done * 10 // self.whole + 1)
        for epoch in dict.fromkeys([-(-tenth * self.whole // 10) for tenth in tenths]):
            print_error(f"{self.unit} {epoch} of {self.whole}: loss {losses[epoch - done - 1]:.6g}")

    def hint(self, text: str) -> None:
        """Show a hint once; an empty one is ignored."""
        if self.wanted and text and text not in self.hints:
            self.hints.add(text)
            print_error(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()


def print_error(text: str) -> None:
    """Print a line on the error stream, if there is one."""
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
        getattr(sys.stderr, "flush", str)()
