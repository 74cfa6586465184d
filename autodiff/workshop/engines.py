"""Steps 1 to 5: what is checked of a student's engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from ..primitives import Primitive, add, div, exp, maximum, mul, neg, power, relu, sigmoid, sub
from ..quiz.exercises import described
from ..quiz.mistakes import GATES, RULES
from .gates import INSTEAD, Point, explain, gate_at
from .guard import Trouble
from .passes import ONE_PATH, RIGHT_PASS, SINGLE, Sweep, pairs, post_order
from .probes import Probe, random_probe, read, same, to_number
from .solution import engine


class Check(NamedTuple):
    """A thing to check: ``look`` gives "" or what is wrong; ``needs`` names the methods that it needs."""

    title: str
    look: Callable[..., str]
    needs: str = ""
    seconds: float = 0.0  # if it may take longer than others


AT = ((3.0, -2.0), (0.5, 4.0), (-1.5, 2.5))  # where gates are tried
D1 = Probe("q = x + y; f = q * z", {"x": -2.0, "y": 5.0, "z": -4.0})
CHAIN = Probe("f = x\nfor _ in range(10_000):\n    f = f + x", {"x": 1.0}, name="x + x + x + ... (10,000 gates)")
DOUBLES = Probe("f = x\nfor _ in range(40):\n    f = f + f", {"x": 1.0}, name="f = f + f, 40 times")


# Steps 1 and 2


class Sample(NamedTuple):
    """A gate as a student writes it, with its primitive and operands: names of inputs, or numbers."""

    text: str
    primitive: Primitive
    operands: tuple[str | float, ...]

    def numbers(self, at: dict[str, float]) -> list[float]:
        return [at[x] if isinstance(x, str) else x for x in self.operands]


SUM, PRODUCT = Sample("x + y", add, ("x", "y")), Sample("x * y", mul, ("x", "y"))
WITH_SUMMAND = [Sample("x + 2", add, ("x", 2.0)), Sample("2 + x", add, (2.0, "x")), Sample("x + 0.5", add, ("x", 0.5))]
WITH_FACTOR = [Sample("x * 3", mul, ("x", 3.0)), Sample("3 * x", mul, (3.0, "x")), Sample("x * 0.5", mul, ("x", 0.5))]


def new_node(node: Any) -> str:
    x = node(2.0)
    if not same(to_number(read(x, "data", "Value(2.0)"), "Value(2.0).data"), 2.0):
        return f"Value(2.0).data is {x.data!r:.40}"
    if read(x, "grad", "Value(2.0)") is not None and to_number(x.grad, "Value(2.0).grad") != 0.0:
        return f"Value(2.0).grad is {x.grad!r:.40}: nothing has been sent back yet"
    if len(operands(x, "Value(2.0)")):
        return f"Value(2.0).operands is {x.operands!r:.60}: an input was not made of anything"
    if read(x, "gate", "Value(2.0)"):
        return f'Value(2.0).gate is {x.gate!r:.40}: an input has the gate ""'
    return ""


def operands(x: Any, what: str) -> Sequence[Any]:
    found = read(x, "operands", what)
    if not isinstance(found, (tuple, list)):
        why = ": order matters, and x * x has two" if isinstance(found, (set, frozenset)) else ""
        raise Trouble(f"the operands of {what} should be a tuple of Values, not {described(found)}{why}")
    return found


def text_of_node(node: Any) -> str:
    for x in (2.5, -7.0):
        if not isinstance(found := node(x).__repr__(), str):
            why = "" if found is None else ": return a text"
            return f"__repr__ of Value({x:g}) gives {described(found)}{why}"
        if not any(text in repr(node(x)) for text in (repr(x), f"{x:g}")):
            return f"repr(Value({x:g})) is {repr(node(x))!r:.60}: its number is not in it"
    return ""


def gate_value(node: Any, *samples: Sample) -> str:
    """What is wrong with the values of these gates; all points together show which mistake it is."""
    for sample in samples:
        points = []
        for x, y in AT:
            names = Probe(f"f = {sample.text}", {"x": x, "y": y}).build(node)
            if not same(to_number(names["x"].data, "x.data"), x):
                return f"{sample.text} changes x: make a new Value"
            given = to_number(read(names["f"], "data", sample.text), f"({sample.text}).data")
            points.append(Point(gate_at(sample.primitive, sample.numbers({"x": x, "y": y})), given))
        wrong = [p for p in points if not same(p.given, p.gate.out)]
        if wrong:
            p = wrong[0]
            why = explain(points, GATES) or "not right yet"
            return f"{sample.text} gives {p.given:g} at {inputs_of(sample, p)}: {why}"
    return ""


def inputs_of(sample: Sample, p: Point) -> str:
    known = dict(zip(sample.operands, p.gate.operands))
    return ", ".join(f"{name} = {x:g}" for name, x in known.items() if isinstance(name, str))


def remembered(sign: str, *samples: Sample) -> Callable[[Any], str]:
    """Whether a gate gives the right value, and knows its operands and its sign."""

    def look(node: Any) -> str:
        if said := gate_value(node, *samples):
            return said
        for sample in samples:
            names = Probe(f"f = {sample.text}", {"x": 3.0, "y": -2.0}).build(node)
            found = operands(names["f"], sample.text)
            wanted = [names[x] if isinstance(x, str) else x for x in sample.operands]
            plain = [x for x in found if isinstance(x, (int, float))]
            if any(names["f"] is names[x] for x in "xy"):
                return f"{sample.text} changes one of its operands and gives it back: make a new Value"
            if plain:
                return f"{sample.text}: the operand {plain[0]!r} is a plain number: make a Value of it"
            if len(found) != len(wanted):
                many = len(found) > len(wanted)
                why = ": a default argument such as operands=[] is shared by all Values; take ()" if many else ""
                return f"{sample.text} has {len(found)} operand{'s' * (len(found) != 1)}, not {len(wanted)}{why}"
            named = [(a, b) for a, b in zip(found, wanted) if not isinstance(b, float)]
            if any(a is not b for a, b in named):
                turned = len(found) == 2 and all(a in (*found,) for _, a in named)
                if turned and sample.operands[0] in ("x",) and sample.operands[1] in ("y",):
                    return f"the operands of {sample.text} are in the wrong order: x first"
                if all(not any(a is b for a in found) for _, b in named):
                    return f"{sample.text} has new Values as operands, not x itself: gradients would not reach x"
            if sign != read(names["f"], "gate", sample.text):
                return f"the gate of {sample.text} is {names['f'].gate!r:.40}, not {sign!r}"
        return ""

    return look


REMEMBERED = (remembered("+", SUM), remembered("*", PRODUCT))
BOTH_SIDES = (remembered("+", *WITH_SUMMAND), remembered("*", *WITH_FACTOR))


def twice(node: Any) -> str:
    for text in ("x + x", "x * x"):
        names = Probe(f"f = {text}", {"x": 3.0}).build(node)
        found = operands(names["f"], text)
        if names["f"] is names["x"] or not same(to_number(names["x"].data, "x.data"), 3.0):
            return f"{text} changes x: make a new Value"
        if len(found) != 2:
            return f"{text} has {len(found)} operand{'s' * (len(found) != 1)}: x is there twice, and both count"
    return ""


def locals_of(*samples: Sample) -> Callable[[Any], str]:
    """Whether ``local`` has the local gradients of a gate, one for each operand."""

    def look(node: Any) -> str:
        for sample in samples:
            for place in range(len(sample.operands)):
                points = []
                for x, y in AT:
                    f = Probe(f"f = {sample.text}", {"x": x, "y": y}).build(node)["f"]
                    given = read(f, "local", sample.text)
                    if not isinstance(given, (tuple, list)) or len(given) != len(operands(f, sample.text)):
                        return (
                            f"{sample.text}: local is {given!r:.60}; it takes one number for each operand, in a tuple"
                        )
                    turned = f.operands[-1].data != sample.numbers({"x": x, "y": y})[-1]  # 2 + x as x + 2
                    x_place = len(given) - 1 - place if turned else place
                    point = gate_at(sample.primitive, sample.numbers({"x": x, "y": y}), place)
                    points.append(Point(point, to_number(given[x_place], f"an entry of the local of {sample.text}")))
                if wrong := [p for p in points if not same(p.given, p.right)]:
                    why = explain(points, (*RULES, *INSTEAD)) or "not right yet"
                    which, at = ("first", "second")[place], inputs_of(sample, wrong[0])
                    return f"the {which} local gradient of {sample.text} is {wrong[0].given:g} at {at}: {why}"
        return ""

    return look


LOCALS_OF_BOTH = locals_of(*WITH_SUMMAND, *WITH_FACTOR)


def input_local(node: Any) -> str:
    found = read(node(2.0), "local", "Value(2.0)")
    return "" if isinstance(found, (tuple, list)) and not len(found) else f"Value(2.0).local is {found!r:.60}, not ()"


def all_of(*looks: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda node: next(filter(None, (look(node) for look in looks)), "")


# Step 3


def called(node: Any, names: dict[str, Any]) -> str:
    """What a node is called in a sentence."""
    return next((name for name, x in names.items() if x is node), f"the number {getattr(node, 'data', node)!r:.20}")


def order_of(f: Any, text: str) -> list[Any]:
    found = f.order()
    if found is None:
        raise Trouble(f"order() of {text} returns None: a return is missing")
    if isinstance(found, (set, frozenset)):
        raise Trouble(f"order() of {text} returns a set, which has no order: return a list")
    try:
        nodes = [*found]
    except TypeError:
        raise Trouble(f"order() of {text} should return a list of nodes, not {described(found)}") from None
    if odd := [x for x in nodes if not hasattr(x, "operands")]:
        raise Trouble(f"order() of {text} has {described(odd[0])} in it: return a list of nodes")
    return nodes


def position(nodes: Sequence[Any], node: Any) -> int:
    return next(i for i, x in enumerate(nodes) if x is node)


def missing(nodes: list[Any], names: dict[str, Any], probe: Probe) -> str:
    known = {id(x) for x in nodes}
    lost = [x for x in post_order(names["f"]) if id(x) not in known]
    if not lost:
        return ""
    if not nodes:
        return f"order() of {probe.shown} is empty"
    if all(not x.operands for x in lost):
        return f"{called(lost[0], names)} is missing in order() of {probe.shown}: inputs belong there, too"
    if len(lost) == 1 and lost[0] is names["f"]:
        return f"f itself is missing in order() of {probe.shown}: it comes last"
    alike = all(any(x.data == node.data for node in nodes) for x in lost)
    why = ": another node has the same number; ask whether a node is there, not whether its number is" if alike else ""
    return f"{called(lost[0], names)} is missing in order() of {probe.shown}{why}"


def repeated(nodes: list[Any], names: dict[str, Any], probe: Probe) -> str:
    seen: set[int] = set()
    for x in nodes:
        if id(x) in seen:
            return f"{called(x, names)} stands more than once in order() of {probe.shown}: skip what is there already"
        seen.add(id(x))
    return ""


def misplaced(nodes: list[Any], names: dict[str, Any], probe: Probe) -> str:
    place = {id(x): i for i, x in enumerate(nodes)}
    for x in nodes:
        for a in getattr(x, "operands", ()):
            if place.get(id(a), -1) > place[id(x)]:
                back = {id(x): i for i, x in enumerate(reversed(nodes))}
                if all(back[id(a)] < back[id(n)] for n in nodes for a in n.operands if id(a) in back):
                    return f"order() of {probe.shown} begins at the output: turn it around, operands first"
                why = "place a node after its operands"
                late = called(a, names)
                return f"in order() of {probe.shown}, {called(x, names)} comes before its operand {late}: {why}"
    return ""


ORDERS = [D1, Probe("a = x + y; b = a * x; f = a * b", {"x": 2.0, "y": 3.0}), Probe("f = x * x", {"x": 3.0}),
          Probe("a = x * y; b = a + y; c = b * a; f = c + x", {"x": 2.0, "y": 3.0}),
          *(random_probe(i, n) for n in (4, 8) for i in range(6))]  # fmt: skip


def orders(*tests: Callable[..., str], probes: Sequence[Probe] = ORDERS) -> Callable[[Any], str]:
    def look(node: Any) -> str:
        for probe in probes:
            names = probe.build(node)
            nodes = order_of(names["f"], probe.shown)
            if said := next(filter(None, (test(nodes, names, probe) for test in tests)), ""):
                return said
        return ""

    return look


def alone(node: Any) -> str:
    x = node(2.0)
    found = order_of(x, "x = Value(2.0)")
    return "" if len(found) == 1 and found[0] is x else "order() of an input is a list of that input alone"


def order_again(node: Any) -> str:
    names = ORDERS[0].build(node)
    first, second = order_of(names["f"], D1.text), order_of(names["f"], D1.text)
    other = order_of(ORDERS[1].build(node)["f"], ORDERS[1].text)
    if [*map(id, first)] == [*map(id, second)] and not {*map(id, other)} & {*map(id, first)} and other:
        return ""
    if not first:
        return f"order() of {D1.text} is empty"
    why = "a default argument such as nodes=[] is made once, and shared by all calls: make the list inside"
    if len(second) < len(first):
        why = "the first left something behind, such as marks of visited nodes: begin each call with an empty set"
    return f"a second call gives {len(second)} node{'s' * (len(second) != 1)}, the first gave {len(first)}: {why}"


# Step 4

TREES = [Probe("f = x + y", {"x": 3.0, "y": -2.0}), Probe("f = x * y", {"x": 3.0, "y": -2.0}), D1,
         Probe("a = x * y; f = a + z", {"x": 3.0, "y": -2.0, "z": 4.0})]  # fmt: skip
MERGING = [Probe("f = x + x", {"x": 3.0}), Probe("f = x * x", {"x": 3.0}),
           Probe("a = x * y; f = a + y", {"x": 3.0, "y": -2.0}),
           Probe("a = x + y; b = y * z; f = a * b", {"x": 1.0, "y": 2.0, "z": 3.0})]  # fmt: skip
DEEPER = [Probe("q = x * y; r = q + q; f = r * q", {"x": 2.0, "y": 3.0}),
          Probe("c = a + b; d = a * b; e = c + d; g = c * d; f = e + g", {"a": 2.0, "b": 3.0}),
          Probe("q = x + y; r = q * q; s = r + x; f = s * q", {"x": 2.0, "y": -3.0}),
          *(random_probe(i, n) for n in (3, 4, 5, 6, 8) for i in range(3))]  # fmt: skip
WITH_NUMBERS = [Probe("f = 2 * x", {"x": 3.0}), Probe("a = x + 1; f = a * 3", {"x": 3.0})]
AGAIN = [Probe("f = x * x", {"x": 3.0}, "f f"), Probe("q = x * x; f = q * x", {"x": 3.0}, "f f"),
         DEEPER[0]._replace(outputs="f f f")]  # fmt: skip
OUTPUTS = [Probe("h = x * x; f = h * 2; g = h * 5", {"x": 3.0}, "f g"),
           Probe("q = x * y; f = q + x; g = f * q", {"x": 3.0, "y": 2.0}, "f g"),
           Probe("q = x * y; f = q + x; g = f * q", {"x": 3.0, "y": 2.0}, "g f")]  # fmt: skip
PASSES = [*TREES, *WITH_NUMBERS, *MERGING, *DEEPER, *AGAIN, *OUTPUTS]
Gradients = dict[str, float] | None  # None: a second backward is refused


def backward(names: dict[str, Any], probe: Probe) -> bool:
    """Call backward from each output; False if it refuses to run again."""
    for i, name in enumerate(probe.outputs.split()):
        try:
            if i and hasattr(names[name], "zero_grad"):
                names[name].zero_grad()
            names[name].backward()
        except (RuntimeError, ValueError, AssertionError) as error:
            if not i or isinstance(error, RecursionError):
                raise
            return False
    return True


def expected(probe: Probe, sweep: Sweep = RIGHT_PASS) -> dict[str, float]:
    """The gradients that a pass leaves at the nodes with names which the last output leads to."""
    names = probe.build(engine(8)["Value"])
    outputs = [names[name] for name in probe.outputs.split()]
    found = sweep.gradients(outputs)
    reached = {*post_order(outputs[-1])}
    return {name: found.get(x, 0.0) for name, x in names.items() if x in reached}


class Passes:
    """A student's gradients on all graphs, and the mistake that explains them."""

    def __init__(self, node: Any) -> None:
        self.node, self.told = node, False

    def gradients(self, probe: Probe) -> Gradients:
        names = probe.build(self.node)
        before = {name: to_number(read(x, "data", name), f"{name}.data") for name, x in names.items()}
        if not backward(names, probe):
            return None
        for name, x in names.items():
            if not same(to_number(x.data, f"{name}.data after backward"), before[name]):
                raise Trouble(f"backward of {probe} changes {name}.data: it belongs to the forward pass")
        return {
            name: to_number(read(names[name], "grad", name), f"{name}.grad after backward of {probe.text}")
            for name in expected(probe)
        }

    @cached_property
    def found(self) -> dict[str, Gradients]:
        return {str(probe) + probe.outputs: self.gradients(probe) for probe in PASSES}

    def of(self, probe: Probe) -> Gradients:
        return self.found[str(probe) + probe.outputs]

    def wrong(self, probe: Probe) -> list[str]:
        """The names whose gradients are not right, the output's first."""
        given, right = self.of(probe), expected(probe)
        return [] if given is None else [name for name in reversed(right) if not same(given[name], right[name])]

    @cached_property
    def mistake(self) -> str:
        """The mistake in the pass that gives all these numbers, or ""."""
        if not hasattr(self.node(1.0), "local") and self.gate_mistake:
            return ""
        one = next((x.mistake for x in SINGLE if all(self.fits(x, probe) for probe in PASSES)), "")
        if not one and all(map(self.takes_one_path, PASSES)):
            return ONE_PATH  # which of them depends on the order of the student's walk
        return one or next((x.mistake for x in pairs() if all(self.fits(x, probe) for probe in PASSES)), "")

    def fits(self, sweep: Sweep, probe: Probe) -> bool:
        given = self.of(probe)
        return given is None or all(same(given[name], x) for name, x in expected(probe, sweep).items())

    def takes_one_path(self, probe: Probe) -> bool:
        """Whether each gradient is upstream * local of a single path, with the student's own upstream gradients."""
        given, names = self.of(probe), probe.build(engine(8)["Value"])
        reached = {x: name for name, x in names.items() if name in expected(probe)}
        parts: dict[str, list[float]] = {probe.outputs[-1]: [1.0]}
        for node, name in reached.items():
            for x, local in zip(node.operands, node.local):
                if x in reached and given:
                    parts.setdefault(reached[x], []).append(given[name] * local)
        return given is None or all(any(same(given[name], x) for x in found) for name, found in parts.items())

    @cached_property
    def gate_mistake(self) -> str:
        """What is wrong with a single gate, or ""."""
        return gate_gradients(self.node, SUM) or gate_gradients(self.node, PRODUCT)

    def look(self, probes: Sequence[Probe]) -> str:
        """The mistake, at the smallest graph that shows it."""
        for probe in sorted(probes, key=lambda probe: (len(probe.text), probe.text)):
            if names := self.wrong(probe):
                name, given = names[-1], self.of(probe) or {}
                calls = probe.outputs.split()
                after = f" after {' and '.join(f'{f}.backward()' for f in calls)}" if len(calls) > 1 else ""
                what = f"{probe}, d{calls[-1]}/d{name} = {given[name]:g}{after}"
                why = self.mistake or self.gate_mistake or "not right yet; follow this graph by hand"
                told, self.told = self.told, True
                return f"{what}: {'the same mistake' if told else why}"
        return ""


