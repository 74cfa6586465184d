"""Canonical shapes: chains of additions as one sum, sums of products as one dot, chains of maximum as one largest.

A loop that adds up is a chain of gates, each of which waits for the one before. As one gate of many operands it is a
loop over an axis, and all sums that stand side by side in the program are on one level.

The order of a program's additions is kept: a chain is cut into runs of products and runs of other terms, and each run
starts from what was added before it. Where there are more than three runs, products stay gates of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, groupby
from typing import NamedTuple

import numpy as np

from ... import primitives as p
from .gates import ZERO, Gates

PLAIN, NUMBER = 0, -1  # kinds of terms; those of products are above 0


class Chain(NamedTuple):
    """Terms added one after the other, by the gates ``steps`` (0 for the first); ``kinds`` tells products."""

    terms: list[int]
    steps: list[int]
    kinds: list[int]


def raise_sums(gates: Gates) -> None:
    """Write every chain of additions as dots and sums: (w0, w1, ..., x0, x1, ..., start) and (x0, x1, ..., start)."""
    first, heads, operands = gates.first, gates.heads, gates.operands
    uses = use_counts(gates)
    chains: dict[int, Chain] = {}
    kind = [PLAIN] * first  # of a product that nothing else reads, which of its factors are numbers: it can join a dot
    for use, head, reads in zip(uses[first:], heads, operands):
        kind.append(PLAIN if head is not p.mul or use != 1 else 2 if reads[0] < 0 else 3 if reads[1] < 0 else 1)
    kind += [NUMBER] * len(gates.numbers)
    for i, head in enumerate(heads):
        at = first + i
        if head is p.add:
            a, b = operands[i]
            if uses[a] == 1 and a in chains:
                found, other = chains.pop(a), b
            elif uses[b] == 1 and b in chains and a >= 0:
                found, other = chains.pop(b), a  # a + b is b + a to the last bit
            else:
                found, other = Chain([a], [0], [kind[a]]), b
            found.terms.append(other)
            found.steps.append(at)
            found.kinds.append(kind[other])
            chains[at] = found
        elif head is p.sum_:
            terms = [*operands[i]]
            kinds = [kind[x] for x in terms]
            if len(terms) > 1 and len({*kinds}) > 1:
                kinds = [PLAIN] * len(terms)
            chains[at] = Chain(terms, [at] * len(terms), kinds)
    for found in chains.values():
        rewrite(gates, found)


def raise_maxima(gates: Gates, live: Sequence[bool] | None) -> None:
    """Write chains of maximum that no gradient comes to as one largest: those of more share ties differently."""
    if live is None or p.maximum not in gates.heads:
        return
    first, heads, operands = gates.first, gates.heads, gates.operands
    uses = use_counts(gates)
    chains: dict[int, list[int]] = {}
    for i, head in enumerate(heads):
        if head is p.maximum and not live[i]:
            a, b = operands[i]
            chains[first + i] = [*operands[i]]
            if a in chains and uses[a] == 1:
                chains[first + i] = chains.pop(a)
                chains[first + i].append(b)
                heads[a - first] = None
    for at, terms in chains.items():
        if len(terms) > 2:
            heads[at - first], operands[at - first] = p.largest, tuple(terms)


def use_counts(gates: Gates) -> list[int]:
    """How often each id is read, outputs included."""
    read = np.fromiter(chain(gates.outputs, *gates.operands), np.int64)
    size = gates.first + len(gates.heads)
    return np.bincount(read[read >= 0], minlength=size).tolist() + [0] * len(gates.numbers)  # type: ignore[no-any-return]


def rewrite(gates: Gates, chain: Chain) -> None:
    """Put one gate for each run of a chain in the place of its additions."""
    first, heads, operands = gates.first, gates.heads, gates.operands
    terms, steps, kinds = chain
    if len(terms) == 2 and terms[0] != ZERO and max(kinds) <= PLAIN and not steps[0]:
        return  # one addition
    runs = [[*run] for _, run in groupby(zip(kinds, terms, steps), key=lambda member: member[0])]
    if len(runs) > 3:
        runs = [[(PLAIN, term, steps[-1]) for term in terms]]
    for at in steps:
        if at:
            heads[at - first] = None
    total: int | None = None

    def put(at: int, head: p.Primitive, *reads: int) -> int:
        heads[at - first], operands[at - first] = head, reads
        return at

    for run in runs:
        kind, here, at = run[0][0], [term for _, term, _ in run], run[-1][2]
        start = ZERO if total is None else total
        single = len(here) == 1 and (kind > 1 or (total is None and run is not runs[-1]))  # a product is one as it is
        if kind > PLAIN and not single:
            factors = [operands[term - first] for term in here]
            for term in here:
                heads[term - first] = None
            total = put(at, p.dot, *[a for a, _ in factors], *[b for _, b in factors], start)
        elif total is None and len(here) == 1 and run is not runs[-1]:
            total = here[0]
        elif kind == NUMBER and total is not None:
            for _, number, step in run:
                total = put(step, p.add, total, number)
        elif len(here) == 1 and start != ZERO:
            total = put(at, p.add, start, here[0])
        elif len(here) == 2 and total is None and kind == PLAIN and not steps[0]:
            total = put(at, p.add, *here)
        else:
            total = put(at, p.sum_, *here, start)
