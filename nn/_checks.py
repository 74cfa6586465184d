"""Argument checks: every message states what was expected and what was given."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from math import isfinite
from operator import index
from random import Random
from typing import Any

from autodiff import Value
from autodiff.arrays import in_order
from autodiff.typed import Array

Example = Sequence[Value | float] | Array
Examples = Sequence[Sequence[float | Sequence[float]] | Array] | Array
Targets = Sequence[Any] | Array
Seed = int | Random | None  # None: different numbers every time
# Names from other libraries that resemble nothing here.
OTHERS = """gelu selu celu silu swish mish relu6 crelu rrelu hardtanh hardsigmoid hardswish softsign softmin
    logsigmoid logsoftmax nadam radam adamax adagrad adadelta lamb lion sgdw sgdr orthogonal""".split()  # noqa: SIM905
HABITS = {  # arguments of other libraries, and what to write here
    "lr": "learning_rate", "eps": "epsilon", "alpha": "decay", "beta1": "betas=(0.9, 0.999)",
    "n_epochs": "epochs", "num_epochs": "epochs", "max_iter": "epochs", "loss_fn": "loss", "criterion": "loss",
    "verbose": "progress=True or progress=False", "random_state": "seed",
    "shuffle": "batch_size: mini-batches are shuffled every epoch, a single batch of all examples never is",
    "momentum": "optimizer=SGD(model, 0.05, momentum=0.9), or optimizer='momentum'",
    "weight_decay": "optimizer=SGD(model, 0.1, weight_decay=0.01), or penalty=l2(0.005)",
    "clip_norm": "optimizer=SGD(model, 0.1, clip_norm=1.0)",
    "metrics": "record='accuracy'", "validation": "validation_data=(X, Y)", "early_stopping": "patience=10",
    "schedule": "optimizer=SGD(model, 0.1, schedule=cosine(1000))",
    "class_weight": "loss=cross_entropy_with(weights=[1, 5])",
    "label_smoothing": "loss=cross_entropy_with(label_smoothing=0.1)",
}  # fmt: skip


def one_of(kind: str, name: Any, table: Mapping[str, Any]) -> Any:
    """Return the table's entry of that name, or ``name`` itself if it is a function or an entry."""
    if callable(name) or isinstance(name, tuple({type(entry) for entry in table.values()})):
        return name
    if not isinstance(name, str):
        raise TypeError(f"{kind} must be a function or a name such as {next(iter(table))!r}, got {name!r:.60}")
    if name not in table:
        raise ValueError(f"unknown {kind} {name!r:.60}: choose one of {', '.join(table)}{suggest(name, table)}")
    return table[name]


def suggest(name: str, table: Collection[str]) -> str:
    """Ask whether the closest name in the table was meant; "" if none is close."""
    from difflib import get_close_matches

    plain = name.lower().replace("_", "")
    near = get_close_matches(name.lower(), table, 1, 0.7) if len(name) <= 40 and plain not in OTHERS else []
    return f"; did you mean {near[0]}?" if near else ""


def size(number: int, thing: str = "the number of inputs or neurons") -> int:
    """Return a positive integer; ValueError for anything else."""
    try:
        whole = int(index(number))  # True is 1
    except TypeError:
        whole = 0
    if whole < 1:
        raise ValueError(f"{thing} must be a positive integer, got {number!r:.60}")
    return whole


def within(name: str, number: float, wanted: str, fits: Callable[[float], bool]) -> float:
    """Return a finite number that fits; ValueError for anything else."""
    try:
        valid = isfinite(number) and fits(number)
    except (TypeError, OverflowError):
        valid = False
    if not valid:
        raise ValueError(f"{name} must be {wanted}, got {number!r:.60}")
    return number


at_least_0 = partial(within, wanted="a number >= 0", fits=lambda x: x >= 0.0)
above_0 = partial(within, wanted="a number > 0", fits=lambda x: x > 0.0)
below_1 = partial(within, wanted="a number >= 0 and < 1", fits=lambda x: 0.0 <= x < 1.0)


def generator(seed: Seed) -> Random:
    """Return the generator for a seed; a generator is returned itself and continues."""
    if isinstance(seed, Random):
        return seed
    return Random(index(seed) if seed is not None and hasattr(seed, "__index__") else seed)


def number(x: Any, place: str) -> float:
    """Return a real number as a float; TypeError that names the place for anything else."""
    if isinstance(x, (float, int)):
        return float(x)
    try:
        return Value(x).data
    except TypeError:
        raise TypeError(f"{place} contains a {type(x).__name__} instead of a number: {x!r:.60}") from None


def refuse_words(function: Any, words: Mapping[str, Any]) -> None:
    """Raise TypeError with what to write instead if there are any unknown keyword arguments."""
    for word in words:
        key, known = HABITS.get(word, word).partition("=")[0].partition(":")[0], function.__annotations__
        instead = f": write {HABITS[word]}" if word in HABITS and key in known else suggest(key, known)
        raise TypeError(f"{function.__qualname__.removesuffix('.__init__')} has no argument {word}{instead}")


def example(x: Any) -> Sequence[Any]:
    """Return one example as a sequence with a length."""
    if type(x) is list or type(x) is tuple:
        return x
    x = in_order("an example", x)
    if not hasattr(x, "__iter__"):
        raise TypeError(f"an example must be a list of numbers, got {type(x).__name__}: {x!r:.60}")
    return x if hasattr(x, "__len__") else list(x)


def refuse_batch(x: Sequence[Any]) -> None:
    """Raise TypeError if x contains several examples; called only after an error."""
    if any(getattr(number, "__len__", None) and not isinstance(number, str) for number in x):
        raise TypeError(f"a net takes one example at a time, a list of numbers: [net(x) for x in X]; got {x!r:.60}")


def several(thing: str, given: Iterable[Any], usage: str) -> list[Any]:
    """Return a list of what was given; TypeError that shows the usage, with {} replaced, for a single thing."""
    given = in_order(thing, given)
    if not hasattr(given, "__iter__"):
        instead = usage.replace("{}", f"{given!r:.20}")
        raise TypeError(f"{thing} must be a list: write {instead}, got {given!r:.60}")
    return list(given)


def quantity(number: int, thing: str) -> str:
    """ "1 weight", "2 weights"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def refuse_missing(path: str) -> None:
    """FileNotFoundError with the nearest name if there is no file of this path."""
    if not os.path.exists(path):
        from difflib import get_close_matches

        folder, name = os.path.split(path)
        files = os.listdir(folder or ".") if os.path.isdir(folder or ".") else []
        stems = {os.path.splitext(file)[0]: os.path.join(folder, file) for file in sorted(files, reverse=True)}
        near = get_close_matches(os.path.splitext(name)[0], stems, 1, 0.6)
        hint = f"did you mean {stems[near[0]]}?" if near else "is the folder right?"
        raise FileNotFoundError(f"there is no file {path!r:.300}: {hint}")
