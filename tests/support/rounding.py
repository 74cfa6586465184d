"""How far two ways of computing a graph may be apart when they round differently: a running error analysis.

``rooms(outputs)`` gives every node a room: two runners whose functions are right to a few units in the last place, one
of which may fuse a product with a sum, stay within it. An operand that may be off moves the result by what the gate
itself answers when the operand is moved, kinks and jumps included; rounding adds its own part, and nothing where the
result is exact. So numbers right on a kink are compared in full, and a room of inf says: no promise here, since the
last digit decides between two sides, or between a number and inf.
"""

import itertools
import math
from fractions import Fraction

from autodiff import Value
from autodiff.graph import history

UNIT = 2.0**-50  # 4 units in the last place of 1
NEVER_ROUND = {"neg", "relu", "abs", "sign", "heaviside", "clip", "maximum", "minimum", "where", "sqrt"}
NEVER_ROUND |= {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"}
EXACT = {  # the terms whose sum the result is, if nothing is rounded
    "add": lambda a, b: [a, b],
    "sub": lambda a, b: [a, -b],
    "mul": lambda a, b: [a * b],
    "leaky_relu": lambda a, slope: [a if a > 0 else slope * a],
    "sum": lambda *terms: terms,
    "dot": lambda *a: [*[w * x for w, x in zip(a[: len(a) // 2], a[len(a) // 2 : -1])], a[-1]],
}
SIMPLE = {0.0, 1.0, math.inf, -math.inf}  # where functions answer exactly, if what they answer is as simple


def rooms(*outputs, fused=True):
    """{node: how far its number may be off} for all nodes behind the outputs; 0 for leaves."""
    found = {}
    for node in (node for output in outputs for node in history(output)):
        if node not in found:
            places = [around(x, found) for x in node.operands]
            found[node] = room(node, places, fused) if node.primitive else 0.0
    return found


def near(found, expected, room):
    """Whether a number is the expected one, up to the room: nan as nan, inf as inf; the sign of 0 is left open."""
    off = distance(found, expected)
    return room == math.inf or (off < math.inf and off <= 4.0 * room + 2.0**-51 * abs(expected)) or off == 0.0


def around(x, found):
    """The numbers that an operand may have: around a computed 0, whose sign is left open, both zeros."""
    if type(x) is float:
        return (x,)
    if found[x] == 0.0:
        return (-0.0, 0.0) if x.primitive and x.data == 0.0 else (x.data,)
    if found[x] == math.inf:
        return x.data, 0.0, 1.0, math.inf, -math.inf, math.nan  # anything, also where it is nan here
    return x.data - found[x], x.data, x.data + found[x]


def room(node, places, fused):
    """How far the result of a gate may be off whose operands may have these numbers."""
    out, value = node.data, node.primitive.value
    off = max(distance(value(*numbers), out) for numbers in itertools.product(*places))
    off += rounding(node.primitive.name, out, [x.data if type(x) is Value else x for x in node.operands], fused)
    return off if math.isfinite(abs(out) + off) or not math.isfinite(out) else math.inf


def distance(a, b):
    """|a - b|; 0 for the same infinity and for nan twice, inf where only one is a number."""
    if a == b or (a != a and b != b):
        return 0.0
    return abs(a - b) if math.isfinite(a) and math.isfinite(b) else math.inf


def rounding(name, out, numbers, fused):
    """How far the gate itself may be off."""
    if name in NEVER_ROUND or not all(map(math.isfinite, numbers)):
        return 0.0
    if name in EXACT:
        terms = EXACT[name](*map(Fraction, numbers))
        if all(is_float(term) for term in terms) and sum(terms) == Fraction(out if math.isfinite(out) else 0):
            return 0.0
        size = float_or_inf(sum(map(abs, terms)))
        # a product that is too large may yet be fused with a sum that is not, from four products on
        fused = fused and name == "dot" and len(numbers) > 8
        return size * UNIT + 5e-324 if math.isfinite(out) or fused else 0.0
    if abs(out) in SIMPLE | {0.5} and SIMPLE.issuperset(map(abs, numbers)):
        return 0.0
    terms = max(map(abs, numbers)) if name == "logsumexp" else 0.0
    return (abs(out) + terms) * UNIT + 5e-324 if math.isfinite(out) else 0.0


def is_float(x):
    """Whether a fraction is a number of float64."""
    size = float_or_inf(abs(x))
    return math.isfinite(size) and Fraction(size) == abs(x)


def float_or_inf(x):
    try:
        return float(x)
    except OverflowError:
        return math.inf
