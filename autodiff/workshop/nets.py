"""Steps 6 to 8: what is checked of a student's gradient check, nets and training."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import partial
from inspect import signature
from itertools import pairwise
from typing import Any

from ..primitives import relu, sigmoid, tanh
from ..quiz.exercises import described
from .engines import Check
from .guard import Trouble
from .probes import read, same, to_number


class Written:
    """What the student has written for a step, by name."""

    value: Any
    neuron: Any
    layer: Any
    net: Any
    train: Any
    numerical: Any
    accepts: Any

    def __init__(self, given: dict[str, Any]) -> None:
        self.value, self.neuron, self.layer, self.net = map(given.get, ("Value", "Neuron", "Layer", "MLP"))
        self.train, self.numerical, self.accepts = map(given.get, ("train", "numerical_gradient", "check_gradients"))


# Step 6

FUNCTIONS: list[tuple[str, Callable[..., Any], list[float], list[float]]] = [
    ("x * y + y", lambda x, y: x * y + y, [3.0, -2.0], [-2.0, 4.0]),
    ("(x + y) * z", lambda x, y, z: (x + y) * z, [-2.0, 5.0, -4.0], [-4.0, -4.0, 3.0]),
    ("x * x * x", lambda x: x * x * x, [2.0], [12.0]),
]  # fmt: skip


def numbers_of(found: Any, count: int, what: str) -> list[float]:
    if found is None:
        raise Trouble(f"{what} returns None: a return is missing")
    try:
        members = [*found]
    except TypeError:
        raise Trouble(f"{what} should return a list of {count} numbers, not {described(found)}") from None
    if len(members) != count:
        raise Trouble(
            f"{what} returns {len(members)} number{'s' * (len(members) != 1)}: one for each of the {count} inputs"
        )
    return [to_number(x, f"an entry of {what}") for x in members]


class Spy:
    """A function that notes where it is called."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f, self.calls = f, []  # type: tuple[Callable[..., Any], list[tuple[float, ...]]]

    def __call__(self, *xs: Any) -> Any:
        if len(xs) == 1 and isinstance(xs[0], (list, tuple)):
            raise Trouble("f takes its inputs one by one: call f(*xs), not f(xs)")
        self.calls.append(tuple(to_number(getattr(x, "data", x), "an argument of f") for x in xs))
        return self.f(*xs)


def slopes_near(subject: Written) -> str:
    for text, f, xs, right in FUNCTIONS:
        found = numbers_of(subject.numerical(f, [*xs]), len(xs), "numerical_gradient")
        why = quotient_mistake(subject.numerical, found, right) or "not right yet"
        for i, (x, y) in enumerate(zip(found, right)):
            if not same(x, y, 1e-3):
                return f"f = {text} at {xs}: entry {i} is {x:g}: {why}"
    return ""


QUOTIENTS = [  # what the slope is multiplied by, and why
    (2.0, "divide by 2 * h: the two points are 2 * h apart"),
    (0.5, "divide by h, not by 2 * h: your points are h apart"),
    (-1.0, "the sign is wrong: f(x + h) - f(x - h)"),
]


def quotient_mistake(numerical: Any, given: Sequence[float], right: Sequence[float]) -> str:
    """The mistake that explains all entries of a gradient, or ""."""
    h = step_of(numerical)
    small = [(2.0 * h, "the difference is not divided by 2 * h"),
             (h * h, "/ 2 * h divides by 2, then multiplies by h: write / (2 * h)")] if h else []  # fmt: skip
    for factor, why in [*QUOTIENTS, *small]:
        if all(math.isclose(x, factor * y, rel_tol=1e-3) for x, y in zip(given, right)):
            return why
    return ""


def step_of(numerical: Any) -> float:
    """How far from x the function is called, by default."""
    spy = Spy(lambda x: x)
    numerical(spy, [1.0])
    return max((abs(call[0] - 1.0) for call in spy.calls if len(call) == 1), default=0.0)


