"""The steps of a forward and a backward pass: number and formula side by side, gate by gate."""

from __future__ import annotations

from math import isfinite

from ..expression import Formula, SlideFormula, show
from ..graph import history, push, refuse_stale, sweep
from ..ieee import real
from ..naming import names
from ..primitives import downstream, stop_gradient
from .rows import Forward, Row, Start, Step, slope
from .words import SpokenFormula, role, shortened, wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, overload

    from ..engine import Value


class Steps:
    """A backward pass as a sequence of Step, one for each edge into a Value; its repr is the whole table.

    Parameters
    ----------
    output : Value
        Where the gradients start.
    digits : int, optional
        Places after the point; six significant digits where it is None.
    tangents : Value, str or dict of such to float, optional
        Inputs, themselves or by name, and how fast each grows (1 where only one is given): every gate's row then
        has its tangent, which forward mode computes on the way.

    Attributes
    ----------
    rows : list of Forward, Start and Step
        Everything that happens, in order; ``len(steps)`` and ``steps[i]`` count the Steps alone.
    gradients : dict of Value to float
        d output / d leaf of every leaf.
    tangents : dict of Value to float
        d node / d input of every node that depends on an input with a tangent.

    Examples
    --------
    >>> from autodiff import variables
    >>> x, y = variables(x=3, y=4)
    >>> steps = (x * y).steps()
    >>> steps[0]
      3  df/dx = df/df * y   1 * 4 = 4
    >>> steps[0].sentence
    'Step 3 of 4. Gate f equals x times y sends to x: upstream 1 times local 4 gives 4.'
    """

    def __init__(self, output: Value, digits: int | None = None, tangents: Any = None) -> None:
        if digits is not None and not (hasattr(digits, "__index__") and 0 <= digits <= 17):
            raise ValueError(f"digits is a whole number from 0 to 17, or None, got {digits!r:.40}")
        self.output = output
        self.digits = digits
        order = history(output)
        refuse_stale(order)
        self.names = names(order, output)
        self.gradients = {node: 0.0 for node in order if not node.primitive}
        self.seeds = {} if tangents is None else self._seeds(tangents)
        self.tangents = push(order, self.seeds) if self.seeds else {}
        self.along = self._along()
        self._formulas: dict[Value, list[Formula | None]] = {}
        self._spoken: dict[Value, str] = {}
        self._edges = list(self._collect())
        heading = "FORWARD   each gate computes its output from its inputs"
        self.rows: list[Any] = [Forward(self, node) for node in order if node.primitive]
        if self.rows and self.along:
            heading = f"FORWARD   each gate computes its output, and how fast it grows along {self.along}"
            start = ", ".join(f"{slope(self.names[x], self.along)} = {show(seed)}" for x, seed in self.seeds.items())
            heading += f"\n{wrapped('     ', [f'the start: {start}'])}"
        if self.rows:
            self.rows[0].heading = heading
        heading = "BACKWARD  upstream * local = downstream, from the output back to the inputs"
        self.rows += [Start(self, output, heading), *self._edges]
        for number, row in enumerate(self.rows, 1):
            row.number = number

    def _seeds(self, tangents: Any) -> dict[Value, float]:
        """The tangents that were given, by the Values that they belong to."""
        known = {name: node for node, name in self.names.items()}
        seeds: dict[Value, float] = {}
        for given, number in tangents.items() if isinstance(tangents, dict) else [(tangents, 1.0)]:
            node: Any = known.get(given) if isinstance(given, str) else given
            if not hasattr(node, "born") or node not in self.names:
                inputs = f"{', '.join([self.names[leaf] for leaf in self.gradients]):.60}"
                raise ValueError(f"tangents are given for inputs, here {inputs}; got {given!r:.60}")
            seeds[node] = real(number, "tangents")
        return seeds

    def _along(self) -> str:
        """What the tangents are derivatives by: an input, or a time t in which several inputs change."""
        if [*self.seeds.values()] == [1.0]:
            return self.names[next(iter(self.seeds))]
        return next(name for name in ("t", "time", "the time") if name not in self.names.values()) if self.seeds else ""

    def _collect(self) -> Iterator[Step]:
        """The edges in the order of the sweep: youngest gate first, within a gate leaves first."""
        found: dict[Value, list[Step]] = {}
        for node, upstream, local_gradients in sweep(self.output):
            if not node.primitive:
                self.gradients[node] = upstream
            edges = [
                (place, operand, local)
                for place, (operand, local) in enumerate(zip(node.operands, local_gradients))
                if type(operand) is not float and local is not None
            ]
            edges.sort(key=lambda edge: edge[1].primitive is not None)
            for place, operand, local in edges:
                step = Step(self, node)
                step.place, step.operand, step.upstream, step.local = place, operand, upstream, float(local)
                step.edges = len(edges)
                step.downstream = downstream(upstream, local)
                others = found.setdefault(operand, [])
                step.total = others[-1].total + step.downstream if others else step.downstream
                others.append(step)
                step.path = len(others)
                yield step
        for steps in found.values():
            for step in steps:
                step.paths = len(steps)

    def __len__(self) -> int:
        return len(self._edges)

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, place: int) -> Step: ...
        @overload
        def __getitem__(self, place: slice) -> list[Step]: ...

    def __getitem__(self, place: Any) -> Any:
        return self._edges[place]

    def __iter__(self) -> Iterator[Step]:
        return iter(self._edges)

    @property
    def last(self) -> int:
        """The number of the last row."""
        return len(self.rows)

    @property
    def sentences(self) -> list[str]:
        """Every row as a spoken sentence, for screen readers."""
        return [row.sentence for row in self.rows]

    def as_dict(self) -> dict[str, Any]:
        """The pass as plain data: inputs, gates, the start, steps and gradients; rows are numbered through."""
        called = self.names
        start = next(row for row in self.rows if type(row) is Start)
        return {
            "output": called[self.output],
            "value": self.output.data,
            "inputs": {called[leaf]: leaf.data for leaf in self.gradients},
            "forward": [
                {"number": row.number, "gate": called[row.node], "formula": row.gate(), "value": row.node.data,
                 "sentence": row.sentence, **({"tangent": row.tangent} if self.along else {})}
                for row in self.rows if type(row) is Forward
            ],
            "start": {"number": start.number, "gate": called[self.output], "gradient": 1.0, "sentence": start.sentence},
            "steps": [step.as_dict() for step in self],
            "gradients": {called[leaf]: gradient for leaf, gradient in self.gradients.items()},
            **({"tangents": {called[x]: tangent for x, tangent in self.seeds.items()}} if self.seeds else {}),
        }  # fmt: skip

    def local(self, step: Step) -> Formula:
        """The local gradient of the step as a formula; where a formula gives another number, the number."""
        node, primitive = step.node, step.node.primitive
        if node not in self._formulas:
            assert primitive is not None
            known = (node, *node.operands)
            named = [x if type(x) is float else SlideFormula.called(self.names[x], x.data) for x in known]
            try:
                written = [x if x is None else SlideFormula.of(x) for x in primitive.local_gradients(*named)]
            except (TypeError, AttributeError, LookupError, ArithmeticError, ValueError):
                written = []  # a rule that needs numbers
            self._formulas[node] = written
        written = self._formulas[node]
        formula = written[step.place] if step.place < len(written) else None
        number = None if formula is None else formula.number
        if formula is not None and number is not None and f"{number + 0.0:.9g}" == f"{step.local + 0.0:.9g}":
            return formula
        return SlideFormula.constant(show(step.local), step.local)

    def spoken(self, row: Row) -> str:
        """The row's gate as it is read aloud, worked out once for all its edges."""
        if row.node not in self._spoken:
            self._spoken[row.node] = row.gate(SpokenFormula)
        return self._spoken[row.node]

    def role(self, step: Step) -> str:
        """What the step's gate does with the upstream gradient, in the lecture's words."""
        return role(step.node.primitive, step.formula, step.edges)

    def heading(self, step: Step) -> str:
        """The line above the first step of a gate: the gate, its role, and whether it is on a kink."""
        lines = wrapped("     ", [f"{self.names[step.node]} = {step.gate()}:", step.role], gap="  ")
        return f"{lines}\n     on a kink: {step.kink}" if step.kink else lines

    @property
    def finite(self) -> bool:
        """Whether the output and the gradients of all inputs are finite."""
        return all(map(isfinite, [self.output.data, *self.gradients.values()]))

    @property
    def advice(self) -> str:
        """How to check the gradients, where they say how the output changes; else why they do not."""
        output = self.names[self.output]
        if not self.finite:
            what = "not all finite" if isfinite(self.output.data) else f"{output} is not finite"
            return f"{what}: nonfinite_origin({output}) says where that began"
        kinked: set[Value] = set()  # what has a gradient by convention
        for step in self:
            if step.node in kinked or (step.upstream and step.kink):
                kinked.add(step.operand)
        if kinked.intersection(self.gradients):
            return f"a convention here: {output} is on a kink and changes differently each way"
        if any(node.primitive is stop_gradient for node in self.names):
            return f"stop_gradient hides a part of how {output} changes"
        return f"add 0.001 to one input and {output} changes by about 0.001 * gradient"

    def footer(self) -> str:
        """The gradients of all inputs, and how to check one."""
        output = self.names[self.output]
        lines = [f"GRADIENTS  {self.advice}"]
        if self.along:
            count, alone = len(self.gradients), slope(output, self.along)
            needed = "1 input needs 1" if count == 1 else f"{count} inputs need {count}"
            lines = [f"TANGENTS   one forward pass gives {alone} alone: {needed}, backward 1", *lines]
        columns = [
            (
                self.names[leaf],
                show(leaf.data, self.digits),
                slope(output, self.names[leaf]),
                show(gradient, self.digits),
            )
            for leaf, gradient in self.gradients.items()
        ]
        widths = [max(len(column[i]) for column in columns) for i in range(4)] if columns else []
        for name, value, derivative, gradient in columns:
            left = f"{name.ljust(widths[0])} = {value.rjust(widths[1])}"
            lines.append(f"     {left}   {derivative.ljust(widths[2])} = {gradient.rjust(widths[3])}")
        return "\n".join(shortened(line) for line in lines)

    def pages(self) -> list[str]:
        """The table cut into what is shown at each press of a key: one row with its headings, then the footer."""
        pages, gate = [], None
        for row in self.rows:
            lines = [row.heading] if row.heading else []
            if type(row) is Step and row.node is not gate:
                gate = row.node
                lines.append(self.heading(row))
            pages.append("\n".join([*lines, row.text]))
        return [*pages, self.footer()]

    def __str__(self) -> str:
        return "\n".join(self.pages())

    def __repr__(self) -> str:
        pages = self.pages()
        if len(pages) > 500:  # a REPL must stay usable; print(steps) shows everything
            pages[250:-250] = [f"     ... {len(pages) - 500} more rows: print() shows them all"]
        return "\n".join(pages)
