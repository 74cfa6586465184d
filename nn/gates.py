"""The logic gates: their truth tables, and nets whose weights were set by hand (E1-E4)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from .checks import one_of
from .nets import MLP

GATES: dict[str, Callable[..., int]] = {
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "nand": lambda a, b: 1 - (a & b),
    "nor": lambda a, b: 1 - (a | b),
    "xnor": lambda a, b: 1 - (a ^ b),
    "not": lambda a: 1 - a,
}


def truth_table(gate: str) -> tuple[list[list[float]], list[int]]:
    """(inputs, outputs) of a gate, in the order 00, 01, 10, 11.

    Examples
    --------
    >>> truth_table("xor")
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    function = one_of("gate", gate, GATES)
    rows = list(product((0, 1), repeat=1 if gate == "not" else 2))
    return [[float(bit) for bit in row] for row in rows], [function(*row) for row in rows]


# --- Weights set by hand -----------------------------------------------------------------------------
# A row is a unit, its bias first: AND is on where -30 + 20 x1 + 20 x2 > 0.

AND, OR, NOR, NAND = [-30, 20, 20], [-10, 20, 20], [10, -20, -20], [30, -20, -20]
BY_HAND = {
    "and": ([AND], "sigmoid"),
    "or": ([OR], "sigmoid"),
    "nor": ([NOR], "sigmoid"),
    "nand": ([NAND], "sigmoid"),
    "not": ([[10, -20]], "sigmoid"),
    "xnor": ([[AND, NOR], OR], "sigmoid"),  # both or neither (E3)
    "xor": ([[OR, NAND], AND], "sigmoid"),  # one, but not both
    "step function": ([[[1, 0, 0, 1], [0, -1, 1, 0], [2, 0, 1, 1]], [0, 1, 1, 0]], "step"),  # E1
    "rectangle": ([[[-1, 1, 0], [3, -1, 0], [-1, 0, 1], [2, 0, -1]], [-4, 1, 1, 1, 1]], "step"),  # E4
}


def by_hand(name: str) -> MLP:
    """The net with the lecture's hand-set weights: a gate, "rectangle" or "step function".

    The rectangle is 1 <= x1 <= 3 and 1 <= x2 <= 2 (E4), the step function the example of E1.

    Examples
    --------
    >>> xnor = by_hand("xnor")
    >>> [round(xnor(x).data, 4) for x in truth_table("xnor")[0]]
    [1.0, 0.0, 0.0, 1.0]
    """
    matrices, activation = one_of("hand-set net", name, BY_HAND)
    return MLP.from_matrices(matrices, activation, activation)
