"""What help() says about a primitive: its value, its local gradients and its kink, written from its row."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from textwrap import fill
from types import FunctionType
from typing import Any

from .flat.expansion import Symbol, expression_of, trace_branches
from .flat.ir import write
from .formula import Formula
from .ieee import ERRORS
from .primitives import Primitive
from .vocabulary import words

MOST = 25  # parts of a formula


def text(primitive: Primitive) -> str:
    """The row in words and formulas."""
    names = [str(x) for x in signature(primitive).parameters.values()]
    lines = [f"{primitive.name}({', '.join(names)}): a gate. Numbers give a number, Values a recorded Value.", ""]
    several = "*" in names[-1]
    if several:
        names = [f"{names[-1].strip('*')[0]}{i}" for i in range(3)]
    value = value_text(primitive, names)
    lines += [f"out = {value}"] * bool(value)
    slopes = formulas(primitive.local_gradients, ["out", *names])
    said = (inspect.getdoc(primitive.local_gradients) or "what the rule computes").partition("\n")[0].rstrip(".")
    of = f"of ({', '.join(names)}): " if several and slopes else ""
    for i, name in enumerate(names[:1] if several else names):
        slope = slopes[i] if isinstance(slopes, tuple) and i < len(slopes) else said
        lines.append(f"no gradient flows to {name}" if slope is None else f"{of}d out / d {name} = {slope}")
    lines += [f"on a kink: {words(primitive).kink}"] * bool(primitive.kink)
    return "\n".join([fill(line, 80, subsequent_indent="    ") for line in lines])


def signature(primitive: Primitive) -> inspect.Signature:
    """How a primitive is called; its operands have their names in the rule, or else in the value."""
    wide = inspect.Parameter.VAR_POSITIONAL
    candidates = parameters(primitive.local_gradients)[1:], parameters(primitive.value)
    named = [known for known in candidates if known and known[-1].kind != wide]
    for known in [*named, *candidates]:
        if known:
            kind = inspect.Parameter.POSITIONAL_ONLY if named else wide
            return inspect.Signature([x.replace(kind=kind) for x in (known if named else known[-1:])])
    return inspect.Signature([inspect.Parameter("operands", wide)])


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a function, without annotations and defaults; none if a C function does not tell."""
    try:
        known = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [inspect.Parameter(x.name, x.kind) for x in known]


def formulas(function: Callable[..., Any], names: list[str]) -> Any:
    """What a function of numbers computes, as text; "" if it needs numbers or is too long to read."""
    try:
        found = trace_branches(function, [Symbol(name) for name in names], "it")
        entries = found if isinstance(found, tuple) else (found,)
        expressions = [None if x is None else expression_of(x) for x in entries]
    except ERRORS:
        return ""
    if not all(map(readable, expressions)):
        return ""
    texts = tuple([None if x is None else write(without_false(x), Formula, Formula).text for x in expressions])
    return texts if isinstance(found, tuple) else texts[0]


def without_false(expression: Any) -> Any:
    """The expression with 0 in place of comparisons that are never true, which stand for False."""
    if type(expression) is not tuple:
        return expression
    head, *parts = expression
    return 0.0 if head == "less" and parts[0] == parts[1] else (head, *map(without_false, parts))


def readable(expression: Any) -> bool:
    """Whether an expression has at most MOST parts."""
    waiting = [expression]
    for top in waiting:
        waiting += top[1:] if type(top) is tuple else ()
        if len(waiting) > MOST:
            return False
    return True


def value_text(primitive: Primitive, names: list[str]) -> str:
    """What a primitive computes: in its author's words, as its value or expansion says itself, or as math says."""
    function, row = primitive.value, words(primitive)
    if row.is_comparison:
        return f"{names[0]} {row.sign} {names[1]}"
    lines = [line for line in (inspect.getdoc(function) or "").splitlines() if line and "->" not in line]
    said = next((line for line in lines if line.startswith("Return ")), lines[0] if lines else "")
    if type(function) is not FunctionType or not said:
        formula = formulas(function, names) or formulas(primitive.expansion or function, names)
        if formula or not (said.startswith("Return ") or getattr(function, "__module__", "") == "math"):
            return formula  # type: ignore[no-any-return]
    for own, name in zip(parameters(function), names):
        said = re.sub(rf"\b{own.name}\b", name, said)
    said = said.removeprefix("Return ").replace("The ", "the ").rstrip(".")
    return said[0].lower() + said[1:] if function.__module__ == "math" else said