def central(subject: Written) -> str:
    spy = Spy(lambda x: x * x * x)
    subject.numerical(spy, [2.0])
    sides = {(call[0] > 2.0) - (call[0] < 2.0) for call in spy.calls}
    if not {-1, 1} <= sides:
        side = "above" if 1 in sides else "below"
        return f"f is called on one side of x only, {side}: a central difference, f(x + h) - f(x - h), is far closer"
    gaps = sorted({round(abs(call[0] - 2.0), 15) for call in spy.calls if call[0] != 2.0})
    if len(gaps) > 1 and gaps[-1] > 1.5 * gaps[0]:
        return f"the two points are not equally far from x: {gaps[0]:g} and {gaps[-1]:g}"
    return ""


def step_size(subject: Written) -> str:
    try:
        parameters = [*signature(subject.numerical).parameters]
    except (TypeError, ValueError):
        parameters = []
    h = step_of(subject.numerical)
    found = numbers_of(subject.numerical(math.exp, [1.0]), 1, "numerical_gradient")[0]
    if h < 1e-15:
        return "f is never called beside x: are both copies the same list?"
    if not same(found, math.e, 1e-6) and not 1e-9 < h < 1e-3:
        size = "large: the curve bends in between" if h > 1e-4 else "small: the difference is lost in rounding"
        return f"h = {h:.1g} is too {size}; 1e-5 is a good size"
    if "h" in parameters:
        spy = Spy(lambda x: x)
        subject.numerical(spy, [1.0], h=0.125)
        if not any(same(abs(call[0] - 1.0), 0.125) for call in spy.calls):
            return "h = 0.125 is given, but f is not called that far from x"
    return ""


def restores(subject: Written) -> str:
    xs, spy = [1.0, 2.0, 4.0], Spy(lambda x, y, z: x * y * z)
    subject.numerical(spy, xs)
    for call in spy.calls:
        if sum(not same(a, b, 1e-13) for a, b in zip(call, (1.0, 2.0, 4.0))) > 1:
            return f"f is called at {list(call)}, where two inputs differ: set x back before the next one's turn"
    return "" if xs == [1.0, 2.0, 4.0] else f"afterwards the list xs is {xs}: leave it as it was"


class Planted:
    """An output whose backward leaves wrong gradients at its inputs."""

    def __init__(self, data: float, gradients: Sequence[tuple[Any, float]]) -> None:
        self.data, self.grad, self.gradients = data, 0.0, gradients

    def backward(self) -> None:
        for node, x in self.gradients:
            node.grad = x


def plant(f: Callable[..., float], gradients: Callable[..., Sequence[float]]) -> Callable[..., Any]:
    """A function of numbers or of a student's nodes, whose backward gives these gradients."""

    def call(*xs: Any) -> Any:
        data = [to_number(getattr(x, "data", x), "an argument of f") for x in xs]
        value = f(*data)
        return value if all(isinstance(x, (int, float)) for x in xs) else Planted(value, [*zip(xs, gradients(*data))])

    return call


def accepted(subject: Written, f: Callable[..., Any], xs: list[float]) -> bool:
    found = subject.accepts(f, xs)
    if found is None:
        raise Trouble("check_gradients returns None: return True or False")
    return bool(found)


def accepts(subject: Written) -> str:
    for text, f, xs, _ in FUNCTIONS:
        if not accepted(subject, f, [*xs]):
            return f"f = {text} at {xs} is refused, though its gradients are right"
    accepted(subject, needs_nodes, [1.5])
    for scale in (1e6, 1e-4):
        f = plant(partial(scaled_square, scale), partial(scaled_slope, scale))
        if not accepted(subject, f, [1.3]):
            return f"f = {scale:g} * x * x is refused, though its gradient is right: compare relative to its size"
    return ""


def needs_nodes(x: Any) -> Any:
    if isinstance(x, (int, float)):
        raise Trouble("f is called with plain numbers, but f may need Values: measure value(...), which makes them")
    return x * x


def scaled_square(scale: float, x: float) -> float:
    return scale * x * x


def scaled_slope(scale: float, x: float) -> list[float]:
    return [2.0 * scale * x]


