"""The order of the rules: data, set-up, units and gradients, time; a cause silences what follows from it."""

from __future__ import annotations

from collections.abc import Sequence

from . import data, runs, setup, units
from .case import LEARNED, Case
from .findings import Finding
from .fits import FEW_ROWS, Fits, fit_simple_models

MOST = 3  # findings of a diagnosis
COMPARED = 200_000  # numbers compared in the search for neighbors
OPPOSITE = -1.0  # neighbors that know so little of the variance tell the opposite, as for parity: that is no noise
SOME = 0.25  # the share of dead units that is no surprise in a fresh layer
MODEST = 3.0  # up to this many times the usual rate, large numbers explain a divergence


def findings(case: Case, known: Fits | None = None) -> list[Finding]:
    """The findings, the cause first; at most three. Whatever a group of rules finds silences the groups after it."""
    fits = known or simple_fits(case)
    found = impossible_data(case, fits)
    if not found and len([*runs.divergence(case)]) > 0:
        found = causes_of_divergence(case)
    elif not found and (case.has_learned() or (knows_enough(case, fits) and len([*data.idle_inputs(case)]) == 0)):
        found = [*idle_units(case, 0.5, 0.5), *setup.momentum_too_large(case), *data.rare_class(case)]
        found += runs.overfitting(case)
    elif not found:
        found = data_and_setup(case, fits) or units_and_rate(case, fits) or [*runs.differential(case)]
        found = found or few_dead(case) or [*runs.slow_progress(case)] or [*runs.stagnation(case)]
    return found[:MOST]


def idle_units(case: Case, dead: float = 0.0, same: float = 0.0) -> list[Finding]:
    """Identical and dead units, of layers with at least these shares of them."""
    pairs = [*zip(case.layers, [*case.layers[1:], None])]
    return [
        f for layer, after in pairs for f in [*units.twins(layer, after, same), *units.dead_units(case, layer, dead)]
    ]


def few_dead(case: Case) -> list[Finding]:
    """Dead units among others that live; some are in most fresh nets of ReLUs, which learn all the same."""
    found = idle_units(case, 0.0 if case.losses else SOME)
    return [] if found and learns_already(case) else found


def learns_already(case: Case) -> bool:
    """Whether a copy of the fresh net learns as it is."""
    return case.attempt is not None and not case.losses and case.attempt({"resume": True}) > 0


def impossible_data(case: Case, fits: Fits) -> list[Finding]:
    """Targets that no weights can give."""
    if case.has_learned() and not case.classes:
        return []
    if not case.has_learned() and len(case.columns()) > 0 and all(min(x) == max(x) for x in case.columns()):
        return [*data.idle_inputs(case)]
    divergence = [*runs.divergence(case)]
    found = [] if divergence else [*data.contradictions(case)]
    found += [*data.out_of_reach(case), *setup.wrong_loss(case, fits)]
    return [*found, *idle_units(case)] if found else []


def causes_of_divergence(case: Case) -> list[Finding]:
    """Large numbers at a modest rate, or momentum, or the rate, and the units that were killed."""
    found = [*data.unscaled_targets(case)]
    if not found and case.rate <= MODEST * case.usual:
        found += data.unscaled_inputs(case)
    return [*(found or [*setup.momentum_too_large(case)] or [*runs.divergence(case)]), *idle_units(case)]


def data_and_setup(case: Case, fits: Fits) -> list[Finding]:
    """What keeps any net from learning, or this one with this optimizer."""
    found = [*setup.rate_of_zero(case), *([*data.idle_inputs(case)] or [*data.shuffled_labels(case, fits)])]
    if scales := [*data.unscaled_targets(case), *data.unscaled_inputs(case)] or [*data.tiny_numbers(case)]:
        found += [*scales, *data.far_from_zero(case)]
    found += [*setup.momentum_too_large(case), *setup.penalty_too_large(case), *setup.frozen_parameters(case)]
    found = found or [*setup.no_bias(case)] or [*setup.linear_net(case, fits)]
    return [*found, *idle_units(case)] if found else []


def units_and_rate(case: Case, fits: Fits) -> list[Finding]:
    """Units and gradients, after a rate so bold that it explains them; then the rate, then single classes."""
    rates = [*setup.rate_too_large(case)] or [*setup.rate_too_small(case)]
    bold = rates if case.losses and case.rate > MODEST * case.usual else []
    if rates and case.rate <= MODEST * case.usual and learns_already(case):  # the first step alone is too long
        rates = []
    found = [*bold, *runs.exploding_start(case), *idle_units(case, 0.5), *data.far_from_zero(case)]
    found += setup.one_unit(case, fits)
    flat = [f for x in case.layers for f in [*units.without_slope(case, x), *units.saturated_units(case, x)]]
    if not bold:
        found += flat or [*units.gradient_ratio(case), *rates]
    return [*found, *data.rare_class(case), *runs.overfitting(case)]


def simple_fits(case: Case) -> Fits:
    """The simple models of these examples, of some of them if they are many or long."""
    if case.sequences or case.ids or not case.examples:
        return Fits(0.0, 0.0, 0.0, 0.0, 1.0)
    room = max(FEW_ROWS, int((COMPARED / len(case.examples[0])) ** 0.5))
    return fit_simple_models(case.examples[:room], case.targets[:room], case.wanted[:room])


def goal(case: Case, fits: Fits) -> float:
    """The share that a net explains of these targets once it has learned them: less where they are noisy."""
    if len(case.examples) <= FEW_ROWS or fits.chance > data.RANDOM or fits.neighbors < OPPOSITE:
        return LEARNED
    best = max(fits.neighbors_right, fits.line_right) if case.classes else max(fits.neighbors, fits.line)
    error = float((best * (1.0 - best) / len(case.examples)) ** 0.5)
    return min(LEARNED, best - error)


def knows_enough(case: Case, fits: Fits) -> bool:
    """Whether the net knows noisy targets as well as the nearest rows and the best linear fit do."""
    return case.explained() >= goal(case, fits)


def advise(found: Sequence[Finding], case: Case) -> str:
    """What to say where nothing was found although the net has not learned."""
    if not found and len(case.targets) > 1 and all(row == case.targets[0] for row in case.targets):
        return "All targets are equal: there is nothing to learn from the inputs."
    if case.held and 2 * case.held.known > case.held.examples:
        return f"{case.held.known} of the {case.held.examples} other examples are training examples, too."
    if found or case.has_learned():
        return ""
    if not case.losses:
        return "I found nothing that will stop it from learning: train it, and ask again with history=..."
    return "I found nothing; check that labels belong to their rows."
