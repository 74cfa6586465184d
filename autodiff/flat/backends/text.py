"""A Program as the text of a function, of one row or of many, in Python; other languages override."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...formula import Formula
from ...vocabulary import ATOM, COMPARISON, PRODUCT, SUM, words
from ..ir import LISTED, SUMS, Line, Program, write
from ..lowering import lower as lower

CHOICE = COMPARISON - 1  # the strength of a if c else b
LONGEST = 100  # operands of a sum written with +, at most: every + nests the parser one deeper


class PythonCode(Formula):
    """A Formula as Python code with guarded functions, and the statements around it."""

    __slots__ = ()
    choice, comment = "{} if {} else {}", "# "
    opens, indent = ":", "    "  # of a block
    closes: Sequence[str] = ()
    head, loop, unpacks, appends, returns = "def {}({})", "for {} in {}", "{} = {}", "{}.append({})", "return {}"
    assigns, adds = "{} = {}", "{} += {}"

    @staticmethod
    def spell(x: float) -> str:
        text = repr(x)
        return text if text == "-0.0" else text.removesuffix(".0")  # -0 would be an int, which has no sign

    @classmethod
    def write(cls, name: str, parts: list[Formula]) -> tuple[str, int]:
        if name == "where" and parts[0].strength == COMPARISON and cls.choice:
            a, b = [cls.number_of(part) for part in parts[1:]]
            sides = [repr(x.number) if x.number is not None else x.inside(COMPARISON + 1) for x in (a, b)]
            return cls.choice.format(sides[0], parts[0].text, sides[1]), CHOICE
        parts = cls.numeric(name, parts)
        row = words(name)
        if name in SUMS:
            return cls.write_sum(name, parts)
        if row.is_comparison or (row.sign and row.sign in "+-*") or (name == "div" and cls.divides(parts[1])):
            return super().write(name, parts)
        # A function may return an operand, which must be a float: where(c, x, 0.0).
        return cls.call(name, [part.text if part.number is None else repr(part.number) for part in parts]), ATOM

    @classmethod
    def call(cls, name: str, texts: list[str]) -> str:
        """A call of a function."""
        return f"{name}({', '.join(texts)})"

    @classmethod
    def divides(cls, divisor: Formula) -> bool:
        """Whether ``/`` is safe: in Python, for a number other than 0."""
        return bool(divisor.number)

    @classmethod
    def numeric(cls, name: str, parts: list[Formula]) -> list[Formula]:
        """The parts, with 1.0 * (a > b) for a comparison that is neither a condition nor a factor."""
        strengths = [part.strength for part in parts]
        if name == "where" and strengths[1:] != [COMPARISON, COMPARISON]:
            return parts
        bare = strengths.index(COMPARISON) if name in ("mul", "where") and COMPARISON in strengths else None
        return [part if i == bare else cls.number_of(part) for i, part in enumerate(parts)]

    @classmethod
    def number_of(cls, part: Formula) -> Formula:
        return cls(f"1.0 * ({part.text})", PRODUCT) if part.strength == COMPARISON else part

    @classmethod
    def write_sum(cls, name: str, parts: list[Formula]) -> tuple[str, int]:
        """A sum, written out if it is short: b + w0 * x0 + w1 * x1, added left to right."""
        n = len(parts) // 2 if name == "dot" else len(parts)
        if name in LISTED or n > LONGEST or n == 0:
            lists = [parts[:n], parts[n:-1]] if name == "dot" else [parts]
            rest = [parts[-1].text] if name == "dot" else []
            return cls.call(name, [*[f"[{', '.join([x.text for x in each])}]" for each in lists], *rest]), ATOM
        if name == "sum":
            terms = parts
        else:
            terms = [parts[-1], *[cls(*cls.write("mul", [w, x])) for w, x in zip(parts[:n], parts[n:])]]
        first, *others = [term.inside(SUM if i == 0 else PRODUCT) for i, term in enumerate(terms)]
        return " + ".join([first, *others]), SUM if others else terms[0].strength

    # --- Statements ----------------------------------------------------------------------------

    @classmethod
    def statement(cls, line: Line, adding: Iterable[Any] = ()) -> str:
        """The line; targets in ``adding`` are never assigned, only added to."""
        number = type(line.expression) is float
        text = repr(line.expression) if number else cls.number_of(write(line.expression, cls, cls)).text
        return (cls.adds if line.adds or line.target in adding else cls.assigns).format(line.target, text)

    @classmethod
    def block(cls, head: str, lines: Iterable[str]) -> list[str]:
        """A head and its indented lines."""
        return [head + cls.opens, *[cls.indent + line for line in lines], *cls.closes]

    @classmethod
    def function(cls, name: str, arguments: list[str], lines: list[str]) -> str:
        return "\n".join(cls.block(cls.head.format(name, ", ".join(arguments)), lines))

    @classmethod
    def for_each(cls, item: str, items: str, lines: list[str], totals: Iterable[str] = ()) -> list[str]:
        """Lines for each item, which add to ``totals``."""
        return cls.block(cls.loop.format(item, items), lines)

    @classmethod
    def tuple(cls, texts: list[str], in_return: bool = False) -> str:
        """A tuple; Python needs no parentheses ``in_return``."""
        return ", ".join(texts) if in_return else f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"

    @classmethod
    def one_of(cls, texts: list[str], in_return: bool = False) -> str:
        """A single text as it is, several as a tuple."""
        return texts[0] if len(texts) == 1 else cls.tuple(texts, in_return)


def write_function(program: Program, name: str = "f", language: type[PythonCode] = PythonCode) -> str:
    """The program as a function of one row: ``f(inputs..., parameters...)``.

    It returns the outputs (a single one as it is), then the tuples of requested gradients to inputs and to parameters.
    """
    if type(program) is not Program:
        kind = type(program).__name__
        raise TypeError(f"only a Program becomes a function of one row, got {kind}: write lower(..., roll=False)")
    lines, parts = [], (program.lines[: program.forward], program.lines[program.forward :])
    for comment, part in zip(("forward", "backward"), parts):
        if part:
            lines += [language.comment + comment, *map(language.statement, part)]
    found = results(program, program.parameter_gradients, language)
    lines.append(language.returns.format(language.one_of(found, True)))
    return language.function(name, [*program.inputs, *program.parameters], lines)


def places(program: Program) -> list[int]:
    """The line number in the Python text for each line of a program, from 0."""
    before = 1 + bool(program.forward)  # the head, and a comment
    return [before + k + (k >= program.forward) for k in range(len(program.lines))]


def write_rows_function(program: Program, name: str = "f", language: type[PythonCode] = PythonCode) -> str:
    """The program as a function of many rows: ``f(rows, parameters)``.

    It returns the list of results by row (outputs, and requested gradients to inputs), and the sums over the rows of
    the gradients to the parameters.
    """
    gradients = without_none(program.parameter_gradients)
    totals = dict.fromkeys(x for x in gradients if type(x) is not float)
    loop = [language.statement(line, totals) for line in program.lines]
    loop.append(language.appends.format("results", language.one_of(results(program, (), language))))
    names = [vector(program.parameters, language)] if program.parameters else []
    lines = [language.unpacks.format(x, "parameters") for x in names]
    lines += [language.assigns.format(total, "0.0") for total in totals]
    lines += [language.unpacks.format("results", "[]")]
    lines += language.for_each(vector(program.inputs, language), "rows", loop, totals)
    lines.append(language.returns.format(language.tuple(["results", vector(gradients, language)], True)))
    return language.function(name, ["rows", "parameters"], lines)


def without_none(places: Sequence[Any]) -> list[Any]:
    """The requested gradients; the others are None."""
    return [x for x in places if x is not None]


def vector(numbers: Sequence[Any], language: type[PythonCode]) -> str:
    """A tuple of names, numbers and expressions."""
    return language.tuple([result_text(x, language) for x in numbers])


def result_text(x: Any, language: type[PythonCode]) -> str:
    return repr(x) if type(x) is float else language.number_of(write(x, language, language)).text


def results(program: Program, parameter_gradients: Sequence[Any], language: type[PythonCode]) -> list[str]:
    """The texts of the results: outputs, gradients to inputs, gradients to parameters."""
    (first, *others), gradients = program.outputs or (None,), (program.input_gradients, parameter_gradients)
    outputs = result_text(first, language) if program.outputs and not others else vector(program.outputs, language)
    return [outputs, *[vector(numbers, language) for numbers in map(without_none, gradients) if numbers]]


Line.__str__ = lambda line: PythonCode.statement(line)  # type: ignore[method-assign, arg-type]
Program.__str__ = write_function  # type: ignore[method-assign, assignment] # what is printed is what runs
