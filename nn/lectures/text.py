"""Numbers in a line to watch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autodiff import show


def several(numbers: Iterable[Any], digits: int | None = None) -> str:
    """ "(1, 2.5, -3)" of numbers or Values."""
    return f"({', '.join([show(getattr(x, 'data', x), digits) for x in numbers])})"
