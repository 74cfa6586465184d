"""Whole epochs as machine code: batches drawn, gradients, updates, for one net or many side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from ...ir import Expression, Program, as_key, leaves_of
from ...state import Epoch
from .builder import EachBody, Text, Whole, module
from .core import larger
from .kernel import PADDING, Kernel, up_to
from .loops import computed
from .machine import ATTRIBUTES
from .vector import Lanes


class Update:
    """Writes ``parameter, *states = update(parameter, gradient, rate, step, *states)`` for vectors of these.

    Parameters
    ----------
    program : Program
        Of scalars: its inputs are (parameter, gradient, *states), its parameters (rate, step).
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.rate, self.step = program.parameters
        self.states = len(program.inputs) - 2

    def known(self, v: Lanes, given: Mapping[Any, str]) -> dict[Any, str]:
        """What follows from ``given`` alone, computed once for all parameters: {expression or name: vector}."""
        known = dict(given)

        def visit(expression: Expression) -> None:
            if type(expression) is not tuple or as_key(expression) in known:
                return
            if all(type(x) is float or x in known for x in leaves_of(expression)):
                known[as_key(expression)] = computed(v, expression, lambda x: known[x])
                return
            for operand in expression[1:]:
                visit(operand)

        for line in self.program.lines:
            visit(line.expression)
            if as_key(line.expression) in known:
                known[line.target] = known[as_key(line.expression)]
        return known

    def applied(self, v: Lanes, given: Sequence[str], known: Mapping[Any, str]) -> list[str]:
        """The new (parameter, *states) of vectors of (parameter, gradient, *states)."""
        found = {**known, **dict(zip(self.program.inputs, given))}
        for line in self.program.lines:
            if line.target not in found:
                found[line.target] = computed(v, line.expression, lambda x: found[x], found)
        return [v.constant(x) if type(x) is float else found[x] for x in self.program.outputs]


def update_all(
    update: Update,
    text: Text,
    width: int,
    count: int,
    homes: Mapping[str, str],
    scale: str | None,
    shared: Mapping[Any, str],
) -> None:
    """Read and write the arrays ``w``, ``sums`` and ``states`` of so many parameters, a vector at a time.

    ``shared`` are rate and step, ``scale`` is what gradients are multiplied by.
    """
    scalar = Lanes(text, 1)
    known = update.known(scalar, shared)

    def one(v: Lanes, i: Whole) -> None:
        places = [(homes["w"], i), (homes["sums"], i)]
        places += [(homes["states"], text.plus(i, k * count)) for k in range(update.states)]
        given = [v.load(base, index, aligned=False) for base, index in places]
        if scale is not None:
            given[1] = v.mul(given[1], v.splat(scale))
        new = update.applied(v, given, {x: v.splat(name) for x, name in known.items()})
        for x, place in zip(new, [places[0], *places[2:]]):
            v.store(x, *place, aligned=False)

    width = 1 if text.unrolled else width
    full = count // width * width
    if full:
        text.each(full, lambda i: one(Lanes(text, width), i), width)
    if full < count:
        text.each(count, lambda i: one(scalar, i), 1, full)


def clip_scale(v: Lanes, gradient: Callable[[Whole], str], count: int, threshold: str) -> str:
    """threshold / length where the length of the gradient is at least the threshold, else 1.

    The numbers are divided by the largest before they are squared, so that nothing overflows.
    """

    def over_all(body: Callable[[str, str], str]) -> str:
        return v.text.summed(count, [v.zero], v.vector, lambda i, old: [body(old[0], gradient(i))])[0]

    largest = over_all(lambda old, x: larger(v, old, v.absolute(x)))
    squares = over_all(lambda old, x: squared(v, old, v.div(x, largest)))
    infinite = v.compare("oeq", largest, v.constant(float("inf")))
    length = v.select(infinite, largest, v.mul(largest, v.intrinsic("sqrt", squares)))
    longer = v.let(f"and {v.bools} {v.compare('oge', length, threshold)}, {v.compare('ogt', length, v.zero)}")
    return v.select(longer, v.div(threshold, length), v.one)


def squared(v: Lanes, total: str, x: str) -> str:
    return v.muladd(x, x, total)


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


PARAMETERS = [f"ptr noalias %{x}" for x in ("x", "w", "states", "order", "losses", "sums", "memory", "settings")]
FEW_PARAMETERS = 64  # parameters up to which they are kept in registers


class Plan(NamedTuple):
    """What is trained, and how many rows there are and go into each step.

    For one net the inputs of the programs are a row; for nets side by side they are the numbers of a net, of which
    ``outputs`` says what it makes of a row. ``clip`` is the longest gradient; True says that each call gives it.
    """

    loss: Program
    penalty: Program | None
    update: Program
    outputs: Any
    trained: int
    epoch: Epoch
    clip: Any

    @property
    def numbers(self) -> int:
        """How many numbers are no inputs: those that are trained, one over the rows of the mini-batch, and others."""
        return len(self.loss.parameters)


