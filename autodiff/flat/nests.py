"""Loops: arrays for the numbers of a program, and its lines rolled into repetitions over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .ir import SUMS, Expression, Line, Place, Program, leaves_of, operations, replaced
from .recording import identifiers


class Layout:
    """Where every number is kept: in an array with its like, or alone under its name."""

    def __init__(
        self,
        program: Program,
        forward: Sequence[Sequence[Line]],
        backward: Sequence[Sequence[Line]],
        gradients: Mapping[str, str],
    ) -> None:
        self.gradients = gradients
        slopes = set(gradients.values())
        arrays: list[tuple[str, Sequence[Any]]] = [("x", program.inputs), ("w", program.parameters)]
        arrays = [(letter, names) for letter, names in arrays if names]
        alike = [[line.target for line in group] for group in (*forward, *backward)]
        arrays += [("a", names) for names in alike if len(names) > 1 and slopes.isdisjoint(names)]
        laid_out = {name for _, names in arrays for name in names}
        laid_out |= {gradients[name] for name in laid_out if name in gradients}
        free = identifiers()
        for line in program.lines:
            if line.target not in laid_out:
                free.taken[str(line.target)] = 1
        self.sizes: dict[str, int] = {}
        self.places: dict[Any, Place] = {}
        self.begun: set[Any] = set()  # the scalars that have been assigned
        for letter, names in arrays:
            array = free.numbered("a") if letter == "a" else free.unique(letter)
            self.put(array, names)
            if any(name in gradients for name in names):
                self.put(free.unique(f"grad_{array}"), [gradients.get(name) for name in names])
        self.given = {self.places[name].array for name in (*program.inputs, *program.parameters)}

    def put(self, array: str, names: Sequence[Any]) -> None:
        """Keep these numbers in an array, in this order."""
        self.sizes[array] = len(names)
        self.places.update((name, Place(array, i)) for i, name in enumerate(names) if name is not None)

    def place(self, x: Any) -> Any:
        """The place of a name; anything else as it is."""
        return self.places.get(x, x)

    def moved(self, line: Line, adds: bool) -> Line:
        """The line with places for names, and slices where a sum reads neighbours.

        In an array everything that ``adds`` does so from zeros; of the lines that add to a scalar the
        first one assigns.
        """
        if line.target not in self.places:
            adds = line.target in self.begun
            self.begun.add(line.target)
        expression = replaced(line.expression, self.place)
        if type(expression) is tuple and expression[0] in SUMS:
            expression = sliced(expression)
        return Line(self.place(line.target), expression, adds)

    def zeros_placed(self, leaves: Sequence[str], gradients: Sequence[Any]) -> list[Any]:
        """The gradients, with a place in the gradients' array for those that are 0: there they are 0 too."""
        array = next((self.places[x].array for x in gradients if x in self.places), None)
        return [
            Place(array, self.places[leaf].start) if array and type(x) is float else x
            for leaf, x in zip(leaves, gradients)
        ]

    def used(self, lines: Iterable[Line]) -> dict[str, int]:
        """The arrays that the lines speak of, inputs and parameters in any case, and their sizes."""
        spoken = {x.array for line in lines for x in (line.target, *leaves_of(line.expression)) if type(x) is Place}
        return {name: size for name, size in self.sizes.items() if name in spoken | self.given}


def sliced(expression: Expression) -> Expression:
    """A sum over elements as one over slices, where they are neighbours in an array."""
    name, *parts = expression
    n = len(parts) // 2 if name == "dot" else len(parts)
    slices = [run(parts[:n]), run(parts[n : 2 * n])] if name == "dot" else [run(parts)]
    return (name, *slices, *parts[2 * n :]) if n and None not in slices else expression


def run(parts: Sequence[Any]) -> Place | None:
    """The slice that these places are, or None."""
    if not parts or type(parts[0]) is not Place:
        return None
    array, start = parts[0].array, parts[0].start
    return Place(array, start, len(parts)) if all(x == Place(array, start + i) for i, x in enumerate(parts)) else None


SHORT = 4  # terms below which a sum keeps its order, and its products are never fused: it is rounded as everywhere


def rolled(program: Program, gradients: Mapping[str, str]) -> Program:
    """The program of scalars with vector lines and repeated lines in place of many; sums may be added in another order.

    ``gradients`` holds the name of the gradient for the names that have one.
    """
    sums = {line.target for line in program.lines if line.adds}
    levels: dict[Any, int] = {}
    forward = schedule(program.lines[: program.forward], levels, sums)
    backward = schedule(program.lines[program.forward :], levels, sums)
    layout = Layout(program, forward, backward, gradients)
    lines: list[Line] = []
    first_backward = 0
    for part in (forward, backward):
        first_backward = len(lines)
        for group in part:
            lines += merged([layout.moved(line, line.target in sums) for line in group])
    outputs, to_inputs, to_parameters = (
        tuple(map(layout.place, places))
        for places in (
            program.outputs,
            layout.zeros_placed(program.inputs, program.input_gradients),
            layout.zeros_placed(program.parameters, program.parameter_gradients),
        )
    )
    inputs, parameters = (tuple(map(layout.place, places)) for places in (program.inputs, program.parameters))
    return Program(
        inputs, parameters, tuple(lines), first_backward, outputs, to_inputs, to_parameters, layout.used(lines)
    )


