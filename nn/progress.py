"""Progress, the bar of a training run, or a plain line each tenth where there is no terminal."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class Progress:
    """Shows on the error stream how far a run is; nothing where it is not wanted."""

    def __init__(self, epochs: int, wanted: bool = True) -> None:
        self.epochs, self.wanted = epochs, wanted
        if wanted:
            from tqdm import tqdm

            self.bar = tqdm(total=epochs, desc="training", unit=" epochs", disable=None)

    def show(self, epoch: int, loss: float) -> None:
        """Say that this epoch (counted from 1) is done."""
        if not self.wanted:
            return
        if not self.bar.disable:
            self.bar.set_postfix_str(f"loss {loss:.3g}", refresh=False)
            self.bar.update()
        elif epoch * 10 // self.epochs > (epoch - 1) * 10 // self.epochs:
            print(f"epoch {epoch} of {self.epochs}: loss {loss:.6g}", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.wanted:
            self.bar.close()
