"""Drawings as a TeX file of TikZ pictures, one on each page, for slides and papers."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import normalize

from autodiff._files import need
from autodiff.formula import show
from autodiff.notation import ACCENTS, MARKS, escape, tex

from ..style import SHAPES, TEXTS
from .painter import POINT, Drawing, Shape, Text

PREAMBLE = r"""% Run pdflatex for the pages, or paste a tikzpicture with the definitions before it into other files.
\documentclass{article}
\usepackage{fix-cm}
\usepackage{tikz}
"""
PICTURE = r"""\begin{tikzpicture}[x=UNIT, y=-UNIT, inner sep=0pt, outer sep=0pt, line cap=round]
\fill[background] (0,0) rectangle (WIDE,HIGH);
MARKS
\end{tikzpicture}"""
PAGE = r"""\setbox0\hbox{%
PICTURE}%
\pdfpagewidth\wd0 \pdfpageheight\ht0 \pdfhorigin0pt \pdfvorigin0pt \shipout\box0
"""
SERIF, SANS = r"\rmfamily", r"\sffamily"


def tikz(drawings: Sequence[Drawing]) -> str:
    """The drawings as the pages of a TeX file that needs only TikZ."""
    pages = [PAGE.replace("PICTURE", tikz_picture(drawing)) for drawing in drawings]
    head = [f"% {escape(drawings[0].title)}", PREAMBLE + color_definitions(drawings[0])]
    return "\n".join([*head, "\\begin{document}", *pages, "\\end{document}", ""])


def color_definitions(drawing: Drawing) -> str:
    """The drawing's colors for TeX."""
    colors = [(name, hex_digits(code)) for name, code in drawing.palettes[0].items()]
    return "\n".join([f"\\definecolor{{{name}}}{{HTML}}{{{code}}}" for name, code in colors])


def hex_digits(color: str) -> str:
    """The six hexadecimal digits of a color such as #FFF or darkred."""
    if not color.startswith("#"):
        need("matplotlib", "a color by name in a .tex file")
        from matplotlib.colors import to_hex

        color = to_hex(color)
    digits = color[1:].upper()
    return digits[:6] if len(digits) > 4 else "".join([2 * digit for digit in digits[:3]])


def tikz_picture(drawing: Drawing) -> str:
    """The drawing as a tikzpicture."""
    marks = [text_command(mark, drawing.scale) if isinstance(mark, Text) else shape_command(mark, drawing.scale)
             for group in drawing.groups for mark in group.marks]  # fmt: skip
    made = PICTURE.replace("UNIT", f"{decimal(POINT * drawing.scale)}pt")
    made = made.replace("WIDE", decimal(drawing.width)).replace("HIGH", decimal(drawing.height))
    return made.replace("MARKS", "\n".join(marks))


def shape_command(mark: Shape, scale: float) -> str:
    strokes = SHAPES[mark.style]
    line = f"draw={strokes.line}, line width={decimal(strokes.width * POINT * scale)}pt" if strokes.line else ""
    look = [line, f"fill={strokes.fill}" if strokes.fill else "", "dashed" if strokes.dashed else ""]
    points = [f"({decimal(x)},{decimal(y)})" for x, y in mark.points]
    if mark.kind == "polygon":
        way = " -- ".join([*points, "cycle"])
    elif mark.kind == "rectangle":
        look.append(f"rounded corners={decimal(mark.radius * POINT * scale)}pt")
        way = " rectangle ".join(points)
    else:
        pieces = [" .. controls {} and {} .. {}".format(*points[i : i + 3]) for i in range(1, len(points), 3)]
        way = points[0] + "".join(pieces)
    return f"\\path[{', '.join(filter(None, look))}] {way};"


def text_command(mark: Text, scale: float) -> str:
    """A text as a node, its runs spaced as in the other formats."""
    pieces = []
    for i, (text, style) in enumerate(mark.runs):
        letters = TEXTS[style]
        size = decimal(letters.size * POINT * scale)
        font = f"\\fontsize{{{size}}}{{{size}}}\\selectfont{SERIF if letters.serif else SANS}"
        font += r"\bfseries" * letters.bold + r"\itshape" * letters.italic
        before = r"\hspace{3pt}" if i else ""
        if letters.drop:
            before = f"\\raisebox{{{decimal(-letters.drop * POINT * scale)}pt}}"
        pieces.append(f"{before}{{\\color{{{letters.color}}}{font} {plain(text)}}}")
    anchor = "base" if mark.anchor == "middle" else "base west"
    return f"\\node[anchor={anchor}] at ({decimal(mark.x)},{decimal(mark.y)}) {{{''.join(pieces)}}};"


def plain(text: str) -> str:
    """A text in TeX, with TeX accents for letters with mathematical accents."""
    letters = normalize("NFD", text)
    for name, mark in ACCENTS.items():
        if len(letters) == 2 and letters[1] == mark:
            return f"${tex(('mover', ('mi', letters[0]), ('mo', MARKS[name])))}$"
    return escape(text)


def decimal(x: float) -> str:
    return show(x, 2)
