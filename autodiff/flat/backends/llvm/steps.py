"""The steps of a training as loop nests: a step as statements, and whole epochs as one function.

A mini-batch runs in blocks of rows; nets side by side take the place of rows, example after example. Arrays besides
those of nests: "y" holds the loss, a number that is nan if a gradient is not finite, the clipping of gradients, and
which nets go on; "u" the settings of a step, first 1 / rows and the clipping threshold; "b" and "gb" are the "a" and
"ga" of the penalty.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, NamedTuple

import numpy

from ....engine import Value
from ....tracing import Unsupported
from ...ir import Expression, leaves_of, map_leaves, row_mean
from ...loops.adjoint import accumulation
from ...loops.nests import Nests, for_rows, roll
from ...loops.statements import Axis, Index, Repeat, Span, Statement, indices
from ...lowering import Lowering
from ...recording import Recording, Step
from ...state import Epoch
from .builder import Lanes, Text, Whole
from .code import Functions, NativeNests, gradient_at, scratch
from .machine import aligned_zeros, machine

LOSS, NONFINITE, LARGEST, SQUARES, SCALE, GOING, NOTED = range(7)  # in "y"
SHARE = Index("u", 0, (0,))
NETS = 16  # side by side
MOST_ROWS = 128  # in a block
FEW_ROWS = 8  # in a block, at least, if there are several
CACHE, MEMORY = 80_000, 20_000_000  # doubles in a cache; in memory at most
SMALL_NET = 64  # parameters, at most, of a net in registers, and
SMALL_NETS = 20  # of each of nets side by side
SETTINGS = "s"  # the array of numbers that all parameters share
NORMAL = 2.0**-1022  # the smallest normal number: smaller states become 0, since subnormal ones are slow
StatementList = list[Statement | Repeat]


class LongLoss(Unsupported):
    """A loss of so many statements that compiling it would take long."""


class Parts(NamedTuple):
    """The recordings of a step for machine code, which read ``trained`` values, rows and ``others``."""

    trained: list[Value]
    others: list[Value]
    loss: Recording
    penalty: Recording | None
    update: Recording
    outputs: Recording | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for steps of one structure and the same primitives."""
        trained, others, *parts = self
        recordings = [part for part in parts if part]
        sizes = len(trained), len(others), len(self.loss.inputs), len(self.loss.parameters)
        primitives = frozenset({gate.primitive for part in recordings for gate in part.gates})
        return (*sizes, *[tuple(part.structure) if part else None for part in parts], primitives)


def parts_of(step: Step, trained: list[Value], outputs: Sequence[Any] | None = None) -> Parts:
    """Rows become inputs, and the numbers of the net parameters; with ``outputs`` vice versa, for nets side by side."""
    row, penalty = step.loss.inputs, step.penalty
    answers = None if outputs is None else Recording(outputs, trained, row, step.since)
    parts, known = [part for part in (step.loss, penalty, answers) if part], {*trained, *row}
    others = list(dict.fromkeys(x for part in parts for x in part.parameters if x not in known))
    inputs, parameters = (trained, [*row, *others]) if answers else (row, [*trained, *others])
    if penalty:
        penalty = penalty.with_leaves(trained, others) if answers else penalty.with_leaves([], parameters)
    loss = step.loss.with_leaves(inputs, parameters)
    return Parts(trained, others, loss, penalty, step.update, answers and answers.with_leaves(inputs, parameters))


# --- The statements of a step ----------------------------------------------------------------------


def of_rows(nests: Nests, rows: int, stride: int = 0, share: Expression = SHARE) -> StatementList:
    """Statements that add rows, or a penalty, to loss and gradient; with stride 1 to those of each net side by side."""
    batch, axes = for_rows(nests, rows), (Axis(rows),)
    loss, *others = batch.outputs
    mean = accumulation(axes, Index("y", LOSS, (stride,)), ("mul", loss, share))
    seed = [accumulation(axes, gradient_at(loss), share)] if type(loss) is Index else []
    noted = [x._replace(strides=()) if type(x) is Index else x for x in others]  # of the first row
    notes = [Statement((), Index("y", NOTED + k), x) for k, x in enumerate(noted)]
    return [*batch.forward, mean, *notes, *seed, *batch.backward]


def rename_arrays(statements: StatementList, names: Mapping[str, str], table: int) -> StatementList:
    """The statements over arrays of other names, with ``table`` numbers before those of array "t"."""

    def move(x: Index) -> Index:
        return x._replace(array=names.get(x.array, x.array), start=x.start + (table if x.array == "t" else 0))

    return [x.change_indices(move) for x in statements]


