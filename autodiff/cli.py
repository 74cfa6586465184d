"""What the command lines share: exit statuses, their names, and reading an expression or an id, and its inputs."""

from __future__ import annotations

import argparse
import os
import re
import sys
import warnings
from collections import namedtuple
from collections.abc import Callable, Collection, Sequence

from .engine import Value
from .parser import ExpressionError, parse
from .parser.errors import fill_in
from .parser.tokens import RAISED, normalize, split_statements

OPTION = re.compile(r"-h|-o|-o\S+\.[a-z]+|--[a-z][a-z-]+(=.*)?", re.DOTALL)
EXAMPLE, EXERCISE = re.compile(r"[A-Ea-e][0-9]+[a-z]?"), re.compile(r"[A-Ea-e]\.[0-9]+")
SCRIPT = "scalar-autodiff"  # the installed command; its subcommands stand for the modules
COMMANDS = {"python -m autodiff": SCRIPT, "python -m visualize": f"{SCRIPT} draw", "python -m nn": f"{SCRIPT} train"}
EPILOG = "Lecture examples by id, with their titles: --list, or --list WORD for those with this word."
# A graph to show: its output, the lines that introduce it, and a note.
Subject = namedtuple("Subject", "output title note", defaults=((), ""))


def front_door(work: Callable[[], int], said: Callable[[str], str] = str) -> int:
    """Run a command and return its exit status: 2 after an error, printed as ``said`` words it, 130 after ctrl-C."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed, or there is no console
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(nowhere, "r" if name == "stdin" else "w", closefd=False))  # noqa: SIM115
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace"), (sys.stderr, "replace")):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=errors)  # an old console must not stop the program
    try:
        status = work()
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print()
        return 130
    except (ValueError, OSError, ImportError) as error:
        try:
            sys.stdout.flush()
        except OSError:  # the output is closed: flushing the rest would make Python fail on exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader, such as head, has seen enough
            return 0
        nameless = isinstance(error, OSError) and error.errno and error.filename is None  # the output, not a file
        message = said(f"the output cannot be written: {error}" if nameless else str(error))
        print(spell(message), file=sys.stderr)
        return 2


def spell(text: str) -> str:
    """The text, with commands spelled as the user's own: by the script's name if that was typed."""
    if os.path.basename(sys.argv[0]) == SCRIPT:
        for module, name in COMMANDS.items():
            text = text.replace(module, name)
    return text


def shield(arguments: Sequence[str]) -> list[str]:
    """Put a space before an expression such as -log(x), so that argparse does not take it for an option."""
    return [f" {word}" if word.startswith("-") and not OPTION.fullmatch(word) else word for word in arguments]


def file_name(text: str) -> str:
    """The name of a file, without the space that shields a name such as -f.svg."""
    return text.removeprefix(" ") if text.startswith(" -") else text


def decimal_places(text: str) -> int:
    """Read a number of decimal places, for argparse."""
    if not text.strip().isdecimal() or int(text) > 17:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 17, got {text.strip()!r:.40}")
    return int(text)


def refuse_idle(chosen: argparse.Namespace, plain: argparse.Namespace, used: Collection[str], why: str) -> None:
    """Raise ValueError, naming them, if words or options were given that would have no effect."""
    idle = [name for name, given in vars(chosen).items() if name not in used and given != getattr(plain, name)]
    spelled = {"words": " ".join(getattr(chosen, "words", ())).strip(), "file": "-o"}
    if idle:
        names = [f"{spelled[name]:.60}" if name in spelled else f"--{name.replace('_', '-')}" for name in idle]
        raise ValueError(f"{why} leave out {', '.join(names)}")


def say(*notes: str) -> None:
    """Print notes to stderr, apart from the answer."""
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


def read_subjects(words: Sequence[str]) -> tuple[list[Subject], list[str]]:
    """Read the graph of an expression, or of each part of a lecture example, and notes; ValueError for other words."""
    texts, inputs = split_words(words)
    if not texts:
        raise ValueError(f'the expression is missing: python -m autodiff "(x + y) * z" {" ".join(words)}')
    if len(texts) > 1:
        raise ValueError(stray_advice(texts))
    text = texts[0].strip()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        is_id = EXAMPLE.fullmatch(text) and text not in inputs
        subjects = lecture(text, inputs) if is_id else [Subject(record(text, inputs))]
    notes = [str(warning.message) for warning in caught]
    small = [name for name in (word.partition("=")[0].strip() for word in words) if name != normalize(name) in inputs]
    return subjects, notes + [f"names take plain digits: {name} is read as {normalize(name)}" for name in small]


def record(text: str, inputs: dict[str, float]) -> Value:
    """Record the graph of the text; an error gives its correction as a command."""
    try:
        return parse(text, **inputs)
    except ExpressionError as error:
        if error.missing:
            command = " ".join([f'python -m autodiff "{text}"', *fill_in(inputs, error.missing)])
            raise ValueError(str(error).removesuffix(error.correction) + command) from None
        raise


def lecture(id: str, inputs: dict[str, float]) -> list[Subject]:
    """Every part of a lecture example, with the inputs given instead of its own."""
    from .lectures import find

    subjects = []
    for example in find(id):
        title = [f"{example.id}: {example.title} ({example.lecture})", *wrap_statements(example.text)]
        own = [] if inputs else [f"     for {example.given}"]
        subjects.append(Subject(parse(example.text, **{**example.inputs, **inputs}), [*title, *own], example.note))
    return subjects


def demonstration(words: Sequence[str]) -> str:
    """The id of a lecture's example that is shown by ``nn``, being no formula, if the words are that; otherwise ""."""
    if len(words) != 1 or not EXAMPLE.fullmatch(id := words[0].strip()):
        return ""
    from .lectures import EXAMPLES, TITLES, whole

    return id.upper() if id.upper() in {*TITLES} - {whole(name) for name in EXAMPLES} else ""


