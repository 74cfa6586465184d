"""Engines as students write them: right ones in several styles, and wrong ones with one typical mistake each.

``WRONG`` names for each wrong engine the step, and words of the sentence that names its mistake.
"""

import math
from collections import deque
from dataclasses import dataclass, field


class Local:
    """The style of the workshop: local gradients, and an order made by recursion with a list at the side."""

    def __init__(self, data, operands=(), gate="", local=()):
        self.data = data
        self.grad = 0.0
        self.operands = operands
        self.gate = gate
        self.local = local

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def lift(self, other):
        return other if isinstance(other, Local) else type(self)(other)

    def __add__(self, other):
        other = self.lift(other)
        return type(self)(self.data + other.data, (self, other), "+", (1.0, 1.0))

    def __mul__(self, other):
        other = self.lift(other)
        return type(self)(self.data * other.data, (self, other), "*", (other.data, self.data))

    def __radd__(self, other):
        return self.lift(other) + self

    def __rmul__(self, other):
        return self.lift(other) * self

    def order(self):
        nodes, seen, stack = [], set(), [(self, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                nodes.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((x, False) for x in node.operands)
        return nodes

    def backward(self):
        nodes = self.order()
        for node in nodes:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(nodes):
            for x, slope in zip(node.operands, node.local):
                x.grad += slope * node.grad

    def __neg__(self):
        return type(self)(-self.data, (self,), "neg", (-1.0,))

    def __sub__(self, other):
        other = self.lift(other)
        return type(self)(self.data - other.data, (self, other), "-", (1.0, -1.0))

    def __rsub__(self, other):
        return self.lift(other) - self

    def __truediv__(self, other):
        other = self.lift(other)
        slopes = (1 / other.data, -self.data / other.data**2)
        return type(self)(self.data / other.data, (self, other), "/", slopes)

    def __rtruediv__(self, other):
        return self.lift(other) / self

    def __pow__(self, n):
        return type(self)(self.data**n, (self,), "**", (n * self.data ** (n - 1),))

    def exp(self):
        out = math.exp(self.data)
        return type(self)(out, (self,), "exp", (out,))

    def sigmoid(self):
        z = math.exp(-abs(self.data))
        s = 1 / (1 + z) if self.data >= 0 else z / (1 + z)
        return type(self)(s, (self,), "sigmoid", (s * (1 - s),))

    def relu(self):
        return type(self)(max(0.0, self.data), (self,), "relu", (float(self.data > 0),))

    def maximum(self, other):
        other = self.lift(other)
        a = 1.0 if self.data > other.data else 0.5 if self.data == other.data else 0.0
        return type(self)(max(self.data, other.data), (self, other), "max", (a, 1.0 - a))


class Closures:
    """micrograd's style: every gate brings a function that sends its gradient back; no ``local``."""

    def __init__(self, data, operands=(), gate=""):
        self.data, self.grad, self.operands, self.gate = data, 0.0, operands, gate
        self._backward = lambda: None

    def __repr__(self):
        return f"<{self.data}>"

    def __add__(self, other):
        other = other if isinstance(other, Closures) else type(self)(other)
        out = type(self)(self.data + other.data, (self, other), "+")

        def send():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = send
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Closures) else type(self)(other)
        out = type(self)(self.data * other.data, (self, other), "*")

        def send():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = send
        return out

    __radd__ = __add__
    __rmul__ = __mul__

    def order(self):
        nodes, seen = [], {id(self)}
        stack = [(self, iter(self.operands))]
        while stack:
            node, rest = stack[-1]
            for x in rest:
                if id(x) not in seen:
                    seen.add(id(x))
                    stack.append((x, iter(x.operands)))
                    break
            else:
                nodes.append(node)
                stack.pop()
        return nodes

    def backward(self):
        nodes = self.order()
        for node in nodes:
            node.grad = 0.0
        self.grad = 1.0
        for node in nodes[::-1]:
            node._backward()

    def gate_of(self, value, slope, gate):
        out = type(self)(value, (self,), gate)

        def send():
            self.grad += slope * out.grad

        out._backward = send
        return out

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return (-self) + other

    def __pow__(self, n):
        return self.gate_of(self.data**n, n * self.data ** (n - 1), f"**{n}")

    def __truediv__(self, other):
        return self * other**-1

    def __rtruediv__(self, other):
        return other * self**-1

    def exp(self):
        return self.gate_of(math.exp(self.data), math.exp(self.data), "exp")

    def sigmoid(self):
        s = 0.5 * (1.0 + math.tanh(0.5 * self.data))
        return self.gate_of(s, s - s * s, "sigmoid")

    def relu(self):
        return self.gate_of(self.data if self.data > 0 else 0.0, 1.0 if self.data > 0 else 0.0, "relu")

    def maximum(self, other):
        return (self - other).relu() + other


class Slots(Local):
    """With __slots__ in a class of its own; operands in a list."""

    __slots__ = ()

    def __add__(self, other):
        other = self.lift(other)
        return type(self)(self.data + other.data, [self, other], "+", [1, 1])


class Refuses(Local):
    """A second backward is refused."""

    done = False

    def backward(self):
        if any(node.done for node in self.order()):
            raise RuntimeError("backward has run already: build the graph again")
        super().backward()
        for node in self.order():
            node.done = True


class ZeroGrad(Local):
    """PyTorch's habit: gradients add up until zero_grad."""

    def zero_grad(self):
        for node in self.order():
            node.grad = 0.0

    def backward(self):
        self.grad = 1.0
        for node in reversed(self.order()):
            for x, slope in zip(node.operands, node.local):
                x.grad += slope * node.grad


class Counts(Local):
    """Without an order in backward: a node sends when all of its edges have brought something."""

    def backward(self):
        waiting, stack = {self: 0}, [self]
        while stack:
            for x in stack.pop().operands:
                if x not in waiting:
                    waiting[x] = 0
                    stack.append(x)
                waiting[x] += 1
        for node in waiting:
            node.grad = 0.0
        self.grad, ready = 1.0, deque([self])
        while ready:
            node = ready.popleft()
            for x, slope in zip(node.operands, node.local):
                x.grad += node.grad * slope
                waiting[x] -= 1
                if not waiting[x]:
                    ready.append(x)


@dataclass(eq=False)
class Data(Local):
    """A dataclass."""

    data: float
    operands: tuple = ()
    gate: str = ""
    local: tuple = ()
    grad: float = field(default=0.0, init=False)


class Ages(Local):
    """The order by age: a node is younger than its operands."""

    born = 0

    def __init__(self, *args):
        super().__init__(*args)
        Ages.born += 1
        self.age = Ages.born

    def order(self):
        found, stack = {self}, [self]
        while stack:
            for x in stack.pop().operands:
                if x not in found:
                    found.add(x)
                    stack.append(x)
        return sorted(found, key=lambda node: node.age)


@dataclass
class Alike(Local):
    """A dataclass whose nodes are equal if their numbers are, and so have no hash."""

    data: float
    operands: tuple = ()
    gate: str = ""
    local: tuple = ()
    grad: float = field(default=0.0, init=False)
    order = Closures.order


RIGHT = [Local, Closures, Slots, Refuses, ZeroGrad, Counts, Data, Alike, Ages]


# Step 1


class SubtractsOnAdd(Local):
    def __add__(self, other):
        other = self.lift(other)
        return type(self)(self.data - other.data, (self, other), "+", (1.0, 1.0))


class SetOfOperands(Local):
    def __init__(self, data, operands=(), gate="", local=()):
        super().__init__(data, set(operands), gate, local)


class OnlyOneOperand(Closures):
    def __mul__(self, other):
        out = super().__mul__(other)
        out.operands = tuple({*out.operands})
        return out


class NoNumbers(Local):
    def lift(self, other):
        return other


class ChangesItself(Local):
    def __add__(self, other):
        self.data += self.lift(other).data
        return self


class CopiesOperands(Local):
    def __mul__(self, other):
        return type(self)(self.data * self.lift(other).data, (type(self)(self.data), type(self)(other.data)), "*")


# Step 2


class OwnValueAsLocal(Local):
    def __mul__(self, other):
        other = self.lift(other)
        return type(self)(self.data * other.data, (self, other), "*", (self.data, other.data))


class OnesAsLocal(Local):
    def __mul__(self, other):
        other = self.lift(other)
        return type(self)(self.data * other.data, (self, other), "*", (1.0, 1.0))


class ValuesAsLocalOfPlus(Local):
    def __add__(self, other):
        other = self.lift(other)
        return type(self)(self.data + other.data, (self, other), "+", (self.data, other.data))


# Step 3


class Preorder(Local):
    def order(self):
        nodes = []

        def visit(node):
            if node not in nodes:
                nodes.append(node)
                for x in node.operands:
                    visit(x)

        visit(self)
        return nodes[::-1]


class OutputFirst(Local):
    def order(self):
        return super().order()[::-1]


class Repeats(Closures):
    def order(self):
        return [node for x in self.operands for node in x.order()] + [self]


class OnlyGates(Local):
    def order(self):
        return [node for node in super().order() if node.operands]


class SharedList(Local):
    def order(self, nodes=[]):  # noqa: B006
        for x in self.operands:
            if x not in nodes:
                x.order(nodes)
        nodes.append(self)
        return nodes


class Recursion(Local):
    def order(self):
        nodes, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for x in node.operands:
                    visit(x)
                nodes.append(node)

        visit(self)
        return nodes


class NoReturn(Local):
    def order(self):
        list(super().order())


# Step 4


class Replaces(Closures):
    def __add__(self, other):
        other = other if isinstance(other, Closures) else type(self)(other)
        out = type(self)(self.data + other.data, (self, other), "+")

        def send():
            self.grad = out.grad
            other.grad = out.grad

        out._backward = send
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Closures) else type(self)(other)
        out = type(self)(self.data * other.data, (self, other), "*")

        def send():
            self.grad = other.data * out.grad
            other.grad = self.data * out.grad

        out._backward = send
        return out

    __radd__ = __add__
    __rmul__ = __mul__


