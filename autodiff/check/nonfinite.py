"""The first inf or nan in a graph, its cause, and the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from textwrap import wrap

from ..engine import Value
from ..formula import gate, names, show
from ..graph import history, numbers, refuse_stale, stale, sweep
from ..primitives import BUILT_IN, downstream
from ..steps import WIDTH, shorten
from ..vocabulary import head_of, words

GROWN = "Numbers have grown too large for a float: try smaller inputs or weights, a smaller learning rate, or clipping."
VALUE = "{0} gives {1} for finite numbers: keep its operands away from this point, or correct its value."
RULE = (
    "The rule of {0} gives {1} here, although its operands and its value are finite: correct the rule (the local "
    "gradients) of {0}, or keep its operands away from this point."
)
MOST_OPERANDS = 4  # of one gate, in the list


def gates_before(node: Value, depth: int) -> set[str]:
    """The names of the primitives of the gates at most ``depth`` edges behind a node."""
    found: set[str] = set()
    level = [node]
    for _ in range(depth):
        level = list(dict.fromkeys(x for gate in level for x in gate.operands if type(x) is Value))
        found |= {x.primitive.name for x in level if x.primitive}
    return found


def remedy(node: Value) -> str:
    """The remedy for a value of this gate that is not finite."""
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


def gradient_remedy(node: Value, local: float) -> str:
    """The remedy for a gradient from this gate that is not finite."""
    gate = words(node.primitive)
    if gate is words("norm") or (gate is words("sqrt") and "dot" in gates_before(node, 1)):
        return "The length of a zero vector has no gradient: add a small number before the root, as in sqrt(x + 1e-12)."
    if isfinite(local) or node.primitive in BUILT_IN:
        return GROWN if isfinite(local) else gate.gradient or GROWN
    return RULE.format(gate.name, local)


def log_remedy(node: Value) -> str:
    """What to write instead of this log, by the gates behind it."""
    if numbers(node.operands)[0] < 0.0:
        return (
            "The operand is negative, and log needs a positive number. If it should be a probability, between 0 and 1, "
            'add output="sigmoid" or a softmax.'
        )
    operand, near = gates_before(node, 1), gates_before(node, 2)
    if "sigmoid" in operand or ("sub" in operand and "sigmoid" in near):
        return "The log of a sigmoid: use log_sigmoid(x), which stays finite; for 1 - sigmoid(x), log_sigmoid(-x)."
    if "exp" in operand or ("div" in operand and "exp" in near):
        return "The log of a softmax: use x - logsumexp(xs) or a cross-entropy loss, which stay finite."
    if "exp" in near:
        return "The log of a sum of exps: use logsumexp, which stays finite."
    return words("log").value


def second_where(node: Value, called: dict[Value, str]) -> str:
    """How to keep a gate on the untaken side of a ``where`` from sending back nan."""
    name = words(node.primitive).name
    x = next(called[operand] for operand in node.operands if type(operand) is Value)
    return (
        "where() computes both sides, and the one it does not take still sends back upstream 0 * inf = nan. "
        f"Give that side a harmless number with a second where: where(c, {name}(where(c, {x}, 1)), 0)."
    )


def is_untaken(order: Sequence[Value], node: Value) -> bool:
    """Whether the node is on the untaken side of a ``where``."""
    dependent = {node}
    for made in order:
        if made.primitive and made.primitive.name == "where":
            side = made.operands[2 if numbers(made.operands)[0] else 1]
            if type(side) is Value and side in dependent:
                return True
        if any(type(x) is Value and x in dependent for x in made.operands):
            dependent.add(made)
    return False


class NonfiniteOrigin:
    """Where the first inf or nan behind a Value came from, and what to do about it.

    ``kind`` is "input", "value" or "gradient", ``node`` the input or the gate where it began, ``text`` the whole
    answer, at most 80 columns wide.

    >>> from autodiff import Value, log, nonfinite_origin
    >>> origin = nonfinite_origin(log(Value(0.0, "x")) * 2.0)
    >>> origin.node
    Value(-inf)
    """

    def __init__(self, kind: str, node: Value, sentence: str, facts: Sequence[str], advice: str) -> None:
        self.kind, self.node = kind, node
        lines = [shorten(f"    {fact}") for fact in facts]
        self.text = "\n".join([*wrap(sentence, WIDTH), *lines, *wrap(advice, WIDTH)])

    def __repr__(self) -> str:
        return self.text


def statement(node: Value, called: dict[Value, str]) -> str:
    """A gate as ``s1 = log(s0)``, or an input by its name."""
    return f"{called[node]} = {gate(node, called)}" if node.primitive else called[node]


def origins(node: Value, called: dict[Value, str]) -> list[str]:
    """A line for each of a gate's first operands: its number and where it comes from."""
    values = list(dict.fromkeys(x for x in node.operands if type(x) is Value))
    made = [f"made by {x.primitive.name}" if x.primitive else "an input" for x in values[:MOST_OPERANDS]]
    lines = [f"{called[x]} = {show(x.data)}, {how}" for x, how in zip(values, made)]
    return [*lines, "..."] if len(values) > MOST_OPERANDS else lines


