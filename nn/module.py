"""Module, the base class of everything with parameters, which are found rather than registered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, copy_context
from types import FunctionType, MemberDescriptorType
from typing import Any, NamedTuple, Self

from autodiff import Value
from autodiff.arrays import in_order

PLAIN = {str, float, int, bool, FunctionType, type(None)}  # types that contain no parameters


class Module:
    """Anything with parameters: the leaf Values among its attributes and parts.

    A subclass sets attributes and computes with them; nothing has to be registered. Lists, tuples, deques, dicts,
    sets and NumPy arrays of Values are searched, nested ones too. Parameters come in the order in which they were set,
    those of the class after those of the object; a parameter that is used several times is listed once.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x[0] + self.offset
    >>> Line().named_parameters()
    [('slope', Value(2.0)), ('offset', Value(1.0))]
    """

    training = False  # in training mode, calls drop numbers or use the mini-batch's statistics
    buffers: tuple[str, ...] = ()  # names of lists of floats that calls in training mode change; they are saved too
    in_training = ""  # what calls do only in training mode
    takes_sequences = False  # whether an example is a sequence of any length, of numbers or of lists of numbers
    predicts_numbers = False  # set by fit: whether the targets are numbers to fit, not classes

    def __call__(self, *x: Any, **keywords: Any) -> Any:
        raise TypeError(f"cannot call {type(self).__name__}: define __call__(self, x), which is PyTorch's forward")

    def forward(self, *x: Any, **keywords: Any) -> Any:
        """Raise TypeError: call the model itself, ``net(x)``."""
        raise TypeError("a model has no forward(): write net(x)")

    def named_parameters(self) -> list[tuple[str, Value]]:
        """(name, Value) pairs; a name is the path to the Value, such as "layers.0.neurons.1.w.2"."""
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
        """The parameters that a penalty uses (D11): all but biases (named b or bias) and PReLU's slopes."""
        return [parameter for _, parameter, is_weight in parameters_in(self, False) if is_weight]

    def by_layer(self) -> dict[str, list[Value]]:
        """The parameters of each attribute, and of each layer in ``layers``: {"layers.0": [...], ...}."""
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
        """Set ``training`` on this module and all modules inside it, and return it.

        ``fit`` trains in training mode and leaves the model in evaluation mode. A new module is in evaluation mode
        (PyTorch's is in training mode).
        """
        for module in modules_in(self):
            module.training = mode
        return self

    def eval(self) -> Self:
        """Same as ``train(False)``: Dropout drops nothing, BatchNorm uses its running statistics."""
        return self.train(False)

    def getstate(self) -> Any:
        """The numbers in the buffers."""
        return [list(getattr(self, name)) for name in self.buffers]

    def setstate(self, state: Any) -> None:
        """Restore what ``getstate`` returned."""
        for name, numbers in zip(self.buffers, state):
            setattr(self, name, list(numbers))

    def state_dict(self) -> dict[str, float]:
        """Every parameter's number by name, then the numbers in the buffers."""
        parameters = {name: parameter.data for name, parameter in self.named_parameters()}
        return parameters | {name: numbers[i] for name, numbers, i in buffers_in(self)}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set parameters and buffers by name; ValueError, with nothing changed, if the names differ."""
        parameters, buffers = dict(self.named_parameters()), list(buffers_in(self))
        known = dict.fromkeys([*parameters, *[name for name, _, _ in buffers]])
        check_names(self, known, state)
        numbers = {name: Value(state[name]).data for name in known}  # check all before setting any
        for name, parameter in parameters.items():
            parameter.data = numbers[name]
        for name, buffer, i in buffers:
            buffer[i] = numbers[name]

    def tensors(self) -> dict[str, Any]:
        """This module's own arrays, as nested lists of Values or buffers, by PyTorch's names; not those of its parts.

        Attributes that a module does not name here keep their own names in ``arrays``.
        """
        return {name: getattr(self, name) for name in self.buffers}

    def arrays(self) -> dict[str, Any]:
        """The numbers of each layer as nested lists, with PyTorch's names and shapes: weights have shape (out, in).

        Every parameter and buffer is in one of them. NumPy and safetensors keep them in a file::

            numpy.savez("net.npz", **net.arrays())
            net.load_arrays(numpy.load("net.npz"))
            safetensors.numpy.save_file({name: numpy.array(x) for name, x in net.arrays().items()}, "net.safetensors")
            net.load_arrays(safetensors.numpy.load_file("net.safetensors"))

        >>> from nn import MLP
        >>> MLP.from_matrices([[-30, 20, 20]], output="sigmoid").arrays()
        {'layers.0.weight': [[20.0, 20.0]], 'layers.0.bias': [-30.0]}
        """
        return {name: numbers_at(place) for name, place in arrays_in(self).items()}

    def load_arrays(self, arrays: Mapping[str, Any]) -> None:
        """Set all numbers by such lists, arrays or tensors; ValueError, with nothing changed, unless they fit.

        >>> from nn import MLP
        >>> line = MLP(1, [1])
        >>> line.load_arrays({"layers.0.weight": [[2.0]], "layers.0.bias": [1.0]})
        >>> line([3.0])
        Value(7.0)
        """
        fill_arrays(self, arrays_in(self), arrays)


def check_names(model: Module, known: Collection[str], given: Collection[str]) -> None:
    """Raise ValueError unless the given names are the known ones."""
    missing, unknown = [name for name in known if name not in given], [name for name in given if name not in known]
    if missing or unknown:
        raise ValueError(
            f"these names do not match the parameters of {model!r:.80}: "
            f"{len(missing)} missing {missing[:3]}, {len(unknown)} unknown {unknown[:3]}"
        )


def arrays_in(thing: Any) -> dict[str, Any]:
    """Every parameter and buffer once, by name, in nested lists that may be written to."""
    found: dict[str, Any] = {}
    seen: dict[int, Any] = {}  # by id; the references keep ids unique
    waiting = [("", thing, False)]
    while waiting:
        name, thing, whole = waiting.pop()
        if id(thing) in seen:
            continue
        leaves = leaves_in(thing)
        whole = whole or (shape_of(thing) is not None and {*map(type, leaves)} == {Value})
        if whole and leaves and all(id(x) not in seen and getattr(x, "primitive", None) is None for x in leaves):
            found[name] = thing
            seen.update({id(leaf): leaf for leaf in leaves if type(leaf) is Value})
            continue
        seen[id(thing)] = thing
        parts = [] if type(thing) is Value else [(key, x, False) for key, x in parts_of(thing) if type(x) not in PLAIN]
        if isinstance(thing, Module):
            parts = [*[(key, x, True) for key, x in thing.tensors().items()], *parts]
        waiting += [(f"{name}.{key}" if name else str(key), x, whole) for key, x, whole in reversed(parts)]
    return found


def leaves_in(place: Any) -> list[Any]:
    """What is in nested lists."""
    return [leaf for x in place for leaf in leaves_in(x)] if isinstance(place, list) else [place]


def shape_of(place: Any) -> tuple[int, ...] | None:
    """The shape of nested lists, or None if they are not rectangular."""
    if not isinstance(place, list):
        return ()
    inner = {shape_of(x) for x in place}
    shape = inner.pop() if len(inner) == 1 else None if inner else ()
    return None if shape is None else (len(place), *shape)


def numbers_at(place: Any) -> Any:
    """Nested lists of Values and numbers as numbers alone."""
    return [*map(numbers_at, place)] if isinstance(place, list) else getattr(place, "data", place)


def fill_arrays(model: Module, places: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write arrays of the same names and shapes into these places, or raise and write nothing."""
    check_names(model, places, arrays)
    pairs = []
    for name, place in places.items():
        given = arrays[name]
        given = in_order(name, given) if hasattr(given, "__len__") else given
        if shape_of(given) != shape_of(place):
            shape = "no rectangular array" if shape_of(given) is None else shape_of(given)
            raise ValueError(f"{name} of {model!r:.80} has shape {shape_of(place)}, got {shape}")
        pairs.append((place, [Value(x).data for x in leaves_in(given)]))  # check all before setting any
    for place, numbers in pairs:
        write_numbers(place, iter(numbers))


