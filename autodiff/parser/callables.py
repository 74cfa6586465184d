"""The functions an expression may call: every primitive by its name, and what is composed from them."""

from __future__ import annotations

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
# Functions that are known elsewhere, and how they are written here.
ELSEWHERE = {
    "log10(x)": "lg", "log2(x)": "ld lb", "2**x": "exp2", "10**x": "exp10", "x**y": "pow",
    "x**2": "square sqr", "sign(x) * abs(x)**(1/3)": "cbrt", "1 / sqrt(x)": "rsqrt", "1 / x": "inv inverse recip",
    "asin(x)": "arcsin", "abs(x)": "fabs absolute", "sign(x)": "sgn signum", "heaviside(x, 0.5)": "step",
    "sin(x)": "sine", "cos(x)": "cosine", "tan(x)": "tg tangent", "1 / tan(x)": "cot cotan ctg", "1 / cos(x)": "sec",
    "1 / sin(x)": "csc cosec", "sin(x) / x": "sinc", "acos(x)": "arccos", "1 / tanh(x)": "coth",
    "atan(x)": "arctan", "2 / (exp(x) + exp(-x))": "sech", "2 / (exp(x) - exp(-x))": "csch",
    "asinh(x)": "arcsinh arsinh", "acosh(x)": "arccosh arcosh", "atanh(x)": "arctanh artanh",
    "atan2(y, x)": "arctan2", "1 - erf(x)": "erfc", "normal_cdf(x)": "ndtr", "-floor(-x)": "ceil",
    "mod(x, y)": "remainder", "silu(x)": "swish", "log(x / (1 - x))": "logit", "sigmoid(x)": "expit logistic",
    "1.0507009873554805 * elu(x, 1.6732632423543772)": "selu", "elu(x, 1)": "celu", "x * tanh(softplus(x))": "mish",
    "leaky_relu(x, 0.01)": "lrelu", "clip(x, 0, 6)": "relu6", "clip(x, 0, 1)": "clamp", "clip(x, -1, 1)": "hardtanh",
    "clip(x/6 + 0.5, 0, 1)": "hardsigmoid", "x * clip(x/6 + 0.5, 0, 1)": "hardswish", "x / (1 + abs(x))": "softsign",
    "logsumexp([x, y])": "logaddexp", "mean([x, y])": "average avg", "max(x, y)": "fmax amax",
    "min(x, y)": "fmin amin", "x * y": "prod product multiply", "where(x > 0, a, b)": "ifelse cond piecewise",
}  # fmt: skip
FLAT = "round trunc int argmax argmin".split()  # noqa: SIM905
BEYOND = "gamma lgamma digamma".split()  # noqa: SIM905


def called(name: str, arguments: list[Any]) -> Any:
    """The function of that name applied to numbers, Values and lists of them; ValueError where it cannot be."""
    if name not in FUNCTIONS and name not in PRIMITIVES:
        raise ValueError(unknown(name))
    function, parameters = FUNCTIONS[name] if name in FUNCTIONS else (PRIMITIVES[name], signature(name))
    if not fitting(parameters, arguments):
        usage = ", ".join(parameter for parameter in parameters if "*" not in parameter)
        many = f"; of more write {SPELLED[name]}(a, b, c)" if name in SPELLED and len(arguments) > 2 else ""
        raise ValueError(f"this is how to call it: {name}({usage}){many}")
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
    words = {known.replace("_", ""): known for known in sorted(CALLABLE)}
    near = [words[plain]] if plain in words else []
    if len(plain) > 4 and plain.isalpha():  # a short name, or one letter in front, makes another function
        near += [words[w] for w in words if w[0] == plain[0] and w.isalpha() and shortenings(w) & shortenings(plain)]
    if near:
        return f"{there_is_none}: did you mean {near[0]}?"
    return f"{there_is_none}; there are {', '.join(sorted(CALLABLE))}"


def shortenings(name: str) -> set[str]:
    """The name, and the name without each one of its letters: slips of one letter share one."""
    return {name, *[name[:i] + name[i + 1 :] for i in range(len(name))]}


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
