"""Many nets at once as LLVM functions: each lane is a net with numbers and a learning rate of its own.

``train(w, states, rates, rows, order, losses, ends, memory, first, last, before)`` makes the steps first ... last - 1
of a block of nets. Number k of net n stands at w[k * NETS + n]. Row after row, ``rows`` holds the numbers of an
example, its target, and what else is captured; ``order`` holds the indices of rows, epoch after epoch. No sum ever
crosses lanes, so each net gets what it would get alone. At a loss or gradient that is inf or nan a net ends: ``ends``
gets the number of that step (before, it holds inf), and its numbers stay as they were. ``losses`` gets the mean loss
of the epoch. ``before`` is the number of steps made before the first of ``order``.

``outputs(w, row, out, memory)`` is what each net makes of an example.
"""

from __future__ import annotations

from typing import NamedTuple

from ..program import Program
from .batches import Batches
from .kernel import PADDING, Kernel, up_to
from .lanes import Lanes
from .machine import ATTRIBUTES
from .text import EachBody, Text, Whole, module
from .update import Update, clip_scale

NETS = PADDING  # in a block
NAMES = ("w", "states", "rates", "rows", "order", "losses", "ends", "memory")
FEW = 8  # rows up to which the loop over them is written out, where all else is


class NetsPlan(NamedTuple):
    """What is trained: programs whose inputs are the numbers of a net and whose parameters are those of a row."""

    loss: Program
    penalty: Program | None
    update: Program
    outputs: Program
    batches: Batches
    clip_norm: float | None

    @property
    def trained(self) -> int:
        """How many numbers a net has."""
        return len(self.loss.inputs)

    @property
    def columns(self) -> int:
        """How many numbers ``rows`` holds for each row."""
        return len(self.loss.parameters)


class Nets:
    """The text of the module, and how much memory it needs."""

    def __init__(self, plan: NetsPlan, width: int) -> None:
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
        step, entry = "%s", text.block
        text.put("br label %step")
        text.label("step")
        text.put(f"{step} = phi i64 [ %first, %{entry} ], [ %next, %again ]")
        epoch = text.let(f"udiv i64 {step}, {plan.batches.steps}")
        inside = text.let(f"sub i64 {step}, {text.times(epoch, plan.batches.steps)}")
        rows = self.gradient(mean, gradients, epoch, inside)
        number = text.let(f"sitofp i64 {step} to double")
        scalar = Lanes(text, 1)
        counted = scalar.add(scalar.add("%before", number), scalar.one)
        known = self.update.known(scalar, {self.update.step: counted})
        text.each(NETS, lambda lane: self.change(lane, mean, gradients, rows, inside, number, known), self.width)
        text.put("br label %again")
        text.label("again")
        text.put(f"%next = add nuw nsw i64 {step}, 1")
        text.put("%more = icmp slt i64 %next, %last")
        text.put("br i1 %more, label %step, label %stop")
        text.label("stop")
        pointers = [f"ptr noalias %{name}" for name in NAMES]
        return text.function("train", [*pointers, "i64 %first", "i64 %last", "double %before"])

    def gradient(self, mean: str, gradients: str, epoch: str, inside: str) -> str:
        """The mean loss of every net and its gradient, penalty included; returns the number of rows as a double."""
        text, v, plan = self.text, self.v, self.plan
        for base, count in ((mean, 1), (gradients, plan.trained)):
            text.put(f"call void @llvm.memset.p0.i64(ptr align 64 {base}, i8 0, i64 {8 * count * NETS}, i1 false)")
        start = text.times(inside, plan.batches.size)
        rows = plan.batches.taken(text, start)

        def one(r: Whole) -> None:
            index = r
            if not plan.batches.whole:
                place = text.plus(text.plus(text.times(epoch, plan.batches.rows), start), r)
                index = text.let(f"load i64, ptr {text.address('%order', place)}")
            self.call(text, self.loss, "%w", text.address("%rows", text.times(index, plan.columns)), mean, gradients)

        if text.unrolled and rows == plan.batches.size <= FEW:
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
            captured = text.address("%rows", len(plan.loss.parameters) - len(self.penalty.program.parameters))
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
        if plan.clip_norm is not None:
            scale = clip_scale(v, lambda k: v.load(gradients, at(k)), plan.trained, v.constant(plan.clip_norm))
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
        total, part = v.load("%losses", lane), v.mul(v.mul(loss, v.splat(rows)), v.constant(1.0 / plan.batches.rows))
        starts = text.let(f"icmp eq i64 {inside}, 0")
        so_far = v.let(f"select i1 {starts}, {v.vector} {v.zero}, {v.vector} {total}")
        v.store(v.select(goes_on, v.add(so_far, part), total), "%losses", lane)
