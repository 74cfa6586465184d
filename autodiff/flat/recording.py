"""What lies behind the outputs of a recorded graph: its gates in order, its leaves by their part, their names."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
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
OURS = ["rows", "parameters", "results", "inf", "nan", "row", "in_step", "advance"]  # what generated code says besides
Values = Iterable[Value]
RESERVED = {*dir(builtins), *keyword.kwlist, *PRIMITIVES, *JAVASCRIPT.split(), *OURS}


def identifier(label: str) -> str:
    """The label as an identifier: other characters become underscores; "" where nothing is left."""
    text = unicodedata.normalize("NFKC", label[:LONGEST])
    text = re.sub(r"\W+", "_", text).strip("_")
    if text[:1].isdigit():
        text = f"v{text}"
    # Normalized again, the name must stay itself: Python would take two spellings for one name.
    return text if text.isidentifier() and unicodedata.normalize("NFKC", text) == text else ""


def identifiers() -> Names:
    """The names of one program: identifiers without a meaning in Python, JavaScript or the program itself."""
    return Names(identifier, RESERVED)


class Recording:
    """What lies behind the outputs: gates oldest first, and leaves by their part in the program."""

    def __init__(
        self, outputs: Sequence[Any], inputs: Values | None = None, parameters: Values = (), since: int | None = None
    ) -> None:
        inputs, parameters = inputs if inputs is None else list(inputs), list(parameters)
        leaves = [*(inputs or ()), *parameters]
        for leaf in leaves if {*map(type, leaves)} != {Value} else ():
            if type(leaf) is not Value:
                raise TypeError(f"inputs and parameters are Values, got {type(leaf).__name__}: {leaf!r:.60}")
        given = {*leaves}
        if len(given) != len(leaves):
            raise Unsupported("a Value is given twice among the inputs and parameters: give each once")
        self.outputs = [x if type(x) is Value else real(x, "lower()") for x in outputs]
        self.gates = behind(self.outputs, given)
        gates = {*self.gates}
        read = [x for values in self.read for x in values if type(x) is Value and x not in given and x not in gates]
        others = dict.fromkeys(read)
        self.constants = {leaf: leaf._data for leaf in others if since is not None and leaf.born >= since}
        remaining = [leaf for leaf in others if leaf not in self.constants]
        self.inputs = remaining if inputs is None else inputs
        self.parameters = parameters if inputs is None else [*parameters, *remaining]

    def read_as(self, inputs: list[Value], parameters: list[Value]) -> Recording:
        """The same gates, the leaves that they read being inputs and parameters as given here, each once."""
        if [*map(id, [*inputs, None, *parameters])] == [*map(id, [*self.inputs, None, *self.parameters])]:
            return self
        found = copy(self)
        found.inputs, found.parameters = inputs, parameters
        found.__dict__.pop("structure", None)
        return found

    @property
    def read(self) -> list[Sequence[Any]]:
        """What each gate reads, and the outputs."""
        return [*[gate.operands for gate in self.gates], self.outputs]

    def reads(self, leaves: Iterable[Value]) -> bool:
        """Whether it reads any of these leaves."""
        these = {*leaves}
        return any(type(x) is Value and x in these for values in self.read for x in values)

    @property
    def work(self) -> int:
        """How many numbers the gates read: what one row costs, roughly."""
        return sum([len(gate.operands) for gate in self.gates])

    @cached_property
    def structure(self) -> list[tuple[Any, ...]]:
        """What is done to what, without names: equal for graphs that were recorded the same."""
        names: dict[Any, Any] = {leaf: repr(number) for leaf, number in self.constants.items()}
        names |= zip([*self.inputs, *self.parameters, *self.gates], count())
        rows = [(gate.primitive, gate.operands) for gate in self.gates] + [(None, self.outputs)]
        return [(row, *[names[x] if type(x) is Value else repr(x) for x in operands]) for row, operands in rows]


class Given:
    """While a function is given what records in place of numbers: what only a number can do is Unsupported."""

    def __init__(self, name: str, records: str = "Values") -> None:
        self.words = f"{name} was given {records} to record; runner='eager' gives it plain numbers"

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, *where: object) -> None:
        if isinstance(error, (TypeError, AttributeError, LookupError)) and not isinstance(error, Unsupported):
            raise Unsupported(f"{type(error).__name__}: {error} ({self.words})") from error
        if error is not None:
            error.add_note(self.words)


def behind(outputs: Iterable[Any], ends: set[Value]) -> list[Value]:
    """The gates that the outputs were computed by, oldest first; the search stops at ``ends``."""
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
    """The scalar functions that a training step is recorded from.

    ``loss(x, target)`` is the loss of one example, in Values for its numbers and the captured ``parameters``;
    ``example`` is some (x, target), the shape of all. ``update()`` records (inputs, outputs) of one scalar update,
    from (parameter, gradient, learning_rate, step, *states) to (parameter, *states); ``penalty()`` is what is added
    to the mean loss. ``watched()`` is entered while these are recorded; then ``drawn()`` is known, how many random
    numbers are drawn for each example: they stand behind its target. What is ``noted()`` of a mini-batch, numbers that
    are the same in each row, is given to ``keep(numbers, rows)`` after each step.
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
    """The recordings of a step: loss, penalty and update.

    ``since`` is a creation number: leaves that are younger and no parameters are constants.
    """

    def __init__(self, recipe: Recipe, for_loops: bool = False) -> None:
        self.recipe, self.since, self.for_loops = recipe, tick(), for_loops
        with recipe.watched():
            self.loss, self.penalty, self.update = recordings(recipe, self.since, for_loops)
            self.check()
        if not self.loss.reads(self.loss.parameters):
            raise TypeError(
                f"the loss has to be one Value that depends on the model's outputs, got {self.loss.outputs[0]!r:.60}"
            )

    def check(self) -> None:
        """Record once more, and raise Unsupported unless all is as it was."""
        parts, now = (self.loss, self.penalty, self.update), recordings(self.recipe, self.since, self.for_loops)
        for name, part, other in zip(("loss", "penalty", "optimizer's update"), parts, now):
            if part and other and part.structure != other.structure:
                first, second = ([x.primitive for x in these.gates if x.primitive] for these in (part, other))
                anew = [x.name for x in second if x not in first]
                reason = "does it draw random numbers, or read a clock or a file?"
                if anew and [x.name for x in first] == [x.name for x in second]:
                    reason = f"it makes the gate {anew[0]!r} anew: make it once, outside the function"
                raise Unsupported(
                    f"the {name} is recorded differently each time ({reason}): flat code would keep the first for "
                    "ever; train it with runner='eager'"
                )


