"""Tables in CSV files: read and checked, and their columns as inputs and targets of a net."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from math import isfinite
from random import Random
from shlex import quote
from typing import Any, NamedTuple, Self

from ._checks import below_1, quantity, refuse_missing, suggest
from .data import mean_and_deviation

LARGEST_TABLE = 50_000_000  # bytes
MOST_COLUMNS = 1000
MOST_LEVELS = 10  # values of a text column that become inputs, and whole numbers that count as classes
MOST_CLASSES = 50
MISSING = {"", "?", "-", "na", "n/a", "nan", "null", "none"}
DELIMITERS = "\t;,"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
COMMA = re.compile(r"[-+]?\d+,\d+|[-+]?\d{1,3}(\.\d{3})+,\d+|[-+]?\d{1,3}(,\d{3})+(\.\d+)?")


class TableError(ValueError):
    """A table that cannot be used; the message names the row and column as a spreadsheet counts them."""


class Table:
    """The cells of a CSV file as text; ``places`` has each row's number in a spreadsheet, where names are row 1."""

    def __init__(self, path: str, names: list[str], rows: list[list[str]], places: list[int]) -> None:
        self.path, self.names, self.rows, self.places = path, names, rows, places
        self.read: dict[str, list[float] | None] = {}  # the columns that have been read as numbers
        self.needed: list[str] = []  # by a net that is trained

    def column(self, name: str) -> list[str]:
        """The cells under this name; TableError if one is empty."""
        k = self.names.index(name)
        cells = [row[k] for row in self.rows]
        empty = [i for i, cell in enumerate(cells) if cell.lower() in MISSING]
        if empty:
            found = f"is {cells[empty[0]]!r}" if cells[empty[0]] else "is empty"
            hint = f"delete the rows, or leave out the column with {drop(name)}"
            hint = "or delete the rows" if name in self.needed else hint
            raise TableError(
                f"{self.path}, row {self.places[empty[0]]}, column {name}: the cell {found}, and so "
                f"{'is' if len(empty) == 1 else 'are'} {len(empty)} of {quantity(len(cells), 'row')} in this column: "
                f"fill in the cells, {hint}"
            )
        return cells

    def numbers(self, name: str) -> list[float] | None:
        """The column as numbers; None if it is text; TableError for a cell that does not fit the others."""
        if name not in self.read:
            self.read[name] = self.read_numbers(name)
        return self.read[name]

    def read_numbers(self, name: str) -> list[float] | None:
        cells = self.column(name)
        found = [number_in(cell) for cell in cells]
        strange = [i for i, x in enumerate(found) if x is None]
        commas = [i for i in strange if COMMA.fullmatch(cells[i])]
        if not commas and len(strange) * 2 > len(cells):
            return None
        for i in commas or strange:
            hint = "the other cells are finite numbers, such as 1.5"
            hint = "write numbers as 1.5, not 1,5, and 2000, not 2,000" if commas else hint
            raise TableError(f"{self.path}, row {self.places[i]}, column {name}: {cells[i]!r:.40}; {hint}")
        return found  # type: ignore[return-value]

    def name_of(self, given: str, what: str) -> str:
        """The name of a column that was given by name or by number from 1 on; a name comes first."""
        if given in self.names:
            return given
        if given.isdecimal() and 1 <= int(given) <= len(self.names):
            return self.names[int(given) - 1]
        near = suggest(given, self.names)
        raise TableError(f"{self.path} has no column {given!r:.40} for {what}: choose {shown(self.names)}{near}")


def join_names(names: Sequence[str]) -> str:
    """The names of columns as --drop takes them: one with a comma stands in quotation marks."""
    return ",".join(['"' + name + '"' if "," in name else name for name in names])


def drop(*names: str) -> str:
    """The option that leaves out these columns, as a shell reads it."""
    return f"--drop {quote(join_names(names))}"


def number_in(cell: str) -> float | None:
    """The finite number in a cell, or None."""
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if isfinite(number) and "_" not in cell else None


