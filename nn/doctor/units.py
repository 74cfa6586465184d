"""Rules about units, dead, saturated, without slope or identical, and about the gradients that pass them."""

from __future__ import annotations

from collections.abc import Iterator

from .case import Case, LayerFacts
from .findings import Change, Finding

SATURATED = 0.01  # a slope below this passes almost no gradient
FADED, GROWN = 1e-3, 1e2  # ratios of the first layer's gradient to the last layer's
SWITCHES = ("step", "sign")


def dead_units(case: Case, layer: LayerFacts, least: float = 0.0) -> Iterator[Finding]:
    """ReLUs that are 0 for every example: no gradient reaches their weights again."""
    dead = [j for j, column in enumerate(zip(*layer.slopes)) if layer.activation == "relu" and not any(column)]
    if dead and len(dead) >= least * len(layer.weights):
        why = f"the ReLU is 0 for all {len(layer.slopes)} examples, so no gradient reaches these weights"
        advice = "Try another seed, more units, leaky_relu, or a smaller learning rate."
        leaky = ["leaky_relu" if name == "relu" else name for name in case.activations()]
        changes: list[Change] = [
            {"activation": leaky},
            {"activation": leaky, "hidden": [max(8, n) for n in case.hidden()]},
            {"learning_rate": case.rate / 10.0},
            {"seed": 1},
        ]
        if layer.place == len(case.layers):
            changes = [{"output": "linear"}]
        yield Finding("dead units", f"{layer.units(dead)}: {why} and they stay as they are.", advice, changes)


def twins(layer: LayerFacts, after: LayerFacts | None, least: float = 0.0) -> Iterator[Finding]:
    """Units with the same weights in and out, which get the same gradient and stay identical forever (E12)."""
    columns = [*zip(*after.weights)] if after else []
    rows = [(*row, *out) for row, out in zip(layer.weights, columns)]
    places: dict[tuple[float, ...], list[int]] = {}
    for j, row in enumerate(rows):
        places.setdefault(row, []).append(j)
    for same in places.values():
        if len(same) > 1 and len(same) >= least * len(layer.weights):
            why = "they have the same weights, so they get the same gradient and do the work of one unit forever."
            advice = "Start from small random weights, not from equal ones."
            yield Finding("identical units", f"{layer.units(same)}: {why}", advice, [{"initializer": "uniform"}])


def without_slope(case: Case, layer: LayerFacts) -> Iterator[Finding]:
    """Step and sign units: their derivative is 0 everywhere."""
    if (name := layer.activation) in SWITCHES:
        why = f"the derivative of {name} is 0 everywhere, so no gradient reaches the weights before it."
        advice = "Learn with sigmoid or tanh; set the weights of step units by hand."
        smooth = ["tanh" if each in SWITCHES else each for each in case.activations()]
        change: Change = {"activation": smooth}
        if layer.place == len(case.layers):
            change = {"activation": smooth, "output": "sigmoid" if name == "step" else "tanh"}
        yield Finding("no slope", f"layer {layer.place}: {why}", advice, [change])


def saturated_units(case: Case, layer: LayerFacts) -> Iterator[Finding]:
    """Units on the flat ends of sigmoid or tanh, which pass almost no gradient (D13)."""
    if (name := layer.activation) not in ("sigmoid", "tanh"):
        return
    saturated = [j for j, column in enumerate(zip(*layer.slopes)) if max(column) < SATURATED]
    if saturated:
        steepest = max(max(row[j] for j in saturated) for row in layer.slopes)
        why = f"the slope of {name} is at most {steepest:.2g} for every example, so almost no gradient passes."
        advice = "Scale the inputs to about -1..1 (nn.standardize), or start from smaller weights (xavier)."
        changes: list[Change] = [
            {"initializer": "xavier"},
            {"activation": ["tanh" for _ in case.activations()], "initializer": "xavier"},
            {"learning_rate": case.rate / 10.0},
        ]
        yield Finding("saturated units", f"{layer.units(saturated)}: {why}", advice, changes)


def gradient_ratio(case: Case) -> Iterator[Finding]:
    """A gradient that vanishes or explodes from the last layer to the first (B7, D14)."""
    layers = case.layers
    if len(layers) < 2 or not layers[-1].delta():
        return
    first, last = layers[0].delta(), layers[-1].delta()
    seen = f"a unit of the first layer gets a gradient of {first:.2g}, one of the last {last:.2g}"
    if 0.0 < first < FADED * last and len(layers) > 2:
        advice = "Try fewer layers, tanh or relu, or a start by xavier or he."
        shallow: Change = {"hidden": [max(8, case.hidden()[0])], "activation": ["tanh"]}
        changes = [shallow, {"activation": ["tanh" for _ in layers[1:]], "initializer": "xavier"}]
        yield Finding("vanishing gradient", f"{seen}: the first layers hardly learn.", advice, changes)
    elif first > GROWN * last:
        advice = "Try a smaller start (xavier, he), or clip_norm=1.0."
        changes = [{"initializer": "xavier"}, {"learning_rate": case.rate / 10.0}]
        yield Finding("exploding gradient", f"{seen}: no rate suits both.", advice, changes)
