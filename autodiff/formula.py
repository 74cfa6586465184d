"""Formulas: names for the nodes of a graph, and its gates as text, in several styles."""

from __future__ import annotations

from . import primitives
from .graph import history
from .notation import Name, tex
from .ufuncs import apply_ufunc
from .vocabulary import ATOM, COMPARISON, DASH, INFIX, METHODS, MINUS, POWER, PRODUCT, SUM, head_of, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

__all__ = [
    "Formula", "MathFormula", "Names", "SlideFormula", "TexFormula", "equations", "exact", "gate", "latex", "names",
    "show", "statements",
]  # fmt: skip

LONGEST = 40  # letters that a name keeps of a label
SIGNS = frozenset(" +-*/%<>=!")  # characters that make a label a formula, not a name
TYPESET = {row.sign: row.typeset for row in INFIX.values() if row.typeset}
FORMS: dict[str, Callable[[Any], Any]] = {
    "\N{SQUARE ROOT}": lambda x: ("msqrt", x),
    "e^": lambda x: ("msup", ("mi", "e"), x),
}
INLINE = 16  # gates; a longer formula is split into several lines


class Names:
    """Hands out unused names; ``spell`` turns a label into a name, or "" if it contains no valid character."""

    __slots__ = ("counts", "spell", "taken")

    def __init__(self, spell: Callable[[str], str], reserved: Iterable[str] = ()) -> None:
        self.spell = spell
        self.taken = {*reserved}
        self.counts: dict[str, int] = {}  # the next number of each stem

    def unique(self, wanted: str) -> str:
        """Reserve ``wanted``, or wanted_2, wanted_3, ... if it is taken."""
        if wanted in self.taken:
            return self.next_name(f"{wanted}_", 2)
        self.taken.add(wanted)
        return wanted

    def next_name(self, stem: str, first: int = 0) -> str:
        """Reserve the next free name of s0, s1, s2, ..."""
        count = self.counts.get(stem, first)
        while f"{stem}{count}" in self.taken:
            count += 1
        self.counts[stem] = count + 1
        return self.unique(f"{stem}{count}")

    def of(self, nodes: Iterable[Any], output: Any = None) -> dict[Any, str]:
        """A name for each node: its label, else f for the output, s0, s1, ... for gates, v0, v1, ... for inputs."""
        labels = {node: self.spell(node.label) or ("f" if node is output else "") for node in nodes}
        names = {node: self.unique(label) for node, label in labels.items() if label}
        for node in labels:
            if node not in names:
                names[node] = self.next_name("s" if node.primitive else "v")
        return names


def with_history(nodes: Any, output: Any) -> tuple[Any, Any]:
    """(nodes, output), or (history(value), value) for one Value."""
    if hasattr(nodes, "__iter__"):
        return nodes, output
    if not hasattr(nodes, "operands"):
        raise TypeError(f"expected Values, such as history(f), or one Value, got {nodes!r:.60}")
    return history(nodes), nodes


def one_line(label: str) -> str:
    """The label as one short line; lone surrogates, which terminals cannot show, are escaped."""
    return " ".join(label.split())[:LONGEST].encode("utf-8", "backslashreplace").decode()


def names(nodes: Iterable[Any], output: Any = None) -> dict[Any, str]:
    """A unique name for every node (of one Value: its whole graph): its label, s0, ... for gates, v0, ... for inputs.

    An output without a label is called f. A label already taken gets a number.

    >>> from autodiff import variables
    >>> x, y, z = variables(x=-2, y=5, z=-4)
    >>> list(names((x + y) * z).values())
    ['x', 'y', 'z', 'f', 's0']
    """
    nodes, output = with_history(nodes, output)
    return Names(one_line).of(nodes, output)


def show(x: float, digits: int | None = None) -> str:
    """The number as text: six significant digits, or ``digits`` places after the decimal point up to 1e16.

    >>> show(2.0), show(1 / 3), show(1 / 3, 2)
    ('2', '0.333333', '0.33')
    """
    if digits is None or abs(x) >= 1e16:
        return f"{x:.6g}" if x else "0"
    text = f"{x:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def exact(x: float) -> str:
    """The shortest text that reads back as the same number, without ``.0``."""
    return repr(x).removesuffix(".0")


