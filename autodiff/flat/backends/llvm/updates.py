"""The update of one parameter as statements that update all."""

from __future__ import annotations

from typing import Any

from ...ir import Expression, Program, leaves_of, replaced
from ...loops.statements import Axis, Index, Statement, indices

NORMAL = 2.0**-1022  # the smallest number that is not subnormal: states below are 0, as such are computed slowly
SETTINGS = "s"  # the array of what is the same for all parameters


def each(array: str, nets: int = 1) -> Index:
    """A number of each parameter, of each net: along two axes."""
    return Index(array, 0, (nets, 1))


def one(array: str, k: int, nets: int = 1) -> Index:
    """Number k of each net, the same for all parameters."""
    return Index(array, nets * k, (0, 1))


def updates(
    program: Program, count: int, gradient: Expression = None, nets: int = 1, going: Expression = None
) -> tuple[list[Statement], dict[str, int]]:
    """Statements that update so many parameters, and the arrays that they have beside "w" and "gw".

    Parameters
    ----------
    program : Program
        Of scalars: from (parameter, gradient, *states) and settings such as the learning rate to (parameter, *states).
    count : int
        How many parameters there are.
    gradient : expression, optional
        What takes the place of the gradient, such as a clipped one.
    nets : int
        How many nets there are: of each number, those of all nets lie side by side.
    going : expression, optional
        0 for nets that keep their numbers.

    The arrays are "s", which begins with the settings, and "m0", "m1", ..., one for each state.
    """
    states = [f"m{k}" for k in range(len(program.inputs) - 2)]
    known: dict[Any, Expression] = {name: one(SETTINGS, k, nets) for k, name in enumerate(program.parameters)}
    known |= {name: each(array, nets) for name, array in zip(program.inputs, ["w", "gw", *states])}
    known[program.inputs[1]] = gradient or each("gw", nets)
    found: list[Statement] = []
    used = len(program.parameters)

    def shared(expression: Expression) -> Expression:
        """The expression, parts that are the same for all parameters computed once."""
        nonlocal used
        if type(expression) is not tuple:
            return expression
        expression = (expression[0], *map(shared, expression[1:]))
        if any(type(x) is not float and x.array != SETTINGS for x in leaves_of(expression)):
            return expression
        found.append(Statement((Axis(1), Axis(nets)), one(SETTINGS, used, nets), expression))
        used += 1
        return found[-1].target

    for line in program.lines:
        known[line.target] = shared(replaced(line.expression, lambda x: known.get(x, x)))
    axes, later = (Axis(count), Axis(nets)), []
    results = [known.get(x, x) for x in program.outputs]
    sizes = {SETTINGS: used * nets, **dict.fromkeys(states, count * nets)}
    for k, (array, result) in enumerate(zip(["w", *states], results)):
        target = each(array, nets)
        if array != "w":
            result = ("where", ("less", ("abs", result), NORMAL), 0.0, result)
        result = ("where", going, result, target) if going else result
        if any(target in indices((None, other)) for other in results[k + 1 :]):  # they read what it was before
            new = each(f"new_{array}", nets)
            sizes[new.array] = count * nets
            later.append(Statement(axes, target, new))
            target = new
        found.append(Statement(axes, target, result))
    return [*found, *later], sizes
