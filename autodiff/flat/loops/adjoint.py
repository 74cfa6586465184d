"""The adjoint of loop nests, which is loop nests: each statement sends gradients back over the same axes.

For ``target = f(operands)`` the gradient of an operand grows by that of the target times the local gradient, at every
point of the axes. Along an axis on which the operand does not move, that is a sum. The local gradients come from the
table of primitives, whose rules are called with symbols. The results are statements, which can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...primitives import Primitive, downstream
from ..expansion import Symbol, expression_of, local_gradients, operation_of
from ..ir import ROWS, Expression, as_key, primitive_of, row_mean
from ..passes import simplify
from .statements import Axis, Index, Statement, elements_of, indices, map_indices

# Placeholder indices. In the edges of a pattern: the target, its gradient, sums from SUM down, reads from 0 up.
TARGET, UPSTREAM, SUM = Index("", -1), Index("", -2), -3
PART, OUT = -1000, Index("", -1000)  # in local gradients: operands, from -1001 down, and the result
LARGEST_RULE = 200  # parts of a rule; a larger one is called, not written out
Samples = Mapping[Primitive, Sequence[float]]
Edges = tuple[list[tuple[int, Expression]], list[Expression]]  # (operand, its gradient) each; sums that these read


def adjoint(
    statements: Sequence[Statement], sizes: dict[str, int], wanted: Mapping[str, Any], ends: Sequence[Index],
    samples: Samples, prefix: str = "g",
) -> list[Statement]:  # fmt: skip
    """The statements that add up gradients, last statement first; ``statements`` are not rolled into Repeats yet.

    The gradients of the ``wanted`` elements of arrays are computed from those of the ``ends``, which the caller puts
    into the array with the prefix. The arrays of gradients join the ``sizes``; "a" grows if a rule needs sums of its
    own. ``samples`` are a result and operands for each user's primitive.
    """
    patterns: dict[Any, Edges] = {}
    edges = []
    needs, reached = Marks(sizes), Marks(sizes)
    for array, which in wanted.items():
        needs.of[array][:] = which
    more = {x.target[:2] for x in statements if x.adds}  # targets that several statements compute
    for statement in statements:
        expression, reads = number_indices(statement.expression)
        adds = statement.target[:2] in more
        pattern = as_key(expression), statement.reduce, adds
        if pattern not in patterns:
            patterns[pattern] = edges_of(expression, statement.reduce, adds, samples)
        edges.append((patterns[pattern], reads))
        leads = [reads[n] for n, _ in patterns[pattern][0]]
        if type(statement.start) is Index:
            leads.append(statement.start)
        if any(needs.any(x, statement.axes) for x in leads):
            needs.set(statement.target, statement.axes)
    for end in ends:
        reached.set(end, ())
    found: list[Statement] = []
    for statement, ((gradients, sums), reads) in zip(reversed(statements), reversed(edges)):
        axes, target, start = statement.axes, statement.target, statement.start
        if not (reached.any(target, axes) and needs.any(target, axes)):
            continue
        upstream = target._replace(array=prefix + target.array)
        known = {TARGET.start: target, UPSTREAM.start: upstream, **dict(enumerate(reads))}
        sent = [(reads[n], gradient) for n, gradient in gradients if needs.any(reads[n], axes)]
        if sent:
            for n, total in enumerate(sums):
                known[SUM - n] = allocate(target, axes, sizes)
                found.append(Statement(axes, known[SUM - n], substitute(total, known), "sum"))
        for index, gradient in sent:
            reached.set(index, axes)
            if gradient != 0.0:
                to = index._replace(array=prefix + index.array)
                found.append(accumulation(axes, to, substitute(gradient, known)))
        if type(start) is Index and needs.any(start, axes):
            reached.set(start, axes)
            count = count_outer(target)
            to = start._replace(array=prefix + start.array, strides=start.strides[:count])
            found.append(accumulation(axes[:count], to, upstream._replace(strides=target.strides[:count])))
    for array in sorted({x.target.array for x in found} | {prefix + end.array for end in ends}):
        if array.startswith(prefix):
            sizes[array] = sizes[array.removeprefix(prefix)]
    return found


def number_indices(expression: Expression) -> tuple[Expression, list[Index]]:
    """(The expression with numbers 0, 1, ... for its indices, the indices)."""
    numbers: dict[Index, int] = {}
    numbered = map_indices(expression, lambda x: Index("", numbers.setdefault(x, len(numbers))))
    return numbered, [*numbers]


def substitute(expression: Expression, known: Mapping[int, Index]) -> Expression:
    """The expression with known indices for its numbers."""
    return map_indices(expression, lambda x: known[x.start])


def accumulation(axes: tuple[Axis, ...], target: Index, expression: Expression) -> Statement:
    """``target += expression``, summed over the axes along which the target does not move."""
    moves = [any(x.strides[n] for x in indices(target)) for n in range(len(axes))]
    sums = any(not move and axis != Axis(1) for move, axis in zip(moves, axes))
    return Statement(axes, target, expression, "sum" if sums else "", adds=True)


def count_outer(target: Index) -> int:
    """Number of axes in front of those that are summed."""
    return max([n + 1 for n, stride in enumerate(target.strides) if stride], default=0)


def allocate(target: Index, axes: Sequence[Axis], sizes: dict[str, int]) -> Index:
    """A new place in array "a" for as many numbers as the target has."""
    elements = np.array(elements_of(target, axes, sizes[target.array]))
    base, low = sizes["a"], int(elements.min())
    sizes["a"] += int(elements.max()) - low + 1
    return target._replace(array="a", start=base + target.start - low)


# --- Local gradients -----------------------------------------------------------------------------


def edges_of(expression: Expression, reduce: str, adds: bool, samples: Samples) -> Edges:
    """The gradients that a statement sends to its reads.

    The rule of a list is called with one term, which stands for all terms: a sum in the rule is over all of them.
    """
    sums: list[Expression] = []
    gradients: dict[int, Expression] = {}

    def pass_back(
        gate: Primitive, out: Expression, operands: Sequence[Expression], upstream: Expression
    ) -> Iterator[tuple[Expression, Expression]]:
        """(Operand, gradient) for each operand to which a gate sends a gradient.

        The rule is called with names for operands: its own comparisons close a gate, those in operands do not.
        """
        if gate is row_mean:
            yield operands[0], (row_mean, upstream)
            return
        known = [x if type(x) is float else Symbol(Index("", PART - 1 - k)) for k, x in enumerate(operands)]

        def replace(x: Index) -> Expression:
            if x.start > PART:
                return x
            return out if x == OUT else operands[PART - 1 - x.start]

        found = local_gradients(gate, [Symbol(OUT), *known], samples.get(gate, ()), LARGEST_RULE)
        for operand, local in zip(operands, found):
            if type(operand) is not float and local is not None:
                gradient = expression_of(downstream(Symbol(upstream), local, operation_of))
                yield operand, map_indices(gradient, replace)

    def send(e: Expression, out: Expression, upstream: Expression) -> None:
        """Add up the gradients along each path through an expression whose value is ``out``."""
        if type(e) is Index:
            n, gradient = e.start, hoist(simplify_fully(upstream), sums)
            gradients[n] = ("add", gradients[n], gradient) if n in gradients else gradient  # of x * x
        elif type(e) is tuple:
            for operand, gradient in pass_back(primitive_of(e[0]), out, e[1:], upstream):
                send(operand, operand, simplify_fully(gradient))

    upstream: Expression = UPSTREAM
    if reduce not in ("", "sum"):
        ((_, upstream),) = pass_back(ROWS[reduce], TARGET, [expression], UPSTREAM)
    send(expression, expression if reduce or adds else TARGET, upstream)
    return [*gradients.items()], sums


def simplify_fully(expression: Expression) -> Expression:
    """Simplify until nothing changes."""
    while type(expression) is tuple and (simpler := simplify(expression, {})) != expression:
        expression = simpler
    return expression


def hoist(expression: Expression, sums: list[Expression]) -> Expression:
    """The expression with an index for each sum over all terms of a list; the terms join ``sums``."""
    if type(expression) is not tuple:
        return expression
    if expression[0] == "sum" and len(expression) == 2:
        if expression[1] not in sums:
            sums.append(expression[1])
        return Index("", SUM - sums.index(expression[1]))
    return (expression[0], *[hoist(x, sums) for x in expression[1:]])


# --- Which elements ------------------------------------------------------------------------------


class Marks:
    """A set of elements of arrays."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self.of = {array: np.zeros(size, bool) for array, size in sizes.items() if array != "t"}

    def set(self, index: Index, axes: Sequence[Axis]) -> None:
        marks = self.of[index.array]
        marks[elements_of(index, axes, len(marks))] = True

    def any(self, index: Index, axes: Sequence[Axis]) -> bool:
        """Whether any element that an index visits is marked."""
        marks = self.of.get(index.array)
        if marks is None or not (axes or index.by):
            return marks is not None and bool(marks[index.start])
        return bool(marks[elements_of(index, axes, len(marks))].any())
