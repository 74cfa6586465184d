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
from .vectorized import Functions
from .writer import given, inner_arrays, whole


class Plan:
    """What is the same in every run of a program."""

    def __init__(self, program: Program, xp: Any) -> None:
        self.program, self.xp, self.table = program, xp, Functions(xp)
        gradients = given(program.parameter_gradients)
        self.totals = {name_of(x): 0.0 for x in gradients if type(x) is not float}
        self.inner = inner_arrays(program)
        ends = program.outputs, given(program.input_gradients), gradients
        self.ends = [whole(program, places) or places for places in ends]

    def __call__(self, rows: Any, parameters: Any) -> Result:
        """Outputs and gradients as arrays."""
        return Run(self, rows, parameters).result()


class Run:
    """One run of a plan: the arrays so far."""

    def __init__(self, plan: Plan, rows: Any, parameters: Any) -> None:
        self.program, self.xp, self.table, self.totals = plan.program, plan.xp, plan.table, plan.totals
        self.plan = plan
        self.rows = rows.shape[0]
        self.held: dict[str, Any] = dict(self.totals)
        self.bring(self.program.inputs, rows.T)
        self.bring(self.program.parameters, parameters[:, None])
        for name, size in plan.inner.items():
            self.held[name] = self.xp.zeros((size,) if name in self.totals else (size, self.rows))

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
        outputs, to_inputs, to_parameters = self.plan.ends
        totals = self.collected(to_parameters, ()) / self.rows
        return Result(self.collected(outputs, (self.rows,)).T, self.collected(to_inputs, (self.rows,)).T, totals)

    def collected(self, end: str | Sequence[Any], shape: tuple[int, ...]) -> Any:
        """An array, or the numbers at several places as one, places first."""
        if type(end) is str:
            return self.held[end]
        numbers = [self.xp.broadcast_to(self.read(x), shape) for x in end]
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
        factors = line.expression
        if type(factors) is tuple and factors[0] == "mul":
            a, b = (self.xp.atleast_1d(self.value(part, line)) for part in operands(factors))
            for scale, vector in ((a, b), (b, a)):
                found = self.matrix_product(scale, vector, total, again)
                if found is not None:
                    return found
            value = a * b
        else:
            value = self.value(factors, line)
        shape = [line.repeat] if line.repeat > 1 else []
        shape += [line.target.length] if is_slice(line.target) else []  # type: ignore[union-attr, list-item]
        return self.xp.broadcast_to(value, (*shape, self.rows)).sum(axis=tuple([0] * again + [-1] * total))

    def matrix_product(self, scale: Any, vector: Any, total: bool, again: bool) -> Any:
        """The summed product of a number and a slice where it is a matrix product, else None."""
        single = scale.shape[1:-1] == (1,)  # (repeat, 1, rows)
        if again and not total and single and vector.shape[2:] == (1,):
            return vector[..., 0].T @ scale[:, 0]
        if total and not again and vector.ndim == 2 and vector.shape[-1] == scale.shape[-1] == self.rows:
            if scale.ndim == 1:
                return vector @ scale
            if single:
                return scale[:, 0] @ vector.T
        return None

    def value(self, expression: Expression, line: Line) -> Any:
        """An expression for all rows, repetitions and elements of a line."""
        if type(expression) is not tuple:
            return self.read(expression, line)
        head, *parts = expression
        if head == "where" and type(parts[0]) is tuple and parts[0][0] in self.table.masks:
            condition = self.table.masks[parts[0][0]](*[self.value(part, line) for part in parts[0][1:]])
            return self.xp.where(condition, *[self.value(part, line) for part in parts[1:]])
        values = [self.value(part, line) for part in parts]
        if head in SUMS and not is_slice(parts[0]):
            return self.table.of_numbers(head)(*values)
        return self.table[head](*values)

    def read(self, x: Any, line: Line | None = None) -> Any:
        """The number, or what is held under a name or at a place."""
        if type(x) is not Place:
            return self.held[x] if type(x) is str else x
        if line is None:
            return read(self.xp, self.held[x.array], x)
        return read(self.xp, self.held[x.array], x, line.repeat, is_slice(line.target))