def write_numbers(place: Any, numbers: Iterator[float]) -> None:
    """Set the Values and floats in nested lists, in order."""
    if type(place) is Value:
        place.data = next(numbers)
        return
    for i, x in enumerate(place):
        if isinstance(x, float):
            place[i] = next(numbers)
        else:
            write_numbers(x, numbers)


def outputs_of(model: Any, rows: Sequence[Any]) -> Iterable[Any]:
    """The output for each row."""
    if not takes_rows(model):
        return map(model, rows)
    found = list(model.batch(rows))
    if len(found) != len(rows):
        raise ValueError(f"batch of {model!r:.60} returned {len(found)} outputs for {len(rows)} rows")
    return found


def takes_rows(model: Any) -> bool:
    """Whether the nearest class that defines ``batch`` or ``__call__`` defines ``batch(rows)``."""
    names = [name for kind in type(model).__mro__ for name in ("batch", "__call__") if name in vars(kind)]
    return names[:1] == ["batch"]


def takes_sequences(model: Any) -> bool:
    """Whether the model's examples are sequences of any length."""
    return getattr(model, "takes_sequences", False) is True


@contextmanager
def in_mode(modules: Sequence[Module], mode: bool) -> Iterator[None]:
    """Put the modules in training or evaluation mode; restore each one's mode on exit."""
    before = [module.training for module in modules]
    try:
        for module in modules:
            module.training = mode
        yield
    finally:
        for module, mode in zip(modules, before):
            module.training = mode


