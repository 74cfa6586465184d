"""Families: gates that do the same side by side become statements, and their results get places in memory.

Each operand of a group of gates is a column: the address of what each gate reads. Gates that read from the same arrays
with the same strides are a family; its columns are merged into boxes (see runs). A box is a statement, and what it
computes lies there row by row, the last axis fastest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ... import primitives as p
from ...vocabulary import head_of
from .gates import ZERO, Gates
from .levels import LISTS, Groups, levels
from .runs import SPACE, hashed, merge, progressions
from .statements import Axis, Expression, Index, Statement, mapped

SPACES = "wxat"  # parameters, inputs, results, numbers known beforehand
X, A, T = 1, 2, 3
MOST_PIECES = 12  # into so many lists with strides a list without is cut; else it is copied first
FEW = 16  # gates without any order that are written one by one; more read by tables of addresses


class Column(NamedTuple):
    """An operand of a family: an address for each gate; of a list its first member's, and strides to the others."""

    addresses: Any
    arrays: Any
    strides: tuple[Any, ...] = ()


class Piece(NamedTuple):
    """What one statement of a family reads: columns, numbers, and the lengths of the axes of lists."""

    parts: Sequence[Any]  # Column, array of numbers, or float
    lengths: tuple[Any, ...] = ()


Form = Callable[[list[Any]], tuple[Expression, str, Expression]]  # what is read -> expression, reduce, start


def rows_of(piece: Piece, rows: Any) -> Piece:
    """The piece of some of its gates."""

    def taken(part: Any) -> Any:
        if type(part) is Column:
            return Column(part.addresses[rows], part.arrays[rows], tuple([stride[rows] for stride in part.strides]))
        return part if type(part) is float else part[rows]

    return Piece([taken(part) for part in piece.parts], tuple([length[rows] for length in piece.lengths]))


