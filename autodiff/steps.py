"""The steps of a forward and a backward pass as text: formulas and numbers, gate by gate."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import isfinite
from operator import mul
from textwrap import fill

from .formula import Formula, SlideFormula, TexFormula, exact, gate, names, show
from .graph import history, numbers, on_kink, push, refuse_stale, sweep
from .ieee import real
from .notation import Name, tex
from .primitives import downstream, stop_gradient
from .vocabulary import ATOM, COPY, COUNTS, FLAT, INFIX, PRODUCT, head_of, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, Literal, overload

    from .typed import Node

__all__ = ["Steps"]
WIDTH = 80


class SpokenFormula(SlideFormula):
    """A Formula as read aloud: ``q times z``."""

    __slots__ = ()

    @staticmethod
    def spell(x: float) -> str:
        return speak(exact(x))

    @classmethod
    def write(cls, gate: Any, parts: list[Formula]) -> tuple[str, int]:
        row, texts = words(gate), [part.text for part in parts]
        if gate in INFIX:
            return f"{texts[0]} {row.spoken} {texts[1]}", row.strength
        if row.strength < ATOM:
            return f"{row.spoken} {texts[0]}", PRODUCT
        if len(texts) > 4:
            texts = [*texts[:2], f"{len(texts) - 3} more", texts[-1]]
        return f"{row.spoken} of {' and '.join(texts)}", PRODUCT


def speak(number: str) -> str:
    """A printed number as read aloud: ``minus 4``."""
    words = {"inf": "infinity", "-inf": "minus infinity", "nan": "not a number"}
    return words.get(number, f"minus {number[1:]}" if number.startswith("-") else number)


def wrap(start: str, parts: list[str], gap: str = "   ") -> str:
    """The start and the parts on one line, or on several if it is wider than 80 columns."""
    lines, indent = [start + parts[0]], " " * 7
    for part in parts[1:]:
        near = part.startswith("= ") or lines[-1].endswith(",")
        joined = lines[-1] + (" " if near else gap) + part
        if len(joined) <= WIDTH:
            lines[-1] = joined
        else:
            lines.append(indent + part)
    return "\n".join(shorten(line) for line in lines)


def shorten(line: str) -> str:
    """The line; the middle of one wider than 80 columns is omitted."""
    return line if len(line) <= WIDTH else f"{line[:50]} ... {line[-25:]}"


def slope(output: str, name: str) -> str:
    """A derivative as text: df/dx, or df/d(x1*w1) if a label is not a name."""
    above, below = (SlideFormula.variable(text).inside(ATOM) for text in (output, name))
    return f"d{above}/d{below}"


def numeral(text: str) -> Any:
    return TexFormula.constant(text, float(text))


def fraction(output: str, name: str) -> str:
    """d output / d name in TeX."""
    return tex(("mfrac", *[("mrow", ("mo", "\N{PARTIAL DIFFERENTIAL}"), Name(x).tree) for x in (output, name)]))


class Row:
    """One line of the table: its place, the heading above it, its text and its sentence."""

    __slots__ = ("heading", "node", "number", "steps")
    node: Any

    def __init__(self, steps: Steps, node: Node, heading: str = "") -> None:
        self.steps, self.node, self.heading = steps, node, heading
        self.number = 0  # until Steps numbers all rows

    @property
    def parts(self) -> list[str]:
        """The parts of the line, from left to right."""
        raise TypeError(f"{type(self).__name__} does not define its parts")

    @property
    def line(self) -> str:
        """All parts on one line of any width."""
        first, second, *others = self.parts
        return "   ".join([f"{first} = {second}", *others])

    @property
    def text(self) -> str:
        """The numbered line, wrapped at 80 columns."""
        first, second, *others = [*self.parts, *self.remarks]
        return wrap(f"{self.number:3}  ", [first, f"= {second}", *others])

    @property
    def remarks(self) -> list[str]:
        """Texts that follow the parts."""
        return []

    def __repr__(self) -> str:
        return self.text

    @property
    def answer(self) -> float:
        """The result of the row."""
        return self.steps.numbers([self.node])[0]

    def number_text(self, x: float) -> str:
        return show(x, self.steps.digits)

    def number_texts(self, parts: Sequence[float], compute: Callable[..., float]) -> tuple[list[str], list[str]]:
        """The operands as text, with ["(rounded)"] if the texts give another answer; exact if that is inf or nan."""
        texts = [self.number_text(x) for x in parts]
        try:
            same = self.number_text(compute(*map(float, texts))) == self.number_text(self.answer)
        except ValueError:  # the value of a user's gate raised at the rounded numbers
            same = False
        if same:
            return texts, []
        return (texts, ["(rounded)"]) if isfinite(self.answer) else (list(map(exact, parts)), [])

    def gate(self, style: type[Formula] = SlideFormula) -> Any:
        """The right-hand side of the gate in a style."""
        return gate(self.node, self.steps.names, style)

    @property
    def spoken(self) -> str:
        """The right-hand side of the gate as read aloud, computed once for all its edges."""
        known = self.steps._spoken
        return known.get(self.node) or known.setdefault(self.node, self.gate(SpokenFormula))

    def gate_numbers(self, style: type[Formula] = SlideFormula) -> tuple[Any, list[str]]:
        """The same with the printed numbers of the operands, and ["(rounded)"] if they give another answer."""
        primitive = self.node.primitive
        assert primitive is not None
        spell = speak if style is SpokenFormula else str
        texts, remark = self.number_texts(self.steps.numbers(self.node.operands), primitive)
        return style.write(head_of(primitive), [style.constant(spell(text), float(text)) for text in texts])[0], remark


class Forward(Row):
    """A gate computes its output from its inputs."""

    __slots__ = ()
    phase: Literal["forward"] = "forward"

    @property
    def parts(self) -> list[str]:
        (numbers, remark), name = self.gate_numbers(), self.steps.names[self.node]
        parts = [f"{name} = {self.gate()}", f"{numbers} = {self.number_text(self.answer)}", *remark]
        if self.steps.along:
            parts.append(f"{slope(name, self.steps.along)} = {self.number_text(self.tangent)}")
        return parts

    @property
    def remarks(self) -> list[str]:
        """The local gradients, which backpropagation needs: dq/dx = 1; the middle ones of many are omitted."""
        texts = []
        for step in self.steps.into.get(self.node, ()) if not self.steps.along else ():
            formula, number = step.formula, self.number_text(step.local)
            equal = "" if formula in (number, show(step.local)) else f" = {formula}"
            texts.append(f"{slope(self.steps.names[self.node], self.steps.names[step.operand])}{equal} = {number}")
        texts = SlideFormula.elide(list(dict.fromkeys(texts)))
        return [*[f"{text}," for text in texts[:-1]], *texts[-1:]]

    @property
    def because(self) -> str:
        """Why the gate can compute, and what its local gradients say."""
        called, steps = self.steps.names, self.steps.into.get(self.node, ())
        grows = [f"by {self.number_text(step.local)} for each 1 of {called[step.operand]}" for step in steps[:3]]
        if len(steps) > 3:
            grows.append("...")
        change = f"grows {', '.join(grows)}" if steps else "does not change with them"
        return f"its inputs are known; {called[self.node]} {change}"

    @property
    def latex(self) -> str:
        """The line in TeX, aligned at =."""
        (numbers, remark), left = self.gate_numbers(TexFormula), tex(Name(self.steps.names[self.node]).tree)
        equals, answer = r"\approx" if remark else "=", numeral(self.number_text(self.answer)).tex
        return rf"{left} &= {tex(self.gate(TexFormula).tree)} = {tex(numbers.tree)} {equals} {answer}"

    @property
    def tangent(self) -> float:
        """How fast the gate's output grows along the given tangents."""
        return float(self.steps.tangents.get(self.node, 0.0))

    @property
    def sentence(self) -> str:
        name, answer = self.steps.names[self.node], speak(self.number_text(self.answer))
        numbers, along = self.gate_numbers(SpokenFormula)[0], self.steps.along
        tangent = f" Its derivative along {along} is {speak(self.number_text(self.tangent))}." if along else ""
        start = f"Step {self.number} of {self.steps.last}. Gate {name} equals {self.spoken}"
        return f"{start}: {numbers} gives {answer}.{tangent}"