class SendsAtOnce(Local):
    def backward(self):
        for node in self.order():
            node.grad = 0.0
        self.grad = 1.0
        self.send()

    def send(self):
        for x, slope in zip(self.operands, self.local):
            x.grad += self.grad * slope
            x.send()


class StackOfNodes(Local):
    def backward(self):
        for node in self.order():
            node.grad = 0.0
        self.grad = 1.0
        seen, todo = {self}, [self]
        while todo:
            node = todo.pop()
            for i in range(len(node.operands)):
                x = node.operands[i]
                x.grad += node.grad * node.local[i]
                if x not in seen:
                    seen.add(x)
                    todo.append(x)


class LevelByLevel(Closures):
    def backward(self):
        for node in self.order():
            node.grad = 0.0
        self.grad = 1.0
        queue, seen = deque([self]), {self}
        while queue:
            node = queue.popleft()
            node._backward()
            for x in node.operands:
                if x not in seen:
                    seen.add(x)
                    queue.append(x)


class NoSeed(Local):
    def backward(self):
        nodes = self.order()
        for node in nodes:
            node.grad = 0.0
        for node in reversed(nodes):
            for x, slope in zip(node.operands, node.local):
                x.grad += slope * node.grad


class NeverClears(Closures):
    def backward(self):
        self.grad = 1.0
        for node in reversed(self.order()):
            node._backward()


