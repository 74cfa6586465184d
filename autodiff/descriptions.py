"""Help texts of primitives: value, local gradients and kink, generated from the row."""

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

MOST_PARTS = 25  # of a readable formula


def text(primitive: Primitive) -> str:
    """The row in words and formulas."""
    names = [str(x) for x in signature(primitive).parameters.values()]
    lines = [f"{primitive.name}({', '.join(names)}): a gate. Numbers give a number, Values a recorded Value.", ""]
    is_variadic = "*" in names[-1]
    if is_variadic:
        names = [f"{names[-1].strip('*')[0]}{i}" for i in range(3)]
    value = value_text(primitive, names)
    if value:
        lines.append(f"out = {value}")
    slopes = formulas(primitive.local_gradients, ["out", *names])
    doc = (inspect.getdoc(primitive.local_gradients) or "what the rule computes").partition("\n")[0].rstrip(".")
    of = f"of ({', '.join(names)}): " if is_variadic and slopes else ""
    for i, name in enumerate(names[:1] if is_variadic else names):
        slope = slopes[i] if isinstance(slopes, tuple) and i < len(slopes) else doc
        lines.append(f"no gradient flows to {name}" if slope is None else f"{of}d out / d {name} = {slope}")
    if primitive.kink:
        lines.append(f"on a kink: {words(primitive).kink}")
    return "\n".join([fill(line, 80, subsequent_indent="    ") for line in lines])


def signature(primitive: Primitive) -> inspect.Signature:
    """The signature of a primitive: its operands, named as in the rule or else as in the value."""
    variadic = inspect.Parameter.VAR_POSITIONAL
    candidates = [x for x in (parameters_of(primitive.local_gradients)[1:], parameters_of(primitive.value)) if x]
    for known in candidates:
        if known[-1].kind != variadic:
            return inspect.Signature([x.replace(kind=inspect.Parameter.POSITIONAL_ONLY) for x in known])
    name = candidates[0][-1].name if candidates else "operands"
    return inspect.Signature([inspect.Parameter(name, variadic)])


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a function, without annotations and defaults; [] if a C function has no signature."""
    try:
        known = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [inspect.Parameter(x.name, x.kind) for x in known]


def formulas(function: Callable[..., Any], names: list[str]) -> Any:
    """The formula, or tuple of formulas, that a function computes; "" if it needs numbers or is too long to read."""
    try:
        found = trace_branches(function, [Symbol(name) for name in names], "it")
        entries = found if isinstance(found, tuple) else (found,)
        expressions = [None if x is None else expression_of(x) for x in entries]
    except ERRORS:
        return ""
    if not all(map(is_readable, expressions)):
        return ""
    texts = tuple([None if x is None else write(without_false(x), Formula, Formula).text for x in expressions])
    return texts if isinstance(found, tuple) else texts[0]


def without_false(expression: Any) -> Any:
    """The expression with 0 for each comparison that is never true, which represents False."""
    if type(expression) is not tuple:
        return expression
    head, *parts = expression
    return 0.0 if head == "less" and parts[0] == parts[1] else (head, *map(without_false, parts))


def is_readable(expression: Any) -> bool:
    """Whether an expression has at most MOST_PARTS parts."""
    parts = [expression]
    for part in parts:
        parts += part[1:] if type(part) is tuple else ()
        if len(parts) > MOST_PARTS:
            return False
    return True


def value_text(primitive: Primitive, names: list[str]) -> str:
    """The value as text: from its docstring, or as the formula of the value or its expansion, or from math's help."""
    function, row = primitive.value, words(primitive)
    if row.is_comparison:
        return f"{names[0]} {row.sign} {names[1]}"
    lines = [line for line in (inspect.getdoc(function) or "").splitlines() if line and "->" not in line]
    doc = next((line for line in lines if line.startswith("Return ")), lines[0] if lines else "")
    if type(function) is not FunctionType or not doc:
        formula = formulas(function, names) or formulas(primitive.expansion or function, names)
        if formula or not (doc.startswith("Return ") or getattr(function, "__module__", "") == "math"):
            return formula  # type: ignore[no-any-return]
    for own, name in zip(parameters_of(function), names):
        doc = re.sub(rf"\b{own.name}\b", name, doc)
    doc = doc.removeprefix("Return ").replace("The ", "the ").rstrip(".")
    return doc[0].lower() + doc[1:] if function.__module__ == "math" else doc
