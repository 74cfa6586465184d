"""Nests: a recorded graph as loop nests, forward and backward, with all that a backend needs to run them; for rows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from math import inf, prod
from time import monotonic
from typing import Any, NamedTuple, Self

from ...engine import Value
from ..ir import row_mean
from ..recording import Recording
from .adjoint import adjoint, outer
from .families import Roller
from .fusion import fuse
from .gates import collect, raise_maxima, raise_sums, reached
from .statements import Axis, Index, Repeat, Statement, extents
from .turns import repeat

BYTES, MICROSECONDS = 400, 10  # for each gate, until it is machine code
LONG = 2.0  # seconds from which on compiling is announced
busy = [0.0]  # until when what is compiled in an announced time is not announced itself
SHARED = ("w", "gw", "t")  # the arrays that rows share

Wrt = Iterable[Value] | None


class Nests(NamedTuple):
    """Loop nests over arrays: ``sizes`` are how many numbers these hold, and ``table`` the numbers of array "t".

    ``outputs`` are where each result is found. Its gradient is put at the same place of "gw", "gx" or "ga" before
    ``backward`` computes those of parameters and inputs.
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

    Gradients are those to ``wrt`` (by default to all, ``()`` for none) of the first outputs, so many as are
    ``differentiated`` (by default all). ``turns`` finds the loops of turns; ``tuple`` leaves statements as they are.

    That takes a few microseconds a gate, and about 400 bytes a gate more than the 300 of the graph; gates without any
    order take 15,000. Where it will last some seconds a terminal says so; MemoryError if less memory is available.
    """
    weigh(len(recording.gates))
    asked = None if wrt is None else set(wrt)
    gates = collect(recording)
    ends = gates.outputs[:differentiated]
    live = reached(gates, ends) if asked is None or asked else [False] * len(gates.heads)
    raise_sums(gates)
    raise_maxima(gates, live)
    roller = Roller(gates, len(recording.inputs), live)
    roller.roll()
    outputs = tuple([roller.found(x) for x in gates.outputs])
    leaves = {"w": recording.parameters, "x": recording.inputs}
    sizes = {array: len(x) for array, x in leaves.items()} | {"a": roller.memory.used, "t": len(roller.memory.table)}
    wanted = {array: [asked is None or leaf in asked for leaf in x] for array, x in leaves.items()}
    statements = fuse(roller.memory.statements, roller.memory.used, outputs)
    starts = [x for x in outputs[:differentiated] if type(x) is Index]
    backward = adjoint(statements, sizes, wanted, starts, gates.samples) if asked is None or asked else []
    return Nests(turns(statements), turns(backward), sizes, tuple(roller.memory.table), outputs)


def weigh(gates: int) -> None:
    """Refuse more gates than there is memory for, and say that many will take a while."""
    needed, available = gates * BYTES, available_memory()
    if needed > available:
        raise MemoryError(
            f"compiling {gates:,} gates takes about {needed / 1e9:.1f} GB, but {available / 1e9:.1f} GB are available: "
            "compile a part of it, such as the loss of one example"
        )
    seconds = gates * MICROSECONDS / 1e6
    if seconds >= LONG and sys.stderr and sys.stderr.isatty() and monotonic() > busy[0]:
        busy[0] = monotonic() + seconds
        sys.stderr.write(f"compiling {gates:,} gates takes up to {seconds:.0f} s\n")


def available_memory() -> float:
    """Bytes that can be used without swapping; inf where the system does not say."""
    try:
        with open("/proc/meminfo") as lines:
            return next((1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable")), inf)
    except OSError:
        return inf


# --- Rows -----------------------------------------------------------------------------------------


def for_rows(nests: Nests, rows: int) -> Nests:
    """The nests of a batch: element k of array "x", "a", "gx" or "ga" is, of row r, element ``rows * k + r``.

    Parameters, their gradients and the table are shared. Outputs have one axis, the rows; gradients of parameters are
    sums over them. Means over the rows are such sums in the place of the first row, from which the others copy them.
    """
    each = dict(nests.sizes)
    parts = nests.forward, nests.backward
    forward, backward = (tuple([x for statement in part for x in batched(statement, rows, each)]) for part in parts)
    sizes = {array: size if array in SHARED else rows * size for array, size in each.items()}
    outputs = tuple([widened(x, 0, rows) if type(x) is Index else x for x in nests.outputs])
    return nests._replace(forward=forward, backward=backward, sizes=sizes, outputs=outputs)


def batched(statement: Any, rows: int, sizes: dict[str, int], turn: int = 0) -> list[Any]:
    """The statement with the axis of rows behind that of the turn and those not summed, in front of those that are.

    Before it are those of the means over the rows in it, whose places join the ``sizes``.
    """
    if type(statement) is Repeat:
        return [statement._replace(body=tuple([x for each in statement.body for x in batched(each, rows, sizes, 1)]))]
    found: list[Any] = []

    def apart(e: Any) -> Any:
        if type(e) is not tuple:
            return e
        e = (e[0], *map(apart, e[1:]))
        if e[0] is not row_mean:
            return e
        most, count = extents(statement.axes)[1], len(statement.axes)
        new = Index("a", sizes["a"], tuple([prod(most[n + 1 :]) for n in range(count)]))
        sizes["a"] += prod(most)
        share = Statement((*statement.axes, Axis(rows)), new, ("div", e[1], float(rows)), "sum")
        share = share.moved(lambda x: widened(x, count, rows))
        first = share.target._replace(strides=(*share.target.strides[:-1], 0))
        others = share.target._replace(start=share.target.start + 1)
        found.extend([share._replace(target=first), Statement((*statement.axes, Axis(rows - 1)), others, first)])
        return new

    place = max(turn, outer(statement.target))
    axes = [axis.among(lambda n: n + (n >= place)) for axis in statement.axes]
    sums = statement.adds and statement.target.array in SHARED
    reduce = "sum" if sums else statement.reduce
    axes[place:place] = [Axis(rows)]
    statement = statement._replace(axes=tuple(axes), expression=apart(statement.expression), reduce=reduce)
    return [*found, statement.moved(lambda x: widened(x, place, rows))]


def widened(index: Index, place: int, rows: int) -> Index:
    """The index with a stride along the rows, at the place of their axis."""
    own = index.array not in SHARED
    factor = rows if own else 1
    strides = [factor * stride for stride in index.strides]
    strides += [0] * (place - len(strides))
    strides[place:place] = [int(own)]
    return index._replace(start=factor * index.start, strides=tuple(strides), wide=factor * index.wide)


class Loops(NamedTuple):
    """A recorded graph as loop nests over rows: what one row computes, and the gradients that are asked for.

    No turns are found in them. The first output is differentiated by leaves ``to_inputs`` and ``to_parameters``.
    """

    nests: Nests
    to_inputs: tuple[int, ...]
    to_parameters: tuple[int, ...]

    @classmethod
    def of(cls, recording: Recording, wrt: Iterable[Value] | None = None) -> Self:
        """Those of a recording; ValueError if ``wrt`` names what is neither input nor parameter."""
        parts = recording.inputs, recording.parameters
        asked = {leaf for part in parts for leaf in part} if wrt is None else {*wrt}
        for leaf in asked.difference(*parts):
            raise ValueError(f"wrt takes inputs and parameters of the program, got {leaf!r}")
        places = [tuple([i for i, x in enumerate(part) if x in asked]) for part in parts]
        return cls(roll(recording, asked, 1, tuple), *places)

    def __str__(self) -> str:
        forward, backward, sizes, _, outputs = self.nests
        nests = self.nests._replace(forward=repeat(forward), backward=repeat(backward))
        first, last = f"# inputs x[{sizes['x']}], parameters w[{sizes['w']}]", ["# outputs", *map(str, outputs)]
        return "\n".join([first, str(nests), " ".join(last)])
