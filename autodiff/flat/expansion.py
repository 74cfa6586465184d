"""Gates written down in simpler gates: a rule or a value called with Symbols, which record what is done to them.

A backend writes a closed core of operations itself. ``instructions`` gives every other gate in those: by
the column ``expansion`` of the table or, where a row has none, by its ``value``. An ``if`` in a value or a rule
becomes a ``where``: it is run once for each answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from threading import local
from typing import Any, NamedTuple

from ..expression import arithmetic
from ..primitives import BUILT_IN, Primitive, recordable, where
from ..tracing import Unsupported
from ..vocabulary import head_of
from .program import Expression, primitive_of
from .recording import Given

MOST = 64  # answers to the ifs of one function that are tried
running = local()  # what ``branches`` does in each thread


@arithmetic
class Symbol:
    """An operand that writes down what is done to it."""

    __slots__ = ("expression",)

    def __init__(self, expression: Expression) -> None:
        self.expression = expression

    @staticmethod
    def record(primitive: Primitive, operands: Sequence[Any]) -> Symbol:
        return Symbol((head_of(primitive), *map(plain, recordable(primitive, operands))))

    def __bool__(self) -> bool:
        answers: Answers | None = getattr(running, "answers", None)
        if answers is None:
            raise TypeError("a symbol has no truth value: choose with where(condition, a, b)")
        return answers.next(self)


def plain(x: Any) -> Expression:
    """The expression of a Symbol, or a number as a float."""
    return x.expression if type(x) is Symbol else float(x)


def made(x: Any) -> Any:
    """(primitive, operands) of what a rule made; None for a name or a number that it was given."""
    if type(x) is not Symbol or type(x.expression) is not tuple:
        return None
    head, *operands = x.expression
    return primitive_of(head), [operand if type(operand) is float else Symbol(operand) for operand in operands]


# --- Every branch of a function ------------------------------------------------------------------


class Answers:
    """What ``if`` is told about one condition after the other: the answers given, then True."""

    def __init__(self, given: Sequence[bool]) -> None:
        self.given = list(given)
        self.conditions: list[Symbol] = []

    def next(self, condition: Symbol) -> bool:
        self.conditions.append(condition)
        if len(self.given) < len(self.conditions):
            self.given.append(True)
        return self.given[len(self.conditions) - 1]


def branches(function: Callable[..., Any], operands: Sequence[Any], name: str) -> Any:
    """What a function of Symbols returns, each ``if`` in it as a ``where``; Unsupported where it needs numbers."""
    left = MOST

    def run(given: list[bool]) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Unsupported(f"{name} has too many branches")
        outer, running.answers = getattr(running, "answers", None), Answers(given)
        answers = running.answers
        try:
            with Given(name, "symbols"):
                result = function(*operands)
        finally:
            running.answers = outer
        for i in reversed(range(len(given), len(answers.conditions))):
            result = either(answers.conditions[i], result, run([*answers.given[:i], False]))
        return result

    return run([])


def either(condition: Symbol, a: Any, b: Any) -> Any:
    """``where`` of two results, entry by entry where they are tuples."""
    if type(a) is tuple and type(b) is tuple and len(a) == len(b):
        return tuple([either(condition, x, y) for x, y in zip(a, b)])
    if a is None and b is None:
        return None
    sides = [False if x is None else x for x in (a, b)]
    return sides[0] if sides[0] is sides[1] else where(condition, *sides)


# --- A gate in the operations of a core ----------------------------------------------------------


class Instruction(NamedTuple):
    """One operation: of floats, and of places in the list of the gate's operands and all results so far."""

    primitive: Primitive
    operands: tuple[Any, ...]  # int or float


@lru_cache(maxsize=2000)
def instructions(
    primitive: Primitive, count: int, core: frozenset[str], runner: str
) -> tuple[tuple[Instruction, ...], Any]:
    """(The gate as operations that a backend knows, where its value is then: a place or a number).

    Parameters
    ----------
    primitive : Primitive
        The gate.
    count : int
        How many operands it has.
    core : frozenset of str
        The names of the built-in primitives that the backend writes itself.
    runner : str
        What cannot write the gate, for the error.

    Raises
    ------
    Unsupported
        If the gate has no expansion and its value needs numbers. It names gate, runner and remedy.
    """
    writing = Writing(core, runner)
    place = writing.write(primitive, [Place(i) for i in range(count)], count)
    return tuple(writing.code), place


class Place(int):
    """A place of an operand or result."""


class Writing:
    """The instructions so far; equal ones are written once."""

    def __init__(self, core: Collection[str], runner: str) -> None:
        self.core = core
        self.runner = runner
        self.code: list[Instruction] = []
        self.known: dict[Any, Any] = {}
        self.inside: list[Primitive] = []

    def write(self, primitive: Primitive, operands: list[Any], count: int) -> Any:
        """Write a gate; return where its value is, or the number that it is."""
        if primitive in BUILT_IN and all(type(x) is float for x in operands):
            return primitive.compute(operands)
        if primitive in BUILT_IN and primitive.name in self.core:
            key = primitive, *[repr(x) if type(x) is float else x for x in operands]
            if key not in self.known:
                self.code.append(Instruction(primitive, tuple(operands)))
                self.known[key] = Place(count + len(self.code) - 1)
            return self.known[key]
        name = f"the value of the gate {primitive.name}"
        try:
            if primitive in self.inside:
                raise Unsupported(f"{name} calls itself")
            given = [x if type(x) is float else Symbol(x) for x in operands]
            result = plain(branches(primitive.expansion or primitive.value, given, name))
        except (Unsupported, TypeError, ValueError) as error:
            raise Unsupported(
                f"{self.runner} knows no gate {primitive.name!r}, and its value cannot be written in simpler gates "
                f"({error}): give the gate expansion=, the same value in this package's functions, or take "
                "runner='source'"
            ) from error
        self.inside.append(primitive)
        place = self.walk(result, count)
        self.inside.pop()
        return place

    def walk(self, expression: Expression, count: int) -> Any:
        """Write an expression, operands first; each shared part once. No recursion: a loop makes it deep."""
        done: dict[int, Any] = {}
        waiting = [expression]
        while waiting:
            top = waiting[-1]
            if type(top) is not tuple:
                done[id(top)] = top
            elif id(top) not in done:
                missing = [x for x in top[1:] if id(x) not in done]
                if missing:
                    waiting += missing
                    continue
                done[id(top)] = self.write(primitive_of(top[0]), [done[id(x)] for x in top[1:]], count)
            waiting.pop()
        return done[id(expression)]
