"""NumPy's functions as gates: what ``np.sin(x)`` does to Values and symbols. NumPy is not imported."""

from __future__ import annotations

from math import pi

from .primitives import PRIMITIVES, absolute, floor, floor_div, maximum, minimum, mod, power, sign, where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

ALIASES = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "negative": "neg", "float_power": "power",
    "remainder": "mod", "floor_divide": "floor_div", "absolute": "abs", "fabs": "abs", "logaddexp": "logsumexp",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "expit": "sigmoid", "log_expit": "log_sigmoid", "ndtr": "normal_cdf",
}  # fmt: skip
UFUNCS: dict[str, Callable[..., Any]] = {
    **PRIMITIVES,
    **{name: PRIMITIVES[alias] for name, alias in ALIASES.items()},
    "positive": lambda x: x,
    "conjugate": lambda x: x,
    "square": lambda x: x * x,
    "exp2": lambda x: power(2.0, x),
    "cbrt": lambda x: sign(x) * power(absolute(x), 1.0 / 3.0),
    "ceil": lambda x: -floor(-x),
    "fmax": lambda x, y: maximum(where(x == x, x, y), where(y == y, y, x)),  # nan counts as missing
    "fmin": lambda x, y: minimum(where(x == x, x, y), where(y == y, y, x)),
    "divmod": lambda x, y: (floor_div(x, y), mod(x, y)),
    **dict.fromkeys(["radians", "deg2rad"], lambda x: x * (pi / 180.0)),
    **dict.fromkeys(["degrees", "rad2deg"], lambda x: x * (180.0 / pi)),
}
# On an array of objects, NumPy calls these as methods of each member.
NUMPY_METHODS = """
    arcsin arccos arctan arctan2 arcsinh arccosh arctanh fabs exp2 cbrt degrees radians deg2rad rad2deg
""".split()  # noqa: SIM905


def apply_ufunc(ufunc: Any, method: str, inputs: Sequence[Any], keywords: Any) -> Any:
    """The result of the gate with the function's name; NotImplemented if no gate has it."""
    function = UFUNCS.get(ufunc.__name__)
    return NotImplemented if function is None or method != "__call__" or keywords else function(*inputs)
