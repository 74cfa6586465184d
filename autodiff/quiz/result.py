"""Result codes: a page sums up a quiz in a code to hand in, and this reads it."""

from __future__ import annotations

import re
from typing import NamedTuple

CODE = re.compile(r"(AD1~([^~]*)~([1-5])~(\d*)~(\d+(?:\.5)?)~(\d+)~([^~]*))~([0-9a-f]{8})", re.IGNORECASE)


class Result(NamedTuple):
    """The contents of a code: example, level, seed of the numbers, marks, number of questions, name.

    Levels: 1 product, 2 local gradient, 3 which rule, 4 whole node, 5 all inputs. Seed 0 means the example's own
    numbers, None typed ones. A quiz that starts in the middle has fewer questions.
    """

    example: str
    level: int
    seed: int | None
    marks: float
    questions: int
    name: str


def checksum(text: str) -> str:
    """The 32-bit FNV-1a hash of a text without its spaces, in UTF-8, as eight hexadecimal digits."""
    total = 0x811C9DC5
    for byte in "".join(text.split()).encode():
        total = (total ^ byte) * 0x01000193 % 2**32
    return f"{total:08x}"


def read_result(code: str) -> Result:
    """Read a page's result code; ValueError if it is not a code, or was mistyped or changed.

    The checksum finds slips, not cheats: anyone who reads this function or the page can write a valid code.

    >>> read_result("AD1~D1~2~0~3.5~4~Ada~33abbf20")
    Result(example='D1', level=2, seed=0, marks=3.5, questions=4, name='Ada')
    """
    found = CODE.fullmatch(re.sub(r" ?~ ?", "~", " ".join(code.split())))
    if not found:
        raise ValueError(f"a result code looks like AD1~D1~2~0~3.5~4~Ada~33abbf20, got {code!r:.300}")
    text, example, level, seed, marks, questions, name, digest = found.groups()
    if digest.lower() != checksum(text) or float(marks) > int(questions):
        raise ValueError(f"this result code was mistyped or changed: its checksum does not match, got {code!r:.300}")
    return Result(example, int(level), int(seed) if seed else None, float(marks), int(questions), name)
