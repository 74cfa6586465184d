"""Bundle the ES modules of a page into one script, each after the modules that it imports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

SCRIPTS = Path(__file__).with_name("scripts")
IMPORT = re.compile(r'^import \{ ([^}]*) \} from "\./([\w-]+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=const |let |class |function)", re.MULTILINE)
SKIPPED = re.compile(r"^ *(?://.*|/\*\*.*\*/)\n|^ +", re.MULTILINE)  # comments and indents
TOP = re.compile(r"^(?:export )?(?:const|let|class|(?:async )?function\*?) (\w+)(.*)", re.MULTILINE)
MORE = re.compile(r", ([A-Z_]{2,}) = ")  # further constants on one line


def bundle(entry: str, generated: Mapping[str, str]) -> str:
    """The entry module and all that it imports as one text: modules generated for the page, or files in scripts.

    ValueError if two modules define the same name, import each other in a circle, or import what is not exported.
    """
    texts: dict[str, str] = {}
    owners: dict[str, str] = {}

    def load(name: str, text: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"modules import each other in a circle: {' -> '.join([*above, name])}")
        for names, other in IMPORT.findall(text):
            if other not in texts:
                file = SCRIPTS / f"{other}.js"
                load(other, generated.get(other) or file.read_text(encoding="utf-8"), (*above, name))
            for wanted in names.split(", "):
                if owners.get(wanted) != other or not re.search(rf"^export \w+ {wanted}\b", texts[other], re.MULTILINE):
                    raise ValueError(f"{name}.js imports {wanted}, which {other}.js does not export")
        for top in [name for first, rest in TOP.findall(text) for name in (first, *MORE.findall(rest))]:
            if owners.setdefault(top, name) != name:
                raise ValueError(f"{top} is defined in {owners[top]}.js and in {name}.js")
        texts[name] = text

    load("the page", entry, ())
    return "\n".join([SKIPPED.sub("", EXPORT.sub("", IMPORT.sub("", text))).strip() for text in texts.values()])


def gates_in(text: str) -> set[str]:
    """The names of the gates that a translation records."""
    return set(re.findall(r'py\.prim\("(\w+)"', text))
