"""Runs a student's code: whatever it does, it ends within seconds, with a result or with a sentence."""

from __future__ import annotations

import builtins
import dis
import linecache
import os
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from functools import lru_cache
from io import TextIOBase
from time import monotonic
from types import CodeType, FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")

PACKAGE = os.path.dirname(os.path.dirname(__file__))
LIBRARY = os.path.dirname(os.__file__)
PROBE = "<probe>"  # the file name of expressions that checks execute
SECONDS = 3.0


class Trouble(Exception):
    """What is wrong, as a sentence for the student."""


class TimeUp(BaseException):
    """Raised in a student's code that runs too long; code that swallows it is stopped again."""

    watch: Watch | None = None

    def __del__(self) -> None:
        if self.watch and self.watch.active:
            self.watch.arm(sys._getframe(1))


class Sink(TextIOBase):
    """Takes what a student's code prints."""

    def write(self, text: str) -> int:
        return len(text)


class Watch:
    """Stops code after some seconds, from inside: a trace function looks at the clock.

    Signals exist neither on Windows nor in threads, and Pyodide has neither signals nor threads; a trace function works
    everywhere. Only calls, and code with a loop, are traced. A single call of C code cannot be stopped.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self.end = seconds, monotonic() + seconds
        self.active, self.before = False, sys.gettrace()

    def __enter__(self) -> Watch:
        self.active = True
        sys.settrace(self.called)
        return self

    def __exit__(self, *_: object) -> None:
        self.active = False
        sys.settrace(self.before)

    def arm(self, frame: FrameType | None) -> None:
        """Watch again, in these frames, too: Python drops a trace function that raises."""
        sys.settrace(self.called)
        while frame:
            if not is_ours(frame.f_code.co_filename):
                frame.f_trace, frame.f_trace_opcodes = self.line, True
            frame = frame.f_back

    def called(self, frame: FrameType, event: str, _: Any) -> Any:
        if is_ours(frame.f_code.co_filename):
            return None
        self.look()
        frame.f_trace_opcodes = has_loop(frame.f_code)  # a loop in one line, while True: pass, has no line events
        return self.line if frame.f_trace_opcodes else None

    def line(self, frame: FrameType, event: str, _: Any) -> Any:
        self.look()
        return self.line

    def look(self) -> None:
        if self.active and monotonic() > self.end:
            error = TimeUp()
            error.watch = self
            raise error


@lru_cache(maxsize=1000)
def is_ours(file: str) -> bool:
    """Whether a file belongs to this package or to Python's library, not to the student."""
    return file.startswith((PACKAGE, LIBRARY, "<frozen")) and "site-packages" not in file.removeprefix(PACKAGE)


@lru_cache(maxsize=1000)
def has_loop(code: CodeType) -> bool:
    """Whether any jump of the code leads back."""
    jumps = {*dis.hasjrel, *dis.hasjabs}
    return any(i.opcode in jumps and i.argval <= i.offset for i in dis.get_instructions(code))


def attempt(function: Callable[..., T], *args: Any, seconds: float = SECONDS) -> T:
    """The result of a function which runs a student's code; Trouble, a sentence, for all that goes wrong in it."""
    names, limit = dict(vars(builtins)), sys.getrecursionlimit()
    watch = Watch(seconds)
    try:
        with redirect_stdout(Sink()), redirect_stderr(Sink()), watch:
            return function(*args)
    except Trouble:
        raise
    except (Exception, TimeUp, SystemExit) as error:  # a student's code may raise anything; it is told, with its line
        watch.active = False
        raise Trouble(describe_error(error, seconds)) from None
    finally:
        watch.active = False
        vars(builtins).update(names)
        sys.setrecursionlimit(limit)


def describe_error(error: BaseException, seconds: float = SECONDS) -> str:
    """What happened, in which method and line, in one sentence."""
    frames = [x for x in traceback.extract_tb(error.__traceback__) if not is_ours(x.filename)]
    own = [x for x in frames if x.filename != PROBE]
    place = f"{own[-1].name}, line {own[-1].lineno}" if own else ""
    if own and (line := linecache.getline(own[-1].filename, own[-1].lineno or 0).strip()):
        place += f" ({line:.80})"
    asked = next((f"{x.line}: " for x in frames if x.filename == PROBE and x.line), "")
    if isinstance(error, TimeUp):
        return f"{asked}still running after {seconds:.0f} seconds, in {place or 'a loop'}: does it end?"
    if isinstance(error, RecursionError):
        return f"{asked}too many calls inside one another, in {place or 'a call'}: use a loop and a list, not recursion"
    said = str(error)
    text = f"{type(error).__name__}{f': {said:.200}' if said else ''}"
    return f"{asked}{place} raised {text}" if place else f"{asked}raised {text}"
