"""my_value.py: a student's engine as a file, written by ``keep`` and read by ``start``."""

from __future__ import annotations
import __future__

import ast
import dis
import inspect
import linecache
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from .._files import write
from .checks import ARGUMENTS, examine
from .guard import Trouble, attempt
from .solution import make_engine, read_steps

FILE = "my_value.py"
OPENING = '"""My own engine, written by keep(): import it, read it, change it."""\n'


def start(step: int) -> Any:
    """The engine to begin a step with: that of my_value.py in this folder if it is right so far, else the workshop's.

    For step 8 it is ``Value, Neuron, Layer, MLP``. One printed line says which engine it is, and why.

    >>> from autodiff.workshop import start
    >>> Value = start(3)
    no my_value.py in this folder: this is the workshop's own engine as far as step 2
    """
    last = len(read_steps())
    if isinstance(step, bool) or step not in range(2, last + 1):
        raise ValueError(f"start takes a step, 2 to {last}, got {step!r:.40}: in step 1 you write the class")
    names, why = load(Path(FILE), step)
    if why:
        names = make_engine(step - 1)
        print(f"{why}: this is the workshop's own engine as far as step {step - 1}")
    else:
        print(f"{FILE}: this is your own engine, right as far as step {step - 1}")
    wanted = [names[name] for name in (ARGUMENTS[7] if step == 8 else ARGUMENTS[1])]
    return tuple(wanted) if step == 8 else wanted[0]


def load(path: Path, step: int) -> tuple[dict[str, Any], str]:
    """What the file defines, and why it does not do for the step, or ""."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, f"no {FILE} in this folder"
    except (OSError, UnicodeDecodeError) as error:
        return {}, f"{FILE} cannot be read ({error})"
    try:
        names = attempt(execute, text, str(path.resolve()))
    except Trouble as trouble:
        return {}, f"{FILE}: {trouble}"
    for number in range(1, step):
        if number == 6 or (number == 2 and step > 4):  # not needed: the gradient check; local, if backward is right
            continue
        lost = [name for name in ARGUMENTS[number] if not isinstance(names.get(name), type)]
        if lost:
            return {}, f"{FILE} has no class {lost[0]}"
        report = examine(number, *(names[name] for name in ARGUMENTS[number]))
        if not report:
            return {}, f"{FILE}: step {number} has {report.passed} of {report.of}"
    return names, ""


def execute(text: str, file: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "my_value"}
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec", dont_inherit=True), names)
    return names


def keep(*written: Any) -> None:
    """Write my_value.py, a file to import: these classes and functions, with the methods of ``add_to`` inside.

    Imports, constants and functions of yours that they use come along. The file is replaced as a whole.
    """
    if not written or not all(isinstance(x, (type, FunctionType)) for x in written):
        odd = next((x for x in written if not isinstance(x, (type, FunctionType))), None)
        raise TypeError(f"keep takes classes and functions, as in keep(Value), got {odd!r:.60}")
    writer = Writer(written)
    text = writer.text()
    try:
        attempt(execute, text, FILE)
    except Trouble as trouble:
        raise ValueError(f"keep() wrote nothing, since the file could not be imported: {trouble}") from None
    write(FILE, text.encode())
    lost = f"; it uses, but does not have, {', '.join(writer.lost)}" if writer.lost else ""
    print(f"{FILE}: {', '.join(described_part(x) for x in written)}{lost}")


def described_part(x: Any) -> str:
    count = sum(isinstance(member, FunctionType) for member in vars(x).values()) if isinstance(x, type) else 0
    return f"{x.__name__} with {count} method{'s' * (count != 1)}" if count else x.__name__


class Writer:
    """The text of a file that defines these classes and functions, and all of the student's that they use."""

    def __init__(self, written: tuple[Any, ...]) -> None:
        self.imports: dict[str, None] = {}
        self.constants: dict[str, str] = {}
        self.parts: dict[str, str] = {}
        self.lost: dict[str, None] = {}  # what is used and cannot be written
        for x in written:
            self.add(x.__name__, x)

    def text(self) -> str:
        head = [
            *(f"{x}\n" for x in sorted(self.imports, key=lambda x: ("__future__" not in x, x))),
            *(f"{name} = {x}\n" for name, x in self.constants.items()),
        ]
        return OPENING + "\n" * bool(head) + "".join(head) + "".join(f"\n\n{x}\n" for x in self.parts.values())

    def add(self, name: str, x: Any) -> None:
        """Add what a name means, with all that it uses."""
        if name in self.parts or name in self.constants or name == "add_to":
            return
        if isinstance(x, ModuleType):
            short = x.__name__ == name
            self.imports[f"import {x.__name__}" if short else f"import {x.__name__} as {name}"] = None
        elif is_from_library(x):
            as_name = "" if x.__name__ == name else f" as {name}"
            self.imports[f"from {x.__module__} import {x.__name__}{as_name}"] = None
        elif isinstance(x, (type, FunctionType)):
            self.parts[name] = ""  # it may use itself
            text, used = class_source(x) if isinstance(x, type) else (source_of(x), [x])
            own = [inspect.unwrap(function) for function in used]
            if any(function.__code__.co_flags & __future__.annotations.compiler_flag for function in own):
                self.imports["from __future__ import annotations"] = None
            places = [function.__globals__ for function in own]  # methods may come from my_value.py and a notebook
            places = places or [getattr(sys.modules.get(x.__module__), "__dict__", {})]
            for other in names_used(text):
                if meanings := [known[other] for known in places if other in known]:
                    self.add(other, meanings[0])
            del self.parts[name]  # after what it uses
            self.parts[name] = text
        elif isinstance(x, float) and x - x != 0.0:
            self.constants[name] = f"float({str(x)!r})"
        elif is_literal(x):
            self.constants[name] = repr(x)
        else:
            self.lost[name] = None


