"""The lectures' activations, functions of the weighted sum z, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from autodiff import Value, clip, elu, gelu, leaky_relu, relu, sigmoid, sign, silu, softplus, tanh
from autodiff.primitives import heaviside

from ._checks import one_of
from .module import Module

ActivationName = Literal[
    "linear", "tanh", "sigmoid", "relu", "leaky_relu", "prelu", "elu", "gelu", "silu", "softplus", "step", "sign",
    "piecewise_linear"
]  # fmt: skip
Activation = ActivationName | Callable[[Any], Any]  # a name, or a function of the weighted sum
LayerActivation = Activation | Literal["softmax"]  # softmax takes all sums of a layer


def linear(z: Any) -> Any:
    """z itself."""
    return z


def step(z: Any) -> Any:
    """1 where z >= 0, else 0: the unit step of E1, whose gradient is 0 everywhere."""
    return heaviside(z, 1.0)


def piecewise_linear(z: Any) -> Any:
    """z + 1/2, clipped to [0, 1] (C1)."""
    return clip(z + 0.5, 0.0, 1.0)


def leaky(z: Any) -> Any:
    """z where z > 0, else 0.01 z."""
    return leaky_relu(z, 0.01)


def exponential_linear(z: Any) -> Any:
    """z where z > 0, else e^z - 1."""
    return elu(z, 1.0)


class PReLU(Module):
    """z where z > 0, else slope * z, with a learned slope (He et al. 2015).

    >>> bend = PReLU()
    >>> bend(Value(-2.0))
    Value(-0.5)
    >>> len(bend.parameters())
    1
    """

    not_weights = ("slope",)

    def __init__(self, slope: float = 0.25) -> None:
        self.slope = Value(slope, "slope")

    def tensors(self) -> dict[str, Any]:
        return {"weight": [self.slope]}

    def __call__(self, z: Any) -> Any:
        return leaky_relu(z, self.slope)


ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "linear": linear, "tanh": tanh, "sigmoid": sigmoid, "relu": relu, "leaky_relu": leaky, "prelu": PReLU,
    "elu": exponential_linear, "gelu": gelu, "silu": silu, "softplus": softplus, "step": step, "sign": sign,
    "piecewise_linear": piecewise_linear,
}  # fmt: skip


def activation_named(name: LayerActivation) -> Callable[..., Any]:
    """The activation of that name, a new object if it has parameters, or the function given."""
    found = one_of("activation", name, ACTIVATIONS)
    return found() if isinstance(found, type) else found  # type: ignore[no-any-return]
