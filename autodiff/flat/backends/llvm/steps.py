"""The steps of a training as loop nests: what a step computes, as statements, and whole epochs of them as one function.

A mini-batch is taken in blocks of rows; nets side by side are as rows, one example after the other. Arrays beside those
of nests: "y" has the loss, what is nan where a gradient is not finite, what clips gradients, and which nets go on; "u"
what is set in each step, first 1 / rows and the longest gradient; "b" and "gb" are the "a" and "ga" of the penalty.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from ....engine import Value
from ....tracing import Unsupported
from ...ir import Expression, Program, leaves_of, replaced, row_mean
from ...loops.adjoint import added
from ...loops.nests import Nests, for_rows, roll
from ...loops.statements import Axis, Index, Repeat, Statement, indices
from ...lowering import Lowering
from ...recording import Recording, Step
from ...state import Epoch
from .builder import Lanes, Text, Whole
from .code import Functions, Sizes, scratch
from .machine import machine

LOSS, SPOILT, LARGEST, SQUARES, SCALE, GOING, NOTED = range(7)  # in "y"
SHARE = Index("u", 0, (0,))
NETS = 16  # side by side
MOST_ROWS = 128  # in a block
FEW_ROWS = 8  # from which it is worth while to have several
NEAR, MOST = 80_000, 20_000_000  # doubles that should stay near the processor; in memory at most
SMALL = 64  # parameters up to which numbers are kept in registers, and
SMALL_NETS = 20  # those of nets side by side
SETTINGS = "s"  # the array of what is the same for all parameters
NORMAL = 2.0**-1022  # the smallest number that is not subnormal: states below are 0, as such are computed slowly
Statements = list[Statement | Repeat]


class LongLoss(Unsupported):
    """A loss of so many statements that it would be compiled for long."""


class Parts(NamedTuple):
    """What a step is recorded as, in machine code's terms: ``others`` are read besides ``trained`` and rows."""

    trained: list[Value]
    others: list[Value]
    loss: Recording
    penalty: Recording | None
    update: Recording
    outputs: Recording | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for steps of one structure, made of the same primitives."""
        trained, others, *parts = self
        made = [part for part in parts if part]
        sizes = len(trained), len(others), len(self.loss.inputs), len(self.loss.parameters)
        primitives = frozenset({gate.primitive for part in made for gate in part.gates})
        return (*sizes, *[tuple(part.structure) if part else None for part in parts], primitives)


def of_net(step: Step, trained: list[Value]) -> Parts:
    """Rows are inputs, and numbers of the net parameters."""
    others = captured([step.loss, step.penalty], {*trained})
    loss, penalty = step.loss.read_as(step.loss.inputs, [*trained, *others]), step.penalty
    return Parts(trained, others, loss, penalty and penalty.read_as([], loss.parameters), step.update)


def of_nets(step: Step, trained: list[Value], outputs: Sequence[Any]) -> Parts:
    """The numbers of a net are inputs, and a row's parameters: nets stand side by side as rows do in ``of_net``."""
    answers = Recording(outputs, trained, step.loss.inputs, step.since)
    others = captured([step.loss, step.penalty, answers], {*trained, *step.loss.inputs})
    row = [*step.loss.inputs, *others]
    loss, penalty = step.loss.read_as(trained, row), step.penalty
    penalty = penalty and penalty.read_as(trained, others)
    return Parts(trained, others, loss, penalty, step.update, answers.read_as(trained, row))


def captured(parts: Sequence[Recording | None], known: set[Value]) -> list[Value]:
    """The leaves that the parts read besides those that are known."""
    return list(dict.fromkeys(x for part in parts if part for x in part.parameters if x not in known))


# --- What a step computes --------------------------------------------------------------------------


