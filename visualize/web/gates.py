"""Functions as the gates that they record: a page records them anew as Values of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autodiff import Value
from autodiff.graph import history


def gates(function: Callable[..., Any], *sizes: int) -> dict[str, Any]:
    """The gates of a function of lists of so many numbers each; of no size, of one number.

    ``gates`` are a name and its operands each, numbers or places (a list of one) among all inputs and the gates before;
    ``outputs`` are places too. What else the function reads stands as its number.

    >>> gates(lambda z: 2.0 * z + 1.0)
    {'gates': [['mul', [2.0, [0]]], ['add', [[1], 1.0]]], 'outputs': [2]}
    """
    given: list[Any] = [[Value(0.5) for _ in range(size)] for size in sizes] or [Value(0.5)]
    outputs = function(*given)
    inputs = [x for part in given for x in (part if isinstance(part, list) else [part])]
    found = [y if type(y) is Value else 0.0 + Value(y) for y in (outputs if isinstance(outputs, list) else [outputs])]
    behind = sorted({node for y in found for node in history(y) if node.primitive}, key=lambda node: node.born)
    place = {node: i for i, node in enumerate([*inputs, *behind])}
    return {
        "gates": [
            [node.primitive.name, [[place[x]] if x in place else Value(x).data for x in node.operands]]
            for node in behind
            if node.primitive
        ],
        "outputs": [place[y] for y in found],
    }
