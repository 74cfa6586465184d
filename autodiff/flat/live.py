"""A graph as a page computes it anew: every number of a pass as a Value that can be lowered to JavaScript.

A gate that JavaScript cannot compute stands still: its number and its local gradients stay as they were recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine import Value
from ..graph import history, numbers, on_kink, sweep, unpacker
from ..primitives import BUILT_IN, PRIMITIVES, Primitive, Slope, gate_upstream, no_edges
from ..tracing import Unsupported
from .backends import javascript
from .backends.text import places
from .expansion import recorded
from .lowering import Lowering
from .recording import Recording


class Listing:
    """The flat code of a graph: its ``program``, of the output and its gradients to leaves, and its ``lines`` of text.

    ``computing`` are the lines that compute gates, by node, and ``adding`` those that add to a node's gradient, one for
    each path, in order.
    """

    def __init__(self, order: Sequence[Value]) -> None:
        gates, leaves = ([x for x in order if bool(x.primitive) is wanted] for wanted in (True, False))
        lowering = Lowering(Recording([order[-1], *gates], leaves), None)
        program = lowering.program()
        self.program = program._replace(outputs=program.outputs[:1])
        self.lines = str(self.program).splitlines()
        targets: dict[Any, list[int]] = {}
        for line, place in zip(self.program.lines, places(self.program)):
            targets.setdefault(line.target, []).append(place)
        called = zip(gates, program.outputs[1:])
        self.computing = {node: targets[name][0] for node, name in called if name in targets}
        self.adding = {node: targets[name] for node, name in lowering.gradients.items() if name in targets}


class Live:
    """The graph, or where users' gates are in it (``own``) a copy whose rules record all their branches.

    ``copies`` are each node's copy, or itself; ``still`` says why gates stand still.
    """

    def __init__(self, order: Sequence[Value]) -> None:
        self.copies = {node: node for node in order}
        self.still: dict[Value, str] = {}
        self.made: dict[Primitive, Primitive] = {}
        self.own = [node for node in order if node.primitive and node.primitive not in BUILT_IN]
        if self.own:
            for node in order:
                operands = [x if type(x) is float else self.copies[x] for x in node.operands]
                leaf = node.primitive is None
                copy = Value(node.data, node.label) if leaf else Value.record(self.written(node), operands)
                self.copies[node] = copy
        self.swept = {node: (total, found) for node, total, found in sweep(self.copies[order[-1]], record=True)}

    def written(self, node: Any) -> Primitive:
        """The node's gate with a rule that records all its branches, or that stands still."""
        primitive, count = node.primitive, len(node.operands)
        if primitive in BUILT_IN:
            return primitive  # type: ignore[no-any-return]
        found = primitive.slopes(node.data, *numbers(node.operands))
        try:
            javascript.definition(primitive, count)
            for place, local in enumerate(found):
                if local is not None:
                    javascript.definition(Slope(primitive, place, count), count + 1)
        except Unsupported as error:
            self.still[node] = str(error)
            kink, found = on_kink(node), tuple([x if x is None or type(x) is bool else float(x) for x in found])
            return Primitive(primitive.name, lambda *_: node.data, lambda *_: found, lambda *_: kink)

        def rule(*known: Any) -> Any:
            if type(known[0]) is not Value:
                return primitive.local_gradients(*known)
            return recorded(primitive.local_gradients, known, f"the rule of {primitive.name}")

        made = Primitive(primitive.name, primitive.value, rule, primitive.kink, primitive.expansion)
        return self.made.setdefault(primitive, made)  # one for all nodes, so that programs call one function

    def gradient(self, node: Value) -> Any:
        """d output / d node."""
        return self.swept.get(self.copies[node], (0.0,))[0]

    def local(self, node: Value, place: int) -> Any:
        """d node / d operand."""
        return self.swept[self.copies[node]][1][place]

    def kink(self, node: Value) -> Any:
        """The test for "on a kink"; 0.0 where the gate has none, or one that JavaScript cannot compute."""
        known = self.copies[node], *self.copies[node].operands
        primitive = known[0].primitive
        if primitive is None or primitive.kink is None:
            return 0.0
        if primitive in BUILT_IN:
            return primitive.kink(*known)
        test = Primitive(f"{primitive.name} kink", primitive.kink, no_edges)
        try:
            javascript.definition(test, len(known))
        except Unsupported:
            return 0.0
        return test(*known)

    def closes(self, node: Value, place: int) -> bool:
        """Whether the local gradient may close the gate, so that nothing passes."""
        return gate_upstream(1.0, self.local(node, place), unpacker(self.copies[node])) is not None

    def piecewise(self, node: Value, place: int) -> bool:
        """Whether the rule says something else elsewhere."""
        local, born = self.local(node, place), self.copies[node].born
        made = history(local, born + 1) if getattr(local, "born", 0) > born else []
        return any(gate.primitive is PRIMITIVES["where"] for gate in made)
