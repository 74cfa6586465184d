"""LLVM text, line by line: whole numbers, loops, functions; vectors of doubles, their masks, bits and sums.

No fast-math flag is set: only ``muladd`` and ``fma`` fuse.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

INTRINSICS = {"fmuladd": 3, "fma": 3, "fabs": 1, "copysign": 2, "sqrt": 1, "floor": 1}
NAMES = "expm1 log1p log2 log10 sin cos tan asin acos atan sinh cosh asinh acosh atanh erf"
LIBRARY = dict.fromkeys(NAMES.split(), 1)
LIBRARY |= dict.fromkeys(["pow", "atan2", "hypot", "fmod"], 2)
Whole = int | str  # a whole number, or the name of an i64


class Text:
    def __init__(self) -> None:
        self.lines = ["entry:"]
        self.block = "entry"
        self.count = 0
        self.declarations: set[str] = set()
        self.masks: dict[str, str] = {}  # of comparisons, by the names of their answers 1 and 0
        self.ends: list[str] = []  # labels behind the loops being written

    def fresh(self, prefix: str = "t") -> str:
        self.count += 1
        return f"%{prefix}{self.count}"

    def put(self, line: str) -> None:
        self.lines.append("  " + line)

    def let(self, expression: str) -> str:
        name = self.fresh()
        self.lines.append(f"  {name} = {expression}")
        return name

    def label(self, name: str) -> None:
        self.lines.append(f"{name}:")
        self.block = name

    def plus(self, a: Whole, b: Whole) -> Whole:
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if b == 0 or a == 0:
            return a if b == 0 else b
        return self.let(f"add nsw i64 {a}, {b}")

    def times(self, a: Whole, b: Whole) -> Whole:
        if isinstance(a, int) and isinstance(b, int):
            return a * b
        if 0 in (a, b):
            return 0
        if b == 1 or a == 1:
            return a if b == 1 else b
        return self.let(f"mul nsw i64 {a}, {b}")

    def address(self, base: str, index: Whole, stride: int = 1) -> str:
        """The address of the double base[stride * index]."""
        kind = "double" if stride == 1 else f"[{stride} x double]"
        return base if index == 0 else self.let(f"getelementptr inbounds {kind}, ptr {base}, i64 {index}")

    def zero(self, address: str, doubles: int) -> None:
        self.declarations.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
        self.put(f"call void @llvm.memset.p0.i64(ptr align 8 {address}, i8 0, i64 {8 * doubles}, i1 false)")

    @contextmanager
    def loop(
        self, stop: Whole, step: int = 1, start: Whole = 0, carried: Sequence[str] = (), kind: str = "double",
        empty: bool = False,
    ) -> Iterator[tuple[str, list[str]]]:  # fmt: skip
        """for index in range(start, stop, step), with carried values; only an ``empty`` loop may have no turn.

        Yields the index and the list of carried values, which the body replaces; after the loop it holds the last ones.
        """
        before, head, done, index = self.block, self.fresh("loop")[1:], self.fresh("done")[1:], self.fresh("i")
        inside = [self.fresh("c") for _ in carried]
        values = [*inside]
        if empty:
            some = self.let(f"icmp slt i64 {start}, {stop}")
            self.put(f"br i1 {some}, label %{head}, label %{done}")
        else:
            self.put(f"br label %{head}")
        self.label(head)
        phis = len(self.lines)
        self.ends.append(done)
        yield index, values
        self.ends.pop()
        following = self.let(f"add nuw nsw i64 {index}, {step}")
        again, last = self.let(f"icmp slt i64 {following}, {stop}"), self.block
        self.put(f"br i1 {again}, label %{head}, label %{done}")
        self.label(done)
        both = [f"phi {kind} [ {first}, %{before} ], [ {latest}, %{last} ]" for first, latest in zip(carried, values)]
        counted = f"phi i64 [ {start}, %{before} ], [ {following}, %{last} ]"
        self.lines[phis:phis] = [f"  {name} = {phi}" for name, phi in zip([index, *inside], [counted, *both])]
        if empty:
            values[:] = map(self.let, both)

    def leave_unless(self, condition: str) -> None:
        """Leave the loop, which must not carry values, if the i1 is false."""
        name = self.fresh("goes")[1:]
        self.put(f"br i1 {condition}, label %{name}, label %{self.ends[-1]}")
        self.label(name)

    def each(
        self, stop: Whole, body: Callable[[Whole], None], step: int = 1, start: Whole = 0, empty: bool = False
    ) -> None:
        """Write ``body(index)`` for every index of range(start, stop, step), which may only be empty if ``empty``."""
        if isinstance(stop, int) and isinstance(start, int) and stop - start <= step:
            body(start)
        else:
            with self.loop(stop, step, start, empty=empty) as (index, _):
                body(index)

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """Run the body only if the i1 is true; its results must be stored."""
        yes, rest = self.fresh("yes")[1:], self.fresh("rest")[1:]
        self.put(f"br i1 {condition}, label %{yes}, label %{rest}")
        self.label(yes)
        yield
        self.put(f"br label %{rest}")
        self.label(rest)

    def function(
        self, name: str, parameters: Sequence[str], internal: bool = False, attributes: str = "#0",
        kind: str = "void", result: str = "",
    ) -> str:  # fmt: skip
        """The text of the finished function; an internal one is visible in its module only."""
        body = "\n".join([*self.lines, f"  ret {kind} {result}"])
        head = f"{'internal ' if internal else ''}{kind} @{name}({', '.join(parameters)})"
        return f"define {head} {attributes} {{\n{body}\n}}\n"


def module(functions: Sequence[str], declarations: set[str], attributes: str) -> str:
    """The text of a module; ``attributes`` are those of ``#0``, and of ``#1`` for functions to inline."""
    kinds = f"attributes #0 = {{ {attributes} }}", f"attributes #1 = {{ {attributes} alwaysinline }}"
    return "\n".join([*sorted(declarations), *functions, *kinds])


