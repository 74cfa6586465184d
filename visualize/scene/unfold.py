"""Unfolding a gate into simpler ones, and folding those back, by one table: D2 is D3 with its sigmoid unfolded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autodiff import PRIMITIVES, Primitive, Value, exp, log, maximum, sigmoid, sqrt
from autodiff.flat import Unsupported
from autodiff.flat.expansion import record_branches
from autodiff.graph import history, stale

Match = tuple[str, Any, set[Value]]  # a gate found in unfolded form: (name, operand, nodes between)


def weighted_sum(*operands: Any) -> Any:
    """w0 * x0 + w1 * x1 + ... + b, gate by gate, of (w0, w1, ..., x0, x1, ..., b)."""
    n = len(operands) // 2
    terms = [w * x for w, x in zip(operands[:n], operands[n:])]
    bias = operands[-1]
    return sum(terms if type(bias) is float and bias == 0.0 else [*terms, bias])


def tangent(x: Any) -> Any:
    """(e^x - e^-x) / (e^x + e^-x)."""
    up, down = exp(x), exp(-x)
    return (up - down) / (up + down)


UNFOLDED: dict[str, Callable[..., Any]] = {  # as in the lectures; these forms may overflow, unlike expansions
    "sigmoid": lambda x: 1.0 / (1.0 + exp(-x)),
    "tanh": tangent,
    "softplus": lambda x: log(1.0 + exp(x)),
    "relu": lambda x: maximum(x, 0.0),
    "dot": weighted_sum,
    "sum": lambda *terms: sum(terms),
    "silu": lambda x: x * sigmoid(x),
    "gelu": lambda x: x * PRIMITIVES["normal_cdf"](x),
    "hypot": lambda x, y: sqrt(x**2 + y**2),
}
SINGLE = tuple(UNFOLDED)[:3]  # gates of one operand, whose unfolded forms can be found


def inputs_of(node: Value) -> list[Value]:
    """The operands of a node that are Values, not constants."""
    return [x for x in node.operands if type(x) is not float]


class Ends(Primitive):
    """The gate of a hidden node whose operands are several outputs."""


def join(outputs: Sequence[Value]) -> Value:
    """One node after several outputs, where the gradients left by ``backward()`` start."""
    used = {x for output in outputs for node in history(output) for x in inputs_of(node)}
    seeds = tuple([None if output in used else output.grad for output in outputs])
    root: Value = Value.record(Ends("outputs", lambda *xs: 0.0, lambda out, *xs: seeds), outputs)
    root.grad = float(any(output.grad for output in outputs))
    return root


def rewrite(output: Value, fold: Any, unfold: Iterable[str]) -> tuple[Value, dict[Value, Value], list[str]]:
    """(output, copies of its nodes, notes), with the gates in ``unfold`` unfolded and those of ``SINGLE`` folded."""
    unfold = {unfold} if isinstance(unfold, str) else set(unfold)
    names = [wish for wish in wishes(fold) if isinstance(wish, str) and wish in SINGLE]
    if not names and not unfold:
        return output, {}, []
    order = history(output)
    for name in unfold.difference(UNFOLDED, unfoldable(order) if unfold.difference(UNFOLDED) else ()):
        raise ValueError(
            f"cannot unfold {name!r:.60}: choose among {', '.join(UNFOLDED)}, or a gate of the graph whose value or "
            "expansion= consists of simpler ones"
        )
    if next(stale(order), None):
        return output, {}, ["No gate was unfolded, as the values are out of date: call forward() first."]
    copies = copy_nodes(order, unfold, find_unfolded(order, names))
    for node in order:
        if node.primitive is None:
            copies[node].grad = node.grad
    return copies[output], copies, []


def wishes(fold: Any) -> list[Any]:
    return list(fold) if isinstance(fold, (list, tuple, set)) else [fold]


def unfoldable(nodes: Iterable[Value]) -> list[str]:
    """The names of the gates that can be written in simpler ones."""
    gates: dict[Any, Any] = {node.primitive: node.operands for node in nodes if node.primitive}
    return [gate.name for gate, operands in gates.items() if simpler(gate, operands) is not None]


def simpler(primitive: Any, operands: Sequence[Any]) -> Value | None:
    """The gate in simpler ones, as lectures draw it or by its expansion; None for an elementary gate."""
    name = primitive.name
    if name in UNFOLDED and PRIMITIVES.get(name) is primitive:
        made = UNFOLDED[name](*operands)
    else:
        try:
            made = record_branches(primitive.expansion or primitive.value, operands, f"the value of {name}")
        except Unsupported:
            return None
    known = type(made) is not Value or made.primitive is primitive or any(made is operand for operand in operands)
    return None if known else made


def copy_nodes(order: Sequence[Value], unfold: Iterable[str], matches: dict[Value, Match]) -> dict[Value, Value]:
    """The copy of every node, with some gates unfolded and the matches folded, and gradients from ``backward``."""
    dropped = {node for _, _, inner in matches.values() for node in inner}
    copies: dict[Value, Value] = {}
    for node in order:
        if node in dropped:
            continue
        if node.primitive is None:
            copies[node] = Value(node.data, node.label)
            continue
        match = matches.get(node)
        primitive = PRIMITIVES[match[0]] if match else node.primitive
        operands = [x if type(x) is float else copies[x] for x in ([match[1]] if match else node.operands)]
        made = simpler(primitive, operands) if primitive.name in unfold else None
        copies[node] = Value.record(primitive, operands) if made is None else made
        copies[node].label = node.label
    output = order[-1]
    if output.grad:
        copies[output].backward(output.grad)
    return copies


def find_unfolded(order: Sequence[Value], names: Sequence[str]) -> dict[Value, Match]:
    """The unfolded forms of the gates in a graph, by their last nodes."""
    users: dict[Value, set[Value]] = {node: set() for node in order}
    for node in order:
        for operand in inputs_of(node):
            users[operand].add(node)
    matches = {}
    for name in names:
        x = Value(0.5)
        pattern = UNFOLDED[name](x)
        for node in order:
            bound: dict[Value, Any] = {}
            if match_pattern(node, pattern, bound):
                operand = bound.pop(x)
                inner = {bound[part] for part in bound if type(bound[part]) is Value and bound[part] is not node}
                if type(operand) is Value and all(users[part] <= inner | {node} for part in inner):
                    matches[node] = name, operand, inner
    return matches


def match_pattern(node: Any, pattern: Any, bound: dict[Value, Any]) -> bool:
    """Whether a graph has the shape of the pattern; ``bound`` maps the nodes of the pattern to those of the graph."""
    if type(pattern) is float or type(node) is float:
        return type(pattern) is type(node) and bool(pattern == node)
    if pattern in bound:
        return bound[pattern] is node
    if pattern.primitive is None:
        bound[pattern] = node
        return True
    if node.primitive is not pattern.primitive or len(node.operands) != len(pattern.operands):
        return False
    bound[pattern] = node
    orders = [node.operands, node.operands[::-1]] if pattern.primitive.name in ("add", "mul") else [node.operands]
    for operands in orders:
        trial = dict(bound)
        if all(match_pattern(x, part, trial) for x, part in zip(operands, pattern.operands)):
            bound.update(trial)
            return True
    return False
