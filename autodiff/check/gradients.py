"""Gradients compared with numerical derivatives: the target, the verdict on each input, the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from math import isfinite
from textwrap import wrap
from typing import Any

from ..engine import Value
from ..formula import names, show
from ..functional import Call, branches, flatten, mirror, parameters, require_function, require_number, shape
from ..graph import history, numbers, on_kink, refuse_stale, sweep
from ..ieee import INF, NAN, number
from ..primitives import Primitive
from ..steps import WIDTH
from .nonfinite import nonfinite_origin, statement
from .numerical import Curve, Estimate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..typed import Function

EPSILON = 2.0**-52
RULE_ROUNDING = 1e-9  # relative error of a rule from rounding alone
PRECISE = 1e-3  # relative error small enough to judge by
NEGLIGIBLE = 1e-12  # error small enough, relative to the slopes nearby
NORMAL = 2.0**-1022  # the smallest float with all its digits
NEARBY = 1e-12  # fraction of the first step in which a continuous function hardly changes
FAR = 1e12  # multiple of that distance, where the size of the values shows
VISIBLE = 2.0**-40  # relative to that size, a change beyond rounding and bending
VERDICTS = ("ok", "kink", "fail", "undecided", "not finite")
MOST_ROWS = 40  # a longer table leaves out the rows that are ok
MOST_NOTES = 4  # of each kind
TINY = 1e-8  # relative to the largest gradient: negligible
UNDECIDED = (
    "{0.name}: the numerical derivative, {0.numerical:.3g} give or take {0.error:.1g}, is too uncertain to judge by: "
    "near this point f loses digits or changes faster than floats can follow. Try another point or smaller numbers."
)


class Target:
    """An output to check, the nodes behind it, its inputs (leaves), their names and shape; ``replay`` recomputes it."""

    def __init__(
        self, output: Any, order: list[Value], inputs: list[Value], names: list[str], shape: Any,
        replay: Callable[[list[float]], float]
    ) -> None:  # fmt: skip
        self.output, self.order, self.inputs, self.names, self.shape = output, order, inputs, names, shape
        self.replay, self.value = replay, output.data if type(output) is Value else float(output)
        self.malformed = any(complaint(node) for node in order if node.primitive)
        self.swept = list(sweep(output)) if order and not self.malformed else []

    def function(self, changed: int) -> Callable[[float], float]:
        """The output as a function of one input; ValueError if it differs from call to call at the recorded point."""
        replay = along(self.replay, [leaf.data for leaf in self.inputs], changed)
        here = self.inputs[changed].data
        return lambda x: replay(x) if x != here else require_same(replay(x), self.value)

    def repeat(self, times: int) -> None:
        """Call f again at and near its inputs; ValueError if it answers differently."""
        if self.inputs:
            curve = Curve(self.function(0), self.inputs[0].data)
            aside = curve.x + curve.first
            before = curve.at(aside)
            for _ in range(times):
                require_same(curve.at(aside), before)
                curve.function(curve.x)

    def analytical(self) -> list[float]:
        """d output / d input for each input; nan if a rule gives no numbers."""
        found = {node: upstream for node, upstream, _ in self.swept}
        return [NAN if self.malformed else float(found.get(leaf, 0.0)) for leaf in self.inputs]

    def magnitudes(self, kinks: bool = False) -> list[float]:
        """The gradients with all signs positive, the scale of rounding; with ``kinks``, plus 1 at each kink."""
        totals = {self.output: 1.0} if self.order else {}
        for node, _, local_gradients in self.swept:
            more = kinks and on_kink(node)
            for operand, local in zip(node.operands, local_gradients):
                if type(operand) is Value and local is not None:
                    totals[operand] = totals.get(operand, 0.0) + totals[node] * (abs(local) + more)
        return [totals.get(leaf, 0.0) for leaf in self.inputs]

    def noise(self) -> float:
        """How far rounding at every gate may move the output: epsilon times the sum of upstream * value."""
        parts = (EPSILON * abs(upstream * node.data) for node, upstream, _ in self.swept)
        return sum((part for part in parts if isfinite(part)), 0.0)


def of_call(f: Any, args: Sequence[Any], keywords: dict[str, Any]) -> Target:
    """The target that is a function called with arguments."""
    args = mirror(lambda x: x.data if type(x) is Value else x, tuple(args))
    call = Call(f, args, None, keywords).scalar()
    inputs, named = flatten(call.trees), zip(call.trees, parameters(f, len(args)))
    names = [name for tree, parameter in named for name in number_names(tree, parameter)]
    for leaf, name in zip(inputs, names):
        leaf.label = name

    def replay(data: list[float]) -> float:
        left = iter(data)
        output = require_number(f(*mirror(lambda _: Value(next(left)), args), **keywords))
        return output.data if type(output) is Value else float(output)

    order = history(call.output, call.since) if type(call.output) is Value else []
    return Target(call.output, order, inputs, names, args[0] if call.single else args, replay)


def of_graph(output: Value) -> Target:
    """The target that is a recorded Value; ``replay`` leaves its graph as it is."""
    order = history(output)
    refuse_stale(order)
    called, inputs = names(order, output), [node for node in order if not node.primitive]

    def replay(numbers: list[float]) -> float:
        data = dict(zip(inputs, numbers))
        for node in order:
            if node.primitive:
                data[node] = node.primitive.compute([a if type(a) is float else data[a] for a in node.operands])
        return data[output]

    return Target(output, order, inputs, [called[leaf] for leaf in inputs], inputs, replay)


def along(function: Callable[[list[float]], float], point: list[float], i: int) -> Callable[[float], float]:
    """A function of a list of numbers as a function of number i, the others as at the point."""
    return lambda x: function([*point[:i], x, *point[i + 1 :]])


def require_same(answer: float, before: float) -> float:
    """Return the answer of f; ValueError if it differs from the one before."""
    if answer != before and (answer == answer or before == before):
        raise ValueError(
            f"f answers differently at the same point: {before!r}, then {answer!r}. It must depend on its arguments "
            "alone: seed random numbers inside f, draw a dropout mask only once, and do not count calls or change what "
            "f reads"
        )
    return answer


def complaint(node: Value) -> str:
    """What is wrong if a gate's rule does not give a number or None for each operand; otherwise ""."""
    try:
        local_gradients = node.primitive.slopes(node.data, *numbers(node.operands)) if node.primitive else ()
    except TypeError as error:
        return str(error)
    for i, local in enumerate(local_gradients):
        if local is not None and number(local) is None:
            return f"the local gradient of operand {i + 1} must be a number or None, got {local!r:.60}"
    return ""


