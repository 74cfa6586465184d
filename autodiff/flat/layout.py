"""Where the numbers of a rolled program live: which names are kept side by side in which array."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .code import SUMS
from .identifiers import identifiers
from .program import Expression, Line, Place, Program, leaves_of, replaced


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