def check_gradients(count: int, nets: int = 1) -> Statement:
    """The sum of gradients times 0: nan if one is not finite."""
    return Statement((Axis(count), Axis(nets)), one("y", NONFINITE, nets), ("mul", each("gw", nets), 0.0), "sum")


def clip_gradients(count: int, nets: int = 1) -> tuple[StatementList, Expression]:
    """Statements for the factor that clips by norm, whose squares do not overflow, and the clipped gradient."""
    gradient, threshold = each("gw", nets), Index("u", 1, (0, 0))
    largest, squares, scale = (one("y", k, nets) for k in (LARGEST, SQUARES, SCALE))
    part, axes = ("div", gradient, largest), (Axis(count), Axis(nets))
    length = ("where", ("equal", largest, math.inf), largest, ("mul", largest, ("sqrt", squares)))
    longer = ("mul", ("less_equal", threshold, length), ("less", 0.0, length))
    factor = ("where", longer, ("div", threshold, length), 1.0)
    first = Statement(axes, largest, ("abs", gradient), "largest")
    second = Statement(axes, squares, ("mul", part, part), "sum")
    return [first, second, Statement((Axis(1), Axis(nets)), scale, factor)], ("mul", gradient, scale)


def watch_nets(count: int) -> tuple[StatementList, StatementList, StatementList]:
    """For nets: means over the rows; which nets go on, and where others ended; the mean loss of the epoch so far.

    A sum over the rows is divided at its end, so that it overflows where eager code does.
    """

    def write(*changes: tuple[int, Index, Expression]) -> StatementList:
        return [Statement((Axis(n), Axis(NETS)), target, value) for n, target, value in changes]

    loss, bad, goes = (one("y", k, NETS) for k in (LOSS, NONFINITE, GOING))
    so_far, end = (one("l", k, NETS) for k in (0, 1))
    mean, now, again, share = (Index("u", k, (0, 0)) for k in (0, 2, 3, 4))
    infinite, check = ("equal", end, math.inf), ("add", ("sub", loss, loss), bad)
    longer = ("add", ("mul", so_far, again), ("mul", loss, share))  # ``again`` is 0 at the start of an epoch
    means = write(*[(n, x, ("mul", x, mean)) for n, x in [(1, loss), (count, each("gw", NETS))]])
    finite = ("equal", check, check)
    going, ended = ("where", finite, infinite, 0.0), ("where", finite, end, ("where", infinite, now, end))
    return means, write((1, goes, going), (1, end, ended)), write((1, so_far, ("where", goes, longer, so_far)))


# --- Whole epochs ----------------------------------------------------------------------------------


