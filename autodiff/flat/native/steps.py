"""Whole epochs as one LLVM function: mini-batches by index, gradient, penalty, clipping, update, step after step.

``train(x, w, states, order, losses, sums, memory, settings, first, last)`` makes the steps first ... last - 1 of
those that ``order`` holds (indices of rows, epoch after epoch), and leaves in ``settings`` how many of all are
made: fewer than ``last`` where a loss is inf or nan; ``w`` is then as it was before that step. ``losses`` gets
for each epoch the mean of the losses over its rows. ``settings`` holds the learning rate, the clipping
threshold, how many steps were made before the first of ``order``, and room for how many of these are made.
"""

from __future__ import annotations

from typing import NamedTuple

from ..program import Program
from .batches import Batches
from .kernel import PADDING, Kernel, up_to
from .lanes import Lanes
from .machine import ATTRIBUTES
from .text import Text, Whole, module
from .update import Update, clip_scale, update_all

PARAMETERS = [f"ptr noalias %{x}" for x in ("x", "w", "states", "order", "losses", "sums", "memory", "settings")]
FEW = 64  # parameters up to which they are kept in registers


class Plan(NamedTuple):
    """What is trained, and how many rows there are and go into each step."""

    loss: Program
    penalty: Program | None
    update: Program
    trained: int
    batches: Batches
    clips: bool

    @property
    def numbers(self) -> int:
        """How many numbers ``w`` holds: those that are trained, one over the rows of the mini-batch, and others."""
        return len(self.loss.parameters)


class Steps:
    """The text of the module, and how much memory it needs."""

    def __init__(self, plan: Plan, width: int) -> None:
        self.plan = plan
        narrow = min(width, max(1, 1 << (plan.batches.size - 1).bit_length()))
        self.loss = Kernel(plan.loss, "loss", narrow, plan.batches.size if plan.batches.even else None, results=False)
        self.penalty = Kernel(plan.penalty, "penalty", 1, 1, results=False, onto=True) if plan.penalty else None
        self.whole = plan.batches.whole
        self.in_registers = self.loss.unrolled and plan.trained <= FEW
        self.text = Text(self.in_registers)
        self.width = width
        self.stride = up_to(plan.batches.size, PADDING)
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
        entry = text.block
        text.put("br label %step")
        text.label("step")
        text.put(f"%s = phi i64 [ %first, %{entry} ], [ %next, %again ]")
        epoch = text.let(f"udiv i64 %s, {plan.batches.steps}")
        rows = self.gradient(homes, epoch)
        loss = v.load(homes["sums"], plan.numbers, aligned=False)
        finite = v.compare("ord", v.sub(loss, loss), v.zero)
        text.put(f"br i1 {finite}, label %finite, label %stop")
        text.label("finite")
        self.change(homes, rate, threshold, before)
        total = text.address("%losses", epoch)
        so_far = v.load(total)
        part = v.div(rows, v.constant(float(plan.batches.rows)))
        v.store(v.add(so_far, v.mul(loss, part)), total)
        text.put("br label %again")
        text.label("again")
        text.put("%next = add nuw nsw i64 %s, 1")
        text.put("%more = icmp slt i64 %next, %last")
        text.put("br i1 %more, label %step, label %stop")
        text.label("stop")
        text.put(f"%made = phi i64 [ %s, %{self.checked} ], [ %next, %again ]")
        self.taken_back(homes)
        v.store(text.let("sitofp i64 %made to double"), "%settings", 3)
        return text.function("train", [*PARAMETERS, "i64 %first", "i64 %last"])

    def gradient(self, homes: dict[str, str], epoch: str) -> str:
        """The loss and its gradient, penalty included, into ``sums``; returns the number of rows as a double."""
        text, plan = self.text, self.plan
        rows: Whole = plan.batches.size
        x = "%x"
        if not self.whole:
            inside = text.let(f"sub i64 %s, {text.times(epoch, plan.batches.steps)}")
            start = text.times(inside, plan.batches.size)
            rows = plan.batches.taken(text, start)
            x = text.address("%memory", self.table)
            order = text.address("%order", text.plus(text.times(epoch, plan.batches.rows), start))
            text.put(f"call void @gather(ptr %x, ptr {order}, ptr {x}, i64 {rows})")
        many = text.let(f"sitofp i64 {rows} to double")
        share = text.let(f"fdiv double 1.0, {many}")
        Lanes(text, 1).store(share, homes["w"], plan.trained)
        for kernel in filter(None, (self.loss, self.penalty)):
            pointers = x, homes["w"], "%memory", "%memory", homes["sums"], "%memory"
            given = ", ".join(f"ptr {pointer}" for pointer in pointers)
            text.put(f"call void @{kernel.name}({given}, i64 {rows}, i64 {self.stride})")
        self.checked = text.block
        return many

    def change(self, homes: dict[str, str], rate: str, threshold: str, before: str) -> None:
        """Clip and update."""
        text, plan = self.text, self.plan
        done = text.let("sitofp i64 %s to double")
        step = text.let(f"fadd double {text.let(f'fadd double {before}, {done}')}, 1.0")
        v, update, scale = Lanes(text, 1), Update(plan.update), None
        if plan.clips:
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
