"""Optimizers, each one scalar function (parameter, gradient, state, ...) -> (parameter, state, ...)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import hypot, pi
from typing import Any, Literal, Never

from autodiff import Value, cos, maximum, minimum, sqrt, variables
from autodiff.primitives import floor

from ._checks import above_0, at_least_0, below_1, one_of, quantity, refuse_words, several, size
from .module import Module

Parameters = Iterable[Value] | Module
Schedule = Callable[[Any], Any]  # of the step, counted from 0


def overridable(method: Any) -> Any:
    """The method itself; type checkers let a subclass name the arguments behind ``*`` one by one."""
    return method


class Optimizer:
    """Applies one scalar function to every parameter.

    A subclass lists in ``states`` the names of the numbers it keeps per parameter, and defines one step in ``update``.
    Written with ``+ - * / **`` and functions of ``autodiff``, it can be recorded as well as run with numbers.

    Parameters
    ----------
    parameters : iterable of Value, or Module
        The leaves to update; a Module stands for all its parameters.
    learning_rate : float
        Step size, >= 0; may be assigned between steps.
    weight_decay : float
        Multiple of the parameter added to its gradient, biases included, as in PyTorch: the gradient of an L2 penalty
        of half that strength on every parameter. ``nn.losses.l2`` penalizes weights only.
    clip_norm : float, optional
        Longer gradients (of all parameters together) are scaled down to this length, > 0 (D14).
    schedule : function (step) -> float, optional
        Factor of the learning rate after ``step`` = 0, 1, 2, ... updates (PyTorch's LambdaLR): ``cosine(1000)``,
        ``linear_decay(1000)``, ``step_decay(300)``, or your own, which with ``if``, ``int`` or ``math`` runs in the
        eager runner only.

    Examples
    --------
    >>> class SignDescent(Optimizer):
    ...     def update(self, parameter, gradient, learning_rate, step):
    ...         return (parameter - learning_rate * (1.0 if gradient > 0.0 else -1.0),)
    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> SignDescent([x], 0.5).step()
    >>> x.data
    2.5
    """

    states: tuple[str, ...] = ()

    def __init__(
        self, parameters: Parameters, learning_rate: float, weight_decay: float = 0.0,
        clip_norm: float | None = None, schedule: Schedule | None = None, **others: Never
    ) -> None:  # fmt: skip
        refuse_words(type(self).__init__, others)
        is_model = hasattr(parameters, "parameters") and not isinstance(parameters, type)
        found: Any = parameters.parameters() if is_model else parameters  # type: ignore[union-attr]
        given = several("parameters", found, f"{type(self).__name__}(model.parameters(), 0.1)")
        for parameter in given:
            if type(parameter) is not Value or parameter.primitive is not None:
                raise TypeError(f"parameters must be leaf Values, such as model.parameters(); got {parameter!r:.60}")
        self.parameters = list(dict.fromkeys(given))  # each once
        if callable(learning_rate):
            raise TypeError("learning_rate must be a number: to vary it, write 0.1, schedule=cosine(1000)")
        if schedule is not None and (not callable(schedule) or schedule in (cosine, linear_decay, step_decay)):
            raise TypeError(f"schedule must be a function of the step, such as cosine(1000), got {schedule!r:.60}")
        self.learning_rate = at_least_0("learning_rate", learning_rate)
        self.weight_decay = at_least_0("weight_decay", weight_decay)
        self.clip_norm = clip_norm if clip_norm is None else above_0("clip_norm", clip_norm)
        self.schedule = schedule
        if not self.parameters:
            raise ValueError("expected parameters, got none: does the model keep its Values in attributes?")
        self.steps = 0
        self.state = {name: [0.0] * len(self.parameters) for name in self.states}

    @overridable
    def update(self, parameter: Any, gradient: Any, learning_rate: Any, step: Any, *state: Any) -> tuple[Any, ...]:
        """Return the new parameter and the new state, in the order of ``states``. ``step`` counts from 1."""
        raise NotImplementedError(f"{type(self).__name__} must define update")

    def decayed(self, parameter: Any, gradient: Any, learning_rate: Any) -> tuple[Any, Any]:
        """(parameter, gradient) with weight decay applied."""
        return parameter, gradient + self.weight_decay * parameter

    def decayed_update(
        self, parameter: Any, gradient: Any, learning_rate: Any, step: Any, *state: Any
    ) -> tuple[Any, ...]:
        """``update`` with schedule and weight decay: the complete scalar function of one step."""
        if self.schedule is not None:
            learning_rate = learning_rate * self.schedule(step - 1)
        if self.weight_decay:
            parameter, gradient = self.decayed(parameter, gradient, learning_rate)
        return self.update(parameter, gradient, learning_rate, step, *state)  # type: ignore[no-any-return]

    def recorded(self) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
        """One step, recorded: (inputs parameter, gradient, learning_rate, step and the states; outputs)."""
        inputs = variables(**dict.fromkeys(("parameter", "gradient", "learning_rate", "step", *self.states), 1.0))
        twin = object.__new__(type(self))  # update may read learning_rate and steps from the optimizer
        vars(twin).update(vars(self), learning_rate=inputs[2], steps=inputs[3] - 1.0)
        return inputs, twin.decayed_update(*inputs)

    def step(self) -> None:
        """Update every parameter by its gradient; everything is computed before anything is written."""
        gradients = [parameter.grad for parameter in self.parameters]
        if self.clip_norm is not None:
            gradients = clip_by_norm(gradients, self.clip_norm)
        rate, step = self.learning_rate, self.steps + 1
        rows = zip(self.parameters, gradients, *self.state.values())
        new = [self.decayed_update(x.data, gradient, rate, step, *state) for x, gradient, *state in rows]
        for parameter, row in zip(self.parameters, new):
            parameter.data = row[0]
        for k, name in enumerate(self.state, 1):
            self.state[name] = [row[k] for row in new]
        self.steps = step

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def state_dict(self) -> dict[str, Any]:
        """All that a step depends on besides parameters and gradients, as plain data: settings, schedule, steps, state.

        Settings are the attributes that are numbers. Of the schedules only those of ``nn.optim`` are data.
        """
        schedule: Any = self.schedule
        if schedule is not None:
            known = getattr(schedule, "func", None) in (falling_factor, stair_factor)
            schedule = {"function": schedule.func.__name__, **schedule.keywords} if known else "own"
        return {
            "kind": type(self).__name__,
            "settings": {name: x for name, x in vars(self).items() if name not in NO_SETTINGS and is_plain(x)},
            "schedule": schedule,
            "steps": self.steps,
            "state": {name: list(numbers) for name, numbers in self.state.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take settings, steps and state from ``state_dict``; the parameters and an own schedule stay.

        ValueError, with nothing changed, if they are those of another optimizer.
        """
        kind, settings, found, steps = (state[key] for key in ("kind", "settings", "state", "steps"))
        own = self.state_dict()["settings"]
        if kind != type(self).__name__ or {*settings} != {*own}:
            known = f"{type(self).__name__} with {', '.join(own)}"
            raise ValueError(f"the state is of an optimizer {kind!s:.40} with {', '.join(settings)}; this is {known}")
        if {*found} != {*self.state}:
            raise ValueError(f"the state has {', '.join(found) or 'no numbers'}, {self!r} {', '.join(self.state)}")
        if type(steps) is not int or steps < 0:
            raise ValueError(f"the number of steps must be an integer >= 0, got {steps!r:.40}")
        numbers = {name: [float(x) for x in found[name]] for name in self.state}
        for name, row in numbers.items():
            if len(row) != len(self.parameters):
                raise ValueError(f"{name} must have {quantity(len(self.parameters), 'number')}, got {len(row)}")
        for name, x in settings.items():
            if not is_plain(x):
                raise ValueError(f"{name} must be a number, got {x!r:.40}")
        vars(self).update({name: tuple(x) if isinstance(x, list) else x for name, x in settings.items()})
        self.steps, self.state = steps, numbers

    def __repr__(self) -> str:
        return f"{type(self).__name__}(learning_rate={float(self.learning_rate):g})"


NO_SETTINGS = ("parameters", "schedule", "states", "state", "steps")  # of an optimizer's attributes


def is_plain(x: Any) -> bool:
    """Whether it is a number, None or a few numbers."""
    return all(map(is_plain, x)) if isinstance(x, (list, tuple)) else isinstance(x, (int, float, type(None)))


class SGD(Optimizer):
    """Gradient descent: parameter - learning_rate * gradient; stochastic if the gradient is of a mini-batch.

    With momentum (>= 0, usually 0.9), the velocity, momentum * velocity + gradient, replaces the gradient; with
    ``nesterov``, the velocity one step ahead. Other parameters are as for ``Optimizer``.

    >>> x = Value(3.0, "x")
    >>> optimizer = SGD([x], learning_rate=0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 9)
    2.4
    """

    def __init__(
        self, parameters: Parameters, learning_rate: float = 0.1, momentum: float = 0.0, nesterov: bool = False,
        weight_decay: float = 0.0, clip_norm: float | None = None, schedule: Schedule | None = None,
        **others: Never
    ) -> None:  # fmt: skip
        self.momentum = at_least_0("momentum", momentum)
        self.nesterov = nesterov
        if nesterov and not momentum:
            raise ValueError("nesterov needs a momentum: write momentum=0.9")
        self.states = ("velocity",) if momentum else ()
        super().__init__(parameters, learning_rate, weight_decay, clip_norm, schedule, **others)

    def update(self, parameter: Any, gradient: Any, learning_rate: Any, step: Any, *state: Any) -> tuple[Any, ...]:
        if not self.momentum:
            return (parameter - learning_rate * gradient,)
        velocity = self.momentum * state[0] + gradient
        direction = gradient + self.momentum * velocity if self.nesterov else velocity
        return parameter - learning_rate * direction, velocity


class RMSProp(Optimizer):
    """The gradient divided by the root of a running mean of its squares (Hinton, lecture 6e of 2012).

    ``decay`` (PyTorch's alpha), >= 0 and < 1, is the factor of the old mean; ``epsilon``, > 0, is added to the root.
    Other parameters are as for ``Optimizer``.

    >>> x = Value(3.0)
    >>> optimizer = RMSProp([x], learning_rate=0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 6)
    2.0
    """

    states = ("mean_square",)

    def __init__(
        self, parameters: Parameters, learning_rate: float = 0.01, decay: float = 0.99, epsilon: float = 1e-8,
        weight_decay: float = 0.0, clip_norm: float | None = None, schedule: Schedule | None = None,
        **others: Never
    ) -> None:  # fmt: skip
        self.decay = below_1("decay", decay)
        self.epsilon = above_0("epsilon", epsilon)
        super().__init__(parameters, learning_rate, weight_decay, clip_norm, schedule, **others)

    def update(self, parameter: Any, gradient: Any, learning_rate: Any, step: Any, *state: Any) -> tuple[Any, ...]:
        mean_square = self.decay * state[0] + (1.0 - self.decay) * gradient * gradient
        return parameter - learning_rate * gradient / (sqrt(mean_square) + self.epsilon), mean_square


class Adam(Optimizer):
    """Momentum and RMSProp combined, both corrected for their start at 0 (Kingma and Ba 2015).

    A step moves each parameter by about the learning rate. 0.02 suits tiny nets and a few hundred steps; PyTorch's
    0.001 is for millions of parameters and many thousands of steps.

    ``betas``, >= 0 and < 1, are the factors of the old mean of the gradients and of the old mean of their squares;
    ``epsilon``, > 0, is added to the root. Other parameters are as for ``Optimizer``.

    >>> x = Value(3.0)
    >>> optimizer = Adam([x], learning_rate=0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 6)
    2.9
    """

    states = ("mean", "mean_square")

    def __init__(
        self, parameters: Parameters, learning_rate: float = 0.02, betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8, weight_decay: float = 0.0, clip_norm: float | None = None,
        schedule: Schedule | None = None, **others: Never
    ) -> None:  # fmt: skip
        both = several("betas", betas, "betas=(0.9, 0.999)")
        if len(both) != 2:
            raise ValueError(f"betas must be two numbers, such as (0.9, 0.999), got {betas!r:.60}")
        self.betas = below_1("betas[0]", both[0]), below_1("betas[1]", both[1])
        self.epsilon = above_0("epsilon", epsilon)
        super().__init__(parameters, learning_rate, weight_decay, clip_norm, schedule, **others)

    def update(self, parameter: Any, gradient: Any, learning_rate: Any, step: Any, *state: Any) -> tuple[Any, ...]:
        beta1, beta2 = self.betas
        mean = beta1 * state[0] + (1.0 - beta1) * gradient
        mean_square = beta2 * state[1] + (1.0 - beta2) * gradient * gradient
        unbiased_mean = mean / (1.0 - beta1**step)
        unbiased_square = mean_square / (1.0 - beta2**step)
        return parameter - learning_rate * unbiased_mean / (sqrt(unbiased_square) + self.epsilon), mean, mean_square


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019).

    Each step first multiplies the parameter by 1 - learning_rate * weight_decay; the gradient's means are unaffected.
    ``Adam`` adds the decay to the gradient. Parameters as for ``Adam``; weight_decay is 0.01, as in PyTorch.

    >>> x = Value(3.0)
    >>> optimizer = AdamW([x], learning_rate=0.1, weight_decay=0.5)
    >>> (x * x).backward()
    >>> optimizer.step()  # 3 * (1 - 0.1 * 0.5) - 0.1
    >>> round(x.data, 6)
    2.75
    """

    def __init__(
        self, parameters: Parameters, learning_rate: float = 0.02, betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8, weight_decay: float = 0.01, clip_norm: float | None = None,
        schedule: Schedule | None = None, **others: Never
    ) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, betas, epsilon, weight_decay, clip_norm, schedule, **others)

    def decayed(self, parameter: Any, gradient: Any, learning_rate: Any) -> tuple[Any, Any]:
        return parameter * (1.0 - learning_rate * self.weight_decay), gradient


def cosine(steps: int, warmup: int = 0, end: float = 0.0) -> Schedule:
    """A schedule that falls from 1 to ``end`` along half a cosine in ``steps`` steps and stays there.

    PyTorch's CosineAnnealingLR(T_max=steps) without the rise after it. The first ``warmup`` steps rise linearly:
    1 / (warmup + 1), 2 / (warmup + 1), ...; the cosine spans the remaining steps.

    >>> [round(cosine(4)(step), 3) for step in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    return falling_schedule(steps, warmup, end, bend=True)


def linear_decay(steps: int, warmup: int = 0, end: float = 0.0) -> Schedule:
    """A schedule that falls linearly from 1 to ``end`` in ``steps`` steps and stays there.

    PyTorch's LinearLR(start_factor=1, end_factor=end, total_iters=steps). ``warmup`` as for ``cosine``.

    >>> [linear_decay(4)(step) for step in range(6)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """
    return falling_schedule(steps, warmup, end, bend=False)


def step_decay(every: int, factor: float = 0.1) -> Schedule:
    """A schedule that is multiplied by ``factor`` after each ``every`` steps: PyTorch's StepLR(every, factor).

    >>> [step_decay(2, 0.5)(step) for step in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    return partial(stair_factor, every=size(every, "every"), factor=above_0("factor", factor))


def falling_schedule(steps: int, warmup: int, end: float, bend: bool) -> Schedule:
    """The schedule that falls after the warmup, linearly or along half a cosine."""
    warmup = size(warmup, "warmup") if warmup else 0
    if size(steps, "steps") <= warmup:
        raise ValueError(f"steps must be greater than warmup, which it includes, got steps={steps}, warmup={warmup}")
    return partial(falling_factor, steps=steps, warmup=warmup, end=at_least_0("end", end), bend=bend)


def falling_factor(step: Any, steps: int, warmup: int, end: float, bend: bool) -> Any:
    share = minimum(maximum((step - warmup) / (steps - warmup), 0.0), 1.0)
    factor = end + (1.0 - end) * (0.5 + 0.5 * cos(pi * share) if bend else 1.0 - share)
    return factor * minimum((step + 1.0) / (warmup + 1.0), 1.0) if warmup else factor


def stair_factor(step: Any, every: int, factor: float) -> Any:
    return factor ** floor(step / every)


def clip_by_norm(gradients: Sequence[float], threshold: float) -> list[float]:
    """g * threshold / |g| if the length |g| is at least the threshold, else g (D14).

    >>> clip_by_norm([3.0, 4.0], 1.0)
    [0.6000000000000001, 0.8]
    """
    if threshold < 0.0:
        raise ValueError(f"threshold must be a number >= 0, got {threshold!r}")
    length = hypot(*gradients)
    scale = threshold / length if length >= threshold and length > 0.0 else 1.0
    return [gradient * scale for gradient in gradients]


def momentum(parameters: Parameters, learning_rate: float = 0.05) -> SGD:
    """SGD with a momentum of 0.9."""
    return SGD(parameters, learning_rate, momentum=0.9)


def nesterov(parameters: Parameters, learning_rate: float = 0.05) -> SGD:
    """SGD with a Nesterov momentum of 0.9."""
    return SGD(parameters, learning_rate, momentum=0.9, nesterov=True)


OptimizerName = Literal["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"]
OPTIMIZERS = {"sgd": SGD, "momentum": momentum, "nesterov": nesterov, "rmsprop": RMSProp, "adam": Adam, "adamw": AdamW}


def optimizer_of(state: Mapping[str, Any], parameters: Sequence[Value]) -> Optimizer:
    """A new optimizer of these parameters from a ``state_dict``; ValueError if it is not one of this module's."""
    kinds: dict[Any, Callable[..., Optimizer]] = {kind.__name__: kind for kind in (SGD, RMSProp, Adam, AdamW)}
    schedules: dict[Any, Callable[..., Any]] = {made.__name__: made for made in (falling_factor, stair_factor)}
    schedule = state["schedule"]
    if state["kind"] not in kinds or schedule == "own":
        what = f"optimizer {state['kind']!s:.40}" if state["kind"] not in kinds else "schedule"
        raise ValueError(f"its {what} is your own: give the optimizer too, optimizer=...")
    if schedule is not None:
        arguments = dict(schedule)
        schedule = partial(one_of("schedule", str(arguments.pop("function")), schedules), **arguments)
        schedule(0.0)
    optimizer = kinds[state["kind"]](parameters, schedule=schedule, **state["settings"])
    optimizer.load_state_dict(state)
    return optimizer


def optimizer_named(name: Any, parameters: Iterable[Value], learning_rate: float | None = None) -> Optimizer:
    """The optimizer of that name or class, with its default learning rate if none is given."""
    make: Callable[..., Optimizer] = one_of("optimizer", name, OPTIMIZERS)
    return make(parameters) if learning_rate is None else make(parameters, learning_rate)
