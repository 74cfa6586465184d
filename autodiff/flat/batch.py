"""The same Program over many rows at once, with NumPy or another array library of its kind.

    outputs, gradients to the inputs    per row
    gradients to the parameters         the mean over the rows

``over_rows(program, jax.numpy)`` is a pure function of arrays, for ``jax.jit`` and for whoever outgrows one
machine: its docstring trains a net on several devices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .batched import Plan
from .program import Program
from .runners import Result


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