class Start(Row):
    """The output gets gradient 1."""

    __slots__ = ()
    phase: Literal["start"] = "start"

    @property
    def parts(self) -> list[str]:
        name = self.steps.names[self.node]
        start = slope(name, name)
        return [start, f"{'1'.ljust(23 - len(start))}   the start: {name} grows as fast as itself"]

    @property
    def because(self) -> str:
        return f"when {self.steps.names[self.node]} grows by 1, it grows by 1"

    @property
    def latex(self) -> str:
        return f"{fraction(*[self.steps.names[self.node]] * 2)} &= 1"

    @property
    def sentence(self) -> str:
        name = self.steps.names[self.node]
        return f"Step {self.number} of {self.steps.last}. The gradient of {name} with respect to itself is 1."


class Step(Row):
    """A gradient flows from ``node`` back to ``operand``: upstream * local = downstream."""

    __slots__ = ("downstream", "edges", "local", "operand", "path", "paths", "place", "total", "upstream")
    phase: Literal["backward"] = "backward"
    operand: Any  # where the gradient goes
    place: int  # of the operand, from 0
    upstream: float  # d output / d node
    local: float  # d node / d operand
    downstream: float  # their product
    total: float  # gradient of the operand so far
    path: int  # number of this path, of ``paths`` to the operand
    paths: int
    edges: int  # number of steps from the node

    @property
    def answer(self) -> float:
        return self.downstream

    @property
    def closed(self) -> bool:
        """Whether the gate is closed to an inf or nan: it passes 0, which is not their product."""
        return not isfinite(self.upstream) and self.downstream == 0.0

    @property
    def formula(self) -> str:
        """The local gradient as a formula of the gate's operands and output."""
        return self.steps.local(self).text

    @property
    def factor(self) -> str:
        """The local gradient as the second factor of a product, a sum or quotient in parentheses."""
        return str(self.factor_in(SlideFormula))

    def factor_in(self, style: type[Formula]) -> Any:
        formula, depth = self.steps.local(self, style), 0
        for letter in formula.text:
            depth += (letter in "([") - (letter in ")]")
            if letter in "/%" and not depth:
                return formula.inside(ATOM)
        return formula.inside(PRODUCT)

    @property
    def role(self) -> str:
        """What this kind of gate does with the upstream gradient, in the lectures' words."""
        row, formula = words(self.node.primitive), self.formula
        if row.role and (self.edges > 1 or not row.sign or row.role == FLAT):
            return f"{row.name} {row.role}"
        if self.edges > 1 or len(formula) > 30:
            each = "each" if self.edges > 1 else "its"
            return f"{row.name} scales: {each} input gets upstream times its local gradient"
        if formula in ("1", "-1"):
            return f"{row.name} passes the upstream gradient on{', its sign flipped' if formula == '-1' else ''}"
        return f"{row.name} scales: its input gets upstream times {formula}"

    @property
    def convention(self) -> str:
        """The convention at the kink of this kind of gate; "" if it has none."""
        primitive = self.node.primitive
        return words(primitive).kink if primitive and primitive.kink else ""

    @property
    def kink(self) -> str:
        """Why the local gradient is a convention here; "" if it is not."""
        return self.convention if on_kink(self.node) else ""

    @property
    def parts(self) -> list[str]:
        called, show_number = self.steps.names, self.number_text
        output, gate, operand = called[self.steps.output], called[self.node], called[self.operand]
        texts, remark = self.number_texts((self.upstream, self.local), mul)
        remark = ["(closed)"] if self.closed else remark
        local = self.factor if self.node is self.steps.output else slope(gate, operand)
        parts = [
            f"{slope(output, operand)} {'=' if self.path == 1 else '+='} {slope(output, gate)} * {local}",
            f"{texts[0]} * {texts[1]} = {show_number(self.downstream)}",
            *remark,
        ]
        return [*parts, f"path {self.path} of {self.paths}"] if self.paths > 1 else parts

    @property
    def text(self) -> str:
        """The line; below the last gradient that arrives at a Value used several times, their sum."""
        return f"{super().text}\n{shorten(f'     {self.copy}')}" if self.copy else super().text

    @property
    def copy(self) -> str:
        """The sum of the gradients of a Value used several times, at the last that arrives; else ""."""
        if self.path < self.paths or self.paths == 1:
            return ""
        arrived = [self.number_text(step.downstream) for step in self.steps.arriving[self.operand]]
        parts = [f"({text})" if i and text.startswith("-") else text for i, text in enumerate(arrived)]
        words = COPY.format(COUNTS[self.paths] if self.paths < len(COUNTS) else self.paths)
        total = self.number_text(self.total)
        return f"{self.steps.names[self.operand]} {words}: {' + '.join(SlideFormula.elide(parts))} = {total}"

    @property
    def because(self) -> str:
        """What the two factors mean."""
        output, gate, operand = [self.steps.names[x] for x in (self.steps.output, self.node, self.operand)]
        upstream, local, downstream = map(self.number_text, (self.upstream, self.local, self.downstream))
        if self.node is self.steps.output:
            return f"for each 1 that {operand} grows, {output} grows by {local}"
        return (
            f"for each 1 that {operand} grows, {gate} grows by {local}, and for each 1 of {gate} {output} grows by "
            f"{upstream}: together by {downstream}"
        )

    @property
    def latex(self) -> str:
        output, gate, operand = [self.steps.names[x] for x in (self.steps.output, self.node, self.operand)]
        texts, remark = self.number_texts((self.upstream, self.local), mul)
        left, answer = fraction(output, operand), numeral(self.number_text(self.downstream)).tex
        local = tex(self.factor_in(TexFormula).tree) if self.node is self.steps.output else fraction(gate, operand)
        sign, equals = "=" if self.path == 1 else r"\mathrel{+}=", r"\approx" if remark else "="
        numbers = "" if self.closed else f"{(numeral(texts[0]) * numeral(texts[1])).tex} {equals} "
        path = rf" \quad \text{{({self.so_far(self.number_text(self.total))})}}" if self.paths > 1 else ""
        return rf"{left} &{sign} {fraction(output, gate)} \cdot {local} = {numbers}{answer}{path}"

    def so_far(self, total: str) -> str:
        return f"total {total}" if self.path == self.paths else f"{total} so far"

    @property
    def sentence(self) -> str:
        called = self.steps.names
        texts, _ = self.number_texts((self.upstream, self.local), mul)
        upstream, local, downstream = map(speak, (*texts, self.number_text(self.downstream)))
        so_far = self.so_far(speak(self.number_text(self.total)))
        path = f" Path {self.path} of {self.paths}, {so_far}." if self.paths > 1 else ""
        kink = f" On a kink: {self.kink}." if self.kink else ""
        return (
            f"Step {self.number} of {self.steps.last}. Gate {called[self.node]} equals {self.spoken} "
            f"sends to {called[self.operand]}: upstream {upstream} times local {local} gives {downstream}.{path}{kink}"
        )

    def as_dict(self) -> dict[str, Any]:
        """The step as plain data, numbers as floats (inf and nan too)."""
        called = self.steps.names
        return {
            "number": self.number, "gate": called[self.node], "operand": called[self.operand],
            "upstream": self.upstream, "local": self.local, "formula": self.formula, "downstream": self.downstream,
            "total": self.total, "path": self.path, "paths": self.paths,
            "role": self.role, "kink": self.kink, "text": self.line, "sentence": self.sentence,
        }  # fmt: skip


