"""Examples with vectors: Jacobians, layers, mini-batches and their shapes, and the lectures' numpy listings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autodiff import Value, dot, jacobian, tanh
from autodiff._files import need
from autodiff.formula import show
from autodiff.lectures import EXAMPLES

from ..initializers import uniform
from ..layers import Layer
from ..models import MLP
from .depth import show_all

Matrix = Sequence[Sequence[float]]
Vector = Sequence[float]


def transpose_times(matrix: Matrix, vector: Vector) -> list[float]:
    """matrix^T vector: with a Jacobian and the upstream gradient, the gradient sent on.

    >>> transpose_times([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [1.0, 0.0, 10.0])
    [51.0, 62.0]
    """
    return [sum(row[j] * v for row, v in zip(matrix, vector, strict=True)) for j in range(len(matrix[0]))]


def show_matrix(matrix: Matrix) -> str:
    """ "((1, 2), (3, 4))", row by row."""
    return f"({', '.join([show_all(row) for row in matrix])})"


def shape(matrix: Matrix) -> str:
    """ "3 x 2": rows and columns."""
    return f"{len(matrix)} x {len(matrix[0])}"


def transposed_jacobian() -> Iterator[str]:
    """grad_x L = [Jacobian of h]^T grad_h L, for the layer h = tanh(W x + b), with shapes."""
    W, b, x, upstream = [[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]], [0.05, -0.05, 0.1], [1.0, -2.0], [0.5, -1.0, 0.25]

    def h(x: Any, theta: Any) -> list[Any]:
        """theta: each row of W with its bias."""
        return [tanh(dot(theta[i : i + 2], x) + theta[i + 2]) for i in (0, 3, 6)]

    theta = [number for row, bias in zip(W, b) for number in (*row, bias)]
    by_x, by_theta = jacobian(h)(x, theta)
    inputs, parameters = [Value(number) for number in x], [Value(number) for number in theta]
    loss: Any = sum([g * hi for g, hi in zip(upstream, h(inputs, parameters))])
    loss.backward()
    yield f"x has D = 2 numbers {show_all(x)}, h = tanh(W x + b) has N = 3, theta = (W, b) has M = 9"
    yield f"grad_h L, given by the layer above: N = 3 numbers {show_all(upstream)}"
    yield f"dh/dx, the Jacobian, N x D = {shape(by_x)}: {show_matrix(by_x)}"
    yield f"grad_x L = [dh/dx]^T grad_h L, D = 2 numbers: {show_all(transpose_times(by_x, upstream))}"
    yield f"  the engine's backward pass:                 {show_all([v.grad for v in inputs])}"
    yield f"dh/dtheta, N x M = {shape(by_theta)}, is 0 where a parameter belongs to another neuron; its first row:"
    yield f"  {show_all(by_theta[0])}"
    yield "grad_theta L = [dh/dtheta]^T grad_h L, M = 9 numbers, row by row of (W, b):"
    for name, found in (("by the Jacobian", transpose_times(by_theta, upstream)),
                        ("by the engine", [v.grad for v in parameters])):  # fmt: skip
        yield f"  {name:<16} {', '.join([show_all(found[i : i + 3]) for i in (0, 3, 6)])}"


def several_regressions() -> Iterator[str]:
    """A vector into several logistic regressions at once gives a vector, which feeds into another one."""
    rows = [[0.05, 0.1, 0.2], [-0.05, -0.3, 0.4], [0.1, 0.5, -0.6]]
    x, net = [1.0, -2.0], MLP.from_matrices([rows, [0.1, 0.5, -0.6, 0.7]], "sigmoid", "sigmoid")
    for i, (b, *w) in enumerate(rows, 1):
        alone: Any = MLP.from_matrices([[b, *w]], output="sigmoid")(x)
        yield f"logistic regression {i}: sigmoid({show_all(w)} . x + {b:g}) = {show(alone.data)}"
    (_, hidden), (_, out) = net.activations(x)
    yield f"the layer of three, for x = {show_all(x)}: h = {show_all(hidden)}"
    yield f"another logistic regression, of h: y = {show(out[0].data)}"


def rows_and_columns() -> Iterator[str]:
    """One example is a column, or a row; a mini-batch is a matrix, and its gradients add up."""
    W, b = [[0.5, -0.25], [0.1, 0.3]], [0.1, -0.2]
    batch, upstream = [[1.0, -2.0], [0.0, 4.0], [-1.0, 3.0]], [[1.0, 0.0], [-2.0, 1.0], [0.5, -1.0]]
    layer = Layer(2, 2)
    for neuron, row, bias in zip(layer.neurons, W, b):
        neuron.b.data = bias
        for weight, number in zip(neuron.w, row):
            weight.data = number
    outputs = [layer(x) for x in batch]
    yield "column convention, one example: h = W x + b"
    for x, h in zip(batch, outputs):
        yield f"  x = {show_all(x):<8} h = {show_all(h)}"
    H = [[sum(xj * wj for xj, wj in zip(x, row)) + bias for row, bias in zip(W, b)] for x in batch]
    yield f"row convention, all examples, X {shape(batch)}: H = X W^T + b, {shape(H)}: {show_matrix(H)}"
    loss: Any = sum([g * h for gs, hs in zip(upstream, outputs) for g, h in zip(gs, hs)])
    loss.backward()
    gradient = [[sum(g[i] * x[j] for g, x in zip(upstream, batch)) for j in range(2)] for i in range(2)]
    yield f"gradients G that arrive at H: {show_matrix(upstream)}"
    yield f"grad_W = G^T X, the sum of the examples' g x^T: {show_matrix(gradient)}"
    by_engine = [[w.grad for w in neuron.w] for neuron in layer.neurons]
    yield f"  the engine's:                                 {show_matrix(by_engine)}"
    biases = [neuron.b.grad for neuron in layer.neurons]
    sums = [sum(column) for column in zip(*upstream)]
    yield f"grad_b, the sum of the rows of G: {show_all(sums)}, the engine's: {show_all(biases)}"


def notation() -> Iterator[str]:
    """z, a, W and b of each layer l: z^l = W^l a^(l-1) + b^l, a^l = sigma(z^l)."""
    net = MLP.from_matrices([[[0.05, 0.1, 0.2], [-0.05, -0.3, 0.4]], [0.1, 0.5, -0.6]], "sigmoid", "sigmoid")
    x = [1.0, 0.0]
    yield f"a^0 = x = {show_all(x)}"
    for number, (layer, (z, a)) in enumerate(zip(net.layers, net.activations(x)), 1):
        W = [[w.data for w in neuron.w] for neuron in layer.neurons]
        yield f"W^{number} = {show_matrix(W)}, {shape(W)}: w_ij leads from neuron j to neuron i"
        yield f"b^{number} = {show_all([neuron.b for neuron in layer.neurons])}"
        yield f"z^{number} = W^{number} a^{number - 1} + b^{number} = {show_all(z)}"
        yield f"a^{number} = sigma(z^{number}) = {show_all(a)}"


def two_and_three_layers() -> Iterator[str]:
    """f = W2 max(0, W1 x), f = W3 max(0, W2 max(0, W1 x)), and a 3-4-4-1 net of sigmoids, each built in one line."""
    x = [1.0, -2.0, 0.5]
    nets = {
        "MLP(3, [4, 2], 'relu', bias=False, seed=0)": MLP(3, [4, 2], "relu", bias=False, seed=0),
        "MLP(3, [4, 4, 2], 'relu', bias=False, seed=0)": MLP(3, [4, 4, 2], "relu", bias=False, seed=0),
        "MLP(3, [4, 4, 1], 'sigmoid', seed=0)": MLP(3, [4, 4, 1], "sigmoid", seed=0),
    }
    for line, net in nets.items():
        out = net(x)
        yield f"{line:<46} {net}"
        yield f"  x = {show_all(x)} gives {show_all(out if isinstance(out, list) else [out])}"


def weight_matrix() -> Iterator[str]:
    """An image of 28 x 28 pixels into 128 neurons: the shape of W1."""
    layer = Layer(784, 128, bias=False, initializer="zeros")
    yield "28 x 28 pixels are 784 features, one row for a sample: [1 x 784] . [784 x 128] = [1 x 128]"
    yield f"W1 has 784 * 128 = {len(layer.parameters()):,} weights"
    rows = f"{len(layer.neurons)} rows of {len(layer.neurons[0].w)}"
    yield f"nn keeps W[i][j], to neuron i from input j: {rows}, for W1 x with a column x"


def data_shapes() -> Iterator[str]:
    """784 features, two layers of 128 neurons: the slide's shapes, and what they add up to."""
    net = MLP(784, [128, 128], "relu", initializer="zeros")
    for number, (inputs, layer) in enumerate(zip(net.sizes, net.layers), 1):
        outputs, count = len(layer.neurons), len(layer.parameters())
        shapes = f"[1 x {inputs}] . [{inputs} x {outputs}] = [1 x {outputs}]"
        yield f"layer {number}: {shapes}: {inputs * outputs:,} weights and {outputs} biases, {count:,} parameters"
    yield f"together {len(net.parameters()):,} parameters"


def backprop_with_vectors() -> Iterator[str]:
    """z = f(x, y) with vectors: local Jacobians, and each downstream gradient as Jacobian^T times upstream."""
    inputs = EXAMPLES["D19"].inputs
    x, y = [inputs[f"x{i}"] for i in (1, 2, 3)], [inputs[f"y{i}"] for i in (1, 2)]
    upstream = [inputs["g1"], inputs["g2"]]

    def f(x: Any, y: Any) -> list[Any]:
        return [x[0] * y[0] + x[1], x[2] * y[1]]

    yield "z = (x1 y1 + x2, x3 y2): x has D_x = 3 numbers, y has D_y = 2, z has D_z = 2; the loss L is a scalar"
    yield f"x = {show_all(x)}, y = {show_all(y)}, z = {show_all(f(x, y))}"
    yield f"upstream dL/dz, D_z = 2 numbers: {show_all(upstream)}"
    xs, ys = [Value(number) for number in x], [Value(number) for number in y]
    loss: Any = sum([g * z for g, z in zip(upstream, f(xs, ys))])
    loss.backward()
    for name, J, leaves in zip("xy", jacobian(f)(x, y), (xs, ys)):
        yield f"local dz/d{name}, D_z x D_{name} = {shape(J)}: {show_matrix(J)}"
        downstream = f"D_{name} = {len(leaves)} numbers: {show_all(transpose_times(J, upstream))}"
        yield f"  downstream dL/d{name} = [dz/d{name}]^T dL/dz, {downstream}"
        yield f"  the engine's: {show_all([v.grad for v in leaves])}"
    yield "Each gradient has the shape of what it belongs to. The Jacobian is [output][input]; most of it is 0,"
    yield "so nobody stores it: the backward pass multiplies by it edge by edge."


FORWARD = """\
f = lambda x: 1.0/(1.0 + np.exp(-x))
h1 = f(np.dot(W1, x) + b1)
h2 = f(np.dot(W2, h1) + b2)
out = np.dot(W3, h2) + b3"""
SIGMOID_LAYER = """\
z = 1/(1 + np.exp(-np.dot(W, x)))
dx = np.dot(W.T, z*(1-z))
dW = np.outer(z*(1-z), x)"""


def numpy_listings() -> Iterator[str]:
    """The forward pass of D and the sigmoid layer of E, run as printed on the slides, beside the engine."""
    need("numpy", "the lectures' listings")
    import numpy as np

    net = MLP(3, [4, 4, 1], "sigmoid", initializer=uniform(-1.0, 1.0), seed=0)
    x = [0.5, -1.0, 2.0]
    known: dict[str, Any] = {"np": np, "x": np.array(x).reshape(3, 1)}
    for i, layer in enumerate(net.layers, 1):
        known[f"W{i}"] = np.array([[w.data for w in neuron.w] for neuron in layer.neurons])
        known[f"b{i}"] = np.array([[neuron.b.data] for neuron in layer.neurons])
    yield from run_listing("lecture D, a 3-4-4-1 net:", FORWARD, known)
    result: Any = net(x)
    yield f"  out = {known['out'].item():.12f}, of shape {known['out'].shape}; the engine's {result.data:.12f}"
    W = [[0.1, 0.2, -0.1], [-0.3, 0.4, 0.2]]
    known = {"np": np, "x": np.array(x), "W": np.array(W)}
    yield from run_listing("lecture E, a sigmoid layer:", SIGMOID_LAYER, known)
    unit = MLP.from_matrices([W], output="sigmoid", bias=False)
    leaves = [Value(number) for number in x]
    total: Any = sum(unit(leaves))
    total.backward()
    yield f"  dx = {show_all(known['dx'].tolist())}; the engine's {show_all([v.grad for v in leaves])}"
    yield f"  dW = {show_matrix(known['dW'].tolist())}"
    yield f"  the engine's {show_matrix([[w.grad for w in n.w] for n in unit.layers[0].neurons])}"


def run_listing(title: str, listing: str, known: dict[str, Any]) -> list[str]:
    """Run a listing with these names, and return it as lines under a title."""
    exec(listing, known)  # our own constant: what is printed is what runs
    return [title, *[f"    {line}" for line in listing.splitlines()]]
