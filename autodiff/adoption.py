"""Graphs of other engines, such as a student's own, adopted: the same graph as Values."""

from __future__ import annotations

import re
import warnings
from math import isfinite, log
from typing import Protocol

from .engine import Value, result
from .formula import gate, names
from .graph import history, numbers, on_kink
from .ieee import ERRORS, INF, NAN, number
from .parser.tokens import SYNONYMS
from .primitives import BUILT_IN, PRIMITIVES, Primitive, add, div, mul, power, sub
from .vocabulary import FLAT, JUMPS, ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

__all__ = ["Adoption", "ForeignNode", "adopt", "is_foreign"]

OPERANDS = ("operands", "_prev", "_children", "children", "parents")  # the first of these that a node has is read
GATES, LOCALS, LABELS = ("gate", "_op", "op"), ("local", "_local_grads"), ("label", "name")
NEEDED = f"data and operands (or {', '.join(OPERANDS[1:])}), and usually grad and gate"
WORDS = {"plus": "+", "times": "*", "mult": "*", "multiply": "*", "minus": "-", "subtract": "-", "negate": "-",
         "negative": "-", "divide": "/"}  # fmt: skip
CLOSE, EXACT = 1e-9, 1e-13  # relative differences: of a right value computed another way, and of a few roundings
DUST = 1e-15  # an absolute difference that a formula such as log(1 + e^x) may have near 0
SIGNED = re.compile(r"[ax]?\s*(\*\*|\^|//|[-+*/%])\s*(-?[\d.]+(?:[eE][-+]?\d+)?)")  # **2, x^3, *0.5


class ForeignNode(Protocol):
    """A node of another engine, for type checkers: ``adopt`` says what else it has."""

    @property
    def data(self) -> Any: ...


def adopt(output: Any) -> Any:
    """The graph of another engine's node as Values, to step through, draw and compare; of a list, a list of Values.

    ===========  ============================================  =================================
    attribute    what it holds                                 also read from
    ===========  ============================================  =================================
    data         the number
    operands     the nodes and numbers it was computed from;   _prev, _children, children,
                 empty for an input                            parents
    gate         its name or sign, such as "+" (optional)      _op, op
    local        a local gradient per operand (optional)       _local_grads
    grad         the gradient; 0 or None before backward
                 (optional)
    label        a name for texts and pictures (optional)      name
    ===========  ============================================  =================================

    ``data`` and ``grad`` are kept as they are, even if they are wrong. A gate is found by its name or sign, or, if it
    has none, by its value and local gradients. Any other gate becomes one of its own that knows these numbers only.
    If ``operands`` is a set, as in micrograd, their order is read from the function ``_backward``.

    Warns
    -----
    UserWarning
        At the first node whose data are not the value of its gate, whose ``local`` are not its local gradients or,
        after ``backward()``, whose ``grad`` is not the sum of upstream * local.

    Raises
    ------
    TypeError
        If a node lacks data or operands, or if its data is not a number.
    ValueError
        If a node is among the nodes that it was computed from.

    Examples
    --------
    >>> import autodiff
    >>> class Node:
    ...     def __init__(self, data, operands=(), gate="", label=""):
    ...         self.data, self.operands, self.gate, self.label, self.grad = data, operands, gate, label, 0.0
    >>> x, y = Node(3.0, label="x"), Node(4.0, label="y")
    >>> f = Node(12.0, (x, y), "*")
    >>> autodiff.adopt(f).steps()[0]
      3  df/dx = df/df * y = 1 * 4 = 4
    """
    several = isinstance(output, (list, tuple))
    adoption = Adoption(output if several else [output])
    adoption.warn(stacklevel=3)
    return adoption.outputs if several else adoption.outputs[0]


def is_foreign(thing: Any) -> bool:
    """Whether a thing is a node of another engine: it has data and operands."""
    has_both = hasattr(thing, "data") and any(hasattr(thing, name) for name in OPERANDS)
    return has_both and not isinstance(thing, (type, Value))


def near(a: float, b: float, most: float = CLOSE, scale: float = 0.0) -> bool:
    """Whether two numbers are equal but for rounding; ``scale`` is the size of the parts of a sum."""
    if a == b or (a != a and b != b):
        return True
    return abs(a - b) <= max(most * max(abs(a), abs(b), scale), DUST) < INF


def first_of(node: Any, attributes: Iterable[str], default: Any) -> Any:
    """The first of these attributes that a node has and that is not None."""
    for name in attributes:
        found = getattr(node, name, None)
        if found is not None:
            return found
    return default


