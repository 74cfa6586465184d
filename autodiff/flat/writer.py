"""A Program as the text of a function, of one row or of many rows, in any language that Code knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .code import Code, name_of
from .program import Line, Place, Program, is_slice


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
