"""The functions an expression may call: every primitive by its name, and what is composed from them."""

from __future__ import annotations

import inspect
import re

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
# Functions that are known elsewhere, and how they are written here.
ELSEWHERE = {
    "log(x) / log(10)": "log10 lg", "log(x) / log(2)": "log2 ld lb", "2**x": "exp2", "10**x": "exp10",
    "x**y": "pow", "x**2": "square sqr", "sign(x) * abs(x)**(1/3)": "cbrt", "1 / sqrt(x)": "rsqrt",
    "1 / x": "inv inverse recip", "tan(x)": "tg tangent", "1 / tan(x)": "cot cotan ctg", "1 / cos(x)": "sec",
    "1 / sin(x)": "csc cosec", "(exp(x) - exp(-x)) / 2": "sinh sh", "(exp(x) + exp(-x)) / 2": "cosh ch",
    "tanh(x)": "th tgh", "1 / tanh(x)": "coth", "2 / (exp(x) + exp(-x))": "sech", "2 / (exp(x) - exp(-x))": "csch",
    "log(x + sqrt(x**2 + 1))": "asinh arcsinh arsinh", "log(x + sqrt(x**2 - 1))": "acosh arccosh arcosh",
    "log((1 + x) / (1 - x)) / 2": "atanh arctanh artanh", "log(1 - x)": "log1m",
    "sin(x)": "sine", "cos(x)": "cosine", "sin(x) / x": "sinc",
    "sqrt(x**2 + y**2)": "hypot", "x * sigmoid(x)": "silu swish", "x * tanh(softplus(x))": "mish",
    "0.5*x * (1 + tanh(0.7978845608*(x + 0.044715*x**3))), nearly": "gelu",
    "1.0507009873554805 * elu(x, 1.6732632423543772)": "selu", "elu(x, 1)": "celu", "relu(x)**2": "relu2",
    "leaky_relu(x, 0.01)": "lrelu", "clip(x, 0, 6)": "relu6", "clip(x, 0, 1)": "clamp", "clip(x, -1, 1)": "hardtanh",
    "clip(x/6 + 0.5, 0, 1)": "hardsigmoid hsigmoid", "x * clip(x/6 + 0.5, 0, 1)": "hardswish hswish",
    "x / (1 + abs(x))": "softsign", "x - tanh(x)": "tanhshrink", "log(x / (1 - x))": "logit",
    "sigmoid(x)": "expit logistic", "softplus(x)": "log1pexp", "heaviside(x, 0.5)": "step unitstep",
    "sign(x)": "sgn signum", "abs(x)": "fabs absolute", "-x": "negative minus", "x": "identity linear",
    "logsumexp([x, y])": "logaddexp", "mean([x, y])": "average avg", "max(x, y)": "fmax amax",
    "min(x, y)": "fmin amin", "x * y": "prod product multiply", "x / y": "divide", "x + y": "plus",
    "x - y": "subtract", "norm([x, y])": "norm2", "abs(x) + abs(y)": "norm1", "exp(-x**2)": "gauss gaussian",
    "where(x > 0, a, b)": "ifelse cond piecewise", "pi/180 * x": "radians deg2rad", "180/pi * x": "degrees rad2deg",
}  # fmt: skip
FLAT = "floor ceil round trunc int mod fmod remainder argmax argmin".split()  # noqa: SIM905
BEYOND = "asin acos atan atan2 arcsin arccos arctan arctan2 erf erfc gamma lgamma digamma".split()  # noqa: SIM905


def called(name: str, arguments: list[Any], text: str) -> Any:
    """The function of that name applied to numbers, Values and lists of them; ValueError where it cannot be.

    ``text`` is what stands between its brackets.
    """
    if name not in FUNCTIONS and name not in PRIMITIVES:
        raise ValueError(unknown(name))
    function, parameters = FUNCTIONS[name] if name in FUNCTIONS else (PRIMITIVES[name], signature(name))
    if not fitting(parameters, arguments):
        raise ValueError(usage(name, parameters, arguments, text))
    return function(*arguments)


def unknown(name: str) -> str:
    """What to write in place of a function that is none."""
    if name == "softmax":
        return "softmax gives several numbers; one of them is exp(a - logsumexp([a, b]))"
    plain = name.lower().replace("_", "")
    there_is_none = f"there is no function {shortened(name)}"
    for formula, names in ELSEWHERE.items():
        if plain in names.split():
            return f"{there_is_none}: write {formula}"
    if plain in FLAT:
        return f"{there_is_none}: it would have no useful gradient"
    if plain in BEYOND:
        return f"{there_is_none}, and no formula of those that are here gives it"
    near = [known for known in sorted(CALLABLE) if slipped(plain, known.replace("_", ""))]
    if near:
        return f"{there_is_none}: did you mean {near[0]}?"
    return f"{there_is_none}; there are {', '.join(sorted(CALLABLE))}"


def slipped(name: str, known: str) -> bool:
    """Whether a name is a known one but for one letter, or two that changed places: a slip, and no other function."""
    if name == known or len(name) < 5 or abs(len(name) - len(known)) > 1 or re.search(r"\d", name + known):
        return name == known
    start = next((i for i, (a, b) in enumerate(zip(name, known)) if a != b), min(len(name), len(known)))
    left, right = name[start:], known[start:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or left[1:] in (right, right[1:]) or left == right[1:]


def usage(name: str, parameters: list[str], arguments: list[Any], text: str) -> str:
    """How to call a function in place of how it was called."""
    lists = [type(argument) is list for argument in arguments]
    if arguments and not any(lists) and parameters == ["[a, b]"]:
        return f"write {name}([{text}])"
    if len(arguments) > 2 and not any(lists) and name in SPELLED:
        return f"write {SPELLED[name]}({text})"
    if lists == [True] and name in {*SPELLED, *SPELLED.values()}:
        return f"write {SPELLED.get(name, name)}({text[1:-1]})"
    return f"this is how to call it: {name}({', '.join(parameter for parameter in parameters if '*' not in parameter)})"


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
