"""The straight-line program: plain data that is printed, compared, run and compiled.

A Program is the flat code of the lectures: one line after the other, first forward, then backward,
no graph any more. It holds for one row (one example); the runners own the loop over rows.

**An expression** is plain data: a float, the name of a scalar (str), a Place, or a tuple
``(primitive name, operand, ...)`` whose operands are expressions again, a few deep at most:
``("mul", ("mul", "grad_L", ("sub", 1.0, "L")), "L")`` is ``grad_L * (1 - L) * L``.

**A Line** is ``target = expression`` (or ``target += expression`` where it ``adds``). There are four kinds:

    scalar       s0 = w0 * x0                                 targets one number
    dot          z[3] = dot(w[9:12], x[0:3]) + w[12]          targets one number, reads two slices
    scaled add   grad_h[0:16] += grad_z[3] * w[16:32]         a slice gets a scalar times a slice added
    map          h[0:16] = tanh(z[0:16])                      a slice, element by element

A line whose ``repeat`` is n > 1 stands for n lines, r = 0 ... n - 1, in each of which every Place has
moved on by its ``jump``: a whole layer of neurons is one dot line, repeated. No line of the n reads
what another of them writes, so they may run in any order or at once (adding to one place is a sum).

**Where numbers live.** As lowered, every number is a scalar with a name of its own (the slide's form).
Rolled (see nests.py), the inputs are one array, the parameters one array, in the order given; each layer
of intermediate results is an array; and the gradient of array ``a`` is an array ``grad_a`` of its shape
and order. So neuron 3 of a layer of 2-input neurons finds its weights at ``w[9:11]``, its bias at
``w[11]``, and their gradients at the same places of ``grad_w``. Scalars may remain beside arrays.

Every name is assigned once; only gradients are added to afterwards, and they are read when complete.
Arrays that are added to start from zeros and are never assigned. Nothing reads the gradient of an input
or a parameter, so a runner may add those up over rows in place.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, NamedTuple

from ..formula import Formula
from ..primitives import BUILT_IN, Primitive
from ..vocabulary import words

ROWS = {row.name: row for row in BUILT_IN}  # also where a user has put another row of that name into the table
SUMS = {name for name in ROWS if words(name).takes_list and name != "take"}
LISTED = SUMS - {"sum", "dot"}  # functions of a list
SMALL, TINY = 2.0**-500, 2.0**-600  # numbers whose squares come near to vanishing, and what scales large ones down
Expression = Any  # float | str | Place | tuple[str, Expression, ...]: mypy cannot follow a recursion through tuple


class Place(NamedTuple):
    """Element ``array[start]``, or with a length the slice ``array[start : start + length]``.

    In repetition r of a repeated line it has moved on by ``r * jump``.
    """

    array: str
    start: int
    length: int | None = None
    jump: int = 0

    def __str__(self) -> str:
        stop = "" if self.length is None else f":{index(self, self.length)}"
        return f"{self.array}[{index(self)}{stop}]"


class Line(NamedTuple):
    """``target = expression``, or ``target += expression`` where it adds; ``repeat`` times."""

    target: str | Place
    expression: Expression
    adds: bool = False
    repeat: int = 1

    @property
    def kind(self) -> str:
        """ "scalar", "dot", "scaled add" or "map"."""
        slices, first = [is_slice(x) for x in operands(self.expression)], operations(self.expression)[:1]
        if not is_slice(self.target):
            return "dot" if slices[:2] == [True, True] and first == ["dot"] else "scalar"
        scaled = self.adds and first == ["mul"] and sorted(slices) == [False, True]
        return "scaled add" if scaled else "map"


class Program(NamedTuple):
    """Straight-line code for one row: what goes in, the lines, what comes out.

    Attributes
    ----------
    inputs : tuple of str or Place
        Where each input of the row is put, in the order given.
    parameters : tuple of str or Place
        Where each parameter, shared by all rows, is put.
    lines : tuple of Line
        Forward lines, then backward lines.
    forward : int
        How many lines are forward.
    outputs : tuple of str, Place or float
        Where each result is found; a float is a result that depends on nothing.
    input_gradients, parameter_gradients : tuple of str, Place, float or None
        For each input and parameter where d outputs[0] / d it is found; None where it was not asked for.
    arrays : dict of str to int
        The arrays and their sizes; empty where every number is a scalar.

    Examples
    --------
    >>> from autodiff import sigmoid, variables
    >>> from autodiff.flat import lower
    >>> w, x = variables(w=2, x=-1)
    >>> print(lower(sigmoid(w * x)))
    def f(w, x):
        # forward
        s0 = w * x
        f = sigmoid(s0)
        # backward
        grad_f = 1.0
        grad_s0 = grad_f * (1 - f) * f
        grad_w = grad_s0 * x
        grad_x = grad_s0 * w
        return f, (grad_w, grad_x)
    """

    inputs: tuple[Any, ...]
    parameters: tuple[Any, ...]
    lines: tuple[Line, ...]
    forward: int
    outputs: tuple[Any, ...]
    input_gradients: tuple[Any, ...]
    parameter_gradients: tuple[Any, ...]
    arrays: dict[str, int]

    @property
    def gradients(self) -> tuple[Any, ...]:
        """Where the gradients that were asked for are found: inputs first, then parameters."""
        return tuple(x for x in self.input_gradients + self.parameter_gradients if x is not None)

    @property
    def primitives(self) -> list[str]:
        """The names of the primitives in the lines, sorted."""
        return sorted({name for line in self.lines for name in operations(line.expression)})

    @property
    def key(self) -> tuple[Any, ...]:
        """The structure without the names: equal for programs that compute the same in the same way."""
        numbers: dict[str, int] = {}

        def nameless(x: Any) -> Any:
            if type(x) is float:
                return repr(x)  # so that nan equals nan, and 0.0 is not -0.0
            if type(x) is str:
                return numbers.setdefault(x, len(numbers))
            if type(x) is Place:
                return (numbers.setdefault(x.array, len(numbers)), *x[1:])
            if type(x) is tuple:
                return (x[0], *map(nameless, x[1:]))
            return x

        ends = self.outputs, self.input_gradients, self.parameter_gradients
        return (
            *(tuple(map(nameless, places)) for places in (self.inputs, self.parameters)),
            tuple((nameless(t), nameless(e), adds, repeat) for t, e, adds, repeat in self.lines),
            *(tuple(map(nameless, places)) for places in ends),
            tuple((nameless(name), size) for name, size in self.arrays.items()),
        )

    @property
    def gates(self) -> dict[str, Primitive]:
        """The primitives in the lines by the names they have there."""
        return {name: primitive_of(name) for name in self.primitives}


class Result(NamedTuple):
    """What a program gives: for one row lists of numbers, for many rows a list of those for each row.

    The gradients to the parameters are always one list: over many rows, their mean.
    """

    outputs: Any
    input_gradients: Any
    parameter_gradients: Any


# --- Programs made ready -------------------------------------------------------------------------

MOST = 100
kept: dict[Hashable, Any] = {}


def remembered(key: Hashable, make: Callable[[], Any]) -> Any:
    """What ``make`` returns; what was met before under that key is not made again, unless much else came since."""
    found = kept.get(key)
    if found is None:  # in steps that other threads may come between
        if len(kept) >= MOST:
            oldest, *_ = kept
            kept.pop(oldest, None)
        found = kept[key] = make()
    return found


# --- Reading expressions -------------------------------------------------------------------------


class Gate(str):
    """The name in a program of a gate that is not built in; it brings its primitive, and equals no other name."""

    __slots__ = ("primitive",)
    primitive: Primitive

    def __new__(cls, name: str, primitive: Primitive) -> Gate:
        gate = super().__new__(cls, name)
        gate.primitive = primitive
        return gate

    def __eq__(self, other: object) -> bool:
        return type(other) is Gate and str(other) == str(self) and other.primitive == self.primitive

    def __hash__(self) -> int:
        return hash(self.primitive)


def primitive_of(head: Any) -> Primitive:
    """The primitive that stands first in an expression: by the name of a built-in row, as a Gate, or as itself."""
    if type(head) is str:
        return ROWS[head]
    return head.primitive if type(head) is Gate else head


def name_of(x: Any) -> Any:
    """The scalar's name, or the array's."""
    return x.array if type(x) is Place else x


def is_slice(x: Any) -> bool:
    return type(x) is Place and x.length is not None


def operands(expression: Expression) -> tuple[Expression, ...]:
    """The operands of an operation; none of a name, place or number."""
    return expression[1:] if type(expression) is tuple else ()


def operations(expression: Any) -> list[str]:
    """The primitives in an expression."""
    if type(expression) is not tuple:
        return []
    return [expression[0], *[name for operand in expression[1:] for name in operations(operand)]]


def leaves_of(expression: Expression) -> Iterator[Any]:
    """The numbers, names and places of an expression, from left to right."""
    if type(expression) is tuple:
        for operand in expression[1:]:
            yield from leaves_of(operand)
    else:
        yield expression


def replaced(expression: Expression, change: Callable[[Any], Any]) -> Expression:
    """The expression with every number, name and place changed."""
    if type(expression) is tuple:
        return (expression[0], *[replaced(operand, change) for operand in expression[1:]])
    return change(expression)


def as_key(expression: Expression) -> Expression:
    """The expression as a key of dictionaries: zeros as text, for 0.0 == -0.0 although they are two constants."""
    return replaced(expression, lambda x: repr(x) if type(x) is float and x == 0.0 else x)


def written(expression: Expression, style: type[Formula], leaf: Callable[[Any], Formula]) -> Formula:
    """The expression as a text in a style; ``leaf`` writes the names and places."""
    if type(expression) is tuple:
        parts = [written(operand, style, leaf) for operand in expression[1:]]
        head = expression[0]
        return style(*style.write(head, parts)) if type(head) is Gate else style.record(primitive_of(head), parts)
    return style.of(expression) if type(expression) is float else leaf(expression)


def index(place: Place, further: int = 0, element: bool = False) -> str:
    """Where a place begins in repetition r, plus ``further``, plus i for an element of a slice."""
    start, jump = place.start + further, place.jump
    step = "r" if abs(jump) == 1 else f"{abs(jump)} * r"
    later = ["i"] if element else []
    if jump < 0:
        return " + ".join([f"{start} - {step}", *later])
    terms = [step] * (jump != 0) + later
    return " + ".join([*terms, str(start)] if start or not terms else terms)
