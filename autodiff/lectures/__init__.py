"""The lectures' examples by id, as tables: titles, formulas with inputs and expected numbers, slips on the slides."""

from __future__ import annotations

import tomllib
from collections import namedtuple
from pathlib import Path
from typing import Any

from ..engine import Value

__all__ = ["EXAMPLES", "LECTURES", "SLIPS", "TITLES", "Example", "Slip", "agree", "find", "search_titles", "whole"]

LECTURES = {
    "A": "UCR EE/CS 228, lecture 4",
    "B": "EECS 545, lecture 11",
    "C": "IFT 6289, lecture 2",
    "D": "CSCI 566, neural network basics",
    "E": "CM 146, lecture 9",
}
SOURCES = {"": "our choice", "slide": "on the slide", "figure": "in the slide's figure"}
FEW = 5  # inputs that a sentence can name


class Slip(namedtuple("Slip", "id quote says right")):
    """A slip in the text of the slides: the example's id, the words quoted, what they say, and the right form.

    >>> from autodiff.lectures import SLIPS
    >>> print(SLIPS[0])
    In the text of the slides that we have, df/dx5 = 1. It is -1: the minus in x1 - x2 belongs to every term of x2.
    >>> print(SLIPS[0].quote)
    \\frac{\\partial f}{\\partial x_5} = \\frac{\\partial f}{\\partial x_2} \\frac{\\partial x_2}{\\partial x_5} = 1
    """

    __slots__ = ()

    @property
    def lecture(self) -> str:
        """The name of the lecture."""
        return LECTURES[self.id[0]]

    def __str__(self) -> str:
        return f"In the text of the slides that we have, {self.says}. {self.right}"


class Example:
    """A formula of a lecture with input numbers and the numbers that it must give.

    The id is the lecture's letter and a number; parts of one example end in a, b, c, ... The text is statements, the
    last one the output; ``at``, ``gives`` and ``gradients``, written as ``"x=-2 y=5"``, become the dicts ``inputs``,
    ``values`` and ``gradients``. Gates without a name on the slide are s0, s1, ... The source says where the inputs
    stand: "slide", "figure", or "" for our own choice. The note explains a slip or a convention of the slides.

    >>> from autodiff.lectures import find
    >>> example, = find("D1")
    >>> example.text, example.inputs, example.values["f"]
    ('q = x + y; f = q * z', {'x': -2.0, 'y': 5.0, 'z': -4.0}, -12.0)
    """

    def __init__(
        self, id: str, text: str, at: str, gives: str, gradients: str, title: str = "", source: str = "", note: str = ""
    ) -> None:
        self.id, self.title, self.lecture, self.text = id, title or TITLES[id], LECTURES[id[0]], text
        self.inputs, self.values, self.gradients = read_numbers(at), read_numbers(gives), read_numbers(gradients)
        self.source, self.note = source, " ".join([str(slip) for slip in SLIPS if slip.id == id] or [note])

    @property
    def given(self) -> str:
        """The inputs and where they stand.

        >>> from autodiff.lectures import EXAMPLES
        >>> EXAMPLES["A1"].given, EXAMPLES["D1"].given, EXAMPLES["D7"].given
        ('x = 2 (our choice)', 'x = -2, y = 5, z = -4 (on the slide)', '19 inputs (on the slide)')
        """
        named = ", ".join([f"{name} = {number:g}" for name, number in self.inputs.items()])
        inputs = named if len(self.inputs) <= FEW else f"{len(self.inputs)} inputs"
        return f"{inputs} ({SOURCES[self.source]})"

    def build(self) -> Value:
        """Record the graph again, with labeled inputs and gates, and return its output."""
        from ..parser import parse  # reading the table does not need it

        return parse(self.text, **self.inputs)

    def confirm(self, output: Value) -> str:
        """Compare a recorded graph with the example, by the names of inputs and gates, and return a sentence.

        AssertionError if a number differs by more than 1e-12 (relative, or absolute near 0).

        >>> from autodiff import variables
        >>> from autodiff.lectures import find
        >>> x1, x2 = variables(x1=2, x2=3)
        >>> find("A2")[0].confirm(x1 - x2)
        'A2: 3 numbers as the formula of the slide gives them, for x1 = 2, x2 = 3 (our choice)'
        """
        from ..formula import names  # reading the table does not need them
        from ..graph import history

        steps, wanted = output.steps(), list(self.values)[-1]
        totals = {output: 1.0, **steps.gradients, **{step.operand: step.total for step in steps}}
        called = {name: node for node, name in names(history(output), output).items()} | {wanted: output}
        missing = [name for name in self.inputs if name not in called]
        if missing:
            raise AssertionError(f"{self.id} has inputs {', '.join(self.inputs)}; not found: {', '.join(missing)}")
        rows = [(name, called[name].data, x) for name, x in self.values.items() if name in called]
        rows += [(f"d{wanted}/d{n}", totals[called[n]], x) for n, x in self.gradients.items() if n in called]
        for name, found, expected in rows:
            agree(found, expected, f"{self.id}: {name}")
        return f"{self.id}: {len(rows)} numbers as the formula of the slide gives them, for {self.given}"

    def __repr__(self) -> str:
        return f"<example {self.id}: {self.title}>"


