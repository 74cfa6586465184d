"""Value: a number that remembers how it was computed and can send gradients back."""

from __future__ import annotations

import sys
from functools import partialmethod
from itertools import count

from . import primitives as p
from .arrays import box, broadcast, in_order, is_array
from .graph import history, numbers, refuse_stale, stale, sweep
from .ieee import ERRORS, INF, NAN, number, real
from .primitives import Primitive
from .refusals import Missing, refusal, refuse_operand
from .tracing import keeps_sums, refuse, threads as tracing
from .ufuncs import NUMPY_METHODS, UFUNCS, apply_ufunc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from .steps import Steps
    from .typed import Array, Operator, Plain

tick = count(1).__next__  # a clock that never repeats
create = object.__new__


# --- Primitives as operators and methods ---------------------------------------------------------


class Help(str):
    """The docstring of a method; help() and print() append the documentation of its primitive."""

    primitive: Primitive

    def __str__(self) -> str:
        return f"{str.__str__(self)}\n\n{self.primitive.__doc__}"

    def expandtabs(self, tabsize: Any = 8) -> str:  # help() calls this first
        return str(self)


def document(method: Any, primitive: Primitive) -> Any:
    """Give the method its primitive's name and documentation."""
    method.__name__ = method.__qualname__ = primitive.name
    method.__doc__ = Help(f"Record the gate {primitive.name} with this Value as its first operand.")
    method.__doc__.primitive = primitive
    return method


def unary(primitive: Primitive) -> Callable[[Value], Value]:
    """The primitive as a method without arguments."""
    value = primitive.value

    def method(self: Value) -> Value:
        return result(primitive, value(self._data), (self,))

    return document(method, primitive)  # type: ignore[no-any-return]


def binary(primitive: Primitive, reflected: bool = False) -> Operator[Value]:
    """The primitive as an operator: ``self * other``, or reflected ``other * self``."""
    value = primitive.value

    def method(self: Value, other: Any) -> Value:
        if type(other) is Value:  # the most frequent case: result(), spelled out for speed
            node = create(Value)
            node._data = value(self._data, other._data)
            node.operands = (self, other)
            node.primitive = primitive
            node._label = ""
            node._grad = None
            node.born = node.changed = tick()
            return node
        if type(other) is not float:
            given, other = other, number(other)
            if other is None:
                return refuse_operand(primitive, given)  # type: ignore[no-any-return]
        if reflected:
            return result(primitive, value(other, self._data), (other, self))
        return result(primitive, value(self._data, other), (self, other))

    return document(method, primitive)  # type: ignore[no-any-return]


def variadic(primitive: Primitive) -> Callable[..., Value]:
    """The primitive as a method that takes the other operands as arguments."""

    def method(self: Value, *others: Any, out: Any = False) -> Value:
        if out is None and len(others) == 2:  # np.clip(v, low, high) passes out=None; a bound of None means no bound
            others = tuple([bound if given is None else given for given, bound in zip(others, (-INF, INF))])
        elif out is not None and out is not False:
            raise TypeError(f"{primitive.name} returns a new Value and takes no out=, got {type(out).__name__}")
        return Value.record(primitive, (self, *others))  # type: ignore[no-any-return]

    return document(method, primitive)  # type: ignore[no-any-return]


