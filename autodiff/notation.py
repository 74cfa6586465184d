"""Names as on slides: split into base, accent and indices, then written as text, MathML or TeX."""

from __future__ import annotations

import re
from unicodedata import normalize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["ACCENTS", "LOWER", "MARKS", "UPPER", "Name", "escape", "tex"]

LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi - pi rho - sigma tau upsilon phi chi psi"
)
GREEK = {name: chr(0x3B1 + i) for i, name in enumerate(f"{LETTERS} omega".split()) if name != "-"}
CAPITALS = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split()  # noqa: SIM905 - unlike Latin letters
GREEK |= {name: GREEK[name.lower()].upper() for name in CAPITALS}
ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307", "vec": "\u20d7"}
LOWER = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"))
MARKS = dict(zip(ACCENTS, "^¯~˙→"))
UPPER = dict(zip("0123456789+-=()in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿ"))
INDICES = [
    (sign, str.maketrans(dict(zip(small.values(), small))), re.compile(f"([{''.join(small.values())}]+)"))
    for sign, small in (("_", LOWER), ("^", UPPER))
]
HEAD = re.compile(rf"\\({'|'.join(ACCENTS)}) *\{{([^{{}}]+)\}}|(\\?[^\W\d_]+)")
PIECE = re.compile(
    rf"_(?P<accent>{'|'.join(ACCENTS)})(?![^\W\d_])|_\{{(?P<lower>[^{{}}]+)\}}|\^\{{(?P<upper>[^{{}}]+)\}}|"
    r"\^(?P<power>\([^()]+\)|\w)|(?P<glued>\d+)|_(?P<number>\d+)|_(?P<word>[^\W\d_]+)"
)
TEX_SIGNS = {  # by MathML's operators
    "·": r"\cdot", "\N{MULTIPLICATION SIGN}": r"\cdot", "\N{MINUS SIGN}": "-", "≤": r"\le", "≥": r"\ge", "≠": r"\ne",
    "%": r"\bmod", "…": r"\dots", "∂": r"\partial", "⌊": r"\lfloor", "⌋": r"\rfloor", "|": "|", ",": ",",
}  # fmt: skip
TEX_FORMS = {  # by MathML's elements
    "mfrac": r"\frac{{{}}}{{{}}}", "msqrt": r"\sqrt{{{}}}", "msub": "{}_{}", "msup": "{}^{}", "msubsup": "{}_{}^{}",
}  # fmt: skip
OF_LETTERS = {letter: rf"\{name}" for name, letter in GREEK.items()}
OF_ACCENTS = {mark: rf"\{name}" for name, mark in MARKS.items()}
FUNCTION = re.compile(r"(cos|sin|tan)h?|exp|log|max|min")  # TeX has commands for them
SYMBOLS = OF_LETTERS | {
    "\N{NABLA}": r"\nabla", "\N{SQUARE ROOT}": r"\surd",
    **{sign: code for sign, code in TEX_SIGNS.items() if not sign.isascii()},
    "\N{MULTIPLICATION SIGN}": r"\times",
    **{small: f"^{{{c}}}" for c, small in UPPER.items()}, **{small: f"_{{{c}}}" for c, small in LOWER.items()},
}  # fmt: skip
ESCAPES = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "$": r"$\$$"}
ESCAPES |= {c: f"${c}$" for c in "<>|"}  # pdfTeX's usual text fonts lack them
ESCAPES |= {c: f"\\{c}" for c in "{}&#_%"}
ALONE = re.compile(r"\w|\\[A-Za-z]+(\{[^{}]*\})?")
FENCES = [("mo", sign) for sign in "([|⌊"]


class Name:
    """The parts of a label: base (all of a label that is not a name), accent ("hat" to "vec", or ""), lower and upper.

    >>> print(*[Name(label) for label in ("w0", "W1_0_2", "x_{12}^{(1)}", "theta1", "y_hat", "x1*w1")])
    w₀ W⁽¹⁾₀₂ x⁽¹⁾₁₂ θ₁ ŷ x1*w1
    """

    __slots__ = ("accent", "base", "lower", "upper")

    def __init__(self, label: str) -> None:
        self.base, self.accent, self.lower, self.upper = split_name(expand_indices(label)) or (label, "", "", "")

    @property
    def stem(self) -> str:
        """The base with its accent, in Unicode."""
        return normalize("NFC", self.base + ACCENTS.get(self.accent, ""))

    def __str__(self) -> str:
        """The name with Unicode's small letters, or with _ or ^ where they are missing."""
        text = self.stem
        for sign, index, small in (("^", self.upper, UPPER), ("_", self.lower, LOWER | {",": ","})):
            text += "".join([small[c] for c in index]) if small.keys() >= set(index) else f"{sign}{index}"
        return text

    @property
    def tree(self) -> Any:
        """The name in MathML, as a tree (element, *children)."""
        tree: Any = ("mi", self.base)
        tree = ("mover", tree, ("mo", MARKS[self.accent])) if self.accent else tree
        lower, upper = [("mi" if index.isalpha() else "mn", index) for index in (self.lower, self.upper)]
        if self.lower and self.upper:
            return ("msubsup", tree, lower, upper)
        return ("msub", tree, lower) if self.lower else ("msup", tree, upper) if self.upper else tree


