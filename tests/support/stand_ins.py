"""Stand-ins for what other libraries give: as much of it as is asked for here."""

import math
from types import SimpleNamespace


class Tensor:
    """As in PyTorch and JAX: members one by one, ``tolist``, and ``item`` where the shape is ()."""

    def __init__(self, numbers):
        self.numbers, self.dtype = numbers, "float32"
        self.shape = ()
        while isinstance(numbers, list):
            self.shape, numbers = (*self.shape, len(numbers)), numbers[0]

    def item(self):
        return self.numbers

    def tolist(self):
        return self.numbers

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return len(self.numbers)

    def __iter__(self):
        if not self.shape:
            raise TypeError("iteration over a 0-d tensor")
        return map(Tensor, self.numbers)

    def __float__(self):
        return float(self.numbers)

    def __mul__(self, other):
        return NotImplemented

    __rmul__ = __add__ = __radd__ = __mul__


class Series:
    """As in pandas and polars: a column, with ``to_numpy``."""

    def __init__(self, numbers):
        self.numbers = numbers
        self.shape = (len(numbers),)

    def to_numpy(self):
        import numpy

        return numpy.array(self.numbers)

    def __len__(self):
        return len(self.numbers)

    def __iter__(self):
        return iter(self.numbers)


class Frame:
    """As in pandas (``by_name``: iteration gives the names of the columns) and polars (the columns)."""

    def __init__(self, columns, by_name):
        self.columns, self.by_name = columns, by_name
        self.shape = (len(next(iter(columns.values()))), len(columns))

    def to_numpy(self):
        import numpy

        return numpy.array(list(self.columns.values())).T

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return iter(self.columns) if self.by_name else map(Series, self.columns.values())


# --- torch.nn ----------------------------------------------------------------------------------------


def zeros(*shape):
    return [zeros(*shape[1:]) for _ in range(shape[0])] if shape else 0.0


class TorchModule:
    """As torch.nn.Module: settings as attributes, ``state_dict``, a strict ``load_state_dict``, modes, and a call.

    A call takes one example as a list of floats and computes what PyTorch's documentation says for evaluation mode.
    """

    shapes, bias = {}, None

    def __init__(self, **settings):
        vars(self).update(settings)
        self.training = True
        self.numbers = {name: zeros(*shape) for name, shape in self.shapes.items()}

    def state_dict(self):
        return {name: Tensor(numbers) for name, numbers in self.numbers.items()}

    def load_state_dict(self, state):
        assert {name: x.shape for name, x in state.items()} == {name: x.shape for name, x in self.state_dict().items()}
        assert all(x.dtype == "float64" for x in state.values())
        self.numbers = {name: x.tolist() for name, x in state.items()}

    def double(self):
        return self

    def train(self, mode):
        self.training = mode
        return self

    def __repr__(self):
        return f"{type(self).__name__}()"


class Linear(TorchModule):
    def __init__(self, in_features, out_features, bias=True):
        self.shapes = {"weight": (out_features, in_features)} | ({"bias": (out_features,)} if bias else {})
        super().__init__(in_features=in_features, out_features=out_features, bias=bias or None)

    def __call__(self, x):
        rows, bias = self.numbers["weight"], self.numbers.get("bias") or [0.0] * self.out_features
        return [sum([w * x_j for w, x_j in zip(row, x, strict=True)], b) for row, b in zip(rows, bias, strict=True)]


class Conv1d(TorchModule):
    def __init__(self, in_channels, out_channels, kernel_size, bias=True):
        size = (kernel_size,)
        self.shapes = {"weight": (out_channels, in_channels, kernel_size)} | ({"bias": (out_channels,)} if bias else {})
        fixed = {"stride": (1,), "padding": (0,), "dilation": (1,), "kernel_size": size, "bias": bias or None}
        super().__init__(in_channels=in_channels, out_channels=out_channels, **fixed)

    def __call__(self, channels):
        [[row]], [x], [b] = self.numbers["weight"], channels, self.numbers.get("bias", [0.0])
        return [[sum([w * x[i + j] for j, w in enumerate(row)], b) for i in range(len(x) - len(row) + 1)]]


