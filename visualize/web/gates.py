"""Functions as the gates that they record, so that a page can record them again as its own Values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autodiff import Value
from autodiff.graph import history


def gates(function: Callable[..., Any], *sizes: int) -> dict[str, Any]:
    """The gates of a function of lists with these sizes; without sizes, of one number.

    Each gate is a name and its operands: numbers, or indices (in a list of one) among the inputs and earlier gates.
    ``outputs`` are indices too. Other Values that the function reads become numbers.

    >>> gates(lambda z: 2.0 * z + 1.0)
    {'gates': [['mul', [2.0, [0]]], ['add', [[1], 1.0]]], 'outputs': [2]}
    """
    given: list[Any] = [[Value(0.5) for _ in range(size)] for size in sizes] or [Value(0.5)]
    outputs = function(*given)
    inputs = [x for part in given for x in (part if isinstance(part, list) else [part])]
    values = [y if type(y) is Value else 0.0 + Value(y) for y in (outputs if isinstance(outputs, list) else [outputs])]
    behind = sorted({node for y in values for node in history(y) if node.primitive}, key=lambda node: node.born)
    place = {node: i for i, node in enumerate([*inputs, *behind])}
    return {
        "gates": [
            [node.primitive.name, [[place[x]] if x in place else Value(x).data for x in node.operands]]
            for node in behind
            if node.primitive
        ],
        "outputs": [place[y] for y in values],
    }