WRONG_ENGINES = [
    ("x * y with its local gradients swapped", plant(lambda x, y: x * y, lambda x, y: [x, y]), [3.0, -2.0]),
    ("x * x with only one of its two paths", plant(lambda x: x * x, lambda x: [x]), [3.0]),
    ("x + y where nothing arrives at y", plant(lambda x, y: x + y, lambda x, y: [1.0, 0.0]), [3.0, -2.0]),
    ("a gradient of the wrong sign", plant(lambda x: -x, lambda x: [1.0]), [0.5]),
    ("a gradient that is 1 % too large", plant(lambda x: x * x, lambda x: [2.02 * x]), [1.5]),
    ("a gradient of 2e-4 which should be 1e-4", plant(lambda x: 1e-4 * x, lambda x: [2e-4]), [1.0]),
]  # fmt: skip


def refuses(subject: Written) -> str:
    for text, f, xs in WRONG_ENGINES:
        if accepted(subject, f, [*xs]):
            return f"an engine is accepted which gives {text}"
    return ""


# Step 7

ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "": float, **{gate.name: gate for gate in (sigmoid, relu, tanh)}
}  # fmt: skip
INPUTS = [[0.5, -1.0], [2.0, 0.25], [-1.5, 3.0]]


def all_parameters(model: Any, what: str) -> list[Any]:
    found = model.parameters()
    if found is None:
        raise Trouble(f"parameters() of {what} returns None: a return is missing")
    return [*found]


def counted(subject: Written, model: Any, what: str, units: Sequence[int]) -> str:
    """What is wrong with the list of parameters of layers of these sizes, inputs first."""
    found = all_parameters(model, what)
    if odd := [p for p in found if not isinstance(p, subject.value)]:
        return f"parameters() of {what} has {described(odd[0])} in it: each is a Value"
    wanted = sum((a + 1) * b for a, b in pairwise(units))
    weights = sum(a * b for a, b in pairwise(units))
    if len({*map(id, found)}) < len(found):
        return f"parameters() of {what} names a Value more than once: [x] * k is the same x k times, not k new ones"
    if (again := len(all_parameters(model, what))) != len(found):
        return f"a second call of parameters() of {what} gives {again} Values, not {len(found)}: make a new list"
    if len(found) != wanted:
        why = "the biases are missing" if len(found) == weights else "one per weight and one bias per neuron"
        return f"parameters() of {what} has {len(found)} Values, not {wanted}: {why}"
    return ""


def number_out(found: Any, what: str) -> list[float]:
    if isinstance(found, (list, tuple)):
        return [to_number(read(x, "data", f"an output of {what}"), f"an output of {what}") for x in found]
    return [to_number(read(found, "data", what), f"{what}.data")]


def by_hand(
    data: Sequence[float], units: Sequence[int], xs: Sequence[float], acts: Sequence[str], first: bool
) -> list[float]:
    """What layers of these sizes give; with ``first``, a neuron's bias stands before its weights."""
    left, values = iter(data), [*xs]
    for (inputs, outputs), act in zip(pairwise(units), acts):
        rows = [[next(left) for _ in range(inputs + 1)] for _ in range(outputs)]
        weights = [(row[1:], row[0]) if first else (row[:-1], row[-1]) for row in rows]
        values = [ACTIVATIONS[act](sum(w * x for w, x in zip(ws, values)) + b) for ws, b in weights]
    return values


