"""Recorded gates as rows of integers: operands by id, equal gates once.

Ids count parameters first, then inputs, then gates, oldest first; the constant ``numbers[k]`` has the id -1 - k, which
indexes arrays that end with the constants from their end.

Before rolling, gates get canonical shapes: chains of additions become one sum, sums of products one dot, chains of
maximum one largest. A loop that adds up is recorded as a chain of gates, each of which waits for the one before; as one
gate of many operands it is a loop over an axis, and all independent sums are on one level. The order of additions is
kept: a chain is cut into runs of products and runs of other terms, and each run starts from the sum before it. With
more than three runs, products stay gates of their own.

A level is a list of groups of gates: each group does one operation, and reads only the results of earlier levels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, groupby
from typing import Any, NamedTuple

import numpy as np

from ... import primitives as p
from ...engine import Value
from ...graph import numbers as data_of
from ...primitives import BUILT_IN, Primitive
from ...vocabulary import words
from ..recording import Recording

ZERO = -1  # the id of 0.0


class Gates(NamedTuple):
    """The gates that compute some outputs."""

    first: int  # the id of the first gate
    heads: list[Primitive | None]  # the primitive of each; None if it became part of another gate
    operands: list[tuple[int, ...]]
    numbers: list[float]  # constants
    outputs: list[int]
    samples: dict[Primitive, list[float]]  # result and operands of one gate of each user's primitive


def collect(recording: Recording) -> Gates:
    """The gates of a recording as rows."""
    values, places = [0.0], {"0.0": ZERO}  # the constants, and their ids

    def number(x: float) -> int:
        """The id of a constant; 0.0 is not -0.0, and nan is nan."""
        key: Any = x if x and x == x else repr(x)
        place = places.get(key)
        if place is None:
            values.append(x)
            place = places[key] = -len(values)
        return place

    leaves = [*recording.parameters, *recording.inputs]
    first = len(leaves)
    ids: dict[Any, int] = {leaf: i for i, leaf in enumerate(leaves)}
    for leaf, constant in recording.constants.items():
        ids[leaf] = number(constant)
    heads: list[Primitive | None] = []
    operands: list[tuple[int, ...]] = []
    known: defaultdict[Any, dict[tuple[int, ...], int]] = defaultdict(dict)  # the gates of each primitive
    samples: dict[Primitive, list[float]] = {}
    for gate in recording.gates:
        primitive = gate.primitive
        reads = tuple([ids[x] if type(x) is Value else number(x) for x in gate.operands])
        equal = known[primitive]
        at = equal.get(reads)
        if at is None:
            if max(reads) < 0:
                at = number(gate._data)
            elif primitive is p.take and reads[-1] < 0:
                at = reads[int(values[-1 - reads[-1]])]
            elif primitive is p.dot and len(reads) == 1:
                at = reads[0]  # no products: the start alone
            else:
                at = first + len(heads)
                heads.append(primitive)
                operands.append(reads)
                if primitive not in BUILT_IN and primitive not in samples:
                    samples[primitive] = data_of([gate, *gate.operands])  # type: ignore[index]
            equal[reads] = at
        ids[gate] = at
    outputs = [ids[x] if type(x) is Value else number(x) for x in recording.outputs]  # type: ignore[arg-type]
    return Gates(first, heads, operands, values, outputs, samples)


def find_live(gates: Gates, ends: list[int]) -> list[bool] | None:
    """For each gate, whether gradients from the ends reach it; None if they reach all.

    A comparison sends no gradient back, nor does a where to its condition: gates that only these read get none, not
    even 0 (which, times an infinite slope, would be nan).
    """
    silent = {head: closed_edges(head, gates.samples.get(head)) for head in {*gates.heads} if head}
    if not any(silent.values()) and len(ends) == len(gates.outputs):
        return None
    first = gates.first
    found = [False] * (first + len(gates.heads) + len(gates.numbers))
    for end in ends:
        found[end] = True
    for i in range(len(gates.heads) - 1, -1, -1):
        head = gates.heads[i]
        if head and found[first + i]:
            reads, closed = gates.operands[i], silent[head]
            for place, x in enumerate(reads):
                if not closed or (place not in closed and place - len(reads) not in closed):
                    found[x] = True
    return found[first : first + len(gates.heads)]


def closed_edges(primitive: Primitive, sample: list[float] | None) -> set[int]:
    """The places, perhaps from the end, of the operands to which a primitive never sends a gradient."""
    if sample:
        return {i for i, local in enumerate(primitive.slopes(*sample)) if local is None}
    if primitive.local_gradients is p.no_edges:
        return {0, 1}
    return {p.select: {0}, p.take: {-1}, p.stop_gradient: {0}}.get(primitive, set())


# --- Canonical shapes ----------------------------------------------------------------------------

PLAIN, NUMBER = 0, -1  # kinds of terms; products have kinds above 0


class Chain(NamedTuple):
    """Terms added one after the other, by the gates ``steps`` (0 for the first), with the ``kinds`` of the terms."""

    terms: list[int]
    steps: list[int]
    kinds: list[int]


def raise_sums(gates: Gates) -> None:
    """Write every chain of additions as dots and sums: (w0, w1, ..., x0, x1, ..., start) and (x0, x1, ..., start)."""
    first, heads, operands = gates.first, gates.heads, gates.operands
    uses = use_counts(gates)
    chains: dict[int, Chain] = {}
    kind = [PLAIN] * first  # a product that is read once can join a dot: 1; 2 or 3 if a factor is constant
    for use, head, reads in zip(uses[first:], heads, operands):
        if head is p.mul and use == 1:
            kind.append(2 if reads[0] < 0 else 3 if reads[1] < 0 else 1)
        else:
            kind.append(PLAIN)
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
    """Write chains of maximum that no gradient reaches as one largest, which shares gradients of ties differently."""
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
    """The number of reads of each id, outputs included."""
    read = np.fromiter(chain(gates.outputs, *gates.operands), np.int64)
    size = gates.first + len(gates.heads)
    return np.bincount(read[read >= 0], minlength=size).tolist() + [0] * len(gates.numbers)  # type: ignore[no-any-return]


def rewrite(gates: Gates, sums: Chain) -> None:
    """Replace the additions of a chain by one gate for each run."""
    first, heads, operands = gates.first, gates.heads, gates.operands
    terms, steps, kinds = sums
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
        single = len(here) == 1 and (kind > 1 or (total is None and run is not runs[-1]))  # stays a product
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


# --- Levels --------------------------------------------------------------------------------------

LISTS = frozenset([row for row in p.BUILT_IN if words(row).takes_list])  # primitives of any number of operands
MOST_NUMBERS = 8  # constants in one place of a level's gates, each with a group; more become a table
Groups = dict[Any, list[int]]  # (primitive, whether a gradient reaches it, its constants): ids, oldest first


def levels(gates: Gates, live: Sequence[bool] | None) -> list[Groups]:
    """The groups of each level: 1 + the highest level of an operand; level 0, of leaves, is left out."""
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
        found[at].setdefault(key, []).append(first + i)
    return [with_tables(groups) for groups in found]


def numbers_in(head: p.Primitive, reads: tuple[int, ...]) -> Any:
    """The constant operands of a gate, which its group shares; for lists, whether all members are constants.

    The start of a sum is an operand like any other.
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
    """The groups, those merged that differ in constants alone if there are many."""
    if len(groups) <= MOST_NUMBERS:
        return groups
    alike: dict[Any, list[Any]] = {}
    for head, live, constants in groups:
        shape = constants and tuple([x if type(x) is bool else x < 0 for x in constants])
        alike.setdefault((head, live, shape), []).append((head, live, constants))
    for key, keys in alike.items():
        if len(keys) > MOST_NUMBERS:
            groups[key] = sorted([at for each in keys for at in groups.pop(each)])
    return groups