class Steps:
    """The text of the module, and how much memory it needs."""

    def __init__(self, plan: Plan, width: int) -> None:
        self.plan = plan
        narrow = min(width, max(1, 1 << (plan.epoch.size - 1).bit_length()))
        self.loss = Kernel(plan.loss, "loss", narrow, plan.epoch.size if plan.epoch.even else None, results=False)
        self.penalty = Kernel(plan.penalty, "penalty", 1, 1, results=False, onto=True) if plan.penalty else None
        self.whole = plan.epoch.whole
        self.in_registers = self.loss.unrolled and plan.trained <= FEW_PARAMETERS
        self.text = Text(self.in_registers)
        self.width = width
        self.stride = up_to(plan.epoch.size, PADDING)
        self.inputs = len(plan.loss.inputs)
        inner = max(self.loss.memory, self.penalty.memory if self.penalty else 0)
        self.table = up_to(inner, 8)  # where in memory the rows of the mini-batch begin
        self.memory = self.table + self.inputs * self.stride

    def module(self) -> str:
        kernels = [kernel for kernel in (self.loss, self.penalty) if kernel]
        functions = [kernel.function(internal=True) for kernel in kernels]
        functions += [self.train()] if self.whole else [gather(self.inputs, self.stride), self.train()]
        self.text.declarations.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
        declarations = set.union(self.text.declarations, *[kernel.text.declarations for kernel in kernels])
        return module(functions, declarations, ATTRIBUTES)

    def train(self) -> str:
        """The loop over steps."""
        text, v, plan = self.text, Lanes(self.text, 1), self.plan
        homes = self.brought()
        rate, threshold, before = (v.load("%settings", k, aligned=False) for k in range(3))
        with over_steps(text, plan.epoch) as (epoch, inside, only_if):
            self.gradient(homes, epoch, inside)
            loss = v.load(homes["sums"], plan.numbers, aligned=False)
            only_if(v.compare("ord", v.add(v.sub(loss, loss), self.not_finite(homes["sums"])), v.zero))
            self.change(homes, rate, threshold, before)
            v.store(loss, text.address("%losses", "%s"))
        self.taken_back(homes)
        v.store(text.let("sitofp i64 %made to double"), "%settings", 3)
        v.store(text.let(f"uitofp i1 {text.let('icmp slt i64 %made, %last')} to double"), "%settings", 4)
        return text.function("train", [*PARAMETERS, "i64 %first", "i64 %last"])

    def gradient(self, homes: dict[str, str], epoch: str, inside: str) -> None:
        """The loss and its gradient, penalty included, into ``sums``."""
        text, plan = self.text, self.plan
        rows: Whole = plan.epoch.size
        x = "%x"
        if not self.whole:
            start = text.times(inside, plan.epoch.size)
            rows = taken(plan.epoch, text, start)
            x = text.address("%memory", self.table)
            order = text.address("%order", text.plus(text.times(epoch, plan.epoch.rows), start))
            text.put(f"call void @gather(ptr %x, ptr {order}, ptr {x}, i64 {rows})")
        many = text.let(f"sitofp i64 {rows} to double")
        share = text.let(f"fdiv double 1.0, {many}")
        Lanes(text, 1).store(share, homes["w"], plan.trained)
        for kernel in filter(None, (self.loss, self.penalty)):
            pointers = x, homes["w"], "%memory", "%memory", homes["sums"], "%memory"
            given = ", ".join(f"ptr {pointer}" for pointer in pointers)
            text.put(f"call void @{kernel.name}({given}, i64 {rows}, i64 {self.stride})")

    def not_finite(self, base: str) -> str:
        """0 where all gradients are finite, else nan: the sum of each times 0."""
        text, whole, total = self.text, self.plan.trained // self.width, Lanes(self.text, 1).zero
        for width, start, count in ((self.width, 0, whole), (1, whole * self.width, self.plan.trained % self.width)):
            v = Lanes(text, width)

            def add(k: Whole, sums: list[str], v: Lanes = v, start: int = start) -> list[str]:
                number = v.load(base, text.plus(text.times(k, v.width), start), aligned=False)
                return [v.add(sums[0], v.mul(number, v.zero))]

            (found,) = text.summed(count, [v.zero], v.vector, add) if count else [v.zero]
            for lane in range(width):
                total = Lanes(text, 1).add(total, v.part(found, lane, 1))
        return total

    def change(self, homes: dict[str, str], rate: str, threshold: str, before: str) -> None:
        """Clip and update."""
        text, plan = self.text, self.plan
        done = text.let("sitofp i64 %s to double")
        step = text.let(f"fadd double {text.let(f'fadd double {before}, {done}')}, 1.0")
        v, update, scale = Lanes(text, 1), Update(plan.update), None
        if plan.clip:
            scale = clip_scale(v, lambda i: v.load(homes["sums"], i), plan.trained, threshold)
        shared = {update.rate: rate, update.step: step}
        update_all(update, text, self.width, plan.trained, homes, scale, shared)

    # --- Numbers in registers ------------------------------------------------------------------------

    def sizes(self) -> dict[str, int]:
        """How many numbers the arrays hold that a step changes."""
        plan = self.plan
        states = plan.trained * (len(plan.update.inputs) - 2)
        return {"w": plan.numbers, "states": states, "sums": plan.numbers + 1}

    def brought(self) -> dict[str, str]:
        """Where the arrays are in a step: where they came, or in registers for as long as the call lasts."""
        homes = {}
        for name, count in self.sizes().items():
            homes[name] = self.text.room(max(1, count)) if self.in_registers else f"%{name}"
        if self.in_registers:
            self.copied({f"%{name}": home for name, home in homes.items()})
        return homes

    def taken_back(self, homes: dict[str, str]) -> None:
        if self.in_registers:
            self.copied({home: f"%{name}" for name, home in homes.items()})

    def copied(self, pairs: dict[str, str]) -> None:
        v = Lanes(self.text, 1)
        for count, (source, target) in zip(self.sizes().values(), pairs.items()):
            for k in range(count):
                v.store(v.load(source, k), target, k)