def adds_up(probes: Sequence[Probe]) -> Callable[[Any], str]:
    return lambda passes: passes.look(probes)


def deep(passes: Passes) -> str:
    names = CHAIN.build(passes.node)
    backward(names, CHAIN)
    x = to_number(names["x"].grad, "x.grad")
    return "" if same(x, 10_001.0) else f"{CHAIN.shown}: df/dx = {x:g} is not right yet"


# Step 5


def gate_gradients(node: Any, sample: Sample, at: Sequence[tuple[float, float]] = AT) -> str:
    """What is wrong with the gradients of a gate's inputs, with several upstream gradients."""
    for place, name in enumerate(sample.operands):
        points = []
        for x, y in at if isinstance(name, str) else ():
            for upstream, text in ((1.0, sample.text), (3.0, f"({sample.text}) * 3"), (-2.0, f"({sample.text}) * -2")):
                names = Probe(f"f = {text}", {"x": x, "y": y}).build(node)
                names["f"].backward()
                given = to_number(read(names[str(name)], "grad", str(name)), f"{name}.grad of {text}")
                points.append(
                    Point(gate_at(sample.primitive, sample.numbers({"x": x, "y": y}), place, upstream), given)
                )
        if wrong := [p for p in points if not same(p.given, p.right)]:
            p = wrong[0]
            times = "" if p.gate.upstream == 1.0 else f" with upstream {p.gate.upstream:g}"
            why = explain(points) or "not right yet"
            return f"{sample.text} at {inputs_of(sample, p)}{times}: the gradient of {name} is {p.given:g}: {why}"
    return ""


