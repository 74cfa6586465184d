"""Passes over lines: constants folded, gradients spread, shared parts named, dead lines dropped, short ones joined."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..formula import Names
from ..vocabulary import INFIX, words
from .ir import Expression, Line, Program, as_key, leaves_of, parts_of, primitive_of, replaced

# --- fold ----------------------------------------------------------------------------------------


def fold(lines: Sequence[Line]) -> list[Line]:
    """The lines with every expression made simplest; what proves constant is written into later lines.

    A line that is a number as it stands is left alone: ``grad_L = 1.0`` is what the lecture shows.
    """
    constants: dict[Any, float] = {}
    folded, added = [], {line.target for line in lines if line.adds}
    for line in lines:
        expression = simplest(line.expression, constants)
        if line.adds and expression == 0.0:
            continue  # a gate that is never open
        folded.append(line._replace(expression=expression))
        if type(expression) is float and type(line.expression) is tuple and line.target not in added:
            constants[line.target] = expression
    return folded


def simplest(expression: Expression, constants: dict[Any, float]) -> Expression:
    """The expression with constants computed and identities applied, innermost first."""
    if type(expression) is not tuple:
        return constants.get(expression, expression)
    name, *operands = expression
    operands = [simplest(x, constants) if type(x) is tuple or constants else x for x in operands]
    if all(type(operand) is float for operand in operands):
        return primitive_of(name).compute(operands)
    return identical(name, *operands)


def same(x: Expression, number: float) -> bool:
    """Whether x is that very number, sign of zero included."""
    return type(x) is float and x == number and math.copysign(1.0, x) == math.copysign(1.0, number)


# What changes nothing, and whether it may come first. (a + 0 is not a: where a is -0, it is 0.)
NEUTRAL = {"add": (-0.0, True), "mul": (1.0, True), "sub": (0.0, False), "div": (1.0, False), "power": (1.0, False)}


def identical(name: str, a: Expression, *others: Expression) -> Expression:
    """The operation, or what is the same: -1 * b = -b, --a = a, a ** 2 = a * a where a is a name, as everywhere."""
    b = others[0] if others else None
    if name in NEUTRAL:
        number, may_be_first = NEUTRAL[name]
        if same(b, number):
            return a
        if may_be_first and same(a, number):
            return b
    if name == "mul" and (same(a, -1.0) or same(b, -1.0)):
        return identical("neg", b if same(a, -1.0) else a)
    if name == "neg" and type(a) is tuple and a[0] == "neg":
        return a[1]
    if name == "power" and same(b, 2.0) and type(a) is not tuple:
        return ("mul", a, a)
    if name == "less" and a == b:
        return 0.0
    if name == "where" and type(a) is float:
        return others[not a]
    return (name, a, *others)


# --- spread --------------------------------------------------------------------------------------

SHARES = {"sigmoid", *[name for name, row in INFIX.items() if row.is_comparison]}  # between 0 and 1


def spread(lines: Sequence[Line]) -> list[Line]:
    """a * (p * q) as a * p * q, where p and q lie between 0 and 1, so that nothing can overflow on the way."""
    shares: set[Any] = set()

    def is_share(x: Expression) -> bool:
        if type(x) is not tuple:
            return x in shares
        return x[0] in SHARES or (x[0] == "sub" and x[1] == 1.0 and is_share(x[2]))

    spread_out = []
    for line in lines:
        expression = line.expression
        if type(expression) is tuple:
            if expression[0] in SHARES:
                shares.add(line.target)
            name, *operands = expression
            last = operands[-1]
            if name == "mul" and type(last) is tuple and last[0] == "mul" and all(map(is_share, last[1:])):
                line = line._replace(expression=("mul", ("mul", operands[0], last[1]), last[2]))
        spread_out.append(line)
    return spread_out


# --- alive ---------------------------------------------------------------------------------------


def alive(lines: Sequence[Line], results: set[Any]) -> list[Line]:
    """The lines that a result depends on."""
    needed = set(results)
    kept = []
    for line in reversed(lines):
        if line.target in needed:
            needed.update(leaves_of(line.expression))
            kept.append(line)
    return kept[::-1]


def share(lines: Sequence[Line], unread: set[str], names: Names) -> list[Line]:
    """The lines with every operation that occurs twice computed once, in a line t0, t1, ... where it has no name.

    ``unread`` are targets that other lines must not begin to read; the names of new lines come from ``names``. Two
    names that hold the same number (copies, and results of the same operation on the same operands) count as one
    here; the text of the lines keeps both.
    """
    partial = {line.target for line in lines if line.adds} | unread  # not to be read, or not yet
    twins: dict[Any, Any] = {}
    counts: dict[Expression, int] = {}
    firsts: dict[Expression, Any] = {}
    holders: dict[Expression, Any] = {}  # what has been computed where, so that it need not be computed again
    found: list[Line] = []

    def canonical(expression: Expression) -> Expression:
        return as_key(replaced(expression, lambda x: twins.get(x, x)))

    def count(expression: Expression) -> None:
        """Count the operations in an expression; in one that occurred before there is nothing new."""
        if type(expression) is tuple:
            counts[expression] = counts.get(expression, 0) + 1
            if counts[expression] == 1:
                for operand in expression[1:]:
                    count(operand)

    def reduced(expression: Expression, target: Any) -> Expression:
        """The expression with names for what is known; held by ``target``, or by a new line if it occurs again."""
        if type(expression) is not tuple:
            return expression
        known = canonical(expression)
        if known in holders:
            return holders[known]
        expression = (expression[0], *[reduced(operand, None) for operand in expression[1:]])
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
        found.append(line._replace(expression=reduced(line.expression, target)))
    return found


# --- inline --------------------------------------------------------------------------------------

LONG = 20  # operations of one expression


def inline(program: Program) -> Program:
    """The program of outputs alone without copies; what is read once is computed where it is read, in outputs too."""
    uses = Counter(program.outputs)
    for line in program.lines:
        uses.update(leaves_of(line.expression))
    known: dict[Any, Expression] = {}
    kept = []
    for line in program.lines:
        line = line._replace(expression=replaced(line.expression, lambda x: known.get(x, x)))
        parts = sum(1 for _ in parts_of(line.expression))
        if parts == 0 or (uses[line.target] == 1 and parts < LONG):
            known[line.target] = line.expression
        else:
            kept.append(line)
    outputs = tuple(known.get(x, x) for x in program.outputs)
    return program._replace(lines=tuple(kept), forward=len(kept), outputs=outputs)