def of_rows(nests: Nests, rows: int, stride: int = 0, share: Expression = SHARE) -> Statements:
    """What rows, or a penalty, add to the loss and its gradient; of nets side by side (stride 1), to that of each."""
    batch, axes = for_rows(nests, rows), (Axis(rows),)
    loss, *others = batch.outputs
    mean = added(axes, Index("y", LOSS, (stride,)), ("mul", loss, share))
    seed = [added(axes, gradient_at(loss), share)] * (type(loss) is Index)
    noted = [x._replace(strides=()) if type(x) is Index else x for x in others]  # of the first row
    notes = [Statement((), Index("y", NOTED + k), x) for k, x in enumerate(noted)]
    return [*batch.forward, mean, *notes, *seed, *batch.backward]


def gradient_at(x: Any) -> Any:
    """The gradient of a number, in the place of its like."""
    return x._replace(array=f"g{x.array}")


def renamed(statements: Statements, names: Mapping[str, str], table: int) -> Statements:
    """The statements over arrays of other names, their table behind so many numbers."""

    def moved(x: Index) -> Index:
        return x._replace(array=names.get(x.array, x.array), start=x.start + table * (x.array == "t"))

    return [x.moved(moved) for x in statements]


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
    first = Statement(axes, largest, ("abs", gradient), "largest")
    second = Statement(axes, squares, ("mul", part, part), "sum")
    return [first, second, Statement((Axis(1), Axis(nets)), scale, factor)], ("mul", gradient, scale)


def watched(count: int) -> tuple[Statements, Statements, Statements]:
    """Of nets: means over the rows; which nets go on, and where others ended; the mean loss of the epoch so far.

    A sum over the rows becomes a mean at its end, so that it overflows where that of eager code does.
    """
    loss, bad, goes, so_far, end = (one(*x, NETS) for x in zip("yyyll", (LOSS, SPOILT, GOING, 0, 1)))
    mean, now, again, share = (Index("u", k, (0, 0)) for k in (0, 2, 3, 4))
    infinite, check = ("equal", end, math.inf), ("add", ("sub", loss, loss), bad)
    longer = ("add", ("mul", so_far, again), ("mul", loss, share))  # ``again`` is 0 at the begin of an epoch
    means = [(n, x, ("mul", x, mean)) for n, x in ((1, loss), (count, each("gw", NETS)))]
    finite = ("equal", check, check)
    ends = [
        (1, goes, ("where", finite, infinite, 0.0)),
        (1, end, ("where", finite, end, ("where", infinite, now, end))),
    ]
    parts = means, ends, [(1, so_far, ("where", goes, longer, so_far))]
    made = [[Statement((Axis(n), Axis(NETS)), x, value) for n, x, value in part] for part in parts]
    return made[0], made[1], made[2]  # type: ignore[return-value]


# --- Whole epochs ----------------------------------------------------------------------------------


