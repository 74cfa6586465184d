"""Gradient checks: each numerical derivative beside the analytical one, and which rule is wrong if they differ."""

from __future__ import annotations

from math import isfinite
from textwrap import wrap

from ..calls import checked, flattened, shape
from ..engine import Value
from ..explain.words import WIDTH
from ..expression import show
from ..graph import numbers, on_kink
from ..ieee import INF
from ..naming import names
from .comparison import CheckedInput, Claim
from .nonfinite import nonfinite_origin, statement
from .subject import ROUNDING, Called, Recorded, Subject, complaint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from ..primitives import Primitive

VERDICTS = ("ok", "kink", "fail", "undecided", "not finite")
MOST = 40  # rows of a table, before those that are all right are left out
NOTES = 4  # of one kind
TINY = 1e-8  # a gradient of this part of the others is next to nothing
UNRECORDED = (
    "Every rule involved is right by itself. Does f leave a number unrecorded (.data, a function of the math module), "
    "or lose digits to cancellation or underflow on the way?"
)
UNDECIDED = (
    "{0.name}: the numerical derivative is {0.numerical:.3g} give or take {0.error:.1g}, too uncertain to judge by: "
    "around there f loses digits, or changes faster than floats can follow. Try another point, or smaller numbers."
)
UNDEFINED = "f has no finite derivative there, or is not defined around it."


# --- Rules ---------------------------------------------------------------------------------------


def faults(nodes: Iterable[Value]) -> dict[Primitive, tuple[Value, str]]:
    """{primitive: (node, what is wrong there)} for every primitive whose rule contradicts its value."""
    found: dict[Primitive, tuple[Value, str]] = {}
    for node in nodes:
        if node.primitive and node.primitive not in found:
            text = complaint(node) or contradiction(node)
            if text:
                found[node.primitive] = node, text
    return found


def contradiction(node: Value) -> str:
    """What is wrong with a local gradient of a gate; otherwise ""."""
    primitive: Any = node.primitive
    operands = numbers(node.operands)
    local_gradients = primitive.slopes(node.data, *operands)
    sizes = [abs(x * (local or 0.0)) for x, local in zip(operands, local_gradients)]
    noise = ROUNDING * sum(filter(isfinite, sizes), 0.0)
    for i, (operand, local) in enumerate(zip(node.operands, local_gradients)):
        if type(operand) is Value:
            value = changing(primitive, operands, i)
            found = CheckedInput("", value, operands[i], Claim(float(local or 0.0), 0.0, noise))
            if found.verdict == "fail" or (found.verdict == "not finite" and isfinite(found.numerical)):
                given = "None" if local is None else show(found.analytical)
                at = ", ".join(map(show, operands[:4])) + ", ..." * (len(operands) > 4)
                return (
                    f"at ({at}) the local gradient of operand {i + 1} is {given}, numerically {show(found.numerical)}"
                )
    return ""


def changing(primitive: Primitive, operands: list[float], place: int) -> Callable[[float], float]:
    """The value as a function of one of its operands."""
    return lambda x: primitive.compute([*operands[:place], x, *operands[place + 1 :]])


# --- The report ----------------------------------------------------------------------------------


class GradientCheck:
    """The result of a gradient check: true when nothing is wrong; its repr is the table.

    Attributes
    ----------
    inputs : list of CheckedInput
        One for each number, in order, with name, x, forward, numerical, error, analytical, difference,
        left, right and verdict.
    primitives : list of Primitive
        Those whose rules were found wrong.
    notes : list of str
        What there is to say about kinks, faults and doubts.
    value, h : float
        The value of the function; the step of the forward differences.

    Examples
    --------
    >>> from autodiff import GradientCheck
    >>> from autodiff import check_gradients
    >>> report = check_gradients(lambda x: x * x, 3.0)
    >>> bool(report)
    True
    >>> report.inputs[0].verdict
    'ok'
    """

    __slots__ = ("h", "inputs", "notes", "primitives", "value")

    def __init__(self, value: float, h: float, inputs: list[CheckedInput]) -> None:
        self.value = value
        self.h = h
        self.inputs = inputs
        self.primitives: list[Primitive] = []
        self.notes: list[str] = []

    def having(self, verdict: str) -> list[CheckedInput]:
        """The inputs with that verdict."""
        return [row for row in self.inputs if row.verdict == verdict]

    def __bool__(self) -> bool:
        return all(row.verdict in ("ok", "kink") for row in self.inputs)

    def __repr__(self) -> str:
        counts = [f"{len(self.having(verdict))} {verdict}" for verdict in VERDICTS]
        summary = ", ".join(text for text in counts if not text.startswith("0 ")) or "no inputs"
        header = line("", f"forward h={self.h:g}", "numerical", "analytical", "difference", "")
        shown = self.inputs if len(self.inputs) <= MOST else [row for row in self.inputs if row.verdict != "ok"][:MOST]
        left_out = [f"... {len(self.inputs) - len(shown)} more"] * (len(shown) < len(self.inputs))
        notes = [text for note in self.notes for text in wrap(note, WIDTH)]
        title = f"gradient check at f = {show(self.value)}: {summary}"
        return "\n".join([title, header, *map(tabulated, shown), *left_out, *notes])


def line(name: str, *columns: str) -> str:
    """One line of the table, 80 columns at most."""
    name = name if len(name) <= 12 else f"{name[:5]}..{name[-5:]}"
    forward, numerical, analytical, difference, verdict = columns
    return f"{name:12}{forward:>15}{numerical:>15}{analytical:>15}{difference:>11}  {verdict}".rstrip()


