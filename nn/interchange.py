"""Nets moved to PyTorch and back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any
from zlib import crc32

from autodiff._files import need

from ._checks import quantity
from .activations import ACTIVATIONS
from .dropout import Dropout
from .layers import Layer, Pointwise
from .models import MLP, Convolution, Sequential
from .module import Module, fill_arrays, numbers_at
from .normalization import BatchNorm, LayerNorm, RMSNorm

BY_CLASS: dict[str, dict[str, Any]] = {  # {the activation's class in torch.nn: its arguments}
    "Tanh": {}, "Sigmoid": {}, "ReLU": {}, "SiLU": {}, "LeakyReLU": {"negative_slope": 0.01}, "ELU": {"alpha": 1.0},
    "PReLU": {"num_parameters": 1}, "GELU": {"approximate": "none"}, "Softmax": {"dim": -1},
    "Softplus": {"threshold": 40.0},  # beyond PyTorch's 20, z itself is off by up to 2e-9
}  # fmt: skip
OURS = {kind: next(x for x in (*ACTIVATIONS, "softmax") if x.replace("_", "") == kind.lower()) for kind in BY_CLASS}
TWINS = {OURS[kind]: (kind, arguments) for kind, arguments in BY_CLASS.items()}  # by the names here
SHAPES = ("Identity", "Flatten", "Unflatten")  # modules that change no number
Part = tuple[str, dict[str, Any], Module | None]  # a class in torch.nn, its arguments, and whose arrays it takes


def to_torch(model: Module) -> Any:
    """The net as a ``torch.nn.Sequential`` in float64, with the same outputs to rounding and the same mode.

    It takes a batch of examples, or one example unless there is a BatchNorm; a single output is a tensor of shape (1,).
    ``to_torch`` takes MLP, Layer, Sequential,
    Dropout, BatchNorm, LayerNorm, RMSNorm and Convolution, and all activations but "step", "sign" and
    "piecewise_linear". For other modules see ``model.arrays()``. TypeError for what PyTorch does not have.

    >>> to_torch(MLP(2, [4, 1], seed=0))  # doctest: +SKIP
    Sequential(
      (0): Linear(in_features=2, out_features=4, bias=True)
      (1): Tanh()
      (2): Linear(in_features=4, out_features=1, bias=True)
    )
    """
    found = list(parts(model))
    need("torch", "to_torch")
    torch: Any = sys.modules["torch"]
    layers = []
    for kind, arguments, part in found:
        layer = getattr(torch.nn, kind)(**arguments).double()
        if part is not None:
            layer.load_state_dict({
                name: torch.tensor(numbers_at(place), dtype=torch.float64) for name, place in part.tensors().items()
            })  # fmt: skip
        layers.append(layer)
    return torch.nn.Sequential(*layers).train(model.training)


def parts(model: Any) -> Iterator[Part]:
    """The modules of torch.nn that make up the model; TypeError that names what has no twin."""
    kind = type(model)
    if kind in (Sequential, MLP):
        for layer in model.layers:
            yield from parts(layer)
    elif kind is Layer:
        inputs, bias = len(model.neurons[0].w), "bias" in model.tensors()
        yield "Linear", {"in_features": inputs, "out_features": len(model.neurons), "bias": bias}, model
        yield from activation_part(model, [neuron.activation for neuron in model.neurons], model.joint)
    elif kind is Pointwise:
        yield from activation_part(model, [model.activation], model.joint)
    elif kind is Convolution:
        yield "Unflatten", {"dim": -1, "unflattened_size": (1, -1)}, None
        sizes = {"in_channels": 1, "out_channels": 1, "kernel_size": len(model.neuron.w)}
        yield "Conv1d", sizes | {"bias": "bias" in model.tensors()}, model
        yield "Flatten", {"start_dim": -2}, None
        yield from activation_part(model, [model.neuron.activation])
    elif kind is Dropout:
        yield "Dropout", {"p": model.share}, None
    elif kind is BatchNorm:
        sizes = {"num_features": len(model.scale), "eps": model.epsilon, "momentum": model.momentum}
        yield "BatchNorm1d", sizes, model
    elif kind is LayerNorm:
        yield "LayerNorm", {"normalized_shape": len(model.scale), "eps": model.epsilon}, model
    elif kind is RMSNorm:
        sizes = {"normalized_shape": len(model.scale), "eps": model.epsilon}
        yield "RMSNorm", sizes | {"elementwise_affine": bool(model.tensors())}, model
    else:
        raise TypeError(
            f"torch.nn has no twin of {model!r:.60}: to_torch takes MLP, Sequential, Layer, Dropout, BatchNorm, "
            "LayerNorm, RMSNorm and Convolution; for others write the module in PyTorch and copy model.arrays()"
        )


def activation_part(owner: Any, functions: list[Any], joint: bool = False) -> Iterator[Part]:
    """The module of the neurons' activation, if it is not linear."""
    function = functions[0]
    known = {name for name, entry in ACTIVATIONS.items() if function is entry or type(function) is entry}
    shared = known.pop() if known and all(other is function for other in functions) else ""
    name = "softmax" if joint else shared
    if name in TWINS:
        yield *TWINS[name], function if name == "prelu" else None
    elif name != "linear":
        raise TypeError(f"torch.nn has no twin of the activation of {owner!r:.60}: it has those of {', '.join(TWINS)}")


