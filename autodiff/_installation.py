"""Whether the three packages are this distribution's: files and other distributions may hide or overwrite them."""

from __future__ import annotations

import os
import sys

__all__ = ["NAMES", "foreign", "hidden_packages"]

NAMES = ("autodiff", "nn", "visualize")
MARK = "_lazy import lazily"  # in the __init__.py of each
REINSTALL = "pip install --force-reinstall scalar-autodiff"


def hidden_packages(names: tuple[str, ...] = NAMES) -> dict[str, str]:
    """A note for each package of this distribution that cannot be imported: what hides it, and the remedy."""
    return {name: note for name in names if (note := foreign(name))}


def foreign(name: str) -> str:
    """What hides this distribution's package of that name, and the remedy; "" if nothing does."""
    from importlib.util import find_spec

    module = sys.modules.get(name)
    spec = module.__spec__ if module else find_spec(name)
    source = getattr(getattr(spec, "loader", None), "get_source", None)
    text, origin = source(name) if source else "", os.path.realpath((spec and spec.origin) or "")
    if text is None or MARK in text:
        return ""
    if not spec or not spec.origin:
        why = "another distribution with a package of this name has been uninstalled"
        return f"files of the package {name} are missing, perhaps because {why}: {REINSTALL}"
    here = os.path.realpath(sys.path[0])
    if origin in (os.path.join(here, f"{name}.py"), os.path.join(here, name, "__init__.py")):
        return f"{origin} hides the installed package {name}: give it another name"
    owner = owner_of(name, origin)
    if not owner:
        return f"{origin} hides this distribution's package {name}: remove it, or give it another name"
    return f"the package {name} of {owner[0]} {owner[1]} lies over this one: pip uninstall {owner[0]} && {REINSTALL}"


def owner_of(name: str, origin: str) -> tuple[str, str] | None:
    """Name and version of another distribution that has this file."""
    from importlib.metadata import distributions

    for distribution in distributions():
        if distribution.metadata["Name"] == "scalar-autodiff":
            continue
        for file in distribution.files or ():
            if file.parts[:1] in ((name,), (f"{name}.py",)) and os.path.realpath(str(file.locate())) == origin:
                return distribution.metadata["Name"], distribution.version
    return None