class Value:
    """A number, its gradient, and the primitive and operands that it was computed from.

    Parameters
    ----------
    data : int, float, bool or NumPy scalar
        The number, kept as a float64. Only a leaf (a Value that no operation computed) can be assigned new data.
    label : str
        A name for texts and pictures.

    Attributes
    ----------
    grad : float
        d output / d self from the last ``output.backward()``; in leaves, calls add up.
    operands : tuple of Value and float
        The operands of the primitive, in order; plain numbers stay floats. Empty for a leaf.
    primitive : Primitive or None
        The operation that computed it; None for a leaf.
    born, changed : int
        The times of its creation and of the last change of its data, by a clock that never repeats.

    Raises
    ------
    TypeError
        If ``data`` is not a real number; OverflowError if it is an int beyond float64.

    Examples
    --------
    >>> x, y, z = variables(x=-2, y=5, z=-4)
    >>> f = (x + y) * z
    >>> f.backward()
    >>> x, y, z
    (Value(-2.0, 'x', grad=-4.0), Value(5.0, 'y', grad=-4.0), Value(-4.0, 'z', grad=3.0))
    """

    __slots__ = ("_data", "_grad", "_label", "born", "changed", "operands", "primitive")
    _data: float
    _grad: float | None  # None until a gradient arrives; then perhaps a NumPy float or complex, from a user's rule
    _label: str
    __eq__: Operator[Value]  # type: ignore[assignment]
    __ne__: Operator[Value]  # type: ignore[assignment]

    def __init__(self, data: Plain, label: str = "") -> None:
        self._data = real(data, "Value()")
        self.label = label
        self.operands: tuple[Any, ...] = ()  # Values and floats
        self.primitive: Primitive | None = None
        self._grad = None
        self.born = self.changed = tick()

    def __init_subclass__(cls) -> None:
        raise TypeError(
            f"cannot make {cls.__name__} a subclass of Value: gates accept Values only. Keep a Value in an attribute "
            "of your class, or derive it from nn.Module, which finds the Values in its attributes"
        )

    @property
    def data(self) -> float:
        """The number. Assigning to it (leaves only) makes results computed from it stale."""
        if tracing:
            refuse(self, ".data")
        return self._data

    @data.setter
    def data(self, data: Plain) -> None:
        if tracing:
            refuse(self, "a new .data")
        if self.primitive is not None:
            raise AttributeError(
                f"cannot set the data of {self!r}, computed by {self.primitive.name}: "
                "assign to its inputs and call forward(), or use detach(), a leaf with the same number"
            )
        self._data = data if type(data) is float else real(data, "Value.data")
        self.changed = tick()

    @property
    def grad(self) -> float:
        """d output / d self from the last ``output.backward()``. Assigning None sets it to 0."""
        grad = self._grad
        if type(grad) is float:
            return grad
        if type(grad) is complex:  # a rule raised a negative number to a fraction
            return NAN
        return 0.0 if grad is None else real(grad, "a local gradient of a gate")

    @grad.setter
    def grad(self, grad: Plain | None) -> None:
        if type(grad) is not float and grad is not None:
            grad = real(grad, f"grad of {self._label or self._data}")
        self._grad = grad

    @property
    def label(self) -> str:
        """A name for texts and pictures."""
        return self._label

    @label.setter
    def label(self, label: str) -> None:
        if not isinstance(label, str):
            raise TypeError(f"a label must be a str, got {type(label).__name__}: {label!r:.60}")
        self._label = label

    # --- Recording ---------------------------------------------------------------------------

    @staticmethod
    def record(primitive: Primitive, operands: Sequence[Any]) -> Any:
        """The primitive applied to Values and numbers, as a new node; of arrays, an array of nodes."""
        inputs = tuple(operands)
        if not {*map(type, inputs)} <= RECORDED:  # the types of all at once: a weighted sum has many
            if any(map(is_array, inputs)):
                return broadcast(primitive, inputs)
            known = p.record_false(primitive, inputs)
            inputs = tuple([x if type(x) is Value else real(x, primitive.name) for x in known])
        return result(primitive, primitive.compute(numbers(inputs)), inputs)

    # --- Forward and backward ----------------------------------------------------------------

    def backward(self, upstream: float = 1.0) -> None:
        """Set ``grad`` of every node that this one depends on: upstream * local, summed over all paths.

        In leaves, gradients add up over calls, as in PyTorch; in inner nodes, each call starts anew. ``upstream`` is
        the gradient that arrives here. StaleGraphError, before any gradient is written, if an input has changed since
        this was computed.
        """
        if tracing:
            refuse(self, "backward()")
        upstream = real(upstream, "backward(upstream)")
        order = history(self)
        refuse_stale(order)
        results = [node for node in order if node.primitive]
        for node in results:
            node._grad = None
        self._grad = upstream + (self._grad or 0.0)
        for node in reversed(results):
            arriving, rule, operands = node._grad, node.primitive.local_gradients, node.operands  # type: ignore[union-attr]
            if arriving is None:
                continue  # only comparisons use this node
            try:
                if len(operands) == 2:  # most gates: the general case below, spelled out for speed
                    a, b = operands
                    has_a, has_b = type(a) is Value, type(b) is Value
                    to_a, to_b = rule(node._data, a._data if has_a else a, b._data if has_b else b)
                    if has_a and to_a is not None:
                        a._grad = (a._grad or 0.0) + (arriving * to_a if to_a is not False else 0.0)
                    if has_b and to_b is not None:
                        b._grad = (b._grad or 0.0) + (arriving * to_b if to_b is not False else 0.0)
                else:
                    for operand, local in zip(operands, rule(node._data, *numbers(operands)), strict=True):
                        if type(operand) is Value and local is not None:
                            operand._grad = (operand._grad or 0.0) + (arriving * local if local is not False else 0.0)
            except ERRORS:  # the rule raised, or gave too few local gradients
                for operand, local in zip(operands, node.primitive.slopes(node._data, *numbers(operands))):  # type: ignore[union-attr]
                    if type(operand) is Value and local is not None:
                        operand._grad = (operand._grad or 0.0) + p.downstream(arriving, local)

    def forward(self) -> float:
        """Recompute every node that this one depends on, oldest first, and return the new number."""
        if tracing:
            refuse(self, "forward()")
        for node in history(self):
            if node.primitive:
                node._data = node.primitive.compute(numbers(node.operands))
                node.changed = tick()
        return self._data

    def zero_grad(self) -> None:
        """Set ``grad`` to 0 in this node and in all that it depends on."""
        for node in history(self):
            node._grad = None

    def detach(self) -> Value:
        """A leaf with the same number and label, cut off from the graph."""
        if tracing:
            refuse(self, "detach()")
        return Value(self._data, self.label)

    def steps(self, digits: int | None = None, tangents: Value | Mapping[Value, float] | None = None) -> Steps:
        """The backward pass as a sequence of steps, one per edge; its repr is a table.

        ``digits`` (0 to 17) are those after the decimal point in texts; None gives six significant digits.
        ``tangents``, a Value x or a dict {x: 1.0, y: 2.0}, is the direction in which forward mode computes a tangent
        of every gate. StaleGraphError if an input has changed since this was computed; ValueError for other digits
        and for a tangent of a Value outside this graph.
        """
        from .steps import Steps  # when needed: computing needs no words

        return Steps(self, digits, tangents)

    # --- Behaving like a number --------------------------------------------------------------

    def __bool__(self) -> bool:
        if tracing:
            refuse(self, "bool() (if, and, or, max, sorted)")
        return bool(self._data)

    # fmt: off
    if not TYPE_CHECKING:  # hidden from type checkers, which then reject float(x)
        __float__ = refusal("float()", "For the number write x.data ([x.data for x in values] to plot them), for text "
            'f"{x:.2f}"; in place of math.exp, math.log, ... write autodiff.exp, autodiff.log, ...')
        __int__ = __trunc__ = refusal("int()", "For the number write int(x.data)")
        __round__ = refusal("round()", 'For text write f"{x:.2f}", for the number round(x.data, 2)')
    # fmt: on

    def __format__(self, spec: str) -> str:
        if tracing and spec:
            refuse(self, f"format(..., {spec!r})")
        return format(self._data, spec) if spec else repr(self)

    def __repr__(self) -> str:
        label = f", {self.label!r}" if self.label else ""
        grad = f", grad={self.grad!r}" if self.grad else ""
        return f"Value({self._data!r}{label}{grad})"

    __hash__ = object.__hash__

    def __pos__(self) -> Value:
        return self

    conjugate = __pos__  # np.var and np.std call it

    def __divmod__(self, other: Any) -> tuple[Value, Value]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Value, Value]:
        return other // self, other % self

    def __ceil__(self) -> Value:
        return -(-self).floor()

    def __radd__(self, other: Value | float | Array) -> Value:
        if type(other) is int and other == 0:  # sum() starts from 0
            return p.sum_(self) if tracing and keeps_sums() else self
        return self._reflected_add(other)

    def __rtruediv__(self, other: Value | float | Array) -> Value:
        if type(other) in (int, float) and other == 1:
            return self.reciprocal()  # the lectures draw 1/x as one gate
        return self._reflected_div(other)

    # fmt: off
    __neg__, __abs__, __floor__      = unary(p.neg), unary(p.absolute), unary(p.floor)
    __add__, _reflected_add          = binary(p.add), binary(p.add, reflected=True)
    __sub__, __rsub__                = binary(p.sub), binary(p.sub, reflected=True)
    __mul__, __rmul__                = binary(p.mul), binary(p.mul, reflected=True)
    __truediv__, _reflected_div      = binary(p.div), binary(p.div, reflected=True)
    __floordiv__, __rfloordiv__      = binary(p.floor_div), binary(p.floor_div, reflected=True)
    __mod__, __rmod__                = binary(p.mod), binary(p.mod, reflected=True)
    __pow__, __rpow__                = binary(p.power), binary(p.power, reflected=True)
    __lt__, __le__                   = binary(p.less), binary(p.less_equal)
    __gt__, __ge__                   = binary(p.greater), binary(p.greater_equal)
    __eq__, __ne__                   = binary(p.equal), binary(p.not_equal)

    exp, expm1, log, log1p           = unary(p.exp), unary(p.expm1), unary(p.log), unary(p.log1p)
    sqrt, reciprocal, abs, sign      = unary(p.sqrt), unary(p.reciprocal), unary(p.absolute), unary(p.sign)
    sin, cos, tan, tanh              = unary(p.sin), unary(p.cos), unary(p.tan), unary(p.tanh)
    asin, acos, atan, atan2          = unary(p.asin), unary(p.acos), unary(p.atan), variadic(p.atan2)
    sinh, cosh                       = unary(p.sinh), unary(p.cosh)
    asinh, acosh, atanh              = unary(p.asinh), unary(p.acosh), unary(p.atanh)
    log2, log10, erf                 = unary(p.log2), unary(p.log10), unary(p.erf)
    hypot, fmod, floor               = variadic(p.hypot), variadic(p.fmod), unary(p.floor)
    sigmoid, softplus, log_sigmoid   = unary(p.sigmoid), unary(p.softplus), unary(p.log_sigmoid)
    gelu, silu                       = unary(p.gelu), unary(p.silu)
    gaussian, normal_cdf             = variadic(p.gaussian), unary(p.normal_cdf)
    relu, leaky_relu, elu            = unary(p.relu), variadic(p.leaky_relu), variadic(p.elu)
    heaviside, clip                  = variadic(p.heaviside), variadic(p.clip)
    maximum, minimum                 = variadic(p.maximum), variadic(p.minimum)
    # fmt: on

    _prev = Missing("its inputs are in operands (Values and floats), and visualize.draw(f) draws the graph")
    _op = Missing("its gate is in primitive, the gate's name in primitive.name; a leaf's primitive is None")
    _backward = Missing("the rule of its gate is primitive.local_gradients; backward() runs the pass")
    item, numpy = Missing("the number is in data"), Missing("the number is in data")
    requires_grad = Missing("every Value gets a gradient; detach() returns a leaf that is cut off")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        """A NumPy function of Values and arrays: the gate of its name, or else the function on each element."""
        found = apply_ufunc(ufunc, method, inputs, keywords)
        if found is not NotImplemented:
            return found
        boxes = [box(x) if type(x) is Value else x if number(x) is None else number(x) for x in inputs]
        return getattr(ufunc, method)(*boxes, **keywords)

    def __reduce__(self) -> tuple[Any, ...]:
        """For copy and pickle: a leaf as its number, label and gradient, a result as a table of its graph."""
        if self.primitive is None:
            return restore_leaf, (self.data, self.label, self.grad)
        return restore_result, tabulate(self)


