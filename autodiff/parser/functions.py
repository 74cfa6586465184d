"""The functions an expression may call: every primitive by its name, and functions composed of them."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from .. import functions, primitives
from ..engine import Value
from ..ieee import INF, number
from ..primitives import PRIMITIVES, Primitive
from ..vocabulary import INFIX, words
from .errors import abbreviate
from .tokens import normalize

# Functions that are not gates, with their parameters: [...] takes a list, = is optional, * takes any number more.
FUNCTIONS: dict[str, tuple[Callable[..., Any], Sequence[str]]] = {
    "mean": (functions.mean, ["[a, b]"]),
    "maxout": (functions.maxout, ["[a, b]"]),
    "prelu": (primitives.leaky_relu, ["x", "slope"]),
    "max": (lambda *values: functions.maxout(values), ["a", "b", "*more"]),
    "min": (lambda *values: reduce(primitives.minimum, values), ["a", "b", "*more"]),
    "largest": (lambda values: primitives.largest(*values), words("largest").usage),
}
OF_LISTS = {x: getattr(functions, x) for x in PRIMITIVES if words(x).takes_list and hasattr(functions, x)}
# Functions of other packages, by how they are written here.
ELSEWHERE = {
    "log10(x)": "lg", "log2(x)": "ld lb", "2**x": "exp2", "10**x": "exp10", "x**y": "pow",
    "x**2": "square sqr", "sign(x) * abs(x)**(1/3)": "cbrt", "1 / sqrt(x)": "rsqrt", "1 / x": "inv inverse recip",
    "asin(x)": "arcsin", "abs(x)": "fabs absolute", "sign(x)": "sgn signum", "heaviside(x, 0.5)": "step",
    "sin(x)": "sine", "cos(x)": "cosine", "tan(x)": "tg tangent", "1 / tan(x)": "cot cotan ctg", "1 / cos(x)": "sec",
    "1 / sin(x)": "csc cosec", "sin(x) / x": "sinc", "acos(x)": "arccos", "1 / tanh(x)": "coth",
    "atan(x)": "arctan", "2 / (exp(x) + exp(-x))": "sech", "2 / (exp(x) - exp(-x))": "csch",
    "asinh(x)": "arcsinh arsinh", "acosh(x)": "arccosh arcosh", "atanh(x)": "arctanh artanh",
    "atan2(y, x)": "arctan2", "1 - erf(x)": "erfc", "normal_cdf(x)": "ndtr", "-floor(-x)": "ceil",
    "x % y": "remainder", "silu(x)": "swish", "log(x / (1 - x))": "logit", "sigmoid(x)": "expit logistic",
    "1.0507009873554805 * elu(x, 1.6732632423543772)": "selu", "elu(x, 1)": "celu", "x * tanh(softplus(x))": "mish",
    "leaky_relu(x, 0.01)": "lrelu", "clip(x, 0, 6)": "relu6", "clip(x, 0, 1)": "clamp", "clip(x, -1, 1)": "hardtanh",
    "clip(x/6 + 0.5, 0, 1)": "hardsigmoid", "x * clip(x/6 + 0.5, 0, 1)": "hardswish", "x / (1 + abs(x))": "softsign",
    "logsumexp([x, y])": "logaddexp", "mean([x, y])": "average avg", "max(x, y)": "fmax amax",
    "min(x, y)": "fmin amin", "x * y": "prod product multiply", "where(x > 0, a, b)": "ifelse cond piecewise",
}  # fmt: skip
MISSING = {  # functions without a formula, and why
    **dict.fromkeys(["round", "trunc", "int", "argmax", "argmin"], ": it would have no useful gradient"),
    **dict.fromkeys(["gamma", "lgamma", "digamma"], ", and no formula of the functions here gives it"),
}


def known_functions(own: Mapping[str, Any]) -> set[str]:
    """The names of the functions that advice may suggest; gates written as signs are left out."""
    gates = {name for name in PRIMITIVES if name not in INFIX and name == words(name).name}
    return ({*gates, *FUNCTIONS, "ln"} - {"largest", "neg"}) | {*own}


def check_functions(own: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """Return a user's functions by normalized name; TypeError for a non-function, ValueError for a bad name."""
    if not hasattr(own, "items"):
        raise TypeError(f'functions must be a dict such as {{"hypot": hypot}}, got {type(own).__name__}: {own!r:.60}')
    for name, function in own.items():
        if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError(f"a function's name has letters, digits and _, no Python keyword, got {name!r:.60}")
        if not callable(function):
            raise TypeError(f"functions[{name!r}] must be a Primitive or a function of Values, got {function!r:.60}")
    return {normalize(name): function for name, function in own.items()}


