"""Levels: gates sorted into groups of which each does one thing, and reads only what groups before it made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import primitives as p
from ...vocabulary import words
from .gates import Gates

LISTS = frozenset([row for row in p.BUILT_IN if words(row).takes_list])  # gates of as many operands as one likes
MOST_NUMBERS = 8  # so many numbers in one place of a level's gates make groups; more of them become a table
Groups = dict[Any, list[int]]  # (primitive, whether a gradient comes there, its numbers): ids, oldest first


def levels(gates: Gates, live: Sequence[bool] | None) -> list[Groups]:
    """The groups of each level, which is 1 + the highest level of an operand; level 0, of leaves, is left out."""
    first = gates.first
    level = [0] * (first + len(gates.heads) + len(gates.numbers))
    found: list[Groups] = []
    for i, (head, reads) in enumerate(zip(gates.heads, gates.operands)):
        if head is None:
            continue
        at = max([level[x] for x in reads])
        if at == len(found):
            found.append({})
        level[first + i] = at + 1
        key = head, live is None or live[i], numbers_in(head, reads) if min(reads) < 0 else None
        group = found[at].get(key)
        if group is None:
            found[at][key] = [first + i]
        else:
            group.append(first + i)
    return [with_tables(groups) for groups in found]


def numbers_in(head: p.Primitive, reads: tuple[int, ...]) -> Any:
    """The numbers among the operands of a gate, which those of its group share; of lists whether they are all numbers.

    The start of a sum is a number as any other.
    """
    if head is p.dot:
        half = len(reads) // 2
        return max(reads[:half]) < 0, max(reads[half:-1]) < 0, min(reads[-1], 0)
    if head is p.sum_:
        return False, min(reads[-1], 0)
    if head in LISTS:
        return None
    return tuple([min(x, 0) for x in reads])


def with_tables(groups: Groups) -> Groups:
    """The groups; those that differ in numbers alone are one, if there are very many of them."""
    if len(groups) <= MOST_NUMBERS:
        return groups
    alike: dict[Any, list[Any]] = {}
    for head, live, found in groups:
        shape = found if found is None else tuple([x if type(x) is bool else x < 0 for x in found])
        alike.setdefault((head, live, shape), []).append((head, live, found))
    for key, keys in alike.items():
        if len(keys) > MOST_NUMBERS:
            groups[key] = sorted([at for each in keys for at in groups.pop(each)])
    return groups
