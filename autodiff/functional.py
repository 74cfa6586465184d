"""Functions of functions: grad, value_and_grad, derivative, jacobian, hessian, hvp, jvp."""

from __future__ import annotations

from functools import partial
from operator import index

from .arrays import array_of, is_array
from .engine import Value, tick
from .graph import age, history, push, refuse_stale, sweep
from .ieee import number, real
from .primitives import sum_

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, overload

    from .typed import Function, Gradient, ValueAndGradient

    Argnums = int | Sequence[int] | None


def branches(tree: Any) -> list[tuple[Any, Any]] | None:
    """The (place, member) pairs of a list, tuple, dict or NumPy array; None for anything else."""
    if isinstance(tree, dict):
        return list(tree.items())
    if is_array(tree):
        return list(enumerate(tree.__array__())) if tree.shape else None  # a row of a numpy.matrix is a matrix again
    return list(enumerate(tree)) if isinstance(tree, (list, tuple)) else None


def rebuild(tree: Any, members: list[Any]) -> Any:
    """The members in a container like the tree: a list, an array, a dict with its keys, a (named) tuple."""
    if isinstance(tree, (list, dict)):
        return members if isinstance(tree, list) else dict(zip(tree, members))
    if is_array(tree):
        return array_of(members, tree.shape)
    return tree._make(members) if hasattr(tree, "_make") else tuple(members)


