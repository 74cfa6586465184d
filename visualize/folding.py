"""Folding: which nodes of a graph become one box, because the reader asks for it or the graph is large."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autodiff import Value

from .regions import acyclic, bundles, by_prefix, kind_of, opened, regions
from .text import clean
from .unfolding import SINGLE, wishes

LARGE = 300  # a graph of more nodes is folded unless the caller says fold=False
FEW = 60  # about so many boxes it is folded to


@dataclass(eq=False)
class Group:
    """Nodes that become one box."""

    name: str
    newest: Value
    count: int


def groups_of(order: Sequence[Value], fold: Any, copies: Mapping[Value, Value]) -> tuple[dict[Value, Group], list[str]]:
    """(The group of every node that is folded, notes)."""
    if fold is False:
        return {}, []
    wanted = [wish for wish in wishes(fold) if wish is not None and not (isinstance(wish, str) and wish in SINGLE)]
    if wanted:
        return asked(order, wanted, copies), []
    if len(order) <= LARGE:
        return {}, []
    groups = by_default(order)
    boxes = len(set(groups.values())) + len(order) - len(groups)
    return groups, [f"{len(order):,} nodes folded into {boxes}. fold=False draws them all."]


def asked(order: Sequence[Value], wanted: Sequence[Any], copies: Mapping[Value, Value]) -> dict[Value, Group]:
    """The groups for the Values, labels and models that the caller wants folded.

    ValueError if one of them is not in the graph, or together they would make a circle of arrows.
    """
    owners: list[Value] = []
    keys: dict[Value, Any] = {}
    for i, wish in enumerate(wanted):
        if hasattr(wish, "named_parameters"):
            named = [(name, copies.get(node, node)) for name, node in wish.named_parameters()]
            parts = by_prefix(order, named, FEW)
            if not parts:
                raise ValueError(f"cannot fold {wish!r:.60}: the graph has none of its parameters, or goes in circles")
            keys.update({node: (i, prefix or type(wish).__name__) for node, prefix in parts.items()})
        else:
            owners += owners_of(order, wish, copies)
    if owners:
        keys.update({node: (owner, "") for node, owner in regions(order, owners).items()})
    if not acyclic(order, keys):
        raise ValueError("cannot fold all of these at once: arrows would go in a circle; fold fewer")
    return gathered(order, keys, lambda node: str(keys[node][1]))


def owners_of(order: Sequence[Value], wish: Any, copies: Mapping[Value, Value]) -> list[Value]:
    """The nodes that a Value or a label means; ValueError or TypeError where it means none."""
    if type(wish) is Value:
        node = copies.get(wish, wish)
        if not any(node is other for other in order):
            raise ValueError(f"cannot fold {wish!r}: it is not in the graph that is drawn")
        return [node]
    if not isinstance(wish, str):
        raise TypeError(f"fold takes Values, labels, gates and models, got {type(wish).__name__}: {wish!r:.60}")
    labelled = [node for node in order if node.label == wish]
    if not labelled:
        known = [node.label for node in order if node.label and node.primitive]
        raise ValueError(
            f"cannot fold {clean(wish, 40)!r}: nothing in the graph has that label, and it is not one of the gates "
            f"{', '.join(SINGLE)}; labelled are {clean(', '.join(known), 200) or 'no gates'}"
        )
    return labelled


def by_default(order: Sequence[Value]) -> dict[Value, Group]:
    """The groups of a large graph: its largest regions opened first, or gates alike side by side made one."""
    closed, wide = opened(order, FEW)
    if wide:
        return gathered(order, bundles(order, FEW), kind_of)
    return gathered(order, regions(order, closed), lambda node: "")


def gathered(order: Sequence[Value], keys: Mapping[Value, Any], name: Callable[[Value], str]) -> dict[Value, Group]:
    """Nodes with the same key as one group, where they are at least two; "" names it after its newest node."""
    members: dict[Any, list[Value]] = {}
    for node in order:
        if node in keys:
            members.setdefault(keys[node], []).append(node)
    groups = {}
    for nodes in members.values():
        if len(nodes) > 1:
            group = Group(name(nodes[-1]) or nodes[-1].label, nodes[-1], len(nodes))
            groups.update(dict.fromkeys(nodes, group))
    return groups