class Steps(Functions):
    """Steps as one function, for one net or for ``nets`` side by side: the loop around ``gradient``.

    ``call`` takes the address of a Memory; the ``pointers``; the number of steps made before step 0, the first step,
    and one past the last. A single net counts all its steps in "s"[1], which holds the number so far.
    """

    nets, notes, captured = 1, 0, 0
    pointers: tuple[str, ...] = "rows", "order", "losses"
    gradient: Callable[[Text, dict[str, str], str], None]  # writes the code of loss and gradient

    def __init__(
        self, trained: int, update: Recording, clips: bool, sizes: dict[str, int], blocks: Mapping[int, StatementList],
        tail: StatementList, several: bool = False, small: bool = False, lengths: Span = (0, 0),
    ) -> None:  # fmt: skip
        """``blocks`` are statements by the size of a block; a step may have ``several``. ``small`` is in registers."""
        nets = self.nets
        before, gradient = clip_gradients(trained, nets) if clips else ([], None)
        after, more = updates(update, trained, gradient, nets, one("y", GOING, nets) if nets > 1 else None)
        tail, change = [*tail, check_gradients(trained, nets)], [*before, *after]
        if nets > 1:
            means, ends, so_far = watch_nets(trained)
            tail, change = [*means, *tail], [*ends, *change, *so_far]
        sizes = {"b": 0, "gb": 0, **sizes, **more, "y": NOTED * nets + self.notes, "u": 5}
        sizes["scratch"] = max(scratch(x, lengths) for x in [*blocks.values(), tail, change])
        super().__init__(sizes, lengths)
        self.inline, self.split = small, small and nets == 1
        self.first, cleared = (["gw", "y"], ["ga"]) if several else ([], ["ga", "gw", "y"])
        self.blocks = {count: self.write_cleared(x, cleared) for count, x in blocks.items()}
        width = int(self.split)  # single parameters stay in registers
        self.of_tail, self.of_change = self.write_cleared(tail, ["gb"], width), self.write(change, width)
        text = Text()
        given = self.arrays(text)
        local = [name for name in self.sizes if small and name not in ("t", "x", "c")]
        arrays = given | {name: text.let(f"alloca [{max(1, self.sizes[name])} x double], align 64") for name in local}
        lasting = [name for name in local if name[0] in "wmul" or name in ("gw", SETTINGS)]
        self.copy(text, lasting, given, arrays)
        self.loop(text, arrays)
        self.copy(text, lasting, arrays, given)
        self.call = self.finish(text, ["arrays", *self.pointers], ["before", "first", "last"])

    def lanes(self, text: Text) -> Lanes:
        """Vectors of the numbers of nets."""
        return Lanes(text, min(self.nets, machine().width))

    def copy(self, text: Text, names: Sequence[str], here: Mapping[str, str], there: Mapping[str, str]) -> None:
        for name in names:
            v = Lanes(text, 1) if name == "u" else self.lanes(text)
            for k in range(0, self.sizes[name], v.width):
                v.store(v.load(here[name], k), there[name], k)

    def loop(self, text: Text, arrays: dict[str, str]) -> None:
        """Write the loop over steps, which a single net leaves at an inf or nan of loss or gradient."""
        v, wide, y = Lanes(text, 1), self.lanes(text), arrays["y"]
        with text.loop("%last", 1, "%first") as (step, _):
            self.gradient(text, arrays, step)
            self.run(text, *self.of_tail, {**arrays, "c": text.address("%rows", self.captured)})
            if self.nets == 1:
                loss, place = v.load(y, LOSS), text.times(step, 1 + self.notes)
                for k, number in enumerate([loss, *[v.load(y, NOTED + k) for k in range(self.notes)]]):
                    v.store(number, "%losses", text.plus(place, k))
                text.leave_unless(v.compare("ord", v.add(v.sub(loss, loss), v.load(y, NONFINITE)), v.zero))
            counted = text.let(f"add i64 {text.let(f'add i64 %before, {step}')}, 1")  # as optimizers do
            counted = wide.splat(text.let(f"sitofp i64 {counted} to double"))
            for k in range(self.nets, 2 * self.nets, wide.width):
                wide.store(counted, arrays[SETTINGS], k)
            self.run(text, [], self.of_change, arrays)


