"""Families: the gates of a level that do the same, and read from the same arrays with the same strides.

Each operand of a group of gates is a column: the address of what each gate reads. Columns of lists hold where the lists
begin; lists whose members do not lie a stride apart are cut into pieces that do, or copied to where they do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import primitives as p
from ...vocabulary import head_of
from .columns import SPACE, SPACES, A, Boxes, Column, Piece, T, X, hashed, merge, pieces, progressions, rows_of
from .gates import LISTS, ZERO, Gates, Groups, levels
from .statements import Axis, Expression, Index, Statement

MOST_PIECES = 12  # into so many lists with strides a list without is cut; else it is copied first
FEW = 16  # gates without any order that are written one by one; more read by tables of addresses
Form = Callable[[list[Any]], tuple[Expression, str, Expression]]  # what is read -> expression, reduce, start


class Roller:
    """Where each id has its number, and its family."""

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
        self.memory = Memory(gates.numbers)
        self.known: dict[Any, int] = {}  # lists of numbers that are in the table

    def roll(self) -> None:
        """Statements for all gates, level by level."""
        for groups in levels(self.gates, self.live):
            self.join(groups)
            for (head, *_), ids in sorted(groups.items(), key=lambda item: item[1][:1]):
                if len(ids) == 1 and head not in LISTS:
                    self.single(head, ids[0])
                elif ids:
                    (self.lists if head in LISTS else self.elementwise)(head, np.array(ids))

    def found(self, at: int) -> Index | float:
        """Where the number of an id is; a number that is known beforehand itself."""
        return self.gates.numbers[-1 - at] if at < 0 else index(int(self.addresses[at]))

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
                begins = [(x[0], x[len(x) // 2 if full is p.dot else 0]) for x in self.reads(np.array(lists))]
                known = {*map(tuple, arrays[np.array(begins)].tolist())}
                stay = []
                for at, (a, b) in zip(single, arrays[np.array(self.reads(np.array(single)))].tolist()):
                    if (a, b) in known if full is p.dot else {(a, a), (b, b)} <= known:
                        operands[at - first] = (*operands[at - first], ZERO)
                        lists.append(at)
                    else:
                        stay.append(at)
                lists.sort()
                single[:] = stay

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

    def single(self, head: p.Primitive, at: int) -> None:
        reads = [self.found(x) for x in self.gates.operands[at - self.gates.first]]
        target = Index("a", self.memory.used)
        self.memory.statements.append(Statement((), target, (head_of(head), *reads)))
        self.memory.used += 1
        self.families += 1
        self.addresses[at], self.arrays[at] = target.start + A * SPACE, self.families

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
        found = [progressions(*each, begin, lengths) for each in flat]
        broken = np.any([wrong for _, wrong in found], axis=0)
        columns = [Column(at[begin], arrays[begin], (strides,)) for (at, arrays), (strides, _) in zip(flat, found)]
        good = np.flatnonzero(~broken)
        self.listed(head, ids[good], [rows_of(Piece([*columns, *last], (lengths,)), good)])
        for n in (
            np.unique(lengths[broken]) if broken.any() else ()
        ):  # in as few pieces as can be, the same for all of one length
            rows = np.flatnonzero(broken & (lengths == n))
            at = begin[rows][:, None] + np.arange(n)
            matrices = [addresses[at] for addresses, _ in flat]
            families = [arrays[at] for _, arrays in flat]
            most = MOST_PIECES if head in (p.dot, p.sum_) else 1
            for k, matrix in enumerate(matrices):
                cut = pieces([matrix], [families[k]])
                if len(cut) > most or (head is p.take and len(cut[0][1]) > 1):
                    matrices[k] = self.copied(matrix.ravel(), families[k].ravel()).reshape(matrix.shape)
                    families[k] = np.full(matrix.shape, self.families)
            made: list[Piece] = []
            for start, sizes, strides in pieces(matrices, families):
                columns = [Column(x[:, start], y[:, start], z) for x, y, z in zip(matrices, families, strides)]
                made.append(Piece([*columns, *(rows_of(Piece(last), rows).parts if not made else [0.0] * tail)], sizes))
            self.listed(head, ids[rows], made)

    def addresses_of(self, lists: list[tuple[int, ...]]) -> tuple[Any, Any]:
        """(Addresses, families) of all members of lists; of numbers alone, each list has its own row in the table."""
        ids = np.array([x for each in lists for x in each])
        if (ids >= 0).any():
            return self.addresses[ids], self.arrays[ids]
        found: list[int] = []
        for each in lists:
            if each not in self.known:
                self.known[each] = len(self.memory.table)
                self.memory.table += self.numbers[-1 - np.array(each)].tolist()
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

            def reduction(reads: list[Any]) -> tuple[Expression, str, Expression]:
                if head is p.dot:
                    return ("mul", *reads[:2]), "sum", reads[2]
                return (reads[0], "sum", reads[1]) if head is p.sum_ else (reads[0], head.name, 0.0)

            self.place(ids, made, reduction)

    # --- From columns to statements --------------------------------------------------------------

    def place(self, ids: Any, made: list[Piece], form: Form, shape: Sequence[Any] = ()) -> None:
        """Statements for gates, family by family; those of a family also have the same ``shape``."""
        columns = [part for piece in made for part in piece.parts if type(part) is Column]
        shapes = [*shape, *[x for column in columns for x in (column.arrays, *column.strides)]]
        keys = hashed(np.column_stack(shapes))
        if (keys == keys[0]).all():
            self.families += 1
            self.addresses[ids] = self.memory.boxes(made, form)
            self.arrays[ids] = self.families
            return
        _, firsts, family, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        for k in np.argsort(firsts):
            self.families += 1
            if counts[k] == 1:
                row = firsts[k]
                self.addresses[ids[row]] = self.memory.alone(made, row, form)
                self.arrays[ids[row]] = self.families
            else:
                rows = np.flatnonzero(family == k)
                self.addresses[ids[rows]] = self.memory.boxes([rows_of(piece, rows) for piece in made], form)
                self.arrays[ids[rows]] = self.families

    def copied(self, addresses: Any, arrays: Any) -> Any:
        """Addresses, one after the other, to which those given are copied."""
        self.families += 1
        return self.memory.boxes([Piece([Column(addresses, arrays)])], lambda reads: (reads[0], "", 0.0), ragged=False)


# --- From columns to statements -------------------------------------------------------------------


class Memory:
    """The statements so far, and how much they need of array "a"; the table of numbers known beforehand.

    The columns of a family are merged into boxes. A box is a statement, and what it computes lies there row by row, the
    last axis fastest.
    """

    def __init__(self, numbers: Sequence[float]) -> None:
        self.statements: list[Statement] = []
        self.used = 0
        self.table = [*numbers]
        self.known: dict[Any, Boxes] = {}  # of columns that begin at 0

    def boxes(self, made: list[Piece], form: Form, ragged: bool = True) -> Any:
        """Write the statements of a family; the addresses of what its gates compute."""
        stacked = [part.addresses for piece in made for part in piece.parts if type(part) is Column]
        width = len(stacked)
        stacked += [length for piece in made for length in piece.lengths]
        found = self.merged(np.column_stack(stacked), len(stacked) - width, ragged)
        count, rows = len(found.corners), len(found.box)
        if count > 4 and count * 4 > rows > FEW:
            return self.by_tables(made, form) if ragged else self.in_order(made, form)
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
            place, length = iter(range(width)), iter(range(width, columns))

            def read(part: Any) -> Any:
                if type(part) is not Column:
                    return self.number(part, mine, offsets, size, moves)  # noqa: B023
                column = next(place)  # noqa: B023
                lies = [strides[x][column] for x in loops]  # noqa: B023
                return index(corner[column], lies, [int(x[0]) for x in part.strides])  # noqa: B023

            lists = [[Axis(corner[x := next(length)], slopes(x, loops)) for _ in piece.lengths] for piece in made]
            self.write(axes, lists, made, read, size, moves, form)
        return result

    def merged(self, rows: Any, lengths: int, ragged: bool) -> Boxes:
        """The boxes of a family; those of one that lies elsewhere, as of the turn before, are found again."""
        moved = rows - rows[0]
        key = moved.shape, moved.tobytes(), lengths, ragged
        if key not in self.known:
            self.known[key] = merge(moved, lengths, ragged)
        found = self.known[key]
        corners = found.corners.copy()
        corners[:, : rows.shape[1]] += rows[0]
        return found._replace(corners=corners)

    def alone(self, made: list[Piece], row: int, form: Form) -> int:
        """Write one gate of a family as statements without axes; the address of what it computes."""

        def read(part: Any) -> Any:
            if type(part) is Column:
                return index(int(part.addresses[row]), (), [int(x[row]) for x in part.strides])
            return part if type(part) is float else float(part[row])

        lists = [[Axis(int(length[row])) for length in piece.lengths] for piece in made]
        return self.write([], lists, made, read, 1, (), form)

    def number(self, part: Any, mine: slice, offsets: Any, size: int, moves: Sequence[int]) -> float | Index:
        """A number that all gates of a box share, or else a table that lies as what they compute."""
        if type(part) is float:
            return part
        values = part[mine].astype(float)
        if (values.view(np.int64) == values.view(np.int64)[0]).all():
            return float(values[0])
        table = np.zeros(size)
        table[offsets] = values
        return self.tabled(table, moves)

    def write(
        self, axes: list[Axis], lists: list[list[Axis]], made: list[Piece], read: Callable[[Any], Any],
        size: int, moves: Sequence[int], form: Form,
    ) -> int:  # fmt: skip
        """A statement for each piece, over lists too, whose results have a place; over one term each there is no loop.

        ``read`` gives what is read of a part. Returns the address of the results.
        """
        target, outer = Index("a", self.used, tuple(moves)), len(axes)
        self.used += size
        for piece, inner in zip(made, lists):
            adds = piece is not made[0]
            expression, reduce, start = form([read(part) for part in piece.parts])
            statement = Statement((*axes,), target, expression, reduce, 0.0 if adds else start, adds)
            if inner:
                kept = [n for n, axis in enumerate(inner) if reduce != "sum" or axis != Axis(1)]
                if not kept and reduce == "sum":
                    expression = expression if start == 0.0 else ("add", start, expression)
                    statement = statement._replace(expression=expression, reduce="", start=0.0)

                def padded(x: Index) -> Index:
                    strides = (*x.strides, *[0] * len(inner))  # noqa: B023
                    return x._replace(strides=(*strides[:outer], *[strides[outer + n] for n in kept]))  # noqa: B023

                statement = statement.moved(padded, axes=(*axes, *[inner[n] for n in kept]))
            self.statements.append(statement)
        return target.start + A * SPACE

    def in_order(self, made: list[Piece], form: Form) -> Any:
        """Copies one after the other of numbers without any order: first space by space, where there are several."""
        ((column,),) = [piece.parts for piece in made]
        if len(np.unique(column.addresses // SPACE)) > 1:
            column = column._replace(addresses=self.by_tables(made, form))
        return self.by_tables([Piece([column])], form)

    def by_tables(self, made: list[Piece], form: Form) -> Any:
        """Statements for a family without any order: where its gates read from stands in tables of addresses.

        One for each combination of spaces and lengths.
        """
        columns = [part.addresses // SPACE for piece in made for part in piece.parts if type(part) is Column]
        keys = hashed(np.column_stack([*columns, *[length for piece in made for length in piece.lengths]]))
        result = np.empty(len(keys), np.int64)
        for key in np.unique(keys):
            mine = np.flatnonzero(keys == key)
            some, count = [rows_of(piece, mine) for piece in made], len(mine)

            def read(part: Any) -> Any:
                if type(part) is not Column:
                    return self.number(part, slice(None), np.arange(count), count, (1,))  # noqa: B023
                space, offsets = SPACES[part.addresses[0] // SPACE], part.addresses % SPACE
                step = int(offsets[-1] - offsets[0]) // max(1, count - 1)  # noqa: B023
                inner = [int(x[0]) for x in part.strides]
                if (np.diff(offsets) == step).all():
                    return Index(space, int(offsets[0]), (step, *inner))
                return Index(space, 0, (0, *inner), self.tabled(offsets, (1,)), 1, int(offsets.max()) + 1)

            lists = [[Axis(int(length[0])) for length in piece.lengths] for piece in some]
            result[mine] = np.arange(count) + self.write([Axis(count)], lists, some, read, count, (1,), form)
        return result

    def tabled(self, numbers: Any, moves: Sequence[int]) -> Index:
        """Numbers put into the table, one after the other."""
        self.table += numbers.tolist()
        return Index("t", len(self.table) - len(numbers), tuple(moves))


def index(address: int, outer: Sequence[int] = (), inner: Sequence[int] = ()) -> Index:
    """An address with strides along the axes of a statement, and along those of lists."""
    return Index(SPACES[address // SPACE], address % SPACE, (*outer, *inner))
