"""Long sums of numbers that stand together in runs, taken run by run: a penalty on all weights but not on biases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..program import Line, Place, Program
from ..roll import in_step, joined, repetition

LONG = 32  # operands from which it is worth while


def in_runs(program: Program) -> Program:
    """The program with long sums taken run by run; it computes the same, added up in another order."""
    lines: list[Line] = []
    arrays = dict(program.arrays)
    for line in program.lines:
        parts = sums_of_runs(line)
        if parts is None:
            lines.append(line)
            continue
        array, total = f"parts of {line.target}", f"sum of {line.target}"
        arrays[array] = len(parts)
        one_by_one = [Line(Place(array, j), part) for j, part in enumerate(parts)]
        lines += joined(one_by_one, in_step, repetition)
        bias = line.expression[-1] if line.expression[0] == "dot" else 0.0
        lines.append(Line(total, ("sum", Place(array, 0, len(parts)))))
        lines.append(line._replace(expression=("add", total, bias)))
    forward = program.forward + len(lines) - len(program.lines)  # only forward lines are sums of many
    return program._replace(lines=tuple(lines), forward=forward, arrays=arrays)


def sums_of_runs(line: Line) -> list[Any] | None:
    """One sum for each run of neighbours, if the line is a long sum of few runs."""
    expression = line.expression
    if type(expression) is not tuple or expression[0] not in ("sum", "dot") or len(expression) <= LONG:
        return None
    name, *operands = expression
    n = len(operands) // 2 if name == "dot" else len(operands)
    columns = [operands[:n], operands[n : 2 * n]] if name == "dot" else [operands]
    if line.repeat > 1 or not all(type(x) is Place and x.length is None for column in columns for x in column):
        return None
    runs = list(runs_of(list(zip(*columns))))
    if 2 * len(runs) > n:
        return None
    ends = (0.0,) if name == "dot" else ()
    return [(name, *[x._replace(length=count) for x in first], *ends) for first, count in runs]


def runs_of(rows: Sequence[tuple[Place, ...]]) -> Iterator[tuple[tuple[Place, ...], int]]:
    """(first, count) for every run of rows in which each place is the neighbour of the one before."""
    start = 0
    for i in range(1, len(rows) + 1):
        if i == len(rows) or any(b != a._replace(start=a.start + 1) for a, b in zip(rows[i - 1], rows[i])):
            yield rows[start], i - start
            start = i