class Epochs(Steps):
    """Whole epochs of mini-batches, in blocks of rows; for nets side by side row after row, with "l" as NetLanes."""

    def __init__(self, parts: Parts, epoch: Epoch, clips: bool, most: float = math.inf, nets: int = 1) -> None:
        self.epoch, self.nets, many = epoch, nets, nets > 1
        loss, trained, names = roll(parts.loss, parts.trained, 1), len(parts.trained), {"a": "b", "ga": "gb"}
        self.count, self.table = len(loss.forward + loss.backward), loss.table
        if self.count > most:
            raise LongLoss(f"the loss has {self.count} statements")
        self.notes, self.row = len(parts.loss.outputs) - 1, len(parts.loss.parameters if many else parts.loss.inputs)
        (rows, size, _), doubles = epoch, 2 * loss.sizes["a"] + self.row
        self.block = 1 if many else block_of(size, doubles)
        if not many and any(gate.primitive is row_mean for gate in parts.loss.gates):  # a mean needs all rows
            self.block = size
            if size * doubles > MEMORY:
                raise Unsupported("the mini-batch is too large for memory: means over its rows need all at once")
        self.left = sorted({size % self.block, rows % size % self.block} - {0})  # rows besides whole blocks
        sizes = dict.fromkeys(("w", "gw"), trained * nets if many else loss.sizes["w"])
        sizes |= dict.fromkeys(("a", "ga"), for_rows(loss, nets if many else self.block).sizes["a"])
        sizes |= {"c": 0, "l": 2 * nets, "x": 0} if many else {"x": 0 if epoch.whole else self.row * self.block}
        tail: StatementList = []
        if parts.penalty:
            penalty, others = roll(parts.penalty, parts.trained), {"x": "w", "gx": "gw", "w": "c"} if many else {}
            self.captured = self.row - len(parts.penalty.parameters) if many else 0
            tail = rename_arrays(of_rows(penalty, nets, int(many), 1.0), names | others, len(self.table))
            self.table += penalty.table
            sizes |= dict.fromkeys(("b", "gb"), penalty.sizes["a"] * nets)
        sizes["t"], several = len(self.table), size > self.block
        if many:
            blocks = {1: rename_arrays(of_rows(loss, nets, 1, 1.0), {"x": "w", "gx": "gw", "w": "x"}, 0)}
            small = trained <= SMALL_NETS
        else:
            blocks = {count: of_rows(loss, count) for count in [self.block, *self.left]}
            small = trained <= SMALL_NET and epoch.even and not several
        super().__init__(trained, parts.update, clips, sizes, blocks, tail, several, small)

    def gradient(self, text: Text, arrays: dict[str, str], step: str) -> None:
        """Write loss and gradient of a mini-batch."""
        v, u, (count, size, _), block = Lanes(text, 1), arrays["u"], self.epoch, self.block
        number = text.let(f"udiv i64 {step}, {self.epoch.steps}")
        inside = text.let(f"sub i64 {step}, {text.times(number, self.epoch.steps)}")
        start, place = text.times(inside, size), text.times(number, count)
        rows: Whole = size
        left: Whole = size % block
        whole: Whole = size - size % block
        many = v.constant(size)
        if not self.epoch.even:
            remaining = text.let(f"sub i64 {count}, {start}")
            rows = text.let(f"select i1 {text.let(f'icmp slt i64 {remaining}, {size}')}, i64 {remaining}, i64 {size}")
            many, left = text.let(f"sitofp i64 {rows} to double"), text.let(f"urem i64 {rows}, {block}")
            whole = text.let(f"sub i64 {rows}, {left}")
        v.store(v.div(v.one, many), u, 0)
        if self.nets > 1:
            again = text.let(f"icmp ne i64 {inside}, 0")
            v.store(text.let(f"sitofp i64 {step} to double"), u, 2)
            v.store(text.let(f"uitofp i1 {again} to double"), u, 3)
            v.store(v.mul(many, v.constant(1.0 / count)), u, 4)
        for name in self.first:
            text.zero(arrays[name], self.sizes[name])
        start = text.plus(place, start)

        def rows_from(first: Whole, count: int) -> None:
            x = self.address(text, arrays, first, start, count)
            self.run(text, *self.blocks[count], {**arrays, "x": x})

        text.each(whole, lambda first: rows_from(first, block), block, empty=0 < count % size < block)
        for some in self.left:
            with nullcontext() if some == left else text.when(text.let(f"icmp eq i64 {left}, {some}")):
                rows_from(whole, some)

    def address(self, text: Text, arrays: dict[str, str], first: Whole, start: Whole, count: int) -> str:
        """The address of ``count`` rows, number by number, gathered if necessary."""
        if self.epoch.whole:
            return text.address("%rows", text.times(first, self.row))
        if count > 1:
            self.gather(text, text.plus(start, first), arrays["x"], count)
            return arrays["x"]
        which = text.let(f"load i64, ptr {text.address('%order', text.plus(start, first))}")
        return text.address("%rows", text.times(which, self.row))

    def gather(self, text: Text, start: Whole, x: str, count: int) -> None:
        """Write code that gathers the next rows in the order, number by number, several rows at a time as a vector."""
        one, done = Lanes(text, 1), 0

        def gather_rows(v: Lanes, first: Whole) -> None:
            places = [text.address("%order", text.plus(start, text.plus(first, k))) for k in range(v.width)]
            which = [text.let(f"load i64, ptr {place}") for place in places]
            rows = [text.address("%rows", text.times(row, self.row)) for row in which]

            def number(k: Whole) -> None:
                numbers = [one.load(row, k) for row in rows]
                v.store(one.join(numbers), x, text.plus(text.times(k, count), first))

            text.each(self.row, number)

        for width in (8, 4, 2, 1):
            v, whole = Lanes(text, width), (count - done) // width * width
            if whole:
                text.each(done + whole, partial(gather_rows, v), width, done)
                done += whole


