"""Rules about the set-up: loss, learning rate, momentum, penalty, frozen parameters, and what the net can express."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import hypot

from .case import LEARNED, Case
from .data import SQUARES, reach_of
from .findings import Change, Finding
from .fits import Fits

FLAT = 1e-2  # a gradient with a smaller norm hardly moves anything
BOLD, HARDLY = 50.0, 20.0  # how many times the usual learning rate is too much; a fraction that is too little
MOVED = 0.05  # adam and its relatives move a weight by the learning rate in an update; less than this is no training
HEAVY, PULLED = 0.1, 0.01  # a pull on a weight of 1: too strong for any net; strong enough to balance a loss
BOUNCY = 0.98  # a momentum that remembers more than fifty steps
KINDS = 10  # targets 0, 1, 2, ... up to this many look like classes


def wrong_loss(case: Case, fits: Fits) -> Iterator[Finding]:
    """A loss that does not fit the outputs or the targets."""
    n, outputs = len(case.targets), len(case.targets[0])
    kinds = sorted({t for row in case.targets for t in row})
    if case.cost in ("cross_entropy", "negative_log_likelihood") and case.output in ("sigmoid", "tanh"):
        low, high = reach_of(case.output)
        if case.cost == "cross_entropy":
            share = 1.0 / (1.0 + (outputs - 1) * 2.718281828459045 ** (low - high))
            why = f"applies softmax to outputs from {low:g} to {high:g}: no class gets more than {100 * share:.0f} %"
        else:
            why = "only rewards a large output for the right class: all outputs grow to 1"
        name = case.cost.replace("_", " ")
        sentence = f"{name} expects probabilities from softmax; the outputs end in {case.output}. It {why}."
        yield Finding("wrong loss", sentence, "End the net in softmax.", [{"output": "softmax"}])
    elif case.cost == "multiclass_hinge" and case.output in ("softmax", "sigmoid"):
        sentence = f"{case.output} gives numbers from 0 to 1, but this loss wants the right score 1 above the others."
        yield Finding("wrong loss", sentence, "End the net in a linear layer.", [{"output": "linear"}])
    elif case.output == "softmax" and outputs == 1:
        sentence = "softmax of one output is always 1, whatever the weights are."
        advice = "End the net in sigmoid, or give it one output per class."
        yield Finding("wrong loss", sentence, advice, [{"output": "sigmoid"}])
    elif case.cost in SQUARES and outputs == 1 and are_ids(kinds, n) and falls_short(case, fits):
        sentence = f"the targets are the class numbers 0 to {len(kinds) - 1}, which the loss compares as sizes."
        advice = 'Use one output per class, output="softmax" and loss="cross_entropy".'
        change: Change = {"outputs": len(kinds), "output": "softmax", "loss": "cross_entropy"}
        yield Finding("wrong loss", sentence, advice, [change])


def falls_short(case: Case, fits: Fits) -> bool:
    """Whether the nearest rows know targets that neither a line nor the net knows: no noise, but classes."""
    return beyond_a_line(case, fits) and (fits.neighbors == 0.0 or fits.neighbors > case.explained() + 0.05)


def are_ids(kinds: Sequence[float], rows: int) -> bool:
    """Whether these different targets are 0, 1, 2, ..., and few."""
    return 3 <= len(kinds) <= min(KINDS, rows // 3) and kinds == [float(i) for i in range(len(kinds))]


def rate_of_zero(case: Case) -> Iterator[Finding]:
    """A learning rate of 0: no step changes anything."""
    losses = case.losses
    if case.faded:
        sentence = f"the schedule has come down to 0 long before the end of {case.updates} updates."
        advice = "Give the schedule the number of all updates, epochs times mini-batches."
        yield Finding("learning rate 0", sentence, advice, [{"learning_rate": case.rate or case.usual}])
    elif case.rate == 0.0 and (not losses or abs(losses[-1] - losses[0]) <= 1e-9 * abs(losses[0])):
        advice = "Try 0.1, or 0.01 for adam."
        yield Finding("learning rate 0", "no step changes anything.", advice, [{"learning_rate": case.usual}])


def rate_too_large(case: Case) -> Iterator[Finding]:
    """A learning rate at which the loss rises, or jumps; or one far above the optimizer's scale."""
    losses, rate, slower = case.losses, case.rate, case.slower()
    advice, changes = f"Try {slower:g}, or clip_norm=1.0.", [{"learning_rate": slower}]
    if losses:
        tenth = max(1, len(losses) // 10)
        late = sum(losses[-tenth:]) / tenth
        over = max(losses) if max(losses) > 100.0 * losses[0] else min(losses)
        rose = max(late, over) > 1.001 * losses[0] or late > 3.0 * min(losses) + 1e-3
        if rate > 0.0 and (case.broke or rose or rate >= BOLD * case.usual):
            sentence = f"at rate {rate:g} the loss went from {losses[0]:.3g} via {over:.3g} to {losses[-1]:.3g}."
            yield Finding("rate too large", sentence, advice, changes)
    elif case.plain:
        after = case.loss_after(rate)
        if not after <= case.loss:
            sentence = f"a step at rate {rate:g} takes the loss from {case.loss:.3g} to {after:.3g}."
            yield Finding("rate too large", sentence, advice, changes)
    elif rate >= BOLD * case.usual:
        sentence = f"every step moves each weight by about {rate:g}, and weights are of the order of 1."
        yield Finding("rate too large", sentence, f"Try {case.usual:g}.", [{"learning_rate": case.usual}])


def rate_too_small(case: Case) -> Iterator[Finding]:
    """A learning rate that gets nowhere: with all of a run's steps, or judged by one step."""
    rate, usual = case.rate, case.usual
    if rate <= 0.0:
        return
    if not case.plain:
        moved = rate * max(case.updates, 100) / (1.0 - min(case.momentum, 0.99)) ** (usual > 0.03)
        if rate * HARDLY <= usual and moved < MOVED:
            sentence = f"at rate {rate:g}, {case.updates or 100} updates move a weight by at most {moved:.1g} or so."
            yield Finding("rate too small", sentence, f"Try {usual:g}.", [{"learning_rate": usual}])
        return
    length = hypot(*case.gradient)
    updates = case.updates or 100
    if case.clip < length and rate * case.clip * max(updates, 100) < MOVED:
        sentence = f"clip_norm={case.clip:g} shortens each step: {updates} of them move a weight by at most"
        sentence += f" {rate * case.clip * updates:.1g}."
        yield Finding("rate too small", sentence, "Try clip_norm=1.0.", [{"clip_norm": 1.0}, {"clip_norm": None}])
        return
    expected = rate * length * length
    bolder = [each for each in (usual, usual / 4.0, usual / 16.0) if rate * HARDLY <= each]
    better = next((each for each in bolder if case.loss_after(each) < case.loss - 5.0 * expected), 0.0)
    slow = (
        length > 3.0 * FLAT
        and expected < 1e-4 * case.loss
        and case.loss_after(100.0 * rate) < case.loss - 50.0 * expected
    )
    if slow or (case.losses and better > 0.0):
        share = 100.0 * expected / case.loss
        sentence = f"a step at rate {rate:g} lowers the loss by only {share:.1g} %."
        wanted = max(better or usual, 100.0 * rate) if slow else better
        yield Finding("rate too small", sentence, f"Try {wanted:g}.", [{"learning_rate": wanted}])


def momentum_too_large(case: Case) -> Iterator[Finding]:
    """A momentum close to 1: steps of long ago carry the weights past every minimum."""
    losses, m = case.losses, case.momentum
    if m < BOUNCY or (losses and losses[-1] < 0.05 * losses[0]):
        return
    rises = len([1 for before, after in pairwise(losses) if after > before])
    if not losses or case.broke or 10 * rises >= len(losses) or not case.has_learned():
        remembered = round(1.0 / (1.0 - m)) if m < 1.0 else "all"
        sentence = f"momentum {m:g} adds up the last {remembered} steps, so the weights shoot past the minimum"
        sentence += f": the loss rose in {rises} of {len(losses)} epochs." if losses else "."
        yield Finding("momentum too large", sentence, "Try 0.9.", [{"momentum": 0.9}])


def penalty_too_large(case: Case) -> Iterator[Finding]:
    """A penalty or weight decay that outweighs the loss: the weights stay near 0."""
    if case.pull >= HEAVY or (case.pull >= PULLED and case.cancelled > 0.7):
        sentence = f"penalty and weight decay pull a weight of 1 towards 0 with {case.pull:.3g}"
        if case.cancelled > 0.5 and case.losses:
            sentence += f" and cancel {100 * min(1.0, case.cancelled):.0f} % of the loss's gradient"
        advice = f"Learn without them first; then try {case.pull / 1000:.1g}."
        yield Finding(
            "penalty too large",
            f"{sentence}: the weights stay near 0.",
            advice,
            [{"weight_decay": 0.0, "penalty": None}],
        )


def frozen_parameters(case: Case) -> Iterator[Finding]:
    """Parameters with a gradient that the optimizer was not given."""
    if case.frozen:
        sentence = f"the optimizer changes only {len(case.gradient)} of {len(case.gradient) + case.frozen} parameters."
        advice = "Give it the whole model: SGD(model, 0.1)."
        yield Finding("frozen parameters", sentence, advice, [{"model": True}])


def no_bias(case: Case) -> Iterator[Finding]:
    """A net without biases, where a copy with biases learns."""
    change: Change = {"bias": True}
    sentence = "no unit has a bias, so the answer for inputs of 0 never changes"
    wrong = [i for i, x in enumerate(case.examples) if not any(x) and case.answers[i] != case.wanted[i]]
    if case.unbiased and wrong:
        sentence += f", and that of row {wrong[0]} is wrong."
        yield Finding("no bias", sentence, "Leave out bias=False.", [change])
    elif case.unbiased and case.attempt is not None and (epochs := case.attempt(change)) > 0:
        sentence += f"; with biases, the same net learns in {epochs} epochs."
        yield Finding("no bias", sentence, "Leave out bias=False.", [change])


def linear_net(case: Case, fits: Fits) -> Iterator[Finding]:
    """A net without a bend, for targets that no linear function knows (B8)."""
    straight = case.chain and len(case.layers) > 0 and case.activations() == ["linear" for _ in case.hidden()]
    if not straight or not beyond_a_line(case, fits):
        return
    if case.hidden():
        sentence = "all activations are linear, so all layers together are one linear function"
        changes: list[Change] = [{"activation": ["tanh" for _ in case.activations()]}]
    else:
        sentence = "the net has no hidden units, so it is one linear function" + " of the inputs" * (
            case.output in ("", "linear")
        )
        changes = [{"hidden": [8], "activation": ["tanh"]}]
    best = f"{100 * fits.line_right:.0f} % right" if case.classes else f"{100 * fits.line:.0f} % of the variance"
    advice = "Add hidden units with tanh: layers without a bend between them are one linear function."
    yield Finding("linear net", f"{sentence}, and a linear fit has {best}.", advice, changes)


def one_unit(case: Case, fits: Fits) -> Iterator[Finding]:
    """A layer of one unit, monotone here: whatever follows sees one number, so classes are split by parallel lines."""
    hidden = case.hidden()
    slopes = [row[0] for row in case.layers[hidden.index(1)].slopes] if 1 in hidden else []
    monotone = len(slopes) > 0 and (min(slopes) >= 0.0 or max(slopes) <= 0.0)
    if case.chain and monotone and beyond_a_line(case, fits):
        wide = [max(8, 4 * n) for n in hidden]
        line = f"has {100 * fits.line_right:.0f} % right"
        if not case.classes:
            line = f"explains {100 * fits.line:.0f} % of the variance"
        sentence = f"a single unit passes on one number, so inputs differ in one direction; a linear fit {line}."
        yield Finding("too few units", sentence, f"Try {wide[0]} hidden units.", [{"hidden": wide}])


def beyond_a_line(case: Case, fits: Fits) -> bool:
    """Whether the best linear fit fails where a better one exists: few rows, or the neighbors know more."""
    if not case.classes:
        return fits.line < LEARNED and (
            fits.neighbors > fits.line + 0.05 or (fits.neighbors == 0.0 and fits.line < 0.7)
        )
    if fits.neighbors_right == 0.0:
        return 0.0 < fits.line_right < 1.0
    return fits.line_right < LEARNED and fits.neighbors_right > fits.line_right + 0.05