def first_value(order: Sequence[Value], called: dict[Value, str]) -> NonfiniteOrigin | None:
    """The answer about the oldest value that is not finite: an input, or a gate's value from finite ones."""

    def at_input(node: Value, advice: str) -> NonfiniteOrigin:
        users = [user for user in order if any(x is node for x in user.operands)]
        facts = [f"first used in {statement(user, called)}" for user in users[:1]]
        return NonfiniteOrigin("input", node, f"{called[node]} is {node.data}, an input.", facts, advice)

    changed = dict.fromkeys(operand for _, operand in stale(order) if not operand.primitive)
    for node in order:
        if not isfinite(node.data) and node not in changed:
            if not node.primitive:
                return at_input(node, "Look where this number was read or computed.")
            gives, output = f"{node.primitive.name} gives {node.data}", called[order[-1]]
            sentence = f"{gives}, the first value behind {output} that is not finite:"
            advice = second_where(node, called) if is_untaken(order, node) else remedy(node)
            return NonfiniteOrigin("value", node, sentence, [statement(node, called), *origins(node, called)], advice)
    late = "It was set after this graph was computed: look at the gradients before the optimizer's step."
    return next((at_input(node, late) for node in changed if not isfinite(node.data)), None)


def first_gradient(order: Sequence[Value], called: dict[Value, str]) -> NonfiniteOrigin | None:
    """The answer about the first gradient in the sweep that is not finite, where all values are."""
    refuse_stale(order)
    behind = f"the first gradient behind {called[order[-1]]} that is not finite:"
    for node, upstream, local_gradients in sweep(order[-1]):
        sent = [(x, y) for x, y in zip(node.operands, local_gradients) if type(x) is Value and y is not None]
        bad = [(x, float(y)) for x, y in sent if not isfinite(downstream(upstream, y))]
        if isfinite(upstream) and not bad:
            continue
        facts = [f"{statement(node, called)} = {show(node.data)}", *origins(node, called)]
        if not isfinite(upstream):
            sentence = f"The gradients sent to {called[node]} add up to more than a float holds, {behind}"
            return NonfiniteOrigin("gradient", node, sentence, facts, GROWN)
        operand, local = bad[0]
        product = f"upstream * local = {show(upstream)} * {show(local)} = {show(upstream * local)}"
        advice = second_where(node, called) if is_untaken(order, node) else gradient_remedy(node, local)
        sentence = f"{node.primitive.name if node.primitive else ''} sends back {upstream * local}, {behind}"
        return NonfiniteOrigin("gradient", node, sentence, [f"to {called[operand]}: {product}", *facts], advice)
    return None


def nonfinite_origin(f: Value) -> NonfiniteOrigin | None:
    """What made a value or gradient behind f (an output or a loss) inf or nan; None if all are finite.

    The answer is the oldest value that is not finite, or else the first such gradient in the sweep back from f; its
    text shows what was computed from what, and what to do. The graph stays as it is. StaleGraphError if all values are
    finite but an input has changed since f was computed.

    >>> from autodiff import Value, log, nonfinite_origin, sigmoid
    >>> x = Value(-800.0, "x")
    >>> nonfinite_origin(-log(sigmoid(x)))
    log gives -inf, the first value behind f that is not finite:
        s1 = log(s0)
        s0 = 0, made by sigmoid
    The log of a sigmoid: use log_sigmoid(x), which stays finite; for 1 -
    sigmoid(x), log_sigmoid(-x).
    """
    if type(f) is not Value:
        raise TypeError(f"nonfinite_origin takes a recorded Value, got {type(f).__name__}: {f!r:.60}")
    order = history(f)
    called = names(order, f)
    return first_value(order, called) or first_gradient(order, called)
