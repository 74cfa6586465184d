"""What stands in a gate's circle: the names that the lecture's slides give the gates."""

from __future__ import annotations

from autodiff import show

from .text import SUPERSCRIPTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

SYMBOLS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "neg": "*-1",
    "reciprocal": "1/x",
    "power": "x^y",
    "abs": "|x|",
    "sqrt": "√",
    "sigmoid": "\N{GREEK SMALL LETTER SIGMA}",
    "log_sigmoid": "log \N{GREEK SMALL LETTER SIGMA}",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
    "maximum": "max",
    "minimum": "min",
    "largest": "max",
    "heaviside": "step",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
    "sum": "Σ",
    "dot": "Σwx+b",
}
ORDERED = {"sub", "div", "power", "where", "less", "less_equal", "greater", "greater_equal", "clip"}
# A gate with one constant takes the constant into its name: what it is called with the constant on
# the right of the Value, and on the left of it.
ON_THE_RIGHT = {"add": "+{}", "sub": "-{}", "mul": "*{}", "div": "/{}", "power": "x^{}"}
ON_THE_LEFT = {"add": "+{}", "sub": "{}-x", "mul": "*{}", "div": "{}/x", "power": "{}^x"}


def symbol(name: str, operands: Sequence[Any]) -> tuple[str, bool]:
    """(What is written in the gate's circle, whether that says its constant already).

    Examples
    --------
    >>> from autodiff import Value
    >>> symbol("mul", (Value(2.0), Value(3.0))), symbol("mul", (Value(2.0), 3.0))
    (('*', False), ('*3', True))
    """
    constants = [isinstance(operand, float) for operand in operands]
    if len(operands) == 2 and sum(constants) == 1 and name in ON_THE_RIGHT:
        table = ON_THE_LEFT if constants[0] else ON_THE_RIGHT
        return with_constant(table[name], show(operands[not constants[0]])), True
    if name == "dot" and isinstance(operands[-1], float) and operands[-1] == 0.0:
        return "Σwx", False
    return SYMBOLS.get(name, name.replace("_", " ")), False


def with_constant(pattern: str, number: str) -> str:
    """The pattern with the number: a small whole exponent is raised, a sum of a negative one is a difference."""
    if pattern == "x^{}" and len(number) <= 2 and number.lstrip("-").isdigit():
        return "x" + number.translate(SUPERSCRIPTS)
    if pattern in ("+{}", "-{}") and number.startswith("-"):
        return ("-" if pattern == "+{}" else "+") + number[1:]
    return pattern.format(number)
