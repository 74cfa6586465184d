"""Statements compiled to functions over arrays, their memory, and the nests of a graph as both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy

from ...ir import Result, as_key, remember
from ...loops.statements import Axis, Index, Repeat, Span, Statement, elements_of, extents, indices
from ...loops.turns import spans
from .builder import Lanes, Text, Whole, module
from .core import write_primitive
from .emitter import Called, Emitter
from .machine import ATTRIBUTES, CompiledModule, aligned_zeros, machine
from .nests import expand_reduction, fill_strides, groups, moves

FUNCTION_LINES = 700  # lines of text from which a function ends
MODULE_LINES = 3000  # and a module, which LLVM compiles without interruption in about 50 ms
APART = 64  # doubles between ranges that are cleared separately, at least
Range = tuple[str, int, int]  # array, first, one behind the last
Statements = Iterable[Statement | Repeat]
Sizes = Mapping[str, int]
Table = Callable[[int], Sequence[float]]  # the numbers of array "t" at a length


class Functions:
    """Functions over arrays of these ``sizes`` by name, written from statements and compiled."""

    def __init__(self, sizes: dict[str, int], lengths: Span = (0, 0)) -> None:
        self.sizes, self.lengths = sizes, lengths
        self.inline = False  # whether all become one function, so that its arrays can be in registers, and
        self.split = False  # whether each of their numbers is loaded and stored alone
        self.modules: list[CompiledModule] = []
        self.parts: list[str] = []  # functions; those of finished modules by address
        self.begin()

    def begin(self) -> None:
        self.functions: list[str] = []
        self.declarations: set[str] = set()
        self.called: Called = {}
        self.lines = 0

    def write(self, statements: Statements, width: int = 0) -> range:
        """Write functions that run statements, in vectors of at most ``width`` numbers; return their places."""
        first, waiting = len(self.parts), groups(statements, 0, self.lengths)[::-1]
        parameters = [*[f"ptr noalias %{array}" for array in self.sizes], "i64 %length"]
        more: dict[str, Any] = {"internal": True, "attributes": "#1"} if self.inline else {}
        while waiting:
            text, called = Text(), None if self.inline else self.called
            emitter = Emitter(text, width or machine().width, self.lengths, called, self.split)
            while waiting and len(text.lines) < FUNCTION_LINES:
                emitter.write(waiting.pop())
            self.parts.append(f"@part{len(self.parts)}")
            self.add(text, self.parts[-1][1:], parameters, **more)
            if self.lines > MODULE_LINES and not self.inline:
                self.end()
        return range(first, len(self.parts))

    def write_cleared(
        self, statements: Statements, cleared: Sequence[str], width: int = 0
    ) -> tuple[list[Range], range]:
        """As ``write``, for arrays that start from 0; return also the ranges that the caller has to clear."""
        found, zeros = assign_first(list(statements), self.sizes, cleared, self.lengths)
        return zeros, self.write(found, width)

    def add(self, text: Text, name: str, parameters: Sequence[str], **more: Any) -> None:
        self.functions.append(text.function(name, parameters, **more))
        self.declarations |= text.declarations
        self.lines += len(text.lines)

    def arrays(self, text: Text) -> dict[str, str]:
        """The addresses of the arrays, which %arrays holds."""
        places = [text.address("%arrays", k) for k in range(len(self.sizes))]
        return {name: text.let(f"load ptr, ptr {place}, align 8") for name, place in zip(self.sizes, places)}

    def run(self, text: Text, zeros: list[Range], parts: range, arrays: Mapping[str, str], length: Whole = 0) -> None:
        """Write code that clears ranges, then calls functions."""
        for name, start, stop in zeros:
            text.zero(text.address(arrays[name], start), stop - start)
        operands = ", ".join([*[f"ptr {arrays[name]}" for name in self.sizes], f"i64 {length}"])
        for part in parts:
            text.put(f"call void {self.parts[part]}({operands})")

    def finish(self, text: Text, pointers: Sequence[str], wholes: Sequence[str]) -> Any:
        """Compile the text as a function of pointers and whole numbers, and return it."""
        self.add(text, "run", [*[f"ptr noalias %{name}" for name in pointers], *[f"i64 %{name}" for name in wholes]])
        self.end()
        return self.modules[-1].function("run", len(pointers), len(wholes))

    def end(self) -> None:
        for (head, count, width), name in self.called.items():
            text = Text()
            v, operands = Lanes(text, width), [f"%x{k}" for k in range(count)]
            result = write_primitive(v, head, operands)
            self.add(text, name, [f"{v.vector} {x}" for x in operands], internal=True, kind=v.vector, result=result)
        done = CompiledModule(module(self.functions, self.declarations, ATTRIBUTES), self.inline)
        self.modules.append(done)
        if not self.inline:
            address = done.engine.get_function_address
            self.parts = [f"inttoptr (i64 {address(x[1:])} to ptr)" if x[0] == "@" else x for x in self.parts]
        self.begin()


class CompiledStatements(Functions):
    """Statements as one function over arrays of these ``sizes``; those in ``cleared``, of gradients, start from 0.

    ``call`` takes the address of a Memory and a length within ``lengths`` (least, most), with which axes may grow. It
    releases the GIL; concurrent calls need different memories.
    """

    def __init__(
        self, statements: Statements, sizes: Sizes, cleared: Sequence[str] = (), lengths: Span = (0, 0)
    ) -> None:
        statements = list(statements)
        super().__init__({**sizes, "scratch": sizes.get("scratch", scratch(statements, lengths))}, lengths)
        text = Text()
        self.run(text, *self.write_cleared(statements, cleared), self.arrays(text), "%length")
        self.call = self.finish(text, ["arrays"], ["length"])


def scratch(statements: Statements, lengths: Span) -> int:
    """The size of array "scratch" that the statements need."""
    bodies = [(x.body, 1) if type(x) is Repeat else ([x], 0) for x in statements]
    each = [part for body, given in bodies for x in body for part in expand_reduction(x, given, lengths)]  # type: ignore[arg-type]
    return max([2 * x.target.start for x in each if x.target.array == "scratch"], default=0)


def code_of(statements: Sequence[Any], sizes: Sizes, cleared: Sequence[str], lengths: Span) -> CompiledStatements:
    """The compiled statements, cached by their structure."""

    def key(x: Statement | Repeat) -> Any:
        if type(x) is Repeat:
            return x.turns, x.grows, *map(key, x.body)
        axes, target, expression, reduce, start, adds = x  # type: ignore[misc]
        return axes, target, as_key(expression), reduce, as_key(start), adds

    name = tuple(map(key, statements)), tuple(sizes.items()), tuple(cleared), lengths, machine().width
    return remember(name, lambda: CompiledStatements(statements, sizes, cleared, lengths))  # type: ignore[no-any-return]


class Memory:
    """Arrays of zeros by name, aligned to cache lines; ``shared`` ones belong to other memories too."""

    def __init__(self, sizes: Sizes, **shared: Any) -> None:
        self.arrays = {name: shared[name] if name in shared else aligned_zeros(size) for name, size in sizes.items()}
        for name, array in shared.items():
            if array.dtype != float or not array.flags.c_contiguous or array.size < sizes[name]:
                raise ValueError(
                    f"array {name!r} takes {sizes[name]} contiguous doubles, got {array.size} {array.dtype}"
                )
        self.table = numpy.array([array.ctypes.data for array in self.arrays.values()], dtype=numpy.uint64)
        self.address = self.table.ctypes.data

    def __getitem__(self, name: str) -> Any:
        return self.arrays[name]


class NativeNests:
    """The nests of a graph in machine code; several threads may call it.

    ``lengths`` are the smallest and the largest of the sequence with which axes grow; ``table(length)`` returns the
    numbers of array "t" if they depend on it. With several ``rows`` each output is ``rows`` numbers.

    For frequent calls keep a ``memory()``, fill its arrays "w" and "x", and call
    ``code(True).call(memory.address, length)``: outputs are then in "y", gradients in "gw" and "gx".
    """

    def __init__(self, nests: Any, lengths: Span = (0, 0), table: Table | None = None, rows: int = 1) -> None:
        self.nests, self.lengths, self.table, self.rows = nests, lengths, table, rows
        self.sizes = {**nests.sizes, "y": len(nests.outputs) * rows}
        self.sizes["scratch"] = scratch([*nests.forward, *nests.backward], lengths)
        # No cached_property: a process forked meanwhile would inherit its locked lock.
        self.codes: dict[bool, CompiledStatements] = {}
        self.free: list[Memory] = []

    def statements(self, gradients: bool) -> list[Any]:
        """The statements that compute outputs and, on request, gradients."""
        outputs = self.nests.outputs
        found = [*self.nests.forward, *copy_outputs(outputs, self.rows)]
        if gradients and type(outputs[0]) is Index:
            found.append(Statement((Axis(self.rows),), gradient_at(outputs[0]), 1.0, adds=True))
        return [*found, *self.nests.backward] if gradients else found

    def code(self, gradients: bool) -> CompiledStatements:
        """The code of the outputs, or of gradients too, compiled at first use."""
        if gradients not in self.codes:
            cleared = [array for array in self.sizes if array[0] == "g"] if gradients else []
            self.codes[gradients] = code_of(self.statements(gradients), self.sizes, cleared, self.lengths)
        return self.codes[gradients]

    def memory(self) -> Memory:
        """New memory for a call."""
        memory = Memory(self.sizes)
        memory["t"][:] = self.nests.table
        return memory

    def run(
        self, inputs: Any, parameters: Any, gradients: bool = False, length: int = 0, places: Any = slice(None)
    ) -> Result:
        """Outputs, and gradients of the first one or None, as arrays; ``inputs`` go to ``places`` of array "x"."""
        if not self.lengths[0] <= length <= self.lengths[1]:
            raise ValueError(f"length must be from {self.lengths[0]} to {self.lengths[1]}, got {length}")
        try:
            memory = self.free.pop()
        except IndexError:
            memory = self.memory()
        arrays = memory.arrays
        arrays["x"][places], arrays["w"][:] = inputs, parameters
        if self.table:
            arrays["t"][:] = self.table(length)
        self.code(gradients).call(memory.address, length)
        names = ("y", "gx", "gw") if gradients else ("y", "", "")
        found = Result(*[arrays[name].copy() if name in arrays else None for name in names])
        self.free.append(memory)
        return found


def gradient_at(x: Index) -> Index:
    """The place of a number's gradient."""
    return x._replace(array=f"g{x.array}")


