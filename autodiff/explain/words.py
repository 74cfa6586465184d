"""What gates are said to do: their roles, their kinks, and formulas read aloud."""

from __future__ import annotations

from ..expression import Formula, SlideFormula, exact
from ..vocabulary import ATOM, FLAT, INFIX, PRODUCT, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WIDTH = 80


class SpokenFormula(SlideFormula):
    """A Formula as it is read aloud: ``q times z``."""

    __slots__ = ()

    @staticmethod
    def spell(x: float) -> str:
        return spoken(exact(x))

    @classmethod
    def write(cls, gate: Any, parts: list[Formula]) -> tuple[str, int]:
        row, texts = words(gate), [part.text for part in parts]
        if gate in INFIX:
            return f"{texts[0]} {row.spoken} {texts[1]}", row.strength
        if row.strength < ATOM:
            return f"{row.spoken} {texts[0]}", PRODUCT
        if len(texts) > 4:
            texts = [*texts[:2], f"{len(texts) - 3} more", texts[-1]]
        return f"{row.spoken} of {' and '.join(texts)}", PRODUCT


def spoken(number: str) -> str:
    """A printed number as it is read aloud: ``minus 4``."""
    said = {"inf": "infinity", "-inf": "minus infinity", "nan": "not a number"}
    return said.get(number, f"minus {number[1:]}" if number.startswith("-") else number)


def role(gate: Any, formula: str, edges: int) -> str:
    """What a gate does with the upstream gradient, in the lecture's words.

    ``formula`` is one of its local gradients and ``edges`` how many inputs get a gradient.
    """
    row = words(gate)
    if row.role and (edges > 1 or not row.sign or row.role == FLAT):
        return f"{row.name} {row.role}"
    if edges > 1 or len(formula) > 30:
        return f"{row.name} scales: {'each' if edges > 1 else 'its'} input gets upstream times its local gradient"
    if formula in ("1", "-1"):
        return f"{row.name} passes the upstream gradient on{', its sign flipped' * (formula == '-1')}"
    return f"{row.name} scales: its input gets upstream times {formula}"


def wrapped(start: str, parts: list[str], gap: str = "   ") -> str:
    """The parts in one line behind the start, or in several where they are wider than 80 columns."""
    lines, indent = [start + parts[0]], " " * 7
    for part in parts[1:]:
        if len(lines[-1]) + len(gap) + len(part) <= WIDTH:
            lines[-1] += gap + part
        else:
            lines.append(indent + part)
    return "\n".join(shortened(line) for line in lines)


def shortened(line: str) -> str:
    """The line, its middle left out where it is wider than 80 columns."""
    return line if len(line) <= WIDTH else f"{line[:50]} ... {line[-25:]}"
