"""Records what PyTorch and JAX answer at kinks and edges as conventions.json: values and gradients to every operand.

The gradients are recorded twice, for an upstream gradient of 1 and for an infinite one.

Run once with each, which the tests do not need (PyTorch 2.13.0 and JAX 0.10.2, float64, CPU):
python make_conventions.py torch; python make_conventions.py jax
"""

import json
import sys
from itertools import product
from pathlib import Path

INF, NAN = float("inf"), float("nan")
EDGES = [0.0, -0.0, 1.0, -1.0, 1000.0, -1000.0, INF, -INF, NAN]
ONE = ["relu", "abs", "sign", "exp", "expm1", "log", "log1p", "sqrt", "reciprocal"]
ONE += ["sin", "cos", "tan", "tanh", "sigmoid", "softplus", "log_sigmoid"]
ONE += ["log2", "log10", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh"]
ONE += ["erf", "normal_cdf", "gelu", "silu", "floor"]
TWO = ["atan2", "hypot", "fmod", "mod", "floor_div"]
TWO += ["maximum", "minimum", "div", "power", "mul", "logsumexp"]
FEW = [0.0, -0.0, 2.0, -2.0, 0.5, INF, -INF, NAN]
BOUNDS = [(-1.0, -1.0, 1.0), (1.0, -1.0, 1.0), (0.5, -1.0, 1.0), (-2.0, -1.0, 1.0), (2.0, -1.0, 1.0), (NAN, -1.0, 1.0)]
BOUNDS += [(2.0, 3.0, 1.0), (0.0, 0.0, 0.0)]
CASES = [
    *[(name, (x,)) for name in ONE for x in EDGES],
    *[(name, pair) for name in TWO for pair in product(FEW, repeat=2)],
    *[("leaky_relu", (x, slope)) for x in EDGES for slope in (0.01, 1.0)],
    *[("elu", (x, alpha)) for x in EDGES for alpha in (1.0, 2.0)],
    *[("clip", point) for point in BOUNDS],
    *[("where", point) for point in [(1.0, 2.0, 3.0), (0.0, 2.0, 3.0), (-1.0, INF, 3.0), (0.0, INF, NAN)]],
]


def of_torch():
    """The answers of PyTorch; None for a gradient that it does not offer."""
    import torch
    from torch.nn import functional

    spelled = {
        "softplus": functional.softplus,
        "log_sigmoid": functional.logsigmoid,
        "div": torch.true_divide,
        "power": torch.pow,
        "normal_cdf": torch.special.ndtr,
        "gelu": functional.gelu,
        "silu": functional.silu,
        "mod": torch.remainder,
        "floor_div": torch.floor_divide,
        "logsumexp": lambda *terms: torch.logsumexp(torch.stack(terms), 0),
        "leaky_relu": lambda x, slope: functional.leaky_relu(x, slope.item()),
        "elu": lambda x, alpha: functional.elu(x, alpha.item()),
        "clip": torch.clamp,
        "where": lambda condition, a, b: torch.where(condition != 0.0, a, b),
    }

    def answer(name, point):
        found = []
        for upstream in (1.0, INF):
            operands = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
            out = spelled.get(name, getattr(torch, name, None))(*operands)
            if out.requires_grad:  # floor_divide has no gradient
                out.backward(torch.tensor(upstream, dtype=torch.float64))
            found.append([None if x.grad is None else x.grad.item() for x in operands])
        return out.item(), *found

    return torch.__version__, answer


def of_jax():
    """The answers of JAX."""
    import jax

    jax.config.update("jax_enable_x64", True)
    numpy = jax.numpy
    spelled = {
        "relu": jax.nn.relu,
        "sigmoid": jax.nn.sigmoid,
        "softplus": jax.nn.softplus,
        "log_sigmoid": jax.nn.log_sigmoid,
        "div": numpy.true_divide,
        "mul": numpy.multiply,
        "erf": jax.scipy.special.erf,
        "normal_cdf": jax.scipy.special.ndtr,
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
        "silu": jax.nn.silu,
        "floor_div": numpy.floor_divide,
        "logsumexp": lambda *terms: jax.nn.logsumexp(numpy.stack(terms)),
        "leaky_relu": jax.nn.leaky_relu,
        "elu": jax.nn.elu,
        "clip": numpy.clip,
        "where": lambda condition, a, b: numpy.where(condition != 0.0, a, b),
    }

    def answer(name, point):
        f = spelled.get(name, getattr(numpy, name, None))
        value, pull = jax.vjp(f, *map(numpy.float64, point))
        return float(value), *[[float(slope) for slope in pull(numpy.float64(upstream))] for upstream in (1.0, INF)]

    return jax.__version__, answer


if __name__ == "__main__":
    framework = sys.argv[1]
    version, answer = {"torch": of_torch, "jax": of_jax}[framework]()
    path = Path(__file__).with_name("conventions.json")
    tables = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    rows = [json.dumps([name, point, *answer(name, point)]) for name, point in CASES]
    tables[framework] = {"version": version, "rows": [json.loads(row) for row in rows]}
    lines = []
    for name, table in sorted(tables.items()):
        body = ",\n".join(json.dumps(row) for row in table["rows"])
        lines.append(f'{json.dumps(name)}: {{"version": {json.dumps(table["version"])}, "rows": [\n{body}\n]}}')
    path.write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")