for _name in NUMPY_METHODS:
    setattr(Value, _name, partialmethod(UFUNCS[_name]))
RECORDED = {Value, float}  # the types of recorded operands


def result(primitive: Primitive, data: float, operands: tuple[Value | float, ...]) -> Value:
    """A new node, without the checks of ``Value()``: recording spends its time here."""
    node = create(Value)
    node._data = data
    node.operands = operands
    node.primitive = primitive
    node._label = ""
    node._grad = None
    node.born = node.changed = tick()
    return node


def tabulate(output: Value) -> tuple[list[Value], list[tuple[Any, ...]]]:
    """A result's graph as (leaves, rows); an operand is a float or an index into leaves + rows."""
    order = history(output)
    outdated = {node for node, _ in stale(order)}
    leaves = [node for node in order if node.primitive is None]
    results = [node for node in order if node.primitive]
    place = {node: i for i, node in enumerate(leaves + results)}
    rows = [
        (node.primitive, node._data, node.label, node.grad, node in outdated,
         [place[x] if type(x) is Value else x for x in node.operands])
        for node in results
    ]  # fmt: skip
    return leaves, rows


def restore_result(leaves: list[Value], rows: list[tuple[Any, ...]]) -> Value:
    """Rebuild a tabulated graph on the leaves and return its output."""
    nodes = list(leaves)
    for primitive, data, label, grad, outdated, operands in rows:
        node = result(primitive, data, tuple([nodes[x] if type(x) is int else x for x in operands]))
        node.label, node.grad = label, grad
        if outdated:
            node.changed = 0
        nodes.append(node)
    return nodes[-1]


