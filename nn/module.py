"""Module, anything that has parameters: they are found by looking, and named by the way to them."""

from __future__ import annotations

from autodiff import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any


class Module:
    """Anything with parameters: the leaf Values among its attributes, lists and parts.

    A subclass sets attributes and computes with them; nothing has to be registered. Parameters come
    in the order in which they were set, each once, however often it is used.

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

    def __call__(self, *x: Any) -> Any:
        raise TypeError(f"cannot call {type(self).__name__}: define __call__(self, x), which is PyTorch's forward")

    def forward(self, *x: Any) -> Any:
        """TypeError: a model is called itself, ``net(x)``."""
        raise TypeError("a model has no forward(): write net(x)")

    def named_parameters(self) -> list[tuple[str, Value]]:
        """(name, Value) pairs; a name is the way to the Value, such as "layers.0.neurons.1.w.2"."""
        return list(parameters_in(self, "", set()))

    def parameters(self) -> list[Value]:
        """The Values that training changes."""
        return [parameter for _, parameter in self.named_parameters()]

    def weights(self) -> list[Value]:
        """The parameters without the biases: what a penalty looks at (D11)."""
        return [parameter for name, parameter in self.named_parameters() if name.rpartition(".")[2] != "b"]

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


def parameters_in(thing: Any, name: str, seen: set[Any]) -> Iterator[tuple[str, Value]]:
    """Yield (name, leaf Value) for everything in a module or list that has not been seen yet."""
    parts: list[tuple[str, Any]] = []
    if isinstance(thing, (Value, Module)):
        if thing in seen:
            return
        seen.add(thing)
    if type(thing) is Value:
        if thing.primitive is None:
            yield name, thing
    elif isinstance(thing, Module):
        parts = list(vars(thing).items())
    elif isinstance(thing, dict):
        parts = [(str(key), part) for key, part in thing.items()]
    elif isinstance(thing, (list, tuple)):
        parts = [(str(i), part) for i, part in enumerate(thing)]
    for part_name, part in parts:
        yield from parameters_in(part, f"{name}.{part_name}" if name else part_name, seen)
