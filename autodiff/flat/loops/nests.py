"""Nests: a recorded graph as loop nests, forward and backward, with everything that a backend needs; also for rows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from math import inf, prod
from time import monotonic
from typing import Any, NamedTuple, Self

from ...engine import Value
from ..ir import row_mean
from ..recording import Recording
from .adjoint import adjoint, count_outer
from .families import Roller
from .fusion import fuse
from .gates import collect, find_live, raise_maxima, raise_sums
from .statements import Axis, Index, Repeat, Statement, extents
from .turns import repeat

BYTES, MICROSECONDS = 400, 10  # of compiling, for each gate
ANNOUNCED = 2.0  # seconds of compiling from which it is announced
announced_until = 0.0  # the end of the last announced compilation: until then no other is announced
SHARED = ("w", "gw", "t")  # the arrays that rows share

Wrt = Iterable[Value] | None


class Nests(NamedTuple):
    """Loop nests over arrays with these ``sizes``; ``table`` holds the numbers of array "t".

    ``outputs`` are the places of the results. The caller puts their gradients at the same places of "gw", "gx" or "ga"
    before ``backward`` computes those of parameters and inputs.
    """

    forward: tuple[Any, ...]
    backward: tuple[Any, ...]
    sizes: dict[str, int]
    table: tuple[float, ...]
    outputs: tuple[Index | float, ...]

    def __str__(self) -> str:
        return "\n".join(["# forward", *map(str, self.forward), "# backward", *map(str, self.backward)])


def roll(
    recording: Recording, wrt: Wrt = None, differentiated: int | None = None, turns: Callable[[Any], Any] = repeat
) -> Nests:
    """The loop nests of a recorded graph: its parameters are array "w", its inputs "x", in order.

    Gradients are those of the first ``differentiated`` outputs (by default all) with respect to ``wrt`` (by default
    all leaves, ``()`` for none). ``turns`` finds the loops of turns; ``tuple`` leaves statements alone.

    A gate takes a few microseconds, and about 400 bytes besides the 300 of the graph; gates without any order take
    15,000 bytes. Long compilations are announced in a terminal; MemoryError if too little memory is available.
    """
    check_memory(len(recording.gates))
    leaves = {"w": recording.parameters, "x": recording.inputs}
    asked = {*recording.parameters, *recording.inputs} if wrt is None else {*wrt}
    gates = collect(recording)
    live = find_live(gates, gates.outputs[:differentiated]) if asked else [False] * len(gates.heads)
    raise_sums(gates)
    raise_maxima(gates, live)
    roller = Roller(gates, len(recording.inputs), live)
    roller.roll()
    outputs = tuple([roller.read(x) for x in gates.outputs])
    sizes = {array: len(x) for array, x in leaves.items()} | {"a": roller.layout.used, "t": len(roller.layout.table)}
    wanted = {array: [leaf in asked for leaf in x] for array, x in leaves.items()}
    statements = fuse(roller.layout.statements, roller.layout.used, outputs)
    starts = [x for x in outputs[:differentiated] if type(x) is Index]
    backward = adjoint(statements, sizes, wanted, starts, gates.samples) if asked else []
    return Nests(turns(statements), turns(backward), sizes, tuple(roller.layout.table), outputs)


def check_memory(gates: int) -> None:
    """MemoryError if the gates need more memory than is available; announce a long compilation in a terminal."""
    global announced_until
    needed, available = gates * BYTES, available_memory()
    if needed > available:
        raise MemoryError(
            f"compiling {gates:,} gates takes about {needed / 1e9:.1f} GB, but {available / 1e9:.1f} GB are available: "
            "compile a part of it, such as the loss of one example"
        )
    seconds = gates * MICROSECONDS / 1e6
    if seconds >= ANNOUNCED and sys.stderr and sys.stderr.isatty() and monotonic() > announced_until:
        announced_until = monotonic() + seconds
        sys.stderr.write(f"compiling {gates:,} gates takes up to {seconds:.0f} s\n")


def available_memory() -> float:
    """Bytes that can be used without swapping; inf if the system does not say."""
    try:
        with open("/proc/meminfo") as lines:
            return next((1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable")), inf)
    except OSError:
        return inf


# --- Rows -----------------------------------------------------------------------------------------


def for_rows(nests: Nests, rows: int) -> Nests:
    """The nests of a batch: element k of array "x", "a", "gx" or "ga" becomes element ``rows * k + r`` for row r.

    All rows share the parameters, their gradients and the table. Outputs have one axis, the rows; gradients of
    parameters are sums over them. A mean over the rows is a sum at the place of the first row; the others copy it.
    """
    each = dict(nests.sizes)
    parts = nests.forward, nests.backward
    forward, backward = (tuple([x for statement in part for x in batch(statement, rows, each)]) for part in parts)
    sizes = {array: size if array in SHARED else rows * size for array, size in each.items()}
    outputs = tuple([widen(x, 0, rows) if type(x) is Index else x for x in nests.outputs])
    return nests._replace(forward=forward, backward=backward, sizes=sizes, outputs=outputs)


def batch(statement: Any, rows: int, sizes: dict[str, int], turn: int = 0) -> list[Any]:
    """The statement with the axis of rows in front of its summed axes; ``turn`` is 1 in a Repeat.

    The means over the rows that it reads come first, as statements of their own; their places join the ``sizes``.
    """
    if type(statement) is Repeat:
        return [statement._replace(body=tuple([x for each in statement.body for x in batch(each, rows, sizes, 1)]))]
    found: list[Any] = []

    def extract_means(e: Any) -> Any:
        if type(e) is not tuple:
            return e
        e = (e[0], *map(extract_means, e[1:]))
        if e[0] is not row_mean:
            return e
        most, count = extents(statement.axes)[1], len(statement.axes)
        new = Index("a", sizes["a"], tuple([prod(most[n + 1 :]) for n in range(count)]))
        sizes["a"] += prod(most)
        share = Statement((*statement.axes, Axis(rows)), new, ("div", e[1], float(rows)), "sum")
        share = share.change_indices(lambda x: widen(x, count, rows))
        first = share.target._replace(strides=(*share.target.strides[:-1], 0))
        others = share.target._replace(start=share.target.start + 1)
        found.extend([share._replace(target=first), Statement((*statement.axes, Axis(rows - 1)), others, first)])
        return new

    place = max(turn, count_outer(statement.target))
    axes = [axis.renumber(lambda n: n + (n >= place)) for axis in statement.axes]
    sums = statement.adds and statement.target.array in SHARED
    reduce = "sum" if sums else statement.reduce
    axes[place:place] = [Axis(rows)]
    statement = statement._replace(axes=tuple(axes), expression=extract_means(statement.expression), reduce=reduce)
    return [*found, statement.change_indices(lambda x: widen(x, place, rows))]


def widen(index: Index, place: int, rows: int) -> Index:
    """The index with a stride along the axis of rows, at this place."""
    own = index.array not in SHARED
    factor = rows if own else 1
    strides = [factor * stride for stride in index.strides]
    strides += [0] * (place - len(strides))
    strides[place:place] = [int(own)]
    return index._replace(start=factor * index.start, strides=tuple(strides), wide=factor * index.wide)


class Loops(NamedTuple):
    """A recorded graph as the loop nests of one row, without turns.

    The first output is differentiated with respect to the leaves at the places ``to_inputs`` and ``to_parameters``.
    """

    nests: Nests
    to_inputs: tuple[int, ...]
    to_parameters: tuple[int, ...]

    @classmethod
    def of(cls, recording: Recording, wrt: Iterable[Value] | None = None) -> Self:
        """The loops of a recording; ValueError if ``wrt`` names a Value that is neither input nor parameter."""
        asked, parts = recording.asked(wrt), (recording.inputs, recording.parameters)
        places = [tuple([i for i, x in enumerate(part) if x in asked]) for part in parts]
        return cls(roll(recording, asked, 1, tuple), *places)

    def __str__(self) -> str:
        forward, backward, sizes, _, outputs = self.nests
        nests = self.nests._replace(forward=repeat(forward), backward=repeat(backward))
        first, last = f"# inputs x[{sizes['x']}], parameters w[{sizes['w']}]", ["# outputs", *map(str, outputs)]
        return "\n".join([first, str(nests), " ".join(last)])
