"""Operations that a Value refuses, each with an error that says what to write instead."""

from __future__ import annotations

from .primitives import Primitive, no_edges
from .tracing import refuse, threads as tracing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def refuse_operand(primitive: Primitive, other: Any) -> Any:
    """NotImplemented, so that NumPy's arrays take over; TypeError for arrays that cannot."""
    comparison = primitive.local_gradients is no_edges  # comparing is allowed: an array does not equal a Value
    if hasattr(other, "tolist") and not hasattr(other, "__array_ufunc__") and not comparison:
        raise TypeError(
            f"{primitive.name} takes a real number, got {type(other).__name__}: {other!r:.60}; "
            "pass its members one by one, from x.tolist()"
        )
    return NotImplemented


def refusal(attempt: str, advice: str) -> Callable[..., Any]:
    """A method that refuses to convert a Value to a number: by TraceError while tracing, else by TypeError."""

    def method(self: Any, *others: Any) -> Any:
        if tracing:
            refuse(self, attempt)
        raise TypeError(f"cannot take {attempt} of a Value: its gradient would be lost. {advice}")

    return method


class Missing:
    """An attribute of other libraries' values: the AttributeError says what to write here."""

    def __init__(self, advice: str) -> None:
        self.advice = advice

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, node: Any, *given: Any) -> Any:
        raise AttributeError(f"a Value has no {self.name}: {self.advice}", name=self.name, obj=node)

    __set__ = __get__
