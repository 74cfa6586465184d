"""The update of one parameter as statements that update all."""

from __future__ import annotations

from typing import Any

from ...ir import Expression, Program, leaves_of, replaced
from ...loops.statements import Axis, Index, Statement, indices

SETTINGS = "s"  # the array of what is the same for all parameters


def updates(program: Program, count: int) -> tuple[list[Statement], dict[str, int]]:
    """Statements that update so many parameters, and the arrays that they have beside "w" and "gw".

    Parameters
    ----------
    program : Program
        Of scalars: from (parameter, gradient, *states) and settings such as the learning rate to (parameter, *states).
    count : int
        How many parameters there are.

    The arrays are "s", which begins with the settings, and "m0", "m1", ..., one for each state.
    """
    states = [f"m{k}" for k in range(len(program.inputs) - 2)]
    known: dict[Any, Expression] = {name: Index(SETTINGS, k) for k, name in enumerate(program.parameters)}
    known |= {name: Index(array, 0, (1,)) for name, array in zip(program.inputs, ["w", "gw", *states])}
    found: list[Statement] = []
    used = len(program.parameters)

    def once(expression: Expression) -> Expression:
        """The expression, parts that are the same for all parameters computed once."""
        nonlocal used
        if type(expression) is not tuple:
            return expression
        expression = (expression[0], *map(once, expression[1:]))
        if any(type(x) is not float and x.array != SETTINGS for x in leaves_of(expression)):
            return expression
        found.append(Statement((), Index(SETTINGS, used), expression))
        used += 1
        return found[-1].target

    for line in program.lines:
        known[line.target] = once(replaced(line.expression, lambda x: known.get(x, x)))
    axes, later = (Axis(count),), []
    results = [known.get(x, x) for x in program.outputs]
    sizes = {SETTINGS: used, **dict.fromkeys(states, count)}
    for k, (array, result) in enumerate(zip(["w", *states], results)):
        target = Index(array, 0, (1,))
        if any(target in indices((None, other)) for other in results[k + 1 :]):  # they read what it was before
            new = Index(f"new_{array}", 0, (1,))
            sizes[new.array] = count
            later.append(Statement(axes, target, new))
            target = new
        found.append(Statement(axes, target, result))
    return [*found, *later], sizes
