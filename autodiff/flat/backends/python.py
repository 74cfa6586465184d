"""A Program as Python text, and its runner.

The text is the lecture's flat code; it calls the ``value`` column of the table of primitives. ``linecache`` knows the
text, so tracebacks and debuggers show the flat line.
"""

from __future__ import annotations

import itertools
import linecache
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from math import isfinite
from typing import Any

from ...ieee import INF, NAN, total
from ...primitives import Primitive
from ..ir import ROWS, SUMS, Gate, Program, Result, primitive_of, row_mean
from .text import PythonCode, without_none, write_function, write_rows_function

text_numbers = itertools.count(1)


def function(program: Program) -> Callable[..., Any]:
    """The program as a function of one row, ``f(inputs..., parameters...)``: see ``write_function``."""
    return run(write_function(program), gates=program.gates)


class InStep(PythonCode):
    """Python in which rows wait for one another: each row is a generator that yields a number and receives the mean."""

    __slots__ = ()

    @classmethod
    def call(cls, name: str, texts: list[str]) -> str:
        return f"(yield {texts[0]})" if primitive_of(name) is row_mean else super().call(name, texts)

    @classmethod
    def for_each(cls, item: str, items: str, lines: list[str], totals: Iterable[str] = ()) -> list[str]:
        shared = [f"nonlocal {', '.join(totals)}"] if totals else []
        return [*cls.block("def in_step(row)", [*shared, f"{item} = row", *lines]), f"advance(map(in_step, {items}))"]


def advance(rows: Iterable[Any]) -> None:
    """Run the rows to their ends; whenever each has yielded a number, send them the mean."""
    running = [*rows]
    found = [next_of(row, None) for row in running]
    while running and None not in found:
        mean = total(*found) / len(found)
        found = [next_of(row, mean) for row in running]


def next_of(row: Any, mean: Any) -> Any:
    """The number that a row yields after it receives the mean; None at its end."""
    try:
        return row.send(mean)
    except StopIteration:
        return None


def run(code: str, name: str = "f", gates: Mapping[str, Primitive] | None = None) -> Callable[..., Any]:
    """The function that a text defines, with the guarded functions of the table as globals."""
    filename = f"<flat code {next(text_numbers)}>"
    namespace: dict[str, Any] = {
        name: take_list(row.value) if name in SUMS else row.value for name, row in ROWS.items()
    }
    namespace["dot"] = lambda weights, inputs, bias: ROWS["dot"].value(*weights, *inputs, bias)
    namespace |= {str(gate): row for gate, row in (gates or {}).items() if type(gate) is Gate}
    namespace |= {"inf": INF, "nan": NAN, "advance": advance}
    exec(compile(code, filename, "exec"), namespace)
    function: Callable[..., Any] = namespace[name]
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    weakref.finalize(function, linecache.cache.pop, filename, None).atexit = False
    return function


def take_list(value: Callable[..., float]) -> Callable[..., float]:
    """A function of many numbers as a function of their list."""
    return lambda terms: value(*terms)


class Source:
    """The runner that executes Python text, row by row."""

    name = "source"

    def __init__(self, program: Program) -> None:
        self.program = program
        self.single = len(program.outputs) == 1
        self.to_inputs = bool(without_none(program.input_gradients))
        self.to_parameters = bool(without_none(program.parameter_gradients))

    @cached_property
    def one(self) -> Callable[..., Any]:
        return function(self.program)

    @cached_property
    def many(self) -> Callable[..., Any]:
        gates = self.program.gates
        language = InStep if row_mean in gates.values() else PythonCode
        return run(write_rows_function(self.program, language=language), gates=gates)

    def row(self, inputs: Sequence[float], parameters: Sequence[float]) -> Result:
        """Outputs and gradients of one row."""
        returned = self.one(*inputs, *parameters)
        outputs, to_inputs, rest = self.parts(returned, self.to_parameters)
        return Result(outputs, to_inputs, list(rest))

    def rows(self, rows: Sequence[Sequence[float]], parameters: Sequence[float]) -> Result:
        """Outputs and gradients to the inputs of each row; the mean of the gradients to the parameters."""
        results, sums = self.many(rows, parameters)
        parts = [self.parts(result, False) for result in results]
        means = [gradient / len(rows) for gradient in sums] if rows else []
        return Result([part[0] for part in parts], [part[1] for part in parts], means)

    # --- Training: the rows of a mini-batch, or the parameters, as rows -------------------------

    def table(self, rows: Sequence[Sequence[float]]) -> list[tuple[float, ...]]:
        return [tuple(row) for row in rows]

    def select(self, table: list[tuple[float, ...]], batch: Sequence[int]) -> list[tuple[float, ...]]:
        return table if len(batch) == len(table) else [table[i] for i in batch]

    def mean(self, rows: Sequence[Sequence[float]], parameters: Sequence[float]) -> tuple[float, Any, Sequence[float]]:
        """The mean of the first output over the rows, its gradient to the parameters, and other outputs of a row."""
        found, sums = self.many(rows, parameters)
        values, others = (found, ()) if self.single else ([first for first, *_ in found], found[0][1:])
        return total(*values) / len(values), [gradient / len(values) for gradient in sums], others

    def columns(self, columns: Sequence[Sequence[float]], parameters: Sequence[float]) -> list[Sequence[float]]:
        """The outputs as columns, for rows given as columns."""
        results, _ = self.many(zip(*columns), parameters)
        return [results] if self.single else list(zip(*results))

    def plus(self, a: Sequence[float], b: Sequence[float]) -> list[float]:
        return [x + y for x, y in zip(a, b)]

    def finite(self, numbers: Sequence[float]) -> bool:
        return all(map(isfinite, numbers))

    def parts(self, returned: Any, more: bool) -> tuple[list[float], list[float], Sequence[float]]:
        """(Outputs, gradients to inputs, gradients to parameters) from the returned value."""
        if not (self.to_inputs or more):
            returned = (returned,)
        outputs, *gradients = returned
        to_inputs = list(gradients.pop(0)) if self.to_inputs else []
        return [outputs] if self.single else list(outputs), to_inputs, gradients[0] if more else ()
