"""Errors in an expression: the place, and what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from ..formula import exact

EXCERPT = 72  # characters
CONDITION = "write where(condition, a, b): a if the condition holds, else b"
CHARACTERS = {
    "^": "write ** for a power: x**2",
    "&": "to require both comparisons, multiply them: (a > 0) * (b > 0)",
    "~": "to negate a comparison, subtract it from 1: 1 - (a > 0)",
    "@": "for a weighted sum, write dot([w0, w1], [x0, x1])",
    "?": CONDITION,
    "\\": "this is not TeX: write x / y for a fraction, and names and functions without a backslash",
    "\N{N-ARY SUMMATION}": "for a sum, write sum([x, y])",
    "|": "for the absolute value, write abs(x)",
    "!": "! has no meaning here; for x not equal to y, write x != y",
    ".": "write a point only in a number such as 0.5: there are no attributes here",
    ":": ": has no meaning here; to give a name a value, write =, as in q = x + y",
    **dict.fromkeys("'\"", "leave out the quotation marks: an expression has only numbers, names and functions"),
    **dict.fromkeys("{}", "write parentheses ( )"),
    "\N{SQUARE ROOT}": "write sqrt(x)",
    "\N{INFINITY}": "write inf",
}
PAIRS = {"<>": "for x not equal to y, write x != y"}  # two signs side by side
KEYWORDS = {
    **dict.fromkeys(["if", "else"], CONDITION),
    "and": "multiply the two comparisons: (a > 0) * (b > 0)",
    "or": "take the larger of the two comparisons: max(a > 0, b > 0)",
    "not": "subtract the comparison from 1: 1 - (a > 0)",
    "True": "write 1",
    "False": "write 0",
}


class ExpressionError(ValueError):
    """An error in an expression: the message shows the text, a caret under the place, and what to write.

    >>> from autodiff import ExpressionError, parse
    >>> try:
    ...     parse("2x", x=3)
    ... except ExpressionError as error:
    ...     print(error)
    in the expression
        2x
         ^
    a product needs a *: write 2*x
    """

    missing: tuple[str, ...] = ()  # names without a value, if that is the error
    correction: str = ""  # then the end of the message: the call, with a placeholder for each


def excerpt(text: str, place: int) -> str:
    """The line of the text around a place, with a caret under it."""
    first = text.rfind("\n", 0, place) + 1
    last = text.find("\n", place)
    line, column = text[first : last if last >= 0 else len(text)], place - first
    cut = max(0, column - EXCERPT // 2) if len(line) > EXCERPT else 0
    if cut:
        column -= cut - 4
    line = f"{'... ' * (cut > 0)}{line[cut : cut + EXCERPT]}{' ...' * (len(line) > cut + EXCERPT)}"
    printable = "".join([c if c.isprintable() else " " if c.isspace() else "?" for c in line])
    return f"    {printable}\n    {' ' * column}^"


def mistake(text: str, place: int, advice: str) -> ExpressionError:
    """The error at a place of the text, with advice."""
    return ExpressionError(f"in the expression\n{excerpt(text, place)}\n{advice}")


def abbreviate(*names: str) -> str:
    """The names with commas between them, long ones cut."""
    return ", ".join([name if len(name) <= 40 else f"{name[:36]} ..." for name in names])


def unreadable(text: str, place: int) -> str:
    """Advice for a character that cannot be in an expression."""
    character, exponent = text[place], re.match(r"\^\s*(\w+|-\s*\w+|\([^()]*\))", text[place:])
    if exponent and re.search(r"(?<![^\W\d])e\s*$", text[:place]):
        return f"for a power of e, write exp({exponent[1].strip('()')})"
    if character == "|" and re.search(r"[<>=]|\|\|", text):
        return KEYWORDS["or"]
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return CHARACTERS.get(character, f"the character {shown} has no meaning here: leave it out")


def misplaced_equals(inside: bool, statement: str) -> str:
    """Advice for an = inside brackets, or after a name that may begin a statement."""
    if statement:
        return f"separate statements with ; as in q = x + y; f = q * z: write ; {abbreviate(statement)} = ..."
    if inside:
        return "write the values in order, without names, as in leaky_relu(x, 0.01); to compare, write =="
    return "write a single name before =, as in q = x + y; to compare, write =="


def guess(name: str, known: set[str], idle: Iterable[str]) -> str:
    """The product of known names, or the unused input, that a name without a value may mean; "" if none."""
    if len(name) > 40:
        return ""
    factors: dict[int, list[str]] = {0: []}  # the first n letters as known names
    for end in range(1, len(name) + 1):
        for start in range(end):
            if start in factors and name[start:end] in known:
                factors[end] = [*factors[start], name[start:end]]
    if len(name) in factors:
        return "*".join(factors[len(name)])
    if re.fullmatch(r"([^\W\d]\d+){2,}", name):  # such as w0x0, with neither name known
        return "*".join(re.findall(r"[^\W\d]\d+", name))
    alike = {other.lower(): other for other in idle}
    near = difflib.get_close_matches(name.lower(), alike, 1)
    return alike[near[0]] if near else ""


def fill_in(inputs: Mapping[str, float], missing: Iterable[str]) -> list[str]:
    """The inputs as text, with <number> for each missing one."""
    return [*[f"{name}={exact(x)}" for name, x in inputs.items()], *[f"{name}=<number>" for name in missing]]