def from_torch(module: Any) -> Module:
    """The net in a ``torch.nn.Sequential`` (nested ones too) or a single layer of it, in evaluation mode.

    Linear layers and activations alone become an MLP, which ``save`` and ``load`` take whole; with Dropout,
    BatchNorm1d, LayerNorm, RMSNorm, or Conv1d of one channel, it is a Sequential. Numbers of any precision become
    float64. TypeError or ValueError, naming the module, for what this library does not have.

    >>> from_torch(torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)))  # doctest: +SKIP
    MLP(2-4-1, tanh, linear, 17 parameters)
    """
    layers: list[Any] = []
    seen: list[Any] = []
    for name, leaf in leaves_of(module):
        kind = type(leaf).__name__
        if kind in SHAPES:
            continue
        if kind not in READERS:
            inside = [*getattr(leaf, "children", tuple)()]
            hint = "; put its layers into a torch.nn.Sequential in the order of its forward" if inside else ""
            text = " ".join(repr(leaf).split())
            raise TypeError(f"nn has no twin of {name}, {text:.80}: from_torch takes {', '.join(READERS)}{hint}")
        arrays = {key: x for key, x in leaf.state_dict().items() if key != "num_batches_tracked"}
        if arrays and any(leaf is other for other in seen):
            raise ValueError(f"{name}, {leaf!r:.80}, is in the net twice: its copies would not share their numbers")
        seen.append(leaf)
        new = READERS[kind](name, leaf)
        fill_arrays(new, (new.activation if kind == "PReLU" else new).tensors(), arrays)
        if not (type(new) is Pointwise and layers and absorb(layers[-1], new)):
            layers.append(new)
    if not layers:
        raise ValueError(f"expected a net with layers, got {module!r:.80}")
    return as_mlp(layers) or Sequential(*layers)


