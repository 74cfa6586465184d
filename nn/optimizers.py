"""The optimizers: each is one scalar function (parameter, gradient, state, ...) -> (parameter, state, ...)."""

from __future__ import annotations

from autodiff import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Optimizer:
    """Loops one scalar function over all parameters.

    A subclass says in ``states`` what it remembers of each parameter, and in ``update`` what a step
    does. ``update`` is written with ``+ - *`` and the primitives of ``autodiff``, so that it can be
    recorded as a graph as well as run.

    Parameters
    ----------
    parameters : iterable of Value
        The leaves to change.
    learning_rate : float
        How far a step goes; may be assigned between steps.
    """

    states: tuple[str, ...] = ()

    def __init__(self, parameters: Iterable[Value], learning_rate: float) -> None:
        self.parameters = list(parameters)
        for parameter in self.parameters:
            if type(parameter) is not Value or parameter.primitive is not None:
                raise TypeError(f"an optimizer changes leaf Values, such as model.parameters(); got {parameter!r:.60}")
        self.learning_rate = learning_rate
        self.steps = 0
        self.state = {name: [0.0] * len(self.parameters) for name in self.states}

    def update(self, parameter: Any, gradient: Any, learning_rate: Any, step: Any, *state: Any) -> tuple[Any, ...]:
        """The new parameter and the new state, in the order of ``states``. ``step`` counts from 1."""
        raise NotImplementedError(f"{type(self).__name__} needs a method update")

    def step(self) -> None:
        """Change every parameter by its gradient. All is computed before anything is written."""
        rate, step = self.learning_rate, self.steps + 1
        rows = zip(self.parameters, *self.state.values())
        new = [self.update(parameter.data, parameter.grad, rate, step, *state) for parameter, *state in rows]
        for parameter, row in zip(self.parameters, new):
            parameter.data = row[0]
        for k, name in enumerate(self.states, 1):
            self.state[name] = [row[k] for row in new]
        self.steps = step

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def __repr__(self) -> str:
        return f"{type(self).__name__}(learning_rate={self.learning_rate:g})"


class SGD(Optimizer):
    """Gradient descent: parameter - learning_rate * gradient.

    It is called stochastic where the gradient comes from a mini-batch.

    Examples
    --------
    >>> x = Value(3.0, "x")
    >>> optimizer = SGD([x], learning_rate=0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 9)
    2.4
    """

    def update(self, parameter: Any, gradient: Any, learning_rate: Any, step: Any, *state: Any) -> tuple[Any, ...]:
        return (parameter - learning_rate * gradient,)
