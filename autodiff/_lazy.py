"""Names of a package whose modules are imported when one of them is first used."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

__all__ = ["lazily"]

OPTIONAL = ("numpy", "jax")  # packages that a module in a room imports at its head


def lazily(
    package: str, rooms: Mapping[str, str], more: Mapping[str, Any] | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The package's ``__getattr__`` and ``__dir__``; ``rooms`` has the names in each module, ``more`` further ones."""
    space, home = vars(sys.modules[package]), {name: room for room, names in rooms.items() for name in names.split()}

    def find(name: str) -> Any:
        if name in home:
            try:
                space[name] = getattr(__import__(f"{package}.{home[name]}", fromlist=[name]), name)
            except ModuleNotFoundError as error:
                if error.name not in OPTIONAL:
                    raise
                raise ImportError(f"{name} needs the package {error.name}: pip install {error.name}") from error
        elif name in rooms:
            __import__(f"{package}.{name}")
        elif more and name in more:
            return more[name]
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return space[name]

    return find, lambda: sorted({*space, *home, *rooms} - {room for room in rooms if "." in room})