def recordings(recipe: Recipe, since: int, for_loops: bool = False) -> tuple[Recording, Recording | None, Recording]:
    """Loss, penalty and update, recorded now."""
    loss, (x, target), parameters, update, penalty, _, drawn, *_ = recipe
    with Tracing(sums=for_loops):
        with Given("the loss"):
            outputs, inputs = recorded(loss, (x, [*target, *[1.0] * drawn()]))
            outputs += recipe.noted()
        of_loss = Recording(outputs, inputs, parameters, since)
        with Given("the penalty"):
            added = penalty() if penalty else None
        of_penalty = Recording([added], [], parameters, since) if penalty else None
        return of_loss, of_penalty, of_update(update, since)


def of_update(update: Callable[[], tuple[Sequence[Any], Sequence[Any]]], since: int | None = None) -> Recording:
    """An optimizer's update, recorded now: see ``Recipe``."""
    with Given("the optimizer's update"):
        (parameter, gradient, rate, step, *states), new = update()
    return Recording(new, [parameter, gradient, *states], [rate, step], since)


def recorded(
    loss: Callable[[Any, Any], Any], example: tuple[Sequence[float], Sequence[float]]
) -> tuple[list[Any], list[Value]]:
    """The loss of an example whose numbers, perhaps in lists of lists, are independent variables: ([loss], these)."""

    def variables(part: Sequence[Any], name: str) -> Any:
        places = count()
        return mirror(lambda number: Value(number, f"{name}{next(places)}"), part)

    x, target = map(variables, example, "xt")
    inputs = flatten([x, target])
    return [loss(x, target)], inputs
