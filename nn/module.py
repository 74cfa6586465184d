"""Module, anything that has parameters: they are found by looking, and named by the way to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from types import FunctionType, MemberDescriptorType
from typing import Any

from autodiff import Value

PLAIN = {str, float, int, bool, FunctionType, type(None)}  # what holds no parameters, known at a glance


class Module:
    """Anything with parameters: the leaf Values among its attributes and parts.

    A subclass sets attributes and computes with them; nothing has to be registered. Lists, tuples, deques, dicts,
    sets and NumPy arrays of Values are looked into, also one inside the other. Parameters come in the order in which
    they were set, those of a class after those of the object, each once, however often it is used.

    Examples
    --------
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x[0] + self.offset
    >>> Line().named_parameters()
    [('slope', Value(2.0)), ('offset', Value(1.0))]
    """

    predicts_numbers = False  # fit sets it where the targets are numbers to be met, not classes

    def __call__(self, *x: Any) -> Any:
        raise TypeError(f"cannot call {type(self).__name__}: define __call__(self, x), which is PyTorch's forward")

    def forward(self, *x: Any) -> Any:
        """TypeError: a model is called itself, ``net(x)``."""
        raise TypeError("a model has no forward(): write net(x)")

    def named_parameters(self) -> list[tuple[str, Value]]:
        """(name, Value) pairs; a name is the way to the Value, such as "layers.0.neurons.1.w.2"."""
        found: dict[str, Value] = {}
        for name, parameter, _ in parameters_in(self):
            while name in found:  # keys 1 and "1" of a dict
                name += "'"
            found[name] = parameter
        return list(found.items())

    def parameters(self) -> list[Value]:
        """The Values that training changes."""
        return [parameter for _, parameter, _ in parameters_in(self)]

    def weights(self) -> list[Value]:
        """What a penalty looks at (D11): the parameters without biases (called b or bias) and PReLU's slopes."""
        return [parameter for _, parameter, is_weight in parameters_in(self) if is_weight]

    def by_layer(self) -> dict[str, list[Value]]:
        """The parameters of each part, or of each layer where the parts are layers: {"layers.0": [...], ...}."""
        found: dict[str, list[Value]] = {}
        for name, parameter in self.named_parameters():
            parts = name.split(".")
            found.setdefault(".".join(parts[: 1 + (parts[0] == "layers")]), []).append(parameter)
        return found

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def state_dict(self) -> dict[str, float]:
        """The number of every parameter, by name."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter to the number of its name; ValueError, and nothing changed, if the names differ."""
        parameters = dict(self.named_parameters())
        missing, unknown = (
            [name for name in parameters if name not in state],
            [name for name in state if name not in parameters],
        )
        if missing or unknown:
            raise ValueError(
                f"these are not the parameters of {self!r:.80}: "
                f"{len(missing)} missing {missing[:3]}, {len(unknown)} unknown {unknown[:3]}"
            )
        numbers = {name: Value(state[name]).data for name in parameters}  # all are checked before one is set
        for name, parameter in parameters.items():
            parameter.data = numbers[name]


def parameters_in(thing: Any) -> Iterator[tuple[str, Value, bool]]:
    """Yield (name, leaf Value, whether it is a weight) for all that a module or container holds, each once."""
    seen: dict[int, Any] = {}  # keeps alive what was looked into, so that no id comes up twice
    waiting = [("", thing, True)]
    while waiting:
        name, thing, is_weight = waiting.pop()
        if id(thing) in seen:
            continue
        if type(thing) is Value:
            seen[id(thing)] = thing
            if thing.primitive is None:
                yield name, thing, is_weight
        elif type(thing) in PLAIN:
            continue
        elif parts := parts_of(thing):
            seen[id(thing)] = thing
            for key, part in reversed(parts):
                weighs = is_weight if type(key) is int else not is_bias(str(key), thing)
                waiting.append((f"{name}.{key}" if name else str(key), part, weighs))


def parts_of(thing: Any) -> list[tuple[Any, Any]]:
    """(key, part) of a module's attributes or a container's members; those of a set from the oldest on."""
    parts: dict[Any, Any] = {}
    if isinstance(thing, Module):
        parts.update(vars(thing))
        for kind in type(thing).__mro__:
            for name, part in vars(kind).items() if kind not in (Module, object) else ():
                if not isinstance(part, FunctionType):
                    parts.setdefault(name, getattr(thing, name, None) if type(part) is MemberDescriptorType else part)
    if isinstance(thing, (list, tuple, deque)):
        parts.update(enumerate(thing))
    elif isinstance(thing, Mapping):
        parts.update(thing)
    elif isinstance(thing, (set, frozenset)):
        parts.update(enumerate(sorted(thing, key=age)))
    elif type(thing).__name__ == "ndarray" and thing.dtype.hasobject:  # a NumPy array of Values
        parts.update(enumerate(thing.tolist() if thing.shape else [thing.item()]))
    return list(parts.items())


def age(thing: Any) -> int:
    """When the oldest parameter in it was made."""
    return min([parameter.born for _, parameter, _ in parameters_in(thing)], default=0)


def is_bias(name: str, owner: Any) -> bool:
    """Whether an attribute or key is called b, b1, bias, ..., or its owner leaves it out of the weights."""
    plain = name.strip("_0123456789")
    return plain == "b" or plain.startswith("bias") or name in getattr(owner, "not_weights", ())
