"""The lectures' examples by id: one table of expressions, inputs and the numbers that must come out."""

from __future__ import annotations

import tomllib
from pathlib import Path

from typing import Any

from ..engine import Value


LECTURES = {
    "A": "UCR EE/CS 228, lecture 4",
    "B": "EECS 545, lecture 11",
    "C": "IFT 6289, lecture 2",
    "D": "CSCI 566, neural network basics",
    "E": "CM 146, lecture 9",
}


class Example:
    """A formula of a lecture with numbers put in and the numbers that must come out.

    The id is the lecture's letter and a number; parts of one example end in a, b, c, ... The text is statements, the
    last one the output; ``at``, ``gives`` and ``gradients``, written as ``"x=-2 y=5"``, become the dicts ``inputs``,
    ``values`` and ``gradients``. Gates without a name on the slide are s0, s1, ... The note tells of a slip or a
    convention of the slides.

    >>> from autodiff.lectures import find
    >>> example, = find("D1")
    >>> example.text, example.inputs, example.values["f"]
    ('q = x + y; f = q * z', {'x': -2.0, 'y': 5.0, 'z': -4.0}, -12.0)
    """

    __slots__ = ("gradients", "id", "inputs", "lecture", "note", "text", "title", "values")

    def __init__(self, id: str, title: str, text: str, at: str, gives: str, gradients: str, note: str = "") -> None:
        self.id, self.title, self.lecture, self.text, self.note = id, title, LECTURES[id[0]], text, note
        self.inputs, self.values, self.gradients = numbers(at), numbers(gives), numbers(gradients)

    def build(self) -> Value:
        """The output, recorded anew, its inputs and gates labeled."""
        from ..parser import parse  # the table is read without it

        return parse(self.text, **self.inputs)

    def confirm(self, output: Value) -> str:
        """A sentence saying how many of the example's numbers a recorded graph has, by the names of inputs and gates.

        AssertionError if a number differs by more than 1e-12 (relative, or absolute near 0).

        >>> from autodiff import variables
        >>> from autodiff.lectures import find
        >>> x1, x2 = variables(x1=2, x2=3)
        >>> find("A2")[0].confirm(x1 - x2)
        "A2: all 3 numbers are what the lecture's formulas give, to 1e-12"
        """
        from ..formula import names  # the table is read without them
        from ..graph import history

        steps, wanted = output.steps(), list(self.values)[-1]
        totals = {output: 1.0, **steps.gradients, **{step.operand: step.total for step in steps}}
        called = {name: node for node, name in names(history(output), output).items()} | {wanted: output}
        missing = [name for name in self.inputs if name not in called]
        if missing:
            raise AssertionError(f"{self.id} has inputs {', '.join(self.inputs)}; not found: {', '.join(missing)}")
        rows = [(name, called[name].data, x) for name, x in self.values.items() if name in called]
        slopes = [(f"d{wanted}/d{n}", totals[called[n]], x) for n, x in self.gradients.items() if n in called]
        for name, found, expected in [*rows, *slopes]:
            agree(found, expected, f"{self.id}: {name}")
        return f"{self.id}: all {len(rows) + len(slopes)} numbers are what the lecture's formulas give, to 1e-12"

    def __repr__(self) -> str:
        return f"<example {self.id}: {self.title}>"


def numbers(text: str) -> dict[str, float]:
    """The numbers of ``"x=-2 y=5"`` by name."""
    pairs = [word.split("=") for word in text.split()]
    return {name: float(number) for name, number in pairs}


def agree(found: Any, expected: Any, what: str = "the number", within: float = 1e-12) -> None:
    """Raise an AssertionError, with both, unless a number or Value is as expected, in lists each one."""
    if isinstance(expected, (list, tuple)):
        if not isinstance(found, (list, tuple)) or len(found) != len(expected):
            raise AssertionError(f"{what} should be a list of {len(expected)}, but it is {found!r:.80}")
        for i, (here, there) in enumerate(zip(found, expected)):
            agree(here, there, f"{what}[{i}]", within)
        return
    here, there = getattr(found, "data", found), getattr(expected, "data", expected)
    if not abs(here - there) <= max(within * abs(there), 1e-3 * within):
        raise AssertionError(f"{what} should be {there!r}, but it is {here!r}")


__all__ = ["EXAMPLES", "LECTURES", "Example", "agree", "find"]

TABLE = tomllib.loads(Path(__file__).with_name("examples.toml").read_text(encoding="utf-8"))
# Of nets, losses and training; python -m nn shows them.
IN_NN = [
    *("A8", "A9", "B6", "B7", "B8", "C4", "C5", "C9", "C10", "C11", "C12", "C13"),
    *("D13", "D14", "D16", "D18", "E1", "E3", "E4", "E5", "E9", "E10", "E12", "E13"),
]
IN_NOTEBOOKS = ["A7", "C6", "D10", "D17"]  # of no single formula
EXAMPLES = {row["id"]: Example(**row) for row in TABLE["example"]}


def find(id: str) -> list[Example]:
    """The example of that id, or all the parts it has, in order; ValueError, naming the nearest, if there is none.

    >>> find("d1")
    [<example D1: A simple example>]
    >>> [example.id for example in find("D8")]
    ['D8a', 'D8b', 'D8c', 'D8d']
    """
    wanted = id.strip().lower()
    found = [example for example in EXAMPLES.values() if wanted in (example.id.lower(), whole(example.id).lower())]
    if not found and wanted.upper() in IN_NN:
        raise ValueError(f"{wanted.upper()} is about a net or its training: python -m nn {wanted.upper()}")
    if not found and wanted.upper() in IN_NOTEBOOKS:
        raise ValueError(f"{wanted.upper()} has no formula of its own: it is in notebooks/{wanted[0].upper()}-*.ipynb")
    if not found:
        raise ValueError(f"there is no lecture example {id!r:.40}: {nearest(wanted)}")
    return found


def whole(id: str) -> str:
    """The id without the letter of a part: D8 of D8b."""
    return id.rstrip("abcdefghijklmnopqrstuvwxyz")


def nearest(wanted: str) -> str:
    """What to try in place of an id that is not there."""
    wholes = list(dict.fromkeys(whole(id) for id in EXAMPLES))
    letter, digits = wanted[:1].upper(), whole(wanted[1:])
    if letter not in LECTURES or not digits.isdecimal():
        return f"ids are a letter A to E and a number, from {wholes[0]} to {wholes[-1]}"
    parts = [id for id in EXAMPLES if whole(id) == letter + digits]
    if len(parts) > 1:
        return f"{letter}{digits} has the parts {', '.join(parts)}"
    target = int(digits[:4])
    candidates = [id for id in wholes if id.startswith(letter)]
    return f"near it are {', '.join(sorted(candidates, key=lambda id: abs(int(id[1:]) - target))[:3])}"