def number_names(tree: Any, name: str) -> list[str]:
    """The names of all numbers of an argument: ``W[0][1]``."""
    members = branches(tree)
    return [name] if members is None else [place for i, x in members for place in number_names(x, f"{name}[{i!r}]")]


class CheckedInput:
    """The derivatives with respect to one input, and the verdict on the analytical one.

    ``forward`` is (f(x + h) - f(x)) / h; ``numerical`` is extrapolated to h = 0 and off by at most ``error``; ``left``
    and ``right`` are one-sided, nan if not needed; ``jumps`` says whether f itself jumps. The verdict is "ok", "kink"
    (the derivative jumps, and the analytical one lies between both sides), "fail", "undecided" (the numerical
    derivative is too uncertain), or "not finite".
    """

    def __init__(self, name: str, function: Callable[[float], float], x: float, claim: Claim, h: float = 0.001) -> None:
        self.name, self.x, self.analytical = name, x, claim.gradient
        curve = Curve(function, x, claim.noise)
        self.forward = (curve.at(x + h) - curve.value) / h
        slope, self.jumps = curve.slope(0), False
        left = right = Estimate()
        sure = isfinite(claim.gradient) and curve.is_smooth(slope) and not curve.has_stairs(slope)
        if sure and claim.agrees(slope) and claim.is_certain(curve, slope):
            self.verdict = "ok"
        else:
            left, right = curve.slope(-1), curve.slope(1)
            if not isfinite(slope.error):  # on the edge of the domain there is one side only
                slope = left if isfinite(left.error) else right
            jump = isfinite(curve.value + left.error + right.error) and has_jump(curve, left, right)
            self.jumps = jump is True
            self.verdict = verdict(curve, claim, slope, left, right, jump)
        self.numerical, self.error = slope.value, slope.error
        self.left, self.right = left.value, right.value
        if (self.jumps or self.verdict == "not finite") and not slope.within(PRECISE):
            self.numerical = NAN

    @property
    def difference(self) -> float:
        return self.numerical - self.analytical

    def __repr__(self) -> str:
        return f"<{self.name}: numerical {self.numerical!r}, analytical {self.analytical!r}, {self.verdict}>"


