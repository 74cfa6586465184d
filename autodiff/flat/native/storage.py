"""Where the numbers of a program stand while a kernel runs: a vector of rows, or one number for all rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..program import Place
from .lanes import Lanes
from .text import Text, Whole


class Home(NamedTuple):
    """Number k of row r stands at base[(offset + k) * stride + r]; without a stride it is the same for all rows."""

    base: str
    offset: int = 0
    stride: Whole | None = None


class Element(NamedTuple):
    """The element (r, i) of a line, and how many elements on from there."""

    r: Whole
    i: Whole


class Storage:
    """Reads and writes the numbers by their names in the program."""

    def __init__(self, text: Text, v: Lanes, homes: dict[str, Home]) -> None:
        self.text, self.v, self.homes = text, v, homes
        self.rows: Whole | None = None  # set where vectors may reach beyond the last row

    def index(self, x: str | Place, at: Element) -> tuple[Home, Whole]:
        """The home of x and which number of it is meant."""
        if type(x) is str:
            home = self.homes[x]
            return home, home.offset
        home = self.homes[x.array]  # type: ignore[union-attr]
        index = self.text.plus(self.text.times(at.r, x.jump), x.start + home.offset)  # type: ignore[union-attr]
        return home, self.text.plus(index, at.i) if x.length is not None else index  # type: ignore[union-attr]

    def load(self, x: Any, at: Element, row: Whole) -> str:
        """The name of a vector with x of the rows from ``row`` on."""
        if type(x) is float:
            return self.v.constant(x)
        home, index = self.index(x, at)
        if home.stride is None:
            return self.v.load_splat(home.base, index)
        return self.v.load(home.base, self.text.plus(self.text.times(index, home.stride), row))

    def store(self, value: str, x: str | Place, at: Element, row: Whole) -> None:
        """Write x; beyond the last row zeros, so that nothing strange is ever read from there."""
        home, index = self.index(x, at)
        assert home.stride is not None
        self.v.store(self.masked(value, row), home.base, self.text.plus(self.text.times(index, home.stride), row))

    def masked(self, value: str, row: Whole) -> str:
        """The value, and 0 beyond the last row."""
        if self.rows is None:
            return value
        return self.v.select(self.v.first_lanes(row, self.rows), value, self.v.zero)

    def is_shared(self, x: Any) -> bool:
        """Whether all rows share x."""
        return type(x) is not float and self.homes[x.array if type(x) is Place else x].stride is None


class Shared:
    """Loads each number once for the elements of a block."""

    def __init__(self, storage: Storage, row: Callable[[int], Whole]) -> None:
        self.storage, self.row = storage, row
        self.loaded: dict[Any, str] = {}

    def load(self, x: Any, at: Element, a: int, b: int, vector: int = 0) -> str:
        """x of the element that lies ``a`` repetitions and ``b`` places behind ``at``, for a vector of rows."""
        text, storage = self.storage.text, self.storage
        moves_r = type(x) is Place and x.jump != 0
        moves_i = type(x) is Place and x.length is not None
        key = x, a if moves_r else 0, b if moves_i else 0, 0 if storage.is_shared(x) else vector
        if key not in self.loaded:
            element = Element(text.plus(at.r, a) if moves_r else 0, text.plus(at.i, b) if moves_i else 0)
            self.loaded[key] = storage.load(x, element, self.row(vector))
        return self.loaded[key]
