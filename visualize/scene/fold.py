"""Folding: parts of a graph become one box each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from autodiff import Value
from autodiff.formula import names, show
from autodiff.notation import UPPER
from autodiff.vocabulary import words

from .._text import clean
from .unfold import SINGLE, Ends, inputs_of, wishes

LARGE = 300  # a graph of more nodes, or twice as many arrows, is folded unless fold=False
BUNDLE = 4  # more arrows than this between a folded box and another become one arrow
MAX_FOLDED = 60  # boxes, approximately, after folding; a net of more nodes is folded by its neurons
MODULES = 20  # boxes, at most, if gates are assigned to parts by their dependencies
LABEL = re.compile(r"[Wb](\d+)_(\d+)(_\d+)?$")  # W1_0_2 belongs to unit 0 of layer 1


def regions(order: Sequence[Value], owners: Iterable[Value]) -> dict[Value, Value]:
    """Map every node that only an owner uses, and the owner itself, to the outermost such owner."""
    wanted, found = set(owners), dict[Value, Value]()
    around: dict[Value, set[Value | None]] = {}  # the owners of the users of a node
    for node in order[::-1]:
        above = around.pop(node, {None})
        owner = above.pop() if len(above) == 1 else None
        owner = node if owner is None and node in wanted else owner
        if owner is not None:
            found[node] = owner
        for x in inputs_of(node):
            around.setdefault(x, set()).add(found.get(node))
    return found


def bundles(order: Sequence[Value], most: int) -> dict[Value, Any]:
    """A key for every node: its kind and depth (changes of kind on the longest path), or coarser if there are many."""
    kind = {node: kind_of(node) for node in order}
    depth: dict[Value, int] = {}
    for node in order:
        depth[node] = max([depth[x] + (kind[x] != kind[node]) for x in inputs_of(node)], default=0)
    keys: dict[Value, Any] = {node: (depth[node], kind[node]) for node in order}
    if len(set(keys.values())) <= most:
        return keys
    slice_of = 4 * max(depth.values()) // most + 1  # few, because arrows go from each to many
    return {node: (depth[node] // slice_of, "") for node in order}


def symbol(gate: Any, operands: Sequence[Any]) -> tuple[str, bool]:
    """(the text in the circle of a Primitive or name, whether it contains the constant)."""
    row, constants = words(gate), [isinstance(operand, float) for operand in operands]
    if row.right and sum(constants) == 1:
        pattern, number = row.left if constants[0] else row.right, show(operands[not constants[0]])
        if pattern == "x^{}" and len(number) <= 2 and number.lstrip("-").isdigit():
            return "x" + "".join([UPPER[digit] for digit in number]), True  # a short integer exponent is raised
        if pattern in ("+{}", "-{}") and number.startswith("-"):
            return ("-" if pattern == "+{}" else "+") + number[1:], True
        return pattern.format(number), True
    if row is words("dot") and isinstance(operands[-1], float) and operands[-1] == 0.0:
        return "Σwx", False
    return clean(row.symbol, 24), False


def kind_of(node: Value) -> str:
    """A gate's symbol, or a leaf's label without its number."""
    if node.primitive:
        return symbol(node.primitive, node.operands)[0]
    return node.label.rstrip("0123456789")[:24] or "inputs"


def parts_by_name(
    order: Sequence[Value], named: Sequence[tuple[str, Value]], most: int, least: int = 0, always: bool = True
) -> dict[Value, str]:
    """Map parameters and their gates to ``layers.0.neurons.1``, or if there are many, ``layers.0``; "": the model."""
    here = set(order)
    names = {node: name.split(".") for name, node in named if node in here}
    longest = max(map(len, names.values()), default=0) - 1
    sizes = Counter(".".join(known[:length]) for known in names.values() for length in range(longest + 1))
    for length in range(longest, least - 1, -1):
        prefixes = {node: ".".join(words[: min(length, len(words) - 1)]) for node, words in names.items()}
        shorter = {node: ".".join(words[: length - 1]) for node, words in names.items()}
        different = set(prefixes.values())
        alone = any(
            len(words) <= length and not words[-1].isdigit() and sizes[shorter[node]] > 1
            for node, words in names.items()
        )  # a bias with its own name
        few = len(different) <= min(most, max(1, len(names) // 2)) and not alone
        forced = always and length == least
        if not forced and (not few or len(different) == len(set(shorter.values()))):
            continue  # too many parts, or a shorter name gives the same
        parts = parts_by_call(order, grow_parts(order, prefixes))
        room = most
        if len(order) - len(parts) > 2 * most or not acyclic(order, parts):
            parts, room = parts_by_flow(order, prefixes), MODULES
        ways = {(x, part) for node, part in parts.items() for x in inputs_of(node)}
        between = Counter((parts.get(x, x if x in here else ""), part) for x, part in ways if parts.get(x) != part)
        arrows = sum(1 if count > BUNDLE else count for count in between.values())
        if forced or (arrows <= 2 * most and len(set(parts.values())) <= min(most, room)):
            return parts
    return {}


def grow_parts(order: Sequence[Value], prefixes: Mapping[Value, str]) -> dict[Value, str]:
    """The prefixes of parameters, extended to their weighted sums and one activation behind each."""
    parts, sums = dict(prefixes), set(prefixes)
    for node in order:
        operands = inputs_of(node)
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


def parts_by_call(order: Sequence[Value], parts: Mapping[Value, str]) -> dict[Value, str]:
    """The parts, with the gates of a part that feeds back into itself, as in a recurrent net, split by its calls."""
    uses: Counter[Value] = Counter()
    call: dict[Value, int] = {}
    for node in order:
        own = [x for x in inputs_of(node) if parts.get(x) == parts.get(node, x)]
        leaves = [x for x in own if not x.primitive]
        uses.update(leaves)
        call[node] = max([uses[x] for x in leaves], default=max([call[x] for x in own], default=0))
    ways = [(x, node) for node in parts for x in inputs_of(node) if x.primitive]
    again = {parts[node] for x, node in ways if parts.get(x) == parts[node] and call[x] < call[node]}
    if not acyclic(order, parts):
        again = {part for x, part in parts.items() if call[x] > 1}
    return {
        x: f"{part}, call {call[x]}".lstrip(", ") if x.primitive and part in again else part
        for x, part in parts.items()
    }


def parts_by_flow(order: Sequence[Value], prefixes: Mapping[Value, str]) -> dict[Value, str]:
    """The prefixes of parameters, and for every gate the last one in the model's order that it depends on."""
    names = list(dict.fromkeys(prefixes.values()))
    rank = {node: names.index(prefix) for node, prefix in prefixes.items()}
    for node in order:
        behind = [rank[x] for x in inputs_of(node) if x in rank]
        if behind:
            rank[node] = max(behind)
    return {node: names[rank[node]] for node in order if node in rank}


