"""TeX of the lectures' size as MathML, for pages without scripts."""

from __future__ import annotations

import re
from typing import Any

from autodiff.notation import ACCENTS, GREEK, MARKS

from ..web.document import mathml

OF_WORDS = "text|textbf|texttt|mathsf|mathrm|operatorname"  # commands with letters to show upright
TOKEN = re.compile(rf"\\(?:{OF_WORDS}|begin|end) *\{{[^{{}}]*\}}|\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S")
OPERATORS = {
    "cdot": "·", "times": "\N{MULTIPLICATION SIGN}", "odot": "⊙", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥",
    "ne": "≠", "neq": "≠", "to": "→", "in": "∈", "approx": "≈", "pm": "±", "sum": "∑", "prod": "∏", "partial": "∂",
    "mid": "|", "nabla": "\N{NABLA}", "lVert": "‖", "rVert": "‖", "Vert": "‖", "lvert": "|", "rvert": "|",
    "ldots": "…", "dots": "…", "cdots": "⋯", "leftarrow": "←", "gets": "←", "rightarrow": "→", "Rightarrow": "⇒",
    "circ": "∘", "lfloor": "⌊", "rfloor": "⌋", "|": "‖", "{": "{", "}": "}", "%": "%", "colon": ":", "ll": "≪",
    "gg": "≫", "prime": "\N{PRIME}",
}  # fmt: skip
NAMED = GREEK | {"infty": "∞", "top": "\N{DOWN TACK}", "ell": "\N{SCRIPT SMALL L}"}
UNCHANGED = {"mathbf", "boldsymbol", "mathcal", "mathbb"}  # shown as ordinary letters
FUNCTIONS = set("max min log ln exp sin cos tan tanh arg det lim sign".split())  # noqa: SIM905
SPACES = {",", ";", ":", "!", " ", "quad", "qquad", "left", "right", "displaystyle", "limits", "big", "bigl", "bigr"}
SPACES |= {"Big", "Bigl", "Bigr"}
ENDS = ("}", "&", r"\\")  # what ends a row, beside \end
FENCES = {"pmatrix": "()", "bmatrix": "[]", "cases": "{ ", "matrix": "  "}
LIMITS = ("∑", "∏", "max", "min", "lim")  # what takes an index below instead of beside it


def formula(tex: str) -> str:
    r"""The MathML of a formula; ValueError for a command that is not known here.

    >>> formula(r"\frac{\partial f}{\partial x_1} = 2")
    '<math><mfrac><mrow><mo>∂</mo><mi>f</mi></mrow><mrow><mo>∂</mo><msub><mi>x</mi><mn>1</mn></msub></mrow></mfrac><mo>=</mo><mn>2</mn></math>'
    """
    reader = Reader(tex)
    trees = reader.row()
    if reader.tokens:
        raise ValueError(f"{reader.tokens[-1]} without its beginning in the formula ${tex}$")
    return mathml(*trees)


class Reader:
    """The tokens of a formula that are still to be read."""

    def __init__(self, tex: str) -> None:
        self.tex = tex
        self.tokens = TOKEN.findall(tex)[::-1]
        self.depth = 0  # of parentheses

    def row(self) -> list[Any]:
        """The trees up to a closing brace or parenthesis, the end of a cell, or the end."""
        trees: list[Any] = []
        ends = (*ENDS, *")]") if self.depth else ENDS
        while self.tokens and self.tokens[-1] not in ends and not self.tokens[-1].startswith(r"\end"):
            tree = self.atom()
            if tree:
                trees.append(self.with_indices(tree))
        return trees

    def group(self) -> Any:
        """The argument of a command: a group in braces, or one atom."""
        if not self.tokens:
            raise ValueError(f"the formula ${self.tex}$ ends too early")
        if self.tokens[-1] != "{":
            return self.atom() or self.group()
        self.tokens.pop()
        trees = self.row()
        if not self.tokens or self.tokens.pop() != "}":
            raise ValueError(f"{{ without }} in the formula ${self.tex}$")
        return trees[0] if len(trees) == 1 else ("mrow", *trees)

    def atom(self) -> Any:
        """The next letter, number, sign or command; None for a space."""
        token = self.tokens[-1]
        if token == "{":
            return self.group()
        self.tokens.pop()
        if token in "([":
            return self.parenthesis(token)
        name, _, inside = token.removeprefix("\\").partition("{")
        name = name or token[1:]  # \{
        if not token.startswith("\\"):
            kind = "mn" if token[0].isdigit() else "mi" if token.isalpha() else "mo"
            return (kind, "\N{MINUS SIGN}" if token == "-" else token)
        if name.strip() == "begin" and inside[:-1] in FENCES:
            return self.matrix(*FENCES[inside[:-1]])
        if inside:
            return ("mtext", inside[:-1])
        if name in SPACES:
            return None
        if name in OPERATORS:
            return ("mo", OPERATORS[name])
        if name in NAMED or name in FUNCTIONS:
            return ("mi", NAMED.get(name, name))
        if name in OF_WORDS.split("|"):
            return ("mtext", self.group()[1])
        if name in UNCHANGED:
            return self.group()
        if name in ACCENTS:
            return ("mover", self.group(), ("mo", MARKS[name]))
        if name in ("frac", "tfrac", "dfrac"):
            return ("mfrac", self.group(), self.group())
        if name == "underbrace":
            return ("munder", self.group(), ("mo", "\N{BOTTOM CURLY BRACKET}"))
        if name == "sqrt":
            return ("msqrt", self.group())
        raise ValueError(f"no formula here has {token}, got ${self.tex}$")

    def parenthesis(self, opening: str) -> Any:
        """What is in parentheses, as one tree; they may close in another way, as those of [0, 1) do, or not at all."""
        self.depth += 1
        trees = self.row()
        self.depth -= 1
        closing = [("mo", self.tokens.pop())] if self.tokens and self.tokens[-1] in ")]" else []
        return ("mrow", ("mo", opening), *trees, *closing)

    def matrix(self, opening: str, closing: str) -> Any:
        """The cells up to the end of a matrix, in rows."""
        rows: list[list[Any]] = [[]]
        while True:
            rows[-1].append(("mtd", *self.row()))
            token = self.tokens.pop() if self.tokens else ""
            if token == r"\\":
                rows.append([])
            elif token.startswith(r"\end"):
                table = ("mtable", *[("mtr", *row) for row in rows])
                return ("mrow", *[("mo", opening)] * (opening > " "), table, *[("mo", closing)] * (closing > " "))
            elif token != "&":
                raise ValueError(f"a matrix without its end in the formula ${self.tex}$")

    def with_indices(self, tree: Any) -> Any:
        """The tree with the indices and primes that follow it."""
        found: dict[str, Any] = {}
        while self.tokens and self.tokens[-1] in ("_", "^", "'") and self.tokens[-1] not in found:
            sign = self.tokens.pop()
            if sign == "'":
                tree = ("mrow", tree, ("mo", "\N{PRIME}"))
            else:
                found[sign] = self.group()
        kinds = (
            ("munder", "mover", "munderover")
            if tree[1] in LIMITS or tree[0] == "munder"
            else ("msub", "msup", "msubsup")
        )
        if len(found) == 2:
            return (kinds[2], tree, found["_"], found["^"])
        return (kinds["^" in found], tree, *found.values()) if found else tree
