"""The rows of the step table: a gate computes, the output gets gradient 1, an edge carries a gradient back."""

from __future__ import annotations

from math import isfinite
from operator import mul

from ..expression import Formula, SlideFormula, exact, gate, show
from ..graph import numbers, on_kink
from ..vocabulary import ATOM, PRODUCT, head_of, words
from .words import SpokenFormula, spoken, wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ..engine import Value
    from .steps import Steps


def slope(output: str, name: str) -> str:
    """How a derivative is written: df/dx, and df/d(x1*w1) where a label is no plain name."""
    above, below = (SlideFormula.called(text).inside(ATOM) for text in (output, name))
    return f"d{above}/d{below}"


class Row:
    """One line of the table: its place, the heading above it, its text and its sentence.

    ``phase`` is "forward", "start" or "backward".
    """

    __slots__ = ("heading", "node", "number", "steps")
    phase: str

    def __init__(self, steps: Steps, node: Value, heading: str = "") -> None:
        self.steps = steps
        self.node = node
        self.number = 0  # until all rows are there to be counted
        self.heading = heading

    @property
    def parts(self) -> list[str]:
        """What stands in the line, from left to right."""
        raise TypeError(f"{type(self).__name__} has no text of its own")

    @property
    def text(self) -> str:
        """The numbered line, at most 80 columns wide; what does not fit goes into the next line."""
        return wrapped(f"{self.number:3}  ", self.parts)

    def __repr__(self) -> str:
        return self.text

    @property
    def answer(self) -> float:
        """The number that the row arrives at."""
        return self.node.data

    def number_text(self, x: float) -> str:
        return show(x, self.steps.digits)

    def printed(self, parts: Sequence[float], compute: Callable[..., float]) -> tuple[list[str], list[str]]:
        """What an answer is computed from as text, and "(rounded)" where the texts give another one.

        Where that is so and the answer is inf or nan, the texts are whole instead: 0.001 * inf, not 0 * inf.
        """
        texts = [self.number_text(x) for x in parts]
        try:
            same = self.number_text(compute(*map(float, texts))) == self.number_text(self.answer)
        except ValueError:  # the value of a user's gate may raise at other numbers: those of the texts
            same = False
        if same:
            return texts, []
        return (texts, ["(rounded)"]) if isfinite(self.answer) else (list(map(exact, parts)), [])

    def gate(self, style: type[Formula] = SlideFormula) -> str:
        """The right-hand side of the gate in a style."""
        return gate(self.node, self.steps.names, style)

    @property
    def spoken(self) -> str:
        """The right-hand side of the gate as it is read aloud."""
        return self.steps.spoken(self)

    def computed(self, style: type[Formula] = SlideFormula) -> tuple[str, list[str]]:
        """The same with the printed numbers of the operands, and "(rounded)" where these give another answer."""
        primitive = self.node.primitive
        assert primitive is not None
        said = spoken if style is SpokenFormula else str
        texts, remark = self.printed(numbers(self.node.operands), primitive)
        return style.write(head_of(primitive), [style.constant(said(text), float(text)) for text in texts])[0], remark


class Forward(Row):
    """A gate computes its output from its inputs."""

    __slots__ = ()
    phase = "forward"

    @property
    def parts(self) -> list[str]:
        (computed, remark), name = self.computed(), self.steps.names[self.node]
        parts = [f"{name} = {self.gate()}", f"{computed} = {self.number_text(self.node.data)}", *remark]
        if self.steps.along:
            parts.append(f"{slope(name, self.steps.along)} = {self.number_text(self.tangent)}")
        return parts

    @property
    def tangent(self) -> float:
        """How fast the gate's output grows along the tangents that were asked for."""
        tangent: float = self.steps.tangents.get(self.node, 0.0)
        return tangent

    @property
    def sentence(self) -> str:
        name, answer = self.steps.names[self.node], spoken(self.number_text(self.node.data))
        computed, along = self.computed(SpokenFormula)[0], self.steps.along
        tangent = f" Its derivative along {along} is {spoken(self.number_text(self.tangent))}." if along else ""
        start = f"Step {self.number} of {self.steps.last}. Gate {name} equals {self.spoken}"
        return f"{start}: {computed} gives {answer}.{tangent}"