def acyclic(order: Sequence[Value], parts: Mapping[Value, Any]) -> bool:
    """Whether no path that leaves a part comes back to it."""
    box: dict[Value, Any] = {node: parts.get(node, i) for i, node in enumerate(order)}
    before: dict[Any, set[Any]] = {x: set() for x in box.values()}
    for node in order:
        before[box[node]].update([box[x] for x in inputs_of(node) if x in box])
    for part, sources in before.items():
        sources.discard(part)
    try:
        TopologicalSorter(before).prepare()
    except CycleError:
        return False
    return True


@dataclass(eq=False, slots=True)
class Fold:
    """Nodes that become one box, and the folds in it, which replace it when it is open."""

    name: str
    newest: Value
    count: int
    parts: dict[Value, Fold] = field(default_factory=dict)


def groups_of(order: Sequence[Value], fold: Any, copies: Mapping[Value, Value]) -> tuple[dict[Value, Fold], list[str]]:
    """(The fold of every folded node, notes)."""
    if fold is False or type(fold) is dict:
        return fold or {}, []
    wanted = [wish for wish in wishes(fold) if wish is not None and not (isinstance(wish, str) and wish in SINGLE)]
    if wanted:
        return requested_groups(order, wanted, copies), []
    groups, needed = default_groups(order)
    if not needed:
        return {}, []
    boxes = len(set(groups.values())) + len(order) - len(groups)
    hint = "fold=False draws them all; fold=model makes boxes of its layers."
    return groups, [f"{len(order):,} nodes folded into {boxes}. {hint}"]


