"""Parts of a graph that become one box."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from autodiff import Value, names
from autodiff.vocabulary import words

from .._text import clean
from .symbols import symbol
from .unfold import SINGLE, Ends, wishes

LARGE = 300  # a graph of more nodes, or twice as many arrows, is folded unless the caller says fold=False
BUNDLE = 4  # more arrows than this between a folded box and another become one arrow
FEW = 60  # about so many boxes it is folded to; a net of more nodes than that is folded by its neurons
LABEL = re.compile(r"[Wb](\d+)_(\d+)(_\d+)?$")  # W1_0_2 is of unit 0 in layer 1


def regions(order: Sequence[Value], owners: Iterable[Value]) -> dict[Value, Value]:
    """For every node that only an owner uses, the owner itself included, the outermost such owner."""
    wanted, found = set(owners), dict[Value, Value]()
    around: dict[Value, set[Value | None]] = {}  # the owners of all that use a node
    for node in order[::-1]:
        above = around.pop(node, {None})
        owner = above.pop() if len(above) == 1 else None
        owner = node if owner is None and node in wanted else owner
        if owner is not None:
            found[node] = owner
        for x in node.operands:
            if type(x) is not float:
                around.setdefault(x, set()).add(found.get(node))
    return found


def bundles(order: Sequence[Value], most: int) -> dict[Value, Any]:
    """For every node a key, shared by nodes of one kind and depth (changes of kind on the longest way), or by more."""
    kind = {node: kind_of(node) for node in order}
    depth: dict[Value, int] = {}
    for node in order:
        operands = [x for x in node.operands if type(x) is not float]
        depth[node] = max([depth[x] + (kind[x] != kind[node]) for x in operands], default=0)
    keys: dict[Value, Any] = {node: (depth[node], kind[node]) for node in order}
    if len(set(keys.values())) <= most:
        return keys
    slice_of = 4 * max(depth.values()) // most + 1  # fewer, as lines go from each to many
    return {node: (depth[node] // slice_of, "") for node in order}


def kind_of(node: Value) -> str:
    """A gate's symbol, or a leaf's label without its number."""
    if node.primitive:
        return symbol(node.primitive, node.operands)[0]
    return node.label.rstrip("0123456789")[:24] or "inputs"


def by_prefix(order: Sequence[Value], named: Sequence[tuple[str, Value]], most: int) -> dict[Value, str]:
    """For parameters and the gates of their neuron or layer, the name of that: the longest that serves.

    ``layers.0.neurons.1.w.2`` belongs to ``layers.0.neurons.1`` if that makes at most ``most`` parts, twice as many
    arrows and no circle, else to ``layers.0``; "" is the whole model.
    """
    here = set(order)
    names = {node: name.split(".") for name, node in named if node in here}
    longest = max(map(len, names.values()), default=0) - 1
    sizes = Counter(".".join(known[:length]) for known in names.values() for length in range(longest + 1))
    for length in range(longest, -1, -1):
        prefixes = {node: ".".join(words[:length]) for node, words in names.items()}
        shorter = {node: ".".join(words[: length - 1]) for node, words in names.items()}
        different = set(prefixes.values())
        alone = any(sizes[prefixes[node]] == 1 < sizes[shorter[node]] for node in names)  # a bias, by its own name
        few = len(different) <= min(most, max(1, len(names) // 2)) and not alone
        if length and (not few or len(different) == len(set(shorter.values()))):
            continue  # too many, or a shorter name would do
        parts = grown(order, prefixes)
        if not acyclic(order, parts):
            parts = closed(order, parts)
        ways = {(x, parts[node]) for node in order if node in parts for x in node.operands if type(x) is not float}
        between = Counter((parts.get(x, x), part) for x, part in ways if parts.get(x) != part)
        arrows = sum(1 if count > BUNDLE else count for count in between.values())
        if acyclic(order, parts) and (length == 0 or arrows <= 2 * most):
            return parts
    return {}


def grown(order: Sequence[Value], prefixes: Mapping[Value, str]) -> dict[Value, str]:
    """The prefixes of parameters, spread over the weighted sums they make and one activation behind each."""
    parts, sums = dict(prefixes), set(prefixes)
    for node in order:
        operands = [x for x in node.operands if type(x) is not float]
        if node.primitive is None or (all(x in prefixes for x in operands) and len(node.operands) == len(operands)):
            continue  # an input, or a penalty such as w * w
        own = [parts[x] for x in operands if x in prefixes]
        summed = [parts[x] for x in operands if x in sums]
        row = words(node.primitive)
        if row.linear and own:
            parts[node] = own[0]
            sums.add(node)
        elif node.primitive.name in ("add", "sum") and 1 < len(operands) == len(summed) and len(set(summed)) == 1:
            parts[node] = summed[0]
            sums.add(node)
        elif not row.is_arithmetic and len(operands) == 1 and summed and not own:
            parts[node] = summed[0]
    return parts


def closed(order: Sequence[Value], parts: Mapping[Value, str]) -> dict[Value, str]:
    """The parts, each with the gates that lie on a way out of it and back into it."""
    names = list(dict.fromkeys(parts.values()))
    bits = {name: 1 << k for k, name in enumerate(names)}
    own = {node: bits[parts[node]] if node in parts else 0 for node in order}
    before, after = dict(own), dict(own)  # the parts that a way leads from, and to
    for node in order:
        for operand in node.operands:
            before[node] |= before[operand] if type(operand) is not float else 0
    for node in reversed(order):
        for operand in node.operands:
            if type(operand) is not float:
                after[operand] |= after[node]
    both = {node: before[node] & after[node] for node in order if not own[node]}
    return {**parts, **{node: names[found.bit_length() - 1] for node, found in both.items() if found}}


def acyclic(order: Sequence[Value], parts: Mapping[Value, Any]) -> bool:
    """Whether no way out of a part leads back into it."""
    box: dict[Value, Any] = {node: parts.get(node, i) for i, node in enumerate(order)}
    before: dict[Any, set[Any]] = {x: set() for x in box.values()}
    for node in order:
        before[box[node]].update([box[x] for x in node.operands if type(x) is not float])
    for part, sources in before.items():
        sources.discard(part)
    try:
        TopologicalSorter(before).prepare()
    except CycleError:
        return False
    return True


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
    labels = [(LABEL.match(node.label), node) for node in order]
    named = [(found.expand(r"W\1.W\1_\2.") + node.label, node) for found, node in labels if found]
    most = FEW if len(named) > sum(node.primitive is None for node in order) / 2 else LARGE
    if len(order) <= most and sum([len(node.operands) for node in order]) <= 2 * most:
        return {}, []
    parts = by_prefix(order, named, FEW) if most == FEW else {}  # by neurons or layers where labels tell them
    if parts:
        groups = gathered(order, parts, lambda node: parts[node].rpartition(".")[2])
    else:
        groups = gathered(order, bundles(order, FEW), kind_of)
    boxes = len(set(groups.values())) + len(order) - len(groups)
    told = f"{len(order):,} nodes folded into {boxes}. fold=False draws them all; fold=model makes boxes of its layers."
    return groups, [told]


def asked(order: Sequence[Value], wanted: Sequence[Any], copies: Mapping[Value, Value]) -> dict[Value, Group]:
    """The groups for the wanted Values, labels and models; ValueError if one is missing or they make a circle."""
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


def owners_of(order: Sequence[Value], wish: Any, copies: Mapping[Value, Value], what: str = "fold") -> list[Value]:
    """The nodes that a Value or a label means; ValueError or TypeError where it means none."""
    if type(wish) is Value:
        node = copies.get(wish, wish)
        if not any(node is other for other in order):
            raise ValueError(f"cannot {what} {wish!r}: it is not in the graph that is drawn")
        return [node]
    if what != "fold" and isinstance(wish, str):
        found = [node for node, name in names(order, order[-1]).items() if name == wish]
        if not found:
            raise ValueError(f"cannot {what} {clean(wish, 40)!r}: nothing in the graph has that name")
        return found
    if not isinstance(wish, str):
        raise TypeError(f"{what} takes Values, labels, gates and models, got {type(wish).__name__}: {wish!r:.60}")
    labeled = [node for node in order if node.label == wish]
    if not labeled:
        known = [node.label for node in order if node.label and node.primitive]
        raise ValueError(
            f"cannot fold {clean(wish, 40)!r}: nothing in the graph has that label, and it is not one of the gates "
            f"{', '.join(SINGLE)}; labeled are {clean(', '.join(known), 200) or 'no gates'}"
        )
    return labeled


def net(order: Sequence[Value], groups: Mapping[Value, Group]) -> list[list[list[float]]]:
    """The weights of every unit, layer by layer, of a net folded by its weights' labels; else []."""
    found: dict[int, dict[tuple[int, int], float]] = {}
    for node in order:
        label = LABEL.match(node.label)
        if label and label[3]:
            if node not in groups:
                return []
            found.setdefault(int(label[1]), {})[int(label[2]), int(label[3][1:])] = node.data
    layers = []
    for _, weights in sorted(found.items()):
        units, inputs = [range(1 + max(places)) for places in zip(*weights)]
        layers.append([[weights.get((unit, i), 0.0) for i in inputs] for unit in units])
    fits = all(len(before) == len(after[0]) for before, after in pairwise(layers))
    return layers if fits else []


def gathered(order: Sequence[Value], keys: Mapping[Value, Any], name: Callable[[Value], str]) -> dict[Value, Group]:
    """Groups of at least two nodes with the same key; the name "" stands for that of the newest node."""
    members: dict[Any, list[Value]] = {}
    for node in order:
        if node in keys and type(node.primitive) is not Ends:
            members.setdefault(keys[node], []).append(node)
    groups = {}
    for nodes in members.values():
        if len(nodes) > 1:
            group = Group(name(nodes[-1]) or nodes[-1].label, nodes[-1], len(nodes))
            groups.update(dict.fromkeys(nodes, group))
    return groups
