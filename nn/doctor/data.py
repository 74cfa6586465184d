"""Rules about the examples: numbers that are none, contradictions, scales, targets that cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, isfinite
from typing import Any

from .case import Case, enumerate_places
from .findings import Change, Finding
from .fits import Fits

LARGE, DIFFERENT = 10.0, 100.0  # the size of an input, and its ratio to another's
FAR = 30.0  # the size of a target
REPEATED = 5  # from this many equal rows on, different targets are chance, unless hardly any majority has one
MAJORITY = 0.7
RANDOM, WEAK = 0.001, 0.15  # the share of shuffled targets known as well as those of their own rows; variance explained
ENOUGH = 30  # rows to tell shuffled labels
RANGES = (  # of outputs
    ("sigmoid", 0.0, 1.0), ("tanh", -1.0, 1.0), ("relu", 0.0, inf), ("softplus", 0.0, inf), ("softmax", 0.0, 1.0),
    ("step", 0.0, 1.0), ("sign", -1.0, 1.0), ("piecewise_linear", 0.0, 1.0),
)  # fmt: skip
STANDARD = "Give the net nn.standardize(X): every input with mean 0 and deviation 1."
DISTANT = "Train on targets with mean 0 and deviation 1, and scale the answers back."
SCALED: Change = {"X": "standardize(X)"}
SQUARES = ("squared_error", "mean_squared_error", "half_squared_error")


def not_a_number(examples: Sequence[Any], targets: Sequence[Any]) -> Iterator[Finding]:
    """Inf or nan among the examples: every loss and gradient becomes nan."""
    found = [(name, i, j, x) for name, rows in (("X", examples), ("Y", targets)) for i, row in enumerate(rows)
             for j, x in enumerate(row) if not isfinite(x)]  # fmt: skip
    if found:
        rows = [*dict.fromkeys([(name, i) for name, i, _, _ in found])]
        name, i, j, x = found[0]
        more = f", and {len(rows) - 1} more rows have such numbers" if len(rows) > 1 else ""
        place = f"{name}[{i}][{j}]" if name == "X" else f"{name}[{i}]"
        advice = "Find out why; fill in a number, or leave these rows out."
        whole = (
            'whole = [i for i in range(len(X)) if "inf" not in str([X[i], Y[i]]) and "nan" not in str([X[i], Y[i]])]'
        )
        keep: Change = {"data": f"{whole}\nX, Y = [X[i] for i in whole], [Y[i] for i in whole]", "fresh": True}
        yield Finding("not a number", f"{place} is {x}{more}: every loss becomes nan.", advice, [keep])


def contradictions(case: Case) -> Iterator[Finding]:
    """Equal rows with different targets: no function can give both."""
    groups: dict[tuple[float, ...], list[int]] = {}
    for i, row in enumerate(case.examples):
        groups.setdefault((*row,), []).append(i)
    shown: list[int] = []
    lost = 0.0
    for same in groups.values():
        counts = [len([1 for j in same if case.targets[j] == case.targets[i]]) for i in same]
        if max(counts) < len(same) and (len(same) < REPEATED or max(counts) < MAJORITY * len(same)):
            shown = shown or [same[0], next(j for j in same if case.targets[j] != case.targets[same[0]])]
            lost += len(same) - max(counts) if case.classes else unexplained(case, same)
    n = len(case.examples)
    if (len(groups) > 1 or case.sequences) and lost > (0.05 if case.classes else 0.2) * n:
        i, j = shown
        best = f"at most {n - round(lost)} of {n} can be right" if case.classes else "no net can give both"
        sentence = f"rows {i} and {j} are equal, but their targets are {tell(case, i)} and {tell(case, j)}: {best}."
        advice = "Correct these rows, or add an input in which they differ."
        yield Finding("contradictory rows", sentence, advice)


def unexplained(case: Case, rows: Sequence[int]) -> float:
    """The squared distance of the targets of these rows to their mean, in variances of all targets."""
    means = [sum(column) / len(column) for column in zip(*case.targets)]
    whole = sum([(t - m) * (t - m) for row in case.targets for t, m in zip(row, means)]) / len(case.targets)
    chosen = [case.targets[i] for i in rows]
    own = [sum(column) / len(column) for column in zip(*chosen)]
    return float(sum([(t - m) * (t - m) for row in chosen for t, m in zip(row, own)]) / whole)


def tell(case: Case, i: int) -> str:
    """The target of a row in words."""
    target = case.targets[i]
    return f"class {case.wanted[i]}" if len(target) > 1 and case.classes else ", ".join([f"{t:.6g}" for t in target])


def reach_of(output: str) -> tuple[float, float]:
    """The least and the largest number that this activation gives."""
    return next(((low, high) for name, low, high in RANGES if name == output), (-inf, inf))


def out_of_reach(case: Case) -> Iterator[Finding]:
    """Targets that the output's activation cannot give: -1 with sigmoid or ReLU, 3 with tanh."""
    low, high = reach_of(case.output)
    if not (case.cost in SQUARES or case.cost == "hinge"):
        return
    missed = [max(low - t, t - high, 0.0) for row in case.targets for t in row]
    values = [t for row in case.targets for t in row]
    mean = sum(values) / len(values)
    if sum([d * d for d in missed]) <= 0.02 * sum([(t - mean) * (t - mean) for t in values]):
        return
    worst = values[missed.index(max(missed))]
    reach = f"from {low:g} to {high:g}" if isfinite(high) else f"from {low:g} on"
    signs = min(values) == -1.0 and max(values) == 1.0
    if signs and case.output == "sigmoid" and case.cost != "hinge":
        advice, change = "Write (1 + y) / 2 for each target y.", {"Y": "[(1 + y) / 2 for y in Y]"}
        if len(case.targets[0]) > 1:
            change = {"Y": "[[(1 + t) / 2 for t in y] for y in Y]"}
    elif signs:
        advice, change = "End the net in tanh.", {"output": "tanh"}
    else:
        advice, change = "End the net in a linear layer.", {"output": "linear"}
    changes = [change, {"output": "linear"}] if "Y" in change else [change]
    few = f"{len([1 for d in missed if d > 0.0])} of {len(values)} targets, such as {worst:.6g},"
    sentence = f"the outputs, which end in {case.output}, are {reach}; {few} are out of reach."
    yield Finding("targets out of reach", sentence, advice, changes)