def leaves_of(module: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """(name, module) for all modules in nested Sequentials, in order, also those that are used twice."""
    if type(module).__name__ != "Sequential":
        yield name or "the module", module
        return
    for i, part in enumerate(module):
        yield from leaves_of(part, f"{name}.{i}" if name else str(i))


def require(name: str, leaf: Any, **wanted: Any) -> None:
    """Raise ValueError unless the module has these settings."""
    for key, value in wanted.items():
        if (found := getattr(leaf, key, value)) != value:
            raise ValueError(f"nn has no twin of {name}, {leaf!r:.80}: {key} must be {value!r}, got {found!r:.40}")


def read_activation(name: str, leaf: Any) -> Module:
    known = OURS[type(leaf).__name__]
    settings = TWINS[known][1] if known not in ("softmax", "softplus") else {"beta": 1.0}
    if known == "softmax" and leaf.dim != 1:  # of rows of examples, the last
        settings = {"dim": -1}
    require(name, leaf, **settings)
    return Pointwise(known)  # type: ignore[arg-type]


def read_convolution(name: str, leaf: Any) -> Module:
    require(name, leaf, in_channels=1, out_channels=1, stride=(1,), padding=(0,), dilation=(1,))
    return Convolution(leaf.kernel_size[0], "linear", leaf.bias is not None)


def read_norm(name: str, leaf: Any) -> Module:
    """BatchNorm1d, LayerNorm or RMSNorm."""
    learned = leaf.affine if type(leaf).__name__ == "BatchNorm1d" else leaf.elementwise_affine
    if type(leaf).__name__ == "BatchNorm1d":
        require(name, leaf, affine=True, track_running_stats=True)
        if leaf.momentum is None:
            raise ValueError(f"nn has no twin of {name}, {leaf!r:.80}: momentum must be a number")
        return BatchNorm(leaf.num_features, leaf.momentum, leaf.eps)
    if len(leaf.normalized_shape) != 1:
        raise ValueError(f"nn has no twin of {name}, {leaf!r:.80}: normalized_shape must be one number")
    if type(leaf).__name__ == "RMSNorm":
        epsilon = 2.0**-52 if leaf.eps is None else leaf.eps  # PyTorch's for float64
        return RMSNorm(leaf.normalized_shape[0], epsilon, learned)
    require(name, leaf, elementwise_affine=True)
    if leaf.bias is None:
        raise ValueError(f"nn has no twin of {name}, {leaf!r:.80}: it has no bias")
    return LayerNorm(leaf.normalized_shape[0], leaf.eps)


READERS: dict[str, Callable[[str, Any], Any]] = {
    "Linear": lambda _, x: Layer(x.in_features, x.out_features, "linear", x.bias is not None, "zeros"),
    **dict.fromkeys(BY_CLASS, read_activation),
    "Dropout": lambda name, x: Dropout(x.p, crc32(name.encode())),  # each draws its own numbers
    **dict.fromkeys(("BatchNorm1d", "LayerNorm", "RMSNorm"), read_norm), "Conv1d": read_convolution,
}  # fmt: skip


def absorb(layer: Any, then: Pointwise) -> bool:
    """Make the activation the layer's own, if it has none."""
    if type(layer) is not Layer or layer.activation_name != "linear" or (then.joint and len(layer.neurons) == 1):
        return False
    layer.joint, layer.activation_name = then.joint, then.activation_name
    for neuron in layer.neurons if not then.joint else ():
        neuron.activation, neuron.activation_name = then.activation, then.activation_name
    return True


def as_mlp(layers: list[Any]) -> MLP | None:
    """The layers as an MLP; None if an MLP has no such layers."""
    if not all(type(layer) is Layer for layer in layers) or any(layer.joint for layer in layers[:-1]):
        return None
    biases = ["bias" in layer.tensors() for layer in layers]
    if len({*biases}) > 1:
        return None
    sizes = [len(layer.neurons) for layer in layers]
    for size, layer in zip(sizes, layers[1:]):
        if len(layer.neurons[0].w) != size:
            raise ValueError(f"{layer!r} cannot follow a layer of {quantity(size, 'output')}")
    names = [layer.activation_name for layer in layers]
    net = MLP(len(layers[0].neurons[0].w), sizes, names[:-1], names[-1], biases[0], "zeros")
    net.load_arrays({f"layers.{i}.{name}": x for i, layer in enumerate(layers) for name, x in layer.arrays().items()})
    return net
