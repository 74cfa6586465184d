"""Names for the nodes of a graph: the label where there is one, else a letter and a number; each name once."""

from __future__ import annotations

from .graph import history

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

LONGEST = 40  # letters of a label that a name keeps


class Names:
    """Hands out names, each once, none of the reserved; ``spell`` writes a label as a name, "" if nothing is left."""

    __slots__ = ("counts", "spell", "taken")

    def __init__(self, spell: Callable[[str], str], reserved: Iterable[str] = ()) -> None:
        self.spell = spell
        self.taken = dict.fromkeys(reserved, 1)  # each name, and how many have asked for it
        self.counts: dict[str, int] = {}

    def unique(self, wanted: str) -> str:
        """``wanted``, or wanted_2, wanted_3, ... where it is taken; the answer is taken from now on."""
        name = wanted
        while name in self.taken:
            self.taken[wanted] += 1
            name = f"{wanted}_{self.taken[wanted]}"
        self.taken[name] = 1
        return name

    def numbered(self, letter: str) -> str:
        """The next of s0, s1, s2, ... that is not taken."""
        count = self.counts.get(letter, 0)
        while f"{letter}{count}" in self.taken:
            count += 1
        self.counts[letter] = count + 1
        return self.unique(f"{letter}{count}")

    def of(self, nodes: Iterable[Any], output: Any = None) -> dict[Any, str]:
        """A name for each node: its label, else f for the output, s0, s1, ... for gates, v0, v1, ... for inputs."""
        wanted = {node: self.spelled(node) or ("f" if node is output else "") for node in nodes}
        called = {node: self.unique(name) for node, name in wanted.items() if name}
        for node in wanted:
            if node not in called:
                called[node] = self.numbered("s" if node.primitive else "v")
        return called

    def spelled(self, node: Any) -> str:
        """The node's label as a name."""
        return self.spell(node.label)


def printable(label: str) -> str:
    """The label in one line, not too long; halves of characters, which no terminal can show, are written out."""
    line = " ".join(label.split())[:LONGEST]
    return line.encode("utf-8", "backslashreplace").decode()


def behind(nodes: Any, output: Any) -> tuple[Any, Any]:
    """The nodes and their output, also where one Value is given in place of history(value), value."""
    if hasattr(nodes, "__iter__"):
        return nodes, output
    if not hasattr(nodes, "operands"):
        raise TypeError(f"expected Values, as history(f) lists them, or one Value, got {nodes!r:.60}")
    return history(nodes), nodes


def names(nodes: Iterable[Any], output: Any = None) -> dict[Any, str]:
    """A name for every node, each name once: its label, or s0, s1, ... for gates, v0, v1, ... for inputs.

    The output is f where it has no label. A label that is taken already gets a number. Of one Value, all nodes
    behind it are named.

    Examples
    --------
    >>> from autodiff import history, names, variables
    >>> x, y, z = variables(x=-2, y=5, z=-4)
    >>> f = (x + y) * z
    >>> list(names(history(f), f).values())
    ['x', 'y', 'z', 'f', 's0']
    """
    nodes, output = behind(nodes, output)
    return Names(printable).of(nodes, output)
