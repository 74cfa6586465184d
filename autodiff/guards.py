"""Guards: run a value or rule that raised again, so that it returns inf or nan where IEEE 754 defines a result.

Values and rules written by users call ``math``, ``/`` and ``**``, which raise where C99 returns inf or nan. The second
run takes Numbers, floats whose ``/`` and ``**`` never raise, and a copy of the function in which the math module, its
functions and the functions that call them are replaced by guarded ones.
"""

from __future__ import annotations

import builtins
import math
from functools import partial
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, SimpleNamespace

from .ieee import ERRORS, INF, NAN, quotient, real, remainder, to_the_power, whole_quotient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any


def rescue(primitive: Any, part: str, known: Sequence[Any], error: Exception, rows: Mapping[str, Any]) -> Any:
    """The guarded "value" or "rule" at ``known``, math's functions taken from ``rows``; if that fails, raise error."""
    function = primitive.value if part == "value" else primitive.local_gradients
    plain = all(type(x) is float for x in known)
    if part == "value" and isinstance(error, TypeError):
        refuse_count(primitive, len(known))
    place = f"the {part} of {primitive.name} at ({', '.join(map(repr, known)):.60})"
    if plain and isinstance(error, (ArithmeticError, ValueError, TypeError)):
        try:
            found = Guards(rows).guard(function)(*map(Number, known))
            if part == "value":
                return real(found, place)
            return tuple([x if x is None or type(x) is bool else real(x, place) for x in found])
        except ERRORS:  # the first error says more
            if part == "value" and isinstance(error, (ArithmeticError, ValueError)):
                message = f"{place} raises {type(error).__name__}: {error}; let it return inf or nan"
                raise ValueError(message) from error
    if f"in {place}" not in getattr(error, "__notes__", ()):  # only once, even if a value calls itself endlessly
        error.add_note(f"in {place}")
    raise error


def refuse_count(primitive: Any, given: int) -> None:
    """Raise TypeError if the primitive's value or rule takes another number of operands."""
    for function, before in ((primitive.value, 0), (primitive.local_gradients, 1)):  # a rule takes the output first
        code = getattr(function, "__code__", None)  # functions of the math module have none
        if code and not code.co_flags & 0x04:  # no *operands
            most = code.co_argcount - before - hasattr(function, "__self__")
            expected = min(most, max(given, most - len(function.__defaults__ or ())))
            if expected != given:
                name, operands = primitive.name, "1 operand" if expected == 1 else f"{expected} operands"
                advice = f": write {name}({name}(a, b), c)" if name in ("maximum", "minimum") and given > 2 else ""
                raise TypeError(f"{name} takes {operands}, got {given}{advice}") from None


class Number(float):
    """A float whose ``/``, ``//``, ``%`` and ``**`` return inf or nan instead of raising."""

    __slots__ = ()


def binary_method(compute: Callable[[float, float], Any], reflected: bool) -> Any:
    def method(a: float, b: Any) -> Any:
        if not isinstance(b, (float, int)):
            return NotImplemented
        a, b = float(a), float(b)
        return Number(compute(b, a) if reflected else compute(a, b))

    return method


for _name, _compute in {
    "__add__": float.__add__, "__sub__": float.__sub__, "__mul__": float.__mul__, "__truediv__": quotient,
    "__pow__": to_the_power, "__floordiv__": whole_quotient, "__mod__": remainder,
}.items():  # fmt: skip
    setattr(Number, _name, binary_method(_compute, reflected=False))
    setattr(Number, _name.replace("__", "__r", 1), binary_method(_compute, reflected=True))


def unary_method(change: Callable[[float], float]) -> Any:
    return lambda a: Number(change(a))


for _change in (float.__neg__, float.__pos__, float.__abs__):
    setattr(Number, _change.__name__, unary_method(_change))


def as_number(x: Any) -> Any:
    """A float as a Number, anything else unchanged."""
    return Number(x) if type(x) is float else x


class Guards:
    """Makes guarded copies of functions, one of each: math and all that calls it return inf or nan."""

    def __init__(self, rows: Mapping[str, Any]) -> None:
        self.rows = rows
        self.copies: dict[Any, Any] = {}

    def guard_math(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the math module that never raises where C99 defines a result: by its primitive, if any."""
        name = function.__name__
        row = self.rows.get("power" if name == "pow" else name)

        def guarded(*operands: Any) -> Any:
            if name == "log" and len(operands) == 2:
                return guarded(operands[0]) / guarded(operands[1])
            try:
                return as_number(function(*operands) if row is None else row(*operands))
            except OverflowError:  # also from ceil and trunc of inf
                return Number(math.copysign(INF, sum(operands[0]) if name == "fsum" else operands[0]))
            except ValueError:
                pole = name == "lgamma" or (name == "gamma" and operands[0] == 0.0)
                return Number(math.copysign(INF, operands[0] if name == "gamma" else 1.0) if pole else NAN)

        return guarded

    def guard(self, x: Any) -> Any:
        """x with guards, if it is math, one of its functions or a function that may call them."""
        if x is math:
            return SimpleNamespace(**{name: self.guard(member) for name, member in vars(math).items()})
        if type(x) is BuiltinFunctionType and x.__module__ == "math":
            return self.guard_math(x)
        if hasattr(type(x), "local_gradients"):  # a primitive guards itself
            return lambda *operands: as_number(x(*operands))
        if isinstance(x, partial):
            return partial(self.guard(x.func), *x.args, **x.keywords)
        if type(x) is MethodType:
            return MethodType(self.guard(x.__func__), x.__self__)
        if type(x) is not FunctionType:
            call = vars(type(x)).get("__call__")  # of a callable object
            return MethodType(self.guard(call), x) if type(call) is FunctionType else x
        if x not in self.copies:
            own = {"__import__": lambda *arguments: self.guard(__import__(*arguments)), "float": Number}
            names = x.__globals__ | {"__builtins__": vars(builtins) | own}
            cells = tuple([CellType() for _ in x.__closure__ or ()])
            copy = self.copies[x] = FunctionType(x.__code__, names, x.__name__, x.__defaults__, cells)
            copy.__kwdefaults__ = x.__kwdefaults__
            names |= {name: self.guard(names[name]) for name in names_in(x.__code__) if name in x.__globals__}
            for cell, old in zip(cells, x.__closure__ or ()):
                if old != CellType():  # not an empty cell
                    cell.cell_contents = self.guard(old.cell_contents)
        return self.copies[x]


def names_in(code: CodeType) -> Iterator[str]:
    """The names that a function and its inner functions use."""
    yield from code.co_names
    for constant in code.co_consts:
        if type(constant) is CodeType:
            yield from names_in(constant)