class ClearsInputs(Local):
    def backward(self):
        nodes = self.order()
        for node in nodes:
            if not node.operands:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(nodes):
            for x, slope in zip(node.operands, node.local):
                x.grad += slope * node.grad


class Adds(Local):
    def backward(self):
        nodes = self.order()
        for node in nodes:
            node.grad = 0
        self.grad = 1
        for node in nodes[::-1]:
            for i, x in enumerate(node.operands):
                x.grad = x.grad + node.grad + node.local[i]


class ForgetsUpstream(Closures):
    def __mul__(self, other):
        other = other if isinstance(other, Closures) else type(self)(other)
        out = type(self)(self.data * other.data, (self, other), "*")

        def send():
            self.grad += other.data
            other.grad += self.data

        out._backward = send
        return out

    __rmul__ = __mul__


class FromTheInputs(Local):
    def backward(self):
        for node in self.order():
            node.grad = 0.0
        self.grad = 1.0
        for node in self.order():
            for x, slope in zip(node.operands, node.local):
                x.grad += slope * node.grad


class MarksForever(Local):
    visited = False

    def backward(self):
        nodes = [node for node in self.order() if not node.visited]
        for node in nodes:
            node.grad, node.visited = 0.0, True
        self.grad = 1.0
        for node in reversed(nodes):
            for x, slope in zip(node.operands, node.local):
                x.grad += slope * node.grad