class Recorder(NamedTuple):
    """Source of dropout factors and sink of BatchNorm's statistics while one example is recorded for all examples."""

    factors: Callable[[Any, int], Sequence[Any]]  # of a layer and its number of units
    notes: list[tuple[Any, list[Any], list[Any]]] | None = None  # (layer, means, variances) of each call


recorder: ContextVar[Recorder | None] = ContextVar("recorder", default=None)  # set while this thread records


def call_with_recorder(given: Recorder, function: Callable[..., Any], *args: Any) -> Any:
    """Call the function in a new context with this recorder; leaving the context, even by ctrl-C, ends recording."""
    context = copy_context()
    context.run(recorder.set, given)
    return context.run(function, *args)


def evaluation_mode(model: Any) -> AbstractContextManager[None]:
    """A context in which the model is in evaluation mode; free if it already is."""
    return in_mode(modules_in(model), False) if getattr(model, "training", False) else nullcontext()


def modules_in(thing: Any) -> list[Module]:
    return [x for x in holders_in(thing) if isinstance(x, Module)]


def holders_in(thing: Any) -> list[Any]:
    """All that ``parts_in`` yields except Values, unordered and much faster."""
    found: dict[int, Any] = {}
    waiting = [thing]
    while waiting:
        if id(x := waiting.pop()) not in found:
            found[id(x)] = x
            waiting += [part for _, part in parts_of(x) if type(part) not in PLAIN and type(part) is not Value]
    return list(found.values())


def buffers_in(thing: Any) -> Iterator[tuple[str, list[float], int]]:
    """Yield (name, list, index in the list) for every number in buffers."""
    for name, part, _ in parts_in(thing):
        for key in part.buffers if isinstance(part, Module) else ():
            numbers = getattr(part, key)
            yield from [(f"{name}.{key}.{i}".lstrip("."), numbers, i) for i in range(len(numbers))]


def parameters_in(thing: Any, named: bool = True) -> Iterator[tuple[str, Value, bool]]:
    """Yield (name, leaf Value, whether it is a weight), each Value once; names are "" unless ``named``."""
    for found in parts_in(thing, named):
        if type(found[1]) is Value and found[1].primitive is None:
            yield found


def parts_in(thing: Any, named: bool = True) -> Iterator[tuple[str, Any, bool]]:
    """Yield (name, part, whether a Value there is a weight) for all contents, each part once."""
    seen: dict[int, Any] = {}  # by id; the references keep ids unique
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
                        bare = str(key).strip("_0123456789")  # b1 as b
                        is_bias = bare == "b" or bare.startswith("bias") or key in getattr(thing, "not_weights", ())
                        weighs = not is_bias
                    waiting.append(((f"{name}.{key}" if name else str(key)) if named else "", part, weighs))


def parts_of(thing: Any) -> list[tuple[Any, Any]]:
    """(key, part) for a module's attributes or a container's items; a set's items from oldest to newest."""
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
    """The creation number of its oldest parameter."""
    return min([parameter.born for _, parameter, _ in parameters_in(thing)], default=0)
