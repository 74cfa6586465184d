"""What a gradient check looks at: a called function or a recorded Value, as a function of each number in it."""

from __future__ import annotations

from math import isfinite

from ..calls import Call, branches, flattened, mirrored, one_number, parameters
from ..engine import Value
from ..graph import history, numbers, on_kink, refuse_stale, sweep
from ..ieee import NAN, number
from ..naming import names
from .numerical import Curve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

ROUNDING = 2.0**-52


class Subject:
    """An output and its inputs (leaves), with their names and the shape in which they were given."""

    __slots__ = ("inputs", "malformed", "names", "order", "output", "shape", "swept")
    output: Any
    order: list[Value]
    inputs: list[Value]
    names: list[str]
    shape: Any
    at: Callable[[int, float], float]  # the output with one of the inputs changed to x

    def function(self, changed: int) -> Callable[[float], float]:
        """The output as a function of one of the inputs; ValueError if it is not always the same at the same point."""
        here = self.inputs[changed].data

        def answer(x: float) -> float:
            found = self.at(changed, x)
            return found if x != here else same(found, self.value)

        return answer

    def ask_again(self, times: int) -> None:
        """Raise ValueError if f ever gives another number than before, at its inputs or beside them."""
        if self.inputs:
            curve = Curve(self.function(0), self.inputs[0].data)
            aside = curve.x + curve.first
            before = curve.at(aside)
            for _ in range(times):
                same(curve.at(aside), before)
                curve.function(curve.x)

    @property
    def value(self) -> float:
        """The number of the output."""
        return self.output.data if type(self.output) is Value else float(self.output)

    def look_back(self) -> None:
        """Sweep once; not at all where some rule gives no numbers."""
        self.malformed = any(complaint(node) for node in self.order if node.primitive)
        self.swept = list(sweep(self.output)) if self.order and not self.malformed else []

    def analytical(self) -> list[float]:
        """d output / d input for each input; nan where a rule gives no numbers."""
        found = {node: upstream for node, upstream, _ in self.swept}
        return [NAN if self.malformed else float(found.get(leaf, 0.0)) for leaf in self.inputs]

    def magnitudes(self, kinks: bool = False) -> list[float]:
        """The same sums over all paths, of sizes without signs: rounding moves the gradients by a part of these.

        With ``kinks``, local gradients on a kink are larger by 1, which is as far as most conventions are off.
        """
        totals = {self.output: 1.0} if self.order else {}
        for node, _, local_gradients in self.swept:
            more = kinks and on_kink(node)
            for operand, local in zip(node.operands, local_gradients):
                if type(operand) is Value and local is not None:
                    totals[operand] = totals.get(operand, 0.0) + totals[node] * (abs(local) + more)
        return [totals.get(leaf, 0.0) for leaf in self.inputs]

    def noise(self) -> float:
        """How far rounding at every gate may move the output: the sum of upstream * value, in units of rounding."""
        parts = (ROUNDING * abs(upstream * node.data) for node, upstream, _ in self.swept)
        return sum((part for part in parts if isfinite(part)), 0.0)


class Called(Subject):
    """A function called with arguments."""

    __slots__ = ("args", "f", "keywords")

    def __init__(self, f: Any, args: Sequence[Any], keywords: dict[str, Any]) -> None:
        self.f, self.keywords = f, keywords
        self.args = mirrored(lambda x: x.data if type(x) is Value else x, tuple(args))
        call = Call(f, self.args, None, keywords).scalar()
        self.output, self.inputs = call.output, flattened(call.trees)
        self.order = history(call.output, call.since) if type(call.output) is Value else []
        self.shape = self.args[0] if call.single else self.args
        named = zip(call.trees, parameters(f, len(args)))
        self.names = [name for tree, parameter in named for name in places(tree, parameter)]
        for leaf, name in zip(self.inputs, self.names):
            leaf.label = name
        self.look_back()

    def at(self, changed: int, x: float) -> float:
        data = iter([x if i == changed else leaf.data for i, leaf in enumerate(self.inputs)])
        output = one_number(self.f(*mirrored(lambda _: Value(next(data)), self.args), **self.keywords))
        return output.data if type(output) is Value else float(output)


class Recorded(Subject):
    """A recorded Value and the leaves behind it; computing it again writes nothing."""

    __slots__ = ()

    def __init__(self, output: Value) -> None:
        self.output, self.order = output, history(output)
        refuse_stale(self.order)
        called = names(self.order, output)
        self.inputs = self.shape = [node for node in self.order if not node.primitive]
        self.names = [called[leaf] for leaf in self.inputs]
        self.look_back()

    def at(self, changed: int, x: float) -> float:
        data = {node: node.data for node in self.inputs}
        data[self.inputs[changed]] = x
        for node in self.order:
            if node.primitive:
                data[node] = node.primitive.compute([a if type(a) is float else data[a] for a in node.operands])
        return data[self.output]


def same(answer: float, before: float) -> float:
    """The answer of f, if it is the one before; otherwise a ValueError."""
    if answer != before and (answer == answer or before == before):
        raise ValueError(
            f"f answers differently at the same point: {before!r}, then {answer!r}. It must depend on its arguments "
            "alone: seed random numbers inside f, draw a dropout mask once and keep it, and let f neither count its "
            "calls nor change what it reads"
        )
    return answer


def complaint(node: Value) -> str:
    """What is wrong where a gate's rule does not give a number, or None, for each operand; otherwise ""."""
    try:
        local_gradients = node.primitive.slopes(node.data, *numbers(node.operands)) if node.primitive else ()
    except TypeError as error:
        return str(error)
    for i, local in enumerate(local_gradients):
        if local is not None and number(local) is None:
            return f"the local gradient of operand {i + 1} must be a number or None, got {local!r:.60}"
    return ""


def places(tree: Any, name: str) -> list[str]:
    """A name for every number of an argument: ``W[0][1]``."""
    members = branches(tree)
    return [name] if members is None else [place for i, x in members for place in places(x, f"{name}[{i!r}]")]
