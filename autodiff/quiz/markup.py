"""The Markdown of the course as HTML or TeX: paragraphs, lists, code, emphasis, $formulas$."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape

from ..notation import escape as tex_escape

FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ITEM = re.compile(r"(?:[-*]|(\d+)[.)]) +(.*)")
FRAGMENT = re.compile(
    r"\$(?P<math>[^$]+)\$|`(?P<code>[^`]+)`"
    r"|(?<!\w)\*\*(?P<strong>\S|\S.*?\S)\*\*(?!\w)|(?<![\w*])\*(?P<em>[^\s*]|[^\s*][^*]*[^\s*])\*(?![\w*])"
)
HTML = {
    "p": "<p>%s</p>", "ul": "<ul>%s</ul>", "ol": "<ol>%s</ol>", "li": "<li>%s</li>", "pre": "<pre>%s</pre>",
    "line": "%s\n", "indent": " ", "code": "<code>%s</code>", "strong": "<strong>%s</strong>", "em": "<em>%s</em>",
}  # fmt: skip
TEX = {
    "p": "%s\n\n", "ul": "\\begin{itemize}%s\\end{itemize}\n", "ol": "\\begin{enumerate}%s\\end{enumerate}\n",
    "li": "\\item %s\n", "pre": "%s\n\n",
    "line": "\\texttt{%s}\\\\\n", "indent": "\\ ", "code": "\\texttt{%s}", "strong": "\\textbf{%s}", "em": "\\emph{%s}",
}  # fmt: skip
EXTRA = (
    r"→ \to ← \gets ⊙ \odot ≈ \approx ᵀ ^T ⊤ ^\top ½ \frac12 ¼ \frac14 ∈ \in ′ ' ‖ \Vert ± \pm ∞ \infty Σ \Sigma Π \Pi"  # noqa: RUF001
)
EXTRA += (
    r" ∑ \sum ∏ \prod ℓ \ell ∘ \circ ᵢ _i ⱼ _j ⋅ \cdot ₖ _k ⇒ \Rightarrow ⌈ \lceil ⌉ \rceil ≪ \ll ≫ \gg ˣ ^x ʸ ^y ᵏ ^k"  # noqa: RUF001
)
MORE_SIGNS = {c: f"${code}$" for c, code in zip(EXTRA.split()[::2], EXTRA.split()[1::2])}  # that names do not have
MORE_SIGNS |= dict(zip("\u2014\u2013\u2019\u2018\u201c\u201d\xa0", ["---", "--", "'", "`", "``", "''", "~"]))


def to_html(text: str, math: Callable[[str], str], escaped: Callable[[str], str] = escape) -> str:
    """The text as HTML; ``math`` makes a formula of TeX.

    >>> to_html("The *gate* `q`:\\n\\n- $x$\\n- 2 * 3", "<i>{}</i>".format)
    '<p>The <em>gate</em> <code>q</code>:</p><ul><li><i>x</i></li><li>2 * 3</li></ul>'
    """
    return convert(text, HTML, escaped, math)


def to_tex(text: str) -> str:
    """The text as TeX.

    >>> to_tex("The *gate* `s_0` of $x^2$ → 5 %")
    'The \\\\emph{gate} \\\\texttt{s\\\\_0} of $x^2$ $\\\\to$ 5 \\\\%'
    """
    return convert(text, TEX, plain_tex, "${}$".format).strip()


def inline(text: str, forms: Mapping[str, str], escaped: Callable[[str], str], math: Callable[[str], str]) -> str:
    """The pieces of a line."""
    parts, end = [], 0
    for piece in FRAGMENT.finditer(text):
        kind, inside = str(piece.lastgroup), piece[str(piece.lastgroup)]
        if kind in ("strong", "em"):
            inside = inline(inside, forms, escaped, math)
        else:
            inside = escaped(inside) if kind == "code" else math(inside)
        parts += [escaped(text[end : piece.start()]), inside if kind == "math" else forms[kind] % inside]
        end = piece.end()
    return "".join([*parts, escaped(text[end:])])


def convert(text: str, forms: Mapping[str, str], escaped: Callable[[str], str], math: Callable[[str], str]) -> str:
    """The blocks of a text, each in its form."""

    def block(kind: str, content: list[str]) -> str:
        if kind == "pre":
            lines = [forms["indent"] * (len(x) - len(x.lstrip())) + escaped(x.lstrip()) for x in content]
            return forms["pre"] % "".join([forms["line"] % line for line in lines])
        lines = [inline(line, forms, escaped, math) for line in content]
        return forms[kind] % (lines[0] if kind == "p" else "".join([forms["li"] % line for line in lines]))

    return "".join([block(kind, content) for kind, content in blocks(text)])


def blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield code (pre), paragraphs (p) and lists (ul, ol) with their items."""
    for i, part in enumerate(FENCE.split(text)):
        if i % 2:
            yield "pre", part.splitlines()
            continue
        for paragraph in re.split(r"\n\s*\n", part.strip("\n")):
            kind, content = "p", [""]
            for line in paragraph.splitlines():
                item = ITEM.match(line.strip())
                if item:
                    if kind == "p" and content[0]:
                        yield kind, content
                    kind, content = ("ol" if item[1] else "ul"), (content if kind != "p" else []) + [item[2]]
                else:
                    content[-1] = f"{content[-1]} {line.strip()}".strip()
            if content[0]:
                yield kind, content


def plain_tex(text: str) -> str:
    """The text with TeX's special characters escaped."""
    parts = re.split(f"([{''.join(MORE_SIGNS)}])", text)
    return "".join([MORE_SIGNS[x] if i % 2 else spaced(x) for i, x in enumerate(parts)])


def spaced(text: str) -> str:
    """The text escaped, with a space where it begins or ends with one."""
    return f"{' ' * text[:1].isspace()}{tex_escape(text)}{' ' * (text[-1:].isspace() and bool(text.strip()))}"
