"""One run of a Program over rows: what each line does to whole arrays.

Arrays hold the rows along their last axis: a scalar of the program is ``(rows,)``, an array of n numbers
``(n, rows)``. What all rows share (parameters, constants) has a last axis of 1 instead, so that the same
line works on both. The repetitions of a line, and the elements of its slices, are axes before that one:
``(repeat, length, rows)``. So a layer of neurons, one repeated dot line, is one matrix product. Gradients
to parameters have no axis of rows: what is added to them is summed over the rows first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .code import SUMS, name_of
from .program import Expression, Line, Place, Program, is_slice, operands
from .runners import Result
from .strides import put, read
from .vectorized import spelled
from .writer import given, inner_arrays, whole


class Batched:
    """The arrays so far."""

    def __init__(self, program: Program, xp: Any, table: dict[str, Any], rows: Any, parameters: Any) -> None:
        self.program, self.xp, self.table = program, xp, table
        self.rows = rows.shape[0]
        self.totals = {name_of(x): 0.0 for x in given(program.parameter_gradients) if type(x) is not float}
        self.held: dict[str, Any] = dict(self.totals)
        self.bring(program.inputs, rows.T)
        self.bring(program.parameters, parameters[:, None])
        for name, size in inner_arrays(program).items():
            self.held[name] = xp.zeros((size,) if name in self.totals else (size, self.rows))

    def bring(self, places: Sequence[Any], numbers: Any) -> None:
        """Put the inputs or the parameters where the program looks for them."""
        if places and type(places[0]) is Place:
            self.held[places[0].array] = numbers
        else:
            self.held.update((name, numbers[i]) for i, name in enumerate(places))

    def result(self) -> Result:
        """Run the lines and collect what was asked for."""
        for line in self.program.lines:
            self.run(line)
        outputs, slopes = self.program.outputs, given(self.program.input_gradients)
        totals = self.collected(given(self.program.parameter_gradients), ())
        return Result(
            self.collected(outputs, (self.rows,)).T, self.collected(slopes, (self.rows,)).T, totals / self.rows
        )

    def collected(self, places: Sequence[Any], shape: tuple[int, ...]) -> Any:
        """The numbers at these places as one array, places first."""
        array = whole(self.program, places)
        if array:
            return self.held[array]
        numbers = [self.xp.broadcast_to(self.read(x), shape) for x in places]
        return self.xp.stack(numbers) if numbers else self.xp.zeros((0, *shape))

    # --- Lines ---------------------------------------------------------------------------------

    def run(self, line: Line) -> None:
        """Do what a line says, for all rows and all its repetitions."""
        target, repeat = line.target, line.repeat
        total = name_of(target) in self.totals
        again = repeat > 1 and type(target) is Place and target.jump == 0  # each repetition adds to the same place
        value = self.summed(line, total, again) if total or again else self.value(line.expression, line)
        if type(target) is Place:
            array = self.held[target.array]
            self.held[target.array] = put(self.xp, array, target, 1 if again else repeat, value, line.adds)
        elif line.adds:
            self.held[str(target)] = self.held[str(target)] + value  # never in place: another name may hold it too
        else:
            self.held[str(target)] = value if total else self.xp.atleast_1d(value)

    def summed(self, line: Line, total: bool, again: bool) -> Any:
        """The value summed over the rows (``total``) and over the repetitions (``again``)."""
        xp, expression = self.xp, line.expression
        shape = [self.rows]
        if type(line.target) is Place and line.target.length is not None:
            shape = [line.target.length, *shape]
        if line.repeat > 1:
            shape = [line.repeat, *shape]
        if type(expression) is tuple and expression[0] == "mul":
            a, b = (xp.atleast_1d(self.value(part, line)) for part in operands(expression))
            for scale, vector in ((a, b), (b, a)):  # what is most work is a matrix product
                if again and not total and scale.shape[1:-1] == (1,) and vector.shape[2:] == (1,):
                    return vector[..., 0].T @ scale[:, 0]
                if total and not again and vector.ndim == 2 and vector.shape[-1] == scale.shape[-1] == self.rows:
                    if scale.ndim == 1:
                        return vector @ scale
                    if scale.shape[1:-1] == (1,):
                        return scale[:, 0] @ vector.T
        value = xp.broadcast_to(self.value(expression, line), shape)
        return value.sum(axis=tuple([0] * again + [-1] * total))

    def value(self, expression: Expression, line: Line) -> Any:
        """An expression for all rows, repetitions and elements of a line."""
        if type(expression) is not tuple:
            return self.read(expression, line)
        name, *parts = expression
        values = [self.value(part, line) for part in parts]
        if name in SUMS and not is_slice(parts[0]):
            n = len(values) // 2 if name == "dot" else len(values)
            values = [*map(self.stacked, [values[:n], values[n : 2 * n]][: 1 + (name == "dot")]), *values[2 * n :]]
        return spelled(self.table, name, self.xp)(*values)

    def stacked(self, values: Sequence[Any]) -> Any:
        """Single numbers as an array that a sum takes."""
        if not values:
            return self.xp.zeros((0, 1))
        return self.xp.stack(self.xp.broadcast_arrays(*map(self.xp.atleast_1d, values)), axis=-2)

    def read(self, x: Any, line: Line | None = None) -> Any:
        """The number, or what is held under a name or at a place."""
        if type(x) is not Place:
            return self.held[x] if type(x) is str else x
        if line is None:
            return read(self.xp, self.held[x.array], x)
        return read(self.xp, self.held[x.array], x, line.repeat, is_slice(line.target))
