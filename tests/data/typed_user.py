"""What a student writes, fully annotated: it runs, and mypy --strict has nothing to say about it."""

from collections.abc import Callable

import numpy as np

import autodiff
import nn
from autodiff import (
    Primitive,
    Value,
    check_gradients,
    derivative,
    dot,
    exp,
    grad,
    gradients,
    jvp,
    log,
    maximum,
    mean,
    relu,
    sigmoid,
    softmax,
    tanh,
    value_and_grad,
    variables,
    where,
)


def logistic(x: Value) -> Value:
    return sigmoid(x)


def logistic_number(x: float) -> float:
    return sigmoid(x)


def neuron(w: list[Value], x: list[float], b: Value) -> Value:
    return tanh(dot(w, x, b))


def weighted(w: list[float], x: list[float]) -> float:
    return dot(w, x)


def hinge(margin: Value) -> Value:
    return maximum(0.0, 1 - margin) + relu(-margin) * 0.5


def bent(x: Value) -> Value:
    return where(x > 0, x, 0.1 * x) if x < 3 else 2**x / (1.0 - x) ** 2


def mixed(x: Value) -> Value:
    total: Value = autodiff.sum([x, 1.0, x * x])
    return total + mean([x, 2 * x]) - autodiff.abs(x) + x.tanh().exp() + x.leaky_relu(0.1) + autodiff.norm([x, 3.0])


def probabilities(scores: list[Value]) -> list[Value]:
    return softmax(scores)


def shares(scores: list[float]) -> list[float]:
    return softmax(scores)


def squared(x: float) -> float:
    return x * x


def slope(x: float) -> float:
    return grad(squared)(x) + derivative(squared, 2)(x) + grad(grad(squared))(x)


def slopes(x: list[float]) -> list[float]:
    return grad(lambda v: v[0] * v[1])(x)


def slope_of_value(x: Value) -> Value:
    return grad(lambda v: v * v)(x)


def partial(x: float, y: float) -> tuple[float, float]:
    return grad(lambda a, b: a * b)(x, y)


def loss_of(net: nn.MLP, X: list[list[float]], Y: list[float]) -> Value:
    outputs: list[Value] = [net(x) for x in X]
    return mean([(output - y) ** 2 for output, y in zip(outputs, Y)])


cube = Primitive("cube", lambda x: x * x * x, lambda out, x: (3.0 * x * x,))
activation: Callable[[Value], Value] = cube
x, y = variables(x=-2, y=np.float64(5.0))
x.data = 3
f: Value = logistic(x * y) + cube(x) + log(exp(y))
f.label = "f"
f.backward()
numbers: list[float] = [x.grad, y.grad, f.data, logistic_number(0.5), slope(2.0), cube(2.0), shares([1.0, 2.0])[0]]
first: Value = gradients(f, [x, y])[0]
steps = f.steps(digits=2, tangents=x)
sentences: list[str] = [step.sentence for step in steps] + [steps[0].formula, *steps.sentences]
value, tangent = jvp(squared, (2.0,), (1.0,))
pair: tuple[float, float] = partial(2.0, 3.0)
values: list[Value] = [neuron([x, y], [1.0, 2.0], x), hinge(x), bent(x), mixed(y), *probabilities([x, y]), first]
value, gradient = value_and_grad(squared)(2.0)
fine: bool = bool(check_gradients(squared, 3.0)) and bool(x == x) and slopes([1.0, 2.0])[0] == 2.0
array = relu(np.array([1.0, -1.0])) + x * np.array([1.0, 2.0])
ordered: list[Value] = sorted(values, key=lambda v: v.data)
biggest: Value = max(x, y)
model = nn.MLP(2, [4, 1], activation="tanh", seed=0)
X, Y = nn.truth_table("xor")
history = nn.fit(model, X, Y, loss="mse", optimizer=nn.SGD(model.parameters(), 0.5), epochs=2, progress=False)
losses: list[float] = history.loss
loss: Value = loss_of(model, X, [0.0, 1.0, 1.0, 0.0])
fast = autodiff.compile(lambda a, b: sigmoid(a * b))