def computes(model: Any, what: str, units: Sequence[int]) -> str:
    """What is wrong with the numbers that layers of these sizes give."""
    parameters = all_parameters(model, what)
    for i, p in enumerate(parameters):
        p.data = (0.7, -0.4, 0.9, 0.3, -0.8, 0.5)[i % 6] + 0.01 * i
    data = [p.data for p in parameters]
    given = [number_out(model([*xs]), what) for xs in INPUTS]
    if len(given[0]) != units[-1]:
        return f"{what} gives {len(given[0])} outputs, not {units[-1]}"
    layers = len(units) - 1
    hidden = [x for x in ACTIVATIONS if x] if layers > 1 else [""]
    linear = None
    for first in (False, True):
        for inner in ["", *hidden] if layers > 1 else hidden:
            for last in ACTIVATIONS:
                acts = [*[inner] * (layers - 1), last]
                if all(
                    same(a, b)
                    for xs, out in zip(INPUTS, given)
                    for a, b in zip(out, by_hand(data, units, xs, acts, first))
                ):
                    if layers == 1 or inner:
                        return ""
                    linear = f"{what} has no activation between its layers: two such layers are no more than one"
    without = [0.0 if (i + 1) % (units[0] + 1) == 0 else x for i, x in enumerate(data)] if layers == 1 else data
    for last in ACTIVATIONS if layers == 1 else ():
        if all(
            same(a, b)
            for xs, out in zip(INPUTS, given)
            for a, b in zip(out, by_hand(without, units, xs, [last], False))
        ):
            return f"{what} leaves out the bias: sum of weight * input, plus bias"
    if linear:
        return linear
    why = "not the sum of weight * input plus bias, with sigmoid, relu or tanh"
    return f"{what} with parameters {[round(x, 2) for x in data[:6]]} at {INPUTS[0]} gives {given[0][0]:g}: {why}"


def neuron_count(subject: Written) -> str:
    return counted(subject, subject.neuron(2), "Neuron(2)", [2, 1]) or counted(
        subject, subject.neuron(5), "Neuron(5)", [5, 1]
    )


def neuron_value(subject: Written) -> str:
    model = subject.neuron(2)
    found = model([1.0, 2.0])
    if isinstance(found, (list, tuple)):
        return "a neuron gives a Value, not a list"
    return counted(subject, model, "Neuron(2)", [2, 1]) or computes(model, "Neuron(2)", [2, 1])


def random_starts(subject: Written) -> str:
    models = {"Neuron(4)": subject.neuron(4), "Layer(2, 4)": subject.layer(2, 4)}
    for what, model in models.items():
        part = f"a parameter of {what}"
        data = [to_number(read(p, "data", part), part) for p in all_parameters(model, what)]
        if sum(x != 0.0 for x in data) == 0:
            return f"all weights of {what} start at 0, and neurons that start alike stay alike: draw random numbers"
        nonzero = [x for x in data if x != 0.0]
        if len(set(nonzero)) < len(nonzero):
            return f"weights of {what} start with the same number, and neurons that start alike stay alike"
    return ""


def layer(subject: Written) -> str:
    model = subject.layer(2, 3)
    found = model([1.0, 2.0])
    if not isinstance(found, (list, tuple)):
        return f"Layer(2, 3) gives {described(found)}, not a list of 3 Values"
    return counted(subject, model, "Layer(2, 3)", [2, 3]) or computes(model, "Layer(2, 3)", [2, 3])


def net_count(subject: Written) -> str:
    return counted(subject, subject.net(2, [4, 1]), "MLP(2, [4, 1])", [2, 4, 1]) or counted(
        subject, subject.net(3, [2, 2, 2]), "MLP(3, [2, 2, 2])", [3, 2, 2, 2])  # fmt: skip


def net_value(subject: Written) -> str:
    for sizes in ([3, 1], [2, 3, 2]):
        model, what = subject.net(2, [*sizes]), f"MLP(2, {sizes})"
        if said := counted(subject, model, what, [2, *sizes]) or computes(model, what, [2, *sizes]):
            return said
    return ""


def reached(subject: Written) -> str:
    model = subject.net(2, [3, 1])
    found = model([0.5, -1.0])
    out = found[0] if isinstance(found, (list, tuple)) else found
    out.backward()
    parameters = all_parameters(model, "MLP(2, [3, 1])")
    found = [to_number(read(p, "grad", "a parameter"), "grad of a parameter") for p in parameters]
    if not any(found):
        return (
            "backward from the output of MLP(2, [3, 1]) reaches no parameter: does the output depend on them as Values?"
        )
    for p, slope in zip(parameters, found):
        measured, h = 0.0, 1e-4
        for move, sign in ((h, 1.0), (-2.0 * h, -1.0)):
            p.data += move
            measured += sign * number_out(model([0.5, -1.0]), "MLP(2, [3, 1])")[0] / (2.0 * h)
        p.data += h
        if abs(measured - slope) > 1e-4 * max(1.0, abs(slope)):
            return (
                f"the output of MLP(2, [3, 1]) grows {measured:.3g} times as fast as a parameter whose grad is "
                f"{slope:.3g}: take the parameters themselves, not their data"
            )
    return ""


