"""Small engines as students and tutorials write them, each with a Value of its own; none shares code with ours."""

import math


class Arithmetic:
    """Operators that need ``make(name, value, operands, local)`` and ``lift(number)``."""

    def __add__(self, other):
        other = self.lift(other)
        return self.make("+", self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = self.lift(other)
        return self.make("*", self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return self.make(f"**{n}", self.data**n, (self,), (n * self.data ** (n - 1),))

    def exp(self):
        out = math.exp(self.data)
        return self.make("exp", out, (self,), (out,))

    def tanh(self):
        out = math.tanh(self.data)
        return self.make("tanh", out, (self,), (1.0 - out * out,))

    def sigmoid(self):
        out = 1.0 / (1.0 + math.exp(-self.data))
        return self.make("\N{GREEK SMALL LETTER SIGMA}", out, (self,), (out * (1.0 - out),))

    def relu(self):
        return self.make("ReLU", max(self.data, 0.0), (self,), (float(self.data > 0),))

    def maximum(self, other):
        other = self.lift(other)
        first = self.data > other.data
        return self.make("max", max(self.data, other.data), (self, other), (float(first), float(not first)))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -self.lift(other)

    def __truediv__(self, other):
        return self * self.lift(other) ** -1

    def lift(self, x):
        return x if isinstance(x, Arithmetic) else type(self)(x)


def order(output):
    """Every node after its operands."""
    nodes, seen, waiting = [], set(), [(output, False)]
    while waiting:
        node, left = waiting.pop()
        if left:
            nodes.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            waiting += [(node, True), *[(x, False) for x in node.behind()]]
    return nodes


class Workshop(Arithmetic):
    """The node of the course's workshop."""

    def __init__(self, data, operands=(), gate="", local=()):
        self.data, self.operands, self.gate, self.local, self.grad = data, operands, gate, local, 0.0

    def make(self, name, value, operands, local):
        return type(self)(value, operands, name, local)

    def behind(self):
        return self.operands

    def backward(self):
        nodes = order(self)
        for node in nodes:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(nodes):
            for operand, local in zip(node.operands, node.local):
                operand.grad += node.grad * local


class Closures(Arithmetic):
    """In the style of micrograd: the operands are a set, and every node has its own function ``_backward``."""

    def __init__(self, data, children=(), op=""):
        self.data, self.grad, self._prev, self._op = data, 0.0, set(children), op
        self._backward = lambda: None

    def make(self, name, value, operands, local):
        out = Closures(value, operands, name)
        self, other = operands[0], operands[-1]

        def push():
            self.grad += local[0] * out.grad
            if len(local) > 1:
                other.grad += local[1] * out.grad

        def single():
            self.grad += local[0] * out.grad

        out._backward = push if len(local) > 1 else single
        return out

    def behind(self):
        return self._prev

    def backward(self):
        nodes = order(self)
        for node in nodes:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(nodes):
            node._backward()


class Slots(Arithmetic):
    """In the style of the single-file GPTs: local gradients, and no names of gates."""

    __slots__ = ("_children", "_local_grads", "data", "grad")

    def __init__(self, data, children=(), local_grads=()):
        self.data, self.grad, self._children, self._local_grads = data, 0, children, local_grads

    def make(self, name, value, operands, local):
        return Slots(value, operands, local)

    def behind(self):
        return self._children

    def backward(self):
        nodes = order(self)
        self.grad = 1
        for node in reversed(nodes):
            for child, local in zip(node._children, node._local_grads):
                child.grad += local * node.grad


class Lists(Workshop):
    """The gate's name is in ``_op``, the operands are a list."""

    def make(self, name, value, operands, local):
        node = Lists(value, list(operands), "", local)
        node._op = name
        return node


ENGINES = {"workshop": Workshop, "lists": Lists, "closures": Closures, "slots": Slots}
