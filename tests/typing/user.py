"""What a student writes: it runs, and mypy --strict and pyright's strict mode have nothing to say about it."""

from collections.abc import Callable, Sequence

import numpy as np

import autodiff
import nn
import visualize
from autodiff import (
    Primitive,
    Value,
    check_gradients,
    derivative,
    dot,
    exp,
    grad,
    gradients,
    hessian,
    jacobian,
    jvp,
    log,
    maximum,
    mean,
    nonfinite_origin,
    parse,
    relu,
    sigmoid,
    softmax,
    take,
    tanh,
    value_and_grad,
    variables,
    where,
)
from nn.losses import l2
from nn.training import History, loss_below


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


class Line(nn.Module):
    """A module of one's own."""

    def __init__(self) -> None:
        self.slope, self.offset = Value(2.0), Value(1.0)

    def __call__(self, x: Sequence[float]) -> Value:
        return self.slope * x[0] + self.offset


class SignDescent(nn.optim.Optimizer):
    """An optimizer of one's own."""

    def update(self, parameter: Value, gradient: Value, learning_rate: Value, step: Value) -> tuple[Value]:
        return (parameter - learning_rate * where(gradient > 0.0, 1.0, -1.0),)


def absolute(outputs: Value, target: float) -> Value:
    return abs(outputs - target)


def shrinks(model: nn.Module, history: History) -> str | None:
    return "weights are small" if all(abs(p.data) < 0.01 for p in model.parameters()) else None


# The engine
cube = Primitive("cube", lambda x: x * x * x, lambda out, x: (3.0 * x * x,))
product = Primitive("product", lambda a, b: a * b, lambda out, a, b: (b, a), expansion=lambda a, b: a * b)
activation: Callable[[Value], Value] = cube
x, y = variables(x=-2, y=np.float64(5.0))
x.data = 3
f: Value = logistic(x * y) + cube(x) + log(exp(y)) + product(x, 2)
f.label = "f"
f.backward()
numbers: list[float] = [x.grad, y.grad, f.data, logistic_number(0.5), slope(2.0), cube(2.0), shares([1.0, 2.0])[0]]
first: Value = gradients(f, [x, y])[0]
steps = f.steps(digits=2, tangents={x: 1.0, y: 2.0})
sentences: list[str] = [step.sentence for step in steps] + [steps[0].formula, *steps.sentences, steps.latex()]
some: Sequence[float] = [step.downstream for step in steps[1:3]] + [steps[-1].local, *steps.gradients.values()]
rows: list[str] = [f"{row.number}: {row.phase} {row.sentence}" for row in steps.rows]
value, tangent = jvp(squared, (2.0,), (1.0,))
pair: tuple[float, float] = partial(2.0, 3.0)
values: list[Value] = [neuron([x, y], [1.0, 2.0], x), hinge(x), bent(x), mixed(y), *probabilities([x, y]), first]
squared_three: tuple[float, float] = value_and_grad(squared)(3.0)
product_of_two: tuple[float, tuple[float, float]] = value_and_grad(lambda a, b: a * b)(2.0, 3.0)
of_list: tuple[float, list[float]] = value_and_grad(lambda w: w[0] * w[1])([2.0, 3.0])
matrix = hessian(lambda a, b: a * b)(2.0, 3.0), jacobian(lambda v: [v[0], v[1]])([1.0, 2.0])
fine: bool = (
    bool(check_gradients(squared, 3.0))
    and bool(check_gradients(lambda a, b: a * b, 2.0, 3.0))
    and bool(x == x)
    and slopes([1.0, 2.0])[0] == 2.0
)
array = relu(np.array([1.0, -1.0])) + x * np.array([1.0, 2.0])
ordered: list[Value] = sorted(values, key=lambda v: v.data)
biggest: Value = max(x, y)
same: Value = (x == 3.0) * y + autodiff.atan2(y, x)
total: Value = sum([x, y, x * y], Value(0.0))  # without a start sum() of an empty list is an int
chosen: Value = take([x, y], 1)
parsed: Value = parse("q = x + y; cube(q)", functions={"cube": cube, "half": lambda z: 0.5 * z}, x=-2, y=y)
trouble = nonfinite_origin(parsed)
fast = autodiff.compile(lambda a, b: sigmoid(a * b), runner="source")
answer: float = fast(1.0, 2.0)
w = Value(1.0)
with autodiff.compile(lambda a, b: (w * a - b) ** 2).trainer([w], nn.SGD([w], 0.1)) as trainer:
    costs: list[float] = trainer.run([(1.0, 2.0)])

