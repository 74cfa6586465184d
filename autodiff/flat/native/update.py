"""The optimizer's scalar update over all parameters, and clipping by the length of the gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..program import Expression, Program, leaves_of
from .elementwise import larger
from .lanes import Lanes
from .loops import computed
from .text import Text, Whole


class Update:
    """Writes ``parameter, *states = update(parameter, gradient, rate, step, *states)`` for every parameter.

    Parameters
    ----------
    program : Program
        Of scalars: its inputs are (parameter, gradient, *states), its parameters (rate, step).
    text, width
        Where it is written, and how many parameters at once.
    count : int
        How many parameters there are.
    """

    def __init__(self, program: Program, text: Text, width: int, count: int) -> None:
        self.program, self.text, self.count = program, text, count
        self.width = 1 if text.unrolled else width
        self.scalar = Lanes(text, 1)

    def write(self, w: str, sums: str, states: str, shared: tuple[str, str], scale: str | None) -> None:
        """Read and write the three arrays; ``shared`` are rate and step, ``scale`` what gradients are multiplied by."""
        known = self.known_to_all(shared)

        def one(v: Lanes, i: Whole) -> None:
            places = [(w, i), (sums, i)]
            places += [(states, self.text.plus(i, k * self.count)) for k in range(len(self.program.inputs) - 2)]
            given = [v.load(base, index, aligned=False) for base, index in places]
            if scale is not None:
                given[1] = v.mul(given[1], v.splat(scale))
            env = {**{x: v.splat(name) for x, name in known.items()}, **dict(zip(self.program.inputs, given))}
            for line in self.program.lines:
                if line.target not in env:
                    env[line.target] = computed(v, line.expression, lambda x: env[x], env)
            for x, place in zip(self.program.outputs, [places[0], *places[2:]]):
                v.store(v.constant(x) if type(x) is float else env[x], *place, aligned=False)

        full = self.count // self.width * self.width
        if full:
            self.text.each(full, lambda i: one(Lanes(self.text, self.width), i), self.width)
        if full < self.count:
            self.text.each(self.count, lambda i: one(self.scalar, i), 1, full)

    def known_to_all(self, shared: tuple[str, str]) -> dict[Any, str]:
        """What does not depend on the parameter, computed once: {expression or name: double}."""
        known: dict[Any, str] = dict(zip(self.program.parameters, shared))

        def visit(expression: Expression) -> None:
            if type(expression) is not tuple or expression in known:
                return
            if all(type(x) is float or x in known for x in leaves_of(expression)):
                known[expression] = computed(self.scalar, expression, lambda x: known[x])
                return
            for operand in expression[1:]:
                visit(operand)

        for line in self.program.lines:
            visit(line.expression)
            if line.expression in known:
                known[line.target] = known[line.expression]
        return known


def clip_scale(text: Text, sums: str, count: int, threshold: str) -> str:
    """threshold / length where the length of the gradient is at least the threshold, else 1.

    The numbers are divided by the largest before they are squared, so that nothing overflows.
    """
    v = Lanes(text, 1)

    def over_all(start: str, body: Callable[[str, str], str]) -> str:
        def one(i: Whole, values: list[str]) -> list[str]:
            return [body(values[0], v.load(sums, i, aligned=False))]

        return text.summed(count, [start], v.vector, one)[0]

    largest = over_all(v.zero, lambda old, x: larger(v, old, v.absolute(x)))
    squares = over_all(v.zero, lambda old, x: squared(v, old, v.div(x, largest)))
    infinite = v.compare("oeq", largest, v.constant(float("inf")))
    length = v.select(infinite, largest, v.mul(largest, v.intrinsic("sqrt", squares)))
    longer = text.let(f"and i1 {v.compare('oge', length, threshold)}, {v.compare('ogt', length, v.zero)}")
    return v.select(longer, v.div(threshold, length), v.one)


def squared(v: Lanes, total: str, x: str) -> str:
    return v.muladd(x, x, total)
