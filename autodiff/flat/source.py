"""A Program as Python text, and that text run.

The text is the lecture's flat code; what it calls is the ``value`` column of the table of primitives.
``linecache`` knows the text, so tracebacks and debuggers show the flat line.
"""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable
from typing import Any

from ..primitives import INF, NAN, PRIMITIVES
from .program import Program
from .writer import rows_text, text

number = itertools.count(1)


def function(program: Program) -> Callable[..., Any]:
    """The program as a function of one row, ``f(inputs..., parameters...)``: see ``text``."""
    return run(text(program))


def rows_function(program: Program) -> Callable[..., Any]:
    """The program as a function of many rows, ``f(rows, parameters)``: see ``rows_text``."""
    return run(rows_text(program))


def run(code: str, name: str = "f") -> Callable[..., Any]:
    """The function that a text defines, with the guarded functions of the table in its reach."""
    filename = f"<flat code {next(number)}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {row.name: row.value for row in PRIMITIVES.values()}
    total, weighted_sum, log_sum_exp = (PRIMITIVES[name].value for name in ("sum", "dot", "logsumexp"))
    namespace["sum"] = lambda terms: total(*terms)
    namespace["dot"] = lambda weights, inputs, bias: weighted_sum(*weights, *inputs, bias)
    namespace["logsumexp"] = lambda terms: log_sum_exp(*terms)
    namespace |= {"inf": INF, "nan": NAN}
    exec(compile(code, filename, "exec"), namespace)
    return namespace[name]  # type: ignore[no-any-return]
