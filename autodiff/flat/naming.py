"""Names for generated code: any label becomes an identifier of its own that Python and JavaScript can read."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from ..engine import Value
from ..expression import free
from ..primitives import PRIMITIVES

JAVASCRIPT = """
    arguments await boolean break byte case catch char class const continue debugger default delete do double else
    enum eval export extends false final finally float for function goto if implements import in instanceof int
    interface let long native new null package private protected public return short static super switch
    synchronized this throw throws transient true try typeof undefined var void volatile while with yield Array
    Float64Array Infinity Math NaN Number Object
"""
OURS = ["rows", "parameters", "results", "inf", "nan", "i", "r", "row", "xp"]  # what generated code says besides
RESERVED = {*dir(builtins), *keyword.kwlist, *PRIMITIVES, *JAVASCRIPT.split(), *OURS}
LONGEST = 40


def identifier(label: str) -> str:
    """The label as an identifier: other characters become underscores; "" where nothing is left."""
    text = unicodedata.normalize("NFKC", label[:LONGEST])
    text = re.sub(r"\W+", "_", text).strip("_")
    if text[:1].isdigit():
        text = f"v{text}"
    # Normalized again, the name must stay itself: Python would take two spellings for one name.
    return text if text.isidentifier() and unicodedata.normalize("NFKC", text) == text else ""


class Names:
    """Hands out identifiers, each once, none of them with a meaning in Python, JavaScript or the program."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = dict.fromkeys(RESERVED, 1)
        self.counts: dict[str, int] = {}

    def unique(self, wanted: str) -> str:
        """``wanted``, or wanted_2, wanted_3, ... where it is taken."""
        return free(wanted, self.taken)

    def numbered(self, letter: str) -> str:
        """The next of s0, s1, s2, ... that is not taken."""
        count = self.counts.get(letter, 0)
        while f"{letter}{count}" in self.taken:
            count += 1
        self.counts[letter] = count + 1
        return self.unique(f"{letter}{count}")

    def of(self, nodes: Iterable[Value], output: Any = None) -> dict[Value, str]:
        """A name for each node: its label, else f for the output, s0, s1, ... for gates, v0, v1, ... for inputs."""
        nodes = list(nodes)
        wanted = {node: identifier(node.label) or ("f" if node is output else "") for node in nodes}
        called = {node: self.unique(label) for node, label in wanted.items() if label}
        for node in nodes:
            if node not in called:
                called[node] = self.numbered("s" if node.primitive else "v")
        return called
