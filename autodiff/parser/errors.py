"""What is said about a text that is no expression: the place, and what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping

from ..formula import exact

WIDTH = 72
CONDITION = "write where(condition, a, b): a where the condition holds, else b"
CHARACTERS = {
    "^": "for powers use **: x**2",
    "&": "to have both of two comparisons multiply them: (a > 0) * (b > 0)",
    "~": "to turn a comparison around subtract it from 1: 1 - (a > 0)",
    "@": "for a weighted sum write dot([w0, w1], [x0, x1])",
    "?": CONDITION,
    "\\": "this is no TeX: write x / y for a fraction, and names and functions without a backslash",
    "\N{N-ARY SUMMATION}": "for a sum write sum([x, y])",
    "|": "for the absolute value write abs(x)",
    "!": "there is no ! here; for x not equal to y write x != y",
    ".": "a point belongs into a number such as 0.5: there are no attributes here",
    ":": "there is no : here; one name gets a value by =, as in q = x + y",
    **dict.fromkeys("'\"", "there is no quoted text in an expression: only numbers, names and functions"),
    **dict.fromkeys("{}", "use round brackets ( )"),
    "\N{SQUARE ROOT}": "write sqrt(x)",
    "\N{INFINITY}": "write inf",
}
PAIRS = {"<>": "for x not equal to y write x != y"}  # signs that stand side by side
KEYWORDS = {
    **dict.fromkeys(["if", "else"], CONDITION),
    "and": "multiply the two comparisons: (a > 0) * (b > 0)",
    "or": "take the larger of the two comparisons: max(a > 0, b > 0)",
    "not": "subtract the comparison from 1: 1 - (a > 0)",
    "True": "write 1",
    "False": "write 0",
}


class ExpressionError(ValueError):
    """A text that is no expression: its message shows the text, a caret under the place, and what to write.

    >>> from autodiff import ExpressionError, parse
    >>> try:
    ...     parse("2x", x=3)
    ... except ExpressionError as error:
    ...     print(error)
    in the expression
        2x
         ^
    a product needs its sign: write 2*x
    """

    missing: tuple[str, ...] = ()  # names without a value, if that is what is wrong
    correction: str = ""  # then the end of the message: the call with a place for each


def pointed(text: str, place: int) -> str:
    """The line of the text around a place, with a caret under it."""
    first = text.rfind("\n", 0, place) + 1
    last = text.find("\n", place)
    line, column = text[first : last if last >= 0 else len(text)], place - first
    cut = max(0, column - WIDTH // 2) if len(line) > WIDTH else 0
    if cut:
        column -= cut - 4
    line = f"{'... ' * (cut > 0)}{line[cut : cut + WIDTH]}{' ...' * (len(line) > cut + WIDTH)}"
    printable = "".join([c if c.isprintable() else " " if c.isspace() else "?" for c in line])
    return f"    {printable}\n    {' ' * column}^"


def mistake(text: str, place: int, advice: str) -> ExpressionError:
    """The error that points at a place of the text and says what to do."""
    return ExpressionError(f"in the expression\n{pointed(text, place)}\n{advice}")


def shortened(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:36]} ..."


def listed(names: Collection[str], one: str, several: str) -> str:
    """The names and the verb that fits: ``x is``, ``x, y are``."""
    return f"{', '.join(map(shortened, names))} {several if len(names) > 1 else one}"


def unreadable(text: str, place: int) -> str:
    """What to do about a character that no expression holds."""
    character, exponent = text[place], re.match(r"\^\s*(\w+|-\s*\w+|\([^()]*\))", text[place:])
    if exponent and re.search(r"(?<![^\W\d])e\s*$", text[:place]):
        return f"for e to a power write exp({exponent[1].strip('()')})"
    if character == "|" and re.search(r"[<>=]|\|\|", text):
        return KEYWORDS["or"]
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return CHARACTERS.get(character, f"the character {shown} has no meaning here: leave it out")


def misplaced_equals(inside: bool, statement: str) -> str:
    """What to do about an = inside of brackets, or one behind the name with which a statement may have begun."""
    if statement:
        return f"statements are divided by ; as in q = x + y; f = q * z: write ; {shortened(statement)} = ..."
    if inside:
        return "write the values alone, in order, as in leaky_relu(x, 0.01); to compare write =="
    return "before = stands one name, as in q = x + y; to compare write =="


def guessed(name: str, known: set[str], idle: Iterable[str]) -> str:
    """The product of known names, or the idle input, that a name without a value may have meant; "" for none."""
    if len(name) > 40:
        return ""
    factors: dict[int, list[str]] = {0: []}  # how the first n letters divide into known names
    for end in range(1, len(name) + 1):
        for start in range(end):
            if start in factors and name[start:end] in known:
                factors[end] = [*factors[start], name[start:end]]
    if len(name) in factors:
        return "*".join(factors[len(name)])
    if re.fullmatch(r"([^\W\d]\d+){2,}", name):  # w0x0 and the like, none of them known yet
        return "*".join(re.findall(r"[^\W\d]\d+", name))
    alike = {other.lower(): other for other in idle}
    near = difflib.get_close_matches(name.lower(), alike, 1)
    return alike[near[0]] if near else ""


def filled(inputs: Mapping[str, float], missing: Iterable[str]) -> list[str]:
    """The inputs as they are written, with <number> for what is missing."""
    return [*[f"{name}={exact(x)}" for name, x in inputs.items()], *[f"{name}=<number>" for name in missing]]
