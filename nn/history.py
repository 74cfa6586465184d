"""History, what a training run left behind, in plain lists."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from random import Random
    from typing import Any


class History:
    """One entry an epoch; the whole run's facts beside them.

    Attributes
    ----------
    loss : list of float
        The mean loss over the epoch's examples, each as it was just before its step, penalty included.
    seconds : list of float
        How long the epoch took.
    updates : int
        How many steps the optimizer has made: epochs times mini-batches (C5).
    stopped : str
        Why training ended: "all epochs", "interrupted", or a stopping rule's reason.
    optimizer : Optimizer
        What made the steps, with its state, so that training can be resumed.
    """

    def __init__(self, optimizer: Any, random: Random) -> None:
        self.loss: list[float] = []
        self.seconds: list[float] = []
        self.updates = 0
        self.stopped = ""
        self.optimizer = optimizer
        self.random = random

    @property
    def epochs(self) -> int:
        """How many epochs were finished."""
        return len(self.loss)

    @property
    def interrupted(self) -> bool:
        """Whether ctrl-C ended it."""
        return self.stopped == "interrupted"

    def __repr__(self) -> str:
        losses = f", loss {self.loss[0]:.6g} -> {self.loss[-1]:.6g}" if self.loss else ""
        return f"History({self.epochs} epochs, {self.updates} updates{losses}, stopped: {self.stopped or 'not yet'})"
