"""``python -m nn data.csv --target y`` trains on a table, ``python -m nn net.json`` goes on or predicts."""

from __future__ import annotations

import csv
import io
import os
import shlex
from collections.abc import Sequence
from typing import Any

from autodiff._files import write

from .._checks import one_of, quantity
from ..losses import LOSSES
from ..metrics import numbers
from ..serialization import ModelFileError, load, read_body, save
from ..table import MISSING, MOST_LEVELS, Columns, Table, TableError, divide, read_table, shown
from ..training.history import load_history
from .presets import OUTPUTS, PRESETS, SETTINGS, Preset, Trial, root_mean_square

OF_NUMBERS = ("squared_error", "mean_squared_error", "half_squared_error", "mse")  # losses
SMALL = 20  # rows of a table of which none are kept for testing
PRINTED = 20  # predictions


def is_table(task: str, target: str | None = None) -> bool:
    """Whether the task is the name of a table, or is meant to be: it has an extension or a target."""
    extension = os.path.splitext(task)[1]
    return (
        task.lower() not in PRESETS
        and extension.lower() != ".json"
        and (extension[1:].isalpha() or target is not None or os.path.isfile(task))
    )


def table_preset(
    path: str, target: str | None, dropped: Sequence[str], share: float | None, seed: int, loss: str | None
) -> tuple[Preset, list[str]]:
    """The preset of a table, and what to tell about it."""
    table = read_table(path)
    if target is None:
        command = shlex.join(["python", "-m", "nn", path, "--target", table.names[-1]])
        raise ValueError(f"{path} has the columns {shown(table.names)}; say which one to predict: {command}")
    name = table.name_of(target, "--target")
    dropped = [table.name_of(each, "--drop") for each in dropped]
    if name in dropped:
        raise TableError(f"the target {name} is dropped: leave out --drop {name}")
    columns = Columns.of(table, name, dropped, loss in ("mse", "mean_squared_error"))
    share = (0.2 if len(table.rows) >= SMALL else 0.0) if share is None else share
    Y = columns.targets(table)
    train, _ = divide(Y, share, seed, bool(columns.classes))
    X = columns.examples(table)
    columns = columns.standardized([X[i] for i in train], [Y[i] for i in train])
    return preset_of_columns(table, columns, share, seed), told(table, columns, loss)


