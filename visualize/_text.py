"""Texts of pictures: clean, shorten, escape, and measure them without a font."""

from __future__ import annotations

import re

# Widths in em of DejaVu Sans, the widest of the usual fonts: texts that fit in it fit in the others.
GROUPS = {
    " ijlIJ'.,:;|/\\": 0.32, '-()[]ft!r"': 0.4, "*_`szc?L": 0.54, "#+<=>^~−×": 0.84, "mwMW@%": 0.95,  # noqa: RUF001 - the signs as drawn
    "ABCDGHKNOQRUVXZ&": 0.74,
}  # fmt: skip
WIDTHS = {character: width for characters, width in GROUPS.items() for character in characters}
BOLD = 1.1  # a bold letter is about this much wider
REFERENCES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def clean(text: str, most: int = 400) -> str:
    """The text as one line of at most ``most`` printable characters."""
    line = " ".join(text[: 4 * most].split())
    return shorten("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line), most)


def shorten(text: str, most: int) -> str:
    """The text, cut with an ellipsis if it is longer than ``most``."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def escape(text: str) -> str:
    """The text escaped for XML and HTML."""
    return text.translate(REFERENCES)


def html_image(kind: str, data: str, alt: str) -> str:
    """An HTML element that contains an image, given in base64, and is never wider than the page."""
    return f'<img src="data:{kind};base64,{data}" alt="{escape(alt)}" style="max-width: 100%; height: auto">'


def width(text: str, size: float, bold: bool = False) -> float:
    """The approximate width of the text in pixels; it rather overestimates."""
    ems = [WIDTHS.get(c, 0.64 if c < "\u1100" else 1.0) for c in text]
    return sum(ems) * size * (BOLD if bold else 1.0)


def pretty(text: str) -> str:
    """The text with true minus and multiplication signs."""
    signs = {"*": "\N{MULTIPLICATION SIGN}", "**": "^"}
    return re.sub(r"(?<![^\W\d_])-|(?<=\de)-", "\N{MINUS SIGN}", re.sub(r"\*+", lambda sign: signs[sign[0]], text))
