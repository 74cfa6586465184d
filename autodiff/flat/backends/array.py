"""Programs over arrays of rows, by NumPy or JAX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from ...ieee import chosen
from ...primitives import Primitive
from ...tracing import Unsupported
from ..expansion import Slot, instructions
from ..ir import SMALL, SUMS, TINY, Expression, Line, Place, Program, Result, is_slice, name_of, operands, primitive_of
from ..nests import SHORT
from .text import given, inner_arrays, whole


def read(xp: Any, array: Any, place: Place, repeat: int = 1, elements: bool = False) -> Any:
    """What lies at a place, ``(repeat, length, ...)`` with the axes that it has.

    ``elements`` tells that the line has an axis of elements, which a single number then has too, with size 1.
    """
    moves = repeat > 1 and place.jump != 0
    if not moves or place.length is None:
        found = array[positions(xp, place, repeat)]
        return found[:, None] if moves and elements else found
    found = dense(array, place, repeat)
    return array[positions(xp, place, repeat)] if found is None else found


def put(xp: Any, array: Any, place: Place, repeat: int, value: Any, adds: bool) -> Any:
    """The array with the value put, or added, at a place; the array itself is changed where the library allows it."""
    where = positions(xp, place, repeat)
    if hasattr(array, "at"):  # JAX: arrays never change
        return array.at[where].add(value) if adds else array.at[where].set(value)
    part = dense(array, place, repeat) if repeat > 1 and place.jump and place.length else None
    if part is not None:
        part[...] = part + value if adds else value
    elif adds and not isinstance(where, (int, slice)):
        xp.add.at(array, where, value)  # slices that overlap: each of them is to be added
    elif adds:
        array[where] += value
    else:
        array[where] = value
    return array


def positions(xp: Any, place: Place, repeat: int) -> Any:
    """The index of a place along the first axis, in all repetitions."""
    start, jump, length = place.start, place.jump, place.length
    if repeat == 1 or jump == 0:
        return start if length is None else slice(start, start + length)
    if length is None and jump > 0:
        return slice(start, start + jump * repeat, jump)
    starts = start + jump * xp.arange(repeat)
    return starts if length is None else starts[:, None] + xp.arange(length)


def dense(array: Any, place: Place, repeat: int) -> Any:
    """The slices of a repeated place as ``(repeat, length, ...)`` without a copy; None if they overlap or go back."""
    start, jump, length = place.start, place.jump, place.length or 1
    if jump < length or start + jump * repeat > len(array):
        return None
    return array[start : start + jump * repeat].reshape((repeat, jump, *array.shape[1:]))[:, :length]


SAME_NAME = ["log2", "log10", "hypot", "sinh", "cosh", "floor", "fmod"]
SAME_NAME += ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "tanh", "abs", "maximum", "minimum", "sign"]
RENAMED = {name: f"arc{name[1:]}" for name in ("asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh")}
COMPARISONS = ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"]


class Functions(dict[Any, Callable[..., Any]]):
    """The functions for what stands first in an expression: those of a core, and all others, made of it when needed.

    ``masks`` are comparisons as the conditions of a ``where``, true or false instead of 1.0 or 0.0.
    """

    def __init__(self, xp: Any) -> None:
        super().__init__(core(xp))
        self.core, self.xp = frozenset(self), xp
        self.masks = {name: getattr(xp, name) for name in COMPARISONS}
        if xp.__name__ == "numpy":  # jax can raise no error
            take = self["take"]
            self["take"] = lambda *operands: take(*self.with_index(*operands))

    def with_index(self, *operands: Any) -> Any:
        """The operands of take; IndexError if an index is none."""
        index, count = self.xp.ravel(operands[-1]), len(operands) - 1
        for wrong in index[~self.xp.isin(index, range(count))][:1]:
            chosen(*[0.0] * count, float(wrong))
        return operands

    def __missing__(self, head: Any) -> Callable[..., Any]:
        known: dict[int, Callable[..., Any]] = {}

        def function(*operands: Any) -> Any:
            if len(operands) not in known:
                known[len(operands)] = self.made(primitive_of(head), len(operands))
            return known[len(operands)](*operands)

        self[head] = function
        return function

    def made(self, primitive: Primitive, count: int) -> Callable[..., Any]:
        """A function of so many arrays that is made of the core; or that calls back into Python for each element."""
        try:
            code, place = instructions(primitive, count, self.core, f"over_rows with {self.xp.__name__}")
        except Unsupported:
            if self.xp.__name__ != "numpy":
                raise
            return self.xp.vectorize(primitive, otypes=[float])  # type: ignore[no-any-return]
        numbers = {place, *[x for each, places in code for x in places[each.name == "where" :] if type(x) is Slot]}
        functions = [
            self.masks[name] if name in self.masks and count + i not in numbers else self.of_numbers(name)
            for i, name in enumerate([each.name for each, _ in code])
        ]

        def function(*operands: Any) -> Any:
            known = list(operands)
            for step, (_, places) in zip(functions, code):
                known.append(step(*[known[x] if type(x) is Slot else x for x in places]))
            return known[place] if type(place) is Slot else place

        return function

    def of_numbers(self, head: Any) -> Callable[..., Any]:
        """The function of single numbers, which sums take as an array."""
        function = self[head]
        if head not in SUMS:
            return function
        if head == "dot":
            return lambda *a: function(self.stacked(a[: len(a) // 2]), self.stacked(a[len(a) // 2 : -1]), a[-1])
        return lambda *terms: function(self.stacked(terms))

    def stacked(self, numbers: Sequence[Any]) -> Any:
        if not numbers:
            return self.xp.zeros((0, 1))
        return self.xp.stack(self.xp.broadcast_arrays(*map(self.xp.atleast_1d, numbers)), axis=-2)


def core(xp: Any) -> dict[str, Callable[..., Any]]:
    """The core by name, made of the functions of an array namespace (``numpy``, ``jax.numpy``)."""

    def comparison(compare: Callable[..., Any]) -> Callable[..., Any]:
        return lambda a, b: xp.where(compare(a, b), 1.0, 0.0)

    def power(a: Any, b: Any) -> Any:
        if type(b) is float and b != 0.5:
            return a * a if b == 2.0 else xp.power(a, b)
        # NumPy takes the square root for an exponent of 0.5; C99's pow has other answers at -inf (inf) and -0 (0).
        root = xp.sqrt(xp.where(a == -xp.inf, xp.inf, a)) + 0.0
        return xp.where(b == 0.5, root, xp.where(b == 2.0, a * a, xp.power(a, b)))

    return {
        **{name: getattr(xp, RENAMED.get(name, name)) for name in [*SAME_NAME, *RENAMED]},
        **{name: comparison(getattr(xp, name)) for name in ("less", "less_equal", "equal")},
        "add": xp.add,
        "sub": xp.subtract,
        "mul": xp.multiply,
        "div": xp.divide,
        "neg": xp.negative,
        "power": power,
        "where": lambda c, a, b: xp.where(c if getattr(c, "dtype", "") == "bool" else c != 0.0, a, b),
        **sums(xp),
    }


def sums(xp: Any) -> dict[str, Callable[..., Any]]:
    """The primitives of many operands, of one array or of two and a bias."""

    def logsumexp(terms: Any) -> Any:
        largest = xp.max(terms, axis=-2)
        finite = xp.isfinite(largest)
        shift = xp.where(finite, largest, 0.0)
        return xp.where(finite, shift + xp.log(xp.sum(xp.exp(terms - shift[..., None, :]), axis=-2)), largest)

    def norm(terms: Any) -> Any:
        size = xp.max(xp.abs(terms), axis=-2)
        scale = xp.where(size < SMALL, 1.0 / TINY, xp.where(size > 1.0 / SMALL, TINY, 1.0))
        return xp.sqrt(xp.sum((terms * scale[..., None, :]) ** 2, axis=-2)) / scale

    return {
        "sum": lambda terms: total(xp, terms),
        "logsumexp": logsumexp,
        "largest": lambda terms: xp.max(terms, axis=-2),
        "norm": norm,
        "dot": lambda weights, inputs, bias: biased_product(xp, weights, inputs, bias),
    }


def total(xp: Any, terms: Any) -> Any:
    """The sum along the last axis but one; of few terms one after the other, so that -0 stays -0."""
    count = terms.shape[-2]
    if not 0 < count < SHORT:
        return xp.sum(terms, axis=-2)
    return reduce(xp.add, [terms[..., k, :] for k in range(count)])


def biased_product(xp: Any, a: Any, b: Any, bias: Any) -> Any:
    """bias + the sum of a * b; of few products one after the other, so that it is rounded as everywhere else."""
    count = max(a.shape[-2], b.shape[-2])
    if count >= SHORT:
        return summed_product(xp, a, b) + bias
    for k in range(count):
        bias = bias + a[..., k, :] * b[..., k, :]
    return bias


def summed_product(xp: Any, a: Any, b: Any) -> Any:
    """The sum of a * b along the last axis but one; a matrix product where one of them is the same for all rows."""
    if b.shape[-1] == 1 and b.ndim <= a.ndim:
        a, b = b, a
    if a.shape[-1] == 1 and b.ndim == 2:
        return a[..., 0] @ b
    return xp.sum(a * b, axis=-2)


class Plan:
    """What is the same in every run of a program."""

    def __init__(self, program: Program, xp: Any) -> None:
        self.program, self.xp, self.table = program, xp, Functions(xp)
        gradients = given(program.parameter_gradients)
        self.totals = {name_of(x): 0.0 for x in gradients if type(x) is not float}
        self.inner = inner_arrays(program)
        ends = program.outputs, given(program.input_gradients), gradients
        self.ends = [whole(program, places) or places for places in ends]

    def __call__(self, rows: Any, parameters: Any) -> Result:
        """Outputs and gradients as arrays."""
        return Run(self, rows, parameters).result()


class Run:
    """One run of a plan: the arrays so far."""

    def __init__(self, plan: Plan, rows: Any, parameters: Any) -> None:
        self.program, self.xp, self.table, self.totals = plan.program, plan.xp, plan.table, plan.totals
        self.plan = plan
        self.rows = rows.shape[0]
        self.held: dict[str, Any] = dict(self.totals)
        self.bring(self.program.inputs, rows.T)
        self.bring(self.program.parameters, parameters[:, None])
        for name, size in plan.inner.items():
            self.held[name] = self.xp.zeros((size,) if name in self.totals else (size, self.rows))

    def bring(self, places: Sequence[Any], numbers: Any) -> None:
        """Put the inputs or the parameters where the program looks for them."""
        if places and type(places[0]) is Place:
            self.held[places[0].array] = numbers
        else:
            self.held.update((name, numbers[i]) for i, name in enumerate(places))

    def result(self) -> Result:
        """Run the lines and collect what was asked for."""
        for line in self.program.lines:
            self.run(line)
        outputs, to_inputs, to_parameters = self.plan.ends
        totals = self.collected(to_parameters, ()) / self.rows
        return Result(self.collected(outputs, (self.rows,)).T, self.collected(to_inputs, (self.rows,)).T, totals)

    def collected(self, end: str | Sequence[Any], shape: tuple[int, ...]) -> Any:
        """An array, or the numbers at several places as one, places first."""
        if type(end) is str:
            return self.held[end]
        numbers = [self.xp.broadcast_to(self.read(x), shape) for x in end]
        return self.xp.stack(numbers) if numbers else self.xp.zeros((0, *shape))

    # --- Lines ---------------------------------------------------------------------------------

    def run(self, line: Line) -> None:
        """Do what a line says, for all rows and all its repetitions."""
        target, repeat = line.target, line.repeat
        total = name_of(target) in self.totals
        again = repeat > 1 and type(target) is Place and target.jump == 0  # each repetition adds to the same place
        value = self.summed(line, total, again) if total or again else self.value(line.expression, line)
        if type(target) is Place:
            array = self.held[target.array]
            self.held[target.array] = put(self.xp, array, target, 1 if again else repeat, value, line.adds)
        elif line.adds:
            self.held[str(target)] = self.held[str(target)] + value  # never in place: another name may hold it too
        else:
            self.held[str(target)] = value if total else self.xp.atleast_1d(value)

    def summed(self, line: Line, total: bool, again: bool) -> Any:
        """The value summed over the rows (``total``) and over the repetitions (``again``)."""
        factors = line.expression
        if type(factors) is tuple and factors[0] == "mul":
            a, b = (self.xp.atleast_1d(self.value(part, line)) for part in operands(factors))
            for scale, vector in ((a, b), (b, a)):
                found = self.matrix_product(scale, vector, total, again)
                if found is not None:
                    return found
            value = a * b
        else:
            value = self.value(factors, line)
        shape = [line.repeat] if line.repeat > 1 else []
        shape += [line.target.length] if is_slice(line.target) else []  # type: ignore[union-attr, list-item]
        return self.xp.broadcast_to(value, (*shape, self.rows)).sum(axis=tuple([0] * again + [-1] * total))

    def matrix_product(self, scale: Any, vector: Any, total: bool, again: bool) -> Any:
        """The summed product of a number and a slice where it is a matrix product, else None."""
        single = scale.shape[1:-1] == (1,)  # (repeat, 1, rows)
        if again and not total and single and vector.shape[2:] == (1,):
            return vector[..., 0].T @ scale[:, 0]
        if total and not again and vector.ndim == 2 and vector.shape[-1] == scale.shape[-1] == self.rows:
            if scale.ndim == 1:
                return vector @ scale
            if single:
                return scale[:, 0] @ vector.T
        return None

    def value(self, expression: Expression, line: Line) -> Any:
        """An expression for all rows, repetitions and elements of a line."""
        if type(expression) is not tuple:
            return self.read(expression, line)
        head, *parts = expression
        if head == "where" and type(parts[0]) is tuple and parts[0][0] in self.table.masks:
            condition = self.table.masks[parts[0][0]](*[self.value(part, line) for part in parts[0][1:]])
            return self.xp.where(condition, *[self.value(part, line) for part in parts[1:]])
        values = [self.value(part, line) for part in parts]
        if head in SUMS and not is_slice(parts[0]):
            return self.table.of_numbers(head)(*values)
        return self.table[head](*values)

    def read(self, x: Any, line: Line | None = None) -> Any:
        """The number, or what is held under a name or at a place."""
        if type(x) is not Place:
            return self.held[x] if type(x) is str else x
        if line is None:
            return read(self.xp, self.held[x.array], x)
        return read(self.xp, self.held[x.array], x, line.repeat, is_slice(line.target))


def over_rows(program: Program, xp: Any = None) -> Callable[[Any, Any], Result]:
    """The program as a pure function ``(rows, parameters) -> Result`` of arrays.

    Parameters
    ----------
    program : Program
        Rolled, if it is to be fast.
    xp : module
        The array namespace, ``numpy`` by default.

    Returns
    -------
    function
        It takes arrays of shapes ``(rows, inputs)`` and ``(parameters,)`` and gives a Result of arrays:
        outputs ``(rows, outputs)``, input_gradients ``(rows, asked for)``, and parameter_gradients
        ``(asked for,)``, the mean over the rows.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import variables
    >>> from autodiff.flat import lower
    >>> x, w = variables(x=0, w=0)
    >>> run = over_rows(lower((w * x) ** 2.0, inputs=[x], parameters=[w], wrt=[w]))
    >>> outputs, _, gradients = run(numpy.array([[1.0], [2.0]]), numpy.array([3.0]))
    >>> outputs.tolist(), gradients.tolist()
    ([[9.0], [36.0]], [15.0])

    With ``jax.numpy`` it may stand inside ``jax.jit``, ``jax.lax.scan``, ``jax.vmap`` and ``jax.grad``. Rows that
    are spread over devices stay there, and only gradients travel. Data-parallel training of a net, the same on
    one device and on many, is (extra ``jax``; every device gets as many rows)::

        import jax
        from jax.sharding import Mesh, NamedSharding, PartitionSpec

        from autodiff import variables
        from autodiff.flat import lower, over_rows
        from nn import MLP, hinge, moons

        jax.config.update("jax_enable_x64", True)  # before the first array
        net = MLP(2, [16, 16, 1], "relu", seed=0)
        x0, x1, target = variables(x0=0, x1=0, target=1)
        loss = hinge(net([x0, x1]), target)
        program = lower(
            loss, inputs=[x0, x1, target], parameters=net.parameters(), wrt=net.parameters(), roll=True
        )
        run = over_rows(program, jax.numpy)

        @jax.jit
        def step(parameters, rows):
            found = run(rows, parameters)
            return parameters - 0.05 * found.parameter_gradients, found.outputs.mean()

        mesh = Mesh(jax.devices(), ("rows",))
        points = [[*x, 2.0 * y - 1.0] for x, y in zip(*moons(96, seed=0))]
        rows = jax.device_put(jax.numpy.array(points), NamedSharding(mesh, PartitionSpec("rows")))
        start = jax.numpy.array([parameter.data for parameter in net.parameters()])
        parameters = jax.device_put(start, NamedSharding(mesh, PartitionSpec()))  # the same on every device
        for _ in range(30):
            parameters, loss = step(parameters, rows)
        for parameter, number in zip(net.parameters(), parameters.tolist()):
            parameter.data = number
    """
    if xp is None:
        import numpy as xp
    return Plan(program, xp)


class Batch:
    """The runner that gives NumPy all rows at once."""

    name = "batch"
    roll: bool | None = True

    def __init__(self, program: Program) -> None:
        self.run = over_rows(program)
        self.inputs = len(program.inputs)

    def arrays(self, rows: Any, parameters: Any) -> Result:
        """Outputs and gradients as arrays; see ``over_rows``."""
        import numpy as np

        with np.errstate(all="ignore"):  # inf and nan are answers here, as everywhere in this project
            return self.run(
                np.asarray(rows, dtype=float).reshape(len(rows), self.inputs), np.asarray(parameters, dtype=float)
            )

    def rows(self, rows: Sequence[Sequence[float]], parameters: Sequence[float]) -> Result:
        """Outputs and gradients to the inputs of each row; the mean of the gradients to the parameters."""
        return Result(*[part.tolist() for part in self.arrays(rows, parameters)])

    def row(self, inputs: Sequence[float], parameters: Sequence[float]) -> Result:
        """Outputs and gradients of one row."""
        outputs, to_inputs, to_parameters = self.rows([inputs], parameters)
        return Result(outputs[0], to_inputs[0], to_parameters)

    # --- Training: the rows of a mini-batch, or the parameters, as rows -------------------------

    def table(self, rows: Sequence[Sequence[float]]) -> Any:
        import numpy as np

        return np.array(rows, dtype=float)

    def chosen(self, table: Any, batch: Sequence[int]) -> Any:
        return table if len(batch) == len(table) else table[batch]

    def mean(self, rows: Any, parameters: Any) -> tuple[float, Any]:
        """The mean over the rows of a single output, and its gradient to the parameters."""
        found = self.arrays(rows, parameters)
        return float(found.outputs.mean()), found.parameter_gradients

    def columns(self, columns: Sequence[Any], parameters: Sequence[float]) -> list[Any]:
        """The outputs, each a column, of rows that are given as columns."""
        import numpy as np

        return list(self.arrays(np.stack(columns, axis=1), parameters).outputs.T)

    def plus(self, a: Any, b: Any) -> Any:
        return a + b

    def finite(self, numbers: Any) -> bool:
        import numpy as np

        return bool(np.isfinite(numbers).all())