# --- Which lines belong together -----------------------------------------------------------------


def schedule(lines: Iterable[Line], levels: dict[Any, int], sums: set[Any]) -> list[list[Line]]:
    """Groups of lines that do the same, in an order that can be run; no line of a group reads a result of it.

    A line's level is one above the highest level it reads, so lines of one level do not read each
    other's results. What assigns and what adds to a gradient counts as the same: a sum.
    """
    groups: dict[Any, list[Line]] = {}
    first: dict[Any, int] = {}
    latest: dict[Any, Any] = {}  # the group that added to a target last: what adds next must not come before it
    for i, line in enumerate(lines):
        level = 1 + max((levels.get(x, 0) for x in leaves_of(line.expression)), default=0)
        level = max(level, levels.get(line.target, 0))
        shape = replaced(line.expression, lambda x: repr(x) if type(x) is float else None)
        key = level, line.target in sums, shape
        before = latest.get(line.target, key)
        if before[0] == level and first.get(key, i) < first.get(before, i):
            key = level + 1, *key[1:]
        levels[line.target] = key[0]
        latest[line.target] = key
        groups.setdefault(key, []).append(line)
        first.setdefault(key, i)
    return [groups[key] for key in sorted(groups, key=lambda key: (key[0], first[key]))]


# --- Making one line of several ------------------------------------------------------------------


def merged(lines: list[Line]) -> list[Line]:
    """The lines of a group as few vector lines and repeated lines."""
    if len(lines) == 1 or not all(type(line.target) is Place for line in lines):
        return lines
    rounds: dict[Any, int] = {}

    def order(line: Line) -> Any:
        """Targets in the order of the array; what adds to the same target once more comes after a whole round."""
        rounds[line.target] = rounds.get(line.target, 0) + 1
        return rounds[line.target], line.target

    return joined(joined(sorted(lines, key=order), in_a_vector, vector), in_step, repetition)


def joined(
    lines: list[Line], fits: Callable[[Line, list[int]], bool], join: Callable[[Line, list[int], int], Line]
) -> list[Line]:
    """The lines, every run whose places move on by the same strides made one line."""
    result = []
    i = 0
    while i < len(lines):
        strides = strides_between(lines[i], lines[i + 1]) if i + 1 < len(lines) else None
        count = 1
        if strides is not None and fits(lines[i], strides):
            count = 2
            while i + count < len(lines) and strides_between(lines[i + count - 1], lines[i + count]) == strides:
                count += 1
        if strides and strides[0] == 0 and count < SHORT:
            count = 1
        result.append(lines[i] if count == 1 else join(lines[i], strides or [], count))
        i += count
    return result


def strides_between(a: Line, b: Line) -> list[int] | None:
    """How far the target and each place of ``b`` lies beyond that of ``a``; None where more than that differs."""
    strides = []
    for x, y in zip((a.target, *leaves_of(a.expression)), (b.target, *leaves_of(b.expression))):
        if type(x) is Place and type(y) is Place and (x.array, x.length) == (y.array, y.length):
            strides.append(y.start - x.start)
        elif x != y and repr(x) != repr(y):
            return None
    return strides


def in_a_vector(line: Line, strides: list[int]) -> bool:
    """Whether the elements that a line speaks of move on as the elements of a slice do.

    A sum takes slices for what it adds up, so there are no vectors of sums; they are repeated.
    """
    sums = not SUMS.isdisjoint(operations(line.expression))
    return not sums and strides[0] == 1 and all(stride in (0, 1) for stride in strides)


def in_step(line: Line, strides: list[int]) -> bool:
    return True  # any constant strides will do


def with_places(line: Line, strides: list[int], change: Callable[[Place, int], Place]) -> Line:
    """The line with every place changed by its stride."""
    remaining = iter(strides)

    def changed(x: Any) -> Any:
        return change(x, next(remaining)) if type(x) is Place else x

    return line._replace(target=changed(line.target), expression=replaced(line.expression, changed))


def vector(line: Line, strides: list[int], count: int) -> Line:
    """The line for ``count`` neighbours at once."""
    return with_places(line, strides, lambda place, stride: place._replace(length=count if stride else None))


def repetition(line: Line, strides: list[int], count: int) -> Line:
    """The line ``count`` times, its places moving on; a long sum that comes from last to first is turned round."""
    if strides[0] == 0 and all(stride <= 0 for stride in strides):
        line = with_places(
            line, strides, lambda place, stride: place._replace(start=place.start + stride * (count - 1))
        )
        strides = [-stride for stride in strides]
    moved = with_places(line, strides, lambda place, stride: place._replace(jump=stride))
    return moved._replace(repeat=count)
