"""Slips, one a line, each with what mypy and pyright call it; every other line is sound."""
# ruff: noqa: B018

import math

import autodiff
import nn
import visualize
from autodiff import (
    Primitive,
    Value,
    compile,
    dot,
    grad,
    gradients,
    maximum,
    mean,
    parse,
    sigmoid,
    softmax,
    take,
    value_and_grad,
    variables,
    where,
)

(x,) = variables(x=1)
net = nn.MLP(2, [4, 1])
layer = nn.Layer(2, 3)
X, Y = nn.truth_table("xor")
history = nn.fit(net, X, Y, epochs=1, progress=False)

# The engine
sigmoid("x")  # call-overload, reportCallIssue
Value([1.0])  # arg-type, reportArgumentType
Value(None)  # arg-type, reportArgumentType
x.gradient  # attr-defined, reportAttributeAccessIssue
x.grad.backward()  # attr-defined, reportAttributeAccessIssue
x.data = "a"  # assignment, reportAttributeAccessIssue
x.grad = "a"  # assignment, reportAttributeAccessIssue
x.label = 3  # assignment, reportAttributeAccessIssue
x.operand  # attr-defined, reportAttributeAccessIssue
autodiff.sigmod(x)  # attr-defined, reportAttributeAccessIssue
x + "a"  # call-overload, reportOperatorIssue
"a" * x  # operator, reportOperatorIssue
[x] / x  # operator, reportOperatorIssue
x**None  # call-overload, reportOperatorIssue
math.exp(x)  # arg-type, reportArgumentType
float(x)  # arg-type, reportArgumentType
int(x)  # call-overload, reportArgumentType
round(x, 2)  # call-overload, reportCallIssue
variables(x="a")  # arg-type, reportArgumentType
x.backwards()  # attr-defined, reportAttributeAccessIssue
x.backward(1.0, 2.0)  # call-arg, reportCallIssue
x.steps(digit=2)  # call-arg, reportCallIssue
x.steps()[0].sentense  # attr-defined, reportAttributeAccessIssue
x.steps()[1:][0].sentense  # attr-defined, reportAttributeAccessIssue
[row.sentense for row in x.steps().rows]  # union-attr, reportAttributeAccessIssue
softmax(1.0)  # call-overload, reportCallIssue
mean(["a"])  # list-item, reportCallIssue
mean(x, x)  # call-overload, reportCallIssue
dot([x], x)  # call-overload, reportCallIssue
take([x, x])  # call-overload, reportCallIssue
where(x > 0, "a", x)  # call-overload, reportCallIssue
maximum(x, "a")  # call-overload, reportCallIssue
parse("x + y", x="2")  # arg-type, reportArgumentType
gradients(1.0, [x])  # arg-type, reportArgumentType
grad(3)  # call-overload, reportArgumentType
value_and_grad(math.sin, argnum=0)  # call-overload, reportCallIssue
compile(lambda a: a, runner="nativ")  # arg-type, reportArgumentType
compile(lambda a: a).value_and_gradient(2.0)  # attr-defined, reportAttributeAccessIssue
compile(x)  # arg-type, reportArgumentType
Primitive("cube", 3, lambda out, x: (1.0,))  # arg-type, reportArgumentType
Primitive("cube", lambda x: x**3)  # call-arg, reportCallIssue
number: float = sigmoid(x)  # assignment, reportAssignmentType
value: Value = sigmoid(1.0)  # assignment, reportAssignmentType
other: Value = grad(lambda v: v * v)(1.0)  # assignment, reportAssignmentType
numbers: list[float] = softmax([x, x])  # assignment, reportAssignmentType
pair: tuple[Value, Value] = value_and_grad(lambda v: v * v)(1.0)  # assignment, reportAssignmentType