def works(*samples: Sample, at: Sequence[tuple[float, float]] = AT) -> Callable[[Any], str]:
    def look(node: Any) -> str:
        for sample in samples:
            if said := gate_value(node, sample) or gate_gradients(node, sample, at):
                return said
        return ""

    return look


MINUS = [Sample("-x", neg, ("x",)), Sample("x - y", sub, ("x", "y")), Sample("x - 2", sub, ("x", 2.0)),
         Sample("2 - x", sub, (2.0, "x"))]  # fmt: skip
FRACTIONS = [Sample("x / y", div, ("x", "y")), Sample("x / 2", div, ("x", 2.0)), Sample("2 / x", div, (2.0, "x"))]
POWERS = [Sample(f"x ** {n:g}", power, ("x", float(n))) for n in (2, 3, -1)]
LARGER = [Sample("x.maximum(y)", maximum, ("x", "y")), Sample("x.maximum(1)", maximum, ("x", 1.0))]
TOGETHER = [Probe("f = (x + y) * y.maximum(z)", {"x": 1.0, "y": 2.0, "z": 0.0}),
            Probe("q = w * x + b; f = 1 / (1 + (-q).exp())", {"w": 2.0, "x": -1.0, "b": 0.5}),
            Probe("p = x.sigmoid(); f = (p - y) ** 2 / 2", {"x": 0.3, "y": 1.0}),
            Probe("h = (x * y).relu(); f = h * h - x", {"x": 2.0, "y": 3.0})]  # fmt: skip


