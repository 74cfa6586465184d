"""Atomic writes of files and folders, and packages that may be missing."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any


__all__ = ["OUTPUT", "PAGES", "destination", "finite", "need", "new_folder", "suffix", "write"]

PAGES = (".html", ".htm")  # extensions of a page
OUTPUT = ("-", "/dev/stdout")  # names of the standard output


def suffix(path: str | os.PathLike[str], known: Collection[str]) -> str:
    """The path's extension, such as ".svg" (for the standard output, the first known); ValueError if unknown."""
    if os.fspath(path) in OUTPUT:
        return next(iter(known))
    extension = os.path.splitext(os.fspath(path))[1].lower()
    if extension not in known:
        why = f"unknown extension {extension!r:.40}" if extension else "the name has no extension"
        raise ValueError(f"cannot save {os.fspath(path)!r:.300}: {why}; write one of {', '.join(known)}")
    return extension


def destination(path: str | os.PathLike[str]) -> str:
    """The path to write to, with ``~`` and links resolved; OSError or ValueError if it cannot be written."""
    wanted = os.fspath(path)
    if wanted in OUTPUT:
        return wanted
    try:
        wanted = os.path.expanduser(wanted)
        with suppress(OSError):  # usually the file does not exist yet; writing reports all other problems
            os.lstat(wanted)
    except ValueError as error:  # a zero byte or a lone surrogate
        raise ValueError(f"cannot save {wanted!r:.300}: not a valid file name") from error
    target = os.path.realpath(wanted)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"cannot save {wanted!r:.300}: there is no folder {folder!r:.300}")
    for refused, kind, why in (
        (os.path.islink(target), OSError, "it is a link to itself"),
        (os.path.isdir(target), IsADirectoryError, "it is a folder"),
        (os.path.exists(target) and not os.path.isfile(target), OSError, "it is not a regular file"),
    ):
        if refused:
            raise kind(f"cannot save {wanted!r:.300}: {why}")
    return target


def write(path: str | os.PathLike[str], content: bytes) -> str:
    """Write the file atomically ("-": to standard output) and return its path; OSError or ValueError on failure."""
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
        raise OSError(error.errno, error.strerror, wanted) from error  # named as the caller wrote it
    finally:  # also after ctrl-C
        if os.path.exists(temporary):
            os.remove(temporary)
    return wanted


@contextmanager
def new_folder(path: str | os.PathLike[str], what: str) -> Iterator[str]:
    """A folder to fill that gets this path at the end, or is removed after an error; ``what`` is meant to be in it.

    FileExistsError if there is something in a folder of that path.
    """
    import shutil  # takes as long to import as all of autodiff

    target = os.path.realpath(os.path.expanduser(path))
    if os.path.lexists(target) and not (os.path.isdir(target) and not os.listdir(target)):
        raise FileExistsError(f"cannot write {what} to {os.fspath(path)!r:.300}: it exists; choose a new folder")
    if not os.path.isdir(os.path.dirname(target)):
        raise FileNotFoundError(f"cannot write {what}: there is no folder {os.path.dirname(target)!r:.300}")
    temporary = f"{target}.{os.getpid()}-{os.urandom(4).hex()}.tmp"
    os.mkdir(temporary)
    try:
        yield temporary
        if os.path.isdir(target):  # empty; Windows replaces no folder
            os.rmdir(target)
        os.rename(temporary, target)
    finally:  # also after ctrl-C
        shutil.rmtree(temporary, ignore_errors=True)


def finite(x: Any) -> Any:
    """The data with inf and nan as strings, because JSON does not have them."""
    if isinstance(x, dict):
        return {key: finite(member) for key, member in x.items()}
    if isinstance(x, (list, tuple)):
        return [finite(member) for member in x]
    return repr(x) if isinstance(x, float) and x - x != 0.0 else x


def need(package: str, what: str) -> None:
    """Import the package; an ImportError says what needs it and how to install it."""
    try:
        __import__(package)
    except ImportError as error:
        message = f"{what} needs the package {package}: pip install {package} ({error})"
        raise ImportError(message, name=package) from None
