"""Reports of a run as lines of text: what was trained, what came out, and what to try next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .._checks import quantity
from ..data import TRUTH_TABLES
from ..doctor import Diagnosis, diagnose
from ..losses import ROUNDING, above_half, by_sign
from ..metrics import numbers
from .presets import Trial

SHADES = ".#o+x*%@&="  # one per class


def heading(task: str, trial: Trial, runner: str, starts: int = 1) -> list[str]:
    """The net, its starts, and how it is trained."""
    preset, n = trial.preset, len(trial.X)
    batch = preset.batch_size or n
    kept = f", {len(trial.X_test)} more to test" if trial.X_test else ""
    seeds = f"seed {trial.seed}" if starts == 1 else f"seeds {trial.seed} to {trial.seed + starts - 1}"
    return [
        f"{task}: {trial.model}, {seeds}",
        f"{n} examples{kept}; {trial.loss.name.replace('_', ' ')}, {preset.optimizer} with learning rate "
        f"{trial.optimizer.learning_rate:g},",
        f"{quantity(preset.epochs, 'epoch')} of {quantity(-(-n // batch), 'update')}, runner {runner}",
    ]


def standing(when: str, trial: Trial) -> str:
    """Loss and accuracy (or R2) on the training examples, and accuracy on the test examples if there are any."""
    loss, accuracy = trial.score()
    measure = "R2" if trial.is_regression else "accuracy"
    test = f", test {measure} {trial.score(test=True)[1]:.3f}" if trial.X_test else ""
    return f"{when:<6} loss {loss:.6g}, {measure} {accuracy:.3f}{test}"


def results(task: str, trial: Trial) -> list[str]:
    """The net's answers: a truth table, a map of the plane, or the correct examples of each class."""
    if trial.is_regression:
        return list(errors(trial))
    maps = [*plane(trial), ""] if len(trial.X[0]) == 2 and trial.preset.columns else []
    return maps + list((truth_rows if task in TRUTH_TABLES else plane if is_plane(trial) else by_class)(trial))


def is_plane(trial: Trial) -> bool:
    """Whether it is one of the data sets in the plane."""
    return len(trial.X[0]) == 2 and not trial.preset.columns


def errors(trial: Trial) -> Iterator[str]:
    """How far a net that predicts numbers is off, in units of the target."""
    columns = trial.preset.columns
    assert columns is not None
    off = columns.deviation * trial.typical_error()
    held = f", {columns.deviation * trial.typical_error(test=True):.4g} for test rows" if trial.X_test else ""
    yield f"root mean squared error of {columns.target}: {off:.4g} for training rows{held}"
    yield f"always giving the mean, {columns.mean:.4g}, has {columns.deviation:.4g}: R2 is 0 for that, 1 for no error"


def decide(trial: Trial, x: Sequence[float]) -> int:
    """The class that the net gives an example; -1 is class 0."""
    return max(0, trial.loss.decide(numbers(trial.model(x))))


def truth_rows(trial: Trial) -> Iterator[str]:
    """Inputs, target, output, right or wrong; and how to read an output where that is not obvious."""
    undecided = False
    yield " ".join([f"x{i + 1}" for i in range(len(trial.X[0]))]) + "  wanted   output"
    for x, y in zip(trial.X, trial.Y):
        inputs, outputs = " ".join([f"{value:2g}" for value in x]), numbers(trial.model(x))
        verdict = "right" if decide(trial, x) == y else "wrong"
        undecided |= trial.loss.decide is above_half and [abs(z - 0.5) <= ROUNDING for z in outputs] == [True]
        shown = " ".join([f"{output:7.3f}" if abs(output) < 1e4 else f"{output:7.1e}" for output in outputs])
        yield f"{inputs}  {y:6}  {shown}  {verdict}"
    if undecided:
        yield "an output above 0.5 means 1; one of 0.5 is undecided and counts as 0"
    if trial.loss.decide is by_sign:
        yield f"an output above 0 means 1: {trial.loss.name} trains towards -1 and 1"


