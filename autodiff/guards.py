"""Guards: a value or rule that raised, run again on numbers that answer inf or nan where IEEE 754 has an answer.

Values and rules that users write call ``math``, ``/`` and ``**``, which raise where C99 gives inf or nan. The second
run is on Numbers, floats whose ``/`` and ``**`` never raise, by a copy of the function in which the math module, its
functions and the functions that call them are replaced by ones that answer.
"""

from __future__ import annotations

import builtins
import math
from functools import partial
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, SimpleNamespace

from .ieee import ERRORS, INF, NAN, quotient, real, to_the_power

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any


def rescued(primitive: Any, part: str, known: Sequence[Any], error: Exception, rows: Mapping[str, Any]) -> Any:
    """What the "value" or "rule" gives on numbers that never raise, math's functions being ``rows``; else the error."""
    function = primitive.value if part == "value" else primitive.local_gradients
    plain = all(type(x) is float for x in known)
    if part == "value" and isinstance(error, TypeError):
        refuse_count(primitive, len(known))
    place = f"the {part} of {primitive.name} at ({', '.join(map(repr, known)):.60})"
    if plain and isinstance(error, (ArithmeticError, ValueError, TypeError)):
        try:
            found = Guards(rows).guarded(function)(*map(Number, known))
            if part == "value":
                return real(found, place)
            return tuple([x if x is None or type(x) is bool else real(x, place) for x in found])
        except ERRORS:  # what was raised first says more
            if part == "value" and isinstance(error, (ArithmeticError, ValueError)):
                raised = f"{place} raises {type(error).__name__}: {error}; let it answer inf or nan"
                raise ValueError(raised) from error
    if f"in {place}" not in getattr(error, "__notes__", ()):  # once, where a value calls itself without end
        error.add_note(f"in {place}")
    raise error


def refuse_count(primitive: Any, given: int) -> None:
    """Raise TypeError if the primitive's value or rule take another number of operands."""
    for function, before in ((primitive.value, 0), (primitive.local_gradients, 1)):  # a rule takes the output first
        code = getattr(function, "__code__", None)  # functions of the math module have none
        if code and not code.co_flags & 0x04:  # it has no *operands
            most = code.co_argcount - before - hasattr(function, "__self__")
            expected = min(most, max(given, most - len(function.__defaults__ or ())))
            if expected != given:
                name = primitive.name
                advice = f": write {name}({name}(a, b), c)" * (name in ("maximum", "minimum") and given > 2)
                operands = f"operand{'s' * (expected != 1)}, got {given}{advice}"
                raise TypeError(f"{name} takes {expected} {operands}") from None


class Number(float):
    """A float whose ``/``, ``//``, ``%`` and ``**`` answer inf or nan where they are not defined."""

    __slots__ = ()


def operator(compute: Callable[[float, float], Any], reflected: bool) -> Any:
    def method(a: float, b: Any) -> Any:
        if not isinstance(b, (float, int)):
            return NotImplemented
        a, b = float(a), float(b)
        return Number(compute(b, a) if reflected else compute(a, b))

    return method


for _name, _compute in {
    "__add__": float.__add__, "__sub__": float.__sub__, "__mul__": float.__mul__, "__truediv__": quotient,
    "__pow__": to_the_power, "__floordiv__": lambda a, b: a // b if b else quotient(a, b),
    "__mod__": lambda a, b: a % b if b else NAN,
}.items():  # fmt: skip
    setattr(Number, _name, operator(_compute, reflected=False))
    setattr(Number, _name.replace("__", "__r", 1), operator(_compute, reflected=True))
for _change in (float.__neg__, float.__pos__, float.__abs__):
    setattr(Number, _change.__name__, lambda a, change=_change: Number(change(a)))


def number(x: Any) -> Any:
    """A float as a Number, anything else as it is."""
    return Number(x) if type(x) is float else x


class Guards:
    """Copies of functions in which math, its functions and the functions that call them answer; each made once."""

    def __init__(self, rows: Mapping[str, Any]) -> None:
        self.rows = rows
        self.done: dict[Any, Any] = {}

    def of_math(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the math module that answers wherever C99 does: the primitive of its name, if there is one."""
        name = function.__name__
        row = self.rows.get("power" if name == "pow" else name)

        def guard(*operands: Any) -> Any:
            if name == "log" and len(operands) == 2:
                return guard(operands[0]) / guard(operands[1])
            try:
                return number(function(*operands) if row is None else row(*operands))
            except OverflowError:  # ceil and trunc of inf, too
                return Number(math.copysign(INF, sum(operands[0]) if name == "fsum" else operands[0]))
            except ValueError:
                pole = name == "lgamma" or (name == "gamma" and operands[0] == 0.0)
                return Number(math.copysign(INF, operands[0] if name == "gamma" else 1.0) if pole else NAN)

        return guard

    def guarded(self, x: Any) -> Any:
        """x, where it is math, a function of it or one that may call it, guarded."""
        if x is math:
            return SimpleNamespace(**{name: self.guarded(member) for name, member in vars(math).items()})
        if type(x) is BuiltinFunctionType and x.__module__ == "math":
            return self.of_math(x)
        if hasattr(type(x), "local_gradients"):  # a primitive guards itself
            return lambda *operands: number(x(*operands))
        if isinstance(x, partial):
            return partial(self.guarded(x.func), *x.args, **x.keywords)
        if type(x) is MethodType:
            return MethodType(self.guarded(x.__func__), x.__self__)
        if type(x) is not FunctionType:
            call = vars(type(x)).get("__call__")  # of an object that is called like a function
            return MethodType(self.guarded(call), x) if type(call) is FunctionType else x
        if x not in self.done:
            own = {"__import__": lambda *given: self.guarded(__import__(*given)), "float": Number}
            names = x.__globals__ | {"__builtins__": vars(builtins) | own}
            cells = tuple([CellType() for _ in x.__closure__ or ()])
            copy = self.done[x] = FunctionType(x.__code__, names, x.__name__, x.__defaults__, cells)
            copy.__kwdefaults__ = x.__kwdefaults__
            names |= {name: self.guarded(names[name]) for name in named(x.__code__) if name in x.__globals__}
            for cell, old in zip(cells, x.__closure__ or ()):
                if old != CellType():  # not an empty one
                    cell.cell_contents = self.guarded(old.cell_contents)
        return self.done[x]


def named(code: CodeType) -> Iterator[str]:
    """The names in a function and in those that it defines."""
    yield from code.co_names
    for constant in code.co_consts:
        if type(constant) is CodeType:
            yield from named(constant)
