"""Gates in terms of simpler gates: a rule or a value is called with Symbols, which record the operations on them.

A backend writes a closed core of operations itself. ``instructions`` expresses every other gate in those: by the
column ``expansion`` of the table or, if a row has none, by its ``value``. An ``if`` in a value or a rule becomes a
``where``: the function runs once for each answer.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from threading import local
from typing import Any, NamedTuple

from ..formula import arithmetic
from ..graph import numbers
from ..primitives import BUILT_IN, Primitive, Slope, record_false, where
from ..tracing import Unsupported
from ..vocabulary import head_of
from .ir import Expression, primitive_of
from .recording import explain_errors

POINTS = -2.5, -0.3, 0.0, 0.5, 1.0, 3.0  # where a function of symbols is compared with numbers
MOST_BRANCHES = 64  # runs of one function, one for each combination of answers to its ifs
running = local()  # the answers of ``trace_branches`` in each thread


@arithmetic
class Symbol:
    """An operand that records the operations on it as an expression."""

    __slots__ = ("expression",)

    def __init__(self, expression: Expression) -> None:
        self.expression = expression

    @staticmethod
    def record(primitive: Primitive, operands: Sequence[Any]) -> Symbol:
        return Symbol((head_of(primitive), *map(expression_of, record_false(primitive, operands))))

    def __bool__(self) -> bool:
        answer: Callable[[Symbol], bool] | None = getattr(running, "answer", None)
        if answer is None:
            raise TypeError("a symbol has no truth value: choose with where(condition, a, b)")
        return answer(self)


def expression_of(x: Any) -> Expression:
    """The expression of a Symbol, or a number as a float."""
    x = x.item() if hasattr(x, "item") else x  # np.where gives an array of one
    return x.expression if type(x) is Symbol else float(x)


def operation_of(x: Any) -> Any:
    """(primitive, operands) of a Symbol that a rule computed; None for a name or a number."""
    if type(x) is not Symbol or type(x.expression) is not tuple:
        return None
    head, *operands = x.expression
    return primitive_of(head), [operand if type(operand) is float else Symbol(operand) for operand in operands]


# --- Every branch of a function ------------------------------------------------------------------


def trace_branches(function: Callable[..., Any], operands: Sequence[Any], name: str) -> Any:
    """Call a function of Symbols, each ``if`` in it as a ``where``; Unsupported if it needs numbers."""
    left = MOST_BRANCHES

    def run(given: list[bool]) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Unsupported(f"it has more than {MOST_BRANCHES} branches")
        conditions: list[Symbol] = []  # their answers are the given ones, then True

        def answer(condition: Symbol) -> bool:
            if len(conditions) == MOST_BRANCHES:
                raise Unsupported(f"it asks for more than {MOST_BRANCHES} conditions")
            conditions.append(condition)
            return len(conditions) > len(given) or given[len(conditions) - 1]

        outer, running.answer = getattr(running, "answer", None), answer
        try:
            with explain_errors(name, "symbols"):
                result = function(*operands)
                result = tuple(result) if type(result) is list else result
        except Unsupported:
            raise
        except (ArithmeticError, AssertionError, RuntimeError, ValueError) as error:  # perhaps in a branch not taken
            raise Unsupported(f"{type(error).__name__}: {error}") from error
        finally:
            running.answer = outer
        for i in reversed(range(len(given), len(conditions))):
            result = choose(conditions[i], result, run([*given, *[True] * (i - len(given)), False]))
        return result

    return run([])


def choose(condition: Symbol, a: Any, b: Any) -> Any:
    """``where`` of two results, entry by entry if they are tuples."""
    if type(a) is tuple and type(b) is tuple and len(a) == len(b):
        return tuple([choose(condition, x, y) for x, y in zip(a, b)])
    if a is None and b is None:
        return None
    sides = [False if x is None else x for x in (a, b)]
    if tuple in map(type, sides):
        raise Unsupported("its branches return different counts of numbers")
    return sides[0] if sides[0] is sides[1] else where(condition, *sides)


def evaluate(expression: Expression, compute: Callable[[Primitive, list[Any]], Any], done: dict[int, Any]) -> Any:
    """Compute an expression, operands first, each shared part (by id) once; without recursion, for it may be deep."""
    waiting = [expression]
    while waiting:
        top = waiting[-1]
        if type(top) is not tuple:
            done[id(top)] = top
        elif id(top) not in done:
            missing = [x for x in top[1:] if id(x) not in done]
            if missing:
                waiting += reversed(missing)
                continue
            done[id(top)] = compute(primitive_of(top[0]), [done[id(x)] for x in top[1:]])
        waiting.pop()
    return done[id(expression)]


def record_branches(function: Callable[..., Any], operands: Sequence[Any], name: str) -> Any:
    """Record a function of Values, each ``if`` in it as a ``where``; Unsupported as in ``trace_branches``."""
    found = trace_branches(function, [x if type(x) is float else Symbol(x) for x in operands], name)
    done: dict[int, Any] = {}

    def value(x: Any) -> Any:
        return evaluate(x.expression, lambda gate, known: gate(*known), done) if type(x) is Symbol else x

    return tuple(map(value, found)) if isinstance(found, (tuple, list)) else value(found)


def sample_points(value: Callable[..., Any], count: int) -> list[list[float]]:
    """Operands to compare at; for a value that needs numbers all positive, lest a loop in it never end."""
    some: Sequence[float] = POINTS
    try:
        trace_branches(value, [Symbol(f"x{k}") for k in range(count)], "the value")
    except (TypeError, ValueError):
        some = [x for x in POINTS if x > 0.0]
    return [[some[(i + 2 * k) % len(some)] for k in range(count)] for i in range(len(some))]


def difference(function: Callable[..., Any], meant: Callable[..., Any], points: Sequence[Sequence[float]]) -> str:
    """How a function of symbols differs from the value or rule that is ``meant``; "" if it does not.

    This finds functions that look at the type of their operands, or draw random numbers.
    """
    for known in points:
        try:
            with warnings.catch_warnings(action="ignore"):
                expected = meant(*known)
        except (ArithmeticError, AssertionError, RuntimeError, ValueError, TypeError, LookupError):
            continue  # not defined there
        found = trace_branches(function, [Symbol(x) for x in known], "it")
        for number, symbol in zip(*[x if type(x) in (tuple, list) else [x] for x in (expected, found)]):
            if number is None or symbol is None:
                continue
            a, b = float(number), float(evaluate(expression_of(symbol), Primitive.compute, {}))
            if not is_near(a, b):
                return f"{b:g} at ({', '.join(map(repr, known))}) instead of {a:g}"
    return ""


def is_near(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) or (a != a and b != b)


def local_gradients(
    primitive: Primitive, known: list[Any], sample: Sequence[Any], most: float = math.inf
) -> Sequence[Any]:
    """The local gradients of a rule called with symbols; if it needs numbers or has more than ``most`` parts, calls.

    ``sample`` are a result and operands, Values or floats, of a user's primitive.
    """
    rule = primitive.local_gradients
    if primitive in BUILT_IN:
        return rule(*known)
    sample = numbers(sample)
    try:
        found = trace_branches(rule, known, f"the rule of {primitive.name}")
        if wrong := difference(rule, primitive.slopes, [sample]):
            raise Unsupported(wrong)
        if any(is_large(expression_of(x), most) for x in found if x is not None):
            raise Unsupported("it is long")
    except Unsupported:
        found = primitive.slopes(*sample)
        calls = [Symbol((Slope(primitive, i, len(known) - 1), *map(expression_of, known))) for i in range(len(found))]
        found = [None if number is None else call for number, call in zip(found, calls)]
    return found  # type: ignore[no-any-return]


def is_large(expression: Expression, most: float) -> bool:
    """Whether an expression has more than ``most`` parts, counting each occurrence."""
    if most == math.inf:
        return False
    waiting = [expression]
    while waiting and most:
        most -= 1
        top = waiting.pop()
        waiting += top[1:] if type(top) is tuple else ()
    return bool(waiting)


# --- A gate in the operations of a core ----------------------------------------------------------


class Instruction(NamedTuple):
    """One operation, on floats and on Slots: places in the list of the gate's operands and all results so far."""

    primitive: Primitive
    operands: tuple[Any, ...]  # Slot or float