def plane(trial: Trial, columns: int = 56, rows: int = 16) -> Iterator[str]:
    """The net's answers in the plane, a sign for each class; x1 to the right, x2 upward."""
    (left, right), (low, high) = [(min(column), max(column)) for column in zip(*trial.X)]
    for row in range(rows):
        x2 = high - (high - low) * row / (rows - 1)
        places = [left + (right - left) * column / (columns - 1) for column in range(columns)]
        yield "  " + "".join([SHADES[decide(trial, [x1, x2]) % len(SHADES)] for x1 in places])
    kinds = range(max(2, len(numbers(trial.model(trial.X[0])))))
    shown = ", ".join([f"{SHADES[kind % len(SHADES)]} {class_name(trial, kind)}" for kind in kinds])
    names = trial.preset.columns.inputs if trial.preset.columns else ["x1", "x2"]
    bounds = original(trial, [left, low]), original(trial, [right, high])
    yield f"  {shown}; " + ", ".join([f"{name} from {a:.2g} to {b:.2g}" for name, a, b in zip(names, *bounds)])


def class_name(trial: Trial, kind: int) -> str:
    return trial.preset.classes[kind] if trial.preset.classes else f"class {kind}"


def original(trial: Trial, x: Sequence[float]) -> list[float]:
    """The inputs as they are in the table."""
    features = trial.preset.columns.features if trial.preset.columns else []
    scales = [(each.mean, each.deviation) for each in features for _ in each.inputs] or [(0.0, 1.0)] * len(x)
    return [x_j * deviation + mean for x_j, (mean, deviation) in zip(x, scales)]


def by_class(trial: Trial) -> Iterator[str]:
    """The correct test examples of each class, or training examples if none are held out."""
    which = "test" if trial.X_test else "training"
    decisions = trial.decisions(test=which == "test")
    for kind in sorted({wanted for wanted, _ in decisions}):
        of_kind = [found == kind for wanted, found in decisions if wanted == kind]
        yield f"  {class_name(trial, kind)}: {sum(of_kind)} of {quantity(len(of_kind), f'{which} example')} right"


def diagnosis_of(trial: Trial) -> Diagnosis:
    """What the doctor finds in a finished run."""
    test = (trial.X_test, trial.Y_test) if trial.X_test else None
    return diagnose(trial.model, trial.X, trial.Y, trial.loss, history=trial.history, test=test)


def diagnosis_lines(trial: Trial, always: bool = False) -> list[str]:
    """The doctor's diagnosis of a run that did not learn enough, or of any run."""
    if trial.is_success() and not always:
        return []
    return ["", "the doctor says", *[f"  {line}" for line in str(diagnosis_of(trial)).splitlines()]]


def suggestions(task: str, trial: Trial) -> dict[str, str]:
    """{task and options to try next: why}."""
    if task in TRUTH_TABLES:
        return {
            f"{task} --hidden 2 --learning-rate 0.5 --seeds 30": "how many of 30 starts get there?",
            f"{task} --hidden 2 --activation relu": "units can die",
            "xor --hidden 0": "one neuron is not enough for XOR",
        }
    return {
        f"{task} --hidden 2": "is a smaller net enough?",
        f"{task} --batch-size 1 --epochs {max(1, trial.preset.epochs // 4)}": "an update for each example",
        f"{task} --activation relu --seed 1": "another activation, another start",
    }


def advice(tries: Mapping[str, str]) -> list[str]:
    """The suggestions as commands."""
    width = max(map(len, tries))
    return ["", "what to try next", *[f"  python -m nn {options:<{width}}  {why}" for options, why in tries.items()]]


def trials_report(task: str, trials: Sequence[Trial]) -> list[str]:
    """How many runs succeed, and what the doctor finds in the others."""
    failures = [trial for trial in trials if not trial.is_success()]
    lines = [f"{len(trials) - len(failures)} of {quantity(len(trials), 'run')} of {task} succeed"]
    reasons: dict[str, list[int]] = {}
    for trial in failures:
        for kind in dict.fromkeys(diagnosis_of(trial).kinds):
            reasons.setdefault(kind, []).append(trial.seed)
    for kind, seeds in sorted(reasons.items(), key=lambda item: -len(item[1])):
        shown = ", ".join([*map(str, seeds[:8]), *["..."] * (len(seeds) > 8)])
        lines.append(f"  {kind}: {quantity(len(seeds), 'run')} (seed{'s' * (len(seeds) > 1)} {shown})")
    return lines
