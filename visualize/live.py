"""A graph as a page computes it: gates that JavaScript cannot compute stand still at what was recorded."""

from __future__ import annotations

from autodiff import Primitive, Value, on_kink
from autodiff.flat import javascript
from autodiff.flat.expansion import Slope, recorded
from autodiff.graph import numbers
from autodiff.primitives import BUILT_IN
from autodiff.tracing import Unsupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def live(order: Sequence[Value]) -> tuple[dict[Value, Value], dict[Value, str]]:
    """(Each node's copy, whose rule can be recorded; why gates stand still). Without users' gates, the nodes."""
    if BUILT_IN.issuperset(node.primitive for node in order if node.primitive):
        return {node: node for node in order}, {}
    copies: dict[Value, Value] = {}
    still: dict[Value, str] = {}
    for node in order:
        primitive = node.primitive
        if primitive is None:
            copies[node] = Value(node.data, node.label)
            continue
        if primitive not in BUILT_IN:
            local_gradients = primitive.local_gradients(node.data, *numbers(node.operands))
            try:
                primitive = written(primitive, local_gradients)
            except Unsupported as error:
                still[node] = str(error)
                primitive = standing(node, local_gradients)
        copies[node] = Value.record(primitive, [x if type(x) is float else copies[x] for x in node.operands])
    return copies, still


def written(primitive: Primitive, local_gradients: Sequence[Any]) -> Primitive:
    """The gate with a rule that records all its branches; Unsupported where JavaScript cannot compute it."""
    count = len(local_gradients)
    javascript.definition(primitive, count)
    for place, local in enumerate(local_gradients):
        if local is not None:
            javascript.definition(Slope(primitive, place, count), count + 1)

    def rule(out: Any, *operands: Any) -> Any:
        if type(out) is not Value:
            return primitive.local_gradients(out, *operands)
        return recorded(primitive.local_gradients, (out, *operands), f"the rule of {primitive.name}")

    return Primitive(primitive.name, primitive.value, rule, primitive.kink, primitive.expansion)


def standing(node: Value, local_gradients: Sequence[Any]) -> Primitive:
    """A gate that has the node's number and local gradients, whatever it is given."""
    number, kink = node.data, on_kink(node)
    locals_ = tuple([x if x is None or type(x) is bool else float(x) for x in local_gradients])
    name = node.primitive.name  # type: ignore[union-attr]
    return Primitive(name, lambda *operands: number, lambda *known: locals_, lambda *known: kink)


def kink_of(node: Value) -> Any:
    """The recorded test for "on a kink"; 0.0 where the gate has none, or one that JavaScript cannot compute."""
    primitive, known = node.primitive, (node, *node.operands)
    if primitive is None or primitive.kink is None:
        return 0.0
    if primitive in BUILT_IN:
        return primitive.kink(*known)
    test = Primitive(f"{primitive.name} kink", primitive.kink, lambda *known: (None,) * len(known[1:]))
    try:
        javascript.definition(test, len(known))
    except Unsupported:
        return 0.0
    return test(*known)