def gradient_at(node: Any, text: str, **at: float) -> dict[str, float]:
    names = Probe(f"f = {text}", at).build(node)
    names["f"].backward()
    return {name: to_number(names[name].grad, f"{name}.grad of {text}") for name in at}


def kinks(node: Any) -> str:
    x = gradient_at(node, "x.relu()", x=0.0)["x"]
    if x != 0.0:
        return f"relu at its kink, x = 0, sends back {x:g}: the lectures let nothing through there, > and not >="
    tie = gradient_at(node, "x.maximum(y)", x=2.0, y=2.0)
    if not (same(sum(tie.values()), 1.0) and all(0.0 <= g <= 1.0 for g in tie.values())):
        both = (
            "both get the whole gradient"
            if [*tie.values()] == [1.0, 1.0]
            else f"x gets {tie['x']:g}, y gets {tie['y']:g}"
        )
        return f"x.maximum(y) at a tie, x = y = 2: {both}; the parts must add up to 1"
    return ""


def extremes(node: Any) -> str:
    for x, value in ((-1000.0, 0.0), (1000.0, 1.0)):
        try:
            f = node(x).sigmoid()
            f.backward()
        except OverflowError:
            return (
                f"sigmoid({x:g}) raised OverflowError: math.exp of a large number; for x < 0 use exp(x) / (1 + exp(x))"
            )
        if not same(to_number(f.data, f"sigmoid({x:g})"), value):
            return f"sigmoid({x:g}) gives {f.data:g}: not right yet"
        if slope := gradient_at(node, "x.sigmoid()", x=x)["x"]:
            return f"sigmoid at x = {x:g} sends back {slope:g}: it is flat there, so its gradient is 0"
    return ""


