"""The logic gates: their truth tables, the smallest data sets there are."""

from __future__ import annotations

from itertools import product

from .module import one_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

GATES: dict[str, Callable[[int, int], int]] = {
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "nand": lambda a, b: 1 - (a & b),
    "nor": lambda a, b: 1 - (a | b),
    "xnor": lambda a, b: 1 - (a ^ b),
}


def truth_table(gate: str) -> tuple[list[list[float]], list[int]]:
    """(inputs, outputs) of a gate, in the order 00, 01, 10, 11.

    Examples
    --------
    >>> truth_table("xor")
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    function = one_of("gate", gate, GATES)
    rows = list(product((0, 1), repeat=2))
    return [[float(a), float(b)] for a, b in rows], [function(a, b) for a, b in rows]