class BatchNorm1d(TorchModule):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        self.shapes = dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (num_features,))
        settings = {"affine": True, "track_running_stats": True}
        super().__init__(num_features=num_features, eps=eps, momentum=momentum, **settings)

    def state_dict(self):
        return super().state_dict() | {"num_batches_tracked": Tensor(0)}

    def load_state_dict(self, state):  # plain dicts may lack the number of batches
        super().load_state_dict(state | {"num_batches_tracked": tensor(0, "float64")})

    def __call__(self, x):
        rows = zip(x, *[self.numbers[name] for name in self.shapes], strict=True)
        return [(x_j - m) / (v + self.eps) ** 0.5 * w + b for x_j, w, b, m, v in rows]


class LayerNorm(TorchModule):
    names = "weight", "bias"

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True):
        self.shapes = dict.fromkeys(self.names, (normalized_shape,)) if elementwise_affine else {}
        super().__init__(
            normalized_shape=(normalized_shape,), eps=eps, elementwise_affine=elementwise_affine, bias=True
        )

    def center(self, x):
        return sum(x) / len(x)

    def __call__(self, x):
        x = [x_j - self.center(x) for x_j in x]
        root = (sum([x_j * x_j for x_j in x]) / len(x) + self.eps) ** 0.5
        weight = self.numbers.get("weight") or [1.0] * len(x)
        return [x_j / root * w + b for x_j, w, b in zip(x, weight, self.numbers.get("bias") or zeros(len(x)))]


class RMSNorm(LayerNorm):
    names = ("weight",)

    def center(self, x):
        return 0.0


class PReLU(TorchModule):
    shapes = {"weight": (1,)}

    def __call__(self, x):
        return [max(0.0, x_j) + self.numbers["weight"][0] * min(0.0, x_j) for x_j in x]


class TorchSequential(TorchModule):
    def __init__(self, *parts):
        super().__init__()
        self.parts = parts

    def __iter__(self):
        return iter(self.parts)

    def __call__(self, x):
        for part in self.parts:
            x = part(x)
        return x


TorchSequential.__name__ = "Sequential"


def torch_class(name, function):
    """A class of modules without numbers, which apply a function of the module and the list."""
    return type(name, (TorchModule,), {"__call__": function})


def shares(x):
    powers = [math.exp(x_j - max(x)) for x_j in x]
    return [power / sum(powers) for power in powers]


POINTWISE = {
    "Tanh": lambda self, x: math.tanh(x),
    "Sigmoid": lambda self, x: 1.0 / (1.0 + math.exp(-x)),
    "ReLU": lambda self, x: max(0.0, x),
    "SiLU": lambda self, x: x / (1.0 + math.exp(-x)),
    "LeakyReLU": lambda self, x: max(0.0, x) + self.negative_slope * min(0.0, x),
    "ELU": lambda self, x: x if x > 0.0 else self.alpha * math.expm1(x),
    "GELU": lambda self, x: x * 0.5 * math.erfc(-x / math.sqrt(2.0)),
    "Softplus": lambda self, x: x if x > self.threshold else math.log1p(math.exp(x)),
}


def each(function):
    return lambda self, x: [function(self, x_j) for x_j in x]


WHOLE = {
    "Dropout": lambda self, x: x,
    "Softmax": lambda self, x: shares(x),
    "Unflatten": lambda self, x: [x],
    "Flatten": lambda self, x: x[0],
}
KINDS = {kind.__name__: kind for kind in (Linear, Conv1d, BatchNorm1d, LayerNorm, RMSNorm, PReLU, TorchSequential)}
KINDS |= {name: torch_class(name, each(function)) for name, function in POINTWISE.items()}
KINDS |= {name: torch_class(name, function) for name, function in WHOLE.items()}


def tensor(numbers, dtype):
    made = Tensor(numbers)
    made.dtype = dtype
    return made


TORCH = SimpleNamespace(float64="float64", tensor=tensor, nn=SimpleNamespace(**KINDS))
