"""Files written whole or not at all, and packages that may be missing."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any


__all__ = ["OUTPUT", "PAGES", "destination", "finite", "need", "suffix", "write"]

PAGES = (".html", ".htm")  # the endings of a page
OUTPUT = ("-", "/dev/stdout")  # names of the standard output


def suffix(path: str | os.PathLike[str], known: Collection[str]) -> str:
    """The path's ending, such as ".svg" (of the standard output, the first known); ValueError for an unknown one."""
    if os.fspath(path) in OUTPUT:
        return next(iter(known))
    ending = os.path.splitext(os.fspath(path))[1].lower()
    if ending not in known:
        said = f"the ending {ending!r:.40} is" if ending else "a name without an ending is"
        raise ValueError(f"cannot save {os.fspath(path)!r:.300}: {said} no format; known are {', '.join(known)}")
    return ending


def destination(path: str | os.PathLike[str]) -> str:
    """The path to write a file to, ``~`` and links resolved; OSError or ValueError if it cannot be written."""
    wanted = os.fspath(path)
    if wanted in OUTPUT:
        return wanted
    try:
        wanted = os.path.expanduser(wanted)
        with suppress(OSError):  # mostly that it is not there yet; what else there is shows when it is written
            os.lstat(wanted)
    except ValueError as error:  # a zero byte, half a character
        raise ValueError(f"cannot save {wanted!r:.300}: no file has such a name") from error
    target = os.path.realpath(wanted)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"cannot save {wanted!r:.300}: there is no folder {folder!r:.300}")
    for refused, kind, why in (
        (os.path.islink(target), OSError, "that is a link to itself"),
        (os.path.isdir(target), IsADirectoryError, "that is a folder"),
        (os.path.exists(target) and not os.path.isfile(target), OSError, "that is no regular file"),
    ):
        if refused:
            raise kind(f"cannot save {wanted!r:.300}: {why}")
    return target


def write(path: str | os.PathLike[str], content: bytes) -> str:
    """Write the file ("-": standard output) in one step and return its path; OSError or ValueError if that fails."""
    target = destination(path)
    wanted = os.path.expanduser(path)
    if wanted in OUTPUT:
        sys.stdout.flush()
        if hasattr(sys.stdout, "buffer"):
            sys.stdout.buffer.write(content)
        else:
            sys.stdout.write(content.decode())
        return wanted
    temporary = os.path.join(os.path.dirname(target), f".{os.getpid()}-{os.urandom(4).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
        if os.path.exists(target):
            os.chmod(temporary, os.stat(target).st_mode & 0o777)
        os.replace(temporary, target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, wanted) from error  # the name that the caller knows
    finally:  # after ctrl-C too
        if os.path.exists(temporary):
            os.remove(temporary)
    return wanted


def finite(x: Any) -> Any:
    """The data with inf and nan as strings, since JSON has no such numbers."""
    if isinstance(x, dict):
        return {key: finite(member) for key, member in x.items()}
    if isinstance(x, (list, tuple)):
        return [finite(member) for member in x]
    return repr(x) if isinstance(x, float) and x - x != 0.0 else x


def need(package: str, what: str) -> None:
    """Import the package; the ImportError says what needs it and how to install it."""
    try:
        __import__(package)
    except ImportError as error:
        message = f"{what} needs the package {package}: pip install {package} ({error})"
        raise ImportError(message, name=package) from None
