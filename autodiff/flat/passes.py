"""Passes over lines: fold constants, spread gradients, name shared parts, drop dead lines, inline short ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..formula import Names
from ..vocabulary import INFIX, words
from .ir import Expression, Line, Program, as_key, leaves_of, map_leaves, primitive_of, subexpressions


def fold(lines: Sequence[Line]) -> list[Line]:
    """The lines with simplified expressions; a target that proves constant is replaced in later lines.

    A line that is a number already stays: the lecture shows ``grad_L = 1.0``.
    """
    constants: dict[Any, float] = {}
    found, sums = [], {line.target for line in lines if line.adds}
    for line in lines:
        expression = simplify(line.expression, constants)
        if line.adds and expression == 0.0:
            continue  # nothing passes this gate
        found.append(line._replace(expression=expression))
        if type(expression) is float and type(line.expression) is tuple and line.target not in sums:
            constants[line.target] = expression
    return found


def simplify(expression: Expression, constants: dict[Any, float]) -> Expression:
    """The expression with constants computed and identities applied, innermost first."""
    if type(expression) is not tuple:
        return constants.get(expression, expression)
    name, *operands = expression
    operands = [simplify(x, constants) if type(x) is tuple or constants else x for x in operands]
    if all(type(operand) is float for operand in operands):
        return primitive_of(name).compute(operands)
    return apply_identities(name, *operands)


def is_exactly(x: Expression, number: float) -> bool:
    """Whether x is that number, sign of zero included."""
    return type(x) is float and x == number and math.copysign(1.0, x) == math.copysign(1.0, number)


# The operand that changes nothing, and whether it may come first. (a + 0 is not a: if a is -0, it is 0.)
NEUTRAL = {"add": (-0.0, True), "mul": (1.0, True), "sub": (0.0, False), "div": (1.0, False), "power": (1.0, False)}


def apply_identities(name: str, a: Expression, *others: Expression) -> Expression:
    """The operation, or an equal simpler one: -1 * b = -b, --a = a, a ** 2 = a * a if a is a name."""
    b = others[0] if others else None
    if name in NEUTRAL:
        number, may_be_first = NEUTRAL[name]
        if is_exactly(b, number):
            return a
        if may_be_first and is_exactly(a, number):
            return b
    if name == "mul" and (is_exactly(a, -1.0) or is_exactly(b, -1.0)):
        return apply_identities("neg", b if is_exactly(a, -1.0) else a)
    if name == "neg" and type(a) is tuple and a[0] == "neg":
        return a[1]
    if name == "power" and is_exactly(b, 2.0) and type(a) is not tuple:
        return ("mul", a, a)
    if name == "less" and a == b:
        return 0.0
    if name == "where" and type(a) is float:
        return others[not a]
    return (name, a, *others)


SHARES = {"sigmoid", *[name for name, row in INFIX.items() if row.is_comparison]}  # between 0 and 1


def spread(lines: Sequence[Line]) -> list[Line]:
    """a * (p * q) as a * p * q if p and q lie between 0 and 1, so that nothing can overflow on the way."""
    shares: set[Any] = set()

    def is_share(x: Expression) -> bool:
        if type(x) is not tuple:
            return x in shares
        return x[0] in SHARES or (x[0] == "sub" and x[1] == 1.0 and is_share(x[2]))

    found = []
    for line in lines:
        expression = line.expression
        if type(expression) is tuple:
            if expression[0] in SHARES:
                shares.add(line.target)
            name, *operands = expression
            last = operands[-1]
            if name == "mul" and type(last) is tuple and last[0] == "mul" and all(map(is_share, last[1:])):
                line = line._replace(expression=("mul", ("mul", operands[0], last[1]), last[2]))
        found.append(line)
    return found


def drop_dead(lines: Sequence[Line], results: set[Any]) -> list[Line]:
    """The lines that a result depends on."""
    needed = set(results)
    found = []
    for line in reversed(lines):
        if line.target in needed:
            needed.update(leaves_of(line.expression))
            found.append(line)
    return found[::-1]


def share(lines: Sequence[Line], unread: set[str], names: Names) -> list[Line]:
    """The lines with every operation that occurs twice computed once, in a new line t0, t1, ... if it has no name.

    ``unread`` are targets that other lines must not start to read; ``names`` supplies the names of new lines. Two
    names of one number (copies, and results of the same operation on the same operands) count as one here; the text
    of the lines keeps both.
    """
    partial = {line.target for line in lines if line.adds} | unread  # must not be read, or not yet
    twins: dict[Any, Any] = {}  # the first name of the same number
    counts: dict[Expression, int] = {}
    firsts: dict[Expression, Any] = {}
    holders: dict[Expression, Any] = {}  # the name of each operation computed so far
    found: list[Line] = []

    def canonical(expression: Expression) -> Expression:
        return as_key(map_leaves(expression, lambda x: twins.get(x, x)))

    def count(expression: Expression) -> None:
        """Count the operations in an expression; the parts of a repeated one are counted already."""
        if type(expression) is tuple:
            counts[expression] = counts.get(expression, 0) + 1
            if counts[expression] == 1:
                for operand in expression[1:]:
                    count(operand)

    def reduce(expression: Expression, target: Any) -> Expression:
        """The expression with names for known operations; ``target``, or a new line if it occurs again, holds it."""
        if type(expression) is not tuple:
            return expression
        known = canonical(expression)
        if known in holders:
            return holders[known]
        expression = (expression[0], *[reduce(operand, None) for operand in expression[1:]])
        if target is None and counts[known] > 1 and not words(expression[0]).is_comparison:
            found.append(Line(names.next_name("t"), expression))
            expression = holders[known] = found[-1].target
        elif target is not None:
            holders[known] = target
        return expression

    for line in lines:
        expression = canonical(line.expression)
        count(expression)
        if line.target not in partial:
            first = firsts.setdefault(expression, line.target) if type(expression) is tuple else expression
            if first != line.target and type(first) is not float:
                twins[line.target] = first
    for line in lines:
        target = None if line.target in partial else line.target
        found.append(line._replace(expression=reduce(line.expression, target)))
    return found


LONGEST_INLINED = 20  # operations of an expression


def inline(program: Program) -> Program:
    """A program of outputs alone, without copies; a line read once is inlined where it is read, in outputs too."""
    uses = Counter(program.outputs)
    for line in program.lines:
        uses.update(leaves_of(line.expression))
    known: dict[Any, Expression] = {}
    found = []
    for line in program.lines:
        line = line._replace(expression=map_leaves(line.expression, lambda x: known.get(x, x)))
        parts = sum(1 for _ in subexpressions(line.expression))
        if parts == 0 or (uses[line.target] == 1 and parts < LONGEST_INLINED):
            known[line.target] = line.expression
        else:
            found.append(line)
    outputs = tuple(known.get(x, x) for x in program.outputs)
    return program._replace(lines=tuple(found), forward=len(found), outputs=outputs)
