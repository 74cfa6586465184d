"""Gates as students write them, none of them in the table: of operators, of math, of NumPy, with an if, a loop."""

import math

import numpy as np

from autodiff import Primitive


def newton(x):
    """The root of x by Newton's method."""
    root = x
    for _ in range(20):
        root = (root + x / root) / 2
    return root


hypot = Primitive("hypot", lambda x, y: (x * x + y * y) ** 0.5, lambda out, x, y: (x / out, y / out))
atan = Primitive("atan", math.atan, lambda out, x: (1 / (1 + x * x),))
sinus = Primitive("sinus", math.sin, lambda out, x: (math.cos(x),))
leaky = Primitive("leaky", lambda x: x if x > 0 else 0.1 * x, lambda out, x: (1.0 if x > 0 else 0.1,))
npcos = Primitive("npcos", lambda x: np.cos(x), lambda out, x: (-np.sin(x),))
nparctan = Primitive("nparctan", lambda x: np.arctan(x), lambda out, x: (1 / (1 + np.square(x)),))
root = Primitive("root", newton, lambda out, x: (0.5 / out,))

OWN = {  # (gate, where, its gradient there, the diagonal of its Hessian there; None: its rule calls math)
    "hypot": (hypot, (3.0, 4.0), (0.6, 0.8), (0.128, 0.072)),
    "atan": (atan, (2.0,), (0.2,), (-0.16,)),
    "sinus": (sinus, (0.0,), (1.0,), None),
    "leaky": (leaky, (-2.0,), (0.1,), (0.0,)),
    "npcos": (npcos, (0.5 * math.pi,), (-1.0,), (0.0,)),
    "nparctan": (nparctan, (2.0,), (0.2,), (-0.16,)),
    "root": (root, (4.0,), (0.25,), (-0.03125,)),
}
