"""Functions of functions: grad, value_and_grad, jacobian, hessian, jvp, hvp, and the calls that they differentiate."""

from __future__ import annotations

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
        return list(enumerate(tree.__array__())) if tree.shape else None  # the rows of a matrix are matrices, for ever
    return list(enumerate(tree)) if isinstance(tree, (list, tuple)) else None


def like(tree: Any, members: list[Any]) -> Any:
    """The members in what the tree is: a list, an array, a dict of the same keys, a tuple (with its names)."""
    if isinstance(tree, (list, dict)):
        return members if isinstance(tree, list) else dict(zip(tree, members))
    if is_array(tree):
        return array_of(members, tree.shape)
    return tree._make(members) if hasattr(tree, "_make") else tuple(members)


def mirrored(function: Callable[[Any], Any], tree: Any) -> Any:
    """The function of every member of a tree, in a tree of the same shape."""
    if type(tree) is float or type(tree) is Value:
        return function(tree)
    if isinstance(tree, (list, tuple)):  # past branches(), for speed
        return like(tree, [mirrored(function, member) for member in tree])
    members = branches(tree)
    return function(tree) if members is None else like(tree, [mirrored(function, member) for _, member in members])


def flattened(tree: Any) -> list[Any]:
    """Every member of a tree, in order."""
    if type(tree) in (list, tuple):  # past branches(), for speed
        if {*map(type, tree)} <= {float, Value}:
            return list(tree)
        return [x for member in tree for x in flattened(member)]
    members = branches(tree)
    return [tree] if members is None else [x for _, member in members for x in flattened(member)]


def shape(tree: Any) -> str:
    """The shape of a tree as text, such as ``[., [., .]]``."""
    members = branches(tree)
    if members is None:
        return "."
    names = [f"{place!r}: " if isinstance(tree, dict) else "" for place, _ in members]
    return f"[{', '.join([name + shape(member) for name, (_, member) in zip(names, members)])}]"


def matching(tree: Any, other: Any) -> list[Any] | None:
    """The members of another tree of the same shape, in the order of this one; None if their shapes differ."""
    members, others = branches(tree), branches(other)
    if members is None or others is None:
        return [other] if members is others else None
    found = dict(others)
    if isinstance(tree, dict) != isinstance(other, dict) or found.keys() != dict(members).keys():
        return None
    parts = [matching(member, found[place]) for place, member in members]
    return None if None in parts else [x for part in parts for x in part or ()]