def tabulated(row: CheckedInput) -> str:
    """One input as a line of the table, to eight digits."""
    eight = [f"{x:.8g}" for x in (row.forward, row.numerical, row.analytical)]
    return line(row.name, *eight, f"{row.difference:.1e}", row.verdict)


def kink_notes(rows: Sequence[CheckedInput], nodes: Iterable[Value], called: dict[Value, str]) -> Iterator[str]:
    """Yield a sentence for each input on a kink, and one for each gate that makes it."""
    for row in rows[:NOTES]:
        yield (
            f"{row.name} is on a {'jump of f' if row.jumps else 'kink'}: left derivative {show(row.left)}, "
            f"right derivative {show(row.right)}; {show(row.analytical)} is taken."
        )
    for node in [node for node in nodes if on_kink(node)][:NOTES] if rows else []:
        yield f"The kink: {statement(node, called)} = {show(node.data)}."


def check_gradients(f: Any, *args: Any, h: float = 0.001, gradient: Any = None, **keywords: Any) -> GradientCheck:
    """Compare the gradient that autodiff computes with numerical derivatives.

    Parameters
    ----------
    f : function or Value
        A function of numbers and (nested) lists, called as ``f(*args, **keywords)``, that returns one
        number. Or a recorded Value, checked with respect to the leaves behind it; then without ``args``.
    h : float
        The step of the forward differences (f(x + h) - f(x)) / h in the table's first column. They are
        shown, not judged by: the numerical derivative is extrapolated to h = 0 and knows its own error.
    gradient : optional
        A gradient to check in place of autodiff's own, in the shape in which ``grad(f)`` gives it.

    Returns
    -------
    GradientCheck
        True when every input is "ok", or on a "kink" with a derivative between those of both sides; false
        when one is wrong ("fail"), too uncertain to judge ("undecided") or "not finite". Then the rules of the
        primitives involved are checked one by one, and those that are wrong are named.

    Raises
    ------
    TypeError
        If f does not return one number.
    ValueError
        If ``gradient`` has another shape than the arguments, or if f answers differently at the same point.

    Examples
    --------
    >>> from autodiff import check_gradients
    >>> check_gradients(lambda x, y, z: (x + y) * z, -2, 5, -4)
    gradient check at f = -12: 3 ok
                forward h=0.001      numerical     analytical difference
    x                        -4             -4             -4    0.0e+00  ok
    y                        -4             -4             -4    0.0e+00  ok
    z                         3              3              3   -2.3e-14  ok
    """
    if not 0.0 < h < INF:
        raise ValueError(f"h is a step greater than 0, got {h!r}")
    if type(f) is Value and (args or keywords):
        raise TypeError("a recorded Value is checked as it stands: check_gradients(f), without arguments")
    subject = Recorded(f) if type(f) is Value else Called(checked(f, "check_gradients"), args, keywords)
    own = subject.analytical()
    given = own if gradient is None else fitting(gradient, subject.shape)
    report = GradientCheck(subject.value, h, compared(subject, given, own, h))
    called = names(subject.order, subject.output if subject.order else None)
    if gradient is None:
        blame(report, subject, called)
    else:
        failed = report.having("fail")
        report.notes += [f"autodiff computes {show(own[report.inputs.index(row)])} for {row.name}." for row in failed]
    report.notes += kink_notes(report.having("kink"), subject.order, called)
    report.notes += [UNDECIDED.format(row) for row in report.having("undecided")[:NOTES]]
    if report.having("not finite") and not report.primitives:
        origin = nonfinite_origin(subject.output) if subject.order else None
        report.notes += origin.text.splitlines() if origin else [UNDEFINED]
    return report


def fitting(gradient: Any, wanted: Any) -> list[float]:
    """The numbers of a given gradient, if it has the shape of the arguments; otherwise a ValueError."""
    if shape(gradient) != shape(wanted):
        raise ValueError(f"gradient must mirror the arguments: expected {shape(wanted)}, got {shape(gradient)}")
    return [float(x.data if type(x) is Value else x) for x in flattened(gradient)]


def compared(subject: Subject, gradient: list[float], own: list[float], h: float) -> list[CheckedInput]:
    """Every input of the subject with the given derivative and the numerical ones."""
    noise, rows = subject.noise(), []
    for i, (name, leaf, size) in enumerate(zip(subject.names, subject.inputs, subject.magnitudes())):
        rows.append(CheckedInput(name, subject.function(i), leaf.data, Claim(gradient[i], size, noise, own[i]), h))
    subject.ask_again(3 if all(row.verdict == "ok" for row in rows) else 20)
    return rows


def blame(report: GradientCheck, subject: Subject, called: dict[Value, str]) -> None:
    """Say which rules are wrong; where none is, a kink or something that was not recorded is behind it."""
    if report:
        return
    found = faults(subject.order)
    report.primitives = list(found)
    for primitive, (node, text) in found.items():
        report.notes.append(f"The rule of {primitive.name} is wrong. In {statement(node, called)}, {text}.")
    if found:
        return
    sizes = subject.magnitudes()
    largest = max(sizes)
    for row, size, more in zip(report.inputs, sizes, subject.magnitudes(kinks=True)):
        if row.verdict == "fail" and row.outside <= 1.001 * (more - size):
            row.verdict = "kink"
        elif row.verdict == "undecided" and abs(row.analytical) <= TINY * largest and row.error <= TINY * largest:
            row.verdict = "ok"  # nothing beside the other gradients, and every rule is right by itself
    if report.having("fail"):
        report.notes.append(UNRECORDED)
