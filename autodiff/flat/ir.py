"""The straight-line program: plain data that is printed, compared, run and compiled.

A Program is the flat code of the lectures: one line after the other, first forward, then backward, without a graph. It
computes one row (one example); the runners own the loop over rows.

**An expression** is plain data: a float, the name of a number (str), or a tuple ``(primitive name, operand, ...)``
whose operands are expressions again: ``("mul", ("mul", "grad_L", ("sub", 1.0, "L")), "L")`` is
``grad_L * (1 - L) * L``. **A Line** is ``target = expression``, or ``target += expression`` where it ``adds``.

Every name is assigned once; only gradients are added to later, and they are read when complete. No line reads the
gradient of an input or a parameter, so a runner may add those up over rows in place. Long programs become loops
instead: see ``loops``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, NamedTuple

from ..formula import Formula
from ..primitives import BUILT_IN, Primitive
from ..vocabulary import words

# Also where a user has replaced a row of that name in the table. In order, so that pages come out the same every time.
ROWS = {row.name: row for row in sorted(BUILT_IN, key=lambda row: row.name)}
SUMS = {name for name in ROWS if words(name).takes_list and name != "take"}
LISTED = SUMS - {"sum", "dot"}  # functions of a list
SHORT = 4  # sums of fewer terms keep their order, and their products are never fused: all runners round them alike
SMALL, TINY = 2.0**-500, 2.0**-600  # numbers whose squares nearly underflow, and the factor that scales large ones down
row_mean = Primitive("row_mean", lambda x: x, lambda out, x: (1.0,))
"""The mean of a number over the rows of a mini-batch, in each of them; of one row alone, that number.

Its gradient is a mean over the rows, too: the ``mean(x)`` of each row depends on the ``x`` of every row.
"""
Expression = Any  # float | name (in loop nests: Index) | tuple[str, Expression, ...]: mypy cannot follow the recursion


class Line(NamedTuple):
    """``target = expression``, or ``target += expression`` if it ``adds``."""

    target: str
    expression: Expression
    adds: bool = False


class Program(NamedTuple):
    """Straight-line code for one row: what goes in, the lines, what comes out.

    Attributes
    ----------
    inputs : tuple of str
        The inputs of a row, in order.
    parameters : tuple of str
        The parameters, shared by all rows.
    lines : tuple of Line
        Forward lines, then backward lines.
    forward : int
        Number of forward lines.
    outputs : tuple of str or float
        The results; a float is a result that depends on nothing.
    input_gradients, parameter_gradients : tuple of str, float or None
        The derivative of outputs[0] for each input and parameter; None where it was not asked for.

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

    @property
    def gradients(self) -> tuple[Any, ...]:
        """The gradients that were asked for: inputs first, then parameters."""
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
            if isinstance(x, tuple):
                return tuple(map(nameless, x))
            return numbers.setdefault(x, len(numbers)) if type(x) is str and x not in ROWS else x

        return nameless(tuple(self))  # type: ignore[no-any-return]

    @property
    def gates(self) -> dict[str, Primitive]:
        """The primitives in the lines by the names they have there."""
        return {name: primitive_of(name) for name in self.primitives}


class Result(NamedTuple):
    """Results of a program: lists of numbers for one row; for many rows, a list of such lists.

    The gradients of the parameters are always one list: over many rows, their mean.
    """

    outputs: Any
    input_gradients: Any
    parameter_gradients: Any


# --- The cache of programs -----------------------------------------------------------------------

MOST_PROGRAMS = 50  # programs and modules of machine code, each of up to 1 MB
programs: dict[Hashable, Any] = {}


def remember(key: Hashable, make: Callable[[], Any]) -> Any:
    """Return the program cached under the key, or cache what ``make`` returns; the oldest program makes room."""
    found = programs.get(key)
    if found is None:  # other threads may run between these steps
        if len(programs) >= MOST_PROGRAMS:
            oldest, *_ = programs
            programs.pop(oldest, None)
        found = programs[key] = make()
    return found


# --- Reading expressions -------------------------------------------------------------------------


class Gate(str):
    """The name of a user's gate in a program; it carries its primitive, and equals no other name."""

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
    """The primitive of an expression's head: the name of a built-in row, a Gate, or the primitive itself."""
    if type(head) is str:
        return ROWS[head]
    return head.primitive if type(head) is Gate else head


def subexpressions(expression: Any) -> Iterator[tuple[Any, ...]]:
    """Every operation in an expression, with its operands; outermost first."""
    if type(expression) is tuple:
        yield expression
        for operand in expression[1:]:
            yield from subexpressions(operand)


def operations(expression: Any) -> list[Any]:
    """The heads of an expression and its parts."""
    return [head for head, *_ in subexpressions(expression)]


def leaves_of(expression: Expression) -> Iterator[Any]:
    """The numbers and names of an expression, from left to right."""
    if type(expression) is tuple:
        for operand in expression[1:]:
            yield from leaves_of(operand)
    else:
        yield expression


def map_leaves(expression: Expression, change: Callable[[Any], Any]) -> Expression:
    """The expression with ``change`` applied to every number and name."""
    if type(expression) is tuple:
        return (expression[0], *[map_leaves(operand, change) for operand in expression[1:]])
    return change(expression)


def as_key(expression: Expression) -> Expression:
    """The expression as a dictionary key, zeros as text: 0.0 == -0.0, but they are two constants."""
    return map_leaves(expression, lambda x: repr(x) if type(x) is float and x == 0.0 else x)


def write(expression: Expression, style: type[Formula], leaf: Callable[[Any], Formula]) -> Formula:
    """Write the expression in a style; ``leaf`` writes the names."""
    if type(expression) is tuple:
        parts = [write(operand, style, leaf) for operand in expression[1:]]
        head = expression[0]
        return style(*style.write(head, parts)) if type(head) is Gate else style.record(primitive_of(head), parts)
    return style.of(expression) if type(expression) is float else leaf(expression)
