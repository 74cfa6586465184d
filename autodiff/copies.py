"""Copies and pickles of graphs: a result becomes a flat table, so that no depth is too deep; a gate goes by name."""

from __future__ import annotations

import sys

from .engine import Value, result
from .graph import history, stale
from .primitives import PRIMITIVES, Primitive, by_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def reduced(node: Value) -> tuple[Any, ...]:
    """What copy and pickle make a node from: a leaf from its numbers, a result from a table of its graph."""
    if node.primitive is None:
        return restored_leaf, (node.data, node.label, node.grad)
    return restored_result, tabulated(node)


def tabulated(output: Value) -> tuple[list[Value], list[tuple[Any, ...]]]:
    """The graph behind a result as (leaves, rows): every operand is a place in the two together, or a float."""
    order = history(output)
    outdated = {node for node, _ in stale(order)}
    leaves = [node for node in order if node.primitive is None]
    results = [node for node in order if node.primitive]
    place = {node: i for i, node in enumerate(leaves + results)}
    rows = [
        (node.primitive, node._data, node.label, node.grad, node in outdated,
         [place[x] if type(x) is Value else x for x in node.operands])
        for node in results
    ]  # fmt: skip
    return leaves, rows


def restored_result(leaves: list[Value], rows: list[tuple[Any, ...]]) -> Value:
    """The output of a tabulated graph, made anew on the given leaves."""
    nodes = list(leaves)
    for primitive, data, label, grad, outdated, operands in rows:
        node = result(primitive, data, tuple([nodes[x] if type(x) is int else x for x in operands]))
        node.label, node.grad = label, grad
        if outdated:
            node.changed = 0
        nodes.append(node)
    return nodes[-1]


def restored_leaf(data: float, label: str, grad: float) -> Value:
    leaf = Value(data, label)
    leaf.grad = grad
    return leaf


def reduced_gate(primitive: Primitive) -> tuple[Any, ...]:
    """What pickle makes a gate of a user's from: the module and the name under which it is a global, or its row."""
    own = [getattr(function, "__module__", "") for function in (primitive.value, primitive.local_gradients)]
    for module in (*own, *sys.modules):
        for name, found in list(getattr(sys.modules.get(module), "__dict__", {}).items()):
            if found is primitive:
                return found_in, (module, name)
    if PRIMITIVES.get(primitive.name) is primitive:
        return by_name, (primitive.name,)
    name = primitive.name
    raise TypeError(
        f"cannot pickle the gate {name!r}: it is found again by its name, so assign it to a global of a module, "
        f"{name} = Primitive({name!r}, ...), or put it into autodiff.PRIMITIVES"
    )


def found_in(module: str, name: str) -> Primitive:
    """The gate that is a global of a module."""
    return getattr(__import__(module, fromlist=[name]), name)  # type: ignore[no-any-return]