class Claim:
    """A gradient to check, the ``size`` of its terms, the function's rounding ``noise``, and autodiff's ``own``."""

    def __init__(self, gradient: float, size: float = 0.0, noise: float = 0.0, own: float = 0.0) -> None:
        self.gradient, self.noise = gradient, noise
        self.size = size if isfinite(size) else 0.0
        self.steep = max(abs(gradient), abs(own))
        self.rounding = 4e-15 * self.size + RULE_ROUNDING * abs(gradient)

    def agrees(self, slope: Estimate, errors: float = 2.0) -> bool:
        """Whether a numerical derivative equals the gradient, within its error and rounding."""
        return abs(self.gradient - slope.value) <= errors * slope.error + self.rounding

    def is_certain(self, curve: Curve, *slopes: Estimate) -> bool:
        """Whether numerical derivatives are certain enough to judge the gradient."""
        if self.is_chaotic(curve):
            return False
        error = max(slope.error for slope in slopes)
        largest = max(abs(self.gradient), *(abs(slope.value) for slope in slopes))
        if largest == 0.0 and all(slope.error <= 2.0 * slope.rounding for slope in slopes):
            return True  # the function does not move at all
        if 100.0 * curve.first * (largest + error) < NORMAL:
            return True  # it underflows
        return error <= max(PRECISE * largest, RULE_ROUNDING * self.size, NEGLIGIBLE * curve.steepest)

    def is_chaotic(self, curve: Curve) -> bool:
        """Whether one unit in the last place of x moves the function through much of its range."""
        return 0.0 < 0.01 * curve.largest < EPSILON * self.steep * abs(curve.x)


def verdict(curve: Curve, claim: Claim, slope: Estimate, left: Estimate, right: Estimate, jump: bool | None) -> str:
    """The verdict, from the derivatives across the point and on each side."""
    if not (isfinite(curve.value) and isfinite(claim.gradient) and isfinite(slope.error)):
        return "not finite"
    if not (isfinite(left.error) and isfinite(right.error)):  # at the end of x ** 1.5, extrapolation fails
        if not claim.is_certain(curve, slope):
            return "undecided"
        return "ok" if claim.agrees(slope, 30.0) else "fail"
    low, high = (left, right) if left.value < right.value else (right, left)
    best = min((slope, left, right), key=lambda slope: slope.error)

    def inside(errors: float) -> bool:
        between = low.value < claim.gradient < high.value
        return between or claim.agrees(low, errors) or claim.agrees(high, errors)

    apart = high.value - low.value > 3.0 * (low.error + high.error) + 1e-6 * abs(left.value)
    visible = 4.0 * (claim.noise + EPSILON * curve.largest)
    seen = curve.is_smooth(slope) or max(left.error, right.error) <= 0.01 * max(abs(best.value), curve.steepest)
    middle = Estimate(0.5 * (low.value + high.value), low.error + high.error)
    if jump is None or (apart and (high.value - low.value) * curve.first <= visible):
        return "undecided"  # the bend may be anywhere around
    if apart and not jump and slope.within(0.1) and slope.contradicts(middle, 8.0):
        return "undecided"
    stairs, agreed = curve.has_stairs(slope), all(claim.agrees(one, 8.0) for one in (slope, left, right))
    if apart or jump:
        if inside(2.0) and claim.is_certain(curve, left, right):
            return "kink"
    elif seen and not stairs and agreed and claim.is_certain(curve, best):
        return "ok"
    reliable = best.within(0.01) or best.error <= max(NEGLIGIBLE * curve.steepest, 2.0 * best.rounding)
    unseen = abs(claim.gradient - best.value) <= 3.0 * curve.finest or claim.is_chaotic(curve)
    wide = stairs and abs(claim.gradient / curve.wide.value - 1.0) < 0.01
    possible = inside(8.0) or wide or (claim.agrees(slope) and slope.within(0.1))
    return "undecided" if unseen or possible or not reliable else "fail"


def has_jump(curve: Curve, left: Estimate, right: Estimate) -> bool | None:
    """Whether the function jumps at x, as a step function does; None if it changes too fast for floats to tell."""
    x, here, nearby = curve.x, curve.value, NEARBY * curve.first
    around = [curve.at(x + far * nearby) for far in (-1.0, 1.0, -FAR, FAR)]
    allowed = VISIBLE * max(abs(value) for value in (here, *around) if isfinite(value))
    allowed += max(2.0 * abs(slope.value) * nearby + 10.0 * slope.error * slope.step for slope in (left, right))
    moved = max(abs(value - here) for value in around[:2])
    if not moved > allowed:
        return False
    return max(abs(curve.at(x + side * nearby / 8.0) - here) for side in (-1.0, 1.0)) > 0.5 * moved or None