def gather(inputs: int, stride: int) -> str:
    """``gather(x, order, table, rows)``: the rows with these indices, number by number, zeros behind the last."""
    text = Text()
    v = Lanes(text, 1)

    def row(r: Whole) -> None:
        index = text.let(f"load i64, ptr {text.address('%order', r)}")
        source = text.address("%x", text.times(index, inputs))
        text.each(inputs, lambda k: v.store(v.load(source, k), "%table", text.plus(text.times(k, stride), r)))

    with text.when(text.let(f"icmp slt i64 %rows, {stride}")):
        text.put(f"call void @llvm.memset.p0.i64(ptr align 8 %table, i8 0, i64 {8 * inputs * stride}, i1 false)")
    text.each("%rows", row)
    parameters = ["ptr noalias %x", "ptr noalias %order", "ptr noalias %table", "i64 %rows"]
    return text.function("gather", parameters, internal=True)


NETS = PADDING  # in a block
NAMES = ("w", "states", "rates", "rows", "order", "losses", "ends", "memory")
FEW_ROWS = 8  # rows up to which the loop over them is written out, where all else is


class Nets:
    """The text of the module, and how much memory it needs."""

    def __init__(self, plan: Plan, width: int) -> None:
        self.plan, self.width = plan, width
        self.loss = Kernel(plan.loss, "loss", width, NETS, onto=True, sums=False)
        self.penalty = Kernel(plan.penalty, "penalty", width, NETS, onto=True, sums=False) if plan.penalty else None
        self.outputs = Kernel(plan.outputs, "answers", width, NETS, sums=False)
        self.update = Update(plan.update)
        self.text = Text(self.loss.unrolled)
        self.v = Lanes(self.text, width)
        kernels = [kernel for kernel in (self.loss, self.penalty, self.outputs) if kernel]
        self.kernels = kernels
        self.mean = up_to(max(kernel.memory for kernel in kernels), NETS)  # where in memory the loss of a step stands,
        self.gradients = self.mean + NETS  # and its gradient
        self.memory = self.gradients + plan.trained * NETS

    def module(self) -> str:
        functions = [kernel.function(internal=True) for kernel in self.kernels]
        functions += [self.train(), self.answers()]
        self.text.declarations.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
        return module(
            functions, set.union(self.text.declarations, *[x.text.declarations for x in self.kernels]), ATTRIBUTES
        )

    def answers(self) -> str:
        """The function ``outputs``."""
        text = Text()
        self.call(text, self.outputs, "%w", "%row", "%out")
        return text.function("outputs", [f"ptr noalias %{x}" for x in ("w", "row", "out", "memory")])

    def call(self, text: Text, kernel: Kernel, w: str, row: str, out: str, gradients: str = "%memory") -> None:
        """Run a kernel for the block of nets; what stands in ``%memory`` is not kept."""
        given = ", ".join(f"ptr {pointer}" for pointer in (w, row, out, gradients, "%memory", "%memory"))
        text.put(f"call void @{kernel.name}({given}, i64 {NETS}, i64 {NETS})")

    def train(self) -> str:
        """The loop over steps."""
        text, plan = self.text, self.plan
        mean, gradients = (text.address("%memory", place) for place in (self.mean, self.gradients))
        with over_steps(text, plan.epoch) as (epoch, inside, _):
            rows = self.gradient(mean, gradients, epoch, inside)
            number = text.let("sitofp i64 %s to double")
            scalar = Lanes(text, 1)
            counted = scalar.add(scalar.add("%before", number), scalar.one)
            known = self.update.known(scalar, {self.update.step: counted})
            text.each(NETS, lambda lane: self.change(lane, mean, gradients, rows, inside, number, known), self.width)
        pointers = [f"ptr noalias %{name}" for name in NAMES]
        return text.function("train", [*pointers, "i64 %first", "i64 %last", "double %before"])

    def gradient(self, mean: str, gradients: str, epoch: str, inside: str) -> str:
        """The mean loss of every net and its gradient, penalty included; returns the number of rows as a double."""
        text, v, plan = self.text, self.v, self.plan
        for base, count in ((mean, 1), (gradients, plan.trained)):
            text.put(f"call void @llvm.memset.p0.i64(ptr align 64 {base}, i8 0, i64 {8 * count * NETS}, i1 false)")
        start = text.times(inside, plan.epoch.size)
        rows = taken(plan.epoch, text, start)

        def one(r: Whole) -> None:
            index = r
            if not plan.epoch.whole:
                place = text.plus(text.plus(text.times(epoch, plan.epoch.rows), start), r)
                index = text.let(f"load i64, ptr {text.address('%order', place)}")
            self.call(text, self.loss, "%w", text.address("%rows", text.times(index, plan.numbers)), mean, gradients)

        if text.unrolled and rows == plan.epoch.size <= FEW_ROWS:
            text.each(rows, one)
        else:
            with text.loop(rows) as turn:
                one(turn.index)
        many = text.let(f"sitofp i64 {rows} to double")
        share = v.splat(text.let(f"fdiv double 1.0, {many}"))

        def averaged(base: str) -> EachBody:
            return lambda k: v.store(v.mul(v.load(base, k), share), base, k)

        text.each(NETS, averaged(mean), self.width)
        text.each(plan.trained * NETS, averaged(gradients), self.width)
        if self.penalty:
            captured = text.address("%rows", plan.numbers - len(self.penalty.program.parameters))
            self.call(text, self.penalty, "%w", captured, mean, gradients)
        return many

    def change(
        self, lane: Whole, mean: str, gradients: str, rows: str, inside: str, step: str, known: dict[object, str]
    ) -> None:
        """Clip and update a vector of nets, but for those that have ended."""
        text, v, plan = self.text, self.v, self.plan
        loss, end = v.load(mean, lane), v.load("%ends", lane)

        def at(k: Whole) -> Whole:
            return text.plus(text.times(k, NETS), lane)

        going = v.compare("oeq", end, v.constant(float("inf")))
        (spoilt,) = text.summed(
            plan.trained, [v.zero], v.vector, lambda k, sums: [v.add(sums[0], v.mul(v.load(gradients, at(k)), v.zero))]
        )
        finite = v.compare("ord", v.add(v.sub(loss, loss), spoilt), v.zero)
        v.store(v.select(finite, end, v.select(going, v.splat(step), end)), "%ends", lane)
        goes_on = v.let(f"and {v.bools} {going}, {finite}")
        scale = None
        if plan.clip is not None:
            scale = clip_scale(v, lambda k: v.load(gradients, at(k)), plan.trained, v.constant(plan.clip))
        update = self.update
        shared = {x: v.splat(name) for x, name in known.items()}
        shared = update.known(v, {**shared, update.rate: v.load("%rates", lane)})

        def one(k: Whole) -> None:
            places = [("%w", at(k)), *[("%states", at(text.plus(k, i * plan.trained))) for i in range(update.states)]]
            parameter, *states = (v.load(*place) for place in places)
            gradient = v.load(gradients, at(k))
            new = update.applied(v, [parameter, gradient if scale is None else v.mul(gradient, scale), *states], shared)
            for place, old, number in zip(places, [parameter, *states], new):
                v.store(v.select(goes_on, number, old), *place)

        text.each(plan.trained, one)
        total, part = v.load("%losses", lane), v.mul(v.mul(loss, v.splat(rows)), v.constant(1.0 / plan.epoch.rows))
        starts = text.let(f"icmp eq i64 {inside}, 0")
        so_far = v.let(f"select i1 {starts}, {v.vector} {v.zero}, {v.vector} {total}")
        v.store(v.select(goes_on, v.add(so_far, part), total), "%losses", lane)