def mirror(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply the function to every leaf of a tree; a tree of the same shape."""
    if type(tree) is float or type(tree) is Value:
        return function(tree)
    if isinstance(tree, (list, tuple)):  # without branches(), for speed
        return rebuild(tree, [mirror(function, member) for member in tree])
    members = branches(tree)
    return function(tree) if members is None else rebuild(tree, [mirror(function, member) for _, member in members])


def flatten(tree: Any) -> list[Any]:
    """All leaves of a tree, in order."""
    if type(tree) in (list, tuple):  # without branches(), for speed
        if {*map(type, tree)} <= {float, Value}:
            return list(tree)
        return [x for member in tree for x in flatten(member)]
    members = branches(tree)
    return [tree] if members is None else [x for _, member in members for x in flatten(member)]


def shape(tree: Any) -> str:
    """The shape of a tree as text, such as ``[., [., .]]``."""
    members = branches(tree)
    if members is None:
        return "."
    names = [f"{place!r}: " if isinstance(tree, dict) else "" for place, _ in members]
    return f"[{', '.join([name + shape(member) for name, (_, member) in zip(names, members)])}]"


def match(tree: Any, other: Any) -> list[Any] | None:
    """The leaves of another tree of the same shape, in the order of this one; None if their shapes differ."""
    members, others = branches(tree), branches(other)
    if members is None or others is None:
        return [other] if members is others else None
    found = dict(others)
    if isinstance(tree, dict) != isinstance(other, dict) or found.keys() != dict(members).keys():
        return None
    parts = [match(member, found[place]) for place, member in members]
    return None if None in parts else [x for part in parts for x in part or ()]


class Call:
    """One call of a function on independent variables, and the derivatives of its output.

    A number becomes a new leaf, a Value a new node that copies it: the argument is thus distinct from all else that
    depends on the same Value, and derivatives of the results still reach that Value.
    """

    __slots__ = ("order", "output", "record", "since", "single", "trees")

    def __init__(self, f: Any, args: Sequence[Any], argnums: Argnums, keywords: dict[str, Any]) -> None:
        positions = places(args, argnums)
        self.single = len(positions) == 1 and not hasattr(argnums, "__iter__")
        self.since = tick()  # nodes of this call are younger, all others older
        self.record = any(type(x) is Value for i in positions for x in flatten(args[i]))
        inputs = {i: mirror(partial(variable, i), args[i]) for i in positions}
        self.trees = [inputs[i] for i in positions]
        # The function gets copies of the lists, so that it cannot change the trees.
        copies = [mirror(lambda x: x, inputs[i]) if i in inputs else x for i, x in enumerate(args)]
        self.output = f(*copies, **keywords)
        # The output may depend on older Values, none of which may have changed during the call.
        outputs = [output for output in flatten(self.output) if type(output) is Value]
        nodes = {node for output in outputs for node in history(output, self.since)}
        known = nodes | {x for node in nodes for x in node.operands if type(x) is Value}
        refuse_stale(sorted(known, key=age))
        self.order = sorted(nodes, key=age)
        self.record = self.record or any(node.born < self.since for node in known)

    def scalar(self) -> Call:
        """This call, if it returned one number; otherwise a TypeError."""
        require_number(self.output)
        return self

    def answer(self, x: Any) -> Any:
        """x for the caller: a Value if Values are involved, otherwise a float."""
        if type(x) is Value:
            return x if self.record else x._data
        plain = number(x)
        if plain is None:
            raise TypeError(f"the function must return numbers or lists of numbers, got {type(x).__name__}: {x!r:.60}")
        return Value(plain) if self.record else plain

    def value(self) -> Any:
        return mirror(self.answer, self.output)

    def tangent(self, vector: Any, name: str) -> Any:
        """The derivative of the output along a vector that mirrors the arguments."""
        trees = self.trees[0] if self.single else self.trees
        members = match(trees, vector)
        if members is None:
            raise ValueError(f"{name} must mirror the arguments: expected {shape(trees)}, got {shape(vector)}")
        self.record = self.record or Value in map(type, members)
        seeds = [x if type(x) is Value else real(x, name) for x in members]
        tangents = push(self.order, dict(zip(flatten(trees), seeds)), self.record)
        return mirror(lambda x: self.answer(tangents.get(x, 0.0) if type(x) is Value else 0.0), self.output)

    def gradients(self, output: Any) -> Callable[[Value], Any]:
        """d output / d variable, as a function of the variable."""
        variables = set(flatten(self.trees))
        parts = sweep(output, 1.0, self.since, self.record) if type(output) is Value else ()
        found = {node: upstream for node, upstream, _ in parts if node in variables}
        return lambda node: found.get(node, 0.0)

    def derivatives(self) -> Any:
        """The gradients as [output][input], one table per argument; a tuple of outputs stays outermost."""
        self.value()  # refuses outputs that are not numbers
        rows = mirror(self.gradients, self.output)
        return rebuild(rows, list(map(self.tables, rows))) if isinstance(rows, tuple) else self.tables(rows)

    def tables(self, rows: Any) -> Any:
        """The table of each argument: the shape of the outputs outside, that of the argument inside."""

        def table(tree: Any) -> Any:
            return mirror(lambda row: mirror(lambda node: self.answer(row(node)), tree), rows)

        return table(self.trees[0]) if self.single else tuple(map(table, self.trees))


def parameters(f: Any, count: int) -> list[str]:
    """The names of the first ``count`` positional parameters of a function; x0, x1, ... if they are not known."""
    code = getattr(f, "__code__", None)
    if code is None:
        return ["x"] if count == 1 else [f"x{i}" for i in range(count)]
    names = list(code.co_varnames[hasattr(f, "__self__") : code.co_argcount])[:count]
    # In co_varnames, *args follows the parameters. Without *args, the call refuses more arguments than parameters.
    rest = code.co_varnames[code.co_argcount + code.co_kwonlyargcount] if code.co_flags & 0x04 else ""
    return names + [f"{rest}[{i}]" for i in range(count - len(names))]


def places(args: Sequence[Any], argnums: Argnums) -> list[int]:
    """The positions of the arguments to differentiate, counted from 0."""
    if not args:
        raise TypeError("derivatives are taken with respect to positional arguments, but the call passed none")
    if argnums is None:
        return list(range(len(args)))
    numbers: Any = argnums if hasattr(argnums, "__iter__") else [argnums]
    try:
        positions = [index(i) for i in numbers]
    except TypeError:
        raise TypeError(f"argnums takes positions of arguments, counted from 0, got {argnums!r:.60}") from None
    for i in positions:
        if not -len(args) <= i < len(args):
            raise ValueError(f"argnums names argument {i} (counted from 0), but the call passed {len(args)}")
    return [i % len(args) for i in positions]


def variable(place: int, x: Any) -> Value:
    """An independent variable with the number x, a leaf of argument ``place``."""
    if type(x) is Value:
        copy: Value = sum_(x)
        copy.label = x.label
        return copy
    converted = number(x)
    if converted is not None:
        return Value(converted)
    hint = "pass it by keyword, or leave it out by argnums="
    if getattr(x, "shape", ()):
        hint = "pass x.to_numpy()" if hasattr(x, "to_numpy") else "pass x.tolist()"  # a frame has no tolist
    raise TypeError(
        "derivatives are taken with respect to numbers, Values and lists or NumPy arrays of them, but argument "
        f"{place} (counted from 0) holds a {type(x).__name__}: {x!r:.60} ({hint})"
    )


def require_number(output: Any) -> Any:
    """The output of a function, if it is one number or Value; otherwise a TypeError."""
    if type(output) is not Value and number(output) is None:
        raise TypeError(
            f"a gradient is taken of one number, got {type(output).__name__}: {output!r:.60} "
            "(return a Value; for several outputs use jacobian)"
        )
    return output


def require_function(f: Any, user: str, usage: str = "(f)(x)") -> Any:
    """f, if it is callable; otherwise a TypeError that shows how ``user`` is called."""
    if not callable(f):
        raise TypeError(f"{user} takes a function, got {type(f).__name__}: {f!r:.60}; write {user}{usage}")
    return f


def caller(f: Any, user: str, argnums: Argnums, answer: Callable[[Call], Any]) -> Callable[..., Any]:
    """A function that calls f and returns the answer of the Call."""
    require_function(f, user)
    return lambda *args, **keywords: answer(Call(f, args, argnums, keywords))


if TYPE_CHECKING:

    @overload
    def value_and_grad(f: Function[Any], argnums: None = None) -> ValueAndGradient: ...
    @overload
    def value_and_grad(f: Function[Any], argnums: Argnums) -> Callable[..., tuple[Any, Any]]: ...


def value_and_grad(f: Function[Any], argnums: Argnums = None) -> Any:
    """A function that returns (f, gradient of f) from one call of f; see ``grad``.

    >>> value_and_grad(lambda x, y: x * y)(3.0, 4.0)
    (12.0, (4.0, 3.0))
    """
    return caller(f, "value_and_grad", argnums, lambda call: (call.scalar().value(), call.derivatives()))


if TYPE_CHECKING:

    @overload
    def grad(f: Function[Any], argnums: None = None) -> Gradient: ...
    @overload
    def grad(f: Function[Any], argnums: Argnums) -> Callable[..., Any]: ...


def grad(f: Function[Any], argnums: Argnums = None) -> Any:
    """A function that returns the gradient of f.

    It raises TypeError if f does not return one number, or an argument to differentiate holds no numbers.

    Parameters
    ----------
    f : function
        Takes numbers and (nested) lists, tuples, dicts and NumPy arrays of numbers, returns one number. An array
        arrives as an array of Values, in which NumPy's maximum, minimum and clip pick elements by order (a tie counts
        for one side): write ``autodiff.maximum(x, 0.0)``. Keyword arguments are not differentiated.
    argnums : int or sequence of int, optional
        The positional arguments to differentiate, counted from 0: an int for one gradient, a sequence for a tuple.
        None takes all: one argument gives its gradient, several give a tuple.

    Returns
    -------
    function
        Its result mirrors the arguments: a number for a number, a list for a list, a float64 array for an array
        (``scipy.optimize.minimize(value_and_grad(f), x0, jac=True)``). Arguments are independent, so
        ``grad(f)(a, 2 * a)`` gives partial derivatives. Results are floats, or Values if an argument is a Value or f
        uses Values from outside, so gradients nest. No ``.grad`` is written.

    Examples
    --------
    >>> grad(lambda x, y, z: (x + y) * z)(-2.0, 5.0, -4.0)
    (-4.0, -4.0, 3.0)
    >>> grad(lambda w: w[0] * w[1])([3.0, 4.0])
    [4.0, 3.0]
    >>> grad(grad(lambda x: x ** 3))(2.0)
    12.0
    """
    return caller(f, "grad", argnums, lambda call: call.scalar().derivatives())


def derivative(f: Function[Any], n: int = 1) -> Gradient:
    """The nth derivative of a function of one number; f itself for n = 0.

    >>> derivative(lambda x: (2 * x + 1) ** 4)(1.5)
    512.0
    >>> [derivative(lambda x: x ** 3, n)(2.0) for n in range(5)]
    [8.0, 12.0, 12.0, 6.0, 0.0]
    """
    require_function(f, "derivative")
    if index(n) < 0:
        raise ValueError(f"derivative(f, n) takes n = 0, 1, 2, ..., got {n!r}")

    def nth(x: Any, **keywords: Any) -> Any:
        if shape(x) != ".":
            raise TypeError(f"derivative(f)(x) takes one number x, got {x!r:.60}; for lists use grad or jacobian")
        slope = f
        for _ in range(n - 1):
            slope = grad(slope)
        value, first = value_and_grad(slope)(x, **keywords)
        return first if n else value

    return nth  # type: ignore[return-value]


def jacobian(f: Function[Any], argnums: Argnums = None) -> Callable[..., Any]:
    """A function that returns all derivatives of a list of outputs, as ``[output][input]``.

    Parameters as for ``grad``, but f may return a (nested) list of numbers, or a tuple of lists. Several arguments give
    a tuple of tables; an f that returns a tuple gives a tuple of results.

    >>> from autodiff import dot, jacobian
    >>> A = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    >>> jacobian(lambda x: [dot(row, x) for row in A])([0.7, 0.2])
    [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    """
    return caller(f, "jacobian", argnums, Call.derivatives)


def hessian(f: Function[Any], argnums: Argnums = None) -> Callable[..., Any]:
    """A function that returns the second derivatives of f: the Jacobian of its gradient.

    One number gives a number, one list a matrix ``[row][column]``, several arguments a tuple of tuples:
    ``hessian(f)(x, y)[0][1]`` is d2f / dx dy.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    >>> hessian(lambda x, y: x ** 2 * y)(3.0, 5.0)
    ((10.0, 6.0), (6.0, 0.0))
    """
    return jacobian(grad(require_function(f, "hessian"), argnums), argnums)


def hvp(f: Function[Any], argnums: Argnums = None) -> Callable[..., Any]:
    """A function that returns the Hessian of f times the keyword ``vector``, which mirrors the arguments.

    This is the derivative of the gradient along the vector, by forward mode.

    >>> hvp(lambda x: x[0] ** 2 * x[1])([3.0, 5.0], vector=[1.0, 2.0])
    [22.0, 6.0]
    """
    slope = grad(require_function(f, "hvp"), argnums)

    def product(*args: Any, vector: Any, **keywords: Any) -> Any:
        return Call(slope, args, argnums, keywords).tangent(vector, "vector")

    return product


def jvp(f: Function[Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """(f, its derivative along the tangents) at the primals, in one forward pass; Values if Values are involved.

    f takes and returns numbers and (nested) lists, tuples, dicts and NumPy arrays of numbers. ``primals`` is the tuple
    or list of its arguments; ``tangents``, of the same shape, holds the rate of change of each number.

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (12.0, 4.0)
    >>> jvp(lambda w: [w[0] * w[1], w[0] + w[1]], ([3.0, 4.0],), ([1.0, 2.0],))
    ([12.0, 7.0], [10.0, 3.0])
    """
    usage = "(f, (x, y), (1.0, 0.0))"
    require_function(f, "jvp", usage)
    for name, tree in (("primals", primals), ("tangents", tangents)):
        if not isinstance(tree, (tuple, list)):
            raise TypeError(f"jvp takes {name} in a tuple, as in jvp{usage}; got {type(tree).__name__}: {tree!r:.60}")
    call = Call(f, primals, range(len(primals)), {})
    tangent = call.tangent(tangents, "tangents")
    return call.value(), tangent