def contradiction(node: Value) -> str:
    """How a gate's local gradient differs from the numerical one; "" if none does."""
    primitive: Any = node.primitive
    operands = numbers(node.operands)
    local_gradients = primitive.slopes(node.data, *operands)
    sizes = [abs(x * (local or 0.0)) for x, local in zip(operands, local_gradients)]
    noise = EPSILON * sum(filter(isfinite, sizes), 0.0)
    for i, (operand, local) in enumerate(zip(node.operands, local_gradients)):
        if type(operand) is Value:
            value = along(primitive.compute, operands, i)
            found = CheckedInput("", value, operands[i], Claim(float(local or 0.0), 0.0, noise))
            if found.verdict == "fail" or (found.verdict == "not finite" and isfinite(found.numerical)):
                given = "None" if local is None else show(found.analytical)
                at = ", ".join(map(show, operands[:4])) + ", ..." * (len(operands) > 4)
                said = f"is {given}, numerically {show(found.numerical)}"
                return f"at ({at}) the local gradient of operand {i + 1} {said}"
    return ""


class GradientCheck:
    """The result of a gradient check: true if every gradient is right; its repr is the table.

    ``inputs`` has a CheckedInput for each number, in order, with name, x, forward, numerical, error, analytical,
    difference, left, right and verdict; ``primitives`` lists those whose rules are wrong; ``notes`` explain kinks,
    faults and doubts; ``value`` is the function's, ``h`` the step of the forward differences.

    >>> report = check_gradients(lambda x: x * x, 3.0)
    >>> bool(report)
    True
    >>> report.inputs[0].verdict
    'ok'
    """

    def __init__(self, value: float, h: float, inputs: list[CheckedInput]) -> None:
        self.value, self.h, self.inputs = value, h, inputs
        self.primitives: list[Primitive] = []
        self.notes: list[str] = []

    def having(self, verdict: str) -> list[CheckedInput]:
        return [row for row in self.inputs if row.verdict == verdict]

    def __bool__(self) -> bool:
        return all(row.verdict in ("ok", "kink") for row in self.inputs)

    def __repr__(self) -> str:
        counts = [f"{len(self.having(verdict))} {verdict}" for verdict in VERDICTS]
        summary = ", ".join(text for text in counts if not text.startswith("0 ")) or "no inputs"
        header = line("", f"forward h={self.h:g}", "numerical", "analytical", "difference", "")
        shown = self.inputs
        if len(shown) > MOST_ROWS:
            shown = [row for row in shown if row.verdict != "ok"][:MOST_ROWS]
        rows = [line(x.name, x.forward, x.numerical, x.analytical, f"{x.difference:.1e}", x.verdict) for x in shown]
        if len(shown) < len(self.inputs):
            rows.append(f"... {len(self.inputs) - len(shown)} more")
        notes = [text for note in self.notes for text in wrap(note, WIDTH)]
        return "\n".join([f"gradient check at f = {show(self.value)}: {summary}", header, *rows, *notes])


def line(name: str, forward: Any, numerical: Any, analytical: Any, difference: str, verdict: str) -> str:
    """One line of the table: at most 80 columns, numbers to eight digits."""
    name = name if len(name) <= 12 else f"{name[:5]}..{name[-5:]}"
    columns = [x if isinstance(x, str) else f"{x:.8g}" for x in (forward, numerical, analytical)]
    return "".join([f"{name:12}", *[f"{x:>15}" for x in columns], f"{difference:>11}  {verdict}"]).rstrip()


def kink_notes(rows: Sequence[CheckedInput], nodes: Iterable[Value], called: dict[Value, str]) -> Iterator[str]:
    """Yield a sentence for each input on a kink and for each gate that causes one."""
    for row in rows[:MOST_NOTES]:
        yield (
            f"{row.name} is on a {'jump of f' if row.jumps else 'kink'}: left derivative {show(row.left)}, "
            f"right derivative {show(row.right)}; {show(row.analytical)} is taken."
        )
    kinks = [node for node in nodes if on_kink(node)] if rows else []
    for node in kinks[:MOST_NOTES]:
        yield f"The kink: {statement(node, called)} = {show(node.data)}."