def expand_indices(label: str) -> str:
    """The label with _{12} and ^{(1)} for small digits."""
    for sign, large, letters in INDICES:
        pieces = letters.split(label)
        label = "".join([f"{sign}{{{piece.translate(large)}}}" if i % 2 else piece for i, piece in enumerate(pieces)])
    return label


def split_name(label: str) -> tuple[str, str, str, str] | None:
    """(base, accent, lower, upper), or None if the label is not a name."""
    head, kinds = HEAD.match(label), []
    if not head:
        return None
    inner = split_name(head[2]) if head[1] else (head[3], "", "", "")
    if not inner:
        return None
    base, accent = GREEK.get(inner[0].removeprefix("\\"), inner[0]), head[1] or ""
    if base.startswith("\\"):
        return None
    below, above = [x for x in inner[2:3] if x], [x for x in inner[3:] if x]
    rest = label[head.end() :].removesuffix("_")  # lambda_ is lambda
    while rest:
        piece = PIECE.match(rest)
        kind = piece and piece.lastgroup
        if not piece or not kind or (kind in ("accent", "word") and len(base) > 1) or (kind == "accent" and accent):
            return None
        kinds.append(kind)
        rest = rest[piece.end() :]
        if kind == "accent":
            accent = piece[kind]
        else:
            (above if kind in ("upper", "power") else below).append(piece[kind])
    if kinds[:1] == ["glued"] and kinds.count("number") == len(kinds) - 1 > 0:  # W1_0_2 belongs to layer 1
        above.append(f"({below.pop(0)})")
    comma = "," if any(len(index) > 1 for index in below) else ""
    return base, accent, comma.join(below), "".join(above)


def tex(tree: Sequence[Any]) -> str:
    """TeX for a MathML tree."""
    name, *children = tree
    if name in ("mi", "mi*", "mn", "mn*"):
        return symbol(children[0])
    if name == "mo":
        return TEX_SIGNS.get(children[0], str(children[0]))
    if name == "mover":
        return f"{OF_ACCENTS[children[1][1]]}{{{tex(children[0])}}}"
    texts = [tex(child) for child in children]
    if name in TEX_FORMS:
        if name.startswith("msu"):  # a base and its indices
            base = texts[0] if ALONE.fullmatch(texts[0]) else f"{{{texts[0]}}}"
            texts = [base, *[x if len(x) == 1 else f"{{{x}}}" for x in texts[1:]]]
        return TEX_FORMS[name].format(*texts)
    if len(children) > 2 and children[0] in FENCES and children[-1][0] == "mo":
        texts[0], texts[-1] = rf"\left{texts[0]}", rf"\right{texts[-1]}"
    return ("" if len(texts) == 2 and texts[0] == "-" else " ").join(texts)


def symbol(text: str) -> str:
    """TeX for a letter, number or word in a formula, with TeX's special characters escaped."""
    if text in OF_LETTERS or text == "inf":
        return OF_LETTERS.get(text, r"\infty")
    if FUNCTION.fullmatch(text):
        return rf"\{text}"
    if re.fullmatch(r"[A-Za-z]'*|[-+\d.e(),]+", text):
        return re.sub(r"e([-+]?)0*(\d+)$", r" \\cdot 10^{\1\2}", text).replace("{+", "{")
    return rf"\mathrm{{{text}}}" if text.isascii() and text.isalpha() else rf"\text{{{escape(text)}}}"


def escape(text: str) -> str:
    """The text for a TeX file, outside formulas; a character that pdfTeX's fonts lack becomes its code point."""
    return "".join(map(escape_character, " ".join(text.split())))


def escape_character(c: str) -> str:
    if " " <= c < "\x7f":
        return ESCAPES.get(c, c)
    if c in SYMBOLS:
        return f"${SYMBOLS[c]}$"
    is_latin = "\xc0" <= c <= "\u017f" and c not in "\xd7\xf7"
    return c if is_latin else f"[U+{ord(c):04X}]"
