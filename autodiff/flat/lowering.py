"""Lowering: a recorded graph and its backward pass as a Program.

The rules of the table accept any numbers. Here they are called with Symbols, which record the expression instead of
computing it, so the backward lines come from the rules of ``backward()`` itself, in the order of its sweep: youngest
gate first, and from each gate to leaves first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from .._files import need
from ..engine import Value
from ..primitives import BUILT_IN, PRIMITIVES, downstream
from ..vocabulary import head_of, words
from .expansion import Symbol, expression_of, local_gradients, operation_of
from .ir import Expression, Gate, Line, Program, operations, row_mean
from .passes import drop_dead, fold, share, spread
from .recording import Recording, identifier, identifiers

DEEP = 20  # nested operations that a rule may have as one expression
WIDE = 6  # operands that an operation inside an expression may have
MANY = 400  # operands of all gates: a larger graph is rolled into loops


def lower(
    outputs: Any,
    inputs: Iterable[Value] | None = None,
    parameters: Iterable[Value] = (),
    wrt: Iterable[Value] | None = None,
    roll: bool | None = None,
) -> Any:
    """The straight-line program of a recorded graph and of its gradients, or loop nests.

    Parameters
    ----------
    outputs : Value, or sequence of Value and float
        What to compute. Gradients are those of the first output.
    inputs : sequence of Value, optional
        The numbers that differ from row to row. By default every leaf, in order of first appearance. A result may be
        an input too: the program then starts there.
    parameters : sequence of Value, optional
        The numbers that all rows share. Leaves that are in neither list join them, in order of first appearance.
    wrt : sequence of Value, optional
        The inputs and parameters whose gradients are computed; by default all, ``()`` for none.
    roll : bool, optional
        Whether to roll gates into loop nests; by default only for large graphs.

    Returns
    -------
    Program, or Loops if gates are rolled
        Forward lines and gradient lines. ``print(program)`` shows what runs.

    Raises
    ------
    ValueError
        If ``wrt`` names a Value that is neither input nor parameter, or a primitive is not in the table.
    TypeError
        If the outputs are neither a Value nor several.
    """
    if not hasattr(outputs, "__iter__") and type(outputs) is not Value:
        raise TypeError(f"lower takes a Value, or a list of them, got {outputs!r:.60}")
    recording = Recording([outputs] if type(outputs) is Value else list(outputs), inputs, parameters)
    return program_of(recording, wrt, roll)


def program_of(recording: Recording, wrt: Iterable[Value] | None, roll: bool | None = None) -> Any:
    """A recording as a Program, or as Loops."""
    if roll:
        need("numpy", "roll=True")
    if recording.work > MANY if roll is None else roll:
        with suppress(ImportError):  # without NumPy, line by line
            from .loops.nests import Loops  # imported here, since it imports NumPy

            return Loops.of(recording, wrt)
    return Lowering(recording, wrt).program()


class Lowering:
    """Lowers one graph: names for its nodes and for their gradients."""

    def __init__(self, recording: Recording, wrt: Iterable[Value] | None) -> None:
        self.recording, self.asked, self.names = recording, recording.asked(wrt), identifiers()
        primitives = {gate.primitive for gate in recording.gates} - BUILT_IN
        self.own = {identifier(primitive.name) for primitive in primitives if primitive} - {*self.names.taken, "f"}
        self.names.taken.update(self.own)
        self.output: Any = recording.outputs[0] if recording.outputs else 0.0
        self.node_names = self.names.of([*recording.inputs, *recording.parameters, *recording.gates], self.output)
        self.gradients: dict[Value, str] = {}

    def program(self) -> Program:
        """Forward lines, backward lines, and the passes that simplify them."""
        recording, asked = self.recording, self.asked
        outputs = tuple(map(self.place, recording.outputs))
        lines = spread(fold([*self.forward(), *self.backward()]))
        parts = recording.inputs, recording.parameters
        to_inputs, to_parameters = (
            tuple(self.gradients.get(x, 0.0) if x in asked else None for x in leaves) for leaves in parts
        )
        results = {*outputs, *to_inputs, *to_parameters}
        unread = {self.gradients[leaf] for leaf in asked if leaf in self.gradients}
        lines = self.name_gates(drop_dead(share(lines, unread, self.names), results))
        seed = self.gradients.get(self.output)  # the first backward line
        start = next((i for i, line in enumerate(lines) if line.target == seed), len(lines))
        inputs, parameters = (tuple(map(self.place, leaves)) for leaves in parts)
        return Program(inputs, parameters, tuple(lines), start, outputs, to_inputs, to_parameters)

    def place(self, x: Any) -> Any:
        if type(x) is not Value:
            return x
        constant = self.recording.constants.get(x)
        return self.node_names[x] if constant is None else constant

    def forward(self) -> Iterator[Line]:
        """One line for each gate, oldest first."""
        for gate in self.recording.gates:
            yield Line(self.node_names[gate], (head_of(gate.primitive), *map(self.place, gate.operands)))  # type: ignore[arg-type]

    def backward(self) -> Iterator[Line]:
        """The sweep of ``backward()`` as lines: upstream * local for each edge that leads to a gradient asked for."""
        wanted = self.nodes_on_paths()
        if type(self.output) is not Value or self.output not in wanted:
            return
        symbols: dict[Any, Symbol] = {node: Symbol(name) for node, name in self.node_names.items()}
        yield Line(self.gradient_name(self.output), 1.0)
        for gate in reversed(self.recording.gates):
            if gate not in self.gradients:
                continue
            known_operands = [symbols[x] if x in symbols else self.place(x) for x in gate.operands]
            known = [symbols[gate], *known_operands]
            found = local_gradients(gate.primitive, known, [gate, *gate.operands])  # type: ignore[arg-type]
            both = [(x, local) for x, local in zip(gate.operands, found) if local is not None]
            edges = [(x, local) for x, local in both if type(x) is Value and x in wanted]
            edges.sort(key=lambda edge: edge[0].primitive is not None)
            upstream = Symbol(self.gradients[gate])
            passed = [expression_of(downstream(upstream, local, operation_of)) for _, local in edges]
            passed = [(row_mean, x) for x in passed] if gate.primitive is row_mean else passed
            shared = set() if gate.primitive in BUILT_IN else shared_parts(passed)
            done: dict[int, Any] = {}
            for (operand, _), expression in zip(edges, passed):
                adds = operand in self.gradients
                lines: list[Line] = []
                expression = self.narrow(expression, done, shared, lines)
                yield from lines
                yield Line(self.gradient_name(operand), expression, adds)

    def name_gates(self, lines: list[Line]) -> list[Line]:
        """The lines with a free name for every gate that is not in the table."""
        heads: dict[Any, None] = dict.fromkeys(head for line in lines for head in operations(line.expression))
        names: dict[Any, Any] = {head: head for head in heads if type(head) is str}
        if len(names) == len(heads):
            return lines
        for primitive in heads:
            if type(primitive) is not str:
                wanted = identifier(primitive.name) or "gate"
                wanted = "gate_f" if wanted == "f" else wanted  # f is the flat function itself
                free = (wanted in self.own or wanted in PRIMITIVES) and wanted not in map(str, names.values())
                names[primitive] = Gate(wanted if free else self.names.unique(wanted), primitive)

        def rename(x: Expression) -> Expression:
            return (names[x[0]], *map(rename, x[1:])) if type(x) is tuple else x

        return [line._replace(expression=rename(line.expression)) for line in lines]

    def narrow(self, expression: Expression, done: dict[int, Any], shared: set[int], lines: list[Line]) -> Expression:
        """The expression, with a line of its own for every part that is shared, deep, or has many operands.

        ``done`` maps the id of each part to (its replacement, its depth, the part itself, which keeps the id unique).
        """
        waiting = [expression]
        while waiting:
            top = waiting[-1]
            missing = [x for x in top[1:] if type(x) is tuple and id(x) not in done] if type(top) is tuple else []
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if type(top) is not tuple or id(top) in done:
                continue
            parts = [done[id(x)] if type(x) is tuple else (x, 0) for x in top[1:]]
            narrow: Expression = (top[0], *[part[0] for part in parts])
            depth = 1 + max([part[1] for part in parts], default=0)
            if len(narrow) > WIDE or depth > DEEP or (id(top) in shared and not words(top[0]).is_comparison):
                name = self.names.next_name("t")
                lines.append(Line(name, narrow))
                narrow, depth = name, 0
            done[id(top)] = narrow, depth, top
        return done[id(expression)][0] if type(expression) is tuple else expression

    def nodes_on_paths(self) -> set[Any]:
        """The nodes on the paths of gradients from the output to the leaves asked for."""
        found = set(self.asked)
        for gate in self.recording.gates:
            if not found.isdisjoint(x for x in gate.operands if type(x) is Value):
                found.add(gate)
        return found

    def gradient_name(self, node: Any) -> str:
        if node not in self.gradients:
            self.gradients[node] = self.names.unique(f"grad_{self.node_names[node]}")
        return self.gradients[node]


def shared_parts(expressions: Iterable[Expression]) -> set[int]:
    """The ids of the operations that occur more than once."""
    seen: set[int] = set()
    shared: set[int] = set()
    waiting = [*expressions]
    while waiting:
        top = waiting.pop()
        if type(top) is tuple:
            if id(top) in seen:
                shared.add(id(top))
            else:
                seen.add(id(top))
                waiting += top[1:]
    return shared
