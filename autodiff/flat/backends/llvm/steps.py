"""The steps of a training as loop nests: what a step computes, as statements, and whole epochs of them as one function.

A mini-batch is taken in blocks of rows; nets side by side are as rows, one example after the other. Arrays beside those
of nests: "y" has the loss, what is nan where a gradient is not finite, what clips gradients, and which nets go on; "u"
what is set in each step, first 1 / rows and the longest gradient; "b" and "gb" are the "a" and "ga" of the penalty.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ....tracing import Unsupported
from ...ir import Expression
from ...loops.adjoint import added
from ...loops.nests import Nests, roll
from ...loops.rows import for_rows
from ...loops.statements import Axis, Index, Repeat, Statement, mapped
from ...lowering import Lowering
from ...recording import Recording
from ...state import Epoch
from .builder import Text, Whole
from .code import Functions, scratch
from .updates import each, one, updates
from .vector import Lanes

LOSS, SPOILT, LARGEST, SQUARES, SCALE, GOING = range(6)  # in "y"
SHARE = Index("u", 0, (0,))
NETS = 16  # side by side
MOST_ROWS = 128  # in a block
FEW_ROWS = 8  # from which it is worth while to have several
NEAR = 80_000  # doubles that should stay near the processor
SMALL = 64  # parameters up to which numbers are kept in registers
Statements = list[Statement | Repeat]


class LongLoss(Unsupported):
    """A loss of so many statements that it would be compiled for long."""


def of_rows(nests: Nests, rows: int) -> Statements:
    """What a block of rows adds to the mean loss and its gradient."""
    batch, axes = for_rows(nests, rows), (Axis(rows),)
    (loss,) = batch.outputs
    mean = added(axes, Index("y", LOSS, (0,)), ("mul", loss, SHARE))
    return [*batch.forward, mean, added(axes, gradient_at(loss), SHARE), *batch.backward]


def of_nets(nests: Nests) -> Statements:
    """What one row, or a penalty, adds to the loss of each net, and to its gradient."""
    batch, axes = for_rows(nests, NETS), (Axis(NETS),)
    (loss,) = batch.outputs
    mean = Statement(axes, Index("y", NETS * LOSS, (1,)), loss, adds=True)
    seed = [Statement(axes, gradient_at(loss), 1.0, adds=True)] * (type(loss) is Index)
    return [*batch.forward, mean, *seed, *batch.backward]


def of_penalty(nests: Nests) -> Statements:
    """What a penalty adds to them."""
    (penalty,) = nests.outputs
    seed = [Statement((), gradient_at(penalty), 1.0, adds=True)] * (type(penalty) is Index)
    return [*nests.forward, Statement((), Index("y", LOSS), penalty, adds=True), *seed, *nests.backward]


def gradient_at(x: Any) -> Any:
    """The gradient of a number, in the place of its like."""
    return x._replace(array=f"g{x.array}") if type(x) is Index else x


def renamed(statements: Statements, names: Mapping[str, str], table: int) -> Statements:
    """The statements over arrays of other names, their table behind so many numbers."""

    def moved(x: Index) -> Index:
        array = names.get(x.array, x.array)
        return x._replace(array=array, start=x.start + table * (array == "t"), by=x.by and moved(x.by))

    def own(x: Any) -> Any:
        if type(x) is Repeat:
            return x._replace(body=tuple(map(own, x.body)))
        target, expression, start = (mapped(part, moved) for part in (x.target, x.expression, x.start))
        return x._replace(target=target, expression=expression, start=start)

    return list(map(own, statements))


def spoilt(count: int, nets: int = 1) -> Statement:
    """What is nan where a gradient is not finite: the sum of each times 0."""
    return Statement((Axis(count), Axis(nets)), one("y", SPOILT, nets), ("mul", each("gw", nets), 0.0), "sum")


def clipped(count: int, nets: int = 1) -> tuple[Statements, Expression]:
    """What finds the factor that shortens the gradient, and the gradient times that.

    The numbers are divided by the largest before they are squared, so that nothing overflows.
    """
    gradient, threshold = each("gw", nets), Index("u", 1, (0, 0))
    largest, squares, scale = (one("y", k, nets) for k in (LARGEST, SQUARES, SCALE))
    part, axes = ("div", gradient, largest), (Axis(count), Axis(nets))
    length = ("where", ("equal", largest, math.inf), largest, ("mul", largest, ("sqrt", squares)))
    longer = ("mul", ("less_equal", threshold, length), ("less", 0.0, length))
    factor = ("where", longer, ("div", threshold, length), 1.0)
    statements: Statements = [
        Statement(axes, largest, ("abs", gradient), "largest"),
        Statement(axes, squares, ("mul", part, part), "sum"),
        Statement((Axis(1), Axis(nets)), scale, factor),
    ]
    return statements, ("mul", gradient, scale)


class Steps(Functions):
    """Whole epochs of steps as one function.

    Parameters
    ----------
    loss, penalty : Recording
        Their parameters are the same; of those ``trained``, the first, gradients are taken.
    update : Recording
        That of one parameter.
    epoch : Epoch
    clips : bool
        Whether gradients are clipped by norm.
    most : float
        How many statements the loss may have; LongLoss if there are more.

    Attributes
    ----------
    call : function
        Of the address of a Memory; of the rows, their order and the losses; of the number of steps made before step 0,
        the first step, and one behind the last. The step that was not made is then in "u"[2].
    """

    def __init__(
        self,
        loss: Recording,
        penalty: Recording | None,
        update: Recording,
        trained: int,
        epoch: Epoch,
        clips: bool,
        most: float,
    ) -> None:
        wrt = loss.parameters[:trained]
        of_loss, penalty_nests = roll(loss, wrt), roll(penalty, wrt) if penalty else None
        self.epoch, self.count, self.inputs = epoch, len(of_loss.forward + of_loss.backward), len(loss.inputs)
        if self.count > most:
            raise LongLoss(f"the loss has {self.count} statements")
        self.table = (*of_loss.table, *(penalty_nests.table if penalty_nests else ()))
        self.block = block_of(epoch.size, 2 * of_loss.sizes["a"] + self.inputs)
        self.last = epoch.rows - epoch.size * (epoch.steps - 1)  # the rows of the last mini-batch of an epoch
        several = epoch.size > self.block
        small = not several and epoch.even and trained <= SMALL
        before, gradient = clipped(trained) if clips else ([], None)
        after, more = updates(Lowering(update, ()).program(False), trained, gradient)
        of_tail: Statements = []
        if penalty_nests:
            of_tail = renamed(of_penalty(penalty_nests), {"a": "b", "ga": "gb"}, len(of_loss.table))
        tail = [*of_tail, spoilt(trained)]
        counts = {count for rows in (epoch.size, self.last) for count in (min(rows, self.block), rows % self.block)}
        rows = {count: of_rows(of_loss, count) for count in sorted(counts - {0})}
        sizes = {"w": of_loss.sizes["w"], "gw": of_loss.sizes["w"], "t": len(self.table), "y": 5, "u": 3, **more}
        sizes |= dict.fromkeys(("a", "ga"), of_loss.sizes["a"] * self.block)
        sizes |= dict.fromkeys(("b", "gb"), penalty_nests.sizes["a"] if penalty_nests else 0)
        sizes["x"] = self.inputs * (epoch.size if epoch.whole else self.block)
        sizes["scratch"] = max(scratch(x, (0, 0)) for x in (*rows.values(), tail, before))
        super().__init__(sizes, inline=small)
        self.first, cleared = ([], ["ga", "gw", "y"]) if not several else (["gw", "y"], ["ga"])
        self.blocks = {count: self.cleared(x, cleared) for count, x in rows.items()}
        width = int(small)  # one by one, parameters stay in registers
        self.of_tail = self.cleared(tail, ["gb"], width)
        self.of_change = self.write([*before, *after], width)
        self.train()
        self.end()
        self.call = self.modules[-1].function("train", 4, 3)

    def train(self) -> None:
        """Write the loop over steps."""
        text, epoch = Text(self.inline), self.epoch
        v = Lanes(text, 1)
        given = self.arrays(text)
        arrays = self.brought(text, given)
        with over_steps(text, epoch) as (number, inside, only_if):
            if epoch.even:
                self.gradient(text, arrays, number, inside, epoch.size)
            else:
                for condition, rows in (("slt", epoch.size), ("eq", self.last)):
                    with text.when(text.let(f"icmp {condition} i64 {inside}, {epoch.steps - 1}")):
                        self.gradient(text, arrays, number, inside, rows)
            self.run(text, *self.of_tail, arrays)
            loss = v.load(arrays["y"], 0)
            only_if(v.compare("ord", v.add(v.sub(loss, loss), v.load(arrays["y"], 1)), v.zero))
            step = text.let(f"add i64 {text.let('add i64 %before, %s')}, 1")
            v.store(text.let(f"sitofp i64 {step} to double"), arrays["s"], 1)
            self.run(text, [], self.of_change, arrays)
            v.store(loss, "%losses", "%s")
        v.store(text.let("sitofp i64 %made to double"), arrays["u"], 2)
        self.taken_back(text, arrays, given)
        pointers = [f"ptr noalias %{name}" for name in ("arrays", "rows", "order", "losses")]
        self.add(text, "train", [*pointers, "i64 %before", "i64 %first", "i64 %last"])

    def gradient(self, text: Text, arrays: dict[str, str], number: str, inside: str, rows: int) -> None:
        """Loss and gradient of a mini-batch of so many rows."""
        Lanes(text, 1).store(Lanes(text, 1).constant(1.0 / rows), arrays["u"], 0)
        for name in self.first:
            text.zero(arrays[name], self.sizes[name])
        start = text.plus(text.times(number, self.epoch.rows), text.times(inside, self.epoch.size))

        def block(first: Whole, count: int) -> None:
            x = arrays["x"]
            if self.epoch.whole:
                x = text.address(x, text.times(first, self.inputs))
            else:
                self.gather(text, text.plus(start, first), x, count)
            self.run(text, *self.blocks[count], {**arrays, "x": x})

        whole, left = rows // self.block * self.block, rows % self.block
        if whole:
            text.each(whole, lambda first: block(first, self.block), self.block)
        if left:
            block(whole, left)

    def gather(self, text: Text, start: Whole, x: str, count: int) -> None:
        """Bring the rows that come next in the order, number by number: of several rows at a time, as a vector."""
        one, done = Lanes(text, 1), 0

        def some(first: Whole, v: Lanes) -> None:
            places = [text.address("%order", text.plus(start, text.plus(first, k))) for k in range(v.width)]
            which = [text.let(f"load i64, ptr {place}") for place in places]
            rows = [text.address("%rows", text.times(row, self.inputs)) for row in which]

            def number(k: Whole) -> None:
                numbers = [one.load(row, k) for row in rows]
                together = one.join(numbers) if v.width > 1 else numbers[0]
                v.store(together, x, text.plus(text.times(k, count), first), aligned=False)

            text.each(self.inputs, number)

        for width in (8, 4, 2, 1):
            v, whole = Lanes(text, width), (count - done) // width * width
            if whole:
                text.each(done + whole, lambda first: some(first, v), width, done)  # noqa: B023
                done += whole

    # --- Numbers in registers ------------------------------------------------------------------------

    def brought(self, text: Text, given: dict[str, str]) -> dict[str, str]:
        """Where the arrays are in a step: where they came, or in registers for as long as the call lasts."""
        if not self.inline:
            return given
        here = {name: text.room(max(1, size)) for name, size in self.sizes.items() if name not in "tx"}
        self.taken_back(text, given, here)
        return given | here

    def taken_back(self, text: Text, here: dict[str, str], there: dict[str, str]) -> None:
        v = Lanes(text, 1)
        for name in [name for name in self.sizes if name[0] in "wgmsu" and name not in ("ga", "gb")]:
            for k in range(self.sizes[name] if self.inline else 0):
                v.store(v.load(here[name], k), there[name], k)


def taken(epoch: Epoch, text: Text, start: Whole) -> Whole:
    """Writes how many rows the step takes whose first row is ``start`` in the epoch's order."""
    if epoch.even:
        return epoch.size
    remaining = text.let(f"sub i64 {epoch.rows}, {start}")
    fewer = text.let(f"icmp slt i64 {remaining}, {epoch.size}")
    return text.let(f"select i1 {fewer}, i64 {remaining}, i64 {epoch.size}")