class Epochs(Functions):
    """Whole epochs of steps as one function, for one net or for ``nets`` side by side.

    ``call`` takes the address of a Memory; the rows, their order and the losses; the number of steps made before step
    0, the first step, and one behind the last.
    """

    nets = 1
    names: Mapping[str, str] = {"a": "b", "ga": "gb"}  # of the arrays of a penalty
    loop: Callable[[Text, dict[str, str]], None]  # writes the loop over steps

    def __init__(self, parts: Parts, epoch: Epoch, clips: bool, most: float = math.inf) -> None:
        self.epoch, self.loss, self.notes = epoch, roll(parts.loss, parts.trained, 1), len(parts.loss.outputs) - 1
        self.count, trained, nets = len(self.loss.forward + self.loss.backward), len(parts.trained), self.nets
        if self.count > most:
            raise LongLoss(f"the loss has {self.count} statements")
        before, gradient = clipped(trained, nets) if clips else ([], None)
        goes = one("y", GOING, nets) if nets > 1 else None
        after, sizes = updates(Lowering(parts.update, ()).program(), trained, gradient, nets, goes)
        self.change: Statements = [*before, *after]
        self.table, beside = self.loss.table, 0
        self.tail: Statements = [spoilt(trained, nets)]
        if parts.penalty:
            penalty = roll(parts.penalty, parts.trained)
            self.tail[:0] = renamed(of_rows(penalty, nets, int(nets > 1), 1.0), self.names, len(self.table))
            self.table, beside = self.table + penalty.table, penalty.sizes["a"] * nets
        sizes |= {"w": trained * nets, "gw": trained * nets, "b": beside, "gb": beside, "t": len(self.table)}
        super().__init__({**sizes, "y": NOTED * nets + self.notes, "u": 5})

    def compile(self, sizes: Sizes, rows: Mapping[int, Statements], cleared: Sequence[str], small: bool) -> None:
        """Write and compile the loop over steps, around what blocks of rows do, by their number.

        The arrays of a ``small`` net are in registers.
        """
        self.sizes |= sizes
        self.sizes["scratch"] = max(scratch(x, (0, 0)) for x in [*rows.values(), self.tail, self.change])
        self.inline, self.split = small, small and self.nets == 1
        self.blocks = {count: self.cleared(x, cleared) for count, x in rows.items()}
        width = int(self.split)  # one by one, parameters stay in registers
        self.of_tail, self.of_change = self.cleared(self.tail, ["gb"], width), self.write(self.change, width)
        text = Text()
        given = self.arrays(text)
        local = [name for name in self.sizes if name not in ("t", "x", "r", "c")] * small
        arrays = given | {name: text.let(f"alloca [{max(1, self.sizes[name])} x double], align 64") for name in local}
        lasting = [name for name in local if name[0] in "wmul" or name in ("gw", SETTINGS)]
        self.copy(text, lasting, given, arrays)
        self.loop(text, arrays)
        self.copy(text, lasting, arrays, given)
        self.call = self.train(text, ("rows", "order", "losses"))

    def lanes(self, text: Text) -> Lanes:
        """The numbers of nets that are in one vector."""
        return Lanes(text, min(self.nets, machine().width))

    def copy(self, text: Text, names: Sequence[str], here: Mapping[str, str], there: Mapping[str, str]) -> None:
        for name in names:
            v = Lanes(text, 1) if name == "u" else self.lanes(text)
            for k in range(0, self.sizes[name], v.width):
                v.store(v.load(here[name], k), there[name], k)

    def change_numbers(self, text: Text, arrays: Mapping[str, str]) -> None:
        """Change the parameters, by an optimizer that counts its steps from 1."""
        v, counted = self.lanes(text), counted_step(text)
        for k in range(self.nets, 2 * self.nets, v.width):
            v.store(v.splat(counted), arrays[SETTINGS], k)
        self.run(text, [], self.of_change, arrays)


