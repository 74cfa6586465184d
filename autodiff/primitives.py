"""Every primitive, once: one table of values, local gradients and kinks.

A row reads ``Primitive(name, value, local gradients, kink, expansion)``. The local gradients are a function of the
output and the operands that returns one entry per operand. Called with numbers it returns numbers, with Values a
graph, with Formulas text; so a rule uses only ``+ - *``, comparisons and other primitives. An entry ``None`` means
"no edge": no gradient flows to that operand. Constants are operands too (``leaky_relu(x, 0.01)``), so a rule hides
nothing.

Conventions at kinks and edges are PyTorch's: relu'(0) = abs'(0) = 0, halves at a tie of maximum, 0 ** 0 = 1 with
gradients 0, 0, and IEEE 754's inf and nan everywhere. Differences (recorded in tests/data/conventions.json):

- nan: a comparison with nan is false, so relu, maximum and minimum of nan are nan with gradient 0 (JAX too; PyTorch 1);
  sign(nan), abs'(nan) and elu'(nan) are nan (PyTorch: 0, 0 and 1).
- logsumexp has gradients 0 where all its terms are -inf; PyTorch and JAX give nan.
- abs'(0) is 1, leaky_relu'(0, slope) is 1, and clip' on a bound ½ in JAX; 0, the slope and 1 here and in PyTorch.
- power: JAX gives nan for one of the gradients of 0 ** 0, 0 ** -1 and nan ** 0; leaky_relu(inf): nan to the slope.
- JAX: gradients 1/2 for hypot(0, 0) and nan at infinity; infinite ones for fmod(x, 0) and for fmod and mod of an
  infinite number, where they are nan here and in PyTorch; a finite one for acosh of a negative number.
- An infinite upstream gradient: an operand that maximum, minimum or clip does not choose gets 0 here and in PyTorch,
  nan in JAX; tanh, gelu, silu, hypot and mod pass it on here and in PyTorch, JAX gives nan; power passes inf * 0 = nan
  to a base with exponent 0, PyTorch 0.
"""

from __future__ import annotations

import math
import operator
import sys

from . import ieee
from .arrays import broadcast, is_array
from .ieee import ERRORS, INF, real
from .tracing import Unsupported

DENSITY = 1.0 / math.sqrt(2.0 * math.pi)  # of the normal distribution at 0

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, overload

    from .typed import Array, Function, R, Recorder


