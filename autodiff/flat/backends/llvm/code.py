"""Statements compiled to functions over arrays, and the memory that these run on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy

from ...loops.statements import Repeat, Statement
from .builder import Text, module
from .core import value as computed
from .emitter import Emitter
from .machine import ATTRIBUTES, Compiled, aligned, machine
from .vector import Lanes

PART = 500  # lines of text from which a function ends
MODULE = 3000  # and a module: what is compiled at a time


class Code:
    """One function in machine code: statements run one after the other, over arrays whose names and sizes are given.

    ``cleared`` are the arrays that are set to 0 first. ``lengths`` are the smallest and largest length that it is
    called with.
    """

    def __init__(
        self,
        statements: Iterable[Statement | Repeat],
        sizes: Mapping[str, int],
        cleared: Sequence[str] = (),
        lengths: tuple[int, int] = (0, 0),
    ) -> None:
        self.sizes = sizes
        self.compiled: list[Compiled] = []
        self.lengths = lengths
        self.pointers = [f"ptr noalias %{name}" for name in sizes]
        self.calls: list[str] = []  # the functions so far, as they are called
        self.begin()
        text = self.driver(cleared)
        for part in self.parts(statements):
            self.functions.append(part)
            if sum([len(x) for x in self.functions]) > 40 * MODULE:
                self.end()
        for call in self.calls:
            given = ", ".join([f"ptr %{name}" for name in self.sizes])
            text.put(f"call void {call}({given}, i64 %length)")
        self.functions.append(text.function("run", ["ptr %arrays", "i64 %length"]))
        self.declarations |= text.declarations
        self.end()
        self.call = self.compiled[-1].function("run", 1, 1)

    def begin(self) -> None:
        self.functions: list[str] = []
        self.declarations: set[str] = set()
        self.called: dict[tuple[Any, int], str] = {}

    def parts(self, statements: Iterable[Statement | Repeat]) -> Any:
        text = None
        for statement in statements:
            if text is None:
                text = Text()
                emitter = Emitter(text, machine().width, self.lengths, self.called)
            emitter.write(statement)
            if len(text.lines) > PART:
                yield self.part(text)
                text = None
        if text is not None:
            yield self.part(text)

    def part(self, text: Text) -> str:
        name = f"part{len(self.calls)}"
        self.calls.append(f"@{name}")
        self.declarations |= text.declarations
        return text.function(name, [*self.pointers, "i64 %length"])

    def end(self) -> None:
        """Compile the functions so far."""
        for (head, count), name in self.called.items():
            text = Text()
            result = computed(Lanes(text, 1), head, [f"%x{k}" for k in range(count)])
            self.functions.append(
                text.function(name, [f"double %x{k}" for k in range(count)], True, "#0", f"double {result}")
            )
            self.declarations |= text.declarations
        compiled = Compiled(module(self.functions, self.declarations, ATTRIBUTES), improved=False)
        self.compiled.append(compiled)
        for k, call in enumerate(self.calls):
            if call.startswith("@"):
                self.calls[k] = f"inttoptr (i64 {compiled.engine.get_function_address(call[1:])} to ptr)"
        self.begin()

    def driver(self, cleared: Sequence[str]) -> Text:
        text = Text()
        for k, name in enumerate(self.sizes):
            text.put(f"%p{k} = getelementptr ptr, ptr %arrays, i64 {k}")
            text.put(f"%{name} = load ptr, ptr %p{k}, align 8")
        for name in cleared:
            text.declarations.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
            text.put(f"call void @llvm.memset.p0.i64(ptr align 64 %{name}, i8 0, i64 {8 * self.sizes[name]}, i1 false)")
        return text


class Memory:
    """Arrays by name, each beginning at a cache line, some of them perhaps those of another memory."""

    def __init__(self, sizes: Mapping[str, int], **shared: Any) -> None:
        self.arrays = {name: shared[name] if name in shared else aligned(size) for name, size in sizes.items()}
        self.table = numpy.array([array.ctypes.data for array in self.arrays.values()], dtype=numpy.uint64)
        self.address = self.table.ctypes.data

    def __getitem__(self, name: str) -> Any:
        return self.arrays[name]
