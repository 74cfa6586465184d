"""The graph of a node: its order by age, its stale nodes, and the backward sweep.

A result is always younger than its operands, so sorting by age *is* topological sorting.
"""

from __future__ import annotations

from operator import attrgetter

from .primitives import BUILT_IN, downstream
from .tracing import is_tracing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from .typed import N, Node

age = attrgetter("born")


class StaleGraphError(RuntimeError):
    """The gradient of a graph was requested, but its inputs have changed since it was computed.

    >>> from autodiff import Value
    >>> x = Value(3.0, "x")
    >>> y = x * x
    >>> x.data = 5.0
    >>> try:
    ...     y.backward()
    ... except StaleGraphError:
    ...     _ = y.forward()
    >>> y
    Value(25.0)
    """


def numbers(operands: Iterable[Any]) -> list[float]:
    """The data of Values; plain numbers unchanged."""
    return [x if type(x) is float else x._data for x in operands]


def on_kink(node: Node) -> bool:
    """Whether a gate is where its derivative jumps, so that its local gradient is a convention."""
    kink = node.primitive and node.primitive.kink
    return bool(kink and kink(node._data, *numbers(node.operands)))


def history(output: N, since: int = 0) -> list[N]:
    """The output and all nodes that it was computed from, oldest first; without those born before ``since``.

    >>> from autodiff import variables
    >>> x, y = variables(x=2, y=3)
    >>> history(x * y + x)
    [Value(2.0, 'x'), Value(3.0, 'y'), Value(6.0), Value(8.0)]
    """
    waiting, seen = [output], {output}
    while waiting:
        for operand in waiting.pop().operands:
            if type(operand) is not float and operand not in seen and operand.born >= since:
                seen.add(operand)
                waiting.append(operand)
    return sorted(seen, key=age)


def stale(order: Sequence[N]) -> Iterator[tuple[N, N]]:
    """Yield (node, operand) wherever the operand changed after the node was computed; ``order`` is oldest first."""
    newest_leaf = 0
    for node in order:
        if node.primitive is None:
            if node.changed > newest_leaf:
                newest_leaf = node.changed
        elif node.changed < newest_leaf:
            break
    else:
        return  # every result is newer than all leaves before it: nothing is stale
    for node in order:
        changed = node.changed
        for operand in node.operands:
            if type(operand) is not float and operand.changed > changed:
                yield node, operand


def refuse_stale(order: Sequence[Node]) -> None:
    """Raise StaleGraphError if an operand has changed since its node was computed."""
    for node, operand in stale(order):
        raise StaleGraphError(
            f"{operand!r} changed after {node!r} was computed from it by {node.primitive.name}: "
            "call forward() to recompute the graph, or build it again"
        )


def sweep(output: N, upstream: Any = 1.0, since: int = 0, record: bool = False) -> Iterator[tuple[N, Any, Any]]:
    """Yield (node, its total upstream gradient, its local gradients, () for a leaf) from the output back.

    ``upstream`` arrives at the output. Nodes born before ``since`` and nodes without a gradient (only comparisons use
    them) are left out. With ``record``, gradients are Values that can be differentiated again. No ``.grad`` is written.

    >>> from autodiff import variables
    >>> x, y = variables(x=3, y=4)
    >>> for node, upstream, local_gradients in sweep(x * y):
    ...     print(node, upstream, local_gradients)
    Value(12.0) 1.0 (4.0, 3.0)
    Value(4.0, 'y') 3.0 ()
    Value(3.0, 'x') 4.0 ()
    """
    totals = {output: upstream}
    for node in reversed(history(output, since)):
        if node not in totals:
            continue
        upstream = totals.pop(node)
        local_gradients, unpack = slopes(node, record) if node.primitive else ((), None)
        yield node, upstream, local_gradients
        for operand, local in zip(node.operands, local_gradients):
            if type(operand) is not float and local is not None and operand.born >= since:
                passed = upstream * local if type(local) is float else downstream(upstream, local, unpack)
                totals[operand] = totals[operand] + passed if operand in totals else passed


def push(order: Iterable[N], tangents: dict[N, Any], record: bool = False) -> dict[N, Any]:
    """Forward mode: all tangents, by sums of local gradient * tangent of the operand; ``order`` is oldest first."""
    totals = dict(tangents)
    for node in order:
        edges = [(i, x) for i, x in enumerate(node.operands) if type(x) is not float and x in totals]
        if node in totals or not edges:
            continue
        local_gradients, unpack = slopes(node, record)
        known = slopes(node, False)[0] if record and not is_tracing() else local_gradients
        for place, operand in edges:
            if known[place] is not None and known[place] is not False:  # a closed gate passes nothing
                passed = downstream(totals[operand], local_gradients[place], unpack)
                totals[node] = totals[node] + passed if node in totals else passed
    return totals


def slopes(node: Node, record: bool) -> tuple[Any, Callable[[Any], Any] | None]:
    """A gate's local gradients and, if they are recorded, the function that unpacks them."""
    primitive = node.primitive
    assert primitive is not None
    rule = primitive.local_gradients if primitive in BUILT_IN else primitive.slopes
    if record:
        return rule(node, *node.operands), unpacker(node)
    return rule(node._data, *numbers(node.operands)), None


def unpacker(node: Node) -> Callable[[Any], Any]:
    """A function from a Value that the node's rule recorded to (primitive, operands), from any other entry to None."""
    return lambda x: (x.primitive, x.operands) if getattr(x, "born", 0) > node.born else None