def read_numbers(text: str) -> dict[str, float]:
    """Read ``"x=-2 y=5"`` as numbers by name."""
    pairs = [word.split("=") for word in text.split()]
    return {name: float(number) for name, number in pairs}


def agree(found: Any, expected: Any, what: str = "the number", within: float = 1e-12) -> None:
    """Raise AssertionError, showing both, unless a number or Value, or each one in a list, is as expected."""
    if isinstance(expected, (list, tuple)):
        if not isinstance(found, (list, tuple)) or len(found) != len(expected):
            raise AssertionError(f"{what} should be a list of {len(expected)}, but it is {found!r:.80}")
        for i, (here, there) in enumerate(zip(found, expected)):
            agree(here, there, f"{what}[{i}]", within)
        return
    here, there = getattr(found, "data", found), getattr(expected, "data", expected)
    if not abs(here - there) <= max(within * abs(there), 1e-3 * within):
        raise AssertionError(f"{what} should be {there!r}, but it is {here!r}")


def read_table(name: str) -> dict[str, Any]:
    """Read a table of this folder."""
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


SLIPS = [Slip(**row) for row in read_table("slips.toml")["slip"]]
TABLE = read_table("examples.toml")
TITLES: dict[str, str] = TABLE["titles"]
EXAMPLES = {row["id"]: Example(**row) for row in TABLE["example"]}


def find(id: str) -> list[Example]:
    """The example of that id, or all its parts in order; ValueError, naming the nearest, if there is none.

    >>> find("d1")
    [<example D1: A simple example>]
    >>> [example.id for example in find("D8")]
    ['D8a', 'D8b', 'D8c', 'D8d']
    """
    wanted = id.strip().upper()
    found = [example for example in EXAMPLES.values() if wanted in (example.id.upper(), whole(example.id))]
    if found:
        return found
    if wanted in TITLES:
        raise ValueError(f"{wanted} ({TITLES[wanted]}) is not one formula: run python -m nn {wanted}")
    raise ValueError(f"there is no lecture example {id!r:.40}: {nearest(wanted)}")


def search_titles(words: str = "") -> list[tuple[str, str]]:
    """(id, title) of every example whose title or lecture has these words, or whose id begins so; a letter: a lecture.

    Parts are listed only for their own id or title.

    >>> search_titles("transposed")
    [('B9', 'Backpropagation with the transposed Jacobian')]
    """
    wanted = words.casefold().strip()
    letter = wanted.upper() if wanted.upper() in LECTURES else ""
    found = []
    for id, title in TITLES.items():
        lecture = id[0] == letter if letter else wanted in LECTURES[id[0]].casefold()
        parts = [(x.id, x.title) for x in EXAMPLES.values() if wanted and x.id != id == whole(x.id)]
        for name, text in [(id, title), *parts]:
            fits = not letter and (name.casefold().startswith(wanted) or wanted in text.casefold())
            if fits or (lecture and name == id):
                found.append((name, text))
    return found


def whole(id: str) -> str:
    """The id without the letter of a part: D8 of D8b."""
    return id.rstrip("abcdefghijklmnopqrstuvwxyz")


def nearest(wanted: str) -> str:
    """What to try instead of an id that does not exist."""
    letter, digits = wanted[:1], whole(wanted[1:].lower())
    if letter not in LECTURES or not digits.isdecimal():
        return f"ids are a letter A to E and a number, from {min(TITLES)} to {[*TITLES][-1]}"
    parts = [id for id in EXAMPLES if whole(id) == letter + digits]
    if len(parts) > 1:
        return f"{letter}{digits} has the parts {', '.join(parts)}"
    target = int(digits[:4])
    candidates = [id for id in TITLES if id.startswith(letter)]
    return f"the nearest are {', '.join(sorted(candidates, key=lambda id: abs(int(id[1:]) - target))[:3])}"