def list_examples(words: Sequence[str]) -> str:
    """The ids and titles of the lectures' examples that have these words in their id, title or lecture."""
    from .lectures import LECTURES, search_titles

    wanted = " ".join(words)
    found = search_titles(wanted)
    if not found:
        raise ValueError(f"no id, title or lecture has {wanted!r:.40}: --list alone lists all examples")
    lines = []
    for letter, name in LECTURES.items():
        rows = [f"  {id:<4} {title}" for id, title in found if id[0] == letter]
        lines += [f"{letter}  {name}", *rows] if rows else []
    return "\n".join(lines)


def wrap_statements(text: str) -> list[str]:
    """Wrap statements into indented lines of at most 80 columns; a longer statement has its own line."""
    first, *others = text.split("; ")
    lines = [f"     {first}"]
    for statement in others:
        if len(lines[-1]) + len(statement) + 3 > 80:
            lines.append(f"     {statement}")
        else:
            lines[-1] += f"; {statement}"
    return lines


def split_words(words: Sequence[str]) -> tuple[list[str], dict[str, float]]:
    """Split words into those that are not inputs, and the inputs."""
    texts: list[str] = []
    inputs: dict[str, float] = {}
    for word in words:
        name, equals, number = (part.strip() for part in word.partition("="))
        name = name if re.search(f"[{RAISED}]", name) else normalize(name)
        value = read_number(number) if equals and name.isidentifier() else None
        if value is None:
            texts.append(word)
        elif name in inputs:
            raise ValueError(f"{name} is given twice: {name}={inputs[name]!r} and {word}")
        else:
            inputs[name] = value
    return texts, inputs


def read_number(text: str) -> float | None:
    """Read a number such as -4, 1/3 or pi; None for any other text."""
    if re.search(r"[=;\n]", text):
        return None
    try:
        return parse(text).data
    except ExpressionError as error:
        if "too large" in str(error):
            raise ValueError(f"{text:.40} is too large for a float64: write inf or -inf if you mean it") from None
        return None


def stray_advice(texts: Sequence[str]) -> str:
    """Advice for words that are neither the expression nor inputs."""
    word = texts[1].strip()
    spaced = re.search(r"(?:^| )([^\W\d]\w*) ?= ?([-+\w.]+)$", " ".join(texts[1:]).replace("  ", " "))
    if spaced and spaced[0].strip() not in texts:
        return f"write an input without spaces: {spaced[1]}={spaced[2]}"
    name, equals, number = (part.strip() for part in word.partition("="))
    if equals and name.isidentifier():
        if not number:
            return f"{name}= has no number: write {name}=2, for example"
        return f"{word:.60}: write one number after =, got {number!r:.40}"
    if os.path.exists(word):
        return 'the shell replaces * by file names: put the expression in double quotes, "x * y"'
    try:
        list(split_statements(" ".join(texts)))
    except ExpressionError:
        return f"{word:.60} is not an input: write a name, = and a number, such as x=2"
    return f'the expression must be one word: put it in double quotes, "{" ".join(texts):.200}"'