def shown(names: Sequence[str], most: int = 12) -> str:
    """The names in a row, the first ones if they are many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join([f"{name:.40}" for name in names[:most]]) + more


def read_table(path: str | os.PathLike[str], least: int = 2) -> Table:
    """Read a CSV file in UTF-8 with a row of names; cells are separated by tabs, semicolons or commas.

    The separator is the one that splits the first rows into equally many cells, the most if several do so. TableError
    or OSError for a file that is no such table.

    >>> with open("two.csv", "w") as file:
    ...     _ = file.write("size;kind\\n1.5;small\\n2.5;large\\n")
    >>> read_table("two.csv").rows
    [['1.5', 'small'], ['2.5', 'large']]
    """
    path = os.path.expanduser(path)
    text = text_in(path)
    delimiter = max(DELIMITERS, key=lambda sign: how_well(text, sign))
    try:
        records = [(place, [x.strip() for x in row]) for place, row in enumerate(reader(text, delimiter), 1)]
    except csv.Error as error:
        raise TableError(f"{path} is not a table: {error}; is a quotation mark missing?") from error
    records = [(place, row) for place, row in records if any(row)]
    if len(records) < 2:
        raise TableError(f"{path} has {quantity(len(records), 'row')}: expected a row of names, and rows of cells")
    names = check_header(path, records[0][1], least)
    for place, row in records:
        if len(row) != len(names):
            more = len(row) > len(names) and delimiter == ","
            hint = ": is there a comma in a number? write 1.5, not 1,5" if more else ""
            cells = quantity(len(row), "cell")
            raise TableError(f"{path}, row {place}: {cells}, but {len(names)} names in row {records[0][0]}{hint}")
    return Table(path, names, [row for _, row in records[1:]], [place for place, _ in records[1:]])


def text_in(path: str) -> str:
    """The text of a file of reasonable size."""
    refuse_missing(path)
    if not os.path.isfile(path):
        raise TableError(f"{path} is not a regular file")  # a pipe or device may never end
    if os.path.getsize(path) > LARGEST_TABLE:
        raise TableError(f"{path} is larger than {LARGEST_TABLE // 1_000_000} MB: keep a part of its rows")
    with open(path, "rb") as file:
        content = file.read()
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")  # as Excel's "Unicode text"
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        place = content[: error.start].count(b"\n") + 1
        raise TableError(f"{path}, line {place}: not UTF-8; save the table as CSV UTF-8") from error
    if CONTROL.search(text):
        raise TableError(f"{path} is not a text file: save the table as CSV UTF-8")
    return text


def reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)


def how_well(text: str, delimiter: str) -> tuple[bool, int]:
    """(whether the first rows have equally many cells, more than one; how many the row of names has)."""
    widths: list[int] = []
    with suppress(csv.Error):  # it is raised again when the whole file is read
        for row in islice(reader(text, delimiter), 20):
            widths += [len(row)] * bool(row)
    return len({*widths}) == 1 < widths[0], widths[0] if widths else 0


def check_header(path: str, names: list[str], least: int) -> list[str]:
    """Return the names; TableError if they are no names, fewer than ``least``, or not all different."""
    if len(names) < least:
        what = "a table needs inputs and a target, separated by commas, semicolons or tabs"
        raise TableError(f"{path} has one column, {names[0]!r:.40}: {what}")
    if len(names) > MOST_COLUMNS:
        raise TableError(f"{path} has {len(names)} columns; a net takes at most {MOST_COLUMNS}")
    if sum([number_in(name) is not None for name in names]) * 2 >= len(names):
        raise TableError(f"{path} has no row of names, but begins with {shown(names)}: add one, such as x1,x2,...,y")
    for k, name in enumerate(names):
        if not name:
            hint = "pandas leaves out its row numbers with to_csv(path, index=False)"
            hint = f"the first row holds the names, here {shown(names)}" if k else hint
            raise TableError(f"{path}: column {k + 1} has no name: give it one, or delete it; {hint}")
        if name in names[:k]:
            raise TableError(f"{path}: columns {names.index(name) + 1} and {k + 1} are both called {name!r:.40}")
    return names


class Feature(NamedTuple):
    """A column as inputs: a standardized number, or for text an input of 0 or 1 for each of its values."""

    name: str
    mean: float = 0.0
    deviation: float = 1.0
    levels: Sequence[str] = ()

    @property
    def inputs(self) -> list[str]:
        """The names of the inputs."""
        return [f"{self.name}={level}" for level in self.levels] or [self.name]

    def read(self, table: Table) -> list[list[float]]:
        """The inputs for each row of the table."""
        if not self.levels:
            numbers = table.numbers(self.name)
            if numbers is None:
                cell, place = table.column(self.name)[0], table.places[0]
                raise TableError(f"{table.path}, row {place}, column {self.name}: {cell!r:.40} is not a number")
            return [[(x - self.mean) / self.deviation] for x in numbers]
        codes = {level: [float(level == other) for other in self.levels] for level in self.levels}
        cells = table.column(self.name)
        for place, cell in zip(table.places, cells):
            if cell not in codes:
                raise TableError(
                    f"{table.path}, row {place}, column {self.name}: {cell!r:.40} is none of {shown(self.levels)}"
                )
        return [codes[cell] for cell in cells]


class Columns(NamedTuple):
    """What a net reads from a table: features, and a target of classes or, if there are none, of numbers."""

    features: list[Feature]
    target: str
    classes: list[str] = []
    mean: float = 0.0  # of the target's numbers
    deviation: float = 1.0
    dropped: list[str] = []

    @classmethod
    def of(cls, table: Table, target: str, dropped: Collection[str] = (), numeric: bool = False) -> Self:
        """Take the target's column for classes if it is text or has few different whole numbers, else for numbers.

        With ``numeric``, whole numbers are never classes.
        """
        known = table.numbers(target)
        few = known is not None and all(x.is_integer() for x in known) and len({*known}) <= MOST_LEVELS
        classes: list[str] = []
        if known is None:
            classes = sorted({*table.column(target)})
        elif few and not numeric:
            classes = [f"{x:g}" for x in sorted({*known})]
        if len({*known} if known else classes) == 1:
            raise TableError(f"{table.path}: the target {target} is {table.column(target)[0]!r:.40} in every row")
        if len(classes) > MOST_CLASSES:
            raise TableError(
                f"{table.path}: the target {target} has {len(classes)} different texts in {len(table.rows)} rows; "
                f"a net takes at most {MOST_CLASSES} classes"
            )
        features = [feature_of(table, name) for name in table.names if name != target and name not in dropped]
        if not features:
            raise TableError(f"{table.path} has no column for inputs: only the target {target} is left")
        return cls(features, target, classes, dropped=[*dropped])

    @property
    def inputs(self) -> list[str]:
        """The names of all inputs of the net."""
        return [name for feature in self.features for name in feature.inputs]

    def examples(self, table: Table) -> list[list[float]]:
        """The inputs of each row."""
        parts = [feature.read(table) for feature in self.features]
        return [[x for part in row for x in part] for row in zip(*parts)]

    def targets(self, table: Table) -> list[Any]:
        """The class, counted from 0, or the standardized number of each row."""
        known = table.numbers(self.target)
        if not self.classes:
            if known is None:
                raise TableError(f"{table.path}: the target {self.target} is text, the net gives numbers")
            return [(y - self.mean) / self.deviation for y in known]
        cells, places = [f"{y:g}" for y in known] if known else table.column(self.target), {}
        places = {name: i for i, name in enumerate(self.classes)}
        for place, cell in zip(table.places, cells):
            if cell not in places:
                raise TableError(f"{table.path}, row {place}, column {self.target}: no class is called {cell!r:.40}")
        return [places[cell] for cell in cells]

    def standardized(self, X: Sequence[Sequence[float]], Y: Sequence[float]) -> Self:
        """With means and deviations of these examples, which were read by columns without."""
        scales = [mean_and_deviation(column) for column in zip(*X)]
        left = iter(scales)
        features = []
        for feature in self.features:
            own = [next(left) for _ in feature.inputs]
            features.append(feature if feature.levels else feature._replace(mean=own[0][0], deviation=own[0][1]))
        mean, deviation = (0.0, 1.0) if self.classes else mean_and_deviation(Y)
        for name, scale in [*zip(self.inputs, scales), (self.target, (mean, deviation))]:
            if not all(map(isfinite, scale)):
                raise TableError(f"the numbers of column {name} are too large: divide them by a power of ten")
        return self._replace(features=features, mean=mean, deviation=deviation)

    def check(self, table: Table) -> bool:
        """Whether the table has the target; TableError unless it has exactly these columns, in any order."""
        known = [feature.name for feature in self.features]
        missing = [name for name in known if name not in table.names or name in self.dropped]
        table.needed = known
        extra = [name for name in table.names if name not in (*known, self.target, *self.dropped)]
        if missing or extra:
            parts = [f"lacks {shown(missing)}"] * bool(missing) + [f"has also {shown(extra)}"] * bool(extra)
            hint = f": leave that out with {drop(*extra)}" if extra and not missing else ""
            raise TableError(f"{table.path} {' and '.join(parts)}; the net takes {shown(known, 30)}{hint}")
        return self.target in table.names

    def as_dict(self) -> dict[str, Any]:
        """The columns as data for JSON."""
        return self._asdict() | {"features": [feature._asdict() for feature in self.features]}

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The columns from such data."""
        return cls(**{**data, "features": [Feature(**feature) for feature in data["features"]]})


