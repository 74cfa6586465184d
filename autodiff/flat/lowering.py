"""Lowering: a recorded graph, and its backward pass, written down as a Program.

The rules of the table are functions of whatever they are given. Here they are given Symbols, which
write down the expression instead of computing it, so the backward lines come from the very rules of
``backward()``, in the order of its sweep: youngest gate first, and from each gate to leaves first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..engine import Value
from ..graph import numbers
from ..primitives import BUILT_IN, PRIMITIVES, downstream
from ..vocabulary import head_of, words
from .expansion import Symbol, local_gradients, made, plain
from .ir import Expression, Gate, Line, Program, operations, row_mean
from .passes import alive, fold, share, spread
from .recording import Recording, identifier, identifiers

DEEP = 20  # operations in one another up to which a rule is one expression
WIDE = 6  # operands up to which an operation is written out wherever a rule has it
MANY = 400  # from so many numbers read by gates on, gates are rolled into loops


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
        What is computed. Gradients are those of the first.
    inputs : sequence of Value, optional
        What each row brings. By default every leaf, in order of first appearance. A result may be
        an input too: the program then starts there.
    parameters : sequence of Value, optional
        What all rows share. Leaves that are given nowhere join them, in order of first appearance.
    wrt : sequence of Value, optional
        The inputs and parameters whose gradients are computed; by default all, ``()`` for none.
    roll : bool, optional
        Whether gates are rolled into loop nests; by default where there are very many.

    Returns
    -------
    Program, or Loops where gates are rolled
        Forward lines and gradient lines. ``print(program)`` shows what runs.

    Raises
    ------
    ValueError
        If ``wrt`` names what is neither input nor parameter, or a primitive is not in the table.
    TypeError
        If the outputs are neither a Value nor several.
    """
    if not hasattr(outputs, "__iter__") and type(outputs) is not Value:
        raise TypeError(f"lower takes a Value, or a list of them, got {outputs!r:.60}")
    recording = Recording([outputs] if type(outputs) is Value else list(outputs), inputs, parameters)
    return written(recording, wrt, roll)


def written(recording: Recording, wrt: Iterable[Value] | None, roll: bool | None = None) -> Any:
    """A recording as a Program, or as Loops."""
    if not (recording.work > MANY if roll is None else roll):
        return Lowering(recording, wrt).program()
    from .loops.nests import Loops  # when used: they bring in NumPy

    return Loops.of(recording, wrt)


class Lowering:
    """One graph on its way to a program: the names of its nodes and the lines so far."""

    def __init__(self, recording: Recording, wrt: Iterable[Value] | None) -> None:
        self.recording = recording
        leaves = [*recording.inputs, *recording.parameters]
        self.asked = set(leaves if wrt is None else wrt)
        for leaf in self.asked.difference(leaves):
            raise ValueError(f"wrt takes inputs and parameters of the program, got {leaf!r}")
        self.names = identifiers()
        primitives = {gate.primitive for gate in recording.gates} - BUILT_IN
        self.own = {identifier(primitive.name) for primitive in primitives if primitive} - {*self.names.taken, "f"}
        self.names.taken.update(self.own)
        self.output: Any = recording.outputs[0] if recording.outputs else 0.0
        self.called = self.names.of([*leaves, *recording.gates], self.output)
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
        lines = self.called_by_name(alive(share(lines, unread, self.names), results))
        seed = self.gradients.get(self.output)  # the first backward line
        start = next((i for i, line in enumerate(lines) if line.target == seed), len(lines))
        inputs, parameters = (tuple(map(self.place, leaves)) for leaves in parts)
        return Program(inputs, parameters, tuple(lines), start, outputs, to_inputs, to_parameters)

    def place(self, x: Any) -> Any:
        if type(x) is not Value:
            return x
        constant = self.recording.constants.get(x)
        return self.called[x] if constant is None else constant

    def forward(self) -> Iterator[Line]:
        """One line for each gate, oldest first."""
        for gate in self.recording.gates:
            yield Line(self.called[gate], (head_of(gate.primitive), *map(self.place, gate.operands)))  # type: ignore[arg-type]

    def backward(self) -> Iterator[Line]:
        """The sweep of ``backward()``, written down: upstream * local for each edge that leads to what was asked."""
        wanted = self.wanted()
        if type(self.output) is not Value or self.output not in wanted:
            return
        symbols: dict[Any, Symbol] = {node: Symbol(name) for node, name in self.called.items()}
        yield Line(self.gradient(self.output), 1.0)
        for gate in reversed(self.recording.gates):
            if gate not in self.gradients:
                continue
            known_operands = [symbols[x] if x in symbols else self.place(x) for x in gate.operands]
            known = [symbols[gate], *known_operands]
            found = local_gradients(gate.primitive, known, lambda: [gate._data, *numbers(gate.operands)])  # type: ignore[arg-type]  # noqa: B023
            both = [(x, local) for x, local in zip(gate.operands, found) if local is not None]
            edges = [(x, local) for x, local in both if type(x) is Value and x in wanted]
            edges.sort(key=lambda edge: edge[0].primitive is not None)
            upstream = Symbol(self.gradients[gate])
            passed = [plain(downstream(upstream, local, made)) for _, local in edges]
            passed = [(row_mean, x) for x in passed] if gate.primitive is row_mean else passed
            shared = set() if gate.primitive in BUILT_IN else shared_parts(passed)
            done: dict[int, Any] = {}
            for (operand, _), expression in zip(edges, passed):
                adds = operand in self.gradients
                lines: list[Line] = []
                expression = self.narrowed(expression, done, shared, lines)
                yield from lines
                yield Line(self.gradient(operand), expression, adds)

    def called_by_name(self, lines: list[Line]) -> list[Line]:
        """The lines with a name, not used otherwise, for every gate that is not in the table."""
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

        def renamed(x: Expression) -> Expression:
            return (names[x[0]], *map(renamed, x[1:])) if type(x) is tuple else x

        return [line._replace(expression=renamed(line.expression)) for line in lines]

    def narrowed(self, expression: Expression, done: dict[int, Any], shared: set[int], lines: list[Line]) -> Expression:
        """The expression, with a line of its own for every part on many operands, shared, or deep: others read it.

        ``done`` holds (what stands for it, its depth, itself: so that its id stays its own) of every part.
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

    def wanted(self) -> set[Any]:
        """The nodes through which gradients reach what was asked for."""
        wanted = set(self.asked)
        for gate in self.recording.gates:
            if not wanted.isdisjoint(x for x in gate.operands if type(x) is Value):
                wanted.add(gate)
        return wanted

    def gradient(self, node: Any) -> str:
        if node not in self.gradients:
            self.gradients[node] = self.names.unique(f"grad_{self.called[node]}")
        return self.gradients[node]


def shared_parts(expressions: Iterable[Expression]) -> set[int]:
    """The ids of the operations that are read more than once."""
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