class Primitive:
    """One row: a name, the value, the local gradients, and the test for "on a kink".

    Called with numbers it returns a number; called with at least one Value, a recorded Value.

    Parameters
    ----------
    name : str
        The name of the operation in text, pictures and files.
    value : function of floats
        The number it computes. If it raises where IEEE 754 defines a result (math.log(0), 1 / 0), that inf or nan is
        used.
    local_gradients : function (out, *operands) -> tuple
        d out / d operand for each operand, in terms of primitives; None where no gradient flows.
    kink : function (out, *operands) -> bool, optional
        True where the derivative jumps and the local gradient is a convention.
    expansion : function (*operands), optional
        The same value in other primitives, for machine code, NumPy and JavaScript. By default ``value`` is called
        with symbols, which works if it uses only operators, ``if`` and this package's functions.

    Examples
    --------
    >>> from autodiff import Primitive, Value
    >>> cube = Primitive("cube", lambda x: x * x * x, lambda out, x: (3.0 * x * x,))
    >>> x = Value(2.0, "x")
    >>> y = cube(x)
    >>> y.backward()
    >>> x.grad
    12.0
    """

    __slots__ = ("expansion", "kink", "local_gradients", "name", "value")

    def __init__(
        self,
        name: str,
        value: Function[float],
        local_gradients: Function[tuple[Any, ...]],
        kink: Function[Any] | None = None,
        expansion: Function[Any] | None = None,
    ) -> None:
        if not isinstance(name, str):
            raise TypeError(f"the name of a gate must be a str, got {type(name).__name__}: {name!r:.60}")
        self.name = name
        self.value: Callable[..., float] = value
        self.local_gradients: Callable[..., tuple[Any, ...]] = local_gradients
        self.kink: Callable[..., Any] | None = kink
        self.expansion: Callable[..., Any] | None = expansion
        for function in (value, local_gradients):
            if getattr(function, "__name__", "") == "<lambda>":
                function.__name__ = function.__qualname__ = name  # "clip() missing 1 argument: 'high'"

    if TYPE_CHECKING:

        @overload
        def __call__(self, *operands: float) -> float: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, *operands: R | float) -> R: ...
        @overload
        def __call__(self, *operands: float | Array | Recorder) -> Any: ...

    def __call__(self, *operands: Any) -> Any:
        """Compute the value of numbers, or let the first operand that is not a number record the gate."""
        numbers = []
        for operand in operands:
            if type(operand) is not float:
                record = getattr(type(operand), "record", None)
                if record is not None:
                    return record(self, operands)
                if is_array(operand):
                    return broadcast(self, operands)
                operand = real(operand, self.name)
            numbers.append(operand)
        return self.compute(numbers)

    def compute(self, numbers: Sequence[float]) -> float:
        """The value of numbers; where it raises and IEEE 754 defines a result, that inf or nan."""
        try:
            value = self.value(*numbers)
            return value if type(value) is float else real(value, f"the value of {self.name}")
        except ERRORS as error:
            from .guards import rescue  # when needed: a value that does not raise needs no guard

            return rescue(self, "value", numbers, error, PRIMITIVES)  # type: ignore[no-any-return]

    def slopes(self, *known: Any) -> Any:
        """The local gradients at (out, *operands), numbers or Values; TypeError unless there is one per operand."""
        try:
            found = self.local_gradients(*known)
            for i, local in enumerate(found if isinstance(found, tuple) else (), 1):
                if type(local) in (complex, str, list, tuple):  # complex: a negative number to a fraction
                    raise TypeError(f"the local gradient of operand {i} must be a number or None, got {local!r:.60}")
        except ERRORS as error:
            found = self.retry_slopes(known, error)
        if not isinstance(found, (tuple, list)) or len(found) != len(known) - 1:
            entries = "(...,)" if len(known) == 2 else f"({', '.join(['...'] * (len(known) - 1))})"
            raise TypeError(
                f"the local gradients of {self.name} must be a tuple with one entry for each operand, {entries}, "
                f"got {found!r:.60}"
            )
        return found

    def retry_slopes(self, known: Sequence[Any], error: Exception) -> Any:
        """Call a rule that raised again: with numbers in place of Values, or with guards."""
        recorded = [x for x in known if type(x) is not float]
        if recorded and all(hasattr(x, "_data") for x in recorded) and isinstance(error, (TypeError, AttributeError)):
            entries = self.slopes(*[x if type(x) is float else x._data for x in known])
            return tuple([x if x is None else Slope(self, i, len(entries))(*known) for i, x in enumerate(entries)])
        from .guards import rescue

        return rescue(self, "rule", known, error, PRIMITIVES)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __deepcopy__(self, copies: Any = None) -> Primitive:
        return self

    __copy__ = __deepcopy__

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle: the name in the table, or else the module and global that hold a user's gate."""
        if self in BUILT_IN:
            return by_name, (self.name,)
        own = [getattr(function, "__module__", "") for function in (self.value, self.local_gradients)]
        for module in (*own, *sys.modules):
            for name, found in list(getattr(sys.modules.get(module), "__dict__", {}).items()):
                if found is self:
                    return find_global, (module, name)
        if PRIMITIVES.get(self.name) is self:
            return by_name, (self.name,)
        name = self.name
        raise TypeError(
            f"cannot pickle the gate {name!r}: unpickling looks it up by name, so assign it to a global of a module, "
            f"{name} = Primitive({name!r}, ...), or put it into autodiff.PRIMITIVES"
        )