def check_gradients(
    f: Function[Any] | Value, *args: Any, h: float = 0.001, gradient: Any = None, **keywords: Any
) -> GradientCheck:
    """Compare the gradient that autodiff computes with numerical derivatives.

    TypeError if f does not return one number; ValueError if the shape of ``gradient`` is not that of the arguments, or
    f answers differently at the same point.

    Parameters
    ----------
    f : function or Value
        A function of numbers and (nested) lists, called as ``f(*args, **keywords)``, that returns one number; or,
        without ``args``, a recorded Value, checked with respect to the leaves behind it.
    h : float
        The step of the forward differences (f(x + h) - f(x)) / h in the table's first column, for show only: the
        numerical derivative is extrapolated to h = 0 and comes with its error.
    gradient : optional
        A gradient to check instead of autodiff's, shaped as ``grad(f)`` returns it.

    Returns
    -------
    GradientCheck
        True if every input is "ok" or on a "kink"; false if one is "fail", "undecided" or "not finite": then the rules
        of the primitives involved are checked one by one, and the wrong ones are named.

    Examples
    --------
    >>> check_gradients(lambda x, y, z: (x + y) * z, -2, 5, -4)
    gradient check at f = -12: 3 ok
                forward h=0.001      numerical     analytical difference
    x                        -4             -4             -4    0.0e+00  ok
    y                        -4             -4             -4    0.0e+00  ok
    z                         3              3              3   -2.3e-14  ok
    """
    if not 0.0 < h < INF:
        raise ValueError(f"h must be a finite step greater than 0, got {h!r}")
    if type(f) is Value and (args or keywords):
        raise TypeError("a recorded Value takes no arguments: write check_gradients(f)")
    target = of_graph(f) if type(f) is Value else of_call(require_function(f, "check_gradients"), args, keywords)
    own = given = target.analytical()
    if gradient is not None:
        if shape(gradient) != (wanted := shape(target.shape)):
            raise ValueError(f"gradient must mirror the arguments: expected {wanted}, got {shape(gradient)}")
        given = [float(x.data if type(x) is Value else x) for x in flatten(gradient)]
    claims = map(Claim, given, target.magnitudes(), repeat(target.noise()), own)
    facts = enumerate(zip(target.names, target.inputs, claims))
    rows = [CheckedInput(name, target.function(i), x.data, claim, h) for i, (name, x, claim) in facts]
    report = GradientCheck(target.value, h, rows)
    target.repeat(3 if all(row.verdict == "ok" for row in report.inputs) else 20)
    called = names(target.order, target.output if target.order else None)
    if gradient is None:
        blame(report, target, called)
    else:
        failed = report.having("fail")
        report.notes += [f"autodiff computes {show(own[report.inputs.index(row)])} for {row.name}." for row in failed]
    report.notes += kink_notes(report.having("kink"), target.order, called)
    report.notes += [UNDECIDED.format(row) for row in report.having("undecided")[:MOST_NOTES]]
    if report.having("not finite") and not report.primitives:
        origin = nonfinite_origin(target.output) if target.order else None
        text = origin.text if origin else "f has no finite derivative at this point, or is not defined around it."
        report.notes += text.splitlines()
    return report


def blame(report: GradientCheck, target: Target, called: dict[Value, str]) -> None:
    """Note which rules are wrong; if none is, a kink or an unrecorded number is the cause."""
    if report:
        return
    for node in target.order:
        rule = node.primitive
        if rule and rule not in report.primitives and (text := complaint(node) or contradiction(node)):
            report.primitives.append(rule)
            report.notes.append(f"The rule of {rule.name} is wrong. In {statement(node, called)}, {text}.")
    if report.primitives:
        return
    sizes = target.magnitudes()
    largest = max(sizes)
    for row, size, more in zip(report.inputs, sizes, target.magnitudes(kinks=True)):
        sides = [side for side in (row.left, row.right) if side == side] or [row.analytical]
        outside = max(min(sides) - row.analytical, row.analytical - max(sides), 0.0)
        if row.verdict == "fail" and outside <= 1.001 * (more - size):
            row.verdict = "kink"
        elif row.verdict == "undecided" and abs(row.analytical) <= TINY * largest and row.error <= TINY * largest:
            row.verdict = "ok"  # negligible, and every rule is right by itself
    if report.having("fail"):
        report.notes.append(
            "Every rule is correct by itself. Does f use an unrecorded number (.data, a function of the math module), "
            "or lose digits to cancellation or underflow?"
        )
