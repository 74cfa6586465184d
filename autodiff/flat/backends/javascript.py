"""A Program as a JavaScript function, for the web page.

``runtime()`` is a closed core, once per page; ``definitions`` writes functions for gates outside it.

>>> from autodiff import variables
>>> from autodiff.flat import javascript, lower
>>> x, y = variables(x=2, y=3)
>>> print(javascript.text(lower(x * y)))
function f(x, y) {
  // forward
  let f = x * y;
  // backward
  let grad_f = 1.0;
  let grad_x = grad_f * y;
  let grad_y = grad_f * x;
  return [f, [grad_x, grad_y]];
}
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cache, lru_cache
from hashlib import sha256
from inspect import signature
from pathlib import Path

from ...formula import Formula
from ...primitives import BUILT_IN, Primitive, Slope
from ...tracing import Unsupported
from ...vocabulary import COMPARISON, INFIX, words
from ..expansion import instructions
from ..ir import ROWS, Program, primitive_of, row_mean, subexpressions
from ..passes import inline
from . import text as writer
from .text import PythonCode


@cache
def runtime() -> str:
    """The functions of the core, which come first on a page."""
    return Path(__file__).with_name("runtime.js").read_text(encoding="utf-8")


MATH = {"exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "tanh", "abs"}  # Math has the same names
MATH |= {"log2", "log10", "asin", "acos", "atan", "atan2", "hypot", "sinh", "cosh", "asinh", "acosh", "atanh", "floor"}
RUNTIME = set(re.findall(r"^const (\w+) = \(", runtime(), re.MULTILINE))  # those of runtime.js
JS_CORE = frozenset({*MATH, *RUNTIME, *INFIX, "neg"} - {"mod", "floor_div"})  # its % is fmod
LONG = 100  # characters of a part that is not written inside another one


class JavaScript(PythonCode):
    """A Formula, and the statements around it, as JavaScript code."""

    __slots__ = ()
    choice, comment = "{1} ? {0} : {2}", "// "
    opens, indent = " {", "  "
    closes = ("}",)
    head, loop, unpacks = "function {}({})", "for (const {} of {})", "const {} = {};"
    assigns, adds, appends, returns = "let {} = {};", "{} += {};", "{}.push({});", "return {};"

    @classmethod
    def call(cls, name: str, texts: list[str]) -> str:
        primitive = primitive_of(name)
        if primitive in BUILT_IN and name in JS_CORE:
            return super().call(f"Math.{name}" if name in MATH else name, texts)
        return super().call(definition(primitive, len(texts))[0], texts)

    @classmethod
    def divides(cls, divisor: Formula) -> bool:
        return True  # in JavaScript every division has an answer

    @classmethod
    def tuple(cls, texts: list[str], in_return: bool = False) -> str:
        return f"[{', '.join(texts)}]"


@lru_cache(maxsize=2000)
def definition(primitive: Primitive, count: int) -> tuple[str, str]:
    """(Name, text) of the function for a gate outside the core; a $ and a hash make users' names unique."""
    if primitive is row_mean:
        raise Unsupported("JavaScript runs row after row: it cannot compute the mean over all")
    try:
        code, place = instructions(primitive, count, JS_CORE, "JavaScript")
    except Unsupported as error:
        what, advice = f"value of {primitive.name}", "give the gate expansion=, the same value in"
        if type(primitive) is Slope:
            what, advice = f"rule of {primitive.of[0].name}", "write it with"
        raise Unsupported(
            f"JavaScript cannot compute the {what}, which is not made of simpler gates: {advice} autodiff's functions"
        ) from error
    operands = [JavaScript(f"x{i}") for i in range(count)]
    results, lines = list(operands), []
    uses = Counter(x for _, read in code for x in read if type(x) is not float)
    for i, (operation, read) in enumerate(code, count):
        result = JavaScript.record(operation, [x if type(x) is float else results[x] for x in read])
        if len(result.text) > LONG or (uses[i] > 1 and result.strength != COMPARISON):
            lines.append(f"const t{i} = {JavaScript.number_of(result)};")
            result = JavaScript(f"t{i}")
        results.append(result)  # type: ignore[arg-type]
    answer = JavaScript.number_of(JavaScript.of(place if type(place) is float else results[place]))
    lines = JavaScript.block(f"({', '.join(map(str, operands))}) =>", [*lines, JavaScript.returns.format(answer.text)])
    text = "\n".join(lines)
    if primitive in BUILT_IN:
        return primitive.name, f"const {primitive.name} = {text};"
    name = f"{re.sub(r'[^A-Za-z_]', '_', primitive.name[:20])}${sha256(text.encode()).hexdigest()[:8]}"
    return name, f"const {name} = {text};"


def definitions(programs: Iterable[Program]) -> list[str]:
    """The functions that the texts of these programs call besides ``runtime()``, in any order."""
    parts = [part for program in programs for line in program.lines for part in subexpressions(line.expression)]
    gates = dict.fromkeys((primitive_of(head), len(operands)) for head, *operands in parts)
    outside = [(p, count) for p, count in gates if not (p in BUILT_IN and p.name in JS_CORE)]
    return list(dict.fromkeys(definition(primitive, count)[1] for primitive, count in outside))


def table(names: Collection[str] = ROWS) -> list[str]:
    """The functions of these gates outside the core, and the object VALUES: functions of numbers by gate."""
    functions, entries = [], []
    for name in [name for name in ROWS if name in names]:
        primitive = ROWS[name]
        rule = signature(primitive.local_gradients)
        operands, listed = [f"x{i}" for i in range(len(rule.parameters) - 1)], words(name).takes_list
        if words(name).is_comparison:
            operands = ["a", "b"]
        elif "*" in str(rule):
            operands = ["...x"]
        if name == "dot":
            value = "dot(x.slice(0, x.length >> 1), x.slice(x.length >> 1, -1), x.at(-1))"
        elif operands == ["...x"]:
            value = f"{name}({'x' if listed and name != 'take' else '...x'})"
        else:
            functions += [] if name in JS_CORE else [definition(primitive, len(operands))[1]]
            value = JavaScript.number_of(JavaScript.of(JavaScript.record(primitive, [*map(JavaScript, operands)]))).text
        entries.append(f"{name}: ({', '.join(operands)}) => {value}")
    return [*functions, f"export const VALUES = {{ {', '.join(entries)} }};"]


def text(program: Program, name: str = "f", short: bool = False) -> str:
    """The program as a function of one row: ``f(inputs..., parameters...)``, as in Python; it needs ``definitions``.

    With ``short``, numbers that are read once have no line of their own.
    """
    return writer.write_function(inline(program) if short else program, name, JavaScript)


def rows_text(program: Program, name: str = "f") -> str:
    """The program as a function ``f(rows, parameters)`` of many rows, as in Python; it needs ``definitions``."""
    return writer.write_rows_function(program, name, JavaScript)