def call(name: str, arguments: list[Any], own: Mapping[str, Callable[..., Any]]) -> Any:
    """Call the function of that name with numbers, Values and lists of them; ValueError if they do not fit."""
    parameters: Sequence[str]
    short = name
    if name in own:
        function, parameters = own[name], list_parameters(own[name])
    elif name in FUNCTIONS:
        function, parameters = FUNCTIONS[name]
    elif name in PRIMITIVES:
        row, function = words(name), PRIMITIVES[name]
        short = row.name
        parameters = row.usage or (["a", "b"] if name in INFIX else list_parameters(function))
        function = OF_LISTS.get(name, function)
    else:
        raise ValueError(unknown(name, own))
    if not fits(parameters, arguments, name in own and not isinstance(function, Primitive)):
        usage = ", ".join(parameter for parameter in parameters if "*" not in parameter)
        many = f"; for more operands, write {short}(a, b, c)" if short != name and len(arguments) > 2 else ""
        got = f", got {len(arguments)}" if name in own and list not in map(type, arguments) else many
        raise ValueError(f"call it as {name}({usage}){got}")
    result = function(*arguments)
    if type(result) is not Value and number(result) is None:
        raise ValueError(f"{name} must return one Value or number, got {type(result).__name__}: {result!r:.40}")
    return result if type(result) is Value else number(result)


def unknown(name: str, own: Mapping[str, Any]) -> str:
    """What to write instead of an unknown function."""
    if name == "softmax":
        return "softmax gives several numbers; for one of them, write exp(a - logsumexp([a, b]))"
    short = name.lower().replace("_", "")
    none = f"there is no function {abbreviate(name)}"
    for formula, others in ELSEWHERE.items():
        if short in others.split():
            return f"{none}: write {formula}"
    known = sorted(known_functions(own))
    names = {other.replace("_", "").lower(): other for other in known}
    near = [names[short]] if short in names else []
    likely = {word: other for word, other in names.items() if len(short) > 4 or other in own}
    if short.isalpha():  # with digits, or another first letter, it is another function
        alike = [word for word in likely if word[0] == short[0] and word.isalpha() and cuts(word) & cuts(short)]
        near += [likely[word] for word in alike]
    yours = f'for a function of your own, in Python: parse(text, functions={{"{abbreviate(name)}": ...}})'
    if near and short not in MISSING:
        return f"{none}: did you mean {near[0]}?"
    return none + MISSING.get(short, f"; the functions are {', '.join(known)}") + "\n" + yours


def cuts(name: str) -> set[str]:
    """The name, and the name without each of its letters: names one letter apart have one in common."""
    return {name, *[name[:i] + name[i + 1 :] for i in range(len(name))]}


def list_parameters(function: Callable[..., Any]) -> list[str]:
    """The parameters of a function (of a primitive, as its rule names them); ["*operands"] if unknown."""
    rule = function.local_gradients if isinstance(function, Primitive) else function
    try:
        parameters = inspect.signature(rule).parameters.values()
    except ValueError:  # a function written in C
        return ["*operands"]
    texts = [str(p.replace(annotation=p.empty)) for p in parameters if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
    return texts[1:] if rule is not function and not texts[0].startswith("*") else texts


def fits(parameters: Sequence[str], arguments: list[Any], any_lists: bool = False) -> bool:
    """Whether the number of arguments fits the parameters, with lists where lists belong."""
    fewest = len([parameter for parameter in parameters if "=" not in parameter and "*" not in parameter])
    most = INF if any("*" in parameter for parameter in parameters) else len(parameters)
    lists = [parameter.startswith("[") for parameter in parameters] + [False] * len(arguments)
    suited = any_lists or all((type(x) is list) == y for x, y in zip(arguments, lists))
    return suited and fewest <= len(arguments) <= most