@lru_cache(maxsize=2000)
def instructions(
    primitive: Primitive, count: int, core: frozenset[str], runner: str
) -> tuple[tuple[Instruction, ...], Any]:
    """A gate of ``count`` operands as (operations of a backend's ``core``, its value: a Slot or a number).

    ``core`` holds the names of the built-in primitives that the backend writes itself. Unsupported, naming gate,
    ``runner`` and remedy, if the gate has no expansion and its value needs numbers.
    """
    code: list[Instruction] = []
    done: dict[Any, Any] = {}  # results of operations, for equal ones
    inside: list[Primitive] = []

    def write(primitive: Primitive, operands: list[Any]) -> Any:
        """Write a gate; return the Slot of its value, or a number."""
        if primitive in BUILT_IN and all(type(x) is float for x in operands):
            return primitive.compute(operands)
        if primitive in BUILT_IN and primitive.name in core:
            key = primitive, *[repr(x) if type(x) is float else x for x in operands]
            if key not in done:
                code.append(Instruction(primitive, tuple(operands)))
                done[key] = Slot(count + len(code) - 1)
            return done[key]
        function = primitive.expansion or primitive.value
        try:
            if primitive in inside:
                raise Unsupported("it calls itself")
            given = [x if type(x) is float else Symbol(x) for x in operands]
            result = expression_of(trace_branches(function, given, f"the value of the gate {primitive.name}"))
            compared = [] if primitive in BUILT_IN else sample_points(primitive.value, len(operands))
            wrong = difference(function, lambda *known: primitive.compute([*known]), compared)
            if wrong and not primitive.expansion:
                raise Unsupported(f"given symbols, it gives {wrong}")
        except (Unsupported, TypeError, ValueError) as error:
            cause = error.__cause__ or error
            reason = str(cause) if type(cause) is Unsupported else f"{type(cause).__name__}: {cause}".rstrip(": ")
            what, advice = "gate", "give the gate expansion=, the same value in this package's functions"
            if type(primitive) is Slope:
                primitive, what, advice = primitive.of[0], "rule of the gate", "write it in this package's functions"
            raise Unsupported(
                f"{runner} cannot run the {what} {primitive.name!r}, which cannot be written in simpler gates "
                f"({reason}): {advice}, or take a runner that calls Python: runner='source' or 'batch'"
            ) from error
        if wrong:
            raise ValueError(f"the expansion of the gate {primitive.name!r} gives {wrong}")
        inside.append(primitive)
        place = evaluate(result, write, {})
        inside.pop()
        return place

    place = write(primitive, [Slot(i) for i in range(count)])
    return tuple(code), place


class Slot(int):
    """The place of an operand or result."""


def carry_out(
    primitive: Primitive, operands: Sequence[Any], core: frozenset[str], runner: str, compute: Callable[..., Any]
) -> Any:
    """Compute a gate by ``compute(name, operands)`` of the operations of a core; floats stay floats."""
    code, place = instructions(primitive, len(operands), core, runner)
    known = list(operands)
    for each, places in code:
        known.append(compute(each.name, [known[x] if type(x) is Slot else x for x in places]))
    return known[place] if type(place) is Slot else place