class Formula:
    """A text, the precedence of its outermost operator (``strength``) and, where known, its number.

    >>> from autodiff import sigmoid
    >>> print((1.0 - sigmoid(Formula("x"))) * sigmoid(Formula("x")))
    (1 - sigmoid(x)) * sigmoid(x)
    """

    __slots__ = ("number", "strength", "text")

    def __init__(self, text: str, strength: int = ATOM, number: float | None = None) -> None:
        self.text, self.strength, self.number = text, strength, number

    @classmethod
    def of(cls, x: Formula | float) -> Formula:
        """x itself, or the plain number x as a Formula."""
        return x if isinstance(x, Formula) else cls.constant(cls.spell(float(x)), float(x))

    @classmethod
    def constant(cls, text: str, number: float) -> Formula:
        """A number, written as ``text``."""
        return cls(text, MINUS if text.startswith("-") else ATOM, number)

    spell = staticmethod(exact)

    @classmethod
    def record(cls, primitive: primitives.Primitive, operands: Sequence[Any]) -> Formula:
        """The primitive applied to Formulas and numbers, as Python code."""
        parts = [cls.of(operand) for operand in operands]
        text, strength = cls.write(head_of(primitive), parts)
        numbers = [part.number for part in parts if part.number is not None]
        try:
            return cls(text, strength, primitive.compute(numbers) if len(numbers) == len(parts) else None)
        except ValueError:  # the value of a user's gate raised
            return cls(text, strength)

    @classmethod
    def write(cls, gate: Any, parts: list[Formula]) -> tuple[str, int]:
        """(text, strength) of one gate, a Primitive or its name."""
        row = words(gate)
        if gate in INFIX:
            strength = row.strength
            left, right = strength, strength + 1  # a - b - c, but a - (b - c)
            if strength == COMPARISON:
                left = SUM  # Python chains a < b < c
            if strength == POWER:
                left, right = ATOM, MINUS  # (a ** b) ** c, but a ** b ** c and a ** -b
            return cls.infix(row.sign, parts[0].inside(left), parts[1].inside(right)), strength
        if gate == "neg":
            return cls.minus(parts[0].inside(POWER)), MINUS
        if gate == "reciprocal":
            return cls.infix("/", cls.of(1.0).text, parts[0].inside(MINUS)), PRODUCT
        texts = [part.text for part in parts]
        if gate == "dot":
            n = len(texts) // 2
            return cls.write_call(gate, "dot", [texts[:n], texts[n:-1], texts[-1]]), ATOM
        if gate == "take":
            return cls.write_call(gate, "take", [texts[:-1], texts[-1]]), ATOM
        if row.takes_list and (gate == row.name or len(texts) < 3):
            return cls.write_call(gate, gate, [texts]), ATOM
        return cls.write_call(gate, row.name, texts), ATOM

    dots = "..."  # for omitted terms

    @classmethod
    def infix(cls, sign: str, a: str, b: str, gap: str = " ") -> str:
        return f"{a}{gap}{sign}{gap}{b}"

    @classmethod
    def minus(cls, a: str, product: bool = False) -> str:
        """The negative; of a ``product``, the first factor takes the sign."""
        return f"-{a}"

    @classmethod
    def bracket(cls, a: str) -> str:
        return f"({a})"

    @classmethod
    def write_call(cls, gate: Any, name: str, operands: Sequence[Any]) -> str:
        """A call; an operand may be a list of texts."""
        texts = [x if isinstance(x, str) else f"[{', '.join(x)}]" for x in operands]
        return f"{name}({', '.join(texts)})"

    @classmethod
    def variable(cls, name: str, number: float | None = None) -> Formula:
        """A node by its name; a label such as x1*w1 + x2*w2 gets parentheses next to operators."""
        return cls(name, COMPARISON if SIGNS.intersection(name) else ATOM, number)

    def inside(self, strength: int) -> str:
        """The text, in parentheses if its precedence is lower than ``strength``."""
        return self.text if self.strength >= strength else self.bracket(self.text)

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        raise TypeError("a formula has no truth value: choose with where(condition, a, b)")

    def __float__(self) -> float:
        raise TypeError(
            "a rule is also called with formulas, to be written as text: use only + - * and this package's functions "
            "(autodiff.sin, not math.sin)"
        )

    def __repr__(self) -> str:
        return f"Formula({self.text!r})"