def shuffled_labels(case: Case, fits: Fits) -> Iterator[Finding]:
    """Targets that neither the best linear fit nor the nearest rows know better than they know shuffled ones."""
    n = len(case.examples)
    if n < ENOUGH or fits.chance < RANDOM or max(fits.line, fits.neighbors) > WEAK or case.sequences or case.ids:
        return
    does = f"explain {100 * max(0.0, fits.line, fits.neighbors):.0f} % of them"
    if case.classes:
        does = f"get {100 * fits.line_right:.0f} % and {100 * fits.neighbors_right:.0f} %"
    sentence = f"the inputs hardly tell the targets: a linear fit and the nearest rows {does}, "
    sentence += f"about what shuffled targets would give (p = {fits.chance:.2g})."
    advice = "Check that each row of Y belongs to its row of X: was one of them sorted or shuffled alone?"
    yield Finding("shuffled labels", sentence, advice)


def rare_class(case: Case) -> Iterator[Finding]:
    """A class that is hardly ever found because it is rare: accuracy hides it."""
    kinds, n = sorted({*case.wanted}), len(case.wanted)
    if not case.classes or len(kinds) < 2 or not case.was_trained():
        return
    for kind in kinds:
        members = [answer for answer, wanted in zip(case.answers, case.wanted) if wanted == kind]
        found = len([1 for answer in members if answer == kind])
        if len(members) < 0.5 * n / len(kinds) and found < 0.5 * len(members):
            times = max(1, round((n - len(members)) / len(members) / (len(kinds) - 1)) - 1)
            of_y = '(y.index(max(y)) if hasattr(y, "index") else y)' if len(case.targets[0]) > 1 else "y"
            test = "y <= 0" if kind < 0 else f"{of_y} == {kind}"
            repeat = f"rare = [i for i, y in enumerate(Y) if {test}] * {times}"
            repeat += "\nX, Y = [*X, *[X[i] for i in rare]], [*Y, *[Y[i] for i in rare]]"
            sentence = (
                f"{found} of {len(members)} examples of class {kind} are found; it is {len(members)} of {n} rows."
            )
            advice = "Give its rows more weight: repeat them, or use cross_entropy_with(weights=[...])."
            yield Finding("rare class", sentence, advice, [{"data": repeat}])
            return


