"""A Program as a JavaScript function, for the web page.

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
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..expression import Formula
from . import writer
from .code import Code
from .program import Program


def runtime() -> str:
    """The functions that the texts call, to be put before them once."""
    return Path(__file__).with_name("runtime.js").read_text(encoding="utf-8")


MATH = {"exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "tanh", "abs"}  # by these names in Math
MATH |= {"log2", "log10", "asin", "acos", "atan", "atan2", "hypot", "sinh", "cosh", "asinh", "acosh", "atanh", "floor"}
FUNCTIONS = set(re.findall(r"^const (\w+) = \(", runtime(), re.MULTILINE))  # those of runtime.js


class JavaScript(Code):
    """A Formula, and the statements around it, as JavaScript reads them."""

    __slots__ = ()
    choice = "{1} ? {0} : {2}"
    comment = "// "

    @classmethod
    def call(cls, name: str, texts: list[str]) -> str:
        if name not in MATH | FUNCTIONS:
            raise ValueError(
                f"the primitive {name!r} has no spelling in JavaScript: known are {sorted(MATH | FUNCTIONS)}"
            )
        return f"{'Math.' if name in MATH else ''}{name}({', '.join(texts)})"

    @classmethod
    def divides(cls, divisor: Formula) -> bool:
        return True  # in JavaScript every division has an answer

    @classmethod
    def slice(cls, array: str, start: str, stop: str) -> str:
        return f"{array}.slice({start}, {stop})"

    @classmethod
    def assigned(cls, target: Any, text: str, adds: bool = False) -> str:
        new = type(target) is str and not adds
        return f"{'let ' if new else ''}{super().assigned(target, text, adds)};"

    @classmethod
    def block(cls, head: str, lines: Iterable[str]) -> list[str]:
        return [f"{head} {{", *["  " + line for line in lines], "}"]

    @classmethod
    def function(cls, name: str, arguments: list[str], lines: list[str]) -> str:
        return "\n".join(cls.block(f"function {name}({', '.join(arguments)})", lines))

    @classmethod
    def repeated(cls, variable: str, count: int, lines: list[str]) -> list[str]:
        return cls.block(f"for (let {variable} = 0; {variable} < {count}; {variable}++)", lines)

    @classmethod
    def for_each(cls, item: str, items: str, lines: list[str]) -> list[str]:
        return cls.block(f"for (const {item} of {items})", lines)

    @classmethod
    def unpacked(cls, names: str, text: str) -> str:
        return f"const {names} = {text};"

    @classmethod
    def zeros(cls, array: str, size: int) -> str:
        return f"const {array} = new Float64Array({size});"

    @classmethod
    def tuple(cls, texts: list[str]) -> str:
        return f"[{', '.join(texts)}]"

    @classmethod
    def appended(cls, items: str, texts: list[str]) -> str:
        return f"{items}.push({texts[0] if len(texts) == 1 else cls.tuple(texts)});"

    @classmethod
    def returned(cls, texts: list[str]) -> str:
        return f"return {texts[0] if len(texts) == 1 else cls.tuple(texts)};"


def text(program: Program, name: str = "f") -> str:
    """The program as a function of one row: ``f(inputs..., parameters...)``, as in Python; it needs ``runtime()``."""
    return writer.text(program, name, JavaScript)


def rows_text(program: Program, name: str = "f") -> str:
    """The program as a function ``f(rows, parameters)`` of many rows, as in Python; it needs ``runtime()``."""
    return writer.rows_text(program, name, JavaScript)
