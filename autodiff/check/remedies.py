"""What helps against a value or gradient that is not finite, from what was written."""

from __future__ import annotations

from math import isfinite

from ..engine import Value
from ..graph import numbers
from ..primitives import PRIMITIVES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

VALUES = {  # where a value is not finite although its operands are
    "exp": "e^x is too large for a float above x = 709: use sigmoid, softplus, logsumexp or softmax, which do not "
    "overflow, or make x smaller.",
    "log": "log needs a positive number: keep its operand away from 0, as in log(x + 1e-12).",
    "log1p": "log1p needs a number above -1.",
    "sqrt": "sqrt needs a number that is not negative.",
    "div": "Keep the divisor away from 0, as in a / (b + 1e-12).",
    "reciprocal": "Keep the divisor away from 0, as in 1 / (x + 1e-12).",
    "power": "0 to a negative power is infinite, a negative number to a fraction is undefined: keep the base positive.",
}
GRADIENTS = {  # where a gradient is not finite although the values are
    "sqrt": "sqrt is vertical at 0: keep its operand away from 0, as in sqrt(x + 1e-12).",
    "power": "This power is vertical at 0: keep its base away from 0, as in (x + 1e-12) ** p.",
}
GROWN = "Numbers have grown too large for a float: try smaller inputs or weights, a smaller learning rate, clipping."
RULE = (
    "The rule of {0} gives {1} here, although its operands and its value are finite: correct the rule (the local "
    "gradients) of {0}, or keep its operands away from such a point."
)
NEGATIVE = (
    "The operand is negative, and log needs a positive number. If it stands for a probability, it has to lie between 0 "
    'and 1: an output="sigmoid" or softmax is missing.'
)
LOG_SIGMOID = "The log of a sigmoid: use log_sigmoid(x), which stays finite; for 1 - sigmoid(x), log_sigmoid(-x)."
LOG_SOFTMAX = "The log of a softmax: use x - logsumexp(xs), or a cross-entropy loss, which stay finite."
LOG_SUM_EXP = "The log of a sum of exps: use logsumexp, which stays finite."
LENGTH = "The length of a zero vector has no gradient: add a small number before the root, as in sqrt(x + 1e-12)."


def behind(node: Value, depth: int) -> set[str]:
    """The names of the primitives at most so many gates behind a node."""
    found: set[str] = set()
    level = [node]
    for _ in range(depth):
        level = list(dict.fromkeys(x for gate in level for x in gate.operands if type(x) is Value))
        found |= {x.primitive.name for x in level if x.primitive}
    return found


def remedy(node: Value) -> str:
    """What helps against a value of this gate that is not finite."""
    name = node.primitive.name if node.primitive else ""
    for x in node.operands:
        if type(x) is float and not isfinite(x):
            return f"The constant {x} in it is not finite."
    if name == "log":
        return log_remedy(node)
    operands = numbers(node.operands)
    divided = name in ("div", "reciprocal") and operands[-1] != 0.0
    raised = name == "power" and operands[0] != 0.0 and node.data == node.data
    return GROWN if divided or raised else VALUES.get(name, GROWN)


def vertical(node: Value, local: float) -> str:
    """What helps against a gradient from this gate that is not finite."""
    name = node.primitive.name if node.primitive else ""
    if name == "norm" or (name == "sqrt" and "dot" in behind(node, 1)):
        return LENGTH
    if isfinite(local) or PRIMITIVES.get(name) is node.primitive:
        return GROWN if isfinite(local) else GRADIENTS.get(name, GROWN)
    return RULE.format(name, local)


def log_remedy(node: Value) -> str:
    """What to write in place of this log, from what its operand was made by."""
    if numbers(node.operands)[0] < 0.0:
        return NEGATIVE
    operand, near = behind(node, 1), behind(node, 2)
    if "sigmoid" in operand or ("sub" in operand and "sigmoid" in near):
        return LOG_SIGMOID
    if "exp" in operand or ("div" in operand and "exp" in near):
        return LOG_SOFTMAX
    return LOG_SUM_EXP if "exp" in near else VALUES["log"]


def second_where(node: Value, called: dict[Value, str]) -> str:
    """How to keep a gate on the side that a ``where`` does not take from sending nan."""
    name = node.primitive.name if node.primitive else ""
    x = next(called[operand] for operand in node.operands if type(operand) is Value)
    return (
        "A where() computes both its sides, and the one it does not take still sends back upstream 0 * inf = nan. "
        f"Give that side a harmless number by a second where: where(c, {name}(where(c, {x}, 1)), 0)."
    )


def untaken(order: Sequence[Value], node: Value) -> bool:
    """Whether the node stands on the side that some ``where`` does not take."""
    dependent = {node}
    for gate in order:
        if gate.primitive and gate.primitive.name == "where":
            side = gate.operands[2 if numbers(gate.operands)[0] else 1]
            if type(side) is Value and side in dependent:
                return True
        if any(type(x) is Value and x in dependent for x in gate.operands):
            dependent.add(gate)
    return False
