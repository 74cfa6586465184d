"""Names for generated code: any label becomes an identifier of its own that Python and JavaScript can read."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata

from ..naming import LONGEST, Names
from ..primitives import PRIMITIVES

JAVASCRIPT = """
    arguments await boolean break byte case catch char class const continue debugger default delete do double else
    enum eval export extends false final finally float for function goto if implements import in instanceof int
    interface let long native new null package private protected public return short static super switch
    synchronized this throw throws transient true try typeof undefined var void volatile while with yield Array
    Float64Array Infinity Math NaN Number Object
"""
OURS = ["rows", "parameters", "results", "inf", "nan", "i", "r", "row", "xp"]  # what generated code says besides
RESERVED = {*dir(builtins), *keyword.kwlist, *PRIMITIVES, *JAVASCRIPT.split(), *OURS}


def identifier(label: str) -> str:
    """The label as an identifier: other characters become underscores; "" where nothing is left."""
    text = unicodedata.normalize("NFKC", label[:LONGEST])
    text = re.sub(r"\W+", "_", text).strip("_")
    if text[:1].isdigit():
        text = f"v{text}"
    # Normalized again, the name must stay itself: Python would take two spellings for one name.
    return text if text.isidentifier() and unicodedata.normalize("NFKC", text) == text else ""


def identifiers() -> Names:
    """The names of one program: identifiers without a meaning in Python, JavaScript or the program itself."""
    return Names(identifier, RESERVED)
