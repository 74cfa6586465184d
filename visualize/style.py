"""Colors, letters and lines of pictures, in one table for all renderers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

COLORS = {  # on light and on dark pages
    "background": ("#FFFFFF", "#111418"), "ink": ("#1B1F24", "#E8EAED"), "faint": ("#57606A", "#A3ADB8"),
    "value": ("#005A8C", "#7CC7F2"), "gradient": ("#A84300", "#FF9F4A"), "gate": ("#F4F7FA", "#1D242C"),
    "lit": ("#FFE9A8", "#5A4708"),
}  # fmt: skip
LIGHT, DARK = ({name: both[i] for name, both in COLORS.items()} for i in (0, 1))
Theme = Literal["auto", "light", "dark"] | Mapping[str, str]
COLOR = re.compile(r"#[0-9a-fA-F]{3,8}|[a-zA-Z]+")
SANS = "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"
SERIF = "'STIX Two Text', 'Times New Roman', Times, 'DejaVu Serif', serif"


def palettes(theme: Theme) -> tuple[dict[str, str], dict[str, str]]:
    """The colors (for light, for dark surroundings) of a theme; a dict changes some of the light colors."""
    if isinstance(theme, Mapping):
        for part, color in theme.items():
            if part not in LIGHT or not COLOR.fullmatch(str(color)):
                got = f"{part!r:.40}: {color!r:.40}"
                raise ValueError(f"a theme has colors such as '#1B1F24' for {', '.join(LIGHT)}, got {got}")
        return ({**LIGHT, **theme},) * 2
    known = {"auto": (LIGHT, DARK), "light": (LIGHT, LIGHT), "dark": (DARK, DARK)}
    if not isinstance(theme, str) or theme not in known:
        raise ValueError(f"a theme is {', '.join(known)} or a dict of colors, got {theme!r:.60}")
    return known[theme]


@dataclass
class Letters:
    """The style of a text: size in pixels, color, weight, slant, family, and drop below the line (of an index)."""

    size: float
    color: str
    bold: bool = False
    italic: bool = False
    serif: bool = False
    drop: float = 0.0


@dataclass
class Strokes:
    """The style of a shape: its fill (None: empty), the color (None: no line) and width of its line, and dashes."""

    fill: str | None
    line: str | None
    width: float = 1.4
    dashed: bool = False


TEXTS = {
    "name": Letters(17, "ink", italic=True, serif=True),
    "lower": Letters(12, "ink", serif=True, drop=3.0),
    "upper": Letters(12, "ink", serif=True, drop=-6.0),
    "alias": Letters(12, "faint", italic=True, serif=True),
    "data": Letters(13, "value", bold=True),
    "gradient": Letters(13, "gradient"),
    "product": Letters(12, "gradient"),
    "blank": Letters(13, "gradient"),
    "count": Letters(12, "faint"),
    "symbol": Letters(16, "ink"),
    "word": Letters(12, "ink"),
    "number": Letters(12, "faint"),
    "title": Letters(14, "ink", italic=True, serif=True),
    "note": Letters(12, "faint"),
    "caption": Letters(14, "ink"),
}
SHAPES = {
    "page": Strokes("background", None),
    "line": Strokes(None, "faint"),
    "head": Strokes("faint", None),
    "gate": Strokes("gate", "ink"),
    "part": Strokes("gate", "ink", 1.4),
    "thin": Strokes(None, "faint", 0.5),
    "thin-below": Strokes(None, "faint", 0.5, dashed=True),
    "line-below": Strokes(None, "faint", dashed=True),
    "lit-line-below": Strokes(None, "ink", 3.0, dashed=True),
    "box": Strokes(None, "gradient", 1.0, dashed=True),
    "dot": Strokes("ink", None),
    "outdated": Strokes("gate", "ink", 1.4, dashed=True),
    "lit-line": Strokes(None, "ink", 3.0),
    "lit-head": Strokes("ink", None),
    "back-line": Strokes(None, "gradient", 3.0),
    "back-head": Strokes("gradient", None),
    "glow": Strokes("lit", None),
    "lit-gate": Strokes("lit", "ink", 3.0),
}