class Steps(Epochs):
    """Those of one net. The step that was not made is then in "u"[2]."""

    def __init__(self, parts: Parts, epoch: Epoch, clips: bool, most: float) -> None:
        super().__init__(parts, epoch, clips, most)
        loss, self.inputs = self.loss, len(parts.loss.inputs)
        self.block = block_of(epoch.size, doubles := 2 * loss.sizes["a"] + self.inputs)
        if any(gate.primitive is row_mean for gate in parts.loss.gates):  # all rows wait for their mean
            self.block = epoch.size
            if epoch.size * doubles > MOST:
                raise Unsupported("the mini-batch is too large to be in memory at once, as means over its rows want it")
        self.last = epoch.rows - epoch.size * (epoch.steps - 1)  # the rows of the last mini-batch of an epoch
        several = epoch.size > self.block
        self.first, cleared = ([], ["ga", "gw", "y"]) if not several else (["gw", "y"], ["ga"])
        counts = {count for rows in (epoch.size, self.last) for count in (min(rows, self.block), rows % self.block)}
        most = for_rows(loss, self.block).sizes["a"]
        sizes = dict.fromkeys(("w", "gw"), loss.sizes["w"]) | dict.fromkeys(("a", "ga"), most)
        sizes["x"] = self.inputs * (epoch.size if epoch.whole else self.block)
        small = not several and epoch.even and len(parts.trained) <= SMALL
        self.compile(sizes, {count: of_rows(loss, count) for count in sorted(counts - {0})}, cleared, small)

    def loop(self, text: Text, arrays: dict[str, str]) -> None:
        """Write the loop over steps."""
        v, epoch = Lanes(text, 1), self.epoch
        with over_steps(text, epoch) as (number, inside, only_if):
            if epoch.even:
                self.gradient(text, arrays, number, inside, epoch.size)
            else:
                for condition, rows in (("slt", epoch.size), ("eq", self.last)):
                    with text.when(text.let(f"icmp {condition} i64 {inside}, {epoch.steps - 1}")):
                        self.gradient(text, arrays, number, inside, rows)
            self.run(text, *self.of_tail, arrays)
            loss = v.load(arrays["y"], LOSS)
            only_if(v.compare("ord", v.add(v.sub(loss, loss), v.load(arrays["y"], SPOILT)), v.zero))
            self.change_numbers(text, arrays)
            at = text.times("%s", 1 + self.notes)
            for k, number in enumerate([loss, *[v.load(arrays["y"], NOTED + k) for k in range(self.notes)]]):
                v.store(number, "%losses", text.plus(at, k))
        v.store(text.let("sitofp i64 %made to double"), arrays["u"], 2)

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
                v.store(together, x, text.plus(text.times(k, count), first))

            text.each(self.inputs, number)

        for width in (8, 4, 2, 1):
            v, whole = Lanes(text, width), (count - done) // width * width
            if whole:
                text.each(done + whole, lambda first: some(first, v), width, done)  # noqa: B023
                done += whole


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


def counted_step(text: Text) -> str:
    """The number of step %s, as optimizers count from 1."""
    step = text.let(f"add i64 {text.let('add i64 %before, %s')}, 1")
    return text.let(f"sitofp i64 {step} to double")


