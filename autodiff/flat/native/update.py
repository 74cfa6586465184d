"""The optimizer's scalar update over all parameters, and clipping by the length of the gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..program import Expression, Program, as_key, leaves_of
from .elementwise import larger
from .lanes import Lanes
from .loops import computed
from .text import Text, Whole


class Update:
    """Writes ``parameter, *states = update(parameter, gradient, rate, step, *states)`` for vectors of these.

    Parameters
    ----------
    program : Program
        Of scalars: its inputs are (parameter, gradient, *states), its parameters (rate, step).
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.rate, self.step = program.parameters
        self.states = len(program.inputs) - 2

    def known(self, v: Lanes, given: Mapping[Any, str]) -> dict[Any, str]:
        """What follows from ``given`` alone, computed once for all parameters: {expression or name: vector}."""
        known = dict(given)

        def visit(expression: Expression) -> None:
            if type(expression) is not tuple or as_key(expression) in known:
                return
            if all(type(x) is float or x in known for x in leaves_of(expression)):
                known[as_key(expression)] = computed(v, expression, lambda x: known[x])
                return
            for operand in expression[1:]:
                visit(operand)

        for line in self.program.lines:
            visit(line.expression)
            if as_key(line.expression) in known:
                known[line.target] = known[as_key(line.expression)]
        return known

    def applied(self, v: Lanes, given: Sequence[str], known: Mapping[Any, str]) -> list[str]:
        """The new (parameter, *states) of vectors of (parameter, gradient, *states)."""
        found = {**known, **dict(zip(self.program.inputs, given))}
        for line in self.program.lines:
            if line.target not in found:
                found[line.target] = computed(v, line.expression, lambda x: found[x], found)
        return [v.constant(x) if type(x) is float else found[x] for x in self.program.outputs]


def update_all(
    update: Update,
    text: Text,
    width: int,
    count: int,
    homes: Mapping[str, str],
    scale: str | None,
    shared: Mapping[Any, str],
) -> None:
    """Read and write the arrays ``w``, ``sums`` and ``states`` of so many parameters, a vector at a time.

    ``shared`` are rate and step, ``scale`` is what gradients are multiplied by.
    """
    scalar = Lanes(text, 1)
    known = update.known(scalar, shared)

    def one(v: Lanes, i: Whole) -> None:
        places = [(homes["w"], i), (homes["sums"], i)]
        places += [(homes["states"], text.plus(i, k * count)) for k in range(update.states)]
        given = [v.load(base, index, aligned=False) for base, index in places]
        if scale is not None:
            given[1] = v.mul(given[1], v.splat(scale))
        new = update.applied(v, given, {x: v.splat(name) for x, name in known.items()})
        for x, place in zip(new, [places[0], *places[2:]]):
            v.store(x, *place, aligned=False)

    width = 1 if text.unrolled else width
    full = count // width * width
    if full:
        text.each(full, lambda i: one(Lanes(text, width), i), width)
    if full < count:
        text.each(count, lambda i: one(scalar, i), 1, full)


def clip_scale(v: Lanes, gradient: Callable[[Whole], str], count: int, threshold: str) -> str:
    """threshold / length where the length of the gradient is at least the threshold, else 1.

    The numbers are divided by the largest before they are squared, so that nothing overflows.
    """

    def over_all(body: Callable[[str, str], str]) -> str:
        return v.text.summed(count, [v.zero], v.vector, lambda i, old: [body(old[0], gradient(i))])[0]

    largest = over_all(lambda old, x: larger(v, old, v.absolute(x)))
    squares = over_all(lambda old, x: squared(v, old, v.div(x, largest)))
    infinite = v.compare("oeq", largest, v.constant(float("inf")))
    length = v.select(infinite, largest, v.mul(largest, v.intrinsic("sqrt", squares)))
    longer = v.let(f"and {v.bools} {v.compare('oge', length, threshold)}, {v.compare('ogt', length, v.zero)}")
    return v.select(longer, v.div(threshold, length), v.one)


def squared(v: Lanes, total: str, x: str) -> str:
    return v.muladd(x, x, total)