def preset_of_columns(table: Table, columns: Columns, share: float, seed: int) -> Preset:
    """The preset that trains on such columns of a table."""
    X, Y = columns.examples(table), columns.targets(table)
    train, test = divide(Y, share, seed, bool(columns.classes))
    kinds, n = len(columns.classes), len(train)
    most = max([Y.count(kind) for kind in range(kinds)], default=0) / len(Y)
    return Preset(
        lambda: ([X[i] for i in train], [Y[i] for i in train]),
        hidden=[8],
        loss="mean_squared_error" if not kinds else "binary_cross_entropy" if kinds == 2 else "cross_entropy",
        optimizer="adam",
        learning_rate=0.02,
        epochs=max(3, min(1000, 30_000 // n)),
        batch_size=min(n, 10 if n <= 500 else 32),
        enough=(1.0 + most) / 2.0,  # halfway from always giving the most frequent class (the mean) to no mistake
        classes=columns.classes,
        held=([X[i] for i in test], [Y[i] for i in test]),
        columns=columns,
        share=share,
    )


def told(table: Table, columns: Columns, loss: str | None) -> list[str]:
    """How the columns are read."""
    target, kinds = columns.target, columns.classes
    if kinds:
        whole = table.numbers(target) is not None
        other = f" (at most {MOST_LEVELS} different whole numbers; for regression add --loss mse)" if whole else ""
        lines = [f"target {target}: {len(kinds)} classes: {shown(kinds)}{other}"]
    else:
        lines = [f"target {target}: numbers around {columns.mean:.4g}, standard deviation {columns.deviation:.4g}"]
        lines[0] += ": regression"
        if loss is not None and loss not in OF_NUMBERS:
            raise ValueError(f"{lines[0]}; {loss} needs classes: choose --loss {', '.join(OF_NUMBERS)}")
    plain = [feature.name for feature in columns.features if not feature.levels]
    if plain:
        lines.append(f"{quantity(len(plain), 'number')} standardized by the training rows: {shown(plain)}")
    lines += [f"text in {x.name}, an input for each value: {shown(x.levels)}" for x in columns.features if x.levels]
    still = [name for name in plain if len({*table.column(name)}) == 1]
    return lines + [f"note: {name} is the same in every row and tells the net nothing" for name in still]


# --- Saved nets --------------------------------------------------------------------------------------


def keep(trial: Trial, path: str, task: str) -> None:
    """Save the net with its run, its task and the columns of its table."""
    preset = trial.preset
    settings: dict[str, Any] = {name: getattr(preset, name) for name in SETTINGS}
    settings["hidden"] = [*preset.hidden]
    columns = preset.columns and preset.columns.as_dict()
    about = {"task": task, "settings": settings, "seed": trial.seed, "share": preset.share, "columns": columns}
    save(trial.model, path, trial.history, about)


def read_about(path: str) -> dict[str, Any]:
    """What ``keep`` noted in the file of a net."""
    about = read_body(path).get("about")
    if not isinstance(about, dict) or "task" not in about:
        raise ModelFileError(f"{path} was not written by python -m nn: use nn.load and nn.predict in Python")
    return about


def resumed(path: str, epochs: int) -> tuple[str, Trial]:
    """The task of a saved net, and its trial, ready to go on for so many epochs."""
    about = read_about(path)
    task, seed, share = about["task"], about["seed"], about["share"]
    if about["columns"]:
        columns, table = Columns.from_dict(about["columns"]), read_table(task)
        if not columns.check(table):
            raise TableError(f"{task} has no longer the target {columns.target}")
        preset = preset_of_columns(table, columns, share, seed)
    else:
        preset = one_of("task", task, PRESETS)
    trial = Trial(preset._replace(**{**about["settings"], "epochs": epochs}), seed)
    model = load(path)
    trial.go_on(model, load_history(path, model))
    return task, trial


def description(path: str) -> list[str]:
    """What is in the file of a net, and what can be done with it."""
    about, model = read_about(path), load(path)
    history = load_history(path, model)
    lines = [f"{path}: {model}, trained on {about['task']}", repr(history)]
    lines.append(f"to go on: python -m nn {path} --epochs 100")
    if about["columns"]:
        columns = Columns.from_dict(about["columns"])
        names = shown([feature.name for feature in columns.features])
        lines += [f"to predict {columns.target} from {names}: python -m nn {path} --predict new.csv -o out.csv"]
    return lines


def predictions(path: str, file: str, dropped: Sequence[str], output: str | None) -> list[str]:
    """Predict the target for each row of a table; write a table, or return lines to print."""
    about, model = read_about(path), load(path)
    if not about["columns"]:
        raise ValueError(f"{path} was trained on {about['task']}, not on a table: use nn.load and nn.predict in Python")
    columns = Columns.from_dict(about["columns"])
    table = read_table(file, min(2, len(columns.features)))
    columns = columns._replace(dropped=[*columns.dropped, *[table.name_of(each, "--drop") for each in dropped]])
    has_target = columns.check(table) and columns.target not in columns.dropped and not is_empty(table, columns.target)
    rows = [answer(columns, about["settings"]["loss"], numbers(model(x))) for x in columns.examples(table)]
    shares = columns.classes if len(rows[0]) > 1 else []
    names = [f"predicted {columns.target}", *[f"P({name})" for name in shares]]
    lines = measured(columns, table, rows) if has_target else []
    if output is not None:
        text = io.StringIO(newline="")
        full = ([*cells, *map(str, row)] for cells, row in zip(table.rows, rows))
        csv.writer(text, lineterminator="\n").writerows([[*table.names, *names], *full])
        write(output, text.getvalue().encode())
        return [] if output == "-" else [*lines, f"{quantity(len(rows), 'prediction')} written to {output}"]
    cells = [["row", *names], *[[str(place), *map(brief, row)] for place, row in zip(table.places, rows[:PRINTED])]]
    widths = [max(map(len, column)) for column in zip(*cells)]
    found = ["  ".join([cell.rjust(width) for cell, width in zip(row, widths)]) for row in cells]
    more = [f"and {len(rows) - PRINTED} more: add -o out.csv"] if len(rows) > PRINTED else []
    return [*found, *more, *lines]


def is_empty(table: Table, name: str) -> bool:
    """Whether no cell of the column is filled in."""
    k = table.names.index(name)
    return all(row[k].lower() in MISSING for row in table.rows)


def brief(cell: Any) -> str:
    return f"{cell:.4g}" if isinstance(cell, float) else f"{cell:.40}"


def answer(columns: Columns, loss: str, outputs: Sequence[float]) -> list[Any]:
    """[the predicted number], or [the predicted class, the probability of each class if the net gives them]."""
    if not columns.classes:
        return [outputs[0] * columns.deviation + columns.mean]
    name = one_of("loss", loss, LOSSES)
    place = max(0, name.decide(outputs))
    if OUTPUTS.get(name.name, "linear") == "linear":
        return [columns.classes[place]]
    return [columns.classes[place], *(outputs if len(outputs) > 1 else [1.0 - outputs[0], outputs[0]])]


def measured(columns: Columns, table: Table, rows: Sequence[Sequence[Any]]) -> list[str]:
    """How good predictions are where the table has the target too."""
    if columns.classes:
        right = [columns.classes[y] == row[0] for y, row in zip(columns.targets(table), rows)]
        return [f"accuracy {sum(right) / len(right):.3f}: {sum(right)} of {len(right)} rows right"]
    wanted = [y * columns.deviation + columns.mean for y in columns.targets(table)]
    return [f"root mean squared error {root_mean_square([y - row[0] for y, row in zip(wanted, rows)]):.4g}"]
