"""Turns: statements that come again and again, moved on by the same numbers each time, as a loop of turns.

Time steps and layers do not stand side by side, each reads what the one before computed, so no axis holds them. But
their statements have the same shapes, period by period.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .columns import hashed
from .statements import Axis, Expression, Index, Repeat, Statement

LONGEST = 128  # statements in a turn
LEAST = 4  # statements that a loop saves at least
TWICE = 8  # statements from which on two turns are worth a loop


def repeat(statements: Sequence[Statement]) -> tuple[Statement | Repeat, ...]:
    """The statements with Repeats in the place of turns; the loop that saves most is chosen first."""
    count = len(statements)
    kinds: dict[Any, int] = {}
    keys, rows = [], []
    for statement in statements:
        numbers: list[int] = []
        keys.append(kinds.setdefault(shape(statement, numbers), len(kinds)))
        rows.append(numbers)
    if count - len(kinds) < LEAST:
        return tuple(statements)
    width = max(map(len, rows))
    table = np.array([row + [0] * (width - len(row)) for row in rows])
    found = []
    kind, place = np.array(keys), hashed(table)
    for period in range(1, min(LONGEST, count // 2) + 1):
        again = kind[period:] == kind[:-period]
        step = place[period:] - place[:-period]  # of sums of products: the hash of the difference
        alike = again[period:] & again[:-period] & (step[period:] == step[:-period])
        found += [((length // period + 1) * period, period, at) for at, length in spans(alike) if length >= period]
        if period >= TWICE:
            found += [(period, period, at) for at, length in spans(again) if length >= period]
    taken = np.zeros(count, bool)
    loops = {}
    for saved, period, at in sorted(found, key=lambda loop: (-loop[0], loop[1:])):
        if saved >= LEAST and not taken[at : at + saved + period].any():
            taken[at : at + saved + period] = True
            loops[at] = period, saved // period + 1
    result: list[Statement | Repeat] = []
    at = 0
    while at < count:
        period, turns = loops.get(at, (1, 1))
        if turns == 1:
            result.append(statements[at])
        else:
            steps = (table[at + period : at + 2 * period] - table[at : at + period]).tolist()
            body = [turning(statements[at + n], steps[n], turns) for n in range(period)]
            result.append(Repeat(turns, tuple(body)))
        at += period * turns
    return tuple(result)


def spans(flags: Any) -> list[tuple[int, int]]:
    """(Start, length) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [*zip(edges[::2].tolist(), (edges[1::2] - edges[::2]).tolist())]


def shape(statement: Statement, numbers: list[int]) -> Any:
    """What turns of a loop share; starts of indices and extents of axes, which move on, join the ``numbers``."""

    def of(x: Expression) -> Any:
        if type(x) is Index:
            numbers.append(x.start)
            return x.array, x.strides, x.by and of(x.by), x.wide, x.choices
        return (x[0], *map(of, x[1:])) if type(x) is tuple else repr(x)

    axes, target, expression, reduce, start, adds = statement
    numbers += [axis.extent for axis in axes]
    return tuple([axis[1:] for axis in axes]), of(target), of(expression), reduce, of(start), adds


def turning(statement: Statement, steps: Sequence[int], turns: int) -> Statement:
    """The statement with one more axis in front, the turn: starts and extents move on by ``steps``."""
    step = iter(steps)
    axes = [Axis(turns)]
    for axis in statement.axes:
        axis, grows = axis.among(lambda outer: outer + 1), next(step)
        axes.append(axis._replace(slopes=(*([(0, grows)] if grows else []), *axis.slopes)))
    return statement.moved(lambda x: x._replace(strides=(next(step), *x.strides)), axes=tuple(axes))