def together(node: Any) -> str:
    for probe in TOGETHER:
        names, right = probe.build(node), expected(probe)
        names["f"].backward()
        for name in right:
            given = to_number(read(names[name], "grad", name), f"{name}.grad of {probe.text}")
            if not same(given, right[name]):
                return f"{probe}, df/d{name} = {given:g}: not right yet; check its gates one by one"
    return ""


ARITHMETIC = "__init__ __repr__ __add__ __mul__ __radd__ __rmul__"
STEPS: dict[int, list[Check]] = {
    1: [
        Check("an input: data, grad 0, no operands, no gate", new_node, "__init__"),
        Check("its text", text_of_node, "__init__ __repr__"),
        Check("x + y", REMEMBERED[0], "__init__ __add__"),
        Check("x * y", REMEMBERED[1], "__init__ __mul__"),
        Check("numbers on the right and on the left", all_of(*BOTH_SIDES), ARITHMETIC),
        Check("x + x and x * x", twice, "__init__ __add__ __mul__"),
    ],
    2: [
        Check("values and operands as before", all_of(*REMEMBERED, twice), "__init__ __add__ __mul__"),
        Check("an input has no local gradients", input_local, "__init__"),
        Check("x + y", locals_of(SUM), "__init__ __add__"),
        Check("x * y", locals_of(PRODUCT), "__init__ __mul__"),
        Check("numbers on the right and on the left", all_of(*BOTH_SIDES, LOCALS_OF_BOTH), ARITHMETIC),
    ],
    3: [
        Check("an input alone", alone, "order"),
        Check("every node is there", orders(missing), "order"),
        Check("each node once", orders(repeated, probes=[*ORDERS, DOUBLES]), "order"),
        Check("operands first", orders(misplaced), "order"),
        Check("a second call", order_again, "order"),
        Check("10,000 gates in a row", orders(missing, repeated, misplaced, probes=[CHAIN]), "order"),
    ],
    4: [
        Check("one path to each input", adds_up(TREES), "backward"),
        Check("numbers as operands", adds_up(WITH_NUMBERS), "backward"),
        Check("several paths add up", adds_up(MERGING), "backward"),
        Check("all paths arrive before a node sends", adds_up(DEEPER), "backward"),
        Check("backward twice", adds_up(AGAIN), "backward"),
        Check("two outputs, one after the other", adds_up(OUTPUTS), "backward"),
        Check("10,000 gates in a row", deep, "backward"),
    ],
    5: [
        Check("minus", works(*MINUS), "__neg__ __sub__ __rsub__"),
        Check("division", works(*FRACTIONS), "__truediv__ __rtruediv__"),
        Check("powers", works(*POWERS), "__pow__"),
        Check("exp", works(Sample("x.exp()", exp, ("x",))), "exp"),
        Check("sigmoid", works(Sample("x.sigmoid()", sigmoid, ("x",))), "sigmoid"),
        Check("relu", works(Sample("x.relu()", relu, ("x",))), "relu"),
        Check("maximum", works(*LARGER), "maximum"),
        Check("kinks: relu at 0, a tie of maximum", kinks, "relu maximum"),
        Check("far out: sigmoid of -1000 and 1000", extremes, "sigmoid"),
        Check("gates together", together, "__sub__ __truediv__ __pow__ exp sigmoid relu maximum"),
    ],
}  # fmt: skip