def block_of(rows: int, doubles: int) -> int:
    """How many rows are computed at a time."""
    most = min(MOST_ROWS, NEAR // max(1, doubles))
    if most < FEW_ROWS:
        return 1
    blocks = -(-rows // most)
    return rows if blocks == 1 else min(most, -(-rows // blocks) + 7 & ~7)


class Nets(Epochs):
    """Those of nets side by side: of every number, those of all nets.

    The inputs of the loss are the numbers of a net, its parameters an example, then what is captured, which are the
    parameters of the penalty. In "l" are the mean losses of the epoch so far, and the step at which each net has ended,
    or inf.
    """

    nets = NETS
    names: Mapping[str, str] = {"x": "w", "gx": "gw", "w": "c", "a": "b", "ga": "gb"}

    def __init__(self, parts: Parts, epoch: Epoch, clips: bool) -> None:
        super().__init__(parts, epoch, clips)
        self.numbers = len(parts.loss.parameters)
        self.captured = self.numbers - (len(parts.penalty.parameters) if parts.penalty else 0)
        means, ends, so_far = watched(len(parts.trained))
        self.tail, self.change = [*means, *self.tail], [*ends, *self.change, *so_far]
        row = renamed(of_rows(self.loss, NETS, 1, 1.0), {"x": "w", "gx": "gw", "w": "r"}, 0)
        sizes = {"r": self.numbers, "c": 0, "l": 2 * NETS} | dict.fromkeys(("a", "ga"), self.loss.sizes["a"] * NETS)
        self.compile(sizes, {1: row}, ["ga"], len(parts.trained) <= SMALL_NETS)

    def loop(self, text: Text, arrays: dict[str, str]) -> None:
        """Write the loop over steps."""
        v, epoch = Lanes(text, 1), self.epoch
        with over_steps(text, epoch) as (number, inside, _):
            for name in ("gw", "y"):
                text.zero(arrays[name], self.sizes[name])
            start = text.times(inside, epoch.size)
            remaining = text.let(f"sub i64 {epoch.rows}, {start}")
            fewer = text.let(f"icmp slt i64 {remaining}, {epoch.size}")
            rows = text.let(f"select i1 {fewer}, i64 {remaining}, i64 {epoch.size}")
            many = text.let(f"sitofp i64 {rows} to double")
            again = text.let(f"icmp ne i64 {inside}, 0")
            v.store(v.div(v.one, many), arrays["u"], 0)
            v.store(text.let("sitofp i64 %s to double"), arrays["u"], 2)
            v.store(text.let(f"uitofp i1 {again} to double"), arrays["u"], 3)
            v.store(v.mul(many, v.constant(1.0 / epoch.rows)), arrays["u"], 4)
            place = text.plus(text.times(number, epoch.rows), start)
            with text.loop(rows) as (index, _):
                if not epoch.whole:
                    index = text.let(f"load i64, ptr {text.address('%order', text.plus(place, index))}")
                row = text.address("%rows", text.times(index, self.numbers))
                self.run(text, *self.blocks[1], {**arrays, "r": row})
            self.run(text, *self.of_tail, {**arrays, "c": text.address("%rows", self.captured)})
            self.change_numbers(text, arrays)


# --- The update of one parameter as statements that update all ------------------------------------


def each(array: str, nets: int = 1) -> Index:
    """A number of each parameter, of each net: along two axes."""
    return Index(array, 0, (nets, 1))


def one(array: str, k: int, nets: int = 1) -> Index:
    """Number k of each net, the same for all parameters."""
    return Index(array, nets * k, (0, 1))


def updates(
    program: Program, count: int, gradient: Expression = None, nets: int = 1, going: Expression = None
) -> tuple[list[Statement], dict[str, int]]:
    """Statements that update so many parameters of each net, and the arrays that they have beside "w" and "gw".

    The ``program`` is of scalars: from (parameter, gradient, *states) and settings such as the learning rate to
    (parameter, *states). Of each number those of all nets lie side by side. An expression, such as a clipped one, may
    take the place of the ``gradient``; nets for which ``going`` is 0 keep their numbers. The arrays are "s", which
    begins with the settings, and "m0", "m1", ..., one for each state.
    """
    states = [f"m{k}" for k in range(len(program.inputs) - 2)]
    known: dict[Any, Expression] = {name: one(SETTINGS, k, nets) for k, name in enumerate(program.parameters)}
    known |= {name: each(array, nets) for name, array in zip(program.inputs, ["w", "gw", *states])}
    known[program.inputs[1]] = gradient or each("gw", nets)
    found: list[Statement] = []
    used = len(program.parameters)

    def shared(expression: Expression) -> Expression:
        """The expression, parts that are the same for all parameters computed once: also 1 / what divides others."""
        nonlocal used
        if type(expression) is not tuple:
            return expression
        expression = (expression[0], *map(shared, expression[1:]))
        if any(type(x) is not float and x.array != SETTINGS for x in leaves_of(expression)):
            divisor = expression[-1]
            if expression[0] == "div" and type(divisor) is Index and divisor.array == SETTINGS:
                return "mul", expression[1], shared(("div", 1.0, divisor))  # far faster, and off by an ulp at most
            return expression
        found.append(Statement((Axis(1), Axis(nets)), one(SETTINGS, used, nets), expression))
        used += 1
        return found[-1].target

    for line in program.lines:
        known[line.target] = shared(replaced(line.expression, lambda x: known.get(x, x)))
    axes, later = (Axis(count), Axis(nets)), []
    results = [known.get(x, x) for x in program.outputs]
    sizes = {SETTINGS: used * nets, **dict.fromkeys(states, count * nets)}
    for k, (array, result) in enumerate(zip(["w", *states], results)):
        target = each(array, nets)
        if array != "w":
            result = ("where", ("less", ("abs", result), NORMAL), 0.0, result)
        result = ("where", going, result, target) if going else result
        if any(target in indices((None, other)) for other in results[k + 1 :]):  # they read what it was before
            new = each(f"new_{array}", nets)
            sizes[new.array] = count * nets
            later.append(Statement(axes, target, new))
            target = new
        found.append(Statement(axes, target, result))
    return [*found, *later], sizes
