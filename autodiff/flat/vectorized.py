"""The table of primitives for whole arrays: the same values, element by element, in NumPy or an array library like it.

Sums take their terms along the last axis but one; the last axis is always the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from ..ieee import chosen
from ..primitives import Primitive
from ..tracing import Unsupported
from .code import SMALL, SUMS, TINY
from .expansion import Place, instructions
from .program import primitive_of
from .roll import SHORT

SAME_NAME = ["log2", "log10", "hypot", "sinh", "cosh", "floor", "fmod"]
SAME_NAME += ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "tanh", "abs", "maximum", "minimum", "sign"]
RENAMED = {name: f"arc{name[1:]}" for name in ("asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh")}
COMPARISONS = ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"]


class Functions(dict[Any, Callable[..., Any]]):
    """The functions for what stands first in an expression: those of a core, and all others, made of it when needed.

    ``masks`` are comparisons as the conditions of a ``where``, true or false instead of 1.0 or 0.0.
    """

    def __init__(self, xp: Any) -> None:
        super().__init__(core(xp))
        self.core, self.xp = frozenset(self), xp
        self.masks = {name: getattr(xp, name) for name in COMPARISONS}
        if xp.__name__ == "numpy":  # jax can raise no error
            take = self["take"]
            self["take"] = lambda *operands: take(*self.with_index(*operands))

    def with_index(self, *operands: Any) -> Any:
        """The operands of take; IndexError if an index is none."""
        index, count = self.xp.ravel(operands[-1]), len(operands) - 1
        for wrong in index[~self.xp.isin(index, range(count))][:1]:
            chosen(*[0.0] * count, float(wrong))
        return operands

    def __missing__(self, head: Any) -> Callable[..., Any]:
        known: dict[int, Callable[..., Any]] = {}

        def function(*operands: Any) -> Any:
            if len(operands) not in known:
                known[len(operands)] = self.made(primitive_of(head), len(operands))
            return known[len(operands)](*operands)

        self[head] = function
        return function

    def made(self, primitive: Primitive, count: int) -> Callable[..., Any]:
        """A function of so many arrays that is made of the core; or that calls back into Python for each element."""
        try:
            code, place = instructions(primitive, count, self.core, f"over_rows with {self.xp.__name__}")
        except Unsupported:
            if self.xp.__name__ != "numpy":
                raise
            return self.xp.vectorize(primitive, otypes=[float])  # type: ignore[no-any-return]
        numbers = {place, *[x for each, places in code for x in places[each.name == "where" :] if type(x) is Place]}
        functions = [
            self.masks[name] if name in self.masks and count + i not in numbers else self.of_numbers(name)
            for i, name in enumerate([each.name for each, _ in code])
        ]

        def function(*operands: Any) -> Any:
            known = list(operands)
            for step, (_, places) in zip(functions, code):
                known.append(step(*[known[x] if type(x) is Place else x for x in places]))
            return known[place] if type(place) is Place else place

        return function

    def of_numbers(self, head: Any) -> Callable[..., Any]:
        """The function of single numbers, which sums take as an array."""
        function = self[head]
        if head not in SUMS:
            return function
        if head == "dot":
            return lambda *a: function(self.stacked(a[: len(a) // 2]), self.stacked(a[len(a) // 2 : -1]), a[-1])
        return lambda *terms: function(self.stacked(terms))

    def stacked(self, numbers: Sequence[Any]) -> Any:
        if not numbers:
            return self.xp.zeros((0, 1))
        return self.xp.stack(self.xp.broadcast_arrays(*map(self.xp.atleast_1d, numbers)), axis=-2)


def core(xp: Any) -> dict[str, Callable[..., Any]]:
    """The core by name, made of the functions of an array namespace (``numpy``, ``jax.numpy``)."""

    def comparison(compare: Callable[..., Any]) -> Callable[..., Any]:
        return lambda a, b: xp.where(compare(a, b), 1.0, 0.0)

    def power(a: Any, b: Any) -> Any:
        if type(b) is float and b != 0.5:
            return a * a if b == 2.0 else xp.power(a, b)
        # NumPy takes the square root for an exponent of 0.5; C99's pow has other answers at -inf (inf) and -0 (0).
        root = xp.sqrt(xp.where(a == -xp.inf, xp.inf, a)) + 0.0
        return xp.where(b == 0.5, root, xp.where(b == 2.0, a * a, xp.power(a, b)))

    return {
        **{name: getattr(xp, RENAMED.get(name, name)) for name in [*SAME_NAME, *RENAMED]},
        **{name: comparison(getattr(xp, name)) for name in ("less", "less_equal", "equal")},
        "add": xp.add,
        "sub": xp.subtract,
        "mul": xp.multiply,
        "div": xp.divide,
        "neg": xp.negative,
        "power": power,
        "where": lambda c, a, b: xp.where(c if getattr(c, "dtype", "") == "bool" else c != 0.0, a, b),
        **sums(xp),
    }


def sums(xp: Any) -> dict[str, Callable[..., Any]]:
    """The primitives of many operands, of one array or of two and a bias."""

    def logsumexp(terms: Any) -> Any:
        largest = xp.max(terms, axis=-2)
        finite = xp.isfinite(largest)
        shift = xp.where(finite, largest, 0.0)
        return xp.where(finite, shift + xp.log(xp.sum(xp.exp(terms - shift[..., None, :]), axis=-2)), largest)

    def norm(terms: Any) -> Any:
        size = xp.max(xp.abs(terms), axis=-2)
        scale = xp.where(size < SMALL, 1.0 / TINY, xp.where(size > 1.0 / SMALL, TINY, 1.0))
        return xp.sqrt(xp.sum((terms * scale[..., None, :]) ** 2, axis=-2)) / scale

    return {
        "sum": lambda terms: total(xp, terms),
        "logsumexp": logsumexp,
        "largest": lambda terms: xp.max(terms, axis=-2),
        "norm": norm,
        "dot": lambda weights, inputs, bias: biased_product(xp, weights, inputs, bias),
    }


def total(xp: Any, terms: Any) -> Any:
    """The sum along the last axis but one; of few terms one after the other, so that -0 stays -0."""
    count = terms.shape[-2]
    if not 0 < count < SHORT:
        return xp.sum(terms, axis=-2)
    return reduce(xp.add, [terms[..., k, :] for k in range(count)])


def biased_product(xp: Any, a: Any, b: Any, bias: Any) -> Any:
    """bias + the sum of a * b; of few products one after the other, so that it is rounded as everywhere else."""
    count = max(a.shape[-2], b.shape[-2])
    if count >= SHORT:
        return summed_product(xp, a, b) + bias
    for k in range(count):
        bias = bias + a[..., k, :] * b[..., k, :]
    return bias


def summed_product(xp: Any, a: Any, b: Any) -> Any:
    """The sum of a * b along the last axis but one; a matrix product where one of them is the same for all rows."""
    if b.shape[-1] == 1 and b.ndim <= a.ndim:
        a, b = b, a
    if a.shape[-1] == 1 and b.ndim == 2:
        return a[..., 0] @ b
    return xp.sum(a * b, axis=-2)
