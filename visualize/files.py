"""Files that are whole or absent: written under another name in the same folder, then renamed."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection


def suffix(path: str | os.PathLike[str], known: Collection[str]) -> str:
    """The path's ending such as ".svg"; ValueError for one that is not known."""
    ending = os.path.splitext(os.fspath(path))[1].lower()
    if ending not in known:
        said = f"the ending {ending!r} is" if ending else "a name without an ending is"
        raise ValueError(f"cannot save {os.fspath(path)!r}: {said} no format; known are {', '.join(known)}")
    return ending


def write(path: str | os.PathLike[str], content: bytes) -> str:
    """Write the file and return its path; what was there before stays until the new file is complete.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    OSError
        If the file cannot be written, as on a full disk or in a read-only folder.
    """
    wanted = os.fspath(path)
    target = os.path.realpath(wanted)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"cannot save {wanted!r}: there is no folder {folder!r}")
    if os.path.isdir(target):
        raise IsADirectoryError(f"cannot save {wanted!r}: that is a folder")
    if os.path.exists(target) and not os.path.isfile(target):
        raise OSError(f"cannot save {wanted!r}: that is no regular file")  # a device would be gone
    temporary = os.path.join(folder, f".{os.getpid()}-{os.urandom(4).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
        if os.path.exists(target):
            os.chmod(temporary, os.stat(target).st_mode & 0o777)
        os.replace(temporary, target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, wanted) from error  # the name that the caller knows
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)
    return wanted
