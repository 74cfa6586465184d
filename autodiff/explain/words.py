"""What gates are said to do: their roles, their kinks, and formulas read aloud."""

from __future__ import annotations

from ..expression import INFIX, PRODUCT, SPELLED, Formula, SlideFormula, exact

WIDTH = 80
ROLES = {
    "add": "add distributes: both inputs get the upstream gradient",
    "sub": "sub distributes: upstream to the first, minus upstream to the second",
    "mul": "mul swaps: each input gets upstream times the other input",
    "sum": "sum distributes: every input gets the upstream gradient",
    "dot": "dot swaps: a weight gets upstream times its input, and back",
    "maximum": "max routes: the larger input gets upstream, the other 0",
    "minimum": "min routes: the smaller input gets upstream, the other 0",
    "largest": "max routes: the largest input gets upstream, the others 0",
    "relu": "relu routes: upstream passes where the input is above 0",
    "clip": "clip routes: upstream passes between the two bounds",
    "where": "where routes: the side that was taken gets upstream, the other 0",
    "sign": "sign is flat: nothing passes back",
    "heaviside": "heaviside is flat: nothing passes back",
}
KINKS = {
    "relu": "the input is 0, where relu bends: its local gradient there is taken as 0",
    "abs": "the input is 0, where abs bends: its local gradient there is taken as 0",
    "maximum": "a tie: each input gets one half",
    "minimum": "a tie: each input gets one half",
    "largest": "a tie: the largest inputs get equal shares",
}
SPOKEN = {
    "+": "plus", "-": "minus", "*": "times", "/": "divided by", "**": "to the power", "<": "is less than",
    "<=": "is at most", ">": "is greater than", ">=": "is at least", "==": "equals", "!=": "is not",
}  # fmt: skip


class SpokenFormula(SlideFormula):
    """A Formula as it is read aloud: ``q times z``."""

    __slots__ = ()

    @staticmethod
    def spell(x: float) -> str:
        return spoken(exact(x))

    @classmethod
    def write(cls, name: str, parts: list[Formula]) -> tuple[str, int]:
        texts = [part.text for part in parts]
        if name in INFIX:
            return f"{texts[0]} {SPOKEN[INFIX[name][0]]} {texts[1]}", INFIX[name][1]
        if name == "neg":
            return f"minus {texts[0]}", PRODUCT
        if name == "reciprocal":
            return f"1 divided by {texts[0]}", PRODUCT
        if len(texts) > 4:
            texts = [*texts[:2], f"{len(texts) - 3} more", texts[-1]]
        said = SPELLED.get(name, name).replace("_", " ")
        return f"{said} of {' and '.join(texts)}", PRODUCT


def spoken(number: str) -> str:
    """A printed number as it is read aloud: ``minus 4``."""
    said = {"inf": "infinity", "-inf": "minus infinity", "nan": "not a number"}
    return said.get(number, f"minus {number[1:]}" if number.startswith("-") else number)


def role(name: str, formula: str, edges: int) -> str:
    """What a gate does with the upstream gradient, in the lecture's words.

    ``formula`` is one of its local gradients and ``edges`` how many inputs get a gradient.
    """
    said, spelled = ROLES.get(name, ""), SPELLED.get(name, name)
    if said and not (edges == 1 and name in ("add", "sub", "mul")):
        return said
    if edges > 1:
        return f"{spelled} scales: each input gets upstream times its local gradient"
    if formula in ("1", "-1"):
        return f"{spelled} passes the upstream gradient on{', its sign flipped' * (formula == '-1')}"
    return f"{spelled} scales: its input gets upstream times {formula}"


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
