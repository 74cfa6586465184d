"""The installed command ``scalar-autodiff``: one name for the three command lines, and completion with the Tab key."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

from ._installation import hidden_packages

if hidden := hidden_packages(("autodiff",)):  # what is imported below would fail
    sys.exit(hidden["autodiff"])

from ._files import need
from .cli import EXAMPLE, EXERCISE, SCRIPT, front_door

OVERVIEW = """\
Backpropagation step by step, in pictures, and in training:

    scalar-autodiff "(x + y) * z" x=-2 y=5 z=-4    both passes, gate by gate
    scalar-autodiff D1                    a lecture example; --list lists all
    scalar-autodiff draw D1 -o d1.svg     its graph; d1.html: to step through
    scalar-autodiff train xor             a tiny net learns XOR
    scalar-autodiff quiz 5 --ask          five questions; without --ask on paper
    scalar-autodiff quiz D.1              an exercise of the course, with hints

All options: --help after step, draw or train (those of quiz are among step's).
A first word other than step, draw, train and quiz is for step. To step through
an expression that is one of these words: scalar-autodiff step draw draw=2

    --version             print the version
    --completion SHELL    print a script for bash, zsh or fish to complete words"""
ROOMS = {"step": "autodiff", "draw": "visualize", "train": "nn", "quiz": "autodiff"}
SHELLS = ("bash", "zsh", "fish")
COMPLETE = "_ARGCOMPLETE"  # the variable by which a shell asks: the number of the first word, from 1


def dispatch(arguments: Sequence[str] | None = None) -> int:
    """Run the command line of the subcommand, or that of ``step``; return the exit status."""
    words = [*(sys.argv[1:] if arguments is None else arguments)]
    if COMPLETE in os.environ:
        return front_door(complete)
    if not words or words[0] in ("-h", "--help"):
        return front_door(lambda: tell(OVERVIEW))
    option, equals, shell = words[0].partition("=")
    if option == "--completion":
        return front_door(lambda: tell(script([shell, *words[1:]] if equals else words[1:])))
    subcommand = words.pop(0) if words[0] in ROOMS else "step"
    if subcommand == "quiz":
        words = quiz_words(words)
    status: int = importlib.import_module(f"{ROOMS[subcommand]}.__main__").main(words)
    return status


def quiz_words(words: list[str]) -> list[str]:
    """The words of a quiz as those of ``step``: 5 questions without a number, from the example whose id comes first."""
    first = words[0] if words else "-"
    if first in ("-h", "--help") or EXERCISE.fullmatch(first):
        return words
    if EXAMPLE.fullmatch(first):
        return ["--quiz", "5", "--like", *words]
    return ["--quiz", "5", *words] if first.startswith("-") else ["--quiz", *words]


def tell(text: str) -> int:
    """Print the text; the exit status is 0."""
    print(text)
    return 0


def script(words: Sequence[str]) -> str:
    """The script that makes a shell complete the words of this command; ValueError for another shell."""
    if len(words) != 1 or words[0] not in SHELLS:
        given = " ".join(words) or "nothing"
        raise ValueError(f"--completion takes one of {', '.join(SHELLS)}, got {given:.40}: {SCRIPT} --completion bash")
    need("argcomplete", "completion")
    text: str = importlib.import_module("argcomplete").shellcode([SCRIPT], shell=words[0])
    return text.strip()


def complete() -> int:
    """Answer a shell that asks how the line may go on: by the parser of its subcommand, without running it."""
    need("argcomplete", "completion")
    completion: Any = importlib.import_module("argcomplete")
    *_, words, _ = completion.split_line(os.environ["COMP_LINE"], int(os.environ["COMP_POINT"]))
    before = words[int(os.environ[COMPLETE]) :]
    subcommand = before[0] if before and before[0] in ROOMS else ""
    if subcommand:
        os.environ[COMPLETE] = str(int(os.environ[COMPLETE]) + 1)  # the subcommand is the program's name
    completion.autocomplete(parser_of(subcommand, before[1:]), always_complete_options=False)
    return 0


def parser_of(subcommand: str, before: Sequence[str]) -> argparse.ArgumentParser:
    """The parser that reads the rest of a line; its words are completed by the tables they are looked up in."""
    from .lectures import TITLES
    from .quiz import read_exercises

    command: argparse.ArgumentParser
    if subcommand == "train" and [*before[:1]] == ["names"]:
        command = importlib.import_module("nn.cli.names").names_parser("names")
        return command
    command = importlib.import_module(f"{ROOMS[subcommand or 'step']}.__main__").parser()
    words: Any = next(action for action in command._actions if action.dest in ("words", "task"))
    exercises = [exercise.id for exercise in read_exercises()]
    if subcommand == "train":
        ids = [*importlib.import_module("nn.cli.presets").PRESETS, "names", *TITLES]
    else:
        ids = {"draw": [*TITLES], "quiz": [*exercises, *TITLES]}.get(subcommand, [*TITLES, *exercises])
    first = [] if subcommand or before else [*ROOMS]
    words.completer = lambda prefix, **_: [*first, *(ids if prefix or not first else [])]
    if not subcommand:
        command.add_argument("--completion", choices=SHELLS)
    return command