def feature_of(table: Table, name: str) -> Feature:
    """The column as a feature, not yet standardized; TableError for text with too many values."""
    if table.numbers(name) is not None:
        return Feature(name)
    levels = sorted({*table.column(name)})
    if len(levels) > MOST_LEVELS:
        raise TableError(
            f"{table.path}: column {name} is text with {len(levels)} different values: {shown(levels, 3)}; a net takes "
            f"text of at most {MOST_LEVELS} values: write numbers without signs and units, as 1.5, or leave out the "
            f"column with {drop(name)}"
        )
    return Feature(name, levels=levels)


def divide(Y: Sequence[Any], share: float, seed: int, by_class: bool) -> tuple[list[int], list[int]]:
    """(indices for training, indices for testing) in random order; by class, each class gives this share of its rows.

    >>> [sorted(part) for part in divide([0, 0, 0, 0, 1, 1], 0.5, 0, True)]
    [[0, 3, 5], [1, 2, 4]]
    """
    below_1("the test share", share)
    order = list(range(len(Y)))
    Random(seed).shuffle(order)
    groups: dict[Any, list[int]] = {}
    for i in order:
        groups.setdefault(Y[i] if by_class else None, []).append(i)
    held = {i for group in groups.values() for i in group[: min(round(share * len(group)), len(group) - 1)]}
    return [i for i in order if i not in held], [i for i in order if i in held]
