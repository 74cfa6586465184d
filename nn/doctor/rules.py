"""The order of the rules: data, set-up, units and gradients, time; a cause silences what follows from it."""

from __future__ import annotations

from collections.abc import Sequence

from . import data, runs, setup, units
from .case import LEARNED, Case
from .findings import Finding
from .fits import FEW_ROWS, Fits, fit_simple_models

MOST = 3  # findings of a diagnosis
COMPARED = 200_000  # numbers compared in the search for neighbors
MODEST = 3.0  # up to this many times the usual rate, large numbers explain a divergence


def findings(case: Case) -> list[Finding]:
    """The findings, the cause first; at most three."""
    return collect(case)[:MOST]


def collect(case: Case) -> list[Finding]:
    """All findings that do not follow from others."""
    broken = [f for layer, after in zip(case.layers, [*case.layers[1:], None])
              for f in [*units.dead_units(case, layer), *units.twins(layer, after)]]  # fmt: skip
    divergence = [*runs.divergence(case)]
    fits = simple_fits(case)
    certain = [*data.contradictions(case), *data.out_of_reach(case), *setup.wrong_loss(case, fits)]
    idle = [] if case.has_learned() else [*data.idle_inputs(case)]
    if idle and len([1 for column in case.columns() if min(column) < max(column)]) == 0:
        return idle
    if certain and not (divergence and certain[0].kind == "contradictory rows"):
        return [*certain, *broken] if case.classes or not case.has_learned() else broken
    momentum, zero = [*setup.momentum_too_large(case)], [*setup.rate_of_zero(case)]
    if divergence:
        large = [*data.unscaled_inputs(case), *data.unscaled_targets(case)] if case.rate <= MODEST * case.usual else []
        return [*([*data.unscaled_targets(case)] or large or momentum or divergence), *broken]
    if case.has_learned() or (knows_enough(case, fits) and not idle):
        half = [f for layer, after in zip(case.layers, [*case.layers[1:], None])
                for f in [*units.dead_units(case, layer, 0.5), *units.twins(layer, after, 0.5)]]  # fmt: skip
        return [*half, *momentum, *data.rare_class(case), *runs.overfitting(case)]
    scales = [*data.unscaled_targets(case), *data.unscaled_inputs(case)]
    scales += data.far_from_zero(case) if scales else []
    found = [*zero, *(idle or data.shuffled_labels(case, fits)), *scales, *momentum, *setup.penalty_too_large(case)]
    found += [*setup.frozen_parameters(case), *(setup.no_bias(case) if not found else ())]
    found += setup.linear_net(case, fits) if not found else []
    if found:
        return [*found, *broken]
    rates = [*setup.rate_too_large(case)] or [*setup.rate_too_small(case)]
    bold = rates[:1] if case.losses and case.rate > MODEST * case.usual else []
    found = [*bold, *broken, *data.far_from_zero(case), *setup.one_unit(case, fits)]
    blocked = [
        f for layer in case.layers for f in [*units.without_slope(case, layer), *units.saturated_units(case, layer)]
    ]
    found += [] if bold else blocked or [*units.gradient_ratio(case)]
    found += [finding for finding in rates if finding not in found and not blocked]
    found += [*data.rare_class(case), *runs.overfitting(case)]
    return found or [*runs.differential(case)] or [*runs.slow_progress(case)] or [*runs.stagnation(case)]


def simple_fits(case: Case) -> Fits:
    """The simple models of these examples, of some of them if they are many or long."""
    if case.sequences or case.ids or not case.examples:
        return Fits(0.0, 0.0, 0.0, 0.0, 1.0)
    room = max(FEW_ROWS, int((COMPARED / len(case.examples[0])) ** 0.5))
    return fit_simple_models(case.examples[:room], case.targets[:room], case.wanted[:room])


def goal(case: Case, fits: Fits) -> float:
    """The share that a net explains of these targets once it has learned them: less where they are noisy."""
    if len(case.examples) <= FEW_ROWS or fits.chance > data.RANDOM:
        return LEARNED
    best = max(fits.neighbors_right, fits.line_right) if case.classes else max(fits.neighbors, fits.line)
    error = float((best * (1.0 - best) / len(case.examples)) ** 0.5)
    return min(LEARNED, best - error)


def knows_enough(case: Case, fits: Fits) -> bool:
    """Whether the net knows noisy targets as well as the nearest rows and the best linear fit do."""
    return case.explained() >= goal(case, fits)


def advise(found: Sequence[Finding], case: Case) -> str:
    """What to say where nothing was found although the net has not learned."""
    if found or case.has_learned():
        return ""
    if not case.losses:
        return "I found nothing that will stop it from learning: train it, and ask again with history=..."
    return "I found nothing; check that labels belong to their rows."