# Nets
nn.fit(net, X, Y, runner="nativ")  # arg-type, reportArgumentType
nn.fit(net, X)  # call-arg, reportCallIssue
nn.fit(net, X, Y, epoch=10)  # arg-type, reportArgumentType
nn.fit(net, X, Y, epochs="10")  # arg-type, reportArgumentType
nn.fit(net, X, Y, loss="squared_eror")  # arg-type, reportArgumentType
nn.fit(net, X, Y, optimizer="adamm")  # arg-type, reportArgumentType
nn.fit(net, X, Y, optimizer=nn.Adamm(net))  # attr-defined, reportAttributeAccessIssue
nn.fit(net, X, Y, record="acuracy")  # arg-type, reportArgumentType
nn.fit(net, X, Y, lr=0.1)  # arg-type, reportArgumentType
nn.fit(net, "X", Y)  # arg-type, reportArgumentType
nn.fit(net, [["a"]], [1])  # list-item, reportArgumentType
nn.fit_many(net, X, Y, runner="nativ")  # arg-type, reportArgumentType
nn.fit_many(net, X, Y, seeds=10)  # arg-type, reportArgumentType
nn.evaluate(net, X, Y, loss="mean")  # arg-type, reportArgumentType
nn.MLP(2, 4)  # arg-type, reportArgumentType
nn.MLP(2, [4, 1], "tahn")  # arg-type, reportArgumentType
nn.MLP(2, [4, 1], ["tanh", "rleu"])  # list-item, reportArgumentType
nn.MLP(2, [4, 1], output="soft")  # arg-type, reportArgumentType
nn.MLP(2, [4, 1], initializer="zero")  # arg-type, reportArgumentType
nn.MLP(2, [4, 1], seed="0")  # arg-type, reportArgumentType
nn.Neuron(2, "softmax")  # arg-type, reportArgumentType
nn.SGD([x], rate=0.1)  # arg-type, reportArgumentType
nn.SGD([1.0])  # list-item, reportArgumentType
nn.Adam(net, "0.1")  # arg-type, reportArgumentType
nn.Adam(net, schedule=0.5)  # arg-type, reportArgumentType
net.parameter()  # attr-defined, reportAttributeAccessIssue
nn.Mlp(2, [4, 1])  # attr-defined, reportAttributeAccessIssue
net([1.0, 2.0]).gradient  # attr-defined, reportAttributeAccessIssue
net(["a", "b"])  # list-item, reportArgumentType
net([1.0, 2.0], [3.0])  # call-arg, reportCallIssue
net.layers[0].neurons[0].w[0] = "0.5"  # call-overload, reportCallIssue
net.layers[0].neurons[0].b = 0.5  # assignment, reportAttributeAccessIssue
net.layers[0].neurons[0].w[0].data = "0.5"  # assignment, reportAttributeAccessIssue
net.layers[0].neuron  # attr-defined, reportAttributeAccessIssue
layer([1.0, 2.0]) + 1.0  # operator, reportOperatorIssue
layer([1.0, 2.0]).backward()  # attr-defined, reportAttributeAccessIssue
layer([1.0, 2.0])[0].value  # attr-defined, reportAttributeAccessIssue
nn.predict(net, X[0], loss="squares")  # arg-type, reportArgumentType
nn.squared_error(net(X[0]), 1.0).backwards()  # attr-defined, reportAttributeAccessIssue
history.losses  # attr-defined, reportAttributeAccessIssue
losses: list[Value] = history.loss  # assignment, reportAssignmentType
nn.cosine("1000")  # arg-type, reportArgumentType
nn.split(X)  # call-overload, reportCallIssue

# Pictures
visualize.draw(x, direction="left")  # arg-type, reportArgumentType
visualize.draw(x, theme="drak")  # arg-type, reportArgumentType
visualize.draw(x, layout="dots")  # arg-type, reportArgumentType
visualize.draw(x, gradients="blanks")  # arg-type, reportArgumentType
visualize.draw(1.0)  # arg-type, reportArgumentType
visualize.draw(x).to_svg()  # attr-defined, reportAttributeAccessIssue
visualize.drw(x)  # attr-defined, reportAttributeAccessIssue
visualize.page(x, layout="dots")  # arg-type, reportArgumentType
visualize.page(x).save()  # call-arg, reportCallIssue