class OperandsInASet(Closures):
    def backward(self):
        nodes = self.order()
        for node in nodes:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(nodes):
            local = dict(zip(node.operands, [1.0, 1.0] if node.gate == "+" else [x.data for x in node.operands[::-1]]))
            for x in set(node.operands):
                x.grad += local[x] * node.grad


class LongRecursion(Closures):
    def backward(self):
        nodes = self.order()
        for node in nodes:
            node.grad = 0.0
        self.grad = 1.0

        def send(i):
            if i >= 0:
                nodes[i]._backward()
                send(i - 1)

        send(len(nodes) - 1)


class ChangesData(Local):
    def backward(self):
        super().backward()
        for node in self.order():
            node.data -= 0.1 * node.grad


# Step 5


class MinusForgotten(Local):
    def __sub__(self, other):
        other = self.lift(other)
        return type(self)(self.data - other.data, (self, other), "-", (1.0, 1.0))


class MinusTurned(Closures):
    def __rsub__(self, other):
        return self - other


class QuotientWithoutSquare(Local):
    def __truediv__(self, other):
        other = self.lift(other)
        return type(self)(self.data / other.data, (self, other), "/", (1 / other.data, -self.data / other.data))


class QuotientWithoutMinus(Local):
    def __truediv__(self, other):
        other = self.lift(other)
        return type(self)(self.data / other.data, (self, other), "/", (1 / other.data, self.data / other.data**2))


class ExponentKept(Closures):
    def __pow__(self, n):
        return self.gate_of(self.data**n, n * self.data**n, f"**{n}")


class ExponentLost(Local):
    def __pow__(self, n):
        return type(self)(self.data**n, (self,), "**", (self.data ** (n - 1),))


class ExpOne(Closures):
    def exp(self):
        return self.gate_of(math.exp(self.data), 1.0, "exp")


class ExpOfX(Local):
    def exp(self):
        return type(self)(math.exp(self.data), (self,), "exp", (self.data,))


class SigmoidItself(Closures):
    def sigmoid(self):
        s = 0.5 * (1.0 + math.tanh(0.5 * self.data))
        return self.gate_of(s, s, "sigmoid")


class SigmoidOfX(Local):
    def sigmoid(self):
        s = 0.5 * (1.0 + math.tanh(0.5 * self.data))
        return type(self)(s, (self,), "sigmoid", (self.data * (1 - self.data),))


class SigmoidOverflows(Local):
    def sigmoid(self):
        s = 1 / (1 + math.exp(-self.data))
        return type(self)(s, (self,), "sigmoid", (s * (1 - s),))


class ReluAtZero(Local):
    def relu(self):
        return type(self)(max(0.0, self.data), (self,), "relu", (float(self.data >= 0),))


class ReluOpen(Local):
    def relu(self):
        return type(self)(max(0.0, self.data), (self,), "relu", (1.0,))


class ReluUpstream(Closures):
    def relu(self):
        out = type(self)(max(0.0, self.data), (self,), "relu")

        def send():
            self.grad += out.grad if out.grad > 0 else 0.0

        out._backward = send
        return out


class MaxToBoth(Local):
    def maximum(self, other):
        other = self.lift(other)
        return type(self)(max(self.data, other.data), (self, other), "max", (1.0, 1.0))


class MaxToSmaller(Local):
    def maximum(self, other):
        other = self.lift(other)
        first = float(self.data < other.data)
        return type(self)(max(self.data, other.data), (self, other), "max", (first, 1.0 - first))


