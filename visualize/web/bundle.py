"""The scripts of a page, ES modules, as one script: in an order in which each comes after what it imports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

SCRIPTS = Path(__file__).with_name("scripts")
IMPORT = re.compile(r'^import \{ ([^}]*) \} from "\./([\w-]+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=const |let |class |function)", re.MULTILINE)
IDLE = re.compile(r"^ *(?://.*|/\*\*.*\*/)\n|^ +", re.MULTILINE)  # lines of comments, and indents
TOP = re.compile(r"^(?:export )?(?:const|let|class|(?:async )?function\*?) (\w+)(.*)", re.MULTILINE)
BESIDE = re.compile(r", ([A-Z_]{2,}) = ")  # constants in one line with another


def bundle(entry: str, made: Mapping[str, str]) -> str:
    """The text of a module and of all that it imports, without imports and exports.

    ``made`` are modules that are written for the page, by name; the others are files of the folder scripts. ValueError
    if two modules have a name in common, import each other in a circle, or import what is not exported.
    """
    texts: dict[str, str] = {}
    owners: dict[str, str] = {}

    def bring(name: str, text: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"modules in a circle: {' -> '.join([*above, name])}")
        for names, other in IMPORT.findall(text):
            if other not in texts:
                bring(other, made[other] if other in made else read(f"{other}.js"), (*above, name))
            for wanted in names.split(", "):
                if owners.get(wanted) != other or not re.search(rf"^export \w+ {wanted}\b", texts[other], re.MULTILINE):
                    raise ValueError(f"{name}.js imports {wanted}, which {other}.js does not export")
        for top in [name for first, rest in TOP.findall(text) for name in (first, *BESIDE.findall(rest))]:
            if owners.setdefault(top, name) != name:
                raise ValueError(f"{top} is defined in {owners[top]}.js and in {name}.js")
        texts[name] = text

    bring("the page", entry, ())
    return "\n".join([IDLE.sub("", EXPORT.sub("", IMPORT.sub("", text))).strip() for text in texts.values()])


def gates_in(text: str) -> set[str]:
    """The names of the gates that a translation of Python has."""
    return set(re.findall(r'py\.prim\("(\w+)"', text))


def read(name: str) -> str:
    """A script of the page."""
    return (SCRIPTS / name).read_text(encoding="utf-8")