def text_of(node: Any, attributes: Iterable[str]) -> str:
    """The first of these attributes that is a text: a method may have the same name."""
    texts = [getattr(node, name, None) for name in attributes]
    return next((text for text in texts if isinstance(text, str) and text), "")


class Foreign:
    """A node of another engine, read once."""

    __slots__ = ("data", "gate", "grad", "label", "local", "node", "operands", "ordered")

    def __init__(self, node: Any) -> None:
        if not is_foreign(node):
            raise TypeError(
                f"a node of a graph needs the attributes {NEEDED}; got {type(node).__name__}: {describe(node)}"
            )
        self.node = node
        self.gate, self.label = text_of(node, GATES).strip(), text_of(node, LABELS)
        self.data = self.number(node.data, "data")
        grad = getattr(node, "grad", None)
        self.grad = None if grad is None else self.number(grad, "grad")
        given = first_of(node, OPERANDS, ())
        if isinstance(given, str) or not hasattr(given, "__iter__"):
            raise TypeError(f"the operands of {self.words} must be a tuple of nodes, got {describe(given)}")
        self.operands: tuple[Any, ...] = tuple(given)
        self.ordered = not isinstance(given, (set, frozenset))
        local = first_of(node, LOCALS, None)
        listed = isinstance(local, (tuple, list)) and bool(local and self.operands)
        if listed and len(local) == len(self.operands):
            local = [x for x, operand in zip(local, self.operands) if number(operand) is None]
        self.local = [self.number(x, "local gradient") for x in local] if listed else None

    @property
    def words(self) -> str:
        """The node in an error."""
        gate = f" of gate {self.gate!r}" if self.gate else ""
        return f"{self.label or describe(self.node)}{gate}"

    def number(self, x: Any, what: str) -> float:
        try:
            found = number(x)
        except OverflowError:
            found = None
        if found is None:
            raise TypeError(f"the {what} of {self.words} must be a number, got {describe(x)}")
        return found

    def enclosed(self) -> tuple[list[Any], list[float]]:
        """The operands in order, and the numbers, that the node's function ``_backward`` remembers; ``self`` first."""
        function = getattr(self.node, "_backward", None)
        code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None)
        found: list[tuple[bool, Any]] = []
        for name, cell in zip(code.co_freevars, cells) if code and cells else ():
            try:
                found.append((name != "self", cell.cell_contents))
            except ValueError:  # an empty cell
                continue
        contents = [x for _, x in sorted(found, key=lambda pair: pair[0])]
        mine = {id(x) for x in self.operands}
        return [x for x in contents if id(x) in mine], [float(x) for x in contents if type(x) in (int, float)]

    def measure(self) -> list[float | None]:
        """The local gradients that ``_backward`` passes on when 1 arrives, with all gradients restored; or Nones."""
        distinct = {id(x): x for x in self.operands if hasattr(x, "grad")}
        before = [(x, x.grad) for x in (self.node, *distinct.values()) if hasattr(x, "grad")]
        found: dict[int, Any] = {}
        try:
            for x in distinct.values():
                x.grad = 0.0
            self.node.grad = 1.0
            self.node._backward()
            found = {place: number(x.grad) for place, x in distinct.items()}
        except ERRORS:  # there is no such function, or it is unfinished
            pass
        finally:
            for x, grad in before:
                x.grad = grad
        known = bool(found)
        return [found.pop(id(x), 0.0) if known else None for x in self.operands if number(x) is None]


def describe(x: Any) -> str:
    """The repr, shortened; where it raises, the type: a student's ``__repr__`` may be unfinished."""
    try:
        return f"{x!r:.60}"
    except ERRORS:
        return f"a {type(x).__name__}"


def known_names() -> dict[str, list[Primitive]]:
    """The primitives by each of their names, signs and symbols, in lower case."""
    known: dict[str, list[Primitive]] = {}
    for name, primitive in PRIMITIVES.items():
        row = ROWS.get(name)
        method = [row.method, f"__{row.method}__"] if row and row.method else []
        more = [row.name, row.sign, row.symbol, *method, row.typeset.replace("{}", "")] if row else []
        for text in dict.fromkeys([name, *more]):
            if text:
                known.setdefault(text.lower(), []).append(primitive)
    for text, name in {**SYNONYMS, "^": "power", "\N{MIDDLE DOT}": "mul"}.items():
        known.setdefault(text, []).append(PRIMITIVES[name])
    return {word: known[sign] for word, sign in WORDS.items()} | known


