"""A recorded graph: its gates in order, its leaves as inputs, parameters and constants, and names for them."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from functools import cached_property
from itertools import count
from typing import Any, NamedTuple

from ..engine import Value, tick
from ..formula import LONGEST, Names
from ..functional import flatten, mirror
from ..graph import age
from ..ieee import real
from ..primitives import PRIMITIVES
from ..tracing import Tracing, Unsupported

JAVASCRIPT = """
    arguments await boolean break byte case catch char class const continue debugger default delete do double else
    enum eval export extends false final finally float for function goto if implements import in instanceof int
    interface let long native new null package private protected public return short static super switch
    synchronized this throw throws transient true try typeof undefined var void volatile while with yield Array
    Float64Array Infinity Math NaN Number Object
"""
OURS = ["rows", "parameters", "results", "inf", "nan", "row", "in_step", "advance"]  # other names in generated code
Values = Iterable[Value]
RESERVED = {*dir(builtins), *keyword.kwlist, *PRIMITIVES, *JAVASCRIPT.split(), *OURS}


def identifier(label: str) -> str:
    """The label as an identifier: other characters become underscores; "" if nothing is left."""
    text = unicodedata.normalize("NFKC", label[:LONGEST])
    text = re.sub(r"\W+", "_", text).strip("_")
    if text[:1].isdigit():
        text = f"v{text}"
    # Python normalizes identifiers: a name that changes when normalized again could equal another one.
    return text if text.isidentifier() and unicodedata.normalize("NFKC", text) == text else ""


def identifiers() -> Names:
    """The names of one program: identifiers that mean nothing in Python, JavaScript or the program itself."""
    return Names(identifier, RESERVED)


class Recording:
    """The gates that compute some outputs, oldest first, and the leaves: inputs, parameters and constants.

    Leaves that are younger than the creation number ``since``, and are not given, are constants.
    """

    def __init__(
        self, outputs: Sequence[Any], inputs: Values | None = None, parameters: Values = (), since: int | None = None
    ) -> None:
        inputs, parameters = inputs if inputs is None else list(inputs), list(parameters)
        leaves = [*(inputs or ()), *parameters]
        for leaf in leaves:
            if type(leaf) is not Value:
                raise TypeError(f"inputs and parameters are Values, got {type(leaf).__name__}: {leaf!r:.60}")
        given = {*leaves}
        if len(given) != len(leaves):
            raise Unsupported("a Value is given twice among the inputs and parameters: give each once")
        self.outputs = [x if type(x) is Value else real(x, "lower()") for x in outputs]
        self.gates = gates_behind(self.outputs, given)
        known = {*given, *self.gates}
        others = dict.fromkeys([x for values in self.reads for x in values if type(x) is Value and x not in known])
        self.constants = {leaf: leaf._data for leaf in others if since is not None and leaf.born >= since}
        remaining = [leaf for leaf in others if leaf not in self.constants]
        self.inputs = remaining if inputs is None else inputs
        self.parameters = parameters if inputs is None else [*parameters, *remaining]

    def with_leaves(self, inputs: list[Value], parameters: list[Value]) -> Recording:
        """The same gates with other lists of inputs and parameters."""
        if [*map(id, [*inputs, None, *parameters])] == [*map(id, [*self.inputs, None, *self.parameters])]:
            return self  # ids, since == of Values records a gate
        found = copy(self)
        found.inputs, found.parameters = inputs, parameters
        found.__dict__.pop("structure", None)
        return found

    def asked(self, wrt: Values | None) -> set[Value]:
        """The inputs and parameters in ``wrt``, by default all; ValueError if another Value is in it."""
        leaves = [*self.inputs, *self.parameters]
        found = set(leaves if wrt is None else wrt)
        for leaf in found.difference(leaves):
            raise ValueError(f"wrt takes inputs and parameters of the program, got {leaf!r}")
        return found

    @property
    def reads(self) -> list[Sequence[Any]]:
        """The operands of each gate, and the outputs."""
        return [*[gate.operands for gate in self.gates], self.outputs]

    def has_any(self, leaves: Iterable[Value]) -> bool:
        """Whether a gate or an output reads any of these leaves."""
        these = {*leaves}
        return any(type(x) is Value and x in these for values in self.reads for x in values)

    @property
    def work(self) -> int:
        """Number of operands of all gates: roughly the cost of one row."""
        return sum([len(gate.operands) for gate in self.gates])

    @cached_property
    def structure(self) -> list[tuple[Any, ...]]:
        """The gates without names: equal for graphs of the same structure."""
        names: dict[Any, Any] = {leaf: repr(number) for leaf, number in self.constants.items()}
        names |= zip([*self.inputs, *self.parameters, *self.gates], count())
        rows = [(gate.primitive, gate.operands) for gate in self.gates] + [(None, self.outputs)]
        return [(row, *[names[x] if type(x) is Value else repr(x) for x in operands]) for row, operands in rows]


@contextmanager
def explain_errors(name: str, records: str = "Values") -> Iterator[None]:
    """Make errors of a function that fails for lack of plain numbers Unsupported; others get a note."""
    words = f"{name} was given {records} to record; runner='eager' gives it plain numbers"
    try:
        yield
    except BaseException as error:
        if isinstance(error, (TypeError, AttributeError, LookupError)) and not isinstance(error, Unsupported):
            raise Unsupported(f"{type(error).__name__}: {error} ({words})") from error
        error.add_note(words)
        raise


def gates_behind(outputs: Iterable[Any], ends: set[Value]) -> list[Value]:
    """The gates that compute the outputs, oldest first; the search stops at ``ends``."""
    waiting = [x for x in outputs if type(x) is Value]
    seen = set(ends)
    gates = []
    while waiting:
        node = waiting.pop()
        if node.primitive and node not in seen:
            gates.append(node)
            waiting += [x for x in node.operands if type(x) is Value and x.primitive and x not in seen]
        seen.add(node)
    return sorted(gates, key=age)


# --- The recordings of a training step ------------------------------------------------------------


class Recipe(NamedTuple):
    """The scalar functions that a training step is recorded from, inside ``watched()``.

    ``loss(x, target)`` is the loss of one example such as ``example``, in Values and the captured ``parameters``.
    ``update()`` records (inputs, outputs) of one scalar update, (parameter, gradient, learning_rate, step, *states) to
    (parameter, *states); ``penalty()`` is added to the mean loss. ``drawn()`` random numbers follow the target of each
    example; the outputs ``noted()``, the same in each row, go to ``keep(numbers, rows)`` after each step.
    """

    loss: Callable[[Any, Any], Any]
    example: tuple[Sequence[float], Sequence[float]]
    parameters: Sequence[Value]
    update: Callable[[], tuple[Sequence[Any], Sequence[Any]]]
    penalty: Callable[[], Any] | None = None
    watched: Callable[[], AbstractContextManager[Any]] = nullcontext
    drawn: Callable[[], int] = int
    noted: Callable[[], Sequence[Any]] = list
    keep: Callable[[Sequence[float], int], None] = lambda *_: None


class Step:
    """The recordings of a training step: loss, penalty and update."""

    def __init__(self, recipe: Recipe, for_loops: bool = False) -> None:
        self.recipe, self.since, self.for_loops = recipe, tick(), for_loops
        with recipe.watched():
            self.loss, self.penalty, self.update = record_step(recipe, self.since, for_loops)
            self.check()
        if not self.loss.has_any(self.loss.parameters):
            raise TypeError(
                f"the loss has to be one Value that depends on the model's outputs, got {self.loss.outputs[0]!r:.60}"
            )

    def check(self) -> None:
        """Record once more, and raise Unsupported if anything differs."""
        parts, now = (self.loss, self.penalty, self.update), record_step(self.recipe, self.since, self.for_loops)
        for name, part, other in zip(("loss", "penalty", "optimizer's update"), parts, now):
            if part and other and part.structure != other.structure:
                first, second = ([x.primitive for x in these.gates if x.primitive] for these in (part, other))
                fresh = [x.name for x in second if x not in first]
                reason = "does it draw random numbers, or read a clock or a file?"
                if fresh and [x.name for x in first] == [x.name for x in second]:
                    reason = f"it makes a new gate {fresh[0]!r} each time: make it once, outside the function"
                raise Unsupported(
                    f"the {name} is recorded differently each time ({reason}): flat code would repeat the first "
                    "recording; train it with runner='eager'"
                )


def record_step(recipe: Recipe, since: int, for_loops: bool = False) -> tuple[Recording, Recording | None, Recording]:
    """Record loss, penalty and update."""
    (x, target), penalty = recipe.example, None
    with Tracing(sums=for_loops):
        with explain_errors("the loss"):
            x, target = variables(x, "x"), variables([*target, *[1.0] * recipe.drawn()], "t")
            outputs = [recipe.loss(x, target), *recipe.noted()]
        loss = Recording(outputs, flatten([x, target]), recipe.parameters, since)
        if recipe.penalty:
            with explain_errors("the penalty"):
                added = recipe.penalty()
            penalty = Recording([added], [], recipe.parameters, since)
        return loss, penalty, record_update(recipe.update, since)


def record_update(update: Callable[[], tuple[Sequence[Any], Sequence[Any]]], since: int | None = None) -> Recording:
    """Record an optimizer's update: see ``Recipe``."""
    with explain_errors("the optimizer's update"):
        (parameter, gradient, rate, step, *states), new = update()
    return Recording(new, [parameter, gradient, *states], [rate, step], since)


def variables(part: Any, name: str) -> Any:
    """Independent variables for the numbers, perhaps in nested lists, of a part of an example."""
    places = count()
    return mirror(lambda number: Value(number, f"{name}{next(places)}"), part)
