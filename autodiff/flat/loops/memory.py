"""Memory: families of gates become statements, and what they compute gets places.

The columns of a family are merged into boxes (see runs). A box is a statement, and what it computes lies there row by
row, the last axis fastest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .columns import SPACE, SPACES, A, Boxes, Column, Piece, hashed, merge, rows_of
from .statements import Axis, Expression, Index, Statement, mapped

FEW = 16  # gates without any order that are written one by one; more read by tables of addresses
Form = Callable[[list[Any]], tuple[Expression, str, Expression]]  # what is read -> expression, reduce, start


class Memory:
    """The statements so far, and how much they need of array "a"; the table of numbers known beforehand."""

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
            place, length = 0, width
            for piece in made:
                lengths = range(length, length + len(piece.lengths))
                lists = [Axis(corner[x], slopes(x, loops)) for x in lengths]
                reads: list[Any] = []
                for part in piece.parts:
                    if type(part) is Column:
                        lies = [strides[x][place] for x in loops]
                        reads.append(index(corner[place], lies, [int(x[0]) for x in part.strides]))
                        place += 1
                    else:
                        reads.append(self.number(part, mine, offsets, size, moves))
                target = Index("a", self.used, tuple(moves))
                self.write(axes, lists, target, reads, form, piece is not made[0])
                length += len(lists)
            self.used += size
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
        target = Index("a", self.used)
        for piece in made:
            reads: list[Any] = []
            for part in piece.parts:
                if type(part) is Column:
                    reads.append(index(int(part.addresses[row]), (), [int(x[row]) for x in part.strides]))
                else:
                    reads.append(part if type(part) is float else float(part[row]))
            lists = [Axis(int(length[row])) for length in piece.lengths]
            self.write([], lists, target, reads, form, piece is not made[0])
        self.used += 1
        return self.used - 1 + A * SPACE

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

        def padded(x: Index) -> Index:
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
            count = len(mine)
            target = Index("a", self.used, (1,))
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


def index(address: int, outer: Sequence[int] = (), inner: Sequence[int] = ()) -> Index:
    """An address with strides along the axes of a statement, and along those of lists."""
    return Index(SPACES[address // SPACE], address % SPACE, (*outer, *inner))
