"""Turns: statements that repeat with a period, shifted by the same numbers each time, as a loop of turns.

Each time step or layer reads the results of the one before, so they cannot be points of one axis. But their statements
have the same shapes, period by period.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import Expression
from .columns import hash_rows
from .statements import Axis, Index, Repeat, Statement

LONGEST_TURN = 128  # statements in a turn
LEAST_SAVED = 4  # statements that a loop must save
LONG_TURN = 8  # statements of a turn from which two turns are worth a loop


def repeat(statements: Sequence[Statement]) -> tuple[Statement | Repeat, ...]:
    """The statements with Repeats for turns; the loop that saves most is chosen first."""
    count = len(statements)
    kinds: dict[Any, int] = {}
    parts = [split(statement) for statement in statements]
    keys, rows = [kinds.setdefault(shape, len(kinds)) for shape, _ in parts], [numbers for _, numbers in parts]
    if count - len(kinds) < LEAST_SAVED:
        return tuple(statements)
    width = max(map(len, rows))
    table = np.array([row + [0] * (width - len(row)) for row in rows])
    found = []
    kind, place = np.array(keys), hash_rows(table)
    for period in range(1, min(LONGEST_TURN, count // 2) + 1):
        again = kind[period:] == kind[:-period]
        step = place[period:] - place[:-period]  # hashes are linear: this is the hash of the difference
        alike = again[period:] & again[:-period] & (step[period:] == step[:-period])
        found += [((length // period + 1) * period, period, at) for at, length in spans(alike) if length >= period]
        if period >= LONG_TURN:
            found += [(period, period, at) for at, length in spans(again) if length >= period]
    taken = np.zeros(count, bool)
    loops = {}
    for saved, period, at in sorted(found, key=lambda loop: (-loop[0], loop[1:])):
        if saved >= LEAST_SAVED and not taken[at : at + saved + period].any():
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
            body = [make_turn(statements[at + n], steps[n], turns) for n in range(period)]
            result.append(Repeat(turns, tuple(body)))
        at += period * turns
    return tuple(result)


def spans(flags: Any) -> list[tuple[int, int]]:
    """(Start, length) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [*zip(edges[::2].tolist(), (edges[1::2] - edges[::2]).tolist())]


def split(statement: Statement) -> tuple[Any, list[int]]:
    """(The parts that turns of a loop share, the numbers that may differ: extents of axes and starts of indices)."""

    def of(x: Expression) -> Any:
        if type(x) is Index:
            numbers.append(x.start)
            return x.array, x.strides, x.by and of(x.by), x.wide, x.choices
        return (x[0], *map(of, x[1:])) if type(x) is tuple else repr(x)

    axes, target, expression, reduce, start, adds = statement
    numbers = [axis.extent for axis in axes]
    return (tuple([axis[1:] for axis in axes]), of(target), of(expression), reduce, of(start), adds), numbers


def make_turn(statement: Statement, steps: Sequence[int], turns: int) -> Statement:
    """The statement with the turn as one more axis in front: starts and extents move by ``steps``."""
    step = iter(steps)
    axes = [Axis(turns)]
    for axis in statement.axes:
        axis, grows = axis.renumber(lambda outer: outer + 1), next(step)
        axes.append(axis._replace(slopes=(*([(0, grows)] if grows else []), *axis.slopes)))
    return statement.change_indices(lambda x: x._replace(strides=(next(step), *x.strides)), axes=tuple(axes))