def restore_leaf(data: float, label: str, grad: float) -> Value:
    leaf = Value(data, label)
    leaf.grad = grad
    return leaf


def gradients(output: Value, inputs: Value | Iterable[Value]) -> list[Value]:
    """d output / d input for each input, as recorded Values that can be differentiated again.

    Inputs are leaves or inner nodes, in an iterable; one Value counts as [Value]. The gradient is 0 if the output does
    not depend on an input. No ``.grad`` is written. TypeError for anything that is not a Value; StaleGraphError if an
    input has changed since the output was computed.

    >>> x = Value(3.0, "x")
    >>> slope, = gradients(x ** 3, [x])
    >>> slope.data, gradients(slope, [x])[0].data
    (27.0, 18.0)
    """
    inputs = list(in_order("gradients", inputs)) if hasattr(inputs, "__iter__") else [inputs]
    for node in (output, *inputs):
        if type(node) is not Value:
            raise TypeError(f"gradients takes Values, got {type(node).__name__}: {node!r:.60}")
    refuse_stale(history(output))
    since = min((node.born for node in inputs), default=output.born)
    wanted = set(inputs)
    found = {node: upstream for node, upstream, _ in sweep(output, 1.0, since, record=True) if node in wanted}
    totals = [found.get(node, 0.0) for node in inputs]
    return [total if type(total) is Value else Value(total) for total in totals]


