"""The lectures' examples by id: one table of expressions, inputs and the numbers that must come out.

The rows stand beside this, one file a lecture. Where the text of the slides that we have
holds a slip, the row has the right form and its note says what the text had.
"""

from __future__ import annotations

from . import cm_146, csci_566_activations, csci_566_backpropagation, eecs_545, ift_6289, ucr_228
from .example import LECTURES, Example, agree

__all__ = ["EXAMPLES", "LECTURES", "Example", "agree", "find"]

TABLES = (ucr_228, eecs_545, ift_6289, csci_566_backpropagation, csci_566_activations, cm_146)
# Of nets, losses and training; python -m nn shows them.
IN_NN = [
    *("A8", "A9", "B6", "B7", "B8", "C4", "C5", "C9", "C10", "C11", "C12", "C13"),
    *("D13", "D14", "D16", "D18", "E1", "E3", "E4", "E5", "E9", "E10", "E12", "E13"),
]
IN_NOTEBOOKS = ["A7", "C6", "D10", "D17"]  # of no single formula
EXAMPLES = {example.id: example for table in TABLES for example in table.EXAMPLES}


def find(id: str) -> list[Example]:
    """The example of that id, or all the parts it has, in order; ValueError, naming the nearest, if there is none.

    Examples
    --------
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