class Start(Row):
    """The output gets gradient 1."""

    __slots__ = ()
    phase = "start"

    @property
    def parts(self) -> list[str]:
        name = self.steps.names[self.node]
        return [f"{slope(name, name)} = 1".ljust(26), f"the start: {name} grows as fast as itself"]

    @property
    def sentence(self) -> str:
        name = self.steps.names[self.node]
        return f"Step {self.number} of {self.steps.last}. The gradient of {name} with respect to itself is 1."


class Step(Row):
    """An edge carries a gradient back: upstream * local = downstream.

    Attributes
    ----------
    node, operand : Value
        The gate, and the operand that the gradient goes to.
    place : int
        Which operand of the gate it is, from 0.
    upstream, local, downstream, total : float
        d output / d node, d node / d operand, their product, and what the operand has by now.
    path, paths, edges : int
        This is path ``path`` of the ``paths`` that lead to the operand, and one of ``edges`` from the node.
    """

    __slots__ = ("downstream", "edges", "local", "operand", "path", "paths", "place", "total", "upstream")
    phase = "backward"
    operand: Value
    place: int
    upstream: float
    local: float
    downstream: float
    total: float
    path: int
    paths: int
    edges: int

    @property
    def answer(self) -> float:
        return self.downstream

    @property
    def closed(self) -> bool:
        """Whether the gate is closed to an inf or nan: then it passes 0, which is not their product."""
        return not isfinite(self.upstream) and self.downstream == 0.0

    @property
    def formula(self) -> str:
        """The local gradient as a formula of the gate's operands and output."""
        return self.steps.local(self).text

    @property
    def factor(self) -> str:
        """The same as the second factor of a product, a sum or quotient in parentheses."""
        formula, depth = self.steps.local(self), 0
        for letter in formula.text:
            depth += (letter in "([") - (letter in ")]")
            if letter in "/%" and not depth:
                return formula.inside(ATOM)
        return formula.inside(PRODUCT)

    @property
    def role(self) -> str:
        """What this kind of gate does with the upstream gradient."""
        return self.steps.role(self)

    @property
    def convention(self) -> str:
        """What holds on the kink of this kind of gate; "" where it has none."""
        primitive = self.node.primitive
        return words(primitive).kink if primitive and primitive.kink else ""

    @property
    def kink(self) -> str:
        """Why the local gradient is a convention here; "" where it is not."""
        return self.convention if on_kink(self.node) else ""

    @property
    def parts(self) -> list[str]:
        called, show_number = self.steps.names, self.number_text
        output, gate, operand = called[self.steps.output], called[self.node], called[self.operand]
        texts, remark = self.printed((self.upstream, self.local), mul)
        remark = ["(closed)"] if self.closed else remark
        parts = [
            f"{slope(output, operand)} {'=' if self.path == 1 else '+='} {slope(output, gate)} * {self.factor}",
            f"{texts[0]} * {texts[1]} = {show_number(self.downstream)}",
        ]
        if self.paths > 1:
            parts.append(f"path {self.path} of {self.paths}: {self.so_far(show_number(self.total))}")
        return parts + remark

    def so_far(self, total: str) -> str:
        return f"total {total}" if self.path == self.paths else f"{total} so far"

    @property
    def sentence(self) -> str:
        called = self.steps.names
        texts, _ = self.printed((self.upstream, self.local), mul)
        said = [spoken(text) for text in (*texts, self.number_text(self.downstream))]
        so_far = self.so_far(spoken(self.number_text(self.total)))
        path = f" Path {self.path} of {self.paths}, {so_far}." if self.paths > 1 else ""
        kink = f" On a kink: {self.kink}." if self.kink else ""
        return (
            f"Step {self.number} of {self.steps.last}. Gate {called[self.node]} equals {self.spoken} "
            f"sends to {called[self.operand]}: upstream {said[0]} times local {said[1]} gives {said[2]}.{path}{kink}"
        )

    def as_dict(self) -> dict[str, Any]:
        """The step as plain data, numbers as floats (inf and nan too)."""
        called = self.steps.names
        return {
            "number": self.number, "gate": called[self.node], "operand": called[self.operand],
            "upstream": self.upstream, "local": self.local, "formula": self.formula, "downstream": self.downstream,
            "total": self.total, "path": self.path, "paths": self.paths,
            "role": self.role, "kink": self.kink, "text": "   ".join(self.parts), "sentence": self.sentence,
        }  # fmt: skip