# --- Vectors of doubles ---------------------------------------------------------------------------


def double_literal(x: float) -> str:
    """A double, exact, in LLVM's notation."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


def instruction(name: str) -> Callable[[Lanes, str, str], str]:
    return lambda v, a, b: v.let(f"{name} {v.vector} {a}, {b}")


def intrinsic_named(name: str) -> Callable[..., str]:
    return lambda v, *arguments: v.intrinsic(name, *arguments)


class Lanes:
    """Vector operations of one width, appended to a Text. Width 1 is plain doubles."""

    def __init__(self, text: Text, width: int) -> None:
        self.text = text
        self.width = width
        self.let = text.let
        many = width > 1
        self.vector = f"<{width} x double>" if many else "double"
        self.integers = f"<{width} x i64>" if many else "i64"
        self.bools = f"<{width} x i1>" if many else "i1"
        self.suffix = f"v{width}f64" if many else "f64"
        self.zero = self.constant(0.0)
        self.one = self.constant(1.0)

    def constant(self, x: float) -> str:
        return f"splat (double {double_literal(x)})" if self.width > 1 else double_literal(x)

    def whole(self, n: int) -> str:
        return f"splat (i64 {n})" if self.width > 1 else str(n)

    def splat(self, scalar: str, kind: str = "double") -> str:
        """A double or an i64 in every lane."""
        if self.width == 1:
            return scalar
        vector = f"<{self.width} x {kind}>"
        first = self.let(f"insertelement {vector} poison, {kind} {scalar}, i64 0")
        return self.let(f"shufflevector {vector} {first}, {vector} poison, <{self.width} x i32> zeroinitializer")

    add, sub, mul, div = (instruction(name) for name in ("fadd", "fsub", "fmul", "fdiv"))

    def neg(self, a: str) -> str:
        return self.let(f"fneg {self.vector} {a}")

    def intrinsic(self, name: str, *arguments: str) -> str:
        kinds = ", ".join([self.vector] * INTRINSICS[name])
        self.text.declarations.add(f"declare {self.vector} @llvm.{name}.{self.suffix}({kinds})")
        typed = ", ".join(f"{self.vector} {a}" for a in arguments)
        return self.let(f"call {self.vector} @llvm.{name}.{self.suffix}({typed})")

    muladd = intrinsic_named("fmuladd")  # a * b + c, fused where the machine can
    fma = intrinsic_named("fma")  # with one rounding on every machine (a slow library call without FMA)
    absolute, copysign = intrinsic_named("fabs"), intrinsic_named("copysign")

    # --- Masks -------------------------------------------------------------------------------------

    def compare(self, condition: str, a: str, b: str) -> str:
        """One bit per lane: oeq ogt oge olt ole (false for nan), une uno ult ... (true for nan)."""
        return self.let(f"fcmp {condition} {self.vector} {a}, {b}")

    def select(self, mask: str, a: str, b: str) -> str:
        return self.let(f"select {self.bools} {mask}, {self.vector} {a}, {self.vector} {b}")

    def at_most(self, x: str, bound: str) -> str:
        """min(x, bound); nan stays nan. One instruction on x86."""
        return self.select(self.compare("olt", bound, x), bound, x)

    def at_least(self, x: str, bound: str) -> str:
        """max(x, bound); nan stays nan. One instruction on x86."""
        return self.select(self.compare("ogt", bound, x), bound, x)

    def library(self, name: str, *arguments: str) -> str:
        """Call a function of the C library for each lane in turn."""
        self.text.declarations.add(f"declare double @{name}({', '.join(['double'] * len(arguments))})")
        answers = []
        for lane in range(self.width):
            numbers = ", ".join([f"double {self.part(x, lane, 1)}" for x in arguments])
            answers.append(self.let(f"call double @{name}({numbers})"))
        return self.join(answers)

    def lanes(self, count: int) -> str:
        """The mask of the first ``count`` lanes."""
        return f"<{', '.join(f'i1 {int(lane < count)}' for lane in range(self.width))}>"

    def first_lanes(self, row: Whole, rows: Whole) -> str:
        """The mask of the lanes row, row + 1, ... below ``rows``."""
        lanes = ", ".join(f"i64 {lane}" for lane in range(self.width))
        remaining = self.splat(self.let(f"sub i64 {rows}, {row}"), "i64")
        return self.let(f"icmp slt {self.integers} <{lanes}>, {remaining}")

    def bits(self, a: str) -> str:
        return self.let(f"bitcast {self.vector} {a} to {self.integers}")

    def from_bits(self, a: str) -> str:
        return self.let(f"bitcast {self.integers} {a} to {self.vector}")

    def integer(self, operation: str, a: str, b: str | int) -> str:
        """add sub shl lshr ashr and or xor on the 64 bits of each lane; a Python int is a constant."""
        b = self.whole(b) if isinstance(b, int) else b
        return self.let(f"{operation} {self.integers} {a}, {b}")

    def load(self, base: str, index: Whole = 0, mask: str = "") -> str:
        """The doubles from base[index] on; with a mask, 0 in the other lanes, whose memory is not read."""
        address = self.text.address(base, index)
        if not mask:
            return self.let(f"load {self.vector}, ptr {address}, align 8")
        name = f"{self.vector} @llvm.masked.load.{self.suffix}.p0"
        self.text.declarations.add(f"declare {name}(ptr, i32, {self.bools}, {self.vector})")
        return self.let(f"call {name}(ptr {address}, i32 8, {self.bools} {mask}, {self.vector} {self.zero})")

    def store(self, value: str, base: str, index: Whole = 0, mask: str = "") -> None:
        address = self.text.address(base, index)
        if not mask:
            self.text.put(f"store {self.vector} {value}, ptr {address}, align 8")
            return
        name = f"void @llvm.masked.store.{self.suffix}.p0"
        self.text.declarations.add(f"declare {name}({self.vector}, ptr, i32, {self.bools})")
        self.text.put(f"call {name}({self.vector} {value}, ptr {address}, i32 8, {self.bools} {mask})")

    def part(self, value: str, lane: int, count: int) -> str:
        """``count`` lanes from ``lane`` on; a double for one: LLVM 22 aborts on vectors of one (vector-combine)."""
        if count == self.width:
            return value
        if count == 1:
            return self.let(f"extractelement {self.vector} {value}, i64 {lane}")
        return self.shuffle(value, "poison", range(lane, lane + count))

    def join(self, numbers: Sequence[str]) -> str:
        """A vector of these doubles; a single one stays a double."""
        if len(numbers) == 1:
            return numbers[0]
        joined, wide = "poison", Lanes(self.text, len(numbers))
        for lane, x in enumerate(numbers):
            joined = self.let(f"insertelement {wide.vector} {joined}, double {x}, i64 {lane}")
        return joined

    def shuffle(self, a: str, b: str, lanes: Sequence[int]) -> str:
        """A vector of the listed lanes of a (0, 1, ...) and b (width, ...)."""
        picked = ", ".join(f"i32 {lane}" for lane in lanes)
        return self.let(f"shufflevector {self.vector} {a}, {self.vector} {b}, <{len(lanes)} x i32> <{picked}>")

    def totals(self, vectors: list[str]) -> str:
        """A vector whose lane k is the sum of the lanes of vector k, for ``width`` vectors: width - 1 additions."""
        span, width = 1, self.width
        while len(vectors) > 1:
            starts = range(0, width, 2 * span)
            low = [lane for s in starts for lane in (*range(s, s + span), *range(width + s, width + s + span))]
            high = [lane + span for lane in low]
            pairs = zip(vectors[::2], vectors[1::2])
            vectors = [self.add(self.shuffle(a, b, low), self.shuffle(a, b, high)) for a, b in pairs]
            span *= 2
        return vectors[0]
