"""Every word about the primitives, once: one row for each row of primitives.py.

A row reads ``name: Words(sign, how strongly it holds together, Python's method, ...)``. What it leaves out is made
from the gate's name, and so is everything about a gate without a row, such as a user's own.
"""

from __future__ import annotations

from .primitives import BUILT_IN, PRIMITIVES, Primitive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["words"]
COMPARISON, SUM, PRODUCT, MINUS, POWER, ATOM = range(6)  # how strongly a text holds together


class Words:
    """What is written and said about one kind of gate.

    Attributes
    ----------
    sign, strength, method
        Its sign and how strongly that holds together; a function has ``""`` and ATOM. The method is Python's.
    name, usage
        The function as the lectures write it, and how it is called: [...] is a list, = may be left out.
    symbol, right, left, typeset
        What stands in its circle: alone, with the constant {} on the right or on the left; its sign in mathematics.
    spoken, role, kink
        Read aloud; what it does with the upstream gradient; what holds on its kink.
    value, gradient
        What helps where it makes a value that is not finite; a gradient that is not, though the values are.
    ordered, linear
        Whether a picture must tell its operands apart; whether it may take a parameter into a weighted sum.
    """

    __slots__ = (
        "gradient", "kink", "left", "linear", "method", "name", "ordered", "right", "role", "sign", "spoken",
        "strength", "symbol", "typeset", "usage", "value",
    )  # fmt: skip

    def __init__(
        self, sign: str = "", strength: int = ATOM, method: str = "", *, name: str = "", symbol: str = "",
        right: str = "", left: str = "", typeset: str = "", spoken: str = "", role: str = "", value: str = "",
        kink: str = "the derivative jumps here: the local gradient is a convention", gradient: str = "",
        usage: tuple[str, ...] = (), ordered: bool = False, linear: bool = False,
    ) -> None:  # fmt: skip
        self.sign, self.strength, self.method = sign, strength, method
        self.name, self.symbol, self.spoken = name, symbol or sign, spoken
        self.right, self.left, self.typeset = right, left, typeset or sign
        self.role, self.kink, self.value, self.gradient = role, kink, value, gradient
        self.usage, self.ordered, self.linear = usage, ordered, linear

    def of(self, name: str) -> Words:
        """These words, where they are missing made from the name in the table."""
        said = (self.name or name).replace("_", " ")
        self.symbol, self.spoken = self.symbol or said, self.spoken or said
        self.name = self.name or "".join([c if c.isalnum() else "_" for c in name])
        return self

    @property
    def is_comparison(self) -> bool:
        """Whether it is one of < <= > >= == !=."""
        return self.strength == COMPARISON

    @property
    def is_arithmetic(self) -> bool:
        """Whether it is no activation."""
        return self.linear or COMPARISON < self.strength < ATOM

    @property
    def takes_list(self) -> bool:
        return bool(self.usage) and self.usage[0].startswith("[")


SIGMA, DASH = "\N{GREEK SMALL LETTER SIGMA}", "\N{MINUS SIGN}"
BENDS = "the input is 0, where {} bends: its local gradient there is taken as 0"
SPLIT = "a tie: each input gets one half"
FLAT = "is flat: nothing passes back"
AWAY = "Keep the divisor away from 0, as in {} / ({} + 1e-12)."
POSITIVE = "{} needs a positive number: keep its operand away from 0, as in {}(x + 1e-12)."
OVERFLOW = (
    "e^x is too large for a float above x = 709: use sigmoid, softplus, logsumexp or softmax, which do not overflow, "
    "or make x smaller."
)
UNDEFINED = "0 to a negative power is infinite, a negative number to a fraction is undefined: keep the base positive."

