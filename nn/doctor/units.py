"""Rules about units, dead, saturated, without slope or identical, and about their inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .findings import Finding

SATURATED = 0.01  # a slope below this passes almost no gradient
LARGE, DIFFERENT = 10.0, 100.0  # the size of an input, and its ratio to another's
SWITCHES = ("step", "sign")


class LayerFacts(NamedTuple):
    """One layer in plain numbers: its weights, and a row of numbers per example."""

    place: int  # from 1
    activation: str
    weights: list[list[float]]  # a row per unit, its bias last
    inputs: list[list[float]]
    slopes: list[list[float]]  # the activations' derivatives
    deltas: list[list[float]]  # the gradients of the weighted sums

    def units(self, places: Sequence[int]) -> str:
        """ "layer 1, units 0 and 3 of 4": units count from 0, as in the weights' names."""
        return f"layer {self.place}, {enumerate_places('unit', places)} of {len(self.weights)}"

    def delta(self) -> float:
        """The root mean square of the deltas."""
        squares = [d * d for row in self.deltas for d in row]
        return float((sum(squares) / len(squares)) ** 0.5)


def enumerate_places(thing: str, places: Sequence[int]) -> str:
    """ "unit 3", "units 0, 1 and 3"."""
    shown = [str(place) for place in places[:6]] + ["more"] * (len(places) > 6)
    return f"{thing} {shown[0]}" if len(shown) == 1 else f"{thing}s {', '.join(shown[:-1])} and {shown[-1]}"


def dead_units(layer: LayerFacts) -> Iterator[Finding]:
    """ReLUs that are 0 for every example: no gradient reaches their weights again."""
    dead = [j for j, column in enumerate(zip(*layer.slopes)) if layer.activation == "relu" and not any(column)]
    if dead:
        why = f"the ReLU is 0 for all {len(layer.slopes)} examples, so no gradient reaches these weights"
        advice = "Try another seed, more units, leaky_relu, or a smaller learning rate."
        yield Finding("dead units", f"{layer.units(dead)}: {why} and they stay as they are.", advice)


def twins(layer: LayerFacts, after: LayerFacts | None) -> Iterator[Finding]:
    """Units with the same weights in and out, which get the same gradient and stay identical forever (E12)."""
    columns = [*zip(*after.weights)] if after else []
    rows = [(*row, *out) for row, out in zip(layer.weights, columns)]
    places: dict[tuple[float, ...], list[int]] = {}
    for j, row in enumerate(rows):
        places.setdefault(row, []).append(j)
    for same in places.values():
        if len(same) > 1:
            why = "they have the same weights, so they get the same gradient and do the work of one unit forever."
            advice = "Start from small random weights, not from equal ones."
            yield Finding("identical units", f"{layer.units(same)}: {why}", advice)


def without_slope(layer: LayerFacts) -> Iterator[Finding]:
    """Step and sign units: their derivative is 0 everywhere."""
    if (name := layer.activation) in SWITCHES:
        why = f"the derivative of {name} is 0 everywhere, so no gradient reaches the weights before it."
        advice = "Learn with sigmoid or tanh; set the weights of step units by hand."
        yield Finding("no slope", f"layer {layer.place}: {why}", advice)


def saturated_units(layer: LayerFacts) -> Iterator[Finding]:
    """Units on the flat ends of sigmoid or tanh, which pass almost no gradient (D13)."""
    if (name := layer.activation) not in ("sigmoid", "tanh"):
        return
    saturated = [j for j, column in enumerate(zip(*layer.slopes)) if max(column) < SATURATED]
    if saturated:
        steepest = max(max(row[j] for j in saturated) for row in layer.slopes)
        why = f"the slope of {name} is at most {steepest:.2g} for every example, so almost no gradient passes."
        advice = "Scale the inputs to about -1..1 (nn.standardize), or start from smaller weights (xavier)."
        yield Finding("saturated units", f"{layer.units(saturated)}: {why}", advice)


def one_sign(layers: Sequence[LayerFacts]) -> Iterator[Finding]:
    """Inputs that are all positive: the gradients of a unit's weights all have one sign (D13)."""
    several = [layer for layer in layers if len(layer.inputs[0]) > 1]
    places = [layer.place for layer in several if all(min(x) > 0.0 or max(x) < 0.0 for x in layer.inputs)]
    if places:
        why = "so the gradients of a unit's weights have one sign too and the steps zig-zag."
        advice = "Center the inputs (nn.standardize)." if places == [1] else "Take tanh for the layer before."
        sentence = f"{enumerate_places('layer', places)}: all inputs have one sign in every example, {why}"
        yield Finding("one-sign gradients", sentence, advice)


def unscaled_inputs(examples: Sequence[Sequence[float]]) -> Iterator[Finding]:
    """Inputs that are very large or of very different sizes: no single rate suits all weights."""
    sizes = [max(map(abs, column)) for column in zip(*examples)]
    low, high = min([size for size in sizes if size] or [0.0]), max(sizes, default=0.0)
    if high > LARGE or high > DIFFERENT * low:
        sentence = f"input x{sizes.index(high) + 1} reaches {high:.3g}"
        if high > DIFFERENT * low:
            sentence += f", but x{sizes.index(low) + 1} only {low:.3g}"
        advice = "Give the net nn.standardize(X): every input with mean 0 and deviation 1."
        yield Finding("unscaled inputs", f"{sentence}: no single learning rate suits all weights.", advice)