class PrintsText(Local):
    def __repr__(self):
        print(self.data)


class NoSelf(Local):
    def __add__(other):
        return other


class NumberFromRight(Local):
    def __radd__(self, other):
        return self.data + other


class RightAsksAgain(Local):
    def __radd__(self, other):
        return other + self


class ZeroLocal(Local):
    def __mul__(self, other):
        other = self.lift(other)
        return type(self)(self.data * other.data, (self, other), "*", (0.0, 0.0))


class VisitsItself(Local):
    def order(self):
        def visit(node):
            for x in node.operands:
                visit(x)
                visit(node)

        visit(self)
        return [self]


class EmptyOrder(Local):
    def order(self):
        return []


class AddsAgain(Local):
    def backward(self, upstream=1.0):
        self.grad += upstream
        for x, slope in zip(self.operands, self.local):
            x.backward(upstream * slope)


class SendsOperandsGrad(Local):
    def backward(self):
        nodes = self.order()
        for node in nodes:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(nodes):
            for x, slope in zip(node.operands, node.local):
                x.grad += x.grad * slope


class NegatesItself(Local):
    def __neg__(self):
        return -self


class NegatesNumber(Local):
    def __neg__(self):
        return -self.data


class WholeNumbersOnly(Local):
    def lift(self, other):
        return type(self)(other) if isinstance(other, int) else other


class OneListForAll(Local):
    def __init__(self, data, operands=[], gate="", local=()):  # noqa: B006
        super().__init__(data, operands, gate, local)

    def __add__(self, other):
        out = type(self)(self.data + self.lift(other).data, gate="+")
        out.operands += [self, self.lift(other)]
        return out


class TextAsData(Local):
    def __init__(self, data, *more):
        super().__init__(str(data), *more)


class MarksNumbers(Local):
    def order(self):
        nodes = super().order()
        return [node for i, node in enumerate(nodes) if node.data not in [x.data for x in nodes[:i]]]


class MarksNodes(Local):
    marked = False

    def order(self):
        nodes = [node for node in super().order() if not node.marked]
        for node in nodes:
            node.marked = True
        return nodes


class SetOfNodes(Local):
    def order(self):
        return set(super().order())


class NumbersInOrder(Local):
    def order(self):
        return [node.data for node in super().order()]


class ClearsEachTime(Local):
    def backward(self):
        self.grad = 1.0
        for node in reversed(self.order()):
            for x, slope in zip(node.operands, node.local):
                x.grad = 0.0
                x.grad += slope * node.grad


class ClearsInItsTurn(Local):
    def backward(self):
        self.grad = 1.0
        for node in reversed(self.order()):
            node.grad = 1.0 if node is self else 0.0
            for x, slope in zip(node.operands, node.local):
                x.grad += slope * node.grad


class ReturnsInTheLoop(Local):
    def backward(self):
        nodes = self.order()
        for node in nodes:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(nodes):
            for x, slope in zip(node.operands, node.local):
                x.grad += slope * node.grad
            return


class NegatesInPlace(Local):
    def __neg__(self):
        self.data = -self.data
        return self


class QuotientTurned(Local):
    def __truediv__(self, other):
        other = self.lift(other)
        return type(self)(self.data / other.data, (self, other), "/", (-self.data / other.data**2, 1 / other.data))


class QuotientWithoutNumerator(Local):
    def __truediv__(self, other):
        other = self.lift(other)
        return type(self)(self.data / other.data, (self, other), "/", (1 / other.data, -1 / other.data**2))


class ExponentApart(Local):
    def __pow__(self, n):
        return type(self)(self.data**n, (self,), "**", (n * self.data**n - 1,))


class ExpAsPower(Local):
    def exp(self):
        return type(self)(math.exp(self.data), (self,), "exp", (self.data * math.exp(self.data - 1),))


class SigmoidPlus(Local):
    def sigmoid(self):
        s = 0.5 * (1.0 + math.tanh(0.5 * self.data))
        return type(self)(s, (self,), "sigmoid", (s * (1 + s),))


