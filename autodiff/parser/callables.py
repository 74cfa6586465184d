"""The functions an expression may call: every primitive by its name, and what is composed from them."""

from __future__ import annotations

import difflib
import inspect

from .. import functions, primitives
from ..expression import INFIX, SPELLED
from ..ieee import INF
from ..primitives import PRIMITIVES
from .advice import shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def smallest(*values: Any) -> Any:
    """The smallest of several values, gate by gate."""
    least = values[0]
    for value in values[1:]:
        least = primitives.minimum(least, value)
    return least


# What is no row of the table, and how it is called: [...] is a list, = may be left out, * any more.
FUNCTIONS: dict[str, tuple[Callable[..., Any], list[str]]] = {
    "dot": (functions.dot, ["[w0, w1]", "[x0, x1]", "b=0"]),
    "sum": (functions.sum, ["[a, b]"]),
    "logsumexp": (functions.logsumexp, ["[a, b]"]),
    "mean": (functions.mean, ["[a, b]"]),
    "norm": (functions.norm, ["[a, b]"]),
    "largest": (lambda values: primitives.largest(*values), ["[a, b]"]),
    "maxout": (functions.maxout, ["[a, b]"]),
    "prelu": (functions.prelu, ["x", "slope"]),
    "leaky_relu": (primitives.leaky_relu, ["x", "0.01"]),
    "elu": (primitives.elu, ["x", "1"]),
    "clip": (primitives.clip, ["x", "0", "1"]),
    "heaviside": (primitives.heaviside, ["x", "0.5"]),
    "where": (primitives.select, ["x > 0", "a", "b"]),
    "max": (lambda *values: functions.maxout(values), ["a", "b", "*more"]),
    "min": (smallest, ["a", "b", "*more"]),
}
# What advice speaks of: for the others there are signs.
CALLABLE = {*PRIMITIVES, *FUNCTIONS, "ln"} - {*INFIX, *SPELLED, "neg"}


def called(name: str, arguments: list[Any]) -> Any:
    """The function of that name applied to numbers, Values and lists of them; ValueError where it cannot be."""
    if name not in FUNCTIONS and name not in PRIMITIVES:
        raise ValueError(unknown(name))
    function, parameters = FUNCTIONS[name] if name in FUNCTIONS else (PRIMITIVES[name], signature(name))
    if not fitting(parameters, arguments):
        usage = ", ".join(parameter for parameter in parameters if "*" not in parameter)
        raise ValueError(f"this is how to call it: {name}({usage})")
    return function(*arguments)


def unknown(name: str) -> str:
    """What to write in place of a function that is none."""
    if name == "softmax":
        return "softmax gives several numbers; one of them is exp(a - logsumexp([a, b]))"
    near = difflib.get_close_matches(name, CALLABLE, 1) if len(name) <= 40 else []
    if near:
        return f"there is no function {name}: did you mean {near[0]}?"
    return f"there is no function {shortened(name)}; there are {', '.join(sorted(CALLABLE))}"


def signature(name: str) -> list[str]:
    """What a primitive takes, in the words of its rule."""
    if name in INFIX:
        return ["a", "b"]
    parameters = inspect.signature(PRIMITIVES[name].local_gradients).parameters.values()
    return [str(parameter) for parameter in parameters][1:]


def fitting(parameters: list[str], arguments: list[Any]) -> bool:
    """Whether there are as many arguments as parameters, and lists where lists belong."""
    fewest = len([parameter for parameter in parameters if "=" not in parameter and "*" not in parameter])
    most = INF if any("*" in parameter for parameter in parameters) else len(parameters)
    lists = [parameter.startswith("[") for parameter in parameters] + [False] * len(arguments)
    return fewest <= len(arguments) <= most and all((type(x) is list) == y for x, y in zip(arguments, lists))
