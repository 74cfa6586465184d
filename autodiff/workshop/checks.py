"""``check`` a step: each thing looked at by itself, guarded against whatever the student's code does."""

from __future__ import annotations

import dis
import inspect
import random
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from ..quiz.exercises import is_open
from .engines import STEPS, Check, Passes
from .guard import SECONDS, Trouble, attempt
from .nets import NET_STEPS, Written
from .report import OPEN, RIGHT, WRONG, Report, reports
from .solution import read_steps

ARGUMENTS = {**dict.fromkeys(range(1, 6), ("Value",)), 6: ("numerical_gradient", "check_gradients"),
             7: ("Value", "Neuron", "Layer", "MLP"), 8: ("Value", "MLP", "train")}  # fmt: skip
HURRY = 0.2  # seconds, for each thing after one that did not end
PLUMBING = {"RESUME", "NOP", "LOAD_CONST", "POP_TOP", "RETURN_VALUE", "RETURN_CONST", "COPY_FREE_VARS", "CACHE"}


def check(step: int, *written: Any) -> Report:
    """Check what a student has written for a step, 1 to 8; a Report, whatever happens in the student's code.

    >>> from autodiff.workshop import check
    >>> class Value: ...
    >>> print(check(3, Value))  # doctest: +ELLIPSIS
    Step 3, the order: 0 of 6.
      ○ an input alone: still open: order
    ...
    """
    report = examine(step, *written)
    reports.append(report)
    return report


def examine(step: int, *written: Any) -> Report:
    """The Report of a step."""
    if isinstance(step, bool) or step not in ARGUMENTS:
        raise ValueError(f"check takes a step, 1 to {len(ARGUMENTS)}, got {step!r:.40}")
    names = ARGUMENTS[step]
    if len(written) != len(names):
        raise TypeError(f"write check({step}, {', '.join(names)}): {len(names)} after the step, got {len(written)}")
    subject: Any
    given = dict(zip(names, written))
    if step <= 5:
        checks, subject = STEPS[step], written[0]
        subject = Passes(subject) if step == 4 else subject
    else:
        checks, subject = NET_STEPS[step], Written(given)
    found, told, seconds = [], set[str](), SECONDS
    for one in checks:
        missing = open_names(one, given)
        said, slow = ("", False) if missing else look(one, subject, seconds)
        seconds = HURRY if slow else seconds
        sign = OPEN if missing else WRONG if said else RIGHT
        text = f"still open: {', '.join(missing)}" if missing else "the same" if said in told else said
        told |= {said} - {""}
        found.append((sign, f"{one.title}: {text}" if text else one.title))
    return Report(step, read_steps()[step - 1]["title"], found)


def look(one: Check, subject: Any, seconds: float) -> tuple[str, bool]:
    """What is wrong, or "", and whether it did not end; random numbers go on as if nothing had been drawn."""
    state = random.getstate()
    try:
        return attempt(one.look, subject, seconds=one.seconds or seconds), False
    except Trouble as trouble:
        return str(trouble), "still running" in str(trouble)
    finally:
        random.setstate(state)


def open_names(one: Check, given: dict[str, Any]) -> list[str]:
    """The names that the check needs and that are not written yet."""
    found = []
    for name in one.needs.split():
        owner, _, method = name.rpartition(".")
        thing = given.get(owner or ("Value" if method not in given else method))
        if is_open(thing):
            found.append(owner or method if owner or method in given else "Value")
        elif not isinstance(thing, type):
            found += [name] if is_hole(thing) else []
        elif method not in given and is_hole(find_method(thing, method)):
            found.append(name)
    return list(dict.fromkeys(found))


def find_method(cls: type, name: str) -> Any:
    """A method that the student wrote, or None; object's own do not count."""
    return next((vars(base)[name] for base in cls.__mro__ if base is not object and name in vars(base)), None)


def is_hole(function: Any) -> bool:
    """Whether a function is missing or still has a hole: ``...``, pass, NotImplementedError, or nothing at all."""
    if function is None or function is ...:
        return True
    function = inspect.unwrap(function) if callable(function) else function
    if not isinstance(function, FunctionType):
        return False
    steps = [*dis.get_instructions(function)]
    empty = {i.opname for i in steps} <= PLUMBING and all(i.argval in (None, ...) for i in constants(function, steps))
    loaded = any(i.argval is ... for i in steps if i.opname in ("LOAD_CONST", "RETURN_CONST"))
    raises = any(i.opname == "RAISE_VARARGS" for i in steps) and "NotImplementedError" in function.__code__.co_names
    return empty or loaded or raises or dots(function)


def constants(function: FunctionType, steps: list[dis.Instruction]) -> Iterator[dis.Instruction]:
    return (i for i in steps if i.opname in ("LOAD_CONST", "RETURN_CONST"))


def dots(function: FunctionType) -> bool:
    """Whether a line of the function is ``...`` alone."""
    try:
        return any(line.split("#")[0].strip() == "..." for line in inspect.getsource(function).splitlines())
    except (OSError, TypeError):
        return False
