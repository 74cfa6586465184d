"""The Value of the single-file GPTs, as a yardstick: each node holds a tuple of parents and one of local gradients."""

from __future__ import annotations

import math
from typing import Any


class TupleValue:
    """A number that remembers its parents and d self / d parent for each, as numbers."""

    __slots__ = ("data", "grad", "locals", "parents")

    def __init__(self, data: float, parents: tuple[Any, ...] = (), locals: tuple[float, ...] = ()) -> None:
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.locals = locals

    def __add__(self, other: Any) -> TupleValue:
        other = other if isinstance(other, TupleValue) else TupleValue(other)
        return TupleValue(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> TupleValue:
        other = other if isinstance(other, TupleValue) else TupleValue(other)
        return TupleValue(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, exponent: float) -> TupleValue:
        return TupleValue(self.data**exponent, (self,), (exponent * self.data ** (exponent - 1),))

    def exp(self) -> TupleValue:
        out = math.exp(self.data)
        return TupleValue(out, (self,), (out,))

    def log(self) -> TupleValue:
        return TupleValue(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self) -> TupleValue:
        return TupleValue(max(0.0, self.data), (self,), (float(self.data > 0.0),))

    def __neg__(self) -> TupleValue:
        return self * -1.0

    def __sub__(self, other: Any) -> TupleValue:
        return self + (-other)

    def __truediv__(self, other: Any) -> TupleValue:
        return self * other**-1

    __radd__, __rmul__ = __add__, __mul__

    def backward(self) -> None:
        order: list[TupleValue] = []
        seen: set[TupleValue] = set()

        def visit(node: TupleValue) -> None:
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for parent, local in zip(node.parents, node.locals):
                parent.grad += local * node.grad