class Call:
    """One call of a function on independent variables, and the derivatives of what it returned.

    A number becomes a new leaf, a Value a new node that copies it: so this argument is told apart from all else
    that depends on the same Value, and derivatives of the answers still reach that Value.
    """

    __slots__ = ("order", "output", "record", "since", "single", "trees")

    def __init__(self, f: Any, args: Sequence[Any], argnums: Argnums, keywords: dict[str, Any]) -> None:
        chosen = places(args, argnums)
        self.single = len(chosen) == 1 and not hasattr(argnums, "__iter__")
        self.since = tick()  # what this call makes is younger, all else is older
        self.record = any(type(x) is Value for i in chosen for x in flattened(args[i]))
        inputs = {i: mirrored(lambda x, i=i: variable(x, i), args[i]) for i in chosen}  # type: ignore[misc]
        self.trees = [inputs[i] for i in chosen]
        # The function gets lists of its own: whatever it does to them, the trees keep their shape.
        own = [mirrored(lambda x: x, inputs[i]) if i in inputs else x for i, x in enumerate(args)]
        self.output = f(*own, **keywords)
        # Do older Values stand behind the output? None may have changed on the way.
        outputs = [output for output in flattened(self.output) if type(output) is Value]
        behind = dict.fromkeys(node for output in outputs for node in history(output, self.since))
        edges = [x for node in behind for x in node.operands if type(x) is Value]
        refuse_stale(sorted(behind | dict.fromkeys(edges), key=age))
        self.order = sorted(behind, key=age)
        self.record = self.record or any(node.born < self.since for node in (*behind, *edges))

    def scalar(self) -> Call:
        """This call, if it returned one number; otherwise a TypeError."""
        one_number(self.output)
        return self

    def answer(self, x: Any) -> Any:
        """x as the caller gets it: a Value if Values take part, otherwise a float."""
        if type(x) is Value:
            return x if self.record else x._data
        plain = number(x)
        if plain is None:
            raise TypeError(
                f"a function of numbers returns numbers or lists of them, got {type(x).__name__}: {x!r:.60}"
            )
        return Value(plain) if self.record else plain

    def value(self) -> Any:
        return mirrored(self.answer, self.output)

    def tangent(self, vector: Any, name: str) -> Any:
        """The derivative of what the function returned along a vector that mirrors the arguments."""
        trees = self.trees[0] if self.single else self.trees
        given = matching(trees, vector)
        if given is None:
            raise ValueError(f"{name} must mirror the arguments: expected {shape(trees)}, got {shape(vector)}")
        self.record = self.record or Value in map(type, given)
        seeds = [x if type(x) is Value else real(x, name) for x in given]
        found = push(self.order, dict(zip(flattened(trees), seeds)), self.record)
        return mirrored(lambda x: self.answer(found.get(x, 0.0) if type(x) is Value else 0.0), self.output)

    def gradients(self, output: Any) -> Callable[[Value], Any]:
        """d output / d variable, as a function of the variable."""
        wanted = set(flattened(self.trees))
        parts = sweep(output, 1.0, self.since, self.record) if type(output) is Value else ()
        found = {node: upstream for node, upstream, _ in parts if node in wanted}
        return lambda node: found.get(node, 0.0)

    def derivatives(self) -> Any:
        """The gradients as [output][input], in one table for each argument; a tuple of outputs stays outermost."""
        self.value()  # refuses outputs that are no numbers
        rows = mirrored(self.gradients, self.output)
        return like(rows, list(map(self.tables, rows))) if isinstance(rows, tuple) else self.tables(rows)

    def tables(self, rows: Any) -> Any:
        """The table of each argument: the shape of the outputs outside, that of the argument inside."""

        def table(tree: Any) -> Any:
            return mirrored(lambda row: mirrored(lambda node: self.answer(row(node)), tree), rows)

        return table(self.trees[0]) if self.single else tuple(map(table, self.trees))


def parameters(f: Any, count: int) -> list[str]:
    """The names of the first positional parameters of a function; x0, x1, ... if it does not tell."""
    code = getattr(f, "__code__", None)
    if code is None:
        return ["x"] if count == 1 else [f"x{i}" for i in range(count)]
    named = list(code.co_varnames[hasattr(f, "__self__") : code.co_argcount])[:count]
    # Behind the parameters stands the name of *args, where there is one; otherwise the call refuses what is left over.
    rest = code.co_varnames[code.co_argcount + code.co_kwonlyargcount] if code.co_flags & 0x04 else ""
    return named + [f"{rest}[{i}]" for i in range(count - len(named))]


def places(args: Sequence[Any], argnums: Argnums) -> list[int]:
    """The positions of the arguments to differentiate, counted from 0."""
    if not args:
        raise TypeError("derivatives are taken with respect to positional arguments, and the call gave none")
    if argnums is None:
        return list(range(len(args)))
    several: Any = argnums if hasattr(argnums, "__iter__") else [argnums]
    try:
        chosen = [index(i) for i in several]
    except TypeError:
        raise TypeError(f"argnums takes positions of arguments, counted from 0, got {argnums!r:.60}") from None
    for i in chosen:
        if not -len(args) <= i < len(args):
            raise ValueError(f"argnums names argument {i} (counted from 0), but the call gave {len(args)}")
    return [i % len(args) for i in chosen]


def variable(x: Any, place: int) -> Value:
    """An independent variable with the number of x, which argument ``place`` holds."""
    if type(x) is Value:
        copy: Value = sum_(x)
        copy.label = x.label
        return copy
    converted = number(x)
    if converted is not None:
        return Value(converted)
    several = getattr(x, "shape", ())
    listed = "give it as x.to_numpy()" if hasattr(x, "to_numpy") else "give it as x.tolist()"  # a frame has no tolist
    hint = listed if several else "pass it by keyword, or leave it out by argnums="
    raise TypeError(
        "derivatives are taken with respect to numbers, Values and lists or NumPy arrays of them, but argument "
        f"{place} (counted from 0) holds a {type(x).__name__}: {x!r:.60} ({hint})"
    )