def is_from_library(x: Any) -> bool:
    """Whether a function or class comes from an installed module rather than from the student."""
    module = getattr(x, "__module__", None)
    if not isinstance(getattr(x, "__name__", None), str) or module in (None, "__main__", "builtins", "my_value"):
        return False
    function = (
        x
        if isinstance(x, FunctionType)
        else next((m for m in vars(x).values() if isinstance(m, FunctionType)), None)
        if isinstance(x, type)
        else None
    )
    return function is None or (function.__globals__.get("__name__") == module and "__file__" in function.__globals__)


def is_literal(x: Any) -> bool:
    """Whether Python can read back what it writes for x: a number, a text, or a list, dict and so on of them."""
    try:
        return bool(ast.literal_eval(repr(x)) == x)
    except (ValueError, SyntaxError):
        return False


def names_used(text: str) -> Iterator[str]:
    """The global names that a text uses, in methods, decorators, bases, defaults and annotations."""
    try:
        codes = [compile(text, FILE, "exec", dont_inherit=True)]
    except SyntaxError:
        first = text.splitlines()[0]
        raise ValueError(f"keep() cannot move the lines of {first!r:.60}: indent long texts like the code") from None
    for code in codes:
        codes += [x for x in code.co_consts if isinstance(x, type(code))]
        names = [i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")]
        yield from (name for name in names if not name.startswith("__"))  # such as __name__, of a class's module


def source_of(function: Any) -> str:
    """The source of a function, without the line ``@add_to(...)``; ValueError if there is none."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        name = getattr(function, "__qualname__", repr(function))
        raise ValueError(
            f"keep needs the source of {name}, which Python does not have: define it in a notebook's cell or in a file"
        ) from None
    lines = text.rstrip().splitlines()
    return "\n".join(line for line in lines if not line.startswith(("@add_to(", "@workshop.add_to(")))


def class_source(cls: type) -> tuple[str, list[FunctionType]]:
    """The class with all its methods in one body, and its functions.

    The statement of the class is found by one of its methods, since notebooks have no source of a class.
    """
    members = {key: getattr(x, "__func__", getattr(x, "fget", None) or x) for key, x in vars(cls).items()}
    functions = {key: x for key, x in members.items() if isinstance(x, FunctionType)}
    statement, lines = find_statement(cls, functions)
    bases = ", ".join([base.__name__ for base in cls.__bases__ if base is not object])
    head, body = f"class {cls.__name__}{f'({bases})' if bases else ''}:", []
    named: dict[int, str] = {}
    if statement:
        first = statement.body[0].lineno - 1 - len(getattr(statement.body[0], "decorator_list", ()))
        begin = min([statement.lineno, *(x.lineno for x in statement.decorator_list)]) - 1
        head = "\n".join(textwrap.dedent("\n".join(lines[begin:first])).splitlines()).rstrip()
        for part in statement.body:
            name = getattr(part, "name", None)
            if isinstance(part, ast.FunctionDef) and name not in vars(cls):
                continue
            start_line = min([part.lineno, *(x.lineno for x in getattr(part, "decorator_list", ()))])
            text = textwrap.dedent("\n".join(lines[start_line - 1 : part.end_lineno]))
            if isinstance(part, ast.FunctionDef) and name in functions and not is_at(functions[name], part):
                text = source_of(functions[name])  # replaced by add_to
            is_alias = isinstance(part, ast.Assign) and isinstance(part.value, ast.Name) and part.value.id in functions
            if not is_alias and text.strip() not in ("...", "pass"):
                body.append(text)
            if isinstance(part, ast.FunctionDef) and name in functions:
                named[id(functions[name])] = name
    else:  # no method is as it was
        numbers = {key: x for key, x in vars(cls).items() if not key.startswith("__") and is_literal(x)}
        if numbers:
            body.append("\n".join([f"{key} = {x!r}" for key, x in numbers.items()]))
    for key, function in functions.items():
        if id(function) not in named and function.__name__ == key and (lines_of := try_source(function, statement)):
            body.append(lines_of)
            named[id(function)] = key
    for key, function in functions.items():
        if named.get(id(function), key) != key:
            body.append(f"{key} = {named[id(function)]}")
    text = "\n\n".join(textwrap.indent(part, "    ") for part in body) or "    pass"
    return f"{head}\n{text}", [*functions.values()]


def try_source(function: FunctionType, statement: Any) -> str:
    """A method's source; "" for one that a decorator of the class made, such as dataclass."""
    made = inspect.unwrap(function).__code__.co_filename == "<string>"
    if statement is not None and statement.decorator_list and made:
        return ""
    return source_of(function)


def is_at(function: FunctionType, part: ast.FunctionDef) -> bool:
    """Whether the function comes from this statement."""
    first = function.__code__.co_firstlineno
    return min([part.lineno, *(x.lineno for x in part.decorator_list)]) <= first <= part.lineno


def find_statement(cls: type, functions: dict[str, FunctionType]) -> tuple[ast.ClassDef | None, list[str]]:
    """The class's own statement and the lines of its file, found by a method that is still as it was there."""
    for function in functions.values():
        if function.__qualname__ != f"{cls.__qualname__}.{function.__name__}":
            continue
        lines = [line.rstrip("\n") for line in linecache.getlines(function.__code__.co_filename)]
        for node in ast.walk(ast.parse("\n".join(lines))) if lines else ():
            if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
                defined = [x for x in node.body if isinstance(x, ast.FunctionDef) and x.name == function.__name__]
                if any(is_at(function, x) for x in defined):
                    return node, lines
    return None, []
