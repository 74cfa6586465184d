"""From text to a recorded graph: "(x + y) * z". Any other text raises an error that says what to write.

Modules, in reading order:

    tokens       text cut into tokens, brackets and neighbors checked
    grammar      tokens to Values, one gate after the other, never by eval
    functions    the functions an expression may call
    errors       ExpressionError: a caret under the place, and what to write instead
"""

from __future__ import annotations

from .errors import ExpressionError
from .grammar import parse, record_text

__all__ = ["ExpressionError", "parse", "record_text"]
