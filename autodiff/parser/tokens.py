"""The tokens of an expression, with checks of names, brackets and neighbors."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import NamedTuple

from ..primitives import PRIMITIVES
from .errors import EXCERPT, KEYWORDS, PAIRS, abbreviate, misplaced_equals, mistake, unreadable

LONGEST, DEEPEST = 100_000, 100  # characters, and nested brackets

SUPERSCRIPTS = dict(zip("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b", "0123456789-"))
SPELLINGS = {
    "\N{MIDDLE DOT}": "*", "\N{DOT OPERATOR}": "*", "\N{BULLET OPERATOR}": "*", "\N{MULTIPLICATION SIGN}": "*",
    "\N{DIVISION SIGN}": "/", "\N{MINUS SIGN}": "-", "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=", "\N{NOT EQUAL TO}": "!=",
}  # fmt: skip
SYNONYMS = {"ln": "log", "\N{GREEK SMALL LETTER SIGMA}": "sigmoid"}
RAISED = "".join(SUPERSCRIPTS)
PATTERN = re.compile(
    rf"""(?P<space>   [^\S\n]+ | \#[^\n]* )
       | (?P<number>  (?: [0-9]+(?:_[0-9]+)* (?:\.[0-9]*)? | \.[0-9]+ ) (?:[eE][+-]?[0-9]+)? )
       | (?P<raised>  \u207b?[{RAISED[:-1]}]+ )
       | (?P<name>    [^\W\d{RAISED}][^\W{RAISED}]* )
       | (?P<sign>    \*\*|//|<=|>=|==|!=|[-+*/%<>] | [{"".join(SPELLINGS)}] )
       | (?P<mark>    [()\[\],=] )
       | (?P<end>     [;\n] )""",
    re.VERBOSE,
)


def normalize(name: str) -> str:
    """The name in plain letters and digits: a subscript 1 becomes ``1``."""
    return unicodedata.normalize("NFKC", name)


class Token(NamedTuple):
    """A word or sign: its kind, its meaning, and its place in the text."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def starts_operand(self) -> bool:
        return self.kind in ("number", "name") or self.text in ("(", "[")

    @property
    def ends_operand(self) -> bool:
        return self.kind in ("number", "name") or self.text in (")", "]")

    @property
    def nesting(self) -> int:
        """1 where a bracket opens, -1 where one closes, else 0."""
        return (self.text in ("(", "[")) - (self.text in (")", "]"))


def tokens(text: str) -> Iterator[Token]:
    """Yield the words and signs of a text; a superscript 2 becomes ``**`` and ``2``."""
    if len(text) > LONGEST:
        raise mistake(text, 0, f"it has {len(text)} characters; the limit is {LONGEST}")
    place = 0
    while place < len(text):
        found = PATTERN.match(text, place)
        if found is None:
            raise mistake(text, place, unreadable(text, place))
        start, place, kind, word = place, found.end(), str(found.lastgroup), found.group()
        if kind == "raised":
            yield Token("sign", "**", start, start)
            number = "".join([SUPERSCRIPTS[c] for c in word])
            if number.startswith("-"):
                yield Token("sign", "-", start, start)
            yield Token("number", number.lstrip("-"), start, place)
        elif kind == "name":
            yield Token("name", check_name(text, start, normalize(word)), start, place)
        elif kind != "space":
            yield Token(kind, SPELLINGS.get(word, word), start, place)


def check_name(text: str, start: int, name: str) -> str:
    """Return the name; raise if it is a Python keyword or not a name."""
    if name in keyword.kwlist:
        other = f"{name} is a Python keyword: choose another name, such as {name.lower()}1"
        raise mistake(text, start, KEYWORDS.get(name, other))
    if not name.isidentifier():
        raise mistake(text, start, f"{abbreviate(name)} is not a name: names have letters, digits and _")
    return name


def split_statements(text: str, own: Collection[str] = ()) -> Iterator[tuple[Token | None, list[Token]]]:
    """Yield (name or None, checked words) for each statement; they end at ``;`` or line ends outside brackets."""
    statement: list[Token] = []
    depth = 0
    for token in [*tokens(text), Token("end", ";", len(text), len(text))]:
        if token.kind == "end" and not (depth and token.text == "\n"):
            if statement:
                yield split_statement(text, statement, own)
            statement, depth = [], 0
        elif token.kind != "end":
            depth += token.nesting
            statement.append(token)


def split_statement(text: str, words: list[Token], own: Collection[str]) -> tuple[Token | None, list[Token]]:
    """Return the name before ``=``, or None, and the checked words after it."""
    name = None
    if len(words) > 1 and words[0].kind == "name" and words[1].text == "=":
        name, equals, *words = words
        if not words:
            raise mistake(text, equals.end, f"an expression is missing after {abbreviate(name.text)} =")
    check_brackets(text, words)
    check_neighbors(text, words, own)
    return name, words


def check_brackets(text: str, words: list[Token]) -> None:
    """Raise unless all brackets match and are not nested too deep."""
    waiting: list[Token] = []
    for i, token in enumerate(words):
        if token.nesting > 0:
            waiting.append(token)
            if len(waiting) > DEEPEST:
                raise mistake(text, token.start, f"more than {DEEPEST} nested brackets")
        elif token.nesting < 0:
            if not waiting or waiting.pop().text != {")": "(", "]": "["}[token.text]:
                raise mistake(text, token.start, f"this {token.text} matches no open bracket")
        elif token.text == "=":
            begins = i > 1 and not waiting and words[i - 1].kind == "name" and words[i - 2].ends_operand
            first = words[i - 1] if begins else token
            raise mistake(text, first.start, misplaced_equals(bool(waiting), first.text if begins else ""))
    if waiting:
        raise mistake(text, waiting[-1].start, f"this {waiting[-1].text} is never closed")


def check_neighbors(text: str, words: list[Token], own: Collection[str]) -> None:
    """Raise if two operands meet or one is missing."""
    start, end = Token("mark", "(", words[0].start, words[0].start), Token("mark", ")", words[-1].end, words[-1].end)
    for i, (before, token) in enumerate(pairwise([start, *words, end])):
        if before.ends_operand and token.starts_operand:
            if token.text == "[":
                raise mistake(text, token.start, "there are no subscripts here: write x0 for x[0]")
            if not (before.kind == "name" and token.text == "("):
                raise mistake(text, token.start, product_advice(text, words, i, own))
        elif not before.ends_operand and not token.starts_operand and token.text not in ("+", "-"):
            closed = token.nesting < 0 and before.text in ("(", "[", ",") and before is not start
            if not closed:
                advice = PAIRS.get(text[before.start : token.end], "a number, a name or ( is missing here")
                raise mistake(text, token.start, advice)


def product_advice(text: str, words: list[Token], right: int, own: Collection[str]) -> str:
    """Advice to write ``*`` between the operands that meet before the word ``right``."""
    before = words[right - 1]
    if before.kind == words[right].kind == "number":
        return "an operator is missing between these two numbers"
    first, last = operand_end(words, right - 1, -1), operand_end(words, right, 1)
    left, right_text = text[words[first].start : before.end], text[words[right].start : words[last].end]
    if len(left) + len(right_text) > EXCERPT:
        return "a product needs a * here"
    if before.kind == "name" and before.text in {*PRIMITIVES, *SYNONYMS, *own}:
        return f"{left} is a function: write {left}({right_text})"
    return f"a product needs a *: write {left}*{right_text}"


def operand_end(words: list[Token], place: int, way: int) -> int:
    """The last word of the operand at a place, ahead (1) or back (-1), with brackets, function and superscripts."""
    depth = 0
    while True:
        depth += words[place].nesting
        first = min(place, place + way)
        pair = words[first : first + 2] if first >= 0 else []
        if not depth and not (len(pair) == 2 and is_joined(*pair)):
            return place
        place += way


def is_joined(token: Token, after: Token) -> bool:
    """Whether adjacent words are a name and its bracket, or parts of a superscript, whose signs have no width."""
    return (token.kind == "name" and after.text == "(") or after.start in (after.end, token.start)
