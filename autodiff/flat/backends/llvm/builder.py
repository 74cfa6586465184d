"""LLVM text written line by line: names, whole numbers, loops that carry values, finished functions and modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Whole = int | str  # a whole number that is known now, or the name of an i64


class Text:
    """The body of one function under construction."""

    def __init__(self) -> None:
        self.lines = ["entry:"]
        self.block = "entry"
        self.count = 0
        self.declarations: set[str] = set()
        self.masks: dict[str, str] = {}  # of comparisons, whose answers are 1 and 0

    def fresh(self, prefix: str = "t") -> str:
        self.count += 1
        return f"%{prefix}{self.count}"

    def put(self, line: str) -> None:
        self.lines.append("  " + line)

    def let(self, expression: str) -> str:
        """Append ``%name = expression`` and return the name."""
        name = self.fresh()
        self.lines.append(f"  {name} = {expression}")
        return name

    def label(self, name: str) -> None:
        self.lines.append(f"{name}:")
        self.block = name

    # --- Whole numbers -----------------------------------------------------------------------------

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

    def room(self, doubles: int) -> str:
        """Room for so many doubles on the stack, aligned to cache lines."""
        return self.let(f"alloca [{doubles} x double], align 64")

    def zero(self, address: str, doubles: int) -> None:
        """Set so many doubles to 0."""
        self.declarations.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
        self.put(f"call void @llvm.memset.p0.i64(ptr align 8 {address}, i8 0, i64 {8 * doubles}, i1 false)")

    # --- Control -----------------------------------------------------------------------------------

    @contextmanager
    def loop(
        self,
        stop: Whole,
        step: int = 1,
        start: Whole = 0,
        carried: Sequence[str] = (),
        kind: str = "double",
        empty: bool = False,
    ) -> Iterator[Turn]:
        """for index in range(start, stop, step), values carried on; no turn at all only where ``empty``.

        In the body ``turn.index`` is the index and ``turn.values`` are the carried values so far; set
        ``turn.values`` to the new ones. After the loop they are the last ones.
        """
        turn, before = Turn(), self.block
        head, done = self.fresh("loop")[1:], self.fresh("done")[1:]
        turn.index = self.fresh("i")
        turn.values = inside = [self.fresh("c") for _ in carried]
        if empty:
            some = self.let(f"icmp slt i64 {start}, {stop}")
            self.put(f"br i1 {some}, label %{head}, label %{done}")
        else:
            self.put(f"br label %{head}")
        self.label(head)
        phis = len(self.lines)
        yield turn
        following = self.let(f"add nuw nsw i64 {turn.index}, {step}")
        last = self.block
        again = self.let(f"icmp slt i64 {following}, {stop}")
        self.put(f"br i1 {again}, label %{head}, label %{done}")
        self.label(done)
        self.lines[phis:phis] = [f"  {turn.index} = phi i64 [ {start}, %{before} ], [ {following}, %{last} ]"] + [
            f"  {name} = phi {kind} [ {first}, %{before} ], [ {latest}, %{last} ]"
            for name, first, latest in zip(inside, carried, turn.values)
        ]
        if empty:
            turn.values = [
                self.let(f"phi {kind} [ {first}, %{before} ], [ {latest}, %{last} ]")
                for first, latest in zip(carried, turn.values)
            ]

    def each(self, stop: Whole, body: Callable[[Whole], None], step: int = 1, start: Whole = 0) -> None:
        """``body(index)`` for every index of range(start, stop, step)."""
        if isinstance(stop, int) and isinstance(start, int) and stop - start <= step:
            body(start)
        else:
            with self.loop(stop, step, start) as turn:
                body(turn.index)

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """The body runs only where the i1 is true; it hands out only what it stores."""
        yes, rest = self.fresh("yes")[1:], self.fresh("rest")[1:]
        self.put(f"br i1 {condition}, label %{yes}, label %{rest}")
        self.label(yes)
        yield
        self.put(f"br label %{rest}")
        self.label(rest)

    def function(
        self,
        name: str,
        parameters: Sequence[str],
        internal: bool = False,
        attributes: str = "#0",
        kind: str = "void",
        result: str = "",
    ) -> str:
        """The finished function; an internal one is seen by its module only."""
        body = "\n".join([*self.lines, f"  ret {kind} {result}"])
        head = f"{'internal ' if internal else ''}{kind} @{name}({', '.join(parameters)})"
        return f"define {head} {attributes} {{\n{body}\n}}\n"


class Turn:
    """What a loop shows to its body: the index, and the values it carries."""

    __slots__ = ("index", "values")
    index: str
    values: list[str]


def module(functions: Sequence[str], declarations: set[str], attributes: str) -> str:
    """The text of a module; ``attributes`` is the content of ``#0``, and of ``#1`` for functions to be inlined."""
    kinds = f"attributes #0 = {{ {attributes} }}", f"attributes #1 = {{ {attributes} alwaysinline }}"
    return "\n".join([*sorted(declarations), *functions, *kinds])
