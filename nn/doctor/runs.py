"""Rules about a run and its end: divergence, too few epochs, nets that stop learning, and those that learn by heart."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot, isfinite

from .case import Case
from .findings import Change, Finding
from .setup import FLAT

BLOWN_UP = 1e3  # a loss this many times the first one is more than a zig-zag
HUGE = 1e4  # a first loss so many times that of a constant answer is due to the start
ENORMOUS = 1e6  # larger than any weight in a net that learns
GAP = 0.1  # between accuracy in training and on other examples
BEGINNING = 50  # updates
SETTLED = 500  # epochs after which a flat loss stays flat
NARROW = 3  # a hidden layer with so many units is likely to be too small


def divergence(case: Case) -> Iterator[Finding]:
    """A loss that has grown enormously; without a run, enormous weights."""
    losses, rate, slower = case.losses, case.rate, case.slower()
    start = {"initializer": "xavier", "learning_rate": slower}
    changes: list[Change] = [{"learning_rate": slower}, {"learning_rate": slower, "clip_norm": 1.0}, start]
    advice = "Start again from a fresh net with a smaller learning rate"
    limit = BLOWN_UP * max(losses[0] if losses else 0.0, case.constant, 1e-3)
    if case.constant > 0.0:
        limit = min(limit, ENORMOUS * max(case.constant, 1e-3))
    grew = len(losses) > 0 and (case.broke or not losses[-1] <= limit)
    if grew and (exploded := [*exploding_start(case)]):
        yield from exploded
    elif grew:
        sentence = f"at rate {rate:g} the loss grew from {losses[0]:.3g} to {losses[-1]:.3g}."
        if case.broke and losses[-1] <= losses[0]:
            sentence = f"at rate {rate:g} the loss became inf or nan after {len(losses)} epochs."
        elif losses[-1] <= losses[0]:
            sentence = f"the loss is {losses[-1]:.3g} after {len(losses)} epochs, and was {losses[0]:.3g} at first."
        yield Finding("diverged", sentence, f"{advice}, such as {slower:g}, or with clip_norm=1.0.", changes)
    elif case.broke:
        sentence = f"at rate {rate:g} the loss became inf or nan in the first epoch."
        yield Finding("diverged", sentence, f"{advice}, such as {slower:g}, or with clip_norm=1.0.", changes)
    elif not losses and not (isfinite(case.loss) and min(case.largest, case.loss) < ENORMOUS):
        sentence = f"the loss is {case.loss:.3g}, and a weight has grown to {case.largest:.3g}."
        yield Finding("diverged", sentence, f"{advice}, or with clip_norm=1.0.", changes)


def exploding_start(case: Case) -> Iterator[Finding]:
    """A first loss so large that the start explains it; in mini-batches, the first epoch's loss is after many steps."""
    losses = case.losses
    if case.layers and losses and case.updates <= len(losses) and losses[0] > HUGE * max(case.constant or 1.0, 1e-3):
        sentence = f"the loss of the first epoch is {losses[0]:.3g}: the start makes every layer's numbers larger."
        advice = "Start from smaller weights: xavier or he."
        smaller: list[Change] = [
            {"initializer": "xavier"},
            {"initializer": "xavier", "learning_rate": case.usual},
            {"hidden": case.hidden()[:1], "initializer": "xavier"},
        ]
        yield Finding("exploding gradient", sentence, advice, smaller)


