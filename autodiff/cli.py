"""What the front doors share: how they end, and what is given: an expression or an example's id, and numbers."""

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
from .parser.errors import filled
from .parser.tokens import RAISED, plain, statements

OPTION = re.compile(r"-h|-o|-o\S+\.[a-z]+|--[a-z][a-z-]+(=.*)?", re.DOTALL)
EXAMPLE = re.compile(r"[A-Ea-e][0-9]+[a-z]?")
# One graph that was asked for: its output, the lines that introduce it, and what there is to note.
Subject = namedtuple("Subject", "output title note", defaults=((), ""))


def front_door(work: Callable[[], int], said: Callable[[str], str] = str) -> int:
    """Run a command and return its exit status: 2 after an error, which ``said`` words, 130 after ctrl-C."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed, or a program without a console
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(nowhere, "r" if name == "stdin" else "w", closefd=False))  # noqa: SIM115
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace"), (sys.stderr, "replace")):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=errors)  # what an old console cannot show must not stop anything
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
        except OSError:  # the output takes no more: what is left would make Python fail at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # whoever was reading, head perhaps, has seen enough
            return 0
        nameless = isinstance(error, OSError) and error.errno and error.filename is None  # no file but the output
        print(said(f"the output cannot be written: {error}" if nameless else str(error)), file=sys.stderr)
        return 2


def shielded(arguments: Sequence[str]) -> list[str]:
    """The arguments, with a space before an expression such as -log(x), lest argparse take it for an option."""
    return [f" {word}" if word.startswith("-") and not OPTION.fullmatch(word) else word for word in arguments]


def file_name(text: str) -> str:
    """A file's name as it was given, without the space that shields a name such as -f.svg."""
    return text.removeprefix(" ") if text.startswith(" -") else text


def places(text: str) -> int:
    """A number of places after the point."""
    if not text.strip().isdecimal() or int(text) > 17:
        raise argparse.ArgumentTypeError(f"takes a whole number from 0 to 17, got {text.strip()!r:.40}")
    return int(text)


def refuse_idle(chosen: argparse.Namespace, plain: argparse.Namespace, used: Collection[str], why: str) -> None:
    """Raise ValueError naming the words and options that were given but would have no effect."""
    idle = [name for name, given in vars(chosen).items() if name not in used and given != getattr(plain, name)]
    spelled = {"words": " ".join(getattr(chosen, "words", ())).strip(), "file": "-o"}
    if idle:
        names = [f"{spelled[name]:.60}" if name in spelled else f"--{name.replace('_', '-')}" for name in idle]
        raise ValueError(f"{why} leave out {', '.join(names)}")


def say(*notes: str) -> None:
    """Print notes to stderr, apart from the answer."""
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


def read(words: Sequence[str]) -> tuple[list[Subject], list[str]]:
    """The graph of an expression, or of each part of a lecture example, and notes; ValueError for other words."""
    texts, inputs = divided(words)
    if not texts:
        raise ValueError(f'the expression is missing: python -m autodiff "(x + y) * z" {" ".join(words)}')
    if len(texts) > 1:
        raise ValueError(stray(texts))
    text = texts[0].strip()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        is_id = EXAMPLE.fullmatch(text) and text not in inputs
        subjects = lecture(text, inputs) if is_id else [Subject(recorded(text, inputs))]
    notes = [str(warning.message) for warning in caught]
    small = [name for name in (word.partition("=")[0].strip() for word in words) if name != plain(name) in inputs]
    return subjects, notes + [f"names have no small digits: {name} is written {plain(name)}" for name in small]


def recorded(text: str, inputs: dict[str, float]) -> Value:
    """The graph of the text; an error words its correction as a command."""
    try:
        return parse(text, **inputs)
    except ExpressionError as error:
        if error.missing:
            command = " ".join([f'python -m autodiff "{text}"', *filled(inputs, error.missing)])
            raise ValueError(str(error).removesuffix(error.correction) + command) from None
        raise


def lecture(id: str, inputs: dict[str, float]) -> list[Subject]:
    """Every part of a lecture example, with some of its numbers replaced."""
    from .lectures import find

    subjects = []
    for example in find(id):
        title = [f"{example.id}: {example.title} ({example.lecture})", *in_lines(example.text)]
        subjects.append(Subject(parse(example.text, **{**example.inputs, **inputs}), title, example.note))
    return subjects


def examples() -> str:
    """The ids of the lectures' examples, for the help of a front door."""
    from .lectures import EXAMPLES

    return f"Examples of the lectures: {', '.join(EXAMPLES)}."


def in_lines(text: str) -> list[str]:
    """Statements in indented lines of at most 80 columns, as far as a statement allows."""
    first, *others = text.split("; ")
    lines = [f"     {first}"]
    for statement in others:
        if len(lines[-1]) + len(statement) + 3 > 80:
            lines.append(f"     {statement}")
        else:
            lines[-1] += f"; {statement}"
    return lines


def divided(words: Sequence[str]) -> tuple[list[str], dict[str, float]]:
    """(the words that are not inputs, the inputs)."""
    texts: list[str] = []
    inputs: dict[str, float] = {}
    for word in words:
        name, equals, number = (part.strip() for part in word.partition("="))
        name = name if re.search(f"[{RAISED}]", name) else plain(name)
        value = constant(number) if equals and name.isidentifier() else None
        if value is None:
            texts.append(word)
        elif name in inputs:
            raise ValueError(f"{name} is given twice: {name}={inputs[name]!r} and {word}")
        else:
            inputs[name] = value
    return texts, inputs


def constant(text: str) -> float | None:
    """The number that a text such as -4, 1/3 or pi stands for; None for any other text."""
    if re.search(r"[=;\n]", text):
        return None
    try:
        return parse(text).data
    except ExpressionError as error:
        if "too large" in str(error):
            raise ValueError(f"{text:.40} is too large for a float64: write inf or -inf if you mean that") from None
        return None


def stray(texts: Sequence[str]) -> str:
    """What to do about words that are neither the expression nor inputs."""
    word = texts[1].strip()
    spaced = re.search(r"(?:^| )([^\W\d]\w*) ?= ?([-+\w.]+)$", " ".join(texts[1:]).replace("  ", " "))
    if spaced and spaced[0].strip() not in texts:
        return f"an input has no spaces in it: write {spaced[1]}={spaced[2]}"
    name, equals, number = (part.strip() for part in word.partition("="))
    if equals and name.isidentifier():
        if not number:
            return f"{name}= has no number: write {name}=2, say"
        return f"{word:.60}: after = stands one number, got {number!r:.40}"
    if os.path.exists(word):
        return 'the shell puts file names in place of *: put the expression in double quotes, "x * y"'
    try:
        list(statements(" ".join(texts)))
    except ExpressionError:
        return f"{word:.60} is no input: an input is a name, = and a number, such as x=2"
    return f'the expression must be one word: put it in double quotes, "{" ".join(texts):.200}"'


def hidden_packages() -> dict[str, str]:
    """A note for each of this distribution's packages that a file in the working directory hides."""
    here, home = os.path.realpath(sys.path[0]), os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    notes = {}
    for name in ("autodiff", "nn", "visualize"):
        for file in (os.path.join(here, f"{name}.py"), os.path.join(here, name, "__init__.py")):
            if here != home and os.path.isfile(file):
                notes[name] = f"{file} hides the installed package {name}: give it another name"
    return notes