def block_of(rows: int, doubles: int) -> int:
    """The number of rows in a block, of ``doubles`` numbers each."""
    most = min(MOST_ROWS, CACHE // max(1, doubles))
    if most < FEW_ROWS:
        return 1
    blocks = -(-rows // most)
    return rows if blocks == 1 else min(most, -(-rows // blocks) + 7 & ~7)


class Singles(Steps):
    """Steps of one example each, over shared arrays; "order" holds lengths, and "tables" array "t" by length."""

    pointers = "rows", "order", "losses", "tables"

    def __init__(self, nests: NativeNests, update: Recording, trained: int, clips: bool) -> None:
        loss = nests.nests
        sizes = {**loss.sizes, "gw": loss.sizes["w"], "ga": loss.sizes["a"]}
        self.row, self.known = (max(8, sizes[name] + 7 & ~7) for name in "xt")  # whole cache lines
        super().__init__(trained, update, clips, sizes, {1: of_rows(loss, 1, 0, 1.0)}, [], lengths=nests.lengths)
        self.nests, (least, longest) = nests, nests.lengths
        self.tables = aligned_zeros(longest + 1, self.known)
        for n in range(least, longest + 1):
            numbers = nests.table(n) if nests.table else loss.table
            self.tables[n, : len(numbers)] = numbers
        self.memory: Any = None  # for the shared arrays
        self.room(1)

    def gradient(self, text: Text, arrays: dict[str, str], step: str) -> None:
        """Write loss and gradient of an example."""
        length = text.let(f"load i64, ptr {text.address('%order', step)}")
        x = text.address("%rows", text.times(step, self.row))
        t = text.address("%tables", text.times(length, self.known))
        self.run(text, *self.blocks[1], {**arrays, "x": x, "t": t}, length)

    def room(self, count: int) -> None:
        """Allocate memory for ``count`` steps in a call."""
        self.rows, self.lengths_of = aligned_zeros(count, self.row), numpy.zeros(count, dtype=numpy.int64)
        self.losses = aligned_zeros(count)
        self.given = [x.ctypes.data for x in (self.rows, self.lengths_of, self.losses, self.tables)]


# --- The update of one parameter as statements for all --------------------------------------------


def each(array: str, nets: int = 1) -> Index:
    """A number of each parameter and net."""
    return Index(array, 0, (nets, 1))


def one(array: str, k: int, nets: int = 1) -> Index:
    """Number k of each net, shared by all parameters."""
    return Index(array, nets * k, (0, 1))


def updates(
    update: Recording, count: int, gradient: Expression = None, nets: int = 1, going: Expression = None
) -> tuple[list[Statement], dict[str, int]]:
    """Statements that update ``count`` parameters of each net, and the sizes of their arrays besides "w" and "gw".

    ``update`` maps scalars (parameter, gradient, *states) and settings such as the learning rate to (parameter,
    *states). The numbers of all nets lie side by side. An expression, such as a clipped one, may replace the
    ``gradient``; nets whose ``going`` is 0 keep their numbers. The arrays are "s", which starts with the settings, and
    "m0", "m1", ..., one for each state.
    """
    program = Lowering(update, ()).program()
    states = [f"m{k}" for k in range(len(program.inputs) - 2)]
    known: dict[Any, Expression] = {name: one(SETTINGS, k, nets) for k, name in enumerate(program.parameters)}
    known |= {name: each(array, nets) for name, array in zip(program.inputs, ["w", "gw", *states])}
    known[program.inputs[1]] = gradient or each("gw", nets)
    found: list[Statement] = []
    used = len(program.parameters)

    def share(expression: Expression) -> Expression:
        """The expression; parts that all parameters share are computed once, also the inverse of a divisor."""
        nonlocal used
        if type(expression) is not tuple:
            return expression
        expression = (expression[0], *map(share, expression[1:]))
        if any(type(x) is not float and x.array != SETTINGS for x in leaves_of(expression)):
            divisor = expression[-1]
            if expression[0] == "div" and type(divisor) is Index and divisor.array == SETTINGS:
                return "mul", expression[1], share(("div", 1.0, divisor))  # far faster, within an ulp
            return expression
        found.append(Statement((Axis(1), Axis(nets)), one(SETTINGS, used, nets), expression))
        used += 1
        return found[-1].target

    for line in program.lines:
        known[line.target] = share(map_leaves(line.expression, lambda x: known.get(x, x)))
    axes, later = (Axis(count), Axis(nets)), []
    results = [known.get(x, x) for x in program.outputs]
    sizes = {SETTINGS: used * nets, **dict.fromkeys(states, count * nets)}
    for k, (array, result) in enumerate(zip(["w", *states], results)):
        target = each(array, nets)
        if array != "w":
            result = ("where", ("less", ("abs", result), NORMAL), 0.0, result)
        result = ("where", going, result, target) if going else result
        if any(target in indices((None, other)) for other in results[k + 1 :]):  # they read the old number
            new = each(f"new_{array}", nets)
            sizes[new.array] = count * nets
            later.append(Statement(axes, target, new))
            target = new
        found.append(Statement(axes, target, result))
    return [*found, *later], sizes
