"""Every word about the primitives, once: one row for each row of primitives.py.

A row reads ``name: Words(sign, precedence, Python's method, ...)``. Omitted words are derived from the gate's name, and
so are all words of a gate without a row, such as a user's own.
"""

from __future__ import annotations

from .primitives import BUILT_IN, PRIMITIVES, Primitive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["words"]
COMPARISON, SUM, PRODUCT, MINUS, POWER, ATOM = range(6)  # precedences, from the weakest operator on


class Words:
    """Words and signs of one kind of gate."""

    name = spoken = ""  # the function as lectures write it; as read aloud
    symbol = right = left = ""  # in its circle: alone, with the constant {} to its right, to its left
    typeset = ""  # its sign in mathematics, or the signs around its operand {}
    role = ""  # what it does with the upstream gradient
    kink = "the derivative jumps here: the local gradient is a convention"
    value = gradient = ""  # remedies: where its value is not finite; where only its gradient is not finite
    usage: tuple[str, ...] = ()  # its arguments in an expression: [...] is a list, = is optional
    ordered = linear = False  # whether the order of operands matters; whether it may add a parameter to a sum

    def __init__(self, sign: str = "", strength: int = ATOM, method: str = "", **words: Any) -> None:
        self.sign = sign
        self.strength = strength  # precedence of the sign
        self.method = method  # Python's method for the sign
        vars(self).update(words)

    def complete(self, name: str) -> Words:
        """Derive missing words from the name in the table; return self."""
        self.symbol = self.symbol or self.sign or (self.name or name).replace("_", " ")
        parts = "".join([c if c.isalnum() or c == "_" else " " for c in name[:40]]).split()
        self.name = self.name or "_".join(parts) or "gate"
        self.spoken = self.spoken or self.name.replace("_", " ")
        self.kink = JUMPS if self.is_comparison or self.role == FLAT else self.kink
        return self

    @property
    def is_comparison(self) -> bool:
        return self.strength == COMPARISON

    @property
    def is_arithmetic(self) -> bool:
        return self.linear or COMPARISON < self.strength < ATOM

    @property
    def takes_list(self) -> bool:
        return bool(self.usage) and self.usage[0].startswith("[")


SIGMA, DASH = "\N{GREEK SMALL LETTER SIGMA}", "\N{MINUS SIGN}"
BENDS = "the input is 0, where {} bends: its local gradient there is taken as 0"
SPLIT = "a tie: each input gets one half"
FLAT = "is flat: nothing passes back"
COPY = "is copied: its {} gradients add up"  # a Value used several times
COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
JUMPS = "the value jumps here: the local gradient is a convention"
WITHIN = "{} needs a number from -1 to 1."
ENDS = "{} is vertical at -1 and 1: keep its operand between them."
LARGE = "{}(x) is too large for a float beyond x = 710: make x smaller."
NO_ZERO = "The divisor must not be 0."
AWAY = "Keep the divisor away from 0, as in {} / ({} + 1e-12)."
POSITIVE = "{} needs a positive number: keep its operand away from 0, as in {}(x + 1e-12)."
OVERFLOW = (
    "e^x is too large for a float above x = 709: use sigmoid, softplus, logsumexp or softmax, which do not overflow, "
    "or make x smaller."
)
UNDEFINED = "0 to a negative power is infinite, a negative number to a fraction is undefined: keep the base positive."