# Step 8

XOR = ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0])
LINE_ROWS = ([[1.0], [2.0], [-1.0]], [1.0, 0.0, 2.0])  # for the line w * x + b
TRAIN_SECONDS = 30.0
RATE = 0.05


class Line:
    """A model w * x + b on a student's Value, which answers as the student's net does."""

    def __init__(self, value: Any, listed: bool) -> None:
        self.w, self.b, self.listed = value(0.5), value(-0.25), listed

    def __call__(self, xs: Any) -> Any:
        out = self.w * xs[0] + self.b
        return [out] if self.listed else out

    def parameters(self) -> list[Any]:
        return [self.w, self.b]


def descend(
    steps: int,
    rate: float,
    scale: float,
    sign: float = -1.0,
    each: bool = False,
    last: bool = False,
    gathered: bool = False,
    replaced: bool = False,
    kept: bool = False,
) -> list[float]:
    """The line's parameters after gradient descent by hand, right or with a mistake."""
    w, b, old = 0.5, -0.25, [0.0, 0.0]
    for _ in range(steps):
        rows = [*zip(*LINE_ROWS)]
        for batch in [[row] for row in rows] if each else [rows]:
            errors = [(w * x[0] + b - y, x[0]) for x, y in batch]
            used = errors[-1:] if last else errors
            grads = [scale * sum(2 * e * x for e, x in used), scale * sum(2 * e for e, _ in used)]
            grads = [g + o for g, o in zip(grads, old)] if gathered else old if kept and any(old) else grads
            old = grads
            move = [sign * rate * g for g in grads]
            w, b = move if replaced else (w + move[0], b + move[1])
    return [w, b]


SCALES = (1.0, 1 / 3, 0.5, 1 / 6)
SLIPS_IN_TRAINING: list[tuple[str, dict[str, Any]]] = [
    ("it goes up the gradient: p.data -= rate * p.grad", {"sign": 1.0}),
    ("old gradients are added to the new ones: clear them before each backward", {"gathered": True}),
    ("only the last example counts: add up the losses, then call backward once", {"last": True}),
    ("p.data becomes -rate * p.grad: subtract that from p.data", {"replaced": True}),
    ("the gradients of the first step are used in every step: loss and backward belong into the loop", {"kept": True}),
]  # fmt: skip


def train_line(subject: Written, steps: int, rate: float) -> tuple[list[float], Any]:
    listed = isinstance(subject.net(2, [2, 1])([0.0, 0.0]), (list, tuple))
    model = Line(subject.value, listed)
    nodes = model.w, model.b
    losses = subject.train(model, *([*rows] for rows in LINE_ROWS), steps=steps, rate=rate)
    if (model.w, model.b) != nodes:
        raise Trouble("train puts new nodes into the model: change p.data, not p")
    return [parameter_number(p) for p in nodes], losses


def parameter_number(p: Any) -> float:
    if hasattr(p.data, "data") and hasattr(p.data, "operands"):
        raise Trouble("p.data becomes a Value: a step takes numbers, p.data -= rate * p.grad")
    return to_number(p.data, "p.data after training")


def descends(found: list[float], steps: int, **how: Any) -> bool:
    """Whether the line's parameters are those of gradient descent, right or with a mistake."""
    ways = [descend(steps, RATE, scale, each=each, **how) for scale in SCALES for each in (False, True)]
    return any(all(map(same, found, way)) for way in ways)