class Roller:
    """Memory so far: where each id has its number, and the statements that put it there."""

    def __init__(self, gates: Gates, inputs: int, live: Sequence[bool] | None) -> None:
        self.gates, self.live = gates, live
        first, count = gates.first, len(gates.heads)
        self.numbers = np.array(gates.numbers)
        self.addresses = np.zeros(first + count + len(gates.numbers), np.int64)  # ids below 0 count from the end
        self.arrays = np.full(len(self.addresses), A)  # the family of each id
        parameters = first - inputs
        self.addresses[:first] = [*range(parameters), *range(X * SPACE, X * SPACE + inputs)]
        self.addresses[first + count :] = np.arange(len(gates.numbers))[::-1] + T * SPACE
        self.arrays[:parameters], self.arrays[parameters:first], self.arrays[first + count :] = 0, X, T
        self.families = T
        self.used = 0
        self.table = [*gates.numbers]
        self.known: dict[Any, int] = {}  # lists of numbers that are in the table
        self.statements: list[Statement] = []

    def roll(self) -> None:
        """Statements for all gates, level by level."""
        for groups in levels(self.gates, self.live):
            self.join(groups)
            for (head, *_), ids in sorted(groups.items(), key=lambda item: item[1][:1]):
                if ids:
                    (self.lists if head in LISTS else self.elementwise)(head, np.array(ids))

    def found(self, at: int) -> Index | float:
        """Where the number of an id is; a number that is known beforehand itself."""
        return self.gates.numbers[-1 - at] if at < 0 else self.index(int(self.addresses[at]), (), ())

    def reads(self, ids: Any) -> list[tuple[int, ...]]:
        first, operands = self.gates.first, self.gates.operands
        return [operands[i - first] for i in ids.tolist()]

    def join(self, groups: Groups) -> None:
        """Count a product beside dots of the same arrays as a dot of one, and a + b beside sums as a sum of two.

        Else the first turn of a loop, which adds up but one term, would be a family of its own, as all that reads it.
        """
        arrays, first, operands = self.arrays, self.gates.first, self.gates.operands
        for simple, full, numbers in ((p.mul, p.dot, (False, False, ZERO)), (p.add, p.sum_, (False, ZERO))):
            for live in (True, False):
                single, lists = groups.get((simple, live, None)), groups.get((full, live, numbers))
                if not (single and lists):
                    continue
                known = {tuple(arrays[[x[0], x[len(x) // 2 if full is p.dot else 0]]]) for x in self.reads(np.array(lists))}
                pairs = arrays[np.array(self.reads(np.array(single)))].tolist()
                for at, (a, b) in zip(list(single), pairs):
                    if (a, b) in known if full is p.dot else {(a, a), (b, b)} <= known:
                        operands[at - first] = (*operands[at - first], ZERO)
                        lists.append(at)
                        single.remove(at)
                lists.sort()

    # --- From groups to columns ------------------------------------------------------------------

    def column(self, ids: Any) -> Any:
        """An operand of each gate: a float that all share, numbers, or a column."""
        if ids[0] >= 0:
            return Column(self.addresses[ids], self.arrays[ids])
        return self.numbers[-1 - ids] if (ids != ids[0]).any() else self.gates.numbers[-1 - ids[0]]

    def elementwise(self, head: p.Primitive, ids: Any) -> None:
        """Statements for gates of a fixed number of operands."""
        parts = [self.column(column) for column in np.array(self.reads(ids)).T]
        name = head_of(head)
        self.place(ids, [Piece(parts)], lambda reads: ((name, *reads), "", 0.0))

    def lists(self, head: p.Primitive, ids: Any) -> None:
        """Statements for gates of lists: those with strides at once, others in pieces, or copied first."""
        reads = self.reads(ids)
        tail = head in (p.dot, p.sum_, p.take)
        members = [each[: len(each) - tail] for each in reads]
        if head is p.dot:
            halves = [len(each) // 2 for each in members]
            lists = [[x[:n] for x, n in zip(members, halves)], [x[n:] for x, n in zip(members, halves)]]
        else:
            lists = [members]
        last = [self.column(np.array([each[-1] for each in reads]))] if tail else []
        lengths = np.array([len(x) for x in lists[0]])
        begin = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        flat = [self.addresses_of(x) for x in lists]
        found = [progressions(addresses, begin, lengths) for addresses, _ in flat]
        broken = np.any([wrong for _, wrong in found], axis=0)
        columns = [Column(at[begin], arrays[begin], (strides,)) for (at, arrays), (strides, _) in zip(flat, found)]
        good = np.flatnonzero(~broken)
        self.listed(head, ids[good], [rows_of(Piece([*columns, *last], (lengths,)), good)])
        for n in np.unique(lengths[broken]):  # in as few pieces as can be, the same for all of one length
            rows = np.flatnonzero(broken & (lengths == n))
            at = begin[rows][:, None] + np.arange(n)
            matrices = [addresses[at] for addresses, _ in flat]
            families = [arrays[at] for _, arrays in flat]
            most = MOST_PIECES if head in (p.dot, p.sum_) else 1
            for k, matrix in enumerate(matrices):
                cut = pieces([matrix])
                if len(cut) > most or (head is p.take and len(cut[0][1]) > 1):
                    matrices[k] = self.copied(matrix.ravel(), families[k].ravel()).reshape(matrix.shape)
                    families[k] = np.full(matrix.shape, self.families)
            made = []
            for start, sizes, strides in pieces(matrices):
                columns = [Column(x[:, start], y[:, start], z) for x, y, z in zip(matrices, families, strides)]
                made.append(Piece([*columns, *(rows_of(Piece(last), rows).parts if not made else [0.0] * tail)], sizes))
            self.listed(head, ids[rows], made)

    def addresses_of(self, lists: list[tuple[int, ...]]) -> tuple[Any, Any]:
        """(Addresses, families) of all members of lists; of numbers alone, each list has its own row in the table."""
        ids = np.array([x for each in lists for x in each])
        if (ids >= 0).any():
            return self.addresses[ids], self.arrays[ids]
        found = []
        for each in lists:
            if each not in self.known:
                self.known[each] = len(self.table)
                self.table += self.numbers[-1 - np.array(each)].tolist()
            found += range(self.known[each], self.known[each] + len(each))
        return np.array(found) + T * SPACE, np.full(len(found), T)

    def listed(self, head: p.Primitive, ids: Any, made: list[Piece]) -> None:
        """Statements for gates of lists whose pieces have strides."""
        if head is p.take and len(ids):
            (terms, index), (lengths,) = made[0]
            shape = [terms.strides[0], lengths]

            def gather(reads: list[Any]) -> tuple[Expression, str, Expression]:
                found, by, wide, choices = reads
                return found._replace(by=by, wide=int(wide), choices=int(choices)), "", 0.0

            self.place(ids, [Piece([terms._replace(strides=()), index, *shape])], gather, shape)
        elif len(ids):

            def form(reads: list[Any]) -> tuple[Expression, str, Expression]:
                if head is p.dot:
                    return ("mul", *reads[:2]), "sum", reads[2]
                return (reads[0], "sum", reads[1]) if head is p.sum_ else (reads[0], head.name, 0.0)

            self.place(ids, made, form)

    # --- From columns to statements --------------------------------------------------------------

    def place(self, ids: Any, made: list[Piece], form: Form, shape: Sequence[Any] = ()) -> None:
        """Statements for gates, family by family; those of a family also have the same ``shape``."""
        columns = [part for piece in made for part in piece.parts if type(part) is Column]
        shapes = [*shape, *[x for column in columns for x in (column.arrays, *column.strides)]]
        keys = hashed(np.column_stack(shapes))
        _, firsts, family, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        for k in np.argsort(firsts):
            self.families += 1
            if counts[k] == 1:
                row = firsts[k]
                self.addresses[ids[row]] = self.alone(made, row, form)
                self.arrays[ids[row]] = self.families
            else:
                rows = np.flatnonzero(family == k)
                self.addresses[ids[rows]] = self.boxes([rows_of(piece, rows) for piece in made], form)
                self.arrays[ids[rows]] = self.families

    def copied(self, addresses: Any, arrays: Any) -> Any:
        """Addresses, one after the other, to which those given are copied."""
        self.families += 1
        return self.boxes([Piece([Column(addresses, arrays)])], lambda reads: (reads[0], "", 0.0), ragged=False)

    def boxes(self, made: list[Piece], form: Form, ragged: bool = True) -> Any:
        """Write the statements of a family; the addresses of what its gates compute."""
        stacked = [x for piece in made for part in piece.parts if type(part) is Column for x in [part.addresses]]
        width = len(stacked)
        stacked += [length for piece in made for length in piece.lengths]
        found = merge(np.column_stack(stacked), ragged)
        count, rows = len(found.corners), len(found.box)
        if count > 4 and count * 4 > rows > FEW:
            return self.by_tables(made, form, not ragged)
        bounds = [*np.flatnonzero(np.diff(found.box, prepend=-1)).tolist(), rows]
        strides, corners = [x.tolist() for x in found.strides], found.corners.tolist()
        columns = len(stacked)
        result = np.empty(rows, np.int64)
        for k, corner in enumerate(corners):
            if bounds[k + 1] - bounds[k] == 1:
                result[bounds[k]] = self.alone(made, bounds[k], form)
                continue
            mine = slice(bounds[k], bounds[k + 1])
            at = [x[mine] for x in found.coordinates]
            extents = [int(x.max()) + 1 for x in at]
            loops = [axis for axis in reversed(range(len(at))) if extents[axis] > 1]  # outermost first

            def slopes(column: int, outer: Sequence[int]) -> tuple[tuple[int, int], ...]:
                return tuple([(n, strides[o][column]) for n, o in enumerate(outer) if strides[o][column]])

            axes = [Axis(corner[columns + x], slopes(columns + x, loops[:n])) for n, x in enumerate(loops)]
            moves, size = [0] * len(loops), 1
            for n in reversed(range(len(loops))):  # a gap behind ragged rows: full ones are not taken for one long one
                moves[n] = size
                size *= extents[loops[n]] + bool(axes[n].slopes)
            offsets = sum([x * move for x, move in zip([at[x] for x in loops], moves)], np.zeros(1, np.int64))
            result[mine] = self.used + A * SPACE + offsets
            place, length = 0, width
            for piece in made:
                lengths = range(length, length + len(piece.lengths))
                lists = [Axis(corner[x], slopes(x, loops)) for x in lengths]
                reads = []
                for part in piece.parts:
                    if type(part) is Column:
                        lies = [strides[x][place] for x in loops]
                        reads.append(self.index(corner[place], lies, [int(x[0]) for x in part.strides]))
                        place += 1
                    else:
                        reads.append(self.number(part, mine, offsets, size, moves))
                target = Index("a", self.used, tuple(moves))
                self.write(axes, lists, target, reads, form, piece is not made[0])
                length += len(lists)
            self.used += size
        return result

    def alone(self, made: list[Piece], row: int, form: Form) -> int:
        """Write one gate of a family as statements without axes; the address of what it computes."""
        target = Index("a", self.used)
        for piece in made:
            reads = []
            for part in piece.parts:
                if type(part) is Column:
                    reads.append(self.index(int(part.addresses[row]), (), [int(x[row]) for x in part.strides]))
                else:
                    reads.append(part if type(part) is float else float(part[row]))
            lists = [Axis(int(length[row])) for length in piece.lengths]
            self.write([], lists, target, reads, form, piece is not made[0])
        self.used += 1
        return self.used - 1 + A * SPACE

    def index(self, address: int, lies: Sequence[int], inner: Sequence[int]) -> Index:
        return Index(SPACES[address // SPACE], address % SPACE, (*lies, *inner))

    def number(self, part: Any, mine: slice, offsets: Any, size: int, moves: Sequence[int]) -> float | Index:
        """A number that all gates of a box share, or else a table that lies as what they compute."""
        if type(part) is float:
            return part
        values = part[mine].astype(float)
        if (values.view(np.int64) == values.view(np.int64)[0]).all():
            return float(values[0])
        table = np.zeros(size)
        table[offsets] = values
        self.table += table.tolist()
        return Index("t", len(self.table) - size, tuple(moves))

    def write(
        self, axes: list[Axis], lists: list[Axis], target: Index, reads: list[Any], form: Form, adds: bool
    ) -> None:
        """One statement; over lists of one term each there is no loop."""
        expression, reduce, start = form(reads)
        kept = [n for n, axis in enumerate(lists) if reduce != "sum" or axis != Axis(1)]
        outer = len(axes)

        def padded(x: Any) -> Index:
            strides = (*x.strides, *[0] * len(lists))
            return x._replace(strides=(*strides[:outer], *[strides[outer + n] for n in kept]), by=x.by and padded(x.by))

        if lists:
            target, expression, start = (mapped(x, padded) for x in (target, expression, start))
        if not kept and reduce == "sum":
            expression = expression if start == 0.0 else ("add", start, expression)
            reduce, start = "", 0.0
        if adds:
            start = 0.0
        axes = [*axes, *[lists[n] for n in kept]]
        self.statements.append(Statement(tuple(axes), target, expression, reduce, start, adds))

    def by_tables(self, made: list[Piece], form: Form, dense: bool) -> Any:
        """Statements for a family without any order: where its gates read from stands in tables of addresses.

        One for each combination of spaces and lengths; where results must be dense, a table says where each goes.
        """
        columns = [part.addresses // SPACE for piece in made for part in piece.parts if type(part) is Column]
        keys = hashed(np.column_stack([*columns, *[length for piece in made for length in piece.lengths]]))
        kinds = np.unique(keys)
        result = self.used + A * SPACE + np.arange(len(keys))
        for key in kinds:
            mine = np.flatnonzero(keys == key)
            count = len(mine)
            target = Index("a", self.used, (1,))
            if dense and len(kinds) > 1:
                target = Index("a", int(result[0]) % SPACE, (0,), self.tabled(mine), 1, len(keys))
            else:
                result[mine] = self.used + A * SPACE + np.arange(count)
            self.used += count
            for piece in made:
                reads: list[Any] = []
                for part in rows_of(piece, mine).parts:
                    if type(part) is Column:
                        space, offsets = SPACES[part.addresses[0] // SPACE], part.addresses % SPACE
                        step = int(offsets[-1] - offsets[0]) // max(1, count - 1)
                        inner = [int(x[0]) for x in part.strides]
                        if (np.diff(offsets) == step).all():
                            reads.append(Index(space, int(offsets[0]), (step, *inner)))
                        else:
                            most = int(offsets.max()) + 1
                            reads.append(Index(space, 0, (0, *inner), self.tabled(offsets), 1, most))
                    else:
                        reads.append(self.number(part, slice(None), np.arange(count), count, (1,)))
                lists = [Axis(int(length[mine[0]])) for length in piece.lengths]
                self.write([Axis(count)], lists, target, reads, form, piece is not made[0])
        return result

    def tabled(self, numbers: Any) -> Index:
        """Numbers put into the table, one after the other."""
        self.table += numbers.tolist()
        return Index("t", len(self.table) - len(numbers), (1,))


def pieces(lists: list[Any]) -> list[tuple[int, tuple[Any, ...], list[tuple[Any, ...]]]]:
    """Lists of addresses, (gates, members) each, cut to pieces with strides, which are cut at the same places.

    Of a piece: its first member, its lengths along one or more axes, outermost first, and for each list its strides.
    """
    steps = [np.diff(x, axis=1) for x in lists]
    count, width = lists[0].shape
    apart = np.any([(np.abs(x) > SPACE // 4).any(axis=0) for x in steps], axis=0).tolist()
    changes = np.any([(x[:, 1:] != x[:, :-1]).any(axis=0) for x in steps], axis=0).tolist() if width > 1 else []
    cuts, fresh = [0], True  # fresh: the piece has one member yet, to which any step may lead on
    for n in range(width - 1):
        if apart[n] or (not fresh and changes[n - 1]):
            cuts.append(n + 1)
            fresh = True
        else:
            fresh = False
    sizes = np.diff([*cuts, width]).tolist()
    zero = np.zeros(count, np.int64)
    strides = [[x[:, cut] if size > 1 else zero for cut, size in zip(cuts, sizes)] for x in steps]
    if len(cuts) > 1 and sizes[0] > 1 and len({*sizes}) == 1 and all([(y == x[0]).all() for x in strides for y in x]):
        size = np.full(count, sizes[0])
        return [
            (cuts[start], (*lengths, size), [(*x, y[0]) for x, y in zip(outer, strides)])
            for start, lengths, outer in pieces([x[:, cuts] for x in lists])
        ]
    return [(cut, (np.full(count, size),), [(x[n],) for x in strides]) for n, (cut, size) in enumerate(zip(cuts, sizes))]
