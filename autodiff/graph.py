"""The graph behind a node: its order by age, what is stale in it, and the one sweep that sends gradients back.

A result is always younger than its operands, so sorting by age *is* the topological order.
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
    """A gradient was asked of a graph whose inputs have changed since it was computed.

    Examples
    --------
    >>> from autodiff import StaleGraphError, Value
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
    """The data of Values, and plain numbers as they are."""
    return [x if type(x) is float else x._data for x in operands]


def on_kink(node: Node) -> bool:
    """Whether a gate sits where its derivative jumps, so that its local gradient is a convention.

    Examples
    --------
    >>> from autodiff import relu, variables
    >>> from autodiff.graph import on_kink
    >>> x, y = variables(x=0, y=5)
    >>> on_kink(relu(x)), on_kink(relu(y))
    (True, False)
    """
    kink = node.primitive and node.primitive.kink
    return bool(kink and kink(node._data, *numbers(node.operands)))


def history(output: N, since: int = 0) -> list[N]:
    """The output and everything it was computed from, oldest first; nothing born before ``since``.

    Examples
    --------
    >>> from autodiff import variables
    >>> from autodiff.graph import history
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
    """Yield (node, operand) wherever the operand changed after the node was computed; the nodes come oldest first.

    Examples
    --------
    >>> from autodiff import Value
    >>> from autodiff.graph import history, stale
    >>> x = Value(3.0, "x")
    >>> y = x * x
    >>> x.data = 5.0
    >>> list(stale(history(y)))
    [(Value(9.0), Value(5.0, 'x')), (Value(9.0), Value(5.0, 'x'))]
    """
    newest_leaf = 0
    for node in order:
        if node.primitive is None:
            if node.changed > newest_leaf:
                newest_leaf = node.changed
        elif node.changed < newest_leaf:
            break
    else:
        return  # every result is newer than every leaf before it: nothing to look for
    for node in order:
        changed = node.changed
        for operand in node.operands:
            if type(operand) is not float and operand.changed > changed:
                yield node, operand


def refuse_stale(order: Sequence[Node]) -> None:
    """Raise StaleGraphError, naming both nodes, if one was computed before its operand changed."""
    for node, operand in stale(order):
        raise StaleGraphError(
            f"{operand!r} changed after {node!r} was computed from it by {node.primitive.name}: "
            "call forward() to recompute the graph, or build it again"
        )


def sweep(output: N, upstream: Any = 1.0, since: int = 0, record: bool = False) -> Iterator[tuple[N, Any, Any]]:
    """Yield (node, its whole upstream gradient, its local gradients) from the output back, writing nothing.

    Parameters
    ----------
    output : Value
        Where the sweep starts.
    upstream : float or Value
        The gradient that arrives there.
    since : int
        Nodes born before this are left alone: they cannot depend on anything younger.
    record : bool
        Give gradients as Values that can be differentiated again, not as floats.

    Yields
    ------
    tuple
        (node, upstream, local gradients); the last is () for a leaf. Nodes that no gradient
        reaches (what only a comparison looks at) are left out.

    Examples
    --------
    >>> from autodiff import variables
    >>> from autodiff.graph import sweep
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
        local_gradients, made = slopes(node, record) if node.primitive else ((), None)
        yield node, upstream, local_gradients
        for operand, local in zip(node.operands, local_gradients):
            if type(operand) is not float and local is not None and operand.born >= since:
                passed = upstream * local if type(local) is float else downstream(upstream, local, made)
                totals[operand] = totals[operand] + passed if operand in totals else passed


def push(order: Iterable[N], tangents: dict[N, Any], record: bool = False) -> dict[N, Any]:
    """The tangents of all nodes that those given reach: forward mode, the sum of local gradient * tangent of operand.

    ``order`` holds nodes from the oldest on; see ``sweep`` for ``record``.

    Examples
    --------
    >>> from autodiff import variables
    >>> from autodiff.graph import history
    >>> from autodiff.graph import push
    >>> x, y = variables(x=3, y=4)
    >>> f = x * y + x
    >>> push(history(f), {x: 1.0})[f]
    5.0
    """
    found = dict(tangents)
    for node in order:
        edges = [(i, x) for i, x in enumerate(node.operands) if type(x) is not float and x in found]
        if node in found or not edges:
            continue
        local_gradients, made = slopes(node, record)
        known = slopes(node, False)[0] if record and not is_tracing() else local_gradients
        for place, operand in edges:
            if known[place] is not None and known[place] is not False:  # nothing comes through a closed gate
                passed = downstream(found[operand], local_gradients[place], made)
                found[node] = found[node] + passed if node in found else passed
    return found


def slopes(node: Node, record: bool) -> tuple[Any, Callable[[Any], Any] | None]:
    """The local gradients of a gate, and where they are recorded what takes them apart."""
    primitive = node.primitive
    assert primitive is not None
    rule = primitive.local_gradients if primitive in BUILT_IN else primitive.slopes
    if record:
        return rule(node, *node.operands), made_after(node)
    return rule(node._data, *numbers(node.operands)), None


def made_after(node: Node) -> Callable[[Any], Any]:
    """A function that takes apart what a rule made of the node, (primitive, operands); None for what it was given."""
    return lambda x: (x.primitive, x.operands) if getattr(x, "born", 0) > node.born else None
