"""Numbers in registers: expressions at a point of a nest, what they read, where results are stored.

What is in a register already is not computed or loaded again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ...loops.statements import Expression, Index
from .axes import moves, side_by_side
from .builder import Text
from .core import costs, plus_product, value as computed
from .vector import LIBRARY, Lanes

Place = tuple[str, int]  # an index along an axis: a name, or "", and how far beyond it
Point = dict[int, Place]  # such places by axis, in the order of the loops
Called = dict[tuple[Any, int, int], str]  # functions: (primitive, number of operands, lanes) to name
KNOWN = "t"  # the array whose numbers are known beforehand: they choose rightly
HEAVY = 16  # instructions from which a primitive that is needed a few times is a function that is called


class View(NamedTuple):
    """What a register holds at a point: numbers along an axis, only those in the mask where there is one."""

    v: Lanes
    axis: int = -1  # none
    mask: str = ""


class Registers:
    """What is known in registers at one place of a Text.

    What is ``brief`` runs a few times: heavy primitives are functions there, which are ``called``, so it stays short;
    without a place for these nothing is. Where numbers are ``split`` each is loaded and stored by itself, so that LLVM
    can keep it in a register from one function to the next.
    """

    def __init__(self, text: Text, called: Called | None, split: bool = False) -> None:
        self.text, self.called, self.split = text, called, split
        self.known: dict[Any, str] = {}  # addresses, numbers that were loaded or stored, results
        self.brief = False

    def plus(self, view: View, total: str, term: Expression, at: Point, fuse: bool) -> str:
        """The sum and one more term, which may fuse if it is a product."""
        if type(term) is tuple and term[0] == "mul":
            a, b = (self.value(view, x, at) for x in term[1:])
            return plus_product(view.v, total, a, b, fuse)
        if type(term) is tuple and term[0] == "neg":
            return view.v.sub(total, self.value(view, term[1], at))
        return view.v.add(total, self.value(view, term, at))

    def once(self, key: tuple[Any, ...], make: Callable[[], str]) -> str:
        """What ``make`` appends, unless it is there already."""
        if key not in self.known:
            self.known[key] = make()
        return self.known[key]

    def value(self, view: View, expression: Expression, at: Point) -> str:
        """The register of an expression at a point."""
        v = view.v
        if type(expression) is float:
            return v.constant(expression)
        if type(expression) is Index:
            return self.load(view, expression, at)
        head, *parts = expression
        operands = [self.value(view, x, at) for x in parts]
        return self.once((v.width, head, *operands), lambda: self.computed(v, head, operands))

    def computed(self, v: Lanes, head: Any, operands: Sequence[str]) -> str:
        """A primitive of registers."""
        if self.called is None or not self.brief or head in LIBRARY or sum(costs((head, *operands))) < HEAVY:
            return computed(v, head, operands)
        name = self.called.setdefault((head, len(operands), v.width), f"primitive{len(self.called)}")
        return self.text.let(f"call {v.vector} @{name}({', '.join([f'{v.vector} {x}' for x in operands])})")

    def base(self, x: Index, at: Point) -> tuple[str, int]:
        """Where the index points without what chooses in a gather: an address, and how many doubles beyond."""
        address, further = f"%{x.array}", x.start
        if x.grows:
            address = self.once((address, "%length", x.grows), lambda: self.moved(address, "%length", x.grows))
        for axis, (name, more) in at.items():
            stride = x.strides[axis]
            further += stride * more
            if stride and name:
                address = self.once((address, name, stride), lambda: self.moved(address, name, stride))  # noqa: B023
        return address, further

    def moved(self, address: str, name: str, stride: int) -> str:
        if stride > 0:
            return self.text.address(address, name, stride)
        return self.text.address(address, self.text.times(name, stride))

    def address(self, x: Index, at: Point) -> str:
        """Where the number at the index is at a point."""
        address, further = self.base(x, at)
        if x.by:
            chosen = self.chosen(x.by, x.choices, at)
            address = self.once((address, chosen, x.wide), lambda: self.moved(address, chosen, x.wide))
        return self.once((address, further), lambda: self.text.address(address, further))

    def chosen(self, by: Index, choices: int, at: Point) -> str:
        """The whole number at an index, the last of the choices where it is none of them."""
        number = self.load(View(Lanes(self.text, 1)), by, at)
        whole = self.once(("whole", number), lambda: self.text.let(f"fptosi double {number} to i64"))
        if by.array == KNOWN:
            return whole
        inside = self.inside(by, choices, at)
        return self.once(
            ("chosen", inside), lambda: self.text.let(f"select i1 {inside}, i64 {whole}, i64 {choices - 1}")
        )

    def inside(self, by: Index, choices: int, at: Point) -> str:
        """Whether the number at an index is whole and one of so many choices."""
        number = self.load(View(Lanes(self.text, 1)), by, at)
        whole, let = self.known["whole", number], self.text.let

        def check() -> str:
            below, back = let(f"icmp ult i64 {whole}, {choices}"), let(f"sitofp i64 {whole} to double")
            return let(f"and i1 {below}, {let(f'fcmp oeq double {number}, {back}')}")

        return self.once(("inside", number, choices), check)

    def together(self, view: View, x: Index) -> bool:
        """Whether a vector is loaded or stored as such."""
        v, axis, mask = view
        split = self.split and x.array not in "xt" and not mask
        return v.width == 1 or (side_by_side(x, axis) and not split)

    def load(self, view: View, x: Index, at: Point) -> str:
        v, axis, mask = view
        along = axis >= 0 and moves(x, axis)
        if along and not self.together(view, x):
            name, further = at[axis]
            one = View(Lanes(self.text, 1))
            return one.v.join([self.load(one, x, {**at, axis: (name, further + k)}) for k in range(v.width)])
        address = self.address(x, at)
        if along and mask:
            number = self.once(("load", address, v.width, mask), lambda: v.load_masked(mask, address))
        elif along:
            number = self.once(("load", address, v.width), lambda: v.load(address, aligned=False))
        else:
            single = self.once(("load", address, 1), lambda: self.text.let(f"load double, ptr {address}, align 8"))
            number = self.once(("splat", v.width, single), lambda: v.splat(single))
        if x.by is None or x.by.array == KNOWN:
            return number
        inside = self.inside(x.by, x.choices, at)
        kind, none = v.vector, v.constant(math.nan)
        return self.once(
            ("or nan", number, inside), lambda: self.text.let(f"select i1 {inside}, {kind} {number}, {kind} {none}")
        )

    def store(self, view: View, x: Index, at: Point, number: str) -> None:
        v, axis, mask = view
        if axis >= 0 and not self.together(view, x):  # one after the other
            (name, further), one = at[axis], View(Lanes(self.text, 1))
            for k in range(v.width):
                self.store(one, x, {**at, axis: (name, further + k)}, v.part(number, k, 1))
            return
        address = self.address(x, at)
        if mask:
            v.store_masked(mask, number, address)
        else:
            v.store(number, address, aligned=False)
        if x.by:
            self.known = {}
        else:
            self.known[("load", address, v.width, mask) if mask else ("load", address, v.width)] = number