def requested_groups(order: Sequence[Value], wanted: Sequence[Any], copies: Mapping[Value, Value]) -> dict[Value, Fold]:
    """The folds of the wanted Values, labels and models; ValueError if one is missing or they form a cycle."""
    owners: list[Value] = []
    named: list[tuple[str, Value]] = []
    for i, wish in enumerate(wanted):
        if hasattr(wish, "named_parameters"):
            own = [(name, copies.get(node, node)) for name, node in wish.named_parameters()]
            if {node for _, node in own}.isdisjoint(order):
                raise ValueError(f"cannot fold {wish!r:.60}: the graph has none of its parameters")
            layers = {unit_path(node.label).partition(".")[0] for _, node in own}
            whole = (layers.pop() if len(layers) == 1 else "") or type(wish).__name__
            named += [(f"{whole}#{i}.{unit_path(node.label) or name}", node) for name, node in own]
        else:
            owners += owners_of(order, wish, copies)
    found = regions(order, owners)
    groups = gather(order, found, lambda node: "")
    rest = [node for node in order if node not in found]
    groups |= nested_groups(rest, named, 1) if named else {}
    if not acyclic(order, {node: group.newest for node, group in groups.items()}):
        raise ValueError("cannot fold all of these at once, as arrows would form a cycle: fold fewer")
    return groups


def unit_path(label: str) -> str:
    """The label of a weight or bias behind its layer and unit, "W1.W1_0.W1_0_2"; "" for other labels."""
    found = LABEL.match(label)
    return found.expand(r"W\1.W\1_\2.") + label if found else ""


def nested_groups(
    order: Sequence[Value], named: Sequence[tuple[str, Value]], least: int = 0, always: bool = True
) -> dict[Value, Fold]:
    """The folds by the names of parameters, each with the folds of longer names in it."""
    keys = parts_by_name(order, named, MAX_FOLDED, least, always)
    groups = gather(order, keys, lambda node: re.sub(r"^.*\.(?=W\d)|^\w+#\d+\.|#\d+", "", keys[node]))
    for group in dict.fromkeys(groups.values()):
        inside = [node for node in order if groups.get(node) is group]
        prefix, here = keys[group.newest], set(inside)
        own = [(name, node) for name, node in named if node in here]
        group.parts = nested_groups(inside, own, prefix.count(".") + 2 if prefix else 1, False) if own else {}
    return groups


def owners_of(order: Sequence[Value], wish: Any, copies: Mapping[Value, Value], what: str = "fold") -> list[Value]:
    """The nodes that a Value or label refers to; ValueError or TypeError if there are none."""
    if type(wish) is Value:
        node = copies.get(wish, wish)
        if node not in set(order):
            raise ValueError(f"cannot {what} {wish!r}: it is not in the drawn graph")
        return [node]
    folds = what == "fold"
    if not isinstance(wish, str):
        kinds = "Values, labels, gates and models" if folds else "the number of a step, Values or names"
        raise TypeError(f"{what} takes {kinds}, got {type(wish).__name__}: {wish!r:.60}")
    called = {node: node.label for node in order} if folds else names(order, order[-1])
    found = [node for node, name in called.items() if name == wish]
    if not found:
        message = f"cannot {what} {clean(wish, 40)!r}: no node has that {'label' if folds else 'name'}"
        labels = clean(", ".join([node.label for node in order if node.label and node.primitive]), 200)
        rest = f", and it is not one of the gates {', '.join(SINGLE)}; labeled gates: {labels or 'none'}"
        raise ValueError(message + rest if folds else message)
    return found


def default_groups(order: Sequence[Value]) -> tuple[dict[Value, Fold], bool]:
    """(Folds by the neurons or layers in labels or, if a graph is large, of similar gates; whether it is large)."""
    named = [(unit_path(node.label), node) for node in order if LABEL.match(node.label)]
    most = MAX_FOLDED if len(named) > sum(node.primitive is None for node in order) / 2 else LARGE
    needed = len(order) > most or sum([len(node.operands) for node in order]) > 2 * most
    groups = nested_groups(order, named) if most == MAX_FOLDED else {}
    return groups or (gather(order, bundles(order, MAX_FOLDED), kind_of) if needed else {}), needed


def net(order: Sequence[Value], groups: Mapping[Value, Fold]) -> list[list[list[float]]]:
    """The weights of every unit, layer by layer, of a net folded by the labels of its weights; else []."""
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


def gather(order: Sequence[Value], keys: Mapping[Value, Any], name: Callable[[Value], str]) -> dict[Value, Fold]:
    """Folds of at least two nodes with the same key; the name "" stands for that of the newest node."""
    members: dict[Any, list[Value]] = {}
    for node in order:
        if node in keys and type(node.primitive) is not Ends:
            members.setdefault(keys[node], []).append(node)
    groups = {}
    for nodes in members.values():
        if len(nodes) > 1:
            group = Fold(name(nodes[-1]) or nodes[-1].label, nodes[-1], len(nodes))
            groups.update(dict.fromkeys(nodes, group))
    return groups