def idle_inputs(case: Case) -> Iterator[Finding]:
    """Columns that never change, or that repeat another one: they tell nothing."""
    columns = case.columns() if len(case.examples) > 3 else []
    constant = [j for j, column in enumerate(columns) if min(column) == max(column)]
    one = constant[0] if len(constant) == 1 < len(columns) else -1
    bias = case.unbiased and one >= 0 and columns[one][0] != 0.0  # the column that a net without biases needs
    if constant and len(constant) * 4 >= len(columns) and not bias:
        value = "the same in every row" if len(constant) > 1 else f"{columns[constant[0]][0]:g} in every row"
        every = len(constant) == len(columns)
        end = "so every row gets the same answer." if every else "so it tells nothing about the targets."
        advice = "Check how X was made: the numbers that tell the rows apart are missing."
        names = enumerate_places("input", [j + 1 for j in constant])
        yield Finding("constant input", f"{names} is {value}, {end}", advice)
    seen: dict[tuple[float, ...], int] = {}
    for j, column in enumerate(columns):
        largest = max([abs(x) for x in column])
        if j in constant or largest == 0.0:
            continue
        first = next(x for x in column if x != 0.0)
        shape = (*[round(x / first, 9) for x in column],)
        if shape in seen and len(columns) <= min(4, len(case.examples) - 2):
            sentence = f"inputs {seen[shape] + 1} and {j + 1} say the same: one is a multiple of the other."
            yield Finding("duplicate input", sentence, "Check how X was made; one of them is enough.")
            return
        seen[shape] = j


def unscaled_inputs(case: Case) -> Iterator[Finding]:
    """Inputs that are very large or of very different sizes: no single rate suits all weights."""
    columns = case.columns()
    if case.sequences and not case.ids:
        columns = [[x for row in case.examples for x in row]]
    sizes = [max([abs(x) for x in column]) for column in columns]
    low, high = min([size for size in sizes if size] or [0.0]), max(sizes, default=0.0)
    if high > LARGE or high > DIFFERENT * low:
        sentence = f"input x{sizes.index(high) + 1} reaches {high:.3g}"
        if high > DIFFERENT * low:
            sentence += f", but x{sizes.index(low) + 1} only {low:.3g}"
        sentence += ": no single learning rate suits all weights."
        yield Finding("unscaled inputs", sentence, STANDARD, [scaled_inputs(case, high)])


def tiny_numbers(case: Case) -> Iterator[Finding]:
    """Inputs or numeric targets so close to 0 that a net hardly tells them apart."""
    small = 1.0 / DIFFERENT
    inputs, targets = [max([abs(z) for row in rows for z in row]) for rows in (case.examples, case.targets)]
    if not case.classes and 0.0 < targets < small and not isfinite(reach_of(case.output)[0]):
        sentence = f"targets reach only {targets:.3g}, while a fresh net answers about 1."
        yield Finding("unscaled targets", sentence, DISTANT, [scaled_targets(case)])
    if not case.ids and 0.0 < inputs < small:
        sentence = f"inputs reach only {inputs:.3g}: all rows look alike, and the gradients of their weights are tiny."
        yield Finding("unscaled inputs", sentence, STANDARD, [scaled_inputs(case, inputs)])


def scaled_inputs(case: Case, size: float) -> Change:
    """Inputs of this size as numbers of about 1."""
    return {"X": f"[[[z / {size:.3g} for z in step] for step in x] for x in X]"} if case.sequences else SCALED


def scaled_targets(case: Case) -> Change:
    """Numeric targets as numbers of about 1."""
    if len(case.targets[0]) > 1:
        return {"Y": "standardize(Y)"}
    return {"Y": "[y for (y,) in standardize([[y] for y in Y])]"}


def far_from_zero(case: Case) -> Iterator[Finding]:
    """Inputs all of one sign and far from 0: the gradients of a unit's weights all have one sign (D13)."""
    columns = case.columns()
    if len(columns) + (not case.unbiased) < 2 or not all(min(x) > 0.0 or max(x) < 0.0 for x in case.examples):
        return
    means = [sum(column) / len(column) for column in columns]
    spreads = [max(column) - min(column) for column in columns]
    if all(abs(mean) > spread for mean, spread in zip(means, spreads)):
        sentence = (
            "all inputs have one sign in every example, so the gradients of a unit's weights have one sign too and"
        )
        advice = "Center the inputs: nn.standardize(X)."
        yield Finding("one-sign gradients", f"{sentence} the steps zig-zag.", advice, [SCALED])


def unscaled_targets(case: Case) -> Iterator[Finding]:
    """Numeric targets far larger than what a fresh net answers: errors and gradients are huge."""
    size = max([abs(t) for row in case.targets for t in row])
    if case.classes or size <= FAR or isfinite(reach_of(case.output)[0]):
        return
    sentence = f"targets reach {size:.3g}, while a fresh net answers about 1: errors and gradients are huge."
    yield Finding("unscaled targets", sentence, DISTANT, [scaled_targets(case)])