# fmt: off
ROWS = {
    "add":           Words("+",  SUM,        "add",     right="+{}", left="+{}", spoken="plus", linear=True,
        role="distributes: both inputs get the upstream gradient"),
    "sub":           Words("-",  SUM,        "sub",     right="-{}", left="{}-x", spoken="minus", linear=True,
        role="distributes: upstream to the first, minus upstream to the second", typeset=DASH, ordered=True),
    "mul":           Words("*",  PRODUCT,    "mul",     right="*{}", left="*{}", spoken="times", linear=True,
        role="swaps: each input gets upstream times the other input", typeset="·"),
    "div":           Words("/",  PRODUCT,    "truediv", right="/{}", left="{}/x", spoken="divided by", ordered=True,
        value=AWAY.format("a", "b")),
    "neg":           Words("-",  MINUS,      "neg",     symbol="*-1", typeset=DASH, spoken="minus"),
    "reciprocal":    Words("/",  PRODUCT,               symbol="1/x", spoken="1 divided by",
        value=AWAY.format("1", "x")),
    "power":         Words("**", POWER,      "pow",     symbol="x^y", right="x^{}", left="{}^x", ordered=True,
        spoken="to the power", value=UNDEFINED,
        gradient="This power is vertical at 0: keep its base away from 0, as in (x + 1e-12) ** p."),

    "exp":           Words(value=OVERFLOW),
    "expm1":         Words(),
    "log":           Words(value=POSITIVE.format("log", "log")),
    "log1p":         Words(value="log1p needs a number above -1."),
    "sqrt":          Words(symbol="√", value="sqrt needs a number that is not negative.",
        gradient="sqrt is vertical at 0: keep its operand away from 0, as in sqrt(x + 1e-12)."),
    "sin":           Words(),
    "cos":           Words(),
    "tan":           Words(),

    "tanh":          Words(),
    "sigmoid":       Words(symbol=SIGMA),
    "softplus":      Words(),
    "log_sigmoid":   Words(symbol=f"log {SIGMA}"),

    "relu":          Words(symbol="ReLU", kink=BENDS.format("relu"),
        role="routes: upstream passes where the input is above 0"),
    "leaky_relu":    Words(symbol="leaky ReLU", usage=("x", "0.01")),
    "elu":           Words(symbol="ELU", usage=("x", "1")),
    "abs":           Words(method="abs", symbol="|x|", kink=BENDS.format("abs")),
    "sign":          Words(role=FLAT),
    "heaviside":     Words(role=FLAT, symbol="step", usage=("x", "0.5")),
    "clip":          Words(role="routes: upstream passes between the two bounds", usage=("x", "0", "1"), ordered=True),
    "maximum":       Words(name="max", role="routes: the larger input gets upstream, the other 0", kink=SPLIT),
    "minimum":       Words(name="min", role="routes: the smaller input gets upstream, the other 0", kink=SPLIT),

    "less":          Words("<",  COMPARISON, "lt", spoken="is less than", ordered=True),
    "less_equal":    Words("<=", COMPARISON, "le", spoken="is at most", ordered=True, typeset="≤"),
    "greater":       Words(">",  COMPARISON, "gt", spoken="is greater than", ordered=True),
    "greater_equal": Words(">=", COMPARISON, "ge", spoken="is at least", ordered=True, typeset="≥"),
    "equal":         Words("==", COMPARISON, "eq", spoken="equals", typeset="="),
    "not_equal":     Words("!=", COMPARISON, "ne", spoken="is not", typeset="≠"),
    "where":         Words(role="routes: the side that was taken gets upstream, the other 0", usage=("x > 0", "a", "b"),
        ordered=True),
    "take":          Words(role="routes: the term that was taken gets upstream, the others 0", usage=("[a, b]", "0"),
        ordered=True, value="take needs a whole index, from 0 for the first term."),
    "stop_gradient": Words(),

    "sum":           Words(symbol="Σ", usage=("[a, b]",), linear=True,
        role="distributes: every input gets the upstream gradient"),
    "dot":           Words(symbol="Σwx+b", usage=("[w0, w1]", "[x0, x1]", "b=0"), linear=True,
        role="swaps: a weight gets upstream times its input, and back"),
    "logsumexp":     Words(usage=("[a, b]",)),
    "largest":       Words(name="max", usage=("[a, b]",), role="routes: the largest input gets upstream, the others 0",
        kink="a tie: the largest inputs get equal shares"),
    "norm":          Words(usage=("[a, b]",)),
}
# fmt: on
for name, row in ROWS.items():
    row.of(name)
INFIX = {name: row for name, row in ROWS.items() if row.sign and name not in ("neg", "reciprocal")}
METHODS = {row.method: PRIMITIVES[name] for name, row in ROWS.items() if row.method}


def head_of(primitive: Primitive) -> Any:
    """What stands for it in tables and expressions: the name of one that is built in, else itself."""
    return primitive.name if primitive in BUILT_IN else primitive


def words(gate: Any) -> Words:
    """The row of a gate: of the Primitive, or of the name that stands for it in the table.

    Examples
    --------
    >>> from autodiff import maximum
    >>> from autodiff.vocabulary import words
    >>> words(maximum).name, words("mul").role
    ('max', 'swaps: each input gets upstream times the other input')
    """
    head = head_of(gate) if isinstance(gate, Primitive) else gate
    return ROWS.get(head) or Words().of(head.name if isinstance(head, Primitive) else str(head))


def as_data() -> dict[str, Any]:
    """What a page needs to set formulas: how strongly signs hold together, and what is written for signs and names."""
    return {
        "strength": {row.sign: row.strength for row in INFIX.values()},
        "signs": {row.sign: row.typeset for row in INFIX.values() if row.typeset != row.sign},
        "letters": {row.name: row.symbol for row in ROWS.values() if not row.sign and len(row.symbol) == 1},
    }
