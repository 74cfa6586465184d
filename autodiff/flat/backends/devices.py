"""Training steps by JAX: pure functions in float64, an epoch as one ``lax.scan``, rows spread over devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import numpy
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from ..recording import Step
from ..state import Batches, Epoch, State
from .array import Batch, core

xp = jax.numpy


def float64() -> Any:
    """A context in which JAX computes in float64; elsewhere the user decides."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64  # as in JAX 0.5

    return enable_x64()


class Jax(Batch):
    """``Batch`` on JAX's arrays; works inside ``jax.jit``."""

    name, xp = "jax", xp
    number = staticmethod(xp.asarray)


def clip_by_norm(gradients: Any, threshold: Any) -> Any:
    """As ``nn.optim.clip_by_norm``."""
    length = core(xp)["norm of"](gradients)
    return gradients * xp.where((length >= threshold) & (length > 0.0), threshold / length, 1.0)


def mesh_of(count: int | None) -> Any:
    """A mesh of ``count`` devices, or all; ValueError if there are fewer, or if several processes share them."""
    found = jax.devices()
    if (count or 0) > len(found):
        raise ValueError(
            f"devices={count}, but JAX finds {len(found)} here, {', '.join(map(str, found))}; to simulate CPUs, set "
            f"XLA_FLAGS=--xla_force_host_platform_device_count={count} in the environment before JAX starts"
        )
    if jax.process_count() > 1 and count not in (None, len(found)):
        raise ValueError(
            f"devices={count}, but {jax.process_count()} processes share all of their {len(found)} devices"
        )
    return Mesh(numpy.array(found[:count]), ("rows",))


class Scan:
    """Steps, each a ``gradient`` and an ``update``, as one ``jax.lax.scan`` over the devices of a mesh."""

    def __init__(self, gradient: Callable[..., Any], update: Callable[..., Any], mesh: Any) -> None:
        self.mesh, whole = mesh, NamedSharding(mesh, PartitionSpec())
        spread = NamedSharding(mesh, PartitionSpec("rows"))  # XLA pads

        def scan(count: int, state: State, fixed: Any, rows: Any, rate: Any, clip_norm: Any, others: Any) -> Any:
            def step(before: tuple[State, Any], rows: Any) -> Any:
                (state, good), rows = before, fixed if rows is None else rows
                rows = jax.lax.with_sharding_constraint(rows, spread)
                loss, gradients, noted, is_finite = gradient(rows, state.numbers, others)
                good &= is_finite  # nothing changes from a step with inf or nan on
                new = update(state, gradients, rate, clip_norm)
                return (jax.tree.map(partial(xp.where, good), new, state), good), (loss, noted, good)

            (state, _), (losses, noted, good) = jax.lax.scan(step, (state, True), rows, count)
            return state, losses, noted, good.sum()

        self.scan = jax.jit(scan, static_argnums=0, out_shardings=whole)

    def put(self, table: Any, axis: int = 0) -> Any:
        """The table on the devices, split along ``axis`` if they divide it, else a copy on each."""
        divides = table.shape[axis] % self.mesh.size == 0
        spec = PartitionSpec(*[None] * axis, "rows") if divides else PartitionSpec()
        return jax.make_array_from_callback(table.shape, NamedSharding(self.mesh, spec), lambda part: table[part])

    def __call__(self, count: int, state: State, *given: Any) -> tuple[State, Any, Any]:
        """(State, losses, notes) after ``count`` steps, or those before one that is not finite.

        ``given`` are the rows for every step, or None and rows of shape (steps, rows, numbers); then learning rate,
        clip_norm, and numbers that are not trained.
        """
        numbers, gradients, *moments = map(array, (state.numbers, state.gradients, *state.moments))
        state, losses, noted, made = self.scan(count, State(numbers, gradients, moments, state.steps), *given)
        made = int(made)
        return state._replace(steps=int(state.steps)), numpy.asarray(losses)[:made], numpy.asarray(noted)[:made]


def array(numbers: Any) -> Any:
    return numbers if hasattr(numbers, "shape") else numpy.array(numbers, dtype=float)


LENGTHS = 1024, 32, 1  # of scans over epochs of one step; each length is compiled


class DeviceTraining:
    """The steps of one model: an epoch is one scan, and another one for a smaller last mini-batch."""

    name = "jax"

    def __init__(
        self, step: Step, scan: Scan, rows: Sequence[Sequence[float]], epoch: Epoch, others: Callable[[], Any]
    ) -> None:
        self.step, self.scan, self.others = step, scan, others
        self.rows: Any = numpy.array(rows, dtype=float).reshape(len(rows), -1)
        self.table = scan.put(self.rows) if epoch.whole else None

    def run(self, state: State, batches: Batches, rate: float, clip_norm: float | None) -> tuple[State, Any]:
        """(State, losses) after the steps, or those before one whose loss or gradient is inf or nan."""
        (count, size, _), steps, first, last = batches.epoch, batches.epoch.steps, batches.first, batches.last
        losses, rows, drawn, others = [numpy.zeros(0)], self.rows, batches.drawn, self.others()
        if drawn:
            table, batches = batches.take_rows(rows)
            rows = numpy.array(table)
        while first < last:
            left = count // size - first % steps  # of this size in the epoch
            end = first + max(n for n in (LENGTHS if steps == 1 else (1, left)) if n <= last - first)
            indices = [batches.indices(k) for k in range(first, end)]
            with float64():
                fixed = None if drawn else self.table
                taken = self.scan.put(rows[numpy.array(indices)], 1) if fixed is None else None
                state, found, noted = self.scan(end - first, state, fixed, taken, rate, clip_norm, others)
            for numbers in noted.tolist():
                self.step.recipe.keep(numbers, len(indices[0]))
            losses.append(found)
            if len(found) < end - first:
                break
            first = end
        return state, numpy.concatenate(losses)
