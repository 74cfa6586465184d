"""A Program as the text of a function, of one row or of many rows, in Python; other languages override."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...formula import Formula
from ...vocabulary import ATOM, COMPARISON, PRODUCT, SUM, words
from ..ir import LISTED, SUMS, Line, Place, Program, index, is_slice, name_of, written

VECTOR = ATOM + 1  # the strength of a whole slice, which only sums take
CHOICE = COMPARISON - 1  # that of a if c else b
LONGEST = 100  # operands of one sum written with +; parsers nest every + one deeper


class Code(Formula):
    """A Formula as Python reads it with guarded functions, and the statements around it."""

    __slots__ = ()
    choice = "{} if {} else {}"

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
            return cls.reduced(name, parts)
        if row.is_comparison or (row.sign and row.sign in "+-*") or (name == "div" and cls.divides(parts[1])):
            return super().write(name, parts)
        # A function may give back what it is given, and that is to be a float: where(c, x, 0.0).
        return cls.call(name, [part.text if part.number is None else repr(part.number) for part in parts]), ATOM

    @classmethod
    def call(cls, name: str, texts: list[str]) -> str:
        """The call of a function."""
        return f"{name}({', '.join(texts)})"

    @classmethod
    def divides(cls, divisor: Formula) -> bool:
        """Whether ``/`` may be written: in Python, by a number that is not 0."""
        return bool(divisor.number)

    @classmethod
    def numeric(cls, name: str, parts: list[Formula]) -> list[Formula]:
        """The parts, with 1.0 * (a > b) for a comparison unless it is a condition or multiplied already."""
        strengths = [part.strength for part in parts]
        if name == "where" and strengths[1:] != [COMPARISON, COMPARISON]:
            return parts
        bare = strengths.index(COMPARISON) if name in ("mul", "where") and COMPARISON in strengths else None
        return [part if i == bare else cls.number_of(part) for i, part in enumerate(parts)]

    @classmethod
    def number_of(cls, part: Formula) -> Formula:
        return cls(f"1.0 * ({part.text})", PRODUCT) if part.strength == COMPARISON else part

    @classmethod
    def reduced(cls, name: str, parts: list[Formula]) -> tuple[str, int]:
        """A sum, written out where it is short: b + w0 * x0 + w1 * x1, added left to right."""
        n = len(parts) // 2 if name == "dot" else len(parts)
        if name in LISTED or n > LONGEST or n == 0 or parts[0].strength == VECTOR:
            lists = [parts[:n], parts[n:-1]] if name == "dot" else [parts]
            rest = [parts[-1].text] if name == "dot" else []
            return cls.call(name, [*map(cls.sequence, lists), *rest]), ATOM
        if name == "sum":
            terms = parts
        else:
            terms = [parts[-1], *[cls(*cls.write("mul", [w, x])) for w, x in zip(parts[:n], parts[n:])]]
        first, *others = [term.inside(SUM if i == 0 else PRODUCT) for i, term in enumerate(terms)]
        return " + ".join([first, *others]), SUM if others else terms[0].strength

    @classmethod
    def sequence(cls, parts: list[Formula]) -> str:
        """One slice as it is, several numbers as a list."""
        if len(parts) == 1 and parts[0].strength == VECTOR:
            return parts[0].text
        return f"[{', '.join(part.text for part in parts)}]"

    @classmethod
    def slice(cls, array: str, start: str, stop: str) -> str:
        return f"{array}[{start}:{stop}]"

    @classmethod
    def place(cls, x: Any, vector: bool) -> Formula:
        """A name, an element, or a slice: whole, or its element i."""
        if type(x) is str:
            return cls(x)
        if is_slice(x) and vector:
            return cls(cls.slice(x.array, index(x), index(x, x.length or 0)), VECTOR)
        return cls(f"{x.array}[{index(x, element=is_slice(x))}]")

    # --- Statements ----------------------------------------------------------------------------

    comment = "# "

    @classmethod
    def statement(cls, line: Line, adding: Iterable[Any] = ()) -> str:
        """The line for one element of its target, in repetition r; targets in ``adding`` are only added to."""
        vector = not is_slice(line.target)
        text = cls.number_of(written(line.expression, cls, lambda x: cls.place(x, vector))).text
        if type(line.expression) is float:
            text = repr(line.expression)
        return cls.assigned(line.target, text, line.adds or name_of(line.target) in adding)

    @classmethod
    def assigned(cls, target: Any, text: str, adds: bool = False) -> str:
        return f"{cls.place(target, False)} {'+=' if adds else '='} {text}"

    @classmethod
    def block(cls, head: str, lines: Iterable[str]) -> list[str]:
        """Lines that belong to a head, set in."""
        return [f"{head}:", *["    " + line for line in lines]]

    @classmethod
    def function(cls, name: str, arguments: list[str], lines: list[str]) -> str:
        return "\n".join(cls.block(f"def {name}({', '.join(arguments)})", lines))

    @classmethod
    def repeated(cls, variable: str, count: int, lines: list[str]) -> list[str]:
        return cls.block(f"for {variable} in range({count})", lines)

    @classmethod
    def for_each(cls, item: str, items: str, lines: list[str]) -> list[str]:
        return cls.block(f"for {item} in {items}", lines)

    @classmethod
    def unpacked(cls, names: str, text: str) -> str:
        return f"{names} = {text}"

    @classmethod
    def zeros(cls, array: str, size: int) -> str:
        return f"{array} = [0.0] * {size}"

    @classmethod
    def tuple(cls, texts: list[str]) -> str:
        return f"({', '.join(texts)}{',' * (len(texts) == 1)})"

    @classmethod
    def appended(cls, items: str, texts: list[str]) -> str:
        return f"{items}.append({texts[0] if len(texts) == 1 else cls.tuple(texts)})"

    @classmethod
    def returned(cls, texts: list[str]) -> str:
        return f"return {', '.join(texts)}"


class Notation(Code):
    """Expressions as one reads them, slices as a whole: dot(w[0:3], x[0:3]) + w[3]."""

    __slots__ = ()
    choice = ""  # a function is: where(z[0:3] > 0, grad_h[0:3], 0.0)

    @classmethod
    def expression(cls, expression: Any) -> str:
        return cls.number_of(written(expression, cls, lambda x: cls(str(x), VECTOR if is_slice(x) else ATOM))).text

    @classmethod
    def reduced(cls, name: str, parts: list[Formula]) -> tuple[str, int]:
        if name == "dot" and parts[0].strength == VECTOR:
            return f"{name}({parts[0]}, {parts[1]}) + {parts[2].inside(PRODUCT)}", SUM
        return super().reduced(name, parts)


def text(program: Program, name: str = "f", language: type[Code] = Code) -> str:
    """The program as a function of one row: ``f(inputs..., parameters...)``.

    It returns the outputs (a single one as it is), then, where any were asked for, the tuple of
    the gradients to the inputs and the tuple of the gradients to the parameters.
    """
    arguments = [x for places in (program.inputs, program.parameters) for x in signature(program, places)]
    lines = [language.zeros(*array) for array in inner_arrays(program).items()]
    parts = program.lines[: program.forward], program.lines[program.forward :]
    for comment, part in zip(("forward", "backward"), parts):
        if part:
            lines += [language.comment + comment, *body(part, language)]
    lines.append(language.returned(results(program, program.parameter_gradients, language)))
    return language.function(name, arguments, lines)


def places(program: Program) -> list[int]:
    """For each line of a program without loops, which line of its text in Python it is."""
    before = 1 + len(inner_arrays(program)) + bool(program.forward)  # the head, and a comment
    return [before + k + (k >= program.forward) for k in range(len(program.lines))]


def rows_text(program: Program, name: str = "f", language: type[Code] = Code) -> str:
    """The program as a function of many rows: ``f(rows, parameters)``.

    It returns the list of what each row gives (the outputs, and the gradients to the inputs where
    asked for), and the sums over the rows of the gradients to the parameters.
    """
    gradients = given(program.parameter_gradients)
    totals = dict.fromkeys(name_of(x) for x in gradients if type(x) is not float)
    inner = [array for array in inner_arrays(program).items() if array[0] not in totals]
    loop = [language.zeros(*array) for array in inner] + body(program.lines, language, totals)
    loop.append(language.appended("results", results(program, (), language)))
    lines = [language.unpacked(vector(program, program.parameters, language), "parameters")]
    lines = lines if program.parameters else []
    for total in totals:
        size = program.arrays.get(total)
        lines.append(language.zeros(total, size) if size else language.assigned(total, "0.0"))
    lines += [language.unpacked("results", "[]")]
    lines += language.for_each(vector(program, program.inputs, language), "rows", loop)
    lines.append(language.returned(["results", vector(program, gradients, language)]))
    return language.function(name, ["rows", "parameters"], lines)


def body(lines: Iterable[Line], language: type[Code], adding: Iterable[Any] = ()) -> list[str]:
    """The lines as statements; targets in ``adding`` are added to, never assigned."""
    statements = []
    for line in lines:
        block = [language.statement(line, adding)]
        if is_slice(line.target):
            block = language.repeated("i", line.target.length, block)  # type: ignore[union-attr, arg-type]
        statements += language.repeated("r", line.repeat, block) if line.repeat > 1 else block
    return statements


# --- What goes in and out ------------------------------------------------------------------------


def given(places: Sequence[Any]) -> list[Any]:
    """The places that are there (gradients that were not asked for are None)."""
    return [x for x in places if x is not None]


def whole(program: Program, places: Sequence[Any]) -> str | None:
    """The array that the places are, all of it and in order; None where they are not one."""
    name = places[0].array if places and type(places[0]) is Place else None
    if name and program.arrays[name] == len(places) and all(x == Place(name, i) for i, x in enumerate(places)):
        return str(name)
    return None


def inner_arrays(program: Program) -> dict[str, int]:
    """The arrays that the program itself makes, and their sizes."""
    outer = {name_of(x) for x in (*program.inputs, *program.parameters)}
    return {name: size for name, size in program.arrays.items() if name not in outer}


def signature(program: Program, places: Sequence[Any]) -> list[str]:
    """The arguments that bring these places: the array that they are, or each name."""
    array = whole(program, places)
    return [array] if array else [str(x) for x in places]


def vector(program: Program, places: Sequence[Any], language: type[Code]) -> str:
    """The array that the places are, or a tuple of them."""
    return whole(program, places) or language.tuple([single(x, language) for x in places])


def single(x: Any, language: type[Code]) -> str:
    return repr(x) if type(x) is float else language.place(x, False).text


def results(program: Program, parameter_gradients: Sequence[Any], language: type[Code]) -> list[str]:
    """The texts of what is returned: outputs, gradients to the inputs, gradients to the parameters."""
    outputs = program.outputs
    texts = [single(outputs[0], language) if len(outputs) == 1 else vector(program, outputs, language)]
    gradients = given(program.input_gradients), given(parameter_gradients)
    return texts + [vector(program, places, language) for places in gradients if places]


def notation(line: Line) -> str:
    """The line as one reads it: ``z[r] = dot(w[0:3], x[0:3]) + w[3]  for r in range(2)``."""
    again = f"  for r in range({line.repeat})" if line.repeat > 1 else ""
    return f"{line.target} {'+=' if line.adds else '='} {Notation.expression(line.expression)}{again}"


Line.__str__ = notation  # type: ignore[method-assign, assignment]
Program.__str__ = text  # type: ignore[method-assign, assignment] # what is printed is what runs
