"""Recorded gates as plain rows: who reads whom by number, equal gates once.

An id is a whole number. Parameters come first, then inputs, then gates, oldest first; a number known beforehand has a
negative id, -1 - k for ``numbers[k]``, so that lists which end with the numbers find them at their ends.

Before they are rolled they get canonical shapes: chains of additions become one sum, sums of products one dot, chains
of maximum one largest. A loop that adds up is a chain of gates, each of which waits for the one before; as one gate of
many operands it is a loop over an axis, and all sums that stand side by side in the program are on one level. The order
of a program's additions is kept: a chain is cut into runs of products and runs of other terms, and each run starts from
what was added before it. Where there are more than three runs, products stay gates of their own.

Levels are groups of gates of which each does one thing, and reads only what groups before it made.
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
    """The gates behind some outputs."""

    first: int  # the id of the first gate
    heads: list[Primitive | None]  # what each does; None for one that became part of another
    operands: list[tuple[int, ...]]  # what each reads
    numbers: list[float]  # known beforehand
    outputs: list[int]
    samples: dict[Primitive, list[float]]  # result and operands of one gate of each primitive that is not built in


def collect(recording: Recording) -> Gates:
    """The gates of a recording as rows."""
    values, places = [0.0], {"0.0": ZERO}  # the numbers known beforehand, and their ids

    def number(x: float) -> int:
        """The id of a number; 0.0 is not -0.0, and nan is nan."""
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


def reached(gates: Gates, ends: list[int]) -> list[bool] | None:
    """Which gates a gradient comes to that starts at the ends; None for all of them.

    A comparison sends nothing back, nor does the choice in a where: what is read there alone gets no gradient, not
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
            reads = gates.operands[i]
            for place, x in enumerate(reads) if silent[head] else ():
                if place not in silent[head] and place - len(reads) not in silent[head]:
                    found[x] = True
            for x in () if silent[head] else reads:
                found[x] = True
    return found[first : first + len(gates.heads)]


def closed_edges(primitive: Primitive, sample: list[float] | None) -> set[int]:
    """The places of the operands to which a primitive never sends a gradient."""
    if sample:
        return {i for i, local in enumerate(primitive.slopes(*sample)) if local is None}
    if primitive.local_gradients is p.no_edges:
        return {0, 1}
    return {p.select: {0}, p.take: {-1}, p.stop_gradient: {0}}.get(primitive, set())


# --- Canonical shapes ----------------------------------------------------------------------------

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


# --- Levels --------------------------------------------------------------------------------------

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
        found[at].setdefault(key, []).append(first + i)
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