def one_step(subject: Written) -> str:
    for steps in (1, 3):
        found, _ = train_line(subject, steps, RATE)
        if found == [0.5, -0.25]:
            return (
                "train changes no parameter: call backward, then change p.data (p = p - ... only names a new Value p)"
            )
        if not descends(found, steps):
            why = next((why for why, how in SLIPS_IN_TRAINING if descends(found, steps, **how)), "not right yet")
            why = "that is one step only: does a return stand in the loop?" if descends(found, 1) else why
            if train_line(subject, steps, 2.0 * RATE)[0] == found:
                why = "with twice the rate it is the same: p.data -= rate * p.grad"
            elif -0.25 in found or 0.5 in found:
                why = "one of them stays: go through all of model.parameters()"
            times = f"{steps} step{'s' * (steps > 1)}"
            return f"{times} with w * x + b from w = 0.5, b = -0.25 lead to w = {found[0]:g}, b = {found[1]:g}: {why}"
    return ""


def loss_falls(subject: Written) -> str:
    _, found = train_line(subject, 20, RATE)
    if found is None:
        return "train returns None: return the list of losses"
    try:
        if any(hasattr(x, "operands") for x in found):
            return "the list of losses has Values in it: append loss.data, a number"
        losses = [to_number(x, "a loss") for x in found]
    except TypeError:
        return f"train should return a list of losses, not {described(found)}"
    if len(losses) != 20:
        return f"20 steps give {len(losses)} loss{'es' * (len(losses) != 1)}, not 20"
    if losses[-1] < losses[0] and losses[1] < losses[0]:
        return ""
    if losses[1] == losses[0] == losses[-1]:
        return f"the loss stays at {losses[0]:g}: each step changes the parameters and computes the loss anew"
    if losses[-1] < losses[0]:
        return f"the first step leads from a loss of {losses[0]:g} to {losses[1]:g}: is backward called before it?"
    return f"the loss grows from {losses[0]:g} to {losses[-1]:g}: the steps go the wrong way, or too far"


def learns(subject: Written) -> str:
    for seed in range(3):
        random.seed(seed)
        model = subject.net(2, [4, 1])
        subject.train(model, *([*rows] for rows in XOR))
        outs = [number_out(model([*x]), "MLP(2, [4, 1])")[0] for x in XOR[0]]
        if all((out > 0.5) == (y > 0.5) for out, y in zip(outs, XOR[1])):
            return ""
    numbers = ", ".join(f"{x:.2f}" for x in outs)
    return f"from three starts none learned XOR; the last gives {numbers}: more steps, or another rate?"


NET_STEPS: dict[int, list[Check]] = {
    6: [
        Check("slopes of three functions", slopes_near, "numerical_gradient"),
        Check("a central difference", central, "numerical_gradient"),
        Check("the size of the step", step_size, "numerical_gradient"),
        Check("the other inputs stay where they are", restores, "numerical_gradient"),
        Check("right gates are accepted", accepts, "numerical_gradient check_gradients"),
        Check("wrong gates are refused", refuses, "numerical_gradient check_gradients"),
    ],
    7: [
        Check("Neuron: its parameters", neuron_count, "Value Neuron.__init__ Neuron.parameters"),
        Check("Neuron: its value", neuron_value, "Value Neuron.__init__ Neuron.__call__ Neuron.parameters"),
        Check("Layer", layer, "Value Layer.__init__ Layer.__call__ Layer.parameters"),
        Check("random starts", random_starts, "Value Neuron.parameters Layer.parameters"),
        Check("MLP: its parameters", net_count, "Value MLP.__init__ MLP.parameters"),
        Check("MLP: its value", net_value, "Value MLP.__init__ MLP.__call__ MLP.parameters"),
        Check("backward reaches the parameters", reached, "Value backward MLP.__call__ MLP.parameters"),
    ],
    8: [
        Check("steps down the gradient", one_step, "Value MLP train"),
        Check("the losses", loss_falls, "Value MLP train"),
        Check("XOR is learned", learns, "Value MLP train", TRAIN_SECONDS),
    ],
}  # fmt: skip
