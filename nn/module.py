"""Module, anything that has parameters: they are found by looking, and named by the way to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, copy_context
from types import FunctionType, MemberDescriptorType
from typing import Any, NamedTuple, Self

from autodiff import Value

PLAIN = {str, float, int, bool, FunctionType, type(None)}  # what holds no parameters, known at a glance


class Module:
    """Anything with parameters: the leaf Values among its attributes and parts.

    A subclass sets attributes and computes with them; nothing has to be registered. Lists, tuples, deques, dicts,
    sets and NumPy arrays of Values are looked into, also one inside the other. Parameters come in the order in which
    they were set, those of a class after those of the object, each once, however often it is used.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x[0] + self.offset
    >>> Line().named_parameters()
    [('slope', Value(2.0)), ('offset', Value(1.0))]
    """

    training = False  # whether calls do what only training does: drop numbers, use the mini-batch's statistics
    buffers: tuple[str, ...] = ()  # attributes, lists of floats, that such calls change: saved, and undone
    in_training = ""  # what such calls do that others cannot
    takes_sequences = False  # whether an example is a sequence of any length, of numbers or of lists of them
    predicts_numbers = False  # fit sets it where the targets are numbers to be met, not classes

    def __call__(self, *x: Any, **keywords: Any) -> Any:
        raise TypeError(f"cannot call {type(self).__name__}: define __call__(self, x), which is PyTorch's forward")

    def forward(self, *x: Any, **keywords: Any) -> Any:
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
        return [parameter for _, parameter, _ in parameters_in(self, False)]

    def weights(self) -> list[Value]:
        """What a penalty looks at (D11): the parameters without biases (called b or bias) and PReLU's slopes."""
        return [parameter for _, parameter, is_weight in parameters_in(self, False) if is_weight]

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

    def train(self, mode: bool = True) -> Self:
        """Set ``training`` here and in every module in it; return the module.

        ``fit`` does so for its steps and leaves the model in evaluation mode, in which every new module is, too.
        (PyTorch's new modules are in training mode.)
        """
        for module in modules_in(self):
            module.training = mode
        return self

    def eval(self) -> Self:
        """As ``train(False)``: Dropout drops nothing, BatchNorm takes its running statistics."""
        return self.train(False)

    def getstate(self) -> Any:
        """The numbers in the buffers."""
        return [list(getattr(self, name)) for name in self.buffers]

    def setstate(self, state: Any) -> None:
        """Put them back."""
        for name, numbers in zip(self.buffers, state):
            setattr(self, name, list(numbers))

    def state_dict(self) -> dict[str, float]:
        """The number of every parameter, then those in the buffers, by name."""
        parameters = {name: parameter.data for name, parameter in self.named_parameters()}
        return parameters | {name: numbers[i] for name, numbers, i in buffers_in(self)}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every one of these numbers by its name; ValueError, and nothing changed, if the names differ."""
        parameters, buffers = dict(self.named_parameters()), list(buffers_in(self))
        known = dict.fromkeys([*parameters, *[name for name, _, _ in buffers]])
        missing, unknown = [name for name in known if name not in state], [name for name in state if name not in known]
        if missing or unknown:
            raise ValueError(
                f"these are not the parameters of {self!r:.80}: "
                f"{len(missing)} missing {missing[:3]}, {len(unknown)} unknown {unknown[:3]}"
            )
        numbers = {name: Value(state[name]).data for name in known}  # all are checked before one is set
        for name, parameter in parameters.items():
            parameter.data = numbers[name]
        for name, held, i in buffers:
            held[i] = numbers[name]


def outputs_of(model: Any, rows: Sequence[Any]) -> Iterable[Any]:
    """The output for each row."""
    if not takes_rows(model):
        return map(model, rows)
    found = list(model.batch(rows))
    if len(found) != len(rows):
        raise ValueError(f"batch of {model!r:.60} gave {len(found)} outputs for {len(rows)} rows")
    return found


def takes_rows(model: Any) -> bool:
    """Whether it has a ``batch(rows)``, and no class nearer than the one with it has a ``__call__``."""
    names = [name for kind in type(model).__mro__ for name in ("batch", "__call__") if name in vars(kind)]
    return names[:1] == ["batch"]


def takes_sequences(model: Any) -> bool:
    """Whether its examples are sequences of any length."""
    return getattr(model, "takes_sequences", False) is True


@contextmanager
def in_mode(modules: Sequence[Module], mode: bool) -> Iterator[None]:
    """While all are in training mode, or none is; afterwards they are as before."""
    before = [module.training for module in modules]
    try:
        for module in modules:
            module.training = mode
        yield
    finally:
        for module, mode in zip(modules, before):
            module.training = mode


class Recorder(NamedTuple):
    """Where dropout layers take their factors from, and BatchNorm's notes, while one example is recorded for all."""

    factors: Callable[[Any, int], Sequence[Any]]  # of a layer and so many units
    notes: list[tuple[Any, list[Any], list[Any]]] | None = None  # layer, means and variances of each