class SlideFormula(Formula):
    """A Formula as a lecturer writes it on the board, for the current numbers.

    A comparison is 1(y > z), a weighted sum w0*x0 + w1*x1 + b, a ``where`` the side taken (operands need numbers).

    >>> from autodiff import sigmoid
    >>> L = SlideFormula("L")
    >>> print(*sigmoid.local_gradients(L, SlideFormula("s3")))
    (1 - L) * L
    """

    __slots__ = ()

    @classmethod
    def record(cls, primitive: primitives.Primitive, operands: Sequence[Any]) -> Formula:
        """As in Formula, but only the side that a ``where`` takes, x for 1 * x, and 1 / x for x ** -1."""
        name, first, last = head_of(primitive), operands[0], operands[-1]
        if name == "where":
            condition, a, b = operands
            return cls.of(a if cls.of(condition).number else b)
        if name == "mul" and not isinstance(first, Formula) and first == 1.0:
            return cls.of(last)
        if name == "power" and not isinstance(last, Formula):
            if last == 1.0:
                return cls.of(first)
            if last in (-1.0, -2.0):
                return cls.record(primitives.reciprocal, [cls.record(primitive, (first, -last))])
        return super().record(primitive, operands)

    @classmethod
    def write(cls, gate: Any, parts: list[Formula]) -> tuple[str, int]:
        """As in Formula, but signs, comparisons and sums as on slides."""
        if gate == "neg" and parts[0].strength == PRODUCT and not {"//", "%"}.intersection(parts[0].text.split()):
            return cls.minus(parts[0].text, product=True), PRODUCT  # -(x // y) is not -x // y
        if gate == "neg" and parts[0].text[0].isdigit():
            return cls.minus(cls.bracket(parts[0].text)), MINUS
        if words(gate).is_comparison:
            return cls.write_call(gate, "1", [super().write(gate, parts)[0]]), ATOM
        if gate == "sum":
            return cls.join_terms(cls.elide([part.inside(PRODUCT) for part in parts])), SUM
        if gate == "dot":
            *factors, bias = parts
            n = len(factors) // 2
            terms = [cls.infix("*", w.inside(POWER), x.inside(MINUS), "") for w, x in zip(factors[:n], factors[n:])]
            terms = cls.elide(terms)
            if bias.number != 0.0 or bias.text not in ("0", "-0"):  # a constant 0 is omitted
                terms.append(bias.inside(PRODUCT))
            return cls.join_terms(terms or [cls.of(0.0).text]), SUM
        if gate in ("logsumexp", "norm"):
            return cls.write_call(gate, gate, [cls.elide([part.text for part in parts])]), ATOM
        return super().write(gate, parts)

    @classmethod
    def join_terms(cls, terms: Sequence[str]) -> str:
        total, *others = terms or [""]
        for term in others:
            total = cls.infix("+", total, term)
        return total

    @classmethod
    def elide(cls, terms: list[str]) -> list[str]:
        """The terms; of more than four, the middle ones replaced by "..."."""
        return terms if len(terms) <= 4 else [*terms[:2], cls.dots, terms[-1]]


class Typeset(str):
    """The text of a formula with its MathML."""

    tree: Any  # (element, *children): trees, texts, and the numbers of nodes in place of names; mi* is upright
    bare: Any  # the tree without outer brackets
    is_fraction: bool

    @classmethod
    def of(cls, text: str, tree: Any, bare: Any = None, is_fraction: bool = False) -> Typeset:
        made = cls(text)
        made.tree, made.bare, made.is_fraction = tree, tree if bare is None else bare, is_fraction
        return made