class Slope(Primitive):
    """A local gradient whose rule needs plain numbers, as a gate; two of the same gate and operand are equal."""

    __slots__ = ("of",)

    def __init__(self, primitive: Primitive, place: int, count: int) -> None:
        self.of = primitive, place, count
        value = lambda *known: primitive.slopes(*known)[place]  # noqa: E731
        super().__init__(f"{primitive.name}_local{place if count > 1 else ''}", value, self.slopes)

    def slopes(self, *known: Any) -> Any:
        raise Unsupported(
            f"cannot differentiate the rule of {self.of[0].name} again: it needs plain numbers. Write it with "
            "+ - * / and this package's functions (autodiff.exp in place of math.exp or np.exp)"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Slope, self.of

    def __eq__(self, other: object) -> bool:
        return type(other) is Slope and other.of == self.of

    def __hash__(self) -> int:
        return hash(self.of)


def by_name(name: str) -> Primitive:
    """The primitive of that name; LookupError if the table has none."""
    if name not in PRIMITIVES:
        raise LookupError(f"there is no gate {name!r} in autodiff.PRIMITIVES: import the module that adds it")
    return PRIMITIVES[name]


def find_global(module: str, name: str) -> Primitive:
    """The gate in a global of a module."""
    return getattr(__import__(module, fromlist=[name]), name)  # type: ignore[no-any-return]


def no_edges(out: Any, *operands: Any) -> tuple[None, ...]:
    return (None,) * len(operands)


def downstream(upstream: Any, local: Any, unpack: Callable[[Any], Any] | None = None) -> Any:
    """upstream * local, but 0 where the gate is closed, even if upstream is inf or nan.

    An entry of a rule closes the gate if it is a false comparison or the literal False, also as the side that a
    ``where`` takes. ``unpack`` returns (primitive, operands) of an entry that the rule recorded, else None.
    """
    passed = gate_upstream(upstream, local, unpack)
    return upstream * local if passed is None else passed


def gate_upstream(upstream: Any, local: Any, unpack: Callable[[Any], Any] | None) -> Any:
    """The downstream gradient of an entry that may close the gate; None for an entry that only multiplies."""
    if type(local) is bool:
        return upstream if local else 0.0
    recorded = unpack and unpack(local)
    if not recorded:
        return None
    primitive, operands = recorded
    if primitive is less and operands[0] is operands[1]:
        return 0.0  # False as the side of a where
    if primitive.local_gradients is no_edges:
        return select(local, upstream, 0.0)
    if primitive is not select:
        return None
    condition, *entries = operands
    if all(gate_upstream(upstream, entry, unpack) is None for entry in entries):
        return None
    arriving = [upstream, upstream]
    if hasattr(upstream, "born") and not all(is_constant(entry, unpack) for entry in entries):
        arriving = [select(condition, upstream, 0.0), select(condition, 0.0, upstream)]  # for gradients of gradients
    sides = [gate_upstream(x, entry, unpack) for x, entry in zip(arriving, entries)]
    return select(condition, *[x * y if side is None else side for x, y, side in zip(arriving, entries, sides)])


def is_constant(entry: Any, unpack: Any) -> bool:
    """Whether no gradient flows through an entry: a number or a comparison."""
    recorded = unpack(entry)
    return type(entry) is float or bool(recorded and recorded[0].local_gradients is no_edges)


def record_false(primitive: Primitive, operands: Sequence[Any]) -> Sequence[Any]:
    """The operands, a where's literal False as a comparison that is never true: unlike 0, it closes the gate."""
    if primitive is not select:
        return operands
    return [operands[0] < operands[0] if x is False else x for x in operands]


def comparison(
    name: str, compare: Callable[[float, float], bool], expansion: Callable[..., Any] | None = None
) -> Primitive:
    """A row for < <= > >= == !=: 1.0 or 0.0, no gradient, and a jump where both sides are equal."""
    return Primitive(name, lambda a, b: float(compare(a, b)), no_edges, lambda out, a, b: a == b, expansion)


def at_zero(out: Any, x: Any, *constants: Any) -> Any:
    return x == 0.0


def at_tie(out: Any, a: Any, b: Any) -> Any:
    return a == b


def shares(out: Any, *terms: Any) -> tuple[Any, ...]:
    """e^t / (e^t0 + e^t1 + ...) for every term t, exact for terms of any size; 0 if all terms are -inf."""
    shift = where(out == -INF, 0.0, out)
    parts = [exp(term - shift) for term in terms]
    whole = where(absolute(out) == INF, 1.0, sum_(*parts))
    return tuple([div(part, whole) for part in parts])


def tie_shares(out: Any, *terms: Any) -> tuple[Any, ...]:
    """1 for the largest term; equal shares at a tie."""
    is_largest = [term == out for term in terms]
    count = sum_(*is_largest)
    alone, share = count == 1.0, div(1.0, count)
    return tuple([where(alone, each, where(each, share, False)) for each in is_largest])


def signs_differ(a: Any, b: Any) -> Any:
    """Whether a % b differs from fmod(a, b), whose sign is not that of b."""
    return ((fmod(a, b) < 0.0) != (b < 0.0)) * (fmod(a, b) != 0.0)


def expand_floor_div(a: Any, b: Any) -> Any:
    """a // b, rounded as Python does."""
    quotient = div(a - fmod(a, b), b) - signs_differ(a, b)
    whole = floor(quotient)
    return where(b == 0.0, div(a, b), whole + (quotient - whole > 0.5))


def expand_take(*operands: Any) -> Any:
    """take as a chain of comparisons; nan if no term has the index."""
    *terms, index = operands
    chain: Any = ieee.NAN
    for k, term in reversed([*enumerate(terms)]):
        chain = where(index == float(k), term, chain)
    return chain


if TYPE_CHECKING:

    @overload
    def where(condition: float, a: float, b: float) -> float: ...  # type: ignore[overload-overlap]
    @overload
    def where(condition: R | float, a: R | float, b: R | float) -> R: ...


def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition is not 0, else b; recorded unless the condition is a plain number.

    Both sides are computed. The side not taken gets gradient 0, whatever arrives; but if a slope behind it is
    infinite, 0 * inf is nan (as in PyTorch and JAX): give it a harmless operand by a second where.

    >>> from autodiff import variables
    >>> x, y = variables(x=-1, y=5)
    >>> where(x > 0, x, y)
    Value(5.0)
    """
    if type(condition) in (float, bool, int):
        return a if condition else b
    return select(condition, a, b)


if TYPE_CHECKING:  # rules may call primitives defined below
    absolute = cos = cosh = div = equal = exp = expm1 = floor = floor_div = fmod = gaussian = hypot = by_name("")
    less = less_equal = log = maximum = minimum = mod = normal_cdf = power = reciprocal = relu = by_name("")
    select = sigmoid = sign = sinh = sqrt = sum_ = by_name("")

# fmt: off
add         = Primitive("add", operator.add,  lambda out, a, b: (1.0, 1.0))
sub         = Primitive("sub", operator.sub,  lambda out, a, b: (1.0, -1.0))
mul         = Primitive("mul", operator.mul,  lambda out, a, b: (b, a))
div         = Primitive("div", ieee.quotient, lambda out, a, b: (reciprocal(b), -div(out, b)))
neg         = Primitive("neg", operator.neg,  lambda out, a: (-1.0,))
reciprocal  = Primitive("reciprocal", lambda a: ieee.quotient(1.0, a), lambda out, a: (-power(a, -2.0),),
    expansion=lambda a: div(1.0, a))
power       = Primitive("power", ieee.to_the_power, lambda out, a, b: (
    b * power(where(b == 0.0, where((a == 0.0) + (a != a), 1.0, a), a), b - 1.0),  # 0 where b = 0, whatever a is
    out * log(where((a == 0.0) * (b >= 0.0), 1.0, a))))      # 0 where a = 0, unless 0^b is infinite

exp         = Primitive("exp",   ieee.exponential,          lambda out, a: (out,))
expm1       = Primitive("expm1", ieee.exponential_minus_1,  lambda out, a: (exp(a),))
log         = Primitive("log",   ieee.logarithm,            lambda out, a: (reciprocal(a),))
log1p       = Primitive("log1p", ieee.logarithm_plus_1,     lambda out, a: (reciprocal(1.0 + a),))
log2        = Primitive("log2",  ieee.logarithm_to_base_2,  lambda out, a: (div(1.0 / math.log(2.0), a),))
log10       = Primitive("log10", ieee.logarithm_to_base_10, lambda out, a: (div(1.0 / math.log(10.0), a),))
sqrt        = Primitive("sqrt",  ieee.square_root,          lambda out, a: (div(0.5, out),))
sin         = Primitive("sin",   ieee.sine,                 lambda out, a: (cos(a),))
cos         = Primitive("cos",   ieee.cosine,               lambda out, a: (-sin(a),))
tan         = Primitive("tan",   ieee.tangent,              lambda out, a: (1.0 + out * out,))
asin        = Primitive("asin",  ieee.arc_sine,             lambda out, a: (reciprocal(sqrt((1.0 - a) * (1.0 + a))),))
acos        = Primitive("acos",  ieee.arc_cosine,           lambda out, a: (-reciprocal(sqrt((1.0 - a) * (1.0 + a))),))
atan        = Primitive("atan",  math.atan,                 lambda out, a: (reciprocal(1.0 + a * a),))
atan2       = Primitive("atan2", math.atan2,                lambda out, a, b: (
    div(div(b, hypot(a, b)), hypot(a, b)), -div(div(a, hypot(a, b)), hypot(a, b))))  # no square overflows or vanishes
hypot       = Primitive("hypot", math.hypot,                lambda out, a, b: (div(a, out), div(b, out)))
sinh        = Primitive("sinh",  ieee.hyperbolic_sine,      lambda out, a: (cosh(a),))
cosh        = Primitive("cosh",  ieee.hyperbolic_cosine,    lambda out, a: (sinh(a),))
asinh       = Primitive("asinh", math.asinh,                lambda out, a: (reciprocal(hypot(1.0, a)),))
acosh       = Primitive("acosh", ieee.area_cosine,          lambda out, a: (reciprocal(sqrt(a - 1.0) * sqrt(a + 1.0)),))
atanh       = Primitive("atanh", ieee.area_tangent,         lambda out, a: (reciprocal((1.0 - a) * (1.0 + a)),))

tanh        = Primitive("tanh",        math.tanh,      lambda out, a: (1.0 - out * out,))
sigmoid     = Primitive("sigmoid",     ieee.logistic,  lambda out, a: ((1.0 - out) * out,),
    expansion=lambda a: where(a >= 0.0, 1.0, exp(-absolute(a))) / (1.0 + exp(-absolute(a))))
softplus    = Primitive("softplus",    ieee.soft_plus, lambda out, a: (sigmoid(a),),
    expansion=lambda a: relu(a) + log1p(exp(-absolute(a))))
log_sigmoid = Primitive("log_sigmoid", lambda a: -ieee.soft_plus(-a), lambda out, a: (sigmoid(-a),),
    expansion=lambda a: -softplus(-a))
silu        = Primitive("silu", ieee.gated_logistic, lambda out, a: (sigmoid(a) + out * sigmoid(-a),),
    expansion=lambda a: ieee.gated_logistic(a, exp))
gaussian    = Primitive("gaussian", ieee.bell, lambda out, a, b: (-2.0 * (a * out) * b, -a * (a * out)),  # e^(-b a^2)
    expansion=lambda a, b: ieee.bell(a, b, exp))
erf         = Primitive("erf", math.erf, lambda out, a: (2.0 / math.sqrt(math.pi) * gaussian(a, 1.0),),
    expansion=lambda a: ieee.error_function(a, exp))
normal_cdf  = Primitive("normal_cdf", ieee.normal, lambda out, a: (DENSITY * gaussian(a, 0.5),),
    expansion=lambda a: ieee.normal(a, exp))
gelu        = Primitive("gelu", ieee.gated_normal, lambda out, a: (normal_cdf(a) + DENSITY * a * gaussian(a, 0.5),),
    expansion=lambda a: ieee.gated_normal(a, exp))

relu        = Primitive("relu", ieee.rectify, lambda out, a: (a > 0.0,), at_zero)
leaky_relu  = Primitive("leaky_relu", lambda a, slope: a if a > 0.0 else slope * a, lambda out, a, slope: (
    where(a > 0.0, 1.0, slope), where(a > 0.0, False, a)),
    lambda out, a, slope: (a == 0.0) * (slope != 1.0))
elu         = Primitive("elu", lambda a, alpha: a if a > 0.0 else alpha * math.expm1(a), lambda out, a, alpha: (
    where(a > 0.0, 1.0, alpha * exp(where(a > 0.0, 0.0, a))), where(a > 0.0, False, expm1(where(a > 0.0, 0.0, a)))),
    lambda out, a, alpha: (a == 0.0) * (alpha != 1.0),
    lambda a, alpha: where(a > 0.0, a, alpha * expm1(where(a > 0.0, 0.0, a))))
absolute    = Primitive("abs",  math.fabs,   lambda out, a: (sign(a),), at_zero)
sign        = Primitive("sign", ieee.signum, lambda out, a: (False,), at_zero)
heaviside   = Primitive("heaviside", ieee.step, lambda out, a, half: (False, a == 0.0), at_zero)
clip        = Primitive("clip", ieee.clamp, lambda out, a, low, high: (
    where(a >= low, a <= high, False), where(a < low, low <= high, False), maximum(a, low) > high),
    lambda out, a, low, high: (a == low) + (a == high), lambda a, low, high: minimum(maximum(a, low), high))
maximum     = Primitive("maximum", ieee.larger, lambda out, a, b: (
    where(a == b, 0.5, a > b), where(a == b, 0.5, b > a)), at_tie)
minimum     = Primitive("minimum", ieee.smaller, lambda out, a, b: (
    where(a == b, 0.5, a < b), where(a == b, 0.5, b < a)), at_tie)
floor       = Primitive("floor", ieee.floor_of, lambda out, a: (False,), lambda out, a: a == out)
floor_div   = Primitive("floor_div", ieee.whole_quotient, lambda out, a, b: (False, False),
    lambda out, a, b: mod(a, b) == 0.0, expansion=expand_floor_div)
mod         = Primitive("mod", ieee.remainder, lambda out, a, b: (1.0, -floor_div(a, b)), lambda out, a, b: out == 0.0,
    expansion=lambda a, b: where(signs_differ(a, b), fmod(a, b) + b, fmod(a, b)))
fmod        = Primitive("fmod", ieee.truncated_remainder, lambda out, a, b: (
    1.0, -sign(a) * sign(b) * floor_div(absolute(a), absolute(b))), lambda out, a, b: (out == 0.0) * (a != 0.0))

less          = comparison("less",          operator.lt)
less_equal    = comparison("less_equal",    operator.le)
greater       = comparison("greater",       operator.gt, lambda a, b: less(b, a))
greater_equal = comparison("greater_equal", operator.ge, lambda a, b: less_equal(b, a))
equal         = comparison("equal",         operator.eq)
not_equal     = comparison("not_equal",     operator.ne, lambda a, b: where(equal(a, b), 0.0, 1.0))
select        = Primitive("where", lambda condition, a, b: a if condition else b, lambda out, condition, a, b: (
    None, condition != 0.0, condition == 0.0))
take          = Primitive("take", ieee.term_at, lambda out, *t: (*[t[-1] == float(k) for k in range(len(t) - 1)], None),
    expansion=expand_take)
stop_gradient = Primitive("stop_gradient", lambda a: a, lambda out, a: (None,))

sum_        = Primitive("sum", ieee.total, lambda out, *terms: (1.0,) * len(terms))
dot         = Primitive("dot", ieee.weighted_sum, lambda out, *a: (*a[len(a) // 2 : -1], *a[: len(a) // 2], 1.0))
logsumexp   = Primitive("logsumexp", ieee.log_sum_exp, shares)
largest     = Primitive("largest", ieee.largest_of, tie_shares, lambda out, *t: sum_(*[x == out for x in t]) > 1.0)
norm        = Primitive("norm", ieee.length, lambda out, *terms: tuple([div(term, out) for term in terms]))
# fmt: on

PRIMITIVES = {row.name: row for row in list(globals().values()) if isinstance(row, Primitive)}
BUILT_IN = frozenset(PRIMITIVES.values())  # their values are floats; values of others are converted