def one_number(output: Any) -> Any:
    """What a function returned, if it is one number or Value; otherwise a TypeError."""
    if type(output) is not Value and number(output) is None:
        raise TypeError(
            f"a gradient is that of one number, got {type(output).__name__}: {output!r:.60} "
            "(return a Value; for several outputs use jacobian)"
        )
    return output


def checked(f: Any, maker: str, usage: str = "(f)(x)") -> Any:
    """f, if it can be called; otherwise a TypeError that says how ``maker`` is used."""
    if not callable(f):
        raise TypeError(f"{maker} takes a function, got {type(f).__name__}: {f!r:.60}; write {maker}{usage}")
    return f


def caller(f: Any, maker: str, argnums: Argnums, answer: Callable[[Call], Any]) -> Callable[..., Any]:
    """A function that calls f and answers from the Call."""
    checked(f, maker)
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
        arrives as an array of Values, of which NumPy's maximum, minimum and clip pick elements by order (a tie counts
        for one side): write ``autodiff.maximum(x, 0.0)``. Keyword arguments are not differentiated.
    argnums : int or sequence of int, optional
        The positional arguments to differentiate, counted from 0: an int for one gradient, a sequence for a tuple.
        None takes all: of one argument its gradient, of several a tuple.

    Returns
    -------
    function
        Its answer mirrors the arguments: a number for a number, a list for a list, a float64 array for an array
        (``scipy.optimize.minimize(value_and_grad(f), x0, jac=True)``). Arguments are independent, so that
        ``grad(f)(a, 2 * a)`` gives partial derivatives. Answers are floats, or Values if an argument is a Value or f
        uses Values from outside: so gradients nest. No ``.grad`` is written.

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
    checked(f, "derivative")
    if index(n) < 0:
        raise ValueError(f"derivative(f, n) takes n = 0, 1, 2, ..., got {n!r}")

    def nth(x: Any, **keywords: Any) -> Any:
        if shape(x) != ".":
            raise TypeError(f"derivative is of a function of one number, got {x!r:.60}; use grad or jacobian for lists")
        slope = f
        for _ in range(n - 1):
            slope = grad(slope)
        value, first = value_and_grad(slope)(x, **keywords)
        return first if n else value

    return nth  # type: ignore[return-value]


def jacobian(f: Function[Any], argnums: Argnums = None) -> Callable[..., Any]:
    """A function that returns all derivatives of a list of outputs, as ``[output][input]``.

    Parameters are as for ``grad``, but f may return a (nested) list of numbers, or a tuple of such. Several arguments
    give a tuple of tables; an f that returns a tuple, a tuple of these.

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
    return jacobian(grad(checked(f, "hessian"), argnums), argnums)


def hvp(f: Function[Any], argnums: Argnums = None) -> Callable[..., Any]:
    """A function that returns the Hessian of f times the keyword ``vector``, which mirrors the arguments.

    It is the gradient's derivative along the vector, in forward mode.

    >>> hvp(lambda x: x[0] ** 2 * x[1])([3.0, 5.0], vector=[1.0, 2.0])
    [22.0, 6.0]
    """
    slope = grad(checked(f, "hvp"), argnums)

    def product(*args: Any, vector: Any, **keywords: Any) -> Any:
        return Call(slope, args, argnums, keywords).tangent(vector, "vector")

    return product


def jvp(f: Function[Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """(f, its derivative along the tangents) at the primals, in one forward pass; Values if Values take part.

    f takes and returns numbers and (nested) lists, tuples, dicts and NumPy arrays of numbers. The tangents say how fast
    each number in the primals, the tuple or list of its arguments, changes, in the same shape.

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (12.0, 4.0)
    >>> jvp(lambda w: [w[0] * w[1], w[0] + w[1]], ([3.0, 4.0],), ([1.0, 2.0],))
    ([12.0, 7.0], [10.0, 3.0])
    """
    usage = "(f, (x, y), (1.0, 0.0))"
    checked(f, "jvp", usage)
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise TypeError(f"jvp takes {name} in a tuple, as in jvp{usage}; got {type(given).__name__}: {given!r:.60}")
    call = Call(f, primals, range(len(primals)), {})
    tangent = call.tangent(tangents, "tangents")
    return call.value(), tangent