class MathFormula(SlideFormula):
    """A SlideFormula whose text is Typeset; node numbers stand for names."""

    __slots__ = ()
    text: Any
    dots = Typeset.of("...", ("mo", "\N{HORIZONTAL ELLIPSIS}"))

    @classmethod
    def variable(cls, name: Any, number: float | None = None) -> Formula:
        return cls(Typeset.of("x", name), ATOM, number)

    @classmethod
    def constant(cls, text: str, number: float) -> Formula:
        plain = text.removeprefix("-")
        tree = ("mn" if plain[0].isdigit() else "mi", plain.replace("-", "\N{MINUS SIGN}"))
        typeset = Typeset.of(text, tree if plain == text else negate(tree))
        return cls(typeset, MINUS if plain != text else ATOM, number)

    @classmethod
    def infix(cls, sign: str, a: Any, b: Any, gap: str = " ") -> Typeset:
        text = super().infix(sign, a, b, gap)
        if sign == "/":
            return Typeset.of(text, ("mfrac", a.bare, b.bare), is_fraction=True)
        if sign == "//":
            return Typeset.of(text, fence("\N{LEFT FLOOR}", [("mfrac", a.bare, b.bare)], "\N{RIGHT FLOOR}"))
        if sign == "**":
            return Typeset.of(text, ("msup", a.tree, b.bare))
        return Typeset.of(text, ("mrow", a.tree, ("mo", TYPESET.get(sign, sign)), b.tree))

    @classmethod
    def minus(cls, a: Any, product: bool = False) -> Typeset:
        tree = negate_first(a.tree) if product else negate(a.tree)
        return Typeset.of(super().minus(a), tree, is_fraction=tree[0] == "mfrac")

    @classmethod
    def bracket(cls, a: Any) -> Typeset:
        return Typeset.of(super().bracket(a), fence("(", [a.tree], ")"), a.bare, a.is_fraction)

    @classmethod
    def write_call(cls, gate: Any, name: str, operands: Sequence[Any]) -> Typeset:
        text = super().write_call(gate, name, operands)
        trees = [x.tree if isinstance(x, Typeset) else fence("[", [part.tree for part in x], "]") for x in operands]
        left, around, right = (words(gate).typeset if type(gate) is str and name != "1" else "").partition("{}")
        if around:
            return Typeset.of(text, FORMS[left](trees[0]) if left in FORMS else fence(left, trees[:1], right))
        if name == "1":
            head: Any = ("mn*", name)
        else:
            symbol = words(gate).symbol
            letter = type(gate) is str and len(symbol) == 1
            head = ("mi*", symbol if letter else name.replace("_", " "))
        return Typeset.of(text, ("mrow", head, fence("(", trees, ")")))


class TexFormula(MathFormula):
    """A MathFormula in which a negative number gets brackets after an operator: x - (-2)."""

    __slots__ = ()

    @classmethod
    def constant(cls, text: str, number: float) -> Formula:
        made = super().constant(text, number)
        return made if made.strength == ATOM else cls(made.text, SUM, number)

    @classmethod
    def variable(cls, name: Any, number: float | None = None) -> Formula:
        return super().variable(Name(name).tree, number)

    @property
    def tex(self) -> str:
        return tex(self.text.tree)


def fence(left: str, trees: Sequence[Any], right: str) -> Any:
    """The trees between fences, separated by commas."""
    parts = [part for tree in trees for part in (("mo", ","), tree)][1:]
    return ("mrow", ("mo", left), *parts, ("mo", right))


def negate(tree: Any) -> Any:
    return ("mrow", ("mo", DASH), tree)