def copy_outputs(outputs: Sequence[Index | float], rows: int) -> list[Statement]:
    """Statements that copy the outputs of all rows to "y", runs of one stride at once."""
    found: list[Statement] = []
    k = 0
    while k < len(outputs):
        x, count = outputs[k], 1
        if type(x) is Index:
            following = outputs[k + 1] if k + 1 < len(outputs) else None
            stride = following.start - x.start if type(following) is Index else 0
            while k + count < len(outputs) and outputs[k + count] == x._replace(start=x.start + count * stride):
                count += 1
            x = x._replace(strides=(stride, *x.strides))
        found.append(Statement((Axis(count), Axis(rows)), Index("y", k * rows, (rows, 1)), x))
        k += count
    return found


# --- Gradients that need not start from 0 ---------------------------------------------------------


def assign_first(
    statements: Sequence[Any], sizes: Sizes, cleared: Sequence[str], lengths: Span
) -> tuple[list[Any], list[Range]]:
    """The statements, some with = instead of +=, and the ranges of the ``cleared`` arrays that still need zeros."""
    every = [x for each in statements for x in (each.body if type(each) is Repeat else [each])]
    if any(x.target.grows for x in every):  # places depend on the length
        return [*statements], [(name, 0, sizes[name]) for name in cleared]
    used = {name: numpy.zeros(sizes[name], bool) for name in cleared}  # read or written so far
    fresh = {name: numpy.zeros(sizes[name], bool) for name in cleared}  # assigned before any other use
    found: list[Statement | Repeat] = []

    def elements(statement: Statement, index: Index) -> Any:
        return elements_of(index, statement.axes, sizes[index.array], lengths)

    for each in statements:
        given = int(type(each) is Repeat)
        body = list(map(fill_strides, each.body)) if type(each) is Repeat else [fill_strides(each)]
        reached: list[Any] = [elements(x, x.target) if x.target.array in used else None for x in body]
        for k, (x, here) in enumerate(zip(body, reached)):
            array = x.target.array
            if here is None or not is_simple(x, given, lengths) or used[array][here].any():
                continue
            others = [there for n, there in enumerate(reached) if n != k and body[n].target.array == array]
            once = len(here) == 1 or len(numpy.unique(here)) == len(here)
            if once and not any(numpy.isin(here, there).any() for there in others):
                fresh[array][here] = True
                sums = [axis for n, axis in enumerate(x.axes) if n >= given and not moves(x.target, n)]
                alone = array in ("gw", "gx") and {*sums} <= {Axis(1)}
                more = ("add", x.expression, 0.0) if alone else x.expression  # 0 + -0 is 0, as in eager code
                body[k] = x._replace(adds=False, expression=more, reduce="sum" if sums else "", start=0.0)
        found.append(each._replace(body=tuple(body)) if type(each) is Repeat else body[0])
        for x, here in zip(body, reached):
            if here is not None:
                used[x.target.array][here] = True
            for read in indices((None, x.expression)):
                if read.array in used:
                    used[read.array][elements(x, read)] = True
    return found, [part for name in cleared for part in ranges(name, ~fresh[name])]


def is_simple(statement: Statement, given: int, lengths: Span) -> bool:
    """Whether it adds at least one term at each target, and has the same targets at every length."""
    axes, target = statement.axes, statement.target
    least, _ = extents(axes, lengths)
    along = [axis for k, axis in enumerate(axes) if moves(target, k)]
    plain = all(axis.grows == 0 and all(moves(target, outer) for outer, _ in axis.slopes) for axis in along)
    return statement.adds and not target.by and plain and min(least, default=1) > 0 and (given == 0 or moves(target, 0))


def ranges(name: str, which: Any) -> list[Range]:
    """The ranges that contain all True places."""
    found: list[Range] = []
    for start, count in spans(which):
        stop = start + count
        if found and start - found[-1][2] < APART:
            start = found.pop()[1]
        found.append((name, start, stop))
    return found
