"""What a check found: a line for each thing checked."""

from __future__ import annotations

RIGHT, WRONG, OPEN = "✓", "✗", "○"


class Report:
    """The result of ``check``: ``passed`` of ``of`` things are right, each with a line; true with full marks.

    >>> print(Report(3, "the order", [(RIGHT, "a list"), (OPEN, "each node once: still open: order")]))
    Step 3, the order: 1 of 2.
      ✓ a list
      ○ each node once: still open: order
    """

    def __init__(self, step: int, title: str, found: list[tuple[str, str]]) -> None:
        self.step, self.title = step, title
        self.passed, self.of = sum(sign == RIGHT for sign, _ in found), len(found)
        self.lines = [f"{sign} {text}" for sign, text in found]

    def __bool__(self) -> bool:
        return self.passed == self.of

    @property
    def head(self) -> str:
        return f"Step {self.step}, {self.title}: {self.passed} of {self.of}."

    def __str__(self) -> str:
        return "\n".join([self.head, *(f"  {line}" for line in self.lines)])

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        lines = [f"- {line}".translate({ord(sign): f"\\{sign}" for sign in "*_<`[|~$"}) for line in self.lines]
        return "\n".join([f"**{self.head}**", "", *lines])


reports: list[Report] = []  # of every check so far