graves: list[Any] = []  # operands to free, while Values are being freed


def bury(node: Value) -> None:
    """Free a Value's operands one after the other; freed inside each other, long chains overflow a small stack."""
    operands, node.operands = getattr(node, "operands", ()), ()
    if graves:
        graves.append(operands)
        return
    graves.extend(((), operands))
    del operands
    while len(graves) > 1:
        graves.pop()
    graves.clear()


if sys.platform == "emscripten":  # CPython sees to it elsewhere, but not in WebAssembly
    Value.__del__ = bury  # type: ignore[attr-defined]


def variables(**inputs: Plain) -> tuple[Value, ...]:
    """Labeled leaves, in the order given.

    >>> x, y = variables(x=3, y=4)
    >>> x * y + x
    Value(15.0)
    """
    return tuple(Value(data, label) for label, data in inputs.items())


def label(namespace: dict[str, Any]) -> None:
    """Label the unlabeled Values of a namespace after their variables: ``label(globals())``.

    Values in lists and tuples are numbered: w becomes w0, w1, ... Names with a leading underscore are skipped.

    >>> x = Value(2.0)
    >>> y = x * 3.0
    >>> label(globals())
    >>> y
    Value(6.0, 'y')
    """
    for name, x in list(namespace.items()):
        members = [(name, x)]
        if isinstance(x, (list, tuple)):
            members = [(f"{name}{i}", member) for i, member in enumerate(x)]
        for text, member in members:
            if type(member) is Value and not member.label and not name.startswith("_"):
                member.label = text