WRONG = [
    (1, WholeNumbersOnly, "f = x + 0.5"),
    (1, OneListForAll, "shared by all Values"),
    (1, TextAsData, "x + x and x * x: the same"),
    (3, MarksNumbers, "another node has the same number"),
    (3, MarksNodes, "marks of visited nodes"),
    (3, SetOfNodes, "returns a set, which has no order"),
    (3, NumbersInOrder, "has a number in it"),
    (4, ClearsEachTime, "only one of several paths counts"),
    (4, ClearsInItsTurn, "is no grad cleared in the loop?"),
    (4, ReturnsInTheLoop, "or ends after the output"),
    (5, NegatesInPlace, "-x changes x"),
    (5, QuotientTurned, "of the gate's other input"),
    (5, QuotientWithoutNumerator, "the numerator is missing"),
    (5, ExponentApart, "belongs to the exponent"),
    (5, ExpAsPower, "the rule of a power, and exp is none"),
    (5, SigmoidPlus, "sigmoid at x = 1000 sends back 2"),
    (1, PrintsText, "gives None: a return is missing"),
    (1, NoSelf, "is self the first parameter?"),
    (1, NumberFromRight, "2 + x is a number, not a Value"),
    (1, RightAsksAgain, "(return other + self): it comes back to itself with the same inputs"),
    (2, ZeroLocal, "is 0 at x = 3, y = -2: not right yet"),
    (3, VisitsItself, "it comes back to itself with the same inputs"),
    (3, EmptyOrder, "a second call: the same"),
    (4, AddsAgain, "a second backward adds"),
    (4, SendsOperandsGrad, "does every node send its own grad"),
    (5, NegatesItself, "(return -self): it comes back to itself"),
    (5, NegatesNumber, "-x is a number, not a Value"),
    (1, SubtractsOnAdd, "another gate"),
    (1, SetOfOperands, "not a set"),
    (1, OnlyOneOperand, "x is there twice"),
    (1, NoNumbers, "'int' object has no attribute 'data'"),
    (1, ChangesItself, "make a new Value"),
    (1, CopiesOperands, "new Values as operands"),
    (2, OwnValueAsLocal, "the wrong input"),
    (2, OnesAsLocal, "the rule of another gate"),
    (2, ValuesAsLocalOfPlus, "that is a value"),
    (3, Preorder, "place a node after its operands"),
    (3, OutputFirst, "begins at the output"),
    (3, Repeats, "more than once"),
    (3, OnlyGates, "inputs belong there"),
    (3, SharedList, "shared by all calls"),
    (3, Recursion, "not recursion"),
    (3, NoReturn, "a return is missing"),
    (4, Replaces, "+= instead of ="),
    (4, SendsAtOnce, "before all its paths have arrived"),
    (4, StackOfNodes, "before all its paths have arrived"),
    (4, LevelByLevel, "breadth-first"),
    (4, NoSeed, "does not start at 1"),
    (4, NeverClears, "a second backward adds"),
    (4, ClearsInputs, "cleared at the inputs only"),
    (4, Adds, "multiply them"),
    (4, ForgetsUpstream, "upstream"),
    (4, FromTheInputs, "begins at the inputs"),
    (4, MarksForever, "marked as visited"),
    (4, OperandsInASet, "a set forgets the second"),
    (4, LongRecursion, "not recursion"),
    (4, ChangesData, "it belongs to the forward pass"),
    (5, MinusForgotten, "minus sign"),
    (5, MinusTurned, "swapped"),
    (5, QuotientWithoutSquare, "the divisor is squared"),
    (5, QuotientWithoutMinus, "minus sign"),
    (5, ExponentKept, "exponent goes down by 1"),
    (5, ExponentLost, "factor"),
    (5, ExpOne, "upstream gradient alone"),
    (5, ExpOfX, "used its input"),
    (5, SigmoidItself, "factor"),
    (5, SigmoidOfX, "used its input"),
    (5, SigmoidOverflows, "OverflowError"),
    (5, ReluAtZero, "> and not >="),
    (5, ReluOpen, "passes everywhere"),
    (5, ReluUpstream, "sign of the upstream"),
    (5, MaxToBoth, "passes everywhere"),
    (5, MaxToSmaller, "only to the input"),
]