class Steps(Sequence[Step]):
    """A backward pass as a sequence of Step, one for each edge into a Value; its repr is the whole table.

    Made by ``Value.steps``, which documents ``digits`` and ``tangents``; inputs may also be given by name here.
    ``rows`` has all lines in order (Forward, Start, Step; ``steps[i]`` counts Steps only), ``gradients`` those of all
    leaves, ``tangents`` d node / d input of all nodes that depend on an input with a tangent.

    >>> from autodiff import variables
    >>> x, y = variables(x=3, y=4)
    >>> steps = (x * y).steps()
    >>> steps[0]
      3  df/dx = df/df * y = 1 * 4 = 4
    >>> steps[0].sentence
    'Step 3 of 4. Gate f equals x times y sends to x: upstream 1 times local 4 gives 4.'
    """

    def __init__(self, output: Node, digits: int | None = None, tangents: Any = None, called: Any = None) -> None:
        if digits is not None and not (hasattr(digits, "__index__") and 0 <= digits <= 17):
            raise ValueError(f"digits must be a whole number from 0 to 17, or None, got {digits!r:.40}")
        self.output = output
        self.digits = digits
        order = history(output)
        refuse_stale(order)
        self.names = names(order, output) if called is None else called
        self.gradients = {node: 0.0 for node in order if not node.primitive}
        self.seeds = {} if tangents is None else self._seeds(tangents)
        self.tangents = push(order, self.seeds) if self.seeds else {}
        self.along = self._along()
        self._formulas: dict[Any, list[Formula | None]] = {}
        self._spoken: dict[Node, str] = {}
        self.values: dict[Node, float] = {}  # those that differ from the data of the nodes
        self._arrange(sweep(output), order)

    def _arrange(self, swept: Iterable[tuple[Any, Any, Any]], order: Sequence[Node]) -> None:
        """Make the rows, in order, from what a sweep yields."""
        self._edges = list(self._collect(swept))
        self.into: dict[Node, list[Step]] = {}  # the steps of each gate
        for step in self._edges:
            self.into.setdefault(step.node, []).append(step)
        for steps in self.into.values():
            steps.sort(key=lambda step: step.place)
        heading = "FORWARD   each gate computes its output, and its local gradients for later"
        self.rows: list[Forward | Start | Step] = [Forward(self, node) for node in order if node.primitive]
        if self.rows and self.along:
            heading = f"FORWARD   each gate computes its output, and how fast it grows along {self.along}"
            start = ", ".join(f"{slope(self.names[x], self.along)} = {show(seed)}" for x, seed in self.seeds.items())
            heading += f"\n{wrap('     ', [f'the start: {start}'])}"
        if self.rows:
            self.rows[0].heading = heading
        heading = "BACKWARD  upstream * local = downstream, from the output back to the inputs"
        self.rows += [Start(self, self.output, heading), *self._edges]
        for number, row in enumerate(self.rows, 1):
            row.number = number

    def _seeds(self, tangents: Any) -> dict[Node, float]:
        """The given tangents, by node."""
        known = {name: node for node, name in self.names.items()}
        seeds: dict[Node, float] = {}
        for given, number in tangents.items() if isinstance(tangents, dict) else [(tangents, 1.0)]:
            node: Any = known.get(given) if isinstance(given, str) else given
            if not hasattr(node, "born") or node not in self.names:
                inputs = f"{', '.join([self.names[leaf] for leaf in self.gradients]):.60}"
                raise ValueError(f"tangents must name inputs, here {inputs}; got {given!r:.60}")
            seeds[node] = real(number, "tangents")
        return seeds

    def _along(self) -> str:
        """The variable of the tangents: an input, or a time t in which several inputs change; "" without tangents."""
        if [*self.seeds.values()] == [1.0]:
            return self.names[next(iter(self.seeds))]
        return next(name for name in ("t", "time", "the time") if name not in self.names.values()) if self.seeds else ""

    def _collect(self, swept: Iterable[tuple[Any, Any, Any]]) -> Iterator[Step]:
        """The steps in the order of the sweep: youngest gate first, within a gate leaves first."""
        self.arriving: dict[Node, list[Step]] = {}  # the steps of each operand
        near = partial(round, ndigits=self.digits) if self.values else float
        for node, upstream, local_gradients in swept:
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
                step.downstream = near(downstream(upstream, local))
                others = self.arriving.setdefault(operand, [])
                step.total = near(others[-1].total + step.downstream) if others else step.downstream
                others.append(step)
                step.path = len(others)
                yield step
        for steps in self.arriving.values():
            for step in steps:
                step.paths = len(steps)

    def numbers(self, nodes: Iterable[Any]) -> list[float]:
        plain = numbers(nodes)
        return [self.values.get(x, number) for x, number in zip(nodes, plain)] if self.values else plain

    def rounded(self, places: int = 2) -> Steps:
        """The steps as computed by hand: every number is rounded before the next is computed from it.

        >>> from autodiff import variables
        >>> x, y = variables(x=1, y=3)
        >>> ((x / y) * 3).steps().rounded(2).rows[1]
          2  f = s0 * 3 = 0.33 * 3 = 0.99   df/ds0 = 3
        """
        steps = Steps(self.output, places, self.seeds or None, self.names)
        order = history(self.output)
        for node in order:
            operands = steps.numbers(node.operands)
            steps.values[node] = round(node.primitive.compute(operands) if node.primitive else node.data, places)

        def rounded_sweep() -> Iterator[tuple[Any, float, list[Any]]]:
            for node in reversed(order):
                if node is self.output or node in steps.arriving:
                    upstream = steps.arriving[node][-1].total if node in steps.arriving else 1.0
                    known = steps.numbers((node, *node.operands))
                    slopes = node.primitive.local_gradients(*known) if node.primitive else ()
                    yield node, upstream, [x if x is None or x is False else round(float(x), places) for x in slopes]

        steps._arrange(rounded_sweep(), order)
        return steps

    def renamed(self, called: dict[Any, Any]) -> Steps:
        """The same steps with other names of the nodes, of any type that the style writes."""
        return Steps(self.output, self.digits, self.seeds or None, called)

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, place: int) -> Step: ...
        @overload
        def __getitem__(self, place: slice) -> list[Step]: ...

    def __getitem__(self, place: Any) -> Any:
        return self._edges[place]

    def __iter__(self) -> Iterator[Step]:
        return iter(self._edges)

    def __len__(self) -> int:
        return len(self._edges)

    @property
    def last(self) -> int:
        return len(self.rows)

    @property
    def sentences(self) -> list[str]:
        """Every row as a spoken sentence, for screen readers."""
        return [row.sentence for row in self.rows]

    def latex(self) -> str:
        """Both passes in TeX, an ``align*`` of amsmath.

        >>> from autodiff import variables
        >>> x, y = variables(x=3, y=4)
        >>> print((x * y).steps().latex())
        \\begin{align*}
        f &= x \\cdot y = 3 \\cdot 4 = 12 \\\\
        \\frac{\\partial f}{\\partial f} &= 1 \\\\
        \\frac{\\partial f}{\\partial x} &= \\frac{\\partial f}{\\partial f} \\cdot y = 1 \\cdot 4 = 4 \\\\
        \\frac{\\partial f}{\\partial y} &= \\frac{\\partial f}{\\partial f} \\cdot x = 1 \\cdot 3 = 3
        \\end{align*}
        """
        rows = " \\\\\n".join([row.latex for row in self.rows])
        return f"\\begin{{align*}}\n{rows}\n\\end{{align*}}"

    def as_dict(self) -> dict[str, Any]:
        """The pass as plain data: inputs, gates, the start, steps and gradients; rows are numbered consecutively."""
        called = self.names
        start = next(row for row in self.rows if type(row) is Start)
        return {
            "output": called[self.output],
            "value": self.output.data,
            "inputs": {called[leaf]: leaf.data for leaf in self.gradients},
            "forward": [
                {"number": row.number, "gate": called[row.node], "formula": row.gate(), "value": row.answer,
                 "sentence": row.sentence, **({"tangent": row.tangent} if self.along else {})}
                for row in self.rows if type(row) is Forward
            ],
            "start": {"number": start.number, "gate": called[self.output], "gradient": 1.0, "sentence": start.sentence},
            "steps": [step.as_dict() for step in self],
            "gradients": {called[leaf]: gradient for leaf, gradient in self.gradients.items()},
            **({"tangents": {called[x]: tangent for x, tangent in self.seeds.items()}} if self.seeds else {}),
        }  # fmt: skip

    def local(self, step: Step, style: type[Formula] = SlideFormula) -> Formula:
        """The local gradient of the step as a formula, or as a number if the formula has another value."""
        node, primitive = step.node, step.node.primitive
        if (node, style) not in self._formulas:
            assert primitive is not None
            known = (node, *node.operands)
            operands = [
                x if type(x) is float else style.variable(self.names[x], number)
                for x, number in zip(known, self.numbers(known))
            ]
            try:
                formulas = [x if x is None else style.of(x) for x in primitive.local_gradients(*operands)]
            except (TypeError, AttributeError, LookupError, ArithmeticError, ValueError):
                formulas = []  # a rule that needs numbers
            self._formulas[node, style] = formulas
        formulas = self._formulas[node, style]
        formula = formulas[step.place] if step.place < len(formulas) else None
        if formula is not None and formula.number is not None:
            near = 10.0 ** -(self.digits or 0) if self.values else 0.0
            if f"{formula.number + 0.0:.9g}" == f"{step.local + 0.0:.9g}" or abs(formula.number - step.local) < near:
                return formula
        return style.constant(show(step.local), step.local)

    def heading(self, step: Step) -> str:
        """The line above the first step of a gate: the gate, its role, and whether it is on a kink."""
        lines = wrap("     ", [f"{self.names[step.node]} = {step.gate()}:", step.role], gap="  ")
        return f"{lines}\n     on a kink: {step.kink}" if step.kink else lines

    @property
    def finite(self) -> bool:
        """Whether the output and the gradients of all inputs are finite."""
        return all(map(isfinite, [self.output.data, *self.gradients.values()]))

    @property
    def advice(self) -> str:
        """How to check the gradients if they predict how the output changes; else why they do not."""
        output = self.names[self.output]
        if not self.finite:
            what = "not all finite" if isfinite(self.output.data) else f"{output} is not finite"
            return f"{what}: nonfinite_origin({output}) says where that began"
        kinked: set[Node] = set()  # nodes whose gradient depends on a convention
        for step in self:
            if step.node in kinked or (step.upstream and step.kink):
                kinked.add(step.operand)
        if kinked.intersection(self.gradients):
            return f"a convention here: {output} is on a kink and changes differently each way"
        if any(node.primitive is stop_gradient for node in self.names):
            return f"stop_gradient hides a part of how {output} changes"
        return f"add 0.001 to one input and {output} changes by about 0.001 * gradient"

    @property
    def plain(self) -> bool:
        """Whether the gradients predict how the output changes."""
        return self.advice.startswith("add")

    @property
    def opening(self) -> str:
        """What a gradient means: the lines above the table."""
        output, name = self.names[self.output], self.names[next(iter(self.gradients), self.output)]
        meaning = f"{slope(output, name)} says how fast {output} grows with {name}, the other inputs held fixed"
        lines = [f"GOAL      {self.advice}", f"          {meaning}"] if self.plain else [f"GOAL      {meaning}"]
        return "\n".join(map(shorten, lines))

    def footer(self) -> str:
        """The gradients of all inputs, with advice."""
        called, digits = self.names, self.digits
        output, lines = called[self.output], ["GRADIENTS" if self.plain else f"GRADIENTS  {self.advice}"]
        if self.along:
            count, alone = len(self.gradients), slope(output, self.along)
            needed = "1 input needs 1" if count == 1 else f"{count} inputs need {count}"
            lines = [f"TANGENTS   one forward pass gives {alone} alone: {needed}, backward 1", *lines]
        columns = [
            (called[leaf], show(leaf.data, digits), slope(output, called[leaf]), show(gradient, digits))
            for leaf, gradient in self.gradients.items()
        ]
        widths = [max(len(column[i]) for column in columns) for i in range(4)] if columns else []
        for name, value, derivative, gradient in columns:
            left = f"{name.ljust(widths[0])} = {value.rjust(widths[1])}"
            lines.append(f"     {left}   {derivative.ljust(widths[2])} = {gradient.rjust(widths[3])}")
        return "\n".join(shorten(line) for line in lines)

    def pages(self, explain: bool = False) -> list[str]:
        """The rows with their headings, then the footer; ``explain`` adds a reason to every row."""
        pages, gate, lines = [], None, [self.opening]
        for row in self.rows:
            lines += [row.heading] if row.heading else []
            if type(row) is Step and row.node is not gate:
                gate = row.node
                lines.append(self.heading(row))
            lines.append(row.text)
            if explain:
                indent = " " * 7
                lines.append(fill(f"because {row.because}", WIDTH, initial_indent=indent, subsequent_indent=indent))
            pages.append("\n".join(lines))
            lines = []
        return [*pages, self.footer()]

    def __str__(self) -> str:
        return "\n".join(self.pages())

    def __repr__(self) -> str:
        pages = self.pages()
        if len(pages) > 500:  # a REPL must stay usable; print(steps) shows everything
            pages[250:-250] = [f"     ... {len(pages) - 500} more rows: print() shows them all"]
        return "\n".join(pages)
