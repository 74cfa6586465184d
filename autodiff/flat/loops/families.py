"""Families: the gates of a level with one primitive that read from the same arrays with the same strides.

Each operand of a group of gates is a column of addresses. The column of a list holds the address of its first member;
lists whose members are not a stride apart are cut into pieces with strides, or copied together first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import primitives as p
from ...vocabulary import head_of
from ..ir import Expression
from .columns import SPACE, SPACES, A, Boxes, Column, Piece, T, X, hash_rows, merge, pieces, progressions, rows_of
from .gates import LISTS, ZERO, Gates, Groups, levels
from .statements import Axis, Index, Statement

MOST_PIECES = 12  # pieces with strides that a list may be cut into; else it is copied first
FEW = 16  # gates without any order to write one by one; more read by tables of addresses
Form = Callable[[list[Any]], tuple[Expression, str, Expression]]  # reads -> expression, reduce, start


class Roller:
    """Rolls gates into statements; ``addresses`` and ``arrays`` are the address and the family of each id."""

    def __init__(self, gates: Gates, inputs: int, live: Sequence[bool] | None) -> None:
        self.gates, self.live = gates, live
        first, count = gates.first, len(gates.heads)
        self.numbers = np.array(gates.numbers)
        self.addresses = np.zeros(first + count + len(gates.numbers), np.int64)  # ids below 0 count from the end
        self.arrays = np.full(len(self.addresses), A)
        parameters = first - inputs
        self.addresses[:first] = [*range(parameters), *range(X * SPACE, X * SPACE + inputs)]
        self.addresses[first + count :] = np.arange(len(gates.numbers))[::-1] + T * SPACE
        self.arrays[:parameters], self.arrays[parameters:first], self.arrays[first + count :] = 0, X, T
        self.families = T
        self.layout = Layout(gates.numbers)
        self.known: dict[Any, int] = {}  # the places of lists of constants in the table

    def roll(self) -> None:
        """Write statements for all gates, level by level."""
        for groups in levels(self.gates, self.live):
            self.join(groups)
            for (head, *_), ids in sorted(groups.items(), key=lambda item: item[1][:1]):
                if len(ids) == 1 and head not in LISTS:
                    self.place_single(head, ids[0])
                elif ids:
                    (self.place_lists if head in LISTS else self.place_elementwise)(head, np.array(ids))

    def read(self, at: int) -> Index | float:
        """The index of an id; a constant itself."""
        return self.gates.numbers[-1 - at] if at < 0 else index(int(self.addresses[at]))

    def operands_of(self, ids: list[int]) -> list[tuple[int, ...]]:
        first, operands = self.gates.first, self.gates.operands
        return [operands[i - first] for i in ids]

    def join(self, groups: Groups) -> None:
        """Make a product a dot of one if there are dots of the same arrays, and a + b a sum of two if there are sums.

        Otherwise the first turn of a loop, which adds one term, and all its readers would be families of their own.
        """
        arrays, first, operands = self.arrays, self.gates.first, self.gates.operands
        for simple, full, numbers in ((p.mul, p.dot, (False, False, ZERO)), (p.add, p.sum_, (False, ZERO))):
            for live in (True, False):
                single, lists = groups.get((simple, live, None)), groups.get((full, live, numbers))
                if not (single and lists):
                    continue
                begins = [(x[0], x[len(x) // 2 if full is p.dot else 0]) for x in self.operands_of(lists)]
                known = {*map(tuple, arrays[np.array(begins)].tolist())}
                stay = []
                for at, (a, b) in zip(single, arrays[np.array(self.operands_of(single))].tolist()):
                    if known >= ({(a, b)} if full is p.dot else {(a, a), (b, b)}):
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

    def place_elementwise(self, head: p.Primitive, ids: Any) -> None:
        """Write statements for gates of a fixed number of operands."""
        parts = [self.column(column) for column in np.array(self.operands_of(ids.tolist())).T]
        name = head_of(head)
        self.place(ids, [Piece(parts)], lambda reads: ((name, *reads), "", 0.0))

    def place_single(self, head: p.Primitive, at: int) -> None:
        reads = [self.read(x) for x in self.gates.operands[at - self.gates.first]]
        target = Index("a", self.layout.used)
        self.layout.statements.append(Statement((), target, (head_of(head), *reads)))
        self.layout.used += 1
        self.families += 1
        self.addresses[at], self.arrays[at] = target.start + A * SPACE, self.families

    def place_lists(self, head: p.Primitive, ids: Any) -> None:
        """Write statements for gates of lists: those with strides at once, others in pieces or copied first."""
        reads = self.operands_of(ids.tolist())
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
        self.place_pieces(head, ids[good], [rows_of(Piece([*columns, *last], (lengths,)), good)])
        for n in np.unique(lengths[broken]):  # the fewest pieces, the same for all lists of one length
            rows = np.flatnonzero(broken & (lengths == n))
            at = begin[rows][:, None] + np.arange(n)
            matrices = [addresses[at] for addresses, _ in flat]
            families = [arrays[at] for _, arrays in flat]
            most = MOST_PIECES if head in (p.dot, p.sum_) else 1
            for k, matrix in enumerate(matrices):
                cut = pieces([matrix], [families[k]])
                if len(cut) > most or (head is p.take and len(cut[0][1]) > 1):
                    matrices[k] = self.copy(matrix.ravel(), families[k].ravel()).reshape(matrix.shape)
                    families[k] = np.full(matrix.shape, self.families)
            given: list[Piece] = []
            for start, sizes, strides in pieces(matrices, families):
                columns = [Column(x[:, start], y[:, start], z) for x, y, z in zip(matrices, families, strides)]
                ends = [0.0] * tail if given else rows_of(Piece(last), rows).parts
                given.append(Piece([*columns, *ends], sizes))
            self.place_pieces(head, ids[rows], given)

    def addresses_of(self, lists: list[tuple[int, ...]]) -> tuple[Any, Any]:
        """(Addresses, families) of all members of lists; lists of constants alone join the table, each as a row."""
        ids = np.array([x for each in lists for x in each])
        if (ids >= 0).any():
            return self.addresses[ids], self.arrays[ids]
        found: list[int] = []
        for each in lists:
            if each not in self.known:
                self.known[each] = len(self.layout.table)
                self.layout.table += self.numbers[-1 - np.array(each)].tolist()
            found += range(self.known[each], self.known[each] + len(each))
        return np.array(found) + T * SPACE, np.full(len(found), T)

    def place_pieces(self, head: p.Primitive, ids: Any, given: list[Piece]) -> None:
        """Write statements for gates of lists whose pieces have strides."""
        if head is p.take and len(ids):
            (terms, index), (lengths,) = given[0]
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

            self.place(ids, given, reduction)

    # --- From columns to statements --------------------------------------------------------------

    def place(self, ids: Any, given: list[Piece], form: Form, shape: Sequence[Any] = ()) -> None:
        """Write statements for gates, family by family; gates of a family also share the ``shape``."""
        columns = [part for piece in given for part in piece.parts if type(part) is Column]
        shapes = [*shape, *[x for column in columns for x in (column.arrays, *column.strides)]]
        keys = hash_rows(np.column_stack(shapes))
        if (keys == keys[0]).all():
            self.families += 1
            self.addresses[ids] = self.layout.write_boxes(given, form)
            self.arrays[ids] = self.families
            return
        _, firsts, family, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        for k in np.argsort(firsts):
            self.families += 1
            if counts[k] == 1:
                row = firsts[k]
                self.addresses[ids[row]] = self.layout.write_single(given, row, form)
                self.arrays[ids[row]] = self.families
            else:
                rows = np.flatnonzero(family == k)
                self.addresses[ids[rows]] = self.layout.write_boxes([rows_of(piece, rows) for piece in given], form)
                self.arrays[ids[rows]] = self.families

    def copy(self, addresses: Any, arrays: Any) -> Any:
        """Copy the numbers at these addresses to consecutive ones; return those."""
        self.families += 1
        copies = [Piece([Column(addresses, arrays)])]
        return self.layout.write_boxes(copies, lambda reads: (reads[0], "", 0.0), ragged=False)


class Layout:
    """The statements so far, the ``used`` part of array "a", and the ``table`` of constants.

    The columns of a family are merged into boxes. A box is a statement, whose results lie row by row, the last axis
    fastest.
    """

    def __init__(self, numbers: Sequence[float]) -> None:
        self.statements: list[Statement] = []
        self.used = 0
        self.table = [*numbers]
        self.known: dict[Any, Boxes] = {}  # by columns relative to the first row

    def write_boxes(self, given: list[Piece], form: Form, ragged: bool = True) -> Any:
        """Write the statements of a family; return the addresses of its gates' results."""
        stacked = [part.addresses for piece in given for part in piece.parts if type(part) is Column]
        width = len(stacked)
        stacked += [length for piece in given for length in piece.lengths]
        found = self.find_boxes(np.column_stack(stacked), len(stacked) - width, ragged)
        count, rows = len(found.corners), len(found.box)
        if count > 4 and count * 4 > rows > FEW:
            return self.write_by_tables(given, form) if ragged else self.write_in_order(given, form)
        bounds = [*np.flatnonzero(np.diff(found.box, prepend=-1)).tolist(), rows]
        strides, result = [x.tolist() for x in found.strides], np.empty(rows, np.int64)
        for corner, low, high in zip(found.corners.tolist(), bounds, bounds[1:]):
            if high - low == 1:
                result[low] = self.write_single(given, low, form)
            else:
                mine = slice(low, high)
                at = [x[mine] for x in found.coordinates]
                result[mine] = self.write_box(given, mine, corner, strides, at, width, form)
        return result

    def find_boxes(self, rows: Any, lengths: int, ragged: bool) -> Boxes:
        """The boxes of a family, cached for families that differ by a shift, such as those of two time steps."""
        moved = rows - rows[0]
        key = moved.shape, moved.tobytes(), lengths, ragged
        if key not in self.known:
            self.known[key] = merge(moved, lengths, ragged)
        found = self.known[key]
        corners = found.corners.copy()
        corners[:, : rows.shape[1]] += rows[0]
        return found._replace(corners=corners)

    def write_box(
        self, given: list[Piece], mine: slice, corner: list[int], strides: list[Any], at: list[Any],
        width: int, form: Form,
    ) -> Any:  # fmt: skip
        """Write the statement of a box, the gates ``mine`` of a family; return the addresses of their results.

        ``at`` are the indices of its rows along each axis, and ``width`` is the number of columns of addresses.
        """
        extents = [int(x.max()) + 1 for x in at]
        loops = [axis for axis in reversed(range(len(at))) if extents[axis] > 1]  # outermost first
        columns = len(corner) - len(strides)

        def slopes(column: int, outer: Sequence[int]) -> tuple[tuple[int, int], ...]:
            return tuple([(n, strides[o][column]) for n, o in enumerate(outer) if strides[o][column]])

        axes = [Axis(corner[columns + x], slopes(columns + x, loops[:n])) for n, x in enumerate(loops)]
        moves, size = [0] * len(loops), 1
        for n in reversed(range(len(loops))):  # ragged rows leave a gap, so that full ones never look like one long row
            moves[n] = size
            size *= extents[loops[n]] + bool(axes[n].slopes)
        offsets = sum([at[x] * move for x, move in zip(loops, moves)], np.zeros(1, np.int64))
        place, length = iter(range(width)), iter(range(width, columns))

        def read(part: Any) -> Any:
            if type(part) is not Column:
                return self.number(part, mine, offsets, size, moves)
            column = next(place)
            return index(corner[column], [strides[x][column] for x in loops], [int(x[0]) for x in part.strides])

        lists = [[Axis(corner[x := next(length)], slopes(x, loops)) for _ in piece.lengths] for piece in given]
        return offsets + self.write(axes, lists, given, read, size, moves, form)

    def write_single(self, given: list[Piece], row: int, form: Form) -> int:
        """Write one gate of a family as statements without axes; return the address of its result."""

        def read(part: Any) -> Any:
            if type(part) is Column:
                return index(int(part.addresses[row]), (), [int(x[row]) for x in part.strides])
            return part if type(part) is float else float(part[row])

        lists = [[Axis(int(length[row])) for length in piece.lengths] for piece in given]
        return self.write([], lists, given, read, 1, (), form)

    def number(self, part: Any, mine: slice, offsets: Any, size: int, moves: Sequence[int]) -> float | Index:
        """A number that all gates of a box share, or else a table with the layout of their results."""
        if type(part) is float:
            return part
        values = part[mine].astype(float)
        if (values.view(np.int64) == values.view(np.int64)[0]).all():
            return float(values[0])
        table = np.zeros(size)
        table[offsets] = values
        return self.append_table(table, moves)

    def write(
        self, axes: list[Axis], lists: list[list[Axis]], given: list[Piece], read: Callable[[Any], Any],
        size: int, moves: Sequence[int], form: Form,
    ) -> int:  # fmt: skip
        """Write a statement for each piece, with the axes of its lists; a sum of one term gets no axis.

        ``read`` returns the index or number of a part. Return the address of the results, which take ``size`` places.
        """
        target, outer = Index("a", self.used, tuple(moves)), len(axes)
        self.used += size
        for piece, inner in zip(given, lists):
            adds = piece is not given[0]
            expression, reduce, start = form([read(part) for part in piece.parts])
            statement = Statement((*axes,), target, expression, reduce, 0.0 if adds else start, adds)
            if inner:
                loops = [n for n, axis in enumerate(inner) if reduce != "sum" or axis != Axis(1)]
                if not loops and reduce == "sum":
                    expression = expression if start == 0.0 else ("add", start, expression)
                    statement = statement._replace(expression=expression, reduce="", start=0.0)
                statement = with_inner_axes(statement, [inner[n] for n in loops], [outer + n for n in loops])
            self.statements.append(statement)
        return target.start + A * SPACE

    def write_in_order(self, given: list[Piece], form: Form) -> Any:
        """Write consecutive copies of numbers without any order: first space by space, if there are several."""
        ((column,),) = [piece.parts for piece in given]
        if len(np.unique(column.addresses // SPACE)) > 1:
            column = column._replace(addresses=self.write_by_tables(given, form))
        return self.write_by_tables([Piece([column])], form)

    def write_by_tables(self, given: list[Piece], form: Form) -> Any:
        """Write statements for a family without any order, one for each combination of spaces and lengths."""
        columns = [part.addresses // SPACE for piece in given for part in piece.parts if type(part) is Column]
        keys = hash_rows(np.column_stack([*columns, *[length for piece in given for length in piece.lengths]]))
        result = np.empty(len(keys), np.int64)
        for key in np.unique(keys):
            mine = np.flatnonzero(keys == key)
            result[mine] = self.write_table([rows_of(piece, mine) for piece in given], len(mine), form)
        return result

    def write_table(self, given: list[Piece], count: int, form: Form) -> Any:
        """Write one such statement, which looks up in tables where its gates read from; return their addresses."""

        def read(part: Any) -> Any:
            if type(part) is not Column:
                return self.number(part, slice(None), np.arange(count), count, (1,))
            space, offsets = SPACES[part.addresses[0] // SPACE], part.addresses % SPACE
            step = int(offsets[-1] - offsets[0]) // max(1, count - 1)
            inner = [int(x[0]) for x in part.strides]
            if (np.diff(offsets) == step).all():
                return Index(space, int(offsets[0]), (step, *inner))
            return Index(space, 0, (0, *inner), self.append_table(offsets, (1,)), 1, int(offsets.max()) + 1)

        lists = [[Axis(int(length[0])) for length in piece.lengths] for piece in given]
        return np.arange(count) + self.write([Axis(count)], lists, given, read, count, (1,), form)

    def append_table(self, numbers: Any, moves: Sequence[int]) -> Index:
        """Append numbers to the table."""
        self.table += numbers.tolist()
        return Index("t", len(self.table) - len(numbers), tuple(moves))


def with_inner_axes(statement: Statement, inner: Sequence[Axis], places: Sequence[int]) -> Statement:
    """The statement with more axes, the strides along which are at these places of its indices, or else 0."""
    outer = len(statement.axes)

    def select(x: Index) -> Index:
        more = [x.strides[place] if place < len(x.strides) else 0 for place in places]
        return x._replace(strides=(*x.strides[:outer], *more))

    return statement.change_indices(select, axes=(*statement.axes, *inner))


def index(address: int, outer: Sequence[int] = (), inner: Sequence[int] = ()) -> Index:
    """An address with strides along the axes of a statement, and along those of lists."""
    return Index(SPACES[address // SPACE], address % SPACE, (*outer, *inner))