recorder: ContextVar[Recorder | None] = ContextVar("recorder", default=None)  # that of this thread, if it records


def recorded_by(given: Recorder, function: Callable[..., Any], *args: Any) -> Any:
    """What the function returns, called in a context of its own in which layers are recorded: ctrl-C leaves it, too."""
    context = copy_context()
    context.run(recorder.set, given)
    return context.run(function, *args)


def evaluating(model: Any) -> AbstractContextManager[None]:
    """While the model is in evaluation mode; costs nothing where it is already."""
    return in_mode(modules_in(model), False) if getattr(model, "training", False) else nullcontext()


def modules_in(thing: Any) -> list[Module]:
    return [x for x in holders_in(thing) if isinstance(x, Module)]


def holders_in(thing: Any) -> list[Any]:
    """All that ``parts_in`` yields but Values, in no special order and much faster."""
    found: dict[int, Any] = {}
    waiting = [thing]
    while waiting:
        if id(x := waiting.pop()) not in found:
            found[id(x)] = x
            waiting += [part for _, part in parts_of(x) if type(part) not in PLAIN and type(part) is not Value]
    return list(found.values())


def buffers_in(thing: Any) -> Iterator[tuple[str, list[float], int]]:
    """Yield (name, the list it is in, its place there) for every number in buffers."""
    for name, part, _ in parts_in(thing):
        for key in part.buffers if isinstance(part, Module) else ():
            numbers = getattr(part, key)
            yield from [(f"{name}.{key}.{i}".lstrip("."), numbers, i) for i in range(len(numbers))]


def parameters_in(thing: Any, named: bool = True) -> Iterator[tuple[str, Value, bool]]:
    """Yield (name, leaf Value, whether it is a weight) for all of them, each once; names are "" unless ``named``."""
    for found in parts_in(thing, named):
        if type(found[1]) is Value and found[1].primitive is None:
            yield found


def parts_in(thing: Any, named: bool = True) -> Iterator[tuple[str, Any, bool]]:
    """Yield (name, part, whether a Value there is a weight) for all that a module or container holds, each once."""
    seen: dict[int, Any] = {}  # keeps alive what was looked into, so that no id comes up twice
    waiting = [("", thing, True)]
    while waiting:
        name, thing, is_weight = found = waiting.pop()
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing
        yield found
        if type(thing) is not Value:
            for key, part in reversed(parts_of(thing)):
                if type(part) not in PLAIN:
                    weighs = is_weight
                    if type(key) is not int:
                        bare = str(key).strip("_0123456789")  # of b, b1, bias, ...
                        is_bias = bare == "b" or bare.startswith("bias") or key in getattr(thing, "not_weights", ())
                        weighs = not is_bias
                    waiting.append(((f"{name}.{key}" if name else str(key)) if named else "", part, weighs))


def parts_of(thing: Any) -> list[tuple[Any, Any]]:
    """(key, part) of a module's attributes or a container's members; those of a set from the oldest on."""
    if type(thing) is list:
        return list(enumerate(thing))
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
