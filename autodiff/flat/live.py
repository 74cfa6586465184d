"""A graph that a page recomputes: every number of a pass as a Value that can be lowered to JavaScript.

A gate that JavaScript cannot compute is frozen: its number and local gradients stay as recorded.
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
from .expansion import record_branches
from .lowering import Lowering
from .recording import Recording


class Listing:
    """The flat code of a graph: the ``program`` of the output and its gradients, and the ``lines`` of its text.

    ``computing`` maps gates to the line that computes them, and ``adding`` nodes to the lines that add to their
    gradients, one for each path, in order.
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
        named = zip(gates, program.outputs[1:])
        self.computing = {node: targets[name][0] for node, name in named if name in targets}
        self.adding = {node: targets[name] for node, name in lowering.gradients.items() if name in targets}


class Live:
    """The graph, or if it has users' gates (``own``) a copy whose rules record all their branches.

    ``copies`` maps each node to its copy, or itself; ``still`` maps frozen gates to the reason.
    """

    def __init__(self, order: Sequence[Value]) -> None:
        self.copies = {node: node for node in order}
        self.still: dict[Value, str] = {}
        self.gates: dict[Primitive, Primitive] = {}
        self.own = [node for node in order if node.primitive and node.primitive not in BUILT_IN]
        if self.own:
            for node in order:
                operands = [x if type(x) is float else self.copies[x] for x in node.operands]
                leaf = node.primitive is None
                copy = Value(node.data, node.label) if leaf else Value.record(self.live_gate(node), operands)
                self.copies[node] = copy
        self.swept = {node: (total, found) for node, total, found in sweep(self.copies[order[-1]], record=True)}

    def live_gate(self, node: Any) -> Primitive:
        """The node's gate with a rule that records all its branches, or a frozen one."""
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
            return record_branches(primitive.local_gradients, known, f"the rule of {primitive.name}")

        gate = Primitive(primitive.name, primitive.value, rule, primitive.kink, primitive.expansion)
        return self.gates.setdefault(primitive, gate)  # one for all nodes, so that programs call one function

    def gradient(self, node: Value) -> Any:
        """d output / d node."""
        return self.swept.get(self.copies[node], (0.0,))[0]

    def local(self, node: Value, place: int) -> Any:
        """d node / d operand."""
        return self.swept[self.copies[node]][1][place]

    def kink(self, node: Value) -> Any:
        """The test for "on a kink"; 0.0 if the gate has none, or one that JavaScript cannot compute."""
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

    def may_close(self, node: Value, place: int) -> bool:
        """Whether the local gradient may close the gate, so that no gradient passes."""
        return gate_upstream(1.0, self.local(node, place), unpacker(self.copies[node])) is not None

    def is_piecewise(self, node: Value, place: int) -> bool:
        """Whether the local gradient has other formulas elsewhere."""
        local, born = self.local(node, place), self.copies[node].born
        gates = history(local, born + 1) if getattr(local, "born", 0) > born else []
        return any(gate.primitive is PRIMITIVES["where"] for gate in gates)
