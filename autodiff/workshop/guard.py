"""Runs a student's code: whatever it does, it ends within seconds, with a result or with a sentence."""

from __future__ import annotations

import builtins
import dis
import linecache
import os
import re
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from functools import lru_cache
from io import TextIOBase
from time import monotonic, process_time
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
PATIENCE = 2.0  # times as long, by the clock, where the processor does something else


class Trouble(Exception):
    """What is wrong, as a sentence for the student."""


class TimeUp(BaseException):
    """Raised in a student's code that runs too long; code that swallows it is stopped again."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def __del__(self) -> None:
        if self.watch.active:
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
        self.end, self.latest = monotonic() + seconds, monotonic() + PATIENCE * seconds
        self.busy = process_time() + seconds
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
        loops = shortest_loop(frame.f_code)
        frame.f_trace_opcodes = loops == 0  # while True: pass, a jump to itself, has no line events
        return None if loops is None else self.line

    def line(self, frame: FrameType, event: str, _: Any) -> Any:
        self.look()
        return self.line

    def look(self) -> None:
        if self.active and monotonic() > self.end:
            if process_time() < self.busy and monotonic() < self.latest:
                self.end = monotonic() + 0.1  # the machine is busy with something else
                return
            raise TimeUp(self)  # under no name, which would keep it alive


@lru_cache(maxsize=1000)
def is_ours(file: str) -> bool:
    """Whether a file belongs to this package or to Python's library, not to the student."""
    return file.startswith((PACKAGE, LIBRARY, "<frozen")) and "site-packages" not in file.removeprefix(PACKAGE)


@lru_cache(maxsize=1000)
def shortest_loop(code: CodeType) -> int | None:
    """How far the shortest jump back leads, 0 for one to itself; None without a loop."""
    jumps = {*dis.hasjrel, *dis.hasjabs}
    found = [i.offset - i.argval for i in dis.get_instructions(code) if i.opcode in jumps and i.argval <= i.offset]
    return min(found, default=None)


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
        vars(builtins).update(names)
        raise Trouble(describe_error(error)) from None
    finally:
        watch.active = False
        vars(builtins).update(names)
        sys.setrecursionlimit(limit)


def is_endless(frames: list[FrameType]) -> bool:
    """Whether the last calls of a function got the same objects, so that they cannot end."""
    last = [frame.f_locals for frame in frames[-4:-1]]  # the very last may not have begun
    names = frames[-1].f_code.co_varnames[: frames[-1].f_code.co_argcount]
    return len(last) == 3 and all(x.get(name) is last[0].get(name) for x in last for name in names)


def describe_error(error: BaseException) -> str:
    """What happened, in which method and line, in one sentence."""
    own = asked = ""
    calls: dict[CodeType, list[FrameType]] = {}
    for frame, line in traceback.walk_tb(error.__traceback__):  # may be very long
        file = frame.f_code.co_filename
        if file == PROBE:
            asked = f"{linecache.getline(file, line).strip()}: "
        elif not is_ours(file):
            if not (own and isinstance(error, RecursionError) and line == frame.f_code.co_firstlineno):  # not begun
                own, at, last = frame.f_code.co_name, line, file
            calls.setdefault(frame.f_code, []).append(frame)
    place = ""
    if own:
        text = linecache.getline(last, at).strip()
        place = f"{own}, line {at}{f' ({text:.80})' if text else ''}"
    if isinstance(error, TimeUp):
        slow = "does it end? (If it does: to look through a long list each time is slow, a set is fast.)"
        return f"{asked}still running after some seconds, in {place or 'a loop'}: {slow}"
    if isinstance(error, RecursionError):
        why = "use a loop and a list, not recursion"
        if any(is_endless(frames) for frames in calls.values()):
            why = "it comes back to itself with the same inputs, again and again"
        return f"{asked}too many calls inside one another, in {place or 'a call'}: {why}"
    said = str(error)
    text = f"{type(error).__name__}{f': {said:.200}' if said else ''}"
    counts = re.search(r"takes (\d+) positional arguments? but (\d+) w", said)
    if said == "name 'self' is not defined" or (counts and int(counts[1]) + 1 == int(counts[2])):
        text += " (is self the first parameter?)"
    return f"{asked}{place} raised {text}" if place else f"{asked}raised {text}"
