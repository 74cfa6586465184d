"""The adjoint of loop nests is loop nests: each statement sends gradients back over the same axes.

For ``target = f(operands)`` the gradient of an operand grows by that of the target times the local gradient, at every
point of the axes. Where the operand does not move along an axis, that is a sum over it. The local gradients come from
the table of primitives, whose rules are called with symbols. What they give are statements again, which can be
differentiated once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...primitives import Primitive, downstream
from ..expansion import Symbol, local_gradients, made, plain
from ..ir import ROWS, as_key, primitive_of, row_mean
from ..passes import simplest
from .statements import Axis, Expression, Index, Statement, indices, mapped, touched

TARGET, UPSTREAM, SUM = Index("", -1), Index("", -2), -3  # in the edges of a pattern; others are what is read
LARGE = 200  # parts of a rule from which it is called as it stands
PART, OUT = -1000, Index("", -1000)  # in what a rule gives: names of operands, from -1001 down, and of the result
Samples = Mapping[Primitive, Sequence[float]]
Edges = tuple[list[tuple[int, Expression]], list[Expression]]  # (operand, gradient to it) each; sums that these read


def adjoint(
    statements: Sequence[Statement], sizes: dict[str, int], wanted: Mapping[str, Any], ends: Sequence[Index],
    samples: Samples, prefix: str = "g",
) -> list[Statement]:  # fmt: skip
    """The statements that add up gradients, last statement first; ``statements`` are not rolled into Repeats yet.

    Gradients are asked of the ``wanted`` elements of arrays, and start at the ``ends``: who runs the statements puts
    them there, into the array with the prefix. The arrays of gradients join the ``sizes``; "a" grows where a rule needs
    sums of its own. ``samples`` are a result and operands for each primitive that is not built in.
    """
    patterns: dict[Any, Edges] = {}
    edges = []
    needs, reached = Marks(sizes), Marks(sizes)
    for array, which in wanted.items():
        needs.of[array][:] = which
    more = {x.target[:2] for x in statements if x.adds}  # where a target holds more than what one statement computes
    for statement in statements:
        numbered: dict[Index, int] = {}
        expression = mapped(statement.expression, lambda x: Index("", numbered.setdefault(x, len(numbered))))  # noqa: B023
        adds = statement.target[:2] in more
        pattern, reads = (as_key(expression), statement.reduce, adds), [*numbered]
        if pattern not in patterns:
            patterns[pattern] = edges_of(expression, statement.reduce, adds, samples)
        edges.append((patterns[pattern], reads))
        leads = [reads[n] for n, _ in patterns[pattern][0]] + [statement.start] * (type(statement.start) is Index)
        if any(needs.any(x, statement.axes) for x in leads):
            needs.set(statement.target, statement.axes)
    for end in ends:
        reached.set(end, ())
    found: list[Statement] = []
    for statement, ((gradients, sums), reads) in zip(reversed(statements), reversed(edges)):
        axes, target, start = statement.axes, statement.target, statement.start
        if not (reached.any(target, axes) and needs.any(target, axes)):
            continue
        known = {-1: target, -2: target._replace(array=prefix + target.array), **dict(enumerate(reads))}

        def meant(x: Index, known: dict[int, Index] = known) -> Index:
            return known[x.start]

        sent = [(reads[n], gradient) for n, gradient in gradients if needs.any(reads[n], axes)]
        if sums and sent:
            for n, summed in enumerate(sums):
                known[SUM - n] = beside(target, axes, sizes)
                expression = mapped(summed, meant)
                found.append(Statement(axes, known[SUM - n], expression, "sum"))
        for index, gradient in sent:
            reached.set(index, axes)
            if gradient != 0.0:
                expression = mapped(gradient, meant)
                found.append(added(axes, index._replace(array=prefix + index.array), expression))
        if type(start) is Index and needs.any(start, axes):
            reached.set(start, axes)
            count = outer(target)
            to, upstream = (x._replace(array=prefix + x.array, strides=x.strides[:count]) for x in (start, target))
            found.append(added(axes[:count], to, upstream))
    for array in {statement.target.array for statement in found} | {prefix + end.array for end in ends}:
        if array.startswith(prefix):
            sizes[array] = sizes[array.removeprefix(prefix)]
    return found


def added(axes: tuple[Axis, ...], target: Index, expression: Expression) -> Statement:
    """``target += expression``, summed over the axes along which the target stands still."""
    moves = [any(x.strides[n] for x in indices(target)) for n in range(len(axes))]
    sums = any(not move and axis != Axis(1) for move, axis in zip(moves, axes))
    return Statement(axes, target, expression, "sum" if sums else "", adds=True)


def outer(target: Index) -> int:
    """How many axes there are in front of those that are summed."""
    return max([n + 1 for n, stride in enumerate(target.strides) if stride], default=0)


def beside(target: Index, axes: Sequence[Axis], sizes: dict[str, int]) -> Index:
    """A new place for one number for each in the target."""
    elements = np.array(touched(target, axes, sizes[target.array]))
    base, low = sizes["a"], int(elements.min())
    sizes["a"] += int(elements.max()) - low + 1
    return target._replace(array="a", start=base + target.start - low)


# --- Local gradients -----------------------------------------------------------------------------


def edges_of(expression: Expression, reduce: str, adds: bool, samples: Samples) -> Edges:
    """The gradients that a statement sends to what it reads.

    The rule of a list is called with one term, which stands for all of them: a sum in it is over all terms.
    """
    sums: list[Expression] = []
    gradients: dict[int, Expression] = {}

    def passed(
        gate: Primitive, out: Expression, operands: Sequence[Expression], upstream: Expression
    ) -> Iterator[tuple[Expression, Expression]]:
        """(Operand, gradient) for each that a gate sends one to.

        Its rule is called with names for operands: a comparison that it makes closes a gate, a given one does not.
        """
        if gate is row_mean:
            yield operands[0], (row_mean, upstream)
            return
        known = [x if type(x) is float else Symbol(Index("", PART - 1 - k)) for k, x in enumerate(operands)]

        def meant(x: Index) -> Expression:
            return x if x.start > PART else out if x == OUT else operands[PART - 1 - x.start]

        found = local_gradients(gate, [Symbol(OUT), *known], lambda: samples[gate], LARGE)
        for operand, local in zip(operands, found):
            if type(operand) is not float and local is not None:
                yield operand, mapped(plain(downstream(Symbol(upstream), local, made)), meant)

    def send(e: Expression, out: Expression, upstream: Expression) -> None:
        """Add the gradients along each path through an expression whose value is ``out``."""
        if type(e) is Index:
            n, gradient = e.start, hoisted(simplified(upstream), sums)
            gradients[n] = ("add", gradients[n], gradient) if n in gradients else gradient  # of x * x
        elif type(e) is tuple:
            for operand, gradient in passed(primitive_of(e[0]), out, e[1:], upstream):
                send(operand, operand, simplified(gradient))

    upstream: Expression = UPSTREAM
    if reduce not in ("", "sum"):
        ((_, upstream),) = passed(ROWS[reduce], TARGET, [expression], UPSTREAM)
    send(expression, expression if reduce or adds else TARGET, upstream)
    return [*gradients.items()], sums


def simplified(expression: Expression) -> Expression:
    """The expression with constants computed and identities applied, until nothing changes."""
    while type(expression) is tuple and (simpler := simplest(expression, {})) != expression:
        expression = simpler
    return expression


def hoisted(expression: Expression, sums: list[Expression]) -> Expression:
    """The expression with an index in the place of each sum over all terms of a list."""
    if type(expression) is not tuple:
        return expression
    if expression[0] == "sum" and len(expression) == 2:
        if expression[1] not in sums:
            sums.append(expression[1])
        return Index("", SUM - sums.index(expression[1]))
    return (expression[0], *[hoisted(x, sums) for x in expression[1:]])


# --- Which elements ------------------------------------------------------------------------------


class Marks:
    """Which elements of arrays something holds for."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self.of = {array: np.zeros(size, bool) for array, size in sizes.items() if array != "t"}

    def set(self, index: Index, axes: Sequence[Axis]) -> None:
        marks = self.of[index.array]
        marks[touched(index, axes, len(marks))] = True

    def any(self, index: Index, axes: Sequence[Axis]) -> bool:
        """Whether anything that an index comes to is marked."""
        marks = self.of.get(index.array)
        if marks is None or not (axes or index.by):
            return marks is not None and bool(marks[index.start])
        return bool(marks[touched(index, axes, len(marks))].any())
