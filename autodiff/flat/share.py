"""The pass that computes what occurs twice only once (common subexpressions)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..naming import Names
from ..vocabulary import words
from .program import Expression, Line, as_key, replaced


class Sharing:
    """What has been computed where, so that it need not be computed again.

    Two names that hold the same number (copies, and results of the same operation on the same
    operands) count as one here; the text of the lines keeps both.
    """

    def __init__(self, lines: Sequence[Line], unread: set[str], names: Names) -> None:
        self.names = names
        self.partial = {line.target for line in lines if line.adds} | unread  # not to be read, or not yet
        self.twins: dict[Any, Any] = {}
        self.counts: dict[Expression, int] = {}
        holders: dict[Expression, Any] = {}
        for line in lines:
            expression = self.canonical(line.expression)
            self.count(expression)
            if line.target not in self.partial:
                holder = holders.setdefault(expression, line.target) if type(expression) is tuple else expression
                if holder != line.target and type(holder) is not float:
                    self.twins[line.target] = holder
        self.holders: dict[Expression, Any] = {}

    def canonical(self, expression: Expression) -> Expression:
        return as_key(replaced(expression, lambda x: self.twins.get(x, x)))

    def count(self, expression: Expression) -> None:
        """Count the operations in an expression; in one that occurred before there is nothing new."""
        if type(expression) is tuple:
            self.counts[expression] = self.counts.get(expression, 0) + 1
            if self.counts[expression] == 1:
                for operand in expression[1:]:
                    self.count(operand)

    def rewritten(self, line: Line) -> Iterator[Line]:
        """The line, after lines for those parts of it that occur again."""
        new: list[Line] = []
        if type(line.expression) is tuple:
            target = None if line.target in self.partial else line.target
            line = line._replace(expression=self.reduced(line.expression, target, new))
        yield from new
        yield line

    def reduced(self, expression: Expression, target: Any, new: list[Line]) -> Expression:
        """The expression with names for what is known; held by ``target``, or by a new line if it occurs again."""
        if type(expression) is not tuple:
            return expression
        known = self.canonical(expression)
        if known in self.holders:
            return self.holders[known]
        expression = (expression[0], *[self.reduced(operand, None, new) for operand in expression[1:]])
        if target is None and self.counts[known] > 1 and not words(expression[0]).is_comparison:
            temporary = self.names.numbered("t")
            new.append(Line(temporary, expression))
            expression = self.holders[known] = temporary
        elif target is not None:
            self.holders[known] = target
        return expression


def share(lines: Sequence[Line], unread: set[str], names: Names) -> list[Line]:
    """The lines with every operation that occurs twice computed once, in a line t0, t1, ... where it has no name.

    ``unread`` are targets that other lines must not begin to read; the names of new lines come from ``names``.
    """
    sharing = Sharing(lines, unread, names)
    return [new for line in lines for new in sharing.rewritten(line)]