def arity(primitive: Primitive) -> int:
    """The number of operands; 0 if it takes any number."""
    code = getattr(primitive.local_gradients, "__code__", None)
    return 0 if code is None or code.co_flags & 0x04 else code.co_argcount - 1


class Adoption:
    """Other engines' nodes as Values: ``outputs``, and ``doubts`` about nodes whose numbers do not fit their gate."""

    def __init__(self, outputs: Sequence[Any]) -> None:
        self.foreign: dict[int, Foreign] = {}  # by id: a node may have no hash, and its == may record a gate
        self.known = known_names()
        self.by_count: dict[int, list[Primitive]] = {}
        self.votes: dict[Any, dict[Primitive, int]] = {}  # for each kind of gate, how many nodes a primitive fits
        self.values: dict[int, Any] = {}
        gates: list[Foreign] = []
        for output in outputs:
            gates += self.walk(output)
        fits = {id(known): self.fits(known) for known in gates}
        for known in gates:
            self.vote(known, fits[id(known)])
        for known in gates:
            self.values[id(known.node)] = self.make(known, fits[id(known)])
        self.outputs: list[Value] = [self.values.get(id(x), x) for x in outputs]
        self.doubts: dict[Value, str] = {}
        self.check(gates)

    # --- Reading the graph -------------------------------------------------------------------

    def walk(self, output: Any) -> list[Foreign]:
        """The gates behind a node that were not yet read, each after its operands; inputs become Values at once."""
        if type(output) is Value:
            return []
        order, open_nodes, waiting = [], set(), [(output, False)]
        while waiting:
            node, left = waiting.pop()
            if left:
                open_nodes.discard(id(node))
                order.append(self.foreign[id(node)])
            elif id(node) in open_nodes:
                raise ValueError(f"{self.foreign[id(node)].words} is computed from itself: its graph has a cycle")
            elif id(node) not in self.foreign:
                known = self.foreign[id(node)] = Foreign(node)
                if not known.operands:
                    leaf = self.values[id(node)] = Value(known.data, known.label)
                    leaf.grad = known.grad
                    continue
                if not known.ordered:
                    enclosed = known.enclosed()[0]
                    if {id(x) for x in enclosed} == {id(x) for x in known.operands}:
                        known.operands = tuple(enclosed)
                open_nodes.add(id(node))
                waiting.append((node, True))
                waiting += [(x, False) for x in reversed(known.operands) if type(x) is not Value and number(x) is None]
        return order

    def numbers(self, operands: Iterable[Any]) -> list[float]:
        """The numbers of foreign nodes, Values and plain numbers."""
        plain = []
        for x in operands:
            known = self.foreign.get(id(x))
            plain.append(known.data if known and known.node is x else x.data if type(x) is Value else number(x))
        return plain  # type: ignore[return-value]

    # --- Finding its gates -------------------------------------------------------------------

    def named(self, known: Foreign) -> tuple[list[Primitive], list[float]]:
        """The primitives that a name or sign stands for, and a constant in it, as in ``**2``."""
        found = self.known.get(known.gate.lower(), [])
        signed = None if found else SIGNED.fullmatch(known.gate)
        if signed:
            return self.known[signed[1]], [float(signed[2])]
        return found, []

    def fits(self, known: Foreign) -> dict[Primitive, tuple[Any, ...]]:
        """Each primitive that may be the gate, with the operands for which it gives the node's numbers."""
        primitives, constants = self.named(known)
        nameless, hidden = not known.gate, False
        if nameless:
            primitives = self.candidates(len(known.operands))
        arranged = [(x, operands) for x in primitives for operands in self.arrange(known, x, constants)]
        if not nameless and not arranged:
            hidden = True
        found = self.matches(known, arranged, EXACT if nameless else CLOSE)
        if nameless and not found and known.local is not None:  # perhaps with a hidden constant, as in x ** 3
            primitives, hidden = [add, mul, power, sub, div], True
        if hidden and len(known.operands) == 1:
            pairs = [(x, pair) for x in primitives if arity(x) == 2 for pair in self.with_constants(known)]
            found = dict([*self.matches(known, pairs, EXACT).items()][:1])
        return found

    def candidates(self, count: int) -> list[Primitive]:
        """The primitives that a gate without a name may be: those of this many operands, or of any from 3 on."""
        if count not in self.by_count:
            self.by_count[count] = [
                x for name, x in PRIMITIVES.items()
                if x in BUILT_IN and name != "stop_gradient" and (arity(x) == count or (count > 2 and not arity(x)))
                and not any(text[0].isdigit() for text in ROWS[name].usage)  # but not those with a constant, as clip
                and ROWS[name].role != FLAT and ROWS[name].kink != JUMPS  # nor mod, which fits many a sum
            ]  # fmt: skip
        return self.by_count[count]

    def matches(self, known: Foreign, arranged: Iterable[Any], most: float) -> dict[Primitive, tuple[Any, ...]]:
        """The primitives that give the node's numbers, each with the first operands for which it does."""
        found: dict[Primitive, tuple[Any, ...]] = {}
        for primitive, operands in arranged:
            if primitive not in found and self.gives(primitive, known, operands, most):
                found[primitive] = operands
        return found

    def arrange(self, known: Foreign, primitive: Primitive, constants: list[float]) -> Iterator[tuple[Any, ...]]:
        """The operands in the orders that are possible, with the constants in the gate's name."""
        given, wanted = known.operands, arity(primitive)
        if constants:
            for constant in constants if len(given) == wanted - 1 == 1 else ():
                yield given[0], constant
                yield constant, given[0]
        elif not wanted or len(given) == wanted:
            yield given
            if not known.ordered and len(given) == 2:
                yield given[::-1]
        elif len(given) == wanted - 1 == 1 and not known.ordered and known.gate:
            yield given[0], given[0]  # in a set, x + x has one operand

    def with_constants(self, known: Foreign) -> Iterator[tuple[Any, ...]]:
        """The operand with every constant that ``_backward`` remembers or that the numbers suggest."""
        (x,) = known.operands
        for constant in (*known.enclosed()[1], *self.suggested(known)):
            yield x, constant
            yield constant, x

    def suggested(self, known: Foreign) -> Iterator[float]:
        """Constants c for which x + c, x * c, x ** c, x - c, x / c or c / x gives the value."""
        (x,), out = self.numbers(known.operands), known.data
        local = known.local[0] if known.local else NAN
        quotients = [(a, b) for a, b in ((local * x, out), (out, x), (x, out)) if b]
        found = [out - x, local, *[a / b for a, b in quotients], x - out, out + x, out * x]
        if x > 0 and out > 0 and x != 1 and isfinite(out / x):
            found.append(log(out) / log(x))
        for constant in found:
            if isfinite(constant):
                yield float(f"{constant:.12g}")
                yield constant

    def gives(self, primitive: Primitive, known: Foreign, operands: Sequence[Any], most: float) -> bool:
        """Whether a primitive has the node's value and local gradients."""
        plain = self.numbers(operands)
        try:
            if not near(primitive.compute(plain), known.data, most):
                return False
            slopes = primitive.slopes(known.data, *plain) if known.local else ()
        except ERRORS:
            return False  # too few operands, as for dot
        if not known.local or on_the_kink(primitive, known.data, plain):
            return True
        own = [float(slope or 0.0) for slope, x in zip(slopes, operands) if type(x) is not float]
        return len(own) == len(known.local) and all(near(a, b, most) for a, b in zip(own, known.local))

    def kind(self, known: Foreign) -> Any:
        """What nodes of the same operation have in common: their name, or else the code of their ``_backward``."""
        code = getattr(getattr(known.node, "_backward", None), "__code__", None)
        return known.gate or code, len(known.operands)

    def vote(self, known: Foreign, fits: dict[Primitive, Any]) -> None:
        """Count which primitives fit nodes of this kind; nodes without name and code vote only if they are sure."""
        kind = self.kind(known)
        if kind[0] or len(fits) == 1:
            votes = self.votes.setdefault(kind, {})
            for primitive in fits:
                votes[primitive] = votes.get(primitive, 0) + 1

    def make(self, known: Foreign, fits: dict[Primitive, tuple[Any, ...]]) -> Value:
        """The node as a Value of the primitive that most nodes of its kind fit, or of a gate of its own."""
        votes = self.votes.get(self.kind(known), {})
        best = max([votes.get(primitive, 0) for primitive in fits], default=0)
        leading = [primitive for primitive in fits if votes.get(primitive, 0) == best]
        primitive, operands = None, known.operands
        if leading and (known.gate or len(leading) == 1):
            primitive, operands = leading[0], fits[leading[0]]
        elif not fits and known.gate:  # the name is known, but the numbers are wrong
            by_votes = sorted(self.named(known)[0], key=lambda x: -votes.get(x, 0))
            arranged = [(x, next(self.arrange(known, x, self.named(known)[1]), None)) for x in by_votes if arity(x)]
            primitive, operands = next(((x, y) for x, y in arranged if y), (None, operands))
        values = tuple([self.values[id(x)] if id(x) in self.values else x if type(x) is Value else float(number(x))  # type: ignore[arg-type]
            for x in operands])  # fmt: skip
        node = result(primitive or own_gate(known, values), known.data, values)
        node.label, node.grad = known.label, known.grad
        return node

    # --- Checking its numbers ----------------------------------------------------------------

    def check(self, gates: Sequence[Foreign]) -> None:
        """Collect what does not fit: values and local gradients from the inputs on, gradients from the outputs back."""
        made = [(known, self.values[id(known.node)]) for known in gates]
        self.order = [*{x: None for output in self.outputs for x in history(output)}]
        if not made:
            return
        called = names(sorted(self.order, key=lambda x: x.born), self.outputs[0] if len(self.outputs) == 1 else None)
        slopes: dict[Value, list[float | None]] = {}  # None where the local gradient is a convention
        for known, node in made:
            plain, primitive = numbers(node.operands), node.primitive
            value = primitive.compute(plain)
            text = f"{called[node]} = {gate(node, called)}"
            if not near(value, known.data):
                self.doubts[node] = f"{text} is {known.data:.9g}, but its gate gives {value:.9g}"
            rule = primitive.slopes(known.data, *plain)
            expected = [float(x or 0.0) for x in rule]
            own = [i for i, x in enumerate(node.operands) if type(x) is not float]
            unknown = primitive not in BUILT_IN and None in [rule[i] for i in own]
            if unknown:
                self.doubts.setdefault(node, f"{text} has no local gradients that can be read, so nothing passes back")
            slopes[node] = [None] * len(expected) if unknown or on_kink(node) else [*expected]
            if known.local is not None and len(known.local) != len(own):
                count = f"{len(known.local)} local gradients for {len(own)} operands"
                self.doubts.setdefault(node, f"{text} has {count}")
            elif known.local is not None:
                for place, local in zip(own, known.local):
                    if slopes[node][place] is not None and not near(local, expected[place]):
                        what = f"the local gradient of {text} for {called[node.operands[place]]}"
                        self.doubts.setdefault(node, f"{what} is {local:.9g}, but its gate gives {expected[place]:.9g}")
                    slopes[node][place] = local
        self.check_gradients_of(slopes, called)

    def check_gradients_of(self, slopes: dict[Value, list[float | None]], called: dict[Value, str]) -> None:
        """Compare every gradient with the sum of upstream * local, by the engine's own upstream gradients."""
        if not any(output.grad for output in self.outputs):
            return  # backward() has not run
        parts: dict[Value, list[float | None]] = {}
        for node in sorted(self.order, key=lambda x: -x.born):
            for operand, local in zip(node.operands, slopes.get(node, ())):
                if type(operand) is not float:
                    passed = None if local is None else node.grad * local if local else 0.0
                    parts.setdefault(operand, []).append(passed)
        for node in sorted(parts.keys() - set(self.outputs), key=lambda x: -x.born):
            known = [x for x in parts[node] if x is not None]
            total, size = sum(known), sum(map(abs, known))
            if len(known) == len(parts[node]) and not near(node.grad, total, CLOSE, size):
                what = f"the gradient of {called[node]} is {node.grad:.9g}, but upstream * local sums up to {total:.9g}"
                self.doubts.setdefault(node, what)

    def warn(self, stacklevel: int) -> None:
        """Warn about the first doubt."""
        if self.doubts:
            first, *others = self.doubts.values()
            more = f" ({len(others)} more)" if others else ""
            warnings.warn(f"{first}{more}", UserWarning, stacklevel)


def on_the_kink(primitive: Primitive, out: float, plain: Sequence[float]) -> bool:
    """Whether the local gradients of a gate are a convention at these numbers."""
    return bool(primitive.kink and primitive.kink(out, *plain))


def own_gate(known: Foreign, operands: Sequence[Any]) -> Primitive:
    """A gate of the student's name that knows its value and local gradients at the recorded operands only."""
    name, point = known.gate or "gate", [*map(repr, numbers(operands))]
    given = iter(known.measure() if known.local is None else known.local)
    local = tuple([None if type(x) is float else next(given, None) for x in operands])

    def at_point(answer: Any, xs: Sequence[Any]) -> Any:
        if [*map(repr, xs)] != point:
            raise TypeError(f"{name} is another engine's gate: it is known only at ({', '.join(point)})")
        return answer

    return Primitive(name, lambda *xs: at_point(known.data, xs), lambda out, *xs: at_point(local, xs))
