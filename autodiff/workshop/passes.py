"""The backward pass, right and with every typical mistake: which of them gives a student's numbers?

A mistake replaces one part of the right pass: where it starts, in which order it walks over the edges, what it adds up,
what it clears before. Two mistakes at once are tried, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

Edge = tuple[Any, int]  # a node and the place of an operand


def post_order(f: Any) -> list[Any]:
    """Every node after its operands."""
    nodes: dict[int, Any] = {}  # by id: a student's nodes may be equal, or have no hash
    stack = [(f, iter(f.operands))]
    while stack:
        node, left = stack[-1]
        operand = next((x for x in left if id(x) not in nodes), None)
        if operand is None:
            nodes[id(node)] = node
            stack.pop()
        else:
            stack.append((operand, iter(operand.operands)))
    return [*nodes.values()]


def edges_of(node: Any) -> list[Edge]:
    return [(node, i) for i in range(len(node.operands))]


def after_all_paths(f: Any) -> list[Edge]:
    """The edges in the right order."""
    return [edge for node in reversed(post_order(f)) for edge in edges_of(node)]


def from_inputs(f: Any) -> list[Edge]:
    return [edge for node in post_order(f) for edge in edges_of(node)]


def each_path(f: Any) -> Iterator[Edge]:
    """A function that calls itself at each operand, as soon as something was sent there."""
    for i, operand in enumerate(f.operands):
        yield f, i
        yield from each_path(operand)


def each_path_late(f: Any) -> Iterator[Edge]:
    """A function that sends to all operands, then calls itself at each."""
    yield from edges_of(f)
    for operand in f.operands:
        yield from each_path_late(operand)


def depth_first(f: Any, last: bool = False, early: bool = False) -> list[Edge]:
    """Every node once, before its operands; they are marked when met, or with ``early`` when put on the stack."""
    seen, edges, stack = {f} if early else set(), [], [f]
    while stack:
        node = stack.pop()
        if node in seen and not early:
            continue
        seen.add(node)
        edges += edges_of(node)
        for operand in node.operands if last else reversed(node.operands):
            if operand not in seen:
                stack.append(operand)
                seen |= {operand} if early else set()
    return edges


def recursive(f: Any) -> Iterator[Edge]:
    """As depth first, sending to an operand only when its turn comes."""
    seen: set[Any] = set()

    def visit(node: Any) -> Iterator[Edge]:
        seen.add(node)
        for i, operand in enumerate(node.operands):
            yield node, i
            if operand not in seen:
                yield from visit(operand)

    return visit(f)


def breadth_first(f: Any, again: bool = False) -> list[Edge]:
    """Level by level from the output; with ``again``, a node is in the queue once for each edge."""
    seen, edges, queue = {f}, [], [f]
    for node in queue:
        edges += edges_of(node)
        for operand in node.operands:
            if again or operand not in seen:
                queue.append(operand)
                seen.add(operand)
    return edges


def without_last_gate(f: Any) -> list[Edge]:
    return [edge for edge in after_all_paths(f) if edge[0] is not f]


def once_per_operand(f: Any) -> list[Edge]:
    """Operands kept in a set: of two edges to one node, the second is lost."""
    return [(node, i) for node, i in after_all_paths(f) if node.operands.index(node.operands[i]) == i]


def everything(f: Any, nodes: Sequence[Any], new: Sequence[Any]) -> Iterable[Any]:
    return nodes


class Sweep(NamedTuple):
    """A backward pass in its parts, and the mistake that one of them is; "" for the right pass."""

    mistake: str = ""
    start: Callable[[float, Any], float] = lambda old, f: 1.0  # gradient of the output
    edges: Callable[[Any], Iterable[Edge]] = after_all_paths
    target: Callable[[Any, int], Any] = lambda node, i: node.operands[i]
    add: Callable[[float, float, float, Any], float] = lambda old, upstream, local, node: old + upstream * local
    clear: Callable[[Any, Sequence[Any], Sequence[Any]], Iterable[Any]] = everything
    again: bool = True  # whether a second pass walks at all
    apart: bool = False  # whether a second pass is added to the first as a whole

    def gradients(self, outputs: Sequence[Any], longest: int = 3000) -> dict[Any, float]:
        """What the pass leaves at every node, called from one output after another."""
        grads: dict[Any, float] = {}
        walked: set[Any] = set()
        for f in outputs:
            nodes = post_order(f)
            left, grads = (grads, {}) if self.apart else ({}, grads)
            grads |= dict.fromkeys(self.clear(f, nodes, [x for x in nodes if x not in walked]), 0.0)
            grads[f] = self.start(grads.get(f, 0.0), f)
            for step, (node, i) in enumerate(self.edges(f)):
                if step > longest:
                    break
                if not self.again and node in walked:
                    continue
                x = self.target(node, i)
                grads[x] = self.add(grads.get(x, 0.0), grads.get(node, 0.0), node.local[i], node)
            walked |= {*nodes}
            grads |= {x: grads.get(x, 0.0) + old for x, old in left.items()}
        return grads


RIGHT_PASS = Sweep()
BEFORE = "a node sends its gradient on before all its paths have arrived"
DEPTH = f"{BEFORE}: depth-first from the output is not the order; take order() from its end"
AT_ONCE = f"{BEFORE}, and sends it once for each path: walk over order() from its end, each node once"
STARTS = [
    Sweep("the output's own gradient does not start at 1: set it after clearing, and clear nothing later",
        start=lambda old, f: old),
    Sweep("the pass starts with the output's value, not with 1: df/df = 1", start=lambda old, f: f.data),
    Sweep("the output's gradient is not set to 1, but 1 is added to what an earlier pass left there",
        start=lambda old, f: old + 1.0, clear=lambda f, nodes, new: ()),
    Sweep("the pass starts with -1: df/df = 1", start=lambda old, f: -1.0),
]  # fmt: skip
WALKS = [
    Sweep(AT_ONCE,
        edges=each_path),
    Sweep(AT_ONCE,
        edges=each_path_late),
    Sweep(DEPTH, edges=depth_first),
    Sweep(DEPTH,
        edges=lambda f: depth_first(f, last=True)),
    Sweep(DEPTH,
        edges=lambda f: depth_first(f, early=True)),
    Sweep(DEPTH,
        edges=lambda f: depth_first(f, last=True, early=True)),
    Sweep(f"{BEFORE}: a recursion that skips visited nodes is not the order; take order() from its end",
        edges=recursive),
    Sweep(f"{BEFORE}: level by level (breadth-first) is not the order; take order() from its end",
        edges=breadth_first),
    Sweep(f"{BEFORE}: level by level, and once for each edge, is not the order; take order() from its end",
        edges=lambda f: breadth_first(f, again=True)),
    Sweep("only the output's operands get a gradient: the walk begins at the inputs, where nothing has arrived yet, or "
        "ends after the output; walk over all of order(), from its end",
        edges=from_inputs),
    Sweep("nothing arrives at the output's operands: is the output in the walk, is its grad 1 before the loop, does "
        "every node send its own grad times local, and is no grad cleared in the loop?",
        edges=without_last_gate),
    Sweep("of x * x and x + x only one edge is followed: x is an operand twice, and a set forgets the second",
        edges=once_per_operand),
    Sweep("only the first operand of each gate gets a gradient",
        edges=lambda f: [edge for edge in after_all_paths(f) if edge[1] == 0]),
    Sweep("only the last operand of each gate gets a gradient",
        edges=lambda f: [(node, i) for node, i in after_all_paths(f) if i == len(node.operands) - 1]),
]  # fmt: skip
SUMS = [
    Sweep("only the last path counts: several paths add up, += instead of =",
        add=lambda old, upstream, local, node: upstream * local),
    Sweep("upstream and local gradient are added: multiply them",
        add=lambda old, upstream, local, node: old + upstream + local),
    Sweep("the upstream gradient is missing, or always the output's 1: downstream = upstream * local",
        add=lambda old, upstream, local, node: old + local),
    Sweep("the local gradient is missing: downstream = upstream * local",
        add=lambda old, upstream, local, node: old + upstream),
    Sweep("the paths are multiplied: several paths add up",
        add=lambda old, upstream, local, node: (old or 1.0) * upstream * local),
    Sweep("the gate's value stands in place of its gradient: upstream is the grad of the node, not its data",
        add=lambda old, upstream, local, node: old + node.data * local),
    Sweep("the sign is wrong: += instead of -=", add=lambda old, upstream, local, node: old - upstream * local),
    Sweep("the gradients go to the wrong operands: the first local gradient belongs to the first operand",
        target=lambda node, i: node.operands[-1 - i]),
]  # fmt: skip
MARKED = "leaves out the nodes marked as visited: begin each call with an empty set, made inside"
CLEARS = [
    Sweep("a second backward adds to what the first one left: set every grad to 0 at the start", apart=True),
    Sweep("a second backward adds to what the first one left: set every grad of order() to 0 at the start",
        clear=lambda f, nodes, new: ()),
    Sweep("old gradients are cleared at the inputs only: gates keep theirs, so a second backward counts them again",
        clear=lambda f, nodes, new: [node for node in nodes if not node.operands]),
    Sweep("old gradients are cleared at the gates only: the inputs keep theirs and add up over two calls of backward",
        clear=lambda f, nodes, new: [node for node in nodes if node.operands]),
    Sweep("only the output's old gradient is cleared: set every grad of order() to 0 at the start",
        clear=lambda f, nodes, new: [f]),
    Sweep(f"a second backward clears, then {MARKED}",
        again=False),
    Sweep(f"a second backward {MARKED}",
        clear=lambda f, nodes, new: new, again=False),
]  # fmt: skip
PARTS = (STARTS, WALKS, SUMS, CLEARS)
SINGLE = [sweep for part in PARTS for sweep in part]
ONE_PATH = "only one of several paths counts: several paths add up, += instead of ="


def join(a: Sweep, b: Sweep) -> Sweep:
    """A pass with both mistakes."""
    changed = {key: x for key, x in b._asdict().items() if x is not getattr(RIGHT_PASS, key)}
    return a._replace(**changed | {"mistake": f"{a.mistake}; and {b.mistake}"})


def pairs() -> Iterator[Sweep]:
    """The passes with two mistakes of different kinds."""
    for i, part in enumerate(PARTS):
        for other in PARTS[i + 1 :]:
            yield from (join(a, b) for a, b in product(part, other))