@contextmanager
def over_steps(text: Text, epoch: Epoch) -> Iterator[tuple[str, str, Callable[[str], None]]]:
    """Writes the loop over the steps %s from %first to before %last; %made is the step that was not made.

    Gives the epoch, the step inside it, and a function that leaves the loop unless a condition holds.
    """
    entry, left = text.block, []

    def only_if(condition: str) -> None:
        left.append(f"[ %s, %{text.block} ]")
        text.put(f"br i1 {condition}, label %goes_on{len(left)}, label %stop")
        text.label(f"goes_on{len(left)}")

    text.put("br label %step")
    text.label("step")
    text.put(f"%s = phi i64 [ %first, %{entry} ], [ %next, %again ]")
    number = text.let(f"udiv i64 %s, {epoch.steps}")
    yield number, text.let(f"sub i64 %s, {text.times(number, epoch.steps)}"), only_if
    text.put("br label %again")
    text.label("again")
    text.put("%next = add nuw nsw i64 %s, 1")
    text.put("%more = icmp slt i64 %next, %last")
    text.put("br i1 %more, label %step, label %stop")
    text.label("stop")
    text.put(f"%made = phi i64 {', '.join([*left, '[ %next, %again ]'])}")


def block_of(rows: int, doubles: int) -> int:
    """How many rows are computed at a time."""
    most = min(MOST_ROWS, NEAR // max(1, doubles))
    if most < FEW_ROWS:
        return 1
    blocks = -(-rows // most)
    return rows if blocks == 1 else min(most, -(-rows // blocks) + 7 & ~7)


class Nets(Functions):
    """Whole epochs of steps as one function, for nets side by side: of every number, those of all nets.

    Parameters
    ----------
    loss, penalty : Recording
        Their inputs are the numbers of a net, those of the loss's parameters an example, then what is captured, which
        are the parameters of the penalty.
    update : Recording
    epoch : Epoch
    clips : bool

    Attributes
    ----------
    call : function
        Of the address of a Memory; of the examples, their order and nothing; of the number of steps made before step 0,
        the first step, and one behind the last. In "l" are the mean losses of the epoch so far, and the step at which
        each net has ended, or inf.
    """

    def __init__(
        self, loss: Recording, penalty: Recording | None, update: Recording, epoch: Epoch, clips: bool
    ) -> None:
        trained, self.epoch, self.numbers = len(loss.inputs), epoch, len(loss.parameters)
        loss_nests, penalty_nests = roll(loss, loss.inputs), roll(penalty, loss.inputs) if penalty else None
        names = {"x": "w", "gx": "gw", "w": "r"}
        row = renamed(of_nets(loss_nests), names, 0)
        tail = [averaged(1, one("y", LOSS, NETS)), averaged(trained, each("gw", NETS))]
        self.table = loss_nests.table
        if penalty_nests:
            more = {"x": "w", "gx": "gw", "w": "c", "a": "b", "ga": "gb"}
            tail += renamed(of_nets(penalty_nests), more, len(self.table))
            self.table += penalty_nests.table
        self.captured = self.numbers - (len(penalty.parameters) if penalty else 0)
        program = Lowering(update, ()).program(False)
        before, gradient = clipped(trained, NETS) if clips else ([], None)
        after, sizes = updates(program, trained, gradient, NETS, one("y", GOING, NETS))
        sizes |= {"w": trained * NETS, "gw": trained * NETS, "r": self.numbers, "c": 0, "t": len(self.table)}
        sizes |= dict.fromkeys(("a", "ga"), loss_nests.sizes["a"] * NETS)
        sizes |= dict.fromkeys(("b", "gb"), penalty_nests.sizes["a"] * NETS if penalty_nests else 0)
        sizes |= {"y": 6 * NETS, "u": 5, "l": 2 * NETS}
        sizes["scratch"] = max(scratch(x, (0, 0)) for x in (row, tail, before))
        super().__init__(sizes)
        self.of_row, self.of_tail = self.cleared(row, ["ga"]), self.cleared(tail, ["gb"])
        self.of_change = self.write([spoilt(trained, NETS), *going(), *before, *after, *mean_so_far()])
        self.train()
        self.end()
        self.call = self.modules[-1].function("train", 4, 3)

    def train(self) -> None:
        """Write the loop over steps."""
        text, epoch = Text(), self.epoch
        v, arrays = Lanes(text, 1), self.arrays(text)
        with over_steps(text, epoch) as (number, inside, _):
            for name in ("gw", "y"):
                text.zero(arrays[name], self.sizes[name])
            start = text.times(inside, epoch.size)
            rows = taken(epoch, text, start)
            many = text.let(f"sitofp i64 {rows} to double")
            v.store(v.div(v.one, many), arrays["u"], 0)
            v.store(text.let("sitofp i64 %s to double"), arrays["u"], 2)
            again = text.let(f"icmp ne i64 {inside}, 0")
            v.store(text.let(f"uitofp i1 {again} to double"), arrays["u"], 3)
            v.store(v.mul(many, v.constant(1.0 / epoch.rows)), arrays["u"], 4)
            place = text.plus(text.times(number, epoch.rows), start)
            with text.loop(rows) as turn:
                index = turn.index
                if not epoch.whole:
                    index = text.let(f"load i64, ptr {text.address('%order', text.plus(place, index))}")
                row = text.address("%rows", text.times(index, self.numbers))
                self.run(text, *self.of_row, {**arrays, "r": row})
            self.run(text, *self.of_tail, {**arrays, "c": text.address("%rows", self.captured)})
            counted = text.let(f"add i64 {text.let('add i64 %before, %s')}, 1")
            step = text.let(f"sitofp i64 {counted} to double")
            text.each(NETS, lambda k: v.store(step, arrays["s"], text.plus(k, NETS)))
            self.run(text, [], self.of_change, arrays)
        pointers = [f"ptr noalias %{name}" for name in ("arrays", "rows", "order", "losses")]
        self.add(text, "train", [*pointers, "i64 %before", "i64 %first", "i64 %last"])


def averaged(count: int, total: Index) -> Statement | Repeat:
    """The mean over the rows in the place of the sum."""
    return Statement((Axis(count), Axis(NETS)), total, ("mul", total, Index("u", 0, (0, 0))))


def going() -> Statements:
    """Which nets go on, and where others have ended."""
    loss, bad, goes, end = (one(array, k, NETS) for array, k in (("y", LOSS), ("y", SPOILT), ("y", GOING), ("l", 1)))
    axes, now = (Axis(1), Axis(NETS)), Index("u", 2, (0, 0))
    infinite, check = ("equal", end, math.inf), ("add", ("sub", loss, loss), bad)
    return [
        Statement(axes, goes, ("where", ("equal", check, check), infinite, 0.0)),
        Statement(axes, end, ("where", ("equal", check, check), end, ("where", infinite, now, end))),
    ]


def mean_so_far() -> Statements:
    """The mean loss of the epoch so far: 0 at its begin, and the share of this step."""
    loss, goes, so_far = (one(array, k, NETS) for array, k in (("y", LOSS), ("y", GOING), ("l", 0)))
    again, share = (Index("u", k, (0, 0)) for k in (3, 4))
    longer = ("add", ("mul", so_far, again), ("mul", loss, share))
    return [Statement((Axis(1), Axis(NETS)), so_far, ("where", goes, longer, so_far))]
