"""What helps against a value or gradient that is not finite, from what was written."""

from __future__ import annotations

from math import isfinite

from ..engine import Value
from ..graph import numbers
from ..primitives import BUILT_IN
from ..vocabulary import head_of, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

GROWN = "Numbers have grown too large for a float: try smaller inputs or weights, a smaller learning rate, clipping."
VALUE = "{0} gives {1} of finite numbers: keep its operands away from such a point, or correct its value."
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
    name = node.primitive and head_of(node.primitive)
    for x in node.operands:
        if type(x) is float and not isfinite(x):
            return f"The constant {x} in it is not finite."
    if node.primitive and node.primitive not in BUILT_IN:
        return VALUE.format(node.primitive.name, node.data)
    if name == "log":
        return log_remedy(node)
    operands = numbers(node.operands)
    divided = "divisor" in words(name).value and operands[-1] != 0.0
    raised = name == "power" and operands[0] != 0.0 and node.data == node.data
    return GROWN if divided or raised else words(name).value or GROWN


def vertical(node: Value, local: float) -> str:
    """What helps against a gradient from this gate that is not finite."""
    gate = words(node.primitive)
    if gate is words("norm") or (gate is words("sqrt") and "dot" in behind(node, 1)):
        return LENGTH
    if isfinite(local) or node.primitive in BUILT_IN:
        return GROWN if isfinite(local) else gate.gradient or GROWN
    return RULE.format(gate.name, local)


def log_remedy(node: Value) -> str:
    """What to write in place of this log, from what its operand was made by."""
    if numbers(node.operands)[0] < 0.0:
        return NEGATIVE
    operand, near = behind(node, 1), behind(node, 2)
    if "sigmoid" in operand or ("sub" in operand and "sigmoid" in near):
        return LOG_SIGMOID
    if "exp" in operand or ("div" in operand and "exp" in near):
        return LOG_SOFTMAX
    return LOG_SUM_EXP if "exp" in near else words("log").value


def second_where(node: Value, called: dict[Value, str]) -> str:
    """How to keep a gate on the side that a ``where`` does not take from sending nan."""
    name = words(node.primitive).name
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