def stagnation(case: Case) -> Iterator[Finding]:
    """Almost no gradient before everything is learned: a plateau or a local minimum (B7)."""
    length, losses = hypot(*case.gradient), [] if case.classes else case.losses
    falls = len(losses) > 1 and losses[-1] < 0.99 * losses[-1 - len(losses) // 4]  # however flat
    if length >= FLAT or falls:
        return
    sentence = f"{case.state()}, and the whole gradient has a length of only {length:.2g}."
    wider: Change = {"hidden": [max(8, 2 * n) for n in case.hidden()]}
    advice = "This is a plateau or a local minimum: try another seed or more hidden units."
    if not case.layers:
        advice = "This is a plateau or a local minimum, or the model cannot give these targets: try another start."
    yield Finding("stuck", sentence, advice, [wider, {"seed": 1}] if case.hidden() else [{"seed": 1}])


def differential(case: Case) -> Iterator[Finding]:
    """What helps a copy of the net to learn: more epochs, or more units rather than another start."""
    if case.attempt is None or not case.losses:
        return
    epochs, hidden = len(case.losses), case.hidden()
    flat = epochs >= SETTLED and case.losses[-1] > 0.99 * case.losses[epochs // 2]
    if not flat and (longer := case.attempt({"resume": True})) > 0:
        sentence = f"after {epochs} epochs it is on its way: a copy that trained on had learned {longer} epochs later."
        yield Finding("unfinished", sentence, f"Train on for {longer} epochs.", [{"resume": True, "epochs": longer}])
        return
    for times, start in ((4, 0), (12, 0), (12, 1)) if hidden and min(hidden) <= NARROW else ():
        wider: Change = {"hidden": [max(8, times * n) for n in hidden], "seed": start}
        if case.attempt(wider) > 0:
            if not any(case.attempt({"seed": seed, "epochs": epochs, "goal": 0.99}) for seed in (1, 2)):
                units, wide = f"{min(hidden)} hidden unit{'s' * (min(hidden) > 1)}", wider["hidden"][0]
                sentence = f"{units} cannot follow these targets; {wide} can: {case.state()}."
                yield Finding("too few units", sentence, f"Try {wide} hidden units.", [wider])
            return


def slow_progress(case: Case) -> Iterator[Finding]:
    """A run that ended while the loss still fell: how long it takes if it falls on as a power of the epochs."""
    losses, epochs = case.losses, len(case.losses)
    if case.updates < BEGINNING and losses:
        longer = 10 * epochs
        sentence = f"after {case.updates} update{'s' * (case.updates > 1)} training has hardly begun."
        yield Finding(
            "unfinished",
            sentence,
            f"Train on for {longer} epochs, and ask again.",
            [{"resume": True, "epochs": longer}, {"resume": True}],
        )
    elif epochs >= 8 and 0.0 < losses[-1] < 0.9 * losses[epochs // 2]:
        wanted, left, longer = 0.1 * case.constant, losses[-1], epochs
        while left > wanted and longer < 64 * epochs:
            left, longer = left * losses[-1] / losses[epochs // 2], 2 * longer
        if 0.0 < left <= wanted < losses[-1]:
            fall = f"from {losses[epochs // 2]:.3g} to {losses[-1]:.3g} in the second half of {epochs} epochs"
            advice = f"Train on: if it goes on like this, about {longer - epochs} epochs are needed."
            onward = {"resume": True, "epochs": longer - epochs}
            yield Finding("unfinished", f"the loss still falls, {fall}.", advice, [onward, {"resume": True}])


def overfitting(case: Case) -> Iterator[Finding]:
    """A net that knows its examples much better than others: it has learned them by heart."""
    held = case.held
    if held is None or not case.was_trained():
        return
    advice = "Get more examples, use fewer units, or shrink the weights: SGD(model, 0.1, weight_decay=0.01)."
    if held.apart and not (held.loss <= 2.0 * case.loss):
        j, here, there = held.apart
        sentence = f"input x{j + 1} is {here:.3g} on average in training, but {there:.3g} in the other examples."
        advice = "Give both the same columns in the same order, and the same scale: nn.standardize(X_test, like=X)."
        yield Finding("unscaled inputs", sentence, advice)
    elif case.classes:
        share = case.right() / len(case.examples)
        error = (held.accuracy * (1.0 - held.accuracy) / held.examples) ** 0.5
        if share - held.accuracy > max(GAP, 2.0 * error):
            sentence = f"{100 * share:.0f} % of the training examples are right, but only {100 * held.accuracy:.0f} %"
            sentence += f" of {held.examples} others."
            yield Finding("overfitting", sentence, advice, SIMPLER)
    elif held.loss > 2.0 * case.loss + 0.05 * case.constant:
        sentence = (
            f"the loss is {case.loss:.3g} on the training examples, but {held.loss:.3g} on {held.examples} others."
        )
        yield Finding("overfitting", sentence, advice, SIMPLER)


SIMPLER: list[Change] = [{"weight_decay": decay} for decay in (0.003, 0.01, 0.03, 0.1)]