def negate_first(tree: Any) -> Any:
    """The negative of a product or quotient, the sign on its first factor."""
    if type(tree) is tuple and tree[0] == "mfrac":
        return ("mfrac", negate_first(tree[1]), tree[2])
    if type(tree) is tuple and tree[0] == "mrow" and len(tree) == 4 and tree[2] == ("mo", TYPESET["*"]):
        return ("mrow", negate_first(tree[1]), *tree[2:])
    return negate(tree)


def arithmetic(symbol: type[Any]) -> type[Any]:
    """Give a class with a ``record`` method the operators that rules use."""

    def operator(primitive: primitives.Primitive, reflected: bool) -> Any:
        def method(self: Any, *others: Any) -> Any:
            return self.record(primitive, (*others, self) if reflected else (self, *others))

        return method

    for name, primitive in METHODS.items():
        setattr(symbol, f"__{name}__", operator(primitive, reflected=False))
        setattr(symbol, f"__r{name}__", operator(primitive, reflected=True))
    over, under = operator(primitives.div, reflected=True), operator(primitives.reciprocal, reflected=False)
    symbol.__rtruediv__ = lambda self, other: under(self) if other == 1 else over(self, other)
    symbol.__array_ufunc__ = lambda self, ufunc, method, *inputs, **more: apply_ufunc(ufunc, method, inputs, more)
    symbol.__pos__ = lambda self: self
    return symbol


arithmetic(Formula)


def gate(node: Any, called: Mapping[Any, str], style: type[Formula] = SlideFormula) -> str:
    """The right-hand side of one gate, with its operands' names as ``called``."""
    parts = [style.of(x) if isinstance(x, float) else style.variable(called[x]) for x in node.operands]
    return style.write(head_of(node.primitive), parts)[0]


def statements(nodes: Sequence[Any], output: Any = None) -> list[str]:
    """A line ``name = formula`` for every gate (of one Value: its whole graph), oldest first, as ``parse`` reads it.

    >>> from autodiff import variables
    >>> x, y, z = variables(x=-2, y=5, z=-4)
    >>> statements((x + y) * z)
    ['s0 = x + y', 'f = s0 * z']
    """
    nodes, output = with_history(nodes, output)
    called = names(nodes, output)
    return [f"{called[node]} = {gate(node, called, Formula)}" for node in nodes if node.primitive]


def latex(output: Any) -> str:
    """The formula of a Value in TeX (for math mode, with amsmath).

    Labeled gates and gates used more than once get their own lines, in ``aligned``.

    >>> from autodiff import latex, sigmoid, variables
    >>> x, w0, b = variables(x=2, w0=1, b=0)
    >>> print(latex(1 / (1 + (w0 * x + b).exp())))
    f = \\frac{1}{1 + e^{w_0 \\cdot x + b}}
    """
    lines = [[part.tex for part in line if part is not None] for line in equations(output, TexFormula)]
    if len(lines) < 2:
        return " = ".join(lines[0])
    rows = " \\\\\n".join([" &= ".join(line) for line in lines])
    return f"\\begin{{aligned}}\n{rows}\n\\end{{aligned}}"


def equations(output: Any, style: type[Formula]) -> list[tuple[Any, Any]]:
    """The formula of a Value as (name, formula) pairs, one per line of ``latex``; (name, None) for an input."""
    order, output = with_history(output, output)
    called = names(order, output)
    uses: dict[Any, int] = {}
    for node in order:
        for x in node.operands:
            uses[x] = uses.get(x, 0) + 1
    parts: dict[Any, Any] = {}
    sizes: dict[Any, int] = {}
    lines: list[tuple[Any, Any]] = []
    for node in order:
        parts[node], sizes[node] = style.variable(called[node], node.data), 0
        if node.primitive:
            operands = [style.of(x) if isinstance(x, float) else parts[x] for x in node.operands]
            formula: Any = style(*style.write(head_of(node.primitive), operands), node.data)
            size = 1 + sum([sizes.get(x, 0) for x in node.operands])
            if node is output or node.label or uses[node] > 1 or size >= INLINE:
                lines.append((parts[node], formula))
            else:
                parts[node], sizes[node] = formula, size
    return lines or [(parts[output], None)]