# Nets
model = nn.MLP(2, [4, 1], activation="tanh", initializer="xavier", seed=0)
X, Y = nn.truth_table("xor")
optimizer = nn.AdamW(model, 0.05, schedule=nn.cosine(1000))
history = nn.fit(
    model, X, Y, loss="mse", optimizer=optimizer, epochs=2, runner="eager", record=["accuracy"], penalty=l2(0.01),
    callbacks=[loss_below(0.1), shrinks, lambda model, history: None], progress=False,
)  # fmt: skip
losses: list[float] = history.loss
model.layers[0].neurons[0].w[0].data = 0.5
weights: list[float] = [w.data for layer in model.layers for neuron in layer.neurons for w in [*neuron.w, neuron.b]]
output: Value = model(X[0])
outputs: list[Value] = nn.MLP(2, [3], output="softmax")(np.array([1.0, 0.0]))
hidden: list[Value] = nn.Layer(2, 3, "relu")([1.0, x])
unit: Value = nn.Neuron(2, "sigmoid")([x, y])
loss: Value = loss_of(model, X, [0.0, 1.0, 1.0, 0.0]) + nn.squared_error(model(X[1]), 1.0)
for parameter in model.parameters():
    parameter.data -= 0.1 * parameter.grad
line = Line()
history = nn.fit(line, [[0.0], [1.0]], [1.0, 3.0], absolute, SignDescent(line, 0.1), epochs=2, progress=False)
history = nn.fit(nn.Sequential(nn.Layer(2, 4, "relu"), nn.Dropout(0.1), nn.Layer(4, 1)), X, Y, "mse", "adam", 2, 2,
                 progress=False)  # fmt: skip
mean_loss, right = nn.evaluate(model, np.array(X), np.array(Y))
classes = [nn.predict(model, example) for example in X]
runs = nn.fit_many(
    lambda seed: nn.Sequential(nn.Layer(2, 2, "tanh", seed=seed), nn.Layer(2, 1, seed=seed)),
    X,
    Y,
    seeds=range(2),
    learning_rates=[0.1],
    epochs=2,
    progress=False,
)
rates: list[float] = runs.rates_of_success
kinds: list[str] = [finding.kind for finding in nn.diagnose(model, X, Y, history=None)]
cures: list[str] = [finding.cure for finding in nn.diagnose(model, X, Y, optimizer="adam", test=(X, Y))]
(X_train, Y_train), (X_test, Y_test) = nn.split(*nn.moons(20))
scaled: list[list[float]] = nn.standardize(X_test, like=X_train)
cell = nn.RecurrentCell(1, 2, seed=0)
memory: list[Value] = cell([[1.0], [0.0], [1.0]])
gpt = nn.GPT(5, width=4, heads=2, context=4, seed=0)
with autodiff.compile(gpt.loss).trainer(gpt, nn.Adam(gpt)) as trainer:
    costs = trainer.run([([0, 1, 2],), ([2, 1],)])
tokens: list[int] = gpt.sample([0], end=4, seed=0)

# Pictures
picture = visualize.draw([f, loss], direction="down", theme="dark", layout="built-in", gradients="blank", width=None)
text: str = picture.svg() + visualize.draw(model(X[0]), fold=model, theme={"ink": "#000000"}).svg()
page: str = str(visualize.page(parsed, title="A cube"))
