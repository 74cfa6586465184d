"""What stands in a gate's circle: the names that the lecture's slides give the gates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff import show
from autodiff.notation import UPPER
from autodiff.vocabulary import words

from .._text import clean


def symbol(gate: Any, operands: Sequence[Any]) -> tuple[str, bool]:
    """(what is written in the circle of a Primitive or name, whether that says its constant already)."""
    row, constants = words(gate), [isinstance(operand, float) for operand in operands]
    if row.right and sum(constants) == 1:
        pattern, number = row.left if constants[0] else row.right, show(operands[not constants[0]])
        if pattern == "x^{}" and len(number) <= 2 and number.lstrip("-").isdigit():
            return "x" + "".join([UPPER[digit] for digit in number]), True  # a small whole exponent is raised
        if pattern in ("+{}", "-{}") and number.startswith("-"):
            return ("-" if pattern == "+{}" else "+") + number[1:], True
        return pattern.format(number), True
    if row is words("dot") and isinstance(operands[-1], float) and operands[-1] == 0.0:
        return "Σwx", False
    return clean(row.symbol, 24), False