ROWS = {
    "add":           Words("+",  SUM,        "add",     right="+{}", left="+{}", spoken="plus", linear=True,
        role="distributes: both inputs get the upstream gradient"),
    "sub":           Words("-",  SUM,        "sub",     right="-{}", left="{}-x", spoken="minus", linear=True,
        role="distributes: upstream to the first, minus upstream to the second", typeset=DASH, ordered=True),
    "mul":           Words("*",  PRODUCT,    "mul",     right="*{}", left="*{}", spoken="times", linear=True,
        role="swaps: each input gets upstream times the other input", typeset="\N{MULTIPLICATION SIGN}"),
    "div":           Words("/",  PRODUCT,    "truediv", right="/{}", left="{}/x", spoken="divided by", ordered=True,
        value=AWAY.format("a", "b")),
    "floor_div":     Words("//", PRODUCT,    "floordiv", right="//{}", left="{}//x", spoken="floor divided by",
        role=FLAT, ordered=True, value=NO_ZERO),
    "mod":           Words("%",  PRODUCT,    "mod",     right="%{}", left="{}%x", spoken="modulo", ordered=True,
        kink=JUMPS, value=NO_ZERO),
    "neg":           Words("-",  MINUS,      "neg",     symbol="*-1", typeset=DASH, spoken="minus"),
    "reciprocal":    Words("/",  PRODUCT,               symbol="1/x", spoken="1 divided by",
        value=AWAY.format("1", "x")),
    "power":         Words("**", POWER,      "pow",     symbol="x^y", right="x^{}", left="{}^x", ordered=True,
        spoken="to the power", value=UNDEFINED,
        gradient="This power is vertical at 0: keep its base away from 0, as in (x + 1e-12) ** p."),

    "exp":           Words(value=OVERFLOW, typeset="e^{}"),
    "expm1":         Words(),
    "log":           Words(value=POSITIVE.format("log", "log")),
    "log1p":         Words(value="log1p needs a number above -1."),
    "log2":          Words(value=POSITIVE.format("log2", "log2")),
    "log10":         Words(value=POSITIVE.format("log10", "log10")),
    "sqrt":          Words(symbol="√", value="sqrt needs a number that is not negative.",
        gradient="sqrt is vertical at 0: keep its operand away from 0, as in sqrt(x + 1e-12).",
        typeset="\N{SQUARE ROOT}{}"),
    "sin":           Words(),
    "cos":           Words(),
    "tan":           Words(),
    "asin":          Words(value=WITHIN.format("asin"), gradient=ENDS.format("asin")),
    "acos":          Words(value=WITHIN.format("acos"), gradient=ENDS.format("acos")),
    "atan":          Words(),
    "atan2":         Words(ordered=True, gradient="atan2 has no gradient at 0, 0: keep its operands away from there."),
    "hypot":         Words(gradient="hypot has no gradient at 0, 0: keep its operands away from there."),
    "sinh":          Words(value=LARGE.format("sinh")),
    "cosh":          Words(value=LARGE.format("cosh")),
    "asinh":         Words(),
    "acosh":         Words(value="acosh needs a number of at least 1.",
        gradient="acosh is vertical at 1: keep its operand above 1."),
    "atanh":         Words(value="atanh needs a number between -1 and 1.", gradient=ENDS.format("atanh")),

    "tanh":          Words(),
    "sigmoid":       Words(symbol=SIGMA),
    "softplus":      Words(),
    "log_sigmoid":   Words(symbol=f"log {SIGMA}"),
    "silu":          Words(symbol="SiLU"),
    "gaussian":      Words(usage=("x", "1"), ordered=True),
    "erf":           Words(),
    "normal_cdf":    Words(symbol="\N{GREEK CAPITAL LETTER PHI}"),
    "gelu":          Words(symbol="GELU"),

    "relu":          Words(symbol="ReLU", kink=BENDS.format("relu"),
        role="routes: upstream passes where the input is above 0"),
    "leaky_relu":    Words(symbol="leaky ReLU", usage=("x", "0.01")),
    "elu":           Words(symbol="ELU", usage=("x", "1")),
    "abs":           Words(method="abs", symbol="|x|", kink=BENDS.format("abs"), typeset="|{}|"),
    "sign":          Words(role=FLAT),
    "heaviside":     Words(role=FLAT, symbol="step", usage=("x", "0.5")),
    "floor":         Words(role=FLAT, typeset="\N{LEFT FLOOR}{}\N{RIGHT FLOOR}"),
    "fmod":          Words(kink=JUMPS, ordered=True, value=NO_ZERO),
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
}  # fmt: skip
for name, row in ROWS.items():
    row.complete(name)
INFIX = {name: row for name, row in ROWS.items() if row.sign and name not in ("neg", "reciprocal")}
METHODS = {row.method: PRIMITIVES[name] for name, row in ROWS.items() if row.method}


def head_of(primitive: Primitive) -> Any:
    """The primitive's key in tables and expressions: its name if it is built in, else the primitive itself."""
    return primitive.name if primitive in BUILT_IN else primitive


def words(gate: Any) -> Words:
    """The row of a gate, given as a Primitive or by its name in the table."""
    row = ROWS.get(gate)  # first, for speed: code is written with this
    if row is None:
        name = gate.name if isinstance(gate, Primitive) else str(gate)
        row = ROWS[name] if gate in BUILT_IN else Words().complete(name)
    return row
