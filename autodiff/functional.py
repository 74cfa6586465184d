"""Functions that turn a function into its derivatives: grad, value_and_grad, derivative, jacobian, hessian, hvp, jvp.

Each calls the function once on independent variables and sweeps back to those, or forward from them. The answers are
floats where only floats stand behind them. Where a Value takes part, given as an argument or used
by the function, they are Values, so that derivatives of derivatives flow on to it.
"""

from __future__ import annotations

from operator import index

from .calls import Call, checked, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, overload

    from .calls import Argnums
    from .typed import Gradient


def value_and_grad(f: Callable[..., Any], argnums: Argnums = None) -> Callable[..., tuple[Any, Any]]:
    """A function that returns (f, gradient of f) from one call of f; see ``grad``.

    Examples
    --------
    >>> from autodiff import value_and_grad
    >>> value_and_grad(lambda x, y: x * y)(3.0, 4.0)
    (12.0, (4.0, 3.0))
    """
    checked(f, "value_and_grad")

    def value_and_gradient(*args: Any, **keywords: Any) -> Any:
        call = Call(f, args, argnums, keywords).scalar()
        return call.value(), call.derivatives()

    return value_and_gradient


if TYPE_CHECKING:

    @overload
    def grad(f: Callable[..., Any], argnums: None = None) -> Gradient: ...
    @overload
    def grad(f: Callable[..., Any], argnums: Argnums) -> Callable[..., Any]: ...


def grad(f: Callable[..., Any], argnums: Argnums = None) -> Any:
    """A function that returns the gradient of f.

    Parameters
    ----------
    f : function
        Takes numbers and (nested) lists, tuples, dicts and NumPy arrays of numbers, returns one number. It gets
        an array as an array of Values. NumPy's maximum, minimum and clip pick elements of such an array by their
        order (a tie counts for one side): write ``autodiff.maximum(x, 0.0)``, which takes arrays too. Keyword
        arguments are passed through and not differentiated.
    argnums : int or sequence of int, optional
        The positional arguments to differentiate, counted from 0: an int for one gradient, a sequence
        for a tuple of them. All of them where it is None: one argument gives its gradient, several a tuple.

    Returns
    -------
    function
        Its answer mirrors the arguments: a number for a number, a list for a list, an array for an array (of
        float64, as ``scipy.optimize`` takes it: ``minimize(value_and_grad(f), x0, jac=True)``). Every argument is
        independent of the others, so ``grad(f)(a, 2 * a)`` gives the partial derivatives. The answers are
        floats, or Values where an argument is a Value or f uses Values from outside: so they nest.
        No ``.grad`` is written.

    Raises
    ------
    TypeError
        If f does not return one number, or an argument to differentiate holds no numbers.

    Examples
    --------
    >>> from autodiff import grad
    >>> grad(lambda x, y, z: (x + y) * z)(-2.0, 5.0, -4.0)
    (-4.0, -4.0, 3.0)
    >>> grad(lambda w: w[0] * w[1])([3.0, 4.0])
    [4.0, 3.0]
    >>> grad(grad(lambda x: x ** 3))(2.0)
    12.0
    """
    checked(f, "grad")

    def gradient(*args: Any, **keywords: Any) -> Any:
        return Call(f, args, argnums, keywords).scalar().derivatives()

    return gradient


def derivative(f: Callable[..., Any], n: int = 1) -> Gradient:
    """The nth derivative of a function of one number; f itself for n = 0.

    Examples
    --------
    >>> from autodiff import derivative
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


def jacobian(f: Callable[..., Any], argnums: Argnums = None) -> Callable[..., Any]:
    """A function that returns all derivatives of a list of outputs, as ``[output][input]``.

    Parameters
    ----------
    f, argnums
        As for ``grad``, but f may return a (nested) list of numbers, or a tuple of such.

    Returns
    -------
    function
        For one argument the table of d output / d input; for several a tuple of tables. Where f returns
        a tuple, a tuple of these, one for each member.

    Examples
    --------
    >>> from autodiff import dot, jacobian
    >>> A = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    >>> jacobian(lambda x: [dot(row, x) for row in A])([0.7, 0.2])
    [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    """
    checked(f, "jacobian")

    def table(*args: Any, **keywords: Any) -> Any:
        return Call(f, args, argnums, keywords).derivatives()

    return table


def hessian(f: Callable[..., Any], argnums: Argnums = None) -> Callable[..., Any]:
    """A function that returns the second derivatives of f: the Jacobian of its gradient.

    One number gives a number, one list a matrix ``[row][column]``, several arguments a tuple of tuples:
    ``hessian(f)(x, y)[0][1]`` is d2f / dx dy.

    Examples
    --------
    >>> from autodiff import hessian
    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    >>> hessian(lambda x, y: x ** 2 * y)(3.0, 5.0)
    ((10.0, 6.0), (6.0, 0.0))
    """
    return jacobian(grad(checked(f, "hessian"), argnums), argnums)


def hvp(f: Callable[..., Any], argnums: Argnums = None) -> Callable[..., Any]:
    """A function that returns the Hessian of f times a vector: the gradient's derivative along it, in forward mode.

    The keyword ``vector`` mirrors the arguments: one number or list for one, a tuple for several.

    Examples
    --------
    >>> from autodiff import hvp
    >>> hvp(lambda x: x[0] ** 2 * x[1])([3.0, 5.0], vector=[1.0, 2.0])
    [22.0, 6.0]
    """
    slope = grad(checked(f, "hvp"), argnums)

    def product(*args: Any, vector: Any, **keywords: Any) -> Any:
        return Call(slope, args, argnums, keywords).tangent(vector, "vector")

    return product


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """(f, its derivative along the tangents) at the primals: forward mode, in one pass beside that of f.

    Parameters
    ----------
    f : function
        Takes and returns numbers and (nested) lists, tuples, dicts and NumPy arrays of numbers.
    primals, tangents : tuple or list
        The arguments of f, and how fast each number in them changes, in the same shape.

    Returns
    -------
    tuple
        What f returns, and how fast each number in it changes: floats, or Values where Values take part.

    Examples
    --------
    >>> from autodiff import jvp
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
